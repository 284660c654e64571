//! An issuer's documents: where they are, and what is in the key set, read as leniently as Convex reads it (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize as _, Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::fmt;
use url::Url;

/// Where an issuer's documents are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// The discovery document (OpenID Connect Discovery, 4).
    pub discovery: String,
    /// The key set, where Clerk's discovery always says that it is.
    pub jwks: String,
}

/// The URLs of an issuer, in the spelling of [`Url`]; `None` when it is no absolute URL.
pub fn urls(issuer: &str) -> Option<Urls> {
    Url::parse(issuer).ok()?;
    let slash = if issuer.ends_with('/') { "" } else { "/" };
    let at = |path: &str| {
        Url::parse(&format!("{issuer}{slash}.well-known/{path}"))
            .ok()
            .map(String::from)
    };
    Some(Urls {
        discovery: at("openid-configuration")?,
        jwks: at("jwks.json")?,
    })
}

/// One entry of a key set.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// `kid`.
    pub key_id: Option<String>,
    /// `kty`.
    pub key_type: Option<String>,
    /// `use`.
    pub usage: Option<String>,
    /// `alg`.
    pub algorithm: Option<String>,
    /// The size of an RSA modulus or a curve, in bits.
    pub bits: Option<usize>,
    /// Why Convex's OIDC provider cannot use it; `None`: it can.
    pub refused: Option<Unusable>,
    /// The entry, as it stands.
    pub members: Map<String, Value>,
}

impl Key {
    /// The thumbprint of RFC 7638, 3, in base64url: SHA-256 over the required members, in alphabetical order, without blanks. `None` where they are not there.
    pub fn thumbprint(&self) -> Option<String> {
        let names: &[&str] = match self.key_type.as_deref()? {
            "RSA" => &["e", "kty", "n"],
            "EC" => &["crv", "kty", "x", "y"],
            "OKP" => &["crv", "kty", "x"],
            _ => return None,
        };
        let mut required = Map::new();
        for name in names {
            let value = self.members.get(*name).filter(|value| value.is_string())?;
            required.insert((*name).to_owned(), value.clone());
        }
        let text = Value::Object(required).to_string();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        Some(URL_SAFE_NO_PAD.encode(digest.as_ref()))
    }
}

/// Why Convex cannot use a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// It cannot be read, so it is passed over; the text says what is wrong.
    Unreadable(String),
    /// It is not for signatures.
    Usage(String),
    /// It is of a type, curve or algorithm that no accepted algorithm uses.
    Algorithm(String),
    /// Its numbers make no key.
    Numbers(&'static str),
    /// The modulus has too few or too many bits.
    Size(usize),
}

impl fmt::Display for Unusable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(formatter, "it is passed over: {why}"),
            Self::Usage(usage) => write!(formatter, "its use is `{usage}`, not `sig`"),
            Self::Algorithm(what) => write!(formatter, "{what} is not for RS256 or EdDSA"),
            Self::Numbers(name) => write!(formatter, "`{name}` is missing or not base64url"),
            Self::Size(bits) => write!(
                formatter,
                "it has {bits} bits; 2048 to 8192 are verified with"
            ),
        }
    }
}

/// The entries of a key set. Data after the object is ignored; entries that cannot be read are kept, with the reason.
pub fn read_jwks(body: &[u8]) -> Result<Vec<Key>, String> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let document =
        Value::deserialize(&mut reader).map_err(|error| format!("it is not JSON: {error}"))?;
    let Value::Object(mut document) = document else {
        return Err("it is not a JSON object".to_owned());
    };
    // The text is looked at again for names that stand twice, which a value forgets.
    let mut lists = raw_members(text(body))
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, raw)| (name == "keys").then_some(raw));
    let raw: Vec<&RawValue> = lists
        .next()
        .and_then(|list| serde_json::from_str(list.get()).ok())
        .unwrap_or_default();
    if lists.next().is_some() {
        return Err("`keys` stands twice".to_owned());
    }
    match document.remove("keys") {
        Some(Value::Array(entries)) => Ok(entries
            .into_iter()
            .enumerate()
            .map(
                |(index, entry)| match raw.get(index).and_then(|raw| repeated(raw.get())) {
                    Some(name) => unreadable(Map::new(), format!("`{name}` stands twice")),
                    None => read_key(entry),
                },
            )
            .collect()),
        Some(_) => Err("`keys` is not an array".to_owned()),
        None => Err("there is no `keys`".to_owned()),
    }
}

/// A body up to where it is no text any more: what follows its object may be anything.
pub(crate) fn text(body: &[u8]) -> &str {
    let start = body.utf8_chunks().next();
    start.map_or("", |chunk| chunk.valid())
}

/// The members that Convex reads of an entry.
const MEMBERS: [&str; 11] = [
    "kty", "use", "kid", "alg", "n", "e", "crv", "x", "y", "d", "k",
];

/// A member of an entry that is read and stands twice.
fn repeated(entry: &str) -> Option<&'static str> {
    let members = raw_members(entry).ok()?;
    MEMBERS
        .into_iter()
        .find(|known| members.iter().filter(|(name, _)| name == known).count() > 1)
}

/// The members of the object at the front of a text, in their order, duplicates included.
pub(crate) fn raw_members(text: &str) -> Result<Vec<(String, &RawValue)>, serde_json::Error> {
    serde_json::Deserializer::from_str(text).deserialize_map(Raw)
}

struct Raw;

impl<'de> Visitor<'de> for Raw {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

fn read_key(entry: Value) -> Key {
    match entry {
        Value::Object(members) => key(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            unreadable(Map::new(), "it is not an object".to_owned())
        }
    }
}

/// One entry of a key set.
pub fn key(members: Map<String, Value>) -> Key {
    // `crv` and the numbers are for some types only: one that cannot be read is as good as absent.
    for name in ["kid", "use", "alg", "kty"] {
        if members
            .get(name)
            .is_some_and(|value| !value.is_string() && !value.is_null())
        {
            return unreadable(members.clone(), format!("`{name}` is not a string"));
        }
    }
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let (kind, algorithm, usage) = (text("kty"), text("alg"), text("use"));
    let kind = match kind.as_deref() {
        Some(kind @ ("RSA" | "EC" | "OKP" | "oct")) => kind.to_owned(),
        Some(other) => return unreadable(members.clone(), format!("`kty` is `{other}`")),
        None => return unreadable(members.clone(), "there is no `kty`".to_owned()),
    };
    if let Some(algorithm) = algorithm
        .as_deref()
        .filter(|algorithm| !KNOWN_KEY_ALGORITHMS.contains(algorithm))
    {
        return unreadable(members.clone(), format!("`alg` is `{algorithm}`"));
    }
    let mut key = Key {
        key_id: text("kid"),
        key_type: Some(kind.clone()),
        usage: usage.clone(),
        algorithm: algorithm.clone(),
        bits: bits(&kind, &members),
        refused: None,
        members,
    };
    key.refused = refused(&key, &kind);
    key
}

/// Algorithms of keys that Convex can name; another makes the entry unreadable.
const KNOWN_KEY_ALGORITHMS: [&str; 32] = [
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "ES256",
    "ES384",
    "ES512",
    "PS256",
    "PS384",
    "PS512",
    "EdDSA",
    "none",
    "A128CBC-HS256",
    "A192CBC-HS384",
    "A256CBC-HS512",
    "A128GCM",
    "A192GCM",
    "A256GCM",
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
    "PBES2-HS256+A128KW",
];

fn refused(key: &Key, kind: &str) -> Option<Unusable> {
    if let Some(usage) = key.usage.as_deref().filter(|usage| *usage != "sig") {
        return Some(Unusable::Usage(usage.to_owned()));
    }
    match (kind, key.algorithm.as_deref()) {
        ("RSA", None | Some("RS256")) => {
            match (number(&key.members, "n"), number(&key.members, "e")) {
                (None, _) => Some(Unusable::Numbers("n")),
                (_, None) => Some(Unusable::Numbers("e")),
                _ => match key.bits {
                    Some(2048..=8192) => None,
                    Some(bits) => Some(Unusable::Size(bits)),
                    None => Some(Unusable::Numbers("n")),
                },
            }
        }
        ("OKP", None | Some("EdDSA")) => match key.members.get("crv").and_then(Value::as_str) {
            Some("Ed25519") if number(&key.members, "x").is_some_and(|x| x.len() == 32) => None,
            Some("Ed25519") => Some(Unusable::Numbers("x")),
            other => Some(Unusable::Algorithm(
                other.unwrap_or("a key without a curve").to_owned(),
            )),
        },
        (_, Some(algorithm)) => Some(Unusable::Algorithm(algorithm.to_owned())),
        (_, None) => Some(Unusable::Algorithm(kind.to_owned())),
    }
}

fn unreadable(members: Map<String, Value>, why: String) -> Key {
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    Key {
        key_id: text("kid"),
        key_type: text("kty"),
        usage: text("use"),
        algorithm: text("alg"),
        bits: None,
        refused: Some(Unusable::Unreadable(why)),
        members,
    }
}

/// A member that is base64url without padding.
pub fn number(members: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(members.get(name)?.as_str()?).ok()
}

fn bits(kind: &str, members: &Map<String, Value>) -> Option<usize> {
    match kind {
        "RSA" => {
            let bytes = number(members, "n")?;
            let start = bytes.iter().position(|byte| *byte != 0)?;
            let first = bytes.get(start)?;
            Some((bytes.len() - start) * 8 - first.leading_zeros() as usize)
        }
        "EC" | "OKP" => match members.get("crv")?.as_str()? {
            "P-256" | "Ed25519" | "X25519" | "secp256k1" => Some(256),
            "P-384" => Some(384),
            "P-521" => Some(521),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Unusable, read_jwks, urls};

    #[test]
    fn urls_follow_the_issuer_as_written() {
        let of = |issuer: &str| urls(issuer).map(|urls| urls.discovery);
        assert_eq!(
            of("https://a.dev").as_deref(),
            Some("https://a.dev/.well-known/openid-configuration")
        );
        assert_eq!(
            of("https://a.dev/").as_deref(),
            Some("https://a.dev/.well-known/openid-configuration")
        );
        assert_eq!(
            of("https://A.dev//").as_deref(),
            Some("https://a.dev//.well-known/openid-configuration")
        );
        assert_eq!(of("a.dev"), None);
    }

    #[test]
    fn keys_are_kept_with_what_is_wrong_with_them() {
        let keys = read_jwks(br#"{"keys": [1, {"kty": "RSA", "kid": 1}, {"kty": "RSA", "use": "enc"}, {"kty": "RSA", "n": "AQ==", "e": "AQAB"}, {"kty": "EC", "alg": "ES256"}]} x"#).unwrap();
        let refused: Vec<_> = keys
            .iter()
            .map(|key| key.refused.clone().unwrap())
            .collect();
        assert!(matches!(refused[0], Unusable::Unreadable(_)));
        assert!(matches!(refused[1], Unusable::Unreadable(_)));
        assert_eq!(refused[2], Unusable::Usage("enc".to_owned()));
        assert_eq!(refused[3], Unusable::Numbers("n"));
        assert_eq!(refused[4], Unusable::Algorithm("ES256".to_owned()));
        assert!(read_jwks(b"[]").is_err());
    }

    /// RFC 7638, 3.1.
    #[test]
    fn thumbprints_are_those_of_the_rfc() {
        let key = r#"{"keys":[{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}]}"#;
        let keys = read_jwks(key.as_bytes()).unwrap();
        assert_eq!(
            keys[0].thumbprint().as_deref(),
            Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        );
        assert_eq!((keys[0].bits, &keys[0].refused), (Some(2048), &None));
    }
}
