//! The interface of every model for training and use: a batch of windows in, forecasts out.

use std::ops::Range;

use crate::Real;
use crate::data::Batch;
use crate::grad::Var;
use crate::nn::{Extent, Linear, Pass, State};

/// A model that forecasts one or several targets over a horizon from a window.
///
/// All values are scaled as in the [`crate::data::Frame`]; a [`Batch`] holds the window and the horizon behind it. A forecast may
/// read only the features known ahead in the horizon.
pub trait Forecaster {
    /// For training: predictions and targets of the same shape; the loss is the mean penalty over all entries.
    fn fit(&self, pass: &mut Pass<'_>, batch: &Batch) -> (Var, Var);

    /// The forecast: the targets over the horizon, `[(targets · horizon) × batch]` column-major, into `out`. One window's
    /// targets come one after the other, each step by step.
    fn forecast(&self, pass: &mut Pass<'_>, batch: &Batch, out: &mut [Real]);

    /// Whether it is recursive, and so has [`Forecaster::forced`] forecasts.
    fn feeds_back(&self) -> bool {
        false
    }

    /// The teacher-forced forecast: as [`Forecaster::forecast`], but with the truth before each step instead of its own forecasts,
    /// so `batch` must hold the horizon's true values. The difference of their errors is the exposure bias (Ranzato et al. 2016).
    /// Only for recursive models.
    fn forced(&self, _pass: &mut Pass<'_>, _batch: &Batch, _out: &mut [Real]) {}

    /// Number of values that a tape keeps of one window with the tokens of `extent`, intermediate values and their gradients.
    fn keeps(&self, extent: Extent) -> u64;

    /// Size of the states of one sample after so many tokens, in numbers.
    fn state(&self, _tokens: u64) -> u64 {
        0
    }

    /// The linear model that it adds its network to; `None` where it has none.
    fn line(&self) -> Option<Line> {
        None
    }

    /// The same model for training in stretches of the window; `None` if it needs the whole window at once.
    fn stretches(&self) -> Option<&dyn Stretches> {
        None
    }
}

// Structs with a trait object derive `Debug` through this; nothing prints a forecaster.
impl std::fmt::Debug for dyn Forecaster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a forecaster")
    }
}

/// A forecast in two parts: a fixed linear map of each target's window, and a network whose last layer is linear.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// `[horizon × window]`, with an intercept.
    pub map: Linear,
    /// The network's last layer: scaled, it scales what the network adds.
    pub head: Linear,
}

/// A model that reads its window in order and carries a state, so that it can be trained on one stretch after the other.
pub trait Stretches {
    /// Number of its steps over a window.
    fn tokens(&self) -> usize;

    /// Number of tokens that it learns from: all, or only the last.
    fn learnt_from(&self) -> usize;

    /// Number of states that it carries.
    fn states(&self) -> usize;

    /// Number of rows that it learns to forecast after each token.
    fn emits(&self) -> usize;

    /// [`Forecaster::fit`] on a stretch of the tokens, from `states` and to them: the stretch's predictions and targets, in order,
    /// side by side; `None` where it has none. All tokens from empty states equal `fit`. With a continuous plan, the window of
    /// `batch` may have any number of tokens: a piece of the series.
    fn fit_stretch(
        &self,
        pass: &mut Pass<'_>,
        batch: &Batch,
        tokens: Range<usize>,
        states: &mut [State],
    ) -> Option<(Var, Var)>;
}
