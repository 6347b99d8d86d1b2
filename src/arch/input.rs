//! A network's input from a batch of windows: centred ([`Levels`]), and cut into segments.

use std::ops::Range;

use crate::Real;
use crate::arch::levels::Levels;
use crate::arch::plan::{Output, Plan};
use crate::data::Batch;
use crate::grad::{Tape, Var};
use crate::nn::{Clock, Pass};

/// The given tokens of the windows, centred: `[(segment · features) × (tokens · batch)]`; within a token, step by step.
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

/// The targets' whole windows, each centred for the forecast from its end, one target after the other:
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

/// The output of a head: some steps of the first features.
#[derive(Debug, Clone, Copy)]
pub struct Emits {
    /// Number of steps.
    pub steps: usize,
    /// Number of features.
    pub features: usize,
    /// Whether all features of a step lie together, as in recursive forecasts; otherwise all steps of a feature do.
    by_step: bool,
}

impl Emits {
    /// The output in `plan`: the whole horizon of the targets, or, for recursion, the next segment of every data feature.
    pub fn of(plan: &Plan) -> Self {
        match plan.output {
            Output::Direct { .. } => Self { steps: plan.horizon, features: plan.targets, by_step: false },
            Output::Recursive => Self { steps: plan.segment(), features: plan.data_features, by_step: true },
        }
    }

    /// Number of outputs for one window.
    pub fn rows(&self) -> usize {
        self.steps * self.features
    }

    /// Row of one of them.
    pub fn row(&self, feature: usize, step: usize) -> usize {
        if self.by_step { step * self.features + feature } else { feature * self.steps + step }
    }
}

/// The targets after token `token`, less the level of that forecast but not divided by its scale: `[emitted rows × batch]` into
/// `out`.
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
