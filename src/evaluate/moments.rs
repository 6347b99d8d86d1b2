//! Second moments of all windows of a set, from sliding sums.
//!
//! Let `z_s` be the vector of a window that begins at row `s`: for every track (a feature and a number of rows) its values at rows
//! `s, s + 1, …`. Fitting a linear map to windows needs only `n`, `Σ z_s` and `G = Σ z_s z_sᵀ`. Neighbouring windows overlap, so
//! over a run of starts `a ≤ s ≤ b`
//!
//! `G[i+1, j+1] = Σ x(s+i+1) y(s+j+1) = G[i, j] − x(a+i) y(a+j) + x(b+1+i) y(b+1+j)`:
//!
//! only the first row and column of each pair of tracks is summed over all windows, and the rest slides down the diagonals. For `n`
//! windows of `w` rows this costs `n·w + w²` instead of `n·w²`. A gap in the series ends a run.

use nalgebra::{DMatrix, DVector};

use crate::data::{Frame, WindowSet};

/// A feature and its number of rows, from the first row of the window.
pub type Track = (usize, usize);

/// Count, sum and second moments of the windows of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Number of windows.
    pub count: f64,
    /// `Σ z`, `[rows of all tracks]`.
    pub sum: DVector<f64>,
    /// `Σ z zᵀ`, `[rows of all tracks × the same]`.
    pub gram: DMatrix<f64>,
}

impl Moments {
    /// Moments of `set`'s windows over `tracks`, stacked. No track may be longer than the whole window.
    pub fn of(frame: &Frame, set: &WindowSet, tracks: &[Track]) -> Moments {
        let size = tracks.iter().map(|&(_, rows)| rows).sum();
        let mut moments =
            Moments { count: set.starts.len() as f64, sum: DVector::zeros(size), gram: DMatrix::zeros(size, size) };
        let columns: Vec<Vec<f64>> = tracks
            .iter()
            .map(|&(feature, _)| (0..frame.rows).map(|row| f64::from(frame.row(row)[feature])).collect())
            .collect();
        let mut offset = 0;
        let placed: Vec<(&[f64], usize, usize)> = tracks
            .iter()
            .zip(&columns)
            .map(|(&(_, rows), column)| {
                let at = offset;
                offset += rows;
                (column.as_slice(), rows, at)
            })
            .collect();
        for run in set.starts.chunk_by(|a, b| a + 1 == *b) {
            let (first, count) = (run[0] as usize, run.len());
            for (index, &(x, x_rows, x_at)) in placed.iter().enumerate() {
                for i in 0..x_rows {
                    moments.sum[x_at + i] += x[first + i..first + i + count].iter().sum::<f64>();
                }
                for &(y, y_rows, y_at) in &placed[index..] {
                    let mut block = moments.gram.view_mut((x_at, y_at), (x_rows, y_rows));
                    // One diagonal after the other, each from its element in the first row or column.
                    for (i, j) in (0..x_rows).map(|i| (i, 0)).chain((1..y_rows).map(|j| (0, j))) {
                        let (x, y) = (&x[first + i..], &y[first + j..]);
                        let mut value = dot(&x[..count], &y[..count]);
                        block[(i, j)] += value;
                        for step in 1..(x_rows - i).min(y_rows - j) {
                            value += x[step + count - 1] * y[step + count - 1] - x[step - 1] * y[step - 1];
                            block[(i + step, j + step)] += value;
                        }
                    }
                }
            }
        }
        // Pairs of tracks were summed in one order; the other is the transpose.
        moments.gram.fill_lower_triangle_with_upper_triangle();
        moments
    }

    /// The moments of both sets of windows together.
    #[must_use]
    pub fn and(self, other: Moments) -> Moments {
        Moments { count: self.count + other.count, sum: self.sum + other.sum, gram: self.gram + other.gram }
    }
}

/// Scalar product, in four independent sums for instruction-level parallelism.
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let (x_head, x_tail) = x.as_chunks::<4>();
    let (y_head, y_tail) = y.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (x, y) in x_head.iter().zip(y_head) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let tail: f64 = x_tail.iter().zip(y_tail).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + tail
}
