//! The safetensors format: the length of the header in 8 bytes, the header as JSON, the tensors' bytes.
//!
//! The format's own library has a reader of JSON, hash maps and sorts for itself alone, 13 KB more of the packed core. It stays
//! as a reference implementation: tests read our files with it, and let it write files for us.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::math;

/// Key of the metadata in the header.
const METADATA: &str = "__metadata__";
/// Longest header in bytes, as in the format's own library.
const LONGEST_HEADER: usize = 100_000_000;
/// The tensors begin at a multiple of this many bytes.
const WORD: usize = 8;

/// A file's tensors by their names.
pub type Tensors<'a> = BTreeMap<String, TensorView<'a>>;

/// A tensor in a file's bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorView<'a> {
    /// Type of its numbers, as the format names it: `F32`.
    pub dtype: String,
    pub shape: Vec<usize>,
    /// Its numbers in little-endian bytes, the last index first.
    pub data: &'a [u8],
}

/// A file's metadata and tensors, both in the order of their names; `None` for bytes that are no such file. Every byte belongs to one
/// tensor.
pub fn read(bytes: &[u8]) -> Option<(BTreeMap<String, String>, Tensors<'_>)> {
    let (length, rest) = bytes.split_first_chunk()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok().filter(|&length| length <= LONGEST_HEADER)?;
    let (header, data) = rest.split_at_checked(length)?;
    let Value::Object(header) = serde_json::from_str(std::str::from_utf8(header).ok()?).ok()? else { return None };
    let (mut metadata, mut tensors) = (BTreeMap::new(), Tensors::new());
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for (name, entry) in header {
        if name == METADATA {
            for (key, value) in entry.as_object()? {
                metadata.insert(key.clone(), value.as_str()?.to_owned());
            }
            continue;
        }
        let (tensor, start, end) = tensor(&entry, data)?;
        if start < end {
            starts.push(start as i64);
            ends.push(end as i64);
        }
        tensors.insert(name, tensor);
    }
    let mut covered = 0;
    for at in math::argsort(&starts) {
        if starts[at] != covered {
            return None;
        }
        covered = ends[at];
    }
    (covered == data.len() as i64).then_some((metadata, tensors))
}

/// A tensor by its entry in the header, and its place in `data`.
fn tensor<'a>(entry: &Value, data: &'a [u8]) -> Option<(TensorView<'a>, usize, usize)> {
    let mut shape = Vec::new();
    let mut size = Some(1_usize);
    for length in entry.get("shape")?.as_array()? {
        let length = usize::try_from(length.as_u64()?).ok()?;
        size = size.and_then(|size| size.checked_mul(length));
        shape.push(length);
    }
    let place = |k: usize| usize::try_from(entry.get("data_offsets")?.get(k)?.as_u64()?).ok();
    let (start, end) = (place(0)?, place(1)?);
    let tensor = TensorView { dtype: entry.get("dtype")?.as_str()?.to_owned(), shape, data: data.get(start..end)? };
    let bytes = match tensor.dtype.as_str() {
        "F64" => Some(8),
        "F32" => Some(4),
        "U8" => Some(1),
        // Of a type that is not read here.
        _ => None,
    };
    let fits = bytes.is_none_or(|bytes| size.and_then(|size| size.checked_mul(bytes)) == Some(end - start));
    fits.then_some((tensor, start, end))
}

/// The bytes of a file. The same metadata and tensors give the same bytes.
pub fn write(metadata: &[(&str, String)], tensors: &Tensors<'_>) -> Vec<u8> {
    // An object of serde_json is a sorted map.
    let mut said = Map::new();
    for (key, text) in metadata {
        said.insert((*key).to_owned(), text.as_str().into());
    }
    let mut header = Map::new();
    header.insert(METADATA.to_owned(), said.into());
    let mut end = 0;
    for (name, TensorView { dtype, shape, data }) in tensors {
        let start = end;
        end += data.len();
        let mut entry = Map::new();
        entry.insert("dtype".to_owned(), dtype.as_str().into());
        entry.insert("shape".to_owned(), shape.clone().into());
        entry.insert("data_offsets".to_owned(), vec![start, end].into());
        header.insert(name.clone(), entry.into());
    }
    let mut text = Value::from(header).to_string();
    while !text.len().is_multiple_of(WORD) {
        text.push(' ');
    }
    let mut bytes = Vec::with_capacity(WORD + text.len() + end);
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    tensors.values().for_each(|tensor| bytes.extend_from_slice(tensor.data));
    bytes
}

#[cfg(test)]
mod tests {
    use ::safetensors::tensor::{Dtype, SafeTensors, serialize};

    use super::*;

    fn view<'a>(dtype: &str, shape: &[usize], data: &'a [u8]) -> TensorView<'a> {
        TensorView { dtype: dtype.to_owned(), shape: shape.to_vec(), data }
    }

    #[test]
    fn the_formats_own_library_reads_our_files_and_we_read_its_files() {
        let data: Vec<u8> = (0..60).collect();
        let tensors = Tensors::from([
            ("rnn.bias".to_owned(), view("F32", &[3], &data[..12])),
            ("“head”".to_owned(), view("F64", &[2, 1], &data[12..28])),
            ("bytes".to_owned(), view("U8", &[7], &data[28..35])),
            ("none".to_owned(), view("F32", &[0, 4], &[])),
            ("scalar".to_owned(), view("F32", &[], &data[36..40])),
        ]);
        let said = [("format", "pt".to_owned()), ("a", "“1”\n".to_owned())];
        let metadata: BTreeMap<String, String> =
            said.iter().map(|(key, text)| ((*key).to_owned(), text.clone())).collect();
        let ours = write(&said, &tensors);
        assert_eq!(read(&ours), Some((metadata.clone(), tensors.clone())));

        let file = SafeTensors::deserialize(&ours).expect("a file for the library");
        let (_, header) = SafeTensors::read_metadata(&ours).expect("a header for the library");
        assert_eq!(header.metadata().clone().map(|all| all.into_iter().collect()), Some(metadata.clone()));
        assert_eq!(file.len(), tensors.len());
        for (name, tensor) in &tensors {
            let theirs = file.tensor(name).expect("each tensor");
            assert_eq!((theirs.shape(), theirs.data()), (tensor.shape.as_slice(), tensor.data), "{name}");
            assert_eq!(theirs.dtype().to_string(), tensor.dtype, "{name}");
        }
        let theirs = serialize(file.tensors(), Some(metadata.clone().into_iter().collect())).expect("a file");
        assert_eq!(read(&theirs), Some((metadata, tensors)));
        let other = ::safetensors::tensor::TensorView::new(Dtype::BF16, vec![2, 3], &data[..12]).expect("a tensor");
        let theirs = serialize([("other", other)], None).expect("a file");
        assert_eq!(
            read(&theirs),
            Some((BTreeMap::new(), Tensors::from([("other".to_owned(), view("BF16", &[2, 3], &data[..12]))])))
        );
    }

    #[test]
    fn broken_headers_are_refused_as_by_the_formats_own_library() {
        let file = |header: &str, bytes: usize| {
            let length = (header.len() as u64).to_le_bytes();
            [&length, header.as_bytes(), &vec![0; bytes]].concat()
        };
        let one = |shape: &str, offsets: &str| {
            format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#)
        };
        let two = |first: &str, second: &str| {
            let entry = |name: &str, offsets: &str| {
                format!(r#""{name}":{{"dtype":"U8","shape":[2],"data_offsets":{offsets}}}"#)
            };
            format!("{{{},{}}}", entry("a", first), entry("b", second))
        };
        let bare = one("[1]", "[0,4]");
        let cases = [
            (file(&bare, 4), true),
            (file(&two("[2,4]", "[0,2]"), 4), true),
            (file("{}", 0), true),
            (file(r#"{"__metadata__":{"key":"text"}}"#, 0), true),
            (file(&bare, 5), false),
            (file(&bare, 3), false),
            (file("{}", 1), false),
            (file(&one("[2]", "[0,4]"), 4), false),
            (file(&one("[1]", "[4,8]"), 8), false),
            (file(&one("[1]", "[4,0]"), 4), false),
            (file(&one("[1]", "[0]"), 4), false),
            (file(&one("[-1]", "[0,4]"), 4), false),
            (file(&one("[1.5]", "[0,4]"), 4), false),
            (file(&one("[4294967296,4294967296,4294967296]", "[0,0]"), 0), false),
            (file(&one("[1]", "[0,99999999999999999999]"), 4), false),
            (file(&two("[0,2]", "[1,3]"), 3), false),
            (file(&two("[0,2]", "[0,2]"), 2), false),
            (file(&two("[0,2]", "[3,5]"), 5), false),
            (file(r#"{"__metadata__":{"key":1}}"#, 0), false),
            (file(r#"{"__metadata__":[]}"#, 0), false),
            (file(r#"{"a":{"shape":[0],"data_offsets":[0,0]}}"#, 0), false),
            (file(r#"{"a":1}"#, 0), false),
            (file("[]", 0), false),
            (file(&bare[1..], 4), false),
            (file("", 0), false),
            (Vec::new(), false),
            (vec![0; 7], false),
            (u64::MAX.to_le_bytes().to_vec(), false),
            ([&4_u64.to_le_bytes()[..], &[b'{', 0xff, b'}', b' ']].concat(), false),
        ];
        for (k, (bytes, sound)) in cases.iter().enumerate() {
            assert_eq!(read(bytes).is_some(), *sound, "case {k}");
            assert_eq!(SafeTensors::deserialize(bytes).is_ok(), *sound, "case {k} for the library");
        }
    }
}
