//! `clerkcheck probe`: what a live deployment says to the token, beside our own verdict.

use super::check::{STEPS, reject, summary};
use super::{fail, report_style, scope, show};
use crate::cli::ProbeArgs;
use crate::deployment::{self, Probe, ProbeAnswer, Target};
use crate::diagnose::{Scope, diagnose};
use crate::escape::{discreet, visible, without_credentials};
use crate::facts::{Facts, World};
use crate::gather::{self, input::Given};
use crate::paste::{self, Outcome};
use crate::report::{Exit, Headline, Report, Tone};
use crate::rule::{Severity, Step};
use crate::rules::{self, Compared};
use crate::token::Token;
use std::io::{self, Write};
use std::sync::Arc;

/// Runs the command.
pub fn run(args: &ProbeArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let mut scope = match scope("probe", &STEPS, &args.report) {
        Ok(scope) => scope,
        Err(sentence) => return fail(err, &sentence),
    };
    scope.show_claims = args.input.show_claims;
    if args.network.offline {
        return fail(err, "probe asks a deployment, --offline asks nobody");
    }
    let style = report_style(&args.report);
    let mut world = match gather::world(&args.configuration, &args.network) {
        Ok(world) => world,
        Err(sentence) => return fail(err, &sentence),
    };
    let target = match deployment::probe_target(world.project.as_ref(), args.url.as_deref()) {
        Ok(target) => target,
        Err(sentence) => return fail(err, &sentence),
    };
    let given = match gather::input::read(&args.input, gather::input::NEEDED, err) {
        Ok(given) => given,
        Err(unreadable) => return fail(err, &unreadable.0),
    };
    let Given::Bytes(bytes) = given else {
        return fail(err, "no token to send");
    };
    let paste = paste::read(&bytes);
    let token = match &paste.outcome {
        Outcome::Tokens(tokens) => tokens.first().map(|found| found.token.clone()),
        Outcome::Rejected(_) => {
            let hint = crate::cli::meant(args.input.token.as_deref().unwrap_or_default());
            return reject("probe", &paste, hint, style, out);
        }
        Outcome::Claims(_) | Outcome::None => None,
    };
    let Some(token) = token else {
        return fail(
            err,
            "a deployment can only be asked with a token; `clerkcheck check` judges claims without a signature",
        );
    };
    world.token = Some(Arc::new(Token::read(token.expose())));
    match gather::deployment::may_ask(&target, &args.network, &Facts::unjudged(world.clone())) {
        Ok(false) => {}
        Ok(true) => {
            writeln!(
                err,
                "clerkcheck: sends the token to {} ({}), which runs no function for it",
                visible(&without_credentials(target.url.as_str())),
                visible(&target.source)
            )?;
            err.flush()?;
        }
        Err(sentence) => return fail(err, &sentence),
    }
    world.set_clock(gather::now());
    let facts = match both(args, world, &target, token.expose(), err) {
        Ok(facts) => facts,
        Err(sentence) => return fail(err, &sentence),
    };
    let report = judge(&facts, &scope, summary(&paste, Some(token.expose())));
    show(&report, style, out)?;
    Ok(crate::render::human::exit_code(report.exit))
}

/// Asks the deployment and the issuer at the same time: a token lives for a minute, and neither may use up the other's time.
fn both(
    args: &ProbeArgs,
    world: World,
    target: &Target,
    token: &str,
    err: &mut dyn Write,
) -> Result<Facts, String> {
    let ask = if args.websocket {
        gather::deployment::probe_by_socket
    } else {
        gather::deployment::probe
    };
    let network = &args.network;
    let unjudged = Facts::unjudged(world.clone());
    let (probed, asked) = std::thread::scope(|scope| {
        let probing = scope.spawn(|| ask(target, token, network, &unjudged, &mut io::sink()));
        let asked = gather::ask(world, network, err);
        (probing.join(), asked)
    });
    let (probe, ahead) = probed.map_err(|_| "the deployment could not be asked".to_owned())??;
    let mut facts = asked?;
    facts.world.probe = Some(probe);
    if let Some(ahead) = ahead {
        facts.world.saw_clock(ahead);
        facts.world.correct_clock();
        facts = facts.judged();
    }
    Ok(facts)
}

/// The report: the deployment's answer first.
fn judge(facts: &Facts, scope: &Scope, input: crate::report::Input) -> Report {
    let mut report = diagnose(facts, scope);
    report.input = Some(input);
    report.configuration = Some(crate::view::configuration(facts));
    report.details = crate::view::details(facts, scope.show_claims);
    crate::view::deployment(facts, &mut report);
    let (Some(probe), Some(compared)) = (&facts.world.probe, rules::compared(facts)) else {
        return report;
    };
    let host = probe.target.url.host_str().unwrap_or_default().to_owned();
    if let Some(browser) = &probe.browser {
        report.notes.push(format!("The browser shows: {browser}."));
    }
    if probe.answer == ProbeAnswer::Accepted && compared != Compared::Disagrees {
        // The deployment's word counts: what the configuration here would refuse is no fault of the token.
        report.findings.retain(|reported| {
            reported.severity < Severity::Error
                || matches!(
                    reported.rule.step,
                    Step::Settings | Step::Config | Step::Versions | Step::Deployment
                )
        });
        report.checks.retain(|check| {
            check.status != crate::report::Status::Fail || check.step <= Step::Deployment
        });
        report.headline = Headline {
            sentence: format!("The deployment at {host} accepts this token."),
            rule: None,
            tone: Tone::Good,
        };
        let least = scope.fail_on.unwrap_or(Severity::Error);
        report.exit = if report
            .findings
            .iter()
            .any(|reported| reported.severity >= least)
        {
            Exit::Findings
        } else {
            Exit::Clean
        };
        report.next = Some(
            "If the app sees no user all the same, look at what the browser sends: clerkcheck explain testing",
        );
        return report;
    }
    refused(facts, probe, compared, &host, &mut report);
    report
}

fn refused(facts: &Facts, probe: &Probe, compared: Compared, host: &str, report: &mut Report) {
    let first = report.findings.first();
    let rule_of_first = first.map(|reported| reported.rule.name);
    let (sentence, rule, tone) = match (&probe.answer, compared) {
        (_, Compared::Disagrees) => (
            format!(
                "The deployment at {host} {} this token, and clerkcheck does not see why.",
                match probe.answer {
                    ProbeAnswer::Accepted => "accepts",
                    ProbeAnswer::Refused { .. } | ProbeAnswer::Unknown(_) => "refuses",
                }
            ),
            Some("deployment-disagrees"),
            Tone::Bad,
        ),
        (ProbeAnswer::Unknown(why), _) => (
            format!("Could not ask the deployment at {host}: {why}."),
            Some("deployment-unreachable"),
            Tone::Unsure,
        ),
        (_, Compared::Agrees) => {
            let because = match first {
                Some(_) if rule_of_first == Some("expired") => rules::expiry_headline(facts),
                Some(reported) => format!("{}.", reported.title_of_it()),
                None => format!("{}.", message(probe)),
            };
            (
                format!("The deployment at {host} refuses this token: {because}"),
                rule_of_first,
                Tone::Bad,
            )
        }
        _ => (
            format!(
                "The deployment at {host} refuses this token: {}.",
                message(probe)
            ),
            Some("deployment-refuses"),
            Tone::Bad,
        ),
    };
    report.headline = Headline {
        sentence,
        rule,
        tone,
    };
    // What the headline names stands first.
    if let Some(rule) = rule {
        report
            .findings
            .sort_by_key(|reported| reported.rule.name != rule);
    }
    let unknown = matches!(probe.answer, ProbeAnswer::Unknown(_));
    if !unknown {
        report.exit = Exit::Findings;
    } else if report.exit == Exit::Clean {
        report.exit = Exit::Unchecked;
    }
    report.next = None;
}

/// What the deployment answered, in short.
fn message(probe: &Probe) -> String {
    match &probe.answer {
        ProbeAnswer::Refused { message, .. } => {
            let first = message.split(". ").next().unwrap_or_default();
            discreet(first.trim_end_matches('.'))
        }
        ProbeAnswer::Accepted | ProbeAnswer::Unknown(_) => String::new(),
    }
}
