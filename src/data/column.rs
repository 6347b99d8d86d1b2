//! One column while a file is read: its numbers, and what had to be done to get them.

use crate::data::look::{Holds, Look};
use crate::data::names;
use crate::data::notes::{Note, Tally, counted};
use crate::data::number::{self, Cell};
use crate::data::options::{Decimal, clip};
use crate::data::understood::{ColumnKind, ColumnUnderstood};

/// Beyond this no variance can be computed in double precision (its square would be infinite), and no sensor measures it.
const LARGEST: f64 = 1e100;

/// A column and what was found in it.
#[derive(Debug)]
pub(crate) struct Column {
    pub name: String,
    /// Part of the time.
    pub is_time: bool,
    pub holds: Holds,
    decimal: Decimal,
    /// Numbers, `NaN` where one is missing; empty for columns without numbers.
    pub values: Vec<f64>,
    pub missing: usize,
    /// Numbers with something stuck to them that others do not have.
    flagged: Tally,
    /// Words among numbers.
    words: Tally,
    /// Infinite or absurdly large numbers.
    infinite: Tally,
    word: String,
    examples: Vec<String>,
    unit: Option<String>,
    sentinels: Vec<f64>,
}

/// Cells shown as examples, and their longest form.
const EXAMPLES: usize = 3;
const LONGEST_EXAMPLE: usize = 60;

impl Column {
    /// A column of a file with so many rows.
    pub fn new(name: String, look: &Look, is_time: bool, rows: usize) -> Self {
        let numbers = !is_time && look.holds == Holds::Numbers;
        Self {
            name,
            is_time,
            holds: look.holds,
            decimal: look.decimal,
            values: Vec::with_capacity(if numbers { rows } else { 0 }),
            missing: 0,
            flagged: Tally::default(),
            words: Tally::default(),
            infinite: Tally::default(),
            word: String::new(),
            examples: Vec::new(),
            unit: look.unit.clone(),
            sentinels: Vec::new(),
        }
    }

    /// Takes the next row's cell.
    pub fn push(&mut self, cell: &str, line: u64) {
        let cell = number::tidy(cell);
        if self.examples.len() < EXAMPLES && !cell.is_empty() {
            self.examples.push(clip(cell, LONGEST_EXAMPLE));
        }
        if self.is_time || self.holds != Holds::Numbers {
            self.missing += usize::from(number::is_missing(cell));
            return;
        }
        let value = match number::read(cell, self.decimal) {
            Cell::Number(value) if value.abs() < LARGEST => value,
            Cell::Flagged(value) if value.abs() < LARGEST => {
                if self.unit.is_none() {
                    self.flagged.add(line);
                }
                value
            }
            Cell::Missing => f64::NAN,
            Cell::Text => {
                if self.words.is_empty() {
                    self.word = clip(cell, 20);
                }
                self.words.add(line);
                f64::NAN
            }
            Cell::Number(_) | Cell::Flagged(_) | Cell::Infinite => {
                self.infinite.add(line);
                f64::NAN
            }
        };
        self.missing += usize::from(value.is_nan());
        self.values.push(value);
    }

    /// Keeps the rows for which `keep` holds.
    pub fn retain(&mut self, keep: &[bool]) {
        let mut keep = keep.iter();
        self.values.retain(|_| *keep.next().unwrap_or(&true));
        if !self.values.is_empty() {
            self.missing = self.values.iter().filter(|value| value.is_nan()).count();
        }
    }

    /// Becomes the one column of a table that had many values in a row.
    pub fn widen(&mut self, name: &str, values: Vec<f64>) {
        name.clone_into(&mut self.name);
        self.holds = Holds::Numbers;
        self.missing = values.iter().filter(|value| value.is_nan()).count();
        self.values = values;
    }

    /// Reads these numbers as missing, because somebody says so.
    pub fn drop(&mut self, missing: &[f64]) {
        let taken: Vec<f64> = missing.iter().copied().filter(|value| self.values.contains(value)).collect();
        self.mark(taken);
        let sentinels = &self.sentinels;
        self.values.iter_mut().filter(|value| sentinels.contains(value)).for_each(|value| *value = f64::NAN);
    }

    /// Counts these numbers as missing, because they were found to stand for “no value”. They stay where they are: another split
    /// may find otherwise.
    pub fn mark(&mut self, sentinels: Vec<f64>) {
        self.missing += self.values.iter().filter(|value| sentinels.contains(value)).count();
        self.sentinels.extend(sentinels);
    }

    /// The values, `NaN` where one is missing, where it stands for “no value”, or is one of `others`.
    pub fn known(&self, others: &[f64]) -> impl Iterator<Item = f64> {
        let is_none = |value: &f64| self.sentinels.contains(value) || others.contains(value);
        self.values.iter().map(move |value| if is_none(value) { f64::NAN } else { *value })
    }

    /// Whether it holds numbers that may be forecast or read.
    pub fn is_measured(&self) -> bool {
        !self.is_time && self.holds == Holds::Numbers
    }

    /// Numbers that were read as missing.
    pub fn sentinels(&self) -> &[f64] {
        &self.sentinels
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

    /// What the column is understood to be.
    pub fn understood(&self) -> ColumnUnderstood {
        let spread = self.spread();
        let kind = match (self.is_time, self.holds, spread) {
            (true, ..) => ColumnKind::Time,
            (_, Holds::Numbers, Some((low, high, _))) if low == high => ColumnKind::Constant,
            (_, Holds::Numbers, Some(_)) => ColumnKind::Number,
            (_, Holds::Numbers | Holds::Nothing, None) => ColumnKind::Empty,
            _ => ColumnKind::Text,
        };
        let mut remarks = Vec::new();
        if let Some(unit) = &self.unit {
            remarks.push(format!("unit {unit}"));
        }
        match kind {
            ColumnKind::Constant => remarks.push("never changes".to_owned()),
            ColumnKind::Empty => remarks.push("has no values".to_owned()),
            _ => {}
        }
        ColumnUnderstood {
            name: self.name.clone(),
            kind,
            missing: self.missing,
            min: spread.map(|(low, ..)| low),
            max: spread.map(|(_, high, _)| high),
            mean: spread.map(|(.., mean)| mean),
            examples: self.examples.clone(),
            sentinel: self.sentinels.first().copied(),
            note: remarks.join("; "),
        }
    }

    /// What had to be done to the column, and what is odd about it.
    pub fn notes(&self, rows: usize) -> Vec<Note> {
        let name = &self.name;
        let mut notes = Vec::new();
        if !self.flagged.is_empty() {
            let many = counted(self.flagged.count, "number has", "numbers have");
            notes.push(
                Note::info(
                    "flags",
                    format!("Column “{name}”: {many} a letter or mark stuck to it; the numbers were kept."),
                )
                .at(&self.flagged),
            );
        }
        if !self.words.is_empty() {
            let many = counted(self.words.count, "cell holds a word", "cells hold words");
            let message =
                format!("Column “{name}”: {many} (“{}”) instead of a number and counts as missing.", self.word);
            notes.push(Note::warning("words", message).at(&self.words));
        }
        if !self.infinite.is_empty() {
            let many = counted(self.infinite.count, "cell holds", "cells hold");
            let line = self.infinite.words();
            let message =
                format!("Column “{name}”: {many} an infinite or absurdly large number and counts as missing. {line}.");
            notes.push(Note::warning("infinite", message).at(&self.infinite));
        }
        for sentinel in &self.sentinels {
            let message = format!("Column “{name}”: {sentinel} stands for “no value” here and was read as missing.");
            notes.push(Note::warning("sentinel", message));
        }
        match self.understood().kind {
            // That all rows are of one year is no news.
            ColumnKind::Constant if !names::has_word(name, &["year", "month", "day", "hour"]) => {
                let message = format!("Column “{name}” never changes: there is nothing to learn from it.");
                notes.push(Note::warning("constant", message));
            }
            ColumnKind::Empty => {
                let message = format!("Column “{name}” has no values: it cannot be a target or an input.");
                notes.push(Note::warning("empty-column", message));
            }
            ColumnKind::Number if self.missing > 0 => {
                let share = 100.0 * self.missing as f64 / rows.max(1) as f64;
                let message = format!("Column “{name}”: {} of {rows} values are missing ({share:.1} %).", self.missing);
                let mut note = Note::info("missing", message);
                note.count = self.missing;
                notes.push(note);
            }
            _ => {}
        }
        notes
    }
}
