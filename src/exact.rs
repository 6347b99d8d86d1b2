//! Decimals to doubles, exact to the last bit, and exact numbers in saved files, as text: `"0.1"`.
//!
//! The standard library's reader has a table of 10 KB, which does not compress. A decimal that is a quotient of two 64-bit
//! integers, like nearly all in files, needs no table; for the rare others the web has its own reader. The reader of JSON numbers
//! is only accurate to a unit in the last place, for the same reason.
//!
//! For `#[serde(with = "crate::exact")]` on an `f64`, and `"crate::exact::list"` on a `Vec<f64>`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A decimal's parts: its value is `±digits × 10^power`.
struct Decimal {
    negative: bool,
    /// `None` for too many digits.
    digits: Option<u64>,
    power: i32,
}

/// Sign, digits with a decimal point, exponent: the syntax of `f64::from_str`, without infinities and NaN.
fn parts(text: &str) -> Option<Decimal> {
    let (negative, unsigned) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let end = unsigned.iter().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(unsigned.len());
    let (mantissa, exponent) = unsigned.split_at(end);
    let (mut digits, mut count, mut after) = (Some(0_u64), 0, None);
    for &byte in mantissa {
        match byte {
            b'0'..=b'9' => {
                digits = digits.and_then(|digits| digits.checked_mul(10)?.checked_add(u64::from(byte - b'0')));
                count += 1;
                after = after.map(|after| after + 1);
            }
            b'.' if after.is_none() => after = Some(0_i32),
            _ => return None,
        }
    }
    let shift = match exponent {
        [] => Some(0),
        [_, b'+' | b'-'] | [_] => return None,
        [_, first, rest @ ..] if matches!(first, b'0'..=b'9' | b'+' | b'-') && rest.iter().all(u8::is_ascii_digit) => {
            // One out of range has a huge power, which is not read here.
            std::str::from_utf8(&exponent[1..]).ok()?.parse::<i32>().ok()
        }
        _ => return None,
    };
    let power = shift.and_then(|shift| shift.checked_sub(after.unwrap_or(0)));
    (count > 0).then_some(Decimal { negative, digits: digits.filter(|_| power.is_some()), power: power.unwrap_or(0) })
}

/// The double nearest to a decimal, or the even one of two as near; infinite beyond the largest. `None` if the text is not a
/// decimal. (IEEE 754-2019, section 5.12.2.)
pub fn read(text: &str) -> Option<f64> {
    let Decimal { negative, digits, power } = parts(text)?;
    let ten = |power: i32| 10_u64.pow(power.unsigned_abs());
    let size = match digits {
        Some(digits) if (0..=19).contains(&power) => (u128::from(digits) * u128::from(ten(power))) as f64,
        Some(0) => 0.0,
        Some(digits) if (-19..0).contains(&power) => {
            let shift = 64 + digits.leading_zeros();
            let (numerator, denominator) = (u128::from(digits) << shift, u128::from(ten(power)));
            // At least 2^127 / 2^64: ten bits more than a double has, the last of which records a remainder, so that rounding the
            // quotient rounds the decimal. Two to the power of −shift, by its bits, is exact.
            let quotient = (numerator / denominator) | u128::from(numerator % denominator != 0);
            quotient as f64 * f64::from_bits(u64::from(1023 - shift) << 52)
        }
        _ => return Some(platform(text)),
    };
    Some(if negative { -size } else { size })
}

/// A decimal by the platform's reader. ECMAScript lets a reader round after twenty digits; none that we know does.
#[cfg(target_arch = "wasm32")]
fn platform(decimal: &str) -> f64 {
    js_sys::Number::parse_float(decimal)
}

/// A decimal by the platform's reader.
#[cfg(not(target_arch = "wasm32"))]
fn platform(decimal: &str) -> f64 {
    decimal.parse().unwrap_or(f64::NAN)
}

/// The shortest text of this number alone.
pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    value.to_string().serialize(serializer)
}

/// The number of a text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    number(&String::deserialize(deserializer)?)
}

fn number<E: Error>(text: &str) -> Result<f64, E> {
    read(text).ok_or_else(|| E::custom("a text that is not a number"))
}

/// The same for a list of numbers separated by spaces.
pub mod list {
    use super::{Deserialize, Deserializer, Serialize, Serializer, number};

    /// The shortest texts of these numbers alone.
    pub fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        let texts: Vec<String> = values.iter().map(f64::to_string).collect();
        texts.join(" ").serialize(serializer)
    }

    /// The numbers of the texts.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        String::deserialize(deserializer)?.split(' ').filter(|text| !text.is_empty()).map(number).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::read;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Saved {
        #[serde(with = "super")]
        one: f64,
        #[serde(with = "super::list")]
        many: Vec<f64>,
    }

    fn same(text: &str) {
        let expected = text.parse::<f64>().ok();
        assert_eq!(read(text).map(f64::to_bits), expected.map(f64::to_bits), "{text}");
    }

    #[test]
    fn decimals_are_read_as_the_standard_library_reads_them() {
        let mut bits = 1_u64;
        let mut next = |below: u64| {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (bits >> 20) % below
        };
        for _ in 0..200_000 {
            let digits = 1 + next(21) as usize;
            let number: String = (0..digits).map(|_| char::from(b'0' + next(10) as u8)).collect();
            let point = next(digits as u64 + 1) as usize;
            let sign = ["", "-", "+"][next(3) as usize];
            let exponent = if next(3) == 0 { format!("e{}", next(60) as i64 - 30) } else { String::new() };
            same(&format!("{sign}{}.{}{exponent}", &number[..point], &number[point..]));
            // As programs print doubles and floats.
            let value = f64::from_bits(1_000_000_000 * next(1 << 34)) + next(1 << 40) as f64 / 1024.0;
            for value in [value, f64::from(value as f32)].into_iter().filter(|value| value.is_finite()) {
                same(&value.to_string());
            }
            // The even one of two doubles as near.
            let even = (1_u64 << 53) + 2 * next(1 << 50);
            same(&(even + 1).to_string());
            same(&format!("{}.5", even / 4));
        }
    }

    #[test]
    fn what_is_no_decimal_is_not_read() {
        for text in [
            "", "+", "-", ".", "e5", "1e", "1e+", "1e5.", "1e-x", "1 ", " 1", "0x10", "1_0", "--1", "1.2.3", "12a", "½",
        ] {
            same(text);
        }
        // Infinities and NaN are not decimals.
        for text in ["inf", "NaN", "-infinity"] {
            assert_eq!(read(text), None);
        }
        for text in [
            "1e999",
            "-1e999",
            "1e99999999999",
            "1e-99999999999",
            "0e99999999999",
            "-0",
            "0.0",
            "1.",
            ".5",
            "1E5",
            "1e+5",
        ] {
            same(text);
        }
    }

    #[test]
    fn numbers_come_back_to_the_last_bit() {
        // The first is read one unit in the last place off by the short way of JSON's reader.
        let hard =
            [1.7976931348623157e308, 0.1 + 0.2, 5e-324, f64::MIN_POSITIVE / 3.0, 1e9 + 1.0 / 3.0, -0.0, f64::MIN];
        for one in hard {
            for many in [hard.to_vec(), vec![one], Vec::new()] {
                let saved = Saved { one, many };
                let text = serde_json::to_string(&saved).unwrap();
                let read: Saved = serde_json::from_str(&text).unwrap();
                assert_eq!(read.one.to_bits(), one.to_bits());
                assert_eq!(read, saved);
            }
        }
        assert!(serde_json::from_str::<Saved>(r#"{"one": "much", "many": ""}"#).is_err());
    }
}
