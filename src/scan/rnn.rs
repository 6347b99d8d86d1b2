//! The vanilla RNN (Elman 1990), as `torch.nn.RNN` with tanh.
//!
//! ```text
//! h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)
//!
//! x_t [features × batch]   input        W_ih [hidden × features]
//! h_t [hidden × batch]     state        W_hh [hidden × hidden]    b_ih, b_hh [hidden × 1]
//! ```

use super::carried::StateGradients;
use super::steps::{self, B_HH, B_IH, InputGradients, Projection, StepProduct};
use super::walk::{Outputs, Steps, Walk, Weights};
use crate::grad::{Record, Sweep, Tape, Var};
use crate::math::kernels::{Formula, Number, for_each, tanh};

/// Runs `x` `[features × (steps · batch)]` from the state `h0` `[hidden × batch]` (zero if `None`).
pub fn rnn(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, walk: Walk) -> Outputs {
    let s = Steps::new(tape, x, &weights, walk);
    let columns = s.count * s.batch;
    let mut states = tape.buffer(s.hidden * columns);
    let projection = Projection::new(tape, &weights, &[weights.b_ih, weights.b_hh], s.batch);
    let recurrent = StepProduct::new(tape, weights.w_hh, (0, s.hidden), s.batch);
    let initial = h0.map_or(&[][..], |h0| tape.value(h0));
    for step in s.order() {
        let (before, at) = steps::before_and_at(s, &mut states, initial, step);
        projection.step(tape, x, at, s.batch, step);
        recurrent.add(tape, before, at, s.hidden);
        for_each([], [at], Forward);
    }
    recurrent.done(tape);
    projection.done(tape);
    let inputs = [Some(x), Some(weights.w_ih), Some(weights.w_hh), Some(weights.b_ih), Some(weights.b_hh), h0];
    let hidden = tape.push(s.hidden, columns, states, Some(Record::new(inputs, backward).with_sizes(s.sizes())));
    Outputs { hidden, cell: None, gates: None }
}

struct Forward;

impl Formula<0, 1> for Forward {
    #[inline(always)]
    fn at<T: Number>(&self, _: [T; 0], [z]: [T; 1]) -> [T; 1] {
        [tanh(z)]
    }
}

struct Backward;

impl Formula<2, 1> for Backward {
    #[inline(always)]
    fn at<T: Number>(&self, [h, dh]: [T; 2], _: [T; 1]) -> [T; 1] {
        [(dh * (T::splat(1.0) - h * h)).flush()]
    }
}

fn backward(sweep: &mut Sweep<'_>) {
    let s = Steps::of(sweep);
    let states = sweep.output();
    let mut dh = StateGradients::take(sweep, s, 0);
    let mut dz = sweep.scratch(s.stretch_len(s.hidden));
    let (mut transposed, mut inputs) = (sweep.take_packed(), InputGradients::new(sweep));
    if let Some(w_hh) = sweep.input(steps::W_HH) {
        transposed.pack_transposed(sweep.value(w_hh), s.hidden, 0, s.hidden, s.hidden);
    }
    for stretch in s.stretches() {
        for step in s.backwards(&stretch) {
            let (at, here) = (s.block(s.hidden, step), s.block(s.hidden, step - stretch.start));
            dh.enter(step);
            for_each([&states[at], &dh.values()[dh.at(step)]], [&mut dz[here.clone()]], Backward);
            steps::to_state_before(sweep, &transposed, &dz[here], &mut dh, step, s.hidden);
        }
        let dz = &dz[..stretch.len() * s.batch * s.hidden];
        steps::recurrent_gradient(sweep, s, &stretch, dz, s.hidden, (0, s.hidden), states);
        inputs.add(sweep, s, &stretch, dz);
    }
    inputs.done(sweep, &[B_IH, B_HH]);
    sweep.give_packed(transposed);
    sweep.give(dz);
    dh.done(sweep);
}
