//! The unit in a column's name, and numbers written with it.

use crate::data::cell::names::lower;

/// Endings of names that are units, after a `_`, a space or a point.
const ENDINGS: [(&str, &str); 24] = [
    ("celsius", "°C"),
    ("degc", "°C"),
    ("fahrenheit", "°F"),
    ("degf", "°F"),
    ("kelvin", "K"),
    ("kwh", "kWh"),
    ("mwh", "MWh"),
    ("wh", "Wh"),
    ("kw", "kW"),
    ("mw", "MW"),
    ("hpa", "hPa"),
    ("kpa", "kPa"),
    ("mbar", "mbar"),
    ("mm", "mm"),
    ("cm", "cm"),
    ("km", "km"),
    ("mph", "mph"),
    ("kmh", "km/h"),
    ("ppm", "ppm"),
    ("percent", "%"),
    ("pct", "%"),
    ("eur", "EUR"),
    ("usd", "USD"),
    ("ms", "ms"),
];

/// Smaller numbers are written with their power of ten.
const SMALLEST_POWER: i32 = -4;

/// Whole numbers from this one on are written with their power of ten.
const LARGEST: f64 = 1e9;

/// The unit in a column's name: the text in brackets at its end (`Temperature (°C)`, `load [kW]`), or an unambiguous ending
/// (`load_kwh`); a lone `c` or `f` counts after a word that begins with `temp`.
pub fn of_name(name: &str) -> Option<String> {
    let name = name.trim();
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some((_, inside)) = name.strip_suffix(close).and_then(|name| name.rsplit_once(open)) {
            let inside = inside.trim();
            // A unit is short; longer text in brackets is an explanation.
            return (!inside.is_empty() && inside.chars().count() <= 10).then(|| inside.to_owned());
        }
    }
    let lower = lower(name);
    let (before, ending) = lower.rsplit_once(['_', ' ', '.'])?;
    match ending {
        "c" if is_temperature(before) => Some("°C".to_owned()),
        "f" if is_temperature(before) => Some("°F".to_owned()),
        _ => ENDINGS.iter().find(|(name, _)| *name == ending).map(|(_, unit)| (*unit).to_owned()),
    }
}

/// Whether a word of a column's name begins with `temp`.
pub fn is_temperature(name: &str) -> bool {
    lower(name).split(['_', ' ', '.']).any(|word| word.starts_with("temp"))
}

/// A number with three significant digits, and its unit.
pub fn quantity(value: f64, unit: Option<&str>) -> String {
    let number = number(value);
    match unit {
        Some("%") | None => number + unit.map_or("", |_| " %"),
        Some(unit) => format!("{number} {unit}"),
    }
}

/// Three significant digits after rounding: 9.999 is `10.0`, 0.9999 `1.00`. Whole numbers keep all digits; very small and very
/// large ones have a power of ten, and NaN is a dash.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    // The power of ten after rounding: before it, 9.999 has one digit before the point.
    let rounded = format!("{value:.2e}");
    let power: i32 = rounded.rsplit_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    match power {
        0 if value == 0.0 => "0".to_owned(),
        ..SMALLEST_POWER => rounded,
        // Digits after the point for three significant ones: 2.44, 24.4, 0.0244.
        SMALLEST_POWER..2 => format!("{value:.*}", usize::try_from(2 - power).unwrap_or(0)),
        _ if value.abs().round() < LARGEST => grouped(value.round()),
        _ => rounded,
    }
}

/// A whole number with a comma between thousands.
pub fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = if value < 0.0 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_names() {
        let unit = |name| of_name(name);
        assert_eq!(unit("temp_c").as_deref(), Some("°C"));
        assert_eq!(unit("Temperature (°C)").as_deref(), Some("°C"));
        assert_eq!(unit("load [kW]").as_deref(), Some("kW"));
        assert_eq!(unit("energy_kWh").as_deref(), Some("kWh"));
        assert_eq!(unit("temp_out_f").as_deref(), Some("°F"));
        for name in ["OT", "series_c", "value", "", "price (as the shop printed it)", "_"] {
            assert_eq!(unit(name), None, "{name}");
        }
    }

    #[test]
    fn three_digits_count() {
        for (value, text) in [
            (2.4449, "2.44"),
            (24.44, "24.4"),
            (244.4, "244"),
            (0.024_449, "0.0244"),
            (12_345.6, "12,346"),
            (0.0, "0"),
            (-0.0, "0"),
            (1e-7, "1.00e-7"),
            (3.2e12, "3.20e12"),
            // Rounded up to the next power of ten.
            (9.999, "10.0"),
            (0.9999, "1.00"),
            (99.96, "100"),
            (-9.996, "-10.0"),
            (9.9999e-5, "0.000100"),
            (999.9, "1,000"),
            (999_999_999.4, "999,999,999"),
            (999_999_999.6, "1.00e9"),
            (f64::NAN, "–"),
            (f64::INFINITY, "–"),
        ] {
            assert_eq!(number(value), text, "{value}");
        }
        assert_eq!(quantity(5.0, Some("%")), "5.00 %");
        assert_eq!(quantity(5.0, None), "5.00");
    }
}
