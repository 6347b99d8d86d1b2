//! Losses: the mean over all entries of a penalty on prediction − target.

use crate::Real;
use crate::grad::{Record, Tape, Var};
use crate::knob::choices;

choices! {
    /// Penalty on one error `e`.
    pub enum Loss {
        /// `e²`.
        Mse("mse", "squared error", "Large errors count most; aims at the mean."),
        /// `|e|`.
        Mae("mae", "absolute error", "All errors count by their size; aims at the median."),
        /// `e² / 2` up to 1, `|e| − 1/2` beyond, with threshold 1.
        Huber("huber", "Huber", "Squared for small errors, absolute for large ones: outliers count less (Huber 1964)."),
    }
}

impl Loss {
    /// The penalty.
    #[inline]
    pub fn of(self, e: Real) -> Real {
        match self {
            Loss::Mse => e * e,
            Loss::Mae => e.abs(),
            Loss::Huber if e.abs() <= 1.0 => 0.5 * e * e,
            Loss::Huber => e.abs() - 0.5,
        }
    }

    /// Its derivative; 0 at the kink of the absolute value.
    #[inline]
    pub fn slope(self, e: Real) -> Real {
        match self {
            Loss::Mse => 2.0 * e,
            Loss::Mae if e == 0.0 => 0.0,
            Loss::Mae => e.signum(),
            Loss::Huber => e.clamp(-1.0, 1.0),
        }
    }

    fn from_index(index: usize) -> Self {
        [Loss::Mse, Loss::Mae, Loss::Huber][index]
    }
}

/// Mean of the penalty over all entries of `prediction − target`, same shapes; the result is `[1 × 1]`.
pub fn loss(tape: &mut Tape, kind: Loss, prediction: Var, target: Var) -> Var {
    assert_eq!(tape.shape(prediction), tape.shape(target), "shapes differ");
    let pairs = tape.value(prediction).iter().zip(tape.value(target));
    // Summed in f64, since a large batch's sum would lose the last digits of f32.
    let total: f64 = pairs.map(|(p, t)| crate::wide(kind.of(p - t))).sum();
    let count = tape.value(prediction).len();
    let mut out = tape.buffer(1);
    out[0] = crate::narrow(total / count as f64);
    let record = Record::new([Some(prediction), Some(target)], |ctx| {
        let (Some(prediction), Some(target)) = (ctx.input(0), ctx.input(1)) else { return };
        let kind = Loss::from_index(ctx.record.sizes[0]);
        let (p, t) = (ctx.value(prediction), ctx.value(target));
        let share = 1.0 / p.len() as Real;
        for (input, sign) in [(0, share), (1, -share)] {
            ctx.accumulate(input, |grad, up| {
                for ((g, p), t) in grad.iter_mut().zip(p).zip(t) {
                    *g += up[0] * sign * kind.slope(p - t);
                }
            });
        }
    });
    tape.push(1, 1, out, Some(record.with_sizes([kind as usize])))
}
