//! `--report`: a block to paste into a bug report. It names versions, outcomes and rules, and no value of the user's.

use super::human::exit_code;
use crate::report::{Glance, Report};
use std::io::{self, Write};

/// Writes the block.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |label: &str, text: &str| writeln!(out, "{label:<11} {text}");
    line("```text", "")?;
    line(
        "clerkcheck",
        &format!(
            "{} on {} {}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        ),
    )?;
    line(
        "command",
        &format!("{}, exit {}", report.command, exit_code(report.exit)),
    )?;
    if let Some(input) = &report.input {
        let carrier = input.carrier.as_deref().unwrap_or("-");
        line(
            "input",
            &format!(
                "{}, from {carrier}, undone: {}",
                input.outcome,
                list(&input.repairs)
            ),
        )?;
    }
    if let Some(token) = &report.token {
        line("token", &described(token))?;
    }
    if let Some(verdict) = &report.verdict {
        line(
            "convex",
            &format!(
                "{} {}",
                verdict.convex.outcome.word(),
                verdict.convex.code.unwrap_or_default()
            ),
        )?;
        line(
            "clerk",
            &format!(
                "{} {}",
                verdict.clerk.outcome.word(),
                verdict.clerk.reason.unwrap_or_default()
            ),
        )?;
    }
    if let Some(deployment) = report
        .parts
        .get("deployment")
        .filter(|_| report.command == "probe")
    {
        let word = |name: &str| deployment[name].as_str().unwrap_or_default().to_owned();
        line(
            "deployment",
            &format!(
                "{} {} by {}",
                word("outcome"),
                code(&word("code")),
                word("way")
            ),
        )?;
    }
    for detail in report
        .details
        .iter()
        .filter(|detail| detail.label == "package")
    {
        // The name and the version; the file says where the project is.
        let package = detail.text.split(" (").next().unwrap_or_default();
        line("package", &crate::escape::visible(package))?;
    }
    for check in &report.checks {
        line(
            check.step.id(),
            &format!("{} {}", check.status.mark(), check.rules.join(", ")),
        )?;
    }
    let rules: Vec<&str> = report
        .findings
        .iter()
        .map(|reported| reported.rule.name)
        .collect();
    line(
        "findings",
        &if rules.is_empty() {
            "none".to_owned()
        } else {
            rules.join(", ")
        },
    )?;
    writeln!(out, "```")
}

/// What a token is like, without what it says.
fn described(token: &Glance) -> String {
    let known = ["RS256", "RS384", "RS512", "EdDSA", "ES256", "HS256", "none"];
    let algorithm = token.algorithm.as_deref().unwrap_or("none");
    let algorithm = known.iter().find(|name| **name == algorithm);
    let seconds =
        |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |seconds| format!("{seconds} s"));
    format!(
        "{}, {}, lifetime {}, skew {}, audiences: {}, key id: {}",
        token.kind,
        algorithm.unwrap_or(&"another algorithm"),
        seconds(token.lifetime),
        seconds(token.clock_skew),
        token.audience.len(),
        if token.key_id.is_some() { "yes" } else { "no" }
    )
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        "nothing".to_owned()
    } else {
        items.join(", ")
    }
}

/// A code is a word; anything else is not repeated.
fn code(text: &str) -> &str {
    if text.len() <= 40 && text.chars().all(char::is_alphanumeric) {
        text
    } else {
        "?"
    }
}
