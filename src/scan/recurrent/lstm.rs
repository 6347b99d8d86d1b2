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

use super::{
    Backward, Cell, Forward, Operand, Outputs, Product, Skip, Walk, Weights, run,
    steps::{rows, rows_mut},
};
use crate::grad::{Tape, Var};
use crate::math::kernels::{Formula, Number, for_each, sigmoid, tanh};

/// Runs `x` `[features × (steps · batch)]` from the states `h0` and `c0` `[hidden × batch]` (zero if `None`).
pub fn lstm(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, c0: Option<Var>, walk: Walk) -> Outputs {
    run::<Lstm>(tape, x, weights, [h0, c0], walk)
}

/// Keeps the cell state and its tanh.
struct Lstm;

impl Cell for Lstm {
    const GATES: usize = 4;
    const KEPT: usize = 2;
    const PRODUCTS: &'static [Product] = &[Product { gates: 0..4, reads: Operand::HiddenBefore }];
    const SKIP: Option<Skip> = Some(Skip::Cell);

    #[inline(always)]
    fn forward(_: usize, step: Forward<'_>) {
        let [i, f, g, o] = rows_mut(step.gates);
        let [c, c_tanh] = step.kept;
        for_each([step.cell_before], [i, f, g, o, c, c_tanh, step.hidden], Equations);
    }

    #[inline(always)]
    fn backward(_: usize, step: Backward<'_>) {
        let ([i, f, g, o], [di, df, dg, d_o]) = (rows(step.gates), rows_mut(step.d_gates));
        let reads = [i, f, g, o, step.cell_before, step.kept[1], step.d_hidden];
        for_each(reads, [di, df, dg, d_o, step.d_cell, step.d_skip], Derivatives);
    }
}

struct Equations;

impl Formula<1, 7> for Equations {
    #[inline(always)]
    fn at<T: Number>(&self, [c_before]: [T; 1], [i, f, g, o, ..]: [T; 7]) -> [T; 7] {
        let (i, f, g, o) = (sigmoid(i), sigmoid(f), tanh(g), sigmoid(o));
        let c = f.mul_add(c_before, i * g);
        let c_tanh = tanh(c);
        [i, f, g, o, c, c_tanh, o * c_tanh]
    }
}

struct Derivatives;

impl Formula<7, 6> for Derivatives {
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
