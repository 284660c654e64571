//! The built binary against servers on loopback: the same servers give the same report, and what is only a hint of the network decides nothing.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and writes the project that is checked"
)]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use serde_json::{Value, json};
use std::fs;
use std::process::Output;
use std::time::{SystemTime, UNIX_EPOCH};
use support::clerkcheck;
use support::server::{Reply, Server};
use support::tokens::{clerk_header, healthy_claims, signer};
use tempfile::TempDir;

const KEY_ID: &str = "ins_2vOnlineOnlineOnlineOnlineOn";
const DISCOVERY: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/.well-known/jwks.json";
const STRAY: &str = "issuer-stray-character";

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

fn token(issuer: &str) -> String {
    let time = now();
    signer().mint(&clerk_header(KEY_ID, time), &healthy_claims(issuer, time))
}

/// Runs in an empty folder, with this issuer variable if there is one.
fn run(folder: &TempDir, variable: Option<&str>, args: &[&str]) -> Output {
    let mut command = clerkcheck();
    command.current_dir(folder.path()).args(args);
    if let Some(value) = variable {
        command.env("CLERK_ISSUER_URL", value);
    }
    command.output().unwrap()
}

/// The exit code and the report.
fn report(folder: &TempDir, variable: Option<&str>, args: &[&str]) -> (Option<i32>, Value) {
    let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
    let output = run(folder, variable, &args);
    (output.status.code(), support::json_report(&output.stdout))
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

/// Whether the check list calls a step in order.
fn is_ok(report: &Value, step: &str) -> bool {
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks.any(|check| check["id"] == step && check["status"] == "ok")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Convex keeps a blank behind the issuer, and then trusts no token: whatever the server says.
#[test]
fn a_stray_character_of_the_issuer_is_the_finding() {
    let folder = tempfile::tempdir().unwrap();
    let broken = Server::plain();
    let healthy = Server::plain();
    healthy.clerk(&healthy.issuer(), &signer().jwks_json(KEY_ID));
    for server in [&broken, &healthy] {
        let issuer = server.issuer();
        fs::write(folder.path().join("token.txt"), token(&issuer)).unwrap();
        for blank in [" ", "\n"] {
            let stray = format!("{issuer}{blank}");
            let asked: Vec<(Option<&str>, Vec<&str>)> = vec![
                (None, vec!["env", "--issuer", &stray]),
                (None, vec!["jwks", &stray]),
                (None, vec!["check", "token.txt", "--issuer", &stray]),
                (Some(&stray), vec!["env"]),
                (Some(&stray), vec!["jwks"]),
                (Some(&stray), vec!["check", "token.txt"]),
            ];
            for (variable, args) in asked {
                let (exit, found) = report(&folder, variable, &args);
                assert_eq!((exit, rules(&found)), (Some(1), vec![STRAY]), "{found:#}");
                assert!(!is_ok(&found, "discovery"), "{args:?} {found:#}");
            }
        }
    }
    assert!(broken.requests().is_empty() && healthy.requests().is_empty());
}

/// A status that Convex refuses is no answer as it needs it, nor is a document that it does not ask for.
#[test]
fn only_what_convex_asks_for_and_takes_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::plain();
    let issuer = server.issuer();
    server.clerk(&issuer, &signer().jwks_json(KEY_ID));
    let document = json!({"issuer": issuer, "jwks_uri": server.url("/keys.json")});
    let headers = [("Content-Type", "application/json")];
    let keys = Reply::with(200, &headers, signer().jwks_json(KEY_ID));
    server
        .on(DISCOVERY, Reply::json(&document).after(2))
        .on("/keys.json", keys);
    let (exit, found) = report(&folder, None, &["env", "--issuer", &issuer]);
    let checks = found["checks"].to_string();
    assert_eq!(exit, Some(0), "{found:#}");
    assert!(checks.contains("2 URLs answered"), "{checks}");
}

/// The keys beside a discovery that failed are listed, whichever of the two answers comes first.
#[test]
fn jwks_lists_the_same_keys_in_either_order() {
    let mut seen = Vec::new();
    for is_discovery_last in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::plain();
        let headers = [("Content-Type", "application/json")];
        let keys = Reply::with(200, &headers, signer().jwks_json(KEY_ID));
        // The keys take three requests, and so come last where discovery waits for nothing.
        server
            .on(JWKS, Reply::redirect(302, "/k2"))
            .on("/k2", Reply::redirect(302, "/k3"))
            .on("/k3", keys);
        let refusal = Reply::with(404, &[], "no");
        let wait = if is_discovery_last { 4 } else { 0 };
        server.on(DISCOVERY, refusal.after(wait));
        let (exit, found) = report(&folder, None, &["jwks", &server.issuer()]);
        assert_eq!((exit, rules(&found)), (Some(1), vec!["discovery-status"]));
        assert_eq!(found["keys"][0]["key_id"], KEY_ID, "{found:#}");
        let text = found.to_string().replace(&server.issuer(), "ISSUER");
        seen.push(text);
    }
    assert_eq!(seen[0], seen[1]);
}

/// Of a `kid` that stands twice Convex refuses every token (facts A1, kid); of another key beside it none.
#[test]
fn a_doubled_key_beside_a_good_one_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::plain();
    let issuer = server.issuer();
    let key = |id: &str| -> Value {
        let set: Value = serde_json::from_str(&signer().jwks_json(id)).unwrap();
        set["keys"][0].clone()
    };
    let keys = json!({"keys": [key(KEY_ID), key(KEY_ID), key("ins_other")]});
    server.clerk(&issuer, &keys.to_string());
    for args in [vec!["env", "--issuer", &issuer], vec!["jwks", &issuer]] {
        let (exit, found) = report(&folder, None, &args);
        assert_eq!((exit, rules(&found)), (Some(0), vec!["key-ambiguous"]));
        assert_eq!(found["findings"][0]["severity"], "warning");
    }
    fs::write(folder.path().join("token.txt"), token(&issuer)).unwrap();
    let args = ["check", "token.txt", "--issuer", &issuer];
    let (exit, found) = report(&folder, None, &args);
    assert_eq!((exit, rules(&found)), (Some(1), vec!["key-ambiguous"]));
}

/// What is no compression changes no body.
#[test]
fn a_coding_that_is_none_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::plain();
    let issuer = server.issuer();
    server.clerk(&issuer, &signer().jwks_json(KEY_ID));
    for (coding, exit) in [("utf-8", 0), ("identity", 0), ("gzip", 3)] {
        let headers = [
            ("Content-Type", "application/json"),
            ("Content-Encoding", coding),
        ];
        server.on(JWKS, Reply::with(200, &headers, signer().jwks_json(KEY_ID)));
        let (seen, found) = report(&folder, None, &["env", "--issuer", &issuer]);
        assert_eq!(seen, Some(exit), "{coding}: {found:#}");
    }
}

/// An issuer that hangs takes no time from those that are named after it.
#[test]
fn every_issuer_of_a_stream_has_the_whole_time() {
    let folder = tempfile::tempdir().unwrap();
    let (hanging, healthy) = (Server::plain(), Server::plain());
    hanging
        .on(DISCOVERY, Reply::never())
        .on(JWKS, Reply::never());
    healthy.clerk(&healthy.issuer(), &signer().jwks_json(KEY_ID));
    fs::create_dir(folder.path().join("convex")).unwrap();
    fs::write(folder.path().join("package.json"), "{}").unwrap();
    let provider = |issuer: &str| format!("{{ domain: \"{issuer}\", applicationID: \"convex\" }}");
    let config = format!(
        "export default {{ providers: [{}, {}] }};\n",
        provider(&hanging.issuer()),
        provider(&healthy.issuer())
    );
    fs::write(folder.path().join("convex/auth.config.ts"), config).unwrap();
    let tokens = format!(
        "{}\n{}\n",
        token(&hanging.issuer()),
        token(&healthy.issuer())
    );
    fs::write(folder.path().join("tokens.txt"), &tokens).unwrap();
    // Many lines are read as a stream.
    let filler = "a line without a token\n".repeat(16 * 1024);
    fs::write(folder.path().join("stream.txt"), tokens + &filler).unwrap();
    for file in ["tokens.txt", "stream.txt"] {
        let args = [
            "check",
            "--all",
            "--timeout",
            "2",
            "--format",
            "json",
            "--token-file",
            file,
        ];
        let output = run(&folder, None, &args);
        let words = stdout(&output);
        let reports = serde_json::Deserializer::from_str(&words).into_iter::<Value>();
        let outcomes: Vec<Value> = reports
            .map(|report| report.unwrap()["verdict"]["convex"]["outcome"].clone())
            .collect();
        assert_eq!(outcomes, ["unknown", "accepted"], "{file}: {words}");
        assert_eq!(output.status.code(), Some(3));
    }
}

/// URLs are copied whole: one that does not fit stands on a line of its own.
#[test]
fn long_urls_stand_alone() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::plain();
    let issuer = server.url(&format!("/{}", "a".repeat(58)));
    let words = stdout(&run(&folder, None, &["jwks", &issuer]));
    for line in words.lines().filter(|line| line.contains("://")) {
        let is_alone = line.split_whitespace().count() == 1;
        assert!(is_alone || line.chars().count() <= 80, "{line}");
    }
    assert!(words.contains(&format!("\n  {issuer}\n")), "{words}");
}

/// What became of the token after it was sent is said beside the verdict.
#[test]
fn a_request_that_sends_another_thing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let token = token("https://swift-otter-12.clerk.accounts.dev");
    let user = format!(
        "{{\"type\":\"Authenticate\",\"baseVersion\":0,\"tokenType\":\"User\",\"value\":\"{token}\"}}\n"
    );
    let none = "{\"type\":\"Authenticate\",\"baseVersion\":1,\"tokenType\":\"None\"}\n";
    let request = |host: &str, scheme: &str| {
        format!(
            "GET /api/query HTTP/1.1\nHost: {host}\nAuthorization: {scheme}\nCookie: __session={token}\n\n"
        )
    };
    let basic = "Basic dXNlcjpwYXNz";
    for (paste, words) in [
        (format!("{user}{none}"), Some("takes the token back")),
        (format!("{none}{user}"), None),
        (user.clone(), None),
        (
            request("happy-animal-123.convex.cloud", basic),
            Some("a Basic one"),
        ),
        // One's own server may well want both.
        (request("staging.example.com", basic), None),
    ] {
        fs::write(folder.path().join("paste.txt"), &paste).unwrap();
        let args = ["check", "--offline", "--token-file", "paste.txt"];
        let shown = stdout(&run(&folder, None, &args)).replace('\n', " ");
        assert!(!shown.contains(&token));
        match words {
            Some(words) => assert!(shown.contains(words), "{shown}"),
            None => assert!(
                !shown.contains("takes the token back") && !shown.contains("a Basic one"),
                "{shown}"
            ),
        }
    }
}
