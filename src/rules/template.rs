//! Topic `template`: the JWT template that makes the tokens.

use super::{wanted_audience, wants_audience};
use crate::convex::{self, Cause};
use crate::facts::Facts;
use crate::rule::{Finding, Missing, PASSED, Place, Row, Rule, Severity, Step, Verdict};
use crate::setting::same_issuer;
use crate::template::{
    DEFAULT_NAME, Operand, RESERVED, Seconds, Standing, Template, is_volatile, pointer, standing,
};
use crate::time::span;
use serde_json::Value;

/// The longest useful life of a token, in seconds.
const LONGEST: f64 = 86_400.0;
/// The shortest lifetime that Clerk takes, in seconds.
const SHORTEST: f64 = 30.0;
/// The largest clock skew that Clerk takes, in seconds.
const LARGEST_SKEW: f64 = 300.0;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "template-absent",
        step: Step::Template,
        severity: Severity::Error,
        title: "the instance has no JWT template of this name",
        why: "`ConvexProviderWithClerk` asks for a token of the template `convex` unless the session token itself is for Convex. Clerk answers \
              404, the provider swallows the error, and the user counts as signed out.",
        fix: "Create the template with `clerkcheck template --fix`, or activate the Convex integration at \
              https://dashboard.clerk.com/apps/setup/convex.",
        seed: &[Row::UserNotAppearing, Row::TemplateFields],
        check: |facts| {
            let templates = facts.templates()?;
            if !templates.is_whole || templates.chosen().is_some() {
                return PASSED;
            }
            if templates.integration(&wanted_audience(facts)) {
                return PASSED;
            }
            let names: Vec<String> = templates
                .list
                .iter()
                .filter_map(|template| Some(format!("`{}`", template.name()?)))
                .collect();
            let has = if names.is_empty() {
                "it has none at all".to_owned()
            } else {
                format!("it has {}", names.join(", "))
            };
            Finding::new(
                Place::Template("/name".to_owned()),
                format!("there is no template `{}`; {has}", templates.wanted),
            )
            .note(
                "A secret key does not show whether the Convex integration is on. Where it is, the session token carries the audience, and no \
                 template is needed: `clerkcheck check` of a session token tells.",
            )
            .only()
        },
    },
    Rule {
        name: "template-misnamed",
        step: Step::Template,
        severity: Severity::Error,
        title: "the template has another name than the app asks for",
        why: "Clerk finds a template by its exact name, and Convex's provider for Clerk can only ask for `convex`.",
        fix: "Rename the template to `convex` in the Clerk dashboard, JWT templates.",
        seed: &[Row::UserNotAppearing, Row::TemplateFields],
        check: misnamed,
    },
    Rule {
        name: "template-audience-missing",
        step: Step::Template,
        severity: Severity::Error,
        title: "the template's claims have no audience",
        why: "Convex picks the provider whose `applicationID` equals the token's `aud`, and Clerk adds none by itself.",
        fix: "Add { \"aud\": \"convex\" } to the template's claims.",
        seed: &[
            Row::Unauthorized,
            Row::UserNotAppearing,
            Row::CustomClaims,
            Row::TemplateFields,
        ],
        check: |facts| {
            let template = facts.template()?;
            let absent = matches!(template.claims.get("aud"), None | Some(Value::Null));
            if !absent || !wants_audience(facts) {
                return PASSED;
            }
            Finding::new(at("aud"), "there is no `aud` among the claims")
                .fix(
                    "Add this to the claims in the Clerk dashboard, JWT templates:",
                    vec![format!("\"aud\": {}", Value::from(wanted_audience(facts)))],
                )
                .only()
        },
    },
    Rule {
        name: "template-audience-mismatch",
        step: Step::Template,
        severity: Severity::Error,
        title: "the template's audience is not the provider's application id",
        why: "`aud` must equal the `applicationID` of the provider, letter by letter, and be the only audience.",
        fix: "Give the template's `aud` and the provider's `applicationID` the same value; `convex` is the usual one.",
        seed: &[
            Row::Unauthorized,
            Row::UserNotAppearing,
            Row::CustomClaims,
            Row::TemplateFields,
        ],
        check: audience_mismatch,
    },
    Rule {
        name: "template-claim-reserved",
        step: Step::Template,
        severity: Severity::Error,
        title: "the template sets a claim that Clerk reserves",
        why: "Clerk sets these claims itself, and refuses to save a template that has one of them: `You can't use the reserved claim`.",
        fix: "Remove the claim from the template. Clerk adds issuer, subject and times by itself.",
        seed: &[
            Row::UserNotAppearing,
            Row::TemplateFields,
            Row::CustomClaims,
        ],
        check: |facts| {
            let template = facts.template()?;
            if template.is_minted() {
                return PASSED;
            }
            let found = template
                .claims
                .keys()
                .filter(|name| RESERVED.contains(&name.as_str()))
                .map(|name| {
                    let finding = Finding::new(at(name), format!("`{name}` is reserved"));
                    if template.id().is_some() {
                        // Older templates have such claims, and still work.
                        finding.severity(Severity::Warning).why(
                            "Clerk saved it when it was not reserved yet, and refuses the next change of the template as long as it is there.",
                        )
                    } else {
                        finding
                    }
                });
            Ok(found.collect())
        },
    },
    Rule {
        name: "template-custom-key",
        step: Step::Template,
        severity: Severity::Error,
        title: "the template signs with a key of its own",
        why: "Convex checks the signature with the instance's published keys. A token that is signed with a custom key fits none of them.",
        fix: "Turn off Custom signing key in the template.",
        seed: &[Row::UserNotAppearing, Row::TemplateFields],
        check: |facts| {
            let template = facts.template()?;
            if !template.has_custom_key() || !is_oidc(facts) {
                return PASSED;
            }
            let algorithm = template
                .algorithm()
                .map(|name| format!(", with {name}"))
                .unwrap_or_default();
            Finding::new(
                Place::Template("/custom_signing_key".to_owned()),
                format!("Custom signing key is on{algorithm}"),
            )
            .only()
        },
    },
    Rule {
        name: "template-lifetime",
        step: Step::Template,
        severity: Severity::Warning,
        title: "the template's token lifetime is out of the useful range",
        why: "A stolen token is good until it runs out, whatever becomes of the session; the Convex client renews short ones by itself. Below 30 \
              seconds Clerk takes none.",
        fix: "Set Token lifetime to 60 seconds; for scripts and background jobs to as long as they run.",
        seed: &[
            Row::UserNotAppearing,
            Row::ExpiresTooQuickly,
            Row::TemplateFields,
        ],
        check: |facts| {
            let message = match facts.template()?.lifetime() {
                Seconds::Of(seconds) if seconds > LONGEST => {
                    format!("tokens live {}", span(seconds))
                }
                Seconds::Of(seconds) if seconds < SHORTEST => {
                    format!("tokens would live {seconds} seconds; Clerk takes 30 and more")
                }
                Seconds::Default | Seconds::Of(_) => return PASSED,
                Seconds::Broken(value) => format!("`lifetime` is {value}, not a number of seconds"),
            };
            Finding::new(Place::Template("/lifetime".to_owned()), message).only()
        },
    },
    Rule {
        name: "template-skew",
        step: Step::Template,
        severity: Severity::Warning,
        title: "the template's allowed clock skew is out of the useful range",
        why: "`nbf` lies this far before the time of issue. Without it a verifier whose clock is a second behind takes a new token for one of the \
              future; Clerk takes 300 seconds at most.",
        fix: "Set Allowed clock skew to 5 seconds.",
        seed: &[Row::UserNotAppearing, Row::TemplateFields],
        check: |facts| {
            let message = match facts.template()?.skew() {
                Seconds::Of(seconds) if seconds <= 0.0 || seconds > LARGEST_SKEW => {
                    format!("Allowed clock skew is {seconds} seconds")
                }
                Seconds::Default | Seconds::Of(_) => return PASSED,
                Seconds::Broken(value) => {
                    format!("`allowed_clock_skew` is {value}, not a number of seconds")
                }
            };
            Finding::new(Place::Template("/allowed_clock_skew".to_owned()), message).only()
        },
    },
    Rule {
        name: "template-claim-type",
        step: Step::Template,
        severity: Severity::Error,
        title: "a claim of the template gets a type that Convex cannot read",
        why: "Convex reads the standard OpenID Connect claims into fixed types; one that does not fit makes the whole token unreadable. A shortcode \
              alone keeps its type, beside other text it becomes a string.",
        fix: "Use the shortcode alone, or give your own claim another name.",
        seed: &[
            Row::UserNotAppearing,
            Row::TemplateFields,
            Row::CustomClaims,
        ],
        check: |facts| {
            let template = facts.template()?;
            let found = misfits(template, facts).into_iter().map(|(name, wanted)| {
                let written = template.claims.get(&name).map(ToString::to_string);
                let written = written.unwrap_or_default();
                Finding::new(
                    at(&name),
                    format!("`{name}` is {written}; Convex wants {wanted}"),
                )
            });
            Ok(found.collect())
        },
    },
    Rule {
        name: "template-shortcode-unknown",
        step: Step::Template,
        severity: Severity::Warning,
        title: "the template uses a shortcode that Clerk does not know",
        why: "Clerk puts null where it does not know a shortcode, without an error.",
        fix: "Pick the shortcode anew in the template editor, Insert shortcode.",
        seed: &[
            Row::UserNotAppearing,
            Row::TemplateFields,
            Row::CustomClaims,
        ],
        check: |facts| {
            let template = facts.template()?;
            let mut found = Vec::new();
            for (place, code) in template.shortcodes() {
                let place = Place::Template(place);
                if !code.is_closed {
                    let message = format!("`{}` is not closed with `}}}}`", code.written);
                    found.push(Finding::new(place, message));
                    continue;
                }
                for operand in &code.operands {
                    let Operand::Path(path) = operand else {
                        continue;
                    };
                    let written = format!("`{{{{{path}}}}}`");
                    let finding = match standing(path) {
                        Standing::Known => continue,
                        Standing::Misspelt(meant) => Finding::new(
                            place.clone(),
                            format!("{written} is none of Clerk's shortcodes"),
                        )
                        .fix(
                            "Probably this was meant:",
                            vec![format!("{{{{{meant}}}}}")],
                        ),
                        Standing::Foreign => Finding::new(
                            place.clone(),
                            format!("{written} is none of Clerk's shortcodes"),
                        ),
                        Standing::Unseen => Finding::new(
                            place.clone(),
                            format!("{written} is not among the shortcodes that Clerk's docs show"),
                        )
                        .severity(Severity::Info)
                        .fix(
                            "Look at a token of the template: where the claim is null, Clerk does not know the shortcode.",
                            Vec::new(),
                        ),
                    };
                    found.push(finding);
                }
            }
            Ok(found)
        },
    },
    Rule {
        name: "template-claim-volatile",
        step: Step::Template,
        severity: Severity::Warning,
        title: "a claim of the template changes too often",
        why: "The identity is an input of every query that asks for it. A claim that is new in a new token makes them all run again.",
        fix: "Take the claim out of the template, or read it from the database.",
        seed: &[Row::UserNotAppearing, Row::TemplateFields],
        check: |facts| {
            let template = facts.template()?;
            let volatile =
                |operand: &Operand| matches!(operand, Operand::Path(path) if is_volatile(path));
            let found = template
                .shortcodes()
                .into_iter()
                .filter(|(_, code)| code.operands.iter().any(volatile))
                .map(|(place, code)| {
                    Finding::new(
                        Place::Template(place),
                        format!("`{}` changes with every sign-in", code.written),
                    )
                });
            Ok(found.collect())
        },
    },
];

/// The place of a claim.
fn at(claim: &str) -> Place {
    Place::Template(pointer("/claims", claim))
}

/// Whether Convex takes the tokens for those of OpenID Connect: it does so unless the provider says `customJwt`.
fn is_oidc(facts: &Facts) -> bool {
    facts
        .trust
        .clerk_entry()
        .is_none_or(|entry| entry.view["type"] != "customJwt")
}

/// The claims whose type Convex cannot read, with what it wants instead.
pub(super) fn misfits(template: &Template, facts: &Facts) -> Vec<(String, &'static str)> {
    let mut found: Vec<(String, &'static str)> = Vec::new();
    for mut claims in template.predicted() {
        if !template.is_minted() {
            claims.retain(|name, _| !RESERVED.contains(&name.as_str()));
        }
        for cause in convex::claim_faults(&claims, is_oidc(facts)) {
            if let Cause::ClaimType { name, wanted, .. } = cause
                && !found.iter().any(|(known, _)| *known == name)
            {
                found.push((name, wanted));
            }
        }
    }
    found
}

/// Whether the audience is one that Convex takes, or none is asked for.
pub(super) fn audience_fits(facts: &Facts) -> bool {
    let Ok(template) = facts.template() else {
        return false;
    };
    if !wants_audience(facts) {
        return true;
    }
    let wanted = application_ids(facts);
    let fits = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| wanted.iter().any(|own| own == text))
    };
    match template.claims.get("aud") {
        Some(Value::Array(items)) => items.len() == 1 && items.iter().all(fits),
        Some(value) => fits(value),
        None => false,
    }
}

fn misnamed(facts: &Facts) -> Verdict {
    let templates = facts.templates()?;
    let template = facts.template()?;
    let Some(name) = template.name() else {
        return if template.is_bare {
            Err(Missing::Template)
        } else {
            PASSED
        };
    };
    if name == templates.wanted {
        return PASSED;
    }
    let mut finding = Finding::new(
        Place::Template("/name".to_owned()),
        format!("the template is named `{name}`, not `{}`", templates.wanted),
    )
    .found("template", name)
    .expected(templates.wanted.clone(), None);
    if templates.wanted == DEFAULT_NAME {
        finding = finding.fix(
            "Rename it in the Clerk dashboard, JWT templates, or let clerkcheck do it. If your own code asks for it by this name, say so with --name:",
            vec!["clerkcheck template --fix".to_owned()],
        );
    } else {
        finding = finding.fix(
            format!(
                "Rename it to `{}` in the Clerk dashboard, JWT templates, or ask for it by its name.",
                templates.wanted
            ),
            Vec::new(),
        );
    }
    finding.only()
}

fn audience_mismatch(facts: &Facts) -> Verdict {
    let template = facts.template()?;
    if !wants_audience(facts) {
        return PASSED;
    }
    let wanted = application_ids(facts);
    let fits = |audience: &str| wanted.iter().any(|own| own == audience);
    let source = facts
        .trust
        .clerk_entry()
        .filter(|entry| entry.value.is_some() && entry.view["line"].is_number())
        .map(|entry| {
            format!(
                "`applicationID` in {}:{}",
                entry.view["file"].as_str().unwrap_or_default(),
                entry.view["line"]
            )
        });
    let expected = wanted.first().cloned().unwrap_or_default();
    match template.claims.get("aud") {
        Some(Value::String(text)) if text.contains("{{") => Finding::new(
            at("aud"),
            format!("`aud` is the shortcode `{text}`, whose value cannot be told here"),
        )
        .severity(Severity::Warning)
        .why("`aud` must be the same in the tokens of all users.")
        .only(),
        Some(Value::String(text)) if !fits(text) => Finding::new(
            at("aud"),
            format!("`aud` is `{text}`, Convex wants `{expected}`"),
        )
        .found("template", text.clone())
        .expected(expected, source)
        .only(),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            let right = items.iter().filter_map(Value::as_str).any(fits);
            if right && items.len() == 1 {
                return PASSED;
            }
            let why = if right {
                "Convex refuses a token that any other party may use as well."
            } else {
                "`aud` must equal the `applicationID` of the provider, letter by letter."
            };
            Finding::new(
                at("aud"),
                format!("`aud` is {}", Value::from(items.clone())),
            )
            .found("template", Value::from(items.clone()).to_string())
            .expected(Value::from(expected).to_string(), source)
            .why(why)
            .only()
        }
        _ => PASSED,
    }
}

/// The application ids of the providers that trust the instance: any of them will do.
fn application_ids(facts: &Facts) -> Vec<String> {
    let issuer = facts
        .trust
        .clerk_entry()
        .and_then(|entry| entry.issuer.clone());
    let mut ids: Vec<String> = facts
        .trust
        .entries
        .iter()
        .filter(|entry| match (&entry.issuer, &issuer) {
            (Some(own), Some(issuer)) => same_issuer(own, issuer),
            _ => false,
        })
        .filter_map(|entry| entry.application_id.clone())
        .collect();
    if ids.is_empty() {
        ids.push(wanted_audience(facts));
    }
    ids
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::assert_accepted;
    use crate::template::{Templates, read};
    use serde_json::{Value, json};

    fn healthy() -> Value {
        json!({"object": "jwt_template", "id": "jtmp_1", "name": "convex", "lifetime": 60, "allowed_clock_skew": 5,
            "custom_signing_key": false, "signing_algorithm": "RS256",
            "claims": {"aud": "convex", "name": "{{user.full_name}}", "email_verified": "{{user.email_verified}}",
                "updated_at": "{{user.updated_at}}", "role": "{{user.public_metadata.role || 'none'}}"}})
    }

    /// A healthy world with a list of templates.
    #[track_caller]
    fn listed(names: &[&str], list: &Value) {
        let (list, is_whole) = read(list).unwrap();
        assert_accepted(names, |world| {
            world.templates = Some(Templates {
                wanted: "convex".to_owned(),
                list,
                is_whole,
                source: "a test".to_owned(),
                instance: None,
            });
        });
    }

    /// A healthy template with one thing changed.
    #[track_caller]
    fn changed(names: &[&str], pointer: &str, value: Value) {
        let mut template = healthy();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        template.pointer_mut(parent).unwrap()[name] = value;
        listed(names, &json!([template]));
    }

    #[test]
    fn a_healthy_template_is_silent() {
        listed(&[], &json!([healthy()]));
        listed(&[], &healthy());
        listed(&[], &json!({"aud": "convex"}));
        // One that other code asks for stands beside it.
        let mut other = healthy();
        other["name"] = json!("hasura");
        other["claims"] = json!({});
        listed(&[], &json!([other, healthy()]));
    }

    #[test]
    fn each_fault_is_one_finding() {
        for (name, pointer, value) in [
            ("template-misnamed", "/name", json!("Convex")),
            ("template-misnamed", "/name", json!("convex ")),
            ("template-audience-missing", "/claims", json!({})),
            ("template-audience-missing", "/claims/aud", json!(null)),
            ("template-audience-mismatch", "/claims/aud", json!("Convex")),
            (
                "template-audience-mismatch",
                "/claims/aud",
                json!(["convex", "other"]),
            ),
            ("template-audience-mismatch", "/claims/aud", json!([])),
            (
                "template-audience-mismatch",
                "/claims/aud",
                json!("{{user.public_metadata.aud}}"),
            ),
            (
                "template-claim-reserved",
                "/claims/sub",
                json!("{{user.id}}"),
            ),
            ("template-custom-key", "/custom_signing_key", json!(true)),
            ("template-lifetime", "/lifetime", json!(315_360_000)),
            ("template-lifetime", "/lifetime", json!(10)),
            ("template-lifetime", "/lifetime", json!("60")),
            ("template-skew", "/allowed_clock_skew", json!(0)),
            ("template-skew", "/allowed_clock_skew", json!(301)),
            ("template-claim-type", "/claims/aud", json!(7)),
            (
                "template-claim-type",
                "/claims/email_verified",
                json!("true"),
            ),
            (
                "template-claim-type",
                "/claims/email_verified",
                json!("{{user.email_verified || 'no'}}"),
            ),
            (
                "template-claim-type",
                "/claims/name",
                json!("{{user.public_metadata}}"),
            ),
            (
                "template-shortcode-unknown",
                "/claims/mail",
                json!("{{user.email}}"),
            ),
            (
                "template-shortcode-unknown",
                "/claims/x",
                json!({"y": ["{{exp}}"]}),
            ),
            (
                "template-shortcode-unknown",
                "/claims/x",
                json!("{{user.id"),
            ),
            (
                "template-claim-volatile",
                "/claims/x",
                json!("{{user.last_sign_in_at}}"),
            ),
        ] {
            changed(&[name], pointer, value);
        }
    }

    #[test]
    fn what_is_no_fault_is_silent() {
        for (pointer, value) in [
            ("/claims/aud", json!(["convex"])),
            ("/lifetime", json!(null)),
            ("/lifetime", json!(3600)),
            ("/allowed_clock_skew", json!(300)),
            (
                "/claims/name",
                json!("{{user.first_name}} {{user.last_name}}"),
            ),
            (
                "/claims/address",
                json!({"country": "{{user.public_metadata.country}}"}),
            ),
        ] {
            changed(&[], pointer, value);
        }
    }

    #[test]
    fn a_list_without_it_is_one_finding() {
        let mut other = healthy();
        other["name"] = json!("hasura");
        other["claims"] = json!({});
        listed(&["template-absent"], &json!([other]));
        listed(&["template-absent"], &json!([]));
        // The integration, where the list shows it.
        listed(
            &[],
            &json!([{"name": "__session", "claims": {"aud": "convex"}, "lifetime": 60}]),
        );
    }

    #[test]
    fn claims_of_a_token_are_no_source() {
        listed(
            &[],
            &json!({"aud": "convex", "iss": "https://x.clerk.accounts.dev", "iat": 1, "exp": 61, "sub": "user_1"}),
        );
    }
}
