//! The list of architectures.

use crate::arch::plan::{
    self, FROM_LINE, HEAD, Head, Input, LINEAR_SKIP, LOSS_ON, Learning, LossOn, NORMALISE, Normalise, Output, Plan,
    Skip,
};
use crate::arch::plan::{READING, Reading, SEGMENT};
use crate::arch::recurrent::{FORGET_BIAS, INIT_SCALE, RECURRENT_INIT};
use crate::arch::stacked::{self, MakeBlock, Stacked};
use crate::arch::stacked::{DROPOUT, HEAD_DROPOUT, HIDDEN, LAYERS};
use crate::arch::{
    Forecaster, bidirectional, dlinear, encoder_decoder, gru, lstm, mamba, minimal, mlp, nlinear, rnn, segrnn, tcn,
    transformer, xlstm,
};
use crate::error::Result;
use crate::knob::{AnyKnob, Choice, Choices, Default, Group, Knob, Raw, Settings};
use crate::math::Rng;
use crate::nn::{Builder, Params};

/// One row of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Architecture {
    /// Its value in settings: `lstm`.
    pub id: &'static str,
    /// Its name on the page.
    pub label: &'static str,
    /// One sentence on its principle and its use.
    pub summary: &'static str,
    /// Papers.
    pub source: &'static str,
    /// The recurrence in the chosen form, as MathML; `layers` are the indices of a stack's layers of this kind, from 0.
    pub equations: fn(&Settings, layers: &[usize]) -> &'static str,
    /// Whether it can read a sequence step by step, continuing from its state.
    pub streams: bool,
    /// Its own knobs, beyond those of every plan and, for layers, of every stack.
    pub knobs: &'static [&'static dyn AnyKnob],
    /// Its own defaults in place of the knobs'.
    pub defaults: &'static [(&'static dyn AnyKnob, Default)],
    /// Its constructor.
    pub make: Make,
}

/// A model without its parameters' values.
#[derive(Debug)]
pub struct Outline {
    /// Sizes and layers, without the ability to compute.
    pub forecaster: Box<dyn Forecaster>,
    /// Number of parameters.
    pub parameters: u64,
}

/// The constructor of an architecture.
#[derive(Debug, Clone, Copy)]
pub enum Make {
    /// One layer, which [`Stacked`] turns into a forecaster.
    Layer(MakeBlock),
    /// A forecaster of another shape.
    Forecaster(fn(&mut Builder, &Plan, &Settings) -> Box<dyn Forecaster>),
}

/// Every architecture, in the order of the page.
pub const ALL: &[Architecture] = &[
    Architecture {
        id: "rnn",
        label: "Vanilla RNN",
        summary: "One tanh layer with its last output fed back. Simple and fast; its memory fades within a few steps.",
        source: "Elman 1990",
        equations: |_, _| include_str!("equations/rnn.mml"),
        streams: true,
        knobs: &[&RECURRENT_INIT, &INIT_SCALE],
        defaults: &[],
        make: Make::Layer(rnn::block),
    },
    Architecture {
        id: "lstm",
        label: "LSTM",
        summary: "Gates write, keep and read a cell state: made to remember over many steps.",
        source: "Hochreiter and Schmidhuber 1997; Gers et al. 2000",
        equations: |_, _| include_str!("equations/lstm.mml"),
        streams: true,
        knobs: &[&FORGET_BIAS, &RECURRENT_INIT, &INIT_SCALE],
        defaults: &[],
        make: Make::Layer(lstm::block),
    },
    Architecture {
        id: "gru",
        label: "GRU",
        summary: "Two gates and no separate cell state: much like an LSTM, with a quarter fewer parameters.",
        source: "Cho et al. 2014; Chung et al. 2014",
        equations: |settings, _| {
            if gru::resets_before(settings) {
                include_str!("equations/gru_reset_before.mml")
            } else {
                include_str!("equations/gru.mml")
            }
        },
        streams: true,
        knobs: &[&gru::FORM, &FORGET_BIAS, &RECURRENT_INIT, &INIT_SCALE],
        defaults: &[],
        make: Make::Layer(gru::block),
    },
    Architecture {
        id: "bidirectional",
        label: "Bidirectional RNN",
        summary: "Two recurrent layers, one reading the window backwards. It needs the whole window and cannot \
                  stream.",
        source: "Schuster and Paliwal 1997; Graves and Schmidhuber 2005",
        equations: |_, _| include_str!("equations/bidirectional.mml"),
        streams: false,
        knobs: &[&bidirectional::CELL, &gru::FORM, &FORGET_BIAS, &RECURRENT_INIT, &INIT_SCALE],
        defaults: &[],
        make: Make::Layer(bidirectional::block),
    },
    Architecture {
        id: "mingru",
        label: "minGRU",
        summary: "A GRU whose gates read the input alone: no recurrent matrix, and all steps can be computed in \
                  parallel.",
        source: "Feng et al. 2024",
        equations: |_, _| include_str!("equations/mingru.mml"),
        streams: true,
        knobs: &[&minimal::CANDIDATE, &minimal::SCAN, &FORGET_BIAS, &INIT_SCALE],
        defaults: &[],
        make: Make::Layer(minimal::gru),
    },
    Architecture {
        id: "minlstm",
        label: "minLSTM",
        summary: "An LSTM whose gates read the input alone; its forget and input gates add up to 1.",
        source: "Feng et al. 2024",
        equations: |_, _| include_str!("equations/minlstm.mml"),
        streams: true,
        knobs: &[&minimal::CANDIDATE, &minimal::SCAN, &FORGET_BIAS, &INIT_SCALE],
        defaults: &[],
        make: Make::Layer(minimal::lstm),
    },
    Architecture {
        id: "xlstm",
        label: "xLSTM",
        summary: "LSTMs with exponential gates in residual blocks: mLSTM with a matrix as memory, sLSTM with gates \
                  that read the last state.",
        source: "Beck et al. 2024",
        equations: xlstm::equations,
        streams: true,
        knobs: &[
            &xlstm::SLSTM,
            &transformer::HEADS,
            &mamba::EXPANSION,
            &mamba::CONVOLUTION,
            &xlstm::FORGET_GATE,
            &INIT_SCALE,
        ],
        defaults: &[],
        make: Make::Layer(xlstm::block),
    },
    Architecture {
        id: "segrnn",
        label: "SegRNN",
        summary: "A GRU over segments of the window. It forecasts all segments of the horizon at once, each from its \
                  position.",
        source: "Lin et al. 2023",
        equations: |_, _| include_str!("equations/segrnn.mml"),
        streams: false,
        knobs: &[&SEGMENT, &NORMALISE, &FROM_LINE, &HIDDEN, &HEAD_DROPOUT, &FORGET_BIAS, &RECURRENT_INIT, &INIT_SCALE],
        defaults: &[],
        make: Make::Forecaster(segrnn::forecaster),
    },
    Architecture {
        id: "encoder_decoder",
        label: "Encoder-decoder",
        summary: "One network reads the window, another forecasts step by step from its own last forecast, with or \
                  without attention to the first.",
        source: "Sutskever et al. 2014; Cho et al. 2014",
        equations: encoder_decoder::equations,
        streams: false,
        knobs: encoder_decoder::KNOBS,
        defaults: &[],
        make: Make::Forecaster(encoder_decoder::make),
    },
    Architecture {
        id: "mamba",
        label: "Mamba",
        summary: "A state-space model whose input sets what to keep and read at each step: long memory without \
                  attention.",
        source: "Gu and Dao 2023",
        equations: |settings, _| {
            if settings.get(&mamba::SELECTION) {
                include_str!("equations/mamba.mml")
            } else {
                include_str!("equations/mamba_fixed.mml")
            }
        },
        streams: true,
        knobs: &[&mamba::STATE, &mamba::EXPANSION, &mamba::CONVOLUTION, &mamba::SELECTION, &INIT_SCALE],
        defaults: &[],
        make: Make::Layer(mamba::block),
    },
    Architecture {
        id: "tcn",
        label: "TCN",
        summary: "Gated convolutions with more and more distance between the steps that they read, until they cover the window. \
                  All steps are computed at once.",
        source: "van den Oord et al. 2016; Bai et al. 2018",
        equations: |_, _| include_str!("equations/tcn.mml"),
        streams: true,
        knobs: &[&tcn::KERNEL, &INIT_SCALE],
        defaults: &[],
        make: Make::Layer(tcn::block),
    },
    Architecture {
        id: "transformer",
        label: "Transformer",
        summary: "Each step attends to all steps so far. It carries no summary; the keys and values of every step \
                  are its memory.",
        source: "Vaswani et al. 2017; Xiong et al. 2020",
        equations: |_, _| include_str!("equations/transformer.mml"),
        streams: true,
        knobs: TRANSFORMER,
        defaults: &[],
        make: Make::Layer(transformer::decoder),
    },
    Architecture {
        id: "transformer_encoder",
        label: "Transformer encoder",
        summary: "Each step attends to the whole window, later steps too, and the forecast comes from the mean over \
                  all steps. It needs the whole window.",
        source: "Vaswani et al. 2017; Xiong et al. 2020",
        equations: |settings, layers| {
            if layers.contains(&(settings.get(&LAYERS) - 1)) {
                concat!(include_str!("equations/transformer_encoder.mml"), include_str!("equations/mean_of_steps.mml"))
            } else {
                include_str!("equations/transformer_encoder.mml")
            }
        },
        streams: false,
        knobs: TRANSFORMER,
        // Within one layer a step attends to the others before they have attended to any.
        defaults: &[(&LAYERS, Default::Integer(2))],
        make: Make::Layer(transformer::encoder),
    },
    Architecture {
        id: "mlp",
        label: "Feed-forward net",
        summary: "Reads the whole window at once, with separate weights for every position: no memory, no order, \
                  many parameters.",
        source: "Rumelhart et al. 1986",
        equations: |_, _| include_str!("equations/mlp.mml"),
        streams: false,
        knobs: &[&NORMALISE, &FROM_LINE, &HIDDEN, &LAYERS, &DROPOUT, &HEAD_DROPOUT, &INIT_SCALE],
        defaults: &[],
        make: Make::Forecaster(mlp::forecaster),
    },
    Architecture {
        id: "nlinear",
        label: "NLinear",
        summary: "One linear map from the window, centred on its last value, to the horizon: a baseline for every \
                  network.",
        source: "Zeng et al. 2023",
        equations: |_, _| include_str!("equations/nlinear.mml"),
        streams: false,
        knobs: &[&INIT_SCALE],
        defaults: &[],
        make: Make::Forecaster(nlinear::forecaster),
    },
    Architecture {
        id: "dlinear",
        label: "DLinear",
        summary: "Splits the window into a moving average and the rest. Each has its own linear map to the horizon.",
        source: "Zeng et al. 2023",
        equations: |_, _| include_str!("equations/dlinear.mml"),
        streams: false,
        knobs: &[&dlinear::SPAN, &INIT_SCALE],
        defaults: &[],
        make: Make::Forecaster(dlinear::forecaster),
    },
];

const TRANSFORMER: &[&dyn AnyKnob] =
    &[&transformer::HEADS, &transformer::FEED_FORWARD, &transformer::ACTIVATION, &transformer::POSITIONS, &INIT_SCALE];

impl Architecture {
    /// Whether its layers can alternate with those of another.
    const fn mixes(&self) -> bool {
        self.streams && matches!(self.make, Make::Layer(_))
    }

    const fn option(&self) -> Choice {
        Choice { value: self.id, label: self.label, help: self.summary }
    }
}

const fn options<const N: usize>() -> [Choice; N] {
    let mut all = [ALL[0].option(); N];
    let mut k = 0;
    while k < N {
        all[k] = ALL[k].option();
        k += 1;
    }
    all
}

impl Choices for &'static Architecture {
    const OPTIONS: &'static [Choice] = &options::<{ ALL.len() }>();

    fn nth(index: usize) -> Option<Self> {
        ALL.get(index)
    }
}

/// The architecture.
pub const ARCHITECTURE: Knob<&Architecture> =
    Knob::choice(Group::Model, "architecture", "Architecture", "gru").help("The kind of network.").basic();

/// Number of architectures that can be mixed into a stack.
const fn mixable() -> usize {
    let (mut k, mut count) = (0, 0);
    while k < ALL.len() {
        count += ALL[k].mixes() as usize;
        k += 1;
    }
    count
}

const fn mixes<const N: usize>() -> [Choice; N] {
    let mut all = [Choice { value: "same", label: "the same", help: "All layers are of one kind." }; N];
    let (mut k, mut count) = (0, 1);
    while k < ALL.len() {
        if ALL[k].mixes() {
            all[count] = ALL[k].option();
            count += 1;
        }
        k += 1;
    }
    all
}

impl Choices for Option<&'static Architecture> {
    const OPTIONS: &'static [Choice] = &mixes::<{ mixable() + 1 }>();

    fn nth(index: usize) -> Option<Self> {
        [None].into_iter().chain(ALL.iter().filter(|one| one.mixes()).map(Some)).nth(index)
    }
}

/// Architecture of every second layer; `None`: the same as the first.
pub const MIX: Knob<Option<&Architecture>> = Knob::choice(Group::Model, "mix", "Every second layer", "same")
    .help("Kind of every second layer, such as attention between state-space layers. No effect with one layer.")
    .source("Lieber et al. 2024 (Jamba)");

/// The architecture with this id.
pub fn find(id: &str) -> Option<&'static Architecture> {
    ALL.iter().find(|architecture| architecture.id == id)
}

/// Every knob of every architecture, each once: those shared first.
pub fn knobs() -> Vec<&'static dyn AnyKnob> {
    let mut all: Vec<&dyn AnyKnob> = vec![&ARCHITECTURE];
    for knob in ALL.iter().flat_map(Architecture::all_knobs) {
        if all.iter().all(|known| known.about().key != knob.about().key) {
            all.push(knob);
        }
    }
    all
}

/// The architecture's own defaults for the settings that `raw` leaves open.
pub fn defaults(raw: &Raw) -> Raw {
    let id = raw.get(ARCHITECTURE.key).cloned().unwrap_or_else(|| ARCHITECTURE.default.to_value());
    let chosen = id.as_str().and_then(find);
    let mut defaults = Raw::new();
    for (knob, value) in chosen.map_or(&[][..], |one| one.defaults) {
        defaults.insert(knob.about().key.to_owned(), value.to_value());
    }
    defaults
}

/// Streams of randomness: each purpose has its own.
const WEIGHTS: u64 = 1;

impl Architecture {
    /// All of its knobs: shared ones, those of a stack, its own.
    pub fn all_knobs(&self) -> impl Iterator<Item = &'static dyn AnyKnob> {
        let stack: &[&[&dyn AnyKnob]] = match self.make {
            Make::Layer(_) => &[stacked::KNOBS, &[&MIX]],
            Make::Forecaster(_) => &[],
        };
        [plan::KNOBS].into_iter().chain(stack.iter().copied()).chain([self.knobs]).flatten().copied()
    }

    /// Whether it reads the knob `key`.
    pub fn reads(&self, key: &str) -> bool {
        self.all_knobs().any(|knob| knob.about().key == key)
    }

    /// The value of a knob in `settings`, if it reads it.
    fn chosen<T>(&self, settings: &Settings, knob: &Knob<T>) -> Option<T> {
        self.reads(knob.key).then(|| settings.get(knob))
    }

    /// The constructor of every second layer, where that is another architecture.
    fn mixed(&self, settings: &Settings) -> Option<(&'static Architecture, MakeBlock)> {
        let Make::Layer(_) = self.make else { return None };
        let other = settings.get(&MIX).filter(|other| other.id != self.id)?;
        let Make::Layer(block) = other.make else { return None };
        (settings.get(&LAYERS) > 1).then_some((other, block))
    }

    /// The recurrences of all chosen layers, as MathML: those of every second layer follow its own.
    pub fn all_equations(&self, settings: &Settings) -> String {
        let layers = 0..self.chosen(settings, &LAYERS).unwrap_or(1);
        let Some((other, _)) = self.mixed(settings) else {
            return (self.equations)(settings, &layers.collect::<Vec<_>>()).to_owned();
        };
        let (own, others): (Vec<_>, Vec<_>) = layers.partition(|layer| layer.is_multiple_of(2));
        [(self.equations)(settings, &own), (other.equations)(settings, &others)].concat()
    }

    /// The plan of checked `settings`, with `features`, data features and targets, and the resolved `season`, `window` and
    /// `horizon`. A model without segments reads the whole window at once.
    ///
    /// # Errors
    /// [`crate::Error::Knob`] for a segment that does not fit, and for options that need a streaming model.
    pub fn plan(
        &self,
        settings: &Settings,
        (features, data_features, targets): (usize, usize, usize),
        (season, window, horizon): (usize, usize, usize),
    ) -> Result<Plan> {
        let reading = settings.get(&READING);
        if reading == Reading::Continuous && !self.streams {
            return Err(READING.error(format!(
                "{} cannot stream, so it has no state to carry along the series; choose “windows”",
                self.label
            )));
        }
        let normalise = self.chosen(settings, &NORMALISE).unwrap_or(Normalise::None);
        let skip = if self.starts_from_line(settings).is_ok() {
            Skip::Line
        } else if self.chosen(settings, &LINEAR_SKIP).unwrap_or(false) {
            Skip::Learnt
        } else {
            Skip::None
        };
        let plan = Plan {
            features,
            data_features,
            targets,
            window,
            horizon,
            input: Input::Whole,
            output: match self.chosen(settings, &HEAD) {
                Some(Head::Recursive) => Output::Recursive,
                Some(Head::Direct) | None => Output::Direct { skip },
            },
            learning: match (reading, self.chosen(settings, &LOSS_ON)) {
                (Reading::Continuous, _) => Learning::Series,
                (Reading::Windows, Some(LossOn::Every)) => Learning::Every(normalise.causal()),
                (Reading::Windows, Some(LossOn::Last) | None) => Learning::End(normalise),
            },
        };
        let Some(segment) = self.chosen(settings, &SEGMENT) else { return Ok(plan) };
        let plan = plan.in_segments(segment, season)?;
        let label = self.label;
        if plan.recursive() && !self.streams {
            return Err(HEAD.error(format!(
                "{label} cannot stream, so it cannot forecast recursively; choose “all steps at once”"
            )));
        }
        if plan.learns_throughout() && !self.streams {
            return Err(LOSS_ON.error(format!(
                "at every step {label} has already seen the later steps of its window, so nothing is left to \
                 forecast; choose “at the last step”"
            )));
        }
        if plan.continuous() && plan.skip() == Skip::Learnt {
            return Err(LINEAR_SKIP.error(
                "it needs a whole window, and truncated BPTT has none; turn it off, or choose “windows” for \
                 “Backpropagation”",
            ));
        }
        Ok(plan)
    }

    /// Whether its model starts from the line: `Err` where it does not, with the reason as a clause where that is not the setting.
    pub fn starts_from_line(&self, settings: &Settings) -> std::result::Result<(), Option<&'static str>> {
        let why = match self.chosen(settings, &FROM_LINE) {
            Some(false) => return Err(None),
            None if self.reads(HIDDEN.key) => "it forecasts step by step",
            None => "it is a linear map itself",
            Some(true) if self.chosen(settings, &HEAD) == Some(Head::Recursive) => "its forecast is recursive",
            Some(true) if settings.get(&READING) == Reading::Continuous => "truncated BPTT has no whole window to read",
            Some(true) if self.chosen(settings, &NORMALISE) == Some(Normalise::Window) => {
                "its windows are divided by their own standard deviation"
            }
            Some(true) => return Ok(()),
        };
        Err(Some(why))
    }

    /// A fresh model with seeded initial weights, and its parameters.
    pub fn build(&self, plan: &Plan, settings: &Settings, seed: u64) -> (Box<dyn Forecaster>, Params) {
        let mut builder = Builder::new(Rng::new(seed, WEIGHTS), settings.get(&INIT_SCALE));
        let forecaster = self.build_with(&mut builder, plan, settings);
        (forecaster, builder.finish())
    }

    /// Number of parameters, without drawing any.
    pub fn count(&self, plan: &Plan, settings: &Settings) -> u64 {
        self.outline(plan, settings).parameters
    }

    /// The model without its parameters' values, which can be asked for its needs before there is room for it.
    pub fn outline(&self, plan: &Plan, settings: &Settings) -> Outline {
        let mut builder = Builder::counting();
        let forecaster = self.build_with(&mut builder, plan, settings);
        Outline { forecaster, parameters: builder.len() }
    }

    fn build_with(&self, builder: &mut Builder, plan: &Plan, settings: &Settings) -> Box<dyn Forecaster> {
        match self.make {
            Make::Layer(block) => {
                let other = self.mixed(settings).map_or(block, |(_, other)| other);
                Box::new(Stacked::new(builder, plan, settings, [block, other], self.streams))
            }
            Make::Forecaster(make) => make(builder, plan, settings),
        }
    }
}
