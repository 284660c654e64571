//! What stands where a token should be, and is none: words, placeholders, empty fields.

use super::Rejection;
use super::carrier::is_token_field;
use super::reject::{reject, squeeze};
use memchr::memmem;
use serde_json::{Map, Value};

/// Words that stand where a token should be.
pub(super) fn word(core: &str) -> Option<Rejection> {
    if core.len() > 200 {
        return None;
    }
    let value = core
        .rsplit_once('=')
        .filter(|(name, _)| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b' ')
        })
        .map_or(core, |(_, value)| value.trim_matches(['"', '\'', ' ']));
    match value {
        "null" | "undefined" | "None" | "nil" | "NULL" | "false" | "NaN" => {
            return Some(reject("token-null", format!("the word {value}")));
        }
        "[object Object]" => {
            return Some(reject(
                "token-mangled",
                "an object that was turned into text where the token's string should be",
            ));
        }
        _ => {}
    }
    let small = value.to_ascii_lowercase();
    let bracketed = (value.starts_with('<') && value.ends_with('>'))
        || (value.starts_with("{{") && value.ends_with("}}"))
        || (value.starts_with('[') && value.ends_with(']') && !value.contains('{'));
    let about_token = [
        "token", "jwt", "paste", "your", "redacted", "filtered", "masked", "hidden",
    ]
    .iter()
    .any(|word| small.contains(word));
    let shell = value.strip_prefix('$').is_some_and(|name| {
        !name.is_empty()
            && name.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'{' | b'}' | b':')
            })
    }) || (value.starts_with("$(") && value.ends_with(')'))
        || (value.starts_with('%') && value.ends_with('%') && value.len() > 2)
        || value.starts_with("process.env.");
    let filler = [
        "xxx", "your_", "your-", "<your", "paste_", "paste-", "insert", "replace_", "changeme",
        "...",
    ]
    .iter()
    .any(|start| small.starts_with(start));
    let lone = matches!(
        small.as_str(),
        "token"
            | "jwt"
            | "todo"
            | "convex_token"
            | "my_token"
            | "access_token"
            | "header.payload.signature"
    );
    let one_word = !value.contains(char::is_whitespace);
    let masked = value.chars().count() >= 3 && value.chars().all(|sign| "*•●·…xX".contains(sign));
    (bracketed && about_token || shell || masked || filler && (one_word || about_token) || lone)
        .then(|| reject("token-placeholder", "a placeholder, as examples have it"))
}

/// Where a token should be, and is none: a field that is null, an empty cookie, a promise that failed, a connection's other messages.
pub(super) fn field(text: &str) -> Option<Rejection> {
    if let Some((name, is_null)) = super::claims::object(text).and_then(|json| token_field(&json)) {
        return Some(if is_null {
            reject("token-null", format!("the field `{name}` is null"))
        } else {
            reject("token-absent", format!("the field `{name}` is empty"))
        });
    }
    let cookie = text.find("__session").and_then(|at| {
        let name = text[at..].split(['=', '\n', ' ']).next()?;
        text[at + name.len()..].strip_prefix('=')
    });
    if cookie.is_some_and(|value| {
        value.is_empty() || value.starts_with([';', '\n', '\r', '"', '\'', ' '])
    }) {
        return Some(reject(
            "token-absent",
            "the cookie `__session` is empty: nobody is signed in",
        ));
    }
    if text.contains("Promise {") && text.contains("rejected") {
        return Some(reject(
            "token-promise",
            "the console's print of a promise that failed: there is no token, and the error beside it says why",
        ));
    }
    if let Some(rejection) = header(text) {
        return Some(rejection);
    }
    let squeezed = squeeze(text);
    if squeezed.contains("\"type\":\"Authenticate\"") && squeezed.contains("\"value\":null") {
        let say = "an Authenticate message of Convex's connection, whose token is null";
        return Some(reject("token-null", say));
    }
    let message = |kind: &str| squeezed.contains(&format!("\"type\":\"{kind}\""));
    (text.contains("\"type") && (message("Connect") || message("ModifyQuerySet"))).then(|| {
        reject(
            "socket-without-token",
            "messages of Convex's connection, and no Authenticate with a token among them",
        )
    })
}

/// An Authorization header of a copied request, in whatever writing, that has a word or a placeholder where the token belongs.
fn header(text: &str) -> Option<Rejection> {
    let small = text.to_ascii_lowercase();
    memmem::find_iter(small.as_bytes(), b"authorization").find_map(|at| {
        let between = |sign: char| sign.is_ascii_whitespace() || "\"':=,\\".contains(sign);
        let rest = text.get(at + "authorization".len()..)?;
        let rest = rest.trim_start_matches(between);
        // As HAR files and lists of headers have it.
        let rest = rest.strip_prefix("value").unwrap_or(rest);
        let rest = rest.trim_start_matches(between);
        let scheme = rest.get(.."bearer".len())?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let rest = rest.get(scheme.len()..)?.trim_start_matches(' ');
        let value = rest
            .split(['"', '\'', '`', '\\', '\n', '\r'])
            .next()
            .unwrap_or_default()
            .trim_end();
        if value.is_empty() {
            let say = "an Authorization header with nothing behind `Bearer`";
            return Some(reject("token-absent", say));
        }
        let found = word(value)?;
        let say = format!("an Authorization header, and in it {}", found.say);
        Some(reject(found.rule, say))
    })
}

/// A field of a token that holds none, wherever it stands, and whether it is null or empty.
fn token_field(json: &Map<String, Value>) -> Option<(String, bool)> {
    json.iter().find_map(|(name, value)| match value {
        Value::Object(inner) => token_field(inner),
        Value::Null => is_token_field(name).then(|| (name.clone(), true)),
        Value::String(text) => {
            (text.is_empty() && is_token_field(name)).then(|| (name.clone(), false))
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    })
}
