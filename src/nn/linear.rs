//! The linear layer.

use std::ops::Range;

use crate::grad::{Var, ops};
use crate::nn::{Builder, Init, ParamId, Pass};

/// `y = W x + b`, as `torch.nn.Linear`: `W` `[out × in]`, `b` `[out]`.
#[derive(Debug, Clone, Copy)]
pub struct Linear {
    /// `[outputs × inputs]`.
    pub weight: ParamId,
    /// `[outputs × 1]`, if there is one.
    pub bias: Option<ParamId>,
    /// Rows of the input.
    pub inputs: usize,
    /// Rows of the output.
    pub outputs: usize,
}

impl Linear {
    /// With PyTorch's initial values, uniform in `±1/√inputs`.
    pub fn new(builder: &mut Builder, name: &str, inputs: usize, outputs: usize) -> Self {
        let init = Init::Uniform(1.0 / libm::sqrt(inputs as f64));
        Self::drawn(builder, name, inputs, outputs, (init, init))
    }

    /// With the given initial values of weight and bias.
    pub fn drawn(builder: &mut Builder, name: &str, inputs: usize, outputs: usize, (w, b): (Init, Init)) -> Self {
        let weight = builder.matrix(format!("{name}.weight"), outputs, inputs, w);
        let bias = builder.vector(format!("{name}.bias"), &[(outputs, b)], false);
        Self { weight, bias: Some(bias), inputs, outputs }
    }

    /// Without a bias.
    pub fn unbiased(builder: &mut Builder, name: &str, inputs: usize, outputs: usize, init: Init) -> Self {
        let weight = builder.matrix(format!("{name}.weight"), outputs, inputs, init);
        Self { weight, bias: None, inputs, outputs }
    }

    /// Without a bias, all zeros.
    pub fn zeros(builder: &mut Builder, name: &str, inputs: usize, outputs: usize) -> Self {
        Self::unbiased(builder, name, inputs, outputs, Init::Zero)
    }

    /// All zeros, with a bias, and exempt from weight decay: for a map that is set and never trained.
    pub fn unset(builder: &mut Builder, name: &str, inputs: usize, outputs: usize) -> Self {
        builder.decaying(|_| false, |builder| Self::drawn(builder, name, inputs, outputs, (Init::Zero, Init::Zero)))
    }

    /// The same map with fixed parameters: no gradient reaches them.
    pub fn fixed(&self, pass: &mut Pass<'_>, x: Var) -> Var {
        let weight = pass.params.fixed_on(pass.tape, self.weight);
        let bias = self.bias.map(|bias| pass.params.fixed_on(pass.tape, bias));
        ops::linear(pass.tape, weight, x, bias)
    }

    /// The rows `rows` of the output alone: `[inputs × n]` to `[rows × n]`.
    pub fn forward_rows(&self, pass: &mut Pass<'_>, rows: Range<usize>, x: Var) -> Var {
        let mut part = |id| {
            let whole = pass.param(id);
            ops::slice_rows(pass.tape, whole, rows.start, rows.len())
        };
        let (weight, bias) = (part(self.weight), self.bias.map(&mut part));
        ops::linear(pass.tape, weight, x, bias)
    }

    /// `[inputs × n]` to `[outputs × n]`.
    pub fn forward(&self, pass: &mut Pass<'_>, x: Var) -> Var {
        let weight = pass.param(self.weight);
        let bias = self.bias.map(|bias| pass.param(bias));
        ops::linear(pass.tape, weight, x, bias)
    }
}
