//! The range of a forecast: its origin, its limits, its measured coverage, and the reasons for its absence.

use unrolled::Session;
use unrolled::data::Part;

use super::{assert_same, small, trained};
use crate::common::noisy_sine;

/// Coverage and mean width of the range on the test part, computed from public results: the bounds of step `lead` are at the same
/// distance from the forecast beyond the end as from any other, and the rows of the test part have a truth.
fn counted(session: &mut Session, horizon: usize, clip: impl Fn(f64) -> f64) -> (f64, f64) {
    let forecast = session.forecast(horizon).unwrap();
    let (lower, upper) = (forecast.lower.unwrap(), forecast.upper.unwrap());
    let (mut inside, mut width, mut all) = (0.0, 0.0, 0.0);
    for lead in 0..horizon {
        let off = |bounds: &[f64]| bounds[lead] - forecast.values[lead];
        let made = session.predictions(Part::Test, lead + 1).unwrap();
        // The scored windows have their whole horizon in the test part; there are predictions of others, too.
        let judged = lead..made.times.len() - horizon + lead + 1;
        for (predicted, actual) in made.predicted[judged.clone()].iter().zip(&made.actual[judged]) {
            let (low, high) = (clip(predicted + off(&lower)), clip(predicted + off(&upper)));
            inside += f64::from(u8::from(low <= *actual && *actual <= high));
            width += high - low;
            all += 1.0;
        }
    }
    (inside / all, width / all)
}

#[test]
fn the_range_is_measured_on_the_test_part_beside_its_nominal_level() {
    let mut session = trained("{}");
    let before = session.forecast(12).unwrap();
    assert!(before.measured.is_empty() && before.level == 0.8 && before.no_range.is_empty());
    assert_eq!(session.evaluate(Part::Validation).unwrap().range, None, "it is made from those errors");
    assert!(session.forecast(12).unwrap().measured.is_empty());

    let judged = session.evaluate(Part::Test).unwrap();
    let found = judged.range.unwrap();
    assert_eq!((found.level, found.windows, judged.targets[0].range), (0.8, judged.windows, Some(found)));
    assert_eq!(session.forecast(12).unwrap().measured, [found]);
    let (coverage, width) = counted(&mut session, 12, |x| x);
    // A truth on the bound may fall on either side of it, and values are stored in the networks' precision.
    assert!((found.coverage - coverage).abs() < 0.002 && found.coverage != 0.8, "{} {coverage}", found.coverage);
    assert!((found.width / width - 1.0).abs() < 1e-4, "{} {width}", found.width);
}

#[test]
fn what_was_measured_of_other_weights_is_not_said_of_these() {
    let mut session = Session::new(noisy_sine(500));
    session.configure(&small(r#"{"epochs": 30, "patience": 0}"#)).unwrap();
    let until = |session: &mut Session, epochs: usize| {
        while session.history(0).unwrap().len() < epochs {
            session.advance().unwrap();
        }
    };
    until(&mut session, 1);
    session.evaluate(Part::Test).unwrap();
    assert_eq!(session.forecast(12).unwrap().measured.len(), 1);
    let best = |session: &Session| session.progress().unwrap().best.unwrap().epoch;
    let first = best(&session);
    let mut epochs = 1;
    while best(&session) == first {
        epochs += 1;
        until(&mut session, epochs);
    }
    assert!(session.forecast(12).unwrap().measured.is_empty());
}

/// 500 rows with this number of validation windows of 12 steps.
fn validated_on(windows: usize) -> Session {
    let mut session = Session::new(noisy_sine(500));
    let ends = 300 + windows + 11;
    session.configure(&small(&format!(r#"{{"split": "300, {ends}, 500"}}"#))).unwrap();
    assert_eq!(session.configured().unwrap().windows.validation, windows);
    while session.advance().unwrap() {}
    session
}

#[test]
fn under_nine_validation_windows_there_is_no_range_and_the_reason_is_said() {
    let mut session = validated_on(8);
    let forecast = session.forecast(12).unwrap();
    assert_eq!((&forecast.lower, &forecast.upper), (&None, &None));
    assert!(
        forecast.no_range.contains("at least 9 validation windows") && forecast.no_range.contains("there are 8"),
        "{}",
        forecast.no_range
    );
    assert_eq!(session.evaluate(Part::Test).unwrap().range, None);
    assert!(session.forecast(12).unwrap().measured.is_empty());
    // A saved model gives the same reason.
    let bytes = session.save().unwrap();
    let mut loaded = validated_on(8);
    loaded.load(&bytes, &Default::default()).unwrap();
    assert_eq!(loaded.forecast(12).unwrap().no_range, forecast.no_range);

    let nine = validated_on(9).forecast(12).unwrap();
    assert!(nine.no_range.is_empty() && nine.lower.is_some() && nine.upper.is_some());
}

#[test]
fn before_a_validation_there_is_no_range_and_the_reason_is_said() {
    let mut session = Session::new(noisy_sine(500));
    session.configure(&small("{}")).unwrap();
    session.step().unwrap();
    let forecast = session.forecast(12).unwrap();
    assert!(forecast.lower.is_none() && forecast.no_range.contains("were not validated"), "{}", forecast.no_range);
}

#[test]
fn a_range_ends_where_the_training_part_shows_a_bound_and_nowhere_else() {
    // Rain: mostly none. The same, raised by a half and without its pile, has not been below zero either.
    let values: Vec<f64> = noisy_sine(500).columns[0].iter().map(|x| (x - 17.0).max(0.0)).collect();
    let of = |name: &str, values: &[f64]| {
        let mut series = noisy_sine(500);
        series.names = vec![name.to_owned()];
        series.columns = vec![values.to_vec()];
        let mut session = Session::new(series);
        session.configure(&small("{}")).unwrap();
        while session.advance().unwrap() {}
        session
    };
    let mut rain = of("rain", &values);
    let forecast = rain.forecast(12).unwrap();
    assert!(forecast.lower.as_ref().unwrap().iter().all(|low| *low >= 0.0) && forecast.lower.unwrap().contains(&0.0));
    assert!(
        forecast.note.contains("ends at 0, where") && forecast.note.contains("% of the training values lie"),
        "{}",
        forecast.note
    );
    // The scored range is the drawn one; a dry hour is inside a range that ends at 0.
    let found = rain.evaluate(Part::Test).unwrap().range.unwrap();
    assert!(found.coverage > 0.5, "{found:?}");
    // A saved model's range ends there too.
    let bytes = rain.save().unwrap();
    let mut again = Session::new(rain.series().clone());
    again.load(&bytes, &Default::default()).unwrap();
    let (again, before) = (again.forecast(12).unwrap(), rain.forecast(12).unwrap());
    assert_same(again.lower.as_ref().unwrap(), before.lower.as_ref().unwrap(), "lower");
    assert_same(again.upper.as_ref().unwrap(), before.upper.as_ref().unwrap(), "upper");
    assert_eq!(again.note, before.note);

    let lifted: Vec<f64> = values.iter().enumerate().map(|(row, x)| x + 0.001 * (row % 83) as f64).collect();
    let forecast = of("rain", &lifted).forecast(12).unwrap();
    assert!(
        forecast.lower.unwrap().iter().any(|low| *low < 0.0) && !forecast.note.contains("ends at"),
        "{}",
        forecast.note
    );

    // The rows after the training part decide nothing.
    let late: Vec<f64> = lifted.iter().enumerate().map(|(row, x)| if row < 350 { *x } else { 0.0 }).collect();
    assert!(!of("rain", &late).forecast(12).unwrap().note.contains("ends at"));
    // Three columns, each separately.
    let mut series = noisy_sine(500);
    series.names.push("rain".into());
    series.columns.push(values);
    let mut session = Session::new(series);
    session.configure(&small(r#"{"target": "temp_c, rain"}"#)).unwrap();
    while session.advance().unwrap() {}
    let note = session.forecast(12).unwrap().note;
    assert!(note.contains("The range of “rain” ends at 0") && !note.contains("“temp_c”"), "{note}");
    let judged = session.evaluate(Part::Test).unwrap();
    let of = |target: usize| judged.targets[target].range.unwrap();
    let mean = (of(0).coverage + of(1).coverage) / 2.0;
    assert!((judged.range.unwrap().coverage - mean).abs() < 1e-12 && of(0).width != of(1).width);
}

#[test]
fn a_saved_models_range_is_the_one_that_it_was_saved_with() {
    let mut session = trained("{}");
    let (bytes, before) = (session.save().unwrap(), session.forecast(12).unwrap());
    let mut other = Session::new(noisy_sine(500));
    other.load(&bytes, &Default::default()).unwrap();
    let after = other.forecast(12).unwrap();
    assert_same(&after.values, &before.values, "values");
    assert_same(after.lower.as_ref().unwrap(), before.lower.as_ref().unwrap(), "lower");
    assert_same(after.upper.as_ref().unwrap(), before.upper.as_ref().unwrap(), "upper");
    assert_eq!((after.times, after.level, after.no_range), (before.times, before.level, before.no_range));
}
