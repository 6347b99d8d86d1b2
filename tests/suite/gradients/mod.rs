//! Every gradient compared with central differences, and every scan with its plain reference implementation.
//!
//! The bounds of the differences hold in `f64` (`cargo test --features f64`); in `f32` rounding hides them, so only the reference
//! implementations are compared.

mod gated;
mod minimal;
mod operations;
mod selective;
mod xlstm;

use unrolled::Real;
use unrolled::grad::{Tape, Var, check::worst_relative_error, ops};
use unrolled::math::Rng;
use unrolled::{narrow, wide};

/// Largest relative error of a gradient in f64.
const TOLERANCE: f64 = 1e-6;

/// Rows, columns and numbers.
type Matrix = (usize, usize, Vec<Real>);

fn random(rows: usize, cols: usize, rng: &mut Rng) -> Matrix {
    (rows, cols, (0..rows * cols).map(|_| narrow(0.6 * rng.normal())).collect())
}

/// Matrices as leaves of a tape.
fn leaves(tape: &mut Tape, inputs: &[Matrix]) -> Vec<Var> {
    inputs.iter().map(|(rows, cols, x)| tape.leaf(*rows, *cols, x)).collect()
}

/// A penalty with a different weight for each entry of `out`.
fn penalty(tape: &mut Tape, out: Var) -> Var {
    let squared = ops::mul(tape, out, out);
    ops::sum(tape, squared)
}

fn report(name: &str, error: f64) {
    println!("{name:<34} largest relative error {error:.1e}");
    if cfg!(feature = "f64") {
        assert!(error < TOLERANCE, "{name}: {error:e}");
    }
}

/// Tolerance between a scan and its reference implementation.
struct Near {
    /// Largest error, relative to the largest number of a matrix.
    tolerance: f64,
    /// Smallest denominator of the relative error.
    least: f64,
}

/// Scans that do the same arithmetic as their references in another order.
const NEAR: Near = Near { tolerance: if cfg!(feature = "f64") { 1e-12 } else { 2e-5 }, least: 1e-3 };

/// Compares a scan (`run` with `true`) with its reference implementation, value and every gradient, and the scan with central differences.
fn same_as_twin(name: &str, inputs: &[Matrix], near: &Near, run: impl Fn(&mut Tape, &[Var], bool) -> Var) {
    let all = |fast: bool| -> Vec<Vec<Real>> {
        let mut tape = Tape::new(true);
        let v = leaves(&mut tape, inputs);
        let out = run(&mut tape, &v, fast);
        let loss = penalty(&mut tape, out);
        tape.backward(loss);
        // A missing gradient is zero.
        let grads = v.iter().zip(inputs).map(|(v, (_, _, x))| match tape.grad(*v) {
            [] => vec![0.0; x.len()],
            grad => grad.to_vec(),
        });
        std::iter::once(tape.value(out).to_vec()).chain(grads).collect()
    };
    for (k, (fast, slow)) in all(true).iter().zip(all(false)).enumerate() {
        let scale = slow.iter().fold(near.least, |m: f64, x| m.max(wide(x.abs())));
        assert_eq!(fast.len(), slow.len(), "{name}: matrix {k}");
        for (f, s) in fast.iter().zip(&slow) {
            assert!(wide((f - s).abs()) / scale < near.tolerance, "{name}: matrix {k}: {f} {s}");
        }
    }
    report(name, worst_relative_error(inputs, 3, 5, |t, v| run(t, v, true)));
}
