//! Matrix products.

use super::add_scaled;
use crate::grad::{Record, Tape, Var};
use crate::math::kernels::outer;

/// `W x + b 1ᵀ`: `w` `[out × in]`, `x` `[in × n]`, `b` `[out × 1]` or nothing; the result is `[out × n]`.
pub fn linear(tape: &mut Tape, w: Var, x: Var, b: Option<Var>) -> Var {
    let ((rows, inner), (features, cols)) = (tape.shape(w), tape.shape(x));
    assert_eq!(inner, features, "columns of the weights and rows of the input differ");
    let mut out = tape.buffer(rows * cols);
    if let Some(b) = b {
        assert_eq!((rows, 1), tape.shape(b), "one number a row is needed");
        for column in out.chunks_exact_mut(rows) {
            column.copy_from_slice(tape.value(b));
        }
    }
    let mut packed = tape.take_packed();
    packed.pack(tape.value(w), rows, 0, rows, inner);
    packed.times(tape.value(x), &mut out, rows, b.is_some());
    tape.give_packed(packed);

    let record = Record::new([Some(w), Some(x), b], |sweep| {
        let (Some(w), Some(x)) = (sweep.input(0), sweep.input(1)) else { return };
        let (rows, inner) = sweep.shape(w);
        let (weights, input) = (sweep.value(w), sweep.value(x));
        sweep.accumulate(0, |grad, up| outer(up, rows, rows, input, inner, grad, rows));
        if sweep.wanted(1).is_some() {
            let mut packed = sweep.take_packed();
            packed.pack_transposed(weights, rows, 0, rows, inner);
            sweep.accumulate(1, |grad, up| packed.times(up, grad, inner, true));
            sweep.give_packed(packed);
        }
        sweep.accumulate(2, |grad, up| {
            for column in up.chunks_exact(rows) {
                add_scaled(grad, column, 1.0);
            }
        });
    });
    tape.push(rows, cols, out, Some(record))
}
