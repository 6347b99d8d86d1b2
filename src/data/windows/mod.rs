//! From a series to what a network reads: scale, fill, windows by index, lanes.

pub mod batch;
pub mod fill;
pub mod frame;
pub(crate) mod known;
pub mod lanes;
pub mod scale;
pub mod suggest;
