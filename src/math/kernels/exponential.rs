//! The exponential function, and functions made of it.
//!
//! In `f32`, `eˣ = 2ⁿ eʳ` with `n` the whole number nearest to `x / ln 2` and `|r| ≤ ln 2 / 2`; `eʳ` is the polynomial of the
//! Cephes library (Moshier, `expf.c`). The largest errors are stated and tested. In `f64` all functions come from the maths
//! library.

use super::lanes::Number;
use crate::Real;

/// Largest relative error of [`exp`] in `f32`.
pub const EXP_ERROR: f64 = 2e-7;
/// Largest relative error of [`softplus`] in `f32`.
pub const SOFTPLUS_ERROR: f64 = 5e-7;
/// Largest absolute error of [`normal`] in `f32`.
pub const NORMAL_ERROR: f64 = 5e-7;

/// `eˣ`; in `f32` never below 1e-38 and never infinite.
#[cfg(not(feature = "f64"))]
#[inline(always)]
pub fn exp<T: Number>(x: T) -> T {
    /// Adding and subtracting it leaves the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts, the first with exact products with whole numbers.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const P: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let x = x.at_most(T::splat(88.0)).at_least(T::splat(-87.0));
    let n = x.mul_add(T::splat(std::f32::consts::LOG2_E), T::splat(ROUND)) - T::splat(ROUND);
    let r = x - n * T::splat(LN_2[0]) - n * T::splat(LN_2[1]);
    let mut p = T::splat(P[0]);
    for c in &P[1..] {
        p = p.mul_add(r, T::splat(*c));
    }
    (p * r).mul_add(r, r + T::splat(1.0)) * n.power_of_two()
}

/// `eˣ`.
#[cfg(feature = "f64")]
#[inline(always)]
pub fn exp<T: Number>(x: T) -> T {
    x.each(libm::exp)
}

/// `|x|`.
#[cfg(not(feature = "f64"))]
#[inline(always)]
fn size<T: Number>(x: T) -> T {
    x.at_least(T::splat(0.0) - x)
}

/// `ln(1 + eˣ)`, as `max(x, 0) + ln(1 + e^−|x|)`; the logarithm is `2 artanh(y / (2 + y))`, whose series needs seven terms, since
/// its argument is at most 1/3.
#[cfg(not(feature = "f64"))]
#[inline(always)]
pub fn softplus<T: Number>(x: T) -> T {
    let y = exp(T::splat(0.0) - size(x));
    let s = y / (y + T::splat(2.0));
    let z = s * s;
    let mut p = T::splat(2.0 / 13.0);
    for odd in [11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        p = p.mul_add(z, T::splat(2.0 / odd));
    }
    p.mul_add(s, x.at_least(T::splat(0.0)))
}

/// `ln(1 + eˣ)`.
#[cfg(feature = "f64")]
#[inline(always)]
pub fn softplus<T: Number>(x: T) -> T {
    x.each(|x| x.max(0.0) + libm::log1p(libm::exp(-x.abs())))
}

/// Density `φ` and cumulative distribution function `Φ` of the standard normal distribution at `x`.
///
/// In `f32`, `1 − Φ(|x|) = ½ P(t) e^(−x²/2)` with `t = 1 / (1 + p |x| / √2)` (Abramowitz and Stegun 1964, 7.1.26).
#[cfg(not(feature = "f64"))]
#[inline(always)]
pub fn normal<T: Number>(x: T) -> (T, T) {
    const P: [f32; 5] = [1.061_405_4, -1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6];
    /// 0.3275911 / √2.
    const SLOPE: f32 = 0.231_641_9;
    let bell = exp(x * x * T::splat(-0.5));
    let t = T::splat(1.0) / size(x).mul_add(T::splat(SLOPE), T::splat(1.0));
    let mut p = T::splat(P[0]);
    for c in &P[1..] {
        p = p.mul_add(t, T::splat(*c));
    }
    let beyond = T::splat(0.5) * (p * t) * bell;
    // 1 right of zero and 0 left of it; near zero both sides are 1/2.
    let right = (x * T::splat(1e30)).at_most(T::splat(1.0)).at_least(T::splat(0.0));
    let two = T::splat(2.0);
    // right − right · beyond + (1 − right) · beyond
    let below = beyond - right * (two * beyond - T::splat(1.0));
    (bell * T::splat(DENSITY), below)
}

/// Density `φ` and cumulative distribution function `Φ` of the standard normal distribution at `x`.
#[cfg(feature = "f64")]
#[inline(always)]
pub fn normal<T: Number>(x: T) -> (T, T) {
    let density = x.each(|x| DENSITY * libm::exp(-0.5 * x * x));
    (density, x.each(|x| 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)))
}

/// `1 / √(2π)`.
const DENSITY: Real = (std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2 / 2.0) as Real;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::kernels::lanes::{Lanes, WIDTH};

    /// Calls `check` with each position and the results of a lane and of a single number there.
    fn each_place(f: impl Fn(Lanes) -> Lanes, single: impl Fn(Real) -> Real, mut check: impl FnMut(f64, f64)) {
        for k in (-300_000..=300_000).step_by(WIDTH) {
            let x = std::array::from_fn::<Real, WIDTH, _>(|lane| (k + lane as i32) as Real / 15_000.0);
            let mut found = [0.0; WIDTH];
            f(Lanes::read(&x)).write(&mut found);
            for (x, found) in x.into_iter().zip(found) {
                check(crate::wide(x), crate::wide(found));
                check(crate::wide(x), crate::wide(single(x)));
            }
        }
    }

    #[test]
    fn exponentials_keep_within_their_stated_errors() {
        let relative = |found: f64, exact: f64| (found - exact).abs() / exact.abs();
        let (mut of_exp, mut of_softplus, mut of_normal) = (0.0_f64, 0.0_f64, 0.0_f64);
        each_place(exp, exp, |x, found| of_exp = of_exp.max(relative(found, libm::exp(x))));
        each_place(softplus, softplus, |x, found| {
            of_softplus = of_softplus.max(relative(found, x.max(0.0) + libm::log1p(libm::exp(-x.abs()))));
        });
        let erf = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
        each_place(|x| normal(x).1, |x| normal(x).1, |x, found| of_normal = of_normal.max((found - erf(x)).abs()));
        let bell = |x: f64| libm::exp(-0.5 * x * x) / (2.0 * std::f64::consts::PI).sqrt();
        each_place(|x| normal(x).0, |x| normal(x).0, |x, found| of_normal = of_normal.max((found - bell(x)).abs()));
        println!("largest errors: exp {of_exp:.1e}, softplus {of_softplus:.1e} (relative), normal {of_normal:.1e}");
        assert!(of_exp < EXP_ERROR && of_softplus < SOFTPLUS_ERROR && of_normal < NORMAL_ERROR);
    }

    #[test]
    fn exponentials_stay_finite_and_keep_nan() {
        for x in [-1e30, -200.0, -88.0, 88.0] {
            assert!(exp(x as Real).is_finite() && exp(x as Real) >= 0.0);
            assert!(softplus(x as Real).is_finite());
        }
        assert!(exp(Real::NAN).is_nan() && softplus(Real::NAN).is_nan() && normal(Real::NAN).1.is_nan());
    }
}
