//! From records to columns with a meaning: numbers, times, labels, several series, a row a day.

pub(crate) mod column;
pub(crate) mod look;
pub(crate) mod order;
pub(crate) mod outlier;
pub(crate) mod questions;
pub(crate) mod rows;
pub mod several;
pub(crate) mod stepping;
pub(crate) mod time_reading;
pub(crate) mod times;
pub mod understood;
pub(crate) mod wide;
