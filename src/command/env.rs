//! `clerkcheck env`: does the configuration agree with itself? No token and no secret.

use super::check::Judged;
use super::{fail, report_style, scope, show, watch};
use crate::cli::EnvArgs;
use crate::diagnose::{Scope, diagnose};
use crate::gather;
use crate::render::Style;
use crate::rule::Step;
use std::io::{self, Write};

const STEPS: [Step; 7] = [
    Step::Settings,
    Step::Config,
    Step::Versions,
    Step::Deployment,
    Step::Discovery,
    Step::Signature,
    Step::Time,
];

/// Runs the command.
pub fn run(args: &EnvArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let scope = match scope("env", &STEPS, &args.report) {
        Ok(scope) => scope,
        Err(sentence) => return fail(err, &sentence),
    };
    if let (true, Err(sentence)) = (args.watch, super::is_single(args.report.look, "--watch")) {
        return fail(err, &sentence);
    }
    let mut style = report_style(&args.report);
    style.compact = args.watch;
    let once = |out: &mut dyn Write, err: &mut dyn Write| judge(args, &scope, style, out, err);
    let ended = if args.watch {
        watch::run(&args.configuration, &args.network, once, out, err)?
    } else {
        once(out, err)?
    };
    match ended {
        Ok(Judged { exit, .. }) => Ok(exit),
        Err(sentence) => fail(err, &sentence),
    }
}

/// Judges the configuration as it is now; an option that cannot be followed is a sentence for standard error.
fn judge(
    args: &EnvArgs,
    scope: &Scope,
    style: Style,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Result<Judged, String>> {
    let mut world = match gather::world(&args.configuration, &args.network) {
        Ok(world) => world,
        Err(sentence) => return Ok(Err(sentence)),
    };
    world.set_clock(gather::now());
    let (world, log) = match gather::deployment::look(world, &args.deployment, &args.network, err) {
        Ok(looked) => looked,
        Err(sentence) => return Ok(Err(sentence)),
    };
    let facts = match gather::ask(world, &args.network, err) {
        Ok(facts) => facts,
        Err(sentence) => return Ok(Err(sentence)),
    };
    let mut report = diagnose(&facts, scope);
    report.configuration = Some(crate::view::configuration(&facts));
    report.details = crate::view::details(&facts, false);
    report.details.extend(log);
    crate::view::deployment(&facts, &mut report);
    show(&report, style, out)?;
    Ok(Ok(Judged {
        exit: crate::render::human::exit_code(report.exit),
        expires: None,
    }))
}
