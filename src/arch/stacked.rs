//! Blocks with a head, as a forecaster.
//!
//! ```text
//! window → centre → segments → (linear, rectifier) → block … block → head (+ linear skip) → horizon
//! ```

use std::ops::Range;

use crate::Real;
use crate::arch::input::{self, Emits};
use crate::arch::levels::Levels;
use crate::arch::plan::{FROM_LINE, HEAD, LINEAR_SKIP, LOSS_ON, NORMALISE, Plan, SEGMENT, Skip};
use crate::arch::{Forecaster, Line, Stretches};
use crate::data::Batch;
use crate::grad::{Tape, Var, ops};
use crate::knob::{AnyKnob, Group, Knob, Settings};
use crate::nn::block::{last_step, through};
use crate::nn::{Block, Builder, Clock, Extent, Linear, Pass, State};

/// Size of the hidden state.
pub const HIDDEN: Knob<usize> = Knob::integer(Group::Model, "hidden", "Hidden units", 1..=512, 64)
    .help("Size of each layer's state. More units can remember more and take longer.")
    .basic();

/// Largest number of layers; it lets their states be an array.
pub const MOST_LAYERS: usize = 4;

/// Number of layers.
pub const LAYERS: Knob<usize> = Knob::integer(Group::Model, "layers", "Layers", 1..=MOST_LAYERS as i64, 1)
    .help("Stacked layers. Each reads the hidden states of the layer below.")
    .basic();

/// Dropout between layers.
pub const DROPOUT: Knob<f64> = Knob::number(Group::Model, "dropout", "Dropout between layers", 0.0..=0.9, 0.0)
    .help("Share of the values between two layers that each training step sets to zero. No effect with one layer.")
    .source("Srivastava et al. 2014");

/// Dropout before the head.
pub const HEAD_DROPOUT: Knob<f64> =
    Knob::number(Group::Model, "head_dropout", "Dropout before the head", 0.0..=0.9, 0.5)
        .help("Share of the last layer's values that each training step sets to zero, against overfitting.")
        .source("Srivastava et al. 2014");

/// Knobs of every stack.
pub const KNOBS: &[&dyn AnyKnob] =
    &[&SEGMENT, &NORMALISE, &HEAD, &LOSS_ON, &FROM_LINE, &LINEAR_SKIP, &HIDDEN, &LAYERS, &DROPOUT, &HEAD_DROPOUT];

/// Makes layer `index` of a stack, with `inputs` rows.
pub type MakeBlock = fn(&mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings) -> Box<dyn Block>;

/// A stack of blocks between an input and a head.
#[derive(Debug)]
pub struct Stacked {
    plan: Plan,
    embed: Option<Linear>,
    blocks: Vec<Box<dyn Block>>,
    /// Of each block's matrices.
    rows: Vec<u64>,
    dropout: Real,
    head: Linear,
    head_dropout: Real,
    skip: Option<Linear>,
    emits: Emits,
    /// Whether the blocks can continue from a state.
    streams: bool,
}

impl Stacked {
    /// Builds the stack of `settings` from blocks that the two of `make` give in turn; `streams`: whether they can continue from a
    /// state.
    pub fn new(builder: &mut Builder, plan: &Plan, settings: &Settings, make: [MakeBlock; 2], streams: bool) -> Self {
        let hidden = settings.get(&HIDDEN);
        let token = plan.segment() * plan.features;
        let embed = (plan.segment() > 1).then(|| Linear::new(builder, "embed", token, hidden));
        let mut inputs = embed.map_or(token, |embed| embed.outputs);
        let (mut blocks, mut rows) = (Vec::new(), Vec::new());
        for index in 0..settings.get(&LAYERS) {
            let before = builder.rows();
            let block = make[index % 2](builder, index, inputs, plan, settings);
            inputs = block.features();
            blocks.push(block);
            rows.push(builder.rows() - before);
        }
        let emits = Emits::of(plan);
        let head = Linear::new(builder, "head", inputs, emits.rows());
        let skip = match plan.skip() {
            Skip::None => None,
            Skip::Learnt => Some(Linear::zeros(builder, "highway", plan.window, plan.horizon)),
            Skip::Line => Some(Linear::unset(builder, "highway", plan.window, plan.horizon)),
        };
        Self {
            plan: *plan,
            embed,
            blocks,
            rows,
            dropout: crate::narrow(settings.get(&DROPOUT)),
            head,
            head_dropout: crate::narrow(settings.get(&HEAD_DROPOUT)),
            skip,
            emits,
            streams,
        }
    }

    /// The plan for the windows of a batch: pieces of a series may be shorter or longer than the window.
    fn plan_of(&self, batch: &Batch) -> Plan {
        Plan { window: batch.window, ..self.plan }
    }

    /// Tokens as the first block reads them.
    fn embedded(&self, pass: &mut Pass<'_>, tokens: Var) -> Var {
        let Some(embed) = &self.embed else { return tokens };
        let embedded = embed.forward(pass, tokens);
        ops::relu(pass.tape, embedded)
    }

    /// Tokens to hidden states of the last block, from and to the blocks' states.
    fn run(&self, pass: &mut Pass<'_>, tokens: Var, states: &mut [State]) -> Var {
        let x = self.embedded(pass, tokens);
        through(pass, &self.blocks, x, states, |pass, x, _| pass.dropout(x, self.dropout))
    }

    /// Tokens to what the head reads at their end, from and to the blocks' states.
    fn summarise(&self, pass: &mut Pass<'_>, tokens: Var, states: &mut [State]) -> Var {
        let mut x = self.embedded(pass, tokens);
        let Some((last, below)) = self.blocks.split_last() else { return last_step(pass, x) };
        x = through(pass, below, x, states, |pass, x, _| pass.dropout(x, self.dropout));
        if !below.is_empty() {
            x = pass.dropout(x, self.dropout);
        }
        let state = &mut states[below.len()];
        (x, *state) = last.summarise(pass, x, state);
        x
    }

    /// Adds the linear skip to the forecast from the last step.
    fn with_skip(&self, pass: &mut Pass<'_>, batch: &Batch, levels: &Levels, out: Var) -> Var {
        match &self.skip {
            None => out,
            Some(skip) => {
                let windows = input::target_windows(pass.tape, &self.plan, batch, levels);
                let is_line = self.plan.skip() == Skip::Line;
                let mut straight = if is_line { skip.fixed(pass, windows) } else { skip.forward(pass, windows) };
                if self.plan.targets > 1 {
                    straight = ops::stack_steps(pass.tape, straight, self.plan.targets);
                }
                ops::add(pass.tape, out, straight)
            }
        }
    }

    /// The next token from its forecast and the features known ahead, and the levels for it.
    fn next_token(
        &self,
        pass: &mut Pass<'_>,
        batch: &Batch,
        levels: Levels,
        (emitted, first): (Var, usize),
    ) -> (Var, Levels) {
        let Plan { features, data_features, .. } = self.plan;
        let segment = self.plan.segment();
        let (rows, emits) = (segment * features, self.emits);
        let said = |tape: &Tape, feature: usize, sample: usize, step: usize| {
            tape.value(emitted)[sample * emits.rows() + emits.row(feature, step)]
        };
        let moved = levels.moved(pass.tape, segment, said);
        let mut token = pass.tape.buffer(rows * batch.size);
        for (sample, column) in token.chunks_exact_mut(rows).enumerate() {
            for (k, step) in column.chunks_exact_mut(features).enumerate() {
                for (feature, out) in step[..data_features].iter_mut().enumerate() {
                    let said = said(pass.tape, feature, sample, k);
                    *out = levels.fed_back(pass.tape, &moved, feature, sample, said);
                }
                // Nothing is read past the horizon: the last token may reach beyond it.
                let ahead = (first + k).min(batch.window + batch.horizon - 1);
                step[data_features..].copy_from_slice(&batch.column(ahead, sample)[data_features..]);
            }
        }
        let token = pass.tape.push(rows, batch.size, token, None);
        pass.probe_input(Clock { first, stride: segment, samples: batch.size }, token);
        (token, moved)
    }

    /// Predictions and targets of a stretch of the tokens that ends at a learnt token: every token, or the last one.
    fn fit_from(&self, pass: &mut Pass<'_>, batch: &Batch, tokens: Range<usize>, states: &mut [State]) -> (Var, Var) {
        let (plan, emits) = (&self.plan_of(batch), self.emits);
        let levels = Levels::of(pass.tape, plan, batch);
        let read = self.tokens(pass, batch, &levels, tokens.clone());
        let (hidden, from) = if plan.learns_throughout() {
            (self.run(pass, read, states), tokens.start)
        } else {
            let hidden = self.summarise(pass, read, states);
            // This dropout acts on a sequence of one step.
            pass.first_step = 0;
            (hidden, tokens.end - 1)
        };
        let hidden = pass.dropout(hidden, self.head_dropout);
        let mut out = self.head.forward(pass, hidden);
        // The linear skip reads the whole window, so it adds only to the forecast from its end.
        if self.skip.is_some() && tokens.end == plan.tokens() {
            let (_, columns) = pass.tape.shape(out);
            if columns > batch.size {
                let last = last_step(pass, out);
                let last = self.with_skip(pass, batch, &levels, last);
                let early = ops::slice_columns(pass.tape, out, 0, columns - batch.size);
                out = ops::concat_columns(pass.tape, early, last);
            } else {
                out = self.with_skip(pass, batch, &levels, out);
            }
        }

        let (rows, columns) = pass.tape.shape(out);
        let mut truth = pass.tape.buffer(rows * columns);
        for (k, block) in truth.chunks_exact_mut(rows * batch.size).enumerate() {
            input::truth(pass.tape, plan, batch, &levels, from + k, emits, block);
        }
        let truth = pass.tape.push(rows, columns, truth, None);
        if plan.rescales() {
            let mut scale = pass.tape.buffer(rows * columns);
            for (column, out) in scale.chunks_exact_mut(rows).enumerate() {
                for feature in 0..emits.features {
                    let token = from + column / batch.size;
                    let (_, scale) = levels.after(pass.tape, token, feature, column % batch.size);
                    (0..emits.steps).for_each(|step| out[emits.row(feature, step)] = scale);
                }
            }
            let scale = pass.tape.push(rows, columns, scale, None);
            out = ops::mul(pass.tape, out, scale);
        }
        (out, truth)
    }

    /// A stretch of the tokens, to be read by the blocks.
    fn tokens(&self, pass: &mut Pass<'_>, batch: &Batch, levels: &Levels, tokens: Range<usize>) -> Var {
        pass.first_step = tokens.start as u64;
        input::tokens(pass, &self.plan_of(batch), batch, levels, tokens)
    }
}

impl Forecaster for Stacked {
    fn fit(&self, pass: &mut Pass<'_>, batch: &Batch) -> (Var, Var) {
        self.fit_from(pass, batch, 0..self.plan.tokens(), &mut [State::default(); MOST_LAYERS])
    }

    fn forecast(&self, pass: &mut Pass<'_>, batch: &Batch, out: &mut [Real]) {
        let (plan, emits) = (&self.plan, self.emits);
        let mut levels = Levels::of(pass.tape, plan, batch);
        let mut states = [State::default(); MOST_LAYERS];
        let mut token = input::tokens(pass, plan, batch, &levels, 0..plan.tokens());
        let mut done = 0;
        while done < plan.horizon {
            let hidden = self.summarise(pass, token, &mut states);
            let emitted = self.head.forward(pass, hidden);
            let emitted = self.with_skip(pass, batch, &levels, emitted);
            let values = pass.tape.value(emitted);
            for (index, out) in out.chunks_exact_mut(plan.horizon).enumerate() {
                let (sample, target) = (index / plan.targets, index % plan.targets);
                let (shift, scale) = levels.at(pass.tape, target, sample);
                for (step, out) in out[done..].iter_mut().take(emits.steps).enumerate() {
                    *out = values[sample * emits.rows() + emits.row(target, step)] * scale + shift;
                }
            }
            if done + emits.steps < plan.horizon {
                (token, levels) = self.next_token(pass, batch, levels, (emitted, plan.window + done));
            }
            done += emits.steps;
        }
    }

    fn keeps(&self, extent: Extent) -> u64 {
        let (Extent { steps, every, trains, .. }, copies) = (extent, extent.copies());
        let mut kept = 0;
        for (index, (block, rows)) in self.blocks.iter().zip(&self.rows).enumerate() {
            let last = index + 1 == self.blocks.len();
            let read = if last && !every { 1 } else { steps };
            let dropout = if last { self.head_dropout } else { self.dropout };
            // The output behind the dropout.
            kept += if trains && dropout > 0.0 { copies * block.features() as u64 * read } else { 0 };
            kept += block.keeps(*rows, Extent { every: every || !last, ..extent });
        }
        // The embedded segment before and behind the rectifier.
        kept += self.embed.map_or(0, |embed| 2 * copies * embed.outputs as u64) * steps;
        // The forecast, its scale, the truth, and their products; and what the linear skip adds.
        let skip = self.skip.map_or(0, |skip| self.plan.targets * skip.outputs) as u64;
        let emitted = self.head.outputs as u64 * if every { steps } else { 1 };
        kept + (2 + 5 * u64::from(trains)) * (emitted + skip)
    }

    fn state(&self, steps: u64) -> u64 {
        self.blocks.iter().zip(&self.rows).map(|(block, rows)| block.state(*rows, steps)).sum()
    }

    fn line(&self) -> Option<Line> {
        self.skip.filter(|_| self.plan.skip() == Skip::Line).map(|map| Line { map, head: self.head })
    }

    fn stretches(&self) -> Option<&dyn Stretches> {
        self.streams.then_some(self as &dyn Stretches)
    }
}

impl Stretches for Stacked {
    fn tokens(&self) -> usize {
        self.plan.tokens()
    }

    fn learnt_from(&self) -> usize {
        if self.plan.learns_throughout() { self.plan.tokens() } else { 1 }
    }

    fn states(&self) -> usize {
        self.blocks.len()
    }

    fn emits(&self) -> usize {
        self.emits.steps
    }

    fn fit_stretch(
        &self,
        pass: &mut Pass<'_>,
        batch: &Batch,
        tokens: Range<usize>,
        states: &mut [State],
    ) -> Option<(Var, Var)> {
        if self.plan.learns_throughout() || tokens.end == self.plan.tokens() {
            return Some(self.fit_from(pass, batch, tokens, states));
        }
        let levels = Levels::of(pass.tape, &self.plan, batch);
        let read = self.tokens(pass, batch, &levels, tokens);
        // Only the states are wanted.
        self.summarise(pass, read, states);
        None
    }
}
