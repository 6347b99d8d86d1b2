//! Progress of a training, and its learning curves.

use serde::Serialize;

/// State of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Before the first step.
    Ready,
    /// Running.
    Running,
    /// Ended; the best weights are in place.
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
    /// Loss of the validation part's forecasts, scaled.
    pub validation: f64,
    /// The same with teacher forcing, for a recursive model: the difference of the two is its exposure bias (Ranzato et al. 2016).
    pub validation_forced: Option<f64>,
    /// Mean norm of the gradient before clipping.
    pub gradient_norm: f64,
    /// Share of the steps with a clipped gradient.
    pub clipped: f64,
    /// Learning rate.
    pub learning_rate: f64,
    /// Loss of repeating the last value on the validation part.
    pub naive_validation: f64,
}

/// Progress of a training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// Ready, running or finished.
    pub state: State,
    /// Reason for the end, in one sentence; else empty.
    pub why: String,
    /// Current epoch, from 1.
    pub epoch: u32,
    /// Optimiser steps so far.
    pub step: u64,
    /// Steps in an epoch.
    pub steps_per_epoch: u64,
    /// Largest number of epochs.
    pub epochs: u32,
    /// Mean training loss of the current epoch (of the last one, right after it).
    pub loss: f64,
    /// Validation loss after the last epoch.
    pub validation: Option<f64>,
    /// Epoch with the lowest validation loss, and that loss.
    pub best: Option<Best>,
    /// What a model that starts from a line adds to it; `None` for others, and before the end of training.
    pub added: Option<Added>,
    /// Present learning rate.
    pub learning_rate: f64,
    /// Norm of the last gradient before clipping.
    pub gradient_norm: f64,
    /// Share of this epoch's steps with a clipped gradient.
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
            added: None,
            learning_rate: 0.0,
            gradient_norm: f64::NAN,
            clipped_share: 0.0,
        }
    }
}

/// What a network adds to the line that it starts from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Added {
    /// Validation loss of the line alone.
    pub line: f64,
    /// Share of the network's output that is added to it, from 0 to 1.
    pub share: f64,
}

/// The best epoch so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Best {
    /// From 1; 0 is the line that a model starts from.
    pub epoch: u32,
    /// Its validation loss.
    pub validation: f64,
}
