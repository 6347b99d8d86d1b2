//! A model's input: scaled values by time, and windows of them by index.
//!
//! The rules against look-ahead:
//! - choices from the data use the training part of the split in force: [`crate::data`] lists them;
//! - every column is scaled by that part alone;
//! - training windows lie wholly in the training part, past and future;
//! - the horizon of a validation or test window lies wholly in that part; its past may reach back into earlier rows, as in a real
//!   forecast;
//! - no window crosses a row in which a target or an input is missing, and none holds a value that was filled by one behind its
//!   end, whatever fills the gaps ([`crate::data::windows::fill`], [`crate::data::windows::known`]);
//! - filled values are read, never forecast: the scale, the training loss and all scores use measured values alone.

use crate::{
    Real,
    data::{
        Axis, Scale, Series, Split,
        calendar::features::{Cycle, row_label},
        notes::counted,
        windows::fill::{Fill, Gaps},
        windows::known::{Column, Known},
    },
    error::{Error, Result},
    knob::{About, Group, Knob},
};

/// The target columns.
pub const TARGET: Knob<String> = Knob::text(Group::Data, "target", "Target", "")
    .help("The column to forecast, or several with commas between them; one model then forecasts them all.")
    .basic();

/// The input columns.
pub const INPUTS: Knob<String> = Knob::text(Group::Data, "inputs", "Inputs", "")
    .help("Columns that the model reads besides its targets, with commas between them. Empty: the targets alone.");

/// Whether the model reads the calendar.
pub const CALENDAR: Knob<bool> = Knob::flag(Group::Data, "calendar", "Calendar", false).help(
    "Gives the model hour of day, weekday and day of year, past and future, where they change from row to row and \
           the training part holds a whole cycle.",
);

/// Scaled values beyond this many standard deviations are refused: their squares, and sums of squares, must fit an `f32`.
const FARTHEST: f64 = 1e15;

/// What to take from a series.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameOptions {
    /// Names of the target columns, at least one.
    pub targets: Vec<String>,
    /// Names of further input columns; targets may be among them and are always read.
    pub inputs: Vec<String>,
    /// Whether to add the calendar's cycles.
    pub calendar: bool,
    /// Filling of missing values.
    pub fill: Fill,
    /// Rows beyond the end with calendar features: the longest horizon that will be asked for.
    pub ahead: usize,
    /// Scales of the data features, in their order, of a saved model; `None`: fitted to the training part.
    pub scales: Option<Vec<Scale>>,
    /// The calendar's cycles of a saved model; `None`: those that the training part runs through.
    pub cycles: Option<Vec<Cycle>>,
}

impl FrameOptions {
    /// Upper bound of a frame's features with these options: a name may be there twice, and a cycle may be left out.
    pub fn most_features(&self) -> usize {
        self.targets.len() + self.inputs.len() + if self.calendar { 2 * Cycle::ALL.len() } else { 0 }
    }
}

/// A model's input: scaled values by time. Column-major `[features × rows]`: one row's features are contiguous.
///
/// The targets are the first features, followed by the other inputs and the calendar's cycles, which are known ahead.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Features of a row, at least 1.
    pub features: usize,
    /// Number of features, from the first, that come from the file; the rest are calendar features, known ahead.
    pub data_features: usize,
    /// Number of targets, the first features: at least 1.
    pub targets: usize,
    /// Rows of the series.
    pub rows: usize,
    /// Rows beyond them, with calendar features; their data features are 0.
    pub ahead: usize,
    /// Time of each row.
    pub axis: Axis,
    /// Name of each feature.
    pub names: Vec<String>,
    /// Scale of each data feature.
    pub scales: Vec<Scale>,
    /// Remarks on the making of the frame: one sentence each.
    pub notes: Vec<String>,
    /// Filled rows of each data feature, in order.
    pub filled: Vec<Vec<u32>>,
    /// The method of filling.
    pub fill: Fill,
    /// `[features × (rows + ahead)]`; `NaN` where there is no value, so that a leak would show.
    pub(in crate::data) values: Vec<Real>,
    /// The rows that may stand together in a window.
    pub(in crate::data) known: Known,
}

impl Frame {
    /// Takes the targets, the inputs and the calendar from `series` and scales them by the training part of `split`.
    ///
    /// # Errors
    /// [`Error::Knob`] for an unknown column; [`Error::Column`] for one without a value in the training part or with values too
    /// large to be scaled.
    pub fn new(series: &Series, split: &Split, options: &FrameOptions) -> Result<Frame> {
        let (columns, targets) = chosen(series, options)?;
        let (axis, rows, data_features) = (series.axis, series.axis.len, columns.len());
        let mut notes = Vec::new();
        let mut names: Vec<String> = columns.iter().map(|&column| series.names[column].clone()).collect();
        let cycles = match &options.cycles {
            _ if !options.calendar => Vec::new(),
            Some(cycles) => cycles.clone(),
            None => cycles(&axis, split.train.end, &mut notes),
        };
        names.extend(cycles.iter().flat_map(|cycle| cycle.names()));
        let features = names.len();

        let mut values = vec![0.0; features * (rows + options.ahead)];
        let (mut filled, mut whole) = (Vec::with_capacity(data_features), Vec::with_capacity(data_features));
        let mut scales = Vec::with_capacity(data_features);
        for (feature, &column) in columns.iter().enumerate() {
            let name = &series.names[column];
            let given = options.scales.as_ref().and_then(|scales| scales.get(feature)).copied();
            let scale = match given {
                Some(scale) => scale,
                None => fitted(name, &series.columns[column][split.train.clone()])?,
            };
            if scale.constant {
                notes.push(format!(
                    "Column “{name}” is constant in the training part ({}); its standard deviation was taken as 1.",
                    scale.mean
                ));
            }
            let mut column = series.columns[column].clone();
            let made = options.fill.fill(&mut column);
            if !made.is_empty() {
                notes.push(filled_note(name, made.len(), options.fill));
            }
            for (row, &value) in column.iter().enumerate() {
                let scaled = scale.scale(value);
                if scaled.abs() > FARTHEST {
                    return Err(Error::Column {
                        column: name.clone(),
                        problem: format!(
                            "the value {value:e} at {} is too far from the training part's {} ± {} to be scaled; mark it \
                             as missing or correct it",
                            row_label(&axis, row),
                            scale.mean,
                            scale.std
                        ),
                    });
                }
                values[row * features + feature] = scaled as Real;
            }
            filled.push(made);
            whole.push(column);
            scales.push(scale);
        }
        let told: Vec<Column<'_>> = whole
            .iter()
            .zip(&filled)
            .enumerate()
            .map(|(feature, (values, filled))| Column { values, filled, is_target: feature < targets })
            .collect();
        let known = Known::of(rows, &told, options.fill.gaps);
        for (index, cycle) in cycles.iter().enumerate() {
            for row in 0..rows + options.ahead {
                let Some(time) = axis.civil(row) else { continue };
                let at = row * features + data_features + 2 * index;
                let [sin, cos] = cycle.at(time);
                values[at] = sin as Real;
                values[at + 1] = cos as Real;
            }
        }
        Ok(Frame {
            features,
            data_features,
            targets,
            rows,
            ahead: options.ahead,
            axis,
            names,
            scales,
            notes,
            filled,
            fill: options.fill,
            values,
            known,
        })
    }

    /// Scaled features of one row, which may lie up to `ahead` rows beyond the end.
    pub fn row(&self, row: usize) -> &[Real] {
        &self.values[row * self.features..(row + 1) * self.features]
    }

    /// Scaled target number `target` at `row` as a model reads it, measured or filled; `NaN` where it is missing.
    pub fn target_at(&self, target: usize, row: usize) -> Real {
        self.values[row * self.features + target]
    }

    /// Scaled measured target number `target` at `row`; `NaN` where it was not measured.
    pub fn truth_at(&self, target: usize, row: usize) -> Real {
        let is_filled = u32::try_from(row).is_ok_and(|row| self.filled[target].binary_search(&row).is_ok());
        if is_filled { Real::NAN } else { self.target_at(target, row) }
    }

    /// First column that has no value at `row`, by name.
    pub fn missing_at(&self, row: usize) -> Option<&str> {
        let feature = self.row(row)[..self.data_features].iter().position(|value| value.is_nan())?;
        Some(&self.names[feature])
    }
}

/// The first names of a list, in a sentence.
pub(crate) fn some_of(names: &[String]) -> String {
    let more = if names.len() > 10 { ", …" } else { "" };
    names[..names.len().min(10)].join(", ") + more
}

/// Indices of the targets' and the inputs' columns, each once, the targets first; and the number of targets.
fn chosen(series: &Series, options: &FrameOptions) -> Result<(Vec<usize>, usize)> {
    let find = |knob: &About, name: &str| {
        series.names.iter().position(|column| column == name).ok_or_else(|| {
            knob.error(format!("there is no number column “{name}”; there are {}", some_of(&series.names)))
        })
    };
    let mut columns = Vec::new();
    let mut add = |knob: &About, names: &[String]| -> Result<usize> {
        for name in names {
            let column = find(knob, name)?;
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        Ok(columns.len())
    };
    let targets = add(&TARGET, &options.targets)?;
    if targets == 0 {
        return Err(TARGET.error("name at least one column"));
    }
    add(&INPUTS, &options.inputs)?;
    Ok((columns, targets))
}

/// Informative cycles of the calendar, with a note on those left out.
fn cycles(axis: &Axis, train: usize, notes: &mut Vec<String>) -> Vec<Cycle> {
    let told = Cycle::of(axis, train);
    let varying = || Cycle::ALL.into_iter().filter(|cycle| cycle.varies(axis.step));
    if varying().next().is_none() {
        notes.push("The calendar was left out: at this step none of its features changes from row to row.".to_owned());
    }
    for cycle in varying().filter(|cycle| !told.contains(cycle)) {
        notes.push(format!("The {} was left out: the training part does not cover a whole cycle.", cycle.label()));
    }
    told
}

fn fitted(name: &str, training: &[f64]) -> Result<Scale> {
    Scale::fit(training).ok_or_else(|| Error::Column {
        column: name.to_owned(),
        problem: if training.iter().all(|value| value.is_nan()) {
            "there is no value in the training part; choose another column or split".to_owned()
        } else {
            "the values are too large to be scaled; mark the wrong ones as missing".to_owned()
        },
    })
}

/// Note on the filled values of a column.
fn filled_note(name: &str, count: usize, fill: Fill) -> String {
    let many = counted(count, "missing value was", "missing values were");
    let longest = fill.longest;
    let how = match fill.gaps {
        Gaps::Hold => format!("with the last value, at most {longest} in a row"),
        _ => format!(
            "with a straight line, in gaps of at most {longest}; no window ends inside one, because the line needs \
             the later value"
        ),
    };
    format!("Column “{name}”: {many} filled {how}. Filled values are read, never forecast.")
}
