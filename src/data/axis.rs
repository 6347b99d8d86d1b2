//! The time axis of a regular series: a start, a step, a length.

use jiff::{Span, Timestamp, civil::DateTime, tz::Offset};
use serde::{Deserialize, Serialize};

/// Distance between neighbouring rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "unit", content = "count", rename_all = "lowercase")]
pub enum Step {
    /// A fixed number of milliseconds, at least 1.
    Milliseconds(i64),
    /// A number of calendar months, at least 1: months differ in length.
    Months(i32),
    /// No time column: rows are numbered from 0, and times are row numbers.
    Rows,
}

/// Start, step and length of a regular series.
///
/// Times are milliseconds since 1970-01-01T00:00 of the clock the file was written in (`utc` says whether that is known
/// to be UTC); for [`Step::Rows`] they are row numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// Time of row 0, in milliseconds.
    pub start: i64,
    /// Distance between rows.
    pub step: Step,
    /// Number of rows.
    pub len: usize,
    /// Whether the times are known to be UTC; otherwise they are a local clock's, of a zone the file does not tell.
    pub utc: bool,
}

impl Axis {
    /// Time of row `index`, which may lie beyond the end; milliseconds, or the row number for [`Step::Rows`].
    pub fn at(&self, index: usize) -> i64 {
        let count = i64::try_from(index).unwrap_or(i64::MAX);
        match self.step {
            Step::Milliseconds(step) => self.start.saturating_add(step.saturating_mul(count)),
            Step::Rows => self.start.saturating_add(count),
            Step::Months(months) => {
                let span = i64::from(months)
                    .checked_mul(count)
                    .and_then(|months| Span::new().try_months(months).ok())
                    .and_then(|span| civil(self.start)?.checked_add(span).ok());
                span.and_then(milliseconds).unwrap_or(i64::MAX)
            }
        }
    }

    /// Clock and calendar at row `index`; `None` without a time column or outside the calendar's range.
    pub fn civil(&self, index: usize) -> Option<DateTime> {
        if self.step == Step::Rows { None } else { civil(self.at(index)) }
    }
}

/// Clock and calendar of a time in milliseconds since 1970-01-01T00:00.
pub fn civil(milliseconds: i64) -> Option<DateTime> {
    Some(Offset::UTC.to_datetime(Timestamp::from_millisecond(milliseconds).ok()?))
}

/// Milliseconds since 1970-01-01T00:00 of a clock and calendar time.
pub fn milliseconds(time: DateTime) -> Option<i64> {
    Some(Offset::UTC.to_timestamp(time).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_the_calendar() {
        let start = milliseconds(DateTime::constant(1949, 1, 31, 0, 0, 0, 0)).unwrap();
        let axis = Axis { start, step: Step::Months(1), len: 144, utc: false };
        assert_eq!(axis.civil(1).unwrap(), DateTime::constant(1949, 2, 28, 0, 0, 0, 0));
        assert_eq!(axis.civil(143).unwrap(), DateTime::constant(1960, 12, 31, 0, 0, 0, 0));
    }
}
