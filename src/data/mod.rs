//! From a file's bytes to the windows that a network reads:
//! bytes → text → columns → a regular [`Series`] → split → scale → windows.
//!
//! [`CsvReader`] takes the bytes; [`Table`] is the file as columns, with its interpretation, [`Understood`], which [`ReadOptions`]
//! correct; [`Table::series`] makes a [`Regular`] series of it.
//!
//! Choices from the data, and the rows that they use:
//! - the meaning of the text comes from all of it: encoding, delimiter, decimal mark, names, which columns hold numbers, the layout
//!   of times and their step, whether a row holds a whole day;
//! - the meaning of the numbers comes from the training part of the split in force alone: sentinels
//!   ([`sentinel`](series::sentinel)), the default target ([`target`](series::target)), season, window and horizon
//!   ([`suggest`](windows::suggest)), the cycles of the calendar, the scale ([`frame`](windows::frame)). Before there is a split,
//!   the default one ([`Split::usual`]) serves; a model chooses again for its own;
//! - all rows together choose nothing; the reader only asks about a value far outside the rest, or a number that only later rows
//!   show to be a sentinel.
//!
//! Rows merged or averaged into a step are of that step; [`fill`](windows::fill) documents the filling of gaps.

pub mod calendar;
pub(crate) mod cell;
pub(crate) mod file;
pub mod meaning;
pub mod notes;
pub mod options;
pub mod reader;
pub mod series;
pub mod table;
pub mod windows;

pub use calendar::axis::{Axis, Step};
pub use meaning::understood::Understood;
pub use options::{Pick, ReadOptions, SeriesOptions};
pub use reader::CsvReader;
pub use series::Series;
pub use series::regular::Regular;
pub use series::split::{Part, Split};
pub use table::Table;
pub use windows::batch::{Batch, WindowSet};
pub use windows::fill::Fill;
pub use windows::frame::{Frame, FrameOptions};
pub use windows::lanes::{Cut, Lane};
pub use windows::scale::Scale;
