//! Every form of paste through the built binary: `decode` and `check`, by file and by standard input, in every format. What is a token is read,
//! what is none is named, and no part of a token or key stands in any output.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and reads its cases"
)]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use support::clerkcheck;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pastes")
}

fn by_file(arguments: &[&str], file: &Path) -> Output {
    clerkcheck()
        .args(arguments)
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn by_stdin(arguments: &[&str], bytes: &[u8]) -> Output {
    let mut command = clerkcheck();
    command
        .args(arguments)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one case after the other, all that is to be seen of it"
)]
fn every_form_is_read_by_the_binary() {
    let folder = folder();
    let expected: Value =
        serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let now = expected["now"].to_string();
    let issuer = expected["issuer"].as_str().unwrap();
    let jwks = folder.join("jwks.json");
    let check = [
        "check",
        "--issuer",
        issuer,
        "--at",
        &now,
        "--jwks",
        jwks.to_str().unwrap(),
        "--format",
    ];
    let decode = ["decode", "--at", &now, "--format"];
    let mut wrong = Vec::new();
    let cases = expected["cases"].as_array().unwrap();
    for case in cases {
        let name = case["file"].as_str().unwrap();
        let file = folder.join(name);
        let bytes = fs::read(&file).unwrap();
        let tokens: Vec<String> = case["tokens"]
            .as_array()
            .unwrap()
            .iter()
            .map(|own| {
                expected["tokens"][own.as_str().unwrap()]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .chain(case["raw_token"].as_str().map(str::to_owned))
            .collect();
        for command in [&decode[..], &check[..]] {
            for format in ["human", "json", "github"] {
                if command[0] == "decode" && format == "github" {
                    continue;
                }
                let arguments: Vec<&str> = command.iter().copied().chain([format]).collect();
                let (first, second) = (by_file(&arguments, &file), by_stdin(&arguments, &bytes));
                let what = format!("{name} {} {format}", command[0]);
                if first.stdout != second.stdout || first.status.code() != second.status.code() {
                    wrong.push(format!("{what}: file and pipe differ"));
                }
                let text = format!(
                    "{}{}",
                    String::from_utf8_lossy(&first.stdout),
                    String::from_utf8_lossy(&first.stderr)
                );
                for token in &tokens {
                    let leaked = token
                        .split('.')
                        .any(|part| part.len() > 40 && text.contains(part));
                    if leaked {
                        wrong.push(format!("{what}: a part of the token is shown"));
                    }
                }
                for secret in ["sk_test_", "sk_live_", "whsec_"] {
                    if text.split(secret).skip(1).any(|rest| {
                        rest.chars().take(12).all(|c| c.is_ascii_alphanumeric()) && rest.len() > 12
                    }) {
                        wrong.push(format!("{what}: a secret key is shown"));
                    }
                }
                let expect = case["expect"].as_str().unwrap();
                let rejected = first.status.code() == Some(2);
                if rejected != (expect == "reject") {
                    wrong.push(format!(
                        "{what}: expected {expect}, exit {:?}",
                        first.status.code()
                    ));
                }
                if format == "json" {
                    let report: Value = serde_json::from_slice(&first.stdout).unwrap();
                    let outcome = match expect {
                        "reject" => "rejected",
                        "claims-only" => "claims",
                        other => other,
                    };
                    if report["input"]["outcome"] != outcome {
                        wrong.push(format!(
                            "{what}: {} instead of {outcome}",
                            report["input"]["outcome"]
                        ));
                    }
                    let prints: Vec<String> = tokens
                        .iter()
                        .map(|token| clerkcheck::token::fingerprint(token))
                        .collect();
                    let found = report["input"]["tokens"].as_array().unwrap();
                    let found: Vec<&str> = found
                        .iter()
                        .map(|token| token["fingerprint"].as_str().unwrap())
                        .collect();
                    if outcome.starts_with("token") && found != prints {
                        wrong.push(format!("{what}: other tokens"));
                    }
                    if outcome == "rejected"
                        && clerkcheck::explain::rule(
                            report["input"]["reason"].as_str().unwrap_or_default(),
                        )
                        .is_none()
                    {
                        wrong.push(format!("{what}: no rule names it"));
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty() && cases.len() >= 81,
        "{}",
        wrong.join("\n")
    );
}
