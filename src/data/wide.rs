//! Files with one row a day and a column for every hour, or one row a year and a column for every month.

use crate::data::axis::Step;
use crate::data::look::{Holds, Look};
use crate::data::time::words;

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
pub(crate) fn find(names: &[String], looks: &[Look], time: &[usize]) -> Option<Wide> {
    let numbers: Vec<usize> = (0..names.len())
        .filter(|index| !time.contains(index) && matches!(looks[*index].holds, Holds::Numbers | Holds::Nothing))
        .collect();
    months(names, &numbers).or_else(|| hours(names, &numbers))
}

/// The first stretch of columns that count 0 to 23 or 1 to 24, or whose names are evenly spaced clocks of a whole day.
fn hours(names: &[String], numbers: &[usize]) -> Option<Wide> {
    let counts: Vec<Option<i64>> = numbers.iter().map(|&index| trailing_number(&names[index])).collect();
    let counted = counts.windows(24).position(|run| {
        let first = run[0].filter(|first| *first <= 1);
        first.is_some_and(|first| run.iter().zip(first..).all(|(count, wanted)| *count == Some(wanted)))
    });
    if let Some(at) = counted {
        return Some(Wide { columns: numbers[at..at + 24].to_vec(), step: Step::Milliseconds(DAY / 24) });
    }
    let clock = |index: &usize| crate::data::time::pieces::clock(&names[*index]);
    let clocks: Vec<usize> = numbers.iter().copied().filter(|index| clock(index).is_some()).collect();
    let count = i64::try_from(clocks.len()).ok().filter(|count| [24, 48, 96].contains(count))?;
    let step = DAY / count;
    let even = clocks.iter().zip(0..).all(|(index, at)| clock(index) == Some(at * step));
    even.then_some(Wide { columns: clocks, step: Step::Milliseconds(step) })
}

fn months(names: &[String], numbers: &[usize]) -> Option<Wide> {
    let month = |index: &usize| words::month(&names[*index].to_lowercase());
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
