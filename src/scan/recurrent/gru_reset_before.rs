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

use super::steps::{rows, rows_mut};
use super::{Backward, Cell, Forward, Operand, Outputs, Product, Skip, Walk, Weights, run};
use crate::grad::{Tape, Var};
use crate::math::kernels::{Formula, Number, for_each, sigmoid, tanh};

/// Runs `x` `[features × (steps · batch)]` from the state `h0` `[hidden × batch]` (zero if `None`).
pub fn gru_reset_before(tape: &mut Tape, x: Var, weights: Weights, h0: Option<Var>, walk: Walk) -> Outputs {
    run::<GruResetBefore>(tape, x, weights, [h0, None], walk)
}

/// Keeps the reset state `r ∘ h`, the input of the second product.
struct GruResetBefore;

/// Index of the first product, for both gates.
const GATES: usize = 0;

impl Cell for GruResetBefore {
    const GATES: usize = 3;
    const KEPT: usize = 1;
    const PRODUCTS: &'static [Product] =
        &[Product { gates: 0..2, reads: Operand::HiddenBefore }, Product { gates: 2..3, reads: Operand::Kept(0) }];
    const SKIP: Option<Skip> = Some(Skip::Hidden);

    #[inline(always)]
    fn forward(product: usize, step: Forward<'_>) {
        let ([r, z, c], [reset_state, _]) = (rows_mut(step.gates), step.kept);
        if product == GATES {
            for_each([step.hidden_before], [r, z, reset_state], Gates);
        } else {
            for_each([&*z, step.hidden_before], [c, step.hidden], Mix);
        }
    }

    #[inline(always)]
    fn backward(product: usize, step: Backward<'_>) {
        let ([r, z, c], [dr, dz, dn]) = (rows(step.gates), rows_mut(step.d_gates));
        if product == GATES {
            for_each([r, step.hidden_before, step.d_read], [dr, step.d_skip], GatesBackward);
        } else {
            for_each([z, c, step.hidden_before, step.d_hidden], [dn, dz, step.d_skip], MixBackward);
        }
    }
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

/// Gradients of candidate and update gate, and the share that goes directly to the previous state.
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

/// Gradient of the reset gate; adds its share to the gradient of the previous state.
struct GatesBackward;

impl Formula<3, 2> for GatesBackward {
    #[inline(always)]
    fn at<T: Number>(&self, [r, before, d_reset]: [T; 3], [_, carried]: [T; 2]) -> [T; 2] {
        let reset = d_reset * before * (r * (T::splat(1.0) - r));
        [reset.flush(), d_reset.mul_add(r, carried).flush()]
    }
}
