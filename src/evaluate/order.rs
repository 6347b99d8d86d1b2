//! What a model owes to the order of its window, by destroying it (as Zeng et al. 2023, table 5, do).

use crate::{
    Real,
    data::{Batch, Frame, WindowSet},
    evaluate::{Errors, Predict, compare::errors_of, unit::quantity, verdict::LEVEL},
    math::Rng,
};

/// Puts into window `sample` of `to` the data of `from`, row k from row `rows[k]`; the calendar keeps its place. Both are of one
/// shape.
pub fn rearrange(from: &Batch, to: &mut Batch, sample: usize, rows: &[usize], data_features: usize) {
    for (row, &taken) in rows.iter().enumerate() {
        let at = (row * from.size + sample) * from.features;
        to.values[at..at + data_features].copy_from_slice(&from.column(taken, sample)[..data_features]);
    }
}

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
            rearrange(batch, &mut mixed, sample, &rows, frame.data_features);
        }
        model.predict(&mixed, out);
    };
    errors_of(frame, set, &mut predict, &mut [])
}

/// What mean absolute errors `in_order` and `shuffled` say, in `unit`; nothing where they are no numbers.
pub fn sentence(in_order: f64, shuffled: f64, unit: Option<&str>) -> String {
    if !(in_order + shuffled).is_finite() {
        return String::new();
    }
    let off = quantity(shuffled, unit);
    let counts = shuffled > (1.0 + LEVEL) * in_order;
    let so = if counts { "it goes by their order" } else { "their order is of little use to it" };
    format!("With the rows of each window but the last in random order, it is off by {off}: {so}.")
}
