//! Whole forecasters compared with stored numbers of other implementations (`scripts/reference/forecasters.py` makes them):
//! prediction, loss and every gradient, relative to each tensor's largest entry: 1e-9 in f64, 1e-5 in f32.
//!
//! A stored file has its architecture, its settings and its sizes; a new one needs no line here.

use std::collections::BTreeSet;

use crate::common::plain;
use crate::stored::Stored;
use unrolled::arch::find;
use unrolled::arch::registry::ARCHITECTURE;
use unrolled::arch::stacked::HIDDEN;
use unrolled::data::Batch;
use unrolled::grad::{Tape, ops};
use unrolled::knob::{Raw, Settings};
use unrolled::nn::Pass;
use unrolled::session::catalog;
use unrolled::{Real, wide};

/// Largest difference allowed, relative to the tensor's largest entry.
const TOLERANCE: f64 = if cfg!(feature = "f64") { 1e-9 } else { 1e-5 };

/// The largest difference of `found` from `expected`, relative to the largest entry.
fn difference(found: &[Real], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len(), "numbers");
    let scale = expected.iter().fold(f64::MIN_POSITIVE, |m, e| m.max(e.abs()));
    found.iter().zip(expected).map(|(f, e)| (wide(*f) - e).abs() / scale).fold(0.0, f64::max)
}

fn compare(file: &Stored) {
    let id = file.text("architecture");
    let architecture = find(id).unwrap_or_else(|| panic!("{}: there is no {id}", file.name));
    let mut raw = plain(file.text("settings"));
    raw.insert("architecture".into(), id.into());
    let settings = Settings::check(&catalog().knobs, &raw, &Raw::new()).expect("settings");
    let [features, data_features, targets, window, horizon, size] =
        ["features", "data_features", "targets", "window", "horizon", "batch"].map(|key| file.size(key));
    let plan = architecture.plan(&settings, (features, data_features, targets), (24, window, horizon)).expect("a plan");
    let (forecaster, mut params) = architecture.build(&plan, &settings, 1);
    for slot in 0..params.slots().len() {
        let (name, shape) = (params.slots()[slot].name.clone(), params.slots()[slot].shape());
        assert_eq!(file.dimensions(&name), shape, "{}: {name}", file.name);
        params.set_row_major(slot, file.sequence(&name));
    }
    let batch = Batch { values: file.sequence("windows"), window, horizon, size, features };
    let mut tape = Tape::new(true);
    let mut pass = Pass::new(&mut tape, &params, size);
    let (prediction, truth) = forecaster.fit(&mut pass, &batch);
    let loss = ops::loss(&mut tape, ops::Loss::Mse, prediction, truth);
    tape.backward(loss);
    let values = [tape.value(prediction).to_vec(), tape.value(loss).to_vec()];
    params.collect(&tape);
    let mut worst = 0.0_f64;
    let mut see = |name: &str, found: &[Real]| {
        let off = difference(found, &file.doubles(name));
        assert!(off < TOLERANCE, "{}: {name} differs by {off:e}", file.name);
        worst = worst.max(off);
    };
    see("loss", &values[1]);
    see("prediction", &values[0]);
    for slot in params.slots() {
        let (rows, cols) = (slot.rows, slot.cols);
        let of = &params.grads[slot.range()];
        let found: Vec<Real> = (0..rows * cols).map(|k| of[(k % cols) * rows + k / cols]).collect();
        see(&format!("grad.{}", slot.name), &found);
    }

    // The forecast of the targets is the same, with the window's level added back.
    let mut out = vec![0.0; targets * horizon * size];
    let mut tape = Tape::new(false);
    forecaster.forecast(&mut Pass::new(&mut tape, &params, size), &batch, &mut out);
    see("forecast", &out);
    println!("{:<24} largest difference {worst:.1e}", file.name);
}

#[test]
fn outputs_and_gradients_equal_other_implementations() {
    let files = Stored::all("forecaster_");
    assert!(!files.is_empty());
    files.iter().for_each(compare);
}

/// All rows have the same count in both, to the last parameter. Where a model reads rows one by one, PyTorch's cells read them
/// directly; xLSTM's blocks and the Transformer's layers have a linear layer before them in both, since a stream is as wide as its
/// hidden size. (Here it is left out when the rows are just as wide.) A Transformer's last layer is followed by its norm, as in
/// `torch.nn.TransformerEncoder(…, norm=LayerNorm)`; a learned position is a row of `torch.nn.Embedding`, one for each step of
/// window and horizon. The head is a linear layer on the last step, or on the mean of an encoder's.
#[test]
fn parameters_are_as_many_as_in_pytorch() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/counts.json");
    let text = std::fs::read_to_string(path).expect("the stored counts");
    let rows: Vec<Raw> = serde_json::from_str(&text).expect("the stored counts");
    let (mut article, mut architectures) = (None, BTreeSet::new());
    for mut raw in rows {
        let mut take = |key: &str| raw.remove(key).and_then(|value| value.as_u64()).expect(key) as usize;
        let (features, window, horizon, expected) =
            (take("features"), take("window"), take("horizon"), take("parameters"));
        raw.insert("segment".into(), 1.into());
        raw.insert("from_line".into(), false.into());
        let settings = Settings::check(&catalog().knobs, &raw, &Raw::new()).expect("settings");
        let architecture = settings.get(&ARCHITECTURE).one();
        let plan = architecture.plan(&settings, (features, features, 1), (24, window, horizon)).expect("a plan");
        let (_, params) = architecture.build(&plan, &settings, 1);
        assert_eq!(params.len(), expected, "{raw:?}: {}", unrolled::nn::formula(params.slots()));
        architectures.insert(architecture.id);
        if architecture.id == "lstm" && settings.get(&HIDDEN) == 128 {
            article = Some(params.len());
        }
    }
    // The article's two layers of 128 with a head.
    assert_eq!(article, Some(199_297));
    assert!(
        architectures.is_superset(&BTreeSet::from(["transformer", "transformer_encoder", "xlstm"])),
        "{architectures:?}"
    );
}
