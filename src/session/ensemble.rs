//! A forecast of several members: the weighted average of models and baselines.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::configured::{Configured, Share, Windows};
use super::loading::Loading;
use super::model::{Model, no_range};
use super::view::{Age, Predictions, Sample, Sets, View};
use crate::Real;
use crate::data::{Batch, Frame, Part, Split, WindowSet};
use crate::error::{Error, Result};
use crate::evaluate::interval::errors_over;
use crate::evaluate::{self, Baselines, Evaluation, Forecasts, Interval};
use crate::experiment::{self, Experiment, Experiments, Learnt};
use crate::export::ensemble::{self as file, About};
use crate::export::tensors::broken;
use crate::forecast::{self, Forecast, LEVEL};
use crate::train::Progress;
use crate::train::trainer::MOST_VALIDATED;

/// What a forecast is made of: a saved model by its file, or a baseline by its row in the table of errors (`last`, `seasonal`, `ridge`,
/// `ridge-centred`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Member<'a> {
    /// The bytes of its file.
    Model(&'a [u8]),
    /// Its row's id.
    Baseline(&'a str),
}

/// An average of several forecasts.
#[derive(Debug)]
pub struct Ensemble {
    pub configured: Configured,
    view: View,
    members: Members,
    /// Its range, or the reason for the absence of one.
    interval: std::result::Result<Interval, String>,
    /// The rows that the interval was made from.
    measured: file::Past,
}

/// The members with their shares, which sum to 1.
#[derive(Debug)]
struct Members(Vec<(f64, Of)>);

#[derive(Debug)]
enum Of {
    Model(Box<Model>),
    Baseline(Baseline),
}

/// A baseline, and what it has learnt from.
#[derive(Debug)]
struct Baseline {
    about: file::Baseline,
    fitted: Arc<Baselines>,
}

/// Weights do not change once members are together.
const AGE: Age = (None, 0);

/// A member as it is given.
enum Given<'a> {
    Model(&'a [u8]),
    Baseline(&'a str),
    /// A baseline from a file.
    Saved(file::Baseline),
}

impl Ensemble {
    /// The average of `members` with their weights on the series of `experiments`.
    pub fn new(
        experiments: &Experiments,
        members: &[(Member<'_>, f64)],
        loading: &Loading,
        limit: u64,
    ) -> Result<Self> {
        let largest = members.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
        let sum: f64 = members.iter().map(|(_, weight)| weight / largest).sum();
        let share = |weight: f64| weight / largest / sum;
        let given = members.iter().map(|(member, weight)| match member {
            Member::Model(bytes) => (Given::Model(bytes), share(*weight)),
            Member::Baseline(id) => (Given::Baseline(id), share(*weight)),
        });
        let given: Vec<(Given<'_>, f64)> = given.collect();
        let is_weight = |weight: f64| weight.is_finite() && weight > 0.0;
        let of_weights = members.iter().position(|(_, weight)| !is_weight(*weight));
        if let Some(index) = of_weights.or_else(|| given.iter().position(|(_, share)| !is_weight(*share))) {
            let (number, weight) = (index + 1, members[index].1);
            return Err(not_ready(format!(
                "Member {number} has the weight {weight}; give one above 0 that counts beside the others."
            )));
        }
        let (members, view, configured) = Self::together(experiments, given, loading, limit)?;
        let mut members = members;
        let (interval, measured) = (members.interval(&view), past(&view));
        Ok(Self { configured, view, members, interval, measured })
    }

    /// The average in a file: its description, and its models by their names.
    pub fn load(
        experiments: &Experiments,
        (about, models): (About, &BTreeMap<String, &[u8]>),
        loading: &Loading,
        limit: u64,
    ) -> Result<Self> {
        let given = about.members.into_iter().enumerate().map(|(index, member)| {
            let bytes = member.model.and_then(|name| models.get(&name).copied());
            let given = match (bytes, member.baseline) {
                (Some(bytes), None) => Given::Model(bytes),
                (None, Some(baseline)) => Given::Saved(baseline),
                _ => return Err(broken(format!("its member {} is not one model in it or one baseline", index + 1))),
            };
            Ok((given, member.weight))
        });
        let (members, view, configured) = Self::together(experiments, given.collect::<Result<_>>()?, loading, limit)?;
        let interval = match about.interval {
            None => Err(no_range(view.windows.validation.starts.len())),
            Some(interval) => {
                if let Some(misfit) = interval.misfit(view.frame.targets, configured.horizon) {
                    return Err(broken(misfit));
                }
                let Experiment { split, .. } = &*view.experiment;
                let file::Past { axis, columns, experiment } = &about.measured;
                let rows = experiment.rows_in(&view.experiment, columns, axis);
                let unseen = rows.and_then(|rows| rows.are_unseen_in(split, &view.frame.axis));
                unseen.map(|()| interval).map_err(|_| {
                    "There is no range: it was made from rows that are not those before this test part.".to_owned()
                })
            }
        };
        Ok(Self { configured, view, members, interval, measured: about.measured })
    }

    /// Members with their shares, their common view, and a description of the whole.
    fn together(
        experiments: &Experiments,
        given: Vec<(Given<'_>, f64)>,
        loading: &Loading,
        limit: u64,
    ) -> Result<(Members, View, Configured)> {
        let (mut models, mut left) = (Vec::new(), limit);
        for (index, (member, _)) in given.iter().enumerate() {
            let model = match member {
                Given::Model(bytes) => single(experiments, bytes, loading, left).map(Some),
                _ => Ok(None),
            };
            let model = model.map_err(|error| of_member(index, error))?;
            left = left.saturating_sub(model.as_ref().map_or(0, |model: &Model| model.configured.memory_bytes));
            models.push(model);
        }
        let mut view = shared(&models)?;
        view.label = format!("average of {} forecasts", given.len());
        let mut members = Vec::new();
        for (index, ((given, share), model)) in given.into_iter().zip(models).enumerate() {
            let of = match (given, model) {
                (Given::Baseline(id), _) => Baseline::new(id, &view).map(Of::Baseline),
                (Given::Saved(saved), _) => Baseline::again(saved, &view).map(Of::Baseline),
                (Given::Model(_), model) => model.map(|model| Of::Model(Box::new(model))).ok_or_else(no_model),
            };
            members.push((share, of.map_err(|error| of_member(index, error))?));
        }
        let members = Members(members);
        let configured = members.configured(&view)?;
        Ok((members, view, configured))
    }

    pub fn evaluate(&mut self, part: Part) -> Result<Evaluation> {
        let members = &mut self.members;
        self.view.evaluate(part, AGE, self.interval.as_ref().ok(), |frame, set, baselines, about| {
            evaluate::compare(frame, part, set, baselines, members, about)
        })
    }

    pub fn predictions(&mut self, part: Part, lead: usize) -> Result<Predictions> {
        self.view.predictions(part, lead, &mut self.members)
    }

    pub fn sample(&mut self, index: usize) -> Result<Sample> {
        self.view.sample(index, &mut self.members)
    }

    pub fn forecast(&mut self, steps: usize) -> Result<Forecast> {
        let (frame, horizon) = (&self.view.frame, self.configured.horizon);
        let scaled = self.members.beyond(frame, self.view.lengths(), steps)?;
        let range = self.interval.as_ref().map_err(String::clone);
        let found = forecast::ranged(frame, horizon, &scaled, range);
        Ok(Forecast { measured: self.view.measured(AGE), ..found })
    }

    /// It does not train.
    pub fn progress(&self) -> Progress {
        let why = format!("This is the average of {} forecasts, which were trained before.", self.members.0.len());
        Progress::finished(why)
    }

    pub fn save(&self) -> Result<Vec<u8>> {
        let (mut members, mut models) = (Vec::new(), Vec::new());
        for (index, (weight, of)) in self.members.0.iter().enumerate() {
            let (model, baseline) = match of {
                Of::Model(model) => {
                    // In the order of their names.
                    let name = format!("member.{index:04}");
                    models.push((name.clone(), model.save()?));
                    (Some(name), None)
                }
                Of::Baseline(baseline) => (None, Some(baseline.about.clone())),
            };
            members.push(file::Member { weight: *weight, model, baseline });
        }
        file::save(&About::new(members, self.interval.clone().ok(), self.measured.clone()), &models)
    }
}

impl Members {
    fn models(&self) -> impl Iterator<Item = &Model> {
        self.0.iter().filter_map(|(_, of)| match of {
            Of::Model(model) => Some(&**model),
            Of::Baseline(_) => None,
        })
    }

    /// A description of the whole.
    fn configured(&self, view: &View) -> Result<Configured> {
        let Some(first) = self.models().next() else { return Err(no_model()) };
        let needed: u64 = self.models().map(|model| model.configured.memory_bytes).sum();
        let label = |of: &Of| match of {
            Of::Model(model) => model.view.label.clone(),
            Of::Baseline(baseline) => baseline.fitted.label(&baseline.about.id, &view.frame.axis).unwrap_or_default(),
        };
        let mut said: Vec<(usize, &String)> = Vec::new();
        for (index, (_, of)) in self.0.iter().enumerate() {
            match of {
                Of::Model(model) if !model.configured.trained_on.is_empty() => {
                    said.push((index, &model.configured.trained_on));
                }
                _ => {}
            }
        }
        let is_same = said.len() == self.models().count() && said.iter().all(|(_, other)| *other == said[0].1);
        let trained_on: Vec<String> = match said.first() {
            Some((_, sentence)) if is_same => vec![(*sentence).clone()],
            _ => said.iter().map(|(index, sentence)| format!("Member {}: {sentence}", index + 1)).collect(),
        };
        let Sets { validation, test, .. } = &view.windows;
        let members: Vec<Share> =
            self.0.iter().map(|(weight, of)| Share { label: label(of), weight: *weight }).collect();
        let shares: Vec<String> =
            members.iter().map(|Share { label, weight }| format!("{label} ({:.0} %)", 100.0 * weight)).collect();
        let mut notes = first.configured.notes.clone();
        notes.push(format!("The forecast is the average of {} members: {}.", members.len(), shares.join(", ")));
        Ok(Configured {
            judged_on: view.experiment.judged_on([validation, test], &view.frame.scales[..view.frame.targets]),
            trained_on: trained_on.join(" "),
            windows: Windows {
                validation: validation.starts.len(),
                test: test.starts.len(),
                ..first.configured.windows
            },
            memory_bytes: needed,
            notes,
            members,
            ..first.configured.clone()
        })
    }

    /// The range from the errors in validation windows behind all rows that fitted a model, or the reason for its absence.
    fn interval(&mut self, view: &View) -> std::result::Result<Interval, String> {
        let fitted_to = |model: &Model| match &model.origin {
            Some(origin) => origin.fitted_to,
            None => Some(0),
        };
        let fitted = self.models().map(fitted_to).collect::<Option<Vec<usize>>>();
        let Some(first) = fitted.map(|rows| rows.into_iter().max().unwrap_or(0)) else {
            return Err("There is no range: the rows that a member was trained on are unknown.".to_owned());
        };
        let all = &view.windows.validation;
        let behind: Vec<u32> =
            all.starts.iter().copied().filter(|&start| start as usize + all.window >= first).collect();
        let every = behind.len().div_ceil(MOST_VALIDATED).max(1);
        let windows = behind.len();
        let some = WindowSet { starts: behind.into_iter().step_by(every).collect(), ..*all };
        let errors = errors_over(&view.frame, &some, self);
        Interval::of_errors(errors, LEVEL, view.limits.clone()).ok_or_else(|| no_range(windows))
    }

    /// Forecasts of `steps` steps beyond the end of `frame`, of each target, scaled like the frame.
    fn beyond(&mut self, frame: &Frame, (window, horizon): (usize, usize), steps: usize) -> Result<Vec<Vec<Real>>> {
        let mut sums = vec![Vec::new(); frame.targets];
        for (index, (weight, of)) in self.0.iter_mut().enumerate() {
            let (scaled, scales) = match of {
                Of::Model(model) => {
                    let scaled = model.beyond(steps).map_err(|error| of_member(index, error))?;
                    (scaled, model.view.frame.scales.clone())
                }
                Of::Baseline(baseline) => {
                    let why = format!("a baseline among the members forecasts {horizon} steps");
                    forecast::within(frame, steps, horizon, why)?;
                    let start = u32::try_from(frame.rows - window).unwrap_or(u32::MAX);
                    let of = |target| baseline.forecast(frame, target, (window, horizon), &[start]);
                    let mut scaled: Vec<Vec<Real>> = (0..frame.targets).map(of).collect();
                    scaled.iter_mut().for_each(|scaled| scaled.truncate(steps));
                    (scaled, frame.scales.clone())
                }
            };
            for (target, (sums, scaled)) in sums.iter_mut().zip(&scaled).enumerate() {
                sums.resize(scaled.len(), 0.0);
                for (sum, value) in sums.iter_mut().zip(scaled) {
                    *sum += *weight * frame.scales[target].scale(scales[target].unscale(crate::wide(*value)));
                }
            }
        }
        Ok(sums.into_iter().map(|sums| sums.into_iter().map(crate::narrow).collect()).collect())
    }
}

impl Forecasts for Members {
    fn forecast(&mut self, frame: &Frame, lengths: (usize, usize), starts: &[u32], out: &mut [Real]) {
        let (window, horizon) = lengths;
        let mut sums = vec![0.0; out.len()];
        let mut found = vec![0.0; out.len()];
        for (weight, of) in &mut self.0 {
            let scales = match of {
                Of::Model(model) => {
                    model.forecast_from(starts.iter().map(|&start| start as usize + window), &mut found);
                    &model.view.frame.scales
                }
                Of::Baseline(baseline) => {
                    for target in 0..frame.targets {
                        let of = baseline.forecast(frame, target, lengths, starts);
                        let to = found.chunks_exact_mut(horizon).skip(target).step_by(frame.targets);
                        to.zip(of.chunks_exact(horizon)).for_each(|(to, of)| to.copy_from_slice(of));
                    }
                    &frame.scales
                }
            };
            for (index, (sum, value)) in sums.iter_mut().zip(&found).enumerate() {
                let target = index / horizon % frame.targets;
                *sum += *weight * frame.scales[target].scale(scales[target].unscale(crate::wide(*value)));
            }
        }
        out.iter_mut().zip(sums).for_each(|(out, sum)| *out = crate::narrow(sum));
    }
}

impl Model {
    /// Forecasts of the horizons that begin at the rows `origins`, scaled, `[(targets · horizon) × origins]`; `NaN` behind a window that the
    /// model cannot read: it begins before the series, or has a value that is missing or was unknown at its end.
    fn forecast_from(&mut self, origins: impl Iterator<Item = usize>, out: &mut [Real]) {
        let (frame, (window, horizon)) = (&self.view.frame, self.view.lengths());
        let width = frame.targets * horizon;
        out.fill(Real::NAN);
        let start = |origin: usize| {
            let start = origin.checked_sub(window).filter(|&start| frame.reads(start, window))?;
            u32::try_from(start).ok()
        };
        let (starts, outs): (Vec<u32>, Vec<&mut [Real]>) =
            origins.zip(out.chunks_exact_mut(width)).filter_map(|(origin, out)| Some((start(origin)?, out))).unzip();
        if starts.is_empty() {
            return;
        }
        let (mut batch, mut found) = (Batch::default(), vec![0.0; width * starts.len()]);
        frame.gather(&starts, window, horizon, &mut batch);
        batch.hide_future(frame.data_features);
        self.trainer.forecast(&mut self.tape, &batch, &mut found);
        outs.into_iter().zip(found.chunks_exact(width)).for_each(|(out, found)| out.copy_from_slice(found));
    }
}

impl Baseline {
    /// The baseline `id` of the experiment.
    fn new(id: &str, view: &View) -> Result<Self> {
        Self::of(file::Baseline { id: id.to_owned(), learnt: past(view) }, view.baselines(), view)
    }

    /// A saved one, fitted on the rows that it has learnt from; naive forecasts have learnt from none.
    fn again(about: file::Baseline, view: &View) -> Result<Self> {
        let View { frame, experiment, season, .. } = view;
        let file::Past { axis, columns, experiment: learnt } = &about.learnt;
        if ["last", "seasonal"].contains(&&*about.id) {
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
        Self::of(about, Arc::new(fitted), view)
    }

    fn of(about: file::Baseline, fitted: Arc<Baselines>, view: &View) -> Result<Self> {
        let there = |target| fitted.forecast(&about.id, (&view.frame, target), view.lengths(), &[], &mut []).is_some();
        if (0..view.frame.targets).all(there) {
            return Ok(Self { about, fitted });
        }
        Err(not_ready(format!(
            "there is no baseline “{}” of this series; choose last, seasonal, ridge or ridge-centred.",
            about.id
        )))
    }

    /// Forecasts of target number `target` in the windows that begin at `starts`, scaled as `frame` is.
    fn forecast(&self, frame: &Frame, target: usize, lengths: (usize, usize), starts: &[u32]) -> Vec<Real> {
        let mut out = vec![0.0; lengths.1 * starts.len()];
        // `of` has made sure that there is one.
        if self.fitted.forecast(&self.about.id, (frame, target), lengths, starts, &mut out).is_none() {
            out.fill(Real::NAN);
        }
        out
    }
}

/// The training and validation rows of an experiment.
fn past(view: &View) -> file::Past {
    let frame = &view.frame;
    let columns = frame.names[..frame.data_features].to_vec();
    file::Past { axis: frame.axis, experiment: Learnt::of(&view.experiment, &columns), columns }
}

/// The model in a file that holds one.
fn single(experiments: &Experiments, bytes: &[u8], loading: &Loading, limit: u64) -> Result<Model> {
    if file::read(bytes)?.is_some() {
        return Err(not_ready("it is an average itself; give its models.".to_owned()));
    }
    Model::load(experiments, bytes, loading, limit)
}

/// The first model's view, with only those validation and test windows that every model can forecast.
fn shared(models: &[Option<Model>]) -> Result<View> {
    let numbered: Vec<(usize, &Model)> =
        models.iter().enumerate().filter_map(|(index, model)| Some((index + 1, model.as_ref()?))).collect();
    let Some((number, first)) = numbered.first() else { return Err(no_model()) };
    for (other, model) in &numbered[1..] {
        let differs = |what: &str| {
            Err(not_ready(format!(
                "Member {other} and member {number} {what}; an average is of forecasts of the same rows."
            )))
        };
        if model.configured.fingerprint != first.configured.fingerprint {
            return differs("differ in their targets or in their split");
        }
        if model.configured.horizon != first.configured.horizon {
            return differs("forecast different numbers of steps");
        }
    }
    let common = |part: Part| -> Result<WindowSet> {
        let set = first.view.set(part)?;
        let mut starts = set.starts.to_vec();
        for (_, model) in &numbered[1..] {
            let other = model.view.set(part)?;
            let has = |start: &u32| {
                let origin = *start as usize + set.window;
                let start = origin.checked_sub(other.window).and_then(|start| u32::try_from(start).ok());
                start.is_some_and(|start| other.starts.binary_search(&start).is_ok())
            };
            starts.retain(has);
        }
        if starts.is_empty() {
            return Err(not_ready(format!("The members have no window of the {} part in common.", part.label())));
        }
        Ok(WindowSet { starts: starts.into(), ..*set })
    };
    let View { experiment, frame, windows, season, limits, .. } = &first.view;
    Ok(View {
        label: String::new(),
        experiment: Arc::clone(experiment),
        frame: Arc::clone(frame),
        windows: Sets {
            train: windows.train.clone(),
            validation: common(Part::Validation)?,
            test: common(Part::Test)?,
        },
        season: *season,
        limits: limits.clone(),
        scored: None,
    })
}

fn not_ready(problem: String) -> Error {
    Error::NotReady { problem }
}

fn no_model() -> Error {
    not_ready("A forecast of several members needs at least one model among them.".to_owned())
}

/// An error that names its member.
fn of_member(index: usize, error: Error) -> Error {
    let number = index + 1;
    let named = |problem: String| format!("member {number}: {problem}");
    let sentence = |problem: String| format!("Member {number}: {problem}");
    match error {
        Error::Model { problem } => Error::Model { problem: named(problem) },
        Error::OtherRows { problem, usable } => Error::OtherRows { problem: named(problem), usable },
        Error::Knob { knob, label, problem } => Error::Knob { knob, label, problem: named(problem) },
        Error::Column { column, problem } => Error::Column { column, problem: named(problem) },
        Error::Memory { knob, label, fits, needed, limit, problem } => {
            Error::Memory { knob, label, fits, needed, limit, problem: named(problem) }
        }
        Error::TooShort { rows, needed, problem } => Error::TooShort { rows, needed, problem: sentence(problem) },
        Error::NotReady { problem } => Error::NotReady { problem: sentence(problem) },
        other => other,
    }
}
