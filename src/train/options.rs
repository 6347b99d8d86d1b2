//! The knobs of training.

use crate::arch::plan::IN_WINDOWS;
use crate::grad::ops::Loss;
use crate::knob::{Choice, Default, Group, Kind, Knob, Settings};
use crate::train::truncated::{CHUNK, LANES};
use crate::train::{Plateau, Rule, Schedule};

const fn knob(key: &'static str, label: &'static str, help: &'static str, kind: Kind, default: Default) -> Knob {
    Knob { key, label, help, unit: "", source: "", group: Group::Training, kind, default, basic: false, when: None }
}

/// What is minimised.
pub const LOSS: Knob = knob(
    "loss",
    "Loss",
    "What training makes small.",
    Kind::Choice {
        options: &[
            Choice { value: "mse", label: "squared error", help: "Large errors count most; aims at the mean." },
            Choice {
                value: "mae",
                label: "absolute error",
                help: "All errors count by their size; aims at the median.",
            },
            Choice {
                value: "huber",
                label: "Huber",
                help: "Squared for small errors, absolute for large ones: outliers count less (Huber 1964).",
            },
        ],
    },
    Default::Text("mse"),
);

/// The rule that turns gradients into steps.
pub const OPTIMISER: Knob = knob(
    "optimiser",
    "Optimiser",
    "How gradients become steps.",
    Kind::Choice {
        options: &[
            Choice {
                value: "adamw",
                label: "AdamW",
                help: "Adam with decoupled weight decay (Loshchilov and Hutter 2019).",
            },
            Choice { value: "adam", label: "Adam", help: "Steps scaled by past gradients (Kingma and Ba 2015)." },
            Choice {
                value: "sgd",
                label: "SGD with momentum",
                help: "Plain gradient steps with inertia; wants a larger learning rate (Sutskever et al. 2013).",
            },
            Choice {
                value: "rmsprop",
                label: "RMSProp",
                help: "Steps scaled by recent gradients (Tieleman and Hinton 2012).",
            },
        ],
    },
    Default::Text("adamw"),
);

/// Size of the steps.
pub const LEARNING_RATE: Knob = Knob {
    basic: true,
    ..knob(
        "learning_rate",
        "Learning rate",
        "Size of the steps: too small and nothing happens, too large and the loss explodes.",
        Kind::Number { min: 1e-6, max: 10.0, log: true },
        Default::Number(1e-3),
    )
};

/// Weight decay of AdamW.
pub const WEIGHT_DECAY: Knob = Knob {
    when: Some(("optimiser", &["adamw"])),
    ..knob(
        "weight_decay",
        "Weight decay",
        "Pulls weights towards zero a little at each step: all but those that an architecture’s authors exempt (in Mamba and \
         xLSTM).",
        Kind::Number { min: 0.0, max: 1.0, log: false },
        Default::Number(0.01),
    )
};

/// Momentum of SGD.
pub const MOMENTUM: Knob = Knob {
    when: Some(("optimiser", &["sgd"])),
    ..knob(
        "momentum",
        "Momentum",
        "Share of the last step that is kept in the next.",
        Kind::Number { min: 0.0, max: 0.999, log: false },
        Default::Number(0.9),
    )
};

/// How the rate changes.
pub const SCHEDULE: Knob = knob(
    "schedule",
    "Learning-rate schedule",
    "How the learning rate changes from epoch to epoch.",
    Kind::Choice {
        options: &[
            Choice { value: "constant", label: "constant", help: "The same from start to end." },
            Choice {
                value: "cosine",
                label: "cosine",
                help: "Falls along half a cosine to a hundredth over all epochs (Loshchilov and Hutter 2017).",
            },
            Choice {
                value: "plateau",
                label: "halved on a plateau",
                help: "Halved whenever validation has not improved for three epochs.",
            },
        ],
    },
    Default::Text("constant"),
);

/// Windows a step.
pub const BATCH: Knob = Knob {
    unit: "windows",
    when: IN_WINDOWS,
    ..knob(
        "batch_size",
        "Batch size",
        "Windows that one step learns from together.",
        Kind::Integer { min: 1, max: 1024 },
        Default::Integer(64),
    )
};

/// Most epochs.
pub const EPOCHS: Knob = Knob {
    basic: true,
    ..knob(
        "epochs",
        "Epochs",
        "How many times every training window is seen, at most.",
        Kind::Integer { min: 1, max: 10_000 },
        Default::Integer(50),
    )
};

/// Patience of early stopping.
pub const PATIENCE: Knob = Knob {
    unit: "epochs",
    ..knob(
        "patience",
        "Patience",
        "Training ends when validation has not improved for so many epochs; the best weights are kept. 0: never.",
        Kind::Integer { min: 0, max: 10_000 },
        Default::Integer(8),
    )
};

/// Limit of the gradient's norm.
pub const CLIP: Knob = Knob {
    source: "Pascanu et al. 2013",
    ..knob(
        "clip",
        "Gradient clipping",
        "A gradient longer than this is shortened to it, over all parameters together. 0: no limit.",
        Kind::Number { min: 0.0, max: 1000.0, log: false },
        Default::Number(1.0),
    )
};

/// Where randomness starts.
pub const SEED: Knob = knob(
    "seed",
    "Seed",
    "The same file, settings and seed give the same weights, bit for bit.",
    Kind::Integer { min: 0, max: 9_007_199_254_740_991 },
    Default::Integer(1),
);

/// Parts of a batch.
pub const SHARDS: Knob = Knob {
    source: "synchronous data parallelism: Dean et al. 2012; Goyal et al. 2017",
    ..knob(
        "shards",
        "Parts of a batch",
        "A step's gradient is the sum over so many parts of its batch, which as many workers can share. The weights depend \
         on the number of parts, in their last digits, and not on who computes them. 0: as the size of a step suggests.",
        Kind::Integer { min: 0, max: 16 },
        Default::Integer(0),
    )
};

/// Less memory for more time.
pub const CHECKPOINTS: Knob = Knob {
    when: IN_WINDOWS,
    source: "Chen et al. 2016",
    ..knob(
        "checkpoints",
        "Gradient checkpoints",
        "Keeps the states at some steps of the window only, and computes what lies between them once more on the way back: a \
         long window takes much less memory and a third more time. The weights differ in their last digits.",
        Kind::Flag,
        Default::Flag(false),
    )
};

/// All knobs of training.
pub const KNOBS: &[Knob] = &[
    LEARNING_RATE,
    EPOCHS,
    BATCH,
    CHUNK,
    LANES,
    LOSS,
    OPTIMISER,
    WEIGHT_DECAY,
    MOMENTUM,
    SCHEDULE,
    PATIENCE,
    CLIP,
    SEED,
    SHARDS,
    CHECKPOINTS,
];

/// Epochs on a plateau before the rate is halved: well below the default patience of early stopping.
const PLATEAU_PATIENCE: u32 = 2;
/// The cosine ends at, and a plateau's halvings stop at, this share of the full rate.
const LEAST_SHARE: f64 = 0.01;

/// A step with at least so many multiplications forward (some tens of milliseconds, with the way back) is worth sharing.
const LARGE_STEP: u64 = 100_000_000;
/// Parts of such a step's batch: as many workers as a page starts at most.
const PARTS: usize = 4;

/// Settings of training, read once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// What is minimised.
    pub loss: Loss,
    /// How gradients become steps.
    pub rule: Rule,
    /// The learning rate at the start.
    pub rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// Windows a step.
    pub batch: usize,
    /// Most epochs.
    pub epochs: u32,
    /// Epochs without improvement until training ends; 0: it does not.
    pub patience: u32,
    /// Limit of the gradient's norm; 0: none.
    pub clip: f64,
    /// Where randomness starts.
    pub seed: u64,
    /// Parts of a batch whose gradients are summed; 0: to be chosen.
    pub shards: usize,
    /// Whether the states at some steps only are kept, and the rest computed once more.
    pub checkpoints: bool,
}

impl Options {
    /// The same with the number of shards chosen, if it is left open: by the size of a step alone, never by the machine, so
    /// that the same settings give the same weights everywhere. `multiplications`: of one step, forward; in 64 bits, for a size
    /// in the 32 bits of a browser's addresses would wrap.
    #[must_use]
    pub fn with_shards_for(self, multiplications: u64) -> Self {
        let automatic = if multiplications >= LARGE_STEP { PARTS } else { 1 };
        Self { shards: if self.shards == 0 { automatic } else { self.shards }, ..self }
    }

    /// Reads checked settings.
    pub fn new(settings: &Settings) -> Self {
        let rate = settings.number(LEARNING_RATE.key);
        let count = |knob: &Knob| u32::try_from(settings.integer(knob.key)).unwrap_or_default();
        let epochs = count(&EPOCHS);
        Self {
            loss: match settings.text(LOSS.key) {
                "mae" => Loss::Mae,
                "huber" => Loss::Huber,
                _ => Loss::Mse,
            },
            rule: match settings.text(OPTIMISER.key) {
                "sgd" => Rule::Sgd { momentum: crate::narrow(settings.number(MOMENTUM.key)) },
                "rmsprop" => Rule::RmsProp,
                "adam" => Rule::Adam,
                _ => Rule::AdamW { decay: crate::narrow(settings.number(WEIGHT_DECAY.key)) },
            },
            rate,
            schedule: match settings.text(SCHEDULE.key) {
                "cosine" => Schedule::Cosine { epochs, least: LEAST_SHARE * rate },
                "plateau" => Schedule::Plateau(Plateau::new(0.5, PLATEAU_PATIENCE, 1e-4, LEAST_SHARE * rate)),
                _ => Schedule::Constant,
            },
            batch: settings.size(BATCH.key),
            epochs,
            patience: count(&PATIENCE),
            clip: settings.number(CLIP.key),
            seed: settings.integer(SEED.key).unsigned_abs(),
            shards: settings.size(SHARDS.key),
            checkpoints: settings.flag(CHECKPOINTS.key),
        }
    }
}
