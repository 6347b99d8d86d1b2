//! Fitting a model's parameters: losses, clipping, optimisers, schedules, early stopping.

pub mod carried;
pub mod checkpoints;
pub mod clip;
pub mod cuts;
pub mod inside;
pub mod optimiser;
pub mod options;
pub mod schedule;
pub mod source;
pub mod trainer;
pub mod truncated;

pub use checkpoints::Checkpoints;
pub use clip::{clip, global_norm};
pub use cuts::Cuts;
pub use optimiser::{Optimiser, Rule};
pub use options::{KNOBS, Options};
pub use schedule::{Plateau, Schedule};
pub use source::Source;
pub use trainer::{Epoch, Progress, State, Trainer};
pub use truncated::Truncated;
