//! Inner values that a network notes on request while it runs.
//!
//! A layer names its states, gates and attention weights; nothing else knows them. Without a request
//! ([`Pass::probes`](crate::nn::Pass::probes) is `None`, as in training), a note costs one comparison.

use std::ops::Range;

use serde::Serialize;

use crate::grad::Var;

/// Times of the columns of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Step of the window at the beginning of the first column; the horizon's steps continue the count.
    pub first: usize,
    /// Steps of the window in one column.
    pub stride: usize,
    /// Columns of each step.
    pub samples: usize,
}

/// Bounds of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bounds {
    /// Between 0 and 1: gates, weights with sum 1.
    Unit,
    /// Between −1 and 1.
    Signed,
    /// From 0 on.
    Positive,
    /// Unbounded.
    Free,
}

/// Meaning of a probe's rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A row for each unit, a column for each step and sample.
    Steps,
    /// The same, with a row for each step attended to, by its clock.
    Looks(Clock),
    /// A column holds the steps of its stride, stacked.
    Stacked,
    /// A matrix of weights, the same at all times.
    Weights,
}

/// Meaning of the loss's gradient with respect to a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Not shown.
    None,
    /// The effect of each step on the layers above.
    Output,
    /// The effect of each step on everything after it, since later steps read this one.
    Carried,
}

/// An inner value for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Part of the network, where it has several: `Encoder`.
    pub part: &'static str,
    /// Index of the layer.
    pub layer: usize,
    /// Name: `hidden state`, `forget gate`.
    pub name: &'static str,
    /// Index of the head, where there are several.
    pub head: Option<usize>,
    /// Whether the layer reads the window from its end.
    pub backwards: bool,
    /// Its bounds.
    pub bounds: Bounds,
    /// Meaning of rows and columns.
    pub layout: Layout,
    /// Owner of a row: `unit`, `head`, `state`.
    pub row: &'static str,
    /// Times of the columns.
    pub clock: Clock,
    /// Meaning of its gradient.
    pub flow: Flow,
    /// `[… × (steps · samples)]`, on the pass's tape.
    pub var: Var,
    /// Its rows of `var`.
    pub rows: Range<usize>,
}

/// The notes of a pass, and the attributes of the next one.
#[derive(Debug, Default)]
pub struct Probes {
    /// In the order of notes; a sequence computed in pieces is noted in pieces.
    pub all: Vec<Probe>,
    /// Present part of the network.
    pub part: &'static str,
    /// Whether it reads the window from its end.
    pub backwards: bool,
    /// Times of its steps; `None`: from the beginning, one by one.
    pub clock: Option<Clock>,
}
