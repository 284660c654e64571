//! Topic `env`: the value that names the issuer.

use crate::auth_config::Oddity;
use crate::facts::{Facts, Project, Variable};
use crate::publishable_key::PublishableKey;
use crate::rule::{Finding, Missing, PASSED, Place, Row, Rule, Severity, Step, Verdict};
use crate::setting::{self, Fault, comparable, corrected, fault};
use crate::trust::{Basis, is_clerk_like};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "issuer-unset",
        step: Step::Settings,
        severity: Severity::Error,
        title: "nothing names the issuer",
        why: "Convex compares the token's `iss` with the issuer of its auth config. Without a value there is nothing to compare with.",
        fix: "Set the variable to the Issuer of your Clerk instance: Clerk dashboard, API keys, Frontend API URL.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            let project = facts.project()?;
            if is_unread(facts) {
                return PASSED;
            }
            let variables = project.issuer_variables();
            let mut empty = variables
                .iter()
                .filter(|variable| fault(&variable.value) == Some(Fault::Unset));
            if variables
                .iter()
                .any(|variable| fault(&variable.value) != Some(Fault::Unset))
            {
                return PASSED;
            }
            if let Some(variable) = empty.next() {
                let commands = expected_issuer(project)
                    .map(|issuer| set(&variable.name, &issuer))
                    .unwrap_or_default();
                let reference = variable
                    .dialects
                    .iter()
                    .any(|(_, value)| value.as_deref().is_some_and(|value| value.contains('$')));
                let hidden = variable
                    .shadows
                    .iter()
                    .find(|(_, value)| !value.trim().is_empty());
                let why = match hidden {
                    _ if reference => ": it refers to a variable that has no value".to_owned(),
                    Some((source, _)) => format!(", and hides the value in {}", source.words()),
                    None => String::new(),
                };
                return Finding::new(
                    variable.place(),
                    format!("{} is set to nothing{why}", variable.words()),
                )
                .fix(
                    "Give it the Issuer of your Clerk instance, here and on the Convex deployment.",
                    commands,
                )
                .only();
            }
            let anything = !project.publishable_keys().is_empty()
                || !project.auth_configs.is_empty()
                || !project.ignored_configs.is_empty();
            // Convex alone needs no issuer; without an auth config that is the finding.
            let clerk = !project.has_convex
                && project
                    .variables
                    .iter()
                    .any(|variable| variable.name.contains("CLERK"));
            if facts.trust.basis != Basis::Nothing || anything || !clerk {
                return PASSED;
            }
            if !project.unusable.is_empty() {
                return Err(Missing::Consequence);
            }
            Finding::new(
                Place::Nowhere,
                "no issuer variable, no publishable key and no auth config names a Clerk instance",
            )
            .only()
        },
    },
    Rule {
        name: "issuer-placeholder",
        step: Step::Settings,
        severity: Severity::Error,
        title: "the issuer is an example's, not yours",
        why: "The value was copied from the docs or a tutorial; no token of your instance carries it.",
        fix: "Put the Issuer of your own Clerk instance there: Clerk dashboard, API keys, Frontend API URL.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            values(
                facts,
                |fault| matches!(fault, Fault::Placeholder),
                |_| "is a placeholder".to_owned(),
            )
        },
    },
    Rule {
        name: "issuer-not-origin",
        step: Step::Settings,
        severity: Severity::Error,
        title: "the issuer has more in it than a scheme and a host",
        why: "Convex compares the value with the token's `iss` character by character and forgives a trailing slash only. Clerk's `iss` is \
              `https://` and the host, nothing more.",
        fix: "Cut the value down to `https://` and the host.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            values(
                facts,
                |fault| matches!(fault, Fault::NotOrigin(_)),
                |fault| match fault {
                    Fault::NotOrigin(part) if part.contains("user") => {
                        format!("has {part} before the host")
                    }
                    Fault::NotOrigin(part) => format!("has {part} behind the host"),
                    _ => String::new(),
                },
            )
        },
    },
    Rule {
        name: "issuer-wrong-host",
        step: Step::Settings,
        severity: Severity::Error,
        title: "the issuer names a host that issues no tokens",
        why: "Only the Frontend API host of an instance stands in `iss`: `<slug>.clerk.accounts.dev`, or `clerk.<your domain>` in production.",
        fix: "Use the Frontend API URL that the Clerk dashboard shows under API keys.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            let project = facts.project()?;
            let mut found = values(
                facts,
                |fault| matches!(fault, Fault::WrongHost(_)),
                |fault| match fault {
                    Fault::WrongHost(page) => format!("is {page}"),
                    _ => String::new(),
                },
            )?;
            // The domain whose `clerk.` host the production key names, or its Account Portal.
            let finding = |place: Place, words: String, value: &str, key: &PublishableKey| {
                Finding::new(
                    place,
                    format!(
                        "{words} is {}; tokens come from its `clerk.` host",
                        page_of(value)
                    ),
                )
                .found("issuer", setting::shown(value))
                .expected(
                    key.issuer(),
                    Some("what the publishable key decodes to".to_owned()),
                )
            };
            for variable in project.issuer_variables() {
                if let Some(key) = apex_key(project, &variable.value) {
                    found.push(
                        finding(variable.place(), variable.words(), &variable.value, &key).fix(
                            "Use the host of the publishable key:",
                            set(&variable.name, &key.issuer()),
                        ),
                    );
                }
            }
            for (entry, key) in apex_literals(facts, project) {
                let (words, issuer) = (entry.source.as_deref(), entry.issuer.as_deref());
                let words = words.unwrap_or("the auth config").to_owned();
                found.push(
                    finding(entry.place.clone(), words, issuer.unwrap_or_default(), &key).fix(
                        "Use the host of the publishable key, then push it with `npx convex dev --once`:",
                        vec![format!("domain: \"{}\",", key.issuer())],
                    ),
                );
            }
            Ok(found)
        },
    },
    Rule {
        name: "issuer-not-url",
        step: Step::Settings,
        severity: Severity::Error,
        title: "the issuer is not a URL",
        why: "Convex accepts a URL with `https://`, or a host name; anything else never equals the `iss` of a token, or is refused when \
              the configuration is pushed.",
        fix: "Put the Issuer of your Clerk instance there: Clerk dashboard, API keys, Frontend API URL.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            values(
                facts,
                |fault| {
                    matches!(
                        fault,
                        Fault::Secret
                            | Fault::PublishableKey
                            | Fault::Unexpanded
                            | Fault::SchemeTwice
                            | Fault::NotUrl
                    )
                },
                |fault| {
                    match fault {
                    Fault::Secret => "holds a secret or a token, no issuer. Take it out, and rotate a key if the file was ever shared".to_owned(),
                    Fault::PublishableKey => "holds a publishable key, not an issuer".to_owned(),
                    Fault::Unexpanded => "was not expanded: the reference stands there as it is".to_owned(),
                    Fault::SchemeTwice => "has its scheme twice".to_owned(),
                    _ => "is neither a URL nor a host name".to_owned(),
                }
                },
            )
        },
    },
    Rule {
        name: "issuer-stray-character",
        step: Step::Settings,
        severity: Severity::Error,
        title: "the issuer has characters in it that do not belong",
        why: "Quotes, blanks, invisible characters and a word processor's dashes count when Convex compares; with a leading quote it \
              refuses the configuration.",
        fix: "Write the value anew, without quotes or blanks inside it.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            values(
                facts,
                |fault| matches!(fault, Fault::StrayCharacter),
                |_| "holds quotes, blanks or characters that look like others".to_owned(),
            )
        },
    },
    Rule {
        name: "issuer-scheme",
        step: Step::Settings,
        severity: Severity::Error,
        title: "the issuer begins with http, not https",
        why: "Convex compares the scheme too, and every Clerk token's `iss` begins with `https://`.",
        fix: "Write `https://`.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            values(
                facts,
                |fault| matches!(fault, Fault::Scheme),
                |_| "begins with `http://`".to_owned(),
            )
        },
    },
    Rule {
        name: "issuer-host-case",
        step: Step::Settings,
        severity: Severity::Error,
        title: "the issuer has upper-case letters",
        why: "Host names know no case, but Convex compares character by character, and Clerk writes `iss` in lower case.",
        fix: "Write the host in lower case.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            values(
                facts,
                |fault| matches!(fault, Fault::HostCase),
                |_| "has upper-case letters".to_owned(),
            )
        },
    },
    Rule {
        name: "issuer-forgiven",
        step: Step::Settings,
        severity: Severity::Info,
        title: "Convex forgives how the issuer is written, other verifiers do not",
        why: "Convex adds a missing `https://` and ignores a trailing slash. Other verifiers of the same tokens compare strictly.",
        fix: "Write it as the token's `iss`: `https://` and the host, without a slash at the end.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            let project = facts.project()?;
            let forgiven = project
                .issuer_variables()
                .into_iter()
                .filter(|variable| project.issuer_fault(&variable.value).is_none())
                .filter_map(|variable| {
                    let what = setting::forgiven(&variable.value)?;
                    let mut finding =
                        Finding::new(variable.place(), format!("{} has {what}", variable.words()));
                    if let Some(issuer) = corrected(&variable.value) {
                        finding = finding.fix(
                            "Nothing has to change for Convex. To suit every verifier:",
                            vec![format!("{}={issuer}", variable.name)],
                        );
                    }
                    Some(finding)
                });
            Ok(forgiven.collect())
        },
    },
    Rule {
        name: "issuer-names-conflict",
        step: Step::Settings,
        severity: Severity::Error,
        title: "two issuer variables name different instances",
        why: "Any of the known names is right, but two that disagree leave open which one is in use, and one of them is wrong.",
        fix: "Keep the name that convex/auth.config.* reads, and remove or correct the other.",
        seed: &[Row::Unauthorized, Row::Environment, Row::DomainChange],
        check: |facts| {
            let project = facts.project()?;
            let Some((first, other)) = conflict(project) else {
                return PASSED;
            };
            let is_tokens = |variable: &Variable| is_proven(facts, &variable.value);
            if super::instance::is_told_by_token(facts) && (is_tokens(first) || is_tokens(other)) {
                return Err(Missing::Consequence);
            }
            let agrees = |right: &Variable, wrong: &Variable| {
                format!(
                    "{} agrees with the publishable key, so correct {}",
                    right.words(),
                    wrong.words()
                )
            };
            let (text, commands) = match (
                named_by_key(project, first),
                named_by_key(project, other),
            ) {
                (true, false) => (
                    format!("{}:", agrees(first, other)),
                    vec![format!("{}={}", other.name, first.value)],
                ),
                (false, true) => (
                    format!("{}, and the value on the Convex deployment:", agrees(other, first)),
                    set(&first.name, &other.value),
                ),
                _ => (
                    "Decide which instance the app uses; the publishable key says it. Then give both the same value, or remove one."
                        .to_owned(),
                    Vec::new(),
                ),
            };
            Finding::new(
                other.place(),
                format!("{} and {} differ", first.words(), other.words()),
            )
            .found("one", first.value.clone())
            .expected(other.value.clone(), Some(other.words()))
            .fix(text, commands)
            .only()
        },
    },
];

/// Two issuer variables that name different instances: the first is the one that auth.config reads, where it reads one.
pub(super) fn conflict(project: &Project) -> Option<(&Variable, &Variable)> {
    let parts = crate::trust::names_of_parts(&project.auth_configs);
    let known: Vec<&Variable> = project
        .variables
        .iter()
        .filter(|variable| !parts.contains(&variable.name))
        .filter(|variable| {
            setting::is_issuer_name(&variable.name)
                || project.issuer_names_read().contains(&variable.name)
        })
        .filter(|variable| {
            project.issuer_fault(&variable.value).is_none()
                && apex_key(project, &variable.value).is_none()
        })
        .collect();
    // What auth.config reads are providers of their own, each with its issuer: only a name beside them can contradict them.
    let read = project.issuer_names_read();
    let (read, beside): (Vec<&Variable>, Vec<&Variable>) = known
        .into_iter()
        .partition(|variable| read.contains(&variable.name));
    let agree =
        |one: &Variable, other: &Variable| comparable(&one.value) == comparable(&other.value);
    // Two names of a monorepo's different apps may well be two instances.
    let near = |one: &Variable, other: &Variable| one.source.folder() == other.source.folder();
    match (read.first(), beside.split_first()) {
        (Some(_), Some(_)) => beside.iter().find_map(|other| {
            let first = read.iter().find(|first| near(first, other))?;
            let known = read.iter().any(|first| agree(first, other));
            (!known).then_some((*first, *other))
        }),
        (None, Some((first, rest))) => rest
            .iter()
            .find(|other| near(first, other) && !agree(first, other))
            .map(|other| (*first, *other)),
        (_, None) => None,
    }
}

/// Whether a publishable key names the issuer that a variable holds.
pub(super) fn named_by_key(project: &Project, variable: &Variable) -> bool {
    project.publishable_keys().iter().any(|(_, key)| {
        key.as_ref()
            .is_ok_and(|key| setting::same_issuer(&key.issuer(), &variable.value))
    })
}

/// Whether the auth config has Clerk's issuer written out, so that it reads no variable for it.
pub(super) fn is_unread(facts: &Facts) -> bool {
    let names = facts.project().map(Project::issuer_names_read);
    facts.trust.basis == Basis::AuthConfig
        && facts.trust.clerk_entry().is_some()
        && names.is_ok_and(|names| names.is_empty())
}

/// Whether a token shows that the value is right, however odd it looks.
fn is_proven(facts: &Facts, value: &str) -> bool {
    let issuer = facts.claims().ok().and_then(|claims| claims.text("iss"));
    !value.trim().is_empty() && issuer.is_some_and(|issuer| comparable(issuer) == comparable(value))
}

/// The issuer variables whose value has a fault of this kind.
fn values(facts: &Facts, wanted: fn(&Fault) -> bool, words: fn(&Fault) -> String) -> Verdict {
    let mut found: Vec<Finding> = stray_option(facts)
        .filter(|_| wanted(&Fault::StrayCharacter))
        .into_iter()
        .collect();
    let project = match facts.project() {
        Ok(project) => project,
        Err(_) if !found.is_empty() => return Ok(found),
        Err(missing) => return Err(missing),
    };
    for variable in project.issuer_variables() {
        if is_unread(facts) {
            break;
        }
        let Some(fault) = project.issuer_fault(&variable.value).filter(wanted) else {
            continue;
        };
        if is_proven(facts, &variable.value) {
            continue;
        }
        let mut finding = Finding::new(
            variable.place(),
            format!("{} {}", variable.words(), words(&fault)),
        );
        let secret = fault == Fault::Secret;
        let expected = if secret {
            None
        } else {
            corrected(&variable.value)
        }
        .or_else(|| expected_issuer(project));
        if let Some(expected) = expected {
            if !secret {
                finding = finding.found("variable", setting::shown(&variable.value));
                finding = finding.expected(expected.clone(), None);
            }
            let key = project
                .publishable_keys()
                .into_iter()
                .find_map(|(own, key)| Some((own, key.ok()?)));
            if let Some((own, key)) =
                key.filter(|(_, key)| comparable(&key.issuer()) != comparable(&expected))
            {
                finding = finding.note(format!(
                    "{} names another instance, {}",
                    own.words(),
                    key.host
                ));
            }
            finding = if is_key_name(&variable.name) {
                let name = issuer_name(project);
                finding.fix(
                    "The variable is right, the auth config reads the wrong one. Let it read the issuer's, and set that on the deployment:",
                    vec![
                        format!("domain: process.env.{name},"),
                        format!("npx convex env set {name} {expected}"),
                    ],
                )
            } else {
                finding.fix(
                    "Correct the line, and the value on the Convex deployment:",
                    set(&variable.name, &expected),
                )
            };
        }
        found.push(finding);
    }
    for (entry, fault) in faulty_literals(facts) {
        let issuer = entry.issuer.as_deref().unwrap_or_default();
        if !wanted(&fault) || is_proven(facts, issuer) {
            continue;
        }
        let source = entry.source.as_deref().unwrap_or("the auth config");
        let mut finding = Finding::new(entry.place.clone(), format!("{source} {}", words(&fault)));
        let expected = (fault != Fault::Secret)
            .then(|| corrected(issuer))
            .flatten()
            .or_else(|| {
                // Where another provider is for the key's instance, this one is for another.
                expected_issuer(project).filter(|own| facts.trust.entry_for(own).is_none())
            });
        if let Some(expected) = expected {
            if fault != Fault::Secret {
                finding = finding.found("auth config", setting::shown(issuer));
                finding = finding.expected(expected.clone(), None);
            }
            let custom = entry.view["type"] == "customJwt";
            let name = if custom { "issuer" } else { "domain" };
            finding = finding.fix(
                "Correct the line, then push it with `npx convex dev --once`:",
                vec![format!("{name}: \"{expected}\",")],
            );
        }
        found.push(finding);
    }
    Ok(found)
}

/// An issuer that was named on the command line with stray characters. Its other oddities are the user's wish.
fn stray_option(facts: &Facts) -> Option<Finding> {
    let value = facts.world.options.issuer.as_deref()?;
    if !setting::is_stray(value) || is_proven(facts, value) {
        return None;
    }
    let place = Place::Variable("--issuer".to_owned());
    let words =
        "the issuer that was named holds quotes, blanks or characters that look like others";
    let finding = Finding::new(place, words).found("issuer", setting::shown(value));
    Some(match corrected(value) {
        Some(expected) => finding.expected(expected, None),
        None => finding,
    })
}

/// The issuers that are written out in the auth config for a Clerk instance, and are wrong in themselves.
pub(super) fn faulty_literals(
    facts: &Facts,
) -> impl Iterator<Item = (&crate::trust::Entry, Fault)> {
    let alone = facts.trust.entries.len() == 1;
    let literals = facts.trust.basis == Basis::AuthConfig;
    // What is doubled in the auth config has its own rule.
    let doubled = facts.convex_project().is_ok_and(|project| {
        project
            .auth_configs
            .iter()
            .flat_map(|config| &config.oddities)
            .any(|oddity| matches!(oddity, Oddity::SchemeDoubled { .. }))
    });
    facts
        .trust
        .entries
        .iter()
        .filter(move |entry| {
            literals
                && entry.variable.is_none()
                && !entry
                    .issuer
                    .as_deref()
                    .is_some_and(|issuer| doubled && fault(issuer) == Some(Fault::SchemeTwice))
        })
        .filter_map(move |entry| {
            let issuer = entry.issuer.as_deref()?;
            let fault = super::issuer_fault(facts, issuer)?;
            let lower = issuer.to_ascii_lowercase();
            // The issuer of another provider may well have a path.
            let ours = is_clerk_like(issuer)
                || lower.contains("clerk")
                || lower.contains("accounts.dev")
                || matches!(fault, Fault::Secret | Fault::PublishableKey)
                || alone && fault == Fault::Placeholder;
            ours.then_some((entry, fault))
        })
}

/// Whether a variable is for one of Clerk's keys, by its name.
fn is_key_name(name: &str) -> bool {
    matches!(
        setting::unprefixed(name),
        "CLERK_PUBLISHABLE_KEY" | "CLERK_SECRET_KEY"
    )
}

/// The name under which this project has its issuer, or would have it.
pub(super) fn issuer_name(project: &Project) -> &str {
    let own = project
        .variables
        .iter()
        .map(|variable| variable.name.as_str())
        .find(|name| setting::ISSUER_NAMES.contains(name));
    own.unwrap_or("CLERK_ISSUER_URL")
}

/// The corrected line, and the command that sets the same value on the deployment.
pub(super) fn set(name: &str, value: &str) -> Vec<String> {
    vec![
        format!("{name}={value}"),
        format!("npx convex env set {name} {value}"),
    ]
}

/// The issuer of the first publishable key that is well formed.
fn expected_issuer(project: &Project) -> Option<String> {
    project
        .publishable_keys()
        .into_iter()
        .find_map(|(_, key)| key.ok())
        .map(|key| key.issuer())
}

/// The key whose `clerk.` host lies under the domain that a value names, or beside its Account Portal.
pub(super) fn apex_key(project: &Project, value: &str) -> Option<PublishableKey> {
    let issuer = comparable(value);
    let host = issuer.strip_prefix("https://")?;
    let domain = host.strip_prefix("accounts.").unwrap_or(host);
    let domain = domain.strip_prefix("www.").unwrap_or(domain);
    project
        .publishable_keys()
        .into_iter()
        .filter_map(|(_, key)| key.ok())
        .find(|key| {
            key.host.strip_suffix(domain).is_some_and(|label| {
                label == "clerk." || label.starts_with("clerk.") && label.ends_with('.')
            })
        })
}

/// What the host of an apex value is, in words.
fn page_of(value: &str) -> &'static str {
    if comparable(value).starts_with("https://accounts.") {
        "the domain's Account Portal"
    } else {
        "the domain itself"
    }
}

/// The issuers that are written out in the auth config and name a domain instead of its `clerk.` host.
pub(super) fn apex_literals<'f>(
    facts: &'f Facts,
    project: &'f Project,
) -> impl Iterator<Item = (&'f crate::trust::Entry, PublishableKey)> {
    let literals = facts
        .trust
        .entries
        .iter()
        .filter(|entry| facts.trust.basis == Basis::AuthConfig && entry.variable.is_none());
    literals.filter_map(|entry| Some((entry, apex_key(project, entry.issuer.as_deref()?)?)))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{assert_accepted, assert_fails, assert_refused};

    /// Puts another value into the issuer's line.
    fn issuer(value: &str) -> impl FnOnce(&mut crate::rules::testing::Healthy) {
        move |world| {
            world.edit(
                ".env.local",
                "CLERK_ISSUER_URL=https://cool-ocelot-25.clerk.accounts.dev",
                &format!("CLERK_ISSUER_URL={value}"),
            );
        }
    }

    #[test]
    fn a_fault_of_the_value_is_one_finding() {
        for (value, rule) in [
            ("", "issuer-unset"),
            (
                "https://verb-noun-00.clerk.accounts.dev",
                "issuer-placeholder",
            ),
            (
                "https://cool-ocelot-25.clerk.accounts.dev/.well-known/jwks.json",
                "issuer-not-origin",
            ),
            (
                "https://cool-ocelot-25.clerk.accounts.dev:443",
                "issuer-not-origin",
            ),
            ("https://cool-ocelot-25.accounts.dev", "issuer-wrong-host"),
            ("https://happy-animal-123.convex.cloud", "issuer-wrong-host"),
            ("sk_test_HealthyHealthyHealthyHealthy", "issuer-not-url"),
            (
                "https://sk_test_Healthy.clerk.accounts.dev",
                "issuer-not-url",
            ),
            ("//cool-ocelot-25.clerk.accounts.dev", "issuer-not-url"),
            (
                "https://ada:pw@cool-ocelot-25.clerk.accounts.dev",
                "issuer-not-origin",
            ),
            (
                "pk_test_Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA",
                "issuer-not-url",
            ),
            (
                "https://https://cool-ocelot-25.clerk.accounts.dev",
                "issuer-not-url",
            ),
            (
                "https://cool\u{2011}ocelot-25.clerk.accounts.dev",
                "issuer-stray-character",
            ),
            ("http://cool-ocelot-25.clerk.accounts.dev", "issuer-scheme"),
            (
                "https://Cool-Ocelot-25.clerk.accounts.dev",
                "issuer-host-case",
            ),
        ] {
            assert_fails(&[rule], issuer(value));
        }
    }

    #[test]
    fn what_convex_forgives_is_only_told() {
        assert_accepted(
            &["issuer-forgiven"],
            issuer("https://cool-ocelot-25.clerk.accounts.dev/"),
        );
        assert_accepted(
            &["issuer-forgiven"],
            issuer("cool-ocelot-25.clerk.accounts.dev"),
        );
    }

    #[test]
    fn two_names_must_agree() {
        assert_accepted(&["issuer-names-conflict"], |world| {
            world.edit(".env.local", "CONVEX_DEPLOYMENT", "CLERK_JWT_ISSUER_DOMAIN=https://brave-lemur-7.clerk.accounts.dev\nCONVEX_DEPLOYMENT");
        });
        assert_accepted(&[], |world| {
            world.edit(".env.local", "CONVEX_DEPLOYMENT", "CLERK_JWT_ISSUER_DOMAIN=https://cool-ocelot-25.clerk.accounts.dev/\nCONVEX_DEPLOYMENT");
        });
        // The one that is read is wrong: the key tells it, or the token.
        let wrong = |world: &mut crate::rules::testing::Healthy| {
            world.edit(
                ".env.local",
                "CLERK_ISSUER_URL=https://cool-ocelot-25.clerk.accounts.dev",
                "CLERK_ISSUER_URL=https://brave-lemur-7.clerk.accounts.dev\nCLERK_JWT_ISSUER_DOMAIN=https://cool-ocelot-25.clerk.accounts.dev",
            );
        };
        assert_refused(&["issuer-mismatch"], wrong);
        let report = assert_fails(&["issuer-names-conflict"], |world| {
            wrong(world);
            world.unsigned = true;
            world.claims.as_object_mut().unwrap().remove("iss");
        });
        let fix = report.findings[0].finding.fix.clone().unwrap();
        assert_eq!(
            fix.commands[1],
            "npx convex env set CLERK_ISSUER_URL https://cool-ocelot-25.clerk.accounts.dev"
        );
        // Two providers, each with a variable of its own.
        assert_accepted(&[], |world| {
            world.edit(
                ".env.local",
                "CONVEX_DEPLOYMENT",
                "CLERK_ADMIN_ISSUER=https://brave-lemur-7.clerk.accounts.dev\nCONVEX_DEPLOYMENT",
            );
            world.edit(
                "convex/auth.config.ts",
                "  ],",
                "    { domain: process.env.CLERK_ADMIN_ISSUER, applicationID: \"convex\" },\n  ],",
            );
        });
    }

    #[test]
    fn a_password_or_a_token_in_the_issuers_place_is_never_shown() {
        for value in [
            "https://ada:hunter2@cool-ocelot-25.clerk.accounts.dev",
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodW50ZXIyIn0.hunter2hunter2",
            "https://sk_live_hunter2hunter2.clerk.accounts.dev",
        ] {
            let report =
                format!("{:?}", crate::rules::testing::report(issuer(value))).to_ascii_lowercase();
            assert!(
                !report.contains("hunter2") && !report.contains("eyjhbgci"),
                "{report}"
            );
        }
    }

    #[test]
    fn a_key_that_stands_in_the_issuers_place_stays_where_it_is() {
        let report = assert_fails(&["issuer-not-url"], |world| {
            world.edit(
                "convex/auth.config.ts",
                "process.env.CLERK_ISSUER_URL",
                "process.env.NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
            );
        });
        let report = format!("{report:?}");
        assert!(report.contains("domain: process.env.CLERK_ISSUER_URL,"));
        assert!(!report.contains("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=https"));
    }

    #[test]
    fn a_domain_of_production_is_not_its_issuer() {
        for apex in ["https://example.com", "https://accounts.example.com"] {
            let production = |world: &mut crate::rules::testing::Healthy| {
                world.edit(
                    ".env.local",
                    "pk_test_Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA",
                    "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
                );
                world.edit(".env.local", "sk_test_", "sk_live_");
                world.edit(".env.local", "=dev:", "=prod:");
                world.unsigned = true;
                world.claims["iss"] = serde_json::json!(apex);
            };
            assert_fails(&["issuer-wrong-host"], |world| {
                production(world);
                issuer(apex)(world);
            });
            assert_fails(&["issuer-wrong-host"], |world| {
                production(world);
                world.edit(
                    ".env.local",
                    "CLERK_ISSUER_URL=https://cool-ocelot-25.clerk.accounts.dev\n",
                    "",
                );
                world.edit(
                    "convex/auth.config.ts",
                    "process.env.CLERK_ISSUER_URL",
                    &format!("\"{apex}\""),
                );
            });
        }
    }
}
