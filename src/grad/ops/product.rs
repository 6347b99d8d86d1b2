//! Matrix products.

use crate::Real;
use crate::grad::{Context, Record, Tape, Var};
use crate::math::kernels::{add_scaled, outer};

/// `W x + b 1ᵀ`: `w` `[out × in]`, `x` `[in × n]`, optional `b` `[out × 1]`; the result is `[out × n]`.
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

    let record = Record::new([Some(w), Some(x), b], |ctx| {
        let (Some(w), Some(x)) = (ctx.input(0), ctx.input(1)) else { return };
        let (rows, inner) = ctx.shape(w);
        let (weights, input) = (ctx.value(w), ctx.value(x));
        ctx.accumulate(0, |grad, up| outer(up, rows, rows, input, inner, grad, rows));
        if ctx.wanted(1).is_some() {
            let mut packed = ctx.take_packed();
            packed.pack_transposed(weights, rows, 0, rows, inner);
            ctx.accumulate(1, |grad, up| packed.times(up, grad, inner, true));
            ctx.give_packed(packed);
        }
        ctx.accumulate(2, |grad, up| {
            for column in up.chunks_exact(rows) {
                add_scaled(grad, column, 1.0);
            }
        });
    });
    tape.push(rows, cols, out, Some(record))
}

/// The product with a block-diagonal matrix, whose blocks `[out/B × d]` are stacked in `w` `[out × d]`: rows `b d .. (b + 1) d` of
/// `x` `[B d × n]` give the rows `b out/B .. (b + 1) out/B` of the result `[out × n]`.
pub fn linear_blocks(tape: &mut Tape, w: Var, x: Var) -> Var {
    let ((rows, d), (features, cols)) = (tape.shape(w), tape.shape(x));
    let blocks = features / d;
    assert_eq!((features % d, rows % blocks), (0, 0), "the blocks must divide the rows");
    let height = rows / blocks;
    let mut out = tape.buffer(rows * cols);
    let (mut part, mut packed) = (tape.scratch(d * cols), tape.take_packed());
    for block in 0..blocks {
        gather(tape.value(x), (block * d, features), (&mut part, d));
        packed.pack(tape.value(w), rows, block * height, height, d);
        packed.times(&part, &mut out[block * height..], rows, false);
    }
    tape.give_packed(packed);
    tape.give(part);
    tape.push(rows, cols, out, Some(Record::new([Some(w), Some(x)], blocks_backward).with_sizes([blocks])))
}

/// Rows `first .. first + height` of a matrix of `rows` rows, next to each other.
fn gather(from: &[Real], (first, rows): (usize, usize), (to, height): (&mut [Real], usize)) {
    for (to, from) in to.chunks_exact_mut(height).zip(from.chunks_exact(rows)) {
        to.copy_from_slice(&from[first..first + height]);
    }
}

fn blocks_backward(ctx: &mut Context<'_>) {
    let (Some(w), Some(x)) = (ctx.input(0), ctx.input(1)) else { return };
    let ((rows, d), (features, cols)) = (ctx.shape(w), ctx.shape(x));
    let blocks = ctx.record.sizes[0];
    let height = rows / blocks;
    let (weights, input) = (ctx.value(w), ctx.value(x));
    let (mut part, mut packed) = (ctx.scratch(d.max(height) * cols), ctx.take_packed());
    for block in 0..blocks {
        let top = block * height;
        ctx.accumulate(0, |grad, up| {
            let part = &mut part[..d * cols];
            gather(input, (block * d, features), (part, d));
            outer(&up[top..], rows, height, part, d, &mut grad[top..], rows);
        });
        packed.pack_transposed(weights, rows, top, height, d);
        ctx.accumulate(1, |grad, up| {
            let part = &mut part[..height * cols];
            gather(up, (top, rows), (part, height));
            packed.times(part, &mut grad[block * d..], features, true);
        });
    }
    ctx.give_packed(packed);
    ctx.give(part);
}
