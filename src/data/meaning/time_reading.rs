//! Reading the time of a row from its cells.

use crate::data::calendar::axis;
use crate::data::cell::number::{self, Cell};
use crate::data::cell::time::numeric::Numeric;
use crate::data::cell::time::pieces::{self, Days, Form, Pieces};
use crate::data::cell::time::{clock, words};
use crate::data::file::records::Record;
use crate::data::options::{DateOrder, Decimal};

/// Source of the date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Base {
    /// A column of dates, perhaps with clocks.
    Date(usize),
    /// A column of plain numbers.
    Number(usize, Numeric),
    /// Year, month and day in separate columns; the last two may be absent.
    Parts { year: usize, month: Option<usize>, day: Option<usize> },
    /// Year and day of the year.
    YearDay { year: usize, day: usize },
    /// Year and week, which begins on Monday (ISO 8601).
    YearWeek { year: usize, week: usize },
    /// Year and quarter: `3` or `Q3`.
    YearQuarter { year: usize, quarter: usize },
}

/// An addition to the date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Extra {
    /// `18:00:00`
    Clock,
    /// A whole number of hours.
    Hours,
    /// A whole number of minutes.
    Minutes,
    /// `1830`
    HoursMinutes,
    /// A day of the month.
    Days,
    /// The number of a part of the day, counted from `first`.
    Parts { first: i32, a_day: i32 },
}

/// The columns of the time, and how to read them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clock {
    pub base: Base,
    pub extras: Vec<(usize, Extra)>,
    /// Orders of the date in which the sample is valid; one, unless it is open.
    pub orders: Vec<DateOrder>,
    /// Whether the times are known to be UTC.
    pub utc: bool,
    /// The layout of the columns in words; for a column of dates [`Clock::format`] has more.
    pub words: String,
    /// The first date of a column of dates.
    pub first: Option<Pieces>,
    /// A sentence on a column that was taken for a part of the time without a name that says so; else empty.
    pub taken: String,
    /// Why one order was taken, where the cells exclude the others.
    pub why: String,
    /// Whether another order of the dates' numbers is possible at all.
    pub has_order: bool,
}

impl Clock {
    /// A clock with nothing open.
    pub fn plain(base: Base, words: &str) -> Self {
        Self {
            base,
            extras: Vec::new(),
            orders: vec![DateOrder::Ymd],
            utc: false,
            words: words.to_owned(),
            first: None,
            taken: String::new(),
            why: String::new(),
            has_order: false,
        }
    }

    /// The columns that it reads.
    pub fn columns(&self) -> Vec<usize> {
        let mut columns = match self.base {
            Base::Date(column) | Base::Number(column, _) => vec![column],
            Base::Parts { year, month, day } => [Some(year), month, day].into_iter().flatten().collect(),
            Base::YearDay { year, day } => vec![year, day],
            Base::YearWeek { year, week } => vec![year, week],
            Base::YearQuarter { year, quarter } => vec![year, quarter],
        };
        columns.extend(self.extras.iter().map(|(column, _)| *column));
        columns
    }

    /// The layout in words, with the dates in this order: `ISO 8601`, `D.M.Y H:M`, `Unix seconds`.
    pub fn format(&self, order: DateOrder) -> String {
        let mut format = self.first.as_ref().map_or_else(|| self.words.clone(), |first| describe(first, order));
        self.extras.iter().for_each(|(_, extra)| format.push_str(extra.words()));
        format
    }

    /// Times of a row in milliseconds since 1970, one for each of the open orders; `None` where it is unreadable.
    pub fn read(&self, record: &Record, days: &mut Days, out: &mut [Option<i64>]) {
        let cell = |column: usize| number::tidy(record.get(column).unwrap_or_default());
        let extra: Option<i64> = self.extras.iter().map(|&(column, extra)| extra.read(cell(column))).sum();
        let Some(extra) = extra else {
            out.fill(None);
            return;
        };
        match self.base {
            Base::Date(column) => {
                let cell = cell(column);
                let pieces = pieces::pieces(cell).or_else(|| pieces::year(cell));
                for (out, &order) in out.iter_mut().zip(&self.orders) {
                    *out = pieces.and_then(|pieces| pieces.milliseconds_with(order, days)).map(|time| time + extra);
                }
            }
            Base::Number(column, kind) => {
                let time = number(cell(column)).and_then(|value| kind.milliseconds(value));
                out.fill(time.map(|time| time + extra));
            }
            Base::Parts { year, month, day } => {
                let mut time = || {
                    let month = month.map_or(Some(1), |month| part_month(cell(month)))?;
                    let day = day.map_or(Some(1), |day| whole(cell(day)))?;
                    days.start(whole(cell(year))?, month, day)
                };
                out.fill(time().map(|time| time + extra));
            }
            Base::YearDay { year, day } => {
                let time = || {
                    let day = whole(cell(day)).filter(|day| (1..=366).contains(day))?;
                    Some(axis::day_start(whole(cell(year))?, 1, 1)? + i64::from(day - 1) * DAY)
                };
                out.fill(time().map(|time| time + extra));
            }
            Base::YearWeek { year, week } => {
                let time = || {
                    let [year, month, day] = pieces::monday(whole(cell(year))?, part(cell(week))?)?;
                    axis::day_start(year, month, day)
                };
                out.fill(time().map(|time| time + extra));
            }
            Base::YearQuarter { year, quarter } => {
                let time = || {
                    let quarter = part(cell(quarter)).filter(|quarter| (1..=4).contains(quarter))?;
                    axis::day_start(whole(cell(year))?, quarter * 3 - 2, 1)
                };
                out.fill(time().map(|time| time + extra));
            }
        }
    }
}

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;

impl Extra {
    fn read(self, cell: &str) -> Option<i64> {
        match self {
            Extra::Clock => clock::alone(cell),
            // 24 is the end of the day, as energy markets count hours from 1.
            Extra::Hours => whole(cell).filter(|hour| (0..=25).contains(hour)).map(|hour| i64::from(hour) * HOUR),
            Extra::Minutes => {
                whole(cell).filter(|minute| (0..60).contains(minute)).map(|minute| i64::from(minute) * 60_000)
            }
            Extra::HoursMinutes => {
                let both = whole(cell).filter(|both| (0..=2400).contains(both) && both % 100 < 60)?;
                Some(i64::from(both / 100 * 60 + both % 100) * 60_000)
            }
            Extra::Days => whole(cell).filter(|day| (1..=31).contains(day)).map(|day| i64::from(day - 1) * DAY),
            // A day with a clock change may have one hour more.
            Extra::Parts { first, a_day } => {
                let part = whole(cell)?.checked_sub(first)?;
                (0..a_day + a_day / 24).contains(&part).then(|| i64::from(part) * (DAY / i64::from(a_day)))
            }
        }
    }
}

pub(crate) fn number(cell: &str) -> Option<f64> {
    match number::read(cell, Decimal::Dot) {
        Cell::Number(value) => Some(value),
        // `41294,04` in a file with decimal commas.
        _ => match number::read(cell, Decimal::Comma) {
            Cell::Number(value) => Some(value),
            _ => None,
        },
    }
}

pub(crate) fn whole(cell: &str) -> Option<i32> {
    number(cell).filter(|value| value.fract() == 0.0 && value.abs() < 1e6).map(|value| value as i32)
}

/// A number with up to two letters around it: `3`, `Q3`, `3Q`, `W07`, `KW 7`.
pub(crate) fn part(cell: &str) -> Option<i32> {
    let number = cell.trim_matches(|c: char| c.is_ascii_alphabetic() || c == ' ' || c == '.');
    if cell.len() - number.len() > 4 { None } else { whole(number) }
}

fn part_month(cell: &str) -> Option<i32> {
    whole(cell).or_else(|| words::month(cell).map(i32::from))
}

impl Extra {
    fn words(self) -> &'static str {
        match self {
            Extra::Clock => " + clock",
            Extra::Hours => " + hour",
            Extra::Minutes => ", minute",
            Extra::HoursMinutes => " + HHMM",
            Extra::Days => " + day",
            Extra::Parts { .. } => " + part of the day",
        }
    }
}

/// A date's layout in words.
fn describe(first: &Pieces, order: DateOrder) -> String {
    let mark = if first.separator == 0 { ' ' } else { char::from(first.separator) };
    match first.unit {
        b'Q' => return "year and quarter".to_owned(),
        b'W' => return "year and week (ISO 8601)".to_owned(),
        _ => {}
    }
    let date = match first.form {
        Form::Settled if first.named_month => "day, month name, year".to_owned(),
        Form::YearMonth if first.named_month => "month name, year".to_owned(),
        Form::Settled | Form::YearMonth if matches!(first.separator, 0 | b'-') => return "ISO 8601".to_owned(),
        Form::Settled => format!("Y{mark}M{mark}D"),
        Form::YearMonth => format!("Y{mark}M"),
        Form::YearLast | Form::TwoDigits => match order {
            DateOrder::Ymd => format!("Y{mark}M{mark}D"),
            DateOrder::Dmy => format!("D{mark}M{mark}Y"),
            DateOrder::Mdy => format!("M{mark}D{mark}Y"),
        },
    };
    if first.clock.is_some() { date + " H:M" } else { date }
}
