//! Weights with PyTorch's names and shapes, and all other parts of a model in the metadata.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arch::plan::{LOSS_ON, NORMALISE, READING, SEGMENT, WINDOW};
use crate::arch::registry::{self, ARCHITECTURE};
use crate::data::{Axis, Scale};
use crate::error::Result;
use crate::evaluate::Interval;
use crate::experiment::Learnt;
use crate::export::format::{TensorView, Tensors};
use crate::export::tensors::{File, broken, put, sealed};
use crate::knob::{self, Raw};
use crate::nn::Params;

/// Version of the file's metadata; raised when an older reader would misread a newer file, or could not detect a damaged one.
const VERSION: u32 = 4;
/// The version of a file without weights that have learnt from all rows, which older readers know.
const WITHOUT_LAST: u32 = 3;
/// The oldest readable version, without a digest and without the calendar's columns. Except for [`computed_otherwise`], its models
/// forecast as before.
const OLDEST: u32 = 2;
/// Beginning of the names of the weights that have learnt from all rows.
const LAST: &str = "all_rows.";
/// Key of the metadata with the description.
const KEY: &str = "unrolled";

/// A model's description; `docs/saved-models.md` explains each field and the steps of a forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Version of this description.
    pub version: u32,
    /// Every setting, resolved.
    pub settings: Raw,
    /// Columns that the model reads, the targets first.
    pub columns: Vec<String>,
    /// Number of targets, the first columns; 0 in a file of version 2.
    #[serde(default)]
    pub targets: Option<usize>,
    /// Calendar features that it reads after the columns: `hour of day sin`, `hour of day cos`, …; empty in a file of version 2.
    #[serde(default)]
    pub calendar: Option<Vec<String>>,
    /// Scale of each of the columns.
    pub scales: Vec<Scale>,
    /// Axis of the series that it was trained on.
    pub axis: Axis,
    /// The experiment that it was trained in, and the rows that it has learnt from; `None` where they are unknown.
    #[serde(default)]
    pub experiment: Option<Learnt>,
    /// Its forecast interval, if it has one.
    pub interval: Option<Interval>,
    /// Epoch and validation loss of the weights, if an epoch was finished.
    pub best: Option<(u32, f64)>,
}

impl About {
    /// The version that this library writes, of a file with or without weights that have learnt from all rows.
    pub fn version(has_last: bool) -> u32 {
        if has_last { VERSION } else { WITHOUT_LAST }
    }

    /// Checks that its parts fit each other, since a digest does not detect a wrongly written file.
    ///
    /// # Errors
    /// [`Error::Model`](crate::Error::Model) that names the parts.
    fn check(&self) -> Result<()> {
        if self.scales.len() != self.columns.len() {
            let (scales, columns) = (self.scales.len(), self.columns.len());
            return Err(broken(format!("its description has {scales} scales for {columns} columns")));
        }
        for (scale, column) in self.scales.iter().zip(&self.columns) {
            if !(scale.mean.is_finite() && scale.std.is_finite() && scale.std > 0.0) {
                let Scale { mean, std, .. } = scale;
                return Err(broken(format!(
                    "its description scales “{column}” by {mean} ± {std}, which no column has"
                )));
            }
        }
        if self.experiment.as_ref().is_some_and(|learnt| !learnt.is_of(&self.axis, self.columns.len())) {
            return Err(broken("the learnt rows in its description do not fit its own series; take another copy"));
        }
        if let Some(fault) = self.interval.as_ref().and_then(Interval::fault) {
            return Err(broken(fault));
        }
        if self.best.is_some_and(|(_, loss)| !loss.is_finite()) {
            return Err(broken("its validation loss is not a number"));
        }
        Ok(())
    }
}

/// The file's bytes; `last` are the weights that have learnt from all rows, if there are any.
///
/// # Errors
/// [`Error::Model`](crate::Error::Model) if it cannot be written, which only a mistake in this library could cause.
pub fn save(params: &Params, last: Option<&Params>, about: &About) -> Result<Vec<u8>> {
    let named = [(Some(params), ""), (last, LAST)].into_iter().filter_map(|(params, prefix)| Some((params?, prefix)));
    let all: Vec<(String, Vec<usize>, Vec<u8>)> = named
        .flat_map(|(params, prefix)| params.slots().iter().map(move |slot| (params, prefix, slot)))
        .map(|(params, prefix, slot)| {
            // Files hold f32, as PyTorch's do, whatever precision the library uses.
            let bytes = params.row_major(slot).flat_map(|x| (crate::wide(x) as f32).to_le_bytes()).collect();
            (format!("{prefix}{}", slot.name), slot.shape(), bytes)
        })
        .collect();
    let mut tensors = Tensors::new();
    for (name, shape, data) in &all {
        tensors.insert(name.clone(), TensorView { dtype: "F32".to_owned(), shape: shape.clone(), data });
    }
    sealed(KEY, about, &tensors)
}

/// The description of the model in `file`; `None` for weights without one.
///
/// # Errors
/// [`Error::Model`](crate::Error::Model) for one of a newer version, or changed since it was saved.
pub(super) fn about(file: &File<'_>) -> Result<Option<About>> {
    let Some(text) = file.metadata.get(KEY) else { return Ok(None) };
    let unreadable = "its description cannot be read; it was changed since it was saved";
    let value: Value = serde_json::from_str(text).map_err(|_| broken(unreadable))?;
    let version = value.get("version").and_then(Value::as_u64).ok_or_else(|| broken(unreadable))?;
    if !(u64::from(OLDEST)..=u64::from(VERSION)).contains(&version) {
        let (other, remedy) = if version > u64::from(VERSION) {
            (format!("reads up to {VERSION}"), "reload the page")
        } else {
            (format!("reads none before {OLDEST}"), "train it again")
        };
        return Err(broken(format!("it is of version {version}, and this page {other}; {remedy}")));
    }
    if version > u64::from(OLDEST) && !file.is_intact(text) {
        return Err(broken(
            "its weights or its description were changed since they were saved together; take another copy, or train it again",
        ));
    }
    let about: About =
        About::deserialize(&value).map_err(|error| broken(format!("its description cannot be read ({error})")))?;
    about.check()?;
    if version < 3 && computed_otherwise(&about.settings) {
        return Err(broken(format!(
            "it is of version {version}, which computed a network with its settings differently; train it again"
        )));
    }
    Ok(Some(about))
}

/// Whether a model with these settings was another before version 3: a Transformer encoder's head read its last step, and with the
/// loss at every step windows were centred on their last value.
fn computed_otherwise(settings: &Raw) -> bool {
    let text = |knob: &knob::About| settings.get(knob.key).and_then(Value::as_str).unwrap_or_default();
    let size = |knob: &knob::About| settings.get(knob.key).and_then(Value::as_u64).unwrap_or_default();
    let every = text(&LOSS_ON) == "every" && text(&READING) != "continuous" && size(&SEGMENT) < size(&WINDOW);
    let centred =
        text(&NORMALISE) != "none" && registry::find(text(&ARCHITECTURE)).is_some_and(|one| one.reads(LOSS_ON.key));
    text(&ARCHITECTURE) == "transformer_encoder" || (every && centred)
}

/// Whether a file's weights have learnt from all rows.
pub fn has_last(file: &Tensors<'_>) -> bool {
    file.keys().any(|name| name.starts_with(LAST))
}

/// Puts a file's weights into `params`, which must have the same names and shapes; with `last` those that have learnt from all
/// rows.
///
/// # Errors
/// [`Error::Model`](crate::Error::Model) for a missing or unknown tensor, another shape, or NaN; `params` may then be half filled.
pub fn load(file: &Tensors<'_>, params: &mut Params, last: bool) -> Result<()> {
    for index in 0..params.slots().len() {
        let name = format!("{}{}", if last { LAST } else { "" }, params.slots()[index].name);
        let tensor = file.get(&name).ok_or_else(|| broken(format!("the weights “{name}” are missing")))?;
        put(params, index, tensor)?;
    }
    let belongs = |name: &String| {
        let own = name.strip_prefix(LAST).unwrap_or(name);
        params.slots().iter().any(|slot| slot.name == own)
    };
    if let Some(name) = file.keys().find(|name| !belongs(name)) {
        return Err(broken(format!("“{name}” belongs to no layer of the model that its description names")));
    }
    Ok(())
}
