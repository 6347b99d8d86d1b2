//! The scans once more, composed step by step of the tape's own operations: what the fast ones are tested against, value
//! and every gradient, and what they are measured against.

use crate::grad::{Tape, Var, ops};
use crate::scan::{Minimal, SelectiveInputs, Walk, Weights};

/// A state-to-state step of a recurrence, composed on the tape: `(x_t, h, c) → (h, c)`.
type Cell = fn(&mut Tape, Var, Weights, Var, Var) -> (Var, Var);

/// Runs a sequence with `cell`; gives hidden states and cell states `[hidden × (steps · batch)]`.
fn run(
    tape: &mut Tape,
    x: Var,
    weights: Weights,
    h0: Option<Var>,
    c0: Option<Var>,
    walk: Walk,
    cell: Cell,
) -> (Var, Var) {
    let hidden = tape.shape(weights.w_hh).1;
    let steps = tape.shape(x).1 / walk.batch;
    let mut h = h0.unwrap_or_else(|| tape.filled(hidden, walk.batch, 0.0));
    let mut c = c0.unwrap_or_else(|| tape.filled(hidden, walk.batch, 0.0));
    let (mut hs, mut cs): (Option<Var>, Option<Var>) = (None, None);
    for k in 0..steps {
        let step = if walk.reverse { steps - 1 - k } else { k };
        let x_t = ops::slice_columns(tape, x, step * walk.batch, walk.batch);
        (h, c) = cell(tape, x_t, weights, h, c);
        let mut append = |all: Option<Var>, one: Var| match all {
            None => one,
            Some(all) if walk.reverse => ops::concat_columns(tape, one, all),
            Some(all) => ops::concat_columns(tape, all, one),
        };
        hs = Some(append(hs, h));
        cs = Some(append(cs, c));
    }
    (hs.unwrap_or(h), cs.unwrap_or(c))
}

/// Both shares of the pre-activations, `W_ih x + b_ih` and `W_hh h + b_hh`.
fn shares(tape: &mut Tape, x: Var, weights: Weights, h: Var) -> (Var, Var) {
    (ops::linear(tape, weights.w_ih, x, Some(weights.b_ih)), ops::linear(tape, weights.w_hh, h, Some(weights.b_hh)))
}

/// Rows of the `k`-th gate.
fn gate(tape: &mut Tape, all: Var, k: usize, hidden: usize) -> Var {
    ops::slice_rows(tape, all, k * hidden, hidden)
}

/// The twin of [`super::rnn`].
pub fn rnn(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, walk: Walk) -> Var {
    run(tape, x, weights, h0, None, walk, |tape, x, weights, h, c| {
        let (a, u) = shares(tape, x, weights, h);
        let z = ops::add(tape, a, u);
        (ops::tanh(tape, z), c)
    })
    .0
}

/// The twin of [`super::lstm`]: hidden states and cell states.
pub fn lstm(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, c0: Option<Var>, walk: Walk) -> (Var, Var) {
    run(tape, x, weights, h0, c0, walk, |tape, x, weights, h, c| {
        let n = tape.shape(h).0;
        let (a, u) = shares(tape, x, weights, h);
        let z = ops::add(tape, a, u);
        let parts = [0, 1, 2, 3].map(|k| gate(tape, z, k, n));
        let (i, f) = (ops::sigmoid(tape, parts[0]), ops::sigmoid(tape, parts[1]));
        let (g, o) = (ops::tanh(tape, parts[2]), ops::sigmoid(tape, parts[3]));
        let (kept, new) = (ops::mul(tape, f, c), ops::mul(tape, i, g));
        let c = ops::add(tape, kept, new);
        let squashed = ops::tanh(tape, c);
        (ops::mul(tape, o, squashed), c)
    })
}

/// The twin of [`super::gru`].
pub fn gru(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, walk: Walk) -> Var {
    run(tape, x, weights, h0, None, walk, |tape, x, weights, h, c| {
        let n = tape.shape(h).0;
        let (a, u) = shares(tape, x, weights, h);
        let [ar, az, an] = [0, 1, 2].map(|k| gate(tape, a, k, n));
        let [ur, uz, un] = [0, 1, 2].map(|k| gate(tape, u, k, n));
        let (r, z) = (ops::add(tape, ar, ur), ops::add(tape, az, uz));
        let (r, z) = (ops::sigmoid(tape, r), ops::sigmoid(tape, z));
        let reset = ops::mul(tape, r, un);
        let candidate = ops::add(tape, an, reset);
        let candidate = ops::tanh(tape, candidate);
        // (1 − z) n + z h = n + z (h − n)
        let difference = ops::sub(tape, h, candidate);
        let step = ops::mul(tape, z, difference);
        (ops::add(tape, candidate, step), c)
    })
    .0
}

/// The twin of [`super::gru_reset_before`].
pub fn gru_reset_before(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, walk: Walk) -> Var {
    run(tape, x, weights, h0, None, walk, |tape, x, weights, h, c| {
        let n = tape.shape(h).0;
        let (a, u) = shares(tape, x, weights, h);
        let [ar, az, an] = [0, 1, 2].map(|k| gate(tape, a, k, n));
        let [ur, uz, _] = [0, 1, 2].map(|k| gate(tape, u, k, n));
        let (r, z) = (ops::add(tape, ar, ur), ops::add(tape, az, uz));
        let (r, z) = (ops::sigmoid(tape, r), ops::sigmoid(tape, z));
        let reset = ops::mul(tape, r, h);
        let un = ops::linear(tape, weights.w_hh, reset, Some(weights.b_hh));
        let un = gate(tape, un, 2, n);
        let candidate = ops::add(tape, an, un);
        let candidate = ops::tanh(tape, candidate);
        let difference = ops::sub(tape, candidate, h);
        let step = ops::mul(tape, z, difference);
        (ops::add(tape, h, step), c)
    })
    .0
}

/// The twin of [`super::minimal`].
pub fn minimal(tape: &mut Tape, z: Var, h0: Option<Var>, form: Minimal, batch: usize) -> Var {
    let (rows, columns) = tape.shape(z);
    let n = rows / form.gates();
    let mut h = h0.unwrap_or_else(|| tape.filled(n, batch, 0.0));
    let ones = tape.filled(n, batch, 1.0);
    let mut all: Option<Var> = None;
    for first in (0..columns).step_by(batch) {
        let z = ops::slice_columns(tape, z, first, batch);
        let gate_of = |tape: &mut Tape, k: usize| {
            let rows = gate(tape, z, k, n);
            ops::sigmoid(tape, rows)
        };
        let keep = if form.lstm {
            let (forget, input) = (gate_of(tape, 0), gate_of(tape, 1));
            let both = ops::add(tape, forget, input);
            ops::div(tape, forget, both)
        } else {
            let update = gate_of(tape, 0);
            ops::sub(tape, ones, update)
        };
        let mut candidate = gate(tape, z, form.gates() - 1, n);
        if form.positive {
            // max(v, 0) + σ(min(v, 0))
            let above = ops::relu(tape, candidate);
            let below = ops::sub(tape, candidate, above);
            let below = ops::sigmoid(tape, below);
            candidate = ops::add(tape, above, below);
        }
        let kept = ops::mul(tape, keep, h);
        let new = ops::sub(tape, ones, keep);
        let new = ops::mul(tape, new, candidate);
        h = ops::add(tape, kept, new);
        all = Some(all.map_or(h, |all| ops::concat_columns(tape, all, h)));
    }
    all.unwrap_or(h)
}

/// The twin of [`super::selective`].
pub fn selective(tape: &mut Tape, inputs: SelectiveInputs, h0: Option<Var>, batch: usize) -> (Var, Var) {
    let SelectiveInputs { u, delta, a_log, b, c, d } = inputs;
    let ((channels, columns), (_, state)) = (tape.shape(u), tape.shape(a_log));
    let ones = tape.filled(channels, 1, 1.0);
    let zeros = tape.filled(channels, batch, 0.0);
    let a = ops::exp(tape, a_log);
    let a = ops::scale(tape, a, -1.0);
    // The state's columns of channels, each [channels × batch].
    let mut h: Vec<Var> =
        (0..state).map(|n| h0.map_or(zeros, |h0| ops::slice_rows(tape, h0, n * channels, channels))).collect();
    let mut out: Option<Var> = None;
    for step in 0..columns / batch {
        let [u, delta, b, c] = [u, delta, b, c].map(|x| ops::slice_columns(tape, x, step * batch, batch));
        let through = ops::mul(tape, delta, u);
        let d = ops::add_column(tape, zeros, d);
        let mut y = ops::mul(tape, d, u);
        for (n, h) in h.iter_mut().enumerate() {
            // One row for all channels: B or C at this place of the state.
            let [b, c] = [b, c].map(|x| {
                let row = ops::slice_rows(tape, x, n, 1);
                ops::linear(tape, ones, row, None)
            });
            let pole = ops::slice_columns(tape, a, n, 1);
            let pole = ops::add_column(tape, zeros, pole);
            let exponent = ops::mul(tape, delta, pole);
            let factor = ops::exp(tape, exponent);
            let (stays, comes) = (ops::mul(tape, factor, *h), ops::mul(tape, through, b));
            *h = ops::add(tape, stays, comes);
            let read = ops::mul(tape, *h, c);
            y = ops::add(tape, y, read);
        }
        out = Some(match out {
            None => y,
            Some(out) => ops::concat_columns(tape, out, y),
        });
    }
    let last = h.into_iter().reduce(|above, below| ops::concat_rows(tape, above, below));
    (out.unwrap_or(u), last.unwrap_or(zeros))
}
