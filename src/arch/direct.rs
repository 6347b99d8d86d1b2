//! The whole horizon at once from the window: what turns a network of its own shape into a forecaster.

use std::ops::Range;

use crate::Real;
use crate::arch::Forecaster;
use crate::arch::input::{self, Levels};
use crate::arch::plan::{Normalise, Plan};
use crate::data::Batch;
use crate::grad::{Tape, Var, ops};
use crate::nn::{Clock, Pass};

/// Windows of one batch as a network sees them.
#[derive(Debug)]
pub struct Seen<'a> {
    /// Sizes and choices.
    pub plan: &'a Plan,
    /// The windows.
    pub batch: &'a Batch,
    /// The features that are forecast, one after the other. Column `channel · batch + sample`, counted from the first of
    /// them, is one channel of one window.
    pub channels: Range<usize>,
    levels: Levels,
}

impl<'a> Seen<'a> {
    fn of(tape: &mut Tape, plan: &'a Plan, batch: &'a Batch, channels: Range<usize>) -> Self {
        Self { plan, batch, channels, levels: Levels::of(tape, plan, batch) }
    }

    /// Channels times windows.
    pub fn columns(&self) -> usize {
        self.channels.len() * self.batch.size
    }

    /// Each channel by itself, in segments: `[segment × (tokens · channels · batch)]`.
    pub fn segments(&self, pass: &mut Pass<'_>) -> Var {
        let Plan { segment, .. } = *self.plan;
        let (first, columns) = (self.plan.skipped(), self.columns());
        let tape = &mut *pass.tape;
        let mut out = tape.buffer(segment * self.plan.tokens() * columns);
        for (k, token) in out.chunks_exact_mut(segment * columns).enumerate() {
            self.fill(token, segment, |feature, sample, row| {
                let value = self.batch.column(first + k * segment + row, sample)[feature];
                self.levels.centred(tape, feature, sample, value)
            });
        }
        let segments = tape.push(segment, self.plan.tokens() * columns, out, None);
        pass.probe_input(Clock { first, stride: segment, samples: columns }, segments);
        segments
    }

    /// All features of each window, step after step: `[(window · features) × batch]`, for a plan whose segment is the whole
    /// window.
    pub fn everything(&self, pass: &mut Pass<'_>) -> Var {
        debug_assert_eq!(self.plan.segment, self.plan.window, "the window is one token");
        input::tokens(pass, self.plan, self.batch, &self.levels, 0..1)
    }

    /// What should have been said, `[horizon × (channels · batch)]`, not divided by the spread.
    fn truth(&self, tape: &mut Tape) -> Var {
        let Plan { window, horizon, .. } = *self.plan;
        let mut out = tape.buffer(horizon * self.columns());
        self.fill(&mut out, horizon, |feature, sample, row| {
            self.batch.column(window + row, sample)[feature] - self.levels.at(tape, feature, sample).0
        });
        tape.push(horizon, self.columns(), out, None)
    }

    /// The spread of each channel and window, `[horizon × (channels · batch)]`.
    fn spread(&self, tape: &mut Tape) -> Var {
        let horizon = self.plan.horizon;
        let mut out = tape.buffer(horizon * self.columns());
        self.fill(&mut out, horizon, |feature, sample, _| self.levels.at(tape, feature, sample).1);
        tape.push(horizon, self.columns(), out, None)
    }

    /// Fills `out` `[rows × (channels · batch)]` with `value(feature, sample, row)`.
    fn fill(&self, out: &mut [Real], rows: usize, value: impl Fn(usize, usize, usize) -> Real) {
        for (column, out) in out.chunks_exact_mut(rows).enumerate() {
            let (feature, sample) = (self.channels.start + column / self.batch.size, column % self.batch.size);
            for (row, out) in out.iter_mut().enumerate() {
                *out = value(feature, sample, row);
            }
        }
    }
}

/// A network that gives the whole horizon at once.
pub trait Network: std::fmt::Debug {
    /// The forecast `[horizon × (channels · batch)]` as the network sees values.
    fn forward(&self, pass: &mut Pass<'_>, seen: &Seen<'_>) -> Var;

    /// How many parameters, as a sum of formulas.
    fn formula(&self) -> String;

    /// Whether one set of weights forecasts every feature of the data by itself, and learns from all of them.
    fn shared(&self) -> bool {
        false
    }
}

/// A [`Network`] as a forecaster.
#[derive(Debug)]
pub struct Direct<N> {
    plan: Plan,
    network: N,
}

impl<N: Network> Direct<N> {
    /// For windows as `plan` has them.
    pub fn new(plan: Plan, network: N) -> Self {
        Self { plan, network }
    }
}

impl<N: Network> Forecaster for Direct<N> {
    fn fit(&self, pass: &mut Pass<'_>, batch: &Batch) -> (Var, Var) {
        let plan = &self.plan;
        let channels = if self.network.shared() { 0..plan.data_features } else { plan.target..plan.target + 1 };
        let seen = Seen::of(pass.tape, plan, batch, channels);
        let mut out = self.network.forward(pass, &seen);
        if plan.normalise == Normalise::Window {
            let spread = seen.spread(pass.tape);
            out = ops::mul(pass.tape, out, spread);
        }
        (out, seen.truth(pass.tape))
    }

    fn forecast(&self, pass: &mut Pass<'_>, batch: &Batch, out: &mut [Real]) {
        let Plan { target, horizon, .. } = self.plan;
        let seen = Seen::of(pass.tape, &self.plan, batch, target..target + 1);
        let found = self.network.forward(pass, &seen);
        let columns = pass.tape.value(found).chunks_exact(horizon).zip(out.chunks_exact_mut(horizon));
        for (sample, (found, out)) in columns.enumerate() {
            let (shift, spread) = seen.levels.at(pass.tape, target, sample);
            out.iter_mut().zip(found).for_each(|(out, found)| *out = found * spread + shift);
        }
    }

    fn formula(&self) -> String {
        self.network.formula()
    }
}
