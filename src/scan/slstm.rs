//! The sLSTM (Beck et al. 2024, "xLSTM", section 2.2): an LSTM with an exponential input gate, a normaliser, a stabiliser, and
//! memory mixing only within heads.
//!
//! ```text
//! ĩ_t = x^i_t + R_i h_{t−1} + b_i                      likewise f̃, z̃, õ; R is block-diagonal over the heads
//! m_t = max(log f_t + m_{t−1}, ĩ_t)                    stabiliser (equation 15); log f_t = log σ(f̃_t), or f̃_t
//! i_t = exp(ĩ_t − m_t)                                 input gate (16)
//! f_t = exp(log f_t + m_{t−1} − m_t)                   forget gate (17)
//! c_t = f_t ∘ c_{t−1} + i_t ∘ tanh(z̃_t)                cell state (8)
//! n_t = f_t ∘ n_{t−1} + i_t                            normaliser (9)
//! h_t = σ(õ_t) ∘ c_t / n_t                             hidden state (10)
//!
//! all [hidden × batch]; R [(heads · 4 d) × d], d = hidden / heads: the four gates i, f, z, o of one head, head by head;
//! b [4 hidden × 1]: the gates i, f, z, o, each with the rows of all heads.
//! ```
//!
//! Without a state `m` starts so low that the first step replaces it: `m_1 = ĩ_1`, as in the published code.
//!
//! `m` is not differentiated through. Cell state and normaliser have a factor `e^{−m}`, which cancels in their quotient: `h` is the
//! same for any `m_t`, now and later, so the derivative through it is zero as a whole. A state is handed on as `(c, n)` in units of
//! `e^{−m}`, and its gradient is that at a fixed `m`.

use super::recurrent::steps::{StepProduct, add_columns};
use crate::Real;
use crate::grad::{Context, Record, Tape, Var};
use crate::math::kernels::{Formula, Number, Packed, add_scaled, exp, for_each, outer, sigmoid, softplus, tanh};

/// Largest number of heads of a memory.
pub const MOST_HEADS: usize = 16;

/// The stabiliser before any step, below any input.
pub const LEAST: Real = -1e30;

/// Number of columns (steps times samples) after which the backward pass adds to the weights' gradients.
const STRETCH: usize = 128;

/// Rows of the gates for each unit: i, f, tanh z, σ o, and the slope of log f.
const ROWS: usize = 5;

/// Indices of the inputs in the record.
const R: usize = 4;
const BIAS: usize = 5;
const H0: usize = 6;
const MEMORY0: usize = 7;

/// Auxiliary outputs, counted back from the scan's own node.
const CELL: usize = 1;
const NORMALISER: usize = 2;
const GATES: usize = 4;

/// Inputs of an sLSTM besides its state.
#[derive(Debug, Clone, Copy)]
pub struct SlstmInputs {
    /// The input's share of the gates i, f, z, o: each `[hidden × (steps · batch)]`.
    pub gates: [Var; 4],
    /// From state to gates, `[(heads · 4 d) × d]`.
    pub r: Var,
    /// `[4 hidden × 1]`.
    pub bias: Var,
    /// Whether the forget gate is an exponential too, instead of a sigmoid.
    pub exponential: bool,
}

/// Outputs of an sLSTM: all but the gates `[hidden × (steps · batch)]`.
#[derive(Debug, Clone, Copy)]
pub struct SlstmOutputs {
    /// Hidden state after each step.
    pub hidden: Var,
    /// Cell state after each step, in units of `exp(−m)`.
    pub cell: Var,
    /// Normaliser after each step, in the same units.
    pub normaliser: Var,
    /// Stabiliser after each step.
    pub stabiliser: Var,
    /// `[5 hidden × (steps · batch)]`: head by head i, f, tanh z̃, σ(õ) and the slope of log f.
    pub gates: Var,
}

/// Sizes of one scan.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    hidden: usize,
    heads: usize,
    batch: usize,
    steps: usize,
}

impl Sizes {
    /// Units of a head.
    fn unit(self) -> usize {
        self.hidden / self.heads
    }

    /// Sample by sample and head by head: index of the head's units among all samples' hidden rows.
    fn units(self) -> impl Iterator<Item = usize> {
        (0..self.batch * self.heads).map(move |k| k * self.unit())
    }

    /// Index range of a step with `rows` rows for each unit.
    fn block(self, rows: usize, step: usize) -> std::ops::Range<usize> {
        let size = rows * self.hidden * self.batch;
        step * size..(step + 1) * size
    }

    /// Copies the columns of `from` `[hidden × n]` head by head next to each other into `to`.
    #[inline(never)]
    fn apart(self, from: &[Real], to: &mut [Real]) {
        let (d, n) = (self.unit(), from.len() / self.hidden);
        for (column, from) in from.chunks_exact(self.hidden).enumerate() {
            for (head, from) in from.chunks_exact(d).enumerate() {
                to[(head * n + column) * d..][..d].copy_from_slice(from);
            }
        }
    }
}

/// Runs the scan from the state `h0` `[hidden × batch]` and `memory0` `[3 hidden × batch]`: cell state, normaliser and stabiliser,
/// stacked (empty if `None`).
pub fn slstm(
    tape: &mut Tape,
    inputs: SlstmInputs,
    h0: Option<Var>,
    memory0: Option<Var>,
    batch: usize,
) -> SlstmOutputs {
    let SlstmInputs { gates: [xi, xf, xz, xo], r, bias, exponential } = inputs;
    let ((hidden, columns), (rows, d)) = (tape.shape(xi), tape.shape(r));
    let s = Sizes { hidden, heads: hidden / d, batch, steps: columns / batch };
    assert_eq!((rows, hidden), (4 * hidden, s.heads * d), "the recurrent matrix does not fit the gates");
    assert!(s.heads <= MOST_HEADS, "too many heads");
    let size = hidden * batch;
    let mut gates = tape.buffer(ROWS * hidden * columns);
    let [mut cells, mut normalisers, mut stabilisers, mut states] = [(); 4].map(|()| tape.buffer(hidden * columns));
    let [mut c, mut n, mut m, mut apart] = [(); 4].map(|()| tape.zeros(size));
    m.fill(LEAST);
    if let Some(memory) = memory0 {
        for (sample, from) in tape.value(memory).chunks_exact(3 * hidden).enumerate() {
            for (to, from) in [&mut c, &mut n, &mut m].into_iter().zip(from.chunks_exact(hidden)) {
                to[sample * hidden..][..hidden].copy_from_slice(from);
            }
        }
    }
    if let Some(h0) = h0 {
        s.apart(tape.value(h0), &mut apart);
    }
    let products: [Option<StepProduct>; MOST_HEADS] =
        std::array::from_fn(|head| (head < s.heads).then(|| StepProduct::new(tape, r, (head * 4 * d, 4 * d), batch)));
    for step in 0..s.steps {
        let z = &mut gates[s.block(ROWS, step)];
        let at = s.block(1, step);
        for first in s.units() {
            let row = first % hidden;
            for (k, x) in [xi, xf, xz, xo].into_iter().enumerate() {
                let (x, b) = (&tape.value(x)[at.start + first..][..d], &tape.value(bias)[k * hidden + row..][..d]);
                for_each([x, b], [&mut z[ROWS * first + k * d..][..d]], Sum);
            }
        }
        for (head, product) in products.iter().flatten().enumerate() {
            product.add(tape, &apart[head * d * batch..][..d * batch], &mut z[ROWS * head * d..], ROWS * hidden);
        }
        let h = &mut states[at.clone()];
        for first in s.units() {
            let place = first..first + d;
            let [c, n, m, h] = [&mut c, &mut n, &mut m, &mut *h].map(|all| &mut all[place.clone()]);
            cell(&mut z[ROWS * first..][..ROWS * d], exponential, [c, n, m, h]);
        }
        s.apart(h, &mut apart);
        for (all, now) in [(&mut cells, &c), (&mut normalisers, &n), (&mut stabilisers, &m)] {
            all[at.clone()].copy_from_slice(now);
        }
    }
    products.into_iter().flatten().for_each(|product| product.done(tape));
    [c, n, m, apart].into_iter().for_each(|buffer| tape.give(buffer));

    let all = [Some(xi), Some(xf), Some(xz), Some(xo), Some(r), Some(bias), h0, memory0];
    let gates = tape.push_auxiliary(ROWS * hidden, columns, gates, &[]);
    let stabiliser = tape.push_auxiliary(hidden, columns, stabilisers, &[]);
    let normaliser = tape.push_auxiliary(hidden, columns, normalisers, &all);
    let cell = tape.push_auxiliary(hidden, columns, cells, &all);
    let sizes = [s.heads, batch, s.steps, usize::from(exponential)];
    let record = Record::new(all, backward).with_sizes(sizes).with_auxiliaries(4);
    let hidden = tape.push(hidden, columns, states, Some(record));
    SlstmOutputs { hidden, cell, normaliser, stabiliser, gates }
}

/// One head of one sample, one step: `z` holds the pre-activations and receives the gates; the memory is updated.
#[inline(never)]
fn cell(z: &mut [Real], exponential: bool, [c, n, m, h]: [&mut [Real]; 4]) {
    let d = h.len();
    let (i, rest) = z.split_at_mut(d);
    let (f, rest) = rest.split_at_mut(d);
    let (z, rest) = rest.split_at_mut(d);
    let (o, slope) = rest.split_at_mut(d);
    if exponential {
        for_each([], [&mut *f, &mut *slope], Exponential);
    } else {
        for_each([], [&mut *f, &mut *slope], Sigmoid);
    }
    for_each([], [i, f, z, o, c, n, m, h], Forward);
}

/// `log f` and its slope from `f̃`.
struct Sigmoid;

impl Formula<0, 2> for Sigmoid {
    #[inline(always)]
    fn at<T: Number>(&self, []: [T; 0], [f, _]: [T; 2]) -> [T; 2] {
        let minus = T::splat(0.0) - f;
        [T::splat(0.0) - softplus(minus), sigmoid(minus)]
    }
}

/// The same for the exponential gate.
struct Exponential;

impl Formula<0, 2> for Exponential {
    #[inline(always)]
    fn at<T: Number>(&self, []: [T; 0], [f, _]: [T; 2]) -> [T; 2] {
        [f, T::splat(1.0)]
    }
}

struct Forward;

impl Formula<0, 8> for Forward {
    #[inline(always)]
    fn at<T: Number>(&self, []: [T; 0], [i, f, z, o, c, n, m, _]: [T; 8]) -> [T; 8] {
        let kept = f + m;
        let m = kept.at_least(i);
        let (i, f, z, o) = (exp(i - m), exp(kept - m), tanh(z), sigmoid(o));
        let (c, n) = (f.mul_add(c, i * z), f.mul_add(n, i));
        [i, f, z, o, c, n, m, o * c / n]
    }
}

fn backward(ctx: &mut Context<'_>) {
    let [heads, batch, steps, _] = ctx.record.sizes;
    let Some(r) = ctx.input(R) else { return };
    let hidden = ctx.output_shape().0;
    let s = Sizes { hidden, heads, batch, steps };
    let (d, size) = (s.unit(), hidden * batch);
    let gates = ctx.value(ctx.auxiliary(GATES));
    let (cells, normalisers) = (ctx.value(ctx.auxiliary(CELL)), ctx.value(ctx.auxiliary(NORMALISER)));
    let states = ctx.output();
    let mut dh = ctx.take_upstream();
    let [mut dc, mut dn] = [CELL, NORMALISER].map(|back| ctx.take(ctx.auxiliary(back)));
    // Cell state and normaliser before the first step, and the additions to their gradients.
    let [mut first_c, mut first_n, mut carried_c, mut carried_n] = [(); 4].map(|()| ctx.zeros(size));
    if let Some(memory) = ctx.input(MEMORY0) {
        for (sample, from) in ctx.value(memory).chunks_exact(3 * hidden).enumerate() {
            let at = sample * hidden..(sample + 1) * hidden;
            first_c[at.clone()].copy_from_slice(&from[..hidden]);
            first_n[at].copy_from_slice(&from[hidden..2 * hidden]);
        }
    }
    let longest = STRETCH.div_ceil(batch).min(steps);
    let mut dz = ctx.scratch(4 * size * longest);
    let mut apart = ctx.scratch((size * longest).max(4 * d * batch));
    let mut sums = ctx.zeros(4 * hidden);
    let mut transposed: [Packed; MOST_HEADS] =
        std::array::from_fn(|head| if head < heads { ctx.take_packed() } else { Packed::default() });
    let weights = ctx.value(r);
    for (head, packed) in transposed[..heads].iter_mut().enumerate() {
        packed.pack_transposed(weights, 4 * hidden, head * 4 * d, 4 * d, d);
    }
    let mut end = steps;
    while end > 0 {
        let start = end.saturating_sub(longest);
        for step in (start..end).rev() {
            let (wide, at) = (s.block(ROWS, step), s.block(1, step));
            let dz = &mut dz[s.block(4, step - start)];
            let before = step.checked_sub(1).map(|step| s.block(1, step));
            let (c_before, n_before) = match &before {
                Some(before) => (&cells[before.clone()], &normalisers[before.clone()]),
                None => (&first_c[..], &first_n[..]),
            };
            for first in s.units() {
                let here = at.start + first..at.start + first + d;
                let place = first..first + d;
                cell_backward(
                    &gates[wide.start + ROWS * first..][..ROWS * d],
                    [normalisers, states, &dh].map(|all| &all[here.clone()]),
                    [c_before, n_before].map(|all| &all[place.clone()]),
                    [&mut dc, &mut dn].map(|all| &mut all[here.clone()]),
                    &mut dz[4 * first..][..4 * d],
                    [&mut carried_c, &mut carried_n].map(|all| &mut all[place.clone()]),
                );
            }
            // To the previous step, or to the initial state.
            match &before {
                Some(before) => {
                    add_scaled(&mut dc[before.clone()], &carried_c, 1.0);
                    add_scaled(&mut dn[before.clone()], &carried_n, 1.0);
                }
                None => ctx.accumulate(MEMORY0, |grad, _| {
                    for (sample, grad) in grad.chunks_exact_mut(3 * hidden).enumerate() {
                        let at = sample * hidden..(sample + 1) * hidden;
                        add_scaled(&mut grad[..hidden], &carried_c[at.clone()], 1.0);
                        add_scaled(&mut grad[hidden..2 * hidden], &carried_n[at], 1.0);
                    }
                }),
            }
            for (head, packed) in transposed[..heads].iter().enumerate() {
                // One head's rows of all samples, next to each other.
                let gathered = &mut apart[..4 * d * batch];
                for (to, from) in gathered.chunks_exact_mut(4 * d).zip(dz.chunks_exact(4 * hidden)) {
                    to.copy_from_slice(&from[4 * head * d..][..4 * d]);
                }
                match &before {
                    Some(before) => {
                        packed.times(gathered, &mut dh[before.clone()][head * d..], hidden, true);
                    }
                    None => ctx.accumulate(H0, |grad, _| packed.times(gathered, &mut grad[head * d..], hidden, true)),
                }
            }
        }
        let dz = &dz[..s.block(4, end - start).start];
        add_columns(&mut sums, dz);
        to_inputs(ctx, s, start, dz);
        recurrent_gradient(ctx, s, start, dz, states, &mut apart);
        end = start;
    }
    ctx.accumulate(BIAS, |grad, _| {
        // The sums are ordered head by head, the biases gate by gate.
        for (k, sums) in sums.chunks_exact(d).enumerate() {
            add_scaled(&mut grad[(k % 4) * hidden + k / 4 * d..][..d], sums, 1.0);
        }
    });
    for packed in transposed.into_iter().take(heads) {
        ctx.give_packed(packed);
    }
    ctx.put(ctx.auxiliary(CELL), dc);
    ctx.put(ctx.auxiliary(NORMALISER), dn);
    for buffer in [first_c, first_n, carried_c, carried_n, dz, apart, sums] {
        ctx.give(buffer);
    }
    ctx.keep(dh);
}

/// Adds the gradients `dz` of the pre-activations from step `start` on to those of the input's share of the gates.
fn to_inputs(ctx: &mut Context<'_>, s: Sizes, start: usize, dz: &[Real]) {
    let d = s.unit();
    for gate in 0..4 {
        ctx.accumulate(gate, |grad, _| {
            let grad = grad[s.block(1, start).start..].chunks_exact_mut(d);
            for (to, from) in grad.zip(dz.chunks_exact(4 * d)) {
                add_scaled(to, &from[gate * d..][..d], 1.0);
            }
        });
    }
}

/// Adds the contribution of the gradients `dz` from step `start` on to the gradient of the recurrent matrix.
fn recurrent_gradient(ctx: &mut Context<'_>, s: Sizes, start: usize, dz: &[Real], states: &[Real], apart: &mut [Real]) {
    let (d, rows, step) = (s.unit(), 4 * s.hidden, s.block(1, 1).len());
    // The very first step has another source than the others.
    let initial = ctx.input(H0).filter(|_| start == 0).map_or(&[][..], |h0| ctx.value(h0));
    let first = if start == 0 { s.batch } else { 0 };
    let (head_dz, dz) = dz.split_at(first * rows);
    let from = (start.max(1) - 1) * step;
    let before = &states[from..from + dz.len() / 4];
    for (dz, before) in [(head_dz, initial), (dz, before)] {
        if before.is_empty() {
            continue;
        }
        let size = before.len() / s.heads;
        s.apart(before, apart);
        ctx.accumulate(R, |grad, _| {
            for (head, before) in apart.chunks_exact(size).take(s.heads).enumerate() {
                let top = head * 4 * d;
                outer(&dz[top..], rows, 4 * d, before, d, &mut grad[top..], rows);
            }
        });
    }
}

/// One head of one sample, one backward step, from its gates, `[n, h, dh]`, and cell state and normaliser before: completes the
/// gradients of cell state and normaliser, fills `dz`, and leaves in `carried` the gradient for the previous step.
#[inline(never)]
fn cell_backward(
    gates: &[Real],
    [n, h, dh]: [&[Real]; 3],
    [c_before, n_before]: [&[Real]; 2],
    [dc, dn]: [&mut [Real]; 2],
    dz: &mut [Real],
    [carried_c, carried_n]: [&mut [Real]; 2],
) {
    let d = h.len();
    let (i, rest) = gates.split_at(d);
    let (f, rest) = rest.split_at(d);
    let (z, rest) = rest.split_at(d);
    let (o, slope) = rest.split_at(d);
    let (d_i, rest) = dz.split_at_mut(d);
    let (d_f, rest) = rest.split_at_mut(d);
    let (d_z, d_o) = rest.split_at_mut(d);
    let reads = [i, f, z, o, slope, n, h, dh, c_before, n_before];
    for_each(reads, [dc, dn, d_i, d_f, d_z, d_o, carried_c, carried_n], Backward);
}

struct Backward;

impl Formula<10, 8> for Backward {
    #[inline(always)]
    fn at<T: Number>(
        &self,
        [i, f, z, o, slope, n, h, dh, c_before, n_before]: [T; 10],
        [dc, dn, ..]: [T; 8],
    ) -> [T; 8] {
        let one = T::splat(1.0);
        let over = dh / n;
        let (dc, dn) = (over.mul_add(o, dc), dn - over * h);
        let d_i = dc.mul_add(z, dn) * i;
        let d_f = dc.mul_add(c_before, dn * n_before) * f * slope;
        let d_z = dc * i * (one - z * z);
        let d_o = dh * h * (one - o);
        [dc, dn, d_i.flush(), d_f.flush(), d_z.flush(), d_o.flush(), (dc * f).flush(), (dn * f).flush()]
    }
}

/// `a + b`.
struct Sum;

impl Formula<2, 1> for Sum {
    #[inline(always)]
    fn at<T: Number>(&self, [a, b]: [T; 2], _: [T; 1]) -> [T; 1] {
        [a + b]
    }
}
