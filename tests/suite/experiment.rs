//! The experiment that outlives a model: the count of test scorings, the baselines, the rows that a saved model has learnt from,
//! and the windows of a comparison of models.

use std::sync::Arc;

use crate::common::{noisy_sine, plain, settings};
use unrolled::data::{Axis, Fill, Part, Series, Split, Step};
use unrolled::evaluate::Baselines;
use unrolled::experiment::{Basis, Experiments};
use unrolled::knob::Raw;
use unrolled::session::Loading;
use unrolled::{Error, Session};

const HOUR: i64 = 3_600_000;

/// Settings of a network that trains in a moment.
pub fn small(more: &str) -> Raw {
    let mut raw = plain(
        r#"{"target": "temp_c", "architecture": "gru", "hidden": 4, "window": 24, "horizon": 6, "segment": 6, "epochs": 1}"#,
    );
    raw.extend(settings(more));
    raw
}

/// Such a network, trained.
pub fn trained(series: Series, more: &str) -> Session {
    let mut session = Session::new(series);
    train(&mut session, more);
    session
}

fn train(session: &mut Session, more: &str) {
    session.configure(&small(more)).unwrap_or_else(|error| panic!("{more}: {error}"));
    while session.advance().unwrap() {}
}

/// A second column, of another size.
fn two_columns(rows: usize) -> Series {
    let mut series = noisy_sine(rows);
    series.names.push("load".to_owned());
    series
        .columns
        .push(series.columns[0].iter().enumerate().map(|(t, x)| 900.0 + 40.0 * x + (t % 168) as f64).collect());
    series
}

/// The rows from `first` on.
fn later(mut series: Series, first: usize) -> Series {
    series.axis.start = series.axis.at(first);
    series.axis.len -= first;
    series.columns.iter_mut().for_each(|column| drop(column.drain(..first)));
    series
}

fn scored(session: &mut Session) -> usize {
    session.evaluate(Part::Test).unwrap().scored_times
}

#[test]
fn scorings_are_counted_for_the_experiment_over_models_and_loads() {
    let mut session = Session::new(noisy_sine(300));
    train(&mut session, "{}");
    assert_eq!([scored(&mut session), scored(&mut session)], [1, 1], "the same weights are scored once");
    train(&mut session, r#"{"hidden": 5}"#);
    assert_eq!(scored(&mut session), 2, "another model on the same test part");
    let bytes = session.save().unwrap();
    session.load(&bytes, &Default::default()).unwrap();
    let evaluation = session.evaluate(Part::Test).unwrap();
    assert_eq!(evaluation.scored_times, 3);
    assert!(evaluation.rows[0].note.contains("was scored 3 times"), "{}", evaluation.rows[0].note);
    // Another split is another experiment; the first one's count continues.
    train(&mut session, r#"{"split": "70/10/20"}"#);
    assert_eq!(scored(&mut session), 1);
    train(&mut session, r#"{"split": "60/20/20"}"#);
    assert_eq!(scored(&mut session), 4);
    assert_eq!(session.evaluate(Part::Validation).unwrap().scored_times, 4);
}

#[test]
fn scorings_are_counted_over_sessions_of_whoever_hands_the_count_on() {
    let mut first = trained(noisy_sine(300), "{}");
    assert_eq!(scored(&mut first), 1);
    // A session of the same series shares its count.
    let mut fork = first.fork();
    assert!(fork.configured().is_none());
    train(&mut fork, r#"{"seed": 2}"#);
    assert_eq!(scored(&mut fork), 2);
    // An independent session gets the count from outside.
    let mut other = trained(noisy_sine(300), r#"{"seed": 3}"#);
    let fingerprint = other.configured().unwrap().fingerprint.clone();
    assert_eq!(fingerprint, first.configured().unwrap().fingerprint);
    other.scored_before(&fingerprint, 2);
    assert_eq!(scored(&mut other), 3);
    other.scored_before(&fingerprint, 1);
    train(&mut other, r#"{"seed": 4}"#);
    assert_eq!(scored(&mut other), 4, "a count never falls");
}

#[test]
fn a_fingerprint_is_of_rows_values_split_and_targets_alone() {
    let of = |series: Series, more: &str| {
        let mut session = Session::new(series);
        session.configure(&small(more)).unwrap().fingerprint.clone()
    };
    let usual = of(two_columns(300), "{}");
    assert!(usual.len() == 16 && usual.bytes().all(|digit| digit.is_ascii_hexdigit()), "{usual}");
    for same in [
        r#"{"hidden": 7, "seed": 3}"#,
        r#"{"window": 30, "horizon": 5}"#,
        r#"{"inputs": "load"}"#,
        r#"{"split": "180, 240"}"#,
    ] {
        assert_eq!(of(two_columns(300), same), usual, "{same}");
    }
    let changed = |change: &dyn Fn(&mut Series)| {
        let mut series = two_columns(300);
        change(&mut series);
        of(series, "{}")
    };
    let others = [
        of(two_columns(300), r#"{"split": "70/10/20"}"#),
        of(two_columns(300), r#"{"target": "load"}"#),
        of(two_columns(300), r#"{"target": "temp_c, load"}"#),
        of(two_columns(301), "{}"),
        of(noisy_sine(300), "{}"),
        changed(&|series| series.columns[1][299] += 1e-9),
        changed(&|series| series.columns[1][7] = f64::NAN),
        changed(&|series| series.axis.start += HOUR),
        changed(&|series| series.axis.step = Step::Milliseconds(HOUR / 2)),
        changed(&|series| series.names[1] = "load_kw".to_owned()),
    ];
    let different: std::collections::BTreeSet<_> = others.iter().chain([&usual]).collect();
    assert_eq!(different.len(), others.len() + 1, "{others:?}");
}

#[test]
fn baselines_are_fitted_once_for_each_basis() {
    let experiments = Experiments::new(noisy_sine(300));
    let split = Split::parse("70/10/20", &experiments.series().axis).unwrap();
    let experiment = experiments.of(&split, "").unwrap();
    assert!(Arc::ptr_eq(&experiment, &experiments.of(&split, "temp_c").unwrap()), "the same targets, said otherwise");
    let basis = |season| Basis {
        season,
        window: 24,
        horizon: 6,
        columns: vec!["temp_c".to_owned()],
        scales: Vec::new(),
        fill: Fill::default(),
    };
    let none = |season| Baselines::new(season, Vec::new(), Vec::new());
    let first = experiment.baselines(basis(24), || none(24));
    assert!(Arc::ptr_eq(&first, &experiment.baselines(basis(24), || panic!("fitted again"))));
    assert_eq!(experiment.baselines(basis(12), || none(12)).season, 12);
}

#[test]
fn models_that_share_an_experiment_are_measured_as_one_that_is_alone() {
    let mut series = two_columns(400);
    (0..400).step_by(57).for_each(|row| series.columns[0][row] = f64::NAN);
    let mut shared = Session::new(series.clone());
    for more in [
        "{}",
        r#"{"hidden": 5}"#,
        r#"{"season": 7}"#,
        r#"{"window": 18}"#,
        r#"{"horizon": 3}"#,
        r#"{"inputs": "load"}"#,
        r#"{"gaps": "hold"}"#,
        r#"{"gaps": "interpolate"}"#,
        r#"{"target": "temp_c, load"}"#,
        r#"{"split": "60/20/20"}"#,
        "{}",
    ] {
        train(&mut shared, more);
        let mut alone = trained(series.clone(), more);
        for part in [Part::Validation, Part::Test] {
            let [shared, alone] = [&mut shared, &mut alone].map(|session| session.evaluate(part).unwrap());
            assert_eq!(shared.sentence, alone.sentence, "{more}");
            for (shared, alone) in shared.rows.iter().zip(&alone.rows) {
                assert_eq!(
                    (shared.id, &shared.scores, shared.chance),
                    (alone.id, &alone.scores, alone.chance),
                    "{more}"
                );
            }
        }
    }
}

/// Why a model is refused on `series`, and whether it could be accepted.
fn refused(bytes: &[u8], series: Series) -> (String, bool) {
    let mut session = Session::new(series);
    let error = session.load(bytes, &Default::default()).expect_err("refused");
    assert!(session.configured().is_none());
    let usable = matches!(error, Error::OtherRows { usable: true, .. });
    assert_eq!(error.code(), if usable { "other-rows" } else { "other-series" }, "{error}");
    (error.to_string(), usable)
}

#[test]
fn a_model_of_other_rows_is_refused_and_both_sides_are_said() {
    let bytes = trained(two_columns(300), r#"{"inputs": "load"}"#).save().unwrap();

    let mut daily = two_columns(300);
    daily.axis.step = Step::Milliseconds(24 * HOUR);
    let (said, usable) = refused(&bytes, daily);
    assert!(said.contains("trained on hourly rows to 2013-01-10 23:00, and these are daily rows") && !usable, "{said}");

    let (said, usable) = refused(&bytes, noisy_sine(300));
    assert!(said.contains("its column “load” is not in this file, which has temp_c") && !usable, "{said}");

    // One value, in a row that chose the epoch.
    let mut corrected = two_columns(300);
    corrected.columns[1][239] += 0.5;
    let (said, usable) = refused(&bytes, corrected);
    assert!(said.contains("other values of “load” between 2013-01-01 00:00 and 2013-01-10 23:00") && usable, "{said}");

    let (said, usable) = refused(&bytes, later(two_columns(600), 300));
    assert!(said.contains("learnt from rows from 2013-01-01 00:00 to 2013-01-10 23:00"), "{said}");
    assert!(said.contains("these are from 2013-01-13 12:00 to 2013-01-25 23:00") && usable, "{said}");

    // With row numbers, as of a file without times.
    let numbered =
        |rows| Series { axis: Axis { start: 0, step: Step::Rows, len: rows, utc: false }, ..noisy_sine(rows) };
    let bytes = trained(numbered(300), "{}").save().unwrap();
    let (said, usable) = refused(&bytes, numbered(200));
    assert!(said.contains("row 1 to row 240, and these are from row 1 to row 200") && usable, "{said}");
}

#[test]
fn rows_that_continue_those_of_a_model_are_taken_and_it_is_said() {
    let mut here = trained(noisy_sine(300), "{}");
    let bytes = here.save().unwrap();
    assert_eq!(here.load(&bytes, &Default::default()).unwrap().trained_on, "");
    // The model has not learnt from the test part, so another value there does not matter.
    let mut corrected = noisy_sine(300);
    corrected.columns[0][240] += 1.0;
    assert_eq!(Session::new(corrected).load(&bytes, &Default::default()).unwrap().trained_on, "");

    let mut session = Session::new(noisy_sine(400));
    let configured = session.load(&bytes, &Default::default()).unwrap();
    assert_eq!(configured.trained_on, "These rows continue the model’s own rows, to 2013-01-10 23:00.");
    let last = session.series().axis.at(399);
    assert_eq!(session.forecast(1).unwrap().times, [last + HOUR]);
    assert_eq!(scored(&mut session), 1);
    // Saved again, it still names its learnt rows.
    let again = session.save().unwrap();
    let mut after = Session::new(noisy_sine(500));
    let trained_on = after.load(&again, &Default::default()).unwrap().trained_on.clone();
    assert!(trained_on.ends_with("to 2013-01-10 23:00."), "{trained_on}");
    assert_eq!(here.load(&again, &Default::default()).unwrap().trained_on, "");
    assert!(refused(&again, later(noisy_sine(500), 1)).1);
}

#[test]
fn no_model_is_scored_on_rows_that_it_has_learnt_from() {
    // Of rows that begin earlier, the same share trains: 100 rows before would put 80 learnt rows into the test part.
    let bytes = trained(later(noisy_sine(500), 100), "{}").save().unwrap();
    let mut session = Session::new(noisy_sine(500));
    let error = session.load(&bytes, &Default::default()).unwrap_err();
    assert_eq!(error.place().knob.as_deref(), Some("split"));
    let said = error.to_string();
    assert!(said.contains("the test part would begin at 2013-01-17 16:00"), "{said}");
    assert!(said.contains("has learnt from rows to 2013-01-18 11:00"), "{said}");
    assert!(said.contains("begins later: 340, 420"), "{said}");
    assert!(session.configured().is_none());

    let with = |split: &str| Loading::from(settings(&format!(r#"{{"split": "{split}", "hidden": 50}}"#)));
    assert_eq!(session.load(&bytes, &with("380, 419")).unwrap_err().place().knob.as_deref(), Some("split"));
    let configured = session.load(&bytes, &with("380, 420")).unwrap();
    assert_eq!((configured.split.test.from, &configured.settings["hidden"]), (420, &4.into()), "its own settings else");
    assert!(configured.trained_on.starts_with("These rows contain the model’s own rows"), "{}", configured.trained_on);
    assert_eq!(scored(&mut session), 1);
    let overlaps = session.load(&bytes, &with("300, 420")).unwrap().trained_on.clone();
    assert!(overlaps.contains("validation error is too small"), "{overlaps}");

    // No test row is left.
    let mut cut = noisy_sine(500);
    cut.axis.len = 420;
    cut.columns[0].truncate(420);
    let said = Session::new(cut).load(&bytes, &Default::default()).unwrap_err().to_string();
    assert!(said.contains("open a series with later rows"), "{said}");
    // Where its own split fits, the given one does not count.
    let mut same = Session::new(later(noisy_sine(500), 100));
    assert_eq!(same.load(&bytes, &with("70/10/20")).unwrap().settings["split"], "60/20/20");
}

#[test]
fn another_series_of_the_same_kind_is_taken_where_a_person_says_so() {
    let bytes = trained(noisy_sine(300), "{}").save().unwrap();
    let other = || {
        let mut series = noisy_sine(300);
        series.columns[0].iter_mut().for_each(|value| *value = 20.0 - *value);
        series
    };
    let mut session = Session::new(other());
    assert!(refused(&bytes, other()).1);
    let loading = Loading { other_rows: true, ..Default::default() };
    let trained_on = session.load(&bytes, &loading).unwrap().trained_on.clone();
    assert!(
        trained_on.contains("not trained on these rows: it was trained on other values of “temp_c”"),
        "{trained_on}"
    );
    assert!(session.forecast(6).unwrap().values.iter().all(|value| value.is_finite()));
    // It is repeated from then on: using the file on these rows does not make them its own.
    let again = session.save().unwrap();
    assert!(refused(&again, other()).1);
    // Rows of another step are refused altogether.
    let mut daily = other();
    daily.axis.step = Step::Milliseconds(24 * HOUR);
    assert_eq!(Session::new(daily).load(&bytes, &loading).unwrap_err().code(), "other-series");
}

#[test]
fn rows_that_are_known_again_are_not_scored_whatever_a_person_says_of_them() {
    let bytes = trained(noisy_sine(300), "{}").save().unwrap();
    let other_rows = |split: &str| Loading { settings: settings(split), other_rows: true };
    // Only the latest rows, some of them learnt: not in the test part.
    let rolling = |rows: usize, first: usize| Session::new(later(noisy_sine(rows), first));
    let mut session = rolling(320, 40);
    let configured = session.load(&bytes, &other_rows("{}")).unwrap();
    assert!(configured.trained_on.contains("these are from 2013-01-02 16:00"), "{}", configured.trained_on);
    // In the test part, with one value corrected.
    let corrected = |row: usize| {
        let mut series = noisy_sine(330);
        series.columns[0][row] += 1.0;
        later(series, 30)
    };
    for row in [60, 235] {
        let mut session = Session::new(corrected(row));
        assert_eq!(session.load(&bytes, &other_rows(r#"{"split": "50/10/40"}"#)).unwrap().split.test.from, 240);
        let short = |split: &str| {
            let mut raw = plain(r#"{"split": "60/10/30"}"#);
            raw.extend(settings(split));
            let bytes = trained(noisy_sine(300), "{}").save().unwrap();
            let mut series = corrected(row);
            series.axis.len = 240;
            series.columns[0].truncate(240);
            Session::new(series)
                .load(&bytes, &Loading { settings: raw, other_rows: true })
                .map(|configured| configured.split.test.from)
        };
        let error = short("{}").unwrap_err();
        assert_eq!(error.place().knob.as_deref(), Some("split"), "{error}");
        assert_eq!(short(r#"{"split": "190, 228"}"#), Ok(228), "row {row}");
    }
    // Cut off: nothing follows the recognised piece.
    let mut cut = noisy_sine(300);
    cut.axis.len = 200;
    cut.columns[0].truncate(200);
    let error = Session::new(cut).load(&bytes, &other_rows("{}")).unwrap_err();
    assert!(error.to_string().contains("a series with later rows"), "{error}");
}

#[test]
fn a_loaded_model_reads_the_cycles_of_the_calendar_that_it_was_trained_with() {
    // Five days of training do not cover the week; eight do.
    let bytes = trained(noisy_sine(180), r#"{"calendar": true}"#).save().unwrap();
    let mut session = Session::new(noisy_sine(300));
    let fresh = session.configure(&small(r#"{"calendar": true}"#)).unwrap().parameters.total;
    let loaded = session.load(&bytes, &Default::default()).unwrap();
    assert!(loaded.parameters.total < fresh, "one cycle is read, and two would be");
    assert_eq!(loaded.trained_on, "These rows continue the model’s own rows, to 2013-01-06 23:00.");
    assert!(session.forecast(6).unwrap().values.iter().all(|value| value.is_finite()));
}

#[test]
fn models_are_compared_on_the_same_windows_not_on_as_many() {
    // A gap in each input, in the middle of the test part, at another row.
    let mut series = two_columns(400);
    series.names.push("rain".to_owned());
    series.columns.push(series.columns[1].clone());
    for (column, row) in [(1, 350), (2, 349)] {
        series.columns[column][row] = f64::NAN;
    }
    let mut session = Session::new(series);
    let mut of = |more: &str| {
        let configured = session.configure(&small(more)).unwrap();
        (configured.judged_on.clone(), [configured.windows.validation, configured.windows.test])
    };
    let usual = of("{}");
    for same in [r#"{"hidden": 9}"#, r#"{"window": 30}"#, r#"{"season": 5}"#, r#"{"architecture": "dlinear"}"#] {
        assert_eq!(of(same), usual, "{same}");
    }
    let (load, rain) = (of(r#"{"inputs": "load"}"#), of(r#"{"inputs": "rain"}"#));
    assert_eq!(load.1, rain.1, "as many");
    assert_ne!(load.0, rain.0, "on other rows");
    for other in [r#"{"horizon": 5}"#, r#"{"split": "69/11/20"}"#, r#"{"target": "load"}"#] {
        assert_ne!(of(other).0, usual.0, "{other}");
    }
}
