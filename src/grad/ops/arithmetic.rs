//! Sums and products of whole matrices.

use super::add_scaled;
use crate::Real;
use crate::grad::{Record, Tape, Var};

/// `a + b`, same shapes.
pub fn add(tape: &mut Tape, a: Var, b: Var) -> Var {
    combine(
        tape,
        a,
        b,
        |a, b| a + b,
        Record::new([Some(a), Some(b)], |sweep| {
            sweep.accumulate(0, |grad, up| add_scaled(grad, up, 1.0));
            sweep.accumulate(1, |grad, up| add_scaled(grad, up, 1.0));
        }),
    )
}

/// `a − b`, same shapes.
pub fn sub(tape: &mut Tape, a: Var, b: Var) -> Var {
    combine(
        tape,
        a,
        b,
        |a, b| a - b,
        Record::new([Some(a), Some(b)], |sweep| {
            sweep.accumulate(0, |grad, up| add_scaled(grad, up, 1.0));
            sweep.accumulate(1, |grad, up| add_scaled(grad, up, -1.0));
        }),
    )
}

/// `a ∘ b`, elementwise, same shapes.
pub fn mul(tape: &mut Tape, a: Var, b: Var) -> Var {
    combine(
        tape,
        a,
        b,
        |a, b| a * b,
        Record::new([Some(a), Some(b)], |sweep| {
            for (k, other) in [(0, sweep.input(1)), (1, sweep.input(0))] {
                let Some(other) = other.map(|var| sweep.value(var)) else { continue };
                sweep.accumulate(k, |grad, up| {
                    for ((g, u), o) in grad.iter_mut().zip(up).zip(other) {
                        *g += u * o;
                    }
                });
            }
        }),
    )
}

/// `a / b`, elementwise, same shapes.
pub fn div(tape: &mut Tape, a: Var, b: Var) -> Var {
    combine(
        tape,
        a,
        b,
        |a, b| a / b,
        Record::new([Some(a), Some(b)], |sweep| {
            let Some(b) = sweep.input(1).map(|var| sweep.value(var)) else { return };
            let quotient = sweep.output();
            sweep.accumulate(0, |grad, up| {
                for ((g, u), b) in grad.iter_mut().zip(up).zip(b) {
                    *g += u / b;
                }
            });
            sweep.accumulate(1, |grad, up| {
                for (((g, u), b), q) in grad.iter_mut().zip(up).zip(b).zip(quotient) {
                    *g -= u * q / b;
                }
            });
        }),
    )
}

fn combine(tape: &mut Tape, a: Var, b: Var, f: impl Fn(Real, Real) -> Real, record: Record) -> Var {
    let (rows, cols) = tape.shape(a);
    assert_eq!((rows, cols), tape.shape(b), "shapes differ");
    let mut out = tape.buffer(rows * cols);
    for ((o, a), b) in out.iter_mut().zip(tape.value(a)).zip(tape.value(b)) {
        *o = f(*a, *b);
    }
    tape.push(rows, cols, out, Some(record))
}

/// `factor · x`.
pub fn scale(tape: &mut Tape, x: Var, factor: Real) -> Var {
    let (rows, cols) = tape.shape(x);
    let mut out = tape.buffer(rows * cols);
    for (o, x) in out.iter_mut().zip(tape.value(x)) {
        *o = factor * x;
    }
    let record = Record::new([Some(x)], |sweep| {
        let factor = sweep.record.reals[0];
        sweep.accumulate(0, |grad, up| add_scaled(grad, up, factor));
    });
    tape.push(rows, cols, out, Some(record.with_reals([factor])))
}

/// `x + b 1ᵀ`: the column `b` `[rows × 1]` added to every column of `x` `[rows × cols]`.
pub fn add_column(tape: &mut Tape, x: Var, b: Var) -> Var {
    let (rows, cols) = tape.shape(x);
    assert_eq!((rows, 1), tape.shape(b), "one number a row is needed");
    let mut out = tape.buffer(rows * cols);
    for (o, x) in out.chunks_exact_mut(rows).zip(tape.value(x).chunks_exact(rows)) {
        for ((o, x), b) in o.iter_mut().zip(x).zip(tape.value(b)) {
            *o = x + b;
        }
    }
    let record = Record::new([Some(x), Some(b)], |sweep| {
        sweep.accumulate(0, |grad, up| add_scaled(grad, up, 1.0));
        sweep.accumulate(1, |grad, up| {
            for column in up.chunks_exact(grad.len()) {
                add_scaled(grad, column, 1.0);
            }
        });
    });
    tape.push(rows, cols, out, Some(record))
}

/// Sum of all entries, `[1 × 1]`.
pub fn sum(tape: &mut Tape, x: Var) -> Var {
    let total = tape.value(x).iter().map(|&x| crate::wide(x)).sum::<f64>();
    let mut out = tape.buffer(1);
    out[0] = crate::narrow(total);
    let record = Record::new([Some(x)], |sweep| {
        sweep.accumulate(0, |grad, up| grad.iter_mut().for_each(|g| *g += up[0]));
    });
    tape.push(1, 1, out, Some(record))
}
