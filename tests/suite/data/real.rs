//! Published files, compared with pandas' reading (`scripts/reference/csv_truth.py`).

use serde_json::Value;
use unrolled::data::{ReadOptions, SeriesOptions};

use super::common::{beside, note, notes, read, read_with, series};

fn truths() -> Vec<Value> {
    let truth: Value = serde_json::from_str(include_str!("../../data/truth.json")).expect("truth.json is JSON");
    truth["files"].as_array().expect("a list of files").clone()
}

#[test]
fn real_files_agree_with_pandas() {
    for truth in truths() {
        let file = truth["file"].as_str().unwrap_or_default();
        let Some(path) = beside(file) else { continue };
        let bytes = std::fs::read(path).expect("the file");
        let names: Vec<String> = serde_json::from_value(truth["time_columns"].clone()).expect("names");
        let options = ReadOptions { time_columns: Some(names.clone()), ..ReadOptions::default() };
        let table = read_with(&bytes, options).unwrap_or_else(|error| panic!("{file}: {error}"));
        let understood = table.understood();
        let about = series(&table).about;
        let time = understood.time.as_ref().expect("times");
        println!("{file} by {}: {}, {}", names.join(", "), time.format, about.step_label);
        assert_eq!(time.columns, names, "{file}");
        for (what, found) in [
            ("rows", understood.rows as i64),
            ("first", about.start),
            ("last", about.end),
            ("moments", about.length as i64),
            ("missing", about.missing_steps as i64),
            ("gaps", about.gap_count as i64),
            ("longest", about.gaps.iter().map(|gap| gap.steps as i64).max().unwrap_or(0)),
            ("repeated", (about.duplicates.conflicting + about.duplicates.exact) as i64),
        ] {
            assert_eq!(Some(found), truth[what].as_i64(), "{file} by {names:?}: {what}");
        }
        let mut compared = 0;
        for (name, wanted) in truth["columns"].as_object().expect("columns") {
            let found = understood.columns.iter().find(|column| column.name == *name).expect("the column");
            let count = (understood.rows - found.missing) as f64;
            for (what, value) in [
                ("count", count),
                ("sum", found.mean.unwrap_or(0.0) * count),
                ("min", found.min.unwrap_or(f64::NAN)),
                ("max", found.max.unwrap_or(f64::NAN)),
            ] {
                let wanted = wanted[what].as_f64().unwrap_or(f64::NAN);
                assert!(
                    (value - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
                    "{file}, {name}, {what}: {value}, not {wanted}"
                );
            }
            compared += 1;
        }
        assert!(compared > 0);
    }
}

#[test]
fn real_files_are_understood_without_a_word() {
    for (file, time, target, season) in [
        ("weather/jfk_2013_hourly_celsius.csv", "time_utc", "temp_c", 24),
        ("weather/nycflights13_jfk.csv", "time_hour", "temp", 24),
        ("weather/seattle-weather.csv", "date", "temp_max", 365),
        ("ett/ETTh1.csv", "date", "OT", 24),
    ] {
        let Some(path) = beside(file) else { continue };
        let table = read(&std::fs::read(path).expect("the file")).unwrap_or_else(|error| panic!("{file}: {error}"));
        let understood = table.understood();
        assert_eq!(understood.time.as_ref().expect("times").columns, [time]);
        assert_eq!(understood.suggested_target.as_deref(), Some(target));
        let suggestion = series(&table).suggest(target).expect("a suggestion");
        println!("{file}: {}", suggestion.why);
        assert_eq!(suggestion.season, season);
    }
}

#[test]
fn local_clocks_explain_their_odd_hours() {
    let Some(path) = beside("weather/nycflights13_jfk.csv") else { return };
    let names = ["year", "month", "day", "hour"].map(str::to_owned).to_vec();
    let options = ReadOptions { time_columns: Some(names), ..ReadOptions::default() };
    let table = read_with(&std::fs::read(path).expect("the file"), options).expect("a table");
    let about = table.series(&SeriesOptions::default()).expect("a series").about;
    let explained: Vec<&str> =
        about.notes.iter().filter(|note| note.code == "clock-change").map(|note| note.message.as_str()).collect();
    assert_eq!(explained.len(), 2, "{explained:?}");
    assert!(explained.iter().any(|message| message.starts_with("2013-03-10 02:00 never happened")));
    assert!(explained.iter().any(|message| message.starts_with("2013-11-03 01:00 occurs twice")));
    assert!(note(&notes(&table), "conflicting-duplicates").is_some());
}
