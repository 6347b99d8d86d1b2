//! Which models use the order of their window? For every architecture of the registry, the error of a forecast from windows in
//! order, and with that order destroyed (as Zeng et al. 2023 do, table 5): for a model that has learnt from windows in order,
//! for one whose windows were all shuffled in one and the same way, and for one whose windows were each shuffled anew.
//! `cargo run --release --example shuffle` writes docs/shuffle.md, on as many cores as there are; arguments name
//! architectures.

#[path = "common/mod.rs"]
mod common;
#[path = "common/fit.rs"]
mod fit;

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use unrolled::Real;
use unrolled::arch::registry::{self, Architecture};
use unrolled::data::Batch;
use unrolled::knob::{Raw, Settings};
use unrolled::math::Rng;
use unrolled::session::catalog;

use common::jfk;
use fit::{Model, Trainer, squared_error};

const WINDOW: usize = 48;
const HORIZON: usize = 24;
const HIDDEN: usize = 32;
const BATCH: usize = 64;
const STEPS: usize = 1000;
const RATE: f64 = 2e-3;
const SEEDS: u64 = 3;
/// Rows that train, as a share of all; the rest judges.
const TRAINS: f64 = 0.7;
/// Rows from one judged window to the next: not a divisor of the day, so that all hours are judged.
const STRIDE: usize = 7;
const OUT: &str = "docs/shuffle.md";

/// What happens to the steps of a window before the last one, from which models count their level.
#[derive(Clone, Copy)]
enum Order {
    Kept,
    /// All windows in the same way.
    Fixed,
    /// Each window in its own way.
    Fresh,
}

/// The temperatures, scaled by the rows that train.
struct Data {
    values: Vec<f64>,
    trains: usize,
    /// Where step k of a window stands once it is shuffled as all are.
    fixed: [usize; WINDOW],
}

impl Data {
    fn new() -> Self {
        let mut values = jfk().columns.swap_remove(0);
        let trains = (TRAINS * values.len() as f64) as usize;
        let mean = values[..trains].iter().sum::<f64>() / trains as f64;
        let variance = values[..trains].iter().map(|value| (value - mean).powi(2)).sum::<f64>() / trains as f64;
        values.iter_mut().for_each(|value| *value = (*value - mean) / variance.sqrt());
        Self { values, trains, fixed: shuffled(&mut Rng::new(11, 4)) }
    }

    /// Windows from these rows on.
    fn gather(&self, starts: &[usize], order: Order, rng: &mut Rng) -> Batch {
        let size = starts.len();
        let mut values = vec![0.0; (WINDOW + HORIZON) * size];
        for (sample, &start) in starts.iter().enumerate() {
            let fresh = if matches!(order, Order::Fresh) { shuffled(rng) } else { self.fixed };
            for step in 0..WINDOW + HORIZON {
                let from = if matches!(order, Order::Kept) || step >= WINDOW { step } else { fresh[step] };
                values[step * size + sample] = self.values[start + from] as Real;
            }
        }
        Batch { values, window: WINDOW, horizon: HORIZON, size, features: 1 }
    }

    fn trained(&self, architecture: &Architecture, order: Order, seed: u64) -> Model {
        let settings = settings(architecture);
        let plan = architecture.plan(&settings, (1, 1, 1), (24, WINDOW, HORIZON)).expect("the sizes fit each other");
        let mut model = architecture.build(&plan, &settings, seed);
        let mut trainer = Trainer::new(&model, RATE, seed);
        let mut rng = Rng::new(seed, 2);
        for _ in 0..STEPS {
            let starts: Vec<usize> = (0..BATCH).map(|_| rng.below(self.trains - WINDOW - HORIZON + 1)).collect();
            trainer.step(&mut model, &self.gather(&starts, order, &mut rng));
        }
        model
    }

    fn error(&self, model: &Model, order: Order) -> f64 {
        let last = self.values.len() - WINDOW - HORIZON;
        let starts: Vec<usize> = (self.trains - WINDOW..=last).step_by(STRIDE).collect();
        let mut rng = Rng::new(5, 5);
        squared_error(model, starts.chunks(BATCH).map(|starts| self.gather(starts, order, &mut rng)))
    }
}

fn shuffled(rng: &mut Rng) -> [usize; WINDOW] {
    let mut steps = std::array::from_fn(|step| step);
    rng.shuffle(&mut steps[..WINDOW - 1]);
    steps
}

fn settings(architecture: &Architecture) -> Settings {
    let fixed = [
        ("architecture", architecture.id.into()),
        ("hidden", HIDDEN.into()),
        ("segment", 1.into()),
        ("head_dropout", 0.into()),
    ];
    let raw: Raw = fixed.map(|(key, value): (&str, serde_json::Value)| (key.to_owned(), value)).into();
    Settings::check(&catalog().knobs, &raw, &Raw::new()).expect("these are settings")
}

/// Mean over the seeds: in order; the same models on windows that are each shuffled anew; models of one fixed shuffle; models of
/// fresh shuffles.
fn measure(data: &Data, architecture: &Architecture) -> [f64; 4] {
    let mut sums = [0.0; 4];
    for seed in 1..=SEEDS {
        let [kept, fixed, fresh] =
            [Order::Kept, Order::Fixed, Order::Fresh].map(|order| data.trained(architecture, order, seed));
        let judged = [(&kept, Order::Kept), (&kept, Order::Fresh), (&fixed, Order::Fixed), (&fresh, Order::Fresh)];
        for (sum, (model, order)) in sums.iter_mut().zip(judged) {
            *sum += data.error(model, order) / SEEDS as f64;
        }
    }
    sums
}

fn main() -> std::io::Result<()> {
    let some: Vec<String> = std::env::args().skip(1).collect();
    let chosen: Vec<&Architecture> =
        registry::ALL.iter().filter(|one| some.is_empty() || some.iter().any(|id| id == one.id)).collect();
    let data = Data::new();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((index, architecture)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            chosen.get(index).map(|architecture| (index, architecture))
        } {
            let errors = measure(&data, architecture);
            println!("{}: {errors:.4?}", architecture.id);
            done.lock().expect("no thread has panicked").push((index, errors));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    let mut done = done.into_inner().expect("no thread has panicked");
    done.sort_by_key(|&(index, _)| index);

    let mut text = format!(
        "# Which models use the order of their window\n\nWritten by `cargo run --release --example shuffle`: hourly temperatures at \
         JFK, {WINDOW} steps read one by one, {HORIZON} ahead, hidden {HIDDEN}, {STEPS} steps of Adam at {RATE} on batches of \
         {BATCH}, and the mean over seeds 1 to {SEEDS}. The first 70 % of the rows train, the rest judges (every {STRIDE}th \
         window). Mean squared errors on scaled values. A window is shuffled but for its last step, from which models count \
         their level.\n\n\
         “shuffled afterwards”: the model that has learnt from windows in order is handed windows that are each shuffled anew; \
         what it loses, it had read from the order. “one shuffle”: learnt and judged on windows that are all shuffled in the same \
         way: every hour has its place, but neighbours in time no longer stand side by side. A weight for each place loses \
         nothing by that; what others lose, they owe to neighbours. “no order”: learnt and judged on windows that are each \
         shuffled anew, which leaves the last value and the values of two days without their hours.\n\n\
         | | in order | shuffled afterwards | one shuffle | no order |\n| --- | ---: | ---: | ---: | ---: |\n"
    );
    for (index, [kept, afterwards, fixed, fresh]) in done {
        let times = |error: f64| format!("{error:.3} ({:+.0} %)", 100.0 * (error / kept - 1.0));
        let label = chosen[index].label;
        let _ = writeln!(text, "| {label} | {kept:.3} | {} | {} | {} |", times(afterwards), times(fixed), times(fresh));
    }
    if some.is_empty() {
        return std::fs::write(OUT, text);
    }
    println!("{text}");
    Ok(())
}
