//! Shared code of the tests of the data layer.

use std::path::{Path, PathBuf};

use unrolled::data::notes::Note;
use unrolled::data::{CsvReader, ReadOptions, Regular, SeriesOptions, Table};
use unrolled::error::Result;

/// Reads a file in pieces of an odd length, as they may arrive.
pub fn read_with(bytes: &[u8], options: ReadOptions) -> Result<Table> {
    let mut reader = CsvReader::new(options);
    for chunk in bytes.chunks(4099) {
        reader.push(chunk)?;
    }
    reader.finish()
}

pub fn read(bytes: &[u8]) -> Result<Table> {
    read_with(bytes, ReadOptions::default())
}

/// Reads a file that must be readable.
pub fn table(text: &str) -> Table {
    read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

/// The series of a file, without options.
pub fn series(table: &Table) -> Regular {
    table.series(&SeriesOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The notes on a file and on its series.
pub fn notes(table: &Table) -> Vec<Note> {
    let mut notes = table.understood().notes.clone();
    if let Ok(regular) = table.series(&SeriesOptions::default()) {
        notes.extend(regular.about.notes);
    }
    notes
}

pub fn note<'n>(notes: &'n [Note], code: &str) -> Option<&'n Note> {
    notes.iter().find(|note| note.code == code)
}

/// Data next to the project rather than in it; `None`, with a message, if missing.
pub fn beside(path: &str) -> Option<PathBuf> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if full.exists() {
        Some(full)
    } else {
        println!("SKIPPED: {path} is not beside the project");
        None
    }
}

/// Midnight of 2013-01-20 UTC, the beginning of the shape files.
pub const START: i64 = 1_358_640_000_000;
pub const HOUR: i64 = 3_600_000;

/// Sum of the present numbers.
pub fn sum(values: &[f64]) -> f64 {
    values.iter().filter(|value| !value.is_nan()).sum()
}
