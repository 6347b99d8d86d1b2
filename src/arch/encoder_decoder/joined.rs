//! Many short sequences joined into one.

use crate::grad::{Tape, Var, ops};

/// Doublings that a sequence can have: a horizon of 2¹⁶ steps.
const LEVELS: usize = 16;

/// Joins sequences of equal length. Appended one by one to the sequence so far, each would be copied once for every one behind it;
/// here the last two of equal length are joined, so each is copied a logarithmic number of times.
#[derive(Debug, Clone, Copy, Default)]
pub struct Joined {
    /// At index `k`: a sequence of 2ᵏ pieces, the longer ones being earlier.
    levels: [Option<Var>; LEVELS],
}

impl Joined {
    /// Appends a piece.
    pub fn push(&mut self, tape: &mut Tape, stretch: Var) {
        let mut last = stretch;
        for level in &mut self.levels {
            match level.take() {
                None => {
                    *level = Some(last);
                    return;
                }
                Some(earlier) => last = ops::concat_columns(tape, earlier, last),
            }
        }
        unreachable!("a sequence of 2¹⁶ stretches");
    }

    /// The whole sequence; `None`: nothing was appended.
    pub fn finish(self, tape: &mut Tape) -> Option<Var> {
        self.levels.into_iter().flatten().reduce(|later, earlier| ops::concat_columns(tape, earlier, later))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_come_out_in_their_order() {
        for count in 1..=20 {
            let mut tape = Tape::new(false);
            let mut joined = Joined::default();
            for k in 0..count {
                let stretch = tape.constant(2, 1, &[k as crate::Real, -(k as crate::Real)]);
                joined.push(&mut tape, stretch);
            }
            let all = joined.finish(&mut tape).map(|all| tape.value(all).to_vec());
            assert_eq!(all, Some((0..count).flat_map(|k| [k as crate::Real, -(k as crate::Real)]).collect()));
        }
    }
}
