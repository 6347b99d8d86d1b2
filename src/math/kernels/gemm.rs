//! Matrix products in the layout of the sequences: columns contiguous, SIMD lanes along the rows of the result.
//!
//! A weight matrix is packed once into panels of [`PANEL`] rows; a register tile then holds `PANEL × TILE` results:
//! each step of the inner loop loads one panel column (two vectors of four `f32`) and [`TILE`] single values of the
//! input, for `PANEL · TILE` multiply-adds. The batch needs no padding.

use crate::Real;

/// Rows in a panel of packed weights.
pub const PANEL: usize = 8;
/// Columns of the result that one register tile holds.
const TILE: usize = 4;
/// Columns of the input that are worked on while they are in the first-level cache.
const BLOCK: usize = 64;
/// Columns that one pass of [`outer`] sums over before it adds to memory; short sums also keep `f32` accurate.
const OUTER_BLOCK: usize = 256;

/// A matrix `[rows × cols]` in panels of [`PANEL`] rows, the last one filled with zeros.
#[derive(Debug, Clone, Default)]
pub struct Packed {
    rows: usize,
    cols: usize,
    panels: Vec<Real>,
}

impl Packed {
    /// Packs rows `first_row .. first_row + rows` of `w`, a column-major matrix of `stride` rows and `cols` columns.
    pub fn pack(&mut self, w: &[Real], stride: usize, first_row: usize, rows: usize, cols: usize) {
        self.shape(rows, cols);
        for (index, panel) in self.panels.chunks_exact_mut(PANEL * cols).enumerate() {
            let top = index * PANEL;
            let height = PANEL.min(rows - top);
            for (k, out) in panel.chunks_exact_mut(PANEL).enumerate() {
                let from = k * stride + first_row + top;
                out[..height].copy_from_slice(&w[from..from + height]);
                out[height..].fill(0.0);
            }
        }
    }

    /// Packs the transpose of rows `first_row .. first_row + inner` of `w` (column-major, `stride` rows, `rows` columns):
    /// a matrix `[rows × inner]`.
    pub fn pack_transposed(&mut self, w: &[Real], stride: usize, first_row: usize, inner: usize, rows: usize) {
        self.shape(rows, inner);
        for (index, panel) in self.panels.chunks_exact_mut(PANEL * inner).enumerate() {
            let top = index * PANEL;
            let height = PANEL.min(rows - top);
            for lane in 0..PANEL {
                if lane < height {
                    let from = (top + lane) * stride + first_row;
                    for (k, &value) in w[from..from + inner].iter().enumerate() {
                        panel[k * PANEL + lane] = value;
                    }
                } else {
                    for k in 0..inner {
                        panel[k * PANEL + lane] = 0.0;
                    }
                }
            }
        }
    }

    fn shape(&mut self, rows: usize, cols: usize) {
        self.rows = rows;
        self.cols = cols;
        self.panels.resize(rows.div_ceil(PANEL) * PANEL * cols, 0.0);
    }

    /// `y = W x`, or `y += W x` with `accumulate`. `x` is `[cols × n]` and `y` is `[rows × n]` with columns `stride`
    /// apart (so that `y` may be some of the rows of a larger matrix: it starts at its first row).
    pub fn times(&self, x: &[Real], y: &mut [Real], stride: usize, accumulate: bool) {
        let (rows, inner) = (self.rows, self.cols);
        if rows == 0 || inner == 0 {
            if !accumulate && rows > 0 {
                y.fill(0.0);
            }
            return;
        }
        let n = x.len() / inner;
        for block in (0..n).step_by(BLOCK) {
            let block_end = (block + BLOCK).min(n);
            for (index, panel) in self.panels.chunks_exact(PANEL * inner).enumerate() {
                let top = index * PANEL;
                let height = PANEL.min(rows - top);
                let mut col = block;
                while col + TILE <= block_end {
                    tile::<TILE>(
                        panel,
                        inner,
                        &x[col * inner..],
                        &mut y[col * stride + top..],
                        stride,
                        height,
                        accumulate,
                    );
                    col += TILE;
                }
                while col < block_end {
                    tile::<1>(
                        panel,
                        inner,
                        &x[col * inner..],
                        &mut y[col * stride + top..],
                        stride,
                        height,
                        accumulate,
                    );
                    col += 1;
                }
            }
        }
    }
}

/// One register tile: [`PANEL`] rows by `N` columns of the result.
#[inline(always)]
fn tile<const N: usize>(
    panel: &[Real],
    inner: usize,
    x: &[Real],
    y: &mut [Real],
    stride: usize,
    height: usize,
    accumulate: bool,
) {
    let columns: [&[Real]; N] = std::array::from_fn(|c| &x[c * inner..(c + 1) * inner]);
    let mut sums = [[0.0; PANEL]; N];
    for (k, weights) in panel.chunks_exact(PANEL).enumerate().take(inner) {
        for c in 0..N {
            let value = columns[c][k];
            for r in 0..PANEL {
                sums[c][r] += weights[r] * value;
            }
        }
    }
    for (c, sum) in sums.iter().enumerate() {
        let out = &mut y[c * stride..c * stride + height];
        if accumulate {
            for (o, s) in out.iter_mut().zip(sum) {
                *o += s;
            }
        } else if height == PANEL {
            out.copy_from_slice(sum);
        } else {
            out.copy_from_slice(&sum[..height]);
        }
    }
}

/// `out += a xᵀ`, the sum over columns of outer products: `a` is `[rows × n]`, `x` is `[cols × n]`, and `out` is
/// column-major `[rows × cols]` with columns `stride` apart, starting at its first row. Columns of `a` are `a_stride` apart.
///
/// This is every weight gradient: one product over all steps of a sequence.
pub fn outer(a: &[Real], a_stride: usize, rows: usize, x: &[Real], cols: usize, out: &mut [Real], stride: usize) {
    if rows == 0 || cols == 0 {
        return;
    }
    let n = x.len() / cols;
    for block in (0..n).step_by(OUTER_BLOCK) {
        let end = (block + OUTER_BLOCK).min(n);
        for top in (0..rows).step_by(PANEL) {
            let height = PANEL.min(rows - top);
            let mut col = 0;
            while col < cols {
                let width = TILE.min(cols - col);
                let to = &mut out[col * stride + top..];
                let from = &a[block * a_stride + top..];
                let with = &x[block * cols..end * cols];
                match (height, width) {
                    (PANEL, TILE) => outer_tile::<TILE>(from, a_stride, with, cols, col, to, stride),
                    (PANEL, _) => {
                        for c in 0..width {
                            outer_tile::<1>(from, a_stride, with, cols, col + c, &mut to[c * stride..], stride);
                        }
                    }
                    _ => outer_edge(from, a_stride, height, with, cols, col..col + width, to, stride),
                }
                col += width;
            }
        }
    }
}

#[inline(always)]
fn outer_tile<const N: usize>(
    a: &[Real],
    a_stride: usize,
    x: &[Real],
    cols: usize,
    col: usize,
    out: &mut [Real],
    stride: usize,
) {
    let mut sums = [[0.0; PANEL]; N];
    for (step, with) in x.chunks_exact(cols).enumerate() {
        let left: &[Real] = &a[step * a_stride..step * a_stride + PANEL];
        let right = &with[col..col + N];
        for c in 0..N {
            for r in 0..PANEL {
                sums[c][r] += left[r] * right[c];
            }
        }
    }
    for (c, sum) in sums.iter().enumerate() {
        for (o, s) in out[c * stride..c * stride + PANEL].iter_mut().zip(sum) {
            *o += s;
        }
    }
}

/// The rows that do not fill a panel.
#[expect(clippy::too_many_arguments, reason = "the same arguments as the tile it completes")]
fn outer_edge(
    a: &[Real],
    a_stride: usize,
    height: usize,
    x: &[Real],
    cols: usize,
    range: std::ops::Range<usize>,
    out: &mut [Real],
    stride: usize,
) {
    let first = range.start;
    for col in range {
        let mut sums = [0.0; PANEL];
        for (step, with) in x.chunks_exact(cols).enumerate() {
            let left = &a[step * a_stride..step * a_stride + height];
            for (sum, l) in sums.iter_mut().zip(left) {
                *sum += l * with[col];
            }
        }
        for (o, s) in out[(col - first) * stride..][..height].iter_mut().zip(&sums) {
            *o += s;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;
    use crate::math::kernels::plain;

    fn random(n: usize, rng: &mut Rng) -> Vec<Real> {
        (0..n).map(|_| crate::narrow(rng.normal())).collect()
    }

    fn assert_close(a: &[Real], b: &[Real], what: &str) {
        let scale = b.iter().fold(1.0, |m: Real, x| m.max(x.abs()));
        for (x, y) in a.iter().zip(b) {
            assert!((x - y).abs() <= 1e-5 * scale, "{what}: {x} {y}");
        }
    }

    #[test]
    fn packed_products_equal_their_plain_twins() {
        let mut rng = Rng::new(5, 0);
        for (rows, inner, n) in [(1, 1, 1), (5, 3, 7), (8, 8, 4), (20, 12, 65), (64, 64, 33), (13, 1, 130)] {
            let (w, x) = (random(rows * inner, &mut rng), random(inner * n, &mut rng));
            let mut packed = Packed::default();
            for accumulate in [false, true] {
                let start = random(rows * n, &mut rng);
                let (mut fast, mut slow) = (start.clone(), start);
                packed.pack(&w, rows, 0, rows, inner);
                packed.times(&x, &mut fast, rows, accumulate);
                plain::times(&w, rows, inner, &x, &mut slow, accumulate);
                assert_close(&fast, &slow, "W x");

                let g = random(rows * n, &mut rng);
                let start = random(inner * n, &mut rng);
                let (mut fast, mut slow) = (start.clone(), start);
                packed.pack_transposed(&w, rows, 0, rows, inner);
                packed.times(&g, &mut fast, inner, accumulate);
                plain::transposed_times(&w, rows, inner, &g, &mut slow, accumulate);
                assert_close(&fast, &slow, "Wᵀ g");
            }
            let g = random(rows * n, &mut rng);
            let start = random(rows * inner, &mut rng);
            let (mut fast, mut slow) = (start.clone(), start);
            outer(&g, rows, rows, &x, inner, &mut fast, rows);
            plain::outer(&g, rows, &x, inner, &mut slow);
            assert_close(&fast, &slow, "g xᵀ");
        }
    }

    #[test]
    fn some_rows_of_a_matrix_can_be_packed_alone() {
        let mut rng = Rng::new(6, 0);
        let (rows, inner, n, first) = (9, 4, 5, 3);
        let (w, x) = (random(12 * inner, &mut rng), random(inner * n, &mut rng));
        let part: Vec<Real> = (0..inner).flat_map(|k| w[k * 12 + first..k * 12 + first + rows].to_vec()).collect();
        let mut packed = Packed::default();
        packed.pack(&w, 12, first, rows, inner);
        let (mut fast, mut slow) = (vec![0.0; rows * n], vec![0.0; rows * n]);
        packed.times(&x, &mut fast, rows, false);
        plain::times(&part, rows, inner, &x, &mut slow, false);
        assert_close(&fast, &slow, "rows of W, times x");
    }
}
