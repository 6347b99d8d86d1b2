//! Networks, losses, optimisers and schedules compared with stored numbers from PyTorch (`scripts/reference` makes them).
//!
//! Outputs and gradients are compared relative to each tensor's largest entry: 1e-9 in f64, 1e-5 in f32.

use crate::common::plain;
use crate::stored::Stored;
use serde_json::json;
use unrolled::arch::registry::{self, MIX};
use unrolled::grad::{Tape, Var, ops};
use unrolled::knob::{Raw, Settings};
use unrolled::nn::Slot;
use unrolled::scan::{self, Outputs, Walk, Weights};
use unrolled::train::{Optimiser, Plateau, Rule, Schedule, clip};
use unrolled::{Real, narrow, wide};

/// Largest difference allowed, relative to the tensor's largest entry.
const TOLERANCE: f64 = if cfg!(feature = "f64") { 1e-9 } else { 1e-5 };

type Run = fn(&mut Tape, Var, Weights, Option<Var>, Option<Var>, Walk) -> Outputs;

const CELLS: &[(&str, Run)] = &[
    ("rnn", |t, x, w, h, _, walk| scan::rnn(t, x, w, h, walk)),
    ("lstm", |t, x, w, h, c, walk| scan::lstm(t, x, w, h, c, walk)),
    ("gru", |t, x, w, h, _, walk| scan::gru(t, x, w, h, walk)),
    ("gru_article", |t, x, w, h, _, walk| scan::gru_reset_before(t, x, w, h, walk)),
];

/// Compares `found` (column-major, as on the tape) with the stored tensor `name`.
fn compare(file: &Stored, name: &str, found: &[Real], worst: &mut f64) {
    let expected = file.column_major(name);
    let found = if found.is_empty() { vec![0.0; expected.len()] } else { found.to_vec() };
    assert_eq!(found.len(), expected.len(), "{name}");
    let scale = expected.iter().fold(f64::MIN_POSITIVE, |m, e| m.max(e.abs()));
    for (f, e) in found.iter().zip(&expected) {
        *worst = worst.max((wide(*f) - e).abs() / scale);
    }
    assert!(*worst < TOLERANCE, "{}: {name} differs by {worst:e}", file.name);
}

/// The parameters of a stored network on a tape, in a fixed order, with their names.
struct Network {
    names: Vec<String>,
    vars: Vec<Var>,
}

impl Network {
    fn names(layers: usize) -> Vec<String> {
        let parts = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
        let mut names: Vec<String> =
            (0..layers).flat_map(|layer| parts.map(|part| format!("{part}_l{layer}"))).collect();
        names.extend(["head.weight".to_owned(), "head.bias".to_owned()]);
        names
    }

    fn on(tape: &mut Tape, names: &[String], shapes: &[(usize, usize)], values: &[Vec<Real>]) -> Self {
        let vars = shapes.iter().zip(values).map(|(&(r, c), v)| tape.leaf(r, c, v)).collect();
        Self { names: names.to_vec(), vars }
    }

    fn layer(&self, layer: usize) -> Weights {
        let v = &self.vars[4 * layer..4 * layer + 4];
        Weights { w_ih: v[0], w_hh: v[1], b_ih: v[2], b_hh: v[3] }
    }

    fn head(&self) -> (Var, Var) {
        let n = self.vars.len();
        (self.vars[n - 2], self.vars[n - 1])
    }
}

fn last(tape: &mut Tape, x: Var, batch: usize) -> Var {
    let columns = tape.shape(x).1;
    ops::slice_columns(tape, x, columns - batch, batch)
}

#[test]
fn outputs_and_gradients_equal_pytorch() {
    for (cell, run) in CELLS {
        for layers in [1, 2] {
            let file = Stored::open(&format!("{cell}_{layers}"));
            let (hidden, batch, seq) = (file.size("hidden"), file.size("batch"), file.size("seq"));
            let names = Network::names(layers);
            let shapes: Vec<_> = names.iter().map(|n| file.shape(n)).collect();
            let values: Vec<_> = names.iter().map(|n| file.reals(n)).collect();
            let mut tape = Tape::new(true);
            let network = Network::on(&mut tape, &names, &shapes, &values);
            let x = tape.leaf(file.size("inputs"), seq * batch, &file.sequence("x"));
            let state = |tape: &mut Tape, name: &str| -> Vec<Var> {
                let all = file.sequence(name);
                all.chunks_exact(hidden * batch).map(|one| tape.leaf(hidden, batch, one)).collect()
            };
            let h0 = state(&mut tape, "h0");
            let c0 = if *cell == "lstm" { state(&mut tape, "c0") } else { Vec::new() };

            let (mut out, mut finals, mut cells) = (x, Vec::new(), Vec::new());
            for layer in 0..layers {
                let weights = network.layer(layer);
                let found = run(&mut tape, out, weights, Some(h0[layer]), c0.get(layer).copied(), Walk::forward(batch));
                out = found.hidden;
                finals.push(last(&mut tape, out, batch));
                if let Some(c) = found.cell {
                    cells.push(last(&mut tape, c, batch));
                }
            }
            let (weight, bias) = network.head();
            let top = finals[layers - 1];
            let prediction = ops::linear(&mut tape, weight, top, Some(bias));
            let target = file.sequence("target");
            let target = tape.constant(file.size("outputs"), batch, &target);
            let mut loss = ops::loss(&mut tape, ops::Loss::Mse, prediction, target);
            let mut weigh = |tape: &mut Tape, var: Var, with: &[Real]| {
                let (rows, cols) = tape.shape(var);
                let with = tape.constant(rows, cols, with);
                let product = ops::mul(tape, var, with);
                let sum = ops::sum(tape, product);
                loss = ops::add(tape, loss, sum);
            };
            weigh(&mut tape, out, &file.sequence("r1"));
            let block = hidden * batch;
            for layer in 0..layers {
                weigh(&mut tape, finals[layer], &file.sequence("r2")[layer * block..(layer + 1) * block]);
                if let Some(&c) = cells.get(layer) {
                    weigh(&mut tape, c, &file.sequence("r3")[layer * block..(layer + 1) * block]);
                }
            }
            tape.backward(loss);

            let mut worst = 0.0;
            compare(&file, "output", tape.value(out), &mut worst);
            compare(&file, "prediction", tape.value(prediction), &mut worst);
            compare(&file, "loss", tape.value(loss), &mut worst);
            let joined =
                |vars: &[Var], of: &dyn Fn(Var) -> Vec<Real>| vars.iter().flat_map(|v| of(*v)).collect::<Vec<_>>();
            compare(&file, "h_n", &joined(&finals, &|v| tape.value(v).to_vec()), &mut worst);
            compare(&file, "grad.h0", &joined(&h0, &|v| tape.grad(v).to_vec()), &mut worst);
            if !cells.is_empty() {
                compare(&file, "c_n", &joined(&cells, &|v| tape.value(v).to_vec()), &mut worst);
                compare(&file, "grad.c0", &joined(&c0, &|v| tape.grad(v).to_vec()), &mut worst);
            }
            compare(&file, "grad.x", tape.grad(x), &mut worst);
            for (name, var) in network.names.iter().zip(&network.vars) {
                compare(&file, &format!("grad.{name}"), tape.grad(*var), &mut worst);
            }
            println!("{:<14} largest difference from PyTorch {worst:.1e}", file.name);
        }
    }
}

#[test]
fn twenty_steps_of_adam_with_clipping_equal_pytorch() {
    for (cell, run) in CELLS {
        for layers in [1, 2] {
            let file = Stored::open(&format!("{cell}_{layers}_training"));
            let (inputs, batch, seq) = (file.size("inputs"), file.size("batch"), file.size("seq"));
            let names = Network::names(layers);
            let shapes: Vec<_> = names.iter().map(|n| file.shape(n)).collect();
            let mut flat: Vec<Real> = names.iter().flat_map(|n| file.reals(n)).collect();
            let mut optimiser = Optimiser::new(Rule::Adam, &[slot(0, flat.len(), true)]);
            let (xs, targets) = (file.sequence("batches.x"), file.sequence("batches.target"));
            let batches = file.size("batches");
            let (mut losses, mut norms) = (Vec::new(), Vec::new());
            let mut tape = Tape::new(true);
            for step in 0..file.size("steps") {
                tape.reset();
                let mut at = 0;
                let values: Vec<Vec<Real>> = shapes
                    .iter()
                    .map(|(r, c)| {
                        at += r * c;
                        flat[at - r * c..at].to_vec()
                    })
                    .collect();
                let network = Network::on(&mut tape, &names, &shapes, &values);
                let which = step % batches;
                let of = |all: &[Real]| all[which * all.len() / batches..(which + 1) * all.len() / batches].to_vec();
                let mut out = tape.constant(inputs, seq * batch, &of(&xs));
                for layer in 0..layers {
                    out = run(&mut tape, out, network.layer(layer), None, None, Walk::forward(batch)).hidden;
                }
                let (weight, bias) = network.head();
                let top = last(&mut tape, out, batch);
                let prediction = ops::linear(&mut tape, weight, top, Some(bias));
                let target = tape.constant(file.size("outputs"), batch, &of(&targets));
                let loss = ops::loss(&mut tape, ops::Loss::Mse, prediction, target);
                tape.backward(loss);
                let mut grads: Vec<Real> = network.vars.iter().flat_map(|v| tape.grad(*v).to_vec()).collect();
                losses.push(wide(tape.scalar(loss)));
                norms.push(clip(&mut grads, 1.0).0);
                optimiser.step(&mut flat, &grads, 0.01);
            }
            let far = |found: &[f64], expected: &[f64]| {
                found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f64::max)
            };
            let exact = file.doubles("losses");
            let ours = far(&losses, &exact);
            let pytorch = far(&file.doubles("losses.f32"), &exact);
            println!("{:<24} losses differ by {ours:.1e} from PyTorch in f64; its own f32 by {pytorch:.1e}", file.name);
            let bound = if cfg!(feature = "f64") { 1e-8 } else { 3.0 * pytorch };
            assert!(ours < bound, "{}: {ours:e} {bound:e}", file.name);
            assert!(far(&norms, &file.doubles("grad_norms")) < if cfg!(feature = "f64") { 1e-8 } else { 1e-4 });
        }
    }
}

/// A vector of `rows` numbers in a store.
fn slot(offset: usize, rows: usize, decays: bool) -> Slot {
    Slot { name: String::new(), rows, cols: 1, vector: true, second_bias: false, decays, blocks: 1, offset }
}

/// Whether the authors of the layer with the parameter `name` let weight decay act on it: Mamba's mark `A_log` and `D`
/// (mamba_ssm/modules/mamba_simple.py), S4D's its step sizes (models/s4/s4d.py); xLSTM's group by name (xlstm/utils.py). All others
/// pass all parameters to the optimiser alike.
fn authors_decay(kind: &str, name: &str) -> bool {
    match kind {
        "mamba" => !(name.ends_with(".A_log") || name.ends_with(".D") || name.ends_with(".dt")),
        "xlstm" => name.contains("weight") && !name.contains("norm"),
        _ => true,
    }
}

#[test]
fn weight_decay_spares_what_the_authors_of_each_architecture_exempt() {
    let knobs = unrolled::session::catalog().knobs;
    let mut spared = 0;
    for architecture in registry::ALL {
        for more in [r#"{}"#, r#"{"selection": false, "slstm": "last"}"#, r#"{"mix": "mamba"}"#, r#"{"mix": "xlstm"}"#]
        {
            let mut raw = plain(more);
            raw.extend(
                [("architecture", json!(architecture.id)), ("hidden", json!(8)), ("layers", json!(2))]
                    .map(|(k, v)| (k.to_owned(), v)),
            );
            let settings = Settings::check(&knobs, &raw, &Raw::new()).unwrap();
            let plan = architecture.plan(&settings, (2, 2, 1), (4, 12, 4)).unwrap();
            let (_, mut params) = architecture.build(&plan, &settings, 1);
            params.values.iter_mut().for_each(|p| *p += 0.5);
            let before = params.values.clone();
            // Without a gradient, only weight decay moves parameters.
            let none = vec![0.0; params.len()];
            Optimiser::new(Rule::AdamW { decay: 0.5 }, params.slots()).step(&mut params.values, &none, 0.5);
            for slot in params.slots() {
                let index: Option<usize> = slot.name.split('.').nth(1).and_then(|index| index.parse().ok());
                let index = index.filter(|_| architecture.reads("mix"));
                let kind = match index {
                    // A layer of a stack; the parts around it belong to the stack.
                    Some(index) => settings.get(&MIX).filter(|_| index % 2 == 1).unwrap_or(architecture).id,
                    None if slot.name.starts_with("post_blocks_norm") => "xlstm",
                    _ => "",
                };
                let (from, to) = (&before[slot.range()], &params.values[slot.range()]);
                let factor: Real = if authors_decay(kind, &slot.name) { 0.75 } else { 1.0 };
                spared += usize::from(factor == 1.0);
                for (from, to) in from.iter().zip(to) {
                    assert_eq!(*to, factor * from, "{} {more}: {}", architecture.id, slot.name);
                }
            }
        }
    }
    assert!(spared > 20, "{spared}");
}

#[test]
fn optimisers_equal_pytorch() {
    let file = Stored::open("optim");
    let rules = [
        ("adam", Rule::Adam, true),
        ("adamw", Rule::AdamW { decay: 0.1 }, true),
        // Parameters without decay take Adam's steps.
        ("adam", Rule::AdamW { decay: 0.1 }, false),
        ("sgd", Rule::Sgd { momentum: 0.9 }, true),
        ("rmsprop", Rule::RmsProp, true),
    ];
    for (name, rule, decays) in rules {
        let mut flat = [file.reals("problem.weight"), file.reals("problem.bias")].concat();
        let split = flat.len() - 2;
        let slots = [slot(0, split, decays), slot(split, 2, decays)];
        let mut optimiser = Optimiser::new(rule, &slots);
        let (weights, biases) = (file.doubles(&format!("{name}.weight")), file.doubles(&format!("{name}.bias")));
        let mut worst = 0.0_f64;
        for step in 0..20 {
            let mut tape = Tape::new(true);
            let (w, b) = (tape.leaf(2, 5, &flat[..split]), tape.leaf(2, 1, &flat[split..]));
            let (x, y) = (file.sequence("problem.x"), file.sequence("problem.y"));
            let (x, y) = (tape.constant(5, 6, &x), tape.constant(2, 6, &y));
            let out = ops::linear(&mut tape, w, x, Some(b));
            let loss = ops::loss(&mut tape, ops::Loss::Mse, out, y);
            tape.backward(loss);
            let grads = [tape.grad(w), tape.grad(b)].concat();
            optimiser.step(&mut flat, &grads, 0.01);
            for r in 0..2 {
                for c in 0..5 {
                    worst = worst.max((wide(flat[c * 2 + r]) - weights[step * 10 + r * 5 + c]).abs());
                }
                worst = worst.max((wide(flat[split + r]) - biases[step * 2 + r]).abs());
            }
        }
        println!("{name:<8} weights over 20 steps differ by {worst:.1e} from PyTorch");
        // Column 4 of the inputs is around 1e-8, where in f32 the gradient disappears beside the optimiser's epsilon.
        assert!(worst < if cfg!(feature = "f64") { 1e-9 } else { 1e-4 }, "{name}: {worst:e}");
    }
}

#[test]
fn losses_equal_pytorch() {
    let file = Stored::open("optim");
    for (name, kind) in [("mse", ops::Loss::Mse), ("l1", ops::Loss::Mae), ("huber", ops::Loss::Huber)] {
        let mut tape = Tape::new(true);
        let p = tape.leaf(4, 6, &file.sequence("loss.prediction"));
        let t = tape.constant(4, 6, &file.sequence("loss.target"));
        let loss = ops::loss(&mut tape, kind, p, t);
        tape.backward(loss);
        let mut worst = 0.0;
        compare(&file, &format!("{name}.value"), tape.value(loss), &mut worst);
        let expected = file.doubles(&format!("{name}.grad"));
        for (f, e) in tape.grad(p).iter().zip(expected) {
            assert!((wide(*f) - e).abs() < 1e-7, "{name}: {f} {e}");
        }
    }
}

#[test]
fn schedules_equal_pytorch() {
    let file = Stored::open("optim");
    let mut cosine = Schedule::Cosine { epochs: 20, least: 1e-5 };
    for (done, expected) in file.doubles("cosine.lr").into_iter().enumerate() {
        let rate = cosine.next(0.01, 0.0, done as u32, 0.0);
        assert!((rate - expected).abs() < 1e-12, "cosine, epoch {done}: {rate} {expected}");
    }
    for (name, mut plateau, mut rate) in [
        ("plateau", Plateau::new(0.5, 2, 1e-4, 1e-3), 0.01),
        ("plateau_defaults", Plateau::new(0.1, 10, 1e-4, 0.0), 1e-3),
    ] {
        let metrics = file.doubles("plateau.metric");
        for (k, (metric, expected)) in metrics.iter().zip(file.doubles(&format!("{name}.lr"))).enumerate() {
            rate = plateau.after(*metric, rate);
            assert!((rate - expected).abs() < 1e-15, "{name}, epoch {k}: {rate} {expected}");
        }
    }
}

#[test]
fn a_gradient_is_shortened_to_the_limit() {
    let mut grads = [3.0, 4.0];
    let (norm, clipped) = clip(&mut grads, 1.0);
    assert!(clipped && (norm - 5.0).abs() < 1e-9 && (wide(grads[0]) - 0.6).abs() < 1e-5);
    let mut grads = [narrow(0.3), narrow(0.4)];
    assert!(!clip(&mut grads, 1.0).1);
    assert!(!clip(&mut [300.0, 400.0], 0.0).1);
}
