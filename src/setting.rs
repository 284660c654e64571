//! The value of an issuer variable, judged alone: what it is, and what it should have been.
//!
//! The source of the rules is `facts` A0 of Convex's configuration check: Convex forgives trailing slashes and a missing scheme, and compares
//! everything else byte for byte with the token's `iss`.

use crate::escape::is_hidden;
use url::Url;

/// Names under which the issuer is known: this project's page, Convex's docs, Clerk's docs, older templates.
pub const ISSUER_NAMES: [&str; 7] = [
    "CLERK_ISSUER_URL",
    "CLERK_JWT_ISSUER_DOMAIN",
    "CLERK_FRONTEND_API_URL",
    "CLERK_ISSUER",
    "CLERK_ISSUER_DOMAIN",
    "CLERK_JWT_ISSUER",
    "CLERK_JWT_ISSUER_URL",
];

/// Prefixes by which frameworks publish a variable to browsers.
pub const PUBLIC_PREFIXES: [&str; 8] = [
    "NEXT_PUBLIC_",
    "NUXT_PUBLIC_",
    "VITE_",
    "EXPO_PUBLIC_",
    "PUBLIC_",
    "REACT_APP_",
    "GATSBY_",
    "VUE_APP_",
];

/// A variable's name without the framework's public prefix.
pub fn unprefixed(name: &str) -> &str {
    PUBLIC_PREFIXES
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name)
}

/// Whether a name is one of the issuer's, with or without a framework's prefix.
pub fn is_issuer_name(name: &str) -> bool {
    ISSUER_NAMES.contains(&unprefixed(name))
}

/// What is wrong with an issuer's value. The names are those of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Empty, or blanks only.
    Unset,
    /// A secret key, a deploy key, a token, or something with one in it: never shown.
    Secret,
    /// A publishable key.
    PublishableKey,
    /// `${X}` that nobody expanded.
    Unexpanded,
    /// The scheme stands twice.
    SchemeTwice,
    /// Not a URL at all, or one of another scheme.
    NotUrl,
    /// Quotes, blanks, invisible characters, dashes of a word processor.
    StrayCharacter,
    /// A value of the docs or a tutorial.
    Placeholder,
    /// A page of Clerk or Convex that issues no tokens; the text says which.
    WrongHost(&'static str),
    /// `http:`.
    Scheme,
    /// Upper-case letters in the host.
    HostCase,
    /// A path, query, fragment, port or user info; the text says which.
    NotOrigin(&'static str),
}

/// The first fault of a value, the one that hides the others.
pub fn fault(value: &str) -> Option<Fault> {
    if value.trim().is_empty() {
        return Some(Fault::Unset);
    }
    let bare = clean(value);
    if holds_secret(&bare) {
        return Some(Fault::Secret);
    }
    if bare.starts_with("pk_test_") || bare.starts_with("pk_live_") {
        return Some(Fault::PublishableKey);
    }
    if bare.contains("${")
        || bare.starts_with('$')
        || bare.contains("process.env")
        || bare.contains("{{")
    {
        return Some(Fault::Unexpanded);
    }
    if is_placeholder(&bare) {
        return Some(Fault::Placeholder);
    }
    if bare != value {
        return Some(Fault::StrayCharacter);
    }
    let lower = bare.to_ascii_lowercase();
    if lower.matches("://").count() > 1
        || lower.starts_with("https://https//")
        || lower.starts_with("https://http//")
    {
        return Some(Fault::SchemeTwice);
    }
    let Some(url) = parse(&bare).filter(|_| !bare.starts_with('/')) else {
        return Some(Fault::NotUrl);
    };
    let host = url.host_str().unwrap_or_default();
    if let Some(page) = wrong_host(host) {
        return Some(Fault::WrongHost(page));
    }
    if is_loopback(host) {
        return (url.path() != "/").then_some(Fault::NotOrigin("a path"));
    }
    if url.scheme() == "http" {
        return Some(Fault::Scheme);
    }
    if let Some(part) = beyond_origin(&bare, &url) {
        return Some(Fault::NotOrigin(part));
    }
    if bare.chars().any(|character| character.is_ascii_uppercase()) {
        return Some(Fault::HostCase);
    }
    None
}

/// Whether a value has quotes, blanks or characters in it that look like others: Convex keeps them, and then no token fits (facts A0).
pub fn is_stray(value: &str) -> bool {
    clean(value) != value
}

/// Whether a tool puts the value in only when it runs the app: a reference of 1Password (`op run`), or a text encrypted by dotenvx.
pub fn is_sealed(value: &str) -> bool {
    value.starts_with("op://") || value.starts_with("encrypted:")
}

/// The issuer that a value stands for, as Clerk would write it in `iss`; `None` when it names none.
pub fn corrected(value: &str) -> Option<String> {
    let bare = clean(value);
    if matches!(fault(&bare), Some(Fault::Secret | Fault::Unexpanded)) {
        return None;
    }
    // A link of Markdown: what it leads to.
    let bare = match bare
        .strip_suffix(')')
        .and_then(|link| link.split_once("]("))
    {
        Some((_, target)) => target.to_owned(),
        None => bare.trim_start_matches('/').to_owned(),
    };
    if let Ok(key) = crate::publishable_key::parse(&bare) {
        return Some(key.issuer());
    }
    let bare = bare.rsplit("://").next().map_or(bare.clone(), |rest| {
        let scheme = if bare.starts_with("http://") {
            "http"
        } else {
            "https"
        };
        format!("{scheme}://{rest}")
    });
    let url = parse(&bare)?;
    let host = url.host_str()?.to_ascii_lowercase();
    if is_loopback(&host) {
        return Some(url.as_str().trim_end_matches('/').to_owned());
    }
    if let Some(slug) = host
        .strip_suffix(".accounts.dev")
        .filter(|slug| !slug.contains('.') && *slug != "clerk")
    {
        return Some(format!("https://{slug}.clerk.accounts.dev"));
    }
    if wrong_host(&host).is_some() || !host.contains('.') || is_placeholder(&host) {
        return None;
    }
    Some(format!("https://{host}"))
}

/// Whether Convex forgives something that stricter verifiers do not: a trailing slash, or no scheme.
pub fn forgiven(value: &str) -> Option<&'static str> {
    if !value.contains("://") {
        return Some("no scheme");
    }
    value.ends_with('/').then_some("a trailing slash")
}

/// The issuer as Convex compares it: with a scheme, without trailing slashes (facts A1, Issuer).
pub fn comparable(issuer: &str) -> String {
    let (scheme, rest) = scheme_and_rest(issuer);
    format!("{scheme}{rest}")
}

/// Whether Convex takes two spellings for the same issuer.
pub fn same_issuer(left: &str, right: &str) -> bool {
    scheme_and_rest(left) == scheme_and_rest(right)
}

fn scheme_and_rest(issuer: &str) -> (&'static str, &str) {
    let issuer = issuer.trim_end_matches('/');
    match issuer.strip_prefix("http://") {
        Some(rest) => ("http://", rest),
        None => (
            "https://",
            issuer.strip_prefix("https://").unwrap_or(issuer),
        ),
    }
}

/// Whether a text has the form of a secret: Clerk's and Convex's keys, webhook secrets.
pub fn looks_secret(text: &str) -> bool {
    let text = text.trim();
    [
        "sk_test_", "sk_live_", "whsec_", "ak_", "mt_", "oat_", "rt_",
    ]
    .iter()
    .any(|prefix| text.starts_with(prefix))
        || (["prod:", "dev:", "preview:", "project:"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
            && text.contains('|'))
}

/// Whether a value is a secret or a token, or has a secret in it.
pub fn holds_secret(value: &str) -> bool {
    let bare = clean(value);
    looks_secret(&bare)
        || (bare.starts_with("eyJ") && bare.matches('.').count() >= 2)
        || ["sk_test_", "sk_live_", "whsec_"]
            .iter()
            .any(|prefix| bare.contains(prefix))
        || crate::secret::is_in(&bare)
}

/// A value as it may be shown: credentials in a URL are masked, and a secret is not shown at all.
pub fn shown(value: &str) -> String {
    if holds_secret(value) {
        "(a secret, not shown)".to_owned()
    } else {
        crate::escape::without_credentials(value)
    }
}

/// Whether a host is this machine.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Whether a host is one of Clerk's development instances, where anybody may ask for keys.
pub fn is_clerk_development_host(host: &str) -> bool {
    host.strip_suffix(".clerk.accounts.dev")
        .is_some_and(|slug| !slug.is_empty() && !slug.contains('.'))
}

fn clean(value: &str) -> String {
    let mut bare: String = value
        .chars()
        .filter(|character| !is_hidden(*character) && !character.is_whitespace())
        .map(|character| match character {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
            other => other,
        })
        .collect();
    let quotes: &[char] = &[
        '"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}', '\u{ab}', '\u{bb}', ';',
        ',',
    ];
    bare = bare.trim_matches(quotes).to_owned();
    bare
}

fn parse(value: &str) -> Option<Url> {
    let has_scheme = value.find("://").is_some_and(|index| {
        index > 0
            && value[..index]
                .chars()
                .all(|character| character.is_ascii_alphanumeric())
    });
    let url = if has_scheme {
        Url::parse(value)
    } else {
        Url::parse(&format!("https://{value}"))
    }
    .ok()?;
    let host = url.host_str()?;
    let known =
        matches!(url.scheme(), "http" | "https") && (host.contains('.') || is_loopback(host));
    known.then_some(url)
}

fn beyond_origin(value: &str, url: &Url) -> Option<&'static str> {
    if url.path().contains("jwks") {
        return Some("the path of the JWKS endpoint");
    }
    if url.path().contains("openid-configuration") {
        return Some("the path of the discovery document");
    }
    if !url.path().trim_matches('/').is_empty() {
        return Some("a path");
    }
    if url.query().is_some() {
        return Some("a query");
    }
    if url.fragment().is_some() {
        return Some("a fragment");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("a user name");
    }
    // The parser drops the default port, Convex does not.
    let authority = value.split("://").last().unwrap_or_default();
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    (authority.contains(':') && !authority.starts_with('[')).then_some("a port")
}

fn wrong_host(host: &str) -> Option<&'static str> {
    let host = host.to_ascii_lowercase();
    match host.as_str() {
        "dashboard.clerk.com" | "dashboard.clerk.dev" => return Some("Clerk's dashboard"),
        "api.clerk.com" | "api.clerk.dev" => {
            return Some("Clerk's Backend API, the same for every instance");
        }
        "clerk.com" | "www.clerk.com" | "clerk.dev" | "clerk.accounts.dev" | "accounts.dev" => {
            return Some("Clerk's own site, not an instance");
        }
        "convex.dev" | "dashboard.convex.dev" | "docs.convex.dev" => {
            return Some("Convex's own site");
        }
        _ => {}
    }
    if host.ends_with(".convex.cloud") || host.ends_with(".convex.site") {
        return Some("a Convex deployment; the issuer is Clerk's side");
    }
    if host
        .strip_suffix(".accounts.dev")
        .is_some_and(|slug| !slug.contains('.'))
    {
        return Some("Clerk's Account Portal; the issuer has `.clerk` in front of `.accounts.dev`");
    }
    None
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let rest = lower.rsplit("://").next().unwrap_or_default();
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let first = host.split('.').next().unwrap_or_default();
    lower.contains('<')
        || lower.contains('>')
        || lower.contains("...")
        || lower.contains('…')
        || lower.contains("xxx")
        || lower.contains('[') && !lower.contains("[::1]")
        || lower.contains('{')
        || host.starts_with("verb-noun-")
        || host.starts_with("your")
        || host.starts_with("clerk.your")
        || host.contains(".your-")
        || host.contains("yourdomain")
        || host.contains("your-domain")
        || host.contains("your_")
        || matches!(
            lower.as_str(),
            "changeme" | "change-me" | "todo" | "replace-me" | "replace_me" | "tbd"
        )
        || (is_clerk_development_host(host)
            && (matches!(
                first,
                "example"
                    | "placeholder"
                    | "my-app"
                    | "myapp"
                    | "app"
                    | "domain"
                    | "issuer"
                    | "instance"
                    | "slug"
            ) || first.starts_with("example-")
                || first.starts_with("my-")
                || first.starts_with("the-")))
}

#[cfg(test)]
mod tests {
    use super::{Fault, corrected, fault, forgiven};

    #[test]
    fn faults_are_told_apart() {
        let cases = [
            ("https://cool-ocelot-25.clerk.accounts.dev", None),
            ("https://cool-ocelot-25.clerk.accounts.dev/", None),
            ("cool-ocelot-25.clerk.accounts.dev", None),
            ("https://clerk.example.com", None),
            ("http://127.0.0.1:4000", None),
            ("", Some(Fault::Unset)),
            ("  ", Some(Fault::Unset)),
            ("sk_test_abc", Some(Fault::Secret)),
            (
                "https://sk_live_Abc.clerk.accounts.dev",
                Some(Fault::Secret),
            ),
            (
                "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln",
                Some(Fault::Secret),
            ),
            ("process.env.CLERK_ISSUER_URL", Some(Fault::Unexpanded)),
            ("//cool-ocelot-25.clerk.accounts.dev", Some(Fault::NotUrl)),
            (
                "https://{slug}.clerk.accounts.dev",
                Some(Fault::Placeholder),
            ),
            ("prod:x|abc", Some(Fault::Secret)),
            ("pk_test_abc", Some(Fault::PublishableKey)),
            ("${CLERK_FRONTEND_API_URL}", Some(Fault::Unexpanded)),
            ("file:///etc/passwd", Some(Fault::NotUrl)),
            ("undefined", Some(Fault::NotUrl)),
            ("https://undefined", Some(Fault::NotUrl)),
            (
                "https://https://cool-ocelot-25.clerk.accounts.dev",
                Some(Fault::SchemeTwice),
            ),
            (
                "\"https://cool-ocelot-25.clerk.accounts.dev\"",
                Some(Fault::StrayCharacter),
            ),
            (
                "https://cool\u{2011}ocelot-25.clerk.accounts.dev",
                Some(Fault::StrayCharacter),
            ),
            (
                "https://cool-ocelot-25.clerk\u{200b}.accounts.dev",
                Some(Fault::StrayCharacter),
            ),
            (
                "https://verb-noun-00.clerk.accounts.dev",
                Some(Fault::Placeholder),
            ),
            (
                "https://your-app.clerk.accounts.dev/",
                Some(Fault::Placeholder),
            ),
            ("<your issuer>", Some(Fault::Placeholder)),
            ("http://169.254.169.254/latest", Some(Fault::Scheme)),
            (
                "https://Cool-Ocelot-25.clerk.accounts.dev",
                Some(Fault::HostCase),
            ),
            (
                "https://cool-ocelot-25.clerk.accounts.dev:443",
                Some(Fault::NotOrigin("a port")),
            ),
            (
                "https://cool-ocelot-25.clerk.accounts.dev/v1",
                Some(Fault::NotOrigin("a path")),
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(fault(value), expected, "{value:?}");
        }
        for host in ["cool-ocelot-25.accounts.dev", "clerk.accounts.dev"] {
            assert!(matches!(fault(host), Some(Fault::WrongHost(_))), "{host}");
        }
        // It names no instance.
        assert_eq!(corrected("https://clerk.accounts.dev"), None);
        assert!(matches!(
            fault("https://dashboard.clerk.com/apps/app_1"),
            Some(Fault::WrongHost(_))
        ));
        assert!(matches!(
            fault("https://happy-animal-123.convex.cloud"),
            Some(Fault::WrongHost(_))
        ));
    }

    #[test]
    fn the_value_that_was_meant_is_found() {
        let meant = "https://cool-ocelot-25.clerk.accounts.dev";
        for value in [
            "https://cool-ocelot-25.clerk.accounts.dev/.well-known/jwks.json",
            " https://cool-ocelot-25.clerk.accounts.dev:443 ",
            "\"https://cool\u{2011}ocelot-25.clerk.accounts.dev\"",
            "http://Cool-Ocelot-25.clerk.accounts.dev",
            "https://https://cool-ocelot-25.clerk.accounts.dev",
            "https://cool-ocelot-25.accounts.dev",
            "//cool-ocelot-25.clerk.accounts.dev",
            "[https://cool-ocelot-25.clerk.accounts.dev](https://cool-ocelot-25.clerk.accounts.dev)",
            "pk_test_Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA==",
        ] {
            assert_eq!(corrected(value).as_deref(), Some(meant), "{value:?}");
        }
        assert_eq!(corrected("https://dashboard.clerk.com/apps"), None);
        assert_eq!(corrected("undefined"), None);
        assert_eq!(corrected("https://${process.env.CLERK_SLUG}.dev"), None);
    }

    #[test]
    fn convex_forgives_two_things() {
        assert_eq!(forgiven("https://a.dev/"), Some("a trailing slash"));
        assert_eq!(forgiven("a.dev"), Some("no scheme"));
        assert_eq!(forgiven("https://a.dev"), None);
    }
}
