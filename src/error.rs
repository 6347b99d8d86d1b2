//! All errors of the library, as one enum with numbers and a place.
//!
//! A message is one sentence with a remedy: it names the row, the column or the knob. Programs match on [`Error::code`], which is
//! stable; a page highlights [`Error::place`].

use serde::Serialize;

/// An error. Rows are counted from 1 in the file, as a text editor counts them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its knob's bounds.
    #[error("{label}: {problem}.")]
    Knob {
        /// The knob's key.
        knob: &'static str,
        /// The knob's label on the page.
        label: &'static str,
        /// The problem and the allowed values, as a clause without a full stop.
        problem: String,
    },
    /// A model would need more memory than there is.
    #[error("{label}: {problem}.")]
    Memory {
        /// Key of the knob whose value makes it fit.
        knob: &'static str,
        /// The knob's label on the page.
        label: &'static str,
        /// Settings that together make it fit, as in a URL, the knob's among them; empty where inputs must be left out.
        fits: Vec<(&'static str, String)>,
        /// Bytes needed.
        needed: u64,
        /// Largest number of bytes.
        limit: u64,
        /// The problem and the remedy, as a clause without a full stop.
        problem: String,
    },
    /// A setting names no knob.
    #[error("There is no setting called “{key}”.")]
    UnknownKnob {
        /// The key that was given.
        key: String,
    },
    /// The file as a whole cannot be read as a table.
    #[error("{problem}")]
    File {
        /// The kind of problem, for programs: `empty`, `html`, `excel`, …
        code: &'static str,
        /// One sentence.
        problem: String,
    },
    /// One row of the file is wrong.
    #[error("Row {row}: {problem}.")]
    Row {
        /// Line in the file, from 1.
        row: u64,
        /// The problem and the remedy, as a clause without a full stop.
        problem: String,
    },
    /// One column of the file is wrong.
    #[error("Column “{column}”: {problem}.")]
    Column {
        /// The column's name.
        column: String,
        /// The problem and the remedy, as a clause without a full stop.
        problem: String,
    },
    /// The series is too short for the request.
    #[error("{problem}")]
    TooShort {
        /// Number of rows.
        rows: usize,
        /// Number of rows needed.
        needed: usize,
        /// One sentence: the reason, and settings that fit.
        problem: String,
    },
    /// Training cannot continue.
    #[error("Training stopped at step {step}: {problem}.")]
    Training {
        /// Optimiser step, from 1.
        step: u64,
        /// The problem and a remedy.
        problem: String,
    },
    /// A saved model cannot be used.
    #[error("This model file cannot be used: {problem}.")]
    Model {
        /// The reason, as a clause without a full stop.
        problem: String,
    },
    /// A saved model was trained on other rows than the present ones.
    #[error("This model was not trained on these rows: {problem}.")]
    OtherRows {
        /// The rows of its training and the present ones, as a clause without a full stop.
        problem: String,
        /// Whether it could still be used on these: they have its step and its columns.
        usable: bool,
    },
    /// A request came before its requirements were there.
    #[error("{problem}")]
    NotReady {
        /// One sentence that names the missing requirement.
        problem: String,
    },
}

/// The place of an error; `None` where it does not apply.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Place {
    /// Line in the file, from 1.
    pub row: Option<u64>,
    /// Name of a column.
    pub column: Option<String>,
    /// Key of a knob.
    pub knob: Option<String>,
}

impl Error {
    /// A short stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Knob { .. } => "knob",
            Error::Memory { .. } => "memory",
            Error::UnknownKnob { .. } => "unknown-knob",
            Error::File { code, .. } => code,
            Error::Row { .. } => "row",
            Error::Column { .. } => "column",
            Error::TooShort { .. } => "too-short",
            Error::Training { .. } => "training",
            Error::Model { .. } => "model",
            Error::OtherRows { usable: true, .. } => "other-rows",
            Error::OtherRows { usable: false, .. } => "other-series",
            Error::NotReady { .. } => "not-ready",
        }
    }

    /// The place of the error.
    pub fn place(&self) -> Place {
        let mut place = Place::default();
        match self {
            Error::Knob { knob, .. } | Error::Memory { knob, .. } => place.knob = Some((*knob).to_owned()),
            Error::UnknownKnob { key } => place.knob = Some(key.clone()),
            Error::Row { row, .. } => place.row = Some(*row),
            Error::Column { column, .. } => place.column = Some(column.clone()),
            _ => {}
        }
        place
    }
}

/// The library's result.
pub type Result<T> = std::result::Result<T, Error>;
