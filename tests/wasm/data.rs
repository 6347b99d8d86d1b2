//! Reading files where the platform decodes the text, and the form of the results in JavaScript.

use js_sys::{Float64Array, Reflect};
use unrolled::wasm::{CsvReader, Series, Table};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

fn read(bytes: &[u8], options: &str) -> Result<Table, JsValue> {
    let options = if options.is_empty() { JsValue::UNDEFINED } else { js_sys::JSON::parse(options).unwrap() };
    let mut reader = CsvReader::new(options, JsValue::UNDEFINED)?;
    for chunk in bytes.chunks(1 << 16) {
        reader.push(chunk)?;
    }
    reader.finish()
}

fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(key)).unwrap()
}

fn text(object: &JsValue, key: &str) -> String {
    get(object, key).as_string().unwrap_or_else(|| panic!("{key} is no text"))
}

fn number(object: &JsValue, key: &str) -> f64 {
    get(object, key).as_f64().unwrap_or_else(|| panic!("{key} is no number"))
}

fn hours(count: usize) -> String {
    let rows = (0..count).map(|hour| format!("{},{}.5\n", 1_358_640_000 + hour * 3600, hour % 24));
    format!("time,°C\n{}", rows.collect::<String>())
}

#[wasm_bindgen_test]
fn the_platform_decodes() {
    let utf16: Vec<u8> = hours(48).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = hours(48).chars().map(|c| c as u8).collect();
    for (bytes, encoding) in [(utf16, "utf-16le"), (latin, "windows-1252"), (hours(48).into_bytes(), "utf-8")] {
        let understood = read(&bytes, "").unwrap().understood().unwrap();
        assert_eq!(text(&understood, "encoding"), encoding);
        assert_eq!(number(&understood, "rows"), 48.0);
        assert_eq!(text(&understood, "suggested_target"), "°C");
        assert_eq!(number(&get(&understood, "time"), "first"), 1_358_640_000_000.0);
    }
}

#[wasm_bindgen_test]
fn a_series_goes_to_another_worker_and_back() {
    let table = read(hours(100).as_bytes(), r#"{"delimiter": ",", "missing": []}"#).unwrap();
    let series = table.series(JsValue::UNDEFINED).unwrap();
    let about = series.about().unwrap();
    assert_eq!((text(&about, "step_label").as_str(), number(&about, "length")), ("hour", 100.0));
    assert_eq!(number(&get(&about, "step"), "count"), 3_600_000.0);
    let again = Series::from_parts(series.to_parts().unwrap()).unwrap();
    assert_eq!(again.times().to_vec(), series.times().to_vec());
    assert_eq!(again.column(0).unwrap().to_vec()[25], 1.5);
    assert_eq!(number(&again.suggest("°C", None).unwrap(), "season"), 24.0);
    let parts = series.to_parts().unwrap();
    let columns = get(&parts, "columns").unchecked_into::<js_sys::Array>();
    assert!(columns.get(0).is_instance_of::<Float64Array>());
    columns.set(0, Float64Array::new_with_length(3).into());
    assert!(Series::from_parts(parts).is_err());
}

#[wasm_bindgen_test]
fn failures_are_errors_with_a_place() {
    let thrown = |result: Result<Table, JsValue>| result.err().expect("an error");
    let error = thrown(read(b"time,temp\n2013-01-20,7,2\n2013-01-21,6,7\n", ""));
    assert_eq!(text(&error, "name"), "UnrolledError");
    assert_eq!(text(&error, "code"), "row");
    assert_eq!(number(&error, "row"), 2.0);
    assert!(get(&error, "column").is_null() && get(&error, "knob").is_null());
    let error = thrown(read(b"a\n1\n2\n", r#"{"delimiter": "x"}"#));
    assert_eq!(text(&error, "code"), "knob");
    let error = thrown(read(b"PK\x03\x04....xl/workbook.xml", ""));
    assert!(text(&error, "message").contains("Excel workbook"));
    let mut reader = CsvReader::new(JsValue::NULL, JsValue::UNDEFINED).unwrap();
    reader.push(b"a\n1\n2\n").unwrap();
    assert!(reader.finish().is_ok() && reader.finish().is_err());
}

#[wasm_bindgen_test]
fn names_poison_no_object() {
    let table = read(b"time,__proto__,constructor\n2013-01-20,1,2\n2013-01-21,3,4\n2013-01-22,5,7\n", "").unwrap();
    let understood = table.understood().unwrap();
    let columns = get(&understood, "columns").unchecked_into::<js_sys::Array>();
    assert_eq!(text(&columns.get(1), "name"), "__proto__");
    assert!(Reflect::get(&js_sys::Object::new(), &"mean".into()).unwrap().is_undefined());
}

#[wasm_bindgen_test]
fn many_rows_are_read_in_seconds() {
    let text = hours(250_000);
    let begin = js_sys::Date::now();
    let table = read(text.as_bytes(), "").unwrap();
    let series = table.series(JsValue::UNDEFINED).unwrap();
    let took = js_sys::Date::now() - begin;
    console_log!("250,000 rows of {} bytes in {took} ms", text.len());
    assert_eq!(series.times().length(), 250_000);
    assert!(took < 5000.0);
}
