//! The matrix products alone, ours and nalgebra's, timed by `make bench` in a browser besides whole training steps.
//!
//! Built for wasm as a separate package, so that nothing of it is in the published one.
#![cfg_attr(not(target_arch = "wasm32"), allow(missing_docs))]

#[cfg(target_arch = "wasm32")]
mod exports {
    use unrolled::Real;
    use unrolled::math::kernels::{Packed, outer};
    use unrolled::math::{Mat, Rng};
    use wasm_bindgen::prelude::*;

    fn random(count: usize, rng: &mut Rng) -> Vec<Real> {
        (0..count).map(|_| unrolled::narrow(rng.normal())).collect()
    }

    /// Matrices of one product: weights `[rows × inner]`, input `[inner × n]`, result `[rows × n]`.
    #[wasm_bindgen]
    pub struct Product {
        size: (usize, usize, usize),
        weights: Vec<Real>,
        input: Vec<Real>,
        result: Vec<Real>,
        sums: Vec<Real>,
        packed: Packed,
        mats: (Mat, Mat, Mat),
    }

    #[wasm_bindgen]
    impl Product {
        /// Random matrices.
        #[wasm_bindgen(constructor)]
        pub fn new(rows: usize, inner: usize, n: usize) -> Self {
            let mut rng = Rng::new(1, 0);
            let (weights, input) = (random(rows * inner, &mut rng), random(inner * n, &mut rng));
            let mats = (
                Mat::from_column_slice(rows, inner, &weights),
                Mat::from_column_slice(inner, n, &input),
                Mat::zeros(rows, n),
            );
            let mut packed = Packed::default();
            packed.pack(&weights, rows, 0, rows, inner);
            let (result, sums) = (vec![0.0; rows * n], vec![0.0; rows * inner]);
            Self { size: (rows, inner, n), weights, input, result, sums, packed, mats }
        }

        /// `W x` with weights packed in advance.
        pub fn packed(&mut self, times: usize) -> f64 {
            for _ in 0..times {
                self.packed.times(&self.input, &mut self.result, self.size.0, false);
            }
            f64::from(self.result[0])
        }

        /// `W x` with weights packed each time.
        pub fn packing(&mut self, times: usize) -> f64 {
            let (rows, inner, _) = self.size;
            for _ in 0..times {
                self.packed.pack(&self.weights, rows, 0, rows, inner);
                self.packed.times(&self.input, &mut self.result, rows, false);
            }
            f64::from(self.result[0])
        }

        /// The weights' gradient, `result · inputᵀ`.
        pub fn outer(&mut self, times: usize) -> f64 {
            let (rows, inner, _) = self.size;
            for _ in 0..times {
                outer(&self.result, rows, rows, &self.input, inner, &mut self.sums, rows);
            }
            f64::from(self.sums[0])
        }

        /// `W x` by nalgebra's `gemm`.
        pub fn nalgebra(&mut self, times: usize) -> f64 {
            for _ in 0..times {
                self.mats.2.gemm(1.0, &self.mats.0, &self.mats.1, 0.0);
            }
            f64::from(self.mats.2[(0, 0)])
        }
    }
}
