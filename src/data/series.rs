//! A regular series: columns of numbers over one time axis.

use crate::data::Axis;

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
