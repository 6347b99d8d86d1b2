//! xLSTM (Beck et al. 2024): residual blocks around an sLSTM, whose gates read the previous state, or an mLSTM, whose memory is a
//! matrix and whose steps can be computed in parallel.
//!
//! A stack has blocks of one kind or of both (the paper's xLSTM[a:b]: a of mLSTM, b of sLSTM), with a layer norm after the last
//! one. Parameters have the names, shapes and initial values of the published implementation (`xLSTMBlockStack`), except for the
//! factors of its norms, which it stores less 1.

mod frame;
mod mlstm;
mod slstm;

use crate::arch::plan::Plan;
use crate::arch::stacked::LAYERS;
use crate::knob::{Group, Knob, Settings, choices};
use crate::nn::{Block, Builder};
use frame::Frame;
use mlstm::Mlstm;
use slstm::Slstm;

pub use frame::FORGET_GATE;

choices! {
    /// The blocks with an sLSTM.
    pub enum Slstms {
        None("none", "no layer", "All are mLSTM: the paper's xLSTM[1:0]."),
        Second("second", "every 2nd layer", "One mLSTM, one sLSTM and so on: xLSTM[1:1]. With one layer no sLSTM."),
        Last("last", "the last layer", "All others are mLSTM: xLSTM[3:1] with four layers."),
        All("all", "every layer", "All are sLSTM: xLSTM[0:1]."),
    }
}

/// The blocks with an sLSTM.
pub const SLSTM: Knob<Slstms> = Knob::choice(Group::Model, "slstm", "sLSTM in", "second")
    .help(
        "Layers with a memory of single numbers and gates that read the last state (sLSTM). The others have a \
           matrix as memory and gates that read the input alone (mLSTM).",
    )
    .source("Beck et al. 2024")
    .basic();

/// Whether block `index` is an sLSTM.
fn is_slstm(settings: &Settings, index: usize) -> bool {
    match settings.get(&SLSTM) {
        Slstms::None => false,
        Slstms::Second => !index.is_multiple_of(2),
        Slstms::Last => index + 1 == settings.get(&LAYERS),
        Slstms::All => true,
    }
}

/// The equations of the blocks of `layers`, as MathML.
pub fn equations(settings: &Settings, layers: &[usize]) -> &'static str {
    let some = |slstm: bool| layers.iter().any(|&index| is_slstm(settings, index) == slstm);
    match (some(false), some(true)) {
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

/// The optimiser groups of the published code (`_create_weight_decay_optim_groups`): weights decay, except those of norms; biases,
/// skips and recurrent matrices do not.
fn decays(name: &str) -> bool {
    name.contains("weight") && !name.contains("norm")
}
