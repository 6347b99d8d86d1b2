//! The rows that a saved model has learnt from, and their relation to the present series.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::data::calendar::features::row_label;
use crate::data::series::split::SPLIT;
use crate::data::{Axis, Part, Series, Split, Step};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::experiment::Experiment;

/// Pieces of learnt rows, each with its own digest, so that some of them can be recognised without the others.
const PIECES: usize = 16;

/// The experiment that a model was trained in, and the rows that it has learnt from: the training part fitted its weights, the
/// validation part chose its epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learnt {
    /// Fingerprint of the experiment.
    pub fingerprint: String,
    /// Times of the first and the last row of the training part.
    pub train: [i64; 2],
    /// The same for the validation part, which follows it.
    pub validation: [i64; 2],
    /// For each column that the model reads, digests of its values in both parts, piece by piece, separated by spaces.
    pub values: Vec<String>,
}

/// Rows of the present series that a model has learnt from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Rows that fitted its weights.
    pub train: Range<usize>,
    /// Rows that chose its epoch, after the others.
    pub validation: Range<usize>,
}

impl Learnt {
    /// The learnt rows of a model that reads `columns`.
    pub fn of(experiment: &Experiment, columns: &[String]) -> Self {
        let Experiment { series, split, fingerprint, .. } = experiment;
        let ends = |rows: &Range<usize>| [series.axis.at(rows.start), series.axis.at(rows.end.saturating_sub(1))];
        let digests = |name: &String| -> Vec<String> {
            pieces(split.train.start..split.validation.end).map(|rows| digest(values(series, name, &rows))).collect()
        };
        Self {
            fingerprint: fingerprint.clone(),
            train: ends(&split.train),
            validation: ends(&split.validation),
            values: columns.iter().map(|name| digests(name).join(" ")).collect(),
        }
    }

    /// Whether a series on `axis` can have had these rows, one part after the other, and there are digests for this many columns.
    pub fn is_of(&self, axis: &Axis, columns: usize) -> bool {
        let ends = [self.train, self.validation].map(|[first, last]| Some((axis.row_at(first)?, axis.row_at(last)?)));
        let [Some(train), Some(validation)] = ends else { return false };
        let in_order = train.0 <= train.1 && train.1 + 1 == validation.0 && validation.0 <= validation.1;
        let all = |digests: &String| digests.split(' ').count() == pieces(train.0..validation.1 + 1).count();
        in_order && self.values.len() == columns && self.values.iter().all(all)
    }

    /// Finds these rows in the present series, for a model that reads `columns` and was trained on the axis `trained`.
    ///
    /// # Errors
    /// [`Error::OtherRows`] where the series lacks some of them, or has other values there.
    pub fn rows_in(&self, experiment: &Experiment, columns: &[String], trained: &Axis) -> Result<Rows> {
        let Experiment { series, split, fingerprint, .. } = experiment;
        if *fingerprint == self.fingerprint {
            return Ok(Rows { train: split.train.clone(), validation: split.validation.clone() });
        }
        let axis = &series.axis;
        let [first, last] = [self.train[0], self.validation[1]];
        let rows = [first, self.validation[0], last].map(|time| axis.row_at(time));
        let [Some(start), Some(middle), Some(end)] = rows else {
            let last_at_hand = axis.at(axis.len.saturating_sub(1));
            return Err(other_rows(format!(
                "it has learnt from rows from {} to {}, and these are from {} to {}",
                label(trained, first),
                label(trained, last),
                label(axis, axis.start),
                label(axis, last_at_hand)
            )));
        };
        let differs = |name: &&String| {
            let mut pieces = self.pieces_in(series, std::slice::from_ref(*name), columns, trained);
            pieces.any(|(_, is_same)| !is_same)
        };
        match columns.iter().find(differs) {
            None => Ok(Rows { train: start..middle, validation: middle..end + 1 }),
            Some(name) => Err(other_rows(format!(
                "it was trained on other values of “{name}” between {} and {}",
                label(trained, first),
                label(trained, last)
            ))),
        }
    }

    /// Where the present series has only some of the learnt rows: the range that may hold them. It reaches from the first piece with equal
    /// digests to the last, and one piece further on each side, since one changed value hides a whole piece. A constant piece is no
    /// evidence.
    pub fn some_in(&self, experiment: &Experiment, columns: &[String], trained: &Axis) -> Option<Rows> {
        let series = &experiment.series;
        let changes = |rows: &Range<usize>| {
            let of = |name: &String| {
                let mut known = values(series, name, rows).iter().filter(|value| !value.is_nan());
                known.next().is_some_and(|first| known.any(|value| value != first))
            };
            columns.iter().any(of)
        };
        let known =
            self.pieces_in(series, columns, columns, trained).filter_map(|(rows, is_same)| rows.filter(|_| is_same));
        let known: Vec<Range<usize>> = known.filter(changes).collect();
        let (first, last) = (known.first()?, known.last()?);
        let end = (last.end + last.len()).min(series.axis.len);
        Some(Rows { train: first.start.saturating_sub(first.len())..end, validation: end..end })
    }

    /// Each piece as rows of `series`, where it has them all, and whether the columns `names` have the same values there.
    fn pieces_in<'a>(
        &'a self,
        series: &'a Series,
        names: &'a [String],
        columns: &'a [String],
        trained: &'a Axis,
    ) -> impl Iterator<Item = (Option<Range<usize>>, bool)> + 'a {
        let row = |time: i64| trained.row_at(time).unwrap_or(0);
        let learnt = row(self.train[0])..row(self.validation[1]) + 1;
        pieces(learnt).enumerate().map(move |(piece, rows)| {
            let [first, last] = [rows.start, rows.end - 1].map(|row| series.axis.row_at(trained.at(row)));
            let at_hand = first.zip(last).map(|(first, last)| first..last + 1);
            let is_same = at_hand.as_ref().is_some_and(|at_hand| {
                let said = |name: &String| {
                    self.values.get(columns.iter().position(|other| other == name)?)?.split(' ').nth(piece)
                };
                names.iter().all(|name| said(name).is_some_and(|said| said == digest(values(series, name, at_hand))))
            });
            (at_hand, is_same)
        })
    }
}

impl Rows {
    /// Checks that a test part has none of them.
    ///
    /// # Errors
    /// [`Error::Knob`] for a split whose test part has some: a model is never scored on rows that it has learnt from.
    pub fn are_unseen_in(&self, split: &Split, axis: &Axis) -> Result<()> {
        let learnt = self.train.start..self.validation.end;
        if split.test.start >= learnt.end || split.test.end <= learnt.start {
            return Ok(());
        }
        let train = if self.validation.is_empty() { learnt.end - learnt.end.div_ceil(8) } else { self.train.end };
        let remedy = if learnt.end < axis.len && train > 0 {
            format!("choose a split whose test part begins later: {train}, {}", learnt.end)
        } else {
            "open a series with later rows".to_owned()
        };
        Err(SPLIT.error(format!(
            "the test part would begin at {}, but this model has learnt from rows to {} and cannot be scored on \
             them; {remedy}",
            row_label(axis, split.test.start),
            row_label(axis, learnt.end - 1)
        )))
    }

    /// A remark where the present rows, on `axis`, are more or fewer than those of `trained`; else empty.
    pub fn sentence(&self, split: &Split, axis: &Axis, trained: &Axis) -> String {
        let mut sentences = Vec::new();
        let last = row_label(axis, self.validation.end - 1);
        if axis.at(axis.len) > trained.at(trained.len) {
            sentences.push(format!("These rows continue the model’s own rows, to {last}."));
        } else if (axis.start, axis.len) != (trained.start, trained.len) {
            sentences.push(format!("These rows contain the model’s own rows, to {last}."));
        }
        if split.rows(Part::Validation).start < self.train.end {
            let fault = "Some rows of the validation part fitted its weights, so its validation error is too small.";
            sentences.push(fault.to_owned());
        }
        sentences.join(" ")
    }
}

/// At most [`PIECES`] ranges of rows, of equal length up to one row.
fn pieces(rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let (start, length) = (rows.start, rows.len());
    let count = length.min(PIECES);
    (0..count).map(move |piece| start + piece * length / count..start + (piece + 1) * length / count)
}

/// Checks that a series has the step and the columns of a model that was trained on the axis `trained`.
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

/// A column's values in some rows; empty for an unknown column.
fn values<'a>(series: &'a Series, name: &str, rows: &Range<usize>) -> &'a [f64] {
    let column = series.names.iter().position(|other| other == name);
    column.and_then(|at| series.columns[at].get(rows.clone())).unwrap_or_default()
}

fn digest(values: &[f64]) -> String {
    Digest::new().with_values(values).text()
}

/// Label of the row at `time` of such a series.
fn label(axis: &Axis, time: i64) -> String {
    match axis.step {
        Step::Rows => row_label(axis, usize::try_from(time).unwrap_or(0)),
        _ => row_label(&Axis { start: time, ..*axis }, 0),
    }
}
