//! Annotations for GitHub Actions, then the human report in a group.

use super::{Style, human};
use crate::escape::{github_message, github_property};
use crate::report::{Report, Reported};
use crate::rule::{Place, Severity};
use std::io::{self, Write};

/// Writes one workflow command for each finding, then the report.
pub fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for reported in &report.findings {
        annotation(reported, &report.below, out)?;
    }
    writeln!(out, "::group::clerkcheck {}", report.command)?;
    let mut text = Vec::new();
    human::render(report, style, &mut text)?;
    for line in String::from_utf8_lossy(&text).lines() {
        writeln!(out, "{}", inert(line))?;
    }
    writeln!(out, "::endgroup::")
}

fn annotation(reported: &Reported, below: &str, out: &mut dyn Write) -> io::Result<()> {
    let command = match reported.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut properties = Vec::new();
    if let Place::File {
        path,
        line,
        column,
        width,
    } = &reported.finding.place
    {
        let below = if path.starts_with('/') { "" } else { below };
        properties.push(format!(
            "file={}",
            github_property(&format!("{below}{path}"))
        ));
        if *line > 0 {
            properties.push(format!("line={line}"));
            properties.push(format!("col={column}"));
            properties.push(format!("endColumn={}", column + (*width).max(1)));
        }
    }
    properties.push(format!(
        "title={}",
        github_property(&format!("{}: {}", reported.rule.name, reported.title()))
    ));
    let fix = match &reported.finding.fix {
        Some(fix) if !fix.commands.is_empty() => {
            format!("{} {}", fix.text, fix.commands.join(" ; "))
        }
        Some(fix) => fix.text.clone(),
        None => reported.rule.fix.to_owned(),
    };
    let message = format!("{}. {fix}", reported.finding.message);
    writeln!(
        out,
        "::{command} {}::{}",
        properties.join(","),
        github_message(&message)
    )
}

/// A line that the runner takes for text: it trims blanks before it looks for `::`, and looks for `##[` anywhere.
fn inert(line: &str) -> String {
    let text = line.trim_start();
    let line = match text.strip_prefix("::") {
        Some(rest) => format!("{}: :{rest}", &line[..line.len() - text.len()]),
        None => line.to_owned(),
    };
    line.replace("##[", "# #[")
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn foreign_lines_are_no_commands() {
        assert_eq!(inert("  ::error::x"), "  : :error::x");
        assert_eq!(inert("a ##[error]x"), "a # #[error]x");
        assert_eq!(inert("a ::error::x"), "a ::error::x");
    }
}
