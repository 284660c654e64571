//! Error lines of Convex, Clerk and the browser console: what they mean, and what they reveal.

use memchr::memmem;
use std::borrow::Cow;
use std::cmp::Reverse;

/// A known error line that stands in a text.
#[derive(Debug)]
pub struct ErrorLine {
    /// What is known of it.
    pub known: &'static Known,
    /// Providers that Convex says it has: domain or issuer, and application id.
    providers: Vec<(String, Option<String>)>,
    /// The name that the line is about: a variable or a template.
    about: Option<String>,
}

/// What is known of an error line.
#[derive(Debug)]
pub struct Known {
    /// The part of the line by which it is recognised; `…` stands for anything in between.
    pub pattern: &'static str,
    /// Who says it.
    pub who: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// The rules that look for its cause.
    pub rules: &'static [&'static str],
    /// What to do.
    pub fix: &'static str,
}

/// How much of a text is searched.
const LONGEST: usize = 1 << 20;

mod clerk;
mod convex;
mod push;
mod table;
mod web;

impl ErrorLine {
    /// What the line reveals, as sentences.
    pub fn evidence(&self) -> Vec<String> {
        let mut evidence: Vec<String> = self
            .providers
            .iter()
            .map(|(domain, audience)| match audience {
                Some(audience) => {
                    format!("Convex is configured with {domain} and the application id {audience}.")
                }
                None => format!("Convex is configured with {domain}, without an application id."),
            })
            .collect();
        if let Some(name) = &self.about {
            evidence.push(format!("The line is about {name}."));
        }
        evidence
    }

    /// What to do; the name that the line is about stands in it.
    pub fn fix(&self) -> Cow<'static, str> {
        match &self.about {
            Some(name) => Cow::Owned(self.known.fix.replace("NAME", name)),
            None => Cow::Borrowed(self.known.fix),
        }
    }

    /// The providers that Convex has, where its long message lists them.
    pub fn providers(&self) -> &[(String, Option<String>)] {
        &self.providers
    }
}

/// The known error lines of a text, each once.
pub fn recognise(text: &str) -> Vec<ErrorLine> {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text[..end].replace('’', "'");
    let mut lines: Vec<ErrorLine> = Vec::new();
    let mut starts: Vec<usize> = Vec::new();
    for known in table::known() {
        let Some((start, at)) = find(&text, known.pattern) else {
            continue;
        };
        // One cause, one line: what the same says of it in other words, or another of a part of it, adds nothing.
        let again = lines.iter().zip(&starts).any(|(line, other)| {
            let is_same = line.known.who == known.who;
            let is_part = !known.rules.is_empty()
                && known
                    .rules
                    .iter()
                    .all(|rule| line.known.rules.contains(rule));
            start == *other && (is_same || is_part) || is_same && line.known.rules == known.rules
        });
        if again {
            continue;
        }
        starts.push(start);
        lines.push(ErrorLine {
            known,
            providers: if known.pattern.starts_with("No auth provider found") {
                providers(&text[at..])
            } else {
                Vec::new()
            },
            about: about(known.pattern, &text[at..]),
        });
    }
    lines
}

/// The line that shares the most words with a text that is none, and three at least.
pub fn nearest(text: &str) -> Option<&'static Known> {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|sign: char| !sign.is_alphanumeric());
        words
            .filter(|word| word.len() > 2)
            .map(str::to_lowercase)
            .collect()
    };
    let asked = words(text);
    let shared = |known: &Known| {
        let mut own = words(known.pattern);
        own.sort();
        own.dedup();
        own.iter().filter(|word| asked.contains(word)).count()
    };
    // Of equals the shortest.
    let best = table::known().max_by_key(|known| (shared(known), Reverse(known.pattern.len())))?;
    (shared(best) >= 3).then_some(best)
}

/// Where a pattern stands in a text: the start of its line, and the end of its first piece.
fn find(text: &str, pattern: &str) -> Option<(usize, usize)> {
    let (first, second) = pattern.split_once('…').unwrap_or((pattern, ""));
    let mut from = 0;
    while let Some(step) = memmem::find(&text.as_bytes()[from..], first.as_bytes()) {
        let at = from + step + first.len();
        let end = text[at..].find('\n').map_or(text.len(), |step| at + step);
        if text[at..end].contains(second) {
            let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
            return Some((start, at));
        }
        from = end;
    }
    None
}

/// `OIDC(domain=…, app_id=…)` and `CustomJWT(issuer=…, app_id=…)`.
fn providers(text: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let mut rest = text.split('\n').next().unwrap_or_default();
    while found.len() < 32 {
        let next = ["OIDC(domain=", "CustomJWT(issuer="]
            .iter()
            .filter_map(|start| rest.find(start).map(|at| at + start.len()))
            .min();
        let Some(inside) = next.and_then(|at| rest.get(at..)) else {
            break;
        };
        let Some((domain, behind)) = inside.split_once(", app_id=") else {
            break;
        };
        let Some((audience, behind)) = behind.split_once(')') else {
            break;
        };
        let audience = audience.trim_matches(['"', '\\']);
        found.push((
            domain.trim_matches(['"', '\\']).to_owned(),
            (audience != "none").then(|| audience.to_owned()),
        ));
        rest = behind;
    }
    found
}

/// Patterns whose first piece a name follows.
const NAMED: [&str; 5] = [
    "Environment variable…",
    "No JWT template exists with name",
    "You can't use the reserved claim",
    "Auth provider discovery of",
    "Unable to find a signing key in JWKS",
];

/// The name behind the first piece of a pattern.
fn about(pattern: &str, behind: &str) -> Option<String> {
    if !NAMED.iter().any(|named| pattern.starts_with(named)) {
        return None;
    }
    let behind = behind
        .strip_prefix(" that matches the kid=")
        .unwrap_or(behind);
    let name: String = behind
        .trim_start_matches([' ', ':', '"', '`', '\'', '\\'])
        .chars()
        .take(128)
        .take_while(|character| character.is_ascii_alphanumeric() || "_-:/.".contains(*character))
        .collect();
    let name = name.trim_end_matches(['.', ':', '/']);
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{recognise, table};

    #[test]
    fn reads_the_configured_providers() {
        let lines = recognise(
            "No auth provider found matching the given token. Check that your JWT's issuer and audience match one of your configured \
             providers: [OIDC(domain=https://a.clerk.accounts.dev, app_id=convex), CustomJWT(issuer=https://b, app_id=none)]",
        );
        assert_eq!(lines.len(), 1);
        assert_eq!(
            lines[0].providers(),
            [
                (
                    "https://a.clerk.accounts.dev".to_owned(),
                    Some("convex".to_owned())
                ),
                ("https://b".to_owned(), None)
            ]
        );
    }

    #[test]
    fn names_only_rules_that_exist() {
        for known in table::known() {
            for rule in known.rules {
                assert!(crate::explain::rule(rule).is_some(), "{rule}");
            }
        }
    }

    #[test]
    fn recognises_every_pattern_alone() {
        for known in table::known() {
            let said = known.pattern.replace('…', " x ");
            let lines = recognise(&said);
            let found = lines.iter().map(|line| line.known.meaning);
            assert_eq!(found.collect::<Vec<_>>(), [known.meaning], "{said}");
        }
    }

    #[test]
    fn says_which_rule_answers() {
        for (line, rule) in [
            (
                "Could not verify OIDC token claim. Check that the token signature is valid and the token hasn't expired.",
                "expired",
            ),
            (
                "Could not decode token. The JWT's 'kid' (key ID) header is 'ins_x', does this key match any key in the provider's JWKS?",
                "key-unknown",
            ),
            (
                "Could not decode token. The JWT's 'kid' (key ID) header doesn't match any key in the provider's JWKS, or the JWT signature is invalid.",
                "key-unknown",
            ),
            (
                "Could not decode token. JWT may be missing a 'kid' (key ID) header.",
                "key-id-missing",
            ),
            ("Invalid issuer: https://a != https://b", "issuer-mismatch"),
            (
                "Missing audience claim ('aud') in JWT payload",
                "audience-missing",
            ),
            (
                "Invalid audience: foo not in [\"convex\"]",
                "audience-mismatch",
            ),
            (
                "Could not validate token: Token expired 6 seconds ago",
                "expired",
            ),
            (
                "Could not validate token: Token will be valid in 6 seconds",
                "not-yet-valid",
            ),
            (
                "Could not verify token claim. Missing subject",
                "subject-missing",
            ),
            (
                "Could not fetch JWKS from URL 'https://x/jwks'",
                "jwks-status",
            ),
            (
                "Invalid Content-Type 'text/plain' when fetching JWKS from 'https://x'. Expected application/json",
                "jwks-body",
            ),
            (
                "Your request couldn't be completed. Try again later.",
                "issuer-without-scheme",
            ),
            (
                "Invalid provider domain URL \"\"https://x\": starts with a double quote (\")",
                "issuer-stray-character",
            ),
            (
                "The pushed auth config is invalid: auth config file must include a list of provider credentials: Provider at index 0 must have applicationID property spelled lowercase 'application', capital I, capital D.",
                "application-id-spelling",
            ),
            (
                "Found both convex/auth.config.js and convex/auth.config.ts, choose one.",
                "auth-config-duplicate",
            ),
            (
                "You can't use the reserved claim: 'sub'",
                "template-claim-reserved",
            ),
            (
                "JWT is expired. Expiry date: x, Current date: y.",
                "expired",
            ),
            ("JWT signature is invalid.", "signature-invalid"),
            (
                "Invalid JWT Authorized party claim (azp) \"http://localhost:3000\". Expected \"https://x\".",
                "environments-mixed",
            ),
            (
                "(reason=jwk-kid-mismatch, token-carrier=header)",
                "key-unknown",
            ),
            ("x-clerk-auth-reason: session-token-expired", "expired"),
            (
                "POST https://x.clerk.accounts.dev/v1/client/sessions/sess_2v/tokens/convex 404 (Not Found)",
                "template-absent",
            ),
        ] {
            let lines = recognise(line);
            assert_eq!(
                lines.first().map(|line| line.known.rules[0]),
                Some(rule),
                "{line}"
            );
            assert_eq!(lines.len(), 1, "{line}");
        }
    }

    #[test]
    fn names_what_a_line_is_about() {
        for (line, name) in [
            (
                "✖ Environment variable CLERK_ISSUER is used in auth config file but its value was not set.",
                "CLERK_ISSUER",
            ),
            (
                "Environment variable `A_B` is used in auth.config.js but its value was not set",
                "A_B",
            ),
            (
                r#"{"long_message":"No JWT template exists with name: convex"}"#,
                "convex",
            ),
            ("You can’t use the reserved claim: 'sub'", "sub"),
            (
                "Auth provider discovery of https://x.clerk.accounts.dev failed: 404",
                "https://x.clerk.accounts.dev",
            ),
            (
                "Unable to find a signing key in JWKS that matches the kid='ins_1' of",
                "ins_1",
            ),
        ] {
            let lines = recognise(line);
            assert_eq!(lines[0].about.as_deref(), Some(name), "{line}");
        }
        let unset = "Environment variable X is used in auth config file but its value was not set";
        assert!(recognise(unset)[0].fix().contains("env set X VALUE"));
    }

    #[test]
    fn explains_one_line_once() {
        let line = "JWT is expired. Expiry date: a, Current date: b. (reason=token-expired, token-carrier=header)";
        assert_eq!(recognise(line).len(), 1);
        assert!(
            recognise("POST https://x/v1/client/sessions/sess_1/tokens/convex 200 (OK)\n404")
                .is_empty()
        );
    }
}
