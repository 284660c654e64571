//! `--all` on a stream that is longer than a block: a line for each different token, in their order.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};
use support::tokens::{clerk_header, healthy_claims, other_signer, signer};

const ISSUER: &str = "https://cool-ocelot-25.clerk.accounts.dev";
const NOW: i64 = 1_767_225_600;
const KEY_ID: &str = "ins_2vStreamStreamStreamStreamSt";
const COUNT: usize = 600;

fn token(number: usize, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = healthy_claims(ISSUER, NOW);
    claims["jti"] = json!(format!("{number:020}"));
    change(&mut claims);
    signer().mint(&clerk_header(KEY_ID, NOW), &claims)
}

/// Bare lines, log lines and JSON, each token twice, and lines without any.
fn stream() -> (String, Vec<String>) {
    let tokens: Vec<String> = (0..COUNT)
        .map(|number| match number % 10 {
            7 => token(number, |claims| claims["aud"] = json!("other")),
            8 => token(number, |claims| claims["exp"] = json!(NOW - 1)),
            _ => token(number, |_| {}),
        })
        .collect();
    let mut text = String::new();
    for round in 0..2 {
        for (number, token) in tokens.iter().enumerate() {
            let line = match (number + round) % 4 {
                0 => format!(
                    "2026-01-01T00:00:00Z INFO authorization=\"Bearer {token}\" status=401\n"
                ),
                1 => format!("{}\n", json!({"level": "info", "token": token})),
                2 => format!("{token}\r\nnothing to see here\n"),
                _ => format!("{token}\n"),
            };
            text.push_str(&line);
        }
    }
    (text, tokens)
}

fn run(text: &str, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let issuer = if args[0] == "check" {
        &["--issuer", ISSUER][..]
    } else {
        &[]
    };
    run_in(folder.path(), text, &[args, issuer].concat())
}

fn run_in(folder: &Path, text: &str, args: &[&str]) -> Output {
    std::fs::write(folder.join("keys.json"), signer().jwks_json(KEY_ID)).unwrap();
    let mut child = support::clerkcheck()
        .args(args)
        .args(if args[0] == "check" {
            &["--jwks", "keys.json", "--at", "1767225610"][..]
        } else {
            &[]
        })
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    output
}

fn fingerprint(token: &str) -> String {
    clerkcheck::token::fingerprint(token)
}

#[test]
fn each_token_is_judged_once_and_in_its_order() {
    let (text, tokens) = stream();
    assert!(text.len() > 2 * clerkcheck::stream::BLOCK);
    let output = run(&text, &["check", "-", "--all", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| support::json_report(line.as_bytes()))
        .collect();
    let seen: Vec<&str> = lines
        .iter()
        .map(|line| line["input"]["tokens"][0]["fingerprint"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = tokens.iter().map(|token| fingerprint(token)).collect();
    assert_eq!(seen, expected);
    for (number, line) in lines.iter().enumerate() {
        let (outcome, reason) = match number % 10 {
            7 => ("refused", json!("audience-mismatch")),
            8 => ("refused", json!("expired")),
            _ => ("accepted", json!(null)),
        };
        assert_eq!(line["verdict"]["convex"]["outcome"], outcome, "{number}");
        assert_eq!(line["reason"], reason, "{number}");
    }
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains(&format!("{COUNT} different tokens")),
        "{said}"
    );
}

#[test]
fn streams_are_decoded_and_shown_without_signatures() {
    let (text, tokens) = stream();
    for format in ["human", "json"] {
        let output = run(&text, &["decode", "-", "--all", "--format", format]);
        assert_eq!(output.status.code(), Some(0));
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown.lines().count(), COUNT);
        let signature = tokens[0].rsplit('.').next().unwrap();
        assert!(!shown.contains(signature) && !shown.contains("eyJ"));
    }
    let output = run(&text, &["decode", "-", "--all", "--format", "github"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn of_a_few_tokens_each_has_a_report_and_none_is_said_to_be_left_out() {
    let (_, tokens) = stream();
    let text = format!("{}\n{}\n", tokens[0], tokens[1]);
    for (all, left_out) in [(&["--all"][..], false), (&[], true)] {
        for command in ["check", "decode"] {
            let args = [&[command, "-"], all].concat();
            let shown = String::from_utf8(run(&text, &args).stdout).unwrap();
            assert_eq!(shown.contains("not judged"), left_out, "{args:?} {shown}");
        }
    }
}

#[test]
fn forged_tokens_and_hostile_claims_pass_through_a_stream_unharmed() {
    let mut text = String::new();
    for number in 0..COUNT {
        let mut claims = healthy_claims(ISSUER, NOW);
        claims["jti"] = json!(number);
        claims["name"] = json!("\u{1b}[2J\u{202e}\n::error::x");
        text.push_str(&other_signer().mint(&clerk_header(KEY_ID, NOW), &claims));
        text.push('\n');
    }
    for command in ["check", "decode"] {
        for format in ["human", "json"] {
            let output = run(&text, &[command, "-", "--all", "--format", format]);
            let shown = String::from_utf8(output.stdout).unwrap();
            assert_eq!(shown.lines().count(), COUNT, "{command} {format}");
            let hidden =
                |character: char| character != '\n' && clerkcheck::escape::is_hidden(character);
            assert!(!shown.contains(hidden), "{command} {format}");
        }
    }
}

#[test]
fn a_stream_without_tokens_is_exit_2() {
    let text = "no token in this line\n".repeat(20_000);
    assert_eq!(run(&text, &["decode", "-", "--all"]).status.code(), Some(2));
}

#[test]
fn without_an_auth_config_every_token_is_refused_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "package.json",
        "{\"dependencies\": {\"convex\": \"1.45.0\"}}",
    );
    write(".env.local", &format!("CLERK_ISSUER_URL={ISSUER}\n"));
    write("convex/schema.ts", "export default {};\n");
    let (text, _) = stream();
    let reasons = || {
        let output = run_in(
            folder.path(),
            &text,
            &["check", "-", "--all", "--format", "json"],
        );
        let shown = String::from_utf8(output.stdout).unwrap();
        let reasons: Vec<Value> = shown
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["reason"].clone())
            .collect();
        (output.status.code(), reasons)
    };
    let all = |rule: &str| (Some(1), vec![json!(rule); COUNT]);
    assert_eq!(reasons(), all("auth-config-missing"));
    write(
        "convex/auth.config.tsx",
        "export default { providers: [] };\n",
    );
    assert_eq!(reasons(), all("auth-config-ignored"));
}
