//! What Clerk's SDK would say of a token: `verifyToken` of `@clerk/backend` with its defaults, in its order (facts 3.1).

use crate::issuer;
use crate::keys;
use crate::package::Version;
use crate::time::civil;
use crate::token::{Part, Token};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::Value;

/// The clock difference that it forgives, in seconds.
const SKEW: f64 = 5.0;

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClerkVerdict {
    /// It is accepted.
    Accepted,
    /// It is refused.
    Refused {
        /// As in `(reason=token-expired)`.
        reason: &'static str,
        /// The message.
        message: String,
    },
    /// The keys are missing.
    Unknown,
}

/// How the signature can be checked.
#[derive(Debug, Clone, Copy)]
pub enum Keys<'a> {
    /// Not at all: the keys are not at hand.
    Absent,
    /// With a key set, as JSON.
    Set(&'a [u8]),
    /// It was found to be that of the key with the token's key id.
    Genuine,
}

/// Judges a token. `now` is in seconds since the epoch.
pub fn verify(token: &Token, keys: Keys<'_>, now: i64) -> ClerkVerdict {
    match check(token, keys, now) {
        Ok(true) => ClerkVerdict::Accepted,
        Ok(false) => ClerkVerdict::Unknown,
        Err((reason, message)) => ClerkVerdict::Refused { reason, message },
    }
}

type Fault = (&'static str, String);

fn check(token: &Token, keys: Keys<'_>, now: i64) -> Result<bool, Fault> {
    let invalid = |message: &str| Err(("token-invalid", message.to_owned()));
    if token.segments != 3 {
        return invalid("Invalid JWT form. A JWT consists of three parts separated by dots.");
    }
    if token.header.fault.is_some() || token.payload.fault.is_some() {
        return invalid(
            "Invalid JWT form. The header, payload, or signature could not be decoded.",
        );
    }
    if token.header.text("cat") == Some("cl_B7d4PD333AAA") {
        return invalid("Invalid session token category.");
    }
    let set = match keys {
        Keys::Set(set) => issuer::read_jwks(set).ok(),
        Keys::Absent | Keys::Genuine => None,
    };
    let key = match set {
        Some(keys) => Some(keys.into_iter().find(|key| key.key_id.as_deref() == token.key_id()).ok_or_else(|| {
            let key_id = token.key_id().unwrap_or("undefined");
            (
                "jwk-kid-mismatch",
                format!(
                    "Unable to find a signing key in JWKS that matches the kid='{key_id}' of the provided session token. Please make sure that the \
                     __session cookie or the HTTP authorization header contain a Clerk-generated session JWT."
                ),
            )
        })?),
        None => None,
    };
    match token.header.members.get("typ") {
        None => {}
        Some(Value::String(kind)) if kind == "JWT" => {}
        Some(kind) => return invalid(&format!("Invalid JWT type {kind}. Expected \"JWT\".")),
    }
    let algorithm = match token.algorithm() {
        Some("RS256") => Algorithm::RS256,
        Some("RS384") => Algorithm::RS384,
        Some("RS512") => Algorithm::RS512,
        _ => {
            let message = format!(
                "Invalid JWT algorithm {}. Supported: RS256,RS384,RS512.",
                written(&token.header, "alg")
            );
            return Err(("token-invalid-algorithm", message));
        }
    };
    if let Some(key) = &key {
        signed(token, algorithm, key)?;
    }
    claims(token, now)?;
    Ok(key.is_some() || matches!(keys, Keys::Genuine))
}

/// The signature, by this key.
fn signed(token: &Token, algorithm: Algorithm, key: &issuer::Key) -> Result<(), Fault> {
    let (message, signature) = token.compact.expose().rsplit_once('.').unwrap_or_default();
    let signature = URL_SAFE_NO_PAD
        .decode(signature.trim_end_matches('='))
        .unwrap_or_default();
    let (reason, message) = match keys::verify(algorithm, key, message, &signature) {
        Ok(()) => return Ok(()),
        Err(keys::Fault::Signature) => ("token-invalid-signature", "JWT signature is invalid."),
        Err(_) => (
            "token-verification-failed",
            "Error verifying JWT signature.",
        ),
    };
    Err((reason, message.to_owned()))
}

/// Subject and times; neither `iss` nor, by default, `aud` is looked at.
fn claims(token: &Token, now: i64) -> Result<(), Fault> {
    #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch")]
    let now = now as f64;
    let claims = &token.payload;
    let failed = |message: String| Err(("token-verification-failed", message));
    if claims.text("sub").is_none() {
        return failed(format!(
            "Subject claim (sub) is required and must be a string. Received {}.",
            written(claims, "sub")
        ));
    }
    let current = date(now);
    for (name, what, is_required) in [
        ("exp", "expiry date claim (exp)", true),
        ("nbf", "not before date claim (nbf)", false),
        ("iat", "issued at date claim (iat)", false),
    ] {
        let Some(time) = claims.number(name) else {
            if is_required || claims.members.contains_key(name) {
                let found = written(claims, name);
                return failed(format!("Invalid JWT {what} {found}. Expected number."));
            }
            continue;
        };
        // JavaScript has no date beyond, and finds what is none neither early nor late.
        let time = time.trunc();
        if time.abs() > LAST_DATE {
            continue;
        }
        let is_early = time > now + SKEW;
        let told = date(time);
        match name {
            "exp" if time <= now - SKEW => {
                let message =
                    format!("JWT is expired. Expiry date: {told}, Current date: {current}.");
                return Err(("token-expired", message));
            }
            "nbf" if is_early => {
                let message = format!(
                    "JWT cannot be used prior to not before date claim (nbf). Not before date: {told}; Current date: {current};"
                );
                return Err(("token-not-active-yet", message));
            }
            "iat" if is_early => {
                let message = format!(
                    "JWT issued at date claim (iat) is in the future. Issued at date: {told}; Current date: {current};"
                );
                return Err(("token-iat-in-the-future", message));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The last second that a date of JavaScript can be.
const LAST_DATE: f64 = 8.64e12;

/// A member as `JSON.stringify` writes it.
fn written(part: &Part, name: &str) -> String {
    part.members
        .get(name)
        .map_or_else(|| "undefined".to_owned(), Value::to_string)
}

/// A time as `toUTCString` writes it: `Thu, 01 Jan 2026 00:00:30 GMT`.
fn date(seconds: f64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    #[expect(clippy::cast_possible_truncation, reason = "whole, and in range")]
    let seconds = seconds as i64;
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    // 1970-01-01 was a Thursday.
    let weekday = DAYS.get(usize::try_from(days.rem_euclid(7)).unwrap_or(0));
    let month = MONTHS.get(usize::try_from(month - 1).unwrap_or(0));
    let (weekday, month) = (weekday.unwrap_or(&""), month.unwrap_or(&""));
    let sign = if year < 0 { "-" } else { "" };
    format!(
        "{weekday}, {day:02} {month} {sign}{:04} {:02}:{:02}:{:02} GMT",
        year.abs(),
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Whether `authenticateRequest` refuses a token in a header for its category (facts 3.2): since 3.16.9 it takes session tokens only.
pub fn is_refused_by_category(token: &Token) -> bool {
    match token.header.text("cat") {
        None | Some("cl_B7d4PD111AAA" | "cl_I7d4PD111III") => false,
        Some(_) => true,
    }
}

/// Which token `ConvexProviderWithClerk` asks Clerk for (facts 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The session token, because its `aud` is `convex`.
    Session,
    /// A token of the JWT template `convex`, because the session token's `aud` is not `convex`.
    Template,
    /// The session token, whatever is in it: convex 1.33.0.
    AlwaysSession,
    /// A token of the JWT template `convex`, whatever is in the session token: before convex 1.33.0.
    AlwaysTemplate,
}

impl Asked {
    /// What is asked for and why, to stand behind "asks for".
    pub fn words(self) -> &'static str {
        match self {
            Self::Session => "the session token, because its `aud` is the string `convex`",
            Self::Template => {
                "a token of the JWT template `convex`, because the session token's `aud` is not the string `convex`"
            }
            Self::AlwaysSession => "the session token, and never for a JWT template",
            Self::AlwaysTemplate => {
                "a token of the JWT template `convex`, and never for the session token"
            }
        }
    }
}

/// Which token the provider asks for, by the `aud` of the session token and the installed version of `convex`. Without a version the newest
/// behaviour is meant. An array is not the string that it compares with.
pub fn token_asked_for(session_aud: Option<&Value>, convex_version: Option<&Version>) -> Asked {
    const ALWAYS_SESSION: Version = Version::new(1, 33, 0);
    match convex_version {
        Some(version) if *version < ALWAYS_SESSION => Asked::AlwaysTemplate,
        Some(version) if *version == ALWAYS_SESSION => Asked::AlwaysSession,
        _ if session_aud.and_then(Value::as_str) == Some("convex") => Asked::Session,
        _ => Asked::Template,
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, ClerkVerdict, Keys, date, token_asked_for, verify};
    use crate::package::Version;
    use crate::rules::testing::{Healthy, NOW, mint};
    use crate::token::Token;
    use serde_json::json;

    fn reason(change: impl FnOnce(&mut Healthy), now: i64) -> Option<&'static str> {
        let mut world = Healthy::new();
        change(&mut world);
        let keys = world.keys.to_string();
        match verify(
            &Token::read(&mint(&world.header, &world.claims)),
            Keys::Set(keys.as_bytes()),
            now,
        ) {
            ClerkVerdict::Refused { reason, .. } => Some(reason),
            ClerkVerdict::Accepted => None,
            ClerkVerdict::Unknown => Some("unknown"),
        }
    }

    /// As Node.js prints them.
    #[test]
    fn dates_are_those_of_javascript() {
        assert_eq!(date(1_767_225_630.0), "Thu, 01 Jan 2026 00:00:30 GMT");
        assert_eq!(date(951_782_399.0), "Mon, 28 Feb 2000 23:59:59 GMT");
        assert_eq!(date(1_767_225_595_000.0), "Wed, 24 Feb 57971 22:36:40 GMT");
        assert_eq!(date(-62_198_755_200.0), "Fri, 01 Jan -0001 00:00:00 GMT");
    }

    #[test]
    fn refuses_in_clerks_order() {
        assert_eq!(reason(|_| {}, NOW), None);
        assert_eq!(reason(|_| {}, NOW + 34), None);
        assert_eq!(reason(|_| {}, NOW + 35), Some("token-expired"));
        assert_eq!(reason(|_| {}, NOW - 41), Some("token-not-active-yet"));
        assert_eq!(
            reason(
                |world| {
                    world.claims.as_object_mut().unwrap().remove("nbf");
                },
                NOW - 36
            ),
            Some("token-iat-in-the-future")
        );
        for (name, value) in [
            ("nbf", json!(null)),
            ("nbf", json!("1")),
            ("iat", json!("1")),
        ] {
            assert_eq!(
                reason(|world| world.claims[name] = value, NOW),
                Some("token-verification-failed")
            );
        }
        // Beyond JavaScript's dates nothing is early.
        let micros = json!((NOW + 60) * 1_000_000);
        assert_eq!(reason(|world| world.claims["nbf"] = micros, NOW), None);
        assert_eq!(
            reason(|world| world.header["kid"] = json!("x"), NOW),
            Some("jwk-kid-mismatch")
        );
        assert_eq!(
            reason(|world| world.header["typ"] = json!("jwt"), NOW),
            Some("token-invalid")
        );
        assert_eq!(
            reason(|world| world.header["alg"] = json!("EdDSA"), NOW),
            Some("token-invalid-algorithm")
        );
        // Neither the issuer nor the audience is looked at.
        assert_eq!(
            reason(
                |world| world.claims["iss"] = json!("https://other.dev"),
                NOW
            ),
            None
        );
        assert_eq!(
            reason(|world| world.claims["aud"] = json!("other"), NOW),
            None
        );
    }

    #[test]
    fn the_provider_asks_by_audience_and_version() {
        let asked = |aud: Option<serde_json::Value>, version: Option<&str>| {
            let version = version.map(|text| Version::parse(text).unwrap());
            token_asked_for(aud.as_ref(), version.as_ref())
        };
        let convex = || Some(json!("convex"));
        assert_eq!(asked(convex(), None), Asked::Session);
        assert_eq!(asked(convex(), Some("1.33.1")), Asked::Session);
        for other in [None, Some(json!(["convex"])), Some(json!("Convex"))] {
            assert_eq!(asked(other, Some("1.45.0")), Asked::Template);
        }
        assert_eq!(asked(None, Some("1.33.0")), Asked::AlwaysSession);
        assert_eq!(asked(convex(), Some("1.32.0")), Asked::AlwaysTemplate);
    }
}
