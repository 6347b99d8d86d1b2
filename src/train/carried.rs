//! States between two stretches of a sequence, off the tape: their values are copied from one tape to another.

use crate::Real;
use crate::grad::{Tape, Var};
use crate::nn::State;

/// Shape of a state's matrices, `None` where it has none.
type Shape = [Option<(usize, usize)>; 4];

/// The states of all layers: shapes by layer, followed by all values.
#[derive(Debug, Default)]
pub struct Carried {
    shapes: Vec<Shape>,
    values: Vec<Real>,
}

/// Numbers that encode the shape of one layer's state.
const HEADER: usize = 8;

impl Carried {
    /// Copies the values of `states`.
    pub fn keep(&mut self, tape: &Tape, states: &[State]) {
        self.values.clear();
        self.shapes.clear();
        self.shapes.extend(states.iter().map(|state| state.map(|var| var.map(|var| tape.shape(var)))));
        for var in states.iter().flatten().flatten() {
            self.values.extend_from_slice(tape.value(*var));
        }
    }

    /// Puts the states on a tape by `place`: as constants, which stop gradients ([`Tape::constant`]), or as leaves, whose gradients
    /// are known ([`Tape::leaf`]). States without a copy stay as they are.
    pub fn put(&self, tape: &mut Tape, place: fn(&mut Tape, usize, usize, &[Real]) -> Var, states: &mut [State]) {
        let mut rest = &self.values[..];
        for (state, shape) in states.iter_mut().zip(&self.shapes) {
            *state = shape.map(|shape| {
                shape.map(|(rows, cols)| {
                    let (values, after) = rest.split_at(rows * cols);
                    rest = after;
                    place(tape, rows, cols, values)
                })
            });
        }
    }

    /// Appends `states` to `out` in the format of [`Carried::read`]: for each layer rows and columns of its matrices, then all
    /// values.
    pub fn write(tape: &Tape, states: &[State], out: &mut Vec<Real>) {
        for var in states.iter().flatten() {
            let (rows, cols) = var.map(|var| tape.shape(var)).unwrap_or_default();
            out.extend([rows as Real, cols as Real]);
        }
        for var in states.iter().flatten().flatten() {
            out.extend_from_slice(tape.value(*var));
        }
    }

    /// Reads written states; `numbers` has the length from [`Carried::written`].
    pub fn read(&mut self, layers: usize, numbers: &[Real]) {
        self.shapes.clear();
        self.values.clear();
        let (header, values) = numbers.split_at(layers * HEADER);
        for layer in header.chunks_exact(HEADER) {
            let shape = |at: usize| (layer[2 * at] > 0.0).then(|| (layer[2 * at] as usize, layer[2 * at + 1] as usize));
            self.shapes.push(std::array::from_fn(shape));
        }
        self.values.extend_from_slice(values);
    }

    /// Length of written states, from their shapes; `None` for invalid ones.
    pub fn written(layers: usize, numbers: &[Real]) -> Option<usize> {
        let header = numbers.get(..layers * HEADER)?;
        header.chunks_exact(2).try_fold(header.len(), |sum, shape| {
            let whole = shape.iter().all(|&side| side >= 0.0 && side.fract() == 0.0);
            let size = whole.then_some((shape[0] as usize).checked_mul(shape[1] as usize)?)?;
            sum.checked_add(size)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_travel_as_numbers() {
        let mut tape = Tape::new(false);
        let a = tape.constant(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let b = tape.constant(1, 3, &[7.0, 8.0, 9.0]);
        let states = [[Some(a), None, Some(b), None], State::default()];
        let mut numbers = Vec::new();
        Carried::write(&tape, &states, &mut numbers);
        assert_eq!(Carried::written(2, &numbers), Some(numbers.len()));
        assert_eq!(Carried::written(2, &numbers[..10]), None, "too few to tell the shapes");

        let (mut other, mut tape) = (Carried::default(), Tape::new(true));
        other.read(2, &numbers);
        let mut found = [State::default(); 2];
        other.put(&mut tape, Tape::constant, &mut found);
        let values = |var: Option<Var>| var.map(|var| (tape.shape(var), tape.value(var).to_vec()));
        assert_eq!(values(found[0][0]), Some(((2, 3), vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])));
        assert_eq!(values(found[0][2]), Some(((1, 3), vec![7.0, 8.0, 9.0])));
        assert_eq!((found[0][1], found[0][3], found[1]), (None, None, State::default()));
        assert!(found[0][0].is_some_and(|var| !tape.tracked(var)), "no gradient goes past them");
    }
}
