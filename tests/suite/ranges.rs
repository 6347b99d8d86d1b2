//! Ranges from the errors at past origins: their coverage, what they know at an origin, their form, and their scores.

use rand_chacha::{ChaCha8Rng, rand_core::Rng, rand_core::SeedableRng};
use unrolled::Real;
use unrolled::data::{Axis, Batch, Fill, Frame, FrameOptions, Part, Series, Split, Step};
use unrolled::evaluate::walk::rows_of_walk;
use unrolled::evaluate::{About, Baselines, Interval, Measured, Past, Predict, Ranges, Reading, evaluate};

/// One column, with room for windows that end behind it.
fn frame(column: &[f64], split: &str) -> (Frame, Split) {
    let axis = Axis { start: 0, step: Step::Milliseconds(3_600_000), len: column.len(), utc: true };
    let options = FrameOptions {
        targets: vec!["x".to_owned()],
        inputs: Vec::new(),
        calendar: false,
        fill: Fill::default(),
        ahead: 24,
        scales: None,
        cycles: None,
    };
    let series = Series { axis, names: options.targets.clone(), columns: vec![column.to_vec()], sentinels: None };
    let split = Split::parse(split, &axis).unwrap();
    (Frame::new(&series, &split, &options).unwrap(), split)
}

/// The sum of three uniform numbers, about normal.
fn noise(rng: &mut ChaCha8Rng) -> f64 {
    (0..3).map(|_| rng.next_u32() as f64 / f64::from(u32::MAX) - 0.5).sum()
}

fn repeat_last(batch: &Batch, out: &mut [Real]) {
    for (sample, out) in out.chunks_exact_mut(batch.horizon).enumerate() {
        out.fill(batch.column(batch.window - 1, sample)[0]);
    }
}

/// Forecasts that are 0 at every step.
fn zero(_: &Batch, out: &mut [Real]) {
    out.fill(0.0);
}

/// The quality of the ranges of `model` on the test part of one column, at these levels, `[levels]`, and that of the seasonal naive's.
fn walked(
    column: &[f64],
    split: &str,
    (window, horizon): (usize, usize),
    levels: &[f64],
    model: &mut dyn Predict,
) -> [Vec<Measured>; 2] {
    let (frame, split) = frame(column, split);
    let [train, validation, test] = Part::ALL.map(|part| frame.windows(&split, part, window, horizon).unwrap());
    let baselines = Baselines::fit(&frame, &split, &train, &validation, 1);
    let rows = rows_of_walk(split.validation.start, &split.test);
    let past = Past::over(&frame, rows, (window, horizon), &mut Reading::new(model));
    let ranges = Ranges { past: &past, levels, limits: &[] };
    let about = About { label: "zero", scored_times: 1, ranges: Some(ranges) };
    let found = evaluate(&frame, Part::Test, &test, &baselines, model, &about);
    let validated = evaluate(&frame, Part::Validation, &validation, &baselines, model, &about);
    assert!(validated.range.is_none() && validated.ranges.is_empty(), "the ranges are made from those errors");
    ["model", "seasonal"]
        .map(|id| found.ranges.iter().filter(|row| row.id == id).map(|row| row.measured.clone()).collect())
}

#[test]
fn ranges_hold_what_they_promise_on_errors_that_do_not_change() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    // Skewed noise: a symmetric interval would be too wide on one side.
    let column: Vec<f64> = (0..12_000).map(|_| (2.0 * noise(&mut rng)).exp()).collect();
    let levels = [0.5, 0.8, 0.95];
    let [model, seasonal] = walked(&column, "10/45/45", (4, 3), &levels, &mut zero);
    for (measured, level) in model.iter().zip(levels) {
        // Three standard deviations of a share over some 5,000 draws, 3 √(0.25 / 5000) = 0.021, and of one from some 400 errors.
        assert!((measured.coverage - level).abs() < 0.035 && measured.level == level, "{measured:?}");
        assert!(measured.windows >= 5390 && measured.per_step_width.len() == 3);
        let mean = measured.per_step_score.iter().sum::<f64>() / 3.0;
        assert!((measured.score / mean - 1.0).abs() < 1e-12 && measured.score > measured.width);
    }
    assert!(model.windows(2).all(|pair| pair[0].width < pair[1].width));
    assert_eq!(seasonal.len(), 3);
    // A random forecast of noise is worse than its middle.
    assert!(model[1].score < seasonal[1].score);
}

#[test]
fn the_interval_score_is_the_width_and_what_the_truth_is_outside() {
    // Values around 0, and one test window with a single step, whose truth is 0.5, or 7.
    let mut column: Vec<f64> = (0..400).map(|row| if row % 2 == 0 { 1.0 } else { -1.0 }).collect();
    column[399] = 0.5;
    let [same, _] = walked(&column, "200, 399, 400", (2, 1), &[0.8], &mut zero);
    column[399] = 7.0;
    let [raised, _] = walked(&column, "200, 399, 400", (2, 1), &[0.8], &mut zero);
    assert_eq!((same[0].coverage, raised[0].coverage, same[0].windows), (1.0, 0.0, 1));
    assert_eq!((same[0].score, same[0].width), (same[0].width, raised[0].width));
    // The errors are as often 1 as -1.
    let outside = 7.0 - raised[0].width / 2.0;
    let score = raised[0].width + 2.0 / 0.2 * outside;
    assert!((raised[0].score / score - 1.0).abs() < 0.01, "{} {score}", raised[0].score);
}

#[test]
fn the_walk_uses_no_error_before_it_is_known() {
    // Two series that differ from row 900 on: until then every range is the same, and so is whatever is judged there.
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let column: Vec<f64> = (0..1000).map(|_| noise(&mut rng)).collect();
    let mut other = column.clone();
    other.iter_mut().skip(900).for_each(|value| *value *= 50.0);
    let past = |column: &[f64]| {
        let (frame, split) = frame(column, "60/20/20");
        Past::over(&frame, split.validation.start..1000, (8, 6), &mut Reading::new(&mut zero))
    };
    let (one, two) = (past(&column), past(&other));
    let at = |past: &Past, row: usize| {
        let ranges = Ranges { past, levels: &[0.5, 0.8, 0.95], limits: &[] };
        Interval::known(&ranges, row)
    };
    for row in [650, 800, 899, 900] {
        assert!(at(&one, row).is_some() && at(&one, row) == at(&two, row), "{row}");
    }
    assert_ne!(at(&one, 901), at(&two, 901));
    // Nine origins with a known error are the fewest.
    assert!(at(&one, 608).is_none() && at(&one, 609).is_some());
}

#[test]
fn ranges_lie_in_each_other_and_have_a_width_unless_the_series_is_constant() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let noisy: Vec<f64> = (0..200).map(|_| noise(&mut rng)).collect();
    let rare: Vec<f64> = (0..200).map(|row| if row == 20 || row == 70 { 5.0 } else { 0.0 }).collect();
    let walk: Vec<f64> = noisy
        .iter()
        .scan(0.0, |sum, step| {
            *sum += step;
            Some(*sum)
        })
        .collect();
    let levels: Vec<f64> = (1..100).step_by(7).map(|percent| f64::from(percent) / 100.0).collect();
    for (column, has_width) in [(noisy, true), (walk, true), (rare, true), (vec![3.0; 200], false)] {
        let (frame, split) = frame(&column, "70/10/20");
        for row in [149, 150, 160, 200] {
            let past = Past::over(&frame, split.validation.start..row, (4, 12), &mut Reading::new(&mut repeat_last));
            let found = Interval::known(&Ranges { past: &past, levels: &levels, limits: &[] }, row).unwrap();
            assert_eq!(found.fault(), None);
            let all = found.all();
            assert!(all.len() == levels.len() && found.shown.level == 0.78);
            assert!(all.iter().all(|one| (0..12).all(|step| (one.upper[step] > one.lower[step]) == has_width)));
        }
    }
}

#[test]
fn a_bias_of_the_errors_shifts_the_range_unless_other_weights_forecast() {
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    let column: Vec<f64> = (0..1000).map(|row| noise(&mut rng) + if row < 600 { 0.0 } else { 3.0 }).collect();
    let (frame, split) = frame(&column, "60/20/20");
    let mut past = Past::over(&frame, split.validation.start..1000, (8, 6), &mut Reading::new(&mut zero));
    let shown = |past: &Past| {
        let found = Interval::known(&Ranges { past, levels: &[0.8], limits: &[] }, 1000).unwrap().shown;
        (found.lower[0], found.upper[0])
    };
    let (lower, upper) = shown(&past);
    assert!(lower > -0.5 * upper, "{lower} {upper}");
    past.refitted = true;
    let (lower, upper) = shown(&past);
    assert!((lower + upper).abs() < 1e-9 * upper, "{lower} {upper}");
}

#[test]
fn short_series_are_covered_about_as_often_as_the_level_says() {
    // Monthly values of five to ten years, 12 ahead: validation and test part have fewer rows than two horizons.
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for (name, rows, kept) in [("autoregressive", 100, 0.8), ("random walk", 100, 1.0), ("noise", 60, 0.0)] {
        let (mut inside, mut all) = ([0.0; 3], 0.0);
        for _ in 0..400 {
            let mut last = 0.0;
            let column: Vec<f64> = (0..rows + 12)
                .map(|_| {
                    last = kept * last + noise(&mut rng);
                    last
                })
                .collect();
            let (frame, split) = frame(&column[..rows], "70/10/20");
            let past = Past::over(&frame, split.validation.start..rows, (4, 12), &mut Reading::new(&mut repeat_last));
            let ranges = Ranges { past: &past, levels: &[0.5, 0.8, 0.95], limits: &[] };
            let found = Interval::known(&ranges, rows).unwrap();
            for (step, truth) in column[rows..].iter().enumerate() {
                let error = (truth - column[rows - 1]) / frame.scales[0].std;
                for (inside, bounds) in inside.iter_mut().zip(found.all()) {
                    *inside += f64::from(u8::from(bounds.lower[step] <= error && error <= bounds.upper[step]));
                }
                all += 1.0;
            }
        }
        // Of 400 series whose 12 errors go together, three standard deviations are 3 √(0.16 / 400) = 0.06.
        for (inside, level) in inside.iter().zip([0.5, 0.8, 0.95]) {
            assert!((inside / all - level).abs() < 0.06, "{name}, {level}: {}", inside / all);
        }
    }
}
