//! An averaged forecast as one file: each model's own file, and a description.

use serde::{Deserialize, Serialize};

use crate::data::Axis;
use crate::error::Result;
use crate::evaluate::Interval;
use crate::experiment::Learnt;
use crate::export::format::{TensorView, Tensors};
use crate::export::tensors::{File, broken, sealed};

/// Version of the description; raised when an older reader would misread a newer file.
const VERSION: u32 = 2;
/// The version of a file whose models forecast its whole horizon at once, which older readers know.
const AT_ONCE: u32 = 1;
/// Key of the metadata with the description.
const KEY: &str = "unrolled.ensemble";
/// How far rounding may move the sum of the shares from 1.
const ROUNDING: f64 = 1e-9;

/// The description of an averaged forecast; `docs/saved-models.md` explains each field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    version: u32,
    /// In the order in which they were given.
    pub members: Vec<Member>,
    /// The forecast's interval, if it has one: scaled like the first model's targets.
    pub interval: Option<Interval>,
    /// The rows that the interval was made from: those of the validation part.
    pub measured: Past,
    /// Steps of its horizon, where that is longer than its models': these then go on from their own forecasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<usize>,
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
    /// That of its row in the table of errors.
    pub id: String,
    /// The rows that it has learnt from.
    pub learnt: Past,
}

/// Rows of a series: the training and validation parts of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// The series.
    pub axis: Axis,
    /// Columns whose digests are stored.
    pub columns: Vec<String>,
    /// Both parts.
    pub experiment: Learnt,
}

impl About {
    /// As this library writes it.
    pub fn new(members: Vec<Member>, interval: Option<Interval>, measured: Past, horizon: Option<usize>) -> Self {
        let version = if horizon.is_some() { VERSION } else { AT_ONCE };
        Self { version, members, interval, measured, horizon }
    }

    /// Whether its parts fit each other.
    fn check(&self) -> Result<()> {
        let sum: f64 = self.members.iter().map(|member| member.weight).sum();
        if !self.members.iter().all(|member| member.weight > 0.0) || (sum - 1.0).abs() > ROUNDING {
            return Err(broken(format!("the weights of its members are not shares: they sum to {sum}")));
        }
        if !self.members.iter().any(|member| member.model.is_some()) {
            return Err(broken("none of its members is a model"));
        }
        if let Some(fault) = self.interval.as_ref().and_then(Interval::fault) {
            return Err(broken(fault));
        }
        let of_baselines = self.members.iter().filter_map(|member| Some(&member.baseline.as_ref()?.learnt));
        let fits = |past: &Past| past.experiment.is_of(&past.axis, past.columns.len());
        if of_baselines.chain([&self.measured]).all(fits) {
            return Ok(());
        }
        Err(broken("the rows in its description do not fit their series; take another copy"))
    }
}

/// The file's bytes; `models` are the members' own files, by their tensors' names.
///
/// # Errors
/// [`Error::Model`](crate::Error::Model) if it cannot be written, which only a mistake in this library could cause.
pub fn save(about: &About, models: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut tensors = Tensors::new();
    for (name, data) in models {
        tensors.insert(name.clone(), TensorView { dtype: "U8".to_owned(), shape: vec![data.len()], data });
    }
    sealed(KEY, about, &tensors)
}

/// The description in `file`; `None` for a file of a single model.
///
/// # Errors
/// [`Error::Model`](crate::Error::Model) for one of a newer version, or changed since it was saved.
pub(super) fn about(file: &File<'_>) -> Result<Option<About>> {
    let Some(text) = file.metadata.get(KEY) else { return Ok(None) };
    if !file.is_intact(text) {
        return Err(broken(
            "its members or its description were changed since they were saved together; take another copy",
        ));
    }
    // Through a value, as a model's description is read, so that both share one reader of their parts.
    let unreadable = |error: serde_json::Error| broken(format!("its description cannot be read ({error})"));
    let value: serde_json::Value = serde_json::from_str(text).map_err(unreadable)?;
    let version = value.get("version").and_then(serde_json::Value::as_u64);
    if !version.is_some_and(|version| (AT_ONCE.into()..=VERSION.into()).contains(&version)) {
        let version = version.map_or_else(|| "unknown".to_owned(), |version| version.to_string());
        return Err(broken(format!("its version is {version}, and this page reads up to {VERSION}; reload the page")));
    }
    let about = About::deserialize(&value).map_err(unreadable)?;
    about.check()?;
    Ok(Some(about))
}
