//! The errors of a forecaster at past origins.
//!
//! The error of step `h` (from 0) of a forecast that begins at row `o` is known once row `o + h` is: whoever forecasts from row `r` on
//! may use it where `o + h < r`. All origins are in rows that fitted no weights.

use std::ops::Range;

use crate::data::{Frame, WindowSet};
use crate::evaluate::{Forecasts, forecast_all};

/// Weight of an error halves with every so many rows.
pub const HALF_LIFE: f64 = 500.0;

/// Rows back from an origin whose errors count: older ones have less than a thirtieth of the newest one's weight.
pub const LOOKBACK: usize = 2500;

/// Largest number of origins within [`LOOKBACK`] rows: neighbouring windows have nearly the same errors.
const MOST_ORIGINS: usize = 1024;

/// Largest number of errors kept, 16 MB; more make the origins sparser.
pub const MOST_ERRORS: usize = 1 << 21;

/// A forecaster's errors `truth − forecast` at past origins, scaled.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Steps of the horizon.
    pub horizon: usize,
    /// Number of targets.
    pub targets: usize,
    /// Distance between two origins, in rows, where none was left out.
    pub every: usize,
    /// First row of each forecast, ascending.
    pub origins: Vec<usize>,
    /// Whether other weights forecast, which have learnt from more rows: a bias of these errors then tells nothing of theirs.
    pub refitted: bool,
    /// Whether each target is constant in the training part.
    pub constant: Vec<bool>,
    /// `[(targets · horizon) × origins]`; `NaN` where the truth is not there.
    pub(crate) errors: Vec<f64>,
}

impl Past {
    /// The errors of `model` with these lengths, window and horizon, in forecasts that begin in `rows`.
    pub fn over(frame: &Frame, rows: Range<usize>, lengths: (usize, usize), model: &mut dyn Forecasts) -> Past {
        let (horizon, targets) = (lengths.1, frame.targets);
        let all = frame.windows_onto(rows, lengths, 1);
        let (count, width) = (all.starts.len(), targets * horizon);
        let every = count.min(LOOKBACK).div_ceil(MOST_ORIGINS).max((count * width).div_ceil(MOST_ERRORS)).max(1);
        // Counted from the end, so that the latest is there.
        let skipped = count.saturating_sub(1) % every;
        let starts = all.starts.iter().copied().skip(skipped).step_by(every).collect();
        let set = WindowSet { starts, ..all };
        let origins = set.starts.iter().map(|&start| start as usize + set.window).collect();
        let mut errors = Vec::with_capacity(width * set.starts.len());
        forecast_all(frame, &set, model, &mut |starts, predicted| {
            for (&start, predicted) in starts.iter().zip(predicted.chunks_exact(width)) {
                errors.extend(predicted.iter().enumerate().map(|(at, &predicted)| {
                    let row = start as usize + set.window + at % horizon;
                    let truth = if row < frame.rows { frame.truth_at(at / horizon, row) } else { crate::Real::NAN };
                    crate::wide(truth) - crate::wide(predicted)
                }));
            }
        });
        let constant = frame.scales[..targets].iter().map(|scale| scale.constant).collect();
        Past { horizon, targets, every, origins, refitted: false, constant, errors }
    }

    /// The errors of target number `target` at the origin with this index, by step of the horizon.
    pub fn path(&self, index: usize, target: usize) -> &[f64] {
        let from = (index * self.targets + target) * self.horizon;
        &self.errors[from..from + self.horizon]
    }

    /// Indices of the origins within [`LOOKBACK`] rows before `row`.
    pub fn before(&self, row: usize) -> Range<usize> {
        let at = |row: usize| self.origins.partition_point(|&origin| origin < row);
        at(row.saturating_sub(LOOKBACK))..at(row)
    }
}
