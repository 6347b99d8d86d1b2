//! A panic in JavaScript: an error with its message and place, instead of wasm's “unreachable”.

use wasm_bindgen::prelude::wasm_bindgen;

/// Makes panics throw their own message; runs when the package starts.
///
/// As with any panic that aborts, the state of the package is then undefined: its user has to discard it and start another.
#[wasm_bindgen(start)]
pub fn say_panics() {
    std::panic::set_hook(Box::new(|info| wasm_bindgen::throw_str(&info.to_string())));
}
