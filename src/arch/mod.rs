//! The architectures: one file for each, and the registry that lists them.
//!
//! A new architecture is one file, its `mod` line and one row in [`registry::ALL`]; it then appears on the page and in every test
//! over the registry.

mod bidirectional;
pub mod cells;
mod direct;
mod dlinear;
mod encoder_decoder;
mod forecaster;
mod gru;
mod input;
mod levels;
mod lstm;
mod mamba;
mod minimal;
mod mlp;
mod nlinear;
pub mod plan;
mod recurrent;
pub mod registry;
mod residual;
mod rnn;
mod segrnn;
pub mod stacked;
mod tcn;
mod transformer;
mod xlstm;

pub use forecaster::{Forecaster, Line, Stretches};
pub use gru::FORM as GRU_FORM;
pub use plan::Plan;
pub use registry::{Architecture, find};
