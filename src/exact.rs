//! Numbers in saved files as text, `"0.1"`: read back to the last bit.
//!
//! JSON numbers are read to within a unit in the last place; reading them exactly takes tables that everyone would have to
//! download. The standard library's exact reader is there already, for the CSV files.
//!
//! For `#[serde(with = "crate::exact")]` on an `f64`, and `"crate::exact::list"` on a `Vec<f64>`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// The shortest text that stands for this number alone.
pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    value.to_string().serialize(serializer)
}

/// The number that a text stands for.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    number(&String::deserialize(deserializer)?)
}

fn number<E: Error>(text: &str) -> Result<f64, E> {
    text.parse().map_err(|_| E::custom("a text that is no number"))
}

/// The same for a list, its numbers with spaces between.
pub mod list {
    use super::{Deserialize, Deserializer, Serialize, Serializer, number};

    /// The shortest texts that stand for these numbers alone.
    pub fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        let texts: Vec<String> = values.iter().map(f64::to_string).collect();
        texts.join(" ").serialize(serializer)
    }

    /// The numbers that the texts stand for.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        String::deserialize(deserializer)?.split(' ').filter(|text| !text.is_empty()).map(number).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Saved {
        #[serde(with = "super")]
        one: f64,
        #[serde(with = "super::list")]
        many: Vec<f64>,
    }

    #[test]
    fn numbers_come_back_to_the_last_bit() {
        // The first is read one unit in the last place off where JSON's reader takes the short way.
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
