//! What a model owes to the order of its window, by destroying it (as Zeng et al. 2023, table 5, do).

use crate::{
    Real,
    data::{Batch, Frame, WindowSet},
    evaluate::{Errors, Predict, compare::errors_of, unit::quantity},
    math::Rng,
};

/// From this ratio of the errors on, the order counts: retraining with another seed moves an error by as much.
const COUNTS: f64 = 1.01;

/// The errors of `model` over the windows of `set`, for each target, when the data of every window stand in a random order of
/// their own. The last row keeps its place, as models count their level from it, and so does the calendar.
pub fn shuffled(frame: &Frame, set: &WindowSet, model: &mut dyn Predict) -> Vec<Errors> {
    let mut rng = Rng::new(0, 0);
    let mut rows: Vec<usize> = (0..set.window.saturating_sub(1)).collect();
    let mut mixed = Batch::default();
    let mut predict = |batch: &Batch, out: &mut [Real]| {
        mixed.clone_from(batch);
        for sample in 0..batch.size {
            rng.shuffle(&mut rows);
            for (row, &from) in rows.iter().enumerate() {
                let to = (row * batch.size + sample) * batch.features;
                let values = &batch.column(from, sample)[..frame.data_features];
                mixed.values[to..to + values.len()].copy_from_slice(values);
            }
        }
        model.predict(&mixed, out);
    };
    errors_of(frame, set, &mut predict)
}

/// What mean absolute errors `in_order` and `shuffled` say, in `unit`.
pub fn sentence(in_order: f64, shuffled: f64, unit: Option<&str>) -> String {
    let off = quantity(shuffled, unit);
    let so = if shuffled > COUNTS * in_order { "it goes by their order" } else { "their order is of little use to it" };
    format!("With the rows of each window but the last in random order, it is off by {off}: {so}.")
}
