//! Numbers with marks around them: read right, or counted and named with a cell and its line.

use unrolled::data::meaning::understood::{Cells, ColumnKind};
use unrolled::data::notes::{Level, Note};

use super::common::{START, note, notes, series, table};

/// A file of one value an hour.
fn file(values: &[&str]) -> String {
    let rows = values.iter().enumerate();
    let rows = rows.map(|(index, value)| format!("{},\"{value}\"\n", START / 1000 + index as i64 * 3600));
    format!("time,v\n{}", rows.collect::<String>())
}

fn values(text: &str) -> Vec<f64> {
    series(&table(text)).series.columns[0].clone()
}

fn said(text: &str, code: &str) -> Note {
    note(&notes(&table(text)), code).unwrap_or_else(|| panic!("no note “{code}” about {text}")).clone()
}

fn cells(text: &str) -> Cells {
    table(text).understood().columns[1].cells
}

#[test]
fn brackets_and_a_minus_behind_are_negative_and_said_with_a_cell_and_its_line() {
    let text = file(&["7", "(1,234.50)", "8", "12.50-", "9", "10", "11"]);
    assert_eq!(values(&text), [7.0, -1234.5, 8.0, -12.5, 9.0, 10.0, 11.0]);
    let note = said(&text, "accounting");
    assert_eq!((note.count, note.rows.as_slice()), (2, [3, 5].as_slice()));
    assert!(note.message.contains("“(1,234.50)” in line 3"), "{}", note.message);
}

#[test]
fn thousands_beside_plain_numbers_are_multiplied_and_said() {
    let text = file(&["800", "950", "1.02K", "1.1K", "990", "0.002M", "$1.5K"]);
    assert_eq!(values(&text), [800.0, 950.0, 1020.0, 1100.0, 990.0, 2000.0, 1500.0]);
    assert_eq!(said(&text, "multiplied").count, 4);
}

#[test]
fn one_letter_behind_every_number_is_its_unit() {
    let text = file(&["280.1K", "281.2K", "279.5K", "280.0K"]);
    assert_eq!(values(&text), [280.1, 281.2, 279.5, 280.0]);
    assert!(table(&text).understood().columns[1].note.contains("unit K"));
}

#[test]
fn a_letter_that_marks_some_numbers_is_no_million() {
    let text = file(&["12.1", "12.3 M", "12.2", "12.4 M", "12.0", "11.9"]);
    assert_eq!(values(&text), [12.1, 12.3, 12.2, 12.4, 12.0, 11.9]);
    let note = said(&text, "flags");
    assert_eq!(note.count, 2);
    assert!(note.message.contains("(M)") && note.message.contains("“12.3 M” in line 3"), "{}", note.message);
}

#[test]
fn a_word_behind_a_few_numbers_makes_them_something_else() {
    let text = file(&["100.5", "101", "0.22 Dividend", "102", "99.5", "100"]);
    assert_eq!(cells(&text), Cells { values: 5, unread: 1, ..Cells::default() });
    let note = said(&text, "words");
    assert_eq!((note.level, note.rows.as_slice()), (Level::Warning, [4].as_slice()));
    assert!(note.message.contains("“0.22 Dividend” in line 4"), "{}", note.message);
}

#[test]
fn every_mark_beside_numbers_is_named() {
    let text = file(&["5", "<1", "7*", "8 E", "CHF 9", "4", "3", "2", "6"]);
    assert_eq!(values(&text), [5.0, 1.0, 7.0, 8.0, 9.0, 4.0, 3.0, 2.0, 6.0]);
    let note = said(&text, "flags");
    assert!(note.count == 4 && note.message.contains("(<, *, E, CHF)"), "{}", note.message);
}

#[test]
fn two_values_in_one_cell_are_no_decimal_number() {
    let text = file(&["+0117,1", "+0138,1", "-0009,1", "+9999,9", "+0140,1"]);
    let text = text.replace("time,v", "time,v,w").replace("\"\n", "\",7\n").replacen("\",7", "\",8", 1);
    let table = table(&text);
    assert_eq!(table.understood().columns[1].kind, ColumnKind::Text);
    let note = note(&notes(&table), "unread-numbers").expect("a note").clone();
    assert!(note.count == 5 && note.message.contains("“+0117,1” in line 2"), "{}", note.message);
    // Between semicolons the comma is a decimal mark.
    let text = "t;v\n2021-03-05;+0117,1\n2021-03-06;+0138,1\n2021-03-07;-0009,1\n";
    assert_eq!(values(text), [117.1, 138.1, -9.1]);
}

#[test]
fn one_word_in_most_cells_leaves_the_others_numbers() {
    let text = file(&["off", "off", "off", "3.5", "off", "4.5", "off", "5.5"]);
    assert_eq!(cells(&text), Cells { values: 3, unread: 5, ..Cells::default() });
    assert!(said(&text, "words").message.contains("“off” in line 2"));
}

#[test]
fn numbers_in_a_column_of_text_are_counted() {
    let text = file(&["SW", "12.5", "NW", "N", "7", "E"]).replace("\"\n", "\",1\n").replace("time,v", "time,v,w");
    let note = said(&text, "unread-numbers");
    assert_eq!((note.count, note.rows.as_slice()), (2, [3, 6].as_slice()));
    assert_eq!(cells(&text), Cells { unread: 2, text: 4, ..Cells::default() });
}

#[test]
fn values_read_as_missing_are_counted() {
    let mut all = ["10", "11", "12", "13", "14", "15", "16"].repeat(5);
    (all[3], all[20]) = ("-999", "-999");
    let note = said(&file(&all), "sentinel");
    assert!(note.count == 2 && note.message.contains("in 2 cells"), "{}", note.message);
    assert_eq!(cells(&file(&all)), Cells { values: 33, sentinels: 2, ..Cells::default() });
}

#[test]
fn what_is_odd_in_a_wide_file_is_said_of_each_column_and_the_others_are_named() {
    let names: Vec<String> = (0..24).map(|hour| format!("H{hour:02}")).collect();
    let row = |day: usize| {
        let values: Vec<String> = (0..24)
            .map(|hour| if day == 2 && hour == 7 { "bad".to_owned() } else { (day * 24 + hour).to_string() })
            .collect();
        format!("2013-01-{:02},{},{}\n", day + 20, values.join(","), day * 100)
    };
    let text = format!("date,{},total\n{}", names.join(","), (0..8).map(row).collect::<String>());
    let table = table(&text);
    let word = note(&notes(&table), "words").expect("a note").clone();
    assert!(word.message.contains("“H07”") && word.rows == [4], "{}", word.message);
    let wide = note(&notes(&table), "wide").expect("a note").clone();
    assert!(wide.message.contains("“total”"), "{}", wide.message);
    assert_eq!(table.understood().columns[1].cells, Cells { values: 191, unread: 1, ..Cells::default() });
}

#[test]
fn comments_among_the_rows_are_counted() {
    let text = file(&["1", "2", "3", "4", "5", "6"]).replace("\"3\"\n", "\"3\"\n# the sensor was changed\n");
    assert_eq!(said(&text, "comments-inside").count, 1);
    assert_eq!(values(&text).len(), 6);
}
