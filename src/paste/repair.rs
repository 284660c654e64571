//! Encodings around a token, undone one after the other.

use super::{Repair, shortened};
use std::borrow::Cow;

/// One thing to undo: the text without it, when it is there.
pub(super) type Undo = fn(&str) -> Option<(String, Repair)>;

/// What is tried, in this order; each builds on those before it.
pub(super) const LADDER: [Undo; 12] = [
    quoted_printable,
    html_tags,
    html_entities,
    percent,
    percent_again,
    json_escapes,
    markdown_escapes,
    dashes,
    full_width,
    alphabet,
    padding,
    carets,
];

fn changed(text: &str, new: String, repair: Repair) -> Option<(String, Repair)> {
    (new != text).then_some((new, repair))
}

/// The text beside a token that needs no repair itself, decoded when it reaches the token in an encoded form: `&quot;`, `%20`, `%2520`.
pub(super) fn beside(before: &str, behind: &str) -> (String, String, Vec<Repair>) {
    let (mut before, mut behind) = (before.to_owned(), behind.to_owned());
    let mut repairs = Vec::new();
    for _ in 0..3 {
        let (decode, repair): (fn(&str) -> Option<String>, Repair) =
            if touches_entity(&before, &behind) {
                (
                    |text| html_entities(text).map(|(plain, _)| plain),
                    Repair::HtmlEntities,
                )
            } else if !touches_percent(&before, &behind) {
                break;
            } else if repairs.contains(&Repair::PercentEncoding) {
                (percent_decode, Repair::PercentEncodingTwice)
            } else {
                (percent_decode, Repair::PercentEncoding)
            };
        before = decode(&before).unwrap_or(before);
        behind = decode(&behind).unwrap_or(behind);
        repairs.push(repair);
    }
    (before, behind, repairs)
}

fn touches_entity(before: &str, behind: &str) -> bool {
    let named = |text: &str| {
        text.strip_suffix(';')
            .is_some_and(|name| html_character(name).is_some())
    };
    let left = before.rfind('&').is_some_and(|at| named(&before[at + 1..]));
    let right = behind
        .strip_prefix('&')
        .and_then(|rest| Some(&rest[..=rest.find(';')?]))
        .is_some_and(named);
    left || right
}

fn touches_percent(before: &str, behind: &str) -> bool {
    let code = |bytes: &[u8]| matches!(bytes, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
    // `%2520` is `%20` encoded again.
    let twice = |bytes: &[u8]| matches!(bytes, [b'%', b'2', b'5', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
    let (left, right) = (before.as_bytes(), behind.as_bytes());
    let last = |count: usize| &left[left.len().saturating_sub(count)..];
    let first = |count: usize| &right[..right.len().min(count)];
    code(last(3)) || code(first(3)) || twice(last(5)) || twice(first(5))
}

/// `=` at the end of a line, and `=2E`.
fn quoted_printable(text: &str) -> Option<(String, Repair)> {
    let is_soft = ["=\n", "=\r\n"]
        .iter()
        .any(|end| memchr::memmem::find(text.as_bytes(), end.as_bytes()).is_some());
    if !is_soft {
        return None;
    }
    let joined = text.replace("=\r\n", "").replace("=\n", "");
    let plain = decode(&joined, b'=').unwrap_or(joined);
    changed(text, plain, Repair::QuotedPrintable)
}

/// `<wbr>`, and what colours code.
fn html_tags(text: &str) -> Option<(String, Repair)> {
    const LONGEST: usize = 256;
    memchr::memchr(b'<', text.as_bytes())?;
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        let inside = &rest[at + 1..];
        // `<snip>` stands for letters that are missing: without it, what is left would look whole.
        let is_tag = inside.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '/')
            && !shortened::is_bracketed(inside);
        let end = inside
            .bytes()
            .take(LONGEST)
            .position(|byte| byte == b'>' || byte == b'<')
            .filter(|end| is_tag && inside.as_bytes()[*end] == b'>');
        rest = if let Some(end) = end {
            &inside[end + 1..]
        } else {
            plain.push('<');
            inside
        };
    }
    plain.push_str(rest);
    changed(text, plain, Repair::HtmlTags)
}

fn percent(text: &str) -> Option<(String, Repair)> {
    changed(text, percent_decode(text)?, Repair::PercentEncoding)
}

fn percent_again(text: &str) -> Option<(String, Repair)> {
    changed(text, percent_decode(text)?, Repair::PercentEncodingTwice)
}

/// `%XX` to bytes; what is no such sequence stays.
pub(super) fn percent_decode(text: &str) -> Option<String> {
    decode(text, b'%')
}

/// Two hexadecimal digits behind a sign to bytes.
fn decode(text: &str, sign: u8) -> Option<String> {
    memchr::memchr(sign, text.as_bytes())?;
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == sign)
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = code {
            plain.push(byte);
            at += 3;
        } else {
            plain.push(bytes[at]);
            at += 1;
        }
    }
    Some(String::from_utf8_lossy(&plain).into_owned())
}

/// `&quot;`, `&#46;`, `&#x2e;`.
fn html_entities(text: &str) -> Option<(String, Repair)> {
    memchr::memchr(b'&', text.as_bytes())?;
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        let character = end
            .and_then(|end| rest.get(1..end))
            .and_then(html_character);
        if let (Some(character), Some(end)) = (character, end) {
            plain.push(character);
            rest = &rest[end + 1..];
        } else {
            plain.push('&');
            rest = &rest[1..];
        }
    }
    plain.push_str(rest);
    changed(text, plain, Repair::HtmlEntities)
}

fn html_character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "quot" => '"',
        "apos" => '\'',
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "nbsp" => ' ',
        "period" => '.',
        "lowbar" => '_',
        "hyphen" | "dash" => '-',
        "equals" => '=',
        "colon" => ':',
        "plus" => '+',
        "sol" => '/',
        _ => return None,
    })
}

/// `\"`, `\/`, `\n`, `\u002e`, `\x2e`, and doubled backslashes.
fn json_escapes(text: &str) -> Option<(String, Repair)> {
    memchr::memchr(b'\\', text.as_bytes())?;
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let code = |digits: usize| {
            behind
                .get(1..=digits)
                .and_then(|hex| u32::from_str_radix(hex, 16).ok())
                .and_then(char::from_u32)
        };
        let (character, used) = match behind.bytes().next() {
            Some(b'n') => (Some('\n'), 1),
            Some(b'r') => (Some('\r'), 1),
            Some(b't') => (Some('\t'), 1),
            Some(b'u') => (code(4), 5),
            Some(b'x') => (code(2), 3),
            Some(byte @ (b'"' | b'\'' | b'/' | b'\\')) => (Some(char::from(byte)), 1),
            _ => (None, 0),
        };
        if let Some(character) = character {
            plain.push(character);
            rest = behind.get(used..).unwrap_or_default();
        } else {
            plain.push('\\');
            rest = behind;
        }
    }
    plain.push_str(rest);
    changed(text, plain, Repair::JsonEscapes)
}

/// `\_`, as editors of Markdown write what could be emphasis.
fn markdown_escapes(text: &str) -> Option<(String, Repair)> {
    memchr::memchr(b'\\', text.as_bytes())?;
    let plain = text.replace("\\_", "_").replace("\\-", "-");
    let plain = plain.replace("\\.", ".").replace("\\=", "=");
    changed(text, plain, Repair::MarkdownEscapes)
}

/// Dashes that word processors make of `-`.
fn dashes(text: &str) -> Option<(String, Repair)> {
    let dash = |character: char| {
        matches!(
            character,
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}'
        )
    };
    if text.is_ascii() {
        return None;
    }
    let plain = text
        .chars()
        .map(|character| if dash(character) { '-' } else { character })
        .collect();
    changed(text, plain, Repair::Dashes)
}

/// Letters and dots of East Asian keyboards, and dots that are drawn alike.
fn full_width(text: &str) -> Option<(String, Repair)> {
    if text.is_ascii() {
        return None;
    }
    let narrow = |character: char| match character {
        '\u{FF01}'..='\u{FF5E}' => {
            char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character)
        }
        '\u{2024}' | '\u{3002}' | '\u{FE52}' | '\u{FF61}' => '.',
        other => other,
    };
    let plain = text.chars().map(narrow).collect();
    changed(text, plain, Repair::FullWidth)
}

/// `+` and `/` where a token may be.
fn alphabet(text: &str) -> Option<(String, Repair)> {
    let plain = in_runs(text, |run| {
        run.contains(['+', '/'])
            .then(|| run.replace('+', "-").replace('/', "_"))
    });
    changed(text, plain.into_owned(), Repair::Base64Alphabet)
}

/// `=` before a dot or at the end.
fn padding(text: &str) -> Option<(String, Repair)> {
    let plain = in_runs(text, |run| run.contains('=').then(|| run.replace('=', "")));
    changed(text, plain.into_owned(), Repair::Padding)
}

/// Carets of `cmd`.
fn carets(text: &str) -> Option<(String, Repair)> {
    changed(text, text.replace('^', ""), Repair::Punctuation)
}

/// Changes the runs that begin with `eyJ` and have a dot, in whichever base64 alphabet.
fn in_runs(text: &str, change: impl Fn(&str) -> Option<String>) -> Cow<'_, str> {
    let mut new = String::new();
    let mut kept = 0;
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("eyJ")) {
        let start = from + at;
        let length = text[start..]
            .bytes()
            .position(|byte| !byte.is_ascii_alphanumeric() && !b"+/=_-.".contains(&byte))
            .unwrap_or(text.len() - start);
        let run = &text[start..start + length];
        if run.contains('.')
            && let Some(other) = change(run)
        {
            new.push_str(&text[kept..start]);
            new.push_str(&other);
            kept = start + length;
        }
        from = start + length;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    new.push_str(&text[kept..]);
    Cow::Owned(new)
}

#[cfg(test)]
mod tests {
    use super::{Repair, beside};

    #[test]
    fn encoded_surroundings_are_decoded() {
        assert_eq!(
            beside("&quot;", "&quot;"),
            ("\"".to_owned(), "\"".to_owned(), vec![Repair::HtmlEntities])
        );
        assert_eq!(beside("a%3A%20", "").0, "a: ");
        assert_eq!(
            beside("a%253A%2520", ""),
            (
                "a: ".to_owned(),
                String::new(),
                vec![Repair::PercentEncoding, Repair::PercentEncodingTwice]
            )
        );
        assert_eq!(beside("50% of a & b; ", "%").2, []);
    }
}
