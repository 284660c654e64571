//! What to ask the network for: a pure function of the facts. Keys come from the configured issuers, or from the token's own where the policy
//! allows it, never from a `jku`, `x5u` or `jwk` in a header.

use crate::answer::Answer;
use crate::clerk::ClerkVerdict;
use crate::convex;
use crate::facts::{Facts, World};
use crate::fetch::{FetchRequest, Origin, is_loopback_host};
use crate::provider::Provider;
use crate::setting::{comparable, fault, is_clerk_development_host, is_stray};
use crate::trust::{Basis, Trust, is_clerk_like, is_clerk_name};
use serde_json::Value;
use url::Url;

/// The most URLs that are asked for, redirects apart.
pub const MOST: usize = 64;

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
        let issuer = comparable(issuer);
        // A stray character makes it an issuer that no token names: there is nothing to ask.
        let sound = (named && !is_stray(&issuer)) || fault(&issuer).is_none();
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

/// What the verdict waits for: each issuer's discovery, or the key set of a customJwt provider, and then what the verdict lacks. Nothing that was answered is
/// asked again.
pub fn needed(facts: &Facts) -> Vec<FetchRequest> {
    let mut requests = Vec::new();
    for issuer in issuers(facts) {
        let first = match custom(facts, &issuer) {
            Some(Provider::CustomJwt { jwks, .. }) => Some(jwks.clone()),
            Some(Provider::Oidc { .. }) | None => {
                crate::issuer::urls(&issuer).map(|urls| urls.discovery)
            }
        };
        let lacks = verdicts(facts, &issuer).filter_map(|verdict| match &verdict.outcome {
            convex::Outcome::Unknown { url } => Some(url.clone()),
            convex::Outcome::Accepted(_) | convex::Outcome::Refused(_) => verdict.lacks.clone(),
        });
        let listed = facts
            .world
            .options
            .lists_keys
            .then(|| listed(facts, &issuer));
        for url in first.into_iter().chain(lacks).chain(listed.flatten()) {
            add(&mut requests, facts, &issuer, &url);
        }
    }
    requests
}

/// The foreseen key set, where it is the one that is listed: as Convex would get it, or beside a discovery that failed. Which of the two answers comes
/// first must not decide what is listed.
fn listed(facts: &Facts, issuer: &str) -> Option<String> {
    let foreseen = crate::issuer::urls(issuer)?.jwks;
    let is_oidc = custom(facts, issuer).is_none();
    (is_oidc && keys_url(facts, issuer)? == foreseen).then_some(foreseen)
}

/// Where the keys of an OIDC provider's issuer are: where its discovery says, else where Clerk's discovery always says.
pub fn keys_url(facts: &Facts, issuer: &str) -> Option<String> {
    let urls = crate::issuer::urls(issuer)?;
    let document = match facts.world.answers.trail(&urls.discovery).answer {
        Some(Answer::Response(response)) if response.status == 200 => {
            serde_json::from_slice::<Value>(&response.body).unwrap_or_default()
        }
        Some(_) | None => Value::Null,
    };
    let named = document["jwks_uri"].as_str();
    let named = named.and_then(|url| Url::parse(url).ok());
    Some(named.map_or(urls.jwks, String::from))
}

/// What is asked for at the same time as discovery: the key set, at the URL that Clerk's discovery always names. Convex asks for it only when it is named:
/// nothing waits for it before.
pub fn foreseen(facts: &Facts) -> Vec<FetchRequest> {
    let mut requests = Vec::new();
    for issuer in issuers(facts) {
        if custom(facts, &issuer).is_none()
            && let Some(urls) = crate::issuer::urls(&issuer)
        {
            add(&mut requests, facts, &issuer, &urls.jwks);
        }
    }
    requests
}

/// Whether a foreseen key set would still tell something: what Clerk's own verifier, which needs no discovery, says of the token.
pub fn welcomes_keys(facts: &Facts) -> bool {
    matches!(facts.clerk, Some(ClerkVerdict::Unknown))
}

/// The verdicts that hang on what an issuer answers.
fn verdicts<'f>(facts: &'f Facts, issuer: &'f str) -> impl Iterator<Item = &'f convex::Verdict> {
    let of_issuers = facts
        .asked
        .iter()
        .filter(move |(own, _)| comparable(own) == comparable(issuer));
    facts
        .convex
        .iter()
        .chain(of_issuers.map(|(_, verdict)| verdict))
}

fn add(requests: &mut Vec<FetchRequest>, facts: &Facts, issuer: &str, url: &str) {
    let Ok(url) = Url::parse(url) else { return };
    let is_known = facts.world.answers.get(url.as_str()).is_some()
        || requests.iter().any(|request| request.url == url);
    // Other schemes are not asked either, which is then an answer.
    if url.scheme() != "data" && !is_known {
        requests.push(FetchRequest {
            url,
            loopback: loopback(facts, issuer),
        });
    }
}

/// The loopback origins that the user configured for an issuer's provider: its own, and that of its `jwks`. What the deployment or a pasted line says of its
/// providers is not the user's configuration.
fn loopback(facts: &Facts, issuer: &str) -> Vec<Origin> {
    let same = |own: &str| comparable(own) == comparable(issuer);
    let configured;
    let trust = match facts.trust.basis {
        Basis::Deployment => {
            let world = World {
                deployment: None,
                ..facts.world.clone()
            };
            configured = Trust::of(&world, None);
            &configured
        }
        _ => &facts.trust,
    };
    let is_users = trust.basis != Basis::Option || facts.world.options.issuer.is_some();
    let mut urls: Vec<String> = Vec::new();
    if is_users {
        urls.extend(trust.issuers().filter(|own| same(own)).map(comparable));
    }
    if is_users && trust.decided() {
        urls.extend(
            trust
                .providers()
                .iter()
                .filter_map(|provider| match provider {
                    Provider::CustomJwt {
                        issuer: own, jwks, ..
                    } if same(own) => Some(jwks.clone()),
                    Provider::CustomJwt { .. } | Provider::Oidc { .. } => None,
                }),
        );
    }
    if facts.world.options.trust_token_issuer {
        let own = facts.claims().ok().and_then(|claims| claims.text("iss"));
        urls.extend(own.filter(|own| same(own)).map(comparable));
    }
    urls.iter()
        .filter_map(|url| Origin::of(&Url::parse(url).ok()?))
        .filter(|origin| is_loopback_host(&origin.host))
        .collect()
}

fn custom<'f>(facts: &'f Facts, issuer: &str) -> Option<&'f Provider> {
    facts.trust.providers().iter().find(|provider| matches!(provider, Provider::CustomJwt { issuer: own, .. } if comparable(own) == comparable(issuer)))
}
