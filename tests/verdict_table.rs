//! The whole table of claims, the list of rules around it, and the configuration, with tokens of a key of our own: each row as it is specified,
//! whether or not an observed case has it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test may panic; tables are written in place"
)]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clerkcheck::answer::{Answer, Answers, Fault, Response};
use clerkcheck::convex::{Cause, Outcome, Question, Verdict, accept_config, judge};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

const ISSUER: &str = "https://cool-ocelot-25.clerk.accounts.dev";
const KEY_ID: &str = "ins_1";
const NOW: i64 = 1_750_000_000;

fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn jwk() -> Value {
    let public = key().public_key();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({"use": "sig", "kty": "RSA", "kid": KEY_ID, "alg": "RS256",
        "n": part(public.modulus().big_endian_without_leading_zero()),
        "e": part(public.exponent().big_endian_without_leading_zero())})
}

/// A world that accepts, to break one thing in.
struct World {
    header: Value,
    claims: Value,
    /// More members, as text at the end of the claims.
    more: String,
    providers: Value,
    discovery: Value,
    keys: Value,
    answers: Vec<(String, Response)>,
    now: i64,
    redacted: bool,
}

fn response(content_type: Option<&str>, body: &str) -> Response {
    Response {
        status: 200,
        content_type: content_type.map(str::to_owned),
        body: body.as_bytes().to_vec(),
        ..Response::default()
    }
}

impl World {
    fn oidc() -> Self {
        Self {
            header: json!({"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}),
            claims: json!({"iss": ISSUER, "sub": "user_1", "aud": "convex", "iat": NOW - 5, "exp": NOW + 60}),
            more: String::new(),
            providers: json!([{"domain": ISSUER, "applicationID": "convex"}]),
            discovery: json!({"issuer": ISSUER, "jwks_uri": jwks_url()}),
            keys: json!({"keys": [jwk()]}),
            answers: Vec::new(),
            now: NOW,
            redacted: false,
        }
    }

    fn custom() -> Self {
        Self {
            providers: json!([{"type": "customJwt", "issuer": ISSUER, "jwks": jwks_url(), "algorithm": "RS256", "applicationID": "convex"}]),
            ..Self::oidc()
        }
    }

    fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    fn header(mut self, name: &str, value: Value) -> Self {
        self.header[name] = value;
        self
    }

    fn more(mut self, text: &str) -> Self {
        text.clone_into(&mut self.more);
        self
    }

    fn keys(mut self, keys: &Value) -> Self {
        self.keys = json!({ "keys": keys });
        self
    }

    fn answer(mut self, url: &str, response: Response) -> Self {
        self.answers.push((url.to_owned(), response));
        self
    }

    fn token(&self) -> String {
        let mut claims = self.claims.to_string();
        claims.truncate(claims.len() - 1);
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(self.header.to_string()),
            URL_SAFE_NO_PAD.encode(format!("{claims}{}}}", self.more))
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

    fn judge(&self) -> Verdict {
        self.judge_token(&self.token())
    }

    fn judge_token(&self, token: &str) -> Verdict {
        let mut answers = Answers::default();
        let json = Some("application/json");
        answers.insert(
            discovery_url(),
            Answer::Response(response(json, &self.discovery.to_string())),
        );
        answers.insert(
            jwks_url(),
            Answer::Response(response(json, &self.keys.to_string())),
        );
        for (url, response) in &self.answers {
            answers.insert(url.clone(), Answer::Response(response.clone()));
        }
        let providers = accept_config(&json!({ "providers": self.providers })).unwrap();
        loop {
            let verdict = judge(&Question {
                token,
                providers: &providers,
                answers: &answers,
                now: self.now,
                digests: None,
                redacted: self.redacted,
            });
            match &verdict.outcome {
                Outcome::Unknown { url } => answers.insert(
                    url.clone(),
                    Answer::Fault(Fault::Unreachable("absent".to_owned())),
                ),
                Outcome::Accepted(_) | Outcome::Refused(_) => return verdict,
            }
        }
    }

    /// The step that refuses, in the table's letters.
    fn stage(&self) -> &'static str {
        stage(&self.judge())
    }

    fn message(&self) -> String {
        match self.judge().outcome {
            Outcome::Refused(refusal) => refusal.message,
            Outcome::Accepted(_) | Outcome::Unknown { .. } => "ok".to_owned(),
        }
    }

    fn identity(&self) -> Map<String, Value> {
        let verdict = self.judge();
        let Outcome::Accepted(identity) = verdict.outcome else {
            panic!("{verdict:?}")
        };
        identity.members()
    }
}

fn stage(verdict: &Verdict) -> &'static str {
    let Outcome::Refused(refusal) = &verdict.outcome else {
        return "ok";
    };
    match (refusal.code, refusal.message.get(..18).unwrap_or_default()) {
        ("InvalidAuthHeader", "Could not parse JW") => "P1",
        ("InvalidAuthHeader", "Missing issuer cla") => "ISS",
        ("InvalidAuthHeader", "Could not parse as") => "P2",
        ("InvalidAuthHeader", "Could not decode t") => "DEC",
        ("InvalidAuthHeader", "Could not validate") => "TIME",
        ("InvalidAuthHeader", "Could not verify t") => "CLAIM",
        ("InvalidAuthHeader", "Could not fetch JW") => "FETCH",
        ("InvalidAuthHeader", "Invalid Content-Ty") => "TYPE",
        ("InvalidAuthHeader", "Invalid JWKS respo") => "JWKS",
        ("InvalidAuthHeader", "Invalid JWKS data ") => "DATA",
        ("NoAuthProvider", _) => "NAP",
        ("Unauthenticated", _) => "UNA",
        ("AuthProviderDiscoveryFailed", _) => "DISC",
        ("InternalServerError", _) => "500",
        _ => "?",
    }
}

fn discovery_url() -> String {
    format!("{ISSUER}/.well-known/openid-configuration")
}

fn jwks_url() -> String {
    format!("{ISSUER}/.well-known/jwks.json")
}

const TABLE: &str = "
claim                     missing     null      str emptystr      int    float      neg     true emptyarr   arrstr   arrint emptyobj      obj  rfc3339
iss                           ISS      ISS      NAP      NAP       P1       P1       P1       P1       P1       P1       P1       P1       P1      NAP
sub                            P2       P2       ok       ok       P1       P1       P1       P1       P1       P1       P1       P1       P1       ok
aud                           NAP      NAP      NAP      NAP       P1       P1       P1       P1      NAP      NAP       P1       P1       P1      NAP
exp                            P2       P2       P1       P1      UNA      UNA       P1       P1       P1       P1       P1       P1       P1       P1
nbf                            ok       ok       P1       P1       ok       ok       P1       P1       P1       P1       P1       P1       P1       P1
iat                            P2       P2       P1       P1       ok       ok       P1       P1       P1       P1       P1       P1       P1       P1
jti                            ok       ok       ok       ok       P1       P1       P1       P1       P1       P1       P1       P1       P1       ok
auth_time                      ok       ok       P2       P2       ok       ok       ok       P2       P2       P2       P2       P2       P2       ok
amr                            ok       ok       P2       P2       P2       P2       P2       P2       ok       ok       P2       P2       P2       P2
email_verified                 ok       ok       P2       P2       P2       P2       P2       ok       P2       P2       P2       P2       P2       P2
phone_number_verified          ok       ok       P2       P2       P2       P2       P2       ok       P2       P2       P2       P2       P2       P2
address                        ok       ok       P2       P2       P2       P2       P2       P2       P2       P2       P2       ok       ok       P2
updated_at                     ok       ok       P2       P2       ok       ok       ok       P2       P2       P2       P2       P2       P2       ok
";

/// The claims of the table that are strings, all alike.
const STRINGS: [&str; 22] = [
    "nonce",
    "acr",
    "azp",
    "at_hash",
    "c_hash",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "birthday",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "email#",
];

/// The claims that may be anything.
const ANYTHING: [&str; 4] = ["sid", "sts", "fva", "org_id"];

fn value(column: &str) -> Option<Value> {
    Some(match column {
        "missing" => return None,
        "null" => Value::Null,
        "str" => json!("hello"),
        "emptystr" => json!(""),
        "int" => json!(42),
        "float" => json!(1.5),
        "neg" => json!(-7),
        "true" => json!(true),
        "emptyarr" => json!([]),
        "arrstr" => json!(["a"]),
        "arrint" => json!([7]),
        "emptyobj" => json!({}),
        "obj" => json!({"k": "v"}),
        "rfc3339" => json!("2025-06-15T15:06:40Z"),
        other => panic!("{other}"),
    })
}

fn stage_of(claim: &str, column: &str) -> &'static str {
    let mut world = World::oidc();
    match value(column) {
        Some(value) => world.claims[claim] = value,
        None => {
            world.claims.as_object_mut().unwrap().remove(claim);
        }
    }
    world.stage()
}

#[test]
fn the_table_of_claims_holds() {
    let mut lines = TABLE.trim().lines().map(str::split_whitespace);
    let columns: Vec<&str> = lines.next().unwrap().skip(1).collect();
    let mut wrong = Vec::new();
    for mut line in lines {
        let claim = line.next().unwrap();
        for (column, expected) in columns.iter().zip(line) {
            let found = stage_of(claim, column);
            if found != expected {
                wrong.push(format!("{claim}={column}: {found}, not {expected}"));
            }
        }
    }
    for column in &columns {
        let string = matches!(*column, "missing" | "null" | "str" | "emptystr" | "rfc3339");
        for claim in STRINGS {
            let found = stage_of(claim, column);
            if found != if string { "ok" } else { "P2" } {
                wrong.push(format!("{claim}={column}: {found}"));
            }
        }
        for claim in ANYTHING {
            let found = stage_of(claim, column);
            if found != "ok" {
                wrong.push(format!("{claim}={column}: {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn times_have_their_range_and_forms() {
    let stage = |claim: &str, value: Value| World::oidc().claim(claim, value).stage();
    for claim in ["exp", "nbf", "iat"] {
        assert_eq!(stage(claim, json!(8_210_266_876_799_i64)), "ok", "{claim}");
        assert_eq!(stage(claim, json!(8_210_266_876_800_i64)), "P1", "{claim}");
        assert_eq!(stage(claim, json!(1_750_000_060_000_000_i64)), "P1");
        assert_eq!(stage(claim, json!(1e300)), "P1", "{claim}");
    }
    let verdict = World::oidc()
        .claim("exp", json!(1_750_000_060_000_000_i64))
        .judge();
    let Outcome::Refused(refusal) = verdict.outcome else {
        panic!("accepted")
    };
    assert_eq!(
        refusal.cause,
        Cause::TimeOutOfRange {
            name: "exp".to_owned()
        }
    );
    assert_eq!(stage("exp", json!(NOW)), "UNA");
    assert_eq!(stage("exp", json!(NOW + 1)), "ok");
    assert_eq!(stage("exp", json!(1_750_000_000.5)), "ok");
    assert_eq!(stage("exp", json!(1_749_999_999.5)), "UNA");
    assert_eq!(stage("exp", json!((NOW + 60) * 1000)), "ok");
    assert_eq!(stage("nbf", json!(NOW + 86_400)), "ok");
    assert_eq!(stage("iat", json!(NOW + 86_400)), "ok");
    for claim in ["updated_at", "auth_time"] {
        for accepted in [
            json!(1_749_996_400),
            json!(1_749_996_400.25),
            json!(1_749_996_400_000_i64),
            json!(-1),
            json!("2025-06-15T15:06:40Z"),
            json!("2025-06-15t15:06:40z"),
            json!("2025-06-15 15:06:40Z"),
            json!("2025-06-15T15:06:40+02:00"),
            json!("2025-06-15T15:06:40-00:00"),
            json!("2025-06-15T15:06:40.123456789123Z"),
            json!("9999-12-31T23:59:59Z"),
            json!("2024-02-29T00:00:00Z"),
        ] {
            assert_eq!(stage(claim, accepted.clone()), "ok", "{claim}={accepted}");
        }
        for refused in [
            json!("1749996400"),
            json!(""),
            json!("2025-06-15T15:06:40"),
            json!("2025-06-15"),
            json!("2025-06-15 15:06:40 +0000 UTC"),
            json!("2025-06-15T15:06:40.Z"),
            json!("2025-06-15T15:06:40+24:00"),
            json!("2025-06-15T15:06:40+0200"),
            json!("2025-02-29T00:00:00Z"),
            json!("2025-13-01T00:00:00Z"),
            json!("2025-06-15T24:00:00Z"),
            json!("2025-06-15T15:60:00Z"),
            json!(1_749_996_400_000_000_i64),
            json!(true),
        ] {
            assert_eq!(stage(claim, refused.clone()), "P2", "{claim}={refused}");
        }
    }
}

#[test]
fn duplicates_and_tags_are_told_apart() {
    let stage = |more: &str| World::oidc().more(more).stage();
    for name in ["iss", "sub", "aud", "exp", "iat"] {
        assert_eq!(stage(&format!(r#","{name}":null"#)), "P1", "{name}");
    }
    for name in ["nbf", "jti"] {
        assert_eq!(stage(&format!(r#","{name}":null,"{name}":null"#)), "P1");
    }
    for name in STRINGS.iter().filter(|name| !name.ends_with('#')) {
        assert_eq!(stage(&format!(r#","{name}":"a","{name}":"a""#)), "P2");
        // One that is null stands there, too.
        assert_eq!(stage(&format!(r#","{name}":null,"{name}":"a""#)), "P2");
    }
    assert_eq!(
        stage(r#","email_verified":true,"email_verified":true"#),
        "P2"
    );
    assert_eq!(stage(r#","updated_at":1,"updated_at":1"#), "P2");
    assert_eq!(stage(r#","amr":[],"amr":[]"#), "P2");
    assert_eq!(stage(r#","address":{},"address":{}"#), "P2");
    assert_eq!(stage(r#","address":{"region":"a","region":"a"}"#), "P2");
    assert_eq!(stage(r#","address":{"planet":"a","planet":1}"#), "ok");
    assert_eq!(stage(r#","address":{"region":1}"#), "P2");
    assert_eq!(stage(r#","org":1,"org":2"#), "ok");
    assert_eq!(
        World::oidc().more(r#","org":1,"org":2"#).identity()["org"],
        json!(2)
    );
    for name in [
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "profile",
        "picture",
        "website",
    ] {
        assert_eq!(stage(&format!(r#","{name}#en":"a","{name}":"b""#)), "ok");
        assert_eq!(stage(&format!(r#","{name}#en":1"#)), "P2");
        assert_eq!(stage(&format!(r#","{name}#en":"a","{name}#en":"b""#)), "P2");
    }
    for name in [
        "email",
        "sub",
        "preferred_username",
        "email_verified",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "phone_number",
        "phone_number_verified",
        "address",
        "updated_at",
    ] {
        assert_eq!(stage(&format!(r#","{name}#x":null"#)), "P2", "{name}#x");
    }
    for name in ["aud", "nonce", "jti", "sid"] {
        assert_eq!(stage(&format!(r#","{name}#x":[1]"#)), "ok", "{name}#x");
    }
}

#[test]
fn depth_is_limited_to_127() {
    let nested = |depth: usize| format!(r#","x":{}{}"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(World::oidc().more(&nested(126)).stage(), "ok");
    assert_eq!(World::oidc().more(&nested(127)).stage(), "P1");
    let address = |depth: usize| {
        format!(
            r#","address":{{"x":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    assert_eq!(World::oidc().more(&address(125)).stage(), "ok");
    assert_eq!(World::oidc().more(&address(126)).stage(), "P1");
}

#[test]
fn headers_are_judged_in_order() {
    let stage = |name: &str, value: Value| World::oidc().header(name, value).stage();
    for accepted in ["JWT", "jwt", "JOSE", "application/jwt", "APPLICATION/JOSE"] {
        assert_eq!(stage("typ", json!(accepted)), "ok", "{accepted}");
    }
    assert_eq!(stage("typ", Value::Null), "ok");
    for refused in ["at+jwt", "JWS", "", "id_token+jwt"] {
        assert_eq!(stage("typ", json!(refused)), "UNA", "{refused}");
    }
    assert_eq!(stage("typ", json!(1)), "P2");
    assert_eq!(stage("cty", Value::Null), "ok");
    assert_eq!(stage("cty", json!("")), "UNA");
    assert_eq!(stage("cty", json!(1)), "P2");
    assert_eq!(stage("crit", Value::Null), "ok");
    assert_eq!(stage("crit", json!([])), "UNA");
    assert_eq!(stage("crit", json!("exp")), "P2");
    assert_eq!(stage("crit", json!([1])), "P2");
    for refused in [
        "HS256", "RS384", "RS512", "PS256", "ES256", "ES512", "none", "A128GCM", "EdDSA",
    ] {
        assert_eq!(stage("alg", json!(refused)), "UNA", "{refused}");
    }
    for unknown in ["rs256", "Ed25519", "ES256K", "RSA-OAEP", "None", ""] {
        assert_eq!(stage("alg", json!(unknown)), "P2", "{unknown}");
    }
    assert_eq!(stage("alg", Value::Null), "P2");
    assert_eq!(stage("jwk", json!({"kty": "oct"})), "ok");
    assert_eq!(stage("oiat", json!(1)), "ok");
}

#[test]
fn keys_are_chosen_by_kid_type_use_and_algorithm() {
    let with = |name: &str, value: Value| {
        let mut key = jwk();
        key[name] = value;
        key
    };
    let without = |name: &str| {
        let mut key = jwk();
        key.as_object_mut().unwrap().remove(name);
        key
    };
    let cause = |world: World| match world.judge().outcome {
        Outcome::Refused(refusal) => Some(refusal.cause),
        Outcome::Accepted(_) | Outcome::Unknown { .. } => None,
    };
    let keys = |keys: Value| cause(World::oidc().keys(&keys));
    let anonymous = |keys: Value| cause(World::oidc().header("kid", Value::Null).keys(&keys));
    assert_eq!(keys(json!([jwk(), with("kid", json!("b"))])), None);
    assert!(matches!(
        keys(json!([jwk(), jwk()])),
        Some(Cause::KeyAmbiguous)
    ));
    assert!(matches!(
        keys(json!([without("kid")])),
        Some(Cause::KeyUnknown { .. })
    ));
    assert!(matches!(
        keys(json!([with("kid", json!("INS_1"))])),
        Some(Cause::KeyUnknown { .. })
    ));
    assert_eq!(anonymous(json!([jwk()])), None);
    assert_eq!(anonymous(json!([without("kid")])), None);
    assert!(matches!(
        anonymous(json!([jwk(), with("kid", json!("b"))])),
        Some(Cause::KeyAmbiguous)
    ));
    assert_eq!(
        anonymous(json!([jwk(), {"kty": "EC", "crv": "P-256", "kid": "b"}])),
        None
    );
    let empty = World::oidc().header("kid", json!(""));
    assert!(matches!(cause(empty), Some(Cause::KeyUnknown { .. })));
    for (name, value) in [
        ("use", Value::Null),
        ("alg", Value::Null),
        ("key_ops", json!(["sign"])),
        ("crv", json!(5)),
        ("x", json!({})),
        ("x5c", json!(["a"])),
    ] {
        assert_eq!(keys(json!([with(name, value)])), None, "{name}");
    }
    for (name, value) in [
        ("use", json!("enc")),
        ("use", json!(1)),
        ("alg", json!("RS512")),
        ("alg", json!("RSA-OAEP")),
        ("alg", json!("what")),
        ("kid", json!(1)),
        ("kty", json!("rsa")),
    ] {
        let cause = keys(json!([with(name, value)]));
        assert!(
            matches!(cause, Some(Cause::NoKeys | Cause::KeyUnknown { .. })),
            "{name}: {cause:?}"
        );
    }
    let padded = format!("{}=", jwk()["n"].as_str().unwrap());
    assert!(matches!(
        keys(json!([with("n", json!(padded))])),
        Some(Cause::KeyUnusable(_))
    ));
    // What cannot be read is passed over.
    assert_eq!(keys(json!([1, null, {"kty": "AKP"}, jwk()])), None);
}

#[test]
fn every_audience_must_be_trusted() {
    let stage = |value: Value| World::oidc().claim("aud", value).stage();
    assert_eq!(stage(json!(["convex"])), "ok");
    assert_eq!(stage(json!(["convex", "convex"])), "ok");
    assert_eq!(stage(json!(["convex", "x"])), "UNA");
    assert_eq!(stage(json!(["x", "convex"])), "UNA");
    assert_eq!(stage(json!("Convex")), "NAP");
    assert_eq!(stage(json!([])), "NAP");
    assert_eq!(stage(json!([null])), "P1");
    let mut empty = World::oidc().claim("aud", Value::Null);
    empty.providers[0]["applicationID"] = json!("");
    assert_eq!(empty.stage(), "NAP");
    assert_eq!(empty.claim("aud", json!("")).stage(), "ok");
    let mut custom = World::custom().claim("aud", json!(["x", "convex"]));
    assert_eq!(custom.stage(), "ok");
    custom.providers[0]
        .as_object_mut()
        .unwrap()
        .remove("applicationID");
    custom.claims.as_object_mut().unwrap().remove("aud");
    assert_eq!(custom.stage(), "ok");
}

fn redirect(location: &str) -> Response {
    Response {
        status: 302,
        location: Some(location.to_owned()),
        ..Response::default()
    }
}

#[test]
fn ten_redirects_are_followed() {
    for (hops, expected, requests) in [(10, "ok", 12), (11, "DISC", 11)] {
        let mut world = World::oidc();
        let body = world.discovery.to_string();
        world = world.answer(&discovery_url(), redirect("https://hop.dev/1"));
        for hop in 1..hops {
            world = world.answer(
                &format!("https://hop.dev/{hop}"),
                redirect(&format!("/{}", hop + 1)),
            );
        }
        world = world.answer(
            &format!("https://hop.dev/{hops}"),
            response(Some("application/json"), &body),
        );
        let verdict = world.judge();
        assert_eq!((stage(&verdict), verdict.asked.len()), (expected, requests));
    }
}

#[test]
fn content_types_are_compared_before_the_semicolon() {
    let of = |url: &str, found: Option<&str>| {
        let world = World::oidc();
        let body = if url == jwks_url() {
            world.keys.to_string()
        } else {
            world.discovery.to_string()
        };
        world.answer(url, response(found, &body)).stage()
    };
    for url in [discovery_url(), jwks_url()] {
        assert_eq!(of(&url, None), "ok");
        assert_eq!(of(&url, Some("APPLICATION/JSON")), "ok");
        assert_eq!(of(&url, Some("application/json;charset=latin1")), "ok");
        assert_eq!(of(&url, Some("application/json ; charset=utf-8")), "DISC");
        assert_eq!(of(&url, Some("text/plain")), "DISC");
        assert_eq!(of(&url, Some("")), "DISC");
    }
    assert_eq!(of(&jwks_url(), Some("application/jwk-set+json")), "ok");
    assert_eq!(
        of(&discovery_url(), Some("application/jwk-set+json")),
        "DISC"
    );
    let custom = |found: Option<&str>| {
        let world = World::custom();
        let body = world.keys.to_string();
        world.answer(&jwks_url(), response(found, &body)).message()
    };
    for accepted in [
        "application/json",
        "application/jwk-set+json",
        "application/json; charset=UTF-8",
        "application/json; charset=\"utf-8\"",
        "Application/JSON; x=y",
        "application/json;",
        "application/json; x=\"a;b=c\"; charset=utf-8",
        "application/json; charset=utf-8; charset=latin1",
    ] {
        assert_eq!(custom(Some(accepted)), "ok", "{accepted}");
    }
    for refused in [
        "text/plain",
        "application/json; charset=utf-16",
        "json",
        "application/json ; charset=utf-8",
        "application/json; charset",
        "application/json; x=\"a",
        "application/json; charset=latin1; charset=utf-8",
    ] {
        assert_eq!(
            custom(Some(refused)),
            format!(
                "Invalid Content-Type '{refused}' when fetching JWKS from '{}'. Expected 'application/json' or 'application/jwk-set+json'.",
                jwks_url()
            )
        );
    }
    assert!(custom(None).starts_with("Invalid Content-Type 'unknown' when"));
}

#[test]
fn statuses_become_the_callers() {
    for (status, expected, says) in [
        (204, 400, "204 No Content"),
        (400, 400, "400 Bad Request"),
        (401, 401, "401 Unauthorized"),
        (403, 403, "403 Forbidden"),
        (404, 404, "404 Not Found"),
        (410, 400, "410 Gone"),
        (421, 421, "421 Misdirected Request"),
        (429, 429, "429 Too Many Requests"),
        (500, 503, "500 Internal Server Error"),
        (503, 503, "503 Service Unavailable"),
    ] {
        let answer = Response {
            status,
            body: b"why".to_vec(),
            ..Response::default()
        };
        for url in [discovery_url(), jwks_url()] {
            let verdict = World::oidc().answer(&url, answer.clone()).judge();
            let Outcome::Refused(refusal) = verdict.outcome else {
                panic!("accepted")
            };
            assert_eq!(
                (refusal.http_status, refusal.message),
                (
                    expected,
                    format!("Auth provider discovery of {ISSUER} failed: {says} why")
                )
            );
        }
        let message = World::custom().answer(&jwks_url(), answer).message();
        assert_eq!(
            message,
            format!(
                "Could not fetch JWKS from URL '{}': HTTP {says}. Check that the URL is correct and accessible.",
                jwks_url()
            )
        );
    }
    let proxy = Response {
        status: 407,
        ..Response::default()
    };
    assert_eq!(
        World::oidc().answer(&discovery_url(), proxy).message(),
        format!("Auth provider discovery of {ISSUER} failed")
    );
}

#[test]
fn discovery_fields_must_be_well_typed() {
    let stage = |name: &str, value: Value| {
        let mut world = World::oidc();
        world.discovery[name] = value;
        world.stage()
    };
    for (name, value) in [
        ("scopes_supported", Value::Null),
        ("scopes_supported", json!(["openid"])),
        ("token_endpoint", Value::Null),
        ("grant_types_supported", json!(["what"])),
        ("claims_parameter_supported", json!(true)),
        ("id_token_signing_alg_values_supported", json!(["what"])),
        ("response_types_supported", json!(["code"])),
        ("unknown", json!(5)),
    ] {
        assert_eq!(stage(name, value.clone()), "ok", "{name}: {value}");
    }
    for (name, value) in [
        ("scopes_supported", json!("a b")),
        ("scopes_supported", json!([1])),
        ("token_endpoint", json!("")),
        ("token_endpoint", json!("/token")),
        ("response_types_supported", Value::Null),
        ("subject_types_supported", json!("public")),
        ("claims_parameter_supported", json!("true")),
        ("op_tos_uri", json!(1)),
        ("issuer", Value::Null),
        ("issuer", json!(format!("{ISSUER}/"))),
        ("jwks_uri", json!("jwks.json")),
        ("jwks_uri", Value::Null),
    ] {
        assert_eq!(stage(name, value.clone()), "DISC", "{name}: {value}");
    }
    let body = |body: &str| {
        World::oidc()
            .answer(&discovery_url(), response(None, body))
            .stage()
    };
    let whole = World::oidc().discovery.to_string();
    assert_eq!(body(&format!("{whole} and more")), "ok");
    assert_eq!(body(&format!("\u{feff}{whole}")), "DISC");
    assert_eq!(body(&whole.replacen('{', r#"{"issuer":"x","#, 1)), "DISC");
    assert_eq!(body("[]"), "DISC");
    let keys = |body: &str| {
        World::oidc()
            .answer(&jwks_url(), response(None, body))
            .stage()
    };
    let whole = World::oidc().keys.to_string();
    assert_eq!(keys(&format!("{whole} and more")), "ok");
    assert_eq!(keys(r#"{"keys":null}"#), "DISC");
    assert_eq!(keys("{}"), "DISC");
    assert_eq!(keys(&whole.replacen('{', r#"{"keys":[],"#, 1)), "DISC");
    let twice = whole.replacen(r#""kty""#, r#""kty":"RSA","kty""#, 1);
    assert_eq!(keys(&twice), "UNA");
}

#[test]
fn issuers_are_compared_as_bytes() {
    let world = |token: &str, domain: &str| {
        let mut world = World::oidc().claim("iss", json!(token));
        world.providers[0]["domain"] = json!(domain);
        world.discovery["issuer"] = json!(token);
        world
    };
    assert_eq!(world(ISSUER, &format!("{ISSUER}//")).stage(), "ok");
    assert_eq!(world(&format!("{ISSUER}/"), ISSUER).stage(), "ok");
    for other in [
        ISSUER.to_uppercase(),
        format!("{ISSUER}:443"),
        format!("{ISSUER}/v1"),
        format!("{ISSUER} "),
        format!(" {ISSUER}"),
        ISSUER.replace("https", "http"),
    ] {
        assert_eq!(world(&other, ISSUER).stage(), "NAP", "{other}");
    }
    let bare = ISSUER.strip_prefix("https://").unwrap();
    assert_eq!(world(bare, ISSUER).stage(), "500");
    assert_eq!(world(bare, bare).stage(), "500");
}

#[test]
fn a_custom_provider_forgives_five_seconds() {
    let stage = |claim: &str, value: Value| World::custom().claim(claim, value).stage();
    assert_eq!(stage("exp", json!(NOW - 5)), "ok");
    assert_eq!(stage("exp", json!(NOW - 6)), "TIME");
    for claim in ["nbf", "iat"] {
        assert_eq!(stage(claim, json!(NOW + 5)), "ok", "{claim}");
        assert_eq!(
            World::custom().claim(claim, json!(NOW + 6)).message(),
            "Could not validate token: Token will be valid in 6 seconds"
        );
    }
    // Fractions are rounded.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let now = NOW as f64;
    assert_eq!(stage("exp", json!(now - 5.6)), "TIME");
    assert_eq!(stage("exp", json!(now - 5.5)), "ok");
    assert_eq!(stage("nbf", json!(now + 5.4)), "ok");
    assert_eq!(
        World::custom().claim("iat", json!(now + 5.5)).message(),
        "Could not validate token: Token will be valid in 6 seconds"
    );
    assert_eq!(stage("iat", Value::Null), "ok");
    assert_eq!(stage("sub", Value::Null), "CLAIM");
    assert_eq!(stage("exp", Value::Null), "CLAIM");
    assert_eq!(stage("email", json!(1)), "ok");
    assert_eq!(stage("address", json!("Main St")), "ok");
}

#[test]
fn a_custom_provider_reads_headers_and_keys_strictly() {
    let missing = "Could not decode token. JWT may be missing a 'kid' (key ID) header.";
    let message = |name: &str, value: Value| World::custom().header(name, value).message();
    assert_eq!(message("kid", Value::Null), missing);
    for unreadable in [
        ("alg", json!("EdDSA")),
        ("alg", Value::Null),
        ("typ", json!(1)),
        ("jwk", json!("a")),
        ("jwk", json!({})),
        ("jwk", json!({"kty": "RSA", "n": "AQAB", "e": "AQAB=="})),
        ("crit", json!("b64")),
    ] {
        assert_eq!(message(unreadable.0, unreadable.1), missing);
    }
    let named = format!(
        "Could not decode token. The JWT's 'kid' (key ID) header is '{KEY_ID}', does this key match any key in the provider's JWKS?"
    );
    assert_eq!(message("alg", json!("RS512")), named);
    let mut redacted = World::custom().header("alg", json!("RS512"));
    redacted.redacted = true;
    assert_eq!(
        redacted.message(),
        "Could not decode token. The JWT's 'kid' (key ID) header doesn't match any key in the provider's JWKS, or the JWT signature is invalid."
    );
    for name in ["typ", "cty"] {
        assert_eq!(message(name, json!("what")), "ok", "{name}");
    }
    assert_eq!(message("crit", json!(["b64"])), "ok");
    assert_eq!(message("jwk", jwk()), "ok");
    assert_eq!(message("jwk", json!({"kty": "oct", "k": ""})), "ok");
    let token = World::custom().token();
    let (head, rest) = token.split_once('.').unwrap();
    let header = String::from_utf8(URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    for (more, readable) in [(r#""kid":null"#, false), (r#""x":1,"x":2"#, true)] {
        let header = format!("{{{more},{}", &header[1..]);
        let token = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
        let verdict = World::custom().judge_token(&token);
        let Outcome::Refused(refusal) = verdict.outcome else {
            panic!("{more}: {verdict:?}");
        };
        assert_eq!(refusal.message == named, readable, "{more}");
    }
    // Whether the signature is base64url is looked at first.
    let broken = World::custom().judge_token(&format!("e30.{}B", &rest[..rest.len() - 1]));
    assert!(
        matches!(&broken.outcome, Outcome::Refused(refusal) if refusal.cause == Cause::SignatureEncoding),
        "{broken:?}"
    );
    let keys = |keys: Value| World::custom().keys(&keys).stage();
    for bad in [
        json!({"kty": "OKP", "crv": "Ed25519", "x": "AA", "alg": "EdDSA"}),
        json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "alg": "ES256K"}),
        json!({"kty": "AKP"}),
        json!(1),
        json!({"kty": "EC", "crv": "P-256", "x": "AA"}),
        json!({"kty": "OKP", "crv": "Ed25519"}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": null}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "oth": [{}]}),
        json!({"kty": "oct", "k": "AA", "key_ops": "verify"}),
        json!({"kty": "oct", "k": "AA", "x5c": [1]}),
    ] {
        assert_eq!(keys(json!([jwk(), bad])), "JWKS", "{bad}");
    }
    for good in [
        json!({"kty": "OKP", "crv": "Ed448", "x": "AA"}),
        json!({"kty": "oct", "k": "AA", "key_ops": ["what"], "x5c": null}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "crv": 1, "unknown": {}}),
    ] {
        assert_eq!(keys(json!([jwk(), good])), "ok", "{good}");
    }
    let twice = World::custom().keys.to_string();
    for (more, expected) in [
        (r#"{"use":"sig","#, "JWKS"),
        (r#"{"n":"AA","#, "JWKS"),
        (r#"{"z":1,"z":2,"#, "ok"),
    ] {
        let body = twice.replacen(r#"{"use""#, &format!(r#"{more}"use""#), 1);
        assert_ne!(body, twice);
        let world = World::custom().answer(&jwks_url(), response(Some("application/json"), &body));
        assert_eq!(world.stage(), expected, "{more}");
    }
    let list = json!([jwk()]).to_string();
    let deep = |at: &str| at.replace('#', &format!("{}{}", "[".repeat(200), "]".repeat(200)));
    for (body, expected) in [
        (format!("[{list}]"), "ok"),
        (format!("[{list},1]"), "JWKS"),
        (deep(&format!(r#"{{"x":#,"keys":{list}}}"#)), "ok"),
        (
            deep(&format!(
                r#"{{"keys":{}}}"#,
                list.replacen('{', r#"{"x":#,"#, 1)
            )),
            "JWKS",
        ),
    ] {
        let world = World::custom().answer(&jwks_url(), response(Some("application/json"), &body));
        assert_eq!(world.stage(), expected, "{body}");
    }
    let mut encryption = jwk();
    encryption["use"] = json!("enc");
    assert_eq!(keys(json!([encryption])), "ok");
    let mut second = jwk();
    second["n"] = json!("AQAB");
    assert_eq!(keys(json!([jwk(), second])), "ok");
    assert_eq!(keys(json!([second, jwk()])), "DEC");
}

#[test]
fn data_urls_hold_keys() {
    let stage = |jwks: String| {
        let mut world = World::custom();
        world.providers[0]["jwks"] = json!(jwks);
        world.stage()
    };
    let keys = World::custom().keys.to_string();
    let packed = STANDARD.encode(&keys);
    assert_eq!(
        stage(format!("data:application/json;base64,{packed}")),
        "ok"
    );
    assert_eq!(stage(format!("data:text/plain;base64,{packed}")), "ok");
    assert_eq!(stage(format!("DATA:;BASE64,{packed}#x")), "ok");
    assert_eq!(stage(format!(" data: ; base64 ,{packed} ")), "ok");
    let unpadded = packed.trim_end_matches('=');
    assert_eq!(stage(format!("data:;base64,{unpadded}")), "ok");
    assert_eq!(stage(format!("data:,{}", keys.replace('"', "%22"))), "ok");
    assert_eq!(stage("data:;base64,***".to_owned()), "DATA");
    assert_eq!(stage("data:,nothing".to_owned()), "JWKS");
    assert_eq!(stage("data:nothing".to_owned()), "FETCH");
}

#[test]
fn redaction_hides_the_providers() {
    let mut world = World::oidc().claim("aud", json!("x"));
    assert_eq!(
        world.message(),
        format!(
            "No auth provider found matching the given token. Check that your JWT's issuer and audience match one of your configured providers: [OIDC(domain={ISSUER}, app_id=convex)]"
        )
    );
    world.redacted = true;
    assert_eq!(
        world.message(),
        "No auth provider found matching the given token"
    );
}

#[test]
fn the_identity_is_as_functions_see_it() {
    let world = World::oidc().more(
        r#","name":"Ada","given_name":"A","family_name":"L","middle_name":"M","nickname":"n","preferred_username":"ada",
        "profile":"p","picture":"i","website":"w","email":"e","email_verified":false,"gender":"g","birthdate":"b","birthday":"c",
        "zoneinfo":"z","locale":"l","phone_number":"1","phone_number_verified":true,"address":{"formatted":"Main St","region":"R"},
        "updated_at":"2025-06-15T15:06:40.5+01:00","jti":"j","nbf":1,"fva":[1,2],"azp":"a","nonce":"n","amr":[],"sid":"s","o":{"id":"x"},
        "list":[1],"none":null,"yes":true,"pi":1.5,"name#en":"tag","nonce#x":1,"zz":1,"aa":2"#,
    );
    let expected = json!({
        "tokenIdentifier": format!("{ISSUER}|user_1"), "issuer": ISSUER, "subject": "user_1", "name": "Ada", "givenName": "A", "familyName": "L",
        "nickname": "n", "preferredUsername": "ada", "profileUrl": "p", "pictureUrl": "i", "websiteUrl": "w", "email": "e", "emailVerified": false,
        "gender": "g", "birthday": "b", "timezone": "z", "language": "l", "phoneNumber": "1", "phoneNumberVerified": true, "address": "Main St",
        "updatedAt": "2025-06-15T14:06:40.500+00:00", "aa": 2, "list": [1], "nonce#x": 1, "none": null, "o": {"id": "x"}, "pi": 1.5, "sid": "s",
        "yes": true, "zz": 1,
    });
    let identity = world.identity();
    assert_eq!(Value::Object(identity.clone()), expected);
    let names: Vec<&String> = identity.keys().collect();
    let wanted: Vec<&String> = expected.as_object().unwrap().keys().collect();
    assert_eq!(names, wanted);
    for (value, shown) in [
        (json!(0), "1970-01-01T00:00:00+00:00"),
        (json!(-1), "1969-12-31T23:59:59+00:00"),
        (json!(1.25), "1970-01-01T00:00:01.250+00:00"),
        (json!(1_749_996_400_000_i64), "+57425-03-06T23:06:40+00:00"),
        (json!("2025-06-15 15:06:40Z"), "2025-06-15T15:06:40+00:00"),
        (
            json!("2025-01-01T00:00:00.000001+00:30"),
            "2024-12-31T23:30:00.000001+00:00",
        ),
        (json!("9999-12-31T23:59:59Z"), "9999-12-31T23:59:59+00:00"),
    ] {
        let identity = World::oidc().claim("updated_at", value).identity();
        assert_eq!(identity["updatedAt"], json!(shown));
    }
    let nulls = World::oidc()
        .more(r#","name":null,"email":null,"address":null,"updated_at":null"#)
        .identity();
    assert_eq!(nulls.len(), 3);
}

#[test]
fn a_custom_identity_is_flattened() {
    let identity = World::custom()
        .more(r#","name":"Ada","org":{"id":"o","role":{"name":"r"},"none":{}},"empty":{},"list":[{"a":1}],"a.b":1,"a":{"c":null},"jti":"j","nbf":1,"fva":[1]"#)
        .identity();
    assert_eq!(
        Value::Object(identity),
        json!({"tokenIdentifier": format!("{ISSUER}|user_1"), "issuer": ISSUER, "subject": "user_1", "name": "Ada", "org.id": "o",
            "org.role.name": "r", "list": [{"a": 1}], "a.b": 1, "a.c": null})
    );
    // Of two objects with one name the last is the claim; `fva` is left out where it is no object.
    let identity = World::custom()
        .more(r#","a":{"b":1},"a":{"c":2},"fva":{"d":3}"#)
        .identity();
    assert_eq!(
        json!([identity.get("a.b"), identity["a.c"], identity["fva.d"]]),
        json!([null, 2, 3])
    );
}

#[test]
fn the_configuration_is_read_as_when_pushed() {
    let config = |provider: Value| accept_config(&json!({ "providers": [provider] }));
    let domain = |domain: &str| {
        config(json!({"domain": domain, "applicationID": "convex"}))
            .map_err(|refusal| refusal.message)
    };
    for accepted in [
        ISSUER,
        "cool-ocelot-25.clerk.accounts.dev",
        "localhost",
        "localhost:3000",
        "http://localhost",
        "http://127.0.0.1:3211",
        "https://1.2.3.4",
        "https://undefined",
        "https://foo.local",
        "https://x.dev ",
        "https://x.dev\n",
        "https://x.dev//",
        "https://X.dev:443/v1",
        "example.com",
        "xn--bcher-kva.xn--p1ai",
    ] {
        assert!(
            domain(accepted).is_ok(),
            "{accepted}: {:?}",
            domain(accepted)
        );
    }
    let looks = "Does not look like a URL (must have a scheme or end with a top-level domain)";
    for (text, why) in [
        (
            "\"https://x.dev\"",
            "starts with a double quote (\")".to_owned(),
        ),
        ("undefined", looks.to_owned()),
        ("CLERK_JWT_ISSUER_DOMAIN", looks.to_owned()),
        ("pk_test_Y29vbC1vY2Vsb3Q", looks.to_owned()),
        ("'https://x.dev'", looks.to_owned()),
        ("https:/one-slash", looks.to_owned()),
        ("foo.local", looks.to_owned()),
        ("x.internal", looks.to_owned()),
        ("1.2.3.4", looks.to_owned()),
        ("process.env.CLERK_ISSUER", looks.to_owned()),
        ("ftp://x.dev", "scheme should be http or https".to_owned()),
        ("", "empty host".to_owned()),
        ("https://", "empty host".to_owned()),
        (
            " https://x.dev",
            "invalid international domain name".to_owned(),
        ),
    ] {
        assert_eq!(
            domain(text),
            Err(format!("Invalid provider domain URL \"{text}\": {why}"))
        );
    }
    let refused = |provider: Value| {
        let refusal = config(provider).unwrap_err();
        (refusal.code, refusal.message)
    };
    let schema = |text: &str| {
        (
            "AuthConfigNotMatchingSchemaError",
            format!("auth config file must include a list of provider credentials: {text}"),
        )
    };
    let misfit = || schema("data did not match any variant of untagged enum SerializedAuthInfo ");
    for name in ["applicationId", "applicationid"] {
        assert_eq!(
            refused(json!({"domain": ISSUER, name: "convex"})),
            schema(
                "Provider at index 0 must have applicationID property spelled lowercase 'application', capital I, capital D."
            )
        );
    }
    let custom = |change: &dyn Fn(&mut Value)| {
        let mut provider = World::custom().providers[0].clone();
        change(&mut provider);
        provider
    };
    for provider in [
        json!({"domain": ISSUER}),
        json!({"domain": ISSUER, "applicationID": null}),
        json!({"domain": null, "applicationID": "convex"}),
        json!({"applicationID": "convex"}),
        json!(1),
        custom(&|provider| provider["algorithm"] = json!("RS512")),
        custom(&|provider| provider["jwks"] = Value::Null),
        custom(&|provider| {
            provider.as_object_mut().unwrap().remove("issuer");
        }),
    ] {
        assert_eq!(refused(provider.clone()), misfit(), "{provider}");
    }
    assert_eq!(
        refused(json!({"type": "oauth", "domain": ISSUER, "applicationID": "convex"})),
        schema("Provider at index 0 has unexpected 'type' value 'oauth'")
    );
    assert_eq!(
        refused(custom(&|provider| provider["domain"] = json!(ISSUER))),
        schema("Provider at index 0 is a customJwt so cannot have a 'domain' specified")
    );
    assert_eq!(
        refused(json!({"domain": ISSUER, "issuer": ISSUER, "applicationID": "convex"})),
        schema("Provider at index 0 is oidc so cannot have an 'issuer' specified.")
    );
    for provider in [
        json!({"type": "oidc", "domain": ISSUER, "applicationID": "", "more": 1}),
        custom(&|provider| provider["applicationID"] = Value::Null),
    ] {
        assert!(config(provider).is_ok());
    }
    for issuer in ["https://api.workos.com", "https://api.workos.com/"] {
        let provider = custom(&|provider| {
            provider["issuer"] = json!(issuer);
            provider.as_object_mut().unwrap().remove("applicationID");
        });
        assert_eq!(refused(provider).0, "InsecureConfiguration");
    }
    // One wrong provider refuses them all, and the push wraps its words.
    let refusal = accept_config(&json!({"providers": [
        {"domain": "undefined", "applicationID": "convex"}, {"domain": ISSUER}]}))
    .unwrap_err();
    assert_eq!(refusal.index, Some(1));
    assert_eq!(
        refusal.pushed(),
        format!("The pushed auth config is invalid: {}", misfit().1)
    );
}

/// Every fault, in Convex's order; of two, the first is told.
#[test]
fn the_first_of_two_faults_is_told_and_the_second_listed() {
    type Fault = (&'static str, &'static str, fn(&mut World));
    let faults: [Fault; 13] = [
        ("payload_dup", "P1", |world| {
            world.more.push_str(r#","jti":"a","jti":"b""#);
        }),
        ("iss_missing", "ISS", |world| {
            world.claims.as_object_mut().unwrap().remove("iss");
        }),
        ("no_provider", "NAP", |world| {
            world.providers = json!([{"domain": "https://other.dev", "applicationID": "convex"}]);
        }),
        ("disco_404", "DISC", |world| {
            let gone = Response {
                status: 404,
                ..Response::default()
            };
            world.answers.push((discovery_url(), gone));
        }),
        ("jwks_500", "DISC", |world| {
            let broken = Response {
                status: 500,
                ..Response::default()
            };
            world.answers.push((jwks_url(), broken));
        }),
        ("claims_unparsable", "P2", |world| {
            world.claims["email_verified"] = json!("true");
        }),
        ("typ", "UNA", |world| world.header["typ"] = json!("at+jwt")),
        ("cty", "UNA", |world| world.header["cty"] = json!("JWT")),
        ("crit", "UNA", |world| world.header["crit"] = json!(["exp"])),
        ("aud_two", "UNA", |world| {
            world.claims["aud"] = json!(["convex", "other"]);
        }),
        ("alg_rs512", "UNA", |world| {
            world.header["alg"] = json!("RS512");
        }),
        ("kid_unknown", "UNA", |world| {
            world.header["kid"] = json!("zzz");
        }),
        ("expired", "UNA", |world| {
            world.claims["exp"] = json!(NOW - 10);
        }),
    ];
    let causes = |verdict: &Verdict| -> Vec<Cause> {
        let Outcome::Refused(refusal) = &verdict.outcome else {
            panic!("accepted")
        };
        std::iter::once(refusal.cause.clone())
            .chain(verdict.also.clone())
            .collect()
    };
    for (index, (first, expected, break_first)) in faults.iter().enumerate() {
        let mut alone = World::oidc();
        break_first(&mut alone);
        let alone = alone.judge();
        assert_eq!(stage(&alone), *expected, "{first}");
        for (second, _, break_second) in &faults[index + 1..] {
            let mut world = World::oidc();
            break_second(&mut world);
            break_first(&mut world);
            let verdict = world.judge();
            assert_eq!(stage(&verdict), *expected, "{first}+{second}");
            let found = causes(&verdict);
            assert_eq!(found[0], causes(&alone)[0], "{first}+{second}");
        }
    }
}
