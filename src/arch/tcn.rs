//! The gated temporal convolutional network: causal convolutions whose dilation doubles from level to level (van den Oord et al.
//! 2016, WaveNet; Bai et al. 2018).
//!
//! ```text
//! x⁰_t = W_in x_t + b_in                              [hidden]; where the input is as wide already, itself
//! (f_t, g_t) = b + Σₖ W_k xˡ_{t − (K−1−k) 2ˡ}         filter and gate [hidden]; k = 0 … K − 1, each W_k [hidden × hidden]
//! z_t = tanh(f_t) ∘ σ(g_t)                            WaveNet, equation 2
//! xˡ⁺¹_t = xˡ_t + R z_t + r                           residual; all of level l = 0 … N − 1 but the last
//! s_t = Σₗ (S z_t + s)                                skip connections, of all levels
//! out_t = x⁰_t + W_out GELU(s_t) + b_out              [hidden]
//! ```
//!
//! A layer is one of WaveNet's stacks, and further layers begin again with dilation 1. It has as many levels as reach over all tokens
//! of the window and of the model's own forecasts: `1 + (K − 1)(2ᴺ − 1)` of them. A GELU replaces WaveNet's rectifier, since it leaves
//! no unit of a narrow layer without a gradient; the sum around the whole layer is that of Bai et al.
//!
//! Parameters have the names and initial values of `torch.nn.Conv1d` modules: `layers.0.filters.0.weight` is Conv1d's
//! `[hidden, hidden, K]` with the taps side by side, `weight.permute(0, 2, 1).flatten(1)`, as `layers.0.gates.0.weight` is; all other
//! kernels have one tap.
//! Streaming needs the last `(K − 1) 2ˡ` steps of every xˡ, whatever the length.

use crate::arch::plan::Plan;
use crate::arch::residual::ending;
use crate::arch::stacked::HIDDEN;
use crate::grad::{Tape, Var, ops};
use crate::knob::{Group, Knob, Settings};
use crate::nn::{Block, Bounds, Builder, Extent, Flow, Linear, Pass, State};

/// Number of steps that a convolution reads.
pub const KERNEL: Knob<usize> = Knob::integer(Group::Model, "kernel", "Kernel", 2..=8, 3)
    .help("Number of steps that a convolution reads: neighbours on the first level, then every second, every fourth and so on. \
           There are as many levels as cover the window.")
    .unit("steps")
    .source("Bai et al. 2018");

/// Slot of the state: the past inputs of all levels, level after level, `[hidden × (steps · batch)]`.
const PAST: usize = 0;

#[derive(Debug)]
struct Level {
    dilation: usize,
    filter: Linear,
    gate: Linear,
    skip: Linear,
    /// `None` on the last level: nothing reads its sum.
    residual: Option<Linear>,
}

#[derive(Debug)]
struct Tcn {
    enter: Option<Linear>,
    levels: Vec<Level>,
    leave: Linear,
    kernel: usize,
    hidden: usize,
    index: usize,
}

/// One stack of levels.
pub fn block(builder: &mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings) -> Box<dyn Block> {
    Box::new(Tcn::new(builder, (index, inputs), plan.tokens() + plan.fed_back(), settings))
}

/// 1, 2, 4, …: until convolutions of `kernel` taps reach over `tokens` tokens.
fn dilations(kernel: usize, tokens: usize) -> Vec<usize> {
    let reached = |before: usize| 1 + (kernel - 1) * (before - 1);
    std::iter::successors(Some(1), |one: &usize| Some(2 * one))
        .take_while(|&one| one == 1 || reached(one) < tokens)
        .collect()
}

/// `all` joined with `next`, if there is any yet.
fn join(tape: &mut Tape, all: Option<Var>, next: Var, by: fn(&mut Tape, Var, Var) -> Var) -> Var {
    all.map_or(next, |all| by(tape, all, next))
}

impl Tcn {
    fn new(builder: &mut Builder, (index, inputs): (usize, usize), tokens: usize, settings: &Settings) -> Self {
        let (hidden, kernel) = (settings.get(&HIDDEN), settings.get(&KERNEL));
        // torch.nn.Conv1d draws as torch.nn.Linear does with as many inputs as all taps have.
        let mut map = |part: &str, inputs: usize, outputs: usize| {
            Linear::new(builder, &format!("layers.{index}.{part}"), inputs, outputs)
        };
        let enter = (inputs != hidden).then(|| map("enter", inputs, hidden));
        let dilations = dilations(kernel, tokens);
        let mut level = |(level, &dilation): (usize, &usize)| Level {
            dilation,
            filter: map(&format!("filters.{level}"), kernel * hidden, hidden),
            gate: map(&format!("gates.{level}"), kernel * hidden, hidden),
            skip: map(&format!("skips.{level}"), hidden, hidden),
            residual: (level + 1 < dilations.len()).then(|| map(&format!("residuals.{level}"), hidden, hidden)),
        };
        let levels = dilations.iter().enumerate().map(&mut level).collect();
        Self { enter, levels, leave: map("leave", hidden, hidden), kernel, hidden, index }
    }

    /// The input of `level` at each step of `x` `[hidden × (steps · batch)]` behind its `past`: all taps below each other,
    /// `[kernel · hidden × (steps · batch)]`; and the past of the next stretch.
    fn taps(&self, pass: &mut Pass<'_>, level: &Level, x: Var, past: Var) -> (Var, Var) {
        let ((_, columns), (_, before)) = (pass.tape.shape(x), pass.tape.shape(past));
        let all = ops::concat_columns(pass.tape, past, x);
        let after = ops::slice_columns(pass.tape, all, columns, before);
        let mut taps = ops::slice_columns(pass.tape, all, 0, columns);
        for k in 1..self.kernel - 1 {
            let tap = ops::slice_columns(pass.tape, all, k * level.dilation * pass.batch, columns);
            taps = ops::concat_rows(pass.tape, taps, tap);
        }
        (ops::concat_rows(pass.tape, taps, x), after)
    }

    /// Number of past steps that `level` needs before a stretch.
    fn reaches_back(&self, level: &Level) -> usize {
        (self.kernel - 1) * level.dilation
    }

    /// The output at every step, or at the `last` one alone, and the state after it.
    fn run(&self, pass: &mut Pass<'_>, x: Var, state: &State, last: bool) -> (Var, State) {
        let entered = self.enter.map_or(x, |enter| enter.forward(pass, x));
        let (mut x, mut first) = (entered, 0);
        let [mut skips, mut after, mut filters, mut gates] = [None; 4];
        for level in &self.levels {
            let columns = self.reaches_back(level) * pass.batch;
            let past = match state[PAST] {
                Some(all) => ops::slice_columns(pass.tape, all, first, columns),
                None => pass.tape.filled(self.hidden, columns, 0.0),
            };
            first += columns;
            let (taps, past) = self.taps(pass, level, x, past);
            after = Some(join(pass.tape, after, past, ops::concat_columns));

            // Only the skip connection reads the last level.
            let taps = ending(pass, taps, last && level.residual.is_none());
            let (filter, gate) = (level.filter.forward(pass, taps), level.gate.forward(pass, taps));
            let (filter, gate) = (ops::tanh(pass.tape, filter), ops::sigmoid(pass.tape, gate));
            if pass.probes.is_some() {
                filters = Some(join(pass.tape, filters, filter, ops::concat_rows));
                gates = Some(join(pass.tape, gates, gate, ops::concat_rows));
            }
            let z = ops::mul(pass.tape, filter, gate);
            let read = ending(pass, z, last);
            let skip = level.skip.forward(pass, read);
            skips = Some(join(pass.tape, skips, skip, ops::add));
            if let Some(residual) = level.residual {
                let more = residual.forward(pass, z);
                x = ops::add(pass.tape, x, more);
            }
        }
        let activated = ops::gelu(pass.tape, skips.expect("there is one level at least"));
        let (more, entered) = (self.leave.forward(pass, activated), ending(pass, entered, last));
        let out = ops::add(pass.tape, entered, more);

        // The units of all levels, from the nearest steps to the farthest.
        for (name, bounds, all) in [("filter", Bounds::Signed, filters), ("gate", Bounds::Unit, gates)] {
            if let Some(all) = all {
                pass.probe(self.index, name, bounds, all);
            }
        }
        pass.probe_flow(self.index, "output", Bounds::Free, Flow::Output, out);
        (out, [after, None, None, None])
    }
}

impl Block for Tcn {
    fn features(&self) -> usize {
        self.hidden
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> (Var, State) {
        self.run(pass, x, state, false)
    }

    fn last_alone(&self, pass: &mut Pass<'_>, x: Var, state: &State) -> Option<(Var, State)> {
        Some(self.run(pass, x, state, true))
    }

    fn keeps(&self, _: u64, extent: Extent) -> u64 {
        let [h, k, n] = [self.hidden, self.kernel, self.levels.len()].map(|size| size as u64);
        // Sequences of hidden rows in `run`, with gradients: on each level the taps, alone and below each other, and nine more. At the last
        // step alone, the last level and the skip connections are one step long.
        let taps = k - 1 + k * (k + 1) / 2;
        let sequences = if extent.every { n * (taps + 9) } else { (n - 1) * (taps + 7) + taps };
        let sequences = sequences + u64::from(self.enter.is_some());
        // The past of all levels before, beside and behind the sequences, and joined level after level.
        extent.copies() * (h * sequences * extent.steps + 5 * self.state(0, 0))
    }

    fn state(&self, _: u64, _: u64) -> u64 {
        self.levels.iter().map(|level| (self.hidden * self.reaches_back(level)) as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Real;
    use crate::knob::Raw;
    use crate::math::Rng;
    use crate::nn::Params;

    const STEPS: usize = 19;
    const BATCH: usize = 2;
    const INPUTS: usize = 2;

    /// `W x + b`.
    fn apply(params: &Params, map: &Linear, x: &[f64]) -> Vec<f64> {
        let (w, b) = (params.value(map.weight), map.bias.map(|bias| params.value(bias)).unwrap_or_default());
        let row = |row: usize| (0..map.inputs).map(|col| crate::wide(w[col * map.outputs + row]) * x[col]).sum::<f64>();
        (0..map.outputs).map(|r| crate::wide(b[r]) + row(r)).collect()
    }

    fn plus(one: &[f64], other: &[f64]) -> Vec<f64> {
        one.iter().zip(other).map(|(a, b)| a + b).collect()
    }

    /// The equations at the top of this file, step by step, of one sequence.
    fn by_definition(tcn: &Tcn, params: &Params, input: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let h = tcn.hidden;
        let entered: Vec<_> = input.iter().map(|x| apply(params, &tcn.enter.expect("two inputs"), x)).collect();
        let (mut x, mut skips) = (entered.clone(), vec![vec![0.0; h]; input.len()]);
        for level in &tcn.levels {
            let at = |t: usize, back: usize| t.checked_sub(back).map_or(vec![0.0; h], |t| x[t].clone());
            let tap = |t: usize, k: usize| at(t, (tcn.kernel - 1 - k) * level.dilation);
            let z = |t: usize| -> Vec<f64> {
                let taps: Vec<f64> = (0..tcn.kernel).flat_map(|k| tap(t, k)).collect();
                let (filter, gate) = (apply(params, &level.filter, &taps), apply(params, &level.gate, &taps));
                filter.iter().zip(gate).map(|(f, g)| f.tanh() / (1.0 + (-g).exp())).collect()
            };
            let z: Vec<_> = (0..input.len()).map(z).collect();
            for (sum, z) in skips.iter_mut().zip(&z) {
                *sum = plus(sum, &apply(params, &level.skip, z));
            }
            if let Some(residual) = &level.residual {
                x = x.iter().zip(&z).map(|(x, z)| plus(x, &apply(params, residual, z))).collect();
            }
        }
        let gelu = |x: &f64| 0.5 * x * (1.0 + libm::erf(x / std::f64::consts::SQRT_2));
        let out = |(x, skips): (&Vec<f64>, &Vec<f64>)| {
            plus(x, &apply(params, &tcn.leave, &skips.iter().map(gelu).collect::<Vec<_>>()))
        };
        entered.iter().zip(&skips).map(out).collect()
    }

    #[test]
    fn a_layer_is_the_equations_at_every_step() {
        let raw: Raw = [("hidden".to_owned(), 3.into())].into();
        for kernel in [2, 3, 5] {
            let mut raw = raw.clone();
            raw.insert("kernel".to_owned(), kernel.into());
            let settings = Settings::check([&*HIDDEN, &*KERNEL], &raw, &Raw::new()).expect("within their bounds");
            let mut builder = Builder::new(Rng::new(3, 0), 1.0);
            let tcn = Tcn::new(&mut builder, (0, INPUTS), STEPS, &settings);
            let (params, mut rng) = (builder.finish(), Rng::new(4, 0));
            let input: Vec<Real> = (0..INPUTS * STEPS * BATCH).map(|_| crate::narrow(2.0 * rng.normal())).collect();
            let mut tape = Tape::new(false);
            let mut pass = Pass::new(&mut tape, &params, BATCH);
            let x = pass.tape.constant(INPUTS, STEPS * BATCH, &input);
            let (out, _) = tcn.forward(&mut pass, x, &State::default());
            let (mut worst, at) = (0.0_f64, |step: usize, sample: usize| step * BATCH + sample);
            for sample in 0..BATCH {
                let column = |step: usize| &input[at(step, sample) * INPUTS..][..INPUTS];
                let of_sample = |step: usize| column(step).iter().map(|x| crate::wide(*x)).collect();
                let expected = by_definition(&tcn, &params, &(0..STEPS).map(of_sample).collect::<Vec<_>>());
                for (step, expected) in expected.iter().enumerate() {
                    let found = &tape.value(out)[at(step, sample) * 3..][..3];
                    let off = found.iter().zip(expected).map(|(a, b)| (crate::wide(*a) - b).abs());
                    worst = off.fold(worst, f64::max);
                }
            }
            println!("kernel {kernel}: {} levels, off by {worst:.1e}", tcn.levels.len());
            assert!(worst < if cfg!(feature = "f64") { 1e-13 } else { 1e-5 }, "kernel {kernel}: {worst:e}");
        }
    }

    #[test]
    fn the_levels_reach_over_all_tokens_and_no_level_is_without_need() {
        for (kernel, tokens) in (2..=8).flat_map(|kernel| (1..300).map(move |tokens| (kernel, tokens))) {
            let dilations = dilations(kernel, tokens);
            let reach = |levels: &[usize]| 1 + (kernel - 1) * levels.iter().sum::<usize>();
            assert!(reach(&dilations) >= tokens, "{kernel} {tokens}: {dilations:?}");
            let fewer = &dilations[..dilations.len() - 1];
            assert!(fewer.is_empty() || reach(fewer) < tokens, "{kernel} {tokens}: {dilations:?}");
        }
    }
}
