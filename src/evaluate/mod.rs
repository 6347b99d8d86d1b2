//! The quality of a forecast compared with baselines: errors, baselines, intervals, and the verdict in words.
//!
//! Nothing here knows of networks: a model is any implementation of [`Predict`].

pub mod baselines;
pub mod compare;
pub mod interval;
pub mod limits;
pub mod metrics;
pub mod moments;
pub mod naive;
pub mod order;
pub mod paired;
pub mod ridge;
pub mod unit;
pub mod verdict;

use crate::{
    Real,
    data::{Batch, Frame, WindowSet},
};

pub use baselines::{Baselines, Row};
pub use compare::{About, Evaluation, OfTarget, Trace, evaluate, trace};
pub use interval::{Interval, Measured};
pub use limits::Limits;
pub use metrics::{Errors, Scores};
pub use ridge::{Form, Ridge};

/// Number of windows in one call of a model: enough for its inner loops, few enough for any memory.
pub const CHUNK: usize = 64;

/// A forecaster of the targets over the horizon, from scaled values to scaled values.
pub trait Predict {
    /// Writes the forecasts of `batch` to `out`, `[(targets · horizon) × size]`: one sample's targets come one after the other,
    /// each step by step. Data features of the batch's future steps are 0, calendar features are true.
    fn predict(&mut self, batch: &Batch, out: &mut [Real]);
}

impl<F: FnMut(&Batch, &mut [Real])> Predict for F {
    fn predict(&mut self, batch: &Batch, out: &mut [Real]) {
        self(batch, out);
    }
}

/// Forecasts every window of `set` with `model`, some at a time, and calls `each(starts, predicted)` with the first rows of those
/// windows and their forecasts, scaled, `[(targets · horizon) × starts.len()]`.
pub fn forecast_all(frame: &Frame, set: &WindowSet, model: &mut dyn Predict, each: &mut dyn FnMut(&[u32], &[Real])) {
    let mut batch = Batch::default();
    let mut predicted = vec![0.0; frame.targets * set.horizon * CHUNK];
    for starts in set.starts.chunks(CHUNK) {
        frame.gather(starts, set.window, set.horizon, &mut batch);
        batch.hide_future(frame.data_features);
        let out = &mut predicted[..frame.targets * set.horizon * starts.len()];
        model.predict(&batch, out);
        each(starts, out);
    }
}
