//! The list of what a person can pick.

use crate::arch::plan::{
    self, HEAD, Head, Input, LINEAR_SKIP, LOSS_ON, Learning, LossOn, NORMALISE, Normalise, Output, Plan,
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
use crate::nn::params::Slot;
use crate::nn::{Builder, Params};

/// One row of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Architecture {
    /// As it stands in settings: `lstm`.
    pub id: &'static str,
    /// As a person sees it.
    pub label: &'static str,
    /// One sentence: how it works and what it is good for.
    pub summary: &'static str,
    /// Papers.
    pub source: &'static str,
    /// The recurrence in the form that the settings choose, as MathML, given which layers of a stack are of this kind, from 0.
    pub equations: fn(&Settings, layers: &[usize]) -> &'static str,
    /// Whether it can read a sequence step by step, from the state that it left.
    pub streams: bool,
    /// Knobs of its own, beside those of every plan and, for layers, of every stack.
    pub knobs: &'static [&'static dyn AnyKnob],
    /// Defaults that are its own in place of the knobs'.
    pub defaults: &'static [(&'static dyn AnyKnob, Default)],
    /// How it is made.
    pub make: Make,
}

/// A model without its parameters' values.
#[derive(Debug)]
pub struct Outline {
    /// Sizes and layers; it can compute nothing.
    pub forecaster: Box<dyn Forecaster>,
    /// How many parameters there are.
    pub parameters: u64,
    /// Name and shape of each.
    pub slots: Vec<Slot>,
}

/// How an architecture is made.
#[derive(Debug, Clone, Copy)]
pub enum Make {
    /// One layer, of which [`Stacked`] makes a forecaster.
    Layer(MakeBlock),
    /// A forecaster of its own shape.
    Forecaster(fn(&mut Builder, &Plan, &Settings) -> Box<dyn Forecaster>),
}

/// Every architecture, in the order of the page.
pub const ALL: &[Architecture] = &[
    Architecture {
        id: "rnn",
        label: "Vanilla RNN",
        summary: "One tanh layer that feeds on its own last output. Simple and fast; what it saw fades within a few steps.",
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
        summary: "A cell state that gates write to, keep and read: made to remember over many steps.",
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
        summary: "Two gates and no separate cell state: most of what an LSTM does with a quarter fewer weights.",
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
        summary: "Two recurrent layers side by side, one reading the window from its end: for a window that is known as a \
                  whole. It cannot follow a stream.",
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
        summary: "A GRU whose gates do not read the state: no matrix from state to state, and all steps can be computed at \
                  once.",
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
        summary: "An LSTM whose gates do not read the state and share one whole between keeping and letting in.",
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
        summary: "LSTMs with exponential gates in residual blocks: one whose memory is a matrix, and one whose gates read the \
                  state before.",
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
        summary: "A GRU over segments of the window that gives all segments of the horizon at once, each asked for by its \
                  place.",
        source: "Lin et al. 2023",
        equations: |_, _| include_str!("equations/segrnn.mml"),
        streams: false,
        knobs: &[&SEGMENT, &NORMALISE, &HIDDEN, &HEAD_DROPOUT, &FORGET_BIAS, &RECURRENT_INIT, &INIT_SCALE],
        defaults: &[],
        make: Make::Forecaster(segrnn::forecaster),
    },
    Architecture {
        id: "encoder_decoder",
        label: "Encoder-decoder",
        summary: "One network reads the window, another forecasts step by step from its own last forecast, with or without \
                  attention to what the first one saw.",
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
        summary: "A state-space model that chooses at each step what to keep and what to read, between two gates: long memory \
                  without attention.",
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
        summary: "Gated convolutions whose steps lie twice as far apart on each level, until the window is covered: a fixed reach \
                  in place of a state.",
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
        summary: "Each step looks back at all steps so far and takes what it needs: nothing has to be carried along, and \
                  everything is kept.",
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
        summary: "Each step looks at all steps of the window, those after it too, and the forecast is made from the mean of them \
                  all: for a window that is known as a whole.",
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
        // Within one layer a step is looked at before it has looked at any other.
        defaults: &[(&LAYERS, Default::Integer(2))],
        make: Make::Layer(transformer::encoder),
    },
    Architecture {
        id: "mlp",
        label: "Feed-forward net",
        summary: "Reads the whole window at once, with separate weights for every position: no memory and no order to learn, \
                  and many weights.",
        source: "Rumelhart et al. 1986",
        equations: |_, _| include_str!("equations/mlp.mml"),
        streams: false,
        knobs: &[&NORMALISE, &HIDDEN, &LAYERS, &DROPOUT, &HEAD_DROPOUT, &INIT_SCALE],
        defaults: &[],
        make: Make::Forecaster(mlp::forecaster),
    },
    Architecture {
        id: "nlinear",
        label: "NLinear",
        summary: "One linear map from the window, centred on its last value, to the horizon: the baseline that a network has \
                  to beat.",
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
        summary: "Takes the window apart into a moving average and the rest, and maps each to the horizon by a linear map of \
                  its own.",
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
    /// Whether its layers can stand between those of another.
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

/// Which architecture.
pub const ARCHITECTURE: Knob<&Architecture> =
    Knob::choice(Group::Model, "architecture", "Architecture", "gru").help("The kind of network.").basic();

/// How many architectures can be mixed into a stack.
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

/// What the second, the fourth layer of a stack is; `None`: the same as the first.
pub const MIX: Knob<Option<&Architecture>> = Knob::choice(Group::Model, "mix", "Every second layer", "same")
    .help("Layers of another kind in between: attention between state-space layers, say. No effect with one layer.")
    .source("Lieber et al. 2024 (Jamba)");

/// The architecture that is called `id`.
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

/// What settings `raw` leave to the architecture that they choose: its own defaults.
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
    /// Every knob that it reads: those of all, those of a stack, its own.
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

    /// What `settings` say of a knob, if it reads it.
    fn chosen<T>(&self, settings: &Settings, knob: &Knob<T>) -> Option<T> {
        self.reads(knob.key).then(|| settings.get(knob))
    }

    /// What every second layer is made by, where that is another architecture.
    fn mixed(&self, settings: &Settings) -> Option<(&'static Architecture, MakeBlock)> {
        let Make::Layer(_) = self.make else { return None };
        let other = settings.get(&MIX).filter(|other| other.id != self.id)?;
        let Make::Layer(block) = other.make else { return None };
        (settings.get(&LAYERS) > 1).then_some((other, block))
    }

    /// The recurrences of all layers that `settings` ask for, as MathML: those of every second layer behind its own.
    pub fn all_equations(&self, settings: &Settings) -> String {
        let layers = 0..self.chosen(settings, &LAYERS).unwrap_or(1);
        let Some((other, _)) = self.mixed(settings) else {
            return (self.equations)(settings, &layers.collect::<Vec<_>>()).to_owned();
        };
        let (own, others): (Vec<_>, Vec<_>) = layers.partition(|layer| layer.is_multiple_of(2));
        [(self.equations)(settings, &own), (other.equations)(settings, &others)].concat()
    }

    /// The plan that checked `settings` ask for, with `features`, data features and targets, and the resolved `season`,
    /// `window` and `horizon`. A model that reads no segments reads the whole window at once.
    ///
    /// # Errors
    /// [`crate::Error::Knob`] for a segment that does not fit, and for what only a model that streams can do.
    pub fn plan(
        &self,
        settings: &Settings,
        (features, data_features, targets): (usize, usize, usize),
        (season, window, horizon): (usize, usize, usize),
    ) -> Result<Plan> {
        let reading = settings.get(&READING);
        if reading == Reading::Continuous && !self.streams {
            return Err(READING.error(format!(
                "{} needs its whole window at once: it does not stream, so it has no state to take along the series; choose \
                 “windows”",
                self.label
            )));
        }
        let normalise = self.chosen(settings, &NORMALISE).unwrap_or(Normalise::None);
        let plan = Plan {
            features,
            data_features,
            targets,
            window,
            horizon,
            input: Input::Whole,
            output: match self.chosen(settings, &HEAD) {
                Some(Head::Recursive) => Output::Recursive,
                Some(Head::Direct) | None => {
                    Output::Direct { skip: self.chosen(settings, &LINEAR_SKIP).unwrap_or(false) }
                }
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
                "{label} needs its whole window at once: it does not stream, so it cannot go on from its own forecasts; \
                 choose “all steps at once”"
            )));
        }
        if plan.learns_throughout() && !self.streams {
            return Err(LOSS_ON.error(format!(
                "at every step of its window {label} has already seen the steps that follow: there is nothing left to \
                 forecast; choose “at the last step”"
            )));
        }
        if plan.continuous() && plan.output == (Output::Direct { skip: true }) {
            return Err(LINEAR_SKIP.error(
                "it maps a whole window, and training that reads the series as one has none; turn it off, or let training \
                 read windows",
            ));
        }
        Ok(plan)
    }

    /// A fresh model with seeded initial weights, and its parameters.
    pub fn build(&self, plan: &Plan, settings: &Settings, seed: u64) -> (Box<dyn Forecaster>, Params) {
        let mut builder = Builder::new(Rng::new(seed, WEIGHTS), settings.get(&INIT_SCALE));
        let forecaster = self.build_with(&mut builder, plan, settings);
        (forecaster, builder.finish())
    }

    /// How many parameters it has; none is drawn.
    pub fn count(&self, plan: &Plan, settings: &Settings) -> u64 {
        self.outline(plan, settings).parameters
    }

    /// The model without its parameters' values: what can be asked of it before there is room for it.
    pub fn outline(&self, plan: &Plan, settings: &Settings) -> Outline {
        let mut builder = Builder::counting();
        let forecaster = self.build_with(&mut builder, plan, settings);
        Outline { forecaster, parameters: builder.len(), slots: builder.into_slots() }
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
