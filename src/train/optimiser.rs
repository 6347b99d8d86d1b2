//! Optimisers: one loop over the flat parameters each, with the numbers of `torch.optim`.

use std::ops::Range;

use crate::Real;
use crate::math::kernels::{Formula, Number, for_each};
use crate::nn::Slot;

/// Keeps the divisions of Adam and RMSProp from zero; PyTorch's default.
const EPSILON: Real = 1e-8;

/// The rule that turns a gradient into a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Stochastic gradient descent with momentum: `v ← μ v + g`, `p ← p − η v` (Sutskever et al. 2013, in PyTorch's form).
    Sgd {
        /// μ; 0 for none.
        momentum: Real,
    },
    /// `v ← 0.99 v + 0.01 g²`, `p ← p − η g / (√v + ε)` (Tieleman and Hinton 2012).
    RmsProp,
    /// Kingma and Ba 2015, algorithm 1, with β₁ 0.9 and β₂ 0.999.
    Adam,
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).
    AdamW {
        /// λ: each step first multiplies every parameter that decays ([`Slot::decays`]) by `1 − η λ`.
        decay: Real,
    },
}

/// A rule with its moments of earlier gradients.
#[derive(Debug, Clone)]
pub struct Optimiser {
    rule: Rule,
    /// Ranges of the parameters with weight decay.
    decayed: Vec<Range<usize>>,
    first: Vec<Real>,
    second: Vec<Real>,
    steps: i32,
}

impl Optimiser {
    /// A new optimiser for the parameters in `slots`, which lie one after the other.
    pub fn new(rule: Rule, slots: &[Slot]) -> Self {
        let count = slots.iter().map(Slot::len).sum();
        let mut decayed: Vec<Range<usize>> = Vec::new();
        for range in slots.iter().filter(|slot| slot.decays).map(Slot::range) {
            match decayed.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => decayed.push(range),
            }
        }
        let first = if rule == Rule::RmsProp { 0 } else { count };
        let second = if matches!(rule, Rule::Sgd { .. }) { 0 } else { count };
        Self { rule, decayed, first: vec![0.0; first], second: vec![0.0; second], steps: 0 }
    }

    /// One step with learning rate `rate`.
    pub fn step(&mut self, params: &mut [Real], grads: &[Real], rate: f64) {
        self.steps += 1;
        match self.rule {
            Rule::Sgd { momentum } => self.sgd(params, grads, crate::narrow(rate), momentum),
            Rule::RmsProp => self.rms_prop(params, grads, crate::narrow(rate)),
            Rule::Adam => self.adam(params, grads, rate),
            Rule::AdamW { decay } => {
                let kept = 1.0 - crate::narrow(rate) * decay;
                for range in &self.decayed {
                    params[range.clone()].iter_mut().for_each(|p| *p *= kept);
                }
                self.adam(params, grads, rate);
            }
        }
    }

    fn sgd(&mut self, params: &mut [Real], grads: &[Real], rate: Real, momentum: Real) {
        for ((p, g), v) in params.iter_mut().zip(grads).zip(&mut self.first) {
            *v = momentum * *v + g;
            *p -= rate * *v;
        }
    }

    fn rms_prop(&mut self, params: &mut [Real], grads: &[Real], rate: Real) {
        const ALPHA: Real = 0.99;
        for ((p, g), v) in params.iter_mut().zip(grads).zip(&mut self.second) {
            *v = ALPHA * *v + (1.0 - ALPHA) * g * g;
            *p -= rate * g / (v.sqrt() + EPSILON);
        }
    }

    fn adam(&mut self, params: &mut [Real], grads: &[Real], rate: f64) {
        const BETA1: f64 = 0.9;
        const BETA2: f64 = 0.999;
        let (b1, b2) = (crate::narrow(BETA1), crate::narrow(BETA2));
        let (c1, c2) = (crate::narrow(1.0 - BETA1), crate::narrow(1.0 - BETA2));
        let steps = f64::from(self.steps);
        let rate = crate::narrow(rate / (1.0 - libm::pow(BETA1, steps)));
        let root = crate::narrow(libm::sqrt(1.0 - libm::pow(BETA2, steps)));
        for_each([grads], [params, &mut self.first, &mut self.second], Adam { b1, b2, c1, c2, rate, root });
    }
}

/// Adam's step at one parameter.
struct Adam {
    b1: Real,
    b2: Real,
    c1: Real,
    c2: Real,
    /// Learning rate divided by the correction of the first moment.
    rate: Real,
    /// Square root of the correction of the second moment.
    root: Real,
}

impl Formula<1, 3> for Adam {
    #[inline(always)]
    fn at<T: Number>(&self, [g]: [T; 1], [p, m, v]: [T; 3]) -> [T; 3] {
        let m = T::splat(self.b1) * m + T::splat(self.c1) * g;
        let v = T::splat(self.b2) * v + T::splat(self.c2) * g * g;
        [p - T::splat(self.rate) * m / (v.sqrt() / T::splat(self.root) + T::splat(EPSILON)), m, v]
    }
}
