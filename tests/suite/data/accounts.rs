//! Nothing in a file is dropped, merged or changed without a count and a note: the counts add up to the file's content, by a plain
//! count of its records and cells, and agree with the notes.

use std::path::Path;

use proptest::prelude::*;
use unrolled::data::meaning::understood::{ColumnKind, Understood};
use unrolled::data::notes::Note;
use unrolled::data::options::{Delimiter, Encoding};
use unrolled::data::{ReadOptions, SeriesOptions, Table};

use super::common::{read, read_with};

type Sums = Result<(), String>;

fn equal(what: &str, found: usize, wanted: usize) -> Sums {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found}, not {wanted}")) }
}

fn counted<'n>(notes: &'n [Note], code: &str) -> impl Iterator<Item = &'n Note> {
    notes.iter().filter(move |note| note.code == code)
}

fn sum_of(notes: &[Note], code: &str) -> usize {
    counted(notes, code).map(|note| note.count).sum()
}

/// Non-empty records of a text, cut without our code; `None` where the `csv` crate cuts other records than this library (a quote
/// that is never closed, runs of spaces).
fn records(text: &str, understood: &Understood) -> Option<usize> {
    if understood.delimiter == Delimiter::Space || counted(&understood.notes, "stray-quote").next().is_some() {
        return None;
    }
    let comments = ["comments", "comments-inside"].iter().any(|code| counted(&understood.notes, code).next().is_some());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(understood.delimiter.byte())
        .comment(comments.then_some(b'#'))
        .from_reader(text.as_bytes());
    let records = reader.records().map(|record| record.expect("text is read"));
    Some(records.filter(|record| record.iter().any(|cell| !cell.trim().is_empty())).count())
}

/// Whether a person would take a cell for a number: digits with the usual characters in and around numbers.
fn is_numeric(cell: &str) -> bool {
    let cell = cell.trim().trim_matches('"');
    let bare =
        cell.trim_start_matches(['+', '-', '$', '(', '<', '>']).trim_end_matches(['%', ')', '*', '-', 'K', 'M', 'B']);
    bare.len() <= 15
        && bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.ends_with(|c: char| c.is_ascii_digit())
        && bare.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',')
}

/// Records below the names are rows, or counted as left out, and the notes have the same numbers.
fn of_records(text: &str, understood: &Understood) -> Sums {
    let all = understood.records;
    let notes = &understood.notes;
    equal("notes on uneven rows", sum_of(notes, "ragged-rows") + sum_of(notes, "truncated"), all.uneven)?;
    equal("notes on repeated names", sum_of(notes, "repeated-names"), all.names)?;
    equal("notes on unreadable times", sum_of(notes, "unreadable-time"), all.without_time)?;
    equal("notes on other series", sum_of(notes, "series") + sum_of(notes, "several-series"), all.other_series)?;
    if let Some(records) = records(text, understood) {
        let mark = char::from(understood.delimiter.byte());
        let in_comment = |line: &str| {
            line.strip_prefix('#')
                .and_then(|line| line.split(mark).next())
                .is_some_and(|first| first.trim() == understood.columns[0].name)
        };
        let names = usize::from(understood.header && !text.lines().any(in_comment));
        let above = sum_of(notes, "preamble") + sum_of(notes, "units-row") + names;
        let below = all.rows + all.uneven + all.names + all.without_time + all.other_series;
        equal("records", above + below, records)?;
    }
    Ok(())
}

/// Cells are values, or counted by their kind, and the notes have the same numbers.
fn of_cells(table: &Table) -> Sums {
    let understood = table.understood();
    let notes = &understood.notes;
    let wide = counted(notes, "wide").next().is_some();
    let preview = table.preview(0, understood.rows);
    for (at, column) in understood.columns.iter().enumerate() {
        let name = &column.name;
        let cells = column.cells;
        let all = cells.values + cells.empty + cells.unread + cells.infinite + cells.sentinels + cells.text;
        if wide && column.kind == ColumnKind::Time {
            continue;
        }
        equal(&format!("cells of “{name}”"), all, understood.rows)?;
        let is_label = understood.series.as_ref().is_some_and(|series| series.columns.contains(name))
            || column.note.contains("tells the series apart");
        // A wide file's notes name the column of the cell.
        let about = |code: &str| -> usize {
            let quoted = format!("“{name}”");
            counted(notes, code).filter(|note| wide || note.message.contains(&quoted)).map(|note| note.count).sum()
        };
        if !is_label {
            equal(
                &format!("notes on cells of “{name}” that were not read"),
                about("words") + about("unread-numbers"),
                cells.unread,
            )?;
            equal(&format!("notes on infinite cells of “{name}”"), about("infinite"), cells.infinite)?;
            equal(&format!("notes on sentinels of “{name}”"), about("sentinel"), cells.sentinels)?;
        }
        if wide || is_label || column.kind == ColumnKind::Time {
            continue;
        }
        let numeric = preview.iter().filter(|row| is_numeric(&row[at])).count();
        let accounted = cells.values + cells.unread + cells.infinite + cells.sentinels;
        if numeric > accounted {
            return Err(format!("“{name}” has {numeric} numbers, of which {accounted} are accounted for"));
        }
    }
    Ok(())
}

/// Each row has a moment of its own, or was counted as a duplicate or averaged, and the notes have the same numbers.
fn of_moments(table: &Table) -> Sums {
    let Ok(regular) = table.series(&SeriesOptions::default()) else { return Ok(()) };
    let about = &regular.about;
    equal("rows of the series", about.rows, table.understood().rows)?;
    let moments = about.length - about.missing_steps;
    let beyond = about.duplicates.exact + about.duplicates.merged + about.averaged;
    equal("rows with a moment", moments + beyond, about.rows)?;
    equal("notes on repeated rows", sum_of(&about.notes, "duplicates"), about.duplicates.exact)?;
    equal("notes on times that clash", sum_of(&about.notes, "conflicting-duplicates"), about.duplicates.conflicting)?;
    equal("notes on averaged rows", sum_of(&about.notes, "averaged"), about.averaged)?;
    equal("notes on moved times", sum_of(&about.notes, "snapped"), about.snapped)?;
    // More clashes than isolated errors: the reader asks, unless a person has decided.
    let asked = table.understood().notes.iter().any(|note| note.code == "several-series");
    if about.duplicates.conflicting * 2 > moments && !asked {
        return Err(format!("{} of {moments} times clash, and nothing is asked", about.duplicates.conflicting));
    }
    Ok(())
}

/// Checks a readable file; returns whether it was readable.
fn check(bytes: &[u8]) -> Result<bool, String> {
    let Ok(table) = read(bytes) else { return Ok(false) };
    if let Ok(text) = std::str::from_utf8(bytes)
        && table.understood().encoding == Encoding::Utf8
    {
        let text = text.trim_start_matches('\u{feff}');
        of_records(text, table.understood())?;
    }
    of_cells(&table)?;
    of_moments(&table)?;
    // The same holds after any answer of a person.
    for note in table.understood().notes.clone() {
        for choice in note.choices {
            let Ok(again) = read_with(bytes, choice.options.clone()) else { continue };
            let merged = choice.options == ReadOptions { series: Some(Vec::new()), ..choice.options.clone() };
            of_cells(&again).map_err(|problem| format!("“{}”: {problem}", choice.label))?;
            if !merged {
                of_moments(&again).map_err(|problem| format!("“{}”: {problem}", choice.label))?;
            }
        }
    }
    Ok(true)
}

/// The files of shapes and trials, by their names.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in ["shapes", "trials"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
        for entry in std::fs::read_dir(folder).expect("the folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !["README.md", "expected.json"].contains(&name.as_str()) {
                files.push((name, std::fs::read(&path).expect("the file")));
            }
        }
    }
    // A folder lists its files in any order.
    files.sort();
    files
}

#[test]
fn every_record_cell_and_row_of_the_files_is_accounted_for() {
    let mut read = 0;
    let mut failed = Vec::new();
    for (name, bytes) in corpus() {
        match check(&bytes) {
            Ok(was_read) => read += usize::from(was_read),
            Err(problem) => failed.push(format!("{name}: {problem}")),
        }
    }
    println!("{read} files are accounted for");
    assert_eq!(failed, [""; 0]);
    assert!(read > 60, "{read}");
}

#[test]
fn every_record_cell_and_row_of_the_trials_beside_the_project_is_accounted_for() {
    let Some(folder) = super::common::beside("trials") else { return };
    let mut failed = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let result = check(&std::fs::read(&path).expect("the file"));
        failed.extend(result.err().map(|problem| format!("{}: {problem}", path.display())));
    }
    assert_eq!(failed, [""; 0]);
}

/// Possible contents of a cell, some of them easily mistaken.
const CELLS: [&str; 22] = [
    "",
    "-",
    "n/a",
    "(5)",
    "(1,234.50)",
    "7-",
    "1.02K",
    "3M",
    "0.22 Dividend",
    "+0117,1",
    "<1",
    "CHF 5",
    "$1.2K",
    "45 %",
    "inf",
    "1e300",
    "-999",
    "bad",
    "TRUE",
    "12,5",
    "1.2.3",
    "2013-01-20",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_to_a_file_all_of_it_is_accounted_for(
        file in any::<prop::sample::Index>(),
        cells in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop::sample::select(CELLS.to_vec())), 0..12),
        lines in proptest::collection::vec((any::<prop::sample::Index>(), 0..4_usize), 0..6),
    ) {
        let files = corpus();
        let (name, bytes) = file.get(&files);
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
        let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
        for (line, how) in &lines {
            if rows.len() < 4 {
                break;
            }
            let at = line.index(rows.len() - 2) + 2;
            match how {
                0 => rows.insert(at, rows[at].clone()),
                1 => drop(rows.remove(at)),
                2 => rows.swap(at, 2),
                _ => rows.insert(at, "# a comment".to_owned()),
            }
        }
        for (line, field, cell) in &cells {
            if rows.len() < 4 {
                break;
            }
            let at = line.index(rows.len() - 2) + 2;
            // Cut at the delimiter alone: damage to quoted fields is damage like any other.
            let mark = [',', ';', '\t'].into_iter().max_by_key(|mark| rows[at].matches(*mark).count()).unwrap_or(',');
            let mut fields: Vec<&str> = rows[at].split(mark).collect();
            let place = field.index(fields.len());
            fields[place] = cell;
            rows[at] = fields.join(&mark.to_string());
        }
        let damaged = rows.join("\n") + "\n";
        check(damaged.as_bytes()).map_err(|problem| TestCaseError::fail(format!("{name}: {problem}\n{damaged}")))?;
    }
}
