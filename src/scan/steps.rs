//! What the scans share: the order of the steps, the projection of the input, and the gradients of the weights.

use crate::Real;
use crate::grad::{Sweep, Tape, Var};
use crate::math::kernels::{Packed, outer};
use crate::scan::{Walk, Weights};

/// Places of a scan's inputs in its record.
pub const X: usize = 0;
pub const W_IH: usize = 1;
pub const W_HH: usize = 2;
pub const B_IH: usize = 3;
pub const B_HH: usize = 4;
pub const H0: usize = 5;
pub const C0: usize = 6;

/// Sizes of one scan.
#[derive(Debug, Clone, Copy)]
pub struct Steps {
    pub count: usize,
    pub hidden: usize,
    pub batch: usize,
    reverse: bool,
}

impl Steps {
    pub fn new(tape: &Tape, x: Var, weights: &Weights, walk: Walk) -> Self {
        let ((features, columns), (_, hidden)) = (tape.shape(x), tape.shape(weights.w_hh));
        assert_eq!(columns % walk.batch, 0, "a sequence of whole steps is needed");
        assert_eq!(features, tape.shape(weights.w_ih).1, "w_ih does not fit the input");
        Self { count: columns / walk.batch, hidden, batch: walk.batch, reverse: walk.reverse }
    }

    /// As stored in a record, and back.
    pub fn sizes(self) -> [usize; 4] {
        [self.count, self.hidden, self.batch, usize::from(self.reverse)]
    }

    pub fn of(sweep: &Sweep<'_>) -> Self {
        let [count, hidden, batch, reverse] = sweep.record.sizes;
        Self { count, hidden, batch, reverse: reverse == 1 }
    }

    /// The steps in the order in which they are computed.
    pub fn order(self) -> impl DoubleEndedIterator<Item = usize> {
        (0..self.count).map(move |k| if self.reverse { self.count - 1 - k } else { k })
    }

    /// The step whose state `step` starts from; `None`: the initial state.
    pub fn previous(self, step: usize) -> Option<usize> {
        if self.reverse { Some(step + 1).filter(|p| *p < self.count) } else { step.checked_sub(1) }
    }

    /// Numbers in one step of a matrix with `rows` rows.
    pub fn block(self, rows: usize, step: usize) -> std::ops::Range<usize> {
        let size = rows * self.batch;
        step * size..(step + 1) * size
    }

    /// The block of the state that `step` starts from, within `states` or the initial state (empty if there is none).
    pub fn state_before<'a>(self, states: &'a [Real], initial: &'a [Real], step: usize) -> &'a [Real] {
        match self.previous(step) {
            Some(previous) => &states[self.block(self.hidden, previous)],
            None => initial,
        }
    }
}

/// Disjoint blocks of one buffer: the one that `step` starts from to read, the one of `step` to write.
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

/// `z = W_ih x + bias 1ᵀ` for all steps at once; `bias` is the sum of those given.
pub fn project(tape: &Tape, packed: &mut Packed, weights: &Weights, x: Var, biases: &[Var], z: &mut [Real]) {
    let (rows, features) = tape.shape(weights.w_ih);
    for column in z.chunks_exact_mut(rows) {
        column.copy_from_slice(tape.value(biases[0]));
        for bias in &biases[1..] {
            column.iter_mut().zip(tape.value(*bias)).for_each(|(z, b)| *z += b);
        }
    }
    packed.pack(tape.value(weights.w_ih), rows, 0, rows, features);
    packed.times(tape.value(x), z, rows, true);
}

/// Gradients of `w_ih`, `b_ih` and the input, from the gradients `dz` of the pre-activations of all steps.
pub fn input_gradients(sweep: &mut Sweep<'_>, dz: &[Real]) {
    let (Some(x), Some(w_ih)) = (sweep.input(X), sweep.input(W_IH)) else { return };
    let (rows, features) = sweep.shape(w_ih);
    let (input, weights) = (sweep.value(x), sweep.value(w_ih));
    sweep.accumulate(W_IH, |grad, _| outer(dz, rows, rows, input, features, grad, rows));
    sweep.accumulate(B_IH, |grad, _| add_columns(grad, dz));
    if sweep.wanted(X).is_some() {
        let mut packed = std::mem::take(sweep.packed);
        packed.pack_transposed(weights, rows, 0, rows, features);
        sweep.accumulate(X, |grad, _| packed.times(dz, grad, features, true));
        *sweep.packed = packed;
    }
}

/// Adds to rows `first_row ..` of the gradient of `w_hh` what the gradients `du` `[rows × (steps · batch)]` (columns
/// `stride` apart, starting at their first row) of the state's share give, the states before each step being those of
/// `states`.
pub fn recurrent_gradient(
    sweep: &mut Sweep<'_>,
    steps: Steps,
    du: &[Real],
    stride: usize,
    (first_row, rows): (usize, usize),
    states: &[Real],
) {
    let Some(w_hh) = sweep.input(W_HH) else { return };
    let height = sweep.shape(w_hh).0;
    let initial = sweep.input(H0).map_or(&[][..], |h0| sweep.value(h0));
    let (hidden, batch, last) = (steps.hidden, steps.batch, steps.count - 1);
    sweep.accumulate(W_HH, |grad, _| {
        let to = &mut grad[first_row..];
        if last > 0 {
            // All steps but the first computed one, against all states but the last computed one.
            let (du_from, states_from) = if steps.reverse { (0, batch) } else { (batch, 0) };
            let states = &states[states_from * hidden..(states_from + last * batch) * hidden];
            outer(&du[du_from * stride..], stride, rows, states, hidden, to, height);
        }
        if !initial.is_empty() {
            let first = if steps.reverse { last } else { 0 };
            outer(&du[first * batch * stride..], stride, rows, initial, hidden, to, height);
        }
    });
}

/// `grad += Σ columns of dz`.
pub fn add_columns(grad: &mut [Real], dz: &[Real]) {
    for column in dz.chunks_exact(grad.len()) {
        grad.iter_mut().zip(column).for_each(|(g, d)| *g += d);
    }
}

/// Adds `Wᵀ g` to the gradient of the state before `step`: to its block of `states`, or to the initial state's gradient
/// where that is wanted.
pub fn to_state_before(
    sweep: &mut Sweep<'_>,
    steps: Steps,
    transposed: &Packed,
    g: &[Real],
    states: &mut [Real],
    step: usize,
) {
    match steps.previous(step) {
        Some(previous) => {
            transposed.times(g, &mut states[steps.block(steps.hidden, previous)], steps.hidden, true);
        }
        None => sweep.accumulate(H0, |grad, _| transposed.times(g, grad, steps.hidden, true)),
    }
}

/// Calls `add` with the block of `states` before `step`, or with the initial state's gradient (input `which`) where that
/// is wanted.
pub fn with_state_before(
    sweep: &mut Sweep<'_>,
    steps: Steps,
    which: usize,
    states: &mut [Real],
    step: usize,
    add: impl FnOnce(&mut [Real]),
) {
    match steps.previous(step) {
        Some(previous) => add(&mut states[steps.block(steps.hidden, previous)]),
        None => sweep.accumulate(which, |grad, _| add(grad)),
    }
}
