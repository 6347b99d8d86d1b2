//! Reference implementations of the kernels, straight from their definitions, for tests of the fast ones.

use crate::Real;

/// `y = W x` or `y += W x`; `w` is `[rows × inner]`, `x` is `[inner × n]`, all column-major.
pub fn times(w: &[Real], rows: usize, inner: usize, x: &[Real], y: &mut [Real], accumulate: bool) {
    for (col, out) in y.chunks_exact_mut(rows).enumerate() {
        for (r, o) in out.iter_mut().enumerate() {
            let sum: Real = (0..inner).map(|k| w[k * rows + r] * x[col * inner + k]).sum();
            *o = if accumulate { *o + sum } else { sum };
        }
    }
}

/// `y = Wᵀ g` or `y += Wᵀ g`; `w` is `[rows × inner]`, `g` is `[rows × n]`, `y` is `[inner × n]`.
pub fn transposed_times(w: &[Real], rows: usize, inner: usize, g: &[Real], y: &mut [Real], accumulate: bool) {
    for (col, out) in y.chunks_exact_mut(inner).enumerate() {
        for (k, o) in out.iter_mut().enumerate() {
            let sum: Real = (0..rows).map(|r| w[k * rows + r] * g[col * rows + r]).sum();
            *o = if accumulate { *o + sum } else { sum };
        }
    }
}

/// `out += g xᵀ`; `g` is `[rows × n]`, `x` is `[cols × n]`, `out` is `[rows × cols]`.
pub fn outer(g: &[Real], rows: usize, x: &[Real], cols: usize, out: &mut [Real]) {
    for c in 0..cols {
        for r in 0..rows {
            let sum: Real = g.chunks_exact(rows).zip(x.chunks_exact(cols)).map(|(g, x)| g[r] * x[c]).sum();
            out[c * rows + r] += sum;
        }
    }
}

/// tanh from the maths library.
pub fn tanh(x: Real) -> Real {
    crate::narrow(libm::tanh(crate::wide(x)))
}

/// `1 / (1 + e⁻ˣ)` from the maths library.
pub fn sigmoid(x: Real) -> Real {
    crate::narrow(1.0 / (1.0 + libm::exp(-crate::wide(x))))
}
