//! The unit that a column's name tells, and numbers written with it.

use crate::data::names::lower;

/// Endings of names that tell a unit, after a `_`, a space or a point.
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

/// The unit in a column's name: what stands in brackets at its end (`Temperature (°C)`, `load [kW]`), or an ending that
/// can be nothing else (`load_kwh`); a lone `c` or `f` counts after a word that begins with `temp`.
pub fn of_name(name: &str) -> Option<String> {
    let name = name.trim();
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some((_, inside)) = name.strip_suffix(close).and_then(|name| name.rsplit_once(open)) {
            let inside = inside.trim();
            // A unit is short; longer text in brackets explains something else.
            return (!inside.is_empty() && inside.chars().count() <= 10).then(|| inside.to_owned());
        }
    }
    let lower = lower(name);
    let (before, ending) = lower.rsplit_once(['_', ' ', '.'])?;
    let temperature = before.split(['_', ' ', '.']).any(|word| word.starts_with("temp"));
    match ending {
        "c" if temperature => Some("°C".to_owned()),
        "f" if temperature => Some("°F".to_owned()),
        _ => ENDINGS.iter().find(|(name, _)| *name == ending).map(|(_, unit)| (*unit).to_owned()),
    }
}

/// A number with three digits that count, and its unit.
pub fn quantity(value: f64, unit: Option<&str>) -> String {
    let number = number(value);
    match unit {
        Some("%") | None => number + unit.map_or("", |_| " %"),
        Some(unit) => format!("{number} {unit}"),
    }
}

fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e9).contains(&size) {
        format!("{value:.2e}")
    } else if size >= 99.95 {
        grouped(value.round())
    } else {
        // Digits after the point, so that three count: 2.44, 24.4, 0.0244.
        let digits = 2 - (libm::log10(size) + 1e-12).floor() as i32;
        format!("{value:.*}", usize::try_from(digits.max(0)).unwrap_or(0))
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
        let all = [2.4449, 24.44, 244.4, 0.024_449, 12_345.6, 0.0, 9.999, 1e-7, 3.2e12];
        let text: Vec<String> = all.iter().map(|&x| number(x)).collect();
        assert_eq!(text, ["2.44", "24.4", "244", "0.0244", "12,346", "0", "10.00", "1.00e-7", "3.20e12"]);
        assert_eq!(quantity(5.0, Some("%")), "5.00 %");
        assert_eq!(quantity(5.0, None), "5.00");
    }
}
