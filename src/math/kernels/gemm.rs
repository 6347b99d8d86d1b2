//! Matrix products in the layout of the sequences: columns contiguous, SIMD lanes along the rows of the result.
//!
//! A weight matrix is packed once into panels of [`PANEL`] rows; a register tile then holds `PANEL × TILE` results:
//! each step of the inner loop loads one panel column (two [`Lanes`]) and [`TILE`] single values of the input, for eight
//! multiply-adds of lanes. The batch needs no padding. More results than that would not fit the registers.
#![expect(
    unsafe_code,
    reason = "a bounds check in the inner loop costs a third of its speed; they stand in front of it"
)]

use super::lanes::{Lanes, Number, WIDTH};
use crate::Real;

/// Rows in a panel of packed weights.
pub const PANEL: usize = 2 * WIDTH;
/// Columns of the result that one register tile holds.
const TILE: usize = 4;
/// Numbers of the input that are worked on while they are in the first-level cache, beside a panel.
const BLOCK: usize = 4096;
/// Columns that one pass of [`outer`] sums over before it adds to memory: what it reads of them fits the first-level
/// cache, and short sums keep `f32` accurate.
const OUTER_BLOCK: usize = 64;

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
        if n == 0 {
            return;
        }
        assert!(stride >= rows && y.len() >= (n - 1) * stride + rows, "the product has no room");
        debug_assert_eq!(self.panels.len(), rows.div_ceil(PANEL) * PANEL * inner);
        let block = (BLOCK / inner).next_multiple_of(TILE).max(TILE);
        for from in (0..n).step_by(block) {
            let to = (from + block).min(n);
            for (index, panel) in self.panels.chunks_exact(PANEL * inner).enumerate() {
                let top = index * PANEL;
                let height = PANEL.min(rows - top);
                let mut col = from;
                while col < to {
                    let width = TILE.min(to - col);
                    // SAFETY: columns `col .. col + width` of `x` hold `inner` numbers each, and rows `top .. top + height`
                    // of those of `y` lie within it, as was asserted.
                    unsafe {
                        let (x, y) = (x.as_ptr().add(col * inner), y.as_mut_ptr().add(col * stride + top));
                        let run = match width {
                            TILE => tile::<TILE>,
                            3 => tile::<3>,
                            2 => tile::<2>,
                            _ => tile::<1>,
                        };
                        run(panel.as_ptr(), inner, x, y, stride, height, accumulate);
                    }
                    col += width;
                }
            }
        }
    }
}

/// Results of one register tile: [`PANEL`] rows by `N` columns.
type Tile<const N: usize> = [[Lanes; 2]; N];

/// One register tile of a product.
///
/// # Safety
/// `panel` must hold `PANEL · inner` numbers, `x` `N · inner`, and `y` `height` numbers in each of `N` columns `stride` apart.
#[inline(always)]
unsafe fn tile<const N: usize>(
    panel: *const Real,
    inner: usize,
    x: *const Real,
    y: *mut Real,
    stride: usize,
    height: usize,
    accumulate: bool,
) {
    let mut sums: Tile<N> = [[Lanes::splat(0.0); 2]; N];
    // SAFETY: `k` stays below `inner`.
    unsafe {
        let step = |sums: &mut Tile<N>, k: usize| {
            let weights = [Lanes::load(panel.add(k * PANEL)), Lanes::load(panel.add(k * PANEL + WIDTH))];
            for (c, sum) in sums.iter_mut().enumerate() {
                let value = Lanes::load_splat(x.add(c * inner + k));
                *sum = [weights[0].mul_add(value, sum[0]), weights[1].mul_add(value, sum[1])];
            }
        };
        let mut k = 0;
        while k + UNROLL <= inner {
            for u in 0..UNROLL {
                step(&mut sums, k + u);
            }
            k += UNROLL;
        }
        while k < inner {
            step(&mut sums, k);
            k += 1;
        }
    }
    // SAFETY: as the caller promised.
    unsafe { put(&sums, y, stride, height, accumulate) }
}

/// Steps of an inner loop between two tests for its end.
const UNROLL: usize = 4;

/// Writes a tile's results, or adds them.
///
/// # Safety
/// `y` must hold `height` numbers in each of `N` columns `stride` apart.
#[inline(always)]
unsafe fn put<const N: usize>(sums: &Tile<N>, y: *mut Real, stride: usize, height: usize, accumulate: bool) {
    for (c, sum) in sums.iter().enumerate() {
        // SAFETY: column `c` lies `c · stride` behind the first; only `height` of its numbers are touched.
        unsafe {
            let to = y.add(c * stride);
            if height == PANEL {
                for (half, sum) in sum.iter().enumerate() {
                    let to = to.add(half * WIDTH);
                    let sum = if accumulate { *sum + Lanes::load(to) } else { *sum };
                    sum.store(to);
                }
            } else {
                let mut all = [0.0; PANEL];
                sum[0].store(all.as_mut_ptr());
                sum[1].store(all.as_mut_ptr().add(WIDTH));
                for (r, value) in all[..height].iter().enumerate() {
                    *to.add(r) = if accumulate { *to.add(r) + value } else { *value };
                }
            }
        }
    }
}

/// `out += a xᵀ`, the sum over columns of outer products: `a` is `[rows × n]`, `x` is `[cols × n]`, and `out` is
/// column-major `[rows × cols]` with columns `stride` apart, starting at its first row. Columns of `a` are `a_stride` apart.
///
/// This is every weight gradient: one product over all steps of a sequence.
pub fn outer(a: &[Real], a_stride: usize, rows: usize, x: &[Real], cols: usize, out: &mut [Real], stride: usize) {
    if rows == 0 || cols == 0 || x.is_empty() {
        return;
    }
    let n = x.len() / cols;
    assert!(a.len() >= (n - 1) * a_stride + rows && a_stride >= rows, "a column is missing");
    assert!(out.len() >= (cols - 1) * stride + rows && stride >= rows, "the product has no room");
    for from in (0..n).step_by(OUTER_BLOCK) {
        let count = OUTER_BLOCK.min(n - from);
        for top in (0..rows).step_by(PANEL) {
            let height = PANEL.min(rows - top);
            for col in (0..cols).step_by(TILE) {
                let width = TILE.min(cols - col);
                // SAFETY: columns `from .. from + count` of `a` and `x` were asserted, and so was the place in `out`.
                unsafe {
                    let a = a.as_ptr().add(from * a_stride + top);
                    let x = x.as_ptr().add(from * cols + col);
                    let out = out.as_mut_ptr().add(col * stride + top);
                    if height == PANEL {
                        let run = match width {
                            TILE => outer_tile::<TILE>,
                            3 => outer_tile::<3>,
                            2 => outer_tile::<2>,
                            _ => outer_tile::<1>,
                        };
                        run(a, a_stride, x, cols, count, out, stride);
                    } else {
                        outer_edge((a, a_stride, height), (x, cols, width), count, out, stride);
                    }
                }
            }
        }
    }
}

/// One register tile of a sum of outer products.
///
/// # Safety
/// `a` must hold `PANEL` and `x` `N` numbers in each of `count` columns `a_stride` and `cols` apart, `out` `PANEL` numbers in
/// each of `N` columns `stride` apart.
#[inline(always)]
unsafe fn outer_tile<const N: usize>(
    a: *const Real,
    a_stride: usize,
    x: *const Real,
    cols: usize,
    count: usize,
    out: *mut Real,
    stride: usize,
) {
    let mut sums: Tile<N> = [[Lanes::splat(0.0); 2]; N];
    // SAFETY: as the caller promised.
    unsafe {
        let (mut a, mut x) = (a, x);
        for _ in 0..count {
            let left = [Lanes::load(a), Lanes::load(a.add(WIDTH))];
            for (c, sum) in sums.iter_mut().enumerate() {
                let right = Lanes::load_splat(x.add(c));
                *sum = [left[0].mul_add(right, sum[0]), left[1].mul_add(right, sum[1])];
            }
            a = a.wrapping_add(a_stride);
            x = x.wrapping_add(cols);
        }
        put(&sums, out, stride, PANEL, true);
    }
}

/// The rows that do not fill a panel: `(first number, distance of columns, rows)` of each side.
///
/// # Safety
/// As for [`outer_tile`], with the rows given.
unsafe fn outer_edge(
    (a, a_stride, height): (*const Real, usize, usize),
    (x, cols, width): (*const Real, usize, usize),
    count: usize,
    out: *mut Real,
    stride: usize,
) {
    for c in 0..width {
        let mut sums = [0.0; PANEL];
        // SAFETY: as the caller promised.
        unsafe {
            for step in 0..count {
                for (r, sum) in sums[..height].iter_mut().enumerate() {
                    *sum += *a.add(step * a_stride + r) * *x.add(step * cols + c);
                }
            }
            for (r, sum) in sums[..height].iter().enumerate() {
                *out.add(c * stride + r) += sum;
            }
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
