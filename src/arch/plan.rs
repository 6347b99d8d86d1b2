//! What a model is built for: sizes of its window, and the settings it reads.

use crate::error::Result;
use crate::knob::{Choice, Default, Group, Kind, Knob, Settings};

/// Which part of a day, week or year repeats.
pub const SEASON: Knob = Knob {
    key: "season",
    label: "Season",
    help: "Steps after which the series tends to repeat itself (24 for hours of a day). 0: found from the series.",
    unit: "steps",
    source: "",
    group: Group::Window,
    kind: Kind::Integer { min: 0, max: 100_000 },
    default: Default::Integer(0),
    basic: false,
    when: None,
};

/// How far back a model looks.
pub const WINDOW: Knob = Knob {
    key: "window",
    label: "Window",
    help: "How many steps of the past the model reads before each forecast. 0: fits the step and the length of the data.",
    unit: "steps",
    source: "",
    group: Group::Window,
    kind: Kind::Integer { min: 0, max: 10_000 },
    default: Default::Integer(0),
    basic: true,
    when: None,
};

/// How far ahead a model forecasts.
pub const HORIZON: Knob = Knob {
    key: "horizon",
    label: "Horizon",
    help: "How many steps ahead are forecast. 0: fits the step and the length of the data.",
    unit: "steps",
    source: "",
    group: Group::Window,
    kind: Kind::Integer { min: 0, max: 1_000 },
    default: Default::Integer(0),
    basic: true,
    when: None,
};

/// How the window reaches the network.
pub const SEGMENT: Knob = Knob {
    key: "segment",
    label: "Segment",
    help: "Steps that the network reads at once. 1: one step at a time. More: so many together, through a linear layer and a \
           rectifier; far fewer steps to remember over and to compute. 0: one season.",
    unit: "steps",
    source: "Lin et al. 2023 (SegRNN)",
    group: Group::Window,
    kind: Kind::Integer { min: 0, max: 1_000 },
    default: Default::Integer(0),
    basic: true,
    when: None,
};

/// What training reads.
pub const READING: Knob = Knob {
    key: "reading",
    label: "Training reads",
    help: "Whether training draws windows, each read from an empty memory, or reads the series as one, from its start to its \
           end, and takes its memory along.",
    unit: "",
    source: "Williams and Peng 1990",
    group: Group::Training,
    kind: Kind::Choice {
        options: &[
            Choice {
                value: "windows",
                label: "windows",
                help: "Each window by itself, in an order drawn afresh for each epoch: the gradient goes back through all of it.",
            },
            Choice {
                value: "continuous",
                label: "the series",
                help: "Truncated backpropagation through time: chunk after chunk of the series; the state goes on from chunk to \
                       chunk by its values, the gradient ends with the chunk; the loss is taken at every step, and values are not \
                       centred, as there is no window. For models that stream.",
            },
        ],
    },
    default: Default::Text("windows"),
    basic: false,
    when: None,
};

/// [`Knob::when`] of what matters only where training reads windows.
pub const IN_WINDOWS: Option<(&str, &[&str])> = Some(("reading", &["windows"]));

/// What is subtracted from a window before the network sees it.
pub const NORMALISE: Knob = Knob {
    key: "normalise",
    label: "Window is centred on",
    help: "A network that sees every window around zero learns the shape, not the level.",
    unit: "",
    source: "",
    group: Group::Window,
    kind: Kind::Choice {
        options: &[
            Choice {
                value: "last",
                label: "its last value",
                help: "The last value is subtracted from the window and added to the forecast (NLinear, Zeng et al. 2023). With \
                       the loss at every step, the first step’s is subtracted, and each forecast is added to the last value \
                       before it.",
            },
            Choice {
                value: "window",
                label: "its mean, over its spread",
                help: "The window's own mean and standard deviation are taken out and put back (RevIN without learned \
                       factors, Kim et al. 2022). With the loss at every step, those of the values up to each step.",
            },
            Choice { value: "none", label: "nothing", help: "The network sees values scaled by the training part." },
        ],
    },
    default: Default::Text("last"),
    basic: false,
    when: IN_WINDOWS,
};

/// How the horizon is produced.
pub const HEAD: Knob = Knob {
    key: "head",
    label: "Forecast",
    help: "Whether the whole horizon is read off at once or the model feeds on its own forecasts.",
    unit: "",
    source: "",
    group: Group::Model,
    kind: Kind::Choice {
        options: &[
            Choice {
                value: "direct",
                label: "all steps at once",
                help: "One linear layer gives every step of the horizon, of all targets, from the last hidden state.",
            },
            Choice {
                value: "rolled",
                label: "step by step, fed back",
                help: "The next step (or segment) of every input column is forecast and fed back as input until the horizon \
                       is reached; errors feed back too.",
            },
        ],
    },
    default: Default::Text("direct"),
    basic: false,
    when: None,
};

/// Where the loss is taken.
pub const LOSS_ON: Knob = Knob {
    key: "loss_on",
    label: "Loss is taken",
    help: "Whether only the forecast from the end of the window counts in training, or one from every step of it (y at \
           every t).",
    unit: "",
    source: "",
    group: Group::Training,
    kind: Kind::Choice {
        options: &[
            Choice { value: "last", label: "at the last step", help: "What is asked for is what is trained." },
            Choice {
                value: "every",
                label: "at every step",
                help: "Each window gives as many forecasts to learn from as it has steps; the early ones know little of the \
                       past, and none knows what follows it.",
            },
        ],
    },
    default: Default::Text("last"),
    basic: false,
    when: IN_WINDOWS,
};

/// A linear way past the network.
pub const HIGHWAY: Knob = Knob {
    key: "highway",
    label: "Linear highway",
    help: "Adds a linear map from the window of what is forecast straight to the forecast, zero at first; the network learns \
           what it misses. Several targets share it, each by itself.",
    unit: "",
    source: "Lai et al. 2018 (LSTNet)",
    group: Group::Model,
    kind: Kind::Flag,
    default: Default::Flag(false),
    basic: false,
    when: Some(("head", &["direct"])),
};

/// Knobs that every model reads.
pub const KNOBS: &[Knob] = &[SEASON, WINDOW, HORIZON, READING];

/// What is subtracted from a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalise {
    /// Nothing.
    None,
    /// Its last value.
    Last,
    /// Its mean, and it is divided by its standard deviation.
    Window,
}

impl Normalise {
    fn from(settings: &Settings) -> Self {
        match settings.text(NORMALISE.key) {
            "last" => Normalise::Last,
            "window" => Normalise::Window,
            _ => Normalise::None,
        }
    }
}

/// Sizes and choices that a model is built from, resolved: nothing is automatic any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Features a row.
    pub features: usize,
    /// How many of them, from the first, come from the file; the rest are known ahead.
    pub data_features: usize,
    /// How many features, from the first, are forecast.
    pub targets: usize,
    /// Steps of the past.
    pub window: usize,
    /// Steps of the future.
    pub horizon: usize,
    /// Steps that the network reads at once.
    pub segment: usize,
    /// What is subtracted from a window.
    pub normalise: Normalise,
    /// Whether the model feeds on its own forecasts.
    pub rolled: bool,
    /// Whether every step of the window is trained on.
    pub every_step: bool,
    /// Whether there is a linear way past the network.
    pub highway: bool,
    /// Whether training reads the series as one.
    pub continuous: bool,
}

impl Plan {
    /// Reads the plan from checked settings; `season`, `window` and `horizon` are the resolved ones.
    ///
    /// # Errors
    /// [`crate::Error::Knob`] for a segment longer than the window, or, fed back, than the horizon.
    pub fn new(
        settings: &Settings,
        (features, data_features, targets): (usize, usize, usize),
        sizes: (usize, usize, usize),
    ) -> Result<Self> {
        let by_step = (settings.text(HEAD.key) == "rolled", settings.text(LOSS_ON.key) == "every");
        Self::with(settings, (features, data_features, targets), sizes, by_step)
    }

    /// The same for a model that makes up its own mind about whether it feeds on its forecasts, and whether every step of
    /// the window is trained on.
    ///
    /// # Errors
    /// As above.
    pub fn with(
        settings: &Settings,
        (features, data_features, targets): (usize, usize, usize),
        (season, window, horizon): (usize, usize, usize),
        (rolled, every_step): (bool, bool),
    ) -> Result<Self> {
        let asked = settings.size(SEGMENT.key);
        let longest = if rolled { window.min(horizon) } else { window };
        // One season, unless it does not fit.
        let segment = if asked == 0 { season.clamp(1, longest) } else { asked };
        if segment > window {
            return Err(SEGMENT.error(format!("{segment} steps do not fit into a window of {window}")));
        }
        if segment > longest {
            return Err(SEGMENT.error(format!(
                "fed back, a segment of {segment} steps is more than the horizon of {horizon}; choose at most {horizon}"
            )));
        }
        Ok(Self {
            features,
            data_features,
            targets,
            window,
            horizon,
            segment,
            normalise: Normalise::from(settings),
            rolled,
            every_step,
            highway: settings.flag(HIGHWAY.key) && !rolled,
            continuous: false,
        })
    }

    /// The plan of a model that reads the whole window at once and gives the whole horizon at once: of the settings, only
    /// [`NORMALISE`] matters.
    pub fn whole(
        settings: &Settings,
        (features, data_features, targets): (usize, usize, usize),
        (window, horizon): (usize, usize),
    ) -> Self {
        Self {
            features,
            data_features,
            targets,
            window,
            horizon,
            segment: window,
            normalise: Normalise::from(settings),
            rolled: false,
            every_step: false,
            highway: false,
            continuous: false,
        }
    }

    /// The same for training that reads the series as one: no window to be centred, or to go past the network, and something
    /// to be learnt at every step.
    ///
    /// # Errors
    /// [`crate::Error::Knob`] for a highway.
    pub fn continuous(self) -> Result<Self> {
        if self.highway {
            return Err(HIGHWAY.error(
                "it maps a whole window, and training that reads the series as one has none; turn it off, or let training \
                 read windows",
            ));
        }
        Ok(Self { normalise: Normalise::None, every_step: true, continuous: true, ..self })
    }

    /// How many times the network steps over one window.
    pub fn tokens(&self) -> usize {
        self.window / self.segment
    }

    /// Steps at the start of the window that no whole segment covers.
    pub fn skipped(&self) -> usize {
        self.window - self.tokens() * self.segment
    }
}
