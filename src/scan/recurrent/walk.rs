//! Parameters, direction and order of steps of a recurrent scan.

use std::ops::Range;

use crate::Real;
use crate::grad::{Context, Tape, Var};

/// Number of columns (steps times samples) after which a backward pass adds to the weights' gradients.
const STRETCH: usize = 128;

/// The parameters of one recurrent layer in PyTorch's shapes: `w_ih` `[gates · hidden × features]`, `w_hh`
/// `[gates · hidden × hidden]`, `b_ih` and `b_hh` `[gates · hidden × 1]`.
#[derive(Debug, Clone, Copy)]
pub struct Weights {
    /// From the input to the gates.
    pub w_ih: Var,
    /// From the state to the gates.
    pub w_hh: Var,
    /// Added to the input's share.
    pub b_ih: Var,
    /// Added to the state's share.
    pub b_hh: Var,
}

/// Batch and direction of a sequence.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// Number of samples.
    pub batch: usize,
    /// From the last step to the first; outputs stay at their steps.
    pub reverse: bool,
}

impl Walk {
    /// From the first step to the last.
    pub fn forward(batch: usize) -> Self {
        Self { batch, reverse: false }
    }
}

/// Outputs of a recurrent scan: all `[hidden × (steps · batch)]` except `gates`.
#[derive(Debug, Clone, Copy)]
pub struct Outputs {
    /// Hidden state after each step.
    pub hidden: Var,
    /// Cell state after each step (LSTM).
    pub cell: Option<Var>,
    /// Activated gates `[gates · hidden × (steps · batch)]`, in PyTorch's order.
    pub gates: Option<Var>,
}

/// Sizes of one scan.
#[derive(Debug, Clone, Copy)]
pub struct Steps {
    pub count: usize,
    pub hidden: usize,
    pub batch: usize,
    pub reverse: bool,
}

impl Steps {
    pub fn new(tape: &Tape, x: Var, weights: &Weights, walk: Walk) -> Self {
        let ((features, columns), (_, hidden)) = (tape.shape(x), tape.shape(weights.w_hh));
        assert_eq!(columns % walk.batch, 0, "a sequence of whole steps is needed");
        assert_eq!(features, tape.shape(weights.w_ih).1, "w_ih does not fit the input");
        Self { count: columns / walk.batch, hidden, batch: walk.batch, reverse: walk.reverse }
    }

    /// The sizes in a record, and back.
    pub fn sizes(self) -> [usize; 4] {
        [self.count, self.hidden, self.batch, usize::from(self.reverse)]
    }

    pub fn of(ctx: &Context<'_>) -> Self {
        let [count, hidden, batch, reverse] = ctx.record.sizes;
        Self { count, hidden, batch, reverse: reverse == 1 }
    }

    /// The steps in the order of computation.
    pub fn order(self) -> impl DoubleEndedIterator<Item = usize> {
        (0..self.count).map(move |k| if self.reverse { self.count - 1 - k } else { k })
    }

    /// The step before `step` in that order; `None` for the initial state.
    pub fn previous(self, step: usize) -> Option<usize> {
        if self.reverse { Some(step + 1).filter(|p| *p < self.count) } else { step.checked_sub(1) }
    }

    /// Index range of one step of a matrix with `rows` rows.
    pub fn block(self, rows: usize, step: usize) -> std::ops::Range<usize> {
        let size = rows * self.batch;
        step * size..(step + 1) * size
    }

    /// The steps in stretches, in the order of a backward pass. The gradients of one stretch are still in the cache when the
    /// weights' gradients read them, and need no memory for the whole sequence.
    pub fn stretches(self) -> impl Iterator<Item = Range<usize>> {
        let size = STRETCH.div_ceil(self.batch);
        let count = self.count.div_ceil(size);
        (0..count).map(move |k| {
            let first = if self.reverse { k } else { count - 1 - k } * size;
            first..(first + size).min(self.count)
        })
    }

    /// The steps of a stretch in the order of a backward pass.
    pub fn backwards(self, stretch: &Range<usize>) -> impl Iterator<Item = usize> + use<> {
        let Range { start, end } = *stretch;
        (start..end).map(move |k| if self.reverse { k } else { start + end - 1 - k })
    }

    /// Number of values in the longest stretch, with `rows` rows.
    pub fn stretch_len(self, rows: usize) -> usize {
        STRETCH.div_ceil(self.batch).min(self.count) * self.batch * rows
    }

    /// The block of the state before `step`, in `states` or the initial state (empty if there is none).
    pub fn state_before<'a>(self, states: &'a [Real], initial: &'a [Real], step: usize) -> &'a [Real] {
        match self.previous(step) {
            Some(previous) => &states[self.block(self.hidden, previous)],
            None => initial,
        }
    }
}
