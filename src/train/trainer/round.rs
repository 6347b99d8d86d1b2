//! One round of training: an optimiser step or a piece of validation, in independent parts.
//!
//! A step's batch is cut into shards. Each part is the gradient of one shard's share in the batch's mean loss, and the gradient of
//! the batch is their sum, in the order of the shards. Any worker with the same weights may compute a part, at any time, without
//! changing a bit of the sum (synchronous data parallelism). The parts of a round follow from its position in training, so nothing
//! but the parts needs to be exchanged.

use super::{Did, Penalties, Phase, Trainer};
use crate::Real;
use crate::data::Frame;
use crate::error::{Error, Result};
use crate::evaluate::CHUNK;
use crate::train::clip;
use crate::train::source::Shard;

/// A loss beyond this many times the first one, and beyond this, is an explosion.
const EXPLOSION: f64 = 1e4;

impl Trainer {
    /// Number of parts of the next round: the shards of a step's batch, or the remaining chunks of validation windows, at most the
    /// number of shards; 0 at the end of training.
    pub fn parts(&self) -> usize {
        match self.phase {
            Phase::Train(_) => self.shards,
            Phase::Validate(from, _) => self.shards.min((self.validation.starts.len() - from).div_ceil(CHUNK)),
            Phase::Done => 0,
        }
    }

    /// Computes one part of the next round into `out`, of any size before. For a step: the gradient of the shard's share in the
    /// batch's mean loss, `[parameters]`, and that share; on the series as one, also the states after the chunk, so that any worker
    /// with the parts can compute any part of the next step. For validation: the forecasts of the chunk,
    /// `[(targets · horizon) × windows]`, followed by the teacher-forced ones of a recursive model. Changes nothing that a later
    /// round depends on.
    ///
    /// # Errors
    /// [`Error::NotReady`] if the round has no such part.
    pub fn part(&mut self, frame: &Frame, index: usize, out: &mut Vec<Real>) -> Result<()> {
        if index >= self.parts() {
            return Err(wrong(format!("The next round has {} parts, and no part {index}.", self.parts())));
        }
        match self.phase {
            Phase::Train(at) => {
                let shard = Shard {
                    forecaster: self.forecaster.as_ref(),
                    frame,
                    params: &self.params,
                    at,
                    shard: (index, self.shards),
                    key: (self.options.seed, self.step),
                    loss: self.options.loss,
                };
                self.source.shard(shard, &mut self.room, out);
            }
            Phase::Validate(from, _) => self.forecast_chunk(frame, from + index * CHUNK, out),
            Phase::Done => {}
        }
        Ok(())
    }

    /// Ends the round with all its parts, in order: one optimiser step, or a piece of the validation after an epoch.
    ///
    /// # Errors
    /// [`Error::NotReady`] if these are not the parts of this round, which then changes nothing. [`Error::Training`] as for
    /// [`Trainer::advance`].
    pub fn apply(&mut self, frame: &Frame, parts: &[Vec<Real>]) -> Result<Did> {
        let right = parts.iter().enumerate().all(|(index, part)| Some(part.len()) == self.part_len(frame, index, part));
        if parts.len() != self.parts() || !right {
            return Err(wrong(format!("The next round has {} parts, and the given ones do not fit it.", self.parts())));
        }
        let mut sums = Penalties::default();
        for (index, part) in parts.iter().enumerate() {
            sums += self.add(frame, index, part);
        }
        self.end_round(frame, sums)
    }

    /// Computes the next round in this worker, part after part.
    pub(super) fn round(&mut self, frame: &Frame) -> Result<Did> {
        let mut part = std::mem::take(&mut self.part);
        let mut sums = Penalties::default();
        for index in 0..self.parts() {
            self.part(frame, index, &mut part)?;
            sums += self.add(frame, index, &part);
        }
        self.part = part;
        self.end_round(frame, sums)
    }

    /// Expected length of `part` of the next round; `None` if it is invalid.
    fn part_len(&self, frame: &Frame, index: usize, part: &[Real]) -> Option<usize> {
        match self.phase {
            Phase::Train(_) => {
                let own = self.params.len() + 1;
                Some(own + self.source.carried(part.get(own..)?)?)
            }
            Phase::Validate(from, _) => {
                Some(frame.targets * self.validation.horizon * self.chunk(from + index * CHUNK).len() * self.sets())
            }
            Phase::Done => Some(0),
        }
    }

    /// Adds a part to the round's sums; returns its share of the loss, of training or validation.
    fn add(&mut self, frame: &Frame, index: usize, part: &[Real]) -> Penalties {
        match self.phase {
            Phase::Train(_) => {
                let (gradient, rest) = part.split_at(self.params.len());
                let (loss, behind) = rest.split_at(1);
                self.source.carry(index, behind);
                let sum = &mut self.params.grads;
                if index == 0 {
                    sum.clear();
                    sum.extend_from_slice(gradient);
                } else {
                    sum.iter_mut().zip(gradient).for_each(|(sum, part)| *sum += part);
                }
                Penalties { free: loss.iter().copied().map(crate::wide).sum(), forced: 0.0 }
            }
            Phase::Validate(from, _) => self.score_chunk(frame, from + index * CHUNK, part),
            Phase::Done => Penalties::default(),
        }
    }

    fn end_round(&mut self, frame: &Frame, sums: Penalties) -> Result<Did> {
        match self.phase {
            Phase::Train(at) => self.end_step(at, sums.free).map(|()| Did::Step),
            Phase::Validate(from, mut all) => {
                all += sums;
                let to = (from + self.parts() * CHUNK).min(self.validation.starts.len());
                if to < self.validation.starts.len() {
                    self.phase = Phase::Validate(to, all);
                } else {
                    // In floating point, since a thousand targets would overflow 32 bits.
                    let count = to as f64 * self.validation.horizon as f64 * frame.targets as f64;
                    self.end_epoch(Penalties { free: all.free / count, forced: all.forced / count })?;
                }
                Ok(Did::Validation)
            }
            Phase::Done => Ok(Did::Nothing),
        }
    }

    /// The optimiser step with the summed gradient; `loss` is the batch's mean.
    fn end_step(&mut self, at: usize, loss: f64) -> Result<()> {
        let first = *self.first_loss.get_or_insert(loss);
        self.step += 1;
        if !loss.is_finite() || loss > EXPLOSION * first.max(1.0) {
            return Err(self.fail(loss));
        }
        let (norm, clipped) = clip(&mut self.params.grads, self.options.clip);
        if !norm.is_finite() {
            return Err(self.fail(norm));
        }
        self.optimiser.step(&mut self.params.values, &self.params.grads, self.rate);

        let examples = self.source.examples(at);
        self.last_norm = norm;
        self.sums.loss += loss * examples as f64;
        self.sums.examples += examples;
        self.sums.norm += norm;
        self.sums.clipped += u64::from(clipped);
        self.sums.steps += 1;
        self.phase = if self.again.is_some() {
            self.after_step(at)
        } else if at + 1 < self.source.steps() {
            Phase::Train(at + 1)
        } else {
            Phase::Validate(0, Penalties::default())
        };
        Ok(())
    }
}

impl std::ops::AddAssign for Penalties {
    fn add_assign(&mut self, other: Self) {
        self.free += other.free;
        self.forced += other.forced;
    }
}

fn wrong(problem: String) -> Error {
    Error::NotReady { problem }
}
