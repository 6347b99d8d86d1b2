//! From bytes to records: encoding, delimiter, header, quotes.

pub(crate) mod dialect;
pub(crate) mod encoding;
pub(crate) mod records;
pub(crate) mod refuse;
