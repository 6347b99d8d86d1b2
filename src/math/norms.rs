//! Norms of matrices.

use crate::Real;
use crate::math::Rng;

/// Largest number of rounds of the power iteration; each reduces the relative error by the ratio of the two largest singular
/// values.
const MOST_ROUNDS: usize = 200;
/// Relative change of the estimate at which the iteration stops.
const SETTLED: f64 = 1e-9;

/// `‖A‖_F`, the Frobenius norm of a matrix.
pub fn frobenius(matrix: &[Real]) -> f64 {
    libm::sqrt(matrix.iter().map(|x| crate::wide(*x) * crate::wide(*x)).sum())
}

/// `‖A‖₂`, the spectral norm of a column-major matrix `[rows × …]`: its largest singular value, by power iteration on `AᵀA` (Golub
/// and Van Loan 2013, section 8.2.1) from a fixed vector. It converges from below; where the two largest are close, to about a
/// thousandth.
pub fn spectral(matrix: &[Real], rows: usize) -> f64 {
    let columns = matrix.len() / rows.max(1);
    let mut rng = Rng::new(0, 0);
    let mut x: Vec<f64> = (0..columns).map(|_| rng.normal()).collect();
    let mut y = vec![0.0; rows];
    let (mut norm, mut size) = (0.0, length(&x));
    for _ in 0..MOST_ROUNDS {
        y.fill(0.0);
        for (column, x) in matrix.chunks_exact(rows.max(1)).zip(&mut x) {
            *x /= size;
            y.iter_mut().zip(column).for_each(|(y, a)| *y += crate::wide(*a) * *x);
        }
        for (column, x) in matrix.chunks_exact(rows.max(1)).zip(&mut x) {
            *x = column.iter().zip(&y).map(|(a, y)| crate::wide(*a) * y).sum();
        }
        let before = norm;
        (norm, size) = (length(&y), length(&x));
        if size == 0.0 || !size.is_finite() || (norm - before).abs() <= SETTLED * norm {
            break;
        }
    }
    norm
}

fn length(x: &[f64]) -> f64 {
    libm::sqrt(x.iter().map(|x| x * x).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_of_random_matrices_are_those_of_the_decomposition() {
        let mut rng = Rng::new(5, 0);
        for (rows, columns) in [(1, 1), (3, 5), (8, 8), (40, 40), (64, 16)] {
            let values: Vec<Real> = (0..rows * columns).map(|_| crate::narrow(rng.normal())).collect();
            let wide: Vec<f64> = values.iter().map(|x| crate::wide(*x)).collect();
            let largest = nalgebra::DMatrix::from_vec(rows, columns, wide).singular_values().max();
            let found = spectral(&values, rows);
            assert!((found - largest).abs() < 2e-3 * largest, "{rows} × {columns}: {found} {largest}");
        }
        assert!((frobenius(&[3.0, 0.0, 4.0, 0.0]) - 5.0).abs() < 1e-12);
        assert_eq!(spectral(&[0.0; 9], 3), 0.0);
        // A rotation has norm 1.
        assert!((spectral(&[0.6, 0.8, -0.8, 0.6], 2) - 1.0).abs() < 1e-6);
    }
}
