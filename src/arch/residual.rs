//! Shared code of residual blocks: a stream as wide as the hidden size, to which every block adds.

use crate::arch::stacked::{HIDDEN, LAYERS};
use crate::grad::{Var, ops};
use crate::knob::Settings;
use crate::nn::block::last_step;
use crate::nn::{Bounds, Builder, CausalConv, Flow, Linear, Norm, Pass};

/// Beginning and end of a residual block.
#[derive(Debug)]
pub struct Stream {
    /// A map into the stream from an input of another width.
    enter: Option<Linear>,
    /// The norm after the last block of a stack, since a sum has no fixed size.
    norm: Option<Norm>,
    /// Rows of the stream.
    pub width: usize,
}

/// Makes the norm after the last block, with this name and number of rows.
pub type MakeNorm = fn(&mut Builder, &str, usize) -> Norm;

impl Stream {
    /// For block `index` of the stack, with `inputs` rows; `norm` names and makes the norm after the last block.
    pub fn new(
        builder: &mut Builder,
        index: usize,
        inputs: usize,
        settings: &Settings,
        (name, norm): (&str, MakeNorm),
    ) -> Self {
        let width = settings.get(&HIDDEN);
        let enter = (inputs != width).then(|| Linear::new(builder, &format!("layers.{index}.enter"), inputs, width));
        let last = index + 1 == settings.get(&LAYERS);
        Self { enter, norm: last.then(|| norm(builder, name, width)), width }
    }

    /// Into the stream: `[inputs × n]` to `[width × n]`.
    pub fn enter(&self, pass: &mut Pass<'_>, x: Var) -> Var {
        self.enter.map_or(x, |enter| enter.forward(pass, x))
    }

    /// Out of the stream.
    pub fn leave(&self, pass: &mut Pass<'_>, x: Var) -> Var {
        self.norm.map_or(x, |norm| norm.forward(pass, x))
    }

    /// The stream `x` plus the output of block `index`, out of the stream: `y` gated by `z`, through the map `down`.
    pub fn leave_gated(&self, pass: &mut Pass<'_>, index: usize, x: Var, (y, z, down): (Var, Var, &Linear)) -> Var {
        let gate = ops::silu(pass.tape, z);
        // Not the bounds of a gate: a SiLU has no upper bound and goes a little below 0.
        pass.probe(index, "factor of the output, SiLU(z)", Bounds::Free, gate);
        let gated = ops::mul(pass.tape, y, gate);
        let out = down.forward(pass, gated);
        let out = ops::add(pass.tape, x, out);
        let out = self.leave(pass, out);
        pass.probe_flow(index, "output", Bounds::Free, Flow::Output, out);
        out
    }
}

/// The two halves of a map into a wider space: one goes through a short convolution into the block, the other gates its output (Gu
/// and Dao 2023, figure 3; Beck et al. 2024).
#[derive(Debug, Clone, Copy)]
pub struct Branches {
    /// The first half.
    pub inner: Var,
    /// The same after convolution and SiLU.
    pub u: Var,
    /// The second half, at every step or the last.
    pub z: Var,
    /// The state of the convolution for the next stretch.
    pub window: Var,
}

impl Branches {
    /// The halves of `x`, through the map `up`; `past` is the `window` from the last stretch. Where the block's output is read at its `last`
    /// step alone, so is the gate.
    pub fn of(pass: &mut Pass<'_>, (up, conv): (&Linear, &CausalConv), x: Var, past: Option<Var>, last: bool) -> Self {
        let half = up.outputs / 2;
        let (inner, z) = if last {
            let end = last_step(pass, x);
            (up.forward_rows(pass, 0..half, x), up.forward_rows(pass, half..2 * half, end))
        } else {
            let both = up.forward(pass, x);
            (ops::slice_rows(pass.tape, both, 0, half), ops::slice_rows(pass.tape, both, half, half))
        };
        let (u, window) = conv.forward(pass, inner, past);
        Self { inner, u: ops::silu(pass.tape, u), z, window }
    }
}

/// A sequence, or its `last` step alone.
pub fn ending(pass: &mut Pass<'_>, sequence: Var, last: bool) -> Var {
    if last { last_step(pass, sequence) } else { sequence }
}
