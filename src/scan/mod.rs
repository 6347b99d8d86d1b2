//! The recurrences over time: each runs a whole sequence, forward and backward written by hand.
//!
//! A scan is an operation of the tape. Its backward pass walks the steps once, storing the gradients of the
//! pre-activations; each weight gradient is then one product over all steps. After it, on a watched tape, the gradient of the
//! scan's output holds the whole gradient at each step, what flows through later steps included: that is what "the gradient
//! through time" is read from. Every scan has a plain twin in [`twin`], composed of the tape's own operations.

mod minimal;
mod mlstm;
mod recurrent;
mod selective;
mod slstm;
pub mod twin;

pub use minimal::{Minimal, minimal};
pub use mlstm::{CHUNK as MLSTM_CHUNK, MlstmInputs, MlstmOutputs, mlstm};
pub use recurrent::{Outputs, Walk, Weights, gru, gru_reset_before, lstm, rnn};
pub use selective::{CHUNK, SelectiveInputs, selective};
pub use slstm::{LEAST, MOST_HEADS, SlstmInputs, SlstmOutputs, slstm};
