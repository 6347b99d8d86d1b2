//! A session: a series and at most one model.

use js_sys::{Array, Float32Array, Uint8Array};
use wasm_bindgen::prelude::*;

use super::convert::{from_js, times, to_js, with_arrays};
use super::data::series_from_parts;
use crate::data::Part;
use crate::knob::Raw;

/// Bytes of a GiB.
const GIB: f64 = 1_073_741_824.0;

#[wasm_bindgen]
extern "C" {
    /// Monotonic milliseconds, since the system's clock may be set back in the middle of a slice.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// A series and at most one model: configure it, train it for a while, evaluate it, forecast, save it.
#[wasm_bindgen]
pub struct Session {
    inner: crate::Session,
    /// Parts of a round, on their way in or out, in reused memory.
    parts: Vec<Vec<crate::Real>>,
}

fn part(name: &str) -> Result<Part, JsValue> {
    match name {
        "validation" => Ok(Part::Validation),
        "test" => Ok(Part::Test),
        _ => {
            Err(crate::Error::NotReady { problem: format!("“{name}” is neither “validation” nor “test”.") }.into())
        }
    }
}

/// Settings from JavaScript.
fn raw(settings: JsValue) -> Result<Raw, crate::Error> {
    from_js(settings).map_err(|_| crate::Error::Knob {
        knob: "settings",
        label: "Settings",
        problem: "an object is needed, with a text, a number or a flag for the key of each knob".to_owned(),
    })
}

#[wasm_bindgen]
impl Session {
    /// A session on a series, from `Series.to_parts()` or made by hand. `memory`: the machine's GiB, if known
    /// (`navigator.deviceMemory`): a model that needs more, or more than 3 GB, is refused.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "SeriesParts")] parts: &JsValue,
        memory: Option<f64>,
    ) -> Result<Session, JsValue> {
        let session = crate::Session::new(series_from_parts(parts)?);
        // Beyond 64 bits, and for NaN, the cast saturates: only a positive number is a size.
        let inner = match memory.filter(|&memory| memory > 0.0) {
            Some(memory) => session.on_machine((memory * GIB) as u64),
            None => session,
        };
        Ok(Self { inner, parts: Vec::new() })
    }

    /// Another session on the same series, without a model yet. Both share the series and results computed from it, and count the
    /// scorings of a test part together.
    pub fn fork(&self) -> Session {
        Self { inner: self.inner.fork(), parts: Vec::new() }
    }

    /// Adds earlier test scorings of the experiment with this fingerprint (`Configured.fingerprint`), from other sessions:
    /// `evaluate` continues the count.
    pub fn scored_before(&self, fingerprint: &str, times: usize) {
        self.inner.scored_before(fingerprint, times);
    }

    /// Starts a new model; open settings are chosen for the series. Throws an error that names the knob if one is wrong; the
    /// present model is then kept.
    #[wasm_bindgen(unchecked_return_type = "Configured")]
    pub fn configure(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] settings: JsValue,
    ) -> Result<JsValue, JsValue> {
        to_js(self.inner.configure(&raw(settings)?)?)
    }

    /// These settings with the number of hidden units that brings their model nearest to so many parameters
    /// (`Configured.parameters.total`); an architecture without hidden units keeps its settings. Throws as `configure` does, and
    /// does not touch the present model.
    #[wasm_bindgen(unchecked_return_type = "Settings")]
    pub fn sized(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] settings: JsValue,
        parameters: usize,
    ) -> Result<JsValue, JsValue> {
        to_js(&self.inner.sized(&raw(settings)?, parameters)?)
    }

    /// The configuration of the model; `null` without one.
    #[wasm_bindgen(unchecked_return_type = "Configured | null")]
    pub fn configured(&self) -> Result<JsValue, JsValue> {
        to_js(&self.inner.configured())
    }

    /// Trains for about this many milliseconds, in whole pieces (an optimiser step, or a piece of the validation after an epoch),
    /// at least one. The duration never changes a number. Does nothing after the end of training. Throws if the loss explodes; the
    /// best weights so far are then in place.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn train(&mut self, milliseconds: f64) -> Result<JsValue, JsValue> {
        let end = now() + milliseconds;
        while self.inner.advance()? && now() < end {}
        self.progress()
    }

    /// Does exactly one optimiser step, after any pending validation; nothing after the end of training.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn step(&mut self) -> Result<JsValue, JsValue> {
        self.inner.step()?;
        self.progress()
    }

    /// Number of parts of the next round of training (an optimiser step, or a piece of the validation after an epoch); 0 at its
    /// end. Sessions with the same series and settings, each in its own worker, can share them: each computes some by `part`, all
    /// exchange them, and each calls `apply` with all. All then have the same weights, equal to the last bit to those of one
    /// session that trains alone.
    pub fn parts(&self) -> Result<usize, JsValue> {
        Ok(self.inner.parts()?)
    }

    /// The candidates of an automatic choice, with their errors once these are known, and their shares in the forecast; empty for a single
    /// architecture.
    #[wasm_bindgen(unchecked_return_type = "Candidate[]")]
    pub fn candidates(&self) -> Result<JsValue, JsValue> {
        to_js(self.inner.candidates())
    }

    /// Computes part `index` (from 0) of the next round: for an optimiser step, the gradient of that shard of the batch and its
    /// share of the loss; for validation, forecasts. Throws for an unknown part.
    pub fn part(&mut self, index: usize) -> Result<Float32Array, JsValue> {
        if self.parts.is_empty() {
            self.parts.push(Vec::new());
        }
        self.inner.part(index, &mut self.parts[0])?;
        Ok(Float32Array::from(&self.parts[0][..]))
    }

    /// Does the next round with all its parts, in order. Throws if these are not its parts, or as `train` does.
    pub fn apply(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Float32Array[]")] parts: &Array,
    ) -> Result<(), JsValue> {
        let count = parts.length() as usize;
        self.parts.resize_with(count, Vec::new);
        for (part, given) in self.parts.iter_mut().zip(parts.iter()) {
            let given = Float32Array::new(&given);
            part.resize(given.length() as usize, 0.0);
            given.copy_to(part);
        }
        self.inner.apply(&self.parts)?;
        Ok(())
    }

    /// Ends training and puts the best weights in place.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn stop(&mut self) -> Result<JsValue, JsValue> {
        self.inner.stop()?;
        self.progress()
    }

    /// Progress of the training.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn progress(&self) -> Result<JsValue, JsValue> {
        to_js(&self.inner.progress()?)
    }

    /// The learning curves, from the epoch after `from_epoch` on.
    #[wasm_bindgen(unchecked_return_type = "Epoch[]")]
    pub fn history(&self, from_epoch: usize) -> Result<JsValue, JsValue> {
        to_js(self.inner.history(from_epoch)?)
    }

    /// Errors of the model and its baselines on the `validation` or the `test` part, in the data's own unit.
    #[wasm_bindgen(unchecked_return_type = "Evaluation")]
    pub fn evaluate(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "'validation' | 'test'")] name: &str,
    ) -> Result<JsValue, JsValue> {
        to_js(&self.inner.evaluate(part(name)?)?)
    }

    /// Forecasts `lead` steps ahead (from 1) over a whole part, with the truth.
    #[wasm_bindgen(unchecked_return_type = "Predictions")]
    pub fn predictions(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "'validation' | 'test'")] name: &str,
        lead: usize,
    ) -> Result<JsValue, JsValue> {
        let found = self.inner.predictions(part(name)?, lead)?;
        let times = times(&found.times);
        let arrays = [("times", &times[..]), ("predicted", &found.predicted), ("actual", &found.actual)];
        with_arrays(&serde_json::Map::new(), &arrays)
    }

    /// The forecast of `steps` steps beyond the end of the series. With the `id` of a baseline's row in a table of errors it is that
    /// baseline's, of a linear model at most a horizon of steps; a statistical one is fitted to all rows for it.
    #[wasm_bindgen(unchecked_return_type = "Forecast")]
    pub fn forecast(
        &mut self,
        steps: usize,
        #[wasm_bindgen(unchecked_optional_param_type = "Baseline")] baseline: Option<String>,
    ) -> Result<JsValue, JsValue> {
        #[derive(serde::Serialize)]
        struct Rest<'a> {
            level: f64,
            levels: Vec<f64>,
            no_range: &'a str,
            measured: &'a [crate::session::Measured],
            note: &'a str,
            /// Both are `null`, or replaced by arrays.
            lower: Option<()>,
            upper: Option<()>,
        }
        let found = match baseline {
            Some(id) => self.inner.forecast_by(&id, steps)?,
            None => self.inner.forecast(steps)?,
        };
        let lowers: Vec<f64> = found.ranges.iter().flat_map(|range| range.lower.iter().copied()).collect();
        let uppers: Vec<f64> = found.ranges.iter().flat_map(|range| range.upper.iter().copied()).collect();
        let times = times(&found.times);
        let mut arrays =
            vec![("times", &times[..]), ("values", &found.values), ("lowers", &lowers[..]), ("uppers", &uppers[..])];
        if let (Some(lower), Some(upper)) = (&found.lower, &found.upper) {
            arrays.extend([("lower", &lower[..]), ("upper", upper)]);
        }
        let rest = Rest {
            level: found.level,
            levels: found.ranges.iter().map(|range| range.level).collect(),
            no_range: &found.no_range,
            measured: &found.measured,
            note: &found.note,
            lower: None,
            upper: None,
        };
        with_arrays(&rest, &arrays)
    }

    /// Trend, seasons and remainder of a column, and its autocorrelation, for a look at the series; needs no model. Nothing is chosen by
    /// it.
    #[wasm_bindgen(unchecked_return_type = "Glance")]
    pub fn glance(&self, column: &str) -> Result<JsValue, JsValue> {
        #[derive(serde::Serialize)]
        struct Rest<'a> {
            first: usize,
            periods: &'a [usize],
            noise: f64,
        }
        let found = self.inner.glance(column)?;
        let arrays = [
            ("trend", &found.trend[..]),
            ("seasons", &found.seasons),
            ("remainder", &found.remainder),
            ("autocorrelation", &found.autocorrelation),
        ];
        with_arrays(&Rest { first: found.first, periods: &found.periods, noise: found.noise }, &arrays)
    }

    /// The chances that the column `target`, or the first one that is forecast, is above `value` at each step of the horizon beyond the
    /// end, and at any of them. Throws where there is no range.
    #[wasm_bindgen(unchecked_return_type = "Crossing")]
    pub fn crossing(&mut self, value: f64, target: Option<String>) -> Result<JsValue, JsValue> {
        to_js(&self.inner.crossing(value, target.as_deref())?)
    }

    /// One window of the test part by number, with its forecast.
    #[wasm_bindgen(unchecked_return_type = "Sample")]
    pub fn sample(&mut self, index: usize) -> Result<JsValue, JsValue> {
        #[derive(serde::Serialize)]
        struct Rest {
            origin: usize,
            count: usize,
        }
        let found = self.inner.sample(index)?;
        let (past, future) = (times(&found.past_times), times(&found.future_times));
        let arrays = [
            ("past_times", &past[..]),
            ("past", &found.past),
            ("future_times", &future),
            ("actual", &found.actual),
            ("predicted", &found.predicted),
        ];
        with_arrays(&Rest { origin: found.origin, count: found.count }, &arrays)
    }

    /// The inner values of the model's layers (gates, states, attention weights) over one window: the test part's with the number
    /// `window`, or the last one of the series, which the forecast uses. `probe` has the values themselves.
    #[wasm_bindgen(unchecked_return_type = "Probes")]
    pub fn probes(&mut self, window: Option<usize>) -> Result<JsValue, JsValue> {
        #[derive(serde::Serialize)]
        struct Rest<'a> {
            origin: usize,
            count: usize,
            probes: Vec<&'a crate::session::About>,
        }
        let found = self.inner.inside(window)?;
        let probes = found.inner.iter().map(|inner| &inner.about).collect();
        let rest = Rest { origin: found.origin, count: found.count, probes };
        with_arrays(&rest, &[("times", &times(&found.times)[..]), ("past", &found.past)])
    }

    /// Values of the probe with this index in `probes`, over the same window: `rows` numbers for each of its `columns`.
    pub fn probe(&mut self, index: usize, window: Option<usize>) -> Result<Float32Array, JsValue> {
        let found = self.inner.inside(window)?;
        let count = found.inner.len();
        let probe = found.inner.get(index).ok_or_else(|| crate::Error::NotReady {
            problem: format!("This model has {count} inner values to look at, numbered from 0."),
        })?;
        Ok(Float32Array::from(&probe.values[..]))
    }

    /// The norm of the training loss's gradient at every step of time in every layer, with the present weights of the training,
    /// over some training windows; and the norms of the matrices from state to state.
    #[wasm_bindgen(unchecked_return_type = "Gradients")]
    pub fn gradients(&mut self) -> Result<JsValue, JsValue> {
        to_js(&self.inner.gradients()?)
    }

    /// The model as a safetensors file with PyTorch's names and shapes.
    pub fn save(&mut self) -> Result<Vec<u8>, JsValue> {
        Ok(self.inner.save()?)
    }

    /// The same with the present weights of the training, also within an epoch: they are not validated, so the file has neither an
    /// interval nor a best epoch.
    pub fn save_current(&mut self) -> Result<Vec<u8>, JsValue> {
        Ok(self.inner.save_current()?)
    }

    /// Loads a saved model for this session's series, or the state dict of a PyTorch model (`nn.RNN`, `nn.LSTM` or `nn.GRU` with
    /// `nn.Linear`): `settings` add information that it lacks, such as the window, and the split where a saved model's own does not
    /// fit. Throws if it does not fit; the present model is then kept. A model that was trained on other rows of the same step and
    /// columns is refused with the code `other-rows`, unless `other_rows` is true: a person says that these are another series of
    /// the same kind. `Configured.trained_on` has the relation of the present rows to those that it has learnt from.
    #[wasm_bindgen(unchecked_return_type = "Configured")]
    pub fn load(
        &mut self,
        bytes: &[u8],
        #[wasm_bindgen(unchecked_optional_param_type = "Settings")] settings: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "boolean")] other_rows: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let loading = crate::session::Loading { settings: raw(settings)?, other_rows: other_rows.is_truthy() };
        to_js(self.inner.load(bytes, &loading)?)
    }

    /// Takes the weighted average of several forecasts: of saved models, by the bytes of their files, and of baselines of this series, by
    /// the `id` of their row in a table of errors. A weight that is left out is 1. They forecast the same targets over the same horizon.
    /// `save` gives all of it as one file, which `load` opens. Throws an error that names the member if one does not fit; `settings` and
    /// `other_rows` are those of `load`.
    #[wasm_bindgen(unchecked_return_type = "Configured")]
    pub fn combine(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Member[]")] members: &Array,
        #[wasm_bindgen(unchecked_optional_param_type = "Settings")] settings: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "boolean")] other_rows: &JsValue,
    ) -> Result<JsValue, JsValue> {
        use crate::session::Member;
        let loading = crate::session::Loading { settings: raw(settings)?, other_rows: other_rows.is_truthy() };
        let of = |member: &JsValue, key: &str| js_sys::Reflect::get(member, &key.into());
        let mut given: Vec<(Vec<u8>, Option<String>, f64)> = Vec::new();
        for (index, member) in members.iter().enumerate() {
            let wrong = |_| crate::Error::NotReady {
                problem: format!("Member {} is neither a model's bytes nor a baseline's id.", index + 1),
            };
            let weight = of(&member, "weight").map_err(wrong)?;
            let weight = if weight.is_undefined() { 1.0 } else { weight.as_f64().unwrap_or(f64::NAN) };
            let [model, baseline] = [of(&member, "model").map_err(wrong)?, of(&member, "baseline").map_err(wrong)?];
            let (bytes, id) = match (model.dyn_into::<Uint8Array>(), baseline.as_string()) {
                (Ok(bytes), None) if baseline.is_undefined() => (bytes.to_vec(), None),
                (Err(model), Some(id)) if model.is_undefined() => (Vec::new(), Some(id)),
                _ => return Err(wrong(JsValue::UNDEFINED).into()),
            };
            given.push((bytes, id, weight));
        }
        let members: Vec<(Member<'_>, f64)> = given
            .iter()
            .map(|(bytes, baseline, weight)| match baseline {
                Some(id) => (Member::Baseline(id), *weight),
                None => (Member::Model(bytes), *weight),
            })
            .collect();
        to_js(self.inner.combine(&members, &loading)?)
    }

    /// The weights for forecasts, flat, in the order of `Configured.parameters.rows`.
    pub fn weights(&self) -> Result<Float32Array, JsValue> {
        Ok(Float32Array::from(self.inner.weights()?))
    }

    /// The present weights of the training, in the same order, for comparing runs step by step.
    pub fn current_weights(&self) -> Result<Float32Array, JsValue> {
        Ok(Float32Array::from(self.inner.current_weights()?))
    }
}
