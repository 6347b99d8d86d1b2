//! The kernels compared with their plain reference implementations where they use SIMD instructions: in the browser.

use unrolled::Real;
use unrolled::math::Rng;
use unrolled::math::kernels::lanes::{Lanes, WIDTH};
use unrolled::math::kernels::{Number, Packed, activation, outer, plain, times_column};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

fn random(n: usize, rng: &mut Rng) -> Vec<Real> {
    (0..n).map(|_| unrolled::narrow(rng.normal())).collect()
}

/// Largest difference, relative to the largest entry.
fn difference(fast: &[Real], slow: &[Real]) -> Real {
    let scale = slow.iter().fold(Real::MIN_POSITIVE, |largest, x| largest.max(x.abs()));
    fast.iter().zip(slow).fold(0.0, |worst: Real, (a, b)| worst.max((a - b).abs() / scale))
}

#[wasm_bindgen_test]
fn products_equal_their_plain_twins() {
    let mut rng = Rng::new(5, 0);
    let mut worst = [0.0 as Real; 4];
    for (rows, inner, n) in [(1, 1, 1), (5, 3, 7), (20, 12, 65), (64, 64, 33), (256, 64, 32), (41, 600, 30)] {
        let (w, x, g) = (random(rows * inner, &mut rng), random(inner * n, &mut rng), random(rows * n, &mut rng));
        let mut packed = Packed::default();
        for accumulate in [false, true] {
            let start = random(rows * n, &mut rng);
            let (mut fast, mut slow) = (start.clone(), start);
            packed.pack(&w, rows, 0, rows, inner);
            packed.times(&x, &mut fast, rows, accumulate);
            plain::times(&w, rows, inner, &x, &mut slow, accumulate);
            worst[0] = worst[0].max(difference(&fast, &slow));

            let start = random(inner * n, &mut rng);
            let (mut fast, mut slow) = (start.clone(), start);
            packed.pack_transposed(&w, rows, 0, rows, inner);
            packed.times(&g, &mut fast, inner, accumulate);
            plain::transposed_times(&w, rows, inner, &g, &mut slow, accumulate);
            worst[1] = worst[1].max(difference(&fast, &slow));

            let start = random(rows, &mut rng);
            let (mut fast, mut slow) = (start.clone(), start);
            times_column(&w, rows, &x[..inner], &mut fast, accumulate);
            plain::times(&w, rows, inner, &x[..inner], &mut slow, accumulate);
            worst[2] = worst[2].max(difference(&fast, &slow));
        }
        let start = random(rows * inner, &mut rng);
        let (mut fast, mut slow) = (start.clone(), start);
        outer(&g, rows, rows, &x, inner, &mut fast, rows);
        plain::outer(&g, rows, &x, inner, &mut slow);
        worst[3] = worst[3].max(difference(&fast, &slow));
    }
    console_log!(
        "largest relative errors: W x {:.1e}, Wᵀ g {:.1e}, one column {:.1e}, g xᵀ {:.1e}",
        worst[0],
        worst[1],
        worst[2],
        worst[3]
    );
    assert!(worst.iter().all(|error| *error < 1e-5), "{worst:?}");
}

#[wasm_bindgen_test]
fn activations_keep_within_their_stated_errors() {
    let (mut of_tanh, mut of_sigmoid) = (0.0_f64, 0.0_f64);
    for k in (-30_000..=30_000).step_by(WIDTH) {
        let x: [Real; WIDTH] = std::array::from_fn(|lane| (k + lane as i32) as Real / 1_500.0);
        let [mut tanh, mut sigmoid] = [[0.0; WIDTH]; 2];
        activation::tanh(Lanes::read(&x)).write(&mut tanh);
        activation::sigmoid(Lanes::read(&x)).write(&mut sigmoid);
        for (lane, &x) in x.iter().enumerate() {
            let exact = plain::tanh(x);
            of_tanh = of_tanh.max(f64::from((tanh[lane] - exact).abs() / exact.abs().max(1e-30)));
            of_sigmoid = of_sigmoid.max(f64::from((sigmoid[lane] - plain::sigmoid(x)).abs()));
        }
    }
    console_log!("largest errors: tanh {of_tanh:.1e} (relative), sigmoid {of_sigmoid:.1e}");
    assert!(of_tanh < activation::TANH_ERROR && of_sigmoid < activation::SIGMOID_ERROR, "{of_tanh} {of_sigmoid}");
}

#[wasm_bindgen_test]
fn lanes_say_the_same_as_single_numbers() {
    let values: [Real; WIDTH] = [-1e-26, Real::NAN, 2.5, -3.0];
    let cases: [(&str, fn(Lanes) -> Lanes, fn(Real) -> Real); 4] = [
        ("flush", |x| x.flush(), |x| x.flush()),
        ("at_most", |x| x.at_most(Lanes::splat(1.0)), |x| x.at_most(1.0)),
        ("at_least", |x| x.at_least(Lanes::splat(1.0)), |x| x.at_least(1.0)),
        ("mul_add", |x| x.mul_add(Lanes::splat(2.0), Lanes::splat(1.0)), |x| x.mul_add(2.0, 1.0)),
    ];
    for (name, lanes, single) in cases {
        let mut out = [0.0; WIDTH];
        lanes(Lanes::read(&values)).write(&mut out);
        for (a, b) in out.iter().zip(values.map(single)) {
            assert!(*a == b || (a.is_nan() && b.is_nan()), "{name}: {a} {b}");
        }
    }
    let mut rows = [[0.0; WIDTH]; WIDTH];
    let columns: [[Real; WIDTH]; WIDTH] = std::array::from_fn(|c| std::array::from_fn(|r| (10 * c + r) as Real));
    for (row, values) in rows.iter_mut().zip(Lanes::transpose(columns.map(|column| Lanes::read(&column)))) {
        values.write(row);
    }
    assert_eq!(rows, std::array::from_fn(|r| std::array::from_fn(|c| (10 * c + r) as Real)));
}
