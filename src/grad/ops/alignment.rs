//! Attention between two sequences: scores between their steps, weights, and weighted sums.
//!
//! Samples lie side by side in a sequence and do not interact: the query of a sample is compared only with the `places` of the same
//! sample. Queries are `[rows × (steps · batch)]`, keys and values `[rows × (places · batch)]`, and scores and weights
//! `[places × (steps · batch)]`.

use crate::Real;
use crate::grad::{Context, Record, Tape, Var};
use crate::math::kernels::{self, Formula, Number, Summed, TINY, add_scaled, dot, for_each, for_each_summed, tanh};

/// Sizes of two sequences: rows of both, places of the keys, samples.
#[derive(Debug, Clone, Copy)]
struct Meeting {
    rows: usize,
    places: usize,
    batch: usize,
}

impl Meeting {
    fn of((rows, columns): (usize, usize), batch: usize) -> Self {
        assert_eq!(columns % batch, 0, "a sequence of whole steps is needed");
        Self { rows, places: columns / batch, batch }
    }

    fn sizes(self) -> [usize; 3] {
        [self.rows, self.places, self.batch]
    }

    fn recorded(ctx: &Context<'_>) -> Self {
        let [rows, places, batch, _] = ctx.record.sizes;
        Self { rows, places, batch }
    }

    /// Index range of query `column`.
    fn query(self, column: usize) -> std::ops::Range<usize> {
        column * self.rows..(column + 1) * self.rows
    }

    /// Index range of the key at `place` for the sample of query `column`.
    fn key(self, column: usize, place: usize) -> std::ops::Range<usize> {
        self.query(place * self.batch + column % self.batch)
    }
}

/// `⟨query, key⟩` of every query with every place: Luong et al. 2015, equation 8, `dot`.
pub fn dot_scores(tape: &mut Tape, queries: Var, keys: Var, batch: usize) -> Var {
    let (meeting, (rows, columns)) = (Meeting::of(tape.shape(keys), batch), tape.shape(queries));
    assert_eq!(rows, meeting.rows, "rows of queries and keys differ");
    let mut out = tape.buffer(meeting.places * columns);
    let (q, k) = (tape.value(queries), tape.value(keys));
    for (column, scores) in out.chunks_exact_mut(meeting.places).enumerate() {
        for (place, score) in scores.iter_mut().enumerate() {
            *score = dot(&q[meeting.query(column)], &k[meeting.key(column, place)]);
        }
    }
    let record = Record::new([Some(queries), Some(keys)], |ctx| {
        let (Some(queries), Some(keys)) = (ctx.input(0), ctx.input(1)) else { return };
        let (meeting, q, k) = (Meeting::recorded(ctx), ctx.value(queries), ctx.value(keys));
        ctx.accumulate(0, |grad, up| {
            meeting.pairs(up, |column, place, g| {
                add_scaled(&mut grad[meeting.query(column)], &k[meeting.key(column, place)], g)
            });
        });
        ctx.accumulate(1, |grad, up| {
            meeting.pairs(up, |column, place, g| {
                add_scaled(&mut grad[meeting.key(column, place)], &q[meeting.query(column)], g)
            });
        });
    });
    tape.push(meeting.places, columns, out, Some(record.with_sizes(meeting.sizes())))
}

/// `⟨v, tanh(query + key)⟩` of every query with every place, `v` `[rows × 1]`: Bahdanau et al. 2015, appendix A.1.2, with
/// `query = W_a s` and `key = U_a h`.
pub fn additive_scores(tape: &mut Tape, queries: Var, keys: Var, v: Var, batch: usize) -> Var {
    let (meeting, (rows, columns)) = (Meeting::of(tape.shape(keys), batch), tape.shape(queries));
    assert_eq!((rows, (rows, 1)), (meeting.rows, tape.shape(v)), "rows of queries, keys and weights differ");
    assert_ne!(queries, keys, "queries and keys are two sequences");
    let mut out = tape.buffer(meeting.places * columns);
    let (q, k, weights) = (tape.value(queries), tape.value(keys), tape.value(v));
    for (column, scores) in out.chunks_exact_mut(meeting.places).enumerate() {
        for (place, score) in scores.iter_mut().enumerate() {
            let reads = [&q[meeting.query(column)], &k[meeting.key(column, place)], weights];
            [*score] = for_each_summed(reads, [], Additive);
        }
    }
    let record = Record::new([Some(queries), Some(keys), Some(v)], additive_backward);
    tape.push(meeting.places, columns, out, Some(record.with_sizes(meeting.sizes())))
}

/// The tanh is computed again: stored, it would take `rows` times the memory of the scores.
fn additive_backward(ctx: &mut Context<'_>) {
    let (Some(queries), Some(keys), Some(v)) = (ctx.input(0), ctx.input(1), ctx.input(2)) else { return };
    let (meeting, up) = (Meeting::recorded(ctx), ctx.take_upstream());
    let (q, k, weights) = (ctx.value(queries), ctx.value(keys), ctx.value(v));
    let [mut dq, mut dk, mut dv] = [queries, keys, v].map(|input| ctx.take(input));
    meeting.pairs(&up, |column, place, g| {
        let (query, key) = (meeting.query(column), meeting.key(column, place));
        let reads = [&q[query.clone()], &k[key.clone()], weights];
        for_each(reads, [&mut dq[query], &mut dk[key], &mut dv], AdditiveBack(g));
    });
    for (input, grad) in [(queries, dq), (keys, dk), (v, dv)] {
        ctx.put(input, grad);
    }
    ctx.keep(up);
}

/// The sum of each sample's `values`, weighted by each column of `weights` `[places × (steps · batch)]`:
/// `[rows × (steps · batch)]`.
pub fn weighted_sums(tape: &mut Tape, weights: Var, values: Var, batch: usize) -> Var {
    let (meeting, (places, columns)) = (Meeting::of(tape.shape(values), batch), tape.shape(weights));
    assert_eq!(places, meeting.places, "a weight for each place is needed");
    let mut out = tape.buffer(meeting.rows * columns);
    out.fill(0.0);
    let values_now = tape.value(values);
    meeting.pairs(tape.value(weights), |column, place, weight| {
        add_scaled(&mut out[meeting.query(column)], &values_now[meeting.key(column, place)], weight);
    });
    let record = Record::new([Some(weights), Some(values)], |ctx| {
        let (Some(weights), Some(values)) = (ctx.input(0), ctx.input(1)) else { return };
        let (meeting, w, x) = (Meeting::recorded(ctx), ctx.value(weights), ctx.value(values));
        ctx.accumulate(0, |grad, up| {
            for (column, grad) in grad.chunks_exact_mut(meeting.places).enumerate() {
                for (place, g) in grad.iter_mut().enumerate() {
                    *g += dot(&up[meeting.query(column)], &x[meeting.key(column, place)]);
                }
            }
        });
        ctx.accumulate(1, |grad, up| {
            meeting.pairs(w, |column, place, w| {
                add_scaled(&mut grad[meeting.key(column, place)], &up[meeting.query(column)], w)
            });
        });
    });
    tape.push(meeting.rows, columns, out, Some(record.with_sizes(meeting.sizes())))
}

/// Softmax of each column.
pub fn softmax(tape: &mut Tape, x: Var) -> Var {
    let (rows, cols) = tape.shape(x);
    let mut out = tape.buffer(rows * cols);
    out.copy_from_slice(tape.value(x));
    out.chunks_exact_mut(rows).for_each(kernels::softmax);
    let record = Record::new([Some(x)], |ctx| {
        let (rows, _) = ctx.output_shape();
        let y = ctx.output();
        let mut dx = ctx.scratch(rows);
        ctx.accumulate(0, |grad, up| {
            for ((grad, up), y) in grad.chunks_exact_mut(rows).zip(up.chunks_exact(rows)).zip(y.chunks_exact(rows)) {
                dx.copy_from_slice(up);
                kernels::softmax_backward(y, &mut dx, 1.0);
                add_scaled(grad, &dx, 1.0);
            }
        });
        ctx.give(dx);
    });
    tape.push(rows, cols, out, Some(record))
}

impl Meeting {
    /// Calls `with(column, place, factor)` for each entry of `factors` `[places × columns]` that is not negligible.
    #[inline(always)]
    fn pairs(self, factors: &[Real], mut with: impl FnMut(usize, usize, Real)) {
        for (column, factors) in factors.chunks_exact(self.places).enumerate() {
            for (place, &factor) in factors.iter().enumerate() {
                if factor.abs() >= TINY || factor.is_nan() {
                    with(column, place, factor);
                }
            }
        }
    }
}

struct Additive;

impl Summed<3, 0, 1> for Additive {
    #[inline(always)]
    fn at<T: Number>(&self, [q, k, v]: [T; 3], []: [T; 0], [sum]: [T; 1]) -> ([T; 0], [T; 1]) {
        ([], [tanh(q + k).mul_add(v, sum)])
    }
}

/// With the gradient of the score.
struct AdditiveBack(Real);

impl Formula<3, 3> for AdditiveBack {
    #[inline(always)]
    fn at<T: Number>(&self, [q, k, v]: [T; 3], [dq, dk, dv]: [T; 3]) -> [T; 3] {
        let (g, y) = (T::splat(self.0), tanh(q + k));
        let inner = g * v * (T::splat(1.0) - y * y);
        [dq + inner, dk + inner, y.mul_add(g, dv)]
    }
}
