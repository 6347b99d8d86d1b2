//! Short digests that show whether two things are the same.

/// FNV-1a in 64 bits (Fowler, Noll and Vo 1991): any single changed byte changes it. It does not protect against forgery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(u64);

/// A missing value: the bits of a NaN differ from machine to machine.
const MISSING: u64 = 0x7ff8_0000_0000_0000;

impl Digest {
    /// The digest of no bytes.
    pub fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// The digest with these bytes appended.
    #[must_use]
    pub fn with(self, bytes: &[u8]) -> Self {
        let step = |state: u64, byte: &u8| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(bytes.iter().fold(self.0, step))
    }

    /// The digest with a text appended after its length, since `ab`, `c` is not `a`, `bc`.
    #[must_use]
    pub fn with_text(self, text: &str) -> Self {
        self.with_count(text.len()).with(text.as_bytes())
    }

    /// The digest with a whole number appended, as 8 bytes.
    #[must_use]
    pub fn with_count(self, count: usize) -> Self {
        self.with(&(count as u64).to_le_bytes())
    }

    /// The digest with values appended, each as the 8 bytes of a little-endian `f64`; all missing ones are the same.
    #[must_use]
    pub fn with_values(self, values: &[f64]) -> Self {
        let bits = |value: &f64| if value.is_nan() { MISSING } else { value.to_bits() };
        values.iter().fold(self, |all, value| all.with(&bits(value).to_le_bytes()))
    }

    /// The digest in a file: 16 hexadecimal digits.
    pub fn text(self) -> String {
        format!("{:016x}", self.0)
    }
}
