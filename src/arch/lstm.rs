//! The LSTM (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000); equations in [`crate::scan::lstm()`].

use crate::arch::plan::Plan;
use crate::arch::recurrent::{GateBias, Layer, computed_last};
use crate::arch::stacked::HIDDEN;
use crate::grad::Var;
use crate::knob::Settings;
use crate::nn::{Block, Bounds, Builder, Flow, Pass, State};
use crate::scan::{self, Walk};

/// The gates as they are stacked, for probes, and the blocks of the recurrent matrix.
pub const GATES: &[(&str, Bounds)] = &[
    ("input gate", Bounds::Unit),
    ("forget gate", Bounds::Unit),
    ("candidate", Bounds::Signed),
    ("output gate", Bounds::Unit),
];
pub const MATRICES: &[&str] =
    &["state to input gate", "state to forget gate", "state to candidate", "state to output gate"];

#[derive(Debug)]
struct Lstm {
    layer: Layer,
    index: usize,
    reverse: bool,
}

/// One layer; the gates' biases in the order i, f, g, o.
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
    let bias = GateBias::from(settings, plan.tokens());
    let biases = [Some(bias.input), Some(bias.keep), None, None];
    let layer = Layer::new(builder, index, inputs, settings.get(&HIDDEN), &biases, settings, reverse);
    Box::new(Lstm { layer, index, reverse })
}

impl Block for Lstm {
    fn features(&self) -> usize {
        self.layer.hidden
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        let weights = self.layer.weights(pass);
        let out =
            scan::lstm(pass.tape, x, weights, state[0], state[1], Walk { batch: pass.batch, reverse: self.reverse });
        pass.probe_flow(self.index, "hidden state", Bounds::Signed, Flow::Carried, out.hidden);
        let h = computed_last(pass, out.hidden, self.reverse);
        let c = out.cell.map(|cell| {
            pass.probe_flow(self.index, "cell state", Bounds::Free, Flow::Carried, cell);
            computed_last(pass, cell, self.reverse)
        });
        if let Some(gates) = out.gates {
            pass.probe_gates(self.index, GATES, gates);
        }
        pass.probe_matrices(self.index, MATRICES, weights.w_hh);
        (out.hidden, [Some(h), c, None, None])
    }
}
