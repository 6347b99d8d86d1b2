//! An experiment as one forecaster sees it: the windows of its parts, the baselines on them, and its last score.

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use crate::data::{Frame, Part, WindowSet};
use crate::error::{Error, Result};
use crate::evaluate::crossing;
use crate::evaluate::interval::shown;
use crate::evaluate::past::LOOKBACK;
use crate::evaluate::spread::LEAST;
use crate::evaluate::walk::rows_of_walk;
use crate::evaluate::{self, Baselines, Crossing, Evaluation, Forecasts, Interval, Limits, Measured, Past, Ranges};
use crate::experiment::{Basis, Experiment};

/// Forecasts a fixed number of steps ahead over a part of the series, in the targets' units; one target after the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Predictions {
    /// Time of each row of the part.
    pub times: Vec<i64>,
    /// Forecast of each row, `[rows × targets]`; `NaN` where values are missing in the window that many steps earlier.
    pub predicted: Vec<f64>,
    /// Truth of each row, `[rows × targets]`; `NaN` where it is missing.
    pub actual: Vec<f64>,
}

/// One window of the test part with its forecast, in the targets' units; one target after the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// Row of the first step of the horizon.
    pub origin: usize,
    /// Number of such windows.
    pub count: usize,
    /// Times of the window.
    pub past_times: Vec<i64>,
    /// The targets over the window, `[window × targets]`.
    pub past: Vec<f64>,
    /// Times of the horizon.
    pub future_times: Vec<i64>,
    /// The targets over the horizon, `[horizon × targets]`.
    pub actual: Vec<f64>,
    /// Their forecast, `[horizon × targets]`.
    pub predicted: Vec<f64>,
}

/// The windows of each part.
#[derive(Debug, Clone)]
pub struct Sets {
    pub train: WindowSet,
    pub validation: WindowSet,
    pub test: WindowSet,
}

/// Age of the weights in use: it changes with the best epoch, when they are weighed, and before the first one with every step.
pub type Age = (Option<u32>, u64);

/// An experiment as one forecaster sees it.
#[derive(Debug)]
pub struct View {
    /// The forecaster's name for a person.
    pub label: String,
    pub experiment: Arc<Experiment>,
    pub frame: Arc<Frame>,
    pub windows: Sets,
    /// Rows of a season.
    pub season: usize,
    /// Limits of each target's values, from the training part.
    pub limits: Vec<Limits>,
    /// Levels of its ranges, ascending.
    pub levels: Vec<f64>,
    /// The last evaluation on the test part, and the age of its weights.
    pub scored: Option<(Age, Evaluation)>,
}

impl View {
    /// Window and horizon.
    pub fn lengths(&self) -> (usize, usize) {
        (self.windows.test.window, self.windows.test.horizon)
    }

    /// The windows of a part that is scored.
    ///
    /// # Errors
    /// [`Error::NotReady`] for the training part.
    pub fn set(&self, part: Part) -> Result<&WindowSet> {
        match part {
            Part::Validation => Ok(&self.windows.validation),
            Part::Test => Ok(&self.windows.test),
            Part::Train => Err(Error::NotReady {
                problem: "The training part is never scored; ask for validation or test.".into(),
            }),
        }
    }

    /// The evaluation on the test part, if it was scored with weights of this age.
    pub fn known(&self, part: Part, age: Age) -> Option<&Evaluation> {
        let known = self.scored.as_ref().filter(|(scored, _)| part == Part::Test && *scored == age);
        known.map(|(_, evaluation)| evaluation)
    }

    /// Errors beside those of the baselines, as `score` finds them. Asking twice for the test part with weights of the same age scores
    /// it once.
    ///
    /// # Errors
    /// As [`View::set`].
    pub fn evaluate(
        &mut self,
        part: Part,
        age: Age,
        past: Option<&Past>,
        score: impl FnOnce(&Frame, &WindowSet, &Baselines, &evaluate::About<'_>) -> Evaluation,
    ) -> Result<Evaluation> {
        let set = self.set(part)?.clone();
        if let Some(evaluation) = self.known(part, age) {
            return Ok(evaluation.clone());
        }
        let baselines = self.baselines();
        let scored_times = if part == Part::Test { self.experiment.score() } else { self.experiment.scored() };
        let ranges = past.map(|past| self.ranges(past));
        let about = evaluate::About { label: &self.label, scored_times, ranges };
        let evaluation = score(&self.frame, &set, &baselines, &about);
        if part == Part::Test {
            self.scored = Some((age, evaluation.clone()));
        }
        Ok(evaluation)
    }

    /// What ranges are made from, with these errors.
    fn ranges<'a>(&'a self, past: &'a Past) -> Ranges<'a> {
        Ranges { past, levels: &self.levels, limits: &self.limits }
    }

    /// The errors of `model`, whose weights no row from `first` on has fitted, that a walk along the test part needs.
    pub fn past_of_test(&self, first: usize, model: &mut dyn Forecasts) -> Past {
        let split = &self.experiment.split;
        let rows = rows_of_walk(first.max(split.validation.start), &split.test);
        Past::over(&self.frame, rows, self.lengths(), model)
    }

    /// The same for a forecast beyond the end.
    pub fn past_of_end(&self, first: usize, model: &mut dyn Forecasts) -> Past {
        let (first, rows) = (first.max(self.experiment.split.validation.start), self.frame.rows);
        Past::over(&self.frame, first.max(rows.saturating_sub(LOOKBACK))..rows, self.lengths(), model)
    }

    /// The ranges of a forecast beyond the end from these errors, or the reason for their absence.
    pub fn interval(&self, past: &Past) -> std::result::Result<Interval, String> {
        Interval::known(&self.ranges(past), self.frame.rows).ok_or_else(|| self.no_range(past))
    }

    /// Why these errors make no range.
    fn no_range(&self, past: &Past) -> String {
        format!(
            "No range: it needs the errors of at least {LEAST} past forecasts that begin after the training part, and there are {}; \
             lengthen the validation and the test part.",
            past.origins.iter().filter(|&&origin| origin < self.frame.rows).count()
        )
    }

    /// The chances that the column `target`, or the first target, crosses `value` within the horizon of the scaled forecast `predicted`,
    /// `[targets][horizon]`, that begins behind the last row.
    ///
    /// # Errors
    /// [`Error::NotReady`] for a column that is no target, for no number, or where there is no range.
    pub fn crossing(
        &self,
        past: std::result::Result<&Past, String>,
        predicted: &[Vec<crate::Real>],
        (value, target): (f64, Option<&str>),
    ) -> Result<Crossing> {
        let (frame, not_ready) = (&self.frame, |problem: String| Error::NotReady { problem });
        let names = &frame.names[..frame.targets];
        let index = target.map_or(Some(0), |target| names.iter().position(|name| name == target));
        let index =
            index.ok_or_else(|| not_ready(format!("Choose a column that is forecast: {}.", names.join(", "))))?;
        if !value.is_finite() {
            return Err(not_ready("Give a number that the values may cross.".to_owned()));
        }
        let past = past.map_err(not_ready)?;
        let ranges = self.ranges(past);
        let limits = self.limits.get(index).copied().unwrap_or_default();
        let wide: Vec<f64> = predicted[index].iter().map(|&value| crate::wide(value)).collect();
        let asked = (value, frame.scales[index].scale(value));
        crossing::crossing(&ranges, (index, &names[index], frame.rows), &wide, &limits, asked)
            .ok_or_else(|| not_ready(self.no_range(past)))
    }

    /// The level of the range that is shown.
    pub fn level(&self) -> f64 {
        shown(&self.levels)
    }

    /// The baselines' basis here, besides the experiment.
    fn basis(&self) -> Basis {
        let (frame, (window, horizon)) = (&self.frame, self.lengths());
        let columns = frame.names[..frame.data_features].to_vec();
        Basis { season: self.season, window, horizon, columns, scales: frame.scales.clone(), fill: frame.fill }
    }

    /// The experiment's baselines for this season, window, horizon and choice of columns.
    pub fn baselines(&self) -> Arc<Baselines> {
        let (split, (window, horizon)) = (&self.experiment.split, self.lengths());
        // All windows of the parts, so that they do not depend on the windows that an average has in common.
        let all =
            |part, own: &WindowSet| self.frame.windows(split, part, window, horizon).unwrap_or_else(|_| own.clone());
        self.experiment.baselines(self.basis(), || {
            let train = all(Part::Train, &self.windows.train);
            let validation = all(Part::Validation, &self.windows.validation);
            let fitted = Baselines::fit(&self.frame, split, &train, &validation, self.season);
            fitted.with(self.experiment.statistical(
                &self.frame.names[..self.frame.targets],
                split.train.clone(),
                self.season,
            ))
        })
    }

    /// Forecasts `lead` steps ahead over a whole part.
    ///
    /// # Errors
    /// As [`View::set`]; [`Error::NotReady`] for a lead beyond the horizon.
    pub fn predictions(&self, part: Part, lead: usize, model: &mut dyn Forecasts) -> Result<Predictions> {
        let WindowSet { window, horizon, .. } = *self.set(part)?;
        if lead == 0 || lead > horizon {
            return Err(Error::NotReady { problem: format!("Choose 1 to {horizon} steps ahead.") });
        }
        // More rows than are evaluated: a window whose future is cut off by the part's end still forecasts its first steps.
        let split = &self.experiment.split;
        let set = self.frame.windows_onto(split.rows(part), (window, horizon), lead);
        let trace = evaluate::trace(&self.frame, split, part, &set, model, lead);
        let times = split.rows(part).map(|row| self.frame.axis.at(row)).collect();
        Ok(Predictions { times, predicted: trace.predicted, actual: trace.actual })
    }

    /// Coverage of the range on the test part for each target, if weights of this age were scored there.
    pub fn measured(&self, age: Age) -> Vec<Measured> {
        self.known(Part::Test, age)
            .map_or_else(Vec::new, |found| found.targets.iter().filter_map(|of| of.range.clone()).collect())
    }

    /// A value of target number `target` in its unit.
    fn unscaled(&self, target: usize, value: crate::Real) -> f64 {
        self.frame.scales[target].unscale(crate::wide(value))
    }

    /// The targets in `rows`, `[rows × targets]`, in their units.
    pub fn truth(&self, rows: Range<usize>) -> Vec<f64> {
        let of = |target| rows.clone().map(move |row| self.unscaled(target, self.frame.target_at(target, row)));
        (0..self.frame.targets).flat_map(of).collect()
    }

    /// First row of a window of the test part, by its number.
    ///
    /// # Errors
    /// [`Error::NotReady`] if there are not so many.
    pub fn test_window(&self, index: usize) -> Result<u32> {
        let starts = &self.windows.test.starts;
        starts.get(index).copied().ok_or_else(|| Error::NotReady {
            problem: format!("There are {} windows in the test part, numbered from 0.", starts.len()),
        })
    }

    /// One window of the test part, with its forecast.
    ///
    /// # Errors
    /// As [`View::test_window`].
    pub fn sample(&self, index: usize, model: &mut dyn Forecasts) -> Result<Sample> {
        let start = self.test_window(index)?;
        let (frame, (window, horizon)) = (&self.frame, self.lengths());
        let (first, origin) = (start as usize, start as usize + window);
        let mut out = vec![0.0; frame.targets * horizon];
        model.forecast(frame, (window, horizon), &[start], &mut out);
        let times = |rows: Range<usize>| rows.map(|row| frame.axis.at(row)).collect();
        Ok(Sample {
            origin,
            count: self.windows.test.starts.len(),
            past_times: times(first..origin),
            past: self.truth(first..origin),
            future_times: times(origin..origin + horizon),
            actual: self.truth(origin..origin + horizon),
            predicted: out.iter().enumerate().map(|(at, x)| self.unscaled(at / horizon, *x)).collect(),
        })
    }
}
