//! minGRU and minLSTM (Feng et al. 2024, “Were RNNs all we needed?”): gates that do not read the state, so that the state is a
//! weighted sum with free grouping.
//!
//! ```text
//! minGRU (section 3.1)                      minLSTM (section 3.2)
//! z_t = σ(W_z x_t + b_z)                    f_t = σ(W_f x_t + b_f)    i_t = σ(W_i x_t + b_i)
//! a_t = 1 − z_t                             a_t = f_t / (f_t + i_t)
//! h̃_t = g(W_h x_t + b_h)                    h̃_t = g(W_h x_t + b_h)
//! h_t = a_t ∘ h_{t−1} + (1 − a_t) ∘ h̃_t     the same
//!
//! g(v) = v in sections 3.1 and 3.2; g(v) = v + 1/2 for v ≥ 0, σ(v) below, in appendix B.3: states stay positive
//! x_t [features × batch]; all others [hidden × batch]; rows of the pre-activations in the order z, h̃ or f, i, h̃
//! ```
//!
//! The sum over time is computed one step after the other, or as a parallel prefix scan (Blelloch 1990) of the maps `h ↦ a h + b`,
//! two of which compose to one: about twice the arithmetic, in `2 log₂ steps` rounds of independent parts. Its gradient is the same
//! sum from the end: `D_t = dh_t + a_{t+1} ∘ D_{t+1}`.

use super::Outputs;
use crate::Real;
use crate::grad::{Context, Record, Tape, Var};
use crate::math::kernels::{Formula, Number, for_each, sigmoid};

/// Added to each gate of the minLSTM before the division: both may underflow to zero in `f32`.
const EPSILON: Real = 1e-30;

/// Auxiliary outputs, counted back from the scan's own node.
const KEEPS: usize = 1;

/// The recurrence and its algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minimal {
    /// Forget and input gate (minLSTM) rather than one update gate (minGRU).
    pub lstm: bool,
    /// Whether candidates are made positive (appendix B.3).
    pub positive: bool,
    /// Whether the sum over time is a parallel prefix scan.
    pub parallel: bool,
}

impl Minimal {
    /// Rows of the pre-activations for each unit.
    pub fn gates(self) -> usize {
        if self.lstm { 3 } else { 2 }
    }

    fn index(self) -> usize {
        usize::from(self.lstm) + 2 * usize::from(self.positive) + 4 * usize::from(self.parallel)
    }

    fn of(index: usize) -> Self {
        Self { lstm: index & 1 != 0, positive: index & 2 != 0, parallel: index & 4 != 0 }
    }
}

/// Runs the pre-activations `z` `[gates · hidden × (steps · batch)]` from the state `h0` `[hidden × batch]` (zero if `None`). The
/// outputs' `gates` are the kept shares `a_t`, `[hidden × (steps · batch)]`.
pub fn minimal(tape: &mut Tape, z: Var, h0: Option<Var>, form: Minimal, batch: usize) -> Outputs {
    let (rows, columns) = tape.shape(z);
    let n = rows / form.gates();
    let size = n * batch;
    let mut keeps = tape.buffer(n * columns);
    let mut states = tape.buffer(n * columns);
    // The kept shares and the additions of each step come first.
    let parts = tape.value(z).chunks_exact(rows).zip(keeps.chunks_exact_mut(n)).zip(states.chunks_exact_mut(n));
    for ((z, keep), add) in parts {
        let (first, rest) = z.split_at(n);
        match (form.lstm, form.positive) {
            (false, positive) => for_each([first, rest], [keep, add], GruForward { positive }),
            (true, positive) => {
                let (second, third) = rest.split_at(n);
                for_each([first, second, third], [keep, add], LstmForward { positive });
            }
        }
    }
    if let Some(h0) = h0 {
        for_each([tape.value(h0), &keeps[..size]], [&mut states[..size]], Add);
    }
    if form.parallel {
        let mut maps = tape.scratch(n * columns);
        maps.copy_from_slice(&keeps);
        prefix(&mut maps, &mut states, size, false);
        tape.give(maps);
    } else {
        for at in (size..n * columns).step_by(size) {
            let (before, from) = states.split_at_mut(at);
            for_each([&before[at - size..], &keeps[at..at + size]], [&mut from[..size]], Add);
        }
    }
    let inputs = [Some(z), h0];
    let gates = tape.push_auxiliary(n, columns, keeps, &inputs);
    let record = Record::new(inputs, backward).with_sizes([n, batch, form.index()]).with_auxiliaries(1);
    let hidden = tape.push(n, columns, states, Some(record));
    Outputs { hidden, cell: None, gates: Some(gates) }
}

/// Replaces each block `s_k` of `sums` (of `size` numbers) by `s_k + a_k (s_{k−1} + a_{k−1} (…))`, in a tree; from the last block
/// to the first if `reverse`. `maps` holds the `a_k` and is overwritten.
fn prefix(maps: &mut [Real], sums: &mut [Real], size: usize, reverse: bool) {
    let count = sums.len() / size;
    let mut join = |early: usize, late: usize| {
        let place = |k: usize| if reverse { count - 1 - k } else { k } * size;
        let ((early_map, late_map), (early_sum, late_sum)) =
            (two(maps, place(early), place(late), size), two(sums, place(early), place(late), size));
        for_each([early_map, early_sum], [late_map, late_sum], Join);
    };
    let mut span = 1;
    while 2 * span <= count {
        (2 * span - 1..count).step_by(2 * span).for_each(|k| join(k - span, k));
        span *= 2;
    }
    while span > 1 {
        span /= 2;
        (3 * span - 1..count).step_by(2 * span).for_each(|k| join(k - span, k));
    }
}

/// Blocks at `a` to read and at `b` to write.
fn two(all: &mut [Real], a: usize, b: usize, size: usize) -> (&[Real], &mut [Real]) {
    let (low, high) = all.split_at_mut(a.max(b));
    if a < b { (&low[a..a + size], &mut high[..size]) } else { (&high[..size], &mut low[b..b + size]) }
}

fn backward(ctx: &mut Context<'_>) {
    let [n, batch, index, _] = ctx.record.sizes;
    let (form, size) = (Minimal::of(index), n * batch);
    let (keeps, states) = (ctx.value(ctx.auxiliary(KEEPS)), ctx.output());
    let mut whole = ctx.take_upstream();
    let last = whole.len() - size;
    if form.parallel {
        // D_t needs a_{t+1}: the shares, one step earlier.
        let mut maps = ctx.scratch(whole.len());
        maps[..last].copy_from_slice(&keeps[size..]);
        maps[last..].fill(0.0);
        prefix(&mut maps, &mut whole, size, true);
        ctx.give(maps);
    } else {
        for at in (0..last).step_by(size).rev() {
            let (here, after) = whole.split_at_mut(at + size);
            for_each([&after[..size], &keeps[at + size..at + 2 * size]], [&mut here[at..]], Add);
        }
    }
    let zeros = ctx.zeros(size);
    let initial = ctx.input(1).map_or(&zeros[..], |h0| ctx.value(h0));
    if let Some(z) = ctx.input(0) {
        let (z, rows) = (ctx.value(z), form.gates() * n);
        ctx.accumulate(0, |grad, _| {
            let columns = grad.chunks_exact_mut(rows).zip(z.chunks_exact(rows)).enumerate();
            for (column, (grad, z)) in columns {
                let at = column * n;
                let before = if at < size { &initial[at..at + n] } else { &states[at - size..at - size + n] };
                let (keep, whole) = (&keeps[at..at + n], &whole[at..at + n]);
                let (first, rest) = grad.split_at_mut(n);
                let positive = form.positive;
                if form.lstm {
                    let (second, third) = rest.split_at_mut(n);
                    let reads = [&z[..n], &z[n..2 * n], &z[2 * n..], keep, before, whole];
                    for_each(reads, [first, second, third], LstmBackward { positive });
                } else {
                    for_each([&z[n..], keep, before, whole], [first, rest], GruBackward { positive });
                }
            }
        });
    }
    ctx.accumulate(1, |grad, _| for_each([&whole[..size], &keeps[..size]], [grad], Add));
    ctx.give(zeros);
    ctx.keep(whole);
}

/// `sum += x · factor`.
struct Add;

impl Formula<2, 1> for Add {
    #[inline(always)]
    fn at<T: Number>(&self, [x, factor]: [T; 2], [sum]: [T; 1]) -> [T; 1] {
        [x.mul_add(factor, sum).flush()]
    }
}

/// Composition of two maps: `(a, s)` after `(b, t)` is `(a b, s + a t)`.
struct Join;

impl Formula<2, 2> for Join {
    #[inline(always)]
    fn at<T: Number>(&self, [b, t]: [T; 2], [a, s]: [T; 2]) -> [T; 2] {
        [(a * b).flush(), a.mul_add(t, s).flush()]
    }
}

/// The candidate and its derivative.
#[inline(always)]
fn candidate<T: Number>(v: T, positive: bool) -> (T, T) {
    let one = T::splat(1.0);
    if !positive {
        return (v, one);
    }
    // v + 1/2 above zero, where the sigmoid of the rest is 1/2; below, the sigmoid alone.
    let low = sigmoid(v.at_most(T::splat(0.0)));
    let value = v.at_least(T::splat(0.0)) + low;
    let slope = v.each(|v| if v >= 0.0 { 1.0 } else { 0.0 });
    (value, slope + (one - slope) * low * (one - low))
}

struct GruForward {
    positive: bool,
}

impl Formula<2, 2> for GruForward {
    #[inline(always)]
    fn at<T: Number>(&self, [z, v]: [T; 2], _: [T; 2]) -> [T; 2] {
        let z = sigmoid(z);
        [T::splat(1.0) - z, z * candidate(v, self.positive).0]
    }
}

struct GruBackward {
    positive: bool,
}

impl Formula<4, 2> for GruBackward {
    #[inline(always)]
    fn at<T: Number>(&self, [v, keep, before, whole]: [T; 4], [dz, dv]: [T; 2]) -> [T; 2] {
        let new = T::splat(1.0) - keep;
        let (value, slope) = candidate(v, self.positive);
        [dz + (whole * (value - before) * (keep * new)).flush(), dv + (whole * new * slope).flush()]
    }
}

struct LstmForward {
    positive: bool,
}

impl Formula<3, 2> for LstmForward {
    #[inline(always)]
    fn at<T: Number>(&self, [f, i, v]: [T; 3], _: [T; 2]) -> [T; 2] {
        let (f, i) = (sigmoid(f) + T::splat(EPSILON), sigmoid(i) + T::splat(EPSILON));
        let all = f + i;
        [f / all, i / all * candidate(v, self.positive).0]
    }
}

struct LstmBackward {
    positive: bool,
}

impl Formula<6, 3> for LstmBackward {
    #[inline(always)]
    fn at<T: Number>(&self, [f, i, v, keep, before, whole]: [T; 6], [df, di, dv]: [T; 3]) -> [T; 3] {
        let one = T::splat(1.0);
        let (value, slope) = candidate(v, self.positive);
        let new = one - keep;
        let d_keep = whole * (before - value) * (keep * new);
        [
            df + (d_keep * (one - sigmoid(f))).flush(),
            di + (d_keep * (sigmoid(i) - one)).flush(),
            dv + (whole * new * slope).flush(),
        ]
    }
}
