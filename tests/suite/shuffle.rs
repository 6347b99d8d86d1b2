//! Which architectures use the order of their window: the effect of destroying it on a forecast (docs/shuffle.md has the errors).

use crate::common::plain;
use serde_json::Value;
use unrolled::arch::registry::{self, Architecture, Make};
use unrolled::arch::{Forecaster, Plan};
use unrolled::data::Batch;
use unrolled::grad::Tape;
use unrolled::knob::Raw;
use unrolled::math::Rng;
use unrolled::nn::{Builder, Params, Pass, State};
use unrolled::session::checked;
use unrolled::{Real, narrow};

const WINDOW: usize = 12;
const HORIZON: usize = 4;
const SIZE: usize = 3;
/// Rounding alone: the same sums in another order.
const SAME: Real = 1e-4;

struct Model {
    forecaster: Box<dyn Forecaster>,
    params: Params,
}

impl Model {
    /// With all weights drawn again, since some initial ones are equal for all steps.
    fn new(architecture: &Architecture, others: &[(&str, Value)]) -> Self {
        let fixed = [("architecture", Value::from(architecture.id)), ("hidden", 8.into()), ("segment", 1.into())];
        let mut raw = plain("{}");
        raw.extend(fixed.into_iter().chain(others.iter().cloned()).map(|(key, value)| (key.to_owned(), value)));
        let settings = checked(&raw).unwrap();
        let plan: Plan = architecture.plan(&settings, (1, 1, 1), (4, WINDOW, HORIZON)).unwrap();
        let (forecaster, params) = architecture.build(&plan, &settings, 1);
        let mut model = Self { forecaster, params };
        let mut rng = Rng::new(3, 0);
        model.change(|_, _, _| narrow(0.5 * rng.normal()));
        model
    }

    /// Sets every weight by its name, its row-major index, and its value.
    fn change(&mut self, mut to: impl FnMut(&str, usize, Real) -> Real) {
        for (index, slot) in self.params.slots().to_vec().iter().enumerate() {
            let values: Vec<Real> = self.params.row_major(slot).collect();
            let changed: Vec<Real> =
                values.iter().enumerate().map(|(place, &value)| to(&slot.name, place, value)).collect();
            self.params.set_row_major(index, changed);
        }
    }

    /// The forecast from windows whose step k is step `order[k]` of a fixed one.
    fn forecast(&self, order: &[usize; WINDOW]) -> Vec<Real> {
        let mut values = vec![0.0; (WINDOW + HORIZON) * SIZE];
        for (step, &from) in order.iter().enumerate() {
            for sample in 0..SIZE {
                values[step * SIZE + sample] = (1.3 * (from * SIZE + sample) as Real).sin();
            }
        }
        let batch = Batch { values, window: WINDOW, horizon: HORIZON, size: SIZE, features: 1 };
        let mut tape = Tape::new(false);
        let mut out = vec![0.0; HORIZON * SIZE];
        self.forecaster.forecast(&mut Pass::new(&mut tape, &self.params, SIZE), &batch, &mut out);
        out
    }
}

/// Largest difference, as a share of the largest entry.
fn distance(one: &[Real], other: &[Real]) -> Real {
    let largest = |values: &mut dyn Iterator<Item = Real>| values.fold(0.0, Real::max);
    largest(&mut one.iter().zip(other).map(|(a, b)| (a - b).abs())) / largest(&mut one.iter().map(|a| a.abs()))
}

const IN_ORDER: [usize; WINDOW] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
/// The last step stays: models measure their level from it.
const SHUFFLED: [usize; WINDOW] = [7, 2, 9, 0, 5, 10, 1, 8, 3, 6, 4, 11];

#[test]
fn every_architecture_forecasts_something_else_from_a_shuffled_window() {
    for architecture in registry::ALL {
        let model = Model::new(architecture, &[]);
        let (kept, shuffled) = (model.forecast(&IN_ORDER), model.forecast(&SHUFFLED));
        let found = distance(&kept, &shuffled);
        println!("{}: {found:.3}", architecture.id);
        assert!(found > 0.01, "{}: {kept:?} {shuffled:?}", architecture.id);
    }
}

#[test]
fn a_weight_for_each_step_does_not_care_which_step_stands_where() {
    for (id, first) in [("nlinear", "Linear.weight"), ("mlp", "layers.0.weight")] {
        let kept = Model::new(registry::find(id).unwrap(), &[]);
        let mut shuffled = Model::new(registry::find(id).unwrap(), &[]);
        let slot = kept.params.slots().iter().find(|slot| slot.name == first).unwrap();
        let weights: Vec<Real> = kept.params.row_major(slot).collect();
        shuffled.change(|name, place, value| {
            let (row, column) = (place / WINDOW, place % WINDOW);
            if name == first { weights[row * WINDOW + SHUFFLED[column]] } else { value }
        });
        let found = distance(&kept.forecast(&IN_ORDER), &shuffled.forecast(&SHUFFLED));
        assert!(found < SAME, "{id}: {found}");
        // The check can fail: the weights have moved.
        assert!(distance(&kept.forecast(&SHUFFLED), &shuffled.forecast(&SHUFFLED)) > 0.01, "{id}");
    }
}

/// Attention alone sees a set; only the positions carry the order.
#[test]
fn without_positions_attention_does_not_know_the_order() {
    for id in ["transformer", "transformer_encoder"] {
        let mut model = Model::new(registry::find(id).unwrap(), &[("positions", "learned".into())]);
        assert!(distance(&model.forecast(&IN_ORDER), &model.forecast(&SHUFFLED)) > 0.01, "{id}: it has positions");
        model.change(|name, _, value| if name == "position.weight" { 0.0 } else { value });
        let found = distance(&model.forecast(&IN_ORDER), &model.forecast(&SHUFFLED));
        assert!(found < SAME, "{id}: {found}");
    }
}

#[test]
fn the_encoder_reads_all_steps_and_the_transformer_the_last_one() {
    // The last step and the first change places; they differ only in being last.
    const SWAPPED: [usize; WINDOW] = [11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0];
    for layers in [1, 2] {
        let others: [(&str, Value); 3] =
            [("positions", "none".into()), ("normalise", "none".into()), ("layers", layers.into())];
        let [encoder, causal] = ["transformer_encoder", "transformer"].map(|id| {
            let model = Model::new(registry::find(id).unwrap(), &others);
            (model.forecast(&IN_ORDER), model.forecast(&SWAPPED), model.params)
        });
        // One network with one set of weights, except for the mask and the head's input.
        assert_eq!(encoder.2.values, causal.2.values);
        assert!(distance(&encoder.0, &causal.0) > 0.01, "{layers} layers: both are one model");
        let (same, moved) = (distance(&encoder.0, &encoder.1), distance(&causal.0, &causal.1));
        assert!(same < SAME && moved > 0.01, "{layers} layers: {same} {moved}");
    }
}

#[test]
fn the_head_of_an_encoder_reads_the_mean_of_its_steps() {
    let (width, steps, batch) = (8, 5, 3);
    let architecture = registry::find("transformer_encoder").unwrap();
    let raw = [("architecture", Value::from(architecture.id)), ("hidden", width.into()), ("segment", 1.into())];
    let raw: Raw = raw.map(|(key, value)| (key.to_owned(), value)).into();
    let settings = checked(&raw).unwrap();
    let plan = architecture.plan(&settings, (width, width, 1), (4, steps, HORIZON)).unwrap();
    let Make::Layer(make) = architecture.make else { panic!("a layer") };
    let mut builder = Builder::new(Rng::new(1, 0), 1.0);
    let block = make(&mut builder, 1, width, &plan, &settings);
    let params = builder.finish();
    let mut rng = Rng::new(2, 0);
    let mut tape = Tape::new(false);
    let mut pass = Pass::new(&mut tape, &params, batch);
    let x: Vec<Real> = (0..width * steps * batch).map(|_| narrow(rng.normal())).collect();
    let x = pass.tape.constant(width, steps * batch, &x);
    let (out, _) = block.forward(&mut pass, x, &State::default());
    let read = block.readout(&mut pass, out);
    assert_eq!(tape.shape(read), (width, batch));
    for (at, &read) in tape.value(read).iter().enumerate() {
        let mean = (0..steps).map(|step| tape.value(out)[step * width * batch + at]).sum::<Real>() / steps as Real;
        assert!((read - mean).abs() < SAME, "{at}: {read} {mean}");
    }
}
