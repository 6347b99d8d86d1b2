//! The mLSTM (Beck et al. 2024, "xLSTM", section 2.3): a matrix memory to which keys write values and from which queries read.
//!
//! ```text
//! m_t = max(log f_t + m_{t−1}, ĩ_t)                    stabiliser (equation 15); log f_t = log σ(f̃_t), or f̃_t
//! i_t = exp(ĩ_t − m_t)                                 input gate (16)
//! f_t = exp(log f_t + m_{t−1} − m_t)                   forget gate (17)
//! C_t = f_t C_{t−1} + i_t k_t v_tᵀ                     memory (19, transposed)
//! n_t = f_t n_{t−1} + i_t k_t                          normaliser (20)
//! h_t = C_tᵀ q_t / (max(|n_tᵀ q_t|, e^{−m_t}) + ε)     hidden state (21), ε = 1e-6
//!
//! in each of H heads separately: q, k, v, h [d × batch], C [d × d × batch], n [d × batch]; ĩ, f̃, m one number a head.
//! q is divided by √d first (the paper divides k, 23).
//! ```
//!
//! The paper bounds the normaliser by 1, for a memory without stabiliser. `e^{−m} C` and `e^{−m} n` are stored here, so the same
//! bound is `e^{−m}`, as in the published code, which also has this ε. A bound of 1 on the stabilised normaliser would be another
//! model, with an output that depends on the stabiliser.
//!
//! `n` is one more column of `C`, for a value that is always 1. Steps are computed in chunks: with `b_t` the sum of `log f` from
//! the chunk's start and `C_0`, `m_0` from before it,
//!
//! ```text
//! W_st = (k_sᵀ q_t) exp(b_t − b_s + ĩ_s − m_t), s ≤ t;   C_tᵀ q_t = Σ_s v_s W_st + exp(b_t + m_0 − m_t) C_0ᵀ q_t
//! ```
//!
//! which is the parallel form (appendix A.3) within a chunk and the recurrence between them. A chunk of one step is the
//! recurrence. The backward pass goes chunk by chunk from the kept `C_0` and computes `W` again.
//!
//! Except for ε the output does not depend on `m`; the derivative through it is therefore only that of ε, ε times the divisor's,
//! and goes to the source of the maximum. A state is handed on as `(C, n)` in units of `e^{−m}`, and its gradient is that at a
//! fixed `m`.

mod back;
mod chunk;
mod sizes;

use crate::grad::{Record, Tape, Var};
use crate::math::kernels::scaled;
use crate::scan::slstm::LEAST;

use back::backward;
use chunk::{Chunk, MOST, WIDE};
use sizes::Sizes;

pub use sizes::CHUNK;

/// Inputs of an mLSTM besides its state.
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

/// Outputs of an mLSTM.
#[derive(Debug, Clone, Copy)]
pub struct MlstmOutputs {
    /// `[d · heads × (steps · batch)]`.
    pub hidden: Var,
    /// Memory and normaliser after the last step, in units of `exp(−m)`: `[heads · d (d + 1) × batch]`.
    pub memory: Var,
    /// Stabiliser after each step, `[heads × (steps · batch)]`.
    pub stabiliser: Var,
}

/// Runs the scan from the state `memory0` `[heads · d (d + 1) × batch]` and `stabiliser0` `[heads × batch]` (empty if `None`).
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
                scaled(&mut out[step..step + d], &wide[..d], 1.0 / room.divisor(t, wide[d]));
            }
            room.write(memory);
            m = room.all[MOST][room.steps];
        }
    }
    let (buffers, packed) = room.done();
    buffers.into_iter().for_each(|buffer| tape.give(buffer));
    tape.give_packed(packed);

    let all = [Some(q), Some(k), Some(v), Some(input_gate), Some(forget_gate), memory0, stabiliser0];
    tape.push_auxiliary(size, heads * batch * chunks, kept, &[]);
    tape.push_auxiliary(heads, columns, reads, &[]);
    let memory = tape.push_auxiliary(heads * size, batch, last, &all);
    let stabiliser = tape.push_auxiliary(heads, columns, stabilisers, &all);
    let sizes = [heads, batch, s.steps, usize::from(exponential)];
    let record = Record::new(all, backward).with_sizes(sizes).with_auxiliaries(4);
    let hidden = tape.push(rows, columns, out, Some(record));
    MlstmOutputs { hidden, memory, stabiliser }
}
