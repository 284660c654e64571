//! A healthy world, to break one thing in.

use crate::answer::{Answer, Response};
use crate::cli::{ConfigurationArgs, NetworkArgs};
use crate::diagnose::{Scope, diagnose};
use crate::facts::{Facts, World};
use crate::report::{Report, Word};
use crate::rule::Step;
use crate::template::Templates;
use crate::token::{Part, Token};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub(crate) const ISSUER: &str = "https://cool-ocelot-25.clerk.accounts.dev";
pub(crate) const KEY_ID: &str = "ins_2vHealthyHealthyHealthyHeal";
pub(crate) const NOW: i64 = 1_767_225_630;
const PUBLISHABLE: &str = "pk_test_Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA";

/// What a test may change.
pub(crate) struct Healthy {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    /// The compact token, when it is not made of header and claims.
    pub(crate) token: Option<String>,
    /// No token, or claims alone.
    pub(crate) unsigned: bool,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) process: BTreeMap<String, String>,
    pub(crate) discovery: Value,
    pub(crate) keys: Value,
    pub(crate) answers: BTreeMap<String, Answer>,
    pub(crate) configuration: ConfigurationArgs,
    pub(crate) now: i64,
    pub(crate) clock_offset: Option<f64>,
    pub(crate) templates: Option<Templates>,
}

fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

pub(crate) fn jwk() -> Value {
    let public = key().public_key();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({"use": "sig", "kty": "RSA", "kid": KEY_ID, "alg": "RS256",
        "n": part(public.modulus().big_endian_without_leading_zero()), "e": part(public.exponent().big_endian_without_leading_zero())})
}

pub(crate) fn mint(header: &Value, claims: &Value) -> String {
    mint_text(header, &claims.to_string())
}

/// Signs claims as they are written, duplicates and all.
pub(crate) fn mint_text(header: &Value, claims: &str) -> String {
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
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

impl Healthy {
    pub(crate) fn new() -> Self {
        let mut files = BTreeMap::new();
        let mut file = |path: &str, text: &str| files.insert(path.to_owned(), text.to_owned());
        file(
            "package.json",
            r#"{"name": "app", "dependencies": {"next": "16.0.0", "convex": "1.45.0", "@clerk/nextjs": "7.0.0"}}"#,
        );
        file(
            "node_modules/convex/package.json",
            r#"{"name": "convex", "version": "1.45.0"}"#,
        );
        file(
            ".env.local",
            &format!(
                "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY={PUBLISHABLE}\nCLERK_SECRET_KEY=sk_test_HealthyHealthyHealthyHealthy\n\
                 CLERK_ISSUER_URL={ISSUER}\nCONVEX_DEPLOYMENT=dev:happy-animal-123\n\
                 NEXT_PUBLIC_CONVEX_URL=https://happy-animal-123.convex.cloud\n"
            ),
        );
        file("convex/schema.ts", "export default {};\n");
        file(
            "convex/auth.config.ts",
            "export default {\n  providers: [\n    {\n      domain: process.env.CLERK_ISSUER_URL,\n      applicationID: \"convex\",\n    },\n  ],\n};\n",
        );
        Self {
            header: json!({"alg": "RS256", "cat": "cl_B7d4PD222AAA", "kid": KEY_ID, "typ": "JWT", "oiat": NOW - 30}),
            claims: json!({"aud": "convex", "azp": "http://localhost:3000", "email": "ada@example.com", "email_verified": true,
                "exp": NOW + 30, "iat": NOW - 30, "iss": ISSUER, "jti": "10db7f531a90cb2faea4", "name": "Ada Lovelace",
                "nbf": NOW - 35, "sub": "user_2vAdaLovelaceAdaLovelaceAda"}),
            token: None,
            unsigned: false,
            files,
            process: BTreeMap::new(),
            discovery: json!({"issuer": ISSUER, "jwks_uri": format!("{ISSUER}/.well-known/jwks.json")}),
            keys: json!({"keys": [jwk()]}),
            answers: BTreeMap::new(),
            configuration: ConfigurationArgs::default(),
            now: NOW,
            clock_offset: None,
            templates: None,
        }
    }

    /// Replaces a part of a file.
    pub(crate) fn edit(&mut self, path: &str, from: &str, to: &str) {
        let text = self.files.get_mut(path).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        *text = text.replace(from, to);
    }

    pub(crate) fn world(&self) -> World {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in &self.files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let configuration = ConfigurationArgs {
            project: Some(folder.path().to_path_buf()),
            ..copy(&self.configuration)
        };
        let mut world =
            crate::gather::world_with(&configuration, &NetworkArgs::default(), &self.process)
                .unwrap();
        world.now = self.now;
        world.clock_offset = self.clock_offset;
        world.templates.clone_from(&self.templates);
        if self.unsigned {
            world.claims = Some(Part::of(self.claims.as_object().unwrap().clone()));
        } else {
            let token = self.token.clone();
            let token = token.unwrap_or_else(|| mint(&self.header, &self.claims));
            world.token = Some(Arc::new(Token::read(&token)));
        }
        let mut answers = BTreeMap::new();
        for (path, document) in [
            ("openid-configuration", &self.discovery),
            ("jwks.json", &self.keys),
        ] {
            answers.insert(
                format!("{ISSUER}/.well-known/{path}"),
                answer(200, "application/json", &document.to_string()),
            );
        }
        answers.extend(self.answers.clone());
        for (url, answer) in answers {
            world.answers.insert(url, answer);
        }
        world
    }
}

fn copy(args: &ConfigurationArgs) -> ConfigurationArgs {
    ConfigurationArgs {
        project: args.project.clone(),
        env_file: args.env_file.clone(),
        issuer: args.issuer.clone(),
        audience: args.audience.clone(),
        auth_config: args.auth_config.clone(),
    }
}

pub(crate) fn answer(status: u16, content_type: &str, body: &str) -> Answer {
    Answer::Response(Response {
        status,
        content_type: Some(content_type.to_owned()),
        body: body.as_bytes().to_vec(),
        ..Response::default()
    })
}

pub(crate) fn report(change: impl FnOnce(&mut Healthy)) -> Report {
    let mut healthy = Healthy::new();
    change(&mut healthy);
    let facts = Facts::read(healthy.world());
    diagnose(
        &facts,
        &Scope {
            command: "check",
            steps: Step::ALL.to_vec(),
            ..Scope::default()
        },
    )
}

/// Breaks one thing, and sees exactly these rules.
#[track_caller]
pub(crate) fn assert_fails(names: &[&str], change: impl FnOnce(&mut Healthy)) -> Report {
    let report = report(change);
    let found: Vec<&str> = report
        .findings
        .iter()
        .map(|reported| reported.rule.name)
        .collect();
    assert_eq!(
        found,
        names,
        "{:#?}",
        report
            .findings
            .iter()
            .map(|reported| &reported.finding.message)
            .collect::<Vec<_>>()
    );
    report
}

/// As [`assert_fails`], and Convex refuses the token.
#[track_caller]
pub(crate) fn assert_refused(names: &[&str], change: impl FnOnce(&mut Healthy)) {
    let report = assert_fails(names, change);
    assert_eq!(report.verdict.unwrap().convex.outcome, Word::Refused);
}

/// As [`assert_fails`], and Convex accepts the token all the same.
#[track_caller]
pub(crate) fn assert_accepted(names: &[&str], change: impl FnOnce(&mut Healthy)) {
    let report = assert_fails(names, change);
    assert_eq!(report.verdict.unwrap().convex.outcome, Word::Accepted);
}
