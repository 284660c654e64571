//! What a copied request or connection sends to Convex, where it sends no token: its cookies do not make up for that.

use super::place::{head, tail};
use super::{Carrier, Found, Outcome, Rejection};
use memchr::memmem;

/// The most schemes that are looked at.
const MOST: usize = 64;
/// How much is looked at before a scheme, and behind it.
const BEFORE: usize = 64;
const BEHIND: usize = 16 << 10;

/// What is sent, and why it is no token. `None`: a token is sent, or it cannot be told.
pub(super) fn instead(text: &str, found: &[Found]) -> Option<Rejection> {
    let is_sent = |found: &Found| {
        matches!(
            found.carrier,
            Carrier::AuthorizationHeader | Carrier::ConvexWebsocket
        )
    };
    if found.iter().any(is_sent) {
        return None;
    }
    let of_header = memmem::find_iter(text.as_bytes(), b"earer")
        .take(MOST)
        .filter_map(|at| value(text, at))
        .find_map(|value| no_token(value, "the Authorization header"));
    of_header.or_else(|| {
        let at = memmem::find(text.as_bytes(), b"tokenType")?;
        let message = head(&text[at..], BEFORE).split('}').next()?;
        message.contains("None").then_some(())?;
        no_token(
            "{\"type\":\"Authenticate\",\"tokenType\":\"None\"}",
            "the connection",
        )
    })
}

/// What a copied request or connection does with the token besides sending it, or in its place.
pub(super) fn aside(text: &str, found: &[Found]) -> Option<String> {
    let is_of_socket = |found: &Found| matches!(found.carrier, Carrier::ConvexWebsocket);
    if found.iter().any(is_of_socket) {
        let last = memmem::rfind(text.as_bytes(), b"tokenType")?;
        let message = head(&text[last..], BEFORE).split('}').next()?;
        return message.contains("None").then(|| {
            "The last message of this connection takes the token back (`tokenType` `None`): from there on Convex knows no user."
                .to_owned()
        });
    }
    let is_sent_to_convex = memmem::find(text.as_bytes(), b".convex.cloud").is_some();
    (is_cookies_only(found) && is_sent_to_convex && has_basic(text)).then(|| {
        "The request does not send the token that is judged here: its Authorization header is a Basic one, which Convex refuses with 400 \
         InvalidAdminKey, and Convex reads no cookies."
            .to_owned()
    })
}

/// Whether an Authorization header has the scheme of a user name and password.
fn has_basic(text: &str) -> bool {
    memmem::find_iter(text.as_bytes(), b"asic ")
        .take(MOST)
        .map(|at| tail(&text[..at], BEFORE).to_ascii_lowercase())
        .any(|before| before.ends_with('b') && before.contains("authorization"))
}

/// Whether every token is a cookie's, so that Convex gets none of them.
pub(super) fn is_cookies_only(found: &[Found]) -> bool {
    let is_cookie =
        |found: &Found| matches!(found.carrier, Carrier::Cookie(_) | Carrier::SetCookie(_));
    found.iter().all(is_cookie)
}

/// What stands behind the scheme of an Authorization header.
fn value(text: &str, at: usize) -> Option<&str> {
    let before = tail(&text[..at], BEFORE).to_ascii_lowercase();
    let behind = head(text.get(at + "earer".len()..)?, BEHIND);
    let value = behind
        .trim_start_matches([' ', ':', '\t'])
        .split(['\n', '\r', '"', '\'', '`', '\\', ',', ';', '}'])
        .next()?
        .trim();
    // An empty value is the header's only at the end of a line: in code, something is added to it.
    let is_code = value.is_empty() && !behind.trim_start_matches(' ').starts_with(['\r', '\n']);
    (before.ends_with('b') && before.contains("authorization") && !is_code).then_some(value)
}

fn no_token(value: &str, place: &str) -> Option<Rejection> {
    match super::read(value.as_bytes()).outcome {
        Outcome::Rejected(rejection) => Some(Rejection {
            say: format!("what {place} holds: {}", rejection.say),
            ..rejection
        }),
        Outcome::Tokens(_) | Outcome::Claims(_) | Outcome::None => None,
    }
}
