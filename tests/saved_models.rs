//! A saved model as a file: one that was damaged or put together from two is refused.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use std::collections::BTreeMap;

use common::{noisy_sine, settings};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde_json::Value;
use unrolled::Session;
use unrolled::data::Series;
use unrolled::knob::Raw;

/// A series of three columns of different sizes, hourly from the start of a year on.
fn series(rows: usize) -> Series {
    let mut series = noisy_sine(rows);
    let temp = series.columns[0].clone();
    series.names.extend(["load_kwh".to_owned(), "rain".to_owned()]);
    series.columns.push(temp.iter().enumerate().map(|(t, x)| 900.0 + 40.0 * x + (t % 168) as f64).collect());
    series.columns.push((0..rows).map(|t| f64::from(u32::from(t % 11 == 3)) * 2.5).collect());
    series
}

fn trained(series: Series, raw: &Raw) -> Session {
    let mut session = Session::new(series);
    session.configure(raw).unwrap_or_else(|error| panic!("{raw:?}: {error}"));
    while session.advance().unwrap() {}
    session
}

/// A file taken apart.
#[derive(Clone)]
struct File {
    metadata: BTreeMap<String, String>,
    about: Value,
    /// Shape and row-major bytes.
    tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)>,
}

impl File {
    fn read(bytes: &[u8]) -> Self {
        let (_, header) = SafeTensors::read_metadata(bytes).unwrap();
        let metadata: BTreeMap<_, _> = header.metadata().clone().unwrap().into_iter().collect();
        let tensors = SafeTensors::deserialize(bytes).unwrap().tensors().into_iter();
        let tensors = tensors.map(|(name, view)| (name, (view.shape().to_vec(), view.data().to_vec()))).collect();
        let about = serde_json::from_str(&metadata["unrolled"]).unwrap();
        Self { metadata, about, tensors }
    }

    /// As the document says it.
    fn digest(&self) -> String {
        let bytes = self.metadata["unrolled"].bytes();
        let tensors = self.tensors.iter().flat_map(|(name, (_, data))| name.bytes().chain(data.iter().copied()));
        let step = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        format!("{:016x}", bytes.chain(tensors).fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// The file as it is now; the digest stays what it was.
    fn write(&self) -> Vec<u8> {
        let view = |(shape, data): &'_ (Vec<usize>, Vec<u8>)| (shape.clone(), data.clone());
        let owned: Vec<(String, (Vec<usize>, Vec<u8>))> =
            self.tensors.iter().map(|(n, t)| (n.clone(), view(t))).collect();
        let views = owned
            .iter()
            .map(|(n, (shape, data))| (n.as_str(), TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
        serialize(views, Some(self.metadata.clone().into_iter().collect())).unwrap()
    }

    /// The same with another description, and the digest that belongs to it: what a program that writes such files could get wrong.
    fn described(&self, change: impl FnOnce(&mut Value)) -> Self {
        let mut file = self.clone();
        change(&mut file.about);
        file.metadata.insert("unrolled".to_owned(), file.about.to_string());
        file.sealed()
    }

    fn sealed(mut self) -> Self {
        let digest = self.digest();
        self.metadata.insert("unrolled.digest".to_owned(), digest);
        self
    }

    /// As a file of version 2 was.
    fn older(&self) -> Self {
        let mut file = self.described(|about| {
            let about = about.as_object_mut().unwrap();
            about.insert("version".to_owned(), 2.into());
            about.insert("season".to_owned(), 24.into());
            about.remove("targets");
            about.remove("calendar");
        });
        file.metadata.remove("unrolled.digest");
        file
    }
}

#[test]
fn a_damaged_or_mixed_file_is_refused_and_the_model_stays() {
    let raw = settings(
        r#"{"target": "temp_c", "architecture": "gru", "hidden": 6, "window": 48, "horizon": 12, "epochs": 1}"#,
    );
    let mut session = trained(series(400), &raw);
    let bytes = session.save().unwrap();
    let file = File::read(&bytes);
    let mut other = raw.clone();
    other.insert("seed".to_owned(), 2.into());
    let other = File::read(&trained(series(400), &other).save().unwrap());
    let before = session.forecast(12).unwrap().values;
    session.load(&bytes, &Raw::new()).unwrap();
    assert_eq!(session.forecast(12).unwrap().values, before, "undamaged");

    let mut cases: Vec<(String, Vec<u8>, &str)> = Vec::new();
    // One bit anywhere behind the header is in some weight.
    let header = 8 + usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    for at in (header..bytes.len()).step_by(41) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        cases.push((format!("bit of byte {at}"), changed, "changed since"));
    }
    let swapped = |one: &str, two: &str| {
        let mut file = file.clone();
        let tensor = file.tensors.insert(one.to_owned(), file.tensors[two].clone()).unwrap();
        file.tensors.insert(two.to_owned(), tensor);
        file.write()
    };
    cases.push(("two biases swapped".into(), swapped("rnn.bias_ih_l0", "rnn.bias_hh_l0"), "changed since"));
    let weights_of = File { tensors: other.tensors.clone(), ..file.clone() };
    cases.push((
        "the weights of another model".into(),
        weights_of.write(),
        "not those that its description was saved with",
    ));
    let mut text = file.clone();
    text.metadata.insert("unrolled".to_owned(), file.metadata["unrolled"].replacen("temp_c", "rain", 9));
    cases.push(("another description".into(), text.write(), "changed since"));
    let mut bare = file.clone();
    bare.metadata.remove("unrolled.digest");
    cases.push(("no digest".into(), bare.write(), "changed since"));
    // Written so, with the digest that belongs to it.
    let mut more = file.clone();
    more.tensors.insert("rnn.weight_ih_l7".into(), (vec![1], vec![0; 4]));
    cases.push(("a tensor more".into(), more.sealed().write(), "“rnn.weight_ih_l7” belongs to no layer"));
    for (what, change, words) in [
        (
            "no scale",
            (|about: &mut Value| about["scales"] = serde_json::json!([])) as fn(&mut Value),
            "0 scales for 1 columns",
        ),
        ("a scale of 0", |about| about["scales"][0]["std"] = "0".into(), "± 0"),
        ("other columns", |about| about["columns"] = serde_json::json!(["rain"]), "the columns rain"),
        ("other targets", |about| about["targets"] = 2.into(), "how many columns"),
        ("a calendar", |about| about["calendar"] = serde_json::json!(["weekday sin"]), "of the calendar weekday sin"),
        (
            "a short interval",
            |about| {
                about["interval"]["lower"] = "1 2".into();
                about["interval"]["upper"] = "1 2".into();
            },
            "each of 12 steps",
        ),
        ("half an interval", |about| about["interval"]["lower"] = "1 2".into(), "below as above"),
        ("another architecture", |about| about["settings"]["architecture"] = "lstm".into(), "is needed"),
        ("a newer version", |about| about["version"] = 4.into(), "reads up to 3"),
        ("an older version", |about| about["version"] = 1.into(), "reads none before 2"),
    ] {
        cases.push((what.into(), file.described(change).write(), words));
    }
    for (what, bytes, words) in cases {
        let said = session.load(&bytes, &Raw::new()).expect_err(&what).to_string();
        assert!(said.contains(words), "{what}: {said}");
        assert_eq!(session.forecast(12).unwrap().values, before, "{what}");
    }
}

#[test]
fn weights_whose_forecasts_are_no_numbers_are_refused_by_name() {
    for architecture in ["rnn", "lstm", "gru", "mlp", "transformer"] {
        let raw = format!(
            r#"{{"target": "temp_c", "architecture": "{architecture}", "hidden": 8, "window": 48, "segment": 1, "horizon": 12, "epochs": 1}}"#
        );
        let mut session = trained(series(400), &settings(&raw));
        let file = File::read(&session.save().unwrap());
        let before = session.forecast(12).unwrap().values;
        let name = file.tensors.keys().find(|name| name.contains("weight")).unwrap().clone();
        let mut wild = file.clone();
        let count = wild.tensors[&name].1.len() / 4;
        let huge: Vec<u8> =
            (0..count).flat_map(|k| (if k % 2 == 0 { 3e38_f32 } else { -3e38 }).to_le_bytes()).collect();
        wild.tensors.get_mut(&name).unwrap().1 = huge.clone();
        let head = wild.tensors.keys().rfind(|name| name.contains("head.weight") || *name == "head.weight").cloned();
        // Written so by its author: the digest is right. And as a file was that has none.
        for file in [wild.clone().sealed(), wild.older()] {
            match session.load(&file.write(), &Raw::new()) {
                // Gates and tanh bear much: what is loaded must at least give numbers.
                Ok(_) => {
                    assert!(
                        session.forecast(12).unwrap().values.iter().all(|value| value.is_finite()),
                        "{architecture}"
                    );
                    session.load(&File::write(&File::read(&file.write())), &Raw::new()).unwrap();
                }
                Err(error) => {
                    let said = error.to_string();
                    assert!(
                        said.contains("no numbers") && said.contains(&format!("“{name}”")),
                        "{architecture}: {said}"
                    );
                    assert_eq!(session.forecast(12).unwrap().values, before, "{architecture}");
                }
            }
        }
        // The head has nothing behind it that bears so much.
        if let Some(head) = head {
            let mut wild = file.clone();
            for (name, (_, data)) in &mut wild.tensors {
                if *name == head || name.contains("weight_ih") || name.contains("0.weight") {
                    *data = (0..data.len() / 4)
                        .flat_map(|k| (if k % 3 == 0 { 3e38_f32 } else { -3e38 }).to_le_bytes())
                        .collect();
                }
            }
            let mut fresh = trained(series(400), &settings(&raw));
            let before = fresh.forecast(12).unwrap().values;
            let said = fresh.load(&wild.sealed().write(), &Raw::new()).expect_err(architecture).to_string();
            assert!(
                said.contains("forecasts that are no numbers") && said.contains("3.0e38"),
                "{architecture}: {said}"
            );
            assert_eq!(fresh.forecast(12).unwrap().values, before, "{architecture}");
        }
    }
}

#[test]
fn a_file_of_version_2_still_loads() {
    let raw = settings(
        r#"{"target": "temp_c", "architecture": "lstm", "hidden": 6, "window": 48, "horizon": 12, "epochs": 1, "calendar": true}"#,
    );
    let mut session = trained(series(400), &raw);
    let older = File::read(&session.save().unwrap()).older().write();
    let before = session.forecast(12).unwrap();
    session.load(&older, &Raw::new()).unwrap();
    assert_eq!(session.forecast(12).unwrap(), before);
}
