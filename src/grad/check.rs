//! Gradients compared with central differences, for tests and for authors of an operation.

use crate::Real;
use crate::grad::{Tape, Var};
use crate::math::Rng;

/// Largest relative difference between the tape's gradients and central differences.
///
/// `inputs` are `(rows, cols, values)` of the leaves; `build` computes one matrix from them. The matrix is contracted with random
/// weights to a scalar `L`, and along `directions` seeded random directions `v` over all inputs at once `⟨∇L, v⟩` is compared with
/// `(L(x + εv) − L(x − εv)) / 2ε`, as in HIPS/autograd's `check_vjp`. Each input is also checked alone along one direction, so that
/// a large gradient cannot hide a small one. Useful with the feature `f64`; in `f32` the differences are mostly rounding.
pub fn worst_relative_error(
    inputs: &[(usize, usize, Vec<Real>)],
    directions: usize,
    seed: u64,
    mut build: impl FnMut(&mut Tape, &[Var]) -> Var,
) -> f64 {
    let mut rng = Rng::new(seed, 0);
    let mut tape = Tape::new(true);
    let leaves: Vec<Var> = inputs.iter().map(|(rows, cols, values)| tape.leaf(*rows, *cols, values)).collect();
    let out = build(&mut tape, &leaves);
    let weights: Vec<Real> = tape.value(out).iter().map(|_| crate::narrow(rng.normal())).collect();
    tape.backward_from(&[(out, &weights)]);
    let grads: Vec<Vec<Real>> = leaves
        .iter()
        .zip(inputs)
        .map(|(leaf, (_, _, values))| {
            let grad = tape.grad(*leaf);
            if grad.is_empty() { vec![0.0; values.len()] } else { grad.to_vec() }
        })
        .collect();

    let mut along = |direction: &[Vec<f64>]| {
        let slope: f64 =
            grads.iter().zip(direction).flat_map(|(g, v)| g.iter().zip(v).map(|(g, v)| crate::wide(*g) * v)).sum();
        let mut at = |epsilon: f64| -> f64 {
            let mut tape = Tape::new(false);
            let moved: Vec<Var> = inputs
                .iter()
                .zip(direction)
                .map(|((rows, cols, values), v)| {
                    let values: Vec<Real> =
                        values.iter().zip(v).map(|(x, v)| crate::narrow(crate::wide(*x) + epsilon * v)).collect();
                    tape.leaf(*rows, *cols, &values)
                })
                .collect();
            let out = build(&mut tape, &moved);
            tape.value(out).iter().zip(&weights).map(|(o, w)| crate::wide(*o) * crate::wide(*w)).sum()
        };
        // Fourth-order central difference, whose own error stays well below the tolerance.
        let h = 2e-4;
        let difference = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
        (slope - difference).abs() / slope.abs().max(difference.abs()).max(1e-3)
    };

    let mut worst: f64 = 0.0;
    let mut random = |only: Option<usize>| -> Vec<Vec<f64>> {
        let draw = |k: usize, n: usize, rng: &mut Rng| -> Vec<f64> {
            (0..n).map(|_| if only.is_none_or(|o| o == k) { rng.normal() } else { 0.0 }).collect()
        };
        inputs.iter().enumerate().map(|(k, (_, _, values))| draw(k, values.len(), &mut rng)).collect()
    };
    for only in (0..directions).map(|_| None).chain((0..inputs.len()).map(Some)) {
        worst = worst.max(along(&random(only)));
    }
    worst
}
