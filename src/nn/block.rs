//! What a layer is: a sequence and a state in, a sequence and a state out.

use crate::Real;
use crate::grad::{Tape, Var, ops};
use crate::nn::{ParamId, Params, Probes};

/// What a block carries from one stretch of a sequence to the next: up to four matrices `[… × batch]`, `None` at the
/// start.
pub type State = [Option<Var>; 4];

/// One pass of a batch through a network.
#[derive(Debug)]
pub struct Pass<'a> {
    /// Where it is recorded.
    pub tape: &'a mut Tape,
    /// The network's parameters.
    pub params: &'a Params,
    /// Samples side by side.
    pub batch: usize,
    /// Seed, optimiser step and first sample of the batch, when training; `None`: evaluation, nothing is dropped out.
    pub training: Option<(u64, u64, u64)>,
    /// Number of the first step at hand within the whole sequence: decides what is dropped out, too.
    pub first_step: u64,
    /// Inner values, if they are wanted.
    pub probes: Option<Probes>,
    dropouts: u64,
}

impl<'a> Pass<'a> {
    /// A pass for evaluation.
    pub fn new(tape: &'a mut Tape, params: &'a Params, batch: usize) -> Self {
        Self { tape, params, batch, training: None, first_step: 0, probes: None, dropouts: 0 }
    }

    /// A pass for training: `seed` of the run, number of the optimiser step, and each sample's number within the step's
    /// whole batch decide what is dropped out; `first` is that of the first sample at hand.
    pub fn training(tape: &'a mut Tape, params: &'a Params, batch: usize, seed: u64, step: u64, first: u64) -> Self {
        Self { training: Some((seed, step, first)), ..Self::new(tape, params, batch) }
    }

    /// A parameter as a matrix on the tape.
    pub fn param(&mut self, id: ParamId) -> Var {
        self.params.on(self.tape, id)
    }

    /// What the next dropout of the network, or whatever else is left to chance in training, depends on; `None` when
    /// evaluating.
    pub fn next_key(&mut self) -> Option<ops::DropoutKey> {
        let layer = self.dropouts;
        self.dropouts += 1;
        let first_step = self.first_step;
        self.training.map(|(seed, step, first_sample)| ops::DropoutKey { seed, step, layer, first_sample, first_step })
    }

    /// Dropout, in training alone.
    pub fn dropout(&mut self, x: Var, rate: Real) -> Var {
        let key = self.next_key();
        self.dropout_by(x, rate, key, 0)
    }

    /// Dropout by a key of [`Pass::next_key`] on the stretch of a sequence at hand that begins at `first_step`: stretch by stretch
    /// the same as all at once.
    pub fn dropout_by(&mut self, x: Var, rate: Real, key: Option<ops::DropoutKey>, first_step: u64) -> Var {
        match key {
            Some(key) if rate > 0.0 => ops::dropout(
                self.tape,
                x,
                rate,
                ops::DropoutKey { first_step: key.first_step + first_step, ..key },
                self.batch,
            ),
            _ => x,
        }
    }

    /// The same with inner values noted, and the gradient at every step kept.
    #[must_use]
    pub fn inside(mut self) -> Self {
        self.tape.watch(true);
        self.probes = Some(Probes::default());
        self
    }
}

/// A layer over a sequence: recurrent cells, and whatever else takes a sequence to a sequence.
///
/// Running two stretches one after the other, the second from the state that the first left, gives the same as running
/// them as one; a sequence of length one is how a block streams.
pub trait Block {
    /// Rows of the output.
    fn features(&self) -> usize;

    /// `x` `[inputs × (steps · batch)]` from `state` to the output `[features × (steps · batch)]` and the state after it.
    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State);

    /// What stands for the whole sequence, from the block's output: its last step, unless something else knows more.
    fn readout(&self, pass: &mut Pass<'_>, output: Var) -> Var {
        last_step(pass, output)
    }

    /// How many parameters, as a formula.
    fn formula(&self) -> String;

    /// Numbers that a training step on sequences of `steps` steps keeps for each step and sample, beyond one for each row of
    /// the block's matrices: values and gradients of what it computes on the way.
    fn keeps_more(&self, steps: usize) -> usize {
        let _ = steps;
        0
    }

    /// Numbers that the state of one sample grows by with each step.
    fn state_grows_by(&self) -> usize {
        0
    }
}

// For what holds one. Not asked of each: nothing prints them, and their own forms would all be downloaded.
impl std::fmt::Debug for dyn Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a block")
    }
}

/// `x` through layers on top of each other, from and to their states; `between` is what happens to what one gives before the
/// next reads it, told the number of the one below.
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

/// The last step of a sequence `[rows × (steps · batch)]`, which the next stretch starts from.
pub fn last_step(pass: &mut Pass<'_>, sequence: Var) -> Var {
    let columns = pass.tape.shape(sequence).1;
    ops::slice_columns(pass.tape, sequence, columns - pass.batch, pass.batch)
}
