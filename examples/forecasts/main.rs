//! Measures one press on public series: the past of a series goes through the session as a file would (read, configured with the
//! defaults, trained to the end), and its forecast is compared with the values that came, beside the naive forecast of a season
//! earlier and our ridge regression on all rows. `make forecasts` runs it on all cores and prints a table.
//!
//! `cargo run --release --example forecasts -- FOLDER` reads the sets of [`sets::ALL`] in `FOLDER` (or in the folder that `BENCH`
//! names): JSON files that map a series' name to `{"x": past, "xx": what came}`. They are read where they lie and never copied.
//! `QUICK=1` takes every 8th series, `EVERY=n` every n-th; `SETS=m3_monthly` takes only the sets whose names contain that text;
//! `SETTINGS='{"hidden": 32}'` changes knobs; `RESULTS=file` names the JSON file with every series' numbers.

#[path = "../common/cores.rs"]
mod cores;
mod press;
mod rivals;
mod score;
mod sets;
mod table;

use std::error::Error;
use std::path::PathBuf;

use serde_json::json;
use unrolled::knob::Raw;

use score::{Measured, measured};
use sets::{One, Set};

/// One series' name, and its measured forecasts in the order of [`table::METHODS`]; a reason where one press gave none.
struct Row {
    id: String,
    rows: usize,
    found: [std::result::Result<Measured, String>; table::METHODS.len()],
    press: press::Told,
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).filter(|text| !text.is_empty()).or_else(|| variable("BENCH"));
    let folder = PathBuf::from(folder.ok_or("name the folder of the series: make forecasts BENCH=folder")?);
    let every = match (variable("EVERY"), variable("QUICK")) {
        (Some(every), _) => every.parse()?,
        (None, quick) => {
            if quick.is_some() {
                8
            } else {
                1
            }
        }
    };
    let only = variable("SETS").unwrap_or_default();
    let settings: Raw = serde_json::from_str(&variable("SETTINGS").unwrap_or_else(|| "{}".to_owned()))?;
    let mut results = serde_json::Map::new();
    for set in sets::ALL.iter().filter(|set| set.name.contains(&only)) {
        let all = set.read(&folder)?;
        let some: Vec<&One> = all.iter().step_by(every).collect();
        let rows = cores::on_all_cores(some.len(), |index| measure(set, some[index], &settings));
        println!("{}", table::of(set, every, all.len(), &rows));
        results.insert(set.name.to_owned(), rows.iter().map(Row::to_json).collect());
    }
    let file = variable("RESULTS").unwrap_or_else(|| "target/forecasts.json".to_owned());
    std::fs::write(
        &file,
        serde_json::to_string_pretty(&json!({ "settings": settings, "every": every, "sets": results }))?,
    )?;
    println!("Every series: {file}");
    Ok(())
}

/// All forecasts of one series, scored.
fn measure(set: &Set, one: &One, settings: &Raw) -> Row {
    let (pressed, press) = press::forecast(set, one, settings);
    let rivals = [rivals::ridge(set, &one.past), rivals::seasonal(set, &one.past)];
    let [ridge, seasonal] = rivals.map(|forecast| forecast.map(|values| measured(set, one, &values, None)));
    let pressed = pressed.map(|made| measured(set, one, &made.values, made.range.as_ref()));
    Row { id: one.id.clone(), rows: one.past.len(), found: [pressed, ridge, seasonal], press }
}

impl Row {
    fn to_json(&self) -> serde_json::Value {
        let found = table::METHODS.iter().zip(&self.found).map(|((id, _), found)| {
            let value = match found {
                Ok(measured) => measured.to_json(),
                Err(why) => json!({ "refused": why }),
            };
            ((*id).to_owned(), value)
        });
        let found: serde_json::Map<_, _> = found.collect();
        json!({ "id": self.id, "rows": self.rows, "found": found, "press": self.press.to_json() })
    }
}
