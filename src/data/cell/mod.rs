//! What one cell says: numbers, times and names as people write them.

pub mod names;
pub(crate) mod number;
pub(crate) mod time;
