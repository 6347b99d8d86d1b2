//! The validation after an epoch, in chunks.

use super::{Penalties, Trainer};
use crate::Real;
use crate::data::Frame;
use crate::evaluate::{CHUNK, baselines};
use crate::grad::ops::Loss;
use crate::nn::Pass;

impl Trainer {
    /// First rows of the windows of the chunk that starts at validation window `from`.
    pub(super) fn chunk(&self, from: usize) -> &[u32] {
        let starts = &self.validation.starts;
        &starts[from..(from + CHUNK).min(starts.len())]
    }

    /// How many sets of forecasts of a chunk its part holds: those that are judged, and forced ones where the model feeds back.
    pub(super) fn sets(&self) -> usize {
        1 + usize::from(self.forecaster.feeds_back())
    }

    /// Forecasts of a chunk with the current weights, scaled, `[(targets · horizon) × windows]`; behind them the forced ones where the
    /// model feeds back.
    pub(super) fn forecast_chunk(&mut self, frame: &Frame, from: usize, out: &mut Vec<Real>) {
        let (window, horizon) = (self.validation.window, self.validation.horizon);
        let starts = &self.validation.starts[from..(from + CHUNK).min(self.validation.starts.len())];
        frame.gather(starts, window, horizon, &mut self.batch);
        let size = frame.targets * horizon * starts.len();
        out.resize(size * self.sets(), 0.0);
        let (out, forced) = out.split_at_mut(size);
        if self.forecaster.feeds_back() {
            self.quiet.reset();
            let mut pass = Pass::new(&mut self.quiet, &self.params, starts.len());
            self.forecaster.forced(&mut pass, &self.batch, forced);
        }
        self.batch.hide_future(frame.data_features);
        self.quiet.reset();
        let mut pass = Pass::new(&mut self.quiet, &self.params, starts.len());
        self.forecaster.forecast(&mut pass, &self.batch, out);
    }

    /// Notes the errors of a chunk's forecasts; gives the sums of their penalties. Chunks come in order.
    pub(super) fn judge_chunk(&mut self, frame: &Frame, from: usize, part: &[Real]) -> Penalties {
        let (window, horizon, kind) = (self.validation.window, self.validation.horizon, self.options.loss);
        if self.naive.is_none() {
            self.naive = Some(self.naive_loss(frame));
        }
        let mut residuals = std::mem::take(&mut self.residuals);
        let rows = frame.targets * horizon;
        residuals.resize_with(rows, Vec::new);
        let starts = self.chunk(from);
        let (forecasts, forced) = part.split_at(rows * starts.len());
        for (row, errors) in residuals.iter_mut().enumerate() {
            if from == 0 {
                errors.clear();
            }
            let (target, lead) = (row / horizon, row % horizon);
            errors.extend(starts.iter().zip(forecasts.chunks_exact(rows)).map(|(&start, forecast)| {
                let truth = frame.target_at(target, start as usize + window + lead);
                crate::wide(truth) - crate::wide(forecast[row])
            }));
        }
        let of = |forecasts: &[Real]| penalty(frame, starts, (window, horizon), forecasts, kind);
        let sums = Penalties { free: of(forecasts), forced: of(forced) };
        self.residuals = residuals;
        sums
    }

    /// Loss of "the same as now" on the validation part.
    fn naive_loss(&self, frame: &Frame) -> f64 {
        let (window, horizon) = (self.validation.window, self.validation.horizon);
        let mut out = vec![0.0; frame.targets * horizon];
        let mut sum = 0.0;
        for start in self.validation.starts.chunks(1) {
            for (target, out) in out.chunks_exact_mut(horizon).enumerate() {
                baselines::last_value(frame, target, start, window, horizon, out);
            }
            sum += penalty(frame, start, (window, horizon), &out, self.options.loss);
        }
        sum / (self.validation.starts.len() as f64 * out.len() as f64)
    }
}

/// Sum of the penalties of forecasts `[(targets · horizon) × starts]` against the truth; no forecasts have none.
fn penalty(frame: &Frame, starts: &[u32], (window, horizon): (usize, usize), predicted: &[Real], kind: Loss) -> f64 {
    let mut sum = 0.0;
    for (index, forecast) in predicted.chunks_exact(horizon).enumerate() {
        let (start, target) = (starts[index / frame.targets] as usize, index % frame.targets);
        for (lead, value) in forecast.iter().enumerate() {
            sum += crate::wide(kind.of(value - frame.target_at(target, start + window + lead)));
        }
    }
    sum
}
