//! Times by the calendar: axis and step, the step of given times, clock changes, calendar features.

pub mod axis;
pub(crate) mod dst;
pub mod features;
pub(crate) mod step;
