//! The vanilla RNN (Elman 1990), as `torch.nn.RNN` with tanh.
//!
//! ```text
//! h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)
//!
//! x_t [features × batch]   input        W_ih [hidden × features]
//! h_t [hidden × batch]     state        W_hh [hidden × hidden]    b_ih, b_hh [hidden × 1]
//! ```

use super::{Backward, Cell, Forward, Operand, Outputs, Product, Skip, Walk, Weights, run};
use crate::grad::{Tape, Var};
use crate::math::kernels::{Formula, Number, for_each, tanh};

/// Runs `x` `[features × (steps · batch)]` from the state `h0` `[hidden × batch]` (zero if `None`).
pub fn rnn(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, walk: Walk) -> Outputs {
    run::<Rnn>(tape, x, weights, [h0, None], walk)
}

struct Rnn;

impl Cell for Rnn {
    const GATES: usize = 1;
    const KEEPS_GATES: bool = false;
    const KEPT: usize = 0;
    const PRODUCTS: &'static [Product] = &[Product { gates: 0..1, reads: Operand::HiddenBefore }];
    const SKIP: Option<Skip> = None;

    #[inline(always)]
    fn forward(_: usize, step: Forward<'_>) {
        for_each([], [step.gates], Tanh);
    }

    #[inline(always)]
    fn backward(_: usize, step: Backward<'_>) {
        for_each([step.gates, step.d_hidden], [step.d_gates], TanhBackward);
    }
}

struct Tanh;

impl Formula<0, 1> for Tanh {
    #[inline(always)]
    fn at<T: Number>(&self, _: [T; 0], [z]: [T; 1]) -> [T; 1] {
        [tanh(z)]
    }
}

struct TanhBackward;

impl Formula<2, 1> for TanhBackward {
    #[inline(always)]
    fn at<T: Number>(&self, [h, dh]: [T; 2], _: [T; 1]) -> [T; 1] {
        [(dh * (T::splat(1.0) - h * h)).flush()]
    }
}
