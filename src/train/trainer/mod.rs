//! The training loop, in small pieces, between which its driver can answer calls.

mod again;
mod line;
mod progress;
mod round;
mod validate;

pub use progress::{Added, AllRows, Best, Epoch, Progress, State};

use crate::Real;
use crate::arch::{Forecaster, Stretches};
use crate::data::{Batch, Frame, WindowSet};
use crate::error::{Error, Result};
use crate::grad::Tape;
use crate::nn::{Params, Pass};
use crate::train::cuts::Cuts;
use crate::train::inside::{self, Gradients, Inner};
use crate::train::source::{Room, Windows};
use crate::train::{Optimiser, Options, Schedule, Source, Truncated};

/// Largest number of windows in the gradient through time, with fewer where they are long: a reading should take about the time and
/// the memory of an optimiser step.
pub const MOST_LOOKED_INTO: usize = 32;
/// Largest number of tokens in all of these windows.
pub const MOST_TOKENS: usize = 8192;

/// Largest number of windows in a validation, at even distances: it must not take longer than the epoch.
pub const MOST_VALIDATED: usize = 4096;

/// Sums over the epoch under way.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    loss: f64,
    /// Windows, or tokens of the series.
    examples: usize,
    norm: f64,
    clipped: u64,
    steps: u64,
}

/// Sums of penalties: of the forecasts, and of the teacher-forced ones of a recursive model.
#[derive(Debug, Clone, Copy, Default)]
struct Penalties {
    free: f64,
    forced: f64,
}

/// The next piece of work.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The training step with this number in the epoch.
    Train(usize),
    /// The validation chunks from this window on, with the sums of the penalties so far.
    Validate(usize, Penalties),
    /// Nothing.
    Done,
}

/// A sentence on the gradients of a network that adds nothing to its line.
const UNTOUCHED: &str = "The network adds nothing to the linear model before its first step: its head is zero, and a head of zeros \
    passes no gradient on to the layers.";

/// The course of a training that is repeated.
#[derive(Debug)]
struct Again {
    /// For each of its epochs, its last step and its rate.
    rates: Vec<(u64, f64)>,
    /// Share of the network's output that is added to its line.
    share: Option<f64>,
}

/// Outcome of [`Trainer::advance`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// One optimiser step.
    Step,
    /// A part of the validation after an epoch.
    Validation,
    /// Nothing: training has ended.
    Nothing,
}

/// A model in training.
#[derive(Debug)]
pub struct Trainer {
    forecaster: Box<dyn Forecaster>,
    params: Params,
    best_params: Params,
    best: Option<Best>,
    options: Options,
    schedule: Schedule,
    optimiser: Optimiser,
    rate: f64,
    train: WindowSet,
    validation: WindowSet,
    source: Box<dyn Source>,
    phase: Phase,
    epoch: u32,
    step: u64,
    sums: Sums,
    last_norm: f64,
    first_loss: Option<f64>,
    naive: Option<f64>,
    history: Vec<Epoch>,
    /// Errors of the last validation and of the best epoch's, one list for each target and step of the horizon, scaled.
    residuals: Vec<Vec<f64>>,
    best_residuals: Vec<Vec<f64>>,
    /// The same of the line that the model starts from; empty where it starts from none.
    line_residuals: Vec<Vec<f64>>,
    /// Validation loss of that line.
    line: Option<f64>,
    added: Option<Added>,
    /// Of a training that repeats another.
    again: Option<Again>,
    why: String,
    room: Room,
    /// Number of shards of a batch.
    shards: usize,
    /// One part of a round, for a round in this worker alone.
    part: Vec<Real>,
}

impl Trainer {
    /// A new training of `forecaster` on the first of two parts, validated on the second; on the series as one with `truncated`.
    pub fn new(
        (forecaster, params): (Box<dyn Forecaster>, Params),
        options: Options,
        (train, validation): (WindowSet, WindowSet),
        truncated: Option<Truncated>,
    ) -> Self {
        let every = validation.starts.len().div_ceil(MOST_VALIDATED).max(1);
        let starts = validation.starts.iter().copied().step_by(every).collect();
        let validation = WindowSet { starts, ..validation };
        let options = options.with_batch_for(train.starts.len());
        let starts = forecaster.line().is_some();
        let mut trainer = Self {
            optimiser: Optimiser::new(options.rule, params.slots()),
            schedule: options.schedule,
            rate: options.rate,
            best_params: params.clone(),
            source: match truncated {
                Some(truncated) => Box::new(truncated),
                None => {
                    Box::new(Windows::new(train.clone(), (options.batch, options.epoch_steps), options.checkpoints))
                }
            },
            forecaster,
            params,
            best: None,
            shards: options.shards.max(1),
            options,
            train,
            validation,
            // A line is validated before the first step, as epoch 0.
            phase: if starts { Phase::Validate(0, Penalties::default()) } else { Phase::Train(0) },
            epoch: u32::from(!starts),
            step: 0,
            sums: Sums::default(),
            last_norm: 0.0,
            first_loss: None,
            naive: None,
            history: Vec::new(),
            residuals: Vec::new(),
            best_residuals: Vec::new(),
            line_residuals: Vec::new(),
            line: None,
            added: None,
            again: None,
            why: String::new(),
            room: Room::default(),
            part: Vec::new(),
        };
        trainer.source.shuffle(options.seed, trainer.epoch);
        trainer
    }

    /// The cuts of the series as one; `None` for windows.
    pub fn cuts(&self) -> Option<&Cuts> {
        self.source.cuts()
    }

    /// Does the next piece of work: an optimiser step, or a part of the validation after an epoch.
    ///
    /// # Errors
    /// [`Error::Training`] if the loss is not finite or has exploded, or if training ends without a finite validation loss; the
    /// best weights so far (or the first ones) are then in place, and training has ended.
    pub fn advance(&mut self, frame: &Frame) -> Result<Did> {
        self.round(frame)
    }

    fn fail(&mut self, value: f64) -> Error {
        if value.is_finite() {
            self.fail_because(&format!("the loss exploded to {value:.3e}"))
        } else {
            self.fail_because("the loss became infinite or NaN")
        }
    }

    /// Ends training with the best weights, or the first ones, in place.
    fn fail_because(&mut self, what: &str) -> Error {
        let try_this = if self.options.clip == 0.0 {
            "turn gradient clipping on (1 is usual) or lower the learning rate"
        } else {
            "lower the learning rate, first to a tenth, or the scale of the initial weights"
        };
        let kept = match self.best {
            Some(best) => format!("the weights of epoch {} are back", best.epoch),
            None => "the initial weights are back".to_owned(),
        };
        let problem = format!("{what}; {try_this}; {kept}");
        self.finish(format!("Training stopped at step {}: {problem}.", self.step));
        Error::Training { step: self.step, problem }
    }

    fn finish(&mut self, why: String) {
        let weighed = self.weigh();
        self.params.values.copy_from_slice(&self.best_params.values);
        self.phase = Phase::Done;
        self.why = why + &weighed;
    }

    /// Ends training as if patience had run out, and puts the best weights in place.
    pub fn stop(&mut self) {
        if !matches!(self.phase, Phase::Done) {
            if self.best.is_none() {
                self.best_params.values.copy_from_slice(&self.params.values);
            }
            self.finish("Stopped by hand.".to_owned());
        }
    }

    /// Takes the means over the validation part.
    fn end_epoch(&mut self, Penalties { free: validation, forced }: Penalties) -> Result<()> {
        if self.epoch == 0 {
            self.end_line(validation);
            return Ok(());
        }
        let validation = self.at_best_share().unwrap_or(validation);
        let sums = std::mem::take(&mut self.sums);
        let steps = sums.steps.max(1) as f64;
        self.history.push(Epoch {
            epoch: self.epoch,
            step: self.step,
            train: sums.loss / sums.examples.max(1) as f64,
            validation,
            validation_forced: self.forecaster.feeds_back().then_some(forced),
            gradient_norm: sums.norm / steps,
            clipped: sums.clipped as f64 / steps,
            learning_rate: self.rate,
            naive_validation: self.naive.unwrap_or(f64::NAN),
        });
        // Nothing compares as lower than NaN, so it would stay the best.
        if validation.is_finite() && self.best.is_none_or(|best| validation < best.validation) {
            self.best = Some(Best { epoch: self.epoch, validation });
            self.best_params.values.copy_from_slice(&self.params.values);
            std::mem::swap(&mut self.best_residuals, &mut self.residuals);
        }
        self.rate = self.schedule.next(self.options.rate, self.rate, self.epoch, validation);
        let waited = self.epoch - self.best.map_or(0, |best| best.epoch);
        let impatient = self.options.patience > 0 && waited >= self.options.patience;
        if !impatient && self.epoch < self.options.epochs {
            self.epoch += 1;
            self.source.shuffle(self.options.seed, self.epoch);
            self.phase = Phase::Train(0);
            return Ok(());
        }
        let waited = if impatient {
            format!("Validation has not improved for {waited} epochs.")
        } else {
            format!("All {} epochs are done.", self.epoch)
        };
        let Some(Best { epoch: best, .. }) = self.best else {
            return Err(
                self.fail_because(&format!("the validation loss was not finite after any of {} epochs", self.epoch))
            );
        };
        let weighed = self.weigh();
        let best = self.best.map_or(best, |best| best.epoch);
        let of = if best == 0 { "the linear model that it starts from".to_owned() } else { format!("epoch {best}") };
        self.finish(format!("{waited} Weights of {of}.{weighed}"));
        Ok(())
    }

    /// Progress of the training.
    pub fn progress(&self) -> Progress {
        let last = self.history.last();
        let (loss, clipped_share) = if self.sums.steps > 0 {
            (self.sums.loss / self.sums.examples as f64, self.sums.clipped as f64 / self.sums.steps as f64)
        } else {
            last.map_or((f64::NAN, 0.0), |last| (last.train, last.clipped))
        };
        Progress {
            state: match self.phase {
                Phase::Done => State::Finished,
                _ if self.step == 0 => State::Ready,
                _ => State::Running,
            },
            why: self.why.clone(),
            epoch: self.epoch,
            step: self.step,
            steps_per_epoch: self.steps_per_epoch(),
            epochs: self.options.epochs,
            loss,
            validation: last.map(|last| last.validation),
            best: self.best,
            all_rows: None,
            line: self.line,
            added: self.added,
            learning_rate: self.rate,
            gradient_norm: self.last_norm,
            clipped_share,
        }
    }

    /// Windows that fit the weights.
    pub fn windows(&self) -> usize {
        self.train.starts.len()
    }

    /// Optimiser steps in an epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        self.source.steps() as u64
    }

    /// The learning curves so far, one point an epoch.
    pub fn history(&self) -> &[Epoch] {
        &self.history
    }

    /// The model.
    pub fn forecaster(&self) -> &dyn Forecaster {
        self.forecaster.as_ref()
    }

    /// The present weights.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The weights for forecasts: the best so far, or the present ones before there is a best.
    pub fn in_use(&self) -> &Params {
        if self.best.is_some() || matches!(self.phase, Phase::Done) { &self.best_params } else { &self.params }
    }

    /// Puts saved weights in place and ends training; `why` names their source.
    pub fn restore(&mut self, set: impl FnOnce(&mut Params) -> Result<()>, why: String) -> Result<()> {
        let mut params = self.params.clone();
        set(&mut params)?;
        self.best_params = params;
        self.finish(why);
        Ok(())
    }

    /// Inner values of the weights in use over the first window of `batch`, and its forecast into `out`.
    pub fn inside(&self, batch: &Batch, out: &mut [Real]) -> Vec<Inner> {
        inside::look(self.forecaster.as_ref(), self.in_use(), batch, out)
    }

    /// The gradient of the loss through time with the present weights, over the same training windows at each call, at even
    /// distances.
    pub fn gradients(&self, frame: &Frame) -> Gradients {
        let tokens = self.forecaster.stretches().map_or(self.train.window, Stretches::tokens);
        let most = (MOST_TOKENS / tokens.max(1)).clamp(1, MOST_LOOKED_INTO.min(self.options.batch));
        let every = self.train.starts.len().div_ceil(most).max(1);
        let starts: Vec<u32> = self.train.starts.iter().copied().step_by(every).collect();
        let mut batch = Batch::default();
        frame.gather(&starts, self.train.window, self.train.horizon, &mut batch);
        let found = inside::gradients(self.forecaster.as_ref(), &self.params, &batch, self.options.loss);
        let head = self.forecaster.line().map(|line| self.params.value(line.head.weight));
        if head.is_some_and(|head| head.iter().all(|weight| *weight == 0.0)) {
            return Gradients { sentence: UNTOUCHED.to_owned(), ..found };
        }
        found
    }

    /// Forecasts of a batch with the weights in use, scaled, `[(targets · horizon) × size]`.
    pub fn forecast(&self, tape: &mut Tape, batch: &Batch, out: &mut [Real]) {
        tape.reset();
        let mut pass = Pass::new(tape, self.in_use(), batch.size);
        self.forecaster.forecast(&mut pass, batch, out);
    }
}
