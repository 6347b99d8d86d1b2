//! An experiment: a series, a split and targets. It outlives the models compared on it, and owns the findings of its training part,
//! the baselines, and the count of test scorings.

mod glance;
mod learnt;

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use glance::Glance;
pub use learnt::{Learnt, Rows, fits};

use crate::data::series::target;
use crate::data::windows::frame::TARGET;
use crate::data::windows::suggest::{self, Suggestion};
use crate::data::{Fill, Scale, Series, Split, Step, WindowSet};
use crate::digest::Digest;
use crate::error::Result;
use crate::evaluate::{Baselines, Statistical};

/// Number of experiments whose results are remembered, as each may have its own series; a count of scorings is never forgotten.
const MOST_EXPERIMENTS: usize = 2;

/// Number of remembered baselines of an experiment: one for each window, horizon, season and choice of inputs.
const MOST_BASELINES: usize = 4;

/// A series and the experiments on it, shared by all sessions on that series.
#[derive(Debug)]
pub struct Experiments {
    series: Arc<Series>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last experiments, with the split and the text that named the targets.
    recent: Vec<(Split, String, Arc<Experiment>)>,
    /// Number of test scorings, by fingerprint.
    scored: Vec<(String, Arc<AtomicUsize>)>,
}

impl Experiments {
    /// No experiments yet.
    pub fn new(series: Series) -> Self {
        Self { series: Arc::new(series), state: Mutex::default() }
    }

    /// The series, as read from the file.
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// The experiment of the columns listed in `targets`; of the suggested one for an empty list.
    ///
    /// # Errors
    /// [`Error::Knob`](crate::Error::Knob) where no column can be forecast.
    pub fn of(&self, split: &Split, targets: &str) -> Result<Arc<Experiment>> {
        let mut state = locked(&self.state);
        let known = state.recent.iter().find(|(of, text, _)| of == split && text == targets);
        if let Some((.., experiment)) = known {
            return Ok(Arc::clone(experiment));
        }
        let mut experiment = Experiment::new(&self.series, split, targets)?;
        experiment.scored = state.counter(&experiment.fingerprint);
        // The same columns may be listed in several ways.
        let same = state.recent.iter().find(|(.., other)| other.fingerprint == experiment.fingerprint);
        let experiment = same.map_or_else(|| Arc::new(experiment), |(.., other)| Arc::clone(other));
        if state.recent.len() == MOST_EXPERIMENTS {
            state.recent.remove(0);
        }
        state.recent.push((split.clone(), targets.to_owned(), Arc::clone(&experiment)));
        Ok(experiment)
    }

    /// Adds earlier test scorings of the experiment with this fingerprint, from other sessions.
    pub fn scored_before(&self, fingerprint: &str, times: usize) {
        locked(&self.state).counter(fingerprint).fetch_max(times, Ordering::Relaxed);
    }
}

impl State {
    fn counter(&mut self, fingerprint: &str) -> Arc<AtomicUsize> {
        if let Some((_, counter)) = self.scored.iter().find(|(of, _)| of == fingerprint) {
            return Arc::clone(counter);
        }
        let counter = Arc::default();
        self.scored.push((fingerprint.to_owned(), Arc::clone(&counter)));
        counter
    }
}

/// A series, a split and targets, with the results that all models on them share.
#[derive(Debug)]
pub struct Experiment {
    /// The series, with the sentinels of the training part missing.
    pub series: Arc<Series>,
    /// Rows of each part.
    pub split: Split,
    /// Target columns, at least one.
    pub targets: Vec<String>,
    /// Fingerprint of axis, names, values, split and targets: 16 hexadecimal digits.
    pub fingerprint: String,
    scored: Arc<AtomicUsize>,
    suggested: Mutex<Vec<(Fill, Suggestion)>>,
    baselines: Mutex<Vec<(Basis, Arc<Baselines>)>>,
}

/// All inputs of baselines besides the experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    /// Rows of a season.
    pub season: usize,
    /// Rows of the past.
    pub window: usize,
    /// Rows of the future.
    pub horizon: usize,
    /// Input columns.
    pub columns: Vec<String>,
    /// Their scales: a loaded model may have others.
    pub scales: Vec<Scale>,
    /// Filling of gaps.
    pub fill: Fill,
}

impl Experiment {
    fn new(read: &Arc<Series>, split: &Split, targets: &str) -> Result<Self> {
        let series = read.looked_at(split.train.clone()).map_or_else(|| Arc::clone(read), Arc::new);
        let mut targets = columns(targets, &series);
        if targets.is_empty() {
            let training = series.columns.iter().map(|column| &column[split.train.clone()]);
            let named = series.names.iter().map(String::as_str).zip(training);
            targets.extend(target::suggest(named).map(str::to_owned));
        }
        if targets.is_empty() {
            return Err(TARGET.error("no column has numbers that change in the training part"));
        }
        if let Some(name) = targets.iter().find(|name| !series.names.contains(name)) {
            return Err(TARGET.error(format!("there is no number column “{name}”")));
        }
        let fingerprint = fingerprint(&series, split, &targets);
        Ok(Self {
            series,
            split: split.clone(),
            targets,
            fingerprint,
            scored: Arc::default(),
            suggested: Mutex::default(),
            baselines: Mutex::default(),
        })
    }

    /// Season, window and horizon for the targets, with this filling of gaps.
    pub fn suggested(&self, fill: Fill) -> Suggestion {
        let mut all = locked(&self.suggested);
        if let Some((_, suggestion)) = all.iter().find(|(of, _)| *of == fill) {
            return suggestion.clone();
        }
        let found = suggest::suggest(&self.known(), &self.series.axis, &self.split, fill);
        all.push((fill, found.clone()));
        found
    }

    /// The first target where no target is missing: no window crosses a row that lacks one.
    fn known(&self) -> Vec<f64> {
        let named = self.series.names.iter().zip(&self.series.columns);
        let mut columns = self.targets.iter().filter_map(|target| named.clone().find(|(name, _)| *name == target));
        let mut known = columns.next().map_or_else(Vec::new, |(_, values)| values.clone());
        for (_, values) in columns {
            known.iter_mut().zip(values).filter(|(_, value)| value.is_nan()).for_each(|(known, _)| *known = f64::NAN);
        }
        known
    }

    /// Rows of each season of the targets, the shortest first: those found in the training part, if `season` is one of them, else `season`
    /// alone.
    pub fn periods(&self, season: usize) -> Vec<usize> {
        let found = self.suggested(Fill::default()).seasons;
        if found.contains(&season) { found } else { vec![season] }
    }

    /// The statistical baselines of `targets`, to be fitted to `rows`, with the seasons beside that of `season` rows.
    pub fn statistical(&self, targets: &[String], rows: Range<usize>, season: usize) -> Statistical {
        Statistical::new(&self.series, targets, rows, &self.periods(season))
    }

    /// The baselines on this basis, from `fit` or from memory.
    pub fn baselines(&self, basis: Basis, fit: impl FnOnce() -> Baselines) -> Arc<Baselines> {
        let mut all = locked(&self.baselines);
        if let Some((_, baselines)) = all.iter().find(|(of, _)| *of == basis) {
            return Arc::clone(baselines);
        }
        let fitted = Arc::new(fit());
        if all.len() == MOST_BASELINES {
            all.remove(0);
        }
        all.push((basis, Arc::clone(&fitted)));
        fitted
    }

    /// Number of test scorings.
    pub fn scored(&self) -> usize {
        self.scored.load(Ordering::Relaxed)
    }

    /// Counts one more test scoring, and returns the new count.
    pub fn score(&self) -> usize {
        self.scored.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A digest of everything that two models must share for a comparison of their errors: the experiment, and the rows that their
    /// validation and test windows forecast. Errors of several targets together are of scaled values, so their `scales` count too.
    pub fn judged_on(&self, sets: [&WindowSet; 2], scales: &[Scale]) -> String {
        let mut digest = Digest::new().with_text(&self.fingerprint);
        for set in sets {
            digest = digest.with_count(set.horizon).with_count(set.starts.len());
            digest = set.starts.iter().fold(digest, |all, &start| all.with_count(start as usize + set.window));
        }
        if self.targets.len() > 1 {
            digest = scales.iter().fold(digest, |all, scale| all.with_values(&[scale.mean, scale.std]));
        }
        digest.text()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fingerprint(series: &Series, split: &Split, targets: &[String]) -> String {
    let axis = &series.axis;
    let (unit, count) = match axis.step {
        Step::Milliseconds(count) => ("milliseconds", count),
        Step::Months(count) => ("months", count.into()),
        Step::Rows => ("rows", 1),
    };
    let mut digest = Digest::new().with_text(unit).with(&count.to_le_bytes()).with(&axis.start.to_le_bytes());
    digest = digest.with_count(axis.len).with_count(series.names.len());
    for (name, values) in series.names.iter().zip(&series.columns) {
        digest = digest.with_text(name).with_values(values);
    }
    for part in [&split.train, &split.validation, &split.test] {
        digest = digest.with_count(part.start).with_count(part.end);
    }
    targets.iter().fold(digest, |all, name| all.with_text(name)).text()
}

/// Names in a list separated by commas. A name with a comma is found too, if the whole list is that name or the name is in quotes.
pub fn columns(text: &str, series: &Series) -> Vec<String> {
    if series.names.iter().any(|name| name == text) {
        return vec![text.to_owned()];
    }
    if let Ok(names) = serde_json::from_str::<Vec<String>>(text) {
        return names;
    }
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Names in the format of [`columns`].
pub fn listed(names: &[String], series: &Series) -> String {
    let text = names.join(", ");
    if columns(&text, series) == names { text } else { serde_json::json!(names).to_string() }
}
