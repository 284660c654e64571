//! Fetching, over real TCP and TLS on loopback.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use clerkcheck::answer::{Answer, Fault, Response};
use clerkcheck::fetch::api::{Api, Call, Verb};
use clerkcheck::fetch::{
    Asking, Egress, Environment, FetchRequest, FetchSetupError, Fetched, Origin, Policy, Resolve,
    fetch,
};
use serde_json::{Value, json};

use support::HOST;
use support::certificates::{Authority, Leaf};
use support::proxy::{Conduct, Proxy};
use support::server::{Reply, Server, silent};
use support::tokens::{clerk_header, healthy_claims, signer};

fn request(url: &str) -> FetchRequest {
    FetchRequest::json(url.parse().unwrap())
}

fn ask(url: &str, policy: &Policy) -> Fetched {
    fetch(&[request(url)], policy).unwrap()
}

fn response<'a>(fetched: &'a Fetched, url: &str) -> &'a Response {
    match fetched.answers.get(url) {
        Some(Answer::Response(response)) => Some(response),
        Some(Answer::Fault(_)) | None => None,
    }
    .unwrap_or_else(|| unreachable!("no response from {url}: {fetched:?}"))
}

fn fault<'a>(fetched: &'a Fetched, url: &str) -> &'a Fault {
    match fetched.answers.get(url) {
        Some(Answer::Fault(fault)) => Some(fault),
        Some(Answer::Response(_)) | None => None,
    }
    .unwrap_or_else(|| unreachable!("no fault from {url}: {fetched:?}"))
}

/// For a plain server: its address is configured.
fn plain_policy(server: &Server) -> Policy {
    Policy {
        loopback: vec![loopback(server.port())],
        ..Policy::default()
    }
}

fn loopback(port: u16) -> Origin {
    Origin {
        host: "127.0.0.1".to_owned(),
        port,
    }
}

fn pin(host: &str, port: u16) -> Resolve {
    Resolve {
        host: host.to_owned(),
        port,
        addr: Ipv4Addr::LOCALHOST.into(),
    }
}

/// For a server that stands for Clerk's host: `--resolve` with `--cacert`.
fn tls_policy(authority: &Authority, server: &Server) -> Policy {
    Policy {
        cacert: vec![authority.ca_file()],
        resolve: vec![pin(HOST, server.port())],
        ..Policy::default()
    }
}

/// For what fails before a certificate counts. Some systems have no roots at all, so it brings one.
fn open_policy(authority: &Authority, egress: Egress) -> Policy {
    Policy {
        cacert: vec![authority.ca_file()],
        egress,
        ..Policy::default()
    }
}

/// A host name that no resolver even asks a server for: its label is too long.
fn no_such_host() -> String {
    format!("{}.invalid", "x".repeat(64))
}

/// A time that is over soon. What must end by it never ends by itself.
fn brief(policy: Policy) -> Policy {
    Policy {
        timeout: Duration::from_millis(300),
        ..policy
    }
}

/// What a plain server's reply comes to.
fn plain(reply: Reply) -> (String, Fetched) {
    let server = Server::plain();
    server.on("/a", reply);
    let url = server.url("/a");
    let fetched = ask(&url, &plain_policy(&server));
    (url, fetched)
}

/// The fault of a TLS server that shows this leaf.
fn tls_fault(leaf: Leaf<'_>) -> Fault {
    let authority = Authority::new();
    let server = Server::tls(&authority, leaf);
    let url = server.url("/a");
    let fetched = ask(&url, &tls_policy(&authority, &server));
    assert!(server.requests().is_empty(), "a request was sent");
    fault(&fetched, &url).clone()
}

#[test]
fn tls_with_resolve_and_cacert() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    let headers = [
        ("Content-Type", "application/json"),
        ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ];
    server.on("/a", Reply::with(200, &headers, "{}"));
    let url = server.url("/a");
    let fetched = ask(&url, &tls_policy(&authority, &server));
    assert_eq!(
        response(&fetched, &url),
        &Response {
            status: 200,
            content_type: Some("application/json".to_owned()),
            location: None,
            date: Some(784_111_777),
            body: b"{}".to_vec(),
        }
    );
    assert_eq!(
        fetched.clock.map(|sample| sample.date_header),
        Some(784_111_777)
    );
    assert_eq!(fetched.warnings, Vec::<String>::new());
    assert!(fetched.timings.contains_key(&url));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method, "GET");
    assert_eq!(requests[0].header("accept"), Some("application/json"));
    assert_eq!(
        requests[0].header("host"),
        Some(format!("{HOST}:{}", server.port()).as_str())
    );
    assert_eq!(requests[0].header("accept-encoding"), None);
    assert_eq!(requests[0].header("user-agent"), Some("Convex/1.0"));
}

#[test]
fn discovery_and_keys_of_a_clerk_instance() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    let issuer = server.issuer();
    server.clerk(&issuer, &signer().jwks_json("ins_1"));
    let urls = [
        server.url("/.well-known/openid-configuration"),
        server.url("/.well-known/jwks.json"),
    ];
    let requests = urls.each_ref().map(|url| request(url));
    let fetched = fetch(&requests, &tls_policy(&authority, &server)).unwrap();
    let [discovery, keys] = urls
        .each_ref()
        .map(|url| -> Value { serde_json::from_slice(&response(&fetched, url).body).unwrap() });
    assert_eq!(discovery["issuer"], issuer);
    assert_eq!(discovery["jwks_uri"], urls[1]);
    let jwk = serde_json::from_value(keys["keys"][0].clone()).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
    let token = signer().mint(&clerk_header("ins_1", 1000), &healthy_claims(&issuer, 1000));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let algorithm = jsonwebtoken::Algorithm::RS256;
    assert!(jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, algorithm).unwrap());
}

#[test]
fn a_date_from_a_cache_is_no_clock() {
    let headers = [("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Age", "7")];
    let (_, fetched) = plain(Reply::with(200, &headers, "{}"));
    assert_eq!(fetched.clock, None);
}

#[test]
fn an_untrusted_authority() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    let url = server.url("/a");
    let (stranger, namesake) = (Authority::named("A stranger"), Authority::new());
    for (cacert, words) in [
        (vec![stranger.ca_file()], "not trusted"),
        (vec![namesake.ca_file()], "of that name"),
    ] {
        let policy = Policy {
            cacert,
            ..tls_policy(&authority, &server)
        };
        let fetched = ask(&url, &policy);
        let fault = fault(&fetched, &url);
        assert!(
            matches!(fault, Fault::Tls(why) if why.contains(words)),
            "{fault:?}"
        );
    }
    assert!(server.requests().is_empty(), "a request was sent");
}

#[test]
fn each_kind_of_bad_certificate() {
    for (leaf, words) in [
        (
            Leaf::Names(&["clerk.example.com"]),
            "for another name: clerk.example.com",
        ),
        // A wildcard stands for one label alone.
        (Leaf::Names(&["*.accounts.dev"]), "for another name"),
        (Leaf::Expired, "expired on 2021-01-01"),
        (Leaf::NotYetValid, "not valid before 2090-01-01"),
        (Leaf::SelfSigned, "not trusted"),
    ] {
        let fault = tls_fault(leaf);
        assert!(
            matches!(&fault, Fault::Tls(why) if why.contains(words)),
            "{leaf:?}: {fault:?}"
        );
    }
}

#[test]
fn a_server_that_speaks_no_tls() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let answering = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        let _ = io::copy(&mut stream, &mut io::sink());
    });
    let url = format!("https://{HOST}:{port}/a");
    let authority = Authority::new();
    let policy = Policy {
        resolve: vec![pin(HOST, port)],
        ..open_policy(&authority, Egress::Direct)
    };
    let fetched = ask(&url, &policy);
    let fault = fault(&fetched, &url);
    assert!(
        matches!(fault, Fault::Handshake(why) if why.contains("does not speak TLS")),
        "{fault:?}"
    );
    answering.join().unwrap();
}

#[test]
fn through_a_connect_proxy() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    server.on("/a", Reply::json(&json!({})));
    let proxy = Proxy::start(Conduct::To(server.port()));
    let policy = open_policy(&authority, Egress::Proxy(proxy.url()));
    let url = format!("https://{HOST}/a");
    let fetched = ask(&url, &policy);
    assert_eq!(response(&fetched, &url).body, b"{}");
    assert_eq!(proxy.connects(), [format!("CONNECT {HOST}:443 HTTP/1.1")]);
    assert_eq!(server.requests()[0].header("host"), Some(HOST));
}

#[test]
fn resolve_and_loopback_never_go_through_a_proxy() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    let plain = Server::plain();
    let proxy = Proxy::start(Conduct::WantsLogin);
    let policy = Policy {
        egress: Egress::Proxy(proxy.url()),
        loopback: vec![loopback(plain.port())],
        ..tls_policy(&authority, &server)
    };
    for url in [server.url("/"), plain.url("/")] {
        assert_eq!(response(&ask(&url, &policy), &url).status, 404);
    }
    assert_eq!(proxy.connects(), Vec::<String>::new());
}

#[test]
fn a_proxy_that_lets_nobody_through() {
    for (conduct, words) in [
        (Conduct::WantsLogin, "proxy"),
        (Conduct::Refuses, "the proxy on the way refuses"),
    ] {
        let proxy = Proxy::start(conduct);
        let authority = Authority::new();
        let policy = open_policy(&authority, Egress::Proxy(proxy.url()));
        let url = format!("https://{HOST}/a");
        let fetched = ask(&url, &policy);
        let fault = fault(&fetched, &url);
        assert!(
            matches!(fault, Fault::Unreachable(why) if why.contains(words)),
            "{fault:?}"
        );
    }
}

#[test]
fn a_proxy_that_is_none() {
    let url = format!("https://{HOST}/a");
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let authority = Authority::new();
    let policy = |proxy: &str| open_policy(&authority, Egress::Proxy(proxy.to_owned()));
    let fetched = ask(&url, &policy(&format!("http://{address}")));
    assert!(matches!(fault(&fetched, &url), Fault::Unreachable(_)));

    let fetched = ask(&url, &policy(&format!("http://{}:8080", no_such_host())));
    let fault = fault(&fetched, &url);
    assert!(
        matches!(fault, Fault::Unreachable(why) if why.contains(&no_such_host())),
        "{fault:?}"
    );

    let outcome = fetch(&[request(&url)], &policy("no proxy://"));
    assert!(
        matches!(outcome, Err(FetchSetupError::Proxy(_))),
        "{outcome:?}"
    );
}

#[test]
fn both_requests_are_in_flight_at_once() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    let paths = [
        "/.well-known/openid-configuration",
        "/.well-known/jwks.json",
    ];
    for path in paths {
        server.on(path, Reply::json(&json!({})).after(2));
    }
    let urls = paths.map(|path| server.url(path));
    let requests = urls.each_ref().map(|url| request(url));
    let fetched = fetch(&requests, &tls_policy(&authority, &server)).unwrap();
    for url in &urls {
        assert_eq!(response(&fetched, url).body, b"{}");
    }
}

#[test]
fn bodies_over_the_limit() {
    for reply in [
        Reply::chunked(50_000_000, 65_536),
        Reply::endless_body(),
        Reply::head(200, &[("Content-Length", "50000000")]).then_silence(),
        // Without a length the end of the connection is the end of the body.
        Reply::head(200, &[]).then_repeat([b' '; 8192]),
    ] {
        let (url, fetched) = plain(reply);
        assert_eq!(fault(&fetched, &url), &Fault::TooLarge);
    }
    let (url, fetched) = plain(Reply::chunked(1024 * 1024, 1000));
    assert_eq!(response(&fetched, &url).body.len(), 1024 * 1024);
    let (url, fetched) = plain(Reply::chunked(1024 * 1024 + 1, 65_536));
    assert_eq!(fault(&fetched, &url), &Fault::TooLarge);
}

#[test]
fn what_never_ends_is_timed_out_at_its_stage() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    let drip = Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
    server
        .on("/never", Reply::never())
        .on("/head", Reply::raw("H").then_silence())
        .on("/drip", drip.then_silence())
        .on("/redirect", Reply::redirect(302, "/silence"))
        .on("/silence", Reply::never());
    let mute = silent();
    let mute_url = format!("https://{HOST}:{mute}/");
    server.on("/mute", Reply::redirect(302, &mute_url));
    let cases = [
        ("/never", server.url("/never"), "waiting for the answer"),
        ("/head", server.url("/head"), "waiting for the answer"),
        ("/drip", server.url("/drip"), "reading the body"),
        (
            "/redirect",
            server.url("/silence"),
            "waiting for the answer",
        ),
        ("/mute", mute_url, "connecting"),
    ];
    // Long enough for the connections, on a busy machine too.
    let mut policy = Policy {
        timeout: Duration::from_secs(2),
        ..tls_policy(&authority, &server)
    };
    policy.resolve.push(pin(HOST, mute));
    let requests = cases
        .each_ref()
        .map(|(path, ..)| request(&server.url(path)));
    let fetched = fetch(&requests, &policy).unwrap();
    for (path, asked, words) in cases {
        let fault = fault(&fetched, &asked);
        assert!(
            matches!(fault, Fault::TimedOut(why) if why.starts_with(words)),
            "{path}: {fault:?}"
        );
    }
}

#[test]
fn a_connection_that_never_speaks_is_timed_out() {
    let url = format!("https://{HOST}:{}/a", silent());
    let port = url::Url::parse(&url).unwrap().port().unwrap();
    let authority = Authority::new();
    let hung_tls = Policy {
        resolve: vec![pin(HOST, port)],
        ..open_policy(&authority, Egress::Direct)
    };
    let proxy = Proxy::start(Conduct::Silent);
    let hung_proxy = open_policy(&authority, Egress::Proxy(proxy.url()));
    for policy in [hung_tls, hung_proxy] {
        let fetched = ask(&url, &brief(policy));
        let fault = fault(&fetched, &url);
        assert!(
            matches!(fault, Fault::TimedOut(why) if why.starts_with("connecting")),
            "{fault:?}"
        );
    }
}

#[test]
fn no_time_at_all() {
    let server = Server::plain();
    server.on("/a", Reply::never());
    let policy = Policy {
        timeout: Duration::ZERO,
        ..plain_policy(&server)
    };
    let url = server.url("/a");
    assert!(matches!(
        fault(&ask(&url, &policy), &url),
        Fault::TimedOut(_)
    ));
}

#[test]
fn headers_without_end() {
    let (url, fetched) = plain(Reply::endless_headers());
    let fault = fault(&fetched, &url);
    assert!(
        matches!(fault, Fault::Protocol(_) | Fault::TimedOut(_)),
        "{fault:?}"
    );
}

#[test]
fn nothing_listens() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = closed.local_addr().unwrap();
    let url = format!("http://{address}/");
    drop(closed);
    let policy = Policy {
        loopback: vec![loopback(address.port())],
        ..Policy::default()
    };
    let fetched = ask(&url, &policy);
    assert!(matches!(fault(&fetched, &url), Fault::Unreachable(_)));
}

#[test]
fn a_name_without_an_address() {
    let url = format!("https://{}/", no_such_host());
    let authority = Authority::new();
    let fetched = ask(&url, &open_policy(&authority, Egress::Direct));
    let fault = fault(&fetched, &url);
    assert!(matches!(fault, Fault::Unresolvable(_)), "{fault:?}");
}

#[test]
fn redirects_are_followed_and_each_hop_is_recorded() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    server
        .on("/a", Reply::redirect(301, "/b"))
        .on("/b", Reply::redirect(307, &server.url("/c?d=1")))
        .on("/c?d=1", Reply::json(&json!({})));
    let urls = ["/a", "/b", "/c?d=1"].map(|path| server.url(path));
    let fetched = ask(&urls[0], &tls_policy(&authority, &server));
    let trail = fetched.answers.trail(&urls[0]);
    assert_eq!(trail.urls, urls);
    assert!(matches!(trail.answer, Some(Answer::Response(seen)) if seen.body == b"{}"));
    assert_eq!(response(&fetched, &urls[0]).status, 301);
    assert_eq!(response(&fetched, &urls[1]).status, 307);
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn redirects_to_what_is_never_asked() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    let down = Server::plain();
    let policy = Policy {
        loopback: vec![loopback(down.port())],
        ..tls_policy(&authority, &server)
    };
    let unencrypted = format!("http://{HOST}:{}/b", server.port());
    let undressed = down.url("/b");
    for target in [
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[fd00:ec2::254]/",
        "https://localhost/",
        "https://user:hidden@example.com/",
        "ftp://example.com/",
        &unencrypted,
        &undressed,
    ] {
        server.on("/a", Reply::redirect(302, target));
        let fetched = ask(&server.url("/a"), &policy);
        assert_eq!(response(&fetched, &server.url("/a")).status, 302);
        let fault = fault(&fetched, target);
        assert!(
            matches!(fault, Fault::Forbidden(why) if why.contains("to http") == target.starts_with("http://")),
            "{target}: {fault:?}"
        );
    }
    assert!(down.requests().is_empty(), "it went down to http");
}

#[test]
fn a_redirect_to_no_url_is_where_it_ends() {
    for location in ["https://", "http://[", ""] {
        let (url, fetched) = plain(Reply::redirect(302, location));
        assert_eq!(response(&fetched, &url).status, 302);
    }
    let (url, fetched) = plain(Reply::with(304, &[("Location", "/b")], ""));
    assert_eq!(response(&fetched, &url).status, 304);
    assert_eq!(fetched.timings.len(), 1);
}

#[test]
fn ten_redirects_are_followed() {
    let server = Server::plain();
    for number in 0..12 {
        let next = format!("/{}", number + 1);
        server.on(&format!("/{number}"), Reply::redirect(302, &next));
    }
    let fetched = ask(&server.url("/0"), &plain_policy(&server));
    assert_eq!(server.requests().len(), 11);
    assert_eq!(response(&fetched, &server.url("/10")).status, 302);
    let fault = fault(&fetched, &server.url("/11"));
    assert!(
        matches!(fault, Fault::Protocol(why) if why.contains("10 redirects")),
        "{fault:?}"
    );
    assert_eq!(fetched.answers.get(&server.url("/12")), None);
    assert_eq!(fetched.answers.trail(&server.url("/0")).answer, None);

    let enough = ask(&server.url("/2"), &plain_policy(&server));
    assert_eq!(response(&enough, &server.url("/12")).status, 404);
}

#[test]
fn a_redirect_loop_ends() {
    let (url, fetched) = plain(Reply::redirect(302, "/a"));
    assert_eq!(fetched.answers.trail(&url).answer, None);
    assert_eq!(response(&fetched, &url).status, 302);
}

#[test]
fn what_is_no_proper_http() {
    for reply in [
        // Cut off before the announced length, or inside a chunk.
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"),
        Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort"),
        Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n"),
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Le"),
        Reply::raw("no HTTP at all\r\n\r\n"),
        Reply::raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ] {
        let shown = format!("{reply:?}");
        let (url, fetched) = plain(reply);
        let fault = fault(&fetched, &url);
        assert!(matches!(fault, Fault::Protocol(_)), "{shown}: {fault:?}");
    }
}

#[test]
fn a_body_that_is_compressed() {
    let (url, fetched) = plain(Reply::with(
        200,
        &[("Content-Encoding", "gzip")],
        b"\x1f\x8b\x08",
    ));
    assert_eq!(fault(&fetched, &url), &Fault::Compressed);
    for coding in ["", "identity"] {
        let (url, fetched) = plain(Reply::with(200, &[("Content-Encoding", coding)], "{}"));
        assert_eq!(response(&fetched, &url).body, b"{}", "{coding}");
    }
}

#[test]
fn a_status_counts_whatever_becomes_of_its_body() {
    let long = [("Content-Length", "5000000")];
    for (status, reply) in [
        (404, Reply::with(404, &[("Content-Encoding", "gzip")], "x")),
        (404, Reply::head(404, &[]).then_repeat([b' '; 8192])),
        (503, Reply::head(503, &long).then_silence()),
        (
            503,
            Reply::raw("HTTP/1.1 503 X\r\nContent-Length: 9\r\n\r\nshort"),
        ),
    ] {
        let (url, fetched) = plain(reply);
        assert_eq!(response(&fetched, &url).status, status);
    }
}

#[test]
fn a_redirect_counts_whatever_becomes_of_its_body() {
    let server = Server::plain();
    let headers = [
        ("Location", "/b"),
        ("Content-Encoding", "gzip"),
        ("Content-Length", "5000000"),
    ];
    server
        .on("/a", Reply::head(302, &headers).then_silence())
        .on("/b", Reply::json(&json!({})));
    let fetched = ask(&server.url("/a"), &plain_policy(&server));
    assert_eq!(response(&fetched, &server.url("/b")).body, b"{}");
}

#[test]
fn loopback_is_for_the_provider_that_the_user_configured_there() {
    let (own, other) = (Server::plain(), Server::plain());
    let of_own = FetchRequest {
        url: own.url("/a").parse().unwrap(),
        loopback: vec![loopback(own.port())],
    };
    own.on("/a", Reply::redirect(302, &other.url("/b")));
    let requests = [of_own, request(&other.url("/c"))];
    let fetched = fetch(&requests, &Policy::default()).unwrap();
    assert_eq!(response(&fetched, &own.url("/a")).status, 302);
    for path in ["/b", "/c"] {
        assert!(matches!(
            fault(&fetched, &other.url(path)),
            Fault::Forbidden(_)
        ));
    }
    assert!(other.requests().is_empty());
}

#[test]
fn an_answer_is_taken_while_another_hangs() {
    let server = Server::plain();
    server
        .on("/a", Reply::json(&json!({})))
        .on("/never", Reply::never());
    let mut asking = Asking::new(&plain_policy(&server)).unwrap();
    for path in ["/never", "/a"] {
        asking.ask(request(&server.url(path)));
    }
    let first = asking.next(None).unwrap().unwrap();
    assert_eq!(first.url.as_str(), server.url("/a"));
    assert!(
        asking
            .next(Some(Duration::from_millis(1)))
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_body_cut_off_inside_tls() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    server.on(
        "/a",
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"),
    );
    let fetched = ask(&server.url("/a"), &tls_policy(&authority, &server));
    let fault = fault(&fetched, &server.url("/a"));
    assert!(matches!(fault, Fault::Protocol(_)), "{fault:?}");
}

#[test]
fn an_early_end_is_told() {
    let (url, fetched) = plain(Reply::raw(""));
    let fault = fault(&fetched, &url);
    assert!(
        matches!(fault, Fault::Protocol(_) | Fault::Unreachable(_)),
        "{fault:?}"
    );
}

#[test]
fn each_source_of_certificates_adds_to_the_others() {
    let authorities = [Authority::new(), Authority::new(), Authority::new()];
    let policy = Policy {
        cacert: vec![authorities[0].ca_file()],
        environment: Environment {
            ssl_cert_file: Some(authorities[1].ca_file()),
            ssl_cert_dir_is_set: false,
            node_extra_ca_certs: Some(authorities[2].ca_file()),
        },
        ..Policy::default()
    };
    for authority in &authorities {
        let server = Server::tls(authority, Leaf::Clerk);
        let policy = Policy {
            resolve: vec![pin(HOST, server.port())],
            ..policy.clone()
        };
        let fetched = ask(&server.url("/"), &policy);
        assert_eq!(response(&fetched, &server.url("/")).status, 404);
        assert_eq!(fetched.warnings, Vec::<String>::new());
    }
}

#[test]
fn certificate_files_that_give_nothing_are_reported() {
    let authority = Authority::new();
    let server = Server::tls(&authority, Leaf::Clerk);
    let empty = authority.ca_file().with_file_name("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    let policy = Policy {
        environment: Environment {
            ssl_cert_file: Some("/nonexistent/ca.pem".into()),
            ssl_cert_dir_is_set: false,
            node_extra_ca_certs: Some(empty.clone()),
        },
        ..tls_policy(&authority, &server)
    };
    let urls = [server.url("/a"), server.url("/b")];
    let requests = urls.each_ref().map(|url| request(url));
    let fetched = fetch(&requests, &policy).unwrap();
    for url in &urls {
        assert_eq!(response(&fetched, url).status, 404);
    }
    let [first, second] = fetched.warnings.as_slice() else {
        unreachable!("{:?}", fetched.warnings);
    };
    assert!(
        first.contains("SSL_CERT_FILE") && first.contains("/nonexistent/ca.pem"),
        "{first}"
    );
    assert!(
        second.contains("NODE_EXTRA_CA_CERTS") && second.contains("no certificate"),
        "{second}"
    );

    let broken = Policy {
        cacert: vec![empty.clone()],
        ..policy
    };
    assert!(matches!(
        fetch(&requests, &broken),
        Err(FetchSetupError::Certificate { path, .. }) if path == empty
    ));
}

#[test]
fn all_calls_of_an_api_share_one_time() {
    let server = Server::plain();
    server
        .on("/never", Reply::never())
        .on("/a", Reply::json(&json!({})));
    let api = Api::new(&brief(plain_policy(&server))).unwrap();
    let call = |path: &str| Call {
        verb: Verb::Get,
        url: server.url(path).parse().unwrap(),
        authorization: None,
        headers: Vec::new(),
        body: None,
        asks_for_secret: false,
    };
    for path in ["/never", "/a"] {
        let answer = api.call(&call(path)).unwrap().answer;
        assert!(
            matches!(answer, Answer::Fault(Fault::TimedOut(_))),
            "{path}: {answer:?}"
        );
    }
}
