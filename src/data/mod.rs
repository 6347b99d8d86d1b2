//! From a file's bytes to what a network sees:
//! bytes → text → columns → a regular [`Series`] → split → scale → windows.

pub mod axis;
pub mod calendar;
pub mod frame;
pub mod scale;
pub mod series;
pub mod split;
pub mod suggest;
pub mod windows;

pub use axis::{Axis, Step};
pub use frame::{Frame, FrameOptions};
pub use scale::Scale;
pub use series::Series;
pub use split::{Part, Split};
pub use windows::{Batch, WindowSet};
