//! The GRU in both of its forms (Cho et al. 2014; Chung et al. 2014); equations in [`crate::scan::gru()`] and
//! [`crate::scan::gru_reset_before()`].

use crate::arch::plan::Plan;
use crate::arch::recurrent::{GateBias, Layer, computed_last, negative};
use crate::arch::stacked::HIDDEN;
use crate::grad::Var;
use crate::knob::{Group, Knob, Settings, choices};
use crate::nn::{Block, Bounds, Builder, Flow, Pass, State};
use crate::scan::{self, Walk};

choices! {
    /// The place of the reset gate.
    pub enum ResetGate {
        After("after", "after the matrix product",
            "r ∘ (W h): PyTorch's and cuDNN's form; an update gate z near 1 keeps the state."),
        Before("before", "before the matrix product",
            "W (r ∘ h): the papers' form; an update gate z near 1 replaces the state (Chung et al. 2014)."),
    }
}

/// Which of the two forms.
pub const FORM: Knob<ResetGate> = Knob::choice(Group::Model, "gru_form", "Reset gate", "after")
    .help("Where the reset gate acts. The two forms also give the ends of the update gate opposite meanings.");

/// The gates as they are stacked, for probes, and the blocks of the recurrent matrix.
pub const GATES: &[(&str, Bounds)] =
    &[("reset gate", Bounds::Unit), ("update gate", Bounds::Unit), ("candidate", Bounds::Signed)];
pub const MATRICES: &[&str] = &["state to reset gate", "state to update gate", "state to candidate"];

#[derive(Debug)]
struct Gru {
    layer: Layer,
    index: usize,
    reverse: bool,
    reset_before: bool,
}

/// Whether the settings choose the papers' form.
pub fn resets_before(settings: &Settings) -> bool {
    settings.get(&FORM) == ResetGate::Before
}

/// One layer; the gates' biases in the order r, z, n.
pub fn block(builder: &mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings) -> Box<dyn Block> {
    directed(builder, index, inputs, plan, settings, false)
}

/// The same in one direction.
pub fn directed(
    builder: &mut Builder,
    index: usize,
    inputs: usize,
    plan: &Plan,
    settings: &Settings,
    reverse: bool,
) -> Box<dyn Block> {
    let reset_before = resets_before(settings);
    let bias = GateBias::from(settings, plan.tokens());
    // The update gate keeps at its upper end in PyTorch's form, and at its lower end in the papers'.
    let update = if reset_before { negative(bias.keep) } else { bias.keep };
    let biases = [None, Some(update), None];
    let layer = Layer::new(builder, index, inputs, settings.get(&HIDDEN), &biases, settings, reverse);
    Box::new(Gru { layer, index, reverse, reset_before })
}

impl Block for Gru {
    fn features(&self) -> usize {
        self.layer.hidden
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        let weights = self.layer.weights(pass);
        let run = if self.reset_before { scan::gru_reset_before } else { scan::gru };
        let out = run(pass.tape, x, weights, state[0], Walk { batch: pass.batch, reverse: self.reverse });
        pass.probe_flow(self.index, "hidden state", Bounds::Signed, Flow::Carried, out.hidden);
        if let Some(gates) = out.gates {
            pass.probe_gates(self.index, GATES, gates);
        }
        pass.probe_matrices(self.index, MATRICES, weights.w_hh);
        let h = computed_last(pass, out.hidden, self.reverse);
        (out.hidden, [Some(h), None, None, None])
    }
}
