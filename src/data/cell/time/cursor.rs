//! A position in a cell, and the tokens that can be consumed there.

use crate::data::cell::time::words;

/// A position in a cell.
pub(crate) struct Cursor<'c> {
    pub text: &'c str,
    pub at: usize,
}

impl<'c> Cursor<'c> {
    pub fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    pub fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Consumes one of these bytes; 0 if none of them comes next.
    pub fn any(&mut self, bytes: &[u8]) -> u8 {
        let next = self.peek();
        if next != 0 && bytes.contains(&next) {
            self.at += 1;
            next
        } else {
            0
        }
    }

    pub fn spaces(&mut self) {
        while self.peek() == b' ' {
            self.at += 1;
        }
    }

    /// A run of digits: its value and length; `None` if none or more than nine come next.
    pub fn digits(&mut self) -> Option<(i32, usize)> {
        let start = self.at;
        let mut value = 0;
        while self.peek().is_ascii_digit() {
            if self.at - start == 9 {
                return None;
            }
            value = value * 10 + i32::from(self.peek() - b'0');
            self.at += 1;
        }
        (self.at > start).then_some((value, self.at - start))
    }

    /// A run of letters, empty if none comes next.
    pub fn word(&mut self) -> &'c str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// The month that the next word names.
    pub fn month_name(&mut self) -> Option<i32> {
        words::month(self.word()).map(i32::from)
    }
}
