//! The GRU with the reset gate after the matrix product, as `torch.nn.GRU` (cuDNN's form; Cho et al. 2014 with the change described
//! there).
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

use super::steps::{rows, rows_mut};
use super::{Backward, Cell, Forward, Operand, Outputs, Product, Skip, Walk, Weights, run};
use crate::grad::{Tape, Var};
use crate::math::kernels::{Formula, Number, for_each, sigmoid, tanh};

/// Runs `x` `[features × (steps · batch)]` from the state `h0` `[hidden × batch]` (zero if `None`).
pub fn gru(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, walk: Walk) -> Outputs {
    run::<Gru>(tape, x, weights, [h0, None], walk)
}

/// Keeps the state's share of the candidate.
struct Gru;

impl Cell for Gru {
    const GATES: usize = 3;
    const KEPT: usize = 1;
    const PRODUCTS: &'static [Product] = &[Product { gates: 0..3, reads: Operand::HiddenBefore }];
    const APART: bool = true;
    const SKIP: Option<Skip> = Some(Skip::Hidden);

    #[inline(always)]
    fn forward(_: usize, step: Forward<'_>) {
        let ([r, z, c], [ur, uz, un]) = (rows_mut(step.gates), rows(step.state_share));
        let [share, _] = step.kept;
        for_each([ur, uz, un, step.hidden_before], [r, z, c, share, step.hidden], Equations);
    }

    #[inline(always)]
    fn backward(_: usize, step: Backward<'_>) {
        let ([r, z, c], [share, _]) = (rows(step.gates), step.kept);
        let ([dzr, dzz, dzn], [dur, duz, dun]) = (rows_mut(step.d_gates), rows_mut(step.d_share));
        let reads = [r, z, c, share, step.hidden_before, step.d_hidden];
        for_each(reads, [dzr, dzz, dzn, dur, duz, dun, step.d_skip], Derivatives);
    }
}

struct Equations;

impl Formula<4, 5> for Equations {
    #[inline(always)]
    fn at<T: Number>(&self, [ur, uz, un, before]: [T; 4], [r, z, c, ..]: [T; 5]) -> [T; 5] {
        let (r, z) = (sigmoid(r + ur), sigmoid(z + uz));
        let c = tanh(r.mul_add(un, c));
        [r, z, c, un, z.mul_add(before - c, c)]
    }
}

struct Derivatives;

impl Formula<6, 7> for Derivatives {
    #[inline(always)]
    fn at<T: Number>(&self, [r, z, c, share, before, dh]: [T; 6], _: [T; 7]) -> [T; 7] {
        let one = T::splat(1.0);
        let dn = dh * (one - z) * (one - c * c);
        let update = (dh * (before - c) * (z * (one - z))).flush();
        let reset = (dn * share * (r * (one - r))).flush();
        [reset, update, dn.flush(), reset, update, (dn * r).flush(), (dh * z).flush()]
    }
}
