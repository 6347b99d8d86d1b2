//! The recurrences over time: each runs a whole sequence, forward and backward written by hand.
//!
//! A scan is an operation of the tape. Its backward pass walks the steps once, storing the gradients of the
//! pre-activations; each weight gradient is then one product over all steps. After it, on a watched tape, the gradient of the
//! scan's output holds the whole gradient at each step, what flows through later steps included: that is what "the gradient
//! through time" is read from. Every scan has a plain twin in [`twin`], composed of the tape's own operations.

mod carried;
mod gru;
mod gru_reset_before;
mod lstm;
mod minimal;
mod mlstm;
mod rnn;
mod selective;
mod slstm;
mod steps;
pub mod twin;

pub use gru::gru;
pub use gru_reset_before::gru_reset_before;
pub use lstm::lstm;
pub use minimal::{Minimal, minimal};
pub use mlstm::{CHUNK as MLSTM_CHUNK, MlstmInputs, MlstmOutputs, mlstm};
pub use rnn::rnn;
pub use selective::{CHUNK, SelectiveInputs, selective};
pub use slstm::{LEAST, MOST_HEADS, SlstmInputs, SlstmOutputs, slstm};

use carried::StateGradients;

use crate::grad::Var;

/// The parameters of one recurrent layer in PyTorch's shapes: `w_ih` `[gates · hidden × features]`, `w_hh`
/// `[gates · hidden × hidden]`, `b_ih` and `b_hh` `[gates · hidden × 1]`.
#[derive(Debug, Clone, Copy)]
pub struct Weights {
    /// From the input to the gates.
    pub w_ih: Var,
    /// From the state to the gates.
    pub w_hh: Var,
    /// Added to the input's share.
    pub b_ih: Var,
    /// Added to the state's share.
    pub b_hh: Var,
}

/// How a sequence is walked.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// Samples side by side.
    pub batch: usize,
    /// From the last step to the first (outputs stay at their steps).
    pub reverse: bool,
}

impl Walk {
    /// From the first step to the last.
    pub fn forward(batch: usize) -> Self {
        Self { batch, reverse: false }
    }
}

/// What a scan without a cell state gives: all `[hidden × (steps · batch)]` apart from `gates`.
#[derive(Debug, Clone, Copy)]
pub struct Outputs {
    /// Hidden state after each step.
    pub hidden: Var,
    /// Cell state after each step (LSTM).
    pub cell: Option<Var>,
    /// Activated gates `[gates · hidden × (steps · batch)]`, in PyTorch's order.
    pub gates: Option<Var>,
}
