//! What the program prints, in each format, for scenarios that people meet. `UPDATE=1` writes the snapshots; read the difference.
//! Every JSON report is held against the committed schema, every SARIF log against the part of SARIF 2.1.0 that it uses.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test may panic, and reads the snapshots"
)]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

const ISSUER: &str = "https://cool-ocelot-25.clerk.accounts.dev";
const PUBLISHABLE: &str = "pk_test_Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA";
const NOW: i64 = 1_767_225_630;
const KEY_ID: &str = "ins_2vHealthyHealthyHealthyHeal";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

/// The committed key: RS256 signatures of one key are always the same.
fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| {
        let pem = fs::read_to_string(folder().join("throw-away-key.pem")).unwrap();
        let body: String = pem
            .lines()
            .skip_while(|line| !line.starts_with("-----BEGIN"))
            .filter(|line| !line.starts_with("-----"))
            .collect();
        KeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap()
    })
}

fn mint(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
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

fn header() -> Value {
    json!({"alg": "RS256", "cat": "cl_B7d4PD222AAA", "kid": KEY_ID, "typ": "JWT"})
}

fn claims() -> Value {
    json!({"aud": "convex", "azp": "http://localhost:3000", "email": "ada@example.com", "email_verified": true, "exp": NOW + 30,
        "iat": NOW - 30, "iss": ISSUER, "jti": "10db7f531a90cb2faea4", "name": "Ada Lovelace", "nbf": NOW - 35,
        "sub": "user_2vAdaLovelaceAdaLovelaceAda"})
}

/// A token of healthy header and claims, changed.
fn token(change: impl FnOnce(&mut Value, &mut Value)) -> String {
    let (mut header, mut claims) = (header(), claims());
    change(&mut header, &mut claims);
    mint(&header, &claims)
}

fn jwks() -> String {
    let public = key().public_key();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({"keys": [{"use": "sig", "kty": "RSA", "kid": KEY_ID, "alg": "RS256",
        "n": part(public.modulus().big_endian_without_leading_zero()), "e": part(public.exponent().big_endian_without_leading_zero())}]})
    .to_string()
}

/// One thing that people meet.
struct Scenario {
    name: &'static str,
    files: BTreeMap<&'static str, String>,
    args: Vec<String>,
    code: i32,
}

fn scenario(name: &'static str, code: i32, args: &[&str]) -> Scenario {
    let mut files = BTreeMap::new();
    files.insert(
        ".env.local",
        format!("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY={PUBLISHABLE}\nCLERK_ISSUER_URL={ISSUER}\nCONVEX_DEPLOYMENT=dev:happy-animal-123\n"),
    );
    files.insert(
        "package.json",
        r#"{"name": "app", "dependencies": {"next": "16.0.0", "convex": "1.45.0"}}"#.to_owned(),
    );
    files.insert(
        "node_modules/convex/package.json",
        r#"{"name": "convex", "version": "1.45.0"}"#.to_owned(),
    );
    files.insert("convex/schema.ts", "export default {};\n".to_owned());
    files.insert(
        "convex/auth.config.ts",
        "export default {\n  providers: [\n    {\n      domain: process.env.CLERK_ISSUER_URL,\n      applicationID: \"convex\",\n    },\n  ],\n};\n"
            .to_owned(),
    );
    files.insert("keys.json", jwks());
    Scenario {
        name,
        files,
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        code,
    }
}

/// A check of a token.
fn check(name: &'static str, code: i32, token: String) -> Scenario {
    let now = NOW.to_string();
    let mut one = scenario(
        name,
        code,
        &["check", "token.txt", "--jwks", "keys.json", "--at", &now],
    );
    one.files.insert("token.txt", token);
    one
}

/// A check of the configuration.
fn env(name: &'static str, code: i32, path: &'static str, from: &str, to: &str) -> Scenario {
    let mut one = scenario(name, code, &["env", "--offline"]);
    let text = one.files.get_mut(path).unwrap();
    assert!(text.contains(from));
    *text = text.replace(from, to);
    one
}

fn template(name: &'static str, code: i32, template: &Value) -> Scenario {
    let mut one = scenario(name, code, &["template", "template.json", "--fix"]);
    one.files.insert("template.json", template.to_string());
    one
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn scenarios() -> Vec<Scenario> {
    let session = json!({"alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": KEY_ID, "typ": "JWT"});
    let mut pasted = check("pasted-error", 1, String::new());
    pasted.files.insert(
        "token.txt",
        format!(
            "Uncaught Error: No auth provider found matching the given token\nAuthorization: Bearer {}\n",
            token(|_, claims| claims["aud"] = json!("other"))
        ),
    );
    let mut all = vec![
        check("healthy", 0, token(|_, _| {})),
        check(
            "issuer-mismatch",
            1,
            token(|_, claims| claims["iss"] = json!("https://brave-lemur-7.clerk.accounts.dev")),
        ),
        check(
            "session-token",
            1,
            token(|header, claims| {
                *header = session;
                claims.as_object_mut().unwrap().remove("aud");
                claims["sid"] = json!("sess_2vAdaLovelaceAdaLovelaceAda");
            }),
        ),
        check(
            "audience-missing",
            1,
            token(|_, claims| drop(claims.as_object_mut().unwrap().remove("aud"))),
        ),
        check(
            "audience-mismatch",
            1,
            token(|_, claims| claims["aud"] = json!("Convex")),
        ),
        check(
            "audience-extra",
            1,
            token(|_, claims| claims["aud"] = json!(["convex", "api"])),
        ),
        check(
            "expired",
            1,
            token(|_, claims| {
                claims["iat"] = json!(NOW - 330);
                claims["nbf"] = json!(NOW - 335);
                claims["exp"] = json!(NOW - 270);
            }),
        ),
        check(
            "not-yet-valid",
            0,
            token(|_, claims| {
                claims["iat"] = json!(NOW + 120);
                claims["nbf"] = json!(NOW + 115);
                claims["exp"] = json!(NOW + 180);
            }),
        ),
        check(
            "claim-type",
            1,
            token(|_, claims| claims["email_verified"] = json!("true")),
        ),
        check(
            "algorithm-refused",
            1,
            token(|header, _| header["alg"] = json!("HS256")),
        ),
        check(
            "key-unknown",
            1,
            token(|header, _| header["kid"] = json!("ins_2vOtherOtherOtherOtherOtherO")),
        ),
        check("signature-invalid", 1, {
            let good = token(|_, _| {});
            let (head, _) = good.rsplit_once('.').unwrap();
            format!("{head}.{}", URL_SAFE_NO_PAD.encode([7; 256]))
        }),
        check(
            "hostile-claims",
            1,
            token(|_, claims| {
                claims["aud"] = json!("\u{1b}[31m::error::\u{202e}<script>`|");
                claims["sub"] = json!("\u{5d0}\u{5d1}\u{5d2}");
            }),
        ),
        check(
            "curl-command",
            0,
            format!(
                "curl 'https://x.convex.cloud/api/query' -H 'Authorization: Bearer {}'",
                token(|_, _| {})
            ),
        ),
        pasted,
        check(
            "secret-pasted",
            2,
            "sk_test_NeverShownNeverShownNeverShown".to_owned(),
        ),
        check(
            "claims-alone",
            1,
            json!({"iss": ISSUER, "sub": "user_1", "email": "ada@example.com"}).to_string(),
        ),
        env("configuration-healthy", 0, ".env.local", "", ""),
        env(
            "issuer-placeholder",
            1,
            ".env.local",
            ISSUER,
            "https://your-app.clerk.accounts.dev",
        ),
        env(
            "issuer-not-origin",
            1,
            ".env.local",
            &format!("URL={ISSUER}"),
            &format!("URL={ISSUER}/.well-known/jwks.json"),
        ),
        env(
            "instance-mismatch",
            1,
            ".env.local",
            PUBLISHABLE,
            "pk_test_YnJhdmUtbGVtdXItNy5jbGVyay5hY2NvdW50cy5kZXYk",
        ),
        env(
            "application-id-spelling",
            1,
            "convex/auth.config.ts",
            "applicationID",
            "applicationId",
        ),
        template(
            "template-faults",
            1,
            &json!({"object": "jwt_template", "id": "jtmp_1", "name": "Convex", "lifetime": 604_800,
            "allowed_clock_skew": 5, "custom_signing_key": false, "claims": {"sub": "{{user.id}}", "email": "{{user.email}}"}}),
        ),
        template(
            "template-healthy",
            0,
            &json!({"name": "convex", "lifetime": 60, "claims": {"aud": "convex"}}),
        ),
        scenario("explain-rule", 0, &["explain", "audience-missing"]),
    ];
    let mut decoded = scenario(
        "decode",
        0,
        &["decode", "token.txt", "--at", &NOW.to_string()],
    );
    decoded.files.insert("token.txt", token(|_, _| {}));
    all.push(decoded);
    all
}

impl Scenario {
    /// What is printed, with the place of the project's folder taken out.
    fn run(&self, more: &[&str], columns: &str) -> String {
        let home = tempfile::tempdir().unwrap();
        let project = home.path().canonicalize().unwrap().join("app");
        for (path, text) in &self.files {
            let path = project.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let output = support::clerkcheck()
            .args(&self.args)
            .args(more)
            .current_dir(&project)
            .env("COLUMNS", columns)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(self.code),
            "{}: {output:?}",
            self.name
        );
        let text = String::from_utf8(output.stdout).unwrap();
        for secret in ["NeverShown", "eyJ"] {
            assert!(!text.contains(secret), "{}: {text}", self.name);
        }
        text.replace(project.to_str().unwrap(), "/home/ada/app")
    }
}

/// Writes the snapshot when that is asked for, and compares.
#[track_caller]
fn hold(name: &str, text: &str, stale: &mut Vec<String>) {
    let path = folder().join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    if fs::read_to_string(&path).unwrap_or_default() != text {
        stale.push(name.to_owned());
    }
}

#[test]
fn every_format_of_every_scenario() {
    let sarif: Value =
        serde_json::from_str(&fs::read_to_string(folder().join("sarif.schema.json")).unwrap())
            .unwrap();
    let sarif = jsonschema::validator_for(&sarif).unwrap();
    let mut stale = Vec::new();
    for scenario in scenarios() {
        let format = |name: &str| scenario.run(&["--format", name], "80");
        let name = scenario.name;
        let human = format("human");
        assert!(
            human
                .lines()
                .all(|line| !line.chars().any(char::is_control)),
            "{human}"
        );
        hold(&format!("{name}.txt"), &human, &mut stale);
        let json = format("json");
        support::json_report(json.as_bytes());
        hold(&format!("{name}.json"), &json, &mut stale);
        hold(&format!("{name}.github.txt"), &format("github"), &mut stale);
        let html = format("html");
        assert!(
            html.starts_with("<!doctype html>") && !html.contains("<script"),
            "{name}"
        );
        hold(&format!("{name}.html"), &html, &mut stale);
        let log = format("sarif");
        let value: Value = serde_json::from_str(&log).unwrap();
        let faults: Vec<String> = sarif
            .iter_errors(&value)
            .map(|fault| format!("{} {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
        hold(&format!("{name}.sarif"), &log, &mut stale);
    }
    assert!(
        stale.is_empty(),
        "{stale:?}: read the difference after `UPDATE=1 cargo test --test snapshots`"
    );
}

#[test]
fn narrow_wide_and_plain_terminals() {
    let mut stale = Vec::new();
    for scenario in scenarios() {
        if ![
            "healthy",
            "issuer-mismatch",
            "expired",
            "hostile-claims",
            "template-faults",
        ]
        .contains(&scenario.name)
        {
            continue;
        }
        let name = scenario.name;
        for (columns, most) in [("40", 40), ("200", 200)] {
            let text = scenario.run(&[], columns);
            for line in text.lines() {
                // What cannot be broken stands on a line of its own, and a form keeps its columns.
                let long = name.starts_with("template")
                    || line.split_whitespace().map(str::len).max().unwrap_or(0) + 24 > most;
                assert!(
                    line.chars().count() <= most || long,
                    "{name} at {columns}: {line}"
                );
            }
            hold(&format!("{name}.{columns}.txt"), &text, &mut stale);
        }
        let plain = scenario.run(&["--ascii"], "80");
        assert!(plain.is_ascii(), "{plain}");
        hold(&format!("{name}.ascii.txt"), &plain, &mut stale);
        if scenario.args[0] == "check" {
            hold(
                &format!("{name}.report.txt"),
                &scenario.run(&["--report"], "80"),
                &mut stale,
            );
        }
    }
    assert!(stale.is_empty(), "{stale:?}");
}

#[test]
fn the_job_summary_is_appended() {
    let scenario = check(
        "issuer-mismatch",
        1,
        token(|_, claims| claims["iss"] = json!("https://brave-lemur-7.clerk.accounts.dev")),
    );
    let home = tempfile::tempdir().unwrap();
    for (path, text) in &scenario.files {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let summary = home.path().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let run = |path: &Path| {
        support::clerkcheck()
            .args(&scenario.args)
            .args(["--format", "github"])
            .current_dir(home.path())
            .env("GITHUB_STEP_SUMMARY", path)
            .output()
            .unwrap()
    };
    assert_eq!(run(&summary).status.code(), Some(1));
    let mut stale = Vec::new();
    let text = fs::read_to_string(&summary).unwrap();
    assert!(
        text.starts_with("before\n### ❌ clerkcheck check\n"),
        "{text}"
    );
    hold("issuer-mismatch.summary.md", &text, &mut stale);
    assert!(stale.is_empty());
    // A summary that cannot be written changes no verdict.
    let output = run(home.path());
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("::warning title=clerkcheck::the job summary could not be written"));
}

#[test]
fn the_schema_is_printed() {
    let output = support::clerkcheck().arg("schema").output().unwrap();
    assert_eq!(
        output.stdout,
        clerkcheck::command::schema::SCHEMA.as_bytes()
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn formats_of_one_document_hold_one_report() {
    for args in [
        ["check", "x", "--all", "--format", "html"],
        ["decode", "x", "--all", "--format", "sarif"],
        ["env", "--watch", "--offline", "--format", "html"],
    ] {
        let output = support::clerkcheck()
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}
