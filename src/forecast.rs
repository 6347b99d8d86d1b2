//! From a fitted model and the end of a series to forecasts with timestamps.

use serde::Serialize;

use crate::Real;
use crate::data::{Batch, Frame};
use crate::error::{Error, Result};
use crate::evaluate::{Interval, Limits, Measured, Predict};

/// Nominal level of a forecast's range: the coverage that it aims at.
pub const LEVEL: f64 = 0.8;

/// Largest number of horizons of a rolled forecast: beyond, its input is almost only its own output.
pub const MOST_BLOCKS: usize = 10;

/// Values beyond the end of a series, in the targets' units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Time of each step, in the units of the series' axis.
    pub times: Vec<i64>,
    /// The forecast, `[steps × targets]`: one target after the other.
    pub values: Vec<f64>,
    /// Lower bounds of the range, in the same order; `NaN` beyond the model's horizon. `None` without a range: see `no_range`.
    pub lower: Option<Vec<f64>>,
    /// Upper bounds of the range, in the same order.
    pub upper: Option<Vec<f64>>,
    /// Nominal level of the range.
    pub level: f64,
    /// Why there is no range, in a sentence; empty where there is one.
    pub no_range: String,
    /// Coverage of the range on the test part, for each target; empty until these weights are scored there.
    pub measured: Vec<Measured>,
    /// A remark, or empty.
    pub note: String,
}

/// Scaled forecasts of each target, `steps` steps beyond the end: within the model's `horizon` in one go; beyond it with the forecast
/// as the past of the next block, which needs a model that forecasts all of its inputs except the calendar.
///
/// # Errors
/// [`Error::TooShort`] if the last window has a gap; [`Error::NotReady`] for too many steps.
pub fn beyond(
    frame: &Frame,
    (window, horizon): (usize, usize),
    steps: usize,
    model: &mut dyn Predict,
) -> Result<Vec<Vec<Real>>> {
    let others = frame.data_features > frame.targets;
    let most = if others { horizon } else { horizon * MOST_BLOCKS };
    let why = if others {
        format!("the model reads other columns, whose future is unknown beyond its horizon of {horizon} steps")
    } else {
        format!("a recursive forecast covers at most {MOST_BLOCKS} horizons of {horizon} steps")
    };
    within(frame, steps, most, why)?;
    let mut batch = Batch::default();
    frame.gather_last(window, horizon, &mut batch)?;
    // Each target's forecast so far.
    let mut scaled = vec![Vec::with_capacity(steps + horizon); frame.targets];
    let mut block = vec![0.0; frame.targets * horizon];
    loop {
        model.predict(&batch, &mut block);
        for (scaled, block) in scaled.iter_mut().zip(block.chunks_exact(horizon)) {
            scaled.extend_from_slice(block);
        }
        if scaled[0].len() >= steps {
            scaled.iter_mut().for_each(|scaled| scaled.truncate(steps));
            return Ok(scaled);
        }
        roll(frame, &mut batch, &scaled);
    }
}

/// Whether so many steps can be forecast, where at most `most` can, for the reason `why`.
///
/// # Errors
/// [`Error::NotReady`] if not.
pub fn within(frame: &Frame, steps: usize, most: usize, why: String) -> Result<()> {
    // No time beyond the calendar's end can be written.
    let room = frame.axis.room(most);
    if (1..=room).contains(&steps) {
        return Ok(());
    }
    let why = if room < most { "the calendar ends with the year 9999".to_owned() } else { why };
    Err(Error::NotReady { problem: format!("Choose 1 to {room} steps: {why}.") })
}

/// The scaled forecasts of each target beyond the end of `frame`, `[targets][steps]`, in the targets' units and with their range. The
/// range ends with the horizon, since no errors were seen beyond it. Without a range, `range` is the reason.
pub fn ranged(
    frame: &Frame,
    horizon: usize,
    scaled: &[Vec<Real>],
    range: std::result::Result<&Interval, String>,
) -> Forecast {
    let steps = scaled.first().map_or(0, Vec::len);
    let mut notes = Vec::new();
    if steps > horizon {
        let range = if range.is_ok() { ", without a range: no errors were measured so far ahead" } else { "" };
        notes.push(format!("Beyond {horizon} steps the forecast is recursive{range}."));
    }
    let (mut values, mut lower, mut upper) = (Vec::new(), Vec::new(), Vec::new());
    for (target, (scaled, scale)) in scaled.iter().zip(&frame.scales).enumerate() {
        let limits = range.as_ref().map_or_else(|_| Limits::default(), |interval| interval.limits(target));
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for (lead, &value) in scaled.iter().enumerate() {
            let value = crate::wide(value);
            values.push(scale.unscale(value));
            if let Ok(interval) = &range {
                let (low, high) = interval.around((target, lead), horizon, value);
                let (low, high) = (scale.unscale(low), scale.unscale(high));
                (least, most) = (least.min(low), most.max(high));
                lower.push(limits.clip(low));
                upper.push(limits.clip(high));
            }
        }
        let of = if frame.targets > 1 { format!(" of “{}”", frame.names[target]) } else { String::new() };
        let ends = [limits.lower.filter(|limit| least < limit.at), limits.upper.filter(|limit| most > limit.at)];
        for limit in ends.into_iter().flatten() {
            notes.push(format!("The range{of} ends at {}, {}.", limit.at, Limits::why(limit)));
        }
    }
    let there = range.is_ok();
    Forecast {
        times: (0..steps).map(|k| frame.axis.at(frame.rows + k)).collect(),
        values,
        lower: there.then_some(lower),
        upper: there.then_some(upper),
        level: range.as_ref().map_or(LEVEL, |interval| interval.level),
        no_range: range.err().unwrap_or_default(),
        measured: Vec::new(),
        note: notes.join(" "),
    }
}

/// Moves the window so that it ends with the forecasts made so far.
fn roll(frame: &Frame, batch: &mut Batch, scaled: &[Vec<Real>]) {
    let first = frame.rows + scaled[0].len() - batch.window;
    let last = frame.rows + frame.ahead - 1;
    for step in 0..batch.window + batch.horizon {
        let row = first + step;
        let column = &mut batch.values[step * batch.features..(step + 1) * batch.features];
        column.copy_from_slice(frame.row(row.min(last)));
        for (out, scaled) in column.iter_mut().zip(scaled) {
            if let Some(value) = row.checked_sub(frame.rows).and_then(|k| scaled.get(k)) {
                *out = *value;
            }
        }
    }
}
