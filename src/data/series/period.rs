//! The period of a series, from its autocorrelation at a day, a week, a year.

use crate::data::calendar::axis::Step;

/// Number of values used, the latest ones. More would cost time and not change the answer.
const MOST_VALUES: usize = 200_000;
/// For a period of unknown length: number of values and lags, since each lag costs a pass.
const MOST_SEARCHED: usize = 5000;
const LONGEST_SEARCHED: usize = 1000;

/// Smallest autocorrelation of a natural period; for other periods, without a calendar's support, [`VERY_CLEAR`].
const CLEAR: f64 = 0.25;
const VERY_CLEAR: f64 = 0.4;
/// Smallest number of whole periods of a season among several: with two, a chance resemblance is taken for a season.
const FEWEST_PERIODS: usize = 3;
/// Smallest gain of a longer period over a shorter one: every week also repeats days.
const BETTER: f64 = 0.1;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 86_400_000;

/// Periods that clocks and calendars suggest for a step, shortest first, in steps.
pub(crate) fn natural(step: Step) -> Vec<usize> {
    let lengths: &[f64] = match step {
        Step::Rows => return Vec::new(),
        Step::Months(months) if months < 1 => return Vec::new(),
        Step::Months(months) => {
            return (months < 12 && 12 % months == 0)
                .then(|| usize::try_from(12 / months).unwrap_or(1))
                .into_iter()
                .collect();
        }
        Step::Milliseconds(step) if step < MINUTE => &[1000.0, MINUTE as f64, HOUR as f64, DAY as f64],
        Step::Milliseconds(step) if step < HOUR => &[HOUR as f64, DAY as f64, 7.0 * DAY as f64],
        Step::Milliseconds(step) if step < DAY => &[DAY as f64, 7.0 * DAY as f64],
        // A year has 365.2425 days; rounding it to whole steps shifts it by hours only.
        Step::Milliseconds(_) => &[7.0 * DAY as f64, 365.2425 * DAY as f64],
    };
    let Step::Milliseconds(step) = step else { return Vec::new() };
    let step = step.max(1) as f64;
    let periods = lengths.iter().filter_map(|length| {
        let steps = (length / step).round();
        let whole = *length > 300.0 * DAY as f64 || (length / step - steps).abs() < 1e-9;
        (whole && steps >= 2.0).then_some(steps as usize)
    });
    periods.collect()
}

/// The period of these values in steps, or `None` without a clear one.
pub(crate) fn find(values: &[f64], step: Step) -> Option<usize> {
    let values = &values[values.len().saturating_sub(MOST_VALUES)..];
    let mut best: Option<usize> = None;
    for period in natural(step) {
        // At least two whole periods are needed for a comparison.
        if period * 2 > values.len() {
            break;
        }
        let level = without_trend(values, period);
        let here = correlation(&level, period);
        let believed = here > CLEAR && here > correlation(&level, period / 2);
        if believed && best.is_none_or(|shorter| here > correlation(&level, shorter) + BETTER) {
            best = Some(period);
        }
    }
    best.or_else(|| search(values))
}

/// All periods of these values in steps, the shortest first: those of the calendar that show once the shorter ones are taken out, and the
/// one that [`find`] finds. Each fits [`FEWEST_PERIODS`] times.
pub(crate) fn all(values: &[f64], step: Step) -> Vec<usize> {
    let values = &values[values.len().saturating_sub(MOST_VALUES)..];
    let fits = |period: &usize| period * FEWEST_PERIODS <= values.len();
    let mut rest = values.to_vec();
    let mut found = Vec::new();
    for period in natural(step).into_iter().filter(fits) {
        let level = without_trend(&rest, period);
        let here = correlation(&level, period);
        if here > CLEAR && here > correlation(&level, period / 2) {
            found.push(period);
            let means = phase_means(&level, period);
            rest.iter_mut().zip(means.iter().cycle()).for_each(|(value, mean)| *value -= mean);
        }
    }
    let main = find(values, step).filter(fits);
    // A period of the calendar that was left out here, such as a week of equal days, shows through a shorter one.
    if found.is_empty() || main.is_some_and(|main| !natural(step).contains(&main)) {
        found.extend(main.filter(|main| !found.contains(main)));
    }
    found.sort_unstable();
    found
}

/// Mean of the known values of each phase, 0 without one: `[period]`.
fn phase_means(values: &[f64], period: usize) -> Vec<f64> {
    let (mut sums, mut counts) = (vec![0.0; period], vec![0.0_f64; period]);
    for (at, value) in values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
        sums[at % period] += value;
        counts[at % period] += 1.0;
    }
    sums.iter().zip(&counts).map(|(sum, count)| sum / count.max(1.0)).collect()
}

/// The lag of the autocorrelation's highest peak, beyond the first lag with a negative value.
fn search(values: &[f64]) -> Option<usize> {
    let values = &values[values.len().saturating_sub(MOST_SEARCHED)..];
    let longest = (values.len() / 3).min(LONGEST_SEARCHED);
    if longest < 3 {
        return None;
    }
    let level = without_line(values);
    let correlations: Vec<f64> = (0..=longest).map(|lag| correlation(&level, lag)).collect();
    let turned = correlations.iter().position(|&r| r < 0.0)?;
    // Chance alone gives correlations of about one over the root of the number of values.
    let clear = VERY_CLEAR.max(3.0 / (values.len() as f64).sqrt());
    let peaks = (turned.max(2)..longest).filter(|&lag| {
        correlations[lag] > correlations[lag - 1]
            && correlations[lag] >= correlations[lag + 1]
            && correlations[lag] > clear
    });
    // Multiples of the period have peaks hardly lower, so the first one near the highest counts.
    let peaks: Vec<usize> = peaks.collect();
    let highest = peaks.iter().map(|&lag| correlations[lag]).fold(f64::NEG_INFINITY, f64::max);
    peaks.into_iter().find(|&lag| correlations[lag] > highest - BETTER)
}

/// Values less their mean over one period around each, which removes everything slower than the period.
///
/// The mean is centred; for an even period the two outermost values count half, or a slope would remain.
fn without_trend(values: &[f64], period: usize) -> Vec<f64> {
    // An offset keeps the digits of sums far from zero.
    let offset = values.iter().copied().find(|value| !value.is_nan()).unwrap_or(0.0);
    let mut sums = Vec::with_capacity(values.len() + 1);
    let (mut sum, mut count) = (0.0, 0_usize);
    sums.push((sum, count));
    for value in values.iter().map(|value| value - offset) {
        if !value.is_nan() {
            sum += value;
            count += 1;
        }
        sums.push((sum, count));
    }
    let over = |from: usize, to: usize| (sums[to].0 - sums[from].0, sums[to].1 - sums[from].1);
    let half = period / 2;
    let centred = |at: usize| {
        // There is no centred mean within half a period of either end.
        let (from, to) = (at.checked_sub(half)?, at + half);
        if to >= values.len() {
            return None;
        }
        let (wide, wide_count) = over(from, to + 1);
        let (narrow, narrow_count) = over(from + 1, to);
        let (sum, count) = if period.is_multiple_of(2) {
            ((wide + narrow) / 2.0, (wide_count + narrow_count) as f64 / 2.0)
        } else {
            (wide, wide_count as f64)
        };
        (count * 2.0 >= period as f64).then(|| values[at] - offset - sum / count)
    };
    (0..values.len()).map(|at| centred(at).unwrap_or(f64::NAN)).collect()
}

/// Values less their least-squares line.
fn without_line(values: &[f64]) -> Vec<f64> {
    let known = || values.iter().enumerate().filter(|(_, value)| !value.is_nan());
    let count = known().count().max(1) as f64;
    let (mean_x, mean_y) = known().fold((0.0, 0.0), |(x, y), (at, value)| (x + at as f64 / count, y + value / count));
    let (cross, square) = known().fold((0.0, 0.0), |(cross, square), (at, value)| {
        let x = at as f64 - mean_x;
        (cross + x * (value - mean_y), square + x * x)
    });
    let slope = if square > 0.0 { cross / square } else { 0.0 };
    values.iter().enumerate().map(|(at, value)| value - mean_y - slope * (at as f64 - mean_x)).collect()
}

/// Correlation of values with those `lag` later, over the known pairs; 0 without variation.
fn correlation(values: &[f64], lag: usize) -> f64 {
    if lag >= values.len() {
        return 0.0;
    }
    let (mut cross, mut early, mut late, mut pairs) = (0.0, 0.0, 0.0, 0_usize);
    for (a, b) in values.iter().zip(&values[lag..]) {
        let product = a * b;
        if !product.is_nan() {
            cross += product;
            early += a * a;
            late += b * b;
            pairs += 1;
        }
    }
    let scale = (early * late).sqrt();
    if pairs < 8 || scale <= 0.0 || !scale.is_finite() { 0.0 } else { cross / scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uniform between -0.5 and 0.5 (the finaliser of SplitMix64).
    fn noise(at: usize) -> f64 {
        let mut bits = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / 2f64.powi(53) - 0.5
    }

    fn series(len: usize, value: impl Fn(f64) -> f64) -> Vec<f64> {
        (0..len).map(|at| value(at as f64) + noise(at)).collect()
    }

    fn wave(at: f64, period: f64) -> f64 {
        (at / period * std::f64::consts::TAU).sin()
    }

    #[test]
    fn periods_are_found() {
        let hour = Step::Milliseconds(HOUR);
        assert_eq!(find(&series(1000, |at| 3.0 * wave(at, 24.0) + at / 10.0), hour), Some(24));
        let weekly = series(2000, |at| wave(at, 24.0) + if at % 168.0 < 48.0 { 5.0 } else { 0.0 });
        assert_eq!(find(&weekly, hour), Some(168));
        assert_eq!(find(&series(144, |at| 3.0 * wave(at, 12.0) + at), Step::Months(1)), Some(12));
        assert_eq!(find(&series(1460, |at| 5.0 * wave(at, 365.2425)), Step::Milliseconds(DAY)), Some(365));
        assert_eq!(find(&series(300, |at| 3.0 * wave(at, 17.0)), Step::Rows), Some(17));
        assert_eq!(find(&series(1000, |_| 0.0), hour), None);
        assert_eq!(find(&[1.0; 500], hour), None);
        assert_eq!(find(&[f64::NAN; 500], hour), None);
        assert_eq!(find(&[], hour), None);
    }

    #[test]
    fn several_periods_are_found_where_each_shows_without_the_others() {
        let (hour, day) = (Step::Milliseconds(HOUR), Step::Milliseconds(DAY));
        let weekly = |at: f64| if at % 168.0 < 48.0 { 5.0 } else { 0.0 };
        assert_eq!(all(&series(2000, |at| 3.0 * wave(at, 24.0) + weekly(at)), hour), [24, 168]);
        // With a walk-like level, and with a few values missing.
        let mut both = series(2000, |at| 9.0 * wave(at, 24.0) + 3.0 * wave(at, 168.0) + 20.0 * wave(at, 1900.0));
        both[40..60].fill(f64::NAN);
        assert_eq!(all(&both, hour), [24, 168]);
        // Equal days make no week.
        assert_eq!(all(&series(2000, |at| 3.0 * wave(at, 24.0) + at / 10.0), hour), [24]);
        assert_eq!(all(&series(1460, |at| 2.0 * wave(at, 7.0) + 5.0 * wave(at, 365.2425)), day), [7, 365]);
        // Two years are too few for a season of a year.
        assert_eq!(all(&series(800, |at| 2.0 * wave(at, 7.0) + 5.0 * wave(at, 365.2425)), day), [7]);
        assert_eq!(all(&series(300, |at| 3.0 * wave(at, 17.0)), Step::Rows), [17]);
        let nothing: [usize; 0] = [];
        assert_eq!(all(&series(2000, |_| 0.0), hour), nothing);
        assert_eq!(all(&[f64::NAN; 900], hour), nothing);
        assert_eq!(all(&[], day), nothing);
    }

    #[test]
    fn calendars_suggest_periods() {
        assert_eq!(natural(Step::Milliseconds(900_000)), [4, 96, 672]);
        assert_eq!(natural(Step::Milliseconds(DAY)), [7, 365]);
        assert_eq!(natural(Step::Milliseconds(7 * DAY)), [52]);
        assert_eq!(natural(Step::Months(3)), [4]);
        assert_eq!(natural(Step::Months(12)), [0_usize; 0]);
    }
}
