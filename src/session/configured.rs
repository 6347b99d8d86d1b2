//! What a model was configured to be, for those who want to know.

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
    /// Of the experiment: the series, the split and the targets. Scorings of the test part are counted by it.
    pub fingerprint: String,
    /// What two models have in common whose errors can be compared: the experiment, and the rows that their validation and test windows
    /// forecast.
    pub judged_on: String,
    /// What a person should know of the rows that a loaded model was trained on, in a sentence or two; empty where they are those at
    /// hand.
    pub trained_on: String,
    /// Name of the column that is forecast, the first of several.
    pub target: String,
    /// Names of all columns that are forecast, in the order of whatever is told of them.
    pub targets: Vec<String>,
    /// Steps of a season.
    pub season: usize,
    /// Steps of the past.
    pub window: usize,
    /// Steps of the future.
    pub horizon: usize,
    /// What fits the targets, which stands where settings leave these three out, and why.
    pub suggested: Suggestion,
    /// Steps that the network reads at once.
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
    /// Bytes that the model takes in one worker, roughly.
    pub memory_bytes: u64,
    /// The same in parts.
    pub memory: Memory,
    /// How many workers can train it together within the memory that may be taken.
    pub workers: usize,
    /// Missing values of the columns it reads that were filled.
    pub filled: usize,
    /// What was cut, where training reads the series as one.
    pub truncated: Option<Cuts>,
    /// What is worth knowing: one sentence each.
    pub notes: Vec<String>,
    /// What the forecast is the weighted average of: one model, or several models and baselines. What else stands here is of the first
    /// model.
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

/// How many parameters there are, and where.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameters {
    /// All of them, with two bias vectors for each recurrent layer, as PyTorch has it.
    pub total: usize,
    /// With one bias vector, as papers count.
    pub total_one_bias: usize,
    /// How the total comes about.
    pub formula: String,
    /// Each by itself.
    pub rows: Vec<ParameterRow>,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterRow {
    /// Name in PyTorch's state dict.
    pub name: String,
    /// Shape in PyTorch.
    pub shape: Vec<usize>,
    /// Numbers in it.
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
