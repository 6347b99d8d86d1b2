//! The quality of a forecast compared with baselines: errors, baselines, intervals, and the verdict in words.
//!
//! Nothing here knows of networks: a model is any implementation of [`Predict`].

pub mod baselines;
pub mod compare;
pub mod crossing;
pub mod interval;
pub mod limits;
pub mod metrics;
pub mod moments;
pub mod naive;
pub mod order;
pub mod paired;
pub mod past;
pub mod ridge;
pub mod spread;
pub mod statistical;
pub mod unit;
pub mod verdict;
pub mod walk;

use crate::{
    Real,
    data::{Batch, Frame, WindowSet},
};

pub use baselines::{Baselines, Row};
pub use compare::{About, Evaluation, OfTarget, Trace, compare, evaluate, trace};
pub use crossing::Crossing;
pub use interval::{Interval, Ranges};
pub use limits::Limits;
pub use metrics::{Errors, Scores};
pub use past::Past;
pub use ridge::{Form, Ridge};
pub use spread::Spread;
pub use statistical::Statistical;
pub use walk::{Measured, RangeRow};

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

/// Forecasts windows that are given by their first rows: one model ([`Reading`]), or several, each of which may read a window of its own
/// length that ends at the same row.
pub trait Forecasts {
    /// Writes the forecasts of the windows of these lengths, window and horizon, that begin at `starts`, to `out`,
    /// `[(targets · horizon) × starts.len()]`: scaled as the frame is, in the order of [`Predict::predict`].
    fn forecast(&mut self, frame: &Frame, lengths: (usize, usize), starts: &[u32], out: &mut [Real]);
}

/// A model that reads the windows of the frame that it is judged on.
pub struct Reading<'a> {
    model: &'a mut dyn Predict,
    batch: Batch,
}

impl<'a> Reading<'a> {
    /// Of `model`.
    pub fn new(model: &'a mut dyn Predict) -> Self {
        Self { model, batch: Batch::default() }
    }
}

impl Forecasts for Reading<'_> {
    fn forecast(&mut self, frame: &Frame, (window, horizon): (usize, usize), starts: &[u32], out: &mut [Real]) {
        frame.gather(starts, window, horizon, &mut self.batch);
        self.batch.hide_future(frame.data_features);
        self.model.predict(&self.batch, out);
    }
}

/// Forecasts every window of `set` with `model`, some at a time, and calls `each(starts, predicted)` with the first rows of those
/// windows and their forecasts, scaled, `[(targets · horizon) × starts.len()]`.
pub fn forecast_all(frame: &Frame, set: &WindowSet, model: &mut dyn Forecasts, each: &mut dyn FnMut(&[u32], &[Real])) {
    let mut predicted = vec![0.0; frame.targets * set.horizon * CHUNK];
    for starts in set.starts.chunks(CHUNK) {
        let out = &mut predicted[..frame.targets * set.horizon * starts.len()];
        model.forecast(frame, (set.window, set.horizon), starts, out);
        each(starts, out);
    }
}
