//! Normalisation of each column: layer norm, whole or in groups, and RMS norm.

use crate::Real;
use crate::grad::{Context, Record, Tape, Var};
use crate::math::kernels::{Formula, Number, Summed, add_scaled, for_each, for_each_summed};

/// Layer normalisation (Ba et al. 2016) of each column of `x` `[rows × cols]`, as `torch.nn.LayerNorm`:
/// `y = (x − mean) / √(variance + ε) ∘ w + b`, the variance over `rows`; `w` and `b` `[rows × 1]`.
pub fn layer_norm(tape: &mut Tape, x: Var, w: Var, b: Var, epsilon: Real) -> Var {
    normalise(tape, x, w, Some(b), (1, true), epsilon)
}

/// Layer normalisation of each of `groups` equal parts of each column separately, without a bias, as
/// `torch.nn.functional.group_norm` of the columns; `w` `[rows × 1]`.
pub fn group_norm(tape: &mut Tape, x: Var, w: Var, groups: usize, epsilon: Real) -> Var {
    normalise(tape, x, w, None, (groups, true), epsilon)
}

/// Root-mean-square normalisation (Zhang and Sennrich 2019) of each column of `x` `[rows × cols]`:
/// `y = x / √(mean of squares + ε) ∘ w`; `w` `[rows × 1]`.
pub fn rms_norm(tape: &mut Tape, x: Var, w: Var, epsilon: Real) -> Var {
    normalise(tape, x, w, None, (1, false), epsilon)
}

/// In `groups` parts of a column; `centred`: the mean is subtracted.
fn normalise(tape: &mut Tape, x: Var, w: Var, b: Option<Var>, (groups, centred): (usize, bool), epsilon: Real) -> Var {
    let (rows, cols) = tape.shape(x);
    assert_eq!((rows, 1), tape.shape(w), "one number a row is needed");
    assert_eq!(rows % groups, 0, "the groups must divide the rows");
    let part = rows / groups;
    let (mut out, mut levels) = (tape.buffer(rows * cols), tape.buffer(2 * groups * cols));
    let count = part as Real;
    let weights = tape.value(w).chunks_exact(part).cycle();
    for (((x, y), level), weight) in
        tape.value(x).chunks_exact(part).zip(out.chunks_exact_mut(part)).zip(levels.chunks_exact_mut(2)).zip(weights)
    {
        let mean = if centred { for_each_summed([x], [], Sum)[0] / count } else { 0.0 };
        let [squares] = for_each_summed([x], [], Squares(mean));
        let factor = 1.0 / (squares / count + epsilon).sqrt();
        level.copy_from_slice(&[mean, factor]);
        match b {
            Some(b) => for_each([x, weight, tape.value(b)], [y], Shifted(mean, factor)),
            None => for_each([x, weight], [y], Scaled(mean, factor)),
        }
    }
    let inputs = [Some(x), Some(w), b];
    tape.push_auxiliary(2 * groups, cols, levels, &[]);
    let record = Record::new(inputs, backward).with_sizes([part, usize::from(centred)]).with_auxiliaries(1);
    tape.push(rows, cols, out, Some(record))
}

fn backward(ctx: &mut Context<'_>) {
    let (Some(x), Some(w)) = (ctx.input(0), ctx.input(1)) else { return };
    let [part, centred, ..] = ctx.record.sizes;
    let rows = ctx.shape(x).0;
    let (x, weights) = (ctx.value(x), ctx.value(w));
    let levels = ctx.value(ctx.auxiliary(1));
    let columns = || x.chunks_exact(part).zip(levels.chunks_exact(2));
    ctx.accumulate(0, |grad, up| {
        let parts = columns().zip(up.chunks_exact(part)).zip(grad.chunks_exact_mut(part));
        for ((((x, level), dy), dx), weight) in parts.zip(weights.chunks_exact(part).cycle()) {
            let (mean, factor) = (level[0], level[1]);
            let [along, sum] = for_each_summed([x, weight, dy], [], Moments(mean, factor));
            let count = part as Real;
            let shift = if centred == 1 { sum / count } else { 0.0 };
            for_each([x, weight, dy], [dx], Back { mean, factor, along: along / count, shift });
        }
    });
    ctx.accumulate(1, |grad, up| {
        for (k, ((x, level), dy)) in columns().zip(up.chunks_exact(part)).enumerate() {
            let first = k * part % rows;
            for_each([x, dy], [&mut grad[first..first + part]], Weight(level[0], level[1]));
        }
    });
    ctx.accumulate(2, |grad, up| up.chunks_exact(rows).for_each(|dy| add_scaled(grad, dy, 1.0)));
}

struct Sum;

impl Summed<1, 0, 1> for Sum {
    #[inline(always)]
    fn at<T: Number>(&self, [x]: [T; 1], []: [T; 0], [sum]: [T; 1]) -> ([T; 0], [T; 1]) {
        ([], [sum + x])
    }
}

/// Sum of squares around a mean.
struct Squares(Real);

impl Summed<1, 0, 1> for Squares {
    #[inline(always)]
    fn at<T: Number>(&self, [x]: [T; 1], []: [T; 0], [sum]: [T; 1]) -> ([T; 0], [T; 1]) {
        let away = x - T::splat(self.0);
        ([], [away.mul_add(away, sum)])
    }
}

struct Shifted(Real, Real);

impl Formula<3, 1> for Shifted {
    #[inline(always)]
    fn at<T: Number>(&self, [x, w, b]: [T; 3], _: [T; 1]) -> [T; 1] {
        [((x - T::splat(self.0)) * T::splat(self.1)).mul_add(w, b)]
    }
}

struct Scaled(Real, Real);

impl Formula<2, 1> for Scaled {
    #[inline(always)]
    fn at<T: Number>(&self, [x, w]: [T; 2], _: [T; 1]) -> [T; 1] {
        [(x - T::splat(self.0)) * T::splat(self.1) * w]
    }
}

/// Sums of `g ∘ x̂` and of `g`, where `g = w ∘ dy` is the gradient of the normalised column `x̂`.
struct Moments(Real, Real);

impl Summed<3, 0, 2> for Moments {
    #[inline(always)]
    fn at<T: Number>(&self, [x, w, dy]: [T; 3], []: [T; 0], [along, sum]: [T; 2]) -> ([T; 0], [T; 2]) {
        let g = w * dy;
        let hat = (x - T::splat(self.0)) * T::splat(self.1);
        ([], [g.mul_add(hat, along), sum + g])
    }
}

/// `dx += factor · (g − mean of g − x̂ · mean of g ∘ x̂)`.
struct Back {
    mean: Real,
    factor: Real,
    along: Real,
    shift: Real,
}

impl Formula<3, 1> for Back {
    #[inline(always)]
    fn at<T: Number>(&self, [x, w, dy]: [T; 3], [dx]: [T; 1]) -> [T; 1] {
        let factor = T::splat(self.factor);
        let hat = (x - T::splat(self.mean)) * factor;
        let inner = w * dy - T::splat(self.shift) - hat * T::splat(self.along);
        [inner.mul_add(factor, dx)]
    }
}

/// `dw += dy ∘ x̂`.
struct Weight(Real, Real);

impl Formula<2, 1> for Weight {
    #[inline(always)]
    fn at<T: Number>(&self, [x, dy]: [T; 2], [dw]: [T; 1]) -> [T; 1] {
        [((x - T::splat(self.0)) * T::splat(self.1)).mul_add(dy, dw)]
    }
}
