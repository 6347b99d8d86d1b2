//! Tests that run in a real browser: `wasm-pack test --headless --firefox`.
#![cfg(target_arch = "wasm32")]

mod common;
#[path = "wasm/data.rs"]
mod data;
#[path = "wasm/kernels.rs"]
mod kernels;

use common::{noisy_sine, plain, settings};
use unrolled::Session;
use unrolled::arch::registry;
use unrolled::data::Part;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn numbers_are_single_precision_in_the_browser() {
    assert_eq!(size_of::<unrolled::Real>(), 4);
}

/// Trains on a sine with noise and compares with repeating the last value on windows outside the training.
fn beats_the_last_value(architecture: &str, more: &str) {
    let mut raw = plain(more);
    for (key, value) in settings(
        r#"{"hidden": 16, "window": 48, "horizon": 12, "segment": 24, "epochs": 12, "learning_rate": 0.005, "head_dropout": 0}"#,
    ) {
        raw.entry(key).or_insert(value);
    }
    raw.insert("architecture".into(), architecture.into());
    let mut session = Session::new(noisy_sine(700));
    session.configure(&raw).unwrap();
    while session.advance().unwrap() {}
    let best = session.progress().unwrap().best.unwrap();
    let naive = session.history(0).unwrap()[0].naive_validation;
    let rows = session.evaluate(Part::Test).unwrap().rows;
    let (model, last) = (rows[0].scores.mae, rows[1].scores.mae);
    console_log!(
        "{architecture} {more}: validation loss {:.4}, naive {naive:.4}; off by {model:.2}, the last value by {last:.2}",
        best.validation
    );
    assert!(best.validation < 0.5 * naive, "{architecture}: {} {naive}", best.validation);
    assert!(model < 0.5 * last, "{architecture}: {model} {last}");
}

#[wasm_bindgen_test]
fn every_architecture_learns_in_the_browser() {
    for architecture in registry::ALL {
        beats_the_last_value(architecture.id, "{}");
    }
}

#[wasm_bindgen_test]
fn the_defaults_start_from_the_line_and_learn_from_all_rows_in_the_browser() {
    let mut session = Session::new(noisy_sine(400));
    session.configure(&settings(r#"{"architecture": "gru", "hidden": 8, "epochs": 2}"#)).unwrap();
    while session.advance().unwrap() {}
    let progress = session.progress().unwrap();
    assert!(progress.line.is_some() && progress.added.is_some(), "{progress:?}");
    let rows = session.evaluate(Part::Validation).unwrap().rows;
    let error = |id: &str| rows.iter().find(|row| row.id == id).unwrap().scores.rmse;
    assert!(error("model") <= 1.0001 * error("ridge-centred"), "{} {}", error("model"), error("ridge-centred"));
    assert!(session.forecast(12).unwrap().note.contains("all rows"));
}

#[wasm_bindgen_test]
fn the_automatic_choice_is_the_default_in_the_browser() {
    let mut session = Session::new(noisy_sine(400));
    session.configure(&settings(r#"{"hidden": 4, "effort": 0.2}"#)).unwrap();
    while session.advance().unwrap() {}
    assert!(session.candidates().iter().any(|one| one.weight > 0.0 && !one.settings.is_empty()));
    assert!(session.forecast(24).unwrap().values.iter().all(|value| value.is_finite()));
}

#[wasm_bindgen_test]
fn the_papers_gru_learns_in_the_browser() {
    beats_the_last_value("gru", r#"{"gru_form": "before"}"#);
}

#[wasm_bindgen_test]
fn each_learns_step_by_step_in_the_browser() {
    for architecture in registry::ALL {
        // Two layers: the gates of minGRU and minLSTM do not read the state, so one layer cannot tell a rise from a fall (Feng et
        // al. 2024 stack three).
        let form = r#"{"segment": 1, "window": 24, "horizon": 6, "learning_rate": 0.01, "layers": 2}"#;
        beats_the_last_value(architecture.id, form);
    }
}

#[wasm_bindgen_test]
fn an_error_reaches_javascript_with_its_place() {
    use wasm_bindgen::JsValue;
    let mut session = Session::new(noisy_sine(300));
    let error = session.configure(&settings(r#"{"hidden": 100000}"#)).unwrap_err();
    let thrown = JsValue::from(error);
    let field = |key: &str| js_sys::Reflect::get(&thrown, &key.into()).unwrap().as_string();
    assert_eq!(field("name").as_deref(), Some("UnrolledError"));
    assert_eq!(field("code").as_deref(), Some("knob"));
    assert_eq!(field("knob").as_deref(), Some("hidden"));
    assert!(field("message").is_some_and(|message| message.contains("512")));
}
