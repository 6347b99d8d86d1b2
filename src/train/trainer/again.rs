//! The last step before a forecast: the model that was judged is trained once more, on all rows.
//!
//! Its figures are those of the weights that had not seen the later rows; its forecast beyond the end comes from weights that have.
//! Nothing is chosen any more, so nothing is validated: the second training starts from the same seed and takes as many steps as the
//! best weights of the first, at the same rates.

use super::line::scale;
use super::{Again, Phase, Trainer};
use crate::arch::Forecaster;
use crate::data::WindowSet;
use crate::nn::Params;
use crate::train::Truncated;
use crate::train::source::Room;

impl Trainer {
    /// Whether training has ended.
    pub fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    /// Gives back the memory of the steps.
    pub fn rest(&mut self) {
        self.room = Room::default();
    }

    /// The same training on other windows, of a model built anew (and not yet started from its line). It has no validation.
    pub fn again(
        &self,
        built: (Box<dyn Forecaster>, Params),
        train: WindowSet,
        truncated: Option<Truncated>,
    ) -> Trainer {
        let share = self.added.map(|added| added.share);
        let epochs = self.best.filter(|_| share != Some(0.0)).map_or(0, |best| best.epoch as usize);
        let rates: Vec<_> = self.history.iter().take(epochs).map(|epoch| (epoch.step, epoch.learning_rate)).collect();
        let mut again = Trainer::new(built, self.options, (train, self.validation.clone()), truncated);
        again.epoch = 1;
        again.source.shuffle(again.options.seed, again.epoch);
        again.phase = match rates.first() {
            Some(&(_, rate)) => {
                again.rate = rate;
                Phase::Train(0)
            }
            None => Phase::Done,
        };
        again.again = Some(Again { rates, share });
        again
    }

    /// Number of optimiser steps of a training that repeats another.
    pub fn steps(&self) -> u64 {
        self.again.as_ref().and_then(|again| again.rates.last()).map_or(0, |(step, _)| *step)
    }

    /// The phase after step `at` of an epoch of such a training.
    pub(super) fn after_step(&mut self, at: usize) -> Phase {
        let Some(Again { rates, share }) = &self.again else { return Phase::Done };
        let Some(&(_, rate)) = rates.iter().find(|(last, _)| self.step < *last) else {
            self.best_params.values.copy_from_slice(&self.params.values);
            if let (Some(line), Some(share)) = (self.forecaster.line(), share) {
                scale(&mut self.best_params, line, *share);
            }
            return Phase::Done;
        };
        self.rate = rate;
        if at + 1 < self.source.steps() {
            return Phase::Train(at + 1);
        }
        self.epoch += 1;
        self.source.shuffle(self.options.seed, self.epoch);
        Phase::Train(0)
    }
}
