//! Measures one press on public series: the past of a series goes through the session as a file would (read, configured with the
//! defaults, trained to the end), and its forecast is compared with the values that came, beside our baselines on all rows and the
//! stored errors of statsforecast. `make forecasts` runs it on all cores and prints a table.
//!
//! `cargo run --release --example forecasts -- FOLDER` reads the sets of [`sets::ALL`] in `FOLDER` (or in the folder that `BENCH`
//! names): JSON files that map a series' name to `{"x": past, "xx": what came}`. They are read where they lie and never copied.
//! `QUICK=1` takes every 8th series, `EVERY=n` every n-th, `FROM=k` the first of them after k others; `SETS=m3_monthly` takes only the
//! sets whose names contain that text; `SETTINGS='{"hidden": 32}'` changes knobs; `ABLATION=1` presses again without each of
//! [`press::PARTS`]; `RESULTS=file` names the JSON file with every series' numbers.

#[path = "../common/cores.rs"]
mod cores;
mod outside;
mod press;
mod rivals;
mod score;
mod sets;
mod table;

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;
use unrolled::baseline;

use outside::Outside;
use press::{Told, Variant};
use score::{Measured, measured};
use sets::{One, Set};

/// One series' name, and its measured forecasts in the order of [`methods`]; a reason where one gave none.
struct Row {
    id: String,
    rows: usize,
    found: Vec<Result<Measured, String>>,
    /// What happened in each press.
    told: Vec<Told>,
}

/// A way to forecast: a word for programs, and its name in a table.
struct Method {
    id: String,
    label: String,
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// A whole number that a variable names.
fn number(name: &str) -> Result<Option<usize>, String> {
    let text = variable(name);
    text.map(|text| text.parse().map_err(|_| format!("{name}={text} is no whole number"))).transpose()
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).filter(|text| !text.is_empty()).or_else(|| variable("BENCH"));
    let folder = PathBuf::from(folder.ok_or("name the folder of the series: make forecasts BENCH=folder")?);
    let every = number("EVERY")?.unwrap_or(if variable("QUICK").is_some() { 8 } else { 1 }).max(1);
    let from = number("FROM")?.unwrap_or(0);
    let only = variable("SETS").unwrap_or_default();
    let settings = serde_json::from_str(&variable("SETTINGS").unwrap_or_else(|| "{}".to_owned()))?;
    let variants = press::variants(&settings, variable("ABLATION").is_some());
    let stored = Outside::read()?;
    let mut results = serde_json::Map::new();
    for set in sets::ALL.iter().filter(|set| set.name.contains(&only)) {
        let all = set.read(&folder)?;
        let some: Vec<&One> = all.iter().skip(from).step_by(every).collect();
        let (outside, notes) = stored.usable(set, &some)?;
        let methods = methods(&variants, &outside);
        let rows = cores::on_all_cores(some.len(), |index| measure(set, some[index], &variants));
        let rows: Vec<Row> = rows
            .into_iter()
            .zip(&some)
            .map(|(mut row, one)| {
                row.found.extend(outside.iter().map(|&method| Ok(stored.measured(set, one, method))));
                row
            })
            .collect();
        let heading = format!("{}, {} ahead: {} of {} series", set.label, set.horizon, some.len(), all.len());
        println!("{}", table::of(&heading, &methods, &rows, &notes));
        let named = rows.iter().map(|row| row.to_json(&methods, &variants));
        results.insert(set.name.to_owned(), named.collect());
    }
    let file = variable("RESULTS").unwrap_or_else(|| "target/forecasts.json".to_owned());
    let results = json!({ "settings": settings, "every": every, "from": from, "sets": results });
    std::fs::write(&file, serde_json::to_string_pretty(&results)?)?;
    println!("Every series: {file}");
    Ok(())
}

/// Presses, our baselines on all rows, and the `outside` methods of statsforecast.
fn methods(variants: &[Variant], outside: &[&str]) -> Vec<Method> {
    let named = |id: &str, label: &str| Method { id: id.to_owned(), label: label.to_owned() };
    let mut methods: Vec<Method> = variants.iter().map(|Variant { id, label, .. }| named(id, label)).collect();
    methods.push(named("ridge", "ridge"));
    methods.extend(baseline::Method::ALL.iter().map(|method| named(method.id(), method.label())));
    methods.push(named("seasonal", "seasonal naive"));
    methods.extend(
        outside.iter().map(|name| named(&format!("statsforecast.{name}"), &format!("{name} of statsforecast"))),
    );
    methods
}

/// Our forecasts of one series, scored.
fn measure(set: &Set, one: &One, variants: &[Variant]) -> Row {
    let (mut found, mut told) = (Vec::new(), Vec::new());
    for variant in variants {
        let (pressed, happened) = press::forecast(set, one, &variant.settings);
        let seconds = happened.seconds;
        found.push(pressed.map(|made| measured(set, one, made.values, made.range.as_ref(), seconds)));
        told.push(happened);
    }
    let mut rival = |forecast: &dyn Fn() -> Result<press::Made, String>| {
        let begin = Instant::now();
        let made = forecast();
        let seconds = begin.elapsed().as_secs_f64();
        found.push(made.map(|made| measured(set, one, made.values, made.range.as_ref(), seconds)));
    };
    rival(&|| rivals::ridge(set, &one.past));
    for method in baseline::Method::ALL {
        rival(&|| rivals::statistical(method, set, &one.past));
    }
    rival(&|| Ok(rivals::seasonal(set, &one.past)));
    Row { id: one.id.clone(), rows: one.past.len(), found, told }
}

impl Row {
    fn to_json(&self, methods: &[Method], variants: &[Variant]) -> serde_json::Value {
        let found = methods.iter().zip(&self.found).map(|(Method { id, .. }, found)| {
            let value = match found {
                Ok(measured) => measured.to_json(),
                Err(why) => json!({ "refused": why }),
            };
            (id.clone(), value)
        });
        let found: serde_json::Map<_, _> = found.collect();
        let told = variants.iter().zip(&self.told).map(|(variant, told)| (variant.id.clone(), told.to_json()));
        let told: serde_json::Map<_, _> = told.collect();
        json!({ "id": self.id, "rows": self.rows, "found": found, "presses": told })
    }
}
