//! Key sets and headers as the library reads them that Convex judges tokens of a customJwt provider with (facts A4): into fixed types, in which one
//! member of another type, or one that stands twice, makes the whole unreadable. The shapes are the reader: nothing in them is used but that they fit.

use super::base64url::strict;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::{Map, Value};

/// The members of the keys of a set, every one of which can be read.
pub(super) fn set(text: &[u8]) -> Option<Vec<Map<String, Value>>> {
    serde_json::from_slice::<Set<Jwk>>(text).ok()?;
    Some(serde_json::from_slice::<Set<_>>(text).ok()?.keys)
}

/// Whether a decoded header can be read.
pub(super) fn is_header(text: &[u8]) -> bool {
    serde_json::from_slice::<Header>(text).is_ok()
}

#[derive(Deserialize)]
struct Set<Key> {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Header {
    #[serde(flatten)]
    _registered: Registered,
}

#[derive(Deserialize)]
struct Registered {
    #[serde(rename = "alg", deserialize_with = "signature")]
    _algorithm: (),
    #[serde(rename = "typ")]
    _type: Option<String>,
    #[serde(rename = "cty")]
    _content_type: Option<String>,
    #[serde(rename = "jku")]
    _key_set: Option<String>,
    #[serde(rename = "jwk")]
    _key: Option<Jwk>,
    #[serde(rename = "kid")]
    _key_id: Option<String>,
    #[serde(rename = "x5u")]
    _certificate_url: Option<String>,
    #[serde(rename = "x5c")]
    _certificates: Option<Vec<String>>,
    #[serde(rename = "x5t")]
    _thumbprint: Option<String>,
    #[serde(rename = "crit")]
    _critical: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Jwk {
    #[serde(flatten)]
    _common: Common,
    #[serde(flatten)]
    _parameters: Parameters,
}

#[derive(Deserialize)]
struct Common {
    #[serde(rename = "use")]
    _usage: Option<String>,
    #[serde(rename = "key_ops")]
    _operations: Option<Vec<String>>,
    #[serde(rename = "alg", default, deserialize_with = "of_key")]
    _algorithm: (),
    #[serde(rename = "kid")]
    _key_id: Option<String>,
    #[serde(rename = "x5u")]
    _certificate_url: Option<String>,
    #[serde(rename = "x5c")]
    _certificates: Option<Vec<String>>,
    #[serde(rename = "x5t")]
    _thumbprint: Option<String>,
}

/// What each type of key must have. Private parts are typed too; `null` is none of them.
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "nothing is used but that a key fits")]
enum Parameters {
    Ec(Ec),
    Rsa(Box<Rsa>),
    Oct(Oct),
    Okp(Okp),
}

#[derive(Deserialize)]
struct Ec {
    #[serde(rename = "kty")]
    _type: EcType,
    #[serde(rename = "crv")]
    _curve: Curve,
    #[serde(rename = "x")]
    _x: Number,
    #[serde(rename = "y")]
    _y: Number,
    #[serde(rename = "d", default, deserialize_with = "given")]
    _d: Option<Number>,
}

#[derive(Deserialize)]
struct Rsa {
    #[serde(rename = "kty")]
    _type: RsaType,
    #[serde(rename = "n")]
    _n: Number,
    #[serde(rename = "e")]
    _e: Number,
    #[serde(rename = "d", default, deserialize_with = "given")]
    _d: Option<Number>,
    #[serde(rename = "p", default, deserialize_with = "given")]
    _p: Option<Number>,
    #[serde(rename = "q", default, deserialize_with = "given")]
    _q: Option<Number>,
    #[serde(rename = "dp", default, deserialize_with = "given")]
    _dp: Option<Number>,
    #[serde(rename = "dq", default, deserialize_with = "given")]
    _dq: Option<Number>,
    #[serde(rename = "qi", default, deserialize_with = "given")]
    _qi: Option<Number>,
    #[serde(rename = "oth")]
    _others: Option<Vec<Other>>,
}

#[derive(Deserialize)]
struct Other {
    #[serde(rename = "r")]
    _r: Number,
    #[serde(rename = "d")]
    _d: Number,
    #[serde(rename = "t")]
    _t: Number,
}

#[derive(Deserialize)]
struct Oct {
    #[serde(rename = "kty")]
    _type: OctType,
    #[serde(rename = "k")]
    _k: Number,
}

#[derive(Deserialize)]
struct Okp {
    #[serde(rename = "kty")]
    _type: OkpType,
    #[serde(rename = "crv")]
    _curve: Curve,
    #[serde(rename = "x")]
    _x: Number,
    #[serde(rename = "d", default, deserialize_with = "given")]
    _d: Option<Number>,
}

#[derive(Deserialize)]
enum EcType {
    #[serde(rename = "EC")]
    Ec,
}

#[derive(Deserialize)]
enum RsaType {
    #[serde(rename = "RSA")]
    Rsa,
}

#[derive(Deserialize)]
enum OctType {
    #[serde(rename = "oct")]
    Oct,
}

#[derive(Deserialize)]
enum OkpType {
    #[serde(rename = "OKP")]
    Okp,
}

#[derive(Deserialize)]
enum Curve {
    #[serde(rename = "P-256")]
    P256,
    #[serde(rename = "P-384")]
    P384,
    #[serde(rename = "P-521")]
    P521,
    Ed25519,
    Ed448,
}

/// Base64url without padding.
struct Number;

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        strict(&text)
            .map(|_| Self)
            .ok_or_else(|| D::Error::custom("not base64url"))
    }
}

/// A number that may be left out, but is one where it stands.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Number>, D::Error> {
    Number::deserialize(deserializer).map(Some)
}

/// The algorithms of signatures, which alone a header can name.
const SIGNATURES: [&str; 13] = [
    "none", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512",
    "PS256", "PS384", "PS512",
];

/// What else a key can be for. No `EdDSA` is in either.
const ENCRYPTIONS: [&str; 20] = [
    "RSA1_5",
    "RSA-OAEP",
    "RSA-OAEP-256",
    "A128KW",
    "A192KW",
    "A256KW",
    "dir",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
    "A128GCMKW",
    "A192GCMKW",
    "A256GCMKW",
    "PBES2-HS256+A128KW",
    "PBES2-HS384+A192KW",
    "PBES2-HS512+A256KW",
    "A128GCM",
    "A192GCM",
    "A256GCM",
];

fn signature<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    let name = String::deserialize(deserializer)?;
    known(SIGNATURES.contains(&name.as_str()))
}

fn of_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    let name = Option::<String>::deserialize(deserializer)?;
    known(name.is_none_or(|name| {
        SIGNATURES.contains(&name.as_str()) || ENCRYPTIONS.contains(&name.as_str())
    }))
}

fn known<E: Error>(is_known: bool) -> Result<(), E> {
    is_known
        .then_some(())
        .ok_or_else(|| E::custom("an unknown algorithm"))
}
