//! Models that start from the linear model: their first forecast is its, they end no worse, and they say where they do not.

use unrolled::Session;
use unrolled::arch::registry;
use unrolled::data::{Part, Series};
use unrolled::knob::Raw;
use unrolled::math::Rng;
use unrolled::session::Loading;
use unrolled::train::State;

use crate::common::{noisy_sine, plain, settings};
use crate::saved_models::settled;

fn raw(architecture: &str, more: &str) -> Raw {
    let mut raw = plain(
        r#"{"hidden": 8, "window": 48, "horizon": 12, "segment": 24, "epochs": 2, "from_line": true, "head_dropout": 0.2,
            "split": "70/10/20"}"#,
    );
    raw.insert("architecture".to_owned(), architecture.into());
    raw.extend(settings(more));
    raw
}

fn configured(series: Series, raw: &Raw) -> Session {
    let mut session = Session::new(series);
    session.configure(raw).unwrap_or_else(|error| panic!("{raw:?}: {error}"));
    session
}

fn trained(series: Series, raw: &Raw) -> Session {
    let mut session = configured(series, raw);
    while session.advance().expect("it trains") {}
    session
}

/// Root mean squared error on the validation part of the row with this id.
fn error(session: &mut Session, id: &str) -> f64 {
    let evaluation = session.evaluate(Part::Validation).expect("it is scored");
    evaluation.rows.iter().find(|row| row.id == id).unwrap_or_else(|| panic!("no row {id}")).scores.rmse
}

/// Checks that a loaded model gives the same numbers, up to a file's precision: it holds f32.
fn assert_same(found: &[f64], expected: &[f64], what: &str) {
    let tolerance = if cfg!(feature = "f64") { 1e-4 } else { 0.0 };
    let same = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance;
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(same), "{what}: {found:?}, {expected:?}");
}

/// Values that a line cannot forecast well: the next one is a parabola of the last (the logistic map), with noise.
fn curved(rows: usize) -> Series {
    let mut series = noisy_sine(rows);
    let mut rng = Rng::new(5, 0);
    let mut value = 0.3;
    for out in &mut series.columns[0] {
        value = (3.7 * value * (1.0 - value) + 0.01 * rng.normal()).clamp(0.01, 0.99);
        *out = value;
    }
    series
}

/// Values without any pattern.
fn noise(rows: usize) -> Series {
    let mut series = noisy_sine(rows);
    let mut rng = Rng::new(6, 0);
    series.columns[0].iter_mut().for_each(|value| *value = rng.normal());
    series
}

#[test]
fn an_untrained_model_is_the_linear_model() {
    let mut lines = 0;
    for architecture in registry::ALL {
        for (normalise, linear) in [("last", "ridge-centred"), ("none", "ridge")] {
            for more in ["", r#", "segment": 5, "layers": 2"#, r#", "loss_on": "every""#] {
                let raw = raw(architecture.id, &format!(r#"{{"normalise": "{normalise}" {more}}}"#));
                let checked = unrolled::session::checked(&raw).expect("settings");
                let mut session = Session::new(noisy_sine(500));
                if architecture.starts_from_line(&checked).is_err() || session.configure(&raw).is_err() {
                    continue;
                }
                let [model, line] = ["model", linear].map(|id| error(&mut session, id));
                // Weights and values have 24 bits.
                assert!((model / line - 1.0).abs() < 1e-5, "{raw:?}: {model} and not {line}");
                lines += 1;
            }
        }
    }
    assert!(lines > 40, "{lines}");
}

#[test]
fn what_a_network_adds_by_chance_is_taken_back() {
    let raw = raw("gru", r#"{"epochs": 30}"#);
    let mut session = configured(noise(600), &raw);
    let line = session.forecast(12).expect("a forecast").values;
    let mut session = trained(noise(600), &raw);
    let added = session.progress().expect("a model").added.expect("it started from a line");
    assert_eq!((added.share, session.forecast(12).expect("a forecast").values), (0.0, line));
    assert!(session.progress().expect("a model").why.contains("is that of the linear model"));
}

#[test]
fn what_a_network_adds_by_knowledge_counts() {
    let mut session =
        trained(curved(1500), &raw("mlp", r#"{"window": 4, "horizon": 1, "epochs": 40, "head_dropout": 0}"#));
    let progress = session.progress().expect("a model");
    let added = progress.added.expect("it started from a line");
    assert!(added.share > 0.9, "{added:?}");
    let (model, line) = (error(&mut session, "model"), error(&mut session, "ridge-centred"));
    assert!(model < 0.5 * line, "{model} and {line}");
    // What is said of the weights is true of them.
    let best = progress.best.expect("a best epoch").validation;
    let scale = error(&mut session, "model") / best.sqrt();
    assert!((scale * added.line.sqrt() / line - 1.0).abs() < 1e-4, "{best} and {added:?}");
}

#[test]
fn a_saved_model_keeps_its_line() {
    for architecture in ["gru", "segrnn", "mlp", "transformer_encoder"] {
        let mut session = trained(noisy_sine(500), &raw(architecture, "{}"));
        let (bytes, before) = (session.save().expect("a file"), session.forecast(12).expect("a forecast").values);
        let mut other = session.fork();
        other.load(&bytes, &Loading::default()).expect("it is opened");
        assert_same(&other.forecast(12).expect("a forecast").values, &before, architecture);
    }
}

#[test]
fn an_untrained_model_is_saved_with_its_line() {
    let mut session = configured(noisy_sine(500), &raw("gru", "{}"));
    let bytes = session.save().expect("a file");
    let mut other = session.fork();
    other.load(&bytes, &Loading::default()).expect("it is opened");
    let expected = session.forecast(12).expect("a forecast").values;
    assert_same(&other.forecast(12).expect("a forecast").values, &expected, "untrained");
}

#[test]
fn a_model_says_why_it_starts_from_no_line() {
    for (architecture, more, why) in [
        ("gru", r#"{"head": "rolled", "segment": 12}"#, "its forecast is recursive"),
        ("gru", r#"{"reading": "continuous"}"#, "truncated BPTT"),
        ("mlp", r#"{"normalise": "window"}"#, "standard deviation"),
        ("encoder_decoder", "{}", "step by step"),
        ("nlinear", "{}", "linear map itself"),
    ] {
        let raw = raw(architecture, more);
        let session = configured(noisy_sine(500), &raw);
        let notes = session.configured().expect("a model").notes.join(" ");
        assert!(notes.contains("does not start from the linear model") && notes.contains(why), "{raw:?}: {notes}");
    }
    // It was turned off: nothing to say.
    let session = configured(noisy_sine(500), &raw("gru", r#"{"from_line": false}"#));
    assert!(!session.configured().expect("a model").notes.join(" ").contains("linear model"));
}

#[test]
fn before_the_first_step_no_gradient_reaches_a_layer_and_the_reason_is_said() {
    let mut session = configured(noisy_sine(500), &raw("gru", r#"{"segment": 1}"#));
    let said = session.gradients().expect("gradients").sentence;
    assert!(said.starts_with("The network adds nothing to the linear model before its first step"), "{said}");
    session.step().expect("a step");
    let said = session.gradients().expect("gradients").sentence;
    assert!(said.starts_with("At the first of the 48 steps of layer 1"), "{said}");
}

#[test]
fn targets_share_one_line() {
    for architecture in ["gru", "segrnn", "mlp"] {
        let mut series = noisy_sine(500);
        let values: Vec<f64> = series.columns[0].iter().map(|value| 3.0 - 2.0 * value).collect();
        series.names.push("turned".to_owned());
        series.columns.push(values);
        let targets = raw(architecture, r#"{"target": "temp_c, turned"}"#);
        let mut both = configured(series.clone(), &targets);
        let mut alone = configured(series, &raw(architecture, r#"{"target": "temp_c"}"#));
        let (both, alone) = (both.forecast(12).expect("one"), alone.forecast(12).expect("one"));
        // The second is the first turned round, so the map of both is the map of either; twice the windows count the penalty half.
        for (lead, alone) in alone.values.iter().enumerate() {
            let (first, second) = (both.values[lead], both.values[12 + lead]);
            assert!((3.0 - 2.0 * first - second).abs() < 1e-3, "{architecture}: {first} and {second}");
            assert!((first - alone).abs() < 0.5, "{architecture}: {first} and {alone}");
        }
    }
}

/// The settings of a model that learns from all rows in the end.
fn again(architecture: &str, more: &str) -> Raw {
    let mut raw = raw(architecture, r#"{"all_rows": true, "epochs": 3}"#);
    raw.extend(settings(more));
    raw
}

/// `series` with other values in the rows from `first` on.
fn changed(mut series: Series, first: usize) -> Series {
    series.columns[0][first..].iter_mut().enumerate().for_each(|(row, value)| *value += (row as f64 * 1.7).sin());
    series
}

#[test]
fn all_rows_make_the_forecast_and_no_figure() {
    for (architecture, more) in [
        ("gru", "{}"),
        ("gru", r#"{"from_line": false}"#),
        ("segrnn", "{}"),
        ("nlinear", "{}"),
        ("lstm", r#"{"reading": "continuous"}"#),
        ("gru", r#"{"loss_on": "every"}"#),
        ("encoder_decoder", "{}"),
    ] {
        let mut settings = again(architecture, more);
        let mut with = trained(noisy_sine(500), &settings);
        settings.insert("all_rows".to_owned(), false.into());
        let mut without = trained(noisy_sine(500), &settings);
        for part in [Part::Validation, Part::Test] {
            let [one, other] =
                [&mut without, &mut with].map(|session| session.evaluate(part).expect("it is scored").rows);
            assert_eq!(one, other, "{architecture} {more}");
        }
        assert_eq!(without.weights().expect("weights"), with.weights().expect("weights"), "{architecture} {more}");
        let [one, other] = [&mut without, &mut with].map(|session| session.forecast(12).expect("a forecast"));
        assert!(one.values != other.values && other.note.contains("all rows"), "{architecture} {more}");
        assert!(!one.note.contains("all rows"));
    }
}

#[test]
fn the_judged_weights_see_no_later_row() {
    let raw = again("gru", "{}");
    let [mut one, mut other] = [noisy_sine(500), changed(noisy_sine(500), 400)].map(|series| trained(series, &raw));
    assert_eq!(one.weights().expect("weights"), other.weights().expect("weights"));
    assert_ne!(one.forecast(12).expect("one").values, other.forecast(12).expect("one").values);
}

#[test]
fn a_network_that_adds_nothing_leaves_the_line_of_all_rows() {
    let rows = 600;
    let mut session = trained(noise(rows), &again("gru", "{}"));
    assert_eq!(session.progress().expect("a model").added.expect("a line").share, 0.0);
    let found = session.forecast(12).expect("a forecast").values;
    // The same windows as the training part of a longer series, whose split ends with these rows. The penalty may be another.
    let mut longer = noise(rows);
    let last = longer.columns[0][rows - 1];
    longer.columns[0].extend([last; 100]);
    longer.axis.len += 100;
    let mut line = configured(longer, &raw("gru", r#"{"split": "600, 650, 700"}"#));
    let sample = line.predictions(Part::Validation, 1).expect("forecasts").predicted[0];
    assert!((sample - found[0]).abs() < 0.1, "{sample} and {}", found[0]);
}

#[test]
fn a_file_carries_what_has_learnt_from_all_rows() {
    for architecture in ["gru", "mlp", "dlinear"] {
        let mut session = trained(noisy_sine(500), &again(architecture, "{}"));
        let bytes = settled(noisy_sine(500), &session.save().expect("a file"));
        let mut other = session.fork();
        other.load(&bytes, &Loading::default()).expect("it is opened");
        assert_eq!(other.save().expect("a file"), bytes);
        let [one, two] = [&mut session, &mut other].map(|session| session.forecast(12).expect("a forecast"));
        assert_eq!(one.note, two.note);
        for (one, two) in [(Some(one.values), Some(two.values)), (one.lower, two.lower), (one.upper, two.upper)] {
            assert_same(&one.expect("a range"), &two.expect("a range"), architecture);
        }
        let scored = |session: &mut Session| session.evaluate(Part::Test).expect("it is scored").rows[0].scores.rmse;
        assert_same(&[scored(&mut session)], &[scored(&mut other)], architecture);
        assert!(!other.advance().expect("it is at its end"), "a loaded model does not learn again");
    }
}

#[test]
fn a_model_that_was_stopped_does_not_learn_from_all_rows() {
    let mut session = configured(noisy_sine(500), &again("gru", "{}"));
    for _ in 0..9 {
        session.step().expect("a step");
    }
    session.stop().expect("it stops");
    assert!(
        !session.advance().expect("it has stopped") && !session.forecast(12).expect("one").note.contains("all rows")
    );
}

#[test]
fn a_model_stopped_while_it_learns_from_all_rows_forecasts_as_it_was_judged() {
    let mut raw = again("gru", r#"{"from_line": false}"#);
    let mut session = configured(noisy_sine(500), &raw);
    let progress = loop {
        assert!(session.advance().expect("it trains"), "it should learn from all rows");
        let progress = session.progress().expect("a model");
        if progress.all_rows.is_some_and(|all| all.step == 2) {
            break progress;
        }
        assert!(progress.all_rows.is_some() || progress.why.is_empty(), "{}", progress.why);
    };
    assert_eq!(progress.state, State::Running);
    let steps = progress.all_rows.expect("its steps").steps;
    assert_eq!(progress.why, format!("It learns from all rows: step 2 of {steps}."));
    session.stop().expect("it stops");
    let progress = session.progress().expect("a model");
    assert_eq!((progress.state, progress.all_rows), (State::Finished, None));
    raw.insert("all_rows".to_owned(), false.into());
    let mut judged = trained(noisy_sine(500), &raw);
    assert_eq!(session.forecast(12).expect("a forecast"), judged.forecast(12).expect("a forecast"));
}

#[test]
fn the_linear_model_is_validated_before_the_first_step_and_named() {
    let mut session = configured(noise(600), &raw("gru", r#"{"epochs": 30, "patience": 1, "learning_rate": 1}"#));
    while session.progress().expect("a model").best.is_none() {
        session.advance().expect("it validates");
    }
    let progress = session.progress().expect("a model");
    let best = progress.best.expect("the linear model");
    assert_eq!((progress.step, best.epoch, progress.line), (0, 0, Some(best.validation)));
    while session.advance().expect("it trains") {}
    let progress = session.progress().expect("a model");
    assert_eq!((progress.best.expect("one").epoch, progress.line), (0, Some(best.validation)));
    assert!(progress.why.contains("Weights of the linear model that it starts from."), "{}", progress.why);
    let bytes = session.save().expect("a file");
    session.load(&bytes, &Loading::default()).expect("it is opened");
    let why = session.progress().expect("a model").why;
    assert_eq!(why, "Weights of a saved model: those of the linear model that it started from.");
}

#[test]
fn an_epoch_of_few_windows_passes_over_them_several_times() {
    let steps = |more: &str| {
        let session = configured(noisy_sine(200), &raw("gru", more));
        session.configured().expect("a model").steps_per_epoch
    };
    // 140 rows hold 81 windows.
    assert_eq!((steps("{}"), steps(r#"{"epoch_steps": 40}"#), steps(r#"{"epoch_steps": 2}"#)), (2, 40, 2));
    assert_eq!(steps(r#"{"batch_size": 0}"#), 81_u64.div_ceil(8));
}

#[test]
fn workers_share_every_round_to_the_last() {
    let raw = again("gru", r#"{"shards": 2}"#);
    let mut alone = trained(noisy_sine(500), &raw);
    let mut team = [(); 2].map(|()| configured(noisy_sine(500), &raw));
    loop {
        let mut parts = vec![Vec::new(); team[0].parts().expect("a model")];
        if parts.is_empty() {
            break;
        }
        for (index, part) in parts.iter_mut().enumerate() {
            team[index % 2].part(index, part).expect("a part");
        }
        for one in &mut team {
            one.apply(&parts).expect("its parts");
        }
    }
    let expected = alone.forecast(12).expect("a forecast");
    assert!(expected.note.contains("all rows"));
    for one in &mut team {
        assert_eq!(one.forecast(12).expect("a forecast"), expected);
    }
}
