//! The content of one cell: numbers, times and names as people write them.

pub mod names;
pub(crate) mod number;
pub(crate) mod time;
