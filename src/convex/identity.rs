//! Who a token is: what `ctx.auth.getUserIdentity()` returns (facts A2, last point; A4).

use super::claim::{Claim, Class, Tag};
use super::claims::{Entry, Kept, Member, Payload, payload, time};
use crate::time::civil;
use serde_json::{Map, Value};

/// The identity, as functions see it. It is made when it is asked for: most of those who judge many tokens want the verdict alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    path: Path,
    /// The claims as JSON, known to be readable.
    claims: String,
}

/// Which kind of provider made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Oidc,
    Custom,
}

/// OpenID Connect's claims and Convex's names for them.
const RENAMED: [(Claim, &str); 18] = [
    (Claim::Name, "name"),
    (Claim::GivenName, "givenName"),
    (Claim::FamilyName, "familyName"),
    (Claim::Nickname, "nickname"),
    (Claim::PreferredUsername, "preferredUsername"),
    (Claim::Profile, "profileUrl"),
    (Claim::Picture, "pictureUrl"),
    (Claim::Website, "websiteUrl"),
    (Claim::Email, "email"),
    (Claim::EmailVerified, "emailVerified"),
    (Claim::Gender, "gender"),
    (Claim::Birthdate, "birthday"),
    (Claim::Zoneinfo, "timezone"),
    (Claim::Locale, "language"),
    (Claim::PhoneNumber, "phoneNumber"),
    (Claim::PhoneNumberVerified, "phoneNumberVerified"),
    (Claim::Address, "address"),
    (Claim::UpdatedAt, "updatedAt"),
];

impl Identity {
    pub(super) fn new(path: Path, payload: &Payload<'_>) -> Self {
        Self {
            path,
            claims: payload.text.to_owned(),
        }
    }

    /// The members, in Convex's order.
    pub fn members(&self) -> Map<String, Value> {
        let Ok(payload) = payload(&self.claims, Kept::All) else {
            return Map::new();
        };
        match self.path {
            Path::Oidc => oidc(&payload),
            Path::Custom => custom(&payload),
        }
    }
}

/// What both paths begin with.
fn head(payload: &Payload<'_>) -> Map<String, Value> {
    let issuer = payload.issuer().unwrap_or_default();
    let subject = payload
        .value(Claim::Subject)
        .and_then(Member::text)
        .unwrap_or_default();
    let mut members = Map::new();
    members.insert(
        "tokenIdentifier".to_owned(),
        format!("{issuer}|{subject}").into(),
    );
    members.insert("issuer".to_owned(), issuer.into());
    members.insert("subject".to_owned(), subject.into());
    members
}

fn oidc(payload: &Payload<'_>) -> Map<String, Value> {
    let mut identity = head(payload);
    for (claim, field) in RENAMED {
        let Some(member) = payload.standard(claim).filter(|member| !member.is_null()) else {
            continue;
        };
        let value = match claim {
            Claim::Address => {
                let value = member.to_value();
                let formatted = value.get("formatted").or_else(|| value.get(0));
                formatted.cloned().unwrap_or(Value::Null)
            }
            Claim::UpdatedAt => time(member).map_or(Value::Null, |(seconds, nanoseconds)| {
                written(seconds, nanoseconds).into()
            }),
            _ => member.to_value(),
        };
        if !value.is_null() {
            identity.insert(field.to_owned(), value);
        }
    }
    let mut rest: Vec<(&str, &Member<'_>)> = Vec::new();
    for entry in payload.members.iter().filter(|entry| is_own(entry)) {
        rest.retain(|(other, _)| *other != entry.name);
        rest.push((&entry.name, &entry.member));
    }
    rest.sort_by_key(|(name, _)| *name);
    identity.extend(
        rest.into_iter()
            .map(|(name, member)| (name.to_owned(), member.to_value())),
    );
    identity
}

/// Whether a claim is one of the caller's own, which an identity shows under its name. `fva` is of Clerk's sessions, and left out.
fn is_own(entry: &Entry<'_>) -> bool {
    let is_exact = entry.tag == Tag::None;
    match entry.claim {
        None => entry.name != "fva",
        Some(Claim::Birthday) => !is_exact,
        Some(claim) => match claim.class() {
            Class::Registered | Class::Token => !is_exact,
            Class::User { localised } => !localised && entry.tag == Tag::Language,
        },
    }
}

fn custom(payload: &Payload<'_>) -> Map<String, Value> {
    let mut identity = head(payload);
    // Of two with one name the last stays, whole.
    let mut own = Map::new();
    for entry in &payload.members {
        let registered = entry
            .claim
            .is_some_and(|claim| claim.class() == Class::Registered && entry.tag == Tag::None);
        if !registered {
            own.insert(entry.name.to_string(), entry.member.to_value());
        }
    }
    let mut rest = Map::new();
    for (name, value) in &own {
        flatten(name, value, &mut rest);
    }
    rest.shift_remove("fva");
    let mut rest: Vec<(String, Value)> = rest.into_iter().collect();
    rest.sort_by(|(left, _), (right, _)| left.cmp(right));
    identity.extend(rest);
    identity
}

/// Objects become `a.b.c`.
fn flatten(name: &str, value: &Value, into: &mut Map<String, Value>) {
    match value {
        Value::Object(members) => {
            for (inner, value) in members {
                flatten(&format!("{name}.{inner}"), value, into);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            into.insert(name.to_owned(), value.clone());
        }
    }
}

/// RFC 3339 with the offset `+00:00`; years outside of 0 to 9999 have a sign.
fn written(seconds: i64, nanoseconds: u32) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let year = if (0..=9999).contains(&year) {
        format!("{year:04}")
    } else {
        format!("{year:+05}")
    };
    // A leap second is kept as more than a whole one.
    let leap = i64::from(nanoseconds >= 1_000_000_000);
    let fraction = match nanoseconds % 1_000_000_000 {
        0 => String::new(),
        whole if whole % 1_000_000 == 0 => format!(".{:03}", whole / 1_000_000),
        whole if whole % 1000 == 0 => format!(".{:06}", whole / 1000),
        whole => format!(".{whole:09}"),
    };
    format!(
        "{year}-{month:02}-{day:02}T{:02}:{:02}:{:02}{fraction}+00:00",
        rest / 3600,
        rest / 60 % 60,
        rest % 60 + leap
    )
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn times_are_written_as_convex_does() {
        assert_eq!(written(1_749_996_400, 0), "2025-06-15T14:06:40+00:00");
        assert_eq!(written(0, 500_000_000), "1970-01-01T00:00:00.500+00:00");
        assert_eq!(written(-1, 0), "1969-12-31T23:59:59+00:00");
        assert_eq!(written(1_749_996_400_000, 0), "+57425-03-06T23:06:40+00:00");
    }
}
