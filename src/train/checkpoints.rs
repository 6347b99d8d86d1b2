//! Gradient checkpointing (Chen et al. 2016): the gradient through a long window without keeping the whole of it.
//!
//! Backpropagation through time needs, at each step, the results of the forward pass there. Here the window is read in stretches,
//! and only the states between them are kept. The backward pass takes the stretches from the last to the first, computes each again
//! from the state before it, and passes on the gradient of that state. With as many stretches as each has steps, memory grows with
//! the square root of the window's length instead of the length, for a third more time.

use std::ops::Range;

use crate::Real;
use crate::arch::Stretches;
use crate::data::Batch;
use crate::grad::ops::{self, Loss};
use crate::grad::{Tape, Var};
use crate::nn::{Params, Pass, State};
use crate::train::carried::Carried;

/// Gradients by stretches, with reused memory.
#[derive(Debug, Default)]
pub struct Checkpoints {
    /// Before each stretch.
    borders: Vec<Carried>,
    /// Gradient with respect to the states after the present stretch, in the order of their values.
    upstream: Vec<Real>,
}

/// A batch's loss, to be differentiated.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The windows.
    pub batch: &'a Batch,
    /// The weights.
    pub params: &'a Params,
    /// Seed, optimiser step and number of the first sample, for dropout.
    pub key: (u64, u64, u64),
    /// The penalty.
    pub loss: Loss,
    /// Factor on the mean penalty.
    pub share: Real,
}

/// Tokens of each stretch: about as many stretches as tokens in one.
pub fn stretch(tokens: usize) -> usize {
    let length = (1..=tokens).find(|length| length * length >= tokens).unwrap_or(1);
    // Stretches of equal length, as far as possible.
    tokens.div_ceil(tokens.div_ceil(length))
}

impl Checkpoints {
    /// Adds the gradient of the loss to `gradient`, `[parameters]`, and returns the loss. `tape` records; `inference` does not.
    pub fn gradient(
        &mut self,
        model: &dyn Stretches,
        (tape, inference): (&mut Tape, &mut Tape),
        step: Step<'_>,
        gradient: &mut [Real],
    ) -> Real {
        let tokens = model.tokens();
        let length = stretch(tokens);
        let count = tokens.div_ceil(length);
        let range = |index: usize| index * length..((index + 1) * length).min(tokens);
        self.borders.resize_with(count, Carried::default);

        inference.reset();
        let mut states = vec![State::default(); model.states()];
        for index in 0..count {
            self.borders[index].keep(inference, &states);
            if index + 1 < count {
                inference.reset();
                self.borders[index].put(inference, Tape::leaf, &mut states);
                model.fit_stretch(&mut pass(inference, step), step.batch, range(index), &mut states);
            }
        }

        let mut loss = 0.0;
        self.upstream.clear();
        for index in (0..count).rev() {
            loss += self.back(model, tape, step, (index, range(index)), gradient);
        }
        loss
    }

    /// The backward pass through one stretch: computes it again, adds its part of the gradient, and leaves the gradient with
    /// respect to the states before it for the next call.
    fn back(
        &mut self,
        model: &dyn Stretches,
        tape: &mut Tape,
        step: Step<'_>,
        (index, range): (usize, Range<usize>),
        gradient: &mut [Real],
    ) -> Real {
        tape.reset();
        let mut before = vec![State::default(); model.states()];
        self.borders[index].put(tape, Tape::leaf, &mut before);
        let mut states = before.clone();
        let found = model.fit_stretch(&mut pass(tape, step), step.batch, range, &mut states);
        let found = found.map(|(prediction, truth)| {
            let part = tape.shape(prediction).1 as f64 / (model.learnt_from() * step.batch.size) as f64;
            (ops::loss(tape, step.loss, prediction, truth), step.share * crate::narrow(part))
        });

        let mut seeds: Vec<(Var, &[Real])> = Vec::new();
        if let Some((loss, share)) = &found {
            seeds.push((*loss, std::slice::from_ref(share)));
        }
        let mut rest = &self.upstream[..];
        for var in states.iter().flatten().flatten().filter(|_| !self.upstream.is_empty()) {
            let (rows, cols) = tape.shape(*var);
            let (grad, after) = rest.split_at(rows * cols);
            rest = after;
            seeds.push((*var, grad));
        }
        tape.backward_from(&seeds);
        step.params.add_to(tape, gradient);

        self.upstream.clear();
        for var in before.iter().flatten().flatten() {
            let (rows, cols) = tape.shape(*var);
            let grad = tape.grad(*var);
            self.upstream.extend_from_slice(grad);
            // A missing gradient is zero.
            self.upstream.resize(self.upstream.len() + rows * cols - grad.len(), 0.0);
        }
        found.map_or(0.0, |(loss, share)| share * tape.scalar(loss))
    }
}

fn pass<'a>(tape: &'a mut Tape, step: Step<'a>) -> Pass<'a> {
    let (seed, number, first) = step.key;
    Pass::training(tape, step.params, step.batch.size, seed, number, first)
}
