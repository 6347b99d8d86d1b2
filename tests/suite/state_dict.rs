//! Whole PyTorch models, saved as state dicts, give the same forecasts here (scripts/reference/state_dicts.py).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use unrolled::Session;
use unrolled::data::{Axis, Series, Step};
use unrolled::knob::{Kind, Raw};

const ROWS: usize = 400;

/// The series of the script.
fn session() -> Session {
    let axis = Axis { start: 0, step: Step::Milliseconds(3_600_000), len: ROWS, utc: true };
    let value = |row: usize| 12.0 + 5.0 * (0.26 * row as f64).sin() + 0.5 * (1.7 * row as f64).cos();
    let columns = vec![(0..ROWS).map(value).collect(), (0..ROWS).map(|row| (row % 7) as f64).collect()];
    Session::new(Series { axis, names: vec!["value".into(), "other".into()], columns, sentinels: None })
}

fn stored(file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    std::fs::read(folder.join(file)).unwrap()
}

fn around(settings: &str) -> Raw {
    serde_json::from_str(settings).unwrap()
}

/// The LSTM's file with other tensors and metadata.
fn changed(change: impl Fn(&mut BTreeMap<String, TensorView<'_>>), metadata: &[(&str, &str)]) -> Vec<u8> {
    let bytes = stored("state_dict_lstm.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors: BTreeMap<String, TensorView<'_>> = file.tensors().into_iter().collect();
    change(&mut tensors);
    let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    serialize(tensors, Some(metadata)).unwrap()
}

#[test]
fn a_state_dict_forecasts_what_pytorch_does() {
    let expected: BTreeMap<String, Vec<f64>> = serde_json::from_slice(&stored("state_dicts.json")).unwrap();
    assert_eq!(expected.len(), 3);
    let bound = if cfg!(feature = "f64") { 1e-9 } else { 1e-5 };
    for (name, expected) in expected {
        let mut session = session();
        let configured = session.load(&stored(&format!("state_dict_{name}.safetensors")), &Default::default()).unwrap();
        assert_eq!((configured.window, configured.horizon), (20, 5), "{name}");
        assert_eq!(configured.settings["architecture"], name.as_str());
        let found = session.forecast(5).unwrap().values;
        for (found, expected) in found.iter().zip(&expected) {
            let error = (found - expected).abs() / 20.0;
            println!("{name}: {error:.1e} of the largest");
            assert!(error < bound, "{name}: {found} {expected}");
        }
        // It is a model like any other: evaluated, saved, and loaded again.
        assert!(session.evaluate(unrolled::data::Part::Test).is_ok());
        let bytes = session.save().unwrap();
        let before = session.forecast(5).unwrap().values;
        session.load(&bytes, &Default::default()).unwrap();
        assert_eq!(session.forecast(5).unwrap().values, before);
    }
}

#[test]
fn what_the_file_does_not_say_comes_from_the_settings_and_the_training_part() {
    let mut session = session();
    let bytes = changed(|_| {}, &[]);
    let configured = session.load(&bytes, &around(r#"{"window": 48, "target": "other", "hidden": 3}"#).into()).unwrap();
    assert_eq!((configured.window, configured.horizon, configured.target.as_str()), (48, 5, "other"));
    assert_eq!(configured.settings["hidden"], 7);
    assert!(session.progress().unwrap().why.contains("training part"), "{}", session.progress().unwrap().why);
}

#[test]
fn what_bends_an_rnn_is_said_or_asked_of_the_metadata() {
    let mut session = session();
    session.load(&stored("state_dict_rnn.safetensors"), &Default::default()).unwrap();
    let why = session.progress().unwrap().why;
    assert!(why.contains("nn.RNN, taken for one with tanh"), "{why}");
    session.load(&changed(|_| {}, &[("nonlinearity", "tanh")]), &Default::default()).unwrap();
    let error =
        session.load(&changed(|_| {}, &[("nonlinearity", "relu")]), &Default::default()).unwrap_err().to_string();
    assert!(error.contains("nonlinearity is “relu”") && error.contains("tanh"), "{error}");
}

#[test]
fn settings_that_would_make_another_model_of_it_are_overridden() {
    let bytes = stored("state_dict_lstm.safetensors");
    let mut session = session();
    session.load(&bytes, &Default::default()).unwrap();
    let expected = session.forecast(5).unwrap().values;
    for knob in unrolled::session::catalog().knobs {
        let values: Vec<serde_json::Value> = match knob.kind {
            Kind::Integer { min, max } => vec![min.into(), max.into()],
            Kind::Number { min, max, .. } => vec![min.into(), max.into()],
            Kind::Choice { options } => options.iter().map(|option| option.value.into()).collect(),
            Kind::Flag => vec![false.into(), true.into()],
            // The file says nothing about columns and split.
            Kind::Text => continue,
        };
        for value in values {
            let raw = Raw::from([(knob.key.to_owned(), value.clone())]);
            if let Err(error) = session.load(&bytes, &raw.clone().into()) {
                panic!("{} = {value}: {error}", knob.key);
            }
            assert_eq!(session.forecast(5).unwrap().values, expected, "{} = {value}", knob.key);
        }
    }
    let configured = session.load(&bytes, &around(r#"{"reading": "continuous"}"#).into()).unwrap();
    assert_eq!(configured.settings["reading"], "windows");
    assert_eq!(configured.truncated, None);
}

#[test]
fn a_state_dict_is_for_one_target() {
    let mut session = session();
    let error = session.load(&changed(|_| {}, &[]), &around(r#"{"target": "value, other"}"#).into()).unwrap_err();
    assert_eq!(error.place().knob.as_deref(), Some("target"));
    assert!(error.to_string().contains("choose one target"), "{error}");
}

#[test]
fn the_same_model_is_saved_as_the_same_bytes() {
    let mut session = session();
    session.load(&stored("state_dict_lstm.safetensors"), &Default::default()).unwrap();
    let first = session.save().unwrap();
    for _ in 0..20 {
        assert!(session.save().unwrap() == first, "another order of the header");
    }
    // A file that another program can read, complete.
    let file = SafeTensors::deserialize(&first).unwrap();
    let (_, header) = SafeTensors::read_metadata(&first).unwrap();
    assert_eq!(file.len(), session.configured().unwrap().parameters.rows.len());
    assert_eq!(header.metadata().as_ref().unwrap()["format"], "pt");
}

#[test]
fn a_state_dict_that_is_no_such_model_is_refused_and_the_model_stays() {
    type Tensors<'a> = BTreeMap<String, TensorView<'a>>;
    static NAN: [u8; 20] = [0, 0, 192, 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    // Finite as float64, but beyond float32: 1e300.
    static BEYOND: LazyLock<[u8; 40]> = LazyLock::new(|| [1e300_f64.to_le_bytes(); 5].concat().try_into().unwrap());
    // Each is finite, but their sums are not.
    static HUGE: LazyLock<Vec<u8>> = LazyLock::new(|| 3e38_f32.to_le_bytes().repeat(28 * 7));
    static HALF: [u8; 10] = [0; 10];
    static ZEROS: [u8; 2000] = [0; 2000];
    let zeros = |shape: &[usize]| {
        let count: usize = shape.iter().product();
        TensorView::new(Dtype::F32, shape.to_vec(), &ZEROS[..4 * count]).unwrap()
    };
    let renamed = |tensors: &mut Tensors<'_>, from: &str, to: &str| {
        let tensor = tensors.remove(from).unwrap();
        tensors.insert(to.to_owned(), tensor);
    };
    let all = &[("window", "20")];
    let mut cases: Vec<(Vec<u8>, &str)> = vec![
        (changed(|t| drop(t.remove("fc.weight")), all), "head.weight"),
        (changed(|t| drop(t.remove("cell.weight_hh_l1")), all), "weight_hh_l1"),
        (changed(|t| drop(t.remove("cell.weight_ih_l0")), all), "weight_ih_l0"),
        (changed(|t| renamed(t, "cell.weight_ih_l1", "cell.weight_ih_l2"), all), "no layer"),
        (changed(|t| renamed(t, "cell.weight_ih_l1", "cell.weight_ih_l1_reverse"), all), "bidirectional"),
        (changed(|t| renamed(t, "cell.weight_ih_l1", "cell.weight_hr_l0"), all), "proj_size"),
        (changed(|t| renamed(t, "fc.bias", "other.bias"), all), "two layers"),
        (changed(|t| renamed(t, "cell.weight_ih_l1", "decoder.weight_ih_l1"), all), "two recurrent modules"),
        (
            changed(|t| drop(t.insert("decoder.weight_ih_l0".into(), zeros(&[28, 1]))), all),
            "two recurrent modules, “cell” and “decoder”",
        ),
        (changed(|t| renamed(t, "fc.bias", "fc.running_mean"), all), "running_mean"),
        (changed(|t| drop(t.insert("cell.weight_ih_l0".into(), zeros(&[14, 1]))), all), "no RNN, GRU or LSTM"),
        (changed(|t| drop(t.insert("fc.weight".into(), zeros(&[5, 8]))), all), "reads 8"),
        (changed(|t| drop(t.insert("fc.bias".into(), zeros(&[4]))), all), "head.bias"),
        (changed(|t| drop(t.insert("cell.weight_ih_l0".into(), zeros(&[28, 3]))), all), "3 columns"),
        (
            changed(|t| drop(t.insert("fc.bias".into(), TensorView::new(Dtype::F32, vec![5], &NAN).unwrap())), all),
            "not a number",
        ),
        (
            changed(|t| drop(t.insert("fc.bias".into(), TensorView::new(Dtype::F16, vec![5], &HALF).unwrap())), all),
            "float32",
        ),
        (changed(|_| {}, &[("window", "a week")]), "window"),
        (changed(|_| {}, &[("mean", "1"), ("window", "20")]), "both mean and std"),
        (changed(|_| {}, &[("mean", "1"), ("std", "0")]), "above 0"),
        (changed(|_| {}, &[("mean", "1 2"), ("std", "1")]), "1 number(s)"),
        (changed(|_| {}, &[("window", "2000")]), "2000"),
    ];
    // In f64 all of these are finite.
    if cfg!(not(feature = "f64")) {
        cases.extend([
            (
                changed(
                    |t| drop(t.insert("fc.bias".into(), TensorView::new(Dtype::F64, vec![5], &BEYOND[..]).unwrap())),
                    all,
                ),
                "“head.bias” holds a value that is not a number, or too large for one",
            ),
            (
                changed(
                    |t| {
                        for (name, rows, cols) in
                            [("cell.weight_ih_l0", 28, 1), ("cell.weight_ih_l1", 28, 7), ("fc.weight", 5, 7)]
                        {
                            let bytes = &HUGE[..4 * rows * cols];
                            t.insert(name.into(), TensorView::new(Dtype::F32, vec![rows, cols], bytes).unwrap());
                        }
                    },
                    all,
                ),
                "forecasts that are not numbers; the largest, 3.0e38, is in “",
            ),
        ]);
    }
    let mut session = session();
    session.load(&stored("state_dict_rnn.safetensors"), &Default::default()).unwrap();
    let before = session.forecast(5).unwrap().values;
    for (bytes, words) in cases {
        let said = session.load(&bytes, &Default::default()).unwrap_err().to_string();
        assert!(said.contains(words), "{words}: {said}");
        // A hash map has another order each time; the words must stay the same.
        for _ in 0..20 {
            assert_eq!(session.load(&bytes, &Default::default()).unwrap_err().to_string(), said);
        }
        assert_eq!(session.forecast(5).unwrap().values, before, "{words}");
    }
}
