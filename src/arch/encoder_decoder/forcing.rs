//! The last value that the decoder reads in training: the true one (teacher forcing, Williams and Zipser 1989), its own forecast,
//! or a random choice at each step (scheduled sampling, Bengio et al. 2015).

use crate::Real;
use crate::grad::ops::DropoutKey;
use crate::knob::{Group, Knob, Settings, choices};

/// Share of teacher-forced steps at the start.
pub const RATIO: Knob<f64> = Knob::number(Group::Training, "teacher_forcing", "Teacher forcing", 0.0..=1.0, 1.0)
    .help(
        "How often training feeds the decoder the true last value instead of its own forecast. 1: always; its own \
           errors are then new to it when it forecasts (exposure bias). 0: never.",
    )
    .source("Williams and Zipser 1989");

choices! {
    /// The decay of teacher forcing.
    pub enum WhichDecay {
        None("none", "constant", "The same share from start to end."),
        Linear("linear", "linear", "1 − c i, down to 0 after twice the half-life."),
        Exponential("exponential", "exponential", "kⁱ: halved with each half-life."),
        InverseSigmoid("inverse_sigmoid", "inverse sigmoid", "k / (k + e^(i/k)): slow at first, then fast, then slow."),
    }
}

/// The decay of that share.
pub const DECAY: Knob<WhichDecay> = Knob::choice(Group::Training, "sampling", "Scheduled sampling", "inverse_sigmoid")
    .help("How teacher forcing fades over the optimiser steps i. A coin decides at each step of the forecast.")
    .source("Bengio et al. 2015");

/// Optimiser step at which half of it is left.
pub const HALF: Knob<u32> = Knob::integer(Group::Training, "sampling_half", "Forcing half-life", 1..=1_000_000, 200)
    .help("Optimiser steps after which teacher forcing has halved.")
    .unit("steps")
    .when(DECAY.is(&["linear", "exponential", "inverse_sigmoid"]));

/// The decay of a share of 1 over the optimiser's steps `i` (Bengio et al. 2015, section 2.4).
#[derive(Debug, Clone, Copy, PartialEq)]
enum Decay {
    /// 1.
    None,
    /// `max(0, 1 − c i)`.
    Linear { c: f64 },
    /// `kⁱ`, with `ln k`.
    Exponential { ln_k: f64 },
    /// `k / (k + e^(i/k))`.
    InverseSigmoid { k: f64 },
}

/// The share of forced steps over the course of training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forcing {
    ratio: f64,
    decay: Decay,
}

impl Forcing {
    /// The forcing of the knobs [`RATIO`], [`DECAY`] and [`HALF`].
    pub fn new(settings: &Settings) -> Self {
        let half = f64::from(settings.get(&HALF));
        let decay = match settings.get(&DECAY) {
            WhichDecay::None => Decay::None,
            WhichDecay::Linear => Decay::Linear { c: 0.5 / half },
            WhichDecay::Exponential => Decay::Exponential { ln_k: -std::f64::consts::LN_2 / half },
            WhichDecay::InverseSigmoid => Decay::InverseSigmoid { k: steepness(half) },
        };
        Self { ratio: settings.get(&RATIO), decay }
    }

    /// The probability of teacher forcing at optimiser step `step`, from 0.
    pub fn at(&self, step: u64) -> f64 {
        let i = step as f64;
        self.ratio
            * match self.decay {
                Decay::None => 1.0,
                Decay::Linear { c } => (1.0 - c * i).max(0.0),
                Decay::Exponential { ln_k } => libm::exp(ln_k * i),
                Decay::InverseSigmoid { k } => k / (k + libm::exp(i / k)),
            }
    }
}

/// `k` with `k / (k + e^(half/k)) = 1/2`, that is `k ln k = half`, by Newton's method: the left side is convex and the start
/// lies to the right.
fn steepness(half: f64) -> f64 {
    let mut k = half + 2.0;
    // It converges quadratically, after a few halvings at most.
    for _ in 0..40 {
        let ln_k = libm::log(k);
        k -= (k * ln_k - half) / (ln_k + 1.0);
    }
    k
}

/// The source of the last value at each step.
#[derive(Debug, Clone, Copy)]
pub enum Feed {
    /// The true one.
    Truth,
    /// The decoder's own.
    Own,
    /// The true one with this probability.
    Coin(Real, DropoutKey),
}

impl Feed {
    /// The source in training at `step`, with the draws of `key`, which is drawn in any case.
    pub fn training(forcing: &Forcing, step: u64, key: Option<DropoutKey>) -> Self {
        let probability: Real = crate::narrow(forcing.at(step));
        match key {
            Some(key) if probability > 0.0 && probability < 1.0 => Feed::Coin(probability, key),
            Some(_) if probability <= 0.0 => Feed::Own,
            _ => Feed::Truth,
        }
    }

    /// Whether `sample` reads the truth before `step` of the horizon.
    pub fn is_true(self, step: usize, sample: usize) -> bool {
        match self {
            Feed::Truth => true,
            Feed::Own => false,
            Feed::Coin(probability, key) => key.draw(step, sample, (0, 1)) < probability,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_decay_starts_at_the_ratio_and_has_half_of_it_when_asked() {
        for half in [1.0, 7.0, 300.0, 100_000.0] {
            let linear = Decay::Linear { c: 0.5 / half };
            let exponential = Decay::Exponential { ln_k: -std::f64::consts::LN_2 / half };
            let sigmoid = Decay::InverseSigmoid { k: steepness(half) };
            for decay in [linear, exponential, sigmoid] {
                let forcing = Forcing { ratio: 0.8, decay };
                assert!((forcing.at(half as u64) - 0.4).abs() < 1e-9, "{forcing:?}");
                assert!(forcing.at(20 * half as u64) < 0.01, "{forcing:?}");
            }
            assert!((Forcing { ratio: 0.8, decay: linear }.at(0) - 0.8).abs() < 1e-12);
        }
        // Figure 1 of the paper: with k = 100 the inverse sigmoid starts near 1 and ends near 0 at step 1000.
        let sigmoid = Forcing { ratio: 1.0, decay: Decay::InverseSigmoid { k: 100.0 } };
        assert!((sigmoid.at(0) - 100.0 / 101.0).abs() < 1e-12 && sigmoid.at(1000) < 0.01);
    }
}
