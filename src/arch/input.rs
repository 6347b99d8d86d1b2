//! How a batch of windows reaches a network: centred ([`Levels`]), and cut into segments.

use std::ops::Range;

use crate::Real;
use crate::arch::levels::Levels;
use crate::arch::plan::{Output, Plan};
use crate::data::Batch;
use crate::grad::{Tape, Var};
use crate::nn::{Clock, Pass};

/// The given tokens of the windows as the network reads them: `[(segment · features) × (tokens · batch)]`; within a token,
/// step by step.
pub fn tokens(pass: &mut Pass<'_>, plan: &Plan, batch: &Batch, levels: &Levels, tokens: Range<usize>) -> Var {
    let tape = &mut *pass.tape;
    let (segment, skipped) = (plan.segment(), plan.skipped());
    let (rows, columns) = (segment * plan.features, tokens.len() * batch.size);
    let mut out = tape.buffer(rows * columns);
    for (column, token) in out.chunks_exact_mut(rows).enumerate() {
        let (index, sample) = (tokens.start + column / batch.size, column % batch.size);
        for (k, step) in token.chunks_exact_mut(plan.features).enumerate() {
            let values = batch.column(skipped + index * segment + k, sample);
            for (feature, (out, &value)) in step.iter_mut().zip(values).enumerate() {
                *out = levels.read(tape, index, feature, sample, value);
            }
        }
    }
    let read = tape.push(rows, columns, out, None);
    let first = skipped + tokens.start * segment;
    pass.probe_input(Clock { first, stride: segment, samples: batch.size }, read);
    read
}

/// The targets' whole windows, centred as the forecast from their end is, each by itself, one target after the other:
/// `[window × (targets · batch)]`.
pub fn target_windows(tape: &mut Tape, plan: &Plan, batch: &Batch, levels: &Levels) -> Var {
    let columns = plan.targets * batch.size;
    let mut out = tape.buffer(plan.window * columns);
    for (index, column) in out.chunks_exact_mut(plan.window).enumerate() {
        let (target, sample) = (index / batch.size, index % batch.size);
        for (step, out) in column.iter_mut().enumerate() {
            *out = levels.centred(tape, target, sample, batch.column(step, sample)[target]);
        }
    }
    tape.push(plan.window, columns, out, None)
}

/// What a head gives at once: some steps of the first features.
#[derive(Debug, Clone, Copy)]
pub struct Emits {
    /// How many steps.
    pub steps: usize,
    /// How many features.
    pub features: usize,
    /// Whether all features of a step lie together, as where they are fed back; else all steps of a feature do.
    by_step: bool,
}

impl Emits {
    /// As `plan` has it: the whole horizon of the targets, or, to be fed back, the next segment of every data feature.
    pub fn of(plan: &Plan) -> Self {
        match plan.output {
            Output::Direct { .. } => Self { steps: plan.horizon, features: plan.targets, by_step: false },
            Output::Recursive => Self { steps: plan.segment(), features: plan.data_features, by_step: true },
        }
    }

    /// Numbers that are emitted for one window.
    pub fn rows(&self) -> usize {
        self.steps * self.features
    }

    /// Where one of them lies.
    pub fn row(&self, feature: usize, step: usize) -> usize {
        if self.by_step { step * self.features + feature } else { feature * self.steps + step }
    }
}

/// What the network should have said after token `token`, less the level of that forecast but not divided by its scale:
/// `[emitted rows × batch]` into `out`.
pub fn truth(tape: &Tape, plan: &Plan, batch: &Batch, levels: &Levels, token: usize, emits: Emits, out: &mut [Real]) {
    let first = plan.skipped() + (token + 1) * plan.segment();
    for (sample, column) in out.chunks_exact_mut(emits.rows()).enumerate() {
        for feature in 0..emits.features {
            let (shift, _) = levels.after(tape, token, feature, sample);
            for step in 0..emits.steps {
                column[emits.row(feature, step)] = batch.column(first + step, sample)[feature] - shift;
            }
        }
    }
}
