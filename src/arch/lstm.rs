//! The LSTM (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000); equations in [`crate::scan::lstm()`].

use crate::arch::plan::Plan;
use crate::arch::recurrent::{GateBias, Layer};
use crate::arch::stacked::HIDDEN;
use crate::grad::Var;
use crate::knob::Settings;
use crate::nn::block::last_step;
use crate::nn::{Block, Builder, Pass, State};
use crate::scan::{self, Walk};

#[derive(Debug)]
struct Lstm {
    layer: Layer,
    index: usize,
}

/// One layer; the gates' biases in the order i, f, g, o.
pub fn block(builder: &mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings) -> Box<dyn Block> {
    let bias = GateBias::from(settings, plan.tokens());
    let biases = [Some(bias.admit), Some(bias.keep), None, None];
    let layer = Layer::new(builder, index, inputs, settings.size(HIDDEN.key), &biases, settings);
    Box::new(Lstm { layer, index })
}

impl Block for Lstm {
    fn features(&self) -> usize {
        self.layer.hidden
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        let weights = self.layer.weights(pass);
        let out = scan::lstm(pass.tape, x, weights, state[0], state[1], Walk::forward(pass.batch));
        pass.probe(self.index, "hidden", out.hidden);
        let h = last_step(pass, out.hidden);
        let c = out.cell.map(|cell| {
            pass.probe(self.index, "cell", cell);
            last_step(pass, cell)
        });
        if let Some(gates) = out.gates {
            pass.probe(self.index, "gates", gates);
        }
        (out.hidden, [Some(h), c, None, None])
    }

    fn formula(&self) -> String {
        self.layer.formula()
    }
}
