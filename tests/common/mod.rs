//! Series that the tests share.

use unrolled::data::{Axis, Series, Step};
use unrolled::knob::Raw;
use unrolled::math::Rng;

/// A daily sine with noise, hourly: every architecture must learn to forecast it better than by repeating the last value.
pub fn noisy_sine(rows: usize) -> Series {
    let mut rng = Rng::new(77, 0);
    let day = |t: usize| (2.0 * std::f64::consts::PI * t as f64 / 24.0).sin();
    let values = (0..rows).map(|t| 15.0 + 5.0 * day(t) + 0.5 * rng.normal()).collect();
    Series {
        axis: Axis { start: 1_356_998_400_000, step: Step::Milliseconds(3_600_000), len: rows, utc: true },
        names: vec!["temp_c".to_owned()],
        columns: vec![values],
        sentinels: None,
    }
}

/// Settings of a plain network, a GRU, with more from JSON: it starts from random weights and passes over the windows of the training part, 64
/// at a time, once an epoch. A test of the defaults takes [`settings`].
pub fn plain(json: &str) -> Raw {
    let mut raw = settings(
        r#"{"architecture": "gru", "from_line": false, "all_rows": false, "epoch_steps": 1, "batch_size": 64}"#,
    );
    raw.extend(settings(json));
    raw
}

/// Settings from JSON.
pub fn settings(json: &str) -> Raw {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}
