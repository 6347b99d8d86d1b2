//! The most likely target column, by its name and its values in the training part.

use crate::data::cell::names;

/// Words of usual target columns, most likely first. Temperatures lead, as in the samples.
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

/// The first changing column with the likeliest name, of columns by name with their values in the training part; `None` without
/// numbers.
pub(crate) fn suggest<'c>(columns: impl Iterator<Item = (&'c str, &'c [f64])>) -> Option<&'c str> {
    let mut best: Option<(usize, &str)> = None;
    for (name, values) in columns.filter(|(_, values)| changes(values)) {
        let likely = LIKELY.iter().position(|words| names::has_word(name, words)).unwrap_or(LIKELY.len());
        let missing = values.iter().filter(|value| value.is_nan()).count();
        let odd = names::has_word(name, &UNLIKELY) || missing * 2 > values.len() || counts_up(values);
        let rank = match (is_flag(values), odd) {
            (true, _) => LIKELY.len() + 2,
            (_, true) => LIKELY.len() + 1,
            _ => likely,
        };
        if best.is_none_or(|(so_far, _)| rank < so_far) {
            best = Some((rank, name));
        }
    }
    best.map(|(_, name)| name)
}

/// Whether a column holds more than one number.
fn changes(values: &[f64]) -> bool {
    let mut known = values.iter().filter(|value| !value.is_nan());
    known.next().is_some_and(|first| known.any(|value| value != first))
}

/// Whether a column holds at most two different numbers.
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
