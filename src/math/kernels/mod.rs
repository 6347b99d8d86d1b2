//! The hot loops, each tested against a plain reference implementation in [`plain`].
//!
//! They are written over [`lanes::Lanes`]: SIMD registers in wasm (with fused multiply-adds in the relaxed build), arrays
//! elsewhere. This is the only folder with `unsafe` in it.

pub mod activation;
pub mod exponential;
pub mod gemm;
pub mod lanes;
pub mod plain;
pub mod softmax;
pub mod sums;
pub mod vectors;

pub use activation::{sigmoid, tanh};
pub use exponential::{exp, normal, softplus};
pub use gemm::{Packed, outer, times_column};
pub use lanes::{Formula, Number, for_each};
pub use softmax::{softmax, softmax_backward};
pub use sums::{Summed, for_each_summed};
pub use vectors::{add_product, add_scaled, dot, multiply, product, scaled};

use crate::Real;

/// Gradients below this are set to zero. WebAssembly has no flush-to-zero mode, and a gradient that vanishes over a long window
/// becomes subnormal, which slows multiplications some ten times. 1e-25 in `f32` is far too small to change a weight; in `f64` the
/// bound lies just above the subnormal range.
#[cfg(not(feature = "f64"))]
pub const TINY: Real = 1e-25;
/// See the `f32` version.
#[cfg(feature = "f64")]
pub const TINY: Real = 1e-300;
