//! One model with its data, during and after training.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::configured::Configured;
use crate::arch::registry::Architecture;
use crate::data::{Axis, Batch, Frame, Part, WindowSet};
use crate::error::{Error, Result};
use crate::evaluate::interval::least_windows;
use crate::evaluate::{self, Baselines, Evaluation, Interval, Limits, Measured};
use crate::experiment::{Basis, Experiment, Learnt};
use crate::export::safetensors::{self, About};
use crate::forecast::{self, Forecast, LEVEL};
use crate::grad::Tape;
use crate::knob::Settings;
use crate::train::trainer::{Best, Did};
use crate::train::{Progress, Trainer};

/// Forecasts a fixed number of steps ahead over a part of the series, in the targets' units; one target after the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Predictions {
    /// Time of each row of the part.
    pub times: Vec<i64>,
    /// Forecast of each row, `[rows × targets]`; `NaN` where values are missing in the window that many steps earlier.
    pub predicted: Vec<f64>,
    /// Truth of each row, `[rows × targets]`; `NaN` where it is missing.
    pub actual: Vec<f64>,
}

/// One window of the test part with its forecast, in the targets' units; one target after the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// Row of the first step of the horizon.
    pub origin: usize,
    /// Number of such windows.
    pub count: usize,
    /// Times of the window.
    pub past_times: Vec<i64>,
    /// The targets over the window, `[window × targets]`.
    pub past: Vec<f64>,
    /// Times of the horizon.
    pub future_times: Vec<i64>,
    /// The targets over the horizon, `[horizon × targets]`.
    pub actual: Vec<f64>,
    /// Their forecast, `[horizon × targets]`.
    pub predicted: Vec<f64>,
}

/// A model in training or trained, and its data.
#[derive(Debug)]
pub struct Model {
    pub configured: Configured,
    pub trainer: Trainer,
    pub(super) architecture: &'static Architecture,
    pub(super) experiment: Arc<Experiment>,
    pub(super) frame: Frame,
    pub(super) windows: Sets,
    /// Limits of each target's values, from the training part.
    pub(super) limits: Vec<Limits>,
    /// The record of a saved model; `None` for one trained here.
    pub(super) origin: Option<Origin>,
    /// The learnt rows of a model trained here.
    pub(super) learnt: OnceLock<Learnt>,
    /// The last verdict on the test part, and the age of its weights.
    pub(super) scored: Option<(Age, Evaluation)>,
    pub(super) tape: Tape,
}

/// The windows of each part.
#[derive(Debug)]
pub struct Sets {
    pub train: WindowSet,
    pub validation: WindowSet,
    pub test: WindowSet,
}

/// The record of a saved model.
#[derive(Debug)]
pub struct Origin {
    /// The series that it was trained on.
    pub axis: Axis,
    /// Its learnt rows, if known.
    pub learnt: Option<Learnt>,
    pub interval: Option<Interval>,
    /// Best epoch, and its validation loss.
    pub best: Option<(u32, f64)>,
}

/// Age of the weights in use: it changes with the best epoch, and before the first one with every step.
type Age = (Option<u32>, u64);

impl Model {
    /// Whether its architecture reads the knob `key`.
    pub fn reads(&self, key: &str) -> bool {
        self.architecture.reads(key)
    }

    /// Number of parameters of a model with this architecture, window and data and other `settings`.
    pub fn parameters_of(&self, settings: &Settings) -> Result<u64> {
        let features = (self.frame.features, self.frame.data_features, self.frame.targets);
        let Configured { season, window, horizon, .. } = self.configured;
        let plan = self.architecture.plan(settings, features, (season, window, horizon))?;
        Ok(self.architecture.count(&plan, settings))
    }

    pub fn advance(&mut self) -> Result<Did> {
        self.trainer.advance(&self.frame)
    }

    pub fn part(&mut self, index: usize, out: &mut Vec<crate::Real>) -> Result<()> {
        self.trainer.part(&self.frame, index, out)
    }

    pub fn apply(&mut self, parts: &[Vec<crate::Real>]) -> Result<Did> {
        self.trainer.apply(&self.frame, parts)
    }

    fn set(&self, part: Part) -> Result<&WindowSet> {
        match part {
            Part::Validation => Ok(&self.windows.validation),
            Part::Test => Ok(&self.windows.test),
            Part::Train => Err(Error::NotReady {
                problem: "The training part is never scored; ask for validation or test.".into(),
            }),
        }
    }

    fn age(&self) -> Age {
        let progress = self.trainer.progress();
        let best = progress.best.map(|best| best.epoch);
        (best, if best.is_some() { 0 } else { progress.step })
    }

    /// Errors of the model and its baselines. A repeated evaluation of the test part with the same weights counts once.
    pub fn evaluate(&mut self, part: Part) -> Result<Evaluation> {
        let set = self.set(part)?.clone();
        let age = self.age();
        if let Some((_, evaluation)) = self.scored.as_ref().filter(|(scored, _)| part == Part::Test && *scored == age) {
            return Ok(evaluation.clone());
        }
        let (interval, baselines) = (self.interval().ok(), self.baselines());
        let scored_times = if part == Part::Test { self.experiment.score() } else { self.experiment.scored() };
        let about = evaluate::About { label: self.architecture.label, scored_times, interval: interval.as_ref() };
        let (trainer, tape) = (&self.trainer, &mut self.tape);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| trainer.forecast(tape, batch, out);
        let evaluation = evaluate::evaluate(&self.frame, part, &set, &baselines, &mut predict, &about);
        if part == Part::Test {
            self.scored = Some((age, evaluation.clone()));
        }
        Ok(evaluation)
    }

    /// The experiment's baselines for this season, window, horizon and choice of columns.
    fn baselines(&self) -> Arc<Baselines> {
        let (frame, Sets { train, validation, .. }) = (&self.frame, &self.windows);
        let Configured { season, window, horizon, .. } = self.configured;
        let columns = frame.names[..frame.data_features].to_vec();
        let basis = Basis { season, window, horizon, columns, scales: frame.scales.clone(), fill: frame.fill };
        self.experiment.baselines(basis, || Baselines::fit(frame, &self.experiment.split, train, validation, season))
    }

    pub fn predictions(&mut self, part: Part, lead: usize) -> Result<Predictions> {
        let WindowSet { window, horizon, .. } = *self.set(part)?;
        if lead == 0 || lead > horizon {
            return Err(Error::NotReady { problem: format!("Ask for 1 to {horizon} steps ahead.") });
        }
        // More rows than are evaluated: a window whose future is cut off by the part's end still forecasts its first steps.
        let set = self.frame.windows_onto(self.experiment.split.rows(part), (window, horizon), lead);
        let (trainer, tape) = (&self.trainer, &mut self.tape);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| trainer.forecast(tape, batch, out);
        let trace = evaluate::trace(&self.frame, &self.experiment.split, part, &set, &mut predict, lead);
        let times = self.experiment.split.rows(part).map(|row| self.frame.axis.at(row)).collect();
        Ok(Predictions { times, predicted: trace.predicted, actual: trace.actual })
    }

    /// The range of the weights in use, or the reason for its absence.
    fn interval(&self) -> std::result::Result<Interval, String> {
        let residuals = self.trainer.validation_errors();
        let found = if residuals.is_empty() {
            // Files from before this rule may have a range of fewer windows.
            let saved = self.origin.as_ref().and_then(|origin| origin.interval.clone());
            saved.filter(|interval| interval.windows >= least_windows(interval.level))
        } else {
            Interval::of_errors(residuals.to_vec(), LEVEL, self.limits.clone())
        };
        let (level, least) = (100.0 * LEVEL, least_windows(LEVEL));
        found.ok_or_else(|| match self.windows.validation.starts.len() {
            windows if windows < least => format!(
                "No {level:.0} % range: it takes the errors in at least {least} validation windows, and there are {windows}; a \
                 shorter horizon or a longer validation part has more."
            ),
            _ => format!("No {level:.0} % range: these weights have not been through a validation here."),
        })
    }

    /// Coverage of the range on the test part for each target, if these weights were scored there.
    fn measured(&self) -> Vec<Measured> {
        let age = self.age();
        let scored = self.scored.iter().filter(|(scored, _)| *scored == age);
        scored.flat_map(|(_, evaluation)| evaluation.targets.iter().filter_map(|of| of.range)).collect()
    }

    pub fn forecast(&mut self, steps: usize) -> Result<Forecast> {
        let (interval, measured) = (self.interval(), self.measured());
        let (trainer, tape) = (&self.trainer, &mut self.tape);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| trainer.forecast(tape, batch, out);
        let sizes = (self.configured.window, self.configured.horizon);
        let found =
            forecast::beyond(&self.frame, sizes, steps, &mut predict, interval.as_ref().map_err(String::clone))?;
        Ok(Forecast { measured, ..found })
    }

    /// A value of the frame's target number `target` in its unit.
    fn unscaled(&self, target: usize, value: crate::Real) -> f64 {
        self.frame.scales[target].unscale(crate::wide(value))
    }

    /// The targets in `rows`, `[rows × targets]`, in their units.
    pub fn truth(&self, rows: Range<usize>) -> Vec<f64> {
        let of = |target| rows.clone().map(move |row| self.unscaled(target, self.frame.target_at(target, row)));
        (0..self.frame.targets).flat_map(of).collect()
    }

    pub fn sample(&mut self, index: usize) -> Result<Sample> {
        let count = self.windows.test.starts.len();
        let &start = self.windows.test.starts.get(index).ok_or_else(|| Error::NotReady {
            problem: format!("There are {count} windows in the test part, numbered from 0."),
        })?;
        let (window, horizon) = (self.windows.test.window, self.windows.test.horizon);
        let mut batch = Batch::default();
        self.frame.gather(&[start], window, horizon, &mut batch);
        batch.hide_future(self.frame.data_features);
        let (frame, origin) = (&self.frame, start as usize + window);
        let mut out = vec![0.0; frame.targets * horizon];
        self.trainer.forecast(&mut self.tape, &batch, &mut out);
        let times = |rows: Range<usize>| rows.map(|row| self.frame.axis.at(row)).collect();
        Ok(Sample {
            origin,
            count,
            past_times: times(start as usize..origin),
            past: self.truth(start as usize..origin),
            future_times: times(origin..origin + horizon),
            actual: self.truth(origin..origin + horizon),
            predicted: out.iter().enumerate().map(|(at, x)| self.unscaled(at / horizon, *x)).collect(),
        })
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
        safetensors::save(self.trainer.in_use(), &self.about(self.interval().ok(), best))
    }

    /// The present weights of the training, not validated: with neither interval nor best epoch.
    pub fn save_current(&self) -> Result<Vec<u8>> {
        safetensors::save(self.trainer.params(), &self.about(None, None))
    }

    fn about(&self, interval: Option<Interval>, best: Option<(u32, f64)>) -> About {
        let (columns, calendar) = self.frame.names.split_at(self.frame.data_features);
        let here = || self.learnt.get_or_init(|| Learnt::of(&self.experiment, columns)).clone();
        let (axis, experiment) = match &self.origin {
            Some(origin) => (origin.axis, origin.learnt.clone()),
            None => (self.frame.axis, Some(here())),
        };
        About {
            version: About::version(),
            settings: self.configured.settings.clone(),
            columns: columns.to_vec(),
            targets: Some(self.frame.targets),
            calendar: Some(calendar.to_vec()),
            scales: self.frame.scales.clone(),
            axis,
            experiment,
            interval,
            best,
        }
    }
}
