//! Loading a saved model, or the state dict of a PyTorch model, for the present series.

use serde_json::Value;

use super::build::Fitted;
use super::model::{Model, Origin};
use crate::arch::plan::FROM_LINE;
use crate::data::calendar::features::Cycle;
use crate::data::series::split::SPLIT;
use crate::data::windows::frame::{INPUTS, TARGET};
use crate::data::{Batch, Frame, Split};
use crate::error::{Error, Result};
use crate::evaluate;
use crate::experiment::{self, Experiments};
use crate::export::Saved;
use crate::export::format::Tensors;
use crate::export::safetensors::{self, About};
use crate::export::state_dict::StateDict;
use crate::export::tensors::broken;
use crate::knob::Raw;
use crate::nn::params::Slot;

/// Options for loading a saved model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loading {
    /// Settings that the state dict of a PyTorch model lacks, such as the window and the columns. For a model saved by this library
    /// only the split counts, where its own does not fit the present rows; in an average it then counts for all members.
    pub settings: Raw,
    /// Whether it is loaded although it was trained on other rows, since a person says that these are another series of the same
    /// kind.
    pub other_rows: bool,
}

impl From<Raw> for Loading {
    fn from(settings: Raw) -> Self {
        Self { settings, other_rows: false }
    }
}

impl Loading {
    /// Loads with each model's own split; where that does not fit the present rows, all of it again with the chosen one.
    pub(super) fn with_split<T>(&self, load: impl Fn(Option<&Value>) -> Result<T>) -> Result<T> {
        load(None).or_else(|error| {
            let chosen = self.settings.get(SPLIT.key).filter(|_| error.place().knob.as_deref() == Some(SPLIT.key));
            chosen.map_or(Err(error), |split| load(Some(split)))
        })
    }
}

/// The remark for a model without a record of its training rows.
const UNKNOWN: &str = "The training rows of this model are unknown; rows of the test part may be among them.";

impl Model {
    /// The model in a file on the series of `experiments`, if it fits into `limit` bytes; with `split` in place of its own.
    pub fn load(
        experiments: &Experiments,
        file: &Saved<'_>,
        (loading, split): (&Loading, Option<&Value>),
        limit: u64,
    ) -> Result<Self> {
        let found = match file {
            Saved::Model(about, weights) => return Self::saved(experiments, (about, weights), (loading, split), limit),
            Saved::StateDict(found) => found,
            Saved::Ensemble(..) => {
                let problem = "it is an average itself; give its models.".to_owned();
                return Err(Error::NotReady { problem });
            }
        };
        let mut raw = loading.settings.clone();
        raw.extend(found.settings.clone());
        let fitted = Fitted { scales: found.scales.clone(), cycles: None };
        let mut model = Self { relearns: false, ..Self::new(experiments, &raw, fitted, limit)? };
        model.adopt(found)?;
        model.configured.trained_on = UNKNOWN.to_owned();
        let axis = model.view.frame.axis;
        model.origin = Some(Origin { axis, learnt: None, fitted_to: None, interval: None, best: None });
        Ok(model)
    }

    fn saved(
        experiments: &Experiments,
        (about, weights): (&About, &Tensors<'_>),
        (loading, split): (&Loading, Option<&Value>),
        limit: u64,
    ) -> Result<Self> {
        experiment::fits(experiments.series(), &about.columns, &about.axis, about.experiment.as_ref())?;
        let mut settings = about.settings.clone();
        // Models of earlier versions started from none.
        settings.entry(FROM_LINE.key.to_owned()).or_insert(false.into());
        settings.extend(split.map(|split| (SPLIT.key.to_owned(), split.clone())));
        let mut model = Self::described(experiments, &settings, about, loading.other_rows, limit)?;
        let why = match about.best {
            Some((epoch, _)) => format!("Weights of epoch {epoch} of a saved model."),
            None => "Weights of a saved model.".to_owned(),
        };
        if safetensors::has_last(weights) {
            let mut last = model.anew()?.0;
            last.restore(|params| safetensors::load(weights, params, true), String::new())?;
            // Proved in its place, by the same windows.
            std::mem::swap(&mut model.trainer, &mut last);
            model.proved()?;
            std::mem::swap(&mut model.trainer, &mut last);
            model.last = Some(Box::new(last));
        }
        model.trainer.restore(|params| safetensors::load(weights, params, false), why)?;
        model.proved()?;
        Ok(model)
    }

    /// The described model, without its weights; refused where it would be scored on rows that it has learnt from.
    fn described(
        experiments: &Experiments,
        settings: &Raw,
        about: &About,
        other_rows: bool,
        limit: u64,
    ) -> Result<Self> {
        let fitted = Fitted { scales: Some(about.scales.clone()), cycles: cycles(about) };
        let mut model = Self { line: None, relearns: false, ..Self::new(experiments, settings, fitted, limit)? };
        model.is_described_by(about)?;
        let (axis, split) = (&model.view.frame.axis, &model.view.experiment.split);
        let learnt = about.experiment.as_ref();
        let rows = learnt.map(|learnt| learnt.rows_in(&model.view.experiment, &about.columns, &about.axis));
        let (trained_on, fitted_to) = match rows {
            None => (UNKNOWN.to_owned(), None),
            Some(Ok(rows)) => {
                rows.are_unseen_in(split, axis)?;
                (rows.sentence(split, axis, &about.axis), Some(rows.train.end))
            }
            Some(Err(error)) if other_rows => {
                // Names do not matter: rows with equal values are rows that it has learnt from.
                let known =
                    learnt.and_then(|learnt| learnt.some_in(&model.view.experiment, &about.columns, &about.axis));
                known.as_ref().map_or(Ok(()), |rows| rows.are_unseen_in(split, axis))?;
                (error.to_string(), Some(known.map_or(0, |rows| rows.train.end)))
            }
            Some(Err(error)) => return Err(error),
        };
        let About { axis, experiment: learnt, interval, best, .. } = about.clone();
        model.configured.trained_on = trained_on;
        model.origin = Some(Origin { axis, learnt, fitted_to, interval, best });
        Ok(model)
    }

    /// Puts the weights of a PyTorch state dict in place.
    fn adopt(&mut self, found: &StateDict<'_>) -> Result<()> {
        if self.view.frame.targets > 1 {
            return Err(TARGET.error("a state dict forecasts one column; choose one target and make the others inputs"));
        }
        let columns = self.view.frame.data_features;
        if columns != found.inputs {
            let problem = format!(
                "the model reads {} at each step, but target and inputs make {columns}; choose as many, the target \
                 first",
                if found.inputs == 1 { "one column".to_owned() } else { format!("{} columns", found.inputs) }
            );
            return Err(INPUTS.error(problem));
        }
        let scaled = match found.scales {
            Some(_) => "scaled by the mean and std in its metadata",
            None => "scaled by the training part of this series, because the file holds no scale",
        };
        // No other module has an option that a state dict lacks.
        let taken = if found.module == "RNN" { ", taken for one with tanh" } else { "" };
        let why = format!("Weights of a PyTorch state dict (nn.{}{taken}), inputs {scaled}.", found.module);
        self.trainer.restore(|params| found.load(params), why)?;
        self.proved()
    }

    /// Checks that the model built from a description's settings matches the rest of the description.
    fn is_described_by(&self, about: &About) -> Result<()> {
        let Frame { data_features, targets, .. } = *self.view.frame;
        let (columns, calendar) = self.view.frame.names.split_at(data_features);
        let differs = |what: &str, said: &[String], found: &[String]| {
            let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            broken(format!(
                "its description says that it reads {what} {}, and its settings give {}",
                list(said),
                list(found)
            ))
        };
        if columns != about.columns {
            return Err(differs("the columns", &about.columns, columns));
        }
        if about.targets.is_some_and(|said| said != targets) {
            return Err(broken(format!(
                "its description and its settings differ in how many columns it forecasts: {targets}"
            )));
        }
        if let Some(said) = about.calendar.as_ref().filter(|said| *said != calendar) {
            return Err(differs("of the calendar", said, calendar));
        }
        let misfit = about.interval.as_ref().and_then(|interval| interval.misfit(targets, self.configured.horizon));
        misfit.map_or(Ok(()), |misfit| Err(broken(misfit)))
    }

    /// Checks that loaded weights give finite forecasts on this series: finite weights can still overflow.
    fn proved(&mut self) -> Result<()> {
        let (frame, set) = (&self.view.frame, &self.view.windows.test);
        let starts: Vec<u32> = set.starts.iter().copied().step_by(set.starts.len().div_ceil(evaluate::CHUNK)).collect();
        let mut batch = Batch::default();
        frame.gather(&starts, set.window, set.horizon, &mut batch);
        batch.hide_future(frame.data_features);
        let mut out = vec![0.0; frame.targets * set.horizon * starts.len()];
        self.trainer.forecast(&mut self.tape, &batch, &mut out);
        if out.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        let params = self.trainer.in_use();
        let size =
            |slot: &Slot| params.values[slot.range()].iter().fold(0.0_f64, |most, x| most.max(crate::wide(*x).abs()));
        let largest = params.slots().iter().max_by(|a, b| size(a).total_cmp(&size(b)));
        let (name, most) = largest.map_or(("", 0.0), |slot| (slot.name.as_str(), size(slot)));
        Err(broken(format!(
            "its weights give forecasts that are not numbers; the largest, {most:.1e}, is in “{name}”; take another copy, or train it \
             again"
        )))
    }
}

/// The calendar cycles of a described model: its own, or, without these, those of its training part.
fn cycles(about: &About) -> Option<Vec<Cycle>> {
    match &about.calendar {
        Some(names) => Cycle::named(names),
        None => {
            let split = Split::parse(about.settings.get(SPLIT.key)?.as_str()?, &about.axis).ok()?;
            Some(Cycle::of(&about.axis, split.train.end))
        }
    }
}
