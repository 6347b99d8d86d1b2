//! One network with its data, during and after training.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::catalog;
use super::configured::Configured;
use super::view::{Age, Predictions, Sample, Sets, View};
use crate::arch::plan::{Learning, Plan};
use crate::arch::registry::Architecture;
use crate::data::{Axis, Batch, Frame, Part, Split, WindowSet};
use crate::error::Result;
use crate::evaluate::spread::LEAST;
use crate::evaluate::{self, Crossing, Evaluation, Form, Interval, Past, Reading, Ridge};
use crate::experiment::Learnt;
use crate::export::safetensors::{self, About};
use crate::forecast::{self, Forecast};
use crate::grad::Tape;
use crate::knob::Settings;
use crate::train::options::SEED;
use crate::train::trainer::{AllRows, Best, Did};
use crate::train::{Progress, State, Trainer, Truncated};

/// A model in training or trained, and its data.
#[derive(Debug)]
pub struct Model {
    pub configured: Configured,
    pub trainer: Trainer,
    pub(super) architecture: &'static Architecture,
    pub(super) plan: Plan,
    pub(super) view: View,
    /// The line that it starts from, until that is fitted: a model may be configured many times before it is trained.
    pub(super) line: Option<Form>,
    /// The fitted line.
    pub(super) fitted: Option<Ridge>,
    /// The same model as it learns from all rows, after the judged one has ended.
    pub(super) last: Option<Box<Trainer>>,
    /// Whether there will be one.
    pub(super) relearns: bool,
    /// The record of a saved model; `None` for one trained here.
    pub(super) origin: Option<Origin>,
    /// The learnt rows of a model trained here.
    pub(super) learnt: OnceLock<Learnt>,
    /// Errors of weights of this age at past origins.
    pub(super) past: Mutex<Option<(Age, Arc<Past>)>>,
    pub(super) tape: Tape,
}

/// The remark on a forecast by weights that have learnt from all rows.
pub(super) const LEARNT_LAST: &str =
    "It comes from the model after it has learnt from all rows; all errors are those of the model before.";

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

    /// Fits the line that a new model starts from, once.
    pub fn begin(&mut self) {
        let Some(form) = self.line.take() else { return };
        let Sets { train, validation, .. } = &self.view.windows;
        match Ridge::shared(&self.view.frame, form, train, validation) {
            Some(ridge) => {
                let (weights, bias) = ridge.whole();
                self.trainer.start_from(weights.as_slice(), bias);
                self.fitted = Some(ridge);
            }
            // A line of zeros is still a line.
            None => self.trainer.start_from(&[], &[]),
        }
    }

    /// The training under way.
    fn active(&mut self) -> (&mut Trainer, &Frame) {
        (self.last.as_deref_mut().unwrap_or(&mut self.trainer), &self.view.frame)
    }

    pub fn advance(&mut self) -> Result<Did> {
        let (trainer, frame) = self.active();
        let did = trainer.advance(frame);
        self.relearn(did)
    }

    /// See [`crate::Session::parts`].
    pub fn parts(&self) -> usize {
        self.last.as_deref().unwrap_or(&self.trainer).parts()
    }

    pub fn part(&mut self, index: usize, out: &mut Vec<crate::Real>) -> Result<()> {
        let (trainer, frame) = self.active();
        trainer.part(frame, index, out)
    }

    pub fn apply(&mut self, parts: &[Vec<crate::Real>]) -> Result<Did> {
        let (trainer, frame) = self.active();
        let did = trainer.apply(frame, parts);
        self.relearn(did)
    }

    /// Ends training; the model then has not learnt from all rows.
    pub fn stop(&mut self) {
        self.relearns = false;
        self.last = self.last.take().filter(|last| last.is_done());
        self.trainer.stop();
    }

    /// Begins to learn from all rows, once the judged model has ended. After a training that failed there is nothing to repeat.
    pub(super) fn relearn(&mut self, did: Result<Did>) -> Result<Did> {
        if did.is_err() {
            self.relearns = false;
            self.last = None;
        }
        if !self.trainer.is_done() || !std::mem::take(&mut self.relearns) {
            return did;
        }
        let (mut last, set) = self.anew()?;
        let frame = &self.view.frame;
        match self.fitted.as_ref().and_then(|ridge| ridge.refitted(frame, 0..frame.targets, &set)) {
            Some(ridge) => {
                let (weights, bias) = ridge.whole();
                last.start_from(weights.as_slice(), bias);
            }
            None => last.start_from(&[], &[]),
        }
        self.last = Some(Box::new(last));
        self.trainer.rest();
        did
    }

    /// The same network, built anew to repeat the training on all rows, and its windows.
    pub(super) fn anew(&self) -> Result<(Trainer, WindowSet)> {
        let (frame, (window, horizon)) = (&self.view.frame, self.view.lengths());
        let all = Split { train: 0..frame.rows, validation: frame.rows..frame.rows, test: frame.rows..frame.rows };
        let settings = catalog::checked(&self.configured.settings)?;
        let built = self.architecture.build(&self.plan, &settings, settings.get(&SEED));
        let mut set = frame.windows(&all, Part::Train, window, horizon)?;
        if matches!(self.plan.learning, Learning::Every(_)) {
            set = frame.learnt_throughout(&set)?;
        }
        let truncated = Truncated::new(&settings, &self.plan, built.0.as_ref(), (frame, 0..frame.rows), 0)?;
        Ok((self.trainer.again(built, set.clone(), truncated), set))
    }

    /// Whether nothing is left to be trained.
    pub(super) fn is_done(&self) -> bool {
        self.last.as_deref().unwrap_or(&self.trainer).is_done()
    }

    /// The weights that have learnt from all rows.
    pub fn learnt_last(&self) -> Option<&Trainer> {
        self.last.as_deref().filter(|last| last.is_done())
    }

    fn age(&self) -> Age {
        let progress = self.trainer.progress();
        let best = progress.best.map(|best| best.epoch);
        // The best weights change once more where they are weighed against their line.
        let weighed = progress.added.map_or(0, |added| added.share.to_bits());
        (best, if best.is_some() { weighed } else { progress.step })
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
        let (first, age, refitted) = (self.unseen_from()?, self.age(), self.learnt_last().is_some());
        let mut known = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, past)) = known.as_ref().filter(|(of, past)| *of == age && past.refitted == refitted) {
            return Ok(Arc::clone(past));
        }
        // Its own, since a saved file is asked for by shared reference.
        let mut tape = Tape::new(false);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| self.trainer.forecast(&mut tape, batch, out);
        let past = self.view.past_of_end(first, &mut Reading::new(&mut predict));
        let past = Arc::new(Past { refitted, ..past });
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
        // Not by `learnt_last`, since the tape changes meanwhile.
        let last = self.last.as_deref().filter(|last| last.is_done());
        let (trainer, tape) = (last.unwrap_or(&self.trainer), &mut self.tape);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| trainer.forecast(tape, batch, out);
        forecast::beyond(&self.view.frame, self.view.lengths(), steps, &mut predict)
    }

    pub fn forecast(&mut self, steps: usize) -> Result<Forecast> {
        let (interval, measured) = (self.interval(), self.view.measured(self.age()));
        let scaled = self.beyond(steps)?;
        let range = interval.as_ref().map_err(String::clone);
        let shape = (self.configured.horizon, self.view.level());
        let mut forecast = forecast::ranged(&self.view.frame, shape, &scaled, range);
        if self.learnt_last().is_some() {
            forecast.note = [LEARNT_LAST, &forecast.note].join(" ").trim_end().to_owned();
        }
        Ok(Forecast { measured, ..forecast })
    }

    pub fn crossing(&mut self, value: f64, target: Option<&str>) -> Result<Crossing> {
        let past = self.past();
        let scaled = self.beyond(self.configured.horizon)?;
        self.view.crossing(past.as_deref().map_err(String::clone), &scaled, (value, target))
    }

    /// Progress of the training; for a saved model, the best epoch of its training.
    pub fn progress(&self) -> Progress {
        let mut progress = self.trainer.progress();
        if let Some(last) = self.last.as_ref().filter(|last| last.steps() > 0) {
            let (step, steps) = (last.progress().step, last.steps());
            progress.all_rows = Some(AllRows { step, steps });
            if !last.is_done() {
                progress.state = State::Running;
                progress.why = format!("It learns from all rows: step {step} of {steps}.");
            }
        }
        let saved =
            self.origin.as_ref().and_then(|origin| origin.best).map(|(epoch, validation)| Best { epoch, validation });
        Progress { best: progress.best.or(saved), ..progress }
    }

    pub fn save(&self) -> Result<Vec<u8>> {
        let best = self.progress().best.map(|best| (best.epoch, best.validation));
        let last = self.learnt_last().map(Trainer::in_use);
        safetensors::save(self.trainer.in_use(), last, &self.about(self.interval().ok(), best, last.is_some()))
    }

    /// The present weights of the training, not validated: with neither interval nor best epoch.
    pub fn save_current(&self) -> Result<Vec<u8>> {
        safetensors::save(self.trainer.params(), None, &self.about(None, None, false))
    }

    fn about(&self, interval: Option<Interval>, best: Option<(u32, f64)>, has_last: bool) -> About {
        let View { frame, experiment, .. } = &self.view;
        let (columns, calendar) = frame.names.split_at(frame.data_features);
        let here = || self.learnt.get_or_init(|| Learnt::of(experiment, columns)).clone();
        let (axis, experiment) = match &self.origin {
            Some(origin) => (origin.axis, origin.learnt.clone()),
            None => (frame.axis, Some(here())),
        };
        About {
            version: About::version(has_last),
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
