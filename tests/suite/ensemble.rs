//! Averages of several forecasts: their arithmetic, their file, and what may not be averaged.

use crate::common::{noisy_sine, settings};
use crate::experiment::trained;
use crate::saved_models::settled;
use unrolled::baseline::Method;
use unrolled::data::{Part, Series};
use unrolled::evaluate::Baselines;
use unrolled::knob::Raw;
use unrolled::session::{Loading, Member};
use unrolled::{Error, Session};

const HORIZON: usize = 6;

/// The first rows of a longer series, and all of it.
fn growing(first: usize, all: usize) -> [Series; 2] {
    let whole = noisy_sine(all);
    let mut part = whole.clone();
    part.axis.len = first;
    part.columns[0].truncate(first);
    [part, whole]
}

/// A session with the average of these members.
fn combined(series: Series, members: &[(Member<'_>, f64)]) -> Session {
    let mut session = Session::new(series);
    session.combine(members, &Loading::default()).unwrap();
    session
}

fn close(left: &[f64], right: &[f64]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(a, b)| (a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-4 * (1.0 + b.abs()))
}

fn mean(parts: &[(f64, &[f64])]) -> Vec<f64> {
    let sum: f64 = parts.iter().map(|(weight, _)| weight).sum();
    (0..parts[0].1.len()).map(|at| parts.iter().map(|(weight, values)| weight / sum * values[at]).sum()).collect()
}

#[test]
fn an_average_forecasts_the_weighted_mean_of_what_its_models_forecast() {
    let [before, series] = growing(400, 460);
    // Another window, another centring, and the scale of fewer rows: each model reads its own.
    let early = trained(before, "{}").save().unwrap();
    let mut one = Session::new(series.clone());
    one.load(&early, &Loading::default()).unwrap();
    let mut other = trained(series.clone(), r#"{"seed": 2, "window": 48, "normalise": "window", "calendar": true}"#);
    let files = [one.save().unwrap(), other.save().unwrap()];
    let mut both = combined(series, &[(Member::Model(&files[0]), 1.0), (Member::Model(&files[1]), 3.0)]);

    for steps in [HORIZON, 2 * HORIZON + 1] {
        let each = [&mut one, &mut other].map(|session| session.forecast(steps).unwrap().values);
        let found = both.forecast(steps).unwrap();
        assert!(close(&found.values, &mean(&[(1.0, &each[0]), (3.0, &each[1])])), "{steps} steps");
    }
    for (part, lead) in [(Part::Validation, 1), (Part::Test, HORIZON)] {
        let each = [&mut one, &mut other].map(|session| session.predictions(part, lead).unwrap().predicted);
        let found = both.predictions(part, lead).unwrap().predicted;
        assert!(found.iter().any(|value| value.is_finite()));
        assert!(close(&found, &mean(&[(1.0, &each[0]), (3.0, &each[1])])), "{lead} steps ahead");
    }
    let configured = both.configured().unwrap();
    let shares: Vec<(&str, f64)> = configured.members.iter().map(|member| (&member.label[..], member.weight)).collect();
    assert_eq!(shares, [("GRU", 0.25), ("GRU", 0.75)]);
    assert!(configured.trained_on.starts_with("Member 1: "), "{}", configured.trained_on);
    assert_eq!(one.configured().unwrap().members.len(), 1, "one model is the average of one");
}

#[test]
fn no_member_reads_what_was_unknown_at_the_end_of_its_window() {
    let mut series = noisy_sine(400);
    series.columns[0][350] = f64::NAN;
    // One carries the last value forward; a straight line is known only once its end is.
    let mut sessions = ["hold", "interpolate"].map(|gaps| trained(series.clone(), &format!(r#"{{"gaps": "{gaps}"}}"#)));
    let files = sessions.each_mut().map(|session| session.save().unwrap());
    let mut both = combined(series, &[(Member::Model(&files[0]), 1.0), (Member::Model(&files[1]), 1.0)]);
    let [hold, line] = sessions.each_mut().map(|session| session.predictions(Part::Test, 1).unwrap().predicted);
    let found = both.predictions(Part::Test, 1).unwrap().predicted;
    assert!(hold.iter().zip(&line).any(|(hold, line)| hold.is_finite() && line.is_nan()));
    assert!(close(&found, &mean(&[(1.0, &hold), (1.0, &line)])));
}

#[test]
fn baselines_do_not_depend_on_what_else_was_computed() {
    let mut series = noisy_sine(400);
    // Windows of a day and of two days have different validation windows behind this gap.
    series.columns[0][260] = f64::NAN;
    let mut short = trained(series.clone(), "{}");
    let files = [short.save().unwrap(), trained(series.clone(), r#"{"window": 48}"#).save().unwrap()];
    let members =
        [(Member::Model(&files[0][..]), 1.0), (Member::Model(&files[1]), 1.0), (Member::Baseline("ridge"), 1.0)];
    let mut fresh = combined(series, &members);
    short.evaluate(Part::Validation).unwrap();
    let mut fork = short.fork();
    fork.combine(&members, &Loading::default()).unwrap();
    assert_eq!(fork.forecast(HORIZON).unwrap(), fresh.forecast(HORIZON).unwrap());
    assert_eq!(fork.evaluate(Part::Test).unwrap().rows, fresh.evaluate(Part::Test).unwrap().rows);
}

#[test]
fn an_average_is_scored_on_the_windows_that_all_members_can_read_beside_the_same_baselines() {
    let mut series = noisy_sine(400);
    // The window of two days behind this gap begins a day later than that of one.
    series.columns[0][345] = f64::NAN;
    let mut short = trained(series.clone(), "{}");
    let mut long = trained(series.clone(), r#"{"window": 48}"#);
    let files = [short.save().unwrap(), long.save().unwrap()];
    let mut both = combined(series, &[(Member::Model(&files[0]), 1.0), (Member::Model(&files[1]), 1.0)]);
    let windows = [&mut short, &mut long, &mut both].map(|session| session.evaluate(Part::Test).unwrap().windows);
    assert!(windows[0] > windows[1] && windows[2] == windows[1], "{windows:?}");
    let [alone, together] = [&mut long, &mut both].map(|session| session.evaluate(Part::Test).unwrap());
    let naive = |evaluation: &unrolled::evaluate::Evaluation| {
        evaluation.rows.iter().find(|row| row.id == "last").map(|row| row.scores.mae)
    };
    assert_eq!(naive(&alone), naive(&together));
    assert!(together.sentence.contains("average of 2 forecasts"), "{}", together.sentence);
    assert!(together.order.is_empty() && together.range.is_some());
    assert_eq!(long.configured().unwrap().judged_on, both.configured().unwrap().judged_on);
    assert_ne!(short.configured().unwrap().judged_on, both.configured().unwrap().judged_on);
}

#[test]
fn a_baseline_can_be_a_member() {
    let series = noisy_sine(400);
    let mut model = trained(series.clone(), "{}");
    let file = model.save().unwrap();
    for id in Baselines::ids() {
        let mut both = combined(series.clone(), &[(Member::Model(&file), 1e-9), (Member::Baseline(id), 1.0)]);
        let evaluation = both.evaluate(Part::Test).unwrap();
        let error = |id: &str| evaluation.rows.iter().find(|row| row.id == id).unwrap().scores.mae;
        assert!((error("model") - error(id)).abs() < 1e-5, "{id}: {} and {}", error("model"), error(id));
        let forecast = both.forecast(HORIZON).unwrap();
        let last = *series.columns[0].last().unwrap();
        assert!(id != "last" || close(&forecast.values, &[last; HORIZON]));
        // A linear model has its horizon, all others go on as far as a recursive network.
        let most = if Baselines::is_linear(id) { HORIZON } else { 10 * HORIZON };
        assert_eq!(both.forecast(most).unwrap().values[..HORIZON], forecast.values, "{id}");
        let Err(Error::NotReady { problem }) = both.forecast(most + 1) else { panic!("{id}") };
        assert!(problem.contains(&format!("1 to {most} steps")), "{problem}");
        let mut again = Session::new(series.clone());
        again.load(&both.save().unwrap(), &Loading::default()).unwrap();
        assert_eq!(again.evaluate(Part::Test).unwrap().rows, evaluation.rows, "{id}");
        assert_eq!(again.forecast(HORIZON).unwrap().values, forecast.values, "{id}");
    }
}

#[test]
fn an_average_is_one_file() {
    let series = noisy_sine(400);
    let files =
        ["{}", r#"{"architecture": "lstm", "window": 48}"#].map(|more| trained(series.clone(), more).save().unwrap());
    // Ten equal shares do not sum to 1 exactly.
    let mut members = vec![(Member::Model(&files[0][..]), 1.0), (Member::Baseline("ridge"), 1.0)];
    members.extend([(Member::Model(&files[1][..]), 1.0); 8]);
    let mut both = combined(series.clone(), &members);
    let bytes = both.save().unwrap();
    let mut again = Session::new(series.clone());
    again.load(&bytes, &Loading::default()).unwrap();
    assert_eq!(again.save().unwrap(), bytes, "the same file");
    assert_eq!(again.configured().unwrap().members, both.configured().unwrap().members);
    assert_eq!(again.forecast(HORIZON).unwrap(), both.forecast(HORIZON).unwrap(), "the range too");
    let [one, other] = [&mut again, &mut both].map(|session| session.evaluate(Part::Validation).unwrap());
    assert_eq!(one, other);

    // Each change is found, wherever it is.
    for at in (8..bytes.len()).step_by(bytes.len() / 40) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let Err(Error::Model { .. }) = again.load(&damaged, &Loading::default()) else {
            panic!("byte {at} of {} changed", bytes.len())
        };
    }
    assert_eq!(again.forecast(HORIZON).unwrap(), both.forecast(HORIZON).unwrap(), "what was there stays");
    // An average of averages would hide what is in it.
    let Err(Error::NotReady { problem }) =
        again.combine(&[(Member::Baseline("last"), 1.0), (Member::Model(&bytes), 1.0)], &Loading::default())
    else {
        panic!("an average of averages")
    };
    assert!(problem.contains("Member 2"), "{problem}");
}

#[test]
fn on_rows_that_go_on_every_member_is_what_it_was() {
    let [before, after] = growing(400, 460);
    let file = trained(before.clone(), "{}").save().unwrap();
    for id in ["ridge", "ets", "mstl", "harmonic"] {
        let members = [(Member::Model(&file[..]), 1.0), (Member::Baseline(id), 1.0)];
        let mut both = combined(before.clone(), &members);
        let bytes = both.save().unwrap();
        let said = both.forecast(HORIZON).unwrap();
        let mut later = Session::new(after.clone());
        let configured = later.load(&bytes, &Loading::default()).unwrap();
        assert!(configured.trained_on.contains("continue"), "{}", configured.trained_on);
        // The first step was forecast from the row before: the baseline has not been fitted on the rows that came since.
        let found = later.predictions(Part::Test, 1).unwrap();
        let at = found.times.iter().position(|time| *time == said.times[0]).unwrap();
        let now = found.predicted[at];
        let expected = match Method::of(id) {
            None => said.values[0],
            // Beyond the end it was fitted to all rows; at past origins to the training part.
            Some(method) => {
                let (values, train) = (&before.columns[0], both.configured().unwrap().split.train.to);
                let fitted = method.fit(&values[..train], &[24]).unwrap();
                let mut alone = Session::new(before.clone());
                alone.load(&file, &Loading::default()).unwrap();
                let network = alone.forecast(1).unwrap().values[0];
                f64::midpoint(network, fitted.forecasts(values, train, &[values.len()], 1)[0])
            }
        };
        assert!(close(&[now], &[expected]), "{id}: {now} and {expected}");
        // Harmonic regression finds the same season in these rows and in more of them; any other that is fitted anew forecasts something
        // else.
        if id == "harmonic" {
            continue;
        }
        later.combine(&members, &Loading::default()).unwrap();
        let anew = later.predictions(Part::Test, 1).unwrap().predicted[at];
        assert!((anew - expected).abs() > 2.0 * (now - expected).abs(), "{id}: {anew}, {now}, {expected}");
    }
    let members = [(Member::Model(&file[..]), 1.0), (Member::Baseline("ets"), 1.0)];
    let bytes = combined(before, &members).save().unwrap();
    // Other rows are none that a baseline can be fitted again on, whoever says that they are of the same kind.
    let mut other = noisy_sine(400);
    other.columns[0].iter_mut().for_each(|value| *value = 40.0 - *value);
    let taken = Loading { settings: Raw::new(), other_rows: true };
    let error = Session::new(other).load(&bytes, &taken).unwrap_err();
    assert_eq!(error.code(), "other-series", "{error}");
}

#[test]
fn on_fewer_rows_the_split_that_an_error_names_is_tried_for_all_members() {
    let [before, all] = growing(400, 460);
    let [early, late] = [before, all.clone()].map(|series| trained(series, "{}").save().unwrap());
    let bytes = combined(all, &[(Member::Model(&early), 1.0), (Member::Model(&late), 1.0)]).save().unwrap();
    // The test part would begin within the rows that the second member has learnt from, though behind those of the first.
    let [fewer, _] = growing(450, 460);
    let error = Session::new(fewer.clone()).load(&bytes, &Loading::default()).unwrap_err().to_string();
    let named = error.split_once("begins later: ").unwrap().1.trim_end_matches('.');
    assert!(error.contains("member 2"), "{error}");
    let chosen = Loading::from(Raw::from([("split".to_owned(), named.into())]));
    let configured = Session::new(fewer).load(&bytes, &chosen).unwrap().clone();
    assert_eq!(configured.members.len(), 2);
    assert_eq!(configured.settings["split"], named);
}

#[test]
fn what_cannot_be_averaged_is_refused_by_the_number_of_the_member() {
    let series = noisy_sine(400);
    let usual = trained(series.clone(), "{}").save().unwrap();
    let refused = |members: &[(Member<'_>, f64)]| {
        let mut session = trained(series.clone(), r#"{"epochs": 1}"#);
        let before = session.forecast(HORIZON).unwrap();
        let error = session.combine(members, &Loading::default()).unwrap_err();
        assert_eq!(session.forecast(HORIZON).unwrap(), before, "the model there was is kept");
        error.to_string()
    };
    let with = |more: &str| trained(series.clone(), more).save().unwrap();
    fn member(bytes: &[u8]) -> (Member<'_>, f64) {
        (Member::Model(bytes), 1.0)
    }
    for (more, words) in
        [(r#"{"horizon": 3}"#, "different numbers of steps"), (r#"{"split": "70/10/20"}"#, "their split")]
    {
        let other = with(more);
        let said = refused(&[member(&usual), member(&other)]);
        assert!(said.contains("Member 2") && said.contains(words), "{said}");
    }
    // It has learnt from rows that the others are scored on.
    let learnt = trained(series.clone(), r#"{"split": "80/10/10"}"#).save().unwrap();
    let chosen = Loading { settings: settings(r#"{"split": "60/20/20"}"#), other_rows: false };
    let mut session = Session::new(series.clone());
    let error = session.combine(&[member(&usual), member(&learnt)], &chosen).unwrap_err().to_string();
    assert!(error.contains("ember 2"), "{error}");
    let [shorter, _] = growing(370, 400);
    let error = Session::new(shorter).combine(&[member(&usual), member(&usual)], &Loading::default()).unwrap_err();
    assert!(error.to_string().contains("member 1") && error.to_string().contains("has learnt"), "{error}");

    for weight in [0.0, -1.0, f64::NAN, 1e-320] {
        let said = refused(&[(Member::Model(&usual), 1e308), (Member::Baseline("last"), weight)]);
        assert!(said.contains("Member 2") && said.contains("above 0"), "{said}");
    }
    assert!(refused(&[member(&usual), (Member::Baseline("last"), f64::INFINITY)]).contains("above 0"));
    assert!(refused(&[(Member::Model(&usual), 0.0)]).contains("above 0"));
    let huge = [(Member::Model(&usual[..]), f64::MAX), (Member::Baseline("last"), f64::MAX)];
    let mut session = combined(series.clone(), &huge);
    assert_eq!(session.configured().unwrap().members[1].weight, 0.5);
    assert!(session.forecast(HORIZON).unwrap().values.iter().all(|value| value.is_finite()));
    assert!(refused(&[(Member::Baseline("last"), 1.0)]).contains("at least one model"));
    assert!(refused(&[]).contains("at least one model"));
    let said = refused(&[member(&usual), (Member::Baseline("oracle"), 1.0)]);
    assert!(said.contains("Member 2") && said.contains("oracle") && said.contains("ridge-centred"), "{said}");
    let said = refused(&[member(&usual), member(&usual[..100])]);
    assert!(said.contains("member 2") && said.contains("safetensors"), "{said}");
}

#[test]
fn an_average_neither_trains_nor_has_inner_values() {
    let series = noisy_sine(400);
    let file = settled(series.clone(), &trained(series.clone(), "{}").save().unwrap());
    let mut both = combined(series.clone(), &[(Member::Model(&file), 1.0), (Member::Baseline("last"), 1.0)]);
    assert_eq!(both.progress().unwrap().state, unrolled::train::State::Finished);
    assert!(both.history(0).unwrap().is_empty());
    for result in
        [both.advance().map(drop), both.inside(None).map(drop), both.gradients().map(drop), both.weights().map(drop)]
    {
        let Err(Error::NotReady { problem }) = result else { panic!("an average does not do that") };
        assert!(problem.contains("average of several"), "{problem}");
    }
    // One member is the model itself, which does.
    both.combine(&[(Member::Model(&file), 5.0)], &Loading::default()).unwrap();
    assert!(both.inside(None).is_ok() && both.save().unwrap() == file);
}
