//! Sums and products of whole matrices.

use crate::Real;
use crate::grad::{Record, Tape, Var};
use crate::math::kernels::{Formula, Number, add_product, add_scaled, for_each, product, scaled};

/// `a + b`, same shapes.
pub fn add(tape: &mut Tape, a: Var, b: Var) -> Var {
    sum_of(tape, a, b, 1.0)
}

/// `a − b`, same shapes.
pub fn sub(tape: &mut Tape, a: Var, b: Var) -> Var {
    sum_of(tape, a, b, -1.0)
}

/// `a + sign · b`.
fn sum_of(tape: &mut Tape, a: Var, b: Var, sign: Real) -> Var {
    let (rows, cols) = same_shape(tape, a, b);
    let mut out = tape.buffer(rows * cols);
    out.copy_from_slice(tape.value(a));
    add_scaled(&mut out, tape.value(b), sign);
    let record = Record::new([Some(a), Some(b)], |ctx| {
        let sign = ctx.record.reals[0];
        ctx.accumulate(0, |grad, up| add_scaled(grad, up, 1.0));
        ctx.accumulate(1, |grad, up| add_scaled(grad, up, sign));
    });
    tape.push(rows, cols, out, Some(record.with_reals([sign])))
}

/// `a ∘ b`, elementwise, same shapes.
pub fn mul(tape: &mut Tape, a: Var, b: Var) -> Var {
    let (rows, cols) = same_shape(tape, a, b);
    let mut out = tape.buffer(rows * cols);
    product(&mut out, tape.value(a), tape.value(b));
    let record = Record::new([Some(a), Some(b)], |ctx| {
        for (k, other) in [(0, ctx.input(1)), (1, ctx.input(0))] {
            let Some(other) = other.map(|var| ctx.value(var)) else { continue };
            ctx.accumulate(k, |grad, up| add_product(grad, up, other));
        }
    });
    tape.push(rows, cols, out, Some(record))
}

/// `a / b`, elementwise, same shapes.
pub fn div(tape: &mut Tape, a: Var, b: Var) -> Var {
    let (rows, cols) = same_shape(tape, a, b);
    let mut out = tape.buffer(rows * cols);
    for_each([tape.value(a), tape.value(b)], [&mut *out], Quotient);
    let record = Record::new([Some(a), Some(b)], |ctx| {
        let Some(b) = ctx.input(1).map(|var| ctx.value(var)) else { return };
        let quotient = ctx.output();
        ctx.accumulate(0, |grad, up| for_each([up, b], [grad], AddQuotient));
        ctx.accumulate(1, |grad, up| for_each([up, b, quotient], [grad], DivisorBack));
    });
    tape.push(rows, cols, out, Some(record))
}

struct Quotient;

impl Formula<2, 1> for Quotient {
    #[inline(always)]
    fn at<T: Number>(&self, [a, b]: [T; 2], _: [T; 1]) -> [T; 1] {
        [a / b]
    }
}

struct AddQuotient;

impl Formula<2, 1> for AddQuotient {
    #[inline(always)]
    fn at<T: Number>(&self, [up, b]: [T; 2], [grad]: [T; 1]) -> [T; 1] {
        [grad + up / b]
    }
}

/// `∂(a / b) / ∂b = −(a / b) / b`.
struct DivisorBack;

impl Formula<3, 1> for DivisorBack {
    #[inline(always)]
    fn at<T: Number>(&self, [up, b, quotient]: [T; 3], [grad]: [T; 1]) -> [T; 1] {
        [grad - up * quotient / b]
    }
}

fn same_shape(tape: &Tape, a: Var, b: Var) -> (usize, usize) {
    assert_eq!(tape.shape(a), tape.shape(b), "shapes differ");
    tape.shape(a)
}

/// `factor · x`.
pub fn scale(tape: &mut Tape, x: Var, factor: Real) -> Var {
    let (rows, cols) = tape.shape(x);
    let mut out = tape.buffer(rows * cols);
    scaled(&mut out, tape.value(x), factor);
    let record = Record::new([Some(x)], |ctx| {
        let factor = ctx.record.reals[0];
        ctx.accumulate(0, |grad, up| add_scaled(grad, up, factor));
    });
    tape.push(rows, cols, out, Some(record.with_reals([factor])))
}

/// `x + b 1ᵀ`: the column `b` `[rows × 1]` added to every column of `x` `[rows × cols]`.
pub fn add_column(tape: &mut Tape, x: Var, b: Var) -> Var {
    let (rows, cols) = tape.shape(x);
    assert_eq!((rows, 1), tape.shape(b), "one number a row is needed");
    let mut out = tape.buffer(rows * cols);
    out.copy_from_slice(tape.value(x));
    for column in out.chunks_exact_mut(rows) {
        add_scaled(column, tape.value(b), 1.0);
    }
    let record = Record::new([Some(x), Some(b)], |ctx| {
        ctx.accumulate(0, |grad, up| add_scaled(grad, up, 1.0));
        ctx.accumulate(1, |grad, up| {
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
    let record = Record::new([Some(x)], |ctx| {
        ctx.accumulate(0, |grad, up| grad.iter_mut().for_each(|g| *g += up[0]));
    });
    tape.push(1, 1, out, Some(record))
}
