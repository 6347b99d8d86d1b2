//! The library without a page: a series in, a model configured, trained for a while, evaluated, asked and saved.
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
pub use catalog::{Catalog, Preset, catalog, checked};
pub use configured::{Configured, Parameters, Share};
pub use ensemble::Member;
pub use inside::Inside;
pub use loading::Loading;
pub use memory::{MOST_MEMORY, Memory};
pub use view::{Predictions, Sample};

use std::sync::Arc;

use crate::data::{Part, Series};
use crate::error::{Error, Result};
use crate::evaluate::Evaluation;
pub use crate::evaluate::Measured;
use crate::experiment::Experiments;
use crate::export;
use crate::forecast::Forecast;
use crate::knob::Raw;
use crate::train::trainer::Did;
use crate::train::{Epoch, Progress};
use build::Fitted;
use ensemble::Ensemble;
use model::Model;

/// A series, the experiments on it, and at most one model or average of several.
#[derive(Debug)]
pub struct Session {
    experiments: Arc<Experiments>,
    held: Option<Held>,
    /// Bytes that a model may take.
    limit: u64,
}

/// What forecasts.
#[derive(Debug)]
enum Held {
    Model(Box<Model>),
    Ensemble(Box<Ensemble>),
}

/// Asks the model or the ensemble that a session holds.
macro_rules! ask {
    ($held:expr, $one:ident => $ask:expr) => {
        match $held.ok_or_else(no_model)? {
            Held::Model($one) => $ask,
            Held::Ensemble($one) => $ask,
        }
    };
}

impl Session {
    /// A session on `series`, without a model yet.
    pub fn new(series: Series) -> Self {
        Self { experiments: Arc::new(Experiments::new(series)), held: None, limit: MOST_MEMORY }
    }

    /// The same on a machine that has so many bytes of memory: a model may take no more than these, nor than [`MOST_MEMORY`].
    #[must_use]
    pub fn on_machine(self, bytes: u64) -> Self {
        Self { limit: bytes.min(MOST_MEMORY), ..self }
    }

    /// Another session on the same series, without a model yet. Both share the series and its experiments: what was computed for one
    /// is not computed again for the other, and the scorings of a test part count for both.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { experiments: Arc::clone(&self.experiments), held: None, limit: self.limit }
    }

    /// The series.
    pub fn series(&self) -> &Series {
        self.experiments.series()
    }

    /// The test part of the experiment with this fingerprint ([`Configured::fingerprint`]) was scored so often before, in other
    /// sessions: [`Session::evaluate`] counts on from there.
    pub fn scored_before(&self, fingerprint: &str, times: usize) {
        self.experiments.scored_before(fingerprint, times);
    }

    /// Starts a fresh model as `settings` say; what they leave out is chosen to fit the series.
    ///
    /// # Errors
    /// Any that names a knob, a column, or a series that is too short; [`Error::Memory`] for a model that would not fit. The model there
    /// was is kept then.
    pub fn configure(&mut self, settings: &Raw) -> Result<&Configured> {
        let model = Model::new(&self.experiments, settings, Fitted::default(), self.limit)?;
        Ok(self.hold(Held::Model(Box::new(model))))
    }

    /// `settings` with the number of hidden units that brings their model nearest to `parameters`, counted with two bias vectors
    /// as [`Parameters::total`] is: for comparing architectures at equal size. One that has no hidden units keeps its settings.
    /// The model there is is not touched.
    ///
    /// # Errors
    /// As [`Session::configure`].
    pub fn sized(&self, settings: &Raw, parameters: usize) -> Result<Raw> {
        sizing::sized(&self.experiments, settings, parameters, self.limit)
    }

    /// What the model was configured to be.
    pub fn configured(&self) -> Option<&Configured> {
        self.held.as_ref().map(Held::configured)
    }

    fn hold(&mut self, held: Held) -> &Configured {
        self.held.insert(held).configured()
    }

    fn model(&self) -> Result<&Model> {
        match self.held.as_ref().ok_or_else(no_model)? {
            Held::Model(model) => Ok(model),
            Held::Ensemble(_) => Err(several()),
        }
    }

    fn model_mut(&mut self) -> Result<&mut Model> {
        match self.held.as_mut().ok_or_else(no_model)? {
            Held::Model(model) => Ok(model),
            Held::Ensemble(_) => Err(several()),
        }
    }

    /// Does a small piece of the training (an optimiser step, or a part of the validation); `false` at the end.
    ///
    /// # Errors
    /// [`Error::Training`] if the loss explodes or is not a number; [`Error::NotReady`] without a model.
    pub fn advance(&mut self) -> Result<bool> {
        Ok(self.model_mut()?.advance()? != Did::Nothing)
    }

    /// Does exactly one optimiser step, and the validation that may be due before it; `false` at the end.
    ///
    /// # Errors
    /// As [`Session::advance`].
    pub fn step(&mut self) -> Result<bool> {
        loop {
            match self.model_mut()?.advance()? {
                Did::Step => return Ok(true),
                Did::Validation => {}
                Did::Nothing => return Ok(false),
            }
        }
    }

    /// How many parts the next piece of training has, which sessions with the same series and settings can share: those of
    /// a step's batch, or chunks of validation windows; 0 at the end of training. [`Session::advance`] does all of them.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn parts(&self) -> Result<usize> {
        Ok(self.model()?.trainer.parts())
    }

    /// Computes one part of the next piece of training into `out`, to be given to [`Session::apply`], here and wherever the
    /// same model is trained; see [`Trainer::part`](crate::train::Trainer::part) for what it holds.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model or if there is no such part.
    pub fn part(&mut self, index: usize, out: &mut Vec<crate::Real>) -> Result<()> {
        self.model_mut()?.part(index, out)
    }

    /// Does the next piece of training with all its parts, in order; `false` at the end.
    ///
    /// # Errors
    /// As [`Session::advance`]; [`Error::NotReady`] if these are not its parts: nothing has changed then.
    pub fn apply(&mut self, parts: &[Vec<crate::Real>]) -> Result<bool> {
        Ok(self.model_mut()?.apply(parts)? != Did::Nothing)
    }

    /// Ends training and puts the best weights in place.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn stop(&mut self) -> Result<()> {
        self.model_mut()?.trainer.stop();
        Ok(())
    }

    /// Where training stands; of a saved model, `best` is that of the training it comes from.
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
            Held::Ensemble(_) => &[],
        };
        Ok(&history[from.min(history.len())..])
    }

    /// Errors of the model and of its baselines on the validation or test part.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model, or for the training part, which is never scored.
    pub fn evaluate(&mut self, part: Part) -> Result<Evaluation> {
        ask!(self.held.as_mut(), held => held.evaluate(part))
    }

    /// Forecasts `lead` steps ahead over a whole part, beside the truth.
    ///
    /// # Errors
    /// As [`Session::evaluate`]; [`Error::NotReady`] for a lead beyond the horizon.
    pub fn predictions(&mut self, part: Part, lead: usize) -> Result<Predictions> {
        ask!(self.held.as_mut(), held => held.predictions(part, lead))
    }

    /// The forecast of `steps` steps beyond the end of the series.
    ///
    /// # Errors
    /// As [`crate::forecast::beyond`].
    pub fn forecast(&mut self, steps: usize) -> Result<Forecast> {
        ask!(self.held.as_mut(), held => held.forecast(steps))
    }

    /// One window of the test part by number, with its forecast.
    ///
    /// # Errors
    /// [`Error::NotReady`] if there are not so many.
    pub fn sample(&mut self, index: usize) -> Result<Sample> {
        ask!(self.held.as_mut(), held => held.sample(index))
    }

    /// Inner values of the model (gates, states, attention weights) over one window: of the test part by number, or the last
    /// one of the series, which the forecast is made from.
    ///
    /// # Errors
    /// As [`Session::sample`] or [`Session::forecast`].
    pub fn inside(&mut self, window: Option<usize>) -> Result<Inside> {
        self.model()?.inside(window)
    }

    /// The gradient of the training loss through time in every layer, with the weights as training has them now, and the
    /// norms of the recurrent matrices.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn gradients(&self) -> Result<Gradients> {
        Ok(self.model()?.gradients())
    }

    /// The model as a safetensors file; of an average, one file with all its members.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn save(&self) -> Result<Vec<u8>> {
        ask!(self.held.as_ref(), held => held.save())
    }

    /// The same with the weights as training has them now, in the middle of an epoch too: they were not validated, so the file
    /// has neither an interval nor a best epoch.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn save_current(&self) -> Result<Vec<u8>> {
        self.model()?.save_current()
    }

    /// Takes a saved model for this session's series: its settings, scaling and weights. Or the state dict of a PyTorch model
    /// ([`crate::export::state_dict`]). `loading` says what the file does not tell. [`Configured::trained_on`] says what the rows at hand
    /// have to do with those that the model has learnt from.
    ///
    /// # Errors
    /// [`Error::Model`] for a file that cannot be read; [`Error::OtherRows`] for a model of another step, or other columns or rows,
    /// unless `loading` allows these; [`Error::Knob`] for a split that would score it on rows that it has learnt from. The model there
    /// was is kept then.
    pub fn load(&mut self, bytes: &[u8], loading: &Loading) -> Result<&Configured> {
        let held = match export::ensemble::read(bytes)? {
            Some((about, models)) => {
                let ensemble = Ensemble::load(&self.experiments, (about, &models), loading, self.limit)?;
                Held::Ensemble(Box::new(ensemble))
            }
            None => Held::Model(Box::new(Model::load(&self.experiments, bytes, loading, self.limit)?)),
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
        if let [(Member::Model(bytes), _)] = members {
            return self.load(bytes, loading);
        }
        let ensemble = Ensemble::new(&self.experiments, members, loading, self.limit)?;
        Ok(self.hold(Held::Ensemble(Box::new(ensemble))))
    }

    /// The weights that forecasts are made with, flat.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn weights(&self) -> Result<&[crate::Real]> {
        Ok(&self.model()?.trainer.in_use().values)
    }

    /// The weights as training has them now, flat: for comparing runs step by step.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a model.
    pub fn current_weights(&self) -> Result<&[crate::Real]> {
        Ok(&self.model()?.trainer.params().values)
    }
}

impl Held {
    fn configured(&self) -> &Configured {
        match self {
            Held::Model(model) => &model.configured,
            Held::Ensemble(ensemble) => &ensemble.configured,
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
