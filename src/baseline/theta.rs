//! The theta method (Assimakopoulos and Nikolopoulos 2000) as a state-space model (Fiorucci, Pellegrini, Louzada, Petropoulos and
//! Koehler, Models for optimising the theta method and their relationship to state space models, 2016).
//!
//! With the least-squares line `A(n) + B(n) t` over the first `n` rows and the level `ℓ(n)` (equations 12 to 15 there):
//!
//! ```text
//! μ(n+1) = ℓ(n) + (1 − 1/θ) · (A (1−α)ⁿ + B (1 − (1−α)ⁿ⁺¹) / α)      forecast of one step
//! ℓ(n+1) = α y(n+1) + (1−α) ℓ(n)
//! ```
//!
//! | model | line | θ |
//! | --- | --- | --- |
//! | STM: simple exponential smoothing with half the slope as drift (Hyndman and Billah 2003) | of all rows that are known | 2 |
//! | OTM | of all rows that are known | ≥ 1, fitted |
//! | DSTM, DOTM | of the rows up to the step, also over the horizon, where forecasts stand for values | 2; ≥ 1, fitted |
//!
//! `ℓ(0)`, `α` in 0.1 to 0.99 and `θ` have the least `Σ e² / mean|y|` over the rows from the fourth on, and the model with the least is
//! taken. A season with a significant autocorrelation is taken out before, as factors where all values are positive and no factor is
//! near 0. These are the choices of statsforecast's AutoTheta.

use crate::baseline::seasonal;
use crate::math::simplex::{Stop, minimise};

/// Smallest number of rows: errors count from the fourth on.
pub const FEWEST_ROWS: usize = 4;

/// Smallest seasonal factor.
const LEAST_FACTOR: f64 = 0.01;
/// Bounds of α and θ.
const ALPHA: (f64, f64) = (0.1, 0.99);
const THETA: (f64, f64) = (1.0, 1e10);
/// The search ends when the objective differs by this share of its first value.
const SPREAD: f64 = 1e-7;
const ROUNDS: usize = 1000;
/// A power of `1 − α` below this is 0, as arithmetic on the smallest numbers is slow.
const FADED: f64 = 1e-280;

/// Which line and which θ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// The line of all rows, θ = 2.
    Stm,
    /// The line of all rows, θ fitted.
    Otm,
    /// The line up to each step, θ = 2.
    Dstm,
    /// The line up to each step, θ fitted.
    Dotm,
}

impl Model {
    /// All models; of equals the first is taken.
    pub const ALL: [Model; 4] = [Model::Stm, Model::Otm, Model::Dstm, Model::Dotm];

    fn is_dynamic(self) -> bool {
        matches!(self, Model::Dstm | Model::Dotm)
    }
}

/// A fitted model and its state after the rows that it has read.
#[derive(Debug, Clone, PartialEq)]
pub struct Theta {
    /// Which one.
    pub model: Model,
    /// Smoothing of the level, `α`.
    pub alpha: f64,
    /// Weight of the level against the line, `θ`.
    pub theta: f64,
    /// `Σ e² / mean|y|` over the fitted rows from the fourth on, after the season was taken out.
    pub objective: f64,
    /// Whether the season is a factor or a summand, and its indices by phase; `None` without a significant season.
    pub season: Option<(bool, Vec<f64>)>,
    rows: usize,
    state: State,
}

/// Level and line after some rows.
#[derive(Debug, Clone, Copy, PartialEq)]
struct State {
    rows: f64,
    /// `ℓ`
    level: f64,
    /// Mean of the rows.
    mean: f64,
    /// `B`
    slope: f64,
    /// `(1−α)ⁿ`
    fade: f64,
}

impl State {
    /// After the first row.
    fn new(first: f64, level: f64, alpha: f64) -> Self {
        let level = alpha * first + (1.0 - alpha) * level;
        Self { rows: 1.0, level, mean: first, slope: 0.0, fade: 1.0 - alpha }
    }

    /// `A` and `B`.
    fn line(&self) -> (f64, f64) {
        (self.mean - self.slope * (self.rows + 1.0) / 2.0, self.slope)
    }

    /// `μ(n+1)`
    fn forecast(&self, alpha: f64, drift: f64, (a, b): (f64, f64)) -> f64 {
        self.level + drift * (a * self.fade + b * (1.0 - self.fade * (1.0 - alpha)) / alpha)
    }

    /// The next row; the line follows by recursive least squares.
    fn read(&mut self, alpha: f64, value: f64) {
        self.level = alpha * value + (1.0 - alpha) * self.level;
        self.fade *= 1.0 - alpha;
        if self.fade < FADED {
            self.fade = 0.0;
        }
        let before = self.rows;
        self.rows += 1.0;
        self.slope = ((before - 1.0) * self.slope + 6.0 * (value - self.mean) / self.rows) / (self.rows + 1.0);
        self.mean += (value - self.mean) / self.rows;
    }
}

impl Theta {
    /// The best model of these rows, at least [`FEWEST_ROWS`], with a season of `period` rows or without one.
    pub fn fit(values: &[f64], period: usize) -> Self {
        let mut best: Option<Self> = None;
        for candidate in Self::candidates(values, period) {
            if best.as_ref().is_none_or(|best| candidate.objective < best.objective) {
                best = Some(candidate);
            }
        }
        best.expect("there is a first model")
    }

    /// All models of these rows, in the order of [`Model::ALL`].
    pub fn candidates(values: &[f64], period: usize) -> Vec<Self> {
        let season = season(values, period);
        let adjusted: Vec<f64> = values.iter().enumerate().map(|(row, &value)| without(&season, row, value)).collect();
        Model::ALL.map(|model| Self::fitted(model, &adjusted, &season)).into()
    }

    fn fitted(model: Model, adjusted: &[f64], season: &Option<(bool, Vec<f64>)>) -> Self {
        let mean = adjusted.iter().map(|value| value.abs()).sum::<f64>() / adjusted.len() as f64;
        let line = (!model.is_dynamic()).then(|| seasonal::line(adjusted));
        let mut objective = |point: &[f64]| {
            squares(adjusted, line, point[0], point[1], point.get(2).copied().unwrap_or(2.0))
                / mean.max(f64::MIN_POSITIVE)
        };
        let bounds = [(f64::NEG_INFINITY, f64::INFINITY), ALPHA, THETA];
        let count = if matches!(model, Model::Otm | Model::Dotm) { 3 } else { 2 };
        let start = [adjusted[0] / 2.0, 0.5, 2.0];
        let spread = SPREAD * objective(&start[..count]);
        // Zeros alone have nothing to look for.
        let rounds = if spread > 0.0 { ROUNDS } else { 0 };
        let found = minimise(&mut objective, &start[..count], &bounds[..count], Stop { spread, rounds });
        let [level, alpha] = [found.at[0], found.at[1]];
        let mut state = State::new(adjusted[0], level, alpha);
        adjusted[1..].iter().for_each(|&value| state.read(alpha, value));
        Self {
            model,
            alpha,
            theta: found.at.get(2).copied().unwrap_or(2.0),
            objective: found.value,
            season: season.clone(),
            rows: adjusted.len(),
            state,
        }
    }

    /// Reads the next row; the forecast stands for a missing value.
    pub fn read(&mut self, value: f64) {
        let value = without(&self.season, self.rows, value);
        let value = if value.is_finite() { value } else { self.ahead(&self.state, self.state.line()) };
        self.state.read(self.alpha, value);
        self.rows += 1;
    }

    /// Forecasts of the next rows.
    pub fn forecast(&self, out: &mut [f64]) {
        let mut state = self.state;
        let line = state.line();
        for (step, out) in out.iter_mut().enumerate() {
            let value = self.ahead(&state, if self.model.is_dynamic() { state.line() } else { line });
            state.read(self.alpha, value);
            *out = match &self.season {
                None => value,
                Some((true, indices)) => value * indices[(self.rows + step) % indices.len()],
                Some((false, indices)) => value + indices[(self.rows + step) % indices.len()],
            };
        }
    }

    fn ahead(&self, state: &State, line: (f64, f64)) -> f64 {
        state.forecast(self.alpha, 1.0 - 1.0 / self.theta, line)
    }
}

/// `Σ e²` from the fourth row on; `line` is that of all rows, or `None` for that up to each step.
fn squares(values: &[f64], line: Option<(f64, f64)>, level: f64, alpha: f64, theta: f64) -> f64 {
    let mut state = State::new(values[0], level, alpha);
    let drift = 1.0 - 1.0 / theta;
    let mut sum = 0.0;
    for (row, &value) in values.iter().enumerate().skip(1) {
        let error = value - state.forecast(alpha, drift, line.unwrap_or_else(|| state.line()));
        sum += if row + 1 < FEWEST_ROWS { 0.0 } else { error * error };
        state.read(alpha, value);
    }
    sum
}

fn season(values: &[f64], period: usize) -> Option<(bool, Vec<f64>)> {
    if !seasonal::is_significant(values, period) {
        return None;
    }
    if values.iter().all(|&value| value > 0.0) {
        let factors = seasonal::indices(values, period, true);
        if factors.iter().all(|&factor| factor >= LEAST_FACTOR) {
            return Some((true, factors));
        }
    }
    Some((false, seasonal::indices(values, period, false)))
}

/// The value of a row without its season.
fn without(season: &Option<(bool, Vec<f64>)>, row: usize, value: f64) -> f64 {
    match season {
        None => value,
        Some((true, indices)) => value / indices[row % indices.len()],
        Some((false, indices)) => value - indices[row % indices.len()],
    }
}
