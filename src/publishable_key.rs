//! Reads a Clerk publishable key: `pk_(test|live)_` and the base64 of the host of the instance.
//!
//! The rules are those of `parsePublishableKey` in Clerk's JavaScript packages (`packages/shared/src/keys.ts`).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Which kind of instance a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `pk_live_`: a production instance.
    Live,
    /// `pk_test_`: a development instance.
    Test,
}

/// A publishable key that could be read. It is public, so it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishableKey {
    /// Production or development, by the prefix.
    pub kind: Kind,
    /// The host of the instance's frontend API, which is also the host of the issuer.
    pub host: String,
}

/// Why a text is not a publishable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was given.
    Empty,
    /// It begins like a secret key (`sk_`): it must not be shown.
    SecretKey,
    /// It does not begin with `pk_test_` or `pk_live_`.
    Prefix,
    /// There are not exactly three parts between underscores, or the third is empty.
    Parts,
    /// The third part is not base64.
    NotBase64,
    /// The decoded text does not end with its only `$`.
    Ending,
    /// The decoded text is not a host: no dot in it, or signs that a host cannot have.
    Host,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "is empty",
            Self::SecretKey => {
                "holds a secret key: take it out, and rotate it if it was ever shipped"
            }
            Self::Prefix => "does not begin with `pk_test_` or `pk_live_`",
            Self::Parts => "has not the three parts of a publishable key",
            Self::NotBase64 => "does not decode: its third part is not base64",
            Self::Ending => "does not decode to a host and `$`",
            Self::Host => "does not decode to a host name",
        })
    }
}

/// `atob` takes padded and unpadded text, and does not look at left-over bits.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Reads a publishable key.
pub fn parse(text: &str) -> Result<PublishableKey, Fault> {
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    if text.starts_with("sk_") {
        return Err(Fault::SecretKey);
    }
    let (kind, rest) = if let Some(rest) = text.strip_prefix("pk_test_") {
        (Kind::Test, rest)
    } else if let Some(rest) = text.strip_prefix("pk_live_") {
        (Kind::Live, rest)
    } else {
        return Err(Fault::Prefix);
    };
    if rest.is_empty() || rest.contains('_') {
        return Err(Fault::Parts);
    }
    let bytes = LENIENT.decode(rest).map_err(|_| Fault::NotBase64)?;
    let decoded = String::from_utf8(bytes).map_err(|_| Fault::Host)?;
    let Some(host) = decoded.strip_suffix('$').filter(|host| !host.contains('$')) else {
        return Err(Fault::Ending);
    };
    let plain = host
        .chars()
        .all(|char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-'));
    if !plain || !host.contains('.') {
        return Err(Fault::Host);
    }
    Ok(PublishableKey {
        kind,
        host: host.to_owned(),
    })
}

impl PublishableKey {
    /// The issuer of the instance's tokens, which is what `CLERK_JWT_ISSUER_DOMAIN` must hold.
    pub fn issuer(&self) -> String {
        format!("https://{}", self.host)
    }
}

/// Suffixes of development hosts (`packages/shared/src/constants.ts`): today's, the legacy ones, and Clerk's staging.
const DEVELOPMENT: &[&str] = &[
    ".clerk.accounts.dev",
    ".accounts.dev",
    ".lcl.dev",
    ".lclstage.dev",
    ".lclclerk.com",
    ".accountsstage.dev",
];

/// Whether a host is one of a development instance.
pub fn is_development_host(host: &str) -> bool {
    DEVELOPMENT.iter().any(|suffix| host.ends_with(suffix))
}

/// The short name by which people know an instance: `cool-ocelot-25`, or the host of a production instance.
pub fn instance_name(host: &str) -> &str {
    host.strip_suffix(".clerk.accounts.dev").unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::{Fault, Kind, instance_name, is_development_host, parse};

    #[test]
    fn reads_clerks_own_vectors() {
        let key = parse("pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk").unwrap();
        assert_eq!(
            (key.kind, key.host.as_str()),
            (Kind::Test, "foo-bar-13.clerk.accounts.dev")
        );
        assert_eq!(key.issuer(), "https://foo-bar-13.clerk.accounts.dev");
        assert_eq!(parse("pk_live_aW52YWxpZGtleSQ="), Err(Fault::Host));
        assert_eq!(
            parse("pk_live_ZmFrZS1jbGVyay1tdWx0aXBsZS5jbGVyay5hY2NvdW50cy5kZXYkJA=="),
            Err(Fault::Ending)
        );
    }

    #[test]
    fn takes_padded_and_unpadded_keys() {
        assert_eq!(
            parse("pk_live_Y2xlcmsuYS5jbyQ=").unwrap().host,
            "clerk.a.co"
        );
        assert_eq!(parse("pk_live_Y2xlcmsuYS5jbyQ").unwrap().host, "clerk.a.co");
    }

    #[test]
    fn names_what_is_wrong() {
        assert_eq!(parse(""), Err(Fault::Empty));
        assert_eq!(parse("sk_test_abc"), Err(Fault::SecretKey));
        assert_eq!(parse("\"pk_test_abc"), Err(Fault::Prefix));
        assert_eq!(parse("pk_test_"), Err(Fault::Parts));
        assert_eq!(parse("pk_test_a_b"), Err(Fault::Parts));
        assert_eq!(parse("pk_test_!!!"), Err(Fault::NotBase64));
    }

    #[test]
    fn tells_hosts_apart() {
        assert_eq!(
            instance_name("cool-ocelot-25.clerk.accounts.dev"),
            "cool-ocelot-25"
        );
        assert_eq!(instance_name("clerk.example.com"), "clerk.example.com");
        assert!(is_development_host("clerk.foo.bar-13.lcl.dev"));
        assert!(!is_development_host("clerk.example.com"));
    }
}
