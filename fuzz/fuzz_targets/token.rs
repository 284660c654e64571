//! Any text as a token, judged by an issuer whose documents are at hand: Convex's verdict with and without the cache is the same, and never unknown.
#![no_main]

use clerkcheck::answer::{Answer, Answers, Response};
use clerkcheck::clerk;
use clerkcheck::convex::{Cache, Outcome, Question, judge, judge_with};
use clerkcheck::provider::Provider;
use clerkcheck::token::Token;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const ISSUER: &str = "https://x.example";
const KEYS: &str = include_str!("../seeds/documents/keys.json");

static ANSWERS: LazyLock<Answers> = LazyLock::new(|| {
    let mut answers = Answers::default();
    let discovery = format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"{ISSUER}/keys"}}"#);
    for (path, body) in [(".well-known/openid-configuration", discovery.as_str()), ("keys", KEYS)] {
        let response = Response {
            status: 200,
            content_type: Some("application/json".to_owned()),
            body: body.as_bytes().to_vec(),
            ..Response::default()
        };
        answers.insert(format!("{ISSUER}/{path}"), Answer::Response(response));
    }
    answers
});

fuzz_target!(|bytes: &[u8]| {
    // A seed is a header and claims in plain JSON, one on each line; what is no such pair is a token as it stands.
    let text = String::from_utf8_lossy(bytes);
    let token = match text.split_once('\n') {
        Some((header, claims)) => format!("{}.{}.AAAA", encoded(header), encoded(claims)),
        None => text.into_owned(),
    };
    let read = Token::read(&token);
    let _ = (read.kind(), clerk::verify(&read, clerk::Keys::Set(KEYS.as_bytes()), 1_767_225_610));
    let providers = [Provider::Oidc {
        domain: ISSUER.to_owned(),
        application_id: "convex".to_owned(),
    }];
    let question = Question {
        token: &token,
        providers: &providers,
        answers: &ANSWERS,
        now: 1_767_225_610,
        digests: None,
        redacted: false,
    };
    let mut cache = Cache::default();
    let first = format!("{:?}", judge(&question).outcome);
    for _ in 0..2 {
        let verdict = judge_with(&question, &mut cache);
        assert_eq!(format!("{:?}", verdict.outcome), first);
        assert!(matches!(verdict.outcome, Outcome::Refused(_)), "nobody has the key");
    }
});

/// Base64url without padding.
fn encoded(text: &str) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(char::from(SIGNS[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    out
}
