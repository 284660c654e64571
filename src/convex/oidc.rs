//! The steps of an OIDC provider, from the fetched documents to the expiry (facts A1, steps 4 to 14).

use super::cache::Keys;
use super::claim::Claim;
use super::claims::Member;
use super::identity::{Identity, Path};
use super::{
    Asked, Cache, Cause, PartialRefusal, Question, Walk, base64url, claims, discovery, refuse,
};
use crate::issuer::{Key, Unusable};
use crate::token::Digests;
use jsonwebtoken::Algorithm;
use serde_json::Value;

const NOT_OIDC: &str =
    "Could not parse as OIDC ID token. Token might not be an OIDC-compliant JWT.";
const UNVERIFIED: &str = "Could not verify OIDC token claim. Check that the token signature is valid and the token hasn't expired.";

const SIGNATURES: [&str; 14] = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256",
    "PS384", "PS512", "EdDSA", "none",
];
const ENCRYPTIONS: [&str; 6] = [
    "A128CBC-HS256",
    "A192CBC-HS384",
    "A256CBC-HS512",
    "A128GCM",
    "A192GCM",
    "A256GCM",
];

/// The parameters of the header that are looked at.
const PARAMETERS: [&str; 5] = ["alg", "typ", "cty", "crit", "kid"];

/// The header, as the OIDC path reads it.
#[derive(Debug, Default)]
pub(super) struct Header {
    algorithm: String,
    key_id: Option<String>,
    kind: Option<String>,
    content_type: Option<String>,
    critical: bool,
}

pub(super) fn walk(
    question: &Question<'_>,
    issuer: &str,
    payload: &claims::Payload<'_>,
    audience: &str,
    asked: &mut Asked<'_>,
    cache: &mut Cache,
) -> Walk {
    let mut walk = Walk::default();
    let keys = discovery::keys(issuer, asked, cache, &mut walk);
    let unparsable = || refuse("InvalidAuthHeader", NOT_OIDC.to_owned(), 401);
    let mut segments = claims::segments(question.token);
    let (first, second, signature) = (segments.next(), segments.next(), segments.next());
    let count = [first, second, signature].iter().flatten().count() + segments.count();
    let mut readable = true;
    if count != 3 {
        walk.fail(Cause::Segments(count), unparsable);
        readable = false;
    }
    let header = match cache.header(first.unwrap_or_default(), read) {
        Ok(header) => Some(header),
        Err(cause) => {
            walk.fail(cause.clone(), unparsable);
            None
        }
    };
    for cause in claims::typed(payload) {
        walk.fail(cause, unparsable);
        readable = false;
    }
    let signature = signature.map(base64url::loose);
    if let Some(None) = signature {
        walk.fail(Cause::SignatureEncoding, unparsable);
        readable = false;
    }
    let unverified = || refuse("Unauthenticated", UNVERIFIED.to_owned(), 401);
    if let Some(header) = header {
        for cause in stamps(header) {
            walk.fail(cause, unverified);
        }
    }
    if let Some(extra) = payload.audiences().find(|own| *own != audience) {
        walk.fail(Cause::AudienceExtra(extra.to_owned()), unverified);
    }
    if let Some(header) = header {
        let known = ENCRYPTIONS.contains(&header.algorithm.as_str());
        if !known && !matches!(header.algorithm.as_str(), "RS256" | "EdDSA") {
            walk.fail(Cause::Algorithm(Some(header.algorithm.clone())), unverified);
        } else if let (false, Some(keys), Some(Some(signature))) = (known, &keys, &signature) {
            let end = memchr::memrchr(b'.', question.token.as_bytes()).unwrap_or_default();
            let message = question.token.get(..end).unwrap_or_default();
            if let Err(cause) = check(header, keys, (message, question.digests), signature) {
                walk.fail(cause, unverified);
            }
        }
    }
    let expires = payload.number(Claim::Expires);
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds since the epoch are far below 2^53"
    )]
    if expires.is_some_and(|expires| question.now as f64 >= expires) {
        walk.fail(Cause::Expired, unverified);
    }
    let whole = readable && walk.refusal.is_none() && walk.lacks.is_none();
    if whole {
        walk.identity = Some(Identity::new(Path::Oidc, payload));
    }
    walk
}

/// Steps 7 to 10.
fn stamps(header: &Header) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(kind) = &header.kind
        && !["JWT", "JOSE", "application/jwt", "application/jose"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(kind))
    {
        causes.push(Cause::Type(kind.clone()));
    }
    if let Some(kind) = &header.content_type {
        causes.push(Cause::ContentTypeHeader(kind.clone()));
    }
    if header.critical {
        causes.push(Cause::Critical);
    }
    if ENCRYPTIONS.contains(&header.algorithm.as_str()) {
        causes.push(Cause::Algorithm(Some(header.algorithm.clone())));
    }
    causes
}

/// Step 13: exactly one eligible key, then its signature.
fn check(
    header: &Header,
    keys: &Keys,
    (message, digests): (&str, Option<&Digests>),
    signature: &[u8],
) -> Result<(), Cause> {
    let (algorithm, kind) = match header.algorithm.as_str() {
        "EdDSA" => (Algorithm::EdDSA, "OKP"),
        _ => (Algorithm::RS256, "RSA"),
    };
    let eligible = |key: &Key| {
        !matches!(key.refused, Some(Unusable::Unreadable(_)))
            && (header.key_id.is_none() || key.key_id.as_deref() == header.key_id.as_deref())
            && key.key_type.as_deref() == Some(kind)
            && key.usage.as_deref().is_none_or(|usage| usage == "sig")
            && key
                .algorithm
                .as_deref()
                .is_none_or(|own| own == header.algorithm)
    };
    let mut places = keys
        .list
        .iter()
        .enumerate()
        .filter(|(_, key)| eligible(key))
        .map(|(place, _)| place);
    match (places.next(), places.next()) {
        (Some(place), None) => keys.verify(place, algorithm, (message, digests), signature),
        (Some(_), Some(_)) => Err(Cause::KeyAmbiguous),
        (None, _) if keys.list.iter().all(|key| key.refused.is_some()) => Err(Cause::NoKeys),
        (None, _) => Err(Cause::KeyUnknown {
            key_id: header.key_id.clone(),
            known: keys
                .list
                .iter()
                .filter_map(|key| key.key_id.clone())
                .collect(),
        }),
    }
}

/// The header: base64url, a JSON object, known parameters well typed and not repeated, an algorithm that has a name.
fn read(segment: &str) -> Result<Header, Cause> {
    let broken = |why: &str| Cause::Header(why.to_owned());
    let bytes = base64url::loose(segment).ok_or_else(|| broken("the header is not base64url"))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| broken("the header is not UTF-8"))?;
    let members = claims::members(text, claims::Kept::Named(&PARAMETERS))
        .map_err(|_| broken("the header is not a JSON object"))?;
    let mut header = Header::default();
    for (index, entry) in members.iter().enumerate() {
        let (name, value) = (&entry.name, &entry.member);
        if members[..index].iter().any(|other| other.name == *name) {
            return Err(Cause::Header(format!(
                "`{name}` stands twice in the header"
            )));
        }
        let mistyped = || Cause::HeaderType {
            name: name.to_string(),
            found: claims::kind(name, value),
        };
        let text = match (name.as_ref(), value) {
            ("crit", Member::Array(items)) if items.iter().all(Value::is_string) => {
                header.critical = true;
                continue;
            }
            (_, Member::Null) => None,
            ("crit", _) => return Err(mistyped()),
            (_, Member::Text(text)) => Some(text.to_string()),
            _ => return Err(mistyped()),
        };
        match name.as_ref() {
            "alg" => header.algorithm = text.ok_or(Cause::Algorithm(None))?,
            "typ" => header.kind = text,
            "cty" => header.content_type = text,
            "kid" => header.key_id = text,
            _ => {}
        }
    }
    if !members.iter().any(|entry| entry.name == "alg") {
        return Err(Cause::Algorithm(None));
    }
    let known = SIGNATURES.contains(&header.algorithm.as_str())
        || ENCRYPTIONS.contains(&header.algorithm.as_str());
    if known {
        Ok(header)
    } else {
        Err(Cause::Algorithm(Some(header.algorithm)))
    }
}

/// What a customJwt provider's caller is told.
pub(super) fn invalid(message: String) -> PartialRefusal {
    refuse("InvalidAuthHeader", message, 401)
}
