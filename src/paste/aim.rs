//! Whom a token is for, by the address of the request that it stands in: of the tokens of several requests that of Convex's is judged.

use super::Carrier;
use super::json_path::Place;
use super::place::tail;
use memchr::memmem;

/// Whom a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// It is sent to Convex, or is Clerk's answer to the question for a template's token.
    Convex,
    /// Nothing tells.
    Unknown,
    /// It is sent to another server.
    Elsewhere,
}

/// How much is looked at before a token for the request's address.
const BEFORE: usize = 16 << 10;

/// How requests begin that tools copy as commands.
const BEGINNINGS: [&str; 3] = ["curl ", "fetch(", "-Uri "];

/// Paths of a deployment's API, where its host is one of one's own.
const PATHS: [&str; 5] = [
    "/api/query",
    "/api/mutation",
    "/api/action",
    "/api/function",
    "/api/run/",
];

/// The aim of the token that begins at `start`.
pub(super) fn of(text: &str, start: usize, carrier: &Carrier, json: Option<&Place>) -> Aim {
    let of_json = json.and_then(|place| place.url.as_deref());
    match carrier {
        Carrier::AuthorizationHeader => {
            let address = of_json.or_else(|| command(&text[..start]));
            match address.and_then(parts) {
                Some((host, path)) if is_convex(host, path) => Aim::Convex,
                Some(_) => Aim::Elsewhere,
                None => Aim::Unknown,
            }
        }
        Carrier::Json(_) if of_json.is_some_and(|address| address.contains("/tokens/convex")) => {
            Aim::Convex
        }
        _ => Aim::Unknown,
    }
}

/// The address of the last request that begins in this text, as a command.
fn command(before: &str) -> Option<&str> {
    let before = tail(before, BEFORE);
    let last = |mark: &&str| memmem::rfind(before.as_bytes(), mark.as_bytes());
    let request = &before[BEGINNINGS.iter().filter_map(last).max()?..];
    let scheme = request.find("://")?;
    let begin = request[..scheme].trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let address = &request[begin.len()..];
    let ends = |sign: char| sign.is_whitespace() || matches!(sign, '"' | '\'' | '`' | '^' | '\\');
    address.split(ends).next()
}

/// The host and the path.
fn parts(address: &str) -> Option<(&str, &str)> {
    let (_, rest) = address.split_once("://")?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.split(':').next()?;
    Some((host, path))
}

fn is_convex(host: &str, path: &str) -> bool {
    let is_sync = path.starts_with("/api/")
        && path
            .split('?')
            .next()
            .is_some_and(|path| path.ends_with("/sync"));
    host.ends_with(".convex.cloud")
        || host.ends_with(".convex.site")
        || is_sync
        || PATHS.iter().any(|own| path.starts_with(own))
}
