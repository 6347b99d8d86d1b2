//! tanh and the logistic sigmoid, fast enough not to dominate the training time.
//!
//! In `f32`, tanh is `x P(x²) / Q(x²)` with five coefficients each, fitted by `scripts/reference/tanh_coefficients.py` to the least
//! relative error on `[-8.5, 8.5]`, beyond which tanh is 1 to the last bit. [`TANH_ERROR`] is the largest error; a test covers the
//! range. In `f64` both come from the maths library.

use super::lanes::Number;

/// Largest error of [`tanh`] in `f32`, absolute and relative.
pub const TANH_ERROR: f64 = 4e-7;
/// Largest absolute error of [`sigmoid`] in `f32`.
pub const SIGMOID_ERROR: f64 = 2e-7;

/// Hyperbolic tangent.
#[cfg(not(feature = "f64"))]
#[inline(always)]
pub fn tanh<T: Number>(x: T) -> T {
    const LIMIT: f32 = 8.5;
    const P: [f32; 5] = [1.0, 1.341_325_6e-1, 3.534_038_6e-3, 2.125_122_8e-5, 1.426_946_5e-8];
    const Q: [f32; 5] = [1.0, 4.674_658e-1, 2.602_279_7e-2, 3.348_883_4e-4, 8.145_224e-7];
    let x = x.at_most(T::splat(LIMIT)).at_least(T::splat(-LIMIT));
    let z = x * x;
    let [p, q] = [P, Q].map(|c| {
        let high = T::splat(c[4]).mul_add(z, T::splat(c[3]));
        high.mul_add(z, T::splat(c[2])).mul_add(z, T::splat(c[1])).mul_add(z, T::splat(c[0]))
    });
    (x * p / q).at_most(T::splat(1.0)).at_least(T::splat(-1.0))
}

/// Hyperbolic tangent.
#[cfg(feature = "f64")]
#[inline(always)]
pub fn tanh<T: Number>(x: T) -> T {
    x.each(libm::tanh)
}

/// Logistic sigmoid, `1 / (1 + e⁻ˣ)`.
#[cfg(not(feature = "f64"))]
#[inline(always)]
pub fn sigmoid<T: Number>(x: T) -> T {
    let half = T::splat(0.5);
    tanh(half * x).mul_add(half, half)
}

/// Logistic sigmoid, `1 / (1 + e⁻ˣ)`.
#[cfg(feature = "f64")]
#[inline(always)]
pub fn sigmoid<T: Number>(x: T) -> T {
    x.each(|x| 1.0 / (1.0 + libm::exp(-x)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Real;
    use crate::math::kernels::lanes::{Lanes, WIDTH};
    use crate::math::kernels::plain;

    #[test]
    fn activations_keep_within_their_stated_errors() {
        let (mut of_tanh, mut of_sigmoid) = (0.0_f64, 0.0_f64);
        for k in (-300_000..=300_000).step_by(WIDTH) {
            let x = std::array::from_fn::<Real, WIDTH, _>(|lane| (k + lane as i32) as Real / 15_000.0);
            let [mut fast_tanh, mut fast_sigmoid] = [[0.0; WIDTH]; 2];
            tanh(Lanes::read(&x)).write(&mut fast_tanh);
            sigmoid(Lanes::read(&x)).write(&mut fast_sigmoid);
            for (lane, &x) in x.iter().enumerate() {
                for (tanh, sigmoid) in [(tanh(x), sigmoid(x)), (fast_tanh[lane], fast_sigmoid[lane])] {
                    let exact = plain::tanh(x);
                    of_tanh = of_tanh.max(crate::wide((tanh - exact).abs() / exact.abs().max(1e-30)));
                    of_sigmoid = of_sigmoid.max(crate::wide((sigmoid - plain::sigmoid(x)).abs()));
                }
            }
        }
        println!("largest errors: tanh {of_tanh:.1e} (relative), sigmoid {of_sigmoid:.1e}");
        assert!(of_tanh < TANH_ERROR && of_sigmoid < SIGMOID_ERROR, "{of_tanh} {of_sigmoid}");
    }

    #[test]
    fn activations_never_leave_their_range_and_keep_nan() {
        for x in [-1e30, -9.0, -8.499_999, 8.499_999, 9.0, 1e30] {
            assert!(tanh(x).abs() <= 1.0 && (0.0..=1.0).contains(&sigmoid(x)));
        }
        assert!(tanh(Real::NAN).is_nan());
    }
}
