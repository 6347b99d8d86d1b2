//! A panic in wasm reports its message. In a file of its own, because nothing else can run after it.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn a_panic_is_thrown_with_its_message_and_its_place() {
    unrolled::wasm::say_panics();
    let panics = Closure::<dyn Fn()>::new(|| panic!("the sky fell"));
    let call: &js_sys::Function = panics.as_ref().unchecked_ref();
    let thrown = call.call0(&JsValue::NULL).unwrap_err();
    let message = String::from(js_sys::Error::from(thrown).message());
    assert!(message.contains("tests/panic.rs:") && message.contains("the sky fell"), "{message}");
}
