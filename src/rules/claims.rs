//! Topic `claims`: who issued the token, for whom, and of which types its claims are.

use super::{caused, wants_audience};
use crate::escape::without_credentials;
use crate::facts::{Facts, Project};
use crate::rule::{Finding, Missing, PASSED, Place, Row, Rule, Severity, Step, Verdict};
use crate::setting::{self, Fault, comparable};
use crate::template::pointer;
use crate::token::{Audience, Kind, Part};
use crate::trust::{Basis, DEFAULT_AUDIENCE, Entry};
use serde_json::Value;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "issuer-missing",
        step: Step::Issuer,
        severity: Severity::Error,
        title: "the token has no issuer",
        why: "Convex finds the provider by `iss`. Clerk always sets it; a token without one was made elsewhere.",
        fix: "Send the token that Clerk's `getToken` returns.",
        seed: &[Row::Unauthorized],
        check: |facts| caused(facts, "issuer-missing"),
    },
    Rule {
        name: "issuer-mismatch",
        step: Step::Issuer,
        severity: Severity::Error,
        title: "the token comes from another Clerk instance",
        why: "The app signs users in at one instance; Convex trusts another.",
        fix: "Give the app's publishable key and Convex's issuer variable values of the same instance.",
        seed: &[Row::Unauthorized, Row::DomainChange],
        check: issuer_mismatch,
    },
    Rule {
        name: "issuer-without-scheme",
        step: Step::Issuer,
        severity: Severity::Error,
        title: "the token's issuer has no scheme",
        why: "Convex matches it with a provider all the same, then fails with an internal error (500), and the browser reconnects for ever.",
        fix: "Clerk writes `https://` in `iss`; make sure that this is a token of Clerk's.",
        seed: &[Row::Unauthorized],
        check: |facts| caused(facts, "issuer-without-scheme"),
    },
    Rule {
        name: "subject-missing",
        step: Step::Claims,
        severity: Severity::Error,
        title: "the token has no subject",
        why: "Convex builds the user's identity from `iss` and `sub`.",
        fix: "Send the token that Clerk's `getToken` returns.",
        seed: &[],
        check: |facts| caused(facts, "subject-missing"),
    },
    Rule {
        name: "issued-at-missing",
        step: Step::Time,
        severity: Severity::Error,
        title: "the token has no time of issue",
        why: "An OIDC token must have `iat`; Convex refuses one without.",
        fix: "Send the token that Clerk's `getToken` returns.",
        seed: &[],
        check: |facts| caused(facts, "issued-at-missing"),
    },
    Rule {
        name: "audience-missing",
        step: Step::Audience,
        severity: Severity::Error,
        title: "the token has no audience",
        why: "Convex picks the provider whose `applicationID` equals the token's `aud`. Clerk adds `aud` only through a JWT template's claims, \
              or through the Convex integration.",
        fix: "Add { \"aud\": \"convex\" } to the claims of the JWT template.",
        seed: &[Row::Unauthorized, Row::CustomClaims],
        check: |facts| {
            let claims = claims_with_one(facts, "aud")?;
            if claims.audience() != Audience::Absent
                || !wants_audience(facts)
                || facts.kind() == Kind::Session
            {
                return PASSED;
            }
            if matches!(facts.kind(), Kind::Machine | Kind::OAuth) {
                return Err(Missing::Consequence);
            }
            let wanted = super::wanted_audience(facts);
            Finding::new(Place::token("/payload/aud"), "there is no `aud` claim")
                .fix(
                    "Add this to the template's claims in the Clerk dashboard, JWT templates:",
                    vec![format!("{{ \"aud\": \"{wanted}\" }}")],
                )
                .only()
        },
    },
    Rule {
        name: "audience-mismatch",
        step: Step::Audience,
        severity: Severity::Error,
        title: "the token is for another audience",
        why: "`aud` must equal the `applicationID` of the provider, letter by letter.",
        fix: "Give the template's `aud` and the provider's `applicationID` the same value; `convex` is the usual one.",
        seed: &[Row::Unauthorized, Row::CustomClaims],
        check: audience_mismatch,
    },
    Rule {
        name: "audience-extra",
        step: Step::Audience,
        severity: Severity::Error,
        title: "the token has more than one audience",
        why: "One audience matches, but Convex refuses a token that any other party may use as well.",
        fix: "Make a template with one audience for Convex, and another template for the other consumer.",
        seed: &[Row::Unauthorized, Row::CustomClaims],
        check: |facts| caused(facts, "audience-extra"),
    },
    Rule {
        name: "audience-array",
        step: Step::Audience,
        severity: Severity::Warning,
        title: "the session token's audience is an array",
        why: "Convex's server takes it, but `ConvexProviderWithClerk` compares with the string `convex`, falls back to the JWT template, and \
              signs the user out without an error where there is none.",
        fix: "Write \"aud\": \"convex\" as a string.",
        seed: &[Row::Unauthorized, Row::CustomClaims],
        check: |facts| match facts.claims()?.audience() {
            Audience::Many(list) if facts.kind() == Kind::Session && list.len() == 1 => {
                Finding::new(
                    Place::token("/payload/aud"),
                    format!("`aud` is {}", Value::from(list)),
                )
                .only()
            }
            _ => PASSED,
        },
    },
    Rule {
        name: "claim-type",
        step: Step::Claims,
        severity: Severity::Error,
        title: "a claim has a type that Convex cannot read",
        why: "Convex reads the standard OpenID Connect claims into fixed types; one that does not fit makes the whole token unreadable.",
        fix: "Use the shortcode alone, \"{{user.…}}\", which keeps its type, or give your own claim another name.",
        seed: &[Row::CustomClaims],
        check: |facts| super::caused_all(facts, "claim-type"),
    },
    Rule {
        name: "claim-duplicate",
        step: Step::Claims,
        severity: Severity::Error,
        title: "a claim stands twice",
        why: "Convex refuses a token in which a registered or standard claim is repeated.",
        fix: "Remove one of the two from the template.",
        seed: &[],
        check: |facts| super::caused_all(facts, "claim-duplicate"),
    },
    Rule {
        name: "claim-volatile",
        step: Step::Claims,
        severity: Severity::Warning,
        title: "a claim changes with every token",
        why: "The identity is an input of every query that asks for it. A claim that is new in each token makes them all run again at each \
              renewal, about once a minute.",
        fix: "Take the claim out of the template, or read it from the database.",
        seed: &[],
        check: |facts| {
            let claims = facts.claims()?;
            let volatile = |name: &str| {
                matches!(
                    name,
                    "last_sign_in_at" | "last_active_at" | "timestamp" | "now" | "nonce" | "random"
                )
            };
            let found = claims
                .members
                .keys()
                .filter(|name| volatile(name))
                .map(|name| {
                    Finding::new(
                        Place::token(pointer("/payload", name)),
                        format!("`{name}` is different in each token"),
                    )
                });
            Ok(found.collect())
        },
    },
    Rule {
        name: "shortcode-unresolved",
        step: Step::Claims,
        severity: Severity::Warning,
        title: "a shortcode was not replaced",
        why: "Clerk replaces \"{{…}}\" when it makes the token; what is left in braces was misspelt or written in the wrong place.",
        fix: "Pick the shortcode anew in the template editor, Insert shortcode.",
        seed: &[Row::CustomClaims],
        check: |facts| {
            // In a template's source they stand by rights.
            let token = facts.token()?;
            let mut found = Vec::new();
            for (name, value) in &token.payload.members {
                unresolved(value, name, &pointer("/payload", name), &mut found);
            }
            Ok(found)
        },
    },
    Rule {
        name: "session-pending",
        step: Step::Claims,
        severity: Severity::Warning,
        title: "the session is pending",
        why: "The user still has to do something, such as choosing an organization; until then Clerk's SDKs take them for signed out.",
        fix: "Finish the pending task in the app, or do not require it.",
        seed: &[],
        check: |facts| {
            let claims = facts.claims()?;
            if claims.text("sts") != Some("pending") {
                return PASSED;
            }
            Finding::new(Place::token("/payload/sts"), "`sts` is `pending`").only()
        },
    },
];

/// The shortcodes left in a value, however deep they stand; of what stands around them nothing is told.
fn unresolved(value: &Value, name: &str, at: &str, found: &mut Vec<Finding>) {
    match value {
        Value::String(text) => {
            let code = text.find("{{").and_then(|start| {
                let length = text[start..].find("}}")?;
                text.get(start..start + length + 2)
            });
            if let Some(code) = code {
                let message = format!("`{name}` holds \"{code}\"");
                found.push(Finding::new(Place::token(at), message));
            }
        }
        Value::Array(items) => {
            for (index, item) in items
                .iter()
                .enumerate()
                .filter(|(_, item)| may_hold_text(item))
            {
                let index = index.to_string();
                unresolved(
                    item,
                    &format!("{name}.{index}"),
                    &pointer(at, &index),
                    found,
                );
            }
        }
        Value::Object(members) => {
            for (member, value) in members.iter().filter(|(_, value)| may_hold_text(value)) {
                unresolved(
                    value,
                    &format!("{name}.{member}"),
                    &pointer(at, member),
                    found,
                );
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Values without a text in them are passed over quickly: there may be millions.
fn may_hold_text(value: &Value) -> bool {
    value.is_string() || value.is_array() || value.is_object()
}

fn issuer_mismatch(facts: &Facts) -> Verdict {
    let claims = claims_with_one(facts, "iss")?;
    let Some(issuer) = claims.text("iss") else {
        return PASSED;
    };
    if facts.trust.entry_for(issuer).is_some() {
        return PASSED;
    }
    if facts.trust.basis == Basis::Nothing {
        return Err(Missing::Issuer);
    }
    if super::deployment_differs(facts) {
        return Err(Missing::Consequence);
    }
    if is_passed_over(issuer, facts) {
        return Err(Missing::Consequence);
    }
    let Some(entry) = facts.trust.clerk_entry() else {
        // Providers, but none for Clerk: provider-absent says it.
        return Err(if facts.trust.undecided() {
            Missing::Value
        } else {
            Missing::Consequence
        });
    };
    // Of two providers the one that is not known here may be the token's.
    if facts.trust.undecided() {
        return Err(Missing::Value);
    }
    let expected = entry.issuer.clone().unwrap_or_default();
    // A value that is wrong in itself is the cause, and is told where it stands.
    let faulty = match facts.trust.basis {
        Basis::AuthConfig | Basis::Variable => super::issuer_fault(facts, &expected).is_some(),
        Basis::Option => facts.world.options.issuer.is_some() && setting::is_stray(&expected),
        Basis::Deployment | Basis::PublishableKey | Basis::Nothing => false,
    };
    if faulty || facts.project().is_ok_and(super::apex_in(&expected)) {
        return Err(Missing::Consequence);
    }
    if let Some(finding) = written_otherwise(issuer, entry, &expected) {
        return finding.only();
    }
    let finding = Finding::new(
        entry.place.clone(),
        format!(
            "the token was issued by {}, {} {}",
            short(issuer),
            if entry.from_key {
                "the publishable key names"
            } else {
                "Convex trusts"
            },
            short(&expected)
        ),
    )
    .found("token", without_credentials(issuer))
    .expected(
        expected.trim_end_matches('/').to_owned(),
        entry.source.clone(),
    )
    .why(format!(
        "The app signs users in at {}; Convex trusts {}.",
        short(issuer),
        short(&expected)
    ));
    by_key(finding, issuer, &expected, entry, facts).only()
}

/// Whether the auth config passes over the instance of token and key because of `NODE_ENV`: then that is what is wrong.
fn is_passed_over(issuer: &str, facts: &Facts) -> bool {
    let is_keys = |project: &Project| {
        let keys = project.publishable_keys();
        keys.iter().any(|(_, key)| {
            key.as_ref()
                .is_ok_and(|key| setting::same_issuer(&key.issuer(), issuer))
        })
    };
    super::instance::chosen_by_node_env(facts) && facts.project().is_ok_and(is_keys)
}

/// Which of the three is the odd one: the token, the publishable key or the configuration.
fn by_key(
    mut finding: Finding,
    issuer: &str,
    expected: &str,
    entry: &Entry,
    facts: &Facts,
) -> Finding {
    let key = facts.project().ok().and_then(|project| {
        project
            .publishable_keys()
            .into_iter()
            .find_map(|(variable, key)| Some((variable.words(), key.ok()?)))
    });
    let name = entry.variable.as_deref();
    match key {
        Some((words, key)) if comparable(&key.issuer()) == comparable(issuer) => {
            finding = finding.note(format!("{words} also says {}", short(issuer)));
            if let Some(name) = name.filter(|_| is_plain(issuer)) {
                finding = finding.fix(
                    "Token and publishable key agree, so correct the third setting:",
                    vec![format!("npx convex env set {name} {issuer}")],
                );
            }
        }
        // The key stands in for the configuration, and cannot bear it out.
        Some(_) if entry.from_key => {
            finding = finding.why(
                "Convex compares `iss` with the value on its deployment. That is not seen here, and the publishable key stands in for it: the token \
                 is of another instance than the key.",
            );
            if let Some(name) = name {
                finding = finding.fix(
                    "See the deployment's value. If it is the key's instance, sign in anew and take a new token; if it is the token's, correct the key:",
                    vec![format!("npx convex env get {name}")],
                );
            }
        }
        Some((words, key)) if comparable(&key.issuer()) == comparable(expected) => {
            finding = finding
                .why(format!(
                    "The app's key and Convex name {}; {} is another Clerk instance, and its tokens are none of this app's.",
                    short(expected),
                    short(issuer)
                ))
                .note(format!("{words} agrees with the configuration")).fix(
                "Publishable key and issuer agree, so the token is the odd one: it was made by another app, or before the keys were changed. \
                 Restart the dev server, sign out, delete the cookies of this host, sign in, and take a new token.",
                Vec::new(),
            );
        }
        _ => {
            if let Some(name) = name.filter(|_| is_plain(issuer)) {
                finding = finding.fix(
                    "If the token comes from the right instance, correct the setting; if not, correct the app's publishable key:",
                    vec![format!("npx convex env set {name} {issuer}")],
                );
            }
        }
    }
    finding
}

/// An issuer that is empty, or that names the host which Convex trusts and is not the same text all the same: no other instance.
fn written_otherwise(issuer: &str, entry: &Entry, expected: &str) -> Option<Finding> {
    let host = setting::corrected(issuer);
    let message = match (oddity(issuer), oddity(expected)) {
        _ if issuer.trim().is_empty() => {
            format!("`iss` is empty, Convex trusts {}", short(expected))
        }
        _ if host.is_none() || host != setting::corrected(expected) => return None,
        (Some(what), _) => format!("`iss` names the host that Convex trusts, but with {what}"),
        (None, Some(what)) => {
            format!("the configured issuer names the token's host, but with {what}")
        }
        (None, None) => {
            "`iss` names the host that Convex trusts, but is written otherwise".to_owned()
        }
    };
    let finding = Finding::new(Place::token("/payload/iss"), message)
        .title("the token's issuer is written otherwise than the one that Convex trusts")
        .found("token", without_credentials(issuer))
        .expected(expected.trim_end_matches('/'), entry.source.clone())
        .why(
            "Convex compares `iss` with the configured issuer letter by letter. Case, scheme, port and blanks count; only slashes at the end do \
             not.",
        );
    let name = entry.variable.as_deref().filter(|_| is_plain(issuer));
    Some(match (oddity(issuer), name) {
        (None, Some(name)) => finding.fix(
            "Configure the issuer as the token has it:",
            vec![format!("npx convex env set {name} {issuer}")],
        ),
        (None, None) if host.is_some() => {
            finding.fix("Configure the issuer as the token has it.", Vec::new())
        }
        _ => finding.fix(
            format!(
                "Send the token as Clerk's `getToken` returns it: Clerk writes {}. Look for what makes or changes this token, such as a test helper.",
                host.as_deref().unwrap_or(expected)
            ),
            Vec::new(),
        ),
    })
}

/// What an issuer has that Clerk would not write.
fn oddity(issuer: &str) -> Option<&'static str> {
    Some(match setting::fault(issuer)? {
        Fault::StrayCharacter => "a stray character, such as a blank",
        Fault::HostCase => "upper-case letters",
        Fault::Scheme => "`http` for `https`",
        Fault::NotOrigin(part) => part,
        _ => "something that Clerk does not write",
    })
}

/// Whether a text means itself in every shell: what the token says must not become a command.
fn is_plain(issuer: &str) -> bool {
    issuer
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || ":/._-".contains(character))
}

/// The claims, unless one stands twice: then it is not known what it says.
fn claims_with_one<'f>(facts: &'f Facts, name: &str) -> Result<&'f Part, Missing> {
    let claims = facts.claims()?;
    if claims.duplicates.iter().any(|own| own == name) {
        return Err(Missing::Consequence);
    }
    Ok(claims)
}

fn audience_mismatch(facts: &Facts) -> Verdict {
    let claims = claims_with_one(facts, "aud")?;
    let audiences = match claims.audience() {
        Audience::One(one) => vec![one],
        Audience::Many(many) => many,
        Audience::Absent | Audience::Mistyped => return PASSED,
    };
    let issuer = claims.text("iss").unwrap_or_default();
    // With providers of the same issuer, any of their application ids will do.
    let mut candidates: Vec<_> = facts
        .trust
        .entries
        .iter()
        .filter(|entry| {
            entry
                .issuer
                .as_deref()
                .is_some_and(|own| comparable(own) == comparable(issuer))
        })
        .collect();
    if candidates.is_empty() {
        let entries = facts.trust.entries.iter();
        candidates.extend(entries.filter(|entry| entry.may_trust(issuer)));
    }
    if candidates.is_empty() {
        candidates.extend(facts.trust.clerk_entry());
    }
    if candidates.is_empty() && facts.trust.basis != Basis::Nothing {
        return Err(Missing::Value);
    }
    let wanted: Vec<String> = if candidates.is_empty() {
        vec![super::wanted_audience(facts)]
    } else {
        candidates
            .iter()
            .filter_map(|entry| entry.application_id.clone())
            .collect()
    };
    // A provider without an application id takes any audience.
    if wanted.len() < candidates.len() || wanted.iter().any(|wanted| audiences.contains(wanted)) {
        return PASSED;
    }
    // No template made it: that it is for others is what its kind says.
    if matches!(facts.kind(), Kind::Machine | Kind::OAuth) {
        return Err(Missing::Consequence);
    }
    let Some(expected) = wanted.first() else {
        return PASSED;
    };
    let (shown, written) = if audiences.len() == 1 {
        let one = audiences.concat();
        (one.clone(), Value::from(one).to_string())
    } else {
        let list = Value::from(audiences.clone()).to_string();
        (list.clone(), list)
    };
    let entry = candidates.first();
    let source = entry.and_then(|entry| entry.application_id_source.clone());
    let usual = "the audience that Convex's docs and Clerk's preset use".to_owned();
    let is_usual = shown == DEFAULT_AUDIENCE;
    let finding = Finding::new(
        Place::token("/payload/aud"),
        format!("`aud` is {written}, the provider's `applicationID` is \"{expected}\""),
    )
    .found("token", shown)
    .expected(expected.clone(), Some(source.clone().unwrap_or(usual)));
    // The integration has this audience and no other, and so has the preset of the template.
    let variable = entry.and_then(|entry| entry.application_id_variable.as_ref());
    let finding = match (source.filter(|_| is_usual), variable) {
        (Some(_), Some(name)) => finding.fix(
            format!("Correct {name} on the Convex deployment, and where it stands here:"),
            super::issuer_setting::set(name, DEFAULT_AUDIENCE),
        ),
        (Some(source), None) => finding.fix(
            format!("Correct {source}, and push it with `npx convex dev`:"),
            vec![format!("applicationID: \"{DEFAULT_AUDIENCE}\",")],
        ),
        (None, _) => finding.fix(
            "Correct the claims of the JWT template in the Clerk dashboard:",
            vec![format!("{{ \"aud\": \"{expected}\" }}")],
        ),
    };
    finding.only()
}

/// An instance's short name, for sentences.
fn short(issuer: &str) -> String {
    let issuer = without_credentials(issuer);
    let host = issuer
        .split("://")
        .last()
        .unwrap_or_default()
        .trim_end_matches('/');
    host.strip_suffix(".clerk.accounts.dev")
        .unwrap_or(host)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use crate::report::Word;
    use crate::rule::Place;
    use crate::rules::testing::{Healthy, assert_accepted, assert_fails, assert_refused};
    use serde_json::json;

    fn without(name: &'static str) -> impl FnOnce(&mut Healthy) {
        move |world| {
            world.claims.as_object_mut().unwrap().remove(name);
        }
    }

    #[test]
    fn claims_that_must_be_there() {
        assert_refused(&["issuer-missing"], without("iss"));
        assert_refused(&["subject-missing"], without("sub"));
        assert_refused(&["issued-at-missing"], without("iat"));
        assert_refused(&["audience-missing"], without("aud"));
        assert_refused(&["expiry-missing"], without("exp"));
    }

    #[test]
    fn the_issuer_must_be_the_configured_one() {
        assert_refused(&["issuer-mismatch"], |world| {
            world.claims["iss"] = json!("https://brave-lemur-7.clerk.accounts.dev");
        });
        assert_refused(&["issuer-mismatch"], |world| {
            world.edit(
                ".env.local",
                "CLERK_ISSUER_URL=https://cool-ocelot-25.clerk.accounts.dev",
                "CLERK_ISSUER_URL=http://localhost:3000",
            );
        });
        assert_refused(&["issuer-without-scheme"], |world| {
            world.claims["iss"] = json!("cool-ocelot-25.clerk.accounts.dev");
        });
    }

    #[test]
    fn a_provider_that_is_not_known_here_may_be_the_tokens() {
        let report = assert_fails(&["config-variable-unseen"], |world| {
            world.claims["iss"] = json!("https://clerk.example.com");
            world.edit(
                "convex/auth.config.ts",
                "  providers: [",
                "  providers: [{ domain: process.env.CLERK_PROD_ISSUER, applicationID: \"convex\" },",
            );
        });
        assert_eq!(report.verdict.unwrap().convex.outcome, Word::Unknown);
        // Nor is the issuer known where the publishable key stands in for it: it cannot bear itself out.
        let report = assert_fails(&["issuer-mismatch", "config-variable-unseen"], |world| {
            world.claims["iss"] = json!("https://brave-lemur-7.clerk.accounts.dev");
            world.edit(
                ".env.local",
                "CLERK_ISSUER_URL=https://cool-ocelot-25.clerk.accounts.dev\n",
                "",
            );
        });
        assert!(format!("{report:?}").contains("the publishable key names cool-ocelot-25"));
        assert_eq!(report.verdict.unwrap().convex.outcome, Word::Unknown);
        // The deployment's own issuer is not known here either, and a token of it is no foreign one.
        let report = assert_fails(&[], |world| {
            world.claims["iss"] = json!("https://happy-animal-123.convex.site");
            world.header["kid"] = json!("own");
            world.header.as_object_mut().unwrap().remove("cat");
            world.claims["sub"] = json!("k17abc|k27def");
            world.edit(
                "convex/auth.config.ts",
                "  providers: [",
                "  providers: [{ domain: process.env.CONVEX_SITE_URL, applicationID: \"convex\" },",
            );
        });
        assert_eq!(report.verdict.unwrap().convex.outcome, Word::Unknown);
        // That of another service is none.
        assert_fails(&["issuer-mismatch"], |world| {
            world.claims["iss"] = json!("https://clerk.example.com");
            world.edit(
                "convex/auth.config.ts",
                "  providers: [",
                "  providers: [{ domain: process.env.AUTH0_DOMAIN, applicationID: \"x\" },",
            );
        });
    }

    #[test]
    fn the_same_host_written_otherwise_is_no_other_instance() {
        for issuer in [
            "https://Cool-Ocelot-25.clerk.accounts.dev",
            "HTTPS://cool-ocelot-25.clerk.accounts.dev",
            "http://cool-ocelot-25.clerk.accounts.dev",
            "https://cool-ocelot-25.clerk.accounts.dev:443",
            " https://cool-ocelot-25.clerk.accounts.dev",
            "https://cool-ocelot-25.clerk.accounts.dev ",
            "https://cool-ocelot-25.clerk.accounts.dev\n",
            "https://cool-ocelot\u{200b}-25.clerk.accounts.dev",
            "https://cool-ocelot\u{202e}-25.clerk.accounts.dev",
            "https://cool-\u{1b}ocelot-25.clerk.accounts.dev",
            "https://user:pw12345@cool-ocelot-25.clerk.accounts.dev",
            "",
        ] {
            let report = assert_fails(&["issuer-mismatch"], |world| {
                world.claims["iss"] = json!(issuer);
            });
            let title = "its issuer is written otherwise";
            assert!(report.headline.sentence.contains(title), "{issuer:?}");
            assert!(!format!("{report:?}").contains("pw12345"));
        }
    }

    #[test]
    fn no_claim_becomes_a_command() {
        let report = assert_fails(&["issuer-mismatch"], |world| {
            world.claims["iss"] = json!("https://brave-lemur-7.clerk.accounts.dev/;rm -r .");
        });
        assert!(!format!("{report:?}").contains("env set CLERK_ISSUER_URL https"));
    }

    #[test]
    fn the_audience_must_be_the_application_id() {
        assert_refused(&["audience-mismatch"], |world| {
            world.claims["aud"] = json!("Convex");
        });
        // The usual audience needs no other template: it is the provider that is odd.
        let report = assert_fails(&["audience-mismatch"], |world| {
            world.edit("convex/auth.config.ts", "\"convex\"", "\"Convex\"");
        });
        let fix = &report.findings[0].finding.fix.as_ref().unwrap();
        assert!(fix.text.contains("auth.config.ts:5,"), "{fix:?}");
        assert_eq!(fix.commands, ["applicationID: \"convex\","]);
        let report = assert_fails(&["audience-mismatch"], |world| {
            world.edit(
                "convex/auth.config.ts",
                "\"convex\"",
                "process.env.CLERK_APP_ID",
            );
            world.edit(
                ".env.local",
                "CONVEX_DEPLOYMENT",
                "CLERK_APP_ID=acme\nCONVEX_DEPLOYMENT",
            );
        });
        let fix = &report.findings[0].finding.fix.as_ref().unwrap();
        assert_eq!(
            fix.commands,
            [
                "CLERK_APP_ID=convex",
                "npx convex env set CLERK_APP_ID convex"
            ]
        );
        assert_refused(&["audience-extra"], |world| {
            world.claims["aud"] = json!(["convex", "other"]);
        });
        assert_accepted(&[], |world| world.claims["aud"] = json!(["convex"]));
        assert_accepted(&["audience-array"], |world| {
            world.header["cat"] = json!("cl_B7d4PD111AAA");
            world.claims["aud"] = json!(["convex"]);
        });
    }

    #[test]
    fn types_must_be_as_convex_reads_them() {
        assert_refused(&["claim-type"], |world| {
            world.claims["email_verified"] = json!("true");
        });
        assert_refused(&["claim-type"], |world| {
            world.claims["exp"] = json!("1767225660");
        });
        // A time that cannot be read has no distance to another.
        assert_refused(&["claim-type"], |world| world.claims["exp"] = json!(-5));
        for twice in [
            "\"iat\":1",
            "\"iss\":\"https://brave-lemur-7.clerk.accounts.dev\"",
            "\"aud\":\"other\"",
            "\"aud\":null",
        ] {
            assert_refused(&["claim-duplicate"], |world| {
                let claims = world.claims.to_string();
                let claims = format!("{},{twice}}}", claims.trim_end_matches('}'));
                world.token = Some(crate::rules::testing::mint_text(&world.header, &claims));
            });
        }
    }

    #[test]
    fn unsigned_claims_are_judged_but_for_their_signature() {
        let template = |claims: serde_json::Value| {
            move |world: &mut Healthy| {
                world.unsigned = true;
                world.claims = claims;
            }
        };
        assert_fails(
            &[],
            template(json!({"aud": "convex", "email_verified": "{{user.email_verified}}"})),
        );
        assert_fails(
            &["audience-missing"],
            template(json!({"name": "{{user.full_name}}"})),
        );
        assert_fails(&["audience-mismatch"], template(json!({"aud": "Convex"})));
        assert_fails(
            &["claim-type"],
            template(json!({"aud": "convex", "email_verified": "is {{user.email_verified}}"})),
        );
        assert_fails(
            &["issuer-mismatch"],
            template(json!({"aud": "convex", "iss": "https://brave-lemur-7.clerk.accounts.dev"})),
        );
    }

    #[test]
    fn what_works_and_surprises() {
        assert_accepted(&["claim-volatile"], |world| {
            world.claims["last_sign_in_at"] = json!(1);
        });
        assert_accepted(&["shortcode-unresolved"], |world| {
            world.claims["plan"] = json!("{{user.plam}}");
        });
        let report = assert_fails(&["shortcode-unresolved", "shortcode-unresolved"], |world| {
            world.claims["meta"] = json!({"a/b": ["", "of Ada {{user.plam}}, 36"], "c": "{{x}}"});
        });
        let finding = &report.findings[0].finding;
        assert_eq!(finding.message, "`meta.a/b.1` holds \"{{user.plam}}\"");
        assert_eq!(finding.place, Place::token("/payload/meta/a~1b/1"));
        assert_accepted(&["session-pending"], |world| {
            world.claims["sts"] = json!("pending");
        });
    }
}
