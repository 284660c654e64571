//! A lenient JWT reader: keeps what was there, so that a fault can be named (RFC 7515, RFC 7519). Nothing is judged here.

use crate::bounded::Budget;
use crate::secret::Secret;
use aws_lc_rs::digest::{Context, Digest, SHA256, digest};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fmt;

/// The base64url reader for what was pasted: padding and loose trailing bits are for the verdict to refuse, not for the reader.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The most values that are kept of those inside of members: a real token has dozens.
const MOST_INSIDE: usize = 100_000;
/// The most members that are kept, besides those that something is told by.
const MOST_MEMBERS: usize = 10_000;
/// Members that a report tells something by, of headers and of claims: they are kept wherever they stand.
const TELLING: [&str; 28] = [
    "alg",
    "kid",
    "typ",
    "cat",
    "cty",
    "crit",
    "enc",
    "jku",
    "jwk",
    "x5u",
    "x5c",
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "sid",
    "v",
    "fva",
    "sts",
    "email",
    "email_verified",
    "name",
    "updated_at",
    "handshake",
];

/// A compact token, read as far as it can be.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token itself. It is never shown.
    pub compact: Secret,
    /// How many parts there are between dots.
    pub segments: usize,
    /// The JOSE header.
    pub header: Part,
    /// The claims.
    pub payload: Part,
    /// Bytes of the signature; 0 when there is none.
    pub signature_length: usize,
}

/// A JSON object of a token, or of a claims paste.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part {
    /// The members, in their order; of duplicates the last.
    pub members: Map<String, Value>,
    /// Names that stand more than once.
    pub duplicates: Vec<String>,
    /// Whether some members, or some of what stands inside them, were left out, because there is too much of it.
    pub is_cut: bool,
    /// Why it could not be read, when it could not.
    pub fault: Option<String>,
}

/// `aud` of a token (RFC 7519, 4.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// There is no `aud`, or it is null or an empty array.
    Absent,
    /// A string.
    One(String),
    /// An array of strings.
    Many(Vec<String>),
    /// Something else.
    Mistyped,
}

/// What kind of Clerk token it is (clerk.md 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A session token.
    Session,
    /// A session token with `aud` `convex`: the Convex integration.
    SessionConvex,
    /// A token from a JWT template.
    Template,
    /// A machine-to-machine token.
    Machine,
    /// An OAuth access token.
    OAuth,
    /// Nothing tells.
    Unknown,
}

impl Kind {
    /// The kind, from `cat` (clerk.md 1.1), `typ`, `sub` and the claims that only some kinds have. Unsigned claims have an empty header.
    pub fn of(header: &Part, claims: &Part) -> Self {
        if header.text("typ").is_some_and(is_access_type) {
            return Self::OAuth;
        }
        let sub = claims.text("sub").unwrap_or_default();
        // The id of an access token; no template can write `jti`, which is reserved (clerk.md 1.2).
        if claims.text("jti").is_some_and(|id| id.starts_with("oat_")) {
            return Self::OAuth;
        }
        let category = header.text("cat");
        if category == Some("cl_B7d4PD333AAA") || sub.starts_with("mch_") {
            return Self::Machine;
        }
        // `cat` is the better witness, but an old or opted-out instance sends none that tells.
        let session_like = ["sid", "v", "fva", "sts"]
            .iter()
            .any(|name| claims.members.contains_key(*name));
        match category {
            _ if session_like => {}
            Some("cl_B7d4PD111AAA") => {}
            Some("cl_B7d4PD222AAA") => return Self::Template,
            // With the claims of an access token (RFC 9068, 2.2) it may as well be one.
            _ if ["client_id", "scope"]
                .iter()
                .all(|name| claims.members.contains_key(*name)) =>
            {
                return Self::Unknown;
            }
            _ if claims.members.contains_key("jti") && sub.starts_with("user_") => {
                return Self::Template;
            }
            _ => return Self::Unknown,
        }
        if claims.text("aud") == Some("convex") {
            Self::SessionConvex
        } else {
            Self::Session
        }
    }

    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::SessionConvex => "session-convex",
            Self::Template => "template",
            Self::Machine => "machine",
            Self::OAuth => "oauth",
            Self::Unknown => "unknown",
        }
    }

    /// The kind in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Session => "a Clerk session token",
            Self::SessionConvex => "a Clerk session token with the Convex integration's audience",
            Self::Template => "a token from a Clerk JWT template",
            Self::Machine => "a Clerk machine-to-machine token",
            Self::OAuth => "an OAuth access token",
            Self::Unknown => "a token of unknown origin",
        }
    }
}

/// Whether a `typ` is that of an access token (RFC 9068, 2.1).
pub(crate) fn is_access_type(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
}

impl Token {
    /// Reads a compact token. Never fails: what could not be read is kept as a fault.
    pub fn read(compact: &str) -> Self {
        let segments: Vec<&str> = compact.split('.').collect();
        let part = |index: usize, name: &str| match segments.get(index) {
            Some(segment) => Part::decode(segment, name),
            None => Part::broken(format!("there is no {name}")),
        };
        Self {
            header: part(0, "header"),
            payload: part(1, "payload"),
            signature_length: segments
                .get(2)
                .and_then(|segment| LENIENT.decode(segment).ok())
                .map_or(0, |bytes| bytes.len()),
            segments: segments.len(),
            compact: Secret::new(compact),
        }
    }

    /// SHA-256 of the compact token: names it without showing it.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.compact.expose())
    }

    /// `alg`, when it is a string.
    pub fn algorithm(&self) -> Option<&str> {
        self.header.text("alg")
    }

    /// `kid`, when it is a string.
    pub fn key_id(&self) -> Option<&str> {
        self.header.text("kid")
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        Kind::of(&self.header, &self.payload)
    }
}

/// `sha256:` and the 64 hexadecimal digits of a text's SHA-256.
pub fn fingerprint(text: &str) -> String {
    let digits = hex(digest(&SHA256, text.as_bytes()).as_ref());
    format!(
        "sha256:{}",
        std::str::from_utf8(&digits).unwrap_or_default()
    )
}

/// The SHA-256 of a compact token and of the part of it that is signed, made in one pass.
#[derive(Debug, Clone, Copy)]
pub struct Digests {
    /// Of the first two segments, as RS256 signs them (RFC 7515, 5.1).
    pub(crate) signing_input: Digest,
    /// Of the whole token: what it is known by.
    pub(crate) whole: Digest,
}

impl Digests {
    /// Hashes a compact token.
    pub fn of(compact: &str) -> Self {
        let end = memchr::memrchr(b'.', compact.as_bytes()).unwrap_or(compact.len());
        let (signing_input, rest) = compact.as_bytes().split_at(end);
        let mut context = Context::new(&SHA256);
        context.update(signing_input);
        let signing_input = context.clone().finish();
        context.update(rest);
        Self {
            signing_input,
            whole: context.finish(),
        }
    }
}

/// The hexadecimal digits of a SHA-256.
pub(crate) fn hex(digest: &[u8]) -> [u8; 64] {
    let digit = |nibble: u8| nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0x0f)]);
    }
    digits
}

impl Part {
    fn broken(fault: String) -> Self {
        Self {
            fault: Some(fault),
            ..Self::default()
        }
    }

    fn decode(segment: &str, name: &str) -> Self {
        if segment.is_empty() {
            return Self::broken(format!("the {name} is empty"));
        }
        match LENIENT.decode(segment) {
            Ok(bytes) => Self::parse(&bytes)
                .unwrap_or_else(|fault| Self::broken(format!("the {name} {fault}"))),
            Err(_) => Self::broken(format!("the {name} is not base64url")),
        }
    }

    /// Reads a JSON object and remembers which names stand twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
        if !text.trim_ascii_start().starts_with('{') {
            return Err("is not a JSON object".to_owned());
        }
        serde_json::from_str(text).map_err(|error| format!("is not a JSON object: {error}"))
    }

    /// A part made of members, as in a claims paste.
    pub fn of(members: Map<String, Value>) -> Self {
        Self {
            members,
            ..Self::default()
        }
    }

    /// A member that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    /// A member that is a number, in seconds where it is a time.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.members.get(name).and_then(Value::as_f64)
    }

    /// `exp - iat`, in seconds; a time before 1970 is none.
    pub fn lifetime(&self) -> Option<f64> {
        let time = |name| self.one_number(name).filter(|time| *time >= 0.0);
        Some(time("exp")? - time("iat")?)
    }

    /// `iat - nbf`, in seconds: the template's allowed clock skew (clerk.md 1.3).
    pub fn clock_skew(&self) -> Option<f64> {
        Some(self.one_number("iat")? - self.one_number("nbf")?)
    }

    /// A number that stands once: of one that stands twice it is not known what it says.
    fn one_number(&self, name: &str) -> Option<f64> {
        let is_repeated = self.duplicates.iter().any(|own| own == name);
        self.number(name).filter(|_| !is_repeated)
    }

    /// `aud`.
    pub fn audience(&self) -> Audience {
        match self.members.get("aud") {
            None | Some(Value::Null) => Audience::Absent,
            Some(Value::String(text)) => Audience::One(text.clone()),
            Some(Value::Array(list)) if list.is_empty() => Audience::Absent,
            Some(Value::Array(list)) => list
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
                .map_or(Audience::Mistyped, Audience::Many),
            Some(Value::Bool(_) | Value::Number(_) | Value::Object(_)) => Audience::Mistyped,
        }
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

/// An object's members, and the names that come again.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Part;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Part, M::Error> {
        let mut part = Part::default();
        let mut noted = HashSet::new();
        let budget = Budget::new(MOST_INSIDE);
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(&budget)?;
            let is_full = part.members.len() >= MOST_MEMBERS;
            if is_full && !part.members.contains_key(&name) && !TELLING.contains(&name.as_str()) {
                part.is_cut = true;
                continue;
            }
            match part.members.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(mut place) => {
                    if noted.insert(place.key().clone()) {
                        part.duplicates.push(place.key().clone());
                    }
                    place.insert(value);
                }
            }
        }
        part.is_cut |= budget.is_exceeded();
        Ok(part)
    }
}

#[cfg(test)]
mod tests {
    use super::{Audience, Kind, Token};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn token(header: &str, payload: &str) -> Token {
        Token::read(&format!(
            "{}.{}.c2ln",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(payload)
        ))
    }

    #[test]
    fn keeps_what_was_there() {
        let token = token(
            r#"{"alg":"RS256","kid":"ins_1"}"#,
            r#"{"exp":60,"iat":0,"nbf":-5,"aud":["convex"],"exp":61}"#,
        );
        assert_eq!(
            (token.segments, token.algorithm(), token.key_id()),
            (3, Some("RS256"), Some("ins_1"))
        );
        assert_eq!(token.payload.duplicates, ["exp"]);
        assert_eq!(
            (token.payload.lifetime(), token.payload.clock_skew()),
            (None, Some(5.0))
        );
        assert_eq!(
            token.payload.audience(),
            Audience::Many(vec!["convex".to_owned()])
        );
    }

    #[test]
    fn of_millions_of_values_the_claims_remain() {
        let many = vec!["[1]"; 200_000].join(",");
        let token = token("{}", &format!(r#"{{"many":[{many}],"sub":"user_1"}}"#));
        assert!(token.payload.is_cut && !token.header.is_cut);
        assert_eq!(token.payload.text("sub"), Some("user_1"));
        let kept = token.payload.members["many"].as_array().unwrap();
        assert!((1..100_000).contains(&kept.len()));
        let many: Vec<String> = (0..20_000)
            .map(|number| format!("\"m{number}\":1"))
            .collect();
        let many = many.join(",");
        let token = self::token(
            "{}",
            &format!(r#"{{{many},"sub":"user_1","sub":"user_2"}}"#),
        );
        assert!(token.payload.is_cut && token.payload.members.len() == 10_001);
        assert_eq!(token.payload.text("sub"), Some("user_2"));
        assert_eq!(token.payload.duplicates, ["sub"]);
    }

    #[test]
    fn names_the_fault_of_each_part() {
        let token = Token::read("e30.***");
        assert_eq!(token.header.fault, None);
        assert_eq!(
            token.payload.fault.as_deref(),
            Some("the payload is not base64url")
        );
        assert_eq!(token.segments, 2);
    }

    #[test]
    fn tells_kinds_apart() {
        let kind = |header: &str, payload: &str| token(header, payload).kind();
        assert_eq!(kind(r#"{"cat":"cl_B7d4PD111AAA"}"#, "{}"), Kind::Session);
        assert_eq!(
            kind(r#"{"cat":"cl_B7d4PD111AAA"}"#, r#"{"aud":"convex"}"#),
            Kind::SessionConvex
        );
        assert_eq!(
            kind(r#"{"cat":"cl_B7d4PD222AAA"}"#, r#"{"aud":"convex"}"#),
            Kind::Template
        );
        assert_eq!(kind("{}", r#"{"sid":"sess_1"}"#), Kind::Session);
        assert_eq!(kind("{}", r#"{"jti":"1","sub":"user_1"}"#), Kind::Template);
        assert_eq!(kind(r#"{"typ":"at+jwt"}"#, "{}"), Kind::OAuth);
        assert_eq!(kind("{}", r#"{"jti":"oat_1","sub":"user_1"}"#), Kind::OAuth);
        let access = r#"{"jti":"1","sub":"user_1","client_id":"a","scope":"email"}"#;
        assert_eq!(kind("{}", access), Kind::Unknown);
        assert_eq!(kind(r#"{"cat":"cl_B7d4PD222AAA"}"#, access), Kind::Template);
        assert_eq!(kind("{}", r#"{"sub":"mch_1"}"#), Kind::Machine);
        assert_eq!(kind("{}", "{}"), Kind::Unknown);
    }

    #[test]
    fn debug_hides_the_token() {
        let token = token(r#"{"alg":"RS256"}"#, "{}");
        assert!(!format!("{token:?}").contains(token.compact.expose()));
    }
}
