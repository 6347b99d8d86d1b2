//! Knobs with the types of their values.

use std::fmt;
use std::ops::{Deref, RangeInclusive};

use super::about::{About, Checked, Choice, Default, Group, Kind, When, Words};

/// One setting, with the type `T` of its value.
#[derive(Debug, Clone, Copy)]
pub struct Knob<T> {
    about: About,
    /// `None` for a value of another kind.
    pub(super) read: fn(&Checked) -> Option<T>,
}

/// A type with one value for each option of a knob; [`choices!`](crate::choices!) declares such an enum.
pub trait Choices: Sized {
    /// The options.
    const OPTIONS: &'static [Choice];

    /// The value of the option with this index.
    fn nth(index: usize) -> Option<Self>;
}

/// Declares an enum with one option for each variant: `Variant("value", "label", "help")`.
#[macro_export]
macro_rules! choices {
    ($(#[$about:meta])* $vis:vis enum $name:ident {
        $($(#[$of:meta])* $variant:ident($value:literal, $label:literal, $help:literal),)+
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name {
            $(#[doc = $help] $(#[$of])* $variant,)+
        }

        impl $crate::knob::Choices for $name {
            const OPTIONS: &'static [$crate::knob::Choice] =
                &[$($crate::knob::Choice { value: $value, label: $label, help: $help }),+];

            fn nth(index: usize) -> Option<Self> {
                [$(Self::$variant),+].get(index).copied()
            }
        }
    };
}
pub use choices;

/// A knob, whatever the type of its value, for an architecture's list.
pub trait AnyKnob: Sync {
    /// Its description.
    fn about(&self) -> &About;

    /// The typed value of `value` as text, for tests over all knobs.
    #[cfg(test)]
    fn shown(&self, value: &serde_json::Value) -> String;
}

impl<T: fmt::Debug> AnyKnob for Knob<T> {
    fn about(&self) -> &About {
        &self.about
    }

    #[cfg(test)]
    fn shown(&self, value: &serde_json::Value) -> String {
        let checked = self.about.checked(value).expect("within its bounds");
        format!("{:?}", (self.read)(&checked).expect("of its type"))
    }
}

impl fmt::Debug for dyn AnyKnob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.about().key)
    }
}

impl<T> Deref for Knob<T> {
    type Target = About;

    fn deref(&self) -> &About {
        &self.about
    }
}

impl<T: TryFrom<i64>> Knob<T> {
    /// A whole number from the first of the bounds to the last. Here and below, a default out of bounds does not compile.
    pub const fn integer(group: Group, key: Words, label: Words, bounds: RangeInclusive<i64>, default: i64) -> Self {
        let (min, max) = (*bounds.start(), *bounds.end());
        assert!(min <= default && default <= max);
        let kind = Kind::Integer { min, max };
        Self::new(group, (key, label), kind, Default::Integer(default), |value| match value {
            Checked::Integer(value) => T::try_from(*value).ok(),
            _ => None,
        })
    }
}

impl Knob<f64> {
    /// A real number from the first of the bounds to the last.
    pub const fn number(group: Group, key: Words, label: Words, bounds: RangeInclusive<f64>, default: f64) -> Self {
        let (min, max) = (*bounds.start(), *bounds.end());
        assert!(min <= default && default <= max);
        let kind = Kind::Number { min, max, log: false };
        Self::new(group, (key, label), kind, Default::Number(default), |value| match value {
            Checked::Number(value) => Some(*value),
            _ => None,
        })
    }

    /// The same, on a slider that moves in factors rather than steps.
    #[must_use]
    pub const fn log(mut self) -> Self {
        if let Kind::Number { log, .. } = &mut self.about.kind {
            *log = true;
        }
        self
    }
}

impl Knob<bool> {
    /// Yes or no.
    pub const fn flag(group: Group, key: Words, label: Words, default: bool) -> Self {
        Self::new(group, (key, label), Kind::Flag, Default::Flag(default), |value| match value {
            Checked::Flag(value) => Some(*value),
            _ => None,
        })
    }
}

impl Knob<String> {
    /// Text with its own grammar.
    pub const fn text(group: Group, key: Words, label: Words, default: Words) -> Self {
        Self::new(group, (key, label), Kind::Text, Default::Text(default), |value| match value {
            Checked::Text(value) => Some(value.clone()),
            _ => None,
        })
    }
}

impl<T: Choices> Knob<T> {
    /// One of the options of `T`; a default that is none of them does not compile.
    pub const fn choice(group: Group, key: Words, label: Words, default: Words) -> Self {
        assert!(is_option(T::OPTIONS, default));
        let kind = Kind::Choice { options: T::OPTIONS };
        Self::new(group, (key, label), kind, Default::Text(default), |value| match value {
            Checked::Choice(index, _) => T::nth(*index),
            _ => None,
        })
    }

    /// The case that it has one of `values`; a value that is no option does not compile.
    pub const fn is(&self, values: &'static [Words]) -> When {
        let mut k = 0;
        while k < values.len() {
            assert!(is_option(T::OPTIONS, values[k]));
            k += 1;
        }
        (self.about.key, values)
    }
}

/// Whether `value` is one of `options`; at compile time strings are compared byte by byte.
const fn is_option(options: &[Choice], value: &str) -> bool {
    let mut k = 0;
    while k < options.len() {
        let (mut at, one, other) = (0, options[k].value.as_bytes(), value.as_bytes());
        while at < one.len() && at < other.len() && one[at] == other[at] {
            at += 1;
        }
        if at == one.len() && at == other.len() {
            return true;
        }
        k += 1;
    }
    false
}

impl<T> Knob<T> {
    const fn new(
        group: Group,
        (key, label): (Words, Words),
        kind: Kind,
        default: Default,
        read: fn(&Checked) -> Option<T>,
    ) -> Self {
        let about =
            About { key, label, help: "", unit: "", source: "", group, kind, default, basic: false, when: None };
        Self { about, read }
    }

    /// The same with one or two sentences on its effect.
    #[must_use]
    pub const fn help(mut self, help: Words) -> Self {
        self.about.help = help;
        self
    }

    /// The same with the unit of its value.
    #[must_use]
    pub const fn unit(mut self, unit: Words) -> Self {
        self.about.unit = unit;
        self
    }

    /// The same with the paper that introduced it.
    #[must_use]
    pub const fn source(mut self, source: Words) -> Self {
        self.about.source = source;
        self
    }

    /// The same, always in view.
    #[must_use]
    pub const fn basic(mut self) -> Self {
        self.about.basic = true;
        self
    }

    /// The same, used only where another knob has one of some values: [`Knob::is`].
    #[must_use]
    pub const fn when(mut self, when: When) -> Self {
        self.about.when = Some(when);
        self
    }
}
