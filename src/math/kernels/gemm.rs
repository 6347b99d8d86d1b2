//! Matrix products in the layout of the sequences: columns contiguous, SIMD lanes along the rows of the result.
//!
//! A weight matrix is packed once into panels of [`PANEL`] rows, and the input into tiles of [`TILE`] columns; [`tile`] then holds
//! `PANEL × TILE` results in registers: each step of the inner loop loads one panel column (two [`Lanes`]) and [`TILE`] single
//! values of the input, for eight multiply-adds of lanes. More results would not fit the registers. With both operands packed the
//! loop has two addresses, which one of the browsers needs for speed.
#![expect(
    unsafe_code,
    reason = "a bounds check in the inner loop costs a third of its speed; they stand in front of it"
)]

use super::lanes::{Lanes, Number, WIDTH};
use crate::Real;

/// Rows in a panel of packed weights.
pub const PANEL: usize = 2 * WIDTH;
/// Columns of a register tile.
const TILE: usize = 4;
/// Steps of the inner loop in one block: a panel of this depth and [`BLOCK`] fit the first-level cache.
const DEPTH: usize = 256;
/// Number of packed values of the input.
const BLOCK: usize = 2048;
/// Columns that one pass of [`outer`] sums before it adds to memory: they fit the first-level cache, and short sums keep `f32`
/// accurate.
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
            let top = first_row + index * PANEL;
            pack_panel(&w[top..], stride, PANEL.min(rows - index * PANEL), panel);
        }
    }

    /// Packs the transpose of rows `first_row .. first_row + inner` of `w` (column-major, `stride` rows, `rows` columns):
    /// a matrix `[rows × inner]`.
    pub fn pack_transposed(&mut self, w: &[Real], stride: usize, first_row: usize, inner: usize, rows: usize) {
        self.shape(rows, inner);
        for (index, panel) in self.panels.chunks_exact_mut(PANEL * inner).enumerate() {
            let top = index * PANEL;
            let height = PANEL.min(rows - top);
            // Missing rows repeat the first one's numbers and are then set to zero.
            let columns: [&[Real]; PANEL] = std::array::from_fn(|lane| {
                let from = (top + if lane < height { lane } else { 0 }) * stride + first_row;
                &w[from..from + inner]
            });
            interleave(columns, panel);
            if height < PANEL {
                panel.chunks_exact_mut(PANEL).for_each(|step| step[height..].fill(0.0));
            }
        }
    }

    fn shape(&mut self, rows: usize, cols: usize) {
        self.rows = rows;
        self.cols = cols;
        self.panels.resize(rows.div_ceil(PANEL) * PANEL * cols, 0.0);
    }

    /// `y = W x`, or `y += W x` with `accumulate`. `x` is `[cols × n]` and `y` is `[rows × n]` with columns at distance `stride`,
    /// so that `y` may be some rows of a larger matrix, from its first row on.
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
        let mut tiles = [0.0; BLOCK];
        for first in (0..inner).step_by(DEPTH) {
            let depth = DEPTH.min(inner - first);
            let accumulate = accumulate || first > 0;
            let block = (BLOCK / depth) / TILE * TILE;
            for from in (0..n).step_by(block) {
                let to = (from + block).min(n);
                // A single column is its own tile.
                let (tiles, apart) = if to - from == 1 {
                    (&x[from * inner + first..][..depth], 1)
                } else {
                    for (tile, to_pack) in tiles.chunks_exact_mut(TILE * depth).zip((from..to).step_by(TILE)) {
                        // An incomplete tile repeats its first column and discards the result.
                        let column = |c: usize| if to_pack + c < to { to_pack + c } else { to_pack };
                        interleave::<TILE>(std::array::from_fn(|c| &x[column(c) * inner + first..][..depth]), tile);
                    }
                    (&tiles[..], TILE)
                };
                for (index, panel) in self.panels.chunks_exact(PANEL * inner).enumerate() {
                    let top = index * PANEL;
                    let panel = panel[first * PANEL..].as_ptr();
                    for col in (from..to).step_by(TILE) {
                        let size = (PANEL.min(rows - top), TILE.min(to - col));
                        // SAFETY: panel and tile hold `depth` steps; the rows and columns of `size` lie in `y`, as was asserted.
                        unsafe {
                            let y = (y.as_mut_ptr().add(col * stride + top), stride);
                            if apart == 1 {
                                keep::<1>(panel, (tiles.as_ptr(), 1), depth, y, size, accumulate);
                            } else {
                                keep::<TILE>(
                                    panel,
                                    (tiles.as_ptr().add((col - from) * depth), TILE),
                                    depth,
                                    y,
                                    size,
                                    accumulate,
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Packs `height` rows of each column of `w`, columns at distance `stride`, step by step into a panel.
fn pack_panel(w: &[Real], stride: usize, height: usize, panel: &mut [Real]) {
    for (k, to) in panel.as_chunks_mut::<PANEL>().0.iter_mut().enumerate() {
        let column = &w[k * stride..][..height];
        if let Ok(whole) = <&[Real; PANEL]>::try_from(column) {
            *to = *whole;
        } else {
            to[..height].copy_from_slice(column);
            to[height..].fill(0.0);
        }
    }
}

/// Interleaves `N` columns: `to[k · N + c] = columns[c][k]`; `N` is a multiple of [`WIDTH`].
#[inline(always)]
fn interleave<const N: usize>(columns: [&[Real]; N], to: &mut [Real]) {
    const { assert!(N.is_multiple_of(WIDTH)) };
    let depth = columns[0].len();
    let (steps, whole) = (to.as_chunks_mut::<N>().0, columns.map(|column| column[..depth].as_chunks::<WIDTH>().0));
    for (k, steps) in steps.chunks_exact_mut(WIDTH).take(depth / WIDTH).enumerate() {
        for group in 0..N / WIDTH {
            let block = std::array::from_fn(|c| Lanes::read(&whole[group * WIDTH + c][k]));
            for (step, values) in steps.iter_mut().zip(Lanes::transpose(block)) {
                values.write(&mut step.as_chunks_mut::<WIDTH>().0[group]);
            }
        }
    }
    for k in depth / WIDTH * WIDTH..depth {
        steps[k] = columns.map(|column| column[k]);
    }
}

/// `y = W x` or `y += W x` for a single column: `w` is column-major, from its first row on, with columns at distance `stride`; it
/// is read unpacked, because packing would cost more than the product.
pub fn times_column(w: &[Real], stride: usize, x: &[Real], y: &mut [Real], accumulate: bool) {
    /// Rows with sums in registers.
    const ROWS: usize = 8 * WIDTH;
    let rows = y.len();
    if !accumulate {
        y.fill(0.0);
    }
    if rows == 0 || x.is_empty() {
        return;
    }
    assert!(stride >= rows && w.len() >= (x.len() - 1) * stride + rows, "a column is missing");
    let whole = rows / ROWS * ROWS;
    for top in (0..whole).step_by(ROWS) {
        // SAFETY: rows `top .. top + ROWS` of every column were asserted.
        unsafe { column_rows(w.as_ptr().add(top), stride, x, y.as_mut_ptr().add(top)) }
    }
    for (k, &value) in x.iter().enumerate() {
        let column = &w[k * stride + whole..k * stride + rows];
        y[whole..].iter_mut().zip(column).for_each(|(y, w)| *y += w * value);
    }
}

/// Thirty-two rows of [`times_column`]; a separate function for the same reason as [`tile`].
///
/// # Safety
/// `w` must hold 32 numbers in each of the columns that `x` has numbers, `stride` apart, and `y` 32.
#[inline(never)]
unsafe fn column_rows(w: *const Real, stride: usize, x: &[Real], y: *mut Real) {
    let mut w = w;
    // SAFETY: as the caller promised.
    unsafe {
        let mut sums: [Lanes; 8] = std::array::from_fn(|r| Lanes::load(y.add(r * WIDTH)));
        for &value in x {
            let value = Lanes::splat(value);
            for (r, sum) in sums.iter_mut().enumerate() {
                *sum = Lanes::load(w.add(r * WIDTH)).mul_add(value, *sum);
            }
            w = w.wrapping_add(stride);
        }
        for (r, sum) in sums.into_iter().enumerate() {
            sum.store(y.add(r * WIDTH));
        }
    }
}

/// The input's side of a tile: its first value, and the distance to the values of the next step.
type Values = (*const Real, usize);
/// The place of a tile's results: the first one, and the distance to the next column.
type Place = (*mut Real, usize);

/// One register tile, of which `height` rows and `width` columns are kept.
///
/// # Safety
/// `panel` must hold `PANEL` numbers and `x` `N` in each of `depth` steps, and `y` must have room for what is kept.
#[inline(always)]
unsafe fn keep<const N: usize>(
    panel: *const Real,
    x: Values,
    depth: usize,
    y: Place,
    (height, width): (usize, usize),
    accumulate: bool,
) {
    // SAFETY: as the caller promised; an incomplete tile has room in `all`.
    unsafe {
        if (height, width) == (PANEL, N) {
            return tile::<N>(panel, x, depth, y, accumulate);
        }
        let mut all = [0.0; PANEL * TILE];
        tile::<N>(panel, x, depth, (all.as_mut_ptr(), PANEL), false);
        for (c, column) in all.chunks_exact(PANEL).take(width).enumerate() {
            for (r, value) in column.iter().take(height).enumerate() {
                let to = y.0.add(c * y.1 + r);
                *to = if accumulate { *to + value } else { *value };
            }
        }
    }
}

/// One register tile: the sum over `depth` steps of a panel column times `N` values of `x`.
///
/// A separate function without calls, one step a turn: any other live value would take registers from the results, and one of the
/// browsers would then keep them in memory, at half the speed.
///
/// # Safety
/// `panel` must hold `PANEL` numbers and `x` `N` in each of `depth` steps, and `y` `PANEL` in each of `N` columns.
#[inline(never)]
unsafe fn tile<const N: usize>(panel: *const Real, x: Values, depth: usize, y: Place, accumulate: bool) {
    let mut sums = [[Lanes::splat(0.0); 2]; N];
    let (mut panel, (mut x, apart), (y, stride)) = (panel, x, y);
    for _ in 0..depth {
        // SAFETY: both walk over the steps that the caller promised.
        unsafe {
            let weights = [Lanes::load(panel), Lanes::load(panel.add(WIDTH))];
            for (c, sum) in sums.iter_mut().enumerate() {
                let value = Lanes::load_splat(x.add(c));
                *sum = [weights[0].mul_add(value, sum[0]), weights[1].mul_add(value, sum[1])];
            }
        }
        panel = panel.wrapping_add(PANEL);
        x = x.wrapping_add(apart);
    }
    for (c, sum) in sums.into_iter().enumerate() {
        // SAFETY: column `c` lies `c · stride` behind the first.
        unsafe {
            let (low, high) = (y.add(c * stride), y.add(c * stride + WIDTH));
            let sum = if accumulate { [sum[0] + Lanes::load(low), sum[1] + Lanes::load(high)] } else { sum };
            sum[0].store(low);
            sum[1].store(high);
        }
    }
}

/// `out += a xᵀ`, the sum over columns of outer products: `a` is `[rows × n]`, `x` is `[cols × n]`, and `out` is column-major
/// `[rows × cols]` with columns at distance `stride`, from its first row on. Columns of `a` are at distance `a_stride`.
///
/// This is every weight gradient: one product over all steps of a sequence.
pub fn outer(a: &[Real], a_stride: usize, rows: usize, x: &[Real], cols: usize, out: &mut [Real], stride: usize) {
    if rows == 0 || cols == 0 || x.is_empty() {
        return;
    }
    let n = x.len() / cols;
    assert!(a.len() >= (n - 1) * a_stride + rows && a_stride >= rows, "a column is missing");
    assert!(out.len() >= (cols - 1) * stride + rows && stride >= rows, "the product has no room");
    let mut panel = [0.0; PANEL * OUTER_BLOCK];
    for from in (0..n).step_by(OUTER_BLOCK) {
        let depth = OUTER_BLOCK.min(n - from);
        for top in (0..rows).step_by(PANEL) {
            let height = PANEL.min(rows - top);
            // Packed, because columns at a distance of a power of two would share a few sets of the cache.
            pack_panel(&a[from * a_stride + top..], a_stride, height, &mut panel[..depth * PANEL]);
            for col in (0..cols).step_by(TILE) {
                let width = TILE.min(cols - col);
                // SAFETY: the panel holds `depth` steps; columns `from .. from + depth` of `x` and the place in `out` were
                // asserted.
                unsafe {
                    let x = x.as_ptr().add(from * cols + col);
                    let out = out.as_mut_ptr().add(col * stride + top);
                    if width == TILE {
                        keep::<TILE>(panel.as_ptr(), (x, cols), depth, (out, stride), (height, TILE), true);
                    } else {
                        for c in 0..width {
                            let out = (out.add(c * stride), stride);
                            keep::<1>(panel.as_ptr(), (x.add(c), cols), depth, out, (height, 1), true);
                        }
                    }
                }
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
        for (rows, inner, n) in
            [(1, 1, 1), (5, 3, 7), (8, 8, 4), (20, 12, 65), (64, 64, 33), (13, 1, 130), (41, 600, 30)]
        {
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
            for accumulate in [false, true] {
                let start = random(rows, &mut rng);
                let (mut fast, mut slow) = (start.clone(), start);
                times_column(&w, rows, &x[..inner], &mut fast, accumulate);
                plain::times(&w, rows, inner, &x[..inner], &mut slow, accumulate);
                assert_close(&fast, &slow, "W x of a single column");
            }
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
