//! A layer: a sequence and a state in, a sequence and a state out.

use crate::grad::{Var, ops};
use crate::nn::Pass;

/// The state that a block carries from one stretch of a sequence to the next: up to four matrices `[… × batch]`, `None` at the
/// start.
pub type State = [Option<Var>; 4];

/// A stretch of a sequence whose memory is estimated. All sizes are in 64 bits, since a requested model may need more memory than 32
/// bits address.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Its steps.
    pub steps: u64,
    /// Steps before it, whose state it starts from.
    pub before: u64,
    /// Whether the output of every step is read, or the last one's alone ([`Block::last_alone`]).
    pub every: bool,
    /// Whether it is a training step's, or a forecast's.
    pub trains: bool,
}

impl Extent {
    /// Number of copies of an operation's value: itself and its gradient, or itself.
    pub fn copies(self) -> u64 {
        1 + u64::from(self.trains)
    }
}

/// A layer from a sequence to a sequence: recurrent cells, attention and others.
///
/// Two stretches in sequence, the second from the first one's state, give the same as both in one; streaming is a sequence of
/// length one.
pub trait Block {
    /// Rows of the output.
    fn features(&self) -> usize;

    /// `x` `[inputs × (steps · batch)]` from `state` to the output `[features × (steps · batch)]` and the state after it.
    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State);

    /// The summary of the whole sequence, from the block's output: by default its last step.
    fn readout(&self, pass: &mut Pass<'_>, output: Var) -> Var {
        last_step(pass, output)
    }

    /// The summary of the sequence `x` and the state after it, for a layer whose output nothing else reads. A layer that can
    /// ([`Block::last_alone`]) leaves out the steps before the last, unless somebody looks at their inner values.
    fn summarise(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        let leaves_out = pass.probes.is_none() && pass.tape.shape(x).1 > pass.batch;
        let alone = if leaves_out { self.last_alone(pass, x, state) } else { None };
        alone.unwrap_or_else(|| {
            let (output, state) = self.forward(pass, x, state);
            (self.readout(pass, output), state)
        })
    }

    /// The output at the last step alone, `[features × batch]`, and the state after it: in less time than [`Block::forward`] takes.
    /// `None` where the layer is not summarised by its last step, or nothing can be left out.
    fn last_alone(&self, _pass: &mut Pass<'_>, _x: Var, _state: &State) -> Option<(Var, State)> {
        None
    }

    /// Number of values that a tape keeps of one sample, intermediate values and their gradients; `rows`: of the block's matrices.
    /// By default about as many as a scan keeps: an LSTM has gates, states and two gradients at each step (9 numbers a unit) for 8
    /// rows, a GRU 6 for 6; without gradients at most three quarters.
    fn keeps(&self, rows: u64, extent: Extent) -> u64 {
        rows * extent.steps * (2 + extent.copies()) / 4
    }

    /// Size of the state of one sample after so many steps, in numbers; `rows` as in [`Block::keeps`]. By default that of a recurrence,
    /// whose state is no larger than the values of one step.
    fn state(&self, rows: u64, _steps: u64) -> u64 {
        self.keeps(rows, Extent { steps: 1, before: 0, every: false, trains: false })
    }
}

// Structs with a trait object derive `Debug` through this; nothing prints a block.
impl std::fmt::Debug for dyn Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a block")
    }
}

/// `x` through stacked layers, from and to their states; `between` transforms each layer's output before the next, and gets the
/// index of the layer below.
pub fn through<'p>(
    pass: &mut Pass<'p>,
    blocks: &[Box<dyn Block>],
    mut x: Var,
    states: &mut [State],
    mut between: impl FnMut(&mut Pass<'p>, Var, usize) -> Var,
) -> Var {
    for (index, (block, state)) in blocks.iter().zip(states).enumerate() {
        if index > 0 {
            x = between(pass, x, index - 1);
        }
        (x, *state) = block.forward(pass, x, state);
    }
    x
}

/// The last step of a sequence `[rows × (steps · batch)]`, from which the next stretch starts.
pub fn last_step(pass: &mut Pass<'_>, sequence: Var) -> Var {
    let columns = pass.tape.shape(sequence).1;
    ops::slice_columns(pass.tape, sequence, columns - pass.batch, pass.batch)
}
