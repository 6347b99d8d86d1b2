//! The feed-forward net with separate weights for each position of the window (Rumelhart et al. 1986; rectifiers: Glorot et al.
//! 2011), in contrast to a recurrent network's shared weights.
//!
//! ```text
//! a_0 = x
//! a_l = max(W_l a_{l−1} + b_l, 0)      l = 1 … layers
//! ŷ   = V a_layers + c
//!
//! x [(window · features) × 1]   all features, step after step    W_1 [hidden × (window · features)]
//! a_l [hidden × 1]              hidden layers                    W_l [hidden × hidden], b_l [hidden × 1]
//! ŷ [(targets · horizon) × 1]   the forecast                     V [(targets · horizon) × hidden], c of ŷ's size
//! ```

use crate::Real;
use crate::arch::Forecaster;
use crate::arch::direct::{Direct, Network, Scope, Seen};
use crate::arch::plan::Plan;
use crate::arch::stacked::{DROPOUT, HEAD_DROPOUT, HIDDEN, LAYERS};
use crate::grad::{Var, ops};
use crate::knob::Settings;
use crate::nn::{Bounds, Builder, Linear, Pass};

#[derive(Debug)]
struct Mlp {
    layers: Vec<Linear>,
    dropout: Real,
    head: Linear,
    head_dropout: Real,
}

/// The forecaster.
pub fn forecaster(builder: &mut Builder, plan: &Plan, settings: &Settings) -> Box<dyn Forecaster> {
    let hidden = settings.get(&HIDDEN);
    let layer = |index: usize| {
        let inputs = if index == 0 { plan.window * plan.features } else { hidden };
        Linear::new(builder, &format!("layers.{index}"), inputs, hidden)
    };
    let layers = (0..settings.get(&LAYERS)).map(layer).collect();
    let head = Linear::new(builder, "head", hidden, plan.targets * plan.horizon);
    let dropout = crate::narrow(settings.get(&DROPOUT));
    let head_dropout = crate::narrow(settings.get(&HEAD_DROPOUT));
    Box::new(Direct::new(builder, *plan, Mlp { layers, dropout, head, head_dropout }))
}

impl Network for Mlp {
    fn forward(&self, pass: &mut Pass<'_>, seen: &Seen<'_>) -> Var {
        let mut x = seen.everything(pass);
        for (index, layer) in self.layers.iter().enumerate() {
            if index > 0 {
                x = pass.dropout(x, self.dropout);
            }
            x = layer.forward(pass, x);
            x = ops::relu(pass.tape, x);
            pass.probe(index, "hidden units", Bounds::Positive, x);
        }
        let x = pass.dropout(x, self.head_dropout);
        self.head.forward(pass, x)
    }

    fn keeps_more(&self) -> usize {
        // Values before and behind the rectifier and behind the dropout, with gradients, beyond the matrix's rows.
        5 * self.layers.iter().map(|layer| layer.outputs).sum::<usize>()
    }

    fn head(&self) -> Option<Linear> {
        Some(self.head)
    }

    fn scope(&self) -> Scope {
        Scope::Together
    }
}
