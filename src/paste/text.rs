//! Bytes to text: encodings, colours of terminals, and marks that nobody sees.

use super::Repair;
use std::borrow::Cow;

/// What the bytes say, and what was undone to read them.
pub(super) fn decode(bytes: &[u8]) -> (Cow<'_, str>, Vec<Repair>) {
    let mut repairs = Vec::new();
    let (text, wide) = match bytes {
        [0xFF, 0xFE, rest @ ..] => {
            repairs.push(Repair::Bom);
            (Cow::Owned(utf16(rest, u16::from_le_bytes)), true)
        }
        [0xFE, 0xFF, rest @ ..] => {
            repairs.push(Repair::Bom);
            (Cow::Owned(utf16(rest, u16::from_be_bytes)), true)
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => {
            repairs.push(Repair::Bom);
            (String::from_utf8_lossy(rest), false)
        }
        _ if nul_every_second(bytes, 1) => (Cow::Owned(utf16(bytes, u16::from_le_bytes)), true),
        _ if nul_every_second(bytes, 0) => (Cow::Owned(utf16(bytes, u16::from_be_bytes)), true),
        _ => (String::from_utf8_lossy(bytes), false),
    };
    if wide {
        repairs.push(Repair::Utf16);
    }
    let nul = memchr::memchr(0, text.as_bytes()).is_some();
    let ansi = memchr::memchr(0x1b, text.as_bytes()).is_some();
    let unseen = !text.is_ascii() && text.contains(invisible);
    for (present, repair) in [
        (nul, Repair::Nul),
        (ansi, Repair::Ansi),
        (unseen, Repair::ZeroWidth),
    ] {
        if present {
            repairs.push(repair);
        }
    }
    if nul || ansi || unseen {
        (Cow::Owned(strip(&text)), repairs)
    } else {
        (text, repairs)
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| match pair {
        [first, second] => Some(unit([*first, *second])),
        _ => None,
    });
    char::decode_utf16(units)
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// UTF-16 without a mark: most of every second byte at the start is NUL, and none of the others.
fn nul_every_second(bytes: &[u8], at: usize) -> bool {
    let start = &bytes[..bytes.len().min(256) & !1];
    let nul = |offset: usize| {
        start
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    start.len() >= 8 && nul(at) * 10 >= start.len() / 2 * 9 && nul(1 - at) * 10 < start.len() / 2
}

/// Marks without a width of their own: soft hyphens, joiners, fillers, marks of direction.
fn invisible(character: char) -> bool {
    crate::escape::is_hidden(character) && !character.is_control() && !character.is_whitespace()
}

/// The text without NUL, escape sequences and invisible marks.
fn strip(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\0' => {}
            '\x1b' => match rest.next() {
                Some('[') => {
                    while rest
                        .next()
                        .is_some_and(|byte| !('\x40'..='\x7e').contains(&byte))
                    {
                    }
                }
                Some(']') => {
                    while let Some(byte) = rest.next() {
                        if byte == '\x07' || (byte == '\x1b' && rest.next_if_eq(&'\\').is_some()) {
                            break;
                        }
                        // An unfinished sequence must not swallow what follows it.
                        if byte == '\n' {
                            clean.push('\n');
                            break;
                        }
                    }
                }
                _ => {}
            },
            seen if invisible(seen) => {}
            seen => clean.push(seen),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::decode;
    use crate::paste::Repair;

    #[test]
    fn reads_every_encoding() {
        let wide =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let text = "eyJhbGciOiJSUzI1NiJ9";
        assert_eq!(decode(text.as_bytes()), (text.into(), vec![]));
        assert_eq!(decode(&wide(text)), (text.into(), vec![Repair::Utf16]));
        let mut marked = vec![0xFE, 0xFF];
        marked.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        assert_eq!(
            decode(&marked),
            (text.into(), vec![Repair::Bom, Repair::Utf16])
        );
        assert_eq!(decode(b"\xEF\xBB\xBFa"), ("a".into(), vec![Repair::Bom]));
        assert_eq!(decode(b"a\0\0"), ("a".into(), vec![Repair::Nul]));
    }

    #[test]
    fn takes_colours_and_links_away() {
        let text = "\x1b[31ma\x1b[0m\x1b]8;;https://x\x07b\x1b]8;;\x1b\\c";
        assert_eq!(decode(text.as_bytes()), ("abc".into(), vec![Repair::Ansi]));
    }
}
