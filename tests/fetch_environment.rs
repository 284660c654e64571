//! Fetching in an environment of its own: variables that the client reads by itself are set for a child process, which is this file again.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use std::env;
use std::path::PathBuf;
use std::process::Command;

use clerkcheck::answer::{Answer, Fault};
use clerkcheck::fetch::{Environment, FetchRequest, Policy, fetch};
use serde_json::json;

use support::HOST;
use support::certificates::{Authority, Leaf};
use support::proxy::{Conduct, Proxy};
use support::server::{Reply, Server};

/// Set for the child alone.
const MARK: &str = "CLERKCHECK_TEST_CHILD";

/// What the child does: asks Clerk's host with what its environment says.
#[test]
#[ignore = "runs in a child process"]
fn child() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment is what is tested"
    )]
    let path = |name| env::var_os(name).map(PathBuf::from);
    // Started by hand, it would leave this machine.
    if path(MARK).is_none() {
        return;
    }
    let policy = Policy {
        environment: Environment {
            ssl_cert_file: path("SSL_CERT_FILE"),
            ssl_cert_dir_is_set: path("SSL_CERT_DIR").is_some(),
            node_extra_ca_certs: path("NODE_EXTRA_CA_CERTS"),
        },
        ..Policy::default()
    };
    let url = format!("https://{HOST}/a");
    let fetched = fetch(&[FetchRequest::json(url.parse().unwrap())], &policy).unwrap();
    let shown = match fetched.answers.get(&url) {
        Some(Answer::Response(response)) => format!("status {}", response.status),
        Some(Answer::Fault(Fault::Unresolvable(_))) => "no address".to_owned(),
        other => format!("{other:?}"),
    };
    println!("\n{shown}; {} warnings", fetched.warnings.len());
}

/// The child's words, in an environment of these variables alone.
fn in_environment(variables: &[(&str, &str)]) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env_clear()
        .env(MARK, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.ends_with(" warnings"));
    line.unwrap_or(&text).to_owned()
}

#[test]
fn the_variables_that_the_client_reads_by_itself() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    server.on("/a", Reply::json(&json!({})));
    let proxy = Proxy::start(Conduct::To(server.port()));
    let (url, ca) = (proxy.url(), authority.ca_file());
    let https_proxy = ("HTTPS_PROXY", url.as_str());
    let ca = ca.to_str().unwrap();
    let missing = "/nonexistent/ca.pem";

    for variables in [
        &[https_proxy, ("SSL_CERT_FILE", ca)][..],
        &[https_proxy, ("NODE_EXTRA_CA_CERTS", ca)],
        &[
            https_proxy,
            ("SSL_CERT_DIR", "/nonexistent"),
            ("NODE_EXTRA_CA_CERTS", ca),
        ],
        &[("https_proxy", url.as_str()), ("SSL_CERT_FILE", ca)],
    ] {
        let said = in_environment(variables);
        assert_eq!(said, "status 200; 0 warnings", "{variables:?}");
    }
    let broken = [
        https_proxy,
        ("SSL_CERT_FILE", missing),
        ("NODE_EXTRA_CA_CERTS", ca),
    ];
    assert_eq!(in_environment(&broken), "status 200; 1 warnings");
    assert_eq!(proxy.connects().len(), 5);

    let stranger = Authority::named("A stranger");
    let untrusted = stranger.ca_file();
    let untrusted = ("NODE_EXTRA_CA_CERTS", untrusted.to_str().unwrap());
    let said = in_environment(&[https_proxy, untrusted]);
    assert!(said.contains("not trusted"), "{said}");
}
