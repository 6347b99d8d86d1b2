//! The choice among candidates by their errors on the validation part.

use super::{Automatic, Candidate, Stage, no_candidate};
use crate::data::WindowSet;
use crate::error::Result;
use crate::evaluate::{Baselines, Forecasts, forecast_all};
use crate::session::ensemble::{Baseline, Whole, shared};
use crate::session::view::View;
use crate::train::trainer::MOST_VALIDATED;

/// How much larger than the least error one may be where validation spans a single horizon, as a share.
const LENIENCE: f64 = 0.7;

/// Baselines that are tried: not the last value and the linear models, which networks start from.
fn tried() -> impl Iterator<Item = &'static str> {
    Baselines::ids().filter(|id| !["last", "ridge", "ridge-centred"].contains(id))
}

impl Automatic {
    /// Judges the first `judged` networks and the baselines, keeps those that are as good as the best, and lets them learn from all
    /// rows.
    pub(super) fn choose(&mut self, judged: usize) -> Result<()> {
        self.models.truncate(judged);
        let view = shared(&[Some(self.models.first().ok_or_else(no_candidate)?)], Some(self.configured.horizon))?;
        for (candidate, model) in self.candidates.iter_mut().zip(&mut self.models) {
            candidate.error = Some(error_over(&view, &mut Whole(model)))
                .filter(|error| error.is_finite() && candidate.why.is_empty());
        }
        self.candidates.extend(tried().map(|id| baseline(id, &view)));
        let least = self.candidates.iter().filter_map(|candidate| candidate.error).fold(f64::INFINITY, f64::min);
        let WindowSet { starts, horizon, .. } = &view.windows.validation;
        let spanned = starts.len().div_ceil(*horizon).max(1) as f64;
        let most = least * (1.0 + LENIENCE / spanned.sqrt());
        let mut kept: Vec<bool> =
            self.candidates.iter().map(|candidate| candidate.error.is_some_and(|error| error <= most)).collect();
        // A network is always among them: the file of an average and its range rest on one.
        if !kept[..self.models.len()].contains(&true) {
            let error = |at: &usize| self.candidates[*at].error.unwrap_or(f64::INFINITY);
            let best = (0..self.models.len()).min_by(|one, other| error(one).total_cmp(&error(other)));
            kept[best.unwrap_or(0)] = true;
        }
        let weight = 1.0 / kept.iter().filter(|kept| **kept).count() as f64;
        for (candidate, kept) in self.candidates.iter_mut().zip(&kept) {
            candidate.weight = if *kept { weight } else { 0.0 };
        }
        let mut stays = kept.iter();
        self.models.retain(|_| stays.next() == Some(&true));
        self.stage = Stage::Learning(0);
        self.learn()
    }
}

/// A baseline as a candidate, by the row's id.
fn baseline(id: &str, view: &View) -> Candidate {
    let found = Baseline::new(id, view).map(|mut one| error_over(view, &mut one));
    let (error, why) = match found {
        Ok(error) if error.is_finite() => (Some(error), String::new()),
        Ok(_) => (None, "Its forecasts are not numbers.".to_owned()),
        Err(error) => (None, error.to_string()),
    };
    Candidate { label: id.to_owned(), settings: Default::default(), error, weight: 0.0, why }
}

/// Mean absolute error over the validation windows, scaled; of many, some at even distances.
fn error_over(view: &View, model: &mut dyn Forecasts) -> f64 {
    let (frame, all) = (&view.frame, &view.windows.validation);
    let every = all.starts.len().div_ceil(MOST_VALIDATED).max(1);
    let some = WindowSet { starts: all.starts.iter().copied().step_by(every).collect(), ..*all };
    let width = frame.targets * all.horizon;
    let (mut sum, mut count) = (0.0, 0_usize);
    forecast_all(frame, &some, model, &mut |starts, predicted| {
        for (&start, predicted) in starts.iter().zip(predicted.chunks_exact(width)) {
            for (at, &predicted) in predicted.iter().enumerate() {
                let truth = frame.truth_at(at / all.horizon, start as usize + all.window + at % all.horizon);
                sum += (crate::wide(truth) - crate::wide(predicted)).abs();
                count += 1;
            }
        }
    });
    sum / count as f64
}
