//! The linear layer.

use crate::grad::{Var, ops};
use crate::nn::{Builder, Init, ParamId, Pass};

/// `y = W x + b`, as `torch.nn.Linear`: `W` `[out × in]`, `b` `[out]`.
#[derive(Debug, Clone, Copy)]
pub struct Linear {
    weight: ParamId,
    bias: Option<ParamId>,
    /// Rows of the input.
    pub inputs: usize,
    /// Rows of the output.
    pub outputs: usize,
}

impl Linear {
    /// With PyTorch's initial values, uniform in `±1/√inputs`.
    pub fn new(builder: &mut Builder, name: &str, inputs: usize, outputs: usize) -> Self {
        let init = Init::Uniform(1.0 / libm::sqrt(inputs as f64));
        let weight = builder.matrix(format!("{name}.weight"), outputs, inputs, init);
        let bias = builder.vector(format!("{name}.bias"), &[(outputs, init)], false);
        Self { weight, bias: Some(bias), inputs, outputs }
    }

    /// The same without a bias.
    pub fn without_bias(builder: &mut Builder, name: &str, inputs: usize, outputs: usize) -> Self {
        let init = Init::Uniform(1.0 / libm::sqrt(inputs as f64));
        Self { weight: builder.matrix(format!("{name}.weight"), outputs, inputs, init), bias: None, inputs, outputs }
    }

    /// Without a bias, all zeros.
    pub fn zeros(builder: &mut Builder, name: &str, inputs: usize, outputs: usize) -> Self {
        let weight = builder.matrix(format!("{name}.weight"), outputs, inputs, Init::Zero);
        Self { weight, bias: None, inputs, outputs }
    }

    /// `[inputs × n]` to `[outputs × n]`.
    pub fn forward(&self, pass: &mut Pass<'_>, x: Var) -> Var {
        let weight = pass.param(self.weight);
        let bias = self.bias.map(|bias| pass.param(bias));
        ops::linear(pass.tape, weight, x, bias)
    }

    /// How many parameters, as a formula.
    pub fn formula(&self) -> String {
        match self.bias {
            Some(_) => format!("{}·({} + 1)", self.outputs, self.inputs),
            None => format!("{}·{}", self.outputs, self.inputs),
        }
    }
}
