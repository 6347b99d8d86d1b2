//! Scaled dot-product attention with several heads, and positions.
//!
//! Queries, keys and values are sequences `[d × (steps · batch)]`; head `h` has rows `h d/H .. (h + 1) d/H` of each. One sample and
//! one head are strided views; their products are small matrix products.

use crate::Real;
use crate::grad::{Context, Record, Tape, Var};
use crate::math::kernels::{add_scaled, outer, softmax, softmax_backward};

/// Heads, batch and mask of attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Number of heads, a divisor of the rows.
    pub heads: usize,
    /// Number of samples.
    pub batch: usize,
    /// Whether a query attends only to its own step and earlier ones. The last query stands at the last key: with more keys than
    /// queries, the first keys are of the past.
    pub causal: bool,
}

/// Outputs of attention.
#[derive(Debug, Clone, Copy)]
pub struct Attended {
    /// `[d × (queries · batch)]`.
    pub out: Var,
    /// Attention weights, `[keys × (batch · heads · queries)]`: sample by sample, head by head.
    pub weights: Var,
}

/// Sizes in a record.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    rows: usize,
    heads: usize,
    batch: usize,
    queries: usize,
    keys: usize,
}

impl Sizes {
    /// Rows of one head.
    fn head(self) -> usize {
        self.rows / self.heads
    }

    /// Distance from one step of a sample to the next.
    fn stride(self) -> usize {
        self.rows * self.batch
    }

    /// Index of the first number of each sample's and head's view, and the index range of its weights.
    fn views(self) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
        let size = self.queries * self.keys;
        (0..self.batch * self.heads).map(move |k| (k * self.head(), k * size..(k + 1) * size))
    }

    /// A view's columns next to each other, times `factor`.
    fn gather(self, from: &[Real], first: usize, factor: Real, to: &mut [Real]) {
        let head = self.head();
        for (step, to) in to.chunks_exact_mut(head).enumerate() {
            for (to, x) in to.iter_mut().zip(&from[first + step * self.stride()..][..head]) {
                *to = factor * x;
            }
        }
    }

    fn scale(self) -> Real {
        1.0 / (self.head() as Real).sqrt()
    }
}

/// `softmax(Kᵀ Q / √(d/H)) ` over the keys, times the values (Vaswani et al. 2017, equation 1), separately in each of `look.heads`
/// heads, as `torch.nn.MultiheadAttention` between its projections.
///
/// `q` `[d × (queries · batch)]`, `k` and `v` `[d × (keys · batch)]`.
pub fn attention(tape: &mut Tape, q: Var, k: Var, v: Var, look: Look) -> Attended {
    let ((rows, columns), (other, key_columns)) = (tape.shape(q), tape.shape(k));
    assert_eq!(rows, other, "rows of queries and keys differ");
    assert_eq!(tape.shape(k), tape.shape(v), "shapes of keys and values differ");
    assert_eq!(rows % look.heads, 0, "the heads must divide the rows");
    let Look { heads, batch, causal } = look;
    let s = Sizes { rows, heads, batch, queries: columns / batch, keys: key_columns / batch };
    assert!(!causal || s.keys >= s.queries, "a causal query needs a key at its own step");
    let (mut out, mut weights) = (tape.buffer(rows * columns), tape.buffer(s.batch * heads * s.queries * s.keys));
    let (mut packed, mut query) = (tape.take_packed(), tape.scratch(s.head() * s.queries));
    for (first, place) in s.views() {
        s.gather(tape.value(q), first, s.scale(), &mut query);
        let weights = &mut weights[place];
        packed.pack_transposed(tape.value(k), s.stride(), first, s.head(), s.keys);
        packed.times(&query, weights, s.keys, false);
        for (step, column) in weights.chunks_exact_mut(s.keys).enumerate() {
            let (seen, rest) = column.split_at_mut(if causal { s.keys - s.queries + step + 1 } else { s.keys });
            softmax(seen);
            rest.fill(0.0);
        }
        packed.pack(tape.value(v), s.stride(), first, s.head(), s.keys);
        packed.times(weights, &mut out[first..], s.stride(), false);
    }
    tape.give_packed(packed);
    tape.give(query);
    let inputs = [Some(q), Some(k), Some(v)];
    let weights = tape.push_auxiliary(s.keys, s.batch * heads * s.queries, weights, &[]);
    let record = Record::new(inputs, backward).with_sizes([heads, batch]).with_auxiliaries(1);
    Attended { out: tape.push(rows, columns, out, Some(record)), weights }
}

fn backward(ctx: &mut Context<'_>) {
    let (Some(q), Some(k), Some(v)) = (ctx.input(0), ctx.input(1), ctx.input(2)) else { return };
    let [heads, batch, ..] = ctx.record.sizes;
    let rows = ctx.shape(q).0;
    let s = Sizes { rows, heads, batch, queries: ctx.shape(q).1 / batch, keys: ctx.shape(k).1 / batch };
    let (head, stride) = (s.head(), s.stride());
    let all = ctx.value(ctx.auxiliary(1));
    let (queries, keys, values) = (ctx.value(q), ctx.value(k), ctx.value(v));
    let up = ctx.take_upstream();
    let mut d_scores = ctx.scratch(s.queries * s.keys);
    let mut d_out = ctx.scratch(head * s.queries);
    let mut packed = ctx.take_packed();
    for (first, place) in s.views() {
        let weights = &all[place];
        ctx.accumulate(2, |grad, _| {
            outer(&up[first..], stride, head, weights, s.keys, &mut grad[first..], stride);
        });
        s.gather(&up, first, 1.0, &mut d_out);
        packed.pack_transposed(values, stride, first, head, s.keys);
        packed.times(&d_out, &mut d_scores, s.keys, false);
        for (weights, column) in weights.chunks_exact(s.keys).zip(d_scores.chunks_exact_mut(s.keys)) {
            // A masked key has weight zero and gets gradient zero.
            softmax_backward(weights, column, s.scale());
        }
        if ctx.wanted(0).is_some() {
            packed.pack(keys, stride, first, head, s.keys);
            ctx.accumulate(0, |grad, _| packed.times(&d_scores, &mut grad[first..], stride, true));
        }
        ctx.accumulate(1, |grad, _| {
            outer(&queries[first..], stride, head, &d_scores, s.keys, &mut grad[first..], stride);
        });
    }
    ctx.give_packed(packed);
    ctx.give(d_out);
    ctx.give(d_scores);
    ctx.keep(up);
}

/// The sequence `x` `[d × (steps · batch)]` plus row `first + t` of `table` `[places × d]` at step `t`; past the last place the
/// last row is repeated.
pub fn add_places(tape: &mut Tape, x: Var, table: Var, first: usize, batch: usize) -> Var {
    let ((rows, columns), (places, width)) = (tape.shape(x), tape.shape(table));
    assert_eq!(rows, width, "rows of the input and width of the table differ");
    let mut out = tape.buffer(rows * columns);
    out.copy_from_slice(tape.value(x));
    let values = tape.value(table);
    for (column, y) in out.chunks_exact_mut(rows).enumerate() {
        let place = (first + column / batch).min(places - 1);
        y.iter_mut().enumerate().for_each(|(row, y)| *y += values[row * places + place]);
    }
    let record = Record::new([Some(x), Some(table)], |ctx| {
        let [first, batch, places, rows] = ctx.record.sizes;
        ctx.accumulate(0, |grad, up| add_scaled(grad, up, 1.0));
        ctx.accumulate(1, |grad, up| {
            for (column, dy) in up.chunks_exact(rows).enumerate() {
                let place = (first + column / batch).min(places - 1);
                dy.iter().enumerate().for_each(|(row, dy)| grad[row * places + place] += dy);
            }
        });
    });
    tape.push(rows, columns, out, Some(record.with_sizes([first, batch, places, rows])))
}
