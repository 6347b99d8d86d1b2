//! The vanilla RNN: `h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)` (Elman 1990); see [`crate::scan::rnn()`].

use crate::arch::plan::Plan;
use crate::arch::recurrent::Layer;
use crate::arch::stacked::HIDDEN;
use crate::grad::Var;
use crate::knob::Settings;
use crate::nn::block::last_step;
use crate::nn::{Block, Builder, Pass, State};
use crate::scan::{self, Walk};

#[derive(Debug)]
struct Rnn {
    layer: Layer,
    index: usize,
}

/// One layer.
pub fn block(builder: &mut Builder, index: usize, inputs: usize, _plan: &Plan, settings: &Settings) -> Box<dyn Block> {
    let layer = Layer::new(builder, index, inputs, settings.size(HIDDEN.key), &[None], settings);
    Box::new(Rnn { layer, index })
}

impl Block for Rnn {
    fn features(&self) -> usize {
        self.layer.hidden
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        let weights = self.layer.weights(pass);
        let out = scan::rnn(pass.tape, x, weights, state[0], Walk::forward(pass.batch));
        pass.probe(self.index, "hidden", out.hidden);
        let h = last_step(pass, out.hidden);
        (out.hidden, [Some(h), None, None, None])
    }

    fn formula(&self) -> String {
        self.layer.formula()
    }
}
