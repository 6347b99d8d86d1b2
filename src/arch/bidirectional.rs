//! Two recurrent layers over the same window, one from its beginning and one from its end (Schuster and Paliwal 1997), as
//! `torch.nn.RNN`, `LSTM` and `GRU` with `bidirectional=True`.
//!
//! ```text
//! h→_t = cell(x_t, h→_{t−1})        t = 1 … L
//! h←_t = cell′(x_t, h←_{t+1})       t = L … 1
//! y_t  = [h→_t; h←_t]               input of the next layer, [2 hidden × batch]
//! y    = [h→_L; h←_1]               input of the head: each direction after the whole window
//! ```
//!
//! `cell` and `cell′` are the same kind of cell with separate weights; names of the second end in `_reverse`. The output at every
//! step depends on the whole window, so there is no state to continue from: such a layer does not stream, and cannot be trained to
//! forecast from earlier steps, which have already read the future.

use crate::arch::cells::Cell;
use crate::arch::plan::Plan;
use crate::arch::recurrent::computed_last;
use crate::grad::{Var, ops};
use crate::knob::{Group, Knob, Settings};
use crate::nn::{Block, Builder, Extent, Pass, State};

/// The cell of both directions.
pub const CELL: Knob<Cell> = Knob::choice(Group::Model, "bidirectional_cell", "Cell", "gru")
    .help("The recurrent cell for both directions. Each direction has its own weights.")
    .basic();

#[derive(Debug)]
struct Bidirectional {
    forward: Box<dyn Block>,
    reverse: Box<dyn Block>,
}

/// One layer, in both directions.
pub fn block(builder: &mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings) -> Box<dyn Block> {
    let make = settings.get(&CELL).make;
    let forward = make(builder, index, inputs, plan, settings, false);
    let reverse = make(builder, index, inputs, plan, settings, true);
    Box::new(Bidirectional { forward, reverse })
}

impl Block for Bidirectional {
    fn features(&self) -> usize {
        self.forward.features() + self.reverse.features()
    }

    /// A whole window, from an empty state.
    fn forward(&self, pass: &mut Pass<'_>, x: Var, _state: &State) -> (Var, State) {
        let (forward, _) = self.forward.forward(pass, x, &State::default());
        let (reverse, _) = pass.backwards(|pass| self.reverse.forward(pass, x, &State::default()));
        (ops::concat_rows(pass.tape, forward, reverse), State::default())
    }

    fn readout(&self, pass: &mut Pass<'_>, output: Var) -> Var {
        let (last, first) = (computed_last(pass, output, false), computed_last(pass, output, true));
        let above = self.forward.features();
        let forward = ops::slice_rows(pass.tape, last, 0, above);
        let reverse = ops::slice_rows(pass.tape, first, above, self.reverse.features());
        ops::concat_rows(pass.tape, forward, reverse)
    }

    fn keeps(&self, rows: u64, extent: Extent) -> u64 {
        // `rows` are those of both directions, whose outputs are stored once more, side by side.
        self.forward.keeps(rows, Extent { every: true, ..extent })
            + extent.copies() * self.features() as u64 * extent.steps
    }
}
