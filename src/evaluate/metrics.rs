//! Errors of forecasts, gathered window by window in `f64`.
//!
//! With error `e = forecast − truth`: MAE `mean |e|`, RMSE `√mean e²`, over all windows and all steps of the horizon.
//! MASE is the MAE divided by the training part's seasonal naive error `mean |y(t) − y(t − m)|` (Hyndman and Koehler,
//! Another look at measures of forecast accuracy, 2006): below 1 beats repeating the last season, on any series.

use serde::Serialize;

use crate::{
    Real,
    data::{Frame, Scale, Split},
};

/// Sums of errors by step of the horizon, on scaled values.
#[derive(Debug, Clone, PartialEq)]
pub struct Errors {
    windows: usize,
    absolute: Vec<f64>,
    squared: Vec<f64>,
}

impl Errors {
    /// None yet.
    pub fn new(horizon: usize) -> Self {
        Errors { windows: 0, absolute: vec![0.0; horizon], squared: vec![0.0; horizon] }
    }

    /// Adds the forecasts `predicted` `[horizon × starts.len()]` of the windows that begin at `starts` and look back
    /// over `window` rows; the truth is taken from `frame`.
    pub fn add(&mut self, frame: &Frame, starts: &[u32], window: usize, predicted: &[Real]) {
        let horizon = self.absolute.len();
        for (&start, predicted) in starts.iter().zip(predicted.chunks_exact(horizon)) {
            let first = start as usize + window;
            for (lead, &predicted) in predicted.iter().enumerate() {
                let error = f64::from(predicted) - f64::from(frame.target_at(first + lead));
                self.absolute[lead] += error.abs();
                self.squared[lead] += error * error;
            }
            self.windows += 1;
        }
    }

    /// The errors in numbers. `scale` leads back to the target's unit; `naive` is [`naive_error`], in spreads.
    pub fn scores(&self, scale: Scale, naive: Option<f64>) -> Scores {
        let windows = self.windows as f64;
        let all = windows * self.absolute.len() as f64;
        let mae_scaled = self.absolute.iter().sum::<f64>() / all;
        let mse_scaled = self.squared.iter().sum::<f64>() / all;
        Scores {
            mse_scaled,
            mae_scaled,
            mae: mae_scaled * scale.std,
            rmse: mse_scaled.sqrt() * scale.std,
            mase: naive.map_or(f64::NAN, |naive| mae_scaled / naive),
            per_step_mae: self.absolute.iter().map(|sum| sum / windows * scale.std).collect(),
            per_step_rmse: self.squared.iter().map(|sum| (sum / windows).sqrt() * scale.std).collect(),
        }
    }
}

/// Errors in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    /// Mean squared error of scaled values.
    pub mse_scaled: f64,
    /// Mean absolute error of scaled values.
    pub mae_scaled: f64,
    /// Mean absolute error, in the target's unit.
    pub mae: f64,
    /// Root of the mean squared error, in the target's unit.
    pub rmse: f64,
    /// MAE over the training part's seasonal naive error; `NaN` where that is 0 or there is none.
    pub mase: f64,
    /// MAE of each step of the horizon, in the target's unit.
    pub per_step_mae: Vec<f64>,
    /// RMSE of each step of the horizon, in the target's unit.
    pub per_step_rmse: Vec<f64>,
}

/// Mean absolute difference between scaled values `season` rows apart in the training part, over the pairs without a
/// gap: the denominator of MASE. `None` if there is no such pair, or if the part repeats itself without any difference.
pub fn naive_error(frame: &Frame, split: &Split, season: usize) -> Option<f64> {
    let first = split.train.start + season.max(1);
    let (mut sum, mut count) = (0.0, 0_usize);
    for row in first..split.train.end {
        let difference = f64::from(frame.target_at(row)) - f64::from(frame.target_at(row - season.max(1)));
        if !difference.is_nan() {
            sum += difference.abs();
            count += 1;
        }
    }
    (sum > 0.0).then(|| sum / count as f64)
}
