//! How far back an architecture can learn to remember: three tasks with nothing in them but memory, at growing lengths, for
//! every architecture of the registry at equal size. `cargo run --release --example long_memory` writes docs/memory.md;
//! arguments name tasks and architectures; STEPS, SEEDS and PARAMETERS set the budget.

use std::fmt::Write as _;
use std::time::Instant;

use unrolled::Real;
use unrolled::arch::registry::{self, Architecture};
use unrolled::arch::{Forecaster, Plan};
use unrolled::data::Batch;
use unrolled::grad::{Tape, ops};
use unrolled::knob::{Raw, Settings};
use unrolled::math::Rng;
use unrolled::nn::{Params, Pass};
use unrolled::session::catalog;
use unrolled::train::{Optimiser, Rule, clip};

const LENGTHS: [usize; 6] = [10, 20, 50, 100, 200, 500];
/// Mean squared error on fresh sequences under which a task counts as solved (Hochreiter and Schmidhuber 1997, for adding).
const SOLVED: f64 = 0.04;
const FRESH: usize = 2000;
const BATCH: usize = 32;
const RATE: f64 = 3e-3;
/// Steps between two looks at fresh sequences.
const LOOK: usize = 100;
/// After so many lengths in a row that no seed solved, the longer ones are not tried.
const GIVE_UP: usize = 2;
const OUT: &str = "docs/memory.md";

/// One sequence: fills `[features × steps]` and gives what is to be said at its end.
type Draw = fn(&mut Rng, usize, &mut [f64]) -> f64;

struct Task {
    id: &'static str,
    features: usize,
    draw: Draw,
    what: &'static str,
}

const TASKS: [Task; 3] = [
    Task {
        id: "adding",
        features: 2,
        draw: adding,
        what: "Each step has a number from 0 to 1 and a mark; two steps are marked, one in each half. Wanted: the sum of both \
               numbers (Hochreiter and Schmidhuber 1997). Always saying 1 has an error of 1/6.",
    },
    Task {
        id: "delayed recall",
        features: 2,
        draw: recall,
        what: "A number from −1 to 1 stands at the first step, marked; noise follows. Wanted: that number. Always saying 0 has \
               an error of 1/3.",
    },
    Task {
        id: "associative recall",
        features: 6,
        draw: associate,
        what: "Four keys come with a number from −1 to 1 each, in any order, then nothing, then one of the keys alone. Wanted: \
               its number. Always saying 0 has an error of 1/3.",
    },
];

fn adding(rng: &mut Rng, steps: usize, out: &mut [f64]) -> f64 {
    let marked = [rng.below(steps / 2), steps / 2 + rng.below(steps - steps / 2)];
    let mut sum = 0.0;
    for (step, at) in out.chunks_exact_mut(2).enumerate() {
        let mark = marked.contains(&step);
        at.copy_from_slice(&[rng.uniform(), f64::from(mark)]);
        sum += if mark { at[0] } else { 0.0 };
    }
    sum
}

fn recall(rng: &mut Rng, _: usize, out: &mut [f64]) -> f64 {
    for (step, at) in out.chunks_exact_mut(2).enumerate() {
        at.copy_from_slice(&[2.0 * rng.uniform() - 1.0, f64::from(step == 0)]);
    }
    out[0]
}

/// Rows: the number, four keys, and whether one is asked for.
fn associate(rng: &mut Rng, steps: usize, out: &mut [f64]) -> f64 {
    let mut keys = [0, 1, 2, 3];
    rng.shuffle(&mut keys);
    let asked = rng.below(4);
    let mut wanted = 0.0;
    for (step, at) in out.chunks_exact_mut(6).enumerate() {
        at.fill(0.0);
        if let Some(&key) = keys.get(step) {
            at[0] = 2.0 * rng.uniform() - 1.0;
            at[1 + key] = 1.0;
            if key == asked {
                wanted = at[0];
            }
        }
        if step + 1 == steps {
            (at[1 + asked], at[5]) = (1.0, 1.0);
        }
    }
    wanted
}

/// `size` sequences side by side; what is wanted stands in the one step of the future.
fn gather(task: &Task, steps: usize, size: usize, rng: &mut Rng) -> Batch {
    let width = task.features;
    let mut values = vec![0.0; width * (steps + 1) * size];
    let mut one = vec![0.0; width * steps];
    for sample in 0..size {
        let wanted = (task.draw)(rng, steps, &mut one);
        for (step, features) in one.chunks_exact(width).enumerate() {
            let to = &mut values[(step * size + sample) * width..][..width];
            to.iter_mut().zip(features).for_each(|(to, from)| *to = *from as Real);
        }
        values[(steps * size + sample) * width] = wanted as Real;
    }
    Batch { values, window: steps, horizon: 1, size, features: width }
}

fn budget(name: &str, otherwise: usize) -> usize {
    let Ok(text) = std::env::var(name) else { return otherwise };
    text.parse().unwrap_or_else(|_| panic!("{name} is “{text}”, and a whole number is needed"))
}

fn settings(architecture: &Architecture, hidden: usize) -> Settings {
    let fixed = [
        ("architecture", architecture.id.into()),
        ("hidden", hidden.into()),
        ("segment", 1.into()),
        ("normalise", "none".into()),
        ("head_dropout", 0.into()),
    ];
    let raw: Raw = fixed.map(|(key, value): (&str, serde_json::Value)| (key.to_owned(), value)).into();
    Settings::check(&catalog().knobs, &raw, &Raw::new()).expect("these are settings")
}

type Model = (Box<dyn Forecaster>, Params);

/// What a model for sequences of so many `steps` is built from: one target, the first column, one step ahead.
fn planned(architecture: &Architecture, task: &Task, steps: usize, hidden: usize) -> (Plan, Settings) {
    let settings = settings(architecture, hidden);
    let features = (task.features, task.features, 1);
    let plan = architecture.plan(&settings, features, (1, steps, 1)).expect("a segment of one step always fits");
    (plan, settings)
}

/// The hidden size that comes nearest to so many parameters, in steps of 4, so that heads are as many as usual.
fn sized(architecture: &Architecture, task: &Task, steps: usize, parameters: usize) -> usize {
    let count = |hidden: usize| {
        let (plan, settings) = planned(architecture, task, steps, hidden);
        architecture.count(&plan, &settings)
    };
    (4_usize..=128).step_by(4).min_by_key(|&hidden| count(hidden).abs_diff(parameters)).unwrap_or(4)
}

/// Mean squared error on fresh sequences.
fn judge(model: &Model, task: &Task, steps: usize, tape: &mut Tape) -> f64 {
    let mut rng = Rng::new(7, 3);
    let mut sum = 0.0;
    let mut out = [0.0; 100];
    for _ in 0..FRESH / out.len() {
        let mut batch = gather(task, steps, out.len(), &mut rng);
        let last = steps * batch.size * batch.features;
        let wanted: Vec<Real> = batch.values[last..].iter().step_by(batch.features).copied().collect();
        batch.hide_future(batch.features);
        tape.reset();
        model.0.forecast(&mut Pass::new(tape, &model.1, batch.size), &batch, &mut out);
        sum += out.iter().zip(&wanted).map(|(o, w)| f64::from(o - w).powi(2)).sum::<f64>();
    }
    sum / FRESH as f64
}

/// The steps after which fresh sequences were solved, and the error then or at the end of the budget.
fn train(model: &mut Model, task: &Task, steps: usize, seed: u64, most: usize) -> (Option<usize>, f64) {
    let (mut tape, mut quiet) = (Tape::new(true), Tape::new(false));
    let mut optimiser = Optimiser::new(Rule::Adam, model.1.len());
    let mut rng = Rng::new(seed, 2);
    let mut error = f64::NAN;
    for step in 0..most {
        let batch = gather(task, steps, BATCH, &mut rng);
        tape.reset();
        let mut pass = Pass::training(&mut tape, &model.1, BATCH, seed, step as u64, 0);
        let (found, wanted) = model.0.fit(&mut pass, &batch);
        let loss = ops::loss(&mut tape, ops::Loss::Mse, found, wanted);
        tape.backward(loss);
        model.1.collect(&tape);
        clip(&mut model.1.grads, 1.0);
        let Params { values, grads, .. } = &mut model.1;
        optimiser.step(values, grads, RATE);
        if (step + 1) % LOOK == 0 || step + 1 == most {
            error = judge(model, task, steps, &mut quiet);
            if error < SOLVED {
                return (Some(step + 1), error);
            }
        }
    }
    (None, error)
}

/// One row of a task's table.
fn row(architecture: &Architecture, task: &Task) -> String {
    let (most, seeds) = (budget("STEPS", 1500), budget("SEEDS", 1));
    let mut text = format!("| {} |", architecture.label);
    let mut failures = 0;
    for steps in LENGTHS {
        if failures == GIVE_UP {
            text += " not tried |";
            continue;
        }
        let hidden = sized(architecture, task, steps, budget("PARAMETERS", 4600));
        let (plan, settings) = planned(architecture, task, steps, hidden);
        let mut found = Vec::new();
        let begin = Instant::now();
        for seed in 1..=seeds as u64 {
            let mut model = architecture.build(&plan, &settings, seed);
            found.push(train(&mut model, task, steps, seed, most));
        }
        let mut solved: Vec<usize> = found.iter().filter_map(|(at, _)| *at).collect();
        solved.sort_unstable();
        failures = if solved.is_empty() { failures + 1 } else { 0 };
        let best = found.iter().map(|(_, error)| *error).fold(f64::NAN, f64::min);
        let share = if seeds > 1 { format!("{} of {seeds}: ", solved.len()) } else { String::new() };
        let _ = match solved.get(solved.len() / 2) {
            Some(at) => write!(text, " **{share}{at}** |"),
            None => write!(text, " {best:.3} |"),
        };
        eprintln!("{}, {}, {steps} steps: {found:?}, {:.0} s", task.id, architecture.id, begin.elapsed().as_secs_f64());
    }
    text
}

fn main() -> std::io::Result<()> {
    let some: Vec<String> = std::env::args().skip(1).collect();
    let named = |id: &str, among: &[&str]| {
        !some.iter().any(|word| among.contains(&word.as_str())) || some.iter().any(|word| word == id)
    };
    let tasks: Vec<&str> = TASKS.iter().map(|task| task.id).collect();
    let ids: Vec<&str> = registry::ALL.iter().map(|architecture| architecture.id).collect();
    let mut text = format!(
        "# How long a memory can be learnt\n\nWritten by `cargo run --release --example long_memory`. Each architecture has one \
         layer of the size that comes nearest to {} parameters, and its own defaults otherwise; Adam at {RATE}, gradients clipped \
         to norm 1, batches of {BATCH} fresh sequences, {} steps at most, {} seed(s). In bold: the steps after which the mean \
         squared error on {FRESH} other sequences was under {SOLVED} (looked at every {LOOK} steps); otherwise the error at the \
         end. After {GIVE_UP} lengths in a row that were not solved, longer ones were not tried. Models that read the target \
         column alone, without the marks, are here for comparison.\n",
        budget("PARAMETERS", 4600),
        budget("STEPS", 1500),
        budget("SEEDS", 1),
    );
    for task in TASKS.iter().filter(|task| named(task.id, &tasks)) {
        let lengths: String = LENGTHS.iter().map(|steps| format!(" {steps} |")).collect();
        let _ = write!(text, "\n## {}\n\n{}\n\n| |{lengths}", task.id[..1].to_uppercase() + &task.id[1..], task.what);
        text += &format!("\n| --- |{}\n", " --- |".repeat(LENGTHS.len()));
        for architecture in registry::ALL.iter().filter(|one| named(one.id, &ids)) {
            let row = row(architecture, task);
            println!("{}: {row}", task.id);
            text += &row;
            text += "\n";
        }
    }
    if some.is_empty() {
        std::fs::write(OUT, text)?;
    }
    Ok(())
}
