//! Tokens that are broken over lines, or have blanks inside.

use super::Repair;
use super::scan::{in_token, signature_lengths, surplus};
use crate::token::Token;
use memchr::memmem;

/// A token put together of pieces.
#[derive(Debug)]
pub(super) struct Joined {
    pub start: usize,
    pub end: usize,
    pub compact: String,
    pub repairs: Vec<Repair>,
}

/// The longest token that is put together.
const LONGEST: usize = 64 << 10;
/// The most places where one is tried.
const MOST_TRIES: usize = 32;

/// Tokens that begin with `eyJ` and go on behind breaks.
pub(super) fn join(text: &str) -> Vec<Joined> {
    let mut found = Vec::new();
    let mut done = 0;
    let mut tries = 0;
    for start in memmem::find_iter(text.as_bytes(), b"eyJ") {
        if start < done || tries >= MOST_TRIES {
            continue;
        }
        let inside = start
            .checked_sub(1)
            .is_some_and(|at| text.as_bytes()[at].is_ascii_alphanumeric());
        if inside {
            continue;
        }
        tries += 1;
        if let Some(joined) = join_from(text, start) {
            done = joined.end;
            found.push(joined);
        }
    }
    found
}

/// The end of a piece: how long the token is by then, and where it ends in the text.
struct Bound {
    length: usize,
    end: usize,
    blanks: bool,
}

fn join_from(text: &str, start: usize) -> Option<Joined> {
    let bytes = text.as_bytes();
    let mut compact = String::new();
    let mut bounds: Vec<Bound> = Vec::new();
    let (mut at, mut blanks) = (start, false);
    while compact.len() < LONGEST {
        let end = bytes[at..]
            .iter()
            .position(|byte| !in_token(*byte))
            .map_or(bytes.len(), |step| at + step);
        if end == at {
            break;
        }
        compact.push_str(text.get(at..end)?);
        bounds.push(Bound {
            length: compact.len(),
            end,
            blanks,
        });
        let Some((next, broken)) = separator(text, end) else {
            break;
        };
        blanks |= !broken;
        at = next;
    }
    if bounds.len() < 2 {
        return None;
    }
    let bound = choose(&compact, &bounds)?;
    let whole = compact.get(..bound.length)?;
    let mut repairs = Vec::new();
    if text.get(start..bound.end)?.contains('\n') {
        repairs.push(Repair::Wrapping);
    }
    if bound.blanks {
        repairs.push(Repair::Blanks);
    }
    Some(Joined {
        start,
        end: bound.end,
        compact: whole.trim_end_matches('.').to_owned(),
        repairs,
    })
}

/// What editors and terminals draw at both sides of a line.
const BORDERS: [char; 4] = ['|', '│', '┃', '║'];

/// Behind what may stand between two pieces, and whether a line ended there.
fn separator(text: &str, from: usize) -> Option<(usize, bool)> {
    let rest = &text[from..];
    let blank = |character: char| character != '\n' && character.is_whitespace();
    let line_end = rest.trim_start_matches(|character| {
        blank(character)
            || matches!(
                character,
                '\\' | '^' | '`' | '"' | '\'' | '+' | '$' | '¶' | '↵'
            )
            || BORDERS.contains(&character)
    });
    if line_end.starts_with('\n') {
        let next = numberless(line_end).trim_start_matches(|character: char| {
            character.is_whitespace()
                || matches!(character, '>' | '"' | '\'' | '+')
                || BORDERS.contains(&character)
        });
        return Some((text.len() - next.len(), true));
    }
    let next = rest.trim_start_matches(blank);
    (next.len() < rest.len() && !next.is_empty()).then_some((text.len() - next.len(), false))
}

/// The text without the number of its first line, as editors and `cat -n` write it: digits, and a sign or blanks.
fn numberless(text: &str) -> &str {
    let line = text.trim_start();
    let behind = line.trim_start_matches(|sign: char| sign.is_ascii_digit());
    let digits = line.len() - behind.len();
    let rest = match behind.chars().next() {
        Some(' ' | '\t' | '|' | '│') => Some(behind),
        Some(':' | ')') => behind.get(1..),
        Some('.') => behind.get(1..).filter(|rest| rest.starts_with([' ', '\t'])),
        _ => None,
    };
    rest.filter(|_| (1..=6).contains(&digits)).unwrap_or(text)
}

/// The piece that ends the token: where the signature has the length that its algorithm makes, else the last.
fn choose<'a>(compact: &str, bounds: &'a [Bound]) -> Option<&'a Bound> {
    let mut dots = memchr::memchr_iter(b'.', compact.as_bytes());
    let (_, second) = (dots.next()?, dots.next()?);
    let token = Token::read(compact.get(..second)?);
    if token.header.fault.is_some() || token.payload.fault.is_some() {
        return None;
    }
    let lengths = signature_lengths(token.algorithm().unwrap_or_default());
    let signed =
        |bound: &&Bound| bound.length > second && lengths.contains(&(bound.length - second - 1));
    if let Some(bound) = bounds.iter().find(signed) {
        return Some(bound);
    }
    let third = dots.next();
    let last = bounds.iter().rfind(|bound| {
        bound.length > second + 1 && third.is_none_or(|at| bound.length <= at + 1)
    })?;
    let whole = compact.get(..last.length)?;
    (!last.blanks && surplus(whole).is_none()).then_some(last)
}
