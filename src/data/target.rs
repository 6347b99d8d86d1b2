//! Which column a person most likely wants to forecast.

use crate::data::names;
use crate::data::understood::{ColumnKind, ColumnUnderstood};

/// Words of columns that people forecast, most likely first. Temperatures lead: they are what this is tried on.
const LIKELY: [&[&str]; 4] = [
    &[
        "temp",
        "tmax",
        "tmin",
        "temperature",
        "temperatur",
        "température",
        "temperatura",
        "tmp",
        "celsius",
        "°c",
        "ot",
        "tavg",
        "tmean",
    ],
    &["target", "y", "value", "close", "sales", "demand", "load", "consumption", "power", "energy", "passengers"],
    &["price", "count", "cnt", "traffic", "volume", "level", "flow", "pm", "humidity", "wind"],
    &["max", "mean", "avg", "total"],
];

/// Words of columns that number or mark rows rather than measure.
const UNLIKELY: [&str; 12] =
    ["id", "no", "index", "row", "filled", "flag", "quality", "qc", "year", "month", "day", "hour"];

/// The first column of numbers with the likeliest name.
pub(crate) fn suggest<'c>(
    columns: &'c [ColumnUnderstood],
    values: impl Fn(usize) -> &'c [f64],
    rows: usize,
) -> Option<&'c str> {
    let mut best: Option<(usize, usize)> = None;
    for (index, column) in columns.iter().enumerate() {
        if column.kind != ColumnKind::Number {
            continue;
        }
        let likely = LIKELY.iter().position(|words| names::has_word(&column.name, words)).unwrap_or(LIKELY.len());
        let odd = names::has_word(&column.name, &UNLIKELY) || column.missing * 2 > rows || counts_up(values(index));
        let rank = match (is_flag(values(index)), odd) {
            (true, _) => LIKELY.len() + 2,
            (_, true) => LIKELY.len() + 1,
            _ => likely,
        };
        if best.is_none_or(|(so_far, _)| rank < so_far) {
            best = Some((rank, index));
        }
    }
    best.map(|(_, index)| columns[index].name.as_str())
}

/// Whether a column holds no more than two different numbers.
fn is_flag(values: &[f64]) -> bool {
    let mut seen: Vec<f64> = Vec::new();
    for &value in values.iter().filter(|value| !value.is_nan()) {
        if !seen.contains(&value) {
            seen.push(value);
        }
        if seen.len() > 2 {
            return false;
        }
    }
    true
}

/// Whether a column never falls: it numbers the rows, or says the year.
fn counts_up(values: &[f64]) -> bool {
    let mut known = values.iter().filter(|value| !value.is_nan()).peekable();
    known.peek().is_some() && known.is_sorted()
}
