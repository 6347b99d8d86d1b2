//! The range of a forecast: its origin, its limits, its measured coverage, and the reasons for its absence.

use unrolled::Session;
use unrolled::data::Part;

use super::{assert_same, small, trained};
use crate::common::noisy_sine;
use crate::saved_models::settled;

#[test]
fn the_ranges_are_measured_on_the_test_part_beside_their_nominal_levels() {
    let mut session = trained("{}");
    let before = session.forecast(12).unwrap();
    assert!(before.measured.is_empty() && before.level == 0.8 && before.no_range.is_empty());
    let validated = session.evaluate(Part::Validation).unwrap();
    assert!(validated.range.is_none() && validated.ranges.is_empty(), "they are made from those errors");
    assert!(session.forecast(12).unwrap().measured.is_empty());

    let judged = session.evaluate(Part::Test).unwrap();
    let found = judged.range.unwrap();
    assert_eq!((found.level, found.windows, &judged.targets[0].range), (0.8, judged.windows, &Some(found.clone())));
    assert_eq!(session.forecast(12).unwrap().measured, std::slice::from_ref(&found));
    let rows: Vec<_> = judged.ranges.iter().map(|row| (row.id, row.measured.level)).collect();
    assert_eq!(rows, ["model", "seasonal"].map(|id| [0.5, 0.8, 0.95].map(|level| (id, level))).concat());
    assert_eq!(judged.ranges[1].measured, found);
    // Three standard deviations of a share over a hundred windows that overlap by eleven of twelve steps.
    assert!(
        judged.ranges.iter().all(|row| (row.measured.coverage - row.measured.level).abs() < 0.35),
        "{:?}",
        judged.ranges
    );
    assert!(found.score >= found.width && found.per_step_score.len() == 12);
}

#[test]
fn the_levels_of_a_knob_are_those_of_the_ranges_and_the_one_nearest_to_80_is_shown() {
    let mut session = trained(r#"{"levels": "99, 60 %"}"#);
    let file = settled(noisy_sine(500), &session.save().unwrap());
    session.load(&file, &Default::default()).unwrap();
    let forecast = session.forecast(12).unwrap();
    assert_eq!(forecast.ranges.iter().map(|range| range.level).collect::<Vec<_>>(), [0.6, 0.99]);
    assert_eq!((forecast.level, forecast.lower.as_ref()), (0.99, Some(&forecast.ranges[1].lower)));
    let [inner, outer] = &forecast.ranges[..] else { panic!("two levels") };
    assert!((0..12).all(|k| outer.lower[k] < inner.lower[k] && inner.upper[k] < outer.upper[k]));
    let mut again = Session::new(noisy_sine(500));
    again.load(&session.save().unwrap(), &Default::default()).unwrap();
    assert_eq!(again.forecast(12).unwrap().ranges, forecast.ranges);
    let wrong = again.configure(&small(r#"{"levels": "80, 100"}"#)).unwrap_err();
    assert!(wrong.place().knob.as_deref() == Some("levels") && wrong.to_string().contains("from 1 to 99"), "{wrong}");
}

#[test]
fn errors_on_the_test_part_serve_the_forecast_and_not_the_figures_about_the_test_part() {
    // The same rows up to the last window of the test part, whose last rows are far off.
    let mut session = trained("{}");
    let mut series = noisy_sine(500);
    series.columns[0][490..].iter_mut().for_each(|value| *value += 100.0);
    let mut other = Session::new(series);
    other.configure(&small("{}")).unwrap();
    while other.advance().unwrap() {}
    let widths = |session: &mut Session| session.evaluate(Part::Test).unwrap().range.unwrap().per_step_width;
    let (plain, late) = (widths(&mut session), widths(&mut other));
    // The last window begins at row 488; every range of an earlier one is the same, so the mean of the first step hardly changes.
    assert!((late[0] / plain[0] - 1.0).abs() < 0.05, "{late:?} {plain:?}");
    let end = |session: &mut Session| {
        let widest = session.forecast(12).unwrap().ranges.remove(2);
        widest.upper[11] - widest.lower[11]
    };
    assert!(end(&mut other) > 1.5 * end(&mut session));
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

/// 500 rows, all but this number of them for training.
fn kept(rows: usize) -> Session {
    let mut session = Session::new(noisy_sine(500));
    let (first, second) = (500 - rows, 500 - rows / 2);
    session.configure(&small(&format!(r#"{{"split": "{first}, {second}, 500", "horizon": 4}}"#))).unwrap();
    while session.advance().unwrap() {}
    session
}

#[test]
fn from_fewer_than_nine_past_forecasts_there_is_no_range_and_the_reason_is_said() {
    let mut session = kept(8);
    let forecast = session.forecast(4).unwrap();
    assert!(forecast.lower.is_none() && forecast.upper.is_none() && forecast.ranges.is_empty());
    let why = "at least 9 past forecasts that begin after the training part, and there are 8";
    assert!(forecast.no_range.contains(why), "{}", forecast.no_range);
    assert!(session.evaluate(Part::Test).unwrap().ranges.is_empty());
    assert!(session.forecast(4).unwrap().measured.is_empty());
    // A saved model gives the same reason.
    let mut loaded = kept(8);
    loaded.load(&session.save().unwrap(), &Default::default()).unwrap();
    assert_eq!(loaded.forecast(4).unwrap().no_range, forecast.no_range);

    let mut nine = kept(9);
    let forecast = nine.forecast(4).unwrap();
    assert!(forecast.no_range.is_empty() && forecast.lower.is_some() && forecast.upper.is_some());
    // At every origin of its test part fewer were known.
    assert!(nine.evaluate(Part::Test).unwrap().ranges.is_empty());
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
    let of = |target: usize| judged.targets[target].range.clone().unwrap();
    let mean = (of(0).coverage + of(1).coverage) / 2.0;
    assert!((judged.range.unwrap().coverage - mean).abs() < 1e-12 && of(0).width != of(1).width);
}

#[test]
fn a_saved_models_range_is_the_one_that_it_was_saved_with() {
    let mut session = trained("{}");
    let before = session.forecast(12).unwrap();
    let mut other = Session::new(noisy_sine(500));
    other.load(&session.save().unwrap(), &Default::default()).unwrap();
    let after = other.forecast(12).unwrap();
    assert_same(&after.values, &before.values, "values");
    assert_same(after.lower.as_ref().unwrap(), before.lower.as_ref().unwrap(), "lower");
    assert_same(after.upper.as_ref().unwrap(), before.upper.as_ref().unwrap(), "upper");
    assert_eq!((after.times, after.no_range), (before.times, before.no_range));
    for (after, before) in after.ranges.iter().zip(&before.ranges) {
        assert_same(&after.lower, &before.lower, "lower");
        assert_same(&after.upper, &before.upper, "upper");
    }
}

#[test]
fn the_chance_of_crossing_a_value_agrees_with_the_ranges_and_with_its_horizon() {
    let mut session = trained("{}");
    let forecast = session.forecast(12).unwrap();
    let range = &forecast.ranges[1];
    // The upper bound of 80 % is crossed with a chance of 10 %, the lower one with 90 %.
    for step in [0, 5, 11] {
        for (bound, chance) in [(range.upper[step], 0.1), (range.lower[step], 0.9)] {
            let found = session.crossing(bound, None).unwrap();
            assert!((found.above[step] - chance).abs() < 1e-3, "{step}: {} for {chance}", found.above[step]);
        }
    }
    let highest = range.upper.iter().copied().fold(f64::MIN, f64::max);
    let found = session.crossing(highest, Some("temp_c")).unwrap();
    let (above, below) = (found.ever_above.unwrap(), found.ever_below.unwrap());
    let most = found.above.iter().copied().fold(0.0, f64::max);
    assert!(above >= most && above <= found.above.iter().sum::<f64>() && above < below, "{above} {below}");
    assert!(
        found.sentence.contains("The chance that temp_c is above") && found.sentence.contains("any of the 12 steps")
    );
    // A higher value is crossed more rarely.
    let higher = session.crossing(highest + 1.0, None).unwrap();
    assert!(
        higher.above.iter().zip(&found.above).all(|(higher, lower)| higher <= lower)
            && higher.ever_above <= found.ever_above
    );
    // Nothing is certain after so few errors.
    let far = session.crossing(1e6, None).unwrap();
    assert!(far.above[0] > 0.0 && far.sentence.contains("less than 1 %"), "{}", far.sentence);
    for (value, target, problem) in [(f64::NAN, None, "Give a number"), (1.0, Some("rain"), "that is forecast: temp_c")]
    {
        let error = session.crossing(value, target).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    let error = kept(8).crossing(1.0, None).unwrap_err().to_string();
    assert!(error.contains("at least 9 past forecasts"), "{error}");
}

#[test]
fn the_chance_beyond_a_limit_of_the_values_is_none() {
    let mut series = noisy_sine(500);
    series.names = vec!["share (%)".to_owned()];
    let mut session = Session::new(series);
    session.configure(&small("{}")).unwrap();
    while session.advance().unwrap() {}
    let [at, below] = [100.0, -1.0].map(|value| session.crossing(value, None).unwrap());
    assert!(at.above.iter().all(|chance| *chance == 0.0) && at.ever_above == Some(0.0), "{at:?}");
    assert!(below.above.iter().all(|chance| *chance == 1.0) && below.ever_below == Some(0.0));
}
