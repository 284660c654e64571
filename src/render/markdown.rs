//! The report as Markdown, for the job summary of GitHub Actions.

use super::human::exit_code;
use crate::escape::visible;
use crate::report::{Report, Tone};
use std::fmt::Write as _;

/// The summary of a job.
pub fn summary(report: &Report) -> String {
    let mut text = String::new();
    // Nothing can fail when a text is put together.
    let _ = write_summary(report, &mut text);
    text
}

fn write_summary(report: &Report, text: &mut String) -> std::fmt::Result {
    let sign = match report.headline.tone {
        Tone::Good => "✅",
        Tone::Bad => "❌",
        Tone::Unsure => "⚠️",
    };
    write!(
        text,
        "### {sign} clerkcheck {}\n\n{}\n\n",
        report.command,
        cell(&report.headline.sentence)
    )?;
    for note in &report.notes {
        write!(text, "{}\n\n", cell(note))?;
    }
    if !report.findings.is_empty() {
        text.push_str("| severity | rule | where | what | fix |\n| - | - | - | - | - |\n");
        for reported in &report.findings {
            let finding = &reported.finding;
            let fix = match &finding.fix {
                Some(fix) => [fix.text.as_str()]
                    .into_iter()
                    .chain(fix.commands.iter().map(String::as_str))
                    .collect::<Vec<_>>()
                    .join(" "),
                None => reported.rule.fix.to_owned(),
            };
            writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                reported.severity.word(),
                reported.rule.name,
                cell(&finding.place.words()),
                cell(&finding.message),
                cell(&fix)
            )?;
        }
        text.push('\n');
    }
    if !report.checks.is_empty() {
        text.push_str("| result | check | seen |\n| - | - | - |\n");
        for check in &report.checks {
            writeln!(
                text,
                "| {} | {} | {} |",
                check.status.mark(),
                check.step.id(),
                cell(&check.summary)
            )?;
        }
        text.push('\n');
    }
    write!(text, "Exit {}.\n\n", exit_code(report.exit))
}

/// Foreign text in which nothing is Markdown, HTML or a mention.
fn cell(foreign: &str) -> String {
    let mut text = String::new();
    for character in visible(foreign).chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '@' => text.push_str("&#64;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '!' | '~' | '$' => {
                text.push('\\');
                text.push(character);
            }
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn foreign_text_stays_text() {
        assert_eq!(
            cell("a|b <img> @x [y](z) `c`\u{1b}"),
            "a\\|b &lt;img&gt; &#64;x \\[y\\](z) \\`c\\`\\\\u{1b}"
        );
    }
}
