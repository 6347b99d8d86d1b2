//! The GRU with the reset gate before the matrix product, in the convention of Chung et al. 2014.
//!
//! ```text
//! r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)             reset gate
//! z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)             update gate
//! n_t = tanh(W_in x_t + b_in + W_hn (r_t ∘ h_{t−1}) + b_hn)  candidate
//! h_t = (1 − z_t) ∘ h_{t−1} + z_t ∘ n_t                      z near 1 replaces the state
//!
//! Shapes and stacking as in the form of `torch.nn.GRU`; only the two last lines differ.
//! ```

use super::steps::{self, B_HH, H0, Steps};
use super::{Outputs, Walk, Weights};
use crate::Real;
use crate::grad::{Record, Sweep, Tape, Var};
use crate::math::kernels::{Packed, flush, sigmoid, tanh};

/// By-products, counted back from the scan's own node.
const RESET_STATES: usize = 1;
const GATES: usize = 2;

/// Runs `x` `[features × (steps · batch)]` from the state `h0` `[hidden × batch]` (zero if `None`).
pub fn gru_reset_before(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, walk: Walk) -> Outputs {
    let s = Steps::new(tape, x, &weights, walk);
    let (n, columns) = (s.hidden, s.count * s.batch);
    let mut gates = tape.buffer(3 * n * columns);
    let mut reset_states = tape.buffer(n * columns);
    let mut states = tape.buffer(n * columns);

    let (mut packed, mut candidate) = (tape.take_packed(), Packed::default());
    steps::project(tape, &mut packed, &weights, x, &[weights.b_ih, weights.b_hh], &mut gates);
    packed.pack(tape.value(weights.w_hh), 3 * n, 0, 2 * n, n);
    candidate.pack(tape.value(weights.w_hh), 3 * n, 2 * n, n, n);
    let zeros = if h0.is_none() { vec![0.0; n * s.batch] } else { Vec::new() };
    let first = h0.map_or(&zeros[..], |h0| tape.value(h0));
    for step in s.order() {
        let (before, h) = steps::before_and_at(s, &mut states, first, step);
        let (g, rh) = (&mut gates[s.block(3 * n, step)], &mut reset_states[s.block(n, step)]);
        packed.times(before, g, 3 * n, true);
        for ((g, rh), before) in g.chunks_exact_mut(3 * n).zip(rh.chunks_exact_mut(n)).zip(before.chunks_exact(n)) {
            g[..2 * n].iter_mut().for_each(|gate| *gate = sigmoid(*gate));
            for ((rh, r), h) in rh.iter_mut().zip(&g[..n]).zip(before) {
                *rh = r * h;
            }
        }
        candidate.times(rh, &mut g[2 * n..], 3 * n, true);
        for ((g, h), before) in g.chunks_exact_mut(3 * n).zip(h.chunks_exact_mut(n)).zip(before.chunks_exact(n)) {
            let (z, c) = g[n..].split_at_mut(n);
            for k in 0..n {
                c[k] = tanh(c[k]);
                h[k] = (1.0 - z[k]) * before[k] + z[k] * c[k];
            }
        }
    }
    tape.give_packed(packed);

    let inputs = [Some(x), Some(weights.w_ih), Some(weights.w_hh), Some(weights.b_ih), Some(weights.b_hh), h0];
    let gates = tape.push_companion(3 * n, columns, gates, &inputs);
    tape.push_companion(n, columns, reset_states, &inputs);
    let record = Record::new(inputs, backward).with_sizes(s.sizes()).with_companions(2);
    let hidden = tape.push(n, columns, states, Some(record));
    Outputs { hidden, cell: None, gates: Some(gates) }
}

fn backward(sweep: &mut Sweep<'_>) {
    let s = Steps::of(sweep);
    let n = s.hidden;
    let (gates, reset_states) = (sweep.value(sweep.companion(GATES)), sweep.value(sweep.companion(RESET_STATES)));
    let states = sweep.output();
    let mut dh = sweep.take_upstream();
    let mut dz = sweep.scratch(gates.len());
    let mut d_reset = sweep.scratch(n * s.batch);
    let mut carried = sweep.scratch(n * s.batch);
    let mut zeros = sweep.scratch(n * s.batch);
    zeros.fill(0.0);
    let first = sweep.input(H0).map_or(&zeros[..], |h0| sweep.value(h0));

    let (mut transposed, mut candidate) = (Packed::default(), Packed::default());
    std::mem::swap(&mut transposed, sweep.packed);
    if let Some(w_hh) = sweep.input(steps::W_HH) {
        transposed.pack_transposed(sweep.value(w_hh), 3 * n, 0, 2 * n, n);
        candidate.pack_transposed(sweep.value(w_hh), 3 * n, 2 * n, n, n);
    }
    let mut dn = sweep.scratch(n * s.batch);
    let mut d_gates = sweep.scratch(2 * n * s.batch);
    for step in s.order().rev() {
        let (g, at) = (&gates[s.block(3 * n, step)], s.block(n, step));
        let before = s.state_before(states, first, step);
        let dh_now = &dh[at];
        for sample in 0..s.batch {
            let (_, z, c) = gates_of(g, n, sample);
            for k in 0..n {
                let place = sample * n + k;
                let d = dh_now[place];
                dn[place] = flush(d * z[k] * (1.0 - c[k] * c[k]));
                d_gates[sample * 2 * n + n + k] = flush(d * (c[k] - before[place]) * z[k] * (1.0 - z[k]));
                carried[place] = d * (1.0 - z[k]);
            }
        }
        candidate.times(&dn, &mut d_reset, n, false);
        for sample in 0..s.batch {
            let (r, ..) = gates_of(g, n, sample);
            for k in 0..n {
                let place = sample * n + k;
                d_gates[sample * 2 * n + k] = flush(d_reset[place] * before[place] * r[k] * (1.0 - r[k]));
                carried[place] = flush(carried[place] + d_reset[place] * r[k]);
            }
        }
        for (sample, out) in dz[s.block(3 * n, step)].chunks_exact_mut(3 * n).enumerate() {
            out[..2 * n].copy_from_slice(&d_gates[sample * 2 * n..(sample + 1) * 2 * n]);
            out[2 * n..].copy_from_slice(&dn[sample * n..(sample + 1) * n]);
        }
        steps::with_state_before(sweep, s, H0, &mut dh, step, |grad| {
            grad.iter_mut().zip(&carried).for_each(|(g, c)| *g += c);
        });
        steps::to_state_before(sweep, s, &transposed, &d_gates, &mut dh, step);
    }
    std::mem::swap(&mut transposed, sweep.packed);
    steps::recurrent_gradient(sweep, s, &dz, 3 * n, (0, 2 * n), states);
    sweep.accumulate(steps::W_HH, |grad, _| {
        crate::math::kernels::outer(&dz[2 * n..], 3 * n, n, reset_states, n, &mut grad[2 * n..], 3 * n);
    });
    sweep.accumulate(B_HH, |grad, _| steps::add_columns(grad, &dz));
    steps::input_gradients(sweep, &dz);
    for buffer in [d_gates, dn, zeros, carried, d_reset, dz] {
        sweep.give(buffer);
    }
    sweep.keep(dh);
}

/// The gates r, z, n of one sample within a step's block.
fn gates_of(block: &[Real], n: usize, sample: usize) -> (&[Real], &[Real], &[Real]) {
    let g = &block[sample * 3 * n..(sample + 1) * 3 * n];
    (&g[..n], &g[n..2 * n], &g[2 * n..])
}
