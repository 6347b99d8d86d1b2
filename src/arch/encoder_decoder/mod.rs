//! The encoder-decoder (Sutskever et al. 2014; Cho et al. 2014): one recurrent network reads the window; another starts from its
//! last state and forecasts the horizon step by step, reading its own last forecast.
//!
//! ```text
//! h̄_s        = Encoder(x_s, h̄_{s−1})              s = 1 … tokens of the window
//! h_0        = h̄_tokens                           all layers; a cell state too, where both cells have one
//! h_t        = Decoder([ỹ_{t−1}; k_t], h_{t−1})   t = 1 … horizon
//! ŷ_t        = w ∘ h_t + b
//! ỹ_0        = the window's last value;  ỹ_t = y_t where teacher-forced, else ŷ_t
//!
//! with attention: a_ts = softmax_s e_ts, c_t = Σ_s a_ts h̄_s        (e_ts and the use of c_t: `attention`)
//!   additive:        h_t = Decoder([ỹ_{t−1}; k_t; c_t], h_{t−1}),  ŷ_t = W [h_t; c_t] + b
//!   multiplicative:  ŷ_t = w h̃_t + b,  h̃_t = tanh(W_c [c_t; h_t])
//!
//! h̄, h, c [hidden × batch]; y, ŷ [targets × batch]; k_t [features known ahead × batch].
//! ```
//!
//! In training ỹ is the true value, the decoder's own, or a random choice of both (`forcing`). A forecast that is fed back is
//! differentiated through; Bengio et al. stop there, because a sampled word has no derivative. Unlike here, Bahdanau et al. encode
//! in both directions and compute ŷ by a maxout layer, and Luong et al. may feed h̃ to the next step.

mod attention;
mod forcing;
mod joined;
mod stack;

use crate::Real;
use crate::arch::Forecaster;
use crate::arch::cells::Cell;
use crate::arch::gru;
use crate::arch::input;
use crate::arch::levels::Levels;
use crate::arch::plan::{Input, NORMALISE, Plan, SEGMENT};
use crate::arch::recurrent::{FORGET_BIAS, INIT_SCALE, RECURRENT_INIT};
use crate::arch::stacked::{DROPOUT, HEAD_DROPOUT, HIDDEN, LAYERS};
use crate::data::Batch;
use crate::grad::{Tape, Var, ops};
use crate::knob::{AnyKnob, Group, Knob, Settings};
use crate::nn::{Builder, Clock, Extent, Linear, Pass};

use attention::{ATTENTION, Attention, Memory, WhichAttention};
use forcing::{DECAY, Feed, Forcing, HALF, RATIO};
use joined::Joined;
use stack::{Keys, Stack, States};

/// The encoder's cell.
pub const ENCODER: Knob<Cell> =
    Knob::choice(Group::Model, "encoder_cell", "Encoder", "lstm").help("The cell that reads the window.").basic();

/// The decoder's cell.
pub const DECODER: Knob<Cell> = Knob::choice(Group::Model, "decoder_cell", "Decoder", "lstm")
    .help(
        "The cell that forecasts the horizon step by step, from the encoder's last state on. Its cell state starts \
           at zero if the encoder has none.",
    )
    .basic();

/// Knobs of an encoder-decoder.
pub const KNOBS: &[&dyn AnyKnob] = &[
    &SEGMENT,
    &NORMALISE,
    &HIDDEN,
    &LAYERS,
    &DROPOUT,
    &HEAD_DROPOUT,
    &ENCODER,
    &DECODER,
    &ATTENTION,
    &RATIO,
    &DECAY,
    &HALF,
    &gru::FORM,
    &FORGET_BIAS,
    &RECURRENT_INIT,
    &INIT_SCALE,
];

/// The equations, in the form that `settings` choose.
pub fn equations(settings: &Settings, _: &[usize]) -> &'static str {
    match settings.get(&ATTENTION) {
        WhichAttention::None => include_str!("../equations/encoder_decoder.mml"),
        WhichAttention::Additive => include_str!("../equations/encoder_decoder_additive.mml"),
        WhichAttention::Dot => include_str!("../equations/encoder_decoder_dot.mml"),
        WhichAttention::General => include_str!("../equations/encoder_decoder_general.mml"),
    }
}

#[derive(Debug)]
struct EncoderDecoder {
    plan: Plan,
    embed: Option<Linear>,
    encoder: Stack,
    attention: Attention,
    decoder: Stack,
    head: Linear,
    head_dropout: Real,
    forcing: Forcing,
    /// Rows of the matrices of encoder and decoder.
    rows: [u64; 2],
}

/// A new one.
pub fn make(builder: &mut Builder, plan: &Plan, settings: &Settings) -> Box<dyn Forecaster> {
    let hidden = settings.get(&HIDDEN);
    let dropout = crate::narrow(settings.get(&DROPOUT));
    let (embed, encoder) = builder.within("encoder", |builder| {
        let token = plan.segment() * plan.features;
        let embed = (plan.segment() > 1).then(|| Linear::new(builder, "embed", token, hidden));
        let inputs = embed.map_or(token, |embed| embed.outputs);
        (embed, Stack::new(builder, settings.get(&ENCODER), inputs, plan, settings, dropout))
    });
    let encoding = builder.rows();
    let attention = builder.within("attention", |builder| Attention::new(builder, hidden, settings));
    let context = if attention.feeds_the_cell() { hidden } else { 0 };
    let prepared = builder.rows();
    let (decoder, head) = builder.within("decoder", |builder| {
        // It runs over the horizon, one step at a time.
        let over = Plan { window: plan.horizon, input: Input::Segments(1), ..*plan };
        let inputs = plan.targets + (plan.features - plan.data_features) + context;
        let decoder = Stack::new(builder, settings.get(&DECODER), inputs, &over, settings, dropout);
        (decoder, Linear::new(builder, "head", hidden + context, plan.targets))
    });
    Box::new(EncoderDecoder {
        plan: *plan,
        embed,
        encoder,
        attention,
        decoder,
        head,
        head_dropout: crate::narrow(settings.get(&HEAD_DROPOUT)),
        forcing: Forcing::new(settings),
        rows: [encoding, builder.rows() - prepared],
    })
}

/// A decoder's inputs in one pass.
struct Decoding {
    feed: Feed,
    /// `ỹ` where it is teacher-forced, `[targets × (steps · batch)]`: the first step, or the whole horizon.
    truth: Var,
    /// The features known ahead, `[… × (horizon · batch)]`; `None` without any.
    known: Option<Var>,
    memory: Memory,
    states: States,
    between: Keys,
    before_head: Option<ops::DropoutKey>,
}

impl EncoderDecoder {
    /// Reads the window and prepares the horizon; `training`: the optimiser step decides the source of the last value.
    fn encode(&self, pass: &mut Pass<'_>, batch: &Batch, levels: &Levels, feed: Option<Feed>) -> Decoding {
        let plan = &self.plan;
        let mut x = input::tokens(pass, plan, batch, levels, 0..plan.tokens());
        if let Some(embed) = &self.embed {
            let embedded = embed.forward(pass, x);
            x = ops::relu(pass.tape, embedded);
        }
        let mut states = States::default();
        let between = self.encoder.keys(pass);
        pass.probe_part("Encoder", None);
        let encoded = self.encoder.forward(pass, x, &mut states, &between, 0);
        let memory = self.attention.memory(pass, encoded);
        let step = pass.training.map_or(0, |(_, step, _)| step);
        let coins = pass.next_key();
        let feed = feed.unwrap_or_else(|| Feed::training(&self.forcing, step, coins));
        let forced = if matches!(feed, Feed::Own) { 1 } else { plan.horizon };
        Decoding {
            feed,
            truth: before_each_step(pass.tape, plan, batch, levels, forced),
            known: known_ahead(pass.tape, plan, batch),
            memory,
            states,
            between: self.decoder.keys(pass),
            before_head: pass.next_key(),
        }
    }

    /// The centred forecast over the horizon, `[targets × (horizon · batch)]`.
    fn decode(&self, pass: &mut Pass<'_>, with: Decoding) -> Var {
        pass.probe_part("Decoder", Some(Clock { first: self.plan.window, stride: 1, samples: pass.batch }));
        if matches!(with.feed, Feed::Truth) && !self.attention.feeds_the_cell() {
            self.at_once(pass, with)
        } else {
            self.step_by_step(pass, with)
        }
    }

    /// All steps in one scan, where no step needs the forecast or the attention of the one before it.
    fn at_once(&self, pass: &mut Pass<'_>, mut with: Decoding) -> Var {
        let x = match with.known {
            Some(known) => ops::concat_rows(pass.tape, with.truth, known),
            None => with.truth,
        };
        let hidden = self.decoder.forward(pass, x, &mut with.states, &with.between, 0);
        let read = match self.attention.after(pass, with.memory, hidden) {
            Some((read, weights)) => {
                self.probe_weights(pass, weights);
                read
            }
            None => hidden,
        };
        let read = pass.dropout_by(read, self.head_dropout, with.before_head, 0);
        self.head.forward(pass, read)
    }

    fn step_by_step(&self, pass: &mut Pass<'_>, mut with: Decoding) -> Var {
        let batch = pass.batch;
        let (mut all, mut weights_of_all) = (Joined::default(), Joined::default());
        let mut emitted = with.truth;
        for step in 0..self.plan.horizon {
            let mut x = self.fed(pass, &with, step, emitted);
            if let Some(known) = with.known {
                let now = ops::slice_columns(pass.tape, known, step * batch, batch);
                x = ops::concat_rows(pass.tape, x, now);
            }
            let found = self.attention.before(pass, with.memory, self.decoder.top(&with.states));
            if let Some((context, _)) = found {
                x = ops::concat_rows(pass.tape, x, context);
            }
            let hidden = self.decoder.forward(pass, x, &mut with.states, &with.between, step as u64);
            let (read, weights) = match found {
                Some((context, weights)) => (ops::concat_rows(pass.tape, hidden, context), Some(weights)),
                None => match self.attention.after(pass, with.memory, hidden) {
                    Some((read, weights)) => (read, Some(weights)),
                    None => (hidden, None),
                },
            };
            let read = pass.dropout_by(read, self.head_dropout, with.before_head, step as u64);
            emitted = self.head.forward(pass, read);
            all.push(pass.tape, emitted);
            if let (Some(weights), Some(_)) = (weights, &pass.probes) {
                weights_of_all.push(pass.tape, weights);
            }
        }
        if let Some(weights) = weights_of_all.finish(pass.tape) {
            self.probe_weights(pass, weights);
        }
        all.finish(pass.tape).unwrap_or(emitted)
    }

    /// Attention weights `[tokens × (steps · batch)]` as a probe.
    fn probe_weights(&self, pass: &mut Pass<'_>, weights: Var) {
        let plan = &self.plan;
        let tokens = Clock { first: plan.skipped(), stride: plan.segment(), samples: pass.batch };
        pass.probe_looks(self.decoder.layers() - 1, 1, Some(tokens), weights);
    }

    /// `ỹ` before `step`, `[targets × batch]`; `emitted` is the forecast of the step before it.
    fn fed(&self, pass: &mut Pass<'_>, with: &Decoding, step: usize, emitted: Var) -> Var {
        let batch = pass.batch;
        if step == 0 {
            return ops::slice_columns(pass.tape, with.truth, 0, batch);
        }
        match with.feed {
            Feed::Own => emitted,
            Feed::Truth => ops::slice_columns(pass.tape, with.truth, step * batch, batch),
            Feed::Coin(..) => {
                let (targets, size) = (self.plan.targets, self.plan.targets * batch);
                let (mut own, mut forced) = (pass.tape.buffer(size), pass.tape.buffer(size));
                let truth = &pass.tape.value(with.truth)[step * size..][..size];
                for (at, &truth) in truth.iter().enumerate() {
                    // One draw for all targets of a window.
                    let is_true = with.feed.is_true(step, at / targets);
                    (own[at], forced[at]) = if is_true { (0.0, truth) } else { (1.0, 0.0) };
                }
                let own = pass.tape.push(targets, batch, own, None);
                let forced = pass.tape.push(targets, batch, forced, None);
                let kept = ops::mul(pass.tape, emitted, own);
                ops::add(pass.tape, kept, forced)
            }
        }
    }

    /// The forecast in the frame's scale, `[(targets · horizon) × batch]` into `out`.
    fn answer(&self, pass: &mut Pass<'_>, batch: &Batch, feed: Feed, out: &mut [Real]) {
        let levels = Levels::of(pass.tape, &self.plan, batch);
        let decoding = self.encode(pass, batch, &levels, Some(feed));
        let emitted = self.decode(pass, decoding);
        let values = pass.tape.value(emitted);
        let targets = self.plan.targets;
        for (index, out) in out.chunks_exact_mut(self.plan.horizon).enumerate() {
            let (sample, target) = (index / targets, index % targets);
            let (shift, scale) = levels.at(pass.tape, target, sample);
            for (step, out) in out.iter_mut().enumerate() {
                *out = values[(step * batch.size + sample) * targets + target] * scale + shift;
            }
        }
    }
}

impl Forecaster for EncoderDecoder {
    fn fit(&self, pass: &mut Pass<'_>, batch: &Batch) -> (Var, Var) {
        let plan = &self.plan;
        let levels = Levels::of(pass.tape, plan, batch);
        let decoding = self.encode(pass, batch, &levels, None);
        let mut out = self.decode(pass, decoding);
        let (targets, columns) = (plan.targets, plan.horizon * batch.size);
        let (mut truth, mut scale) = (pass.tape.buffer(targets * columns), pass.tape.buffer(targets * columns));
        for (at, (truth, scale)) in truth.iter_mut().zip(&mut scale).enumerate() {
            let (column, target) = (at / targets, at % targets);
            let (step, sample) = (column / batch.size, column % batch.size);
            let shift;
            (shift, *scale) = levels.at(pass.tape, target, sample);
            *truth = batch.column(plan.window + step, sample)[target] - shift;
        }
        let truth = pass.tape.push(targets, columns, truth, None);
        let scale = pass.tape.push(targets, columns, scale, None);
        if plan.rescales() {
            out = ops::mul(pass.tape, out, scale);
        }
        (out, truth)
    }

    fn forecast(&self, pass: &mut Pass<'_>, batch: &Batch, out: &mut [Real]) {
        self.answer(pass, batch, Feed::Own, out);
    }

    fn feeds_back(&self) -> bool {
        true
    }

    fn forced(&self, pass: &mut Pass<'_>, batch: &Batch, out: &mut [Real]) {
        self.answer(pass, batch, Feed::Truth, out);
    }

    fn keeps(&self, extent: Extent) -> u64 {
        let (steps, [encoder, decoder]) = (extent.steps, self.rows);
        let (horizon, read) = (self.plan.horizon as u64, self.head.inputs as u64);
        let embed = self.embed.map_or(0, |embed| 3 * embed.outputs as u64);
        // A scan of one step also keeps the states between the steps, with gradients.
        let alone = (encoder + embed) * steps + (2 * decoder + 2 * read) * horizon;
        // Attention adds a gradient and a key of each token; and at each step of the horizon scores, weights, a query, and the
        // context, alone and joined with the state, all with gradients.
        let attends = !matches!(self.attention, Attention::None);
        let all = if attends { alone + 3 * read * steps + (4 * steps + 10 * read) * horizon } else { alone };
        all * (2 + extent.copies()) / 4
    }
}

/// The targets' true values, centred, before each of the first `steps` steps of the horizon, `[targets × (steps · batch)]`.
fn before_each_step(tape: &mut Tape, plan: &Plan, batch: &Batch, levels: &Levels, steps: usize) -> Var {
    let mut out = tape.buffer(plan.targets * steps * batch.size);
    for (column, out) in out.chunks_exact_mut(plan.targets).enumerate() {
        let (step, sample) = (column / batch.size, column % batch.size);
        let values = batch.column(plan.window - 1 + step, sample);
        for (target, (out, &value)) in out.iter_mut().zip(values).enumerate() {
            *out = levels.centred(tape, target, sample, value);
        }
    }
    tape.push(plan.targets, steps * batch.size, out, None)
}

/// The features of the horizon known ahead, `[features known ahead × (horizon · batch)]`.
fn known_ahead(tape: &mut Tape, plan: &Plan, batch: &Batch) -> Option<Var> {
    let rows = plan.features - plan.data_features;
    if rows == 0 {
        return None;
    }
    let mut out = tape.buffer(rows * plan.horizon * batch.size);
    for (column, out) in out.chunks_exact_mut(rows).enumerate() {
        let (step, sample) = (column / batch.size, column % batch.size);
        out.copy_from_slice(&batch.column(plan.window + step, sample)[plan.data_features..]);
    }
    Some(tape.push(rows, plan.horizon * batch.size, out, None))
}
