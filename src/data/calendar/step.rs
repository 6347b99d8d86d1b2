//! The step of a column of times, found despite gaps and jitter, and the grid that it spans.

use jiff_core::civil::{Date, DateTime};

use crate::data::calendar::axis::{Axis, Step, civil, milliseconds};

/// Regular moments: a first one and a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    pub start: i64,
    pub step: Step,
    /// Whether a time belongs to the moment before it rather than to the nearest one: with a coarser step than the file's, a row
    /// counts for the hour that contains it.
    pub floor: bool,
}

const DAY: i64 = 86_400_000;

/// Usual steps of clocks and calendars, in milliseconds.
const USUAL: [i64; 42] = [
    1,
    2,
    5,
    10,
    20,
    25,
    40,
    50,
    100,
    200,
    250,
    500,
    1000,
    2000,
    3000,
    4000,
    5000,
    6000,
    10_000,
    12_000,
    15_000,
    20_000,
    30_000,
    60_000,
    120_000,
    180_000,
    240_000,
    300_000,
    360_000,
    600_000,
    720_000,
    900_000,
    1_200_000,
    1_800_000,
    3_600_000,
    7_200_000,
    10_800_000,
    14_400_000,
    21_600_000,
    43_200_000,
    DAY,
    7 * DAY,
];

impl Grid {
    /// Number of the moment that a time belongs to.
    pub fn slot(&self, time: i64) -> i64 {
        match self.step {
            Step::Rows => time,
            Step::Milliseconds(step) => {
                let half = if self.floor { 0 } else { step / 2 };
                // A person's step may be as long as 64 bits allow.
                time.saturating_sub(self.start).saturating_add(half).div_euclid(step)
            }
            Step::Months(months) => match (month_index(time), month_index(self.start)) {
                (Some(month), Some(start)) => (month - start).div_euclid(i64::from(months)),
                _ => 0,
            },
        }
    }

    /// The moment of this number.
    pub fn at(&self, slot: i64) -> i64 {
        let axis = Axis { start: self.start, step: self.step, len: 0, utc: false };
        axis.at(usize::try_from(slot).unwrap_or(0))
    }
}

/// Months since year 0.
fn month_index(time: i64) -> Option<i64> {
    civil(time).map(|time| i64::from(time.date().year()) * 12 + i64::from(time.date().month()) - 1)
}

/// The most frequent value and its count; the smaller of two as frequent.
fn mode(values: impl Iterator<Item = i64>) -> Option<(i64, usize)> {
    let mut sorted: Vec<i64> = values.collect();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).rev_max()
}

/// The longest run; the first of two as long, while `max_by_key` takes the last.
trait RevMax: Iterator<Item = (i64, usize)> + Sized {
    fn rev_max(self) -> Option<(i64, usize)> {
        self.fold(None, |best: Option<(i64, usize)>, run| match best {
            Some(best) if best.1 >= run.1 => Some(best),
            _ => Some(run),
        })
    }
}
impl<I: Iterator<Item = (i64, usize)>> RevMax for I {}

/// The grid of these increasing, distinct times; `None` where they follow none.
pub(crate) fn infer(times: &[i64]) -> Option<Grid> {
    if times.len() < 2 {
        return None;
    }
    months(times).or_else(|| exact(times)).or_else(|| jittery(times))
}

/// Calendar months, quarters or years: one day of the month (or its last) and one clock throughout.
fn months(times: &[i64]) -> Option<Grid> {
    let shortest = times.windows(2).map(|pair| pair[1] - pair[0]).min()?;
    if shortest < 28 * DAY {
        return None;
    }
    let moments: Vec<DateTime> = times.iter().filter_map(|&time| civil(time)).collect();
    let clock = moments.iter().all(|moment| moment.time() == moments[0].time());
    let dates: Vec<Date> = moments.iter().map(DateTime::date).collect();
    let first = *dates.first()?;
    let same_day = dates.iter().all(|date| date.day() == first.day());
    let month_end = dates.iter().all(|date| date.day() == date.days_in_month());
    if dates.len() < times.len() || !clock || !(same_day || month_end) {
        return None;
    }
    let indices: Vec<i64> = times.iter().filter_map(|&time| month_index(time)).collect();
    let (step, count) = mode(indices.windows(2).map(|pair| pair[1] - pair[0]))?;
    let steady = indices.iter().all(|index| (index - indices[0]) % step == 0);
    if !steady || count * 2 < indices.len() - 1 {
        return None;
    }
    // A first month end before the 31st would shorten all later ones; such a series counts from the month's beginning.
    let start = if month_end && !same_day && first.day() < 31 {
        milliseconds(DateTime::from_parts(first.first_of_month(), moments[0].time()))?
    } else {
        times[0]
    };
    Some(Grid { start, step: Step::Months(i32::try_from(step).ok()?), floor: false })
}

/// One exact step between most neighbours, with nearly all times a whole number of steps apart.
fn exact(times: &[i64]) -> Option<Grid> {
    let (step, count) = mode(times.windows(2).map(|pair| pair[1] - pair[0]))?;
    let (phase, on_grid) = mode(times.iter().map(|time| time.rem_euclid(step)))?;
    let steady = on_grid == times.len();
    // Half of the neighbours; a third where every time is on the grid (office hours, trading days).
    let enough = if steady { count * 3 >= times.len() - 1 } else { count * 2 >= times.len() - 1 };
    if !enough || on_grid * 10 < times.len() * 9 {
        return None;
    }
    let mut grid = Grid { start: phase, step: Step::Milliseconds(step), floor: false };
    grid.start = phase + grid.slot(times[0]) * step;
    Some(grid)
}

/// A usual step near the median distance, with times early or late by up to a part of it.
fn jittery(times: &[i64]) -> Option<Grid> {
    let mut distances: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    distances.sort_unstable();
    let median = distances[distances.len() / 2];
    let near = USUAL.iter().copied().filter(|&step| (step - median).abs() * 5 <= median);
    let usual = near.min_by_key(|step| (step - median).abs());
    let own = if median >= 10_000 { (median + 500) / 1000 * 1000 } else { median };
    [usual, Some(own)].into_iter().flatten().find_map(|step| with_step(times, step))
}

/// The grid of this step, if most times have a moment of their own, next to their neighbour's.
fn with_step(times: &[i64], step: i64) -> Option<Grid> {
    let distance = |phase: i64| {
        let off = |time: &i64| {
            let rest = (time - phase).rem_euclid(step);
            rest.min(step - rest) as f64
        };
        times.iter().map(off).sum::<f64>() / (times.len() as f64 * step as f64)
    };
    // The grid starts at full hours and the like, unless the times lie between them: then at their mean on the circle of one step.
    let mut phase = 0;
    if distance(0) > 0.25 {
        let (sin, cos) = times.iter().fold((0.0, 0.0), |(sin, cos), time| {
            let angle = time.rem_euclid(step) as f64 / step as f64 * std::f64::consts::TAU;
            (sin + libm::sin(angle), cos + libm::cos(angle))
        });
        let mean = (libm::atan2(sin, cos) / std::f64::consts::TAU * step as f64).round() as i64;
        phase = if step >= 10_000 { (mean + 500).div_euclid(1000) * 1000 } else { mean };
    }
    let mut grid = Grid { start: phase, step: Step::Milliseconds(step), floor: false };
    grid.start = phase + grid.slot(times[0]) * step;
    let (mut shared, mut next) = (0_usize, 0_usize);
    for pair in times.windows(2) {
        match grid.slot(pair[1]) - grid.slot(pair[0]) {
            0 => shared += 1,
            1 => next += 1,
            _ => {}
        }
    }
    let neighbours = times.len() - 1;
    (shared * 20 <= neighbours && next * 10 >= neighbours * 6).then_some(grid)
}

/// The grid of a step from a person. With a step coarser than the file's, each row counts for the moment that contains it.
pub(crate) fn forced(times: &[i64], step: Step, found: Option<Grid>) -> Grid {
    let first = times.first().copied().unwrap_or(0);
    let Step::Milliseconds(wanted) = step else {
        let start = civil(first).and_then(|time| milliseconds(time.date().first_of_month().at(0, 0, 0, 0)));
        let start = start.unwrap_or(first);
        return Grid { start, step, floor: true };
    };
    if let Some(found) = found.filter(|found| found.step == step) {
        return found;
    }
    let mut distances: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    distances.sort_unstable();
    let median = distances.get(distances.len() / 2);
    let mut grid = Grid { start: 0, step, floor: median.is_some_and(|median| wanted / 2 >= *median) };
    grid.start = grid.slot(first).saturating_mul(wanted);
    grid
}

/// Number of neighbours in these times that are not one usual step apart: it tells one reading of dates from another.
pub(crate) fn odd_steps(times: &[i64]) -> usize {
    let neighbours = || times.windows(2).map(|pair| pair[1] - pair[0]);
    let Some((step, count)) = mode(neighbours().map(i64::abs)) else { return 0 };
    let odd = times.len() - 1 - count;
    if step < 28 * DAY {
        return odd;
    }
    let months: Vec<i64> = times.iter().filter_map(|&time| month_index(time)).collect();
    let by_month = mode(months.windows(2).map(|pair| (pair[1] - pair[0]).abs()));
    by_month.map_or(odd, |(_, count)| odd.min(times.len() - 1 - count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::calendar::axis::day_start;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn steps_are_found_through_gaps_and_jitter() {
        let hourly: Vec<i64> =
            (0..500).filter(|hour| hour % 7 != 3 && !(90..200).contains(hour)).map(|hour| hour * HOUR).collect();
        assert_eq!(infer(&hourly).unwrap(), Grid { start: 0, step: Step::Milliseconds(HOUR), floor: false });
        // A fixed pattern of jitter of up to 400 s.
        let jitter: Vec<i64> = (0..200).map(|hour| hour * HOUR + (hour * 7919 % 801 - 400) * 1000).collect();
        let grid = infer(&jitter).unwrap();
        assert_eq!((grid.start, grid.step), (0, Step::Milliseconds(HOUR)));
        assert!(jitter.iter().enumerate().all(|(hour, &time)| grid.slot(time) == hour as i64));
        let ends: Vec<i64> = (0..24).map(|m| day_start(2001 + m / 12, m % 12 + 1, 1).unwrap() - DAY).collect();
        assert_eq!(infer(&ends).unwrap().step, Step::Months(1));
        let years: Vec<i64> = (1900..1950).map(|year| day_start(year, 1, 1).unwrap()).collect();
        assert_eq!(infer(&years).unwrap().step, Step::Months(12));
        let trading: Vec<i64> = (0..100).filter(|day| day % 7 < 5).map(|day| day * DAY).collect();
        assert_eq!(infer(&trading).unwrap().step, Step::Milliseconds(DAY));
        // Squares grow ever further apart.
        let irregular: Vec<i64> = (0..100).map(|index| index * index * 1000).collect();
        assert_eq!(infer(&irregular), None);
    }

    #[test]
    fn a_step_may_be_as_long_as_numbers_go() {
        let longest = Step::Milliseconds(i64::MAX);
        for times in [&[DAY][..], &[-DAY], &[-3 * DAY, -DAY, 2 * DAY]] {
            let grid = forced(times, longest, None);
            let slots: Vec<i64> = times.iter().map(|&time| grid.slot(time)).collect();
            let expected: Vec<i64> = times.iter().map(|&time| i64::from(time >= 0 && times[0] < 0)).collect();
            assert_eq!(slots, expected, "{times:?}");
        }
    }

    #[test]
    fn steps_have_names() {
        assert_eq!(Step::Milliseconds(900_000).label(), "15 minutes");
        assert_eq!(Step::Milliseconds(7 * DAY).label(), "week");
        assert_eq!(Step::Months(12).label(), "year");
        assert_eq!(Step::Milliseconds(1500).label(), "1500 milliseconds");
    }
}
