//! A regular series: columns of numbers over one time axis.

pub(crate) mod period;
pub mod regular;
pub mod sentinel;
pub mod split;
pub mod target;

use std::borrow::Cow;
use std::ops::Range;

use crate::data::calendar::axis::{Axis, Step};
use crate::data::series::sentinel::Sentinels;
use crate::error::{Error, Result};

/// Columns of numbers, one value a row and column, on a regular time axis. Values are `f64` until they are scaled: a series near
/// 1e9 that varies by 5 must train.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Time of each row.
    pub axis: Axis,
    /// Names of the columns, as the file has them; unique.
    pub names: Vec<String>,
    /// `columns[c][row]`, each of `axis.len` values; `NaN` where a value is missing.
    pub columns: Vec<Vec<f64>>,
    /// Sentinels, where the values decide about them; `None`: a person has named them.
    pub sentinels: Option<Sentinels>,
}

impl Series {
    /// The series with those numbers missing that the rows `training` alone show to be sentinels; `None` where this one is it.
    pub fn looked_at(&self, training: Range<usize>) -> Option<Series> {
        let Sentinels { said, aside } = self.sentinels.as_ref()?;
        let mut seen: Vec<Cow<'_, [f64]>> =
            self.columns.iter().map(|column| Cow::Borrowed(&column[training.clone()])).collect();
        for &(column, row, value) in aside {
            if let Some(place) = (row as usize).checked_sub(training.start).filter(|&place| place < training.len()) {
                seen[column as usize].to_mut()[place] = value;
            }
        }
        let found = sentinel::of_columns(&seen, said);
        let stands = found.iter().enumerate().all(|(column, found)| {
            let now = self.set_aside(column);
            now.len() == found.len() && now.iter().all(|value| found.contains(value))
        });
        if stands {
            return None;
        }
        let mut columns = self.columns.clone();
        for &(column, row, value) in aside {
            columns[column as usize][row as usize] = value;
        }
        let mut aside = Vec::new();
        for ((column, values), found) in (0..).zip(&mut columns).zip(&found).filter(|(_, found)| !found.is_empty()) {
            for (row, value) in (0..).zip(values).filter(|(_, value)| found.contains(value)) {
                aside.push((column, row, std::mem::replace(value, f64::NAN)));
            }
        }
        let sentinels = Some(Sentinels { said: said.clone(), aside });
        Some(Series { axis: self.axis, names: self.names.clone(), columns, sentinels })
    }

    /// The different numbers of a column that are read as missing.
    pub fn set_aside(&self, column: usize) -> Vec<f64> {
        let mut values = Vec::new();
        for (_, _, value) in
            self.sentinels.iter().flat_map(|found| &found.aside).filter(|aside| aside.0 as usize == column)
        {
            if !values.contains(value) {
                values.push(*value);
            }
        }
        values
    }

    /// A series of given parts, if they fit together.
    ///
    /// # Errors
    /// When lengths differ, two columns have one name, the step is not positive, or the times leave the calendar.
    pub fn checked(axis: Axis, names: Vec<String>, columns: Vec<Vec<f64>>) -> Result<Self> {
        let wrong =
            |problem: String| Err(Error::NotReady { problem: format!("These parts are not a series: {problem}.") });
        if names.len() != columns.len() {
            return wrong(format!("{} names for {} columns", names.len(), columns.len()));
        }
        if let Some(column) = columns.iter().find(|column| column.len() != axis.len) {
            return wrong(format!("a column has {} values, the axis {}", column.len(), axis.len));
        }
        if matches!(axis.step, Step::Milliseconds(..=0) | Step::Months(..=0)) {
            return wrong("the step must be positive".to_owned());
        }
        if let Some(problem) = axis.unsayable() {
            return wrong(problem);
        }
        if let Some(at) = (1..names.len()).find(|&at| names[..at].contains(&names[at])) {
            return wrong(format!("two columns are called “{}”", names[at]));
        }
        Ok(Self { axis, names, columns, sentinels: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_changes_only_where_the_rows_show_other_sentinels() {
        let axis = Axis { start: 0, step: Step::Rows, len: 104, utc: false };
        let values = (0..100).map(|i| f64::from(i % 30)).chain([-999.0, -999.0, 3.0, 4.0]);
        let columns = vec![values.collect()];
        let sentinels = Some(Sentinels::default());
        let series = Series { axis, names: vec!["temp".to_owned()], columns, sentinels };
        assert_eq!(series.looked_at(0..100), None);
        let found = series.looked_at(0..102).expect("another series");
        assert_eq!(found.set_aside(0), [-999.0]);
        assert_eq!(found.looked_at(0..102), None);
        assert_eq!(found.looked_at(0..100), Some(series));
    }
}
