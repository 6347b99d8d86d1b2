//! The rows that may stand together in a window, by what its end knows and what was measured.
//!
//! A window may read filled values; its horizon must be measured. A row that a straight line fills is *open* until the value at the
//! line's end has come: neither the past nor the horizon of a window ends in an open row, so every line in it is complete by then.
//! Where something is learnt at every row, as in the series as one, every row is an end: none of these rows is open, and none of
//! their targets is filled.

use crate::data::windows::fill::Gaps;

/// Validity of a series' rows in a window.
#[derive(Debug, Clone)]
pub(in crate::data) struct Known {
    /// For each row the first row of its run of rows with a value, measured or filled, in every feature; the number of rows (never
    /// a first row) where a value is missing.
    read: Vec<u32>,
    /// The same for runs in which every target was measured.
    measured: Vec<u32>,
    /// The same for runs that also have a value in every feature and no open row.
    learnt: Vec<u32>,
    /// Whether the row is filled by a line to a value behind it.
    open: Vec<bool>,
}

/// One column after filling, and its filled rows.
pub(in crate::data) struct Column<'c> {
    pub values: &'c [f64],
    pub filled: &'c [u32],
    pub is_target: bool,
}

impl Known {
    /// The validity of rows with these columns, all of the same length.
    pub fn of(rows: usize, columns: &[Column<'_>], gaps: Gaps) -> Self {
        let (mut present, mut measured, mut open) = (vec![true; rows], vec![true; rows], vec![false; rows]);
        for column in columns {
            for (present, value) in present.iter_mut().zip(column.values) {
                *present &= !value.is_nan();
            }
            if column.is_target {
                for (measured, value) in measured.iter_mut().zip(column.values) {
                    *measured &= !value.is_nan();
                }
            }
            for &row in column.filled {
                measured[row as usize] &= !column.is_target;
                open[row as usize] |= gaps == Gaps::Interpolate;
            }
        }
        let learnt =
            present.iter().zip(&measured).zip(&open).map(|((present, measured), open)| *present && *measured && !open);
        Self {
            learnt: stretches(learnt),
            read: stretches(present.into_iter()),
            measured: stretches(measured.into_iter()),
            open,
        }
    }

    /// Whether a window of so many rows of past and of horizon may begin at `start`.
    pub fn allows(&self, start: usize, window: usize, horizon: usize) -> bool {
        let (origin, end) = (start + window, start + window + horizon);
        let is_open = |end: usize| end > start && self.open[end - 1];
        // The whole window lies in one run if its last row's run begins no later than the window.
        end > start
            && self.read[end - 1] as usize <= start
            && (horizon == 0 || self.measured[end - 1] as usize <= origin)
            && !is_open(origin)
            && !is_open(end)
    }

    /// Whether all of `rows` rows from `start` on may be learnt from.
    pub fn is_learnt_throughout(&self, start: usize, rows: usize) -> bool {
        rows == 0 || self.learnt[start + rows - 1] as usize <= start
    }

    /// Whether this row may be learnt from.
    pub fn is_learnt(&self, row: usize) -> bool {
        (self.learnt[row] as usize) < self.learnt.len()
    }

    /// First row of the run without missing values that ends with `row`, or none.
    pub fn first_read(&self, row: usize) -> Option<usize> {
        Some(self.read[row] as usize).filter(|&first| first < self.read.len())
    }
}

/// For each row the first row of its run of rows that belong, or the number of rows if it does not.
fn stretches(belong: impl ExactSizeIterator<Item = bool>) -> Vec<u32> {
    let rows = belong.len();
    let mut first = 0;
    let mut stretch = Vec::with_capacity(rows);
    for (row, belongs) in belong.enumerate() {
        if !belongs {
            first = row + 1;
        }
        // Windows are numbered by `u32` as well: see [`crate::data::Frame::windows`].
        stretch.push(u32::try_from(if belongs { first } else { rows }).unwrap_or(u32::MAX));
    }
    stretch
}
