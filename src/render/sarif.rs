//! SARIF 2.1.0, for code scanning: one run, the rules that found something, their results.

use super::human::exit_code;
use crate::report::{Report, Reported};
use crate::rule::{Place, Severity};
use crate::token::fingerprint;
use serde_json::{Value, json};
use std::io::{self, Write};

/// Writes the log.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&log(report)).map_err(io::Error::other)?;
    writeln!(out, "{}", crate::escape::json(&text))
}

fn log(report: &Report) -> Value {
    let mut names: Vec<&str> = Vec::new();
    let mut rules = Vec::new();
    for reported in &report.findings {
        if !names.contains(&reported.rule.name) {
            names.push(reported.rule.name);
            rules.push(rule(reported));
        }
    }
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|reported| {
            let index = names.iter().position(|name| *name == reported.rule.name);
            result(reported, index.unwrap_or_default(), &report.below)
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "clerkcheck",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": exit_code(report.exit) < 2, "exitCode": exit_code(report.exit)}],
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn rule(reported: &Reported) -> Value {
    let rule = reported.rule;
    json!({
        "id": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "helpUri": crate::explain::docs(reported.topic),
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"tags": [reported.topic]},
    })
}

fn result(reported: &Reported, index: usize, below: &str) -> Value {
    let finding = &reported.finding;
    let fix = finding
        .fix
        .as_ref()
        .map_or(reported.rule.fix, |fix| fix.text.as_str());
    let place = &finding.place;
    json!({
        "ruleId": reported.rule.name,
        "ruleIndex": index,
        "level": level(reported.severity),
        "message": {"text": format!("{}. {fix}", finding.message.trim_end_matches('.'))},
        "locations": [location(place, below)],
        "partialFingerprints": {"clerkcheck/v1": fingerprint(&format!("{} {}", reported.rule.name, place.words()))},
    })
}

/// A place in a file, or what else is meant by its name.
fn location(place: &Place, below: &str) -> Value {
    let Place::File {
        path,
        line,
        column,
        width,
    } = place
    else {
        let words = match place.words() {
            words if words.is_empty() => "the configuration".to_owned(),
            words => words,
        };
        return json!({"logicalLocations": [{"name": words, "kind": "member"}]});
    };
    let below = if path.starts_with('/') { "" } else { below };
    let uri = url::Url::parse("file:///")
        .and_then(|base| base.join(&format!("{below}{path}").replace('%', "%25")))
        .map_or_else(
            |_| path.clone(),
            |url| url.path().trim_start_matches('/').to_owned(),
        );
    let artifact = if path.starts_with('/') {
        json!({"uri": format!("file:///{uri}")})
    } else {
        json!({"uri": uri, "uriBaseId": "%SRCROOT%"})
    };
    if *line == 0 {
        return json!({"physicalLocation": {"artifactLocation": artifact}});
    }
    let column = (*column).max(1);
    json!({"physicalLocation": {
        "artifactLocation": artifact,
        "region": {"startLine": line, "startColumn": column, "endColumn": column + (*width).max(1)},
    }})
}
