//! Parameters, their initial values, and the shared parts of architectures.

pub mod block;
pub mod conv;
mod formula;
pub mod init;
pub mod linear;
pub mod norm;
pub mod params;
pub mod pass;
pub mod probe;

pub use block::{Block, Extent, State};
pub use conv::CausalConv;
pub use formula::formula;
pub use init::Init;
pub use linear::Linear;
pub use norm::Norm;
pub use params::{Builder, ParamId, Params, Slot};
pub use pass::Pass;
pub use probe::{Bounds, Clock, Flow, Layout, Probe, Probes};
