//! A panic as JavaScript sees it: an error that says what happened and where, not wasm's “unreachable”.

use wasm_bindgen::prelude::wasm_bindgen;

/// Makes panics throw their own message; runs when the package starts.
///
/// What was computed at the time is left as it stood, as with any panic that aborts: whoever drives the package has to
/// give it up and start another.
#[wasm_bindgen(start)]
pub fn say_panics() {
    std::panic::set_hook(Box::new(|info| wasm_bindgen::throw_str(&info.to_string())));
}
