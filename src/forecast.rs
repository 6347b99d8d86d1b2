//! From a fitted model and the end of a series to forecasts with timestamps.

use serde::Serialize;

use crate::Real;
use crate::data::{Batch, Frame};
use crate::error::{Error, Result};
use crate::evaluate::{Interval, Limits, Measured, Predict, interval::Bounds};

/// Largest number of horizons of a rolled forecast: beyond, its input is almost only its own output.
pub const MOST_BLOCKS: usize = 10;

/// Values beyond the end of a series, in the targets' units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Time of each step, in the units of the series' axis.
    pub times: Vec<i64>,
    /// The forecast, `[steps × targets]`: one target after the other.
    pub values: Vec<f64>,
    /// Lower bounds of the shown range, in the same order; `NaN` beyond the model's horizon. `None` without a range: see `no_range`.
    pub lower: Option<Vec<f64>>,
    /// Upper bounds of the range, in the same order.
    pub upper: Option<Vec<f64>>,
    /// Nominal level of the shown range.
    pub level: f64,
    /// The ranges of every level, ascending; empty without a range.
    pub ranges: Vec<Range>,
    /// Why there is no range, in a sentence; empty where there is one.
    pub no_range: String,
    /// Quality of the shown range on the test part, for each target; empty until these weights are scored there.
    pub measured: Vec<Measured>,
    /// A remark, or empty.
    pub note: String,
}

/// One range of a forecast, in the order of its values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Range {
    /// Nominal level: the coverage that it aims at.
    pub level: f64,
    /// Lower bounds; `NaN` beyond the model's horizon.
    pub lower: Vec<f64>,
    /// Upper bounds.
    pub upper: Vec<f64>,
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
        roll(frame, &mut batch, &[frame.rows], |_, target| &scaled[target]);
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

/// The scaled forecasts of each target beyond the end of `frame`, `[targets][steps]`, in the targets' units and with their ranges, which
/// end with the horizon, since no errors were seen beyond it. Without a range, `range` is the reason; `level` is the one that is shown.
pub fn ranged(
    frame: &Frame,
    (horizon, level): (usize, f64),
    scaled: &[Vec<Real>],
    range: std::result::Result<&Interval, String>,
) -> Forecast {
    let steps = scaled.first().map_or(0, Vec::len);
    let mut notes = Vec::new();
    if steps > horizon {
        let range = if range.is_ok() { ", without a range: no errors were measured so far ahead" } else { "" };
        notes.push(format!("Beyond {horizon} steps the forecast is recursive{range}."));
    }
    let each = || scaled.iter().zip(&frame.scales).enumerate();
    let values = each().flat_map(|(_, (scaled, scale))| scaled.iter().map(|&value| scale.unscale(crate::wide(value))));
    // In the targets' units, not clipped.
    let open = |bounds: &Bounds| {
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for (target, (scaled, scale)) in each() {
            for (lead, &value) in scaled.iter().enumerate() {
                let (low, high) = bounds.around((target, lead), horizon, crate::wide(value));
                lower.push(scale.unscale(low));
                upper.push(scale.unscale(high));
            }
        }
        Range { level: bounds.level, lower, upper }
    };
    let mut ranges: Vec<Range> =
        range.as_ref().map_or_else(|_| Vec::new(), |of| of.all().into_iter().map(open).collect());
    let level = range.as_ref().map_or(level, |interval| interval.shown.level);
    if let Ok(interval) = &range {
        for target in 0..frame.targets {
            let limits = interval.limits(target);
            let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
            for range in &mut ranges {
                let of_target = target * steps..(target + 1) * steps;
                for (low, high) in range.lower[of_target.clone()].iter_mut().zip(&mut range.upper[of_target]) {
                    if range.level == level {
                        (least, most) = (least.min(*low), most.max(*high));
                    }
                    (*low, *high) = (limits.clip(*low), limits.clip(*high));
                }
            }
            let of = if frame.targets > 1 { format!(" of “{}”", frame.names[target]) } else { String::new() };
            let ends = [limits.lower.filter(|limit| least < limit.at), limits.upper.filter(|limit| most > limit.at)];
            for limit in ends.into_iter().flatten() {
                notes.push(format!("The range{of} ends at {}, {}.", limit.at, Limits::why(limit)));
            }
        }
    }
    let shown = ranges.iter().find(|range| range.level == level);
    Forecast {
        times: (0..steps).map(|k| frame.axis.at(frame.rows + k)).collect(),
        values: values.collect(),
        lower: shown.map(|range| range.lower.clone()),
        upper: shown.map(|range| range.upper.clone()),
        level,
        no_range: range.err().unwrap_or_default(),
        ranges,
        measured: Vec::new(),
        note: notes.join(" "),
    }
}

/// Moves each window of a batch so that it ends with the forecasts made so far, `made(sample, target)`, which begin at the rows `origins`.
pub fn roll<'a>(frame: &Frame, batch: &mut Batch, origins: &[usize], made: impl Fn(usize, usize) -> &'a [Real]) {
    let done = made(0, 0).len();
    let last = frame.rows + frame.ahead - 1;
    let columns = batch.values.chunks_exact_mut(batch.features);
    for (index, column) in columns.enumerate() {
        let (step, sample) = (index / batch.size, index % batch.size);
        let row = origins[sample] + done + step - batch.window;
        column.copy_from_slice(frame.row(row.min(last)));
        for (target, out) in column[..frame.targets].iter_mut().enumerate() {
            if let Some(value) = row.checked_sub(origins[sample]).and_then(|k| made(sample, target).get(k)) {
                *out = *value;
            }
        }
    }
}
