//! The library as JavaScript classes: conversions and nothing else.
//!
//! Results are plain objects with the types of [`types`]; long lists of numbers are typed arrays, copied out of wasm's memory so
//! that they can be transferred. Failures are thrown as an `UnrolledError` (see [`error`]).

mod convert;
mod data;
mod error;
mod panic;
mod session;
mod types;

use wasm_bindgen::prelude::*;

pub use data::{CsvReader, Series, Table};
pub use panic::say_panics;
pub use session::Session;

/// The catalog of all choices: architectures, knobs with their bounds and defaults, presets.
#[wasm_bindgen(unchecked_return_type = "Catalog")]
pub fn catalog() -> std::result::Result<JsValue, JsValue> {
    convert::to_js(&crate::session::catalog())
}
