//! Layer norm, whole or in groups, and RMS norm with their parameters.

use crate::Real;
use crate::grad::{Var, ops};
use crate::nn::{Builder, Init, ParamId, Pass};

/// Added to the variance or the mean square before the square root: PyTorch's default.
const EPSILON: Real = 1e-5;

/// Normalises each column, with a learned factor for each row, and for the layer norm a learned shift.
#[derive(Debug, Clone, Copy)]
pub struct Norm {
    weight: ParamId,
    bias: Option<ParamId>,
    /// Number of parts of a column that are centred and normalised separately; 0: the RMS norm, which does not centre.
    groups: usize,
}

impl Norm {
    /// Layer norm (Ba et al. 2016), as `torch.nn.LayerNorm`: `name.weight` ones, `name.bias` zeros.
    pub fn layer(builder: &mut Builder, name: &str, rows: usize) -> Self {
        let weight = builder.vector(format!("{name}.weight"), &[(rows, Init::Constant(1.0))], false);
        let bias = builder.vector(format!("{name}.bias"), &[(rows, Init::Zero)], false);
        Self { weight, bias: Some(bias), groups: 1 }
    }

    /// RMS norm (Zhang and Sennrich 2019), as `torch.nn.RMSNorm`: `name.weight` ones.
    pub fn rms(builder: &mut Builder, name: &str, rows: usize) -> Self {
        let weight = builder.vector(format!("{name}.weight"), &[(rows, Init::Constant(1.0))], false);
        Self { weight, bias: None, groups: 0 }
    }

    /// Layer norm of each of `groups` equal parts of the rows separately, without a bias, as `torch.nn.GroupNorm` of a column:
    /// `name.weight` ones.
    pub fn groups(builder: &mut Builder, name: &str, rows: usize, groups: usize) -> Self {
        Self { groups, ..Self::rms(builder, name, rows) }
    }

    /// Layer norm without a bias, as `torch.nn.LayerNorm(bias=False)`: `name.weight` ones.
    pub fn centred(builder: &mut Builder, name: &str, rows: usize) -> Self {
        Self::groups(builder, name, rows, 1)
    }

    /// `[rows × n]` to the same.
    pub fn forward(&self, pass: &mut Pass<'_>, x: Var) -> Var {
        let weight = pass.param(self.weight);
        match self.bias {
            Some(bias) => {
                let bias = pass.param(bias);
                ops::layer_norm(pass.tape, x, weight, bias, EPSILON)
            }
            None if self.groups == 0 => ops::rms_norm(pass.tape, x, weight, EPSILON),
            None => ops::group_norm(pass.tape, x, weight, self.groups, EPSILON),
        }
    }
}
