//! The plan of a model: its sizes, and the settings behind them.

use crate::error::Result;
use crate::knob::{AnyKnob, Group, Knob, When, choices};

/// Length of a season, in rows.
pub const SEASON: Knob<usize> = Knob::integer(Group::Window, "season", "Season", 0..=100_000, 0)
    .help(
        "Steps after which the series tends to repeat (24 for hourly rows with a daily cycle). 0: found from the \
           series.",
    )
    .unit("steps");

/// Length of the input window, in rows.
pub const WINDOW: Knob<usize> = Knob::integer(Group::Window, "window", "Window", 0..=10_000, 0)
    .help("Past steps that the model reads before each forecast. 0: chosen by the step and the length of the data.")
    .unit("steps")
    .basic();

/// Number of rows forecast.
pub const HORIZON: Knob<usize> = Knob::integer(Group::Window, "horizon", "Horizon", 0..=1_000, 0)
    .help("Steps ahead to forecast. 0: chosen by the step and the length of the data.")
    .unit("steps")
    .basic();

/// Rows of a token.
pub const SEGMENT: Knob<usize> = Knob::integer(Group::Window, "segment", "Segment", 0..=1_000, 0)
    .help(
        "Steps that the network reads at once (a patch). 1: one step at a time. More: together, through a linear \
           layer and a rectifier; there are then fewer steps to remember over and to compute. 0: one season.",
    )
    .unit("steps")
    .source("Lin et al. 2023 (SegRNN)")
    .basic();

choices! {
    /// The training source.
    pub enum Reading {
        Windows("windows", "windows",
            "Separate windows in a new random order for each epoch. The gradient goes back through the whole window."),
        Continuous("continuous", "truncated BPTT",
            "Truncated backpropagation through time (stateful training): the series in order, chunk by chunk. The \
            state's values carry over, the gradient stops at the chunk's start. The loss is taken at every step, and \
            values are not centred. For models that stream."),
    }
}

/// The training source.
pub const READING: Knob<Reading> = Knob::choice(Group::Training, "reading", "Backpropagation", "windows")
    .help("Through separate windows, each read from an empty state, or along the series with the state carried on.")
    .source("Williams and Peng 1990");

/// The knob's case of training on windows.
pub const IN_WINDOWS: When = READING.is(&["windows"]);

choices! {
    /// The centre of a window.
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

/// The centre of a window.
pub const NORMALISE: Knob<Normalise> = Knob::choice(Group::Window, "normalise", "Window centred on", "last")
    .help("A network that sees every window around zero learns the shape, not the level.")
    .when(IN_WINDOWS);

choices! {
    /// The computation of the horizon.
    pub enum Head {
        Direct("direct", "all steps at once",
            "One linear layer maps the last hidden state to all steps of the horizon and all targets."),
        Recursive("rolled", "recursively, step by step",
            "The model forecasts the next step (or segment) of every input column and reads it as input, up to the \
            horizon. Errors feed back too."),
    }
}

/// The computation of the horizon.
pub const HEAD: Knob<Head> = Knob::choice(Group::Model, "head", "Forecast", "direct")
    .help("Whether the model forecasts the whole horizon at once or recursively, from its own forecasts.");

choices! {
    /// Steps at which the loss is taken.
    pub enum LossOn {
        Last("last", "at the last step", "Trains the forecast from the end of the window, as it is used."),
        Every("every", "at every step",
            "Trains a forecast from every step of the window. Early ones know little of the past; none sees later \
            steps."),
    }
}

/// Steps at which the loss is taken.
pub const LOSS_ON: Knob<LossOn> = Knob::choice(Group::Training, "loss_on", "Loss is taken", "last")
    .help(
        "Whether training counts the forecast from the end of the window alone or one from every step (y at every t).",
    )
    .when(IN_WINDOWS);

/// A linear skip past the network.
pub const LINEAR_SKIP: Knob<bool> = Knob::flag(Group::Model, "highway", "Linear skip", false)
    .help(
        "Adds a linear map from the target's window to its forecast, zero at first; the network learns the rest. \
           Several targets share the map, and each reads only its own window.",
    )
    .source("Lai et al. 2018 (LSTNet)")
    .when(HEAD.is(&["direct"]));

/// Whether a model starts as the linear model.
pub const FROM_LINE: Knob<bool> = Knob::flag(Group::Model, "from_line", "Start from the line", false)
    .help(
        "The forecast is that of the linear model of the training part (ridge regression on the target’s window) plus the network’s, \
           which starts at zero and learns what the line leaves over. What it adds counts as far as the validation part shows that \
           it is no chance.",
    )
    .source("Hoerl and Kennard 1970; He et al. 2016 (residual learning)")
    .when(HEAD.is(&["direct"]));

/// Knobs of every model.
pub const KNOBS: &[&dyn AnyKnob] = &[&SEASON, &WINDOW, &HORIZON, &READING];

/// The form of a network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// All of it at once.
    Whole,
    /// In segments of so many steps, in sequence.
    Segments(usize),
}

/// A linear map past the network, from the window to the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// None.
    None,
    /// Zero at first, and trained with the network.
    Learnt,
    /// The linear model, which stays as it is fitted, with an intercept.
    Line,
}

/// The output of the network at each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// The whole horizon of the targets.
    Direct {
        /// The linear map past the network.
        skip: Skip,
    },
    /// The next segment of every data feature, fed back until the horizon is reached.
    Recursive,
}

/// The tokens that are learnt from, and the centring of the values read there. Each form has a causal normalisation: a step cannot
/// be centred on later values.
///
/// ```compile_fail,E0308
/// use unrolled::arch::plan::{Learning, Normalise};
/// let _ = Learning::Every(Normalise::Last); // the window's last value, which no earlier step knows
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learning {
    /// At the end of each window, with all of it known.
    End(Normalise),
    /// At every token of each window, with nothing known beyond it.
    Every(Causal),
    /// At every token of the series as one: there is no window to be centred.
    Series,
}

/// Normalisation by values up to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Causal {
    /// Nothing.
    None,
    /// Subtracts the last value: the first token's from the input, the last one before it from a forecast.
    Last,
    /// Subtracts the running mean and divides by the running standard deviation.
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

/// Sizes and choices of a model, all resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Features of a row.
    pub features: usize,
    /// Number of features, from the first, that come from the file; the rest are known ahead.
    pub data_features: usize,
    /// Number of targets, the first features.
    pub targets: usize,
    /// Rows of the input window.
    pub window: usize,
    /// Rows of the horizon.
    pub horizon: usize,
    /// The form of the input.
    pub input: Input,
    /// The output at each step.
    pub output: Output,
    /// The tokens that are learnt from.
    pub learning: Learning,
}

impl Plan {
    /// The same for a network that reads segments of `asked` steps; 0: of one `season`, or as much of it as fits.
    ///
    /// # Errors
    /// [`crate::Error::Knob`] for a segment longer than the window, or, in a recursive model, than the horizon.
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

    /// Rows of a token.
    pub fn segment(&self) -> usize {
        match self.input {
            Input::Whole => self.window,
            Input::Segments(steps) => steps,
        }
    }

    /// Number of the network's steps over one window.
    pub fn tokens(&self) -> usize {
        self.window / self.segment()
    }

    /// Rows at the start of the window that no whole segment covers.
    pub fn skipped(&self) -> usize {
        self.window % self.segment()
    }

    /// Whether the model is recursive.
    pub fn recursive(&self) -> bool {
        self.output == Output::Recursive
    }

    /// Number of the network's steps over its own forecasts.
    pub fn fed_back(&self) -> usize {
        if self.recursive() { self.horizon.div_ceil(self.segment()) } else { 0 }
    }

    /// The linear map past the network.
    pub fn skip(&self) -> Skip {
        match self.output {
            Output::Direct { skip } => skip,
            Output::Recursive => Skip::None,
        }
    }

    /// Whether every token is learnt from.
    pub fn learns_throughout(&self) -> bool {
        !matches!(self.learning, Learning::End(_))
    }

    /// Whether training reads the series as one.
    pub fn continuous(&self) -> bool {
        self.learning == Learning::Series
    }

    /// Whether values are also divided by their own standard deviation.
    pub fn rescales(&self) -> bool {
        matches!(self.learning, Learning::End(Normalise::Window) | Learning::Every(Causal::SoFar))
    }
}
