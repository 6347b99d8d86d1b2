//! The rules of split, scale and windows, on any series: fitting never uses rows of its evaluation.

use proptest::prelude::*;
use unrolled::{
    Error, Real,
    data::{
        Axis, Batch, Cut, Fill, Frame, FrameOptions, Part, Series, Split, Step, calendar::axis::milliseconds,
        windows::fill::Gaps,
    },
};

fn axis(len: usize) -> Axis {
    // The first hour of ETTh1.
    let start = milliseconds(jiff_core::civil::datetime(2016, 7, 1, 0, 0, 0, 0)).unwrap();
    Axis { start, step: Step::Milliseconds(3_600_000), len, utc: false }
}

fn series(columns: &[Vec<f64>]) -> Series {
    let names = (0..columns.len()).map(|index| format!("c{index}")).collect();
    Series { axis: axis(columns[0].len()), names, columns: columns.to_vec(), sentinels: None }
}

fn options(inputs: &[&str], calendar: bool, ahead: usize) -> FrameOptions {
    let inputs = inputs.iter().map(|&name| name.to_owned()).collect();
    FrameOptions {
        targets: vec!["c0".to_owned()],
        inputs,
        calendar,
        fill: Fill::default(),
        ahead,
        scales: None,
        cycles: None,
    }
}

/// Two columns in which about one value in twenty-five is missing.
fn columns() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (30..150_usize).prop_flat_map(|rows| {
        let value = prop_oneof![24 => -50.0..50.0_f64, 1 => Just(f64::NAN)];
        prop::collection::vec(prop::collection::vec(value, rows), 2)
    })
}

/// Two columns with successive gaps of some steps.
fn gappy() -> impl Strategy<Value = Vec<Vec<f64>>> {
    let piece = (1..9_usize, 0..6_usize, -50.0..50.0_f64);
    let column = prop::collection::vec(piece, 8..12).prop_map(|pieces| {
        let runs = pieces.into_iter().flat_map(|(known, missing, level)| {
            (0..known).map(move |at| level + at as f64).chain(std::iter::repeat_n(f64::NAN, missing))
        });
        runs.chain((0..80).map(f64::from)).take(60).collect::<Vec<f64>>()
    });
    prop::collection::vec(column, 2)
}

proptest! {
    #[test]
    fn windows_keep_the_rules_and_none_is_left_out(
        columns in columns(), window in 1..12_usize, horizon in 1..8_usize, (train, validation) in (20..70_u32, 5..25_u32)
    ) {
        let series = series(&columns);
        let split = Split::parse(&format!("{train}/{validation}/{}", 100 - train - validation), &series.axis).unwrap();
        let Ok(frame) = Frame::new(&series, &split, &options(&["c1"], false, horizon)) else { return Ok(()) };
        for part in Part::ALL {
            let rows = split.rows(part);
            // The rules, spelt out row by row.
            let allowed: Vec<u32> = (0..series.axis.len)
                .filter(|&start| {
                    let (origin, end) = (start + window, start + window + horizon);
                    let past_allowed = part != Part::Train || rows.contains(&start);
                    past_allowed
                        && origin >= rows.start
                        && end <= rows.end
                        && (start..end).all(|row| columns.iter().all(|column| !column[row].is_nan()))
                })
                .map(|start| start as u32)
                .collect();
            match frame.windows(&split, part, window, horizon) {
                Ok(set) => prop_assert_eq!(set.starts.to_vec(), allowed),
                Err(Error::TooShort { needed, problem, .. }) => {
                    prop_assert!(allowed.is_empty());
                    prop_assert!(needed >= 1);
                    prop_assert!(problem.contains("would fit") || problem.contains("longer file"), "{}", problem);
                }
                Err(error) => prop_assert!(false, "{error}"),
            }
        }
    }

    #[test]
    fn nothing_in_a_window_was_filled_by_a_value_behind_its_end(
        columns in gappy(), noise in -1e6..1e6_f64, window in 1..9_usize, horizon in 1..5_usize, longest in 1..5_usize
    ) {
        let rows = columns[0].len();
        let split = Split::parse("60/20/20", &axis(rows)).unwrap();
        for gaps in [Gaps::Leave, Gaps::Hold, Gaps::Interpolate] {
            let mut options = FrameOptions { fill: Fill { gaps, longest }, ..options(&["c1"], false, horizon) };
            let Ok(frame) = Frame::new(&series(&columns), &split, &options) else { continue };
            options.scales = Some(frame.scales.clone());
            // The frame with other rows from `end` on: `how` 0 other values, 1 none at all.
            let otherwise = |end: usize, how: usize| {
                let mut columns = columns.clone();
                for value in columns.iter_mut().flat_map(|column| &mut column[end..]) {
                    *value = if how == 0 { if value.is_nan() { noise } else { noise - *value } } else { f64::NAN };
                }
                Frame::new(&series(&columns), &split, &options).unwrap()
            };
            let others: Vec<[Frame; 2]> = (0..=rows).map(|end| [0, 1].map(|how| otherwise(end, how))).collect();
            let unmoved = |from: usize, end: usize| {
                others[end].iter().all(|other| (from..end).all(|row| frame.row(row) == other.row(row)))
            };
            let measured = |row: usize| !columns[0][row].is_nan();
            for part in Part::ALL {
                let Ok(set) = frame.windows(&split, part, window, horizon) else { continue };
                for &start in set.starts.iter() {
                    let (start, origin) = (start as usize, start as usize + window);
                    let end = origin + horizon;
                    prop_assert!((start..end).all(|row| frame.row(row).iter().all(|value| value.is_finite())));
                    prop_assert!((origin..end).all(measured), "{gaps:?}: a filled value would be forecast");
                    // Neither its past with its origin, nor the whole of it.
                    prop_assert!(unmoved(start, origin) && unmoved(start, end), "{gaps:?}: {start}, {window}, {horizon}");
                }
                // With learning at every row, each row is such an end.
                for &start in frame.learnt_throughout(&set).iter().flat_map(|set| set.starts.iter()) {
                    for row in start as usize..start as usize + window + horizon {
                        prop_assert!(measured(row) && unmoved(start as usize, row + 1), "{gaps:?}: {start} to {row}");
                    }
                }
            }
            for lane in frame.lanes(0..rows, Cut { count: 2, longest: None, segment: 1, ahead: horizon }) {
                for row in lane.first..lane.first + lane.tokens + horizon {
                    prop_assert!(measured(row) && unmoved(lane.first, row + 1), "{gaps:?}: a lane from {} to {row}", lane.first);
                }
            }
            // The forecast's window is one that a longer series would have.
            let mut last = Batch::default();
            if frame.gather_last(window, horizon, &mut last).is_ok() {
                let mut longer = columns.clone();
                longer.iter_mut().for_each(|column| column.extend([noise; 4]));
                let longer = Frame::new(&series(&longer), &split, &options).unwrap();
                for step in 0..window {
                    prop_assert_eq!(last.column(step, 0), longer.row(rows - window + step));
                }
            }
        }
    }

    #[test]
    fn training_does_not_depend_on_what_comes_later(
        columns in columns(), noise in -1e6..1e6_f64, window in 1..8_usize, horizon in 1..4_usize
    ) {
        let (mut series, split) = (series(&columns), Split::parse("60/20/20", &axis(columns[0].len())).unwrap());
        let Ok(before) = Frame::new(&series, &split, &options(&["c1"], false, 0)) else { return Ok(()) };
        for column in &mut series.columns {
            for value in &mut column[split.train.end..] {
                *value = noise - *value;
            }
        }
        let after = Frame::new(&series, &split, &options(&["c1"], false, 0)).unwrap();
        prop_assert_eq!(&before.scales, &after.scales);
        let Ok(set) = before.windows(&split, Part::Train, window, horizon) else { return Ok(()) };
        prop_assert_eq!(&set, &after.windows(&split, Part::Train, window, horizon).unwrap());
        let mut batches = [Batch::default(), Batch::default()];
        before.gather(&set.starts, window, horizon, &mut batches[0]);
        after.gather(&set.starts, window, horizon, &mut batches[1]);
        prop_assert_eq!(&batches[0], &batches[1]);
        prop_assert!(batches[0].values.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn any_text_is_a_split_or_an_error_that_names_the_knob(text in ".{0,24}", rows in 0..200_usize) {
        match Split::parse(&text, &axis(rows)) {
            Ok(split) => prop_assert!(
                split.train.start == 0 && !split.train.is_empty() && split.train.end == split.validation.start
                    && !split.validation.is_empty() && split.validation.end == split.test.start
                    && !split.test.is_empty() && split.test.end <= rows
            ),
            Err(error) => prop_assert_eq!(error.place().knob, Some("split".to_owned())),
        }
    }
}

#[test]
fn a_split_in_percent_rows_or_dates() {
    let hours = axis(17_420);
    let rows = Split { train: 0..8640, validation: 8640..11_520, test: 11_520..14_400 };
    for text in [
        "8640, 11520, 14400",
        "2017-06-26, 2017-10-24, 2018-02-21",
        "8640;2017-10-24 00:00;14400",
        "8640,11520,2018-02-21T00:00Z",
    ] {
        assert_eq!(Split::parse(text, &hours).unwrap(), rows, "{text}");
    }
    assert_eq!(Split::parse("8640, 11520", &hours).unwrap().test, 11_520..17_420);
    let split = Split::parse("70/10/20", &axis(8730)).unwrap();
    assert_eq!((split.train, split.validation, split.test), (0..6111, 6111..6984, 6984..8730));
    assert_eq!(Split::parse(" 70 % / 10 % / 20 % ", &axis(8730)).unwrap().test.len(), 1746);
}

#[test]
fn a_split_that_does_not_fit_says_what_would() {
    let said = |text: &str, axis: &Axis| Split::parse(text, axis).unwrap_err().to_string();
    assert!(said("70/20/20", &axis(100)).contains("add up to 100"));
    assert!(said("80, 70, 100", &axis(100)).contains("60, 80, 100 would fit"), "{}", said("80, 70, 100", &axis(100)));
    assert!(said("80, 90, 101", &axis(100)).contains("has 100 rows"));
    assert!(said("80, soon, 100", &axis(100)).contains("“soon” is neither a row number nor a date"));
    assert!(said("half", &axis(100)).contains("70/10/20"));
    assert!(said("70/10/20", &axis(3)).contains("a longer series is needed"));
    assert!(said("2016-07-03, 80, 90", &Axis { step: Step::Rows, ..axis(100) }).contains("no dates"));
}

#[test]
fn too_short_names_rows_and_settings_that_fit() {
    let series = series(&[(0..30).map(f64::from).collect()]);
    let split = Split::parse("70/10/20", &series.axis).unwrap();
    let frame = Frame::new(&series, &split, &options(&[], false, 24)).unwrap();
    let error = frame.windows(&split, Part::Train, 168, 24).unwrap_err();
    let Error::TooShort { rows, needed, problem } = &error else { panic!("{error}") };
    assert_eq!((*rows, *needed), (21, 192));
    assert_eq!(
        problem,
        "The series is too short: a window of 168 with a horizon of 24 needs 192 rows for the training part, and there \
         are at most 21; a window of 11 with a horizon of 3 would fit."
    );
    for part in Part::ALL {
        assert!(!frame.windows(&split, part, 11, 3).unwrap().starts.is_empty());
    }
    let error = frame.windows(&split, Part::Validation, 4, 5).unwrap_err().to_string();
    assert!(error.contains("the validation part has 3 rows, fewer than the horizon of 5"), "{error}");
}

#[test]
fn columns_are_taken_in_order_and_batches_lie_as_promised() {
    let columns: Vec<Vec<f64>> =
        (0..3).map(|c| (0..40).map(|row| f64::from(100 * c + row * (c + 1))).collect()).collect();
    let series = series(&columns);
    let split = Split::parse("50/25/25", &series.axis).unwrap();
    let frame = Frame::new(&series, &split, &options(&["c2", "c0"], true, 6)).unwrap();
    // Hour of day needs a day of training rows, the weekday a week; there are 20 hours.
    assert_eq!((frame.names.as_slice(), frame.data_features), (["c0".to_owned(), "c2".to_owned()].as_slice(), 2));
    assert_eq!(frame.notes.len(), 3);
    let mut batch = Batch::default();
    frame.gather(&[3, 11, 7], 4, 2, &mut batch);
    assert_eq!((batch.size, batch.features, batch.values.len()), (3, 2, 2 * 6 * 3));
    for step in 0..6 {
        for (sample, start) in [3, 11, 7].into_iter().enumerate() {
            for (feature, column) in [0, 2].into_iter().enumerate() {
                let expected = frame.scales[feature].scale(columns[column][start + step]) as Real;
                assert_eq!(batch.column(step, sample)[feature], expected);
            }
        }
    }
    let error = Frame::new(&series, &split, &options(&["c9"], false, 0)).unwrap_err();
    assert_eq!(error.place().knob.as_deref(), Some("inputs"));
}

#[test]
fn windows_side_by_side_and_far_apart_are_gathered_alike() {
    let columns: Vec<Vec<f64>> = (0..9).map(|c| (0..300).map(|row| f64::from(row * (c + 1) % 97)).collect()).collect();
    let series = series(&columns);
    let split = Split::parse("50/25/25", &series.axis).unwrap();
    let starts: Vec<u32> = (5..21).chain([3, 100, 101, 50, 240]).collect();
    for inputs in [&[][..], &["c4"], &["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"]] {
        let frame = Frame::new(&series, &split, &options(inputs, false, 0)).unwrap();
        let mut batch = Batch::default();
        frame.gather(&starts, 50, 10, &mut batch);
        for step in 0..60 {
            for (sample, &start) in starts.iter().enumerate() {
                assert_eq!(batch.column(step, sample), frame.row(start as usize + step), "{step}, {sample}");
            }
        }
    }
}

#[test]
fn a_column_without_values_or_with_wild_ones_is_named() {
    let rows = 60;
    let good: Vec<f64> = (0..rows).map(f64::from).collect();
    let split = Split::parse("50/25/25", &axis(60)).unwrap();
    let said = |column: Vec<f64>| {
        let error = Frame::new(&series(&[good.clone(), column]), &split, &options(&["c1"], false, 0)).unwrap_err();
        assert_eq!(error.place().column.as_deref(), Some("c1"));
        error.to_string()
    };
    assert!(said(vec![f64::NAN; 60]).contains("no value in the training part"));
    assert!(said((0..60).map(|row| if row == 3 { 1e300 } else { 1.0 }).collect()).contains("too large"));
    let late = said((0..60).map(|row| if row == 55 { 1e300 } else { f64::from(row) }).collect());
    assert!(late.contains("1e300 at 2016-07-03 07:00"), "{late}");
    let constant = Frame::new(&series(&[good.clone(), vec![5.0; 60]]), &split, &options(&["c1"], false, 0)).unwrap();
    assert!(constant.notes[0].contains("constant") && constant.row(59)[1] == 0.0);
}

#[test]
fn the_last_window_knows_the_calendar_ahead_and_nothing_else() {
    let series = series(&[(0..400).map(f64::from).collect()]);
    let split = Split::parse("50/25/25", &series.axis).unwrap();
    let frame = Frame::new(&series, &split, &options(&[], true, 24)).unwrap();
    assert_eq!((frame.features, frame.data_features), (5, 1));
    let mut batch = Batch::default();
    frame.gather_last(48, 24, &mut batch).unwrap();
    assert_eq!((batch.size, batch.values.len()), (1, 5 * 72));
    assert_eq!(batch.column(47, 0), frame.row(399));
    for step in 48..72 {
        assert_eq!(batch.column(step, 0)[0], 0.0);
        // The hour repeats after a day, whether it lies beyond the end or not.
        for feature in [1, 2] {
            let before = batch.column(step - 24, 0)[feature];
            assert!((batch.column(step, 0)[feature] - before).abs() < 1e-6);
        }
    }
    assert!(matches!(frame.gather_last(48, 25, &mut batch), Err(Error::NotReady { .. })));
    assert!(matches!(frame.gather_last(401, 24, &mut batch), Err(Error::TooShort { rows: 400, .. })));
}

#[test]
fn a_gap_in_the_last_window_is_named() {
    let mut column: Vec<f64> = (0..400).map(f64::from).collect();
    column[390] = f64::NAN;
    let series = series(&[column]);
    let split = Split::parse("50/25/25", &series.axis).unwrap();
    let frame = Frame::new(&series, &split, &options(&[], false, 24)).unwrap();
    let mut batch = Batch::default();
    let error = frame.gather_last(10, 24, &mut batch).unwrap_err();
    // Row 390 is 16 days and 6 hours after the first.
    assert_eq!(
        error.to_string(),
        "The forecast starts from the last 10 rows, but “c0” has no value at 2016-07-17 06:00; fill the gap, or choose \
         a window of at most 9."
    );
    frame.gather_last(9, 24, &mut batch).unwrap();
}

#[test]
fn a_forecast_starts_from_a_gap_only_where_the_last_value_is_carried_forward() {
    let mut column: Vec<f64> = (0..400).map(f64::from).collect();
    column[397..].fill(f64::NAN);
    let series = series(&[column]);
    let split = Split::parse("50/25/25", &series.axis).unwrap();
    let last = |gaps, longest| {
        let options = FrameOptions { fill: Fill { gaps, longest }, ..options(&[], false, 24) };
        let frame = Frame::new(&series, &split, &options).unwrap();
        let mut batch = Batch::default();
        frame
            .gather_last(10, 24, &mut batch)
            .map(|()| frame.scales[0].unscale(f64::from(batch.column(9, 0)[0])).round())
    };
    assert_eq!(last(Gaps::Hold, 3), Ok(396.0));
    for (gaps, longest, remedy) in [
        (Gaps::Interpolate, 3, "carry the last value forward"),
        (Gaps::Leave, 3, "carry the last"),
        (Gaps::Hold, 2, "more steps"),
    ] {
        let said = last(gaps, longest).unwrap_err().to_string();
        assert!(said.contains("no value at 2016-07-17 15:00") && said.contains(remedy), "{said}");
    }
}

#[test]
fn what_was_filled_is_neither_scaled_by_nor_scored() {
    let mut column: Vec<f64> = (0..400).map(|row| f64::from(row % 9)).collect();
    let measured = column.clone();
    (50..350).step_by(60).for_each(|row| column[row..row + 3].fill(f64::NAN));
    let split = Split::parse("50/25/25", &axis(400)).unwrap();
    let with = |gaps| {
        let options = FrameOptions { fill: Fill { gaps, ..Fill::default() }, ..options(&[], false, 0) };
        Frame::new(&series(std::slice::from_ref(&column)), &split, &options).unwrap()
    };
    let left = with(Gaps::Leave);
    for gaps in [Gaps::Hold, Gaps::Interpolate] {
        let frame = with(gaps);
        assert_eq!((frame.scales[0], frame.filled[0].len()), (left.scales[0], 15));
        assert!(frame.notes[0].contains("15 missing values were filled"), "{:?}", frame.notes);
        for row in 0..400 {
            let truth = frame.scales[0].unscale(f64::from(frame.truth_at(0, row)));
            assert!((truth - measured[row]).abs() < 1e-5 || (truth.is_nan() && column[row].is_nan()));
            assert!(frame.target_at(0, row).is_finite());
        }
    }
}

#[test]
fn gathering_does_not_allocate_once_it_has_grown() {
    let series = series(&[(0..400).map(f64::from).collect()]);
    let split = Split::parse("50/25/25", &series.axis).unwrap();
    let frame = Frame::new(&series, &split, &options(&[], false, 0)).unwrap();
    let mut batch = Batch::default();
    frame.gather(&[0, 1, 2, 3], 24, 6, &mut batch);
    let (address, capacity) = (batch.values.as_ptr(), batch.values.capacity());
    for size in [1, 4, 3] {
        frame.gather(&[5, 6, 7, 8][..size], 24, 6, &mut batch);
        assert_eq!((batch.values.as_ptr(), batch.values.capacity()), (address, capacity));
    }
}
