//! The tensors of a safetensors file, and their conversion to parameters, for models saved here and for PyTorch's.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorInfo, TensorView, serialize};
use serde::Serialize;
use serde_json::Value;

use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::nn::Params;

/// Key of the metadata with the digest of description and tensors.
const DIGEST: &str = "unrolled.digest";
/// Bytes of the header's length, which begins a file.
const LENGTH: usize = 8;

pub fn broken(problem: impl Into<String>) -> Error {
    Error::Model { problem: problem.into() }
}

fn unreadable() -> Error {
    broken("it is not a complete safetensors file; choose one that was saved here, or a PyTorch state dict")
}

/// A file's tensors by their names. The library lists them in the order of a hash map, and an error must always name the same one.
pub type Tensors<'a> = BTreeMap<String, TensorView<'a>>;

/// A safetensors file.
pub struct File<'a> {
    pub metadata: BTreeMap<String, String>,
    pub tensors: Tensors<'a>,
}

impl<'a> File<'a> {
    /// # Errors
    /// [`Error::Model`] for bytes that are not such a file.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let (length, header) = SafeTensors::read_metadata(bytes).map_err(|_| unreadable())?;
        let data = bytes.get(LENGTH + length..).ok_or_else(unreadable)?;
        let view = |(name, info): (String, &TensorInfo)| {
            let (from, to) = info.data_offsets;
            let data = data.get(from..to).ok_or_else(unreadable)?;
            let view = TensorView::new(info.dtype, info.shape.clone(), data).map_err(|_| unreadable())?;
            Ok((name, view))
        };
        let metadata = header.metadata().iter().flatten().map(|(key, value)| (key.clone(), value.clone()));
        Ok(Self {
            metadata: metadata.collect(),
            tensors: header.tensors().into_iter().map(view).collect::<Result<_>>()?,
        })
    }

    /// Whether its tensors and the description `text` are those that were sealed together.
    pub fn is_intact(&self, text: &str) -> bool {
        let tensors = self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
        self.metadata.get(DIGEST) == Some(&digest(text, tensors))
    }
}

/// Stores a tensor as parameter `index`.
///
/// # Errors
/// [`Error::Model`] for another shape or type, or a NaN.
pub fn put(params: &mut Params, index: usize, tensor: &TensorView<'_>) -> Result<()> {
    let (name, shape) = (&params.slots()[index].name, params.slots()[index].shape());
    if tensor.shape() != shape {
        return Err(broken(format!("“{name}” is {:?}, and {shape:?} is needed", tensor.shape())));
    }
    let values: Vec<f64> = match tensor.dtype() {
        Dtype::F64 => tensor.data().as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        Dtype::F32 => tensor.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b).into()).collect(),
        other => return Err(broken(format!("“{name}” holds {other:?}; save it as float32 or float64"))),
    };
    // A float64 may overflow this library's numbers.
    let values: Vec<crate::Real> = values.into_iter().map(crate::narrow).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(broken(format!("“{name}” holds a value that is not a number, or too large for one")));
    }
    params.set_row_major(index, values);
    Ok(())
}

/// A file of the tensors `views`, in the order of their names, with a description under `key` of its metadata and a digest of both.
///
/// # Errors
/// [`Error::Model`] if it cannot be written, which only a mistake in this library could cause.
pub fn sealed(key: &str, description: &impl Serialize, views: Vec<(&str, TensorView<'_>)>) -> Result<Vec<u8>> {
    let text = serde_json::to_string(description).map_err(|error| broken(error.to_string()))?;
    let digest = digest(&text, views.iter().map(|(name, view)| (*name, view)));
    let metadata = [("format", "pt".to_owned()), (key, text), (DIGEST, digest)];
    let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let mut bytes = serialize(views, Some(metadata)).map_err(|error| broken(error.to_string()))?;
    sort_header(&mut bytes)?;
    Ok(bytes)
}

/// The digest of tensors and description: of the description's bytes, then of each tensor's name and bytes, in the order of the names.
fn digest<'a, 'b: 'a>(text: &str, tensors: impl Iterator<Item = (&'a str, &'a TensorView<'b>)>) -> String {
    let all = Digest::new().with(text.as_bytes());
    tensors.fold(all, |all, (name, tensor)| all.with(name.as_bytes()).with(tensor.data())).text()
}

/// Sorts the header of a file: the library writes it from a hash map, in another order each time, and the same model must be the
/// same bytes.
fn sort_header(bytes: &mut [u8]) -> Result<()> {
    let unsortable = || broken("its header cannot be sorted");
    let (length, rest) = bytes.split_first_chunk_mut::<LENGTH>().ok_or_else(unsortable)?;
    let header = rest.get_mut(..u64::from_le_bytes(*length) as usize).ok_or_else(unsortable)?;
    // An object of serde_json is a sorted map.
    let sorted: Option<Value> = std::str::from_utf8(header).ok().and_then(|text| serde_json::from_str(text).ok());
    let text = sorted.ok_or_else(unsortable)?.to_string();
    // The same entries have the same length in any order; blanks at the end fill up whole words.
    let (place, blanks) = header.split_at_mut_checked(text.len()).ok_or_else(unsortable)?;
    place.copy_from_slice(text.as_bytes());
    blanks.fill(b' ');
    Ok(())
}
