//! Shared code of the recurrent layers: parameters with PyTorch's names, shapes and initial values.

use crate::grad::{Var, ops};
use crate::knob::{Group, Knob, Settings, choices};
use crate::nn::block::last_step;
use crate::nn::{Builder, Init, ParamId, Pass};
use crate::scan::Weights;

choices! {
    /// Initial recurrent matrix.
    pub enum RecurrentInit {
        Uniform("uniform", "uniform", "Uniform in ±1/√hidden, as in PyTorch: signals fade within a few steps."),
        Orthogonal("orthogonal", "orthogonal",
            "A random rotation: signals neither fade nor grow at first (Saxe et al. 2014)."),
        Identity("identity", "identity", "Each unit starts by keeping its own value (Le et al. 2015)."),
    }
}

/// Initial recurrent matrix.
pub const RECURRENT_INIT: Knob<RecurrentInit> =
    Knob::choice(Group::Initialisation, "recurrent_init", "Recurrent matrix", "uniform")
        .help("How the matrix from state to state is initialised. It decides how fast signals fade or grow over time.");

choices! {
    /// Initial bias of the gate that keeps the state.
    pub enum ForgetBias {
        Zero("0", "0", "Half is forgotten at each step, at first."),
        One("1", "1", "27 % is forgotten at each step, at first (Jozefowicz et al. 2015)."),
        Three("3", "3", "5 % is forgotten at each step, at first."),
        Chrono("chrono", "chrono", "Units with memories of all lengths up to the window (Tallec and Ollivier 2018)."),
    }
}

/// Initial bias of the gate that keeps the state.
pub const FORGET_BIAS: Knob<ForgetBias> = Knob::choice(Group::Initialisation, "forget_bias", "Forget bias", "1")
    .help("Initial bias of the gate that keeps the state. A higher bias gives a longer memory at first.")
    .source("Gers et al. 2000; Jozefowicz et al. 2015");

/// Factor on all random initial weights.
pub const INIT_SCALE: Knob<f64> =
    Knob::number(Group::Initialisation, "init_scale", "Scale of initial weights", 0.01..=10.0, 1.0)
        .log()
        .help("Multiplies all random initial weights. Usual: 1. Larger weights make gradients grow.")
        .unit("×");

/// The step of a sequence `[rows × (steps · batch)]` that was computed last: the end, or the beginning in `reverse`.
pub fn computed_last(pass: &mut Pass<'_>, sequence: Var, reverse: bool) -> Var {
    if reverse { ops::slice_columns(pass.tape, sequence, 0, pass.batch) } else { last_step(pass, sequence) }
}

/// Initial biases of the gate that keeps the state, and of the input gate.
#[derive(Debug, Clone, Copy)]
pub struct GateBias {
    /// For the gate that keeps the state.
    pub keep: Init,
    /// For the input gate, where there is one.
    pub input: Init,
}

impl GateBias {
    /// The biases of the knob [`FORGET_BIAS`]; `steps` is the longest memory wanted.
    pub fn from(settings: &Settings, steps: usize) -> Self {
        let constant = |bias: f64| Self { keep: Init::Constant(bias), input: Init::Zero };
        match settings.get(&FORGET_BIAS) {
            ForgetBias::Zero => constant(0.0),
            ForgetBias::One => constant(1.0),
            ForgetBias::Three => constant(3.0),
            ForgetBias::Chrono => {
                let steps = steps as f64;
                Self { keep: Init::Chrono { steps, sign: 1.0 }, input: Init::Chrono { steps, sign: -1.0 } }
            }
        }
    }
}

/// The same for a gate that keeps the state at its lower end.
pub fn negative(init: Init) -> Init {
    match init {
        Init::Constant(value) => Init::Constant(-value),
        Init::Chrono { steps, sign } => Init::Chrono { steps, sign: -sign },
        other => other,
    }
}

/// The four parameters of one recurrent layer.
#[derive(Debug, Clone, Copy)]
pub struct Layer {
    w_ih: ParamId,
    w_hh: ParamId,
    b_ih: ParamId,
    b_hh: ParamId,
    /// Size of the state.
    pub hidden: usize,
}

impl Layer {
    /// Adds layer `index`, or its `reverse` direction, with a gate for each of `biases`; `b_ih[k]` is the initial bias of gate `k`
    /// where it is not PyTorch's.
    pub fn new(
        builder: &mut Builder,
        index: usize,
        inputs: usize,
        hidden: usize,
        biases: &[Option<Init>],
        settings: &Settings,
        reverse: bool,
    ) -> Self {
        let gates = biases.len();
        let direction = if reverse { "_reverse" } else { "" };
        // The range of torch.nn.RNN, LSTM and GRU for all parameters.
        let uniform = Init::Uniform(1.0 / libm::sqrt(hidden as f64));
        let recurrent = match settings.get(&RECURRENT_INIT) {
            RecurrentInit::Uniform => uniform,
            RecurrentInit::Orthogonal => Init::Orthogonal,
            RecurrentInit::Identity => Init::Identity,
        };
        let named = |part: &str| format!("rnn.{part}_l{index}{direction}");
        let w_ih = builder.matrix(named("weight_ih"), gates * hidden, inputs, uniform);
        let w_hh = builder.stacked(named("weight_hh"), hidden, &vec![(hidden, recurrent); gates]);
        let first: Vec<(usize, Init)> = biases.iter().map(|bias| (hidden, bias.unwrap_or(uniform))).collect();
        // Where a gate's bias is given, the second vector is zero, since the two are added.
        let second: Vec<(usize, Init)> =
            biases.iter().map(|bias| (hidden, if bias.is_some() { Init::Zero } else { uniform })).collect();
        let b_ih = builder.vector(named("bias_ih"), &first, false);
        let b_hh = builder.vector(named("bias_hh"), &second, true);
        Self { w_ih, w_hh, b_ih, b_hh, hidden }
    }

    /// The parameters on the tape.
    pub fn weights(&self, pass: &mut Pass<'_>) -> Weights {
        Weights {
            w_ih: pass.param(self.w_ih),
            w_hh: pass.param(self.w_hh),
            b_ih: pass.param(self.b_ih),
            b_hh: pass.param(self.b_hh),
        }
    }
}
