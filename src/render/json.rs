//! The report for programs: one object, schema 1. Fields are only added within a schema number; the views here are frozen.

use super::human::exit_code;
use crate::escape;
use crate::report::{Check, Glance, Input, Report, Reported, Verdicts};
use crate::rule::{Place, Row};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// The number of the schema.
pub const SCHEMA: u64 = 1;

/// Writes the object, and a line end.
pub fn render(report: &Report, compact: bool, out: &mut dyn Write) -> io::Result<()> {
    let view = view(report);
    let text = if compact {
        serde_json::to_string(&view)
    } else {
        serde_json::to_string_pretty(&view)
    };
    let text = text.map_err(io::Error::other)?;
    writeln!(out, "{}", escape::json(&text))
}

/// The whole object.
pub fn view(report: &Report) -> Value {
    let mut object = Map::new();
    object.insert("schema".into(), SCHEMA.into());
    object.insert("command".into(), report.command.into());
    object.insert("version".into(), env!("CARGO_PKG_VERSION").into());
    object.insert("exit".into(), exit_code(report.exit).into());
    object.insert("summary".into(), report.headline.sentence.clone().into());
    if let Some(input) = &report.input {
        object.insert("input".into(), input_view(input));
    }
    if let Some(token) = &report.token {
        object.insert("token".into(), token_view(token));
    }
    if let Some(verdict) = &report.verdict {
        object.insert("verdict".into(), verdict_view(verdict));
    }
    for (name, value) in &report.parts {
        object.insert(name.clone(), value.clone());
    }
    if let Some(configuration) = &report.configuration {
        object.insert("configuration".into(), configuration.clone());
    }
    object.insert(
        "checks".into(),
        report.checks.iter().map(check_view).collect(),
    );
    object.insert(
        "findings".into(),
        report.findings.iter().map(finding_view).collect(),
    );
    if !report.notes.is_empty() {
        object.insert("notes".into(), report.notes.clone().into());
    }
    Value::Object(object)
}

fn input_view(input: &Input) -> Value {
    let tokens: Vec<Value> = input
        .tokens
        .iter()
        .map(|(fingerprint, carrier)| json!({"fingerprint": fingerprint, "carrier": carrier}))
        .collect();
    let mut view = json!({
        "outcome": input.outcome,
        "carrier": input.carrier,
        "repairs": input.repairs,
        "tokens": tokens,
    });
    if let (Some(reason), Some(object)) = (input.reason, view.as_object_mut()) {
        object.insert("reason".into(), reason.into());
    }
    if let (false, Some(object)) = (input.notes.is_empty(), view.as_object_mut()) {
        object.insert("notes".into(), input.notes.clone().into());
    }
    view
}

fn token_view(token: &Glance) -> Value {
    json!({
        "kind": token.kind,
        "algorithm": token.algorithm,
        "key_id": token.key_id,
        "issuer": token.issuer,
        "audience": token.audience,
        "subject": token.subject,
        "issued_at": number(token.issued_at),
        "not_before": number(token.not_before),
        "expires_at": number(token.expires_at),
        "lifetime": number(token.lifetime),
        "clock_skew": number(token.clock_skew),
    })
}

/// Whole seconds as integers.
fn number(value: Option<f64>) -> Value {
    match value {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to be whole and small"
        )]
        Some(seconds) if seconds.fract() == 0.0 && seconds.abs() < 9e15 => {
            Value::from(seconds as i64)
        }
        Some(seconds) => Value::from(seconds),
        None => Value::Null,
    }
}

fn verdict_view(verdict: &Verdicts) -> Value {
    json!({
        "convex": {
            "outcome": verdict.convex.outcome.word(),
            "code": verdict.convex.code,
            "message": verdict.convex.message,
            "http_status": verdict.convex.http_status,
            "browser": verdict.convex.browser,
        },
        "clerk": {
            "outcome": verdict.clerk.outcome.word(),
            "reason": verdict.clerk.reason,
        },
    })
}

fn check_view(check: &Check) -> Value {
    json!({
        "id": check.step.id(),
        "status": check.status.word(),
        "summary": check.summary,
        "rules": check.rules,
    })
}

fn finding_view(reported: &Reported) -> Value {
    let finding = &reported.finding;
    let (text, commands) = match &finding.fix {
        Some(fix) => (fix.text.as_str(), fix.commands.clone()),
        None => (reported.rule.fix, Vec::new()),
    };
    json!({
        "rule": reported.rule.name,
        "topic": reported.topic,
        "severity": reported.severity.word(),
        "title": reported.title(),
        "message": finding.message,
        "found": finding.found.as_ref().map(|seen| seen.value.clone()),
        "expected": finding.expected.as_ref().map(|seen| seen.value.clone()),
        "expected_source": finding.expected.as_ref().and_then(|seen| seen.source.clone()),
        "place": place_view(&finding.place),
        "notes": finding.notes,
        "why": finding.why.as_deref().unwrap_or(reported.rule.why),
        "fix": {"text": text, "commands": commands},
        "seed": reported.rule.seed.iter().map(|row: &Row| row.name()).collect::<Vec<_>>(),
        "docs": crate::explain::docs(reported.topic),
    })
}

fn place_view(place: &Place) -> Value {
    match place {
        Place::Token(pointer) => json!({"token": pointer}),
        Place::Template(pointer) => json!({"template": pointer}),
        Place::File { path, line: 0, .. } => json!({"file": path, "line": null, "column": null}),
        Place::File {
            path, line, column, ..
        } => json!({"file": path, "line": line, "column": column}),
        Place::Variable(name) => json!({"variable": name}),
        Place::Url(url) => json!({"url": escape::without_credentials(url)}),
        Place::Nowhere => Value::Null,
    }
}
