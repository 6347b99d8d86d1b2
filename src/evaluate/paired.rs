//! A sign-flip test over blocks of windows: whether a difference between two forecasts may be chance.
//!
//! Two forecasts of the same windows have paired errors. `D_b` is the sum of their differences over block `b`. If neither forecast
//! were better, every `D_b` would have either sign with equal probability; the chance of the observed difference is then the share
//! of all `2^B` patterns of signs with `|Σ ± D_b| ≥ |Σ D_b|`. All patterns are enumerated, so the result is exact and nothing is
//! drawn. (Fisher, The Design of Experiments, 1935, section 21; over a few blocks of dependent data: Canay, Romano and Shaikh,
//! Randomization tests under an approximate symmetry assumption, 2017; paired errors of forecasts: Diebold and Mariano, Comparing
//! predictive accuracy, 1995.)
//!
//! Windows that begin one row apart have nearly the same rows, so a thousand of them are not a thousand independent observations.
//! Where the part is long enough a block spans a window and its horizon, so windows of two blocks that are not neighbours share no
//! row. On a shorter part a block spans at least the horizon, so that they share no truth; their common inputs may then make a
//! chance look smaller than it is.

use crate::data::WindowSet;

/// Significance level, two-sided, for each comparison alone.
pub const ALPHA: f64 = 0.05;

/// Largest number of blocks: more would be shorter and more alike, and the patterns of signs double with each.
pub const MOST_BLOCKS: usize = 16;

/// Number of blocks worth making shorter than a window, where the horizon allows it: fewer have little power.
pub const ENOUGH_BLOCKS: usize = 8;

/// Smallest number of blocks: with fewer even the clearest difference has a chance above [`ALPHA`] (`2/2⁵ = 0.0625`).
pub const FEWEST_BLOCKS: usize = 6;

/// Windows in consecutive blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocks {
    /// Block of each window, from 0.
    of: Vec<u8>,
    count: usize,
}

impl Blocks {
    /// The windows of `set` in at most [`MOST_BLOCKS`] blocks; each spans at least the horizon, and also a window where that leaves
    /// [`ENOUGH_BLOCKS`].
    pub fn of(set: &WindowSet) -> Blocks {
        // Pieces of one horizon each, from the first window on; an incomplete last one joins the one before.
        let mut pieces = Vec::with_capacity(set.starts.len());
        let (mut first, mut piece) = (set.starts.first().copied().unwrap_or(0), 0_usize);
        for &start in set.starts.iter() {
            if (start - first) as usize >= set.horizon {
                (first, piece) = (start, piece + 1);
            }
            pieces.push(piece);
        }
        let spans = set.starts.last().is_some_and(|last| (last - first) as usize + 1 >= set.horizon);
        let whole = if spans { piece + 1 } else { piece.max(1) };
        let apart = whole * set.horizon / (set.window + set.horizon).max(1);
        let count = whole.min(apart.clamp(ENOUGH_BLOCKS, MOST_BLOCKS));
        let block = |piece: usize| u8::try_from(piece.min(whole - 1) * count / whole).unwrap_or(0);
        Blocks { of: pieces.into_iter().map(block).collect(), count }
    }

    /// Block of the window with this number.
    pub fn block(&self, window: usize) -> usize {
        self.of.get(window).copied().map_or(0, usize::from)
    }

    /// Number of blocks.
    pub fn count(&self) -> usize {
        self.count
    }
}

/// The chance of a difference as large as the sum of `differences`, one for each block, if each had either sign with equal
/// probability. `None` from fewer than [`FEWEST_BLOCKS`], and for NaN.
pub fn chance(differences: &[f64]) -> Option<f64> {
    let sizes: f64 = differences.iter().map(|difference| difference.abs()).sum();
    let blocks = differences.len();
    if !(FEWEST_BLOCKS..=MOST_BLOCKS).contains(&blocks) || !sizes.is_finite() {
        return None;
    }
    let mut sum: f64 = differences.iter().sum();
    // The tolerance keeps equal patterns equal despite rounding.
    let found = sum.abs() - 1e-9 * sizes;
    // A Gray code flips one sign at a time; the last one never, since a pattern's opposite has the same size.
    let patterns = 1_u32 << (blocks - 1);
    let mut signs = [1.0; MOST_BLOCKS];
    let mut as_large = 1;
    for pattern in 1..patterns {
        let turned = pattern.trailing_zeros() as usize;
        signs[turned] = -signs[turned];
        sum += 2.0 * signs[turned] * differences[turned];
        as_large += u32::from(sum.abs() >= found);
    }
    Some(f64::from(as_large) / f64::from(patterns))
}

/// Whether a difference with this chance is significant.
pub fn counts(chance: Option<f64>) -> bool {
    chance.is_some_and(|chance| chance <= ALPHA)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn the_chance_is_the_share_of_all_patterns_of_signs() {
        let mut rng = Rng::new(3, 0);
        for blocks in FEWEST_BLOCKS..=10 {
            let differences: Vec<f64> = (0..blocks).map(|_| rng.normal() + 0.4).collect();
            let found = differences.iter().sum::<f64>().abs();
            let as_large = (0..1_u32 << blocks)
                .filter(|pattern| {
                    let signed =
                        differences.iter().enumerate().map(|(b, d)| if pattern >> b & 1 == 1 { -d } else { *d });
                    signed.sum::<f64>().abs() >= found - 1e-9
                })
                .count();
            assert_eq!(chance(&differences), Some(as_large as f64 / f64::from(1 << blocks)));
        }
        // All on one side: only that pattern and its opposite.
        assert_eq!(chance(&[1.0; 6]), Some(2.0 / 64.0));
        assert_eq!(chance(&[0.0; 7]), Some(1.0));
        assert_eq!((chance(&[1.0; 5]), chance(&[f64::NAN; 8])), (None, None));
    }

    /// Without a better forecast, a difference is significant no more often than the level allows.
    #[test]
    fn differences_that_are_chance_seldom_count() {
        let mut rng = Rng::new(9, 0);
        let cases = 2000;
        let counted = (0..cases)
            .filter(|_| {
                counts(chance(&std::array::from_fn::<f64, 12, _>(|_| rng.normal() * (1.0 + rng.normal().abs()))))
            })
            .count();
        // Three standard deviations of a share of 2,000 draws: 3 √(0.05 · 0.95 / 2000) = 0.015.
        let share = counted as f64 / f64::from(cases);
        assert!((0.03..0.065).contains(&share), "{share}");
    }

    #[test]
    fn a_block_spans_a_horizon_and_windows_keep_their_order() {
        let of = |starts: Vec<u32>, window, horizon| Blocks::of(&WindowSet { starts: starts.into(), window, horizon });
        for (windows, window, horizon, count) in [
            (1, 5, 24, 1),
            (169, 5, 24, 7),
            (168, 5, 24, 7),
            (167, 5, 24, 6),
            (18, 5, 12, 1),
            (1723, 5, 24, 16),
            (1723, 100, 24, 13),
            (1723, 168, 24, 8),
            (1723, 1000, 24, 8),
            (40, 5, 1, 8),
        ] {
            let blocks = of((100..100 + windows).collect(), window, horizon);
            assert_eq!(blocks.count(), count, "{windows} windows, {horizon} ahead");
            let all: Vec<usize> = (0..windows as usize).map(|window| blocks.block(window)).collect();
            assert!(all.is_sorted() && all[0] == 0 && all[all.len() - 1] == count - 1);
            let spans = all.chunk_by(|a, b| a == b).map(<[usize]>::len);
            assert!(count == 1 || spans.min() >= Some(horizon), "{windows} windows, {horizon} ahead");
        }
        // Far apart, or with a gap: rows count, not windows.
        assert_eq!(of((0..10).map(|k| 24 * k).collect(), 5, 24).count(), 8);
        assert_eq!(of((0..20).chain(500..520).collect(), 5, 20).count(), 2);
        assert_eq!(of(Vec::new(), 5, 24).count(), 1);
    }
}
