//! Errors of averages, which name their member.

use crate::error::Error;

/// A request that cannot be met, as a sentence.
pub fn not_ready(problem: String) -> Error {
    Error::NotReady { problem }
}

/// An average without a model.
pub fn no_model() -> Error {
    not_ready("A forecast of several members needs at least one model among them.".to_owned())
}

/// An error that names its member.
pub fn of_member(index: usize, error: Error) -> Error {
    let number = index + 1;
    let named = |problem: String| format!("member {number}: {problem}");
    let sentence = |problem: String| format!("Member {number}: {problem}");
    match error {
        Error::Model { problem } => Error::Model { problem: named(problem) },
        Error::OtherRows { problem, usable } => Error::OtherRows { problem: named(problem), usable },
        Error::Knob { knob, label, problem } => Error::Knob { knob, label, problem: named(problem) },
        Error::Column { column, problem } => Error::Column { column, problem: named(problem) },
        Error::Memory { knob, label, fits, needed, limit, problem } => {
            Error::Memory { knob, label, fits, needed, limit, problem: named(problem) }
        }
        Error::TooShort { rows, needed, problem } => Error::TooShort { rows, needed, problem: sentence(problem) },
        Error::NotReady { problem } => Error::NotReady { problem: sentence(problem) },
        other => other,
    }
}
