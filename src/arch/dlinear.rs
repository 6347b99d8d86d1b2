//! DLinear: a moving average of the window and the remainder, each with its own linear map (Zeng et al. 2023, “Are Transformers
//! effective for time series forecasting?”, section 4).
//!
//! ```text
//! t_k = (1/m) Σ_{|j| ≤ (m−1)/2} x_{k+j}      trend; beyond its ends x repeats its first and its last value
//! s   = x − t                                remainder
//! ŷ   = W_s s + b_s + W_t t + b_t
//!
//! x, t, s [window × 1]   the target's window    W_s, W_t [horizon × window]
//! ŷ [horizon × 1]        the forecast           b_s, b_t [horizon × 1]        m: odd, 25 in the paper
//! ```
//!
//! Each target is forecast separately, with the same weights.
//! Parameters are named as in the authors' code.

use crate::Real;
use crate::arch::Forecaster;
use crate::arch::direct::{Direct, Network, Scope, Seen};
use crate::arch::plan::{Learning, Normalise, Plan};
use crate::grad::{Record, Tape, Var, ops};
use crate::knob::{Group, Knob, Settings};
use crate::nn::{Builder, Linear, Pass};

/// Steps of the trend's average.
pub const SPAN: Knob<usize> = Knob::integer(Group::Model, "trend_span", "Trend window", 1..=1_001, 25)
    .help("Length of the trend's centred moving average. An even number counts as the next odd one.")
    .unit("steps")
    .source("Zeng et al. 2023");

#[derive(Debug)]
struct DLinear {
    seasonal: Linear,
    trend: Linear,
    /// Steps of the trend's average on each side.
    reach: usize,
}

/// The forecaster; it reads the window without centring, as the paper does.
pub fn forecaster(builder: &mut Builder, plan: &Plan, settings: &Settings) -> Box<dyn Forecaster> {
    let seasonal = Linear::new(builder, "Linear_Seasonal", plan.window, plan.horizon);
    let trend = Linear::new(builder, "Linear_Trend", plan.window, plan.horizon);
    let network = DLinear { seasonal, trend, reach: settings.get(&SPAN) / 2 };
    Box::new(Direct::new(builder, Plan { learning: Learning::End(Normalise::None), ..*plan }, network))
}

/// The moving average of each column over `reach` steps before and after.
fn moving_average(tape: &mut Tape, x: Var, reach: usize) -> Var {
    let (rows, columns) = tape.shape(x);
    let mut out = tape.buffer(rows * columns);
    let (last, span) = (rows - 1, 2 * reach + 1);
    for (out, x) in out.chunks_exact_mut(rows).zip(tape.value(x).chunks_exact(rows)) {
        let at = |k: isize| crate::wide(x[k.clamp(0, last as isize) as usize]);
        let reach = reach as isize;
        // In f64, since a running sum over a long window accumulates f32's rounding.
        let mut sum: f64 = (-reach..=reach).map(at).sum();
        for (k, out) in out.iter_mut().enumerate() {
            *out = crate::narrow(sum / span as f64);
            sum += at(k as isize + reach + 1) - at(k as isize - reach);
        }
    }
    let record = Record::new([Some(x)], |ctx| {
        let [rows, reach, ..] = ctx.record.sizes;
        ctx.accumulate(0, |grad, up| {
            for (grad, up) in grad.chunks_exact_mut(rows).zip(up.chunks_exact(rows)) {
                for (k, up) in up.iter().enumerate() {
                    let share = up / (2 * reach + 1) as Real;
                    // The end values also stand for all values beyond them.
                    (k..=k + 2 * reach).for_each(|j| grad[j.saturating_sub(reach).min(rows - 1)] += share);
                }
            }
        });
    });
    tape.push(rows, columns, out, Some(record.with_sizes([rows, reach])))
}

impl Network for DLinear {
    fn forward(&self, pass: &mut Pass<'_>, seen: &Seen<'_>) -> Var {
        let window = seen.segments(pass);
        let trend = moving_average(pass.tape, window, self.reach);
        let rest = ops::sub(pass.tape, window, trend);
        let (rest, trend) = (self.seasonal.forward(pass, rest), self.trend.forward(pass, trend));
        ops::add(pass.tape, rest, trend)
    }

    fn keeps_more(&self) -> usize {
        // Trend and remainder.
        2 * self.trend.inputs
    }

    fn scope(&self) -> Scope {
        Scope::Targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moving_average_goes_on_with_the_ends() {
        let mut tape = Tape::new(false);
        let x = tape.constant(4, 1, &[1.0, 2.0, 6.0, 9.0]);
        for (reach, expected) in [(0, [1.0, 2.0, 6.0, 9.0]), (1, [4.0 / 3.0, 3.0, 17.0 / 3.0, 8.0])] {
            let found = moving_average(&mut tape, x, reach);
            for (f, e) in tape.value(found).iter().zip(expected) {
                assert!((crate::wide(*f) - e).abs() < 1e-6, "{f} {e}");
            }
        }
        // Wider than the window: (3 · 1 + 1 + 2 + 6 + 9 + … ) as far as each end reaches.
        let wide = moving_average(&mut tape, x, 5);
        assert!((crate::wide(tape.value(wide)[0]) - (6.0 + 2.0 + 6.0 + 9.0 * 3.0) / 11.0).abs() < 1e-6);
    }
}
