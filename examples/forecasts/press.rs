//! One press: the session from a file to a forecast, with its defaults or without a part of what it does.

use std::time::Instant;

use serde_json::{Value, json};
use unrolled::Error;
use unrolled::data::{CsvReader, SeriesOptions};
use unrolled::knob::Raw;
use unrolled::session::{Session, catalog};

use crate::sets::{One, Set};

/// Parts of one press, each with the settings that leave it off.
pub const PARTS: [(&str, &str); 4] = [
    ("several candidates", r#"{ "architecture": "gru" }"#),
    ("several candidates and the line", r#"{ "architecture": "gru", "from_line": false }"#),
    ("enough training", r#"{ "epoch_steps": 1, "batch_size": 64 }"#),
    ("learning from all rows", r#"{ "all_rows": false }"#),
];

/// One press with some settings.
pub struct Variant {
    /// A word for programs.
    pub id: String,
    /// Its name in a table.
    pub label: String,
    pub settings: Raw,
}

/// One press with these settings, and where `ablation` says so the same without each of [`PARTS`] that is on in it.
pub fn variants(settings: &Raw, ablation: bool) -> Vec<Variant> {
    let mut variants =
        vec![Variant { id: "press".to_owned(), label: "one press".to_owned(), settings: settings.clone() }];
    let knobs = catalog().knobs;
    for (part, off) in PARTS.into_iter().filter(|_| ablation) {
        let off: Raw = serde_json::from_str(off).expect("settings");
        let default = |key: &str| knobs.iter().find(|knob| knob.key == key).map(|knob| knob.default.to_value());
        if off.iter().all(|(key, value)| settings.get(key).cloned().or_else(|| default(key)).as_ref() == Some(value)) {
            println!("Without {part}: it is off already.");
            continue;
        }
        let settings = settings.clone().into_iter().chain(off).collect();
        variants.push(Variant { id: format!("without {part}"), label: format!("without {part}"), settings });
    }
    variants
}

/// A forecast and its range, where it has one.
pub struct Made {
    pub values: Vec<f64>,
    pub range: Option<(Vec<f64>, Vec<f64>)>,
}

/// What happened on the way.
#[derive(Default)]
pub struct Told {
    pub seconds: f64,
    /// Season, window and horizon.
    pub lengths: [usize; 3],
    /// Windows of training, validation and test.
    pub windows: [usize; 3],
    pub steps: u64,
    pub epoch: u32,
    pub best: Option<(u32, f64)>,
    /// Share of the network in a forecast that starts from the linear model.
    pub share: Option<f64>,
    /// Whether the horizon did not fit, so that the forecast goes on from its own values.
    pub rolled: bool,
}

impl Told {
    pub fn to_json(&self) -> Value {
        let Self { seconds, lengths, windows, steps, epoch, best, share, rolled } = self;
        json!({
            "seconds": seconds, "lengths": lengths, "windows": windows, "steps": steps, "epoch": epoch, "best": best,
            "share": share, "rolled": rolled,
        })
    }
}

/// The forecast of one press, or why there is none.
pub fn forecast(set: &Set, one: &One, settings: &Raw) -> (Result<Made, String>, Told) {
    let mut told = Told::default();
    let begin = Instant::now();
    let made = pressed(set, one, settings, &mut told).map_err(|error| error.to_string());
    told.seconds = begin.elapsed().as_secs_f64();
    (made, told)
}

fn pressed(set: &Set, one: &One, settings: &Raw, told: &mut Told) -> Result<Made, Error> {
    let mut reader = CsvReader::default();
    reader.push(set.step.csv(&one.past).as_bytes())?;
    let mut session = Session::new(reader.finish()?.series(&SeriesOptions::default())?.series);
    let mut raw = settings.clone();
    raw.insert("horizon".to_owned(), set.horizon.into());
    // Where the parts have no room for the horizon, a person takes the one that is suggested, and goes on from it.
    told.rolled = session.configure(&raw).is_err();
    if told.rolled {
        session.configure(settings)?;
    }
    if let Some(configured) = session.configured() {
        told.lengths = [configured.season, configured.window, configured.horizon];
        let windows = configured.windows;
        told.windows = [windows.train, windows.validation, windows.test];
    }
    while session.advance()? {}
    let progress = session.progress()?;
    (told.steps, told.epoch) = (progress.step, progress.epoch);
    told.share = progress.added.map(|added| added.share);
    told.best = progress.best.map(|best| (best.epoch, best.validation));
    let forecast = session.forecast(set.horizon)?;
    Ok(Made { values: forecast.values, range: forecast.lower.zip(forecast.upper) })
}
