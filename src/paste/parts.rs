//! Header, claims and signature on lines of their own, with or without labels, as decoders and notes write them.

use super::scan::{in_segment, signature_lengths};
use crate::token::Token;
use memchr::memmem;

/// The most headers that are tried.
const MOST: usize = 8;
/// The most between two parts: a line end, a label, quotes.
const BETWEEN: usize = 32;
/// The shortest part; what is shorter is a label.
const SHORTEST: usize = 20;

/// A token in three parts: where it begins and ends in the text, and the compact token.
pub(super) fn find(text: &str) -> Option<(usize, usize, String)> {
    memmem::find_iter(text.as_bytes(), b"eyJ")
        .take(MOST)
        .find_map(|start| {
            let header = part(text, start);
            let (claims_at, claims) = next(text, start + header.len())?;
            let (signature_at, signature) = next(text, claims_at + claims.len())?;
            let compact = format!("{header}.{claims}.{signature}");
            let token = Token::read(&compact);
            let is_token = token.header.fault.is_none()
                && token.payload.fault.is_none()
                && signature_lengths(token.algorithm()?).contains(&signature.len());
            is_token.then_some((start, signature_at + signature.len(), compact))
        })
}

fn part(text: &str, start: usize) -> &str {
    let rest = &text[start..];
    let end = rest.bytes().position(|byte| !in_segment(byte));
    &rest[..end.unwrap_or(rest.len())]
}

/// The next part behind a label.
fn next(text: &str, from: usize) -> Option<(usize, &str)> {
    let mut at = from;
    while at < text.len() && at - from <= BETWEEN {
        let run = part(text, at);
        if run.len() >= SHORTEST {
            return Some((at, run));
        }
        at += run.len();
        // Parts with dots between them are the run's.
        if text[at..].starts_with('.') {
            return None;
        }
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
    None
}
