//! Topic `config`: the providers that `convex/auth.config.*` comes to, and the variables that it reads.

use crate::auth_config::{AuthConfig, Evaluated, Oddity, Providers, Reach};
use crate::convex::ConfigRefusal;
use crate::deployment::BUILT_IN;
use crate::facts::{Facts, Project};
use crate::rule::{Finding, Missing, PASSED, Place, Row, Rule, Severity, Step};
use crate::rules::config::{oddities, one_line};
use crate::setting;
use crate::trust::{
    Basis, file_place, is_beside_clerk, is_clerk_like, is_clerk_name, is_foreign_name,
};
use serde_json::Value;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "provider-shape",
        step: Step::Config,
        severity: Severity::Error,
        title: "a provider is not what Convex accepts",
        why: "Convex checks every provider when the config is pushed; one that is wrong refuses them all, and the old ones stay in use.",
        fix: "For Clerk a provider has a `domain` and an `applicationID`, and nothing else; one with `type: \"customJwt\"` has `issuer`, `jwks` and `algorithm`.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            let project = facts.convex_project()?;
            let Some(config) = judged(facts, project) else {
                return PASSED;
            };
            if spelling(config.oddities.as_slice()).is_some() {
                return Err(Missing::Consequence);
            }
            // A value that is wrong in itself is told where it stands.
            if !super::issuer_setting::is_unread(facts)
                && project
                    .issuer_variables()
                    .iter()
                    .any(|variable| project.issuer_fault(&variable.value).is_some())
                || super::issuer_setting::faulty_literals(facts)
                    .next()
                    .is_some()
            {
                return Err(Missing::Consequence);
            }
            let Some(refusal) = &facts.trust.refused else {
                return PASSED;
            };
            let entry = refusal.index.and_then(|index| {
                let entries = facts.trust.entries.iter();
                entries.filter(|entry| entry.value.is_some()).nth(index)
            });
            let place = entry.map_or_else(
                || Place::file(&config.path),
                |entry| one_line(entry.written.clone()),
            );
            let entry = entry.and_then(|entry| entry.value.as_ref());
            let mut finding = Finding::new(place, message(refusal));
            if let Some(fault) = entry.and_then(shape_fault) {
                finding = finding.note(fault);
            }
            if let Some(lines) = entry.and_then(|entry| corrected_shape(entry, project)) {
                finding = finding.fix("Write it as:", lines);
            }
            finding.only()
        },
    },
    Rule {
        name: "application-id-spelling",
        step: Step::Config,
        severity: Severity::Error,
        title: "`applicationID` is misspelt",
        why: "Convex wants it in exactly this spelling, and refuses the push otherwise.",
        fix: "Write `applicationID`, with a capital I and a capital D.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            oddities(facts, |oddity, _| match oddity {
                Oddity::SpellingApplicationId { found, place } => Some(
                    Finding::new(file_place(place), format!("it is written `{found}`"))
                        .found("written", found.clone())
                        .expected("applicationID", None),
                ),
                _ => None,
            })
        },
    },
    Rule {
        name: "provider-absent",
        step: Step::Config,
        severity: Severity::Error,
        title: "no provider in the auth config is for this Clerk instance",
        why: "Convex tries the token against its list of providers; if none has the token's issuer, it refuses.",
        fix: "Add a provider with your Clerk instance's Issuer as `domain` and `applicationID: \"convex\"`, and push it.",
        seed: &[Row::Unauthorized, Row::AuthConfig],
        check: |facts| {
            let project = facts.convex_project()?;
            let Some(config) = judged(facts, project) else {
                return PASSED;
            };
            // What only another provider's variable can say is not Clerk's.
            let is_foreign = |name: &str| is_foreign_name(name) && !is_clerk_name(name);
            let is_unknown = |entry: &crate::trust::Entry| {
                entry.value.is_none() && !entry.variable.as_deref().is_some_and(is_foreign)
            };
            let unclear = !matches!(config.providers, Providers::Known(_))
                || facts.trust.entries.iter().any(is_unknown)
                || facts.trust.refused.is_some();
            if facts.trust.basis != Basis::AuthConfig || unclear {
                return PASSED;
            }
            let wanted = facts
                .claims()
                .ok()
                .and_then(|claims| claims.text("iss").map(str::to_owned))
                .or_else(|| {
                    project
                        .publishable_keys()
                        .into_iter()
                        .find_map(|(_, key)| key.ok())
                        .map(|key| key.issuer())
                });
            let parts = crate::trust::names_of_parts(&project.auth_configs);
            let clerk = parts.iter().any(|name| is_clerk_name(name));
            let clerk = clerk
                || facts.trust.entries.iter().any(|entry| {
                    let issuer = entry.issuer.as_deref();
                    issuer.is_some_and(|own| is_clerk_like(own) || project.is_moved_issuer(own))
                        || entry.variable.as_deref().is_some_and(is_clerk_name)
                });
            let Some(wanted) = wanted else {
                return if facts.trust.entries.is_empty() {
                    Finding::new(Place::file(&config.path), "the list of providers is empty").only()
                } else {
                    PASSED
                };
            };
            if super::issuer_setting::faulty_literals(facts)
                .next()
                .is_some()
                || super::issuer_setting::apex_literals(facts, project)
                    .next()
                    .is_some()
            {
                return Err(Missing::Consequence);
            }
            if clerk || facts.trust.entry_for(&wanted).is_some() {
                return PASSED;
            }
            let count = facts.trust.entries.len();
            let what = if count == 0 {
                "the list of providers is empty".to_owned()
            } else if count == 1 {
                format!("its only provider has another issuer than {wanted}")
            } else {
                format!("none of its {count} providers has the issuer {wanted}")
            };
            Finding::new(Place::file(&config.path), what)
                .fix(
                    "Add this to `providers`, and push it with `npx convex dev`:",
                    vec![
                        "{".to_owned(),
                        format!("  domain: \"{wanted}\","),
                        "  applicationID: \"convex\",".to_owned(),
                        "},".to_owned(),
                    ],
                )
                .only()
        },
    },
    Rule {
        name: "fallback-dead",
        step: Step::Config,
        severity: Severity::Warning,
        title: "a fallback in the auth config can never serve",
        why: "Convex refuses the push when the file reads a variable that is not set on the deployment, before `??` or `||` is looked at. While \
              the variable is set, nothing is wrong.",
        fix: "Drop the fallback, and set the variable on the deployment.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            oddities(facts, |oddity, _| match oddity {
                Oddity::FallbackDead {
                    place, variable, ..
                } => Some(Finding::new(
                    file_place(place),
                    format!(
                        "it falls back from {variable}, but reading {variable} unset fails the push"
                    ),
                )),
                _ => None,
            })
        },
    },
    Rule {
        name: "node-env-branch",
        step: Step::Config,
        severity: Severity::Warning,
        title: "the auth config chooses by NODE_ENV, which is always `production` in Convex",
        why: "Convex bundles the file with NODE_ENV set to `production` on every deployment, so the production side is taken on development \
              deployments too.",
        fix: "Use one variable, and set it to another value on each deployment.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            let project = facts.convex_project()?;
            let dev = project
                .deployment()
                .is_some_and(|(_, kind, _)| kind == "dev");
            let found = oddities(facts, |oddity, _| match oddity {
                Oddity::NodeEnvBranch { place, taken } => {
                    let side = match taken {
                        Some(true) => "the test holds on every deployment",
                        Some(false) => "the test fails on every deployment",
                        None => "it is always `production`",
                    };
                    Some(Finding::new(file_place(place), side))
                }
                _ => None,
            })?;
            let counts = dev || super::instance::chosen_by_node_env(facts);
            Ok(found
                .into_iter()
                .map(|finding| {
                    if counts {
                        finding.severity(Severity::Error)
                    } else {
                        finding
                    }
                })
                .collect())
        },
    },
    Rule {
        name: "scheme-doubled",
        step: Step::Config,
        severity: Severity::Error,
        title: "the auth config writes a scheme before a value that has one",
        why: "The result begins with `https://https://`, which equals the `iss` of no token.",
        fix: "Leave the scheme to one of the two.",
        seed: &[Row::AuthConfig],
        check: |facts| Ok(doubled(facts.convex_project()?)),
    },
    Rule {
        name: "config-variable-other-name",
        step: Step::Config,
        severity: Severity::Warning,
        title: "the auth config reads one name, the value stands here under another",
        why: "Convex looks for exactly the name that the file reads, on the deployment.",
        fix: "Set the name that the auth config reads on the deployment, with the value that stands here.",
        seed: &[Row::AuthConfig, Row::Environment],
        check: |facts| {
            if facts.deployment().is_ok() {
                return Err(Missing::Consequence);
            }
            let project = facts.convex_project()?;
            let mut found = Vec::new();
            for (name, place) in unseen(project) {
                if let Some(other) = other_name(project, &name, &place) {
                    found.push(
                        Finding::new(
                            place,
                            format!("it reads {name}; here stands {}", other.words()),
                        )
                        .fix(
                            "If the deployment has no value under that name yet:",
                            vec![format!("npx convex env set {name} {}", other.value)],
                        ),
                    );
                }
            }
            Ok(found)
        },
    },
    Rule {
        name: "config-variable-unseen",
        step: Step::Config,
        severity: Severity::Info,
        title: "a variable of the auth config is not seen here",
        why: "Convex reads it from the deployment, not from your env files, so its absence here is normal; its value there is not checked.",
        fix: "Look at the deployment's value with `npx convex env get`.",
        seed: &[Row::AuthConfig, Row::Environment],
        check: |facts| {
            let project = facts.convex_project()?;
            // A file that no tool can read hides what it sets.
            if facts.deployment().is_ok() || !project.unusable.is_empty() {
                return Err(Missing::Consequence);
            }
            let unseen = unseen(project)
                .into_iter()
                .filter(|(name, place)| other_name(project, name, place).is_none())
                .map(|(name, place)| {
                    let finding = Finding::new(
                        place,
                        format!("{name} lives on the deployment; its value is not known here"),
                    );
                    if BUILT_IN.contains(&name.as_str()) {
                        return finding.fix(
                            "Convex sets it by itself. Compare with the deployment: Convex dashboard, Settings, Authentication.",
                            Vec::new(),
                        );
                    }
                    finding.fix(
                        "See the deployment's value:",
                        vec![format!("npx convex env get {name}")],
                    )
                });
            Ok(unseen.collect())
        },
    },
    Rule {
        name: "imported-variable",
        step: Step::Config,
        severity: Severity::Warning,
        title: "the auth config reads variables of other code through an import",
        why: "Everything that an imported module reads must be set on the deployment, or the push fails with a name that is not in this file.",
        fix: "Import nothing, or only modules that read no variables.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            let project = facts.convex_project()?;
            let mut wanted = project.issuer_names_read();
            wanted.extend(crate::trust::names_of_parts(&project.auth_configs));
            oddities(facts, |oddity, path| match oddity {
                Oddity::ImportedVariable { variable, place } if !wanted.contains(variable) => {
                    Some(Finding::new(
                        file_place(place),
                        format!("{path} imports it, so {variable} must be set on the deployment"),
                    ))
                }
                _ => None,
            })
        },
    },
    Rule {
        name: "audience-unchecked",
        step: Step::Config,
        severity: Severity::Warning,
        title: "a customJwt provider for Clerk has no applicationID",
        why: "Without it Convex accepts every token of the instance, whatever it was made for.",
        fix: "Add `applicationID: \"convex\"`, or use a provider with `domain` instead of `type: \"customJwt\"`.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            facts.convex_project()?;
            let open = facts.trust.entries.iter().filter(|entry| {
                let clerk = entry.issuer.as_deref().is_some_and(is_clerk_like)
                    || entry.variable.as_deref().is_some_and(is_clerk_name);
                let object = entry.value.as_ref();
                let custom = object.is_some_and(|value| value["type"] == "customJwt");
                clerk && custom && object.is_some_and(|value| value["applicationID"].is_null())
            });
            let found = open.map(|entry| {
                Finding::new(
                    one_line(entry.written.clone()),
                    "it has no `applicationID`, so `aud` is not looked at",
                )
            });
            Ok(found.collect())
        },
    },
];

/// The auth config that the verdict rests on.
fn judged<'p>(facts: &Facts, project: &'p Project) -> Option<&'p AuthConfig> {
    let mut configs = project.auth_configs.iter();
    let own = configs.find(|config| facts.trust.config.as_ref() == Some(&config.path));
    own.or_else(|| project.auth_configs.first())
}

/// The issuers that come out with their scheme twice, because a variable's value has one too.
fn doubled(project: &Project) -> Vec<Finding> {
    let value_of = |name: &str| {
        let variable = project.variable(name);
        variable.map(|variable| variable.value.clone())
    };
    let mut found = Vec::new();
    for config in &project.auth_configs {
        let entries = config.entries_with(&value_of);
        for evaluated in &entries {
            let doubled = ["domain", "issuer"].into_iter().find(|name| {
                let text = evaluated.value(name).and_then(Evaluated::text);
                text.and_then(setting::fault) == Some(setting::Fault::SchemeTwice)
            });
            let Some(name) = doubled else { continue };
            let fields = &evaluated.entry.fields;
            let read = fields
                .iter()
                .find(|field| field.name == name)
                .map(|field| field.value.variables())
                .unwrap_or_default();
            let odd = config.oddities.iter().find_map(|oddity| match oddity {
                Oddity::SchemeDoubled { place, variable } if read.contains(&variable.as_str()) => {
                    Some((place, variable))
                }
                _ => None,
            });
            if let Some((place, variable)) = odd {
                let finding = Finding::new(
                    one_line(file_place(place)),
                    format!("{variable} already begins with its scheme"),
                );
                found.push(finding.fix(
                    "Write the variable alone:",
                    vec![format!("{name}: process.env.{variable},")],
                ));
            }
        }
    }
    found
}

fn spelling(oddities: &[Oddity]) -> Option<&Oddity> {
    oddities
        .iter()
        .find(|oddity| matches!(oddity, Oddity::SpellingApplicationId { .. }))
}

/// The fields of a provider, by its kind.
const OIDC: &[&str] = &["domain", "applicationID"];

const CUSTOM: &[&str] = &["type", "issuer", "jwks", "algorithm"];

fn is_custom(entry: &Value) -> bool {
    entry["type"] == "customJwt" || entry["jwks"].is_string() && entry["domain"].is_null()
}

/// Which field of a provider is wrong, where that can be told: Convex names none.
fn shape_fault(entry: &Value) -> Option<String> {
    let object = entry.as_object()?;
    let wanted = if is_custom(entry) { CUSTOM } else { OIDC };
    for name in wanted {
        if object.get(*name).is_some_and(Value::is_string) {
            continue;
        }
        let near = |other: &&String| {
            !wanted.contains(&other.as_str()) && strsim::damerau_levenshtein(other, name) <= 2
        };
        return Some(match (object.get(*name), object.keys().find(near)) {
            (Some(_), _) => format!("`{name}` is not a text"),
            (None, Some(other)) => {
                format!("`{name}` is missing; `{other}` is likely meant to be it")
            }
            (None, None) => format!("`{name}` is missing"),
        });
    }
    match entry["algorithm"].as_str() {
        Some(other) if is_custom(entry) && !matches!(other, "RS256" | "ES256") => Some(format!(
            "`algorithm` is `{other}`; `RS256` and `ES256` are known"
        )),
        _ => None,
    }
}

/// A provider for Clerk as Convex accepts it; `None` where the entry is not for Clerk.
fn corrected_shape(entry: &Value, project: &Project) -> Option<Vec<String>> {
    let issuer = ["domain", "issuer"]
        .iter()
        .filter_map(|name| entry[*name].as_str())
        .chain(entry.as_object()?.values().filter_map(Value::as_str))
        .find(|text| is_clerk_like(text))?;
    if is_custom(entry) {
        return None;
    }
    let variable = project
        .issuer_variables()
        .into_iter()
        .find(|variable| setting::same_issuer(&variable.value, issuer));
    let domain = variable.map_or_else(
        || format!("\"{issuer}\""),
        |variable| format!("process.env.{}", variable.name),
    );
    let audience = entry["applicationID"].as_str().unwrap_or("convex");
    Some(vec![
        "{".to_owned(),
        format!("  domain: {domain},"),
        format!("  applicationID: \"{audience}\","),
        "},".to_owned(),
    ])
}

fn message(refusal: &ConfigRefusal) -> String {
    format!(
        "Convex would refuse the push: {}",
        refusal.message.trim_end()
    )
}

/// The variables that a provider's issuer is read from and that no file here sets, with the place of the read.
fn unseen(project: &Project) -> Vec<(String, Place)> {
    let mut unseen: Vec<(String, Place)> = Vec::new();
    for config in &project.auth_configs {
        for read in &config.reads {
            // The variables of another provider are none of our business, unless they decide over Clerk's.
            let is_foreign = is_foreign_name(&read.name)
                && !is_clerk_name(&read.name)
                && !is_beside_clerk(config, &read.name);
            let known =
                project.variable(&read.name).is_some() || read.name == "NODE_ENV" || is_foreign;
            if known
                || read.imported
                || read.reach == Reach::Never
                || unseen.iter().any(|(name, _)| *name == read.name)
            {
                continue;
            }
            unseen.push((read.name.clone(), file_place(&read.place)));
        }
    }
    unseen
}

/// Where an issuer's value stands under another of the known names.
fn other_name<'p>(
    project: &'p Project,
    name: &str,
    place: &Place,
) -> Option<&'p crate::facts::Variable> {
    let Place::File { path, .. } = place else {
        return None;
    };
    let mut oddities = project
        .auth_configs
        .iter()
        .flat_map(|config| &config.oddities);
    // What NODE_ENV chooses between are values that differ on purpose.
    if !project.issuer_names_read().iter().any(|read| read == name)
        || oddities.any(|oddity| matches!(oddity, Oddity::NodeEnvBranch { .. }))
    {
        return None;
    }
    // What auth.config reads too is a provider's own value, not this one's.
    let read = project.issuer_names_read();
    let keys = project.publishable_keys();
    let contradicted = |value: &str| {
        let mut keys = keys
            .iter()
            .filter_map(|(_, key)| key.as_ref().ok())
            .peekable();
        keys.peek().is_some() && keys.all(|key| !setting::same_issuer(&key.issuer(), value))
    };
    project.variables.iter().find(|variable| {
        variable.name != name
            && !read.contains(&variable.name)
            && project.is_near(variable, path)
            && setting::is_issuer_name(&variable.name)
            && project.issuer_fault(&variable.value).is_none()
            && !contradicted(&variable.value)
    })
}

#[cfg(test)]
mod tests {
    use crate::report::Word;
    use crate::report::{Check, Status};
    use crate::rule::Step;
    use crate::rules::testing::{assert_accepted, assert_fails, assert_refused};

    const CONFIG: &str = "convex/auth.config.ts";

    /// Replaces the whole file.
    fn config(text: &'static str) -> impl FnOnce(&mut crate::rules::testing::Healthy) {
        move |world| {
            world.files.insert(CONFIG.to_owned(), text.to_owned());
        }
    }

    #[test]
    fn shapes_that_convex_refuses() {
        assert_fails(
            &["auth-config-export"],
            config("export const config = { providers: [] };\n"),
        );
        assert_fails(
            &["auth-config-export"],
            config("export default { providers: [ };\n"),
        );
        assert_fails(
            &["provider-shape"],
            config("export default { providers: [{ domain: process.env.CLERK_ISSUER_URL }] };\n"),
        );
        assert_fails(
            &["application-id-spelling"],
            config(
                "export default { providers: [{ domain: process.env.CLERK_ISSUER_URL, applicationId: \"convex\" }] };\n",
            ),
        );
        assert_fails(
            &["provider-absent"],
            config("export default { providers: [] };\n"),
        );
        assert_fails(
            &["provider-absent"],
            config(
                "export default { providers: [{ domain: \"https://tenant.auth0.com\", applicationID: \"x\" }] };\n",
            ),
        );
    }

    #[test]
    fn what_cannot_work_or_will_surprise() {
        assert_accepted(&["fallback-dead"], |world| {
            world.edit(
                CONFIG,
                "process.env.CLERK_ISSUER_URL",
                "process.env.CLERK_ISSUER_URL ?? \"https://x.dev\"",
            );
        });
        assert_accepted(&["node-env-branch"], |world| {
            world.edit(CONFIG, "process.env.CLERK_ISSUER_URL", "process.env.NODE_ENV === \"production\" ? process.env.CLERK_ISSUER_URL : \"https://x.dev\"");
        });
        // The key's instance is passed over: the token's issuer is no fault of its own.
        assert_refused(&["node-env-branch"], |world| {
            world.edit(CONFIG, "process.env.CLERK_ISSUER_URL", "process.env.NODE_ENV === \"production\" ? \"https://clerk.example.com\" : process.env.CLERK_ISSUER_URL");
        });
        for doubled in [
            "`https://${process.env.CLERK_ISSUER_URL}`",
            "\"https://\" + process.env.CLERK_ISSUER_URL",
            "\"https://\".concat(process.env.CLERK_ISSUER_URL)",
            "[\"https:/\", process.env.CLERK_ISSUER_URL].join(\"/\")",
        ] {
            assert_fails(&["scheme-doubled"], |world| {
                world.edit(CONFIG, "process.env.CLERK_ISSUER_URL", doubled);
            });
        }
        // The push fails: what the deployment has, and so the verdict, is not known.
        let report = assert_fails(&["config-side-effect"], |world| {
            world.edit(CONFIG, "export default", "void Date.now();\nexport default");
        });
        assert_eq!(report.verdict.unwrap().convex.outcome, Word::Unknown);
        assert_accepted(&["imported-variable"], |world| {
            world.edit(
                CONFIG,
                "export default",
                "import { key } from \"./stripe\";\nvoid key;\nexport default",
            );
            world.files.insert(
                "convex/stripe.ts".to_owned(),
                "export const key = process.env.STRIPE_SECRET_KEY;\n".to_owned(),
            );
        });
    }

    #[test]
    fn variables_of_the_deployment_are_not_missing() {
        assert_accepted(&["config-variable-unseen"], |world| {
            world.edit(
                ".env.local",
                "CLERK_ISSUER_URL=https://cool-ocelot-25.clerk.accounts.dev\n",
                "",
            );
        });
        assert_accepted(&["config-variable-other-name"], |world| {
            world.edit(CONFIG, "CLERK_ISSUER_URL", "CLERK_JWT_ISSUER_DOMAIN");
        });
    }

    #[test]
    fn an_audience_that_is_not_known_here_is_not_checked() {
        for name in ["CLERK_APP_ID", "CONVEX_APPLICATION_ID"] {
            let report = crate::rules::testing::report(|world| {
                world.edit(CONFIG, "\"convex\"", &format!("process.env.{name}"));
            });
            assert_unseen(&report);
            assert!(
                report
                    .headline
                    .sentence
                    .starts_with("Could not check the audience")
            );
            let is_audience = |check: &&Check| check.step == Step::Audience;
            let audience = report.checks.iter().find(is_audience).unwrap();
            assert_eq!(audience.status, Status::Skip);
        }
    }

    #[test]
    fn what_decides_over_clerks_provider_is_told() {
        for domain in [
            "\"https://clerk.example.com\"",
            "process.env.CLERK_ISSUER_URL",
        ] {
            let report = crate::rules::testing::report(|world| {
                world.edit(CONFIG, "\"convex\"", "process.env.CONVEX_APPLICATION_ID");
                world.edit(CONFIG, "process.env.CLERK_ISSUER_URL", domain);
            });
            let mut found = report.findings.iter().map(|reported| reported.rule.name);
            assert!(
                found.any(|name| name == "config-variable-unseen"),
                "{domain}"
            );
        }
        let report = crate::rules::testing::report(|world| {
            world.edit(
                CONFIG,
                "process.env.CLERK_ISSUER_URL",
                "process.env.CONVEX_CLOUD_URL?.includes(\"x\") ? \"https://clerk.example.com\" : process.env.CLERK_ISSUER_URL",
            );
        });
        assert_unseen(&report);
        assert!(
            report.findings[0]
                .finding
                .fix
                .as_ref()
                .unwrap()
                .commands
                .is_empty()
        );
    }

    #[test]
    fn a_custom_jwt_provider_takes_its_own_algorithm() {
        let provider = "export default {\n  providers: [\n    {\n      type: \"customJwt\",\n      issuer: process.env.CLERK_ISSUER_URL,\n      \
             jwks: `${process.env.CLERK_ISSUER_URL}/.well-known/jwks.json`,\n      algorithm: \"ES256\",\n      applicationID: \"convex\",\n    },\n  ],\n};\n";
        let report = assert_fails(&["algorithm-refused"], config(provider));
        let fix = report.findings[0].finding.fix.as_ref().unwrap();
        assert!(fix.text.contains("auth.config.ts:3"), "{fix:?}");
        assert_eq!(fix.commands, ["algorithm: \"RS256\","]);
    }

    #[test]
    fn a_custom_jwt_provider_without_an_audience() {
        assert_accepted(
            &["audience-unchecked"],
            config(
                "export default {\n  providers: [\n    {\n      type: \"customJwt\",\n      issuer: process.env.CLERK_ISSUER_URL,\n      \
             jwks: `${process.env.CLERK_ISSUER_URL}/.well-known/jwks.json`,\n      algorithm: \"RS256\",\n    },\n  ],\n};\n",
            ),
        );
    }

    #[test]
    fn a_scheme_is_only_doubled_where_the_value_comes_out_so() {
        for normalised in [
            "raw.startsWith(\"https://\") ? raw : `https://${raw}`",
            "raw.includes(\"://\") ? raw : \"https://\" + raw",
        ] {
            assert_accepted(&[], |world| {
                world.edit(
                    CONFIG,
                    "export default",
                    &format!("const raw = process.env.CLERK_ISSUER_URL!;\nconst domain = {normalised};\nexport default"),
                );
                world.edit(CONFIG, "domain: process.env.CLERK_ISSUER_URL", "domain");
            });
        }
        let custom = "const host = process.env.CLERK_ISSUER_URL;\nexport default { providers: [{ type: \"customJwt\", issuer: `https://${host}`, \
             jwks: `https://${host}/.well-known/jwks.json`, algorithm: \"RS256\", applicationID: \"convex\" }] };\n";
        let report = assert_fails(&["scheme-doubled"], config(custom));
        assert!(format!("{report:?}").contains("issuer: process.env.CLERK_ISSUER_URL,"));
    }

    /// Whether a variable that is not here is all that there is to tell.
    fn assert_unseen(report: &crate::report::Report) {
        let found = report.findings.iter().map(|reported| reported.rule.name);
        assert!(found.eq(["config-variable-unseen"]), "{report:?}");
    }

    #[test]
    fn what_only_decides_is_no_issuer() {
        // Its value decides, and is not known here.
        let report = crate::rules::testing::report(|world| {
            world.edit(
                CONFIG,
                "process.env.CLERK_ISSUER_URL",
                "process.env.CLERK_STAGE === \"prod\" ? \"https://clerk.example.com\" : process.env.CLERK_ISSUER_URL",
            );
        });
        assert_unseen(&report);
        assert_accepted(&[], |world| {
            world.edit(
                CONFIG,
                "process.env.CLERK_ISSUER_URL",
                "process.env.CLERK_STAGE === \"prod\" ? \"https://clerk.example.com\" : process.env.CLERK_ISSUER_URL",
            );
            world.edit(
                ".env.local",
                "CONVEX_DEPLOYMENT",
                "CLERK_STAGE=dev\nCONVEX_DEPLOYMENT",
            );
        });
    }

    #[test]
    fn node_env_is_the_cause_of_the_instance_that_comes_of_it() {
        let chosen = "process.env.NODE_ENV === \"production\" ? \"https://clerk.example.com\" : process.env.CLERK_ISSUER_URL";
        let break_it = |world: &mut crate::rules::testing::Healthy| {
            world.edit(CONFIG, "process.env.CLERK_ISSUER_URL", chosen);
            world.unsigned = true;
            world.claims["iss"] = serde_json::json!("https://clerk.example.com");
        };
        let report = assert_fails(&["node-env-branch"], break_it);
        assert_eq!(report.findings[0].severity, crate::rule::Severity::Error);
        assert_fails(&["node-env-branch"], |world| {
            break_it(world);
            world.edit(
                ".env.local",
                "CONVEX_DEPLOYMENT=dev:",
                "CONVEX_DEPLOYMENT=prod:",
            );
        });
    }

    #[test]
    fn a_provider_that_misses_its_shape_is_told_by_its_field() {
        let report = assert_fails(
            &["provider-shape"],
            config(
                "export default { providers: [{ domian: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }] };\n",
            ),
        );
        let text = format!("{report:?}");
        assert!(text.contains("`domain` is missing; `domian` is likely meant to be it"));
        assert!(text.contains("domain: process.env.CLERK_ISSUER_URL,"));
    }

    #[test]
    fn a_provider_whose_variable_is_not_here_is_no_other() {
        let report = crate::rules::testing::report(|world| {
            world.edit(
                CONFIG,
                "  ],",
                "    { domain: process.env.CLERK_ADMIN_ISSUER, applicationID: \"convex\" },\n  ],",
            );
            world.edit(
                ".env.local",
                "Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA",
                "YnJhdmUtbGVtdXItNy5jbGVyay5hY2NvdW50cy5kZXYk",
            );
        });
        assert_unseen(&report);
    }

    #[test]
    fn a_variable_of_another_service_is_no_provider_for_clerk() {
        for name in ["CONVEX_SITE_URL", "AUTH0_DOMAIN"] {
            assert_fails(&["provider-absent"], |world| {
                world.edit(CONFIG, "CLERK_ISSUER_URL", name);
            });
        }
    }
}
