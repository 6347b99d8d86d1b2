//! Shared code of mLSTM and sLSTM blocks.

use crate::arch::residual::Stream;
use crate::arch::stacked::LAYERS;
use crate::arch::transformer::HEADS;
use crate::knob::{Group, Knob, Settings, choices};
use crate::math::largest_divisor;
use crate::nn::{Builder, Init, Norm};

choices! {
    /// The function of the forget gate.
    pub enum ForgetGate {
        Sigmoid("sigmoid", "sigmoid", "Between 0 and 1, as in an LSTM."),
        Exponential("exponential", "exponential",
            "Like the input gate, it may exceed 1 and amplify the memory. It starts at the sigmoid's values."),
    }
}

/// The function of the forget gate.
pub const FORGET_GATE: Knob<ForgetGate> = Knob::choice(Group::Model, "forget_gate", "Forget gate", "sigmoid")
    .help("The function of the forget gate.")
    .source("Beck et al. 2024");

/// Fewest hidden units of a head: a norm turns one number into zero, and leaves only the order of two.
const HEAD_ROWS: usize = 4;

/// Shared parts of mLSTM and sLSTM blocks.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) stream: Stream,
    pub(super) norm: Norm,
    /// The largest number up to the setting that divides the hidden units and leaves [`HEAD_ROWS`] to each.
    pub(super) heads: usize,
    pub(super) exponential: bool,
    pub(super) index: usize,
    pub(super) layers: usize,
}

impl Frame {
    pub(super) fn new(builder: &mut Builder, index: usize, inputs: usize, settings: &Settings) -> Self {
        let stream = Stream::new(builder, index, inputs, settings, ("post_blocks_norm", Norm::centred));
        let norm = Norm::centred(builder, &format!("blocks.{index}.xlstm_norm"), stream.width);
        Self {
            heads: largest_divisor(stream.width, settings.get(&HEADS).min(stream.width / HEAD_ROWS).max(1)),
            stream,
            norm,
            exponential: settings.get(&FORGET_GATE) == ForgetGate::Exponential,
            index,
            layers: settings.get(&LAYERS),
        }
    }

    pub(super) fn named(&self, part: &str) -> String {
        format!("blocks.{}.{part}", self.index)
    }

    /// For maps of the stream (Nguyen and Salazar 2019).
    pub(super) fn small(&self) -> Init {
        Init::Normal(libm::sqrt(2.0 / (5 * self.stream.width) as f64))
    }

    /// For maps that add to the stream: one block for each layer adds to it.
    pub(super) fn outward(&self) -> Init {
        Init::Normal(2.0 / (self.layers as f64 * libm::sqrt(self.stream.width as f64)))
    }

    /// Initial biases of a forget gate: the given ones for a sigmoid, and for an exponential those with the same values.
    pub(super) fn forget_biases(&self, biases: impl Iterator<Item = f64>) -> Vec<(usize, Init)> {
        let of = |bias: f64| if self.exponential { -libm::log1p(libm::exp(-bias)) } else { bias };
        biases.map(|bias| (1, Init::Constant(of(bias)))).collect()
    }
}
