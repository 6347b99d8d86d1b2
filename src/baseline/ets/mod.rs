//! Exponential smoothing in state-space form, ETS (Hyndman, Koehler, Snyder and Grose, A state space framework for automatic
//! forecasting using exponential smoothing methods, 2002; Hyndman et al., Forecasting with Exponential Smoothing, 2008, chapter 2).
//!
//! With level `ℓ`, slope `b` and the season's index `s` of the row's phase:
//!
//! ```text
//! base q = ℓ + φ b                                 forecast ŷ = q + s   or   q s
//! ℓ' = q + α (y − s − q)    or   q + α (y/s − q)   error    e = y − ŷ   or   (y − ŷ) / ŷ
//! b' = φ b + β (y − s − q)  or   φ b + β (y/s − q)
//! s' = s + γ (y − q − s)    or   s + γ (y/q − s)
//! ```
//!
//! A form has additive or multiplicative errors (A, M), no trend, an additive or a damped one (N, A, Ad), and no season, an additive or
//! a multiplicative one (N, A, M). Without a trend `b = 0` and `φ = 1`; without a season `s = 0`. Errors change the likelihood alone, not
//! the forecast. As additive errors with a multiplicative season are unstable (2008, section 7.4), 15 forms remain; those with a
//! multiplicative part need positive values. Parameters and initial states have the least `−2 log L = n log Σ e²`, for multiplicative
//! errors `+ 2 Σ log|ŷ|`, up to constants; the form has the least corrected information criterion AICc. Bounds, initial values and search
//! are those of statsforecast's AutoETS.

mod form;
mod start;

pub use form::{Effect, Form, LONGEST_SEASON, Trend};

use crate::math::simplex::{Stop, minimise};
use start::Seasons;

/// Smallest number of rows.
pub const FEWEST_ROWS: usize = 7;
/// Largest number of rows times (rows of a season + 2): a search takes the longer the more rows and states there are. 1,923 rows with
/// seasons of 24, 3,571 with seasons of 12, 16,666 without: up to 0.2 seconds in wasm.
const MOST_NUMBERS: usize = 50_000;

/// Bounds of the smoothing weights and of the damping `φ`.
const WEIGHT: (f64, f64) = (1e-4, 0.9999);
const DAMPING: (f64, f64) = (0.8, 0.98);
/// The search of one form ends when `−2 log L` differs by this, or after so many rounds.
const STOP: Stop = Stop { spread: 1e-4, rounds: 1000 };
/// A divisor nearer to 0 than this.
const TINY: f64 = 1e-10;
/// A quotient by [`TINY`].
const HUGE: f64 = 1e10;

/// A fitted model and its state after the rows that it has read.
#[derive(Debug, Clone, PartialEq)]
pub struct Ets {
    /// Its form.
    pub form: Form,
    /// `α`, `β`, `γ`, `φ`
    pub weights: Weights,
    /// `−2 log L` without constants.
    pub objective: f64,
    /// Akaike's information criterion, corrected for few rows.
    pub aicc: f64,
    state: State,
}

/// Smoothing of level, slope and season, and damping.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// `α`
    pub level: f64,
    /// `β`; 0 without a trend.
    pub slope: f64,
    /// `γ`; 0 without a season.
    pub season: f64,
    /// `φ`; 1 without damping.
    pub damping: f64,
}

#[derive(Debug, Clone, PartialEq)]
struct State {
    level: f64,
    slope: f64,
    /// An index for each phase; one 0 without a season.
    season: Vec<f64>,
    /// The next row's.
    phase: usize,
}

impl State {
    /// Reads a row, and returns the forecast of it.
    #[inline(always)]
    fn read(&mut self, factor: bool, weights: &Weights, value: f64) -> f64 {
        let slope = weights.damping * self.slope;
        let base = self.level + slope;
        let index = &mut self.season[self.phase];
        let (forecast, adjusted, detrended) = if factor {
            (base * *index, quotient(value, *index), quotient(value, base))
        } else {
            (base + *index, value - *index, value - base)
        };
        let error = adjusted - base;
        self.level = base + weights.level * error;
        self.slope = slope + weights.slope * error;
        *index += weights.season * (detrended - *index);
        self.phase = if self.phase + 1 == self.season.len() { 0 } else { self.phase + 1 };
        forecast
    }
}

fn quotient(value: f64, by: f64) -> f64 {
    if by.abs() < TINY { HUGE } else { value / by }
}

impl Ets {
    /// The best form for these rows, at least [`FEWEST_ROWS`], with seasons of `period` rows; a period beyond [`LONGEST_SEASON`] is
    /// left out. Of a long series the latest rows are read. `None` where no form has a finite likelihood.
    pub fn fit(values: &[f64], period: usize) -> Option<Self> {
        if values.iter().all(|value| *value == values[0]) {
            return Some(Self::constant(values[0]));
        }
        let mut best: Option<Self> = None;
        let most = MOST_NUMBERS / (if period > LONGEST_SEASON { 1 } else { period } + 2);
        let values = &values[values.len().saturating_sub(most)..];
        for candidate in Self::candidates(values, period) {
            if best.as_ref().is_none_or(|best| candidate.aicc < best.aicc) {
                best = Some(candidate);
            }
        }
        best.filter(|best| best.aicc.is_finite())
    }

    /// The model of a constant, which leaves nothing to search for.
    fn constant(level: f64) -> Self {
        let form = Form { error: Effect::Additive, trend: Trend::None, season: None };
        let weights = Weights { level: WEIGHT.1, slope: 0.0, season: 0.0, damping: 1.0 };
        let state = State { level, slope: 0.0, season: vec![0.0], phase: 0 };
        Self { form, weights, objective: f64::NEG_INFINITY, aicc: f64::NEG_INFINITY, state }
    }

    /// All forms that these values allow, fitted to all of them, and that have fewer parameters than there are rows.
    pub fn candidates(values: &[f64], period: usize) -> Vec<Self> {
        let seasons = Seasons::new(values, period);
        Form::all(values, period).filter_map(|form| Self::fitted(form, values, period, &seasons)).collect()
    }

    fn fitted(form: Form, values: &[f64], period: usize, seasons: &Seasons) -> Option<Self> {
        let period = if form.season.is_some() { period } else { 1 };
        let (mut at, mut bounds) = weights_at_start(form, period);
        at.extend(seasons.states(form, values, period));
        bounds.resize(at.len(), (f64::NEG_INFINITY, f64::INFINITY));
        if at.len() + 1 >= values.len() {
            return None;
        }
        let mut state = State { level: 0.0, slope: 0.0, season: vec![0.0; period], phase: 0 };
        let mut objective = |point: &[f64]| {
            let weights = unpack(form, point, &mut state);
            if form.season == Some(Effect::Multiplicative) && state.season.iter().any(|&index| index < 0.0) {
                return f64::INFINITY;
            }
            minus_two_log_likelihood(form, &weights, &mut state, values)
        };
        let found = minimise(&mut objective, &at, &bounds, STOP);
        let weights = unpack(form, &found.at, &mut state);
        let objective = minus_two_log_likelihood(form, &weights, &mut state, values);
        // The variance of the errors is a parameter too.
        let (rows, count) = (values.len() as f64, (at.len() + 1) as f64);
        let correction = 2.0 * count * (count + 1.0) / (rows - count - 1.0);
        Some(Self { form, weights, objective, aicc: objective + 2.0 * count + correction, state })
    }

    /// Reads the next row; the forecast stands for a missing value.
    pub fn read(&mut self, value: f64) {
        let mut next = [value];
        if !value.is_finite() {
            self.forecast(&mut next);
        }
        self.state.read(self.form.season == Some(Effect::Multiplicative), &self.weights, next[0]);
    }

    /// Forecasts of the next rows.
    pub fn forecast(&self, out: &mut [f64]) {
        let &State { mut level, mut slope, ref season, phase } = &self.state;
        for (step, out) in out.iter_mut().enumerate() {
            slope *= self.weights.damping;
            level += slope;
            let index = season[(phase + step) % season.len()];
            *out = if self.form.season == Some(Effect::Multiplicative) { level * index } else { level + index };
        }
    }
}

/// Smoothing parameters at the start of the search, in the order of [`unpack`], and their bounds: `β` no larger than the first `α`, and
/// `γ` than the first `1 − α`.
fn weights_at_start(form: Form, period: usize) -> (Vec<f64>, Vec<(f64, f64)>) {
    let within = |(low, high): (f64, f64), share: f64| low + share * (high - low);
    let alpha = within(WEIGHT, 0.2 / period as f64);
    let mut all = vec![(alpha, WEIGHT)];
    let mut add = |bounds, share| all.push((within(bounds, share), bounds));
    if form.trend != Trend::None {
        add((WEIGHT.0, alpha), 0.1);
    }
    if form.season.is_some() {
        add((WEIGHT.0, WEIGHT.1.min(1.0 - alpha)), 0.05);
    }
    if form.trend == Trend::Damped {
        add(DAMPING, 0.99);
    }
    all.into_iter().unzip()
}

/// Reads `α`, `β`, `γ`, `φ`, `ℓ`, `b` and the indices of all phases but the first from a point of the search, those that the form has.
/// Indices add up to 0, or have the mean 1, so that they are not confused with the level.
fn unpack(form: Form, point: &[f64], state: &mut State) -> Weights {
    let (weights, states) = point.split_at(form.weights());
    let mut next = weights.iter().copied();
    let mut take = |is_there: bool, otherwise: f64| if is_there { next.next().unwrap_or(otherwise) } else { otherwise };
    let trend = form.trend != Trend::None;
    let weights = Weights {
        level: take(true, 0.0),
        slope: take(trend, 0.0),
        season: take(form.season.is_some(), 0.0),
        damping: take(form.trend == Trend::Damped, 1.0),
    };
    state.level = states[0];
    state.slope = if trend { states[1] } else { 0.0 };
    state.phase = 0;
    let later = &states[1 + usize::from(trend)..];
    state.season[1..].copy_from_slice(later);
    state.season[0] = match form.season {
        Some(Effect::Multiplicative) => (later.len() + 1) as f64,
        _ => 0.0,
    } - later.iter().sum::<f64>();
    weights
}

/// `n log Σ e²`, for multiplicative errors `+ 2 Σ log|ŷ|`; the state is then that after the rows.
fn minus_two_log_likelihood(form: Form, weights: &Weights, state: &mut State, values: &[f64]) -> f64 {
    /// The logarithm is taken of products within these bounds.
    const PRODUCTS: std::ops::Range<f64> = 1e-100..1e100;
    /// Added where there is no error, or no forecast, to take a logarithm of.
    const NOTHING: f64 = 1e-8;
    let factor = form.season == Some(Effect::Multiplicative);
    let (mut squares, mut product, mut logs) = (0.0, 1.0, 0.0);
    for &value in values {
        let forecast = state.read(factor, weights, value);
        let mut error = value - forecast;
        if form.error == Effect::Multiplicative {
            let size = forecast.abs();
            error /= if size < TINY { forecast + TINY } else { forecast };
            product *= if size > 0.0 { size } else { NOTHING };
            if !PRODUCTS.contains(&product) {
                logs += libm::log(product);
                product = 1.0;
            }
        }
        squares += error * error;
    }
    logs += libm::log(product);
    let squares = if squares > 0.0 { squares } else { NOTHING };
    values.len() as f64 * libm::log(squares) + 2.0 * logs
}
