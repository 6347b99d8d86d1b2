//! The softmax of a column, and its backward pass.

use super::exponential::exp;
use super::lanes::{Formula, Number, for_each};
use super::sums::{Summed, for_each_summed};
use super::vectors::{dot, multiply};
use crate::Real;

/// `xₖ ← e^(xₖ − max) / Σ e^(x − max)`, in place; an empty column stays empty.
pub fn softmax(column: &mut [Real]) {
    let [largest] = for_each_summed([column], [], Largest);
    let [total] = for_each_summed([], [&mut *column], Exp(largest));
    multiply(column, 1.0 / total);
}

/// Gradient of the column `x` from that of `y = softmax(x)`, in place: `dx = factor · y ∘ (dy − ⟨y, dy⟩)`.
pub fn softmax_backward(y: &[Real], dy: &mut [Real], factor: Real) {
    let product = dot(y, dy);
    for_each([y], [dy], Back { product, factor });
}

struct Largest;

impl Summed<1, 0, 1> for Largest {
    const START: Real = Real::NEG_INFINITY;

    #[inline(always)]
    fn at<T: Number>(&self, [x]: [T; 1], []: [T; 0], [largest]: [T; 1]) -> ([T; 0], [T; 1]) {
        ([], [x.at_least(largest)])
    }

    #[inline(always)]
    fn join(a: Real, b: Real) -> Real {
        a.at_least(b)
    }
}

struct Exp(Real);

impl Summed<0, 1, 1> for Exp {
    #[inline(always)]
    fn at<T: Number>(&self, []: [T; 0], [x]: [T; 1], [sum]: [T; 1]) -> ([T; 1], [T; 1]) {
        let y = exp(x - T::splat(self.0));
        ([y], [sum + y])
    }
}

struct Back {
    product: Real,
    factor: Real,
}

impl Formula<1, 1> for Back {
    #[inline(always)]
    fn at<T: Number>(&self, [y]: [T; 1], [dy]: [T; 1]) -> [T; 1] {
        [y * (dy - T::splat(self.product)) * T::splat(self.factor)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn a_softmax_is_what_its_definition_says() {
        let mut rng = Rng::new(4, 0);
        for length in [1, 3, 4, 11, 168] {
            for shift in [0.0, 1e4, -1e4] {
                let x: Vec<Real> = (0..length).map(|_| crate::narrow(3.0 * rng.normal() + shift)).collect();
                let mut found = x.clone();
                softmax(&mut found);
                let largest = x.iter().copied().fold(Real::NEG_INFINITY, Real::max);
                let exact: Vec<f64> = x.iter().map(|x| libm::exp(crate::wide(x - largest))).collect();
                let total: f64 = exact.iter().sum();
                for (f, e) in found.iter().zip(&exact) {
                    assert!((crate::wide(*f) - e / total).abs() < 1e-6, "{f} {}", e / total);
                }
                let dy: Vec<Real> = (0..length).map(|_| crate::narrow(rng.normal())).collect();
                let mut dx = dy.clone();
                softmax_backward(&found, &mut dx, 0.5);
                let inner: Real = found.iter().zip(&dy).map(|(y, d)| y * d).sum();
                for ((dx, y), dy) in dx.iter().zip(&found).zip(&dy) {
                    assert!((dx - 0.5 * y * (dy - inner)).abs() < 1e-6);
                }
            }
        }
    }
}
