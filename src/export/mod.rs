//! Models as files.

pub mod ensemble;
pub(crate) mod format;
pub mod safetensors;
pub mod state_dict;
pub(crate) mod tensors;
