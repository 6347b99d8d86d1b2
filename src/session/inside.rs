//! A view into a model over one window.

use super::model::Model;
use crate::data::Batch;
use crate::error::Result;
use crate::train::inside::{Gradients, Inner};

/// Inner values of a model over one window, with their times.
#[derive(Debug, Clone, PartialEq)]
pub struct Inside {
    /// Row of the first step of the horizon.
    pub origin: usize,
    /// Number of windows of the test part to choose from.
    pub count: usize,
    /// Times of the steps of the window and of the horizon.
    pub times: Vec<i64>,
    /// The targets over the window, `[window × targets]`, in their units; one target after the other.
    pub past: Vec<f64>,
    /// Every inner value of the layers, in the order of computation.
    pub inner: Vec<Inner>,
}

impl Model {
    /// See [`crate::Session::inside`].
    pub fn inside(&self, window: Option<usize>) -> Result<Inside> {
        let (frame, (steps, horizon)) = (&self.view.frame, self.view.lengths());
        let mut batch = Batch::default();
        let start = match window {
            None => {
                frame.gather_last(steps, horizon, &mut batch)?;
                frame.rows - steps
            }
            Some(index) => {
                let start = self.view.test_window(index)?;
                frame.gather(&[start], steps, horizon, &mut batch);
                batch.hide_future(frame.data_features);
                start as usize
            }
        };
        let inner = self.trainer.inside(&batch, &mut vec![0.0; frame.targets * horizon]);
        Ok(Inside {
            origin: start + steps,
            count: self.view.windows.test.starts.len(),
            times: (start..start + steps + horizon).map(|row| frame.axis.at(row)).collect(),
            past: self.view.truth(start..start + steps),
            inner,
        })
    }

    /// See [`crate::Session::gradients`].
    pub fn gradients(&self) -> Gradients {
        self.trainer.gradients(&self.view.frame)
    }
}
