//! NLinear: one linear map of a window that is centred on its last value (Zeng et al. 2023, “Are Transformers effective for time
//! series forecasting?”, section 4).
//!
//! ```text
//! ŷ = W (x − x_L 1) + b + x_L 1
//!
//! x [window × 1]   the target's window, x_L its last value
//! ŷ [horizon × 1]  the forecast             W [horizon × window], b [horizon × 1]
//! ```
//!
//! Each target is forecast separately, with the same weights.
//! Parameters are named as in the authors' code.

use crate::arch::Forecaster;
use crate::arch::direct::{Direct, Network, Scope, Seen};
use crate::arch::plan::{Learning, Normalise, Plan};
use crate::grad::Var;
use crate::knob::Settings;
use crate::nn::{Builder, Linear, Pass};

#[derive(Debug)]
struct NLinear {
    linear: Linear,
}

/// The forecaster; it centres the window on its last value whatever the settings say, as the paper does.
pub fn forecaster(builder: &mut Builder, plan: &Plan, _settings: &Settings) -> Box<dyn Forecaster> {
    let linear = Linear::new(builder, "Linear", plan.window, plan.horizon);
    Box::new(Direct::new(builder, Plan { learning: Learning::End(Normalise::Last), ..*plan }, NLinear { linear }))
}

impl Network for NLinear {
    fn forward(&self, pass: &mut Pass<'_>, seen: &Seen<'_>) -> Var {
        let window = seen.segments(pass);
        self.linear.forward(pass, window)
    }

    fn scope(&self) -> Scope {
        Scope::Targets
    }
}
