//! The recurrences over time: each runs a whole sequence, with forward and backward passes by hand.
//!
//! A scan is an operation of the tape. Its backward pass goes over the steps once and stores the gradients of the pre-activations;
//! each weight gradient is then one product over all steps. On a watched tape, the gradient of the scan's output is afterwards
//! complete at each step, with the part that flows through later steps: the gradient through time. Every scan has a plain reference
//! implementation in [`reference`], composed of the tape's own operations.

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
