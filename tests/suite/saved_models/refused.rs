//! Files that were damaged, put together from two or made by an earlier version.

use serde_json::Value;
use unrolled::Session;

use super::settled;
use super::{File, series, trained};
use crate::common::plain;

#[test]
fn a_damaged_or_mixed_file_is_refused_and_the_model_stays() {
    let raw =
        plain(r#"{"target": "temp_c", "architecture": "gru", "hidden": 6, "window": 48, "horizon": 12, "epochs": 1}"#);
    let mut session = trained(series(400), &raw);
    let bytes = session.save().unwrap();
    let file = File::read(&bytes);
    let mut other = raw.clone();
    other.insert("seed".to_owned(), 2.into());
    let other = File::read(&trained(series(400), &other).save().unwrap());
    session.load(&bytes, &Default::default()).unwrap();
    // With the weights of the file, in float32, whatever precision the library uses.
    let before = session.forecast(12).unwrap().values;
    session.load(&bytes, &Default::default()).unwrap();
    assert_eq!(session.forecast(12).unwrap().values, before, "undamaged");

    let mut cases: Vec<(String, Vec<u8>, &str)> = Vec::new();
    // Any bit behind the header is in some weight.
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
    cases.push(("the weights of another model".into(), weights_of.write(), "changed since they were saved together"));
    let mut text = file.clone();
    text.metadata.insert("unrolled".to_owned(), file.metadata["unrolled"].replacen("temp_c", "rain", 9));
    cases.push(("another description".into(), text.write(), "changed since"));
    let mut bare = file.clone();
    bare.metadata.remove("unrolled.digest");
    cases.push(("no digest".into(), bare.write(), "changed since"));
    // Written so, with the right digest.
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
            "rows that no series has",
            |about| about["experiment"]["validation"][1] = 5.into(),
            "do not fit its own series",
        ),
        (
            "a digest too few",
            |about| about["experiment"]["values"] = serde_json::json!([]),
            "do not fit its own \
                                                                                             series",
        ),
        (
            "a short interval",
            |about| {
                about["interval"]["lower"] = "1 2".into();
                about["interval"]["upper"] = "1 2".into();
            },
            "each of 12 steps",
        ),
        ("half an interval", |about| about["interval"]["lower"] = "1 2".into(), "below as above"),
        (
            "ranges beside each other",
            |about| about["interval"]["others"][0]["coverage"] = "0.9".into(),
            "do not lie in each other",
        ),
        ("a level of 1", |about| about["interval"]["coverage"] = "1".into(), "not between 0 and 1"),
        (
            "an endless limit",
            |about| {
                about["interval"]["limits"][0]["lower"] = serde_json::json!({"at": "-1e999", "why": "count"});
            },
            "limits of its interval",
        ),
        (
            "limits of more columns",
            |about| {
                let one = about["interval"]["limits"][0].clone();
                about["interval"]["limits"] = serde_json::json!([one, one]);
            },
            "limits for each of 1 columns",
        ),
        ("another architecture", |about| about["settings"]["architecture"] = "lstm".into(), "is needed"),
        ("a newer version", |about| about["version"] = 5.into(), "reads up to 4"),
        ("an older version", |about| about["version"] = 1.into(), "reads none before 2"),
    ] {
        cases.push((what.into(), file.described(change).write(), words));
    }
    for (what, bytes, words) in cases {
        let said = session.load(&bytes, &Default::default()).expect_err(&what).to_string();
        assert!(said.contains(words), "{what}: {said}");
        assert_eq!(session.forecast(12).unwrap().values, before, "{what}");
    }
}

// In f64 the sums of such weights are finite.
#[cfg(not(feature = "f64"))]
#[test]
fn weights_whose_forecasts_are_no_numbers_are_refused_by_name() {
    for architecture in ["rnn", "lstm", "gru", "mlp", "transformer"] {
        let raw = format!(
            r#"{{"target": "temp_c", "architecture": "{architecture}", "hidden": 8, "window": 48, "segment": 1, "horizon": 12, "epochs": 1}}"#
        );
        let mut session = trained(series(400), &plain(&raw));
        let file = File::read(&session.save().unwrap());
        let before = session.forecast(12).unwrap().values;
        let name = file.tensors.keys().find(|name| name.contains("weight")).unwrap().clone();
        let mut wild = file.clone();
        let count = wild.tensors[&name].1.len() / 4;
        let huge: Vec<u8> =
            (0..count).flat_map(|k| (if k % 2 == 0 { 3e38_f32 } else { -3e38 }).to_le_bytes()).collect();
        wild.tensors.get_mut(&name).unwrap().1 = huge.clone();
        let head = wild.tensors.keys().rfind(|name| name.contains("head.weight") || *name == "head.weight").cloned();
        // Written so by its author, with the right digest; and like a file without one.
        for file in [wild.clone().sealed(), wild.older()] {
            match session.load(&file.write(), &Default::default()) {
                // Gates and tanh are bounded, so it may load; then its forecasts must be finite.
                Ok(_) => {
                    assert!(
                        session.forecast(12).unwrap().values.iter().all(|value| value.is_finite()),
                        "{architecture}"
                    );
                    session.load(&File::write(&File::read(&file.write())), &Default::default()).unwrap();
                }
                Err(error) => {
                    let said = error.to_string();
                    assert!(
                        said.contains("not numbers") && said.contains(&format!("“{name}”")),
                        "{architecture}: {said}"
                    );
                    assert_eq!(session.forecast(12).unwrap().values, before, "{architecture}");
                }
            }
        }
        // The head's output is unbounded.
        if let Some(head) = head {
            let mut wild = file.clone();
            for (name, (_, data)) in &mut wild.tensors {
                if *name == head || name.contains("weight_ih") || name.contains("0.weight") {
                    *data = (0..data.len() / 4)
                        .flat_map(|k| (if k % 3 == 0 { 3e38_f32 } else { -3e38 }).to_le_bytes())
                        .collect();
                }
            }
            let mut fresh = trained(series(400), &plain(&raw));
            let before = fresh.forecast(12).unwrap().values;
            let said = fresh.load(&wild.sealed().write(), &Default::default()).expect_err(architecture).to_string();
            assert!(
                said.contains("forecasts that are not numbers") && said.contains("3.0e38"),
                "{architecture}: {said}"
            );
            assert_eq!(fresh.forecast(12).unwrap().values, before, "{architecture}");
        }
    }
}

#[test]
fn a_file_from_before_the_line_has_the_settings_that_it_was_trained_with() {
    let raw =
        plain(r#"{"target": "temp_c", "architecture": "gru", "hidden": 6, "window": 48, "horizon": 12, "epochs": 1}"#);
    let mut session = trained(series(400), &raw);
    let bytes = session.save().unwrap();
    session.load(&bytes, &Default::default()).unwrap();
    let (before, settings) = (session.forecast(12).unwrap(), session.configured().unwrap().settings.clone());
    let older = File::read(&bytes).described(|about| {
        let settings = about["settings"].as_object_mut().unwrap();
        for later in ["from_line", "all_rows", "epoch_steps"] {
            settings.remove(later).unwrap();
        }
    });
    let mut fresh = Session::new(series(400));
    assert_eq!(fresh.load(&older.write(), &Default::default()).unwrap().settings, settings);
    assert_eq!(fresh.forecast(12).unwrap(), before);
}

#[test]
fn a_file_of_version_2_still_loads() {
    let raw = plain(
        r#"{"target": "temp_c", "architecture": "lstm", "hidden": 6, "window": 48, "horizon": 12, "epochs": 1, "calendar": true}"#,
    );
    let mut session = trained(series(400), &raw);
    let bytes = settled(series(400), &session.save().unwrap());
    let older = File::read(&bytes).older().write();
    session.load(&bytes, &Default::default()).unwrap();
    let before = session.forecast(12).unwrap();
    let said = session.load(&older, &Default::default()).unwrap().trained_on.clone();
    assert!(said.starts_with("The training rows of this model are unknown"), "{said}");
    assert_eq!(session.forecast(12).unwrap(), before);
    // Saved again, it does not claim to have learnt from the present rows; but its step is known.
    let again = session.save().unwrap();
    assert!(session.load(&again, &Default::default()).unwrap().trained_on.starts_with("The training rows"));
    let mut daily = series(400);
    daily.axis.step = unrolled::data::Step::Milliseconds(86_400_000);
    let error = Session::new(daily).load(&older, &Default::default()).unwrap_err();
    assert!(error.to_string().contains("trained on hourly rows, and these are daily rows"), "{error}");
}
