//! Times as people write them. jiff does the calendar's arithmetic; our code finds the meaning of a column, from its order,
//! separators and range.

pub(crate) mod clock;
pub(crate) mod cursor;
pub(crate) mod numeric;
pub(crate) mod pieces;
pub(crate) mod words;
