//! The gradient of a state, carried from step to step of a backward pass.

use std::ops::Range;

use super::walk::Steps;
use crate::Real;
use crate::grad::Context;

/// Gradient of the loss with respect to a state at each step, in the order of a backward pass.
///
/// A gradient from outside the recurrence may reach every step (another layer above, a loss at each step) and is then completed in
/// place. Where it reaches only a few steps, as from a head on the last one, only the present step's and the previous step's are
/// stored.
#[derive(Debug)]
pub struct StateGradients {
    steps: Steps,
    /// Owner of the gradient: number of nodes before the operation's own.
    back: usize,
    /// Index of the first number of `arrived` in the sequence.
    start: usize,
    arrived: Vec<Real>,
    /// Two steps' blocks, used alternately; `None` where `arrived` is the whole sequence.
    turns: Option<Vec<Real>>,
}

impl StateGradients {
    /// Takes the gradient of the operation's own value, or of its auxiliary output `back` nodes before it.
    pub fn take(ctx: &mut Context<'_>, steps: Steps, back: usize) -> Self {
        let (start, arrived) = ctx.take_part(back);
        let size = steps.hidden * steps.batch;
        let turns = (arrived.len() < steps.count * size).then(|| ctx.zeros(2 * size));
        let mut found = Self { steps, back, start, arrived, turns };
        found.receive(steps.order().next_back());
        found
    }

    /// Reserves the gradient at `step` and stores the gradient from outside. The backward pass adds to it afterwards in either
    /// form, so both give the same numbers to the last bit.
    fn receive(&mut self, step: Option<usize>) {
        let (Some(step), Some(turns)) = (step, &mut self.turns) else { return };
        let rows = self.steps.hidden;
        let (here, block) = (&mut turns[self.steps.block(rows, step % 2)], self.steps.block(rows, step));
        here.fill(0.0);
        let (from, to) = (block.start.max(self.start), block.end.min(self.start + self.arrived.len()));
        if from < to {
            let arrived = &self.arrived[from - self.start..to - self.start];
            here[from - block.start..to - block.start].copy_from_slice(arrived);
        }
    }

    /// Range of the block of `step` in [`StateGradients::values`].
    pub fn at(&self, step: usize) -> Range<usize> {
        self.steps.block(self.steps.hidden, if self.turns.is_some() { step % 2 } else { step })
    }

    /// Prepares `step`, whose own gradient is complete: reserves that of the step before.
    pub fn enter(&mut self, step: usize) {
        self.receive(self.steps.previous(step));
    }

    /// The stored gradients: see [`StateGradients::at`].
    pub fn values(&self) -> &[Real] {
        self.turns.as_ref().unwrap_or(&self.arrived)
    }

    /// The same, mutable.
    pub fn values_mut(&mut self) -> &mut [Real] {
        self.turns.as_mut().unwrap_or(&mut self.arrived)
    }

    /// The present gradient of the step before `step`; `None` for the initial state.
    pub fn before(&mut self, step: usize) -> Option<&mut [Real]> {
        let at = self.at(self.steps.previous(step)?);
        Some(&mut self.values_mut()[at])
    }

    /// Returns the buffers.
    pub fn done(self, ctx: &mut Context<'_>) {
        ctx.keep_part(self.back, (self.start, self.arrived));
        if let Some(turns) = self.turns {
            ctx.give(turns);
        }
    }
}
