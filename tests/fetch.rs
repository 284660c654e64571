//! Fetching, over real TCP on loopback.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use clerkcheck::answer::{Answer, Fault};
use clerkcheck::fetch::{FetchRequest, Fetched, Policy, fetch};

fn head(stream: &mut TcpStream) {
    let (mut seen, mut byte) = (Vec::new(), [0]);
    while !seen.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        seen.push(byte[0]);
    }
}

/// Asks a server that sends this reply to every request.
fn ask(reply: Vec<u8>) -> (String, Fetched) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            head(&mut stream);
            let _ = stream.write_all(&reply);
        }
    });
    let fetched = fetch(&[request(&url)], &policy()).unwrap();
    (url, fetched)
}

fn request(url: &str) -> FetchRequest {
    FetchRequest::json(url.parse().unwrap())
}

fn policy() -> Policy {
    Policy {
        loopback_hosts: vec!["127.0.0.1".to_owned()],
        ..Policy::default()
    }
}

#[test]
fn both_requests_are_in_flight_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut streams = [listener.accept().unwrap().0, listener.accept().unwrap().0];
        streams.iter_mut().for_each(head);
        for mut stream in streams {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                .unwrap();
        }
    });
    let urls = [format!("{base}/a"), format!("{base}/b")];
    let fetched = fetch(&urls.each_ref().map(|url| request(url)), &policy()).unwrap();
    for url in &urls {
        assert!(
            matches!(fetched.answers.get(url), Some(Answer::Response(seen)) if seen.body == b"{}")
        );
    }
}

#[test]
fn a_redirect_to_metadata_is_recorded_and_not_followed() {
    let (url, fetched) = ask(
        b"HTTP/1.1 302 F\r\nLocation: https://169.254.169.254/x\r\nContent-Length: 0\r\n\r\n"
            .to_vec(),
    );
    assert!(
        matches!(fetched.answers.get(&url), Some(Answer::Response(seen)) if seen.status == 302)
    );
    let target = fetched.answers.get("https://169.254.169.254/x");
    assert!(
        matches!(target, Some(Answer::Fault(Fault::Forbidden(_)))),
        "{target:?}"
    );
}

#[test]
fn a_redirect_loop_ends() {
    let (url, fetched) = ask(
        b"HTTP/1.1 302 F\r\nLocation: /a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            .to_vec(),
    );
    assert_eq!(fetched.answers.trail(&url).answer, None);
}

#[test]
fn what_is_not_read() {
    let (url, fetched) = ask(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n".to_vec());
    assert_eq!(
        fetched.answers.get(&url),
        Some(&Answer::Fault(Fault::TooLarge))
    );
    for reply in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"[..],
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx",
        b"no HTTP at all\r\n\r\n",
    ] {
        let (url, fetched) = ask(reply.to_vec());
        let answer = fetched.answers.get(&url);
        assert!(
            matches!(
                answer,
                Some(Answer::Fault(Fault::Protocol(_) | Fault::Unreachable(_)))
            ),
            "{answer:?}"
        );
    }
}
