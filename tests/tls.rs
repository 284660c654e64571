//! The built binary against an issuer over TLS that stands for Clerk: a Clerk-like host name, an authority of its own, and a proxy.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and writes the project that is checked"
)]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use serde_json::{Value, json};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};
use support::certificates::{Authority, Leaf};
use support::proxy::{Conduct, Proxy};
use support::server::{Reply, Server};
use support::tokens::{clerk_header, healthy_claims, other_signer, signer};
use support::{HOST, clerkcheck};
use tempfile::TempDir;

const KEY_ID: &str = "ins_2vCheckedOverTls000000000000";
const DISCOVERY: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/.well-known/jwks.json";

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

fn issuer() -> String {
    format!("https://{HOST}")
}

/// A project whose auth config trusts the Clerk-like host.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("convex")).unwrap();
    fs::write(path.join("package.json"), "{}").unwrap();
    fs::write(
        path.join(".env.local"),
        format!("CLERK_FRONTEND_API_URL={}\n", issuer()),
    )
    .unwrap();
    fs::write(
        path.join("convex/auth.config.ts"),
        "export default {\n  providers: [{ domain: process.env.CLERK_FRONTEND_API_URL, applicationID: \"convex\" }],\n};\n",
    )
    .unwrap();
    folder
}

/// What came of a run.
struct Seen {
    exit: Option<i32>,
    report: Value,
}

impl Seen {
    fn rules(&self) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|finding| finding["rule"].as_str().unwrap())
            .collect()
    }

    fn outcome(&self) -> &str {
        self.report["verdict"]["convex"]["outcome"]
            .as_str()
            .unwrap()
    }
}

/// Runs `check` on a token in every format; no format may show the token or its signature.
fn check(token: &str, prepare: impl Fn(&mut Command)) -> Seen {
    let folder = project();
    let file = folder.path().join("token.txt");
    fs::write(&file, token).unwrap();
    let mut seen = None;
    for format in ["human", "github", "json"] {
        let mut command = clerkcheck();
        command
            .args(["check", "--format", format, "--project"])
            .arg(folder.path())
            .arg("--token-file")
            .arg(&file);
        prepare(&mut command);
        let output = command.output().unwrap();
        let signature = token.rsplit('.').next().unwrap();
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8(text.clone()).unwrap();
            assert!(!text.contains(signature), "{format} shows the signature");
        }
        if format == "json" {
            let report = support::json_report(&output.stdout);
            seen = Some(Seen {
                exit: output.status.code(),
                report,
            });
        }
    }
    seen.unwrap()
}

/// An issuer behind a CONNECT proxy, found through the environment as in a company's network.
struct World {
    authority: Authority,
    server: Server,
    proxy: Proxy,
}

impl World {
    fn new(leaf: Leaf<'_>) -> Self {
        let authority = Authority::new();
        let server = Server::tls(&authority, leaf);
        server.clerk(&issuer(), &signer().jwks_json(KEY_ID));
        let proxy = Proxy::start(Conduct::To(server.port()));
        Self {
            authority,
            server,
            proxy,
        }
    }

    fn check(&self, token: &str, arguments: &[&str]) -> Seen {
        check(token, |command| {
            command
                .env("HTTPS_PROXY", self.proxy.url())
                .env("SSL_CERT_FILE", self.authority.ca_file())
                .args(arguments);
        })
    }
}

fn good_token() -> String {
    signer().mint(
        &clerk_header(KEY_ID, now()),
        &healthy_claims(&issuer(), now()),
    )
}

#[test]
fn a_good_token_is_accepted_through_a_proxy() {
    let world = World::new(Leaf::Clerk);
    let seen = world.check(&good_token(), &[]);
    assert_eq!(
        (seen.exit, seen.outcome(), seen.rules()),
        (Some(0), "accepted", vec![])
    );
    assert!(
        world
            .proxy
            .connects()
            .iter()
            .all(|line| *line == format!("CONNECT {HOST}:443 HTTP/1.1"))
    );
    // Nothing of the token went out.
    for request in world.server.requests() {
        assert_eq!(
            (request.header("authorization"), request.header("cookie")),
            (None, None)
        );
    }
}

#[test]
fn a_good_token_is_accepted_with_resolve_and_cacert() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    let issuer = server.issuer();
    server.clerk(&issuer, &signer().jwks_json(KEY_ID));
    let token = signer().mint(
        &clerk_header(KEY_ID, now()),
        &healthy_claims(&issuer, now()),
    );
    let pin = format!("{HOST}:{}:127.0.0.1", server.port());
    let seen = check(&token, |command| {
        command
            .args(["--issuer", &issuer, "--resolve", &pin, "--cacert"])
            .arg(authority.ca_file());
    });
    assert_eq!((seen.exit, seen.outcome()), (Some(0), "accepted"));
}

#[test]
fn tokens_that_are_refused() {
    let world = World::new(Leaf::Clerk);
    let header = clerk_header(KEY_ID, now());
    let claims = healthy_claims(&issuer(), now());
    let cases = [
        (
            "key-unknown",
            signer().mint(&clerk_header("ins_other", now()), &claims),
        ),
        ("signature-invalid", other_signer().mint(&header, &claims)),
        (
            "expired",
            signer().mint(&header, &healthy_claims(&issuer(), now() - 300)),
        ),
    ];
    for (rule, token) in cases {
        let seen = world.check(&token, &[]);
        assert_eq!(
            (seen.exit, seen.outcome(), seen.rules()),
            (Some(1), "refused", vec![rule])
        );
        assert_eq!(seen.report["verdict"]["convex"]["code"], "Unauthenticated");
        let lone = seen.report["summary"]
            .as_str()
            .unwrap()
            .starts_with("Only its age is wrong");
        assert_eq!(lone, rule == "expired");
    }
}

#[test]
fn documents_that_convex_refuses() {
    let elsewhere = json!({"issuer": "https://other.clerk.accounts.dev", "jwks_uri": format!("{}{JWKS}", issuer())});
    let html = || Reply::with(200, &[("content-type", "text/html")], "<html>");
    let cases = [
        (
            "discovery-status",
            DISCOVERY,
            Reply::with(404, &[("content-type", "text/plain")], "gone"),
        ),
        ("discovery-body", DISCOVERY, html()),
        ("discovery-issuer", DISCOVERY, Reply::json(&elsewhere)),
        (
            "jwks-status",
            JWKS,
            Reply::with(500, &[("content-type", "text/plain")], "oops"),
        ),
        ("jwks-body", JWKS, html()),
    ];
    for (rule, path, reply) in cases {
        let world = World::new(Leaf::Clerk);
        world.server.on(path, reply);
        let seen = world.check(&good_token(), &[]);
        assert_eq!(
            (seen.exit, seen.outcome(), seen.rules()),
            (Some(1), "refused", vec![rule])
        );
        assert_eq!(
            seen.report["verdict"]["convex"]["code"],
            "AuthProviderDiscoveryFailed"
        );
    }
}

#[test]
fn what_cannot_be_had_is_no_refusal() {
    let cases = [
        ("issuer-unreachable", DISCOVERY, Reply::never()),
        (
            "issuer-unreachable",
            DISCOVERY,
            Reply::chunked(50_000_000, 65_536),
        ),
        (
            "issuer-unreachable",
            JWKS,
            Reply::chunked(50_000_000, 65_536),
        ),
    ];
    for (rule, path, reply) in cases {
        let world = World::new(Leaf::Clerk);
        world.server.on(path, reply);
        let seen = world.check(&good_token(), &["--timeout", "1"]);
        assert_eq!(
            (seen.exit, seen.outcome(), seen.rules()),
            (Some(3), "unknown", vec![rule])
        );
    }
    for leaf in [
        Leaf::Expired,
        Leaf::SelfSigned,
        Leaf::Names(&["elsewhere.example"]),
    ] {
        let world = World::new(leaf);
        let seen = world.check(&good_token(), &[]);
        assert_eq!(
            (seen.exit, seen.outcome(), seen.rules()),
            (Some(3), "unknown", vec!["issuer-tls"])
        );
    }
}

#[test]
fn an_untrusted_authority_and_a_closed_port() {
    let world = World::new(Leaf::Clerk);
    let other = Authority::new();
    let seen = check(&good_token(), |command| {
        command
            .env("HTTPS_PROXY", world.proxy.url())
            .env("SSL_CERT_FILE", other.ca_file());
    });
    assert_eq!((seen.exit, seen.rules()), (Some(3), vec!["issuer-tls"]));

    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let seen = check(&good_token(), |command| {
        command
            .env("HTTPS_PROXY", format!("http://{address}"))
            .env("SSL_CERT_FILE", other.ca_file());
    });
    assert_eq!(
        (seen.exit, seen.rules()),
        (Some(3), vec!["issuer-unreachable"])
    );
}

#[test]
fn a_fault_of_the_token_counts_when_the_issuer_is_out_of_reach() {
    let world = World::new(Leaf::Expired);
    let old = signer().mint(
        &clerk_header(KEY_ID, now()),
        &healthy_claims(&issuer(), now() - 300),
    );
    let seen = world.check(&old, &[]);
    assert_eq!(
        (seen.exit, seen.outcome(), seen.rules()),
        (Some(1), "refused", vec!["expired", "issuer-tls"])
    );
}

#[test]
fn env_and_jwks_ask_the_same_issuer() {
    let world = World::new(Leaf::Clerk);
    let folder = project();
    for arguments in [vec!["env"], vec!["jwks"]] {
        let run = || {
            let mut command = clerkcheck();
            command
                .args(&arguments)
                .args(["--format", "json", "--project"])
                .arg(folder.path());
            command
                .env("HTTPS_PROXY", world.proxy.url())
                .env("SSL_CERT_FILE", world.authority.ca_file());
            let output = command.output().unwrap();
            (output.status.code(), support::json_report(&output.stdout))
        };
        let (exit, report) = run();
        assert_eq!(
            (exit, &report["findings"]),
            (Some(0), &json!([])),
            "{arguments:?}"
        );
        if arguments == ["jwks"] {
            assert_eq!(report["keys"][0]["key_id"], KEY_ID);
            assert_eq!(report["keys"][0]["usable"], true);
        }
    }
    world.server.on(DISCOVERY, Reply::with(404, &[], "gone"));
    let mut command = clerkcheck();
    command.args(["env", "--project"]).arg(folder.path());
    command
        .env("HTTPS_PROXY", world.proxy.url())
        .env("SSL_CERT_FILE", world.authority.ca_file());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}
