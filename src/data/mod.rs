//! From a file's bytes to what a network sees:
//! bytes → text → columns → a regular [`Series`] → split → scale → windows.
//!
//! [`CsvReader`] takes the bytes; [`Table`] is the file as columns, with [`Understood`]: what was found by looking, and
//! may be corrected by [`ReadOptions`]; [`Table::series`] makes a [`Regular`] series of it.
//!
//! What is found by looking, and where:
//! - what the text means, by all of it: encoding, delimiter, decimal mark, names, which columns hold numbers, how times are written
//!   and how far apart they are, whether a row holds a whole day;
//! - what the numbers mean, by the training part of the split in force alone: which stand for “no value” ([`sentinel`](series::sentinel)), the column
//!   that is forecast where nobody says ([`target`](series::target)), season, window and horizon ([`suggest`](windows::suggest)), the cycles of the calendar, the scale
//!   ([`frame`](windows::frame)). Before there is a split, by that of the default one ([`Split::usual`]); a model settles them anew for its own;
//! - nothing, where all rows are looked at and a person is asked: a value far outside the rest, a number that only later rows show to
//!   stand for “no value”.
//!
//! What is merged or averaged into a step is of that step's rows; what fills a gap is in [`fill`](windows::fill).

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
