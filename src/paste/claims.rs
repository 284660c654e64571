//! Claims without a signature: previews, dumps, panes of decoders, and sources of templates.

use super::literal;
use super::place::head;
use crate::token::{Part, Token};
use serde_json::{Map, Value};

/// Claims without a signature.
#[derive(Debug)]
pub struct Claims {
    /// The claims.
    pub json: Map<String, Value>,
    /// What they were taken from.
    pub source: ClaimsSource,
    /// The JWT template that they are the claims of, as Clerk's API shows it.
    pub template: Option<Map<String, Value>>,
}

/// What claims were taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimsSource {
    /// JSON of claims, as a preview or a decoder shows it.
    Preview,
    /// The source of a JWT template, with or without shortcodes.
    Template,
    /// Header and claims of a token, or its claims alone.
    TwoParts,
    /// What `auth()` or `sessionClaims` printed.
    Dump,
}

/// The longest text in which claims are looked for.
const LONGEST: usize = 1 << 20;
/// The most objects that are looked at.
const MOST: usize = 64;

/// Names that only claims have, or nearly.
const CLAIMS: [&str; 12] = [
    "iss", "sub", "aud", "exp", "iat", "nbf", "azp", "sid", "jti", "fva", "email", "name",
];
/// Names that show that an object is something else.
const OTHERS: [&str; 9] = [
    "errors",
    "keys",
    "kty",
    "jwks_uri",
    "authorization_endpoint",
    "message",
    "tokenType",
    "log",
    "sessions",
];

/// Claims of a text, and notes about them.
pub(super) fn read(text: &str) -> Option<(Claims, Vec<String>)> {
    if text.len() > LONGEST {
        return None;
    }
    if let Some(one) = of_list(text.trim()).and_then(|list| chosen(&list)) {
        return of_object(one, 1);
    }
    let mut rest = text;
    for _ in 0..MOST {
        rest = rest.get(rest.find('{')?..)?;
        let Some((members, behind)) = parse(rest) else {
            rest = &rest[1..];
            continue;
        };
        if let Some(found) = of_object(members, 0) {
            return Some(found);
        }
        rest = behind;
    }
    None
}

/// The first object of a text, in JSON or as a console prints it.
pub(super) fn object(text: &str) -> Option<Map<String, Value>> {
    let short = text
        .get(text.find('{')?..)
        .filter(|text| text.len() <= LONGEST)?;
    Some(parse(short)?.0)
}

fn parse(text: &str) -> Option<(Map<String, Value>, &str)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    if let Some(Ok(members)) = stream.next() {
        return Some((
            members,
            text.get(stream.byte_offset()..).unwrap_or_default(),
        ));
    }
    literal::object(text)
}

fn of_object(mut members: Map<String, Value>, depth: usize) -> Option<(Claims, Vec<String>)> {
    if depth > 4 {
        return None;
    }
    if members.get("object").and_then(Value::as_str) == Some("jwt_template")
        || (members.contains_key("claims") && members.contains_key("lifetime"))
    {
        return template(members);
    }
    for (wrapper, source) in [
        ("sessionClaims", ClaimsSource::Dump),
        ("payload", ClaimsSource::Preview),
        ("claims", ClaimsSource::Preview),
    ] {
        if let Some(Value::Object(_)) = members.get(wrapper)
            && let Some(Value::Object(inner)) = members.remove(wrapper)
        {
            let (mut claims, notes) = of_object(inner, depth + 1)?;
            if claims.source == ClaimsSource::Preview {
                claims.source = source;
            }
            return Some((claims, notes));
        }
    }
    if let Some(Value::Array(list)) = members.get("data")
        && let Some(one) = chosen(list)
    {
        return of_object(one, depth + 1);
    }
    let claims_like = CLAIMS.iter().any(|name| members.contains_key(*name));
    let shortcodes = members.values().any(has_shortcode);
    if OTHERS.iter().any(|name| members.contains_key(*name)) || !(claims_like || shortcodes) {
        return None;
    }
    let source = if shortcodes {
        ClaimsSource::Template
    } else {
        ClaimsSource::Preview
    };
    Some((
        Claims {
            json: members,
            source,
            template: None,
        },
        Vec::new(),
    ))
}

/// A list, as Clerk's API answers with.
fn of_list(text: &str) -> Option<Vec<Value>> {
    text.starts_with('[')
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

/// Of a list of templates the one named convex: it is what Convex's provider asks for.
fn chosen(list: &[Value]) -> Option<Map<String, Value>> {
    list.iter()
        .find(|item| item.get("name").and_then(Value::as_str) == Some("convex"))
        .or_else(|| list.first())
        .and_then(Value::as_object)
        .cloned()
}

fn template(members: Map<String, Value>) -> Option<(Claims, Vec<String>)> {
    let json = match members.get("claims")? {
        Value::Object(claims) => claims.clone(),
        Value::String(source) => parse(source)?.0,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    };
    let mut notes = Vec::new();
    if let Some(name) = members.get("name").and_then(Value::as_str) {
        notes.push(format!("The JWT template is named {:?}.", head(name, 64)));
    }
    if let Some(seconds) = members.get("lifetime").and_then(Value::as_f64) {
        notes.push(format!("Its tokens live {seconds} seconds."));
    }
    Some((
        Claims {
            json,
            source: ClaimsSource::Template,
            template: Some(members),
        },
        notes,
    ))
}

fn has_shortcode(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{"),
        Value::Array(items) => items.iter().any(has_shortcode),
        Value::Object(members) => members.values().any(has_shortcode),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The claims of a token without a signature, or of the claims part alone.
pub(super) fn of_parts(compact: &str) -> Option<Claims> {
    let token = if compact.contains('.') {
        Token::read(compact)
    } else {
        Token::read(&format!("e30.{compact}."))
    };
    let Part { members, fault, .. } = token.payload;
    let likely = compact.contains('.') || CLAIMS.iter().any(|name| members.contains_key(*name));
    (fault.is_none() && likely && !members.contains_key("alg")).then_some(Claims {
        json: members,
        source: ClaimsSource::TwoParts,
        template: None,
    })
}
