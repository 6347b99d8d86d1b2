//! Times written as plain numbers: seconds since 1970, Excel's days, `20130120`, a year.

use crate::data::calendar::axis::day_start;

/// The kinds of time that a column of plain numbers can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numeric {
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// Microseconds since 1970.
    Microseconds,
    /// Nanoseconds since 1970.
    Nanoseconds,
    /// Days since 1899-12-30, as spreadsheets count.
    ExcelDays,
    /// `20130120`
    Ymd,
    /// `2013012006`
    Ymdh,
    /// `201301200600`
    Ymdhm,
    /// `20130120060000`
    Ymdhms,
    /// `2013020`: year and day of the year.
    YearDay,
    /// `201301`
    YearMonth,
    /// `2013`
    Year,
}

impl Numeric {
    /// Readings in the order of trial. Calendar readings come first: a valid date in every value is strong evidence, while any
    /// large number could be seconds.
    pub const ALL: [Numeric; 12] = [
        Numeric::Ymdhms,
        Numeric::Ymdhm,
        Numeric::Ymdh,
        Numeric::Ymd,
        Numeric::YearDay,
        Numeric::YearMonth,
        Numeric::Year,
        Numeric::Seconds,
        Numeric::Milliseconds,
        Numeric::Microseconds,
        Numeric::Nanoseconds,
        Numeric::ExcelDays,
    ];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Numeric::Seconds => "Unix seconds",
            Numeric::Milliseconds => "Unix milliseconds",
            Numeric::Microseconds => "Unix microseconds",
            Numeric::Nanoseconds => "Unix nanoseconds",
            Numeric::ExcelDays => "Excel days",
            Numeric::Ymd => "YYYYMMDD",
            Numeric::Ymdh => "YYYYMMDDHH",
            Numeric::Ymdhm => "YYYYMMDDHHMM",
            Numeric::Ymdhms => "YYYYMMDDHHMMSS",
            Numeric::YearDay => "YYYYDDD",
            Numeric::YearMonth => "YYYYMM",
            Numeric::Year => "year",
        }
    }

    /// Whether the numbers count from a fixed moment, so that the times are UTC.
    pub fn is_utc(self) -> bool {
        matches!(self, Numeric::Seconds | Numeric::Milliseconds | Numeric::Microseconds | Numeric::Nanoseconds)
    }

    /// Milliseconds since 1970; `None` where the number is out of range for this reading.
    pub fn milliseconds(self, value: f64) -> Option<i64> {
        // 1980 to 2100: a smaller number of seconds could be anything.
        let epoch = |unit: f64| {
            let seconds = value / unit;
            (3.1e8..4.2e9).contains(&seconds).then(|| (seconds * 1000.0).round() as i64)
        };
        match self {
            Numeric::Seconds => epoch(1.0),
            Numeric::Milliseconds => epoch(1e3),
            Numeric::Microseconds => epoch(1e6),
            Numeric::Nanoseconds => epoch(1e9),
            // 1954 to 2118. Rounded to seconds, since an hour is no short decimal fraction of a day.
            Numeric::ExcelDays => {
                (2e4..8e4).contains(&value).then(|| ((value - 25_569.0) * 86_400.0).round() as i64 * 1000)
            }
            _ => self.calendar(value),
        }
    }

    fn calendar(self, value: f64) -> Option<i64> {
        if value.fract() != 0.0 || !(1000.0..1e14).contains(&value) {
            return None;
        }
        let mut rest = value as i64;
        if self == Numeric::YearDay {
            let (year, day) = (rest / 1000, rest % 1000);
            let year = i32::try_from(year).ok().filter(|year| (1600..=2200).contains(year))?;
            let (start, next) = (day_start(year, 1, 1)?, day_start(year + 1, 1, 1)?);
            let time = start + (day - 1) * 86_400_000;
            return (day > 0 && time < next).then_some(time);
        }
        let mut take = |modulus: i64| {
            let part = rest % modulus;
            rest /= modulus;
            part
        };
        let (mut second, mut minute, mut hour, mut day, mut month) = (0, 0, 0, 1, 1);
        if self == Numeric::Ymdhms {
            second = take(100);
        }
        if matches!(self, Numeric::Ymdhms | Numeric::Ymdhm) {
            minute = take(100);
        }
        if matches!(self, Numeric::Ymdhms | Numeric::Ymdhm | Numeric::Ymdh) {
            hour = take(100);
        }
        if !matches!(self, Numeric::YearMonth | Numeric::Year) {
            day = take(100);
        }
        if self != Numeric::Year {
            month = take(100);
        }
        let year = rest;
        if !(1600..=2200).contains(&year) || hour > 24 || minute > 59 || second > 60 {
            return None;
        }
        let narrow = |part: i64| i32::try_from(part).ok();
        let midnight = day_start(narrow(year)?, narrow(month)?, narrow(day)?)?;
        Some(midnight + ((hour * 60 + minute) * 60 + second) * 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_can_say_the_time() {
        let day = day_start(2013, 1, 20).unwrap();
        assert_eq!(Numeric::Seconds.milliseconds(1_358_640_000.0), Some(day));
        assert_eq!(Numeric::ExcelDays.milliseconds(41_294.041_666_666_7), Some(day + 3_600_000));
        assert_eq!(Numeric::Ymd.milliseconds(20_130_120.0), Some(day));
        assert_eq!(Numeric::Ymdhm.milliseconds(201_301_200_130.0), Some(day + 5_400_000));
        assert_eq!(Numeric::YearDay.milliseconds(2_013_020.0), Some(day));
        assert_eq!(Numeric::YearDay.milliseconds(2_013_366.0), None);
        assert_eq!(Numeric::YearMonth.milliseconds(201_301.0), day_start(2013, 1, 1));
        assert_eq!(Numeric::Ymd.milliseconds(20_131_320.0), None);
        assert_eq!(Numeric::Seconds.milliseconds(1013.2), None);
        assert_eq!(Numeric::Year.milliseconds(f64::NAN), None);
    }
}
