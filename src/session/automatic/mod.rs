//! Automatic: several networks are trained, and the best of them are averaged with the baselines that are as good.
//!
//! Every candidate is judged on the validation part, a network with the weights of its best epoch. One counts whose mean absolute error
//! `e` there is not clearly larger than the least one, `e*`:
//!
//! ```text
//! e ≤ (1 + c / √B) · e*,    c = 0.7
//! ```
//!
//! `B` is the number of horizons that the validation windows span: the fewer, the less they tell candidates apart. All that count have the
//! same weight (Bates and Granger, The combination of forecasts, 1969; on equal weights: Stock and Watson, Combination forecasts of output
//! growth in a seven-country data set, 2004). The networks among them then learn from all rows, and their average forecasts beyond the
//! end. Budgets are counted in optimiser steps, so that the result is the same on every machine.

mod candidates;
mod choice;

use serde::Serialize;

use super::build::Fitted;
use super::configured::{Configured, ParameterRow, Parameters, Share};
use super::ensemble::{Ensemble, Made};
use super::model::Model;
use super::view::{Predictions, Sample, View};
use crate::arch::registry::ARCHITECTURE;
use crate::data::Part;
use crate::error::{Error, Result};
use crate::evaluate::{Crossing, Evaluation};
use crate::experiment::Experiments;
use crate::forecast::Forecast;
use crate::knob::Raw;
use crate::train::options::EPOCHS;
use crate::train::trainer::{Best, Did};
use crate::train::{Epoch, Progress, State};
use candidates::planned;

/// A candidate and its error, for a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// Name for a person.
    pub label: String,
    /// Settings that train it alone; empty for a baseline.
    pub settings: Raw,
    /// Mean absolute error on the validation part, scaled; `None` before it is known, and where there is none.
    pub error: Option<f64>,
    /// Share of the forecast, from 0 to 1; 0 before the choice.
    pub weight: f64,
    /// Reason why it has no error, in a sentence; else empty.
    pub why: String,
}

/// What is done at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The candidate with this number is trained to be judged.
    Judging(usize),
    /// The chosen network with this number learns from all rows.
    Learning(usize),
    Done,
}

/// Several candidates in training, or the average of the best of them.
#[derive(Debug)]
pub struct Automatic {
    pub configured: Configured,
    /// Networks first, in the order of training; then, once chosen from, baselines.
    pub candidates: Vec<Candidate>,
    /// The networks, each until it is in the average.
    models: Vec<Model>,
    stage: Stage,
    ensemble: Option<Box<Ensemble>>,
    /// Whether the chosen networks learn from all rows.
    relearns: bool,
    /// Learning curves, one candidate after the other.
    history: Vec<Epoch>,
    /// Epochs and steps of the candidates before the present one.
    before: (u32, u64),
    best: Option<Best>,
    why: String,
}

impl Automatic {
    /// Candidates with the settings `raw`, if they fit into `limit` bytes together.
    pub fn new(experiments: &Experiments, raw: &Raw, limit: u64) -> Result<Self> {
        let (mut models, mut candidates, mut left) = (Vec::new(), Vec::new(), limit);
        let build = |settings: &Raw, left| Model::new(experiments, settings, Fitted::default(), left);
        let (whole, networks) = planned(raw, |settings| build(settings, limit).map(|model| model.configured))?;
        for (label, settings) in networks {
            match build(&settings, left) {
                Ok(mut model) => {
                    model.view.label.clone_from(&label);
                    left = left.saturating_sub(model.configured.memory_bytes);
                    models.push(model);
                    candidates.push(Candidate { label, settings, error: None, weight: 0.0, why: String::new() });
                }
                // Others may be smaller.
                Err(_) if !models.is_empty() => {}
                Err(error) => return Err(error),
            }
        }
        let Some(first) = models.first() else { return Err(no_candidate()) };
        let relearns = first.relearns;
        let configured = described(&models, whole, raw);
        models.iter_mut().for_each(|model| model.relearns = false);
        Ok(Self {
            configured,
            candidates,
            models,
            stage: Stage::Judging(0),
            ensemble: None,
            relearns,
            history: Vec::new(),
            before: (0, 0),
            best: None,
            why: String::new(),
        })
    }

    /// The network in training; at the end there is none.
    pub fn model(&self) -> Option<&Model> {
        match self.stage {
            Stage::Judging(at) | Stage::Learning(at) => self.models.get(at),
            Stage::Done => None,
        }
    }

    /// The same, with its line in place.
    pub fn model_mut(&mut self) -> Option<&mut Model> {
        let (Stage::Judging(at) | Stage::Learning(at)) = self.stage else { return None };
        let model = self.models.get_mut(at)?;
        model.begin();
        Some(model)
    }

    pub fn advance(&mut self) -> Result<Did> {
        let Some(model) = self.model_mut() else { return Ok(Did::Nothing) };
        let did = model.advance();
        self.after(did)
    }

    pub fn parts(&self) -> usize {
        self.model().map_or(0, Model::parts)
    }

    pub fn apply(&mut self, parts: &[Vec<crate::Real>]) -> Result<Did> {
        let Some(model) = self.model_mut() else { return Ok(Did::Nothing) };
        let did = model.apply(parts);
        self.after(did)
    }

    /// Ends training; the candidates so far are chosen from, and none learns from all rows.
    pub fn stop(&mut self) -> Result<()> {
        self.relearns = false;
        if let Some(model) = self.model_mut() {
            model.stop();
        }
        match self.stage {
            Stage::Judging(at) => {
                self.note();
                self.choose(at + 1)
            }
            Stage::Learning(_) => self.combine(),
            Stage::Done => Ok(()),
        }
    }

    /// Goes on to the next network where the present one has ended; one that fails is left out.
    fn after(&mut self, did: Result<Did>) -> Result<Did> {
        self.note();
        let failed = match &did {
            Err(error @ Error::Training { .. }) => Some(error.to_string()),
            Err(_) => return did,
            Ok(_) => None,
        };
        match self.stage {
            Stage::Judging(at) if failed.is_some() || self.models[at].is_done() => {
                self.candidates[at].why = failed.unwrap_or_default();
                let progress = self.models[at].trainer.progress();
                self.before = (self.before.0 + progress.epoch, self.before.1 + progress.step);
                self.models[at].trainer.rest();
                self.stage = Stage::Judging(at + 1);
                if at + 1 == self.models.len() {
                    self.choose(at + 1)?;
                }
            }
            Stage::Learning(at) if self.models[at].is_done() => {
                self.stage = Stage::Learning(at + 1);
                self.learn()?;
            }
            _ => {}
        }
        Ok(did.unwrap_or(Did::Validation))
    }

    /// Takes the new epochs of the network in training into the curves.
    fn note(&mut self) {
        let Stage::Judging(at) = self.stage else { return };
        let trainer = &self.models[at].trainer;
        let seen = self.history.iter().filter(|epoch| epoch.epoch > self.before.0).count();
        for epoch in &trainer.history()[seen.min(trainer.history().len())..] {
            let (number, step) = (self.before.0 + epoch.epoch, self.before.1 + epoch.step);
            self.history.push(Epoch { epoch: number, step, ..*epoch });
        }
        let best = trainer.progress().best.filter(|best| best.epoch > 0);
        if let Some(best) = best.filter(|best| self.best.is_none_or(|other| best.validation < other.validation)) {
            self.best = Some(Best { epoch: self.before.0 + best.epoch, ..best });
        }
    }

    /// Lets the next of the chosen networks learn from all rows, or ends.
    fn learn(&mut self) -> Result<()> {
        while let Stage::Learning(at) = self.stage
            && self.relearns
            && let Some(model) = self.models.get_mut(at)
        {
            model.relearns = true;
            model.relearn(Ok(Did::Nothing))?;
            if !model.is_done() {
                return Ok(());
            }
            self.stage = Stage::Learning(at + 1);
        }
        self.combine()
    }

    /// Puts the average in place.
    fn combine(&mut self) -> Result<()> {
        let mut models = std::mem::take(&mut self.models).into_iter();
        let mut made = Vec::new();
        for candidate in self.candidates.iter().filter(|candidate| candidate.weight > 0.0) {
            match candidate.settings.is_empty() {
                true => made.push((Made::Baseline(candidate.label.clone()), candidate.weight)),
                false => made.extend(models.next().map(|model| (Made::Model(Box::new(model)), candidate.weight))),
            }
        }
        self.stage = Stage::Done;
        let ensemble = Ensemble::of(made, self.configured.horizon)?;
        let all: Vec<String> = ensemble.configured.members.iter().map(|member| member.label.clone()).collect();
        self.why = match &all[..] {
            [one] => format!("The forecast is that of {one}: nothing else is as good on the validation part."),
            _ => format!("The forecast is the average of {}.", all.join(", ")),
        };
        let settings = self.configured.settings.clone();
        let Configured { parameters, equations, .. } = self.configured.clone();
        self.configured = Configured { settings, parameters, equations, ..ensemble.configured.clone() };
        for candidate in self.candidates.iter_mut().filter(|candidate| candidate.settings.is_empty()) {
            candidate.label = ensemble.label_of(&candidate.label);
        }
        self.ensemble = Some(Box::new(ensemble));
        Ok(())
    }

    pub fn progress(&self) -> Progress {
        let (state, why) = match self.stage {
            Stage::Judging(at) => {
                let label = self.candidates.get(at).map_or("", |candidate| &candidate.label);
                (State::Running, format!("Candidate {} of {}: {label}.", at + 1, self.models.len()))
            }
            Stage::Learning(at) => {
                let said = self.models.get(at).map(|model| model.progress().why).unwrap_or_default();
                (State::Running, format!("Network {} of {}. {said}", at + 1, self.models.len()))
            }
            Stage::Done => (State::Finished, self.why.clone()),
        };
        let epochs = |candidate: &Candidate| candidate.settings.get(EPOCHS.key)?.as_u64();
        let epochs = self.candidates.iter().filter_map(epochs).sum::<u64>();
        let steps_per_epoch = self.configured.steps_per_epoch;
        let whole = Progress { best: self.best, why, steps_per_epoch, ..Progress::finished(String::new()) };
        let now = self.model().map(Model::progress);
        let Some(now) = now else {
            return Progress { state, epoch: self.before.0, step: self.before.1, epochs: self.before.0, ..whole };
        };
        let (epochs_before, steps_before) = self.before;
        let is_ready = self.stage == Stage::Judging(0) && now.state == State::Ready;
        Progress {
            state: if is_ready { State::Ready } else { state },
            why: if is_ready { String::new() } else { whole.why },
            epoch: if matches!(self.stage, Stage::Judging(_)) { epochs_before + now.epoch } else { epochs_before },
            step: if matches!(self.stage, Stage::Judging(_)) { steps_before + now.step } else { steps_before },
            epochs: u32::try_from(epochs).unwrap_or(u32::MAX),
            best: self.best,
            added: None,
            ..now
        }
    }

    /// The learning curves, one candidate after the other.
    pub fn history(&self) -> &[Epoch] {
        &self.history
    }

    pub fn evaluate(&mut self, part: Part) -> Result<Evaluation> {
        match self.forecaster()? {
            Now::Model(model) => model.evaluate(part),
            Now::Ensemble(ensemble) => ensemble.evaluate(part),
        }
    }

    pub fn predictions(&mut self, part: Part, lead: usize) -> Result<Predictions> {
        match self.forecaster()? {
            // The network alone forecasts no further than at once.
            Now::Model(model) => model.predictions(part, lead.min(model.configured.horizon)),
            Now::Ensemble(ensemble) => ensemble.predictions(part, lead),
        }
    }

    pub fn sample(&mut self, index: usize) -> Result<Sample> {
        match self.forecaster()? {
            Now::Model(model) => model.sample(index),
            Now::Ensemble(ensemble) => ensemble.sample(index),
        }
    }

    pub fn forecast(&mut self, steps: usize) -> Result<Forecast> {
        match self.forecaster()? {
            Now::Model(model) => model.forecast(steps),
            Now::Ensemble(ensemble) => ensemble.forecast(steps),
        }
    }

    pub fn crossing(&mut self, value: f64, target: Option<&str>) -> Result<Crossing> {
        match self.forecaster()? {
            Now::Model(model) => model.crossing(value, target),
            Now::Ensemble(ensemble) => ensemble.crossing(value, target),
        }
    }

    pub fn save(&mut self) -> Result<Vec<u8>> {
        match self.forecaster()? {
            Now::Model(model) => model.save(),
            Now::Ensemble(ensemble) => ensemble.save(),
        }
    }

    /// The experiment as the forecaster at present sees it.
    pub fn view(&self) -> Option<&View> {
        self.ensemble.as_deref().map(|ensemble| &ensemble.view).or_else(|| self.model().map(|model| &model.view))
    }

    /// What forecasts at present: the network in training until there is an average.
    fn forecaster(&mut self) -> Result<Now<'_>> {
        if self.ensemble.is_some() {
            return self.ensemble.as_deref_mut().map(Now::Ensemble).ok_or_else(no_candidate);
        }
        self.model_mut().map(Now::Model).ok_or_else(no_candidate)
    }
}

enum Now<'a> {
    Model(&'a mut Model),
    Ensemble(&'a mut Ensemble),
}

/// The configuration of all: the first network's over the whole horizon, `whole`, with the settings that were asked for.
fn described(models: &[Model], whole: Configured, raw: &Raw) -> Configured {
    let mut settings = whole.settings.clone();
    for key in candidates::own() {
        settings.remove(key);
    }
    settings.extend(raw.clone());
    settings.insert(ARCHITECTURE.key.to_owned(), "automatic".into());
    let parameters = || models.iter().map(|model| &model.configured.parameters);
    let named = |model: &Model| {
        let label = model.view.label.clone();
        let rows = model.configured.parameters.rows.clone().into_iter();
        rows.map(move |row| ParameterRow { name: format!("{label}, {}", row.name), ..row }).collect::<Vec<_>>()
    };
    let totals: Vec<String> = parameters().map(|one| one.total.to_string()).collect();
    Configured {
        settings,
        // Those of one network are not the equations of all.
        equations: String::new(),
        parameters: Parameters {
            total: parameters().map(|one| one.total).sum(),
            total_one_bias: parameters().map(|one| one.total_one_bias).sum(),
            formula: totals.join(" + "),
            rows: models.iter().flat_map(named).collect(),
        },
        members: models
            .iter()
            .map(|model| Share { label: model.view.label.clone(), weight: 1.0 / models.len() as f64 })
            .collect(),
        memory_bytes: models.iter().map(|model| model.configured.memory_bytes).sum(),
        ..whole
    }
}

fn no_candidate() -> Error {
    Error::NotReady { problem: "There is no candidate to choose from.".to_owned() }
}
