//! Scaling of training one model over native threads: milliseconds for an optimiser step of a two-layer LSTM of 128, 168 → 24,
//! batch 64, alone and shared by two: `cargo run --release --example workers`.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use unrolled::data::{Axis, Series, Step};
use unrolled::{Real, Result, Session};

const STEPS: usize = 12;

fn session(shards: usize) -> Result<Session> {
    let rows = 20_000;
    let axis = Axis { start: 0, step: Step::Milliseconds(3_600_000), len: rows, utc: true };
    let values = (0..rows).map(|hour| (hour as f64 * 0.2618).sin() + 0.3 * (hour as f64 * 12.9898).sin()).collect();
    let mut session =
        Session::new(Series { axis, names: vec!["value".to_owned()], columns: vec![values], sentinels: None });
    let settings = serde_json::json!({
        "architecture": "lstm", "hidden": 128, "layers": 2, "window": 168, "horizon": 24, "segment": 1, "batch_size": 64,
        "normalise": "none", "highway": false, "from_line": false, "head_dropout": 0, "optimiser": "adam", "shards": shards,
    });
    let settings = serde_json::from_value(settings).expect("these are settings");
    session.configure(&settings)?;
    Ok(session)
}

/// Median milliseconds of a step of member `me` of those that share the parts; `others` are channels to and from the others.
fn train(me: usize, members: usize, shards: usize, others: &[(Sender<Sent>, Receiver<Sent>)]) -> Result<f64> {
    let mut session = session(shards)?;
    let mut times = Vec::new();
    for _ in 0..STEPS {
        let start = Instant::now();
        let mut round = vec![Vec::new(); session.parts()?];
        for index in (me..round.len()).step_by(members) {
            session.part(index, &mut round[index])?;
            for (to, _) in others {
                to.send((index, round[index].clone())).expect("the other waits");
            }
        }
        for (_, from) in others {
            for _ in 0..round.len() / members {
                let (index, part) = from.recv().expect("the other sends");
                round[index] = part;
            }
        }
        session.apply(&round)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

type Sent = (usize, Vec<Real>);

fn main() -> Result<()> {
    for shards in [1, 2, 4] {
        println!("{shards} parts, 1 thread:  {:.1} ms/step", train(0, 1, shards, &[])?);
    }
    for shards in [2, 4] {
        let ((to_two, from_one), (to_one, from_two)) = (channel(), channel());
        let other = std::thread::spawn(move || train(1, 2, shards, &[(to_one, from_one)]));
        let found = train(0, 2, shards, &[(to_two, from_two)])?;
        other.join().expect("the other thread ends")?;
        println!("{shards} parts, 2 threads: {found:.1} ms/step");
    }
    Ok(())
}
