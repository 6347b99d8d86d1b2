//! Parts of matrices, and matrices from parts.

use std::ops::Range;

use crate::grad::{Record, Tape, Var};
use crate::math::kernels::add_scaled;

/// Columns `first .. first + count`: with `first = step · batch` and `count = batch`, one time step of a sequence.
pub fn slice_columns(tape: &mut Tape, x: Var, first: usize, count: usize) -> Var {
    let (rows, _) = tape.shape(x);
    let mut out = tape.buffer(rows * count);
    out.copy_from_slice(&tape.value(x)[first * rows..(first + count) * rows]);
    let record = Record::new([Some(x)], |ctx| ctx.accumulate_part(0, ctx.record.sizes[0]));
    tape.push(rows, count, out, Some(record.with_sizes([first * rows])))
}

/// Rows `first .. first + count`.
pub fn slice_rows(tape: &mut Tape, x: Var, first: usize, count: usize) -> Var {
    let (rows, cols) = tape.shape(x);
    let mut out = tape.buffer(count * cols);
    for (o, x) in out.chunks_exact_mut(count).zip(tape.value(x).chunks_exact(rows)) {
        o.copy_from_slice(&x[first..first + count]);
    }
    let record = Record::new([Some(x)], |ctx| {
        let [first, count, rows, _] = ctx.record.sizes;
        ctx.accumulate(0, |grad, up| {
            for (g, u) in grad.chunks_exact_mut(rows).zip(up.chunks_exact(count)) {
                add_scaled(&mut g[first..first + count], u, 1.0);
            }
        });
    });
    tape.push(count, cols, out, Some(record.with_sizes([first, count, rows])))
}

/// `a` stacked on `b`, with the same number of columns.
pub fn concat_rows(tape: &mut Tape, a: Var, b: Var) -> Var {
    let ((above, cols), (below, other)) = (tape.shape(a), tape.shape(b));
    assert_eq!(cols, other, "numbers of columns differ");
    let rows = above + below;
    let mut out = tape.buffer(rows * cols);
    let parts = tape.value(a).chunks_exact(above).zip(tape.value(b).chunks_exact(below));
    for (o, (a, b)) in out.chunks_exact_mut(rows).zip(parts) {
        o[..above].copy_from_slice(a);
        o[above..].copy_from_slice(b);
    }
    let record = Record::new([Some(a), Some(b)], |ctx| {
        let [above, below, ..] = ctx.record.sizes;
        let rows = above + below;
        ctx.accumulate(0, |grad, up| {
            for (g, u) in grad.chunks_exact_mut(above).zip(up.chunks_exact(rows)) {
                add_scaled(g, &u[..above], 1.0);
            }
        });
        ctx.accumulate(1, |grad, up| {
            for (g, u) in grad.chunks_exact_mut(below).zip(up.chunks_exact(rows)) {
                add_scaled(g, &u[above..], 1.0);
            }
        });
    });
    tape.push(rows, cols, out, Some(record.with_sizes([above, below])))
}

/// `a` followed by `b`, with the same number of rows; for sequences, in time.
pub fn concat_columns(tape: &mut Tape, a: Var, b: Var) -> Var {
    let ((rows, first), (other, second)) = (tape.shape(a), tape.shape(b));
    assert_eq!(rows, other, "numbers of rows differ");
    let mut out = tape.buffer(rows * (first + second));
    out[..rows * first].copy_from_slice(tape.value(a));
    out[rows * first..].copy_from_slice(tape.value(b));
    let record = Record::new([Some(a), Some(b)], |ctx| {
        let split = ctx.record.sizes[0];
        ctx.accumulate(0, |grad, up| add_scaled(grad, &up[..split], 1.0));
        ctx.accumulate(1, |grad, up| add_scaled(grad, &up[split..], 1.0));
    });
    tape.push(rows, first + second, out, Some(record.with_sizes([rows * first])))
}

/// All columns, repeated `times` times.
pub fn repeat_columns(tape: &mut Tape, x: Var, times: usize) -> Var {
    let (rows, cols) = tape.shape(x);
    let mut out = tape.buffer(rows * cols * times);
    for block in out.chunks_exact_mut(rows * cols) {
        block.copy_from_slice(tape.value(x));
    }
    let record = Record::new([Some(x)], |ctx| {
        ctx.accumulate(0, |grad, up| up.chunks_exact(grad.len()).for_each(|block| add_scaled(grad, block, 1.0)));
    });
    tape.push(rows, cols * times, out, Some(record))
}

/// Rows of a table `[count × width]` as columns `[width × columns]`: the given rows in turn, each repeated `each` times, over and
/// over up to `columns`.
pub fn lookup(tape: &mut Tape, table: Var, rows: Range<usize>, each: usize, columns: usize) -> Var {
    let (count, width) = tape.shape(table);
    assert!(rows.end <= count && !rows.is_empty(), "the table has no such rows");
    let mut out = tape.buffer(width * columns);
    for (column, out) in out.chunks_exact_mut(width).enumerate() {
        let row = rows.start + column / each % rows.len();
        for (out, entry) in out.iter_mut().zip(tape.value(table)[row..].iter().step_by(count)) {
            *out = *entry;
        }
    }
    let record = Record::new([Some(table)], |ctx| {
        let [first, rows, each, count] = ctx.record.sizes;
        let width = ctx.output_shape().0;
        ctx.accumulate(0, |grad, up| {
            for (column, up) in up.chunks_exact(width).enumerate() {
                let row = first + column / each % rows;
                grad[row..].iter_mut().step_by(count).zip(up).for_each(|(g, u)| *g += u);
            }
        });
    });
    tape.push(width, columns, out, Some(record.with_sizes([rows.start, rows.len(), each, count])))
}

/// The mean over the steps of a sequence `[rows × (steps · n)]`, `[rows × n]`.
pub fn mean_steps(tape: &mut Tape, x: Var, n: usize) -> Var {
    let (rows, columns) = tape.shape(x);
    assert_eq!(columns % n, 0, "a sequence of whole steps is needed");
    let share = crate::narrow(n as f64 / columns as f64);
    let mut out = tape.zeros(rows * n);
    tape.value(x).chunks_exact(rows * n).for_each(|step| add_scaled(&mut out, step, share));
    let record = Record::new([Some(x)], |ctx| {
        ctx.accumulate(0, |grad, up| {
            let share = crate::narrow(up.len() as f64 / grad.len() as f64);
            grad.chunks_exact_mut(up.len()).for_each(|step| add_scaled(step, up, share));
        });
    });
    tape.push(rows, n, out, Some(record))
}

/// The steps of a sequence `[rows × (steps · n)]`, stacked: `[(steps · rows) × n]`.
pub fn stack_steps(tape: &mut Tape, x: Var, steps: usize) -> Var {
    let (rows, columns) = tape.shape(x);
    assert_eq!(columns % steps, 0, "a sequence of whole steps is needed");
    let (n, high) = (columns / steps, steps * rows);
    let mut out = tape.buffer(rows * columns);
    for (k, column) in tape.value(x).chunks_exact(rows).enumerate() {
        let at = k % n * high + k / n * rows;
        out[at..at + rows].copy_from_slice(column);
    }
    let record = Record::new([Some(x)], |ctx| {
        let [rows, n, high, _] = ctx.record.sizes;
        ctx.accumulate(0, |grad, up| {
            for (k, grad) in grad.chunks_exact_mut(rows).enumerate() {
                let at = k % n * high + k / n * rows;
                add_scaled(grad, &up[at..at + rows], 1.0);
            }
        });
    });
    tape.push(high, n, out, Some(record.with_sizes([rows, n, high])))
}
