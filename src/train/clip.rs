//! Clipping by the global norm (Pascanu et al. 2013), as `torch.nn.utils.clip_grad_norm_`.

use crate::Real;

/// Added to the norm in the division, as PyTorch does.
const EPSILON: f64 = 1e-6;

/// Euclidean norm over all gradients together.
pub fn global_norm(grads: &[Real]) -> f64 {
    // In f64, since squares of gradients around 1e-20 vanish in f32. Four parallel sums allow SIMD.
    let mut sums = [0.0_f64; 4];
    let chunks = grads.chunks_exact(4);
    let rest: f64 = chunks.remainder().iter().map(|&g| crate::wide(g) * crate::wide(g)).sum();
    for chunk in chunks {
        for (sum, &g) in sums.iter_mut().zip(chunk) {
            *sum += crate::wide(g) * crate::wide(g);
        }
    }
    libm::sqrt(sums.iter().sum::<f64>() + rest)
}

/// Scales `grads` down to a global norm of at most `limit` (0: no limit); returns the norm before, and whether anything changed.
pub fn clip(grads: &mut [Real], limit: f64) -> (f64, bool) {
    let norm = global_norm(grads);
    let factor = limit / (norm + EPSILON);
    let clipped = limit > 0.0 && factor < 1.0;
    if clipped {
        let factor = crate::narrow(factor);
        grads.iter_mut().for_each(|g| *g *= factor);
    }
    (norm, clipped)
}
