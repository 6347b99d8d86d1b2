//! Training sources: windows in a new random order, or the series as one ([`crate::train::Truncated`]).

use crate::Real;
use crate::arch::Forecaster;
use crate::data::{Batch, Frame, WindowSet};
use crate::grad::Tape;
use crate::grad::ops::{self, Loss};
use crate::math::Rng;
use crate::nn::{Params, Pass};
use crate::train::checkpoints::{Checkpoints, Step};
use crate::train::cuts::Cuts;

/// Random stream of the order of the windows; the epoch is added.
const SHUFFLE: u64 = 1 << 32;

/// One shard of an optimiser step: all inputs of its gradient.
#[derive(Clone, Copy)]
pub struct Shard<'a> {
    /// The network.
    pub forecaster: &'a dyn Forecaster,
    /// The data.
    pub frame: &'a Frame,
    /// The weights.
    pub params: &'a Params,
    /// Number of the step in its epoch, from 0.
    pub at: usize,
    /// Index of the shard, and number of shards.
    pub shard: (usize, usize),
    /// Seed and number of the optimiser step, for dropout.
    pub key: (u64, u64),
    /// The penalty.
    pub loss: Loss,
}

/// Memory for the shards of all steps.
#[derive(Debug)]
pub struct Room {
    /// Tape that records.
    pub tape: Tape,
    /// Tape for inference.
    pub inference: Tape,
    /// The windows, or a chunk of the series.
    pub batch: Batch,
    /// The states between the stretches of a window.
    pub checkpoints: Checkpoints,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            tape: Tape::new(true),
            inference: Tape::new(false),
            batch: Batch::default(),
            checkpoints: Checkpoints::default(),
        }
    }
}

/// Source of the examples of an epoch.
pub trait Source {
    /// Number of optimiser steps in an epoch.
    fn steps(&self) -> usize;

    /// Number of examples in the mean loss of step `at`: windows, or tokens of the series.
    fn examples(&self, at: usize) -> usize;

    /// Draws the order of an epoch, which depends on the seed and the epoch alone.
    fn shuffle(&mut self, seed: u64, epoch: u32);

    /// The gradient of a shard's share in the step's mean loss, `[parameters]`, and that share, into `out`, followed by the numbers
    /// that [`Source::carry`] takes to the next step.
    fn shard(&self, shard: Shard<'_>, room: &mut Room, out: &mut Vec<Real>);

    /// Number of values behind a shard's gradient and loss, from these values; `None` if they are invalid.
    fn carried(&self, _behind: &[Real]) -> Option<usize> {
        Some(0)
    }

    /// Takes over the values behind the gradient and loss of shard `index`, once a step is done.
    fn carry(&mut self, _index: usize, _behind: &[Real]) {}

    /// The cuts of the series as one; `None` for windows.
    fn cuts(&self) -> Option<&Cuts> {
        None
    }
}

// Structs with a trait object derive `Debug` through this; nothing prints a source.
impl std::fmt::Debug for dyn Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a source")
    }
}

/// Windows, some in each step.
#[derive(Debug)]
pub struct Windows {
    set: WindowSet,
    /// An epoch's windows: all of them as often as it has passes.
    order: Vec<u32>,
    batch_size: usize,
    /// Whether gradients use checkpoints.
    checkpoints: bool,
}

impl Windows {
    /// `batch_size` windows of `set` in each step, with or without gradient checkpoints; an epoch has so many passes over them that it
    /// has at least `least_steps`.
    pub fn new(set: WindowSet, (batch_size, least_steps): (usize, usize), checkpoints: bool) -> Self {
        let passes = least_steps.saturating_sub(1) * batch_size / set.starts.len() + 1;
        let order = set.starts.repeat(passes);
        Self { set, order, batch_size, checkpoints }
    }
}

impl Source for Windows {
    fn steps(&self) -> usize {
        self.order.len().div_ceil(self.batch_size)
    }

    fn examples(&self, at: usize) -> usize {
        self.batch_size.min(self.order.len() - at * self.batch_size)
    }

    fn shuffle(&mut self, seed: u64, epoch: u32) {
        let mut rng = Rng::new(seed, SHUFFLE + u64::from(epoch));
        // One pass after the other, so that each window comes once before it comes again.
        for pass in self.order.chunks_exact_mut(self.set.starts.len()) {
            pass.copy_from_slice(&self.set.starts);
            rng.shuffle(pass);
        }
    }

    fn shard(&self, shard: Shard<'_>, room: &mut Room, out: &mut Vec<Real>) {
        let Shard { forecaster, frame, params, at, shard: (index, shards), key: (seed, step), loss } = shard;
        let Room { tape, inference, batch, checkpoints } = room;
        let (from, windows) = (at * self.batch_size, self.examples(at));
        let bound = |index: usize| windows * index / shards;
        let (first, last) = (bound(index), bound(index + 1));
        out.resize(params.len() + 1, 0.0);
        let (gradient, share_of_loss) = out.split_at_mut(params.len());
        if first == last {
            // A batch may have fewer windows than shards.
            gradient.fill(0.0);
            share_of_loss.fill(0.0);
            return;
        }
        let starts = &self.order[from + first..from + last];
        frame.gather(starts, self.set.window, self.set.horizon, batch);
        let share: Real = crate::narrow(starts.len() as f64 / windows as f64);
        if let Some(model) = forecaster.stretches().filter(|_| self.checkpoints) {
            gradient.fill(0.0);
            let step = Step { batch, params, key: (seed, step, first as u64), loss, share };
            share_of_loss.fill(checkpoints.gradient(model, (tape, inference), step, gradient));
            return;
        }
        tape.reset();
        let mut pass = Pass::training(tape, params, starts.len(), seed, step, first as u64);
        let (prediction, truth) = forecaster.fit(&mut pass, batch);
        let loss = ops::loss(tape, loss, prediction, truth);
        share_of_loss.fill(share * tape.scalar(loss));
        tape.backward_from(&[(loss, &[share])]);
        params.collect_into(tape, gradient);
    }
}
