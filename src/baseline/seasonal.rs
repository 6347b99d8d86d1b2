//! The season of a series: whether there is one, its indices by classical decomposition, and least squares on few columns.

/// Quantile of the standard normal distribution at 95 %.
const ONE_SIDED: f64 = 1.644_853_626_951_472_2;

/// Whether the autocorrelation at lag `m`, the period, is significant: `|r(m)| > 1.645 √((1 + 2 Σ r(k)²) / n)`, `k = 1 … m − 1`
/// (Fiorucci et al., Models for optimising the theta method, 2016, section 4; Bartlett's standard error). No shorter period than 4
/// and no series shorter than two periods is tested.
pub fn is_significant(values: &[f64], period: usize) -> bool {
    let n = values.len();
    if period < 4 || n < 2 * period {
        return false;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let product = |lag: usize| centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum::<f64>();
    let variance = product(0);
    let below: f64 = (1..period).map(|lag| product(lag) / variance).map(|r| r * r).sum();
    (product(period) / variance).abs() > ONE_SIDED * libm::sqrt((1.0 + 2.0 * below) / n as f64)
}

/// Indices of the season by classical decomposition, `[period]`: index `i` belongs to the rows `i`, `i + period`, …
///
/// The trend is the mean over one period around each row; for an even period the two outermost values count half. An index is the mean
/// of `value − trend`, or of `value / trend`, over its rows. Indices add up to 0, or have the mean 1. The series has at least two periods.
pub fn indices(values: &[f64], period: usize, multiplicative: bool) -> Vec<f64> {
    let half = period / 2;
    let (mut sums, mut counts) = (vec![0.0; period], vec![0.0_f64; period]);
    // The sum over `period` values from the one `half` rows before; with an even period also that from the next one.
    let mut sum: f64 = values[..period].iter().sum();
    for at in half..values.len() - half {
        let next = values.get(at - half + period).map_or(sum, |value| sum + value - values[at - half]);
        let trend = if period.is_multiple_of(2) { (sum + next) / 2.0 } else { sum } / period as f64;
        sums[at % period] += if multiplicative { values[at] / trend } else { values[at] - trend };
        counts[at % period] += 1.0;
        sum = next;
    }
    sums.iter_mut().zip(&counts).for_each(|(sum, count)| *sum /= count);
    let mean = sums.iter().sum::<f64>() / period as f64;
    sums.iter_mut().for_each(|index| if multiplicative { *index /= mean } else { *index -= mean });
    sums
}

/// Intercept and slope of the least-squares line over times 1, 2, …
pub fn line(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let middle = (n + 1.0) / 2.0;
    let cross: f64 = (1..).zip(values).map(|(time, value)| (f64::from(time) - middle) * (value - mean)).sum();
    let slope = if n > 1.0 { 12.0 * cross / (n * (n * n - 1.0)) } else { 0.0 };
    (mean - slope * middle, slope)
}

/// The coefficients `c` with the least `Σ (value − Σ cⱼ columnⱼ)²`, by the normal equations and Gaussian elimination: for a few columns
/// that are far from dependent.
pub fn least_squares(columns: &[Vec<f64>], values: &[f64]) -> Vec<f64> {
    let size = columns.len();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut rows: Vec<Vec<f64>> = columns
        .iter()
        .map(|row| columns.iter().map(|column| dot(row, column)).chain([dot(row, values)]).collect())
        .collect();
    for pivot in 0..size {
        // The matrix is positive definite, so that its pivots need no search.
        let above = rows[pivot].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(at, _)| *at != pivot) {
            let factor = row[pivot] / above[pivot];
            row.iter_mut().zip(&above).for_each(|(x, above)| *x -= factor * above);
        }
    }
    rows.iter().enumerate().map(|(at, row)| row[size] / row[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_of_a_pure_season_are_the_season() {
        for period in [2, 3, 4, 7, 12] {
            let season = |at: usize| 1.0 + 0.3 * libm::sin((at % period) as f64 + 0.5);
            let mean = (0..period).map(season).sum::<f64>() / period as f64;
            for length in [2 * period, 3 * period + 1, 5 * period - 1] {
                let line = |at: usize| 20.0 + 0.5 * at as f64;
                let added: Vec<f64> = (0..length).map(|at| line(at) + season(at) - mean).collect();
                let times: Vec<f64> = (0..length).map(|at| 20.0 * season(at) / mean).collect();
                for (at, (a, m)) in indices(&added, period, false).iter().zip(indices(&times, period, true)).enumerate()
                {
                    assert!((a - (season(at) - mean)).abs() < 1e-12, "{period} {length} {at}: {a}");
                    assert!((m - season(at) / mean).abs() < 1e-12, "{period} {length} {at}: {m}");
                }
            }
        }
    }

    #[test]
    fn coefficients_of_an_exact_combination_are_found() {
        let times = 1..=9;
        let columns: [Vec<f64>; 3] = [
            vec![1.0; 9],
            times.clone().map(f64::from).collect(),
            times.map(|time| libm::cos(f64::from(time))).collect(),
        ];
        let values: Vec<f64> =
            (0..9).map(|at| 4.0 * columns[0][at] - 2.0 * columns[1][at] + 7.0 * columns[2][at]).collect();
        for (found, true_one) in least_squares(&columns, &values).iter().zip([4.0, -2.0, 7.0]) {
            assert!((found - true_one).abs() < 1e-10, "{found} {true_one}");
        }
        let (intercept, slope) = line(&[5.0, 8.0, 11.0]);
        assert!((intercept - 2.0).abs() < 1e-12 && (slope - 3.0).abs() < 1e-12);
    }
}
