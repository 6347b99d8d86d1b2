//! The columns that hold the time of a row, and their layout.

use crate::data::cell::names;
use crate::data::cell::number;
use crate::data::cell::time::numeric::Numeric;
use crate::data::cell::time::pieces::{Days, Form};
use crate::data::cell::time::words;
use crate::data::meaning::look::{Holds, Look, Sample};
use crate::data::meaning::time_reading::{Base, Clock, Extra, number as plain, part, whole};
use crate::data::notes::Choice;
use crate::data::options::{DateOrder, ReadOptions};
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
// Names of parts of the time. A name of several words is written with spaces here: `hour ending` is also `HourEnding`.
const YEARS: &[&str] = &["year", "yr", "yyyy", "jahr", "annee", "année", "año", "anno", "jaar", "iso year"];
const MONTHS: &[&str] = &["month", "mon", "mm", "mo", "monat", "mois", "mes", "mese", "month of year"];
const DAYS: &[&str] = &[
    "day",
    "dd",
    "mday",
    "dy",
    "tag",
    "jour",
    "dia",
    "día",
    "dom",
    "day of month",
    "date of month",
    "day of the month",
    "month day",
];
const YEAR_DAYS: &[&str] = &["doy", "yday", "jday", "dayofyear", "day of year", "julian day", "year day", "ddd"];
const WEEKS: &[&str] = &[
    "week",
    "wk",
    "kw",
    "iso week",
    "isoweek",
    "week number",
    "weeknumber",
    "week no",
    "week of year",
    "woche",
    "kalenderwoche",
    "semaine",
    "semana",
];
const QUARTERS: &[&str] = &["quarter", "qtr", "quartal", "trimestre", "fiscal quarter"];
const HOURS: &[&str] = &[
    "hour",
    "hours",
    "hr",
    "hh",
    "h",
    "std",
    "stunde",
    "heure",
    "hora",
    "hour ending",
    "hourending",
    "he",
    "hour end",
    "hour of day",
    "hour of the day",
    "hod",
];
const MINUTES: &[&str] = &["minute", "minutes", "min", "mn"];
/// Counted parts of a day: half hours of a settlement, quarter hours of a grid.
const PERIODS: &[&str] = &[
    "period",
    "settlement period",
    "trading period",
    "time period",
    "sp",
    "tp",
    "interval",
    "half hour",
    "halfhour",
    "quarter hour",
    "mtu",
    "slot",
    "time slot",
    "block",
    "hour",
    "hour beginning",
    "hb",
];

/// Usual numbers of parts in a day: hours, half hours, quarter hours, ten and five minutes, minutes.
const A_DAY: [i32; 6] = [24, 48, 96, 144, 288, 1440];

/// Input of the search for the time.
pub(crate) struct Columns<'a> {
    pub names: &'a [String],
    pub looks: &'a [Look],
    pub sample: &'a Sample,
    /// Whether the file has names at all.
    pub named: bool,
}

/// The part of the time that a clock without a time of day gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whole {
    Day,
    Month,
    Year,
}

/// The way a column counts the rows of each time.
#[derive(Debug, Clone, Copy)]
struct Counted {
    /// First number.
    first: i32,
    /// Most frequent number of rows of a time.
    size: usize,
    /// Number of complete times.
    times: usize,
    /// Hours and minutes in one number: 59 is followed by 100.
    hours_minutes: bool,
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
    /// The answer that reads a label of several series as a part of the time, if that is possible.
    pub fn as_part_of_the_time(&self, time: &[usize], name: &str, options: &ReadOptions) -> Option<Choice> {
        let index = self.names.iter().position(|known| known == name)?;
        let among = [time, &[index]].concat();
        let clock = self.best(&among, options.date_order, true)?;
        let columns = clock.columns();
        if !columns.contains(&index) || !time.iter().all(|column| columns.contains(column)) {
            return None;
        }
        let names = among.iter().map(|&column| self.names[column].clone()).collect();
        Some(Choice {
            label: format!("“{name}” is a part of the time"),
            options: ReadOptions { time_columns: Some(names), ..options.clone() },
        })
    }

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
        best.map(|(score, clock)| self.completed(clock, score, among, said))
    }

    /// The clock with a column that counts the rows of each of its times, and so is the rest of the time, if there is one. Its name
    /// says so, a person does, or the numbers do: as many as a day has hours or a month has days.
    fn completed(&self, clock: Clock, score: f64, among: &[usize], said: bool) -> Clock {
        let of = match clock.base {
            _ if !clock.extras.is_empty() => return clock,
            Base::Date(index) if self.looks[index].with_clock > 0 => return clock,
            Base::Date(_) if clock.first.is_some_and(|first| first.unit != 0) => return clock,
            Base::Date(_) if clock.first.is_some_and(|first| first.form == Form::YearMonth) => Whole::Month,
            Base::Date(_) | Base::YearDay { .. } | Base::Number(_, Numeric::Ymd | Numeric::YearDay) => Whole::Day,
            Base::Parts { day: Some(_), .. } => Whole::Day,
            Base::Parts { .. } | Base::Number(_, Numeric::YearMonth) => Whole::Month,
            Base::Number(_, Numeric::Year) => Whole::Year,
            Base::Number(..) | Base::YearWeek { .. } | Base::YearQuarter { .. } => return clock,
        };
        let used = clock.columns();
        let others = among.iter().filter(|index| !used.contains(index));
        let more = others.filter_map(|&index| self.with(&clock, of, index, &used, said));
        // Now nearly every row has its own time; before, none had.
        more.into_iter()
            .find(|more| {
                let with = self.score(more);
                with > score + 0.2 && with > 0.9
            })
            .unwrap_or_else(|| clock.clone())
    }

    /// The clock with this column as the rest of the time.
    fn with(&self, clock: &Clock, of: Whole, index: usize, used: &[usize], said: bool) -> Option<Clock> {
        let count = self.counted(clock, index)?;
        let size = i32::try_from(count.size).ok()?;
        let usual = count.times >= 2;
        let extra = |extra: Extra| Some(Clock { extras: vec![(index, extra)], ..clock.clone() });
        let base =
            |base: Base, words: &str| Some(Clock { base, first: None, words: words.to_owned(), ..clock.clone() });
        let (found, whole) = match of {
            Whole::Day if count.hours_minutes => (extra(Extra::HoursMinutes), "day"),
            Whole::Day => {
                let named = said || self.is_named(index, PERIODS);
                let a_day = A_DAY.into_iter().find(|&a_day| (size - a_day).abs() * 24 <= a_day && (usual || named));
                let a_day = a_day.or_else(|| (named && size > 1 && 1440 % size == 0).then_some(size))?;
                (extra(Extra::Parts { first: count.first, a_day }), "day")
            }
            Whole::Month if (28..=31).contains(&size) && count.first == 1 => (extra(Extra::Days), "month"),
            Whole::Month => return None,
            Whole::Year => {
                let year = *used.first()?;
                let found = match size {
                    365 | 366 => base(Base::YearDay { year, day: index }, "year, day of the year"),
                    52 | 53 => base(Base::YearWeek { year, week: index }, "year, week"),
                    12 if said => base(Base::Parts { year, month: Some(index), day: None }, "year, month"),
                    4 if said => base(Base::YearQuarter { year, quarter: index }, "year, quarter"),
                    _ => return None,
                };
                (found, "year")
            }
        };
        let name = &self.names[index];
        let taken =
            format!("Column “{name}” counts {size} rows within each {whole}: it was read as a part of the time.");
        found
            .filter(|_| count.first <= 1)
            .map(|clock| Clock { taken: if said { String::new() } else { taken }, ..clock })
    }

    /// The way a column counts the rows of each time, if it does: one more in each row, from the same number each time.
    fn counted(&self, clock: &Clock, index: usize) -> Option<Counted> {
        let mut out = vec![None; clock.orders.len()];
        let mut days = Days::default();
        let minutes = |value: i32| value / 100 * 60 + value % 100;
        // For each time: its first number and the number of its rows.
        let mut times: Vec<(i64, i32, usize)> = Vec::new();
        let mut last = None;
        let (mut pairs, mut steady, mut steps) = (0_usize, 0_usize, Vec::new());
        let (mut most, mut sound) = (0, true);
        for row in &self.sample.head {
            clock.read(row, &mut days, &mut out);
            let time = out.iter().flatten().next().copied();
            let (Some(time), Some(value)) = (time, part(number::tidy(row.get(index).unwrap_or_default()))) else {
                continue;
            };
            most = most.max(value);
            sound &= (0..=2400).contains(&value) && value % 100 < 60;
            match times.last_mut().filter(|last| last.0 == time) {
                Some(same) => {
                    same.2 += 1;
                    let before = last.unwrap_or(value);
                    pairs += 1;
                    steady += usize::from(value - before == 1);
                    steps.push(i64::from(minutes(value) - minutes(before)));
                }
                None => times.push((time, value, 1)),
            }
            last = Some(value);
        }
        if pairs == 0 {
            return None;
        }
        steps.sort_unstable();
        let step = steps[steps.len() / 2];
        let even = steps.iter().filter(|&&other| other == step).count();
        let hours_minutes = sound && most >= 100 && step > 0 && even * 20 >= pairs * 19;
        if steady * 20 < pairs * 19 && !hours_minutes {
            return None;
        }
        // The first and the last may be cut off.
        let whole = if times.len() > 2 { &times[1..times.len() - 1] } else { &times };
        let mut sizes: Vec<i64> = whole.iter().map(|&(.., size)| size as i64).collect();
        sizes.sort_unstable();
        let size = sizes[sizes.len() / 2] as usize;
        let first = whole.iter().map(|&(_, first, _)| first).min()?;
        Some(Counted { first, size, times: if times.len() > 2 { whole.len() } else { 0 }, hours_minutes })
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
        list.contains(&names::words(&self.names[index]).join(" ").as_str())
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
        // The order is open if nearly as many cells are valid dates in another one.
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
                format!("The dates are valid only when read {}.", only.words())
            }
            _ => String::new(),
        };
        let utc = look.with_offset * 10 >= look.filled * 9;
        let base = Base::Date(index);
        let words = String::new();
        Some(Clock { base, extras, orders, utc, words, first: Some(first), taken: String::new(), why, has_order })
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
        if let Some(hour) = named(HOURS, 0, 25).or_else(|| named(&["time"], 0, 24)) {
            let minute = named(MINUTES, 0, 59).map(|minute| (minute, Extra::Minutes));
            return [Some((hour, Extra::Hours)), minute].into_iter().flatten().collect();
        }
        named(&["time", "hour", "hhmm", "hours"], 0, 2400).map(|both| (both, Extra::HoursMinutes)).into_iter().collect()
    }

    /// Year, month, day and so on, by the columns' names.
    fn parts(&self, among: &[usize]) -> Option<Clock> {
        let named = |list: &[&str], low: i32, high: i32| {
            among.iter().copied().find(|&index| self.is_named(index, list) && self.in_range(index, low, high))
        };
        let year = named(YEARS, 1600, 2200)?;
        let month = named(MONTHS, 1, 12).or_else(|| {
            let name = |cell: &str| words::month(cell).is_some();
            among.iter().copied().find(|&index| self.is_named(index, MONTHS) && self.sample.column(index).all(name))
        });
        let day = named(DAYS, 1, 31);
        let (base, format) = match (month, day, named(YEAR_DAYS, 1, 366)) {
            (Some(month), None, _) => (Base::Parts { year, month: Some(month), day: None }, "year, month"),
            (Some(month), day, _) => (Base::Parts { year, month: Some(month), day }, "year, month, day"),
            (None, _, Some(day)) => (Base::YearDay { year, day }, "year, day of the year"),
            (None, _, None) => {
                let within = |list: &[&str], most: i32| {
                    let sound = |cell: &str| part(cell).is_some_and(|value| (1..=most).contains(&value));
                    let all =
                        |index: usize| self.sample.column(index).filter(|cell| !number::is_missing(cell)).all(sound);
                    among.iter().copied().find(|&index| self.is_named(index, list) && all(index))
                };
                match (within(WEEKS, 53), within(QUARTERS, 4)) {
                    (Some(week), _) => (Base::YearWeek { year, week }, "year, week"),
                    (None, Some(quarter)) => (Base::YearQuarter { year, quarter }, "year, quarter"),
                    (None, None) => return None,
                }
            }
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
        // Without a telling name only a first column that rises or falls throughout qualifies.
        if !(named || index == 0 && ordered) {
            return None;
        }
        let kind = Numeric::ALL.into_iter().find(|kind| {
            let sound = values.iter().filter(|&&value| kind.milliseconds(value).is_some()).count();
            let plausible = match kind {
                // Four-digit numbers are years only under that name, under the name of a time where most follow each other, or one
                // by one in a first column.
                Numeric::Year => {
                    let next = values.windows(2).filter(|pair| (pair[1] - pair[0]).abs() == 1.0).count();
                    let recent = values.iter().all(|value| (1800.0..=2100.0).contains(value));
                    said || names::has_word(&self.names[index], YEARS)
                        || (named && recent && next * 10 >= values.len() * 6)
                        || (index == 0 && next == values.len() - 1 && values[1] > values[0])
                }
                Numeric::ExcelDays => said || (named && ordered),
                _ => true,
            };
            plausible && sound * 100 >= values.len() * 98
        })?;
        let extras =
            if matches!(kind, Numeric::Ymd | Numeric::YearDay) { self.extras(index, among) } else { Vec::new() };
        let base = Base::Number(index, kind);
        Some(Clock { extras, utc: kind.is_utc(), ..Clock::plain(base, kind.words()) })
    }
}
