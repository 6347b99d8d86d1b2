//! The matrix type, the seeded random numbers, and the hot loops.
//!
//! A matrix is column-major, as in nalgebra. A sequence is one matrix `[features × (steps · batch)]`: column
//! `step · batch + sample`, so that one time step is a contiguous block and one sample's features are contiguous, which in memory
//! is PyTorch's `(seq, batch, feature)`.

pub mod kernels;
pub mod norms;
pub mod rng;
pub mod simplex;

pub use rng::Rng;

/// The matrix type outside the hot loops.
pub type Mat = nalgebra::DMatrix<crate::Real>;

/// Sorts by `f64::total_cmp`, through whole numbers of the same order, which share one instance of the sort.
pub fn sort(values: &mut [f64]) {
    // Doubles of one sign are ordered like their bits, negative ones in reverse; applied twice, this is the identity.
    let turned = |bits: i64| bits ^ ((bits >> 63) as u64 >> 1) as i64;
    let mut keys: Vec<i64> = values.iter().map(|value| turned(value.to_bits() as i64)).collect();
    keys.sort_unstable();
    values.iter_mut().zip(keys).for_each(|(value, key)| *value = f64::from_bits(turned(key) as u64));
}

/// The indices that sort `keys`; equal keys keep their order.
pub fn argsort(keys: &[i64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    if !keys.is_sorted() {
        order.sort_unstable_by_key(|&index| (keys[index], index));
    }
    order
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_sorted_in_total_order() {
        let values = [0.5, -0.0, f64::NAN, -3.0, 0.0, f64::INFINITY, -1e-320, 7e300, -f64::NAN, f64::NEG_INFINITY, 0.5];
        let (mut ours, mut theirs) = (values, values);
        super::sort(&mut ours);
        theirs.sort_unstable_by(f64::total_cmp);
        assert_eq!(ours.map(f64::to_bits), theirs.map(f64::to_bits));
    }

    #[test]
    fn equal_keys_keep_their_order() {
        assert_eq!(super::argsort(&[3, -1, 3, 0, -1]), [1, 4, 3, 0, 2]);
        assert_eq!(super::argsort(&[1, 1, 2]), [0, 1, 2]);
    }
}
