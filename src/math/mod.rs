//! Numbers: the matrix type, the seeded random numbers, and the hot loops.
//!
//! A matrix is column-major, as in nalgebra. A sequence is one matrix `[features × (steps · batch)]`: column
//! `step · batch + sample`, so that one time step is a contiguous block and one sample's features are contiguous; in
//! memory that is PyTorch's `(seq, batch, feature)`.

pub mod kernels;
pub mod norms;
pub mod rng;

pub use rng::Rng;

/// The matrix type for what is not hot.
pub type Mat = nalgebra::DMatrix<crate::Real>;
