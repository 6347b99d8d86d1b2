//! The uncertainty of a forecast: a range from the errors on the validation part, and its coverage on the test part.
//!
//! Split conformal prediction with signed errors, one step of the horizon at a time (Vovk, Gammerman and Shafer, Algorithmic
//! Learning in a Random World, 2005; Lei et al., Distribution-free predictive inference for regression, 2018; signed: Linusson,
//! Johansson and Löfström, Signed-error conformal regression, 2014). Of `n` sorted errors `truth − forecast` and a miss rate
//! `α = 1 − level`, the interval reaches from the `⌊(n + 1) α/2⌋`-th to the `⌈(n + 1)(1 − α/2)⌉`-th. The `+ 1` is the finite-sample
//! correction: with it the next error falls inside with a probability of at least `1 − α`, if the errors are exchangeable. Where
//! the first rank is below 1 there is no interval: so few errors give no bound.
//!
//! Errors of neighbouring windows of a series are correlated, and seasons differ, so the level is a target. The coverage is
//! measured on the test part ([`Measured`]), which neither the errors nor the weights come from.

use serde::{Deserialize, Serialize};

use crate::{
    data::{Frame, WindowSet},
    evaluate::{Forecasts, forecast_all, limits::Limits},
    math,
};

/// Smallest number of windows: with fewer, the range would have to be wider than all errors seen. Nine for 80 %.
pub fn least_windows(level: f64) -> usize {
    // Rounding must not raise a number that is whole in decimal to the next one.
    (2.0 / (1.0 - level) - 1e-6).ceil() as usize - 1
}

/// The errors `truth − forecast` of `model` over the windows of `set`, scaled: one list for each target and step of the horizon.
pub fn errors_over(frame: &Frame, set: &WindowSet, model: &mut dyn Forecasts) -> Vec<Vec<f64>> {
    let rows = frame.targets * set.horizon;
    let mut errors = vec![Vec::with_capacity(set.starts.len()); rows];
    forecast_all(frame, set, model, &mut |starts, predicted| {
        for (&start, predicted) in starts.iter().zip(predicted.chunks_exact(rows)) {
            for (row, (errors, &forecast)) in errors.iter_mut().zip(predicted).enumerate() {
                let truth = frame.truth_at(row / set.horizon, start as usize + set.window + row % set.horizon);
                errors.push(crate::wide(truth) - crate::wide(forecast));
            }
        }
    });
    errors
}

/// Bounds around a forecast, by target and step of the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Nominal level, between 0 and 1: the coverage that it aims at. [`Measured`] has its actual coverage.
    #[serde(rename = "coverage", with = "crate::exact")]
    pub level: f64,
    /// Offset of the lower bound from a scaled forecast, `[horizon × targets]`.
    #[serde(with = "crate::exact::list")]
    pub lower: Vec<f64>,
    /// Offset of the upper bound from a scaled forecast, `[horizon × targets]`.
    #[serde(with = "crate::exact::list")]
    pub upper: Vec<f64>,
    /// Number of validation windows whose errors were used.
    pub windows: usize,
    /// Limits of each target's values, in its unit; empty in files from before limits.
    #[serde(default)]
    pub limits: Vec<Limits>,
}

/// A range's measured result on the test part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measured {
    /// Nominal level of the range.
    pub level: f64,
    /// Share of the true values inside, over all windows and all steps of the horizon.
    pub coverage: f64,
    /// Mean width, in the target's unit; over several targets, of scaled values.
    pub width: f64,
    /// Number of test windows.
    pub windows: usize,
}

impl Interval {
    /// Bounds from errors `truth − forecast`, one list for each target and step of the horizon, all of the same length; targets'
    /// values end at `limits`. `None` from fewer than [`least_windows`].
    pub fn of_errors(mut errors: Vec<Vec<f64>>, level: f64, limits: Vec<Limits>) -> Option<Interval> {
        let windows = errors.first().map_or(0, Vec::len);
        if windows < least_windows(level) {
            return None;
        }
        // Ranks from 1; see `least_windows` on rounding.
        let below = ((windows + 1) as f64 * (1.0 - level) / 2.0 + 1e-9).floor() as usize;
        let above = windows + 1 - below;
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for errors in &mut errors {
            math::sort(errors);
            lower.push(errors[below - 1]);
            upper.push(errors[above - 1]);
        }
        let is_finite = lower.iter().chain(&upper).all(|bound| bound.is_finite());
        is_finite.then_some(Interval { level, lower, upper, windows, limits })
    }

    /// The fault of an interval from a file, as a clause that begins with “its interval”; `None` if its parts fit each other.
    pub fn fault(&self) -> Option<String> {
        let Self { level, lower, upper, limits, .. } = self;
        if lower.len() != upper.len() || !lower.iter().chain(upper).all(|bound| bound.is_finite()) {
            return Some("the bounds of its interval are not numbers, or not as many below as above".to_owned());
        }
        if !(*level > 0.0 && *level < 1.0) {
            return Some(format!("the level of its interval is {level}, and not between 0 and 1"));
        }
        let ends = |limits: &Limits| [limits.lower, limits.upper].map(|limit| limit.map_or(0.0, |limit| limit.at));
        let is_finite = limits.iter().flat_map(ends).all(f64::is_finite);
        (!is_finite).then(|| "the limits of its interval are not numbers".to_owned())
    }

    /// The misfit of an interval from a file with a forecast of `targets` targets over `horizon` steps; `None` if it fits.
    pub fn misfit(&self, targets: usize, horizon: usize) -> Option<String> {
        let steps = targets * horizon;
        if self.lower.len() != steps {
            return Some(format!("its interval has no bounds for each of {steps} steps"));
        }
        // None in files that were saved before limits existed.
        let fits = [0, targets].contains(&self.limits.len());
        (!fits).then(|| format!("its interval has no limits for each of {targets} columns"))
    }

    /// Lower and upper bound, scaled and not clipped, around the scaled forecast of target number `target` at step `lead` (from 0)
    /// of a model with this `horizon`; `NaN` beyond it, where no errors were seen.
    pub fn around(&self, (target, lead): (usize, usize), horizon: usize, predicted: f64) -> (f64, f64) {
        let index = Some(target * horizon + lead).filter(|_| lead < horizon);
        let at = |bounds: &[f64]| predicted + index.and_then(|index| bounds.get(index)).copied().unwrap_or(f64::NAN);
        (at(&self.lower), at(&self.upper))
    }

    /// Limits of the values of target number `target`, in its unit.
    pub fn limits(&self, target: usize) -> Limits {
        self.limits.get(target).copied().unwrap_or_default()
    }

    /// Empty counts of coverage, for each target.
    pub fn watch(&self, frame: &Frame) -> Vec<Held<'_>> {
        let of = |target| Held {
            interval: self,
            target,
            limits: self.limits(target).scaled(frame.scales[target]),
            inside: 0,
            width: 0.0,
            windows: 0,
        };
        (0..frame.targets).map(of).collect()
    }
}

/// Sums of an interval's coverage and width for one target, window by window.
#[derive(Debug, Clone)]
pub struct Held<'a> {
    interval: &'a Interval,
    target: usize,
    /// Scaled.
    limits: Limits,
    inside: u64,
    /// Scaled.
    width: f64,
    windows: usize,
}

impl Held<'_> {
    /// Adds the scaled forecast `predicted` `[horizon]` from row `origin` on; the truth is taken from `frame`.
    pub fn add(&mut self, frame: &Frame, origin: usize, predicted: &[crate::Real]) {
        for (lead, &predicted) in predicted.iter().enumerate() {
            let at = (self.target, lead);
            let (lower, upper) =
                self.interval.around(at, self.interval.lower.len() / frame.targets, crate::wide(predicted));
            let (lower, upper) = (self.limits.clip(lower), self.limits.clip(upper));
            let truth = crate::wide(frame.truth_at(self.target, origin + lead));
            self.inside += u64::from(lower <= truth && truth <= upper);
            self.width += upper - lower;
        }
        self.windows += 1;
    }

    /// The result for windows with this `horizon`; the width is `unit` times that of scaled values. `None` without windows.
    pub fn measured(&self, horizon: usize, unit: f64) -> Option<Measured> {
        // In floating point, since millions of windows of a thousand steps would overflow 32 bits.
        let all = self.windows as f64 * horizon as f64;
        (self.windows > 0).then(|| Measured {
            level: self.interval.level,
            coverage: self.inside as f64 / all,
            width: unit * self.width / all,
            windows: self.windows,
        })
    }

    /// The means over several targets, of scaled widths.
    pub fn mean(all: &[Held<'_>], horizon: usize) -> Option<Measured> {
        let each: Vec<Measured> = all.iter().map(|held| held.measured(horizon, 1.0)).collect::<Option<_>>()?;
        let mean = |of: fn(&Measured) -> f64| each.iter().map(of).sum::<f64>() / each.len() as f64;
        let first = each.first()?;
        Some(Measured { coverage: mean(|one| one.coverage), width: mean(|one| one.width), ..*first })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_carry_the_correction_for_finite_samples() {
        // n = 19, α = 0.2: ranks ⌊20 · 0.1⌋ = 2 and ⌈20 · 0.9⌉ = 18.
        let errors: Vec<f64> = (1..=19).rev().map(f64::from).collect();
        let interval = Interval::of_errors(vec![errors], 0.8, Vec::new()).unwrap();
        assert_eq!((interval.lower[0], interval.upper[0], interval.windows), (2.0, 18.0, 19));
    }

    #[test]
    fn fewer_errors_than_the_level_takes_hold_no_bound() {
        let of =
            |windows: i32, level| Interval::of_errors(vec![(1..=windows).map(f64::from).collect()], level, Vec::new());
        for (level, least) in [(0.8, 9), (0.9, 19), (0.5, 3), (0.95, 39)] {
            assert_eq!(least_windows(level), least as usize);
            assert!(of(least - 1, level).is_none(), "{level}");
            // The smallest and the largest error seen.
            let first = of(least, level).unwrap();
            assert_eq!((first.lower[0], first.upper[0]), (1.0, f64::from(least)), "{level}");
        }
        assert!(Interval::of_errors(vec![vec![]], 0.8, Vec::new()).is_none());
    }

    #[test]
    fn beyond_the_horizon_there_are_no_bounds() {
        let errors = vec![(0..99).map(f64::from).collect(), (0..99).map(|x| f64::from(2 * x)).collect()];
        let interval = Interval::of_errors(errors, 0.5, Vec::new()).unwrap();
        assert_eq!(interval.around((0, 0), 2, 1.0), (25.0, 75.0));
        assert!(interval.around((0, 2), 2, 1.0).0.is_nan() && interval.around((0, 2), 2, 1.0).1.is_nan());
        // The same as two targets, one step each.
        assert_eq!(interval.around((1, 0), 1, 1.0), interval.around((0, 1), 2, 1.0));
        assert!(interval.around((0, 1), 1, 1.0).0.is_nan());
    }
}
