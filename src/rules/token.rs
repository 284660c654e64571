//! Topic `token`: header and kind of the token.

use super::caused;
use crate::convex::Cause;
use crate::escape::without_credentials;
use crate::facts::Facts;
use crate::rule::{Finding, Missing, PASSED, Place, Row, Rule, Severity, Step};
use crate::token::{Audience, Kind, is_access_type};
use crate::trust::is_clerk_like;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "token-unreadable",
        step: Step::Form,
        severity: Severity::Error,
        title: "the token is not a well-formed JWT",
        why: "Convex wants three base64url parts without padding, a JSON object in the first two, and nothing else (RFC 7515).",
        fix: "Copy the token again, whole, from where it was made.",
        seed: &[Row::Unauthorized],
        check: |facts| caused(facts, "token-unreadable"),
    },
    Rule {
        name: "algorithm-refused",
        step: Step::Form,
        severity: Severity::Error,
        title: "the token is signed with an algorithm that Convex does not take",
        why: "Convex's OIDC providers accept RS256 and EdDSA only. Clerk signs with RS256 unless the template has a custom signing key.",
        fix: "Switch off `Use custom signing key` in the JWT template.",
        seed: &[Row::TemplateFields],
        check: |facts| caused(facts, "algorithm-refused"),
    },
    Rule {
        name: "type-refused",
        step: Step::Form,
        severity: Severity::Error,
        title: "the token has a type that Convex does not take",
        why: "`typ` must be `JWT` (or `JOSE`), in any case, or absent. Another type marks a token made for another purpose, such as an OAuth access token (`at+jwt`).",
        fix: "Send the token of `getToken({ template: \"convex\" })`.",
        seed: &[],
        check: |facts| {
            // The kind says more than the header's word.
            if facts.kind() == Kind::OAuth {
                PASSED
            } else {
                caused(facts, "type-refused")
            }
        },
    },
    Rule {
        name: "content-type-present",
        step: Step::Form,
        severity: Severity::Error,
        title: "the token has a content type",
        why: "Convex refuses any `cty`: it stands for a token inside a token (RFC 7519, 5.2).",
        fix: "Make the token without `cty`. Clerk never sets it.",
        seed: &[],
        check: |facts| caused(facts, "content-type-present"),
    },
    Rule {
        name: "critical-header",
        step: Step::Form,
        severity: Severity::Error,
        title: "the token has a critical header",
        why: "Convex understands no extension, so it must refuse any `crit`, even an empty one (RFC 7515, 4.1.11).",
        fix: "Make the token without `crit`. Clerk never sets it.",
        seed: &[],
        check: |facts| caused(facts, "critical-header"),
    },
    Rule {
        name: "session-token-without-audience",
        step: Step::Audience,
        severity: Severity::Error,
        title: "it is a plain session token, not the one for Convex",
        why: "Clerk's session token has no `aud` unless the Convex integration is on. Without `aud` no provider of Convex matches.",
        fix: "Ask for the template, or activate the Convex integration in the Clerk dashboard.",
        seed: &[Row::Unauthorized, Row::UserNotAppearing],
        check: |facts| {
            let claims = facts.claims()?;
            if facts.kind() != Kind::Session
                || claims.audience() != Audience::Absent
                || !super::wants_audience(facts)
            {
                return PASSED;
            }
            if super::versions::ignores_template(facts) {
                return Err(Missing::Consequence);
            }
            Finding::new(Place::token("/payload/aud"), "there is no `aud`, and the token is a session token")
                .fix(
                    "Ask for the template by name, or activate the integration at https://dashboard.clerk.com/apps/setup/convex:",
                    vec!["await getToken({ template: \"convex\" })".to_owned()],
                )
                .only()
        },
    },
    Rule {
        name: "machine-token",
        step: Step::Form,
        severity: Severity::Error,
        title: "it is a machine-to-machine token",
        why: "A machine-to-machine token stands for a machine, not for a user. Convex takes it where its issuer and audience are a provider's, \
              and the identity is then the machine's.",
        fix: "Send a user's token, or add a `customJwt` provider for machines.",
        seed: &[],
        check: |facts| {
            let token = facts.token()?;
            if token.kind() != Kind::Machine {
                return PASSED;
            }
            let by_subject = token
                .payload
                .text("sub")
                .is_some_and(|subject| subject.starts_with("mch_"));
            let finding = if by_subject {
                Finding::new(
                    Place::token("/payload/sub"),
                    "`sub` begins with `mch_`, as a machine's does",
                )
            } else {
                Finding::new(
                    Place::token("/header/cat"),
                    "`cat` says that it is a machine's token",
                )
            };
            if is_for_nobody(facts) {
                return finding.only();
            }
            finding
                .title("the identity is a machine's, not a user's")
                .severity(Severity::Info)
                .fix(
                    "Leave it so if a machine is meant; a user's token comes from `getToken({ template: \"convex\" })`.",
                    Vec::new(),
                )
                .only()
        },
    },
    Rule {
        name: "oauth-token",
        step: Step::Form,
        severity: Severity::Error,
        title: "it is an OAuth access token",
        why: "An access token of a Clerk OAuth application is made for that application. Its `typ`, `at+jwt`, Convex's OIDC providers refuse.",
        fix: "Send the token of `getToken({ template: \"convex\" })`.",
        seed: &[],
        check: |facts| {
            let token = facts.token()?;
            if token.kind() != Kind::OAuth {
                return PASSED;
            }
            let by_id = token
                .payload
                .text("jti")
                .is_some_and(|id| id.starts_with("oat_"));
            let is_refused = facts
                .causes()
                .any(|cause| matches!(cause, Cause::Type(_) | Cause::IssuerUntrusted));
            match token.header.text("typ") {
                Some(kind) if is_access_type(kind) && (is_refused || is_for_nobody(facts)) => {
                    Finding::new(Place::token("/header/typ"), "`typ` is `at+jwt`").only()
                }
                _ if by_id && is_for_nobody(facts) => Finding::new(
                    Place::token("/payload/jti"),
                    "`jti` begins with `oat_`, as an access token's id does",
                )
                .only(),
                _ => PASSED,
            }
        },
    },
    Rule {
        name: "foreign-token",
        step: Step::Form,
        severity: Severity::Warning,
        title: "it does not look like a token of Clerk's",
        why: "Clerk's key ids begin with `ins_` and its subjects with `user_`. A token of another service needs a provider of its own.",
        fix: "Make sure that this is the token your app sends to Convex.",
        seed: &[],
        check: |facts| {
            facts.token()?;
            Ok(foreign(facts).into_iter().collect())
        },
    },
    Rule {
        name: "key-id-missing",
        step: Step::Signature,
        severity: Severity::Warning,
        title: "the token names no key",
        why: "Without `kid` Convex tries the keys that fit and refuses as soon as there are two. Clerk always sets it.",
        fix: "Make sure that this is a token of Clerk's.",
        seed: &[],
        check: |facts| {
            let token = facts.token()?;
            if token.header.fault.is_some()
                || token.key_id().is_some()
                || token
                    .header
                    .members
                    .get("kid")
                    .is_some_and(|key| !key.is_null())
            {
                return PASSED;
            }
            // Without it two keys fit: that finding names the cause.
            if facts
                .causes()
                .any(|cause| matches!(cause, Cause::KeyAmbiguous))
            {
                return Err(Missing::Consequence);
            }
            let refused = caused(facts, "key-id-missing")?;
            if !refused.is_empty() {
                let refused = refused.into_iter();
                return Ok(refused
                    .map(|finding| finding.severity(Severity::Error))
                    .collect());
            }
            Finding::new(Place::token("/header/kid"), "there is no `kid`").only()
        },
    },
    Rule {
        name: "token-oversize",
        step: Step::Form,
        severity: Severity::Warning,
        title: "the session token is nearly too large for its cookie",
        why: "A browser drops cookies of more than 4 KB, and Clerk keeps the session token in one; the user is then signed out without an \
              error.",
        fix: "Take custom claims out of the session token; keep them in a JWT template, or read them from Clerk's API.",
        seed: &[],
        check: |facts| {
            let token = facts.token()?;
            let bytes = token.compact.expose().len();
            if !matches!(token.kind(), Kind::Session | Kind::SessionConvex) || bytes < 3072 {
                return PASSED;
            }
            Finding::new(Place::token("/payload"), format!("the session token has {bytes} bytes; 4,096 is the most, the cookie's name included")).only()
        },
    },
];

/// Whether the token has no audience of any provider of its issuer: then what it was made for is the cause.
fn is_for_nobody(facts: &Facts) -> bool {
    facts
        .causes()
        .any(|cause| matches!(cause, Cause::AudienceMissing | Cause::AudienceUntrusted))
}

/// Whether Convex refuses a token of another service than Clerk: then nothing else of the token is anybody's fault.
pub(super) fn is_of_another_service(facts: &Facts) -> bool {
    is_refused_as_untrusted(facts) && foreign(facts).is_some()
}

fn is_refused_as_untrusted(facts: &Facts) -> bool {
    facts
        .causes()
        .any(|cause| matches!(cause, Cause::IssuerUntrusted))
}

/// Marks of other services' issuers.
const SERVICES: [(&str, &str); 16] = [
    ("supabase", "Supabase"),
    ("securetoken.google.com", "Firebase"),
    ("accounts.google.com", "Google"),
    (".auth0.com", "Auth0"),
    ("cognito-idp.", "Amazon Cognito"),
    ("login.microsoftonline.com", "Microsoft Entra"),
    ("sts.windows.net", "Microsoft Entra"),
    (".okta.com", "Okta"),
    ("api.workos.com", "WorkOS"),
    (".kinde.com", "Kinde"),
    (".logto.app", "Logto"),
    ("descope.com", "Descope"),
    ("stytch.com", "Stytch"),
    ("/realms/", "Keycloak"),
    ("token.actions.githubusercontent.com", "GitHub Actions"),
    (".convex.site", "the Convex deployment itself"),
];

/// What tells that a token is not Clerk's at all.
fn foreign(facts: &Facts) -> Option<Finding> {
    let token = facts.token().ok()?;
    let issuer = token.payload.text("iss")?;
    let subject = token
        .payload
        .text("sub")
        .is_some_and(|subject| subject.starts_with("user_") || subject.starts_with("mch_"));
    let key = token.key_id().is_some_and(|key| key.starts_with("ins_"));
    let category = token.header.members.contains_key("cat");
    let expected = facts.trust.entry_for(issuer).is_some();
    let service = SERVICES.iter().find(|(mark, _)| issuer.contains(mark));
    // The subjects of WorkOS begin with `user_` too.
    let looks_clerk = key || category || is_clerk_like(issuer) || subject && service.is_none();
    if expected || looks_clerk || facts.trust.undecided() {
        return None;
    }
    let mut finding = Finding::new(
        Place::token("/payload/iss"),
        "neither the issuer nor the key id has Clerk's form",
    );
    if let Some((_, service)) = service {
        finding = finding.title(format!("the token is one of {service}, not of Clerk"));
    }
    if !is_refused_as_untrusted(facts) {
        return Some(finding);
    }
    let entry = facts.trust.clerk_entry();
    let trusted = entry.and_then(|entry| Some((entry.issuer.as_deref()?, entry.source.clone())));
    if let Some((trusted, source)) = trusted {
        finding = finding
            .found("token", without_credentials(issuer))
            .expected(trusted.trim_end_matches('/'), source);
    }
    let finding = finding.severity(Severity::Error).fix(
        "Send Convex the token that Clerk's `getToken({ template: \"convex\" })` returns, or give Convex a provider for this issuer too.",
        Vec::new(),
    );
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::report::{Check, Status};
    use crate::rule::{Severity, Step};
    use crate::rules::testing::{Healthy, assert_accepted, assert_fails, assert_refused};
    use serde_json::json;

    #[test]
    fn headers_that_convex_refuses() {
        assert_refused(&["algorithm-refused"], |world| {
            world.header["alg"] = json!("HS256");
        });
        assert_refused(&["algorithm-refused"], |world| {
            world.header["alg"] = json!("none");
        });
        assert_refused(&["algorithm-refused"], |world| {
            world.header["alg"] = json!("rs256");
        });
        assert_refused(&["type-refused"], |world| {
            world.header["typ"] = json!("dpop+jwt");
        });
        assert_refused(&["content-type-present"], |world| {
            world.header["cty"] = json!("JWT");
        });
        assert_refused(&["critical-header"], |world| {
            world.header["crit"] = json!([]);
        });
        assert_refused(&["oauth-token"], |world| {
            world.header["typ"] = json!("at+jwt");
        });
    }

    #[test]
    fn kinds_that_are_not_for_convex() {
        assert_refused(&["session-token-without-audience"], |world| {
            world.header["cat"] = json!("cl_B7d4PD111AAA");
            world.claims.as_object_mut().unwrap().remove("aud");
            world.claims["sid"] = json!("sess_1");
        });
        for audience in [json!(null), json!("machines")] {
            let report = assert_fails(&["machine-token"], |world| {
                world.header["cat"] = json!("cl_B7d4PD333AAA");
                world.claims["aud"] = audience;
                world.claims["sub"] = json!("mch_1");
            });
            // It is no audience that passed.
            let is_audience = |check: &&Check| check.step == Step::Audience;
            let audience = report.checks.iter().find(is_audience).unwrap();
            assert_eq!(audience.status, Status::Skip);
        }
        // By its id it is no template's token, though `typ` says nothing.
        for audience in [json!(null), json!("others")] {
            assert_refused(&["oauth-token"], |world| {
                world.header.as_object_mut().unwrap().remove("cat");
                world.claims["aud"] = audience;
                world.claims["jti"] = json!("oat_1");
                world.claims["client_id"] = json!("client");
                world.claims["scope"] = json!("profile email");
            });
        }
    }

    #[test]
    fn kinds_that_convex_takes_all_the_same() {
        let machine = |world: &mut Healthy| {
            world.header["cat"] = json!("cl_B7d4PD333AAA");
            world.claims["sub"] = json!("mch_1");
        };
        assert_accepted(&["machine-token"], machine);
        let report = assert_fails(&["expired", "machine-token"], |world| {
            machine(world);
            world.now += 3600;
        });
        let severities = report.findings.iter().map(|reported| reported.severity);
        assert!(severities.eq([Severity::Error, Severity::Info]));
        assert_accepted(&[], |world| {
            world.header.as_object_mut().unwrap().remove("cat");
            world.claims["jti"] = json!("oat_1");
        });
    }

    #[test]
    fn what_is_only_odd() {
        assert_accepted(&["key-id-missing"], |world| {
            world.header.as_object_mut().unwrap().remove("kid");
        });
        assert_accepted(&["token-oversize"], |world| {
            world.header["cat"] = json!("cl_B7d4PD111AAA");
            world.claims["metadata"] = json!("x".repeat(3000));
        });
    }

    #[test]
    fn a_token_of_another_service() {
        let report = assert_fails(&["foreign-token"], |world| {
            world.header = json!({"alg": "HS256", "typ": "JWT"});
            world.claims["iss"] = json!("https://tenant.auth0.com/");
            world.claims["aud"] = json!("authenticated");
            world.claims["sub"] = json!("auth0|1");
            world.claims["exp"] = json!(1);
        });
        assert_eq!(
            report.headline.sentence,
            "Convex refuses this token: it is one of Auth0, not of Clerk."
        );
        let report = assert_fails(&["foreign-token"], |world| {
            world.header = json!({"alg": "HS256", "kid": "sso_oidc_key_pair_1", "typ": "JWT"});
            world.claims["iss"] = json!("https://api.workos.com/user_management/client_1");
            world.claims["sub"] = json!("user_01HXYZ");
        });
        assert!(report.headline.sentence.contains("one of WorkOS"));
    }

    #[test]
    fn a_header_of_other_types() {
        for name in ["alg", "kid", "typ"] {
            assert_refused(&["token-unreadable"], |world| {
                world.header[name] = json!(5);
            });
        }
    }

    #[test]
    fn claims_of_a_session() {
        assert_fails(&["session-token-without-audience"], |world| {
            world.unsigned = true;
            world.claims = json!({"sid": "sess_1", "v": 2, "fva": [1, -1], "sts": "active"});
        });
    }

    #[test]
    fn a_provider_that_looks_at_no_audience_takes_any_token() {
        assert_accepted(&["audience-unchecked"], |world| {
            world.edit(
                "convex/auth.config.ts",
                "  ],",
                "    { type: \"customJwt\", issuer: process.env.CLERK_ISSUER_URL, algorithm: \"RS256\",\n      \
                 jwks: `${process.env.CLERK_ISSUER_URL}/.well-known/jwks.json` },\n  ],",
            );
            world.claims.as_object_mut().unwrap().remove("aud");
        });
    }
}
