//! From a file's bytes to what a network sees:
//! bytes → text → columns → a regular [`Series`] → split → scale → windows.
//!
//! [`CsvReader`] takes the bytes; [`Table`] is the file as columns, with [`Understood`]: what was found by looking, and
//! may be corrected by [`ReadOptions`]; [`Table::series`] makes a [`Regular`] series of it.
//!
//! What is found by looking, and where:
//! - what the text means, by all of it: encoding, delimiter, decimal mark, names, which columns hold numbers, how times are written
//!   and how far apart they are, whether a row holds a whole day;
//! - what the numbers mean, by the training part of the split in force alone: which stand for “no value” ([`sentinel`]), the column
//!   that is forecast where nobody says ([`target`]), season, window and horizon ([`suggest`]), the cycles of the calendar, the scale
//!   ([`frame`]). Before there is a split, by that of the default one ([`Split::usual`]); a model settles them anew for its own;
//! - nothing, where all rows are looked at and a person is asked: a value far outside the rest, a number that only later rows show to
//!   stand for “no value”.
//!
//! What is merged or averaged into a step is of that step's rows; what fills a gap is in [`fill`].

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
pub mod sentinel;
pub mod series;
pub mod several;
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
mod step;
mod stepping;
pub(crate) mod target;
mod time;
mod wide;

pub use axis::{Axis, Step};
pub use fill::Fill;
pub use frame::{Frame, FrameOptions};
pub use lanes::{Cut, Lane};
pub use options::{Pick, ReadOptions, SeriesOptions};
pub use reader::CsvReader;
pub use regular::Regular;
pub use scale::Scale;
pub use series::Series;
pub use split::{Part, Split};
pub use table::Table;
pub use understood::Understood;
pub use windows::{Batch, WindowSet};
