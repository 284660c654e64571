//! The payload, as Convex reads it: first the registered claims alone, later all of them into fixed types (facts A1 step 1, A2).

use super::Cause;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
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

    /// A claim about the user; an empty language tag is none.
    pub(super) fn standard(&self, name: &str) -> Option<&Value> {
        self.members
            .iter()
            .rev()
            .find(|(own, _)| {
                own.strip_prefix(name)
                    .is_some_and(|rest| rest.is_empty() || rest == "#")
            })
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
    /// The names that stand twice in it, when it is an object.
    repeated: Vec<String>,
}

impl Member {
    fn of(value: impl Into<Value>) -> Self {
        Self {
            value: value.into(),
            repeated: Vec::new(),
        }
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyMember)
    }
}

struct AnyMember;

impl<'de> Visitor<'de> for AnyMember {
    type Value = Member;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::of(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Member, E> {
        Ok(Member::of(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Member, E> {
        Ok(Member::of(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Member, E> {
        Ok(Member::of(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Member, E> {
        Ok(Member::of(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Member, E> {
        Ok(Member::of(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Member, E> {
        Ok(Member::of(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Member, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element::<Value>()? {
            all.push(item);
        }
        Ok(Member::of(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        let mut members = Map::new();
        let mut repeated = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if members.insert(name.clone(), value).is_some() {
                repeated.push(name);
            }
        }
        Ok(Member {
            value: Value::Object(members),
            repeated,
        })
    }
}

/// An object's members, in their order, duplicates included.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Member)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(16);
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// The members of the claims, read once: that holds the limit of depth, and refuses broken escapes inside.
fn claims(text: &str) -> Result<Vec<(String, Member)>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Members)?;
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
    let list = claims(text)
        .map_err(|error| broken(&format!("the claims are not a JSON object: {error}")))?;
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
                Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                    causes.push(mistyped(name, value, "a number of seconds since 1970"));
                }
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

/// The claims of the token itself, not of the user.
pub(super) const OF_TOKEN: [&str; 7] = [
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
];

/// A claim's name and its language tag; an empty tag is none.
pub(super) fn split_tag(name: &str) -> (&str, Option<&str>) {
    name.split_once('#').map_or((name, None), |(base, tag)| {
        (base, Some(tag).filter(|tag| !tag.is_empty()))
    })
}

/// Whether a language tag may follow the name.
pub(super) fn is_localised(base: &str) -> bool {
    STANDARD
        .iter()
        .any(|(name, _, localised)| *name == base && *localised)
}

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
        let (base, tag) = split_tag(name);
        let standard = STANDARD
            .iter()
            .chain([&("c_hash", Type::Text, false)])
            .find(|(own, _, _)| *own == base);
        let Some((_, wanted, localised)) = standard else {
            if base == "sub" && name != "sub" {
                causes.push(Cause::ClaimTwice { name: name.clone() });
            }
            continue;
        };
        if OF_TOKEN.contains(&base) && name != base {
            // Only the exact name is the claim; with a tag it is one of the caller's own.
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
        // A plain claim that was null so far may still come; a localised one and those of the token stand once.
        let once = *localised || OF_TOKEN.contains(&base);
        let before = payload.members[..index]
            .iter()
            .rfind(|(other, _)| split_tag(other) == (base, tag));
        if before.is_some_and(|(_, earlier)| once || !earlier.value.is_null()) {
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
            let twice = member.repeated.iter().any(|name| known(&name));
            !twice
                && fields
                    .iter()
                    .filter(|(name, _)| known(name))
                    .all(|(_, value)| text(value))
        }
        // A sequence of all fields, in their order, is read as well.
        Value::Array(items) => items.len() == ADDRESS.len() && items.iter().all(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
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
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
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
    let two = |at: usize| -> Option<i64> { text.get(at..at + 2)?.parse().ok() };
    let offset = match zone.as_bytes() {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), a, b, b':', c, d]
            if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()) =>
        {
            let of = |tens: u8, ones: u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
            let (hours, minutes) = (of(*a, *b), of(*c, *d));
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let (year, month, day) = (text.get(0..4)?.parse::<i64>().ok()?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Nine digits are kept. A leap second stands behind the 59th, as more than a whole one.
    let nanoseconds: u32 = format!("{:0<9}", fraction.get(..9).unwrap_or(fraction))
        .parse()
        .ok()?;
    let (second, nanoseconds) = if second == 60 {
        (59, nanoseconds + 1_000_000_000)
    } else {
        (second, nanoseconds)
    };
    let since = days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some((since - offset, nanoseconds))
}

/// Days from 1970-01-01, after Howard Hinnant's civil calendar: years that begin in March.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}
