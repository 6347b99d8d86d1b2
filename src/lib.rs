//! Unrolled trains recurrent networks on a person's CSV, in their browser.
//!
//! The modules are layers; a lower one never imports a higher one (`tests/suite/layering.rs` checks it):
//!
//! - [`error`], [`knob`], `exact`, `digest`: errors, settings, decimals in saved files, and digests;
//! - [`math`] → [`grad`] → [`scan`] → [`nn`] → [`arch`]: kernels, the tape, recurrences over time, shared parts, and the
//!   architectures;
//! - [`baseline`]: statistical forecasts of one series;
//! - [`data`]: from a file's bytes to windows of scaled values; [`evaluate`]: errors, and baselines;
//! - [`experiment`]: a series, its split and its targets, for all models that are compared on them;
//! - [`train`]: the training loop; [`forecast`]: values beyond the end; [`export`]: models as files;
//! - [`session`]: all of it behind one facade, and `wasm`: the same as JavaScript classes.

pub mod arch;
pub mod baseline;
pub mod data;
mod digest;
pub mod error;
pub mod evaluate;
mod exact;
pub mod experiment;
pub mod export;
pub mod forecast;
pub mod grad;
pub mod knob;
pub mod math;
pub mod nn;
pub mod scan;
pub mod session;
pub mod train;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

pub use error::{Error, Result};
pub use session::Session;

/// The README's Rust examples, as tests. They read a file, which a browser lacks.
#[cfg(all(doctest, not(target_arch = "wasm32")))]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// The number type of the networks: `f32`, or `f64` with the feature `f64`.
#[cfg(not(feature = "f64"))]
pub type Real = f32;
/// The number type of the networks: `f32`, or `f64` with the feature `f64`.
#[cfg(feature = "f64")]
pub type Real = f64;

/// A network's number in double precision.
#[inline(always)]
#[cfg_attr(feature = "f64", expect(clippy::useless_conversion, reason = "Real is f64 under this feature"))]
pub fn wide(x: Real) -> f64 {
    f64::from(x)
}

/// A number in double precision as a network's number, rounded.
#[inline(always)]
pub fn narrow(x: f64) -> Real {
    x as Real
}
