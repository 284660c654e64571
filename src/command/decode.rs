//! `clerkcheck decode`: what is inside, offline, nothing judged.

use super::{check, fail, style};
use crate::cli::{DecodeArgs, Format};
use crate::gather::{
    self,
    input::{Given, Opened},
};
use crate::paste::{self, Outcome, Paste};
use crate::render::human::folded;
use crate::render::{Style, render};
use crate::report::{Report, Tone};
use crate::stream::Job;
use crate::time;
use crate::token::{Part, Token};
use serde_json::Value;
use std::collections::HashSet;
use std::io::{self, Write};

/// Runs the command.
pub fn run(args: &DecodeArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    if let (true, Err(sentence)) = (args.all, super::is_single(args.look, "--all")) {
        return fail(err, &sentence);
    }
    let opened = if args.all {
        gather::input::open(&args.input, gather::input::NEEDED, err)
    } else {
        gather::input::read(&args.input, gather::input::NEEDED, err).map(Opened::Whole)
    };
    let given = match opened {
        Ok(Opened::Whole(given)) => given,
        Ok(Opened::Stream(head, mut rest)) => {
            let form = match super::stream_form(args.look) {
                Ok(form) => form,
                Err(sentence) => return fail(err, &sentence),
            };
            return super::stream::run(head, &mut *rest, &Job::Decode, form, out, err);
        }
        Err(unreadable) => return fail(err, &unreadable.0),
    };
    let mut style = style(args.look, args.quiet, false);
    style.compact = args.all;
    let paste = match given {
        Given::Nothing => paste::read(b""),
        Given::Bytes(bytes) => paste::read(&bytes),
    };
    match &paste.outcome {
        Outcome::Rejected(_) | Outcome::None => check::reject("decode", &paste, None, style, out),
        Outcome::Claims(claims) => {
            let part = Part::of(claims.json.clone());
            let now = match gather::clock_for(&args.clock, Some(&part)) {
                Ok(now) => now,
                Err(sentence) => return fail(err, &sentence),
            };
            let report = report(&paste, None, None, &part, now);
            show(&report, style, out)?;
            Ok(0)
        }
        Outcome::Tokens(tokens) => {
            let most = if args.all { tokens.len() } else { 1 };
            for found in tokens.iter().take(most) {
                let token = Token::read(found.token.expose());
                let now = match gather::clock_for(&args.clock, Some(&token.payload)) {
                    Ok(now) => now,
                    Err(sentence) => return fail(err, &sentence),
                };
                let mut report = report(
                    &paste,
                    Some(&token),
                    Some(found.token.expose()),
                    &token.payload,
                    now,
                );
                if let Some(input) = &mut report.input {
                    input.each = args.all;
                }
                show(&report, style, out)?;
            }
            Ok(0)
        }
    }
}

/// Writes a report. Values are shown whole, for people on lines that fit.
fn show(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    // Before lines are folded: a secret may stand on two.
    let mut report = report.without_secrets();
    if style.format == Format::Human {
        let lines = report.body.iter();
        report.body = lines.flat_map(|line| folded(line, style.width)).collect();
    }
    render(&report, style, out)
}

fn report(
    paste: &Paste,
    token: Option<&Token>,
    compact: Option<&str>,
    claims: &Part,
    now: i64,
) -> Report {
    let mut report = crate::view::empty("decode");
    report.input = Some(check::summary(paste, compact));
    report.headline.tone = Tone::Good;
    report.headline.sentence = match token {
        Some(token) => format!("This is {}.", token.kind().words()),
        None => "These are claims without a signature.".to_owned(),
    };
    report.token = Some(crate::view::glance(token, claims, true));
    if let Some(token) = token {
        report
            .parts
            .insert("header".into(), part_value(&token.header));
        section("header", &token.header, now, &mut report.body);
    }
    report.parts.insert("claims".into(), part_value(claims));
    section("claims", claims, now, &mut report.body);
    if claims.is_cut {
        report
            .notes
            .push("The claims hold more values than are shown: the rest is left out.".to_owned());
    }
    if let Some(token) = token {
        report.body.push(String::new());
        report.body.push(match token.signature_length {
            0 => "signature   none".to_owned(),
            bytes => format!("signature   {bytes} bytes, unchecked: `clerkcheck check` judges it"),
        });
    }
    report
}

fn part_value(part: &Part) -> Value {
    match part.fault {
        Some(_) => Value::Null,
        None => Value::Object(part.members.clone()),
    }
}

fn section(name: &str, part: &Part, now: i64, body: &mut Vec<String>) {
    body.push(String::new());
    if let Some(fault) = &part.fault {
        body.push(format!("{name}: {fault}"));
        return;
    }
    body.push(name.to_owned());
    let width = part
        .members
        .keys()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .clamp(8, 24);
    let repeated: HashSet<&String> = part.duplicates.iter().collect();
    for (name, value) in &part.members {
        let human = time_of(name, value, now)
            .map(|human| format!("   {human}"))
            .unwrap_or_default();
        let twice = if repeated.contains(name) {
            "   (stands more than once; this is the last)"
        } else {
            ""
        };
        body.push(format!("  {name:<width$}  {value}{human}{twice}"));
    }
    if part.members.is_empty() {
        body.push("  (empty)".to_owned());
    }
}

/// A time in words, for the claims and header parameters that are times.
fn time_of(name: &str, value: &Value, now: i64) -> Option<String> {
    if !matches!(
        name,
        "exp" | "nbf" | "iat" | "oiat" | "auth_time" | "updated_at" | "created_at"
    ) {
        return None;
    }
    let seconds = value.as_f64()?;
    Some(format!(
        "{}, {}",
        time::utc(seconds)?,
        time::relative(seconds, now)
    ))
}
