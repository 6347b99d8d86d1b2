//! How far off a forecast may be: intervals from the errors made on the validation part.
//!
//! Split conformal prediction with signed errors, one step of the horizon at a time (Vovk, Gammerman and Shafer,
//! Algorithmic Learning in a Random World, 2005; Lei et al., Distribution-free predictive inference for regression,
//! 2018; signed: Linusson, Johansson and Löfström, Signed-error conformal regression, 2014). Of `n` sorted errors
//! `truth − forecast` and a miss rate `α = 1 − coverage`, the interval reaches from the `⌊(n + 1) α/2⌋`-th to the
//! `⌈(n + 1)(1 − α/2)⌉`-th. The `+ 1` is the finite-sample correction: with it the next error falls inside with a
//! probability of at least `1 − α`, if it comes from where the others came from, in any order. Errors of neighbouring
//! windows of a series are alike, and seasons differ: the promise is then only approximate, and [`Interval::covered`]
//! measures how well it was kept.

use serde::{Deserialize, Serialize};

use crate::{
    Real,
    data::{Frame, WindowSet},
    evaluate::{Predict, forecast_all},
    math,
};

/// Windows whose errors are kept at most, evenly spread over the set: the quantiles are then known to about a percent,
/// and memory does not grow with the series.
pub const MOST_WINDOWS: usize = 4096;

/// Bounds around a forecast, by target and step of the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Share of the truth that should fall inside, between 0 and 1.
    #[serde(with = "crate::exact")]
    pub coverage: f64,
    /// What to add to a scaled forecast for the lower bound, `[horizon × targets]`.
    #[serde(with = "crate::exact::list")]
    pub lower: Vec<f64>,
    /// What to add to a scaled forecast for the upper bound, `[horizon × targets]`.
    #[serde(with = "crate::exact::list")]
    pub upper: Vec<f64>,
    /// Windows whose errors were used.
    pub windows: usize,
    /// Whether there were enough of them for the coverage; otherwise the bounds are the largest errors seen, and
    /// promise less.
    pub enough: bool,
}

impl Interval {
    /// Fits the bounds to the errors that `model` makes over the windows of `set`, of the validation part.
    pub fn fit(frame: &Frame, set: &WindowSet, model: &mut dyn Predict, coverage: f64) -> Interval {
        let stride = set.starts.len().div_ceil(MOST_WINDOWS).max(1);
        let kept = WindowSet { starts: set.starts.iter().copied().step_by(stride).collect(), ..*set };
        let mut errors = vec![Vec::with_capacity(kept.starts.len()); frame.targets * set.horizon];
        forecast_all(frame, &kept, model, &mut |starts, predicted| {
            for (&start, predicted) in starts.iter().zip(predicted.chunks_exact(errors.len())) {
                let origin = start as usize + set.window;
                for (at, (&predicted, errors)) in predicted.iter().zip(&mut errors).enumerate() {
                    let truth = frame.truth_at(at / set.horizon, origin + at % set.horizon);
                    errors.push(f64::from(truth) - f64::from(predicted));
                }
            }
        });
        Interval::of_errors(errors, coverage)
    }

    /// Bounds from errors `truth − forecast`, one list for each target and step of the horizon, all of the same length.
    pub fn of_errors(mut errors: Vec<Vec<f64>>, coverage: f64) -> Interval {
        let windows = errors.first().map_or(0, Vec::len);
        let miss = (1.0 - coverage) / 2.0;
        // Ranks from 1; rounding must not push a rank that is whole in decimals over the next one.
        let below = ((windows + 1) as f64 * miss + 1e-9).floor() as usize;
        let above = windows + 1 - below;
        let enough = below >= 1;
        let pick = |sorted: &[f64], rank: usize| {
            let rank = rank.clamp(1, windows.max(1));
            sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
        };
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for errors in &mut errors {
            math::sort(errors);
            lower.push(pick(errors, below));
            upper.push(pick(errors, above));
        }
        Interval { coverage, lower, upper, windows, enough }
    }

    /// Lower and upper bound, scaled, around the scaled forecast of target number `target` at step `lead` (from 0) of a
    /// model with this `horizon`. Beyond the horizon the last step's bounds are used.
    pub fn around(&self, (target, lead): (usize, usize), horizon: usize, predicted: f64) -> (f64, f64) {
        let index = target * horizon + lead.min(horizon.saturating_sub(1));
        let at = |bounds: &[f64]| predicted + bounds.get(index).copied().unwrap_or(f64::NAN);
        (at(&self.lower), at(&self.upper))
    }

    /// Share of the truth that fell inside the interval, over the windows of `set`, all steps of the horizon and
    /// all targets.
    pub fn covered(&self, frame: &Frame, set: &WindowSet, model: &mut dyn Predict) -> f64 {
        let (mut inside, mut all) = (0_usize, 0_usize);
        forecast_all(frame, set, model, &mut |starts, predicted: &[Real]| {
            for (&start, predicted) in starts.iter().zip(predicted.chunks_exact(frame.targets * set.horizon)) {
                for (at, &predicted) in predicted.iter().enumerate() {
                    let (target, lead) = (at / set.horizon, at % set.horizon);
                    let truth = f64::from(frame.truth_at(target, start as usize + set.window + lead));
                    let (lower, upper) = self.around((target, lead), set.horizon, f64::from(predicted));
                    inside += usize::from(lower <= truth && truth <= upper);
                    all += 1;
                }
            }
        });
        inside as f64 / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_carry_the_correction_for_finite_samples() {
        // n = 19, α = 0.2: ranks ⌊20 · 0.1⌋ = 2 and ⌈20 · 0.9⌉ = 18.
        let errors: Vec<f64> = (1..=19).rev().map(f64::from).collect();
        let interval = Interval::of_errors(vec![errors], 0.8);
        assert_eq!((interval.lower[0], interval.upper[0], interval.enough), (2.0, 18.0, true));
        // n = 8: ⌊9 · 0.1⌋ = 0: eight errors cannot promise 80 %; the largest seen stand in.
        let interval = Interval::of_errors(vec![(1..=8).map(f64::from).collect()], 0.8);
        assert_eq!((interval.lower[0], interval.upper[0], interval.enough), (1.0, 8.0, false));
        assert!(Interval::of_errors(vec![vec![]], 0.8).lower[0].is_nan());
    }

    #[test]
    fn beyond_the_horizon_the_last_bounds_hold() {
        let interval = Interval::of_errors(
            vec![(0..99).map(f64::from).collect(), (0..99).map(|x| f64::from(2 * x)).collect()],
            0.5,
        );
        assert_eq!(interval.around((0, 0), 2, 1.0), (25.0, 75.0));
        assert_eq!(interval.around((0, 7), 2, 1.0), interval.around((0, 1), 2, 1.0));
        // The same as two targets, one step each.
        assert_eq!(interval.around((1, 3), 1, 1.0), interval.around((0, 1), 2, 1.0));
    }
}
