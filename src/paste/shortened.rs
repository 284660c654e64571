//! Copies that a console, a log or a chat made shorter, and the marks that it left for what it took out.

use super::Rejection;
use super::place::{head, tail};
use super::reject::reject;
use super::scan::Hit;

/// How much is looked at on either side of a run for the word that it stands in.
const REACH: usize = 8 << 10;

/// What stands for letters that were left out. No signed token has two dots side by side.
const MARKS: [&str; 7] = ["...", "…", "⋯", "***", "•••", "-snip-", "[+"];

/// What begins between brackets there.
const BRACKETED: [&str; 7] = [
    "snip", "trunc", "redact", "omit", "elided", "shorten", "clipped",
];

/// Whether such a mark begins a text behind a bracket, and no tag.
pub(super) fn is_bracketed(inside: &str) -> bool {
    BRACKETED.iter().any(|word| {
        inside
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    })
}

fn has_mark(word: &str) -> bool {
    MARKS.iter().any(|mark| word.contains(mark))
        || word
            .match_indices(['<', '[', '(', '{'])
            .any(|(at, _)| is_bracketed(&word[at + 1..]))
}

/// What ends the word that a token stands in.
fn ends_word(character: char) -> bool {
    character.is_whitespace() || "\"'`‘’“”=&,;:|".contains(character)
}

/// Whether the word around a run, or what stands right behind that word's quote, says that it was shortened.
pub(super) fn around(text: &str, hit: &Hit) -> bool {
    let before = tail(&text[..hit.start], REACH).rsplit(ends_word).next();
    let before = before.map_or(0, str::len);
    let behind = head(&text[hit.end..], REACH);
    let end = behind.find(ends_word).unwrap_or(behind.len());
    let word = &text[hit.start - before..hit.end + end];
    has_mark(word) || is_beside(&behind[end..])
}

/// Whether a mark stands behind a word: `'eyJ…'... 300 more characters`, as Node's console writes it.
fn is_beside(behind: &str) -> bool {
    let behind = head(behind, 40).trim_start_matches(ends_word);
    ["...", "…", "more characters"]
        .iter()
        .any(|mark| behind.starts_with(mark))
        || behind
            .strip_prefix(['<', '[', '(', '{'])
            .is_some_and(is_bracketed)
}

/// The same of a text in which nothing has the parts of a token: `eyJ...abc` and `eyJ…`.
pub(super) fn of_start(text: &str) -> Option<Rejection> {
    let at = text.find("eyJ")?;
    let behind = &text[at..];
    let end = behind.find(ends_word).unwrap_or(behind.len());
    (has_mark(&behind[..end]) || is_beside(&behind[end..])).then(rejection)
}

/// What is said of one.
pub(super) fn rejection() -> Rejection {
    reject(
        "token-truncated",
        "a shortened copy: a mark stands where its middle or its end was left out",
    )
}
