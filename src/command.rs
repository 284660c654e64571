//! The commands: what each gathers, which rules it asks, what it shows.

pub mod check;
pub mod completions;
pub mod decode;
pub mod demo;
pub mod env;
pub mod explain;
mod fix;
pub mod jwks;
mod mint;
pub mod probe;
pub mod schema;
mod stream;
pub mod template;
mod watch;

use crate::cli::{FailOn, Format, LookArgs, ReportArgs};
use crate::diagnose::Scope;
use crate::render::{Style, render};
use crate::report::Report;
use crate::rule::{Severity, Step};
use std::io::{self, Write};

/// A sentence for standard error, and the exit code.
pub fn fail(err: &mut dyn Write, sentence: &str) -> io::Result<u8> {
    writeln!(err, "clerkcheck: {}", crate::escape::visible(sentence))?;
    Ok(2)
}

/// The style of a report, and whether to colour, decided once for the whole run.
pub fn style(look: LookArgs, quiet: bool, verbose: bool) -> Style {
    crate::gather::terminal::decide_color(look.color, look.format);
    Style {
        format: look.format,
        ascii: look.ascii,
        links: look.format == Format::Human && crate::gather::terminal::has_links(),
        width: crate::gather::terminal::width(),
        quiet,
        verbose,
        block: false,
        compact: false,
    }
}

/// The style that the options of a judging command ask for.
pub fn report_style(args: &ReportArgs) -> Style {
    Style {
        block: args.report,
        ..style(args.look, args.quiet, args.verbose)
    }
}

/// A form that is one document cannot hold several reports: a sentence for standard error.
pub fn is_single(look: LookArgs, option: &str) -> Result<(), String> {
    match look.format {
        Format::Html | Format::Sarif => Err(format!(
            "{option} makes several reports; this format holds one. Use --format json, or leave {option} out."
        )),
        Format::Human | Format::Json | Format::Github => Ok(()),
    }
}

/// The form of a line of a stream; a format that has no lines is a sentence for standard error.
fn stream_form(look: LookArgs) -> Result<crate::stream::Form, String> {
    match look.format {
        Format::Human => Ok(crate::stream::Form::Text),
        Format::Json => Ok(crate::stream::Form::Json),
        Format::Github | Format::Html | Format::Sarif => {
            Err("a stream of tokens is written as lines: --format human or json".to_owned())
        }
    }
}

/// Writes a report, and in GitHub Actions the job's summary.
pub fn show(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let report = &report.without_secrets();
    render(report, style, out)?;
    if style.format == Format::Github
        && let Err(sentence) =
            crate::gather::summary::append(&crate::render::markdown::summary(report))
    {
        // The verdict stands; the runner shows this beside it.
        let sentence = crate::escape::github_message(&sentence);
        writeln!(out, "::warning title=clerkcheck::{sentence}")?;
    }
    Ok(())
}

/// What `--select`, `--ignore`, `--strict` and `--fail-on` ask for; an unknown name is a sentence for standard error.
pub fn scope(command: &'static str, steps: &[Step], args: &ReportArgs) -> Result<Scope, String> {
    for name in args.select.iter().chain(&args.ignore) {
        if !crate::rules::is_known(name) {
            let hint = crate::explain::nearest_rule(name)
                .map(|known| format!(" Did you mean `{known}`?"))
                .unwrap_or_default();
            return Err(format!(
                "there is no rule or topic `{name}`.{hint} `clerkcheck explain` lists them."
            ));
        }
    }
    Ok(Scope {
        command,
        steps: steps.to_vec(),
        select: args.select.clone(),
        ignore: args.ignore.clone(),
        strict: args.strict,
        fail_on: Some(match args.fail_on {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Info => Severity::Info,
        }),
        show_claims: false,
    })
}
