//! Errors, rivals and intervals against numbers worked out by hand and against slow, direct calculations.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs)]

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rand_chacha::{ChaCha8Rng, rand_core::Rng, rand_core::SeedableRng};
use unrolled::{
    Real,
    data::{Axis, Batch, Fill, Frame, FrameOptions, Part, Series, Split, Step, WindowSet},
    evaluate::{
        About, Form, Interval, Ridge, Rivals, baselines::seasonal_naive, evaluate, moments::Moments, order,
        ridge::PENALTIES, trace,
    },
};

/// What scaled values may differ by: they are stored as `Real`, and compared with `f64`.
const SAME: f64 = if size_of::<Real>() == 4 { 2e-5 } else { 1e-9 };

fn frame(columns: &[Vec<f64>], split: &str) -> (Frame, Split) {
    let axis = Axis { start: 0, step: Step::Milliseconds(3_600_000), len: columns[0].len(), utc: true };
    let names: Vec<String> = (0..columns.len()).map(|index| format!("c{index}")).collect();
    let options = FrameOptions {
        targets: vec![names[0].clone()],
        inputs: names.clone(),
        calendar: false,
        fill: Fill::default(),
        ahead: 0,
        scales: None,
    };
    let series = Series { axis, names, columns: columns.to_vec(), sentinels: None };
    let split = Split::parse(split, &axis).unwrap();
    (Frame::new(&series, &split, &options).unwrap(), split)
}

fn noise(rng: &mut ChaCha8Rng) -> f64 {
    rng.next_u32() as f64 / f64::from(u32::MAX) - 0.5
}

/// A daily wave with noise and a second column that follows it; a few values are missing.
fn waves(rows: usize, holes: &[usize]) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut columns = vec![Vec::new(), Vec::new()];
    for row in 0..rows {
        let wave = (row as f64 * std::f64::consts::TAU / 24.0).sin();
        columns[0].push(20.0 + 5.0 * wave + 2.0 * noise(&mut rng));
        columns[1].push(3.0 - wave + noise(&mut rng));
    }
    for &row in holes {
        columns[row % 2][row] = f64::NAN;
    }
    columns
}

const SMALL: [f64; 16] = [3., 5., 4., 8., 6., 9., 12., 10., 11., 15., 13., 14., 18., 16., 20., 17.];

#[test]
fn errors_by_hand() {
    let (frame, split) = frame(&[SMALL.to_vec()], "8, 12, 16");
    let [train, validation, test] = Part::ALL.map(|part| frame.windows(&split, part, 3, 2).unwrap());
    assert_eq!(test.starts, [9, 10, 11].into());
    let rows = Rivals::fit(&frame, &split, &train, &validation, 3).tables(&frame, &test).remove(0);
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-5, "{a} for {b}");

    // Last values 14, 18, 16 for (18, 16), (16, 20), (20, 17): errors 4, 2, 2, 2, 4, 1.
    let last = &rows[0].scores;
    close(last.mae, 15.0 / 6.0);
    close(last.rmse, (45.0_f64 / 6.0).sqrt());
    close(last.per_step_mae[0], 10.0 / 3.0);
    close(last.per_step_mae[1], 5.0 / 3.0);
    close(last.per_step_rmse[0], (36.0_f64 / 3.0).sqrt());
    // The training part is 3 5 4 8 6 9 12 10: three rows apart it differs by 5, 1, 5, 4, 4, on average 3.8.
    close(last.mase, 2.5 / 3.8);
    // Its mean is 57/8 and its variance Σ(x − 57/8)²/8 = 8.609375 (python: statistics.pvariance).
    close(last.mae_scaled, 2.5 / 8.609_375_f64.sqrt());
    close(last.mse_scaled, 7.5 / 8.609_375);

    // (15, 13), (13, 14), (14, 18) for (18, 16), (16, 20), (20, 17): errors 3, 3, 3, 6, 6, 1.
    close(rows[1].scores.mae, 22.0 / 6.0);
    close(rows[1].scores.rmse, (100.0_f64 / 6.0).sqrt());
}

#[test]
fn the_season_before_repeats_over_a_long_horizon_and_reaches_back_over_a_gap() {
    let mut column = SMALL.to_vec();
    let (whole, _) = frame(&[column.clone()], "8, 12, 16");
    column[8] = f64::NAN;
    let (holed, _) = frame(&[column], "8, 12, 16");
    let forecast = |frame: &Frame, start, window, horizon, season| {
        let mut out = vec![0.0; horizon];
        let fallbacks = seasonal_naive(frame, 0, &[start], (window, horizon), season, &mut out);
        let scale = frame.scales[0];
        let values: Vec<f64> = out.iter().map(|&value| scale.unscale(f64::from(value)).round()).collect();
        (values, fallbacks)
    };
    // The horizon begins at row 11; the season before is rows 8, 9, 10.
    assert_eq!(forecast(&whole, 9, 2, 5, 3), (vec![11., 15., 13., 11., 15.], 0));
    // Row 8 is missing: row 5 stands in.
    assert_eq!(forecast(&holed, 9, 2, 5, 3), (vec![9., 15., 13., 9., 15.], 0));
    // Nothing lies 12 rows before row 11, but 12 rows before row 12 lies row 0.
    assert_eq!(forecast(&whole, 9, 2, 2, 12), (vec![13., 3.], 1));
}

/// Inputs `[windows × inputs]` and truth `[windows × horizon]` of a set, materialised, in `f64`: the second column
/// first, the target last, as the ridge orders them.
fn dense(frame: &Frame, set: &WindowSet, form: Form) -> (DMatrix<f64>, DMatrix<f64>) {
    let (count, window) = (set.starts.len(), set.window);
    let value = |row: usize, feature: usize| f64::from(frame.row(row)[feature]);
    let level = |start: usize| if form == Form::Centred { value(start + window - 1, 0) } else { 0.0 };
    let x = DMatrix::from_fn(count, window * frame.features, |sample, index| {
        let start = set.starts[sample] as usize;
        let feature = (index / window + 1) % frame.features;
        value(start + index % window, feature) - if feature == 0 { level(start) } else { 0.0 }
    });
    let y = DMatrix::from_fn(count, set.horizon, |sample, lead| {
        let start = set.starts[sample] as usize;
        value(start + window + lead, 0) - level(start)
    });
    (x, y)
}

/// Ridge by the singular values of the centred inputs: `B = V diag(s / (s² + λ)) Uᵀ Y`, for each penalty the validation
/// error, and the forecasts of `test` under the best.
fn direct(frame: &Frame, [train, validation, test]: [&WindowSet; 3], form: Form) -> (f64, f64, DMatrix<f64>) {
    let (x, y) = dense(frame, train, form);
    let (x_mean, y_mean) = (x.row_mean(), y.row_mean());
    let centred = |m: &DMatrix<f64>, mean: &nalgebra::RowDVector<f64>| {
        DMatrix::from_fn(m.nrows(), m.ncols(), |i, j| m[(i, j)] - mean[j])
    };
    let svd = centred(&x, &x_mean).svd(true, true);
    let (u, v_t) = (svd.u.unwrap(), svd.v_t.unwrap());
    let projected = u.transpose() * centred(&y, &y_mean);
    let forecast = |set: &WindowSet, penalty: f64| {
        let shrunk: DVector<f64> = svd.singular_values.map(|s| s / (s * s + penalty));
        let weights = v_t.transpose() * DMatrix::from_diagonal(&shrunk) * &projected;
        let forecast = centred(&dense(frame, set, form).0, &x_mean) * weights;
        DMatrix::from_fn(forecast.nrows(), forecast.ncols(), |i, j| forecast[(i, j)] + y_mean[j])
    };
    let truth = dense(frame, validation, form).1;
    let error = |penalty| (forecast(validation, penalty) - &truth).norm_squared() / truth.len() as f64;
    let (penalty, least) =
        PENALTIES.map(|penalty| (penalty, error(penalty))).into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    (penalty, least, forecast(test, penalty))
}

#[test]
fn ridge_equals_a_direct_dense_solution_with_gaps_and_two_inputs() {
    let (frame, split) = frame(&waves(900, &[100, 251, 252, 400, 640, 801]), "60/20/20");
    let sets = Part::ALL.map(|part| frame.windows(&split, part, 30, 5).unwrap());
    let [train, validation, test] = &sets;
    for ridge in Ridge::fit(&frame, 0, train, validation) {
        let ridge = ridge.unwrap();
        let (penalty, least, expected) = direct(&frame, sets.each_ref(), ridge.form);
        assert_eq!(ridge.penalty, penalty);
        assert!((ridge.validation_mse - least).abs() < 1e-10, "{} for {least}", ridge.validation_mse);
        let mut out = vec![0.0; 5 * test.starts.len()];
        ridge.forecast(&frame, &test.starts, &mut out);
        for (sample, &start) in test.starts.iter().enumerate() {
            let level =
                if ridge.form == Form::Centred { f64::from(frame.target_at(0, start as usize + 29)) } else { 0.0 };
            for lead in 0..5 {
                let (got, wanted) = (f64::from(out[sample * 5 + lead]), expected[(sample, lead)] + level);
                assert!((got - wanted).abs() < SAME, "{:?}: {got} for {wanted}", ridge.form);
            }
        }
    }
}

#[test]
fn ridge_reads_the_target_alone_where_all_inputs_are_too_many() {
    let columns: Vec<Vec<f64>> =
        (0..9).map(|c| waves(700, &[])[c % 2].iter().map(|x| x + c as f64).collect()).collect();
    let (frame, split) = frame(&columns, "60/20/20");
    let [train, validation, _] = Part::ALL.map(|part| frame.windows(&split, part, 96, 5).unwrap());
    let ridge = Ridge::fit(&frame, 0, &train, &validation)[0].clone().unwrap();
    assert!(ridge.cut && ridge.inputs == [0]);
}

proptest! {
    #[test]
    fn sliding_sums_equal_direct_ones(seed in 0..1000_u64, window in 1..9_usize, horizon in 1..6_usize) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let holes: Vec<usize> = (0..6).map(|_| rng.next_u32() as usize % 120).collect();
        let (frame, split) = frame(&waves(120, &holes), "70/15/15");
        let Ok(set) = frame.windows(&split, Part::Train, window, horizon) else { return Ok(()) };
        let moments = Moments::of(&frame, &set, &[(1, window), (0, window + horizon)]);
        let rows: Vec<DVector<f64>> = set.starts.iter().map(|&start| {
            let value = |offset: usize, feature: usize| f64::from(frame.row(start as usize + offset)[feature]);
            let second = (0..window).map(|offset| value(offset, 1));
            DVector::from_vec(second.chain((0..window + horizon).map(|offset| value(offset, 0))).collect())
        }).collect();
        let sum: DVector<f64> = rows.iter().sum();
        let gram: DMatrix<f64> = rows.iter().map(|z| z * z.transpose()).sum();
        prop_assert_eq!(moments.count, rows.len() as f64);
        prop_assert!((moments.sum - sum).amax() < 1e-11);
        prop_assert!((moments.gram - gram).amax() < 1e-11);
    }
}

/// Forecasts the last value: a model whose errors are known.
fn repeat_last(batch: &Batch, out: &mut [Real]) {
    for (sample, out) in out.chunks_exact_mut(batch.horizon).enumerate() {
        out.fill(batch.column(batch.window - 1, sample)[0]);
    }
}

#[test]
fn a_model_is_scored_as_its_rivals_are_and_told_so() {
    let (frame, split) = frame(&waves(900, &[]), "60/20/20");
    let [train, validation, test] = Part::ALL.map(|part| frame.windows(&split, part, 48, 5).unwrap());
    let rivals = Rivals::fit(&frame, &split, &train, &validation, 24);
    let about = About { label: "LSTM", scored_times: 1 };
    let evaluation = evaluate(&frame, Part::Test, &test, &rivals, &mut repeat_last, &about);
    assert_eq!(evaluation.rows[0].scores, evaluation.rows[1].scores);
    let ids: Vec<&str> = evaluation.rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, ["model", "last", "seasonal", "ridge", "ridge-centred"]);
    // The wave is its season and noise: the season before beats the last value, and the linear model both.
    assert!(
        evaluation.sentence.starts_with("The linear model wins: on 176 test windows the LSTM is off by ")
            && evaluation.sentence.contains("but about as good as repeating the last value"),
        "{}",
        evaluation.sentence
    );
    let json = serde_json::to_value(&evaluation).unwrap();
    assert_eq!(json["part"], "test");
    for key in
        ["id", "label", "mse_scaled", "mae_scaled", "mae", "rmse", "mase", "per_step_mae", "per_step_rmse", "note"]
    {
        assert!(!json["rows"][0][key].is_null(), "{key}");
    }
}

/// Forecasts what stood in the window a day before.
fn repeat_the_day(batch: &Batch, out: &mut [Real]) {
    for (sample, out) in out.chunks_exact_mut(batch.horizon).enumerate() {
        for (step, out) in out.iter_mut().enumerate() {
            *out = batch.column(batch.window - 24 + step, sample)[0];
        }
    }
}

#[test]
fn a_shuffled_window_tells_who_goes_by_its_order() {
    let (frame, split) = frame(&waves(900, &[]), "60/20/20");
    let [train, validation, test] = Part::ALL.map(|part| frame.windows(&split, part, 48, 5).unwrap());
    let rivals = Rivals::fit(&frame, &split, &train, &validation, 24);
    let about = About { label: "LSTM", scored_times: 1 };
    let last = evaluate(&frame, Part::Test, &test, &rivals, &mut repeat_last, &about);
    assert!(last.order.ends_with("their order is of little use to it."), "{}", last.order);
    // The last row stays where it is, so the error does too.
    let shuffled = order::shuffled(&frame, &test, &mut repeat_last)[0].scores(&frame, None);
    assert_eq!(shuffled.mae, last.rows[0].scores.mae);
    let day = evaluate(&frame, Part::Test, &test, &rivals, &mut repeat_the_day, &about);
    assert!(day.order.ends_with("it goes by their order."), "{}", day.order);
    assert!(evaluate(&frame, Part::Validation, &validation, &rivals, &mut repeat_the_day, &about).order.is_empty());
}

#[test]
fn of_errors_that_are_no_numbers_nothing_is_said() {
    for errors in [(f64::NAN, 1.0), (1.0, f64::NAN), (f64::INFINITY, f64::INFINITY)] {
        assert_eq!(order::sentence(errors.0, errors.1, Some("°C")), "");
    }
    assert!(order::sentence(0.0, 0.0, None).ends_with("their order is of little use to it."));
}

#[test]
fn a_shuffled_window_has_the_same_rows() {
    let (frame, split) = frame(&waves(900, &[]), "60/20/20");
    let test = frame.windows(&split, Part::Test, 48, 5).unwrap();
    let column = |batch: &Batch, sample| (0..48).map(|step| batch.column(step, sample)[0]).collect::<Vec<Real>>();
    let sorted = |mut values: Vec<Real>| {
        values.sort_by(Real::total_cmp);
        values
    };
    let (mut kept, mut mixed) = (Vec::new(), Vec::new());
    let into = |all: &mut Vec<Vec<Real>>, batch: &Batch| all.extend((0..batch.size).map(|one| column(batch, one)));
    let mut keep = |batch: &Batch, _: &mut [Real]| into(&mut kept, batch);
    trace(&frame, &split, Part::Test, &test, &mut keep, 1);
    let mut mix = |batch: &Batch, _: &mut [Real]| into(&mut mixed, batch);
    order::shuffled(&frame, &test, &mut mix);
    assert_eq!(kept.len(), mixed.len());
    for (kept, mixed) in kept.iter().zip(&mixed) {
        assert!(kept != mixed && kept[47] == mixed[47]);
        assert_eq!(sorted(kept.clone()), sorted(mixed.clone()));
    }
    // Each window in an order of its own: a day later it would be the same, were it one order.
    let places = |index: usize| {
        mixed[index].iter().map(|value| kept[index].iter().position(|other| other == value)).collect::<Vec<_>>()
    };
    assert_ne!(places(0), places(1));
}

#[test]
fn a_model_is_not_handed_the_answer() {
    let (frame, split) = frame(&waves(900, &[]), "60/20/20");
    let test = frame.windows(&split, Part::Test, 48, 5).unwrap();
    let mut peek = |batch: &Batch, out: &mut [Real]| {
        assert!(batch.values[48 * batch.size * batch.features..].iter().all(|&value| value == 0.0));
        out.fill(0.0);
    };
    trace(&frame, &split, Part::Test, &test, &mut peek, 1);
}

#[test]
fn a_trace_has_a_value_for_every_row_that_a_window_reaches() {
    let columns = waves(900, &[760]);
    let (frame, split) = frame(&columns, "60/20/20");
    let test = frame.windows(&split, Part::Test, 12, 5).unwrap();
    let trace = trace(&frame, &split, Part::Test, &test, &mut repeat_last, 3);
    assert_eq!((trace.first, trace.predicted.len(), trace.actual.len()), (720, 180, 180));
    for (index, (&predicted, &actual)) in trace.predicted.iter().zip(&trace.actual).enumerate() {
        let row = 720 + index;
        assert!(if row == 760 { actual.is_nan() } else { (actual - columns[0][row]).abs() < 1e-4 });
        // Three steps ahead of the last row of a window; the window must not touch the gap nor leave the part.
        let origin = row - 2;
        let reached = row >= 722 && origin + 5 <= 900 && !(origin - 12..origin + 5).contains(&760);
        assert_eq!(!predicted.is_nan(), reached, "{row}");
        if reached {
            assert!((predicted - columns[0][row - 3]).abs() < 1e-4);
        }
    }
}

#[test]
fn intervals_hold_what_they_promise_on_errors_that_do_not_change() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    // Skewed noise: a symmetric interval would be too wide on one side.
    let column: Vec<f64> = (0..12_000).map(|_| (4.0 * noise(&mut rng)).exp()).collect();
    let (frame, split) = frame(&[column], "10/45/45");
    let [_, validation, test] = Part::ALL.map(|part| frame.windows(&split, part, 4, 3).unwrap());
    for coverage in [0.5, 0.8, 0.95] {
        let mut zero = |_: &Batch, out: &mut [Real]| out.fill(0.0);
        let interval = Interval::fit(&frame, &validation, &mut zero, coverage);
        assert!(interval.enough && interval.lower.len() == 3 && interval.windows >= 2500);
        let covered = interval.covered(&frame, &test, &mut zero);
        // Three standard deviations of a share over some 5,000 draws: 3 √(0.25 / 5000) = 0.021.
        assert!((covered - coverage).abs() < 0.021, "{covered} for {coverage}");
    }
}
