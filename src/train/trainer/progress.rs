//! Progress of a training, and its learning curves.

use serde::Serialize;

/// Where training stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No step has been made.
    Ready,
    /// Under way.
    Running,
    /// At its end; the best weights are in place.
    Finished,
}

/// One point of the learning curves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: u32,
    /// Optimiser steps so far.
    pub step: u64,
    /// Mean training loss over the epoch, dropout included.
    pub train: f64,
    /// Loss of the forecasts of the validation part, scaled.
    pub validation: f64,
    /// The same with the truth before each step in place of the model's own forecasts, where it feeds back: the distance
    /// between the two is its exposure bias (Ranzato et al. 2016).
    pub validation_forced: Option<f64>,
    /// Mean norm of the gradient before clipping.
    pub gradient_norm: f64,
    /// Share of the steps whose gradient was clipped.
    pub clipped: f64,
    /// Learning rate.
    pub learning_rate: f64,
    /// Loss of "the same as now" on the validation part.
    pub naive_validation: f64,
}

/// Where training stands, for those who watch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// Ready, running or finished.
    pub state: State,
    /// Why it finished, in one sentence; else empty.
    pub why: String,
    /// Epoch under way, from 1.
    pub epoch: u32,
    /// Optimiser steps so far.
    pub step: u64,
    /// Steps in an epoch.
    pub steps_per_epoch: u64,
    /// Most epochs there can be.
    pub epochs: u32,
    /// Mean training loss of the epoch under way (of the last one, right after it).
    pub loss: f64,
    /// Validation loss after the last epoch.
    pub validation: Option<f64>,
    /// Epoch with the lowest validation loss, and that loss.
    pub best: Option<Best>,
    /// Learning rate now.
    pub learning_rate: f64,
    /// Norm of the last gradient before clipping.
    pub gradient_norm: f64,
    /// Share of this epoch's steps that were clipped.
    pub clipped_share: f64,
}

impl Progress {
    /// Of what was trained before and trains no more, for the reason `why`, a sentence.
    pub fn finished(why: String) -> Self {
        Self {
            state: State::Finished,
            why,
            epoch: 0,
            step: 0,
            steps_per_epoch: 1,
            epochs: 0,
            loss: f64::NAN,
            validation: None,
            best: None,
            learning_rate: 0.0,
            gradient_norm: f64::NAN,
            clipped_share: 0.0,
        }
    }
}

/// The best epoch so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Best {
    /// From 1.
    pub epoch: u32,
    /// Its validation loss.
    pub validation: f64,
}
