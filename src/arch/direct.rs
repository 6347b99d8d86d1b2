//! Networks that give the whole horizon at once, as forecasters.

use crate::Real;
use crate::arch::input;
use crate::arch::levels::Levels;
use crate::arch::plan::{Input, Plan, Skip};
use crate::arch::{Forecaster, Line};
use crate::data::Batch;
use crate::grad::{Tape, Var, ops};
use crate::nn::{Builder, Clock, Extent, Linear, Pass};

/// Windows of one batch as a network reads them.
#[derive(Debug)]
pub struct Seen<'a> {
    /// Sizes and choices.
    pub plan: &'a Plan,
    /// The windows.
    pub batch: &'a Batch,
    /// Number of channels, the first features, that are forecast.
    pub channels: usize,
    /// Whether a window's channels lie together; otherwise a channel's windows do.
    together: bool,
    levels: Levels,
}

impl<'a> Seen<'a> {
    fn of(tape: &mut Tape, plan: &'a Plan, batch: &'a Batch, channels: usize, together: bool) -> Self {
        Self { plan, batch, channels, together, levels: Levels::of(tape, plan, batch) }
    }

    /// Channels times windows.
    pub fn columns(&self) -> usize {
        self.channels * self.batch.size
    }

    /// Each channel separately, in segments: `[segment × (tokens · channels · batch)]`, for a network that forecasts single
    /// channels.
    pub fn segments(&self, pass: &mut Pass<'_>) -> Var {
        let segment = self.plan.segment();
        let (first, columns) = (self.plan.skipped(), self.columns());
        let tape = &mut *pass.tape;
        let mut out = tape.buffer(segment * self.plan.tokens() * columns);
        for (k, token) in out.chunks_exact_mut(segment * columns).enumerate() {
            self.fill(token, segment, |feature, sample, row| {
                let value = self.batch.column(first + k * segment + row, sample)[feature];
                self.levels.read(tape, k, feature, sample, value)
            });
        }
        let segments = tape.push(segment, self.plan.tokens() * columns, out, None);
        pass.probe_input(Clock { first, stride: segment, samples: columns }, segments);
        segments
    }

    /// All features of each window, step after step: `[(window · features) × batch]`, for a plan with the window as a whole.
    pub fn everything(&self, pass: &mut Pass<'_>) -> Var {
        debug_assert_eq!(self.plan.input, Input::Whole);
        input::tokens(pass, self.plan, self.batch, &self.levels, 0..1)
    }

    /// `out` plus the fixed `map` of each channel's whole window.
    fn add_line(&self, pass: &mut Pass<'_>, map: &Linear, out: Var) -> Var {
        let (window, columns) = (self.plan.window, self.columns());
        let tape = &mut *pass.tape;
        let mut windows = tape.buffer(window * columns);
        self.fill(&mut windows, window, |feature, sample, row| {
            self.levels.centred(tape, feature, sample, self.batch.column(row, sample)[feature])
        });
        let windows = tape.push(window, columns, windows, None);
        let straight = map.fixed(pass, windows);
        // In memory a window's channels already lie one after the other, as in the forecast of all targets together.
        let ((rows, columns), tape) = (pass.tape.shape(out), &mut *pass.tape);
        let mut shaped = tape.buffer(rows * columns);
        shaped.copy_from_slice(tape.value(straight));
        let shaped = tape.push(rows, columns, shaped, None);
        ops::add(tape, out, shaped)
    }

    /// The target values in the forecast's shape, not divided by the scale.
    fn truth(&self, tape: &mut Tape, (rows, columns): (usize, usize)) -> Var {
        let Plan { window, horizon, .. } = *self.plan;
        let mut out = tape.buffer(rows * columns);
        self.fill(&mut out, horizon, |feature, sample, row| {
            self.batch.column(window + row, sample)[feature] - self.levels.at(tape, feature, sample).0
        });
        tape.push(rows, columns, out, None)
    }

    /// The scale of each channel and window, in the forecast's shape.
    fn scale(&self, tape: &mut Tape, (rows, columns): (usize, usize)) -> Var {
        let mut out = tape.buffer(rows * columns);
        self.fill(&mut out, self.plan.horizon, |feature, sample, _| self.levels.at(tape, feature, sample).1);
        tape.push(rows, columns, out, None)
    }

    /// Channel and window of block number `index` of a forecast.
    fn place(&self, index: usize) -> (usize, usize) {
        if self.together {
            (index % self.channels, index / self.channels)
        } else {
            (index / self.batch.size, index % self.batch.size)
        }
    }

    /// Fills `out`, a block of `rows` numbers for each channel and window, with `value(feature, sample, row)`.
    fn fill(&self, out: &mut [Real], rows: usize, value: impl Fn(usize, usize, usize) -> Real) {
        for (index, out) in out.chunks_exact_mut(rows).enumerate() {
            let (feature, sample) = self.place(index);
            for (row, out) in out.iter_mut().enumerate() {
                *out = value(feature, sample, row);
            }
        }
    }
}

/// Scope of a network's forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All targets together, from all features: `[(targets · horizon) × batch]`.
    Together,
    /// Each target separately, with one set of weights that learns from all of them: `[horizon × (targets · batch)]`.
    Targets,
    /// Each feature of the data separately, with one set of weights that learns from all of them, targets or not:
    /// `[horizon × (channels · batch)]`.
    Features,
}

/// A network that gives the whole horizon at once.
pub trait Network {
    /// The centred forecast, in the shape of its scope.
    fn forward(&self, pass: &mut Pass<'_>, seen: &Seen<'_>) -> Var;

    /// Number of values that a training step keeps for each token and channel, beyond one for each row of its matrices.
    fn keeps_more(&self) -> usize {
        0
    }

    /// Its last layer, where that is linear and a line may be added to it.
    fn head(&self) -> Option<Linear> {
        None
    }

    /// The scope of its forecast.
    fn scope(&self) -> Scope;
}

// Structs with a trait object derive `Debug` through this; nothing prints a network.
impl std::fmt::Debug for dyn Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a network")
    }
}

/// A [`Network`] as a forecaster.
#[derive(Debug)]
pub struct Direct {
    plan: Plan,
    network: Box<dyn Network>,
    line: Option<Line>,
    /// Of all its matrices.
    rows: u64,
}

impl Direct {
    /// A forecaster for the windows of `plan`; `builder` has made the network's parameters.
    pub fn new(builder: &mut Builder, plan: Plan, network: impl Network + 'static) -> Self {
        let head = network.head().filter(|_| plan.skip() == Skip::Line);
        let line = head.map(|head| Line { map: Linear::unset(builder, "highway", plan.window, plan.horizon), head });
        Self { plan, network: Box::new(network), line, rows: builder.rows() }
    }

    fn forward(&self, pass: &mut Pass<'_>, seen: &Seen<'_>) -> Var {
        let out = self.network.forward(pass, seen);
        match &self.line {
            Some(line) => seen.add_line(pass, &line.map, out),
            None => out,
        }
    }

    fn seen<'a>(&'a self, tape: &mut Tape, batch: &'a Batch, channels: usize) -> Seen<'a> {
        Seen::of(tape, &self.plan, batch, channels, self.network.scope() == Scope::Together)
    }
}

impl Forecaster for Direct {
    fn fit(&self, pass: &mut Pass<'_>, batch: &Batch) -> (Var, Var) {
        let plan = &self.plan;
        let channels = if self.network.scope() == Scope::Features { plan.data_features } else { plan.targets };
        let seen = self.seen(pass.tape, batch, channels);
        let mut out = self.forward(pass, &seen);
        let shape = pass.tape.shape(out);
        if plan.rescales() {
            let scale = seen.scale(pass.tape, shape);
            out = ops::mul(pass.tape, out, scale);
        }
        (out, seen.truth(pass.tape, shape))
    }

    fn forecast(&self, pass: &mut Pass<'_>, batch: &Batch, out: &mut [Real]) {
        let Plan { targets, horizon, .. } = self.plan;
        let seen = self.seen(pass.tape, batch, targets);
        let found = self.forward(pass, &seen);
        for (index, found) in pass.tape.value(found).chunks_exact(horizon).enumerate() {
            let (target, sample) = seen.place(index);
            let (shift, scale) = seen.levels.at(pass.tape, target, sample);
            let out = &mut out[(sample * targets + target) * horizon..][..horizon];
            out.iter_mut().zip(found).for_each(|(out, found)| *out = found * scale + shift);
        }
    }

    fn line(&self) -> Option<Line> {
        self.line
    }

    fn keeps(&self, extent: Extent) -> u64 {
        // One set of weights is applied to each channel, and to the segments of the horizon behind those of the window.
        let plan = &self.plan;
        let ahead = match plan.input {
            Input::Whole => 0,
            Input::Segments(steps) => plan.horizon.div_ceil(steps) as u64,
        };
        let channels = match self.network.scope() {
            Scope::Together => 1,
            Scope::Targets => plan.targets,
            Scope::Features => plan.data_features,
        };
        // The forecast before and after it is scaled, with gradients, its scale and the truth.
        let found = 6 * (plan.horizon * channels.max(plan.targets)) as u64;
        // The whole windows for the line, and its forecast before and after it is added.
        let line = if self.line.is_some() { (plan.window + 4 * plan.horizon) * channels.max(plan.targets) } else { 0 };
        (extent.steps + ahead) * (self.rows + self.network.keeps_more() as u64) * channels as u64 + found + line as u64
    }
}
