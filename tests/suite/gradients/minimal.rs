//! The minGRU and the minLSTM, with both kinds of scan.

use unrolled::grad::{Tape, ops};
use unrolled::math::Rng;
use unrolled::scan::{self, Minimal, reference};
use unrolled::wide;

use super::{NEAR, random, same_as_twin};

/// Every form of the minGRU and the minLSTM.
fn forms() -> impl Iterator<Item = Minimal> {
    let both = [false, true];
    both.into_iter().flat_map(move |lstm| {
        both.into_iter().flat_map(move |positive| both.map(|parallel| Minimal { lstm, positive, parallel }))
    })
}

/// Hidden units, batch and steps; numbers of steps that do and do not fill a tree.
const MINIMAL_SIZES: &[(usize, usize, usize)] = &[(5, 2, 1), (5, 3, 2), (8, 1, 3), (13, 2, 7), (3, 2, 12), (4, 1, 16)];

#[test]
fn minimal_recurrences_scanned_either_way_match_central_differences_and_their_twin() {
    let mut rng = Rng::new(15, 0);
    for form in forms() {
        for &(hidden, batch, steps) in MINIMAL_SIZES {
            for given in [1, 2] {
                let inputs = [random(form.gates() * hidden, steps * batch, &mut rng), random(hidden, batch, &mut rng)];
                same_as_twin(&format!("{form:?} {steps} steps"), &inputs[..given], &NEAR, |t, v, fast| {
                    let h0 = v.get(1).copied();
                    if fast {
                        scan::minimal(t, v[0], h0, form, batch).hidden
                    } else {
                        reference::minimal(t, v[0], h0, form, batch)
                    }
                });
            }
        }
    }
}

#[test]
fn closed_gates_of_a_minimal_lstm_stay_numbers() {
    let mut tape = Tape::new(true);
    let z = tape.leaf(3, 2, &[-1e4, -1e4, 2.0, -1e4, -1e4, 2.0]);
    let form = Minimal { lstm: true, positive: false, parallel: true };
    let out = scan::minimal(&mut tape, z, None, form, 1).hidden;
    let loss = ops::sum(&mut tape, out);
    tape.backward(loss);
    assert!((wide(tape.value(out)[1]) - 1.5).abs() < 1e-6, "half of 2, and half of 2 again: {:?}", tape.value(out));
    assert!(tape.grad(z).iter().all(|g| g.is_finite()));
}
