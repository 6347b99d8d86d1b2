//! A permutation test of a model's use of the order of its window (as in Zeng et al. 2023, table 5).
//!
//! One shuffle of one window is one draw, and neighbouring windows are alike. So every window is shuffled [`SHUFFLES`] times, in
//! independent orders, and the mean of these errors is compared with the error in order, block by block of windows, by the
//! sign-flip test of [`crate::evaluate::paired`]:
//!
//! - the order matters if shuffling raises the error by more than [`LEVEL`], and by more than chance;
//! - it hardly helps if the error is below one raised by [`LEVEL`], by more than chance: the order is worth less than that;
//! - otherwise the test cannot tell.
//!
//! At most [`MOST_WINDOWS`] windows are shuffled, at even distances, so that the test costs no more than a fixed number of
//! forecasts.

use crate::{
    Real,
    data::{Batch, Frame, WindowSet},
    evaluate::{
        Errors, Predict, Reading,
        baselines::errors_of,
        paired::{chance, counts},
        unit::{grouped, quantity},
        verdict::LEVEL,
    },
    math::Rng,
};

/// Number of shuffles of each window. The seeds are fixed, so a repeated test has the same result.
pub const SHUFFLES: u64 = 4;

/// Largest number of shuffled windows.
pub const MOST_WINDOWS: usize = 512;

/// The result of the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The model forecasts worse without the order.
    Matters,
    /// It is worth less than [`LEVEL`].
    Hardly,
    /// Both are possible.
    Unknown,
}

/// The errors in order and of shuffled windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Number of shuffled windows.
    pub windows: usize,
    /// One in so many windows was shuffled.
    pub every: usize,
    /// Mean absolute error of these windows in order: in the target's unit; for several targets, the mean of scaled values.
    pub in_order: f64,
    /// The same after shuffling, the mean over all shuffles.
    pub shuffled: f64,
    /// The result; `None` where there is nothing to shuffle, or errors are not finite.
    pub finding: Option<Finding>,
}

/// Tests the windows of `set`, of the test part.
pub fn test(frame: &Frame, set: &WindowSet, model: &mut dyn Predict) -> Order {
    let every = set.starts.len().div_ceil(MOST_WINDOWS).max(1);
    let some = WindowSet { starts: set.starts.iter().copied().step_by(every).collect(), ..*set };
    let kept = errors_of(frame, &some, &mut Reading::new(model), &mut |_, _| {});
    let mae = |errors: &[Errors]| match errors {
        [one] => one.scores(frame, None).mae,
        several => Errors::mean(several, &vec![None; several.len()]).mae,
    };
    let (in_order, blocks) = (mae(&kept), Errors::by_block(&kept));
    let (mut shuffled_error, mut raised) = (0.0, vec![0.0; blocks.len()]);
    for seed in 0..SHUFFLES {
        let errors = shuffled(frame, &some, model, seed);
        shuffled_error += mae(&errors) / SHUFFLES as f64;
        for ((raised, kept), mixed) in raised.iter_mut().zip(&blocks).zip(Errors::by_block(&errors)) {
            *raised += (mixed - kept) / SHUFFLES as f64;
        }
    }
    // The last row keeps its place, so two rows have nothing to shuffle.
    let can_be_told = (in_order + shuffled_error).is_finite() && set.window > 2;
    let finding = can_be_told.then(|| finding(&blocks, &raised));
    Order { windows: some.starts.len(), every, in_order, shuffled: shuffled_error, finding }
}

/// The result for blocks of windows with these errors in order, and these increases by shuffling.
fn finding(in_order: &[f64], raised: &[f64]) -> Finding {
    let beyond: Vec<f64> = raised.iter().zip(in_order).map(|(raised, kept)| raised - LEVEL * kept).collect();
    let sum = |of: &[f64]| of.iter().sum::<f64>();
    if sum(&beyond) > 0.0 && counts(chance(raised)) {
        Finding::Matters
    } else if raised.iter().all(|raised| *raised == 0.0) || (sum(&beyond) < 0.0 && counts(chance(&beyond))) {
        Finding::Hardly
    } else {
        Finding::Unknown
    }
}

impl Order {
    /// The result as a sentence, with errors in `unit`; empty without a result.
    pub fn sentence(&self, unit: Option<&str>) -> String {
        let Some(finding) = self.finding else { return String::new() };
        let [from, to] = [self.in_order, self.shuffled].map(|error| quantity(error, unit));
        let where_ = match self.every {
            1 => String::new(),
            every => format!(" in every {every}{} test window", ending(every)),
        };
        let moves = if from == to {
            format!("leaves the error at {to}")
        } else {
            let verb = if self.shuffled > self.in_order { "raises" } else { "lowers" };
            format!("{verb} the error from {from} to {to}")
        };
        let so = match finding {
            Finding::Matters => "the order matters".to_owned(),
            Finding::Hardly => "the order hardly helps".to_owned(),
            Finding::Unknown => {
                let windows = grouped(self.windows as f64);
                let plural = if self.windows == 1 { "" } else { "s" };
                format!("whether the order matters cannot be told from {windows} window{plural}")
            }
        };
        format!("Shuffling all rows but the last{where_} {moves}: {so}.")
    }
}

/// Ending of an ordinal number.
fn ending(number: usize) -> &'static str {
    match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

/// Copies the data of `from` into window `sample` of `to`, row k from row `rows[k]`; the calendar keeps its place. Both have the
/// same shape.
pub fn rearrange(from: &Batch, to: &mut Batch, sample: usize, rows: &[usize], data_features: usize) {
    for (row, &taken) in rows.iter().enumerate() {
        let at = (row * from.size + sample) * from.features;
        to.values[at..at + data_features].copy_from_slice(&from.column(taken, sample)[..data_features]);
    }
}

/// The errors of `model` over the windows of `set`, for each target, with the rows of every window shuffled independently by
/// `seed`. The last row keeps its place, as models measure their level from it, and so does the calendar.
pub fn shuffled(frame: &Frame, set: &WindowSet, model: &mut dyn Predict, seed: u64) -> Vec<Errors> {
    let mut rng = Rng::new(seed, 0);
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
    errors_of(frame, set, &mut Reading::new(&mut predict), &mut |_, _| {})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_matters_hardly_helps_or_cannot_be_told() {
        let in_order = [10.0; 12];
        let noise = |by: f64| std::array::from_fn::<f64, 12, _>(|block| by + if block % 2 == 0 { 1.0 } else { -1.0 });
        let of = |raised: &[f64]| finding(&in_order[..raised.len()], raised);
        assert_eq!(of(&[3.0; 12]), Finding::Matters);
        assert_eq!(of(&[0.02; 12]), Finding::Hardly);
        assert_eq!(of(&[-3.0; 12]), Finding::Hardly);
        assert_eq!(of(&[0.0; 3]), Finding::Hardly, "the same forecasts need no test");
        // Two percent on average, and up or down by ten from block to block; then too few blocks for any result.
        assert_eq!(of(&noise(0.2)), Finding::Unknown);
        assert_eq!(of(&noise(0.0)), Finding::Unknown);
        assert_eq!(of(&[3.0; 5]), Finding::Unknown);
    }

    #[test]
    fn sentences() {
        let all = Order { windows: 169, every: 1, in_order: 2.05, shuffled: 3.06, finding: Some(Finding::Matters) };
        assert_eq!(
            all.sentence(Some("°C")),
            "Shuffling all rows but the last raises the error from 2.05 °C to 3.06 °C: the order matters."
        );
        let some = Order { every: 22, shuffled: 2.07, finding: Some(Finding::Unknown), ..all.clone() };
        assert_eq!(
            some.sentence(None),
            "Shuffling all rows but the last in every 22nd test window raises the error from 2.05 to 2.07: whether the order \
             matters cannot be told from 169 windows."
        );
        let none = Order { shuffled: 2.0501, finding: Some(Finding::Hardly), ..all.clone() };
        assert_eq!(
            none.sentence(None),
            "Shuffling all rows but the last leaves the error at 2.05: the order hardly helps."
        );
        assert_eq!(Order { finding: None, ..all }.sentence(None), "");
    }
}
