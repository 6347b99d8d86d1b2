//! Settings: what each knob is, and raw settings checked against the knobs.
//!
//! Bounds and defaults exist here and nowhere else. The page draws its forms from [`Knob`]s; settings arrive as a
//! map from key to JSON value, are checked once by [`Settings::check`], and are trusted from then on.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::exact;

/// Where a knob stands on the page.
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

/// One of the values that a [`Kind::Choice`] knob can take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Choice {
    /// Stored value.
    pub value: &'static str,
    /// As a person sees it.
    pub label: &'static str,
    /// One sentence: what it does, with its source where it has one.
    pub help: &'static str,
}

/// What values a knob takes.
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
        /// Whether a slider should move in factors rather than steps.
        log: bool,
    },
    /// One of a list.
    Choice {
        /// The list.
        options: &'static [Choice],
    },
    /// Yes or no.
    Flag,
    /// Text with its own grammar, checked by whoever reads it (a split, a list of columns).
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

/// One setting that a person can turn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Knob {
    /// Name in settings, in the URL and in saved models.
    pub key: &'static str,
    /// Name as a person sees it.
    pub label: &'static str,
    /// One or two sentences: what turning it does.
    pub help: &'static str,
    /// Unit of the value, or empty.
    pub unit: &'static str,
    /// Paper that introduced it, or empty.
    pub source: &'static str,
    /// Where it stands on the page.
    pub group: Group,
    /// What values it takes.
    pub kind: Kind,
    /// Value when nobody says otherwise (and when the data suggest nothing better).
    pub default: Default,
    /// Whether it belongs among the few that are always in view.
    pub basic: bool,
    /// Only of use when the knob of this key has one of these values; `None`: always.
    pub when: Option<(&'static str, &'static [&'static str])>,
}

/// Raw settings, as they come from a URL, a page or a saved model.
pub type Raw = BTreeMap<String, Value>;

/// Settings that have been checked: every knob has a value of its kind, within its bounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Settings {
    values: BTreeMap<&'static str, Value>,
}

impl Settings {
    /// Checks `raw` against `knobs`; what is absent takes its value from `suggested` and else the knob's default.
    ///
    /// # Errors
    /// [`Error::UnknownKnob`] for a key that no knob has; [`Error::Knob`] for a value of the wrong kind or out of bounds.
    pub fn check<'k>(knobs: impl IntoIterator<Item = &'k Knob>, raw: &Raw, suggested: &Raw) -> Result<Self> {
        let mut values = BTreeMap::new();
        for knob in knobs {
            let value = match raw.get(knob.key).or_else(|| suggested.get(knob.key)) {
                Some(value) => knob.checked(value)?,
                None => knob.default.to_value(),
            };
            values.insert(knob.key, value);
        }
        if let Some(key) = raw.keys().find(|key| !values.contains_key(key.as_str())) {
            return Err(Error::UnknownKnob { key: key.clone() });
        }
        Ok(Self { values })
    }

    /// The default of every knob.
    pub fn defaults<'k>(knobs: impl IntoIterator<Item = &'k Knob>) -> Self {
        let mut values = BTreeMap::new();
        for knob in knobs {
            values.insert(knob.key, knob.default.to_value());
        }
        Self { values }
    }

    /// The same with another value of one knob.
    ///
    /// # Errors
    /// [`Error::Knob`] for a value of the wrong kind or out of bounds.
    pub fn with(&self, knob: &Knob, value: &Value) -> Result<Self> {
        let mut values = self.values.clone();
        values.insert(knob.key, knob.checked(value)?);
        Ok(Self { values })
    }

    fn get(&self, key: &str) -> &Value {
        // A missing key is a mistake in this library (a knob that is read but not listed), never in the input.
        self.values.get(key).unwrap_or_else(|| unreachable!("knob {key} is read but not in the catalog"))
    }

    /// Value of an integer knob.
    pub fn integer(&self, key: &str) -> i64 {
        self.get(key).as_i64().unwrap_or_default()
    }

    /// Value of an integer knob that is never negative.
    pub fn size(&self, key: &str) -> usize {
        usize::try_from(self.integer(key)).unwrap_or_default()
    }

    /// Value of a number knob.
    pub fn number(&self, key: &str) -> f64 {
        self.get(key).as_f64().unwrap_or_default()
    }

    /// Value of a choice or text knob.
    pub fn text(&self, key: &str) -> &str {
        self.get(key).as_str().unwrap_or_default()
    }

    /// Value of a flag knob.
    pub fn flag(&self, key: &str) -> bool {
        self.get(key).as_bool().unwrap_or_default()
    }

    /// All values as raw settings, for saving.
    pub fn to_raw(&self) -> Raw {
        // One by one here and below: collecting a map brings a sort of its own for each type, which everyone would download.
        let mut raw = Raw::new();
        for (key, value) in &self.values {
            raw.insert((*key).to_owned(), value.clone());
        }
        raw
    }
}

impl Default {
    /// As it stands in settings.
    pub fn to_value(self) -> Value {
        match self {
            Default::Integer(value) => value.into(),
            Default::Number(value) => value.into(),
            Default::Text(value) => value.into(),
            Default::Flag(value) => value.into(),
        }
    }
}

impl Knob {
    /// An [`Error::Knob`] that names this knob; `problem` is a clause without a full stop.
    pub fn error(&self, problem: impl Into<String>) -> Error {
        Error::Knob { knob: self.key, label: self.label, problem: problem.into() }
    }

    /// The value as stored, if it is of this knob's kind and within its bounds. Text that reads as a number or a flag
    /// is taken as one, because a URL holds only text.
    fn checked(&self, value: &Value) -> Result<Value> {
        match self.kind {
            Kind::Integer { min, max } => {
                let number = as_number(value).filter(|x| x.fract() == 0.0).ok_or_else(|| {
                    self.error(format!("a whole number from {min} to {max} is needed, not {}", shown(value)))
                })?;
                if number < min as f64 || number > max as f64 {
                    return Err(self.error(format!("{} is outside {min} to {max}", shown(value))));
                }
                Ok((number as i64).into())
            }
            Kind::Number { min, max, .. } => {
                let number = as_number(value).ok_or_else(|| {
                    self.error(format!("a number from {min} to {max} is needed, not {}", shown(value)))
                })?;
                if number < min || number > max {
                    return Err(self.error(format!("{} is outside {min} to {max}", shown(value))));
                }
                Ok(number.into())
            }
            Kind::Choice { options } => {
                let text = value.as_str().unwrap_or_default();
                if options.iter().any(|option| option.value == text) {
                    return Ok(text.into());
                }
                let all: Vec<&str> = options.iter().map(|option| option.value).collect();
                Err(self.error(format!("{} is not one of {}", shown(value), all.join(", "))))
            }
            Kind::Flag => match value {
                Value::Bool(flag) => Ok((*flag).into()),
                Value::String(text) if text == "true" || text == "false" => Ok((text == "true").into()),
                _ => Err(self.error(format!("true or false is needed, not {}", shown(value)))),
            },
            Kind::Text => match value {
                Value::String(text) => Ok(text.as_str().into()),
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

/// The value as it stands in a message: cut, because it may come from anywhere.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 40 { format!("{}…", text.chars().take(40).collect::<String>()) } else { text }
}
