//! Rust values to JavaScript's and back.

use js_sys::{Array, Float64Array, Object, Reflect};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsError, JsValue};

/// A plain object or value.
pub fn to_js(value: &(impl Serialize + ?Sized)) -> Result<JsValue, JsValue> {
    let serializer = Serializer::new().serialize_maps_as_objects(true).serialize_missing_as_null(true);
    value.serialize(&serializer).map_err(JsValue::from)
}

/// A Rust value from a plain object; `undefined` and `null` are an empty one.
pub fn from_js<T: serde::de::DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    let value = if value.is_undefined() || value.is_null() { Object::new().into() } else { value };
    // Read as JSON values like everything else, so that each type has one reader.
    let value: serde_json::Value = serde_wasm_bindgen::from_value(value).map_err(JsValue::from)?;
    T::deserialize(&value).map_err(|error| JsValue::from(JsError::new(&error.to_string())))
}

/// An object with lists of numbers as `Float64Array`s and its other fields.
pub fn with_arrays(fields: &(impl Serialize + ?Sized), arrays: &[(&str, &[f64])]) -> Result<JsValue, JsValue> {
    let object = to_js(fields)?;
    for (key, values) in arrays {
        Reflect::set(&object, &JsValue::from_str(key), &Float64Array::from(*values))?;
    }
    Ok(object)
}

/// Times as numbers: milliseconds since 1970 are exact in an `f64` for 285,000 years.
pub fn times(values: &[i64]) -> Vec<f64> {
    values.iter().map(|&time| time as f64).collect()
}

/// The field `key` of an object.
pub fn field(object: &JsValue, key: &str) -> Result<JsValue, JsValue> {
    Reflect::get(object, &JsValue::from_str(key))
}

/// A list of `Float64Array`s as columns.
pub fn columns(value: &JsValue) -> Result<Vec<Vec<f64>>, JsValue> {
    Array::from(value).iter().map(|column| column.dyn_into::<Float64Array>().map(|array| array.to_vec())).collect()
}
