//! Three pure memory tasks.

use unrolled::Real;
use unrolled::data::Batch;
use unrolled::math::Rng;

/// One sequence: fills `[features × steps]` and returns the target at its end.
pub type Draw = fn(&mut Rng, usize, &mut [f64]) -> f64;

/// A task of any length.
pub struct Task {
    /// Its name in arguments and in the table.
    pub id: &'static str,
    /// Number of features of a step; the target is in the units of the first one.
    pub features: usize,
    /// Draws a sequence.
    pub draw: Draw,
    /// The task in words.
    pub what: &'static str,
}

/// From the easiest to the hardest.
pub const TASKS: [Task; 3] = [
    Task {
        id: "adding",
        features: 2,
        draw: adding,
        what: "Each step has a number from 0 to 1 and a mark; two steps are marked, one in each half. Target: the sum \
               of both numbers (Hochreiter and Schmidhuber 1997). Always forecasting 1 has an error of 1/6.",
    },
    Task {
        id: "delayed recall",
        features: 2,
        draw: recall,
        what: "The first step has a number from −1 to 1, marked; noise follows. Target: that number. Always \
               forecasting 0 has an error of 1/3.",
    },
    Task {
        id: "associative recall",
        features: 6,
        draw: associate,
        what: "Four keys come with a number from −1 to 1 each, in any order, then nothing, then one of the keys alone. \
               Target: its number. Always forecasting 0 has an error of 1/3.",
    },
];

fn adding(rng: &mut Rng, steps: usize, out: &mut [f64]) -> f64 {
    let marked = [rng.below(steps / 2), steps / 2 + rng.below(steps - steps / 2)];
    let mut sum = 0.0;
    for (step, at) in out.chunks_exact_mut(2).enumerate() {
        let mark = marked.contains(&step);
        at.copy_from_slice(&[rng.uniform(), f64::from(mark)]);
        sum += if mark { at[0] } else { 0.0 };
    }
    sum
}

fn recall(rng: &mut Rng, _: usize, out: &mut [f64]) -> f64 {
    for (step, at) in out.chunks_exact_mut(2).enumerate() {
        at.copy_from_slice(&[2.0 * rng.uniform() - 1.0, f64::from(step == 0)]);
    }
    out[0]
}

/// Rows: the number, four keys, and the query mark.
fn associate(rng: &mut Rng, steps: usize, out: &mut [f64]) -> f64 {
    let mut keys = [0, 1, 2, 3];
    rng.shuffle(&mut keys);
    let asked = rng.below(4);
    let mut wanted = 0.0;
    for (step, at) in out.chunks_exact_mut(6).enumerate() {
        at.fill(0.0);
        if let Some(&key) = keys.get(step) {
            at[0] = 2.0 * rng.uniform() - 1.0;
            at[1 + key] = 1.0;
            if key == asked {
                wanted = at[0];
            }
        }
        if step + 1 == steps {
            (at[1 + asked], at[5]) = (1.0, 1.0);
        }
    }
    wanted
}

/// `size` sequences as a batch; the target is in the one step of the future.
pub fn gather(task: &Task, steps: usize, size: usize, rng: &mut Rng) -> Batch {
    let width = task.features;
    let mut values = vec![0.0; width * (steps + 1) * size];
    let mut one = vec![0.0; width * steps];
    for sample in 0..size {
        let wanted = (task.draw)(rng, steps, &mut one);
        for (step, features) in one.chunks_exact(width).enumerate() {
            let to = &mut values[(step * size + sample) * width..][..width];
            to.iter_mut().zip(features).for_each(|(to, from)| *to = *from as Real);
        }
        values[(steps * size + sample) * width] = wanted as Real;
    }
    Batch { values, window: steps, horizon: 1, size, features: width }
}
