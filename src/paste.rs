//! Any text to tokens, claims, or a named non-token.

use crate::error_line::{self, ErrorLine};
use crate::secret::Secret;
use crate::token::Token;
use serde_json::{Map, Value};

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
}

/// In what a token stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    /// Alone.
    Bare,
    /// Behind `Bearer`.
    AuthorizationHeader,
}

impl Carrier {
    /// The name in reports.
    pub fn name(&self) -> String {
        match self {
            Self::Bare => "bare".to_owned(),
            Self::AuthorizationHeader => "authorization-header".to_owned(),
        }
    }
}

/// What was undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// The scheme.
    Bearer,
    /// Quotes around it.
    Quotes,
}

impl Repair {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Quotes => "quotes",
        }
    }
}

/// Claims without a signature.
#[derive(Debug)]
pub struct Claims {
    /// The claims.
    pub json: Map<String, Value>,
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

/// Reads a paste.
pub fn read(bytes: &[u8]) -> Paste {
    let text = String::from_utf8_lossy(bytes);
    let mut repairs = Vec::new();
    let mut carrier = Carrier::Bare;
    let mut rest = text.trim();
    if let Some((scheme, behind)) = rest.split_once(char::is_whitespace)
        && scheme.eq_ignore_ascii_case("bearer")
    {
        rest = behind.trim();
        carrier = Carrier::AuthorizationHeader;
        repairs.push(Repair::Bearer);
    }
    let bare = rest.trim_matches(['"', '\'', '`']);
    if bare.len() != rest.len() {
        repairs.push(Repair::Quotes);
    }
    let outcome = if bare.is_empty() {
        reject("token-absent", "the paste is empty")
    } else {
        let token = Token::read(bare);
        if token.header.fault.is_none() && token.payload.fault.is_none() && token.segments == 3 {
            Outcome::Tokens(vec![Found {
                token: Secret::new(bare),
                carrier,
                repairs,
            }])
        } else {
            reject("token-segments", "it has not the form of a token")
        }
    };
    Paste {
        outcome,
        errors: error_line::recognise(&text),
        notes: Vec::new(),
    }
}

fn reject(rule: &'static str, say: &str) -> Outcome {
    let fix = crate::explain::rule(rule).map_or("", |(_, rule)| rule.fix);
    Outcome::Rejected(Rejection {
        rule,
        say: say.to_owned(),
        next: fix.to_owned(),
    })
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
    /// Puts the token of the cookie with this suffix first.
    pub fn prefer_cookie_suffix(&mut self, _suffix: &str) {}
}
