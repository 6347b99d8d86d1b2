//! Errors as JavaScript throws them: an `Error` named `UnrolledError` whose message is one sentence, with `code` for
//! programs and `row`, `column` and `knob` for the place (each `null` where it does not apply).

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::error::Error;

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let place = error.place();
        let object = js_sys::Error::new(&error.to_string());
        object.set_name("UnrolledError");
        let text = |value: Option<String>| value.map_or(JsValue::NULL, |text| JsValue::from_str(&text));
        let fields = [
            ("code", JsValue::from_str(error.code())),
            ("row", place.row.map_or(JsValue::NULL, |row| JsValue::from_f64(row as f64))),
            ("column", text(place.column)),
            ("knob", text(place.knob)),
        ];
        for (key, value) in fields {
            // Setting a field of a new object cannot fail.
            let _ = Reflect::set(&object, &JsValue::from_str(key), &value);
        }
        object.into()
    }
}
