//! Errors of forecasts, accumulated window by window in `f64`.
//!
//! With error `e = forecast − truth`: MAE `mean |e|`, RMSE `√mean e²`, over all windows and all steps of the horizon.
//! MASE is the MAE divided by the training part's seasonal naive error `mean |y(t) − y(t − m)|` (Hyndman and Koehler,
//! Another look at measures of forecast accuracy, 2006): below 1 beats repeating the last season, on any series.

use serde::Serialize;

use std::sync::Arc;

use crate::{
    Real,
    data::{Frame, Split},
    evaluate::paired::Blocks,
};

/// Sums of one target's errors by step of the horizon, on scaled values.
#[derive(Debug, Clone, PartialEq)]
pub struct Errors {
    target: usize,
    windows: usize,
    absolute: Vec<f64>,
    squared: Vec<f64>,
    blocks: Arc<Blocks>,
    /// Sums of absolute errors over the windows of each block.
    by_block: Vec<f64>,
}

impl Errors {
    /// Empty sums, for the frame's target number `target`; windows must come in the order of `blocks`.
    pub fn new(target: usize, horizon: usize, blocks: &Arc<Blocks>) -> Self {
        let by_block = vec![0.0; blocks.count()];
        let (absolute, squared) = (vec![0.0; horizon], vec![0.0; horizon]);
        Errors { target, windows: 0, absolute, squared, blocks: Arc::clone(blocks), by_block }
    }

    /// Adds the forecast `predicted` `[horizon]` from row `origin` on; the truth is taken from `frame`.
    pub fn add(&mut self, frame: &Frame, origin: usize, predicted: &[Real]) {
        let in_block = &mut self.by_block[self.blocks.block(self.windows)];
        for (lead, &predicted) in predicted.iter().enumerate() {
            let error = f64::from(predicted) - f64::from(frame.truth_at(self.target, origin + lead));
            self.absolute[lead] += error.abs();
            *in_block += error.abs();
            self.squared[lead] += error * error;
        }
        self.windows += 1;
    }

    /// The errors in numbers, in the target's unit unless stated otherwise. `naive` is [`naive_error`].
    pub fn scores(&self, frame: &Frame, naive: Option<f64>) -> Scores {
        scores(std::slice::from_ref(self), frame.scales[self.target].std, &[naive])
    }

    /// Sums of absolute errors, scaled, over the windows of each block and over `all` targets.
    pub fn by_block(all: &[Errors]) -> Vec<f64> {
        let count = all.first().map_or(0, |errors| errors.by_block.len());
        (0..count).map(|block| all.iter().map(|errors| errors.by_block[block]).sum()).collect()
    }

    /// The means over several targets with errors of the same windows: all numbers are of scaled values.
    pub fn mean(all: &[Errors], naive: &[Option<f64>]) -> Scores {
        scores(all, 1.0, naive)
    }
}

/// Means over `all`, with errors times `unit`.
fn scores(all: &[Errors], unit: f64, naive: &[Option<f64>]) -> Scores {
    let windows = all.iter().map(|errors| errors.windows).sum::<usize>() as f64;
    let horizon = all.first().map_or(0, |errors| errors.absolute.len());
    let per_step = |of: fn(&Errors) -> &[f64]| -> Vec<f64> {
        (0..horizon).map(|lead| all.iter().map(|errors| of(errors)[lead]).sum::<f64>() / windows).collect()
    };
    let (absolute, squared) = (per_step(|errors| &errors.absolute), per_step(|errors| &errors.squared));
    let mean = |per_step: &[f64]| per_step.iter().sum::<f64>() / horizon as f64;
    let (mae_scaled, mse_scaled) = (mean(&absolute), mean(&squared));
    let mase = all.iter().zip(naive).map(|(errors, naive)| {
        let mae = errors.absolute.iter().sum::<f64>() / (errors.windows as f64 * horizon as f64);
        naive.map_or(f64::NAN, |naive| mae / naive)
    });
    Scores {
        mse_scaled,
        mae_scaled,
        mae: mae_scaled * unit,
        rmse: mse_scaled.sqrt() * unit,
        mase: mase.sum::<f64>() / all.len() as f64,
        per_step_mae: absolute.iter().map(|mae| mae * unit).collect(),
        per_step_rmse: squared.iter().map(|mse| mse.sqrt() * unit).collect(),
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
    /// MAE divided by the training part's seasonal naive error; `NaN` where that is 0 or missing.
    pub mase: f64,
    /// MAE of each step of the horizon, in the target's unit.
    pub per_step_mae: Vec<f64>,
    /// RMSE of each step of the horizon, in the target's unit.
    pub per_step_rmse: Vec<f64>,
}

/// Mean absolute difference between scaled values of target number `target` that lie `season` rows apart in the training part, over
/// the pairs without a gap: the denominator of MASE. `None` without such a pair, or for a part that repeats exactly.
pub fn naive_error(frame: &Frame, target: usize, split: &Split, season: usize) -> Option<f64> {
    let first = split.train.start + season.max(1);
    let (mut sum, mut count) = (0.0, 0_usize);
    for row in first..split.train.end {
        let difference =
            f64::from(frame.truth_at(target, row)) - f64::from(frame.truth_at(target, row - season.max(1)));
        if !difference.is_nan() {
            sum += difference.abs();
            count += 1;
        }
    }
    (sum > 0.0).then(|| sum / count as f64)
}
