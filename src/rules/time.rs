//! Topic `time`: `exp`, `nbf`, `iat`, and the clock.

use super::caused;
use crate::facts::Facts;
use crate::rule::{Finding, Missing, PASSED, Place, Row, Rule, Severity, Step};
use crate::time::{relative, span, utc};
use crate::token::Kind;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "expired",
        step: Step::Time,
        severity: Severity::Error,
        title: "the token has run out",
        why: "Convex gives no leeway. Clerk's tokens live 60 seconds and are renewed by the client; a pasted one is nearly always too old.",
        fix: "Take a fresh token, or judge this one as of its issue with `--at-issue`.",
        seed: &[Row::ExpiresTooQuickly],
        check: |facts| {
            if let Some(finding) = in_leeway(facts) {
                return finding.only();
            }
            let mut found = caused(facts, "expired")?;
            for finding in &mut found {
                let claims = facts.claims()?;
                if let Some(expires) = claims.number("exp") {
                    let when = utc(expires).unwrap_or_default();
                    finding.message = format!(
                        "it ran out {}, at {when}",
                        relative(expires, facts.world.now)
                    );
                }
                finding.fix = Some(crate::rule::Fix {
                    text: "Copy a fresh one within its life, or let the client ask for it: hand Convex a function, not a token. To see what else \
                           there is, judge it as of its issue:"
                        .to_owned(),
                    commands: vec!["clerkcheck check --at-issue".to_owned()],
                });
            }
            Ok(found)
        },
    },
    Rule {
        name: "expiry-missing",
        step: Step::Time,
        severity: Severity::Error,
        title: "the token has no expiry",
        why: "Convex refuses a token without `exp`.",
        fix: "Send the token that Clerk's `getToken` returns.",
        seed: &[],
        check: |facts| caused(facts, "expiry-missing"),
    },
    Rule {
        name: "timestamp-unit",
        step: Step::Time,
        severity: Severity::Error,
        title: "a time is not in seconds",
        why: "`exp`, `iat` and `nbf` are seconds since 1970 (RFC 7519, 2). In milliseconds a token lives for tens of thousands of years; in smaller units \
              it is out of range and refused.",
        fix: "Divide by 1000, and round down.",
        seed: &[],
        check: |facts| {
            let claims = facts.claims()?;
            let found: Vec<(&str, String)> = ["exp", "iat", "nbf"]
                .into_iter()
                .filter_map(|name| {
                    let value = claims.number(name).filter(|value| *value > 1e11)?;
                    let words = if value >= 8_210_266_876_800.0 {
                        "out of range"
                    } else {
                        "in milliseconds"
                    };
                    Some((name, format!("`{name}` is {value}, {words}")))
                })
                .collect();
            // Who writes one of them in another unit writes all: one cause.
            let Some((first, _)) = found.first() else {
                return PASSED;
            };
            let messages: Vec<&str> = found.iter().map(|(_, message)| message.as_str()).collect();
            Finding::new(
                Place::token(format!("/payload/{first}")),
                messages.join("; "),
            )
            .only()
        },
    },
    Rule {
        name: "lifetime-short",
        step: Step::Time,
        severity: Severity::Error,
        title: "the token lives too short for the Convex client",
        why: "The client renews a token 10 seconds before its end. With a life of 10 seconds or less it asks again at once, without pause; \
              with 2 or less it gives up.",
        fix: "Set Token lifetime in the JWT template to 60 seconds or more.",
        seed: &[Row::ExpiresTooQuickly],
        check: |facts| {
            let claims = facts.claims()?;
            match claims.lifetime() {
                // Of a token that ends before it begins, and ran out, that is all there is to say.
                Some(lifetime) if lifetime < 0.0 && !caused(facts, "expired")?.is_empty() => PASSED,
                Some(lifetime) if lifetime <= 10.0 && !in_milliseconds(facts) => {
                    let message = if lifetime < 0.0 {
                        format!("`exp` lies {} before `iat`", span(-lifetime))
                    } else {
                        format!("it lives {}", span(lifetime))
                    };
                    Finding::new(Place::token("/payload/exp"), message).only()
                }
                _ => PASSED,
            }
        },
    },
    Rule {
        name: "lifetime-long",
        step: Step::Time,
        severity: Severity::Warning,
        title: "the token lives longer than a day",
        why: "A token cannot be taken back: whoever copies it is that user until it runs out, also after they signed out.",
        fix: "Set Token lifetime in the JWT template to 60 seconds; the client renews it by itself.",
        seed: &[Row::ExpiresTooQuickly],
        check: |facts| {
            let claims = facts.claims()?;
            match claims.lifetime() {
                Some(lifetime) if lifetime > 86_400.0 && !in_milliseconds(facts) => Finding::new(
                    Place::token("/payload/exp"),
                    format!("it lives {}", span(lifetime)),
                )
                .only(),
                _ => PASSED,
            }
        },
    },
    Rule {
        name: "not-yet-valid",
        step: Step::Time,
        severity: Severity::Warning,
        title: "the token is not valid yet",
        why: "Convex's OIDC providers do not look at `nbf`, but Clerk's own middleware refuses a token more than 5 seconds before it. \
              Usually the local clock is behind.",
        fix: "Set the clock of this machine; in WSL after sleep: `sudo hwclock -s`.",
        seed: &[],
        check: |facts| {
            let refused = caused(facts, "not-yet-valid")?;
            if !refused.is_empty() {
                return Ok(refused
                    .into_iter()
                    .map(|finding| finding.severity(Severity::Error))
                    .collect());
            }
            future(facts, "nbf")
        },
    },
    Rule {
        name: "issued-in-future",
        step: Step::Time,
        severity: Severity::Warning,
        title: "the token was issued in the future",
        why: "Convex's OIDC providers do not look at the time of issue, but Clerk's own middleware refuses a token issued more than 5 seconds ahead. \
              Usually the local clock is behind.",
        fix: "Set the clock of this machine; in WSL after sleep: `sudo hwclock -s`.",
        seed: &[],
        check: |facts| {
            let refused = caused(facts, "issued-in-future")?;
            if !refused.is_empty() {
                return Ok(refused
                    .into_iter()
                    .map(|finding| finding.severity(Severity::Error))
                    .collect());
            }
            // A token that is valid, and ends before it begins, was issued ahead by necessity.
            if facts
                .claims()?
                .lifetime()
                .is_some_and(|lifetime| lifetime < 0.0)
            {
                return Err(Missing::Consequence);
            }
            // `nbf` lies before `iat`; where both are ahead the one cause is told once.
            if !future(facts, "nbf")?.is_empty() {
                return PASSED;
            }
            future(facts, "iat")
        },
    },
    Rule {
        name: "clock-skew",
        step: Step::Time,
        severity: Severity::Warning,
        title: "the clock of this machine is wrong",
        why: "Clerk's middleware on this machine refuses good tokens when its clock is off by more than 5 seconds. Convex uses its own clock.",
        fix: "Set the clock: `sudo timedatectl set-ntp true` on Linux, `w32tm /resync` on Windows, `sudo sntp -sS time.apple.com` on macOS.",
        seed: &[],
        check: |facts| {
            let Some(offset) = facts.world.clock_skew() else {
                return PASSED;
            };
            let way = if offset > 0.0 { "ahead of" } else { "behind" };
            let finding = Finding::new(
                Place::Variable("clock".to_owned()),
                format!("it is {} {way} the issuer's", span(offset.abs().round())),
            );
            if facts.world.local_now.is_some() && facts.token().is_ok() {
                return finding
                    .note("The token's age was judged by the issuer's clock, as Convex judges it.")
                    .only();
            }
            finding.only()
        },
    },
];

/// The verdict when the age is all that is wrong.
pub(super) fn headline(facts: &Facts) -> String {
    let claims = facts.claims().ok();
    let ago = claims
        .and_then(|claims| claims.number("exp"))
        .map(|expires| relative(expires, facts.world.now))
        .unwrap_or_default();
    let life = claims
        .and_then(crate::token::Part::lifetime)
        .filter(|life| *life > 0.0)
        .map_or_else(String::new, |life| match facts.kind() {
            Kind::Session | Kind::SessionConvex | Kind::Template if life <= 60.0 => {
                "; Clerk tokens live 60 s".to_owned()
            }
            _ => format!("; it lived {}", span(life)),
        });
    let whole = matches!(
        facts.convex.as_ref().map(|verdict| &verdict.outcome),
        Some(crate::convex::Outcome::Refused(refusal)) if facts.trust.refusal_counts(refusal)
    );
    if whole {
        format!("Only its age is wrong: this token ran out {ago}{life}.")
    } else {
        format!(
            "Convex refuses this token: it ran out {ago}{life}. Not all of the rest could be checked."
        )
    }
}

fn in_milliseconds(facts: &Facts) -> bool {
    facts.claims().is_ok_and(|claims| {
        ["exp", "iat"]
            .iter()
            .any(|name| claims.number(name).is_some_and(|value| value > 1e11))
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds since the epoch are small"
)]
fn future(facts: &Facts, name: &'static str) -> crate::rule::Verdict {
    let token = facts.token()?;
    match token.payload.number(name) {
        Some(time) if time > facts.world.now as f64 + 5.0 && time < 1e11 => Finding::new(
            Place::token(format!("/payload/{name}")),
            format!(
                "`{name}` lies {} ahead",
                span(time - facts.world.now as f64)
            ),
        )
        .only(),
        _ => PASSED,
    }
}

/// A token that ran out and is accepted all the same: a customJwt provider gives five seconds, a WebSocket none (facts A4).
fn in_leeway(facts: &Facts) -> Option<Finding> {
    let expires = facts.token().ok()?.payload.number("exp")?;
    #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch")]
    let is_over = expires <= facts.world.now as f64;
    let verdict = facts.convex.as_ref()?;
    let is_accepted = matches!(verdict.outcome, crate::convex::Outcome::Accepted(_));
    (is_over && is_accepted).then(|| {
        Finding::new(
            Place::token("/payload/exp"),
            format!("it ran out {}", relative(expires, facts.world.now)),
        )
        .severity(Severity::Warning)
        .why("By HTTP Convex gives the tokens of a customJwt provider 5 s of leeway, on the WebSocket of a browser none: there it is dropped at once.")
        .fix("Send a fresh token.", Vec::new())
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{NOW, assert_accepted, assert_refused};
    use serde_json::json;

    #[test]
    fn the_end_is_exact() {
        assert_refused(&["expired"], |world| world.claims["exp"] = json!(NOW));
        assert_accepted(&[], |world| world.claims["exp"] = json!(NOW + 1));
    }

    #[test]
    fn units_and_lifetimes() {
        assert_accepted(&["timestamp-unit"], |world| {
            world.claims["exp"] = json!((NOW + 30) * 1000);
        });
        assert_refused(&["timestamp-unit"], |world| {
            world.claims["exp"] = json!((NOW + 30) * 1_000_000);
        });
        assert_accepted(&["lifetime-short"], |world| {
            world.claims["iat"] = json!(NOW - 1);
            world.claims["exp"] = json!(NOW + 9);
        });
        assert_accepted(&["timestamp-unit"], |world| {
            for name in ["exp", "iat", "nbf"] {
                world.claims[name] = json!(world.claims[name].as_i64().unwrap() * 1000);
            }
        });
        assert_accepted(&["lifetime-short"], |world| {
            world.claims["iat"] = json!(NOW + 40);
        });
        assert_accepted(&["lifetime-long"], |world| {
            world.claims["exp"] = json!(NOW + 100_000);
        });
    }

    #[test]
    fn the_future_matters_to_clerk_only() {
        assert_accepted(&["not-yet-valid"], |world| {
            world.claims["nbf"] = json!(NOW + 60);
        });
        assert_accepted(&["issued-in-future"], |world| {
            world.claims["iat"] = json!(NOW + 60);
            world.claims["exp"] = json!(NOW + 120);
        });
        assert_accepted(&["clock-skew"], |world| world.clock_offset = Some(-90.0));
        assert_accepted(&[], |world| world.clock_offset = Some(2.0));
    }

    #[test]
    fn a_token_in_its_leeway_works_by_http_only() {
        assert_accepted(&["expired"], |world| {
            world.files.insert(
                "convex/auth.config.ts".to_owned(),
                "export default { providers: [{ type: \"customJwt\", issuer: process.env.CLERK_ISSUER_URL, algorithm: \"RS256\",\n\
                 jwks: `${process.env.CLERK_ISSUER_URL}/.well-known/jwks.json`, applicationID: \"convex\" }] };\n"
                    .to_owned(),
            );
            world.claims["exp"] = json!(NOW - 3);
        });
    }
}
