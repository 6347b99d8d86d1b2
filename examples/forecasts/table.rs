//! The table of a set.

use crate::score::{Measured, Range};
use crate::{Method, Row};

const COLUMNS: [&str; 9] = [
    "mean MASE",
    "median",
    "worse than seasonal naive",
    "better than one press",
    "coverage of 80 %",
    "width",
    "interval score",
    "series with a range",
    "s",
];

/// The set's table as Markdown, one row a method; the first is one press. All means are over the series that every method forecast.
pub fn of(heading: &str, methods: &[Method], rows: &[Row], notes: &[String]) -> String {
    let whole: Vec<Vec<&Measured>> =
        rows.iter().filter_map(|row| row.found.iter().map(|found| found.as_ref().ok()).collect()).collect();
    let mut text = format!(
        "{heading}, {} forecast by all\n\n| | {} |\n{}\n",
        whole.len(),
        COLUMNS.join(" | "),
        "| --- ".repeat(COLUMNS.len() + 1) + "|"
    );
    for (at, Method { label, .. }) in methods.iter().enumerate() {
        let found = || whole.iter().map(|row| row[at]);
        let share = |of: &dyn Fn(&[&Measured]) -> bool| {
            let count = whole.iter().filter(|row| of(row)).count();
            format!("{:.0} %", 100.0 * count as f64 / whole.len() as f64)
        };
        let ranges: Vec<Range> = found().filter_map(|found| found.range).collect();
        let range = |of: fn(&Range) -> f64| match ranges.len() {
            0 => "-".to_owned(),
            _ => format!("{:.3}", mean(ranges.iter().map(of))),
        };
        let cells = [
            format!("{:.3}", mean(found().map(|found| found.mase))),
            format!("{:.3}", median(found().map(|found| found.mase).collect())),
            share(&|row| row[at].worse),
            if at == 0 { "-".to_owned() } else { share(&|row| row[at].mase < row[0].mase) },
            range(|range| range.coverage),
            range(|range| range.width),
            range(|range| range.score),
            ranges.len().to_string(),
            format!("{:.2}", mean(found().map(|found| found.seconds))),
        ];
        text += &format!("| {label} | {} |\n", cells.join(" | "));
    }
    for row in rows {
        for (Method { label, .. }, found) in methods.iter().zip(&row.found) {
            if let Err(why) = found {
                text += &format!("\n{}, {label}: {why}", row.id);
            }
        }
    }
    notes.iter().for_each(|note| text += &format!("\n{note}"));
    text
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = [values.len().saturating_sub(1) / 2, values.len() / 2].map(|at| values.get(at).copied());
    middle.into_iter().sum::<Option<f64>>().map_or(f64::NAN, |sum| sum / 2.0)
}
