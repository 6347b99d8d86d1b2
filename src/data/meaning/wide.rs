//! Files with one row a day and a column for every hour, or one row a year and a column for every month.

use crate::data::calendar::axis::Step;
use crate::data::calendar::step::{self, Grid};
use crate::data::cell::time::{clock, words};
use crate::data::meaning::column::Column;
use crate::data::meaning::look::{Holds, Look};
use crate::data::meaning::understood::Cells;
use crate::data::notes::{Choice, Note};
use crate::data::options::{ReadOptions, clip};

/// Columns that follow one another in time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wide {
    /// The columns, in order.
    pub columns: Vec<usize>,
    /// Time from one to the next.
    pub step: Step,
}

const DAY: i64 = 86_400_000;

/// Finds such columns by their names: 24 hours, a day's clocks, or 12 months.
fn find(names: &[String], looks: &[Look], time: &[usize]) -> Option<Wide> {
    let numbers: Vec<usize> = (0..names.len())
        .filter(|index| !time.contains(index) && matches!(looks[*index].holds, Holds::Numbers | Holds::Nothing))
        .collect();
    months(names, &numbers).or_else(|| hours(names, &numbers))
}

/// Columns of hours or months, if the rows are that far apart.
pub(crate) fn columns(names: &[String], looks: &[Look], time: &[usize], times: Option<&[i64]>) -> Option<Wide> {
    let mut sorted = times?.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let wide = find(names, looks, time)?;
    let grid = step::infer(&sorted);
    let fits = match (wide.step, grid.map(|grid| grid.step)) {
        (Step::Milliseconds(_), Some(Step::Milliseconds(row))) => row == 86_400_000,
        (Step::Months(_), Some(Step::Months(row))) => row == 12,
        _ => false,
    };
    fits.then_some(wide)
}

/// The note on it; its choice keeps the columns.
pub(crate) fn note(wide: &Wide, columns: &[Column], options: &ReadOptions) -> Note {
    let count = wide.columns.len();
    let (row, each) = if wide.step == Step::Months(1) { ("year", "month") } else { ("day", "time of day") };
    let name = |at: usize| columns[wide.columns[at]].name.clone();
    let mut message = format!(
        "Each row holds a whole {row}, one column for each {each} (“{}” to “{}”): the {count} columns were read as one series.",
        name(0),
        name(count - 1)
    );
    let others = columns.iter().enumerate().filter(|(at, column)| !column.is_time && !wide.columns.contains(at));
    let others: Vec<String> = others.map(|(_, column)| format!("“{}”", column.name)).collect();
    if !others.is_empty() {
        let many = if others.len() == 1 { "Column" } else { "Columns" };
        message.push_str(&format!(" {many} {} stood beside them and were left out.", clip(&others.join(", "), 200)));
    }
    let options = ReadOptions { wide: Some(false), ..options.clone() };
    let mut note = Note::info("wide", message);
    note.choices = vec![Choice { label: "Keep the columns apart".to_owned(), options }];
    note
}

/// Turns each value of a row into a row of its own.
pub(crate) fn unpivot(wide: &Wide, columns: &mut Vec<Column>, times: &mut Vec<i64>, offsets: &mut Vec<u32>) {
    let count = wide.columns.len();
    let rows = times.len();
    let mut values = Vec::with_capacity(rows * count);
    let mut long_times = Vec::with_capacity(rows * count);
    let mut long_offsets = Vec::with_capacity(rows * count);
    for row in 0..rows {
        let grid = Grid { start: times[row], step: wide.step, floor: false };
        for (&column, slot) in wide.columns.iter().zip(0..) {
            values.push(columns[column].values.get(row).copied().unwrap_or(f64::NAN));
            long_times.push(grid.at(slot));
            long_offsets.push(offsets[row]);
        }
    }
    let cells = wide.columns.iter().fold(Cells::default(), |sum, &column| sum.and(columns[column].cells()));
    let time_at = columns.iter().position(|column| column.is_time).unwrap_or(0);
    let mut value = columns.swap_remove(wide.columns[0]);
    value.widen("value", values, cells);
    // Removing by swap may have moved the time column to the freed place.
    let time_at = columns.iter().position(|column| column.is_time).unwrap_or(time_at);
    let time = columns.swap_remove(time_at);
    *columns = vec![time, value];
    *times = long_times;
    *offsets = long_offsets;
}

/// The first run of columns that count 0 to 23 or 1 to 24, or whose names are evenly spaced clock times of a whole day.
fn hours(names: &[String], numbers: &[usize]) -> Option<Wide> {
    let counts: Vec<Option<i64>> = numbers.iter().map(|&index| trailing_number(&names[index])).collect();
    let counted = counts.windows(24).position(|run| {
        let first = run[0].filter(|first| *first <= 1);
        first.is_some_and(|first| run.iter().zip(first..).all(|(count, wanted)| *count == Some(wanted)))
    });
    if let Some(at) = counted {
        return Some(Wide { columns: numbers[at..at + 24].to_vec(), step: Step::Milliseconds(DAY / 24) });
    }
    let clock = |index: &usize| clock::alone(&names[*index]);
    let clocks: Vec<usize> = numbers.iter().copied().filter(|index| clock(index).is_some()).collect();
    let count = i64::try_from(clocks.len()).ok().filter(|count| [24, 48, 96].contains(count))?;
    let step = DAY / count;
    let even = clocks.iter().zip(0..).all(|(index, at)| clock(index) == Some(at * step));
    even.then_some(Wide { columns: clocks, step: Step::Milliseconds(step) })
}

fn months(names: &[String], numbers: &[usize]) -> Option<Wide> {
    let month = |index: &usize| words::month(&names[*index]);
    let run =
        numbers.windows(12).find(|run| run.iter().zip(1..).all(|(index, wanted)| month(index) == Some(wanted)))?;
    Some(Wide { columns: run.to_vec(), step: Step::Months(1) })
}

/// The number at the end of a name such as `H00`, `hour 7` or `23`.
fn trailing_number(name: &str) -> Option<i64> {
    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    (1..=2).contains(&digits).then(|| name[name.len() - digits..].parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_months_are_told_by_their_names() {
        let numbers: Vec<usize> = (0..24).collect();
        let named = |name: fn(usize) -> String| (0..24).map(name).collect::<Vec<_>>();
        for names in [named(|h| format!("H{h:02}")), named(|h| format!("{}", h + 1)), named(|h| format!("{h:02}:00"))] {
            assert_eq!(hours(&names, &numbers).unwrap().step, Step::Milliseconds(3_600_000));
        }
        assert_eq!(hours(&named(|h| format!("sensor {}", h + 5)), &numbers), None);
        let year = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "J-D"];
        let names = year.map(str::to_owned).to_vec();
        assert_eq!(months(&names, &(0..13).collect::<Vec<_>>()).unwrap().columns.len(), 12);
    }
}
