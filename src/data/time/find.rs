//! Which columns say the time of a row, and how.

use csv::StringRecord;

use crate::data::look::{Holds, Look, Sample};
use crate::data::names;
use crate::data::number::{self, Cell};
use crate::data::options::{DateOrder, Decimal};
use crate::data::time::numeric::Numeric;
use crate::data::time::pieces::{self, Form, Pieces};
use crate::data::time::words;
use crate::error::{Error, Result};

/// Where the date comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Base {
    /// A column of dates, perhaps with clocks.
    Date(usize),
    /// A column of plain numbers.
    Number(usize, Numeric),
    /// Year, month and day in columns of their own; the last two may be absent.
    Parts { year: usize, month: Option<usize>, day: Option<usize> },
    /// Year and day of the year.
    YearDay { year: usize, day: usize },
}

/// What is added to the date.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Extra {
    /// `18:00:00`
    Clock,
    /// A whole number of hours.
    Hours,
    /// A whole number of minutes.
    Minutes,
    /// `1830`
    HoursMinutes,
}

/// The columns that say the time, and how to read them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clock {
    base: Base,
    extras: Vec<(usize, Extra)>,
    /// Orders of the date in which the sample is sound; one, unless it is open.
    pub orders: Vec<DateOrder>,
    /// Whether the times are known to be UTC.
    pub utc: bool,
    /// How the columns spell the time, in words; for a column of dates [`Clock::format`] says more.
    words: String,
    /// The first date of a column of dates.
    pub first: Option<Pieces>,
    /// Why one order was taken, where the others can be ruled out by looking.
    pub why: String,
    /// Whether the dates' numbers could be in another order at all.
    pub has_order: bool,
}

impl Clock {
    /// A clock with nothing open.
    fn plain(base: Base, words: &str) -> Self {
        Self {
            base,
            extras: Vec::new(),
            orders: vec![DateOrder::Ymd],
            utc: false,
            words: words.to_owned(),
            first: None,
            why: String::new(),
            has_order: false,
        }
    }

    /// The columns that are read.
    pub fn columns(&self) -> Vec<usize> {
        let mut columns = match self.base {
            Base::Date(column) | Base::Number(column, _) => vec![column],
            Base::Parts { year, month, day } => [Some(year), month, day].into_iter().flatten().collect(),
            Base::YearDay { year, day } => vec![year, day],
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

    /// Times of a row in milliseconds since 1970, one for each of the open orders; `None` where it cannot be read.
    pub fn read(&self, record: &StringRecord, out: &mut [Option<i64>]) {
        let cell = |column: usize| record.get(column).unwrap_or_default().trim();
        let extra: Option<i64> = self.extras.iter().map(|&(column, extra)| extra.read(cell(column))).sum();
        let Some(extra) = extra else {
            out.fill(None);
            return;
        };
        match self.base {
            Base::Date(column) => {
                let pieces = pieces::pieces(cell(column));
                for (out, &order) in out.iter_mut().zip(&self.orders) {
                    *out = pieces.and_then(|pieces| pieces.milliseconds(order)).map(|time| time + extra);
                }
            }
            Base::Number(column, kind) => {
                let time = number(cell(column)).and_then(|value| kind.milliseconds(value));
                out.fill(time.map(|time| time + extra));
            }
            Base::Parts { year, month, day } => {
                let time = || {
                    let month = month.map_or(Some(1), |month| part_month(cell(month)))?;
                    let day = day.map_or(Some(1), |day| whole(cell(day)))?;
                    pieces::day_start(whole(cell(year))?, month, day)
                };
                out.fill(time().map(|time| time + extra));
            }
            Base::YearDay { year, day } => {
                let time = || {
                    let day = whole(cell(day)).filter(|day| (1..=366).contains(day))?;
                    Some(pieces::day_start(whole(cell(year))?, 1, 1)? + i64::from(day - 1) * DAY)
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
            Extra::Clock => pieces::clock(cell),
            // 24 is the end of the day, as energy markets count hours from 1.
            Extra::Hours => whole(cell).filter(|hour| (0..=24).contains(hour)).map(|hour| i64::from(hour) * HOUR),
            Extra::Minutes => {
                whole(cell).filter(|minute| (0..60).contains(minute)).map(|minute| i64::from(minute) * 60_000)
            }
            Extra::HoursMinutes => {
                let both = whole(cell).filter(|both| (0..=2400).contains(both) && both % 100 < 60)?;
                Some(i64::from(both / 100 * 60 + both % 100) * 60_000)
            }
        }
    }
}

fn number(cell: &str) -> Option<f64> {
    match number::read(cell, Decimal::Dot) {
        Cell::Number(value) => Some(value),
        // `41294,04` in a file with decimal commas.
        _ => match number::read(cell, Decimal::Comma) {
            Cell::Number(value) => Some(value),
            _ => None,
        },
    }
}

fn whole(cell: &str) -> Option<i32> {
    number(cell).filter(|value| value.fract() == 0.0 && value.abs() < 1e6).map(|value| value as i32)
}

fn part_month(cell: &str) -> Option<i32> {
    whole(cell).or_else(|| words::month(&cell.to_lowercase()).map(i32::from))
}

const TIME_WORDS: [&str; 26] = [
    "time",
    "date",
    "datetime",
    "timestamp",
    "ts",
    "epoch",
    "unix",
    "datum",
    "zeit",
    "zeitpunkt",
    "fecha",
    "tijd",
    "dato",
    "jour",
    "day",
    "month",
    "year",
    "utc",
    "dt",
    "ds",
    "t",
    "period",
    "when",
    "hour",
    "jahr",
    "monat",
];
const YEARS: [&str; 9] = ["year", "yr", "yyyy", "jahr", "annee", "année", "año", "anno", "jaar"];
const MONTHS: [&str; 8] = ["month", "mon", "mm", "mo", "monat", "mois", "mes", "mese"];
const DAYS: [&str; 8] = ["day", "dd", "mday", "dy", "tag", "jour", "dia", "día"];
const YEAR_DAYS: [&str; 4] = ["doy", "yday", "jday", "dayofyear"];
const HOURS: [&str; 9] = ["hour", "hours", "hr", "hh", "h", "std", "stunde", "heure", "hora"];
const MINUTES: [&str; 4] = ["minute", "minutes", "min", "mn"];

/// What is known of a file's columns when the time is looked for.
pub(crate) struct Columns<'a> {
    pub names: &'a [String],
    pub looks: &'a [Look],
    pub sample: &'a Sample,
}

/// Finds the columns that say the time.
///
/// # Errors
/// When a person names columns that do not exist or do not hold times.
pub(crate) fn find(columns: &Columns, wanted: Option<&[String]>, order: Option<DateOrder>) -> Result<Option<Clock>> {
    let Some(wanted) = wanted else {
        let all: Vec<usize> = (0..columns.names.len()).collect();
        return Ok(columns.best(&all, order, false));
    };
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut indices = Vec::new();
    for name in wanted {
        let index = columns.names.iter().position(|known| known == name).ok_or_else(|| Error::Knob {
            knob: "time_columns",
            label: "Time columns",
            problem: format!("there is no column called “{}”", crate::data::options::clip(name, 60)),
        })?;
        indices.push(index);
    }
    match columns.best(&indices, order, true) {
        Some(clock) => Ok(Some(clock)),
        None => Err(Error::Column {
            column: wanted[0].clone(),
            problem: "no time can be read from it; choose another time column, or none to number the rows".to_owned(),
        }),
    }
}

impl Columns<'_> {
    /// The candidate whose times are mostly readable, distinct and in order. `said`: a person chose these columns.
    fn best(&self, among: &[usize], order: Option<DateOrder>, said: bool) -> Option<Clock> {
        let mut candidates: Vec<Clock> = Vec::new();
        for &index in among {
            if self.looks[index].holds == Holds::Dates {
                candidates.extend(self.dated(index, among, order));
            }
        }
        candidates.extend(self.parts(among));
        for &index in among {
            if self.looks[index].holds == Holds::Numbers {
                candidates.extend(self.numeric(index, among, said));
            }
        }
        let mut best: Option<(f64, Clock)> = None;
        for clock in candidates {
            let score = self.score(&clock);
            // The earlier candidate wins unless a later one is clearly better.
            if score > 0.0 && best.as_ref().is_none_or(|(so_far, _)| score > so_far + 0.05) {
                best = Some((score, clock));
            }
        }
        best.map(|(_, clock)| clock)
    }

    /// Share of the sample's rows whose time is readable and differs from its neighbour's, in the best order.
    fn score(&self, clock: &Clock) -> f64 {
        let mut best = 0.0_f64;
        for slot in 0..clock.orders.len() {
            let mut out = vec![None; clock.orders.len()];
            let times: Vec<i64> = self
                .sample
                .rows
                .iter()
                .filter_map(|row| {
                    clock.read(row, &mut out);
                    out[slot]
                })
                .collect();
            if times.len() * 10 < self.sample.rows.len() * 5 || times.is_empty() {
                continue;
            }
            let rising = times.windows(2).filter(|pair| pair[0] < pair[1]).count();
            let falling = times.windows(2).filter(|pair| pair[0] > pair[1]).count();
            let distinct = (rising.max(falling) + 1) as f64 / times.len() as f64;
            best = best.max(0.1 + distinct * times.len() as f64 / self.sample.rows.len() as f64);
        }
        best
    }

    fn is_named(&self, index: usize, list: &[&str]) -> bool {
        let words = names::words(&self.names[index]);
        words.len() == 1 && list.contains(&words[0].as_str())
    }

    fn in_range(&self, index: usize, low: i32, high: i32) -> bool {
        let mut cells = self.sample.column(index).filter(|cell| !number::is_missing(cell)).peekable();
        cells.peek().is_some() && cells.all(|cell| whole(cell).is_some_and(|value| (low..=high).contains(&value)))
    }

    /// A column of dates, with the clock beside it if it has none itself.
    fn dated(&self, index: usize, among: &[usize], order: Option<DateOrder>) -> Option<Clock> {
        let look = &self.looks[index];
        let first = look.first?;
        let extras = if look.with_clock == 0 { self.extras(index, among) } else { Vec::new() };
        // Dates that are sound in nearly as many cells as in the best order leave the order open.
        let most = look.sound.iter().copied().max().unwrap_or(0);
        let fits = |order: &DateOrder| {
            let slot = DateOrder::ALL.iter().position(|other| other == order).unwrap_or(0);
            look.sound[slot] * 50 >= most * 49
        };
        let has_order = matches!(first.form, Form::YearLast | Form::TwoDigits);
        let mut orders: Vec<DateOrder> = DateOrder::ALL.into_iter().filter(fits).collect();
        if !has_order {
            orders = vec![DateOrder::Ymd];
        } else if let Some(order) = order {
            orders = vec![order];
        }
        let why = match orders.as_slice() {
            [only] if has_order && order.is_none() => {
                format!("The dates are sound only when read {}.", only.words())
            }
            _ => String::new(),
        };
        let utc = look.with_offset * 10 >= look.filled * 9;
        let base = Base::Date(index);
        Some(Clock { base, extras, orders, utc, words: String::new(), first: Some(first), why, has_order })
    }

    /// Clock, hour and minute columns that complete a date.
    fn extras(&self, date: usize, among: &[usize]) -> Vec<(usize, Extra)> {
        let clocks = among.iter().copied().filter(|&index| self.looks[index].holds == Holds::Clocks);
        // The nearest clock; of two as near, the one after the date.
        if let Some(clock) = clocks.min_by_key(|&index| (index.abs_diff(date), index < date)) {
            return vec![(clock, Extra::Clock)];
        }
        let named = |list: &[&str], low: i32, high: i32| {
            among
                .iter()
                .copied()
                .find(|&index| index != date && self.is_named(index, list) && self.in_range(index, low, high))
        };
        if let Some(hour) = named(&HOURS, 0, 24).or_else(|| named(&["time"], 0, 24)) {
            let minute = named(&MINUTES, 0, 59).map(|minute| (minute, Extra::Minutes));
            return [Some((hour, Extra::Hours)), minute].into_iter().flatten().collect();
        }
        named(&["time", "hour", "hhmm", "hours"], 0, 2400).map(|both| (both, Extra::HoursMinutes)).into_iter().collect()
    }

    /// Year, month, day and so on in columns of these names.
    fn parts(&self, among: &[usize]) -> Option<Clock> {
        let named = |list: &[&str], low: i32, high: i32| {
            among.iter().copied().find(|&index| self.is_named(index, list) && self.in_range(index, low, high))
        };
        let year = named(&YEARS, 1600, 2200)?;
        let month = named(&MONTHS, 1, 12).or_else(|| {
            let name = |cell: &str| words::month(&cell.to_lowercase()).is_some();
            among.iter().copied().find(|&index| self.is_named(index, &MONTHS) && self.sample.column(index).all(name))
        });
        let day = named(&DAYS, 1, 31);
        let (base, format) = match (month, day, named(&YEAR_DAYS, 1, 366)) {
            (Some(month), None, _) => (Base::Parts { year, month: Some(month), day: None }, "year, month"),
            (Some(month), day, _) => (Base::Parts { year, month: Some(month), day }, "year, month, day"),
            (None, _, Some(day)) => (Base::YearDay { year, day }, "year, day of the year"),
            (None, _, None) => return None,
        };
        let whole_day = day.is_some() || matches!(base, Base::YearDay { .. });
        let extras = if whole_day { self.extras(year, among) } else { Vec::new() };
        Some(Clock { extras, ..Clock::plain(base, format) })
    }

    /// A column of numbers that count or spell the time.
    fn numeric(&self, index: usize, among: &[usize], said: bool) -> Option<Clock> {
        let cells: Vec<&str> = self.sample.column(index).filter(|cell| !number::is_missing(cell)).collect();
        let values: Vec<f64> = cells.iter().filter_map(|cell| number(cell)).collect();
        if values.len() < 2 || values.len() * 10 < cells.len() * 9 {
            return None;
        }
        let named = said || names::has_word(&self.names[index], &TIME_WORDS);
        let ordered =
            values.windows(2).all(|pair| pair[0] <= pair[1]) || values.windows(2).all(|pair| pair[0] >= pair[1]);
        // Without a telling name only a first column that rises or falls throughout is believed.
        if !(named || index == 0 && ordered) {
            return None;
        }
        let kind = Numeric::ALL.into_iter().find(|kind| {
            let sound = values.iter().filter(|&&value| kind.milliseconds(value).is_some()).count();
            let plausible = match kind {
                // Four-digit numbers are years only under that name, or one by one in a first column.
                Numeric::Year => {
                    said || names::has_word(&self.names[index], &YEARS)
                        || (index == 0 && values.windows(2).all(|pair| pair[1] - pair[0] == 1.0))
                }
                Numeric::ExcelDays => named,
                _ => true,
            };
            plausible && sound * 100 >= values.len() * 98
        })?;
        let extras = if kind == Numeric::Ymd { self.extras(index, among) } else { Vec::new() };
        let base = Base::Number(index, kind);
        Some(Clock { extras, utc: kind.is_utc(), ..Clock::plain(base, kind.words()) })
    }
}

impl Extra {
    fn words(self) -> &'static str {
        match self {
            Extra::Clock => " + clock",
            Extra::Hours => " + hour",
            Extra::Minutes => ", minute",
            Extra::HoursMinutes => " + HHMM",
        }
    }
}

/// A date's layout in words.
fn describe(first: &Pieces, order: DateOrder) -> String {
    let mark = if first.separator == 0 { ' ' } else { char::from(first.separator) };
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
