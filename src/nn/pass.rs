//! One pass of a batch through a network: its tape, its dropout, and the inner values that it notes.

use crate::Real;
use crate::grad::{Tape, Var, ops};
use crate::nn::{Bounds, Clock, Flow, Layout, ParamId, Params, Probe, Probes};

/// One pass of a batch through a network.
#[derive(Debug)]
pub struct Pass<'a> {
    /// Where it is recorded.
    pub tape: &'a mut Tape,
    /// The network's parameters.
    pub params: &'a Params,
    /// Samples side by side.
    pub batch: usize,
    /// Seed, optimiser step and first sample of the batch, when training; `None`: evaluation, nothing is dropped out.
    pub training: Option<(u64, u64, u64)>,
    /// Number of the first step at hand within the whole sequence: decides what is dropped out, too.
    pub first_step: u64,
    /// Inner values, if they are wanted.
    pub probes: Option<Probes>,
    dropouts: u64,
}

impl<'a> Pass<'a> {
    /// A pass for evaluation.
    pub fn new(tape: &'a mut Tape, params: &'a Params, batch: usize) -> Self {
        Self { tape, params, batch, training: None, first_step: 0, probes: None, dropouts: 0 }
    }

    /// A pass for training: `seed` of the run, number of the optimiser step, and each sample's number within the step's
    /// whole batch decide what is dropped out; `first` is that of the first sample at hand.
    pub fn training(tape: &'a mut Tape, params: &'a Params, batch: usize, seed: u64, step: u64, first: u64) -> Self {
        Self { training: Some((seed, step, first)), ..Self::new(tape, params, batch) }
    }

    /// A parameter as a matrix on the tape.
    pub fn param(&mut self, id: ParamId) -> Var {
        self.params.on(self.tape, id)
    }

    /// What the next dropout of the network, or whatever else is left to chance in training, depends on; `None` when
    /// evaluating.
    pub fn next_key(&mut self) -> Option<ops::DropoutKey> {
        let layer = self.dropouts;
        self.dropouts += 1;
        let first_step = self.first_step;
        self.training.map(|(seed, step, first_sample)| ops::DropoutKey { seed, step, layer, first_sample, first_step })
    }

    /// Dropout, in training alone.
    pub fn dropout(&mut self, x: Var, rate: Real) -> Var {
        let key = self.next_key();
        self.dropout_by(x, rate, key, 0)
    }

    /// Dropout by a key of [`Pass::next_key`] on the stretch of a sequence at hand that begins at `first_step`: stretch by stretch
    /// the same as all at once.
    pub fn dropout_by(&mut self, x: Var, rate: Real, key: Option<ops::DropoutKey>, first_step: u64) -> Var {
        match key {
            Some(key) if rate > 0.0 => ops::dropout(
                self.tape,
                x,
                rate,
                ops::DropoutKey { first_step: key.first_step + first_step, ..key },
                self.batch,
            ),
            _ => x,
        }
    }

    /// The same with inner values noted, and the gradient at every step kept.
    #[must_use]
    pub fn inside(mut self) -> Self {
        self.tape.watch(true);
        self.probes = Some(Probes::default());
        self
    }
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
