//! Harmonic regression with autoregressive errors (Young, Pedregal and Tych, Dynamic harmonic regression, 1999, with constant
//! coefficients; Hyndman and Athanasopoulos, Forecasting: Principles and Practice, chapter 10):
//!
//! ```text
//! y(t) = a + b t + Σ_m Σ_{k ≤ K(m)} (c_{mk} cos 2πkt/m + d_{mk} sin 2πkt/m) + η(t)      m: rows of a season
//! η(t) = φ₁ η(t−1) + … + φ_p η(t−p) + ε(t)
//! ```
//!
//! The regression is least squares; `φ` follows from the autocovariances of its residuals by the recursion of Levinson and Durbin. The
//! slope, `K(m)` and `p` are those with the least corrected information criterion AICc `= n log σ² + 2q + 2q(q+1)/(n−q−1)`, with `σ²` the
//! variance of `ε` and `q` the number of all parameters: `p` for each regression, then `K(m)` season by season, the shortest first, with
//! and without a slope. A season of any length costs two numbers a pair. The autoregressive part of a forecast decays.
//!
//! A model that reads on takes each row into its least squares, so that its level and seasons are those of all rows before a forecast; its
//! terms and `φ` stay.

use std::collections::VecDeque;

use crate::baseline::seasonal;

/// Smallest number of rows.
pub const FEWEST_ROWS: usize = 10;
/// Largest number of pairs of a season.
const MOST_PAIRS: usize = 20;
/// Seasons that a pair needs to be told from a trend.
const SEASONS: usize = 2;
/// A solution costs the cube of the number of terms, and a row its square: for each of so many terms the next solution waits for a row.
const WAIT: usize = 4;
/// A variance of this share of that of the values is rounding.
const ROUNDING: f64 = 1e-24;

/// A cosine, or a sine, of `k` turns in `period` rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wave {
    period: usize,
    turns: usize,
    is_sine: bool,
}

impl Wave {
    fn at(self, row: usize) -> f64 {
        // The phase is a whole number, so that no digits are lost far from the first row.
        let phase = (row % self.period) * self.turns % self.period;
        let angle = 2.0 * std::f64::consts::PI * phase as f64 / self.period as f64;
        if self.is_sine { libm::sin(angle) } else { libm::cos(angle) }
    }
}

/// One summand of the regression.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Term {
    Mean,
    /// The row's number from the middle one on, divided by the number of rows.
    Slope,
    Wave(Wave),
}

/// A fitted model and its state after the rows that it has read.
#[derive(Debug, Clone, PartialEq)]
pub struct Harmonic {
    /// Each season's rows and number of pairs.
    pub pairs: Vec<(usize, usize)>,
    /// Whether there is a slope.
    pub has_slope: bool,
    /// `φ`, `[p]`.
    pub errors: Vec<f64>,
    /// Akaike's information criterion, corrected for few rows.
    pub aicc: f64,
    terms: Vec<Chosen>,
    /// Each season's rows and the sum of its waves at each phase, `[period]`.
    sums: Vec<(usize, Vec<f64>)>,
    /// The equations of the coefficients, as in [`seasonal::solve`].
    equations: Vec<Vec<f64>>,
    /// Number of fitted rows.
    fitted: usize,
    /// Number of rows.
    rows: usize,
    /// The last `p` values, the latest first, and their `η`.
    latest: VecDeque<f64>,
    residuals: VecDeque<f64>,
}

/// A summand of the fitted regression.
#[derive(Debug, Clone, PartialEq)]
struct Chosen {
    term: Term,
    coefficient: f64,
    /// A wave's value at each phase, `[period]`; else empty.
    by_phase: Vec<f64>,
}

/// The summands of all candidates with their values, and what least squares needs of them.
struct Terms<'a> {
    values: &'a [f64],
    terms: Vec<Term>,
    columns: Vec<Vec<f64>>,
    /// `Σ columnᵢ columnⱼ`, `[terms × terms]`, and `Σ columnᵢ value`.
    products: Vec<Vec<f64>>,
    with_values: Vec<f64>,
}

/// A regression with the best autoregressive errors.
struct Candidate {
    chosen: Vec<usize>,
    coefficients: Vec<f64>,
    residuals: Vec<f64>,
    errors: Vec<f64>,
    aicc: f64,
}

impl Harmonic {
    /// The best model of these rows, at least [`FEWEST_ROWS`], with seasons of these periods, the shortest first; a season needs two of
    /// them. `None` where there is no finite variance.
    pub fn fit(values: &[f64], periods: &[usize]) -> Option<Self> {
        let usable = periods.iter().copied().filter(|&period| period > 1 && period * SEASONS <= values.len());
        let seasons: Vec<(usize, Vec<Vec<Wave>>)> = usable.fold(Vec::new(), |mut found, period| {
            let waves = pairs_of(period, &found);
            found.push((period, waves));
            found
        });
        let all = seasons.iter().flat_map(|(_, pairs)| pairs.iter().flatten()).map(|&wave| Term::Wave(wave));
        let terms = Terms::new(values, [Term::Mean, Term::Slope].into_iter().chain(all).collect());
        let mut best: Option<(Candidate, Vec<(usize, usize)>)> = None;
        for slope in [None, Some(1)] {
            let chosen: Vec<usize> = [Some(0), slope].into_iter().flatten().collect();
            let mut found = terms.candidate(chosen);
            let mut pairs = Vec::new();
            let mut first = 2;
            for (period, waves) in &seasons {
                let mut chosen = found.chosen.clone();
                let mut count = 0;
                let mut next = first;
                for (place, pair) in waves.iter().enumerate() {
                    chosen.extend(next..next + pair.len());
                    next += pair.len();
                    let candidate = terms.candidate(chosen.clone());
                    if candidate.aicc < found.aicc {
                        (found, count) = (candidate, place + 1);
                    }
                }
                pairs.push((*period, count));
                first = next;
            }
            if best.as_ref().is_none_or(|(best, _)| found.aicc < best.aicc) {
                best = Some((found, pairs));
            }
        }
        let (found, pairs) = best.filter(|(found, _)| found.aicc.is_finite())?;
        let Candidate { chosen, coefficients, residuals, errors, aicc } = found;
        let latest = |values: &[f64]| values.iter().rev().take(errors.len()).copied().collect();
        let chosen_ones = chosen.iter().zip(&coefficients).map(|(&term, &coefficient)| {
            let term = terms.terms[term];
            let by_phase = match term {
                Term::Wave(wave) => (0..wave.period).map(|phase| wave.at(phase)).collect(),
                _ => Vec::new(),
            };
            Chosen { term, coefficient, by_phase }
        });
        let mut found = Self {
            pairs: pairs.into_iter().filter(|(_, count)| *count > 0).collect(),
            has_slope: chosen.contains(&1),
            aicc,
            terms: chosen_ones.collect(),
            sums: Vec::new(),
            equations: terms.equations(&chosen),
            fitted: values.len(),
            rows: values.len(),
            latest: latest(values),
            residuals: latest(&residuals),
            errors,
        };
        found.add_up();
        Some(found)
    }

    /// Adds up the waves of each season.
    fn add_up(&mut self) {
        self.sums = self.pairs.iter().map(|&(period, _)| (period, vec![0.0; period])).collect();
        for Chosen { term, coefficient, by_phase } in &self.terms {
            let Term::Wave(wave) = term else { continue };
            let Some((_, sums)) = self.sums.iter_mut().find(|(period, _)| *period == wave.period) else { continue };
            sums.iter_mut().zip(by_phase).for_each(|(sum, value)| *sum += coefficient * value);
        }
    }

    /// The regression's value at a row.
    fn regression(&self, row: usize) -> f64 {
        let others = self.terms.iter().filter(|chosen| chosen.by_phase.is_empty());
        let line: f64 = others.map(|chosen| chosen.coefficient * chosen.term.at(row, self.fitted)).sum();
        line + self.sums.iter().map(|(period, sums)| sums[row % period]).sum::<f64>()
    }

    /// `η` of the next row.
    fn expected(&self, residuals: &VecDeque<f64>) -> f64 {
        self.errors.iter().zip(residuals).map(|(weight, residual)| weight * residual).sum()
    }

    /// Reads the next row; the forecast stands for a missing value.
    pub fn read(&mut self, value: f64) {
        let regression = self.regression(self.rows);
        let residual = if value.is_finite() { value - regression } else { self.expected(&self.residuals) };
        let at = |chosen: &Chosen| match chosen.by_phase.len() {
            0 => chosen.term.at(self.rows, self.fitted),
            period => chosen.by_phase[self.rows % period],
        };
        let at: Vec<f64> = self.terms.iter().map(at).collect();
        for (equation, x) in self.equations.iter_mut().zip(&at) {
            equation.iter_mut().zip(at.iter().chain([&(regression + residual)])).for_each(|(sum, y)| *sum += x * y);
        }
        self.rows += 1;
        for (all, new) in [(&mut self.latest, regression + residual), (&mut self.residuals, residual)] {
            all.push_front(new);
            all.truncate(self.errors.len());
        }
        if self.rows.is_multiple_of(self.terms.len().div_ceil(WAIT)) {
            self.renew();
        }
    }

    /// Solves for the coefficients anew.
    fn renew(&mut self) {
        let coefficients = seasonal::solve(self.equations.clone());
        // Values of extreme sizes may not be solved for.
        if coefficients.iter().all(|coefficient| coefficient.is_finite()) {
            self.terms.iter_mut().zip(coefficients).for_each(|(chosen, new)| chosen.coefficient = new);
            self.add_up();
            let residuals = (0..).zip(&self.latest).map(|(back, value)| value - self.regression(self.rows - 1 - back));
            self.residuals = residuals.collect();
        }
    }

    /// Forecasts of the next rows.
    pub fn forecast(&self, out: &mut [f64]) {
        let mut residuals = self.residuals.clone();
        for (step, out) in out.iter_mut().enumerate() {
            let residual = self.expected(&residuals);
            *out = self.regression(self.rows + step) + residual;
            residuals.push_front(residual);
            residuals.truncate(self.errors.len());
        }
    }
}

impl Term {
    fn at(self, row: usize, rows: usize) -> f64 {
        match self {
            Term::Mean => 1.0,
            Term::Slope => (row as f64 - (rows as f64 - 1.0) / 2.0) / rows as f64,
            Term::Wave(wave) => wave.at(row),
        }
    }
}

impl<'a> Terms<'a> {
    fn new(values: &'a [f64], terms: Vec<Term>) -> Self {
        let n = values.len();
        let columns: Vec<Vec<f64>> = terms.iter().map(|term| (0..n).map(|row| term.at(row, n)).collect()).collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let products = columns.iter().map(|a| columns.iter().map(|b| dot(a, b)).collect()).collect();
        let with_values = columns.iter().map(|column| dot(column, values)).collect();
        Self { values, terms, columns, products, with_values }
    }

    /// Of the coefficients of these terms, as in [`seasonal::solve`].
    fn equations(&self, chosen: &[usize]) -> Vec<Vec<f64>> {
        let row = |&i: &usize| chosen.iter().map(|&j| self.products[i][j]).chain([self.with_values[i]]).collect();
        chosen.iter().map(row).collect()
    }

    /// The regression on these terms, with the autoregressive errors of the least AICc.
    fn candidate(&self, chosen: Vec<usize>) -> Candidate {
        let coefficients = seasonal::solve(self.equations(&chosen));
        let mut residuals = self.values.to_vec();
        for (&term, coefficient) in chosen.iter().zip(&coefficients) {
            residuals.iter_mut().zip(&self.columns[term]).for_each(|(value, x)| *value -= coefficient * x);
        }
        let size = self.values.iter().map(|value| value * value).sum::<f64>() / self.values.len() as f64;
        let (aicc, errors) = autoregression(&residuals, chosen.len(), size);
        Candidate { chosen, coefficients, residuals, errors, aicc }
    }
}

/// The pairs of a season, first that of one turn: a cosine and a sine, which is 0 at two rows a turn. A pair that a shorter season has too
/// is left out.
fn pairs_of(period: usize, shorter: &[(usize, Vec<Vec<Wave>>)]) -> Vec<Vec<Wave>> {
    let known = |turns: usize| {
        let same = |wave: &Wave| wave.turns * period == turns * wave.period;
        shorter.iter().any(|(_, pairs)| pairs.iter().flatten().any(same))
    };
    let pair = |turns: usize| {
        let both = [false, true].map(|is_sine| Wave { period, turns, is_sine });
        both.into_iter().filter(|wave| !wave.is_sine || 2 * turns < period).collect()
    };
    (1..=period / 2).take(MOST_PAIRS).filter(|&turns| !known(turns)).map(pair).collect()
}

/// The AICc of autoregressive errors of these residuals, and their weights; the order has the least. `more` parameters stand beside them.
/// `size` is the mean square of the values.
fn autoregression(residuals: &[f64], more: usize, size: f64) -> (f64, Vec<f64>) {
    let n = residuals.len();
    let covariance = |lag: usize| residuals.iter().zip(&residuals[lag..]).map(|(a, b)| a * b).sum::<f64>() / n as f64;
    let criterion = |variance: f64, order: usize| {
        // The variance is a parameter too.
        let (n, q) = (n as f64, (more + order + 1) as f64);
        let variance = variance.max(ROUNDING * size).max(f64::MIN_POSITIVE);
        if q + 1.0 >= n {
            f64::INFINITY
        } else {
            n * libm::log(variance) + 2.0 * q + 2.0 * q * (q + 1.0) / (n - q - 1.0)
        }
    };
    // The usual bound of the order (as in R's ar).
    let most = (10.0 * libm::log10(n as f64)) as usize;
    let covariances: Vec<f64> = (0..=most.min(n - 1)).map(covariance).collect();
    let mut variance = covariances[0];
    let (mut weights, mut best) = (Vec::<f64>::new(), (criterion(variance, 0), Vec::new()));
    for order in 1..covariances.len() {
        if variance <= ROUNDING * size {
            break;
        }
        let known: f64 = weights.iter().zip(covariances[1..order].iter().rev()).map(|(weight, r)| weight * r).sum();
        let next = (covariances[order] - known) / variance;
        let reversed: Vec<f64> = weights.iter().rev().copied().collect();
        weights.iter_mut().zip(&reversed).for_each(|(weight, other)| *weight -= next * other);
        weights.push(next);
        variance *= 1.0 - next * next;
        let found = criterion(variance, order);
        if found < best.0 {
            best = (found, weights.clone());
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_lacks_the_pairs_of_a_shorter_one_and_the_sine_that_is_0() {
        let day = pairs_of(24, &[]);
        assert_eq!(day.len(), 12);
        assert_eq!((day[0].len(), day[11].len()), (2, 1));
        let week = pairs_of(168, &[(24, day)]);
        let turns: Vec<usize> = week.iter().map(|pair| pair[0].turns).collect();
        assert_eq!(turns, (1..=20).filter(|turns| turns % 7 > 0).collect::<Vec<usize>>());
    }

    #[test]
    fn an_exact_wave_and_line_go_on() {
        let at = |row: usize| {
            let turn = |period: f64| 2.0 * std::f64::consts::PI * row as f64 / period;
            50.0 + 0.3 * row as f64 + 4.0 * libm::sin(turn(12.0)) - 2.0 * libm::cos(2.0 * turn(12.0))
        };
        let values: Vec<f64> = (0..100).map(at).collect();
        let mut model = Harmonic::fit(&values, &[12]).unwrap();
        assert!(model.has_slope && model.pairs[0].1 >= 2);
        (100..130).for_each(|row| model.read(at(row)));
        let mut out = [0.0; 20];
        model.forecast(&mut out);
        for (step, value) in out.iter().enumerate() {
            assert!((value - at(130 + step)).abs() < 1e-6, "{step}: {value} {}", at(130 + step));
        }
    }

    #[test]
    fn errors_of_first_order_have_their_weight_and_decay() {
        let mut rng = crate::math::Rng::new(2, 0);
        let mut residual = 0.0;
        let values: Vec<f64> = (0..4000)
            .map(|_| {
                residual = 0.7 * residual + rng.normal();
                10.0 + residual
            })
            .collect();
        let model = Harmonic::fit(&values, &[]).unwrap();
        // Its standard error is √((1 − 0.7²) / 4000) = 0.011.
        assert!((model.errors[0] - 0.7).abs() < 0.05, "{:?}", model.errors);
        let mut out = [0.0; 200];
        model.forecast(&mut out);
        assert!((out[199] - 10.0).abs() < 0.2, "{}", out[199]);
    }
}
