//! Models as files.

pub mod safetensors;
pub mod state_dict;
pub(crate) mod tensors;
