//! Every case of `conformance/env.json`, asked of the built binary: the variables once in `.env.local` and once in the process environment.
//! `CLERKCHECK_CONFORMANCE_ENV` names another file of cases.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and reads its cases"
)]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use support::tokens::{clerk_header, healthy_claims, signer};

const NOW: i64 = 1_767_225_630;
const KEY_ID: &str = "ins_2vHealthyHealthyHealthyHeal";

/// A quoting in which the value is read exactly as it is given.
fn quoted(value: &str) -> String {
    match value {
        plain if plain.trim() == plain && !plain.contains(['"', '\'', '#']) => plain.to_owned(),
        value if value.contains('\'') => format!("\"{value}\""),
        value => format!("'{value}'"),
    }
}

fn run(folder: &Path, case: &Value, process: bool) -> (Value, String) {
    let variables = case["env"].as_object().unwrap();
    let mut command = support::clerkcheck();
    let mut lines = String::new();
    for (name, value) in variables {
        let value = value.as_str().unwrap();
        if process {
            command.env(name, value);
        } else {
            lines.push_str(&format!("{name}={}\n", quoted(value)));
        }
    }
    if !process {
        fs::write(folder.join(".env.local"), lines).unwrap();
    }
    let issuer = case["token_iss"].as_str().unwrap();
    fs::write(folder.join("jwks.json"), signer().jwks_json(KEY_ID)).unwrap();
    let token = signer().mint(
        &clerk_header(KEY_ID, NOW - 10),
        &healthy_claims(issuer, NOW - 10),
    );
    fs::write(folder.join("token.txt"), &token).unwrap();
    let output = command
        .current_dir(folder)
        .args(["check", "--token-file", "token.txt", "--jwks", "jwks.json"])
        .args(["--format", "json", "--at", &NOW.to_string()])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{}: {error}: {text}", case["name"]);
    });
    assert_eq!(
        report["exit"],
        json!(output.status.code()),
        "{}",
        case["name"]
    );
    let human = support::clerkcheck()
        .current_dir(folder)
        .args(["check", "-v", "--token-file", "token.txt", "--jwks"])
        .args(["jwks.json", "--at", &NOW.to_string()])
        .output()
        .unwrap();
    let text = text + &String::from_utf8_lossy(&human.stdout);
    let signature = token.rsplit('.').next().unwrap();
    assert!(!text.contains(signature), "{}", case["name"]);
    (report, text)
}

fn wrong(case: &Value, report: &Value, output: &str) -> Option<String> {
    let findings = report["findings"].as_array().unwrap();
    let has = |key: &str, value: &str| findings.iter().any(|finding| finding[key] == value);
    let held = match case["expected"].as_str().unwrap() {
        "pass" => !has("severity", "error") && !has("severity", "warning") && report["exit"] == 0,
        "fail" => has("severity", "error") && report["exit"] == 1,
        other => panic!("{other}"),
    };
    let named = case["rule"].as_str().is_none_or(|rule| has("rule", rule));
    let secret = case["env"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_str)
        .any(|value| value.starts_with("sk_") && output.contains(value));
    (!held || !named || secret).then(|| {
        let rules: Vec<String> = findings
            .iter()
            .map(|finding| {
                format!(
                    "{} {}: {}",
                    finding["severity"], finding["rule"], finding["message"]
                )
            })
            .collect();
        format!(
            "{}: expected {} {}, exit {}, secret shown {secret}, found\n    {}",
            case["name"],
            case["expected"],
            case["rule"],
            report["exit"],
            rules.join("\n    ")
        )
    })
}

#[test]
fn every_case_holds() {
    let path = std::env::var_os("CLERKCHECK_CONFORMANCE_ENV").map_or_else(
        || PathBuf::from("tests/conformance/env.json"),
        PathBuf::from,
    );
    let cases: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    assert!(cases.len() >= 29, "{}", cases.len());
    let mut faults = Vec::new();
    for case in cases {
        for process in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let (report, output) = run(folder.path(), case, process);
            if let Some(fault) = wrong(case, &report, &output) {
                faults.push(format!("process {process}, {fault}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
