//! From a fitted model and the end of a series to values with the right timestamps.

use serde::Serialize;

use crate::Real;
use crate::data::{Batch, Frame};
use crate::error::{Error, Result};
use crate::evaluate::{Interval, Predict};

/// A forecast is rolled forward over at most this many horizons: beyond, it feeds on little but itself.
pub const MOST_BLOCKS: usize = 10;

/// Values beyond the end of a series, in the target's unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Time of each step, as the series' axis counts it.
    pub times: Vec<i64>,
    /// The forecast.
    pub values: Vec<f64>,
    /// Lower bound of the interval; `NaN` where there is none yet.
    pub lower: Vec<f64>,
    /// Upper bound of the interval.
    pub upper: Vec<f64>,
    /// Share of the truth that the interval held on the validation part.
    pub coverage: f64,
    /// What is worth knowing about it, or empty.
    pub note: String,
}

/// Forecasts `steps` steps beyond the end. Within the model's `horizon` in one go; beyond it by taking the forecast as the
/// past of the next block, which only works where the model reads nothing whose future is unknown.
///
/// # Errors
/// [`Error::TooShort`] if the last window has a gap; [`Error::NotReady`] for more steps than can be had.
pub fn beyond(
    frame: &Frame,
    (window, horizon): (usize, usize),
    steps: usize,
    model: &mut (impl Predict + ?Sized),
    interval: Option<&Interval>,
) -> Result<Forecast> {
    let most = if frame.data_features > 1 { horizon } else { horizon * MOST_BLOCKS };
    if steps == 0 || steps > most {
        let why = if frame.data_features > 1 {
            format!("the model reads other columns, whose future is unknown beyond its horizon of {horizon} steps")
        } else {
            format!("a forecast can feed on itself over at most {MOST_BLOCKS} horizons of {horizon} steps")
        };
        return Err(Error::NotReady { problem: format!("Ask for 1 to {most} steps: {why}.") });
    }
    let mut batch = Batch::default();
    frame.gather_last(window, horizon, &mut batch)?;
    let mut scaled: Vec<Real> = Vec::with_capacity(steps);
    let mut block = vec![0.0; horizon];
    loop {
        model.predict(&batch, &mut block);
        scaled.extend_from_slice(&block);
        if scaled.len() >= steps {
            break;
        }
        roll(frame, &mut batch, &scaled);
    }
    scaled.truncate(steps);

    let scale = frame.target_scale();
    let bounds: Vec<(f64, f64)> = scaled
        .iter()
        .enumerate()
        .map(|(lead, value)| {
            let (low, high) = interval.map_or((f64::NAN, f64::NAN), |i| i.around(lead, crate::wide(*value)));
            (scale.unscale(low), scale.unscale(high))
        })
        .collect();
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
        values: scaled.iter().map(|value| scale.unscale(crate::wide(*value))).collect(),
        lower: bounds.iter().map(|(low, _)| *low).collect(),
        upper: bounds.iter().map(|(_, high)| *high).collect(),
        coverage: interval.map_or(f64::NAN, |interval| interval.coverage),
        note: notes.join(" "),
    })
}

/// Moves the window so that it ends with the forecasts made so far.
fn roll(frame: &Frame, batch: &mut Batch, scaled: &[Real]) {
    let first = frame.rows + scaled.len() - batch.window;
    let last = frame.rows + frame.ahead - 1;
    for step in 0..batch.window + batch.horizon {
        let row = first + step;
        let column = &mut batch.values[step * batch.features..(step + 1) * batch.features];
        column.copy_from_slice(frame.row(row.min(last)));
        if let Some(value) = row.checked_sub(frame.rows).and_then(|k| scaled.get(k)) {
            column[frame.target] = *value;
        }
    }
}
