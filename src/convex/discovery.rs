//! Discovery and the key set of an OIDC provider, fetched and read as Convex does (facts A3).

use super::cache::Keys;
use super::{Asked, Cache, Cause, Document, Got, INTERNAL, PartialRefusal, Walk, is_type, refuse};
use crate::answer::Response;
use crate::censor::Censor;
use crate::issuer::{self, Key};
use reqwest::StatusCode;
use serde::Deserialize as _;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Both documents, fetched or known. `None`: a fault was noted, or an answer is missing.
pub(super) fn keys(
    issuer: &str,
    asked: &mut Asked<'_>,
    cache: &mut Cache,
    walk: &mut Walk,
) -> Option<Arc<Keys>> {
    if let Some(keys) = cache.known(issuer, asked) {
        return Some(keys);
    }
    let Some(urls) = issuer::urls(issuer) else {
        walk.fail(Cause::IssuerNotUrl, || {
            refuse("InternalServerError", INTERNAL.to_owned(), 500)
        });
        return None;
    };
    let from = asked.urls.len();
    let keys = Arc::new(Keys::new(read(issuer, &urls, asked, walk)?));
    cache.keep(issuer, asked, from, &keys);
    Some(keys)
}

fn read(
    issuer: &str,
    urls: &issuer::Urls,
    asked: &mut Asked<'_>,
    walk: &mut Walk,
) -> Option<Vec<Key>> {
    let (url, response) = fetch(issuer, &urls.discovery, Document::Discovery, asked, walk)?;
    let jwks = match metadata(&response.body) {
        Ok((found, _)) if found != issuer => {
            walk.fail(Cause::DiscoveryIssuer { url, found }, || {
                failed(issuer, 400, None)
            });
            return None;
        }
        Ok((_, jwks)) => jwks,
        Err(why) => {
            walk.fail(
                Cause::Body {
                    document: Document::Discovery,
                    url,
                    why,
                },
                || failed(issuer, 400, None),
            );
            return None;
        }
    };
    let (url, response) = fetch(issuer, &jwks, Document::Jwks, asked, walk)?;
    match issuer::read_jwks(&response.body) {
        Ok(keys) => Some(keys),
        Err(why) => {
            walk.fail(
                Cause::Body {
                    document: Document::Jwks,
                    url,
                    why,
                },
                || failed(issuer, 400, None),
            );
            None
        }
    }
}

/// One document: transport, status, content type.
fn fetch<'a>(
    issuer: &str,
    url: &str,
    document: Document,
    asked: &mut Asked<'a>,
    walk: &mut Walk,
) -> Option<(String, &'a Response)> {
    let types: &[&str] = match document {
        Document::Discovery => &["application/json"],
        Document::Jwks => &["application/json", "application/jwk-set+json"],
    };
    match asked.get(url) {
        Got::Absent { url } => {
            walk.lacks.get_or_insert(url);
            None
        }
        Got::Fault { url, fault } => {
            walk.fail(
                Cause::Unreachable {
                    document,
                    url,
                    fault: fault.clone(),
                },
                || failed(issuer, 400, None),
            );
            None
        }
        Got::TooManyRedirects => {
            walk.fail(
                Cause::Redirects {
                    document,
                    url: url.to_owned(),
                },
                || failed(issuer, 400, None),
            );
            None
        }
        Got::Response { url, response } if response.status != 200 => {
            let body = String::from_utf8_lossy(&response.body);
            let unknown_instance = body.contains("host_invalid");
            let cause = Cause::Status {
                document,
                url,
                status: response.status,
                unknown_instance,
            };
            walk.fail(cause, || {
                failed(issuer, status(response.status), Some(response))
            });
            None
        }
        Got::Response { url, response } => {
            if let Some(found) = response
                .content_type
                .as_deref()
                .filter(|found| !is_type(found, types))
            {
                let cause = Cause::ContentType {
                    document,
                    url,
                    found: found.to_owned(),
                };
                walk.fail(cause, || failed(issuer, 400, Some(response)));
                return None;
            }
            Some((url, response))
        }
    }
}

/// The status that Convex's caller gets for the issuer's (facts A3, table).
fn status(of_issuer: u16) -> u16 {
    match of_issuer {
        401 | 403 | 404 | 421 | 425 | 429 => of_issuer,
        500..=599 => 503,
        _ => 400,
    }
}

fn failed(issuer: &str, http_status: u16, response: Option<&Response>) -> PartialRefusal {
    let mut message = format!("Auth provider discovery of {issuer} failed");
    if let Some(response) = response {
        use std::fmt::Write as _;
        let reason = StatusCode::from_u16(response.status)
            .map_or_else(|_| response.status.to_string(), |status| status.to_string());
        let body = String::from_utf8_lossy(&response.body);
        let censor = Censor {
            sent: &[],
            spares_unknown: false,
        };
        let _ = write!(
            message,
            ": {reason} {}",
            censor.text(&body).as_deref().unwrap_or(&body)
        );
    }
    refuse("AuthProviderDiscoveryFailed", message, http_status)
}

/// The types of the fields that discovery may have (OpenID Connect Discovery, 3), as Convex reads them.
enum Field {
    /// A list of strings that may be absent or null.
    Strings,
    /// A list of strings that may be absent, but not null.
    StringsNotNull,
    /// A list whose unreadable entries are passed over; it may be absent or null.
    Any,
    /// The same, but not null.
    AnyNotNull,
    /// A URL, absent or null.
    Url,
    /// true or false, absent or null.
    Flag,
}

const FIELDS: [(&str, Field); 35] = [
    ("authorization_endpoint", Field::Url),
    ("token_endpoint", Field::Url),
    ("userinfo_endpoint", Field::Url),
    ("registration_endpoint", Field::Url),
    ("scopes_supported", Field::Strings),
    ("response_types_supported", Field::StringsNotNull),
    ("response_modes_supported", Field::Strings),
    ("grant_types_supported", Field::Strings),
    ("acr_values_supported", Field::Strings),
    ("subject_types_supported", Field::StringsNotNull),
    ("id_token_signing_alg_values_supported", Field::AnyNotNull),
    ("id_token_encryption_alg_values_supported", Field::Any),
    ("id_token_encryption_enc_values_supported", Field::Any),
    ("userinfo_signing_alg_values_supported", Field::Any),
    ("userinfo_encryption_alg_values_supported", Field::Any),
    ("userinfo_encryption_enc_values_supported", Field::Any),
    ("request_object_signing_alg_values_supported", Field::Any),
    ("request_object_encryption_alg_values_supported", Field::Any),
    ("request_object_encryption_enc_values_supported", Field::Any),
    ("token_endpoint_auth_methods_supported", Field::Strings),
    (
        "token_endpoint_auth_signing_alg_values_supported",
        Field::Any,
    ),
    ("display_values_supported", Field::Strings),
    ("claim_types_supported", Field::Strings),
    ("claims_supported", Field::Strings),
    ("service_documentation", Field::Url),
    ("claims_locales_supported", Field::Strings),
    ("ui_locales_supported", Field::Strings),
    ("claims_parameter_supported", Field::Flag),
    ("request_parameter_supported", Field::Flag),
    ("request_uri_parameter_supported", Field::Flag),
    ("require_request_uri_registration", Field::Flag),
    ("op_policy_uri", Field::Url),
    ("op_tos_uri", Field::Url),
    ("issuer", Field::Url),
    ("jwks_uri", Field::Url),
];

/// `issuer`, and the URL of the keys. What follows the object is ignored.
fn metadata(body: &[u8]) -> Result<(String, String), String> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let document =
        Value::deserialize(&mut reader).map_err(|error| format!("it is not JSON: {error}"))?;
    let Value::Object(document) = document else {
        return Err("it is not a JSON object".to_owned());
    };
    if let Some(name) = repeated(body) {
        return Err(format!("`{name}` stands twice"));
    }
    for (name, field) in &FIELDS {
        let Some(value) = document.get(*name) else {
            continue;
        };
        if let Some(wanted) = misfit(field, value) {
            return Err(format!("`{name}` is not {wanted}"));
        }
    }
    let text = |document: &Map<String, Value>, name: &str| {
        document
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| format!("there is no `{name}`"))
    };
    let (found, jwks) = (text(&document, "issuer")?, text(&document, "jwks_uri")?);
    let keys_url =
        url::Url::parse(&jwks).map_err(|_| "`jwks_uri` is not an absolute URL".to_owned())?;
    if !matches!(keys_url.scheme(), "http" | "https") {
        let scheme = keys_url.scheme();
        return Err(format!(
            "`jwks_uri` is a `{scheme}:` URL, and keys are fetched over HTTP only"
        ));
    }
    url::Url::parse(&found).map_err(|_| "`issuer` is not an absolute URL".to_owned())?;
    Ok((found, jwks))
}

fn misfit(field: &Field, value: &Value) -> Option<&'static str> {
    let strings = |value: &Value| {
        value
            .as_array()
            .is_some_and(|items| items.iter().all(Value::is_string))
    };
    let (fits, wanted) = match field {
        Field::Strings => (value.is_null() || strings(value), "a list of strings"),
        Field::StringsNotNull => (strings(value), "a list of strings"),
        Field::Any => (value.is_null() || value.is_array(), "a list"),
        Field::AnyNotNull => (value.is_array(), "a list"),
        Field::Url => (
            value.is_null()
                || value
                    .as_str()
                    .is_some_and(|text| url::Url::parse(text).is_ok()),
            "an absolute URL",
        ),
        Field::Flag => (value.is_null() || value.is_boolean(), "true or false"),
    };
    (!fits).then_some(wanted)
}

/// A field that Convex knows and that stands twice.
fn repeated(body: &[u8]) -> Option<String> {
    let members = issuer::raw_members(issuer::text(body)).ok()?;
    let mut seen = std::collections::HashSet::new();
    members
        .into_iter()
        .map(|(name, _)| name)
        .find(|name| FIELDS.iter().any(|(known, _)| known == name) && !seen.insert(name.clone()))
}
