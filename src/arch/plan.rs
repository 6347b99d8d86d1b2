//! What a model is built for: sizes of its window, and the settings it reads.

use crate::error::Result;
use crate::knob::{AnyKnob, Group, Knob, Settings, When, choices};

/// Which part of a day, week or year repeats.
pub const SEASON: Knob<usize> = Knob::integer(Group::Window, "season", "Season", 0..=100_000, 0)
    .help("Steps after which the series tends to repeat itself (24 for hours of a day). 0: found from the series.")
    .unit("steps");

/// How far back a model looks.
pub const WINDOW: Knob<usize> = Knob::integer(Group::Window, "window", "Window", 0..=10_000, 0)
    .help(
        "How many steps of the past the model reads before each forecast. 0: fits the step and the length of the data.",
    )
    .unit("steps")
    .basic();

/// How far ahead a model forecasts.
pub const HORIZON: Knob<usize> = Knob::integer(Group::Window, "horizon", "Horizon", 0..=1_000, 0)
    .help("How many steps ahead are forecast. 0: fits the step and the length of the data.")
    .unit("steps")
    .basic();

/// How the window reaches the network.
pub const SEGMENT: Knob<usize> = Knob::integer(Group::Window, "segment", "Segment", 0..=1_000, 0)
    .help("Steps that the network reads at once. 1: one step at a time. More: so many together, through a linear layer and a \
           rectifier; far fewer steps to remember over and to compute. 0: one season.")
    .unit("steps")
    .source("Lin et al. 2023 (SegRNN)")
    .basic();

choices! {
    /// What training reads.
    pub enum Reading {
        Windows("windows", "windows",
            "Each window by itself, in an order drawn afresh for each epoch: the gradient goes back through all of it."),
        Continuous("continuous", "the series",
            "Truncated backpropagation through time: chunk after chunk of the series; the state goes on from chunk to \
            chunk by its values, the gradient ends with the chunk; the loss is taken at every step, and values are not \
            centred, as there is no window. For models that stream."),
    }
}

/// What training reads.
pub const READING: Knob<Reading> = Knob::choice(Group::Training, "reading", "Training reads", "windows")
    .help("Whether training draws windows, each read from an empty memory, or reads the series as one, from its start to its \
           end, and takes its memory along.")
    .source("Williams and Peng 1990");

/// Where training reads windows.
pub const IN_WINDOWS: When = READING.is(&["windows"]);

choices! {
    /// What is subtracted from a window.
    pub enum Normalise {
        Last("last", "its last value",
            "The last value is subtracted from the window and added to the forecast (NLinear, Zeng et al. 2023). With \
            the loss at every step, the first step’s is subtracted, and each forecast is added to the last value \
            before it."),
        Window("window", "its mean, over its spread",
            "The window's own mean and standard deviation are taken out and put back (RevIN without learned \
            factors, Kim et al. 2022). With the loss at every step, those of the values up to each step."),
        None("none", "nothing", "The network sees values scaled by the training part."),
    }
}

/// What is subtracted from a window before the network sees it.
pub const NORMALISE: Knob<Normalise> = Knob::choice(Group::Window, "normalise", "Window is centred on", "last")
    .help("A network that sees every window around zero learns the shape, not the level.")
    .when(IN_WINDOWS);

choices! {
    /// How the horizon is produced.
    pub enum Head {
        Direct("direct", "all steps at once",
            "One linear layer gives every step of the horizon, of all targets, from the last hidden state."),
        Rolled("rolled", "step by step, fed back",
            "The next step (or segment) of every input column is forecast and fed back as input until the horizon \
            is reached; errors feed back too."),
    }
}

/// How the horizon is produced.
pub const HEAD: Knob<Head> = Knob::choice(Group::Model, "head", "Forecast", "direct")
    .help("Whether the whole horizon is read off at once or the model feeds on its own forecasts.");

choices! {
    /// Where the loss is taken.
    pub enum LossOn {
        Last("last", "at the last step", "What is asked for is what is trained."),
        Every("every", "at every step",
            "Each window gives as many forecasts to learn from as it has steps; the early ones know little of the \
            past, and none knows what follows it."),
    }
}

/// Where the loss is taken.
pub const LOSS_ON: Knob<LossOn> = Knob::choice(Group::Training, "loss_on", "Loss is taken", "last")
    .help(
        "Whether only the forecast from the end of the window counts in training, or one from every step of it (y at \
           every t).",
    )
    .when(IN_WINDOWS);

/// A linear way past the network.
pub const HIGHWAY: Knob<bool> = Knob::flag(Group::Model, "highway", "Linear highway", false)
    .help("Adds a linear map from the window of what is forecast straight to the forecast, zero at first; the network learns \
           what it misses. Several targets share it, each by itself.")
    .source("Lai et al. 2018 (LSTNet)")
    .when(HEAD.is(&["direct"]));

/// Knobs that every model reads.
pub const KNOBS: &[&dyn AnyKnob] = &[&SEASON, &WINDOW, &HORIZON, &READING];

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
        let by_step = (settings.get(&HEAD) == Head::Rolled, settings.get(&LOSS_ON) == LossOn::Every);
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
        let asked = settings.get(&SEGMENT);
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
            normalise: settings.get(&NORMALISE),
            rolled,
            every_step,
            highway: settings.get(&HIGHWAY) && !rolled,
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
            normalise: settings.get(&NORMALISE),
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
