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

use super::carried::StateGradients;
use super::steps::{self, B_HH, B_IH, H0, InputGradients, Projection, StepProduct, W_HH};
use super::walk::{Outputs, Steps, Walk, Weights};
use crate::Real;
use crate::grad::{Record, Sweep, Tape, Var};
use crate::math::kernels::{Formula, Number, add_scaled, for_each, outer, sigmoid, tanh};

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

    let projection = Projection::new(tape, &weights, &[weights.b_ih, weights.b_hh], s.batch);
    let gate_product = StepProduct::new(tape, weights.w_hh, (0, 2 * n), s.batch);
    let candidate = StepProduct::new(tape, weights.w_hh, (2 * n, n), s.batch);
    let zeros = tape.zeros(n * s.batch);
    let first = h0.map_or(&zeros[..], |h0| tape.value(h0));
    for step in s.order() {
        let (before, h) = steps::before_and_at(s, &mut states, first, step);
        let (g, rh) = (&mut gates[s.block(3 * n, step)], &mut reset_states[s.block(n, step)]);
        projection.step(tape, x, g, s.batch, step);
        gate_product.add(tape, before, g, 3 * n);
        for ((g, rh), before) in g.chunks_exact_mut(3 * n).zip(rh.chunks_exact_mut(n)).zip(before.chunks_exact(n)) {
            let (r, z) = g[..2 * n].split_at_mut(n);
            for_each([before], [r, z, rh], Gates);
        }
        candidate.add(tape, rh, &mut g[2 * n..], 3 * n);
        for ((g, h), before) in g.chunks_exact_mut(3 * n).zip(h.chunks_exact_mut(n)).zip(before.chunks_exact(n)) {
            let (z, c) = g[n..].split_at_mut(n);
            for_each([z, before], [c, h], Mix);
        }
    }
    candidate.done(tape);
    gate_product.done(tape);
    projection.done(tape);
    tape.give(zeros);

    let inputs = [Some(x), Some(weights.w_ih), Some(weights.w_hh), Some(weights.b_ih), Some(weights.b_hh), h0];
    let gates = tape.push_companion(3 * n, columns, gates, &inputs);
    tape.push_companion(n, columns, reset_states, &inputs);
    let record = Record::new(inputs, backward).with_sizes(s.sizes()).with_companions(2);
    let hidden = tape.push(n, columns, states, Some(record));
    Outputs { hidden, cell: None, gates: Some(gates) }
}

/// Reset and update gates, and the reset state.
struct Gates;

impl Formula<1, 3> for Gates {
    #[inline(always)]
    fn at<T: Number>(&self, [before]: [T; 1], [r, z, _]: [T; 3]) -> [T; 3] {
        let r = sigmoid(r);
        [r, sigmoid(z), r * before]
    }
}

/// Candidate and state.
struct Mix;

impl Formula<2, 2> for Mix {
    #[inline(always)]
    fn at<T: Number>(&self, [z, before]: [T; 2], [c, _]: [T; 2]) -> [T; 2] {
        let c = tanh(c);
        [c, z.mul_add(c - before, before)]
    }
}

/// Gradients of candidate and update gate, and what goes straight to the state before.
struct MixBackward;

impl Formula<4, 3> for MixBackward {
    #[inline(always)]
    fn at<T: Number>(&self, [z, c, before, dh]: [T; 4], _: [T; 3]) -> [T; 3] {
        let one = T::splat(1.0);
        let dn = dh * z * (one - c * c);
        let update = dh * (c - before) * (z * (one - z));
        [dn.flush(), update.flush(), dh * (one - z)]
    }
}

/// Gradient of the reset gate; adds what goes to the state before through it.
struct GatesBackward;

impl Formula<3, 2> for GatesBackward {
    #[inline(always)]
    fn at<T: Number>(&self, [r, before, d_reset]: [T; 3], [_, carried]: [T; 2]) -> [T; 2] {
        let reset = d_reset * before * (r * (T::splat(1.0) - r));
        [reset.flush(), d_reset.mul_add(r, carried).flush()]
    }
}

fn backward(sweep: &mut Sweep<'_>) {
    let s = Steps::of(sweep);
    let n = s.hidden;
    let (gates, reset_states) = (sweep.value(sweep.companion(GATES)), sweep.value(sweep.companion(RESET_STATES)));
    let states = sweep.output();
    let mut dh = StateGradients::take(sweep, s, 0);
    let mut dz = sweep.scratch(s.stretch_len(3 * n));
    let mut d_reset = sweep.scratch(n * s.batch);
    let mut carried = sweep.scratch(n * s.batch);
    let mut dn = sweep.scratch(n * s.batch);
    let mut d_gates = sweep.scratch(2 * n * s.batch);
    let zeros = sweep.zeros(n * s.batch);
    let first = sweep.input(H0).map_or(&zeros[..], |h0| sweep.value(h0));

    let (mut transposed, mut candidate) = (sweep.take_packed(), sweep.take_packed());
    let mut inputs = InputGradients::new(sweep);
    if let Some(w_hh) = sweep.input(W_HH) {
        transposed.pack_transposed(sweep.value(w_hh), 3 * n, 0, 2 * n, n);
        candidate.pack_transposed(sweep.value(w_hh), 3 * n, 2 * n, n, n);
    }
    for stretch in s.stretches() {
        for step in s.backwards(&stretch) {
            let (g, here) = (&gates[s.block(3 * n, step)], s.block(3 * n, step - stretch.start));
            let before = s.state_before(states, first, step);
            dh.enter(step);
            let dh_now = &dh.values()[dh.at(step)];
            for sample in 0..s.batch {
                let (_, z, c) = gates_of(g, n, sample);
                let (at, update) = (sample * n..(sample + 1) * n, (2 * sample + 1) * n..(2 * sample + 2) * n);
                for_each(
                    [z, c, &before[at.clone()], &dh_now[at.clone()]],
                    [&mut dn[at.clone()], &mut d_gates[update], &mut carried[at]],
                    MixBackward,
                );
            }
            candidate.times(&dn, &mut d_reset, n, false);
            for sample in 0..s.batch {
                let (r, ..) = gates_of(g, n, sample);
                let (at, reset) = (sample * n..(sample + 1) * n, 2 * sample * n..(2 * sample + 1) * n);
                for_each(
                    [r, &before[at.clone()], &d_reset[at.clone()]],
                    [&mut d_gates[reset], &mut carried[at]],
                    GatesBackward,
                );
            }
            for (sample, out) in dz[here].chunks_exact_mut(3 * n).enumerate() {
                out[..2 * n].copy_from_slice(&d_gates[sample * 2 * n..(sample + 1) * 2 * n]);
                out[2 * n..].copy_from_slice(&dn[sample * n..(sample + 1) * n]);
            }
            steps::with_state_before(sweep, H0, &mut dh, step, |grad| {
                add_scaled(grad, &carried, 1.0);
            });
            steps::to_state_before(sweep, &transposed, &d_gates, &mut dh, step, n);
        }
        let dz = &dz[..stretch.len() * s.batch * 3 * n];
        steps::recurrent_gradient(sweep, s, &stretch, dz, 3 * n, (0, 2 * n), states);
        let reset_states = &reset_states[stretch.start * s.batch * n..stretch.end * s.batch * n];
        sweep.accumulate(W_HH, |grad, _| outer(&dz[2 * n..], 3 * n, n, reset_states, n, &mut grad[2 * n..], 3 * n));
        inputs.add(sweep, s, &stretch, dz);
    }
    inputs.done(sweep, &[B_IH, B_HH]);
    sweep.give_packed(candidate);
    sweep.give_packed(transposed);
    for buffer in [zeros, d_gates, dn, carried, d_reset, dz] {
        sweep.give(buffer);
    }
    dh.done(sweep);
}

/// The gates r, z, n of one sample within a step's block.
fn gates_of(block: &[Real], n: usize, sample: usize) -> (&[Real], &[Real], &[Real]) {
    let g = &block[sample * 3 * n..(sample + 1) * 3 * n];
    (&g[..n], &g[n..2 * n], &g[2 * n..])
}
