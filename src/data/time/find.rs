//! Which columns say the time of a row, and how.

use crate::data::look::{Holds, Look, Sample};
use crate::data::names;
use crate::data::number;
use crate::data::options::DateOrder;
use crate::data::time::numeric::Numeric;
use crate::data::time::pieces::{Days, Form};
use crate::data::time::reading::{Base, Clock, Extra, number as plain, whole};
use crate::data::time::words;
use crate::error::{Error, Result};

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
    /// Whether the file has names at all.
    pub named: bool,
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
        if said || !self.named {
            candidates.extend(self.in_order(among).filter(|clock| said || self.score(clock) > 0.9));
        }
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
                    clock.read(row, &mut Days::default(), &mut out);
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
            let name = |cell: &str| words::month(cell).is_some();
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

    /// Year, month, day and hour in the first columns, by their ranges alone: for files without names.
    fn in_order(&self, among: &[usize]) -> Option<Clock> {
        let at = |place: usize, low: i32, high: i32| {
            among.get(place).copied().filter(|&index| self.in_range(index, low, high))
        };
        let (year, month) = (at(0, 1600, 2200)?, at(1, 1, 12)?);
        let day = at(2, 1, 31);
        let hour = day.and_then(|_| at(3, 0, 24));
        let clock = Clock::plain(Base::Parts { year, month: Some(month), day }, "year, month");
        Some(Clock { extras: hour.map(|hour| (hour, Extra::Hours)).into_iter().collect(), ..clock })
    }

    /// A column of numbers that count or spell the time.
    fn numeric(&self, index: usize, among: &[usize], said: bool) -> Option<Clock> {
        let cells: Vec<&str> = self.sample.column(index).filter(|cell| !number::is_missing(cell)).collect();
        let values: Vec<f64> = cells.iter().filter_map(|cell| plain(cell)).collect();
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
                Numeric::ExcelDays => said || (named && ordered),
                _ => true,
            };
            plausible && sound * 100 >= values.len() * 98
        })?;
        let extras = if kind == Numeric::Ymd { self.extras(index, among) } else { Vec::new() };
        let base = Base::Number(index, kind);
        Some(Clock { extras, utc: kind.is_utc(), ..Clock::plain(base, kind.words()) })
    }
}
