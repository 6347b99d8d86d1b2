//! The measurements of `make bench` in a browser that the shipped package cannot make: `scripts/bench/build.sh` builds this next to
//! it, never into it. The page holds the clock, so each call here repeats its work `count` times.
#![cfg(target_arch = "wasm32")]

mod losses;
mod scans;
mod single;

use std::hint::black_box;

use wasm_bindgen::prelude::*;

fn refused(error: impl std::fmt::Display) -> JsValue {
    JsError::new(&error.to_string()).into()
}

/// One window, and one streaming step.
#[wasm_bindgen]
pub struct Single(single::Single);

#[wasm_bindgen]
impl Single {
    /// From settings as JSON.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &str) -> Result<Single, JsValue> {
        let settings = serde_json::from_str(settings).map_err(refused)?;
        Ok(Self(single::Single::new(&settings).map_err(refused)?))
    }

    /// The forecast of one window, `count` times.
    pub fn windows(&mut self, count: usize) {
        for _ in 0..count {
            black_box(self.0.window());
        }
    }

    /// One step of the stream, `count` times.
    pub fn steps(&mut self, count: usize) {
        for _ in 0..count {
            black_box(self.0.step());
        }
    }
}

/// A recurrence as one scan, and composed on the tape.
#[wasm_bindgen]
pub struct Scans(scans::Scans);

#[wasm_bindgen]
impl Scans {
    /// `cell` is `rnn`, `lstm`, `gru` or `gru_reset_before`.
    #[wasm_bindgen(constructor)]
    pub fn new(cell: &str, hidden: usize, window: usize, batch: usize) -> Result<Scans, JsValue> {
        Ok(Self(scans::Scans::new(cell, hidden, window, batch).map_err(refused)?))
    }

    /// Forward and backward, `count` times.
    pub fn run(&mut self, fused: bool, count: usize) {
        for _ in 0..count {
            black_box(self.0.run(fused));
        }
    }
}

/// The losses of 200 steps of a case given as JSON.
#[wasm_bindgen]
pub fn losses(case: &str) -> Result<Vec<f64>, JsValue> {
    let case: losses::Case = serde_json::from_str(case).map_err(refused)?;
    case.losses().map_err(refused)
}
