//! Parameters, their initial values, and the parts that architectures share.

pub mod block;
pub mod init;
pub mod linear;
pub mod params;

pub use block::{Block, Pass, Probe, State};
pub use init::Init;
pub use linear::Linear;
pub use params::{Builder, ParamId, Params};
