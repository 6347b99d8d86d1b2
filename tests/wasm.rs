//! Tests that run in a real browser: `wasm-pack test --headless --firefox`.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn numbers_are_single_precision_in_the_browser() {
    assert_eq!(size_of::<unrolled::Real>(), 4);
}
