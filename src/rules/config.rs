//! Topic `config`: whether Convex finds `convex/auth.config.*` and takes it.

use crate::auth_config::{Effect, Evaluated, Oddity, Providers, Reach};
use crate::facts::{Facts, is_below};
use crate::rule::{Finding, Missing, PASSED, Place, Row, Rule, Severity, Step, Verdict};
use crate::trust::file_place;

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
            let name = super::issuer_setting::issuer_name(project);
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
                Oddity::Utf16 => Some(
                    Finding::new(
                        Place::file(path),
                        "it is UTF-16, and Convex's bundler reads UTF-8",
                    )
                    .fix("Save the file anew as UTF-8.", Vec::new()),
                ),
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
                let is_refused = |oddity: &Oddity| {
                    matches!(
                        oddity,
                        Oddity::SyntaxError { .. }
                            | Oddity::Utf16
                            | Oddity::SideEffect {
                                reach: Reach::Always,
                                ..
                            }
                    )
                };
                if config.oddities.iter().any(is_refused) {
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
        name: "config-side-effect",
        step: Step::Config,
        severity: Severity::Error,
        title: "the auth config does something that Convex forbids there",
        why: "Convex evaluates the file without a clock, randomness, network or `import.meta`; using one fails the push.",
        fix: "Take it out of the file. A variable is read as `process.env.NAME`, and lives on the deployment.",
        seed: &[Row::AuthConfig],
        check: |facts| {
            oddities(facts, |oddity, _| match oddity {
                Oddity::SideEffect { what, place, reach } if *reach != Reach::Never => {
                    Some(Finding::new(
                        file_place(place),
                        match what {
                            Effect::Date => "it reads the clock",
                            Effect::Random => "it asks for random numbers",
                            Effect::Fetch => "it asks the network",
                            Effect::Timer => "it sets a timer",
                            Effect::ImportMeta => {
                                "it reads `import.meta`, which Vite knows and Convex does not"
                            }
                            Effect::Throw => "it throws",
                        },
                    ))
                    // A guard may keep what merely throws from ever being reached.
                    .filter(|_| {
                        *reach == Reach::Always
                            || !matches!(what, Effect::Throw | Effect::ImportMeta)
                    })
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
];

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

/// The findings that a file's oddities give.
pub(super) fn oddities(
    facts: &Facts,
    finding: impl Fn(&Oddity, &str) -> Option<Finding>,
) -> Verdict {
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
pub(super) fn one_line(place: Place) -> Place {
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

#[cfg(test)]
mod tests {
    use crate::rules::testing::{assert_accepted, assert_fails, assert_refused};

    const CONFIG: &str = "convex/auth.config.ts";

    /// Replaces the whole file.
    fn config(text: &'static str) -> impl FnOnce(&mut crate::rules::testing::Healthy) {
        move |world| {
            world.files.insert(CONFIG.to_owned(), text.to_owned());
        }
    }

    #[test]
    fn files_that_convex_does_not_read() {
        // Convex has no providers then, and refuses whatever comes; what is wrong besides is listed behind it.
        assert_refused(&["auth-config-missing"], |world| {
            world.files.remove(CONFIG);
        });
        let report = assert_fails(&["auth-config-missing", "audience-missing"], |world| {
            world.files.remove(CONFIG);
            world.claims.as_object_mut().unwrap().remove("aud");
        });
        let convex = report.verdict.unwrap().convex;
        assert!(convex.message.unwrap().contains("no providers configured"));
        assert_eq!(report.headline.rule, Some("auth-config-missing"));
        // The same where the issuer is known by the publishable key alone.
        assert_refused(&["auth-config-missing"], |world| {
            world.files.remove(CONFIG);
            world.edit(
                ".env.local",
                "CLERK_ISSUER_URL=https://cool-ocelot-25.clerk.accounts.dev\n",
                "",
            );
        });
        // A token that cannot be read is refused before any provider is looked for.
        let report = assert_fails(&["issuer-missing", "auth-config-missing"], |world| {
            world.files.remove(CONFIG);
            world.claims.as_object_mut().unwrap().remove("iss");
        });
        assert_eq!(report.headline.rule, Some("issuer-missing"));
        assert_refused(&["auth-config-ignored"], |world| {
            let text = world.files.remove(CONFIG).unwrap();
            world
                .files
                .insert("convex/auth.config.tsx".to_owned(), text);
        });
        // Nor is a folder of functions where Convex looks for one.
        assert_refused(&["auth-config-ignored"], |world| {
            for path in ["convex/schema.ts", CONFIG] {
                let text = world.files.remove(path).unwrap();
                world.files.insert(format!("src/{path}"), text);
            }
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
    fn what_cannot_be_told_is_said() {
        assert_fails(
            &["auth-config-opaque"],
            config(
                "import { make } from \"some-package\";\nexport default { providers: [make()] };\n",
            ),
        );
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
}
