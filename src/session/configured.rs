//! The resolved configuration of a model.

use serde::Serialize;

use crate::data::{Axis, Split, windows::suggest::Suggestion};
use crate::knob::Raw;
use crate::nn::params::Slot;
use crate::nn::{Params, formula};
use crate::session::memory::Memory;
use crate::train::cuts::Cuts;

/// A model's settings, resolved, and its sizes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Configured {
    /// Every setting with its value.
    pub settings: Raw,
    /// Fingerprint of the experiment: the series, the split and the targets. Scorings of the test part are counted by it.
    pub fingerprint: String,
    /// A digest that two models share if their errors can be compared: of the experiment, and of the rows that their validation and
    /// test windows forecast.
    pub judged_on: String,
    /// A remark on the rows that a loaded model was trained on; empty where they are the present ones.
    pub trained_on: String,
    /// Name of the target, the first of several.
    pub target: String,
    /// Names of all targets, in the order of all results.
    pub targets: Vec<String>,
    /// Steps of a season.
    pub season: usize,
    /// Steps of the past.
    pub window: usize,
    /// Steps of the future.
    pub horizon: usize,
    /// Suggestion for the targets, used where settings leave these three lengths out.
    pub suggested: Suggestion,
    /// Rows of a token.
    pub segment: usize,
    /// The recurrences of its layers, as MathML.
    pub equations: String,
    /// Its parameters.
    pub parameters: Parameters,
    /// Rows of each part.
    pub split: Parts,
    /// Windows of each part.
    pub windows: Windows,
    /// Optimiser steps in an epoch.
    pub steps_per_epoch: u64,
    /// Estimated bytes of the model in one worker.
    pub memory_bytes: u64,
    /// The same in parts.
    pub memory: Memory,
    /// Number of workers that can train it together within the memory limit.
    pub workers: usize,
    /// Number of filled values of its columns.
    pub filled: usize,
    /// The cuts of training on the series as one.
    pub truncated: Option<Cuts>,
    /// Remarks: one sentence each.
    pub notes: Vec<String>,
    /// The members of the forecast and their weights. Of an average, all other fields are the first model's, except `judged_on`,
    /// `trained_on`, `windows`, `memory_bytes` and `notes`.
    pub members: Vec<Share>,
}

/// A member of a forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    /// What a person calls it.
    pub label: String,
    /// Its share of the average; all of them sum to 1.
    pub weight: f64,
}

/// The number of parameters, and a list of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameters {
    /// Total, with two bias vectors for each recurrent layer, as in PyTorch.
    pub total: usize,
    /// With one bias vector, as papers count.
    pub total_one_bias: usize,
    /// Derivation of the total.
    pub formula: String,
    /// Each parameter.
    pub rows: Vec<ParameterRow>,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterRow {
    /// Name in PyTorch's state dict.
    pub name: String,
    /// Shape in PyTorch.
    pub shape: Vec<usize>,
    /// Number of values in it.
    pub count: usize,
}

impl Parameters {
    /// Counts the parameters of a model.
    pub fn of(params: &Params) -> Self {
        let second: usize = params.slots().iter().filter(|slot| slot.second_bias).map(Slot::len).sum();
        Self {
            total: params.len(),
            total_one_bias: params.len() - second,
            formula: formula(params.slots()),
            rows: params
                .slots()
                .iter()
                .map(|slot| ParameterRow { name: slot.name.clone(), shape: slot.shape(), count: slot.len() })
                .collect(),
        }
    }
}

/// Rows of each part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parts {
    /// Fits the weights.
    pub train: Rows,
    /// Decides when to stop.
    pub validation: Rows,
    /// Tests the model.
    pub test: Rows,
}

/// Rows `from .. to` and the times of the first and the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rows {
    /// First row.
    pub from: usize,
    /// Row after the last.
    pub to: usize,
    /// Time of the first row.
    pub first: i64,
    /// Time of the last row.
    pub last: i64,
}

impl Parts {
    /// The parts of a split, with their times.
    pub fn of(split: &Split, axis: &Axis) -> Self {
        let rows = |range: &std::ops::Range<usize>| Rows {
            from: range.start,
            to: range.end,
            first: axis.at(range.start),
            last: axis.at(range.end.saturating_sub(1)),
        };
        Self { train: rows(&split.train), validation: rows(&split.validation), test: rows(&split.test) }
    }
}

/// Windows of each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Windows {
    /// Fit the weights.
    pub train: usize,
    /// Decide when to stop.
    pub validation: usize,
    /// Test the model.
    pub test: usize,
}
