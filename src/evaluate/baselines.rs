//! The baselines of a model: forecasts without a network, their errors over the same windows, and the rows of the table.
//!
//! Some are fitted: the linear models, and the statistical ones. They are fitted to the training part alone, and the penalty of a linear
//! model is chosen on validation. A verdict compares with the naive forecasts, and with the fitted baseline of the smallest mean absolute
//! error on validation.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::{
    Real,
    baseline::Method,
    data::{Axis, Frame, Split, Step, WindowSet},
    evaluate::{
        CHUNK, Errors, Forecasts, Form, Ridge, Scores, Statistical, forecast_all,
        metrics::naive_error,
        naive,
        paired::{Blocks, chance},
        unit::grouped,
    },
};

/// The baselines of a model, fitted once for a window, a horizon and a season.
#[derive(Debug)]
pub struct Baselines {
    /// Rows of a season, at least 1.
    pub season: usize,
    /// Denominator of MASE for each target, scaled (see [`naive_error`]).
    pub naive: Vec<Option<f64>>,
    /// The linear models of each target: plain, and after subtracting the last value.
    pub ridges: Vec<[Option<Ridge>; 2]>,
    /// The statistical ones, which read more than the window.
    statistical: Option<Statistical>,
    /// The windows that choose among the fitted ones.
    validation: Option<WindowSet>,
    /// Their errors over the last sets of windows.
    known: Mutex<Vec<(WindowSet, Arc<Vec<Entry>>)>>,
}

/// Number of sets of windows whose errors are remembered: validation and test, of a model and of an average.
const MOST_KNOWN: usize = 4;

/// One forecaster's errors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// `model`, or that of a baseline: `last`, `seasonal`, `ridge`, `ridge-centred`, or a [`Method::id`].
    pub id: &'static str,
    /// Name on the page.
    pub label: String,
    /// Errors.
    #[serde(flatten)]
    pub scores: Scores,
    /// The chance of such a difference from the model's errors if neither were better, by a sign-flip test over blocks of windows
    /// (see [`crate::evaluate::paired`]); `None` for the model, and with too few windows.
    pub chance: Option<f64>,
    /// Whether the verdict compares the model with it; true of the model.
    pub compared: bool,
    /// A remark, or empty.
    pub note: String,
}

/// Id of the model's row.
pub(super) const MODEL: &str = "model";

/// Rows of the naive forecasts.
const LAST: &str = "last";
pub(super) const SEASONAL: &str = "seasonal";

/// Ids of the linear models' rows, in the order of [`Baselines::ridges`], and their names on the page.
const LINEAR: [(&str, &str); 2] = [("ridge", "Linear model"), ("ridge-centred", "Linear model from the last value")];

/// Milliseconds of usual units, the longest first.
const SPANS: [(i64, &str); 6] = [
    (365 * 86_400_000, "year"),
    (7 * 86_400_000, "week"),
    (86_400_000, "day"),
    (3_600_000, "hour"),
    (60_000, "minute"),
    (1_000, "second"),
];

/// Name of the value a season of `season` rows earlier: “the day before”, “36 hours before”.
pub fn season_label(axis: &Axis, season: usize) -> String {
    let count = i64::try_from(season).unwrap_or(i64::MAX);
    let (length, names): (i64, &[(i64, &str)]) = match axis.step {
        Step::Milliseconds(step) => (step.saturating_mul(count), &SPANS),
        Step::Months(months) => (i64::from(months).saturating_mul(count), &[(12, "year"), (1, "month")]),
        Step::Rows => (count, &[(1, "row")]),
    };
    // The longest unit that divides it; a week or a year only where it is exactly one, as 14 days are not called two weeks.
    let whole = |span: i64, name: &str| length == span || (length % span == 0 && !matches!(name, "week" | "year"));
    match names.iter().find(|(span, name)| whole(*span, name)) {
        Some((span, name)) if length == *span => format!("the {name} before"),
        Some((span, name)) => format!("{} {name}s before", length / span),
        None => format!("{season} rows before"),
    }
}

impl Baselines {
    /// Fits the linear models to the windows `train`, with the best penalty over those of `validation`.
    pub fn fit(frame: &Frame, split: &Split, train: &WindowSet, validation: &WindowSet, season: usize) -> Baselines {
        let fitted = Self::new(
            season,
            (0..frame.targets).map(|target| naive_error(frame, target, split, season)).collect(),
            (0..frame.targets).map(|target| Ridge::fit(frame, target, train, validation)).collect(),
        );
        Baselines { validation: Some(validation.clone()), ..fitted }
    }

    /// Baselines of fitted parts.
    pub fn new(season: usize, naive: Vec<Option<f64>>, ridges: Vec<[Option<Ridge>; 2]>) -> Baselines {
        let (statistical, validation) = (None, None);
        Baselines { season: season.max(1), naive, ridges, statistical, validation, known: Mutex::default() }
    }

    /// The same with the statistical ones, of the same targets.
    #[must_use]
    pub fn with(self, statistical: Statistical) -> Baselines {
        Baselines { statistical: Some(statistical), ..self }
    }

    /// Their errors over the windows of `set`: a table for each target, in its unit, and, for several, one of their means, of
    /// scaled values.
    pub fn tables(&self, frame: &Frame, set: &WindowSet) -> Vec<Vec<Row>> {
        self.tables_of(frame, &self.entries(frame, set))
    }

    /// Row id of the fitted baseline that a verdict compares with, for one target, or for all by the mean of their errors. It has the
    /// smallest mean absolute error on validation, so that the part in the verdict does not choose its own baseline. `None` without one.
    pub fn best(&self, frame: &Frame, target: Option<usize>) -> Option<&'static str> {
        let entries = self.entries(frame, self.validation.as_ref()?);
        let error = |entry: &Entry| -> Option<f64> {
            let errors = match target {
                Some(target) => vec![entry.errors[target].clone()?],
                None => entry.of_all()?,
            };
            Some(Errors::mean(&errors, &self.naive).mae_scaled).filter(|error| error.is_finite())
        };
        let fitted = entries.iter().filter(|entry| !Self::is_naive(entry.id));
        let found = fitted.filter_map(|entry| Some((entry.id, error(entry)?)));
        found.min_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(id, _)| id)
    }

    /// Forecasts of the baseline with this row `id` for target number `target` in the windows of these lengths, window and horizon, that
    /// begin at `starts`: scaled, `[horizon × starts.len()]`. `None` where there is no such baseline.
    pub fn forecast(
        &self,
        id: &str,
        (frame, target): (&Frame, usize),
        (window, horizon): (usize, usize),
        starts: &[u32],
        out: &mut [Real],
    ) -> Option<()> {
        match id {
            LAST => naive::last_value(frame, target, starts, window, horizon, out),
            SEASONAL => {
                naive::seasonal_naive(frame, target, starts, (window, horizon), self.season, out);
            }
            _ => match LINEAR.iter().position(|(linear, _)| *linear == id) {
                Some(form) => self.ridges.get(target)?[form].as_ref()?.forecast(frame, starts, out),
                None => {
                    let origins = starts.iter().map(|&start| start as usize + window);
                    self.statistical.as_ref()?.forecast(Method::of(id)?, (frame, target), origins, horizon, out)?;
                }
            },
        }
        Some(())
    }

    /// Whether the baseline with this row `id` is a linear model, which forecasts its horizon and no further.
    pub fn is_linear(id: &str) -> bool {
        LINEAR.iter().any(|(linear, _)| *linear == id)
    }

    /// Forecasts of the baseline with this row `id` beyond the end of the series, scaled, `[steps]`, for a linear one at most a
    /// horizon; by a
    /// statistical one after a fit to all rows, by a linear one as fitted to the training part.
    ///
    /// # Errors
    /// The reason, a sentence, why there is no such baseline of this target.
    pub fn beyond(
        &self,
        id: &str,
        (frame, target): (&Frame, usize),
        (window, horizon): (usize, usize),
        steps: usize,
    ) -> Result<Vec<Real>, String> {
        if let (Some(method), Some(statistical)) = (Method::of(id), &self.statistical) {
            let scale = frame.scales[target];
            let found = statistical.beyond(method, target, steps)?;
            return Ok(found.into_iter().map(|value| crate::narrow(scale.scale(value))).collect());
        }
        // A naive forecast has no horizon of its own.
        let horizon = if Self::is_naive(id) { steps } else { horizon };
        let mut out = vec![0.0; horizon];
        let start = u32::try_from(frame.rows.saturating_sub(window)).unwrap_or(u32::MAX);
        self.forecast(id, (frame, target), (window, horizon), &[start], &mut out)
            .ok_or_else(|| format!("There is no baseline “{id}” of this series."))?;
        out.truncate(steps);
        Ok(out)
    }

    /// The reason, a sentence, why one of so many targets lacks the statistical baseline with this row `id`.
    pub fn why_not(&self, id: &str, targets: usize) -> Option<String> {
        let (method, statistical) = (Method::of(id)?, self.statistical.as_ref()?);
        (0..targets).find_map(|target| statistical.description(method, target).err().map(str::to_owned))
    }

    /// The ids of all rows of baselines, in their order in the table.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        [LAST, SEASONAL].into_iter().chain(LINEAR.map(|(id, _)| id)).chain(Method::ALL.map(Method::id))
    }

    /// Whether the baseline with this row `id` is a naive forecast, which has learnt from no row.
    pub fn is_naive(id: &str) -> bool {
        [LAST, SEASONAL].contains(&id)
    }

    /// What the baseline with this row `id` is called; `None` where there is no such baseline.
    pub fn label(&self, id: &str, axis: &Axis) -> Option<String> {
        match id {
            LAST => Some("Last value".to_owned()),
            SEASONAL => Some(format!("Same as {}", season_label(axis, self.season))),
            _ => {
                let linear = LINEAR.iter().find(|(linear, _)| *linear == id).map(|(_, label)| *label);
                linear.or_else(|| Method::of(id).map(Method::label)).map(str::to_owned)
            }
        }
    }

    /// Their errors over the windows of `set`, computed once.
    pub(super) fn entries(&self, frame: &Frame, set: &WindowSet) -> Arc<Vec<Entry>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, entries)) = known.iter().find(|(of, _)| of == set) {
            return Arc::clone(entries);
        }
        let entries = Arc::new(self.judged(frame, set));
        if known.len() == MOST_KNOWN {
            known.remove(0);
        }
        known.push((set.clone(), Arc::clone(&entries)));
        entries
    }

    fn judged(&self, frame: &Frame, set: &WindowSet) -> Vec<Entry> {
        let (window, horizon, season) = (set.window, set.horizon, self.season);
        let blocks = &Arc::new(Blocks::of(set));
        let entry = |id| Entry::new(id, &self.label(id, &frame.axis).unwrap_or_default());
        let (mut last, mut seasonal) = (entry(LAST), entry(SEASONAL));
        let [mut plain, mut centred] = LINEAR.map(|(id, _)| entry(id));
        let mut methods = Method::ALL.map(|method| entry(method.id()));
        for (target, [ridge, ridge_centred]) in self.ridges.iter().enumerate() {
            last.add(frame, target, (set, blocks), String::new(), &mut |starts, out| {
                naive::last_value(frame, target, starts, window, horizon, out);
            });
            let mut fallbacks = 0;
            seasonal.add(frame, target, (set, blocks), String::new(), &mut |starts, out| {
                fallbacks += naive::seasonal_naive(frame, target, starts, (window, horizon), season, out);
            });
            seasonal.notes[target] = match (season, fallbacks) {
                (1, _) => "With a season of one row this is the last value.".to_owned(),
                (_, 0) => String::new(),
                _ => format!(
                    "The last value replaces {} steps whose earlier seasons are missing.",
                    grouped(fallbacks as f64)
                ),
            };
            for (entry, ridge) in [(&mut plain, ridge), (&mut centred, ridge_centred)] {
                match ridge {
                    Some(ridge) => {
                        entry.add(frame, target, (set, blocks), described(ridge, window), &mut |starts, out| {
                            ridge.forecast(frame, starts, out);
                        });
                    }
                    None => entry.lack(String::new()),
                }
            }
            for (entry, method) in methods.iter_mut().zip(Method::ALL) {
                let Some(statistical) = &self.statistical else { continue };
                match statistical.description(method, target) {
                    Ok(description) => {
                        let note = format!("{description}.");
                        entry.add(frame, target, (set, blocks), note, &mut |starts, out| {
                            let origins = starts.iter().map(|&start| start as usize + window);
                            // There is one, as it has a description.
                            let _ = statistical.forecast(method, (frame, target), origins, horizon, out);
                        });
                    }
                    Err(why) => entry.lack(why.to_owned()),
                }
            }
        }
        let methods = methods.into_iter().filter(|_| self.statistical.is_some());
        [last, seasonal, plain, centred].into_iter().chain(methods).collect()
    }

    /// Why a target lacks baselines, or why any does: a sentence for each.
    pub(super) fn absent(&self, frame: &Frame, entries: &[Entry], target: Option<usize>) -> Vec<String> {
        let several = target.is_none() && frame.targets > 1;
        let targets = target.map_or(0..frame.targets, |target| target..target + 1);
        let of = |entry: &Entry| -> Vec<String> {
            let lacks =
                targets.clone().filter(|&target| entry.errors[target].is_none() && !entry.notes[target].is_empty());
            let said = |target: usize| match several {
                true => format!("“{}”: {}", frame.names[target], entry.notes[target]),
                false => entry.notes[target].clone(),
            };
            lacks.map(said).collect()
        };
        entries.iter().flat_map(of).collect()
    }

    pub(super) fn tables_of(&self, frame: &Frame, entries: &[Entry]) -> Vec<Vec<Row>> {
        // The model, if there is one, comes first.
        let model: Option<Vec<Errors>> = entries.first().filter(|entry| entry.id == MODEL).and_then(Entry::of_all);
        let against = |targets: std::ops::Range<usize>, id: &str, errors: &[Errors]| {
            let model = model.as_ref().filter(|_| id != MODEL)?;
            let (model, baseline) = (Errors::by_block(&model[targets]), Errors::by_block(errors));
            chance(&model.iter().zip(baseline).map(|(model, baseline)| model - baseline).collect::<Vec<_>>())
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
            self.say_best(frame, Some(target), rows);
        }
        if frame.targets > 1 {
            let all = entries.iter().filter_map(|entry| {
                let errors = entry.of_all()?;
                let chance = against(0..frame.targets, entry.id, &errors);
                Some(entry.row(Errors::mean(&errors, &self.naive), chance, entry.common_note()))
            });
            let mut rows: Vec<Row> = all.collect();
            self.say_best(frame, None, &mut rows);
            tables.push(rows);
        }
        tables
    }

    /// Marks the rows of a table that the verdict compares with, and notes which of the fitted ones it is.
    fn say_best(&self, frame: &Frame, target: Option<usize>, rows: &mut [Row]) {
        let is_fitted = |row: &&Row| row.id != MODEL && !Self::is_naive(row.id);
        let several = rows.iter().filter(is_fitted).count() > 1;
        let best = self.best(frame, target);
        for row in rows {
            let chosen = Some(row.id) == best;
            // With a season of one row, the season before is the last value.
            row.compared = chosen || [MODEL, LAST].contains(&row.id) || (row.id == SEASONAL && self.season > 1);
            if chosen && several {
                let sentence = "Of the fitted baselines it has the smallest validation error.";
                row.note = [&row.note[..], sentence].join(" ").trim().to_owned();
            }
        }
    }
}

/// One forecaster's sums of errors for each target.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    id: &'static str,
    label: String,
    errors: Vec<Option<Errors>>,
    notes: Vec<String>,
}

impl Entry {
    fn new(id: &'static str, label: &str) -> Self {
        Self { id, label: label.to_owned(), errors: Vec::new(), notes: Vec::new() }
    }

    /// The model's, with a remark.
    pub(super) fn of_model(label: &str, errors: Vec<Errors>, note: &str) -> Self {
        let notes = vec![note.to_owned(); errors.len()];
        Self { id: MODEL, label: label.to_owned(), errors: errors.into_iter().map(Some).collect(), notes }
    }

    /// The errors over the windows of `set` of a baseline that writes forecasts `[horizon × starts]` of the next target.
    fn add(
        &mut self,
        frame: &Frame,
        target: usize,
        (set, blocks): (&WindowSet, &Arc<Blocks>),
        note: String,
        baseline: &mut dyn FnMut(&[u32], &mut [Real]),
    ) {
        let mut errors = Errors::new(target, set.horizon, blocks);
        let mut predicted = vec![0.0; set.horizon * CHUNK];
        for starts in set.starts.chunks(CHUNK) {
            let out = &mut predicted[..set.horizon * starts.len()];
            baseline(starts, out);
            for (&start, out) in starts.iter().zip(out.chunks_exact(set.horizon)) {
                errors.add(frame, start as usize + set.window, out);
            }
        }
        self.errors.push(Some(errors));
        self.notes.push(note);
    }

    /// Notes that it has no forecast of the next target, and why.
    fn lack(&mut self, why: String) {
        self.errors.push(None);
        self.notes.push(why);
    }

    /// Its errors of every target, if it has them all.
    fn of_all(&self) -> Option<Vec<Errors>> {
        self.errors.iter().cloned().collect()
    }

    fn row(&self, scores: Scores, chance: Option<f64>, note: String) -> Row {
        Row { id: self.id, label: self.label.clone(), scores, chance, compared: true, note }
    }

    /// The remark that all targets share.
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

/// The errors of `model` over the windows of `set`, for each target. `also` gets the same forecasts: the first row, and `[horizon ×
/// targets]` scaled values.
pub(super) fn errors_of(
    frame: &Frame,
    set: &WindowSet,
    model: &mut dyn Forecasts,
    also: &mut dyn FnMut(usize, &[Real]),
) -> Vec<Errors> {
    let blocks = Arc::new(Blocks::of(set));
    let mut errors: Vec<Errors> = (0..frame.targets).map(|target| Errors::new(target, set.horizon, &blocks)).collect();
    forecast_all(frame, set, model, &mut |starts, predicted| {
        for (&start, predicted) in starts.iter().zip(predicted.chunks_exact(frame.targets * set.horizon)) {
            let origin = start as usize + set.window;
            let each = errors.iter_mut().zip(predicted.chunks_exact(set.horizon));
            each.for_each(|(errors, predicted)| errors.add(frame, origin, predicted));
            also(origin, predicted);
        }
    });
    errors
}
