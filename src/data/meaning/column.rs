//! One column while a file is read: its numbers, and every cell that is not a plain number, so that each can be accounted for.

use crate::data::cell::names;
use crate::data::cell::number::{self, Cell};
use crate::data::meaning::look::{self, Holds, Look};
use crate::data::meaning::understood::{Cells, ColumnKind, ColumnUnderstood};
use crate::data::notes::{Note, Tally, counted};
use crate::data::options::{Decimal, clip};
use crate::math;

/// Beyond this the square overflows double precision, so no variance can be computed; no sensor measures such values.
const LARGEST: f64 = 1e100;

/// The kinds of unusual cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// In a column of numbers: a number with this mark, one of [`Column::marks`]. It was kept.
    Marked(u8),
    /// A number made negative by brackets or a trailing minus.
    Negative,
    /// A number with letters that may be a power of ten, as [`Column::finish`] decides.
    Power(u8),
    /// True or false, read as 1 or 0.
    Truth,
    /// A cell without a readable number.
    Unread,
    /// Infinite, or beyond [`LARGEST`].
    Infinite,
    /// In a column without numbers: empty, or a word for “no value”.
    Missing,
    /// In a column without numbers: a cell that looks like a number.
    Numeric,
}

/// A cell that is not a plain number.
#[derive(Debug, Clone, Copy)]
struct Odd {
    /// Its row, among the rows kept.
    row: u32,
    what: What,
}

/// The places of a row in the file, and the text of its cell.
pub(crate) struct Places<'p> {
    pub line: &'p dyn Fn(usize) -> u64,
    pub cell: &'p dyn Fn(usize) -> String,
}

/// A column and its findings.
#[derive(Debug)]
pub(crate) struct Column {
    pub name: String,
    /// Part of the time.
    pub is_time: bool,
    /// Whether it tells several series apart, of which one is read.
    pub is_label: bool,
    pub holds: Holds,
    decimal: Decimal,
    truth: bool,
    /// Numbers, `NaN` where one is missing; empty for columns without numbers.
    pub values: Vec<f64>,
    /// Rows so far.
    rows: usize,
    /// In row order.
    odd: Vec<Odd>,
    /// The marks beside numbers, each once, as many as a byte can index.
    marks: Vec<String>,
    examples: Vec<String>,
    unit: Option<String>,
    sentinels: Vec<(f64, usize)>,
    /// Word for the power of ten of the letters behind numbers, where the numbers were multiplied.
    multiplied: bool,
    /// Cells of the columns that were joined into a wide file's values.
    widened: Option<Cells>,
}

/// Number of cells shown as examples, and their greatest length.
const EXAMPLES: usize = 3;
const LONGEST_EXAMPLE: usize = 60;
/// Number of different marks; a number with yet another one is not read.
const MOST_MARKS: usize = 250;

impl Column {
    /// A column of a file with so many rows.
    pub fn new(name: String, look: &Look, is_time: bool, rows: usize) -> Self {
        let numbers = !is_time && look.holds == Holds::Numbers;
        Self {
            name,
            is_time,
            is_label: false,
            holds: look.holds,
            decimal: look.decimal,
            truth: look.truth,
            values: Vec::with_capacity(if numbers { rows } else { 0 }),
            rows: 0,
            odd: Vec::new(),
            marks: Vec::new(),
            examples: Vec::new(),
            unit: look.unit.clone(),
            sentinels: Vec::new(),
            multiplied: false,
            widened: None,
        }
    }

    fn has_numbers(&self) -> bool {
        !self.is_time && self.holds == Holds::Numbers
    }

    fn note_odd(&mut self, what: What) {
        self.odd.push(Odd { row: u32::try_from(self.rows).unwrap_or(u32::MAX), what });
    }

    /// Adds the next row's cell.
    pub fn push(&mut self, cell: &str) {
        let cell = number::tidy(cell);
        if self.examples.len() < EXAMPLES && !cell.is_empty() {
            self.examples.push(clip(cell, LONGEST_EXAMPLE));
        }
        if self.has_numbers() {
            let value = self.number(cell);
            self.values.push(value);
        } else if number::is_missing(cell) {
            self.note_odd(What::Missing);
        } else if !self.is_time && number::looks_numeric(cell) {
            self.note_odd(What::Numeric);
        }
        self.rows += 1;
    }

    /// The number in a cell; anything but a plain number is noted.
    fn number(&mut self, cell: &str) -> f64 {
        match number::read(cell, self.decimal) {
            Cell::Number(value) if value.abs() < LARGEST => value,
            Cell::Flagged(value) if value.abs() < LARGEST => match self.dressed(cell) {
                true => value,
                false => self.unread(),
            },
            Cell::Missing => f64::NAN,
            Cell::Text => match look::truth(cell).filter(|_| self.truth) {
                Some(value) => {
                    self.note_odd(What::Truth);
                    value
                }
                None => self.unread(),
            },
            Cell::Number(_) | Cell::Flagged(_) | Cell::Infinite => {
                self.note_odd(What::Infinite);
                f64::NAN
            }
        }
    }

    fn unread(&mut self) -> f64 {
        self.note_odd(What::Unread);
        f64::NAN
    }

    /// Notes the marks around a number; `false` if it is one mark too many.
    fn dressed(&mut self, cell: &str) -> bool {
        let Some(dressed) = number::undress(cell) else { return true };
        let power = dressed.thousands();
        let mark = if power.is_some() { dressed.before.to_owned() } else { dressed.mark() };
        let known = mark.is_empty() || self.unit.as_ref() == Some(&mark);
        if !known {
            let place = self.marks.iter().position(|known| *known == mark).unwrap_or(self.marks.len());
            if place == MOST_MARKS {
                return false;
            }
            if place == self.marks.len() {
                self.marks.push(mark);
            }
            self.note_odd(What::Marked(place as u8));
        }
        if dressed.accounting {
            self.note_odd(What::Negative);
        }
        if let Some(power) = power {
            self.note_odd(What::Power(power));
        }
        true
    }

    /// Keeps the rows for which `keep` holds.
    pub fn retain(&mut self, keep: &[bool]) {
        let mut rest = keep.iter();
        self.values.retain(|_| *rest.next().unwrap_or(&true));
        let (mut at, mut kept) = (0, 0_u32);
        self.odd.retain_mut(|odd| {
            let row = odd.row as usize;
            kept += keep[at..row].iter().map(|&keep| u32::from(keep)).sum::<u32>();
            at = row;
            odd.row = kept;
            keep[row]
        });
        self.rows = keep.iter().filter(|&&keep| keep).count();
    }

    /// Decides the questions that need all rows: whether letters behind numbers are powers of ten, and whether words behind a few
    /// of them mark another kind of quantity (`0.22 Dividend` among prices).
    pub fn finish(&mut self) {
        self.settle_powers();
        let numbers = self.values.iter().filter(|value| !value.is_nan()).count();
        let mut uses = vec![0_usize; self.marks.len()];
        for odd in &self.odd {
            if let What::Marked(mark) = odd.what {
                uses[usize::from(mark)] += 1;
            }
        }
        let alien: Vec<bool> = self
            .marks
            .iter()
            .zip(&uses)
            .map(|(mark, &uses)| {
                mark.chars().count() >= 4 && mark.chars().all(char::is_alphabetic) && uses * 2 < numbers
            })
            .collect();
        for odd in &mut self.odd {
            if let What::Marked(mark) = odd.what
                && alien[usize::from(mark)]
            {
                odd.what = What::Unread;
                self.values[odd.row as usize] = f64::NAN;
            }
        }
    }

    /// `800` and `1.02K` in one column are 800 and 1020, if that brings the two kinds nearer to each other; where every number has
    /// the same letter, it is the unit.
    fn settle_powers(&mut self) {
        let powers: Vec<(usize, u8)> = self
            .odd
            .iter()
            .filter_map(|odd| match odd.what {
                What::Power(power) => Some((odd.row as usize, power)),
                _ => None,
            })
            .collect();
        let Some(&(_, first)) = powers.first() else { return };
        let numbers = self.values.iter().filter(|value| !value.is_nan()).count();
        if powers.len() == numbers && powers.iter().all(|&(_, power)| power == first) {
            self.unit = Some(self.unit.take().unwrap_or_default() + number::letter(first));
            self.odd.retain(|odd| !matches!(odd.what, What::Power(_)));
            return;
        }
        let mut plain = self.values.clone();
        powers.iter().for_each(|&(row, _)| plain[row] = f64::NAN);
        let raw = |row: usize| self.values[row].abs();
        let scaled = |row: usize, power: u8| raw(row) * 10_f64.powi(i32::from(power));
        // Without plain numbers, K beside M must be powers of ten.
        let multiplied = middle(plain.iter().map(|value| value.abs())).is_none_or(|plain| {
            let far = |other: Option<f64>| other.map_or(f64::INFINITY, |other| libm::fabs(libm::log(other / plain)));
            far(middle(powers.iter().map(|&(row, power)| scaled(row, power))))
                < far(middle(powers.iter().map(|&(row, _)| raw(row))))
        });
        if multiplied {
            for (row, power) in powers {
                // Multiplied in decimal: 1.02 and 3 zeros are 1020, not 1019.9999.
                self.values[row] = shifted(self.values[row], power);
            }
            self.multiplied = true;
            return;
        }
        // Otherwise it is a quality letter like any other.
        for odd in &mut self.odd {
            if let What::Power(power) = odd.what {
                let letter = number::letter(power);
                let known = self.marks.iter().position(|mark| mark == letter);
                let place = known.unwrap_or_else(|| {
                    self.marks.push(letter.to_owned());
                    self.marks.len() - 1
                });
                odd.what = What::Marked(u8::try_from(place).unwrap_or(u8::MAX));
            }
        }
    }

    /// Becomes the one column of a table with many values in a row; `cells`: the counts of all of its columns.
    pub fn widen(&mut self, name: &str, values: Vec<f64>, cells: Cells) {
        name.clone_into(&mut self.name);
        self.holds = Holds::Numbers;
        self.rows = values.len();
        self.values = values;
        self.odd.clear();
        // Those are in the counts of all the columns.
        self.sentinels.clear();
        self.widened = Some(cells);
    }

    /// Reads these numbers as missing, on a person's word.
    pub fn drop(&mut self, missing: &[f64]) {
        self.mark(missing.to_vec());
        let sentinels = &self.sentinels;
        let held = self.values.iter_mut().filter(|held| sentinels.iter().any(|(value, _)| value == *held));
        held.for_each(|held| *held = f64::NAN);
    }

    /// Counts these numbers as missing, because they were found to be sentinels. They stay in place, since another split may decide
    /// otherwise.
    pub fn mark(&mut self, sentinels: Vec<f64>) {
        for value in sentinels {
            let count = self.values.iter().filter(|held| **held == value).count();
            // A person may name a number twice.
            if count > 0 && self.sentinels.iter().all(|(other, _)| *other != value) {
                self.sentinels.push((value, count));
            }
        }
    }

    /// The values, `NaN` where one is missing, is a sentinel, or is one of `others`.
    pub fn known(&self, others: &[f64]) -> impl Iterator<Item = f64> {
        let is_none = |value: &f64| self.sentinels.iter().any(|(none, _)| none == value) || others.contains(value);
        self.values.iter().map(move |value| if is_none(value) { f64::NAN } else { *value })
    }

    /// Whether its numbers may be forecast or read.
    pub fn is_measured(&self) -> bool {
        self.has_numbers() && !self.is_label
    }

    /// The sentinels.
    pub fn sentinels(&self) -> impl Iterator<Item = f64> {
        self.sentinels.iter().map(|&(value, _)| value)
    }

    /// The counts of its cells, which add up to the rows.
    pub fn cells(&self) -> Cells {
        let none: usize = self.sentinels.iter().map(|(_, count)| count).sum();
        if let Some(cells) = self.widened {
            return Cells { values: cells.values - none, sentinels: cells.sentinels + none, ..cells };
        }
        let count = |wanted: What| self.odd.iter().filter(|odd| odd.what == wanted).count();
        let mut cells = Cells::default();
        if self.has_numbers() {
            cells.values = self.known(&[]).filter(|value| !value.is_nan()).count();
            cells.unread = count(What::Unread);
            cells.infinite = count(What::Infinite);
            cells.sentinels = none;
            cells.empty = self.rows - cells.values - cells.unread - cells.infinite - cells.sentinels;
        } else {
            cells.empty = count(What::Missing);
            cells.unread = count(What::Numeric);
            cells.text = self.rows - cells.empty - cells.unread;
        }
        cells
    }

    /// Rows without a value.
    pub fn missing(&self) -> usize {
        match self.has_numbers() {
            true => self.known(&[]).filter(|value| value.is_nan()).count(),
            false => self.odd.iter().filter(|odd| odd.what == What::Missing).count(),
        }
    }

    /// Smallest, largest and mean number, and whether there is more than one.
    fn spread(&self) -> Option<(f64, f64, f64)> {
        let (mut low, mut high, mut sum, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0_usize);
        for value in self.known(&[]).filter(|value| !value.is_nan()) {
            low = low.min(value);
            high = high.max(value);
            sum += value;
            count += 1;
        }
        (count > 0).then(|| (low, high, sum / count as f64))
    }

    fn kind(&self, spread: Option<(f64, f64, f64)>) -> ColumnKind {
        match (self.is_time, self.holds, spread) {
            (true, ..) => ColumnKind::Time,
            _ if self.is_label => ColumnKind::Text,
            (_, Holds::Numbers, Some((low, high, _))) if low == high => ColumnKind::Constant,
            (_, Holds::Numbers, Some(_)) => ColumnKind::Number,
            (_, Holds::Numbers | Holds::Nothing, None) => ColumnKind::Empty,
            _ => ColumnKind::Text,
        }
    }

    /// The interpretation of the column.
    pub fn understood(&self) -> ColumnUnderstood {
        let spread = self.spread();
        let kind = self.kind(spread);
        let mut remarks = Vec::new();
        if let Some(unit) = &self.unit {
            remarks.push(format!("unit {unit}"));
        }
        match kind {
            _ if self.is_label => remarks.push("tells the series apart".to_owned()),
            ColumnKind::Constant => remarks.push("never changes".to_owned()),
            ColumnKind::Empty => remarks.push("has no values".to_owned()),
            _ => {}
        }
        ColumnUnderstood {
            name: self.name.clone(),
            kind,
            missing: self.missing(),
            min: spread.map(|(low, ..)| low),
            max: spread.map(|(_, high, _)| high),
            mean: spread.map(|(.., mean)| mean),
            examples: self.examples.clone(),
            sentinel: self.sentinels().next(),
            cells: self.cells(),
            note: remarks.join("; "),
        }
    }

    /// Rows with this kind of unusual cell: the count, the first lines, and the first cell as in the file.
    fn tally(&self, places: &Places, is: &dyn Fn(What) -> bool) -> Option<(Tally, String)> {
        let mut rows = self.odd.iter().filter(|odd| is(odd.what)).map(|odd| odd.row as usize).peekable();
        let first = (places.cell)(*rows.peek()?);
        let mut tally = Tally::default();
        for row in rows {
            // Finding a line number reads through the file, so only the displayed lines are looked up.
            let line = if tally.lines.len() < Tally::SHOWN { (places.line)(row) } else { 0 };
            tally.add(line);
        }
        let example = format!("“{}” in line {}", clip(number::tidy(&first), 20), tally.lines[0]);
        Some((tally, example))
    }

    /// Notes on the cells that are not plain numbers.
    pub fn cell_notes(&self, places: &Places) -> Vec<Note> {
        let name = &self.name;
        let mut notes = Vec::new();
        if let Some((tally, example)) = self.tally(places, &|what| matches!(what, What::Marked(_))) {
            let many = counted(tally.count, "number has a mark", "numbers have a mark");
            let mut used: Vec<&str> = Vec::new();
            for odd in &self.odd {
                if let What::Marked(mark) = odd.what
                    && !used.contains(&self.marks[usize::from(mark)].as_str())
                {
                    used.push(&self.marks[usize::from(mark)]);
                }
            }
            let more = if used.len() > 5 { ", …" } else { "" };
            used.truncate(5);
            let marks = format!("{}{more}", used.join(", "));
            let message =
                format!("Column “{name}”: {many} beside it ({marks}), such as {example}; the numbers were kept.");
            notes.push(Note::info("flags", message).at(&tally));
        }
        if let Some((tally, example)) = self.tally(places, &|what| what == What::Negative) {
            let many = counted(tally.count, "number was", "numbers were");
            let message = format!(
                "Column “{name}”: {many} read as negative because of brackets or a trailing minus, such as {example}."
            );
            notes.push(Note::info("accounting", message).at(&tally));
        }
        if let Some((tally, example)) = self.tally(places, &|what| matches!(what, What::Power(_)))
            && self.multiplied
        {
            let many = counted(tally.count, "number ends", "numbers end");
            let message = format!(
                "Column “{name}”: {many} in K (thousands), M (millions), B (billions) or T and were multiplied, such as {example}."
            );
            notes.push(Note::info("multiplied", message).at(&tally));
        }
        if let Some((tally, _)) = self.tally(places, &|what| what == What::Truth) {
            let message = format!("Column “{name}”: true was read as 1, false as 0.");
            notes.push(Note::info("truth", message).at(&tally));
        }
        if let Some((tally, example)) = self.tally(places, &|what| what == What::Unread) {
            let many = counted(tally.count, "cell holds", "cells hold");
            let count = if tally.count == 1 { "counts" } else { "count" };
            let message = format!(
                "Column “{name}”: {many} something other than a number, such as {example}, and {count} as missing."
            );
            notes.push(Note::warning("words", message).at(&tally));
        }
        if let Some((tally, example)) = self.tally(places, &|what| what == What::Infinite) {
            let many = counted(tally.count, "cell holds", "cells hold");
            let count = if tally.count == 1 { "counts" } else { "count" };
            let message = format!(
                "Column “{name}”: {many} an infinite or absurdly large number, such as {example}, and {count} as missing."
            );
            notes.push(Note::warning("infinite", message).at(&tally));
        }
        if let Some((tally, example)) = self.tally(places, &|what| what == What::Numeric)
            && !self.is_label
        {
            let many = counted(tally.count, "cell looks", "cells look");
            let message = format!(
                "Column “{name}” was read as text: {many} like a number that could not be used, such as {example}."
            );
            notes.push(Note::warning("unread-numbers", message).at(&tally));
        }
        if matches!(self.holds, Holds::Dates | Holds::Clocks) && !self.is_time && !self.is_label {
            let message = format!("Column “{name}” also holds times; it was not used.");
            notes.push(Note::info("unused-time", message));
        }
        notes
    }

    /// Notes on the column as a whole.
    pub fn notes(&self, rows: usize) -> Vec<Note> {
        let name = &self.name;
        let missing = self.missing();
        let mut notes = Vec::new();
        for &(sentinel, count) in &self.sentinels {
            let many = counted(count, "cell", "cells");
            let message =
                format!("Column “{name}”: {sentinel} stands for “no value” here and was read as missing, in {many}.");
            let mut note = Note::warning("sentinel", message);
            note.count = count;
            notes.push(note);
        }
        match self.kind(self.spread()) {
            // A constant year, month or day needs no note.
            ColumnKind::Constant if !names::has_word(name, &["year", "month", "day", "hour"]) => {
                let message = format!("Column “{name}” never changes: there is nothing to learn from it.");
                notes.push(Note::warning("constant", message));
            }
            ColumnKind::Empty => {
                let message = format!("Column “{name}” has no values: it cannot be a target or an input.");
                notes.push(Note::warning("empty-column", message));
            }
            ColumnKind::Number if missing > 0 => {
                let share = 100.0 * missing as f64 / rows.max(1) as f64;
                let message = format!("Column “{name}”: {missing} of {rows} values are missing ({share:.1} %).");
                let mut note = Note::info("missing", message);
                note.count = missing;
                notes.push(note);
            }
            _ => {}
        }
        notes
    }
}

/// The median of these numbers, without NaN and 0.
fn middle(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut known: Vec<f64> = values.filter(|value| !value.is_nan() && *value > 0.0).collect();
    math::sort(&mut known);
    known.get(known.len() / 2).copied()
}

/// A decimal number multiplied by a power of ten and rounded as if written so: 1.02 by three places is 1020.
fn shifted(value: f64, places: u8) -> f64 {
    let exact = value * 10_f64.powi(i32::from(places));
    // Nobody writes more than six decimals before K or M; rounding to them removes the product's error in the last bit.
    let rounded = (exact * 1e6).round() / 1e6;
    if (rounded - exact).abs() <= exact.abs() * 1e-14 { rounded } else { exact }
}
