//! One model with the data it sees, from settings to judged forecasts.

use std::ops::Range;

use serde::Serialize;

use super::catalog;
use super::configured::{Configured, Parameters, Parts, Windows};
use super::memory::{Asked, Sizes, data_fits};
use crate::arch::plan::{HORIZON, Learning, NORMALISE, SEASON, SEGMENT, WINDOW};
use crate::arch::registry::{ARCHITECTURE, Architecture};
use crate::data::series::split::SPLIT;
use crate::data::windows::frame::{CALENDAR, INPUTS, TARGET};
use crate::data::{
    Batch, Fill, Frame, FrameOptions, Part, Scale, Series, Split, WindowSet, series::target, windows::suggest,
};
use crate::error::{Error, Result};
use crate::evaluate::interval::least_windows;
use crate::evaluate::{self, Baselines, Evaluation, Interval, Limits, Measured};
use crate::export::safetensors::{self, About};
use crate::export::state_dict::StateDict;
use crate::export::tensors::broken;
use crate::forecast::{self, Forecast, LEVEL, MOST_BLOCKS};
use crate::grad::Tape;
use crate::knob::{Raw, Settings};
use crate::nn::params::Slot;
use crate::train::options::SHARDS;
use crate::train::trainer::{Best, Did, MOST_VALIDATED};
use crate::train::truncated::CHUNK;
use crate::train::{Options, Progress, Trainer, Truncated};

/// Forecasts a fixed number of steps ahead over a part of the series, in the targets' units; one target after the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Predictions {
    /// Time of each row of the part.
    pub times: Vec<i64>,
    /// Forecast of each row, `[rows × targets]`; `NaN` where values are missing in the window that ends so many steps before.
    pub predicted: Vec<f64>,
    /// Truth of each row, `[rows × targets]`; `NaN` where it is missing.
    pub actual: Vec<f64>,
}

/// One window of the test part with its forecast, in the targets' units; one target after the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// Row of the first step of the horizon.
    pub origin: usize,
    /// How many such windows there are.
    pub count: usize,
    /// Times of the window.
    pub past_times: Vec<i64>,
    /// The targets over the window, `[window × targets]`.
    pub past: Vec<f64>,
    /// Times of the horizon.
    pub future_times: Vec<i64>,
    /// The targets over the horizon, `[horizon × targets]`.
    pub actual: Vec<f64>,
    /// Their forecast, `[horizon × targets]`.
    pub predicted: Vec<f64>,
}

/// A model in training or trained, and the data it sees.
#[derive(Debug)]
pub struct Model {
    pub configured: Configured,
    pub trainer: Trainer,
    architecture: &'static Architecture,
    pub(super) frame: Frame,
    split: Split,
    validation: WindowSet,
    pub(super) test: WindowSet,
    train: WindowSet,
    baselines: Option<Baselines>,
    /// What each target's values cannot pass, as the training part shows.
    limits: Vec<Limits>,
    /// A saved model's interval; a trained one's comes from its trainer.
    interval: Option<Interval>,
    /// A saved model's best epoch and its validation loss; a trained one's come from its trainer.
    best: Option<(u32, f64)>,
    /// The last verdict on the test part, and the weights' age that it belongs to.
    scored: Option<(Age, Evaluation)>,
    scored_times: usize,
    tape: Tape,
}

/// Which weights are judged: they change with the best epoch, and before the first one with every step.
type Age = (Option<u32>, u64);

impl Model {
    /// Builds what `raw` asks for, if it fits into `limit` bytes; `scales` are those of the inputs of a model that was fitted before.
    pub fn new(series: &Series, raw: &Raw, scales: Option<&[Scale]>, limit: u64) -> Result<Self> {
        let settings = catalog::checked(raw)?;
        let architecture = settings.get(&ARCHITECTURE);
        // First of all: whatever is found by looking is looked for in the training part.
        let split = Split::parse(&settings.get(&SPLIT), &series.axis)?;
        let looked = series.looked_at(split.train.clone());
        let (file, series) = (series, &*looked);
        let mut targets = columns(&settings.get(&TARGET), series);
        if targets.is_empty() {
            let training = series.columns.iter().map(|column| &column[split.train.clone()]);
            let named = series.names.iter().map(String::as_str).zip(training);
            targets.extend(target::suggest(named).map(str::to_owned));
        }
        if targets.is_empty() {
            return Err(TARGET.error("no column has numbers that change in the training part"));
        }
        let fill = Fill::of(&settings);
        let suggested = suggest::suggest(&all_known(series, &targets)?, &series.axis, &split, fill);
        let or = |knob, automatic: usize| Some(settings.get(knob)).filter(|&n| n > 0).unwrap_or(automatic);
        let season = or(&SEASON, suggested.season);
        let (window, horizon) = (or(&WINDOW, suggested.window), or(&HORIZON, suggested.horizon));
        let room = series.axis.room(horizon);
        if room < horizon {
            return Err(HORIZON.error(format!(
                "{horizon} steps lead beyond the year 9999, where the calendar ends; {}",
                if room > 0 { format!("choose at most {room}") } else { "number the rows".to_owned() }
            )));
        }

        let options = FrameOptions {
            targets,
            inputs: columns(&settings.get(&INPUTS), series),
            calendar: settings.get(&CALENDAR),
            fill,
            ahead: horizon * (MOST_BLOCKS + 1),
            scales: scales.map(<[Scale]>::to_vec),
        };
        let sizes = Sizes {
            rows: series.axis.len,
            columns: series.columns.len(),
            train: split.train.len(),
            validation: split.validation.len(),
            ahead: options.ahead,
        };
        data_fits(&sizes, options.most_features(), limit)?;
        let frame = Frame::new(series, &split, &options)?;
        let limits = frame.names[..frame.targets]
            .iter()
            .filter_map(|name| {
                let column = series.names.iter().position(|other| other == name)?;
                Some(Limits::of(name, &series.columns[column][split.train.clone()]))
            })
            .collect();
        let windows = |part| frame.windows(&split, part, window, horizon);
        let (train, validation, test) = (windows(Part::Train)?, windows(Part::Validation)?, windows(Part::Test)?);

        let features = (frame.features, frame.data_features, frame.targets);
        let lengths = (season, window, horizon);
        let plan = architecture.plan(&settings, features, lengths)?;
        // Before there are any weights: what would not fit is refused, not tried.
        let memory = Asked { architecture, settings: settings.clone(), features, lengths, sizes }.fitting(limit)?;
        let options = Options::new(&settings);
        let built = architecture.build(&plan, &settings, options.seed);
        let parameters = Parameters::of(&built.1);
        // As many as the part's rows allow: counting its windows would let its gaps decide how long an epoch is.
        let validated = plan.tokens() * (split.validation.len() + 1 - horizon).min(MOST_VALIDATED);
        let truncated =
            Truncated::new(&settings, &plan, built.0.as_ref(), (&frame, split.rows(Part::Train)), validated)?;
        // What a step reads: so many tokens of so many samples side by side.
        let (tokens, side) = truncated.as_ref().map_or((plan.tokens(), options.batch), Truncated::size);
        let multiplications = tokens as u64 * side as u64 * built.1.len() as u64;
        let options = options.with_shards_for(multiplications);
        // The linear models learn at the end of a window alone, whatever this one does.
        let learnt =
            if matches!(plan.learning, Learning::Every(_)) { frame.learnt_throughout(&train)? } else { train.clone() };
        let fits = learnt.starts.len();
        let trainer = Trainer::new(built, options, (learnt, validation.clone()), truncated);

        let mut resolved = settings.to_raw();
        for (key, value) in [(SEASON.key, season), (WINDOW.key, window), (HORIZON.key, horizon)] {
            resolved.insert(key.to_owned(), value.into());
        }
        if architecture.reads(SEGMENT.key) {
            resolved.insert(SEGMENT.key.to_owned(), plan.segment().into());
        }
        if plan.continuous() {
            // No window is there to be centred, whatever else was chosen.
            resolved.insert(NORMALISE.key.to_owned(), "none".into());
        }
        if let Some(truncated) = trainer.cuts() {
            resolved.insert(CHUNK.key.to_owned(), truncated.chunk.into());
        }
        resolved.insert(SHARDS.key.to_owned(), options.shards.into());
        let targets = frame.names[..frame.targets].to_vec();
        resolved.insert(TARGET.key.to_owned(), listed(&targets, series).into());
        let mut notes = otherwise(file, series, &frame.names[..frame.data_features]);
        notes.extend(frame.notes.iter().cloned());
        if plan.skipped() > 0 {
            notes.push(format!(
                "A window of {window} steps holds {} whole segments of {}; the oldest {} steps are not read.",
                plan.tokens(),
                plan.segment(),
                plan.skipped()
            ));
        }
        let configured = Configured {
            settings: resolved,
            target: targets[0].clone(),
            targets,
            season,
            window,
            horizon,
            suggested,
            segment: plan.segment(),
            equations: architecture.all_equations(&settings),
            parameters,
            split: Parts::of(&split, &series.axis),
            windows: Windows { train: fits, validation: validation.starts.len(), test: test.starts.len() },
            steps_per_epoch: trainer.steps_per_epoch(),
            memory_bytes: memory.total(),
            memory,
            workers: memory.workers(limit),
            filled: frame.filled.iter().map(Vec::len).sum(),
            truncated: trainer.cuts().cloned(),
            notes,
        };
        Ok(Self {
            configured,
            trainer,
            architecture,
            frame,
            split,
            validation,
            test,
            train,
            baselines: None,
            limits,
            interval: None,
            best: None,
            scored: None,
            scored_times: 0,
            tape: Tape::new(false),
        })
    }

    /// Whether its architecture reads the knob `key`.
    pub fn reads(&self, key: &str) -> bool {
        self.architecture.reads(key)
    }

    /// How many parameters a model of this architecture, window and data would have with other `settings`.
    pub fn parameters_of(&self, settings: &Settings) -> Result<u64> {
        let features = (self.frame.features, self.frame.data_features, self.frame.targets);
        let Configured { season, window, horizon, .. } = self.configured;
        let plan = self.architecture.plan(settings, features, (season, window, horizon))?;
        Ok(self.architecture.count(&plan, settings))
    }

    pub fn advance(&mut self) -> Result<Did> {
        self.trainer.advance(&self.frame)
    }

    pub fn part(&mut self, index: usize, out: &mut Vec<crate::Real>) -> Result<()> {
        self.trainer.part(&self.frame, index, out)
    }

    pub fn apply(&mut self, parts: &[Vec<crate::Real>]) -> Result<Did> {
        self.trainer.apply(&self.frame, parts)
    }

    fn set(&self, part: Part) -> Result<&WindowSet> {
        match part {
            Part::Validation => Ok(&self.validation),
            Part::Test => Ok(&self.test),
            Part::Train => {
                Err(Error::NotReady { problem: "The training part judges nothing; ask for validation or test.".into() })
            }
        }
    }

    fn age(&self) -> Age {
        let progress = self.trainer.progress();
        let best = progress.best.map(|best| best.epoch);
        (best, if best.is_some() { 0 } else { progress.step })
    }

    /// Errors of the model and its baselines. Asking twice for the test part with the same weights scores it once.
    pub fn evaluate(&mut self, part: Part) -> Result<Evaluation> {
        let set = self.set(part)?.clone();
        let age = self.age();
        if let Some((_, evaluation)) = self.scored.as_ref().filter(|(scored, _)| part == Part::Test && *scored == age) {
            return Ok(evaluation.clone());
        }
        if part == Part::Test {
            self.scored_times += 1;
        }
        let interval = self.interval().ok();
        let baselines = self.baselines.get_or_insert_with(|| {
            Baselines::fit(&self.frame, &self.split, &self.train, &self.validation, self.configured.season)
        });
        let about = evaluate::About {
            label: self.architecture.label,
            scored_times: self.scored_times,
            interval: interval.as_ref(),
        };
        let (trainer, tape) = (&self.trainer, &mut self.tape);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| trainer.forecast(tape, batch, out);
        let evaluation = evaluate::evaluate(&self.frame, part, &set, baselines, &mut predict, &about);
        if part == Part::Test {
            self.scored = Some((age, evaluation.clone()));
        }
        Ok(evaluation)
    }

    pub fn predictions(&mut self, part: Part, lead: usize) -> Result<Predictions> {
        let WindowSet { window, horizon, .. } = *self.set(part)?;
        if lead == 0 || lead > horizon {
            return Err(Error::NotReady { problem: format!("Ask for 1 to {horizon} steps ahead.") });
        }
        // More rows than are judged: a window whose future is cut off by the part's end says something of its first steps.
        let set = self.frame.windows_onto(self.split.rows(part), (window, horizon), lead);
        let (trainer, tape) = (&self.trainer, &mut self.tape);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| trainer.forecast(tape, batch, out);
        let trace = evaluate::trace(&self.frame, &self.split, part, &set, &mut predict, lead);
        let times = self.split.rows(part).map(|row| self.frame.axis.at(row)).collect();
        Ok(Predictions { times, predicted: trace.predicted, actual: trace.actual })
    }

    /// The range of the judged weights, or why there is none.
    fn interval(&self) -> std::result::Result<Interval, String> {
        let residuals = self.trainer.validation_errors();
        let found = if residuals.is_empty() {
            // Files from before this rule may hold one of fewer windows.
            self.interval.clone().filter(|interval| interval.windows >= least_windows(interval.level))
        } else {
            Interval::of_errors(residuals.to_vec(), LEVEL, self.limits.clone())
        };
        let (level, least) = (100.0 * LEVEL, least_windows(LEVEL));
        found.ok_or_else(|| match self.validation.starts.len() {
            windows if windows < least => format!(
                "No {level:.0} % range: it takes the errors in at least {least} validation windows, and there are {windows}; a \
                 shorter horizon or a longer validation part has more."
            ),
            _ => format!("No {level:.0} % range: these weights have not been through a validation here."),
        })
    }

    /// What the range held of the test part for each target, if that was scored with these weights.
    fn measured(&self) -> Vec<Measured> {
        let age = self.age();
        let scored = self.scored.iter().filter(|(scored, _)| *scored == age);
        scored.flat_map(|(_, evaluation)| evaluation.targets.iter().filter_map(|of| of.range)).collect()
    }

    pub fn forecast(&mut self, steps: usize) -> Result<Forecast> {
        let (interval, measured) = (self.interval(), self.measured());
        let (trainer, tape) = (&self.trainer, &mut self.tape);
        let mut predict = |batch: &Batch, out: &mut [crate::Real]| trainer.forecast(tape, batch, out);
        let sizes = (self.configured.window, self.configured.horizon);
        let found =
            forecast::beyond(&self.frame, sizes, steps, &mut predict, interval.as_ref().map_err(String::clone))?;
        Ok(Forecast { measured, ..found })
    }

    /// A value of the frame's target number `target` in its unit.
    fn unscaled(&self, target: usize, value: crate::Real) -> f64 {
        self.frame.scales[target].unscale(crate::wide(value))
    }

    /// The targets in `rows`, `[rows × targets]`, in their units.
    pub fn truth(&self, rows: Range<usize>) -> Vec<f64> {
        let of = |target| rows.clone().map(move |row| self.unscaled(target, self.frame.target_at(target, row)));
        (0..self.frame.targets).flat_map(of).collect()
    }

    pub fn sample(&mut self, index: usize) -> Result<Sample> {
        let count = self.test.starts.len();
        let &start = self.test.starts.get(index).ok_or_else(|| Error::NotReady {
            problem: format!("There are {count} windows in the test part, numbered from 0."),
        })?;
        let (window, horizon) = (self.test.window, self.test.horizon);
        let mut batch = Batch::default();
        self.frame.gather(&[start], window, horizon, &mut batch);
        batch.hide_future(self.frame.data_features);
        let (frame, origin) = (&self.frame, start as usize + window);
        let mut out = vec![0.0; frame.targets * horizon];
        self.trainer.forecast(&mut self.tape, &batch, &mut out);
        let times = |rows: Range<usize>| rows.map(|row| self.frame.axis.at(row)).collect();
        Ok(Sample {
            origin,
            count,
            past_times: times(start as usize..origin),
            past: self.truth(start as usize..origin),
            future_times: times(origin..origin + horizon),
            actual: self.truth(origin..origin + horizon),
            predicted: out.iter().enumerate().map(|(at, x)| self.unscaled(at / horizon, *x)).collect(),
        })
    }

    /// Where training stands; of a saved model, the best epoch of the training that it comes from.
    pub fn progress(&self) -> Progress {
        let progress = self.trainer.progress();
        let saved = self.best.map(|(epoch, validation)| Best { epoch, validation });
        Progress { best: progress.best.or(saved), ..progress }
    }

    pub fn save(&self, series: &Series) -> Result<Vec<u8>> {
        let best = self.progress().best.map(|best| (best.epoch, best.validation));
        safetensors::save(self.trainer.in_use(), &self.about(series, self.interval().ok(), best))
    }

    /// The weights as training has them now, which were not validated: with neither interval nor best epoch.
    pub fn save_current(&self, series: &Series) -> Result<Vec<u8>> {
        safetensors::save(self.trainer.params(), &self.about(series, None, None))
    }

    fn about(&self, series: &Series, interval: Option<Interval>, best: Option<(u32, f64)>) -> About {
        About {
            version: About::version(),
            settings: self.configured.settings.clone(),
            columns: self.frame.names[..self.frame.data_features].to_vec(),
            targets: Some(self.frame.targets),
            calendar: Some(self.frame.names[self.frame.data_features..].to_vec()),
            scales: self.frame.scales.clone(),
            axis: series.axis,
            interval,
            best,
        }
    }

    /// Puts the weights of a PyTorch state dict in place.
    pub fn adopt(&mut self, found: &StateDict<'_>) -> Result<()> {
        if self.frame.targets > 1 {
            return Err(TARGET.error(
                "a state dict forecasts one column, and several are chosen; choose one target, the others can be inputs",
            ));
        }
        let columns = self.frame.data_features;
        if columns != found.inputs {
            let problem = format!(
                "the model reads {} at each step, and the target and its inputs are {columns}; the target comes first",
                if found.inputs == 1 { "one column".to_owned() } else { format!("{} columns", found.inputs) }
            );
            return Err(INPUTS.error(problem));
        }
        let scaled = match found.scales {
            Some(_) => "scaled by the mean and std in its metadata",
            None => "scaled by the training part of this series, as nothing else is said in the file",
        };
        // No other module has a choice that a state dict does not hold.
        let taken = if found.module == "RNN" { ", taken for one with tanh" } else { "" };
        let why =
            format!("The weights are those of a PyTorch state dict (nn.{}{taken}), its inputs {scaled}.", found.module);
        self.trainer.restore(|params| found.load(params), why)?;
        self.proved()
    }

    /// Puts the weights of a saved model in place.
    pub fn restore(&mut self, bytes: &[u8], about: &About) -> Result<()> {
        let why = match about.best {
            Some((epoch, _)) => format!("The weights are those of epoch {epoch} of a saved model."),
            None => "The weights are those of a saved model.".to_owned(),
        };
        self.described_as(about)?;
        self.trainer.restore(|params| safetensors::load(bytes, params), why)?;
        self.proved()?;
        self.interval = about.interval.clone();
        self.best = about.best;
        Ok(())
    }

    /// Whether the model that was built from a description's settings is the one that the rest of the description says.
    fn described_as(&self, about: &About) -> Result<()> {
        let Frame { data_features, targets, .. } = self.frame;
        let (columns, calendar) = self.frame.names.split_at(data_features);
        let differs = |what: &str, said: &[String], found: &[String]| {
            let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            broken(format!(
                "its description says that it reads {what} {}, and its settings give {}",
                list(said),
                list(found)
            ))
        };
        if columns != about.columns {
            return Err(differs("the columns", &about.columns, columns));
        }
        if about.targets.is_some_and(|said| said != targets) {
            return Err(broken(format!(
                "its description and its settings differ in how many columns it forecasts: {targets}"
            )));
        }
        if let Some(said) = about.calendar.as_ref().filter(|said| *said != calendar) {
            return Err(differs("of the calendar", said, calendar));
        }
        let steps = targets * self.configured.horizon;
        if about.interval.as_ref().is_some_and(|interval| interval.lower.len() != steps) {
            return Err(broken(format!("its interval has no bounds for each of {steps} steps")));
        }
        // None in files that were saved before there was such a thing.
        if about.interval.as_ref().is_some_and(|interval| ![0, targets].contains(&interval.limits.len())) {
            return Err(broken(format!("its interval has no limits for each of {targets} columns")));
        }
        Ok(())
    }

    /// Whether loaded weights give forecasts on this series: each may be a number, and what comes of them none.
    fn proved(&mut self) -> Result<()> {
        let set = self.test.clone();
        let starts: Vec<u32> = set.starts.iter().copied().step_by(set.starts.len().div_ceil(evaluate::CHUNK)).collect();
        let mut batch = Batch::default();
        self.frame.gather(&starts, set.window, set.horizon, &mut batch);
        batch.hide_future(self.frame.data_features);
        let mut out = vec![0.0; self.frame.targets * set.horizon * starts.len()];
        self.trainer.forecast(&mut self.tape, &batch, &mut out);
        if out.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        let params = self.trainer.in_use();
        let size =
            |slot: &Slot| params.values[slot.range()].iter().fold(0.0_f64, |most, x| most.max(crate::wide(*x).abs()));
        let largest = params.slots().iter().max_by(|a, b| size(a).total_cmp(&size(b)));
        let (name, most) = largest.map_or(("", 0.0), |slot| (slot.name.as_str(), size(slot)));
        Err(broken(format!(
            "its weights give forecasts that are no numbers; the largest, {most:.1e}, is in “{name}”; take another copy, or train it \
             again"
        )))
    }
}

/// What the training part says of “no value” otherwise than that of the default split, by which the file was read.
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

/// The first target where none of the targets is missing: no window crosses a row that lacks one.
fn all_known(series: &Series, targets: &[String]) -> Result<Vec<f64>> {
    let mut known: Vec<f64> = Vec::new();
    for target in targets {
        let index = series.names.iter().position(|name| name == target);
        let index = index.ok_or_else(|| TARGET.error(format!("there is no number column “{target}”")))?;
        let column = &series.columns[index];
        if known.is_empty() {
            known.clone_from(column);
        } else {
            known.iter_mut().zip(column).filter(|(_, value)| value.is_nan()).for_each(|(known, _)| *known = f64::NAN);
        }
    }
    Ok(known)
}

/// Names in a list with commas between them. A name that itself holds a comma is found too, if the whole list is its name
/// or it is in quotes.
fn columns(text: &str, series: &Series) -> Vec<String> {
    if series.names.iter().any(|name| name == text) {
        return vec![text.to_owned()];
    }
    if let Ok(names) = serde_json::from_str::<Vec<String>>(text) {
        return names;
    }
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Names as [`columns`] reads them.
fn listed(names: &[String], series: &Series) -> String {
    let text = names.join(", ");
    if columns(&text, series) == names { text } else { serde_json::json!(names).to_string() }
}
