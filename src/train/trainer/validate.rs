//! The validation after an epoch, in chunks.

use super::{Penalties, Trainer};
use crate::Real;
use crate::data::Frame;
use crate::evaluate::{CHUNK, baselines};
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

    /// Forecasts of a chunk with the current weights, scaled, `[horizon × windows]`; behind them the forced ones where the
    /// model feeds back.
    pub(super) fn forecast_chunk(&mut self, frame: &Frame, from: usize, out: &mut Vec<Real>) {
        let (window, horizon) = (self.validation.window, self.validation.horizon);
        let starts = &self.validation.starts[from..(from + CHUNK).min(self.validation.starts.len())];
        frame.gather(starts, window, horizon, &mut self.batch);
        let size = horizon * starts.len();
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
        residuals.resize_with(horizon, Vec::new);
        let starts = self.chunk(from);
        let (forecasts, forced) = part.split_at(horizon * starts.len());
        for (lead, errors) in residuals.iter_mut().enumerate() {
            if from == 0 {
                errors.clear();
            }
            errors.extend(starts.iter().zip(forecasts.chunks_exact(horizon)).map(|(&start, forecast)| {
                crate::wide(frame.target_at(start as usize + window + lead)) - crate::wide(forecast[lead])
            }));
        }
        let of = |forecasts: &[Real]| penalty(frame, starts, window, horizon, forecasts, |e| kind.of(e));
        let sums = Penalties { free: of(forecasts), forced: of(forced) };
        self.residuals = residuals;
        sums
    }

    /// Loss of "the same as now" on the validation part.
    fn naive_loss(&self, frame: &Frame) -> f64 {
        let (window, horizon) = (self.validation.window, self.validation.horizon);
        let mut out = vec![0.0; horizon * CHUNK];
        let mut sum = 0.0;
        for starts in self.validation.starts.chunks(CHUNK) {
            let out = &mut out[..horizon * starts.len()];
            baselines::last_value(frame, starts, window, horizon, out);
            sum += penalty(frame, starts, window, horizon, out, |e| self.options.loss.of(e));
        }
        sum / (self.validation.starts.len() * horizon) as f64
    }
}

/// Sum of the penalties of forecasts `[horizon × starts]` against the truth; no forecasts have none.
fn penalty(
    frame: &Frame,
    starts: &[u32],
    window: usize,
    horizon: usize,
    predicted: &[Real],
    of: impl Fn(Real) -> Real,
) -> f64 {
    let mut sum = 0.0;
    for (forecast, &start) in predicted.chunks_exact(horizon).zip(starts) {
        for (lead, value) in forecast.iter().enumerate() {
            sum += crate::wide(of(value - frame.target_at(start as usize + window + lead)));
        }
    }
    sum
}
