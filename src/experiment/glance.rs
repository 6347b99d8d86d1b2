//! A series at a glance: trend, seasons, remainder, and autocorrelation.

use serde::Serialize;

use crate::baseline::{connected, mstl, stl};
use crate::data::windows::suggest;
use crate::data::{Fill, Series, Split};
use crate::error::{Error, Result};

/// Largest number of rows that are decomposed, the latest ones, and smallest number.
const MOST_ROWS: usize = 100_000;
const FEWEST_ROWS: usize = 4;
/// Lags of the autocorrelation: so many of the longest season, or, without one, of the shortest series worth a look.
const SEASONS: usize = 3;
const LAGS: usize = 40;
/// Longest lag: a picture has no room for more.
const MOST_LAGS: usize = 2000;
/// Share of the rows that smooths a trend without a season.
const SHARE: usize = 4;
/// Degree of the local polynomials that smooth a phase: lines follow a season that grows.
const DEGREE: usize = 1;

/// The parts of a column, in its unit: `value = trend + Σ season + remainder` (MSTL; see [`mstl`]).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Glance {
    /// First row of the parts; earlier ones are left out of a long series, and those before the first value.
    pub first: usize,
    /// Rows of each season, the shortest first: those that show in the training part.
    pub periods: Vec<usize>,
    /// The trend, `[rows]`.
    pub trend: Vec<f64>,
    /// The seasons, one after the other, `[rows × periods]`.
    pub seasons: Vec<f64>,
    /// The remainder, `[rows]`; `NaN` where the value is missing, which the parts take as on a line between its neighbours.
    pub remainder: Vec<f64>,
    /// `r(k) = Σ (y(t) − ȳ)(y(t+k) − ȳ) / Σ (y(t) − ȳ)²` over the known values, `k = 0, 1, …`; 0 for a constant.
    pub autocorrelation: Vec<f64>,
    /// Autocorrelations within `±` this differ from 0 no more than those of noise do in 95 % of cases.
    pub noise: f64,
}

impl Glance {
    /// Of a column of `series`, with the seasons of the training part of `split`.
    ///
    /// # Errors
    /// [`Error::Column`] for an unknown column, or one with too few values.
    pub fn of(series: &Series, split: &Split, column: &str) -> Result<Self> {
        let wrong = |problem: String| Error::Column { column: column.to_owned(), problem };
        let index = series.names.iter().position(|name| name == column);
        let index = index.ok_or_else(|| wrong("there is no number column of this name".to_owned()))?;
        let all = &series.columns[index];
        let begins = all.len().saturating_sub(MOST_ROWS);
        let (values, _) = connected(&all[begins..]);
        if values.len() < FEWEST_ROWS {
            return Err(wrong(format!("it needs at least {FEWEST_ROWS} values, and there are {}", values.len())));
        }
        let first = begins + all[begins..].iter().position(|value| value.is_finite()).unwrap_or(0);
        let found = suggest::suggest(all, &series.axis, split, Fill::default()).seasons;
        let periods = mstl::usable(&found, values.len());
        let (seasons, trend) = if periods.is_empty() {
            (Vec::new(), stl::smooth(&values, (values.len() / SHARE).max(FEWEST_ROWS) | 1))
        } else {
            let parts = mstl::decompose(&values, &periods, DEGREE);
            (parts.seasons.concat(), parts.trend)
        };
        let rows = values.len();
        let remainder = (0..rows).map(|row| {
            let season: f64 = (0..periods.len()).map(|place| seasons[place * rows + row]).sum();
            all[first + row] - trend[row] - season
        });
        let remainder = remainder.map(|value| if value.is_finite() { value } else { f64::NAN }).collect();
        let lags = periods.last().map_or(LAGS, |longest| longest * SEASONS).clamp(LAGS, MOST_LAGS).min(rows - 1);
        let known = &all[first..first + rows];
        let noise = 1.96 / libm::sqrt(known.iter().filter(|value| value.is_finite()).count() as f64);
        Ok(Self { first, periods, trend, seasons, remainder, autocorrelation: autocorrelation(known, lags), noise })
    }
}

/// Of the known values, at the lags from 0 to `lags`.
fn autocorrelation(values: &[f64], lags: usize) -> Vec<f64> {
    let known = || values.iter().filter(|value| value.is_finite());
    let mean = known().sum::<f64>() / known().count().max(1) as f64;
    // A missing value adds nothing to a sum.
    let centred: Vec<f64> = values.iter().map(|value| if value.is_finite() { value - mean } else { 0.0 }).collect();
    let product = |lag: usize| centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum::<f64>();
    let variance = product(0);
    (0..=lags).map(|lag| if variance > 0.0 { product(lag) / variance } else { 0.0 }).collect()
}
