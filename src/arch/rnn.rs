//! The vanilla RNN: `h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)` (Elman 1990); see [`crate::scan::rnn()`].

use crate::arch::plan::Plan;
use crate::arch::recurrent::{Layer, computed_last};
use crate::arch::stacked::HIDDEN;
use crate::grad::Var;
use crate::knob::Settings;
use crate::nn::{Block, Bounds, Builder, Extent, Flow, Pass, State};
use crate::scan::{self, Walk};

#[derive(Debug)]
struct Rnn {
    layer: Layer,
    index: usize,
    reverse: bool,
}

/// One layer.
pub fn block(builder: &mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings) -> Box<dyn Block> {
    directed(builder, index, inputs, plan, settings, false)
}

/// The same in one direction.
pub fn directed(
    builder: &mut Builder,
    index: usize,
    inputs: usize,
    _plan: &Plan,
    settings: &Settings,
    reverse: bool,
) -> Box<dyn Block> {
    let layer = Layer::new(builder, index, inputs, settings.get(&HIDDEN), &[None], settings, reverse);
    Box::new(Rnn { layer, index, reverse })
}

impl Block for Rnn {
    fn features(&self) -> usize {
        self.layer.hidden
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        let weights = self.layer.weights(pass);
        let out = scan::rnn(pass.tape, x, weights, state[0], Walk { batch: pass.batch, reverse: self.reverse });
        pass.probe_flow(self.index, "hidden state", Bounds::Signed, Flow::Carried, out.hidden);
        pass.probe_matrices(self.index, &["state to state"], weights.w_hh);
        let h = computed_last(pass, out.hidden, self.reverse);
        (out.hidden, [Some(h), None, None, None])
    }

    fn keeps(&self, rows: u64, extent: Extent) -> u64 {
        // States, with gradients where each step's is read.
        let copies = if extent.every { extent.copies() } else { 1 };
        rows / 2 * copies * extent.steps
    }
}
