//! The automatic choice: what is kept, what it forecasts, and that it is the same however it is computed.

use crate::common::{noisy_sine, settings};
use unrolled::data::{Axis, Part, Series, Step};
use unrolled::knob::Raw;
use unrolled::session::Loading;
use unrolled::train::State;
use unrolled::{Error, Session};

/// Small candidates.
fn quick(more: &str) -> Raw {
    let mut raw = settings(r#"{"hidden": 4, "window": 24, "horizon": 6, "effort": 0.2}"#);
    raw.extend(settings(more));
    raw
}

fn trained(series: Series, raw: &Raw) -> Session {
    let mut session = Session::new(series);
    session.configure(raw).unwrap_or_else(|error| panic!("{raw:?}: {error}"));
    while session.advance().unwrap() {}
    session
}

#[test]
fn it_is_the_default_and_ends_with_an_average() {
    let mut session = trained(noisy_sine(400), &quick("{}"));
    let progress = session.progress().unwrap();
    assert_eq!(progress.state, State::Finished);
    assert!(progress.why.contains("average of"), "{}", progress.why);
    assert_eq!((progress.epoch, progress.step > 0), (progress.epochs, true));
    let configured = session.configured().unwrap().clone();
    assert_eq!(configured.settings["architecture"], "automatic");
    let kept: Vec<f64> = session.candidates().iter().map(|one| one.weight).filter(|weight| *weight > 0.0).collect();
    assert!(kept.len() > 1 && kept.len() == configured.members.len(), "{kept:?}");
    assert!(kept.iter().all(|weight| (weight * kept.len() as f64 - 1.0).abs() < 1e-12));
    let forecast = session.forecast(6).unwrap();
    assert!(forecast.values.iter().all(|value| value.is_finite()) && forecast.lower.is_some());
    assert!(forecast.note.contains("learnt from all rows"), "{}", forecast.note);
    // The learning curves follow each other.
    let history = session.history(0).unwrap();
    assert!(history.windows(2).all(|pair| pair[1].epoch == pair[0].epoch + 1 && pair[1].step > pair[0].step));
    // Its file is that of an average.
    let mut again = Session::new(noisy_sine(400));
    again.load(&session.save().unwrap(), &Loading::default()).unwrap();
    let read = again.forecast(6).unwrap();
    let close = |one: &[f64], other: &[f64]| one.iter().zip(other).all(|(one, other)| (one - other).abs() < 1e-4);
    assert!(close(&read.values, &forecast.values), "{:?} and {:?}", read.values, forecast.values);
    assert!(matches!(session.inside(None), Err(Error::NotReady { .. })));
}

#[test]
fn one_network_that_is_better_than_all_else_is_called_by_its_name() {
    // A trend and a season with a little noise, which the linear model finds best.
    let noise = |at: usize| 6.0 * ((at * 7919 % 13) as f64 / 13.0 - 0.5);
    let value = |at: usize| 100.0 + at as f64 + 20.0 * (at as f64 * std::f64::consts::PI / 6.0).sin() + noise(at);
    let mut session = trained(monthly((0..60).map(value).collect()), &settings(r#"{"hidden": 4, "effort": 0.2}"#));
    assert_eq!(session.configured().unwrap().members.len(), 1, "{:?}", session.candidates());
    let why = session.progress().unwrap().why;
    assert!(why.contains("that of GRU on the linear model"), "{why}");
    let sentence = session.evaluate(Part::Test).unwrap().sentence;
    assert!(sentence.starts_with("The GRU on the linear model has"), "{sentence}");
}

#[test]
fn a_candidate_counts_whose_validation_error_is_nearly_the_least() {
    let session = trained(noisy_sine(400), &quick("{}"));
    let windows = session.configured().unwrap().windows.validation as f64;
    let errors: Vec<f64> = session.candidates().iter().filter_map(|one| one.error).collect();
    assert!(errors.len() >= 6, "{errors:?}");
    let least = errors.iter().copied().fold(f64::INFINITY, f64::min);
    let spanned = ((windows + 5.0) / 6.0).floor();
    for candidate in session.candidates() {
        let counts = candidate.error.is_some_and(|error| error <= least * (1.0 + 0.7 / spanned.sqrt()));
        assert_eq!(counts, candidate.weight > 0.0, "{candidate:?}");
        assert_eq!(candidate.error.is_none(), !candidate.why.is_empty(), "{candidate:?}");
    }
}

#[test]
fn a_candidate_trained_alone_has_the_same_error() {
    let session = trained(noisy_sine(400), &quick("{}"));
    let networks = session.candidates().iter().filter(|one| !one.settings.is_empty());
    for candidate in networks {
        let mut alone = trained(noisy_sine(400), &candidate.settings);
        let found = alone.evaluate(Part::Validation).unwrap().rows[0].scores.mae_scaled;
        let error = candidate.error.unwrap();
        assert!((found - error).abs() < 1e-6 * error, "{}: {found} and {error}", candidate.label);
    }
}

#[test]
fn parts_that_others_compute_give_the_same_average() {
    let raw = quick(r#"{"shards": 2}"#);
    let alone = trained(noisy_sine(300), &raw).forecast(6).unwrap().values;
    let mut sessions = [0, 1].map(|_| {
        let mut session = Session::new(noisy_sine(300));
        session.configure(&raw).unwrap();
        session
    });
    loop {
        let count = sessions[0].parts().unwrap();
        let mut parts = vec![Vec::new(); count];
        for (index, part) in parts.iter_mut().enumerate() {
            sessions[index % 2].part(index, part).unwrap();
        }
        let more = sessions.each_mut().map(|session| session.apply(&parts).unwrap());
        assert_eq!(more[0], more[1]);
        if !more[0] || count == 0 {
            break;
        }
    }
    for session in &mut sessions {
        assert_eq!(session.forecast(6).unwrap().values, alone);
    }
}

#[test]
fn stopped_early_it_averages_what_was_trained_and_none_learns_from_all_rows() {
    let mut session = Session::new(noisy_sine(400));
    session.configure(&quick("{}")).unwrap();
    // The linear model forecasts at once.
    assert!(session.forecast(6).unwrap().values.iter().all(|value| value.is_finite()));
    for _ in 0..60 {
        session.step().unwrap();
    }
    session.stop().unwrap();
    assert_eq!(session.progress().unwrap().state, State::Finished);
    let trained = session.candidates().iter().filter(|one| one.weight > 0.0 && !one.settings.is_empty());
    assert_eq!(trained.count(), 1, "{:?}", session.candidates());
    let forecast = session.forecast(6).unwrap();
    assert!(!forecast.note.contains("learnt from all rows"), "{}", forecast.note);
    assert!(!session.advance().unwrap(), "nothing is left");
}

#[test]
fn effort_is_counted_in_steps_and_a_switch_leaves_the_last_training_out() {
    let steps = |effort: f64| {
        let mut raw = quick(r#"{"patience": 0, "all_rows": false}"#);
        raw.insert("effort".to_owned(), effort.into());
        let mut session = trained(noisy_sine(300), &raw);
        assert!(!session.forecast(6).unwrap().note.contains("all rows"));
        session.progress().unwrap().step
    };
    let (short, long) = (steps(0.2), steps(0.4));
    assert_eq!(long, 2 * short);
}

fn monthly(values: Vec<f64>) -> Series {
    Series {
        axis: Axis { start: 0, step: Step::Months(1), len: values.len(), utc: true },
        names: vec!["sales".to_owned()],
        columns: vec![values],
        sentinels: None,
    }
}

#[test]
fn hard_series_get_a_finite_forecast_or_a_sentence() {
    let noise = |at: usize| ((at * 7919 + 13) % 101) as f64 / 101.0;
    let cases: [(&str, Vec<f64>); 8] = [
        ("constant", vec![5.0; 60]),
        ("zeros", vec![0.0; 60]),
        ("rare sales", (0..60).map(|at| if at % 13 == 5 { 3.0 } else { 0.0 }).collect()),
        ("a level shift in the test part", (0..60).map(|at| noise(at) + if at > 52 { 50.0 } else { 0.0 }).collect()),
        ("a trend", (0..60).map(|at| at as f64).collect()),
        ("noise", (0..60).map(noise).collect()),
        ("negative values", (0..60).map(|at| noise(at) - 0.5).collect()),
        ("twelve rows", (0..12).map(noise).collect()),
    ];
    for (what, values) in cases {
        let mut session = Session::new(monthly(values));
        match session.configure(&settings(r#"{"hidden": 4, "effort": 0.2}"#)) {
            Err(error) => assert!(error.to_string().ends_with('.') || error.to_string().len() > 20, "{what}: {error}"),
            Ok(_) => {
                while session.advance().unwrap_or_else(|error| panic!("{what}: {error}")) {}
                let forecast = session.forecast(3).unwrap_or_else(|error| panic!("{what}: {error}"));
                assert!(forecast.values.iter().all(|value| value.is_finite()), "{what}: {:?}", forecast.values);
                let bounds = forecast.lower.iter().chain(&forecast.upper).flatten();
                assert!(bounds.clone().all(|bound| bound.is_finite()), "{what}");
            }
        }
    }
}

#[test]
fn over_a_horizon_longer_than_a_season_networks_go_on_from_their_own_forecasts() {
    let series = noisy_sine(400);
    let mut session = Session::new(series.clone());
    let horizon = session.configure(&quick(r#"{"horizon": 30}"#)).unwrap().horizon;
    assert_eq!(horizon, 30);
    // Before there is an average, the network in training forecasts as far as it does at once.
    for _ in 0..5 {
        session.step().unwrap();
    }
    session.predictions(Part::Validation, 30).unwrap();
    assert_eq!(session.forecast(30).unwrap().values.len(), 30);
    while session.advance().unwrap() {}
    let configured = session.configured().unwrap().clone();
    assert_eq!((configured.horizon, &configured.settings["horizon"]), (30, &30.into()));
    assert!(configured.notes.iter().any(|note| note.contains("forecast 24 steps at once")), "{:?}", configured.notes);
    let networks = session.candidates().iter().filter(|one| !one.settings.is_empty());
    assert!(networks.clone().all(|one| one.settings["horizon"] == 24));
    let evaluation = session.evaluate(Part::Test).unwrap();
    assert_eq!((evaluation.horizon, evaluation.rows[0].scores.per_step_mae.len()), (30, 30));
    let forecast = session.forecast(30).unwrap();
    assert!(forecast.lower.as_ref().unwrap().iter().all(|bound| bound.is_finite()));

    let bytes = session.save().unwrap();
    let mut again = Session::new(series);
    assert_eq!(again.load(&bytes, &Loading::default()).unwrap().horizon, 30);
    let read = again.forecast(30).unwrap();
    let close = |one: &[f64], other: &[f64]| one.iter().zip(other).all(|(one, other)| (one - other).abs() < 1e-4);
    assert!(close(&read.values, &forecast.values));
    assert_eq!(again.evaluate(Part::Test).unwrap().windows, evaluation.windows);
}
