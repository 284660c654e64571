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

impl World {
    /// Runs a command, without a token or on a file of the folder, in a project with these providers.
    fn run(&self, providers: &str, arguments: &[&str]) -> Seen {
        let folder = project();
        let config = format!("export default {{ providers: [{providers}] }};\n");
        fs::write(folder.path().join("convex/auth.config.ts"), config).unwrap();
        fs::write(folder.path().join("token.txt"), good_token()).unwrap();
        let output = clerkcheck()
            .current_dir(folder.path())
            .env("HTTPS_PROXY", self.proxy.url())
            .env("SSL_CERT_FILE", self.authority.ca_file())
            .args(arguments)
            .args(["--format", "json"])
            .output()
            .unwrap();
        Seen {
            exit: output.status.code(),
            report: support::json_report(&output.stdout),
        }
    }

    fn discovery(&self, jwks_uri: &str) {
        let document = json!({"issuer": issuer(), "jwks_uri": jwks_uri});
        self.server.on(DISCOVERY, Reply::json(&document));
    }

    /// Both documents, sent with this `Date`.
    fn dated(&self, seconds: i64) {
        let date = jiff::Timestamp::from_second(seconds).unwrap();
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let headers = [("Content-Type", "application/json"), ("Date", &date)];
        let jwks_uri = format!("{}{JWKS}", issuer());
        let document = json!({"issuer": issuer(), "jwks_uri": jwks_uri}).to_string();
        let keys = signer().jwks_json(KEY_ID);
        self.server
            .on(DISCOVERY, Reply::with(200, &headers, document))
            .on(JWKS, Reply::with(200, &headers, keys));
    }
}

fn clerk() -> String {
    format!("{{ domain: \"{}\", applicationID: \"convex\" }}", issuer())
}

#[test]
fn a_key_set_that_convex_does_not_ask_for_decides_nothing() {
    let world = World::new(Leaf::Clerk);
    let keys = Reply::with(
        200,
        &[("Content-Type", "application/json")],
        signer().jwks_json(KEY_ID),
    );
    world.discovery(&format!("{}/keys.json", issuer()));
    world.server.on("/keys.json", keys);
    for foreseen in [Reply::never(), Reply::with(500, &[], "no")] {
        world.server.on(JWKS, foreseen);
        let seen = world.check(&good_token(), &["--timeout", "5"]);
        assert_eq!((seen.exit, seen.outcome()), (Some(0), "accepted"));
        let seen = world.run(&clerk(), &["env", "--timeout", "5"]);
        assert_eq!(seen.exit, Some(0), "{:#}", seen.report);
    }
}

#[test]
fn the_issuers_clock_judges_where_the_local_one_is_wrong() {
    let world = World::new(Leaf::Clerk);
    let token = |issued: i64| {
        let claims = healthy_claims(&issuer(), issued);
        signer().mint(&clerk_header(KEY_ID, issued), &claims)
    };
    // The local clock is ahead: the token is fresh where it counts.
    let there = now() - 300;
    world.dated(there);
    let seen = world.check(&token(there), &[]);
    assert_eq!(seen.rules(), ["clock-skew"], "{:#}", seen.report);
    assert_eq!((seen.exit, seen.outcome()), (Some(0), "accepted"));
    // A time that was asked for is the time.
    let seen = world.check(&token(there), &["--at", &now().to_string()]);
    assert_eq!(seen.outcome(), "refused");
    // It is behind: the token ran out where it counts.
    world.dated(now() + 300);
    let seen = world.check(&token(now()), &[]);
    assert_eq!(seen.rules(), ["expired", "clock-skew"], "{:#}", seen.report);
    assert_eq!((seen.exit, seen.outcome()), (Some(1), "refused"));
    // A date from before the token was issued is a cache's.
    world.dated(now() - 300);
    let seen = world.check(&token(now()), &[]);
    assert_eq!((seen.exit, seen.rules()), (Some(0), vec![]));
    world.dated(now() + 300);
    for command in ["env", "jwks"] {
        let seen = world.run(&clerk(), &[command]);
        assert_eq!((seen.exit, seen.rules()), (Some(0), vec!["clock-skew"]));
        let summary = seen.report["summary"].as_str().unwrap();
        assert_eq!(summary.starts_with("Convex can use"), command == "jwks");
    }
}

#[test]
fn another_provider_is_none_of_our_business() {
    let world = World::new(Leaf::Clerk);
    let providers = format!(
        "{}, {{ domain: \"https://auth0.example.net\", applicationID: \"x\" }}",
        clerk()
    );
    for command in [&["env"][..], &["jwks"], &["check", "token.txt"]] {
        let seen = world.run(&providers, command);
        assert_eq!(
            (seen.exit, seen.rules()),
            (Some(0), vec![]),
            "{:#}",
            seen.report
        );
    }
    assert_eq!(
        world.proxy.connects().len(),
        6,
        "{:?}",
        world.proxy.connects()
    );
}

#[test]
fn of_two_issuers_the_one_that_is_meant_is_named() {
    let world = World::new(Leaf::Clerk);
    let other = "https://clerk.example.com";
    let providers = format!(
        "{{ domain: \"{other}\", applicationID: \"convex\" }}, {}",
        clerk()
    );
    let seen = world.run(&providers, &["env"]);
    // The certificate is not for the other name.
    assert_eq!(seen.rules(), ["issuer-tls"]);
    let summary = seen.report["summary"].as_str().unwrap();
    assert!(summary.contains("clerk.example.com"), "{summary}");
    let message = seen.report["findings"][0]["message"].as_str().unwrap();
    assert!(message.starts_with(other), "{message}");
}

#[test]
fn keys_that_no_request_can_fetch_are_a_fault_of_discovery() {
    let world = World::new(Leaf::Clerk);
    for jwks_uri in [
        "file:///etc/passwd",
        "data:application/json,{}",
        "mailto:a@b",
    ] {
        world.discovery(jwks_uri);
        let seen = world.check(&good_token(), &[]);
        assert_eq!(
            (seen.exit, seen.outcome(), seen.rules()),
            (Some(1), "refused", vec!["discovery-body"]),
            "{jwks_uri}"
        );
        let seen = world.run(&clerk(), &["env"]);
        assert_eq!((seen.exit, seen.rules()), (Some(1), vec!["discovery-body"]));
    }
}

#[test]
fn no_issuer_leads_to_a_loopback_service() {
    let world = World::new(Leaf::Clerk);
    let service = Server::plain();
    let own = Server::plain();
    world.discovery(&service.url("/admin"));
    let providers = format!(
        "{}, {{ domain: \"{}\", applicationID: \"convex\" }}",
        clerk(),
        own.issuer()
    );
    let seen = world.run(&providers, &["check", "token.txt"]);
    assert_eq!(
        (seen.exit, seen.rules()),
        (Some(3), vec!["issuer-unreachable"])
    );
    assert!(service.requests().is_empty(), "it was asked");
    // Nor does one on loopback lead to another port.
    let jwks_uri = service.url("/admin");
    let document = json!({"issuer": own.issuer(), "jwks_uri": jwks_uri});
    own.on(DISCOVERY, Reply::json(&document));
    world.run(&providers, &["env"]);
    assert!(!own.requests().is_empty());
    assert!(service.requests().is_empty(), "it was asked");
}

#[test]
fn redirects_are_named() {
    let world = World::new(Leaf::Clerk);
    let document = json!({"issuer": issuer(), "jwks_uri": format!("{}{JWKS}", issuer())});
    world
        .server
        .on(DISCOVERY, Reply::redirect(302, "/d2"))
        .on("/d2", Reply::json(&document));
    let to = format!("{0}{DISCOVERY} redirects to {0}/d2.", issuer());
    for command in [&["check", "token.txt"][..], &["env"], &["jwks"]] {
        let seen = world.run(&clerk(), command);
        assert_eq!(seen.exit, Some(0));
        let notes = seen.report["notes"].as_array().unwrap();
        assert!(notes.contains(&json!(to)), "{notes:?}");
    }
}

#[test]
fn jwks_knows_the_keys_of_a_custom_jwt_provider() {
    let world = World::new(Leaf::Clerk);
    let provider = |jwks: &str| {
        format!(
            "{{ type: \"customJwt\", issuer: \"{}\", jwks: \"{jwks}\", algorithm: \"RS256\", applicationID: \"convex\" }}",
            issuer()
        )
    };
    let url = format!("{}/keys/k.json", issuer());
    let headers = [("Content-Type", "application/json")];
    let full = Reply::with(200, &headers, signer().jwks_json(KEY_ID));
    world.server.on("/keys/k.json", full);
    let seen = world.run(&provider(&url), &["jwks"]);
    assert_eq!(seen.exit, Some(0), "{:#}", seen.report);
    assert_eq!(seen.report["keys"][0]["usable"], true);
    world
        .server
        .on("/keys/k.json", Reply::json(&json!({"keys": []})));
    for jwks in [url.as_str(), "data:application/json,%7B%22keys%22:[]%7D"] {
        for command in ["jwks", "env"] {
            let seen = world.run(&provider(jwks), &[command]);
            assert_eq!((seen.exit, seen.rules()), (Some(1), vec!["jwks-empty"]));
        }
    }
}
