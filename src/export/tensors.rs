//! The tensors of a safetensors file, and their conversion to parameters, for models saved here and for PyTorch's.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::export::format::{self, TensorView, Tensors};
use crate::nn::Params;

/// Key of the metadata with the digest of description and tensors.
const DIGEST: &str = "unrolled.digest";

pub fn broken(problem: impl Into<String>) -> Error {
    Error::Model { problem: problem.into() }
}

fn unreadable() -> Error {
    broken("it is not a complete safetensors file; choose one that was saved here, or a PyTorch state dict")
}

/// A safetensors file.
pub struct File<'a> {
    pub metadata: BTreeMap<String, String>,
    pub tensors: Tensors<'a>,
}

impl<'a> File<'a> {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`Error::Model`] for bytes that are not such a file.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let (metadata, tensors) = format::read(bytes).ok_or_else(unreadable)?;
        Ok(Self { metadata, tensors })
    }

    /// Whether its tensors and the description `text` are those that were sealed together.
    pub fn is_intact(&self, text: &str) -> bool {
        self.metadata.get(DIGEST) == Some(&digest(text, &self.tensors))
    }
}

/// Stores a tensor as parameter `index`.
///
/// # Errors
/// [`Error::Model`] for another shape or type, or a NaN.
pub fn put(params: &mut Params, index: usize, tensor: &TensorView<'_>) -> Result<()> {
    let (name, shape) = (&params.slots()[index].name, params.slots()[index].shape());
    if tensor.shape != shape {
        return Err(broken(format!("“{name}” is {:?}, and {shape:?} is needed", tensor.shape)));
    }
    let values: Vec<f64> = match tensor.dtype.as_str() {
        "F64" => tensor.data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        "F32" => tensor.data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b).into()).collect(),
        other => return Err(broken(format!("“{name}” holds {other}; save it as float32 or float64"))),
    };
    // A float64 may overflow this library's numbers.
    let values: Vec<crate::Real> = values.into_iter().map(crate::narrow).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(broken(format!("“{name}” holds a value that is not a number, or too large for one")));
    }
    params.set_row_major(index, values);
    Ok(())
}

/// A file of these tensors with a description under `key` of its metadata and a digest of both.
///
/// # Errors
/// [`Error::Model`] if it cannot be written, which only a mistake in this library could cause.
pub fn sealed(key: &str, description: &impl Serialize, tensors: &Tensors<'_>) -> Result<Vec<u8>> {
    let text = serde_json::to_string(description).map_err(|error| broken(error.to_string()))?;
    let digest = digest(&text, tensors);
    let metadata = [("format", "pt".to_owned()), (key, text), (DIGEST, digest)];
    Ok(format::write(&metadata, tensors))
}

/// The digest of tensors and description: of the description's bytes, then of each tensor's name and bytes, in the order of the names.
fn digest(text: &str, tensors: &Tensors<'_>) -> String {
    let all = Digest::new().with(text.as_bytes());
    tensors.iter().fold(all, |all, (name, tensor)| all.with(name.as_bytes()).with(tensor.data)).text()
}
