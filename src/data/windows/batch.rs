//! Windows of a [`Frame`] by index, and the batches that a model reads.

use std::ops::Range;
use std::sync::Arc;

use crate::{
    Real,
    data::{Frame, Part, Split, calendar::features::row_label, windows::fill::Gaps},
    error::{Error, Result},
};

/// The windows of one part, by the index of their first row; nothing is materialised, and clones share the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowSet {
    /// First rows, increasing.
    pub starts: Arc<[u32]>,
    /// Rows of the input.
    pub window: usize,
    /// Rows of the future.
    pub horizon: usize,
}

/// A batch of windows for a model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// `[features × ((window + horizon) · size)]`, scaled; column `step · size + sample`.
    pub values: Vec<Real>,
    /// Rows of the input.
    pub window: usize,
    /// Rows of the future.
    pub horizon: usize,
    /// Number of windows.
    pub size: usize,
    /// Features of a row.
    pub features: usize,
}

/// Steps gathered before the next: their values stay in the processor's first cache.
const STEPS_AT_ONCE: usize = 32;

/// Up to so many numbers are copied by a loop.
const FEW: usize = 8;

impl Batch {
    /// Features of one sample at one step: steps from `window` on are the future.
    pub fn column(&self, step: usize, sample: usize) -> &[Real] {
        let column = step * self.size + sample;
        &self.values[column * self.features..(column + 1) * self.features]
    }

    /// Sets the shape; contents are unspecified until written. Allocates only if it was never this large before.
    pub(in crate::data) fn reshape(&mut self, features: usize, window: usize, horizon: usize, size: usize) {
        (self.features, self.window, self.horizon, self.size) = (features, window, horizon, size);
        self.values.resize(features * (window + horizon) * size, 0.0);
    }

    /// Sets the first `data_features` features of every future step to 0, as beyond the end of the series, so that a model in
    /// evaluation cannot read the answer.
    pub fn hide_future(&mut self, data_features: usize) {
        let (features, first) = (self.features, self.features * self.window * self.size);
        for column in self.values[first..].chunks_exact_mut(features) {
            column[..data_features].fill(0.0);
        }
    }
}

impl Frame {
    /// Windows of one part, one starting at every row that the rules of [`crate::data::windows::frame`] allow.
    ///
    /// # Errors
    /// [`Error::TooShort`] if there is none, with a window and a horizon that would fit every part.
    pub fn windows(&self, split: &Split, part: Part, window: usize, horizon: usize) -> Result<WindowSet> {
        let starts: Arc<[u32]> =
            self.starts(split, part, window, horizon).filter_map(|start| u32::try_from(start).ok()).collect();
        if starts.is_empty() {
            Err(self.too_short(split, part, window, horizon))
        } else {
            Ok(WindowSet { starts, window, horizon })
        }
    }

    /// Whether a forecast may read the `window` rows from `start`: none has a missing value, or one that was unknown at their end.
    pub fn reads(&self, start: usize, window: usize) -> bool {
        window == 0 || self.known.allows(start, window, 0)
    }

    /// The windows with a row of `rows` as step `lead` (from 1) of their future, to show the forecast of each row at that lead.
    /// Only their input must exist: the rest of their future is not read, and may lie beyond the end.
    pub fn windows_onto(&self, rows: Range<usize>, (window, horizon): (usize, usize), lead: usize) -> WindowSet {
        let before = window + lead;
        let starts = (rows.start.max(before - 1)..rows.end)
            .map(|row| row + 1 - before)
            .filter(|&start| start + window + horizon <= self.rows + self.ahead)
            .filter(|&start| self.reads(start, window));
        WindowSet { starts: starts.filter_map(|start| u32::try_from(start).ok()).collect(), window, horizon }
    }

    /// The values of the windows that begin at `starts`, as a batch. The future holds the truth, for the loss.
    /// Does not allocate once `out` has been as large before.
    ///
    /// Every start must come from [`Frame::windows`] with this window and horizon.
    pub fn gather(&self, starts: &[u32], window: usize, horizon: usize, out: &mut Batch) {
        out.reshape(self.features, window, horizon, starts.len());
        let (features, size, steps) = (self.features, starts.len(), window + horizon);
        for first in (0..steps).step_by(STEPS_AT_ONCE) {
            let last = (first + STEPS_AT_ONCE).min(steps);
            let mut sample = 0;
            // Consecutive windows, as in evaluation, lie side by side at every step.
            for run in starts.chunk_by(|a, b| a + 1 == *b) {
                let length = run.len() * features;
                // A single window of one column, as training draws them.
                if length == 1 {
                    let start = run[0] as usize;
                    let to = out.values[first * size + sample..].iter_mut().step_by(size);
                    to.zip(&self.values[start + first..start + last]).for_each(|(to, from)| *to = *from);
                    sample += 1;
                    continue;
                }
                for step in first..last {
                    let (to, from) = ((step * size + sample) * features, (run[0] as usize + step) * features);
                    let (to, from) = (&mut out.values[to..to + length], &self.values[from..from + length]);
                    // So few numbers are copied faster by a loop than by a call.
                    if length <= FEW {
                        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                    } else {
                        to.copy_from_slice(from);
                    }
                }
                sample += run.len();
            }
        }
    }

    /// The window at the very end of the series as a batch of one, for the forecast beyond it: in the future, data features are 0
    /// and calendar features are true.
    ///
    /// # Errors
    /// [`Error::TooShort`] if a value is missing in the last `window` rows, naming it, or if there are not as many rows;
    /// [`Error::NotReady`] if the frame was made for a shorter horizon.
    pub fn gather_last(&self, window: usize, horizon: usize, out: &mut Batch) -> Result<()> {
        if horizon > self.ahead {
            return Err(Error::NotReady {
                problem: format!("The calendar was prepared for {} steps ahead, not {horizon}.", self.ahead),
            });
        }
        let first = self.rows.checked_sub(1).and_then(|row| self.known.first_read(row));
        let usable = first.map_or(0, |first| self.rows - first);
        if usable < window {
            let hole = self.rows - usable;
            let problem = match hole.checked_sub(1).map(|row| (row, self.missing_at(row))) {
                Some((row, Some(column))) => {
                    let remedy = match (self.fill.gaps, usable) {
                        (Gaps::Hold, 0) => "carry it forward over more steps, or wait for the next value".to_owned(),
                        (_, 0) => {
                            "carry the last value forward (Missing values), because the next value is not known yet"
                                .to_owned()
                        }
                        _ => format!("fill the gap, or choose a window of at most {usable}"),
                    };
                    format!(
                        "The forecast starts from the last {window} rows, but “{column}” has no value at {}; {remedy}.",
                        row_label(&self.axis, row)
                    )
                }
                _ => format!(
                    "The forecast starts from the last {window} rows, but there are only {usable}; choose a \
                              shorter window."
                ),
            };
            return Err(Error::TooShort { rows: usable, needed: window, problem });
        }
        out.reshape(self.features, window, horizon, 1);
        let first = (self.rows - window) * self.features;
        let length = out.values.len();
        out.values.copy_from_slice(&self.values[first..first + length]);
        Ok(())
    }

    /// First rows of the windows of one part.
    fn starts(&self, split: &Split, part: Part, window: usize, horizon: usize) -> impl Iterator<Item = usize> + '_ {
        let rows = split.rows(part);
        let first = match part {
            Part::Train => rows.start,
            Part::Validation | Part::Test => rows.start.saturating_sub(window),
        };
        let end = (rows.end + 1).saturating_sub(window + horizon);
        (first..end).filter(move |&start| self.known.allows(start, window, horizon))
    }

    /// The windows of `set` with only learnable rows: without a filled target, and without a value filled by one behind the row
    /// that learns from it.
    ///
    /// # Errors
    /// [`Error::TooShort`] if there is none.
    pub fn learnt_throughout(&self, set: &WindowSet) -> Result<WindowSet> {
        let length = set.window + set.horizon;
        let starts: Arc<[u32]> = set
            .starts
            .iter()
            .copied()
            .filter(|&start| self.known.is_learnt_throughout(start as usize, length))
            .collect();
        if starts.is_empty() {
            let problem = format!(
                "A model that learns at every step needs {length} measured training rows in a row, without filled \
                 ones; take the loss at the last step, or choose a shorter window."
            );
            return Err(Error::TooShort { rows: 0, needed: length, problem });
        }
        Ok(WindowSet { starts, ..*set })
    }

    fn too_short(&self, split: &Split, part: Part, window: usize, horizon: usize) -> Error {
        let rows = split.rows(part);
        let reach = match part {
            Part::Train => rows.clone(),
            Part::Validation | Part::Test => 0..rows.end,
        };
        let longest = self.longest_stretch(reach);
        let label = part.label();
        let (rows, needed, cause) = if part != Part::Train && rows.len() < horizon {
            (
                rows.len(),
                horizon,
                format!("the {label} part has {} rows, fewer than the horizon of {horizon}", rows.len()),
            )
        } else {
            let needed = window + horizon;
            let gaps = if longest < rows.len() { " without a gap" } else { "" };
            let there = if longest >= needed {
                "gaps leave none there".to_owned()
            } else {
                format!("there are at most {longest}")
            };
            (
                longest,
                needed,
                format!(
                    "a window of {window} with a horizon of {horizon} needs {needed} rows{gaps} for the {label} part, and {there}"
                ),
            )
        };
        let remedy = match self.fitting(split, window, horizon) {
            Some((window, horizon)) => format!("a window of {window} with a horizon of {horizon} would fit"),
            None => "use a longer file, fill its gaps, or change the split".to_owned(),
        };
        Error::TooShort { rows, needed, problem: format!("The series is too short: {cause}; {remedy}.") }
    }

    /// The longest run of valid rows within `rows`.
    fn longest_stretch(&self, rows: Range<usize>) -> usize {
        let first = rows.start;
        rows.filter_map(|row| Some(row + 1 - self.known.first_read(row)?.max(first))).max().unwrap_or(0)
    }

    /// A window and a horizon, at most as long as these, for which every part has windows. The horizon is halved until an input as
    /// long as itself fits, then the input is halved until it fits.
    fn fitting(&self, split: &Split, window: usize, horizon: usize) -> Option<(usize, usize)> {
        let fits = |window, horizon| {
            Part::ALL.into_iter().all(|part| self.starts(split, part, window, horizon).next().is_some())
        };
        let horizon = halves(horizon).find(|&horizon| fits(horizon.min(window), horizon))?;
        let window = halves(window).find(|&window| fits(window, horizon))?;
        Some((window, horizon))
    }
}

/// `value`, its half, and so on down to 1, each rounded up.
fn halves(value: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(value.max(1)), |&value| (value > 1).then(|| value.div_ceil(2)))
}
