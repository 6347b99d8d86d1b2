//! Inner values that a network notes on request while it runs.
//!
//! A layer names its states, gates and attention weights; nobody else knows them. Where nothing is wanted
//! ([`Pass::probes`](crate::nn::Pass::probes) is `None`, as in training), a note costs a comparison.

use std::ops::Range;

use serde::Serialize;

use crate::grad::Var;

/// Where the columns of a sequence stand in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Step of the window that the first column begins with; counted on into the horizon.
    pub first: usize,
    /// Steps of the window that one column stands for.
    pub stride: usize,
    /// Columns side by side at each step.
    pub samples: usize,
}

/// Between which values a probe lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bounds {
    /// Between 0 and 1: gates, weights that add up to 1.
    Unit,
    /// Between −1 and 1.
    Signed,
    /// From 0 on.
    Positive,
    /// Anywhere.
    Free,
}

/// Meaning of a probe's rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A row for each unit, a column for each step and sample.
    Steps,
    /// The same; a row for each step that is looked at, by its clock.
    Looks(Clock),
    /// A column holds the steps of its stride, one below the other.
    Stacked,
    /// A matrix of weights, which does not change with time.
    Weights,
}

/// Meaning of the loss's gradient with respect to a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Nothing that is worth seeing.
    None,
    /// How much the layers above depend on each step.
    Output,
    /// How much all that follows depends on each step: later steps read this one.
    Carried,
}

/// An inner value worth seeing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Which part of the network, where it has several: `Encoder`.
    pub part: &'static str,
    /// Which layer of it, from 0.
    pub layer: usize,
    /// Name: `hidden state`, `forget gate`.
    pub name: &'static str,
    /// Which head, from 0, where there are several.
    pub head: Option<usize>,
    /// Whether the layer reads the window from its end.
    pub backwards: bool,
    /// Between which values it lies.
    pub bounds: Bounds,
    /// Meaning of rows and columns.
    pub layout: Layout,
    /// Owner of a row: `unit`, `head`, `state`.
    pub row: &'static str,
    /// Where the columns stand in time.
    pub clock: Clock,
    /// Meaning of its gradient.
    pub flow: Flow,
    /// `[… × (steps · samples)]`, on the pass's tape.
    pub var: Var,
    /// Which of its rows.
    pub rows: Range<usize>,
}

/// The notes of a pass, and the place of the next one.
#[derive(Debug, Default)]
pub struct Probes {
    /// In the order in which they were noted; a sequence that is computed piece by piece is noted piece by piece.
    pub all: Vec<Probe>,
    /// Part of the network that runs now.
    pub part: &'static str,
    /// Whether it reads the window from its end.
    pub backwards: bool,
    /// Where its steps stand; `None`: at the beginning, one by one.
    pub clock: Option<Clock>,
}
