//! The LSTM (Hochreiter and Schmidhuber 1997) with a forget gate (Gers et al. 2000), as `torch.nn.LSTM`.
//!
//! ```text
//! i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)      input gate
//! f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)      forget gate
//! g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)   candidate
//! o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)      output gate
//! c_t = f_t ∘ c_{t−1} + i_t ∘ g_t                     cell state
//! h_t = o_t ∘ tanh(c_t)                               hidden state
//!
//! x_t [features × batch]; all others [hidden × batch]. The gates' rows are stacked in the order i, f, g, o:
//! W_ih [4 hidden × features], W_hh [4 hidden × hidden], b_ih and b_hh [4 hidden × 1].
//! ```

use super::carried::StateGradients;
use super::steps::{self, B_HH, B_IH, C0, InputGradients, Projection, StepProduct};
use super::walk::{Outputs, Steps, Walk, Weights};
use crate::Real;
use crate::grad::{Record, Sweep, Tape, Var};
use crate::math::kernels::{Formula, Number, add_scaled, for_each, sigmoid, tanh};

/// By-products, counted back from the scan's own node.
const CELLS: usize = 1;
const CELLS_TANH: usize = 2;
const GATES: usize = 3;

/// Runs `x` `[features × (steps · batch)]` from the states `h0` and `c0` `[hidden × batch]` (zero if `None`).
pub fn lstm(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, c0: Option<Var>, walk: Walk) -> Outputs {
    let s = Steps::new(tape, x, &weights, walk);
    let (n, columns) = (s.hidden, s.count * s.batch);
    let mut gates = tape.buffer(4 * n * columns);
    let mut cells_tanh = tape.buffer(n * columns);
    let mut cells = tape.buffer(n * columns);
    let mut states = tape.buffer(n * columns);

    let projection = Projection::new(tape, &weights, &[weights.b_ih, weights.b_hh], s.batch);
    let recurrent = StepProduct::new(tape, weights.w_hh, (0, 4 * n), s.batch);
    let zeros = tape.zeros(n * s.batch);
    let first_h = h0.map_or(&[][..], |h0| tape.value(h0));
    let first_c = c0.map_or(&zeros[..], |c0| tape.value(c0));
    for step in s.order() {
        let z = &mut gates[s.block(4 * n, step)];
        let (h_before, h) = steps::before_and_at(s, &mut states, first_h, step);
        projection.step(tape, x, z, s.batch, step);
        recurrent.add(tape, h_before, z, 4 * n);
        let (c_before, c) = steps::before_and_at(s, &mut cells, first_c, step);
        let c_tanh = &mut cells_tanh[s.block(n, step)];
        for sample in 0..s.batch {
            let at = sample * n..(sample + 1) * n;
            let z = &mut z[sample * 4 * n..(sample + 1) * 4 * n];
            cell(z, &c_before[at.clone()], &mut c[at.clone()], &mut c_tanh[at.clone()], &mut h[at]);
        }
    }
    recurrent.done(tape);
    tape.give(zeros);
    projection.done(tape);

    let inputs = [Some(x), Some(weights.w_ih), Some(weights.w_hh), Some(weights.b_ih), Some(weights.b_hh), h0, c0];
    let gates = tape.push_companion(4 * n, columns, gates, &inputs);
    tape.push_companion(n, columns, cells_tanh, &inputs);
    let cell = tape.push_companion(n, columns, cells, &inputs);
    let record = Record::new(inputs, backward).with_sizes(s.sizes()).with_companions(3);
    let hidden = tape.push(n, columns, states, Some(record));
    Outputs { hidden, cell: Some(cell), gates: Some(gates) }
}

/// One sample's step: `z` holds the pre-activations and receives the gates.
#[inline(always)]
fn cell(z: &mut [Real], c_before: &[Real], c: &mut [Real], c_tanh: &mut [Real], h: &mut [Real]) {
    let n = h.len();
    let (i, rest) = z.split_at_mut(n);
    let (f, rest) = rest.split_at_mut(n);
    let (g, o) = rest.split_at_mut(n);
    for_each([c_before], [i, f, g, o, c, c_tanh, h], Forward);
}

struct Forward;

impl Formula<1, 7> for Forward {
    #[inline(always)]
    fn at<T: Number>(&self, [c_before]: [T; 1], [i, f, g, o, ..]: [T; 7]) -> [T; 7] {
        let (i, f, g, o) = (sigmoid(i), sigmoid(f), tanh(g), sigmoid(o));
        let c = f.mul_add(c_before, i * g);
        let c_tanh = tanh(c);
        [i, f, g, o, c, c_tanh, o * c_tanh]
    }
}

fn backward(sweep: &mut Sweep<'_>) {
    let s = Steps::of(sweep);
    let n = s.hidden;
    let (gates, cells) = (sweep.value(sweep.companion(GATES)), sweep.value(sweep.companion(CELLS)));
    let (cells_tanh, states) = (sweep.value(sweep.companion(CELLS_TANH)), sweep.output());
    let mut dh = StateGradients::take(sweep, s, 0);
    let mut dc = StateGradients::take(sweep, s, CELLS);
    let mut dz = sweep.scratch(s.stretch_len(4 * n));
    let mut carried = sweep.scratch(n * s.batch);
    let zeros = sweep.zeros(n * s.batch);
    let first_c = sweep.input(C0).map_or(&zeros[..], |c0| sweep.value(c0));

    let (mut transposed, mut inputs) = (sweep.take_packed(), InputGradients::new(sweep));
    if let Some(w_hh) = sweep.input(steps::W_HH) {
        transposed.pack_transposed(sweep.value(w_hh), 4 * n, 0, 4 * n, n);
    }
    for stretch in s.stretches() {
        for step in s.backwards(&stretch) {
            let (wide, at, here) = (s.block(4 * n, step), s.block(n, step), s.block(4 * n, step - stretch.start));
            let c_before = s.state_before(cells, first_c, step);
            dh.enter(step);
            dc.enter(step);
            let (dh_now, dc_at) = (&dh.values()[dh.at(step)], dc.at(step));
            let dc_now = &mut dc.values_mut()[dc_at];
            for sample in 0..s.batch {
                let one = at.start + sample * n..at.start + (sample + 1) * n;
                let four = sample * 4 * n..(sample + 1) * 4 * n;
                let part = sample * n..(sample + 1) * n;
                cell_backward(
                    &gates[wide.clone()][four.clone()],
                    &c_before[part.clone()],
                    &cells_tanh[one],
                    &dh_now[part.clone()],
                    &mut dc_now[part.clone()],
                    &mut dz[here.clone()][four],
                    &mut carried[part],
                );
            }
            steps::with_state_before(sweep, C0, &mut dc, step, |grad| {
                add_scaled(grad, &carried, 1.0);
            });
            steps::to_state_before(sweep, &transposed, &dz[here], &mut dh, step, n);
        }
        let dz = &dz[..stretch.len() * s.batch * 4 * n];
        steps::recurrent_gradient(sweep, s, &stretch, dz, 4 * n, (0, 4 * n), states);
        inputs.add(sweep, s, &stretch, dz);
    }
    inputs.done(sweep, &[B_IH, B_HH]);
    sweep.give_packed(transposed);
    dc.done(sweep);
    for buffer in [zeros, carried, dz] {
        sweep.give(buffer);
    }
    dh.done(sweep);
}

/// One sample's step back: completes `dc`, fills `dz`, and leaves in `carried` what goes to the cell state before.
#[inline(always)]
fn cell_backward(
    gates: &[Real],
    c_before: &[Real],
    c_tanh: &[Real],
    dh: &[Real],
    dc: &mut [Real],
    dz: &mut [Real],
    carried: &mut [Real],
) {
    let n = dh.len();
    let (i, rest) = gates.split_at(n);
    let (f, rest) = rest.split_at(n);
    let (g, o) = rest.split_at(n);
    let (di, rest) = dz.split_at_mut(n);
    let (df, rest) = rest.split_at_mut(n);
    let (dg, d_o) = rest.split_at_mut(n);
    for_each([i, f, g, o, c_before, c_tanh, dh], [di, df, dg, d_o, dc, carried], Backward);
}

struct Backward;

impl Formula<7, 6> for Backward {
    #[inline(always)]
    fn at<T: Number>(&self, [i, f, g, o, c_before, c_tanh, dh]: [T; 7], [.., dc, _]: [T; 6]) -> [T; 6] {
        let one = T::splat(1.0);
        let dc = dh.mul_add(o * (one - c_tanh * c_tanh), dc);
        let di = dc * g * (i * (one - i));
        let df = dc * c_before * (f * (one - f));
        let dg = dc * i * (one - g * g);
        let d_o = dh * c_tanh * (o * (one - o));
        [di.flush(), df.flush(), dg.flush(), d_o.flush(), dc, (dc * f).flush()]
    }
}
