//! The library without a page: a series in, a model configured, trained, evaluated, used for forecasts and saved.
//!
//! ```no_run
//! use unrolled::{Session, data::Part, knob::Raw};
//! # fn run(series: unrolled::data::Series) -> unrolled::Result<()> {
//! let mut session = Session::new(series);
//! session.configure(&Raw::new())?;
//! while session.advance()? {}
//! println!("{}", session.evaluate(Part::Test)?.sentence);
//! println!("{:?}", session.forecast(24)?.values);
//! # Ok(())
//! # }
//! ```

mod automatic;
mod build;
mod catalog;
mod configured;
mod ensemble;
mod inside;
mod loading;
mod memory;
mod model;
mod sizing;
mod view;

pub use crate::train::inside::{About, GradientTrace, Gradients, Inner};
pub use automatic::Candidate;
pub use catalog::{Catalog, Preset, catalog, checked};
pub use configured::{Configured, Parameters, Share};
pub use ensemble::Member;
pub use inside::Inside;
pub use loading::Loading;
pub use memory::{MOST_MEMORY, Memory};
pub use view::{Predictions, Sample};

use std::sync::Arc;

use serde_json::Value;

use crate::arch::registry::{ARCHITECTURE, Which};
use crate::data::{Part, Series, Split};
use crate::error::{Error, Result};
pub use crate::evaluate::Measured;
use crate::evaluate::{Crossing, Evaluation};
use crate::experiment::Experiments;
pub use crate::experiment::Glance;
use crate::export::{self, Saved};
use crate::forecast::Forecast;
use crate::knob::Raw;
use crate::train::trainer::Did;
use crate::train::{Epoch, Progress};
use automatic::Automatic;
use build::Fitted;
use ensemble::Ensemble;
use model::Model;
use view::View;

/// A series, the experiments on it, and at most one model or average of several.
#[derive(Debug)]
pub struct Session {
    experiments: Arc<Experiments>,
    held: Option<Held>,
    /// Largest number of bytes of a model.
    limit: u64,
}

/// What forecasts.
#[derive(Debug)]
enum Held {
    Model(Box<Model>),
    Ensemble(Box<Ensemble>),
    Automatic(Box<Automatic>),
}

/// Asks the model or the ensemble that a session holds.
macro_rules! ask {
    ($held:expr, $one:ident => $ask:expr) => {
        match $held.ok_or_else(no_model)? {
            Held::Model($one) => $ask,
            Held::Ensemble($one) => $ask,
            Held::Automatic($one) => $ask,
        }
    };
}

impl Session {
    /// A session on `series`, without a model yet.
    pub fn new(series: Series) -> Self {
        Self { experiments: Arc::new(Experiments::new(series)), held: None, limit: MOST_MEMORY }
    }

    /// The same with a memory limit in bytes, at most [`MOST_MEMORY`].
    #[must_use]
    pub fn on_machine(self, bytes: u64) -> Self {
        Self { limit: bytes.min(MOST_MEMORY), ..self }
    }

    /// Another session on the same series, without a model yet. Both share the series and its experiments: results are computed
    /// once, and the scorings of a test part count for both.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { experiments: Arc::clone(&self.experiments), held: None, limit: self.limit }
    }

    /// The series.
    pub fn series(&self) -> &Series {
        self.experiments.series()
    }

    /// Adds earlier test scorings of the experiment with this fingerprint ([`Configured::fingerprint`]), from other sessions:
    /// [`Session::evaluate`] continues the count.
    pub fn scored_before(&self, fingerprint: &str, times: usize) {
        self.experiments.scored_before(fingerprint, times);
    }

    /// Starts a new model with `settings`; open ones are chosen for the series.
    ///
    /// # Errors
    /// Any that names a knob, a column, or a series that is too short; [`Error::Memory`] for a model that would not fit. The
    /// present model is then kept.
    pub fn configure(&mut self, settings: &Raw) -> Result<&Configured> {
        let held = match catalog::checked(settings)?.get(&ARCHITECTURE) {
            Which::Automatic => Held::Automatic(Box::new(Automatic::new(&self.experiments, settings, self.limit)?)),
            Which::One(_) => {
                Held::Model(Box::new(Model::new(&self.experiments, settings, Fitted::default(), self.limit)?))
            }
        };
        Ok(self.hold(held))
    }

    /// `settings` with the number of hidden units that brings their model nearest to `parameters`, counted with two bias vectors as
    /// in [`Parameters::total`], for comparing architectures of equal size. A model without hidden units keeps its settings. The
    /// present model is not touched.
    ///
    /// # Errors
    /// As [`Session::configure`].
    pub fn sized(&self, settings: &Raw, parameters: usize) -> Result<Raw> {
        sizing::sized(&self.experiments, settings, parameters, self.limit)
    }

    /// The configuration of the model.
    pub fn configured(&self) -> Option<&Configured> {
        self.held.as_ref().map(Held::configured)
    }

    fn hold(&mut self, held: Held) -> &Configured {
        self.held.insert(held).configured()
    }

    fn model(&self) -> Result<&Model> {
        match self.held.as_ref().ok_or_else(no_model)? {
            Held::Model(model) => Ok(model),
            Held::Automatic(automatic) => automatic.model().ok_or_else(several),
            Held::Ensemble(_) => Err(several()),
        }
    }

    /// What forecasts, with the line in place that a new model starts from.
    fn begun(&mut self) -> Option<&mut Held> {
        if let Some(Held::Model(model)) = &mut self.held {
            model.begin();
        }
        self.held.as_mut()
    }

    fn model_mut(&mut self) -> Result<&mut Model> {
        match self.begun().ok_or_else(no_model)? {
            Held::Model(model) => Ok(model),
            Held::Automatic(automatic) => automatic.model_mut().ok_or_else(several),
            Held::Ensemble(_) => Err(several()),
        }
    }

    /// Does a small piece of the training (an optimiser step, or a part of the validation); `false` at the end.
    ///
    /// # Errors
    /// [`Error::Training`] if the loss explodes or is NaN; [`Error::NotReady`] without a model.
    pub fn advance(&mut self) -> Result<bool> {
        Ok(self.piece()? != Did::Nothing)
    }

    fn piece(&mut self) -> Result<Did> {
        match self.begun().ok_or_else(no_model)? {
            Held::Model(model) => model.advance(),
            Held::Automatic(automatic) => automatic.advance(),
            Held::Ensemble(_) => Err(several()),
        }
    }

    /// The candidates of an automatic choice, with their errors once they are known, and their shares in the forecast; none without such a
    /// choice.
    pub fn candidates(&self) -> &[Candidate] {
        match &self.held {
            Some(Held::Automatic(automatic)) => &automatic.candidates,
            _ => &[],
        }
    }

    /// Does exactly one optimiser step, after any pending validation; `false` at the end.
    ///
    /// # Errors
    /// As [`Session::advance`].
    pub fn step(&mut self) -> Result<bool> {
        loop {
            match self.piece()? {
                Did::Step => return Ok(true),
                Did::Validation => {}
                Did::Nothing => return Ok(false),
            }
        }
    }

    /// Number of parts of the next piece of training, which sessions with the same series and settings can share: shards of a
    /// step's batch, or chunks of validation windows; 0 at the end of training. [`Session::advance`] does all of them.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn parts(&self) -> Result<usize> {
        match self.held.as_ref().ok_or_else(no_model)? {
            Held::Automatic(automatic) => Ok(automatic.parts()),
            _ => Ok(self.model()?.parts()),
        }
    }

    /// Computes one part of the next piece of training into `out`, for [`Session::apply`] in every session that trains the same
    /// model; see [`Trainer::part`](crate::train::Trainer::part) for its content.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model or for an unknown part.
    pub fn part(&mut self, index: usize, out: &mut Vec<crate::Real>) -> Result<()> {
        self.model_mut()?.part(index, out)
    }

    /// Does the next piece of training with all its parts, in order; `false` at the end.
    ///
    /// # Errors
    /// As [`Session::advance`]; [`Error::NotReady`] if these are not its parts, which then changes nothing.
    pub fn apply(&mut self, parts: &[Vec<crate::Real>]) -> Result<bool> {
        let did = match self.begun().ok_or_else(no_model)? {
            Held::Model(model) => model.apply(parts),
            Held::Automatic(automatic) => automatic.apply(parts),
            Held::Ensemble(_) => Err(several()),
        };
        Ok(did? != Did::Nothing)
    }

    /// Ends training and puts the best weights in place.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(Held::Automatic(automatic)) = self.begun() {
            return automatic.stop();
        }
        self.model_mut()?.stop();
        Ok(())
    }

    /// Progress of the training; for a saved model, `best` is that of its training.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn progress(&self) -> Result<Progress> {
        Ok(ask!(self.held.as_ref(), held => held.progress()))
    }

    /// The learning curves after `from` epochs.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn history(&self, from: usize) -> Result<&[Epoch]> {
        let history = match self.held.as_ref().ok_or_else(no_model)? {
            Held::Model(model) => model.trainer.history(),
            Held::Automatic(automatic) => automatic.history(),
            Held::Ensemble(_) => &[],
        };
        Ok(&history[from.min(history.len())..])
    }

    /// Errors of the model and of its baselines on the validation or test part.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model, or for the training part, which is never scored.
    pub fn evaluate(&mut self, part: Part) -> Result<Evaluation> {
        ask!(self.begun(), held => held.evaluate(part))
    }

    /// Forecasts `lead` steps ahead over a whole part, with the truth.
    ///
    /// # Errors
    /// As [`Session::evaluate`]; [`Error::NotReady`] for a lead beyond the horizon.
    pub fn predictions(&mut self, part: Part, lead: usize) -> Result<Predictions> {
        ask!(self.begun(), held => held.predictions(part, lead))
    }

    /// The forecast of `steps` steps beyond the end of the series.
    ///
    /// # Errors
    /// As [`crate::forecast::beyond`].
    pub fn forecast(&mut self, steps: usize) -> Result<Forecast> {
        ask!(self.begun(), held => held.forecast(steps))
    }

    /// The forecast of `steps` steps beyond the end by the baseline alone that has this row `id` in the table of errors: of a linear model
    /// at most the horizon, of all others ten of it. A statistical one is fitted to all rows; its range is from the errors on validation of one that was fitted to the training
    /// part.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model, whose targets, window and horizon it shares, for too many steps, and without such a baseline.
    pub fn forecast_by(&self, id: &str, steps: usize) -> Result<Forecast> {
        let view = self.held.as_ref().ok_or_else(no_model)?.view()?;
        ensemble::Baseline::new(id, view)?.alone(view, steps)
    }

    /// Trend, seasons and remainder of a column, and its autocorrelation, for a look at the series: nothing is chosen by it. The seasons
    /// are those of the model's experiment, or without one of the usual split's.
    ///
    /// # Errors
    /// [`Error::Column`] for an unknown column, or one with too few values.
    pub fn glance(&self, column: &str) -> Result<Glance> {
        let split = match &self.held {
            Some(held) => held.view()?.experiment.split.clone(),
            None => Split::usual(&self.series().axis),
        };
        Glance::of(self.series(), &split, column)
    }

    /// The chances that the column `target`, or the first one that is forecast, is above `value`, in its unit, at each step of the horizon
    /// beyond the end, and at any of them; from the errors behind the ranges of [`Session::forecast`].
    ///
    /// # Errors
    /// As [`Session::forecast`]; [`Error::NotReady`] where there is no range, or for a column that is not forecast.
    pub fn crossing(&mut self, value: f64, target: Option<&str>) -> Result<Crossing> {
        ask!(self.begun(), held => held.crossing(value, target))
    }

    /// One window of the test part by number, with its forecast.
    ///
    /// # Errors
    /// [`Error::NotReady`] for an unknown window.
    pub fn sample(&mut self, index: usize) -> Result<Sample> {
        ask!(self.begun(), held => held.sample(index))
    }

    /// Inner values of the model (gates, states, attention weights) over one window: of the test part by number, or the last one of
    /// the series, which the forecast uses.
    ///
    /// # Errors
    /// As [`Session::sample`] or [`Session::forecast`].
    pub fn inside(&mut self, window: Option<usize>) -> Result<Inside> {
        self.model_mut()?.inside(window)
    }

    /// The gradient of the training loss through time in every layer, with the present weights of the training, and the norms of
    /// the recurrent matrices.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn gradients(&mut self) -> Result<Gradients> {
        Ok(self.model_mut()?.gradients())
    }

    /// The model as a safetensors file; of an average, one file with all its members.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn save(&mut self) -> Result<Vec<u8>> {
        ask!(self.begun(), held => held.save())
    }

    /// The same with the present weights of the training, also within an epoch: they are not validated, so the file has neither an
    /// interval nor a best epoch.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn save_current(&mut self) -> Result<Vec<u8>> {
        self.model_mut()?.save_current()
    }

    /// Loads a saved model for this session's series, with its settings, scaling and weights, or the state dict of a PyTorch model
    /// ([`crate::export::state_dict`]). `loading` adds information that the file lacks. [`Configured::trained_on`] has the relation
    /// of the present rows to those that the model has learnt from.
    ///
    /// # Errors
    /// [`Error::Model`] for an unreadable file; [`Error::OtherRows`] for a model with another step, or other columns or rows,
    /// unless `loading` allows these; [`Error::Knob`] for a split that would score it on rows that it has learnt from. The present
    /// model is then kept.
    pub fn load(&mut self, bytes: &[u8], loading: &Loading) -> Result<&Configured> {
        let held = match export::read(bytes)? {
            Saved::Ensemble(about, models) => {
                let ensemble = Ensemble::load(&self.experiments, (*about, &models), loading, self.limit)?;
                Held::Ensemble(Box::new(ensemble))
            }
            single => {
                let load =
                    |split: Option<&Value>| Model::load(&self.experiments, &single, (loading, split), self.limit);
                Held::Model(Box::new(loading.with_split(load)?))
            }
        };
        Ok(self.hold(held))
    }

    /// Takes the weighted average of several forecasts: of saved models, which are loaded as [`Session::load`] does, and of baselines of
    /// this series. They forecast the same targets over the same horizon, and are scored on the windows that all of them can read; no
    /// member may have learnt from rows of the test part. [`Session::save`] gives all of it as one file. A single model stays one.
    ///
    /// # Errors
    /// As [`Session::load`], naming the member; [`Error::NotReady`] without a model among them, for a weight that is not above 0, or for
    /// members that forecast different rows. The model there was is kept then.
    pub fn combine(&mut self, members: &[(Member<'_>, f64)], loading: &Loading) -> Result<&Configured> {
        if let [(Member::Model(bytes), weight)] = members
            && *weight > 0.0
        {
            return self.load(bytes, loading);
        }
        let ensemble = Ensemble::new(&self.experiments, members, loading, self.limit)?;
        Ok(self.hold(Held::Ensemble(Box::new(ensemble))))
    }

    /// The weights for forecasts, flat. Before its first piece of training or forecast, a model that starts from a line has not fitted it.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn weights(&self) -> Result<&[crate::Real]> {
        Ok(&self.model()?.trainer.in_use().values)
    }

    /// The present weights of the training, flat, for comparing runs step by step.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn current_weights(&self) -> Result<&[crate::Real]> {
        Ok(&self.model()?.trainer.params().values)
    }
}

impl Held {
    fn view(&self) -> Result<&View> {
        match self {
            Held::Model(model) => Ok(&model.view),
            Held::Ensemble(ensemble) => Ok(&ensemble.view),
            Held::Automatic(automatic) => automatic.view().ok_or_else(no_model),
        }
    }

    fn configured(&self) -> &Configured {
        match self {
            Held::Model(model) => &model.configured,
            Held::Ensemble(ensemble) => &ensemble.configured,
            Held::Automatic(automatic) => &automatic.configured,
        }
    }
}

fn several() -> Error {
    let problem =
        "This is an average of several forecasts; it does not train and has no inner values. Load one of its models.";
    Error::NotReady { problem: problem.to_owned() }
}

fn no_model() -> Error {
    Error::NotReady { problem: "There is no model yet; configure one first.".to_owned() }
}
