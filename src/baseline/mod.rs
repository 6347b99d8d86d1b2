//! Statistical forecasts of one series, without a network: theta, exponential smoothing (ETS), MSTL, and harmonic regression.
//!
//! A model is fitted once to some rows, and then reads the rows that follow one by one. Its forecast at each origin costs some
//! operations a step, so that it can be judged at every window of a test part. Parameters stay as fitted. Nothing here is random, and
//! no clock decides.

pub mod ets;
pub mod harmonic;
pub mod mstl;
pub mod seasonal;
pub mod stl;
pub mod theta;

use crate::error::{Error, Result};
use ets::Ets;
use harmonic::Harmonic;
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
    /// See [`harmonic`].
    Harmonic,
}

impl Method {
    /// All methods.
    pub const ALL: [Method; 4] = [Method::Theta, Method::Ets, Method::Mstl, Method::Harmonic];

    /// Short name for programs.
    pub fn id(self) -> &'static str {
        match self {
            Method::Theta => "theta",
            Method::Ets => "ets",
            Method::Mstl => "mstl",
            Method::Harmonic => "harmonic",
        }
    }

    /// The method with this id.
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.id() == id)
    }

    /// Name for people.
    pub fn label(self) -> &'static str {
        match self {
            Method::Theta => "Theta",
            Method::Ets => "Exponential smoothing (ETS)",
            Method::Mstl => "MSTL",
            Method::Harmonic => "Harmonic regression",
        }
    }

    /// Name within a sentence.
    pub fn phrase(self) -> &'static str {
        match self {
            Method::Theta => "the theta method",
            Method::Ets => "exponential smoothing",
            Method::Mstl => "MSTL",
            Method::Harmonic => "harmonic regression",
        }
    }

    /// Fits the method to `values` with seasons of these `periods` in rows, in any order; theta and ETS use the shortest. Values that are
    /// missing or infinite lie on a straight line between their neighbours; those at the start are left out, and at the end forecasts
    /// stand for them.
    ///
    /// # Errors
    /// [`Error::TooShort`] for fewer rows than the method needs, with the reason.
    pub fn fit(self, values: &[f64], periods: &[usize]) -> Result<Fitted> {
        let period = periods.iter().copied().filter(|&period| period > 1).min().unwrap_or(1);
        let (values, unknown) = connected(values);
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
                        1 => Error::TooShort {
                            rows,
                            needed: 2,
                            problem: "MSTL needs a season, and there is none.".to_owned(),
                        },
                        _ => too_short(2 * period + 1, " to tell a season from a trend"),
                    });
                }
                Mstl::fit(&values, &usable).map(Model::Mstl)
            }
            Method::Harmonic => {
                enough(harmonic::FEWEST_ROWS)?;
                Harmonic::fit(&values, &mstl::usable(periods, rows)).map(Model::Harmonic)
            }
        };
        let mut fitted = Fitted(model.ok_or_else(|| too_short(rows + 1, " that differ by less"))?);
        (0..unknown).for_each(|_| fitted.read(f64::NAN));
        Ok(fitted)
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
    Harmonic(Harmonic),
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
                format!("{} with {season}", theta.model.name())
            }
            Model::Ets(ets) => format!("ETS({})", ets.form.name()),
            Model::Mstl(mstl) => {
                let periods: Vec<String> = mstl.periods.iter().map(usize::to_string).collect();
                let seasons = if periods.len() > 1 { "Seasons" } else { "Season" };
                format!("{seasons} of {} rows, and ETS({})", periods.join(" and "), mstl.adjusted.form.name())
            }
            Model::Harmonic(found) => {
                let pairs: Vec<String> = found
                    .pairs
                    .iter()
                    .map(|(period, count)| match count {
                        1 => format!("1 wave for the season of {period} rows"),
                        _ => format!("{count} waves for the season of {period} rows"),
                    })
                    .collect();
                let pairs = if pairs.is_empty() { "No season".to_owned() } else { pairs.join(", ") };
                let slope = if found.has_slope { ", a linear trend" } else { "" };
                format!("{pairs}{slope}, and errors AR({})", found.errors.len())
            }
        }
    }

    /// Reads the row that follows; the forecast stands for a value that is missing or infinite.
    pub fn read(&mut self, value: f64) {
        match &mut self.0 {
            Model::Theta(theta) => theta.read(value),
            Model::Ets(ets) => ets.read(value),
            Model::Mstl(mstl) => mstl.read(value),
            Model::Harmonic(harmonic) => harmonic.read(value),
        }
    }

    /// Writes forecasts of the rows that follow.
    pub fn forecast(&self, out: &mut [f64]) {
        match &self.0 {
            Model::Theta(theta) => theta.forecast(out),
            Model::Ets(ets) => ets.forecast(out),
            Model::Mstl(mstl) => mstl.forecast(out),
            Model::Harmonic(harmonic) => harmonic.forecast(out),
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

/// Values from the first known one to the last, with straight lines over the unknown ones between, and the number of those behind.
pub fn connected(values: &[f64]) -> (Vec<f64>, usize) {
    let Some(first) = values.iter().position(|value| value.is_finite()) else { return (Vec::new(), values.len()) };
    let last = values.iter().rposition(|value| value.is_finite()).unwrap_or(first);
    let mut found = values[first..=last].to_vec();
    let mut before = 0;
    for row in 1..found.len() {
        if !found[row].is_finite() {
            continue;
        }
        let (from, steps) = (found[before], (row - before) as f64);
        for between in before + 1..row {
            let share = (between - before) as f64 / steps;
            found[between] = from * (1.0 - share) + found[row] * share;
        }
        before = row;
    }
    (found, values.len() - 1 - last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_lie_on_a_line_between_known_ones_and_none_is_made_up_at_the_ends() {
        let no = f64::NAN;
        let (values, unknown) = connected(&[no, 1.0, no, no, 4.0, f64::INFINITY, 2.0, no, no]);
        assert_eq!((values, unknown), (vec![1.0, 2.0, 3.0, 4.0, 3.0, 2.0], 2));
        assert_eq!(connected(&[no; 3]), (Vec::new(), 3));
        assert_eq!(connected(&[]), (Vec::new(), 0));
    }
}
