//! Elementwise functions.

use crate::Real;
use crate::grad::{Context, Record, Tape, Var};
use crate::math::kernels::{self, Formula, Number, for_each};
use crate::math::rng::keyed_uniform;

/// Hyperbolic tangent; derivative `1 − y²`.
pub fn tanh(tape: &mut Tape, x: Var) -> Var {
    map(tape, x, Tanh, |ctx| back(ctx, TanhBack))
}

/// Logistic sigmoid; derivative `y (1 − y)`.
pub fn sigmoid(tape: &mut Tape, x: Var) -> Var {
    map(tape, x, Sigmoid, |ctx| back(ctx, SigmoidBack))
}

/// Rectifier `max(x, 0)`; derivative 1 where positive, else 0.
pub fn relu(tape: &mut Tape, x: Var) -> Var {
    map(tape, x, Relu, |ctx| {
        let output = ctx.output();
        ctx.accumulate(0, |grad, up| {
            for ((g, u), &y) in grad.iter_mut().zip(up).zip(output) {
                *g += if y > 0.0 { *u } else { 0.0 };
            }
        });
    })
}

fn map(tape: &mut Tape, x: Var, f: impl Formula<1, 1>, backward: fn(&mut Context<'_>)) -> Var {
    let (rows, cols) = tape.shape(x);
    let mut out = tape.buffer(rows * cols);
    for_each([tape.value(x)], [&mut *out], f);
    tape.push(rows, cols, out, Some(Record::new([Some(x)], backward)))
}

/// Backward pass of a function whose derivative follows from its value: `f` gets the value's gradient and the value.
fn back(ctx: &mut Context<'_>, f: impl Formula<2, 1>) {
    let output = ctx.output();
    ctx.accumulate(0, |grad, up| for_each([up, output], [grad], f));
}

struct Tanh;

impl Formula<1, 1> for Tanh {
    #[inline(always)]
    fn at<T: Number>(&self, [x]: [T; 1], _: [T; 1]) -> [T; 1] {
        [kernels::tanh(x)]
    }
}

struct TanhBack;

impl Formula<2, 1> for TanhBack {
    #[inline(always)]
    fn at<T: Number>(&self, [dy, y]: [T; 2], [dx]: [T; 1]) -> [T; 1] {
        [dy.mul_add(T::splat(1.0) - y * y, dx)]
    }
}

struct Sigmoid;

impl Formula<1, 1> for Sigmoid {
    #[inline(always)]
    fn at<T: Number>(&self, [x]: [T; 1], _: [T; 1]) -> [T; 1] {
        [kernels::sigmoid(x)]
    }
}

struct SigmoidBack;

impl Formula<2, 1> for SigmoidBack {
    #[inline(always)]
    fn at<T: Number>(&self, [dy, y]: [T; 2], [dx]: [T; 1]) -> [T; 1] {
        [dy.mul_add(y * (T::splat(1.0) - y), dx)]
    }
}

struct Relu;

impl Formula<1, 1> for Relu {
    #[inline(always)]
    fn at<T: Number>(&self, [x]: [T; 1], _: [T; 1]) -> [T; 1] {
        [x.at_least(T::splat(0.0))]
    }
}

/// The key of a dropout mask. The mask also depends on an entry's position within its sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DropoutKey {
    /// The run's seed.
    pub seed: u64,
    /// The optimiser step.
    pub step: u64,
    /// Number of the dropout in the network.
    pub layer: u64,
    /// Number of the first present sample within the whole batch: a batch cut into shards gets the same masks.
    pub first_sample: u64,
    /// Number of the first present step within the whole sequence: a sequence cut into stretches gets the same masks.
    pub first_step: u64,
}

impl DropoutKey {
    /// A number in `[0, 1)` for one entry of one sample, the same however batch and sequence are cut up.
    pub fn draw(&self, step: usize, sample: usize, (row, rows): (usize, usize)) -> Real {
        let place = (self.first_step + step as u64) * rows as u64 + row as u64;
        let layer = self.step.wrapping_mul(1024) + self.layer;
        keyed_uniform([self.seed, layer, self.first_sample + sample as u64, place])
    }
}

/// Inverted dropout (Srivastava et al. 2014) on a sequence `[rows × (steps · batch)]`: each entry is zero with probability `rate`,
/// and otherwise divided by `1 − rate`.
pub fn dropout(tape: &mut Tape, x: Var, rate: Real, key: DropoutKey, batch: usize) -> Var {
    let (rows, cols) = tape.shape(x);
    let kept = 1.0 / (1.0 - rate);
    let mut mask = tape.buffer(rows * cols);
    for (column, entries) in mask.chunks_exact_mut(rows).enumerate() {
        for (row, m) in entries.iter_mut().enumerate() {
            *m = if key.draw(column / batch, column % batch, (row, rows)) < rate { 0.0 } else { kept };
        }
    }
    let mask = tape.push(rows, cols, mask, None);
    super::mul(tape, x, mask)
}
