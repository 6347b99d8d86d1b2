//! The recurrences over time: each runs a whole sequence, forward and backward written by hand.
//!
//! A scan is an operation of the tape. Its backward pass walks the steps once, storing the gradients of the
//! pre-activations; each weight gradient is then one product over all steps. After it, on a watched tape, the gradient of the
//! scan's output is complete at each step, with the part that flows through later steps. "The gradient through time" is
//! read from it. Every scan has a plain reference implementation in [`reference`], composed of the tape's own operations.

mod minimal;
mod mlstm;
mod recurrent;
pub mod reference;
mod selective;
mod slstm;

pub use minimal::{Minimal, minimal};
pub use mlstm::{CHUNK as MLSTM_CHUNK, MlstmInputs, MlstmOutputs, mlstm};
pub use recurrent::{Outputs, Walk, Weights, gru, gru_reset_before, lstm, rnn};
pub use selective::{CHUNK, SelectiveInputs, selective};
pub use slstm::{LEAST, MOST_HEADS, SlstmInputs, SlstmOutputs, slstm};
