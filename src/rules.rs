//! The rules, by topic, in the order in which they are asked.

mod claims;
mod config;
mod deployment;
mod env;
mod input;
mod instance;
mod issuer;
mod issuer_setting;
mod keys;
mod provider;
mod template;
mod time;
mod token;
mod versions;

pub use deployment::Compared;

use crate::cause;
use crate::facts::{Facts, Project};
use crate::rule::{Finding, Missing, Rule, Verdict};
use crate::setting::{self, comparable};

/// The topics in order, each with its rules by the file that they are in.
pub const TOPICS: &[(&str, &[&[Rule]])] = &[
    ("input", &[input::RULES]),
    ("env", &[issuer_setting::RULES, env::RULES, instance::RULES]),
    ("config", &[config::RULES, provider::RULES]),
    ("versions", &[versions::RULES]),
    ("deployment", &[deployment::RULES]),
    ("template", &[template::RULES]),
    ("token", &[token::RULES]),
    ("claims", &[claims::RULES]),
    ("issuer", &[issuer::RULES]),
    ("keys", &[keys::RULES]),
    ("time", &[time::RULES]),
];

/// Names that were rules once. A name is never reused.
pub const RETIRED: &[&str] = &[];

/// Every rule with its topic.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Rule)> {
    TOPICS.iter().flat_map(|(topic, rules)| {
        rules
            .iter()
            .copied()
            .flatten()
            .map(move |rule| (*topic, rule))
    })
}

/// Whether a name is a rule or a topic.
pub fn is_known(name: &str) -> bool {
    names().any(|known| known == name)
}

/// The names of all topics and rules.
pub fn names() -> impl Iterator<Item = &'static str> {
    let topics = TOPICS.iter().map(|(topic, _)| *topic);
    topics.chain(all().map(|(_, rule)| rule.name))
}

/// The finding of a rule that names one of Convex's reasons to refuse, when that reason holds.
fn caused(facts: &Facts, name: &'static str) -> Verdict {
    Ok(caused_all(facts, name)?.into_iter().take(1).collect())
}

/// The findings of every such reason.
fn caused_all(facts: &Facts, name: &'static str) -> Verdict {
    facts
        .claims()
        .or_else(|_| facts.token().map(|token| &token.payload))?;
    let mut found: Vec<Finding> = Vec::new();
    for cause in facts
        .causes()
        .filter(|cause| cause::rule(cause, facts) == Some(name))
    {
        let finding = cause::finding(cause, facts);
        if !found.contains(&finding) {
            found.push(finding);
        }
    }
    Ok(found)
}

/// The finding of a rule about what an issuer's URLs answered: for the token's issuer, or without a token for the configured ones.
fn asked(facts: &Facts, name: &'static str) -> Verdict {
    let mut found: Vec<Finding> = Vec::new();
    let of_token = facts.causes().map(|cause| (None, cause));
    let of_issuers = facts.asked.iter().flat_map(|(issuer, verdict)| {
        crate::facts::reasons(verdict).map(move |cause| (Some(issuer.as_str()), cause))
    });
    for (issuer, cause) in of_token.chain(of_issuers) {
        if cause::rule(cause, facts) != Some(name) {
            continue;
        }
        let mut finding = cause::finding_of(cause, facts, issuer);
        if let Some(issuer) = issuer {
            finding = of_several(facts, issuer, finding);
        }
        if !found.contains(&finding) {
            found.push(finding);
        }
    }
    if found.is_empty() && facts.world.answers.iter().next().is_none() {
        return Err(if facts.world.options.offline {
            Missing::Offline
        } else {
            Missing::Issuer
        });
    }
    Ok(found)
}

/// A finding that says which of several issuers is meant.
fn of_several(facts: &Facts, issuer: &str, mut finding: Finding) -> Finding {
    if facts.asked.len() > 1 {
        let issuer = crate::escape::without_credentials(issuer);
        finding.message = format!("{issuer}: {}", finding.message);
    }
    finding
}

/// Whether the provider of the token's issuer, or the one that is assumed, looks at the audience.
pub fn wants_audience(facts: &Facts) -> bool {
    let issuer = facts
        .claims()
        .ok()
        .and_then(|claims| claims.text("iss"))
        .unwrap_or_default();
    let wants =
        |entry: &crate::trust::Entry| entry.application_id.is_some() || entry.value.is_none();
    // Of several providers of one issuer the first that takes the token counts: one that looks at no audience takes all.
    let own: Vec<_> = facts.trust.entries_for(issuer).collect();
    if own.is_empty() {
        facts.trust.clerk_entry().is_none_or(wants)
    } else {
        own.into_iter().all(wants)
    }
}

/// The audience that a token should have.
pub fn wanted_audience(facts: &Facts) -> String {
    let own = facts
        .trust
        .clerk_entry()
        .and_then(|entry| entry.application_id.clone());
    own.or_else(|| facts.world.options.audience.clone())
        .unwrap_or_else(|| crate::trust::DEFAULT_AUDIENCE.to_owned())
}

/// The claims of a template whose type Convex cannot read, with what it wants instead.
pub fn template_misfits(
    template: &crate::template::Template,
    facts: &Facts,
) -> Vec<(String, &'static str)> {
    template::misfits(template, facts)
}

/// Whether the template's audience is one that Convex takes, or none is asked for.
pub fn template_audience_fits(facts: &Facts) -> bool {
    template::audience_fits(facts)
}

/// Whether the deployment's own variables or providers are not what the files here say: then a foreign issuer is a consequence.
fn deployment_differs(facts: &Facts) -> bool {
    deployment::differs(facts)
}

/// Whether a rule looks at a token that is refused because it is another service's: one finding says so, and hides what else is odd in it.
pub fn is_hidden_by_service(topic: &str, rule: &Rule, facts: &Facts) -> bool {
    matches!(topic, "token" | "claims" | "issuer" | "keys" | "time")
        && rule.name != "foreign-token"
        && token::is_of_another_service(facts)
}

/// How a deployment's answer to the token stands beside our verdict.
pub fn compared(facts: &Facts) -> Option<Compared> {
    deployment::compared(facts)
}

/// The fault of an issuer's value, as far as nothing here bears it out.
fn issuer_fault(facts: &Facts, issuer: &str) -> Option<setting::Fault> {
    match facts.project() {
        Ok(project) => project.issuer_fault(issuer),
        Err(_) => setting::fault(issuer),
    }
}

/// Whether an issuer is the apex of a production key's domain.
fn apex_in(issuer: &str) -> impl FnOnce(&Project) -> bool {
    let issuer = comparable(issuer);
    move |project| {
        let Some(host) = issuer.strip_prefix("https://") else {
            return false;
        };
        project.publishable_keys().iter().any(|(_, key)| {
            key.as_ref()
                .is_ok_and(|key| key.host.strip_prefix("clerk.") == Some(host))
        })
    }
}

/// The first line when the token's age is all that is wrong.
pub fn expiry_headline(facts: &Facts) -> String {
    time::headline(facts)
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::{RETIRED, all};
    use crate::rule::Row;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_in_kebab_case() {
        let mut seen = HashSet::new();
        for (_, rule) in all() {
            assert!(seen.insert(rule.name), "{} stands twice", rule.name);
            assert!(!RETIRED.contains(&rule.name), "{} was retired", rule.name);
            let kebab = |character: char| character.is_ascii_lowercase() || character == '-';
            assert!(rule.name.chars().all(kebab), "{}", rule.name);
        }
    }

    #[test]
    fn words_have_one_form() {
        for (_, rule) in all() {
            assert!(
                !rule.title.ends_with('.') && !rule.title.is_empty(),
                "{}: {}",
                rule.name,
                rule.title
            );
            assert!(
                !rule
                    .title
                    .starts_with(|first: char| first.is_ascii_uppercase())
                    || rule.title.starts_with("Convex")
                    || rule.title.starts_with("Clerk"),
                "{}: {}",
                rule.name,
                rule.title
            );
            for text in [rule.why, rule.fix] {
                assert!(
                    text.ends_with('.') && !text.contains("  "),
                    "{}: {text}",
                    rule.name
                );
            }
        }
    }

    #[test]
    fn every_row_of_the_page_is_answered() {
        for row in Row::ALL {
            assert!(
                !crate::explain::answers(row).is_empty()
                    // Answered by reading claims at all, not by a rule.
                    || row == Row::Preview,
                "{row:?}"
            );
        }
    }

    #[test]
    fn a_healthy_world_has_no_findings() {
        super::testing::assert_fails(&[], |_| {});
    }
}
