//! The memory of a model, with and without gradient checkpoints, and its prediction. The counter is the whole process's, so the
//! tests wait for one another.
// In f64 the same buffers are twice as large: nothing else to learn, in minutes.
#![cfg(not(any(target_arch = "wasm32", feature = "f64")))]

mod common;

use std::alloc::System;
use std::sync::{Mutex, PoisonError};

use cap::Cap;
use common::{noisy_sine, plain, settings};
use unrolled::arch::Architecture;
use unrolled::arch::registry::{self, Make};
use unrolled::data::Part;
use unrolled::grad::Tape;
use unrolled::knob::{Raw, Settings};
use unrolled::math::Rng;
use unrolled::nn::{Builder, Pass, State};
use unrolled::session::{Configured, MOST_MEMORY, Memory};
use unrolled::{Error, Session};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Held by the test that counts.
static COUNTING: Mutex<()> = Mutex::new(());

/// Memory outside the prediction, in bytes, whatever the model: the session, lists of windows.
const ASIDE: f64 = 300_000.0;

/// Steps of a window where checkpoints are compared.
const WINDOW: usize = 168;

/// Largest factor from the memory held to that predicted for a step.
const MOST_PREDICTED: f64 = 1.5;

/// Whether the state after a window is as large as all outputs in it, because it grows or because it holds the past itself.
fn holds_the_past(architecture: &Architecture) -> bool {
    let Make::Layer(make) = architecture.make else { return false };
    let raw = plain(r#"{"segment": 1}"#);
    let checked = Settings::check(&unrolled::session::catalog().knobs, &raw, &Raw::new()).unwrap();
    let plan = architecture.plan(&checked, (2, 2, 0), (24, WINDOW, 6)).unwrap();
    let mut builder = Builder::new(Rng::new(1, 0), 1.0);
    let block = make(&mut builder, 0, 2, &plan, &checked);
    let rows = builder.rows();
    let params = builder.finish();
    let size = |steps: usize| -> u64 {
        let mut tape = Tape::new(false);
        let mut pass = Pass::new(&mut tape, &params, 1);
        let x = pass.tape.filled(2, steps, 0.5);
        let (_, state) = block.forward(&mut pass, x, &State::default());
        state.iter().flatten().map(|var| pass.tape.value(*var).len() as u64).sum()
    };
    let said = |steps: u64| block.state(rows, steps);
    let by = size(9) - size(8);
    assert_eq!([by; 2], [size(8) - size(7), said(9) - said(8)], "{}", architecture.id);
    assert!(said(9) >= size(9), "{}: a state of {}, and {} are said", architecture.id, size(9), said(9));
    said(WINDOW as u64) >= (WINDOW * block.features()) as u64
}

/// Bytes held after some steps of `raw`, with those predicted for a step and for the weights.
fn held(raw: &Raw) -> Result<(u64, Memory), Error> {
    let mut session = Session::new(noisy_sine(2000));
    let predicted = session.configure(raw)?.memory;
    let before = ALLOCATOR.allocated();
    // A step's allocations stay for the next one. The second one starts from a carried state.
    session.advance().unwrap();
    session.advance().unwrap();
    Ok(((ALLOCATOR.allocated() - before) as u64, predicted))
}

#[test]
fn checkpoints_need_less_memory() {
    let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    for architecture in registry::ALL.iter().filter(|architecture| architecture.streams) {
        let of = |checkpoints: bool| {
            let mut raw = plain(
                r#"{"window": 168, "horizon": 24, "segment": 1, "hidden": 32, "layers": 2, "batch_size": 32, "shards": 1}"#,
            );
            raw.insert("architecture".into(), architecture.id.into());
            raw.insert("checkpoints".into(), checkpoints.into());
            held(&raw).unwrap().0
        };
        let (whole, kept) = (of(false), of(true));
        // Such a state is kept once for each stretch. Without checkpoints the top layer already keeps no gradient of its steps, and
        // of a layer with a growing state little but that state: of two layers, checkpoints can save only the lower one's steps.
        let share = if holds_the_past(architecture) { 1.1 } else { 2.5 };
        println!("{:<14} {whole:>10} bytes, with checkpoints {kept:>10}", architecture.id);
        assert!(share * (kept as f64) < whole as f64, "{}: {kept} of {whole} bytes", architecture.id);
    }
}

#[test]
fn a_steps_memory_is_predicted() {
    let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut wrong, mut measured) = (Vec::new(), 0);
    for architecture in registry::ALL {
        for more in [
            "{}",
            r#"{"checkpoints": true}"#,
            r#"{"segment": 24, "hidden": 128}"#,
            r#"{"layers": 1, "dropout": 0.2, "head_dropout": 0}"#,
            r#"{"loss_on": "every", "hidden": 16, "horizon": 48, "normalise": "window"}"#,
            r#"{"head": "rolled", "checkpoints": true}"#,
            r#"{"reading": "continuous", "chunk": 48}"#,
            r#"{"reading": "continuous"}"#,
            r#"{"slstm": "all"}"#,
            r#"{"slstm": "all", "loss_on": "every"}"#,
            r#"{"expansion": 4, "hidden": 64, "heads": 1}"#,
            r#"{"mix": "mamba", "layers": 3}"#,
            r#"{"bidirectional_cell": "lstm"}"#,
            r#"{"bidirectional_cell": "rnn", "layers": 1}"#,
            r#"{"attention": "additive", "encoder_cell": "rnn"}"#,
            r#"{"attention": "general", "decoder_cell": "gru", "sampling": "none"}"#,
            r#"{"teacher_forcing": 0, "decoder_cell": "rnn"}"#,
        ] {
            // Activations outweigh the weights.
            let batch = if architecture.reads("segment") { 16 } else { 512 };
            let mut raw = plain(
                r#"{"window": 144, "horizon": 24, "segment": 1, "hidden": 32, "layers": 2, "shards": 1, "lanes": 8}"#,
            );
            raw.extend(settings(more));
            raw.insert("architecture".into(), architecture.id.into());
            raw.insert("batch_size".into(), batch.into());
            let general = ["{}", r#"{"checkpoints": true}"#].contains(&more);
            let reads =
                |key: &String| ["checkpoints", "reading", "chunk"].contains(&&key[..]) || architecture.reads(key);
            if !(general || settings(more).keys().all(reads)) {
                continue;
            }
            let (held, predicted) = match held(&raw) {
                Ok(both) => both,
                // An architecture may refuse an option, but not its own defaults.
                Err(error) => {
                    assert_ne!(more, "{}", "{}: {error}", architecture.id);
                    continue;
                }
            };
            measured += 1;
            let (held, step) = (held as f64, predicted.step as f64);
            // A step's own copies of the weights are predicted with all others.
            let most = step + predicted.weights as f64 / 2.0 + ASIDE;
            println!("{:<20} {more:<70} {held:>10} bytes, {step:>10} predicted, {:.2}", architecture.id, step / held);
            if held > most || step > MOST_PREDICTED * held + ASIDE {
                wrong.push(format!("{} {more}: {held} bytes, {predicted:?} predicted", architecture.id));
            }
        }
    }
    assert!(measured >= 100, "only {measured} cases were not refused");
    assert!(wrong.is_empty(), "“keeps” of a block or a forecaster is wrong:\n{}", wrong.join("\n"));
}

/// All uses of a model by a page, once: the memory then held, and its prediction.
fn used(raw: &Raw) -> (u64, Memory) {
    let before = ALLOCATOR.allocated();
    let mut session = Session::new(noisy_sine(500));
    // The draft has a model of its own.
    let mut draft = Session::new(noisy_sine(500));
    draft.configure(raw).unwrap();
    let predicted = session.configure(raw).unwrap().memory;
    // To its end where a second training follows; the first one's steps then give their memory back.
    let (mut most, mut looked_at) = (0, false);
    while (raw["all_rows"] == true || session.history(0).unwrap().is_empty()) && session.advance().unwrap() {
        // A page looks at the forecasts while the first training goes on.
        if !looked_at && !session.history(0).unwrap().is_empty() {
            looked_at = true;
            session.predictions(Part::Validation, 1).unwrap();
        }
        most = most.max(ALLOCATOR.allocated());
    }
    session.predictions(Part::Validation, 1).unwrap();
    session.forecast(12).unwrap();
    let held = ALLOCATOR.allocated().max(most) - before;
    let saved = session.save().unwrap();
    let inside = session.inside(None).unwrap();
    let looked = saved.len() + inside.inner.iter().map(|inner| 4 * inner.values.len()).sum::<usize>();
    ((held + looked) as u64, predicted)
}

#[test]
fn no_model_holds_more_than_was_predicted() {
    let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    for architecture in registry::ALL {
        for more in [
            "{}",
            r#"{"segment": 12, "hidden": 64, "batch_size": 256}"#,
            r#"{"batch_size": 4, "calendar": true}"#,
            r#"{"checkpoints": true, "shards": 1}"#,
            r#"{"loss_on": "every"}"#,
            r#"{"head": "rolled"}"#,
            r#"{"attention": "additive", "encoder_cell": "gru"}"#,
            r#"{"reading": "continuous", "lanes": 4, "chunk": 48}"#,
            r#"{"from_line": true, "all_rows": true, "epochs": 2}"#,
        ] {
            let mut raw = plain(
                r#"{"window": 72, "segment": 1, "hidden": 32, "layers": 2, "batch_size": 64, "horizon": 12, "split": "240, 380"}"#,
            );
            raw.extend(settings(more));
            raw.insert("architecture".into(), architecture.id.into());
            // An impossible option is refused; an unread knob changes nothing.
            let other =
                more == "{}" || raw.keys().all(|key| !settings(more).contains_key(key) || architecture.reads(key));
            let general = ["batch_size", "checkpoints", "segment", "continuous", "all_rows"]
                .iter()
                .any(|word| more.contains(word));
            if !(other || general) || Session::new(noisy_sine(500)).configure(&raw).is_err() {
                continue;
            }
            let (held, predicted) = used(&raw);
            let all = predicted.total();
            println!("{:<20} {more:<56} {held:>10} bytes, {all:>10} predicted: {predicted:?}", architecture.id);
            assert!(
                held as f64 <= all as f64 + ASIDE,
                "{} {more}: {held} bytes, {predicted:?} predicted",
                architecture.id
            );
            // The bound is not too high either. In a small model, memory that exists once exceeds all the rest.
            assert!(all < 2 * held + 4_000_000, "{} {more}: {held} bytes, {predicted:?} predicted", architecture.id);
        }
    }
}

#[test]
fn a_long_series_with_filled_gaps_holds_no_more_than_was_predicted() {
    let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut long = noisy_sine(300_000);
    long.names.push("wind".to_owned());
    long.columns.push(long.columns[0].iter().map(|value| value / 3.0).collect());
    long.columns.iter_mut().for_each(|column| column.iter_mut().step_by(50).for_each(|value| *value = f64::NAN));
    let raw = plain(
        r#"{"architecture": "rnn", "target": "temp_c", "inputs": "wind", "window": 24, "horizon": 1, "hidden": 4, "batch_size": 4,
            "loss_on": "every", "segment": 1, "gaps": "hold"}"#,
    );
    // One of the two series existed before.
    let before = ALLOCATOR.allocated() - 2 * 8 * 300_000;
    let mut sessions = [long.clone(), long].map(Session::new);
    let predicted = sessions.each_mut().map(|session| session.configure(&raw).unwrap().memory)[0];
    let held = (ALLOCATOR.allocated() - before) as u64;
    println!("{held} bytes, predicted: {predicted:?}");
    assert!(held <= predicted.total() && predicted.data < 3 * held, "{held} bytes, {predicted:?} predicted");
}

#[test]
fn what_would_not_fit_is_refused_with_a_knob_that_makes_it_fit() {
    let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let machine = 200_000_000;
    for architecture in registry::ALL {
        for more in [
            "{}",
            r#"{"reading": "continuous", "lanes": 1000, "chunk": 10000}"#,
            r#"{"batch_size": 1, "window": 4000}"#,
        ] {
            let mut raw = plain(
                r#"{"window": 2000, "segment": 1, "hidden": 512, "layers": 4, "batch_size": 1024, "horizon": 500, "highway": true}"#,
            );
            raw.extend(settings(more));
            raw.insert("architecture".into(), architecture.id.into());
            if raw.contains_key("reading") {
                raw.insert("highway".into(), false.into());
            }
            let mut session = Session::new(noisy_sine(15_000)).on_machine(machine);
            let error = match session.configure(&raw) {
                Ok(configured) => {
                    assert!(configured.memory_bytes <= machine, "{}", architecture.id);
                    continue;
                }
                // A model that does not stream cannot train on the series as one.
                Err(Error::Knob { .. }) if !architecture.streams => continue,
                Err(error) => error,
            };
            println!("{} {more}: {error}", architecture.id);
            let Error::Memory { knob, fits, needed, limit, .. } = &error else {
                panic!("{}: {error}", architecture.id)
            };
            assert!(*limit == machine && *needed > machine && error.code() == "memory", "{error:?}");
            assert_eq!(error.place().knob.as_deref(), Some(*knob));
            assert!(fits.iter().any(|(key, _)| key == knob), "{error:?}");
            assert!(session.configured().is_none());
            let mut with = raw.clone();
            with.extend(fits.iter().map(|(key, value)| ((*key).to_owned(), value.as_str().into())));
            let found = session.configure(&with);
            let bytes = found.unwrap_or_else(|error| panic!("{}: {fits:?}: {error}", architecture.id)).memory_bytes;
            assert!(bytes <= machine, "{}: {fits:?}: {bytes}", architecture.id);
            // A value that suffices alone is the largest one.
            if let ([(knob, value)], Ok(number)) = (&fits[..], fits[0].1.parse::<u64>()) {
                with.insert((*knob).to_owned(), (number + 1).into());
                let next = session.configure(&with).map(|configured| configured.memory_bytes);
                assert!(
                    matches!(next, Err(Error::Memory { .. })),
                    "{}: {knob} = {value} + 1: {next:?}",
                    architecture.id
                );
            }
        }
    }
}

#[test]
fn a_model_of_more_weights_than_memory_holds_is_refused_before_they_are_drawn() {
    let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    // 300 columns: 300 · 4000 · 512 weights in the first layer alone, 2.5 GB.
    let mut series = noisy_sine(6000);
    let column = series.columns[0].clone();
    series.names.extend((0..299).map(|index| format!("input {index}")));
    series.columns.resize(300, column);
    let inputs = series.names[1..].join(", ");
    let mut raw = plain(r#"{"architecture": "mlp", "target": "temp_c", "window": 4000, "hidden": 512, "horizon": 24}"#);
    raw.insert("inputs".into(), inputs.into());
    let mut session = Session::new(series);
    let before = ALLOCATOR.allocated();
    let error = session.configure(&raw).unwrap_err();
    println!("{error}");
    let Error::Memory { needed, limit, .. } = error else { panic!("{error:?}") };
    assert!(limit == MOST_MEMORY && needed > 300 * 4000 * 512 * 4, "{needed}");
    assert!(ALLOCATOR.allocated() - before < 1_000_000);
}

#[test]
fn workers_share_what_may_be_taken() {
    let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut session = Session::new(noisy_sine(3000)).on_machine(1_000_000_000);
    let raw = plain(r#"{"architecture": "lstm", "window": 336, "segment": 1, "hidden": 64, "horizon": 24}"#);
    let Configured { memory_bytes, workers, .. } = session.configure(&raw).unwrap();
    assert_eq!(*workers as u64, 1_000_000_000 / memory_bytes);
    assert!(*workers > 1);
}
