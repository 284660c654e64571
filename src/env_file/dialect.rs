//! The grammars: where each dialect sees names and values, before expansion.

use std::ops::Range;

use super::Reading;
use crate::secret::Secret;

/// An assignment as dotenv's grammar finds it, in byte offsets.
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) name: Range<usize>,
    pub(super) equals: usize,
    pub(super) value: Range<usize>,
    pub(super) export: bool,
    pub(super) unterminated: Option<usize>,
}

fn blanks(text: &str, at: usize) -> usize {
    text.len()
        - text[at..]
            .trim_start_matches(|char: char| char.is_whitespace() || char == '\u{feff}')
            .len()
}

/// All assignments by the grammar of dotenv 18 (the text has `\n` only).
pub(super) fn dotenv(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let start = blanks(text, at);
        let next = if let Some(found) = assignment(text, start) {
            let end = found.value.end;
            all.push(found);
            end
        } else {
            start
        };
        at = text[next..]
            .find('\n')
            .map_or(text.len(), |offset| next + offset + 1);
    }
    all
}

fn assignment(text: &str, start: usize) -> Option<Found> {
    let exported = text[start..]
        .strip_prefix("export")
        .filter(|rest| rest.starts_with(char::is_whitespace))
        .map(|_| blanks(text, start + "export".len()));
    exported
        .and_then(|at| named(text, start, at, true))
        .or_else(|| named(text, start, start, false))
}

fn named(text: &str, start: usize, at: usize, export: bool) -> Option<Found> {
    let rest = &text[at..];
    let length = rest
        .find(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '-')))
        .filter(|length| *length > 0)?;
    let name = at..at + length;
    let mut equals = blanks(text, name.end);
    if !text[equals..].starts_with('=') {
        let colon = text[name.end..].strip_prefix(':')?;
        if !colon.starts_with(char::is_whitespace) {
            return None;
        }
        equals = name.end;
    }
    let open = blanks(text, equals + 1);
    let mut unterminated = None;
    if let Some(quote) = text[open..]
        .chars()
        .next()
        .filter(|char| matches!(char, '\'' | '"' | '`'))
    {
        match closing(text, open, quote) {
            Ok(end) => {
                return Some(Found {
                    start,
                    name,
                    equals,
                    value: open..end,
                    export,
                    unterminated,
                });
            }
            Err(closed) => unterminated = (!closed).then_some(open),
        }
    }
    let line_end = text[equals..]
        .find('\n')
        .map_or(text.len(), |offset| equals + offset);
    let bare = text[equals + 1..line_end]
        .split('#')
        .next()
        .unwrap_or_default();
    let from = equals + 1 + (bare.len() - bare.trim_start().len());
    Some(Found {
        start,
        name,
        equals,
        value: from..from + bare.trim().len(),
        export,
        unterminated,
    })
}

/// The end of a quoted value after which only a comment follows; else whether a closing quote was seen at all.
fn closing(text: &str, open: usize, quote: char) -> Result<usize, bool> {
    let mut last_good = None;
    let mut seen = false;
    for (offset, _) in text[open + 1..].match_indices(quote) {
        seen = true;
        let end = open + 1 + offset + 1;
        // Looks no further than the next character that is not blank.
        let after =
            text[end..].trim_start_matches(|char: char| char != '\n' && char.is_whitespace());
        if after.is_empty() || after.starts_with(['\n', '#']) {
            last_good = Some(end);
        }
        // An escaped quote ends the value only when no later one can.
        if !text[..end - 1].ends_with('\\') {
            break;
        }
    }
    last_good.ok_or(seen)
}

/// dotenv takes the outer quotes off, and makes `\n` and `\r` real in double quotes.
pub(super) fn unquote(raw: &str) -> String {
    let inner = ['\'', '"', '`']
        .iter()
        .find_map(|quote| raw.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(raw);
    if raw.starts_with('"') {
        inner.replace("\\n", "\n").replace("\\r", "\r")
    } else {
        inner.to_owned()
    }
}

/// An assignment as Node's `parseEnv` reads it.
pub(super) struct Seen {
    pub(super) equals: usize,
    pub(super) name: String,
    pub(super) value: String,
}

/// All assignments as Node's `util.parseEnv` reads them, which Vite 8 uses.
pub(super) fn vite(text: &str) -> Vec<Seen> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < text.len() {
        at = text.len() - text[at..].trim_start_matches([' ', '\n']).len();
        let line_end = text[at..]
            .find('\n')
            .map_or(text.len(), |offset| at + offset);
        let line = &text[at..line_end];
        let Some(split) = line.find('=').filter(|_| !line.starts_with('#')) else {
            at = line_end + 1;
            continue;
        };
        let name = line[..split].trim_matches(' ');
        let name = name.strip_prefix("export ").unwrap_or(name).to_owned();
        let equals = at + split;
        let open = equals
            + 1
            + (line[split + 1..].len() - line[split + 1..].trim_start_matches(' ').len());
        let quote = text[open..]
            .chars()
            .next()
            .filter(|char| matches!(char, '\'' | '"' | '`'));
        let close =
            quote.and_then(|quote| text[open + 1..].find(quote).map(|offset| open + 1 + offset));
        let (value, end) = match (quote, close) {
            (Some(quote), Some(close)) => {
                let inner = &text[open + 1..close];
                (
                    if quote == '"' {
                        inner.replace("\\n", "\n")
                    } else {
                        inner.to_owned()
                    },
                    close + 1,
                )
            }
            // On a last line without a line feed Node loses it.
            (Some(_), None) if line_end == text.len() => break,
            (Some(_), None) => (text[open..line_end].to_owned(), line_end),
            (None, _) => (
                text[open..line_end]
                    .split('#')
                    .next()
                    .unwrap_or_default()
                    .trim_matches(' ')
                    .to_owned(),
                line_end,
            ),
        };
        all.push(Seen {
            equals,
            name,
            value,
        });
        at = text[end..]
            .find('\n')
            .map_or(text.len(), |offset| end + offset + 1);
    }
    all
}

/// What the crate dotenvy makes of one assignment. It puts the process environment into `$NAME`, so such a value is not decided here.
pub(super) fn dotenvy(text: &str, raw: &str, name: &str) -> Reading {
    let quoted = raw.len() > 1 && raw.starts_with('\'') && raw.ends_with('\'');
    if text.contains('$') && !quoted {
        return Reading::Undecided;
    }
    match dotenvy::from_read_iter(text.as_bytes()).next() {
        Some(Ok((key, value))) if key == name => Reading::Value(Secret::new(value)),
        Some(Ok(_)) | None => Reading::NotRead,
        Some(Err(_)) => Reading::Error,
    }
}
