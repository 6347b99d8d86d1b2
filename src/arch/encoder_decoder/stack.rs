//! Stacked recurrent layers, run over a sequence in one piece or in several.

use crate::Real;
use crate::arch::cells::Cell;
use crate::arch::plan::Plan;
use crate::arch::stacked::{HIDDEN, LAYERS, MOST_LAYERS};
use crate::grad::{Var, ops};
use crate::knob::Settings;
use crate::nn::block::through;
use crate::nn::{Block, Builder, Pass, State};

/// States of all layers.
pub type States = [State; MOST_LAYERS];

/// Keys of the dropouts between the layers, for all pieces of a sequence.
pub type Keys = [Option<ops::DropoutKey>; MOST_LAYERS];

/// Layers of one cell.
#[derive(Debug)]
pub struct Stack {
    blocks: Vec<Box<dyn Block>>,
    dropout: Real,
}

impl Stack {
    /// Layers of `cell` with `inputs` rows; `plan` has the number of steps that they run over.
    pub fn new(
        builder: &mut Builder,
        cell: Cell,
        inputs: usize,
        plan: &Plan,
        settings: &Settings,
        dropout: Real,
    ) -> Self {
        let (make, hidden) = (cell.make, settings.get(&HIDDEN));
        let layer =
            |index: usize| make(builder, index, if index == 0 { inputs } else { hidden }, plan, settings, false);
        Self { blocks: (0..settings.get(&LAYERS)).map(layer).collect(), dropout }
    }

    /// Number of layers.
    pub fn layers(&self) -> usize {
        self.blocks.len()
    }

    /// The hidden state of the last layer.
    pub fn top(&self, states: &States) -> Option<Var> {
        states[self.blocks.len() - 1][0]
    }

    /// Keys for one sequence.
    pub fn keys(&self, pass: &mut Pass<'_>) -> Keys {
        std::array::from_fn(|index| if index + 1 < self.blocks.len() { pass.next_key() } else { None })
    }

    /// Runs the piece `x` of a sequence, which begins at its step `first_step`, from and to `states`.
    pub fn forward(&self, pass: &mut Pass<'_>, x: Var, states: &mut States, keys: &Keys, first_step: u64) -> Var {
        through(pass, &self.blocks, x, states, |pass, x, below| {
            pass.dropout_by(x, self.dropout, keys[below], first_step)
        })
    }
}
