//! How a batch of windows reaches a network: centred, and cut into segments.

use std::ops::Range;

use crate::Real;
use crate::arch::plan::{Normalise, Plan};
use crate::data::Batch;
use crate::grad::{Tape, Var};
use crate::nn::{Clock, Pass};

/// Added to the variance of a window before its root is taken (Kim et al. 2022, section 3).
const EPSILON: f64 = 1e-5;

/// What was taken out of each window: `shift` and `spread`, each `[data features × batch]`. They lie on the tape, whose
/// buffers are used again: a training step allocates nothing.
#[derive(Debug, Clone, Copy)]
pub struct Levels {
    features: usize,
    shift: Var,
    spread: Var,
}

impl Levels {
    /// Finds the level of every data feature in every window of `batch`.
    pub fn of(tape: &mut Tape, plan: &Plan, batch: &Batch) -> Self {
        let features = plan.data_features;
        let (mut shifts, mut spreads) = (tape.buffer(features * batch.size), tape.buffer(features * batch.size));
        shifts.fill(0.0);
        spreads.fill(1.0);
        for sample in 0..batch.size {
            for feature in 0..features {
                let at = sample * features + feature;
                match plan.normalise {
                    Normalise::None => {}
                    Normalise::Last => shifts[at] = batch.column(plan.window - 1, sample)[feature],
                    Normalise::Window => {
                        let values = || (0..plan.window).map(|t| crate::wide(batch.column(t, sample)[feature]));
                        let count = plan.window as f64;
                        let mean = values().sum::<f64>() / count;
                        let variance = values().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
                        shifts[at] = crate::narrow(mean);
                        spreads[at] = crate::narrow(libm::sqrt(variance + EPSILON));
                    }
                }
            }
        }
        Self {
            features,
            shift: tape.push(features, batch.size, shifts, None),
            spread: tape.push(features, batch.size, spreads, None),
        }
    }

    /// Level and spread of one feature in one window.
    pub fn at(&self, tape: &Tape, feature: usize, sample: usize) -> (Real, Real) {
        let at = sample * self.features + feature;
        (tape.value(self.shift)[at], tape.value(self.spread)[at])
    }

    /// A value as the network sees it; features that are known ahead stay as they are.
    pub fn centred(&self, tape: &Tape, feature: usize, sample: usize, value: Real) -> Real {
        if feature < self.features {
            let (shift, spread) = self.at(tape, feature, sample);
            (value - shift) / spread
        } else {
            value
        }
    }
}

/// The given tokens of the windows as the network reads them: `[(segment · features) × (tokens · batch)]`; within a token,
/// step by step.
pub fn tokens(pass: &mut Pass<'_>, plan: &Plan, batch: &Batch, levels: &Levels, tokens: Range<usize>) -> Var {
    let tape = &mut *pass.tape;
    let (rows, columns) = (plan.segment * plan.features, tokens.len() * batch.size);
    let mut out = tape.buffer(rows * columns);
    for (column, token) in out.chunks_exact_mut(rows).enumerate() {
        let (index, sample) = (tokens.start + column / batch.size, column % batch.size);
        for (k, step) in token.chunks_exact_mut(plan.features).enumerate() {
            let values = batch.column(plan.skipped() + index * plan.segment + k, sample);
            for (feature, (out, &value)) in step.iter_mut().zip(values).enumerate() {
                *out = levels.centred(tape, feature, sample, value);
            }
        }
    }
    let read = tape.push(rows, columns, out, None);
    let first = plan.skipped() + tokens.start * plan.segment;
    pass.probe_input(Clock { first, stride: plan.segment, samples: batch.size }, read);
    read
}

/// The target's whole window as the network sees it, `[window × batch]`.
pub fn target_window(tape: &mut Tape, plan: &Plan, batch: &Batch, levels: &Levels) -> Var {
    let mut out = tape.buffer(plan.window * batch.size);
    for (sample, column) in out.chunks_exact_mut(plan.window).enumerate() {
        for (step, out) in column.iter_mut().enumerate() {
            *out = levels.centred(tape, plan.target, sample, batch.column(step, sample)[plan.target]);
        }
    }
    tape.push(plan.window, batch.size, out, None)
}

/// What the network should have said after token `token`, as it sees values but not divided by the spread:
/// `[(emitted steps · emitted features) × batch]` into `out`; `emitted` features are the first ones of the data, or the
/// target alone.
pub fn truth(
    tape: &Tape,
    plan: &Plan,
    batch: &Batch,
    levels: &Levels,
    token: usize,
    (steps, features): (usize, usize),
    out: &mut [Real],
) {
    let first = plan.skipped() + (token + 1) * plan.segment;
    for (sample, column) in out.chunks_exact_mut(steps * features).enumerate() {
        for (k, row) in column.chunks_exact_mut(features).enumerate() {
            let values = batch.column(first + k, sample);
            for (index, out) in row.iter_mut().enumerate() {
                let feature = if features == 1 { plan.target } else { index };
                *out = values[feature] - levels.at(tape, feature, sample).0;
            }
        }
    }
}
