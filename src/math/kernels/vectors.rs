//! Sums and products of whole vectors of equal length.

use super::lanes::{Formula, Number, for_each};
use super::sums::{Summed, for_each_summed};
use crate::Real;

// Not inlined, since many places call them.

/// `to += factor · x`.
#[inline(never)]
pub fn add_scaled(to: &mut [Real], x: &[Real], factor: Real) {
    for_each([x], [to], AddScaled(factor));
}

/// `to = factor · x`.
#[inline(never)]
pub fn scaled(to: &mut [Real], x: &[Real], factor: Real) {
    for_each([x], [to], Scaled(factor));
}

/// `x = factor · x`.
#[inline(never)]
pub fn multiply(x: &mut [Real], factor: Real) {
    for_each([], [x], Multiply(factor));
}

/// `to = a ∘ b`, entry by entry.
#[inline(never)]
pub fn product(to: &mut [Real], a: &[Real], b: &[Real]) {
    for_each([a, b], [to], Product);
}

/// `to += a ∘ b`, entry by entry.
#[inline(never)]
pub fn add_product(to: &mut [Real], a: &[Real], b: &[Real]) {
    for_each([a, b], [to], AddProduct);
}

/// `⟨a, b⟩`.
#[inline(never)]
pub fn dot(a: &[Real], b: &[Real]) -> Real {
    let [sum] = for_each_summed([a, b], [], Dot);
    sum
}

struct AddScaled(Real);

impl Formula<1, 1> for AddScaled {
    #[inline(always)]
    fn at<T: Number>(&self, [x]: [T; 1], [to]: [T; 1]) -> [T; 1] {
        [x.mul_add(T::splat(self.0), to)]
    }
}

struct Scaled(Real);

impl Formula<1, 1> for Scaled {
    #[inline(always)]
    fn at<T: Number>(&self, [x]: [T; 1], _: [T; 1]) -> [T; 1] {
        [x * T::splat(self.0)]
    }
}

struct Multiply(Real);

impl Formula<0, 1> for Multiply {
    #[inline(always)]
    fn at<T: Number>(&self, []: [T; 0], [x]: [T; 1]) -> [T; 1] {
        [x * T::splat(self.0)]
    }
}

struct Product;

impl Formula<2, 1> for Product {
    #[inline(always)]
    fn at<T: Number>(&self, [a, b]: [T; 2], _: [T; 1]) -> [T; 1] {
        [a * b]
    }
}

struct AddProduct;

impl Formula<2, 1> for AddProduct {
    #[inline(always)]
    fn at<T: Number>(&self, [a, b]: [T; 2], [to]: [T; 1]) -> [T; 1] {
        [a.mul_add(b, to)]
    }
}

struct Dot;

impl Summed<2, 0, 1> for Dot {
    #[inline(always)]
    fn at<T: Number>(&self, [a, b]: [T; 2], []: [T; 0], [sum]: [T; 1]) -> ([T; 0], [T; 1]) {
        ([], [a.mul_add(b, sum)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn vectors_equal_their_definitions() {
        let mut rng = Rng::new(3, 0);
        for n in [0, 1, 3, 4, 7, 64, 130] {
            let mut random = || -> Vec<Real> { (0..n).map(|_| crate::narrow(rng.normal())).collect() };
            let (a, b, start) = (random(), random(), random());
            let after = |run: &dyn Fn(&mut [Real])| {
                let mut to = start.clone();
                run(&mut to);
                to
            };
            let each = |f: &dyn Fn(usize) -> Real| (0..n).map(f).collect::<Vec<_>>();
            assert_eq!(after(&|to| add_scaled(to, &a, 0.3)), each(&|k| start[k] + 0.3 * a[k]));
            assert_eq!(after(&|to| scaled(to, &a, 0.3)), each(&|k| 0.3 * a[k]));
            assert_eq!(after(&|to| multiply(to, 0.3)), each(&|k| 0.3 * start[k]));
            assert_eq!(after(&|to| product(to, &a, &b)), each(&|k| a[k] * b[k]));
            assert_eq!(after(&|to| add_product(to, &a, &b)), each(&|k| start[k] + a[k] * b[k]));
            let sum: f64 = a.iter().zip(&b).map(|(a, b)| crate::wide(*a) * crate::wide(*b)).sum();
            assert!((crate::wide(dot(&a, &b)) - sum).abs() < 1e-4);
        }
    }
}
