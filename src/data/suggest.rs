//! placeholder until the data branch lands
use crate::{data::Series, error::Result};
pub struct Sizes {
    pub season: usize,
    pub window: usize,
    pub horizon: usize,
}
pub fn target(series: &Series) -> Option<String> {
    series.names.first().cloned()
}
pub fn sizes(_: &Series, _: &str) -> Result<Sizes> {
    Ok(Sizes { season: 24, window: 168, horizon: 24 })
}
