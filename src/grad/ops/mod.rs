//! Every operation except the recurrences, forward and backward side by side.
//!
//! Shapes are `[rows × columns]`; a sequence is `[features × (steps · batch)]`. Operations panic on mismatched shapes, which are a
//! mistake in an architecture, never in a person's data.

mod alignment;
mod arithmetic;
mod attention;
mod conv;
mod loss;
mod norm;
mod pointwise;
mod product;
mod shape;
mod smooth;

pub use alignment::{additive_scores, dot_scores, softmax, weighted_sums};
pub use arithmetic::{add, add_column, div, mul, scale, sub, sum};
pub use attention::{Attended, Look, add_places, attention};
pub use conv::depthwise;
pub use loss::{Loss, loss};
pub use norm::{group_norm, layer_norm, rms_norm};
pub use pointwise::{DropoutKey, dropout, relu, sigmoid, tanh};
pub use product::{linear, linear_blocks};
pub use shape::{
    concat_columns, concat_rows, lookup, mean_steps, repeat_columns, slice_columns, slice_rows, stack_steps,
};
pub use smooth::{exp, gelu, silu, softplus};
