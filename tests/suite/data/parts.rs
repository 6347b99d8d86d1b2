//! The time of a row in several columns: each part is read by its names or its numbers, or asked about.

use unrolled::data::notes::Level;
use unrolled::data::{ReadOptions, Step};

use super::common::{HOUR, START, note, notes, read_with, series, table};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * HOUR;

fn lines(header: &str, count: usize, row: impl Fn(usize) -> String) -> String {
    let rows = (0..count).map(|index| format!("{},{}\n", row(index), index * 7 % 13 + index));
    format!("{header},v\n{}", rows.collect::<String>())
}

fn day(index: usize) -> String {
    let time = unrolled::data::calendar::axis::civil(START + index as i64 * DAY).expect("a time");
    format!("{:?}", time.date())
}

#[test]
fn parts_of_the_time_are_read_under_their_names() {
    let forms: [(&str, Box<dyn Fn(usize) -> String>, Step); 9] = [
        ("year,month,date_of_month", Box::new(|i| format!("2013,1,{}", i + 1)), Step::Milliseconds(DAY)),
        ("year,Day Of Year", Box::new(|i| format!("2013,{}", i + 1)), Step::Milliseconds(DAY)),
        ("year,iso_week", Box::new(|i| format!("2013,{}", i + 1)), Step::Milliseconds(7 * DAY)),
        ("Jahr,KW", Box::new(|i| format!("2013,KW {:02}", i + 1)), Step::Milliseconds(7 * DAY)),
        ("Year,Qtr", Box::new(|i| format!("{},Q{}", 2013 + i / 4, i % 4 + 1)), Step::Months(3)),
        ("Date,Hour Ending", Box::new(|i| format!("{},{}", day(i / 24), i % 24 + 1)), Step::Milliseconds(HOUR)),
        (
            "Date,SettlementPeriod",
            Box::new(|i| format!("{},{}", day(i / 48), i % 48 + 1)),
            Step::Milliseconds(30 * MINUTE),
        ),
        ("Date,Period", Box::new(|i| format!("{},{}", day(i / 3), i % 3 + 1)), Step::Milliseconds(8 * HOUR)),
        ("Date,interval", Box::new(|i| format!("{},{}", day(i / 96), i % 96)), Step::Milliseconds(15 * MINUTE)),
    ];
    for (header, form, step) in forms {
        let count = if header.contains("ISO") || header.contains("week") || header.contains("KW") { 50 } else { 28 };
        let count = if header.starts_with("Date") { 300 } else { count };
        let text = lines(header, count, form);
        let about = series(&table(&text)).about;
        assert_eq!((about.step, about.length), (step, count), "{text}");
        assert_eq!(about.duplicates.conflicting, 0, "{text}");
    }
}

#[test]
fn a_column_that_counts_the_parts_of_each_day_is_taken_for_the_time_and_said() {
    let forms: [(&str, Box<dyn Fn(usize) -> String>, i64); 4] = [
        ("date,x", Box::new(|i| format!("{},{}", day(i / 24), i % 24)), HOUR),
        ("date,x", Box::new(|i| format!("{},{}", day(i / 48), i % 48 + 1)), 30 * MINUTE),
        ("date,x", Box::new(|i| format!("{},{}", day(i / 1440), i % 1440 / 60 * 100 + i % 60)), MINUTE),
        ("date,x", Box::new(|i| format!("{},{}", day(i / 96), i % 96)), 15 * MINUTE),
    ];
    for (header, form, step) in forms {
        // Also more rows than the sample holds.
        for count in [400, 20_000] {
            let text = lines(header, count, &form);
            let table = table(&text);
            let about = series(&table).about;
            assert_eq!((about.step, about.length), (Step::Milliseconds(step), count), "{}", &text[..200]);
            let said = note(&notes(&table), "time-part").expect("a note").clone();
            assert!(said.message.contains("“x”"), "{}", said.message);
            // After “no part of the time”, the reader asks for the series.
            let other = read_with(text.as_bytes(), said.choices[0].options.clone()).expect("a table");
            assert_eq!(other.understood().time.as_ref().expect("times").columns, ["date"]);
            assert!(note(&other.understood().notes, "several-series").is_some());
        }
    }
}

#[test]
fn rows_finer_than_the_times_are_asked_about_and_the_column_is_named() {
    // Six rows a day, counted under a meaningless name.
    let text = lines("date,x", 240, |index| format!("{},{}", day(index / 6), index % 6 + 1));
    let first = table(&text);
    let asked = note(&first.understood().notes, "several-series").expect("a question").clone();
    assert!(asked.level == Level::Question && asked.message.contains("“x”"), "{}", asked.message);
    let part = asked.choices.iter().find(|choice| choice.label.contains("part of the time")).expect("that answer");
    let about = series(&read_with(text.as_bytes(), part.options.clone()).expect("a table")).about;
    assert_eq!((about.step, about.length), (Step::Milliseconds(4 * HOUR), 240));
    let one = asked.choices.iter().find(|choice| choice.label == "3 (40 rows)").expect("one of the series");
    assert_eq!(series(&read_with(text.as_bytes(), one.options.clone()).expect("a table")).about.length, 40);
}

#[test]
fn shops_in_turn_are_no_part_of_the_time() {
    let text = lines("date,store", 240, |index| format!("{},{}", day(index / 8), index % 8 + 1));
    let table = table(&text);
    assert!(note(&table.understood().notes, "time-part").is_none());
    assert!(note(&table.understood().notes, "several-series").is_some());
}

#[test]
fn days_of_a_month_are_found_by_their_number() {
    let text = lines("month,x", 59, |index| {
        if index < 31 { format!("2013-01,{}", index + 1) } else { format!("2013-02,{}", index - 30) }
    });
    let about = series(&table(&text)).about;
    assert_eq!((about.step, about.length), (Step::Milliseconds(DAY), 59));
}

#[test]
fn years_quarters_and_months_in_one_column_are_asked_about() {
    let years = (2000..2020).map(|year| format!("{year},1\n"));
    let quarters = (0..80).map(|at| format!("{} Q{},{at}\n", 2000 + at / 4, at % 4 + 1));
    let months = (0..240).map(|at| format!("{}-{:02},{at}\n", 2000 + at / 12, at % 12 + 1));
    let table = table(&format!("time,v\n{}", years.chain(quarters).chain(months).collect::<String>()));
    let asked = note(&table.understood().notes, "several-series").expect("a question").clone();
    assert_eq!(asked.choices[0].label, "table 3 (240 rows)");
    assert_eq!(series(&table).about.step, Step::Months(1));
}

#[test]
fn times_that_are_not_used_are_named() {
    let text = lines("time a,time b", 48, |index| format!("{0}T{1:02}:00,{0}T{1:02}:30", day(index / 24), index % 24));
    let note = note(&notes(&table(&text)), "unused-time").expect("a note").clone();
    assert!(note.message.contains("“time b”"), "{}", note.message);
}

#[test]
fn averaged_rows_are_counted() {
    let text = lines("time", 240, |index| format!("{}", START / 1000 + index as i64 * 900));
    let options = ReadOptions { step: Some("1 hour".to_owned()), ..ReadOptions::default() };
    let about = series(&read_with(text.as_bytes(), options).expect("a table")).about;
    assert_eq!((about.rows, about.length, about.averaged), (240, 60, 180));
    let note = note(&about.notes, "averaged").expect("a note");
    assert!(
        note.count == 180 && note.message.contains("240 rows") && note.message.contains("60 values"),
        "{}",
        note.message
    );
}
