//! The validation after an epoch, in chunks.

use super::{Penalties, Trainer};
use crate::Real;
use crate::data::Frame;
use crate::evaluate::{CHUNK, naive};
use crate::grad::ops::Loss;
use crate::nn::Pass;

impl Trainer {
    /// First rows of the windows of the chunk that starts at validation window `from`.
    pub(super) fn chunk(&self, from: usize) -> &[u32] {
        let starts = &self.validation.starts;
        &starts[from..(from + CHUNK).min(starts.len())]
    }

    /// Number of sets of forecasts in a chunk's part: the model's own, and teacher-forced ones of a recursive model.
    pub(super) fn sets(&self) -> usize {
        1 + usize::from(self.forecaster.feeds_back())
    }

    /// Forecasts of a chunk with the present weights, scaled, `[(targets · horizon) × windows]`, followed by the teacher-forced
    /// ones of a recursive model.
    pub(super) fn forecast_chunk(&mut self, frame: &Frame, from: usize, out: &mut Vec<Real>) {
        let (window, horizon) = (self.validation.window, self.validation.horizon);
        let starts = &self.validation.starts[from..(from + CHUNK).min(self.validation.starts.len())];
        frame.gather(starts, window, horizon, &mut self.room.batch);
        let size = frame.targets * horizon * starts.len();
        out.resize(size * self.sets(), 0.0);
        let (out, forced) = out.split_at_mut(size);
        if self.forecaster.feeds_back() {
            self.room.inference.reset();
            let mut pass = Pass::new(&mut self.room.inference, &self.params, starts.len());
            self.forecaster.forced(&mut pass, &self.room.batch, forced);
        }
        self.room.batch.hide_future(frame.data_features);
        self.room.inference.reset();
        let mut pass = Pass::new(&mut self.room.inference, &self.params, starts.len());
        self.forecaster.forecast(&mut pass, &self.room.batch, out);
    }

    /// Notes the errors of a chunk's forecasts; returns the sums of their penalties. Chunks come in order.
    pub(super) fn score_chunk(&mut self, frame: &Frame, from: usize, part: &[Real]) -> Penalties {
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
                let truth = frame.truth_at(target, start as usize + window + lead);
                crate::wide(truth) - crate::wide(forecast[row])
            }));
        }
        let of = |forecasts: &[Real]| penalty(frame, starts, (window, horizon), forecasts, kind);
        let sums = Penalties { free: of(forecasts), forced: of(forced) };
        self.residuals = residuals;
        sums
    }

    /// Loss of repeating the last value on the validation part.
    fn naive_loss(&self, frame: &Frame) -> f64 {
        let (window, horizon) = (self.validation.window, self.validation.horizon);
        let mut out = vec![0.0; frame.targets * horizon];
        let mut sum = 0.0;
        for start in self.validation.starts.chunks(1) {
            for (target, out) in out.chunks_exact_mut(horizon).enumerate() {
                naive::last_value(frame, target, start, window, horizon, out);
            }
            sum += penalty(frame, start, (window, horizon), &out, self.options.loss);
        }
        sum / (self.validation.starts.len() as f64 * out.len() as f64)
    }
}

/// Sum of the penalties of forecasts `[(targets · horizon) × starts]` against the truth; 0 without forecasts.
fn penalty(frame: &Frame, starts: &[u32], (window, horizon): (usize, usize), predicted: &[Real], kind: Loss) -> f64 {
    let mut sum = 0.0;
    for (index, forecast) in predicted.chunks_exact(horizon).enumerate() {
        let (start, target) = (starts[index / frame.targets] as usize, index % frame.targets);
        for (lead, value) in forecast.iter().enumerate() {
            sum += crate::wide(kind.of(value - frame.truth_at(target, start + window + lead)));
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::arch::Forecaster;
    use crate::data::{Axis, Batch, Fill, FrameOptions, Part, Series, Split, Step};
    use crate::grad::Var;
    use crate::knob::{Raw, Settings};
    use crate::math::Rng;
    use crate::nn::{Builder, Extent, Init, ParamId};
    use crate::train::{Options, Progress};
    use crate::{Error, Result};

    /// Learns one number, and gives prescribed forecasts: another value after each epoch.
    struct Told {
        level: ParamId,
        values: &'static [Real],
        asked: Cell<usize>,
    }

    impl Forecaster for Told {
        fn fit(&self, pass: &mut Pass<'_>, batch: &Batch) -> (Var, Var) {
            let level = pass.param(self.level);
            (level, pass.tape.constant(1, 1, &batch.values[..1]))
        }

        fn forecast(&self, _: &mut Pass<'_>, _: &Batch, out: &mut [Real]) {
            out.fill(self.values[self.asked.replace(self.asked.get() + 1)]);
        }

        fn keeps(&self, _: Extent) -> u64 {
            0
        }
    }

    /// A training on 100 rows with the forecasts `values`, epoch after epoch, to its end.
    fn trained(values: &'static [Real], patience: u32) -> (Trainer, Result<()>) {
        let mut rng = Rng::new(1, 0);
        let series = Series {
            axis: Axis { start: 0, step: Step::Milliseconds(3_600_000), len: 100, utc: true },
            names: vec!["x".to_owned()],
            columns: vec![(0..100).map(|_| rng.normal()).collect()],
            sentinels: None,
        };
        let split = Split::parse("70/10/20", &series.axis).expect("a split");
        let options = FrameOptions {
            targets: series.names.clone(),
            inputs: vec![],
            calendar: false,
            fill: Fill::default(),
            ahead: 1,
            scales: None,
            cycles: None,
        };
        let frame = Frame::new(&series, &split, &options).expect("a frame");
        let windows = |part| frame.windows(&split, part, 4, 2).expect("windows");
        let mut builder = Builder::new(Rng::new(2, 0), 1.0);
        let level = builder.vector("level".to_owned(), &[(1, Init::Zero)], false);
        let told = Told { level, values, asked: Cell::new(0) };
        let epochs = u32::try_from(values.len()).expect("a few");
        let defaults = Options::new(
            &Settings::check(crate::train::KNOBS.iter().map(|knob| knob.about()), &Raw::new(), &Raw::new())
                .expect("settings"),
        );
        let options = Options { epochs, patience, ..defaults };
        let model: Box<dyn Forecaster> = Box::new(told);
        let mut trainer =
            Trainer::new((model, builder.finish()), options, (windows(Part::Train), windows(Part::Validation)), None);
        let ended = loop {
            match trainer.advance(&frame) {
                Ok(super::super::Did::Nothing) => break Ok(()),
                Ok(_) => {}
                Err(error) => break Err(error),
            }
        };
        (trainer, ended)
    }

    #[test]
    fn a_validation_loss_that_is_no_number_is_never_the_best() {
        for values in [
            [Real::NAN, 3.0, 20.0, 30.0],
            [-Real::NAN, 3.0, Real::NAN, 20.0],
            [Real::INFINITY, 3.0, Real::INFINITY, 4.0],
            [Real::NAN, 3.0, Real::NEG_INFINITY, Real::NAN],
        ] {
            let (trainer, ended) = trained(Box::leak(Box::new(values)), 0);
            ended.expect("training ends as it should");
            let Progress { best, why, .. } = trainer.progress();
            let best = best.expect("one epoch was judged by numbers");
            assert_eq!(best.epoch, 2, "{values:?}: {why}");
            assert!(best.validation.is_finite() && why.contains("epoch 2"), "{values:?}: {why}");
            assert!(trainer.best_residuals.iter().flatten().all(|error| error.is_finite()));
            assert_eq!(trainer.history().len(), 4);
        }
    }

    #[test]
    fn patience_counts_epochs_without_a_number_too() {
        let (trainer, ended) = trained(&[Real::NAN, 1.0, Real::NAN, Real::NAN, 0.0], 2);
        ended.expect("training ends as it should");
        assert_eq!((trainer.progress().epoch, trainer.progress().best.expect("a best").epoch), (4, 2));
    }

    #[test]
    fn training_that_no_validation_could_judge_ends_with_an_error_and_the_first_weights() {
        for (patience, epochs) in [(0, 4), (2, 2)] {
            let (trainer, ended) = trained(&[Real::NAN, Real::INFINITY, Real::NAN, Real::NAN], patience);
            let Err(Error::Training { problem, .. }) = ended else { panic!("{ended:?}") };
            assert!(
                problem.contains(&format!("any of {epochs} epochs"))
                    && problem.contains(
                        "the initial weights are \
                                                                                          back"
                    ),
                "{problem}"
            );
            assert!(trainer.progress().best.is_none() && trainer.best_residuals.is_empty());
            assert_eq!(trainer.in_use().values, [0.0]);
            assert_ne!(trainer.step, 0);
        }
    }
}
