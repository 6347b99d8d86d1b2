//! The selective scan: a diagonal state-space model whose step size, input and output matrices may change at every step (Gu
//! and Dao 2023, "Mamba", algorithm 2).
//!
//! ```text
//! A = −exp(A_log)                                          poles, all left of zero
//! h_t = exp(Δ_t A) ∘ h_{t−1} + (Δ_t ∘ u_t) B_tᵀ            state (equations 2a and 4: zero-order hold of A, Euler of B)
//! y_t = h_t C_t + D ∘ u_t                                  output (equation 2b)
//!
//! u_t, Δ_t, y_t [channels × batch]; B_t, C_t [state × batch]; A_log, A [channels × state]; D [channels × 1];
//! h_t [(channels · state) × batch]: each sample a column-major [channels × state].
//! ```
//!
//! Only one state in [`CHUNK`] steps is kept: the backward pass computes a chunk's states again from the one before it, as the
//! paper does (section 3.3.2), and they are in the cache when they are used.

use crate::Real;
use crate::grad::{Context, Record, Tape, Var};
use crate::math::kernels::{Formula, Number, Summed, add_product, add_scaled, exp, for_each, for_each_summed, product};

/// Steps between two kept states.
pub const CHUNK: usize = 8;

/// Indices of the inputs in the record.
const U: usize = 0;
const DELTA: usize = 1;
const A_LOG: usize = 2;
const B: usize = 3;
const C: usize = 4;
const D: usize = 5;
const H0: usize = 6;

/// Auxiliary outputs, counted back from the scan's own node.
const LAST: usize = 1;
const KEPT: usize = 2;

/// Inputs of a selective scan besides its initial state.
#[derive(Debug, Clone, Copy)]
pub struct SelectiveInputs {
    /// Input `[channels × (steps · batch)]`.
    pub u: Var,
    /// Step size Δ, positive, `[channels × (steps · batch)]`.
    pub delta: Var,
    /// Logarithm of −A, `[channels × state]`.
    pub a_log: Var,
    /// Input matrix B, `[state × (steps · batch)]`.
    pub b: Var,
    /// Output matrix C, `[state × (steps · batch)]`.
    pub c: Var,
    /// The input's direct share, `[channels × 1]`.
    pub d: Var,
}

/// Sizes of one scan.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    channels: usize,
    state: usize,
    batch: usize,
    steps: usize,
}

impl Sizes {
    /// Numbers of one sample's state.
    fn whole(self) -> usize {
        self.channels * self.state
    }

    fn chunks(self) -> usize {
        self.steps.div_ceil(CHUNK)
    }

    /// One sample's column of a sequence with `rows` rows, at a step.
    fn column(self, rows: usize, step: usize, sample: usize) -> std::ops::Range<usize> {
        let from = (step * self.batch + sample) * rows;
        from..from + rows
    }

    /// One sample's column of a sequence with as many rows as channels.
    fn wide(self, step: usize, sample: usize) -> std::ops::Range<usize> {
        self.column(self.channels, step, sample)
    }

    /// One sample's column of a sequence with as many rows as the state has.
    fn narrow(self, step: usize, sample: usize) -> std::ops::Range<usize> {
        self.column(self.state, step, sample)
    }
}

/// Runs the scan from the state `h0` `[(channels · state) × batch]` (zero if `None`): the output
/// `[channels × (steps · batch)]`, and the state after the last step.
pub fn selective(tape: &mut Tape, inputs: SelectiveInputs, h0: Option<Var>, batch: usize) -> (Var, Var) {
    let SelectiveInputs { u, delta, a_log, b, c, d } = inputs;
    let ((channels, columns), (_, state)) = (tape.shape(u), tape.shape(a_log));
    assert_eq!(tape.shape(delta), (channels, columns), "step sizes do not fit the input");
    assert_eq!((tape.shape(b), tape.shape(c)), ((state, columns), (state, columns)), "B and C do not fit the input");
    assert!(u != delta && b != c, "each gradient needs a place of its own");
    let s = Sizes { channels, state, batch, steps: columns / batch };
    let size = s.whole();
    let mut out = tape.buffer(channels * columns);
    let mut last = tape.buffer(size * batch);
    // Without a backward pass nothing needs to be kept.
    let chunks = if tape.recording() { s.chunks() } else { 0 };
    let mut kept = tape.buffer(size * batch * chunks);
    let (mut a, mut through) = (tape.scratch(size), tape.scratch(channels));
    poles(tape.value(a_log), &mut a);
    {
        let (u, delta, b, c, d) = (tape.value(u), tape.value(delta), tape.value(b), tape.value(c), tape.value(d));
        for (sample, h) in last.chunks_exact_mut(size).enumerate() {
            match h0 {
                Some(h0) => h.copy_from_slice(&tape.value(h0)[sample * size..][..size]),
                None => h.fill(0.0),
            }
            for step in 0..s.steps {
                if step % CHUNK == 0 && chunks > 0 {
                    kept[(sample * chunks + step / CHUNK) * size..][..size].copy_from_slice(h);
                }
                let (wide, narrow) = (s.wide(step, sample), s.narrow(step, sample));
                let y = &mut out[wide.clone()];
                advance(&u[wide.clone()], &delta[wide], &a, &b[narrow.clone()], &c[narrow], d, &mut through, h, y);
            }
        }
    }
    tape.give(a);
    tape.give(through);
    let all = [Some(u), Some(delta), Some(a_log), Some(b), Some(c), Some(d), h0];
    tape.push_auxiliary(size, batch * chunks, kept, &[]);
    let last = tape.push_auxiliary(size, batch, last, &all);
    let record = Record::new(all, backward).with_sizes([channels, state, batch, s.steps]).with_auxiliaries(2);
    (tape.push(channels, columns, out, Some(record)), last)
}

/// `A = −exp(A_log)`.
fn poles(a_log: &[Real], a: &mut [Real]) {
    for_each([a_log], [a], Poles);
}

/// One sample's step: updates the state `h` and reads `y` from it. `through` receives `Δ ∘ u`.
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "the operands of one equation")]
fn advance(
    u: &[Real],
    delta: &[Real],
    a: &[Real],
    b: &[Real],
    c: &[Real],
    d: &[Real],
    through: &mut [Real],
    h: &mut [Real],
    y: &mut [Real],
) {
    let n = u.len();
    for_each([u, delta, d], [&mut *through, &mut *y], Enter);
    for ((h, a), (&b, &c)) in h.chunks_exact_mut(n).zip(a.chunks_exact(n)).zip(b.iter().zip(c)) {
        for_each([delta, through, a], [h, &mut *y], Advance { b, c });
    }
}

/// The same without the output, keeping the values for the backward pass: `after` is the state after the step from `before`, and
/// `factors` is `exp(Δ A)`.
#[inline(never)]
fn again(
    delta: &[Real],
    through: &[Real],
    a: &[Real],
    b: &[Real],
    before: &[Real],
    after: &mut [Real],
    factors: &mut [Real],
) {
    let n = delta.len();
    let writes = after.chunks_exact_mut(n).zip(factors.chunks_exact_mut(n));
    let reads = a.chunks_exact(n).zip(before.chunks_exact(n)).zip(b);
    for ((after, factors), ((a, before), &b)) in writes.zip(reads) {
        for_each([delta, through, a, before], [after, factors], Again(b));
    }
}

/// Inputs of one sample's step of the backward pass.
struct Step<'a> {
    delta: &'a [Real],
    through: &'a [Real],
    dy: &'a [Real],
    a: &'a [Real],
    factors: &'a [Real],
    before: &'a [Real],
    after: &'a [Real],
    b: &'a [Real],
    c: &'a [Real],
}

/// One sample's backward step: `dh` changes from the gradient of the state after it to that of the state before it, `da`
/// accumulates the gradient of A, `d_delta` and `d_through` those of Δ (through the factors) and of `Δ ∘ u`, `db` and `dc` those of
/// B and C.
#[inline(never)]
fn retreat(
    step: &Step<'_>,
    dh: &mut [Real],
    da: &mut [Real],
    d_delta: &mut [Real],
    d_through: &mut [Real],
    db: &mut [Real],
    dc: &mut [Real],
) {
    let n = step.delta.len();
    d_delta.fill(0.0);
    d_through.fill(0.0);
    let states = dh.chunks_exact_mut(n).zip(da.chunks_exact_mut(n)).enumerate();
    for (k, (dh, da)) in states {
        let at = k * n..(k + 1) * n;
        let [of_b, of_c] = for_each_summed(
            [
                step.delta,
                step.through,
                step.dy,
                &step.a[at.clone()],
                &step.factors[at.clone()],
                &step.before[at.clone()],
                &step.after[at],
            ],
            [dh, da, &mut *d_delta, &mut *d_through],
            Retreat { b: step.b[k], c: step.c[k] },
        );
        db[k] += of_b;
        dc[k] += of_c;
    }
}

fn backward(ctx: &mut Context<'_>) {
    let [channels, state, batch, steps] = ctx.record.sizes;
    let s = Sizes { channels, state, batch, steps };
    let inputs = [U, DELTA, A_LOG, B, C, D].map(|k| ctx.input(k));
    let [Some(u), Some(delta), Some(a_log), Some(b), Some(c), Some(d)] = inputs else { return };
    let size = s.whole();
    let [u_in, delta_in, b_in, c_in, d_in] = [u, delta, b, c, d].map(|var| ctx.value(var));
    let kept = ctx.value(ctx.auxiliary(KEPT));
    let dy = ctx.take_upstream();
    let mut dh = ctx.take(ctx.auxiliary(LAST));
    let [mut a, mut da] = [(); 2].map(|()| ctx.zeros(size));
    poles(ctx.value(a_log), &mut a);
    let mut states = ctx.scratch(size * (CHUNK + 1));
    let mut factors = ctx.scratch(size * CHUNK);
    let [mut through, mut d_delta, mut d_through] = [(); 3].map(|()| ctx.scratch(channels * CHUNK));
    let mut dd = ctx.zeros(channels);
    let [mut du, mut d_steps] = [u, delta].map(|var| ctx.take(var));
    let [mut db, mut dc] = [b, c].map(|var| ctx.take(var));
    for (sample, dh) in dh.chunks_exact_mut(size).enumerate() {
        for chunk in (0..s.chunks()).rev() {
            let range = chunk * CHUNK..((chunk + 1) * CHUNK).min(steps);
            states[..size].copy_from_slice(&kept[(sample * s.chunks() + chunk) * size..][..size]);
            for (k, step) in range.clone().enumerate() {
                let wide = s.wide(step, sample);
                let through = &mut through[k * channels..][..channels];
                product(through, &u_in[wide.clone()], &delta_in[wide.clone()]);
                let (before, after) = states[k * size..][..2 * size].split_at_mut(size);
                let b = &b_in[s.narrow(step, sample)];
                again(&delta_in[wide], through, &a, b, before, after, &mut factors[k * size..][..size]);
            }
            for (k, step) in range.enumerate().rev() {
                let (wide, narrow) = (s.wide(step, sample), s.narrow(step, sample));
                let (before, after) = states[k * size..][..2 * size].split_at(size);
                let [d_delta, d_through] = [&mut d_delta[..channels], &mut d_through[..channels]];
                let this = Step {
                    delta: &delta_in[wide.clone()],
                    through: &through[k * channels..][..channels],
                    dy: &dy[wide.clone()],
                    a: &a,
                    factors: &factors[k * size..][..size],
                    before,
                    after,
                    b: &b_in[narrow.clone()],
                    c: &c_in[narrow.clone()],
                };
                retreat(&this, dh, &mut da, d_delta, d_through, &mut db[narrow.clone()], &mut dc[narrow]);
                let reads = [&u_in[wide.clone()], this.delta, this.dy, d_in, &*d_delta, &*d_through];
                for_each(reads, [&mut du[wide.clone()], &mut d_steps[wide], &mut dd], Leave);
            }
        }
    }
    ctx.accumulate(A_LOG, |grad, _| add_product(grad, &da, &a));
    ctx.accumulate(D, |grad, _| add_scaled(grad, &dd, 1.0));
    ctx.accumulate(H0, |grad, _| add_scaled(grad, &dh, 1.0));
    ctx.put(u, du);
    ctx.put(delta, d_steps);
    ctx.put(b, db);
    ctx.put(c, dc);
    ctx.put(ctx.auxiliary(LAST), dh);
    for buffer in [a, da, states, factors, through, d_delta, d_through, dd] {
        ctx.give(buffer);
    }
    ctx.keep(dy);
}

struct Poles;

impl Formula<1, 1> for Poles {
    #[inline(always)]
    fn at<T: Number>(&self, [a_log]: [T; 1], _: [T; 1]) -> [T; 1] {
        [T::splat(0.0) - exp(a_log)]
    }
}

/// `Δ ∘ u` and `D ∘ u`.
struct Enter;

impl Formula<3, 2> for Enter {
    #[inline(always)]
    fn at<T: Number>(&self, [u, delta, d]: [T; 3], _: [T; 2]) -> [T; 2] {
        [delta * u, d * u]
    }
}

struct Advance {
    b: Real,
    c: Real,
}

impl Formula<3, 2> for Advance {
    #[inline(always)]
    fn at<T: Number>(&self, [delta, through, a]: [T; 3], [h, y]: [T; 2]) -> [T; 2] {
        let h = exp(delta * a).mul_add(h, through * T::splat(self.b)).flush();
        [h, h.mul_add(T::splat(self.c), y)]
    }
}

struct Again(Real);

impl Formula<4, 2> for Again {
    #[inline(always)]
    fn at<T: Number>(&self, [delta, through, a, before]: [T; 4], _: [T; 2]) -> [T; 2] {
        let factor = exp(delta * a);
        [factor.mul_add(before, through * T::splat(self.0)).flush(), factor]
    }
}

struct Retreat {
    b: Real,
    c: Real,
}

impl Summed<7, 4, 2> for Retreat {
    #[inline(always)]
    fn at<T: Number>(
        &self,
        [delta, through, dy, a, factor, before, after]: [T; 7],
        [dh, da, d_delta, d_through]: [T; 4],
        [db, dc]: [T; 2],
    ) -> ([T; 4], [T; 2]) {
        let dh = dy.mul_add(T::splat(self.c), dh);
        let passed = dh * factor;
        let exponent = passed * before;
        (
            [
                passed.flush(),
                exponent.mul_add(delta, da),
                exponent.mul_add(a, d_delta),
                dh.mul_add(T::splat(self.b), d_through),
            ],
            [dh.mul_add(through, db), dy.mul_add(after, dc)],
        )
    }
}

/// From the gradients of Δ's exponent and of `Δ ∘ u` to those of `u`, Δ and D.
struct Leave;

impl Formula<6, 3> for Leave {
    #[inline(always)]
    fn at<T: Number>(&self, [u, delta, dy, d, d_delta, d_through]: [T; 6], [du, d_steps, dd]: [T; 3]) -> [T; 3] {
        [d_through.mul_add(delta, dy.mul_add(d, du)), d_through.mul_add(u, d_delta + d_steps), dy.mul_add(u, dd)]
    }
}
