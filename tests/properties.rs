//! What must hold for any token, any documents and any time.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use arbtest::arbitrary::{Arbitrary as _, Result, Unstructured};
use arbtest::arbtest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerkcheck::answer::{Answer, Answers, Fault, Response};
use clerkcheck::clerk::{self, Keys};
use clerkcheck::convex::{Cache, Outcome, Question, accept_config, judge, judge_with};
use clerkcheck::provider::{CustomAlgorithm, Provider};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;
use std::time::Duration;

const ISSUER: &str = "https://cool-ocelot-25.clerk.accounts.dev";
const NOW: i64 = 1_750_000_000;
/// Of each property.
const TIME: Duration = Duration::from_millis(700);

fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn sign(header: &str, claims: &str) -> String {
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let mut signature = vec![0; key().public_modulus_len()];
    key()
        .sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        )
        .unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn jwk() -> Value {
    let public = key().public_key();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({"use": "sig", "kty": "RSA", "kid": "a", "alg": "RS256",
        "n": part(public.modulus().big_endian_without_leading_zero()),
        "e": part(public.exponent().big_endian_without_leading_zero())})
}

/// Any JSON, not too deep, with a taste for the words that matter.
fn any_json(u: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    Ok(match u.int_in_range(0..=if depth == 0 { 6 } else { 8 })? {
        0 => Value::Null,
        1 => bool::arbitrary(u)?.into(),
        2 => i64::arbitrary(u)?.into(),
        3 => json!(f64::arbitrary(u)?),
        4 => (NOW + i64::from(i16::arbitrary(u)?)).into(),
        5 => String::arbitrary(u)?.into(),
        6 => (*u.choose(&WORDS)?).into(),
        7 => {
            let mut items = Vec::new();
            for _ in 0..u.int_in_range(0..=3)? {
                items.push(any_json(u, depth - 1)?);
            }
            items.into()
        }
        _ => any_object(u, depth - 1)?.into(),
    })
}

const WORDS: [&str; 20] = [
    "convex",
    ISSUER,
    "RS256",
    "ES256",
    "EdDSA",
    "none",
    "JWT",
    "a",
    "RSA",
    "EC",
    "OKP",
    "P-256",
    "Ed25519",
    "AQAB",
    "sig",
    "customJwt",
    "oidc",
    "localhost",
    "https://cool-ocelot-25.clerk.accounts.dev/.well-known/jwks.json",
    "2025-06-15T15:06:40Z",
];

const NAMES: [&str; 34] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "email",
    "email_verified",
    "address",
    "updated_at",
    "amr",
    "name#en",
    "sub#x",
    "alg",
    "kid",
    "typ",
    "cty",
    "crit",
    "keys",
    "kty",
    "use",
    "n",
    "e",
    "crv",
    "x",
    "y",
    "issuer",
    "jwks_uri",
    "domain",
    "applicationID",
    "type",
    "jwks",
    "algorithm",
];

fn any_object(u: &mut Unstructured<'_>, depth: usize) -> Result<Map<String, Value>> {
    let mut object = Map::new();
    for _ in 0..u.int_in_range(0..=6)? {
        let name = if u.ratio(1, 8)? {
            String::arbitrary(u)?
        } else {
            (*u.choose(&NAMES)?).to_owned()
        };
        object.insert(name, any_json(u, depth)?);
    }
    Ok(object)
}

/// A token that would be accepted, with a few members changed.
fn near_token(u: &mut Unstructured<'_>) -> Result<String> {
    let mut header = good_header();
    let mut claims = good_claims();
    for object in [&mut header, &mut claims] {
        if bool::arbitrary(u)? {
            object.extend(any_object(u, 2)?);
        }
    }
    let token = sign(
        &Value::Object(header).to_string(),
        &Value::Object(claims).to_string(),
    );
    Ok(match u.int_in_range(0..=5)? {
        0 => String::arbitrary(u)?,
        1 => {
            let at = u.choose_index(token.len())?;
            format!("{}{}{}", &token[..at], u.choose(&WORDS)?, &token[at..])
        }
        2 => token[..u.choose_index(token.len())?].to_owned(),
        _ => token,
    })
}

fn good_header() -> Map<String, Value> {
    let header = json!({"alg": "RS256", "kid": "a", "typ": "JWT"});
    header.as_object().unwrap().clone()
}

fn good_claims() -> Map<String, Value> {
    let claims =
        json!({"iss": ISSUER, "sub": "user_1", "aud": "convex", "iat": NOW - 5, "exp": NOW + 60});
    claims.as_object().unwrap().clone()
}

fn good_documents() -> [(String, Value); 2] {
    let at = |path: &str| format!("{ISSUER}/.well-known/{path}");
    [
        (
            at("openid-configuration"),
            json!({"issuer": ISSUER, "jwks_uri": at("jwks.json")}),
        ),
        (at("jwks.json"), json!({"keys": [jwk()]})),
    ]
}

fn good_answers() -> Answers {
    let mut answers = Answers::default();
    for (url, body) in good_documents() {
        let response = Response {
            status: 200,
            body: body.to_string().into_bytes(),
            content_type: Some("application/json".to_owned()),
            ..Response::default()
        };
        answers.insert(url, Answer::Response(response));
    }
    answers
}

fn any_answers(u: &mut Unstructured<'_>) -> Result<Answers> {
    let mut answers = good_answers();
    for (url, body) in good_documents() {
        if u.ratio(1, 2)? {
            continue;
        }
        let body = match u.int_in_range(0..=3)? {
            0 => Vec::arbitrary(u)?,
            1 => any_json(u, 3)?.to_string().into_bytes(),
            2 => {
                let mut object = body.as_object().unwrap().clone();
                object.extend(any_object(u, 2)?);
                Value::Object(object).to_string().into_bytes()
            }
            _ => body.to_string().into_bytes(),
        };
        let answer = if u.ratio(1, 8)? {
            Answer::Fault(Fault::TimedOut("late".to_owned()))
        } else {
            Answer::Response(Response {
                status: *u.choose(&[200, 200, 200, 204, 302, 404, 407, 500, 999, 0])?,
                content_type: Option::arbitrary(u)?,
                location: u
                    .choose(&[None, Some("/x"), Some(ISSUER)])?
                    .map(str::to_owned),
                date: None,
                body,
            })
        };
        answers.insert(url, answer);
    }
    Ok(answers)
}

fn oidc() -> Provider {
    Provider::Oidc {
        domain: ISSUER.to_owned(),
        application_id: "convex".to_owned(),
    }
}

fn any_providers(u: &mut Unstructured<'_>) -> Result<Vec<Provider>> {
    let custom = Provider::CustomJwt {
        issuer: ISSUER.to_owned(),
        jwks: if u.ratio(3, 4)? {
            format!("{ISSUER}/.well-known/jwks.json")
        } else if u.ratio(1, 2)? {
            format!("data:{}", String::arbitrary(u)?)
        } else {
            String::arbitrary(u)?
        },
        algorithm: *u.choose(&[CustomAlgorithm::Rs256, CustomAlgorithm::Es256])?,
        application_id: bool::arbitrary(u)?.then(|| "convex".to_owned()),
    };
    Ok(match u.int_in_range(0..=4)? {
        0 => Vec::new(),
        1 => vec![custom],
        2 => vec![custom, oidc()],
        _ => vec![oidc()],
    })
}

#[test]
fn the_verdict_never_panics_and_is_the_same_twice() {
    let mut cache = Cache::default();
    arbtest(|u| {
        let token = near_token(u)?;
        let providers = any_providers(u)?;
        let answers = any_answers(u)?;
        let question = Question {
            token: &token,
            providers: &providers,
            answers: &answers,
            now: if bool::arbitrary(u)? {
                i64::arbitrary(u)?
            } else {
                NOW
            },
            digests: None,
            redacted: bool::arbitrary(u)?,
        };
        let first = format!("{:?}", judge(&question));
        assert_eq!(first, format!("{:?}", judge(&question)));
        assert_eq!(first, format!("{:?}", judge_with(&question, &mut cache)));
        Ok(())
    })
    .budget(TIME * 3);
}

/// What every accepted token of an OIDC provider has.
#[test]
fn an_accepted_token_keeps_the_rules() {
    arbtest(|u| {
        let mut claims = good_claims();
        claims.extend(any_object(u, 2)?);
        let claims = Value::Object(claims);
        let token = sign(
            &Value::Object(good_header()).to_string(),
            &claims.to_string(),
        );
        let now = NOW + i64::from(i8::arbitrary(u)?);
        let verdict = judge(&Question {
            token: &token,
            providers: &[oidc()],
            answers: &good_answers(),
            now,
            digests: None,
            redacted: false,
        });
        if let Outcome::Accepted(identity) = verdict.outcome {
            assert_eq!(claims["iss"].as_str(), Some(ISSUER));
            let audiences = match &claims["aud"] {
                Value::Array(items) => items.clone(),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Object(_) => {
                    vec![claims["aud"].clone()]
                }
            };
            assert!(!audiences.is_empty() && audiences.iter().all(|own| own == "convex"));
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            let late = claims["exp"].as_f64().unwrap() <= now as f64;
            assert!(!late && claims["iat"].is_number());
            let subject = claims["sub"].as_str().unwrap();
            assert_eq!(
                identity.members()["tokenIdentifier"],
                json!(format!("{ISSUER}|{subject}"))
            );
        }
        Ok(())
    })
    .budget(TIME);
}

#[test]
fn unknown_claims_change_nothing_but_the_identity() {
    arbtest(|u| {
        let mut claims = good_claims();
        let mut names = Vec::new();
        for _ in 0..u.int_in_range(0..=4)? {
            let name = format!("x_{}", String::arbitrary(u)?);
            claims.insert(name.clone(), any_json(u, 4)?);
            names.push(name);
        }
        let token = sign(
            &Value::Object(good_header()).to_string(),
            &Value::Object(claims.clone()).to_string(),
        );
        let verdict = judge(&Question {
            token: &token,
            providers: &[oidc()],
            answers: &good_answers(),
            now: NOW,
            digests: None,
            redacted: false,
        });
        let Outcome::Accepted(identity) = verdict.outcome else {
            panic!("{verdict:?}")
        };
        for name in names {
            assert!(identity.members().contains_key(&name), "{name}");
        }
        Ok(())
    })
    .budget(TIME);
}

#[test]
fn any_other_signature_is_refused() {
    arbtest(|u| {
        let token = sign(
            &Value::Object(good_header()).to_string(),
            &Value::Object(good_claims()).to_string(),
        );
        let (message, signature) = token.rsplit_once('.').unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let at = u.choose_index(bytes.len())?;
        bytes[at] ^= u.int_in_range(1..=255_u8)?;
        let verdict = judge(&Question {
            token: &format!("{message}.{}", URL_SAFE_NO_PAD.encode(&bytes)),
            providers: &[oidc()],
            answers: &good_answers(),
            now: NOW,
            digests: None,
            redacted: false,
        });
        assert!(matches!(verdict.outcome, Outcome::Refused(_)));
        Ok(())
    })
    .budget(TIME);
}

#[test]
fn any_configuration_is_read_without_a_panic() {
    arbtest(|u| {
        let config = match u.int_in_range(0..=2)? {
            0 => json!({"providers": [any_object(u, 1)?, any_json(u, 2)?]}),
            1 => {
                json!({"providers": [{"domain": String::arbitrary(u)?, "applicationID": "convex"}]})
            }
            _ => any_json(u, 3)?,
        };
        match accept_config(&config) {
            Ok(providers) => assert_eq!(
                providers.len(),
                config["providers"].as_array().map_or(0, Vec::len)
            ),
            Err(refusal) => assert!(refusal.pushed().ends_with(&refusal.message)),
        }
        Ok(())
    })
    .budget(TIME);
}

#[test]
fn any_key_set_is_read_without_a_panic() {
    arbtest(|u| {
        let bytes = if bool::arbitrary(u)? {
            Vec::arbitrary(u)?
        } else {
            json!({"keys": [any_object(u, 2)?, any_object(u, 1)?]})
                .to_string()
                .into_bytes()
        };
        for key in clerkcheck::issuer::read_jwks(&bytes).unwrap_or_default() {
            let _ = key.refused.map(|reason| reason.to_string());
        }
        Ok(())
    })
    .budget(TIME);
}

#[test]
fn clerks_verdict_never_panics() {
    arbtest(|u| {
        let read = clerkcheck::token::Token::read(&near_token(u)?);
        let keys = any_json(u, 3)?.to_string();
        let keys = if bool::arbitrary(u)? {
            json!({"keys": [jwk()]}).to_string()
        } else {
            keys
        };
        let now = i64::arbitrary(u)?;
        let verify = || clerk::verify(&read, Keys::Set(keys.as_bytes()), now);
        assert_eq!(verify(), verify());
        let _ = clerk::verify(&read, Keys::Absent, now);
        Ok(())
    })
    .budget(TIME);
}
