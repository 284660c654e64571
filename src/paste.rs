//! Any text to tokens, claims, or a named non-token.

mod absent;
mod aim;
mod carrier;
mod claims;
mod find;
mod joined;
mod json_path;
mod literal;
mod parts;
mod place;
mod reject;
mod repair;
mod scan;
mod sent;
mod shortened;
mod text;

pub use carrier::{Carrier, Repair};
pub use claims::{Claims, ClaimsSource};

use crate::error_line::{self, ErrorLine};
use crate::secret::Secret;
use aim::Aim;
use find::Findings;
use scan::Shape;
use std::borrow::Cow;
use std::collections::HashMap;

/// What a paste holds.
#[derive(Debug)]
pub struct Paste {
    /// Tokens, claims, or what it is instead.
    pub outcome: Outcome,
    /// Known error lines in it.
    pub errors: Vec<ErrorLine>,
    /// What else is worth saying.
    pub notes: Vec<String>,
}

/// What was found.
#[derive(Debug)]
pub enum Outcome {
    /// Distinct tokens, the best carrier first.
    Tokens(Vec<Found>),
    /// Claims without a signature.
    Claims(Claims),
    /// No token: what it is instead.
    Rejected(Rejection),
    /// Nothing was given.
    None,
}

/// A token, and how it came.
#[derive(Debug)]
pub struct Found {
    /// The compact token.
    pub token: Secret,
    /// In what it stood.
    pub carrier: Carrier,
    /// What was undone to read it.
    pub repairs: Vec<Repair>,
    /// Whether a diff takes its line away.
    is_removed: bool,
    /// Whom it is for.
    aim: Aim,
}

/// Why there is no token.
#[derive(Debug)]
pub struct Rejection {
    /// The rule of topic input.
    pub rule: &'static str,
    /// What was seen; no secret is in it.
    pub say: String,
    /// What to do.
    pub next: String,
}

/// Whether a text was none: more than one character in ten could not be read, or is a control character.
fn is_binary(text: &str) -> bool {
    let odd = |character: &char| {
        *character == char::REPLACEMENT_CHARACTER
            || character.is_control() && !character.is_whitespace()
    };
    let mut head = text.chars().take(4096);
    let (mut all, mut strange) = (0, 0);
    for character in &mut head {
        all += 1;
        strange += usize::from(odd(&character));
    }
    strange * 10 > all
}

/// The text of a paste, its encoding undone.
pub fn text(bytes: &[u8]) -> String {
    text::decode(bytes).0.into_owned()
}

/// The tokens of one line among many, where they can be seen at once. `None`: there are none, or the line wants to be read as a paste is.
pub fn line(bytes: &[u8]) -> Option<Vec<Found>> {
    match text::decode(bytes) {
        (Cow::Borrowed(line), undone) if undone.is_empty() => find::in_line(line)
            .filter(|found| !sent::is_cookies_only(found) || sent::instead(line, found).is_none()),
        _ => None,
    }
}

/// Reads a paste.
pub fn read(bytes: &[u8]) -> Paste {
    let (text, undone) = text::decode(bytes);
    let mut findings = find::find(&text);
    let (handshakes, found): (Vec<Found>, Vec<Found>) = findings
        .found
        .into_iter()
        .partition(|found| scan::is_handshake(found.token.expose()));
    findings.found = Vec::new();
    let mut notes = std::mem::take(&mut findings.notes);
    // Where nothing stands beside the token, nothing else is to be seen.
    let is_alone = matches!(found.as_slice(), [one] if one.token.expose() == text.trim());
    let errors = if is_alone {
        Vec::new()
    } else {
        error_line::recognise(&text)
    };
    let outcome = if !found.is_empty() {
        if !handshakes.is_empty() {
            notes.push("Clerk's handshake is beside it, and was not judged.".to_owned());
        }
        let mut tokens = distinct(found);
        for found in &mut tokens {
            let mut repairs = undone.clone();
            repairs.extend(found.repairs.iter().copied());
            let mut seen: Vec<Repair> = Vec::new();
            repairs.retain(|repair| {
                let new = !seen.contains(repair);
                seen.push(*repair);
                new
            });
            found.repairs = repairs;
        }
        let mut instead = None;
        if !is_alone {
            notes.extend(reject::beside(&text));
            notes.extend(sent::aside(&text, &tokens));
            instead = sent::instead(&text, &tokens);
        }
        match instead {
            // A mask or something foreign may be of the copy only.
            Some(rejection)
                if sent::is_cookies_only(&tokens)
                    && !["token-placeholder", "token-segments"].contains(&rejection.rule) =>
            {
                notes.push("A cookie beside it holds a token: somebody is signed in, but Convex reads no cookies. Paste that token alone to judge it.".to_owned());
                Outcome::Rejected(rejection)
            }
            // A variable of a script, which may well hold the token that stands beside it.
            Some(rejection) if rejection.rule == "token-placeholder" => Outcome::Tokens(tokens),
            Some(rejection) => {
                notes.push(format!(
                    "The request does not send the token that is judged here. See {}.",
                    rejection.say
                ));
                Outcome::Tokens(tokens)
            }
            None => Outcome::Tokens(tokens),
        }
    } else if !handshakes.is_empty() {
        Outcome::Rejected(reject::handshake())
    } else {
        match without_token(&text, &findings, &errors, &mut notes) {
            Outcome::Rejected(rejection)
                if rejection.rule == "token-segments" && is_binary(&text) =>
            {
                Outcome::Rejected(Rejection {
                    say: format!(
                        "This is binary data, {} bytes of it, not text.",
                        bytes.len()
                    ),
                    ..rejection
                })
            }
            other => other,
        }
    };
    let mut seen: Vec<String> = Vec::new();
    notes.retain(|note| {
        let new = !seen.contains(note);
        seen.push(note.clone());
        new
    });
    Paste {
        outcome,
        errors,
        notes,
    }
}

/// A text without a token: claims, or what it is instead.
fn without_token(
    text: &str,
    findings: &Findings,
    errors: &[ErrorLine],
    notes: &mut Vec<String>,
) -> Outcome {
    if let Some(rejection) = reject::at_once(text, findings) {
        return Outcome::Rejected(rejection);
    }
    let parts = findings
        .odd
        .iter()
        .filter(|(shape, _)| *shape == Shape::TwoParts)
        .find_map(|(_, compact)| claims::of_parts(compact.expose()))
        .or_else(|| reject::lone_part(text).and_then(|part| claims::of_parts(&part)));
    if let Some(claims) = parts {
        return Outcome::Claims(claims);
    }
    if errors.is_empty()
        && let Some((claims, more)) = claims::read(text)
    {
        notes.extend(more);
        return Outcome::Claims(claims);
    }
    Outcome::Rejected(reject::classify(text, errors))
}

/// Each token once, by its best carrier; the best first.
fn distinct(found: Vec<Found>) -> Vec<Found> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut tokens: Vec<Found> = Vec::new();
    for next in found {
        match places.get(next.token.expose()) {
            None => {
                places.insert(next.token.expose().to_owned(), tokens.len());
                tokens.push(next);
            }
            Some(index) => {
                if let Some(known) = tokens.get_mut(*index)
                    && next.rank(None) < known.rank(None)
                {
                    *known = next;
                }
            }
        }
    }
    tokens.sort_by_key(|found| found.rank(None));
    // Of several messages of a connection the last is in use.
    let is_message = |found: &Found| found.carrier == Carrier::ConvexWebsocket;
    for messages in tokens.chunk_by_mut(|one, other| is_message(one) && is_message(other)) {
        messages.reverse();
    }
    tokens
}

impl Found {
    /// How surely it is the token that Convex gets: the smallest is the best.
    fn rank(&self, suffix: Option<&str>) -> (bool, u8) {
        (self.is_removed, self.carrier.rank(self.aim, suffix))
    }
}

/// The suffix of an instance's cookies.
pub fn cookie_suffix(publishable_key: &str) -> String {
    use base64::Engine as _;
    let digest = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
        publishable_key.as_bytes(),
    );
    base64::engine::general_purpose::URL_SAFE
        .encode(digest.as_ref())
        .chars()
        .take(8)
        .collect()
}

impl Paste {
    /// Puts the token of the cookie with this suffix before those of other cookies.
    pub fn prefer_cookie_suffix(&mut self, suffix: &str) {
        if let Outcome::Tokens(tokens) = &mut self.outcome {
            tokens.sort_by_key(|found| found.rank(Some(suffix)));
        }
    }
}
