//! STL: a series as trend, season and remainder by local regression (Cleveland, Cleveland, McRae and Terpenning, STL: A seasonal-trend
//! decomposition procedure based on loess, 1990), without robustness weights.

/// Rounds of the inner loop (section 3.4 there: two suffice for most; statsmodels takes five).
const ROUNDS: usize = 5;
/// Outputs of one block of a convolution.
const BLOCK: usize = 256;

/// Lengths of the smoothers in rows, all odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stl {
    /// Rows of a season, at least 2.
    pub period: usize,
    /// Of the values of one phase, in seasons: at least 3.
    pub seasonal: usize,
    /// Degree of their local polynomial, 0 or 1; that of the other smoothers is 1.
    pub degree: usize,
}

/// The parts of a series, each of its length; what is left is the remainder.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// The season.
    pub seasonal: Vec<f64>,
    /// The trend.
    pub trend: Vec<f64>,
}

impl Stl {
    /// Length of the trend's smoother: the next odd number from `1.5 period / (1 − 1.5 / seasonal)` on (section 3.5).
    fn trend(&self) -> usize {
        let length = (1.5 * self.period as f64 / (1.0 - 1.5 / self.seasonal as f64)).ceil() as usize;
        length | 1
    }

    /// Decomposes values without gaps, at least two periods of them.
    pub fn decompose(&self, values: &[f64]) -> Parts {
        let (n, period) = (values.len(), self.period);
        let mut parts = Parts { seasonal: vec![0.0; n], trend: vec![0.0; n] };
        let mut cycle = vec![0.0; n + 2 * period];
        let (mut low, mut smooth, mut rest) = (Vec::new(), vec![0.0; n], vec![0.0; n]);
        for _ in 0..ROUNDS {
            rest.iter_mut().zip(values).zip(&parts.trend).for_each(|((rest, value), trend)| *rest = value - trend);
            self.smooth_phases(&rest, &mut cycle);
            // What the phases' smooths share is no season.
            low.clear();
            low.extend_from_slice(&cycle);
            [period, period, 3].into_iter().for_each(|length| moving_mean(&mut low, length));
            Loess { length: (period + 1) | 1, degree: 1 }.smooth(&low, &mut smooth);
            for (row, seasonal) in parts.seasonal.iter_mut().enumerate() {
                *seasonal = cycle[period + row] - smooth[row];
                rest[row] = values[row] - *seasonal;
            }
            Loess { length: self.trend(), degree: 1 }.smooth(&rest, &mut parts.trend);
        }
        parts
    }

    /// Smooths the values of each phase, and continues each by one season at both ends: `[n + 2 period]`.
    fn smooth_phases(&self, values: &[f64], out: &mut [f64]) {
        let loess = Loess { length: self.seasonal, degree: self.degree };
        let (mut of_phase, mut smooth) = (Vec::new(), Vec::new());
        for phase in 0..self.period {
            of_phase.clear();
            of_phase.extend(values.iter().skip(phase).step_by(self.period));
            let count = of_phase.len();
            smooth.resize(count + 2, 0.0);
            loess.smooth(&of_phase, &mut smooth[1..=count]);
            let used = count.min(self.seasonal);
            smooth[0] = loess.at(&of_phase, -1, 0..used).unwrap_or(smooth[1]);
            smooth[count + 1] = loess.at(&of_phase, count as isize, count - used..count).unwrap_or(smooth[count]);
            for (value, out) in smooth.iter().zip(out.iter_mut().skip(phase).step_by(self.period)) {
                *out = *value;
            }
        }
    }
}

/// Local regression: a polynomial of degree 0 or 1, fitted to the nearest `length` values with weights `(1 − (d/h)³)³` for those at
/// distance `d`, where `h` is the distance of the farthest.
struct Loess {
    length: usize,
    degree: usize,
}

impl Loess {
    /// The fit at each place.
    fn smooth(&self, values: &[f64], out: &mut [f64]) {
        let n = values.len();
        let window = self.length.min(n);
        let half = window / 2;
        // In the middle the window is symmetric: its weights are the same everywhere, and a slope has no effect.
        let middle = if window == self.length && n > 2 * half { half..n - half } else { n..n };
        for place in (0..middle.start).chain(middle.end..n) {
            let first = place.saturating_sub(half).min(n - window);
            out[place] = self.at(values, place as isize, first..first + window).unwrap_or(values[place]);
        }
        if middle.is_empty() {
            return;
        }
        let mut weights: Vec<f64> = (0..half).map(|distance| weight(distance as f64, half as f64)).collect();
        let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        for (block, out) in out[middle].chunks_mut(BLOCK).enumerate() {
            let first = half + block * BLOCK;
            out.iter_mut().zip(&values[first..]).for_each(|(sum, value)| *sum = weights[0] * value);
            for (distance, weight) in weights.iter().enumerate().skip(1) {
                let (before, after) = (&values[first - distance..], &values[first + distance..]);
                for ((sum, before), after) in out.iter_mut().zip(before).zip(after) {
                    *sum += weight * (before + after);
                }
            }
        }
    }

    /// The fit at a place that may lie outside, from the values of `window`; `None` where all weights are 0.
    fn at(&self, values: &[f64], place: isize, window: std::ops::Range<usize>) -> Option<f64> {
        let n = values.len();
        let distance = |index: usize| (index as isize - place).unsigned_abs() as f64;
        let mut farthest = distance(window.start).max(distance(window.end - 1));
        if self.length > n {
            farthest += ((self.length - n) / 2) as f64;
        }
        let (mut sum, mut first, mut second, mut crossed, mut total) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for index in window {
            let weight = weight(distance(index), farthest);
            let from = (index as isize - place) as f64;
            sum += weight;
            first += weight * from;
            second += weight * from * from;
            total += weight * values[index];
            crossed += weight * from * values[index];
        }
        if sum <= 0.0 {
            return None;
        }
        let (mean, level) = (first / sum, total / sum);
        let spread = second / sum - mean * mean;
        // Too narrow for a slope.
        if self.degree == 0 || farthest <= 0.0 || libm::sqrt(spread.max(0.0)) <= 1e-3 * (n as f64 - 1.0) {
            return Some(level);
        }
        Some(level - mean * (crossed / sum - mean * level) / spread)
    }
}

/// The tricube weight.
fn weight(distance: f64, farthest: f64) -> f64 {
    if distance > 0.999 * farthest {
        return 0.0;
    }
    if distance <= 1e-3 * farthest {
        return 1.0;
    }
    let share = distance / farthest;
    let rest = 1.0 - share * share * share;
    rest * rest * rest
}

/// Means of `length` values each, in place of the values.
fn moving_mean(values: &mut Vec<f64>, length: usize) {
    let mut sum: f64 = values[..length].iter().sum();
    for first in 0..=values.len() - length {
        let left = values[first];
        values[first] = sum / length as f64;
        sum += values.get(first + length).map_or(0.0, |next| next - left);
    }
    values.truncate(values.len() + 1 - length);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(n: usize) -> Vec<f64> {
        (0..n).map(|at| 20.0 + 3.0 * libm::sin(at as f64 * 0.7) + ((at * 7919) % 13) as f64).collect()
    }

    #[test]
    fn weights_that_are_computed_once_smooth_as_those_of_each_window() {
        for (length, n) in [(3, 3), (3, 40), (11, 8), (11, 11), (11, 12), (25, 60), (43, 700)] {
            for degree in [0, 1] {
                let (loess, values) = (Loess { length, degree }, values(n));
                let mut smooth = vec![0.0; n];
                loess.smooth(&values, &mut smooth);
                for (place, smooth) in smooth.iter().enumerate() {
                    let window = length.min(n);
                    let first = place.saturating_sub(window / 2).min(n - window);
                    let alone = loess.at(&values, place as isize, first..first + window).unwrap();
                    assert!(
                        (smooth - alone).abs() < 1e-11,
                        "{length} of {n}, degree {degree}, {place}: {smooth} {alone}"
                    );
                }
            }
        }
    }

    #[test]
    fn lines_are_kept_by_local_lines_at_both_ends_and_beyond() {
        let line: Vec<f64> = (0..50).map(|at| 4.0 - 0.3 * f64::from(at)).collect();
        let loess = Loess { length: 15, degree: 1 };
        let mut smooth = vec![0.0; 50];
        loess.smooth(&line, &mut smooth);
        smooth.iter().zip(&line).for_each(|(smooth, value)| assert!((smooth - value).abs() < 1e-10));
        assert!((loess.at(&line, 50, 35..50).unwrap() - (4.0 - 15.0)).abs() < 1e-10);
        assert!((loess.at(&line, -1, 0..15).unwrap() - 4.3).abs() < 1e-10);
    }

    #[test]
    fn parts_of_a_line_with_a_season_are_the_line_and_the_season() {
        let season = |at: usize| [3.0, -1.0, -4.0, 2.0][at % 4];
        let line = |at: usize| 10.0 + 0.25 * at as f64;
        let values: Vec<f64> = (0..80).map(|at| line(at) + season(at)).collect();
        let Parts { seasonal, trend } = Stl { period: 4, seasonal: 7, degree: 1 }.decompose(&values);
        for at in 0..80 {
            assert!((seasonal[at] - season(at)).abs() < 1e-9 && (trend[at] - line(at)).abs() < 1e-9, "{at}");
        }
    }
}
