//! The only source of randomness: seeded, the same on every machine.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng};

use crate::Real;

/// A seeded generator (ChaCha with 8 rounds: the same numbers in every browser and natively).
#[derive(Debug, Clone)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// A generator for one purpose: `stream` keeps the purposes (initial weights, shuffling) independent of each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// Uniform in `[0, 1)`, 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal, by the Box–Muller transform (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform()));
        radius * libm::cos(2.0 * std::f64::consts::PI * self.uniform())
    }

    /// Uniform in `0..bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        // The bias of a 53-bit fraction is negligible here.
        ((self.uniform() * bound as f64) as usize).min(bound.saturating_sub(1))
    }

    /// Permutes `items` at random (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// A number in `[0, 1)` that depends only on its keys, not on the order of calls, so that dropout masks are the same however a
/// batch is cut up. The mixing function is SplitMix64's (Steele, Lea and Flood 2014).
pub fn keyed_uniform(keys: [u64; 4]) -> Real {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for key in keys {
        state = mix(state.wrapping_add(key).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
    // An f32 holds 24 bits below 1.
    (state >> 40) as Real / (1_u32 << 24) as Real
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut rng = Rng::new(1, 0);
        let draws: Vec<f64> = (0..100_000).map(|_| rng.normal()).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn streams_differ_and_seeds_repeat() {
        let draw = |seed, stream| Rng::new(seed, stream).uniform();
        assert_eq!(draw(3, 1), draw(3, 1));
        assert_ne!(draw(3, 1), draw(3, 2));
        assert_ne!(draw(3, 1), draw(4, 1));
    }

    #[test]
    fn keyed_numbers_are_uniform() {
        let n = 50_000_u64;
        let mean = (0..n).map(|k| crate::wide(keyed_uniform([7, 1, 2, k]))).sum::<f64>() / n as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
    }
}
