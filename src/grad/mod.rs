//! Reverse-mode differentiation over whole matrices.
//!
//! [`Tape`] records the operations of one forward pass; [`Tape::backward`] goes through them in reverse. Every operation in [`ops`]
//! has its forward and backward passes side by side; the recurrences over time in `crate::scan` are operations too.

pub mod check;
mod gradient;
pub mod ops;
mod pool;
mod record;
mod tape;

pub use record::{Context, Record, Var};
pub use tape::Tape;
