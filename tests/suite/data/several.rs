//! Several series in one file are never merged without a question: the labels are found, counted and offered.

use unrolled::data::meaning::understood::ColumnKind;
use unrolled::data::notes::{Level, Note};
use unrolled::data::{Pick, ReadOptions, Table};

use super::common::{note, notes, read_with, series, sum, table};

const DAY: i64 = 86_400_000;

fn day(index: usize) -> String {
    let time = unrolled::data::calendar::axis::civil(1_614_902_400_000 + index as i64 * DAY).expect("a time");
    format!("{:?}", time.date())
}

fn question(table: &Table) -> Note {
    let note = note(&table.understood().notes, "several-series").expect("a question").clone();
    assert_eq!(note.level, Level::Question);
    note
}

fn labels(note: &Note) -> Vec<&str> {
    note.choices.iter().map(|choice| choice.label.as_str()).collect()
}

/// The file read again with an answer.
fn answered(text: &str, note: &Note, label: &str) -> Table {
    let choice =
        note.choices.iter().find(|choice| choice.label == label).unwrap_or_else(|| panic!("no answer {label}"));
    read_with(text.as_bytes(), choice.options.clone()).unwrap_or_else(|error| panic!("{error}"))
}

/// Three countries, stacked, of 20, 30 and 30 days.
fn countries() -> String {
    let rows = |name: &'static str, days: usize, level: usize| {
        (0..days).map(move |at| format!("{name},{},{}\n", day(at), level + at * at % 7))
    };
    let all = rows("Betania", 20, 100).chain(rows("Alphaland", 30, 200)).chain(rows("Gammastan", 30, 300));
    format!("country,day,cases\n{}", all.collect::<String>())
}

#[test]
fn series_below_each_other_are_asked_about_and_the_longest_is_read() {
    let text = countries();
    let table = table(&text);
    let note = question(&table);
    assert_eq!(labels(&note), ["Alphaland (30 rows)", "Gammastan (30 rows)", "Betania (20 rows)", "Average them"]);
    assert!(
        note.count == 50 && note.message.contains("“country”") && note.message.contains("50 rows"),
        "{}",
        note.message
    );
    let understood = table.understood();
    assert_eq!((understood.rows, understood.records.other_series), (30, 50));
    assert_eq!(understood.columns[0].kind, ColumnKind::Text);
    let regular = series(&table);
    assert_eq!(regular.series.columns[0], (0..30).map(|at| (200 + at * at % 7) as f64).collect::<Vec<_>>());
    let found = understood.series.as_ref().expect("several series");
    assert_eq!((found.columns.as_slice(), found.count, found.chosen), (["country".to_owned()].as_slice(), 3, Some(0)));
}

#[test]
fn each_answer_gives_that_series_alone() {
    let text = countries();
    let note = question(&table(&text));
    for (label, level, days, left_out) in
        [("Alphaland", 200, 30, 50), ("Betania", 100, 20, 60), ("Gammastan", 300, 30, 50)]
    {
        let answer = answered(&text, &note, &format!("{label} ({days} rows)"));
        let all = notes(&answer);
        assert!(all.iter().all(|note| note.level != Level::Question), "{all:?}");
        let said = super::common::note(&all, "series").expect("a note");
        assert!(said.count == left_out && said.message.contains(label), "{}", said.message);
        let wanted: usize = (0..days).map(|at| level + at * at % 7).sum();
        assert_eq!(sum(&series(&answer).series.columns[0]), wanted as f64);
        let found = answer.understood().series.as_ref().expect("several series");
        assert_eq!(found.labels[found.chosen.expect("the chosen one")].label, label);
    }
}

#[test]
fn only_who_asks_for_the_mean_of_several_series_gets_it() {
    let text = countries();
    let mean = answered(&text, &question(&table(&text)), "Average them");
    let regular = series(&mean);
    assert_eq!(regular.series.columns[0][0], 200.0);
    assert_eq!(regular.series.columns[0][25], 250.0 + (25 * 25 % 7) as f64);
    assert_eq!((regular.about.duplicates.conflicting, regular.about.duplicates.merged), (30, 50));
    assert!(note(&regular.about.notes, "conflicting-duplicates").is_some());
}

#[test]
fn two_columns_can_tell_series_apart_together() {
    let row = |at: usize| {
        let (day_of, store, family) = (at / 4, at / 2 % 2 + 1, if at.is_multiple_of(2) { "MILK" } else { "BREAD" });
        format!("{at},{},{store},{family},{},{}\n", day(day_of), 87 + at * 31 % 50, at * 7 % 3)
    };
    let text = format!("id,date,store_nbr,family,sales,promotion\n{}", (0..160).map(row).collect::<String>());
    let note = question(&table(&text));
    assert_eq!(note.choices.len(), 5, "{:?}", labels(&note));
    let answer = answered(&text, &note, "MILK · 2 (40 rows)");
    assert_eq!((answer.understood().rows, answer.understood().records.other_series), (40, 120));
    assert!(answer.understood().notes.iter().all(|note| note.level != Level::Question));
    // Half an answer leaves the other half to ask.
    let half = vec![Pick { column: "family".to_owned(), value: "MILK".to_owned() }];
    let half =
        read_with(text.as_bytes(), ReadOptions { series: Some(half), ..ReadOptions::default() }).expect("a table");
    assert_eq!(labels(&question(&half)), ["1 (40 rows)", "2 (40 rows)", "Average them"]);
    // A pick of one of these selects from the whole file, as the answers do.
    let found = half.understood().series.as_ref().expect("several series");
    assert_eq!((found.count, found.chosen), (2, Some(0)));
    for (label, choice) in found.labels.iter().zip(&question(&half).choices) {
        assert_eq!(Some(&label.picks), choice.options.series.as_ref());
    }
}

#[test]
fn tables_below_each_other_without_a_label_are_told_apart_by_their_times() {
    let rows =
        |from: usize, to: usize, level: usize| (from..to).map(move |at| format!("{},{}\n", day(at), level + at % 5));
    let text = format!("day,v\n{}", rows(0, 40, 10).chain(rows(5, 40, 90)).collect::<String>());
    let note = question(&table(&text));
    assert_eq!(labels(&note), ["table 1 (40 rows)", "table 2 (35 rows)", "Average them"]);
    let second = series(&answered(&text, &note, "table 2 (35 rows)"));
    assert_eq!((second.about.length, second.series.columns[0][0]), (35, 90.0));
}

#[test]
fn rows_of_one_time_that_nothing_tells_apart_are_asked_about() {
    // Two measured columns of whole numbers, three rows a day: a measured value is no label.
    let mut bits = 7_u64;
    let mut next = |most: u64| {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (bits >> 33) % most
    };
    for most in [2, 3, 8, 20, 60, 300] {
        let rows: String = (0..300).map(|at| format!("{},{},{}\n", day(at / 3), next(most), next(most))).collect();
        let text = format!("day,count,visitors\n{rows}");
        let table = table(&text);
        let note = question(&table);
        assert_eq!(note.choices[0].label, "row 1 of each time (100 rows)", "of {most}: {:?}", labels(&note));
        assert_eq!(table.understood().records.other_series, 200);
        assert_eq!(series(&answered(&text, &note, "row 3 of each time (100 rows)")).about.length, 100);
    }
}

#[test]
fn a_slip_here_and_there_is_no_second_series() {
    let row = |at: usize| format!("{},{},{}\n", day(at - at / 30), ["a", "b"][at % 2], at % 11);
    let table = table(&format!("day,who,v\n{}", (0..200).map(row).collect::<String>()));
    assert!(note(&table.understood().notes, "several-series").is_none());
    let about = series(&table).about;
    assert_eq!((about.duplicates.conflicting, table.understood().series.is_none()), (6, true));
}

#[test]
fn a_series_that_is_not_there_is_refused_with_its_column() {
    let picked = |column: &str, value: &str| {
        let series = Some(vec![Pick { column: column.to_owned(), value: value.to_owned() }]);
        read_with(countries().as_bytes(), ReadOptions { series, ..ReadOptions::default() }).expect_err("an error")
    };
    assert_eq!(picked("country", "Atlantis").place().column.as_deref(), Some("country"));
    assert_eq!(picked("land", "Alphaland").place().knob.as_deref(), Some("series"));
    assert!(picked(" table", "99").to_string().contains("99"));
}
