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
    /// The body of a success; of another answer what could be had of it. None is compressed: we do not ask for that.
    pub body: Vec<u8>,
}

/// How many redirects are followed, as Convex's client does.
pub const MAX_REDIRECTS: usize = 10;

impl Response {
    /// Where a client that got this from `url` goes on to; `None` when this is no redirect, or its target is no URL.
    pub fn redirects_to(&self, url: &str) -> Option<String> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let base = url::Url::parse(url).ok()?;
        Some(base.join(self.location.as_ref()?).ok()?.into())
    }
}

/// The way from a URL through its redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail<'a> {
    /// The URL itself, then each redirect's target.
    pub urls: Vec<String>,
    /// What the last one answered; `None` when it was not asked, or the redirects run in a circle or are too many.
    pub answer: Option<&'a Answer>,
}

/// Why there was no response. The text is the innermost cause, without the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The host name has no address.
    Unresolvable(String),
    /// No connection: refused, unreachable, reset, or a proxy that does not answer.
    Unreachable(String),
    /// The certificate is untrusted, expired or of another name.
    Tls(String),
    /// The TLS handshake failed before a certificate counted: no TLS at all, no common version or cipher.
    Handshake(String),
    /// The time ran out; the text names the stage.
    TimedOut(String),
    /// It spoke, but not HTTP as it should: cut off, malformed, wrong length.
    Protocol(String),
    /// The body is larger than we read.
    TooLarge,
    /// The body is compressed, which was not asked for.
    Compressed,
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

    /// Follows the recorded redirects from a URL, as a client would, to the answer at the end.
    pub fn trail(&self, url: &str) -> Trail<'_> {
        let mut urls = vec![url.to_owned()];
        loop {
            let here = urls.last().map_or("", String::as_str);
            let answer = self.get(here);
            let next = match answer {
                Some(Answer::Response(response)) => response.redirects_to(here),
                Some(Answer::Fault(_)) | None => None,
            };
            let Some(next) = next else {
                return Trail { urls, answer };
            };
            if urls.len() > MAX_REDIRECTS || urls.contains(&next) {
                urls.push(next);
                return Trail { urls, answer: None };
            }
            urls.push(next);
        }
    }

    /// Every URL with its answer.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Answer)> {
        self.0.iter().map(|(url, answer)| (url.as_str(), answer))
    }
}
