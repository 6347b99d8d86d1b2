//! The uncertainty of a forecast: ranges from the errors known at its origin.
//!
//! A range of level `1 − α` reaches from the quantile `α/2` of the error's distribution ([`Spread`]) to the quantile `1 − α/2`, around the
//! forecast. Beyond the end all errors so far are known; at an origin in the test part only those before it
//! ([`crate::evaluate::walk`]).

use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    evaluate::{limits::Limits, past::Past, spread::Spread},
    knob::{Group, Knob},
};

/// Levels of the ranges.
pub const LEVELS: Knob<String> = Knob::text(Group::Data, "levels", "Levels of the ranges", "50, 80, 95").help(
    "In percent, with commas between them: the share of the true values that each range of the forecast is to hold. The chart shows \
     the range whose level is nearest to 80 %.",
);

/// Largest number of levels.
const MOST_LEVELS: usize = 9;

/// The level that is shown, if it is among them; else the nearest to it.
pub const SHOWN: f64 = 0.8;

/// Reads the knob [`LEVELS`]: shares between 0 and 1, ascending.
///
/// # Errors
/// [`Error::Knob`](crate::Error::Knob) for anything but one to nine numbers from 1 to 99.
pub fn levels(text: &str) -> Result<Vec<f64>> {
    let given: Option<Vec<f64>> =
        text.split([',', ';']).map(|one| crate::exact::read(one.trim().trim_end_matches('%').trim_end())).collect();
    let fits =
        |given: &Vec<f64>| given.len() <= MOST_LEVELS && given.iter().all(|percent| (1.0..=99.0).contains(percent));
    let Some(mut given) = given.filter(fits) else {
        return Err(LEVELS.error(format!("give one to {MOST_LEVELS} numbers from 1 to 99, such as 50, 80, 95")));
    };
    crate::math::sort(&mut given);
    given.dedup();
    Ok(given.into_iter().map(|percent| percent / 100.0).collect())
}

/// The level that is shown.
pub fn shown(levels: &[f64]) -> f64 {
    let far = |level: &&f64| crate::math::key((**level - SHOWN).abs());
    levels.iter().min_by_key(far).copied().unwrap_or(SHOWN)
}

/// What the ranges of a forecaster are made from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranges<'a> {
    /// Its errors at past origins.
    pub past: &'a Past,
    /// Nominal levels, ascending.
    pub levels: &'a [f64],
    /// Limits of each target's values.
    pub limits: &'a [Limits],
}

/// Bounds around a forecast, by target and step of the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Nominal level, between 0 and 1: the coverage that it aims at.
    #[serde(rename = "coverage", with = "crate::exact")]
    pub level: f64,
    /// Offset of the lower bound from a scaled forecast, `[horizon × targets]`.
    #[serde(with = "crate::exact::list")]
    pub lower: Vec<f64>,
    /// Offset of the upper bound from a scaled forecast, `[horizon × targets]`.
    #[serde(with = "crate::exact::list")]
    pub upper: Vec<f64>,
}

/// The ranges of a forecast beyond the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The range that is shown.
    #[serde(flatten)]
    pub shown: Bounds,
    /// Those of other levels, ascending; empty in files from before there were several.
    #[serde(default)]
    pub others: Vec<Bounds>,
    /// Number of past forecasts whose errors were used.
    pub windows: usize,
    /// Limits of each target's values, in its unit; empty in files from before limits.
    #[serde(default)]
    pub limits: Vec<Limits>,
}

impl Bounds {
    /// Lower and upper bound, scaled and not clipped, around the scaled forecast of target number `target` at step `lead` (from 0)
    /// of a model with this `horizon`; `NaN` beyond it, where no errors were seen.
    pub fn around(&self, (target, lead): (usize, usize), horizon: usize, predicted: f64) -> (f64, f64) {
        let index = Some(target * horizon + lead).filter(|_| lead < horizon);
        let at = |bounds: &[f64]| predicted + index.and_then(|index| bounds.get(index)).copied().unwrap_or(f64::NAN);
        (at(&self.lower), at(&self.upper))
    }

    /// Its fault, as a clause; `None` if its parts fit each other.
    fn fault(&self) -> Option<String> {
        let Self { level, lower, upper } = self;
        if lower.len() != upper.len() || !lower.iter().chain(upper).all(|bound| bound.is_finite()) {
            return Some("the bounds of its interval are not numbers, or not as many below as above".to_owned());
        }
        let is_level = *level > 0.0 && *level < 1.0;
        (!is_level).then(|| format!("the level of its interval is {level}, and not between 0 and 1"))
    }
}

impl Interval {
    /// The ranges of a forecast that begins at `row`. `None` where too few errors are known there.
    pub fn known(ranges: &Ranges<'_>, row: usize) -> Option<Interval> {
        let Ranges { past, levels, limits } = *ranges;
        let spreads: Vec<Spread<'_>> =
            (0..past.targets).map(|target| Spread::known(past, target, row)).collect::<Option<_>>()?;
        let of_targets: Vec<Vec<Bounds>> = spreads.iter().map(|spread| bounds(spread, levels, past.horizon)).collect();
        let mut all: Vec<Bounds> = levels
            .iter()
            .enumerate()
            .map(|(at, &level)| {
                let joined =
                    |of: fn(&Bounds) -> &Vec<f64>| of_targets.iter().flat_map(|one| of(&one[at]).clone()).collect();
                Bounds { level, lower: joined(|one| &one.lower), upper: joined(|one| &one.upper) }
            })
            .collect();
        if !all.iter().flat_map(|one| one.lower.iter().chain(&one.upper)).all(|bound| bound.is_finite()) {
            return None;
        }
        let at = levels.iter().position(|level| *level == shown(levels))?;
        let windows = spreads.iter().map(Spread::windows).min().unwrap_or(0);
        Some(Interval { shown: all.remove(at), others: all, windows, limits: limits.to_vec() })
    }

    /// All ranges, by ascending level.
    pub fn all(&self) -> Vec<&Bounds> {
        let at = self.others.partition_point(|other| other.level < self.shown.level);
        let mut all: Vec<&Bounds> = self.others.iter().collect();
        all.insert(at, &self.shown);
        all
    }

    /// The fault of an interval from a file, as a clause that begins with “its interval”; `None` if its parts fit each other.
    pub fn fault(&self) -> Option<String> {
        let all = self.all();
        if let Some(fault) = all.iter().find_map(|one| one.fault()) {
            return Some(fault);
        }
        let nested = |pair: &[&Bounds]| {
            let (inner, outer) = (pair[0], pair[1]);
            let within = |inner: &[f64], outer: &[f64], sign: f64| {
                // Other lengths are a misfit, and said there.
                inner.len() != outer.len()
                    || inner.iter().zip(outer).all(|(inner, outer)| sign * (outer - inner) >= 0.0)
            };
            inner.level < outer.level
                && within(&inner.lower, &outer.lower, -1.0)
                && within(&inner.upper, &outer.upper, 1.0)
        };
        if !all.windows(2).all(nested) {
            return Some("the ranges in its interval do not lie in each other".to_owned());
        }
        let ends = |limits: &Limits| [limits.lower, limits.upper].map(|limit| limit.map_or(0.0, |limit| limit.at));
        let is_finite = self.limits.iter().flat_map(ends).all(f64::is_finite);
        (!is_finite).then(|| "the limits of its interval are not numbers".to_owned())
    }

    /// The misfit of an interval from a file with a forecast of `targets` targets over `horizon` steps; `None` if it fits.
    pub fn misfit(&self, targets: usize, horizon: usize) -> Option<String> {
        let steps = targets * horizon;
        if self.all().iter().any(|one| one.lower.len() != steps) {
            return Some(format!("its interval has no bounds for each of {steps} steps"));
        }
        // None in files that were saved before limits existed.
        let fits = [0, targets].contains(&self.limits.len());
        (!fits).then(|| format!("its interval has no limits for each of {targets} columns"))
    }

    /// Limits of the values of target number `target`, in its unit.
    pub fn limits(&self, target: usize) -> Limits {
        self.limits.get(target).copied().unwrap_or_default()
    }
}

/// The bounds of one target at each level, over its horizon. A wider level's range holds that of a narrower one. Only a constant series
/// has a range without width.
pub fn bounds(spread: &Spread<'_>, levels: &[f64], horizon: usize) -> Vec<Bounds> {
    let mut all: Vec<Bounds> =
        levels.iter().map(|&level| Bounds { level, lower: Vec::new(), upper: Vec::new() }).collect();
    for step in 0..horizon {
        let law = spread.law(step);
        let mut inner = (f64::INFINITY, f64::NEG_INFINITY);
        for one in &mut all {
            let alpha = 1.0 - one.level;
            let (low, high) = (law.quantile(alpha / 2.0), law.quantile(1.0 - alpha / 2.0));
            let (middle, half) = ((low + high) / 2.0, ((high - low) / 2.0).max(spread.floor));
            inner = (inner.0.min(middle - half), inner.1.max(middle + half));
            one.lower.push(inner.0);
            one.upper.push(inner.1);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_in_any_order_and_the_one_nearest_to_80_is_shown() {
        assert_eq!(levels("95, 50 %; 80").unwrap(), [0.5, 0.8, 0.95]);
        assert_eq!(levels("90,90").unwrap(), [0.9]);
        for wrong in ["", "0", "100", "fifty", "50,,80", "NaN", "10,20,30,40,50,60,70,80,90,95"] {
            assert!(levels(wrong).unwrap_err().to_string().contains("from 1 to 99"), "{wrong}");
        }
        assert_eq!((shown(&[0.5, 0.8, 0.95]), shown(&[0.5, 0.99]), shown(&[0.6])), (0.8, 0.99, 0.6));
    }

    #[test]
    fn beyond_the_horizon_there_are_no_bounds() {
        let bounds = Bounds { level: 0.5, lower: vec![-1.0, -2.0], upper: vec![1.0, 3.0] };
        assert_eq!(bounds.around((0, 1), 2, 1.0), (-1.0, 4.0));
        assert!(bounds.around((0, 2), 2, 1.0).0.is_nan() && bounds.around((0, 2), 2, 1.0).1.is_nan());
        // The same as two targets, one step each.
        assert_eq!(bounds.around((1, 0), 1, 1.0), bounds.around((0, 1), 2, 1.0));
        assert!(bounds.around((0, 1), 1, 1.0).0.is_nan());
    }
}
