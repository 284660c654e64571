//! Topic `issuer`: discovery and JWKS, as Convex fetches them.

use super::{asked, of_several};
use crate::convex::{Published, unusable};
use crate::escape::without_credentials;
use crate::facts::Facts;
use crate::rule::{Finding, Place, Row, Rule, Severity, Step};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "issuer-unresolvable",
        step: Step::Discovery,
        severity: Severity::Error,
        title: "the issuer's name has no address",
        why: "Convex fetches the keys from the issuer's host. A name without an address is misspelt, or a production domain whose DNS records are \
              not set yet.",
        fix: "Check the spelling; for a production domain set the records that Clerk dashboard, Domains shows.",
        seed: &[Row::Unauthorized, Row::DomainChange],
        check: |facts| asked(facts, "issuer-unresolvable"),
    },
    Rule {
        name: "issuer-unreachable",
        step: Step::Discovery,
        severity: Severity::Error,
        title: "the issuer is out of reach",
        why: "From here no connection to the issuer came about, or it broke off. It says nothing yet of what Convex can reach.",
        fix: "Check network and proxy, or give the keys with `--jwks FILE`.",
        seed: &[Row::Unauthorized],
        check: |facts| asked(facts, "issuer-unreachable"),
    },
    Rule {
        name: "issuer-tls",
        step: Step::Discovery,
        severity: Severity::Error,
        title: "no secure connection to the issuer",
        why: "Either a proxy on the way signs with its own certificate, or the issuer's certificate is wrong, which Convex would refuse too.",
        fix: "Behind a company's proxy add its certificate with `--cacert FILE`; for a production domain see Clerk dashboard, Domains.",
        seed: &[Row::Unauthorized],
        check: |facts| asked(facts, "issuer-tls"),
    },
    Rule {
        name: "unknown-instance",
        step: Step::Discovery,
        severity: Severity::Error,
        title: "Clerk knows no instance of this name",
        why: "The host answers, but says that it belongs to no Clerk instance: the name is misspelt, or the instance was deleted.",
        fix: "Copy the Frontend API URL from the Clerk dashboard, API keys.",
        seed: &[Row::Unauthorized],
        check: |facts| asked(facts, "unknown-instance"),
    },
    Rule {
        name: "discovery-status",
        step: Step::Discovery,
        severity: Severity::Error,
        title: "the issuer has no discovery document",
        why: "Convex asks `/.well-known/openid-configuration` of the issuer and needs status 200.",
        fix: "Make sure that the issuer is the Frontend API URL of a Clerk instance.",
        seed: &[Row::Unauthorized],
        check: |facts| asked(facts, "discovery-status"),
    },
    Rule {
        name: "discovery-body",
        step: Step::Discovery,
        severity: Severity::Error,
        title: "the discovery document is not one that Convex can read",
        why: "It must be JSON, sent as `application/json`, with `issuer` and `jwks_uri`, and with the right types in every field that it has.",
        fix: "Make sure that the issuer is the Frontend API URL of a Clerk instance, and that no proxy changes the answer.",
        seed: &[],
        check: |facts| asked(facts, "discovery-body"),
    },
    Rule {
        name: "discovery-issuer",
        step: Step::Discovery,
        severity: Severity::Error,
        title: "the discovery document names another issuer",
        why: "Convex wants `issuer` in it to equal the token's `iss` byte for byte, a slash at the end included.",
        fix: "Use exactly the issuer that the document names.",
        seed: &[Row::DomainChange],
        check: |facts| asked(facts, "discovery-issuer"),
    },
    Rule {
        name: "jwks-status",
        step: Step::Discovery,
        severity: Severity::Error,
        title: "the issuer's keys could not be had",
        why: "Convex fetches `jwks_uri` of the discovery document and needs status 200.",
        fix: "Open the URL in a browser; for Clerk's own outages see status.clerk.com.",
        seed: &[],
        check: |facts| asked(facts, "jwks-status"),
    },
    Rule {
        name: "jwks-body",
        step: Step::Discovery,
        severity: Severity::Error,
        title: "the issuer's keys are not a key set that Convex can read",
        why: "It must be JSON with an array `keys`, sent as `application/json` or `application/jwk-set+json` (RFC 7517, 5).",
        fix: "Make sure that the URL is the JWKS endpoint, and that no proxy changes the answer.",
        seed: &[],
        check: |facts| asked(facts, "jwks-body"),
    },
    Rule {
        name: "jwks-empty",
        step: Step::Discovery,
        severity: Severity::Error,
        title: "the issuer's key set has no key that Convex can use",
        why: "Convex passes over keys that it cannot read or that are not for signatures, and verifies with RSA keys of 2048 to 8192 bits; nothing is left.",
        fix: "Make sure that the URL is the JWKS endpoint of the instance that made the token.",
        seed: &[],
        check: |facts| {
            let sets = facts.published();
            let found = sets.iter().filter_map(|set| nothing_usable(facts, set));
            let found: Vec<Finding> = found.collect();
            if found.is_empty() {
                asked(facts, "jwks-empty")
            } else {
                Ok(found)
            }
        },
    },
];

/// A key set with no key that any token could be verified with. One that is only there twice is another rule's.
fn nothing_usable(facts: &Facts, set: &Published) -> Option<Finding> {
    if set.usable() > 0 || set.is_ambiguous() {
        return None;
    }
    let why = set.keys.iter().find_map(|(key, why)| {
        let key_id = key.key_id.as_deref().unwrap_or("without a `kid`");
        Some((key_id, unusable(key, why.as_ref()?)))
    });
    let message = match (set.keys.len(), why) {
        (1, Some((_, why))) => format!("its only key cannot be used: {why}"),
        (count, Some((key_id, why))) => {
            format!("none of its {count} keys can be used; of the key {key_id}: {why}")
        }
        (_, None) => "the key set is empty".to_owned(),
    };
    let place = Place::Url(without_credentials(&set.url));
    Some(of_several(facts, &set.issuer, Finding::new(place, message)))
}

#[cfg(test)]
mod tests {
    use crate::answer::{Answer, Fault};
    use crate::diagnose::{Scope, diagnose};
    use crate::facts::{Facts, World};
    use crate::report::{Exit, Status, Word};
    use crate::rule::{Place, Step};
    use crate::rules::testing::{Healthy, ISSUER, answer, assert_fails, assert_refused, jwk};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    fn discovery() -> String {
        format!("{ISSUER}/.well-known/openid-configuration")
    }

    #[test]
    fn what_cannot_be_reached_is_not_refused() {
        for (fault, rule) in [
            (
                Fault::Unresolvable("no address".to_owned()),
                "issuer-unresolvable",
            ),
            (
                Fault::Unreachable("connection refused".to_owned()),
                "issuer-unreachable",
            ),
            (
                Fault::TimedOut("connecting".to_owned()),
                "issuer-unreachable",
            ),
            (Fault::Tls("unknown issuer".to_owned()), "issuer-tls"),
        ] {
            let report = assert_fails(&[rule], |world| {
                world.answers.insert(discovery(), Answer::Fault(fault));
            });
            assert_eq!(
                (report.exit, report.verdict.unwrap().convex.outcome),
                (Exit::Unchecked, Word::Unknown)
            );
        }
    }

    #[test]
    fn answers_that_convex_refuses() {
        for (status, kind, body, rule) in [
            (404, "text/plain", "not found", "discovery-status"),
            (200, "text/html", "<html>", "discovery-body"),
            (200, "application/json", "[]", "discovery-body"),
            (
                400,
                "application/json",
                r#"{"errors":[{"message":"Invalid host","code":"host_invalid"}]}"#,
                "unknown-instance",
            ),
        ] {
            assert_refused(&[rule], |world| {
                world
                    .answers
                    .insert(discovery(), answer(status, kind, body));
            });
        }
        assert_refused(&["discovery-issuer"], |world| {
            world.discovery["issuer"] = json!(format!("{ISSUER}/"));
        });
    }

    /// Without a token; the keys in place of those of the healthy issuer.
    fn without_token(keys: &Value) -> Vec<(&'static str, String)> {
        let mut healthy = Healthy::new();
        healthy.keys = json!({ "keys": keys });
        let world = World {
            token: None,
            ..healthy.world()
        };
        let scope = Scope {
            command: "env",
            steps: Step::ALL.to_vec(),
            ..Scope::default()
        };
        let report = diagnose(&Facts::read(world), &scope);
        let found = report.findings.into_iter();
        found
            .map(|reported| (reported.rule.name, reported.finding.message))
            .collect()
    }

    #[test]
    fn key_sets_that_no_token_could_be_verified_with() {
        let with = |name: &str, value: Value| {
            let mut key = jwk();
            key[name] = value;
            key
        };
        let short = URL_SAFE_NO_PAD.encode([0xff; 128]);
        for (keys, words) in [
            (json!([with("n", json!(short))]), "1024 bits"),
            (
                json!([with("n", json!(URL_SAFE_NO_PAD.encode([0xff; 2048])))]),
                "16384 bits",
            ),
            (json!([with("n", json!("AQAB=="))]), "modulus `n`"),
            (json!([with("n", json!(""))]), "no key"),
            (json!([with("use", json!("enc"))]), "`enc`"),
            (json!([with("alg", json!("RS512"))]), "RS512"),
            (
                json!([with("n", json!(short)), with("use", json!("enc"))]),
                "none of its 2 keys",
            ),
        ] {
            let found = without_token(&keys);
            assert!(
                matches!(found.as_slice(), [("jwks-empty", message)] if message.contains(words)),
                "{words}: {found:?}"
            );
        }
        let twice = without_token(&json!([jwk(), jwk()]));
        assert!(matches!(twice.as_slice(), [("key-ambiguous", _)]));
        let other = with("kid", json!("ins_other"));
        let weak = with("n", json!(short));
        assert_eq!(without_token(&json!([jwk(), other])), []);
        // A weak one that shares a `kid` with a good one spoils it, and the other is left.
        for spoilt in [json!([jwk(), other, weak]), json!([jwk(), jwk(), other])] {
            let found = without_token(&spoilt);
            assert!(
                matches!(found.as_slice(), [("key-ambiguous", message)] if message.contains("refuses its tokens")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_key_set_without_a_key_for_signatures() {
        for (name, value) in [
            ("use", json!("enc")),
            ("alg", json!("RS512")),
            ("kid", json!(5)),
        ] {
            let report = assert_fails(&["jwks-empty"], |world| {
                world.keys["keys"][0][name] = value;
            });
            let signature = report
                .checks
                .iter()
                .find(|check| check.step == Step::Signature);
            assert_eq!(signature.unwrap().status, Status::Skip);
            let place = Place::Url(format!("{ISSUER}/.well-known/jwks.json"));
            assert_eq!(report.findings[0].finding.place, place);
        }
    }

    #[test]
    fn key_sets_that_convex_refuses() {
        let jwks = format!("{ISSUER}/.well-known/jwks.json");
        for (status, kind, body, rule) in [
            (500, "text/plain", "oops", "jwks-status"),
            (200, "text/html", "<html>", "jwks-body"),
            (200, "application/json", r#"{"key": []}"#, "jwks-body"),
            (200, "application/json", r#"{"keys": []}"#, "jwks-empty"),
        ] {
            assert_refused(&[rule], |world| {
                world
                    .answers
                    .insert(jwks.clone(), answer(status, kind, body));
            });
        }
    }
}
