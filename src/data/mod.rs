//! From a file's bytes to what a network sees:
//! bytes → text → columns → a regular [`Series`] → split → scale → windows.
//!
//! [`CsvReader`] takes the bytes; [`Table`] is the file as columns, with [`Understood`]: what was found by looking, and
//! may be corrected by [`ReadOptions`]; [`Table::series`] makes a [`Regular`] series of it.

pub mod axis;
pub mod calendar;
pub mod fill;
pub mod frame;
pub mod lanes;
pub mod notes;
pub mod options;
pub mod reader;
pub mod regular;
pub mod scale;
pub mod series;
pub mod split;
pub mod suggest;
pub mod table;
pub mod understood;
pub mod windows;

mod column;
mod dialect;
mod dst;
mod encoding;
mod known;
mod look;
pub(crate) mod names;
mod number;
mod order;
mod outlier;
mod period;
mod questions;
mod records;
mod refuse;
mod rows;
mod sentinel;
mod step;
mod stepping;
mod target;
mod time;
mod wide;

pub use axis::{Axis, Step};
pub use fill::Fill;
pub use frame::{Frame, FrameOptions};
pub use lanes::{Cut, Lane};
pub use options::{ReadOptions, SeriesOptions};
pub use reader::CsvReader;
pub use regular::Regular;
pub use scale::Scale;
pub use series::Series;
pub use split::{Part, Split};
pub use table::Table;
pub use understood::Understood;
pub use windows::{Batch, WindowSet};
