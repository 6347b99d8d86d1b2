//! The block around an mLSTM (Beck et al. 2024, figure 11).
//!
//! ```text
//! x̄ = LayerNorm(x)
//! (v̂, z) = W_up x̄                                      both [E × …], E = expansion · hidden
//! u_t = SiLU(b + Σₖ w_k ∘ v̂_{t−K+1+k})                 depthwise, causal, K steps wide
//! q = W_q u, k = W_k u, v = W_v v̂                      block-diagonal, in blocks of 4 rows
//! ĩ = w_i (q, k, v) + b_i, f̃ alike                     [heads × …]
//! h = the mLSTM of q, k, v, ĩ, f̃                       see crate::scan::mlstm
//! out = x + W_down ((LayerNorm(h) + s ∘ u) ∘ SiLU(z))  the norm in each head separately; s [E]: a learned skip
//! ```
//!
//! Streaming needs the last K − 1 steps of `v̂`, and for each head a matrix, a vector and a number, whatever the length.

use super::frame::Frame;
use crate::Real;
use crate::arch::mamba::{CONVOLUTION, EXPANSION};
use crate::arch::residual::{Branches, ending};
use crate::grad::{Var, ops};
use crate::knob::Settings;
use crate::math::largest_divisor;
use crate::nn::block::last_step;
use crate::nn::{Block, Bounds, Builder, CausalConv, Extent, Init, Linear, Norm, ParamId, Pass, State};
use crate::scan::{self, MlstmInputs, MlstmOutputs};

/// Rows of the blocks that make queries, keys and values, where they divide the channels (as published).
const BLOCK: usize = 4;
/// Initial standard deviation of the input gate's bias.
const INPUT_SPREAD: f64 = 0.1;
/// Initial bias of the forget gate, of the first head and of the last: memories of some 20 and 400 steps.
const FORGET: (f64, f64) = (3.0, 6.0);

/// Indices in the state.
const WINDOW: usize = 0;
const MEMORY: usize = 1;
const STABILISER: usize = 2;

#[derive(Debug)]
pub struct Mlstm {
    frame: Frame,
    up: Linear,
    conv: CausalConv,
    /// Queries, keys and values: `[E × block]` each.
    projections: [ParamId; 3],
    /// `[heads × 3 E]` and `[heads]`: input and forget gate.
    gates: [Linear; 2],
    norm: Norm,
    /// `[E]`.
    skip: ParamId,
    down: Linear,
    channels: usize,
}

impl Mlstm {
    pub fn new(builder: &mut Builder, frame: Frame, settings: &Settings) -> Self {
        let hidden = frame.stream.width;
        let (channels, heads) = (settings.get(&EXPANSION) * hidden, frame.heads);
        let named = |part: &str| frame.named(&format!("xlstm.{part}"));
        let block = largest_divisor(channels, BLOCK);
        let up = Linear::unbiased(builder, &named("proj_up"), hidden, 2 * channels, frame.small());
        let projections = ["q_proj", "k_proj", "v_proj"]
            .map(|part| builder.matrix(named(&format!("{part}.weight")), channels, block, frame.small()));
        let conv = CausalConv::new(builder, &named("conv1d.conv"), channels, settings.get(&CONVOLUTION));
        let last = heads.max(2) - 1;
        let forget = (0..heads).map(|head| FORGET.0 + (FORGET.1 - FORGET.0) * head as f64 / last as f64);
        let biases = [vec![(heads, Init::Normal(INPUT_SPREAD))], frame.forget_biases(forget)];
        let gates = [("igate", &biases[0]), ("fgate", &biases[1])].map(|(part, biases)| Linear {
            weight: builder.matrix(named(&format!("mlstm_cell.{part}.weight")), heads, 3 * channels, Init::Zero),
            bias: Some(builder.vector(named(&format!("mlstm_cell.{part}.bias")), biases, false)),
            inputs: 3 * channels,
            outputs: heads,
        });
        let norm = Norm::groups(builder, &named("mlstm_cell.outnorm"), channels, heads);
        let skip = builder.vector(named("learnable_skip"), &[(channels, Init::Constant(1.0))], false);
        let down = Linear::unbiased(builder, &named("proj_down"), channels, hidden, frame.outward());
        Self { frame, up, conv, projections, gates, norm, skip, down, channels }
    }

    /// Both gates `[2 heads × …]` before their functions, from queries, keys and values, without joining these.
    fn gates(&self, pass: &mut Pass<'_>, parts: [Var; 3]) -> Var {
        let [i, f] = self.gates.map(|gate| pass.param(gate.weight));
        let weights = ops::concat_rows(pass.tape, i, f);
        let bias = self.gates.map(|gate| gate.bias.map(|bias| pass.param(bias)));
        let mut bias = match bias {
            [Some(i), Some(f)] => Some(ops::concat_rows(pass.tape, i, f)),
            _ => None,
        };
        let mut sum: Option<Var> = None;
        for (k, part) in parts.into_iter().enumerate() {
            let weights = ops::slice_columns(pass.tape, weights, k * self.channels, self.channels);
            let one = ops::linear(pass.tape, weights, part, bias.take());
            sum = Some(sum.map_or(one, |sum| ops::add(pass.tape, sum, one)));
        }
        sum.unwrap_or(weights)
    }

    /// The gates, and the norm of each head's output: `[heads × (steps · batch)]`.
    fn probe(&self, pass: &mut Pass<'_>, inputs: MlstmInputs, outputs: MlstmOutputs) {
        if pass.probes.is_none() {
            return;
        }
        let index = self.frame.index;
        let input = ops::exp(pass.tape, inputs.input_gate);
        pass.probe_rows(index, "input gate", "head", Bounds::Positive, input);
        let (forget, bounds) = if inputs.exponential {
            (ops::exp(pass.tape, inputs.forget_gate), Bounds::Positive)
        } else {
            (ops::sigmoid(pass.tape, inputs.forget_gate), Bounds::Unit)
        };
        pass.probe_rows(index, "forget gate", "head", bounds, forget);
        pass.probe_rows(index, "stabiliser", "head", Bounds::Free, outputs.stabiliser);
        let (heads, columns) = pass.tape.shape(outputs.stabiliser);
        let mut sizes = pass.tape.buffer(heads * columns);
        let hidden = pass.tape.value(outputs.hidden).chunks_exact(self.channels / heads);
        for (size, head) in sizes.iter_mut().zip(hidden) {
            *size = head.iter().map(|h| h * h).sum::<Real>().sqrt();
        }
        let sizes = pass.tape.push(heads, columns, sizes, None);
        pass.probe_rows(index, "norm of the readout", "head", Bounds::Positive, sizes);
    }

    /// The output at every step, or at the `last` one alone, and the state after it.
    fn run(&self, pass: &mut Pass<'_>, x: Var, state: &State, last: bool) -> (Var, State) {
        let (e, batch, frame) = (self.channels, pass.batch, &self.frame);
        let x = frame.stream.enter(pass, x);
        let normed = frame.norm.forward(pass, x);
        let Branches { inner, u, z, window } = Branches::of(pass, (&self.up, &self.conv), normed, state[WINDOW], last);

        let [w_q, w_k, w_v] = self.projections.map(|id| pass.param(id));
        let [q, k, v] =
            [(w_q, u), (w_k, u), (w_v, inner)].map(|(weights, from)| ops::linear_blocks(pass.tape, weights, from));
        let gates = self.gates(pass, [q, k, v]);
        let [input_gate, forget_gate] =
            [0, 1].map(|gate| ops::slice_rows(pass.tape, gates, gate * frame.heads, frame.heads));
        let inputs = MlstmInputs { q, k, v, input_gate, forget_gate, exponential: frame.exponential };
        let outputs = scan::mlstm(pass.tape, inputs, state[MEMORY], state[STABILISER], batch);
        self.probe(pass, inputs, outputs);
        let stabiliser = last_step(pass, outputs.stabiliser);

        let [x, hidden, u] = [x, outputs.hidden, u].map(|sequence| ending(pass, sequence, last));
        let read = self.norm.forward(pass, hidden);
        let (skip, none) = (pass.param(self.skip), pass.tape.filled(e, 1, 0.0));
        let past = ops::depthwise(pass.tape, u, skip, none, batch);
        let read = ops::add(pass.tape, read, past);
        let out = frame.stream.leave_gated(pass, frame.index, x, (read, z, &self.down));
        (out, [Some(window), Some(outputs.memory), Some(stabiliser), None])
    }
}

impl Block for Mlstm {
    fn features(&self) -> usize {
        self.frame.stream.width
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        self.run(pass, x, state, false)
    }

    fn last_alone(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> Option<(Var, State)> {
        Some(self.run(pass, x, state, true))
    }

    fn keeps(&self, _: u64, extent: Extent) -> u64 {
        let [h, e, heads] = [self.frame.stream.width, self.channels, self.frame.heads].map(|size| size as u64);
        // Sequences of E, hidden and heads rows in `run`, with gradients; and the memory at the end and, in training, at the start of
        // each chunk.
        let sequences = if extent.every { 17 * e + 5 * h } else { 9 * e + 2 * h } + 16 * heads;
        let chunks = if extent.trains { extent.steps.div_ceil(scan::MLSTM_CHUNK as u64) } else { 0 };
        extent.copies() * (sequences * extent.steps + e * (e / heads + 1)) + e * (e / heads + 1) * chunks
    }
}
