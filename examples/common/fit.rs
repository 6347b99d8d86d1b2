//! Training and evaluating a model, one row a step, on batches made by an example.

use unrolled::Real;
use unrolled::arch::Forecaster;
use unrolled::data::Batch;
use unrolled::grad::{Tape, ops};
use unrolled::knob::{Raw, Settings};
use unrolled::nn::{Params, Pass};
use unrolled::session::checked;
use unrolled::train::{Optimiser, Rule, clip};

/// Largest norm of a step's gradient.
const CLIP: f64 = 1.0;

/// A network and its weights.
pub type Model = (Box<dyn Forecaster>, Params);

/// Settings of a network that reads one row a step, without dropout; `others` are knobs and their values.
pub fn settings(architecture: &str, hidden: usize, others: &[(&str, &str)]) -> Settings {
    let mut raw = Raw::from([
        ("architecture".to_owned(), architecture.into()),
        ("hidden".to_owned(), hidden.into()),
        ("segment".to_owned(), 1.into()),
        ("head_dropout".to_owned(), 0.into()),
        ("from_line".to_owned(), false.into()),
    ]);
    raw.extend(others.iter().map(|&(key, value)| (key.to_owned(), value.into())));
    checked(&raw).expect("these are settings")
}

/// Adam on squared error.
pub struct Trainer {
    tape: Tape,
    optimiser: Optimiser,
    rate: f64,
    seed: u64,
    steps: u64,
}

impl Trainer {
    pub fn new(model: &Model, rate: f64, seed: u64) -> Self {
        Self { tape: Tape::new(true), optimiser: Optimiser::new(Rule::Adam, model.1.slots()), rate, seed, steps: 0 }
    }

    /// One step.
    pub fn step(&mut self, model: &mut Model, batch: &Batch) {
        let tape = &mut self.tape;
        tape.reset();
        let mut pass = Pass::training(tape, &model.1, batch.size, self.seed, self.steps, 0);
        let (found, wanted) = model.0.fit(&mut pass, batch);
        let loss = ops::loss(tape, ops::Loss::Mse, found, wanted);
        tape.backward(loss);
        model.1.collect(tape);
        clip(&mut model.1.grads, CLIP);
        let Params { values, grads, .. } = &mut model.1;
        self.optimiser.step(values, grads, self.rate);
        self.steps += 1;
    }
}

/// The mean squared error of the first feature over the horizons of `batches`, which are hidden from the model.
pub fn squared_error(model: &Model, batches: impl Iterator<Item = Batch>) -> f64 {
    let mut tape = Tape::new(false);
    let (mut sum, mut count) = (0.0, 0);
    for mut batch in batches {
        let (horizon, size) = (batch.horizon, batch.size);
        // A forecast has each sample's horizon contiguous.
        let wanted: Vec<Real> = (0..size)
            .flat_map(|sample| (0..horizon).map(move |step| (sample, step)))
            .map(|(sample, step)| batch.column(batch.window + step, sample)[0])
            .collect();
        batch.hide_future(batch.features);
        let mut out = vec![0.0; wanted.len()];
        tape.reset();
        model.0.forecast(&mut Pass::new(&mut tape, &model.1, size), &batch, &mut out);
        sum += out.iter().zip(&wanted).map(|(o, w)| f64::from(o - w).powi(2)).sum::<f64>();
        count += wanted.len();
    }
    sum / count as f64
}
