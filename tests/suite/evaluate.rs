//! Errors, baselines and intervals compared with numbers worked out by hand and with slow, direct calculations.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rand_chacha::{ChaCha8Rng, rand_core::Rng, rand_core::SeedableRng};
use unrolled::{
    Real,
    data::{Axis, Batch, Fill, Frame, FrameOptions, Part, Series, Split, Step, WindowSet},
    evaluate::{
        About, Baselines, Form, Reading, Ridge, evaluate,
        moments::Moments,
        naive::seasonal_naive,
        order,
        paired::ALPHA,
        ridge::{PENALTIES, lags},
        trace,
        unit::quantity,
    },
};

/// Tolerance of scaled values, which are stored as `Real` and compared with `f64`.
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
        cycles: None,
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
    let rows = Baselines::fit(&frame, &split, &train, &validation, 3).tables(&frame, &test).remove(0);
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-5, "{a} for {b}");

    // Last values 14, 18, 16 for (18, 16), (16, 20), (20, 17): errors 4, 2, 2, 2, 4, 1.
    let last = &rows[0].scores;
    close(last.mae, 15.0 / 6.0);
    close(last.rmse, (45.0_f64 / 6.0).sqrt());
    close(last.per_step_mae[0], 10.0 / 3.0);
    close(last.per_step_mae[1], 5.0 / 3.0);
    close(last.per_step_rmse[0], (36.0_f64 / 3.0).sqrt());
    // The training part is 3 5 4 8 6 9 12 10: its differences over three rows are 5, 1, 5, 4, 4, on average 3.8.
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
    // Row 8 is missing: row 5 replaces it.
    assert_eq!(forecast(&holed, 9, 2, 5, 3), (vec![9., 15., 13., 9., 15.], 0));
    // No row lies 12 rows before row 11, but row 0 lies 12 rows before row 12.
    assert_eq!(forecast(&whole, 9, 2, 2, 12), (vec![13., 3.], 1));
}

/// Inputs `[windows × inputs]` and truth `[windows × horizon]` of a set, materialised, in `f64`: the second column first, the
/// target last, in the ridge's order.
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

/// Ridge by the singular values of the centred inputs: `B = V diag(s / (s² + λ)) Uᵀ Y`; the validation error for each penalty, and
/// the forecasts of `test` under the best.
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
        (0..10).map(|c| waves(700, &[])[c % 2].iter().map(|x| x + c as f64).collect()).collect();
    let (frame, split) = frame(&columns, "60/20/20");
    let [train, validation, _] = Part::ALL.map(|part| frame.windows(&split, part, 96, 5).unwrap());
    let ridge = Ridge::fit(&frame, 0, &train, &validation)[0].clone().unwrap();
    assert!(ridge.cut && ridge.inputs == [0]);
}

#[test]
fn ridge_of_one_column_reads_as_many_of_the_last_rows_as_it_has_time_for_and_says_so() {
    let (frame, split) = frame(&waves(5000, &[])[..1], "60/20/20");
    // So long a horizon leaves few of the window's rows.
    let (window, horizon) = (800, 700);
    let [train, validation, test] = Part::ALL.map(|part| frame.windows(&split, part, window, horizon).unwrap());
    let [long, _] = Ridge::fit(&frame, 0, &train, &validation);
    let long = long.unwrap();
    let kept = lags(window, horizon, 1, 1);
    assert!(long.lags == kept && kept < window, "{kept}");
    // The same as a window of only those rows.
    let short = |set: &WindowSet| WindowSet {
        starts: set.starts.iter().map(|start| start + (window - kept) as u32).collect(),
        window: kept,
        horizon,
    };
    let [same, _] = Ridge::fit(&frame, 0, &short(&train), &short(&validation));
    let (few, mut out) = (&test.starts[..3], [vec![0.0; 3 * horizon], vec![0.0; 3 * horizon]]);
    long.forecast(&frame, few, &mut out[0]);
    let moved: Vec<u32> = few.iter().map(|start| start + (window - kept) as u32).collect();
    same.unwrap().forecast(&frame, &moved, &mut out[1]);
    assert_eq!(out[0], out[1]);
    let baselines = Baselines::new(24, vec![None], vec![[Some(long), None]]);
    let few = WindowSet { starts: few.into(), ..test };
    let note = baselines.tables(&frame, &few)[0].iter().find(|row| row.id == "ridge").unwrap().note.clone();
    assert!(note.contains(&format!("the last {kept} of the window's 800 steps")), "{note}");
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

/// Forecasts the last value: a model with known errors.
fn repeat_last(batch: &Batch, out: &mut [Real]) {
    for (sample, out) in out.chunks_exact_mut(batch.horizon).enumerate() {
        out.fill(batch.column(batch.window - 1, sample)[0]);
    }
}

#[test]
fn a_model_is_scored_as_the_baselines_are_and_told_so() {
    let (frame, split) = frame(&waves(900, &[]), "60/20/20");
    let [train, validation, test] = Part::ALL.map(|part| frame.windows(&split, part, 48, 5).unwrap());
    let baselines = Baselines::fit(&frame, &split, &train, &validation, 24);
    let about = About { label: "LSTM", scored_times: 1, ranges: None };
    let evaluation = evaluate(&frame, Part::Test, &test, &baselines, &mut repeat_last, &about);
    assert_eq!(evaluation.rows[0].scores, evaluation.rows[1].scores);
    let ids: Vec<&str> = evaluation.rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, ["model", "last", "seasonal", "ridge", "ridge-centred"]);
    // The wave is its season and noise: the season before beats the last value, and the linear model both.
    assert!(
        evaluation.sentence.starts_with("The linear model wins: the LSTM has a mean absolute error of ")
            && evaluation.sentence.contains(" on 176 test windows, ")
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

/// Noise about a level that changes at the test part: the plain linear model is better before it, the other one in it.
fn levels(test: f64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    vec![(0..900).map(|row| if row < 720 { 20.0 } else { test } + noise(&mut rng)).collect()]
}

#[test]
fn the_linear_model_of_the_verdict_is_chosen_by_validation_error_and_says_the_tables_number() {
    let said = |test| {
        let (frame, split) = frame(&levels(test), "60/20/20");
        let [train, validation, test] = Part::ALL.map(|part| frame.windows(&split, part, 24, 5).unwrap());
        let baselines = Baselines::fit(&frame, &split, &train, &validation, 24);
        let about = About { label: "LSTM", scored_times: 1, ranges: None };
        (baselines.best(&frame, Some(0)), evaluate(&frame, Part::Test, &test, &baselines, &mut repeat_last, &about))
    };
    let (chosen, moved) = said(60.0);
    assert_eq!((chosen, said(20.0).0), (Some("ridge"), Some("ridge")), "the test part chooses nothing");
    let row = |id: &str| moved.rows.iter().find(|row| row.id == id).unwrap();
    assert!(
        row("ridge-centred").scores.mae < row("ridge").scores.mae,
        "the case is one where looking would choose otherwise"
    );
    let wanted = format!("the linear model ({})", quantity(row("ridge").scores.mae, None));
    assert!(moved.sentence.contains(&wanted), "{}", moved.sentence);
    let noted: Vec<&str> =
        moved.rows.iter().filter(|row| row.note.contains("smallest validation error")).map(|row| row.id).collect();
    assert_eq!(noted, ["ridge"]);
}

/// Forecasts the window's values of a day before.
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
    let baselines = Baselines::fit(&frame, &split, &train, &validation, 24);
    let about = About { label: "LSTM", scored_times: 1, ranges: None };
    let last = evaluate(&frame, Part::Test, &test, &baselines, &mut repeat_last, &about);
    assert!(last.order.ends_with("the order hardly helps."), "{}", last.order);
    // The last row keeps its place, and so the error stays the same.
    for seed in 0..3 {
        let shuffled = order::shuffled(&frame, &test, &mut repeat_last, seed)[0].scores(&frame, None);
        assert_eq!(shuffled.mae, last.rows[0].scores.mae);
    }
    let day = evaluate(&frame, Part::Test, &test, &baselines, &mut repeat_the_day, &about);
    assert!(day.order.ends_with("the order matters."), "{}", day.order);
    assert!(evaluate(&frame, Part::Validation, &validation, &baselines, &mut repeat_the_day, &about).order.is_empty());
}

#[test]
fn of_errors_that_are_no_numbers_and_of_windows_without_an_order_nothing_is_said() {
    let (frame, split) = frame(&waves(900, &[]), "60/20/20");
    let of = |window| frame.windows(&split, Part::Test, window, 5).unwrap();
    let mut nothing = |_: &Batch, out: &mut [Real]| out.fill(Real::NAN);
    assert_eq!(order::test(&frame, &of(48), &mut nothing).sentence(Some("°C")), "");
    assert_eq!(order::test(&frame, &of(2), &mut repeat_last).sentence(Some("°C")), "");
    assert_ne!(order::test(&frame, &of(3), &mut repeat_last).sentence(Some("°C")), "");
}

/// Forecasts the last value plus a little of a random weighted sum over the window: shuffling it moves every error a little, up as
/// often as down.
fn repeat_last_with_noise(batch: &Batch, out: &mut [Real]) {
    for (sample, out) in out.chunks_exact_mut(batch.horizon).enumerate() {
        let of = |step: usize| f64::from(batch.column(step, sample)[0]) * if step * 7919 % 13 < 6 { 1.0 } else { -1.0 };
        let meaningless: f64 = (0..batch.window - 1).map(of).sum();
        out.fill(batch.column(batch.window - 1, sample)[0] + 0.05 * meaningless as Real);
    }
}

#[test]
fn that_the_order_matters_is_said_of_noise_no_more_often_than_chance_may() {
    let cases = 200;
    let (mut said, mut by_one_percent) = (0, 0);
    for seed in 0..cases {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let column: Vec<f64> = (0..900).map(|_| noise(&mut rng)).collect();
        let (frame, split) = frame(&[column], "20/10/70");
        let test = frame.windows(&split, Part::Test, 48, 5).unwrap();
        let found = order::test(&frame, &test, &mut repeat_last_with_noise);
        said += usize::from(found.finding == Some(order::Finding::Matters));
        by_one_percent += usize::from(found.shuffled > 1.01 * found.in_order);
    }
    let share = |count: usize| count as f64 / cases as f64;
    println!("said of {:.3}; raised by more than a percent in {:.3}", share(said), share(by_one_percent));
    // Half of the significant differences are higher errors. Three standard deviations of a share of 200: 3 √(0.025 · 0.975 / 200).
    assert!(share(said) < ALPHA / 2.0 + 0.033, "{}", share(said));
    assert!(share(by_one_percent) > 0.15, "a bound of one percent alone would say so: {}", share(by_one_percent));
}

#[test]
fn judging_the_order_costs_no_more_forecasts_however_long_the_test_part() {
    let (frame, split) = frame(&waves(9000, &[]), "20/20/60");
    let test = frame.windows(&split, Part::Test, 12, 3).unwrap();
    let mut asked = 0;
    let mut count = |batch: &Batch, out: &mut [Real]| {
        asked += batch.size;
        repeat_last(batch, out);
    };
    let found = order::test(&frame, &test, &mut count);
    assert!(test.starts.len() > 5000 && found.windows <= order::MOST_WINDOWS && found.every == 11);
    assert_eq!(asked, found.windows * (1 + order::SHUFFLES as usize));
}

#[test]
fn a_difference_that_some_windows_contradict_is_perhaps_by_chance() {
    // Noise: the order of the baselines is chance.
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let column: Vec<f64> = (0..900).map(|_| noise(&mut rng)).collect();
    let (frame, split) = frame(&[column], "60/20/20");
    let [train, validation, test] = Part::ALL.map(|part| frame.windows(&split, part, 48, 5).unwrap());
    let baselines = Baselines::fit(&frame, &split, &train, &validation, 24);
    let about = About { label: "LSTM", scored_times: 1, ranges: None };
    let said =
        |model: &mut dyn unrolled::evaluate::Predict| evaluate(&frame, Part::Test, &test, &baselines, model, &about);
    let day = said(&mut repeat_the_day);
    let chance = |id: &str| day.rows.iter().find(|row| row.id == id).unwrap().chance;
    assert_eq!((chance("model"), chance("seasonal")), (None, Some(1.0)), "the same forecasts");
    // Repeating any value costs half as much again as the mean, which is no chance; the choice of the value is.
    assert!(chance("last").unwrap() > 0.05 && chance("ridge").unwrap() < 0.05, "{:?}", day.rows);
    assert!(day.sentence.starts_with("The linear model"), "{}", day.sentence);
    let few = WindowSet { starts: test.starts[..20].into(), ..test.clone() };
    let short = evaluate(&frame, Part::Test, &few, &baselines, &mut repeat_the_day, &about);
    assert!(short.rows.iter().all(|row| row.chance.is_none()), "four blocks tell nothing");
    assert!(
        short.sentence.contains(" on 20 test windows: ") && short.sentence.contains("cannot rule out chance"),
        "{}",
        short.sentence
    );
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
    trace(&frame, &split, Part::Test, &test, &mut Reading::new(&mut keep), 1);
    let mut mix = |batch: &Batch, _: &mut [Real]| into(&mut mixed, batch);
    order::shuffled(&frame, &test, &mut mix, 0);
    assert_eq!(kept.len(), mixed.len());
    for (kept, mixed) in kept.iter().zip(&mixed) {
        assert!(kept != mixed && kept[47] == mixed[47]);
        assert_eq!(sorted(kept.clone()), sorted(mixed.clone()));
    }
    // Each window has an order of its own; with a single order it would repeat a day later.
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
    trace(&frame, &split, Part::Test, &test, &mut Reading::new(&mut peek), 1);
}

#[test]
fn a_trace_has_a_value_for_every_row_that_a_window_reaches() {
    let columns = waves(900, &[760]);
    let (frame, split) = frame(&columns, "60/20/20");
    let test = frame.windows(&split, Part::Test, 12, 5).unwrap();
    let trace = trace(&frame, &split, Part::Test, &test, &mut Reading::new(&mut repeat_last), 3);
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

proptest! {
    /// Numbers of any magnitude and sign: three significant digits (all of a whole number), within half a unit of the last.
    #[test]
    fn numbers_of_any_size_are_written_with_three_digits(power in -9.0..12.0_f64, nines in 0..6_i32, negative: bool) {
        // As drawn, and just below a power of ten, where rounding carries.
        let size = if nines == 0 { 10_f64.powf(power) } else { 10_f64.powi(power as i32) * (1.0 - 10_f64.powi(-nines)) };
        let value = if negative { -size } else { size };
        let text = quantity(value, None);
        let plain = text.replace(',', "");
        let read: f64 = plain.parse().unwrap();
        let mantissa = plain.split('e').next().unwrap();
        let digits = mantissa.trim_start_matches(['-', '0', '.']).chars().filter(char::is_ascii_digit).count();
        let whole = !mantissa.contains('.');
        prop_assert!(if whole { digits >= 3 } else { digits == 3 }, "{value}: {text}");
        let unit = if whole { 1.0 } else { 10_f64.powf(read.abs().log10().floor() - 2.0) };
        prop_assert!((read - value).abs() <= 0.500_001 * unit, "{value}: {text}");
        prop_assert!(text.starts_with('-') == negative && text.len() <= 12, "{value}: {text}");
    }
}
