//! Reads the stored reference numbers.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use unrolled::{Real, narrow};

/// One file of `tests/reference`.
pub struct Stored {
    /// Its name without ending.
    pub name: String,
    bytes: Vec<u8>,
    metadata: BTreeMap<String, String>,
}

impl Stored {
    pub fn open(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(format!("{name}.safetensors"));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (_, header) = SafeTensors::read_metadata(&bytes).expect("a safetensors file");
        let metadata = header.metadata().clone().expect("settings in the file").into_iter().collect();
        Self { name: name.to_owned(), bytes, metadata }
    }

    /// Every file whose name starts with `prefix`, in order of their names.
    pub fn all(prefix: &str) -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut names: Vec<String> = entries
            .filter_map(|entry| {
                entry.ok()?.file_name().into_string().ok()?.strip_suffix(".safetensors").map(str::to_owned)
            })
            .filter(|name| name.starts_with(prefix))
            .collect();
        names.sort();
        names.iter().map(|name| Self::open(name)).collect()
    }

    /// A text from the settings.
    pub fn text(&self, key: &str) -> &str {
        self.metadata.get(key).unwrap_or_else(|| panic!("{}: no {key}", self.name))
    }

    /// A whole number from the settings.
    pub fn size(&self, key: &str) -> usize {
        self.metadata[key].parse().unwrap_or_else(|error| panic!("{key}: {error}"))
    }

    /// Number of values in all parameters with stored gradients.
    pub fn parameters(&self) -> usize {
        let file = SafeTensors::deserialize(&self.bytes).expect("a safetensors file");
        let gradient = |name: &str| name.starts_with("grad.") && !name.ends_with(".f32");
        file.tensors()
            .iter()
            .filter(|(name, _)| gradient(name))
            .map(|(_, tensor)| tensor.shape().iter().product::<usize>())
            .sum()
    }

    /// All numbers of a tensor as stored (row-major).
    pub fn doubles(&self, name: &str) -> Vec<f64> {
        let file = SafeTensors::deserialize(&self.bytes).expect("a safetensors file");
        let tensor = file.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        match tensor.dtype() {
            Dtype::F64 => tensor.data().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
            Dtype::F32 => {
                tensor.data().chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect()
            }
            other => panic!("{name} holds {other:?}"),
        }
    }

    /// A tensor's shape.
    pub fn dimensions(&self, name: &str) -> Vec<usize> {
        let file = SafeTensors::deserialize(&self.bytes).expect("a safetensors file");
        file.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}")).shape().to_vec()
    }

    /// Rows and columns of a parameter; a vector has one column.
    pub fn shape(&self, name: &str) -> (usize, usize) {
        let shape = self.dimensions(name);
        (shape[0], shape.get(1).copied().unwrap_or(1))
    }

    /// A tensor `(…, features)` in memory order, which is the order of our sequences.
    pub fn sequence(&self, name: &str) -> Vec<Real> {
        self.doubles(name).into_iter().map(narrow).collect()
    }

    /// A parameter, column-major.
    pub fn reals(&self, name: &str) -> Vec<Real> {
        let (rows, cols) = self.shape(name);
        let all = self.doubles(name);
        (0..rows * cols).map(|k| narrow(all[(k % rows) * cols + k / rows])).collect()
    }

    /// A tensor in the order of a tape: parameters column-major, all others in memory order.
    pub fn column_major(&self, name: &str) -> Vec<f64> {
        let parameter = name.contains("weight");
        if !parameter {
            return self.doubles(name);
        }
        let (rows, cols) = self.shape(name);
        let all = self.doubles(name);
        (0..rows * cols).map(|k| all[(k % rows) * cols + k / rows]).collect()
    }
}
