//! A model beside its rivals on the same windows.

use serde::Serialize;

use crate::{
    Real,
    data::{Frame, Part, Split, WindowSet},
    evaluate::{
        CHUNK, Errors, Form, Predict, Ridge, Scores, baselines, forecast_all,
        metrics::naive_error,
        unit::grouped,
        verdict::{season_label, sentence},
    },
};

/// What a model is measured against, fitted once for a window, a horizon and a season.
#[derive(Debug, Clone, PartialEq)]
pub struct Rivals {
    /// Rows of a season, at least 1.
    pub season: usize,
    /// Denominator of MASE, scaled (see [`naive_error`]).
    pub naive: Option<f64>,
    /// The linear models: plain, and after subtracting the last value. Which of them is better on the test part is not
    /// to be seen on the validation part (they differ by a percent there and by three on the other), so both stand in
    /// the table, and a model has to beat both.
    pub ridges: Vec<Ridge>,
}

/// How a model did on one part, beside its rivals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Which part.
    pub part: Part,
    /// Windows that were forecast, each by every row of the table.
    pub windows: usize,
    /// The target's unit, where its name tells it.
    pub unit: Option<String>,
    /// Steps of the horizon.
    pub horizon: usize,
    /// The model first, then last value, seasonal naive, and the two linear models.
    pub rows: Vec<Row>,
    /// Who won and by how much.
    pub sentence: String,
    /// How often the test part was scored for this model: beyond 1 it is no longer unseen.
    pub scored_times: usize,
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
    /// What is worth knowing about it, or empty.
    pub note: String,
}

/// What a model is called, and what it forecasts.
#[derive(Debug, Clone, PartialEq)]
pub struct About<'a> {
    /// The model's label, as in “the … is off by”.
    pub label: &'a str,
    /// The target's unit.
    pub unit: Option<&'a str>,
    /// How often the test part was scored for this model, this time included.
    pub scored_times: usize,
}

impl Rivals {
    /// Fits them: the linear models to the windows `train`, with the penalty that is best over those of `validation`.
    pub fn fit(frame: &Frame, split: &Split, train: &WindowSet, validation: &WindowSet, season: usize) -> Rivals {
        Rivals {
            season: season.max(1),
            naive: naive_error(frame, split, season),
            ridges: Ridge::fit(frame, train, validation).into_iter().flatten().collect(),
        }
    }

    /// Their errors over the windows of `set`.
    pub fn rows(&self, frame: &Frame, set: &WindowSet) -> Vec<Row> {
        let (window, horizon, season) = (set.window, set.horizon, self.season);
        let last = self.score(frame, set, |starts, out| baselines::last_value(frame, starts, window, horizon, out));
        let mut fallbacks = 0;
        let seasonal = self.score(frame, set, |starts, out| {
            fallbacks += baselines::seasonal_naive(frame, starts, window, horizon, season, out);
        });
        let mut rows = vec![
            Row { id: "last", label: "Last value".to_owned(), scores: last, note: String::new() },
            Row {
                id: "seasonal",
                label: format!("Same as {}", season_label(&frame.axis, season)),
                scores: seasonal,
                note: match (season, fallbacks) {
                    (1, _) => "With a season of one row this is the last value.".to_owned(),
                    (_, 0) => String::new(),
                    _ => format!(
                        "The last value stood in for {} steps whose earlier seasons are missing.",
                        grouped(fallbacks as f64)
                    ),
                },
            },
        ];
        for ridge in &self.ridges {
            let (id, label) = match ridge.form {
                Form::Plain => ("ridge", "Linear model"),
                Form::Centred => ("ridge-centred", "Linear model from the last value"),
            };
            let scores = self.score(frame, set, |starts, out| ridge.forecast(frame, starts, out));
            rows.push(Row { id, label: label.to_owned(), scores, note: described(ridge) });
        }
        rows
    }

    /// Errors over the windows of `set` of a rival that writes forecasts `[horizon × starts]` for first rows `starts`.
    fn score(&self, frame: &Frame, set: &WindowSet, mut rival: impl FnMut(&[u32], &mut [Real])) -> Scores {
        let mut errors = Errors::new(set.horizon);
        let mut predicted = vec![0.0; set.horizon * CHUNK];
        for starts in set.starts.chunks(CHUNK) {
            let out = &mut predicted[..set.horizon * starts.len()];
            rival(starts, out);
            errors.add(frame, starts, set.window, out);
        }
        errors.scores(frame.target_scale(), self.naive)
    }
}

fn described(ridge: &Ridge) -> String {
    let inputs = match (ridge.cut, ridge.inputs.len()) {
        (true, _) => ", on the target alone because the window of all inputs is too large for it",
        (false, 1) => "",
        (false, _) => ", on all inputs",
    };
    let form = match ridge.form {
        Form::Plain => "",
        Form::Centred => " after subtracting the last value",
    };
    format!(
        "One linear map from window to horizon{form}{inputs}; ridge penalty {} chosen on validation.",
        ridge.penalty
    )
}

/// Scores `model` and its rivals over the windows `set` of `part`.
pub fn evaluate(
    frame: &Frame,
    part: Part,
    set: &WindowSet,
    rivals: &Rivals,
    model: &mut (impl Predict + ?Sized),
    about: &About<'_>,
) -> Evaluation {
    let mut errors = Errors::new(set.horizon);
    forecast_all(frame, set, model, |starts, predicted| errors.add(frame, starts, set.window, predicted));
    let mut rows = vec![Row {
        id: "model",
        label: about.label.to_owned(),
        scores: errors.scores(frame.target_scale(), rivals.naive),
        note: match (part, about.scored_times) {
            (Part::Test, 2..) => {
                format!("The test part was scored {} times for this model.", about.scored_times)
            }
            _ => String::new(),
        },
    }];
    rows.extend(rivals.rows(frame, set));
    let sentence = sentence(&rows, part, set.starts.len(), about.unit, &frame.axis, rivals.season);
    Evaluation {
        part,
        windows: set.starts.len(),
        unit: about.unit.map(str::to_owned),
        horizon: set.horizon,
        rows,
        sentence,
        scored_times: about.scored_times,
    }
}

/// Forecasts a fixed number of steps ahead, row by row, beside the truth; in the target's unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// First row of the part.
    pub first: usize,
    /// Forecast of each row of the part; `NaN` where no window has it `lead` steps ahead.
    pub predicted: Vec<f64>,
    /// Truth of each row of the part; `NaN` where it is missing.
    pub actual: Vec<f64>,
}

/// The forecasts that `model` makes `lead` steps ahead (from 1, at most the horizon) over the windows `set` of `part`.
pub fn trace(
    frame: &Frame,
    split: &Split,
    part: Part,
    set: &WindowSet,
    model: &mut (impl Predict + ?Sized),
    lead: usize,
) -> Trace {
    let (rows, scale) = (split.rows(part), frame.target_scale());
    let lead = lead.clamp(1, set.horizon) - 1;
    let actual = rows.clone().map(|row| scale.unscale(f64::from(frame.target_at(row)))).collect();
    let mut predicted = vec![f64::NAN; rows.len()];
    forecast_all(frame, set, model, |starts, values| {
        for (&start, values) in starts.iter().zip(values.chunks_exact(set.horizon)) {
            let row = start as usize + set.window + lead;
            predicted[row - rows.start] = scale.unscale(f64::from(values[lead]));
        }
    });
    Trace { first: rows.start, predicted, actual }
}
