//! `clerkcheck env`: does the configuration agree with itself? No token and no secret.

use super::{fail, scope, style};
use crate::cli::EnvArgs;
use crate::diagnose::diagnose;
use crate::facts::Facts;
use crate::gather;
use crate::render::render;
use crate::rule::Step;
use std::io::{self, Write};

const STEPS: [Step; 5] = [
    Step::Settings,
    Step::Config,
    Step::Versions,
    Step::Deployment,
    Step::Discovery,
];

/// Runs the command.
pub fn run(args: &EnvArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let scope = match scope("env", &STEPS, &args.report) {
        Ok(scope) => scope,
        Err(sentence) => return fail(err, &sentence),
    };
    let style = style(args.report.look, args.report.quiet, args.report.verbose);
    let mut world = match gather::world(&args.configuration, &args.network) {
        Ok(world) => world,
        Err(sentence) => return fail(err, &sentence),
    };
    world.now = gather::now();
    let world = match gather::ask(world, &args.network, err) {
        Ok(world) => world,
        Err(sentence) => return fail(err, &sentence),
    };
    let facts = Facts::read(world);
    let mut report = diagnose(&facts, &scope);
    report.configuration = Some(crate::view::configuration(&facts));
    report.details = crate::view::details(&facts);
    render(&report, style, out)?;
    Ok(crate::render::human::exit_code(report.exit))
}
