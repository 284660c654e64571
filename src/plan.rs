//! What to ask the network for: a pure function of the facts. Keys come from the configured issuers, or from the token's own where the policy
//! allows it, never from a `jku`, `x5u` or `jwk` in a header.

use crate::convex;
use crate::facts::Facts;
use crate::provider::Provider;
use crate::setting::{comparable, is_clerk_development_host};
use crate::trust::{Basis, is_clerk_like, is_clerk_name};
use url::Url;

/// The most rounds of questions: discovery, keys, and what redirects and other hosts add.
pub const ROUNDS: usize = 4;

/// The issuers whose keys may be asked for, as written.
pub fn issuers(facts: &Facts) -> Vec<String> {
    let mut issuers: Vec<String> = Vec::new();
    if facts.world.claims.is_some() {
        // There is no signature to check.
        return issuers;
    }
    let own = facts
        .claims()
        .ok()
        .filter(|_| facts.token().is_ok())
        .and_then(|claims| claims.text("iss"));
    if let Some(own) = own {
        // The token's own issuer is what Convex asks; the configured ones tell nothing about this token.
        if is_trusted(facts, own) {
            issuers.push(own.to_owned());
        }
        return issuers;
    }
    for entry in &facts.trust.entries {
        let Some(issuer) = entry.issuer.as_deref() else {
            continue;
        };
        // Another provider beside Clerk is none of our business, unless it was named.
        let wanted = !matches!(facts.trust.basis, Basis::AuthConfig | Basis::Deployment)
            || is_clerk_like(issuer)
            || entry.variable.as_deref().is_some_and(is_clerk_name);
        let named = facts.trust.basis == Basis::Option;
        let issuer = comparable(issuer.trim());
        let sound = named || crate::setting::fault(&issuer).is_none();
        if wanted && sound && !issuers.contains(&issuer) {
            issuers.push(issuer);
        }
    }
    issuers
}

/// Whether the token's own issuer may be asked.
fn is_trusted(facts: &Facts, own: &str) -> bool {
    let configured = facts.trust.entry_for(own).is_some()
        || facts.project().is_ok_and(|project| {
            project.publishable_keys().iter().any(|(_, key)| {
                key.as_ref()
                    .is_ok_and(|key| comparable(&key.issuer()) == comparable(own))
            })
        });
    let clerk = Url::parse(own).ok().is_some_and(|url| {
        url.scheme() == "https"
            && url.port().is_none()
            && url.host_str().is_some_and(is_clerk_development_host)
    });
    configured || clerk || facts.world.options.trust_token_issuer
}

/// The URLs of the first round, all asked for at the same time: discovery, and the JWKS URL that Clerk's discovery always names.
pub fn first(facts: &Facts) -> Vec<Url> {
    let mut urls = Vec::new();
    for issuer in issuers(facts) {
        if let Some(Provider::CustomJwt { jwks, .. }) = custom(facts, &issuer) {
            urls.extend(Url::parse(jwks).ok().filter(|url| url.scheme() != "data"));
            continue;
        }
        if let Some(known) = crate::issuer::urls(&issuer) {
            urls.extend(Url::parse(&known.discovery).ok());
            urls.extend(Url::parse(&known.jwks).ok());
        }
    }
    urls.retain(|url| facts.world.answers.get(url.as_str()).is_none());
    urls
}

fn custom<'f>(facts: &'f Facts, issuer: &str) -> Option<&'f Provider> {
    facts.trust.providers().iter().find(|provider| matches!(provider, Provider::CustomJwt { issuer: own, .. } if comparable(own) == comparable(issuer)))
}

/// What the verdict still lacks after a round: the JWKS URL that discovery names, when it is not the foreseen one.
pub fn next(facts: &Facts) -> Option<Url> {
    let own = facts.claims().ok().and_then(|claims| claims.text("iss"));
    if facts.token().is_ok() && !own.is_some_and(|own| is_trusted(facts, own)) {
        return None;
    }
    let verdicts = facts
        .convex
        .iter()
        .chain(facts.asked.iter().map(|(_, verdict)| verdict));
    verdicts
        .filter_map(|verdict| match &verdict.outcome {
            convex::Outcome::Unknown { url } => Some(url),
            convex::Outcome::Accepted(_) | convex::Outcome::Refused(_) => verdict.lacks.as_ref(),
        })
        .filter_map(|url| Url::parse(url).ok())
        .find(|url| {
            matches!(url.scheme(), "http" | "https")
                && facts.world.answers.get(url.as_str()).is_none()
        })
}
