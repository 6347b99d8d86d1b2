//! Season, window and horizon from a series' step and length. Only values in the training part of the split in force are used; of
//! the other parts only their lengths count.

use serde::Serialize;

use crate::data::calendar::axis::{Axis, Step};
use crate::data::notes::Note;
use crate::data::series::Series;
use crate::data::series::period;
use crate::data::series::regular::Regular;
use crate::data::series::split::Split;
use crate::data::windows::fill::{Fill, Gaps, USUAL_LONGEST};
use crate::data::windows::known::{Column, Known};
use crate::error::{Error, Result};

/// Suggested lengths, in steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// Season in steps; 1: none.
    pub season: usize,
    /// All seasons that show in the values, in steps, the shortest first.
    pub seasons: Vec<usize>,
    /// Input window in steps.
    pub window: usize,
    /// Horizon in steps.
    pub horizon: usize,
    /// Treatment of missing values: filling short runs where that keeps many more windows.
    pub gaps: Gaps,
    /// The reason, in a sentence.
    pub why: String,
}

/// Longest suggested window: a network reads it step by step, a thousand times over.
const LONGEST_WINDOW: usize = 512;

/// Number of validation windows from which a range of 80 % can be made.
const RANGE_WINDOWS: usize = 9;

/// Ratio of windows, as a fraction, from which filling is suggested: filled values are made up.
const ENOUGH_MORE: (usize, usize) = (5, 4);

/// Usual window and horizon of a step, with plenty of rows.
fn usual(step: Step, season: usize) -> (usize, usize) {
    match step {
        // A year of months (or quarters), and one ahead: few such series are long enough to learn from more. Ten single years, three
        // ahead.
        Step::Months(months) if months < 12 => ((12 / months.max(1)) as usize, (12 / months.max(1)) as usize),
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
                // Finer: a day would be too long a window, so four hours (or minutes, or seconds) and one ahead.
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

/// Season of a series whose values show none: the calendar's shortest that fits three times.
fn natural_season(step: Step, rows: usize) -> usize {
    let periods = period::natural(step);
    // Below an hour a day is likelier than an hour, which few quantities follow.
    let wanted = match step {
        Step::Milliseconds(step) if step < 3_600_000 => {
            periods.iter().rev().find(|&&period| period as i64 * step <= 86_400_000)
        }
        _ => periods.first(),
    };
    wanted.copied().filter(|season| season * 3 <= rows).unwrap_or(1)
}

/// Window and horizon cut to the parts: the horizon fits into the validation and the test part and four times into the training
/// part, and two thirds of the training rows can begin a window.
fn fitted(split: &Split, window: usize, horizon: usize) -> (usize, usize) {
    let train = split.train.len();
    // As many validation windows as a range takes, or as steps, where there is no room for those.
    let validated = split.validation.len();
    let validated = validated.saturating_sub(RANGE_WINDOWS - 1).max(validated.div_ceil(2));
    let horizon = horizon.min(validated).min(split.test.len()).min(train / 4).max(1);
    let window = window.min(train.saturating_sub(horizon) / 3).max(1);
    (window, horizon)
}

/// The longest run of rows in which the target is known: no window crosses a gap.
fn longest_run(values: &[f64]) -> usize {
    values.split(|value| value.is_nan()).map(<[f64]>::len).max().unwrap_or(0)
}

/// Number of windows among these values of a target with this filling.
fn windows(values: &[f64], (window, horizon): (usize, usize), gaps: Gaps) -> usize {
    let mut values = values.to_vec();
    let filled = Fill { gaps, ..Fill::default() }.fill(&mut values);
    let known = Known::of(values.len(), &[Column { values: &values, filled: &filled, is_target: true }], gaps);
    let starts = 0..(values.len() + 1).saturating_sub(window + horizon);
    starts.filter(|&start| known.allows(start, window, horizon)).count()
}

impl Regular {
    /// Season, window and horizon for a target, by the training part of the default split.
    ///
    /// # Errors
    /// When no column has that name.
    pub fn suggest(&self, target: &str) -> Result<Suggestion> {
        self.suggest_on(target, &Split::usual(&self.series.axis))
    }

    /// The same with the training part of another split, a value of the knob [`SPLIT`](crate::data::series::split::SPLIT).
    ///
    /// # Errors
    /// When no column has that name, or as [`Split::parse`].
    pub fn suggest_for(&self, target: &str, split: &str) -> Result<Suggestion> {
        self.suggest_on(target, &Split::parse(split, &self.series.axis)?)
    }

    fn suggest_on(&self, target: &str, split: &Split) -> Result<Suggestion> {
        let index = self.series.names.iter().position(|name| name == target).ok_or_else(|| Error::Column {
            column: crate::data::options::clip(target, 60),
            problem: "there is no such column; choose one that holds numbers".to_owned(),
        })?;
        let looked = self.series.looked_at(split.train.clone());
        let series = looked.as_ref().unwrap_or(&self.series);
        Ok(suggest(&series.columns[index], &series.axis, split, Fill::default()))
    }
}

/// Season, window and horizon for the values of one column on `axis`, with this filling of gaps; only values in the training part
/// are used. The horizon ends where the calendar does.
pub fn suggest(values: &[f64], axis: &Axis, split: &Split, fill: Fill) -> Suggestion {
    let (rows, step) = (values.len(), axis.step);
    let train = &values[split.train.clone()];
    let seasons = period::all(train, step);
    let found = period::find(train, step);
    let season = found.unwrap_or_else(|| natural_season(step, rows));
    let (usual_window, usual_horizon) = usual(step, season);
    let mut read = train.to_vec();
    fill.fill(&mut read);
    let (run, measured) = (longest_run(&read), longest_run(train));
    let (mut window, mut horizon) = fitted(split, usual_window, usual_horizon);
    let [left, filled] = [Gaps::Leave, Gaps::Interpolate].map(|gaps| windows(train, (window, horizon), gaps));
    let gaps = if fill.gaps != Gaps::Leave {
        fill.gaps
    } else if filled * ENOUGH_MORE.1 > left * ENOUGH_MORE.0 {
        Gaps::Interpolate
    } else {
        Gaps::Leave
    };
    let cost = if gaps != fill.gaps {
        format!(
            " Gaps of at most {USUAL_LONGEST} steps cost windows: filled, they would allow {filled} training windows of {window} and \
             {horizon} steps instead of {left}."
        )
    } else {
        String::new()
    };
    let mut because = format!("{rows} rows, {} of them for training, allow no more", train.len());
    // The horizon must be measured.
    if fill.gaps != Gaps::Leave && horizon > measured {
        horizon = (measured * 2 / 3).max(1);
        because = format!("the longest run without a gap has {measured} steps, and filled steps are not forecast");
    }
    // A window and its horizon must fit several times between two gaps.
    while window + horizon > run.max(2) * 2 / 3 && window > 1 {
        window = (window / 2).max(1);
        horizon = horizon.min(window);
        because = format!("the longest run without a gap has {run} steps");
    }
    let room = axis.room(horizon).max(1);
    if room < horizon {
        horizon = room;
        because = "the calendar ends with the year 9999".to_owned();
    }
    // Whole seasons, where the window is cut and at least one fits.
    if season > 1 && window > season && window < usual_window {
        window -= window % season;
    }
    let unit = step.phrase();
    let repeats = match (found, season) {
        (_, 1) => "No period shows in the values".to_owned(),
        (Some(_), season) => {
            let others = seasons.iter().filter(|&&other| other != season).map(usize::to_string);
            let all: Vec<String> = [season.to_string()].into_iter().chain(others).collect();
            format!("The values repeat after {} steps of {unit}", all.join(" and "))
        }
        (None, season) => format!("No period shows in the values; {season} steps of {unit} are usual"),
    };
    let repeats = repeats.replace("steps of one row", "rows");
    let fit = if (window, horizon) == (usual_window, usual_horizon) {
        String::new()
    } else {
        format!(", shorter than usual ({usual_window} and {usual_horizon}) because {because}")
    };
    let why = format!("{repeats}. Look back {window}, forecast {horizon}{fit}.{cost}");
    Suggestion { season, seasons, window, horizon, gaps, why }
}

/// Note on a series too short for the usual window and horizon.
pub(crate) fn short_note(series: &Series) -> Option<Note> {
    let step = series.axis.step;
    let rows = series.axis.len;
    let (window, horizon) = usual(step, 1);
    let split = |rows: usize| Split::usual(&Axis { len: rows, ..series.axis });
    let enough = |rows: usize| {
        let split = split(rows);
        split.train.len() >= window + horizon && split.validation.len() >= horizon
    };
    if enough(rows) {
        return None;
    }
    let needed = (rows..).find(|&rows| enough(rows))?;
    let fits = fitted(&split(rows), window, horizon);
    let message = format!(
        "{rows} rows are few: looking back {window} and forecasting {horizon} needs at least {needed}. Looking back {} and forecasting {} fits.",
        fits.0, fits.1
    );
    Some(Note::warning("few-rows", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggested(values: &[f64], step: Step) -> Suggestion {
        let axis = Axis { start: 0, step, len: values.len(), utc: true };
        suggest(values, &axis, &Split::usual(&axis), Fill::default())
    }

    fn lengths(rows: usize, step: Step, season: usize) -> (usize, usize, usize) {
        let wave = |at: usize| (at as f64 / season as f64 * std::f64::consts::TAU).sin() + (at % 5) as f64 / 50.0;
        let values: Vec<f64> = (0..rows).map(wave).collect();
        let suggestion = suggested(&values, step);
        (suggestion.season, suggestion.window, suggestion.horizon)
    }

    #[test]
    fn short_gaps_that_cost_many_windows_are_to_be_filled() {
        let mut values = vec![1.0; 1000];
        assert_eq!(suggested(&values, Step::Milliseconds(3_600_000)).gaps, Gaps::Leave);
        values.iter_mut().step_by(100).for_each(|value| *value = f64::NAN);
        // 991 windows of ten rows, ten of which hold each of nine gaps. A filled gap is in no horizon (three) and ends no past
        // (one).
        let count = |gaps| windows(&values, (7, 3), gaps);
        assert_eq!((count(Gaps::Leave), count(Gaps::Interpolate)), (900, 991 - 1 - 9 * 4));
        let suggestion = suggested(&values, Step::Milliseconds(3_600_000));
        assert_eq!(suggestion.gaps, Gaps::Interpolate);
        // Of 408 windows behind the first row, 25 end in or forecast each of four gaps.
        let why = "filled, they would allow 308 training windows of 168 and 24 steps instead of 0.";
        assert!(suggestion.why.ends_with(why), "{}", suggestion.why);
    }

    #[test]
    fn filled_weekends_are_read_and_not_forecast() {
        let values: Vec<f64> = (0..400).map(|day| if day % 7 < 5 { f64::from(day % 11) } else { f64::NAN }).collect();
        let day = Axis { start: 0, step: Step::Milliseconds(86_400_000), len: 400, utc: true };
        let split = Split { train: 0..280, validation: 280..320, test: 320..400 };
        let lengths = |gaps| {
            let suggestion = suggest(&values, &day, &split, Fill { gaps, ..Fill::default() });
            (suggestion.window, suggestion.horizon)
        };
        assert_eq!(lengths(Gaps::Hold), (28, 3));
        let (window, horizon) = lengths(Gaps::Leave);
        assert!(window + horizon <= 3);
    }

    #[test]
    fn lengths_follow_step_and_rows() {
        let hour = Step::Milliseconds(3_600_000);
        assert_eq!(lengths(8730, hour, 24), (24, 168, 24));
        assert_eq!(lengths(1461, Step::Milliseconds(86_400_000), 7), (7, 28, 7));
        assert_eq!(lengths(144, Step::Months(1), 12), (12, 12, 12));
        // A range takes nine validation windows: of 18 rows for validation, ten steps. Where those would be few, half of the part is
        // forecast: of 12, six.
        assert_eq!(lengths(90, Step::Months(1), 12), (12, 12, 10));
        assert_eq!(lengths(60, Step::Months(1), 12), (12, 10, 6));
        assert_eq!(lengths(35_000, Step::Milliseconds(900_000), 96), (96, 480, 96));
        assert_eq!(lengths(50_000, Step::Milliseconds(60_000), 1440), (1440, 240, 60));
        let (_, window, horizon) = lengths(30, hour, 24);
        assert_eq!((window, horizon), (5, 3));
        for rows in 0..40 {
            let suggestion = suggested(&vec![1.0; rows], Step::Rows);
            assert!(suggestion.window >= 1 && suggestion.horizon >= 1);
        }
    }
}
