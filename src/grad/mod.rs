//! Reverse-mode differentiation over whole matrices.
//!
//! [`Tape`] records the operations of one forward pass; [`Tape::backward`] walks them back. Every operation in [`ops`]
//! has its forward and its backward side by side; the recurrences over time in `crate::scan` are operations too.

pub mod check;
pub mod ops;
pub mod tape;

pub use tape::{Record, Sweep, Tape, Var};
