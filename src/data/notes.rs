//! What was done to a file, or is odd about it, in plain words.

use serde::Serialize;

use crate::data::options::ReadOptions;

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
    Info,
    /// Worth a look: something was left out, or will disturb training.
    Warning,
    /// Cannot be settled from the file alone; [`Note::choices`] are the answers.
    Question,
}

/// One answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The answer in words.
    pub label: String,
    /// How to read the file if this is the answer.
    pub options: ReadOptions,
}

/// One thing that was done or found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Note {
    /// A short stable name, for programs.
    pub code: &'static str,
    /// How much it matters.
    pub level: Level,
    /// One sentence, or two.
    pub message: String,
    /// Lines of the file that it is about, from 1; the first [`Tally::SHOWN`] of them.
    pub rows: Vec<u64>,
    /// How many rows or cells it is about in all.
    pub count: usize,
    /// For a question: the answers.
    pub choices: Vec<Choice>,
}

impl Note {
    /// A note about no row in particular.
    pub fn new(code: &'static str, level: Level, message: impl Into<String>) -> Self {
        Self { code, level, message: message.into(), rows: Vec::new(), count: 0, choices: Vec::new() }
    }

    /// Good to know.
    pub fn info(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Level::Info, message)
    }

    /// Worth a look.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Level::Warning, message)
    }

    /// A question with its answers.
    pub fn question(code: &'static str, message: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self { choices, ..Self::new(code, Level::Question, message) }
    }

    /// The same, about these rows.
    #[must_use]
    pub fn at(mut self, tally: &Tally) -> Self {
        self.rows.clone_from(&tally.lines);
        self.count = tally.count;
        self
    }
}

/// Counts rows and remembers the first few lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// How many.
    pub count: usize,
    /// Lines of the first [`Tally::SHOWN`].
    pub lines: Vec<u64>,
}

impl Tally {
    /// How many lines are remembered: enough to find the trouble in an editor.
    pub const SHOWN: usize = 20;

    /// One more, on this line.
    pub fn add(&mut self, line: u64) {
        self.count += 1;
        if self.lines.len() < Self::SHOWN && self.lines.last() != Some(&line) {
            self.lines.push(line);
        }
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// “Line 7”, “Lines 7, 9 and 3 more”.
    pub fn words(&self) -> String {
        let shown: Vec<String> = self.lines.iter().take(5).map(u64::to_string).collect();
        let more = self.count.saturating_sub(shown.len());
        match (shown.len(), more) {
            (1, 0) => format!("Line {}", shown[0]),
            (_, 0) => format!("Lines {}", shown.join(", ")),
            _ => format!("Lines {} and {more} more", shown.join(", ")),
        }
    }
}

/// “1 row”, “3 rows”.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
