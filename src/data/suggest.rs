//! Season, window and horizon that fit a series' step and length.

use serde::Serialize;

use crate::data::axis::Step;
use crate::data::notes::Note;
use crate::data::options::{Gaps, SeriesOptions};
use crate::data::period;
use crate::data::regular::Regular;
use crate::data::series::Series;
use crate::data::step;
use crate::error::{Error, Result};

/// Lengths that fit a series, in steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// After how many steps the series repeats itself; 1: it does not.
    pub season: usize,
    /// How many steps a network looks back.
    pub window: usize,
    /// How many steps are forecast.
    pub horizon: usize,
    /// What to do with missing values: fill short runs where that keeps many more windows.
    pub gaps: Gaps,
    /// Why these, in a sentence.
    pub why: String,
}

/// Share of the rows that train, and that validate (70/10/20 is the default split).
const TRAIN: f64 = 0.7;
const VALIDATE: f64 = 0.1;

/// Longest window that is suggested: a network reads it step by step, a thousand times over.
const LONGEST_WINDOW: usize = 512;

/// How many times as many windows must be won before filling is suggested, as a fraction: filled values are made up.
const ENOUGH_MORE: (usize, usize) = (5, 4);

/// Window and horizon that people use for a step, when rows are plenty.
fn usual(step: Step, season: usize) -> (usize, usize) {
    match step {
        // Two years of months (or quarters), one ahead; ten single years, three ahead.
        Step::Months(months) if months < 12 => (2 * (12 / months.max(1)) as usize, (12 / months.max(1)) as usize),
        Step::Months(_) => (10, 3),
        // Two seasons, one ahead.
        Step::Rows if season > 1 => ((2 * season).min(LONGEST_WINDOW), season.min(LONGEST_WINDOW / 4)),
        Step::Rows => (48, 12),
        Step::Milliseconds(step) => {
            let per_day = 86_400_000 / step.max(1);
            match per_day {
                // Weeks and longer: a year back, a quarter ahead.
                0 if step >= 7 * 86_400_000 => (52, 13),
                // Days: four weeks back, one ahead.
                0 | 1 => (28, 7),
                // Hours and a few minutes: as many of the last seven days as fit, one day ahead.
                2..=256 => {
                    let day = per_day as usize;
                    (day * (LONGEST_WINDOW / day).clamp(2, 7), day)
                }
                // Finer: a day would be too long a window, so that four hours (or minutes, or seconds) and one ahead.
                _ => {
                    let unit =
                        [3_600_000, 60_000, 1000].into_iter().find(|unit| unit / step <= 128 && unit / step >= 2);
                    let ahead = unit.map_or(48, |unit| (unit / step) as usize);
                    (4 * ahead, ahead)
                }
            }
        }
    }
}

/// Season of a series whose values do not say: the calendar's shortest that fits three times.
fn natural_season(step: Step, rows: usize) -> usize {
    let periods = period::natural(step);
    // Below an hour a day is more likely than an hour, which few things follow.
    let wanted = match step {
        Step::Milliseconds(step) if step < 3_600_000 => {
            periods.iter().rev().find(|&&period| period as i64 * step <= 86_400_000)
        }
        _ => periods.first(),
    };
    wanted.copied().filter(|season| season * 3 <= rows).unwrap_or(1)
}

/// Window and horizon cut to what the rows allow: at least as many validation rows as the horizon, and a window that
/// leaves two thirds of the training rows to begin a window at.
fn fitted(rows: usize, window: usize, horizon: usize) -> (usize, usize) {
    let train = (rows as f64 * TRAIN) as usize;
    let validate = (rows as f64 * VALIDATE) as usize;
    let horizon = horizon.min(validate).max(1);
    let window = window.min(train.saturating_sub(horizon) / 3).max(1);
    (window, horizon)
}

/// The longest run of rows in which the target is known: no window crosses a gap.
fn longest_run(values: &[f64]) -> usize {
    values.split(|value| value.is_nan()).map(<[f64]>::len).max().unwrap_or(0)
}

/// Windows of this length that lie between gaps; runs of missing values up to `filled` are no gaps.
fn windows(values: &[f64], length: usize, filled: usize) -> usize {
    let (mut count, mut run, mut missing) = (0, 0, 0);
    for value in values {
        if !value.is_nan() {
            run += 1 + std::mem::take(&mut missing);
            continue;
        }
        missing += 1;
        if missing > filled || run == 0 {
            count += (run + 1).saturating_sub(length);
            (run, missing) = (0, 0);
        }
    }
    count + (run + 1).saturating_sub(length)
}

impl Regular {
    /// Season, window and horizon for a target.
    ///
    /// # Errors
    /// When no column has that name.
    pub fn suggest(&self, target: &str) -> Result<Suggestion> {
        let index = self.series.names.iter().position(|name| name == target);
        let values = index.and_then(|index| self.series.columns.get(index)).ok_or_else(|| Error::Column {
            column: crate::data::options::clip(target, 60),
            problem: "there is no such column; choose one that holds numbers".to_owned(),
        })?;
        let suggestion = suggest(values, self.series.axis.step);
        // The calendar's end is too far for all but made-up times.
        let horizon = self.series.axis.room(suggestion.horizon).max(1);
        Ok(Suggestion { horizon, ..suggestion })
    }
}

/// Season, window and horizon for the values of one column.
pub fn suggest(values: &[f64], step: Step) -> Suggestion {
    let rows = values.len();
    // The period is found in the training part, so that nothing is learnt from what the test will ask.
    let train = &values[..(rows as f64 * TRAIN) as usize];
    let found = period::find(train, step);
    let season = found.unwrap_or_else(|| natural_season(step, rows));
    let (usual_window, usual_horizon) = usual(step, season);
    let run = longest_run(values);
    let (mut window, mut horizon) = fitted(rows, usual_window, usual_horizon);
    let longest_fill = SeriesOptions::default().longest_fill;
    let (left, filled) = (windows(values, window + horizon, 0), windows(values, window + horizon, longest_fill));
    let gaps = if filled * ENOUGH_MORE.1 > left * ENOUGH_MORE.0 { Gaps::Interpolate } else { Gaps::Leave };
    let fill = if gaps == Gaps::Interpolate {
        format!(
            " Gaps of at most {longest_fill} steps cost windows: filled, they would allow {filled} of {window} and \
             {horizon} steps instead of {left}."
        )
    } else {
        String::new()
    };
    let mut because = format!("{rows} rows allow no more");
    // A window and its horizon must fit between two gaps, and several times over.
    while window + horizon > run.max(2) * 2 / 3 && window > 1 {
        window = (window / 2).max(1);
        horizon = horizon.min(window);
        because = format!("no more than {run} steps follow each other without a gap");
    }
    // Whole seasons, where it is cut and at least one fits.
    if season > 1 && window > season && window < usual_window {
        window -= window % season;
    }
    let unit = step::phrase(step);
    let repeats = match (found, season) {
        (_, 1) => "No period shows in the values".to_owned(),
        (Some(_), season) => format!("The values repeat themselves after {season} steps of {unit}"),
        (None, season) => format!("No period shows in the values; {season} steps of {unit} are usual"),
    };
    let repeats = repeats.replace("steps of one row", "rows");
    let fit = if (window, horizon) == (usual_window, usual_horizon) {
        String::new()
    } else {
        format!(", shorter than usual ({usual_window} and {usual_horizon}) because {because}")
    };
    let why = format!("{repeats}. Look back {window}, forecast {horizon}{fit}.{fill}");
    Suggestion { season, window, horizon, gaps, why }
}

/// What to say of a series that is too short for the usual window and horizon.
pub(crate) fn short_note(series: &Series) -> Option<Note> {
    let step = series.axis.step;
    let rows = series.axis.len;
    let (window, horizon) = usual(step, 1);
    let enough = |rows: usize| {
        (rows as f64 * TRAIN) as usize >= window + horizon && (rows as f64 * VALIDATE) as usize >= horizon
    };
    if enough(rows) {
        return None;
    }
    let needed = (rows..).find(|&rows| enough(rows))?;
    let fits = fitted(rows, window, horizon);
    let message = format!(
        "{rows} rows are few: looking back {window} and forecasting {horizon} needs at least {needed}. Looking back {} and forecasting {} fits.",
        fits.0, fits.1
    );
    Some(Note::warning("few-rows", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(rows: usize, step: Step, season: usize) -> (usize, usize, usize) {
        let wave = |at: usize| (at as f64 / season as f64 * std::f64::consts::TAU).sin() + (at % 5) as f64 / 50.0;
        let values: Vec<f64> = (0..rows).map(wave).collect();
        let suggestion = suggest(&values, step);
        (suggestion.season, suggestion.window, suggestion.horizon)
    }

    #[test]
    fn short_gaps_that_cost_many_windows_are_to_be_filled() {
        let mut values = vec![1.0; 1000];
        assert_eq!(suggest(&values, Step::Milliseconds(3_600_000)).gaps, Gaps::Leave);
        values.iter_mut().step_by(100).for_each(|value| *value = f64::NAN);
        assert_eq!((windows(&values, 10, 0), windows(&values, 10, 6)), (900, 990));
        let suggestion = suggest(&values, Step::Milliseconds(3_600_000));
        assert_eq!(suggestion.gaps, Gaps::Interpolate);
        let why = "filled, they would allow 808 of 168 and 24 steps instead of 0.";
        assert!(suggestion.why.ends_with(why), "{}", suggestion.why);
    }

    #[test]
    fn lengths_follow_step_and_rows() {
        let hour = Step::Milliseconds(3_600_000);
        assert_eq!(lengths(8730, hour, 24), (24, 168, 24));
        assert_eq!(lengths(1461, Step::Milliseconds(86_400_000), 7), (7, 28, 7));
        assert_eq!(lengths(144, Step::Months(1), 12), (12, 24, 12));
        assert_eq!(lengths(35_000, Step::Milliseconds(900_000), 96), (96, 480, 96));
        assert_eq!(lengths(50_000, Step::Milliseconds(60_000), 1440), (1440, 240, 60));
        let (_, window, horizon) = lengths(30, hour, 24);
        assert_eq!((window, horizon), (6, 3));
        for rows in 0..40 {
            let suggestion = suggest(&vec![1.0; rows], Step::Rows);
            assert!(suggestion.window >= 1 && suggestion.horizon >= 1);
        }
    }
}
