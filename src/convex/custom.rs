//! The steps of a customJwt provider (facts A4).

use super::base64url::strict;
use super::claim::Claim;
use super::identity::{Identity, Path};
use super::oidc::invalid;
use super::{Asked, Cause, Document, Got, INTERNAL, Question, Walk, claims, jwk, refuse};
use crate::answer::Response;
use crate::issuer::Key;
use crate::keys;
use crate::provider::{CustomAlgorithm, Provider};
use data_url::DataUrl;
use jsonwebtoken::Algorithm;
use mime::{CHARSET, Mime, UTF_8};
use serde_json::{Map, Value};
use url::Url;

/// The clock difference that is forgiven, in seconds. The OIDC path forgives none.
const LEEWAY: f64 = 5.0;

const UNVERIFIED: &str = "Could not verify token claim. Check that the JWT contains valid claims and matches your auth provider configuration.";

const UNREADABLE_DATA: &str = "Invalid JWKS data URL. Check that the data URL is properly formatted and contains valid base64-encoded JSON.";

pub(super) fn walk(
    question: &Question<'_>,
    payload: &claims::Payload<'_>,
    provider: &Provider,
    asked: &mut Asked<'_>,
) -> Walk {
    let mut walk = Walk::default();
    let Provider::CustomJwt {
        jwks, algorithm, ..
    } = provider
    else {
        return walk;
    };
    if let Some(keys) = keys(jwks, asked, &mut walk) {
        decode(question, &keys, *algorithm, &mut walk);
    }
    times(question, payload, &mut walk);
    let unverified = || invalid(UNVERIFIED.to_owned());
    for (claim, name) in [(Claim::Subject, "sub"), (Claim::Expires, "exp")] {
        if payload.value(claim).is_none_or(claims::Member::is_null) {
            walk.fail(Cause::ClaimMissing(name), unverified);
        }
    }
    if walk.refusal.is_none() && walk.lacks.is_none() {
        walk.identity = Some(Identity::new(Path::Custom, payload));
    }
    walk
}

/// The key set: from a `data:` URL, or fetched.
pub(super) fn keys(
    jwks: &str,
    asked: &mut Asked<'_>,
    walk: &mut Walk,
) -> Option<Vec<Map<String, Value>>> {
    let unreadable = || {
        invalid(format!(
            "Invalid JWKS response body from '{jwks}'. The response is not valid JSON or doesn't match the expected JWKS format."
        ))
    };
    let body = match data_url(jwks) {
        Some(Ok(body)) => body,
        Some(Err(())) => {
            let cause = Cause::Body {
                document: Document::Jwks,
                url: "data:".to_owned(),
                why: "the text of the URL is not base64".to_owned(),
            };
            walk.fail(cause, || invalid(UNREADABLE_DATA.to_owned()));
            return None;
        }
        None => fetched(jwks, asked, walk)?,
    };
    match read(&body) {
        Ok(keys) => Some(keys),
        Err(why) => {
            walk.fail(
                Cause::Body {
                    document: Document::Jwks,
                    url: jwks.to_owned(),
                    why,
                },
                unreadable,
            );
            None
        }
    }
}

fn fetched(jwks: &str, asked: &mut Asked<'_>, walk: &mut Walk) -> Option<Vec<u8>> {
    let unfetched = |url: &str| {
        invalid(format!(
            "Could not fetch JWKS from URL '{jwks}': error sending request for url ({url}). Check that the URL is correct and accessible."
        ))
    };
    if !Url::parse(jwks).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        // A path or a bare name can be sent to nobody; anything else is no address of a request at all.
        if jwks.starts_with('/') && !jwks.contains(' ') || is_bare_name(jwks) {
            asked.urls.push(jwks.to_owned());
            walk.fail(Cause::JwksNotUrl(jwks.to_owned()), || unfetched(jwks));
        } else {
            walk.fail(Cause::JwksNotUrl(jwks.to_owned()), || {
                refuse("InternalServerError", INTERNAL.to_owned(), 500)
            });
        }
        return None;
    }
    match asked.get(jwks) {
        Got::Absent { url } => {
            walk.lacks.get_or_insert(url);
            None
        }
        Got::Fault { url, fault } => {
            let cause = Cause::Unreachable {
                document: Document::Jwks,
                url: url.clone(),
                fault: fault.clone(),
            };
            walk.fail(cause, || unfetched(&url));
            None
        }
        Got::TooManyRedirects => {
            let last = asked.urls.last().cloned().unwrap_or_default();
            walk.fail(
                Cause::Redirects {
                    document: Document::Jwks,
                    url: jwks.to_owned(),
                },
                || {
                    invalid(format!(
                        "Could not fetch JWKS from URL '{jwks}': error following redirect for url ({last}). Check that the URL is correct and accessible."
                    ))
                },
            );
            None
        }
        Got::Response { url, response } if response.status != 200 => {
            let cause = Cause::Status {
                document: Document::Jwks,
                url,
                status: response.status,
                unknown_instance: false,
            };
            walk.fail(cause, || {
                let reason = reqwest::StatusCode::from_u16(response.status)
                    .ok()
                    .and_then(|status| status.canonical_reason())
                    .unwrap_or("Unknown");
                invalid(format!(
                    "Could not fetch JWKS from URL '{jwks}': HTTP {} {reason}. Check that the URL is correct and accessible.",
                    response.status
                ))
            });
            None
        }
        Got::Response { url, response } => typed(jwks, url, response, walk),
    }
}

/// `Content-Type` is required, and a charset other than UTF-8 is not taken.
fn typed(jwks: &str, url: String, response: &Response, walk: &mut Walk) -> Option<Vec<u8>> {
    let found = response
        .content_type
        .clone()
        .unwrap_or_else(|| "unknown".to_owned());
    let is_taken = found.parse::<Mime>().is_ok_and(|mime| {
        matches!(
            mime.essence_str(),
            "application/json" | "application/jwk-set+json"
        ) && mime
            .get_param(CHARSET)
            .is_none_or(|charset| charset == UTF_8)
    });
    if is_taken {
        return Some(response.body.clone());
    }
    let message = format!(
        "Invalid Content-Type '{found}' when fetching JWKS from '{jwks}'. Expected 'application/json' or 'application/jwk-set+json'."
    );
    walk.fail(
        Cause::ContentType {
            document: Document::Jwks,
            url,
            found,
        },
        || invalid(message),
    );
    None
}

fn is_bare_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| {
            character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | ':')
        })
}

/// The body of a `data:` URL; `None`: it is none; `Some(Err)`: it is one, but its text is not base64.
fn data_url(text: &str) -> Option<Result<Vec<u8>, ()>> {
    let url = DataUrl::process(text).ok()?;
    Some(url.decode_to_vec().map(|(body, _)| body).map_err(|_| ()))
}

/// Strictly: one entry that cannot be read refuses them all.
fn read(body: &[u8]) -> Result<Vec<Map<String, Value>>, String> {
    if let Some(keys) = jwk::set(body) {
        return Ok(keys);
    }
    let document: Value =
        serde_json::from_slice(body).map_err(|error| format!("it is not JSON: {error}"))?;
    Err(match document.get("keys") {
        Some(Value::Array(_)) => "an entry of `keys` is none that can be read",
        _ => "there is no list `keys`",
    }
    .to_owned())
}

/// The whole token against the key set.
fn decode(
    question: &Question<'_>,
    keys: &[Map<String, Value>],
    wanted: CustomAlgorithm,
    walk: &mut Walk,
) {
    let segments: Vec<&str> = claims::segments(question.token).collect();
    let header = segments
        .first()
        .and_then(|segment| strict(segment))
        .filter(|bytes| jwk::is_header(bytes))
        .and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(&bytes).ok());
    let key_id = header
        .as_ref()
        .and_then(|header| header.get("kid"))
        .and_then(Value::as_str)
        .map(str::to_owned);
    let undecoded = || {
        invalid(match &key_id {
            None => "Could not decode token. JWT may be missing a 'kid' (key ID) header.".to_owned(),
            Some(_) if question.redacted => {
                "Could not decode token. The JWT's 'kid' (key ID) header doesn't match any key in the provider's JWKS, or the JWT signature is invalid.".to_owned()
            }
            Some(key_id) => {
                format!("Could not decode token. The JWT's 'kid' (key ID) header is '{key_id}', does this key match any key in the provider's JWKS?")
            }
        })
    };
    let (name, algorithm) = match wanted {
        CustomAlgorithm::Rs256 => ("RS256", Algorithm::RS256),
        CustomAlgorithm::Es256 => ("ES256", Algorithm::ES256),
    };
    let signature = segments.get(2).and_then(|segment| strict(segment));
    let cause = match (&header, &signature) {
        _ if segments.len() != 3 => Some(Cause::Segments(segments.len())),
        (_, None) => Some(Cause::SignatureEncoding),
        (None, _) => Some(Cause::Header("the header cannot be read".to_owned())),
        (Some(header), Some(signature)) => {
            checked(question.token, header, signature, keys, (name, algorithm)).err()
        }
    };
    if let Some(cause) = cause {
        walk.fail(cause, undecoded);
    }
}

fn checked(
    token: &str,
    header: &Map<String, Value>,
    signature: &[u8],
    keys: &[Map<String, Value>],
    (name, algorithm): (&str, Algorithm),
) -> Result<(), Cause> {
    let Some(key_id) = header.get("kid").and_then(Value::as_str) else {
        return Err(Cause::KeyIdMissing);
    };
    let own = header.get("alg").and_then(Value::as_str);
    let key = keys
        .iter()
        .find(|key| key.get("kid").and_then(Value::as_str) == Some(key_id))
        .ok_or_else(|| Cause::KeyUnknown {
            key_id: Some(key_id.to_owned()),
            known: keys
                .iter()
                .filter_map(|key| key.get("kid")?.as_str().map(str::to_owned))
                .collect(),
        })?;
    if own != Some(name) {
        return Err(Cause::Algorithm(own.map(str::to_owned)));
    }
    if key
        .get("alg")
        .and_then(Value::as_str)
        .is_some_and(|of_key| of_key != name)
    {
        return Err(Cause::KeyUnusable(
            "the key is for another algorithm".to_owned(),
        ));
    }
    let message = token.rsplit_once('.').map_or("", |(message, _)| message);
    keys::verify(algorithm, &as_key(key), message, signature).map_err(|fault| match fault {
        keys::Fault::Key(why) => Cause::KeyUnusable(why),
        keys::Fault::Size(bits) => Cause::KeyWeak(bits),
        keys::Fault::Signature => Cause::Signature,
    })
}

fn as_key(members: &Map<String, Value>) -> Key {
    crate::issuer::key(members.clone())
}

/// `exp`, `nbf` and `iat`, each with the leeway.
fn times(question: &Question<'_>, payload: &claims::Payload<'_>, walk: &mut Walk) {
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds since the epoch are far below 2^53"
    )]
    let now = question.now as f64;
    // A time is read as the nearest whole second.
    if let Some(late) = payload
        .number(Claim::Expires)
        .map(|expires| now - expires.round())
        .filter(|late| *late > LEEWAY)
    {
        walk.fail(Cause::Expired, || {
            invalid(format!(
                "Could not validate token: Token expired {late:.0} seconds ago"
            ))
        });
    }
    for (claim, cause) in [
        (Claim::NotBefore, Cause::NotYetValid),
        (Claim::IssuedAt, Cause::IssuedInFuture),
    ] {
        if let Some(early) = payload
            .number(claim)
            .map(|time| time.round() - now)
            .filter(|early| *early > LEEWAY)
        {
            walk.fail(cause, || {
                invalid(format!(
                    "Could not validate token: Token will be valid in {early:.0} seconds"
                ))
            });
        }
    }
}
