//! The built binary against an issuer that wants to harm it: over TCP and TLS, each way in a process whose memory is capped. Every run ends by
//! itself, with the rule that names what happened, and never calls a token refused for what only we could not fetch.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use support::certificates::{Authority, Leaf};
use support::proxy::{Conduct, Proxy};
use support::server::{Reply, Server, silent};
use support::tokens::{clerk_header, healthy_claims, signer};
use support::{HOST, clerkcheck};

const KEY_ID: &str = "ins_2vHostileHostileHostileHost0";
const NOW: i64 = 1_767_225_600;
const DISCOVERY: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/.well-known/jwks.json";

/// An issuer, with what the binary must be told to find it.
struct World {
    authority: Authority,
    port: u16,
}

impl World {
    fn issuer(&self) -> String {
        format!("https://{HOST}:{}", self.port)
    }

    fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = capped();
        command
            .args(arguments)
            .args(["--format", "json", "--timeout", "1"])
            .args(["--resolve", &format!("{HOST}:{}:127.0.0.1", self.port)])
            .arg("--cacert")
            .arg(self.authority.ca_file())
            .arg("--project")
            .arg(folder);
        command
    }

    /// The exit code, Convex's verdict, and the rules of the findings.
    fn check(&self) -> (Option<i32>, String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let token = signer().mint(
            &clerk_header(KEY_ID, NOW),
            &healthy_claims(&self.issuer(), NOW),
        );
        fs::write(folder.path().join("token.txt"), &token).unwrap();
        let output = self
            .command(folder.path(), &["check", "--at-issue"])
            .args(["--issuer", &self.issuer()])
            .arg("--token-file")
            .arg(folder.path().join("token.txt"))
            .output()
            .unwrap();
        let report = support::json_report(&output.stdout);
        let outcome = report["verdict"]["convex"]["outcome"].as_str().unwrap();
        (output.status.code(), outcome.to_owned(), rules(&report))
    }
}

fn rules(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap().to_owned())
        .collect()
}

/// The binary, with 1 GiB of address space where the system can say so: what grows with an endless answer would not fit.
fn capped() -> Command {
    let plain = clerkcheck();
    if !cfg!(unix) {
        return plain;
    }
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "ulimit -v 1048576 2>/dev/null; exec \"$0\" \"$@\""])
        .arg(plain.get_program())
        .env_clear();
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap());
    }
    command
}

/// Makes a reply of the right type.
type Make = fn(&[(&str, &str)]) -> Reply;

/// What came of a good token when one document is answered so.
fn with(path: &str, reply: Reply) -> (Option<i32>, String, Vec<String>) {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    let world = World {
        authority,
        port: server.port(),
    };
    server.clerk(&world.issuer(), &signer().jwks_json(KEY_ID));
    server.on(path, reply);
    world.check()
}

fn unknown(rule: &str) -> (Option<i32>, String, Vec<String>) {
    (Some(3), "unknown".to_owned(), vec![rule.to_owned()])
}

fn refused(rule: &str) -> (Option<i32>, String, Vec<String>) {
    (Some(1), "refused".to_owned(), vec![rule.to_owned()])
}

fn accepted() -> (Option<i32>, String, Vec<String>) {
    (Some(0), "accepted".to_owned(), Vec::new())
}

/// A stored block of deflate that says it is `size` bytes of blanks: what it holds does not matter, as it is never unpacked.
fn gzip_bomb() -> Reply {
    let headers = [
        ("Content-Type", "application/json"),
        ("Content-Encoding", "gzip"),
    ];
    Reply::head(200, &headers).then_repeat(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
}

#[test]
fn answers_that_never_end() {
    let json = [("Content-Type", "application/json")];
    let ways: [(&str, Make); 9] = [
        ("never a byte", |_| Reply::never()),
        ("a byte a second of the headers", |_| {
            Reply::raw("").then_drip("HTTP/1.1 200 OK\r\nX-A: b\r\n")
        }),
        ("a byte a second of the body", |json| {
            Reply::head(200, json).then_drip("{}")
        }),
        ("a body that stops", |json| {
            Reply::head(200, json).then_silence()
        }),
        ("headers without end", |_| Reply::endless_headers()),
        ("one header without end", |_| {
            Reply::raw("HTTP/1.1 200 OK\r\nX-Long: ").then_repeat("aaaaaaaaaaaaaaaa")
        }),
        ("interim answers without end", |_| {
            let early = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
            Reply::raw("").then_repeat(early.repeat(512))
        }),
        ("a body without end", |_| Reply::endless_body()),
        ("a gzip bomb", |_| gzip_bomb()),
    ];
    for path in [DISCOVERY, JWKS] {
        for (name, reply) in &ways {
            let seen = with(path, reply(&json));
            assert_eq!(seen, unknown("issuer-unreachable"), "{name}, {path}");
        }
    }
}

#[test]
fn wrong_lengths_and_no_http() {
    let body = json!({"keys": []}).to_string();
    let head = |length: &str| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let lost = [
        ("longer than the body", head("5000")),
        ("larger than any body", head("18446744073709551615")),
        ("more than a number holds", head("99999999999999999999999")),
        ("negative", head("-1")),
        ("twice, and different", head("2\r\nContent-Length: 3")),
        ("no HTTP", "SSH-2.0-OpenSSH_9.6\r\n".to_owned()),
        (
            "HTTP/2 without being asked",
            "\0\0\u{12}\u{4}\0\0\0\0\0\0".to_owned(),
        ),
        ("nothing", String::new()),
        ("a status of letters", "HTTP/1.1 abc OK\r\n\r\n".to_owned()),
        ("a status over 999", "HTTP/1.1 2000 OK\r\n\r\n".to_owned()),
        (
            "a chunk of too many digits",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"
                .to_owned(),
        ),
        (
            "chunks that end early",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab".to_owned(),
        ),
    ];
    for (name, bytes) in lost {
        let seen = with(JWKS, Reply::raw(bytes));
        assert_eq!(seen, unknown("issuer-unreachable"), "{name}");
    }
    // What stands behind the length is not read, by Convex's client neither.
    assert_eq!(with(JWKS, Reply::raw(head("4"))), refused("jwks-body"));
}

#[test]
fn redirects_that_lead_astray() {
    let forbidden = [
        "https://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/",
        "https://10.0.0.1/.well-known/jwks.json",
        "https://192.168.1.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://db.localhost./",
        "http://example.com/.well-known/jwks.json",
        "https://user:password@example.com/",
        "file:///etc/passwd",
        "ftp://example.com/",
    ];
    for path in [DISCOVERY, JWKS] {
        for target in forbidden {
            let seen = with(path, Reply::redirect(302, target));
            assert_eq!(seen, unknown("issuer-unreachable"), "{target}");
        }
    }
    // A name that DNS does not have; it is refused by the system before anyone is asked.
    let nowhere = format!("https://{}.invalid/", "x".repeat(64));
    let seen = with(JWKS, Reply::redirect(302, &nowhere));
    assert_eq!(seen, unknown("issuer-unresolvable"));
    // Convex follows ten, and then gives up as we do.
    assert_eq!(
        with(DISCOVERY, Reply::redirect(302, DISCOVERY)),
        refused("discovery-status")
    );
    assert_eq!(
        with(JWKS, Reply::redirect(308, JWKS)),
        refused("jwks-status")
    );
    assert_eq!(with(JWKS, Reply::redirect(302, "")), refused("jwks-status"));
}

#[test]
fn content_types() {
    let keys = signer().jwks_json(KEY_ID);
    let typed = |headers: &[(&str, &str)]| with(JWKS, Reply::with(200, headers, &keys));
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
    ] {
        assert_eq!(typed(&[("Content-Type", kind)]), accepted(), "{kind}");
    }
    for kind in [
        "text/html",
        "text/html; application/json",
        "application/jsonp",
        "application/json/x",
    ] {
        assert_eq!(
            typed(&[("Content-Type", kind)]),
            refused("jwks-body"),
            "{kind}"
        );
    }
}

#[test]
fn connections_that_go_nowhere() {
    // TCP is accepted, and then nobody speaks.
    let world = World {
        authority: Authority::new(),
        port: silent(),
    };
    assert_eq!(world.check(), unknown("issuer-unreachable"));
    // TLS is spoken, for HTTP/2 alone: we ask with HTTP/1.1, which says nothing of Convex.
    let authority = Authority::new();
    let server = Server::h2(&authority);
    let world = World {
        authority,
        port: server.port(),
    };
    assert_eq!(world.check(), unknown("issuer-tls"));
}

#[test]
fn each_kind_of_bad_certificate() {
    for leaf in [
        Leaf::Expired,
        Leaf::NotYetValid,
        Leaf::SelfSigned,
        Leaf::Names(&["elsewhere.example"]),
        Leaf::Names(&["*.dev"]),
        Leaf::Names(&["xn--swift-otter-12.clerk.accounts.dev"]),
    ] {
        let authority = Authority::new();
        let server = Server::tls(&authority, leaf);
        let world = World {
            authority,
            port: server.port(),
        };
        server.clerk(&world.issuer(), &signer().jwks_json(KEY_ID));
        assert_eq!(world.check(), unknown("issuer-tls"), "{leaf:?}");
    }
    // An authority of the same name, with another key.
    let server = Server::tls(&Authority::new(), Leaf::Clerk);
    let world = World {
        authority: Authority::new(),
        port: server.port(),
    };
    assert_eq!(world.check(), unknown("issuer-tls"));
}

#[test]
fn an_issuer_that_may_not_be_asked() {
    for issuer in [
        "https://169.254.169.254",
        "https://10.1.2.3",
        "https://[::1]",
        "https://0",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let token = signer().mint(&clerk_header(KEY_ID, NOW), &healthy_claims(issuer, NOW));
        fs::write(folder.path().join("token.txt"), &token).unwrap();
        let output = capped()
            .args(["check", "--format", "json", "--timeout", "1"])
            .args(["--at-issue", "--trust-token-issuer"])
            .arg("--project")
            .arg(folder.path())
            .arg("--token-file")
            .arg(folder.path().join("token.txt"))
            .output()
            .unwrap();
        let report = support::json_report(&output.stdout);
        assert_eq!(
            (
                output.status.code(),
                &report["verdict"]["convex"]["outcome"]
            ),
            (Some(3), &json!("unknown")),
            "{issuer} {report:#}"
        );
    }
}

#[test]
fn the_other_commands_end_too() {
    for reply in [
        Reply::never(),
        Reply::endless_headers(),
        Reply::endless_body(),
        gzip_bomb(),
    ] {
        for command in ["env", "jwks"] {
            let authority = Authority::new();
            let server = Server::tls(&authority, Leaf::Clerk);
            server.on(JWKS, reply.clone()).on(DISCOVERY, reply.clone());
            let proxy = Proxy::start(Conduct::To(server.port()));
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("convex")).unwrap();
            let config = format!(
                "export default {{ providers: [{{ domain: \"https://{HOST}\", applicationID: \"convex\" }}] }};\n"
            );
            fs::write(folder.path().join("convex/auth.config.ts"), config).unwrap();
            fs::write(folder.path().join("package.json"), "{}").unwrap();
            let output = capped()
                .args([command, "--format", "json", "--timeout", "1", "--cacert"])
                .arg(authority.ca_file())
                .arg("--project")
                .arg(folder.path())
                .env("HTTPS_PROXY", proxy.url())
                .output()
                .unwrap();
            let report = support::json_report(&output.stdout);
            assert_eq!(
                (output.status.code(), rules(&report)),
                (Some(3), vec!["issuer-unreachable".to_owned()]),
                "{command}"
            );
        }
    }
}
