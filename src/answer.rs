//! What URLs answered: one hop each, as it was seen on the wire.

use std::collections::BTreeMap;

/// What one request for one URL came to. A refused connection is a fact, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP response, of any status.
    Response(Response),
    /// There was no response.
    Fault(Fault),
}

/// One HTTP response. Redirects are not followed inside it: a 3xx is an answer of its own, and its target another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// `Content-Type`, as sent; `None` where there was none.
    pub content_type: Option<String>,
    /// `Location`, as sent.
    pub location: Option<String>,
    /// `Date`, in seconds since the epoch.
    pub date: Option<i64>,
    /// The body, after decompression.
    pub body: Vec<u8>,
}

/// Why there was no response. The text is the innermost cause, without the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The host name has no address.
    Unresolvable(String),
    /// No connection: refused, unreachable, reset, or a proxy that does not answer.
    Unreachable(String),
    /// The TLS handshake failed: an untrusted, expired or foreign certificate, or no common protocol.
    Tls(String),
    /// The time ran out; the text names the stage.
    TimedOut(String),
    /// It spoke, but not HTTP as it should: cut off, malformed, wrong length.
    Protocol(String),
    /// The body is larger than we read.
    TooLarge,
    /// Our own policy forbids the request (`docs`: what is sent where). Says nothing about what Convex would see.
    Forbidden(String),
}

/// All answers by URL, in the spelling of [`url::Url`]. A URL that is absent was not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers(BTreeMap<String, Answer>);

impl Answers {
    /// What this URL answered, or `None` when it was not asked.
    pub fn get(&self, url: &str) -> Option<&Answer> {
        self.0.get(url)
    }

    /// Records what a URL answered.
    pub fn insert(&mut self, url: impl Into<String>, answer: Answer) {
        self.0.insert(url.into(), answer);
    }

    /// Every URL with its answer.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Answer)> {
        self.0.iter().map(|(url, answer)| (url.as_str(), answer))
    }
}
