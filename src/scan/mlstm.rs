//! The mLSTM (Beck et al. 2024, "xLSTM", section 2.3): a matrix memory that keys write values to and queries read from.
//!
//! ```text
//! m_t = max(log f_t + m_{t−1}, ĩ_t)                    stabiliser (equation 15); log f_t = log σ(f̃_t), or f̃_t
//! i_t = exp(ĩ_t − m_t)                                 input gate (16)
//! f_t = exp(log f_t + m_{t−1} − m_t)                   forget gate (17)
//! C_t = f_t C_{t−1} + i_t k_t v_tᵀ                     memory (19, transposed)
//! n_t = f_t n_{t−1} + i_t k_t                          normaliser (20)
//! h_t = C_tᵀ q_t / (max(|n_tᵀ q_t|, e^{−m_t}) + ε)     hidden state (21), ε = 1e-6
//!
//! in each of H heads by itself: q, k, v, h [d × batch], C [d × d × batch], n [d × batch]; ĩ, f̃, m one number a head.
//! q is divided by √d first (the paper divides k, 23).
//! ```
//!
//! The paper's bound on the normaliser is 1, of a memory without stabiliser. Stored are `e^{−m} C` and `e^{−m} n`, so that
//! the same bound is `e^{−m}` here: the form of the published code, whose ε this also has. A bound of 1 on the stabilised
//! normaliser would be another model, whose output depends on how it is stabilised.
//!
//! `n` is one more column of `C`, for a value that is always 1. Steps are taken in chunks: with `b_t` the sum of `log f` from
//! the chunk's start and `C_0`, `m_0` from before it,
//!
//! ```text
//! W_st = (k_sᵀ q_t) exp(b_t − b_s + ĩ_s − m_t), s ≤ t;   C_tᵀ q_t = Σ_s v_s W_st + exp(b_t + m_0 − m_t) C_0ᵀ q_t
//! ```
//!
//! which is the parallel form (appendix A.3) within a chunk and the recurrence between them. A chunk of one step is the
//! recurrence. The backward pass goes chunk by chunk from the kept `C_0` and computes `W` again.
//!
//! But for ε the output does not depend on `m`; so the derivative through it is that of ε alone, ε times the one of the
//! divisor, and goes where the maximum came from. A state is handed on as `(C, n)` in units of `e^{−m}`, and its
//! gradient is that at a fixed `m`.

use super::slstm::LEAST;
use crate::Real;
use crate::grad::{Record, Sweep, Tape, Var};
use crate::math::kernels::{Formula, Number, Packed, Summed, exp, for_each, for_each_summed, outer, sigmoid, softplus};

/// Steps that are taken at once: about as many as a head has rows, where both forms cost the same.
pub const CHUNK: usize = 32;

/// Added to the divisor, as in the published code.
const EPSILON: Real = 1e-6;

/// Places of the inputs in the record.
const Q: usize = 0;
const K: usize = 1;
const V: usize = 2;
const INPUT_GATE: usize = 3;
const FORGET_GATE: usize = 4;
const MEMORY0: usize = 5;
const STABILISER0: usize = 6;

/// By-products, counted back from the scan's own node.
const STABILISER: usize = 1;
const LAST: usize = 2;
const READ: usize = 3;
const KEPT: usize = 4;

/// What an mLSTM reads besides its state.
#[derive(Debug, Clone, Copy)]
pub struct MlstmInputs {
    /// Queries `[d · heads × (steps · batch)]`.
    pub q: Var,
    /// Keys, the same.
    pub k: Var,
    /// Values, the same.
    pub v: Var,
    /// Input gate before its exponential, `[heads × (steps · batch)]`.
    pub input_gate: Var,
    /// Forget gate before its function, `[heads × (steps · batch)]`.
    pub forget_gate: Var,
    /// Whether the forget gate is an exponential too, instead of a sigmoid.
    pub exponential: bool,
}

/// What an mLSTM gives.
#[derive(Debug, Clone, Copy)]
pub struct MlstmOutputs {
    /// `[d · heads × (steps · batch)]`.
    pub hidden: Var,
    /// Memory and normaliser after the last step, in units of `exp(−m)`: `[heads · d (d + 1) × batch]`.
    pub memory: Var,
    /// Stabiliser after each step, `[heads × (steps · batch)]`.
    pub stabiliser: Var,
}

/// Sizes of one scan.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    rows: usize,
    heads: usize,
    batch: usize,
    steps: usize,
    exponential: bool,
}

impl Sizes {
    fn of(sweep: &Sweep<'_>) -> Self {
        let [heads, batch, steps, exponential] = sweep.record.sizes;
        Self { rows: sweep.output_shape().0, heads, batch, steps, exponential: exponential == 1 }
    }

    /// Rows of one head.
    fn head(self) -> usize {
        self.rows / self.heads
    }

    /// How far the next step of a sample is behind one, in a sequence of `rows` rows.
    fn stride(self) -> usize {
        self.rows * self.batch
    }

    /// Numbers of one head's memory and normaliser.
    fn memory(self) -> usize {
        self.head() * (self.head() + 1)
    }

    fn chunks(self) -> usize {
        self.steps.div_ceil(CHUNK)
    }

    fn scale(self) -> Real {
        1.0 / (self.head() as Real).sqrt()
    }

    /// Place of the gates of view `view` at `step`; a view is one head of one sample.
    fn gate(self, view: usize, step: usize) -> usize {
        step * self.heads * self.batch + view
    }

    /// First number of a view at `step`.
    fn first(self, view: usize, step: usize) -> usize {
        step * self.stride() + view * self.head()
    }

    /// A view's columns of `steps` steps from `step` on, next to each other and times `factor`, columns of `to` `apart` apart.
    fn gather(self, from: &[Real], view: usize, step: usize, factor: Real, (to, apart): (&mut [Real], usize)) {
        let d = self.head();
        for (k, to) in to.chunks_exact_mut(apart).enumerate() {
            let from = &from[self.first(view, step + k)..][..d];
            to[..d].iter_mut().zip(from).for_each(|(to, x)| *to = factor * x);
        }
    }
}

/// `log f` from what stands before the gate's function: a sigmoid, or an `exponential`.
fn log_gate(raw: Real, exponential: bool) -> Real {
    if exponential { raw } else { -softplus(-raw) }
}

/// `d log f` of one number.
fn log_gate_slope(raw: Real, exponential: bool) -> Real {
    if exponential { 1.0 } else { sigmoid(-raw) }
}

/// One chunk of one view: its queries, keys and values, what the gates make of them, and room to work in.
struct Chunk {
    s: Sizes,
    /// Its view, its first step and its steps.
    view: usize,
    start: usize,
    steps: usize,
    /// Buffers, by the constants below.
    all: [Vec<Real>; 9],
    packed: Packed,
}

/// Queries over √d, `[d × steps]`.
const QUERIES: usize = 0;
/// Keys `[d × steps]`.
const KEYS: usize = 1;
/// Values above ones, `[(d + 1) × steps]`.
const VALUES: usize = 2;
/// `ĩ − b` of each step.
const ENTERING: usize = 3;
/// `b` of each step: the sum of `log f`.
const LEFT: usize = 4;
/// `m` before the chunk and after each step.
const MOST: usize = 5;
/// `kᵀ q`, `[steps × steps]`, a column a query; then the same times what the gates leave of it.
const WEIGHTS: usize = 6;
/// `[(d + 1) × steps]`: what is read, or its gradient.
const WIDE: usize = 7;
/// `[d × steps]`: weighed queries or keys.
const NARROW: usize = 8;

impl Chunk {
    fn new(s: Sizes, mut take: impl FnMut(usize) -> Vec<Real>, packed: Packed) -> Self {
        let (d, n) = (s.head(), CHUNK.min(s.steps));
        let all = [d * n, d * n, (d + 1) * n, n, n, n + 1, n * n, (d + 1) * n, d * n].map(&mut take);
        Self { s, view: 0, start: 0, steps: 0, all, packed }
    }

    /// Reads the chunk from step `start` on, before which the stabiliser is `m`.
    fn load(&mut self, [q, k, v, input, forget]: [&[Real]; 5], (view, start): (usize, usize), m: Real) {
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

    /// `kᵀ q`, into the weights' place.
    fn score(&mut self) {
        let (d, n) = (self.s.head(), self.steps);
        let [queries, keys, .., weights, _, _] = &mut self.all;
        self.packed.pack_transposed(keys, d, 0, d, n);
        self.packed.times(&queries[..d * n], &mut weights[..n * n], n, false);
    }

    /// `b_t − m_t`.
    fn shift(&self, t: usize) -> Real {
        self.all[LEFT][t] - self.all[MOST][t + 1]
    }

    /// `exp(b_t + m_0 − m_t)`: what is left of the memory before the chunk at step `t`.
    fn of_before(&self, t: usize) -> Real {
        exp(self.shift(t) + self.all[MOST][0])
    }

    /// `exp(ĩ_t − b_t + b_n − m_n)`: what is left of step `t` at the chunk's end.
    fn of_step(&self, t: usize) -> Real {
        exp(self.all[ENTERING][t] + self.shift(self.steps - 1))
    }

    /// Scores times what the gates leave of them.
    fn weigh(&mut self) {
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

    /// Columns of `which` `[d × steps]` times a factor each, as `NARROW`.
    fn narrow(&mut self, which: usize, factor: impl Fn(&Self, usize) -> Real) {
        let d = self.s.head();
        for t in 0..self.steps {
            let factor = factor(self, t);
            let (from, to) = self.all.split_at_mut(NARROW);
            scaled(&from[which][t * d..][..d], factor, &mut to[0][t * d..][..d]);
        }
    }

    /// `|nᵀq|` or what bounds it, and ε.
    fn divisor(&self, t: usize, read: Real) -> Real {
        read.abs().at_least(exp(-self.all[MOST][t + 1])) + EPSILON
    }

    /// What each step reads, `WIDE`: of the chunk itself, and of the `memory` before it if there is one.
    fn read(&mut self, memory: Option<&[Real]>) {
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

    /// Takes the `memory` to the chunk's end.
    fn write(&mut self, memory: &mut [Real]) {
        let (d, n) = (self.s.head(), self.steps);
        let rest = self.of_before(n - 1);
        memory.iter_mut().for_each(|c| *c *= rest);
        self.narrow(KEYS, Self::of_step);
        outer(&self.all[NARROW], d, d, &self.all[VALUES][..(d + 1) * n], d + 1, memory, d);
    }

    fn done(self) -> ([Vec<Real>; 9], Packed) {
        (self.all, self.packed)
    }
}

/// Runs the scan from the state `memory0` `[heads · d (d + 1) × batch]` and `stabiliser0` `[heads × batch]` (nothing if
/// `None`).
pub fn mlstm(
    tape: &mut Tape,
    inputs: MlstmInputs,
    memory0: Option<Var>,
    stabiliser0: Option<Var>,
    batch: usize,
) -> MlstmOutputs {
    let MlstmInputs { q, k, v, input_gate, forget_gate, exponential } = inputs;
    let ((rows, columns), (heads, _)) = (tape.shape(q), tape.shape(input_gate));
    assert!(
        [k, v].into_iter().all(|var| tape.shape(var) == (rows, columns)),
        "queries, keys and values differ in shape"
    );
    assert_eq!(tape.shape(input_gate), tape.shape(forget_gate), "the gates differ in shape");
    assert!(q != k && k != v && v != q && input_gate != forget_gate, "each gradient needs a place of its own");
    let s = Sizes { rows, heads, batch, steps: columns / batch, exponential };
    let (d, size) = (s.head(), s.memory());
    let mut out = tape.buffer(rows * columns);
    let [mut stabilisers, mut reads] = [(); 2].map(|()| tape.buffer(heads * columns));
    let mut last = tape.buffer(heads * batch * size);
    // Without a backward pass nothing needs to be kept.
    let chunks = if tape.recording() { s.chunks() } else { 0 };
    let mut kept = tape.buffer(last.len() * chunks);
    let packed = tape.take_packed();
    let mut room = Chunk::new(s, |len| tape.scratch(len), packed);
    let sources = [q, k, v, input_gate, forget_gate].map(|var| tape.value(var));
    for (view, memory) in last.chunks_exact_mut(size).enumerate() {
        match memory0 {
            Some(memory0) => memory.copy_from_slice(&tape.value(memory0)[view * size..][..size]),
            None => memory.fill(0.0),
        }
        let mut m = stabiliser0.map_or(LEAST, |m| tape.value(m)[view]);
        for chunk in 0..s.chunks() {
            if chunks > 0 {
                kept[(view * chunks + chunk) * size..][..size].copy_from_slice(memory);
            }
            room.load(sources, (view, chunk * CHUNK), m);
            room.read((chunk > 0 || memory0.is_some()).then_some(memory));
            for (t, wide) in room.all[WIDE].chunks_exact(d + 1).take(room.steps).enumerate() {
                let (at, step) = (s.gate(view, room.start + t), s.first(view, room.start + t));
                (stabilisers[at], reads[at]) = (room.all[MOST][t + 1], wide[d]);
                scaled(&wide[..d], 1.0 / room.divisor(t, wide[d]), &mut out[step..step + d]);
            }
            room.write(memory);
            m = room.all[MOST][room.steps];
        }
    }
    let (buffers, packed) = room.done();
    buffers.into_iter().for_each(|buffer| tape.give(buffer));
    tape.give_packed(packed);

    let all = [Some(q), Some(k), Some(v), Some(input_gate), Some(forget_gate), memory0, stabiliser0];
    tape.push_companion(size, heads * batch * chunks, kept, &[]);
    tape.push_companion(heads, columns, reads, &[]);
    let memory = tape.push_companion(heads * size, batch, last, &all);
    let stabiliser = tape.push_companion(heads, columns, stabilisers, &all);
    let sizes = [heads, batch, s.steps, usize::from(exponential)];
    let record = Record::new(all, backward).with_sizes(sizes).with_companions(4);
    let hidden = tape.push(rows, columns, out, Some(record));
    MlstmOutputs { hidden, memory, stabiliser }
}

/// Gradients of a chunk's inner values, in the order of its steps.
struct Back {
    /// Of the scores `[steps × steps]`, of `ĩ − b`, of `b`, of `m` through ε, of the queries over √d and room for columns like
    /// them.
    all: [Vec<Real>; 6],
}

fn backward(sweep: &mut Sweep<'_>) {
    let s = Sizes::of(sweep);
    let inputs = [Q, K, V, INPUT_GATE, FORGET_GATE].map(|k| sweep.input(k));
    let [Some(q), Some(k), Some(v), Some(i), Some(f)] = inputs else { return };
    let (d, size, chunks, n) = (s.head(), s.memory(), s.chunks(), CHUNK.min(s.steps));
    let sources = [q, k, v, i, f].map(|var| sweep.value(var));
    let (memory0, stabiliser0) = (sweep.input(MEMORY0), sweep.input(STABILISER0).map(|m| sweep.value(m)));
    let [stabilisers, reads, kept] = [STABILISER, READ, KEPT].map(|back| sweep.value(sweep.companion(back)));
    let (out, dy) = (sweep.output(), sweep.take_upstream());
    let [mut d_memory, mut d_stabilisers] = [LAST, STABILISER].map(|back| sweep.take(sweep.companion(back)));
    let mut grads = [q, k, v, i, f].map(|var| sweep.take(var));
    let packed = sweep.take_packed();
    let mut room = Chunk::new(s, |len| sweep.scratch(len), packed);
    let mut back = Back { all: [n * n, n, n, n, d * n, d * n].map(|len| sweep.scratch(len)) };
    for (view, d_memory) in d_memory.chunks_exact_mut(size).enumerate() {
        let mut dm = 0.0;
        for chunk in (0..chunks).rev() {
            let start = chunk * CHUNK;
            let m = match start {
                0 => stabiliser0.map_or(LEAST, |m| m[view]),
                _ => stabilisers[s.gate(view, start - 1)],
            };
            room.load(sources, (view, start), m);
            room.weigh();
            let memory = (chunk > 0 || memory0.is_some()).then(|| &kept[(view * chunks + chunk) * size..][..size]);
            back.divide(&mut room, reads, out, &dy, &mut d_stabilisers);
            back.within(&mut room, &mut grads);
            // Where the memory's end is not used, nothing comes from it.
            if d_memory.iter().any(|g| *g != 0.0) {
                back.write(&mut room, memory, d_memory, &mut grads);
            }
            if let Some(memory) = memory {
                back.read(&mut room, memory, d_memory);
            }
            dm = back.gates(&room, sources, dm, &mut grads);
        }
        sweep.accumulate(STABILISER0, |grad, _| grad[view] += dm);
    }
    sweep.accumulate(MEMORY0, |grad, _| grad.iter_mut().zip(&d_memory).for_each(|(g, d)| *g += d));
    let (buffers, packed) = room.done();
    buffers.into_iter().chain(back.all).for_each(|buffer| sweep.give(buffer));
    sweep.give_packed(packed);
    for (var, grad) in [q, k, v, i, f].into_iter().zip(grads) {
        sweep.put(var, grad);
    }
    sweep.put(sweep.companion(LAST), d_memory);
    sweep.put(sweep.companion(STABILISER), d_stabilisers);
    sweep.keep(dy);
}

impl Back {
    /// From the gradients `dy` of the output to those of what was read (`WIDE`), of `b` of each step, and, through ε, of the
    /// stabiliser.
    fn divide(&mut self, room: &mut Chunk, reads: &[Real], out: &[Real], dy: &[Real], d_stabilisers: &mut [Real]) {
        let (s, d) = (room.s, room.s.head());
        for t in 0..room.steps {
            let (at, step) = (s.gate(room.view, room.start + t), s.first(room.view, room.start + t));
            let (read, dy) = (reads[at], &dy[step..step + d]);
            let divisor = room.divisor(t, read);
            let [along] = for_each_summed([dy, &out[step..step + d]], [], Dot);
            let d_divisor = -along / divisor;
            d_stabilisers[at] += EPSILON * d_divisor;
            self.all[3][t] = d_stabilisers[at];
            let above = read.abs() > exp(-room.all[MOST][t + 1]);
            // All that is read has the factor exp(b_t); the divisor has it too, but for ε and the bound. Summed up from the
            // weights, the two would cancel but for rounding.
            self.all[2][t] = if above { along * EPSILON / divisor } else { along };
            let wide = &mut room.all[WIDE][t * (d + 1)..][..d + 1];
            scaled(dy, 1.0 / divisor, &mut wide[..d]);
            wide[d] = if above { d_divisor * read.signum() } else { 0.0 };
        }
    }

    /// What goes from step to step within the chunk.
    fn within(&mut self, room: &mut Chunk, [_, grad_k, grad_v, ..]: &mut [Vec<Real>; 5]) {
        let (s, d, n) = (room.s, room.s.head(), room.steps);
        let (first, stride) = (s.first(room.view, room.start), s.stride());
        let [scores, entering, _, _, queries, _] = &mut self.all;
        let (scores, wide) = (&mut scores[..n * n], &room.all[WIDE][..(d + 1) * n]);
        outer(wide, d + 1, d, &room.all[WEIGHTS][..n * n], n, &mut grad_v[first..], stride);
        room.packed.pack_transposed(&room.all[VALUES], d + 1, 0, d + 1, n);
        room.packed.times(wide, scores, n, false);
        entering.fill(0.0);
        for t in 0..n {
            let (seen, unseen) = scores[t * n..(t + 1) * n].split_at_mut(t + 1);
            let reads = [&room.all[ENTERING][..=t], &room.all[WEIGHTS][t * n..][..=t]];
            for_each(reads, [seen, &mut entering[..=t]], DecayBack(room.shift(t)));
            unseen.fill(0.0);
        }
        outer(&room.all[QUERIES], d, d, scores, n, &mut grad_k[first..], stride);
        room.packed.pack(&room.all[KEYS], d, 0, d, n);
        room.packed.times(scores, &mut queries[..d * n], d, false);
    }

    /// What goes into the memory at the chunk's end, whose gradient turns into that of the memory before.
    fn write(
        &mut self,
        room: &mut Chunk,
        memory: Option<&[Real]>,
        d_memory: &mut [Real],
        [_, grad_k, grad_v, ..]: &mut [Vec<Real>; 5],
    ) {
        let (s, d, n) = (room.s, room.s.head(), room.steps);
        let stride = s.stride();
        let [_, entering, left, _, _, columns] = &mut self.all;
        room.packed.pack(d_memory, d, 0, d, d + 1);
        room.packed.times(&room.all[VALUES][..(d + 1) * n], &mut columns[..d * n], d, false);
        let rest = room.of_before(n - 1);
        let mut at_end = memory.map_or(0.0, |memory| rest * for_each_summed([memory, &*d_memory], [], Dot)[0]);
        for t in 0..n {
            let (factor, column) = (room.of_step(t), &columns[t * d..][..d]);
            let along = factor * for_each_summed([&room.all[KEYS][t * d..][..d], column], [], Dot)[0];
            entering[t] += along;
            at_end += along;
            add_scaled(column, factor, &mut grad_k[s.first(room.view, room.start + t)..][..d]);
        }
        left[n - 1] += at_end;
        room.narrow(KEYS, Chunk::of_step);
        room.packed.pack_transposed(d_memory, d, 0, d, d);
        let first = s.first(room.view, room.start);
        room.packed.times(&room.all[NARROW][..d * n], &mut grad_v[first..], stride, true);
        d_memory.iter_mut().for_each(|g| *g *= rest);
    }

    /// What is read of the `memory` before the chunk.
    fn read(&mut self, room: &mut Chunk, memory: &[Real], d_memory: &mut [Real]) {
        let (d, n) = (room.s.head(), room.steps);
        let [.., queries, columns] = &mut self.all;
        room.packed.pack(memory, d, 0, d, d + 1);
        room.packed.times(&room.all[WIDE][..(d + 1) * n], &mut columns[..d * n], d, false);
        for t in 0..n {
            let (factor, column) = (room.of_before(t), &columns[t * d..][..d]);
            add_scaled(column, factor, &mut queries[t * d..][..d]);
        }
        room.narrow(QUERIES, Chunk::of_before);
        outer(&room.all[NARROW], d, d, &room.all[WIDE][..(d + 1) * n], d + 1, d_memory, d);
    }

    /// To the queries and the gates; `dm` is what the steps after the chunk give to the stabiliser at its end, and what is
    /// given back is that for the one before the chunk.
    fn gates(&self, room: &Chunk, sources: [&[Real]; 5], dm: Real, grads: &mut [Vec<Real>; 5]) -> Real {
        let (s, d) = (room.s, room.s.head());
        let [_, entering, left, most, queries, _] = &self.all;
        let [grad_q, _, _, grad_i, grad_f] = grads;
        let (mut dm, mut sum) = (dm, 0.0);
        for t in (0..room.steps).rev() {
            let (at, step) = (s.gate(room.view, room.start + t), s.first(room.view, room.start + t));
            add_scaled(&queries[t * d..][..d], s.scale(), &mut grad_q[step..step + d]);
            sum += left[t] - entering[t];
            dm += most[t];
            let (mut d_i, mut d_f) = (entering[t], sum);
            if room.all[MOST][t + 1] > sources[INPUT_GATE][at] {
                d_f += dm;
            } else {
                d_i += dm;
                dm = 0.0;
            }
            grad_i[at] += d_i;
            grad_f[at] += d_f * log_gate_slope(sources[FORGET_GATE][at], s.exponential);
        }
        dm
    }
}

/// `to = factor · from`.
fn scaled(from: &[Real], factor: Real, to: &mut [Real]) {
    to.iter_mut().zip(from).for_each(|(to, x)| *to = factor * x);
}

/// `to += factor · from`.
fn add_scaled(from: &[Real], factor: Real, to: &mut [Real]) {
    to.iter_mut().zip(from).for_each(|(to, x)| *to += factor * x);
}

/// `e^{a + shift}` times a score.
struct Decay(Real);

impl Formula<1, 1> for Decay {
    #[inline(always)]
    fn at<T: Number>(&self, [a]: [T; 1], [score]: [T; 1]) -> [T; 1] {
        [score * exp(a + T::splat(self.0))]
    }
}

/// From the gradient of a weight to that of its score, which takes its place, and of its exponent.
struct DecayBack(Real);

impl Formula<2, 2> for DecayBack {
    #[inline(always)]
    fn at<T: Number>(&self, [a, weight]: [T; 2], [grad, entering]: [T; 2]) -> [T; 2] {
        [(grad * exp(a + T::splat(self.0))).flush(), grad.mul_add(weight, entering)]
    }
}

struct Dot;

impl Summed<2, 0, 1> for Dot {
    #[inline(always)]
    fn at<T: Number>(&self, [a, b]: [T; 2], []: [T; 0], [sum]: [T; 1]) -> ([T; 0], [T; 1]) {
        ([], [a.mul_add(b, sum)])
    }
}
