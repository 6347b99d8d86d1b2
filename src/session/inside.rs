//! A view into a model over one window.

use super::model::Model;
use crate::data::Batch;
use crate::error::{Error, Result};
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
        let (steps, horizon, count) =
            (self.windows.test.window, self.windows.test.horizon, self.windows.test.starts.len());
        let mut batch = Batch::default();
        let start = match window {
            None => {
                self.frame.gather_last(steps, horizon, &mut batch)?;
                self.frame.rows - steps
            }
            Some(index) => {
                let &start = self.windows.test.starts.get(index).ok_or_else(|| Error::NotReady {
                    problem: format!("There are {count} windows in the test part, numbered from 0."),
                })?;
                self.frame.gather(&[start], steps, horizon, &mut batch);
                batch.hide_future(self.frame.data_features);
                start as usize
            }
        };
        let inner = self.trainer.inside(&batch, &mut vec![0.0; self.frame.targets * horizon]);
        Ok(Inside {
            origin: start + steps,
            count,
            times: (start..start + steps + horizon).map(|row| self.frame.axis.at(row)).collect(),
            past: self.truth(start..start + steps),
            inner,
        })
    }

    /// See [`crate::Session::gradients`].
    pub fn gradients(&self) -> Gradients {
        self.trainer.gradients(&self.frame)
    }
}
