//! Topic `env`: which Clerk instance the keys belong to.

use crate::auth_config::Oddity;
use crate::facts::{Facts, Project, Variable};
use crate::publishable_key::{Kind, PublishableKey};
use crate::rule::{Finding, Fix, Missing, PASSED, Place, Row, Rule, Severity, Step, Verdict};
use crate::rules::issuer_setting::{
    apex_key, apex_literals, conflict, faulty_literals, is_unread, named_by_key, set,
};
use crate::setting::{self, comparable, is_clerk_development_host};
use crate::trust::{Basis, is_clerk_like};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "publishable-key-malformed",
        step: Step::Settings,
        severity: Severity::Error,
        title: "the publishable key is not one",
        why: "A publishable key is `pk_test_` or `pk_live_` and the base64 of the instance's host and `$`. Clerk refuses anything else.",
        fix: "Copy the publishable key from the Clerk dashboard, API keys.",
        seed: &[Row::Environment],
        check: |facts| {
            let project = facts.project()?;
            let malformed = project
                .publishable_keys()
                .into_iter()
                .filter_map(|(variable, key)| {
                    key.err().map(|fault| {
                        Finding::new(variable.place(), format!("{} {fault}", variable.words()))
                    })
                });
            Ok(malformed.collect())
        },
    },
    Rule {
        name: "instance-mismatch",
        step: Step::Settings,
        severity: Severity::Error,
        title: "the publishable key and the issuer belong to different Clerk instances",
        why: "The app signs users in at the instance of its publishable key, and their tokens carry that instance's issuer; Convex trusts \
              another one.",
        fix: "Use the issuer of the publishable key's instance, or the publishable key of the issuer's.",
        seed: &[Row::Unauthorized, Row::Environment, Row::DomainChange],
        check: instance_mismatch,
    },
    Rule {
        name: "secret-key-mismatch",
        step: Step::Settings,
        severity: Severity::Error,
        title: "the secret key belongs to another Clerk instance",
        why: "A secret key reads and changes its own instance only: templates, users and sessions there have nothing to do with the app's.",
        fix: "Take publishable key and secret key from the same page: https://dashboard.clerk.com/~/api-keys.",
        seed: &[Row::Unauthorized, Row::Environment, Row::DomainChange],
        check: secret_key_mismatch,
    },
    Rule {
        name: "environments-mixed",
        step: Step::Settings,
        severity: Severity::Error,
        title: "keys of a development and of a production instance are mixed",
        why: "Development and production are two Clerk instances: users, keys and issuers of one mean nothing to the other.",
        fix: "Take all values from the same instance.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            let project = facts.project()?;
            if chosen_by_node_env(facts) {
                return Err(Missing::Consequence);
            }
            for (variable, key) in project.publishable_keys() {
                let Ok(key) = key else { continue };
                let mixed = mixed_secret(project, variable, &key).or_else(|| {
                    mixed_issuer(facts, variable, &key).filter(|_| {
                        !is_elsewhere(facts, project, variable) && !is_told_by_token(facts)
                    })
                });
                if let Some(finding) = mixed {
                    return finding.only();
                }
            }
            PASSED
        },
    },
    Rule {
        name: "production-keys-local",
        step: Step::Settings,
        severity: Severity::Warning,
        title: "production keys are in use with a development deployment",
        why: "Clerk allows a production key on its own domain only; on localhost it answers `Production Keys are only allowed for domain`.",
        fix: "Use the keys of the development instance on your machine.",
        seed: &[Row::Environment],
        check: |facts| {
            let project = facts.project()?;
            let Some((_, "dev" | "local" | "anonymous", _)) = project.deployment() else {
                return PASSED;
            };
            let live = project
                .publishable_keys()
                .into_iter()
                .find(|(variable, key)| {
                    key.as_ref().is_ok_and(|key| key.kind == Kind::Live)
                        && !variable.source.words().contains("production")
                });
            let Some((variable, key)) = live else {
                return PASSED;
            };
            let mixed = key.is_ok_and(|key| {
                mixed_secret(project, variable, &key).is_some()
                    || mixed_issuer(facts, variable, &key).is_some()
            });
            if mixed {
                return Err(Missing::Consequence);
            }
            Finding::new(
                variable.place(),
                format!(
                    "{} is a production key, and CONVEX_DEPLOYMENT is a development deployment",
                    variable.words()
                ),
            )
            .only()
        },
    },
    Rule {
        name: "keyless-instance",
        step: Step::Settings,
        severity: Severity::Warning,
        title: "the app runs on a throw-away Clerk instance",
        why: "Without keys Clerk makes a temporary instance; its issuer is not the one that Convex was told.",
        fix: "Claim the instance, or put your own publishable and secret key into .env.local.",
        seed: &[Row::Unauthorized, Row::Environment],
        check: |facts| {
            let project = facts.project()?;
            let Some((path, key)) = &project.keyless else {
                return PASSED;
            };
            let app = path.split(".clerk/").next().unwrap_or_default();
            let app = app.trim_end_matches('/');
            // A key of another app of the same workspace is not this app's.
            if project
                .publishable_keys()
                .iter()
                .any(|(variable, _)| app.starts_with(variable.source.folder()))
            {
                return PASSED;
            }
            let issuer = key
                .as_deref()
                .and_then(|key| crate::publishable_key::parse(key).ok())
                .map(|key| key.issuer());
            if issuer
                .as_deref()
                .is_some_and(|issuer| facts.trust.entry_for(issuer).is_some())
            {
                return PASSED;
            }
            let mut finding = Finding::new(
                Place::file(path),
                format!("{path} is there, and no publishable key is set"),
            );
            if let Some(issuer) = issuer {
                finding = finding.note(format!("tokens of this app come from {issuer}"));
            }
            finding.only()
        },
    },
    Rule {
        name: "proxy-issuer",
        step: Step::Settings,
        severity: Severity::Info,
        title: "a Frontend API proxy or satellite domain is configured",
        why: "Behind a proxy or on a satellite domain the issuer may differ from what the publishable key says. A token tells.",
        fix: "Check a token of the deployed app with `clerkcheck check`.",
        seed: &[Row::Environment],
        check: |facts| {
            let project = facts.project()?;
            let proxy = project.variables.iter().find(|variable| {
                matches!(
                    setting::unprefixed(&variable.name),
                    "CLERK_PROXY_URL" | "CLERK_IS_SATELLITE"
                ) && !matches!(variable.value.as_str(), "" | "false")
            });
            match proxy {
                Some(variable) => {
                    Finding::new(variable.place(), format!("{} is set", variable.words())).only()
                }
                None => PASSED,
            }
        },
    },
];

/// Whether the key's instance is passed over because `auth.config` chooses by `NODE_ENV`: then that is what is wrong.
pub(super) fn chosen_by_node_env(facts: &Facts) -> bool {
    let Ok(project) = facts.convex_project() else {
        return false;
    };
    let configs = project.auth_configs.iter();
    let mut oddities = configs.flat_map(|config| &config.oddities);
    oddities.any(|oddity| matches!(oddity, Oddity::NodeEnvBranch { .. }))
        && project.publishable_keys().iter().any(|(variable, key)| {
            key.as_ref()
                .is_ok_and(|key| mismatched(facts, variable, key).is_some())
        })
}

/// Whether the token comes from an instance that Convex does not trust: `issuer-mismatch` says so.
pub(super) fn is_told_by_token(facts: &Facts) -> bool {
    let issuer = facts.claims().ok().and_then(|claims| claims.text("iss"));
    issuer.is_some_and(|issuer| facts.trust.entry_for(issuer).is_none())
}

fn instance_mismatch(facts: &Facts) -> Verdict {
    let project = facts.project()?;
    // A variable with a fault of its own is the cause; a token from elsewhere is told by issuer-mismatch.
    let is_faulty = |variable: &&Variable| {
        project.issuer_fault(&variable.value).is_some()
            || apex_key(project, &variable.value).is_some()
    };
    let faulty = !is_unread(facts) && project.issuer_variables().iter().any(is_faulty)
        || faulty_literals(facts).next().is_some()
        || apex_literals(facts, project).next().is_some()
        || facts
            .trust
            .clerk_entry()
            .and_then(|entry| entry.issuer.as_deref())
            .is_some_and(|issuer| project.issuer_fault(issuer).is_some());
    // Another variable has the key's issuer: that the two names differ is told.
    let names_conflict = conflict(project).is_some_and(|(_, other)| named_by_key(project, other));
    let told = matches!(facts.trust.basis, Basis::PublishableKey | Basis::Deployment);
    if faulty || is_told_by_token(facts) || told || names_conflict || chosen_by_node_env(facts) {
        return Err(Missing::Consequence);
    }
    for (variable, key) in project.publishable_keys() {
        let Ok(key) = key else { continue };
        if mixed_issuer(facts, variable, &key).is_some() || is_elsewhere(facts, project, variable) {
            continue;
        }
        let Some(entry) = mismatched(facts, variable, &key) else {
            continue;
        };
        let issuer = entry.issuer.clone().unwrap_or_default();
        let mut finding = Finding::new(
            variable.place(),
            format!("{} is a key of {}", variable.words(), key.host),
        )
        .found("key", key.issuer())
        .expected(issuer.as_str(), entry.source.clone());
        // The key of an app with a backend of its own bears out nothing of this one.
        let is_alone = project.functions.len() < 2;
        let agreeing = project.publishable_keys().into_iter().find(|(_, other)| {
            other
                .as_ref()
                .is_ok_and(|other| setting::same_issuer(&other.issuer(), &issuer))
        });
        if let Some((other, _)) = agreeing.filter(|_| is_alone) {
            finding = finding.note(format!("{} agrees with the issuer", other.words())).fix(
                format!(
                    "The other key and the issuer agree, so correct {}: take the publishable key of that instance from \
                     https://dashboard.clerk.com/~/api-keys.",
                    variable.words()
                ),
                Vec::new(),
            );
        } else if let Some(name) = &entry.variable {
            finding = finding.fix("If the publishable key is right, correct the issuer here and on the Convex deployment:", set(name, &key.issuer()));
        }
        return finding.only();
    }
    PASSED
}

/// The instance of the secret key, asked by `template`, beside the publishable key and the issuer.
fn secret_key_mismatch(facts: &Facts) -> Verdict {
    let templates = facts.world.templates.as_ref();
    let instance = templates
        .and_then(|templates| templates.instance.as_ref())
        .filter(|instance| !instance.issuers.is_empty())
        .ok_or(Missing::NotAsked)?;
    let is_own = |issuer: &str| {
        instance
            .issuers
            .iter()
            .any(|own| setting::same_issuer(own, issuer))
    };
    let own = instance.issuers.first().cloned().unwrap_or_default();
    let finding = |place: Place, words: String, issuer: String| {
        Finding::new(
            place,
            format!(
                "{} opens the instance of {}, not that of {words}",
                instance.secret,
                short_host(&own)
            ),
        )
        .found("secret", own.clone())
        .expected(issuer, Some(words))
    };
    let project = facts.project()?;
    let keys = project.publishable_keys();
    let own_key = keys
        .iter()
        .any(|(_, key)| key.as_ref().is_ok_and(|key| is_own(&key.issuer())));
    if let Some((variable, Ok(key))) = keys
        .iter()
        .find(|(_, key)| key.is_ok())
        .filter(|_| !own_key)
    {
        return finding(variable.place(), variable.words(), key.issuer()).only();
    }
    let Some(entry) = facts.trust.clerk_entry().filter(|_| keys.is_empty()) else {
        return PASSED;
    };
    match &entry.issuer {
        Some(issuer)
            if project.issuer_fault(issuer).is_none()
                && !is_own(issuer)
                && !project.is_moved_issuer(issuer) =>
        {
            let words = entry.source.clone().unwrap_or_default();
            finding(entry.place.clone(), words, issuer.clone()).only()
        }
        _ => PASSED,
    }
}

fn short_host(issuer: &str) -> &str {
    issuer.split("://").last().unwrap_or_default()
}

/// Whether a key belongs to an app of the workspace that has nothing to do with Convex, while another app's key agrees with the providers.
fn is_elsewhere(facts: &Facts, project: &Project, variable: &Variable) -> bool {
    let folder = variable.source.folder();
    let agrees = project.publishable_keys().iter().any(|(other, key)| {
        other.source.folder() != folder
            && key
                .as_ref()
                .is_ok_and(|key| facts.trust.entry_for(&key.issuer()).is_some())
    });
    agrees && !project.convex_apps.iter().any(|app| app == folder)
}

/// The provider that the key's instance disagrees with; `None` where one agrees, or where a value is not known.
fn mismatched<'f>(
    facts: &'f Facts,
    variable: &Variable,
    key: &PublishableKey,
) -> Option<&'f crate::trust::Entry> {
    let folder = variable.source.folder();
    if facts
        .project()
        .is_ok_and(|project| project.lacks_config(folder))
    {
        return None;
    }
    let entry = facts.trust.compared(folder, &key.issuer())?;
    let is_moved = entry.issuer.as_deref().is_some_and(|issuer| {
        facts
            .project()
            .is_ok_and(|project| project.is_moved_issuer(issuer))
    });
    (!entry.from_key && !is_moved).then_some(entry)
}

fn mixed_issuer(facts: &Facts, variable: &Variable, key: &PublishableKey) -> Option<Finding> {
    let entry = mismatched(facts, variable, key)?;
    let issuer = entry.issuer.clone()?;
    if super::issuer_fault(facts, &issuer).is_some() || !is_clerk_like(&issuer) {
        return None;
    }
    let host = comparable(&issuer);
    let host = host.trim_start_matches("https://");
    let development = is_clerk_development_host(host);
    // Any other host may be a misspelt one of either kind.
    let production = host.starts_with("clerk.") && !is_clerk_own_host(host);
    let mixed = match key.kind {
        Kind::Test => production,
        Kind::Live => development,
    };
    if !mixed {
        return None;
    }
    let (ours, theirs) = if development {
        ("production", "development")
    } else {
        ("development", "production")
    };
    let mut finding = Finding::new(
        variable.place(),
        format!(
            "{} is a {ours} key, and the issuer is a {theirs} instance",
            variable.words()
        ),
    )
    .found("key", key.issuer())
    .expected(issuer, entry.source.clone());
    if let Some(name) = &entry.variable {
        finding.fix = Some(Fix {
            text: "If the publishable key is right, correct the issuer:".to_owned(),
            commands: set(name, &key.issuer()),
        });
    }
    Some(finding)
}

/// Whether a host is under a domain of Clerk's own, where no production instance is.
fn is_clerk_own_host(host: &str) -> bool {
    [
        ".accounts.dev",
        ".accountsstage.dev",
        ".lcl.dev",
        ".lclstage.dev",
        ".lclclerk.com",
        ".stgstage.dev",
    ]
    .iter()
    .any(|suffix| host.ends_with(suffix))
}

fn mixed_secret(project: &Project, variable: &Variable, key: &PublishableKey) -> Option<Finding> {
    let secret = project.variables.iter().find(|secret| {
        secret.name.ends_with("CLERK_SECRET_KEY")
            && secret.source.folder() == variable.source.folder()
    })?;
    let kind = if secret.value.starts_with("sk_live_") {
        Kind::Live
    } else if secret.value.starts_with("sk_test_") {
        Kind::Test
    } else {
        return None;
    };
    (kind != key.kind).then(|| {
        let word = |kind: Kind| {
            if kind == Kind::Live {
                "production"
            } else {
                "development"
            }
        };
        Finding::new(
            variable.place(),
            format!(
                "{} is a {} key, and {} a {} one",
                variable.words(),
                word(key.kind),
                secret.words(),
                word(kind)
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Healthy, assert_accepted, assert_fails, assert_refused, report};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    /// Puts another value into the issuer's line.
    fn issuer(value: &str) -> impl FnOnce(&mut Healthy) {
        move |world| {
            world.edit(
                ".env.local",
                "CLERK_ISSUER_URL=https://cool-ocelot-25.clerk.accounts.dev",
                &format!("CLERK_ISSUER_URL={value}"),
            );
        }
    }

    #[test]
    fn keys_are_compared_by_instance() {
        // brave-lemur-7
        assert_accepted(&["instance-mismatch"], |world| {
            world.edit(
                ".env.local",
                "Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA",
                "YnJhdmUtbGVtdXItNy5jbGVyay5hY2NvdW50cy5kZXYk",
            );
        });
        assert_accepted(&["publishable-key-malformed"], |world| {
            world.edit(".env.local", "Y29vbC1vY2Vsb3QtMjUu", "nonsense_");
        });
        // clerk.example.com
        let live = |world: &mut Healthy| {
            world.edit(
                ".env.local",
                "pk_test_Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA",
                "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
            );
            world.edit(".env.local", "sk_test_", "sk_live_");
            world.edit(
                ".env.local",
                "CONVEX_DEPLOYMENT=dev:",
                "CONVEX_DEPLOYMENT=prod:",
            );
        };
        assert_accepted(&["environments-mixed"], live);
        assert_refused(&["issuer-mismatch"], |world| {
            live(world);
            world.claims["iss"] = serde_json::json!("https://clerk.example.com");
        });
        assert_accepted(&["environments-mixed"], |world| {
            world.edit(".env.local", "sk_test_", "sk_live_");
        });
        assert_accepted(&["keyless-instance"], |world| {
            world.edit(".env.local", "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=pk_test_Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA\n", "");
            world.files.insert(
                ".clerk/.tmp/keyless.json".to_owned(),
                "{\"publishableKey\": \"pk_test_YnJhdmUtbGVtdXItNy5jbGVyay5hY2NvdW50cy5kZXYk\"}"
                    .to_owned(),
            );
        });
        // That it is throw-away harms nothing where Convex knows it.
        assert_accepted(&[], |world| {
            world.edit(".env.local", "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=pk_test_Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA\n", "");
            world.files.insert(
                ".clerk/.tmp/keyless.json".to_owned(),
                "{\"publishableKey\": \"pk_test_Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA\"}"
                    .to_owned(),
            );
        });
    }

    #[test]
    fn production_keys_with_a_development_deployment() {
        assert_refused(&["issuer-mismatch", "production-keys-local"], |world| {
            world.edit(
                ".env.local",
                "pk_test_Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA",
                "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
            );
            world.edit(".env.local", "sk_test_", "sk_live_");
            world.edit(
                ".env.local",
                "https://cool-ocelot-25.clerk.accounts.dev",
                "https://clerk.example.com",
            );
        });
    }

    #[test]
    fn what_nothing_reads_hides_nothing() {
        for value in [
            "https://cool-ocelot-25.clerk.accounts.dev/v1",
            "",
            "https://cool-ocelot-25.clerk.accounts.dev",
        ] {
            assert_fails(&["instance-mismatch"], |world| {
                issuer(value)(world);
                world.edit(
                    "convex/auth.config.ts",
                    "process.env.CLERK_ISSUER_URL",
                    "\"https://brave-lemur-7.clerk.accounts.dev\"",
                );
                world.unsigned = true;
                world.claims["iss"] = serde_json::json!("https://brave-lemur-7.clerk.accounts.dev");
            });
        }
    }

    #[test]
    fn a_value_under_another_name_must_agree_with_the_key_too() {
        let report = report(|world| {
            world.unsigned = true;
            world.edit(
                ".env.local",
                "CLERK_ISSUER_URL=https://cool-ocelot-25",
                "CLERK_FRONTEND_API_URL=https://brave-lemur-7",
            );
            world.claims["iss"] = serde_json::json!("https://brave-lemur-7.clerk.accounts.dev");
        });
        let rules: Vec<&str> = report
            .findings
            .iter()
            .map(|reported| reported.rule.name)
            .collect();
        assert_eq!(rules, ["instance-mismatch", "config-variable-unseen"]);
    }

    #[test]
    fn files_for_production_are_judged_where_there_are_no_others() {
        let brave = "YnJhdmUtbGVtdXItNy5jbGVyay5hY2NvdW50cy5kZXYk";
        assert_accepted(&["instance-mismatch"], |world| {
            let text = world.files.remove(".env.local").unwrap();
            let text = text.replace("Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA", brave);
            world.files.insert(".env.production".to_owned(), text);
        });
        assert_accepted(&[], |world| {
            let text = format!("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=pk_live_{brave}\n");
            world.files.insert(".env.production".to_owned(), text);
        });
    }

    #[test]
    fn what_the_key_or_the_proxy_names_is_right_however_odd() {
        let live = |host: &str, issuer: &str, more: &str| {
            let key = STANDARD.encode(format!("{host}$"));
            let text = format!(
                "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=pk_live_{key}\nCLERK_ISSUER_URL={issuer}\n{more}\n"
            );
            move |world: &mut Healthy| {
                world.files.insert(".env.local".to_owned(), text);
                world.unsigned = true;
                // A token would tell that the value is right; without one the folder has to.
                world.claims.as_object_mut().unwrap().remove("iss");
            }
        };
        let satellite = "NEXT_PUBLIC_CLERK_IS_SATELLITE=true\nNEXT_PUBLIC_CLERK_DOMAIN=example.io";
        let proxy = "NEXT_PUBLIC_CLERK_PROXY_URL=https://example.com/__clerk";
        for (host, issuer, more, told) in [
            (
                "clerk.yourstudio.com",
                "https://clerk.yourstudio.com",
                "",
                None,
            ),
            ("clerk.xxxl.store", "https://clerk.xxxl.store", "", None),
            (
                "clerk.example.com",
                "https://clerk.example.io",
                satellite,
                Some("proxy-issuer"),
            ),
            (
                "clerk.example.com",
                "https://example.com/__clerk",
                proxy,
                Some("proxy-issuer"),
            ),
        ] {
            for literal in [false, true] {
                let change = live(host, issuer, more);
                let report = report(|world| {
                    change(world);
                    if literal {
                        let written = format!("\"{issuer}\"");
                        world.edit(
                            "convex/auth.config.ts",
                            "process.env.CLERK_ISSUER_URL",
                            &written,
                        );
                    }
                });
                let found = report.findings.iter().map(|found| found.rule.name);
                assert!(found.eq(told), "{issuer} {literal}: {report:?}");
            }
        }
    }

    #[test]
    fn a_provider_of_another_service_hides_no_mismatch() {
        let other = |world: &mut Healthy| {
            issuer("https://brave-lemur-7.clerk.accounts.dev")(world);
            world.edit(
                "convex/auth.config.ts",
                "  providers: [",
                "  providers: [{ domain: process.env.CONVEX_SITE_URL, applicationID: \"convex\" },",
            );
        };
        assert_fails(&["instance-mismatch"], |world| {
            other(world);
            world.unsigned = true;
            world.claims.as_object_mut().unwrap().remove("iss");
        });
        assert_refused(&["issuer-mismatch"], other);
    }

    #[test]
    fn a_proxy_is_only_told() {
        assert_accepted(&["proxy-issuer"], |world| {
            world.edit(
                ".env.local",
                "CONVEX_DEPLOYMENT",
                "NEXT_PUBLIC_CLERK_PROXY_URL=https://app.example.com/__clerk\nCONVEX_DEPLOYMENT",
            );
        });
    }
}
