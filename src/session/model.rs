//! One network with its data, during and after training.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::configured::Configured;
use super::view::{Age, Predictions, Sample, View};
use crate::arch::registry::Architecture;
use crate::data::{Axis, Batch, Part};
use crate::error::Result;
use crate::evaluate::spread::LEAST;
use crate::evaluate::{self, Evaluation, Interval, Past, Reading};
use crate::experiment::Learnt;
use crate::export::safetensors::{self, About};
use crate::forecast::{self, Forecast};
use crate::grad::Tape;
use crate::knob::Settings;
use crate::train::trainer::{Best, Did};
use crate::train::{Progress, Trainer};

/// A model in training or trained, and its data.
#[derive(Debug)]
pub struct Model {
    pub configured: Configured,
    pub trainer: Trainer,
    pub(super) architecture: &'static Architecture,
    pub(super) view: View,
    /// The record of a saved model; `None` for one trained here.
    pub(super) origin: Option<Origin>,
    /// The learnt rows of a model trained here.
    pub(super) learnt: OnceLock<Learnt>,
    /// Errors of weights of this age at past origins.
    pub(super) past: Mutex<Option<(Age, Arc<Past>)>>,
    pub(super) tape: Tape,
}

/// The record of a saved model.
#[derive(Debug)]
pub struct Origin {
    /// The series that it was trained on.
    pub axis: Axis,
    /// Its learnt rows, if known.
    pub learnt: Option<Learnt>,
    /// The row of the series at hand behind the last one that fitted the weights; `None` where it is not known.
    pub fitted_to: Option<usize>,
    pub interval: Option<Interval>,
    /// Best epoch, and its validation loss.
    pub best: Option<(u32, f64)>,
}

impl Model {
    /// Whether its architecture reads the knob `key`.
    pub fn reads(&self, key: &str) -> bool {
        self.architecture.reads(key)
    }

    /// Number of parameters of a model with this architecture, window and data and other `settings`.
    pub fn parameters_of(&self, settings: &Settings) -> Result<u64> {
        let frame = &self.view.frame;
        let features = (frame.features, frame.data_features, frame.targets);
        let Configured { season, window, horizon, .. } = self.configured;
        let plan = self.architecture.plan(settings, features, (season, window, horizon))?;
        Ok(self.architecture.count(&plan, settings))
    }

    pub fn advance(&mut self) -> Result<Did> {
        self.trainer.advance(&self.view.frame)
    }

    pub fn part(&mut self, index: usize, out: &mut Vec<crate::Real>) -> Result<()> {
        self.trainer.part(&self.view.frame, index, out)
    }

    pub fn apply(&mut self, parts: &[Vec<crate::Real>]) -> Result<Did> {
        self.trainer.apply(&self.view.frame, parts)
    }

    fn age(&self) -> Age {
        let progress = self.trainer.progress();
        let best = progress.best.map(|best| best.epoch);
        (best, if best.is_some() { 0 } else { progress.step })
    }

    /// Errors of the model and its baselines. A repeated evaluation of the test part with the same weights counts once.
    pub fn evaluate(&mut self, part: Part) -> Result<Evaluation> {
        let (age, first) = (self.age(), self.unseen_from());
        let (trainer, tape) = (&self.trainer, &mut self.tape);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| trainer.forecast(tape, batch, out);
        let walks = part == Part::Test && self.view.known(part, age).is_none();
        let past =
            first.ok().filter(|_| walks).map(|first| self.view.past_of_test(first, &mut Reading::new(&mut predict)));
        self.view.evaluate(part, age, past.as_ref(), |frame, set, baselines, about| {
            evaluate::evaluate(frame, part, set, baselines, &mut predict, about)
        })
    }

    pub fn predictions(&mut self, part: Part, lead: usize) -> Result<Predictions> {
        let (trainer, tape) = (&self.trainer, &mut self.tape);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| trainer.forecast(tape, batch, out);
        self.view.predictions(part, lead, &mut Reading::new(&mut predict))
    }

    pub fn sample(&mut self, index: usize) -> Result<Sample> {
        let (trainer, tape) = (&self.trainer, &mut self.tape);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| trainer.forecast(tape, batch, out);
        self.view.sample(index, &mut Reading::new(&mut predict))
    }

    /// The row from which on no value has fitted the weights in use, or why their errors make no range.
    fn unseen_from(&self) -> std::result::Result<usize, String> {
        match &self.origin {
            Some(origin) => origin.fitted_to.ok_or("No range: the training rows of these weights are unknown."),
            None if self.trainer.progress().best.is_none() => Err("No range: these weights were not validated here."),
            None => Ok(self.view.experiment.split.train.end),
        }
        .map_err(str::to_owned)
    }

    /// Errors at past origins, for a forecast beyond the end, computed once for the weights in use.
    fn past(&self) -> std::result::Result<Arc<Past>, String> {
        let (first, age) = (self.unseen_from()?, self.age());
        let mut known = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, past)) = known.as_ref().filter(|(of, _)| *of == age) {
            return Ok(Arc::clone(past));
        }
        // Its own, since a saved file is asked for by shared reference.
        let mut tape = Tape::new(false);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| self.trainer.forecast(&mut tape, batch, out);
        let past = Arc::new(self.view.past_of_end(first, &mut Reading::new(&mut predict)));
        *known = Some((age, Arc::clone(&past)));
        Ok(past)
    }

    /// The ranges of the weights in use, or the reason for their absence. Where the present rows tell of too few errors, a saved model
    /// has those that it was saved with.
    fn interval(&self) -> std::result::Result<Interval, String> {
        let found = self.past().and_then(|past| self.view.interval(&past));
        let saved = self.origin.as_ref().and_then(|origin| origin.interval.clone());
        // Files from before this rule may have a range of fewer windows.
        found.or_else(|why| saved.filter(|interval| interval.windows >= LEAST).ok_or(why))
    }

    /// Forecasts of `steps` steps beyond the end, of each target, scaled.
    pub(super) fn beyond(&mut self, steps: usize) -> Result<Vec<Vec<crate::Real>>> {
        let (trainer, tape) = (&self.trainer, &mut self.tape);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| trainer.forecast(tape, batch, out);
        forecast::beyond(&self.view.frame, self.view.lengths(), steps, &mut predict)
    }

    pub fn forecast(&mut self, steps: usize) -> Result<Forecast> {
        let (interval, measured) = (self.interval(), self.view.measured(self.age()));
        let scaled = self.beyond(steps)?;
        let range = interval.as_ref().map_err(String::clone);
        let shape = (self.configured.horizon, self.view.level());
        Ok(Forecast { measured, ..forecast::ranged(&self.view.frame, shape, &scaled, range) })
    }

    /// Progress of the training; for a saved model, the best epoch of its training.
    pub fn progress(&self) -> Progress {
        let progress = self.trainer.progress();
        let saved =
            self.origin.as_ref().and_then(|origin| origin.best).map(|(epoch, validation)| Best { epoch, validation });
        Progress { best: progress.best.or(saved), ..progress }
    }

    pub fn save(&self) -> Result<Vec<u8>> {
        let best = self.progress().best.map(|best| (best.epoch, best.validation));
        let interval = self.interval().ok();
        safetensors::save(self.trainer.in_use(), &self.about(interval, best))
    }

    /// The present weights of the training, not validated: with neither interval nor best epoch.
    pub fn save_current(&self) -> Result<Vec<u8>> {
        safetensors::save(self.trainer.params(), &self.about(None, None))
    }

    fn about(&self, interval: Option<Interval>, best: Option<(u32, f64)>) -> About {
        let View { frame, experiment, .. } = &self.view;
        let (columns, calendar) = frame.names.split_at(frame.data_features);
        let here = || self.learnt.get_or_init(|| Learnt::of(experiment, columns)).clone();
        let (axis, experiment) = match &self.origin {
            Some(origin) => (origin.axis, origin.learnt.clone()),
            None => (frame.axis, Some(here())),
        };
        About {
            version: About::version(),
            settings: self.configured.settings.clone(),
            columns: columns.to_vec(),
            targets: Some(frame.targets),
            calendar: Some(calendar.to_vec()),
            scales: frame.scales.clone(),
            axis,
            experiment,
            interval,
            best,
        }
    }
}
