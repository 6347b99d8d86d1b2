//! Unrolled trains recurrent networks on a person's CSV, in their browser.
//!
//! The modules are layers; a lower one never imports a higher one (`tests/layering.rs` checks it):
//!
//! `error`, `knob` → `math` → `grad` → `scan` → `nn` → `arch` → `train` → `session` → `wasm`,
//! and beside them `data` (over `math`), `evaluate` (over `data`), `forecast`, `export`.

pub mod data;
pub mod error;
pub mod evaluate;
pub mod knob;
pub mod math;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

pub use error::{Error, Result};

/// The number type of the networks: `f32`, or `f64` with the feature `f64`.
#[cfg(not(feature = "f64"))]
pub type Real = f32;
/// The number type of the networks: `f32`, or `f64` with the feature `f64`.
#[cfg(feature = "f64")]
pub type Real = f64;
