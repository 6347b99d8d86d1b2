//! All that can be chosen: architectures, knobs, presets.

use serde::Serialize;

use crate::arch::registry;
use crate::data::{series::split, windows::fill, windows::frame};
use crate::error::Result;
use crate::knob::{Knob, Raw, Settings};
use crate::train;

/// All that can be chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Catalog {
    /// Version of the library.
    pub version: &'static str,
    /// Every architecture.
    pub architectures: Vec<Entry>,
    /// Every knob.
    pub knobs: Vec<Knob>,
    /// Settings that belong together.
    pub presets: Vec<Preset>,
}

/// One architecture, for those who choose.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// As it stands in settings.
    pub id: &'static str,
    /// As a person sees it.
    pub label: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Papers.
    pub source: &'static str,
    /// The recurrence in the form of the defaults, as MathML; `Configured` has that of the model.
    pub equations: &'static str,
    /// Whether it can read a sequence step by step.
    pub streams: bool,
    /// Keys of the knobs that it reads.
    pub knobs: Vec<&'static str>,
    /// Defaults that are its own in place of the knobs'.
    pub defaults: Raw,
}

/// Settings that belong together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preset {
    /// As it stands in a URL.
    pub id: &'static str,
    /// As a person sees it.
    pub label: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// What it sets; all else is left at its default.
    pub settings: Raw,
}

/// Every knob, in the order of the page.
pub fn knobs() -> Vec<Knob> {
    let mut all = vec![frame::TARGET, frame::INPUTS, frame::CALENDAR, split::SPLIT, fill::GAPS, fill::LONGEST_FILL];
    all.extend(registry::knobs());
    all.extend(train::KNOBS);
    all
}

/// Checks `raw` against every knob; what is absent takes the default of the architecture that is chosen, or else the knob's.
///
/// # Errors
/// As [`Settings::check`].
pub fn checked(raw: &Raw) -> Result<Settings> {
    Settings::check(&knobs(), raw, &registry::defaults(raw))
}

/// `settings` as JSON: text is a tenth of the code that would build it, and code is downloaded.
fn preset(id: &'static str, label: &'static str, help: &'static str, settings: &str) -> Preset {
    Preset { id, label, help, settings: serde_json::from_str(settings).expect("settings as JSON") }
}

fn presets() -> Vec<Preset> {
    vec![
        preset(
            "segments",
            "Segments of a season",
            "Reads a day (or whatever repeats) at a time: few steps to remember over, seconds to train, and usually the \
             smaller error.",
            r#"{ "architecture": "gru", "hidden": 64, "segment": 0, "head_dropout": 0.5 }"#,
        ),
        preset(
            "steps",
            "As in the article, one row a step",
            "Reads the window one row at a time, as recurrent networks are explained: every hour is a step to remember over. \
             Slower to train.",
            r#"{ "architecture": "lstm", "hidden": 64, "segment": 1, "head_dropout": 0.0, "epochs": 10, "schedule": "cosine" }"#,
        ),
        preset(
            "rnn_64",
            "Vanilla RNN, 64 units",
            "The article's first network: one tanh layer of 64 units that reads the window one row at a time.",
            r#"{ "architecture": "rnn", "hidden": 64, "segment": 1, "head_dropout": 0.0, "epochs": 10, "schedule": "cosine" }"#,
        ),
        preset(
            "lstm_2_128",
            "LSTM, 2 × 128 units",
            "The article's LSTM: two layers of 128 units with dropout 0.2 between them, one row a step; with the head 199,297 \
             weights at one input and one step ahead.",
            r#"{ "architecture": "lstm", "hidden": 128, "layers": 2, "dropout": 0.2, "segment": 1, "head_dropout": 0.0, "epochs": 10, "schedule": "cosine" }"#,
        ),
        preset(
            "lstm_2_256",
            "LSTM, 2 × 256 units",
            "The article's largest: two layers of 256 units, one row a step; minutes to train.",
            r#"{ "architecture": "lstm", "hidden": 256, "layers": 2, "dropout": 0.2, "segment": 1, "head_dropout": 0.0, "epochs": 10, "schedule": "cosine" }"#,
        ),
        preset(
            "encoder_decoder",
            "Encoder-decoder, 168 → 24",
            "One network reads 168 rows one at a time, another forecasts 24 from its own last forecast, looking back at all \
             that the first one saw.",
            r#"{ "architecture": "encoder_decoder", "window": 168, "horizon": 24, "hidden": 64, "segment": 1, "attention": "dot", "head_dropout": 0.0, "epochs": 10, "schedule": "cosine" }"#,
        ),
    ]
}

/// All that can be chosen.
pub fn catalog() -> Catalog {
    let knobs = knobs();
    let alone = |a: &registry::Architecture| Raw::from([(registry::ARCHITECTURE.key.to_owned(), a.id.into())]);
    Catalog {
        version: env!("CARGO_PKG_VERSION"),
        architectures: registry::ALL
            .iter()
            .map(|a| Entry {
                id: a.id,
                label: a.label,
                summary: a.summary,
                source: a.source,
                equations: (a.equations)(&checked(&alone(a)).expect("defaults within their bounds")),
                streams: a.streams,
                knobs: registry::keys(a),
                defaults: registry::defaults(&alone(a)),
            })
            .collect(),
        knobs,
        presets: presets(),
    }
}
