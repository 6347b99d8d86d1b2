//! z-scores: every column by its mean and standard deviation in the training part.

use serde::{Deserialize, Serialize};

/// Mean and standard deviation of one column, in the column's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Mean of the training part.
    #[serde(with = "crate::exact")]
    pub mean: f64,
    /// Standard deviation of the training part, dividing by the count (ddof 0); 1 for a constant column.
    #[serde(with = "crate::exact")]
    pub std: f64,
    /// Whether the training part has only one value.
    pub constant: bool,
}

impl Scale {
    /// Fits the scale to the training part's values, in `f64`, leaving `NaN` out. `None` without a value, or if their squares
    /// overflow.
    ///
    /// Two passes, the second on the values less their mean: a series near 1e9 that varies by 5 keeps its digits.
    pub fn fit(values: &[f64]) -> Option<Scale> {
        let present = || values.iter().copied().filter(|x| !x.is_nan());
        let count = present().count() as f64;
        let mut mean = present().sum::<f64>() / count;
        // The mean of the differences corrects the rounding of the sum.
        mean += present().map(|x| x - mean).sum::<f64>() / count;
        let std = (present().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count).sqrt();
        if !(mean.is_finite() && std.is_finite()) {
            return None;
        }
        let first = present().next()?;
        if present().all(|x| x == first) {
            return Some(Scale { mean: first, std: 1.0, constant: true });
        }
        // Different values whose squared differences underflow count as constant.
        if std == 0.0 {
            return Some(Scale { mean, std: 1.0, constant: true });
        }
        Some(Scale { mean, std, constant: false })
    }

    /// From the column's unit to standard deviations from the mean.
    pub fn scale(&self, value: f64) -> f64 {
        (value - self.mean) / self.std
    }

    /// From standard deviations from the mean back to the column's unit.
    pub fn unscale(&self, value: f64) -> f64 {
        value * self.std + self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_divides_by_the_count_and_gaps_are_left_out() {
        // numpy: x = [1, 2, 4, 5]; x.mean() == 3.0; x.std() == 1.5811388300841898
        let scale = Scale::fit(&[1.0, 2.0, f64::NAN, 4.0, 5.0]).unwrap();
        assert_eq!(scale.mean, 3.0);
        assert!((scale.std - 1.581_138_830_084_189_8).abs() < 1e-15);
        assert!((scale.unscale(scale.scale(7.25)) - 7.25).abs() < 1e-12);
    }

    #[test]
    fn a_far_offset_keeps_its_digits() {
        let values: Vec<f64> = (0..1000).map(|i| 1e9 + 5.0 * f64::from(i % 2)).collect();
        let scale = Scale::fit(&values).unwrap();
        assert_eq!((scale.mean, scale.std), (1e9 + 2.5, 2.5));
    }

    #[test]
    fn constant_empty_and_endless_columns() {
        assert_eq!(Scale::fit(&[0.1; 7]), Some(Scale { mean: 0.1, std: 1.0, constant: true }));
        assert_eq!(Scale::fit(&[f64::NAN; 3]), None);
        assert_eq!(Scale::fit(&[1e300, -1e300]), None);
        assert_eq!(Scale::fit(&[1.0, f64::INFINITY]), None);
    }
}
