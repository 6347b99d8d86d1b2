//! The longest lag that an architecture can learn to bridge: three pure memory tasks, at growing lengths, for every architecture of
//! the registry at equal size, compared with claims about it. `cargo run --release --example long_memory` writes docs/memory.md, on
//! all cores; arguments select tasks and architectures; STEPS, SEEDS and PARAMETERS set the budget.

mod claims;
#[path = "../common/cores.rs"]
mod cores;
#[path = "../common/fit.rs"]
mod fit;
mod tasks;

use std::fmt::Write as _;
use std::time::Instant;

use unrolled::arch::Plan;
use unrolled::arch::registry::{self, Architecture};
use unrolled::knob::Settings;
use unrolled::math::Rng;

use claims::CLAIMS;
use cores::on_all_cores;
use fit::{Model, Trainer, squared_error};
use tasks::{TASKS, Task, gather};

const LENGTHS: [usize; 6] = [10, 20, 50, 100, 200, 500];
/// Mean squared error on fresh sequences under which a task counts as solved.
const SOLVED: f64 = 0.04;
const FRESH: usize = 2000;
/// Number of them in one batch of the test.
const JUDGED: usize = 100;
const BATCH: usize = 32;
const RATE: f64 = 3e-3;
/// Steps between two tests on fresh sequences.
const LOOK: usize = 100;
/// Explanation of the tables' cells.
const NOTE: &str = "\nIn bold: the steps until it was solved (the median of the seeds that solved it, with their number \
                    in brackets if it was not all of them); otherwise the smallest error at the end. After two lengths \
                    in a row that no seed solved, longer ones were not tried. With one layer, both Transformers are \
                    the same network at the last step. Networks that forecast each column from that column alone do \
                    not read the marks and the keys.\n";
/// Longer lengths are not tried after so many in a row that no seed solved.
const GIVE_UP: usize = 2;
const OUT: &str = "docs/memory.md";
/// The default budget, which the environment may change.
const STEPS: usize = 1500;
const SEEDS: usize = 1;
const PARAMETERS: usize = 4600;
/// Proposals for long memories that are not defaults: architecture, knob and value.
const OTHERS: [(&str, &str, &str); 5] = [
    ("rnn", "recurrent_init", "orthogonal"),
    ("lstm", "forget_bias", "chrono"),
    ("gru", "forget_bias", "chrono"),
    ("encoder_decoder", "attention", "additive"),
    ("encoder_decoder", "attention", "dot"),
];

fn budget(name: &str, otherwise: usize) -> usize {
    let Ok(text) = std::env::var(name) else { return otherwise };
    text.parse().unwrap_or_else(|_| panic!("{name} is “{text}”, and a whole number is needed"))
}

/// The plan of a model for sequences of `steps` steps: one target, the first column, one step ahead.
fn planned(entry: &Entry, task: &Task, steps: usize, hidden: usize) -> (Plan, Settings) {
    let others: Vec<_> = [("normalise", "none")].into_iter().chain(entry.other).collect();
    let settings = fit::settings(entry.architecture.id, hidden, &others);
    let features = (task.features, task.features, 1);
    let plan = entry.architecture.plan(&settings, features, (1, steps, 1)).expect("a segment of one step always fits");
    (plan, settings)
}

/// The hidden size nearest to this number of parameters, in steps of 4, so that the number of heads stays usual.
fn sized(entry: &Entry, task: &Task, steps: usize, parameters: usize) -> usize {
    let count = |hidden: usize| {
        let (plan, settings) = planned(entry, task, steps, hidden);
        entry.architecture.count(&plan, &settings)
    };
    (4_usize..=128).step_by(4).min_by_key(|&hidden| count(hidden).abs_diff(parameters as u64)).unwrap_or(4)
}

/// The steps until fresh sequences were solved, and the error then or at the end of the budget.
fn train(model: &mut Model, task: &Task, steps: usize, seed: u64, most: usize) -> (Option<usize>, f64) {
    let mut trainer = Trainer::new(model, RATE, seed);
    let mut rng = Rng::new(seed, 2);
    let mut error = f64::NAN;
    for step in 1..=most {
        trainer.step(model, &gather(task, steps, BATCH, &mut rng));
        if step % LOOK == 0 || step == most {
            let mut fresh = Rng::new(7, 3);
            error = squared_error(model, (0..FRESH / JUDGED).map(|_| gather(task, steps, JUDGED, &mut fresh)));
            if error < SOLVED {
                return (Some(step), error);
            }
        }
    }
    (None, error)
}

/// An architecture with its defaults, or with one other option.
struct Entry {
    architecture: &'static Architecture,
    other: Option<(&'static str, &'static str)>,
}

impl Entry {
    fn label(&self) -> String {
        let label = self.architecture.label;
        self.other.map_or(label.to_owned(), |(key, value)| format!("{label}, {} {value}", key.replace('_', " ")))
    }
}

/// All architectures, each with its own of [`OTHERS`].
fn entries() -> Vec<Entry> {
    let own = |architecture: &'static Architecture| {
        let others = OTHERS.iter().filter(|(id, ..)| *id == architecture.id).map(|&(_, key, value)| Some((key, value)));
        std::iter::once(None).chain(others).map(move |other| Entry { architecture, other })
    };
    registry::ALL.iter().flat_map(own).collect()
}

/// The results of one entry on one task: its cells, and the greatest length that any seed solved.
struct Row {
    cells: String,
    longest: Option<usize>,
}

fn measure(entry: &Entry, task: &Task) -> Row {
    let (most, seeds) = (budget("STEPS", STEPS), budget("SEEDS", SEEDS));
    let mut row = Row { cells: String::new(), longest: None };
    let mut failures = 0;
    for steps in LENGTHS {
        if failures == GIVE_UP {
            row.cells += " not tried |";
            continue;
        }
        let begin = Instant::now();
        let hidden = sized(entry, task, steps, budget("PARAMETERS", PARAMETERS));
        let (plan, settings) = planned(entry, task, steps, hidden);
        let one = |seed| train(&mut entry.architecture.build(&plan, &settings, seed), task, steps, seed, most);
        let found: Vec<_> = (1..=seeds as u64).map(one).collect();
        let mut solved: Vec<usize> = found.iter().filter_map(|(at, _)| *at).collect();
        solved.sort_unstable();
        let best = found.iter().map(|(_, error)| *error).fold(f64::NAN, f64::min);
        let share = if solved.len() < seeds { format!(" ({} of {seeds})", solved.len()) } else { String::new() };
        let _ = match solved.get(solved.len() / 2) {
            Some(at) => write!(row.cells, " **{at}**{share} |"),
            None => write!(row.cells, " {best:.3} |"),
        };
        failures = if solved.is_empty() { failures + 1 } else { 0 };
        row.longest = if solved.is_empty() { row.longest } else { Some(steps) };
        eprintln!("{}, {}, {steps} steps: {found:?}, {:.0} s", task.id, entry.label(), begin.elapsed().as_secs_f64());
    }
    row
}

/// All entries on all tasks.
fn measure_all(tasks: &[&Task], entries: &[Entry]) -> Vec<Vec<Row>> {
    let mut rows = on_all_cores(tasks.len() * entries.len(), |job| {
        let (task, entry) = (tasks[job / entries.len()], &entries[job % entries.len()]);
        let row = measure(entry, task);
        println!("{}: | {} |{}", task.id, entry.label(), row.cells);
        row
    })
    .into_iter();
    tasks.iter().map(|_| rows.by_ref().take(entries.len()).collect()).collect()
}

fn write(tasks: &[&Task], entries: &[Entry], rows: &[Vec<Row>]) -> String {
    let mut text = format!(
        "# How long a memory can be learnt\n\n\
         Written by `cargo run --release --example long_memory`. Each architecture has one layer, of the size nearest \
         to {} parameters, and its defaults, except for the one choice that its row names. Training: Adam at {RATE}, \
         gradients clipped to norm 1, batches of {BATCH} fresh sequences, at most {} steps ({} sequences), {}. Solved: \
         a mean squared error under {SOLVED} on {FRESH} other sequences, checked every {LOOK} steps.\n",
        budget("PARAMETERS", PARAMETERS),
        budget("STEPS", STEPS),
        budget("STEPS", STEPS) * BATCH,
        match budget("SEEDS", SEEDS) {
            1 => "one seed".to_owned(),
            seeds => format!("seeds 1 to {seeds}"),
        },
    );
    text += "\n## Claims and measurements\n\nThe greatest length that at least one seed solved; “none”: not even the \
             shortest. An unsolved length is unsolved *with this budget*: most papers train longer.\n\n";
    let heads: String = tasks.iter().map(|task| format!(" {} |", task.id)).collect();
    let _ = write!(text, "| claim | measured |{heads}\n| --- | --- |{}\n", " ---: |".repeat(tasks.len()));
    for claim in &CLAIMS {
        let mut said = claim.said;
        for (index, entry) in entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| claim.of.contains(&(entry.architecture.id, entry.other.map(|(_, value)| value))))
        {
            let longest: String = rows
                .iter()
                .map(|task| task[index].longest.map_or(" none |".to_owned(), |steps| format!(" {steps} |")))
                .collect();
            let _ = writeln!(text, "| {said} | {} |{longest}", entry.label());
            said = "";
        }
    }
    for (task, rows) in tasks.iter().zip(rows) {
        let lengths: String = LENGTHS.iter().map(|steps| format!(" {steps} |")).collect();
        let _ = write!(text, "\n## {}\n\n{}\n\n| |{lengths}", task.id[..1].to_uppercase() + &task.id[1..], task.what);
        text += &format!("\n| --- |{}\n", " --- |".repeat(LENGTHS.len()));
        for (entry, row) in entries.iter().zip(rows) {
            let _ = writeln!(text, "| {} |{}", entry.label(), row.cells);
        }
    }
    text + NOTE
}

fn main() -> std::io::Result<()> {
    let some: Vec<String> = std::env::args().skip(1).collect();
    let named = |id: &str, among: &[&str]| {
        !some.iter().any(|word| among.contains(&word.as_str())) || some.iter().any(|word| word == id)
    };
    let task_ids = TASKS.map(|task| task.id);
    let ids: Vec<&str> = registry::ALL.iter().map(|architecture| architecture.id).collect();
    let tasks: Vec<&Task> = TASKS.iter().filter(|task| named(task.id, &task_ids)).collect();
    let entries: Vec<Entry> = entries().into_iter().filter(|entry| named(entry.architecture.id, &ids)).collect();
    let rows = measure_all(&tasks, &entries);
    let text = write(&tasks, &entries, &rows);
    if some.is_empty() {
        return std::fs::write(OUT, text);
    }
    println!("{text}");
    Ok(())
}
