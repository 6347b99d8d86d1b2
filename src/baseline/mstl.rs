//! MSTL: a series as trend, several seasons and remainder by repeated STL (Bandara, Hyndman and Bergmeir, MSTL: A seasonal-trend
//! decomposition algorithm for time series with multiple seasonal patterns, 2021), and its forecast: the last cycle of each season goes
//! on, and exponential smoothing without a season ([`crate::baseline::ets`]) forecasts trend and remainder together, as in statsforecast.

use crate::baseline::ets::Ets;
use crate::baseline::stl::{Parts, Stl};

/// Rounds over several seasons.
const ROUNDS: usize = 2;
/// Smoothing of one phase, in seasons: 11 for the shortest season, 15 for the next, and so on (section 3 of the paper).
const SHORTEST: usize = 11;
const LONGER: usize = 4;
/// Rows of a season for which the next decomposition waits one season: its cost is the square of the longest, and for each of twice, thrice
/// as many rows it waits for four seasons, nine.
const LONG: usize = 400;
/// Seasons beyond the smoothing that a new decomposition of the latest rows reads.
const MARGIN: usize = 2;

/// The parts of a series; `value − trend − Σ season` is the remainder.
#[derive(Debug, Clone, PartialEq)]
pub struct Decomposition {
    /// Each season, in the order of the periods, `[n]`.
    pub seasons: Vec<Vec<f64>>,
    /// The trend, `[n]`.
    pub trend: Vec<f64>,
    /// Trend and remainder, `[n]`: the values without their seasons.
    pub adjusted: Vec<f64>,
}

/// Decomposes values without gaps into seasons of these `periods`, the shortest first, each below half the rows. Values of one phase are
/// smoothed by local polynomials of this degree, 0 or 1.
pub fn decompose(values: &[f64], periods: &[usize], degree: usize) -> Decomposition {
    let n = values.len();
    let mut found =
        Decomposition { seasons: vec![vec![0.0; n]; periods.len()], trend: vec![0.0; n], adjusted: values.to_vec() };
    let rounds = if periods.len() > 1 { ROUNDS } else { 1 };
    for _ in 0..rounds {
        for (index, (&period, season)) in periods.iter().zip(&mut found.seasons).enumerate() {
            let adjusted = &mut found.adjusted;
            adjusted.iter_mut().zip(&*season).for_each(|(value, season)| *value += season);
            let Parts { seasonal, trend } =
                Stl { period, seasonal: SHORTEST + LONGER * index, degree }.decompose(adjusted);
            adjusted.iter_mut().zip(&seasonal).for_each(|(value, season)| *value -= season);
            (*season, found.trend) = (seasonal, trend);
        }
    }
    found
}

/// Those of `periods` that `rows` rows can be decomposed by, the shortest first.
pub fn usable(periods: &[usize], rows: usize) -> Vec<usize> {
    let mut usable: Vec<usize> = periods.iter().copied().filter(|&period| period > 1 && 2 * period < rows).collect();
    usable.sort_unstable();
    usable.dedup();
    usable
}

/// A fitted model and its state after the rows that it has read.
///
/// After each longest season, or after several where that is long, it decomposes the latest rows anew and reads those since the last time
/// again without the new seasons; parameters stay.
#[derive(Debug, Clone, PartialEq)]
pub struct Mstl {
    /// Rows of each season, the shortest first.
    pub periods: Vec<usize>,
    /// The model of trend and remainder.
    pub adjusted: Ets,
    /// The same when the rows were last decomposed.
    before: Ets,
    /// The last cycle of each season, from the first row after the decomposition on.
    cycles: Vec<Vec<f64>>,
    /// The latest rows, and how many of them were read since the decomposition.
    latest: Vec<f64>,
    since: usize,
}

impl Mstl {
    /// The model of these rows with seasons of these periods, each below half the rows ([`usable`]); `None` where [`Ets::fit`] has none.
    pub fn fit(values: &[f64], periods: &[usize]) -> Option<Self> {
        let found = decompose(values, periods, 0);
        let adjusted = Ets::fit(&found.adjusted, 1)?;
        let cycles = last_cycles(&found, periods);
        let latest = values[values.len().saturating_sub(reach(periods))..].to_vec();
        Some(Self { periods: periods.to_vec(), before: adjusted.clone(), adjusted, cycles, latest, since: 0 })
    }

    /// Reads the next row; the forecast stands for a missing value.
    pub fn read(&mut self, value: f64) {
        let mut next = [value];
        if !value.is_finite() {
            self.forecast(&mut next);
        }
        self.adjusted.read(next[0] - season(&self.cycles, self.since));
        self.latest.push(next[0]);
        self.since += 1;
        let longest = self.periods.last().copied().unwrap_or(1);
        if self.since == longest * longest.div_ceil(LONG).pow(2) {
            self.renew();
        }
    }

    fn renew(&mut self) {
        let surplus = self.latest.len().saturating_sub(reach(&self.periods));
        self.latest.drain(..surplus);
        let found = decompose(&self.latest, &self.periods, 0);
        self.adjusted = self.before.clone();
        found.adjusted[found.adjusted.len() - self.since..].iter().for_each(|&value| self.adjusted.read(value));
        self.before = self.adjusted.clone();
        self.cycles = last_cycles(&found, &self.periods);
        self.since = 0;
    }

    /// Forecasts of the next rows.
    pub fn forecast(&self, out: &mut [f64]) {
        self.adjusted.forecast(out);
        out.iter_mut().enumerate().for_each(|(step, out)| *out += season(&self.cycles, self.since + step));
    }
}

/// Rows for a new decomposition.
fn reach(periods: &[usize]) -> usize {
    periods.last().map_or(0, |longest| longest * (SHORTEST + LONGER * (periods.len() - 1) + MARGIN))
}

fn last_cycles(found: &Decomposition, periods: &[usize]) -> Vec<Vec<f64>> {
    found.seasons.iter().zip(periods).map(|(season, period)| season[season.len() - period..].to_vec()).collect()
}

/// The seasons' sum so many rows after the decomposition.
fn season(cycles: &[Vec<f64>], rows: usize) -> f64 {
    cycles.iter().map(|cycle| cycle[rows % cycle.len()]).sum()
}
