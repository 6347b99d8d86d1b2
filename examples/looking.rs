//! What looking inside costs training: steps by themselves, and with the gradient through time read now and then, as the page
//! does: a reading may take a tenth of the time. `cargo run --release --example looking`.

use std::time::{Duration, Instant};

use unrolled::Session;
use unrolled::data::{CsvReader, ReadOptions, Series, SeriesOptions};
use unrolled::knob::Raw;

/// A reading waits until so many times its own duration have passed since the last one, and this long at least.
const SHARE: u32 = 10;
const EVERY: Duration = Duration::from_millis(600);
/// How long each way is measured, in turn, so many times.
const SPAN: Duration = Duration::from_secs(2);
const REPEATS: usize = 5;

const JOBS: [(&str, &str); 3] = [
    (
        "LSTM 64, 24 → 1, batch 32",
        r#"{"architecture": "lstm", "window": 24, "horizon": 1, "segment": 1, "batch_size": 32, "epochs": 1000}"#,
    ),
    (
        "2 × LSTM 128, 168 → 24, batch 64",
        r#"{"architecture": "lstm", "hidden": 128, "layers": 2, "window": 168, "horizon": 24, "segment": 1, "batch_size": 64}"#,
    ),
    (
        "Transformer 64, 168 → 24, batch 64",
        r#"{"architecture": "transformer", "window": 168, "segment": 1, "batch_size": 64}"#,
    ),
];

fn jfk() -> Series {
    let mut reader = CsvReader::new(ReadOptions::default());
    reader.push(include_bytes!("../www/samples/jfk_2013_hourly_celsius.csv")).expect("text");
    reader.finish().and_then(|table| table.series(&SeriesOptions::default())).expect("a series").series
}

/// Optimiser steps in a second; and readings, if `looking`.
fn rate(session: &mut Session, looking: bool) -> (f64, usize) {
    let begin = Instant::now();
    let (mut steps, mut readings, mut due) = (0, 0, begin);
    while begin.elapsed() < SPAN {
        session.step().expect("training that does not explode");
        steps += 1;
        if looking && Instant::now() >= due {
            let from = Instant::now();
            session.gradients().expect("a model");
            readings += 1;
            due = Instant::now() + EVERY.max(from.elapsed() * SHARE);
        }
    }
    (f64::from(steps) / begin.elapsed().as_secs_f64(), readings)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let series = jfk();
    println!("| job | steps/s | steps/s, looking | slower by | a reading takes |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (name, json) in JOBS {
        let raw: Raw = serde_json::from_str(json).expect("settings");
        let mut session = Session::new(series.clone());
        session.configure(&raw).expect("settings within their bounds");
        let (mut off, mut on, mut count) = (Vec::new(), Vec::new(), 0);
        for _ in 0..REPEATS {
            off.push(rate(&mut session, false).0);
            let (rate, readings) = rate(&mut session, true);
            on.push(rate);
            count += readings;
        }
        let from = Instant::now();
        (0..REPEATS).for_each(|_| drop(session.gradients().expect("a model")));
        let reading = from.elapsed().as_secs_f64() / REPEATS as f64;
        let (off, on) = (median(off), median(on));
        println!(
            "| {name} | {off:.1} | {on:.1} ({count} readings) | {:.1} % | {:.1} steps |",
            100.0 * (1.0 - on / off),
            reading * off
        );
    }
}
