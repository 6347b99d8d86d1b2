//! The time for large files grows linearly.

use std::fmt::Write as _;
use std::time::Duration;

use cpu_time::ThreadTime;
use unrolled::data::SeriesOptions;

use super::common::read;

/// Rows a minute apart with three columns of numbers, some cells empty.
fn rows(count: i64) -> Vec<u8> {
    let mut text = String::from("time,temp_c,humidity,pressure_hpa\n");
    let start: jiff::Timestamp = "2013-01-20T00:00:00Z".parse().expect("a time");
    for row in 0..count {
        let time = start + jiff::SignedDuration::from_mins(row);
        let angle = row as f64 / 1440.0 * std::f64::consts::TAU;
        let cell = |value: f64| if row % 97 == 3 { String::new() } else { format!("{value:.1}") };
        let (temperature, pressure) = (cell(10.0 * angle.sin()), cell(1013.0 + 9.0 * (angle / 7.0).cos()));
        let _ = writeln!(text, "{time},{temperature},{:.1},{pressure}", 60.0 + 20.0 * angle.cos());
    }
    text.into_bytes()
}

/// From bytes to the suggestions for every column.
fn whole_way(bytes: &[u8]) -> Duration {
    let begin = ThreadTime::now();
    let table = read(bytes).expect("a table");
    let series = table.series(&SeriesOptions::default()).expect("a series");
    for name in &series.about.names {
        series.suggest(name).expect("a suggestion");
    }
    begin.elapsed()
}

#[test]
fn time_grows_with_the_rows_and_no_faster() {
    // Four times the rows take four times as long in linear time and sixteen times in quadratic time; the geometric mean is eight.
    // Time is this thread's own, and the fastest of several runs has the caches to itself.
    const MOST: f64 = 8.0;
    let (small, large) = (rows(20_000), rows(80_000));
    let (mut least_small, mut least_large) = (Duration::MAX, Duration::MAX);
    for _ in 0..7 {
        least_small = least_small.min(whole_way(&small));
        least_large = least_large.min(whole_way(&large));
    }
    let ratio = least_large.as_secs_f64() / least_small.as_secs_f64();
    println!("20,000 rows in {least_small:.1?}, 80,000 in {least_large:.1?}: {ratio:.2} times as long");
    assert!(ratio < MOST, "{ratio}");
}
