//! Loops with sums over the entries of a column, four lanes at a time.

use super::lanes::{Lanes, Number, WIDTH};
use crate::Real;

/// A formula of `R` numbers to read and `W` to read and write at one index, and `S` sums over all indices.
pub trait Summed<const R: usize, const W: usize, const S: usize> {
    /// The neutral element of [`Summed::join`], at which every sum starts.
    const START: Real = 0.0;

    /// The numbers to write, and the sums including this index.
    fn at<T: Number>(&self, reads: [T; R], writes: [T; W], sums: [T; S]) -> ([T; W], [T; S]);

    /// The join of two sums over different indices.
    #[inline(always)]
    fn join(a: Real, b: Real) -> Real {
        a + b
    }
}

/// Runs `f` over equally long slices, as [`super::for_each`] does, and returns the sums over all indices.
///
/// All slices are cut to the length of the first of `writes`, or of `reads` where nothing is written; a shorter one panics.
#[inline(always)]
pub fn for_each_summed<const R: usize, const W: usize, const S: usize, F: Summed<R, W, S>>(
    reads: [&[Real]; R],
    writes: [&mut [Real]; W],
    formula: F,
) -> [Real; S] {
    let length = match writes.first() {
        Some(first) => first.len(),
        None => reads.first().map_or(0, |first| first.len()),
    };
    let reads = reads.map(|all| all[..length].as_chunks::<WIDTH>());
    let mut writes = writes.map(|all| all[..length].as_chunks_mut::<WIDTH>());
    let mut sums = [Lanes::splat(F::START); S];
    for k in 0..length / WIDTH {
        let (outs, now) = formula.at(
            std::array::from_fn(|r| Lanes::read(&reads[r].0[k])),
            std::array::from_fn(|w| Lanes::read(&writes[w].0[k])),
            sums,
        );
        for (out, (all, _)) in outs.iter().zip(&mut writes) {
            out.write(&mut all[k]);
        }
        sums = now;
    }
    let mut rest = [F::START; S];
    for k in 0..length % WIDTH {
        let (outs, now) =
            formula.at(std::array::from_fn(|r| reads[r].1[k]), std::array::from_fn(|w| writes[w].1[k]), rest);
        for (out, (_, all)) in outs.iter().zip(&mut writes) {
            all[k] = *out;
        }
        rest = now;
    }
    std::array::from_fn(|s| {
        let mut lanes = [0.0; WIDTH];
        sums[s].write(&mut lanes);
        let [a, b, c, d] = lanes;
        F::join(F::join(F::join(a, b), F::join(c, d)), rest[s])
    })
}
