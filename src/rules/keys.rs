//! Topic `keys`: the key and the signature.

use super::{caused, of_several};
use crate::convex::Published;
use crate::escape::without_credentials;
use crate::facts::Facts;
use crate::issuer::Unusable;
use crate::pass::Signature;
use crate::rule::{Finding, PASSED, Place, Row, Rule, Severity, Step};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "key-unknown",
        step: Step::Signature,
        severity: Severity::Error,
        title: "the token was signed with a key that the issuer does not publish",
        why: "`kid` names the key, in Clerk's tokens the instance. It is not in the issuer's key set: the token is of another instance, or from \
              before a change of keys, or was signed with a custom key.",
        fix: "Delete the cookies of this host, sign in again, and take a new token; switch off custom signing keys in the template.",
        seed: &[Row::Unauthorized],
        check: |facts| caused(facts, "key-unknown"),
    },
    Rule {
        name: "signature-invalid",
        step: Step::Signature,
        severity: Severity::Error,
        title: "the token's signature is not genuine",
        why: "The key that `kid` names did not make this signature: the token was changed after it was signed, or was signed by somebody else.",
        fix: "Copy the token anew. If it stays so, look where it is made: a test helper, an edited token, a custom signing key.",
        seed: &[Row::Unauthorized],
        check: |facts| caused(facts, "signature-invalid"),
    },
    Rule {
        name: "key-ambiguous",
        step: Step::Signature,
        severity: Severity::Error,
        title: "more than one key fits the token",
        why: "Convex wants exactly one eligible key, and refuses when there are two, even if they are the same.",
        fix: "Sign tokens with a `kid`, and publish each key once.",
        seed: &[Row::Unauthorized],
        check: |facts| {
            let sets = facts.published();
            let twice: Vec<Finding> = sets.iter().filter_map(|set| of_set(facts, set)).collect();
            if twice.is_empty() {
                caused(facts, "key-ambiguous")
            } else {
                Ok(twice)
            }
        },
    },
    Rule {
        name: "key-unusable",
        step: Step::Signature,
        severity: Severity::Error,
        title: "the issuer's key cannot be used",
        why: "The entry that `kid` names is there, but it makes no key for this token: its numbers, its type, its `alg` or its `use` do not fit.",
        fix: "Publish the key as RFC 7517, 4 has it, with `use` `sig` and the `alg` of the tokens, and `n` and `e` in base64url without padding.",
        seed: &[Row::Unauthorized],
        check: |facts| caused(facts, "key-unusable"),
    },
    Rule {
        name: "key-weak",
        step: Step::Signature,
        severity: Severity::Warning,
        title: "the issuer's RSA key has the wrong size",
        why: "Convex verifies with RSA keys of 2048 to 8192 bits only; another fails like a bad signature.",
        fix: "Use a key of 2048 to 8192 bits.",
        seed: &[Row::Unauthorized],
        check: |facts| {
            let refused = caused(facts, "key-weak")?;
            if !refused.is_empty() {
                return Ok(refused
                    .into_iter()
                    .map(|finding| finding.severity(Severity::Error))
                    .collect());
            }
            let token = facts.token()?;
            // A key that Convex verified with is long enough.
            if facts.signature() == Signature::Good {
                return PASSED;
            }
            let Some(keys) = facts.trust.keys_for(token, &facts.world) else {
                return PASSED;
            };
            let weak = crate::issuer::read_jwks(&keys)
                .into_iter()
                .flatten()
                .filter(|key| key.key_id.as_deref() == token.key_id())
                .find(|key| matches!(key.refused, Some(Unusable::Size(_))));
            match weak {
                Some(key) => Finding::new(
                    Place::token("/header/kid"),
                    format!("the key has {} bits", key.bits.unwrap_or_default()),
                )
                .only(),
                None => PASSED,
            }
        },
    },
];

/// Without a token: the keys of a set that stand there more than once. Where another key is left its tokens are good, and this is a warning.
fn of_set(facts: &Facts, set: &Published) -> Option<Finding> {
    let finding = if set.is_ambiguous() {
        twice(set)
    } else {
        let key_id = set.twice()?;
        let words =
            format!("the key {key_id} stands in the set more than once: Convex refuses its tokens");
        Finding::new(Place::Url(without_credentials(&set.url)), words).severity(Severity::Warning)
    };
    Some(of_several(facts, &set.issuer, finding))
}

/// Each key that would do stands in the set more than once.
fn twice(set: &Published) -> Finding {
    let key = set.keys.iter().find_map(|(key, why)| {
        matches!(why, Some(crate::convex::Cause::KeyAmbiguous)).then_some(key)
    });
    let key_id = key.and_then(|key| key.key_id.as_deref());
    let message = match key_id {
        Some(key_id) => format!("the key {key_id} stands in the set more than once"),
        None => "keys without a `kid` stand beside each other".to_owned(),
    };
    Finding::new(Place::Url(without_credentials(&set.url)), message)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{assert_accepted, assert_refused, jwk};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    #[test]
    fn keys_and_signatures() {
        assert_refused(&["key-unknown"], |world| {
            world.header["kid"] = json!("ins_other");
        });
        assert_refused(&["key-ambiguous"], |world| {
            world.keys = json!({"keys": [jwk(), jwk()]});
        });
        assert_refused(&["key-ambiguous"], |world| {
            world.header.as_object_mut().unwrap().remove("kid");
            world.keys = json!({"keys": [jwk(), jwk()]});
        });
        assert_refused(&["key-unusable"], |world| {
            world.keys["keys"][0]["n"] = json!("AQAB====");
        });
        for (name, value) in [("use", "enc"), ("alg", "PS256"), ("kty", "EC")] {
            assert_refused(&["key-unusable"], |world| {
                let mut other = jwk();
                other["kid"] = json!("ins_other");
                world.keys = json!({"keys": [jwk(), other]});
                world.keys["keys"][0][name] = json!(value);
            });
        }
        // Another kind of key with the same `kid` is no short one.
        assert_accepted(&[], |world| {
            let other = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode([1; 32]), "kid": jwk()["kid"], "alg": "EdDSA"});
            world.keys = json!({"keys": [other, jwk()]});
        });
        assert_refused(&["signature-invalid"], |world| {
            let token = crate::rules::testing::mint(&world.header, &world.claims);
            let (message, signature) = token.rsplit_once('.').unwrap();
            let flipped = if signature.starts_with('A') { "B" } else { "A" };
            world.token = Some(format!("{message}.{flipped}{}", &signature[1..]));
        });
    }
}
