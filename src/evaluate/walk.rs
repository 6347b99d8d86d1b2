//! The quality of ranges, walked along the test part.
//!
//! The ranges at an origin come from the errors known there: of windows in the validation part, and of those in the test part whose
//! truth lies before the origin. So no error made the range that judges it.

use serde::Serialize;

use crate::Real;
use crate::data::{Frame, WindowSet};
use crate::evaluate::interval::{Bounds, Ranges, bounds, shown};
use crate::evaluate::past::{LOOKBACK, Past};
use crate::evaluate::{Baselines, Forecasts, Limits, Spread, baselines::SEASONAL, forecast_all, naive};

/// The quality of a range on the test part. Widths and scores are in the target's unit; over several targets, of scaled values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// Nominal level of the range.
    pub level: f64,
    /// Share of the true values inside, over all windows and all steps of the horizon.
    pub coverage: f64,
    /// Mean width.
    pub width: f64,
    /// Mean interval score, the lower the better: the width, and `2 / (1 − level)` times the distance of a truth outside from the range
    /// (Gneiting and Raftery, Strictly proper scoring rules, prediction, and estimation, 2007, equation 43).
    pub score: f64,
    /// Number of test windows that had a range.
    pub windows: usize,
    /// The same at each step of the horizon.
    pub per_step_coverage: Vec<f64>,
    /// The same at each step of the horizon.
    pub per_step_width: Vec<f64>,
    /// The same at each step of the horizon.
    pub per_step_score: Vec<f64>,
}

impl Measured {
    /// The means over several targets.
    fn mean(all: &[Measured]) -> Option<Measured> {
        let (first, count) = (all.first()?, all.len() as f64);
        let mean = |of: fn(&Measured) -> f64| all.iter().map(of).sum::<f64>() / count;
        let means = |of: fn(&Measured) -> &Vec<f64>| {
            (0..of(first).len()).map(|step| all.iter().map(|one| of(one)[step]).sum::<f64>() / count).collect()
        };
        Some(Measured {
            level: first.level,
            coverage: mean(|one| one.coverage),
            width: mean(|one| one.width),
            score: mean(|one| one.score),
            windows: all.iter().map(|one| one.windows).min()?,
            per_step_coverage: means(|one| &one.per_step_coverage),
            per_step_width: means(|one| &one.per_step_width),
            per_step_score: means(|one| &one.per_step_score),
        })
    }
}

/// Number of steps whose bounds are computed in a walk.
const BUDGET: usize = 1024;

/// Sums of the quality of one target's ranges, window by window: those of an origin come from the errors known there, or, in a long test
/// part, a little before.
#[derive(Debug)]
pub struct Walk<'a> {
    ranges: Ranges<'a>,
    target: usize,
    /// Scaled.
    limits: Limits,
    /// Origins that share their bounds: the first row, and how many.
    until: usize,
    shared: usize,
    bounds: Option<Vec<Bounds>>,
    /// For each level and step: truths inside, width and score, scaled.
    sums: Vec<Vec<[f64; 3]>>,
    windows: usize,
}

impl<'a> Walk<'a> {
    /// Of target number `target`, along the windows of `set`.
    fn new(ranges: &Ranges<'a>, frame: &Frame, target: usize, set: &WindowSet) -> Walk<'a> {
        let rows = set.starts.last().map_or(0, |last| last - set.starts[0]) as usize + 1;
        Walk {
            ranges: *ranges,
            target,
            limits: ranges.limits.get(target).copied().unwrap_or_default().scaled(frame.scales[target]),
            until: 0,
            shared: rows.div_ceil((BUDGET / set.horizon).clamp(8, 64)),
            bounds: None,
            sums: vec![vec![[0.0; 3]; set.horizon]; ranges.levels.len()],
            windows: 0,
        }
    }

    /// Of every target.
    pub fn all(ranges: &Ranges<'a>, frame: &Frame, set: &WindowSet) -> Vec<Walk<'a>> {
        (0..frame.targets).map(|target| Walk::new(ranges, frame, target, set)).collect()
    }

    /// Adds the scaled forecast `predicted`, `[horizon × targets]`, from row `origin` on, later than all before it; the truth is taken
    /// from `frame`.
    pub fn add_all(walks: &mut [Walk<'_>], frame: &Frame, origin: usize, predicted: &[Real]) {
        let each = walks.len().max(1);
        let of_targets = walks.iter_mut().zip(predicted.chunks_exact(predicted.len() / each));
        of_targets.for_each(|(walk, predicted)| walk.add(frame, origin, predicted));
    }

    fn add(&mut self, frame: &Frame, origin: usize, predicted: &[Real]) {
        if origin >= self.until {
            self.until = origin + self.shared;
            let spread = Spread::known(self.ranges.past, self.target, origin);
            self.bounds = spread.map(|spread| bounds(&spread, self.ranges.levels, predicted.len()));
        }
        let Some(bounds) = &self.bounds else { return };
        for (bounds, sums) in bounds.iter().zip(&mut self.sums) {
            let miss = 2.0 / (1.0 - bounds.level);
            for (lead, (&predicted, sums)) in predicted.iter().zip(sums).enumerate() {
                let predicted = crate::wide(predicted);
                let lower = self.limits.clip(predicted + bounds.lower[lead]);
                let upper = self.limits.clip(predicted + bounds.upper[lead]);
                let truth = crate::wide(frame.truth_at(self.target, origin + lead));
                let outside = (lower - truth).max(truth - upper).max(0.0);
                sums[0] += f64::from(u8::from(outside == 0.0));
                sums[1] += upper - lower;
                sums[2] += upper - lower + miss * outside;
            }
        }
        self.windows += 1;
    }

    /// The result at each level; widths and scores are `unit` times those of scaled values. Empty where no window had a range.
    pub fn measured(&self, unit: f64) -> Vec<Measured> {
        let windows = self.windows as f64;
        let of = |(sums, &level): (&Vec<[f64; 3]>, &f64)| {
            let steps =
                |kind: usize, unit: f64| sums.iter().map(|sums| unit * sums[kind] / windows).collect::<Vec<f64>>();
            let mean = |steps: &[f64]| steps.iter().sum::<f64>() / steps.len() as f64;
            let [inside, width, score] = [steps(0, 1.0), steps(1, unit), steps(2, unit)];
            Measured {
                level,
                coverage: mean(&inside),
                width: mean(&width),
                score: mean(&score),
                windows: self.windows,
                per_step_coverage: inside,
                per_step_width: width,
                per_step_score: score,
            }
        };
        let levels = if self.windows > 0 { self.ranges.levels } else { &[] };
        self.sums.iter().zip(levels).map(of).collect()
    }

    /// The means of scaled values over several targets, at each level.
    fn mean(all: &[Walk<'_>]) -> Vec<Measured> {
        let each: Vec<Vec<Measured>> = all.iter().map(|walk| walk.measured(1.0)).collect();
        let at = |level: usize| -> Option<Vec<Measured>> { each.iter().map(|one| one.get(level).cloned()).collect() };
        let levels = each.first().map_or(0, Vec::len);
        (0..levels).filter_map(|level| Measured::mean(&at(level)?)).collect()
    }
}

/// The ranges of one forecaster at one level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RangeRow {
    /// `model` or `seasonal`.
    pub id: &'static str,
    /// Name on the page.
    pub label: String,
    /// Its quality.
    #[serde(flatten)]
    pub measured: Measured,
}

/// The ranges' quality of a model and, for comparison, of the seasonal naive forecast: for each target, and last, over several, their
/// means.
#[derive(Debug, Default)]
pub struct Table(Vec<Vec<RangeRow>>);

impl Table {
    /// Of the ranges walked along the windows of `set` by the model of this id and label, and then by the seasonal naive forecast, whose
    /// errors are known from the same row on. Empty without walks.
    pub fn of(
        frame: &Frame,
        set: &WindowSet,
        baselines: &Baselines,
        (id, label): (&'static str, &str),
        model: &[Walk<'_>],
    ) -> Table {
        let Some(Ranges { past, levels, limits }) = model.first().map(|walk| walk.ranges) else {
            return Table::default();
        };
        let mut seasonal = Seasonal(baselines.season);
        let (first, last) =
            (past.origins.first().copied().unwrap_or(0), past.origins.last().map_or(0, |last| last + 1));
        let past = Past::over(frame, first..last, (set.window, set.horizon), &mut seasonal);
        let mut walks = Walk::all(&Ranges { past: &past, levels, limits }, frame, set);
        forecast_all(frame, set, &mut seasonal, &mut |starts, predicted| {
            for (&start, predicted) in starts.iter().zip(predicted.chunks_exact(frame.targets * set.horizon)) {
                Walk::add_all(&mut walks, frame, start as usize + set.window, predicted);
            }
        });
        let known_as = baselines.label(SEASONAL, &frame.axis).unwrap_or_default();
        let rows = |of: &dyn Fn(&[Walk<'_>]) -> Vec<Measured>| -> Vec<RangeRow> {
            let row = |id, label: &str, measured: Vec<Measured>| {
                measured.into_iter().map(move |measured| RangeRow { id, label: label.to_owned(), measured }).collect()
            };
            let all: [Vec<RangeRow>; 2] = [row(id, label, of(model)), row(SEASONAL, &known_as, of(&walks))];
            all.concat()
        };
        let mut tables: Vec<Vec<RangeRow>> =
            (0..frame.targets).map(|target| rows(&|walks| walks[target].measured(frame.scales[target].std))).collect();
        if frame.targets > 1 {
            tables.push(rows(&Walk::mean));
        }
        Table(tables)
    }

    /// The rows of one target, or, without a target, of all together.
    pub fn rows(&self, target: Option<usize>) -> Vec<RangeRow> {
        target.map_or(self.0.last(), |target| self.0.get(target)).cloned().unwrap_or_default()
    }
}

/// The row of the shown level of the forecaster that comes first.
pub fn shown_of(rows: &[RangeRow]) -> Option<Measured> {
    let first = rows.first()?.id;
    let own = || rows.iter().filter(|row| row.id == first).map(|row| &row.measured);
    let levels: Vec<f64> = own().map(|measured| measured.level).collect();
    own().find(|measured| measured.level == shown(&levels)).cloned()
}

/// Rows whose errors a walk along the test part needs: from `first`, the first that fitted no weights, as far back as any counts.
pub fn rows_of_walk(first: usize, test: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    first.max(test.start.saturating_sub(LOOKBACK))..test.end
}

/// The seasonal naive forecast of every target, with this season.
struct Seasonal(usize);

impl Forecasts for Seasonal {
    fn forecast(&mut self, frame: &Frame, lengths: (usize, usize), starts: &[u32], out: &mut [Real]) {
        let horizon = lengths.1;
        let mut of_target = vec![0.0; horizon * starts.len()];
        for target in 0..frame.targets {
            naive::seasonal_naive(frame, target, starts, lengths, self.0, &mut of_target);
            let to = out.chunks_exact_mut(horizon).skip(target).step_by(frame.targets);
            to.zip(of_target.chunks_exact(horizon)).for_each(|(to, of)| to.copy_from_slice(of));
        }
    }
}
