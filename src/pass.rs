//! The lines of the check list that passed: each names the value that was seen.

use crate::answer::Answer;
use crate::auth_config::Providers;
use crate::convex::Cause;
use crate::facts::Facts;
use crate::rule::{Missing, Step};
use crate::time::span;
use crate::token::Audience;
use crate::trust::Basis;
use std::collections::BTreeSet;
use url::Url;

/// Why a step without failures was not checked either: an earlier fault hides it, or its evidence is missing.
pub fn hidden(facts: &Facts, step: Step) -> Option<Missing> {
    let unread = facts
        .project()
        .is_ok_and(|project| project.unread_config().is_some());
    match step {
        Step::Config if unread => Some(Missing::Unread),
        Step::Signature => match facts.signature() {
            Signature::Unsigned => Some(Missing::Signature),
            Signature::NoToken => Some(Missing::Token),
            Signature::Unchecked if facts.world.options.keys_given => Some(Missing::Consequence),
            Signature::Unchecked if facts.world.options.offline => Some(Missing::Offline),
            Signature::Unchecked => Some(Missing::Keys),
            // A rule of another step says what is wrong with the keys.
            Signature::Bad => Some(Missing::Consequence),
            Signature::Good => None,
        },
        Step::Issuer => match facts.claims() {
            Err(missing) => Some(missing),
            Ok(_) if facts.trust.basis == Basis::Nothing => Some(Missing::Issuer),
            Ok(claims) => {
                let known = claims
                    .text("iss")
                    .is_none_or(|issuer| facts.trust.entry_for(issuer).is_some());
                (!known && facts.trust.undecided())
                    .then_some(Missing::Value)
                    .or((!known).then_some(Missing::Consequence))
            }
        },
        Step::Discovery => {
            if facts.world.options.keys_given {
                None
            } else if facts.world.options.offline {
                Some(Missing::Offline)
            } else if facts.world.answers.iter().next().is_none() {
                // An issuer that is wrong in itself was not asked.
                let is_stray = facts.trust.issuers().any(crate::setting::is_stray);
                Some(if is_stray {
                    Missing::Consequence
                } else {
                    Missing::Issuer
                })
            } else {
                (answered(facts) == 0).then_some(Missing::Consequence)
            }
        }
        Step::Audience
            if facts.claims().is_ok_and(|claims| {
                facts
                    .trust
                    .awaits_audience(claims.text("iss").unwrap_or_default())
            }) =>
        {
            Some(Missing::Value)
        }
        // What the token is tells why its audience is none of Convex's.
        Step::Audience if !facts.trust.undecided() && facts.causes().any(is_of_audience) => {
            Some(Missing::Consequence)
        }
        Step::Form | Step::Audience | Step::Claims | Step::Time => facts.claims().err(),
        Step::Settings => match facts.project() {
            Err(missing) => Some(missing),
            Ok(project) => (!project.has_settings()).then_some(Missing::Settings),
        },
        Step::Config => match facts.convex_project() {
            Err(missing) => Some(missing),
            Ok(project) => project.auth_configs.is_empty().then_some(Missing::Config),
        },
        Step::Versions => facts.convex_project().err().or_else(|| {
            facts
                .project()
                .is_ok_and(|project| project.installed.is_empty())
                .then_some(Missing::Version)
        }),
        Step::Deployment => {
            let asked = facts.world.deployment.is_some() || facts.world.probe.is_some();
            (!asked).then_some(Missing::NotAsked)
        }
        Step::Input | Step::Template => None,
    }
}

fn is_of_audience(cause: &Cause) -> bool {
    matches!(
        cause,
        Cause::AudienceUntrusted | Cause::AudienceMissing | Cause::AudienceExtra(_)
    )
}

/// How far the signature was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// There is no token.
    NoToken,
    /// Claims without a signature.
    Unsigned,
    /// The keys are missing.
    Unchecked,
    /// Genuine.
    Good,
    /// Not genuine, or not to be checked with these keys.
    Bad,
}

/// The value seen by a step that passed.
pub fn words(facts: &Facts, step: Step) -> String {
    let claims = facts.claims().ok();
    match step {
        Step::Settings => settings(facts),
        Step::Config => config(facts),
        Step::Versions => versions(facts),
        Step::Form => form(facts),
        Step::Issuer => claims
            .and_then(|claims| claims.text("iss"))
            .unwrap_or_default()
            .to_owned(),
        Step::Discovery => discovery(facts),
        Step::Audience => match claims.map(crate::token::Part::audience) {
            Some(Audience::One(audience)) => format!("\"{audience}\""),
            Some(Audience::Many(list)) => format!("{list:?}"),
            _ => "not asked for by the provider".to_owned(),
        },
        Step::Signature => signature(facts),
        Step::Claims => "types are as Convex reads them".to_owned(),
        Step::Time => time(facts),
        Step::Template => template(facts),
        Step::Deployment => deployment(facts),
        Step::Input => String::new(),
    }
}

fn settings(facts: &Facts) -> String {
    let Ok(project) = facts.project() else {
        return String::new();
    };
    if let Some(variable) = project.issuer_variables().first() {
        let key = project
            .publishable_keys()
            .into_iter()
            .find_map(|(_, key)| key.ok());
        let beside = match key {
            Some(key) if facts.trust.entry_for(&key.issuer()).is_some() => {
                ", the publishable key agrees".to_owned()
            }
            Some(key) if facts.trust.decided() => {
                format!("; the publishable key names {}", key.host)
            }
            Some(_) | None => String::new(),
        };
        return format!("{}{beside}", variable.words());
    }
    match project.publishable_keys().first() {
        Some((variable, Ok(key))) => format!("{} names {}", variable.words(), key.host),
        _ => String::new(),
    }
}

fn config(facts: &Facts) -> String {
    let Ok(project) = facts.project() else {
        return String::new();
    };
    let config = project.auth_configs.first();
    let path = config.map_or("", |config| config.path.as_str());
    if config.is_some_and(|config| matches!(config.providers, Providers::Undecided { .. })) {
        return format!("{path}, its providers are not all known");
    }
    match facts.trust.entries.len() {
        1 => format!("{path}, 1 provider"),
        count => format!("{path}, {count} providers"),
    }
}

fn versions(facts: &Facts) -> String {
    let Ok(project) = facts.project() else {
        return String::new();
    };
    let list: Vec<String> = project
        .installed
        .iter()
        .map(|(installed, _)| format!("{} {}", installed.name, installed.version))
        .collect();
    list.join(", ")
}

fn form(facts: &Facts) -> String {
    match facts.token() {
        Ok(token) => {
            let kind = token
                .header
                .text("typ")
                .map(|kind| format!(", typ {kind}"))
                .unwrap_or_default();
            format!(
                "{} parts, {}{kind}",
                token.segments,
                token.algorithm().unwrap_or("no alg")
            )
        }
        Err(_) => "claims, unsigned".to_owned(),
    }
}

fn discovery(facts: &Facts) -> String {
    if facts.world.options.keys_given {
        return "keys from a file".to_owned();
    }
    let answered = answered(facts);
    format!(
        "{answered} {} answered as Convex needs it",
        if answered == 1 { "URL" } else { "URLs" }
    )
}

/// How many of the documents that Convex asks for came. What was only foreseen does not count, nor does another status.
fn answered(facts: &Facts) -> usize {
    let of_issuers = facts.asked.iter().map(|(_, verdict)| verdict);
    let walked: BTreeSet<String> = facts
        .convex
        .iter()
        .chain(of_issuers)
        .flat_map(|verdict| &verdict.asked)
        .map(|url| Url::parse(url).map_or_else(|_| url.clone(), String::from))
        .collect();
    let is_good = |url: &String| {
        matches!(
            facts.world.answers.get(url),
            Some(Answer::Response(response)) if response.status == 200
        )
    };
    walked.iter().filter(|url| is_good(url)).count()
}

fn signature(facts: &Facts) -> String {
    let issuer = facts
        .claims()
        .ok()
        .and_then(|claims| claims.text("iss"))
        .unwrap_or_default();
    let host = issuer.split("://").last().unwrap_or_default();
    if facts.trust.entry_for(issuer).is_none()
        && facts.trust.basis != Basis::Nothing
        && !facts.trust.undecided()
    {
        return format!("good under {host}'s own keys: the token is genuine");
    }
    let key = facts
        .token()
        .ok()
        .and_then(|token| token.key_id())
        .map(|key| format!(", key {key}"))
        .unwrap_or_default();
    format!("good{key}")
}

fn deployment(facts: &Facts) -> String {
    if let Some(probe) = &facts.world.probe {
        let host = probe.target.url.host_str().unwrap_or_default();
        return format!("{host}: {} the token, as judged here", probe.answer.word());
    }
    let Ok(deployment) = facts.deployment() else {
        return String::new();
    };
    let host = deployment.target.url.host_str().unwrap_or_default();
    let count = deployment.providers.as_ref().map_or(0, Vec::len);
    let providers = if count == 1 {
        "1 provider".to_owned()
    } else {
        format!("{count} providers")
    };
    let names: Vec<&str> = deployment
        .variables
        .iter()
        .flat_map(|variables| variables.keys().map(String::as_str))
        .collect();
    let names = if names.is_empty() {
        String::new()
    } else {
        format!(", {} set", names.join(", "))
    };
    format!("{host}: {providers}{names}")
}

fn template(facts: &Facts) -> String {
    let Ok(template) = facts.template() else {
        return String::new();
    };
    let name = template
        .name()
        .map_or_else(|| "claims alone".to_owned(), |name| format!("`{name}`"));
    match template.claims.get("aud") {
        Some(audience) => format!("{name}, \"aud\": {audience}"),
        None => name,
    }
}

fn time(facts: &Facts) -> String {
    let Ok(claims) = facts.claims() else {
        return String::new();
    };
    let (Some(expires), lifetime) = (claims.number("exp"), claims.lifetime()) else {
        return "no lifetime to judge".to_owned();
    };
    if facts.token().is_err() {
        return lifetime.map_or_else(String::new, |lifetime| format!("lives {}", span(lifetime)));
    }
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let left = expires - facts.world.now as f64;
    match lifetime {
        Some(lifetime) if lifetime >= left && left >= 0.0 && lifetime < 600.0 => {
            format!("{left:.0} s of {lifetime:.0} left")
        }
        Some(lifetime) => format!(
            "{} left, lives {}",
            span(left.max(0.0)),
            span(lifetime.max(0.0))
        ),
        None => format!("{} left", span(left.max(0.0))),
    }
}
