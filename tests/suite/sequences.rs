//! Blocks over whole sequences compared with stored numbers from outside: Mamba from mambapy, xLSTM from its authors' package, the
//! Transformer's layers from `torch.nn.TransformerEncoderLayer`, the TCN from `torch.nn.Conv1d` (`scripts/reference/sequences.py` makes
//! them).
//!
//! Outputs and gradients are compared relative to each tensor's largest entry: 1e-9 in f64, 1e-5 in f32.

use crate::stored::Stored;
use serde_json::{Value, json};
use unrolled::arch::registry::{self, Make};
use unrolled::arch::stacked::LAYERS;
use unrolled::grad::{Tape, Var, ops};
use unrolled::knob::{Raw, Settings};
use unrolled::math::Rng;
use unrolled::nn::{Block, Builder, Params, Pass, Probe, Probes, State};
use unrolled::{Real, narrow, wide};

/// Largest difference allowed, relative to the tensor's largest entry.
const TOLERANCE: f64 = if cfg!(feature = "f64") { 1e-9 } else { 1e-5 };

/// A stack of blocks of one architecture.
struct Stack {
    blocks: Vec<Box<dyn Block>>,
    params: Params,
}

impl Stack {
    fn new(architecture: &str, settings: Value, width: usize) -> Self {
        let Value::Object(raw) = settings else { panic!("settings are an object") };
        let raw: Raw = raw.into_iter().collect();
        let settings = Settings::check(&unrolled::session::catalog().knobs, &raw, &Raw::new()).unwrap();
        let architecture = registry::find(architecture).unwrap();
        let plan = architecture.plan(&settings, (width, width, 0), (24, 12, 6)).unwrap();
        let Make::Layer(make) = architecture.make else { panic!("not a layer") };
        let mut builder = Builder::new(Rng::new(1, 0), 1.0);
        let blocks = (0..settings.get(&LAYERS)).map(|k| make(&mut builder, k, width, &plan, &settings)).collect();
        Self { blocks, params: builder.finish() }
    }

    /// Loads the weights from a file, which must have all of them.
    fn load(&mut self, file: &Stored) {
        for (index, slot) in self.params.slots().to_vec().iter().enumerate() {
            let values = file.doubles(&slot.name);
            assert_eq!(values.len(), slot.len(), "{}", slot.name);
            self.params.set_row_major(index, values.into_iter().map(narrow));
        }
    }

    fn run(&self, pass: &mut Pass<'_>, x: Var, states: &mut [State]) -> Var {
        self.blocks.iter().zip(states).fold(x, |x, (block, state)| {
            let (out, next) = block.forward(pass, x, state);
            *state = next;
            out
        })
    }
}

/// Compares numbers in the order of the file, where a sequence's is that of the tape, with the tensor `name`.
fn compare(file: &Stored, name: &str, found: &[Real], worst: &mut f64) {
    let expected = file.doubles(name);
    assert_eq!(found.len(), expected.len(), "{name}");
    let scale = expected.iter().fold(f64::MIN_POSITIVE, |m, e| m.max(e.abs()));
    for (f, e) in found.iter().zip(&expected) {
        *worst = worst.max((wide(*f) - e).abs() / scale);
    }
    assert!(*worst < TOLERANCE, "{}: {name} differs by {worst:e}", file.name);
}

fn settings(file: &Stored) -> Value {
    let mut all = json!({ "hidden": file.size("width"), "layers": file.size("layers"), "segment": 1 });
    match file.text("kind") {
        "mamba" => all["state"] = file.size("state").into(),
        "xlstm" => {
            all["heads"] = file.size("heads").into();
            all["slstm"] = file.text("slstm").into();
            all["forget_gate"] = file.text("forget_gate").into();
        }
        "tcn" => all["kernel"] = file.size("kernel").into(),
        _ => {
            all["heads"] = file.size("heads").into();
            all["activation"] = file.text("activation").into();
            all["positions"] = "none".into();
        }
    }
    all
}

#[test]
fn outputs_and_gradients_equal_published_ones() {
    for (name, architecture) in [
        ("mamba_1", "mamba"),
        ("mamba_2", "mamba"),
        ("xlstm_mlstm", "xlstm"),
        ("xlstm_slstm", "xlstm"),
        ("xlstm_both", "xlstm"),
        ("xlstm_exponential", "xlstm"),
        ("transformer_causal", "transformer"),
        ("transformer_encoder", "transformer_encoder"),
        ("tcn_1", "tcn"),
        ("tcn_2", "tcn"),
    ] {
        let file = Stored::open(name);
        let (width, batch, seq) = (file.size("width"), file.size("batch"), file.size("seq"));
        let mut stack = Stack::new(architecture, settings(&file), width);
        stack.load(&file);
        let mut tape = Tape::new(true);
        let x = tape.leaf(width, seq * batch, &file.sequence("x"));
        let mut pass = Pass::new(&mut tape, &stack.params, batch);
        pass.probes = Some(Probes::default());
        let out = stack.run(&mut pass, x, &mut [State::default(); 4]);
        let probes = pass.probes.take().unwrap().all;
        let weights = tape.constant(width, seq * batch, &file.sequence("r1"));
        let linear = ops::mul(&mut tape, out, weights);
        let squared = ops::mul(&mut tape, out, out);
        let (linear, squared) = (ops::sum(&mut tape, linear), ops::sum(&mut tape, squared));
        let squared = ops::scale(&mut tape, squared, 0.5);
        let loss = ops::add(&mut tape, linear, squared);
        tape.backward(loss);
        stack.params.collect(&tape);

        let mut worst = 0.0;
        compare(&file, "output", tape.value(out), &mut worst);
        compare(&file, "loss", tape.value(loss), &mut worst);
        compare(&file, "grad.x", tape.grad(x), &mut worst);
        let mut grads = Params::default();
        std::mem::swap(&mut grads, &mut stack.params);
        grads.values = grads.grads.clone();
        for slot in grads.slots() {
            let found: Vec<Real> = grads.row_major(slot).collect();
            compare(&file, &format!("grad.{}", slot.name), &found, &mut worst);
        }
        if architecture.starts_with("transformer") {
            compare_attention(&file, &tape, &probes, &mut worst);
        }
        println!("{name:<20} largest difference {worst:.1e}, {} parameters", grads.slots().len());
    }
}

/// The first layer's probe `[(heads · keys) × (steps · batch)]` with the stored `[batch, heads, query, key]`.
fn compare_attention(file: &Stored, tape: &Tape, probes: &[Probe], worst: &mut f64) {
    let (batch, seq, heads) = (file.size("batch"), file.size("seq"), file.size("heads"));
    let probe = probes
        .iter()
        .find(|probe| probe.name == "attention" && probe.layer == 0 && probe.head.unwrap_or(0) == 0)
        .unwrap();
    let found = tape.value(probe.var);
    let mut ordered = Vec::new();
    for (sample, head, query) in (0..batch).flat_map(|b| (0..heads).flat_map(move |h| (0..seq).map(move |q| (b, h, q))))
    {
        let from = ((query * batch + sample) * heads + head) * seq;
        ordered.extend_from_slice(&found[from..from + seq]);
    }
    compare(file, "attention", &ordered, worst);
}

#[test]
fn parameters_start_as_published() {
    let stack = Stack::new("mamba", json!({ "hidden": 32, "layers": 1, "segment": 1 }), 32);
    let named = |name: &str| {
        let slot = stack.params.slots().iter().find(|slot| slot.name.ends_with(name)).unwrap();
        (stack.params.row_major(slot).map(wide).collect::<Vec<f64>>(), slot.shape())
    };
    // A = −1, −2, … −16 in every channel; Δ between 0.001 and 0.1; D = 1; W_Δ within 1/√rank.
    let (a_log, shape) = named("A_log");
    assert_eq!(shape, [64, 16]);
    assert!(a_log.iter().enumerate().all(|(k, a)| (a.exp() - (k % 16 + 1) as f64).abs() < 1e-5));
    let (bias, _) = named("dt_proj.bias");
    assert!(bias.iter().all(|x| (0.99e-3..0.101).contains(&x.exp().ln_1p())));
    assert!(named("mixer.D").0.iter().all(|d| *d == 1.0));
    let (weight, shape) = named("dt_proj.weight");
    assert_eq!(shape, [64, 2]);
    assert!(weight.iter().all(|w| w.abs() <= 2.0_f64.sqrt().recip()));
}

#[test]
fn the_state_of_a_recurrence_does_not_grow_and_that_of_the_transformer_does() {
    for (architecture, grows) in [("mamba", false), ("xlstm", false), ("transformer", true)] {
        let stack = Stack::new(architecture, json!({ "hidden": 8, "layers": 2, "segment": 1 }), 8);
        let mut tape = Tape::new(false);
        let mut pass = Pass::new(&mut tape, &stack.params, 3);
        let mut states = [State::default(); 2];
        let sizes: Vec<usize> = (1..=6)
            .map(|_| {
                let x = pass.tape.filled(8, 3, 0.5);
                stack.run(&mut pass, x, &mut states);
                states.iter().flatten().flatten().map(|var| pass.tape.value(*var).len()).sum()
            })
            .collect();
        for pair in sizes.windows(2) {
            // Keys and values of one step of three samples in two layers.
            assert_eq!(pair[1] - pair[0], if grows { 2 * 2 * 8 * 3 } else { 0 }, "{architecture}: {sizes:?}");
        }
    }
}

#[test]
fn the_inner_values_of_an_xlstm_say_how_it_remembers() {
    let (width, batch, seq) = (8, 2, 6);
    for forget_gate in ["sigmoid", "exponential"] {
        let settings = json!({ "hidden": width, "layers": 2, "segment": 1, "heads": 2, "slstm": "second",
            "forget_gate": forget_gate });
        let stack = Stack::new("xlstm", settings, width);
        let mut tape = Tape::new(false);
        let mut rng = Rng::new(5, 0);
        let x: Vec<Real> = (0..width * seq * batch).map(|_| narrow(rng.normal())).collect();
        let x = tape.constant(width, seq * batch, &x);
        let mut pass = Pass::new(&mut tape, &stack.params, batch);
        pass.probes = Some(Probes::default());
        stack.run(&mut pass, x, &mut [State::default(); 2]);
        let probes = pass.probes.take().unwrap().all;
        let of = |layer: usize, name: &str| -> Vec<f64> {
            let probe = probes.iter().find(|probe| probe.layer == layer && probe.name == name);
            let probe = probe.unwrap_or_else(|| panic!("no {name} in layer {layer}"));
            tape.value(probe.var).iter().copied().map(wide).collect()
        };
        for layer in [0, 1] {
            let names = [["input gate", "forget gate"], ["input gate, stabilised", "forget gate, stabilised"]][layer];
            let ([i, f], m) = (names.map(|name| of(layer, name)), of(layer, "stabiliser"));
            let step = i.len() / seq;
            assert_eq!((i.len(), f.len()), (m.len(), m.len()));
            if layer == 0 {
                // m_t = max(log f_t + m_{t−1}, log i_t), and the first input at first.
                for k in 0..i.len() {
                    let kept = if k < step { f64::MIN } else { f[k].ln() + m[k - step] };
                    assert!((m[k] - kept.max(i[k].ln())).abs() < 1e-5, "{} {kept} {}", m[k], i[k].ln());
                }
                assert!(of(0, "norm of the readout").iter().all(|norm| *norm > 0.0));
                continue;
            }
            // n_t = f_t n_{t−1} + i_t, at least 1; the cell state is a weighted mean of the inputs, times n.
            let [n, c, o] = ["normaliser", "cell state", "output gate"].map(|name| of(1, name));
            for k in 0..n.len() {
                // The stabiliser makes the larger one of the two gates 1; the first step keeps nothing.
                assert!((i[k].max(f[k]) - 1.0).abs() < 1e-6, "{} {}", i[k], f[k]);
                assert!(k >= step || f[k] < 1e-30);
                let before = if k < step { 0.0 } else { n[k - step] };
                assert!((n[k] - f[k] * before - i[k]).abs() < 1e-5 * n[k], "{} {} {before} {}", n[k], f[k], i[k]);
                assert!(n[k] > 1.0 - 1e-6 && c[k].abs() <= n[k] && (0.0..=1.0).contains(&o[k]));
            }
        }
    }
}
