//! A model beside its rivals on the same windows.

use std::sync::Arc;

use serde::Serialize;

use crate::{
    Real,
    data::{Frame, Part, Split, WindowSet},
    evaluate::{
        CHUNK, Errors, Form, Interval, Measured, Predict, Ridge, Scores, baselines, forecast_all,
        interval::Held,
        metrics::naive_error,
        order,
        paired::{Blocks, chance},
        unit::{grouped, of_name},
        verdict::{season_label, sentence},
    },
};

/// What a model is measured against, fitted once for a window, a horizon and a season.
#[derive(Debug, Clone, PartialEq)]
pub struct Rivals {
    /// Rows of a season, at least 1.
    pub season: usize,
    /// Denominator of MASE for each target, scaled (see [`naive_error`]).
    pub naive: Vec<Option<f64>>,
    /// The linear models of each target: plain, and after subtracting the last value. Both stand in the table; the verdict
    /// compares with the one of the smaller validation error ([`Rivals::linear`]).
    pub ridges: Vec<[Option<Ridge>; 2]>,
}

/// How a model did on one part, beside its rivals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Which part.
    pub part: Part,
    /// Windows that were forecast, each by every row of the table.
    pub windows: usize,
    /// The target's unit, where its name tells it; of several targets σ, the spread that each has in the training part.
    pub unit: Option<String>,
    /// Steps of the horizon.
    pub horizon: usize,
    /// The model first, then last value, seasonal naive, and the two linear models. Of several targets: the means over them
    /// of scaled values; what some target lacks is left out.
    pub rows: Vec<Row>,
    /// Who won and by how much.
    pub sentence: String,
    /// What the range held of the test part, over all targets; `None` on validation, whose errors it is made from, and where there
    /// is no range.
    pub range: Option<Measured>,
    /// The same for each target by itself, in its unit.
    pub targets: Vec<OfTarget>,
    /// How often the test part was scored for this model: beyond 1 it is no longer unseen.
    pub scored_times: usize,
    /// What the model owes to the order of its window, once training has ended: of the test part, else empty.
    pub order: String,
}

/// How a model did on one of its targets, beside its rivals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfTarget {
    /// The target's name.
    pub name: String,
    /// Its unit, where its name tells it.
    pub unit: Option<String>,
    /// As in [`Evaluation`].
    pub rows: Vec<Row>,
    /// Who won and by how much.
    pub sentence: String,
    /// What its range held; as in [`Evaluation`].
    pub range: Option<Measured>,
}

/// One forecaster's errors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// `model`, `last`, `seasonal`, `ridge` or `ridge-centred`.
    pub id: &'static str,
    /// As a person sees it.
    pub label: String,
    /// Errors.
    #[serde(flatten)]
    pub scores: Scores,
    /// The chance of a difference from the model's errors like this one if neither were better, by a sign-flip test over blocks of
    /// windows (see [`crate::evaluate::paired`]); `None` for the model, and where too few windows tell nothing.
    pub chance: Option<f64>,
    /// What is worth knowing about it, or empty.
    pub note: String,
}

/// What a model is called, how often it was asked, and its range.
#[derive(Debug, Clone, PartialEq)]
pub struct About<'a> {
    /// The model's label, as in “the … is off by”.
    pub label: &'a str,
    /// How often the test part was scored for this model, this time included.
    pub scored_times: usize,
    /// Its range, where it has one.
    pub interval: Option<&'a Interval>,
}

/// Row of the model.
const MODEL: &str = "model";

/// Rows of the linear models, in the order of [`Rivals::ridges`], and how a person sees them.
const LINEAR: [(&str, &str); 2] = [("ridge", "Linear model"), ("ridge-centred", "Linear model from the last value")];

/// What the errors of several targets together are written in: each target's spread in the training part.
const SPREADS: &str = "σ";

impl Rivals {
    /// Fits them: the linear models to the windows `train`, with the penalty that is best over those of `validation`.
    pub fn fit(frame: &Frame, split: &Split, train: &WindowSet, validation: &WindowSet, season: usize) -> Rivals {
        Rivals {
            season: season.max(1),
            naive: (0..frame.targets).map(|target| naive_error(frame, target, split, season)).collect(),
            ridges: (0..frame.targets).map(|target| Ridge::fit(frame, target, train, validation)).collect(),
        }
    }

    /// Their errors over the windows of `set`: a table for each target, in its unit, and, of several, one more of the means over
    /// them, of scaled values.
    pub fn tables(&self, frame: &Frame, set: &WindowSet) -> Vec<Vec<Row>> {
        self.tables_of(frame, &self.entries(frame, set))
    }

    /// Row `id` of the linear model that a verdict compares with: of one target, or of all of them by the mean of their errors. It
    /// is the one of the smaller validation error, so that the part that is scored does not choose what a model is scored
    /// against. `None` where there is no linear model.
    pub fn linear(&self, target: Option<usize>) -> Option<&'static str> {
        let ridges = target.map_or(&self.ridges[..], |target| &self.ridges[target..=target]);
        let error = |form: usize| -> Option<f64> {
            ridges.iter().map(|forms| forms[form].as_ref().map(|ridge| ridge.validation_mse)).sum()
        };
        let found = (0..LINEAR.len()).filter_map(|form| Some((LINEAR[form].0, error(form)?)));
        found.min_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(id, _)| id)
    }

    fn entries(&self, frame: &Frame, set: &WindowSet) -> Vec<Entry> {
        let (window, horizon, season) = (set.window, set.horizon, self.season);
        let blocks = &Arc::new(Blocks::of(set));
        let mut last = Entry::new("last", "Last value");
        let mut seasonal = Entry::new("seasonal", &format!("Same as {}", season_label(&frame.axis, season)));
        let [mut plain, mut centred] = LINEAR.map(|(id, label)| Entry::new(id, label));
        for (target, [ridge, ridge_centred]) in self.ridges.iter().enumerate() {
            last.add(frame, target, (set, blocks), String::new(), &mut |starts, out| {
                baselines::last_value(frame, target, starts, window, horizon, out);
            });
            let mut fallbacks = 0;
            seasonal.add(frame, target, (set, blocks), String::new(), &mut |starts, out| {
                fallbacks += baselines::seasonal_naive(frame, target, starts, (window, horizon), season, out);
            });
            seasonal.notes[target] = match (season, fallbacks) {
                (1, _) => "With a season of one row this is the last value.".to_owned(),
                (_, 0) => String::new(),
                _ => format!(
                    "The last value stood in for {} steps whose earlier seasons are missing.",
                    grouped(fallbacks as f64)
                ),
            };
            for (entry, ridge) in [(&mut plain, ridge), (&mut centred, ridge_centred)] {
                match ridge {
                    Some(ridge) => {
                        entry.add(frame, target, (set, blocks), described(ridge, window), &mut |starts, out| {
                            ridge.forecast(frame, starts, out);
                        })
                    }
                    None => entry.lack(),
                }
            }
        }
        vec![last, seasonal, plain, centred]
    }

    fn tables_of(&self, frame: &Frame, entries: &[Entry]) -> Vec<Vec<Row>> {
        // The model, where there is one, is the first.
        let model: Option<Vec<Errors>> = entries.first().filter(|entry| entry.id == MODEL).and_then(Entry::of_all);
        let against = |targets: std::ops::Range<usize>, id: &str, errors: &[Errors]| {
            let model = model.as_ref().filter(|_| id != MODEL)?;
            let (model, rival) = (Errors::by_block(&model[targets]), Errors::by_block(errors));
            chance(&model.iter().zip(rival).map(|(model, rival)| model - rival).collect::<Vec<_>>())
        };
        let mut tables: Vec<Vec<Row>> = (0..frame.targets)
            .map(|target| {
                let has = entries.iter().filter_map(|entry| Some((entry, entry.errors[target].as_ref()?)));
                has.map(|(entry, errors)| {
                    let chance = against(target..target + 1, entry.id, std::slice::from_ref(errors));
                    entry.row(errors.scores(frame, self.naive[target]), chance, entry.notes[target].clone())
                })
                .collect()
            })
            .collect();
        for (target, rows) in tables.iter_mut().enumerate() {
            self.say_linear(Some(target), rows);
        }
        if frame.targets > 1 {
            let all = entries.iter().filter_map(|entry| {
                let errors = entry.of_all()?;
                let chance = against(0..frame.targets, entry.id, &errors);
                Some(entry.row(Errors::mean(&errors, &self.naive), chance, entry.common_note()))
            });
            let mut rows: Vec<Row> = all.collect();
            self.say_linear(None, &mut rows);
            tables.push(rows);
        }
        tables
    }

    /// Notes in a table which of two linear models the verdict compares with.
    fn say_linear(&self, target: Option<usize>, rows: &mut [Row]) {
        if rows.iter().filter(|row| LINEAR.iter().any(|(id, _)| *id == row.id)).count() < LINEAR.len() {
            return;
        }
        let chosen = self.linear(target);
        if let Some(row) = rows.iter_mut().find(|row| Some(row.id) == chosen) {
            let sentence = "Of the two linear models it has the smaller validation error.";
            row.note = [&row.note[..], sentence].join(" ").trim().to_owned();
        }
    }
}

/// One forecaster's errors of each target, where it has any, before they are numbers.
struct Entry {
    id: &'static str,
    label: String,
    errors: Vec<Option<Errors>>,
    notes: Vec<String>,
}

impl Entry {
    fn new(id: &'static str, label: &str) -> Self {
        Self { id, label: label.to_owned(), errors: Vec::new(), notes: Vec::new() }
    }

    /// The errors over the windows of `set` of a rival that writes forecasts `[horizon × starts]` of the next target.
    fn add(
        &mut self,
        frame: &Frame,
        target: usize,
        (set, blocks): (&WindowSet, &Arc<Blocks>),
        note: String,
        rival: &mut dyn FnMut(&[u32], &mut [Real]),
    ) {
        let mut errors = Errors::new(target, set.horizon, blocks);
        let mut predicted = vec![0.0; set.horizon * CHUNK];
        for starts in set.starts.chunks(CHUNK) {
            let out = &mut predicted[..set.horizon * starts.len()];
            rival(starts, out);
            for (&start, out) in starts.iter().zip(out.chunks_exact(set.horizon)) {
                errors.add(frame, start as usize + set.window, out);
            }
        }
        self.errors.push(Some(errors));
        self.notes.push(note);
    }

    /// There is none for the next target.
    fn lack(&mut self) {
        self.errors.push(None);
        self.notes.push(String::new());
    }

    /// Its errors of every target, if it has them all.
    fn of_all(&self) -> Option<Vec<Errors>> {
        self.errors.iter().cloned().collect()
    }

    fn row(&self, scores: Scores, chance: Option<f64>, note: String) -> Row {
        Row { id: self.id, label: self.label.clone(), scores, chance, note }
    }

    /// What is to be known of all targets alike.
    fn common_note(&self) -> String {
        match self.notes.split_first() {
            Some((first, rest)) if rest.iter().all(|note| note == first) => first.clone(),
            _ => String::new(),
        }
    }
}

fn described(ridge: &Ridge, window: usize) -> String {
    let from = if ridge.lags < window {
        format!("the last {} of the window's {} steps", grouped(ridge.lags as f64), grouped(window as f64))
    } else {
        "window".to_owned()
    };
    let inputs = match (ridge.cut, ridge.inputs.len()) {
        (true, _) => ", on the target alone because all inputs are too many for it",
        (false, 1) => "",
        (false, _) => ", on all inputs",
    };
    let more = if ridge.lags < window { " (more would take it too long)" } else { "" };
    let form = match ridge.form {
        Form::Plain => "",
        Form::Centred => " after subtracting the last value",
    };
    format!(
        "One linear map from {from} to horizon{more}{form}{inputs}; ridge penalty {} chosen on validation.",
        ridge.penalty
    )
}

/// The errors of `model` over the windows of `set`, for each target; of the same forecasts, those of `held` learn what they held.
pub(super) fn errors_of(frame: &Frame, set: &WindowSet, model: &mut dyn Predict, held: &mut [Held<'_>]) -> Vec<Errors> {
    let blocks = Arc::new(Blocks::of(set));
    let mut errors: Vec<Errors> = (0..frame.targets).map(|target| Errors::new(target, set.horizon, &blocks)).collect();
    forecast_all(frame, set, model, &mut |starts, predicted| {
        for (&start, predicted) in starts.iter().zip(predicted.chunks_exact(frame.targets * set.horizon)) {
            let origin = start as usize + set.window;
            let each = || predicted.chunks_exact(set.horizon);
            errors.iter_mut().zip(each()).for_each(|(errors, predicted)| errors.add(frame, origin, predicted));
            held.iter_mut().zip(each()).for_each(|(held, predicted)| held.add(frame, origin, predicted));
        }
    });
    errors
}

/// Scores `model` and its rivals over the windows `set` of `part`.
pub fn evaluate(
    frame: &Frame,
    part: Part,
    set: &WindowSet,
    rivals: &Rivals,
    model: &mut dyn Predict,
    about: &About<'_>,
) -> Evaluation {
    let watched = about.interval.filter(|_| part == Part::Test);
    let mut held = watched.map_or_else(Vec::new, |interval| interval.watch(frame));
    let errors = errors_of(frame, set, model, &mut held);
    let note = match (part, about.scored_times) {
        (Part::Test, 2..) => format!("The test part was scored {} times for this model.", about.scored_times),
        _ => String::new(),
    };
    let mut entries = vec![Entry {
        id: MODEL,
        label: about.label.to_owned(),
        errors: errors.into_iter().map(Some).collect(),
        notes: vec![note; frame.targets],
    }];
    entries.extend(rivals.entries(frame, set));
    let windows = set.starts.len();
    let said = |rows: Vec<Row>, target: Option<usize>, name: String, unit: Option<String>, of: &str| {
        let linear = rivals.linear(target);
        let sentence = sentence(&rows, linear, (part, windows), (unit.as_deref(), of), &frame.axis, rivals.season);
        let range = match target {
            Some(target) => held.get(target).and_then(|held| held.measured(set.horizon, frame.scales[target].std)),
            None => Held::mean(&held, set.horizon),
        };
        OfTarget { name, unit, rows, sentence, range }
    };
    let mut targets: Vec<OfTarget> = rivals
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
    let OfTarget { unit, rows, sentence, range, .. } =
        all.unwrap_or_else(|| said(Vec::new(), None, String::new(), None, ""));
    let order = match part {
        Part::Test => order::judge(frame, set, model).sentence(unit.as_deref()),
        _ => String::new(),
    };
    let scored_times = about.scored_times;
    Evaluation { part, windows, unit, horizon: set.horizon, rows, sentence, range, targets, scored_times, order }
}

/// Forecasts a fixed number of steps ahead, row by row, beside the truth; in the targets' units.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// First row of the part.
    pub first: usize,
    /// Forecast of each row of the part, `[rows × targets]`; `NaN` where no window has it `lead` steps ahead.
    pub predicted: Vec<f64>,
    /// Truth of each row of the part, `[rows × targets]`; `NaN` where it is missing.
    pub actual: Vec<f64>,
}

/// The forecasts that `model` makes `lead` steps ahead (from 1, at most the horizon) over the windows `set` of `part`.
pub fn trace(frame: &Frame, split: &Split, part: Part, set: &WindowSet, model: &mut dyn Predict, lead: usize) -> Trace {
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
