//! Mamba (Gu and Dao 2023): a gated block around a selective state-space model.
//!
//! ```text
//! x̄ = RMSNorm(x)
//! (v, z) = W_in x̄                                     both [E × …], E = expansion · hidden
//! u_t = SiLU(b + Σₖ w_k ∘ v_{t−K+1+k})                 depthwise, causal, K steps wide
//! (δ_t, B_t, C_t) = W_x u_t                            δ [R × …], B and C [N × …], R = ⌈hidden / 16⌉
//! Δ_t = softplus(W_Δ δ_t + b_Δ)                        step size [E × …]
//! y_t = the selective scan of u, Δ, A, B, C, D         see crate::scan::selective
//! out = x + W_out (y ∘ SiLU(z))                        [hidden × …]
//! ```
//!
//! Parameters have the names and shapes of the published implementation (`mixer.in_proj`, `mixer.conv1d`, `mixer.x_proj`,
//! `mixer.dt_proj`, `mixer.A_log`, `mixer.D`, `mixer.out_proj`, `norm`; the kernel as `[E, K]`). A starts as −1, −2, … −N in
//! each channel (S4D-real), Δ log-uniform between 0.001 and 0.1, D as ones (section 3.6); W_out is divided by the root of the
//! number of layers. Streaming needs the last K − 1 steps of `v` and the scan's state, whatever the length.
//!
//! Without selection Δ, B and C are the same at every step: a linear time-invariant state-space model, which is a convolution.

use crate::arch::plan::Plan;
use crate::arch::residual::{Branches, Stream, ending};
use crate::arch::stacked::LAYERS;
use crate::grad::{Var, ops};
use crate::knob::{Group, Knob, Settings};
use crate::nn::{Block, Bounds, Builder, CausalConv, Extent, Init, Linear, Norm, ParamId, Pass, State};
use crate::scan::{self, SelectiveInputs};

/// Size of the state of each channel.
pub const STATE: Knob<usize> = Knob::integer(Group::Model, "state", "State size", 1..=64, 16)
    .help("Numbers in each channel's state. Each fades at its own rate.")
    .source("Gu and Dao 2023");

/// Ratio of a block's inner width to the hidden size.
pub const EXPANSION: Knob<usize> = Knob::integer(Group::Model, "expansion", "Expansion", 1..=4, 2)
    .help("Inner channels for each hidden unit.")
    .unit("×")
    .source("Gu and Dao 2023");

/// Width of the convolution in front of the scan.
pub const CONVOLUTION: Knob<usize> = Knob::integer(Group::Model, "convolution", "Convolution", 2..=8, 4)
    .help("Width of the short convolution before the state-space layer.")
    .unit("steps")
    .source("Gu and Dao 2023");

/// Whether Δ, B and C depend on the input.
pub const SELECTION: Knob<bool> = Knob::flag(Group::Model, "selection", "Selection", true)
    .help(
        "On: the input of each step sets how much the state keeps, writes and reads. Off: a plain state-space \
           model, the same at every step (a long convolution).",
    )
    .source("Gu and Dao 2023");

/// Smallest and largest initial step size.
const STEP_SIZES: (f64, f64) = (1e-3, 0.1);
/// Hidden units for each number that the step sizes are computed from.
const UNITS_PER_RANK: usize = 16;

/// Indices in the state.
const WINDOW: usize = 0;
const SSM: usize = 1;

/// Source of Δ, B and C.
#[derive(Debug)]
enum Source {
    /// From each step's input: `x_proj`, `dt_proj` and the latter's bias.
    Input { project: Linear, step: Linear, rank: usize },
    /// Parameters of their own: the step sizes before the softplus, B and C.
    Fixed { step: ParamId, b: ParamId, c: ParamId },
}

#[derive(Debug)]
struct Mamba {
    stream: Stream,
    norm: Norm,
    enter: Linear,
    conv: CausalConv,
    source: Source,
    a_log: ParamId,
    skip: ParamId,
    leave: Linear,
    channels: usize,
    state: usize,
    index: usize,
}

/// One block.
pub fn block(builder: &mut Builder, index: usize, inputs: usize, _: &Plan, settings: &Settings) -> Box<dyn Block> {
    Box::new(builder.decaying(decays, |builder| Mamba::new(builder, index, inputs, settings)))
}

/// The authors' code marks `A_log` and `D` with `_no_weight_decay`; S4D, which this is without selection, also exempts its step
/// sizes. Decay would pull `A_log` to 0, which puts all poles at −1 and so shortens the memory.
fn decays(name: &str) -> bool {
    !["A_log", "D", "dt"].iter().any(|part| name.rsplit('.').next() == Some(part))
}

impl Mamba {
    fn new(builder: &mut Builder, index: usize, inputs: usize, settings: &Settings) -> Self {
        let stream = Stream::new(builder, index, inputs, settings, ("norm_f", Norm::rms));
        let hidden = stream.width;
        let channels = settings.get(&EXPANSION) * hidden;
        let state = settings.get(&STATE);
        let rank = hidden.div_ceil(UNITS_PER_RANK);
        let named = |part: &str| format!("layers.{index}.mixer.{part}");
        // The range of torch.nn.Linear.
        let uniform = |inputs: usize| Init::Uniform(1.0 / libm::sqrt(inputs as f64));

        let norm = Norm::rms(builder, &format!("layers.{index}.norm"), hidden);
        let enter = Linear::unbiased(builder, &named("in_proj"), hidden, 2 * channels, uniform(hidden));
        let conv = CausalConv::new(builder, &named("conv1d"), channels, settings.get(&CONVOLUTION));
        let step_size = Init::StepSize { least: STEP_SIZES.0, most: STEP_SIZES.1 };
        let source = if settings.get(&SELECTION) {
            let project = Linear::unbiased(builder, &named("x_proj"), channels, rank + 2 * state, uniform(channels));
            let step = Linear::drawn(builder, &named("dt_proj"), rank, channels, (uniform(rank), step_size));
            Source::Input { project, step, rank }
        } else {
            Source::Fixed {
                step: builder.vector(named("dt"), &[(channels, step_size)], false),
                b: builder.vector(named("B"), &[(state, uniform(1))], false),
                c: builder.vector(named("C"), &[(state, uniform(1))], false),
            }
        };
        let a_log = builder.matrix(named("A_log"), channels, state, Init::LogCount);
        let skip = builder.vector(named("D"), &[(channels, Init::Constant(1.0))], false);
        // One block for each layer adds to the same stream.
        let bound = 1.0 / libm::sqrt((channels * settings.get(&LAYERS)) as f64);
        let leave = Linear::unbiased(builder, &named("out_proj"), channels, hidden, Init::Uniform(bound));
        Self { stream, norm, enter, conv, source, a_log, skip, leave, channels, state, index }
    }

    /// The parameters of the state-space model at every step of `u`.
    fn model(&self, pass: &mut Pass<'_>, u: Var) -> SelectiveInputs {
        let (raw, b, c) = match &self.source {
            Source::Input { project, step, rank } => {
                let all = project.forward(pass, u);
                let raw = ops::slice_rows(pass.tape, all, 0, *rank);
                let b = ops::slice_rows(pass.tape, all, *rank, self.state);
                let c = ops::slice_rows(pass.tape, all, rank + self.state, self.state);
                (step.forward(pass, raw), b, c)
            }
            Source::Fixed { step, b, c } => {
                let columns = pass.tape.shape(u).1;
                let mut spread = |id: ParamId, rows: usize| {
                    let value = pass.param(id);
                    let zeros = pass.tape.filled(rows, columns, 0.0);
                    ops::add_column(pass.tape, zeros, value)
                };
                (spread(*step, self.channels), spread(*b, self.state), spread(*c, self.state))
            }
        };
        let delta = ops::softplus(pass.tape, raw);
        let (a_log, d) = (pass.param(self.a_log), pass.param(self.skip));
        SelectiveInputs { u, delta, a_log, b, c, d }
    }

    /// The output at every step, or at the `last` one alone, and the state after it.
    fn run(&self, pass: &mut Pass<'_>, x: Var, state: &State, last: bool) -> (Var, State) {
        let x = self.stream.enter(pass, x);
        let normed = self.norm.forward(pass, x);
        let parts = (&self.enter, &self.conv);
        let Branches { u, z, window, .. } = Branches::of(pass, parts, normed, state[WINDOW], last);

        let model = self.model(pass, u);
        let (y, after) = scan::selective(pass.tape, model, state[SSM], pass.batch);
        pass.probe(self.index, "step size Δ", Bounds::Positive, model.delta);
        pass.probe_rows(self.index, "input matrix B", "state", Bounds::Free, model.b);
        pass.probe_rows(self.index, "output matrix C", "state", Bounds::Free, model.c);
        pass.probe(self.index, "output of the state", Bounds::Free, y);

        let (x, y) = (ending(pass, x, last), ending(pass, y, last));
        let out = self.stream.leave_gated(pass, self.index, x, (y, z, &self.leave));
        (out, [Some(window), Some(after), None, None])
    }
}

impl Block for Mamba {
    fn features(&self) -> usize {
        self.stream.width
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        self.run(pass, x, state, false)
    }

    fn last_alone(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> Option<(Var, State)> {
        Some(self.run(pass, x, state, true))
    }

    fn keeps(&self, _: u64, extent: Extent) -> u64 {
        let [h, e, n] = [self.stream.width, self.channels, self.state].map(|size| size as u64);
        // Sequences of E, hidden and N rows in `run`, with gradients; and the state at the end and, in training, at the start of each
        // chunk.
        let sequences = if extent.every { 12 * e + 5 * h } else { 7 * e + 3 * h } + 4 * n;
        let chunks = if extent.trains { extent.steps.div_ceil(scan::CHUNK as u64) } else { 0 };
        extent.copies() * (sequences * extent.steps + e * n) + e * n * chunks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Real;
    use crate::arch::stacked::HIDDEN;
    use crate::grad::Tape;
    use crate::knob::{About, Raw};
    use crate::math::Rng;

    const STEPS: usize = 21;
    const BATCH: usize = 2;

    /// Largest difference between the scan and the convolution with the kernel of the first step's Δ, B and C, divided by the
    /// scan's largest value.
    fn away_from_convolution(selection: bool) -> f64 {
        let raw: Raw = [("hidden", 5.into()), ("state", 3.into()), ("selection", selection.into())]
            .map(|(key, value): (&str, serde_json::Value)| (key.to_owned(), value))
            .into();
        let knobs: [&About; 6] = [&HIDDEN, &LAYERS, &STATE, &EXPANSION, &CONVOLUTION, &SELECTION];
        let settings = Settings::check(knobs, &raw, &Raw::new()).expect("settings within their bounds");
        let mut builder = Builder::new(Rng::new(3, 0), 1.0);
        let mamba = Mamba::new(&mut builder, 0, 5, &settings);
        let (params, e, n) = (builder.finish(), mamba.channels, mamba.state);
        let mut rng = Rng::new(4, 0);
        let input: Vec<Real> = (0..e * STEPS * BATCH).map(|_| crate::narrow(3.0 * rng.normal())).collect();
        let mut tape = Tape::new(false);
        let mut pass = Pass::new(&mut tape, &params, BATCH);
        let u = pass.tape.constant(e, STEPS * BATCH, &input);
        let model = mamba.model(&mut pass, u);
        let (y, _) = scan::selective(pass.tape, model, None, BATCH);

        let value = |var: Var, at: usize| crate::wide(tape.value(var)[at]);
        let kernel = |channel: usize, lag: usize| -> f64 {
            let delta = value(model.delta, channel);
            let term = |k: usize| {
                let pole = -value(model.a_log, k * e + channel).exp();
                value(model.c, k) * (delta * pole * lag as f64).exp() * delta * value(model.b, k)
            };
            (0..n).map(term).sum()
        };
        let (mut worst, mut largest) = (0.0_f64, 0.0_f64);
        for (sample, step, channel) in
            (0..BATCH).flat_map(|b| (0..STEPS).flat_map(move |t| (0..e).map(move |c| (b, t, c))))
        {
            let at = |step: usize| (step * BATCH + sample) * e + channel;
            let past: f64 = (0..=step).map(|s| kernel(channel, step - s) * crate::wide(input[at(s)])).sum();
            let expected = past + value(model.d, channel) * crate::wide(input[at(step)]);
            let found = value(y, at(step));
            worst = worst.max((found - expected).abs());
            largest = largest.max(found.abs());
        }
        worst / largest
    }

    #[test]
    fn without_selection_the_recurrence_is_a_convolution_and_with_it_it_is_not() {
        let (fixed, selective) = (away_from_convolution(false), away_from_convolution(true));
        println!("recurrence and convolution differ by {fixed:.1e} without selection, {selective:.1e} with it");
        assert!(fixed < if cfg!(feature = "f64") { 1e-13 } else { 1e-6 }, "{fixed:e}");
        assert!(selective > 1e-3, "{selective:e}");
    }
}
