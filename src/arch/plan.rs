//! What a model is built for: sizes of its window, and the settings it reads.

use crate::error::Result;
use crate::knob::{AnyKnob, Group, Knob, When, choices};

/// Which part of a day, week or year repeats.
pub const SEASON: Knob<usize> = Knob::integer(Group::Window, "season", "Season", 0..=100_000, 0)
    .help(
        "Steps after which the series tends to repeat (24 for hourly rows with a daily cycle). 0: found from the \
           series.",
    )
    .unit("steps");

/// How far back a model looks.
pub const WINDOW: Knob<usize> = Knob::integer(Group::Window, "window", "Window", 0..=10_000, 0)
    .help("Past steps that the model reads before each forecast. 0: chosen by the step and the length of the data.")
    .unit("steps")
    .basic();

/// How far ahead a model forecasts.
pub const HORIZON: Knob<usize> = Knob::integer(Group::Window, "horizon", "Horizon", 0..=1_000, 0)
    .help("Steps ahead to forecast. 0: chosen by the step and the length of the data.")
    .unit("steps")
    .basic();

/// How the window reaches the network.
pub const SEGMENT: Knob<usize> = Knob::integer(Group::Window, "segment", "Segment", 0..=1_000, 0)
    .help(
        "Steps that the network reads at once (a patch). 1: one step at a time. More: together, through a linear \
           layer and a rectifier; there are then fewer steps to remember over and to compute. 0: one season.",
    )
    .unit("steps")
    .source("Lin et al. 2023 (SegRNN)")
    .basic();

choices! {
    /// What training reads.
    pub enum Reading {
        Windows("windows", "windows",
            "Separate windows in a new random order for each epoch. The gradient goes back through the whole window."),
        Continuous("continuous", "truncated BPTT",
            "Truncated backpropagation through time (stateful training): the series in order, chunk by chunk. The \
            state's values carry over, the gradient stops at the chunk's start. The loss is taken at every step, and \
            values are not centred. For models that stream."),
    }
}

/// What training reads.
pub const READING: Knob<Reading> = Knob::choice(Group::Training, "reading", "Backpropagation", "windows")
    .help("Through separate windows, each read from an empty state, or along the series with the state carried on.")
    .source("Williams and Peng 1990");

/// Where training reads windows.
pub const IN_WINDOWS: When = READING.is(&["windows"]);

choices! {
    /// What is subtracted from a window.
    pub enum Normalise {
        Last("last", "its last value",
            "The last value is subtracted from the window and added to the forecast (NLinear, Zeng et al. 2023). \
            With the loss at every step, the first value is subtracted, and each forecast is added to the last value \
            before it."),
        Window("window", "its mean and standard deviation",
            "The window's mean and standard deviation are removed and put back (RevIN without learned factors, Kim \
            et al. 2022). With the loss at every step: those of the values up to each step."),
        None("none", "nothing", "The network sees values scaled by the training part."),
    }
}

/// What is subtracted from a window before the network sees it.
pub const NORMALISE: Knob<Normalise> = Knob::choice(Group::Window, "normalise", "Window centred on", "last")
    .help("A network that sees every window around zero learns the shape, not the level.")
    .when(IN_WINDOWS);

choices! {
    /// How the horizon is produced.
    pub enum Head {
        Direct("direct", "all steps at once",
            "One linear layer maps the last hidden state to all steps of the horizon and all targets."),
        Recursive("rolled", "recursively, step by step",
            "The model forecasts the next step (or segment) of every input column and reads it as input, up to the \
            horizon. Errors feed back too."),
    }
}

/// How the horizon is produced.
pub const HEAD: Knob<Head> = Knob::choice(Group::Model, "head", "Forecast", "direct")
    .help("Whether the model forecasts the whole horizon at once or recursively, from its own forecasts.");

choices! {
    /// Where the loss is taken.
    pub enum LossOn {
        Last("last", "at the last step", "Trains the forecast from the end of the window, as it is used."),
        Every("every", "at every step",
            "Trains a forecast from every step of the window. Early ones know little of the past; none sees later \
            steps."),
    }
}

/// Where the loss is taken.
pub const LOSS_ON: Knob<LossOn> = Knob::choice(Group::Training, "loss_on", "Loss is taken", "last")
    .help(
        "Whether training counts the forecast from the end of the window alone or one from every step (y at every t).",
    )
    .when(IN_WINDOWS);

/// A linear way past the network.
pub const LINEAR_SKIP: Knob<bool> = Knob::flag(Group::Model, "highway", "Linear skip", false)
    .help(
        "Adds a linear map from the target's window to its forecast, zero at first; the network learns the rest. \
           Several targets share the map, and each reads only its own window.",
    )
    .source("Lai et al. 2018 (LSTNet)")
    .when(HEAD.is(&["direct"]));

/// Knobs that every model reads.
pub const KNOBS: &[&dyn AnyKnob] = &[&SEASON, &WINDOW, &HORIZON, &READING];

/// How the window reaches the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// All of it at once.
    Whole,
    /// In segments of so many steps, one after the other.
    Segments(usize),
}

/// What the network gives at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// The whole horizon of the targets.
    Direct {
        /// Whether there is a linear way past the network.
        skip: bool,
    },
    /// The next segment of every data feature, which is fed back until the horizon is reached.
    Recursive,
}

/// Where something is learnt, and what is taken out of the values that the network reads there. Each has the normalisation that is
/// causal for it: a step cannot be centred on what comes after it.
///
/// ```compile_fail,E0308
/// use unrolled::arch::plan::{Learning, Normalise};
/// let _ = Learning::Every(Normalise::Last); // the window's last value, which no earlier step knows
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learning {
    /// At the end of each window, where all of it is known.
    End(Normalise),
    /// At every token of each window, where nothing is known of what comes behind the token.
    Every(Causal),
    /// At every token of the series, which is read as one: there is no window to be centred.
    Series,
}

/// What is taken out of values that are known up to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Causal {
    /// Nothing.
    None,
    /// The last value: the first token's out of what is read, the last one before it out of a forecast.
    Last,
    /// The mean of those so far, and they are divided by their standard deviation.
    SoFar,
}

impl Normalise {
    /// The same where only the values up to a token are known.
    pub fn causal(self) -> Causal {
        match self {
            Normalise::Last => Causal::Last,
            Normalise::Window => Causal::SoFar,
            Normalise::None => Causal::None,
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
    /// How the window reaches the network.
    pub input: Input,
    /// What the network gives at once.
    pub output: Output,
    /// Where something is learnt.
    pub learning: Learning,
}

impl Plan {
    /// The same for a network that reads segments of `asked` steps; 0: of one `season`, or as much of it as fits.
    ///
    /// # Errors
    /// [`crate::Error::Knob`] for a segment longer than the window, or, fed back, than the horizon.
    pub fn in_segments(self, asked: usize, season: usize) -> Result<Self> {
        let Plan { window, horizon, .. } = self;
        let longest = if self.recursive() { window.min(horizon) } else { window };
        let segment = if asked == 0 { season.clamp(1, longest) } else { asked };
        if segment > window {
            return Err(
                SEGMENT.error(format!("{segment} steps do not fit into a window of {window}; choose at most {window}"))
            );
        }
        if segment > longest {
            return Err(SEGMENT.error(format!(
                "a recursive forecast needs a segment no longer than the horizon; choose at most {horizon} instead \
                 of {segment}"
            )));
        }
        Ok(Self { input: Input::Segments(segment), ..self })
    }

    /// Steps that the network reads at once.
    pub fn segment(&self) -> usize {
        match self.input {
            Input::Whole => self.window,
            Input::Segments(steps) => steps,
        }
    }

    /// How many times the network steps over one window.
    pub fn tokens(&self) -> usize {
        self.window / self.segment()
    }

    /// Steps at the start of the window that no whole segment covers.
    pub fn skipped(&self) -> usize {
        self.window % self.segment()
    }

    /// Whether the model feeds on its own forecasts.
    pub fn recursive(&self) -> bool {
        self.output == Output::Recursive
    }

    /// How many times the network steps over what it feeds back.
    pub fn fed_back(&self) -> usize {
        if self.recursive() { self.horizon.div_ceil(self.segment()) } else { 0 }
    }

    /// Whether something is learnt at every token.
    pub fn learns_throughout(&self) -> bool {
        !matches!(self.learning, Learning::End(_))
    }

    /// Whether training reads the series as one.
    pub fn continuous(&self) -> bool {
        self.learning == Learning::Series
    }

    /// Whether values are divided by a standard deviation of their own, not only shifted.
    pub fn rescales(&self) -> bool {
        matches!(self.learning, Learning::End(Normalise::Window) | Learning::Every(Causal::SoFar))
    }
}
