//! Topic `deployment`: what the Convex deployment really uses, and what it says to the token.

use crate::auth_config::Reach;
use crate::convex::{self, Cause, Outcome};
use crate::deployment::{BUILT_IN, Deployment, ProbeAnswer, cloud_name, url_variables};
use crate::facts::{Facts, Project, Source, Variable};
use crate::provider::Provider;
use crate::rule::{Finding, Missing, PASSED, Place, Row, Rule, Severity, Step, Verdict};
use crate::setting::{comparable, same_issuer, shown};
use crate::trust::{Basis, file_place, providers_with};
use serde_json::{Value, json};

/// Seconds by which two clocks may differ over an expiry.
const CLOCKS: f64 = 60.0;
/// Seconds that pass between the deployment's verdict and ours.
const MEANWHILE: f64 = 10.0;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "deployment-variable-unset",
        step: Step::Deployment,
        severity: Severity::Error,
        title: "a variable of the auth config is not set on the deployment",
        why: "Convex reads the auth config's variables from its deployment, never from .env.local. While one is unset it refuses every push, and \
              keeps the providers that it had.",
        fix: "Set the variable on the deployment with `npx convex env set`, and push again.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            let deployment = facts.deployment()?;
            let project = facts.convex_project()?;
            let variables = deployment
                .variables
                .as_ref()
                .map_err(|_| Missing::Consequence)?;
            let unset = variables
                .iter()
                .filter(|(name, value)| {
                    value.as_deref().is_none_or(|value| value.trim().is_empty())
                        && is_always_read(project, name)
                })
                .map(|(name, _)| {
                    let own = own_value(project, deployment, name);
                    let value = own.map_or_else(
                        || "https://….clerk.accounts.dev".to_owned(),
                        |variable| shown(&variable.value),
                    );
                    Finding::new(
                        place_of_read(project, name),
                        format!("{name} has no value on {}", host(deployment)),
                    )
                    .fix("Set it there:", vec![set(deployment, name, &value)])
                });
            Ok(unset.collect())
        },
    },
    Rule {
        name: "deployment-variable-differs",
        step: Step::Deployment,
        severity: Severity::Error,
        title: "the deployment has another issuer than the files here",
        why: "What counts for Convex is the deployment's value; the one in the env file is only the app's.",
        fix: "Set the right value on the deployment with `npx convex env set`.",
        seed: &[Row::Unauthorized, Row::Environment, Row::DomainChange],
        check: variable_differs,
    },
    Rule {
        name: "deployment-config-stale",
        step: Step::Deployment,
        severity: Severity::Error,
        title: "the deployment uses other providers than the auth config here",
        why: "Convex evaluates the auth config when it is pushed. A change of the file counts only after the next push.",
        fix: "Push the configuration: `npx convex dev --once`, or `npx convex deploy` for production.",
        seed: &[Row::Unauthorized, Row::AuthConfig, Row::Environment],
        check: config_stale,
    },
    Rule {
        name: "deployment-url-mismatch",
        step: Step::Deployment,
        severity: Severity::Error,
        title: "the app talks to another deployment than the one that is configured",
        why: "Pushes and variables go to one deployment, and the app's requests to another, which has providers of its own.",
        fix: "Give the app the URL of the deployment that `npx convex dev` names.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: url_mismatch,
    },
    Rule {
        name: "deployment-refuses",
        step: Step::Deployment,
        severity: Severity::Error,
        title: "the deployment refuses the token",
        why: "The deployment judges by its own providers and by what the issuer answers to it; both may differ from what is seen here.",
        fix: "Compare the deployment's providers with the auth config: `clerkcheck check --deployment`, or the dashboard, Settings, Authentication.",
        seed: &[Row::Unauthorized, Row::Environment, Row::Testing],
        check: |facts| match compared(facts).ok_or(Missing::NotAsked)? {
            Compared::Refuses => answer(facts).only(),
            Compared::Agrees | Compared::Stale | Compared::Disagrees => PASSED,
            Compared::Unreachable => Err(Missing::Consequence),
        },
    },
    Rule {
        name: "deployment-disagrees",
        step: Step::Deployment,
        severity: Severity::Error,
        title: "the deployment and clerkcheck judge the token differently",
        why: "Nothing in the configuration explains it: this is likely a fault of clerkcheck. The deployment's word counts.",
        fix: "Please report it with the output of `clerkcheck probe --report`, which holds neither token nor keys.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| match compared(facts).ok_or(Missing::NotAsked)? {
            Compared::Disagrees => answer(facts)
                .note(format!(
                    "clerkcheck {} says: {}",
                    env!("CARGO_PKG_VERSION"),
                    ours(facts)
                ))
                .only(),
            Compared::Agrees | Compared::Stale | Compared::Refuses => PASSED,
            Compared::Unreachable => Err(Missing::Consequence),
        },
    },
    Rule {
        name: "deployment-unreachable",
        step: Step::Deployment,
        severity: Severity::Warning,
        title: "the deployment could not be asked",
        why: "What it really uses is not known, so only the files here were judged.",
        fix: "Look at the address and the key, and whether a firewall or proxy stands between; then ask again.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            let place =
                |url: &url::Url| Place::Url(crate::escape::without_credentials(url.as_str()));
            if let Some(probe) = &facts.world.probe {
                return match &probe.answer {
                    ProbeAnswer::Unknown(why) => {
                        Finding::new(place(&probe.target.url), why.clone()).only()
                    }
                    ProbeAnswer::Accepted | ProbeAnswer::Refused { .. } => PASSED,
                };
            }
            let deployment = facts.deployment()?;
            let faults = [
                deployment
                    .variables
                    .as_ref()
                    .err()
                    .map(|why| ("its variables", why)),
                deployment
                    .providers
                    .as_ref()
                    .err()
                    .map(|why| ("its providers", why)),
            ];
            let mut faults = faults.into_iter().flatten();
            let Some((what, why)) = faults.next() else {
                return PASSED;
            };
            let what = if faults.next().is_some() {
                "variables and providers"
            } else {
                what
            };
            Finding::new(
                place(&deployment.target.url),
                format!("{what} of {} could not be read: {why}", host(deployment))
                    .replacen("its ", "the ", 1),
            )
            .only()
        },
    },
];

fn host(deployment: &Deployment) -> &str {
    deployment.target.url.host_str().unwrap_or_default()
}

fn set(deployment: &Deployment, name: &str, value: &str) -> String {
    let prod = if deployment.is_production {
        " --prod"
    } else {
        ""
    };
    format!("npx convex env set {name} {value}{prod}")
}

/// Where auth.config reads a variable.
fn place_of_read(project: &Project, name: &str) -> Place {
    let mut reads = project.auth_configs.iter().flat_map(|config| &config.reads);
    reads.find(|read| read.name == name).map_or_else(
        || Place::Variable(name.to_owned()),
        |read| file_place(&read.place),
    )
}

/// Whether each push reads the variable, so that each fails without it.
fn is_always_read(project: &Project, name: &str) -> bool {
    let mut reads = project.auth_configs.iter().flat_map(|config| &config.reads);
    reads.any(|read| read.name == name && read.reach == Reach::Always)
}

/// The value here that is meant for this very deployment: that of the process, or of an env file beside `CONVEX_DEPLOYMENT` of the same name.
fn own_value<'p>(
    project: &'p Project,
    deployment: &Deployment,
    name: &str,
) -> Option<&'p Variable> {
    let variable = project.variable(name)?;
    let named = project.deployment().map(|(_, _, name)| name);
    let is_own = match (&deployment.target.name, named) {
        (Some(target), Some(named)) => target == named,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let is_sound = project.issuer_fault(&variable.value).is_none();
    (is_sound && (is_own || variable.source == Source::Process)).then_some(variable)
}

fn variable_differs(facts: &Facts) -> Verdict {
    let deployment = facts.deployment()?;
    let project = facts.convex_project()?;
    let variables = deployment
        .variables
        .as_ref()
        .map_err(|_| Missing::Consequence)?;
    let mut found = Vec::new();
    for name in project.issuer_names_read() {
        let Some(Some(there)) = variables.get(&name) else {
            continue;
        };
        let Some(here) = own_value(project, deployment, &name) else {
            continue;
        };
        if there.trim().is_empty() || same_issuer(there.trim(), here.value.trim()) {
            continue;
        }
        found.push(
            Finding::new(
                here.place(),
                format!("{name} is {} on {}", shown(there), host(deployment)),
            )
            .found("deployment", shown(there))
            .expected(shown(&here.value), Some(here.words()))
            .fix(
                format!("If {} is right, set it on the deployment:", here.words()),
                vec![set(deployment, &name, &shown(&here.value))],
            ),
        );
    }
    Ok(found)
}

fn config_stale(facts: &Facts) -> Verdict {
    if compared(facts) == Some(Compared::Stale) {
        return Finding::new(
            Place::Nowhere,
            "the deployment accepts a token that the auth config here would refuse",
        )
        .severity(Severity::Warning)
        .only();
    }
    let deployment = facts.deployment()?;
    let project = facts.convex_project()?;
    let (Ok(variables), Ok(providers)) = (&deployment.variables, &deployment.providers) else {
        return Err(Missing::Consequence);
    };
    let Some(config) = project.auth_configs.first() else {
        return Err(Missing::Consequence);
    };
    if variables.values().any(Option::is_none) {
        return Err(Missing::Consequence);
    }
    let site = deployment
        .target
        .name
        .as_ref()
        .map(|_| {
            let url = deployment.target.url.as_str().trim_end_matches('/');
            (url.to_owned(), url.replace(".convex.cloud", ".convex.site"))
        })
        .unzip();
    let value_of = |name: &str| match name {
        "CONVEX_CLOUD_URL" => site.0.clone(),
        "CONVEX_SITE_URL" => site.1.clone(),
        name => variables.get(name).cloned().flatten(),
    };
    let reads_built_in = config
        .reads
        .iter()
        .any(|read| BUILT_IN.contains(&read.name.as_str()) && value_of(&read.name).is_none());
    let expected = providers_with(config, &value_of)
        .filter(|_| !reads_built_in)
        .and_then(|list| normal(&list));
    let (Some(mut expected), Some(mut deployed)) = (expected, normal(providers)) else {
        return Err(Missing::Value);
    };
    expected.sort();
    deployed.sort();
    if expected == deployed {
        return PASSED;
    }
    let list = |words: &[String]| {
        if words.is_empty() {
            "no provider".to_owned()
        } else {
            words.join("; ")
        }
    };
    let push = if deployment.is_production {
        "npx convex deploy"
    } else {
        "npx convex dev --once"
    };
    Finding::new(
        Place::file(config.path.clone()),
        format!("{} trusts {}", host(deployment), list(&deployed)),
    )
    .found("deployment", list(&deployed))
    .expected(
        list(&expected),
        Some(format!("{} with the deployment's variables", config.path)),
    )
    .fix("Push it:", vec![push.to_owned()])
    .only()
}

/// Providers in words that are the same when Convex takes them for the same.
fn normal(list: &[Value]) -> Option<Vec<String>> {
    let providers = convex::accept_config(&json!({"providers": list})).ok()?;
    let words = providers.iter().map(|provider| match provider {
        Provider::Oidc {
            domain,
            application_id,
        } => format!("{} for {application_id}", shown(&comparable(domain))),
        Provider::CustomJwt {
            issuer,
            jwks,
            algorithm,
            application_id,
        } => format!(
            "{} for {} with {algorithm:?} keys of {}",
            shown(&comparable(issuer)),
            application_id.as_deref().unwrap_or("any audience"),
            shown(jwks)
        ),
    });
    Some(words.collect())
}

/// Whether variables or providers of the deployment are not what the files here say.
pub(super) fn differs(facts: &Facts) -> bool {
    facts.world.deployment.is_some()
        && [variable_differs(facts), config_stale(facts)]
            .iter()
            .any(|verdict| verdict.as_ref().is_ok_and(|found| !found.is_empty()))
}

fn url_mismatch(facts: &Facts) -> Verdict {
    let project = facts.convex_project()?;
    for (variable, url) in url_variables(project) {
        let host = url.host_str().unwrap_or_default();
        if let Some(bare) = host.strip_suffix(".convex.site") {
            return Finding::new(
                variable.place(),
                format!("{} is the address of HTTP actions", variable.words()),
            )
            .found("variable", shown(&variable.value))
            .expected(format!("https://{bare}.convex.cloud"), None)
            .why("The client speaks to the deployment at `.convex.cloud`; `.convex.site` answers HTTP actions only.")
            .only();
        }
        let Some((named, kind, name)) = project.deployment() else {
            continue;
        };
        // A workspace with one functions folder has one deployment, wherever its name and its URL stand.
        let all = project.variables.iter();
        let one = all.filter(|own| own.name == named.name).count() == 1;
        let together = (named.source.folder() == variable.source.folder()
            || one && project.functions.len() == 1)
            && (named.source == Source::Process) == (variable.source == Source::Process);
        let Some(own) = cloud_name(&url).filter(|_| together) else {
            continue;
        };
        if matches!(kind, "dev" | "prod" | "preview") && own != name {
            return Finding::new(
                variable.place(),
                format!(
                    "{} is the deployment {own}, and {} names {name}",
                    variable.words(),
                    named.words()
                ),
            )
            .found("variable", own)
            .expected(name, Some(named.words()))
            .only();
        }
    }
    PASSED
}

/// How the deployment's answer stands beside our verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// They say the same, or ours could not be told and the deployment lets the token through.
    Agrees,
    /// It lets through what the configuration here would refuse: it has another.
    Stale,
    /// It refuses, for a reason that is not seen here.
    Refuses,
    /// They differ, and no configuration explains it.
    Disagrees,
    /// It said nothing of the token.
    Unreachable,
}

/// How the deployment's answer stands beside our verdict; `None`: it was not asked.
pub(super) fn compared(facts: &Facts) -> Option<Compared> {
    let probe = facts.world.probe.as_ref()?;
    let ours = facts.outcome();
    Some(match (&probe.answer, ours) {
        (ProbeAnswer::Unknown(_), _) => Compared::Unreachable,
        (ProbeAnswer::Accepted, Some(Outcome::Refused(refusal))) => {
            if refusal.cause.is_local_fault()
                || refusal.code == "AuthProviderDiscoveryFailed"
                || near_expiry(facts, CLOCKS)
                || !facts.trust.refusal_counts(refusal)
            {
                Compared::Agrees
            } else if refusal.cause.depends_on_providers() {
                Compared::Stale
            } else {
                Compared::Disagrees
            }
        }
        (ProbeAnswer::Accepted, _) => Compared::Agrees,
        (ProbeAnswer::Refused { code, message, .. }, Some(Outcome::Refused(refusal)))
            if facts.trust.refusal_counts(refusal) =>
        {
            let theirs = code.as_deref().unwrap_or_else(|| code_of(message));
            if theirs == refusal.code || *message == refusal.message {
                Compared::Agrees
            } else if refusal.cause.depends_on_providers()
                || matches!(theirs, "NoAuthProvider" | "AuthProviderDiscoveryFailed")
                || near_expiry(facts, MEANWHILE)
            {
                Compared::Refuses
            } else {
                Compared::Disagrees
            }
        }
        (ProbeAnswer::Refused { code, message, .. }, Some(Outcome::Accepted(_))) => {
            let theirs = code.as_deref().unwrap_or_else(|| code_of(message));
            let is_known = matches!(facts.trust.basis, Basis::AuthConfig | Basis::Deployment)
                && facts.trust.assumptions().is_empty();
            let explained = matches!(theirs, "NoAuthProvider" | "AuthProviderDiscoveryFailed");
            if explained || !is_known || near_expiry(facts, MEANWHILE) {
                Compared::Refuses
            } else {
                Compared::Disagrees
            }
        }
        (ProbeAnswer::Refused { .. }, _) => Compared::Refuses,
    })
}

/// Convex's code for a message that came without one.
fn code_of(message: &str) -> &'static str {
    if message.contains("No auth provider found") {
        "NoAuthProvider"
    } else if message.contains("discovery") {
        "AuthProviderDiscoveryFailed"
    } else {
        "InvalidAuthHeader"
    }
}

/// Whether the token runs out about now, so that two clocks may say two things.
fn near_expiry(facts: &Facts, seconds: f64) -> bool {
    let expiry = facts.claims().ok().and_then(|claims| claims.number("exp"));
    #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch")]
    let near = |at: f64| (at - facts.world.now as f64).abs() <= seconds;
    let only_age = facts.causes().all(|cause| matches!(cause, Cause::Expired));
    only_age && expiry.is_some_and(near)
}

/// What the deployment answered, as a finding.
fn answer(facts: &Facts) -> Finding {
    let Some(probe) = &facts.world.probe else {
        return Finding::new(Place::Nowhere, "");
    };
    let place = Place::Url(crate::escape::without_credentials(
        probe.target.url.as_str(),
    ));
    let words = match &probe.answer {
        ProbeAnswer::Refused { code, message, .. } => match code {
            Some(code) => format!("it answers {code}: {message}"),
            None => format!("it answers: {message}"),
        },
        ProbeAnswer::Accepted => "it accepts the token".to_owned(),
        ProbeAnswer::Unknown(why) => why.clone(),
    };
    let finding = Finding::new(place, words);
    let ProbeAnswer::Refused { message, .. } = &probe.answer else {
        return finding;
    };
    let known = crate::error_line::recognise(message);
    let Some(line) = known.first() else {
        return finding;
    };
    let issuer = facts.claims().ok().and_then(|claims| claims.text("iss"));
    match (issuer, line.providers()) {
        // A development deployment lists what it trusts.
        (Some(issuer), [(domain, _)]) if !same_issuer(issuer, domain) => finding
            .found("token", shown(issuer))
            .expected(
                shown(domain),
                Some("the deployment's only provider".to_owned()),
            )
            .fix(
                "If the token's issuer is right, give the deployment that issuer, and push again:",
                vec![format!(
                    "npx convex env set {} {}",
                    issuer_name(facts),
                    shown(issuer)
                )],
            ),
        _ => finding
            .note(line.known.meaning)
            .fix(line.known.fix, Vec::new()),
    }
}

/// The variable that holds the issuer: the one that auth.config reads, else this project's own name for it.
fn issuer_name(facts: &Facts) -> String {
    let read = facts
        .project()
        .ok()
        .and_then(|project| project.issuer_names_read().into_iter().next());
    read.unwrap_or_else(|| "CLERK_ISSUER_URL".to_owned())
}

/// Our own verdict, in a line.
fn ours(facts: &Facts) -> String {
    match facts.outcome() {
        Some(Outcome::Accepted(_)) => "accepted".to_owned(),
        Some(Outcome::Refused(refusal)) => format!("{}: {}", refusal.code, refusal.message),
        Some(Outcome::Unknown { .. }) | None => "could not be told".to_owned(),
    }
}
