//! Facts as reports show them: the token at a glance, the configuration as JSON, the lines of `-v`.

use crate::answer::{Answer, Fault};
use crate::clerk::{Asked, token_asked_for};
use crate::error_line::ErrorLine;
use crate::escape::{at_most, discreet, masked, shorten, without_credentials};
use crate::facts::Facts;
use crate::paste::Rejection;
use crate::report::{Detail, Exit, Glance, Headline, Report, Tone};
use crate::token::{Audience, Kind, Part, Token};
use serde_json::{Map, Value, json};

/// A report with nothing in it.
pub fn empty(command: &'static str) -> Report {
    Report {
        command,
        exit: Exit::Clean,
        headline: Headline {
            sentence: String::new(),
            rule: None,
            tone: Tone::Unsure,
        },
        input: None,
        token: None,
        verdict: None,
        checks: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
        below: String::new(),
        details: Vec::new(),
        configuration: None,
        parts: Map::new(),
        body: Vec::new(),
        next: None,
        chain: None,
        time_line: None,
    }
}

/// A paste that holds no token, as a report.
pub fn reject(report: &mut Report, rejection: &Rejection) {
    use crate::report::Reported;
    use crate::rule::{Finding, Place, Severity};
    let Some((topic, rule)) = crate::explain::rule(rejection.rule) else {
        return;
    };
    report.headline = Headline {
        sentence: format!("No token to judge: {}.", rule.title),
        rule: Some(rule.name),
        tone: Tone::Bad,
    };
    let finding = Finding::new(Place::Nowhere, rejection.say.trim_end_matches('.'))
        .fix(rejection.next.clone(), Vec::new());
    report.findings.push(Reported {
        rule,
        topic,
        severity: Severity::Error,
        finding,
        line: None,
    });
}

/// The token at a glance.
pub fn glance(token: Option<&Token>, claims: &Part, show: bool) -> Glance {
    let shown = |text: String| if show { text } else { discreet(&text) };
    Glance {
        kind: token
            .map_or_else(|| Kind::of(&Part::default(), claims), Token::kind)
            .word(),
        algorithm: token
            .and_then(Token::algorithm)
            .map(str::to_owned)
            .map(shown),
        key_id: token.and_then(Token::key_id).map(str::to_owned).map(shown),
        issuer: claims.text("iss").map(without_credentials),
        audience: match claims.audience() {
            Audience::One(one) => vec![shown(one)],
            Audience::Many(many) => many.into_iter().map(shown).collect(),
            Audience::Absent | Audience::Mistyped => Vec::new(),
        },
        subject: claims.text("sub").map(|subject| {
            if show {
                subject.to_owned()
            } else {
                shorten(subject)
            }
        }),
        issued_at: claims.number("iat"),
        not_before: claims.number("nbf"),
        expires_at: claims.number("exp"),
        lifetime: claims.lifetime(),
        clock_skew: claims.clock_skew(),
    }
}

/// What the deployment said of itself, or answered to the token, for programs.
pub fn deployment(facts: &Facts, report: &mut Report) {
    let view = match (&facts.world.probe, &facts.world.deployment) {
        (Some(probe), _) => probe.view(),
        (None, Some(deployment)) => deployment.view(),
        (None, None) => return,
    };
    report.parts.insert("deployment".into(), view);
}

/// What was read of the configuration.
pub fn configuration(facts: &Facts) -> Value {
    let project = facts.world.project.as_ref();
    let variable = project.and_then(|project| {
        let variable = project.issuer_variables().into_iter().next()?;
        let value = if crate::setting::holds_secret(&variable.value) {
            Value::Null
        } else {
            crate::setting::shown(&variable.value).into()
        };
        Some(json!({"name": variable.name, "value": value, "source": variable.source.words()}))
    });
    let key = project.and_then(|project| {
        let (variable, key) = project.publishable_keys().into_iter().next()?;
        Some(json!({
            "name": variable.name,
            "source": variable.source.words(),
            "host": key.as_ref().ok().map(|key| key.host.clone()),
            "issuer": key.as_ref().ok().map(crate::publishable_key::PublishableKey::issuer),
        }))
    });
    json!({
        "project": project.map(|project| project.root.clone()),
        "issuer_variable": variable,
        "publishable_key": key,
        "providers": facts.trust.entries.iter().map(|entry| entry.view.clone()).collect::<Vec<_>>(),
    })
}

/// What `-v` adds: files, variables, URLs, the identity.
/// Ids and names in it are shortened unless `show_claims`.
pub fn details(facts: &Facts, show_claims: bool) -> Vec<Detail> {
    let mut details = Vec::new();
    let mut push = |label: &'static str, text: String| details.push(Detail { label, text });
    if let Some(project) = &facts.world.project {
        push("project", project.root.clone());
        for path in project.files.keys() {
            push("file", path.clone());
        }
        for (path, reason) in &project.unreadable {
            push("file", format!("{path} could not be read: {reason}"));
        }
        let read: Vec<&str> = project
            .auth_configs
            .iter()
            .flat_map(|config| config.reads.iter().map(|read| read.name.as_str()))
            .collect();
        for variable in &project.variables {
            if !(variable.name.contains("CLERK")
                || variable.name.contains("CONVEX")
                || read.contains(&variable.name.as_str()))
            {
                continue;
            }
            let shadows: Vec<String> = variable
                .shadows
                .iter()
                .map(|(source, _)| source.words())
                .collect();
            let hides = if shadows.is_empty() {
                String::new()
            } else {
                format!(", hides {}", shadows.join(", "))
            };
            push("variable", format!("{}{hides}", variable.words()));
        }
        for (installed, path) in &project.installed {
            push(
                "package",
                format!("{} {} ({path})", installed.name, installed.version),
            );
        }
    }
    for entry in &facts.trust.entries {
        let issuer = entry
            .issuer
            .as_deref()
            .map_or("unknown".to_owned(), crate::setting::shown);
        let source = entry
            .source
            .as_deref()
            .map(|source| format!(", from {source}"))
            .unwrap_or_default();
        push(
            "provider",
            format!(
                "{issuer}, application id {}{source}",
                crate::setting::shown(entry.application_id.as_deref().unwrap_or("none"))
            ),
        );
    }
    if let Some(text) = asked_for(facts) {
        push("browser", text);
    }
    if let Ok(token) = facts.token()
        && crate::clerk::is_refused_by_category(token)
    {
        push(
            "backend",
            "authenticateRequest of @clerk/backend 3.16.9 and later takes session tokens only, and refuses this one in a header".to_owned(),
        );
    }
    if facts.world.options.keys_given {
        push("asked", "nobody: the keys are those of --jwks".to_owned());
    } else if !facts.world.options.offline {
        for (url, answer) in facts.world.answers.iter() {
            push(
                "asked",
                format!("{}: {}", without_credentials(url), answer_words(answer)),
            );
        }
    }
    if let Some(crate::convex::Outcome::Accepted(identity)) = facts.outcome() {
        push("identity", "what getUserIdentity() returns:".to_owned());
        for (name, value) in identity.members() {
            let shown = member(&name, &value, show_claims);
            push("", format!("{name}: {}", at_most(&shown, MOST_SHOWN)));
        }
    }
    details
}

/// A member of the identity, as it may be shown.
fn member(name: &str, value: &Value, show_claims: bool) -> String {
    match (name, value) {
        ("issuer" | "updatedAt", Value::String(text)) => without_credentials(text),
        (_, Value::String(text)) if show_claims => masked(text),
        (_, value) if show_claims => masked(&value.to_string()),
        ("tokenIdentifier", Value::String(text)) => match text.rsplit_once('|') {
            Some((issuer, subject)) => {
                format!("{}|{}", without_credentials(issuer), shorten(subject))
            }
            None => shorten(text),
        },
        (_, Value::String(text)) => shorten(text),
        (_, other) => shortened(other).to_string(),
    }
}

/// The most characters of a claim of the app's own.
const MOST_SHOWN: usize = 400;

/// A value whose texts are shortened, however deep they stand.
fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) => shorten(text).into(),
        Value::Array(items) => items.iter().map(shortened).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), shortened(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Which token `ConvexProviderWithClerk` would ask for, given this token and the installed `convex`.
fn asked_for(facts: &Facts) -> Option<String> {
    let token = facts.token().ok()?;
    let version = facts.world.project.as_ref().and_then(|project| {
        let (installed, _) = project
            .installed
            .iter()
            .find(|(installed, _)| installed.name == "convex")?;
        Some(&installed.version)
    });
    let who = version.map_or_else(
        || "ConvexProviderWithClerk".to_owned(),
        |version| format!("ConvexProviderWithClerk of convex {version}"),
    );
    let asked = match token.kind() {
        Kind::Session | Kind::SessionConvex => {
            token_asked_for(token.payload.members.get("aud"), version).words()
        }
        Kind::Template => match token_asked_for(None, version) {
            Asked::Session | Asked::Template => {
                "a token of the JWT template `convex` like this one, unless the session token's `aud` is the string `convex`"
            }
            always @ (Asked::AlwaysSession | Asked::AlwaysTemplate) => always.words(),
        },
        Kind::Machine | Kind::OAuth | Kind::Unknown => return None,
    };
    Some(format!("{who} asks for {asked}"))
}

/// The redirects on the way to the issuers' documents, each in a sentence.
pub fn redirects(facts: &Facts) -> Vec<String> {
    let answers = facts.world.answers.iter();
    answers
        .filter_map(|(url, answer)| match answer {
            Answer::Response(response) => Some((url, response.redirects_to(url)?)),
            Answer::Fault(_) => None,
        })
        .map(|(url, next)| {
            format!(
                "{} redirects to {}.",
                without_credentials(url),
                without_credentials(&next)
            )
        })
        .collect()
}

/// What a URL answered, in words.
pub fn answer_words(answer: &Answer) -> String {
    match answer {
        Answer::Response(response) => match (&response.content_type, &response.location) {
            (_, Some(location)) => format!(
                "status {}, to {}",
                response.status,
                without_credentials(location)
            ),
            (Some(kind), None) => format!("status {}, {kind}", response.status),
            (None, None) => format!("status {}", response.status),
        },
        Answer::Fault(fault) => fault_words(fault),
    }
}

/// Why there was no answer, in words.
pub fn fault_words(fault: &Fault) -> String {
    match fault {
        Fault::Unresolvable(text) => format!("the name has no address: {text}"),
        Fault::Unreachable(text) => format!("no connection: {text}"),
        Fault::Tls(text) | Fault::Handshake(text) => format!("TLS: {text}"),
        Fault::TimedOut(text) => format!("the time ran out: {text}"),
        Fault::Protocol(text) => format!("not HTTP as it should be: {text}"),
        Fault::TooLarge => "the body is larger than 1 MiB".to_owned(),
        Fault::Compressed => "the body is compressed, which was not asked for".to_owned(),
        Fault::Forbidden(text) => format!("not asked: {text}"),
    }
}

/// Known error lines of a paste, explained, as lines for people.
///
/// What the headline says already is not said again.
pub fn error_lines(lines: &[ErrorLine], headline: &str, width: usize) -> Vec<String> {
    let wrap = |words: &str, width| crate::render::human::wrap(words, width);
    let mut body = Vec::new();
    for line in lines {
        body.push(String::new());
        let says = format!("Said by {}: {}", line.known.who, line.known.pattern);
        body.extend(wrap(&says, width));
        let mut push = |label: &str, words: &str| {
            let parts = wrap(words, width.saturating_sub(6));
            let labels = std::iter::once(label).chain(std::iter::repeat(""));
            body.extend(
                labels
                    .zip(parts)
                    .map(|(label, part)| format!("{label:<6}{part}")),
            );
        };
        if line.known.meaning != headline {
            push("Means", line.known.meaning);
        }
        push("Fix", &line.fix());
        for evidence in line.evidence() {
            push("Seen", &evidence);
        }
        // A command a line: each can be copied.
        for (index, rule) in line.known.rules.iter().enumerate() {
            let label = if index == 0 { "More" } else { "" };
            push(label, &format!("clerkcheck explain {rule}"));
        }
    }
    body
}

/// Known error lines for programs.
pub fn errors_json(lines: &[ErrorLine]) -> Value {
    lines
        .iter()
        .map(|line| {
            json!({"says": line.known.pattern, "who": line.known.who, "meaning": line.known.meaning, "fix": line.fix(),
                "rules": line.known.rules, "evidence": line.evidence()})
        })
        .collect()
}
