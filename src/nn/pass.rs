//! One pass of a batch through a network: its tape, its dropout, and the probes it notes.

use crate::Real;
use crate::grad::{Tape, Var, ops};
use crate::nn::{Bounds, Clock, Flow, Layout, ParamId, Params, Probe, Probes};

/// One pass of a batch through a network.
#[derive(Debug)]
pub struct Pass<'a> {
    /// The tape of its operations.
    pub tape: &'a mut Tape,
    /// The network's parameters.
    pub params: &'a Params,
    /// Number of samples.
    pub batch: usize,
    /// Seed, optimiser step and first sample of the batch in training; `None` in evaluation, without dropout.
    pub training: Option<(u64, u64, u64)>,
    /// Number of the first present step within the whole sequence, for dropout.
    pub first_step: u64,
    /// Inner values, if they are requested.
    pub probes: Option<Probes>,
    dropouts: u64,
}

impl<'a> Pass<'a> {
    /// A pass for evaluation.
    pub fn new(tape: &'a mut Tape, params: &'a Params, batch: usize) -> Self {
        Self { tape, params, batch, training: None, first_step: 0, probes: None, dropouts: 0 }
    }

    /// A pass for training. Dropout depends on `seed` of the run, the number of the optimiser step, and each sample's number within
    /// the step's whole batch; `first` is that of the first present sample.
    pub fn training(tape: &'a mut Tape, params: &'a Params, batch: usize, seed: u64, step: u64, first: u64) -> Self {
        Self { training: Some((seed, step, first)), ..Self::new(tape, params, batch) }
    }

    /// A parameter as a matrix on the tape.
    pub fn param(&mut self, id: ParamId) -> Var {
        self.params.on(self.tape, id)
    }

    /// The key of the network's next dropout or other random choice in training; `None` in evaluation.
    pub fn next_key(&mut self) -> Option<ops::DropoutKey> {
        let layer = self.dropouts;
        self.dropouts += 1;
        let first_step = self.first_step;
        self.training.map(|(seed, step, first_sample)| ops::DropoutKey { seed, step, layer, first_sample, first_step })
    }

    /// Dropout, only in training.
    pub fn dropout(&mut self, x: Var, rate: Real) -> Var {
        let key = self.next_key();
        self.dropout_by(x, rate, key, 0)
    }

    /// Dropout by a key of [`Pass::next_key`] on the stretch of a sequence that begins at `first_step`: the same for stretches as
    /// for the whole.
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

    /// Notes an inner value whose rows each belong to a `row` instead of a unit: `[rows × (steps · batch)]`.
    pub fn probe_rows(&mut self, layer: usize, name: &'static str, row: &'static str, bounds: Bounds, var: Var) {
        self.note(layer, name, var, |probe| (probe.bounds, probe.row) = (bounds, row));
    }

    /// Notes an inner value with a gradient for display: a state for the next step, or an input of the next layer.
    pub fn probe_flow(&mut self, layer: usize, name: &'static str, bounds: Bounds, flow: Flow, var: Var) {
        self.note(layer, name, var, |probe| (probe.bounds, probe.flow) = (bounds, flow));
    }

    /// Notes values of equally many rows, stacked in one matrix: gates.
    pub fn probe_gates(&mut self, layer: usize, gates: &[(&'static str, Bounds)], var: Var) {
        let units = self.tape.shape(var).0 / gates.len().max(1);
        for (k, (name, bounds)) in gates.iter().enumerate() {
            self.note(layer, name, var, |probe| {
                (probe.bounds, probe.rows) = (*bounds, k * units..(k + 1) * units);
            });
        }
    }

    /// Notes the attention of each of `heads` heads, `[(heads · keys) × (steps · batch)]`, to the steps of `keys`, or of the same
    /// sequence.
    pub fn probe_looks(&mut self, layer: usize, heads: usize, keys: Option<Clock>, var: Var) {
        let rows = self.tape.shape(var).0 / heads;
        // Attention to steps before the first of these starts at the beginning of the window.
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

    /// Notes stacked matrices from state to state, `[units × units]` each.
    pub fn probe_matrices(&mut self, layer: usize, names: &[&'static str], var: Var) {
        self.probe_head_matrices(layer, names, 1, var);
    }

    /// The same for each of `heads` heads, stacked.
    pub fn probe_head_matrices(&mut self, layer: usize, names: &[&'static str], heads: usize, var: Var) {
        let units = self.tape.shape(var).0 / (names.len() * heads).max(1);
        for (k, name) in names.iter().cycle().take(names.len() * heads).enumerate() {
            self.note(layer, name, var, |probe| {
                probe.head = (heads > 1).then_some(k / names.len());
                (probe.layout, probe.rows) = (Layout::Weights, k * units..(k + 1) * units);
            });
        }
    }

    /// Notes the network's input, `[(stride · features) × (columns · samples)]`, and requests its gradient; `clock` sets the times
    /// of all later notes.
    pub fn probe_input(&mut self, clock: Clock, var: Var) {
        let Some(probes) = &mut self.probes else { return };
        probes.clock = Some(clock);
        self.tape.want(var);
        self.note(0, "values read", var, |probe| (probe.layout, probe.flow) = (Layout::Stacked, Flow::Carried));
    }

    /// Sets the part of the network for all later notes, and their times if they differ.
    pub fn probe_part(&mut self, part: &'static str, clock: Option<Clock>) {
        if let Some(probes) = &mut self.probes {
            (probes.part, probes.clock) = (part, clock.or(probes.clock));
        }
    }

    /// Runs `work` with its notes marked as a layer that reads the window from its end.
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
