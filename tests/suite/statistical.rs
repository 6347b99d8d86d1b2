//! The statistical baselines as rows of the table: scored as they forecast, without a later row, chosen by validation, and absent with a
//! reason. And a series at a glance.

use std::sync::Arc;

use unrolled::baseline::Method;
use unrolled::data::{Axis, Fill, Frame, FrameOptions, Part, Series, Split, Step, WindowSet};
use unrolled::evaluate::{About, Baselines, Evaluation, Statistical, evaluate};
use unrolled::knob::Raw;
use unrolled::math::Rng;
use unrolled::session::Glance;
use unrolled::{Real, Session};

use crate::common::{noisy_sine, settings};

/// Of values that pass through a network's number type.
const SAME: f64 = if size_of::<Real>() == 4 { 1e-5 } else { 1e-9 };
const WINDOW: usize = 12;
const HORIZON: usize = 6;

struct Case {
    series: Arc<Series>,
    frame: Frame,
    split: Split,
    sets: [WindowSet; 3],
}

/// Hourly columns, all of them targets, 60 % for training and 20 % for validation.
fn case(columns: Vec<Vec<f64>>) -> Case {
    let axis = Axis { start: 0, step: Step::Milliseconds(3_600_000), len: columns[0].len(), utc: true };
    let names: Vec<String> = (0..columns.len()).map(|index| format!("c{index}")).collect();
    let series = Series { axis, names: names.clone(), columns, sentinels: None };
    let split = Split::parse("60/20/20", &axis).unwrap();
    let options = FrameOptions {
        targets: names,
        inputs: Vec::new(),
        calendar: false,
        fill: Fill::default(),
        ahead: 0,
        scales: None,
        cycles: None,
    };
    let frame = Frame::new(&series, &split, &options).unwrap();
    let sets = Part::ALL.map(|part| frame.windows(&split, part, WINDOW, HORIZON).unwrap());
    Case { series: Arc::new(series), frame, split, sets }
}

impl Case {
    fn baselines(&self, periods: &[usize]) -> Baselines {
        let fitted = Baselines::fit(
            &self.frame,
            &self.split,
            &self.sets[0],
            &self.sets[1],
            periods.first().copied().unwrap_or(1),
        );
        fitted.with(Statistical::new(&self.series, &self.frame.names, self.split.train.clone(), periods))
    }

    fn judged(&self, baselines: &Baselines, part: Part) -> Evaluation {
        let set = &self.sets[if part == Part::Test { 2 } else { 1 }];
        let mut model = |_: &unrolled::data::Batch, out: &mut [Real]| out.fill(0.0);
        evaluate(&self.frame, part, set, baselines, &mut model, &About { label: "LSTM", scored_times: 1, ranges: None })
    }

    /// Mean absolute error of a method that was fitted to the training part and has read on, over the windows of a set.
    fn direct(&self, method: Method, target: usize, periods: &[usize], set: &WindowSet) -> f64 {
        let values = &self.series.columns[target];
        let read = self.split.train.end;
        let origins: Vec<usize> = set.starts.iter().map(|&start| start as usize + WINDOW).collect();
        let found = method.fit(&values[..read], periods).unwrap().forecasts(values, read, &origins, HORIZON);
        let each = origins.iter().zip(found.chunks_exact(HORIZON));
        let errors =
            each.flat_map(|(&origin, out)| values[origin..].iter().zip(out).map(|(value, out)| (value - out).abs()));
        errors.sum::<f64>() / (origins.len() * HORIZON) as f64
    }
}

fn wave(rows: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed, 0);
    let turn = |row: usize| libm::sin(2.0 * std::f64::consts::PI * row as f64 / 12.0);
    (0..rows).map(|row| 40.0 + 5.0 * turn(row) + 0.05 * row as f64 + rng.normal()).collect()
}

#[test]
fn every_method_is_a_row_with_the_error_of_its_own_forecasts() {
    let mut columns = vec![wave(400, 1), wave(400, 2).iter().map(|value| 1000.0 * value).collect()];
    // Missing in the training part, and where the methods read on.
    columns[0][100..103].fill(f64::NAN);
    columns[0][330] = f64::NAN;
    let case = case(columns);
    let baselines = case.baselines(&[12]);
    for (part, set) in [(Part::Validation, &case.sets[1]), (Part::Test, &case.sets[2])] {
        let evaluation = case.judged(&baselines, part);
        let ids: Vec<&str> = evaluation.rows.iter().map(|row| row.id).collect();
        let wanted: Vec<&str> = ["model"].into_iter().chain(Baselines::ids()).collect();
        assert_eq!(ids, wanted);
        assert!(evaluation.absent.is_empty());
        for (target, of) in evaluation.targets.iter().enumerate() {
            for method in Method::ALL {
                let row = of.rows.iter().find(|row| row.id == method.id()).unwrap();
                let direct = case.direct(method, target, &[12], set);
                assert!((row.scores.mae / direct - 1.0).abs() < SAME, "{method:?}: {} for {direct}", row.scores.mae);
                let fitted = method.fit(&case.series.columns[target][..case.split.train.end], &[12]).unwrap();
                assert!(row.note.starts_with(&format!("{}.", fitted.description())), "{}", row.note);
            }
        }
    }
}

#[test]
fn forecasts_depend_neither_on_the_order_of_the_windows_nor_on_a_row_from_their_horizon_on() {
    let values = wave(400, 3);
    let now = case(vec![values.clone()]);
    let of = |case: &Case, starts: &[u32]| {
        let baselines = case.baselines(&[12]);
        Method::ALL.map(|method| {
            let mut out = vec![0.0; HORIZON * starts.len()];
            baselines.forecast(method.id(), (&case.frame, 0), (WINDOW, HORIZON), starts, &mut out).unwrap();
            out
        })
    };
    let starts: Vec<u32> = now.sets[2].starts.iter().step_by(7).copied().collect();
    let reversed: Vec<u32> = starts.iter().rev().copied().collect();
    for (forward, back) in of(&now, &starts).iter().zip(of(&now, &reversed)) {
        let back: Vec<Real> = back.chunks_exact(HORIZON).rev().flatten().copied().collect();
        assert_eq!(*forward, back);
    }
    for &start in &starts[..3] {
        let mut changed = values.clone();
        changed[start as usize + WINDOW..].fill(-500.0);
        assert_eq!(of(&now, &[start]), of(&case(vec![changed]), &[start]), "from row {start} on");
    }
}

#[test]
fn the_verdict_compares_with_the_fitted_baseline_of_the_smallest_validation_error() {
    let case = case(vec![wave(400, 4)]);
    let baselines = case.baselines(&[12]);
    let validation = case.judged(&baselines, Part::Validation);
    let fitted = validation.rows.iter().filter(|row| row.id != "model" && !Baselines::is_naive(row.id));
    let best = fitted.min_by(|one, other| one.scores.mae.total_cmp(&other.scores.mae)).unwrap();
    let test = case.judged(&baselines, Part::Test);
    for evaluation in [&validation, &test] {
        let compared: Vec<&str> = evaluation.rows.iter().filter(|row| row.compared).map(|row| row.id).collect();
        assert_eq!(compared, ["model", "last", "seasonal", best.id]);
        let noted: Vec<&str> =
            evaluation.rows.iter().filter(|row| row.note.contains("smallest validation")).map(|row| row.id).collect();
        assert_eq!(noted, [best.id]);
    }
    // A season without a trend, which no linear map of half a season can tell: it is a statistical one.
    let method = Method::of(best.id).expect("a statistical baseline");
    assert!(test.sentence.contains(method.phrase()), "{}", test.sentence);
}

#[test]
fn a_baseline_that_cannot_be_had_is_absent_with_a_reason() {
    let case = case(vec![wave(400, 5)]);
    let evaluation = case.judged(&case.baselines(&[]), Part::Test);
    assert!(evaluation.rows.iter().all(|row| row.id != "mstl"));
    assert_eq!(evaluation.absent.len(), 1);
    assert!(
        evaluation.absent[0].starts_with("MSTL needs") && evaluation.absent[0].ends_with('.'),
        "{:?}",
        evaluation.absent
    );
    assert_eq!(evaluation.targets[0].absent, evaluation.absent);
    // Without statistical baselines nothing is missing.
    let fitted = Baselines::fit(&case.frame, &case.split, &case.sets[0], &case.sets[1], 12);
    assert!(case.judged(&fitted, Part::Test).absent.is_empty());
}

/// A session with a model of a few steps, which is what the baselines stand beside.
fn session(series: Series) -> Session {
    let mut session = Session::new(series);
    session
        .configure(&settings(r#"{"architecture": "gru", "hidden": 4, "window": 24, "horizon": 6, "epochs": 1}"#))
        .unwrap();
    session.step().unwrap();
    session
}

#[test]
fn beyond_the_end_a_baseline_alone_forecasts_from_all_rows_with_a_range() {
    let series = noisy_sine(400);
    let session = session(series.clone());
    let values = &series.columns[0];
    for id in Baselines::ids() {
        let found = session.forecast_by(id, HORIZON).unwrap();
        let (lower, upper) = (found.lower.unwrap(), found.upper.unwrap());
        assert!((0..HORIZON).all(|at| lower[at] < found.values[at] && found.values[at] < upper[at]), "{id}");
        if let Some(method) = Method::of(id) {
            let mut all = vec![0.0; HORIZON];
            method.fit(values, &[24]).unwrap().forecast(&mut all);
            for (found, all) in found.values.iter().zip(&all) {
                assert!((found - all).abs() < 20.0 * SAME, "{id}: {found} for {all}");
            }
        }
    }
    let said = |id: &str, steps| session.forecast_by(id, steps).unwrap_err().to_string();
    assert!(said("ets", 10 * HORIZON + 1).contains("1 to 60 steps"), "{}", said("ets", 10 * HORIZON + 1));
    assert!(said("ridge", HORIZON + 1).contains("1 to 6 steps"), "{}", said("ridge", HORIZON + 1));
    assert!(said("oracle", 1).contains("harmonic"), "{}", said("oracle", 1));
    assert!(Session::new(series).forecast_by("ets", 1).is_err());
}

#[test]
fn the_season_that_a_person_sets_is_that_of_the_baselines() {
    let note = |more: &str, id: &str| {
        let mut session = Session::new(noisy_sine(700));
        let raw: Raw =
            settings(&format!(r#"{{"architecture": "gru", "hidden": 4, "window": 24, "horizon": 6{more}}}"#));
        session.configure(&raw).unwrap();
        session.step().unwrap();
        let rows = session.evaluate(Part::Validation).unwrap().rows;
        rows.into_iter().find(|row| row.id == id).map(|row| row.note).unwrap_or_default()
    };
    assert!(note("", "mstl").contains("Season of 24 rows"), "{}", note("", "mstl"));
    assert!(note(r#", "season": 12"#, "mstl").contains("Season of 12 rows"), "{}", note(r#", "season": 12"#, "mstl"));
}

#[test]
fn seasons_of_several_lengths_are_found_and_used() {
    let mut rng = Rng::new(6, 0);
    let turn = |row: usize, period: f64| libm::sin(2.0 * std::f64::consts::PI * row as f64 / period);
    let mut series = noisy_sine(1400);
    series.columns[0] =
        (0..1400).map(|row| 50.0 + 6.0 * turn(row, 24.0) + 6.0 * turn(row, 168.0) + rng.normal()).collect();
    let mut session = session(series.clone());
    let suggested = &session.configured().unwrap().suggested;
    assert_eq!(suggested.seasons, [24, 168]);
    assert!(suggested.why.contains("24") && suggested.why.contains("168"), "{}", suggested.why);
    let rows = session.evaluate(Part::Validation).unwrap().rows;
    let note = |id: &str| rows.iter().find(|row| row.id == id).unwrap().note.clone();
    assert!(note("mstl").contains("Seasons of 24 and 168 rows"), "{}", note("mstl"));
    assert!(note("harmonic").contains("season of 168 rows"), "{}", note("harmonic"));

    let glance = session.glance("temp_c").unwrap();
    assert_eq!(glance.periods, [24, 168]);
    let n = glance.trend.len();
    assert_eq!((glance.seasons.len(), n), (2 * n, 1400));
    for row in 0..n {
        let sum = glance.trend[row] + glance.seasons[row] + glance.seasons[n + row] + glance.remainder[row];
        assert!((sum - series.columns[0][row]).abs() < 1e-9);
    }
    // What is left is the noise.
    let spread = (glance.remainder.iter().map(|value| value * value).sum::<f64>() / n as f64).sqrt();
    assert!((0.6..1.05).contains(&spread), "{spread}");
}

#[test]
fn a_series_without_a_season_has_a_trend_and_an_autocorrelation() {
    let mut rng = Rng::new(8, 0);
    let mut series = noisy_sine(600);
    let mut level = 0.0;
    series.columns[0] = (0..600)
        .map(|_| {
            level = 0.8 * level + rng.normal();
            level
        })
        .collect();
    series.columns[0][..3].fill(f64::NAN);
    series.columns[0][50] = f64::NAN;
    let split = Split::usual(&series.axis);
    let glance = Glance::of(&series, &split, "temp_c").unwrap();
    assert!(glance.periods.is_empty() && glance.seasons.is_empty());
    assert_eq!((glance.first, glance.trend.len()), (3, 597));
    assert!(glance.remainder[47].is_nan() && glance.remainder.iter().filter(|value| value.is_nan()).count() == 1);
    // By hand, over the known values: r(1).
    let known: Vec<f64> = series.columns[0][3..].to_vec();
    let mean = known.iter().filter(|value| value.is_finite()).sum::<f64>() / 596.0;
    let products: f64 =
        known.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).filter(|product| product.is_finite()).sum();
    let squares: f64 = known.iter().map(|value| (value - mean).powi(2)).filter(|square| square.is_finite()).sum();
    assert!((glance.autocorrelation[1] - products / squares).abs() < 1e-12);
    assert!((0.7..0.9).contains(&glance.autocorrelation[1]) && glance.autocorrelation[0] == 1.0);
    assert!((glance.noise - 1.96 / 596.0_f64.sqrt()).abs() < 1e-12);
    series.columns[0].fill(f64::NAN);
    for (name, words) in [("wind", "no number column"), ("temp_c", "at least 4 values, and there are 0")] {
        let said = Glance::of(&series, &split, name).unwrap_err().to_string();
        assert!(said.contains(name) && said.contains(words), "{said}");
    }
    series.columns[0].fill(5.0);
    let glance = Glance::of(&series, &split, "temp_c").unwrap();
    assert!(
        glance.autocorrelation.iter().all(|&r| r == 0.0) && glance.remainder.iter().all(|value| value.abs() < 1e-9)
    );
}
