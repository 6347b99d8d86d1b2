//! Limits of a column's values, as far as its name and its training part show them.
//!
//! A range ends at a limit for one of three reasons, the first that holds:
//! - a percentage: the column's name contains `%`, and all training values lie between 0 and 100;
//! - a count: all training values are whole and none is negative, and the name has no unit and no temperature, which may be written
//!   in whole degrees: none below 0;
//! - a pile-up: at least [`PILE`] of the training values, and at least [`FEWEST`], equal the lowest one, and more than equal the
//!   next (rain at 0, a sensor at the end of its scale); the same for the highest.
//!
//! That no value has passed a number so far is no reason.

use serde::{Deserialize, Serialize};

use crate::{data::Scale, evaluate::unit, math};

/// Smallest share of the training values at a limit where they pile up. Where values merely end, the lowest one is the rarest,
/// whatever their decimals.
pub const PILE: f64 = 0.02;

/// Smallest number of values in a pile.
pub const FEWEST: usize = 5;

/// The reason for a limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// The name marks percentages.
    Percentage,
    /// The values are counts.
    Count,
    /// This share of the training values lies exactly there.
    Pile(#[serde(with = "crate::exact")] f64),
}

/// A limit, in the column's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// Its value.
    #[serde(with = "crate::exact")]
    pub at: f64,
    /// The evidence for it.
    pub why: Why,
}

/// The limits of one column; `None` without evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// The lower limit.
    pub lower: Option<Limit>,
    /// The upper limit.
    pub upper: Option<Limit>,
}

impl Limits {
    /// The limits of the column `name` with these values in the training part, `NaN` where one is missing.
    pub fn of(name: &str, training: &[f64]) -> Limits {
        let mut values: Vec<f64> = training.iter().copied().filter(|value| value.is_finite()).collect();
        math::sort(&mut values);
        let (Some(&low), Some(&high)) = (values.first(), values.last()) else { return Limits::default() };
        let unit = unit::of_name(name);
        if unit.as_deref() == Some("%") && low >= 0.0 && high <= 100.0 {
            let at = |at| Some(Limit { at, why: Why::Percentage });
            return Limits { lower: at(0.0), upper: at(100.0) };
        }
        let counts =
            unit.is_none() && !unit::is_temperature(name) && low >= 0.0 && values.iter().all(|x| x.fract() == 0.0);
        let times = |of: f64| values.iter().filter(|&&value| value == of).count();
        let pile = |at: f64, next: Option<f64>| {
            let (there, share) = (times(at), times(at) as f64 / values.len() as f64);
            let piled = there >= FEWEST && share >= PILE && next.is_some_and(|next| there > times(next));
            piled.then_some(Limit { at: at + 0.0, why: Why::Pile(share) })
        };
        let lower = pile(low, values.iter().copied().find(|&value| value > low));
        Limits {
            lower: if counts { Some(Limit { at: 0.0, why: Why::Count }) } else { lower },
            upper: pile(high, values.iter().copied().rfind(|&value| value < high)),
        }
    }

    /// The reason for a limit, as the end of a sentence that names it: “…, as counts do”.
    pub fn why(limit: Limit) -> String {
        match limit.why {
            Why::Percentage => "as percentages do".to_owned(),
            Why::Count => "as counts do".to_owned(),
            Why::Pile(share) => format!("where {:.0} % of the training values lie", 100.0 * share),
        }
    }

    /// The number within the limits nearest to `value`.
    pub fn clip(&self, value: f64) -> f64 {
        // Not `max` and `min`, which would turn a NaN into a bound.
        match (self.lower, self.upper) {
            (Some(limit), _) if value < limit.at => limit.at,
            (_, Some(limit)) if value > limit.at => limit.at,
            _ => value,
        }
    }

    /// The same for scaled values, as in a frame, with the same rounding at the limit.
    pub fn scaled(&self, scale: Scale) -> Limits {
        let scaled = |limit: Limit| Limit { at: crate::wide(crate::narrow(scale.scale(limit.at))), ..limit };
        Limits { lower: self.lower.map(scaled), upper: self.upper.map(scaled) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(name: &str, training: &[f64]) -> (Option<f64>, Option<f64>) {
        let limits = Limits::of(name, training);
        (limits.lower.map(|limit| limit.at), limits.upper.map(|limit| limit.at))
    }

    #[test]
    fn values_that_have_not_been_below_zero_yet_are_not_bounded() {
        let smooth: Vec<f64> = (0..500).map(|x| 0.5 + 0.1 * f64::from(x % 97)).collect();
        assert_eq!(ends("price", &smooth), (None, None));
        // A summer in whole degrees, by its name and by its unit.
        let degrees: Vec<f64> = (0..500).map(|x| f64::from(x % 31)).collect();
        for name in ["temp", "mean temperature", "outside (°C)", "load_kw"] {
            assert_eq!(ends(name, &degrees), (None, None), "{name}");
        }
    }

    #[test]
    fn counts_and_percentages_are_bounded_by_what_they_are() {
        assert_eq!(ends("passengers", &[112.0, 118.0, 132.0, f64::NAN, 129.0]), (Some(0.0), None));
        assert_eq!(ends("passengers", &[112.0, 118.5, 132.0]), (None, None));
        assert_eq!(ends("change", &[1.0, -2.0, 3.0]), (None, None));
        assert_eq!(ends("humidity_percent", &[40.5, 60.0]), (Some(0.0), Some(100.0)));
        // Percent of something else: growth, a load of more than a whole.
        assert_eq!(ends("growth (%)", &[-3.5, 60.0]), (None, None));
        assert_eq!(ends("load (%)", &[40.5, 104.0]), (None, None));
    }

    #[test]
    fn a_pile_at_an_end_is_a_bound_and_a_mere_end_is_none() {
        let rain: Vec<f64> = (0..300).map(|x| if x % 3 == 0 { 0.1 * f64::from(x) } else { 0.0 }).collect();
        let found = Limits::of("rain", &rain);
        assert_eq!(found.upper, None);
        let Some(Limit { at: 0.0, why: Why::Pile(share) }) = found.lower else { panic!("{found:?}") };
        assert!((share - 201.0 / 300.0).abs() < 1e-12);
        let saturated: Vec<f64> = (0..300).map(|x| (0.5 * f64::from(x % 100)).min(45.0)).collect();
        assert_eq!(ends("sensor", &saturated), (None, Some(45.0)));
        // Rounded to half units, some values share the lowest number, but fewer than the next.
        let bell: Vec<f64> = [(-1.5, 20), (-0.5, 100), (0.5, 100), (1.5, 20)]
            .into_iter()
            .flat_map(|(value, times)| std::iter::repeat_n(value, times))
            .collect();
        assert_eq!(ends("error", &bell), (None, None));
        // Four of ten are too few, and a constant has no limits.
        assert_eq!(ends("short", &[0.5, 0.5, 0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]), (None, None));
        assert_eq!(ends("level", &[7.5; 100]), (None, None));
        assert_eq!(ends("nothing", &[f64::NAN; 3]), (None, None));
    }

    #[test]
    fn clipping_holds_scaled_values_at_the_bound() {
        let limits = Limits::of("passengers", &[3.0, 7.0]);
        let scale = Scale::fit(&[3.0, 7.0, 8.0]).unwrap();
        assert_eq!((limits.clip(-3.0), limits.clip(4.0)), (0.0, 4.0));
        assert!(limits.clip(f64::NAN).is_nan());
        let truth = crate::wide(crate::narrow(scale.scale(0.0)));
        assert_eq!(limits.scaled(scale).clip(-99.0), truth);
    }
}
