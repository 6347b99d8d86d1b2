//! The session as a person uses it: errors are reported, and lose nothing.

mod ranges;

use crate::common::{noisy_sine, settings};
use unrolled::data::{Part, Step};
use unrolled::session::catalog;
use unrolled::train::State;
use unrolled::{Error, Session};

fn small(more: &str) -> unrolled::knob::Raw {
    let mut raw = settings(r#"{"architecture": "gru", "hidden": 8, "window": 48, "horizon": 12, "epochs": 2}"#);
    raw.extend(settings(more));
    raw
}

fn trained(more: &str) -> Session {
    let mut session = Session::new(noisy_sine(500));
    session.configure(&small(more)).unwrap();
    while session.advance().unwrap() {}
    session
}

/// Equality up to a file's precision: it holds f32, so in f64 weights are rounded once.
fn assert_same(found: &[f64], expected: &[f64], what: &str) {
    let tolerance = if cfg!(feature = "f64") { 1e-5 } else { 0.0 };
    assert_eq!(found.len(), expected.len(), "{what}");
    let off = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(off <= tolerance, "{what}: {off}");
}

#[test]
fn an_exploding_loss_stops_training_says_so_and_loses_nothing() {
    let wild =
        r#"{"optimiser": "sgd", "learning_rate": 10, "clip": 0, "init_scale": 10, "normalise": "none", "epochs": 50}"#;
    let mut session = Session::new(noisy_sine(500));
    session.configure(&small(wild)).unwrap();
    let error = loop {
        match session.advance() {
            Ok(true) => {}
            Ok(false) => panic!("it should have exploded"),
            Err(error) => break error,
        }
    };
    let Error::Training { step, .. } = &error else { panic!("{error:?}") };
    let said = error.to_string();
    assert!(*step >= 1 && said.contains(&format!("step {step}")) && said.contains("gradient clipping"), "{said}");
    let progress = session.progress().unwrap();
    assert_eq!(progress.state, State::Finished);
    assert!(progress.why.contains("gradient clipping"), "{}", progress.why);
    assert!(session.weights().unwrap().iter().all(|w| w.is_finite()));
    assert!(session.forecast(12).unwrap().values.iter().all(|x| x.is_finite()));
    assert!(!session.advance().unwrap(), "it does not go on by itself");
}

#[test]
fn a_wrong_setting_leaves_the_trained_model_as_it_was() {
    let mut session = trained(r#"{"epochs": 3}"#);
    let before = session.forecast(12).unwrap().values;
    for wrong in [r#"{"hidden": 0}"#, r#"{"nonsense": 1}"#, r#"{"target": "nothing"}"#, r#"{"window": 5000}"#] {
        let error = session.configure(&small(wrong)).unwrap_err();
        let said = error.to_string();
        assert!(said.len() > 10 && !said.contains("Error"), "{said}");
    }
    assert_eq!(session.forecast(12).unwrap().values, before);
}

#[test]
fn wrong_settings_name_their_knob() {
    let mut session = Session::new(noisy_sine(500));
    for (wrong, knob) in [
        (r#"{"hidden": 2000}"#, "hidden"),
        (r#"{"hidden": "many"}"#, "hidden"),
        (r#"{"learning_rate": 0}"#, "learning_rate"),
        (r#"{"architecture": "oracle"}"#, "architecture"),
        (r#"{"split": "70/40"}"#, "split"),
        (r#"{"segment": 49}"#, "segment"),
        (r#"{"segment": 24, "head": "rolled"}"#, "segment"),
        (r#"{"target": "wind"}"#, "target"),
        (r#"{"inputs": "wind"}"#, "inputs"),
        (r#"{"highway": "perhaps"}"#, "highway"),
        (r#"{"__proto__": 1}"#, "__proto__"),
    ] {
        let error = session.configure(&small(wrong)).unwrap_err();
        assert_eq!(error.place().knob.as_deref(), Some(knob), "{wrong}: {error}");
    }
    // As a URL has them, numbers and flags are text.
    assert!(session.configure(&small(r#"{"hidden": "16", "highway": "true", "learning_rate": "0.01"}"#)).is_ok());
}

#[test]
fn too_few_rows_say_how_many_are_needed() {
    let mut session = Session::new(noisy_sine(60));
    let error = session.configure(&settings(r#"{"window": 168, "horizon": 24}"#)).unwrap_err();
    let Error::TooShort { needed, .. } = error else { panic!("{error:?}") };
    assert!(needed > 168, "{needed}");
    // Automatic sizes fit.
    let fitting = session.configure(&settings("{}")).unwrap();
    assert!(fitting.window + fitting.horizon < 42 && fitting.windows.test > 0, "{fitting:?}");
}

#[test]
fn a_forecast_has_the_timestamps_that_follow_and_can_be_rolled_on() {
    let mut session = trained("{}");
    let forecast = session.forecast(12).unwrap();
    let axis = session.series().axis;
    assert_eq!(axis.step, Step::Milliseconds(3_600_000));
    assert_eq!(forecast.times[0], axis.at(499) + 3_600_000);
    assert_eq!(forecast.times[11], axis.at(499) + 12 * 3_600_000);
    let (lower, upper) = (forecast.lower.unwrap(), forecast.upper.unwrap());
    assert!(lower.iter().zip(&forecast.values).zip(&upper).all(|((l, v), u)| l <= v && v <= u));
    let longer = session.forecast(30).unwrap();
    assert_eq!(longer.values[..12], forecast.values[..]);
    assert!(longer.values.iter().all(|x| x.is_finite()) && longer.note.contains("is recursive"));
    // Without errors there is no range, and a message says so.
    let ends = longer.lower.unwrap().iter().position(|x| x.is_nan());
    assert!(ends == Some(12) && longer.upper.unwrap()[12..].iter().all(|x| x.is_nan()), "{ends:?}");
    assert!(longer.note.contains("Beyond 12 steps") && longer.note.contains("without a range"), "{}", longer.note);
    assert!(session.forecast(0).is_err() && session.forecast(121).is_err());
}

#[test]
fn no_forecast_goes_beyond_the_calendar() {
    let mut series = noisy_sine(500);
    // The last row is of the year 9990.
    let first =
        unrolled::data::calendar::axis::milliseconds(jiff_core::civil::datetime(9491, 1, 1, 0, 0, 0, 0)).unwrap();
    series.axis = unrolled::data::Axis { start: first, step: Step::Months(12), ..series.axis };
    let mut session = Session::new(series);
    let error = session.configure(&small(r#"{"horizon": 30}"#)).unwrap_err();
    assert_eq!(error.place().knob.as_deref(), Some("horizon"));
    assert!(error.to_string().contains("choose at most 9"), "{error}");
    // The automatic horizon is no longer than that.
    assert!(session.configure(&small(r#"{"horizon": 0}"#)).unwrap().horizon <= 9);
    // The suggested value is used, even with room for a single step only.
    let mut last = session.series().clone();
    last.axis.start =
        unrolled::data::calendar::axis::milliseconds(jiff_core::civil::datetime(9499, 1, 1, 0, 0, 0, 0)).unwrap();
    let mut until_the_last = Session::new(last);
    let configured = until_the_last.configure(&small(r#"{"horizon": 0}"#)).unwrap();
    assert_eq!((configured.horizon, configured.suggested.horizon), (1, 1));
    assert!(configured.suggested.why.contains("the calendar ends"), "{}", configured.suggested.why);
    session.configure(&small(r#"{"horizon": 6, "epochs": 1}"#)).unwrap();
    while session.advance().unwrap() {}
    let forecast = session.forecast(9).unwrap();
    assert!(forecast.times.iter().all(|&time| unrolled::data::calendar::axis::civil(time).is_some()));
    let said = session.forecast(10).unwrap_err().to_string();
    assert!(said.contains("1 to 9 steps") && said.contains("year 9999"), "{said}");
}

#[test]
fn a_model_that_reads_other_columns_is_not_rolled_beyond_its_horizon() {
    let mut series = noisy_sine(500);
    series.names.push("wind".into());
    series.columns.push((0..500).map(|t| f64::from(t % 7)).collect());
    let mut session = Session::new(series);
    session.configure(&small(r#"{"inputs": "wind", "epochs": 1}"#)).unwrap();
    session.step().unwrap();
    assert!(session.forecast(12).is_ok());
    let said = session.forecast(13).unwrap_err().to_string();
    assert!(said.contains("future is unknown"), "{said}");
}

#[test]
fn the_test_part_is_scored_once_for_the_same_weights() {
    let mut session = trained("{}");
    assert_eq!(session.evaluate(Part::Test).unwrap().scored_times, 1);
    assert_eq!(session.evaluate(Part::Test).unwrap().scored_times, 1);
    assert!(session.evaluate(Part::Train).is_err());
}

#[test]
fn weights_can_be_saved_as_they_are_inside_an_epoch_beside_the_best_ones() {
    let loaded = |bytes: &[u8]| {
        let mut session = Session::new(noisy_sine(500));
        session.load(bytes, &Default::default()).unwrap();
        session
    };
    let mut session = Session::new(noisy_sine(500));
    session.configure(&small(r#"{"epochs": 3}"#)).unwrap();
    session.step().unwrap();
    let first = session.save_current().unwrap();
    let wide = |weights: &[unrolled::Real]| weights.iter().map(|&w| unrolled::wide(w)).collect::<Vec<f64>>();
    assert_same(
        &wide(loaded(&first).weights().unwrap()),
        &wide(session.current_weights().unwrap()),
        "before the first epoch's end",
    );
    while session.history(0).unwrap().is_empty() {
        session.advance().unwrap();
    }
    session.step().unwrap();
    let best = session.weights().unwrap().to_vec();
    assert_ne!(best, session.current_weights().unwrap(), "training has gone on from the best weights");
    let (saved, current) = (loaded(&session.save().unwrap()), loaded(&session.save_current().unwrap()));
    assert_same(&wide(saved.weights().unwrap()), &wide(&best), "the best");
    assert_same(&wide(current.weights().unwrap()), &wide(session.current_weights().unwrap()), "as they are");
    assert_eq!(current.progress().unwrap().best, None, "they were not validated");
}

#[test]
fn a_saved_model_tells_the_best_epoch_of_its_training() {
    let mut session = trained(r#"{"epochs": 3}"#);
    let best = session.progress().unwrap().best;
    let mut again = Session::new(noisy_sine(500));
    again.load(&session.save().unwrap(), &Default::default()).unwrap();
    let (best, told) = (best.unwrap(), again.progress().unwrap().best.unwrap());
    assert_eq!(told.epoch, best.epoch);
    // The file has it as decimal text, which may be read back as a neighbouring number.
    assert!((told.validation - best.validation).abs() <= 1e-12 * best.validation, "{told:?}, {best:?}");
}

#[test]
fn stopping_keeps_the_best_weights() {
    let mut session = Session::new(noisy_sine(500));
    session.configure(&small(r#"{"epochs": 30, "patience": 0}"#)).unwrap();
    while session.history(0).unwrap().len() < 3 {
        session.advance().unwrap();
    }
    session.step().unwrap();
    session.stop().unwrap();
    assert_eq!(session.progress().unwrap().state, State::Finished);
    assert!(!session.advance().unwrap());
    assert_eq!(session.weights().unwrap(), session.current_weights().unwrap());
}

#[test]
fn files_that_are_no_models_are_refused_and_the_model_stays() {
    let mut session = trained("{}");
    let before = session.forecast(12).unwrap();
    let good = session.save().unwrap();
    let changed = |from: &str, to: &str| {
        // A text of another length would make the lengths in the header wrong.
        assert_eq!(from.len(), to.len());
        let at = good.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        let mut bytes = good.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    let mut not_a_number = good.clone();
    let last = not_a_number.len() - 4;
    not_a_number[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "safetensors"),
        (b"time,temp\n1,2\n".to_vec(), "safetensors"),
        (good[..good.len() / 2].to_vec(), "safetensors"),
        (changed(r#"version\":3"#, r#"version\":9"#), "version 9"),
        (changed(r#"version\":3"#, r#"version\":1"#), "train it again"),
        // Even a change that keeps the parts valid is detected.
        (changed("head.weight", "hand.weight"), "changed since"),
        (changed("temp_c", "temp_x"), "changed since"),
        (not_a_number, "changed since"),
    ];
    for (bytes, names) in cases {
        let said = session.load(&bytes, &Default::default()).unwrap_err().to_string();
        assert!(said.contains(names), "{said}");
        assert_eq!(session.forecast(12).unwrap(), before);
    }
    assert!(session.load(&good, &Default::default()).is_ok());
}

#[test]
fn a_model_of_an_earlier_version_is_loaded_unless_it_would_forecast_something_else() {
    let every = r#""segment": 1, "loss_on": "every""#;
    for (more, loads) in [
        ("{}".to_owned(), true),
        (format!("{{{every}}}"), false),
        (format!(r#"{{{every}, "normalise": "window", "head": "rolled"}}"#), false),
        (format!(r#"{{{every}, "normalise": "none"}}"#), true),
        (r#"{"segment": 48, "loss_on": "every"}"#.to_owned(), true),
        (format!(r#"{{{every}, "reading": "continuous"}}"#), true),
        (format!(r#"{{{every}, "architecture": "mlp"}}"#), true),
        (r#"{"architecture": "transformer"}"#.to_owned(), true),
        (r#"{"architecture": "transformer_encoder"}"#.to_owned(), false),
    ] {
        let mut session = Session::new(noisy_sine(500));
        session.configure(&small(&more)).unwrap();
        let mut bytes = session.save().unwrap();
        let version = br#"version\":3"#;
        let at = bytes.windows(version.len()).position(|w| w == version).unwrap();
        bytes[at + version.len() - 1] = b'2';
        match session.load(&bytes, &Default::default()) {
            Ok(_) => assert!(loads, "{more}"),
            Err(error) => assert!(!loads && error.to_string().contains("train it again"), "{more}: {error}"),
        }
    }
}

#[test]
fn a_series_near_a_billion_with_a_spread_of_five_trains() {
    let mut series = noisy_sine(500);
    series.columns[0].iter_mut().for_each(|x| *x += 1e9);
    let mut session = Session::new(series);
    session.configure(&small(r#"{"epochs": 10, "learning_rate": 0.005}"#)).unwrap();
    while session.advance().unwrap() {}
    let rows = session.evaluate(Part::Test).unwrap().rows;
    assert!(rows[0].scores.mae < 0.5 * rows[1].scores.mae, "{} {}", rows[0].scores.mae, rows[1].scores.mae);
    assert!(session.forecast(12).unwrap().values.iter().all(|x| (x - 1e9).abs() < 100.0));
}

#[test]
fn parameters_are_counted_as_pytorch_counts_them() {
    // The article's two-layer LSTM of 128 with one input and one output: 199,297 with two bias vectors.
    let mut session = Session::new(noisy_sine(500));
    let big = r#"{"architecture": "lstm", "hidden": 128, "layers": 2, "segment": 1, "horizon": 1, "window": 24}"#;
    let parameters = session.configure(&settings(big)).unwrap().parameters.clone();
    assert_eq!(parameters.total, 199_297);
    assert_eq!(parameters.total_one_bias, 199_297 - 2 * 4 * 128);
    assert_eq!(parameters.rows.iter().map(|row| row.count).sum::<usize>(), parameters.total);
    assert!(parameters.rows.iter().any(|row| row.name == "rnn.weight_ih_l1" && row.shape == [512, 128]));
}

#[test]
fn every_preset_is_a_model_and_the_articles_lstm_has_its_weights() {
    for preset in catalog().presets {
        let mut session = Session::new(noisy_sine(2000));
        let configured = session.configure(&preset.settings).unwrap_or_else(|error| panic!("{}: {error}", preset.id));
        for (key, value) in &preset.settings {
            // 0: automatic.
            if value.as_f64() != Some(0.0) {
                assert_eq!(configured.settings[key], *value, "{}: {key}", preset.id);
            }
        }
        if preset.id == "lstm_2_128" {
            let mut one_ahead = preset.settings.clone();
            one_ahead.insert("horizon".to_owned(), 1.into());
            assert_eq!(session.configure(&one_ahead).unwrap().parameters.total, 199_297);
        }
    }
}

/// A column name that looks like two in a list.
const AWKWARD: &str = "wind, \"north\" or so";

/// Two columns that behave differently, one of them called awkwardly, and a third.
fn three_columns() -> unrolled::data::Series {
    let mut series = noisy_sine(500);
    for (name, period) in [(AWKWARD, 9.0), ("load_kwh", 31.0)] {
        series.names.push(name.into());
        series.columns.push((0..500).map(|t| 100.0 + 40.0 * (f64::from(t) / period).sin()).collect());
    }
    series
}

#[test]
fn several_targets_are_judged_by_their_scaled_mean_and_told_each_in_its_unit() {
    let mut session = Session::new(three_columns());
    let target = serde_json::json!(["load_kwh", AWKWARD]).to_string();
    let mut raw = small(r#"{"inputs": "temp_c", "epochs": 3}"#);
    raw.insert("target".into(), target.into());
    let configured = session.configure(&raw).unwrap();
    assert_eq!((configured.target.as_str(), configured.targets.len()), ("load_kwh", 2));
    // The list is valid as a setting.
    raw.insert("target".into(), configured.settings["target"].clone());
    assert_eq!(session.configure(&raw).unwrap().targets, ["load_kwh", AWKWARD]);
    while session.advance().unwrap() {}

    let found = session.evaluate(Part::Validation).unwrap();
    let units: Vec<_> = found.targets.iter().map(|of| (of.name.as_str(), of.unit.as_deref())).collect();
    assert_eq!(units, [("load_kwh", Some("kWh")), (AWKWARD, None)]);
    assert_eq!(found.unit.as_deref(), Some("σ"));
    for (row, mean) in found.rows.iter().enumerate() {
        let all = || found.targets.iter().map(|of| &of.rows[row].scores);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{}: {a} {b}", mean.id);
        close(mean.scores.mse_scaled, all().map(|scores| scores.mse_scaled).sum::<f64>() / 2.0);
        close(mean.scores.mae, all().map(|scores| scores.mae_scaled).sum::<f64>() / 2.0);
        close(mean.scores.mase, all().map(|scores| scores.mase).sum::<f64>() / 2.0);
    }
    // This mean decided when to stop, and the naive curve is the last value's.
    let best = session.progress().unwrap().best.unwrap();
    assert!((found.rows[0].scores.mse_scaled - best.validation).abs() < 1e-6, "{}", best.validation);
    let naive = session.history(0).unwrap()[0].naive_validation;
    assert!((found.rows[1].scores.mse_scaled - naive).abs() < 1e-6, "{naive}");
    assert!(found.sentence.contains(" σ over 2 columns"), "{}", found.sentence);
    assert!(found.targets[0].sentence.contains("kWh for “load_kwh”"), "{}", found.targets[0].sentence);

    // One target after the other, each in its unit and inside its band.
    let forecast = session.forecast(12).unwrap();
    let (lower, upper) = (forecast.lower.unwrap(), forecast.upper.unwrap());
    assert_eq!((forecast.times.len(), forecast.values.len(), upper.len()), (12, 24, 24));
    assert!(lower.iter().zip(&upper).all(|(low, high)| low <= high));
    let shown = session.predictions(Part::Test, 12).unwrap();
    let rows = shown.times.len();
    assert_eq!((shown.predicted.len(), shown.actual.len()), (2 * rows, 2 * rows));
    let first = session.configured().unwrap().split.test.from;
    let truth = |column: usize| session.series().columns[column][first..].to_vec();
    for (actual, truth) in shown.actual.chunks_exact(rows).zip([truth(2), truth(1)]) {
        assert!(actual.iter().zip(truth).all(|(a, b)| (a - b).abs() < 1e-3));
    }
    let sample = session.sample(0).unwrap();
    assert_eq!((sample.past.len(), sample.actual.len(), sample.predicted.len()), (96, 24, 24));
    // A single window's forecast equals the curve's.
    assert_eq!(sample.predicted[24 - 1], shown.predicted[rows + 11]);
}

#[test]
fn predictions_of_any_lead_reach_the_end_of_their_part_and_read_nothing_of_what_they_predict() {
    let mut session = trained("{}");
    let bytes = session.save().unwrap();
    let mut series = noisy_sine(500);
    let last = series.columns[0].last_mut().unwrap();
    *last += 4.0;
    let mut other = Session::new(series);
    other.load(&bytes, &Default::default()).unwrap();
    for lead in [1, 5, 12] {
        for part in [Part::Validation, Part::Test] {
            let shown = session.predictions(part, lead).unwrap();
            assert!(shown.predicted.iter().all(|x| x.is_finite()), "{part:?}, {lead} ahead");
            // The last value is in the future of every window.
            let others = other.predictions(part, lead).unwrap().predicted;
            assert_same(&others, &shown.predicted, &format!("{part:?}, {lead} ahead"));
        }
    }
    // The prediction of a row one step ahead is the first step of the forecast from there.
    let first = session.configured().unwrap().split.test.from;
    let sample = session.sample(0).unwrap();
    assert_eq!(session.predictions(Part::Test, 1).unwrap().times[0], session.series().axis.at(first));
    assert_eq!(session.predictions(Part::Test, 1).unwrap().predicted[0], sample.predicted[0]);

    // A row without a value has a prediction; later rows have one again after a whole window.
    let mut series = noisy_sine(500);
    series.columns[0][430] = f64::NAN;
    let mut session = Session::new(series);
    session.load(&bytes, &Default::default()).unwrap();
    let shown = session.predictions(Part::Test, 3).unwrap();
    let window = session.configured().unwrap().window;
    for (index, predicted) in shown.predicted.iter().enumerate() {
        let row = first + index;
        let past = row - 2 - window..row - 2;
        assert_eq!(predicted.is_finite(), !past.contains(&430), "{row}");
    }
}

#[test]
fn a_model_that_forecasts_all_that_it_reads_can_be_rolled_on() {
    let mut session = Session::new(three_columns());
    session.configure(&small(r#"{"target": "temp_c, load_kwh", "inputs": "load_kwh", "epochs": 1}"#)).unwrap();
    while session.advance().unwrap() {}
    let (short, long) = (session.forecast(12).unwrap(), session.forecast(30).unwrap());
    for (short, long) in short.values.chunks_exact(12).zip(long.values.chunks_exact(30)) {
        assert_eq!(short, &long[..12]);
    }
    assert!(long.values.iter().all(|x| x.is_finite()) && long.values[30..].iter().all(|x| (0.0..200.0).contains(x)));
    let wrong = small(r#"{"target": "temp_c, rain"}"#);
    let said = session.configure(&wrong).unwrap_err();
    assert!(said.place().knob.as_deref() == Some("target") && said.to_string().contains("“rain”"), "{said}");
}

#[test]
fn what_nobody_chose_takes_the_default_of_the_architecture_and_else_of_the_knob() {
    let layers = |json: &str| {
        let mut session = Session::new(noisy_sine(300));
        session.configure(&settings(json)).unwrap().settings["layers"].clone()
    };
    assert_eq!(layers("{}"), 1);
    assert_eq!(layers(r#"{"architecture": "lstm"}"#), 1);
    assert_eq!(layers(r#"{"architecture": "transformer"}"#), 1);
    assert_eq!(layers(r#"{"architecture": "transformer_encoder"}"#), 2);
    assert_eq!(layers(r#"{"architecture": "transformer_encoder", "layers": 1}"#), 1);
    // The catalog agrees, and all its values are valid and read.
    let catalog = unrolled::session::catalog();
    for entry in &catalog.architectures {
        for (key, value) in &entry.defaults {
            assert!(entry.knobs.contains(&key.as_str()), "{}: {key}", entry.id);
            let raw = [("architecture".to_owned(), entry.id.into())].into();
            assert_eq!(unrolled::session::checked(&raw).unwrap().to_raw()[key], *value, "{}: {key}", entry.id);
        }
    }
}
