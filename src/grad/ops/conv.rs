//! Depthwise convolution over time.

use crate::grad::{Context, Record, Tape, Var};
use crate::math::kernels::{add_product, add_scaled};

/// Depthwise convolution at full overlap with its kernel: `y_t = b + Σₖ w_k ∘ x_{t+k}` for `k = 0 … width − 1`, as
/// `torch.nn.Conv1d(groups=features)` without padding.
///
/// `x` `[features × ((steps + width − 1) · batch)]`, `w` `[features × width]`, `b` `[features × 1]`; the result is
/// `[features × (steps · batch)]`. With the last `width − 1` earlier steps prepended, it is causal.
pub fn depthwise(tape: &mut Tape, x: Var, w: Var, b: Var, batch: usize) -> Var {
    let ((rows, columns), (features, width)) = (tape.shape(x), tape.shape(w));
    assert_eq!(rows, features, "rows of the kernel and of the input differ");
    assert!(columns >= (width - 1) * batch, "the sequence is shorter than the kernel");
    let kept = columns - (width - 1) * batch;
    let mut out = tape.buffer(rows * kept);
    let (input, weights, bias) = (tape.value(x), tape.value(w), tape.value(b));
    for (column, y) in out.chunks_exact_mut(rows).enumerate() {
        y.copy_from_slice(bias);
        for (k, w) in weights.chunks_exact(rows).enumerate() {
            add_product(y, w, &input[(column + k * batch) * rows..][..rows]);
        }
    }
    let record = Record::new([Some(x), Some(w), Some(b)], backward).with_sizes([batch]);
    tape.push(rows, kept, out, Some(record))
}

fn backward(ctx: &mut Context<'_>) {
    let (Some(x), Some(w)) = (ctx.input(0), ctx.input(1)) else { return };
    let (batch, rows) = (ctx.record.sizes[0], ctx.shape(w).0);
    let (input, weights) = (ctx.value(x), ctx.value(w));
    ctx.accumulate(0, |grad, up| {
        for (column, dy) in up.chunks_exact(rows).enumerate() {
            for (k, w) in weights.chunks_exact(rows).enumerate() {
                add_product(&mut grad[(column + k * batch) * rows..][..rows], w, dy);
            }
        }
    });
    ctx.accumulate(1, |grad, up| {
        for (column, dy) in up.chunks_exact(rows).enumerate() {
            for (k, dw) in grad.chunks_exact_mut(rows).enumerate() {
                add_product(dw, &input[(column + k * batch) * rows..][..rows], dy);
            }
        }
    });
    ctx.accumulate(2, |grad, up| up.chunks_exact(rows).for_each(|dy| add_scaled(grad, dy, 1.0)));
}
