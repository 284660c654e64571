//! The report for people: the answer first, then evidence, reason, remedy, and the check list.

use super::{Style, picture};
use crate::escape::{at_most, visible};
use crate::report::{Exit, Report, Reported, Status, Tone};
use crate::rule::{Place, Severity, Step};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use colored::Colorize as _;
use std::io::{self, Write};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Writes the report.
pub fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    headline(report, style, out)?;
    if style.quiet {
        return Ok(());
    }
    input(report, style, out)?;
    for note in &report.notes {
        paragraph("", note, style.width, out)?;
    }
    for line in &report.body {
        writeln!(out, "{}", linked(visible(line).trim_end(), style))?;
    }
    for (index, reported) in report.findings.iter().enumerate() {
        let is_answer = index == 0 && report.headline.rule == Some(reported.rule.name);
        finding(report, reported, is_answer, style, out)?;
    }
    if report.findings.is_empty() {
        says(report, style, out)?;
    }
    pictures(report, style, out)?;
    if style.verbose && !report.details.is_empty() {
        writeln!(out)?;
        for detail in &report.details {
            hanging(
                &format!("  {:<9} ", detail.label),
                &detail.text,
                style.width,
                out,
            )?;
        }
    }
    checks(report, style, out)
}

/// The chain where its links disagree, the time line where the time is at fault; with `-v` both in any case.
fn pictures(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let of_time = |reported: &Reported| {
        reported.rule.step == Step::Time && reported.severity > Severity::Info
    };
    let chain = report
        .chain
        .as_ref()
        .filter(|_| style.verbose || crate::picture::tells(&report.findings))
        .map(|chain| picture::chain(chain, style.width, style.ascii));
    let time_line = report
        .time_line
        .as_ref()
        .filter(|_| style.verbose || report.findings.iter().any(of_time))
        .map(|line| picture::time_line(line, style.width, style.ascii));
    for lines in [chain, time_line].into_iter().flatten() {
        writeln!(out)?;
        for line in lines {
            let painted = line.replace('✗', &"✗".red().bold().to_string());
            writeln!(out, "{painted}")?;
        }
    }
    Ok(())
}

fn headline(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let lines = fold(&visible(&report.headline.sentence), style.width);
    let last = lines.len().saturating_sub(1);
    for (index, line) in lines.iter().enumerate() {
        let painted = match report.headline.tone {
            Tone::Good => line.green().bold(),
            Tone::Bad => line.red().bold(),
            Tone::Unsure => line.yellow().bold(),
        };
        match report.headline.rule {
            Some(rule) if index == last => {
                let room = style
                    .width
                    .min(80)
                    .saturating_sub(line.width() + rule.width());
                if room >= 1 {
                    writeln!(out, "{painted}{:room$}{}", "", rule.dimmed())?;
                } else {
                    writeln!(out, "{painted}")?;
                    let indent = style.width.min(80).saturating_sub(rule.width());
                    writeln!(out, "{:indent$}{}", "", rule.dimmed())?;
                }
            }
            _ => writeln!(out, "{painted}")?,
        }
    }
    Ok(())
}

fn input(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(input) = &report.input else {
        return Ok(());
    };
    let mut parts = Vec::new();
    if let Some(carrier) = input
        .carrier
        .as_deref()
        .filter(|carrier| *carrier != "bare")
    {
        parts.push(format!("Read from: {carrier}."));
    }
    if !input.repairs.is_empty() {
        parts.push(format!("Undone to read it: {}.", input.repairs.join(", ")));
    }
    if input.tokens.len() > 1 && !input.each {
        let others: Vec<String> = input
            .tokens
            .iter()
            .skip(1)
            .map(|(_, carrier)| carrier.clone())
            .collect();
        parts.push(format!(
            "Also in the paste, not judged: {} (--all judges each).",
            others.join(", ")
        ));
    }
    parts.extend(input.notes.iter().cloned());
    if parts.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    for part in parts {
        hanging("  ", &part, style.width, out)?;
    }
    Ok(())
}

fn finding(
    report: &Report,
    reported: &Reported,
    is_answer: bool,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let finding = &reported.finding;
    writeln!(out)?;
    if is_answer {
        hanging("  ", &sentence(&finding.message), style.width, out)?;
        if finding.found.is_some() && finding.expected.is_some() {
            writeln!(out)?;
        }
    } else {
        let word = match reported.severity {
            Severity::Error => "error".red().bold(),
            Severity::Warning => "warning".yellow().bold(),
            Severity::Info => "info".cyan().bold(),
        };
        let prefix = reported.severity.word().len() + 2;
        let most = style.width.min(80);
        let name = reported.rule.name;
        let lines = wrap(&visible(reported.title()), most.saturating_sub(prefix));
        let last = lines.len().saturating_sub(1);
        for (index, line) in lines.iter().enumerate() {
            if index == 0 {
                write!(out, "{word}: {}", line.bold())?;
            } else {
                write!(out, "{:prefix$}{}", "", line.bold())?;
            }
            let room = most.saturating_sub(prefix + line.width() + name.len());
            match (index == last, room) {
                (false, _) => writeln!(out)?,
                (true, 2..) => writeln!(out, "{:room$}{}", "", name.dimmed())?,
                (true, _) => {
                    let indent = most.saturating_sub(name.len());
                    writeln!(out, "\n{:indent$}{}", "", name.dimmed())?;
                }
            }
        }
        hanging("  ", &sentence(&finding.message), style.width, out)?;
    }
    compared(reported, style, out)?;
    // Where the expected value names its line, that line need not be shown again.
    let named = finding
        .expected
        .as_ref()
        .is_some_and(|seen| seen.source.is_some());
    if !named || finding.found.is_none() {
        snippet(reported, style, out)?;
    }
    for note in &finding.notes {
        hanging("  ", &sentence(note), style.width, out)?;
    }
    if is_answer {
        says(report, style, out)?;
    }
    let why = finding.why.as_deref().unwrap_or(reported.rule.why);
    if reported.severity > Severity::Info || is_answer {
        if is_answer {
            writeln!(out)?;
        }
        labelled("Why", why, style, out)?;
    }
    match &finding.fix {
        Some(fix) => {
            labelled("Fix", &fix.text, style, out)?;
            for command in &fix.commands {
                for line in continued(&visible(command), style.width.saturating_sub(8)) {
                    writeln!(out, "        {}", line.cyan())?;
                }
            }
        }
        None => labelled("Fix", reported.rule.fix, style, out)?,
    }
    labelled(
        "More",
        &format!("clerkcheck explain {}", reported.rule.name),
        style,
        out,
    )
}

/// Found and expected on two aligned lines, the difference marked below.
fn compared(reported: &Reported, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let (Some(found), Some(expected)) = (&reported.finding.found, &reported.finding.expected)
    else {
        return Ok(());
    };
    let width = found.label.len().max(expected.label.len()).max(8);
    let (left, right) = (visible(&found.value), visible(&expected.value));
    let room = style.width.saturating_sub(width + 5).max(20);
    let (start, length) = difference(&left, &right);
    let is_long = left.width().max(right.width()) > room;
    let skipped = if is_long && start > room / 2 {
        start - room / 4
    } else {
        0
    };
    let (left, right) = (window(&left, skipped, room), window(&right, skipped, room));
    // One column is the ellipsis for what was skipped.
    let start = start - skipped + usize::from(skipped > 0);
    let length = length.min(room.saturating_sub(start));
    writeln!(out, "  {:<width$}   {}", found.label, left.red())?;
    writeln!(out, "  {:<width$}   {}", expected.label, right.green())?;
    if length > 0 {
        writeln!(
            out,
            "  {:<width$}   {:start$}{}",
            "",
            "",
            "^".repeat(length).yellow()
        )?;
    }
    if let Some(source) = &found.source {
        hanging(
            "  ",
            &format!("{} is {source}", found.label),
            style.width,
            out,
        )?;
    }
    if let Some(source) = &expected.source {
        hanging(
            "  ",
            &format!("{} is {source}", expected.label),
            style.width,
            out,
        )?;
    }
    Ok(())
}

/// The part of a text from a column on that fits; what is cut off is an ellipsis.
fn window(text: &str, skipped: usize, room: usize) -> String {
    let mut column = 0;
    let mut shown = String::new();
    for character in text.chars() {
        let width = character.width().unwrap_or(0);
        if column >= skipped {
            shown.push(character);
        } else if column + width > skipped {
            // Half of a wide character is cut off.
            shown.push(' ');
        }
        column += width;
    }
    let mut shown = if skipped > 0 {
        format!("…{shown}")
    } else {
        shown
    };
    if fitting(&shown, room) < shown.len() {
        shown.truncate(fitting(&shown, room - 1));
        shown.push('…');
    }
    shown
}

/// Where the second text departs from the first: columns of the part between common head and common tail.
fn difference(left: &str, right: &str) -> (usize, usize) {
    let head: usize = left
        .chars()
        .zip(right.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let (left, right_rest) = (&left[head..], &right[head..]);
    let tail: usize = left
        .chars()
        .rev()
        .zip(right_rest.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let middle = &right_rest[..right_rest.len() - tail];
    let missing = left.len() > tail;
    (
        right[..head].width(),
        middle.width().max(usize::from(missing)),
    )
}

/// The line of the file, with a marker under the part.
fn snippet(reported: &Reported, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let (
        Place::File {
            path,
            line,
            column,
            width,
        },
        Some(text),
    ) = (&reported.finding.place, &reported.line)
    else {
        if let (Place::File { path, line, .. }, true) =
            (&reported.finding.place, reported.finding.expected.is_none())
        {
            let place = if *line == 0 {
                path.clone()
            } else {
                format!("{path}:{line}")
            };
            return writeln!(out, "  --> {}", visible(&place));
        }
        return Ok(());
    };
    // Escaping widens hidden characters, so the marker is placed after it.
    let before: String = text.chars().take(column.saturating_sub(1)).collect();
    let part: String = text
        .chars()
        .skip(column.saturating_sub(1))
        .take((*width).max(1))
        .collect();
    let (shown, start, part) = (visible(text), visible(&before).len(), visible(&part));
    // The renderer cuts a line that is too long around the marker, and does not count its ellipses. So the marker must fit: beside them, the
    // line's number and a bar.
    let gutter = line.to_string().len() + 3;
    let columns = match style.width {
        width if shown.width() + gutter > width => width.saturating_sub(6),
        width => width,
    };
    let room = columns.saturating_sub(gutter + 6).max(20);
    let end = (start + fitting(&part, room)).min(shown.len());
    let start = start.min(end);
    let path = visible(path);
    let group = Group::with_level(Level::ERROR).element(
        Snippet::source(shown.as_str())
            .path(path.as_str())
            .line_start(*line)
            .annotation(AnnotationKind::Primary.span(start..end)),
    );
    let renderer = if colored::control::SHOULD_COLORIZE.should_colorize() {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    for line in renderer.term_width(columns).render(&[group]).lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The very line that Convex prints, and Clerk's where it differs.
/// The most characters of a verifier's own words: some hold a whole page.
const MOST_SAID: usize = 400;

fn says(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(verdict) = &report.verdict else {
        return Ok(());
    };
    if let Some(message) = &verdict.convex.message {
        writeln!(out)?;
        hanging(
            "  Convex says: ",
            &at_most(message, MOST_SAID),
            style.width,
            out,
        )?;
        if verdict.convex.browser == Some("reconnects") {
            hanging(
                "  ",
                "The browser shows no error: it reconnects for ever, and the app stays at \"loading\".",
                style.width,
                out,
            )?;
        }
    }
    if verdict.convex.outcome != verdict.clerk.outcome
        && let Some(line) = clerk_line(verdict)
    {
        hanging(
            "  Clerk says: ",
            &at_most(&line, MOST_SAID),
            style.width,
            out,
        )?;
    }
    Ok(())
}

fn clerk_line(verdict: &crate::report::Verdicts) -> Option<String> {
    use crate::report::Word;
    match (verdict.convex.outcome, verdict.clerk.outcome) {
        (Word::Unknown, _) | (_, Word::Unknown) => None,
        (_, Word::Accepted) => Some("its own verifyToken accepts this token.".to_owned()),
        (_, Word::Refused) => Some(format!(
            "{} (reason={})",
            verdict.clerk.message.as_deref().unwrap_or_default(),
            verdict.clerk.reason.unwrap_or_default()
        )),
    }
}

fn checks(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if report.checks.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    for check in &report.checks {
        let mark = format!("{:<4}", check.status.mark());
        let mark = match check.status {
            Status::Ok => mark.green(),
            Status::Warn => mark.yellow(),
            Status::Fail => mark.red().bold(),
            Status::Skip => mark.dimmed(),
        };
        let prefix = format!("  {mark}  {:<10} ", check.step.id());
        let indent = 2 + 4 + 2 + 11;
        let lines = fold(
            &visible(&check.summary),
            style.width.saturating_sub(indent).max(20),
        );
        for (index, line) in lines.iter().enumerate() {
            if index == 0 {
                writeln!(out, "{}", format!("{prefix}{line}").trim_end())?;
            } else {
                writeln!(out, "{:indent$}{line}", "")?;
            }
        }
    }
    writeln!(out)?;
    writeln!(out, "{}", counts(report))?;
    match report.next {
        Some(next) => labelled("Next", next, style, out),
        None => Ok(()),
    }
}

fn counts(report: &Report) -> String {
    let of = |severity: Severity| {
        report
            .findings
            .iter()
            .filter(|reported| reported.severity == severity)
            .count()
    };
    let status = |wanted: Status| {
        report
            .checks
            .iter()
            .filter(|check| check.status == wanted)
            .count()
    };
    let mut parts = Vec::new();
    let mut push = |count: usize, one: &str, many: &str| {
        if count > 0 {
            parts.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    };
    push(of(Severity::Error), "problem", "problems");
    push(of(Severity::Warning), "warning", "warnings");
    push(of(Severity::Info), "note", "notes");
    push(status(Status::Ok), "ok", "ok");
    push(status(Status::Skip), "skipped", "skipped");
    format!("{}. Exit {}.", parts.join(", "), exit_code(report.exit))
}

/// The number of an exit code.
pub fn exit_code(exit: Exit) -> u8 {
    match exit {
        Exit::Clean => 0,
        Exit::Findings => 1,
        Exit::Unreadable => 2,
        Exit::Unchecked => 3,
    }
}

fn labelled(label: &str, text: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let width = style.width.saturating_sub(6).max(20);
    for (index, line) in fold(&visible(text), width).iter().enumerate() {
        let line = linked(line, style);
        if index == 0 {
            writeln!(out, "{}{line}", format!("{label:<6}").bold())?;
        } else {
            writeln!(out, "      {line}")?;
        }
    }
    Ok(())
}

/// The pages of Clerk and Convex that we point to.
const PAGES: [&str; 4] = [
    "https://dashboard.clerk.com/",
    "https://clerk.com/",
    "https://dashboard.convex.dev/",
    "https://docs.convex.dev/",
];

/// A line whose links to Clerk's and Convex's own pages can be followed, on terminals that know such links (OSC 8). No other address becomes one.
fn linked(line: &str, style: Style) -> String {
    let mut text = String::new();
    let mut rest = line;
    while style.links
        && let Some(at) = PAGES.iter().filter_map(|page| rest.find(page)).min()
    {
        let (before, url) = rest.split_at(at);
        let end = url.find([' ', ')', '"', '\'', '`', ',', ';']);
        let url = url[..end.unwrap_or(url.len())].trim_end_matches('.');
        text.push_str(before);
        text.extend(["\u{1b}]8;;", url, "\u{1b}\\", url, "\u{1b}]8;;\u{1b}\\"]);
        rest = &rest[at + url.len()..];
    }
    text + rest
}

fn paragraph(indent: &str, text: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    hanging(indent, text, width, out)
}

/// Text after a prefix; further lines are indented as far.
fn hanging(prefix: &str, text: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let indent = prefix.width();
    for (index, line) in fold(&visible(text), width.saturating_sub(indent).max(20))
        .iter()
        .enumerate()
    {
        if index == 0 {
            writeln!(out, "{prefix}{line}")?;
        } else {
            writeln!(out, "{:indent$}{line}", "")?;
        }
    }
    Ok(())
}

/// A message as a sentence: with a capital where it begins with a word, and a period.
pub fn sentence(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.chars().next().filter(char::is_ascii_lowercase)
        && !text.starts_with('`')
        && text
            .split_whitespace()
            .next()
            .is_some_and(|word| word.chars().all(|character| character.is_ascii_lowercase()))
    {
        text.replace_range(..1, &first.to_ascii_uppercase().to_string());
    }
    if !text.ends_with(['.', '!', '?', ':', '…']) {
        text.push('.');
    }
    text
}

/// A shell command on lines that fit, each but the last ended so that it can be pasted; other lines stay as they are.
fn continued(command: &str, width: usize) -> Vec<String> {
    let is_shell = ["npx ", "npm ", "git ", "clerkcheck "]
        .iter()
        .any(|tool| command.starts_with(tool));
    if !is_shell || command.width() <= width {
        return vec![command.to_owned()];
    }
    let mut lines = wrap(command, width.saturating_sub(4));
    let last = lines.len().saturating_sub(1);
    for (index, line) in lines.iter_mut().enumerate() {
        if index > 0 {
            line.insert_str(0, "  ");
        }
        if index < last {
            line.push_str(" \\");
        }
    }
    lines
}

/// Words on lines of at most `width` columns. A longer word stands on a line of its own, uncut, so that it can be copied.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Words on lines of at most `width` columns. A longer word goes on in the next line, after a mark such as a slash where there is one; a link to
/// one of the pages that we point to stays whole, so that it can be followed.
fn fold(text: &str, width: usize) -> Vec<String> {
    let is_page = |line: &str| PAGES.iter().any(|page| line.starts_with(page));
    let mut lines = Vec::new();
    for line in wrap(text, width) {
        let mut rest = line.as_str();
        // Only the part that fits is measured: a word may have millions of characters.
        while let end = fitting(rest, width)
            && end < rest.len()
            && !is_page(rest)
        {
            let mark = rest[..end].rfind(['/', '-', '.', '|', ',']);
            let end = mark
                .filter(|mark| *mark > end / 2)
                .map_or(end, |mark| mark + 1);
            lines.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        lines.push(rest.to_owned());
    }
    lines
}

/// How many bytes of a text fit into so many columns, one character at least.
fn fitting(text: &str, width: usize) -> usize {
    let mut columns = 0;
    let mut end = 0;
    for (at, character) in text.char_indices() {
        columns += character.width().unwrap_or(0);
        if columns > width && at > 0 {
            break;
        }
        end = at + character.len_utf8();
    }
    end
}

/// A line whose columns are its own, on lines that fit: what does not fit goes on below, indented by four columns more.
pub fn folded(line: &str, width: usize) -> Vec<String> {
    let line = visible(line);
    let indent = line.len() - line.trim_start().len();
    let mut lines = Vec::new();
    let mut rest = line.as_str();
    let mut room = width;
    while let end = fitting(rest, room)
        && end < rest.len()
    {
        let blank = rest[..end].rfind(' ').filter(|blank| *blank > end / 2);
        let end = blank.unwrap_or(end);
        let before = if lines.is_empty() { 0 } else { indent + 4 };
        lines.push(format!("{:before$}{}", "", rest[..end].trim_end()));
        rest = rest[end..].trim_start();
        room = width.saturating_sub(indent + 4).max(20);
    }
    let before = if lines.is_empty() { 0 } else { indent + 4 };
    lines.push(format!("{:before$}{rest}", ""));
    lines
}

#[cfg(test)]
mod tests {
    use super::{Style, continued, difference, fold, folded, linked, sentence, window, wrap};

    #[test]
    fn the_difference_is_marked_in_columns_of_the_second() {
        assert_eq!(
            difference("https://brave-7.dev", "https://cool-25.dev"),
            (8, 7)
        );
        assert_eq!(difference("a", "a"), (1, 0));
        assert_eq!(difference("convex", "Convex"), (0, 1));
        assert_eq!(difference("https://a.dev/x", "https://a.dev"), (13, 1));
    }

    #[test]
    fn words_are_wrapped_but_never_cut() {
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(
            wrap("https://long.example x", 5),
            ["https://long.example", "x"]
        );
    }

    #[test]
    fn long_values_fit_with_their_difference() {
        assert_eq!(
            fold("a https://x.example/long/er b", 12),
            ["a", "https://x.", "example/", "long/er", "b"]
        );
        assert_eq!(fold("日本語日本語", 5), ["日本", "語日", "本語"]);
        assert_eq!(fold("https://clerk.com/docs/a", 9).len(), 1);
        assert_eq!(window("abcdefghij", 0, 10), "abcdefghij");
        assert_eq!(window("abcdefghij", 0, 6), "abcde…");
        assert_eq!(window("abcdefghij", 4, 5), "…efg…");
        assert_eq!(window("日本語", 1, 9), "… 本語");
        assert_eq!(
            folded("  name  value and more", 14),
            ["  name  value", "      and more"]
        );
    }

    #[test]
    fn long_commands_are_continued() {
        assert_eq!(continued("npx a b", 20), ["npx a b"]);
        assert_eq!(
            continued("npx env set X https://x.example", 20),
            ["npx env set X \\", "  https://x.example"]
        );
        assert_eq!(continued("domain: \"a b c d e f\",", 5).len(), 1);
    }

    #[test]
    fn only_known_pages_become_links() {
        let style = Style {
            format: crate::cli::Format::Human,
            width: 80,
            quiet: false,
            verbose: false,
            ascii: false,
            links: true,
            block: false,
            compact: false,
        };
        let line = "at https://clerk.com/docs/x. Or https://evil.example/https";
        let (before, behind) = ("at ", ". Or https://evil.example/https");
        let followed =
            "\u{1b}]8;;https://clerk.com/docs/x\u{1b}\\https://clerk.com/docs/x\u{1b}]8;;\u{1b}\\";
        assert_eq!(linked(line, style), format!("{before}{followed}{behind}"));
        let plain = Style {
            links: false,
            ..style
        };
        assert_eq!(linked(line, plain), line);
    }

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("there is no `aud`"), "There is no `aud`.");
        assert_eq!(sentence("CLERK_X is empty"), "CLERK_X is empty.");
        assert_eq!(sentence("iss_x differs"), "iss_x differs.");
    }
}
