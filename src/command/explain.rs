//! `clerkcheck explain`: a rule, a row of the troubleshooting table, an error line; or the whole table.

use super::{show, style};
use crate::cli::ExplainArgs;
use crate::explain::{self, TABLE, Trouble};
use crate::render::human::wrap;
use crate::report::{Exit, Report, Tone};
use crate::rule::{Row, Rule};
use crate::rules;
use serde_json::{Value, json};
use std::io::{self, Write};

/// Runs the command.
pub fn run(args: &ExplainArgs, out: &mut dyn Write, _err: &mut dyn Write) -> io::Result<u8> {
    let style = style(args.look, false, false);
    let what = args.what.join(" ");
    let what = what.trim();
    let mut report = crate::view::empty("explain");
    report.headline.tone = Tone::Good;
    if what.is_empty() || explain::is_whole_table(what) {
        table(&mut report, style.width);
    } else if let Some((topic, rule)) = explain::rule(what) {
        page(topic, rule, &mut report, style.width);
    } else if let Some(trouble) = explain::row(what) {
        row(trouble, &mut report, style.width);
    } else if let Some((topic, _)) = rules::TOPICS.iter().find(|(topic, _)| *topic == what) {
        report.headline.sentence = format!("Topic `{topic}`: what can be wrong.");
        list(topic, &mut report.body);
        let own = rules::all().filter(|(own, _)| own == topic).map(glance);
        report.parts.insert("rules".into(), own.collect());
    } else {
        let lines = crate::error_line::recognise(what);
        if lines.is_empty() {
            match explain::said(what) {
                Some(trouble) => row(trouble, &mut report, style.width),
                None => unknown(what, &mut report, style.width),
            }
        } else {
            let meaning = lines.first().map_or("", |line| line.known.meaning);
            meaning.clone_into(&mut report.headline.sentence);
            report.body = crate::view::error_lines(&lines, meaning, style.width);
            report
                .parts
                .insert("errors".into(), crate::view::errors_json(&lines));
        }
    }
    show(&report, style, out)?;
    Ok(crate::render::human::exit_code(report.exit))
}

fn row(trouble: &Trouble, report: &mut Report, width: usize) {
    report.headline.sentence = format!("{}.", trouble.problem);
    report
        .parts
        .insert("seed".into(), trouble.row.name().into());
    let answer = vec![answer(trouble)];
    report.parts.insert("table".into(), answer.into());
    text("", trouble.solution, width, &mut report.body);
    answers(trouble.row, width, &mut report.body);
}

fn unknown(what: &str, report: &mut Report, width: usize) {
    report.exit = Exit::Unreadable;
    report.headline.tone = Tone::Unsure;
    "This is no rule, no row of the table, and no error line that is known here."
        .clone_into(&mut report.headline.sentence);
    if let Some(name) = explain::nearest(what) {
        report.body.push(String::new());
        report
            .body
            .push(format!("Did you mean `{name}`?  clerkcheck explain {name}"));
    } else if let Some(known) = crate::error_line::nearest(what) {
        report.body.push(String::new());
        report.body.push("Did you mean this line?".to_owned());
        let says = format!("Said by {}: {}", known.who, known.pattern);
        for words in [says.as_str(), known.meaning] {
            text("  ", words, width, &mut report.body);
        }
    }
    report.body.push(String::new());
    report.body.push(
        "`clerkcheck explain` alone prints the troubleshooting table and every rule.".to_owned(),
    );
}

fn table(report: &mut Report, width: usize) {
    "Troubleshooting Clerk with Convex.".clone_into(&mut report.headline.sentence);
    for trouble in &TABLE {
        report.body.push(String::new());
        report.body.push(trouble.problem.to_owned());
        text("  ", trouble.solution, width, &mut report.body);
        report
            .body
            .push(format!("  More: clerkcheck explain {}", trouble.row.name()));
    }
    report.body.push(String::new());
    report
        .body
        .push("Every rule (clerkcheck explain RULE):".to_owned());
    for (topic, _) in rules::TOPICS {
        list(topic, &mut report.body);
    }
    report
        .parts
        .insert("table".into(), TABLE.iter().map(answer).collect());
    let all = rules::all().map(glance);
    report.parts.insert("rules".into(), all.collect());
}

/// A row of the table, for programs.
fn answer(trouble: &Trouble) -> Value {
    json!({"seed": trouble.row.name(), "problem": trouble.problem, "solution": trouble.solution, "rules": explain::answers(trouble.row)})
}

/// A rule of a list, for programs.
fn glance((topic, rule): (&str, &Rule)) -> Value {
    json!({"rule": rule.name, "topic": topic, "severity": rule.severity.word(), "title": rule.title})
}

fn list(topic: &str, body: &mut Vec<String>) {
    body.push(String::new());
    body.push(format!("{topic}:"));
    for (_, rule) in rules::all().filter(|(own, _)| *own == topic) {
        body.push(format!("  {:<7} {}", rule.severity.word(), rule.name));
    }
}

fn page(topic: &'static str, rule: &'static Rule, report: &mut Report, width: usize) {
    report.headline.sentence = format!("{}: {}.", rule.name, rule.title);
    let body = &mut report.body;
    body.push(String::new());
    body.push(format!(
        "{} of topic {topic}, in the step `{}`",
        rule.severity.word(),
        rule.step.id()
    ));
    for (label, words) in [
        ("Why", rule.why),
        ("See", explain::see(rule.step)),
        ("Fix", rule.fix),
    ] {
        body.push(String::new());
        labelled(label, words, width, body);
    }
    if !rule.seed.is_empty() {
        body.push(String::new());
        for row in rule.seed {
            if let Some(trouble) = explain::row(row.name()) {
                labelled(
                    "Row",
                    &format!("{}: {}", trouble.problem, trouble.solution),
                    width,
                    body,
                );
            }
        }
    }
    body.push(String::new());
    for (index, (name, url)) in explain::links(topic).iter().enumerate() {
        let label = if index == 0 { "Docs" } else { "" };
        body.push(format!("{label:<5} {name}"));
        body.push(format!("      {url}"));
    }
    report.parts.insert(
        "rule".into(),
        json!({"rule": rule.name, "topic": topic, "severity": rule.severity.word(), "title": rule.title, "why": rule.why, "see": explain::see(rule.step),
            "fix": rule.fix, "seed": rule.seed.iter().map(|row| row.name()).collect::<Vec<_>>(), "docs": explain::docs(topic)}),
    );
}

fn answers(row: Row, width: usize, body: &mut Vec<String>) {
    let rules = explain::answers(row);
    if !rules.is_empty() {
        body.push(String::new());
        text(
            "",
            &format!("Rules that answer it: {}.", rules.join(", ")),
            width,
            body,
        );
    }
}

fn text(indent: &str, words: &str, width: usize, body: &mut Vec<String>) {
    body.extend(
        wrap(words, width.saturating_sub(indent.len()))
            .into_iter()
            .map(|line| format!("{indent}{line}")),
    );
}

fn labelled(label: &str, words: &str, width: usize, body: &mut Vec<String>) {
    for (index, line) in wrap(words, width.saturating_sub(6)).into_iter().enumerate() {
        body.push(if index == 0 {
            format!("{label:<6}{line}")
        } else {
            format!("      {line}")
        });
    }
}
