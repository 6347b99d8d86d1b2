//! Times the reading of a CSV file: `cargo run --release --example read_csv [file]`.
//! Without a file it makes one of a million rows and three columns.

use std::fmt::Write as _;
use std::time::Instant;

use unrolled::data::{CsvReader, ReadOptions, SeriesOptions};

/// A million rows, one a minute from 2013-01-20 on: an ISO time and two numbers.
fn million() -> Vec<u8> {
    let mut text = String::from("time,temp_c,pressure_hpa\n");
    let start: jiff::Timestamp = "2013-01-20T00:00:00Z".parse().expect("a time");
    for row in 0..1_000_000_i64 {
        let time = start + jiff::SignedDuration::from_mins(row);
        let angle = row as f64 / 1440.0 * std::f64::consts::TAU;
        let _ = writeln!(text, "{time},{:.1},{:.1}", 10.0 * angle.sin(), 1013.0 + 9.0 * (angle / 7.0).cos());
    }
    text.into_bytes()
}

fn main() {
    let bytes = match std::env::args().nth(1) {
        Some(path) => std::fs::read(path).expect("the file"),
        None => million(),
    };
    let begin = Instant::now();
    let mut reader = CsvReader::new(ReadOptions::default()).expecting(bytes.len());
    for chunk in bytes.chunks(1 << 16) {
        reader.push(chunk).expect("text");
    }
    let table = reader.finish().unwrap_or_else(|error| panic!("{error}"));
    let read = begin.elapsed();
    let series = table.series(&SeriesOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let regular = begin.elapsed() - read;
    let target = table.understood().suggested_target.clone().unwrap_or_default();
    let suggestion = series.suggest(&target).unwrap_or_else(|error| panic!("{error}"));
    let suggested = begin.elapsed() - read - regular;
    println!("{} bytes, {} rows, step {}", bytes.len(), table.understood().rows, series.about.step_label);
    if let Some(time) = &table.understood().time {
        println!("  time {}: {}", time.columns.join(" + "), time.format);
    }
    for note in table.understood().notes.iter().chain(&series.about.notes) {
        println!("  {:?} {}: {} {:?}", note.level, note.code, note.message, note.rows);
    }
    println!("  target {target}: {}", suggestion.why);
    println!("read {read:.2?}, made regular {regular:.2?}, suggested {suggested:.2?}");
}
