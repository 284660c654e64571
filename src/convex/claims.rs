//! The payload, as Convex reads it: first the registered claims alone, later all of them into fixed types (facts A1 step 1, A2).

use super::claim::{Claim, Class, Set, Tag, Type};
use super::{Cause, base64url};
use crate::bounded::Budget;
use crate::escape::shorten;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// Times at or above this are out of the calendar: year 262144.
const LAST_SECOND: f64 = 8_210_266_876_800.0;
/// The first second of the calendar.
const FIRST_SECOND: f64 = -8_334_601_228_800.0;

/// The claims of a token, in their order, duplicates included. They borrow from the decoded segment.
#[derive(Debug)]
pub(super) struct Payload<'a> {
    /// The decoded segment.
    pub(super) text: &'a str,
    pub(super) members: Vec<Entry<'a>>,
}

/// A member of an object, and the claim that its name stands for.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) claim: Option<Claim>,
    pub(super) tag: Tag,
    pub(super) member: Member<'a>,
}

impl<'a> Payload<'a> {
    /// A claim; of duplicates the last.
    #[inline]
    pub(super) fn value(&self, claim: Claim) -> Option<&Member<'a>> {
        let mut entries = self.members.iter().rev();
        let entry = entries.find(|entry| entry.claim == Some(claim) && entry.tag == Tag::None)?;
        Some(&entry.member)
    }

    /// A claim about the user; an empty language tag is none.
    pub(super) fn standard(&self, claim: Claim) -> Option<&Member<'a>> {
        let mut entries = self.members.iter().rev();
        let entry = entries.find(|entry| entry.claim == Some(claim) && entry.tag != Tag::Language);
        entry.map(|entry| &entry.member)
    }

    /// A claim that is a number.
    pub(super) fn number(&self, claim: Claim) -> Option<f64> {
        match self.value(claim)? {
            Member::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// `iss`.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.value(Claim::Issuer)?.text()
    }

    /// `aud`, as a list.
    pub(super) fn audiences(&self) -> impl Iterator<Item = &str> {
        let audience = self.value(Claim::Audience);
        let many = match audience {
            Some(Member::Array(items)) => items.as_slice(),
            _ => &[],
        };
        let one = audience.and_then(Member::text);
        one.into_iter().chain(many.iter().filter_map(Value::as_str))
    }
}

/// One member, with what is lost in a plain value. Texts borrow where nothing in them is escaped.
#[derive(Debug)]
pub(super) enum Member<'a> {
    /// A claim that is not looked at: it is JSON, and that is all.
    Passed,
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    Array(Vec<Value>),
    Object {
        members: Map<String, Value>,
        /// The names that stand twice in it.
        repeated: Vec<String>,
    },
}

impl Member<'_> {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// As a plain value, which forgets what was repeated.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Passed | Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::from(text.as_ref()),
            Self::Array(items) => Value::Array(items.clone()),
            Self::Object { members, .. } => Value::Object(members.clone()),
        }
    }
}

impl<'de> Deserialize<'de> for Member<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyMember)
    }
}

struct AnyMember;

impl<'de> Visitor<'de> for AnyMember {
    type Value = Member<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Member::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Member::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Member::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(value).map_or(Member::Null, Member::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element::<Value>()? {
            all.push(item);
        }
        Ok(Member::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        let mut repeated = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if members.insert(name.clone(), value).is_some() {
                repeated.push(name);
            }
        }
        Ok(Member::Object { members, repeated })
    }
}

/// The name of a member, borrowed where nothing in it is escaped.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(AnyName)
    }
}

struct AnyName;

impl<'de> Visitor<'de> for AnyName {
    type Value = Name<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Owned(value.to_owned())))
    }
}

/// Which members are kept.
#[derive(Clone, Copy)]
pub(super) enum Kept {
    /// All.
    All,
    /// Those of these names; what the others hold is not even looked into.
    Named(&'static [&'static str]),
    /// Claims that Convex types; of the others the names.
    Typed,
}

/// An object's members, in their order, duplicates included.
struct Members(Kept);

impl<'de> Visitor<'de> for Members {
    type Value = Vec<Entry<'de>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(24);
        while let Some(Name(name)) = map.next_key()? {
            let (claim, tag) = match self.0 {
                Kept::Named(wanted) if !wanted.contains(&name.as_ref()) => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                Kept::Named(_) => (None, Tag::None),
                Kept::All | Kept::Typed => Claim::of(&name),
            };
            let member = if matches!(self.0, Kept::Typed) && claim.is_none() {
                map.next_value_seed(&Budget::new(0))?;
                Member::Passed
            } else {
                map.next_value()?
            };
            members.push(Entry {
                name,
                claim,
                tag,
                member,
            });
        }
        Ok(members)
    }
}

/// The members of an object, read once: that holds the limit of depth, and refuses broken escapes inside.
pub(super) fn members(text: &str, kept: Kept) -> Result<Vec<Entry<'_>>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Members(kept))?;
    reader.end()?;
    Ok(members)
}

/// The segments of a token: what stands between its dots.
pub(super) fn segments(token: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    memchr::memchr_iter(b'.', token.as_bytes())
        .chain([token.len()])
        .filter_map(move |end| {
            let segment = token.get(start..end);
            start = end + 1;
            segment
        })
}

/// The second segment, decoded strictly.
pub(super) fn decoded(token: &str) -> Result<String, Vec<Cause>> {
    let broken = |why: &str| vec![Cause::Payload(why.to_owned())];
    let Some(segment) = segments(token).nth(1) else {
        return Err(broken("there is no second part"));
    };
    let bytes =
        base64url::strict(segment).ok_or_else(|| broken("the second part is not base64url"))?;
    String::from_utf8(bytes).map_err(|_| broken("the claims are not UTF-8"))
}

/// Step 1: one JSON object, registered claims well typed and not repeated.
pub(super) fn payload(text: &str, kept: Kept) -> Result<Payload<'_>, Vec<Cause>> {
    let members = members(text, kept).map_err(|error| {
        vec![Cause::Payload(format!(
            "the claims are not a JSON object: {error}"
        ))]
    })?;
    let causes = registered(&members);
    if causes.is_empty() {
        Ok(Payload { text, members })
    } else {
        Err(causes)
    }
}

/// The most faults of claims that are told: who has more looks at the first.
const MOST_FAULTS: usize = 32;

/// The registered claims: each once, and of its type.
fn registered(list: &[Entry<'_>]) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut seen = Set::default();
    for Entry {
        name,
        claim,
        tag,
        member,
    } in list
    {
        let Some(claim) = claim.filter(|claim| claim.class() == Class::Registered) else {
            continue;
        };
        if *tag != Tag::None {
            continue;
        }
        if causes.len() == MOST_FAULTS {
            break;
        }
        if seen.put(claim) {
            causes.push(Cause::ClaimTwice {
                name: name.to_string(),
            });
            continue;
        }
        match (claim, member) {
            (_, Member::Null)
            | (Claim::Audience | Claim::Issuer | Claim::Subject | Claim::JwtId, Member::Text(_)) => {
            }
            (Claim::Audience, Member::Array(items)) if items.iter().all(Value::is_string) => {}
            (Claim::Audience, _) => {
                causes.push(mistyped(name, member, "a string, or an array of strings"));
            }
            (Claim::Expires | Claim::NotBefore | Claim::IssuedAt, _) => {
                let seconds = match member {
                    Member::Number(number) => number.as_f64(),
                    _ => None,
                };
                match seconds {
                    Some(seconds) if seconds >= LAST_SECOND => {
                        causes.push(Cause::TimeOutOfRange {
                            name: name.to_string(),
                        });
                    }
                    Some(seconds) if seconds >= 0.0 => {}
                    _ => causes.push(mistyped(name, member, "a number of seconds since 1970")),
                }
            }
            _ => causes.push(mistyped(name, member, "a string")),
        }
    }
    causes
}

fn mistyped(name: &str, member: &Member<'_>, wanted: &'static str) -> Cause {
    Cause::ClaimType {
        name: name.to_owned(),
        found: kind(name, member),
        wanted,
    }
}

/// A value's type in words, with the value where it is short. What may tell of a person is shortened.
pub(super) fn kind(name: &str, member: &Member<'_>) -> String {
    match member {
        Member::Passed | Member::Null => "null".to_owned(),
        Member::Bool(value) => format!("the boolean {value}"),
        Member::Number(number) => format!("the number {number}"),
        Member::Text(text) if text.chars().count() <= 24 => {
            let shown = if is_harmless(name, text) {
                Cow::Borrowed(text.as_ref())
            } else {
                Cow::Owned(shorten(text))
            };
            format!("the string {}", Value::from(shown))
        }
        Member::Text(_) => "a string".to_owned(),
        Member::Array(_) => "an array".to_owned(),
        Member::Object { .. } => "an object".to_owned(),
    }
}

/// Whether a text tells of no person: a word for a flag, a time where one belongs, a shortcode that was not replaced.
fn is_harmless(name: &str, text: &str) -> bool {
    let is_flag = ["", "true", "false", "null", "yes", "no", "0", "1"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(text.trim()));
    let is_time = matches!(name, "exp" | "nbf" | "iat" | "auth_time" | "updated_at")
        && !text.starts_with('+')
        && text
            .chars()
            .all(|character| character.is_ascii_digit() || "-+:., /TZUCGM".contains(character));
    is_flag || is_time || text.contains("{{")
}

const ADDRESS: [&str; 6] = [
    "formatted",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "country",
];

/// The standard claims that stood before, null or not; those with a language tag are known by their whole name.
#[derive(Default)]
struct Seen<'a> {
    plain: Set,
    tagged: HashSet<&'a str>,
}

impl<'a> Seen<'a> {
    /// Puts a claim in, and says whether one of its name stood before.
    fn repeats(&mut self, claim: Claim, entry: &'a Entry<'_>) -> bool {
        if entry.tag == Tag::Language {
            !self.tagged.insert(&entry.name)
        } else {
            self.plain.put(claim)
        }
    }
}

/// Step 6: every claim into its type, required ones present.
pub(super) fn typed(payload: &Payload<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut seen = Seen::default();
    for entry in &payload.members {
        if causes.len() == MOST_FAULTS {
            break;
        }
        let Some(claim) = entry.claim else {
            continue;
        };
        let (name, member) = (&entry.name, &entry.member);
        match (claim.class(), entry.tag) {
            (Class::Registered, _) => {
                if claim == Claim::Subject && entry.tag != Tag::None {
                    causes.push(tagged(name));
                }
                continue;
            }
            // Only the exact name is the claim; with a tag it is one of the caller's own.
            (Class::Token, Tag::Empty | Tag::Language) => continue,
            (Class::User { localised: false }, Tag::Language) => {
                causes.push(tagged(name));
                continue;
            }
            (Class::User { .. } | Class::Token, _) => {}
        }
        if seen.repeats(claim, entry) {
            causes.push(Cause::ClaimTwice {
                name: name.to_string(),
            });
        } else if let Some(wanted) = misfit(claim.wanted(), member) {
            causes.push(mistyped(name, member, wanted));
        }
    }
    for (claim, name) in [
        (Claim::Subject, "sub"),
        (Claim::Expires, "exp"),
        (Claim::IssuedAt, "iat"),
    ] {
        if payload.value(claim).is_none_or(Member::is_null) {
            causes.push(Cause::ClaimMissing(name));
        }
    }
    causes
}

/// A language tag where none may be.
fn tagged(name: &str) -> Cause {
    Cause::ClaimType {
        name: name.to_owned(),
        found: "a claim with a language tag".to_owned(),
        wanted: "it without one",
    }
}

/// What Convex wants instead, when a value does not fit its type.
fn misfit(wanted: Type, member: &Member<'_>) -> Option<&'static str> {
    let (fits, words) = match wanted {
        _ if member.is_null() => return None,
        Type::Text => (member.text().is_some(), "a string"),
        Type::Flag => (
            matches!(member, Member::Bool(_)),
            "true or false, without quotes",
        ),
        Type::Texts => (
            matches!(member, Member::Array(items) if items.iter().all(Value::is_string)),
            "an array of strings",
        ),
        Type::Time => (
            time(member).is_some(),
            "seconds since 1970, or a time with its zone as RFC 3339 writes it",
        ),
        Type::Address => (address_fits(member), "an object of strings"),
    };
    (!fits).then_some(words)
}

fn address_fits(member: &Member<'_>) -> bool {
    let text = |value: &Value| value.is_string() || value.is_null();
    match member {
        Member::Object { members, repeated } => {
            let known = |name: &&String| ADDRESS.contains(&name.as_str());
            let twice = repeated.iter().any(|name| known(&name));
            !twice
                && members
                    .iter()
                    .filter(|(name, _)| known(name))
                    .all(|(_, value)| text(value))
        }
        // A sequence of all fields, in their order, is read as well.
        Member::Array(items) => items.len() == ADDRESS.len() && items.iter().all(text),
        _ => false,
    }
}

/// `updated_at` and `auth_time`: seconds and nanoseconds since the epoch.
pub(super) fn time(member: &Member<'_>) -> Option<(i64, u32)> {
    match member {
        Member::Number(number) => {
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
        Member::Text(text) => rfc3339(text),
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
