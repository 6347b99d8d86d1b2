//! Every error of the library, as one enum with numbers and a place.
//!
//! A message is one sentence a person can act on: it names the row, the column or the knob, and what to do.
//! [`Error::code`] is stable and is what programs match on; [`Error::place`] is what a page highlights.

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
        /// The knob's label, as a person sees it.
        label: &'static str,
        /// What is wrong with it and what would be right, as a clause without a full stop.
        problem: String,
    },
    /// A model would need more memory than there is.
    #[error("{label}: {problem}.")]
    Memory {
        /// Key of the knob that brings it under the limit.
        knob: &'static str,
        /// The knob's label, as a person sees it.
        label: &'static str,
        /// Settings that together bring it under, as they stand in a URL, that of the knob among them; none where inputs have to go.
        fits: Vec<(&'static str, String)>,
        /// Bytes that would be needed.
        needed: u64,
        /// Bytes that may be taken.
        limit: u64,
        /// How much is missing and what to choose, as a clause without a full stop.
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
        /// Which kind of problem, for programs: `empty`, `html`, `excel`, …
        code: &'static str,
        /// One sentence.
        problem: String,
    },
    /// One row of the file stands in the way.
    #[error("Row {row}: {problem}.")]
    Row {
        /// Line in the file, from 1.
        row: u64,
        /// What is wrong and what to do, as a clause without a full stop.
        problem: String,
    },
    /// One column of the file stands in the way.
    #[error("Column “{column}”: {problem}.")]
    Column {
        /// The column's name.
        column: String,
        /// What is wrong and what to do, as a clause without a full stop.
        problem: String,
    },
    /// The series is too short for what is asked of it.
    #[error("{problem}")]
    TooShort {
        /// Rows there are.
        rows: usize,
        /// Rows that are needed.
        needed: usize,
        /// One sentence: what needs them, and settings that fit.
        problem: String,
    },
    /// Training cannot go on.
    #[error("Training stopped at step {step}: {problem}.")]
    Training {
        /// Optimiser step, from 1.
        step: u64,
        /// What happened and what to try.
        problem: String,
    },
    /// A saved model cannot be used.
    #[error("This model file cannot be used: {problem}.")]
    Model {
        /// Why, as a clause without a full stop.
        problem: String,
    },
    /// A saved model was trained on other rows than those at hand.
    #[error("This model was not trained on these rows: {problem}.")]
    OtherRows {
        /// On which it was trained, and which are at hand, as a clause without a full stop.
        problem: String,
        /// Whether it could be used on these all the same: they have its step and its columns.
        usable: bool,
    },
    /// A request came before its requirements were there.
    #[error("{problem}")]
    NotReady {
        /// One sentence that names the missing requirement.
        problem: String,
    },
}

/// Where an error lies; `None` does not apply.
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

    /// Where it lies.
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
