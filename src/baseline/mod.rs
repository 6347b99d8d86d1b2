//! Statistical forecasts of one series, without a network: theta, exponential smoothing (ETS), and MSTL.
//!
//! A model is fitted once to some rows, and then reads the rows that follow one by one. Its forecast at each origin costs some
//! operations a step, so that it can be judged at every window of a test part. Parameters stay as fitted. Nothing here is random, and
//! no clock decides.

pub mod ets;
pub mod mstl;
pub mod seasonal;
pub mod stl;
pub mod theta;

use crate::error::{Error, Result};
use ets::Ets;
use mstl::Mstl;
use theta::Theta;

/// The statistical baselines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// See [`theta`].
    Theta,
    /// See [`ets`].
    Ets,
    /// See [`mstl`].
    Mstl,
}

impl Method {
    /// All methods.
    pub const ALL: [Method; 3] = [Method::Theta, Method::Ets, Method::Mstl];

    /// Short name for programs.
    pub fn id(self) -> &'static str {
        match self {
            Method::Theta => "theta",
            Method::Ets => "ets",
            Method::Mstl => "mstl",
        }
    }

    /// Name for people.
    pub fn label(self) -> &'static str {
        match self {
            Method::Theta => "Theta",
            Method::Ets => "Exponential smoothing",
            Method::Mstl => "MSTL",
        }
    }

    /// Fits the method to `values` with seasons of these `periods` in rows, in any order; theta and ETS use the shortest. A value that is
    /// missing or infinite is filled by that of a season before, at first by the last one; missing values at the start are left out.
    ///
    /// # Errors
    /// [`Error::TooShort`] for fewer rows than the method needs, with the reason.
    pub fn fit(self, values: &[f64], periods: &[usize]) -> Result<Fitted> {
        let period = periods.iter().copied().filter(|&period| period > 1).min().unwrap_or(1);
        let values = filled(values, period);
        let rows = values.len();
        let too_short = |needed: usize, why: &str| Error::TooShort {
            rows,
            needed,
            problem: format!("{} needs at least {needed} values{why}, and there are {rows}.", self.label()),
        };
        let enough = |needed: usize| if rows < needed { Err(too_short(needed, "")) } else { Ok(()) };
        let model = match self {
            Method::Theta => {
                enough(theta::FEWEST_ROWS)?;
                Some(Model::Theta(Theta::fit(&values, period)))
            }
            Method::Ets => {
                enough(ets::FEWEST_ROWS)?;
                Ets::fit(&values, period).map(Model::Ets)
            }
            Method::Mstl => {
                enough(ets::FEWEST_ROWS)?;
                let usable = mstl::usable(periods, rows);
                if usable.is_empty() {
                    return Err(match period {
                        1 => too_short(2, " and a season, but none was found"),
                        _ => too_short(2 * period + 1, " to tell a season from a trend"),
                    });
                }
                Mstl::fit(&values, &usable).map(Model::Mstl)
            }
        };
        Ok(Fitted(model.ok_or_else(|| too_short(rows + 1, " that differ by less"))?))
    }
}

/// A fitted method and its state after the rows that it has read.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted(Model);

#[derive(Debug, Clone, PartialEq)]
enum Model {
    Theta(Theta),
    Ets(Ets),
    Mstl(Mstl),
}

impl Fitted {
    /// What was chosen, in words.
    pub fn description(&self) -> String {
        match &self.0 {
            Model::Theta(theta) => {
                let season = match theta.season {
                    None => "no season",
                    Some((true, _)) => "a multiplicative season",
                    Some((false, _)) => "an additive season",
                };
                format!("{:?} with {season}", theta.model).to_uppercase()
            }
            Model::Ets(ets) => format!("ETS({})", ets.form.name()),
            Model::Mstl(mstl) => {
                let periods: Vec<String> = mstl.periods.iter().map(usize::to_string).collect();
                format!("Seasons of {} rows, and ETS({})", periods.join(" and "), mstl.adjusted.form.name())
            }
        }
    }

    /// Reads the row that follows; the forecast stands for a value that is missing or infinite.
    pub fn read(&mut self, value: f64) {
        match &mut self.0 {
            Model::Theta(theta) => theta.read(value),
            Model::Ets(ets) => ets.read(value),
            Model::Mstl(mstl) => mstl.read(value),
        }
    }

    /// Writes forecasts of the rows that follow.
    pub fn forecast(&self, out: &mut [f64]) {
        match &self.0 {
            Model::Theta(theta) => theta.forecast(out),
            Model::Ets(ets) => ets.forecast(out),
            Model::Mstl(mstl) => mstl.forecast(out),
        }
    }

    /// Forecasts of `horizon` rows from each of the rows `origins` on, in ascending order and none before row `read`: `[horizon × origins]`.
    /// `values` are those of all rows; those before `read` were fitted, and of the others only those before an origin are read for it.
    pub fn forecasts(&self, values: &[f64], read: usize, origins: &[usize], horizon: usize) -> Vec<f64> {
        let mut model = self.clone();
        let mut next = read;
        let mut out = vec![0.0; horizon * origins.len()];
        for (&origin, out) in origins.iter().zip(out.chunks_exact_mut(horizon)) {
            values[next..origin].iter().for_each(|&value| model.read(value));
            next = origin;
            model.forecast(out);
        }
        out
    }
}

/// Values from the first known one on, each unknown one filled by the value `period` rows before, or by the one before.
fn filled(values: &[f64], period: usize) -> Vec<f64> {
    let first = values.iter().position(|value| value.is_finite()).unwrap_or(values.len());
    let mut filled = values[first..].to_vec();
    for row in 0..filled.len() {
        if !filled[row].is_finite() {
            filled[row] = filled[row - if row < period { 1 } else { period }];
        }
    }
    filled
}
