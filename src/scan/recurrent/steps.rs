//! The products of a recurrent scan: the projection of the input, and the gradients of the weights.

use std::ops::Range;

use super::carried::StateGradients;
use super::walk::{Steps, Weights};
use crate::Real;
use crate::grad::{Context, Tape, Var};
use crate::math::kernels::{Formula, Number, Packed, add_scaled, for_each, outer, times_column};

/// `N` blocks of equally many rows of one column.
#[inline(always)]
pub fn rows<const N: usize>(column: &[Real]) -> [&[Real]; N] {
    let n = column.len() / N;
    let mut rest = column;
    std::array::from_fn(|_| {
        let (block, after) = rest.split_at(n);
        rest = after;
        block
    })
}

/// The same, mutable.
#[inline(always)]
pub fn rows_mut<const N: usize>(column: &mut [Real]) -> [&mut [Real]; N] {
    let n = column.len() / N;
    let mut rest = column;
    std::array::from_fn(|_| {
        let (block, after) = std::mem::take(&mut rest).split_at_mut(n);
        rest = after;
        block
    })
}

/// Indices of a scan's inputs in its record.
pub const X: usize = 0;
pub const W_IH: usize = 1;
pub const W_HH: usize = 2;
pub const B_IH: usize = 3;
pub const B_HH: usize = 4;
pub const H0: usize = 5;
pub const C0: usize = 6;

/// Disjoint blocks of one buffer: that of the step before `step` to read, and that of `step` to write.
pub fn before_and_at<'a>(
    steps: Steps,
    states: &'a mut [Real],
    initial: &'a [Real],
    step: usize,
) -> (&'a [Real], &'a mut [Real]) {
    let at = steps.block(steps.hidden, step);
    match steps.previous(step) {
        None => (initial, &mut states[at]),
        Some(previous) => {
            let before = steps.block(steps.hidden, previous);
            let (low, high) = states.split_at_mut(at.start.max(before.start));
            let size = at.len();
            if previous < step { (&low[before], &mut high[..size]) } else { (&high[..size], &mut low[at]) }
        }
    }
}

/// Some rows of a weight matrix for a product at every step: packed, except for a single sample.
#[derive(Debug)]
pub struct StepProduct {
    matrix: Var,
    first_row: usize,
    rows: usize,
    packed: Option<Packed>,
}

impl StepProduct {
    /// Prepares products of rows `first_row .. first_row + rows` of `matrix` with steps of `batch` columns.
    pub fn new(tape: &mut Tape, matrix: Var, (first_row, rows): (usize, usize), batch: usize) -> Self {
        let (height, cols) = tape.shape(matrix);
        let packed = (batch > 1).then(|| {
            let mut packed = tape.take_packed();
            packed.pack(tape.value(matrix), height, first_row, rows, cols);
            packed
        });
        Self { matrix, first_row, rows, packed }
    }

    /// `y += W x`, with columns of `y` at distance `stride`.
    pub fn add(&self, tape: &Tape, x: &[Real], y: &mut [Real], stride: usize) {
        match &self.packed {
            Some(packed) => packed.times(x, y, stride, true),
            None => {
                let height = tape.shape(self.matrix).0;
                times_column(&tape.value(self.matrix)[self.first_row..], height, x, &mut y[..self.rows], true);
            }
        }
    }

    /// Returns the buffer.
    pub fn done(self, tape: &mut Tape) {
        if let Some(packed) = self.packed {
            tape.give_packed(packed);
        }
    }
}

/// The input's share of the pre-activations, a step at a time, so that it is in the cache when the state's is added.
#[derive(Debug)]
pub struct Projection {
    w_ih: StepProduct,
    bias: Vec<Real>,
    features: usize,
}

impl Projection {
    /// Prepares steps of `batch` columns; `biases` are summed.
    pub fn new(tape: &mut Tape, weights: &Weights, biases: &[Var], batch: usize) -> Self {
        let (rows, features) = tape.shape(weights.w_ih);
        let (w_ih, mut bias) = (StepProduct::new(tape, weights.w_ih, (0, rows), batch), tape.zeros(rows));
        for &one in biases {
            add_scaled(&mut bias, tape.value(one), 1.0);
        }
        Self { w_ih, bias, features }
    }

    /// `z = W_ih x_t + bias 1ᵀ` `[rows × batch]`, with `x` the whole sequence.
    pub fn step(&self, tape: &Tape, x: Var, z: &mut [Real], batch: usize, step: usize) {
        z.chunks_exact_mut(self.bias.len()).for_each(|column| column.copy_from_slice(&self.bias));
        let size = self.features * batch;
        self.w_ih.add(tape, &tape.value(x)[step * size..(step + 1) * size], z, self.bias.len());
    }

    /// Returns the buffers.
    pub fn done(self, tape: &mut Tape) {
        self.w_ih.done(tape);
        tape.give(self.bias);
    }
}

/// Gradients of `w_ih`, the bias and the input, from the gradients of the pre-activations, stretch by stretch.
#[derive(Debug)]
pub struct InputGradients {
    transposed: Packed,
    sums: Vec<Real>,
}

impl InputGradients {
    /// Empty gradients.
    pub fn new(ctx: &mut Context<'_>) -> Self {
        let (mut transposed, mut sums) = (ctx.take_packed(), Vec::new());
        if let Some(w_ih) = ctx.input(W_IH) {
            let (rows, features) = ctx.shape(w_ih);
            sums = ctx.scratch(rows);
            sums.fill(0.0);
            if ctx.wanted(X).is_some() {
                transposed.pack_transposed(ctx.value(w_ih), rows, 0, rows, features);
            }
        }
        Self { transposed, sums }
    }

    /// Adds the gradients `dz` `[rows × (steps · batch)]` of the steps of `stretch`.
    pub fn add(&mut self, ctx: &mut Context<'_>, steps: Steps, stretch: &Range<usize>, dz: &[Real]) {
        let (Some(x), Some(w_ih)) = (ctx.input(X), ctx.input(W_IH)) else { return };
        let (rows, features) = ctx.shape(w_ih);
        let columns = stretch.start * steps.batch * features..stretch.end * steps.batch * features;
        let input = &ctx.value(x)[columns.clone()];
        add_columns(&mut self.sums, dz);
        ctx.accumulate(W_IH, |grad, _| outer(dz, rows, rows, input, features, grad, rows));
        ctx.accumulate(X, |grad, _| self.transposed.times(dz, &mut grad[columns], features, true));
    }

    /// Adds the bias's gradient to those of the `biases` that have it, and returns the buffers.
    pub fn done(self, ctx: &mut Context<'_>, biases: &[usize]) {
        for &bias in biases {
            ctx.accumulate(bias, |grad, _| add_scaled(grad, &self.sums, 1.0));
        }
        ctx.give(self.sums);
        ctx.give_packed(self.transposed);
    }
}

/// Adds to rows `first_row ..` of the gradient of `w_hh` the contribution of the gradients `du` `[rows × (steps · batch)]` (columns
/// at distance `stride`, from their first row) of the state's share in the steps of `stretch`, with the previous states from
/// `states`.
pub fn recurrent_gradient(
    ctx: &mut Context<'_>,
    steps: Steps,
    stretch: &Range<usize>,
    du: &[Real],
    stride: usize,
    (first_row, rows): (usize, usize),
    states: &[Real],
) {
    let Some(w_hh) = ctx.input(W_HH) else { return };
    let height = ctx.shape(w_hh).0;
    let initial = ctx.input(H0).map_or(&[][..], |h0| ctx.value(h0));
    let (size, batch) = (steps.hidden * steps.batch, steps.batch);
    ctx.accumulate(W_HH, |grad, _| {
        let to = &mut grad[first_row..];
        // The steps with a previous step in the sequence, and the first computed one if it is among them.
        let (from, after, first) = if steps.reverse {
            let after = stretch.end.min(steps.count - 1);
            (stretch.start, after, (stretch.end == steps.count).then_some(steps.count - 1))
        } else {
            (stretch.start.max(1), stretch.end, (stretch.start == 0).then_some(0))
        };
        let place = |step: usize| (step - stretch.start) * batch * stride;
        if after > from {
            let before = if steps.reverse { from + 1 } else { from - 1 };
            let states = &states[before * size..][..(after - from) * size];
            outer(&du[place(from)..], stride, rows, states, steps.hidden, to, height);
        }
        if let Some(first) = first.filter(|_| !initial.is_empty()) {
            outer(&du[place(first)..], stride, rows, initial, steps.hidden, to, height);
        }
    });
}

/// `sums += Σ columns of dz`, four at a time.
pub fn add_columns(sums: &mut [Real], dz: &[Real]) {
    let rows = sums.len();
    let mut four = dz.chunks_exact(4 * rows);
    for columns in &mut four {
        let (ab, cd) = columns.split_at(2 * rows);
        let ((a, b), (c, d)) = (ab.split_at(rows), cd.split_at(rows));
        for_each([a, b, c, d], [sums], Sum);
    }
    for column in four.remainder().chunks_exact(rows) {
        add_scaled(sums, column, 1.0);
    }
}

struct Sum;

impl Formula<4, 1> for Sum {
    #[inline(always)]
    fn at<T: Number>(&self, [a, b, c, d]: [T; 4], [sum]: [T; 1]) -> [T; 1] {
        [sum + ((a + b) + (c + d))]
    }
}

/// Adds `Wᵀ g` to the gradient of the state before `step`: to its block of `states`, or to the initial state's gradient if that is
/// needed.
pub fn to_state_before(
    ctx: &mut Context<'_>,
    transposed: &Packed,
    g: &[Real],
    states: &mut StateGradients,
    step: usize,
    hidden: usize,
) {
    match states.before(step) {
        Some(before) => transposed.times(g, before, hidden, true),
        None => ctx.accumulate(H0, |grad, _| transposed.times(g, grad, hidden, true)),
    }
}

/// Calls `add` with the block of `states` before `step`, or with the initial state's gradient (input `which`) if that is needed.
pub fn with_state_before(
    ctx: &mut Context<'_>,
    which: usize,
    states: &mut StateGradients,
    step: usize,
    add: impl FnOnce(&mut [Real]),
) {
    match states.before(step) {
        Some(before) => add(before),
        None => ctx.accumulate(which, |grad, _| add(grad)),
    }
}
