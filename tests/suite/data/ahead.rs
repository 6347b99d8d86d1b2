//! No choice uses rows that it may not see: from the bytes of a file to a configured model, a change of the rows after the training
//! part changes no choice from the data.

use std::fmt::Write as _;

use unrolled::Session;
use unrolled::export::{self, Saved};
use unrolled::knob::Raw;

use super::common::{HOUR, START, read, series};

const ROWS: usize = 1000;

/// A file of two columns of numbers, by the row's number.
struct File {
    name: &'static str,
    /// Milliseconds between the rows; `None`: they have no times.
    step: Option<i64>,
    cells: fn(usize) -> [String; 2],
}

fn wave(row: usize, period: usize) -> f64 {
    (row as f64 / period as f64 * std::f64::consts::TAU).sin()
}

/// A pseudo-random number between 0 and 1.
fn chance(row: usize) -> f64 {
    (row * 7919 % 1009) as f64 / 1009.0
}

const FILES: [File; 6] = [
    File {
        name: "hourly, with decimals",
        step: Some(HOUR),
        cells: |row| [format!("{:.2}", 10.0 + 5.0 * wave(row, 24) + chance(row)), format!("{:.1}", 40.0 + chance(row))],
    },
    File {
        name: "daily, whole numbers",
        step: Some(24 * HOUR),
        cells: |row| [format!("{}", row % 7 * 10 + row % 3), format!("{}", row % 5)],
    },
    File {
        name: "numbered rows with a period of 17",
        step: None,
        cells: |row| [format!("{:.3}", wave(row, 17) + chance(row) / 5.0), format!("{:.3}", chance(row))],
    },
    File {
        name: "short gaps that cost windows",
        step: Some(HOUR),
        cells: |row| {
            let value =
                if row % 60 == 31 { String::new() } else { format!("{:.2}", 3.0 * wave(row, 24) + chance(row)) };
            [value, format!("{:.1}", chance(row))]
        },
    },
    File {
        name: "sentinels all along",
        step: Some(HOUR),
        cells: |row| {
            let absent = |every: usize| row % every == 19;
            let cell = |absent: bool, value: f64| if absent { "-999".to_owned() } else { format!("{value:.1}") };
            [cell(absent(150), 10.0 + 5.0 * wave(row, 24)), cell(absent(190), 500.0 + 490.0 * wave(row, 24))]
        },
    },
    File {
        name: "a first column that never changes",
        step: Some(HOUR),
        cells: |row| ["3".to_owned(), format!("{:.2}", 4.0 + wave(row, 12) + chance(row))],
    },
];

/// The change of a cell after the training part: of row `row`, `left` rows before the end of its part.
type Change = fn(row: usize, left: usize, cell: &str) -> String;

const CHANGES: [(&str, Change); 10] = [
    ("spikes", |row, _, cell| if row.is_multiple_of(7) { "98765.4".to_owned() } else { cell.to_owned() }),
    ("another season", |row, _, _| format!("{:.2}", 10.0 + 8.0 * wave(row, 31))),
    ("missing values", |_, left, cell| if left < 3 { String::new() } else { cell.to_owned() }),
    ("sentinels", |_, left, cell| if left < 3 { "-999".to_owned() } else { cell.to_owned() }),
    ("another sentinel", |_, left, cell| if left < 3 { "9999".to_owned() } else { cell.to_owned() }),
    ("values among which a sentinel is none", |row, _, _| format!("{}", -2000 + (row * 37 % 4000) as i64)),
    ("one value", |_, _, _| "5".to_owned()),
    ("whole numbers", |row, _, _| format!("{}", row * 31 % 97)),
    ("decimals", |row, _, _| format!("{:.5}", 100.0 * chance(row))),
    ("a ramp", |row, _, _| format!("{}", 10 * row)),
];

/// The file, with the rows from `end` on changed; `tail`: end of the validation part.
fn text(file: &File, changed: Option<(Change, [usize; 2])>) -> String {
    let mut text = if file.step.is_some() { "time,v,w,by\n" } else { "v,w,by\n" }.to_owned();
    for row in 0..ROWS {
        if let Some(step) = file.step {
            let time = unrolled::data::calendar::axis::civil(START + row as i64 * step).expect("a time");
            let _ = write!(text, "{},", unrolled::data::calendar::axis::minute_text(time));
        }
        let cells = (file.cells)(row).map(|cell| match changed {
            Some((change, [train, validation])) if row >= train => {
                let end = if row < validation { validation } else { ROWS };
                change(row, end - row - 1, &cell)
            }
            _ => cell,
        });
        // A word, so that a row without numbers is still a row.
        let _ = writeln!(text, "{},{},hand", cells[0], cells[1]);
    }
    text
}

/// Every choice from the data for a model with `settings`, in words.
fn chosen(text: &str, settings: &str) -> String {
    let table = read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let regular = series(&table);
    let settings: Raw = serde_json::from_str(settings).expect("settings as JSON");
    let mut said = String::new();
    let mut session = Session::new(regular.series.clone());
    let configured = session.configure(&settings).unwrap_or_else(|error| panic!("{settings:?}: {error}")).clone();
    let _ = writeln!(said, "settings {:?}", configured.settings);
    let _ = writeln!(said, "{:?} {:?} {:?}", configured.targets, configured.split, configured.truncated);
    let _ = writeln!(said, "{} parameters, {} windows", configured.parameters.total, configured.windows.train);
    let _ = writeln!(said, "{} steps, {} bytes", configured.steps_per_epoch, configured.memory_bytes);
    let bytes = session.save().expect("a saved model");
    let Ok(Saved::Model(about, _)) = export::read(&bytes) else { panic!("its description") };
    let _ = writeln!(said, "{:?} {:?}", about.columns, about.scales);
    said
}

/// The split as a person may write it, with the ends of training and validation.
fn splits(file: &File) -> Vec<(String, [usize; 2])> {
    let mut splits = vec![
        ("70/10/20".to_owned(), [700, 800]),
        ("40/25/35".to_owned(), [400, 650]),
        ("500, 700, 1000".to_owned(), [500, 700]),
    ];
    if let Some(step) = file.step {
        let date = |row: usize| {
            let time = unrolled::data::calendar::axis::civil(START + row as i64 * step).expect("a time");
            unrolled::data::calendar::axis::minute_text(time)
        };
        splits.push((format!("{}, {}", date(312), date(624)), [312, 624]));
    }
    splits
}

/// Tries every file, split and change with `more` settings.
fn nothing_moves(more: &str) {
    let mut moved = Vec::new();
    for file in &FILES {
        for (split, ends) in splits(file) {
            let settings = format!(r#"{{"hidden": 4, "split": "{split}"{more}}}"#);
            let before = chosen(&text(file, None), &settings);
            for (name, change) in CHANGES {
                let after = chosen(&text(file, Some((change, ends))), &settings);
                let lines = before.lines().zip(after.lines());
                moved.extend(
                    lines
                        .filter(|(before, after)| before != after)
                        .map(|(before, after)| format!("{}, {split}, {name}:\n  {before}\n  {after}", file.name)),
                );
            }
        }
    }
    assert!(moved.is_empty(), "{} moved:\n{}", moved.len(), moved.join("\n"));
}

#[test]
fn what_is_chosen_for_a_model_does_not_depend_on_rows_after_the_training_part() {
    nothing_moves(r#", "window": 0"#);
}

#[test]
fn what_is_chosen_for_a_series_read_as_one_does_not_depend_on_rows_after_the_training_part() {
    nothing_moves(r#", "architecture": "gru", "segment": 1, "reading": "continuous""#);
}

#[test]
fn what_is_said_of_a_file_is_chosen_by_the_default_training_part() {
    for file in &FILES {
        let said = |changed| {
            let table = read(text(file, changed).as_bytes()).expect("a table");
            let understood = table.understood();
            let sentinels: Vec<_> = understood.columns.iter().map(|column| column.sentinel).collect();
            let regular = series(&table);
            let suggestions: Vec<_> = regular.series.names.iter().map(|name| regular.suggest(name)).collect();
            format!("{:?} {sentinels:?} {suggestions:?}", understood.suggested_target)
        };
        let before = said(None);
        for (name, change) in CHANGES {
            assert_eq!(said(Some((change, [700, 800]))), before, "{}: {name}", file.name);
        }
    }
}
