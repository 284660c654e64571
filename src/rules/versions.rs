//! Topic `versions`: installed packages whose behaviour decides which token Convex gets.

use crate::facts::{Facts, Project};
use crate::package::Version;
use crate::rule::{Finding, Missing, PASSED, Place, Row, Rule, Severity, Step};
use crate::token::Kind;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "convex-before-integration",
        step: Step::Versions,
        severity: Severity::Error,
        title: "the installed convex does not know Clerk's Convex integration",
        why: "Up to 1.32 `ConvexProviderWithClerk` always asks for the JWT template `convex`. With the integration alone there is none, and \
              the user stays signed out without an error.",
        fix: "Update convex, or keep a JWT template named `convex`.",
        seed: &[Row::UserNotAppearing],
        check: |facts| {
            let (version, place) = convex(facts)?;
            // Only a token of the integration shows that the integration is in use.
            if facts.kind() != Kind::SessionConvex || version >= number(1, 33, 0) {
                return PASSED;
            }
            Finding::new(
                place,
                format!("convex {version} is installed, and the token comes from the integration"),
            )
            .fix("Update it:", update(facts))
            .only()
        },
    },
    Rule {
        name: "convex-ignores-template",
        step: Step::Versions,
        severity: Severity::Error,
        title: "the installed convex never asks for the JWT template",
        why: "1.33.0 always calls `getToken()` without a template; a set-up with the template only is refused with NoAuthProvider.",
        fix: "Update convex to 1.33.1 or later.",
        seed: &[Row::UserNotAppearing],
        check: |facts| {
            let (_, place) = convex(facts)?;
            if !ignores_template(facts) {
                return PASSED;
            }
            Finding::new(place, "convex 1.33.0 is installed")
                .fix("Update it:", update(facts))
                .only()
        },
    },
    Rule {
        name: "convex-stale-callback",
        step: Step::Versions,
        severity: Severity::Warning,
        title: "the installed convex may keep asking for the wrong token",
        why: "From 1.33.1 to 1.42.1 the choice between session token and template is remembered until the organization changes, so users \
              without one can be stuck on the template.",
        fix: "Update convex to 1.42.2 or later.",
        seed: &[Row::UserNotAppearing],
        check: |facts| {
            let (version, place) = convex(facts)?;
            let stale = version >= number(1, 33, 1) && version < number(1, 42, 2);
            if !stale || !facts.project()?.uses_clerk_react {
                return PASSED;
            }
            Finding::new(place, format!("convex {version} is installed"))
                .fix("Update it:", update(facts))
                .only()
        },
    },
    Rule {
        name: "clerk-rejects-template",
        step: Step::Versions,
        severity: Severity::Info,
        title: "the installed Clerk backend refuses template tokens in your own API",
        why: "From 3.16.9 on `authenticateRequest` of `@clerk/backend` takes session tokens only; a template token works in Convex and gets 401 \
              from your own routes. That is expected.",
        fix: "Send the session token to your own API, and the template's token to Convex.",
        seed: &[Row::UserNotAppearing],
        check: |facts| {
            let project = facts.project()?;
            if facts.kind() != Kind::Template {
                return PASSED;
            }
            let (version, place) = installed(project, "@clerk/backend").ok_or(Missing::Version)?;
            if version < number(3, 16, 9) {
                return PASSED;
            }
            Finding::new(
                place,
                format!("@clerk/backend {version} is installed, and this is a template token"),
            )
            .only()
        },
    },
];

/// Whether the installed `ConvexProviderWithClerk` asks for no template. With the integration its session token is the right one.
pub(super) fn ignores_template(facts: &Facts) -> bool {
    convex(facts).is_ok_and(|(version, _)| version == number(1, 33, 0))
        && facts
            .project()
            .is_ok_and(|project| project.uses_clerk_react)
        && facts.kind() != Kind::SessionConvex
}

fn convex(facts: &Facts) -> Result<(Version, Place), Missing> {
    let project = facts.convex_project()?;
    installed(project, "convex").ok_or(Missing::Version)
}

fn installed(project: &Project, name: &str) -> Option<(Version, Place)> {
    let (installed, path) = project
        .installed
        .iter()
        .find(|(installed, _)| installed.name == name)?;
    let version = installed.version.clone();
    let place = match installed.line {
        0 => Place::file(path),
        line => Place::File {
            path: path.clone(),
            line,
            column: 1,
            width: 1,
        },
    };
    Some((version, place))
}

fn number(major: u64, minor: u64, patch: u64) -> Version {
    Version::new(major, minor, patch)
}

/// By the package manager that the lock file belongs to, in the folder of the app: at its root a workspace would get a dependency of its own.
fn update(facts: &Facts) -> Vec<String> {
    let project = facts.project().ok();
    let own = project.map_or("", |project| project.installer);
    let install = if own.is_empty() { "npm install" } else { own };
    let folder = project.map_or("", |project| project.convex_app.as_str());
    let mut commands = vec![format!("{install} convex@latest")];
    if !folder.is_empty() {
        commands.insert(0, format!("cd {}", quoted(folder)));
    }
    commands
}

/// A path, as a word of a shell.
fn quoted(path: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "/._-@".contains(character);
    if path.chars().all(is_plain) {
        path.to_owned()
    } else {
        format!("\"{path}\"")
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Healthy, assert_accepted, assert_fails, assert_refused};
    use serde_json::json;

    fn installed(name: &'static str, version: &'static str) -> impl FnOnce(&mut Healthy) {
        move |world| {
            world.files.insert(
                format!("node_modules/{name}/package.json"),
                format!("{{\"name\": \"{name}\", \"version\": \"{version}\"}}"),
            );
        }
    }

    #[test]
    fn versions_that_choose_the_wrong_token() {
        assert_accepted(&["convex-ignores-template"], installed("convex", "1.33.0"));
        // Then a session token without an audience is its doing.
        assert_refused(&["convex-ignores-template"], |world| {
            installed("convex", "1.33.0")(world);
            world.header["cat"] = json!("cl_B7d4PD111AAA");
            world.claims["sid"] = json!("sess_1");
            world.claims.as_object_mut().unwrap().remove("aud");
        });
        assert_accepted(&["convex-stale-callback"], installed("convex", "1.42.1"));
        assert_accepted(&[], installed("convex", "1.42.2"));
        // Without Clerk's React provider nothing asks for a template.
        assert_accepted(&[], |world| {
            installed("convex", "1.33.0")(world);
            world.edit("package.json", "@clerk/nextjs", "svelte-clerk");
        });
        // The token of the integration is what it asks for.
        assert_accepted(&[], |world| {
            installed("convex", "1.33.0")(world);
            world.header["cat"] = json!("cl_B7d4PD111AAA");
            world.claims["sid"] = json!("sess_1");
        });
        // An exact version, however it is written, and nothing installed yet.
        for exact in ["1.33.0", "=1.33.0", "v1.33.0", " 1.33.0 "] {
            assert_accepted(&["convex-ignores-template"], |world| {
                world.files.remove("node_modules/convex/package.json");
                world.edit("package.json", "1.45.0", exact);
            });
        }
        assert_accepted(&[], installed("convex", "1.32.0"));
        assert_fails(&["convex-before-integration"], |world| {
            installed("convex", "1.32.0")(world);
            world.header["cat"] = json!("cl_B7d4PD111AAA");
        });
        assert_accepted(
            &["clerk-rejects-template"],
            installed("@clerk/backend", "3.16.9"),
        );
    }
}
