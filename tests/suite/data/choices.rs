//! Open questions about a file are asked or explained, and a person's answer is followed.

use std::fmt::Write as _;

use unrolled::data::meaning::understood::ColumnKind;
use unrolled::data::notes::Level;
use unrolled::data::options::{DateOrder, Decimal, Duplicates};
use unrolled::data::{ReadOptions, SeriesOptions, Step};

use super::common::{HOUR, START, note, notes, read_with, series, table};

const DAY: i64 = 24 * HOUR;

fn with(text: &str, options: ReadOptions) -> unrolled::data::Table {
    read_with(text.as_bytes(), options).unwrap_or_else(|error| panic!("{error}"))
}

fn lines(header: &str, count: usize, row: impl Fn(usize) -> String) -> String {
    let rows = (0..count).map(|index| row(index) + "\n");
    format!("{header}\n{}", rows.collect::<String>())
}

#[test]
fn an_open_date_order_is_asked_and_the_answer_is_followed() {
    // The first of each month, or the first twelve days of January.
    let text = lines("date,sales", 12, |index| format!("01/{:02}/2013,{}", index + 1, index * index));
    let first = table(&text);
    let question = note(&first.understood().notes, "date-order").expect("a question").clone();
    assert_eq!(question.level, Level::Question);
    let steps: Vec<Step> =
        question.choices.iter().map(|choice| series(&with(&text, choice.options.clone())).about.step).collect();
    assert!(steps.contains(&Step::Months(1)) && steps.contains(&Step::Milliseconds(DAY)), "{steps:?}");
    let said = with(&text, ReadOptions { date_order: Some(DateOrder::Dmy), ..ReadOptions::default() });
    assert!(note(&said.understood().notes, "date-order").is_none());
    assert_eq!(said.understood().time.as_ref().unwrap().format, "D/M/Y");
}

#[test]
fn an_open_decimal_mark_is_asked() {
    let text = lines("date\tsales", 20, |index| format!("2013-01-{:02}\t1,{:03}", index + 1, index * 37));
    let question = note(&table(&text).understood().notes, "decimal").expect("a question").clone();
    let maxima: Vec<Option<f64>> =
        question.choices.iter().map(|choice| with(&text, choice.options.clone()).understood().columns[1].max).collect();
    assert_eq!(maxima, [Some(1703.0), Some(1.703)]);
}

#[test]
fn irregular_times_are_asked_and_can_be_numbered_or_averaged() {
    let text = lines("time,value", 300, |index| {
        let minute = index * 7 + (index * index * 31) % 5000 / 100 + index / 3 * 11;
        let (day, hour) = (minute / 1440 + 1, minute / 60 % 24);
        format!("2013-01-{day:02} {hour:02}:{:02},{index}", minute % 60)
    });
    let first = table(&text);
    assert!(first.series(&SeriesOptions::default()).is_err());
    let question = note(&first.understood().notes, "irregular").expect("a question").clone();
    assert!(question.choices.len() >= 2);
    for choice in &question.choices {
        let about = series(&with(&text, choice.options.clone())).about;
        println!("{}: {} of one {}", choice.label, about.length, about.step_label);
        assert!(about.length > 20);
    }
}

#[test]
fn rows_without_time_are_numbered_or_dated_by_a_person() {
    let text = "7.2\n6.7\n6.1\n6.7\n6.7\n";
    let bare = table(text);
    assert!(!bare.understood().header && note(&bare.understood().notes, "no-time").is_some());
    assert_eq!(series(&bare).about.step, Step::Rows);
    assert_eq!(bare.understood().suggested_target.as_deref(), Some("value"));
    let options = ReadOptions {
        start: Some("2013-01-20 00:00".to_owned()),
        step: Some("1 hour".to_owned()),
        ..ReadOptions::default()
    };
    let about = series(&with(text, options)).about;
    assert_eq!((about.start, about.end), (START, START + 4 * HOUR));
    for (start, step, knob) in [
        (Some("soon"), Some("1 hour"), "start"),
        (Some("2013-01-20"), Some("often"), "step"),
        (None, Some("1 day"), "start"),
    ] {
        let options =
            ReadOptions { start: start.map(str::to_owned), step: step.map(str::to_owned), ..ReadOptions::default() };
        let error = read_with(text.as_bytes(), options).expect_err("an error");
        assert_eq!(error.place().knob.as_deref(), Some(knob), "{error}");
    }
}

#[test]
fn a_person_overrides_what_was_found() {
    let text = lines("time,a,b", 48, |index| {
        format!("{},{},{}", START / 1000 + index as i64 * 3600, if index % 9 == 4 { -999 } else { 20 }, index % 7)
    });
    let found = with(&text, ReadOptions { missing: Some(vec![6.0]), ..ReadOptions::default() });
    assert_eq!(found.understood().columns[1].missing, 0);
    assert_eq!(found.understood().columns[2].missing, 6);
    let numbered = with(&text, ReadOptions { time_columns: Some(Vec::new()), ..ReadOptions::default() });
    assert!(numbered.understood().time.is_none() && numbered.understood().columns[0].kind == ColumnKind::Number);
    let headless =
        with(&text, ReadOptions { header: Some(false), time_columns: Some(Vec::new()), ..ReadOptions::default() });
    assert_eq!((headless.understood().rows, headless.understood().columns[0].name.as_str()), (49, "column 1"));
    let error = read_with(
        text.as_bytes(),
        ReadOptions { time_columns: Some(vec!["when".to_owned()]), ..ReadOptions::default() },
    )
    .expect_err("no such column");
    assert_eq!(error.place().knob.as_deref(), Some("time_columns"));
    let error =
        read_with(text.as_bytes(), ReadOptions { time_columns: Some(vec!["b".to_owned()]), ..ReadOptions::default() })
            .expect_err("no times");
    assert_eq!(error.place().column.as_deref(), Some("b"));
}

#[test]
fn wide_files_can_be_kept_wide() {
    let names: Vec<String> = (0..24).map(|hour| format!("H{hour:02}")).collect();
    let text = lines(&format!("date,{}", names.join(",")), 10, |day| {
        let values: Vec<String> = (0..24).map(|hour| (day * 24 + hour).to_string()).collect();
        format!("2013-01-{:02},{}", day + 20, values.join(","))
    });
    let long = table(&text);
    assert_eq!((long.understood().rows, long.understood().columns.len()), (240, 2));
    assert_eq!(long.preview(25, 1), [["2013-01-21 01:00", "25"]]);
    let regular = series(&long);
    assert_eq!(regular.series.columns[0], (0..240).map(f64::from).collect::<Vec<_>>());
    let choice = &note(&long.understood().notes, "wide").expect("a note").choices[0];
    assert_eq!(with(&text, choice.options.clone()).understood().columns.len(), 25);

    let text = lines("Year,Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec", 20, |year| {
        let values: Vec<String> = (0..12).map(|month| format!("{}.5", year * 12 + month)).collect();
        format!("{},{}", 1950 + year, values.join(","))
    });
    let about = series(&table(&text)).about;
    assert_eq!((about.step, about.length), (Step::Months(1), 240));
}

#[test]
fn duplicates_follow_the_named_rule_and_gaps_stay() {
    let text = "time,v\n2013-01-20T00:00Z,1\n2013-01-20T01:00Z,2\n2013-01-20T01:00Z,4\n2013-01-20T02:00Z,5\n2013-01-20T04:00Z,9\n2013-01-20T05:00Z,9\n2013-01-20T06:00Z,9\n";
    let table = table(text);
    let at = |duplicates: Duplicates| {
        let options = SeriesOptions { duplicates, ..SeriesOptions::default() };
        let values = &table.series(&options).expect("a series").series.columns[0];
        assert!(values[3].is_nan(), "what is missing stays missing");
        values[1]
    };
    assert_eq!([Duplicates::Mean, Duplicates::First, Duplicates::Last].map(at), [3.0, 2.0, 4.0]);
    let about = series(&table).about;
    assert_eq!((about.duplicates.conflicting, about.missing_steps), (1, 1));
    assert_eq!(about.gaps[0].from, START + 3 * HOUR);
}

#[test]
fn times_are_found_in_many_forms() {
    let value = |index: usize| format!("{}.{}", index % 13, index % 10);
    let forms: [(&str, Box<dyn Fn(usize) -> String>); 11] = [
        (
            "Date,Time,v",
            Box::new(|i| format!("1/20/2013,{}:00 {}", (i + 11) % 12 + 1, if i < 12 { "AM" } else { "PM" })),
        ),
        ("year,month,day,hour,v", Box::new(|i| format!("2013,1,20,{i}"))),
        ("when,v", Box::new(|i| format!("{}", START + i as i64 * HOUR))),
        ("v0,stamp,v", Box::new(|i| format!("{i},20 January 2013 {i:02}h00"))),
        ("timestamp,v", Box::new(|i| format!("20130120{i:02}00"))),
        ("date,hour,v", Box::new(|i| format!("20130120,{i}"))),
        ("date,hour,v", Box::new(|i| format!("20.01.2013,{i}"))),
        ("t,v", Box::new(|i| format!("Sun Jan 20 2013 {i:02}:00:00"))),
        ("year,doy,hour,v", Box::new(|i| format!("2013,20,{i}"))),
        ("time,v", Box::new(|i| format!("{:.5}", 41294.0 + i as f64 / 24.0))),
        ("date,v", Box::new(|i| format!("2013-01-20 {i:02}:00:00.000000 UTC"))),
    ];
    for (header, form) in forms {
        // Weekday, month, day, year is JavaScript's format of a date; it is read after removing the weekday.
        let text = lines(header, 24, |index| format!("{},{}", form(index), value(index)));
        let table = table(&text);
        let time = table.understood().time.clone().unwrap_or_else(|| panic!("no time in {text}"));
        let about = series(&table).about;
        println!("{header}: {}", time.format);
        assert_eq!((about.start, about.step, about.length), (START, Step::Milliseconds(HOUR), 24), "{text}");
    }
}

#[test]
fn dots_and_commas_are_told_apart() {
    let text = lines("Datum;Wert;Menge", 30, |index| format!("{:02}.01.2013;{},5;1.{:03},25", index + 1, index, index));
    let understood = table(&text).understood().clone();
    assert_eq!(understood.decimal, Decimal::Comma);
    assert_eq!((understood.columns[1].max, understood.columns[2].max), (Some(29.5), Some(1029.25)));
}

#[test]
fn short_and_long_series_get_lengths_that_fit() {
    let monthly = lines("Month,Passengers", 144, |index| {
        let wave = (index as f64 / 12.0 * std::f64::consts::TAU).sin();
        format!("{}-{:02},{:.0}", 1949 + index / 12, index % 12 + 1, 100.0 + 2.0 * index as f64 + 30.0 * wave)
    });
    let suggestion = series(&table(&monthly)).suggest("Passengers").expect("a suggestion");
    assert_eq!((suggestion.season, suggestion.window, suggestion.horizon), (12, 12, 12), "{}", suggestion.why);
    assert!(series(&table(&monthly)).suggest("passengers").is_err());
}

#[test]
fn weekends_without_rows_are_pointed_out() {
    let mut text = String::from("Date,Close\n");
    for day in (0..300).filter(|day| day % 7 < 5) {
        // 1970-01-05 was a Monday.
        let date = unrolled::data::calendar::axis::civil((day + 4) * DAY).expect("a date").date();
        let _ = writeln!(text, "{date:?},{}", 100 + day % 11);
    }
    let table = table(&text);
    let notes = notes(&table);
    assert!(note(&notes, "weekends").is_some(), "{notes:?}");
    // Carried forward, they are read, so that a window is longer than a week; the horizon lies within one.
    let mut session = unrolled::Session::new(series(&table).series);
    let held = serde_json::from_str(r#"{"gaps": "hold"}"#).expect("settings");
    let configured = session.configure(&held).expect("a model");
    assert!(configured.window > 7 && configured.horizon <= 5, "{} and {}", configured.window, configured.horizon);
    assert!(configured.filled > 50);
}

#[test]
fn a_value_far_outside_the_rest_is_asked_about() {
    let text = lines("time,v", 100, |index| {
        let value = if index == 60 { "1e25".to_owned() } else { format!("{}", 10 + index % 9) };
        format!("{},{value}", START / 1000 + index as i64 * 3600)
    });
    let question = note(&table(&text).understood().notes, "outlier").expect("a question").clone();
    assert_eq!((question.level, question.rows), (Level::Question, vec![62]));
    let missing: Vec<usize> = question
        .choices
        .iter()
        .map(|choice| with(&text, choice.options.clone()).understood().columns[1].missing)
        .collect();
    assert_eq!(missing, [1, 0]);
}

#[test]
fn several_series_below_each_other_are_pointed_out() {
    let text =
        lines("date,store,sales", 90, |index| format!("2013-01-{:02},{},{}", index / 3 + 1, index % 3, index % 17));
    let table = table(&text);
    assert!(note(&notes(&table), "several-series").is_some());
    assert_eq!(series(&table).about.length, 30);
}

#[test]
fn a_file_without_names_can_still_say_the_time() {
    let row = |index: usize| {
        format!("{};{:02};{:.3};{}", 1749 + index / 12, index % 12 + 1, 1749.0 + index as f64 / 12.0, index * 37 % 90)
    };
    let text: String = (0..240).map(|index| row(index) + "\n").collect();
    let table = table(&text);
    assert_eq!(series(&table).about.step, Step::Months(1));
    assert_eq!(table.understood().suggested_target.as_deref(), Some("column 4"));
}
