//! Faults of the machine: each ends in words and a documented exit code, and leaves nothing behind.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and looks into the project that is checked"
)]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::net::{Ipv6Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use support::server::{Reply, Server};
use support::tokens::{clerk_header, healthy_claims, signer};
use tempfile::TempDir;

const ISSUER: &str = "https://cool-ocelot-25.clerk.accounts.dev";
const NOW: i64 = 1_767_225_600;
const KEY_ID: &str = "ins_2vFaultsFaultsFaultsFaultsFa";

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn token(issuer: &str) -> String {
    signer().mint(&clerk_header(KEY_ID, NOW), &healthy_claims(issuer, NOW))
}

/// A healthy project, with a token and the keys beside it.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = "export default { providers: [{ domain: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }] };\n";
    for (path, text) in [
        (".env.local", format!("CLERK_ISSUER_URL={ISSUER}\n")),
        (
            "package.json",
            r#"{"name":"app","dependencies":{"convex":"1.45.0","next":"16.0.0"}}"#.to_owned(),
        ),
        ("convex/auth.config.ts", config.to_owned()),
        ("keys.json", signer().jwks_json(KEY_ID)),
        ("token.txt", token(ISSUER)),
    ] {
        write(folder.path(), path, &text);
    }
    folder
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = support::clerkcheck();
    command
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

const CHECK: [&str; 5] = ["check", "token.txt", "--jwks", "keys.json", "--at-issue"];

/// As where it is asked online.
#[test]
fn a_file_of_certificates_that_cannot_be_used_is_told_beside_keys_too() {
    let folder = project();
    write(folder.path(), "empty.pem", "");
    for file in ["missing.pem", "empty.pem"] {
        for command in [&CHECK[..], &["env", "--jwks", "keys.json"]] {
            let mut args = command.to_vec();
            args.extend(["--cacert", file]);
            let output = run(folder.path(), &args);
            let words = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{args:?} {words}");
            assert!(words.contains(file), "{words}");
        }
    }
}

#[test]
fn files_that_are_named_are_not_read_without_end() {
    let folder = project();
    let large = fs::File::create(folder.path().join("large")).unwrap();
    large.set_len(17 << 20).unwrap();
    for option in ["--jwks", "--discovery", "--cacert", "--env-file"] {
        let output = run(folder.path(), &["check", "token.txt", option, "large"]);
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{option} {words}");
        assert!(words.contains("larger than 16 MiB"), "{words}");
    }
}

/// Every file below a folder, with its text.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                all.insert(path.clone(), Vec::new());
                folders.push(path);
            } else {
                all.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
    all
}

/// So a project on a read-only disk, or of another user, is checked as any other.
#[test]
fn nothing_is_written_into_a_project() {
    let folder = project();
    let before = files(folder.path());
    for (args, exit) in [
        (&CHECK[..], 0),
        (&["check", "token.txt", "--offline"], 1),
        (&["decode", "token.txt"], 0),
        (&["env", "--offline"], 0),
        (&["jwks", "--jwks", "keys.json"], 0),
        (&["template", "--offline"], 2),
        (&["explain", "expired"], 0),
        (&["completions", "bash"], 0),
        (&["demo", "healthy"], 0),
    ] {
        let output = run(folder.path(), args);
        assert_eq!(output.status.code(), Some(exit), "{args:?} {output:?}");
        assert!(files(folder.path()) == before, "{args:?} wrote into it");
    }
}

#[cfg(unix)]
#[test]
fn no_folder_for_temporary_files() {
    let folder = project();
    let nowhere = |args: &[&str]| {
        let mut command = command(folder.path(), args);
        command.env("TMPDIR", "/dev/null/nowhere").output().unwrap()
    };
    assert_eq!(nowhere(&CHECK).status.code(), Some(0));
    let demo = nowhere(&["demo"]);
    let words = String::from_utf8(demo.stderr).unwrap();
    assert_eq!((demo.status.code(), demo.stdout), (Some(2), Vec::new()));
    assert!(
        words.contains("could not be set up") && words.contains("/dev/null/nowhere"),
        "{words}"
    );
}

#[test]
fn a_job_summary_that_cannot_be_written_changes_no_verdict() {
    let folder = project();
    let output = command(folder.path(), &CHECK)
        .args(["--format", "github"])
        .env("GITHUB_STEP_SUMMARY", folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        shown.contains("::warning title=clerkcheck::the job summary could not be written"),
        "{shown}"
    );
}

#[cfg(unix)]
#[test]
fn faults_of_the_machine_end_in_words() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = project();
    // A full disk.
    for args in [
        &["env", "--offline"][..],
        &["--help"],
        &["--version"],
        &["check", "-h"],
    ] {
        let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
            break;
        };
        let output = support::clerkcheck()
            .current_dir(folder.path())
            .args(args)
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("could not be written"));
    }
    // A reader that has seen enough.
    let mut child = support::clerkcheck()
        .arg("explain")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // No home, and no variables at all.
    let output = Command::new(env!("CARGO_BIN_EXE_clerkcheck"))
        .env_clear()
        .current_dir(folder.path())
        .args(["env", "--offline"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // A file that nobody may read, a folder where a file should be, a clock far off.
    let secret = folder.path().join(".env.local");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    let output = run(folder.path(), &["env", "--offline", "--format", "json"]);
    support::json_report(&output.stdout);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(
        run(folder.path(), &["check", "convex"]).status.code(),
        Some(2)
    );
    for at in ["0", "99999999999", "1677-09-21T00:00:00Z"] {
        let output = run(
            folder.path(),
            &["check", "token.txt", "--jwks", "keys.json", "--at", at],
        );
        assert!(
            matches!(output.status.code(), Some(0..=3)),
            "{at}: {output:?}"
        );
    }
    for at in ["yesterday", "1e400", ""] {
        let output = run(
            folder.path(),
            &["check", "token.txt", "--offline", "--at", at],
        );
        assert_eq!(output.status.code(), Some(2), "{at}");
    }
}

#[test]
fn an_issuer_without_a_network_is_told_and_nothing_hangs() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "token.txt", &token(ISSUER));
    // IPv6 loopback and a port that nobody listens on.
    for issuer in [
        "http://[::1]:9",
        "http://127.0.0.1:9",
        "https://no-such-host.invalid",
    ] {
        let output = run(
            folder.path(),
            &["jwks", issuer, "--timeout", "2", "--format", "json"],
        );
        let report = support::json_report(&output.stdout);
        assert_eq!(report["exit"], 3, "{issuer}: {report:#}");
    }
}

#[test]
fn an_issuer_on_ipv6_alone() {
    // A machine whose kernel has no IPv6 cannot show it.
    let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
        return;
    };
    let server = Server::on_listener(listener);
    let issuer = server.issuer();
    assert!(issuer.starts_with("http://[::1]:"), "{issuer}");
    server.clerk(&issuer, &signer().jwks_json(KEY_ID));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "token.txt", &token(&issuer));
    let output = run(
        folder.path(),
        &[
            "check",
            "token.txt",
            "--issuer",
            &issuer,
            "--at-issue",
            "--format",
            "json",
        ],
    );
    let report = support::json_report(&output.stdout);
    assert_eq!(
        (
            output.status.code(),
            &report["verdict"]["convex"]["outcome"]
        ),
        (Some(0), &"accepted".into()),
        "{report:#}"
    );
}

#[cfg(unix)]
fn interrupt(child: std::process::Child) -> Output {
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    child.wait_with_output().unwrap()
}

#[cfg(unix)]
#[test]
fn an_interrupt_while_the_issuer_is_asked() {
    const DISCOVERY: &str = "/.well-known/openid-configuration";
    const JWKS: &str = "/.well-known/jwks.json";
    let json = [("Content-Type", "application/json")];
    for (path, reply) in [
        (DISCOVERY, Reply::never()),
        (DISCOVERY, Reply::head(200, &json).then_silence()),
        (JWKS, Reply::never()),
        (JWKS, Reply::head(200, &json).then_silence()),
    ] {
        let server = Server::plain();
        let issuer = server.issuer();
        server.clerk(&issuer, &signer().jwks_json(KEY_ID));
        server.on(path, reply);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "token.txt", &token(&issuer));
        let args: [&[&str]; 2] = [&["check", "token.txt", "--issuer"], &["jwks"]];
        for args in args {
            let before = server.requests().len();
            let child = command(folder.path(), args)
                .args([issuer.as_str(), "--timeout", "600"])
                .spawn()
                .unwrap();
            while !server.requests()[before..]
                .iter()
                .any(|request| request.path == path)
            {
                std::thread::yield_now();
            }
            let output = interrupt(child);
            // Half a report is none.
            assert_eq!(
                (output.status.code(), output.stdout),
                (Some(130), Vec::new()),
                "{args:?} {path}"
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_while_a_connection_is_made_and_while_input_is_read() {
    use std::os::unix::process::ExitStatusExt as _;
    let folder = project();
    let ended =
        |output: &Output| output.status.code() == Some(130) || output.status.signal() == Some(2);
    // TCP, and then no TLS.
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let child = command(
        folder.path(),
        &[
            "jwks",
            &format!("https://localhost:{port}"),
            "--timeout",
            "600",
        ],
    )
    .spawn()
    .unwrap();
    let connection = listener.accept().unwrap();
    let output = interrupt(child);
    assert!(ended(&output) && output.stdout.is_empty(), "{output:?}");
    drop(connection);
    // A pipe that is still open: part of a token, and part of a stream.
    for (args, text) in [
        (&["decode"][..], "eyJhbGciOiJSUzI1NiJ9.".to_owned()),
        (
            &["check", "--all"],
            format!("{}\n", token(ISSUER)).repeat(400),
        ),
    ] {
        let mut child = command(folder.path(), args)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(text.as_bytes()).unwrap();
        let output = interrupt(child);
        assert!(ended(&output), "{args:?} {output:?}");
        drop(pipe);
    }
}

#[test]
fn files_that_are_too_large_are_named_and_nothing_is_claimed_of_them() {
    let folder = project();
    write(folder.path(), ".env.local", &"# x\n".repeat(300_000));
    let output = run(folder.path(), &["env", "--offline"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains(".env.local could not be read (larger than 1 MiB)"),
        "{text}"
    );
    let folder = project();
    write(
        folder.path(),
        "convex/auth.config.ts",
        &"// x\n".repeat(300_000),
    );
    let output = run(folder.path(), &["env", "--offline"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.starts_with("Could not check everything: convex/auth.config.ts could not be read."),
        "{text}"
    );
    assert!(
        !text.contains("auth-config-") && !text.contains("running it"),
        "{text}"
    );
    assert!(
        text.contains("skip  config     the auth config could not be read"),
        "{text}"
    );
}

/// Who ends the process politely is heard too: the demo's folder goes with it.
#[cfg(unix)]
#[test]
fn a_request_to_end_leaves_no_folder_behind() {
    use std::io::{BufRead as _, BufReader};
    let temporary = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_clerkcheck"))
        .args(["demo", "--serve"])
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    lines.read_line(&mut first).unwrap();
    let left = || fs::read_dir(temporary.path()).unwrap().count();
    assert_eq!(left(), 1, "{first}");
    let killed = Command::new("kill").arg(child.id().to_string()).status();
    assert!(killed.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(left(), 0);
}

/// The lock file of a large workspace is longer than any other file that is read.
#[test]
fn a_lock_file_of_some_mebibytes_tells_versions() {
    let folder = project();
    let packages = "  package@1.0.0:\n    resolution: {integrity: x}\n".repeat(60_000);
    let lock = format!(
        "lockfileVersion: '9.0'\n\npackages:\n\n  convex@1.33.0:\n    resolution: {{integrity: x}}\n{packages}"
    );
    write(folder.path(), "pnpm-lock.yaml", &lock);
    let package = r#"{"dependencies": {"convex": "^1.33.0", "@clerk/nextjs": "^7.0.0"}}"#;
    write(folder.path(), "package.json", package);
    assert!(lock.len() > 2 << 20);
    let output = run(folder.path(), &["env", "--offline"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("convex-ignores-template"), "{text}");
}
