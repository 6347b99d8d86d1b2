//! The networks that are tried, and their settings.

use crate::arch::plan::{FROM_LINE, HORIZON, SEGMENT};
use crate::arch::registry::ARCHITECTURE;
use crate::arch::stacked::HEAD_DROPOUT;
use crate::data::windows::frame::INPUTS;
use crate::error::Result;
use crate::forecast::MOST_BLOCKS;
use crate::knob::Raw;
use crate::session::catalog;
use crate::session::configured::Configured;
use crate::train::options::{EFFORT, EPOCHS, SCHEDULE};

/// Keys of the settings that are a candidate's own, whatever was asked for.
pub fn own() -> [&'static str; 6] {
    [ARCHITECTURE.key, FROM_LINE.key, SEGMENT.key, HEAD_DROPOUT.key, SCHEDULE.key, EPOCHS.key]
}

/// Optimiser steps of a candidate at the usual effort: a short series is learnt by then.
const STEPS: f64 = 1000.0;

/// Name, settings, and how many times the usual number of steps.
type Planned = (&'static str, &'static str, f64);

/// A network that adds to the linear model ends early by itself, so it may take longer. Those without one are trained along a whole
/// cosine; they differ most from it and from each other, and so gain most in an average.
const NETWORKS: [Planned; 4] = [
    (
        "GRU on the linear model",
        r#"{"architecture": "gru", "from_line": true, "segment": 0, "schedule": "constant"}"#,
        2.0,
    ),
    (
        "GRU",
        r#"{"architecture": "gru", "from_line": false, "segment": 0, "head_dropout": 0.2, "schedule": "cosine"}"#,
        1.0,
    ),
    (
        "GRU over seasons",
        r#"{"architecture": "gru", "from_line": false, "head_dropout": 0.2, "schedule": "cosine"}"#,
        1.0,
    ),
    ("MLP", r#"{"architecture": "mlp", "from_line": false, "schedule": "cosine"}"#, 1.0),
];

/// The first candidate over the whole horizon, and all of them with the settings that `raw` leaves to them; `configured` resolves settings.
///
/// Over a horizon longer than a season they forecast one season at once and go on from it: more windows fit into the parts, and the map
/// to learn is smaller. That takes a network that reads its targets alone.
///
/// # Errors
/// As `configured` for the first one.
pub fn planned(raw: &Raw, configured: impl Fn(&Raw) -> Result<Configured>) -> Result<(Configured, Vec<(String, Raw)>)> {
    let effort = catalog::checked(raw)?.get(&EFFORT);
    let mut common: Raw =
        raw.iter().filter(|(key, _)| !own().contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
    let with = |common: &Raw, own: &str| -> Raw {
        common.clone().into_iter().chain(serde_json::from_str::<Raw>(own).unwrap_or_default()).collect()
    };
    let whole = configured(&with(&common, NETWORKS[0].1))?;
    let at_once = whole.season.max(whole.horizon.div_ceil(MOST_BLOCKS));
    let reads_others =
        whole.settings.get(INPUTS.key).and_then(|inputs| inputs.as_str()).is_some_and(|it| !it.is_empty());
    if whole.season > 1 && at_once < whole.horizon && !reads_others {
        common.insert(HORIZON.key.to_owned(), at_once.into());
    }
    let lengths = configured(&with(&common, NETWORKS[0].1))?;
    let mut all: Vec<(String, Raw)> = Vec::new();
    for (label, own, times) in NETWORKS {
        let mut settings = with(&common, own);
        if !settings.contains_key(SEGMENT.key) && settings[ARCHITECTURE.key] == "gru" {
            // A whole season at once, where that is not what the others read.
            let segment = lengths.season.min(lengths.window);
            if segment <= lengths.segment {
                continue;
            }
            settings.insert(SEGMENT.key.to_owned(), segment.into());
        }
        let epochs = (effort * times * STEPS / lengths.steps_per_epoch.max(1) as f64).ceil().clamp(1.0, 10_000.0);
        settings.insert(EPOCHS.key.to_owned(), (epochs as u64).into());
        all.push((label.to_owned(), settings));
    }
    Ok((whole, all))
}
