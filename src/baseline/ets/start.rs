//! Initial states of the search for an ETS model (Hyndman et al. 2008, section 2.6.1).

use crate::baseline::ets::form::{Effect, Form, LONGEST_SEASON, Trend};
use crate::baseline::seasonal;

/// Rows for the first level and slope, at least; two seasons where these are longer.
const FIRST_ROWS: usize = 10;
/// Seasons that a decomposition needs.
const SEASONS: usize = 3;
/// Smallest seasonal factor.
const LEAST_FACTOR: f64 = 1e-2;
/// A level and slope at the start that add up to less are moved apart, as multiplicative errors divide by their sum.
const TINY: f64 = 1e-8;

/// The season of each row, as summand and as factor.
pub(super) struct Seasons {
    added: Vec<f64>,
    factors: Vec<f64>,
}

impl Seasons {
    /// By classical decomposition; with fewer than three seasons by a line and one harmonic. Empty where no form is seasonal.
    pub(super) fn new(values: &[f64], period: usize) -> Self {
        let n = values.len();
        if !(2..=LONGEST_SEASON).contains(&period) || n <= period {
            return Self { added: Vec::new(), factors: Vec::new() };
        }
        if n >= SEASONS * period {
            let of = |multiplicative| -> Vec<f64> {
                let indices = seasonal::indices(values, period, multiplicative);
                (0..n).map(|row| indices[row % period]).collect()
            };
            return Self { added: of(false), factors: of(true) };
        }
        let times = || (1..=n).map(|time| time as f64);
        let turn = |time: f64| 2.0 * std::f64::consts::PI * time / period as f64;
        let mut columns = vec![vec![1.0; n], times().collect(), times().map(|time| libm::cos(turn(time))).collect()];
        // At two rows a season the sine is 0.
        if period > 2 {
            columns.push(times().map(|time| libm::sin(turn(time))).collect());
        }
        let found = seasonal::least_squares(&columns, values);
        let line = || times().map(|time| found[0] + found[1] * time);
        Self {
            added: values.iter().zip(line()).map(|(value, line)| value - line).collect(),
            factors: values.iter().zip(line()).map(|(value, line)| value / line).collect(),
        }
    }

    /// `ℓ`, `b` and the indices of all phases but the first, those that the form has.
    pub(super) fn states(&self, form: Form, values: &[f64], period: usize) -> Vec<f64> {
        let (adjusted, mut indices): (Vec<f64>, Vec<f64>) = match form.season {
            None => (values.to_vec(), Vec::new()),
            Some(Effect::Additive) => (
                values.iter().zip(&self.added).map(|(value, index)| value - index).collect(),
                self.added[1..period].into(),
            ),
            Some(Effect::Multiplicative) => {
                let factors: Vec<f64> = self.factors.iter().map(|factor| factor.max(LEAST_FACTOR)).collect();
                (values.iter().zip(&factors).map(|(value, factor)| value / factor).collect(), factors[1..period].into())
            }
        };
        // Otherwise the first phase would have a factor below 0.
        if form.season == Some(Effect::Multiplicative) && indices.iter().sum::<f64>() > period as f64 {
            let sum: f64 = indices.iter().map(|index| index + LEAST_FACTOR).sum();
            indices.iter_mut().for_each(|index| *index /= sum);
        }
        let first = &adjusted[..adjusted.len().min(FIRST_ROWS.max(2 * period))];
        let (mut level, mut slope) = seasonal::line(first);
        if form.trend == Trend::None {
            level = first.iter().sum::<f64>() / first.len() as f64;
        } else if (level + slope).abs() < TINY {
            level *= 1.0 + 1e-3;
            slope *= 1.0 - 1e-3;
        }
        let trend = (form.trend != Trend::None).then_some(slope);
        [level].into_iter().chain(trend).chain(indices).collect()
    }
}
