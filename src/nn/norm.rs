//! Layer norm and RMS norm with their parameters.

use crate::Real;
use crate::grad::{Var, ops};
use crate::nn::{Builder, Init, ParamId, Pass};

/// Added to the variance or the mean square before its root is taken: PyTorch's default.
const EPSILON: Real = 1e-5;

/// Normalises each column, with a learned factor for each row, and for the layer norm a learned shift.
#[derive(Debug, Clone, Copy)]
pub struct Norm {
    weight: ParamId,
    bias: Option<ParamId>,
    rows: usize,
}

impl Norm {
    /// Layer norm (Ba et al. 2016), as `torch.nn.LayerNorm`: `name.weight` ones, `name.bias` zeros.
    pub fn layer(builder: &mut Builder, name: &str, rows: usize) -> Self {
        let weight = builder.vector(format!("{name}.weight"), &[(rows, Init::Constant(1.0))], false);
        let bias = builder.vector(format!("{name}.bias"), &[(rows, Init::Zero)], false);
        Self { weight, bias: Some(bias), rows }
    }

    /// RMS norm (Zhang and Sennrich 2019), as `torch.nn.RMSNorm`: `name.weight` ones.
    pub fn rms(builder: &mut Builder, name: &str, rows: usize) -> Self {
        let weight = builder.vector(format!("{name}.weight"), &[(rows, Init::Constant(1.0))], false);
        Self { weight, bias: None, rows }
    }

    /// `[rows × n]` to the same.
    pub fn forward(&self, pass: &mut Pass<'_>, x: Var) -> Var {
        let weight = pass.param(self.weight);
        match self.bias {
            Some(bias) => {
                let bias = pass.param(bias);
                ops::layer_norm(pass.tape, x, weight, bias, EPSILON)
            }
            None => ops::rms_norm(pass.tape, x, weight, EPSILON),
        }
    }

    /// How many parameters, as a formula.
    pub fn formula(&self) -> String {
        if self.bias.is_some() { format!("2·{}", self.rows) } else { self.rows.to_string() }
    }
}
