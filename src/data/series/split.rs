//! Split by time: the first rows train the model, the next ones decide when to stop, the last ones test it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{
    data::{Axis, Step, cell::time::pieces::settled},
    error::{Error, Result},
    exact,
    knob::{Group, Knob},
};

/// Split of a series of so many rows where the setting leaves it open, in percent. A short series needs more of its rows to be
/// validated at all.
pub fn usual(rows: usize) -> &'static str {
    if rows <= MOST_FEW { "60/20/20" } else { "70/10/20" }
}

/// Largest number of rows of a short series.
const MOST_FEW: usize = 2_000;

/// Where the parts end.
pub const SPLIT: Knob<String> = Knob::text(Group::Data, "split", "Training / validation / test", "").help(
    "The first rows train the model, the next validate it, the last test it. Give percent (70/10/20), or where each \
           part ends: row numbers (8640, 11520, 14400) or dates (2017-06-26, 2017-10-24, 2018-02-21; the date itself \
           belongs to the next part). Empty: 60/20/20 up to 2,000 rows, else 70/10/20.",
);

/// One of the three parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Fits the weights, and the scale of every column.
    Train,
    /// Decides when to stop, the ridge's penalty, and the width of intervals.
    Validation,
    /// Tests the model, once.
    Test,
}

impl Part {
    /// All three, in the order of time.
    pub const ALL: [Part; 3] = [Part::Train, Part::Validation, Part::Test];

    /// Name of the part, as in “the … part”.
    pub fn label(self) -> &'static str {
        match self {
            Part::Train => "training",
            Part::Validation => "validation",
            Part::Test => "test",
        }
    }
}

/// Rows of each part: adjacent in time, none empty; rows after the test part, if any, are not scored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Rows that the weights are fitted to.
    pub train: Range<usize>,
    /// Rows that decide when to stop.
    pub validation: Range<usize>,
    /// Rows that test the model.
    pub test: Range<usize>,
}

impl Split {
    /// Rows of one part.
    pub fn rows(&self, part: Part) -> Range<usize> {
        match part {
            Part::Train => self.train.clone(),
            Part::Validation => self.validation.clone(),
            Part::Test => self.test.clone(),
        }
    }

    /// The parts of the knob's default. A series too short to be split is all training part, with nothing left for a test.
    pub fn usual(axis: &Axis) -> Split {
        let [train, validation, test] = by_percent(usual(axis.len), axis.len).unwrap_or_default();
        let whole = 0 < train && train < validation && validation < test;
        let [train, validation, test] = if whole { [train, validation, test] } else { [axis.len; 3] };
        Split { train: 0..train, validation: train..validation, test: validation..test }
    }

    /// Reads the knob [`SPLIT`] for a series on `axis`.
    ///
    /// An empty text is the [`usual`] split. `70/10/20` are percent: training and validation get that share of the rows rounded down,
    /// test the rest. Numbers or dates with commas between them are the exclusive ends of the parts; without the third the test part
    /// reaches the end of the series.
    ///
    /// # Errors
    /// [`Error::Knob`] for a text of neither form, or one that leaves a part empty or goes beyond the series.
    pub fn parse(text: &str, axis: &Axis) -> Result<Split> {
        let text = match text.trim() {
            "" => usual(axis.len),
            text => text,
        };
        let [train, validation, test] = if text.contains([',', ';']) {
            let fields: Vec<&str> = text.split([',', ';']).map(str::trim).collect();
            if fields.len() != 2 && fields.len() != 3 {
                return Err(malformed());
            }
            let mut ends = [axis.len; 3];
            for (end, field) in ends.iter_mut().zip(&fields) {
                *end = row_or_date(field, axis)?;
            }
            ends
        } else {
            by_percent(text, axis.len)?
        };
        if !(0 < train && train < validation && validation < test) {
            return Err(SPLIT.error(format!(
                "it would leave a part without rows: training ends at row {train}, validation at {validation}, test at \
                 {test}, and the series has {} rows; {}",
                axis.len,
                fitting(axis.len)
            )));
        }
        if test > axis.len {
            return Err(SPLIT.error(format!(
                "the test part would end at row {test}, but the series has {} rows; {}",
                axis.len,
                fitting(axis.len)
            )));
        }
        Ok(Split { train: 0..train, validation: train..validation, test: validation..test })
    }
}

fn malformed() -> Error {
    SPLIT.error("give percent like 70/10/20, or the rows or dates at which each part ends, with commas between them")
}

/// A split that would fit a series of `rows` rows, as a clause.
fn fitting(rows: usize) -> String {
    match by_percent(usual(rows), rows) {
        Ok([train, validation, test]) if 0 < train && train < validation && validation < test => {
            format!("{train}, {validation}, {test} would fit")
        }
        _ => "a longer series is needed".to_owned(),
    }
}

fn by_percent(text: &str, rows: usize) -> Result<[usize; 3]> {
    let fields: Vec<f64> = text
        .split('/')
        .map(|field| exact::read(field.trim().trim_end_matches('%').trim()))
        .collect::<Option<_>>()
        .ok_or_else(malformed)?;
    let &[train, validation, test] = fields.as_slice() else { return Err(malformed()) };
    // Not `<=`, so that a NaN fails too.
    if !fields.iter().all(|&share| share > 0.0 && share < 100.0) || (train + validation + test - 100.0).abs() > 0.01 {
        return Err(SPLIT.error(format!("give three percentages above 0 that add up to 100, not {}", shown(text))));
    }
    // A share that is whole in decimal may be slightly less in binary.
    let share = |percent: f64| (rows as f64 * percent / 100.0 + 1e-6).floor() as usize;
    let train = share(train);
    Ok([train, train + share(validation), rows])
}

fn row_or_date(field: &str, axis: &Axis) -> Result<usize> {
    if let Ok(row) = field.parse::<usize>() {
        return Ok(row);
    }
    let date = settled(field).ok_or_else(|| {
        SPLIT.error(format!("{} is neither a row number nor a date like 2017-06-26 or 2017-06-26 18:00", shown(field)))
    })?;
    if axis.step == Step::Rows {
        return Err(SPLIT.error("the rows of this file have no dates; give row numbers or percent"));
    }
    // Rows stand in the order of time: the first one at or after the date ends the part.
    let (mut low, mut high) = (0, axis.len);
    while low < high {
        let middle = low + (high - low) / 2;
        if axis.at(middle) < date { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

/// A piece of the text for a message, cut because it may come from anywhere.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(40).collect();
    if cut.len() < text.len() { format!("“{cut}…”") } else { format!("“{cut}”") }
}
