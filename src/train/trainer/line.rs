//! Training from a line: the line is epoch 0, and what the network adds to it counts as far as the validation part shows that it is
//! no chance.
//!
//! Let `e` be the line's errors on the validation part, and `n` what the network of the best epoch adds to its forecasts there. The
//! squared error `Σ (e − s n)²` is least for the share `s* = Σ e n / Σ n²`. But a few weeks are a small sample, and the best of many
//! epochs was chosen on it. So the share is drawn back by its standard error over blocks of windows ([`crate::evaluate::paired`]):
//! with `a_b = Σ e n` and `q_b = Σ n²` over block `b` of `B`,
//!
//! ```text
//! s = s* − σ within 0 … 1,    σ² = B / (B − 1) · Σ_b (a_b − s* q_b)² / (Σ_b q_b)²
//! ```
//!
//! A network whose gain may be chance adds nothing, and the forecast is the line's; so does one validated in a single block.

use super::{Added, Best, Phase, Trainer};
use crate::arch::Line;
use crate::evaluate::paired::Blocks;
use crate::grad::ops::Loss;
use crate::nn::Params;

impl Trainer {
    /// Puts a line in place, `weights` `[horizon × window]` column-major and `bias` `[horizon]`, with a network that adds nothing to
    /// it yet. A model without a line stays as it is.
    pub fn start_from(&mut self, weights: &[f64], bias: &[f64]) {
        let Some(line) = self.forecaster.line() else { return };
        for (id, values) in [(Some(line.map.weight), weights), (line.map.bias, bias)] {
            let Some(id) = id else { continue };
            let into = self.params.value_mut(id).iter_mut();
            into.zip(values).for_each(|(into, value)| *into = crate::narrow(*value));
        }
        scale(&mut self.params, line, 0.0);
        self.best_params.values.copy_from_slice(&self.params.values);
    }

    /// Ends epoch 0: the line's validation.
    pub(super) fn end_line(&mut self, validation: f64) {
        if validation.is_finite() {
            self.best = Some(Best { epoch: 0, validation });
            self.best_residuals.clone_from(&self.residuals);
            self.line_residuals.clone_from(&self.residuals);
            self.line = Some(validation);
        }
        self.epoch = 1;
        self.source.shuffle(self.options.seed, self.epoch);
        self.phase = Phase::Train(0);
    }

    /// Validation loss of the present weights if as much of what the network adds to its line counted as fits best, `s*`. Early stopping
    /// goes by it: a network in its first epochs adds noise to its line and would seem to get worse while it learns. `None` without a
    /// line.
    pub(super) fn at_best_share(&self) -> Option<f64> {
        let (before, after) = (&self.line_residuals, &self.residuals);
        if before.is_empty() {
            return None;
        }
        let blocks = Blocks::of(&self.validation);
        let share = clamped(Sums::of(before, after, &blocks).best());
        Some(mean(&mixed(before, after, share), self.options.loss))
    }

    /// Scales what the best weights add to their line by its share; returns a remark, or nothing for a model without a line.
    pub(super) fn weigh(&mut self) -> String {
        let before = std::mem::take(&mut self.line_residuals);
        let (Some(line), Some(best)) = (self.forecaster.line().filter(|_| !before.is_empty()), self.best) else {
            return String::new();
        };
        let share = clamped(Sums::of(&before, &self.best_residuals, &Blocks::of(&self.validation)).cautious());
        scale(&mut self.best_params, line, share);
        self.best_residuals = mixed(&before, &self.best_residuals, share);
        let loss = self.options.loss;
        self.added = Some(Added { line: mean(&before, loss), share });
        let epoch = if share > 0.0 { best.epoch } else { 0 };
        self.best = Some(Best { epoch, validation: mean(&self.best_residuals, loss) });
        match share {
            0.0 => " The forecast is that of the linear model that it started from: the network adds nothing that is not chance.".to_owned(),
            _ => format!(" {:.0} % of what the network adds to the linear model counts.", 100.0 * share),
        }
    }
}

/// Multiplies what the network adds to its line.
pub(super) fn scale(params: &mut Params, line: Line, share: f64) {
    for id in [Some(line.head.weight), line.head.bias].into_iter().flatten() {
        params.value_mut(id).iter_mut().for_each(|value| *value *= crate::narrow(share));
    }
}

/// Errors with a share of what the network adds, from those without and with all of it.
fn mixed(before: &[Vec<f64>], after: &[Vec<f64>], share: f64) -> Vec<Vec<f64>> {
    let pairs = before.iter().zip(after);
    let of =
        |(before, after): (&Vec<f64>, &Vec<f64>)| before.iter().zip(after).map(|(b, a)| b + share * (a - b)).collect();
    pairs.map(of).collect()
}

/// A share between 0 and 1; 0 for one that is no number.
fn clamped(share: f64) -> f64 {
    if share > 0.0 { share.min(1.0) } else { 0.0 }
}

/// `a_b = Σ e n` and `q_b = Σ n²` of each block.
struct Sums(Vec<(f64, f64)>);

impl Sums {
    /// From errors without and with all that the network adds: one list for each target and step of the horizon, by window.
    fn of(before: &[Vec<f64>], after: &[Vec<f64>], blocks: &Blocks) -> Self {
        let mut sums = vec![(0.0, 0.0); blocks.count()];
        for (before, after) in before.iter().zip(after) {
            for (window, (before, after)) in before.iter().zip(after).enumerate() {
                let (along, square) = &mut sums[blocks.block(window)];
                let added = before - after;
                *along += before * added;
                *square += added * added;
            }
        }
        Self(sums)
    }

    fn total(&self) -> f64 {
        self.0.iter().map(|(_, square)| square).sum()
    }

    /// `s*`.
    fn best(&self) -> f64 {
        self.0.iter().map(|(along, _)| along).sum::<f64>() / self.total()
    }

    /// `s`, without anything added or a second block no number.
    fn cautious(&self) -> f64 {
        let (best, count) = (self.best(), self.0.len() as f64);
        let spread: f64 = self.0.iter().map(|(along, square)| (along - best * square).powi(2)).sum();
        best - libm::sqrt(count / (count - 1.0) * spread) / self.total()
    }
}

/// Mean penalty of errors.
fn mean(errors: &[Vec<f64>], loss: Loss) -> f64 {
    let count: usize = errors.iter().map(Vec::len).sum();
    errors.iter().flatten().map(|error| crate::wide(loss.of(crate::narrow(-error)))).sum::<f64>() / count as f64
}
