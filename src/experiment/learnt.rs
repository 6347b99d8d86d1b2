//! What a saved model tells of the rows that it has learnt from, and what the rows at hand have to do with them.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::data::calendar::features::row_label;
use crate::data::series::split::SPLIT;
use crate::data::{Axis, Part, Series, Split, Step};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::experiment::Experiment;

/// The experiment that a model was trained in, and the rows that it has learnt from: the training part fitted its weights, the
/// validation part chose them among those of all epochs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learnt {
    /// Of the experiment.
    pub fingerprint: String,
    /// Times of the first and the last row of the training part.
    pub train: [i64; 2],
    /// The same of the validation part, which follows it.
    pub validation: [i64; 2],
    /// Digest of the values in both parts, of each column that the model reads.
    pub values: Vec<String>,
}

/// Rows at hand that a model has learnt from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Those that fitted its weights.
    pub train: Range<usize>,
    /// Those that chose them, behind the others.
    pub validation: Range<usize>,
}

impl Learnt {
    /// What a model that reads `columns` learns from.
    pub fn of(experiment: &Experiment, columns: &[String]) -> Self {
        let Experiment { series, split, fingerprint, .. } = experiment;
        let ends = |rows: &Range<usize>| [series.axis.at(rows.start), series.axis.at(rows.end.saturating_sub(1))];
        Self {
            fingerprint: fingerprint.clone(),
            train: ends(&split.train),
            validation: ends(&split.validation),
            values: columns.iter().map(|name| digest(series, name, split.train.start..split.validation.end)).collect(),
        }
    }

    /// Whether a series on `axis` can have had these rows, one behind the other, and there is a digest for each of so many columns.
    pub fn is_of(&self, axis: &Axis, columns: usize) -> bool {
        let ends = [self.train, self.validation].map(|[first, last]| Some((axis.row_at(first)?, axis.row_at(last)?)));
        let [Some(train), Some(validation)] = ends else { return false };
        train.0 <= train.1
            && train.1 + 1 == validation.0
            && validation.0 <= validation.1
            && self.values.len() == columns
    }

    /// Which rows at hand these are, for a model that reads `columns`, trained on the axis `trained`.
    ///
    /// # Errors
    /// [`Error::OtherRows`] where they are not among the rows at hand, or hold other values there.
    pub fn rows_in(&self, experiment: &Experiment, columns: &[String], trained: &Axis) -> Result<Rows> {
        let Experiment { series, split, fingerprint, .. } = experiment;
        if *fingerprint == self.fingerprint {
            return Ok(Rows { train: split.train.clone(), validation: split.validation.clone() });
        }
        let axis = &series.axis;
        let row = |time: i64| axis.row_at(time);
        let [first, last] = [self.train[0], self.validation[1]];
        let (Some(start), Some(middle), Some(end)) = (row(first), row(self.validation[0]), row(last)) else {
            let last_at_hand = axis.at(axis.len.saturating_sub(1));
            return Err(other_rows(format!(
                "it has learnt from those from {} to {}, and these are from {} to {}",
                label(trained, first),
                label(trained, last),
                label(axis, axis.start),
                label(axis, last_at_hand)
            )));
        };
        let differs =
            columns.iter().zip(&self.values).find(|(name, said)| digest(series, name, start..end + 1) != **said);
        if let Some((name, _)) = differs {
            return Err(other_rows(format!(
                "it was trained on other values of “{name}” between {} and {}",
                label(trained, first),
                label(trained, last)
            )));
        }
        Ok(Rows { train: start..middle, validation: middle..end + 1 })
    }
}

impl Rows {
    /// Whether a test part has none of them.
    ///
    /// # Errors
    /// [`Error::Knob`] for a split whose test part has some: a model is never scored on what it has learnt from.
    pub fn are_unseen_in(&self, split: &Split, axis: &Axis) -> Result<()> {
        let learnt = self.train.start..self.validation.end;
        if split.test.start >= learnt.end || split.test.end <= learnt.start {
            return Ok(());
        }
        let remedy = if learnt.end < axis.len {
            format!("choose a split whose test part begins later: {}, {}", self.train.end, learnt.end)
        } else {
            "a series that goes on behind them is needed".to_owned()
        };
        Err(SPLIT.error(format!(
            "the test part would begin at {}, and this model has learnt from rows to {}, on which it cannot be scored; {remedy}",
            row_label(axis, split.test.start),
            row_label(axis, learnt.end - 1)
        )))
    }

    /// What a person should know where the rows at hand, on `axis`, are more or fewer than those of `trained`; else empty.
    pub fn sentence(&self, split: &Split, axis: &Axis, trained: &Axis) -> String {
        let mut sentences = Vec::new();
        let last = row_label(axis, self.validation.end - 1);
        if axis.at(axis.len) > trained.at(trained.len) {
            sentences.push(format!("These rows continue those that it was trained on, to {last}."));
        } else if axis != trained {
            sentences.push(format!("These rows hold those that it was trained on, to {last}."));
        }
        let validation = split.rows(Part::Validation);
        if validation.start < self.train.end && self.train.start < validation.end {
            sentences.push(
                "Some rows of the validation part fitted its weights, so that its validation error is too small."
                    .to_owned(),
            );
        }
        sentences.join(" ")
    }
}

/// Whether a series has the step and the columns of a model that was trained on the axis `trained`.
///
/// # Errors
/// [`Error::OtherRows`] where it has not.
pub fn fits(series: &Series, columns: &[String], trained: &Axis, learnt: Option<&Learnt>) -> Result<()> {
    let unusable = |problem: String| Err(Error::OtherRows { problem, usable: false });
    if series.axis.step != trained.step {
        let to = learnt.map_or_else(String::new, |learnt| format!(" to {}", label(trained, learnt.validation[1])));
        return unusable(format!(
            "it was trained on {}{to}, and these are {}",
            trained.step.rows(),
            series.axis.step.rows()
        ));
    }
    match columns.iter().find(|name| !series.names.contains(name)) {
        Some(name) => unusable(format!(
            "its column “{name}” is not in this file, which has {}",
            crate::data::windows::frame::some_of(&series.names)
        )),
        None => Ok(()),
    }
}

fn other_rows(problem: String) -> Error {
    Error::OtherRows { problem, usable: true }
}

fn digest(series: &Series, name: &str, rows: Range<usize>) -> String {
    let column = series.names.iter().position(|other| other == name).map_or(&[][..], |at| &series.columns[at][rows]);
    Digest::new().with_values(column).text()
}

/// How a person calls the row at `time` of a series like this.
fn label(axis: &Axis, time: i64) -> String {
    match axis.step {
        Step::Rows => row_label(axis, usize::try_from(time).unwrap_or(0)),
        _ => row_label(&Axis { start: time, ..*axis }, 0),
    }
}
