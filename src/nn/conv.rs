//! The short causal depthwise convolution.

use crate::grad::{Var, ops};
use crate::nn::{Builder, Init, ParamId, Pass};

/// `y_t = b + Σₖ w_k ∘ x_{t−K+1+k}`, as `torch.nn.Conv1d(groups=features)` on a sequence with K − 1 steps prepended: `w`
/// `[features × K]`, `b` `[features]`.
#[derive(Debug, Clone, Copy)]
pub struct CausalConv {
    kernel: ParamId,
    bias: ParamId,
    features: usize,
    width: usize,
}

impl CausalConv {
    /// With PyTorch's initial values, uniform in `±1/√K`.
    pub fn new(builder: &mut Builder, name: &str, features: usize, width: usize) -> Self {
        let init = Init::Uniform(1.0 / libm::sqrt(width as f64));
        let kernel = builder.matrix(format!("{name}.weight"), features, width, init);
        let bias = builder.vector(format!("{name}.bias"), &[(features, init)], false);
        Self { kernel, bias, features, width }
    }

    /// `x` `[features × (steps · batch)]` after the K − 1 steps `past` (zeros if `None`) to the same shape, and the last
    /// K − 1 steps.
    pub fn forward(&self, pass: &mut Pass<'_>, x: Var, past: Option<Var>) -> (Var, Var) {
        let before = (self.width - 1) * pass.batch;
        let past = past.unwrap_or_else(|| pass.tape.filled(self.features, before, 0.0));
        let x = ops::concat_columns(pass.tape, past, x);
        let columns = pass.tape.shape(x).1;
        let window = ops::slice_columns(pass.tape, x, columns - before, before);
        let (kernel, bias) = (pass.param(self.kernel), pass.param(self.bias));
        (ops::depthwise(pass.tape, x, kernel, bias, pass.batch), window)
    }
}
