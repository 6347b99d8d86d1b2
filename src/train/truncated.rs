//! Truncated backpropagation through time over the series (Williams and Peng 1990), or stateful training: the series is read from
//! start to end, chunk after chunk. Values of the state pass from chunk to chunk; the gradient ends where the chunk begins.
//!
//! ```text
//! s_0 = empty,   (loss_k, s_k) = chunk_k(s_{k−1}; θ_k),   θ_{k+1} = step(θ_k, ∂ loss_k / ∂θ  with s_{k−1} held constant)
//! ```
//!
//! For speed, several lanes of the training part are read in parallel, as is usual for language models (Zaremba et al. 2014). A
//! lane crosses no gap and starts from an empty state, so the state is empty after each gap. Every token is learnt from, with all
//! of its forecasts. Before a forecast, the model reads its window from an empty state as a warm-up.

use std::ops::Range;

use crate::Real;
use crate::arch::plan::READING;
use crate::arch::stacked::MOST_LAYERS;
use crate::arch::{Forecaster, Plan};
use crate::data::{Cut, Frame, Lane};
use crate::error::Result;
use crate::grad::ops;
use crate::grad::{Tape, Var};
use crate::knob::{Group, Knob, Settings, When};
use crate::math::Rng;
use crate::nn::{Pass, State};
use crate::train::carried::Carried;
use crate::train::cuts::Cuts;
use crate::train::source::{Room, Shard, Source};

/// The knob's case of training on the series as one.
const CONTINUOUS: When = READING.is(&["continuous"]);

/// Rows of a chunk.
pub const CHUNK: Knob<usize> = Knob::integer(Group::Training, "chunk", "BPTT length", 0..=10_000, 0)
    .help(
        "Steps that the gradient goes back, at most: the length of a chunk, in whole segments. 0: a quarter of the \
           window, or a whole stream where the state grows with every step.",
    )
    .unit("steps")
    .source("Williams and Peng 1990")
    .when(CONTINUOUS);

/// Number of lanes.
pub const LANES: Knob<usize> = Knob::integer(Group::Training, "lanes", "Parallel streams", 0..=1024, 0)
    .help(
        "Streams that the training part is cut into and that are read at the same time. More are faster, fewer \
           carry the state farther. 0: as many as leave each at least two windows, up to 16.",
    )
    .unit("streams")
    .source("Zaremba et al. 2014")
    .when(CONTINUOUS);

/// Largest automatic number of lanes.
const MOST_LANES: usize = 16;
/// Smallest number of windows in an automatic lane.
const WINDOWS_A_LANE: usize = 2;
/// Number of automatic chunks in the length of a window.
const CHUNKS_A_WINDOW: usize = 4;
/// Random stream of the order of the passes; the epoch is added.
const PASSES: u64 = 2 << 32;

/// The input of one optimiser step: a chunk of some lanes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    lanes: Range<usize>,
    chunk: usize,
}

/// The series as training reads it, and the states between the chunks.
#[derive(Debug)]
pub struct Truncated {
    lanes: Vec<Lane>,
    /// Tokens in a chunk.
    chunk: usize,
    /// Rows of a token, and rows that are forecast from it.
    rows: (usize, usize),
    /// Number of layers with a carried state.
    layers: usize,
    /// One pass over the series.
    pass: Vec<Piece>,
    /// For each pass of an epoch, the rows by which the lanes are shifted.
    shifts: Vec<usize>,
    /// The states before the next step, one for each shard.
    carried: Vec<Carried>,
    cuts: Cuts,
}

/// Tokens of a chunk, before it is cut to the lanes' length: the setting, or the default. And the longest lane: a growing state
/// starts anew at the length that it has in a forecast.
fn chunk_of(settings: &Settings, plan: &Plan, model: &dyn Forecaster) -> (usize, Option<usize>) {
    let (segment, window, asked) = (plan.segment(), plan.tokens(), settings.get(&CHUNK));
    let longest = (model.state(2) > model.state(1)).then_some(window + plan.fed_back());
    // Within so short a lane, a cut has no advantage.
    let usual = longest.unwrap_or(window.div_ceil(CHUNKS_A_WINDOW));
    (if asked == 0 { usual } else { asked / segment }, longest)
}

/// Largest number of tokens that a step reads of each lane, and of lanes in a batch, of `rows` rows without a gap; `None` for a
/// plan that is not continuous.
pub fn longest_step(settings: &Settings, plan: &Plan, model: &dyn Forecaster, rows: usize) -> Option<(usize, usize)> {
    if !plan.continuous() {
        return None;
    }
    let total = rows / plan.segment();
    let (chunk, longest) = chunk_of(settings, plan, model);
    let chunk = chunk.min(longest.unwrap_or(total)).clamp(1, total.max(1));
    let asked = settings.get(&LANES);
    let fitting = (total / (WINDOWS_A_LANE * plan.tokens())).clamp(1, MOST_LANES);
    let lanes = if asked > 0 { asked } else { fitting };
    // All lanes together have no more tokens than there are.
    Some((chunk, lanes.min((total / chunk).max(1))))
}

impl Truncated {
    /// Training on the rows `train` of `frame` with a model of a continuous `plan`; validation reads `validated` tokens, and an
    /// epoch reads no fewer.
    ///
    /// # Errors
    /// [`crate::Error::Knob`] for a chunk shorter than a segment, or a segment that is too long for any lane.
    pub fn new(
        settings: &Settings,
        plan: &Plan,
        model: &dyn Forecaster,
        (frame, train): (&Frame, Range<usize>),
        validated: usize,
    ) -> Result<Option<Self>> {
        let Some(stretches) = model.stretches().filter(|_| plan.continuous()) else { return Ok(None) };
        let (segment, window) = (plan.segment(), plan.tokens());
        let asked = settings.get(&CHUNK);
        if asked > 0 && asked < segment {
            return Err(
                CHUNK.error(format!("{asked} steps are less than one segment of {segment}; choose at least {segment}"))
            );
        }
        let (chunk, longest) = chunk_of(settings, plan, model);
        let mut cut = Cut { count: 1, longest, segment, ahead: stretches.emits() };
        let total: usize = frame.lanes(train.clone(), cut).iter().map(|lane| lane.tokens).sum();
        let fitting = (total / (WINDOWS_A_LANE * window)).clamp(1, MOST_LANES);
        cut.count = Some(settings.get(&LANES)).filter(|&count| count > 0).unwrap_or(fitting);
        let lanes = frame.lanes(train, cut);
        if lanes.is_empty() {
            return Err(crate::arch::plan::SEGMENT.error(format!(
                "no part of the training rows without a gap is long enough for a segment of {segment} steps and {} \
                 more to forecast; choose a shorter segment",
                cut.ahead
            )));
        }
        let chunk = chunk.min(lanes[0].tokens);
        let mut pass = Vec::new();
        for first in (0..lanes.len()).step_by(cut.count) {
            let group = first..(first + cut.count).min(lanes.len());
            pass.extend((0..lanes[first].tokens.div_ceil(chunk)).map(|chunk| Piece { lanes: group.clone(), chunk }));
        }
        let passes = segment * validated.div_ceil(total * segment).max(1);
        let shifts = (0..passes).map(|pass| pass % segment).collect();
        let cuts = Cuts::of(&lanes, (chunk, segment, cut.count), passes, longest.is_some(), &frame.axis);
        let (rows, layers) = ((segment, cut.ahead), stretches.states());
        Ok(Some(Self { lanes, chunk, rows, layers, pass, shifts, carried: Vec::new(), cuts }))
    }

    /// Tokens that a step reads of each lane, and number of lanes.
    pub fn size(&self) -> (usize, usize) {
        (self.chunk, self.cuts.side_by_side)
    }

    fn piece(&self, at: usize) -> (&Piece, usize) {
        (&self.pass[at % self.pass.len()], self.shifts[at / self.pass.len()])
    }

    /// Tokens of lane `lane` in chunk `chunk`.
    fn left(&self, lane: usize, chunk: usize) -> usize {
        self.lanes[lane].tokens.saturating_sub(chunk * self.chunk).min(self.chunk)
    }

    /// 1 where a lane still has a token, else 0, in the shape of `like`.
    fn learnt(&self, tape: &mut Tape, like: Var, lanes: Range<usize>, chunk: usize) -> Var {
        let (rows, columns) = tape.shape(like);
        let mut learnt = tape.buffer(rows * columns);
        for (column, values) in learnt.chunks_exact_mut(rows).enumerate() {
            let (token, lane) = (column / lanes.len(), lanes.start + column % lanes.len());
            values.fill(if token < self.left(lane, chunk) { 1.0 } else { 0.0 });
        }
        tape.push(rows, columns, learnt, None)
    }
}

impl Source for Truncated {
    fn steps(&self) -> usize {
        self.pass.len() * self.shifts.len()
    }

    /// Number of tokens of all lanes, each of which is learnt from.
    fn examples(&self, at: usize) -> usize {
        let (piece, _) = self.piece(at);
        piece.lanes.clone().map(|lane| self.left(lane, piece.chunk)).sum()
    }

    fn shuffle(&mut self, seed: u64, epoch: u32) {
        // From the same order in every epoch, so that an epoch's order depends on the seed and its number alone.
        let segment = self.rows.0;
        self.shifts.iter_mut().enumerate().for_each(|(pass, shift)| *shift = pass % segment);
        Rng::new(seed, PASSES + u64::from(epoch)).shuffle(&mut self.shifts);
    }

    /// The states after the chunk follow gradient and loss. The carried states stay the same until [`Source::carry`].
    fn shard(&self, shard: Shard<'_>, Room { tape, batch, .. }: &mut Room, out: &mut Vec<Real>) {
        let Some(model) = shard.forecaster.stretches() else { return };
        let count = shard.params.len();
        out.clear();
        out.resize(count + 1, 0.0);
        let (piece, shift) = self.piece(shard.at);
        let (index, shards) = shard.shard;
        let bound = |index: usize| piece.lanes.start + piece.lanes.len() * index / shards;
        let (lanes, chunk) = (bound(index)..bound(index + 1), piece.chunk);
        // The first lane is the longest.
        let steps = if lanes.is_empty() { 0 } else { self.left(lanes.start, chunk) };
        let mut states = [State::default(); MOST_LAYERS];
        let states = &mut states[..self.layers];
        if steps == 0 {
            return Carried::write(tape, states, out);
        }
        let (segment, ahead) = self.rows;
        let rows = lanes.clone().map(|lane| {
            let first = self.lanes[lane].first + shift + chunk * self.chunk * segment;
            let left = self.left(lane, chunk);
            first..first + if left > 0 { left * segment + ahead } else { 0 }
        });
        shard.frame.gather_pieces(rows, (steps * segment, ahead), batch);

        tape.reset();
        if let Some(carried) = self.carried.get(index).filter(|_| chunk > 0) {
            carried.put(tape, Tape::constant, states);
        }
        let (seed, step) = shard.key;
        let mut pass =
            Pass::training(tape, shard.params, lanes.len(), seed, step, (lanes.start - piece.lanes.start) as u64);
        let Some((mut prediction, mut truth)) = model.fit_stretch(&mut pass, batch, 0..steps, states) else { return };
        if lanes.clone().any(|lane| self.left(lane, chunk) < steps) {
            let learnt = self.learnt(tape, prediction, lanes.clone(), chunk);
            prediction = ops::mul(tape, prediction, learnt);
            truth = ops::mul(tape, truth, learnt);
        }
        let loss = ops::loss(tape, shard.loss, prediction, truth);
        let share: Real = crate::narrow((steps * lanes.len()) as f64 / self.examples(shard.at) as f64);
        tape.backward_from(&[(loss, &[share])]);
        shard.params.collect_into(tape, &mut out[..count]);
        out[count] = share * tape.scalar(loss);
        if self.left(lanes.start, chunk + 1) == 0 {
            // The lanes end here.
            states.fill(State::default());
        }
        Carried::write(tape, states, out);
    }

    fn carried(&self, behind: &[Real]) -> Option<usize> {
        Carried::written(self.layers, behind)
    }

    fn carry(&mut self, index: usize, behind: &[Real]) {
        if self.carried.len() <= index {
            self.carried.resize_with(index + 1, Carried::default);
        }
        self.carried[index].read(self.layers, behind);
    }

    fn cuts(&self) -> Option<&Cuts> {
        Some(&self.cuts)
    }
}
