//! The knobs of training.

use crate::arch::plan::IN_WINDOWS;
use crate::arch::registry::ARCHITECTURE;
use crate::grad::ops::Loss;
use crate::knob::{AnyKnob, Group, Knob, Settings, When, choices};
use crate::train::truncated::{CHUNK, LANES};
use crate::train::{Plateau, Rule, Schedule};

/// The case of several candidates.
const AUTOMATIC: When = ARCHITECTURE.is(&["automatic"]);

/// The loss.
pub const LOSS: Knob<Loss> =
    Knob::choice(Group::Training, "loss", "Loss", "mse").help("The error that training minimises.");

choices! {
    /// The optimiser.
    pub enum WhichRule {
        AdamW("adamw", "AdamW", "Adam with decoupled weight decay (Loshchilov and Hutter 2019)."),
        Adam("adam", "Adam", "Steps scaled by past gradients (Kingma and Ba 2015)."),
        Sgd("sgd", "SGD with momentum",
            "Plain gradient steps with inertia; needs a larger learning rate (Sutskever et al. 2013)."),
        RmsProp("rmsprop", "RMSProp", "Steps scaled by recent gradients (Tieleman and Hinton 2012)."),
    }
}

/// The optimiser.
pub const OPTIMISER: Knob<WhichRule> =
    Knob::choice(Group::Training, "optimiser", "Optimiser", "adamw").help("The rule that turns gradients into steps.");

/// Learning rate.
pub const LEARNING_RATE: Knob<f64> = Knob::number(Group::Training, "learning_rate", "Learning rate", 1e-6..=10.0, 1e-3)
    .log()
    .help("Size of the optimiser's steps. Too small: slow learning. Too large: the loss explodes.")
    .basic();

/// Weight decay of AdamW.
pub const WEIGHT_DECAY: Knob<f64> = Knob::number(Group::Training, "weight_decay", "Weight decay", 0.0..=1.0, 0.01)
    .help(
        "Pulls weights towards zero a little at each step, except those that an architecture’s authors exempt (in \
           Mamba and xLSTM).",
    )
    .when(OPTIMISER.is(&["adamw"]));

/// Momentum of SGD.
pub const MOMENTUM: Knob<f64> = Knob::number(Group::Training, "momentum", "Momentum", 0.0..=0.999, 0.9)
    .help("Share of the last step carried into the next.")
    .when(OPTIMISER.is(&["sgd"]));

choices! {
    /// The schedule of the learning rate.
    pub enum WhichSchedule {
        Constant("constant", "constant", "The same from start to end."),
        Cosine("cosine", "cosine",
            "Falls along half a cosine to a hundredth over all epochs (Loshchilov and Hutter 2017)."),
        Plateau("plateau", "halved on a plateau", "Halved whenever validation has not improved for three epochs."),
    }
}

/// The schedule of the learning rate.
pub const SCHEDULE: Knob<WhichSchedule> =
    Knob::choice(Group::Training, "schedule", "Learning-rate schedule", "constant")
        .help("How the learning rate changes from epoch to epoch. The automatic choice has its own.");

/// Windows in a batch.
pub const BATCH: Knob<usize> = Knob::integer(Group::Training, "batch_size", "Batch size", 0..=1024, 0)
    .help("Windows in one optimiser step. 0: a sixteenth of the training windows, from 8 to 64.")
    .unit("windows")
    .when(IN_WINDOWS);

/// Largest number of epochs.
pub const EPOCHS: Knob<u32> = Knob::integer(Group::Training, "epochs", "Epochs", 1..=10_000, 50)
    .help("Passes over all training windows, at most; an epoch of few windows has several. The automatic choice has its own, by “Effort”.")
    .basic();

/// Smallest number of steps of an epoch.
pub const EPOCH_STEPS: Knob<usize> = Knob::integer(Group::Training, "epoch_steps", "Steps in an epoch", 1..=1000, 40)
    .help(
        "Optimiser steps in an epoch, at least. A short series, whose windows fill only a few batches, is passed over several times in \
           each epoch, so that it is trained as long as others before patience runs out.",
    )
    .unit("steps")
    .when(IN_WINDOWS);

/// Patience of early stopping.
pub const PATIENCE: Knob<u32> = Knob::integer(Group::Training, "patience", "Patience", 0..=10_000, 8)
    .help("Training ends, with the best weights, after this many epochs without a better validation loss. 0: never.")
    .unit("epochs");

/// Limit of the gradient's norm.
pub const CLIP: Knob<f64> = Knob::number(Group::Training, "clip", "Gradient clipping", 0.0..=1000.0, 1.0)
    .help(
        "Largest norm of the gradient of all parameters together. A longer gradient is scaled down to it. 0: no \
           limit.",
    )
    .source("Pascanu et al. 2013");

/// Seed of all randomness.
pub const SEED: Knob<u64> = Knob::integer(Group::Training, "seed", "Seed", 0..=9_007_199_254_740_991, 1)
    .help("The same file, settings and seed give the same weights, bit for bit.");

/// Number of shards of a batch.
pub const SHARDS: Knob<usize> = Knob::integer(Group::Training, "shards", "Parts of a batch", 0..=16, 0)
    .help(
        "Parts into which each batch is cut, for as many workers. The number of parts changes the last digits of \
           the weights; the number of workers does not. 0: chosen by the size of a step.",
    )
    .source("synchronous data parallelism: Dean et al. 2012; Goyal et al. 2017");

/// Gradient checkpointing.
pub const CHECKPOINTS: Knob<bool> = Knob::flag(Group::Training, "checkpoints", "Gradient checkpoints", false)
    .help(
        "Stores the states at some steps of the window only, and computes those between them again in the backward \
           pass. A long window takes much less memory and a third more time. The last digits of the weights differ.",
    )
    .source("Chen et al. 2016")
    .when(IN_WINDOWS);

/// Whether the model learns from all rows before it forecasts beyond them.
pub const ALL_ROWS: Knob<bool> = Knob::flag(Group::Training, "all_rows", "Learn from all rows in the end", true).help(
    "After training, the model is trained once more from the same start, on training, validation and test rows, with as many steps as \
           were best. That one forecasts beyond the end. All errors stay those of the model that has not seen these rows.",
);

/// Training of automatic candidates, as a multiple of the usual one.
pub const EFFORT: Knob<f64> = Knob::number(Group::Training, "effort", "Effort", 0.2..=30.0, 1.0)
    .log()
    .help("Optimiser steps of each candidate, as a multiple of the usual thousand. More takes longer, and is rarely worse.")
    .when(AUTOMATIC)
    .basic();

/// All knobs of training.
pub const KNOBS: &[&dyn AnyKnob] = &[
    &LEARNING_RATE,
    &EPOCHS,
    &EPOCH_STEPS,
    &BATCH,
    &CHUNK,
    &LANES,
    &LOSS,
    &OPTIMISER,
    &WEIGHT_DECAY,
    &MOMENTUM,
    &SCHEDULE,
    &PATIENCE,
    &CLIP,
    &SEED,
    &SHARDS,
    &CHECKPOINTS,
    &ALL_ROWS,
    &EFFORT,
];

/// Epochs on a plateau before the rate is halved: well below the default patience of early stopping.
const PLATEAU_PATIENCE: u32 = 2;
/// Smallest share of the full rate, at the end of the cosine and of a plateau's halvings.
const LEAST_SHARE: f64 = 0.01;

/// Number of forward multiplications from which a step is worth sharing (some tens of milliseconds with the backward pass).
const LARGE_STEP: u64 = 100_000_000;
/// Number of shards of such a step: the largest number of workers that a page starts.
const PARTS: usize = 4;

/// Settings of training, read once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The loss.
    pub loss: Loss,
    /// The optimiser.
    pub rule: Rule,
    /// The initial learning rate.
    pub rate: f64,
    /// Its schedule.
    pub schedule: Schedule,
    /// Windows in a batch; 0: automatic.
    pub batch: usize,
    /// Smallest number of steps of an epoch.
    pub epoch_steps: usize,
    /// Largest number of epochs.
    pub epochs: u32,
    /// Epochs without improvement until training ends; 0: unlimited.
    pub patience: u32,
    /// Largest norm of the gradient; 0: unlimited.
    pub clip: f64,
    /// Seed of all randomness.
    pub seed: u64,
    /// Shards of a batch, whose gradients are summed; 0: automatic.
    pub shards: usize,
    /// Whether only the states at some steps are kept, and the rest computed again.
    pub checkpoints: bool,
}

impl Options {
    /// The same with an automatic batch size, if it is left open, for so many training windows: small batches of a short series, whose
    /// noise keeps a network from learning it by heart.
    #[must_use]
    pub fn with_batch_for(self, windows: usize) -> Self {
        Self { batch: if self.batch == 0 { (windows / 16).clamp(8, 64) } else { self.batch }, ..self }
    }

    /// The same with an automatic number of shards, if it is left open: by the size of a step alone, never by the machine, so that
    /// the same settings give the same weights everywhere. `multiplications`: of one forward step; in 64 bits, since 32 would
    /// overflow.
    #[must_use]
    pub fn with_shards_for(self, multiplications: u64) -> Self {
        let automatic = if multiplications >= LARGE_STEP { PARTS } else { 1 };
        Self { shards: if self.shards == 0 { automatic } else { self.shards }, ..self }
    }

    /// Reads checked settings.
    pub fn new(settings: &Settings) -> Self {
        let rate = settings.get(&LEARNING_RATE);
        let epochs = settings.get(&EPOCHS);
        Self {
            loss: settings.get(&LOSS),
            rule: match settings.get(&OPTIMISER) {
                WhichRule::AdamW => Rule::AdamW { decay: crate::narrow(settings.get(&WEIGHT_DECAY)) },
                WhichRule::Adam => Rule::Adam,
                WhichRule::Sgd => Rule::Sgd { momentum: crate::narrow(settings.get(&MOMENTUM)) },
                WhichRule::RmsProp => Rule::RmsProp,
            },
            rate,
            schedule: match settings.get(&SCHEDULE) {
                WhichSchedule::Constant => Schedule::Constant,
                WhichSchedule::Cosine => Schedule::Cosine { epochs, least: LEAST_SHARE * rate },
                WhichSchedule::Plateau => {
                    Schedule::Plateau(Plateau::new(0.5, PLATEAU_PATIENCE, 1e-4, LEAST_SHARE * rate))
                }
            },
            batch: settings.get(&BATCH),
            epoch_steps: settings.get(&EPOCH_STEPS),
            epochs,
            patience: settings.get(&PATIENCE),
            clip: settings.get(&CLIP),
            seed: settings.get(&SEED),
            shards: settings.get(&SHARDS),
            checkpoints: settings.get(&CHECKPOINTS),
        }
    }
}
