//! Elementwise smooth functions of exponentials. The backward pass computes their derivatives from the input again.

use crate::Real;
use crate::grad::{Context, Record, Tape, Var};
use crate::math::kernels::{self, Formula, Number, for_each};

/// A function of one number and its derivative.
trait Smooth {
    fn value<T: Number>(x: T) -> T;
    fn slope<T: Number>(x: T) -> T;
}

/// `eˣ`.
pub fn exp(tape: &mut Tape, x: Var) -> Var {
    map::<Exp>(tape, x)
}

/// `ln(1 + eˣ)`; derivative `σ(x)`.
pub fn softplus(tape: &mut Tape, x: Var) -> Var {
    map::<Softplus>(tape, x)
}

/// `x σ(x)` (SiLU or Swish: Hendrycks and Gimpel 2016; Ramachandran et al. 2017).
pub fn silu(tape: &mut Tape, x: Var) -> Var {
    map::<Silu>(tape, x)
}

/// `x Φ(x)` with the cumulative distribution function of the normal distribution (Hendrycks and Gimpel 2016), not its tanh
/// approximation; derivative `Φ(x) + x φ(x)`.
pub fn gelu(tape: &mut Tape, x: Var) -> Var {
    map::<Gelu>(tape, x)
}

struct Exp;

impl Smooth for Exp {
    #[inline(always)]
    fn value<T: Number>(x: T) -> T {
        kernels::exp(x)
    }

    #[inline(always)]
    fn slope<T: Number>(x: T) -> T {
        kernels::exp(x)
    }
}

struct Softplus;

impl Smooth for Softplus {
    #[inline(always)]
    fn value<T: Number>(x: T) -> T {
        kernels::softplus(x)
    }

    #[inline(always)]
    fn slope<T: Number>(x: T) -> T {
        kernels::sigmoid(x)
    }
}

struct Silu;

impl Smooth for Silu {
    #[inline(always)]
    fn value<T: Number>(x: T) -> T {
        x * kernels::sigmoid(x)
    }

    #[inline(always)]
    fn slope<T: Number>(x: T) -> T {
        let s = kernels::sigmoid(x);
        (x * s).mul_add(T::splat(1.0) - s, s)
    }
}

struct Gelu;

impl Smooth for Gelu {
    #[inline(always)]
    fn value<T: Number>(x: T) -> T {
        x * kernels::normal(x).1
    }

    #[inline(always)]
    fn slope<T: Number>(x: T) -> T {
        let (density, below) = kernels::normal(x);
        x.mul_add(density, below)
    }
}

fn map<F: Smooth + 'static>(tape: &mut Tape, x: Var) -> Var {
    let (rows, cols) = tape.shape(x);
    let mut out = tape.buffer(rows * cols);
    forward::<F>(tape.value(x), &mut out);
    tape.push(rows, cols, out, Some(Record::new([Some(x)], back::<F>)))
}

fn back<F: Smooth>(ctx: &mut Context<'_>) {
    let Some(x) = ctx.input(0) else { return };
    let x = ctx.value(x);
    ctx.accumulate(0, |grad, up| backward::<F>(x, up, grad));
}

#[inline(never)]
fn forward<F: Smooth>(x: &[Real], y: &mut [Real]) {
    for_each([x], [y], Forward::<F>(std::marker::PhantomData));
}

#[inline(never)]
fn backward<F: Smooth>(x: &[Real], dy: &[Real], dx: &mut [Real]) {
    for_each([x, dy], [dx], Backward::<F>(std::marker::PhantomData));
}

struct Forward<F>(std::marker::PhantomData<F>);

impl<F: Smooth> Formula<1, 1> for Forward<F> {
    #[inline(always)]
    fn at<T: Number>(&self, [x]: [T; 1], _: [T; 1]) -> [T; 1] {
        [F::value(x)]
    }
}

struct Backward<F>(std::marker::PhantomData<F>);

impl<F: Smooth> Formula<2, 1> for Backward<F> {
    #[inline(always)]
    fn at<T: Number>(&self, [x, dy]: [T; 2], [dx]: [T; 1]) -> [T; 1] {
        [dy.mul_add(F::slope(x), dx)]
    }
}
