//! A decoder's attention to the encoder's states `h̄_s`, one for each token of the window.

use crate::grad::{Var, ops};
use crate::knob::{Group, Knob, Settings, choices};
use crate::nn::{Builder, Init, Linear, ParamId, Pass};

choices! {
    /// The kind of a decoder's attention.
    pub enum WhichAttention {
        None("none", "none",
            "The decoder sees the encoder's last state alone (Sutskever et al. 2014)."),
        Additive("additive", "additive",
            "A small network scores each encoder state against the decoder's last state. Their weighted mean joins \
            the next input (Bahdanau et al. 2015)."),
        Dot("dot", "multiplicative, dot",
            "The dot product with the decoder's state scores each encoder state. Their weighted mean joins the state \
            before the head (Luong et al. 2015)."),
        General("general", "multiplicative, general",
            "The same with a learned matrix between the two states (Luong et al. 2015)."),
    }
}

/// The kind of attention.
pub const ATTENTION: Knob<WhichAttention> = Knob::choice(Group::Model, "attention", "Attention", "none")
    .help("Whether the decoder sees the encoder's last state alone or attends to all encoder states at every step.")
    .source("Bahdanau et al. 2015; Luong et al. 2015")
    .basic();

/// The attention of a decoder, with its parameters; all states have `hidden` rows.
#[derive(Debug)]
pub enum Attention {
    /// None: the decoder has only the encoder's last state.
    None,
    /// Bahdanau et al. 2015, section 3.1 and appendix A.1.2, before the cell's step:
    /// `e_ts = ⟨v, tanh(W_a h_{t−1} + U_a h̄_s)⟩`.
    Additive {
        /// `W_a` `[hidden × hidden]`.
        query: Linear,
        /// `U_a` `[hidden × hidden]`.
        key: Linear,
        /// `v` `[hidden × 1]`.
        v: ParamId,
    },
    /// Luong et al. 2015, equations 5 to 8, after the cell's step: `e_ts = ⟨h_t, h̄_s⟩` or `⟨h_t, W_a h̄_s⟩`; the forecast is a
    /// linear map of `h̃_t = tanh(W_c [c_t; h_t])`.
    Multiplicative {
        /// `W_a` `[hidden × hidden]`, for `general`.
        general: Option<Linear>,
        /// `W_c` `[hidden × 2 hidden]`.
        combine: Linear,
    },
}

/// The encoder's states prepared for attention, the same for all steps of a decoder.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Keys, which the queries are compared with.
    keys: Var,
    /// Values, whose weighted sum is the context.
    values: Var,
}

impl Attention {
    /// The attention of the knob [`ATTENTION`].
    pub fn new(builder: &mut Builder, hidden: usize, settings: &Settings) -> Self {
        let uniform = |inputs: usize| Init::Uniform(1.0 / libm::sqrt(inputs as f64));
        let init = uniform(hidden);
        match settings.get(&ATTENTION) {
            WhichAttention::None => Attention::None,
            WhichAttention::Additive => Attention::Additive {
                query: Linear::unbiased(builder, "query", hidden, hidden, init),
                key: Linear::unbiased(builder, "key", hidden, hidden, init),
                v: builder.vector("v".to_owned(), &[(hidden, init)], false),
            },
            kind @ (WhichAttention::Dot | WhichAttention::General) => Attention::Multiplicative {
                general: (kind == WhichAttention::General)
                    .then(|| Linear::unbiased(builder, "general", hidden, hidden, init)),
                combine: Linear::unbiased(builder, "combine", 2 * hidden, hidden, uniform(2 * hidden)),
            },
        }
    }

    /// Whether the cell reads the context, so that each step needs the one before it.
    pub fn feeds_the_cell(&self) -> bool {
        matches!(self, Attention::Additive { .. })
    }

    /// Prepares the encoder's states `[hidden × (tokens · batch)]`.
    pub fn memory(&self, pass: &mut Pass<'_>, states: Var) -> Memory {
        let keys = match self {
            Attention::Additive { key: linear, .. } | Attention::Multiplicative { general: Some(linear), .. } => {
                linear.forward(pass, states)
            }
            _ => states,
        };
        Memory { keys, values: states }
    }

    /// Before the cell's step, from its state `[hidden × batch]`: the context `[hidden × batch]` that it reads with its input, and
    /// the weights `[tokens × batch]`.
    pub fn before(&self, pass: &mut Pass<'_>, memory: Memory, state: Option<Var>) -> Option<(Var, Var)> {
        let (Attention::Additive { query, v, .. }, Some(state)) = (self, state) else { return None };
        let (query, v) = (query.forward(pass, state), pass.param(*v));
        let scores = ops::additive_scores(pass.tape, query, memory.keys, v, pass.batch);
        Some(context(pass, memory, scores))
    }

    /// After the cell's steps, from its outputs `[hidden × (steps · batch)]`: the input of the forecast's map, of the same shape,
    /// and the weights `[tokens × (steps · batch)]`.
    pub fn after(&self, pass: &mut Pass<'_>, memory: Memory, outputs: Var) -> Option<(Var, Var)> {
        let Attention::Multiplicative { combine, .. } = self else { return None };
        let scores = ops::dot_scores(pass.tape, outputs, memory.keys, pass.batch);
        let (context, weights) = context(pass, memory, scores);
        let both = ops::concat_rows(pass.tape, context, outputs);
        let combined = combine.forward(pass, both);
        Some((ops::tanh(pass.tape, combined), weights))
    }
}

/// The sum of the encoder's states, weighted by the softmax of `scores`, and the weights.
fn context(pass: &mut Pass<'_>, memory: Memory, scores: Var) -> (Var, Var) {
    let weights = ops::softmax(pass.tape, scores);
    (ops::weighted_sums(pass.tape, weights, memory.values, pass.batch), weights)
}
