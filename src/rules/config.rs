//! Topic `config`: `convex/auth.config.*`, read without running it.

use crate::auth_config::{AuthConfig, Effect, Evaluated, Oddity, Providers, Reach};
use crate::convex::ConfigRefusal;
use crate::facts::{Facts, Project, is_below};
use crate::rule::{Finding, Missing, PASSED, Place, Row, Rule, Severity, Step, Verdict};
use crate::setting;
use crate::trust::{Basis, file_place, is_clerk_like, is_clerk_name, is_foreign_name};
use serde_json::Value;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "auth-config-missing",
        step: Step::Config,
        severity: Severity::Error,
        title: "the functions folder has no auth config",
        why: "Without `auth.config.ts` or `auth.config.js` Convex has no providers and refuses every token.",
        fix: "Create the file beside your functions and push it with `npx convex dev`.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            let project = facts.convex_project()?;
            let uses_clerk = project.depends_on_clerk
                || project
                    .variables
                    .iter()
                    .any(|variable| variable.name.contains("CLERK"))
                || project
                    .installed
                    .iter()
                    .any(|(installed, _)| installed.name.starts_with("@clerk/"));
            if project.convex_json_auth.is_some() || !uses_clerk {
                return PASSED;
            }
            let nothing = project.auth_configs.is_empty() && project.ignored_configs.is_empty();
            // Beside a folder that has one, only that of an app with a key of its own must have one too.
            let has_key = |folder: &str| {
                let app = folder.rsplit_once('/').map_or("", |(app, _)| app);
                let keys = project.publishable_keys();
                !app.is_empty() && keys.iter().any(|(key, _)| key.source.folder() == app)
            };
            let lacks = |folder: &str| {
                let configs = project.auth_configs.iter().map(|config| &config.path);
                let ignored = project.ignored_configs.iter().map(|(path, _)| path);
                !configs.chain(ignored).any(|path| is_below(path, folder))
            };
            let mut folders = project.functions.iter();
            let Some(folder) = folders.find(|folder| nothing || has_key(folder) && lacks(folder))
            else {
                return PASSED;
            };
            let name = super::env::issuer_name(project);
            let lines = [
                "export default {",
                "  providers: [{",
                &format!("    domain: process.env.{name},"),
                "    applicationID: \"convex\",",
                "  }],",
                "};",
            ];
            Finding::new(
                Place::file(folder),
                format!("{folder} has neither auth.config.ts nor auth.config.js"),
            )
            .fix(
                format!("Create {folder}/auth.config.ts, and push it with `npx convex dev`:"),
                lines.map(str::to_owned).to_vec(),
            )
            .only()
        },
    },
    Rule {
        name: "auth-config-ignored",
        step: Step::Config,
        severity: Severity::Error,
        title: "the auth config is in a file that Convex does not read",
        why: "Convex reads `auth.config.js` or `auth.config.ts` directly in the functions folder, and says nothing of any other file: the \
              deployment has no providers.",
        fix: "Rename or move the file, and push it with `npx convex dev`.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            let project = facts.project()?;
            // A functions folder with an auth config may have other files beside it; one without has none that is read.
            let is_lost = |path: &str| {
                let folder = project
                    .functions
                    .iter()
                    .find(|folder| is_below(path, folder));
                match folder {
                    Some(folder) => !project
                        .auth_configs
                        .iter()
                        .any(|config| is_below(&config.path, folder)),
                    None => project.auth_configs.is_empty(),
                }
            };
            let lost = project
                .ignored_configs
                .iter()
                .filter(|(path, _)| is_lost(path));
            let found = lost.map(|(path, why)| {
                let finding = Finding::new(Place::file(path), format!("{path}: {why}"));
                let push = "npx convex dev --once".to_owned();
                let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
                let own = project.functions.iter().find(|folder| is_below(path, folder));
                let Some(folder) = own.or_else(|| project.functions.first()) else {
                    // No folder of functions is where Convex looks for one: it is this.
                    let inner = parent.strip_suffix("/convex").map(|_| parent);
                    return match inner {
                        Some(inner) => finding.fix(
                            "Say in convex.json, beside package.json, where the functions are:",
                            vec![format!("{{ \"functions\": \"{}/\" }}", below_package(inner)), push],
                        ),
                        None => finding,
                    };
                };
                if name == "auth.config.json" {
                    return finding.fix(
                        format!("Write {folder}/auth.config.ts with its providers, remove {path}, and push it:"),
                        vec![push],
                    );
                }
                finding.fix(
                    "Move it to where Convex reads it:",
                    vec![format!("git mv {path} {folder}/auth.config.{}", extension(path)), push],
                )
            });
            Ok(found.take(1).collect())
        },
    },
    Rule {
        name: "auth-config-duplicate",
        step: Step::Config,
        severity: Severity::Error,
        title: "there are two auth configs",
        why: "With both `auth.config.js` and `auth.config.ts` in one folder the push ends with `Found both ... choose one`.",
        fix: "Delete the one that is not meant.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            let project = facts.convex_project()?;
            for config in project.auth_configs.iter().skip(1) {
                let folder =
                    |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
                if let Some(first) = project.auth_configs.iter().find(|first| {
                    first.path != config.path && folder(&first.path) == folder(&config.path)
                }) {
                    return Finding::new(
                        Place::file(&config.path),
                        format!("{} and {} are both there", first.path, config.path),
                    )
                    .only();
                }
            }
            PASSED
        },
    },
    Rule {
        name: "auth-config-export",
        step: Step::Config,
        severity: Severity::Error,
        title: "the auth config does not export a list of providers",
        why: "Convex takes the default export and its `providers` array; anything else is refused when it is pushed.",
        fix: "Write `export default { providers: [ ... ] };`.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            oddities(facts, |oddity, path| match oddity {
                Oddity::SyntaxError { message, place } => Some(Finding::new(
                    file_place(place),
                    format!("it does not parse: {message}"),
                )),
                Oddity::NoDefaultExport => Some(Finding::new(
                    Place::file(path),
                    "there is no default export",
                )),
                Oddity::NoProviders { place } => Some(Finding::new(
                    file_place(place),
                    "the default export has no `providers`",
                )),
                Oddity::ProvidersNotArray { place } => Some(Finding::new(
                    file_place(place),
                    "`providers` is not an array",
                )),
                _ => None,
            })
        },
    },
    Rule {
        name: "auth-config-opaque",
        step: Step::Config,
        severity: Severity::Info,
        title: "a part of the auth config cannot be told without running it",
        why: "The file is read, never run. What it computes in other ways than plain values is left open, and so is what depends on it.",
        fix: "Compare with the deployment: Convex dashboard, Settings, Authentication.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            let project = facts.convex_project()?;
            if project.unread_config().is_some() {
                return Err(Missing::Unread);
            }
            for config in &project.auth_configs {
                if config
                    .oddities
                    .iter()
                    .any(|oddity| matches!(oddity, Oddity::SyntaxError { .. }))
                {
                    return Err(Missing::Consequence);
                }
                if let Providers::Undecided { why, place, .. } = &config.providers {
                    return Finding::new(file_place(place), why.clone()).only();
                }
                let value_of = |name: &str| {
                    project
                        .variable(name)
                        .map(|variable| variable.value.clone())
                };
                for evaluated in config.entries_with(&value_of) {
                    for (field, value) in evaluated.entry.fields.iter().zip(&evaluated.values) {
                        if let Evaluated::Undecided { why, place } = value {
                            let place = place.as_ref().unwrap_or(&field.place);
                            return Finding::new(
                                file_place(place),
                                format!("`{}`: {why}", field.name),
                            )
                            .only();
                        }
                    }
                }
            }
            PASSED
        },
    },
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
            if !super::env::is_unread(facts)
                && project
                    .issuer_variables()
                    .iter()
                    .any(|variable| setting::fault(&variable.value).is_some())
                || super::env::faulty_literals(facts).next().is_some()
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
                    entry.issuer.as_deref().is_some_and(is_clerk_like)
                        || entry.variable.as_deref().is_some_and(is_clerk_name)
                });
            let Some(wanted) = wanted else {
                return if facts.trust.entries.is_empty() {
                    Finding::new(Place::file(&config.path), "the list of providers is empty").only()
                } else {
                    PASSED
                };
            };
            if super::env::faulty_literals(facts).next().is_some()
                || super::env::apex_literals(facts, project).next().is_some()
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
            let counts = dev || super::env::chosen_by_node_env(facts);
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
                    Finding::new(
                        place,
                        format!("{name} lives on the deployment; its value is not known here"),
                    )
                    .fix(
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
        name: "config-side-effect",
        step: Step::Config,
        severity: Severity::Error,
        title: "the auth config does something that Convex forbids there",
        why: "Convex evaluates the file without a console, clock, randomness or network; using one fails the push.",
        fix: "Take the call out of the file.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            oddities(facts, |oddity, _| match oddity {
                Oddity::SideEffect { what, place, reach } if *reach != Reach::Never => {
                    Some(Finding::new(
                        file_place(place),
                        match what {
                            Effect::Console => "it uses the console",
                            Effect::Date => "it reads the clock",
                            Effect::Random => "it asks for random numbers",
                            Effect::Fetch => "it asks the network",
                            Effect::Timer => "it sets a timer",
                            Effect::Throw => "it throws",
                        },
                    ))
                    .filter(|_| !(*what == Effect::Throw && *reach == Reach::Sometimes))
                }
                _ => None,
            })
        },
    },
    Rule {
        name: "convex-json-auth-info",
        step: Step::Config,
        severity: Severity::Error,
        title: "convex.json holds auth settings",
        why: "Convex reads providers from auth.config.* only: `authInfo` beside it fails the push, and a key that Convex does not know is \
              passed over in silence.",
        fix: "Move the providers into auth.config.ts, and remove the key from convex.json.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            let project = facts.project()?;
            let Some((path, line, key)) = &project.convex_json_auth else {
                return PASSED;
            };
            let width = key.chars().count() + 2;
            let column = project
                .files
                .get(path)
                .and_then(|text| text.lines().nth(line.saturating_sub(1)))
                .and_then(|text| text.find(&format!("\"{key}\"")))
                .map_or(1, |at| at + 1);
            Finding::new(
                Place::File {
                    path: path.clone(),
                    line: *line,
                    column,
                    width,
                },
                format!("`{key}` in {path} is not where Convex looks for providers"),
            )
            .only()
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

/// The findings that a file's oddities give.
fn oddities(facts: &Facts, finding: impl Fn(&Oddity, &str) -> Option<Finding>) -> Verdict {
    let project = facts.convex_project()?;
    let mut found = Vec::new();
    for config in &project.auth_configs {
        for oddity in &config.oddities {
            if let Some(mut finding) = finding(oddity, &config.path) {
                finding.place = one_line(finding.place);
                found.push(finding);
            }
        }
    }
    Ok(found)
}

/// A place that spans lines is marked on its first line only; a marker is no longer than people can take in.
fn one_line(place: Place) -> Place {
    match place {
        Place::File {
            path,
            line,
            column,
            width,
        } => Place::File {
            path,
            line,
            column,
            width: width.clamp(1, 60),
        },
        other => other,
    }
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

/// The end of a path from `src` on: what stands in `convex.json` beside the app's `package.json`.
fn below_package(path: &str) -> &str {
    match path.rfind("/src/") {
        Some(at) => &path[at + 1..],
        None => path,
    }
}

fn extension(path: &str) -> &'static str {
    let script = std::path::Path::new(path)
        .extension()
        .is_some_and(|extension| matches!(extension.to_str(), Some("js" | "mjs" | "cjs" | "jsx")));
    if script { "js" } else { "ts" }
}

/// The variables that a provider's issuer is read from and that no file here sets, with the place of the read.
fn unseen(project: &Project) -> Vec<(String, Place)> {
    let mut unseen: Vec<(String, Place)> = Vec::new();
    for config in &project.auth_configs {
        for read in &config.reads {
            // The variables of another provider are none of our business.
            let known = project.variable(&read.name).is_some()
                || read.name == "NODE_ENV"
                || is_foreign_name(&read.name) && !is_clerk_name(&read.name);
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
            && setting::fault(&variable.value).is_none()
            && !contradicted(&variable.value)
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{assert_accepted, assert_fails};

    const CONFIG: &str = "convex/auth.config.ts";

    /// Replaces the whole file.
    fn config(text: &'static str) -> impl FnOnce(&mut crate::rules::testing::Healthy) {
        move |world| {
            world.files.insert(CONFIG.to_owned(), text.to_owned());
        }
    }

    #[test]
    fn files_that_convex_does_not_read() {
        assert_fails(&["auth-config-missing"], |world| {
            world.files.remove(CONFIG);
        });
        assert_fails(&["auth-config-ignored"], |world| {
            let text = world.files.remove(CONFIG).unwrap();
            world
                .files
                .insert("convex/auth.config.tsx".to_owned(), text);
        });
        assert_fails(&["auth-config-duplicate"], |world| {
            let text = world.files[CONFIG].clone();
            world.files.insert("convex/auth.config.js".to_owned(), text);
        });
        assert_fails(&["convex-json-auth-info"], |world| {
            world.files.insert("convex.json".to_owned(), "{\n  \"authInfo\": [{ \"domain\": \"https://x.dev\", \"applicationID\": \"convex\" }]\n}\n".to_owned());
        });
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
        assert_accepted(&["config-side-effect"], |world| {
            world.edit(CONFIG, "export default", "console.log(1);\nexport default");
        });
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
    fn what_cannot_be_told_is_said() {
        assert_fails(
            &["auth-config-opaque"],
            config(
                "import { make } from \"some-package\";\nexport default { providers: [make()] };\n",
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

    /// Two apps of one workspace, each with functions and an instance of its own.
    fn two_apps(world: &mut crate::rules::testing::Healthy) {
        let root = [
            ".env.local",
            "convex/schema.ts",
            CONFIG,
            "package.json",
            "node_modules/convex/package.json",
        ];
        for path in root {
            let text = world.files.remove(path).unwrap();
            world.files.insert(format!("apps/web/{path}"), text.clone());
            let text = text
                .replace(
                    "Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA",
                    "YnJhdmUtbGVtdXItNy5jbGVyay5hY2NvdW50cy5kZXYk",
                )
                .replace("cool-ocelot-25", "brave-lemur-7")
                .replace("happy-animal-123", "sad-animal-456");
            world.files.insert(format!("apps/admin/{path}"), text);
        }
        world.files.insert(
            "package.json".to_owned(),
            r#"{"workspaces": ["apps/*"]}"#.to_owned(),
        );
    }

    #[test]
    fn each_functions_folder_is_judged_by_its_own_app() {
        // The token is of the second of them.
        assert_accepted(&[], two_apps);
        assert_accepted(&["instance-mismatch"], |world| {
            two_apps(world);
            world.edit(
                "apps/admin/.env.local",
                "CLERK_ISSUER_URL=https://brave-lemur-7",
                "CLERK_ISSUER_URL=https://calm-otter-3",
            );
        });
        assert_accepted(&["auth-config-missing"], |world| {
            two_apps(world);
            world.files.remove("apps/admin/convex/auth.config.ts");
        });
        assert_accepted(&["auth-config-ignored"], |world| {
            two_apps(world);
            let text = world
                .files
                .remove("apps/admin/convex/auth.config.ts")
                .unwrap();
            world
                .files
                .insert("apps/admin/convex/auth.config.tsx".to_owned(), text);
        });
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
