//! The time axis of a regular series: a start, a step, a length.

use std::borrow::Cow;

use jiff_core::{
    Timestamp,
    civil::{Date, DateTime},
    tz::Offset,
};
use serde::{Deserialize, Serialize};

const DAY: i64 = 86_400_000;

/// Distance between neighbouring rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub enum Step {
    /// A fixed number of milliseconds, at least 1.
    Milliseconds(i64),
    /// A number of calendar months, at least 1: months differ in length.
    Months(i32),
    /// No time column: rows are numbered from 0, and times are row numbers.
    Rows,
}

impl Step {
    /// In words: `hour`, `15 minutes`, `month`.
    pub fn label(self) -> String {
        let (count, unit) = match self {
            Step::Rows => return "row".to_owned(),
            Step::Months(12) => (1, "year"),
            Step::Months(3) => (1, "quarter"),
            Step::Months(months) if months % 12 == 0 => (i64::from(months / 12), "year"),
            Step::Months(months) => (i64::from(months), "month"),
            Step::Milliseconds(step) => {
                let units =
                    [(7 * DAY, "week"), (DAY, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second")];
                let whole = units.into_iter().find(|(length, _)| step % length == 0);
                whole.map_or((step, "millisecond"), |(length, unit)| (step / length, unit))
            }
        };
        if count == 1 { unit.to_owned() } else { format!("{count} {unit}s") }
    }

    /// Name of rows at this distance: `hourly rows`, `rows every 15 minutes`, `numbered rows`.
    pub fn rows(self) -> String {
        match self.label().as_str() {
            "row" => "numbered rows".to_owned(),
            "day" => "daily rows".to_owned(),
            label @ ("hour" | "week" | "month" | "year") => format!("{label}ly rows"),
            "quarter" => "quarterly rows".to_owned(),
            label => format!("rows every {label}"),
        }
    }

    /// In a sentence: `one hour`, `15 minutes`.
    pub fn phrase(self) -> String {
        let label = self.label();
        if label.starts_with(|c: char| c.is_ascii_digit()) { label } else { format!("one {label}") }
    }
}

/// A step's written form: serde's own form of an enum with its name in a field reads any value first and then picks, which costs 6
/// KB.
#[derive(Serialize, Deserialize)]
struct Written {
    unit: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
}

impl From<Step> for Written {
    fn from(step: Step) -> Self {
        let (unit, count) = match step {
            Step::Milliseconds(count) => ("milliseconds", Some(count)),
            Step::Months(count) => ("months", Some(count.into())),
            Step::Rows => ("rows", None),
        };
        Written { unit: unit.into(), count }
    }
}

impl TryFrom<Written> for Step {
    type Error = String;

    fn try_from(Written { unit, count }: Written) -> Result<Self, String> {
        let months = || i32::try_from(count?).ok();
        let step = match &*unit {
            "milliseconds" => count.map(Step::Milliseconds),
            "months" => months().map(Step::Months),
            "rows" => Some(Step::Rows),
            _ => None,
        };
        step.ok_or_else(|| format!("a step of {count:?} {unit}"))
    }
}

/// Start, step and length of a regular series.
///
/// Times are milliseconds since 1970-01-01T00:00 of the file's own clock (`utc` tells whether that is UTC); for [`Step::Rows`] they
/// are row numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// Time of row 0, in milliseconds.
    pub start: i64,
    /// Distance between rows.
    pub step: Step,
    /// Number of rows.
    pub len: usize,
    /// Whether the times are known to be UTC; otherwise they are a local clock's, of an unknown zone.
    pub utc: bool,
}

impl Axis {
    /// Time of row `index`, which may lie beyond the end, in milliseconds; the row number for [`Step::Rows`].
    pub fn at(&self, index: usize) -> i64 {
        let count = i64::try_from(index).unwrap_or(i64::MAX);
        match self.step {
            Step::Milliseconds(step) => self.start.saturating_add(step.saturating_mul(count)),
            Step::Rows => self.start.saturating_add(count),
            Step::Months(months) => {
                let months = i64::from(months).checked_mul(count);
                let time = months.and_then(|months| months_later(civil(self.start)?, months));
                time.and_then(milliseconds).unwrap_or(i64::MAX)
            }
        }
    }

    /// Whether row `index`, which may lie beyond the end, has a writable time: a date in the years 1 to 9999, or a row number.
    pub fn says(&self, index: usize) -> bool {
        match self.step {
            Step::Rows => i64::try_from(index).is_ok_and(|count| self.start.checked_add(count).is_some()),
            // Times beyond 64 bits lie beyond the calendar.
            _ => self.civil(index).is_some_and(|time| time.date().year() >= 1),
        }
    }

    /// The row at a time; `None` where no row has it.
    pub fn row_at(&self, time: i64) -> Option<usize> {
        // Rows stand in the order of time.
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.at(middle) < time { low = middle + 1 } else { high = middle }
        }
        (low < self.len && self.at(low) == time).then_some(low)
    }

    /// Number of steps beyond the last row with writable times, at most `most`.
    pub fn room(&self, most: usize) -> usize {
        let (mut low, mut high) = (0, most);
        while low < high {
            let middle = high - (high - low) / 2;
            if self.says((self.len + middle).saturating_sub(1)) { low = middle } else { high = middle - 1 }
        }
        low
    }

    /// Why the times of this axis, or of one step beyond its end, cannot be written, as a clause without a full stop; `None`: they
    /// can.
    pub fn unsayable(&self) -> Option<String> {
        let step = self.step.phrase();
        let last = self.len.saturating_sub(1);
        let date = |index: usize| self.civil(index).map_or_else(String::new, |time| format!(", {},", day_text(time)));
        if !self.says(0) {
            return Some(
                "the first time lies before the year 1 or beyond the year 9999, where the calendar ends".to_owned(),
            );
        }
        if !self.says(last) {
            return Some(format!(
                "with a step of {step} the last row lies beyond the year 9999, where the calendar ends"
            ));
        }
        (self.len > 0 && !self.says(self.len)).then(|| {
            format!(
                "the last time{} leaves no room for a forecast: one step of {step} later lies beyond the year 9999, where the calendar \
                 ends",
                date(last)
            )
        })
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

/// Milliseconds since 1970 of a day's beginning.
pub(crate) fn day_start(year: i32, month: i32, day: i32) -> Option<i64> {
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    milliseconds(date.at(0, 0, 0, 0))
}

/// The same clock time so many months later; the last day of a month that is too short for the day.
fn months_later(time: DateTime, months: i64) -> Option<DateTime> {
    let date = time.date();
    let month = (i64::from(date.year()) * 12 + i64::from(date.month()) - 1).checked_add(months)?;
    let year = i16::try_from(month.div_euclid(12)).ok()?;
    let month = i8::try_from(month.rem_euclid(12) + 1).ok()?;
    Some(DateTime::from_parts(Date::new_constrain(year, month, date.day()).ok()?, time.time()))
}

/// A day for messages: `2013-01-20`.
pub fn day_text(time: DateTime) -> String {
    let date = time.date();
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

/// A time to the minute for messages: `2013-01-20 18:00`.
pub fn minute_text(time: DateTime) -> String {
    format!("{} {:02}:{:02}", day_text(time), time.time().hour(), time.time().minute())
}

#[cfg(test)]
mod tests {
    use jiff_core::civil::datetime;

    use super::*;

    #[test]
    fn steps_are_written_with_their_unit() {
        for (step, text) in [
            (Step::Milliseconds(3_600_000), r#"{"unit":"milliseconds","count":3600000}"#),
            (Step::Months(3), r#"{"unit":"months","count":3}"#),
            (Step::Rows, r#"{"unit":"rows"}"#),
        ] {
            assert_eq!(serde_json::to_string(&step).unwrap(), text);
            assert_eq!(serde_json::from_str::<Step>(text).unwrap(), step);
        }
        for text in [r#"{"unit":"years","count":3}"#, r#"{"unit":"months"}"#, r#"{"unit":"months","count":3000000000}"#]
        {
            assert!(serde_json::from_str::<Step>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_calendar_ends_with_the_year_9999() {
        let first_of = |year| milliseconds(datetime(year, 1, 1, 0, 0, 0, 0)).unwrap();
        let yearly = |start, len| Axis { start: first_of(start), step: Step::Months(12), len, utc: false };
        assert_eq!(yearly(9900, 100).room(30), 0);
        assert_eq!(yearly(9900, 90).room(30), 10);
        assert_eq!(yearly(2000, 20).room(30), 30);
        assert!(yearly(9900, 100).unsayable().unwrap().contains("9999-01-01"));
        assert_eq!(yearly(9900, 99).unsayable(), None);
        assert_eq!(yearly(1, 5).unsayable(), None);
        assert!(yearly(-1, 5).unsayable().unwrap().contains("before the year 1"));
        for step in
            [Step::Months(1_000_000), Step::Months(i32::MAX), Step::Milliseconds(i64::MAX), Step::Milliseconds(1 << 50)]
        {
            let axis = Axis { start: first_of(2000), step, len: 2, utc: false };
            assert!(axis.unsayable().unwrap().contains("the last row lies beyond"), "{step:?}");
            assert_eq!(axis.room(1000), 0, "{step:?}");
        }
        let hourly = Axis { start: first_of(9999), step: Step::Milliseconds(3_600_000), len: 24, utc: true };
        let room = hourly.room(100_000);
        assert!(hourly.says(23 + room) && !hourly.says(24 + room) && (8000..8760).contains(&room), "{room}");
        for start in [0, -5, i64::MAX - 3] {
            let rows = Axis { start, step: Step::Rows, len: 2, utc: false };
            assert_eq!(rows.unsayable(), None);
        }
        assert!(Axis { start: i64::MAX, step: Step::Rows, len: 2, utc: false }.unsayable().is_some());
    }

    #[test]
    fn months_follow_the_calendar() {
        let day = |year, month, day| datetime(year, month, day, 0, 0, 0, 0);
        let start = milliseconds(day(1949, 1, 31)).unwrap();
        let axis = Axis { start, step: Step::Months(1), len: 144, utc: false };
        assert_eq!(axis.civil(1).unwrap(), day(1949, 2, 28));
        assert_eq!(axis.civil(143).unwrap(), day(1960, 12, 31));
    }
}
