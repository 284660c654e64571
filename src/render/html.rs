//! The report as one page that needs nothing else: no script, no font, no picture from elsewhere. To attach to a bug report or a CI run.

use super::human::{exit_code, sentence};
use crate::escape::visible;
use crate::picture::{Chain, Joint, Link, TimeLine};
use crate::report::{Report, Reported, Status, Tone};
use crate::rule::{Place, Seen};
use std::fmt::Write as _;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr as _;

const STYLE: &str = include_str!("html.css");

/// Writes the page.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut page = String::new();
    // Nothing can fail when a text is put together.
    let _ = write_page(report, &mut page);
    out.write_all(page.as_bytes())
}

fn write_page(report: &Report, page: &mut String) -> std::fmt::Result {
    let (tone, word) = match report.headline.tone {
        Tone::Good => ("good", "In order"),
        Tone::Bad => ("bad", "Wrong"),
        Tone::Unsure => ("unsure", "Could not be told"),
    };
    let title = text(&report.headline.sentence);
    let answer = prose(&report.headline.sentence);
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>clerkcheck {}: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n\
         <p class=\"tool\">clerkcheck {} <span>{}</span></p>\n<h1 class=\"{tone}\"><span class=\"word\">{word}</span> {answer}</h1>\n",
        report.command,
        report.command,
        env!("CARGO_PKG_VERSION"),
    )?;
    if let Some(rule) = report.headline.rule {
        writeln!(page, "<p><code>{rule}</code></p>")?;
    }
    page.push_str("</header>\n<main>\n");
    says(report, page)?;
    notes(report, page)?;
    if !report.findings.is_empty() {
        page.push_str(
            "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings</h2>\n",
        );
        for reported in &report.findings {
            finding(reported, page)?;
        }
        page.push_str("</section>\n");
    }
    pictures(report, page)?;
    body(report, page)?;
    checks(report, page)?;
    details(report, page)?;
    writeln!(
        page,
        "</main>\n<footer>\n<p>Exit code {}. Made by clerkcheck {}, which is not affiliated with Clerk or Convex. Tokens, signatures and secrets are not \
         in this page; ids are shortened.</p>\n</footer>\n</body>\n</html>",
        exit_code(report.exit),
        env!("CARGO_PKG_VERSION")
    )
}

/// Foreign text, with nothing in it that a browser could take for markup or that changes the order of letters.
fn text(foreign: &str) -> String {
    let mut safe = String::new();
    for character in visible(foreign).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Our own words, in which backticks mean code.
fn prose(words: &str) -> String {
    let mut marked = String::new();
    for (index, part) in words.split('`').enumerate() {
        let is_code = index % 2 == 1;
        if is_code {
            marked.push_str("<code>");
        }
        marked.push_str(&text(part));
        if is_code {
            marked.push_str("</code>");
        }
    }
    marked
}

fn says(report: &Report, page: &mut String) -> std::fmt::Result {
    let Some(verdict) = &report.verdict else {
        return Ok(());
    };
    page.push_str("<dl class=\"says\">\n");
    let convex = verdict.convex.message.as_deref().unwrap_or_default();
    writeln!(
        page,
        "<div><dt>Convex</dt><dd>{} {}</dd></div>",
        verdict.convex.outcome.word(),
        text(convex)
    )?;
    let clerk = verdict.clerk.message.as_deref().unwrap_or_default();
    writeln!(
        page,
        "<div><dt>Clerk’s verifyToken</dt><dd>{} {}</dd></div>\n</dl>",
        verdict.clerk.outcome.word(),
        text(clerk)
    )
}

fn notes(report: &Report, page: &mut String) -> std::fmt::Result {
    let input = report.input.as_ref();
    let carrier = input
        .and_then(|input| input.carrier.as_deref())
        .filter(|carrier| *carrier != "bare")
        .map(|carrier| format!("Read from: {carrier}."));
    let repairs = input
        .filter(|input| !input.repairs.is_empty())
        .map(|input| format!("Undone to read it: {}.", input.repairs.join(", ")));
    let of_input = input.map(|input| input.notes.clone()).unwrap_or_default();
    for note in carrier
        .into_iter()
        .chain(repairs)
        .chain(of_input)
        .chain(report.notes.iter().cloned())
    {
        writeln!(page, "<p class=\"note\">{}</p>", prose(&note))?;
    }
    Ok(())
}

fn finding(reported: &Reported, page: &mut String) -> std::fmt::Result {
    let finding = &reported.finding;
    let (rule, severity) = (reported.rule, reported.severity.word());
    writeln!(
        page,
        "<article class=\"{severity}\">\n<h3><span class=\"severity\">{severity}</span> {}</h3>\n<p class=\"rule\"><code>{}</code></p>\n<p>{}</p>",
        prose(reported.title()),
        rule.name,
        prose(&sentence(&finding.message))
    )?;
    if let (Some(found), Some(expected)) = (&finding.found, &finding.expected) {
        page.push_str("<dl class=\"compared\">\n");
        row(found, "del", page)?;
        row(expected, "ins", page)?;
        page.push_str("</dl>\n");
    }
    if let Some(line) = &reported.line
        && let Place::File { line: number, .. } = &finding.place
    {
        writeln!(
            page,
            "<figure><figcaption>{}</figcaption><pre tabindex=\"0\"><code><span class=\"number\">{number}</span> {}</code></pre></figure>",
            text(&finding.place.words()),
            text(line)
        )?;
    } else if finding.place != Place::Nowhere {
        writeln!(
            page,
            "<p class=\"place\">{}</p>",
            text(&finding.place.words())
        )?;
    }
    for note in &finding.notes {
        writeln!(page, "<p class=\"note\">{}</p>", prose(&sentence(note)))?;
    }
    let why = finding.why.as_deref().unwrap_or(rule.why);
    let (fix, commands) = match &finding.fix {
        Some(fix) => (fix.text.as_str(), fix.commands.as_slice()),
        None => (rule.fix, &[][..]),
    };
    writeln!(
        page,
        "<h4>Why</h4>\n<p>{}</p>\n<h4>Fix</h4>\n<p>{}</p>",
        prose(why),
        prose(fix)
    )?;
    for command in commands {
        writeln!(
            page,
            "<pre tabindex=\"0\"><code>{}</code></pre>",
            text(command)
        )?;
    }
    writeln!(
        page,
        "<p class=\"more\"><a href=\"{}\">Documentation</a>, or <code>clerkcheck explain {}</code></p>\n</article>",
        crate::explain::docs(reported.topic),
        rule.name
    )
}

fn row(seen: &Seen, mark: &str, page: &mut String) -> std::fmt::Result {
    let source = seen
        .source
        .as_ref()
        .map(|source| format!(" <span class=\"source\">{}</span>", prose(source)))
        .unwrap_or_default();
    writeln!(
        page,
        "<div><dt>{}</dt><dd><{mark}>{}</{mark}>{source}</dd></div>",
        text(seen.label),
        text(&seen.value)
    )
}

fn pictures(report: &Report, page: &mut String) -> std::fmt::Result {
    if let Some(chain) = &report.chain {
        page.push_str("<section aria-labelledby=\"chain\">\n<h2 id=\"chain\">From the instance to the deployment</h2>\n");
        chain_picture(chain, page)?;
        page.push_str("</section>\n");
    }
    if let Some(line) = &report.time_line {
        page.push_str(
            "<section aria-labelledby=\"life\">\n<h2 id=\"life\">The life of the token</h2>\n",
        );
        time_picture(line, page)?;
        page.push_str("</section>\n");
    }
    Ok(())
}

/// The longest text in a box, in columns.
const LONGEST: usize = 26;

fn chain_picture(chain: &Chain, page: &mut String) -> std::fmt::Result {
    const BOX: usize = 230;
    const STEP: usize = 300;
    let width = STEP * chain.links.len() - (STEP - BOX) + 4;
    let told: Vec<String> = chain
        .links
        .iter()
        .enumerate()
        .map(|(index, link)| {
            let joint = match chain.joints.get(index) {
                Some(Joint::Holds) => ", which agrees with",
                Some(Joint::Broken(rule)) => &format!(", which breaks ({rule}) with"),
                Some(Joint::Unknown) => ", not compared with",
                None => "",
            };
            format!("{} {}{joint}", link.name, link.value)
        })
        .collect();
    writeln!(
        page,
        "<div class=\"picture\" tabindex=\"0\" role=\"group\" aria-label=\"Chain\"><svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width} 110\" width=\"{width}\" height=\"110\">",
        text(&told.join(" "))
    )?;
    for (index, link) in chain.links.iter().enumerate() {
        let left = 2 + index * STEP;
        link_box(link, left, BOX, page)?;
        let Some(joint) = chain.joints.get(index) else {
            continue;
        };
        let (class, sign, rule) = match joint {
            Joint::Holds => ("holds", "✓", ""),
            Joint::Broken(rule) => ("broken", "✗", *rule),
            Joint::Unknown => ("unknown", "?", ""),
        };
        let (start, end, middle) = (left + BOX, left + STEP, left + BOX + (STEP - BOX) / 2);
        writeln!(
            page,
            "<g class=\"{class}\"><line x1=\"{start}\" y1=\"40\" x2=\"{end}\" y2=\"40\"/><circle cx=\"{middle}\" cy=\"40\" r=\"13\"/>\
             <text x=\"{middle}\" y=\"45\" text-anchor=\"middle\">{sign}</text><text x=\"{middle}\" y=\"102\" text-anchor=\"middle\" class=\"small\">{rule}</text></g>"
        )?;
    }
    page.push_str("</svg></div>\n");
    Ok(())
}

fn link_box(link: &Link, left: usize, width: usize, page: &mut String) -> std::fmt::Result {
    let middle = left + width / 2;
    let audience = link.audience.as_deref().unwrap_or_default();
    writeln!(
        page,
        "<g class=\"link\"><rect x=\"{left}\" y=\"2\" width=\"{width}\" height=\"78\" rx=\"8\"/>\
         <text x=\"{middle}\" y=\"24\" text-anchor=\"middle\" class=\"name\">{}</text>\
         <text x=\"{middle}\" y=\"46\" text-anchor=\"middle\">{}</text>\
         <text x=\"{middle}\" y=\"68\" text-anchor=\"middle\" class=\"small\">{}</text></g>",
        text(link.name),
        text(&short(&link.value)),
        text(&short(audience))
    )
}

/// A text that fits a box: its middle is left out.
fn short(foreign: &str) -> String {
    let shown = visible(foreign);
    if shown.width() <= LONGEST {
        return shown;
    }
    let characters: Vec<char> = shown.chars().collect();
    let half = LONGEST / 2 - 1;
    let (head, tail) = (
        characters.iter().take(half),
        characters
            .iter()
            .skip(characters.len().saturating_sub(half)),
    );
    head.chain(std::iter::once(&'…')).chain(tail).collect()
}

fn time_picture(line: &TimeLine, page: &mut String) -> std::fmt::Result {
    const WIDTH: usize = 860;
    let columns = line.columns(WIDTH, 90);
    let told: Vec<String> = line
        .marks
        .iter()
        .map(|mark| format!("{} {}", mark.name, mark.words))
        .collect();
    writeln!(
        page,
        "<div class=\"picture\" tabindex=\"0\" role=\"group\" aria-label=\"Time line\"><svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 960 76\" width=\"960\" height=\"76\">",
        text(&told.join(", "))
    )?;
    let at = |name: &str| {
        let index = line.marks.iter().position(|mark| mark.name == name)?;
        columns.get(index).map(|column| column + 40)
    };
    writeln!(
        page,
        "<line class=\"axis\" x1=\"10\" y1=\"34\" x2=\"950\" y2=\"34\"/>"
    )?;
    if let (Some(start), Some(end)) = (at("nbf").or_else(|| at("iat")), at("exp")) {
        writeln!(
            page,
            "<line class=\"life\" x1=\"{start}\" y1=\"34\" x2=\"{end}\" y2=\"34\"/>"
        )?;
    }
    for (mark, column) in line.marks.iter().zip(&columns) {
        let x = column + 40;
        let class = if mark.name == "now" { "now" } else { "mark" };
        writeln!(
            page,
            "<g class=\"{class}\"><circle cx=\"{x}\" cy=\"34\" r=\"6\"/><text x=\"{x}\" y=\"18\" text-anchor=\"middle\">{}</text>\
             <text x=\"{x}\" y=\"62\" text-anchor=\"middle\" class=\"small\">{}</text></g>",
            mark.name,
            text(&mark.words)
        )?;
    }
    page.push_str("</svg></div>\n");
    Ok(())
}

fn body(report: &Report, page: &mut String) -> std::fmt::Result {
    let lines = report.body.join("\n");
    if lines.trim().is_empty() {
        return Ok(());
    }
    // Line ends are ours; everything else is escaped line by line.
    let lines: Vec<String> = lines.trim_matches('\n').lines().map(text).collect();
    writeln!(
        page,
        "<section aria-label=\"What was seen\">\n<pre tabindex=\"0\"><code>{}</code></pre>\n</section>",
        lines.join("\n")
    )
}

fn checks(report: &Report, page: &mut String) -> std::fmt::Result {
    if report.checks.is_empty() {
        return Ok(());
    }
    page.push_str(
        "<section aria-labelledby=\"checks\">\n<h2 id=\"checks\">Checks</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Checks\"><table>\n\
         <thead><tr><th scope=\"col\">Result</th><th scope=\"col\">Check</th><th scope=\"col\">What was seen</th></tr></thead>\n<tbody>\n",
    );
    for check in &report.checks {
        let class = match check.status {
            Status::Ok => "good",
            Status::Warn => "unsure",
            Status::Fail => "bad",
            Status::Skip => "skip",
        };
        writeln!(
            page,
            "<tr><td class=\"{class}\">{}</td><th scope=\"row\">{}</th><td>{}</td></tr>",
            check.status.mark(),
            check.step.id(),
            text(&check.summary)
        )?;
    }
    page.push_str("</tbody>\n</table></div>\n</section>\n");
    Ok(())
}

fn details(report: &Report, page: &mut String) -> std::fmt::Result {
    if report.details.is_empty() {
        return Ok(());
    }
    page.push_str("<details>\n<summary>Everything that was read and asked</summary>\n<dl>\n");
    for detail in &report.details {
        writeln!(
            page,
            "<div><dt>{}</dt><dd>{}</dd></div>",
            if detail.label.is_empty() {
                "–"
            } else {
                detail.label
            },
            text(&detail.text)
        )?;
    }
    page.push_str("</dl>\n</details>\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::rules::testing::report;
    use serde_json::json;

    #[test]
    fn foreign_text_stays_text() {
        let report = report(|world| {
            world.claims["aud"] = json!("<script>alert(1)</script>\u{202e}\"' onload=x");
        });
        let mut page = Vec::new();
        render(&report, &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains("&lt;script&gt;"), "{page}");
        assert!(!page.contains("<script") && !page.contains('\u{202e}'));
    }
}
