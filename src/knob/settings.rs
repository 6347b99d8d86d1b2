//! Raw settings, and settings that have been checked.

use std::collections::BTreeMap;

use serde_json::Value;

use super::about::{About, Checked};
use super::typed::Knob;
use crate::error::{Error, Result};

/// Raw settings, from a URL, a page or a saved model.
pub type Raw = BTreeMap<String, Value>;

/// Settings that have been checked: every knob has a value of its kind, within its bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    values: Vec<(&'static str, Checked)>,
}

impl Settings {
    /// Checks `raw` against `knobs`; an absent setting has its value from `suggested`, or else the knob's default.
    ///
    /// # Errors
    /// [`Error::UnknownKnob`] for a key that no knob has; [`Error::Knob`] for a value of the wrong kind or out of bounds.
    pub fn check<'k>(knobs: impl IntoIterator<Item = &'k About>, raw: &Raw, suggested: &Raw) -> Result<Self> {
        let mut values = Vec::new();
        for knob in knobs {
            let value = match raw.get(knob.key).or_else(|| suggested.get(knob.key)) {
                Some(value) => knob.checked(value)?,
                None => knob.checked(&knob.default.to_value())?,
            };
            values.push((knob.key, value));
        }
        if let Some(key) = raw.keys().find(|&key| values.iter().all(|(known, _)| known != key)) {
            return Err(Error::UnknownKnob { key: key.clone() });
        }
        Ok(Self { values })
    }

    /// The same with another value of one knob.
    ///
    /// # Errors
    /// [`Error::Knob`] for a value of the wrong kind or out of bounds.
    pub fn with(&self, knob: &About, value: &Value) -> Result<Self> {
        let mut values = self.values.clone();
        let value = knob.checked(value)?;
        match values.iter_mut().find(|(key, _)| *key == knob.key) {
            Some((_, old)) => *old = value,
            None => values.push((knob.key, value)),
        }
        Ok(Self { values })
    }

    /// The value of `knob`.
    pub fn get<T>(&self, knob: &Knob<T>) -> T {
        let value = self.values.iter().find(|(key, _)| *key == knob.key).and_then(|(_, value)| (knob.read)(value));
        // Only a programming error leads here: the settings were checked against other knobs.
        value.unwrap_or_else(|| unreachable!("{} is read, and the settings were not checked for it", knob.key))
    }

    /// All values as raw settings, for saving.
    pub fn to_raw(&self) -> Raw {
        // A loop instead of collecting, which would compile a sort of its own for each type.
        let mut raw = Raw::new();
        for (key, value) in &self.values {
            raw.insert((*key).to_owned(), value.to_value());
        }
        raw
    }
}
