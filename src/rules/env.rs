//! Topic `env`: the lines of the env files, and which of them counts.

use crate::facts::Variable;
use crate::rule::{Finding, Place, Row, Rule, Severity, Step};
use crate::setting::{self, Fault, comparable, fault, looks_secret};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "variable-shadowed",
        step: Step::Settings,
        severity: Severity::Warning,
        title: "a value is hidden by another of the same name",
        why: "The process environment beats every file, and `.env.local` beats `.env`. The hidden value is the one that people read when they \
              look for the mistake.",
        fix: "Remove the value that is not in use.",
        seed: &[Row::Environment],
        check: |facts| {
            let project = facts.project()?;
            let relevant = |variable: &&Variable| {
                setting::is_issuer_name(&variable.name)
                    || setting::unprefixed(&variable.name) == "CLERK_PUBLISHABLE_KEY"
                    || project.issuer_names_read().contains(&variable.name)
            };
            let mut found = Vec::new();
            // A value that is wrong in itself is told by its own rule.
            let is_set = |variable: &&Variable| !variable.value.trim().is_empty();
            for variable in project.variables.iter().filter(relevant).filter(is_set) {
                // A value that is left empty, or as the docs have it, is there to be hidden.
                let is_real =
                    |value: &str| !matches!(fault(value), Some(Fault::Unset | Fault::Placeholder));
                let Some((source, _)) = variable.shadows.iter().find(|(_, value)| {
                    is_real(value) && meaning(value) != meaning(&variable.value)
                }) else {
                    continue;
                };
                let (place, name) = (variable.place(), &variable.name);
                found.push(Finding::new(
                    place,
                    format!(
                        "{name} in {} hides another value in {}",
                        variable.source.words(),
                        source.words()
                    ),
                ));
            }
            Ok(found)
        },
    },
    Rule {
        name: "env-dialect",
        step: Step::Settings,
        severity: Severity::Warning,
        title: "a line means one thing to one tool and another to the next",
        why: "Next.js, Vite, the Convex CLI and Rust backends read env files with different rules for quotes, `#`, `$` and blanks.",
        fix: "Write the line as NAME=value, with double quotes if the value has blanks or a `#`, and without `$`.",
        seed: &[Row::Environment],
        check: |facts| {
            let project = facts.project()?;
            let read = project.issuer_names_read();
            let relevant = |variable: &&Variable| matters(variable, &read);
            let mut found: Vec<Finding> = project
                .unusable
                .iter()
                .map(|(path, why)| {
                    let place = Place::File {
                        path: path.clone(),
                        line: 1,
                        column: 1,
                        width: 1,
                    };
                    Finding::new(place, format!("{path}: {why}"))
                        .severity(Severity::Error)
                        .fix("Save the file anew as UTF-8.", Vec::new())
                })
                .collect();
            for variable in project
                .variables
                .iter()
                .filter(relevant)
                // The Convex CLI looks for its own variables only.
                .filter(|variable| {
                    let mut readers = variable.dialects.iter();
                    readers.any(|(reader, _)| {
                        *reader != "the Convex CLI" || variable.name.contains("CONVEX")
                    })
                })
                // A value that is wrong however it is read is told by its own rule.
                .filter(|variable| {
                    !project.issuer_variables().iter().any(|issuer| {
                        issuer.name == variable.name
                            && project.issuer_fault(&issuer.value).is_some()
                    })
                })
            {
                let secret =
                    is_secret_name(&variable.name) || setting::holds_secret(&variable.value);
                let mut finding = Finding::new(
                    variable.place(),
                    format!(
                        "{} is read differently by {}",
                        variable.words(),
                        dialect_names(variable)
                    ),
                );
                if !secret {
                    for (dialect, value) in &variable.dialects {
                        finding = finding.note(match value {
                            Some(value) => format!("{dialect} reads `{value}`"),
                            None => format!("{dialect} does not read it"),
                        });
                    }
                    if !variable.value.contains(['"', '$', '\\', '\n']) {
                        finding = finding.fix(
                            "Write the line so that every tool reads it alike, in a file without a byte order mark:",
                            vec![format!("{}=\"{}\"", variable.name, variable.value)],
                        );
                    }
                }
                found.push(finding);
            }
            Ok(found)
        },
    },
    Rule {
        name: "secret-exposed",
        step: Step::Settings,
        severity: Severity::Error,
        title: "a secret stands under a name that is shipped to browsers",
        why: "A variable with a public prefix is compiled into the app, where anybody can read it. With this key anybody can act as your \
              backend.",
        fix: "Rotate the key in the Clerk dashboard now, and keep the new one under CLERK_SECRET_KEY.",
        seed: &[Row::Environment],
        check: |facts| {
            let project = facts.project()?;
            let public = |variable: &&Variable| {
                let bare = setting::unprefixed(&variable.name);
                bare != variable.name || bare == "CLERK_PUBLISHABLE_KEY"
            };
            let exposed = project
                .variables
                .iter()
                .filter(public)
                .filter(|variable| looks_secret(&variable.value))
                .map(|variable| {
                    let finding = Finding::new(
                        variable.place(),
                        format!("{} holds a secret key", variable.words()),
                    );
                    let value = variable.value.trim();
                    if value.starts_with("whsec_") {
                        finding.fix("Rotate the signing secret on the page of the webhook's endpoint now, and keep the new one under a name without a public prefix.", Vec::new())
                    } else if value.contains('|') {
                        finding.fix("Delete the deploy key in the Convex dashboard, Settings, now, and keep a new one under CONVEX_DEPLOY_KEY.", Vec::new())
                    } else {
                        finding
                    }
                });
            Ok(exposed.collect())
        },
    },
];

/// Whether it matters how a line is read: keys, issuers, and what the Convex CLI looks for.
fn matters(variable: &Variable, read: &[String]) -> bool {
    setting::is_issuer_name(&variable.name)
        || matches!(
            setting::unprefixed(&variable.name),
            "CLERK_PUBLISHABLE_KEY" | "CLERK_SECRET_KEY"
        )
        || variable.name.contains("CONVEX")
        || read.contains(&variable.name)
}

/// What a value means: two spellings that Convex or Clerk takes for the same are the same.
fn meaning(value: &str) -> String {
    match crate::publishable_key::parse(value) {
        Ok(key) => key.issuer(),
        Err(_) => comparable(value.trim()),
    }
}

fn is_secret_name(name: &str) -> bool {
    ["SECRET", "DEPLOY_KEY", "ADMIN_KEY", "TOKEN", "PASSWORD"]
        .iter()
        .any(|part| name.contains(part))
}

fn dialect_names(variable: &Variable) -> String {
    variable
        .dialects
        .iter()
        .map(|(dialect, _)| *dialect)
        .collect::<Vec<_>>()
        .join(" and ")
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{assert_accepted, assert_fails};

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
    fn a_hidden_value_is_told_where_it_differs() {
        assert_accepted(&["variable-shadowed"], |world| {
            world.files.insert(
                ".env".to_owned(),
                "CLERK_ISSUER_URL=https://brave-lemur-7.clerk.accounts.dev\n".to_owned(),
            );
        });
        assert_accepted(&[], |world| {
            world.files.insert(
                ".env".to_owned(),
                "CLERK_ISSUER_URL=https://cool-ocelot-25.clerk.accounts.dev/\n".to_owned(),
            );
        });
    }

    #[test]
    fn the_process_environment_wins() {
        assert_accepted(&["variable-shadowed"], |world| {
            world.edit(
                ".env.local",
                "https://cool-ocelot-25",
                "https://brave-lemur-7",
            );
            world.process.insert(
                "CLERK_ISSUER_URL".to_owned(),
                "https://cool-ocelot-25.clerk.accounts.dev".to_owned(),
            );
        });
    }

    #[test]
    fn a_line_that_tools_read_differently() {
        let comment = "https://cool-ocelot-25.clerk.accounts.dev#dev";
        assert_accepted(&[], issuer(comment));
        assert_accepted(&["env-dialect"], |world| {
            issuer(comment)(world);
            world.files.insert(
                "Cargo.toml".to_owned(),
                "[package]\nname = \"api\"\n".to_owned(),
            );
        });
    }

    #[test]
    fn a_secret_under_a_public_name_is_shouted_about_and_never_shown() {
        let report = assert_fails(&["secret-exposed"], |world| {
            world.edit(
                ".env.local",
                "CLERK_SECRET_KEY",
                "NEXT_PUBLIC_CLERK_SECRET_KEY",
            );
        });
        assert!(!format!("{report:?}").contains("sk_test_Healthy"));
    }
}
