//! An API that a secret belongs to: its base URL, the secret, and what it answers, in words.

use super::{Spinner, policy_for};
use crate::answer::{Answer, Fault};
use crate::cli::NetworkArgs;
use crate::facts::Facts;
use crate::fetch::ClockSample;
use crate::fetch::api::{Api, Call, Called, Verb};
use crate::report::Detail;
use crate::secret::Secret;
use serde_json::Value;
use std::io::Write;
use std::time::Duration;
use url::Url;

/// The longest wait that an API may ask for before a call is made once more.
const PATIENCE: Duration = Duration::from_secs(5);

/// An API, and the secret for it.
pub struct Owner {
    api: Api,
    base: Url,
    authorization: Secret,
    /// `--timeout`.
    whole: Duration,
    /// By how many seconds the local clock is ahead of the API's, at least.
    pub ahead: Option<f64>,
    /// What was asked, and how it went, for `-v`.
    pub log: Vec<Detail>,
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// There was no answer.
    Fault(Fault),
    /// The answer is a refusal.
    Refused(Refused),
    /// The answer is not what the API answers.
    Body(String),
    /// Nothing can be asked from this machine.
    Setup(String),
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The API's code.
    pub code: Option<String>,
    /// The API's message.
    pub message: Option<String>,
    /// What support can find the request by.
    pub trace: Option<String>,
    /// Seconds to wait.
    pub retry_after: Option<u64>,
}

impl Trouble {
    /// What happened, in a sentence without its period.
    pub fn words(&self) -> String {
        match self {
            Self::Fault(fault) => crate::view::fault_words(fault),
            Self::Body(why) | Self::Setup(why) => why.clone(),
            Self::Refused(refused) => {
                let trace = refused.trace.as_ref().map(|id| format!("trace id {id}"));
                let status = Some(format!("status {}", refused.status));
                let known: Vec<String> = [status, refused.code.clone(), trace]
                    .into_iter()
                    .flatten()
                    .collect();
                let known = known.join(", ");
                let words = match &refused.message {
                    Some(message) => format!("{} ({known})", message.trim_end_matches('.')),
                    None => known,
                };
                match refused.retry_after {
                    Some(seconds) => format!("{words}; ask again in {seconds} s"),
                    None => words,
                }
            }
        }
    }

    /// Whether the write that was asked for may have been made all the same.
    pub fn is_uncertain(&self) -> bool {
        match self {
            Self::Fault(fault) => !matches!(
                fault,
                Fault::Unresolvable(_) | Fault::Tls(_) | Fault::Handshake(_) | Fault::Forbidden(_)
            ),
            Self::Body(_) => true,
            Self::Refused(refused) => refused.status >= 500,
            Self::Setup(_) => false,
        }
    }

    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refused) => Some(refused.status),
            Self::Fault(_) | Self::Body(_) | Self::Setup(_) => None,
        }
    }
}

impl Owner {
    /// The way to an API. Nothing is asked yet.
    pub fn new(
        base: &Url,
        authorization: Secret,
        network: &NetworkArgs,
        facts: &Facts,
    ) -> Result<Self, String> {
        let policy = policy_for(network, facts, base);
        Ok(Self {
            api: Api::new(&policy).map_err(|error| error.to_string())?,
            base: base.clone(),
            authorization,
            whole: super::timeout(network),
            ahead: None,
            log: Vec::new(),
        })
    }

    /// The host, for people.
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Makes a call and reads its JSON. One that is asked to wait for a moment is made once more, where the time suffices.
    pub fn call(
        &mut self,
        verb: Verb,
        path: &str,
        body: Option<Value>,
        err: &mut dyn Write,
    ) -> Result<Value, Trouble> {
        self.make(verb, path, body, false, err)
    }

    /// The same for a call that answers with a secret.
    pub fn call_for_secret(
        &mut self,
        verb: Verb,
        path: &str,
        body: Option<Value>,
        err: &mut dyn Write,
    ) -> Result<Value, Trouble> {
        self.make(verb, path, body, true, err)
    }

    /// Begins the time for calls anew.
    pub fn renew(&mut self) {
        self.api.renew(self.whole);
    }

    fn make(
        &mut self,
        verb: Verb,
        path: &str,
        body: Option<Value>,
        asks_for_secret: bool,
        err: &mut dyn Write,
    ) -> Result<Value, Trouble> {
        let url = self
            .base
            .join(path)
            .map_err(|error| Trouble::Setup(error.to_string()))?;
        let call = Call {
            verb,
            url,
            authorization: Some(self.authorization.clone()),
            headers: Vec::new(),
            body,
            asks_for_secret,
        };
        let mut called = self.once(&call, err)?;
        let wait = called
            .retry_after
            .map(Duration::from_secs)
            .filter(|wait| *wait <= PATIENCE && *wait < self.api.left());
        if let Some(wait) = wait
            && matches!(&called.answer, Answer::Response(response) if response.status == 429)
        {
            std::thread::sleep(wait);
            called = self.once(&call, err)?;
        }
        read(&called)
    }

    fn once(&mut self, call: &Call, err: &mut dyn Write) -> Result<Called, Trouble> {
        let waiting = Spinner::start(call.url.host_str().unwrap_or_default(), err);
        let called = self.api.call(call);
        waiting.stop(err);
        let called = called.map_err(|error| Trouble::Setup(error.to_string()))?;
        self.ahead = called
            .clock
            .as_ref()
            .map(ClockSample::offset)
            .or(self.ahead);
        let verb = match call.verb {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Patch => "PATCH",
            Verb::Delete => "DELETE",
        };
        self.log.push(Detail {
            label: "asked",
            text: format!(
                "{verb} {}: {}",
                crate::escape::without_credentials(call.url.as_str()),
                crate::view::answer_words(&called.answer)
            ),
        });
        Ok(called)
    }
}

/// The JSON of an answer that is a success.
fn read(called: &Called) -> Result<Value, Trouble> {
    let response = match &called.answer {
        Answer::Fault(fault) => return Err(Trouble::Fault(fault.clone())),
        Answer::Response(response) => response,
    };
    let body = serde_json::from_slice::<Value>(&response.body);
    if (200..300).contains(&response.status) {
        return body.map_err(|error| {
            Trouble::Body(format!(
                "the answer is not JSON ({error}), so this may be another address than the API's"
            ))
        });
    }
    let body = body.unwrap_or_default();
    let first = &body["errors"][0];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Err(Trouble::Refused(Refused {
        status: response.status,
        code: text(&first["code"]).or_else(|| text(&body["code"])),
        message: text(&first["long_message"])
            .or_else(|| text(&first["message"]))
            .or_else(|| text(&body["message"])),
        trace: text(&body["clerk_trace_id"]),
        retry_after: called.retry_after,
    }))
}
