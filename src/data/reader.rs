//! Collects a file's bytes and makes a table of them.

use crate::data::file::encoding;
use crate::data::file::refuse;
use crate::data::options::ReadOptions;
use crate::data::table::Table;
use crate::error::{Error, Result};

/// Largest file, in bytes. In a browser the file, its numbers and the network share 4 GB.
pub const LARGEST_FILE: usize = 1 << 29;

/// Number of bytes that shows whether a file is text: a workbook names its parts early.
const ENOUGH: usize = 8192;

/// Takes a CSV file in pieces and reads it when it is complete, since only all of it shows its layout.
#[derive(Debug, Default)]
pub struct CsvReader {
    options: ReadOptions,
    bytes: Vec<u8>,
}

impl CsvReader {
    /// A reader for one file.
    pub fn new(options: ReadOptions) -> Self {
        Self { options, bytes: Vec::new() }
    }

    /// Reserves room for a file of this many bytes, so that none of it is moved while it comes in. Another length does no harm.
    #[must_use]
    pub fn expecting(mut self, bytes: usize) -> Self {
        self.bytes.reserve_exact(bytes.min(LARGEST_FILE));
        self
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// As soon as the file turns out to be no text, or is larger than [`LARGEST_FILE`].
    pub fn push(&mut self, chunk: &[u8]) -> Result<()> {
        if self.bytes.len() + chunk.len() > LARGEST_FILE {
            let megabytes = LARGEST_FILE >> 20;
            let problem = format!("The file is larger than {megabytes} MB: keep fewer rows or columns of it.");
            return Err(Error::File { code: "too-large", problem });
        }
        let before = self.bytes.len();
        self.bytes.extend_from_slice(chunk);
        if before < ENOUGH && self.bytes.len() >= ENOUGH {
            return refuse::bytes(&self.bytes).map_or(Ok(()), Err);
        }
        Ok(())
    }

    /// Reads the file.
    ///
    /// # Errors
    /// When the file holds no table with numbers, or does not fit the options; the sentence has the remedy.
    pub fn finish(self) -> Result<Table> {
        if let Some(error) = refuse::bytes(&self.bytes) {
            return Err(error);
        }
        let bytes = self.bytes.len();
        let decoded = encoding::decode(self.bytes, self.options.encoding);
        if let Some(error) = refuse::text(&decoded.text) {
            return Err(error);
        }
        Table::read(decoded, bytes, self.options)
    }
}
