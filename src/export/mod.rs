//! Models as files.

pub mod ensemble;
pub(crate) mod format;
pub mod safetensors;
pub mod state_dict;
pub(crate) mod tensors;

use crate::error::Result;
use format::Tensors;
use state_dict::StateDict;
use tensors::File;

/// A file's content.
#[derive(Debug)]
pub enum Saved<'a> {
    /// A model of this library: its description and its weights.
    Model(Box<safetensors::About>, Tensors<'a>),
    /// Weights without a description.
    StateDict(StateDict<'a>),
    /// An average: its description, and each model's own file as a tensor of bytes.
    Ensemble(Box<ensemble::About>, Tensors<'a>),
}

/// Reads a file's bytes, once.
///
/// # Errors
/// [`Error::Model`](crate::Error::Model) for bytes that are no such file, of a newer version, or changed since they were saved.
pub fn read(bytes: &[u8]) -> Result<Saved<'_>> {
    let file = File::read(bytes)?;
    if let Some(about) = ensemble::about(&file)? {
        return Ok(Saved::Ensemble(Box::new(about), file.tensors));
    }
    match safetensors::about(&file)? {
        Some(about) => Ok(Saved::Model(Box::new(about), file.tensors)),
        None => StateDict::read(file).map(Saved::StateDict),
    }
}
