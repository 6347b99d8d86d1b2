//! Inner values worth seeing: what a network notes of itself while it runs, if anyone wants to know.
//!
//! A layer names its states, gates and attention weights; nobody else knows them. Where nothing is wanted
//! (`Pass::probes` is `None`, as in training), a note costs a comparison.

use std::ops::Range;

use serde::Serialize;

use crate::grad::Var;
use crate::nn::Pass;

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

/// What rows and columns of a probe are.
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

/// What the gradient of the loss with respect to a probe tells.
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
    /// What it is: `hidden state`, `forget gate`.
    pub name: &'static str,
    /// Which head, from 0, where there are several.
    pub head: Option<usize>,
    /// Whether the layer reads the window from its end.
    pub backwards: bool,
    /// Between which values it lies.
    pub bounds: Bounds,
    /// What rows and columns are.
    pub layout: Layout,
    /// What one of its rows belongs to: `unit`, `head`, `state`.
    pub row: &'static str,
    /// Where the columns stand in time.
    pub clock: Clock,
    /// What its gradient tells.
    pub flow: Flow,
    /// `[… × (steps · samples)]`, on the pass's tape.
    pub var: Var,
    /// Which of its rows.
    pub rows: Range<usize>,
}

/// What has been noted in a pass, and what holds for the next note.
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

impl Pass<'_> {
    fn note(&mut self, layer: usize, name: &'static str, var: Var, change: impl FnOnce(&mut Probe)) {
        let Some(probes) = &mut self.probes else { return };
        let mut probe = Probe {
            part: probes.part,
            layer,
            name,
            head: None,
            backwards: probes.backwards,
            bounds: Bounds::Free,
            layout: Layout::Steps,
            row: "unit",
            clock: probes.clock.unwrap_or(Clock { first: 0, stride: 1, samples: self.batch }),
            flow: Flow::None,
            var,
            rows: 0..self.tape.shape(var).0,
        };
        change(&mut probe);
        probes.all.push(probe);
    }

    /// Notes an inner value `[units × (steps · batch)]`.
    pub fn probe(&mut self, layer: usize, name: &'static str, bounds: Bounds, var: Var) {
        self.note(layer, name, var, |probe| probe.bounds = bounds);
    }

    /// Notes an inner value whose rows are not units, but belong to a `row` each: `[rows × (steps · batch)]`.
    pub fn probe_rows(&mut self, layer: usize, name: &'static str, row: &'static str, bounds: Bounds, var: Var) {
        self.note(layer, name, var, |probe| (probe.bounds, probe.row) = (bounds, row));
    }

    /// Notes an inner value with a gradient worth seeing: a state that the next step reads, or what the next layer reads.
    pub fn probe_flow(&mut self, layer: usize, name: &'static str, bounds: Bounds, flow: Flow, var: Var) {
        self.note(layer, name, var, |probe| (probe.bounds, probe.flow) = (bounds, flow));
    }

    /// Notes values that are stacked in one matrix, each with as many rows: gates.
    pub fn probe_gates(&mut self, layer: usize, gates: &[(&'static str, Bounds)], var: Var) {
        let units = self.tape.shape(var).0 / gates.len().max(1);
        for (k, (name, bounds)) in gates.iter().enumerate() {
            self.note(layer, name, var, |probe| {
                (probe.bounds, probe.rows) = (*bounds, k * units..(k + 1) * units);
            });
        }
    }

    /// Notes how each of `heads` heads looked at other steps, `[(heads · looked at) × (steps · batch)]`: at those of `keys`,
    /// or of the same sequence.
    pub fn probe_looks(&mut self, layer: usize, heads: usize, keys: Option<Clock>, var: Var) {
        let rows = self.tape.shape(var).0 / heads;
        // What came before the first of these steps was seen from the beginning of the window on.
        for head in 0..heads {
            self.note(layer, "attention", var, |probe| {
                let steps = probe.clock.first / probe.clock.stride;
                let own = Clock { first: probe.clock.first - steps * probe.clock.stride, ..probe.clock };
                probe.layout = Layout::Looks(keys.unwrap_or(own));
                probe.head = (heads > 1).then_some(head);
                (probe.bounds, probe.rows) = (Bounds::Unit, head * rows..(head + 1) * rows);
            });
        }
    }

    /// Notes matrices from state to state `[units × units]` that are stacked in one.
    pub fn probe_matrices(&mut self, layer: usize, names: &[&'static str], var: Var) {
        self.probe_head_matrices(layer, names, 1, var);
    }

    /// The same of each of `heads` heads, one below the other.
    pub fn probe_head_matrices(&mut self, layer: usize, names: &[&'static str], heads: usize, var: Var) {
        let units = self.tape.shape(var).0 / (names.len() * heads).max(1);
        for (k, name) in names.iter().cycle().take(names.len() * heads).enumerate() {
            self.note(layer, name, var, |probe| {
                probe.head = (heads > 1).then_some(k / names.len());
                (probe.layout, probe.rows) = (Layout::Weights, k * units..(k + 1) * units);
            });
        }
    }

    /// Notes what the network reads, `[(stride · features) × (columns · samples)]`, and makes its gradient wanted; the steps
    /// of all that is noted after it stand as this `clock` says.
    pub fn probe_input(&mut self, clock: Clock, var: Var) {
        let Some(probes) = &mut self.probes else { return };
        probes.clock = Some(clock);
        self.tape.want(var);
        self.note(0, "values read", var, |probe| (probe.layout, probe.flow) = (Layout::Stacked, Flow::Carried));
    }

    /// Says which part of the network all that follows belongs to, and where its steps stand if not as before.
    pub fn probe_part(&mut self, part: &'static str, clock: Option<Clock>) {
        if let Some(probes) = &mut self.probes {
            (probes.part, probes.clock) = (part, clock.or(probes.clock));
        }
    }

    /// Runs `work` with all its notes said to be of a layer that reads the window from its end.
    pub fn backwards<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        if let Some(probes) = &mut self.probes {
            probes.backwards = true;
        }
        let found = work(self);
        if let Some(probes) = &mut self.probes {
            probes.backwards = false;
        }
        found
    }
}
