//! What a run came to, ready to be rendered. Everything in it is safe to show but for hidden characters, which the renderers escape.

use crate::picture::{Chain, TimeLine};
use crate::rule::{Finding, Rule, Severity, Step};
use crate::secret;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The exit codes. There are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Accepted; nothing at or above `--fail-on`.
    Clean = 0,
    /// Refused, or a finding at or above `--fail-on`.
    Findings = 1,
    /// Usage, or no readable token in the input.
    Unreadable = 2,
    /// Evidence that the verdict needs is missing.
    Unchecked = 3,
}

/// A whole report.
#[derive(Debug, Clone)]
pub struct Report {
    /// The command that was asked.
    pub command: &'static str,
    /// The exit code.
    pub exit: Exit,
    /// The answer, in the user's world.
    pub headline: Headline,
    /// What was pasted.
    pub input: Option<Input>,
    /// The token at a glance.
    pub token: Option<Glance>,
    /// What Convex and Clerk would say.
    pub verdict: Option<Verdicts>,
    /// The check list, in the order of dependency.
    pub checks: Vec<Check>,
    /// What was found, the headline's finding first.
    pub findings: Vec<Reported>,
    /// Sentences that belong under the answer: assumptions, what could not be checked.
    pub notes: Vec<String>,
    /// Where the project stands in its repository, for annotations: `web/`, or nothing.
    pub below: String,
    /// What `-v` adds.
    pub details: Vec<Detail>,
    /// What was read of the configuration, as JSON.
    pub configuration: Option<Value>,
    /// Members that only some commands have: `header`, `claims`, `discovery`, `keys`, …
    pub parts: Map<String, Value>,
    /// The body of commands that show rather than judge: lines for people.
    pub body: Vec<String>,
    /// The best step after this one, for people.
    pub next: Option<&'static str>,
    /// From the Clerk instance to the deployment.
    pub chain: Option<Chain>,
    /// The life of the token.
    pub time_line: Option<TimeLine>,
}

impl Report {
    /// The same without tokens and keys: they may stand in any text that comes from outside.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut report = self.clone();
        let input = report.input.iter_mut().flat_map(|input| {
            let lists = input.notes.iter_mut().chain(&mut input.repairs);
            lists.chain(&mut input.carrier)
        });
        let token = report.token.iter_mut().flat_map(|token| {
            let known = [
                &mut token.algorithm,
                &mut token.key_id,
                &mut token.issuer,
                &mut token.subject,
            ];
            known.into_iter().flatten().chain(&mut token.audience)
        });
        let said = report.verdict.iter_mut().flat_map(|verdict| {
            let messages = [&mut verdict.convex.message, &mut verdict.clerk.message];
            messages.into_iter().flatten()
        });
        let links = report.chain.iter_mut().flat_map(|chain| &mut chain.links);
        let texts = input
            .chain(token)
            .chain(said)
            .chain(links.flat_map(|link| link.audience.iter_mut().chain([&mut link.value])))
            .chain(report.checks.iter_mut().map(|check| &mut check.summary))
            .chain(
                report
                    .findings
                    .iter_mut()
                    .filter_map(|reported| reported.line.as_mut()),
            )
            .chain(&mut report.notes)
            .chain(report.details.iter_mut().map(|detail| &mut detail.text))
            .chain(&mut report.body)
            .chain([&mut report.headline.sentence]);
        texts.for_each(hide);
        for reported in &mut report.findings {
            reported.finding.each_text(hide);
        }
        for value in report
            .configuration
            .iter_mut()
            .chain(report.parts.values_mut())
        {
            hide_inside(value);
        }
        report
    }
}

fn hide(text: &mut String) {
    if let Cow::Owned(hidden) = secret::hide(text) {
        *text = hidden;
    }
}

fn hide_inside(value: &mut Value) {
    match value {
        Value::String(text) => hide(text),
        Value::Array(items) => items.iter_mut().for_each(hide_inside),
        Value::Object(members) => {
            if members.keys().any(|name| secret::is_in(name)) {
                let named = std::mem::take(members).into_iter();
                *members = named
                    .map(|(name, member)| (secret::hide(&name).into_owned(), member))
                    .collect();
            }
            members.values_mut().for_each(hide_inside);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// A whole sentence.
    pub sentence: String,
    /// The rule at the right edge.
    pub rule: Option<&'static str>,
    /// How it is coloured.
    pub tone: Tone,
}

/// How an answer is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// In order.
    Good,
    /// Refused, or wrong.
    Bad,
    /// Neither: could not be told.
    Unsure,
}

/// What was pasted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Input {
    /// `token`, `tokens`, `claims`, `rejected`, `none`.
    pub outcome: &'static str,
    /// How the judged token came.
    pub carrier: Option<String>,
    /// What was undone to read it.
    pub repairs: Vec<String>,
    /// Fingerprint and carrier of each token.
    pub tokens: Vec<(String, String)>,
    /// Whether each of them has a report of its own.
    pub each: bool,
    /// The input rule, when rejected.
    pub reason: Option<&'static str>,
    /// What else was seen in the paste.
    pub notes: Vec<String>,
}

/// A token at a glance. Ids are shortened unless claims were asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Glance {
    /// `session`, `template`, ….
    pub kind: &'static str,
    /// `alg`.
    pub algorithm: Option<String>,
    /// `kid`.
    pub key_id: Option<String>,
    /// `iss`.
    pub issuer: Option<String>,
    /// `aud`, always as a list.
    pub audience: Vec<String>,
    /// `sub`.
    pub subject: Option<String>,
    /// `iat`, seconds since the epoch.
    pub issued_at: Option<f64>,
    /// `nbf`, seconds since the epoch.
    pub not_before: Option<f64>,
    /// `exp`, seconds since the epoch.
    pub expires_at: Option<f64>,
    /// `exp - iat`, seconds.
    pub lifetime: Option<f64>,
    /// `iat - nbf`, seconds.
    pub clock_skew: Option<f64>,
}

/// What the two verifiers would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdicts {
    /// Convex.
    pub convex: ConvexSays,
    /// `verifyToken` of `@clerk/backend`.
    pub clerk: ClerkSays,
}

/// `accepted`, `refused`, `unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It would be accepted.
    Accepted,
    /// It would be refused.
    Refused,
    /// It cannot be told from here.
    Unknown,
}

impl Word {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// Convex's side of the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvexSays {
    /// The verdict.
    pub outcome: Word,
    /// Convex's code.
    pub code: Option<&'static str>,
    /// Convex's message, as a development deployment words it.
    pub message: Option<String>,
    /// The HTTP status.
    pub http_status: Option<u16>,
    /// What the browser sees: `AuthError`, or `reconnects`.
    pub browser: Option<&'static str>,
}

/// Clerk's side of the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClerkSays {
    /// The verdict.
    pub outcome: Word,
    /// Clerk's reason, as in `(reason=token-expired)`.
    pub reason: Option<&'static str>,
    /// Clerk's message.
    pub message: Option<String>,
}

/// One line of the check list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is checked.
    pub step: Step,
    /// How it went.
    pub status: Status,
    /// The value seen, the rule that failed, or the reason for the skip.
    pub summary: String,
    /// The rules that failed.
    pub rules: Vec<&'static str>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Passed.
    Ok,
    /// Failed with warnings only.
    Warn,
    /// Failed.
    Fail,
    /// Not checked.
    Skip,
}

impl Status {
    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }

    /// The word for people.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
            Self::Skip => "skip",
        }
    }
}

/// A finding with the rule that found it.
#[derive(Debug, Clone)]
pub struct Reported {
    /// The rule.
    pub rule: &'static Rule,
    /// Its topic.
    pub topic: &'static str,
    /// The severity, after `--strict`.
    pub severity: Severity,
    /// What it found.
    pub finding: Finding,
    /// The line of the file, when the finding is in one and the line holds no secret.
    pub line: Option<String>,
}

impl Reported {
    /// The title: the finding's own, or the rule's.
    pub fn title(&self) -> &str {
        self.finding.title.as_deref().unwrap_or(self.rule.title)
    }

    /// The title as what is said of "this token".
    pub fn title_of_it(&self) -> String {
        self.title()
            .replacen("the token ", "it ", 1)
            .replacen("the token's ", "its ", 1)
    }
}

/// A line of `-v`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// What it is about: `file`, `variable`, `asked`, `identity`.
    pub label: &'static str,
    /// What is to be said.
    pub text: String,
}
