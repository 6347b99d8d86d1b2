//! One or two values so far from the rest that they are typing errors, or mean something else.

use crate::math;

/// Distance from the median, in interquartile ranges, beyond which the reader asks about a value. One in a million values of a
/// normal distribution lies at 4; the heaviest storm in a century of rain, at some 40.
const FAR: f64 = 200.0;

/// Largest share of outliers; more of them are a regular part of the data.
const MOST: f64 = 0.002;

/// Largest number of values for the quartiles, at even distances over the series: enough for an error of a percent.
const SAMPLE: usize = 1 << 15;

/// Rows with values far outside the rest.
pub(crate) fn find(values: &[f64]) -> Vec<usize> {
    let known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    if known.len() < 20 {
        return Vec::new();
    }
    let mut apart = known.len().div_ceil(SAMPLE);
    // Not in step with hours, days or weeks: a sample of nights alone would have no sunshine.
    while [2_usize, 3, 5, 7].iter().any(|factor| apart.is_multiple_of(*factor)) {
        apart += 1;
    }
    let mut sample: Vec<f64> = known.into_iter().step_by(apart).collect();
    math::sort(&mut sample);
    let at = |share: f64| sample[(share * (sample.len() - 1) as f64) as usize];
    let (low, median, high) = (at(0.25), at(0.5), at(0.75));
    let spread = high - low;
    // Half of the values are the same (rain, snow), so the interquartile range shows nothing.
    if spread <= 0.0 {
        return Vec::new();
    }
    let far: Vec<usize> = (0..values.len()).filter(|&row| (values[row] - median).abs() > FAR * spread).collect();
    if far.len() as f64 > (MOST * values.len() as f64).max(2.0) { Vec::new() } else { far }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_absurd_is_asked_about() {
        let mut values: Vec<f64> = (0..500).map(|i| f64::from(i % 30)).collect();
        values[7] = 150.0;
        assert_eq!(find(&values), [0_usize; 0]);
        values[9] = 1e25;
        assert_eq!(find(&values), [9]);
        values.iter_mut().skip(1).step_by(3).for_each(|value| *value = 0.0);
        values.iter_mut().step_by(3).for_each(|value| *value = 0.0);
        assert_eq!(find(&values), [0_usize; 0]);
    }
}
