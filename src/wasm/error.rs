//! Errors as JavaScript error objects.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Error;
use crate::wasm::to_js;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What every failing call throws. */
export interface UnrolledError extends Error {
  name: "UnrolledError";
  /** A short stable name of the kind of problem. */
  code: string;
  /** Line of the file, from 1. */
  row: number | null;
  /** Name of a column. */
  column: string | null;
  /** Key of a setting. */
  knob: string | null;
  /** Numbers that belong to the problem. */
  detail: Record<string, number> | null;
}
"#;

/// The error as an object that JavaScript can throw.
pub fn to_error(error: &Error) -> JsValue {
    let thrown = js_sys::Error::new(&error.to_string());
    thrown.set_name("UnrolledError");
    let place = error.place();
    let set = |key: &str, value: JsValue| {
        // Setting a property of a fresh error object cannot fail.
        let _ = Reflect::set(&thrown, &key.into(), &value);
    };
    let text = |text: Option<&str>| text.map_or(JsValue::NULL, JsValue::from_str);
    set("code", error.code().into());
    set("row", place.row.map_or(JsValue::NULL, |row| JsValue::from_f64(row as f64)));
    set("column", text(place.column.as_deref()));
    set("knob", text(place.knob.as_deref()));
    let numbers = match error {
        Error::TooShort { rows, needed, .. } => Some([("rows", *rows), ("needed", *needed)]),
        _ => None,
    };
    let numbers = numbers.map(|numbers| numbers.into_iter().collect::<std::collections::BTreeMap<_, _>>());
    set("detail", to_js(&numbers).unwrap_or(JsValue::NULL));
    thrown.into()
}

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        to_error(&error)
    }
}
