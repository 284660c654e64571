//! Verdicts per second with the issuer's key at hand, beside the bare verification of the same signatures with the same library, on one core and on
//! two.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerkcheck::answer::{Answer, Answers, Response};
use clerkcheck::convex::{Cache, Outcome, Question, judge_with};
use clerkcheck::provider::Provider;
use divan::counter::ItemsCount;
use serde_json::json;

const ISSUER: &str = "https://cool-ocelot-25.clerk.accounts.dev";
const NOW: i64 = 1_750_000_000;
const TOKENS: usize = 1_000;

struct World {
    parsed: ParsedPublicKey,
    tokens: Vec<String>,
    answers: Answers,
    providers: Vec<Provider>,
}

fn world() -> World {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = pair.public_key();
    let (n, e) = (
        public.modulus().big_endian_without_leading_zero(),
        public.exponent().big_endian_without_leading_zero(),
    );
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let mut answers = Answers::default();
    let mut answer = |path: &str, body: serde_json::Value| {
        let response = Response {
            status: 200,
            content_type: Some("application/json".to_owned()),
            body: body.to_string().into_bytes(),
            ..Response::default()
        };
        answers.insert(
            format!("{ISSUER}/.well-known/{path}"),
            Answer::Response(response),
        );
    };
    answer(
        "openid-configuration",
        json!({"issuer": ISSUER, "jwks_uri": format!("{ISSUER}/.well-known/jwks.json")}),
    );
    answer(
        "jwks.json",
        json!({"keys": [{"use": "sig", "kty": "RSA", "kid": "ins_1", "alg": "RS256", "n": part(n), "e": part(e)}]}),
    );
    let random = SystemRandom::new();
    let tokens = (0..TOKENS).map(|index| {
        let header = json!({"alg": "RS256", "cat": "cl_B7d4PD222AAA", "kid": "ins_1", "typ": "JWT"});
        let claims = json!({"aud": "convex", "azp": "http://localhost:3000", "email": "ada@example.com", "email_verified": true, "exp": NOW + 60,
            "family_name": "Lovelace", "given_name": "Ada", "iat": NOW - 5, "iss": ISSUER, "jti": format!("{index:020}"), "name": "Ada Lovelace",
            "nbf": NOW - 10, "sub": format!("user_{index}")});
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    });
    World {
        parsed: PublicKeyComponents { n, e }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .unwrap(),
        tokens: tokens.collect(),
        answers,
        providers: vec![Provider::Oidc {
            domain: ISSUER.to_owned(),
            application_id: "convex".to_owned(),
        }],
    }
}

fn main() {
    divan::main();
}

#[divan::bench(threads = [1, 2])]
fn bare_signatures(bencher: divan::Bencher<'_, '_>) {
    let world = world();
    let split: Vec<(&[u8], Vec<u8>)> = world
        .tokens
        .iter()
        .map(|token| {
            let (message, signature) = token.rsplit_once('.').unwrap();
            (
                message.as_bytes(),
                URL_SAFE_NO_PAD.decode(signature).unwrap(),
            )
        })
        .collect();
    bencher.counter(ItemsCount::new(TOKENS)).bench(|| {
        split
            .iter()
            .filter(|(message, signature)| world.parsed.verify_sig(message, signature).is_ok())
            .count()
    });
}

#[divan::bench(threads = [1, 2])]
fn verdicts(bencher: divan::Bencher<'_, '_>) {
    let world = world();
    bencher.counter(ItemsCount::new(TOKENS)).bench(|| {
        let mut cache = Cache::default();
        let accepted = world
            .tokens
            .iter()
            .filter(|token| {
                let verdict = judge_with(
                    &Question {
                        token,
                        providers: &world.providers,
                        answers: &world.answers,
                        now: NOW,
                        digests: None,
                        redacted: false,
                    },
                    &mut cache,
                );
                matches!(verdict.outcome, Outcome::Accepted(_))
            })
            .count();
        assert_eq!(accepted, TOKENS);
        accepted
    });
}
