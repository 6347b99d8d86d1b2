//! “Look inside”: the named inner values of layers, and the gradient through time, for every architecture of the registry.

use std::ops::Range;

use crate::common::{noisy_sine, plain};
use unrolled::arch::registry::Make;
use unrolled::arch::{Architecture, Forecaster, registry};
use unrolled::data::{Batch, Fill, Frame, FrameOptions, Part, Split};
use unrolled::grad::{Tape, ops};
use unrolled::knob::Raw;
use unrolled::nn::{Bounds, Params, Pass, State};
use unrolled::train::inside::{self, About, GradientTrace, Kind};
use unrolled::{Real, Session, narrow, wide};

const WINDOW: usize = 12;
const HORIZON: usize = 4;

/// A small model of one column, not centred on its window, and a batch of its training windows.
struct Bench {
    forecaster: Box<dyn Forecaster>,
    params: Params,
    batch: Batch,
    loss: ops::Loss,
}

fn bench(architecture: &Architecture, json: &str) -> Bench {
    let mut raw = plain(json);
    raw.insert("architecture".into(), architecture.id.into());
    raw.insert("normalise".into(), "none".into());
    let checked = unrolled::session::checked(&raw).unwrap();
    let series = noisy_sine(240);
    let split = Split::parse("70/10/20", &series.axis).unwrap();
    let options = FrameOptions {
        targets: vec!["temp_c".to_owned()],
        inputs: Vec::new(),
        calendar: false,
        fill: Fill::default(),
        ahead: 8,
        scales: None,
        cycles: None,
    };
    let frame = Frame::new(&series, &split, &options).unwrap();
    let sizes = (frame.features, frame.data_features, frame.targets);
    let plan = architecture.plan(&checked, sizes, (24, WINDOW, HORIZON)).unwrap();
    let windows = frame.windows(&split, Part::Train, WINDOW, HORIZON).unwrap();
    let mut batch = Batch::default();
    frame.gather(&[windows.starts[0], windows.starts[7], windows.starts[31]], WINDOW, HORIZON, &mut batch);
    let (forecaster, params) = architecture.build(&plan, &checked, 3);
    Bench { forecaster, params, batch, loss: unrolled::train::Options::new(&checked).loss }
}

impl Bench {
    fn loss(&self, batch: &Batch) -> f64 {
        let mut tape = Tape::new(false);
        let mut pass = Pass::new(&mut tape, &self.params, batch.size);
        let (prediction, truth) = self.forecaster.fit(&mut pass, batch);
        let loss = ops::loss(&mut tape, self.loss, prediction, truth);
        wide(tape.scalar(loss))
    }

    fn traces(&self) -> Vec<GradientTrace> {
        inside::gradients(self.forecaster.as_ref(), &self.params, &self.batch, self.loss).traces
    }
}

/// Fourth-order central differences, in double precision over so small a step that no rectifier bends within it.
fn slope(at: impl Fn(f64) -> f64) -> f64 {
    let h = if cfg!(feature = "f64") { 1e-5 } else { 1e-2 };
    (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
}

/// Largest difference of two traces, relative to the largest norm.
fn difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = a.iter().chain(b).fold(0.0_f64, |m, x| m.max(*x));
    a.iter().zip(b).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs())) / largest
}

#[test]
fn the_gradient_of_the_input_is_that_of_differences() {
    if cfg!(not(feature = "f64")) {
        println!(
            "only in double precision: differences over stretches in which no rectifier bends drown in rounding here"
        );
        return;
    }
    for architecture in registry::ALL {
        for json in [r#"{"segment": 1, "hidden": 5, "layers": 2}"#, r#"{"segment": 4, "hidden": 6}"#] {
            let bench = bench(architecture, json);
            let traces = bench.traces();
            let input = traces.iter().find(|trace| trace.group.ends_with("nput")).expect("a network reads something");
            assert_eq!((input.first, input.stride, input.norms.len()), (0, 1, WINDOW), "{}", architecture.id);
            // Forecasters of other shapes may read the last value again: for centring, or as the decoder's first input.
            let steps = if matches!(architecture.make, Make::Layer(_)) { WINDOW } else { WINDOW - 1 };
            let norm = |step: usize| -> f64 {
                let size = bench.batch.size;
                let of_sample = |sample: usize| {
                    slope(|h| {
                        let mut batch = bench.batch.clone();
                        let at = (step * size + sample) * batch.features;
                        batch.values[at] = narrow(wide(batch.values[at]) + h);
                        bench.loss(&batch)
                    })
                };
                (0..size).map(|sample| of_sample(sample).abs()).sum()
            };
            let expected: Vec<f64> = (0..steps).map(norm).collect();
            let off = difference(&input.norms[..steps], &expected);
            println!("{:<20} {json}: off by {off:.1e}", architecture.id);
            assert!(off < 1e-6, "{}: {off:e}", architecture.id);
        }
    }
}

/// The traces of a model that is read one token after the other, each a stretch of its own on the same tape: the tape, not a scan,
/// carries the gradient from state to state.
fn step_by_step(bench: &Bench) -> Option<Vec<GradientTrace>> {
    let model = bench.forecaster.stretches()?;
    let mut tape = Tape::new(true);
    let mut pass = Pass::new(&mut tape, &bench.params, bench.batch.size).inside();
    let mut states = vec![State::default(); model.states()];
    let mut seeds = Vec::new();
    for token in 0..model.tokens() {
        if let Some(found) = model.fit_stretch(&mut pass, &bench.batch, token..token + 1, &mut states) {
            seeds.push(found);
        }
    }
    let probes = pass.probes.take().unwrap().all;
    let losses: Vec<_> = seeds.iter().map(|(said, truth)| ops::loss(&mut tape, bench.loss, *said, *truth)).collect();
    let share: Real = narrow(1.0 / losses.len() as f64);
    let seeds: Vec<(_, &[Real])> = losses.iter().map(|loss| (*loss, std::slice::from_ref(&share))).collect();
    tape.backward_from(&seeds);
    Some(inside::traces(&tape, &probes))
}

#[test]
fn a_scan_gives_the_gradient_through_all_later_steps() {
    let mut tried = 0;
    for architecture in registry::ALL {
        for json in [
            r#"{"segment": 1, "hidden": 5, "layers": 2}"#,
            r#"{"segment": 1, "hidden": 5, "layers": 2, "loss_on": "every", "gru_form": "before", "scan": "parallel"}"#,
        ] {
            if !architecture.streams {
                continue;
            }
            let bench = bench(architecture, json);
            let Some(expected) = step_by_step(&bench) else { continue };
            let found = bench.traces();
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!((&found.group, &found.label), (&expected.group, &expected.label));
                let off = difference(&found.norms, &expected.norms);
                println!("{:<14} {}, {}: off by {off:.1e}", architecture.id, found.group, found.label);
                assert!(off < if cfg!(feature = "f64") { 1e-12 } else { 1e-5 }, "{}: {off:e}", architecture.id);
            }
            tried += 1;
        }
    }
    assert!(tried > 0);
}

/// Loss of the tokens `rest`, read from `states`, a matrix and its shape for each slot of the one layer.
fn loss_from(bench: &Bench, rest: Range<usize>, states: &[Option<(usize, Vec<Real>)>; 4]) -> f64 {
    let model = bench.forecaster.stretches().unwrap();
    let mut tape = Tape::new(false);
    let mut pass = Pass::new(&mut tape, &bench.params, bench.batch.size);
    let mut state = [None; 4];
    for (slot, found) in state.iter_mut().zip(states) {
        *slot = found.as_ref().map(|(rows, values)| pass.tape.constant(*rows, values.len() / rows, values));
    }
    let (said, truth) = model.fit_stretch(&mut pass, &bench.batch, rest, &mut [state]).unwrap();
    let loss = ops::loss(&mut tape, bench.loss, said, truth);
    wide(tape.scalar(loss))
}

#[test]
fn the_gradient_of_a_state_is_that_of_differences() {
    let mut tried = 0;
    for architecture in registry::ALL.iter().filter(|one| one.streams) {
        let bench = bench(architecture, r#"{"segment": 1, "hidden": 4}"#);
        let traces = bench.traces();
        let Some(trace) = traces.iter().find(|trace| trace.carried && trace.group != "Input") else { continue };
        let model = bench.forecaster.stretches().unwrap();
        let mut expected = Vec::new();
        for step in 0..WINDOW - 1 {
            let mut tape = Tape::new(false);
            let mut pass = Pass::new(&mut tape, &bench.params, bench.batch.size);
            let mut states = vec![State::default(); model.states()];
            model.fit_stretch(&mut pass, &bench.batch, 0..step + 1, &mut states);
            let kept = states[0].map(|var| var.map(|var| (tape.shape(var).0, tape.value(var).to_vec())));
            // The first slot is the layer's output at its last step; before the last step only the state reads it.
            let (rows, values) = kept[0].clone().unwrap();
            let change = |at: usize| {
                slope(|h| {
                    let mut moved = kept.clone();
                    moved[0].as_mut().unwrap().1[at] += narrow(h);
                    loss_from(&bench, step + 1..WINDOW, &moved)
                })
            };
            let norm = |sample: usize| (0..rows).map(|row| change(sample * rows + row).powi(2)).sum::<f64>().sqrt();
            expected.push((0..values.len() / rows).map(norm).sum::<f64>());
        }
        let off = difference(&trace.norms[..WINDOW - 1], &expected);
        println!("{:<14} {}: off by {off:.1e}", architecture.id, trace.label);
        assert!(off < if cfg!(feature = "f64") { 1e-8 } else { 5e-2 }, "{}: {off:e}", architecture.id);
        tried += 1;
    }
    assert!(tried > 3, "{tried}");
}

#[test]
fn inner_values_are_what_they_are_said_to_be() {
    for architecture in registry::ALL {
        for json in [
            r#"{"segment": 1, "hidden": 8, "layers": 2, "window": 48, "horizon": 12}"#,
            r#"{"segment": 12, "hidden": 8, "window": 48, "horizon": 24, "head": "rolled"}"#,
        ] {
            let mut raw = plain(json);
            raw.insert("architecture".into(), architecture.id.into());
            let mut session = Session::new(noisy_sine(500));
            if session.configure(&raw).is_err() {
                assert!(json.contains("rolled") && !architecture.streams, "{}", architecture.id);
                continue;
            }
            session.step().unwrap();
            let (last, first) = (session.inside(None).unwrap(), session.inside(Some(0)).unwrap());
            assert_eq!((last.origin, last.times.len()), (500, session.inside(Some(1)).unwrap().times.len()));
            assert_eq!(first.past, session.sample(0).unwrap().past);
            // In another window everything is the same except the extreme values.
            let abouts = |inside: &unrolled::session::Inside| {
                let plain = |one: &About| About { least: 0.0, most: 0.0, reach: 0.0, ..one.clone() };
                inside.inner.iter().map(|inner| plain(&inner.about)).collect::<Vec<_>>()
            };
            assert_eq!(abouts(&last), abouts(&first), "{}", architecture.id);
            for inner in &last.inner {
                let about = &inner.about;
                let what = format!("{} {}, {}", architecture.id, about.group, about.label);
                assert_eq!(inner.values.len(), about.rows * about.columns, "{what}");
                let (least, most) = match about.bounds {
                    Bounds::Unit => (0.0, 1.0),
                    Bounds::Signed => (-1.0, 1.0),
                    Bounds::Positive => (0.0, f64::MAX),
                    Bounds::Free => (f64::MIN, f64::MAX),
                };
                assert!(inner.values.iter().all(|x| (least..=most).contains(&wide(*x))), "{what}");
                assert!(inner.values.iter().all(|x| (about.least..=about.most).contains(&wide(*x))), "{what}");
                for end in [about.least, about.most] {
                    assert!(inner.values.iter().any(|x| wide(*x) == end), "{what}: {end}");
                }
                let beyond = inner.values.iter().filter(|x| wide(x.abs()) > about.reach).count();
                let many = if about.kind == Kind::Looks { inner.values.len().div_ceil(50) } else { 0 };
                assert!(beyond <= many, "{what}: {beyond} beyond {}", about.reach);
                // The values are not constant: they differ between units or steps.
                assert!(inner.values.iter().any(|x| *x != inner.values[0]), "{what}");
                if about.kind == Kind::Weights {
                    continue;
                }
                assert!(about.first + about.columns * about.stride <= last.times.len(), "{what}: {about:?}");
                if about.kind == Kind::Looks {
                    for (query, column) in inner.values.chunks_exact(about.rows).enumerate() {
                        let sum: f64 = column.iter().map(|x| wide(*x)).sum();
                        assert!((sum - 1.0).abs() < 1e-5, "{what}, query {query}: {sum}");
                    }
                    assert!(about.first_row + about.rows * about.row_stride <= last.times.len(), "{what}: {about:?}");
                }
            }
            let labels = |inside: &unrolled::session::Inside| {
                inside.inner.iter().map(|i| format!("{}: {}", i.about.group, i.about.label)).collect::<Vec<_>>()
            };
            let mut names = labels(&last);
            println!("{:<20} {}", architecture.id, names.join("; "));
            let all = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), all, "each has a name of its own: {names:?}");
        }
    }
}

/// Settings of `architecture`: the defaults, and each value of its own options, with two layers.
fn forms(architecture: &Architecture) -> Vec<Raw> {
    let mut usual = plain(r#"{"segment": 1, "hidden": 8, "layers": 2, "window": 24, "horizon": 6}"#);
    usual.insert("architecture".into(), architecture.id.into());
    let mut all = vec![usual.clone()];
    for knob in architecture.knobs.iter().map(|knob| knob.about()) {
        if let unrolled::knob::Kind::Choice { options } = knob.kind {
            for option in options {
                let mut raw = usual.clone();
                raw.insert(knob.key.into(), option.value.into());
                all.push(raw);
            }
        }
    }
    all
}

#[test]
fn what_is_called_a_gate_is_one() {
    let mut tried = 0;
    for architecture in registry::ALL {
        for raw in forms(architecture) {
            let mut session = Session::new(noisy_sine(300));
            session.configure(&raw).unwrap();
            session.step().unwrap();
            for inner in session.inside(None).unwrap().inner {
                let about = &inner.about;
                if about.kind != Kind::Units || !about.label.contains("gate") {
                    continue;
                }
                let what = format!("{} {}, {}: {raw:?}", architecture.id, about.group, about.label);
                let mut values = inner.values.iter().map(|x| wide(*x));
                match about.bounds {
                    // A sigmoid, or a stabilised exponential.
                    Bounds::Unit => assert!(values.all(|x| (0.0..=1.0).contains(&x)), "{what}"),
                    // An exponential.
                    Bounds::Positive => assert!(values.all(|x| x > 0.0 && x.is_finite()), "{what}"),
                    bounds => panic!("{what}: no gate lies between such bounds: {bounds:?}"),
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn a_row_belongs_to_a_head_where_there_are_as_many_as_heads() {
    let raw = plain(
        r#"{"architecture": "xlstm", "slstm": "none", "heads": 2, "segment": 1, "hidden": 8, "window": 24, "horizon": 6}"#,
    );
    let mut session = Session::new(noisy_sine(300));
    session.configure(&raw).unwrap();
    session.step().unwrap();
    let inner = session.inside(None).unwrap().inner;
    let of = |label: &str| &inner.iter().find(|one| one.about.label == label).expect(label).about;
    for label in ["input gate", "forget gate", "stabiliser", "norm of the readout"] {
        assert_eq!((of(label).rows, of(label).row), (2, "head"), "{label}");
    }
    assert_eq!((of("output").rows, of("output").row), (8, "unit"));
}

#[test]
fn the_forecast_is_made_from_the_state_that_is_shown() {
    // Looking changes neither the forecast nor the later training.
    let raw = plain(r#"{"architecture": "lstm", "segment": 1, "hidden": 8, "window": 24, "horizon": 6, "layers": 2}"#);
    let (mut looked, mut plain) = (Session::new(noisy_sine(300)), Session::new(noisy_sine(300)));
    looked.configure(&raw).unwrap();
    plain.configure(&raw).unwrap();
    for _ in 0..30 {
        looked.step().unwrap();
        plain.step().unwrap();
        looked.inside(None).unwrap();
        looked.gradients().unwrap();
    }
    assert_eq!(looked.current_weights().unwrap(), plain.current_weights().unwrap());
    assert_eq!(looked.forecast(6).unwrap().values, plain.forecast(6).unwrap().values);
    // h = o ∘ tanh(c), from three probes of the same layer.
    let inside = looked.inside(None).unwrap();
    let of =
        |label: &str| inside.inner.iter().find(|one| one.about.group == "Layer 2" && one.about.label == label).unwrap();
    let (hidden, cell, gate) = (of("hidden state"), of("cell state"), of("output gate"));
    assert_eq!((hidden.about.rows, hidden.about.columns), (8, 24));
    for ((h, c), o) in hidden.values.iter().zip(&cell.values).zip(&gate.values) {
        assert!((wide(*h) - wide(*o) * wide(*c).tanh()).abs() < 1e-5);
    }
}

#[test]
fn the_sentence_says_what_the_numbers_say() {
    let said = |bias: &str| {
        let mut raw = plain(r#"{"architecture": "lstm", "segment": 1, "hidden": 16, "window": 100, "horizon": 6}"#);
        raw.insert("forget_bias".into(), bias.into());
        let mut session = Session::new(noisy_sine(600));
        session.configure(&raw).unwrap();
        let gradients = session.gradients().unwrap();
        let trace = gradients.traces.iter().find(|trace| trace.group == "Layer 1").unwrap();
        (trace.first_to_last(), gradients.sentence)
    };
    let (short, forgets) = said("0");
    let (long, keeps) = said("3");
    println!("{forgets}\n{keeps}");
    assert!(short < 1e-7 && forgets.ends_with(": vanished, so nothing can be learnt from that step."), "{forgets}");
    assert!(long > 1e-2 && keeps.ends_with(": not vanished, so that step can be learnt from."), "{keeps}");
    assert!(forgets.starts_with("At the first of the 100 steps of layer 1"), "{forgets}");
}
