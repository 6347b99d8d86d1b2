//! The statistical baselines ([`crate::baseline`]) of a model's targets. Each is fitted when it is first asked for, and then reads on row by
//! row: its forecast knows every row before the horizon, however short the window, and none later. It sees the target's measured values in
//! their unit, neither scaled nor filled.

use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::baseline::{Fitted, Method};
use crate::data::{Frame, Series};

/// Largest number of rows that the fits of all targets together read, the latest ones: a year of hours, and so some half a second for all
/// methods in wasm, a few times that with many targets.
const MOST_ROWS: usize = 9_000;

/// Number of methods.
const METHODS: usize = Method::ALL.len();

/// The statistical baselines of the targets of a frame.
#[derive(Debug)]
pub struct Statistical {
    series: Arc<Series>,
    /// The targets' columns in the series.
    columns: Vec<usize>,
    /// The rows that they are fitted to: of the training part, never of one that is scored.
    rows: Range<usize>,
    /// Rows of each season.
    periods: Vec<usize>,
    /// For each target, in the order of [`Method::ALL`].
    fits: Vec<[OnceLock<Result<Fit, String>>; METHODS]>,
}

#[derive(Debug)]
struct Fit {
    /// After the rows that it was fitted to.
    fitted: Fitted,
    /// After the rows before this one, where the last forecast began.
    on: Mutex<(usize, Fitted)>,
}

impl Statistical {
    /// Of the targets `names` of `series`, to be fitted to `rows`, with seasons of `periods` rows.
    pub fn new(series: &Arc<Series>, names: &[String], rows: Range<usize>, periods: &[usize]) -> Self {
        let column = |name: &String| series.names.iter().position(|other| other == name);
        let columns: Vec<usize> = names.iter().filter_map(column).collect();
        let fits = columns.iter().map(|_| Default::default()).collect();
        Self { series: Arc::clone(series), columns, rows, periods: periods.to_vec(), fits }
    }

    fn values(&self, target: usize) -> &[f64] {
        &self.series.columns[self.columns[target]]
    }

    fn fit_to(&self, method: Method, target: usize, rows: Range<usize>) -> Result<Fitted, String> {
        let most = (MOST_ROWS / self.columns.len().max(1)).max(1);
        let first = rows.start.max(rows.end.saturating_sub(most));
        method.fit(&self.values(target)[first..rows.end], &self.periods).map_err(|error| error.to_string())
    }

    /// The fit to the training rows, or the reason why there is none.
    fn fit(&self, method: Method, target: usize) -> Result<&Fit, &str> {
        let place = Method::ALL.iter().position(|other| *other == method).unwrap_or(0);
        let found = self.fits[target][place].get_or_init(|| {
            let fitted = self.fit_to(method, target, self.rows.clone())?;
            Ok(Fit { on: Mutex::new((self.rows.end, fitted.clone())), fitted })
        });
        found.as_ref().map_err(String::as_str)
    }

    /// What was chosen, in words.
    ///
    /// # Errors
    /// The reason, a sentence, why there is no such baseline of this target.
    pub fn description(&self, method: Method, target: usize) -> Result<String, &str> {
        self.fit(method, target).map(|fit| fit.fitted.description())
    }

    /// Forecasts of a target, scaled like `frame`, over the horizons that begin at the rows `origins`, none of them before the last training
    /// row: `[horizon × origins]`. `None` where there is no such baseline.
    pub fn forecast(
        &self,
        method: Method,
        (frame, target): (&Frame, usize),
        origins: impl Iterator<Item = usize>,
        horizon: usize,
        out: &mut [crate::Real],
    ) -> Option<()> {
        let fit = self.fit(method, target).ok()?;
        let (values, scale) = (self.values(target), frame.scales[target]);
        let mut on = fit.on.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = vec![0.0; horizon];
        for (origin, out) in origins.zip(out.chunks_exact_mut(horizon)) {
            // Its state before the last training row is not known.
            if origin < self.rows.end {
                out.fill(crate::Real::NAN);
                continue;
            }
            if origin < on.0 {
                *on = (self.rows.end, fit.fitted.clone());
            }
            let next = on.0;
            values[next..origin].iter().for_each(|&value| on.1.read(value));
            on.0 = origin;
            on.1.forecast(&mut found);
            out.iter_mut().zip(&found).for_each(|(out, &value)| *out = crate::narrow(scale.scale(value)));
        }
        Some(())
    }

    /// Forecasts of a target beyond the end of the series, in its unit, by a fit to all rows.
    ///
    /// # Errors
    /// The reason, a sentence, why there is no such baseline of this target.
    pub fn beyond(&self, method: Method, target: usize, steps: usize) -> Result<Vec<f64>, String> {
        let fitted = self.fit_to(method, target, 0..self.values(target).len())?;
        let mut out = vec![0.0; steps];
        fitted.forecast(&mut out);
        Ok(out)
    }
}
