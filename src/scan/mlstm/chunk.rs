//! One chunk of steps: its queries' reads of the chunk and of the memory before it, and its writes to the memory.

use super::sizes::{CHUNK, EPSILON, Sizes};
use crate::Real;
use crate::math::kernels::{Formula, Number, Packed, exp, for_each, multiply, outer, scaled, sigmoid, softplus};

/// `log f` from the gate's pre-activation: a sigmoid, or an `exponential`.
#[inline(never)]
fn log_gate(raw: Real, exponential: bool) -> Real {
    if exponential { raw } else { -softplus(-raw) }
}

/// `d log f` of one number.
pub(super) fn log_gate_slope(raw: Real, exponential: bool) -> Real {
    if exponential { 1.0 } else { sigmoid(-raw) }
}

/// One chunk of one view: its queries, keys and values, the effect of the gates, and working memory.
pub(super) struct Chunk {
    pub(super) s: Sizes,
    /// Its view, its first step and its steps.
    pub(super) view: usize,
    pub(super) start: usize,
    pub(super) steps: usize,
    /// Buffers, indexed by the constants below.
    pub(super) all: [Vec<Real>; 9],
    pub(super) packed: Packed,
}

/// Queries over √d, `[d × steps]`.
pub(super) const QUERIES: usize = 0;
/// Keys `[d × steps]`.
pub(super) const KEYS: usize = 1;
/// Values stacked on ones, `[(d + 1) × steps]`.
pub(super) const VALUES: usize = 2;
/// `ĩ − b` of each step.
pub(super) const ENTERING: usize = 3;
/// `b` of each step: the sum of `log f`.
const LEFT: usize = 4;
/// `m` before the chunk and after each step.
pub(super) const MOST: usize = 5;
/// `kᵀ q`, `[steps × steps]`, a column a query; then the same times the gates' decay.
pub(super) const WEIGHTS: usize = 6;
/// `[(d + 1) × steps]`: the reads, or their gradient.
pub(super) const WIDE: usize = 7;
/// `[d × steps]`: weighted queries or keys.
pub(super) const NARROW: usize = 8;

impl Chunk {
    pub(super) fn new(s: Sizes, mut take: impl FnMut(usize) -> Vec<Real>, packed: Packed) -> Self {
        let (d, n) = (s.head(), CHUNK.min(s.steps));
        let all = [d * n, d * n, (d + 1) * n, n, n, n + 1, n * n, (d + 1) * n, d * n].map(&mut take);
        Self { s, view: 0, start: 0, steps: 0, all, packed }
    }

    /// Reads the chunk from step `start` on, before which the stabiliser is `m`.
    #[inline(never)]
    pub(super) fn load(&mut self, [q, k, v, input, forget]: [&[Real]; 5], (view, start): (usize, usize), m: Real) {
        let (s, d) = (self.s, self.s.head());
        let n = CHUNK.min(s.steps - start);
        (self.view, self.start, self.steps) = (view, start, n);
        let [queries, keys, values, entering, left, most, ..] = &mut self.all;
        s.gather(q, view, start, s.scale(), (&mut queries[..d * n], d));
        s.gather(k, view, start, 1.0, (&mut keys[..d * n], d));
        s.gather(v, view, start, 1.0, (&mut values[..(d + 1) * n], d + 1));
        values.chunks_exact_mut(d + 1).for_each(|column| column[d] = 1.0);
        let mut sum = 0.0;
        most[0] = m;
        for t in 0..n {
            let at = s.gate(view, start + t);
            let log_f = log_gate(forget[at], s.exponential);
            sum += log_f;
            (entering[t], left[t]) = (input[at] - sum, sum);
            most[t + 1] = (log_f + most[t]).at_least(input[at]);
        }
    }

    /// `kᵀ q`, into the buffer of the weights.
    fn score(&mut self) {
        let (d, n) = (self.s.head(), self.steps);
        let [queries, keys, .., weights, _, _] = &mut self.all;
        self.packed.pack_transposed(keys, d, 0, d, n);
        self.packed.times(&queries[..d * n], &mut weights[..n * n], n, false);
    }

    /// `b_t − m_t`.
    pub(super) fn shift(&self, t: usize) -> Real {
        self.all[LEFT][t] - self.all[MOST][t + 1]
    }

    /// `exp(b_t + m_0 − m_t)`: the factor of the memory before the chunk at step `t`.
    #[inline(never)]
    pub(super) fn of_before(&self, t: usize) -> Real {
        exp(self.shift(t) + self.all[MOST][0])
    }

    /// `exp(ĩ_t − b_t + b_n − m_n)`: the factor of step `t` at the chunk's end.
    #[inline(never)]
    pub(super) fn of_step(&self, t: usize) -> Real {
        exp(self.all[ENTERING][t] + self.shift(self.steps - 1))
    }

    /// Scores times the gates' decay.
    #[inline(never)]
    pub(super) fn weigh(&mut self) {
        self.score();
        let n = self.steps;
        for t in 0..n {
            let shift = self.shift(t);
            let [.., entering, _, _, weights, _, _] = &mut self.all;
            let (seen, unseen) = weights[t * n..(t + 1) * n].split_at_mut(t + 1);
            for_each([&entering[..=t]], [seen], Decay(shift));
            unseen.fill(0.0);
        }
    }

    /// Columns of `which` `[d × steps]` times one factor each, into `NARROW`.
    #[inline(never)]
    pub(super) fn narrow(&mut self, which: usize, factor: fn(&Self, usize) -> Real) {
        let d = self.s.head();
        for t in 0..self.steps {
            let factor = factor(self, t);
            let (from, to) = self.all.split_at_mut(NARROW);
            scaled(&mut to[0][t * d..][..d], &from[which][t * d..][..d], factor);
        }
    }

    /// `|nᵀq|` or its bound, and ε.
    #[inline(never)]
    pub(super) fn divisor(&self, t: usize, read: Real) -> Real {
        read.abs().at_least(exp(-self.all[MOST][t + 1])) + EPSILON
    }

    /// The reads of each step, into `WIDE`: from the chunk itself, and from the `memory` before it, if any.
    pub(super) fn read(&mut self, memory: Option<&[Real]>) {
        let (d, n) = (self.s.head(), self.steps);
        self.weigh();
        if memory.is_some() {
            self.narrow(QUERIES, Self::of_before);
        }
        let [_, _, values, _, _, _, weights, wide, narrow] = &mut self.all;
        let wide = &mut wide[..(d + 1) * n];
        self.packed.pack(values, d + 1, 0, d + 1, n);
        self.packed.times(&weights[..n * n], wide, d + 1, false);
        if let Some(memory) = memory {
            self.packed.pack_transposed(memory, d, 0, d, d + 1);
            self.packed.times(&narrow[..d * n], wide, d + 1, true);
        }
    }

    /// Updates the `memory` to the chunk's end.
    #[inline(never)]
    pub(super) fn write(&mut self, memory: &mut [Real]) {
        let (d, n) = (self.s.head(), self.steps);
        let rest = self.of_before(n - 1);
        multiply(memory, rest);
        self.narrow(KEYS, Self::of_step);
        outer(&self.all[NARROW], d, d, &self.all[VALUES][..(d + 1) * n], d + 1, memory, d);
    }

    pub(super) fn done(self) -> ([Vec<Real>; 9], Packed) {
        (self.all, self.packed)
    }
}

/// `e^{a + shift}` times a score.
struct Decay(Real);

impl Formula<1, 1> for Decay {
    #[inline(always)]
    fn at<T: Number>(&self, [a]: [T; 1], [score]: [T; 1]) -> [T; 1] {
        [score * exp(a + T::splat(self.0))]
    }
}

/// From the gradient of a weight to those of its score, in place, and of its exponent.
pub(super) struct DecayBack(pub(super) Real);

impl Formula<2, 2> for DecayBack {
    #[inline(always)]
    fn at<T: Number>(&self, [a, weight]: [T; 2], [grad, entering]: [T; 2]) -> [T; 2] {
        [(grad * exp(a + T::splat(self.0))).flush(), grad.mul_add(weight, entering)]
    }
}
