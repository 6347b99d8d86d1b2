//! One window through a model, and one streaming step through its layers.

use unrolled::arch::Forecaster;
use unrolled::arch::plan::{HORIZON, WINDOW};
use unrolled::arch::registry::{ARCHITECTURE, Make};
use unrolled::arch::stacked::LAYERS;
use unrolled::data::Batch;
use unrolled::grad::{Tape, Var};
use unrolled::knob::Raw;
use unrolled::math::Rng;
use unrolled::nn::{Block, Builder, Linear, Params, Pass};
use unrolled::session::checked;
use unrolled::{Error, Real, Result, narrow};

/// A model of one feature, with its caller's data between two calls.
pub struct Single {
    forecaster: Box<dyn Forecaster>,
    params: Params,
    tape: Tape,
    batch: Batch,
    out: Vec<Real>,
    stream: Stream,
}

/// The model's layers again, fed one row at a time.
struct Stream {
    blocks: Vec<Box<dyn Block>>,
    head: Linear,
    params: Params,
    tape: Tape,
    /// Rows and values of each block's state.
    states: Vec<[Option<(usize, Vec<Real>)>; 4]>,
    input: Real,
}

impl Single {
    /// With initial weights, which do not affect the time.
    pub fn new(raw: &Raw) -> Result<Self> {
        let settings = checked(raw)?;
        let architecture = settings.get(&ARCHITECTURE).one();
        let (window, horizon) = (settings.get(&WINDOW), settings.get(&HORIZON));
        let plan = architecture.plan(&settings, (1, 1, 1), (24, window, horizon))?;
        let (forecaster, params) = architecture.build(&plan, &settings, 1);
        let mut rng = Rng::new(1, 0);
        let values = (0..window + horizon).map(|_| narrow(rng.normal())).collect();

        let layer = match architecture.make {
            Make::Layer(layer) if plan.segment() == 1 && architecture.streams => layer,
            _ if !architecture.streams => {
                let problem = format!("{} needs its whole window at once: it cannot be streamed.", architecture.label);
                return Err(Error::NotReady { problem });
            }
            _ => return Err(Error::NotReady { problem: "A stream is read one row at a time.".to_owned() }),
        };
        let mut builder = Builder::new(Rng::new(1, 1), 1.0);
        let (mut blocks, mut inputs) = (Vec::new(), 1);
        for index in 0..settings.get(&LAYERS) {
            let block = layer(&mut builder, index, inputs, &plan, &settings);
            inputs = block.features();
            blocks.push(block);
        }
        let head = Linear::new(&mut builder, "head", inputs, horizon);
        let stream = Stream {
            states: vec![[const { None }; 4]; blocks.len()],
            blocks,
            head,
            params: builder.finish(),
            tape: Tape::new(false),
            input: 0.5,
        };
        Ok(Self {
            forecaster,
            params,
            tape: Tape::new(false),
            batch: Batch { values, window, horizon, size: 1, features: 1 },
            out: vec![0.0; horizon],
            stream,
        })
    }

    /// The forecast of the window; its last value.
    pub fn window(&mut self) -> Real {
        self.tape.reset();
        let mut pass = Pass::new(&mut self.tape, &self.params, 1);
        self.forecaster.forecast(&mut pass, &self.batch, &mut self.out);
        self.out.last().copied().unwrap_or_default()
    }

    /// Reads one more row and forecasts; the last value.
    pub fn step(&mut self) -> Real {
        self.stream.step()
    }
}

impl Stream {
    fn step(&mut self) -> Real {
        self.tape.reset();
        let mut pass = Pass::new(&mut self.tape, &self.params, 1);
        let mut x = pass.tape.constant(1, 1, &[self.input]);
        for (block, kept) in self.blocks.iter().zip(&mut self.states) {
            let mut state = [None; 4];
            for (var, kept) in state.iter_mut().zip(kept.iter()) {
                *var = kept.as_ref().map(|(rows, values)| pass.tape.constant(*rows, values.len() / rows, values));
            }
            let after: [Option<Var>; 4];
            (x, after) = block.forward(&mut pass, x, &state);
            for (var, kept) in after.iter().zip(kept.iter_mut()) {
                let Some(var) = var else { continue };
                let values = pass.tape.value(*var);
                let (_, buffer) = kept.get_or_insert_with(|| (pass.tape.shape(*var).0, Vec::new()));
                buffer.clear();
                buffer.extend_from_slice(values);
            }
        }
        let out = self.head.forward(&mut pass, x);
        self.input = self.tape.value(out).last().copied().unwrap_or_default();
        self.input
    }
}
