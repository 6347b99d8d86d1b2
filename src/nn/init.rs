//! Initial values of parameters.

use nalgebra::DMatrix;

use crate::math::Rng;

/// Initial values of a matrix or vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// All zeros.
    Zero,
    /// All equal; not multiplied by the scale.
    Constant(f64),
    /// Uniform in `[−bound, bound]`: PyTorch's default, with `1/√hidden` for recurrent layers and `1/√inputs` for linear ones.
    Uniform(f64),
    /// Normal with this standard deviation: PyTorch's default for embeddings, with 1.
    Normal(f64),
    /// A random orthogonal matrix (Saxe et al. 2014).
    Orthogonal,
    /// The identity (Le et al. 2015 use it for RNNs with rectifiers; scaled below 1 for tanh).
    Identity,
    /// `ln 1, ln 2, …` along each row: logarithms of −A in a state-space model (S4D-real: Gu et al. 2022); not multiplied by
    /// the scale.
    LogCount,
    /// Numbers whose softplus lies between `least` and `most`, log-uniform: step sizes of a state-space model (Gu and Dao
    /// 2023, section 3.6); not multiplied by the scale.
    StepSize {
        /// Smallest step size.
        least: f64,
        /// Largest step size.
        most: f64,
    },
    /// `sign · ln u` with `u` uniform in `[1, steps − 1]`: gates that remember for up to `steps` steps (Tallec and Ollivier
    /// 2018, "chrono"); not multiplied by the scale.
    Chrono {
        /// The longest memory, in steps.
        steps: f64,
        /// 1 for the gate that keeps the state, −1 for the input gate.
        sign: f64,
    },
}

impl Init {
    /// Values `[rows × cols]`, column-major; random ones and the identity are multiplied by `scale`.
    pub fn draw(self, rows: usize, cols: usize, rng: &mut Rng, scale: f64) -> Vec<f64> {
        let count = rows * cols;
        match self {
            Init::Zero => vec![0.0; count],
            Init::Constant(value) => vec![value; count],
            Init::Uniform(bound) => (0..count).map(|_| scale * bound * (2.0 * rng.uniform() - 1.0)).collect(),
            Init::Normal(deviation) => (0..count).map(|_| scale * deviation * rng.normal()).collect(),
            Init::Orthogonal => orthogonal(rows, cols, rng).into_iter().map(|x| scale * x).collect(),
            Init::Identity => DMatrix::<f64>::identity(rows, cols).iter().map(|x| scale * x).collect(),
            Init::LogCount => (0..count).map(|k| libm::log((k / rows + 1) as f64)).collect(),
            Init::StepSize { least, most } => {
                let between = |u: f64| least * libm::exp(u * libm::log(most / least));
                // The inverse of the softplus: x + ln(1 − e⁻ˣ).
                (0..count).map(|_| between(rng.uniform())).map(|x| x + libm::log(-libm::expm1(-x))).collect()
            }
            Init::Chrono { steps, sign } => {
                let longest = (steps - 1.0).max(1.0);
                (0..count).map(|_| sign * libm::log(1.0 + rng.uniform() * (longest - 1.0))).collect()
            }
        }
    }
}

/// Orthonormal columns (or rows, where there are fewer), uniformly distributed: Q of a Gaussian matrix, with signs from the
/// diagonal of R (Mezzadri 2007).
fn orthogonal(rows: usize, cols: usize, rng: &mut Rng) -> Vec<f64> {
    let (tall, short) = (rows.max(cols), rows.min(cols));
    let gaussian = DMatrix::from_fn(tall, short, |_, _| rng.normal());
    let (mut q, r) = gaussian.qr().unpack();
    for (k, mut column) in q.column_iter_mut().enumerate() {
        if r[(k, k)] < 0.0 {
            column.neg_mut();
        }
    }
    let q = if rows >= cols { q } else { q.transpose() };
    q.as_slice().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_orthogonal_matrix_keeps_lengths() {
        for (rows, cols) in [(5, 5), (7, 3), (3, 7)] {
            let q = DMatrix::from_vec(rows, cols, Init::Orthogonal.draw(rows, cols, &mut Rng::new(2, 0), 1.0));
            let gram = if rows >= cols { q.transpose() * &q } else { &q * q.transpose() };
            assert!((gram.clone() - DMatrix::identity(gram.nrows(), gram.ncols())).amax() < 1e-12);
        }
    }

    #[test]
    fn step_sizes_lie_between_their_bounds() {
        let sizes = Init::StepSize { least: 1e-3, most: 0.1 }.draw(1000, 1, &mut Rng::new(2, 0), 1.0);
        let sizes: Vec<f64> = sizes.into_iter().map(|x| x.exp().ln_1p()).collect();
        assert!(sizes.iter().all(|x| (0.999e-3..=0.1001).contains(x)));
        assert!(sizes.iter().any(|x| *x < 2e-3) && sizes.iter().any(|x| *x > 0.05));
    }

    #[test]
    fn chrono_biases_remember_up_to_the_given_steps() {
        let biases = Init::Chrono { steps: 100.0, sign: 1.0 }.draw(1000, 1, &mut Rng::new(2, 0), 1.0);
        assert!(biases.iter().all(|b| (0.0..=99.0_f64.ln()).contains(b)));
        assert!(biases.iter().any(|b| *b > 50.0_f64.ln()));
    }
}
