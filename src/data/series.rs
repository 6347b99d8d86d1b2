//! A regular series: columns of numbers over one time axis.

use crate::data::axis::{Axis, Step};
use crate::error::{Error, Result};

/// Columns of numbers, one value a row and column, on a regular time axis. Values are kept in `f64` until they are
/// scaled: a series near 1e9 with a spread of 5 must train.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Time of each row.
    pub axis: Axis,
    /// Names of the columns, as the file has them; unique.
    pub names: Vec<String>,
    /// `columns[c][row]`, each of `axis.len` values; `NaN` where a value is missing.
    pub columns: Vec<Vec<f64>>,
}

impl Series {
    /// A series of parts from elsewhere, if they fit together.
    ///
    /// # Errors
    /// When lengths differ, two columns have one name, or the step is not positive.
    pub fn checked(axis: Axis, names: Vec<String>, columns: Vec<Vec<f64>>) -> Result<Self> {
        let wrong =
            |problem: String| Err(Error::NotReady { problem: format!("These are no parts of a series: {problem}.") });
        if names.len() != columns.len() {
            return wrong(format!("{} names for {} columns", names.len(), columns.len()));
        }
        if let Some(column) = columns.iter().find(|column| column.len() != axis.len) {
            return wrong(format!("a column has {} values, the axis {}", column.len(), axis.len));
        }
        if matches!(axis.step, Step::Milliseconds(..=0) | Step::Months(..=0)) {
            return wrong("the step must be positive".to_owned());
        }
        if let Some(at) = (1..names.len()).find(|&at| names[..at].contains(&names[at])) {
            return wrong(format!("two columns are called “{}”", names[at]));
        }
        Ok(Self { axis, names, columns })
    }
}
