//! The encoder-decoder compared with stored numbers from PyTorch (`scripts/reference/encoder_decoder.py`), and its own features:
//! draws that are the same however a batch is cut up, and the two validation errors whose difference is the exposure bias.

use crate::common::{noisy_sine, plain};
use crate::stored::Stored;
use unrolled::arch::{Forecaster, find};
use unrolled::data::Batch;
use unrolled::grad::{Tape, ops};
use unrolled::knob::{Raw, Settings};
use unrolled::nn::{Params, Pass, Probes};
use unrolled::session::catalog;
use unrolled::{Real, Session, wide};

/// Largest difference allowed, relative to the tensor's largest entry.
const TOLERANCE: f64 = if cfg!(feature = "f64") { 1e-9 } else { 1e-5 };

const CASES: &[&str] = &["forced", "coins", "additive", "additive_coins", "dot", "general", "dot_coins"];

/// A stored network with its batch.
struct Case {
    file: Stored,
    forecaster: Box<dyn Forecaster>,
    params: Params,
    batch: Batch,
}

fn case(name: &str) -> Case {
    let file = Stored::open(&format!("encoder_decoder_{name}"));
    let mut raw = plain(r#"{"architecture": "encoder_decoder", "dropout": 0, "head_dropout": 0}"#);
    let of = [
        ("encoder_cell", "encoder"),
        ("decoder_cell", "decoder"),
        ("attention", "attention"),
        ("normalise", "normalise"),
        ("sampling", "sampling"),
        ("layers", "layers"),
        ("hidden", "hidden"),
        ("segment", "segment"),
        ("teacher_forcing", "forcing"),
        ("sampling_half", "half"),
    ];
    raw.extend(of.map(|(knob, key)| (knob.to_owned(), file.text(key).into())));
    let settings = Settings::check(&catalog().knobs, &raw, &Raw::new()).unwrap();
    let (window, horizon, targets) = (file.size("window"), file.size("horizon"), file.size("targets"));
    let features = targets + file.size("known");
    let architecture = find("encoder_decoder").unwrap();
    let plan = architecture.plan(&settings, (features, targets, targets), (24, window, horizon)).unwrap();
    let (forecaster, mut params) = architecture.build(&plan, &settings, 0);
    for slot in 0..params.slots().len() {
        let name = params.slots()[slot].name.clone();
        let values = file.sequence(&name);
        assert_eq!(values.len(), params.slots()[slot].len(), "{name}");
        params.set_row_major(slot, values);
    }
    let batch = Batch { values: file.sequence("x"), window, horizon, size: file.size("batch"), features };
    Case { file, forecaster, params, batch }
}

/// Compares `found` with the stored tensor `name`, both in the order of a tape.
fn compare(file: &Stored, name: &str, found: &[Real], worst: &mut f64) {
    let expected = file.column_major(name);
    assert_eq!(found.len(), expected.len(), "{name}");
    let scale = expected.iter().fold(f64::MIN_POSITIVE, |m, e| m.max(e.abs()));
    let largest = found.iter().zip(&expected).map(|(f, e)| (wide(*f) - e).abs() / scale).fold(0.0, f64::max);
    assert!(largest < TOLERANCE, "{}: {name} differs by {largest:e}", file.name);
    *worst = worst.max(largest);
}

/// Forecasts `[horizon × (targets · batch)]` in PyTorch's order, step after step.
fn by_step(all: &[Real], horizon: usize) -> Vec<Real> {
    let size = all.len() / horizon;
    (0..all.len()).map(|k| all[(k % size) * horizon + k / size]).collect()
}

#[test]
fn forecasts_and_gradients_equal_pytorch() {
    for name in CASES {
        let Case { file, forecaster, mut params, batch } = case(name);
        let mut worst = 0.0;
        let mut tape = Tape::new(true);
        let (seed, step) = (file.size("seed") as u64, file.size("step") as u64);
        let mut pass = Pass::training(&mut tape, &params, batch.size, seed, step, 0);
        let (prediction, truth) = forecaster.fit(&mut pass, &batch);
        let loss = ops::loss(&mut tape, ops::Loss::Mse, prediction, truth);
        tape.backward(loss);
        compare(&file, "fit", tape.value(prediction), &mut worst);
        compare(&file, "loss", tape.value(loss), &mut worst);
        params.collect(&tape);
        for slot in params.slots() {
            compare(&file, &format!("grad.{}", slot.name), &params.grads[slot.range()], &mut worst);
        }
        // All of PyTorch's parameters are here.
        assert_eq!(params.len(), file.parameters(), "{name}");

        let mut tape = Tape::new(false);
        let mut out = vec![0.0; file.size("targets") * batch.horizon * batch.size];
        let mut pass = Pass::new(&mut tape, &params, batch.size);
        pass.probes = Some(Probes::default());
        forecaster.forecast(&mut pass, &batch, &mut out);
        let probes = pass.probes.unwrap().all;
        compare(&file, "forecast", &by_step(&out, batch.horizon), &mut worst);
        let weights: Vec<_> = probes.iter().filter(|probe| probe.name == "attention").collect();
        if file.text("attention") == "none" {
            assert!(weights.is_empty());
        } else {
            let place = (weights.len(), weights[0].part, weights[0].layer);
            assert_eq!(place, (1, "Decoder", file.size("layers") - 1));
            compare(&file, "alignment", tape.value(weights[0].var), &mut worst);
        }
        tape.reset();
        forecaster.forced(&mut Pass::new(&mut tape, &params, batch.size), &batch, &mut out);
        compare(&file, "forced", &by_step(&out, batch.horizon), &mut worst);
        println!("{:<32} largest difference from PyTorch {worst:.1e}", file.name);
    }
}

#[test]
fn a_batch_in_shards_meets_the_same_coins_and_masks() {
    let configure = |shards: usize, more: &str| {
        let json = format!(
            r#"{{"architecture": "encoder_decoder", "hidden": 7, "layers": 2, "window": 24, "horizon": 5, "segment": 4,
                "dropout": 0.3, "head_dropout": 0.2, "batch_size": 12, "shards": {shards}, "teacher_forcing": 0.5,
                "sampling": "none", {more}}}"#
        );
        let mut session = Session::new(noisy_sine(300));
        session.configure(&plain(&json)).unwrap();
        session
    };
    for more in [r#""attention": "none""#, r#""attention": "additive""#, r#""attention": "dot", "teacher_forcing": 1"#]
    {
        let (mut whole, mut parts) = (configure(1, more), configure(3, more));
        for _ in 0..5 {
            whole.step().unwrap();
            parts.step().unwrap();
        }
        let difference = whole
            .current_weights()
            .unwrap()
            .iter()
            .zip(parts.current_weights().unwrap())
            .map(|(a, b)| wide((a - b).abs()))
            .fold(0.0, f64::max);
        // Another draw would move weights by the learning rate, a thousandth; another order of the sums moves last digits.
        assert!(difference < 1e-4, "{more}: {difference:e}");
        assert_eq!(whole.current_weights().unwrap().len(), parts.current_weights().unwrap().len());
    }
}

#[test]
fn steps_and_a_stretch_give_the_same_masks() {
    // A ratio of 1 runs all steps at once; the largest below 1 runs them one by one, with almost no draw against the truth.
    let run = |ratio: f64| {
        let mut raw = plain(
            r#"{"architecture": "encoder_decoder", "hidden": 6, "layers": 3, "segment": 1, "dropout": 0.4,
                "head_dropout": 0.4, "sampling": "none", "attention": "general"}"#,
        );
        raw.insert("teacher_forcing".to_owned(), ratio.into());
        let settings = Settings::check(&catalog().knobs, &raw, &Raw::new()).unwrap();
        let architecture = find("encoder_decoder").unwrap();
        let plan = architecture.plan(&settings, (1, 1, 1), (24, 6, 4)).unwrap();
        let (forecaster, params) = architecture.build(&plan, &settings, 0);
        let values = (0..40).map(|k| ((k * k) as Real / 7.0).sin()).collect();
        let batch = Batch { values, window: 6, horizon: 4, size: 4, features: 1 };
        let mut tape = Tape::new(true);
        let mut pass = Pass::training(&mut tape, &params, 4, 9, 2, 0);
        let (prediction, _) = forecaster.fit(&mut pass, &batch);
        tape.value(prediction).to_vec()
    };
    for (a, b) in run(1.0).iter().zip(run(1.0 - 1e-6)) {
        assert!(wide((a - b).abs()) < 1e-6, "{a} {b}");
    }
    assert_ne!(run(1.0), run(0.0));
}

#[test]
fn training_shows_the_error_with_and_without_the_truth_fed_back() {
    let train = |forcing: f64| {
        let json = format!(
            r#"{{"architecture": "encoder_decoder", "hidden": 12, "window": 24, "horizon": 12, "epochs": 6, "segment": 1,
                "head_dropout": 0, "learning_rate": 0.01, "teacher_forcing": {forcing}, "sampling": "none"}}"#
        );
        let mut session = Session::new(noisy_sine(600));
        session.configure(&plain(&json)).unwrap();
        while session.advance().unwrap() {}
        *session.history(0).unwrap().last().unwrap()
    };
    for forcing in [1.0, 0.0] {
        let last = train(forcing);
        let forced = last.validation_forced.expect("it feeds back");
        println!("forcing {forcing}: validation {:.4}, with the truth fed back {forced:.4}", last.validation);
        assert!(forced > 0.0 && forced.is_finite());
        // Trained on the truth, it is better with it than without.
        assert!(forcing == 0.0 || forced < last.validation, "{forced} {}", last.validation);
    }
    // A direct head has no teacher-forced forecasts.
    let mut session = Session::new(noisy_sine(300));
    session
        .configure(&plain(r#"{"architecture": "gru", "hidden": 4, "window": 24, "horizon": 4, "epochs": 1}"#))
        .unwrap();
    while session.advance().unwrap() {}
    assert_eq!(session.history(0).unwrap()[0].validation_forced, None);
}
