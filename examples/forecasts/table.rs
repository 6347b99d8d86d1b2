//! The table of a set.

use crate::Row;
use crate::score::Measured;
use crate::sets::Set;

/// Ids and names of the forecasts, in the order of a row.
pub const METHODS: [(&str, &str); 3] =
    [("press", "one press"), ("ridge", "ridge, all rows"), ("seasonal", "seasonal naive")];
/// The one of them that a share worse than refers to.
const SEASONAL: usize = 2;

/// The set's table as Markdown. All means are over the series that every method forecast.
pub fn of(set: &Set, every: usize, all: usize, rows: &[Row]) -> String {
    let whole: Vec<&Row> = rows.iter().filter(|row| row.found.iter().all(|found| found.is_ok())).collect();
    let mut text = format!(
        "{}, {} ahead: every {every}. of {all} series, {} of {} forecast\n\n| | mean MASE | median | worse than seasonal naive | \
         coverage of 80 % | width | interval score | series with a range | s |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        set.label,
        set.horizon,
        whole.len(),
        rows.len()
    );
    let of = |row: &Row, method: usize| -> Measured { row.found[method].clone().expect("these have all forecasts") };
    for (method, (id, label)) in METHODS.iter().enumerate() {
        let found: Vec<Measured> = whole.iter().map(|row| of(row, method)).collect();
        let worse = whole.iter().zip(&found).filter(|(row, found)| found.mase > of(row, SEASONAL).mase).count();
        let ranges: Vec<_> = found.iter().filter_map(|found| found.range).collect();
        let range = |of: fn(&crate::score::Range) -> f64| match ranges.len() {
            0 => "-".to_owned(),
            _ => format!("{:.3}", mean(ranges.iter().map(of).collect())),
        };
        let seconds = if *id == "press" { whole.iter().map(|row| row.press.seconds).collect() } else { vec![] };
        let mases: Vec<f64> = found.iter().map(|found| found.mase).collect();
        text += &format!(
            "| {label} | {:.3} | {:.3} | {:.0} % | {} | {} | {} | {} | {} |\n",
            mean(mases.clone()),
            median(mases),
            100.0 * worse as f64 / whole.len().max(1) as f64,
            range(|range| range.coverage),
            range(|range| range.width),
            range(|range| range.score),
            ranges.len(),
            if seconds.is_empty() { "-".to_owned() } else { format!("{:.2}", mean(seconds)) },
        );
    }
    for row in rows {
        for ((_, label), found) in METHODS.iter().zip(&row.found) {
            if let Err(why) = found {
                text += &format!("\n{}, {label}: {why}", row.id);
            }
        }
    }
    text
}

fn mean(values: Vec<f64>) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
