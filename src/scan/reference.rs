//! Reference implementations of the scans, composed step by step of the tape's own operations. Tests compare the fast scans with
//! them, value and every gradient, and benches compare their speed.

use crate::grad::{Tape, Var, ops};
use crate::scan::{LEAST, Minimal, MlstmInputs, SelectiveInputs, SlstmInputs, Walk, Weights};

/// One step of a recurrence, composed on the tape: `(x_t, h, c) → (h, c)`.
type Cell = fn(&mut Tape, Var, Weights, Var, Var) -> (Var, Var);

/// Runs a sequence with `cell`; returns hidden states and cell states `[hidden × (steps · batch)]`.
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

/// The reference implementation of [`super::rnn`].
pub fn rnn(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, walk: Walk) -> Var {
    run(tape, x, weights, h0, None, walk, |tape, x, weights, h, c| {
        let (a, u) = shares(tape, x, weights, h);
        let z = ops::add(tape, a, u);
        (ops::tanh(tape, z), c)
    })
    .0
}

/// The reference implementation of [`super::lstm`]: hidden states and cell states.
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

/// The reference implementation of [`super::gru`].
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

/// The reference implementation of [`super::gru_reset_before`].
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

/// The reference implementation of [`super::minimal`].
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

/// The reference implementation of [`super::selective`].
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
            // One row for all channels: B or C at this index of the state.
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

/// The larger of two, entry by entry.
fn larger(tape: &mut Tape, a: Var, b: Var) -> Var {
    let above = ops::sub(tape, b, a);
    let above = ops::relu(tape, above);
    ops::add(tape, a, above)
}

/// Stabiliser, input and forget gate from their pre-activations and the previous stabiliser; unlike the fast scans, this is
/// differentiated through the stabiliser.
fn stabilised(tape: &mut Tape, i: Var, f: Var, m: Var, exponential: bool) -> [Var; 3] {
    let log_f = if exponential {
        f
    } else {
        let minus = ops::scale(tape, f, -1.0);
        let minus = ops::softplus(tape, minus);
        ops::scale(tape, minus, -1.0)
    };
    let kept = ops::add(tape, log_f, m);
    let m = larger(tape, i, kept);
    let [i, f] = [i, kept].map(|x| {
        let away = ops::sub(tape, x, m);
        ops::exp(tape, away)
    });
    [m, i, f]
}

/// `f ∘ before + i ∘ new`.
fn gated(tape: &mut Tape, [f, before]: [Var; 2], [i, new]: [Var; 2]) -> Var {
    let (kept, new) = (ops::mul(tape, f, before), ops::mul(tape, i, new));
    ops::add(tape, kept, new)
}

/// Appends a step to a sequence.
fn append(tape: &mut Tape, all: Option<Var>, one: Var) -> Option<Var> {
    Some(all.map_or(one, |all| ops::concat_columns(tape, all, one)))
}

/// The reference implementation of [`super::slstm`]: hidden states, and after the last step cell state, normaliser and stabiliser,
/// stacked.
pub fn slstm(tape: &mut Tape, inputs: SlstmInputs, h0: Option<Var>, memory0: Option<Var>, batch: usize) -> (Var, Var) {
    let SlstmInputs { gates, r, bias, exponential } = inputs;
    let ((hidden, columns), (_, d)) = (tape.shape(gates[0]), tape.shape(r));
    let ones = tape.filled(hidden, batch, 1.0);
    let mut h = h0.unwrap_or_else(|| tape.filled(hidden, batch, 0.0));
    let [mut c, mut n, mut m] = [0, 1, 2].map(|k| match memory0 {
        Some(memory) => ops::slice_rows(tape, memory, k * hidden, hidden),
        None => tape.filled(hidden, batch, if k == 2 { LEAST } else { 0.0 }),
    });
    let mut all = None;
    for first in (0..columns).step_by(batch) {
        let mut k = 0;
        let [i, f, z, o] = gates.map(|gate| {
            // One head's rows, from its own part of the state.
            let mixed = (0..hidden / d).map(|head| {
                let part = ops::slice_rows(tape, h, head * d, d);
                let weights = ops::slice_rows(tape, r, (head * 4 + k) * d, d);
                ops::linear(tape, weights, part, None)
            });
            let mixed: Vec<Var> = mixed.collect();
            let mixed = mixed.into_iter().reduce(|above, below| ops::concat_rows(tape, above, below)).unwrap_or(h);
            let bias = ops::slice_rows(tape, bias, k * hidden, hidden);
            let x = ops::slice_columns(tape, gate, first, batch);
            let x = ops::add_column(tape, x, bias);
            k += 1;
            ops::add(tape, x, mixed)
        });
        let [now, i, f] = stabilised(tape, i, f, m, exponential);
        let (z, o) = (ops::tanh(tape, z), ops::sigmoid(tape, o));
        m = now;
        c = gated(tape, [f, c], [i, z]);
        n = gated(tape, [f, n], [i, ones]);
        let share = ops::div(tape, c, n);
        h = ops::mul(tape, o, share);
        all = append(tape, all, h);
    }
    let last = ops::concat_rows(tape, c, n);
    (all.unwrap_or(h), ops::concat_rows(tape, last, m))
}

/// The reference implementation of [`super::mlstm`], one step after another: hidden states.
pub fn mlstm(
    tape: &mut Tape,
    inputs: MlstmInputs,
    memory0: Option<Var>,
    stabiliser0: Option<Var>,
    batch: usize,
) -> Var {
    let MlstmInputs { q, k, v, input_gate, forget_gate, exponential } = inputs;
    let ((rows, columns), (heads, _)) = (tape.shape(q), tape.shape(input_gate));
    let d = rows / heads;
    // One number for each sample, repeated for all rows; and the sum over rows.
    let (spread, gather) = (tape.filled(d, 1, 1.0), tape.filled(1, d, 1.0));
    let ones = tape.filled(1, batch, 1.0);
    let epsilon = tape.filled(1, batch, 1e-6);
    let mut out: Option<Var> = None;
    for head in 0..heads {
        // The memory's columns, one for each row of the values, followed by the normaliser: each [d × batch].
        let mut memory: Vec<Var> = (0..=d)
            .map(|column| match memory0 {
                Some(memory0) => ops::slice_rows(tape, memory0, (head * (d + 1) + column) * d, d),
                None => tape.filled(d, batch, 0.0),
            })
            .collect();
        let mut m = match stabiliser0 {
            Some(m) => ops::slice_rows(tape, m, head, 1),
            None => tape.filled(1, batch, LEAST),
        };
        let mut all = None;
        for first in (0..columns).step_by(batch) {
            let [q, k, v] = [q, k, v].map(|x| {
                let x = ops::slice_columns(tape, x, first, batch);
                ops::slice_rows(tape, x, head * d, d)
            });
            let q = ops::scale(tape, q, 1.0 / (d as crate::Real).sqrt());
            let [i, f] = [input_gate, forget_gate].map(|x| {
                let x = ops::slice_columns(tape, x, first, batch);
                ops::slice_rows(tape, x, head, 1)
            });
            let [now, i, f] = stabilised(tape, i, f, m, exponential);
            m = now;
            let f = ops::linear(tape, spread, f, None);
            let mut reads = Vec::new();
            for (row, column) in memory.iter_mut().enumerate() {
                let value = if row < d { ops::slice_rows(tape, v, row, 1) } else { ones };
                let written = ops::mul(tape, i, value);
                let written = ops::linear(tape, spread, written, None);
                *column = gated(tape, [f, *column], [written, k]);
                let read = ops::mul(tape, *column, q);
                reads.push(ops::linear(tape, gather, read, None));
            }
            let along = reads.pop().unwrap_or(ones);
            let away = ops::scale(tape, along, -1.0);
            let size = larger(tape, along, away);
            let bound = ops::scale(tape, m, -1.0);
            let bound = ops::exp(tape, bound);
            let divisor = larger(tape, size, bound);
            let divisor = ops::add(tape, divisor, epsilon);
            let h: Vec<Var> = reads.into_iter().map(|read| ops::div(tape, read, divisor)).collect();
            let h = h.into_iter().reduce(|above, below| ops::concat_rows(tape, above, below)).unwrap_or(ones);
            all = append(tape, all, h);
        }
        if let Some(all) = all {
            out = Some(out.map_or(all, |above| ops::concat_rows(tape, above, all)));
        }
    }
    out.unwrap_or(q)
}
