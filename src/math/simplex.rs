//! Minimisation without derivatives: the simplex search of Nelder and Mead (A simplex method for function minimization, 1965) within
//! bounds, with the coefficients of Gao and Han (Implementing the Nelder-Mead simplex algorithm with adaptive parameters, 2012), which
//! follow the number of variables `n`: expansion `1 + 2/n`, contraction `3/4 − 1/(2n)`, shrinkage `1 − 1/n`.

/// Size of the first simplex: each variable by itself grows by this share, or from 0 to [`FROM_ZERO`].
const STEP: f64 = 0.05;
const FROM_ZERO: f64 = 1e-4;

/// When a search ends.
#[derive(Debug, Clone, Copy)]
pub struct Stop {
    /// Standard deviation of the function's values at the corners.
    pub spread: f64,
    /// Number of rounds; each asks for one or two values, seldom for `n` more.
    pub rounds: usize,
}

/// The end of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// The best point, `[n]`.
    pub at: Vec<f64>,
    /// The function's value there.
    pub value: f64,
}

/// Searches for a minimum of `function` from `start` `[n]`, at least one variable, within `bounds` `[n]`: a point beyond them is moved
/// to the nearest within. A value that is no number counts as infinite.
pub fn minimise(function: &mut dyn FnMut(&[f64]) -> f64, start: &[f64], bounds: &[(f64, f64)], stop: Stop) -> Minimum {
    let n = start.len();
    let size = n as f64;
    let (expansion, contraction, shrinkage) = (1.0 + 2.0 / size, 0.75 - 0.5 / size, 1.0 - 1.0 / size);
    let within = |x: f64, (low, high): (f64, f64)| x.max(low).min(high);
    let mut value_at = |point: &mut [f64]| {
        point.iter_mut().zip(bounds).for_each(|(x, &bounds)| *x = within(*x, bounds));
        let value = function(point);
        if value.is_nan() { f64::INFINITY } else { value }
    };
    let mut corners = start.repeat(n + 1);
    for (moved, corner) in corners.chunks_exact_mut(n).enumerate().take(n) {
        let (from, bounds) = (corner[moved], bounds[moved]);
        let step = if from == 0.0 { FROM_ZERO } else { from * STEP };
        // Away from a bound that it starts on: a flat simplex never leaves it.
        let on_bound = within(from + step, bounds) == within(from, bounds);
        corner[moved] = if on_bound { from - step } else { from + step };
    }
    let mut values: Vec<f64> = corners.chunks_exact_mut(n).map(&mut value_at).collect();
    let (mut centre, mut reflected, mut other) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    for _ in 0..stop.rounds {
        let [best, second, worst] = ranked(&values);
        if deviation(&values) < stop.spread {
            break;
        }
        centre.fill(0.0);
        for (_, corner) in corners.chunks_exact(n).enumerate().filter(|(index, _)| *index != worst) {
            centre.iter_mut().zip(corner).for_each(|(sum, x)| *sum += x);
        }
        centre.iter_mut().for_each(|sum| *sum /= size);
        let at_worst = worst * n..(worst + 1) * n;
        between(&centre, &corners[at_worst.clone()], -1.0, &mut reflected);
        let value = value_at(&mut reflected);
        let mut accepted = (value < values[second]).then_some(value);
        if value < values[best] {
            between(&centre, &reflected, expansion, &mut other);
            let farther = value_at(&mut other);
            if farther < value {
                reflected.copy_from_slice(&other);
                accepted = Some(farther);
            }
        } else if accepted.is_none() {
            // Outside the simplex where the reflected point is better than the worst corner, inside otherwise.
            let outside = value < values[worst];
            between(&centre, &reflected, if outside { contraction } else { -contraction }, &mut other);
            let nearer = value_at(&mut other);
            if if outside { nearer <= value } else { nearer < values[worst] } {
                reflected.copy_from_slice(&other);
                accepted = Some(nearer);
            }
        }
        if let Some(value) = accepted {
            corners[at_worst].copy_from_slice(&reflected);
            values[worst] = value;
            continue;
        }
        other.copy_from_slice(&corners[best * n..(best + 1) * n]);
        for (index, corner) in corners.chunks_exact_mut(n).enumerate().filter(|(index, _)| *index != best) {
            reflected.copy_from_slice(corner);
            between(&other, &reflected, shrinkage, corner);
            values[index] = value_at(corner);
        }
    }
    let [best, ..] = ranked(&values);
    Minimum { at: corners[best * n..(best + 1) * n].to_vec(), value: values[best] }
}

/// `from + share · (to − from)`.
fn between(from: &[f64], to: &[f64], share: f64, out: &mut [f64]) {
    for ((out, from), to) in out.iter_mut().zip(from).zip(to) {
        *out = from + share * (to - from);
    }
}

/// The indices of the smallest, the second largest and the largest value.
fn ranked(values: &[f64]) -> [usize; 3] {
    let (mut best, mut worst) = (0, 0);
    for (index, value) in values.iter().enumerate() {
        best = if *value < values[best] { index } else { best };
        worst = if *value >= values[worst] { index } else { worst };
    }
    let mut second = best;
    for (index, value) in values.iter().enumerate() {
        second = if index != worst && *value >= values[second] { index } else { second };
    }
    [best, second, worst]
}

/// Standard deviation (`n` in the denominator); no number while a value is infinite.
fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    libm::sqrt(values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
    const STOP: Stop = Stop { spread: 1e-14, rounds: 5000 };

    fn check(name: &str, mut function: impl FnMut(&[f64]) -> f64, start: &[f64], bounds: &[(f64, f64)], least: &[f64]) {
        let found = minimise(&mut function, start, bounds, STOP);
        assert_eq!(found.value.to_bits(), function(&found.at).to_bits(), "{name}");
        for (x, least) in found.at.iter().zip(least) {
            // The square root of the precision of the values.
            assert!((x - least).abs() < 1e-4, "{name}: {found:?}");
        }
    }

    fn rosenbrock(x: &[f64]) -> f64 {
        x.windows(2).map(|x| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)).sum()
    }

    #[test]
    fn minima_of_standard_functions_are_found() {
        check("Rosenbrock", rosenbrock, &[-1.2, 1.0], &[FREE; 2], &[1.0, 1.0]);
        check("Rosenbrock of four", rosenbrock, &[0.5, 0.9, 0.7, 1.3], &[FREE; 4], &[1.0; 4]);
        let booth = |x: &[f64]| (x[0] + 2.0 * x[1] - 7.0).powi(2) + (2.0 * x[0] + x[1] - 5.0).powi(2);
        check("Booth", booth, &[0.0, 0.0], &[FREE; 2], &[1.0, 3.0]);
        let bowl = |x: &[f64]| x.iter().zip(1..).map(|(x, at)| f64::from(at) * (x - f64::from(at)).powi(2)).sum();
        check("a bowl of ten", bowl, &[2.0; 10], &[FREE; 10], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
        check("one variable", |x| (x[0] - 3.0).powi(2), &[10.0], &[FREE], &[3.0]);
        check("a minimum on a bound", booth, &[0.2, 0.2], &[(0.0, 0.5), (0.0, 9.0)], &[0.5, 3.4]);
    }

    #[test]
    fn no_point_beyond_the_bounds_is_asked_for_and_what_is_no_number_is_left() {
        let mut function = |x: &[f64]| {
            assert!((-1.0..=2.0).contains(&x[0]), "{x:?}");
            if x[1] < 0.0 { f64::NAN } else { (x[0] - 5.0).powi(2) + x[1] }
        };
        let found = minimise(&mut function, &[-1.0, 3.0], &[(-1.0, 2.0), FREE], STOP);
        assert!((found.at[0] - 2.0).abs() < 1e-6 && (0.0..1e-4).contains(&found.at[1]), "{found:?}");
    }

    #[test]
    fn a_flat_function_ends_the_search_at_its_start() {
        let mut asked = 0;
        let found = minimise(
            &mut |_| {
                asked += 1;
                4.0
            },
            &[1.0, 2.0],
            &[FREE; 2],
            STOP,
        );
        assert_eq!((found.value, asked), (4.0, 3));
    }
}
