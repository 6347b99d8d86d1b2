//! Calendar features of a row: hour of day, weekday and day of year, each as a point on a circle.
//!
//! A cycle of length `P` at phase `p` is the pair `(sin 2πp/P, cos 2πp/P)`, so that 23:00 lies next to 00:00. The values are also
//! known for rows beyond the end of the series, which makes them useful to a forecast.

use std::f64::consts::TAU;

use jiff_core::civil::DateTime;

use crate::data::calendar::axis::{day_text, minute_text};
use crate::data::{Axis, Step};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// A cycle of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cycle {
    /// Time of day, over 24 hours.
    Hour,
    /// Day of the week, over 7 days.
    Weekday,
    /// Day of the year, over 365 or 366 days.
    YearDay,
}

impl Cycle {
    /// Every cycle, shortest first.
    pub const ALL: [Cycle; 3] = [Cycle::Hour, Cycle::Weekday, Cycle::YearDay];

    /// The cycle in words.
    pub fn label(self) -> &'static str {
        match self {
            Cycle::Hour => "hour of day",
            Cycle::Weekday => "weekday",
            Cycle::YearDay => "day of year",
        }
    }

    /// Length in milliseconds; for a year, of one without a leap day.
    fn length(self) -> i64 {
        match self {
            Cycle::Hour => DAY,
            Cycle::Weekday => 7 * DAY,
            Cycle::YearDay => 365 * DAY,
        }
    }

    /// Whether it takes more than one value on rows at distance `step`. The weekday on which a month begins carries no information,
    /// so steps of months have only the day of the year.
    pub fn varies(self, step: Step) -> bool {
        match (self, step) {
            (_, Step::Rows) => false,
            (Cycle::YearDay, Step::Months(months)) => months % 12 != 0,
            (_, Step::Months(_)) => false,
            (Cycle::YearDay, Step::Milliseconds(step)) => step < self.length(),
            (Cycle::Hour | Cycle::Weekday, Step::Milliseconds(step)) => step % self.length() != 0,
        }
    }

    /// Whether the first `rows` rows of `axis` run through the whole cycle at least once. A model trained on spring and summer
    /// alone has never seen winter's point on the circle and would extrapolate there.
    pub fn is_covered(self, axis: &Axis, rows: usize) -> bool {
        axis.at(rows).saturating_sub(axis.start) >= self.length()
    }

    /// Names of its two features.
    pub fn names(self) -> [String; 2] {
        [format!("{} sin", self.label()), format!("{} cos", self.label())]
    }

    /// The cycles whose features have these names; `None` where the names are no cycles' features.
    pub fn named(names: &[String]) -> Option<Vec<Cycle>> {
        let found: Vec<Cycle> = Cycle::ALL.into_iter().filter(|cycle| names.contains(&cycle.names()[0])).collect();
        found.iter().flat_map(|cycle| cycle.names()).eq(names.iter().cloned()).then_some(found)
    }

    /// The informative cycles for rows on `axis`, of which the first `rows` train: they change from row to row, and the training
    /// part runs through all of each.
    pub fn of(axis: &Axis, rows: usize) -> Vec<Cycle> {
        Cycle::ALL.into_iter().filter(|cycle| cycle.varies(axis.step) && cycle.is_covered(axis, rows)).collect()
    }

    /// `[sin, cos]` at a clock and calendar time.
    pub fn at(self, time: DateTime) -> [f64; 2] {
        let date = time.date();
        let phase = match self {
            Cycle::Hour => f64::from(time.time().to_second().second()) / 86_400.0,
            Cycle::Weekday => f64::from(date.weekday().to_monday_zero_offset()) / 7.0,
            Cycle::YearDay => f64::from(date.day_of_year() - 1) / f64::from(date.days_in_year()),
        };
        // libm gives the same bits on every platform.
        [libm::sin(TAU * phase), libm::cos(TAU * phase)]
    }
}

/// Label of row `row` (from 0; it may lie beyond the end): its time to the minute, or its number from 1.
pub fn row_label(axis: &Axis, row: usize) -> String {
    match axis.civil(row) {
        Some(time) if matches!(axis.step, Step::Milliseconds(step) if step % DAY != 0) => minute_text(time),
        Some(time) => day_text(time),
        None => format!("row {}", row + 1),
    }
}

#[cfg(test)]
mod tests {
    use jiff_core::civil::datetime;

    use super::*;
    use crate::data::calendar::axis::milliseconds;

    fn close(a: [f64; 2], b: [f64; 2]) -> bool {
        (a[0] - b[0]).abs() < 1e-12 && (a[1] - b[1]).abs() < 1e-12
    }

    #[test]
    fn a_cycle_is_a_point_on_the_circle() {
        // 2013-01-01 was a Tuesday.
        let time = datetime(2013, 1, 1, 6, 0, 0, 0);
        assert!(close(Cycle::Hour.at(time), [1.0, 0.0]));
        assert!(close(Cycle::Weekday.at(time), [(TAU / 7.0).sin(), (TAU / 7.0).cos()]));
        assert!(close(Cycle::YearDay.at(time), [0.0, 1.0]));
        assert!(close(
            Cycle::Hour.at(datetime(2013, 1, 1, 16, 30, 0, 0)),
            [(TAU * 0.6875).sin(), (TAU * 0.6875).cos()]
        ));
    }

    #[test]
    fn only_what_varies_at_the_step() {
        let varying = |step| Cycle::ALL.into_iter().filter(|c| c.varies(step)).collect::<Vec<_>>();
        assert_eq!(varying(Step::Milliseconds(3_600_000)), Cycle::ALL);
        assert_eq!(varying(Step::Milliseconds(DAY)), [Cycle::Weekday, Cycle::YearDay]);
        assert_eq!(varying(Step::Milliseconds(7 * DAY)), [Cycle::YearDay]);
        assert_eq!(varying(Step::Months(1)), [Cycle::YearDay]);
        assert_eq!(varying(Step::Months(12)), []);
        assert_eq!(varying(Step::Rows), []);
    }

    #[test]
    fn a_cycle_must_have_been_seen_whole() {
        let start = milliseconds(datetime(2013, 1, 1, 0, 0, 0, 0)).unwrap();
        let axis = Axis { start, step: Step::Milliseconds(3_600_000), len: 8760, utc: true };
        assert!(Cycle::Weekday.is_covered(&axis, 168));
        assert!(!Cycle::Weekday.is_covered(&axis, 167));
        assert!(!Cycle::YearDay.is_covered(&axis, 6111));
        assert_eq!(row_label(&axis, 25), "2013-01-02 01:00");
    }
}
