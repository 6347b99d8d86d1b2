//! Shared code of several examples.

use unrolled::data::{CsvReader, Series, SeriesOptions};

/// Hourly temperatures at JFK in 2013, the page's first sample; the column is `temp_c`.
pub fn jfk() -> Series {
    let mut reader = CsvReader::default();
    reader.push(include_bytes!("../../www/samples/jfk_2013_hourly_celsius.csv")).expect("text");
    reader.finish().and_then(|table| table.series(&SeriesOptions::default())).expect("a series").series
}
