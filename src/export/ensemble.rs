//! A forecast of several members as one file: each model whole, as it is saved by itself, and what joins them.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::{Deserialize, Serialize};

use crate::data::Axis;
use crate::digest::Digest;
use crate::error::Result;
use crate::evaluate::Interval;
use crate::experiment::Learnt;
use crate::export::tensors::{broken, metadata, sort_header, tensors};

/// Version of the description; raised when an older reader would misread a newer file.
const VERSION: u32 = 1;
/// Keys of the metadata: the description, and its digest together with the members'.
const KEY: &str = "unrolled.ensemble";
const DIGEST: &str = "unrolled.digest";

/// What joins the members of a forecast; `docs/saved-models.md` says what each field means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    version: u32,
    /// In the order in which they were given.
    pub members: Vec<Member>,
    /// The forecast's interval, if it has one: scaled as the first model's target is.
    pub interval: Option<Interval>,
}

/// One member: a model or a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its share of the average, above 0.
    #[serde(with = "crate::exact")]
    pub weight: f64,
    /// Of a model: name of the tensor with the bytes of its own file.
    #[serde(default)]
    pub model: Option<String>,
    /// Of a baseline: it is fitted again on the rows that it has learnt from.
    #[serde(default)]
    pub baseline: Option<Baseline>,
}

/// A baseline and its rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// As in the table of errors: `last`, `seasonal`, `ridge` or `ridge-centred`.
    pub id: String,
    /// The series that it was fitted on.
    pub axis: Axis,
    /// Columns that it reads.
    pub columns: Vec<String>,
    /// The rows that it has learnt from.
    pub experiment: Learnt,
}

impl About {
    /// As this library writes it.
    pub fn new(members: Vec<Member>, interval: Option<Interval>) -> Self {
        Self { version: VERSION, members, interval }
    }
}

/// The file's bytes; `models` are the members' own files, by their tensors' names, in the order of these.
///
/// # Errors
/// [`Error::Model`](crate::Error::Model) if it cannot be written, which only a mistake in this library could cause.
pub fn save(about: &About, models: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let cannot = |error: &dyn std::fmt::Display| broken(error.to_string());
    let text = serde_json::to_string(about).map_err(|error| cannot(&error))?;
    let digest = digest(&text, models.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])));
    let views = models.iter().map(|(name, bytes)| {
        let view = TensorView::new(Dtype::U8, vec![bytes.len()], bytes).map_err(|error| cannot(&error))?;
        Ok((name.as_str(), view))
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    let metadata = [(KEY.to_owned(), text), (DIGEST.to_owned(), digest)];
    let mut bytes = serialize(views, Some(metadata.into_iter().collect())).map_err(|error| cannot(&error))?;
    sort_header(&mut bytes)?;
    Ok(bytes)
}

/// What binds members and description: of the description's bytes, then of each model's name and bytes, in the order of the names.
fn digest<'a>(text: &str, models: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let all = Digest::new().with(text.as_bytes());
    models.fold(all, |all, (name, bytes)| all.with(name.as_bytes()).with(bytes)).text()
}

/// The members in `bytes`, and each model's file by its name; `None` for a file of a single model.
///
/// # Errors
/// [`Error::Model`](crate::Error::Model) for bytes that are no such file, of a newer version, or changed since they were saved.
pub fn read(bytes: &[u8]) -> Result<Option<(About, BTreeMap<String, &[u8]>)>> {
    let metadata = metadata(bytes)?;
    let Some(text) = metadata.get(KEY) else { return Ok(None) };
    let models: BTreeMap<String, &[u8]> =
        tensors(bytes)?.into_iter().map(|(name, tensor)| (name, tensor.data())).collect();
    let found = digest(text, models.iter().map(|(name, bytes)| (name.as_str(), *bytes)));
    if metadata.get(DIGEST) != Some(&found) {
        return Err(broken(
            "its members are not those that its description was saved with, or one of the two was changed since; take another copy",
        ));
    }
    // Through a value, as a model's description is read, so that both share one reader of their parts.
    let about: About = serde_json::from_str(text)
        .and_then(serde_json::from_value::<About>)
        .map_err(|error| broken(format!("its description cannot be read ({error})")))?;
    if about.version != VERSION {
        let (version, remedy) = (about.version, "reload the page");
        return Err(broken(format!("it is of version {version}, and this page reads {VERSION}; {remedy}")));
    }
    if let Some(member) = about.members.iter().find(|member| !(member.weight.is_finite() && member.weight > 0.0)) {
        return Err(broken(format!("one of its members has the weight {}, and not one above 0", member.weight)));
    }
    Ok(Some((about, models)))
}
