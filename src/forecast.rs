//! From a fitted model and the end of a series to values with the right timestamps.

use serde::Serialize;

use crate::Real;
use crate::data::{Batch, Frame};
use crate::error::{Error, Result};
use crate::evaluate::{Interval, Predict};

/// A forecast is rolled forward over at most this many horizons: beyond, it feeds on little but itself.
pub const MOST_BLOCKS: usize = 10;

/// Values beyond the end of a series, in the targets' units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Time of each step, as the series' axis counts it.
    pub times: Vec<i64>,
    /// The forecast, `[steps × targets]`: one target after the other.
    pub values: Vec<f64>,
    /// Lower bounds of the intervals, in the same order; `NaN` where there is none yet.
    pub lower: Vec<f64>,
    /// Upper bounds of the intervals, in the same order.
    pub upper: Vec<f64>,
    /// Share of the truth that the interval held on the validation part.
    pub coverage: f64,
    /// What is worth knowing about it, or empty.
    pub note: String,
}

/// Forecasts `steps` steps beyond the end. Within the model's `horizon` in one go; beyond it by taking the forecast as the
/// past of the next block, which only works where the model forecasts all that it reads but the calendar.
///
/// # Errors
/// [`Error::TooShort`] if the last window has a gap; [`Error::NotReady`] for more steps than can be had.
pub fn beyond(
    frame: &Frame,
    (window, horizon): (usize, usize),
    steps: usize,
    model: &mut dyn Predict,
    interval: Option<&Interval>,
) -> Result<Forecast> {
    let others = frame.data_features > frame.targets;
    let most = if others { horizon } else { horizon * MOST_BLOCKS };
    // No time can be said beyond the calendar's end.
    let room = frame.axis.room(most);
    if steps == 0 || steps > room {
        let why = if room < most {
            "the calendar ends with the year 9999".to_owned()
        } else if others {
            format!("the model reads other columns, whose future is unknown beyond its horizon of {horizon} steps")
        } else {
            format!("a forecast can feed on itself over at most {MOST_BLOCKS} horizons of {horizon} steps")
        };
        return Err(Error::NotReady { problem: format!("Ask for 1 to {room} steps: {why}.") });
    }
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
            break;
        }
        roll(frame, &mut batch, &scaled);
    }

    let (mut values, mut lower, mut upper) = (Vec::new(), Vec::new(), Vec::new());
    for (target, (scaled, scale)) in scaled.iter().zip(&frame.scales).enumerate() {
        for (lead, &value) in scaled[..steps].iter().enumerate() {
            let value = crate::wide(value);
            let bounds = interval.map(|interval| interval.around((target, lead), horizon, value));
            let (low, high) = bounds.unwrap_or((f64::NAN, f64::NAN));
            values.push(scale.unscale(value));
            lower.push(scale.unscale(low));
            upper.push(scale.unscale(high));
        }
    }
    let mut notes = Vec::new();
    if steps > horizon {
        notes.push(format!(
            "Beyond {horizon} steps the forecast feeds on itself, and the band, measured within {horizon} steps, is too \
             narrow."
        ));
    }
    if let Some(interval) = interval.filter(|interval| !interval.enough) {
        notes.push(format!("The band rests on {} validation windows only.", interval.windows));
    }
    Ok(Forecast {
        times: (0..steps).map(|k| frame.axis.at(frame.rows + k)).collect(),
        values,
        lower,
        upper,
        coverage: interval.map_or(f64::NAN, |interval| interval.coverage),
        note: notes.join(" "),
    })
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
