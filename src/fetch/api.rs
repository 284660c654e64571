//! Calls of an API that a secret belongs to: one at a time, to one base URL, under the same policy. Redirects are not followed: a secret goes
//! where it was sent, and nowhere else.

use super::{ClockSample, FetchSetupError, Policy, Received, Room, guard, text, warm_up};
use crate::answer::{Answer, Fault, Response};
use crate::censor::Censor;
use crate::secret::Secret;
use reqwest::Method;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Creates, or asks.
    Post,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// What it does.
    pub verb: Verb,
    /// Where.
    pub url: Url,
    /// The whole value of `Authorization`, such as `Bearer …` or `Convex …`.
    pub authorization: Option<Secret>,
    /// Other headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, sent as JSON.
    pub body: Option<Value>,
    /// Whether a secret is asked for: then only the one that was sent is taken out of the answer.
    pub asks_for_secret: bool,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Called {
    /// The answer, without secrets; a 3xx is one.
    pub answer: Answer,
    /// The API's clock beside ours.
    pub clock: Option<ClockSample>,
    /// `Retry-After`, in seconds, where it was sent as a number.
    pub retry_after: Option<u64>,
    /// How long it took.
    pub took: Duration,
}

/// The way to APIs: connections are kept from call to call.
pub struct Api {
    room: Room,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Api {
    /// Sets up the way; nothing is asked yet. The policy's time is for all calls together.
    pub fn new(policy: &Policy) -> Result<Self, FetchSetupError> {
        Ok(Self {
            room: Room::new(policy),
            runtime: Some(super::runtime()?),
        })
    }

    /// Makes a call. A refused connection is an answer, not an error.
    pub fn call(&self, call: &Call) -> Result<Called, FetchSetupError> {
        let started = Instant::now();
        let fault = |fault| {
            Ok(Called {
                answer: Answer::Fault(fault),
                clock: None,
                retry_after: None,
                took: started.elapsed(),
            })
        };
        if let Err(why) = guard::may_fetch(&call.url, &self.room.policy) {
            return fault(Fault::Forbidden(why));
        }
        if call.url.scheme() == "https" {
            warm_up();
        }
        let Some(runtime) = &self.runtime else {
            return fault(Fault::Unreachable("the runtime has ended".to_owned()));
        };
        match runtime.block_on(self.send(call))? {
            Ok(received) => Ok(Called {
                retry_after: text(&received.headers, &RETRY_AFTER)
                    .and_then(|value| value.trim().parse().ok()),
                clock: received.clock(),
                answer: Answer::Response(clean(received, call)),
                took: started.elapsed(),
            }),
            Err(found) => fault(found),
        }
    }

    /// The time that is left for all calls.
    pub fn left(&self) -> Duration {
        self.room.deadline.saturating_duration_since(Instant::now())
    }

    /// Begins the time anew: for what must be taken back, and after a person was asked.
    pub fn renew(&mut self, timeout: Duration) {
        self.room.policy.timeout = timeout;
        self.room.deadline = Instant::now() + timeout;
    }

    pub(super) fn parts(&self) -> (&Room, Option<&tokio::runtime::Runtime>) {
        (&self.room, self.runtime.as_ref())
    }

    async fn send(&self, call: &Call) -> Result<Result<Received, Fault>, FetchSetupError> {
        let client = self.room.client(&call.url, &self.room.policy)?;
        let method = match call.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Patch => Method::PATCH,
            Verb::Delete => Method::DELETE,
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let own = call
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        let authorization = call
            .authorization
            .as_ref()
            .map(|secret| (AUTHORIZATION.as_str(), secret.expose()));
        for (name, value) in own.chain(authorization) {
            let (Ok(name), Ok(mut value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            else {
                let why = format!("the value for `{name}` holds characters that no header can");
                return Ok(Err(Fault::Protocol(why)));
            };
            value.set_sensitive(name == AUTHORIZATION);
            headers.insert(name, value);
        }
        let mut request = client.request(method, call.url.clone());
        if let Some(body) = &call.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            request = request.body(body.to_string());
        }
        let host = call.url.host_str().unwrap_or_default();
        let request = request.headers(headers);
        let only_reads = call.verb == Verb::Get;
        Ok(self.room.receive(request, host, only_reads).await)
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        // A lookup that hangs in the system's resolver must not hold us.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The response without the secrets that the call took along, wherever the API may have written them.
fn clean(received: Received, call: &Call) -> Response {
    let mut response = received.response;
    let sent: Vec<&str> = call.authorization.iter().map(Secret::expose).collect();
    let censor = Censor {
        sent: &sent,
        spares_unknown: call.asks_for_secret && (200..300).contains(&response.status),
    };
    for header in [&mut response.content_type, &mut response.location] {
        if let Some(clean) = header.as_deref().and_then(|text| censor.text(text)) {
            *header = Some(clean);
        }
    }
    censor.body(&mut response.body);
    response
}
