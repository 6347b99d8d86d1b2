//! Broken and malicious files: never a panic, always a clear sentence, and text stays text.

use proptest::prelude::*;
use unrolled::data::meaning::understood::ColumnKind;
use unrolled::data::options::{Decimal, Delimiter};
use unrolled::data::{ReadOptions, SeriesOptions, Table};

use super::common::{HOUR, START, note, notes, read, read_with, series, table};

fn hours(header: &str, count: usize, cells: impl Fn(usize) -> String) -> String {
    let mut text = format!("{header}\n");
    for hour in 0..count {
        let time = unrolled::data::calendar::axis::civil(START + hour as i64 * HOUR).expect("a time");
        text.push_str(&format!("{time:?}Z,{}\n", cells(hour)));
    }
    text
}

/// All methods of a table.
fn exercise(table: &Table) {
    let understood = table.understood();
    let _ = serde_json::to_string(understood).expect("plain data");
    let _ = table.preview(0, 5);
    let _ = table.preview(usize::MAX, usize::MAX);
    if let Ok(regular) = table.series(&SeriesOptions::default()) {
        let _ = serde_json::to_string(&regular.about).expect("plain data");
        for name in &regular.about.names {
            let suggestion = regular.suggest(name).expect("a suggestion");
            assert!(suggestion.window >= 1 && suggestion.horizon >= 1 && suggestion.season >= 1);
        }
        assert!(regular.series.columns.iter().all(|column| column.len() == regular.series.axis.len));
    }
}

#[test]
fn refusals_are_one_clear_sentence() {
    let xls = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0];
    let cases: [(&[u8], &str); 14] = [
        (b"", "empty"),
        (b"\n\n\r\n  \n", "empty"),
        (b"# only\n# comments\n", "empty"),
        (b"time,temp\n", "no-rows"),
        (b"time,temp\n,\n,\n", "no-rows"),
        (b"name,place\nann,here\nbob,there\n", "no-numbers"),
        (b"2013-01-01\n2013-01-02\n", "no-numbers"),
        (b"<html><body>no</body></html>", "html"),
        (b"{\"time\": [1, 2]}", "json"),
        (b"[{\"time\": 1}]", "json"),
        (&xls, "excel"),
        (b"PK\x03\x04............xl/workbook.xml", "excel"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08", "binary"),
    ];
    for (bytes, code) in cases {
        let error = read(bytes).expect_err(code);
        println!("{code}: {error}");
        assert_eq!(error.code(), code, "{error}");
        let message = error.to_string();
        assert!(message.ends_with('.') && message.len() < 300 && !message.contains('\n'), "{message}");
    }
}

#[test]
fn names_are_only_text() {
    let header = "time,__proto__,constructor,<img src=x onerror=alert(1)>,=cmd|' /C calc'!A0,__proto__";
    let table =
        table(&hours(header, 48, |hour| format!("{hour},{},{},{},{}", hour % 5, hour % 7, hour % 9, hour % 11)));
    let names: Vec<&str> = table.understood().columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        names[1..],
        ["__proto__", "constructor", "<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "__proto__ (2)"]
    );
    let json = serde_json::to_value(table.understood()).expect("plain data");
    assert!(json.get("__proto__").is_none() && json["columns"].is_array());
    exercise(&table);
}

#[test]
fn a_name_of_a_hundred_thousand_characters_is_cut() {
    let table = table(&hours(&format!("time,{}", "t".repeat(100_000)), 240, |hour| (hour % 24).to_string()));
    assert!(note(&table.understood().notes, "long-name").is_some());
    assert!(table.understood().columns[1].name.chars().count() <= 81);
    let long = super::common::table(&hours("time,a,b", 48, |hour| format!("{hour},{}", "x".repeat(100_000))));
    assert!(long.preview(0, 1)[0][2].chars().count() <= 201);
    exercise(&long);
}

#[test]
fn three_hundred_columns_are_read() {
    let names: Vec<String> = (0..300).map(|index| format!("s{index}")).collect();
    let text = hours(&format!("time,{}", names.join(",")), 60, |hour| {
        (0..300).map(|index| format!("{}.5", (hour * 7 + index) % 50)).collect::<Vec<_>>().join(",")
    });
    let table = table(&text);
    assert_eq!(series(&table).about.names.len(), 300);
    exercise(&table);
}

#[test]
fn absurd_numbers_count_as_missing_and_are_named() {
    let text = hours("time,v", 48, |hour| match hour {
        7 => "inf".to_owned(),
        9 => "1e300".to_owned(),
        11 => "-Infinity".to_owned(),
        13 => "1e999".to_owned(),
        _ => (hour % 9).to_string(),
    });
    let table = table(&text);
    let note = note(&table.understood().notes, "infinite").expect("a note").clone();
    assert_eq!((note.count, note.rows), (4, vec![9, 11, 13, 15]));
    assert_eq!(table.understood().columns[1].max, Some(8.0));
    let all = hours("time,v,w", 24, |hour| format!("inf,{hour}"));
    assert_eq!(super::common::table(&all).understood().columns[1].kind, ColumnKind::Empty);
}

#[test]
fn one_wrong_time_does_not_fill_the_memory() {
    let mut text = hours("time,v", 48, |hour| hour.to_string());
    text.push_str("9013-01-20T00:00:00Z,1\n");
    let table = table(&text);
    let error = table.series(&SeriesOptions::default()).expect_err("a jump");
    assert_eq!(error.place().row, Some(50), "{error}");
}

/// One row a year.
fn yearly(from: i32, to: i32) -> String {
    (from..=to).fold("year,value\n".to_owned(), |text, year| format!("{text}{year:04}-01-01,{}\n", year % 7))
}

#[test]
fn times_that_leave_the_calendar_are_refused_with_what_to_do() {
    let refused = |text: &str, options: ReadOptions| {
        let table = read_with(text.as_bytes(), options).expect("a table");
        exercise(&table);
        let error = table.series(&SeriesOptions::default()).expect_err("no series");
        println!("{error}");
        assert!(error.to_string().contains("number the rows") && error.to_string().ends_with('.'), "{error}");
        error
    };
    let error = refused(&yearly(9900, 9999), ReadOptions::default());
    assert_eq!(error.place().column.as_deref(), Some("year"));
    assert!(
        error.to_string().contains("9999-01-01, leaves no room for a forecast: one step of one year later"),
        "{error}"
    );
    for step in ["1000000 months", "2147483647 months", "9000000000000000 ms", "100000000000 days"] {
        let options = ReadOptions { step: Some(step.to_owned()), ..ReadOptions::default() };
        let error = refused(&yearly(1900, 1999), options.clone());
        assert_eq!(error.place().column.as_deref(), Some("year"), "{step}");
        // Rows without times, dated by a person's start and step.
        let start = Some("2000-01-01".to_owned());
        let error = refused("value\n1\n2\n3\n", ReadOptions { start, ..options });
        assert_eq!(error.place().knob.as_deref(), Some("step"), "{step}");
    }
    let before_christ =
        (0..50).fold("year,month,value\n".to_owned(), |text, year| format!("{text}{},1,{}\n", year - 40, year % 7));
    let options =
        ReadOptions { time_columns: Some(vec!["year".to_owned(), "month".to_owned()]), ..ReadOptions::default() };
    match read_with(before_christ.as_bytes(), options) {
        Err(error) => println!("{error}"),
        Ok(table) => drop(table.series(&SeriesOptions::default()).expect_err("no year before the first")),
    }
    // A file with little room to the calendar's end is forecast up to that end.
    let near = series(&table(&yearly(9900, 9998)));
    assert_eq!(near.suggest("value").expect("a suggestion").horizon, 1);
    assert_eq!(near.series.axis.room(30), 1);
    exercise(&table(&yearly(9900, 9998)));
}

#[test]
fn stray_quotes_swallow_nothing() {
    for count in [1, 2, 3, 30] {
        let text = hours("time,v,w", 200, |hour| {
            let quote = if hour % (200 / count) == 3 { "\"" } else { "" };
            format!("{quote}{hour},{}", hour % 9)
        });
        let table = table(&text);
        assert_eq!(table.understood().rows, 200, "{count} quotes");
        assert!(note(&notes(&table), "stray-quote").is_some());
        exercise(&table);
    }
}

#[test]
fn joined_files_repeat_their_names() {
    let part = hours("time,v", 24, |hour| (hour % 9).to_string());
    let table = table(&format!("{part}\n{part}"));
    assert!(note(&table.understood().notes, "repeated-names").is_some());
    assert_eq!(series(&table).about.duplicates.exact, 24);
}

/// Text of a table in one of many dialects.
fn written(values: &[f64], delimiter: Delimiter, decimal: Decimal, crlf: bool, quoted: bool) -> String {
    let mark = char::from(delimiter.byte());
    let end = if crlf { "\r\n" } else { "\n" };
    let mut text = format!("time{mark}first{mark}second{end}");
    for (hour, value) in values.iter().enumerate() {
        let number = |value: f64| {
            let number = format!("{value:.2}");
            let number = if decimal == Decimal::Comma { number.replace('.', ",") } else { number };
            if quoted || (decimal == Decimal::Comma && delimiter == Delimiter::Comma) {
                format!("\"{number}\"")
            } else {
                number
            }
        };
        let time = unrolled::data::calendar::axis::civil(START + hour as i64 * HOUR).expect("a time");
        text.push_str(&format!("{time:?}{mark}{}{mark}{}{end}", number(*value), number(-value / 2.0)));
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(table) = read(&bytes) {
            exercise(&table);
        }
    }

    #[test]
    fn any_table_like_text_is_survived(text in "([0-9a-zé.,;:/+\\-\"#TZ \t\n]{0,6}[,;\n\"]){0,200}") {
        if let Ok(table) = read(text.as_bytes()) {
            exercise(&table);
        }
    }

    #[test]
    fn damaged_files_are_survived(
        values in proptest::collection::vec(-1e4..1e4, 3..60),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = written(&values, Delimiter::Comma, Decimal::Dot, false, false).into_bytes();
        for (at, byte) in &damage {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        for options in [
            ReadOptions::default(),
            ReadOptions { header: Some(false), ..ReadOptions::default() },
            ReadOptions { step: Some("1 day".to_owned()), ..ReadOptions::default() },
            ReadOptions { delimiter: Some(Delimiter::Space), decimal: Some(Decimal::Comma), ..ReadOptions::default() },
        ] {
            if let Ok(table) = read_with(&bytes, options) {
                exercise(&table);
            }
        }
    }

    #[test]
    fn a_written_table_reads_back(
        values in proptest::collection::vec(-1e4..1e4, 4..80),
        delimiter in prop::sample::select(vec![Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab, Delimiter::Bar]),
        comma in any::<bool>(),
        crlf in any::<bool>(),
        quoted in any::<bool>(),
    ) {
        let decimal = if comma { Decimal::Comma } else { Decimal::Dot };
        let text = written(&values, delimiter, decimal, crlf, quoted);
        // No sentinels: the numbers are random, and one of them may look like one.
        let table = read_with(text.as_bytes(), ReadOptions { missing: Some(Vec::new()), ..ReadOptions::default() });
        let table = table.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let regular = series(&table);
        prop_assert_eq!(regular.about.length, values.len());
        for (found, value) in regular.series.columns[0].iter().zip(&values) {
            prop_assert!((found - value).abs() <= 0.005 + 1e-9, "{} is not {}", found, value);
        }
    }
}
