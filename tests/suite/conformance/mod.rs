//! Requirements on every architecture, tested over the registry: a new row is covered without being named here.

mod causal;
mod knobs;
mod summary;

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::common::{noisy_sine, plain, settings};
use unrolled::arch::plan::{HEAD, Head, LOSS_ON, LossOn, READING, Reading};
use unrolled::arch::registry::Make;
use unrolled::arch::stacked::MakeBlock;
use unrolled::arch::{Architecture, registry};
use unrolled::data::windows::frame::CALENDAR;
use unrolled::data::{Fill, Frame, FrameOptions, Part, Series, Split};
use unrolled::grad::{Tape, ops};
use unrolled::knob::{Kind, Raw, Settings};
use unrolled::math::Rng;
use unrolled::nn::{Block, Builder, Params, Pass, State};
use unrolled::{Error, Real, Session, narrow, wide};

/// The checks, as columns of a table that the last passed check prints: `cargo test --test suite -- --nocapture conformance`.
const CHECKS: [&str; 10] = [
    "shapes",
    "gradients",
    "no future",
    "every step is causal",
    "by steps",
    "state carried = one pass",
    "same seed",
    "save = load",
    "knobs",
    "noisy sine",
];

/// The results of each architecture, by its id and the check.
static SHOWN: Mutex<BTreeMap<(&str, &str), String>> = Mutex::new(BTreeMap::new());

/// Notes that `architecture` passed `check`.
fn passed(architecture: &Architecture, check: &'static str, figure: impl Into<String>) {
    assert!(CHECKS.contains(&check));
    let mut shown = SHOWN.lock().unwrap();
    shown.insert((architecture.id, check), figure.into());
    if shown.len() < CHECKS.len() * registry::ALL.len() {
        return;
    }
    let cells = |row: &str, cell: &dyn Fn(&str) -> String| {
        // Two spaces, and room for the longest figure or the name above it.
        let cells = CHECKS.map(|check| format!("{:>width$}", cell(check), width = check.len().max(12) + 2));
        format!("{row:<20}{}", cells.concat())
    };
    let mut lines = vec![cells("", &|check| check.to_owned())];
    lines.extend(registry::ALL.iter().map(|one| cells(one.id, &|check| shown[&(one.id, check)].clone())));
    println!("{}", lines.join("\n"));
}

/// Forms of models for every check of gradients: head, normalisation, segments, loss, linear skip, line.
const SHAPES: &[&str] = &[
    r#"{"segment": 1, "hidden": 5, "layers": 2, "dropout": 0.3, "head_dropout": 0.2}"#,
    r#"{"segment": 4, "hidden": 9, "normalise": "window", "highway": true, "loss": "huber"}"#,
    r#"{"segment": 1, "hidden": 4, "head": "rolled", "loss_on": "every", "normalise": "none", "head_dropout": 0}"#,
    r#"{"segment": 3, "hidden": 6, "loss_on": "every", "highway": true, "forget_bias": "chrono"}"#,
    r#"{"segment": 2, "hidden": 4, "loss_on": "every", "highway": true, "normalise": "window"}"#,
    r#"{"segment": 3, "hidden": 5, "from_line": true, "calendar": true}"#,
    r#"{"segment": 1, "hidden": 4, "layers": 2, "reading": "continuous", "loss": "mae"}"#,
    r#"{"segment": 2, "hidden": 8, "head": "rolled", "recurrent_init": "orthogonal", "gru_form": "before", "calendar": true}"#,
];

fn checked(architecture: &Architecture, json: &str) -> (Settings, Raw) {
    let mut raw = plain(json);
    raw.insert("architecture".into(), architecture.id.into());
    (unrolled::session::checked(&raw).unwrap(), raw)
}

/// Whether `settings` need a streaming model and `architecture` is none; only layers have a choice of heads.
fn refused(architecture: &Architecture, settings: &Settings) -> bool {
    if settings.get(&READING) == Reading::Continuous {
        return !architecture.streams;
    }
    let by_step = settings.get(&HEAD) == Head::Recursive || settings.get(&LOSS_ON) == LossOn::Every;
    matches!(architecture.make, Make::Layer(_)) && !architecture.streams && by_step
}

/// The forms that `architecture` can take, and the last of them again with each value of its own options.
fn shapes(architecture: &Architecture) -> Vec<String> {
    let mut all: Vec<String> = SHAPES.iter().map(|json| (*json).to_owned()).collect();
    all.retain(|json| !refused(architecture, &checked(architecture, json).0));
    let last = settings(all.last().unwrap());
    for knob in architecture.knobs.iter().map(|knob| knob.about()) {
        if let Kind::Choice { options } = knob.kind {
            for option in options {
                let mut shape = last.clone();
                shape.insert(knob.key.into(), option.value.into());
                all.push(serde_json::to_string(&shape).unwrap());
            }
        }
    }
    all
}

/// Configures a session; `false` if the settings are refused with a reason.
fn configured(session: &mut Session, architecture: &Architecture, raw: &Raw) -> bool {
    let answer = session.configure(raw);
    let settings = unrolled::session::checked(raw).unwrap();
    match answer {
        Err(Error::Knob { knob, .. }) if refused(architecture, &settings) => {
            assert!(matches!(knob, "head" | "loss_on" | "reading"), "{}: {knob}", architecture.id);
            false
        }
        answer => {
            assert!(!refused(architecture, &settings), "{} cannot go on step by step", architecture.id);
            answer.unwrap_or_else(|error| panic!("{}: {error}", architecture.id));
            true
        }
    }
}

/// Numbers of targets.
const TARGETS: [usize; 2] = [1, 2];

/// A model and a batch of its training windows.
struct Bench {
    forecaster: Box<dyn unrolled::arch::Forecaster>,
    params: Params,
    batch: unrolled::data::Batch,
    frame: Frame,
    loss: ops::Loss,
}

/// A noisy sine and further columns.
fn columns(rows: usize) -> Series {
    let mut series = noisy_sine(rows);
    for (name, period) in [("wind", 7.0), ("rain", 5.0)] {
        series.names.push(name.to_owned());
        series.columns.push((0..rows).map(|t| 3.0 * (t as f64 / period).cos()).collect());
    }
    series
}

fn bench(architecture: &Architecture, json: &str, targets: usize) -> Bench {
    let (checked, _) = checked(architecture, json);
    // One column that is read and not forecast, for models that learn from every input.
    let series = columns(240);
    let split = Split::parse("70/10/20", &series.axis).unwrap();
    let options = FrameOptions {
        targets: series.names[..targets].to_vec(),
        inputs: vec![series.names[targets].clone()],
        calendar: checked.get(&CALENDAR),
        fill: Fill::default(),
        ahead: 8,
        scales: None,
        cycles: None,
    };
    let frame = Frame::new(&series, &split, &options).unwrap();
    let plan = architecture.plan(&checked, (frame.features, frame.data_features, frame.targets), (24, 12, 6)).unwrap();
    let windows = frame.windows(&split, Part::Train, 12, 6).unwrap();
    let mut batch = unrolled::data::Batch::default();
    frame.gather(&[windows.starts[0], windows.starts[7], windows.starts[31]], 12, 6, &mut batch);
    let (forecaster, params) = architecture.build(&plan, &checked, 3);
    let loss = unrolled::train::Options::new(&checked).loss;
    Bench { forecaster, params, batch, frame, loss }
}

impl Bench {
    /// Training loss with the given weights; the gradients, if requested, into `grads`.
    fn loss(&self, values: &[Real], grads: Option<&mut Vec<Real>>) -> f64 {
        let mut params = self.params.clone();
        params.values.copy_from_slice(values);
        let mut tape = Tape::new(grads.is_some());
        let mut pass = Pass::training(&mut tape, &params, self.batch.size, 5, 0, 0);
        let (prediction, truth) = self.forecaster.fit(&mut pass, &self.batch);
        let loss = ops::loss(&mut tape, self.loss, prediction, truth);
        if let Some(grads) = grads {
            tape.backward(loss);
            params.collect(&tape);
            grads.clone_from(&params.grads);
        }
        wide(tape.scalar(loss))
    }
}

#[test]
fn gradients_match_central_differences() {
    for architecture in registry::ALL {
        let (mut worst, shapes) = (0.0_f64, shapes(architecture));
        for json in &shapes {
            for bench in TARGETS.map(|targets| bench(architecture, json, targets)) {
                // A small random step away from the initial weights, where the linear skip is zero.
                let mut rng = Rng::new(21, 0);
                let at: Vec<Real> = bench.params.values.iter().map(|p| p + narrow(0.05 * rng.normal())).collect();
                let mut grads = Vec::new();
                bench.loss(&at, Some(&mut grads));
                // A line that a model starts from stays as it is, and has no gradient.
                let is_fixed = |name: &str| bench.forecaster.line().is_some() && name.starts_with("highway.");
                let (fixed, slots): (Vec<_>, Vec<_>) =
                    bench.params.slots().iter().cloned().partition(|slot| is_fixed(&slot.name));
                let fixed: Vec<_> = fixed.iter().map(|slot| slot.range()).collect();
                let whole = std::iter::once(0..at.len());
                for range in slots.iter().map(|slot| slot.range()).chain(whole) {
                    let direction: Vec<f64> = (0..at.len())
                        .map(|k| {
                            if range.contains(&k) && !fixed.iter().any(|fixed| fixed.contains(&k)) {
                                rng.normal()
                            } else {
                                0.0
                            }
                        })
                        .collect();
                    let slope: f64 = grads.iter().zip(&direction).map(|(g, d)| wide(*g) * d).sum();
                    let moved = |h: f64| {
                        let values: Vec<Real> =
                            at.iter().zip(&direction).map(|(x, d)| narrow(wide(*x) + h * d)).collect();
                        bench.loss(&values, None)
                    };
                    // A rectifier's kink within a step spoils the difference; a wrong gradient is wrong for every step.
                    let error = |h: f64| {
                        let difference =
                            (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h);
                        (slope - difference).abs() / slope.abs().max(difference.abs()).max(1e-3)
                    };
                    worst = worst.max([1e-4, 1e-5, 1e-6].into_iter().map(error).fold(f64::INFINITY, f64::min));
                }
            }
        }
        println!("{:<14} gradients of {} shapes: largest relative error {worst:.1e}", architecture.id, shapes.len());
        if cfg!(feature = "f64") {
            assert!(worst < 1e-6, "{}: {worst:e}", architecture.id);
        }
        // In f32 a difference of losses is mostly rounding.
        let figure = if cfg!(feature = "f64") { format!("{worst:.0e}") } else { "with f64".to_owned() };
        passed(architecture, "gradients", figure);
    }
}

#[test]
fn all_that_goes_out_has_its_shape() {
    for architecture in registry::ALL {
        let shapes = shapes(architecture);
        for (json, targets) in shapes.iter().flat_map(|json| TARGETS.map(|targets| (json, targets))) {
            let bench = bench(architecture, json, targets);
            let size = bench.batch.size;
            let mut tape = Tape::new(false);
            let mut pass = Pass::training(&mut tape, &bench.params, size, 5, 0, 0);
            let (prediction, truth) = bench.forecaster.fit(&mut pass, &bench.batch);
            // A penalty on every step of the horizon or of the output, the same for each sample.
            let shape = tape.shape(prediction);
            assert_eq!(shape, tape.shape(truth), "{} {json}", architecture.id);
            assert_eq!((shape.0 * shape.1) % (targets * size), 0, "{} {json}: {shape:?}", architecture.id);
            assert!(tape.value(prediction).iter().all(|x| x.is_finite()), "{} {json}", architecture.id);
            // Every step of every target of every sample is written.
            let mut out = vec![Real::NAN; targets * 6 * size];
            let mut tape = Tape::new(false);
            bench.forecaster.forecast(&mut Pass::new(&mut tape, &bench.params, size), &bench.batch, &mut out);
            assert!(out.iter().all(|x| x.is_finite()), "{} {json}: {out:?}", architecture.id);
        }
        if let Make::Layer(make) = architecture.make {
            for json in &shapes {
                layer_keeps_steps(architecture, make, json);
            }
        }
        passed(architecture, "shapes", format!("{} passed", TARGETS.len() * shapes.len()));
    }
}

/// Layer number `index` of the stack that `json` describes, which reads `inputs` rows, and its parameters.
fn layer(
    architecture: &Architecture,
    make: MakeBlock,
    json: &str,
    (index, inputs): (usize, usize),
) -> (Box<dyn Block>, Params) {
    let (settings, _) = checked(architecture, json);
    let plan = architecture.plan(&settings, (inputs, inputs, 1), (24, 12, 6)).unwrap();
    let mut builder = Builder::new(Rng::new(8, 0), 1.0);
    let block = make(&mut builder, index, inputs, &plan, &settings);
    (block, builder.finish())
}

/// A layer maps a sequence of any width to one with as many steps and its own width, at any position in the stack.
fn layer_keeps_steps(architecture: &Architecture, make: MakeBlock, json: &str) {
    for (index, inputs, batch, steps) in [(0, 1, 1, 1), (0, 3, 2, 7), (1, 5, 3, 2)] {
        let (block, params) = layer(architecture, make, json, (index, inputs));
        let mut tape = Tape::new(false);
        let mut pass = Pass::new(&mut tape, &params, batch);
        let x = pass.tape.filled(inputs, steps * batch, 0.5);
        let (out, _) = block.forward(&mut pass, x, &State::default());
        assert_eq!(tape.shape(out), (block.features(), steps * batch), "{} {json}", architecture.id);
    }
}

#[test]
fn a_forecast_reads_nothing_that_is_not_known() {
    for architecture in registry::ALL {
        for (json, targets) in shapes(architecture).iter().flat_map(|json| TARGETS.map(|targets| (json, targets))) {
            let bench = bench(architecture, json, targets);
            let forecast = |batch: &unrolled::data::Batch| {
                let mut tape = Tape::new(false);
                let mut out = vec![0.0; targets * 6 * batch.size];
                let mut pass = Pass::new(&mut tape, &bench.params, batch.size);
                bench.forecaster.forecast(&mut pass, batch, &mut out);
                out
            };
            let with_truth = forecast(&bench.batch);
            let mut hidden = bench.batch.clone();
            hidden.hide_future(bench.frame.data_features);
            assert_eq!(with_truth, forecast(&hidden), "{} {json}", architecture.id);
            // Each window is forecast independently of its neighbours in the batch.
            let mut alone = unrolled::data::Batch::default();
            let split = Split::parse("70/10/20", &bench.frame.axis).unwrap();
            let starts = bench.frame.windows(&split, Part::Train, 12, 6).unwrap().starts;
            bench.frame.gather(&starts[7..8], 12, 6, &mut alone);
            for (a, b) in forecast(&alone).iter().zip(&with_truth[targets * 6..]) {
                assert!(wide((a - b).abs()) < 1e-5, "{} {json}: {a} {b}", architecture.id);
            }
        }
        passed(architecture, "no future", "passed");
    }
}

/// Tolerance between a sequence in stretches and in one pass, for values around 1: rounding, as sums have another order.
const STRETCHES: f64 = if cfg!(feature = "f64") { 1e-14 } else { 1e-6 };

#[test]
fn step_by_step_and_in_stretches_equal_all_at_once() {
    let (inputs, batch, steps) = (3, 2, 7);
    for architecture in registry::ALL {
        if !architecture.streams {
            for check in ["by steps", "state carried = one pass"] {
                passed(architecture, check, "refuses");
            }
            continue;
        }
        let (mut by_steps, mut carried) = (0.0_f64, 0.0_f64);
        let Make::Layer(make) = architecture.make else {
            panic!("{} streams without being a layer", architecture.id);
        };
        for json in &shapes(architecture) {
            let (block, params) = layer(architecture, make, json, (0, inputs));
            let mut rng = Rng::new(9, 0);
            let x: Vec<Real> = (0..inputs * batch * steps).map(|_| narrow(rng.normal())).collect();
            // The same sequence in stretches of the given lengths, with a carried state.
            let run = |lengths: &[usize]| -> Vec<Real> {
                let mut tape = Tape::new(false);
                let mut pass = Pass::new(&mut tape, &params, batch);
                let (mut state, mut from, mut all) = (State::default(), 0, Vec::new());
                for length in lengths {
                    let size = inputs * batch * length;
                    let part = pass.tape.constant(inputs, batch * length, &x[from..from + size]);
                    let (out, next) = block.forward(&mut pass, part, &state);
                    all.extend_from_slice(pass.tape.value(out));
                    (state, from) = (next, from + size);
                }
                all
            };
            let whole = run(&[steps]);
            let off = |lengths: &[usize]| {
                let parts = run(lengths);
                assert_eq!(parts.len(), whole.len(), "{} {lengths:?}", architecture.id);
                parts.iter().zip(&whole).map(|(a, b)| wide((a - b).abs())).fold(0.0, f64::max)
            };
            by_steps = by_steps.max(off(&vec![1; steps]));
            carried =
                [vec![3, 4], vec![1, 5, 1], vec![6, 1]].iter().map(|lengths| off(lengths)).fold(carried, f64::max);
        }
        for (check, worst) in [("by steps", by_steps), ("state carried = one pass", carried)] {
            println!("{:<14} {check}: {worst:.1e}", architecture.id);
            assert!(worst < STRETCHES, "{}, {check}: {worst:e}", architecture.id);
            passed(architecture, check, if worst == 0.0 { "exact".to_owned() } else { format!("{worst:.0e}") });
        }
    }
}

#[test]
fn any_two_kinds_of_layers_make_a_stack() {
    let layers = || registry::ALL.iter().filter(|one| one.streams && matches!(one.make, Make::Layer(_)));
    let mut worst = 0.0_f64;
    for (first, second) in layers().flat_map(|first| layers().map(move |second| (first, second))) {
        let json = format!(r#"{{"segment": 1, "hidden": 6, "layers": 3, "mix": "{}", "head_dropout": 0}}"#, second.id);
        let bench = bench(first, &json, 1);
        let mut rng = Rng::new(23, 0);
        let at: Vec<Real> = bench.params.values.iter().map(|p| p + narrow(0.05 * rng.normal())).collect();
        let direction: Vec<f64> = at.iter().map(|_| rng.normal()).collect();
        let mut grads = Vec::new();
        bench.loss(&at, Some(&mut grads));
        // Every layer has an effect: no parameter is without a gradient.
        for slot in bench.params.slots() {
            assert!(grads[slot.range()].iter().any(|g| *g != 0.0), "{} and {}: {}", first.id, second.id, slot.name);
        }
        let slope: f64 = grads.iter().zip(&direction).map(|(g, d)| wide(*g) * d).sum();
        let moved = |h: f64| {
            let values: Vec<Real> = at.iter().zip(&direction).map(|(x, d)| narrow(wide(*x) + h * d)).collect();
            bench.loss(&values, None)
        };
        let error = |h: f64| {
            let difference = (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h);
            (slope - difference).abs() / slope.abs().max(difference.abs()).max(1e-3)
        };
        // A step over a kink, or a long one where the loss bends sharply, spoils the difference.
        worst = worst.max(error(1e-4).min(error(1e-5)));
        // The second layer is of the other kind.
        let alone = self::bench(first, &json.replace(second.id, "same"), 1);
        let shapes = |bench: &Bench| bench.params.slots().iter().map(|slot| slot.len()).collect::<Vec<_>>();
        assert_eq!(first.id == second.id, shapes(&bench) == shapes(&alone), "{} and {}", first.id, second.id);
    }
    println!("stacks of any two kinds of layers: largest relative error {worst:.1e}");
    if cfg!(feature = "f64") {
        assert!(worst < 1e-6, "{worst:e}");
    }
}

#[test]
fn the_same_seed_gives_the_same_weights_and_another_seed_others() {
    for architecture in registry::ALL {
        let train = |seed: u64| {
            let (_, mut raw) = checked(architecture, r#"{"hidden": 8, "window": 24, "horizon": 4, "dropout": 0.2}"#);
            raw.insert("seed".into(), seed.into());
            let mut session = Session::new(noisy_sine(300));
            session.configure(&raw).unwrap();
            for _ in 0..20 {
                session.step().unwrap();
            }
            session.current_weights().unwrap().to_vec()
        };
        assert_eq!(train(4), train(4), "{}", architecture.id);
        assert_ne!(train(4), train(5), "{}", architecture.id);
        passed(architecture, "same seed", "passed");
    }
}

#[test]
fn a_saved_model_forecasts_the_same() {
    for architecture in registry::ALL {
        for json in [
            r#"{"hidden": 8, "window": 48, "horizon": 12, "epochs": 2, "from_line": true, "all_rows": true}"#,
            r#"{"hidden": 8, "window": 48, "horizon": 12, "segment": 1, "epochs": 1, "head": "rolled"}"#,
            r#"{"hidden": 8, "window": 48, "horizon": 12, "epochs": 1, "target": "wind, temp_c"}"#,
            r#"{"hidden": 8, "window": 24, "horizon": 6, "segment": 1, "epochs": 1, "reading": "continuous"}"#,
        ] {
            let (_, raw) = checked(architecture, json);
            let mut session = Session::new(columns(400));
            if !configured(&mut session, architecture, &raw) {
                continue;
            }
            while session.advance().unwrap() {}
            let bytes = session.save().unwrap();
            let mut other = Session::new(columns(400));
            let settings = other.load(&bytes, &Default::default()).unwrap().settings.clone();
            assert_eq!(settings, session.configured().unwrap().settings);
            let (a, b) = (session.forecast(30).unwrap(), other.forecast(30).unwrap());
            assert_eq!(a.times, b.times);
            assert_eq!(a.lower.is_some(), b.lower.is_some());
            let lower = a.lower.iter().flatten().zip(b.lower.iter().flatten());
            for (x, y) in a.values.iter().zip(&b.values).chain(lower) {
                // Files hold f32: in f64 the weights are rounded once.
                let tolerance = if cfg!(feature = "f64") { 1e-5 } else { 0.0 };
                // Beyond the horizon there is no range.
                assert!((x - y).abs() <= tolerance || (x.is_nan() && y.is_nan()), "{}: {x} {y}", architecture.id);
            }
        }
        passed(architecture, "save = load", "passed");
    }
}

/// Interval in epochs between checks for an early end.
const LOOKS: u32 = 3;

/// Trains to the end, or until the validation errors of all targets are well below the last value's, to save time.
fn train_until_it_has_learnt(session: &mut Session) {
    let mut next = LOOKS;
    while session.advance().unwrap() {
        if session.progress().unwrap().epoch < next {
            continue;
        }
        next += LOOKS;
        let validation = session.evaluate(Part::Validation).unwrap();
        if validation.targets.iter().all(|of| of.rows[0].scores.mae < 0.7 * of.rows[1].scores.mae) {
            return;
        }
    }
}

#[test]
fn each_learns_a_noisy_sine_to_below_naive() {
    for architecture in registry::ALL {
        let mut largest = 0.0_f64;
        for json in [
            r#"{"hidden": 16, "window": 48, "horizon": 12, "segment": 24, "epochs": 15, "learning_rate": 0.005, "head_dropout": 0}"#,
            r#"{"hidden": 16, "layers": 2, "window": 24, "horizon": 6, "segment": 1, "epochs": 20, "learning_rate": 0.01,
                "head": "rolled", "loss_on": "every", "head_dropout": 0, "normalise": "none"}"#,
            r#"{"hidden": 16, "layers": 2, "window": 24, "horizon": 6, "segment": 1, "epochs": 15, "learning_rate": 0.01,
                "loss_on": "every", "head_dropout": 0}"#,
            r#"{"hidden": 16, "window": 48, "horizon": 12, "segment": 4, "epochs": 15, "learning_rate": 0.01,
                "loss_on": "every", "head_dropout": 0, "normalise": "window"}"#,
            r#"{"hidden": 16, "window": 48, "horizon": 12, "segment": 24, "epochs": 15, "learning_rate": 0.005, "head_dropout": 0,
                "target": "rain, temp_c", "inputs": "wind"}"#,
            r#"{"hidden": 16, "window": 48, "horizon": 12, "segment": 1, "epochs": 15, "learning_rate": 0.01, "head_dropout": 0,
                "reading": "continuous"}"#,
            r#"{"hidden": 16, "window": 24, "horizon": 6, "segment": 1, "epochs": 15, "learning_rate": 0.01, "head_dropout": 0,
                "head": "rolled", "reading": "continuous"}"#,
            r#"{"hidden": 16, "window": 48, "horizon": 12, "segment": 2, "epochs": 15, "learning_rate": 0.01, "head_dropout": 0,
                "reading": "continuous", "target": "rain, temp_c", "inputs": "wind"}"#,
            r#"{"hidden": 16, "window": 24, "horizon": 6, "segment": 1, "epochs": 15, "learning_rate": 0.01, "head_dropout": 0,
                "head": "rolled", "reading": "continuous", "target": "temp_c, rain"}"#,
        ] {
            let (_, mut raw) = checked(architecture, json);
            raw.insert("split".into(), "70/10/20".into());
            let mut session = Session::new(columns(800));
            if !configured(&mut session, architecture, &raw) {
                continue;
            }
            train_until_it_has_learnt(&mut session);
            for unrolled::evaluate::OfTarget { name, rows, .. } in session.evaluate(Part::Test).unwrap().targets {
                let (model, last) = (rows[0].scores.mae, rows[1].scores.mae);
                println!("{:<14} off by {model:.3} on {name}; the last value by {last:.3}", architecture.id);
                assert!(model < 0.8 * last, "{}, {name}: {model} {last}", architecture.id);
                largest = largest.max(model / last);
            }
        }
        passed(architecture, "noisy sine", format!("{largest:.2} of last"));
    }
}
