//! Settings: the knobs, and raw settings checked against them.
//!
//! A [`Knob`] is declared once: its key, labels, bounds and default, and the Rust type of its value. The page draws its forms from
//! the description [`About`] it. Settings arrive as a map from key to JSON value and are checked once by [`Settings::check`]; from
//! then on [`Settings::get`] returns each knob's value in its type.
//!
//! ```
//! use unrolled::knob::{Group, Knob, Raw, Settings, choices};
//!
//! choices! {
//!     /// What to drink.
//!     pub enum Drink {
//!         Tea("tea", "a pot of tea", "Keeps awake."),
//!         Milk("milk", "warm milk", "Does not."),
//!     }
//! }
//! const DRINK: Knob<Drink> = Knob::choice(Group::Model, "drink", "Drink", "milk").help("With every meal.");
//! const CUPS: Knob<usize> = Knob::integer(Group::Model, "cups", "Cups", 0..=9, 2).help("How many a day.").basic();
//!
//! let settings = Settings::check([&*DRINK, &*CUPS], &Raw::from([("drink".into(), "tea".into())]), &Raw::new())?;
//! assert_eq!((settings.get(&DRINK), settings.get(&CUPS)), (Drink::Tea, 2));
//! # Ok::<(), unrolled::Error>(())
//! ```

mod about;
mod settings;
mod typed;

pub use about::{About, Choice, Default, Group, Kind, When};
pub use settings::{Raw, Settings};
pub use typed::{AnyKnob, Choices, Knob, choices};
