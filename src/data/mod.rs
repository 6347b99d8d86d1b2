//! From a file's bytes to what a network sees:
//! bytes → text → columns → a regular [`Series`] → split → scale → windows.

pub mod axis;
pub mod series;

pub use axis::{Axis, Step};
pub use series::Series;
