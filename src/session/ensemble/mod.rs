//! A forecast of several members: the weighted average of models and baselines.

mod baseline;
mod errors;
mod members;

use std::sync::Arc;

use super::configured::Configured;
use super::loading::Loading;
use super::model::{LEARNT_LAST, Model};
use super::view::{Age, Predictions, Sample, Sets, View};
use crate::data::{Part, WindowSet};
use crate::error::Result;
use crate::evaluate::{self, Crossing, Evaluation, Interval, Past};
use crate::experiment::Experiments;
use crate::export::ensemble::{self as file, About};
use crate::export::format::Tensors;
use crate::export::tensors::broken;
use crate::export::{self, Saved};
use crate::forecast::{self, Forecast};
use crate::train::Progress;
pub use baseline::Baseline;
use errors::{no_model, not_ready, of_member};
pub use members::Whole;
use members::{Members, Of};

/// A member of an average: a saved model by its file, or a baseline by the id of its row in the table of errors
/// ([`Baselines::ids`](crate::evaluate::Baselines::ids)).
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
    pub(super) view: View,
    members: Members,
    /// Its range, or the reason for the absence of one.
    interval: std::result::Result<Interval, String>,
    /// The errors behind it, if the present rows give any.
    past: Option<Past>,
    /// The validation part of the experiment.
    measured: file::Past,
}

/// Weights do not change once members are together.
const AGE: Age = (None, 0);

/// A member that was made here.
#[derive(Debug)]
pub enum Made {
    /// A trained network.
    Model(Box<Model>),
    /// A baseline by the id of its row.
    Baseline(String),
}

impl Made {
    fn model(&self) -> Option<&Model> {
        match self {
            Made::Model(model) => Some(model),
            Made::Baseline(_) => None,
        }
    }
}

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
        let (mut members, view, configured) = Self::together(experiments, (given, None), loading, limit)?;
        let past = members.past(&view);
        let interval = past.as_ref().map_err(String::clone).and_then(|past| view.interval(past));
        let (past, measured) = (past.ok(), baseline::past(&view));
        Ok(Self { configured, view, members, interval, past, measured })
    }

    /// The average in a file: its description, and its models by their names.
    pub fn load(
        experiments: &Experiments,
        (about, models): (About, &Tensors<'_>),
        loading: &Loading,
        limit: u64,
    ) -> Result<Self> {
        let given = about.members.into_iter().enumerate().map(|(index, member)| {
            let bytes = member.model.and_then(|name| models.get(&name)).map(|tensor| tensor.data);
            let given = match (bytes, member.baseline) {
                (Some(bytes), None) => Given::Model(bytes),
                (None, Some(baseline)) => Given::Saved(baseline),
                _ => {
                    return Err(broken(format!(
                        "its member {} is neither a model in this file nor a baseline",
                        index + 1
                    )));
                }
            };
            Ok((given, member.weight))
        });
        let (mut members, view, configured) =
            Self::together(experiments, (given.collect::<Result<_>>()?, about.horizon), loading, limit)?;
        if let Some(misfit) = about.interval.as_ref().and_then(|it| it.misfit(view.frame.targets, configured.horizon)) {
            return Err(broken(misfit));
        }
        let past = members.past(&view);
        let found = past.as_ref().map_err(String::clone).and_then(|past| view.interval(past));
        // Where the present rows tell of too few errors, it has the ranges that it was saved with.
        let interval = found.or_else(|why| about.interval.ok_or(why));
        Ok(Self { configured, view, members, interval, past: past.ok(), measured: about.measured })
    }

    /// The average of networks that were trained here, and of baselines by their ids, with shares that sum to 1, over `horizon` steps.
    pub fn of(made: Vec<(Made, f64)>, horizon: usize) -> Result<Self> {
        let models: Vec<Option<&Model>> = made.iter().map(|(made, _)| made.model()).collect();
        let mut view = shared(&models, Some(horizon))?;
        view.label = match &made[..] {
            [(Made::Model(one), _)] => one.view.label.clone(),
            _ => format!("average of {} forecasts", made.len()),
        };
        let of = |(made, share): (Made, f64)| match made {
            Made::Model(model) => Ok((share, Of::Model(model))),
            Made::Baseline(id) => Ok((share, Of::Baseline(Baseline::new(&id, &view)?))),
        };
        let mut members = Members::new(made.into_iter().map(of).collect::<Result<_>>()?);
        let configured = members.configured(&view)?;
        let past = members.past(&view);
        let interval = past.as_ref().map_err(String::clone).and_then(|past| view.interval(past));
        let (past, measured) = (past.ok(), baseline::past(&view));
        Ok(Self { configured, view, members, interval, past, measured })
    }

    /// What the baseline with this `id` is called here.
    pub fn label_of(&self, id: &str) -> String {
        self.view.baselines().label(id, &self.view.frame.axis).unwrap_or_else(|| id.to_owned())
    }

    /// Members with their shares, their common view, and a description of the whole.
    fn together<'a>(
        experiments: &Experiments,
        (given, horizon): (Vec<(Given<'a>, f64)>, Option<usize>),
        loading: &Loading,
        limit: u64,
    ) -> Result<(Members, View, Configured)> {
        let file = |(index, (member, _)): (usize, &(Given<'a>, f64))| match member {
            Given::Model(bytes) => export::read(bytes).map(Some).map_err(|error| of_member(index, error)),
            _ => Ok(None),
        };
        let files: Vec<Option<Saved<'_>>> = given.iter().enumerate().map(file).collect::<Result<_>>()?;
        // With one split, which must fit all of them.
        let models = loading.with_split(|split| {
            let (mut models, mut left) = (Vec::new(), limit);
            for (index, file) in files.iter().enumerate() {
                let model = file.as_ref().map(|file| Model::load(experiments, file, (loading, split), left));
                let model = model.transpose().map_err(|error| of_member(index, error))?;
                left = left.saturating_sub(model.as_ref().map_or(0, |model: &Model| model.configured.memory_bytes));
                models.push(model);
            }
            Ok(models)
        })?;
        let mut view = shared(&models.iter().map(Option::as_ref).collect::<Vec<_>>(), horizon)?;
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
        let members = Members::new(members);
        let configured = members.configured(&view)?;
        Ok((members, view, configured))
    }

    pub fn evaluate(&mut self, part: Part) -> Result<Evaluation> {
        let members = &mut self.members;
        let walks = part == Part::Test && self.view.known(part, AGE).is_none();
        let first = members.unseen_from(&self.view).ok().filter(|_| walks);
        let past = first.map(|first| self.view.past_of_test(first, members));
        self.view.evaluate(part, AGE, past.as_ref(), |frame, set, baselines, about| {
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
        let mut found = forecast::ranged(frame, (horizon, self.view.level()), &scaled, range);
        if self.members.has_learnt_last() {
            found.note = [LEARNT_LAST, &found.note].join(" ").trim_end().to_owned();
        }
        Ok(Forecast { measured: self.view.measured(AGE), ..found })
    }

    pub fn crossing(&mut self, value: f64, target: Option<&str>) -> Result<Crossing> {
        let scaled = self.members.beyond(&self.view.frame, self.view.lengths(), self.configured.horizon)?;
        let none = || self.interval.as_ref().err().cloned().unwrap_or_else(|| "No errors are known.".to_owned());
        self.view.crossing(self.past.as_ref().ok_or_else(none), &scaled, (value, target))
    }

    /// It does not train.
    pub fn progress(&self) -> Progress {
        let why = format!("This is the average of {} forecasts, which were trained before.", self.members.count());
        Progress::finished(why)
    }

    pub fn save(&self) -> Result<Vec<u8>> {
        let (mut members, mut models) = (Vec::new(), Vec::new());
        for (index, (weight, of)) in self.members.iter().enumerate() {
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
        let own = self.members.horizon();
        let horizon = Some(self.configured.horizon).filter(|horizon| own != Some(*horizon));
        file::save(&About::new(members, self.interval.clone().ok(), self.measured.clone(), horizon), &models)
    }
}

/// The first model's view, with only those validation and test windows that every model can forecast; over `horizon` steps, or as many as
/// the models forecast at once.
pub fn shared(models: &[Option<&Model>], horizon: Option<usize>) -> Result<View> {
    let numbered: Vec<(usize, &Model)> =
        models.iter().enumerate().filter_map(|(index, model)| Some((index + 1, (*model)?))).collect();
    let Some((number, first)) = numbered.first() else { return Err(no_model()) };
    for (other, model) in &numbered[1..] {
        let differs = |what: &str| {
            Err(not_ready(format!("Member {other} and member {number} {what}; members must forecast the same rows.")))
        };
        if model.configured.fingerprint != first.configured.fingerprint {
            return differs("differ in their targets or in their split");
        }
        if model.configured.horizon != first.configured.horizon {
            return differs("forecast different numbers of steps");
        }
    }
    let common = |part: Part| -> Result<WindowSet> {
        let own = first.view.set(part)?;
        let set = match horizon.filter(|horizon| *horizon != own.horizon) {
            Some(horizon) => &first.view.frame.windows(&first.view.experiment.split, part, own.window, horizon)?,
            None => own,
        };
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
    let View { experiment, frame, windows, season, limits, levels, .. } = &first.view;
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
        levels: levels.clone(),
        scored: None,
    })
}
