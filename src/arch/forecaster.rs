//! What every model is to those who train it and ask it: a batch of windows in, forecasts out.

use crate::Real;
use crate::data::Batch;
use crate::grad::Var;
use crate::nn::Pass;

/// A model that forecasts the target over a horizon from a window.
///
/// All values are scaled as in the [`crate::data::Frame`]; a [`Batch`] holds the window and the horizon behind it. In
/// the horizon only the features that are known ahead may be read when forecasting.
pub trait Forecaster: std::fmt::Debug {
    /// For training: predictions and what they should have been, same shapes; the loss is the mean penalty over all entries.
    fn fit(&self, pass: &mut Pass<'_>, batch: &Batch) -> (Var, Var);

    /// The forecast: the target over the horizon, `[horizon × batch]` column-major, into `out`.
    fn forecast(&self, pass: &mut Pass<'_>, batch: &Batch, out: &mut [Real]);

    /// How many parameters, as a sum of formulas.
    fn formula(&self) -> String;
}
