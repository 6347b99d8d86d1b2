//! minGRU and minLSTM (Feng et al. 2024); equations in [`crate::scan::minimal()`].

use crate::arch::plan::Plan;
use crate::arch::recurrent::{GateBias, computed_last, negative};
use crate::arch::stacked::HIDDEN;
use crate::grad::{Var, ops};
use crate::knob::{Group, Knob, Settings, choices};
use crate::nn::{Block, Bounds, Builder, Extent, Flow, Init, ParamId, Pass, State};
use crate::scan::{self, Minimal};

choices! {
    /// The method of summing over time.
    pub enum Scan {
        Sequential("sequential", "step by step",
            "The least arithmetic: fastest on one processor core."),
        Parallel("parallel", "parallel prefix scan",
            "A tree with twice the arithmetic: fast where thousands of cores share the work."),
    }
}

/// The method of summing over time.
pub const SCAN: Knob<Scan> = Knob::choice(Group::Training, "scan", "Scan", "sequential")
    .help("How the states of all steps are computed. Both ways give the same numbers, up to rounding.")
    .source("Feng et al. 2024; Blelloch 1990");

choices! {
    /// The candidate of the state.
    pub enum Candidate {
        Linear("linear", "linear", "A linear map of the input (sections 3.1 and 3.2)."),
        Positive("positive", "positive",
            "A function that keeps the candidate, and so the state, above zero (appendix B.3)."),
    }
}

/// The candidate of the state.
pub const CANDIDATE: Knob<Candidate> = Knob::choice(Group::Model, "candidate", "Candidate", "linear")
    .help("How each step computes its candidate for the state.")
    .source("Feng et al. 2024");

#[derive(Debug)]
struct Layer {
    form: Minimal,
    index: usize,
    weight: ParamId,
    bias: ParamId,
    hidden: usize,
}

fn form(settings: &Settings, lstm: bool) -> Minimal {
    Minimal {
        lstm,
        positive: settings.get(&CANDIDATE) == Candidate::Positive,
        parallel: settings.get(&SCAN) == Scan::Parallel,
    }
}

/// A layer of the minGRU: gates in the order z, h̃.
pub fn gru(builder: &mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings) -> Box<dyn Block> {
    let keep = GateBias::from(settings, plan.tokens()).keep;
    layer(builder, index, inputs, settings, form(settings, false), &[negative(keep)])
}

/// A layer of the minLSTM: gates in the order f, i, h̃.
pub fn lstm(builder: &mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings) -> Box<dyn Block> {
    let bias = GateBias::from(settings, plan.tokens());
    layer(builder, index, inputs, settings, form(settings, true), &[bias.keep, bias.input])
}

fn layer(
    builder: &mut Builder,
    index: usize,
    inputs: usize,
    settings: &Settings,
    form: Minimal,
    gates: &[Init],
) -> Box<dyn Block> {
    let hidden = settings.get(&HIDDEN);
    let uniform = Init::Uniform(1.0 / libm::sqrt(inputs as f64));
    let weight = builder.matrix(format!("rnn.weight_ih_l{index}"), form.gates() * hidden, inputs, uniform);
    let biases: Vec<(usize, Init)> = gates.iter().chain([&uniform]).map(|init| (hidden, *init)).collect();
    let bias = builder.vector(format!("rnn.bias_ih_l{index}"), &biases, false);
    Box::new(Layer { form, index, weight, bias, hidden })
}

impl Layer {
    /// Gates and candidate, which the scan does not keep, from the pre-activations: only for a viewer.
    fn probe_gates(&self, pass: &mut Pass<'_>, z: Var) {
        if pass.probes.is_none() {
            return;
        }
        let names: &[&'static str] = if self.form.lstm { &["forget gate", "input gate"] } else { &["update gate"] };
        for (k, name) in names.iter().enumerate() {
            let rows = ops::slice_rows(pass.tape, z, k * self.hidden, self.hidden);
            let gate = ops::sigmoid(pass.tape, rows);
            pass.probe(self.index, name, Bounds::Unit, gate);
        }
        let mut candidate = ops::slice_rows(pass.tape, z, names.len() * self.hidden, self.hidden);
        if self.form.positive {
            let above = ops::relu(pass.tape, candidate);
            let below = ops::sub(pass.tape, candidate, above);
            let below = ops::sigmoid(pass.tape, below);
            candidate = ops::add(pass.tape, above, below);
        }
        let bounds = if self.form.positive { Bounds::Positive } else { Bounds::Free };
        pass.probe(self.index, "candidate", bounds, candidate);
    }
}

impl Block for Layer {
    fn features(&self) -> usize {
        self.hidden
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        let (weight, bias) = (pass.param(self.weight), pass.param(self.bias));
        let z = ops::linear(pass.tape, weight, x, Some(bias));
        let out = scan::minimal(pass.tape, z, state[0], self.form, pass.batch);
        pass.probe_flow(self.index, "hidden state", Bounds::Free, Flow::Carried, out.hidden);
        if let Some(kept) = out.gates {
            pass.probe(self.index, "share kept", Bounds::Unit, kept);
        }
        self.probe_gates(pass, z);
        let h = computed_last(pass, out.hidden, false);
        (out.hidden, [Some(h), None, None, None])
    }

    fn keeps(&self, _: u64, extent: Extent) -> u64 {
        // Pre-activations and states, with gradients, and kept values.
        let rows = extent.copies() * (self.form.gates() as u64 + 1) + 1;
        rows * self.hidden as u64 * extent.steps
    }
}
