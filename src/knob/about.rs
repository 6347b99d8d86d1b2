//! The description of a knob, and the check of its values.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::exact;

/// Words that are part of the program.
pub type Words = &'static str;

/// The place of a knob on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Target, inputs, split, calendar.
    Data,
    /// Window, horizon, normalisation, segments.
    Window,
    /// Architecture and its sizes.
    Model,
    /// Initial weights.
    Initialisation,
    /// Loss, optimiser, schedule, stopping, seed.
    Training,
}

/// One of the values of a [`Kind::Choice`] knob; [`choices!`](crate::choices!) declares it together with its variant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Choice {
    /// Stored value.
    pub value: &'static str,
    /// Label on the page.
    pub label: &'static str,
    /// One sentence on its effect, with its source if there is one.
    pub help: &'static str,
}

/// The type and bounds of a knob's values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Kind {
    /// A whole number from `min` to `max`, both included.
    Integer {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A real number from `min` to `max`, both included.
    Number {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
        /// Whether a slider moves in factors rather than steps.
        log: bool,
    },
    /// One of a list.
    Choice {
        /// The list.
        options: &'static [Choice],
    },
    /// Yes or no.
    Flag,
    /// Text with its own grammar, checked by its reader (a split, a list of columns).
    Text,
}

/// The default of a knob.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Default {
    /// For [`Kind::Integer`].
    Integer(i64),
    /// For [`Kind::Number`].
    Number(f64),
    /// For [`Kind::Choice`] and [`Kind::Text`].
    Text(&'static str),
    /// For [`Kind::Flag`].
    Flag(bool),
}

/// The description of a knob, whatever the type of its value, for its form on the page.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct About {
    /// Name in settings, in the URL and in saved models.
    pub key: &'static str,
    /// Label on the page.
    pub label: &'static str,
    /// One or two sentences on its effect.
    pub help: &'static str,
    /// Unit of the value, or empty.
    pub unit: &'static str,
    /// Paper that introduced it, or empty.
    pub source: &'static str,
    /// Its place on the page.
    pub group: Group,
    /// Type and bounds of its values.
    pub kind: Kind,
    /// Default value, where the data suggest none.
    pub default: Default,
    /// Whether it is always in view.
    pub basic: bool,
    /// Used only when the knob of this key has one of these values; `None`: always.
    pub when: Option<When>,
}

/// A knob's key, and some of its options.
pub type When = (Words, &'static [Words]);

/// A value of its knob's kind, within its bounds.
#[derive(Debug, Clone, PartialEq)]
pub enum Checked {
    /// Of [`Kind::Integer`].
    Integer(i64),
    /// Of [`Kind::Number`].
    Number(f64),
    /// Of [`Kind::Flag`].
    Flag(bool),
    /// Of [`Kind::Text`].
    Text(String),
    /// Of [`Kind::Choice`]: the index of the option, and its stored value.
    Choice(usize, &'static str),
}

impl Checked {
    /// The value in raw settings.
    pub fn to_value(&self) -> Value {
        match self {
            Checked::Integer(value) => (*value).into(),
            Checked::Number(value) => (*value).into(),
            Checked::Flag(value) => (*value).into(),
            Checked::Text(value) => value.as_str().into(),
            Checked::Choice(_, value) => (*value).into(),
        }
    }
}

impl Default {
    /// The value in settings.
    pub fn to_value(self) -> Value {
        match self {
            Default::Integer(value) => value.into(),
            Default::Number(value) => value.into(),
            Default::Text(value) => value.into(),
            Default::Flag(value) => value.into(),
        }
    }
}

impl About {
    /// An [`Error::Knob`] that names this knob; `problem` is a clause without a full stop.
    pub fn error(&self, problem: impl Into<String>) -> Error {
        Error::Knob { knob: self.key, label: self.label, problem: problem.into() }
    }

    /// The value, if it is of this knob's kind and within its bounds. Text that reads as a number or a flag becomes one, because a
    /// URL holds only text.
    pub(super) fn checked(&self, value: &Value) -> Result<Checked> {
        match self.kind {
            Kind::Integer { min, max } => {
                let number = as_number(value).filter(|x| x.fract() == 0.0).ok_or_else(|| {
                    self.error(format!("a whole number from {min} to {max} is needed, not {}", shown(value)))
                })?;
                if number < min as f64 || number > max as f64 {
                    return Err(self.error(format!("{} is outside {min} to {max}", shown(value))));
                }
                Ok(Checked::Integer(number as i64))
            }
            Kind::Number { min, max, .. } => {
                let number = as_number(value).ok_or_else(|| {
                    self.error(format!("a number from {min} to {max} is needed, not {}", shown(value)))
                })?;
                if number < min || number > max {
                    return Err(self.error(format!("{} is outside {min} to {max}", shown(value))));
                }
                Ok(Checked::Number(number))
            }
            Kind::Choice { options } => {
                if let Some(index) = options.iter().position(|option| value.as_str() == Some(option.value)) {
                    return Ok(Checked::Choice(index, options[index].value));
                }
                let all: Vec<&str> = options.iter().map(|option| option.value).collect();
                Err(self.error(format!("{} is not one of {}", shown(value), all.join(", "))))
            }
            Kind::Flag => match value {
                Value::Bool(flag) => Ok(Checked::Flag(*flag)),
                Value::String(text) if text == "true" || text == "false" => Ok(Checked::Flag(text == "true")),
                _ => Err(self.error(format!("true or false is needed, not {}", shown(value)))),
            },
            Kind::Text => match value {
                Value::String(text) => Ok(Checked::Text(text.clone())),
                _ => Err(self.error(format!("text is needed, not {}", shown(value)))),
            },
        }
    }
}

fn as_number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => exact::read(text.trim()),
        _ => None,
    };
    number.filter(|x| x.is_finite())
}

/// The value for a message, cut because it may come from anywhere.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 40 { format!("{}…", text.chars().take(40).collect::<String>()) } else { text }
}
