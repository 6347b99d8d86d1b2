//! The GRU with the reset gate after the matrix product, as `torch.nn.GRU` (cuDNN's form; Cho et al. 2014 with the
//! change described there).
//!
//! ```text
//! r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)             reset gate
//! z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)             update gate
//! n_t = tanh(W_in x_t + b_in + r_t ∘ (W_hn h_{t−1} + b_hn))  candidate
//! h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}                      z near 1 keeps the state
//!
//! x_t [features × batch]; all others [hidden × batch]. Rows are stacked r, z, n:
//! W_ih [3 hidden × features], W_hh [3 hidden × hidden], b_ih and b_hh [3 hidden × 1].
//! ```

use super::carried::StateGradients;
use super::steps::{self, B_HH, B_IH, H0, InputGradients, Projection, StepProduct};
use super::walk::{Outputs, Steps, Walk, Weights};
use crate::Real;
use crate::grad::{Record, Sweep, Tape, Var};
use crate::math::kernels::{Formula, Number, add_scaled, for_each, sigmoid, tanh};

/// By-products, counted back from the scan's own node.
const CANDIDATE_SHARES: usize = 1;
const GATES: usize = 2;

/// Runs `x` `[features × (steps · batch)]` from the state `h0` `[hidden × batch]` (zero if `None`).
pub fn gru(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, walk: Walk) -> Outputs {
    let s = Steps::new(tape, x, &weights, walk);
    let (n, columns) = (s.hidden, s.count * s.batch);
    let mut gates = tape.buffer(3 * n * columns);
    let mut shares = tape.buffer(n * columns);
    let mut states = tape.buffer(n * columns);
    let mut u = tape.scratch(3 * n * s.batch);

    let projection = Projection::new(tape, &weights, &[weights.b_ih], s.batch);
    let recurrent = StepProduct::new(tape, weights.w_hh, (0, 3 * n), s.batch);
    let zeros = tape.zeros(n * s.batch);
    let first = h0.map_or(&zeros[..], |h0| tape.value(h0));
    for step in s.order() {
        for column in u.chunks_exact_mut(3 * n) {
            column.copy_from_slice(tape.value(weights.b_hh));
        }
        let (before, h) = steps::before_and_at(s, &mut states, first, step);
        recurrent.add(tape, before, &mut u, 3 * n);
        let (z, share) = (&mut gates[s.block(3 * n, step)], &mut shares[s.block(n, step)]);
        projection.step(tape, x, z, s.batch, step);
        for sample in 0..s.batch {
            let (at, three) = (sample * n..(sample + 1) * n, sample * 3 * n..(sample + 1) * 3 * n);
            cell(&mut z[three.clone()], &u[three], &mut share[at.clone()], &before[at.clone()], &mut h[at]);
        }
    }
    recurrent.done(tape);
    projection.done(tape);
    tape.give(zeros);
    tape.give(u);

    let inputs = [Some(x), Some(weights.w_ih), Some(weights.w_hh), Some(weights.b_ih), Some(weights.b_hh), h0];
    let gates = tape.push_companion(3 * n, columns, gates, &inputs);
    tape.push_companion(n, columns, shares, &inputs);
    let record = Record::new(inputs, backward).with_sizes(s.sizes()).with_companions(2);
    let hidden = tape.push(n, columns, states, Some(record));
    Outputs { hidden, cell: None, gates: Some(gates) }
}

/// One sample's step: `gates` holds the input's share and receives r, z, n; `u` is the state's share.
#[inline(always)]
fn cell(gates: &mut [Real], u: &[Real], share: &mut [Real], before: &[Real], h: &mut [Real]) {
    let n = h.len();
    let (r, rest) = gates.split_at_mut(n);
    let (z, c) = rest.split_at_mut(n);
    let (ur, rest) = u.split_at(n);
    let (uz, un) = rest.split_at(n);
    for_each([ur, uz, un, before], [r, z, c, share, h], Forward);
}

struct Forward;

impl Formula<4, 5> for Forward {
    #[inline(always)]
    fn at<T: Number>(&self, [ur, uz, un, before]: [T; 4], [r, z, c, ..]: [T; 5]) -> [T; 5] {
        let (r, z) = (sigmoid(r + ur), sigmoid(z + uz));
        let c = tanh(r.mul_add(un, c));
        [r, z, c, un, z.mul_add(before - c, c)]
    }
}

fn backward(sweep: &mut Sweep<'_>) {
    let s = Steps::of(sweep);
    let n = s.hidden;
    let (gates, shares) = (sweep.value(sweep.companion(GATES)), sweep.value(sweep.companion(CANDIDATE_SHARES)));
    let states = sweep.output();
    let mut dh = StateGradients::take(sweep, s, 0);
    let mut dz = sweep.scratch(s.stretch_len(3 * n));
    let mut du = sweep.scratch(s.stretch_len(3 * n));
    let mut carried = sweep.scratch(n * s.batch);
    let mut state_sums = sweep.zeros(3 * n);
    let zeros = sweep.zeros(n * s.batch);
    let first = sweep.input(H0).map_or(&zeros[..], |h0| sweep.value(h0));

    let (mut transposed, mut inputs) = (sweep.take_packed(), InputGradients::new(sweep));
    if let Some(w_hh) = sweep.input(steps::W_HH) {
        transposed.pack_transposed(sweep.value(w_hh), 3 * n, 0, 3 * n, n);
    }
    for stretch in s.stretches() {
        for step in s.backwards(&stretch) {
            let (wide, at, here) = (s.block(3 * n, step), s.block(n, step), s.block(3 * n, step - stretch.start));
            let before = s.state_before(states, first, step);
            dh.enter(step);
            let dh_now = &dh.values()[dh.at(step)];
            for sample in 0..s.batch {
                let one = at.start + sample * n..at.start + (sample + 1) * n;
                let three = sample * 3 * n..(sample + 1) * 3 * n;
                let part = sample * n..(sample + 1) * n;
                cell_backward(
                    &gates[wide.clone()][three.clone()],
                    &shares[one],
                    &before[part.clone()],
                    &dh_now[part.clone()],
                    &mut dz[here.clone()][three.clone()],
                    &mut du[here.clone()][three],
                    &mut carried[part],
                );
            }
            steps::with_state_before(sweep, H0, &mut dh, step, |grad| {
                add_scaled(grad, &carried, 1.0);
            });
            steps::to_state_before(sweep, &transposed, &du[here], &mut dh, step, n);
        }
        let columns = stretch.len() * s.batch;
        let (dz, du) = (&dz[..columns * 3 * n], &du[..columns * 3 * n]);
        steps::recurrent_gradient(sweep, s, &stretch, du, 3 * n, (0, 3 * n), states);
        steps::add_columns(&mut state_sums, du);
        inputs.add(sweep, s, &stretch, dz);
    }
    inputs.done(sweep, &[B_IH]);
    sweep.accumulate(B_HH, |grad, _| add_scaled(grad, &state_sums, 1.0));
    sweep.give_packed(transposed);
    for buffer in [zeros, state_sums, carried, du, dz] {
        sweep.give(buffer);
    }
    dh.done(sweep);
}

/// One sample's step back: `dz` are the gradients of the input's share, `du` those of the state's; `carried` is what goes
/// straight to the state before.
#[inline(always)]
fn cell_backward(
    gates: &[Real],
    share: &[Real],
    before: &[Real],
    dh: &[Real],
    dz: &mut [Real],
    du: &mut [Real],
    carried: &mut [Real],
) {
    let n = dh.len();
    let (r, rest) = gates.split_at(n);
    let (z, c) = rest.split_at(n);
    let (dzr, rest) = dz.split_at_mut(n);
    let (dzz, dzn) = rest.split_at_mut(n);
    let (dur, rest) = du.split_at_mut(n);
    let (duz, dun) = rest.split_at_mut(n);
    for_each([r, z, c, share, before, dh], [dzr, dzz, dzn, dur, duz, dun, carried], Backward);
}

struct Backward;

impl Formula<6, 7> for Backward {
    #[inline(always)]
    fn at<T: Number>(&self, [r, z, c, share, before, dh]: [T; 6], _: [T; 7]) -> [T; 7] {
        let one = T::splat(1.0);
        let dn = dh * (one - z) * (one - c * c);
        let update = (dh * (before - c) * (z * (one - z))).flush();
        let reset = (dn * share * (r * (one - r))).flush();
        [reset, update, dn.flush(), reset, update, (dn * r).flush(), (dh * z).flush()]
    }
}
