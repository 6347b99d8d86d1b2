//! Training from weights and batches that follow a formula, so that PyTorch can start from the same ones without any being stored:
//! `scripts/reference/losses.py` has the same formula, line by line.
//!
//! Every number drawn is a multiple of 2⁻¹⁶ or 2⁻²² that `f32` holds exactly.

use serde::Deserialize;
use unrolled::arch::registry::ARCHITECTURE;
use unrolled::data::Batch;
use unrolled::grad::{Tape, ops};
use unrolled::knob::Raw;
use unrolled::nn::Pass;
use unrolled::session::checked;
use unrolled::train::{Optimiser, Rule, clip};
use unrolled::{Result, narrow, wide};

/// Optimiser steps.
const STEPS: usize = 200;
/// Windows that batches are drawn from.
const WINDOWS: u64 = 6000;
const LEARNING_RATE: f64 = 1e-3;
const MAX_NORM: f64 = 1.0;
/// Streams of [`draw`]; each parameter has a stream below them, numbered by its position.
const SERIES: u64 = 100;
const STARTS: u64 = 101;

/// One network and its batch.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// Id in the registry.
    pub architecture: String,
    /// Units.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Rows of the input window.
    pub window: usize,
    /// Rows of the horizon.
    pub horizon: usize,
    /// Windows of a batch.
    pub batch: usize,
    /// Weights are uniform within this bound.
    pub bound: f64,
}

/// SplitMix64's mixing function (Steele, Lea and Flood 2014) of the `index`-th number of a stream.
fn mix(stream: u64, index: u64) -> u64 {
    let mut z = ((stream << 32) + index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Uniform in `[−1, 1)`, 16 bits.
fn draw(stream: u64, index: u64) -> f64 {
    (mix(stream, index) >> 48) as f64 / 32768.0 - 1.0
}

/// A daily wave, as a triangle, with noise.
fn series(hour: u64) -> f64 {
    ((hour % 24) as f64 - 12.0).abs() / 8.0 - 0.75 + 0.5 * draw(SERIES, hour)
}

impl Case {
    /// The loss before each of 200 steps of Adam with clipping.
    pub fn losses(&self) -> Result<Vec<f64>> {
        let mut raw: Raw = [("normalise", "none"), ("loss_on", "last"), ("head", "direct")]
            .map(|(key, value)| (key.to_owned(), value.into()))
            .into();
        raw.insert("architecture".to_owned(), self.architecture.clone().into());
        let sizes = [("hidden", self.hidden), ("layers", self.layers), ("segment", 1)];
        raw.extend(sizes.map(|(key, value)| (key.to_owned(), value.into())));
        raw.extend(["dropout", "head_dropout"].map(|key| (key.to_owned(), 0.into())));
        raw.extend(["highway", "from_line"].map(|key| (key.to_owned(), false.into())));
        let settings = checked(&raw)?;
        let architecture = settings.get(&ARCHITECTURE).one();
        let plan = architecture.plan(&settings, (1, 1, 1), (24, self.window, self.horizon))?;
        let (forecaster, mut params) = architecture.build(&plan, &settings, 0);
        for slot in 0..params.slots().len() {
            let count = params.slots()[slot].len() as u64;
            params.set_row_major(slot, (0..count).map(|k| narrow(self.bound * draw(slot as u64, k))));
        }

        let mut optimiser = Optimiser::new(Rule::Adam, params.slots());
        let mut tape = Tape::new(true);
        let mut batch =
            Batch { values: Vec::new(), window: self.window, horizon: self.horizon, size: self.batch, features: 1 };
        let mut losses = Vec::with_capacity(STEPS);
        for step in 0..STEPS {
            let start = |sample: usize| (mix(STARTS, (step * self.batch + sample) as u64) >> 32) % WINDOWS;
            batch.values.clear();
            for k in 0..self.window + self.horizon {
                batch.values.extend((0..self.batch).map(|sample| narrow(series(start(sample) + k as u64))));
            }
            tape.reset();
            let mut pass = Pass::training(&mut tape, &params, self.batch, 0, step as u64, 0);
            let (prediction, truth) = forecaster.fit(&mut pass, &batch);
            let loss = ops::loss(&mut tape, ops::Loss::Mse, prediction, truth);
            losses.push(wide(tape.scalar(loss)));
            tape.backward(loss);
            params.collect(&tape);
            clip(&mut params.grads, MAX_NORM);
            optimiser.step(&mut params.values, &params.grads, LEARNING_RATE);
        }
        Ok(losses)
    }
}
