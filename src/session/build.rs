//! From settings to a model ready for training.

use std::sync::{Arc, OnceLock};

use super::catalog;
use super::configured::{Configured, Parameters, Parts, Share, Windows};
use super::memory::{Asked, Sizes, data_fits};
use super::model::Model;
use super::view::{Sets, View};
use crate::arch::plan::{
    Causal, FROM_LINE, HORIZON, Learning, NORMALISE, Normalise, Plan, SEASON, SEGMENT, Skip, WINDOW,
};
use crate::arch::registry::{ARCHITECTURE, Architecture};
use crate::data::calendar::features::Cycle;
use crate::data::series::split::SPLIT;
use crate::data::windows::frame::{CALENDAR, INPUTS, TARGET};
use crate::data::windows::suggest::Suggestion;
use crate::data::{Axis, Fill, Frame, FrameOptions, Part, Scale, Series, Split};
use crate::error::Result;
use crate::evaluate::{Form, Limits};
use crate::experiment::{Experiment, Experiments, columns, listed};
use crate::forecast::MOST_BLOCKS;
use crate::grad::Tape;
use crate::knob::{Raw, Settings};
use crate::train::options::{ALL_ROWS, BATCH, SHARDS, automatic_batch};
use crate::train::trainer::MOST_VALIDATED;
use crate::train::truncated::CHUNK;
use crate::train::{Options, Trainer, Truncated};

/// Parts of a saved model that the present rows would give differently.
#[derive(Debug, Clone, Default)]
pub struct Fitted {
    /// Scales of its columns.
    pub scales: Option<Vec<Scale>>,
    /// Calendar cycles that it reads.
    pub cycles: Option<Vec<Cycle>>,
}

/// Season, window and horizon.
type Lengths = (usize, usize, usize);

impl Model {
    /// Builds the model of `raw`, if it fits into `limit` bytes.
    pub fn new(experiments: &Experiments, raw: &Raw, fitted: Fitted, limit: u64) -> Result<Self> {
        let settings = catalog::checked(raw)?;
        let architecture = settings.get(&ARCHITECTURE);
        // The split comes first, since all choices from the data use its training part.
        let split = Split::parse(&settings.get(&SPLIT), &experiments.series().axis)?;
        let experiment = experiments.of(&split, &settings.get(&TARGET))?;
        let suggested = experiment.suggested(Fill::of(&settings));
        let lengths = lengths(&settings, &suggested, &experiment.series.axis)?;
        let (season, window, horizon) = lengths;

        let (frame, sizes) = frame(&experiment, &settings, horizon, fitted, limit)?;
        let set = |part| frame.windows(&split, part, window, horizon);
        let windows = Sets { train: set(Part::Train)?, validation: set(Part::Validation)?, test: set(Part::Test)? };

        let settings = match settings.get(&BATCH) {
            0 => settings.with(&BATCH, &automatic_batch(windows.train.starts.len()).into())?,
            _ => settings,
        };
        let features = (frame.features, frame.data_features, frame.targets);
        let plan = architecture.plan(&settings, features, lengths)?;
        // Before there are any weights: a model that would not fit is refused, not tried.
        let asked = Asked { architecture, settings: settings.clone(), features, lengths, sizes };
        let memory = asked.fitting(limit)?;
        let (trainer, parameters, options) = network(architecture, &plan, &settings, (&frame, &windows, &split))?;

        let targets = frame.names[..frame.targets].to_vec();
        let configured = Configured {
            settings: resolved(
                &settings,
                architecture,
                (lengths, &plan, &trainer, &options),
                listed(&targets, &experiment.series),
            ),
            fingerprint: experiment.fingerprint.clone(),
            judged_on: experiment.judged_on([&windows.validation, &windows.test], &frame.scales[..frame.targets]),
            trained_on: String::new(),
            target: targets[0].clone(),
            targets,
            season,
            window,
            horizon,
            suggested,
            segment: plan.segment(),
            equations: architecture.all_equations(&settings),
            parameters,
            split: Parts::of(&split, &frame.axis),
            windows: Windows {
                train: trainer.windows(),
                validation: windows.validation.starts.len(),
                test: windows.test.starts.len(),
            },
            steps_per_epoch: trainer.steps_per_epoch(),
            memory_bytes: memory.total(),
            memory,
            workers: memory.workers(limit),
            filled: frame.filled.iter().map(Vec::len).sum(),
            truncated: trainer.cuts().cloned(),
            notes: notes(
                experiments.series(),
                &experiment.series,
                &frame,
                (&plan, architecture.starts_from_line(&settings)),
            ),
            members: vec![Share { label: architecture.label.to_owned(), weight: 1.0 }],
        };
        let view = View {
            label: architecture.label.to_owned(),
            limits: limits(&experiment, &frame),
            experiment,
            frame: Arc::new(frame),
            windows,
            season,
            scored: None,
        };
        let (origin, learnt, tape) = (None, OnceLock::new(), Tape::new(false));
        let line = (plan.skip() == Skip::Line).then_some(match plan.learning {
            Learning::End(Normalise::Last) | Learning::Every(Causal::Last) => Form::Centred,
            _ => Form::Plain,
        });
        let relearns = settings.get(&ALL_ROWS);
        Ok(Self {
            configured,
            trainer,
            architecture,
            plan,
            view,
            line,
            fitted: None,
            last: None,
            relearns,
            origin,
            learnt,
            tape,
        })
    }
}

/// The set lengths; suggested ones where none is set.
fn lengths(settings: &Settings, suggested: &Suggestion, axis: &Axis) -> Result<Lengths> {
    let or = |knob, automatic: usize| Some(settings.get(knob)).filter(|&n| n > 0).unwrap_or(automatic);
    let horizon = or(&HORIZON, suggested.horizon);
    let room = axis.room(horizon);
    if room < horizon {
        return Err(HORIZON.error(format!(
            "{horizon} steps lead beyond the year 9999, where the calendar ends; {}",
            if room > 0 { format!("choose at most {room}") } else { "number the rows".to_owned() }
        )));
    }
    Ok((or(&SEASON, suggested.season), or(&WINDOW, suggested.window), horizon))
}

/// The scaled input columns, if they fit into `limit` bytes.
fn frame(
    experiment: &Experiment,
    settings: &Settings,
    horizon: usize,
    fitted: Fitted,
    limit: u64,
) -> Result<(Frame, Sizes)> {
    let Experiment { series, split, targets, .. } = experiment;
    let options = FrameOptions {
        targets: targets.clone(),
        inputs: columns(&settings.get(&INPUTS), series),
        calendar: settings.get(&CALENDAR),
        fill: Fill::of(settings),
        ahead: horizon * (MOST_BLOCKS + 1),
        scales: fitted.scales,
        cycles: fitted.cycles,
    };
    let sizes = Sizes {
        rows: series.axis.len,
        columns: series.columns.len(),
        train: split.train.len(),
        validation: split.validation.len(),
        ahead: options.ahead,
    };
    data_fits(&sizes, options.most_features(), limit)?;
    Ok((Frame::new(series, split, &options)?, sizes))
}

/// The network ready for training, its number of parameters, and its training options.
fn network(
    architecture: &Architecture,
    plan: &Plan,
    settings: &Settings,
    (frame, windows, split): (&Frame, &Sets, &Split),
) -> Result<(Trainer, Parameters, Options)> {
    let options = Options::new(settings);
    let built = architecture.build(plan, settings, options.seed);
    let parameters = Parameters::of(&built.1);
    // As many as the part's rows allow: with a count of its windows, gaps would change the length of an epoch.
    let validated = plan.tokens() * (split.validation.len() + 1 - windows.validation.horizon).min(MOST_VALIDATED);
    let truncated = Truncated::new(settings, plan, built.0.as_ref(), (frame, split.rows(Part::Train)), validated)?;
    // The size of a step: so many tokens of so many parallel samples.
    let (tokens, side) = truncated.as_ref().map_or((plan.tokens(), options.batch), Truncated::size);
    let multiplications = tokens as u64 * side as u64 * built.1.len() as u64;
    let options = options.with_shards_for(multiplications);
    // The linear models learn only at the end of a window, whatever this one does.
    let throughout = matches!(plan.learning, Learning::Every(_));
    let learnt = if throughout { frame.learnt_throughout(&windows.train)? } else { windows.train.clone() };
    let trainer = Trainer::new(built, options, (learnt, windows.validation.clone()), truncated);
    Ok((trainer, parameters, options))
}

/// Every setting with its value, open ones with the chosen value.
fn resolved(
    settings: &Settings,
    architecture: &Architecture,
    ((season, window, horizon), plan, trainer, options): (Lengths, &Plan, &Trainer, &Options),
    targets: String,
) -> Raw {
    let mut resolved = settings.to_raw();
    let mut set = |key: &str, value: serde_json::Value| drop(resolved.insert(key.to_owned(), value));
    set(SEASON.key, season.into());
    set(WINDOW.key, window.into());
    set(HORIZON.key, horizon.into());
    if architecture.reads(SEGMENT.key) {
        set(SEGMENT.key, plan.segment().into());
    }
    if plan.continuous() {
        // There is no window to be centred, whatever the setting.
        set(NORMALISE.key, "none".into());
    }
    if architecture.reads(FROM_LINE.key) {
        set(FROM_LINE.key, (plan.skip() == Skip::Line).into());
    }
    if let Some(cuts) = trainer.cuts() {
        set(CHUNK.key, cuts.chunk.into());
    }
    set(SHARDS.key, options.shards.into());
    set(TARGET.key, targets.into());
    resolved
}

/// Limits of each target's values.
fn limits(experiment: &Experiment, frame: &Frame) -> Vec<Limits> {
    let Experiment { series, split, .. } = experiment;
    let of = |name: &String| -> Option<Limits> {
        let column = series.names.iter().position(|other| other == name)?;
        Some(Limits::of(name, &series.columns[column][split.train.clone()]))
    };
    frame.names[..frame.targets].iter().filter_map(of).collect()
}

/// Remarks, one sentence each; `read` is the series as read from the file.
fn notes(
    read: &Series,
    series: &Series,
    frame: &Frame,
    (plan, from_line): (&Plan, std::result::Result<(), Option<&str>>),
) -> Vec<String> {
    let mut notes = otherwise(read, series, &frame.names[..frame.data_features]);
    notes.extend(frame.notes.iter().cloned());
    if let Err(Some(why)) = from_line {
        notes.push(format!("This model does not start from the linear model: {why}."));
    }
    if plan.skipped() > 0 {
        notes.push(format!(
            "A window of {} steps holds {} whole segments of {}; the oldest {} steps are not read.",
            plan.window,
            plan.tokens(),
            plan.segment(),
            plan.skipped()
        ));
    }
    notes
}

/// Remarks on sentinels where the training part differs from that of the default split, which the file was read with.
fn otherwise(file: &Series, series: &Series, names: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    for (column, name) in series.names.iter().enumerate().filter(|(_, name)| names.contains(name)) {
        let (before, now) = (file.set_aside(column), series.set_aside(column));
        notes.extend(now.iter().filter(|value| !before.contains(value)).map(|value| {
            format!("Column “{name}”: {value} stands for “no value” in the training part of this split and was read as missing.")
        }));
        notes.extend(before.iter().filter(|value| !now.contains(value)).map(|value| {
            format!(
                "Column “{name}”: the training part of this split does not show that {value} stands for “no value”, so it was \
                 kept as a number; if it does, name it under “Read as missing”."
            )
        }));
    }
    notes
}
