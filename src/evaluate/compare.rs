//! A model and its baselines on the same windows.

use serde::Serialize;

use crate::{
    Real,
    data::{Frame, Part, Split, WindowSet},
    evaluate::{
        Forecasts, Measured, Predict, RangeRow, Ranges, Reading,
        baselines::{Baselines, Entry, MODEL, Row, errors_of},
        forecast_all, order,
        unit::of_name,
        verdict::sentence,
        walk::{Table, Walk, shown_of},
    },
};

/// The errors of a model and its baselines on one part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Which part.
    pub part: Part,
    /// Number of windows, the same for each row of the table.
    pub windows: usize,
    /// The target's unit, if its name has one; for several targets σ, the standard deviation of each in the training part.
    pub unit: Option<String>,
    /// Steps of the horizon.
    pub horizon: usize,
    /// The model first, then the baselines: last value, seasonal naive, the two linear models, and the statistical ones. For several
    /// targets: the means over them of scaled values; rows that some target lacks are left out.
    pub rows: Vec<Row>,
    /// Why baselines are left out, a sentence for each.
    pub absent: Vec<String>,
    /// The winner and its lead.
    pub sentence: String,
    /// Quality of the shown range on the test part, over all targets; `None` on validation, whose errors the range is made from, and
    /// without a range.
    pub range: Option<Measured>,
    /// The same at every level, for the model and, with ranges made in the same way, for the seasonal naive forecast.
    pub ranges: Vec<RangeRow>,
    /// The same for each target, in its unit.
    pub targets: Vec<OfTarget>,
    /// How often the test part was scored, by any model: beyond 1 it is no longer unseen.
    pub scored_times: usize,
    /// The model's use of the order of its window, on the test part after training; else empty.
    pub order: String,
}

/// The errors of a model and its baselines for one target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfTarget {
    /// The target's name.
    pub name: String,
    /// Its unit, if its name has one.
    pub unit: Option<String>,
    /// As in [`Evaluation`].
    pub rows: Vec<Row>,
    /// As in [`Evaluation`].
    pub absent: Vec<String>,
    /// The winner and its lead.
    pub sentence: String,
    /// Quality of its shown range, as in [`Evaluation`].
    pub range: Option<Measured>,
    /// The same at every level, as in [`Evaluation`].
    pub ranges: Vec<RangeRow>,
}

/// A model's name, the number of test scorings, and its ranges.
#[derive(Debug, Clone, PartialEq)]
pub struct About<'a> {
    /// The model's label, as in “the … has a mean absolute error of”.
    pub label: &'a str,
    /// How often the test part was scored, by any model, this time included.
    pub scored_times: usize,
    /// What its ranges are made from, if it has any.
    pub ranges: Option<Ranges<'a>>,
}

/// Unit of the errors of several targets together: each target's standard deviation in the training part.
const SPREADS: &str = "σ";

/// Scores `model` and its baselines over the windows `set` of `part`; on the test part, what it owes to the order of its windows too.
pub fn evaluate(
    frame: &Frame,
    part: Part,
    set: &WindowSet,
    baselines: &Baselines,
    model: &mut dyn Predict,
    about: &About<'_>,
) -> Evaluation {
    let found = compare(frame, part, set, baselines, &mut Reading::new(model), about);
    let order = match part {
        Part::Test => order::test(frame, set, model).sentence(found.unit.as_deref()),
        _ => String::new(),
    };
    Evaluation { order, ..found }
}

/// Scores a forecaster and its baselines over the windows `set` of `part`.
pub fn compare(
    frame: &Frame,
    part: Part,
    set: &WindowSet,
    baselines: &Baselines,
    model: &mut dyn Forecasts,
    about: &About<'_>,
) -> Evaluation {
    let ranges = about.ranges.filter(|_| part == Part::Test);
    let mut walks = ranges.map_or_else(Vec::new, |ranges| Walk::all(&ranges, frame, set));
    let errors =
        errors_of(frame, set, model, &mut |origin, predicted| Walk::add_all(&mut walks, frame, origin, predicted));
    let table = Table::of(frame, set, baselines, (MODEL, about.label), &walks);
    let note = match (part, about.scored_times) {
        (Part::Test, 2..) => format!("This test part was scored {} times.", about.scored_times),
        _ => String::new(),
    };
    let mut entries = vec![Entry::of_model(about.label, errors, &note)];
    entries.extend(baselines.entries(frame, set).iter().cloned());
    let windows = set.starts.len();
    let said = |rows: Vec<Row>, target: Option<usize>, name: String, unit: Option<String>, of: &str| {
        let sentence = sentence(&rows, (part, windows), (unit.as_deref(), of), &frame.axis, baselines.season);
        let absent = baselines.absent(frame, &entries, target);
        let ranges = table.rows(target);
        OfTarget { name, unit, rows, absent, sentence, range: shown_of(&ranges), ranges }
    };
    let mut targets: Vec<OfTarget> = baselines
        .tables_of(frame, &entries)
        .into_iter()
        .enumerate()
        .map(|(target, rows)| match frame.names[..frame.targets].get(target) {
            Some(name) if frame.targets == 1 => said(rows, Some(target), name.clone(), of_name(name), ""),
            Some(name) => said(rows, Some(target), name.clone(), of_name(name), &format!(" for “{name}”")),
            None => {
                said(rows, None, String::new(), Some(SPREADS.to_owned()), &format!(" over {} columns", frame.targets))
            }
        })
        .collect();
    let all = if targets.len() > frame.targets { targets.pop() } else { targets.first().cloned() };
    let OfTarget { unit, rows, absent, sentence, range, ranges, .. } =
        all.unwrap_or_else(|| said(Vec::new(), None, String::new(), None, ""));
    let order = String::new();
    let scored_times = about.scored_times;
    let horizon = set.horizon;
    Evaluation { part, windows, unit, horizon, rows, absent, sentence, range, ranges, targets, scored_times, order }
}

/// Forecasts a fixed number of steps ahead, row by row, with the truth, in the targets' units.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// First row of the part.
    pub first: usize,
    /// Forecast of each row of the part, `[rows × targets]`; `NaN` where no window forecasts it `lead` steps ahead.
    pub predicted: Vec<f64>,
    /// Truth of each row of the part, `[rows × targets]`; `NaN` where it is missing.
    pub actual: Vec<f64>,
}

/// The forecasts of `model` `lead` steps ahead (from 1, at most the horizon) over the windows `set` of `part`.
pub fn trace(
    frame: &Frame,
    split: &Split,
    part: Part,
    set: &WindowSet,
    model: &mut dyn Forecasts,
    lead: usize,
) -> Trace {
    let rows = split.rows(part);
    let lead = lead.clamp(1, set.horizon) - 1;
    let unscaled = |target: usize, value: Real| frame.scales[target].unscale(f64::from(value));
    let actual = (0..frame.targets)
        .flat_map(|target| rows.clone().map(move |row| unscaled(target, frame.truth_at(target, row))))
        .collect();
    let mut predicted = vec![f64::NAN; rows.len() * frame.targets];
    forecast_all(frame, set, model, &mut |starts, values| {
        for (index, values) in values.chunks_exact(set.horizon).enumerate() {
            let (window, target) = (index / frame.targets, index % frame.targets);
            let row = starts[window] as usize + set.window + lead - rows.start;
            predicted[target * rows.len() + row] = unscaled(target, values[lead]);
        }
    });
    Trace { first: rows.start, predicted, actual }
}
