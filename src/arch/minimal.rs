//! minGRU and minLSTM (Feng et al. 2024); equations in [`crate::scan::minimal()`].

use crate::arch::plan::Plan;
use crate::arch::recurrent::{GateBias, computed_last, negative};
use crate::arch::stacked::HIDDEN;
use crate::grad::{Var, ops};
use crate::knob::{Choice, Default, Group, Kind, Knob, Settings};
use crate::nn::{Block, Builder, Init, ParamId, Pass, State};
use crate::scan::{self, Minimal};

/// How the sum over time is taken.
pub const SCAN: Knob = Knob {
    key: "scan",
    label: "Scan",
    help: "How the states of all steps are computed. Both ways give the same numbers but for rounding.",
    unit: "",
    source: "Feng et al. 2024; Blelloch 1990",
    group: Group::Training,
    kind: Kind::Choice {
        options: &[
            Choice {
                value: "sequential",
                label: "one step after the other",
                help: "The least arithmetic: the fastest way on one processor core.",
            },
            Choice {
                value: "parallel",
                label: "parallel prefix scan",
                help: "In a tree, twice the arithmetic: what makes these networks fast where thousands of cores share the work.",
            },
        ],
    },
    default: Default::Text("sequential"),
    basic: false,
    when: None,
};

/// What the state is made of.
pub const CANDIDATE: Knob = Knob {
    key: "candidate",
    label: "Candidate",
    help: "What each step offers to the state.",
    unit: "",
    source: "Feng et al. 2024",
    group: Group::Model,
    kind: Kind::Choice {
        options: &[
            Choice { value: "linear", label: "linear", help: "A linear map of the input (sections 3.1 and 3.2)." },
            Choice {
                value: "positive",
                label: "positive",
                help: "Bent so that it, and with it the state, stays above zero (appendix B.3).",
            },
        ],
    },
    default: Default::Text("linear"),
    basic: false,
    when: None,
};

#[derive(Debug)]
struct Layer {
    form: Minimal,
    index: usize,
    weight: ParamId,
    bias: ParamId,
    inputs: usize,
    hidden: usize,
}

fn form(settings: &Settings, lstm: bool) -> Minimal {
    Minimal {
        lstm,
        positive: settings.text(CANDIDATE.key) == "positive",
        parallel: settings.text(SCAN.key) == "parallel",
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
    layer(builder, index, inputs, settings, form(settings, true), &[bias.keep, bias.admit])
}

fn layer(
    builder: &mut Builder,
    index: usize,
    inputs: usize,
    settings: &Settings,
    form: Minimal,
    gates: &[Init],
) -> Box<dyn Block> {
    let hidden = settings.size(HIDDEN.key);
    let uniform = Init::Uniform(1.0 / libm::sqrt(inputs as f64));
    let weight = builder.matrix(format!("rnn.weight_ih_l{index}"), form.gates() * hidden, inputs, uniform);
    let biases: Vec<(usize, Init)> = gates.iter().chain([&uniform]).map(|init| (hidden, *init)).collect();
    let bias = builder.vector(format!("rnn.bias_ih_l{index}"), &biases, false);
    Box::new(Layer { form, index, weight, bias, inputs, hidden })
}

impl Block for Layer {
    fn features(&self) -> usize {
        self.hidden
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        let (weight, bias) = (pass.param(self.weight), pass.param(self.bias));
        let z = ops::linear(pass.tape, weight, x, Some(bias));
        let out = scan::minimal(pass.tape, z, state[0], self.form, pass.batch);
        pass.probe(self.index, "hidden", out.hidden);
        if let Some(gates) = out.gates {
            pass.probe(self.index, "gates", gates);
        }
        let h = computed_last(pass, out.hidden, false);
        (out.hidden, [Some(h), None, None, None])
    }

    fn formula(&self) -> String {
        format!("{}·{}·({} + 1)", self.form.gates(), self.hidden, self.inputs)
    }

    fn keeps_more(&self, _: usize) -> usize {
        // Pre-activations, what is kept, and states, all but the second with gradients, beside the matrix's rows.
        (self.form.gates() + 3) * self.hidden
    }
}
