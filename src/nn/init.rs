//! Initial values of parameters.

use nalgebra::DMatrix;

use crate::math::Rng;

/// How a matrix or vector starts out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// All zeros.
    Zero,
    /// All the same; not multiplied by the scale.
    Constant(f64),
    /// Uniform in `[−bound, bound]`: with `1/√hidden` for recurrent layers and `1/√inputs` for linear ones, PyTorch's own.
    Uniform(f64),
    /// Normal with this standard deviation: PyTorch's own for embeddings, with 1.
    Normal(f64),
    /// A random orthogonal matrix (Saxe et al. 2014).
    Orthogonal,
    /// The identity (Le et al. 2015 use it for RNNs with rectifiers; scaled below 1 for tanh).
    Identity,
    /// `sign · ln u` with `u` uniform in `[1, steps − 1]`: gates that remember for up to `steps` steps (Tallec and Ollivier
    /// 2018, "chrono"); not multiplied by the scale.
    Chrono {
        /// The longest memory wanted, in steps.
        steps: f64,
        /// 1 for the gate that keeps, −1 for the gate that lets in.
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
            Init::Chrono { steps, sign } => {
                let longest = (steps - 1.0).max(1.0);
                (0..count).map(|_| sign * libm::log(1.0 + rng.uniform() * (longest - 1.0))).collect()
            }
        }
    }
}

/// Orthonormal columns (or rows, where there are fewer of them), uniformly distributed: Q of a Gaussian matrix, its signs
/// fixed by the diagonal of R (Mezzadri 2007).
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
    fn chrono_biases_remember_up_to_the_given_steps() {
        let biases = Init::Chrono { steps: 100.0, sign: 1.0 }.draw(1000, 1, &mut Rng::new(2, 0), 1.0);
        assert!(biases.iter().all(|b| (0.0..=99.0_f64.ln()).contains(b)));
        assert!(biases.iter().any(|b| *b > 50.0_f64.ln()));
    }
}
