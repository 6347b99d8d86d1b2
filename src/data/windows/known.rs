//! Which rows may stand together in a window: what its end knows, and what was measured.
//!
//! A window may read filled values; what it forecasts was measured. A row that a straight line fills is *open* until the value
//! that the line leads to has come: no window ends in an open row, its past as little as its horizon, so that every line in it is
//! at its end by then. Where something is learnt at every row, as in a series that is read as one, every row is the end of what
//! it is learnt from: none of these rows is open, and none of their targets is filled.

use crate::data::windows::fill::Gaps;

/// What of a series may stand in a window, by row.
#[derive(Debug, Clone)]
pub(in crate::data) struct Known {
    /// For each row the first row of the stretch that it belongs to in which every feature has a value, measured or filled; the
    /// number of rows (never a first row) where one has none.
    read: Vec<u32>,
    /// The same for stretches in which every target was measured.
    measured: Vec<u32>,
    /// The same for stretches in which, besides, every feature has a value and no row is open.
    learnt: Vec<u32>,
    /// Whether a line that fills the row leads to a value behind it.
    open: Vec<bool>,
}

/// One column after filling, and what was filled of it.
pub(in crate::data) struct Column<'c> {
    pub values: &'c [f64],
    pub filled: &'c [u32],
    pub is_target: bool,
}

impl Known {
    /// Of these columns, all as long.
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

    /// Whether a window may begin at `start`, with so many rows of past and of horizon.
    pub fn allows(&self, start: usize, window: usize, horizon: usize) -> bool {
        let (origin, end) = (start + window, start + window + horizon);
        let is_open = |end: usize| end > start && self.open[end - 1];
        // The whole window lies in one stretch if its last row's stretch begins no later than it does.
        end > start
            && self.read[end - 1] as usize <= start
            && (horizon == 0 || self.measured[end - 1] as usize <= origin)
            && !is_open(origin)
            && !is_open(end)
    }

    /// Whether something may be learnt at each of `rows` rows from `start` on.
    pub fn is_learnt_throughout(&self, start: usize, rows: usize) -> bool {
        rows == 0 || self.learnt[start + rows - 1] as usize <= start
    }

    /// Whether something may be learnt at this row.
    pub fn is_learnt(&self, row: usize) -> bool {
        (self.learnt[row] as usize) < self.learnt.len()
    }

    /// First row of the stretch without missing values that ends with `row`, or none.
    pub fn first_read(&self, row: usize) -> Option<usize> {
        Some(self.read[row] as usize).filter(|&first| first < self.read.len())
    }
}

/// For each row the first row of its stretch of rows that belong, or the number of rows if it does not.
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
