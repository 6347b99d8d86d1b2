//! Several numbers at once: four lanes of `f32` in one SIMD register of WebAssembly, four of an array elsewhere.
//!
//! A formula is written once, over [`Number`], and runs on [`Lanes`] while four numbers are left, and on single numbers for the
//! remainder. [`Number::mul_add`] rounds once in the relaxed SIMD build, twice in the plain one.

use std::ops::{Add, Div, Mul, Sub};

use super::TINY;
use crate::Real;

/// Numbers in one [`Lanes`].
pub const WIDTH: usize = 4;

/// The number type of the kernels' formulas: one number, or several lanes.
pub trait Number: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> {
    /// `x` in every lane.
    fn splat(x: Real) -> Self;
    /// `self · a + b`.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// The smaller of `self` and `limit`; NaN stays NaN.
    fn at_most(self, limit: Self) -> Self;
    /// The larger of `self` and `limit`; NaN stays NaN.
    fn at_least(self, limit: Self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// `self`, or zero where its absolute value is below [`TINY`].
    fn flush(self) -> Self;
    /// 2 to the power of `self`, a whole number from −126 to 127. NaN gives some finite number.
    fn power_of_two(self) -> Self;
    /// `f` of each lane: for functions without a SIMD form.
    fn each(self, f: impl Fn(Real) -> Real) -> Self;
}

/// Bits of the number 2ⁿ for a whole number n: its exponent, shifted into position.
#[inline(always)]
fn power_of_two(n: Real) -> Real {
    crate::narrow(f64::from(f32::from_bits(((n as i32 + 127) << 23) as u32)))
}

impl Number for Real {
    #[inline(always)]
    fn splat(x: Real) -> Self {
        x
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        self * a + b
    }

    #[inline(always)]
    fn at_most(self, limit: Self) -> Self {
        if limit < self { limit } else { self }
    }

    #[inline(always)]
    fn at_least(self, limit: Self) -> Self {
        if self < limit { limit } else { self }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Real::sqrt(self)
    }

    #[inline(always)]
    fn flush(self) -> Self {
        if self.abs() < TINY { 0.0 } else { self }
    }

    #[inline(always)]
    fn power_of_two(self) -> Self {
        power_of_two(self)
    }

    #[inline(always)]
    fn each(self, f: impl Fn(Real) -> Real) -> Self {
        f(self)
    }
}

pub use register::Lanes;

/// On SIMD registers.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128", not(feature = "f64")))]
mod register {
    #![expect(unsafe_code, reason = "loads and stores by pointer: bounds are checked once by the loops around them")]

    use std::arch::wasm32::*;

    use super::*;

    /// Four numbers side by side.
    #[derive(Debug, Clone, Copy)]
    #[repr(transparent)]
    pub struct Lanes(v128);

    macro_rules! operator {
        ($trait:ident, $method:ident, $instruction:ident) => {
            impl $trait for Lanes {
                type Output = Self;
                #[inline(always)]
                fn $method(self, other: Self) -> Self {
                    Self($instruction(self.0, other.0))
                }
            }
        };
    }
    operator!(Add, add, f32x4_add);
    operator!(Sub, sub, f32x4_sub);
    operator!(Mul, mul, f32x4_mul);
    operator!(Div, div, f32x4_div);

    impl Number for Lanes {
        #[inline(always)]
        fn splat(x: Real) -> Self {
            Self(f32x4_splat(x))
        }

        #[cfg(target_feature = "relaxed-simd")]
        #[inline(always)]
        fn mul_add(self, a: Self, b: Self) -> Self {
            Self(f32x4_relaxed_madd(self.0, a.0, b.0))
        }

        #[cfg(not(target_feature = "relaxed-simd"))]
        #[inline(always)]
        fn mul_add(self, a: Self, b: Self) -> Self {
            Self(f32x4_add(f32x4_mul(self.0, a.0), b.0))
        }

        // The pseudo-minimum `b < a ? b : a` is one processor instruction; with the limit second, NaN stays.
        #[inline(always)]
        fn at_most(self, limit: Self) -> Self {
            Self(f32x4_pmin(self.0, limit.0))
        }

        #[inline(always)]
        fn at_least(self, limit: Self) -> Self {
            Self(f32x4_pmax(self.0, limit.0))
        }

        #[inline(always)]
        fn sqrt(self) -> Self {
            Self(f32x4_sqrt(self.0))
        }

        #[inline(always)]
        fn flush(self) -> Self {
            Self(v128_andnot(self.0, f32x4_lt(f32x4_abs(self.0), f32x4_splat(TINY))))
        }

        #[inline(always)]
        fn power_of_two(self) -> Self {
            Self(i32x4_shl(i32x4_add(i32x4_trunc_sat_f32x4(self.0), i32x4_splat(127)), 23))
        }

        #[inline(always)]
        fn each(self, f: impl Fn(Real) -> Real) -> Self {
            let mut all = [0.0; WIDTH];
            self.write(&mut all);
            Self::read(&all.map(f))
        }
    }

    impl Lanes {
        /// From four numbers.
        #[inline(always)]
        pub fn read(from: &[Real; WIDTH]) -> Self {
            // SAFETY: a reference to four numbers is good for sixteen bytes; the instruction takes any alignment.
            Self(unsafe { v128_load(from.as_ptr().cast()) })
        }

        /// To four numbers.
        #[inline(always)]
        pub fn write(self, to: &mut [Real; WIDTH]) {
            // SAFETY: as above.
            unsafe { v128_store(to.as_mut_ptr().cast(), self.0) }
        }

        /// Lane `k` of all, for each `k`.
        #[inline(always)]
        pub fn transpose([a, b, c, d]: [Self; WIDTH]) -> [Self; WIDTH] {
            let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a.0, b.0), i32x4_shuffle::<0, 4, 1, 5>(c.0, d.0));
            let (high_ab, high_cd) = (i32x4_shuffle::<2, 6, 3, 7>(a.0, b.0), i32x4_shuffle::<2, 6, 3, 7>(c.0, d.0));
            [
                Self(i64x2_shuffle::<0, 2>(ab, cd)),
                Self(i64x2_shuffle::<1, 3>(ab, cd)),
                Self(i64x2_shuffle::<0, 2>(high_ab, high_cd)),
                Self(i64x2_shuffle::<1, 3>(high_ab, high_cd)),
            ]
        }

        /// The four numbers at `from`.
        ///
        /// # Safety
        /// They must lie within one allocation.
        #[inline(always)]
        pub unsafe fn load(from: *const Real) -> Self {
            // SAFETY: promised by the caller.
            Self(unsafe { v128_load(from.cast()) })
        }

        /// Writes the four numbers to `to`.
        ///
        /// # Safety
        /// They must lie within one allocation that nobody else refers to.
        #[inline(always)]
        pub unsafe fn store(self, to: *mut Real) {
            // SAFETY: promised by the caller.
            unsafe { v128_store(to.cast(), self.0) }
        }

        /// The number at `from` in every lane.
        ///
        /// # Safety
        /// `from` must point to a number.
        #[inline(always)]
        pub unsafe fn load_splat(from: *const Real) -> Self {
            // SAFETY: promised by the caller.
            Self(unsafe { v128_load32_splat(from.cast()) })
        }
    }
}

/// On arrays, which the compiler turns into the target's SIMD.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128", not(feature = "f64"))))]
mod register {
    #![expect(unsafe_code, reason = "the same interface as on SIMD registers")]

    use super::*;

    /// Four numbers side by side.
    #[derive(Debug, Clone, Copy)]
    #[repr(transparent)]
    pub struct Lanes([Real; WIDTH]);

    impl Lanes {
        #[inline(always)]
        fn with(self, other: Self, f: impl Fn(Real, Real) -> Real) -> Self {
            Self(std::array::from_fn(|k| f(self.0[k], other.0[k])))
        }

        /// From four numbers.
        #[inline(always)]
        pub fn read(from: &[Real; WIDTH]) -> Self {
            Self(*from)
        }

        /// To four numbers.
        #[inline(always)]
        pub fn write(self, to: &mut [Real; WIDTH]) {
            *to = self.0;
        }

        /// Lane `k` of all, for each `k`.
        #[inline(always)]
        pub fn transpose(all: [Self; WIDTH]) -> [Self; WIDTH] {
            std::array::from_fn(|k| Self(all.map(|one| one.0[k])))
        }

        /// The four numbers at `from`.
        ///
        /// # Safety
        /// They must lie within one allocation.
        #[inline(always)]
        pub unsafe fn load(from: *const Real) -> Self {
            // SAFETY: promised by the caller; an array is aligned as its numbers are.
            Self(unsafe { *from.cast() })
        }

        /// Writes the four numbers to `to`.
        ///
        /// # Safety
        /// They must lie within one allocation that nobody else refers to.
        #[inline(always)]
        pub unsafe fn store(self, to: *mut Real) {
            // SAFETY: promised by the caller.
            unsafe { *to.cast() = self.0 }
        }

        /// The number at `from` in every lane.
        ///
        /// # Safety
        /// `from` must point to a number.
        #[inline(always)]
        pub unsafe fn load_splat(from: *const Real) -> Self {
            // SAFETY: promised by the caller.
            Self::splat(unsafe { *from })
        }
    }

    macro_rules! operator {
        ($trait:ident, $method:ident, $operator:tt) => {
            impl $trait for Lanes {
                type Output = Self;
                #[inline(always)]
                fn $method(self, other: Self) -> Self {
                    self.with(other, |a, b| a $operator b)
                }
            }
        };
    }
    operator!(Add, add, +);
    operator!(Sub, sub, -);
    operator!(Mul, mul, *);
    operator!(Div, div, /);

    impl Number for Lanes {
        #[inline(always)]
        fn splat(x: Real) -> Self {
            Self([x; WIDTH])
        }

        #[inline(always)]
        fn mul_add(self, a: Self, b: Self) -> Self {
            self * a + b
        }

        #[inline(always)]
        fn at_most(self, limit: Self) -> Self {
            self.with(limit, Number::at_most)
        }

        #[inline(always)]
        fn at_least(self, limit: Self) -> Self {
            self.with(limit, Number::at_least)
        }

        #[inline(always)]
        fn sqrt(self) -> Self {
            self.each(Real::sqrt)
        }

        #[inline(always)]
        fn flush(self) -> Self {
            self.each(Number::flush)
        }

        #[inline(always)]
        fn power_of_two(self) -> Self {
            self.each(power_of_two)
        }

        #[inline(always)]
        fn each(self, f: impl Fn(Real) -> Real) -> Self {
            Self(self.0.map(f))
        }
    }
}

/// Runs `f` over equally long slices, four numbers at a time and then one at a time: `f(read, write)` gets the numbers of `reads`
/// and of `writes` at one index, and returns the numbers to write.
///
/// All slices are cut to the length of the first of `writes`; a shorter one panics.
#[inline(always)]
pub fn for_each<const R: usize, const W: usize>(
    reads: [&[Real]; R],
    writes: [&mut [Real]; W],
    formula: impl Formula<R, W>,
) {
    let length = writes.first().map_or(0, |first| first.len());
    let reads = reads.map(|all| all[..length].as_chunks::<WIDTH>());
    let mut writes = writes.map(|all| all[..length].as_chunks_mut::<WIDTH>());
    for k in 0..length / WIDTH {
        let outs = formula.at(
            std::array::from_fn(|r| Lanes::read(&reads[r].0[k])),
            std::array::from_fn(|w| Lanes::read(&writes[w].0[k])),
        );
        for (out, (all, _)) in outs.iter().zip(&mut writes) {
            out.write(&mut all[k]);
        }
    }
    for k in 0..length % WIDTH {
        let outs = formula.at(std::array::from_fn(|r| reads[r].1[k]), std::array::from_fn(|w| writes[w].1[k]));
        for (out, (_, all)) in outs.iter().zip(&mut writes) {
            all[k] = *out;
        }
    }
}

/// A formula of `R` numbers to read and `W` to read and write, at one index.
pub trait Formula<const R: usize, const W: usize> {
    /// The numbers to write.
    fn at<T: Number>(&self, reads: [T; R], writes: [T; W]) -> [T; W];
}
