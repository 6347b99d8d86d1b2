//! The block around an sLSTM (Beck et al. 2024, figure 10).
//!
//! ```text
//! x̄ = LayerNorm(x)
//! u_t = SiLU(b + Σₖ w_k ∘ x̄_{t−K+1+k})                 depthwise, causal, K steps wide
//! x^i = W_i u, x^f = W_f u, x^z = W_z x̄, x^o = W_o x̄   block-diagonal over the heads
//! h = the sLSTM of x^i, x^f, x^z, x^o                  see crate::scan::slstm
//! y = x + LayerNorm(h)                                 the norm in each head separately
//! (g, p) = W_up LayerNorm(y)                           both [F × …], F = 4/3 · hidden
//! out = y + W_down (GELU(g) ∘ p)
//! ```
//!
//! Streaming needs the last K − 1 steps of `x̄`, and for each unit the hidden state, the cell state, the normaliser and the
//! stabiliser.

use super::frame::Frame;
use crate::arch::lstm::MATRICES;
use crate::arch::mamba::CONVOLUTION;
use crate::arch::residual::ending;
use crate::grad::{Var, ops};
use crate::knob::Settings;
use crate::nn::block::last_step;
use crate::nn::{Block, Bounds, Builder, CausalConv, Extent, Flow, Init, Linear, Norm, ParamId, Pass, State};
use crate::scan::{self, SlstmInputs, SlstmOutputs};

/// Initial bias of the forget gate, of a head's first unit and of its last.
const FORGET: (f64, f64) = (5.0, -7.0);
/// Exponent of the bias's fall from the first unit to the last: of the first block, and its increase up to the last block.
const POWER: (f64, f64) = (0.3, 1.3);

/// The gates as they are stacked, for probes: the exponential ones after the stabiliser.
const GATES: &[(&str, Bounds)] = &[
    ("input gate, stabilised", Bounds::Unit),
    ("forget gate, stabilised", Bounds::Unit),
    ("candidate", Bounds::Signed),
    ("output gate", Bounds::Unit),
];

/// Indices in the state; the memory is cell state, normaliser and stabiliser, stacked.
const WINDOW: usize = 0;
const HIDDEN: usize = 1;
const MEMORY: usize = 2;

#[derive(Debug)]
pub struct Slstm {
    frame: Frame,
    conv: CausalConv,
    /// Of the gates i, f, z, o: `[hidden × d]`.
    gates: [ParamId; 4],
    /// `[(heads · 4 d) × d]`
    recurrent: ParamId,
    /// `[4 hidden]`
    bias: ParamId,
    norm: Norm,
    before_feed_forward: Norm,
    up: Linear,
    down: Linear,
}

impl Slstm {
    pub fn new(builder: &mut Builder, frame: Frame, settings: &Settings) -> Self {
        let (hidden, heads) = (frame.stream.width, frame.heads);
        let d = hidden / heads;
        let named = |part: &str| frame.named(part);
        let conv = CausalConv::new(builder, &named("xlstm.conv1d.conv"), hidden, settings.get(&CONVOLUTION));
        // The published code feeds the output of `fgate` to the input gate, and that of `igate` to the forget gate; the names are
        // its own, so that its weights do the same here.
        let gates = ["fgate", "igate", "zgate", "ogate"]
            .map(|part| builder.matrix(named(&format!("xlstm.{part}.weight")), hidden, d, frame.small()));
        let recurrent = builder.matrix(named("xlstm.slstm_cell._recurrent_kernel_"), 4 * hidden, d, Init::Zero);
        let power = POWER.0 + POWER.1 * frame.index as f64 / (frame.layers.max(2) - 1) as f64;
        let of_unit =
            |unit: usize| FORGET.0 + (FORGET.1 - FORGET.0) * libm::pow(unit as f64 / (d.max(2) - 1) as f64, power);
        let mut biases = vec![(hidden, Init::Zero)];
        biases.extend(frame.forget_biases((0..hidden).map(|row| of_unit(row % d))));
        biases.push((2 * hidden, Init::Zero));
        let bias = builder.vector(named("xlstm.slstm_cell._bias_"), &biases, false);
        let norm = Norm::groups(builder, &named("xlstm.group_norm"), hidden, heads);
        let before_feed_forward = Norm::centred(builder, &named("ffn_norm"), hidden);
        let wide = (4 * hidden).div_ceil(3);
        let up = Linear::unbiased(builder, &named("ffn.proj_up"), hidden, 2 * wide, frame.small());
        let down = Linear::unbiased(builder, &named("ffn.proj_down"), wide, hidden, frame.outward());
        Self { frame, conv, gates, recurrent, bias, norm, before_feed_forward, up, down }
    }

    /// Gates as they act on the stabilised memory, and the memory: `[hidden × (steps · batch)]`.
    fn probe(&self, pass: &mut Pass<'_>, outputs: SlstmOutputs) {
        if pass.probes.is_none() {
            return;
        }
        let (index, d) = (self.frame.index, self.frame.stream.width / self.frame.heads);
        let ((rows, columns), (all, _)) = (pass.tape.shape(outputs.hidden), pass.tape.shape(outputs.gates));
        for (place, (name, bounds)) in GATES.iter().enumerate() {
            let mut gate = pass.tape.buffer(rows * columns);
            let heads = pass.tape.value(outputs.gates).chunks_exact(all / rows * d);
            for (to, head) in gate.chunks_exact_mut(d).zip(heads) {
                to.copy_from_slice(&head[place * d..][..d]);
            }
            let var = pass.tape.push(rows, columns, gate, None);
            pass.probe(index, name, *bounds, var);
        }
        pass.probe_flow(index, "hidden state", Bounds::Signed, Flow::Carried, outputs.hidden);
        pass.probe_flow(index, "cell state", Bounds::Free, Flow::Carried, outputs.cell);
        pass.probe(index, "normaliser", Bounds::Positive, outputs.normaliser);
        pass.probe(index, "stabiliser", Bounds::Free, outputs.stabiliser);
        let recurrent = pass.param(self.recurrent);
        pass.probe_head_matrices(index, MATRICES, self.frame.heads, recurrent);
    }

    /// The output at every step, or at the `last` one alone, and the state after it.
    fn run(&self, pass: &mut Pass<'_>, x: Var, state: &State, last: bool) -> (Var, State) {
        let frame = &self.frame;
        let x = frame.stream.enter(pass, x);
        let normed = frame.norm.forward(pass, x);
        let (u, window) = self.conv.forward(pass, normed, state[WINDOW]);
        let u = ops::silu(pass.tape, u);
        let [i, f, z, o] = self.gates.map(|id| pass.param(id));
        let gates = [(i, u), (f, u), (z, normed), (o, normed)]
            .map(|(weights, from)| ops::linear_blocks(pass.tape, weights, from));
        let (r, bias) = (pass.param(self.recurrent), pass.param(self.bias));
        let inputs = SlstmInputs { gates, r, bias, exponential: frame.exponential };
        let outputs = scan::slstm(pass.tape, inputs, state[HIDDEN], state[MEMORY], pass.batch);
        self.probe(pass, outputs);
        let [h, c, n, m] = [outputs.hidden, outputs.cell, outputs.normaliser, outputs.stabiliser]
            .map(|sequence| last_step(pass, sequence));
        let memory = ops::concat_rows(pass.tape, c, n);
        let memory = ops::concat_rows(pass.tape, memory, m);

        let [x, hidden] = [x, outputs.hidden].map(|sequence| ending(pass, sequence, last));
        let read = self.norm.forward(pass, hidden);
        let y = ops::add(pass.tape, x, read);
        let normed = self.before_feed_forward.forward(pass, y);
        let both = self.up.forward(pass, normed);
        let wide = self.down.inputs;
        let [gate, through] = [0, 1].map(|part| ops::slice_rows(pass.tape, both, part * wide, wide));
        let gate = ops::gelu(pass.tape, gate);
        let gated = ops::mul(pass.tape, gate, through);
        let fed = self.down.forward(pass, gated);
        let out = ops::add(pass.tape, y, fed);
        let out = frame.stream.leave(pass, out);
        pass.probe_flow(frame.index, "output", Bounds::Free, Flow::Output, out);
        (out, [Some(window), Some(h), Some(memory), None])
    }
}

impl Block for Slstm {
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
        let (h, wide) = (self.frame.stream.width as u64, self.down.inputs as u64);
        // Sequences of hidden and of feed-forward rows in `run`, with gradients; and the scan's gates and memory.
        let sequences = if extent.every { 16 * h + 6 * wide } else { 10 * h };
        (extent.copies() * sequences + 9 * h) * extent.steps
    }
}
