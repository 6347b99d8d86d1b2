//! The memory of a model, predicted before it is allocated, and the remedies where it is too much.
//!
//! All sizes are in 64 bits: a requested model may need more than the 32-bit addresses of wasm allow.

use serde::Serialize;

use crate::arch::plan::{HORIZON, READING, Reading, SEGMENT, WINDOW};
use crate::arch::registry::Architecture;
use crate::arch::stacked::{HIDDEN, LAYERS};
use crate::data::windows::frame::INPUTS;
use crate::error::{Error, Result};
use crate::evaluate;
use crate::knob::{About, Kind, Settings};
use crate::nn::Extent;
use crate::train::Options;
use crate::train::checkpoints::stretch;
use crate::train::options::{ALL_ROWS, BATCH, CHECKPOINTS};
use crate::train::trainer::{MOST_LOOKED_INTO, MOST_TOKENS, MOST_VALIDATED};
use crate::train::truncated::{self, CHUNK, LANES};

/// Largest number of bytes of a model with everything around it. WebAssembly addresses 4 GiB; the rest is for memory outside the
/// estimate: buffers that grow by doubling, gaps between them, the code.
pub const MOST_MEMORY: u64 = 3_000_000_000;

/// Bytes of one of a network's numbers.
const REAL: u64 = size_of::<crate::Real>() as u64;

/// Number of copies of the weights: themselves, the best, gradients of both, the optimiser's two moments, a part's gradient, on
/// three tapes plain and packed, a saved file with its copy; and those of the draft.
const COPIES_OF_WEIGHTS: u64 = 24;

/// More of them where the model learns from all rows in the end, in a second training: the same ones, without those of the draft.
const COPIES_OF_THE_LAST: u64 = 16;

/// Tapes for forecasts without gradients: after an epoch, and in evaluation.
const INFERENCE_TAPES: u64 = 2;

/// Models in a worker, each with its frame, and with its own series where its training part has other sentinels: the present one
/// and the draft.
const MODELS: u64 = 2;

/// Bytes of a row of a frame besides its values: its runs and whether it is open ([`crate::data::windows::known`]), and the windows
/// that begin there: all of them, the learnable ones, and those in an epoch's order.
const BESIDE: u64 = 6 * size_of::<u32>() as u64 + 1;

/// Bytes of a model in one worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Activations and their gradients in one part of a training step.
    pub step: u64,
    /// Activations of the windows that are forecast in parallel in evaluation, or read by “Look inside”.
    pub judging: u64,
    /// Weights, with all copies and the optimiser's state.
    pub weights: u64,
    /// The series, and its scaled values.
    pub data: u64,
}

impl Memory {
    /// The sum.
    pub fn total(&self) -> u64 {
        [self.step, self.judging, self.weights, self.data].into_iter().fold(0, u64::saturating_add)
    }

    /// Number of workers with this model that fit into `limit` bytes, at least one.
    pub fn workers(&self, limit: u64) -> usize {
        usize::try_from(limit / self.total().max(1)).unwrap_or(usize::MAX).max(1)
    }
}

/// Saturating product of sizes: an overflow means more than any memory.
fn times(factors: &[u64]) -> u64 {
    factors.iter().fold(1, |product, factor| product.saturating_mul(*factor))
}

/// Sizes of the series and of its parts.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Rows of the series.
    pub rows: usize,
    /// Its columns.
    pub columns: usize,
    /// Rows of the training part.
    pub train: usize,
    /// Rows of the validation part.
    pub validation: usize,
    /// Rows prepared beyond the end.
    pub ahead: usize,
}

impl Sizes {
    /// Bytes of the series, and of its values as `features` columns of a frame.
    pub fn data(&self, features: usize) -> u64 {
        let (rows, ahead, features) = (self.rows as u64, self.ahead as u64, features as u64);
        let column = times(&[rows, size_of::<f64>() as u64]);
        let series = times(&[column, self.columns as u64, MODELS]);
        let values = times(&[rows.saturating_add(ahead), features, REAL, MODELS]);
        // While a frame is made its columns exist once more, to be filled; the filled rows are kept by number.
        let filling = times(&[column, features]);
        [values, filling, times(&[rows, BESIDE, MODELS])].into_iter().fold(series, u64::saturating_add)
    }
}

/// A requested model.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The kind of network.
    pub architecture: &'static Architecture,
    /// Every setting.
    pub settings: Settings,
    /// Features, data features and targets.
    pub features: (usize, usize, usize),
    /// Season, window and horizon, resolved.
    pub lengths: (usize, usize, usize),
    /// The series.
    pub sizes: Sizes,
}

impl Asked {
    /// Its bytes in one worker.
    ///
    /// # Errors
    /// As [`Architecture::plan`].
    pub fn memory(&self) -> Result<Memory> {
        let (settings, (_, window, horizon)) = (&self.settings, self.lengths);
        let plan = self.architecture.plan(settings, self.features, self.lengths)?;
        let outline = self.architecture.outline(&plan, settings);
        let forecaster = outline.forecaster.as_ref();
        let options = Options::new(settings);
        let tokens = plan.tokens() as u64;
        let (length, side) = match truncated::longest_step(settings, &plan, forecaster, self.sizes.train) {
            Some((length, side)) => (length as u64, side as u64),
            None => (tokens, options.batch as u64),
        };
        let shards = options.with_shards_for(times(&[length, side, outline.parameters])).shards as u64;
        let samples = side.div_ceil(shards);

        let (every, ahead) = (plan.learns_throughout(), plan.fed_back() as u64);
        let extent = |steps: u64, every: bool| Extent { steps, before: 0, every, trains: true };
        let checkpoints = options.checkpoints && !plan.continuous() && forecaster.stretches().is_some();
        let one = if checkpoints {
            let stretch = stretch(plan.tokens()) as u64;
            let stretches = tokens.div_ceil(stretch);
            // The state is kept at the end of each stretch, with half of the final length on average; and before and behind a stretch
            // during its recomputation, with gradients.
            let held = times(&[stretches, forecaster.state(tokens / 2)]) + 8 * forecaster.state(tokens);
            let extent = Extent { before: tokens - stretch, ..extent(stretch, every) };
            forecaster.keeps(extent) + forecaster.keeps(Extent { trains: false, ..extent }) + held
        } else if plan.continuous() {
            // The state before the chunk and behind it, on the tape and off it. Chunks with a state and without take buffers of other
            // sizes, as measured a quarter more.
            let before = (tokens + ahead).saturating_sub(length);
            forecaster.keeps(Extent { before, ..extent(length, every) }) / 4 * 5
                + 4 * (forecaster.state(before) + forecaster.state(1))
        } else {
            forecaster.keeps(extent(length, every))
        };
        // A window with its horizon, as gathered and as the network reads it.
        let read = |rows: u64, samples: u64| times(&[2 * (rows + horizon as u64), self.features.0 as u64, samples]);
        let rows = (window as u64).max(length * plan.segment() as u64);
        let step = times(&[one, samples]).saturating_add(read(rows, samples));

        // A recursive model reads its own forecasts behind the window, one after the other, each from the state before it.
        let judged = Extent { trains: false, ..extent(tokens, false) };
        let before = tokens + ahead / 2;
        let fed_back = Extent { before, steps: 1, every: true, ..judged };
        let fed_back = times(&[ahead, forecaster.keeps(fed_back) + forecaster.state(before)]);
        let judged = forecaster.keeps(judged).saturating_add(fed_back);
        let side = evaluate::CHUNK as u64;
        let judging = times(&[judged.saturating_add(read(window as u64, 1)), side, INFERENCE_TAPES]);
        // “Look inside” reads windows up to this number of tokens, or one window.
        let looked = (MOST_TOKENS as u64 / tokens).clamp(1, MOST_LOOKED_INTO as u64);
        let looked = times(&[forecaster.keeps(extent(tokens, true)), looked]);
        // Errors of the validation windows at each step, by target: the last epoch's, the best one's, the line's, and those for the
        // bounds.
        let windows = self.sizes.validation.min(MOST_VALIDATED) as u64;
        let errors = times(&[windows, horizon as u64, self.features.2 as u64, 4 * size_of::<f64>() as u64]);
        let copies = COPIES_OF_WEIGHTS + if settings.get(&ALL_ROWS) { COPIES_OF_THE_LAST } else { 0 };
        Ok(Memory {
            step: times(&[step, REAL]),
            judging: times(&[judging.saturating_add(looked), REAL]).saturating_add(errors),
            weights: times(&[outline.parameters, copies, REAL]),
            data: self.sizes.data(self.features.0),
        })
    }

    /// The same, if it fits into `limit` bytes.
    ///
    /// # Errors
    /// [`Error::Memory`] if it does not fit, with knobs that make it fit; otherwise as [`Asked::memory`].
    pub fn fitting(&self, limit: u64) -> Result<Memory> {
        let memory = self.memory()?;
        if memory.total() <= limit { Ok(memory) } else { Err(self.refused(memory.total(), limit)) }
    }

    fn refused(&self, needed: u64, limit: u64) -> Error {
        let too_much =
            format!("training would take about {} of memory, and {} are available", size(needed), size(limit));
        let refusal = |knob: &About, fits: Vec<(&'static str, String)>, words: String| Error::Memory {
            knob: knob.key,
            label: knob.label,
            fits,
            needed,
            limit,
            problem: format!("{too_much}; {words}"),
        };
        let alone: Vec<Remedy> = REMEDIES.iter().filter_map(|lever| self.remedy(*lever, limit)).take(2).collect();
        if let Some(first) = alone.first() {
            let words: Vec<&str> = alone.iter().map(|remedy| remedy.words.as_str()).collect();
            return refusal(first.knob, vec![(first.knob.key, first.value.clone())], words.join(", or "));
        }
        // No knob suffices alone: halve several in turn.
        let mut frugal = self.clone();
        for _ in 0..HALVINGS {
            for (lever, floor) in TOGETHER {
                frugal = frugal.halved(lever, floor).unwrap_or(frugal);
                if !frugal.fits(limit) {
                    continue;
                }
                let changed = TOGETHER.iter().filter_map(|(lever, _)| {
                    let value = frugal.value(*lever);
                    (value != self.value(*lever)).then(|| (lever.knob(), value))
                });
                let changed: Vec<(&About, String)> = changed.collect();
                let words: Vec<String> =
                    changed.iter().map(|(knob, value)| format!("{} {}", knob.label, said(value))).collect();
                // Preferably one that is always in view.
                let first =
                    changed.iter().find(|(knob, _)| knob.basic).or(changed.first()).map_or(&*WINDOW, |(knob, _)| *knob);
                let fits = changed.iter().map(|(knob, value)| (knob.key, value.clone())).collect();
                return refusal(first, fits, format!("these fit together: {}", words.join(", ")));
            }
        }
        refusal(&INPUTS, Vec::new(), "leave out inputs or targets".to_owned())
    }

    fn fits(&self, limit: u64) -> bool {
        self.memory().is_ok_and(|memory| memory.total() <= limit)
    }

    /// The same with gradient checkpoints.
    fn checkpointed(&self) -> Option<Self> {
        Some(Self { settings: self.settings.with(&CHECKPOINTS, &true.into()).ok()?, ..self.clone() })
    }

    /// The resolved value of `lever`.
    fn value(&self, lever: Lever) -> String {
        match self.size(lever) {
            Some(size) => size.to_string(),
            None => self.settings.get(&CHECKPOINTS).to_string(),
        }
    }

    /// The same as a size.
    fn size(&self, lever: Lever) -> Option<usize> {
        Some(match lever {
            Lever::Checkpoints | Lever::Inputs => return None,
            Lever::Batch => self.settings.get(&BATCH),
            Lever::Lanes => self.settings.get(&LANES),
            Lever::Chunk => self.settings.get(&CHUNK),
            Lever::Hidden => self.settings.get(&HIDDEN),
            Lever::Layers => self.settings.get(&LAYERS),
            Lever::Window => self.lengths.1,
            Lever::Horizon => self.lengths.2,
        })
    }

    /// The same model with another size.
    fn with(&self, lever: Lever, size: usize) -> Option<Self> {
        let mut asked = Self { settings: self.settings.with(lever.knob(), &size.into()).ok()?, ..self.clone() };
        match lever {
            Lever::Window => asked.lengths.1 = size,
            Lever::Horizon => asked.lengths.2 = size,
            _ => {}
        }
        Some(asked)
    }

    /// The same with half of `lever`, at least `floor`; checkpoints at once. `None` if the knob has no effect.
    fn halved(&self, lever: Lever, floor: usize) -> Option<Self> {
        if !self.can_turn(lever) {
            return None;
        }
        let Some(now) = self.size(lever) else { return self.checkpointed() };
        let segment = if lever == Lever::Window { self.settings.get(&SEGMENT) } else { 1 };
        let half = (now / 2).max(floor).max(segment);
        if half < now { self.with(lever, half) } else { None }
    }

    /// Whether a knob affects this model's memory.
    fn can_turn(&self, lever: Lever) -> bool {
        let continuous = self.settings.get(&READING) == Reading::Continuous;
        match lever {
            Lever::Batch => !continuous,
            Lever::Checkpoints => !continuous && self.architecture.streams,
            Lever::Lanes | Lever::Chunk => continuous,
            Lever::Inputs => self.features.1 > self.features.2,
            Lever::Window | Lever::Horizon => true,
            Lever::Hidden | Lever::Layers => self.architecture.reads(lever.knob().key),
        }
    }

    /// The value of `lever` that brings the model under `limit` with the least change; `None` without one.
    fn remedy(&self, lever: Lever, limit: u64) -> Option<Remedy> {
        if !self.can_turn(lever) {
            return None;
        }
        let knob = lever.knob();
        let with = |value: usize| self.with(lever, value).is_some_and(|asked| asked.fits(limit)).then_some(value);
        // The largest that fits. At 0, lanes and chunks are automatic.
        let (Some(now), Kind::Integer { max, .. }) = (self.size(lever), knob.kind) else {
            let (asked, value, words) = match lever {
                Lever::Checkpoints => (self.checkpointed()?, "true", format!("turn on “{}”", knob.label)),
                _ => {
                    let (features, data, targets) = self.features;
                    let asked = Asked { features: (features - data + targets, targets, targets), ..self.clone() };
                    (asked, "", "leave out some or all inputs".to_owned())
                }
            };
            return asked.fits(limit).then(|| Remedy { knob, value: value.to_owned(), words });
        };
        let now = if now == 0 { usize::try_from(max).ok()? + 1 } else { now };
        // A window or a chunk is no shorter than a segment.
        let segment =
            self.architecture.plan(&self.settings, self.features, self.lengths).map_or(1, |plan| plan.segment());
        let smallest = match lever {
            Lever::Window if self.architecture.reads(SEGMENT.key) => self.settings.get(&SEGMENT).max(1),
            Lever::Chunk => segment,
            _ => 1,
        };
        let mut low = Some(smallest).filter(|&smallest| smallest < now).and_then(with)?;
        let mut high = now;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match with(middle) {
                Some(middle) => low = middle,
                None => high = middle,
            }
        }
        // So large a cut gives another model; smaller cuts of several knobs are better.
        if low * MOST_CUT < now && lever != Lever::Batch && lever != Lever::Lanes {
            return None;
        }
        let words = format!("choose at most {low} for “{}”", knob.label);
        Some(Remedy { knob, value: low.to_string(), words })
    }
}

/// A knob that makes a model smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lever {
    Checkpoints,
    Batch,
    Lanes,
    Chunk,
    Hidden,
    Window,
    Layers,
    Inputs,
    Horizon,
}

impl Lever {
    fn knob(self) -> &'static About {
        match self {
            Lever::Checkpoints => &CHECKPOINTS,
            Lever::Batch => &BATCH,
            Lever::Lanes => &LANES,
            Lever::Chunk => &CHUNK,
            Lever::Hidden => &HIDDEN,
            Lever::Window => &WINDOW,
            Lever::Layers => &LAYERS,
            Lever::Inputs => &INPUTS,
            Lever::Horizon => &HORIZON,
        }
    }
}

/// Ordered by their effect on the model, the smallest first.
const REMEDIES: [Lever; 9] = [
    Lever::Checkpoints,
    Lever::Batch,
    Lever::Lanes,
    Lever::Chunk,
    Lever::Hidden,
    Lever::Window,
    Lever::Layers,
    Lever::Inputs,
    Lever::Horizon,
];

/// Largest factor by which one knob alone is cut.
const MOST_CUT: usize = 8;

/// Knobs that are halved in turn where none suffices, and their lower ends.
const TOGETHER: [(Lever, usize); 7] = [
    (Lever::Checkpoints, 1),
    (Lever::Batch, 8),
    (Lever::Lanes, 1),
    (Lever::Hidden, 8),
    (Lever::Window, 8),
    (Lever::Layers, 1),
    (Lever::Horizon, 8),
];
/// Number of halvings that takes every knob to its end.
const HALVINGS: usize = 14;

/// A value in a sentence.
fn said(value: &str) -> &str {
    if value == "true" { "on" } else { value }
}

/// A knob, the value that makes the model fit, and a phrase for it.
struct Remedy {
    knob: &'static About,
    value: String,
    words: String,
}

/// Checks that the scaled values of a series with `features` features fit.
///
/// # Errors
/// [`Error::Memory`] if they do not.
pub fn data_fits(sizes: &Sizes, features: usize, limit: u64) -> Result<()> {
    let needed = sizes.data(features);
    if needed <= limit {
        return Ok(());
    }
    let problem = format!(
        "the prepared columns alone would take about {} of memory, and {} are available; leave out inputs",
        size(needed),
        size(limit)
    );
    Err(Error::Memory { knob: INPUTS.key, label: INPUTS.label, fits: Vec::new(), needed, limit, problem })
}

/// Bytes in readable units.
fn size(bytes: u64) -> String {
    if bytes < 1_000_000_000 {
        format!("{} MB", bytes.div_ceil(1_000_000))
    } else if bytes < 10_000_000_000 {
        format!("{:.1} GB", bytes as f64 / 1e9)
    } else {
        format!("{} GB", bytes / 1_000_000_000)
    }
}
