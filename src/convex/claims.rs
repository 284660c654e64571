//! The payload, as Convex reads it: first the registered claims alone, later all of them into fixed types (facts A1 step 1, A2).

use super::Cause;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Times at or above this are out of the calendar: year 262144.
const LAST_SECOND: f64 = 8_210_266_876_800.0;
/// The first second of the calendar.
const FIRST_SECOND: f64 = -8_334_601_228_800.0;

const REGISTERED: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// The claims of a token, in their order, duplicates included.
#[derive(Debug)]
pub(super) struct Payload {
    pub(super) members: Vec<(String, Member)>,
    pub(super) issuer: Option<String>,
    pub(super) audiences: Vec<String>,
}

impl Payload {
    /// A claim; of duplicates the last.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.members
            .iter()
            .rev()
            .find(|(own, _)| own == name)
            .map(|(_, member)| &member.value)
    }

    /// A claim that is a number.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.value(name).and_then(Value::as_f64)
    }
}

/// One member, with what is lost in a plain value.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) value: Value,
    /// The names of an object's members, duplicates included.
    names: Vec<String>,
}

/// An object's members as raw text.
pub(super) struct Raw;

impl<'de> Visitor<'de> for Raw {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
            members.push((Cow::Owned(name), value));
        }
        Ok(members)
    }
}

/// The members of an object, in their order, duplicates included; nothing may follow it.
pub(super) fn members(text: &str) -> Result<Vec<(Cow<'_, str>, &RawValue)>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Raw)?;
    reader.end()?;
    Ok(members)
}

/// Step 1: the second segment, decoded strictly, one JSON object, registered claims well typed and not repeated.
pub(super) fn payload(token: &str) -> Result<Payload, Vec<Cause>> {
    let broken = |why: &str| vec![Cause::Payload(why.to_owned())];
    let Some(segment) = token.split('.').nth(1) else {
        return Err(broken("there is no second part"));
    };
    let bytes = URL_SAFE_NO_PAD
        .decode(segment)
        .map_err(|_| broken("the second part is not base64url"))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| broken("the claims are not UTF-8"))?;
    // The whole value is read too: it holds the limit of depth, and refuses broken escapes inside.
    serde_json::from_str::<Value>(text)
        .map_err(|error| broken(&format!("the claims are not JSON: {error}")))?;
    let raw = members(text)
        .map_err(|error| broken(&format!("the claims are not a JSON object: {error}")))?;
    let mut list = Vec::with_capacity(raw.len());
    for (name, value) in raw {
        let parsed: Value =
            serde_json::from_str(value.get()).map_err(|error| broken(&error.to_string()))?;
        let names = match parsed {
            Value::Object(_) if name == "address" => members(value.get())
                .map(|inner| {
                    inner
                        .into_iter()
                        .map(|(name, _)| name.into_owned())
                        .collect()
                })
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        list.push((
            name.into_owned(),
            Member {
                value: parsed,
                names,
            },
        ));
    }
    let causes = registered(&list);
    if !causes.is_empty() {
        return Err(causes);
    }
    let find = |name: &str| {
        list.iter()
            .find(|(own, _)| own == name)
            .map(|(_, member)| &member.value)
    };
    let audiences = match find("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    Ok(Payload {
        issuer: find("iss").and_then(Value::as_str).map(str::to_owned),
        audiences,
        members: list,
    })
}

fn registered(list: &[(String, Member)]) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (index, (name, member)) in list.iter().enumerate() {
        if !REGISTERED.contains(&name.as_str()) {
            continue;
        }
        if list[..index].iter().any(|(other, _)| other == name) {
            causes.push(Cause::ClaimTwice { name: name.clone() });
            continue;
        }
        let value = &member.value;
        match name.as_str() {
            "aud" => {
                let fits = match value {
                    Value::Null | Value::String(_) => true,
                    Value::Array(items) => items.iter().all(Value::is_string),
                    Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
                };
                if !fits {
                    causes.push(mistyped(name, value, "a string, or an array of strings"));
                }
            }
            "exp" | "nbf" | "iat" => match value {
                Value::Null => {}
                Value::Number(number) => match number.as_f64() {
                    Some(seconds) if seconds >= LAST_SECOND => {
                        causes.push(Cause::TimeOutOfRange { name: name.clone() });
                    }
                    Some(seconds) if seconds >= 0.0 => {}
                    _ => causes.push(mistyped(name, value, "a number of seconds since 1970")),
                },
                _ => causes.push(mistyped(name, value, "a number of seconds since 1970")),
            },
            _ => {
                if !value.is_string() && !value.is_null() {
                    causes.push(mistyped(name, value, "a string"));
                }
            }
        }
    }
    causes
}

fn mistyped(name: &str, value: &Value, wanted: &'static str) -> Cause {
    Cause::ClaimType {
        name: name.to_owned(),
        found: kind(value),
        wanted,
    }
}

/// A value's type in words, with the value where it is short.
pub(super) fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.chars().count() <= 24 => {
            format!("the string {}", Value::from(text.as_str()))
        }
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// How Convex types a claim at step 6.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Flag,
    Texts,
    Time,
    Address,
}

/// The claims with fixed types, and whether a language tag may follow the name (OpenID Connect Core, 5.1 and 5.2).
const STANDARD: [(&str, Type, bool); 26] = [
    ("name", Type::Text, true),
    ("given_name", Type::Text, true),
    ("family_name", Type::Text, true),
    ("middle_name", Type::Text, true),
    ("nickname", Type::Text, true),
    ("preferred_username", Type::Text, false),
    ("profile", Type::Text, true),
    ("picture", Type::Text, true),
    ("website", Type::Text, true),
    ("email", Type::Text, false),
    ("email_verified", Type::Flag, false),
    ("gender", Type::Text, false),
    ("birthday", Type::Text, false),
    ("birthdate", Type::Text, false),
    ("zoneinfo", Type::Text, false),
    ("locale", Type::Text, false),
    ("phone_number", Type::Text, false),
    ("phone_number_verified", Type::Flag, false),
    ("address", Type::Address, false),
    ("updated_at", Type::Time, false),
    ("auth_time", Type::Time, false),
    ("nonce", Type::Text, false),
    ("acr", Type::Text, false),
    ("amr", Type::Texts, false),
    ("azp", Type::Text, false),
    ("at_hash", Type::Text, false),
];

const ADDRESS: [&str; 6] = [
    "formatted",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "country",
];

/// Step 6: every claim into its type, required ones present.
pub(super) fn typed(payload: &Payload) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (index, (name, member)) in payload.members.iter().enumerate() {
        let (base, tag) = name
            .split_once('#')
            .map_or((name.as_str(), None), |(base, tag)| (base, Some(tag)));
        let standard = STANDARD
            .iter()
            .chain([&("c_hash", Type::Text, false)])
            .find(|(own, _, _)| *own == base);
        let subject = base == "sub" && tag.is_some();
        let Some((_, wanted, localised)) = standard else {
            if subject {
                causes.push(Cause::ClaimTwice { name: name.clone() });
            }
            continue;
        };
        let of_token = matches!(
            base,
            "auth_time" | "nonce" | "acr" | "amr" | "azp" | "at_hash" | "c_hash"
        );
        if tag.is_some() && of_token {
            continue;
        }
        if tag.is_some() && !localised {
            causes.push(Cause::ClaimType {
                name: name.clone(),
                found: "a language tag".to_owned(),
                wanted: "the claim without one",
            });
            continue;
        }
        if payload.members[..index]
            .iter()
            .any(|(other, _)| other == name)
        {
            causes.push(Cause::ClaimTwice { name: name.clone() });
            continue;
        }
        if let Some(wanted) = misfit(*wanted, member) {
            causes.push(mistyped(name, &member.value, wanted));
        }
    }
    for name in ["sub", "exp", "iat"] {
        let value = payload
            .members
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, member)| &member.value);
        if value.is_none_or(Value::is_null) {
            causes.push(Cause::ClaimMissing(name));
        }
    }
    causes
}

/// What Convex wants instead, when a value does not fit its type.
fn misfit(wanted: Type, member: &Member) -> Option<&'static str> {
    let value = &member.value;
    if value.is_null() {
        return None;
    }
    let (fits, words) = match wanted {
        Type::Text => (value.is_string(), "a string"),
        Type::Flag => (value.is_boolean(), "true or false, without quotes"),
        Type::Texts => (
            value
                .as_array()
                .is_some_and(|items| items.iter().all(Value::is_string)),
            "an array of strings",
        ),
        Type::Time => (
            time(value).is_some(),
            "seconds since 1970, or a time with its zone as RFC 3339 writes it",
        ),
        Type::Address => (address_fits(member), "an object of strings"),
    };
    (!fits).then_some(words)
}

fn address_fits(member: &Member) -> bool {
    let text = |value: &Value| value.is_string() || value.is_null();
    match &member.value {
        Value::Object(fields) => {
            let known = |name: &&String| ADDRESS.contains(&name.as_str());
            let twice = member
                .names
                .iter()
                .enumerate()
                .any(|(index, name)| known(&name) && member.names[..index].contains(name));
            !twice
                && fields
                    .iter()
                    .filter(|(name, _)| known(name))
                    .all(|(_, value)| text(value))
        }
        // A sequence of all fields, in their order, is read as well.
        Value::Array(items) => items.len() == ADDRESS.len() && items.iter().all(text),
        _ => false,
    }
}

/// `updated_at` and `auth_time`: seconds and nanoseconds since the epoch.
pub(super) fn time(value: &Value) -> Option<(i64, u32)> {
    match value {
        Value::Number(number) => {
            let seconds = number.as_f64()?;
            if !(FIRST_SECOND..LAST_SECOND).contains(&seconds) {
                return None;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "in range, and a fraction of a second"
            )]
            Some((
                seconds.floor() as i64,
                ((seconds - seconds.floor()) * 1e9) as u32,
            ))
        }
        Value::String(text) => rfc3339(text),
        _ => None,
    }
}

/// RFC 3339 with its zone; a blank may stand for the `T`.
fn rfc3339(text: &str) -> Option<(i64, u32)> {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes
            .get(range)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let signs = bytes.len() >= 20
        && digits(0..4)
        && bytes.get(4) == Some(&b'-')
        && digits(5..7)
        && bytes.get(7) == Some(&b'-')
        && digits(8..10)
        && matches!(bytes.get(10), Some(b'T' | b't' | b' '))
        && digits(11..13)
        && bytes.get(13) == Some(&b':')
        && digits(14..16)
        && bytes.get(16) == Some(&b':')
        && digits(17..19);
    if !signs {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest
                .find(|character: char| !character.is_ascii_digit())
                .unwrap_or(rest.len());
            (
                rest.get(..end).filter(|digits| !digits.is_empty())?,
                rest.get(end..)?,
            )
        }
        None => ("", rest),
    };
    let zone_bytes = zone.as_bytes();
    let zone_fits = matches!(zone, "Z" | "z")
        || matches!(zone_bytes, [b'+' | b'-', a, b, b':', c, d] if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()));
    if !zone_fits {
        return None;
    }
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let point = if fraction.is_empty() {
        String::new()
    } else {
        format!(".{fraction}")
    };
    let normal = format!(
        "{}T{}{point}{}",
        text.get(..10)?,
        text.get(11..19)?,
        zone.to_ascii_uppercase()
    );
    let timestamp: jiff::Timestamp = normal.parse().ok()?;
    let nanoseconds = timestamp.as_nanosecond().rem_euclid(1_000_000_000);
    let seconds = timestamp.as_nanosecond().div_euclid(1_000_000_000);
    Some((
        i64::try_from(seconds).ok()?,
        u32::try_from(nanoseconds).ok()?,
    ))
}
