//! A regular series of a table's rows: sorted, put on a grid, duplicates merged, gaps counted.

use serde::Serialize;

use crate::data::calendar::axis::{Axis, Step, civil, day_text, minute_text};
use crate::data::calendar::dst;
use crate::data::calendar::step::Grid;
use crate::data::notes::{Note, Tally, counted};
use crate::data::options::{Duplicates, SeriesOptions};
use crate::data::series::Series;
use crate::data::series::sentinel::{self, Sentinels};
use crate::data::series::split::Split;
use crate::error::{Error, Result};
use crate::math;

/// A regular series and its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Regular {
    /// The series.
    pub series: Series,
    /// Its history.
    pub about: About,
}

/// Rows that had the same time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DuplicateCounts {
    /// Rows that repeat another one exactly.
    pub exact: usize,
    /// Times with rows that differ.
    pub conflicting: usize,
    /// Rows beyond the first at these times, which the option `duplicates` treats.
    pub merged: usize,
}

/// A run of moments without a row in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The first of them.
    pub from: i64,
    /// The last of them.
    pub to: i64,
    /// Number of moments.
    pub steps: usize,
}

/// History of a series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct About {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Time of the first row.
    pub start: i64,
    /// Distance between rows.
    pub step: Step,
    /// The same in words.
    pub step_label: String,
    /// Number of rows.
    pub length: usize,
    /// Whether the times are known to be UTC.
    pub utc: bool,
    /// Time of the last row.
    pub end: i64,
    /// Rows of the file: `length - missing_steps` moments have one, and all others are duplicates or averaged.
    pub rows: usize,
    /// Rows that had the same time.
    pub duplicates: DuplicateCounts,
    /// Rows beyond the first of each moment, where rows are averaged over a step.
    pub averaged: usize,
    /// Rows whose time was moved onto the grid.
    pub snapped: usize,
    /// The first gaps, [`GAPS_SHOWN`] at most.
    pub gaps: Vec<Gap>,
    /// Number of gaps.
    pub gap_count: usize,
    /// Moments without a row.
    pub missing_steps: usize,
    /// What was done, in plain words.
    pub notes: Vec<Note>,
}

/// Number of listed gaps.
pub const GAPS_SHOWN: usize = 200;

/// Largest number of moments for each row of the file; beyond it a time is wrong, not missing.
const MOST_MOMENTS_PER_ROW: i64 = 50;

/// Columns and times of a table, in the file's order.
pub(crate) struct Source<'t> {
    pub times: Option<&'t [i64]>,
    pub grid: Option<Grid>,
    pub utc: bool,
    pub time_column: &'t str,
    pub names: Vec<&'t str>,
    pub columns: Vec<&'t [f64]>,
    /// Sentinels named by the file's comments, where the values decide; `None`: a person has named them.
    pub said_missing: Option<&'t [f64]>,
    /// Line of a row in the file.
    pub line: &'t dyn Fn(usize) -> u64,
}

impl Regular {
    /// A given series, without a history.
    pub fn from_series(series: Series) -> Self {
        let about = About::of(&series);
        Self { series, about }
    }
}

impl About {
    fn of(series: &Series) -> Self {
        let axis = series.axis;
        Self {
            names: series.names.clone(),
            start: axis.start,
            step: axis.step,
            step_label: axis.step.label(),
            length: axis.len,
            utc: axis.utc,
            end: axis.at(axis.len.saturating_sub(1)),
            rows: axis.len,
            duplicates: DuplicateCounts::default(),
            averaged: 0,
            snapped: 0,
            gaps: Vec::new(),
            gap_count: 0,
            missing_steps: 0,
            notes: Vec::new(),
        }
    }
}

/// Builds the series.
pub(crate) fn build(source: &Source, options: &SeriesOptions) -> Result<Regular> {
    let mut regular = match source.times {
        Some(times) => timed(source, times, options)?,
        None => numbered(source)?,
    };
    let series = &mut regular.series;
    if let Some(said) = source.said_missing {
        series.sentinels = Some(Sentinels { said: said.to_vec(), aside: Vec::new() });
        if let Some(looked) = series.looked_at(Split::usual(&series.axis).train) {
            *series = looked;
        }
    }
    Ok(regular)
}

fn numbered(source: &Source) -> Result<Regular> {
    let len = source.columns.first().map_or(0, |column| column.len());
    let (start, step) = source.grid.map_or((0, Step::Rows), |grid| (grid.start, grid.step));
    let axis = Axis { start, step, len, utc: false };
    if let Some(problem) = axis.unsayable() {
        // Only a person's start and step can lead there.
        let problem = format!("{problem}; give an earlier start or a shorter step, or number the rows");
        return Err(Error::Knob { knob: "step", label: "Step", problem });
    }
    Ok(Regular::from_series(Series {
        axis,
        names: source.names.iter().map(|&name| name.to_owned()).collect(),
        columns: source.columns.iter().map(|column| column.to_vec()).collect(),
        sentinels: None,
    }))
}

fn timed(source: &Source, times: &[i64], options: &SeriesOptions) -> Result<Regular> {
    let column = || source.time_column.to_owned();
    let grid = source.grid.ok_or_else(|| {
        let problem = if times.len() < 2 {
            "one row is not a series; at least two times are needed"
        } else {
            "the times have no regular step; number the rows, or give a step to average over"
        };
        Error::Column { column: column(), problem: problem.to_owned() }
    })?;
    let rows = math::argsort(times);
    let first = grid.slot(times[rows.first().copied().unwrap_or(0)]);
    let last = grid.slot(times[rows.last().copied().unwrap_or(0)]);
    let moments = last.saturating_sub(first).saturating_add(1);
    let most = i64::try_from(rows.len()).unwrap_or(i64::MAX).saturating_mul(MOST_MOMENTS_PER_ROW).max(10_000);
    if moments > most {
        return Err(jump(source, times, &rows, grid));
    }
    let len = usize::try_from(moments).unwrap_or(0);
    let grid = Grid { start: grid.at(first), ..grid };
    let axis = Axis { start: grid.start, step: grid.step, len, utc: source.utc };
    if let Some(problem) = axis.unsayable() {
        let problem = format!("{problem}; correct the times, give a shorter step, or number the rows");
        return Err(Error::Column { column: column(), problem });
    }
    let series = Series {
        axis,
        names: source.names.iter().map(|&name| name.to_owned()).collect(),
        columns: vec![vec![f64::NAN; len]; source.columns.len()],
        sentinels: None,
    };
    let mut regular = Regular::from_series(series);
    regular.about.rows = times.len();
    place(source, times, &rows, grid, options.duplicates, &mut regular);
    Ok(regular)
}

/// The error for times that span far more moments than there are rows: it names the row after the widest jump.
fn jump(source: &Source, times: &[i64], rows: &[usize], grid: Grid) -> Error {
    let widest = rows.windows(2).max_by_key(|pair| times[pair[1]] - times[pair[0]]);
    let (before, after) = widest.map_or((0, 0), |pair| (pair[0], pair[1]));
    let date = |row: usize| civil(times[row]).map_or_else(String::new, day_text);
    Error::Row {
        row: (source.line)(after),
        problem: format!(
            "the time jumps from {} to {} although the step is {}; correct or remove the row",
            date(before),
            date(after),
            grid.step.phrase()
        ),
    }
}

/// Puts the rows on the grid.
fn place(source: &Source, times: &[i64], rows: &[usize], grid: Grid, rule: Duplicates, regular: &mut Regular) {
    let Regular { series, about } = regular;
    let (mut conflicts, mut exact, mut repeated_hours) = (Tally::default(), Tally::default(), Vec::new());
    let mut gaps = GapList::default();
    let mut expected = 0;
    let mut rest = rows;
    let mut next = rows.first().map(|&row| grid.slot(times[row]));
    while let Some(slot) = next.take() {
        // The rows of one moment; the slot of the first one behind them is computed once.
        let mut count = 1;
        while let Some(&row) = rest.get(count) {
            let other = grid.slot(times[row]);
            if other != slot {
                next = Some(other);
                break;
            }
            count += 1;
        }
        let (group, behind) = rest.split_at(count);
        rest = behind;
        if slot > expected {
            gaps.add(grid, expected, slot - 1);
        }
        expected = slot + 1;
        let moment = grid.at(slot);
        if !grid.floor {
            about.snapped += group.iter().filter(|&&row| is_snapped(grid, times[row], moment)).count();
        }
        let index = usize::try_from(slot).unwrap_or(0);
        if group.len() == 1 {
            for (column, values) in series.columns.iter_mut().zip(&source.columns) {
                column[index] = values[group[0]];
            }
            continue;
        }
        if grid.floor {
            about.averaged += group.len() - 1;
        } else {
            let different = group[1..].iter().any(|&row| !same(source, group[0], row));
            let tally = if different { &mut conflicts } else { &mut exact };
            for &row in &group[1..] {
                // Finding a line number reads through the file, so only the displayed lines are looked up.
                let line = if tally.lines.len() < Tally::SHOWN { (source.line)(row) } else { 0 };
                tally.add(line);
            }
            if different {
                about.duplicates.conflicting += 1;
                about.duplicates.merged += group.len() - 1;
                repeated_hours.extend(dst::repeated(moment).filter(|_| !source.utc && group.len() == 2));
            } else {
                about.duplicates.exact += group.len() - 1;
            }
        }
        let before = &rows[..rows.len() - rest.len()];
        // First and last are by the file's order.
        let first = group.iter().copied().min().unwrap_or(group[0]);
        let last = group.iter().copied().max().unwrap_or(group[0]);
        for (column, values) in series.columns.iter_mut().zip(&source.columns) {
            column[index] = match (rule, source.said_missing) {
                (Duplicates::First, _) => values[first],
                (Duplicates::Last, _) => values[last],
                (Duplicates::Mean, Some(said)) => {
                    let known = &before[before.len().saturating_sub(group.len() + sentinel::BEFORE)..];
                    let known: Vec<f64> = known.iter().map(|&row| values[row]).collect();
                    mean(sentinel::of_moment(&known, known.len() - group.len(), said).into_iter())
                }
                (Duplicates::Mean, None) => mean(group.iter().map(|&row| values[row])),
            };
        }
    }
    about.missing_steps = gaps.missing;
    about.gap_count = gaps.count;
    about.gaps = gaps.shown;
    duplicate_notes(about, rule, &exact, &conflicts, &repeated_hours);
    if grid.floor {
        let into = counted(about.length - about.missing_steps, "value", "values");
        let rows = counted(about.rows, "row was", "rows were");
        let mut note = Note::info("averaged", format!("{rows} averaged over each {}, into {into}.", grid.step.label()));
        note.count = about.averaged;
        about.notes.push(note);
    }
    if about.snapped > 0 {
        let many = counted(about.snapped, "time was", "times were");
        let mut note =
            Note::info("snapped", format!("{many} a little off and moved to the nearest full {}.", grid.step.label()));
        note.count = about.snapped;
        about.notes.push(note);
    }
    gap_notes(about, grid, source.utc, &gaps.skipped_hours, gaps.weekend);
}

/// Whether a time differs from its moment; any day of a month is that month's.
fn is_snapped(grid: Grid, time: i64, moment: i64) -> bool {
    !matches!(grid.step, Step::Months(_)) && time != moment
}

fn same(source: &Source, a: usize, b: usize) -> bool {
    source.columns.iter().all(|values| values[a] == values[b] || (values[a].is_nan() && values[b].is_nan()))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) =
        values.filter(|value| !value.is_nan()).fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { f64::NAN } else { sum / f64::from(count) }
}

/// Gaps, as they are found.
#[derive(Default)]
struct GapList {
    shown: Vec<Gap>,
    count: usize,
    missing: usize,
    skipped_hours: Vec<jiff_core::civil::DateTime>,
    /// Missing moments that are Saturdays or Sundays.
    weekend: usize,
}

impl GapList {
    fn add(&mut self, grid: Grid, first: i64, last: i64) {
        let steps = usize::try_from(last - first + 1).unwrap_or(0);
        let gap = Gap { from: grid.at(first), to: grid.at(last), steps };
        self.count += 1;
        self.missing += steps;
        if self.shown.len() < GAPS_SHOWN {
            self.shown.push(gap);
        }
        let length = grid.at(last + 1) - gap.from;
        self.skipped_hours.extend(dst::skipped(gap.from, length));
        if grid.step == Step::Milliseconds(86_400_000) {
            let days = (first..=last).take(10).filter_map(|slot| civil(grid.at(slot)));
            use jiff_core::civil::Weekday::{Saturday, Sunday};
            self.weekend += days.filter(|day| matches!(day.date().weekday(), Saturday | Sunday)).count();
        }
    }
}

fn duplicate_notes(
    about: &mut About,
    rule: Duplicates,
    exact: &Tally,
    conflicts: &Tally,
    hours: &[jiff_core::civil::DateTime],
) {
    if !exact.is_empty() {
        let many = counted(exact.count, "row repeats", "rows repeat");
        about
            .notes
            .push(Note::info("duplicates", format!("{many} another one exactly; each was taken once.")).at(exact));
    }
    if about.duplicates.conflicting > 0 {
        let many = counted(about.duplicates.conflicting, "time occurs", "times occur");
        let rule = match rule {
            Duplicates::Mean => "their mean was taken",
            Duplicates::First => "the first row was taken",
            Duplicates::Last => "the last row was taken",
        };
        let rows = counted(about.duplicates.merged + about.duplicates.conflicting, "row", "rows");
        let message = format!("{many} more than once with different values, in {rows}: {rule}.");
        let mut note = Note::warning("conflicting-duplicates", message).at(conflicts);
        note.count = about.duplicates.conflicting;
        about.notes.push(note);
    }
    for hour in hours.iter().take(3) {
        let message = format!("{} occurs twice: clocks went back that night.", minute_text(*hour));
        about.notes.push(Note::info("clock-change", message));
    }
}

fn gap_notes(about: &mut About, grid: Grid, utc: bool, skipped: &[jiff_core::civil::DateTime], weekend: usize) {
    if !utc {
        for hour in skipped.iter().take(3) {
            let message = format!("{} never happened: clocks went forward that night.", minute_text(*hour));
            about.notes.push(Note::info("clock-change", message));
        }
    }
    if about.gap_count == 0 {
        return;
    }
    let longest = about.gaps.iter().map(|gap| gap.steps).max().unwrap_or(0);
    let unit = grid.step.phrase();
    let many = counted(about.missing_steps, "step has", "steps have");
    let gaps = counted(about.gap_count, "gap", "gaps");
    let message = format!("{many} no row (the step is {unit}), in {gaps}, the longest of {longest}.");
    let mut note = Note::info("gaps", message);
    note.count = about.missing_steps;
    about.notes.push(note);
    // Two days of seven missing, and hardly any others: a market's calendar.
    if weekend * 5 > about.length && weekend * 10 > about.missing_steps * 8 {
        let message =
            "Saturdays and Sundays have no rows: carry the last value forward, or every window will have a gap.";
        about.notes.push(Note::warning("weekends", message));
    }
}
