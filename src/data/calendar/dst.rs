//! Skipped and repeated hours of clock changes, in files with local time and no zone.

use jiff_core::civil::{DateTime, Weekday};

use crate::data::calendar::axis::civil;

const HOUR: i64 = 3_600_000;

/// Whether clocks change at about this time in some zone: in the small hours of a Sunday, in spring or autumn.
fn is_change(time: i64, months: [i8; 4]) -> Option<DateTime> {
    let time = civil(time)?;
    let date = time.date();
    (date.weekday() == Weekday::Sunday && time.time().hour() <= 3 && months.contains(&date.month())).then_some(time)
}

/// A gap of one hour that local clocks skip; the months are those of both hemispheres.
pub(crate) fn skipped(from: i64, milliseconds: i64) -> Option<DateTime> {
    if milliseconds == HOUR { is_change(from, [3, 4, 9, 10]) } else { None }
}

/// A repeated time that local clocks show twice.
pub(crate) fn repeated(time: i64) -> Option<DateTime> {
    is_change(time, [10, 11, 3, 4])
}
