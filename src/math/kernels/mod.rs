//! The hot loops, each with a plain twin in [`plain`] that it is tested against.
//!
//! They are written as portable code over fixed-size blocks that the compiler turns into SIMD (`simd128` in wasm).

pub mod activation;
pub mod gemm;
pub mod plain;

pub use activation::{sigmoid, tanh};
pub use gemm::{Packed, outer};

use crate::Real;

/// Gradients smaller than this are set to zero. WebAssembly has no flush-to-zero mode, and a gradient that fades over a
/// long window becomes subnormal, which makes every multiplication with it some ten times slower. 1e-25 in `f32` is far
/// below what can change a weight; in `f64` the bound lies just above the subnormal range.
#[cfg(not(feature = "f64"))]
pub const TINY: Real = 1e-25;
/// See the `f32` version.
#[cfg(feature = "f64")]
pub const TINY: Real = 1e-300;

/// `x`, or zero where it is smaller than [`TINY`].
#[inline(always)]
pub fn flush(x: Real) -> Real {
    if x.abs() < TINY { 0.0 } else { x }
}
