//! The native side of the line protocol.

use std::alloc::System;
use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::Instant;

use cap::Cap;
use serde::{Deserialize, Serialize};
use unrolled::Session;
use unrolled::data::{CsvReader, Series, SeriesOptions};
use unrolled::knob::Raw;

use crate::losses::Case;
use crate::scans::Scans;
use crate::single::Single;

/// An allocator that counts, for the memory of a run.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

type Answer<T> = Result<T, Box<dyn Error>>;

/// The possible jobs.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Job {
    /// Trains the session called `id` for `steps` optimiser steps; the first call makes it.
    Train { id: String, file: String, settings: Raw, steps: usize },
    /// Peak bytes of a fresh session during construction and `steps` steps of training, without the series. It needs a process of
    /// its own: the high-water mark is never lowered.
    Memory { file: String, settings: Raw, steps: usize },
    /// One window's forecast, `count` times.
    Window { settings: Raw, count: usize },
    /// One step of the stream, `count` times.
    Stream { settings: Raw, count: usize },
    /// Forward and backward of a recurrence, `count` times, as one scan or composed of the tape's operations.
    Twin { cell: String, hidden: usize, window: usize, batch: usize, fused: bool, count: usize },
    /// The losses of 200 steps from weights and batches that follow a formula.
    Losses { case: Case },
}

#[derive(Serialize, Default)]
struct Reply {
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    losses: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Default)]
struct Bench {
    sessions: BTreeMap<String, Session>,
    singles: BTreeMap<String, Single>,
    scans: BTreeMap<String, Scans>,
}

fn read(file: &str) -> Answer<Series> {
    let mut reader = CsvReader::default();
    reader.push(&std::fs::read(file)?)?;
    Ok(reader.finish()?.series(&SeriesOptions::default())?.series)
}

fn seconds(work: impl FnOnce() -> Answer<()>) -> Answer<Reply> {
    let from = Instant::now();
    work()?;
    Ok(Reply { seconds: Some(from.elapsed().as_secs_f64()), ..Reply::default() })
}

impl Bench {
    fn single(&mut self, settings: &Raw) -> Answer<&mut Single> {
        let key = serde_json::to_string(settings)?;
        if !self.singles.contains_key(&key) {
            self.singles.insert(key.clone(), Single::new(settings)?);
        }
        self.singles.get_mut(&key).ok_or_else(|| "it was just put there".into())
    }

    fn answer(&mut self, job: Job) -> Answer<Reply> {
        match job {
            Job::Train { id, file, settings, steps } => {
                if !self.sessions.contains_key(&id) {
                    let mut session = Session::new(read(&file)?);
                    session.configure(&settings)?;
                    self.sessions.insert(id.clone(), session);
                }
                let session = self.sessions.get_mut(&id).ok_or("it was just put there")?;
                seconds(|| {
                    for _ in 0..steps {
                        if !session.step()? {
                            return Err("training came to its end while it was timed".into());
                        }
                    }
                    Ok(())
                })
            }
            Job::Memory { file, settings, steps } => {
                let series = read(&file)?;
                // Reading the file used more memory than its series, and the mark only rises: filled up to it, it counts again.
                let filler = vec![0_u8; MEMORY.max_allocated().saturating_sub(MEMORY.allocated())];
                let before = MEMORY.allocated();
                let mut session = Session::new(series);
                session.configure(&settings)?;
                for _ in 0..steps {
                    session.step()?;
                }
                let bytes = MEMORY.max_allocated().saturating_sub(before);
                drop(filler);
                Ok(Reply { bytes: Some(bytes), ..Reply::default() })
            }
            Job::Window { settings, count } => {
                let single = self.single(&settings)?;
                seconds(|| {
                    for _ in 0..count {
                        black_box(single.window());
                    }
                    Ok(())
                })
            }
            Job::Stream { settings, count } => {
                let single = self.single(&settings)?;
                seconds(|| {
                    for _ in 0..count {
                        black_box(single.step());
                    }
                    Ok(())
                })
            }
            Job::Twin { cell, hidden, window, batch, fused, count } => {
                let key = format!("{cell} {hidden} {window} {batch}");
                if !self.scans.contains_key(&key) {
                    self.scans.insert(key.clone(), Scans::new(&cell, hidden, window, batch)?);
                }
                let scans = self.scans.get_mut(&key).ok_or("it was just put there")?;
                seconds(|| {
                    for _ in 0..count {
                        black_box(scans.run(fused));
                    }
                    Ok(())
                })
            }
            Job::Losses { case } => Ok(Reply { losses: Some(case.losses()?), ..Reply::default() }),
        }
    }
}

/// Answers jobs until standard input ends.
pub fn serve() -> Answer<()> {
    let mut bench = Bench::default();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let reply = serde_json::from_str(&line?)
            .map_err(Into::into)
            .and_then(|job| bench.answer(job))
            .unwrap_or_else(|error| Reply { error: Some(error.to_string()), ..Reply::default() });
        writeln!(out, "{}", serde_json::to_string(&reply)?)?;
        out.flush()?;
    }
    Ok(())
}
