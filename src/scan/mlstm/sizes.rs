//! Sizes of one scan, and the positions of its inputs and outputs.

use crate::Real;
use crate::grad::Context;

/// Steps of a chunk: about as many as a head has rows, where both forms cost the same.
pub const CHUNK: usize = 32;

/// Added to the divisor, as in the published code.
pub(super) const EPSILON: Real = 1e-6;

/// Indices of the inputs in the record.
pub(super) const Q: usize = 0;
pub(super) const K: usize = 1;
pub(super) const V: usize = 2;
pub(super) const INPUT_GATE: usize = 3;
pub(super) const FORGET_GATE: usize = 4;
pub(super) const MEMORY0: usize = 5;
pub(super) const STABILISER0: usize = 6;

/// Auxiliary outputs, counted back from the scan's own node.
pub(super) const STABILISER: usize = 1;
pub(super) const LAST: usize = 2;
pub(super) const READ: usize = 3;
pub(super) const KEPT: usize = 4;

/// Sizes of one scan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) rows: usize,
    pub(super) heads: usize,
    pub(super) batch: usize,
    pub(super) steps: usize,
    pub(super) exponential: bool,
}

impl Sizes {
    pub(super) fn of(ctx: &Context<'_>) -> Self {
        let [heads, batch, steps, exponential] = ctx.record.sizes;
        Self { rows: ctx.output_shape().0, heads, batch, steps, exponential: exponential == 1 }
    }

    /// Rows of one head.
    pub(super) fn head(self) -> usize {
        self.rows / self.heads
    }

    /// Distance from one step of a sample to the next, in a sequence of `rows` rows.
    pub(super) fn stride(self) -> usize {
        self.rows * self.batch
    }

    /// Number of values in one head's memory and normaliser.
    pub(super) fn memory(self) -> usize {
        self.head() * (self.head() + 1)
    }

    pub(super) fn chunks(self) -> usize {
        self.steps.div_ceil(CHUNK)
    }

    pub(super) fn scale(self) -> Real {
        1.0 / (self.head() as Real).sqrt()
    }

    /// Index of the gates of view `view` at `step`; a view is one head of one sample.
    pub(super) fn gate(self, view: usize, step: usize) -> usize {
        step * self.heads * self.batch + view
    }

    /// Index of a view's first number at `step`.
    pub(super) fn first(self, view: usize, step: usize) -> usize {
        step * self.stride() + view * self.head()
    }

    /// Copies a view's columns of `steps` steps from `step` on, times `factor`, into columns of `to` at distance `apart`.
    #[inline(never)]
    pub(super) fn gather(
        self,
        from: &[Real],
        view: usize,
        step: usize,
        factor: Real,
        (to, apart): (&mut [Real], usize),
    ) {
        let d = self.head();
        for (k, to) in to.chunks_exact_mut(apart).enumerate() {
            let from = &from[self.first(view, step + k)..][..d];
            to[..d].iter_mut().zip(from).for_each(|(to, x)| *to = factor * x);
        }
    }
}
