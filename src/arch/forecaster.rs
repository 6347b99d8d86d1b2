//! What every model is to those who train it and ask it: a batch of windows in, forecasts out.

use std::ops::Range;

use crate::Real;
use crate::data::Batch;
use crate::grad::Var;
use crate::nn::{Pass, State};

/// A model that forecasts one or several targets over a horizon from a window.
///
/// All values are scaled as in the [`crate::data::Frame`]; a [`Batch`] holds the window and the horizon behind it. In
/// the horizon only the features that are known ahead may be read when forecasting.
pub trait Forecaster {
    /// For training: predictions and what they should have been, same shapes; the loss is the mean penalty over all entries.
    fn fit(&self, pass: &mut Pass<'_>, batch: &Batch) -> (Var, Var);

    /// The forecast: the targets over the horizon, `[(targets · horizon) × batch]` column-major, into `out`. One window's
    /// targets come one after the other, each step by step.
    fn forecast(&self, pass: &mut Pass<'_>, batch: &Batch, out: &mut [Real]);

    /// Whether it feeds on its own forecasts, one step after another, and so can be asked for [`Forecaster::forced`] ones.
    fn feeds_back(&self) -> bool {
        false
    }

    /// What [`Forecaster::forecast`] would say if the truth stood before each step instead of the forecasts that it fed
    /// back: `batch` must hold the horizon's true values. How much worse it is without them is the exposure bias (Ranzato
    /// et al. 2016). Only for those that feed back.
    fn forced(&self, _pass: &mut Pass<'_>, _batch: &Batch, _out: &mut [Real]) {}

    /// Numbers that a training step keeps for each token and sample, beyond one for each row of its matrices.
    fn keeps_more(&self) -> usize {
        0
    }

    /// Numbers that a training step keeps of one window of which it reads `tokens` tokens; `rows`: of all its matrices. In 64 bits:
    /// what would not fit is asked for, too.
    fn keeps(&self, rows: u64, tokens: u64) -> u64 {
        tokens.saturating_mul(rows + self.keeps_more() as u64)
    }

    /// The same for a forecast, which keeps no gradients: as measured, three quarters of what a scan keeps and two thirds of what
    /// layers of several operations do, at most.
    fn keeps_to_forecast(&self, rows: u64, tokens: u64) -> u64 {
        let all = self.keeps(rows, tokens);
        if self.keeps_more() == 0 { all / 4 * 3 } else { all / 3 * 2 }
    }

    /// Numbers that the states of one sample grow by with each token.
    fn state_grows_by(&self) -> usize {
        0
    }

    /// The same model for training in stretches of the window; `None` if it reads the window as a whole.
    fn stretches(&self) -> Option<&dyn Stretches> {
        None
    }
}

// For what holds one. Not asked of each: nothing prints them, and their own forms would all be downloaded.
impl std::fmt::Debug for dyn Forecaster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a forecaster")
    }
}

/// A model that reads its window in order and carries a state: it can be trained on one stretch of it after the other.
pub trait Stretches {
    /// How many times it steps over a window.
    fn tokens(&self) -> usize;

    /// At how many of them it is learnt what follows: at all, or at the last one.
    fn learnt_from(&self) -> usize;

    /// How many states it carries.
    fn states(&self) -> usize;

    /// Steps that are learnt after each token.
    fn emits(&self) -> usize;

    /// [`Forecaster::fit`] on a stretch of the tokens, from `states` and to them: what the stretch adds to the predictions and
    /// their truth, in order, side by side; `None` where it adds nothing. All tokens from empty states are `fit` itself. Where
    /// the plan is a continuous one, the window of `batch` may be of any number of tokens: a piece of the series.
    fn fit_stretch(
        &self,
        pass: &mut Pass<'_>,
        batch: &Batch,
        tokens: Range<usize>,
        states: &mut [State],
    ) -> Option<(Var, Var)>;
}
