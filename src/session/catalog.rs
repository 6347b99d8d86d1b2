//! The catalog of all choices: architectures, knobs, presets.

use serde::Serialize;

use crate::arch::plan::{HORIZON, SEASON, WINDOW};
use crate::arch::registry::{self, Which};
use crate::arch::stacked::{HIDDEN, LAYERS};
use crate::data::{series::split, windows::fill, windows::frame};
use crate::error::Result;
use crate::evaluate::interval::LEVELS;
use crate::knob::{About, AnyKnob, Choices, Raw, Settings};
use crate::train;

/// The catalog of all choices.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Catalog {
    /// Version of the library.
    pub version: &'static str,
    /// The automatic choice, in the place of an architecture: the first option of that knob.
    pub automatic: Entry,
    /// Every architecture.
    pub architectures: Vec<Entry>,
    /// Every knob.
    pub knobs: Vec<About>,
    /// Groups of settings.
    pub presets: Vec<Preset>,
}

/// One architecture for display.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Its value in settings.
    pub id: &'static str,
    /// Its name on the page.
    pub label: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Papers.
    pub source: &'static str,
    /// The recurrence in the form of the defaults, as MathML; `Configured` has the model's.
    pub equations: String,
    /// Whether it can read a sequence step by step.
    pub streams: bool,
    /// Keys of the knobs that it reads.
    pub knobs: Vec<&'static str>,
    /// Its own defaults in place of the knobs'.
    pub defaults: Raw,
}

/// Settings under one name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preset {
    /// Its value in a URL.
    pub id: &'static str,
    /// Its name on the page.
    pub label: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// Its settings; all others have their defaults.
    pub settings: Raw,
}

/// Every knob, in the order of the page.
pub fn knobs() -> Vec<&'static dyn AnyKnob> {
    let data: [&dyn AnyKnob; 7] =
        [&frame::TARGET, &frame::INPUTS, &frame::CALENDAR, &split::SPLIT, &LEVELS, &fill::GAPS, &fill::LONGEST_FILL];
    [&data, &*registry::knobs(), train::KNOBS].concat()
}

/// Checks `raw` against every knob; an absent setting has the default of the chosen architecture, or else the knob's.
///
/// # Errors
/// As [`Settings::check`].
pub fn checked(raw: &Raw) -> Result<Settings> {
    Settings::check(knobs().iter().map(|knob| knob.about()), raw, &registry::defaults(raw))
}

/// `settings` as JSON.
fn preset(id: &'static str, label: &'static str, help: &'static str, settings: &str) -> Preset {
    let settings = serde_json::from_str(settings).unwrap_or_else(|error| panic!("a preset: {error}"));
    Preset { id, label, help, settings }
}

fn presets() -> Vec<Preset> {
    vec![
        preset(
            "segments",
            "Parts of a season",
            "Reads a part of a season, such as half a day, at a time: few steps to remember over, seconds to train, and \
             usually the smaller error.",
            r#"{ "architecture": "gru", "hidden": 64, "segment": 0, "head_dropout": 0.5 }"#,
        ),
        preset(
            "steps",
            "As in the article, one row a step",
            "Reads the window one row at a time, as textbooks explain recurrent networks: every row is a step to \
             remember over. Slower to train.",
            r#"{ "architecture": "lstm", "hidden": 64, "segment": 1, "head_dropout": 0.0, "epochs": 10, "schedule": "cosine", "from_line": false, "epoch_steps": 1, "batch_size": 64, "all_rows": false }"#,
        ),
        preset(
            "rnn_64",
            "Vanilla RNN, 64 units",
            "The article's first network: one tanh layer of 64 units that reads the window one row at a time.",
            r#"{ "architecture": "rnn", "hidden": 64, "segment": 1, "head_dropout": 0.0, "epochs": 10, "schedule": "cosine", "from_line": false, "epoch_steps": 1, "batch_size": 64, "all_rows": false }"#,
        ),
        preset(
            "lstm_2_128",
            "LSTM, 2 × 128 units",
            "The article's LSTM: two layers of 128 units with dropout 0.2 between them, one row a step; 199,297 \
             parameters with the head, for one input and one step ahead.",
            r#"{ "architecture": "lstm", "hidden": 128, "layers": 2, "dropout": 0.2, "segment": 1, "head_dropout": 0.0, "epochs": 10, "schedule": "cosine", "from_line": false, "epoch_steps": 1, "batch_size": 64, "all_rows": false }"#,
        ),
        preset(
            "lstm_2_256",
            "LSTM, 2 × 256 units",
            "The article's largest: two layers of 256 units, one row a step; minutes to train.",
            r#"{ "architecture": "lstm", "hidden": 256, "layers": 2, "dropout": 0.2, "segment": 1, "head_dropout": 0.0, "epochs": 10, "schedule": "cosine", "from_line": false, "epoch_steps": 1, "batch_size": 64, "all_rows": false }"#,
        ),
        preset(
            "encoder_decoder",
            "Encoder-decoder, 168 → 24",
            "One network reads 168 rows one at a time, another forecasts 24 from its own last forecast, with \
             attention to the first.",
            r#"{ "architecture": "encoder_decoder", "window": 168, "horizon": 24, "hidden": 64, "segment": 1, "attention": "dot", "head_dropout": 0.0, "epochs": 10, "schedule": "cosine", "from_line": false, "epoch_steps": 1, "batch_size": 64, "all_rows": false }"#,
        ),
    ]
}

/// The catalog of all choices.
pub fn catalog() -> Catalog {
    let alone = |a: &registry::Architecture| {
        let mut raw = Raw::new();
        raw.insert(registry::ARCHITECTURE.key.to_owned(), a.id.into());
        raw
    };
    let choice = Which::OPTIONS[0];
    Catalog {
        version: env!("CARGO_PKG_VERSION"),
        automatic: Entry {
            id: choice.value,
            label: choice.label,
            summary: choice.help,
            source: "Bates and Granger 1969",
            equations: String::new(),
            streams: false,
            knobs: vec![SEASON.key, WINDOW.key, HORIZON.key, HIDDEN.key, LAYERS.key],
            defaults: Raw::new(),
        },
        architectures: registry::ALL
            .iter()
            .map(|a| Entry {
                id: a.id,
                label: a.label,
                summary: a.summary,
                source: a.source,
                equations: a.all_equations(&checked(&alone(a)).unwrap_or_else(|error| panic!("a default: {error}"))),
                streams: a.streams,
                knobs: a.all_knobs().map(|knob| knob.about().key).collect(),
                defaults: registry::defaults(&alone(a)),
            })
            .collect(),
        knobs: knobs().iter().map(|knob| *knob.about()).collect(),
        presets: presets(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::knob::Kind;

    #[test]
    fn every_knob_has_a_key_of_its_own_and_says_what_it_does() {
        let knobs = knobs();
        let keys: BTreeSet<&str> = knobs.iter().map(|knob| knob.about().key).collect();
        assert_eq!(keys.len(), knobs.len());
        assert!(knobs.iter().all(|knob| !knob.about().label.is_empty() && knob.about().help.ends_with(['.', ')'])));
        let conditions = knobs.iter().filter_map(|knob| knob.about().when);
        assert!(conditions.clone().count() > 0 && conditions.clone().all(|(key, _)| keys.contains(key)));
    }

    #[test]
    fn every_value_of_a_knob_is_read_as_one_of_its_own() {
        for knob in knobs() {
            let about = knob.about();
            let values: Vec<Value> = match about.kind {
                Kind::Integer { min, max } => vec![min.into(), max.into()],
                Kind::Number { min, max, .. } => vec![min.into(), max.into()],
                Kind::Choice { options } => options.iter().map(|option| option.value.into()).collect(),
                Kind::Flag => vec![false.into(), true.into()],
                Kind::Text => vec!["".into(), "70/10/20".into()],
            };
            let read = |value: &Value| {
                let raw = Raw::from([(about.key.to_owned(), value.clone())]);
                let settings = Settings::check([about], &raw, &Raw::new()).expect("within its bounds");
                assert_eq!(settings.to_raw(), raw, "as it was given");
                knob.shown(value)
            };
            let found: BTreeSet<String> = values.iter().map(read).collect();
            assert_eq!(found.len(), values.len(), "{}: {found:?}", about.key);
            if !matches!(about.kind, Kind::Choice { .. }) {
                assert!(values.iter().all(|value| found.contains(&value.to_string())), "{}: {found:?}", about.key);
            }
        }
    }
}
