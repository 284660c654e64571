//! The prompt, on a terminal that `script` makes.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use support::tokens::{clerk_header, healthy_claims, signer};

const ISSUER: &str = "https://cool-ocelot-25.clerk.accounts.dev";
const NOW: i64 = 1_767_225_600;
const QUESTION: &str = "Paste a token (Enter alone checks the configuration only): ";

/// A command on a terminal of its own.
fn on_a_terminal(arguments: &str, term: &str, folder: &std::path::Path) -> Child {
    let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_clerkcheck"));
    Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .current_dir(folder)
        .env("TERM", term)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80")
        .env_remove("CLERK_ISSUER_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What the terminal shows when `answer` is typed once the question is seen; the exit code.
fn answered(arguments: &str, term: &str, answer: &str) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let mut child = on_a_terminal(arguments, term, folder.path());
    let mut screen = child.stdout.take().unwrap();
    let mut shown = Vec::new();
    let mut block = [0; 1024];
    while !String::from_utf8_lossy(&shown).contains(": ") {
        let length = screen.read(&mut block).unwrap();
        assert!(length > 0, "{}", String::from_utf8_lossy(&shown));
        shown.extend_from_slice(&block[..length]);
    }
    // Kept open: the terminal does not hang up before the answer is read.
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(answer.as_bytes()).unwrap();
    keys.flush().unwrap();
    screen.read_to_end(&mut shown).unwrap();
    let code = child.wait().unwrap().code();
    (String::from_utf8(shown).unwrap(), code)
}

fn token() -> String {
    signer().mint(
        &clerk_header("ins_2vPromptPromptPromptPromptPr", NOW),
        &healthy_claims(ISSUER, NOW),
    )
}

#[test]
fn a_paste_may_be_longer_than_a_terminals_line_and_is_not_echoed() {
    let token = token();
    let long = format!("{}\r{token}", "some words before it ".repeat(600));
    let marked = format!("\u{1b}[200~{long}\u{1b}[201~");
    for (term, paste) in [
        ("xterm", &token),
        ("xterm", &long),
        ("xterm", &marked),
        ("dumb", &long),
    ] {
        let (shown, code) = answered("decode --quiet", term, &format!("{paste}\r"));
        assert_eq!(code, Some(0), "{shown}");
        assert!(shown.contains("token from a Clerk JWT template"), "{shown}");
        assert!(
            !shown.contains(&token[..40]) && !shown.contains("some words"),
            "{shown}"
        );
        assert_eq!(shown.contains("[?2004h"), term != "dumb", "{shown}");
    }
}

#[test]
fn enter_alone_checks_the_configuration_and_an_interrupt_ends() {
    let (shown, code) = answered("check --offline", "xterm", "\r");
    assert!(
        shown.contains(QUESTION) && shown.contains("Exit"),
        "{shown}"
    );
    assert_eq!(code, Some(3), "{shown}");
    let (_, code) = answered("check --offline", "xterm", "eyJ\u{3}");
    assert_eq!(code, Some(130));
}
