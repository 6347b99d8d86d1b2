//! The Transformer's layers (Vaswani et al. 2017), with norms before each part (Xiong et al. 2020): decoder-only, where each step
//! attends to itself and earlier steps, and encoder, where each attends to all.
//!
//! ```text
//! x_t ← x_t + p_t                                     in the first layer: the position of the step
//! (q_t, k_t, v_t) = W_in LayerNorm(x_t) + b_in         each [hidden], cut into heads of d = hidden / heads rows
//! a_ts = softmax over s of q_tᵀ k_s / √d               in each head; causal: s ≤ t
//! y_t = x_t + W_out Σₛ a_ts v_s + b_out
//! out_t = y_t + W₂ φ(W₁ LayerNorm(y_t) + b₁) + b₂      W₁ [F · hidden × hidden], φ GELU or a rectifier
//! ```
//!
//! A layer is `torch.nn.TransformerEncoderLayer(norm_first=True)` without dropout, with its parameters' names, shapes and initial
//! values; a layer norm (`norm`) follows the last one. Positions are learned (`position.weight`, as `torch.nn.Embedding`),
//! sinusoidal (Vaswani et al. 2017, section 3.5), or absent.
//!
//! The head reads a decoder's last step, which attends to all of them. An encoder's steps all attend to the whole window, and the
//! head reads their mean, `h = Σ_t out_t / L`.
//!
//! Streaming, the state is every step's keys and values so far, `[hidden × (steps · batch)]`, and so grows with every step.

use crate::Real;
use crate::arch::plan::Plan;
use crate::arch::residual::Stream;
use crate::grad::{Var, ops};
use crate::knob::{Group, Knob, Settings, choices};
use crate::math::largest_divisor;
use crate::nn::block::last_step;
use crate::nn::{Block, Bounds, Builder, Extent, Flow, Init, Linear, Norm, ParamId, Pass, State};

/// Number of heads.
pub const HEADS: Knob<usize> = Knob::integer(Group::Model, "heads", "Heads", 1..=16, 4)
    .help(
        "Heads of the attention or of the memory, at most. The model takes the largest number that divides the \
           hidden units (in an xLSTM, with at least four units for each head).",
    )
    .source("Vaswani et al. 2017");

/// Width of the feed-forward part.
pub const FEED_FORWARD: Knob<usize> = Knob::integer(Group::Model, "feed_forward", "Feed-forward width", 1..=8, 4)
    .help("Feed-forward units for each hidden unit.")
    .unit("×")
    .source("Vaswani et al. 2017");

choices! {
    /// The activation of the feed-forward part.
    pub enum Activation {
        Gelu("gelu", "GELU", "A smooth rectifier (Hendrycks and Gimpel 2016)."),
        Relu("relu", "rectifier", "Zero below zero, as in the original paper."),
    }
}

/// Activation of the feed-forward part.
pub const ACTIVATION: Knob<Activation> =
    Knob::choice(Group::Model, "activation", "Activation", "gelu").help("Nonlinearity of the feed-forward part.");

choices! {
    /// The position encoding.
    pub enum WhichPositions {
        Learned("learned", "learned",
            "A vector for each position in window and horizon. Later positions repeat the last one."),
        Waves("waves", "sines and cosines",
            "Waves of all lengths (Vaswani et al. 2017): any length, nothing to learn."),
        None("none", "none", "A causal network can still count what it sees (Haviv et al. 2022); an encoder cannot."),
    }
}

/// The position encoding.
pub const POSITIONS: Knob<WhichPositions> = Knob::choice(Group::Model, "positions", "Positions", "learned")
    .help("How the network knows the position of each step: attention alone sees a set, not a sequence.");

/// Initial standard deviation of learned positions, as in GPT-2 (Radford et al. 2019).
const POSITION_SPREAD: f64 = 0.02;
/// Length of the longest wave over 2π (Vaswani et al. 2017, section 3.5).
const LONGEST_WAVE: f64 = 10_000.0;

/// Indices in the state.
const KEYS: usize = 0;
const VALUES: usize = 1;

#[derive(Debug, Clone, Copy)]
enum Positions {
    Learned(ParamId),
    Waves,
    None,
}

#[derive(Debug)]
struct Transformer {
    stream: Stream,
    positions: Positions,
    before_attention: Norm,
    into_attention: Linear,
    out_of_attention: Linear,
    before_feed_forward: Norm,
    widen: Linear,
    narrow: Linear,
    rectifier: bool,
    causal: bool,
    heads: usize,
    index: usize,
}

/// One causal layer.
pub fn decoder(builder: &mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings) -> Box<dyn Block> {
    Box::new(Transformer::new(builder, index, inputs, plan, settings, true))
}

/// One layer with attention from every step to every other.
pub fn encoder(builder: &mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings) -> Box<dyn Block> {
    Box::new(Transformer::new(builder, index, inputs, plan, settings, false))
}

impl Transformer {
    fn new(builder: &mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings, causal: bool) -> Self {
        let stream = Stream::new(builder, index, inputs, settings, ("norm", Norm::layer));
        let hidden = stream.width;
        let heads = largest_divisor(hidden, settings.get(&HEADS));
        let places = plan.tokens() + plan.horizon.div_ceil(plan.segment());
        let positions = match settings.get(&POSITIONS) {
            _ if index > 0 => Positions::None,
            WhichPositions::Learned => {
                // Uniform with this standard deviation, like all random weights here.
                let init = Init::Uniform(POSITION_SPREAD * libm::sqrt(3.0));
                Positions::Learned(builder.table("position.weight".to_owned(), places, hidden, init))
            }
            WhichPositions::Waves => Positions::Waves,
            WhichPositions::None => Positions::None,
        };
        let named = |part: &str| format!("layers.{index}.{part}");
        // torch.nn.MultiheadAttention: Glorot's uniform range for the stacked projections, and biases of zero.
        let glorot = Init::Uniform(libm::sqrt(6.0 / (4 * hidden) as f64));
        let uniform = Init::Uniform(1.0 / libm::sqrt(hidden as f64));
        let width = settings.get(&FEED_FORWARD) * hidden;
        let into_attention = Linear {
            weight: builder.matrix(named("self_attn.in_proj_weight"), 3 * hidden, hidden, glorot),
            bias: Some(builder.vector(named("self_attn.in_proj_bias"), &[(3 * hidden, Init::Zero)], false)),
            inputs: hidden,
            outputs: 3 * hidden,
        };
        Self {
            stream,
            positions,
            into_attention,
            out_of_attention: Linear::drawn(
                builder,
                &named("self_attn.out_proj"),
                hidden,
                hidden,
                (uniform, Init::Zero),
            ),
            widen: Linear::new(builder, &named("linear1"), hidden, width),
            narrow: Linear::new(builder, &named("linear2"), width, hidden),
            before_attention: Norm::layer(builder, &named("norm1"), hidden),
            before_feed_forward: Norm::layer(builder, &named("norm2"), hidden),
            rectifier: settings.get(&ACTIVATION) == Activation::Relu,
            causal,
            heads,
            index,
        }
    }

    /// Adds the positions of the steps, the first of which is `first`.
    fn place(&self, pass: &mut Pass<'_>, x: Var, first: usize) -> Var {
        match self.positions {
            Positions::None => x,
            Positions::Learned(table) => {
                let table = pass.param(table);
                ops::add_places(pass.tape, x, table, first, pass.batch)
            }
            Positions::Waves => {
                let (rows, columns) = pass.tape.shape(x);
                let mut all = pass.tape.buffer(rows * columns);
                for (step, columns) in all.chunks_exact_mut(rows * pass.batch).enumerate() {
                    for row in 0..rows {
                        columns[row] = wave(first + step, row, rows);
                    }
                    let (one, rest) = columns.split_at_mut(rows);
                    rest.chunks_exact_mut(rows).for_each(|column| column.copy_from_slice(one));
                }
                let waves = pass.tape.push(rows, columns, all, None);
                ops::add(pass.tape, x, waves)
            }
        }
    }

    /// `x` in the layers' width, with the places of its steps, which follow those of `state`.
    fn enter(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> Var {
        let past = state[KEYS].map_or(0, |keys| pass.tape.shape(keys).1 / pass.batch);
        let x = self.stream.enter(pass, x);
        self.place(pass, x, past)
    }

    /// From queries, keys and values to the output at the queries' steps, of which `x` is the input, and to the state behind them.
    fn attend(&self, pass: &mut Pass<'_>, x: Var, [q, mut k, mut v]: [Var; 3], state: &State) -> (Var, State) {
        if let (Some(keys), Some(values)) = (state[KEYS], state[VALUES]) {
            k = ops::concat_columns(pass.tape, keys, k);
            v = ops::concat_columns(pass.tape, values, v);
        }
        let look = ops::Look { heads: self.heads, batch: pass.batch, causal: self.causal };
        let seen = ops::attention(pass.tape, q, k, v, look);
        let queries = pass.tape.shape(q).1 / pass.batch;
        self.probe_weights(pass, seen.weights, queries);
        let seen = self.out_of_attention.forward(pass, seen.out);
        let x = ops::add(pass.tape, x, seen);

        let normed = self.before_feed_forward.forward(pass, x);
        let wide = self.widen.forward(pass, normed);
        let bent = if self.rectifier { ops::relu(pass.tape, wide) } else { ops::gelu(pass.tape, wide) };
        let fed = self.narrow.forward(pass, bent);
        let x = ops::add(pass.tape, x, fed);
        let out = self.stream.leave(pass, x);
        pass.probe_flow(self.index, "output", Bounds::Free, Flow::Output, out);
        // An encoder has no state to continue from.
        let state = if self.causal { [Some(k), Some(v), None, None] } else { State::default() };
        (out, state)
    }

    /// Attention weights as a probe: `[(heads · keys) × (steps · batch)]`, one column a query.
    fn probe_weights(&self, pass: &mut Pass<'_>, weights: Var, steps: usize) {
        if pass.probes.is_none() {
            return;
        }
        let keys = pass.tape.shape(weights).0;
        let rows = self.heads * keys;
        let mut all = pass.tape.buffer(rows * steps * pass.batch);
        let from = pass.tape.value(weights);
        for (column, to) in all.chunks_exact_mut(rows).enumerate() {
            let (step, sample) = (column / pass.batch, column % pass.batch);
            for (head, to) in to.chunks_exact_mut(keys).enumerate() {
                to.copy_from_slice(&from[((sample * self.heads + head) * steps + step) * keys..][..keys]);
            }
        }
        let var = pass.tape.push(rows, steps * pass.batch, all, None);
        pass.probe_looks(self.index, self.heads, None, var);
    }
}

/// Row `row` of `rows` at position `place`: sines in even rows, cosines in odd ones.
fn wave(place: usize, row: usize, rows: usize) -> Real {
    let angle = place as f64 / libm::pow(LONGEST_WAVE, (row / 2 * 2) as f64 / rows as f64);
    crate::narrow(if row.is_multiple_of(2) { libm::sin(angle) } else { libm::cos(angle) })
}

impl Block for Transformer {
    fn features(&self) -> usize {
        self.stream.width
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        let hidden = self.stream.width;
        let x = self.enter(pass, x, state);
        let normed = self.before_attention.forward(pass, x);
        let all = self.into_attention.forward(pass, normed);
        let qkv = [0, 1, 2].map(|part| ops::slice_rows(pass.tape, all, part * hidden, hidden));
        self.attend(pass, x, qkv, state)
    }

    /// The last step needs keys and values of all steps, and all the rest of itself.
    fn last_alone(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> Option<(Var, State)> {
        if !self.causal {
            return None;
        }
        let hidden = self.stream.width;
        let x = self.enter(pass, x, state);
        let normed = self.before_attention.forward(pass, x);
        let asking = last_step(pass, normed);
        let q = self.into_attention.forward_rows(pass, 0..hidden, asking);
        let kv = self.into_attention.forward_rows(pass, hidden..3 * hidden, normed);
        let [k, v] = [0, 1].map(|part| ops::slice_rows(pass.tape, kv, part * hidden, hidden));
        let x = last_step(pass, x);
        Some(self.attend(pass, x, [q, k, v], state))
    }

    fn readout(&self, pass: &mut Pass<'_>, output: Var) -> Var {
        if self.causal { last_step(pass, output) } else { ops::mean_steps(pass.tape, output, pass.batch) }
    }

    fn keeps(&self, _: u64, extent: Extent) -> u64 {
        let [h, f, heads] = [self.stream.width, self.widen.outputs, self.heads].map(|size| size as u64);
        // Sequences of hidden and of feed-forward rows, with gradients; and the weights of each head and query.
        let Extent { steps, before, every, .. } = extent;
        let (sequences, queries) = if every || !self.causal { (16 * h + 2 * f, steps) } else { (8 * h, 1) };
        extent.copies() * sequences * steps + heads * queries * (before + steps)
    }

    fn state(&self, _: u64, steps: u64) -> u64 {
        if self.causal { 2 * self.stream.width as u64 * steps } else { 0 }
    }
}
