//! A saved model by its file alone: docs/saved-models.md followed in plain arithmetic gives the page's forecast.

mod refused;

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::TAU;

use crate::common::{noisy_sine, plain, settings};
use jiff_core::civil::DateTime;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde_json::Value;
use unrolled::Session;
use unrolled::arch::registry;
use unrolled::data::{Series, calendar::axis};
use unrolled::knob::{Group, Raw};

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

/// A saved model as it is after it was read once and saved again. In f64 its weights were rounded for the file, so that only then
/// everything in the file is of these weights; in f32 nothing changes.
pub fn settled(series: Series, file: &[u8]) -> Vec<u8> {
    let mut session = Session::new(series);
    session.load(file, &Default::default()).expect("a saved model");
    session.save().expect("a file")
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

    /// The digest by the document.
    fn digest(&self) -> String {
        let bytes = self.metadata["unrolled"].bytes();
        let tensors = self.tensors.iter().flat_map(|(name, (_, data))| name.bytes().chain(data.iter().copied()));
        let step = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        format!("{:016x}", bytes.chain(tensors).fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// The file's present bytes, with its old digest.
    fn write(&self) -> Vec<u8> {
        let view = |(shape, data): &'_ (Vec<usize>, Vec<u8>)| (shape.clone(), data.clone());
        let owned: Vec<(String, (Vec<usize>, Vec<u8>))> =
            self.tensors.iter().map(|(n, t)| (n.clone(), view(t))).collect();
        let views = owned
            .iter()
            .map(|(n, (shape, data))| (n.as_str(), TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
        serialize(views, Some(self.metadata.clone().into_iter().collect())).unwrap()
    }

    /// The same with another description and its right digest: a possible mistake of a program that writes such files.
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

    /// A file of version 2.
    fn older(&self) -> Self {
        let mut file = self.described(|about| {
            let about = about.as_object_mut().unwrap();
            about.insert("version".to_owned(), 2.into());
            about.insert("season".to_owned(), 24.into());
            for later in ["targets", "calendar", "experiment"] {
                about.remove(later);
            }
        });
        file.metadata.remove("unrolled.digest");
        file
    }

    fn setting(&self, key: &str) -> &str {
        self.about["settings"][key].as_str().unwrap()
    }

    fn size(&self, key: &str) -> usize {
        usize::try_from(self.about["settings"][key].as_u64().unwrap()).unwrap()
    }

    fn list(&self, key: &str) -> Vec<f64> {
        self.about["interval"][key].as_str().unwrap().split(' ').map(|text| text.parse().unwrap()).collect()
    }

    fn names(&self, key: &str) -> Vec<String> {
        serde_json::from_value(self.about[key].clone()).unwrap()
    }

    /// With the weights that forecast beyond the end: those that have learnt from all rows, where there are any.
    fn forecasting(mut self) -> Self {
        let last = |(name, tensor): (&String, &(Vec<usize>, Vec<u8>))| {
            Some((name.strip_prefix("all_rows.")?.to_owned(), tensor.clone()))
        };
        let last: Vec<_> = self.tensors.iter().filter_map(last).collect();
        self.tensors.extend(last);
        self
    }

    fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        self.tensors[name].1.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes).into()).collect()
    }

    /// `weight · x`, and the bias if it has a name.
    fn linear(&self, weight: &str, bias: Option<&str>, x: &[f64]) -> Vec<f64> {
        let (shape, _) = &self.tensors[weight];
        assert_eq!(shape[1], x.len(), "{weight}");
        let bias = bias.map_or(vec![0.0; shape[0]], |bias| self.numbers(bias));
        let rows = self.numbers(weight);
        rows.chunks_exact(shape[1])
            .zip(bias)
            .map(|(row, b)| b + row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>())
            .collect()
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Step 2 of the document.
fn calendar(name: &str, time: DateTime) -> f64 {
    let date = time.date();
    let (cycle, wave) = name.rsplit_once(' ').unwrap();
    let phase = match cycle {
        "hour of day" => {
            (i32::from(time.time().hour()) * 3600 + i32::from(time.time().minute()) * 60) as f64 / 86_400.0
        }
        "weekday" => f64::from(date.weekday().to_monday_zero_offset()) / 7.0,
        "day of year" => f64::from(date.day_of_year() - 1) / if date.in_leap_year() { 366.0 } else { 365.0 },
        other => panic!("{other}"),
    };
    if wave == "sin" { (TAU * phase).sin() } else { (TAU * phase).cos() }
}

/// Values, lower and upper bounds, `[horizon × targets]` each, one target after the other: by docs/saved-models.md, from the file
/// and the columns of a series whose row 0 is at `axis.start`.
fn follow(file: &File, values: &BTreeMap<String, Vec<f64>>) -> [Vec<f64>; 3] {
    let columns = file.names("columns");
    let (features, targets) = (columns.len(), file.about["targets"].as_u64().unwrap() as usize);
    let scales: Vec<(f64, f64)> = file.about["scales"]
        .as_array()
        .unwrap()
        .iter()
        .map(|scale| {
            let number = |key: &str| scale[key].as_str().unwrap().parse().unwrap();
            (number("mean"), number("std"))
        })
        .collect();
    let (window, horizon, segment) = (file.size("window"), file.size("horizon"), file.size("segment"));
    let rows = values[&columns[0]].len();
    let (start, step) =
        (file.about["axis"]["start"].as_i64().unwrap(), file.about["axis"]["step"]["count"].as_i64().unwrap());
    assert_eq!(file.about["axis"]["step"]["unit"], "milliseconds");
    let cycles = file.names("calendar");
    let told = |row: usize| -> Vec<f64> {
        let time = axis::civil(start + step * row as i64).unwrap();
        cycles.iter().map(|cycle| calendar(cycle, time)).collect()
    };

    // 1: scaled, `[window][column]`.
    let first = rows - window;
    let z: Vec<Vec<f64>> = (first..rows)
        .map(|row| columns.iter().zip(&scales).map(|(name, (mean, std))| (values[name][row] - mean) / std).collect())
        .collect();
    // 3: shift and divisor of each column, by the rows up to `end`; and those of each token's input.
    let tokens = window / segment;
    let skipped = window - tokens * segment;
    let level = |rows: &[Vec<f64>], column: usize| match file.setting("normalise") {
        "last" => (rows[rows.len() - 1][column], 1.0),
        "window" => {
            let mean = rows.iter().map(|row| row[column]).sum::<f64>() / rows.len() as f64;
            let variance = rows.iter().map(|row| (row[column] - mean).powi(2)).sum::<f64>() / rows.len() as f64;
            (mean, (variance + 1e-5).sqrt())
        }
        _ => (0.0, 1.0),
    };
    let of = |end: usize| -> Vec<(f64, f64)> { (0..features).map(|column| level(&z[..end], column)).collect() };
    let each = file.setting("loss_on") == "every" && file.setting("reading") == "windows" && tokens > 1;
    let (levels, last) = (of(window), file.setting("normalise") == "last");
    let reads = |token: usize| match (each, last) {
        (false, _) => levels.clone(),
        (true, true) => of(skipped + segment),
        (true, false) => of(skipped + (token + 1) * segment),
    };
    let centre = |row: &[f64], levels: &[(f64, f64)]| -> Vec<f64> {
        row.iter().zip(levels).map(|(z, (shift, spread))| (z - shift) / spread).collect()
    };
    // 4: tokens, with 2.
    let mut queue: Vec<Vec<f64>> = (0..tokens)
        .map(|token| {
            let levels = reads(token);
            (0..segment)
                .flat_map(|k| {
                    let at = skipped + token * segment + k;
                    [centre(&z[at], &levels), told(first + at)].concat()
                })
                .collect()
        })
        .collect();

    let (hidden, layers) = (file.size("hidden"), file.size("layers"));
    let mut h = vec![vec![0.0; hidden]; layers];
    let mut c = h.clone();
    let rolled = file.setting("head") == "rolled";
    // The outputs so far, by target.
    let mut out = vec![Vec::new(); targets];
    while out[0].len() < horizon {
        for token in queue.drain(..) {
            // 5
            let mut x = token;
            if segment > 1 {
                x = file.linear("embed.weight", Some("embed.bias"), &x).into_iter().map(|x| x.max(0.0)).collect();
            }
            // 6
            for layer in 0..layers {
                let name = |part: &str| format!("rnn.{part}_l{layer}");
                let a = file.linear(&name("weight_ih"), Some(&name("bias_ih")), &x);
                let u = file.linear(&name("weight_hh"), Some(&name("bias_hh")), &h[layer]);
                let gate = |block: usize, k: usize| a[block * hidden + k] + u[block * hidden + k];
                let before = h[layer].clone();
                match (file.setting("architecture"), file.setting("gru_form")) {
                    ("rnn", _) => (0..hidden).for_each(|k| h[layer][k] = gate(0, k).tanh()),
                    ("lstm", _) => {
                        for k in 0..hidden {
                            c[layer][k] = sigmoid(gate(1, k)) * c[layer][k] + sigmoid(gate(0, k)) * gate(2, k).tanh();
                            h[layer][k] = sigmoid(gate(3, k)) * c[layer][k].tanh();
                        }
                    }
                    ("gru", "after") => {
                        for k in 0..hidden {
                            let (r, z) = (sigmoid(gate(0, k)), sigmoid(gate(1, k)));
                            let n = (a[2 * hidden + k] + r * u[2 * hidden + k]).tanh();
                            h[layer][k] = (1.0 - z) * n + z * before[k];
                        }
                    }
                    ("gru", "before") => {
                        let reset: Vec<f64> = (0..hidden).map(|k| sigmoid(gate(0, k)) * before[k]).collect();
                        let u = file.linear(&name("weight_hh"), Some(&name("bias_hh")), &reset);
                        for k in 0..hidden {
                            let z = sigmoid(gate(1, k));
                            let n = (a[2 * hidden + k] + u[2 * hidden + k]).tanh();
                            h[layer][k] = (1.0 - z) * before[k] + z * n;
                        }
                    }
                    other => panic!("{other:?}"),
                }
                x = h[layer].clone();
            }
        }
        // 7
        let head = file.linear("head.weight", Some("head.bias"), &h[layers - 1]);
        if rolled {
            let done = out[0].len();
            let mut token = Vec::new();
            for k in 0..segment {
                let row = &head[k * features..(k + 1) * features];
                (0..targets).for_each(|target| out[target].push(row[target]));
                token.extend_from_slice(row);
                token.extend(told(rows + done + k));
            }
            queue.push(token);
        } else {
            for (target, out) in out.iter_mut().enumerate() {
                out.extend_from_slice(&head[target * horizon..(target + 1) * horizon]);
                if file.has("highway.weight") {
                    let whole: Vec<f64> = z.iter().map(|row| centre(row, &levels)[target]).collect();
                    let bias = Some("highway.bias").filter(|bias| file.has(bias));
                    let straight = file.linear("highway.weight", bias, &whole);
                    out.iter_mut().zip(straight).for_each(|(out, straight)| *out += straight);
                }
            }
        }
    }
    // 8 and 9
    let (lower, upper) = (file.list("lower"), file.list("upper"));
    let mut found = [Vec::new(), Vec::new(), Vec::new()];
    for target in 0..targets {
        let ((shift, spread), (mean, std)) = (levels[target], scales[target]);
        for step in 0..horizon {
            let y = out[target][step] * spread + shift;
            let at = target * horizon + step;
            for (found, y) in found.iter_mut().zip([y, y + lower[at], y + upper[at]]) {
                found.push(y * std + mean);
            }
        }
    }
    found
}

#[test]
fn the_document_followed_step_by_step_gives_the_forecast() {
    let series = series(500);
    let values: BTreeMap<_, _> = series.names.iter().cloned().zip(series.columns.iter().cloned()).collect();
    let mut compared = 0;
    for (architecture, form) in [("rnn", "after"), ("lstm", "after"), ("gru", "after"), ("gru", "before")] {
        for more in [
            "{}",
            r#"{"normalise": "none", "segment": 1, "layers": 2}"#,
            r#"{"normalise": "window", "highway": true, "calendar": true}"#,
            r#"{"target": "load_kwh, temp_c", "inputs": "rain", "highway": true, "calendar": true}"#,
            r#"{"target": "load_kwh, temp_c", "inputs": "rain", "head": "rolled", "segment": 5, "calendar": true, "normalise": "window"}"#,
            r#"{"head": "rolled", "segment": 1, "layers": 2}"#,
            r#"{"reading": "continuous", "segment": 4}"#,
            r#"{"loss_on": "every", "normalise": "last", "segment": 7, "highway": true}"#,
            r#"{"loss_on": "every", "normalise": "window", "segment": 1, "calendar": true}"#,
            r#"{"from_line": true, "inputs": "rain"}"#,
            r#"{"from_line": true, "all_rows": true, "normalise": "none", "target": "load_kwh, temp_c", "loss_on": "every"}"#,
        ] {
            let mut raw =
                plain(r#"{"target": "temp_c", "hidden": 6, "window": 50, "horizon": 12, "segment": 12, "epochs": 1}"#);
            raw.extend(settings(more));
            raw.extend(settings(&format!(r#"{{"architecture": "{architecture}", "gru_form": "{form}"}}"#)));
            let mut session = trained(series.clone(), &raw);
            let file = File::read(&session.save().unwrap()).forecasting();
            let expected = session.forecast(12).unwrap();
            let found = follow(&file, &values);
            for (what, found, expected) in [
                ("value", &found[0], &expected.values),
                ("lower bound", &found[1], expected.lower.as_ref().expect("a range")),
                ("upper bound", &found[2], expected.upper.as_ref().expect("a range")),
            ] {
                assert_eq!(found.len(), expected.len());
                for (step, (found, expected)) in found.iter().zip(expected).enumerate() {
                    // Networks compute in f32, and the columns reach to 1700.
                    let error = (found - expected).abs() / expected.abs().max(1.0);
                    assert!(
                        error < 2e-5,
                        "{architecture} {form} {more}: {what} {step} is {expected}, and by the document {found}"
                    );
                }
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 44);
}

/// Every key in a description by its path; lists of objects as `[]`.
fn keys(value: &Value, path: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                keys(value, &path, out);
                out.insert(path);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, &format!("{path}[]"), out)),
        _ => {}
    }
}

#[test]
fn the_document_names_every_key_of_every_saved_model_and_no_other() {
    let document = include_str!("../../../docs/saved-models.md");
    let named: BTreeSet<String> =
        document.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned())).collect();
    let mut written = BTreeSet::new();
    for architecture in registry::ALL {
        let raw = format!(
            r#"{{"target": "temp_c", "architecture": "{}", "hidden": 8, "window": 48, "horizon": 12, "epochs": 1}}"#,
            architecture.id
        );
        let file = File::read(&trained(series(300), &plain(&raw)).save().unwrap());
        assert_eq!(file.digest(), file.metadata["unrolled.digest"], "{}", architecture.id);
        written.extend(file.metadata.keys().cloned());
        keys(&file.about, "", &mut written);
    }
    // A range that ends at a pile of values.
    let raw = plain(r#"{"target": "rain", "hidden": 8, "window": 48, "horizon": 12, "epochs": 1}"#);
    keys(&File::read(&trained(series(300), &raw).save().unwrap()).about, "", &mut written);
    // The catalog covers the settings that belong to the training.
    let knobs = unrolled::session::catalog().knobs;
    let shaping = |path: &String| {
        path.strip_prefix("settings.").is_some_and(|key| {
            let knob = knobs.iter().find(|knob| knob.key == key).unwrap_or_else(|| panic!("{key} is no knob"));
            matches!(knob.group, Group::Training | Group::Initialisation) && !named.contains(path)
        })
    };
    written.retain(|path| !shaping(path));
    assert_eq!(named, written, "in the document, and in the files");
}

#[test]
fn the_document_tells_the_digest_of_the_values_that_a_model_has_learnt_from() {
    let mut rows = series(300);
    rows.columns[2][17] = f64::NAN;
    let raw = plain(
        r#"{"target": "temp_c", "inputs": "rain", "hidden": 4, "window": 24, "horizon": 6, "epochs": 1, "split": "100, 150, 300"}"#,
    );
    let about = File::read(&trained(rows.clone(), &raw).save().unwrap()).about;
    let at = |row: i64| 1_356_998_400_000 + row * 3_600_000;
    assert_eq!(about["experiment"]["train"], serde_json::json!([at(0), at(99)]));
    assert_eq!(about["experiment"]["validation"], serde_json::json!([at(100), at(149)]));
    let digest = |values: &[f64]| {
        let bits = |value: &f64| if value.is_nan() { 0x7ff8 << 48 } else { value.to_bits() };
        let step = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        format!("{:016x}", values.iter().flat_map(|value| bits(value).to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, step))
    };
    let digests = |column: usize| {
        let of = |k: usize| digest(&rows.columns[column][150 * k / 16..150 * (k + 1) / 16]);
        (0..16).map(of).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(about["experiment"]["values"], serde_json::json!([digests(0), digests(2)]));
}
