//! A baseline as a member of an average.

use std::sync::Arc;

use super::errors::not_ready;
use crate::Real;
use crate::data::{Frame, Part, Split};
use crate::error::{Error, Result};
use crate::evaluate::{Baselines, Forecasts};
use crate::experiment::{self, Learnt};
use crate::export::ensemble as file;
use crate::export::tensors::broken;
use crate::forecast::{self, Forecast, MOST_BLOCKS};
use crate::session::view::View;

/// A baseline, and what it has learnt from.
#[derive(Debug)]
pub struct Baseline {
    pub about: file::Baseline,
    pub fitted: Arc<Baselines>,
}

impl Baseline {
    /// The baseline `id` of the experiment.
    pub fn new(id: &str, view: &View) -> Result<Self> {
        Self::of(file::Baseline { id: id.to_owned(), learnt: past(view) }, view.baselines(), view)
    }

    /// A saved one, fitted on the rows that it has learnt from; naive forecasts have learnt from none.
    pub fn again(about: file::Baseline, view: &View) -> Result<Self> {
        let View { frame, experiment, season, .. } = view;
        let file::Past { axis, columns, experiment: learnt } = &about.learnt;
        if Baselines::is_naive(&about.id) {
            return Self::of(about, view.baselines(), view);
        }
        if *columns != frame.names[..frame.data_features] {
            return Err(broken("it reads other columns than the first model"));
        }
        experiment::fits(&experiment.series, columns, axis, Some(learnt))?;
        let rows = learnt.rows_in(experiment, columns, axis).map_err(|error| match error {
            // A model could be used on other rows; a baseline has nothing but its rows.
            Error::OtherRows { problem, .. } => Error::OtherRows { problem, usable: false },
            error => error,
        })?;
        rows.are_unseen_in(&experiment.split, &frame.axis)?;
        if (&rows.train, &rows.validation) == (&experiment.split.train, &experiment.split.validation) {
            return Self::of(about, view.baselines(), view);
        }
        let split = Split { train: rows.train, validation: rows.validation, test: experiment.split.test.clone() };
        let (window, horizon) = view.lengths();
        let set = |part| frame.windows(&split, part, window, horizon);
        let fitted = Baselines::fit(frame, &split, &set(Part::Train)?, &set(Part::Validation)?, *season);
        // No row of a part that is scored here.
        let rows = split.train.start..split.train.end.min(experiment.split.train.end);
        Self::of(
            about,
            Arc::new(fitted.with(experiment.statistical(&frame.names[..frame.targets], rows, *season))),
            view,
        )
    }

    fn of(about: file::Baseline, fitted: Arc<Baselines>, view: &View) -> Result<Self> {
        let there = |target| fitted.forecast(&about.id, (&view.frame, target), view.lengths(), &[], &mut []).is_some();
        if (0..view.frame.targets).all(there) {
            return Ok(Self { about, fitted });
        }
        let ids: Vec<&str> = Baselines::ids().collect();
        let why = fitted.why_not(&about.id, view.frame.targets).unwrap_or_default();
        let problem =
            format!("There is no baseline “{}” of this series; choose among {}. {why}", about.id, ids.join(", "));
        Err(not_ready(problem.trim_end().to_owned()))
    }

    /// Forecasts of `steps` steps beyond the end of the series, [`Baselines::beyond`], with a range from its errors on validation.
    pub fn alone(mut self, view: &View, steps: usize) -> Result<Forecast> {
        let (frame, lengths) = (&view.frame, view.lengths());
        let most = self.reach(lengths.1);
        forecast::within(frame, steps, most, format!("this baseline forecasts {most} steps"))?;
        let scaled = self.beyond((frame, lengths), steps)?;
        let past = view.past_of_end(view.experiment.split.validation.start, &mut self);
        let interval = view.interval(&past);
        Ok(forecast::ranged(frame, (lengths.1, view.level()), &scaled, interval.as_ref().map_err(String::clone)))
    }
}

impl Baseline {
    /// Number of steps that it can forecast: a linear model its horizon, all others as many as a recursive network.
    pub fn reach(&self, horizon: usize) -> usize {
        if Baselines::is_linear(&self.about.id) { horizon } else { horizon * MOST_BLOCKS }
    }

    /// Its forecasts of each target beyond the end of the series, scaled like `frame`.
    pub fn beyond(&self, (frame, lengths): (&Frame, (usize, usize)), steps: usize) -> Result<Vec<Vec<Real>>> {
        let of = |target| self.fitted.beyond(&self.about.id, (frame, target), lengths, steps).map_err(not_ready);
        (0..frame.targets).map(of).collect()
    }
}

impl Forecasts for Baseline {
    fn forecast(&mut self, frame: &Frame, lengths: (usize, usize), starts: &[u32], out: &mut [Real]) {
        self.of_windows(frame, lengths, starts, out);
    }
}

impl Baseline {
    /// Forecasts of the windows that begin at `starts`, scaled like `frame`, in the order of [`Predict`](crate::evaluate::Predict).
    pub fn of_windows(&self, frame: &Frame, lengths: (usize, usize), starts: &[u32], out: &mut [Real]) {
        let horizon = lengths.1;
        let mut of_target = vec![0.0; horizon * starts.len()];
        for target in 0..frame.targets {
            // `of` has made sure that each target has one.
            if self.fitted.forecast(&self.about.id, (frame, target), lengths, starts, &mut of_target).is_none() {
                of_target.fill(Real::NAN);
            }
            let to = out.chunks_exact_mut(horizon).skip(target).step_by(frame.targets);
            to.zip(of_target.chunks_exact(horizon)).for_each(|(to, of)| to.copy_from_slice(of));
        }
    }
}

/// The training and validation rows of an experiment.
pub fn past(view: &View) -> file::Past {
    let frame = &view.frame;
    let columns = frame.names[..frame.data_features].to_vec();
    file::Past { axis: frame.axis, experiment: Learnt::of(&view.experiment, &columns), columns }
}
