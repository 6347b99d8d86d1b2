//! From bytes to text: the encoding, and decoding by the platform's decoder.

use crate::data::options::Encoding;

/// A file as text, with the findings of decoding.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The text, without a byte-order mark and with `\n` as its only line end.
    pub text: String,
    pub encoding: Encoding,
    /// Whether the file began with a byte-order mark.
    pub bom: bool,
    /// Whether the encoding was guessed from the bytes, without a byte-order mark or a person's choice.
    pub guessed: bool,
    /// Characters that could not be decoded, now `�`.
    pub replaced: usize,
}

/// Decodes a file; `wanted` overrides what the bytes suggest.
pub(crate) fn decode(bytes: Vec<u8>, wanted: Option<Encoding>) -> Decoded {
    let (found, mark) = match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => (Some(Encoding::Utf8), 3),
        [0xff, 0xfe, ..] => (Some(Encoding::Utf16Le), 2),
        [0xfe, 0xff, ..] => (Some(Encoding::Utf16Be), 2),
        _ => (None, 0),
    };
    let encoding = wanted.or(found).or_else(|| utf16_without_mark(&bytes));
    let mark = if encoding == found { mark } else { 0 };
    let guessed = wanted.is_none() && found.is_none();
    let (text, encoding) = match encoding {
        Some(encoding @ (Encoding::Utf16Le | Encoding::Utf16Be | Encoding::Windows1252)) => {
            (platform::decode(&bytes[mark..], encoding), encoding)
        }
        // The usual case needs no copy: the bytes are the text.
        chosen => match String::from_utf8(bytes) {
            Ok(text) => (text, Encoding::Utf8),
            Err(error) => {
                let bytes = error.as_bytes();
                if chosen.is_none() && plausible_windows_1252(bytes) {
                    (platform::decode(bytes, Encoding::Windows1252), Encoding::Windows1252)
                } else {
                    (String::from_utf8_lossy(bytes).into_owned(), Encoding::Utf8)
                }
            }
        },
    };
    let mut text = normalise_line_ends(text);
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    let replaced = if text.is_ascii() { 0 } else { text.matches('\u{fffd}').count() };
    Decoded { text, encoding, bom: mark > 0, guessed: guessed && encoding != Encoding::Utf8, replaced }
}

/// UTF-16 of mostly ASCII text has a zero in every second byte, unlike any other text.
fn utf16_without_mark(bytes: &[u8]) -> Option<Encoding> {
    let head = &bytes[..bytes.len().min(4096) & !1];
    let pairs = head.len() / 2;
    if pairs < 2 {
        return None;
    }
    let low_zeros = head.iter().step_by(2).filter(|&&byte| byte == 0).count();
    let high_zeros = head.iter().skip(1).step_by(2).filter(|&&byte| byte == 0).count();
    if high_zeros * 10 >= pairs * 7 && low_zeros * 10 <= pairs {
        Some(Encoding::Utf16Le)
    } else if low_zeros * 10 >= pairs * 7 && high_zeros * 10 <= pairs {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// Whether bytes that are not UTF-8 look like Windows-1252: without a valid UTF-8 sequence, and without bytes that are rare in
/// Western text (`ÿ`, and five unassigned ones).
fn plausible_windows_1252(bytes: &[u8]) -> bool {
    let sound = bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
    !sound && !bytes.iter().any(|byte| matches!(byte, 0xff | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d))
}

/// Turns `\r\n` and lone `\r` (old Macs) into `\n`, in place, so that lines are counted as in an editor.
fn normalise_line_ends(text: String) -> String {
    if !text.as_bytes().contains(&b'\r') {
        return text;
    }
    let mut bytes = text.into_bytes();
    let (mut read, mut write) = (0, 0);
    while read < bytes.len() {
        let byte = bytes[read];
        read += 1;
        if byte == b'\r' {
            if bytes.get(read) == Some(&b'\n') {
                read += 1;
            }
            bytes[write] = b'\n';
        } else {
            bytes[write] = byte;
        }
        write += 1;
    }
    bytes.truncate(write);
    // Only ASCII bytes were replaced or dropped, so this cannot fail.
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(not(target_arch = "wasm32"))]
mod platform {
    use super::Encoding;

    pub fn decode(bytes: &[u8], encoding: Encoding) -> String {
        let decoder = match encoding {
            Encoding::Utf8 => encoding_rs::UTF_8,
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252,
        };
        decoder.decode_without_bom_handling(bytes).0.into_owned()
    }
}

#[cfg(target_arch = "wasm32")]
mod platform {
    use super::Encoding;

    /// The decoder gives the text in pieces of this many bytes, so there is no second copy of the whole file.
    const PIECE: usize = 1 << 20;

    pub fn decode(bytes: &[u8], encoding: Encoding) -> String {
        let Ok(decoder) = web_sys::TextDecoder::new_with_label(encoding.label()) else {
            return String::from_utf8_lossy(bytes).into_owned();
        };
        let mut text = String::with_capacity(bytes.len());
        let mut pieces = bytes.chunks(PIECE).peekable();
        while let Some(piece) = pieces.next() {
            let options = web_sys::TextDecodeOptions::new();
            options.set_stream(pieces.peek().is_some());
            match decoder.decode_with_u8_array_and_options(piece, &options) {
                Ok(part) => text.push_str(&part),
                Err(_) => text.push('\u{fffd}'),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_found_by_looking() {
        let utf16: Vec<u8> = "time,°C\n1,2\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let decoded = decode(utf16, None);
        assert_eq!((decoded.text.as_str(), decoded.encoding), ("time,°C\n1,2\n", Encoding::Utf16Be));
        let decoded = decode(b"t,\xb0C\r1,2\r\n\r\n".to_vec(), None);
        assert_eq!((decoded.text.as_str(), decoded.encoding), ("t,°C\n1,2\n\n", Encoding::Windows1252));
        let decoded = decode(b"t,press\xffure\xc3(\n".to_vec(), None);
        assert_eq!((decoded.replaced, decoded.encoding), (2, Encoding::Utf8));
        let decoded = decode("\u{feff}t".as_bytes().to_vec(), None);
        assert_eq!((decoded.text.as_str(), decoded.bom), ("t", true));
    }
}
