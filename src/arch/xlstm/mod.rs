//! xLSTM (Beck et al. 2024): residual blocks around an sLSTM, whose gates read the state before, or an mLSTM, whose memory is
//! a matrix and whose steps can be computed at once.
//!
//! A stack has blocks of one kind or of both (the paper's xLSTM[a:b]: a of mLSTM, b of sLSTM); after the last one comes a
//! layer norm. Parameters have the names, shapes and initial values of the published implementation
//! (`xLSTMBlockStack`), but for the factors of its norms, which it stores less 1.

mod mlstm;
mod slstm;

use crate::arch::plan::Plan;
use crate::arch::registry::makes_layer;
use crate::arch::residual::{Stream, largest_divisor};
use crate::arch::stacked::LAYERS;
use crate::arch::transformer::HEADS;
use crate::knob::{Choice, Default, Group, Kind, Knob, Settings};
use crate::nn::{Block, Builder, Init, Norm};
use mlstm::Mlstm;
use slstm::Slstm;

/// Which blocks hold an sLSTM.
pub const SLSTM: Knob = Knob {
    key: "slstm",
    label: "sLSTM in",
    help: "Which layers have a memory of single numbers and gates that read the state before (sLSTM); the others have a memory \
           that is a matrix, and gates that read the input alone (mLSTM).",
    unit: "",
    source: "Beck et al. 2024",
    group: Group::Model,
    kind: Kind::Choice {
        options: &[
            Choice { value: "none", label: "no layer", help: "All are mLSTM: the paper's xLSTM[1:0]." },
            Choice {
                value: "second",
                label: "every 2nd layer",
                help: "One mLSTM, one sLSTM and so on: xLSTM[1:1]. With one layer no sLSTM.",
            },
            Choice {
                value: "last",
                label: "the last layer",
                help: "All others are mLSTM: xLSTM[3:1] with four layers.",
            },
            Choice { value: "all", label: "every layer", help: "xLSTM[0:1]: a recurrence through and through." },
        ],
    },
    default: Default::Text("second"),
    basic: true,
    when: None,
};

/// What makes the forget gate.
pub const FORGET_GATE: Knob = Knob {
    key: "forget_gate",
    label: "Forget gate",
    help: "What the gate that keeps the memory is made by.",
    unit: "",
    source: "Beck et al. 2024",
    group: Group::Model,
    kind: Kind::Choice {
        options: &[
            Choice { value: "sigmoid", label: "sigmoid", help: "Between 0 and 1, as in an LSTM." },
            Choice {
                value: "exponential",
                label: "exponential",
                help: "As the input gate is: it can also raise what is remembered over what comes. It starts out where the \
                       sigmoid would.",
            },
        ],
    },
    default: Default::Text("sigmoid"),
    basic: false,
    when: None,
};

/// Fewest hidden units of a head: what a norm leaves of one number is nothing, and of two their order.
const HEAD_ROWS: usize = 4;

/// Whether block `index` is an sLSTM.
fn is_slstm(settings: &Settings, index: usize) -> bool {
    match settings.text(SLSTM.key) {
        "all" => true,
        "second" => !index.is_multiple_of(2),
        "last" => index + 1 == settings.size(LAYERS.key),
        _ => false,
    }
}

/// Which kinds of blocks a stack holds: mLSTM, sLSTM. Layers that are no xLSTM's, since others are mixed in or it is mixed into
/// others, hold neither.
fn kinds(settings: &Settings) -> (bool, bool) {
    let layers = || (0..settings.size(LAYERS.key)).filter(|index| makes_layer("xlstm", settings, *index));
    let some = |slstm: bool| layers().any(|index| is_slstm(settings, index) == slstm);
    (some(false), some(true))
}

/// The equations of the blocks that there are, as MathML.
pub fn equations(settings: &Settings) -> &'static str {
    match kinds(settings) {
        (true, true) => concat!(include_str!("../equations/mlstm.mml"), include_str!("../equations/slstm.mml")),
        (false, true) => include_str!("../equations/slstm.mml"),
        _ => include_str!("../equations/mlstm.mml"),
    }
}

/// One block.
pub fn block(builder: &mut Builder, index: usize, inputs: usize, _: &Plan, settings: &Settings) -> Box<dyn Block> {
    builder.decaying(decays, |builder| {
        let frame = Frame::new(builder, index, inputs, settings);
        if is_slstm(settings, index) {
            Box::new(Slstm::new(builder, frame, settings)) as Box<dyn Block>
        } else {
            Box::new(Mlstm::new(builder, frame, settings))
        }
    })
}

/// As in the published code's groups for the optimiser (`_create_weight_decay_optim_groups`): weights but those of norms; no
/// biases, no skips, no recurrent matrices.
fn decays(name: &str) -> bool {
    name.contains("weight") && !name.contains("norm")
}

/// What both kinds of blocks have.
#[derive(Debug)]
struct Frame {
    stream: Stream,
    norm: Norm,
    /// The largest number up to the one asked for that divides the hidden units and leaves [`HEAD_ROWS`] to each.
    heads: usize,
    exponential: bool,
    index: usize,
    layers: usize,
}

impl Frame {
    fn new(builder: &mut Builder, index: usize, inputs: usize, settings: &Settings) -> Self {
        let stream = Stream::new(builder, index, inputs, settings, ("post_blocks_norm", Norm::centred));
        let norm = Norm::centred(builder, &format!("blocks.{index}.xlstm_norm"), stream.width);
        Self {
            heads: largest_divisor(stream.width, settings.size(HEADS.key).min(stream.width / HEAD_ROWS).max(1)),
            stream,
            norm,
            exponential: settings.text(FORGET_GATE.key) == "exponential",
            index,
            layers: settings.size(LAYERS.key),
        }
    }

    fn named(&self, part: &str) -> String {
        format!("blocks.{}.{part}", self.index)
    }

    /// For what reads the stream (Nguyen and Salazar 2019).
    fn small(&self) -> Init {
        Init::Normal(libm::sqrt(2.0 / (5 * self.stream.width) as f64))
    }

    /// For what is added to the stream: as many blocks as there are layers add to it.
    fn outward(&self) -> Init {
        Init::Normal(2.0 / (self.layers as f64 * libm::sqrt(self.stream.width as f64)))
    }

    /// Initial biases of a forget gate: of a sigmoid the given ones, and of an exponential those that make the same of them.
    fn forget_biases(&self, biases: impl Iterator<Item = f64>) -> Vec<(usize, Init)> {
        let of = |bias: f64| if self.exponential { -libm::log1p(libm::exp(-bias)) } else { bias };
        biases.map(|bias| (1, Init::Constant(of(bias)))).collect()
    }
}
