//! Weights with PyTorch's names and shapes, and everything else a model needs in the metadata.

use std::collections::HashMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::{Axis, Scale};
use crate::error::{Error, Result};
use crate::evaluate::Interval;
use crate::knob::Raw;
use crate::nn::Params;

/// Version of the file's metadata; raised when an older reader would misread a newer file.
const VERSION: u32 = 2;
/// The one key of the metadata.
const KEY: &str = "unrolled";

/// What a model is, beside its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Version of this description.
    pub version: u32,
    /// Every setting, resolved.
    pub settings: Raw,
    /// Columns that the model reads, the targets first.
    pub columns: Vec<String>,
    /// Scale of each of them.
    pub scales: Vec<Scale>,
    /// Steps of a season.
    pub season: usize,
    /// Axis of the series that it was trained on.
    pub axis: Axis,
    /// Its forecast interval, if it has one.
    pub interval: Option<Interval>,
    /// Epoch and validation loss of the weights, if an epoch was finished.
    pub best: Option<(u32, f64)>,
}

impl About {
    /// The version that this library writes.
    pub fn version() -> u32 {
        VERSION
    }
}

fn broken(problem: impl Into<String>) -> Error {
    Error::Model { problem: problem.into() }
}

/// The file's bytes.
///
/// # Errors
/// [`Error::Model`] if it cannot be written, which only a mistake in this library could cause.
pub fn save(params: &Params, about: &About) -> Result<Vec<u8>> {
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = params
        .slots()
        .iter()
        .map(|slot| {
            // Files hold f32, as PyTorch's do, whatever the library computes in.
            let bytes = params.row_major(slot).flat_map(|x| (crate::wide(x) as f32).to_le_bytes()).collect();
            (slot.name.clone(), slot.shape(), bytes)
        })
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(|error| broken(error.to_string()))?;
        Ok((name.as_str(), view))
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    let text = serde_json::to_string(about).map_err(|error| broken(error.to_string()))?;
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned()), (KEY.to_owned(), text)]);
    serialize(views, Some(metadata)).map_err(|error| broken(error.to_string()))
}

/// Whether the weights in `bytes` were saved here, with the settings that belong to them.
///
/// # Errors
/// [`Error::Model`] for bytes that are no such file.
pub fn saved_here(bytes: &[u8]) -> Result<bool> {
    let (_, header) = SafeTensors::read_metadata(bytes)
        .map_err(|_| broken("it is not a safetensors file, or not all of one; choose one that was saved here"))?;
    Ok(header.metadata().as_ref().is_some_and(|metadata| metadata.contains_key(KEY)))
}

/// What the model in `bytes` is, without its weights.
///
/// # Errors
/// [`Error::Model`] for bytes that are no such file, or of a newer version.
pub fn about(bytes: &[u8]) -> Result<About> {
    let (_, header) = SafeTensors::read_metadata(bytes)
        .map_err(|_| broken("it is not a safetensors file, or not all of one; choose one that was saved here"))?;
    let text =
        header.metadata().as_ref().and_then(|metadata| metadata.get(KEY)).ok_or_else(|| {
            broken("it holds weights but not the settings that belong to them; it was not saved here")
        })?;
    let unreadable = "its description cannot be read; it was changed since it was saved";
    let value: Value = serde_json::from_str(text).map_err(|_| broken(unreadable))?;
    let version = value.get("version").and_then(Value::as_u64).ok_or_else(|| broken(unreadable))?;
    if version != u64::from(VERSION) {
        let (other, remedy) = if version > u64::from(VERSION) {
            ("reads up to", "reload the page")
        } else {
            ("reads none before", "train it again")
        };
        return Err(broken(format!("it is of version {version}, and this page {other} {VERSION}; {remedy}")));
    }
    serde_json::from_value(value).map_err(|error| broken(format!("its description cannot be read ({error})")))
}

/// Puts the weights in `bytes` into `params`, which must have the same names and shapes.
///
/// # Errors
/// [`Error::Model`] for a tensor that is missing, of another shape, or holds a value that is no number; `params` may then
/// be half filled.
pub fn load(bytes: &[u8], params: &mut Params) -> Result<()> {
    let file = SafeTensors::deserialize(bytes).map_err(|_| broken("it is not a whole safetensors file"))?;
    for index in 0..params.slots().len() {
        let slot = &params.slots()[index];
        let name = slot.name.clone();
        let tensor = file.tensor(&name).map_err(|_| broken(format!("the weights “{name}” are missing")))?;
        if tensor.shape() != slot.shape() || tensor.dtype() != Dtype::F32 {
            return Err(broken(format!("“{name}” is {:?}, and {:?} is needed", tensor.shape(), slot.shape())));
        }
        let values: Vec<f32> =
            tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(broken(format!("“{name}” holds a value that is no number")));
        }
        params.set_row_major(index, values.into_iter().map(|x| crate::narrow(f64::from(x))));
    }
    Ok(())
}
