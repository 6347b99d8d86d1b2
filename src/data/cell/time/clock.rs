//! The time of day and the zone, behind a date or in a column of their own.

use crate::data::cell::time::cursor::Cursor;
use crate::data::cell::time::words;

/// Milliseconds since midnight of a trimmed cell that holds only a clock.
pub(crate) fn alone(cell: &str) -> Option<i64> {
    if cell.len() > 20 || cell.len() < 3 || cell.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut cursor = Cursor { text: cell, at: 0 };
    let clock = clock_at(&mut cursor)?;
    cursor.spaces();
    cursor.is_done().then_some(clock)
}

/// `6:00`, `06:00:00.123`, `18.00.00`, `14h30`, `060000`, `6 PM`; milliseconds since midnight.
pub(crate) fn clock_at(cursor: &mut Cursor) -> Option<i64> {
    let (first, length) = cursor.digits()?;
    let (mut hour, mut minute, mut second, mut fraction) = (first, 0, 0, 0);
    match length {
        4 => (hour, minute) = (first / 100, first % 100),
        6 => (hour, minute, second) = (first / 10_000, first / 100 % 100, first % 100),
        1 | 2 => {
            let mark = cursor.any(b":.hH");
            if mark != 0 && cursor.peek().is_ascii_digit() {
                minute = cursor.digits().filter(|&(_, length)| length == 2)?.0;
                let again = if matches!(mark, b'h' | b'H') { cursor.any(b":mM") } else { cursor.any(&[mark]) };
                if again != 0 && cursor.peek().is_ascii_digit() {
                    second = cursor.digits().filter(|&(_, length)| length == 2)?.0;
                }
            }
        }
        _ => return None,
    }
    if cursor.any(b".,") != 0 {
        let (digits, length) = cursor.digits()?;
        fraction = i64::from(digits) * 1000 / 10_i64.pow(u32::try_from(length).ok()?);
    }
    let before = cursor.at;
    cursor.spaces();
    match half(cursor) {
        Some(afternoon) if (1..=12).contains(&hour) => hour = hour % 12 + if afternoon { 12 } else { 0 },
        Some(_) => return None,
        None => cursor.at = before,
    }
    // 24:00 is the end of the day; second 60 is a leap second and becomes the beginning of the next.
    let sound = (hour < 24 && minute < 60 && second <= 60) || (hour == 24 && minute == 0 && second == 0);
    let total = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    sound.then_some(total * 1000 + fraction)
}

/// `AM`, `pm`, `a.m.`: whether it is the afternoon.
fn half(cursor: &mut Cursor) -> Option<bool> {
    let afternoon = match cursor.any(b"aApP") {
        0 => return None,
        letter => letter.eq_ignore_ascii_case(&b'p'),
    };
    cursor.any(b".");
    if cursor.any(b"mM") == 0 {
        return None;
    }
    cursor.any(b".");
    Some(afternoon)
}

/// `Z`, `UTC`, `+01:00`, `-0500`, `EST`: outer `None` without a zone, inner `None` for a zone without an offset.
pub(crate) fn zone(cursor: &mut Cursor) -> Option<Option<i64>> {
    let word = cursor.word();
    let mut offset = match word {
        "" => None,
        "Z" | "z" | "UTC" | "GMT" | "utc" => Some(0),
        word if words::is_zone(word) => return Some(None),
        _ => return None,
    };
    cursor.spaces();
    let sign = cursor.any(b"+-");
    if sign != 0 {
        let (first, length) = cursor.digits()?;
        let (hours, minutes) = match length {
            4 => (first / 100, first % 100),
            1 | 2 if cursor.any(b":") != 0 => (first, cursor.digits().filter(|&(_, length)| length == 2)?.0),
            1 | 2 => (first, 0),
            _ => return None,
        };
        if hours > 15 || minutes > 59 {
            return None;
        }
        let seconds = i64::from(hours) * 3600 + i64::from(minutes) * 60;
        offset = Some(if sign == b'-' { -seconds } else { seconds });
    }
    // `[America/New_York]` only explains the offset.
    if offset.is_some() && cursor.peek() == b'[' && cursor.text.ends_with(']') {
        cursor.at = cursor.text.len();
    }
    offset.map(Some)
}

#[cfg(test)]
mod tests {
    use super::alone;

    #[test]
    fn clocks_are_read() {
        assert_eq!(alone("18.00.00"), Some(64_800_000));
        assert_eq!(alone("6:30 PM"), Some(66_600_000));
        assert_eq!(alone("14h30"), Some(52_200_000));
        assert_eq!(alone("24:00"), Some(86_400_000));
        for wrong in ["25:00", "1830", "7.2", "13:00 PM", "12:60"] {
            assert_eq!(alone(wrong), None, "{wrong}");
        }
    }
}
