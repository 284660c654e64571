//! How the program behaves at a terminal and in a pipe, without a network.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and reads its cases"
)]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use support::clerkcheck;
use support::tokens::{clerk_header, healthy_claims, signer};

const ISSUER: &str = "https://cool-ocelot-25.clerk.accounts.dev";
const NOW: i64 = 1_767_225_600;

/// A folder without a project, with a token and its keys.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let token = signer().mint(&clerk_header("ins_1", NOW), &healthy_claims(ISSUER, NOW));
        fs::write(folder.path().join("token.txt"), token).unwrap();
        fs::write(folder.path().join("keys.json"), signer().jwks_json("ins_1")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn token(&self) -> String {
        fs::read_to_string(self.path("token.txt")).unwrap()
    }

    /// A run with this input on a pipe.
    fn run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = clerkcheck();
        command.args(arguments).current_dir(self.0.path());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that has seen enough closes its end.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    fn text(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments, b"");
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
        )
    }
}

const HEALTHY: [&str; 7] = [
    "--issuer",
    ISSUER,
    "--jwks",
    "keys.json",
    "--at",
    "2026-01-01T00:00:30Z",
    "--color=never",
];

#[test]
fn a_token_is_the_same_from_every_source() {
    let place = Place::new();
    let token = place.token();
    let arguments =
        |source: &[&'static str]| -> Vec<&str> { [&["check"][..], source, &HEALTHY[..]].concat() };
    let expected = place.run(&arguments(&["token.txt"]), b"");
    assert_eq!(expected.status.code(), Some(0));
    for source in [
        &["--token-file", "token.txt"][..],
        &["--token-file", "-"],
        &["-"],
        &[],
    ] {
        let output = place.run(&arguments(source), token.as_bytes());
        assert_eq!(
            (output.status.code(), &output.stdout),
            (Some(0), &expected.stdout),
            "{source:?}"
        );
    }
    let bare: Vec<&str> = [&[token.as_str()][..], &HEALTHY[..]].concat();
    assert_eq!(place.run(&bare, b"").stdout, expected.stdout);
}

#[test]
fn unsigned_claims_are_decoded_as_of_the_time_asked_for() {
    let place = Place::new();
    let arguments = ["decode", "--at", "1767225630", "--color=never"];
    let output = place.run(
        &arguments,
        b"{'aud': 'convex', 'exp': 1767225660, 'email_verified': True}",
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("in 30 s"), "{text}");
    assert!(text.contains("email_verified  true"), "{text}");
}

#[test]
fn a_pasted_template_is_judged_whole() {
    let place = Place::new();
    let template = br#"{"object":"jwt_template","name":"Convex","claims":{"aud":"convex","sub":"{{user.id}}"},"lifetime":5,
        "allowed_clock_skew":5,"custom_signing_key":true,"signing_algorithm":"HS256"}"#;
    let arguments = [&["check"][..], &HEALTHY, &["--format", "json"]].concat();
    let output = place.run(&arguments, template);
    assert_eq!(output.status.code(), Some(1));
    let report = support::json_report(&output.stdout);
    let rules: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    assert_eq!(
        rules,
        [
            "template-misnamed",
            "template-claim-reserved",
            "template-custom-key",
            "template-lifetime"
        ]
    );
    // What its claims lack is said once.
    let output = place.run(&arguments, br#"{"object":"jwt_template","name":"convex","claims":{},"lifetime":60,"allowed_clock_skew":5}"#);
    let report = support::json_report(&output.stdout);
    assert_eq!(report["findings"][0]["rule"], "audience-missing");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn what_counts_is_in_the_first_line_and_what_was_left_out_is_named() {
    let place = Place::new();
    let config = "export default { providers: [{ domain: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }] };\n";
    let package = r#"{"dependencies": {"convex": "1.40.0", "@clerk/nextjs": "7.0.0"}}"#;
    fs::create_dir_all(place.path("convex/_generated")).unwrap();
    fs::write(place.path("package.json"), package).unwrap();
    fs::write(place.path("convex/auth.config.ts"), config).unwrap();
    let arguments = |more: &[&'static str]| [&["check", "token.txt"][..], &HEALTHY, more].concat();
    let (exit, text) = place.text(&arguments(&["--fail-on", "warning", "--quiet"]));
    assert_eq!(exit, 1, "{text}");
    assert!(
        text.starts_with("Convex accepts this token, with a warning: "),
        "{text}"
    );
    let left_out = ["--audience", "other", "--ignore", "audience-mismatch"];
    let (exit, text) = place.text(&arguments(&left_out));
    assert_eq!(exit, 1, "{text}");
    assert!(
        text.contains("skip  audience   a rule that would tell was left out"),
        "{text}"
    );
}

#[test]
fn a_header_needs_no_quotes() {
    let place = Place::new();
    let token = place.token();
    for words in [&["Bearer"][..], &["authorization:", "bearer"]] {
        for command in [&["check"][..], &[]] {
            let arguments = [command, words, &[token.as_str()], &HEALTHY].concat();
            let (code, text) = place.text(&arguments);
            assert_eq!(code, 0, "{words:?} {text}");
        }
        let (code, text) = place.text(&[&["decode"], words, &[token.as_str()]].concat());
        assert!(code == 0 && text.contains("authorization-header"), "{text}");
    }
    let output = place.run(&["check", "token.txt", "extra"], b"");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("unexpected argument 'extra'"), "{said}");
}

#[test]
fn no_token_or_secret_is_repeated_wherever_it_stands() {
    let place = Place::new();
    let token = place.token();
    let deploy_key = "prod:happy-animal-123|eyJ2MiI6ImFiY2RlZjAxMjM0NTY3ODlhYmNkZWYifQ==";
    let key = format!("sk_live_{}", "AbCdEfGhIjKl0123".repeat(2));
    for (secret, part) in [
        (token.as_str(), &token[token.len() - 40..]),
        (deploy_key, "ImFiY2RlZjAx"),
        (&key, "AbCdEfGhIjKl"),
    ] {
        let path = format!("/{secret}");
        let mut lines: Vec<Vec<&str>> = vec![
            vec!["chek", secret],
            vec!["check", "token.txt", secret],
            vec!["check", &path],
        ];
        for command in ["env", "jwks", "template", "completions", "demo", "schema"] {
            lines.push(vec![command, secret]);
        }
        for option in [
            "--issuer",
            "--audience",
            "--at",
            "--format",
            "--color",
            "--fail-on",
            "--select",
            "--ignore",
            "--project",
            "--env-file",
            "--auth-config",
            "--jwks",
            "--discovery",
            "--timeout",
            "--cacert",
            "--resolve",
            "--token-file",
            "--unknown",
        ] {
            lines.push(vec!["check", "token.txt", "--offline", option, secret]);
        }
        for line in lines {
            let output = place.run(&line, b"");
            let text: String = [output.stdout, output.stderr]
                .map(|bytes| String::from_utf8(bytes).unwrap())
                .concat()
                .split_whitespace()
                .collect();
            assert!(
                !text.contains(part),
                "{:?}: {text}",
                &line[..line.len() - 1]
            );
        }
    }
}

#[test]
fn input_that_cannot_be_read_is_named() {
    let place = Place::new();
    for (arguments, words) in [
        (&["check", "absent.txt"][..], "absent.txt could not be read"),
        (
            &["check", "--token-file", "absent.txt"],
            "absent.txt could not be read",
        ),
        (&["check", "."], "is a folder"),
        (
            &["check", "token.txt", "--at", "soon"],
            "--at <TIME>': `soon`",
        ),
        (
            &["check", "token.txt", "--jwks", "absent.json"],
            "--jwks: absent.json",
        ),
        (
            &["check", "token.txt", "--resolve", "x"],
            "--resolve <HOST:PORT:ADDR>': `x`",
        ),
        (
            &["check", "token.txt", "--select", "issuer-mismach"],
            "Did you mean `issuer-mismatch`?",
        ),
        (
            &["check", "token.txt", "--select", "inpt"],
            "Did you mean `input`?",
        ),
        (&["env", "--ignore", "Keyss"], "Did you mean `keys`?"),
        (
            // A row of the page is nothing that can be selected.
            &["check", "token.txt", "--ignore", "user-not-apearing"],
            "no rule or topic `user-not-apearing`. `clerkcheck explain`",
        ),
        (
            &["check", "token.txt", "--issuer", "nonsense"],
            "Does not look like a URL",
        ),
        (&["env", "--project", "absent"], "absent is not a folder"),
        (&["env", "--env-file", "absent"], "--env-file: absent"),
    ] {
        let output = place.run(arguments, b"");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            error.contains(words) && output.stdout.is_empty(),
            "{arguments:?}: {error}"
        );
    }
    for (input, rule) in [
        (&b""[..], "token-absent"),
        (&[0, 159, 146, 150, 7, 1, 2, 3], "token-segments"),
        (b"hello", "token-segments"),
    ] {
        let output = place.run(&["check", "-", "--format", "json"], input);
        let report: Value = support::json_report(&output.stdout);
        assert_eq!(
            (output.status.code(), &report["input"]["reason"]),
            (Some(2), &json!(rule))
        );
    }
}

#[test]
fn exit_codes_say_what_counts() {
    let place = Place::new();
    let with = |more: &[&'static str]| {
        let arguments: Vec<&str> = [&["check", "token.txt", "--issuer", ISSUER][..], more].concat();
        place.run(&arguments, b"").status.code()
    };
    let keys = ["--jwks", "keys.json"];
    assert_eq!(
        with(&[&keys[..], &["--at", "1767225630"]].concat()),
        Some(0)
    );
    assert_eq!(with(&[&keys[..], &["--at-issue"]].concat()), Some(0));
    assert_eq!(
        with(&[&keys[..], &["--at", "1767225660"]].concat()),
        Some(1)
    );
    assert_eq!(with(&["--offline", "--at-issue"]), Some(3));
    assert_eq!(
        with(&[&keys[..], &["--at-issue", "--audience", "other"]].concat()),
        Some(1)
    );
    // A clock that is behind is a warning: it counts when asked to.
    let early = ["--at", "1767225500"];
    assert_eq!(with(&[&keys[..], &early].concat()), Some(0));
    assert_eq!(
        with(&[&keys[..], &early, &["--fail-on", "warning"]].concat()),
        Some(1)
    );
    assert_eq!(with(&[&keys[..], &early, &["--strict"]].concat()), Some(1));
    assert_eq!(
        with(&[&keys[..], &early, &["--strict", "--ignore", "time"]].concat()),
        Some(0)
    );
    assert_eq!(
        with(&[&keys[..], &early, &["--strict", "--select", "keys"]].concat()),
        Some(0)
    );
}

#[test]
fn pages_are_found_by_rule_row_and_error() {
    let place = Place::new();
    let (exit, table) = place.text(&["explain"]);
    let at = |words: &str| {
        table
            .find(words)
            .unwrap_or_else(|| unreachable!("no {words}"))
    };
    assert!(
        at("Unauthorized") < at("does not appear")
            && at("does not appear") < at("expires too quickly")
    );
    assert_eq!(exit, 0);
    for (what, words) in [
        (
            "issuer-mismatch",
            "issuer-mismatch: the token comes from another Clerk instance.",
        ),
        ("unauthorized", "Rules that answer it:"),
        ("No auth provider found matching the given token", "Convex"),
        ("config", "provider-shape"),
    ] {
        let (exit, page) = place.text(&["explain", what]);
        assert!(exit == 0 && page.contains(words), "{what}: {page}");
    }
    let (exit, page) = place.text(&["explain", "isuer-mismatch"]);
    assert!(exit == 2 && page.contains("Did you mean `issuer-mismatch`?"));
    // Of an error line its meaning is the answer, and is said once.
    let (exit, page) = place.text(&["explain", "GET https://x.dev/api 401 (Unauthorized)"]);
    let meaning = "A request was refused: it sent no token, or one that is not accepted there.";
    assert!(
        exit == 0 && page.starts_with(meaning) && page.matches(meaning).count() == 1,
        "{page}"
    );
    assert!(page.contains("\nMore  clerkcheck explain token-null\n"));
    // Three words of a line are enough to name it, two are not.
    let (exit, page) = place.text(&["explain", "my provider has an invalid domain"]);
    assert!(
        exit == 2 && page.contains("Said by npx convex: Invalid provider domain URL"),
        "{page}"
    );
    let (exit, page) = place.text(&["explain", "an invalid provider"]);
    assert!(exit == 2 && !page.contains("Did you mean"), "{page}");
}

#[test]
fn decode_and_jwks_show_what_is_there() {
    let place = Place::new();
    let (exit, text) = place.text(&["decode", "token.txt", "--at", "1767225630"]);
    assert!(
        exit == 0 && text.starts_with("This is a token from a Clerk JWT template."),
        "{text}"
    );
    assert!(
        text.contains("1767225660   2026-01-01 00:01:00 UTC, in 30 s"),
        "{text}"
    );
    let (_, text) = place.text(&["decode", "token.txt", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (
            &report["schema"],
            &report["header"]["kid"],
            &report["claims"]["aud"]
        ),
        (&json!(1), &json!("ins_1"), &json!("convex"))
    );
    let (exit, text) = place.text(&["jwks", ISSUER, "--jwks", "keys.json"]);
    assert!(
        exit == 0 && text.contains("can use it") && text.contains("2048 bits"),
        "{text}"
    );
    assert_eq!(place.text(&["jwks", ISSUER, "--offline"]).0, 3);
    assert!(
        place
            .text(&["completions", "bash"])
            .1
            .contains("clerkcheck")
    );
}

#[test]
fn colours_are_asked_for_and_lines_fit() {
    let place = Place::new();
    for (more, coloured) in [
        (&["--color", "always"][..], true),
        (&["--color", "never"], false),
        (&[], false),
    ] {
        let arguments: Vec<&str> = [&["check", "token.txt", "--offline"][..], more].concat();
        let (_, text) = place.text(&arguments);
        assert_eq!(text.contains('\u{1b}'), coloured, "{more:?}");
        for line in text.lines().filter(|_| !coloured) {
            let breakable = line.trim_start().contains(' ');
            assert!(line.chars().count() <= 80 || !breakable, "{line}");
        }
    }
}

#[test]
fn foreign_text_cannot_act() {
    let place = Place::new();
    let evil = "\u{1b}[31m\u{7}\u{202e}x\u{200b}\r\n::error::pwned\n##[error]pwned";
    let mut claims = healthy_claims(evil, NOW);
    claims[evil] = json!(evil);
    claims["email"] = json!(evil);
    let mut header = clerk_header(evil, NOW);
    header["typ"] = json!(evil);
    let token = signer().mint(&header, &claims);
    for arguments in [
        &[
            "check",
            "-",
            "--offline",
            "-v",
            "--issuer",
            ISSUER,
            "--format",
            "human",
        ][..],
        &[
            "check",
            "-",
            "--offline",
            "--issuer",
            ISSUER,
            "--format",
            "json",
        ],
        &[
            "check",
            "-",
            "--offline",
            "--issuer",
            ISSUER,
            "--format",
            "github",
        ],
        &["decode", "-"],
        &["decode", "-", "--format", "json"],
    ] {
        let output = place.run(arguments, token.as_bytes());
        let text = String::from_utf8(output.stdout).unwrap();
        let hidden =
            |character: char| character != '\n' && clerkcheck::escape::is_hidden(character);
        assert!(!text.chars().any(hidden), "{arguments:?}: {text}");
        assert!(
            !text
                .lines()
                .any(|line| line.trim_start().starts_with("::error::")
                    || line.contains("##[error]") && arguments.contains(&"github")),
            "{arguments:?}: {text}"
        );
        assert!(!text.contains(token.rsplit('.').next().unwrap()));
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = Place::new();
    let mut child = clerkcheck()
        .arg("explain")
        .current_dir(place.0.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}

#[test]
fn the_demo_diagnoses_its_scenarios() {
    let place = Place::new();
    let (exit, text) = place.text(&["demo"]);
    assert!(
        exit == 0 && text.contains("All 4 scenarios were diagnosed as they should."),
        "{text}"
    );
    for (scenario, expected) in [
        ("healthy", 0),
        ("unauthorized", 1),
        ("user-not-appearing", 1),
        ("expires-too-quickly", 1),
    ] {
        assert_eq!(place.text(&["demo", scenario]).0, expected, "{scenario}");
    }
}

#[test]
fn the_served_demo_is_judged_live() {
    let mut served = clerkcheck()
        .args(["demo", "--serve"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(served.stdout.take().unwrap()).lines();
    let folder = lines
        .by_ref()
        .map(Result::unwrap)
        .find_map(|line| line.strip_prefix("  project  ").map(str::to_owned))
        .unwrap();
    let last = lines
        .by_ref()
        .map(Result::unwrap)
        .find(|line| line.ends_with("wrong-audience.txt"));
    assert!(last.is_some());
    for (file, rule) in [
        ("healthy.txt", None),
        ("unauthorized.txt", Some("issuer-mismatch")),
        (
            "user-not-appearing.txt",
            Some("session-token-without-audience"),
        ),
        ("expires-too-quickly.txt", Some("expired")),
        ("wrong-audience.txt", Some("audience-mismatch")),
    ] {
        let output = clerkcheck()
            .args(["check", file, "--format", "json"])
            .current_dir(Path::new(&folder))
            .output()
            .unwrap();
        let report: Value = support::json_report(&output.stdout);
        assert_eq!(
            output.status.code(),
            Some(i32::from(rule.is_some())),
            "{file}: {report}"
        );
        assert_eq!(report["findings"][0]["rule"].as_str(), rule, "{file}");
    }
    served.kill().unwrap();
    served.wait().unwrap();
    fs::remove_dir_all(folder).unwrap();
}
