//! Times as people write them. The calendar's arithmetic is jiff's; what is ours is finding out what a column means,
//! for which its order, separators and spread have to be looked at first.

pub(crate) mod clock;
pub(crate) mod cursor;
pub(crate) mod numeric;
pub(crate) mod pieces;
pub(crate) mod words;
