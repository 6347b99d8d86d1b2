//! The distribution of a forecast's error at each step of the horizon, from the errors known at its origin.
//!
//! Weighted conformal prediction (Barber, Candès, Ramdas and Tibshirani, Conformal prediction beyond exchangeability, 2023): quantiles
//! of past errors, of which a recent one weighs more. A few validation windows that overlap say less than their number, so
//!
//! - errors are divided by a scale for their step, `s_h`, and those of neighbouring steps are pooled until they weigh [`POOLED`];
//!   `s_h` is the mean absolute error, drawn towards a curve `a · h^c`, `0 ≤ c ≤ 1`, the more the fewer windows there are;
//! - `n` origins count as `ν = n / (1 + (h − 1) / 2)` independent ones, since forecasts of `h` steps overlap;
//! - every error counts with its sign by `ν / (ν + 20)`, and otherwise half with either sign: from few windows one cannot tell a
//!   bias, and a model that has learnt from more rows since need not share it;
//! - a quantile is multiplied by the ratio of Student's quantile with `ν` degrees of freedom to the normal one, which is wider the fewer
//!   they are, and 1 for many.
//!
//! docs/decisions.md tells how these rules were chosen.

use crate::evaluate::past::{HALF_LIFE, Past};
use crate::math;

/// Smallest number of origins with a known error.
pub const LEAST: usize = 9;

/// Errors of neighbouring steps are pooled until their weights sum to this.
const POOLED: f64 = 200.0;

/// Weight of the curve in a step's scale, in independent errors.
const CURVE: f64 = 10.0;

/// Weight and exponent of an assumed growth of the errors, for those who have seen few steps.
const GROWTH: (f64, f64) = (2.0, 0.25);

/// Number of independent errors from which signs count as much as symmetry.
const SIGNED: f64 = 20.0;

/// Smallest degrees of freedom of the correction; its series is exact to a few percent there.
const FEWEST: f64 = 1.5;

/// Half the smallest width of a range, in standard deviations of the training part: no error so far is no proof that none will come.
pub const FLOOR: f64 = 1e-3;

/// What is known of one target's errors at a row.
#[derive(Debug)]
pub struct Spread<'a> {
    past: &'a Past,
    target: usize,
    row: usize,
    /// Index and weight of each origin.
    origins: Vec<(usize, f64)>,
    /// Number of equally weighted origins that say as much.
    count: f64,
    /// Sum of the weights at each step.
    weights: Vec<f64>,
    /// Scale of each step, above 0.
    scales: Vec<f64>,
    /// Half the smallest width of a range; 0 in a constant series that stays so.
    pub floor: f64,
}

/// The distribution of the error at one step.
#[derive(Debug)]
pub struct Law {
    /// Sorted errors, and the weight below the middle of each, as a share of all.
    atoms: Vec<(f64, f64)>,
    /// Independent errors.
    degrees: f64,
}

impl<'a> Spread<'a> {
    /// Of target number `target`, by what is known before `row`. `None` from fewer than [`LEAST`] origins.
    pub fn known(past: &'a Past, target: usize, row: usize) -> Option<Spread<'a>> {
        let has = |&index: &usize| {
            let known = row - past.origins[index];
            past.path(index, target).iter().take(known).any(|error| error.is_finite())
        };
        let weighed = |index: usize| (index, libm::exp2((past.origins[index] as f64 - row as f64) / HALF_LIFE));
        let origins: Vec<(usize, f64)> = past.before(row).filter(has).map(weighed).collect();
        if origins.len() < LEAST {
            return None;
        }
        let sum: f64 = origins.iter().map(|(_, weight)| weight).sum();
        let squares: f64 = origins.iter().map(|(_, weight)| weight * weight).sum();
        let count = sum * sum / squares * past.every as f64;
        let mut spread =
            Spread { past, target, row, origins, count, weights: Vec::new(), scales: Vec::new(), floor: FLOOR };
        let (mut weights, mut sums) = (vec![0.0; past.horizon], vec![0.0; past.horizon]);
        for step in 0..past.horizon {
            for (error, weight) in spread.errors(step) {
                weights[step] += weight;
                sums[step] += weight * error.abs();
            }
        }
        if past.constant[target] && sums.iter().all(|sum| *sum == 0.0) {
            spread.floor = 0.0;
        }
        spread.scales = scales(&weights, &sums);
        spread.weights = weights;
        Some(spread)
    }

    /// The known errors of a step, with their weights.
    fn errors(&self, step: usize) -> impl Iterator<Item = (f64, f64)> {
        let known = self.origins.iter().filter(move |(index, _)| self.past.origins[*index] + step < self.row);
        let each = known.map(move |&(index, weight)| (self.past.path(index, self.target)[step], weight));
        each.filter(|(error, _)| error.is_finite())
    }

    /// Number of independent errors of a step.
    fn degrees(&self, step: usize) -> f64 {
        (self.count / (1.0 + step as f64 / 2.0)).max(1.0)
    }

    /// The share of the errors at `step` that counts with its sign.
    fn signed(&self, step: usize) -> f64 {
        let degrees = self.degrees(step);
        if self.past.refitted { 0.0 } else { degrees / (degrees + SIGNED) }
    }

    /// The distribution of the error at `step`, from 0.
    pub fn law(&self, step: usize) -> Law {
        let last = self.weights.len() - 1;
        let around = |reach: usize| step.saturating_sub(reach)..=(step + reach).min(last);
        let enough = |reach: &usize| self.weights[around(*reach)].iter().sum::<f64>() >= POOLED;
        let reach = (0..=last).find(enough).unwrap_or(last);
        let signed = self.signed(step);
        let mut atoms = Vec::new();
        for other in around(reach) {
            let ratio = self.scales[step] / self.scales[other];
            for (error, weight) in self.errors(other) {
                let error = error * ratio;
                atoms.push((error, weight * (1.0 + signed) / 2.0));
                atoms.push((-error, weight * (1.0 - signed) / 2.0));
            }
        }
        let keys: Vec<i64> = atoms.iter().map(|(error, _)| math::key(*error)).collect();
        let total: f64 = atoms.iter().map(|(_, weight)| weight).sum();
        let mut below = 0.0;
        let sorted = math::argsort(&keys).into_iter().map(|index| {
            let (error, weight) = atoms[index];
            below += weight;
            (error, (below - weight / 2.0) / total)
        });
        Law { atoms: sorted.collect(), degrees: self.degrees(step) }
    }

    /// The known errors over whole horizons, with weights that sum to 1, each with its sign and turned; widened as quantiles of the
    /// last step are. `None` from fewer than [`LEAST`].
    pub fn paths(&self) -> Option<Vec<(Vec<f64>, f64)>> {
        let last = self.past.horizon - 1;
        let whole = |&&(index, _): &&(usize, f64)| {
            let path = self.past.path(index, self.target);
            self.past.origins[index] + last < self.row && path.iter().all(|error| error.is_finite())
        };
        let whole: Vec<&(usize, f64)> = self.origins.iter().filter(whole).collect();
        if whole.len() < LEAST {
            return None;
        }
        let total: f64 = whole.iter().map(|(_, weight)| weight).sum();
        let (signed, factor) = (self.signed(last), student(normal_quantile(0.9), self.degrees(last)));
        let each = whole.into_iter().flat_map(|&(index, weight)| {
            let path = self.past.path(index, self.target);
            [(factor, 1.0 + signed), (-factor, 1.0 - signed)].map(|(factor, share)| {
                (path.iter().map(|error| factor * error).collect(), weight / total * share / 2.0)
            })
        });
        Some(each.collect())
    }

    /// The smallest chance that so many errors can tell.
    pub fn least_chance(&self) -> f64 {
        0.5 / (self.count + 1.0)
    }

    /// Number of origins.
    pub fn windows(&self) -> usize {
        self.origins.len()
    }
}

impl Law {
    /// The error that a share `p` of the errors lies below, `0 < p < 1`.
    pub fn quantile(&self, p: f64) -> f64 {
        let at = self.atoms.partition_point(|(_, below)| *below < p);
        let (Some(&(first, _)), Some(&(last, _))) = (self.atoms.first(), self.atoms.last()) else { return f64::NAN };
        let plain = match (at.checked_sub(1).map(|before| self.atoms[before]), self.atoms.get(at)) {
            (Some((low, from)), Some(&(high, to))) => low + (p - from) / (to - from) * (high - low),
            (None, _) => first,
            (_, None) => last,
        };
        plain * student(normal_quantile(p), self.degrees)
    }

    /// The share of the errors below `error`, between `least` and `1 − least`: the `p` whose quantile it is.
    pub fn below(&self, error: f64, least: f64) -> f64 {
        let (mut low, mut high) = (least, 1.0 - least);
        // Halved so often, the bracket is narrower than any share that is written.
        for _ in 0..24 {
            let middle = (low + high) / 2.0;
            if self.quantile(middle) < error { low = middle } else { high = middle }
        }
        if low == least {
            least
        } else if high == 1.0 - least {
            high
        } else {
            (low + high) / 2.0
        }
    }
}

/// The scale of each step, from the sums of weights and of weighted absolute errors: the mean, drawn towards a curve through all of them.
fn scales(weights: &[f64], sums: &[f64]) -> Vec<f64> {
    let floored = |step: usize| (sums[step] / weights[step]).max(FLOOR * FLOOR);
    let log_step = |step: usize| libm::log(step as f64 + 1.0);
    let (mut total, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for step in (0..weights.len()).filter(|&step| weights[step] > 0.0) {
        let (at, value, weight) = (log_step(step), libm::log(floored(step)), weights[step] / (step as f64 + 1.0));
        total += weight;
        x += weight * at;
        y += weight * value;
        xx += weight * at * at;
        xy += weight * at * value;
    }
    let (x, y) = (x / total, y / total);
    let (spread, joint) = (xx - total * x * x, xy - total * x * y);
    let exponent = ((joint + GROWTH.0 * GROWTH.1) / (spread + GROWTH.0)).clamp(0.0, 1.0);
    let of = |step: usize| {
        let curve = libm::exp(y + exponent * (log_step(step) - x));
        let known = weights[step] / (1.0 + step as f64 / 1.5);
        let own = if weights[step] > 0.0 { floored(step) } else { curve };
        (known * own + CURVE * curve) / (known + CURVE)
    };
    (0..weights.len()).map(of).collect()
}

/// The ratio of Student's quantile with `degrees` degrees of freedom to the normal quantile `z`, by its series in `1 / degrees` (Abramowitz
/// and Stegun, Handbook of Mathematical Functions, 26.7.5).
fn student(z: f64, degrees: f64) -> f64 {
    let (zz, n) = (z * z, degrees.max(FEWEST));
    let second = (5.0 * zz * zz + 16.0 * zz + 3.0) / 96.0;
    let third = (3.0 * zz * zz * zz + 19.0 * zz * zz + 17.0 * zz - 15.0) / 384.0;
    1.0 + ((zz + 1.0) / 4.0 + (second + third / n) / n) / n
}

/// Quantile of the standard normal distribution, to seven digits (Wichura, Algorithm AS 241, PPND7, 1988).
fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        let above = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179;
        return q * above / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0);
    }
    let r = libm::sqrt(-libm::log(p.min(1.0 - p))) - 1.6;
    // Beyond 1.4e-11, where another form takes over, nobody asks.
    let above = ((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777;
    let size = above / ((0.12021132975 * r + 0.73700164250) * r + 1.0);
    if q < 0.0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_normal_and_of_students_distribution_are_those_of_tables() {
        for (p, z) in
            [(0.5, 0.0), (0.75, 0.674_489_75), (0.9, 1.281_551_57), (0.975, 1.959_963_98), (0.001, -3.090_232_31)]
        {
            assert!((normal_quantile(p) - z).abs() < 1e-6, "{p}");
        }
        // t(0.9) with 2, 5 and 30 degrees of freedom; t(0.975) with 5: 1.8856, 1.4759, 1.3104, 2.5706.
        for (p, degrees, t, near) in
            [(0.9, 2.0, 1.8856, 0.03), (0.9, 5.0, 1.4759, 0.002), (0.9, 30.0, 1.3104, 1e-4), (0.975, 5.0, 2.5706, 0.01)]
        {
            let z = normal_quantile(p);
            assert!((z * student(z, degrees) / t - 1.0).abs() < near, "{p} {degrees}: {}", z * student(z, degrees));
        }
    }

    #[test]
    fn a_chance_is_the_share_whose_quantile_the_value_is() {
        let atoms = (0..999).map(|k| (f64::from(k) - 499.0, (f64::from(k) + 0.5) / 999.0)).collect();
        let law = Law { atoms, degrees: 1e9 };
        for p in [0.01, 0.25, 0.5, 0.9] {
            assert!((law.below(law.quantile(p), 1e-3) - p).abs() < 1e-6, "{p}");
        }
        assert_eq!((law.below(-1e9, 1e-3), law.below(1e9, 1e-3)), (1e-3, 0.999));
    }

    #[test]
    fn the_scale_grows_with_the_step_and_goes_on_where_no_error_is_known() {
        let grown: Vec<f64> = (1..=8).map(|step| 100.0 * f64::from(step).sqrt()).collect();
        let found = scales(&[100.0; 8], &grown);
        for (step, scale) in found.iter().enumerate() {
            assert!((scale / ((step + 1) as f64).sqrt() - 1.0).abs() < 0.1, "{step}: {scale}");
        }
        let found = scales(&[20.0, 10.0, 0.0, 0.0], &[20.0, 14.0, 0.0, 0.0]);
        assert!(found.is_sorted() && found[3] > 1.1 && found[3] < 3.0, "{found:?}");
        // Forecasts that were exact so far have a scale all the same.
        assert!(scales(&[9.0; 3], &[0.0; 3]).iter().all(|scale| *scale > 0.0));
    }
}
