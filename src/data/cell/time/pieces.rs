//! One cell taken apart: the numbers of a date, whose order may be open, and a clock.

use jiff_core::civil::Date;

use crate::data::calendar::axis::day_start;
use crate::data::cell::time::clock::{clock_at, zone};
use crate::data::cell::time::cursor::Cursor;
use crate::data::cell::time::words;
use crate::data::options::DateOrder;

/// How the three numbers of a date are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `2013-01-20`, `20130120`, `20 Jan 2013`: one order only.
    Settled,
    /// `2013-01`, `Jan 2013`: the first of the month.
    YearMonth,
    /// `20/01/2013` or `01/20/2013`.
    YearLast,
    /// `20/1/13`, `1/20/13` or `13-1-20`.
    TwoDigits,
}

/// A cell that holds a date, perhaps with a clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pieces {
    pub form: Form,
    /// The numbers as written; year, month, day where the form is settled.
    pub numbers: [i32; 3],
    /// The separator between them; 0 for none or words.
    pub separator: u8,
    /// `Q` for quarters and `W` for weeks of the calendar; else 0.
    pub unit: u8,
    pub named_month: bool,
    /// The byte before the clock; 0 where there is none.
    pub joint: u8,
    /// Milliseconds since midnight; `None` without a clock.
    pub clock: Option<i64>,
    /// Seconds east of Greenwich, if the cell has an offset.
    pub offset: Option<i64>,
}

impl Pieces {
    /// The state before reading.
    const BARE: Pieces = Pieces {
        form: Form::Settled,
        numbers: [0, 1, 1],
        separator: 0,
        unit: 0,
        named_month: false,
        joint: 0,
        clock: None,
        offset: None,
    };

    /// Milliseconds since 1970 when the numbers are read in this order; UTC if the cell has an offset.
    pub fn milliseconds(&self, order: DateOrder) -> Option<i64> {
        self.milliseconds_with(order, &mut Days::default())
    }

    /// The same, for many cells in sequence.
    pub fn milliseconds_with(&self, order: DateOrder, days: &mut Days) -> Option<i64> {
        let [a, b, c] = self.numbers;
        let (year, month, day) = match (self.form, order) {
            (Form::Settled | Form::YearMonth, _) => (a, b, c),
            (Form::YearLast, DateOrder::Dmy) => (c, b, a),
            (Form::YearLast, DateOrder::Mdy) => (c, a, b),
            (Form::YearLast, DateOrder::Ymd) => return None,
            (Form::TwoDigits, DateOrder::Dmy) => (century(c), b, a),
            (Form::TwoDigits, DateOrder::Mdy) => (century(c), a, b),
            (Form::TwoDigits, DateOrder::Ymd) => (century(a), b, c),
        };
        let midnight = days.start(year, month, day)?;
        Some(midnight + self.clock.unwrap_or(0) - self.offset.unwrap_or(0) * 1000)
    }
}

/// The year of two digits: 69 to 99 are the last century's, as in POSIX.
fn century(year: i32) -> i32 {
    if year < 69 { 2000 + year } else { 1900 + year }
}

/// Year, month and day of the Monday of a week: the first week of a year contains 4 January (ISO 8601).
pub(crate) fn monday(year: i32, week: i32) -> Option<[i32; 3]> {
    let fourth = Date::new(i16::try_from(year).ok()?, 1, 4).ok()?;
    let first = day_start(year, 1, 4)? - i64::from(fourth.weekday().to_monday_zero_offset()) * DAY;
    let date = crate::data::calendar::axis::civil(first + i64::from(week - 1) * 7 * DAY)
        .filter(|_| (1..=53).contains(&week))?
        .date();
    Some([i32::from(date.year()), i32::from(date.month()), i32::from(date.day())])
}

const DAY: i64 = 86_400_000;

/// Days' beginnings; the last one is remembered, because most rows are of the same day as the one before.
#[derive(Debug, Default)]
pub(crate) struct Days {
    last: Option<((i32, i32, i32), i64)>,
}

impl Days {
    /// Milliseconds since 1970 of a day's beginning, if that day exists.
    pub fn start(&mut self, year: i32, month: i32, day: i32) -> Option<i64> {
        match self.last {
            Some((date, start)) if date == (year, month, day) => Some(start),
            _ => {
                let start = day_start(year, month, day)?;
                self.last = Some(((year, month, day), start));
                Some(start)
            }
        }
    }
}

/// Longest cell that can hold a time: `Wednesday, 20 September 2013 12:00:00.000000000 AM +00:00[America/New_York]`.
const LONGEST: usize = 90;

const SEPARATORS: &[u8] = b"-/._";

/// Takes a trimmed cell apart, if it holds a date, with or without a clock, and nothing else.
pub(crate) fn pieces(cell: &str) -> Option<Pieces> {
    if cell.len() > LONGEST || cell.len() < 5 {
        return None;
    }
    iso(cell.as_bytes()).or_else(|| any(cell)).or_else(|| range(cell))
}

/// `2020-01-06 - 2020-01-12`: a period, which begins with the first date.
fn range(cell: &str) -> Option<Pieces> {
    let (from, to) = [" - ", " – ", " — ", " to "].into_iter().find_map(|mark| cell.split_once(mark))?;
    let (from, to) = (any(from.trim_end())?, to.trim_start());
    (any(to).is_some() || crate::data::cell::time::clock::alone(to).is_some()).then_some(from)
}

/// `2013`: a year alone. It is one only among other dates; otherwise any number may be.
pub(crate) fn year(cell: &str) -> Option<Pieces> {
    let mut cursor = Cursor { text: cell, at: 0 };
    let (year, 4) = cursor.digits()? else { return None };
    let plain = || Pieces { form: Form::YearMonth, numbers: [year, 1, 1], ..Pieces::BARE };
    (cursor.is_done() && (1600..=2200).contains(&year)).then(plain)
}

/// The form of most files, without a search for others: `2013-01-20T06:00` with or without `:00` and `Z`, or with a space for the
/// `T`. After `None`, [`any`] reads the cell.
fn iso(cell: &[u8]) -> Option<Pieces> {
    let (&[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, joint @ (b'T' | b' '), h0, h1, b':', n0, n1], rest) =
        cell.split_first_chunk::<16>()?
    else {
        return None;
    };
    let two = |tens: u8, ones: u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
    };
    let (second, offset) = match *rest {
        [] => (0, None),
        [b'Z'] => (0, Some(0)),
        [b':', s0, s1] => (two(s0, s1)?, None),
        [b':', s0, s1, b'Z'] => (two(s0, s1)?, Some(0)),
        _ => return None,
    };
    let (hour, minute) = (two(h0, h1)?, two(n0, n1)?);
    // [`any`] handles the end of a day and leap seconds.
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(Pieces {
        form: Form::Settled,
        numbers: [two(y0, y1)? * 100 + two(y2, y3)?, two(m0, m1)?, two(d0, d1)?],
        separator: b'-',
        unit: 0,
        named_month: false,
        joint,
        clock: Some(i64::from(hour * 3600 + minute * 60 + second) * 1000),
        offset,
    })
}

/// Any of the forms.
fn any(cell: &str) -> Option<Pieces> {
    let mut cursor = Cursor { text: cell, at: 0 };
    let mut pieces = date(&mut cursor)?;
    pieces.joint = joint(&mut cursor);
    if cursor.is_done() {
        return (pieces.joint == 0).then_some(pieces);
    }
    if pieces.joint == 0 {
        // `2013-01-20Z` is a date with a zone.
        pieces.offset = Some(zone(&mut cursor)??);
        return cursor.is_done().then_some(pieces);
    }
    pieces.clock = Some(clock_at(&mut cursor)?);
    cursor.spaces();
    if !cursor.is_done() {
        pieces.offset = zone(&mut cursor)?;
    }
    cursor.is_done().then_some(pieces)
}

/// Milliseconds since 1970 of an unambiguous date, with or without a clock.
pub(crate) fn settled(cell: &str) -> Option<i64> {
    let pieces = pieces(cell)?;
    if pieces.form == Form::Settled { pieces.milliseconds(DateOrder::Ymd) } else { None }
}

fn date(cursor: &mut Cursor) -> Option<Pieces> {
    let mut pieces = Pieces::BARE;
    if matches!(cursor.peek(), b'Q' | b'q') {
        return quarter_first(cursor, pieces);
    }
    if cursor.peek().is_ascii_digit() {
        let (first, length) = cursor.digits()?;
        match length {
            8 => pieces.numbers = [first / 10_000, first / 100 % 100, first % 100],
            4 => year_first(cursor, first, &mut pieces)?,
            1 | 2 => day_or_month_first(cursor, first, length, &mut pieces)?,
            _ => return None,
        }
        // Eight digits alone are a plain number: the column decides.
        return (length != 8 || !cursor.is_done()).then_some(pieces);
    }
    let start = cursor.at;
    if words::is_weekday(cursor.word()) && words::month(&cursor.text[start..cursor.at]).is_none() {
        cursor.any(b".");
        cursor.any(b",");
        cursor.spaces();
        if cursor.peek().is_ascii_digit() {
            let (first, length) = cursor.digits()?;
            if length == 4 {
                year_first(cursor, first, &mut pieces)?;
            } else {
                day_or_month_first(cursor, first, length, &mut pieces)?;
            }
            return Some(pieces);
        }
    } else {
        cursor.at = start;
    }
    // Jan 20, 2013 — Jan 2013 — Jan-13
    let month = cursor.month_name()?;
    pieces.named_month = true;
    cursor.any(b".");
    let between = cursor.any(b"- /_");
    cursor.spaces();
    let (second, length) = cursor.digits()?;
    if length == 4 {
        pieces.form = Form::YearMonth;
        pieces.numbers = [second, month, 1];
        return Some(pieces);
    }
    let after_second = cursor.at;
    cursor.any(b",-/");
    cursor.spaces();
    let third = if cursor.peek().is_ascii_digit() { cursor.digits() } else { None };
    match third {
        Some((year, 4)) => pieces.numbers = [year, month, second],
        _ if length == 2 && between != 0 => {
            cursor.at = after_second;
            pieces.form = Form::YearMonth;
            pieces.numbers = [century(second), month, 1];
        }
        _ => return None,
    }
    Some(pieces)
}

/// `Q1 2018`, `Q1/2018`, `q1-2018`.
fn quarter_first(cursor: &mut Cursor, mut pieces: Pieces) -> Option<Pieces> {
    cursor.at += 1;
    let (quarter, 1) = cursor.digits().filter(|(quarter, _)| (1..=4).contains(quarter))? else { return None };
    pieces.separator = cursor.any(b"-/._ ");
    let (year, 4) = cursor.digits()? else { return None };
    pieces.unit = b'Q';
    pieces.form = Form::YearMonth;
    pieces.numbers = [year, quarter * 3 - 2, 1];
    Some(pieces)
}

/// After the year: `-01-20`, `/1/20`, `-01`, ` Jan 20`, `Q1`, `-Q1`, `M01`, `-W02`.
fn year_first(cursor: &mut Cursor, year: i32, pieces: &mut Pieces) -> Option<()> {
    pieces.separator = cursor.any(b"-/._ ");
    let unit = cursor.any(b"QqMW").to_ascii_uppercase();
    if unit != 0 && cursor.peek().is_ascii_digit() {
        let (number, _) = cursor.digits()?;
        pieces.form = Form::YearMonth;
        pieces.unit = if unit == b'M' { 0 } else { unit };
        pieces.numbers = match unit {
            b'Q' if (1..=4).contains(&number) => [year, number * 3 - 2, 1],
            b'M' if (1..=12).contains(&number) => [year, number, 1],
            b'W' => {
                pieces.form = Form::Settled;
                monday(year, number)?
            }
            _ => return None,
        };
        return Some(());
    }
    if unit != 0 {
        // `2013 March`: the letter begins a month's name.
        cursor.at -= 1;
    }
    if pieces.separator == 0 {
        return None;
    }
    let month = if cursor.peek().is_ascii_digit() {
        cursor.digits().filter(|&(_, length)| length <= 2)?.0
    } else {
        pieces.named_month = true;
        cursor.month_name()?
    };
    let before_day = cursor.at;
    if cursor.any(&[pieces.separator]) != 0
        && let Some((day, 1 | 2)) = cursor.digits()
        && cursor.peek() != b':'
    {
        pieces.numbers = [year, month, day];
    } else {
        cursor.at = before_day;
        pieces.form = Form::YearMonth;
        pieces.numbers = [year, month, 1];
    }
    Some(())
}

/// After a day or month of one or two digits: `.1.2013`, `/20/13`, `-Jan-2013`, ` January 2013`.
fn day_or_month_first(cursor: &mut Cursor, first: i32, length: usize, pieces: &mut Pieces) -> Option<()> {
    if length > 2 {
        return None;
    }
    pieces.separator = cursor.any(b"-/._ ");
    cursor.spaces();
    if !cursor.peek().is_ascii_digit() {
        let month = cursor.month_name()?;
        cursor.any(b".");
        cursor.any(b"-/, ");
        cursor.spaces();
        let (year, length) = cursor.digits()?;
        let year = match length {
            4 => year,
            2 => century(year),
            _ => return None,
        };
        pieces.named_month = true;
        pieces.numbers = [year, month, first];
        return Some(());
    }
    if !SEPARATORS.contains(&pieces.separator) {
        return None;
    }
    let (second, second_length) = cursor.digits()?;
    if second_length == 4 {
        // `01/2013`
        pieces.form = Form::YearMonth;
        pieces.numbers = [second, first, 1];
        return Some(());
    }
    if second_length > 2 || cursor.any(&[pieces.separator]) == 0 {
        return None;
    }
    cursor.spaces();
    let (third, third_length) = cursor.digits()?;
    pieces.form = match third_length {
        4 => Form::YearLast,
        1 | 2 => Form::TwoDigits,
        _ => return None,
    };
    pieces.numbers = [first, second, third];
    Some(())
}

/// The separator between date and clock: `T`, spaces, a comma, a colon (as web servers write) or `_`.
fn joint(cursor: &mut Cursor) -> u8 {
    let start = cursor.at;
    cursor.any(b",");
    let spaces = cursor.at;
    cursor.spaces();
    let letter = cursor.any(b"Tt_:");
    let found = match letter {
        0 if cursor.at > spaces => b' ',
        letter => letter,
    };
    if found == 0 || !cursor.peek().is_ascii_digit() {
        cursor.at = start;
        return 0;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(cell: &str, order: DateOrder) -> Option<String> {
        let time = pieces(cell)?.milliseconds(order)?;
        Some(format!("{:?}", crate::data::calendar::axis::civil(time)?))
    }

    #[test]
    fn the_short_way_reads_what_the_long_one_does() {
        let mut short = 0;
        for base in ["2013-01-20T06:00:00Z", "2013-01-20 23:59:59", "0099-12-31T00:07", "2013-01-20T06:00Z"] {
            for at in 0..base.len() {
                for with in ["", "0", "9", "T", " ", ":", "-", "Z", "z", "+", "é", "6Z"] {
                    let cell = format!("{}{with}{}", &base[..at], &base[at + 1..]);
                    let found = super::iso(cell.as_bytes());
                    short += usize::from(found.is_some());
                    assert!(found.is_none() || found == any(&cell), "{cell}");
                }
            }
        }
        assert!(short > 100);
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        use DateOrder::{Dmy, Mdy, Ymd};
        let noon = Some("2013-01-20T12:00:00".to_owned());
        for cell in [
            "2013-01-20T12:00:00Z",
            "2013-01-20 12:00",
            "2013/1/20 12:00:00.000",
            "20130120T120000Z",
            "20130120 1200",
            "2013-01-20T07:00:00-05:00",
            "2013-01-20T07:00:00-05:00[America/New_York]",
            "2013-01-20 13:00:00+01",
            "20 Jan 2013 12:00",
            "20-Jan-13 12:00",
            "20. Januar 2013 12:00",
            "20 janvier 2013, 12h00",
            "Sun, 20 Jan 2013 12:00:00 GMT",
            "Jan 20, 2013 12:00 PM",
            "January 20 2013 12:00 p.m.",
            "20/Jan/2013:12:00:00 +0000",
            "2013-01-20 12:00:00 EST",
        ] {
            assert_eq!(iso(cell, Ymd), noon, "{cell}");
        }
        assert_eq!(iso("20.01.2013 12:00", Dmy), noon);
        assert_eq!(iso("20/1/13 12:00", Dmy), noon);
        assert_eq!(iso("1/20/2013 12:00:00 PM", Mdy), noon);
        assert_eq!(iso("13-01-20 12:00", Ymd), noon);
        assert_eq!(iso("1/20/2013 12:00", Dmy), None);
        let day = Some("2013-01-01T00:00:00".to_owned());
        for cell in [
            "2013-01",
            "Jan 2013",
            "Jan-13",
            "2013-Q1",
            "2013Q1",
            "Q1 2013",
            "q1/2013",
            "2013M01",
            "2013-M1",
            "01/2013",
            "2012-12-31 24:00",
            "2013-01-01 - 2013-01-07",
            "2013-01-01 00:00 – 01:00",
        ] {
            assert_eq!(iso(cell, Ymd), day, "{cell}");
        }
        assert_eq!(iso("01.01.2013 00:00 - 01.01.2013 01:00", Dmy), day);
        let monday = Some("2012-12-31T00:00:00".to_owned());
        assert_eq!(iso("2013-W01", Ymd), monday);
        assert_eq!(iso("2013W1", Ymd), monday);
        for cell in [
            "Q5 2013",
            "2013-W54",
            "2013M13",
            "Q12013",
            "7.2",
            "1013.25",
            "12:00",
            "garbage",
            "2013",
            "20130120",
            "2013-13-01",
            "1.2.3.4.5",
            "Jan",
            "2013-01-20x",
            "SW",
        ] {
            assert_eq!(iso(cell, Ymd), None, "{cell}");
        }
    }
}
