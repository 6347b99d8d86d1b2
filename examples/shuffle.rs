//! Which models use the order of their window? For every architecture of the registry, the error of a forecast from windows in
//! order, and with that order destroyed (as in Zeng et al. 2023, table 5): for a model trained on windows in order, for one trained
//! on windows all shuffled in the same way, and for one trained on windows each shuffled anew.
//! `cargo run --release --example shuffle` writes docs/shuffle.md, on all cores; arguments select architectures.

#[path = "common/mod.rs"]
mod common;
#[path = "common/cores.rs"]
mod cores;
#[path = "common/fit.rs"]
mod fit;

use std::fmt::Write as _;

use unrolled::Error;
use unrolled::arch::registry::{self, Architecture};
use unrolled::data::{Batch, Fill, Frame, FrameOptions, Part, Split, WindowSet};
use unrolled::evaluate::order::rearrange;
use unrolled::math::Rng;

use common::jfk;
use cores::on_all_cores;
use fit::{Model, Trainer, squared_error};

const WINDOW: usize = 48;
const HORIZON: usize = 24;
const HIDDEN: usize = 32;
const BATCH: usize = 64;
const STEPS: usize = 1000;
const RATE: f64 = 2e-3;
const SEEDS: u64 = 3;
const SPLIT: &str = "70/10/20";
/// Rows from one test window to the next: not a divisor of the day, so that all hours are tested.
const STRIDE: usize = 7;
const OUT: &str = "docs/shuffle.md";

/// The order of the steps of a window before the last one, from which models measure their level.
#[derive(Clone, Copy)]
enum Order {
    Kept,
    /// All windows in the same way.
    Fixed,
    /// Each window in its own way.
    Fresh,
}

/// The temperatures, and the windows for training and test.
struct Data {
    frame: Frame,
    trains: WindowSet,
    judges: Vec<u32>,
    /// The order of all windows that are shuffled in the same way.
    fixed: [usize; WINDOW],
}

impl Data {
    fn new() -> Result<Self, Error> {
        let series = jfk();
        let split = Split::parse(SPLIT, &series.axis)?;
        let targets = vec!["temp_c".to_owned()];
        let options = FrameOptions {
            targets,
            inputs: Vec::new(),
            calendar: false,
            fill: Fill::default(),
            ahead: 0,
            scales: None,
            cycles: None,
        };
        let frame = Frame::new(&series, &split, &options)?;
        let [trains, judges] = [Part::Train, Part::Test].map(|part| frame.windows(&split, part, WINDOW, HORIZON));
        let judges = judges?.starts.iter().copied().step_by(STRIDE).collect();
        Ok(Self { frame, trains: trains?, judges, fixed: shuffled(&mut Rng::new(11, 4)) })
    }

    /// Windows from these rows on.
    fn gather(&self, starts: &[u32], order: Order, rng: &mut Rng) -> Batch {
        let mut kept = Batch::default();
        self.frame.gather(starts, WINDOW, HORIZON, &mut kept);
        let mut batch = kept.clone();
        for sample in 0..starts.len() {
            let rows = match order {
                Order::Kept => continue,
                Order::Fixed => self.fixed,
                Order::Fresh => shuffled(rng),
            };
            rearrange(&kept, &mut batch, sample, &rows, self.frame.data_features);
        }
        batch
    }

    fn trained(&self, architecture: &Architecture, order: Order, seed: u64) -> Model {
        let settings = fit::settings(architecture.id, HIDDEN, &[]);
        let plan = architecture.plan(&settings, (1, 1, 1), (24, WINDOW, HORIZON)).expect("the sizes fit each other");
        let mut model = architecture.build(&plan, &settings, seed);
        let mut trainer = Trainer::new(&model, RATE, seed);
        let mut rng = Rng::new(seed, 2);
        for _ in 0..STEPS {
            let all = &self.trains.starts;
            let starts: Vec<u32> = (0..BATCH).map(|_| all[rng.below(all.len())]).collect();
            trainer.step(&mut model, &self.gather(&starts, order, &mut rng));
        }
        model
    }

    fn error(&self, model: &Model, order: Order) -> f64 {
        let mut rng = Rng::new(5, 5);
        squared_error(model, self.judges.chunks(BATCH).map(|starts| self.gather(starts, order, &mut rng)))
    }
}

fn shuffled(rng: &mut Rng) -> [usize; WINDOW] {
    let mut steps = std::array::from_fn(|step| step);
    rng.shuffle(&mut steps[..WINDOW - 1]);
    steps
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let some: Vec<String> = std::env::args().skip(1).collect();
    let chosen: Vec<&Architecture> =
        registry::ALL.iter().filter(|one| some.is_empty() || some.iter().any(|id| id == one.id)).collect();
    let data = Data::new()?;
    let found = on_all_cores(chosen.len(), |index| {
        let errors = measure(&data, chosen[index]);
        println!("{}: {errors:.4?}", chosen[index].id);
        errors
    });

    let mut text = format!(
        "# Which models use the order of their window\n\n\
         Written by `cargo run --release --example shuffle`: hourly temperatures at JFK, {WINDOW} steps read one by \
         one, {HORIZON} ahead, hidden {HIDDEN}, {STEPS} steps of Adam at {RATE} on batches of {BATCH}, mean over seeds \
         1 to {SEEDS}. Rows are split {SPLIT}: the first part trains, the last one tests (every {STRIDE}th window). \
         Errors are mean squared errors of scaled values. The last step of a window, from which models measure its \
         level, is never shuffled.\n\n“Shuffled afterwards”: a model trained on windows in order is tested on windows \
         that are each shuffled anew. The added error shows how much it used the order. “One shuffle”: trained and \
         tested on windows that are all shuffled in the same way. Every hour has its place, but neighbours in time no \
         longer stand side by side: a weight for each place loses nothing, and the error added in other models is \
         their use of neighbours. “No order”: trained and tested on windows that are each shuffled anew, which leaves \
         the last value and the values of two days without their hours.\n\n\
         | | in order | shuffled afterwards | one shuffle | no order |\n| --- | ---: | ---: | ---: | ---: |\n"
    );
    for (architecture, [kept, afterwards, fixed, fresh]) in chosen.iter().zip(found) {
        let times = |error: f64| format!("{error:.3} ({:+.0} %)", 100.0 * (error / kept - 1.0));
        let label = architecture.label;
        let _ = writeln!(text, "| {label} | {kept:.3} | {} | {} | {} |", times(afterwards), times(fixed), times(fresh));
    }
    if some.is_empty() {
        std::fs::write(OUT, text)?;
    } else {
        println!("{text}");
    }
    Ok(())
}
