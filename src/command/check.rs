//! `clerkcheck check`: token, configuration, issuer and keys in; verdict, causes and fixes out.

use super::{fail, report_style, scope, show, watch};
use crate::cli::CheckArgs;
use crate::diagnose::{Scope, diagnose};
use crate::facts::{Facts, World};
use crate::gather::{
    self,
    input::{Given, Opened},
};
use crate::paste::{self, Outcome, Paste};
use crate::plan;
use crate::render::Style;
use crate::report::{Exit, Input, Report};
use crate::rule::Step;
use crate::stream::{self, Job};
use crate::template::{Template, Templates};
use crate::token::{Part, Token, fingerprint};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

/// The steps of a check.
pub const STEPS: [Step; 11] = [
    Step::Settings,
    Step::Config,
    Step::Versions,
    Step::Deployment,
    Step::Form,
    Step::Issuer,
    Step::Discovery,
    Step::Audience,
    Step::Signature,
    Step::Claims,
    Step::Time,
];

/// Runs the command.
pub fn run(args: &CheckArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let mut scope = match scope("check", &STEPS, &args.report) {
        Ok(scope) => scope,
        Err(sentence) => return fail(err, &sentence),
    };
    scope.show_claims = args.input.show_claims;
    for (is_set, option) in [(args.all, "--all"), (args.watch, "--watch")] {
        if let (true, Err(sentence)) = (is_set, super::is_single(args.report.look, option)) {
            return fail(err, &sentence);
        }
    }
    if let Err(sentence) = gather::usable(&args.configuration) {
        return fail(err, &sentence);
    }
    let opened = if args.all && !args.watch {
        gather::input::open(&args.input, gather::input::WANTED, err)
    } else {
        gather::input::read(&args.input, gather::input::WANTED, err).map(Opened::Whole)
    };
    let given = match opened {
        Ok(Opened::Whole(given)) => given,
        Ok(Opened::Stream(head, rest)) => return streamed(args, head, rest, out, err),
        Err(unreadable) => return fail(err, &unreadable.0),
    };
    let mut style = report_style(&args.report);
    style.compact = args.all || args.watch;
    let mut paste = match given {
        Given::Nothing => None,
        Given::Bytes(bytes) => Some(paste::read(&bytes)),
    };
    if let Some(Outcome::Rejected(_)) = paste.as_ref().map(|paste| &paste.outcome)
        && let Some(paste) = &paste
    {
        let word = args.input.token.as_deref().unwrap_or_default();
        return reject("check", paste, crate::cli::meant(word), style, out);
    }
    let mut once = |out: &mut dyn Write, err: &mut dyn Write| {
        judge(args, paste.as_mut(), &scope, style, out, err)
    };
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

/// Judges a stream of tokens, a line each: by the configuration as it is now, and the keys of the configured issuers and of the first token's.
fn streamed(
    args: &CheckArgs,
    head: Vec<u8>,
    mut rest: Box<dyn io::Read + Send>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let form = match super::stream_form(args.report.look) {
        Ok(form) => form,
        Err(sentence) => return fail(err, &sentence),
    };
    let asked = gather::world(&args.configuration, &args.network)
        .and_then(|world| gather::deployment::look(world, &args.deployment, &args.network, err))
        .and_then(|(mut world, _)| {
            if args.clock.at_issue {
                world.time_given = true;
            } else {
                gather::set_clock(&args.clock, &mut world)?;
            }
            world.token = stream::tokens(&head)
                .into_iter()
                .next()
                .map(|found| Arc::new(Token::read(&found.token)));
            let first = world.token.clone();
            // The configured issuers too: the others may come from any of them.
            let configured = World {
                token: None,
                ..world.clone()
            };
            let world = gather::ask_together(vec![world, configured], &args.network, err)?;
            let world = gather::ask(world, &args.network, err)?.world;
            let world = World {
                token: None,
                ..world
            };
            let mut world = gather::ask(world, &args.network, err)?.world;
            world.token = first;
            Ok(world)
        });
    let facts = match asked {
        Ok(world) => Facts::read(world),
        Err(sentence) => return fail(err, &sentence),
    };
    let job = Job::Check {
        facts: &facts,
        at_issue: args.clock.at_issue,
    };
    super::stream::run(head, &mut *rest, &job, form, out, err)
}

/// What one run came to.
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    /// The exit code.
    pub exit: u8,
    /// When the judged token runs out, in seconds since the epoch.
    pub expires: Option<f64>,
}

/// Judges what was pasted, as things are now; an option that cannot be followed is a sentence for standard error.
pub fn judge(
    args: &CheckArgs,
    mut paste: Option<&mut Paste>,
    scope: &Scope,
    style: Style,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Result<Judged, String>> {
    let mut world = match gather::world(&args.configuration, &args.network) {
        Ok(world) => world,
        Err(sentence) => return Ok(Err(sentence)),
    };
    if let (Some(paste), Some(project)) = (paste.as_deref_mut(), &world.project) {
        for (variable, key) in project.publishable_keys() {
            if key.is_ok() {
                paste.prefer_cookie_suffix(&paste::cookie_suffix(&variable.value));
                break;
            }
        }
    }
    let paste = paste.as_deref();
    if let Some(paste) = paste {
        world.options.live_providers = paste
            .errors
            .iter()
            .flat_map(|line| line.providers().iter().cloned())
            .collect();
    }
    let (mut world, log) =
        match gather::deployment::look(world, &args.deployment, &args.network, err) {
            Ok(looked) => looked,
            Err(sentence) => return Ok(Err(sentence)),
        };
    let subjects = paste.map_or_else(|| vec![Subject::Nothing], |paste| subjects(paste, args.all));
    let of_issuers = of_issuers(args, &subjects, &world);
    if of_issuers.len() > 1 {
        world = match gather::ask_together(of_issuers, &args.network, err) {
            Ok(world) => world,
            Err(sentence) => return Ok(Err(sentence)),
        };
    }
    let mut judged = Judged {
        exit: 0,
        expires: None,
    };
    for subject in subjects {
        let scope = subject.scope(scope);
        world = subject.into_world(world);
        if let Err(sentence) = gather::set_clock(&args.clock, &mut world) {
            return Ok(Err(sentence));
        }
        let facts = match gather::ask(world, &args.network, err) {
            Ok(facts) => facts,
            Err(sentence) => return Ok(Err(sentence)),
        };
        let mut report = diagnose(&facts, &scope);
        report.input = paste.map(|paste| Input {
            each: args.all,
            ..summary(paste, compact(&facts))
        });
        report.configuration = Some(crate::view::configuration(&facts));
        if style.shows_details() {
            report.details = crate::view::details(&facts, scope.show_claims);
            report.details.extend_from_slice(&log);
        }
        crate::view::deployment(&facts, &mut report);
        show(&report, style, out)?;
        if let Some(paste) =
            paste.filter(|_| style.format == crate::cli::Format::Human && !style.quiet)
        {
            error_lines(paste, style.width, out)?;
        }
        judged.exit = judged
            .exit
            .max(crate::render::human::exit_code(report.exit));
        let expiry = facts
            .token()
            .ok()
            .and_then(|token| token.payload.number("exp"));
        judged.expires = judged.expires.or(expiry);
        world = facts.world;
    }
    Ok(Ok(judged))
}

/// The world with a token of each issuer that the tokens name: what is asked for one is asked for all of them.
fn of_issuers(args: &CheckArgs, subjects: &[Subject], world: &World) -> Vec<World> {
    let mut issuers = BTreeSet::new();
    let mut worlds = Vec::new();
    for subject in subjects {
        let Subject::Token(token) = subject else {
            continue;
        };
        let issuer = token.payload.text("iss").unwrap_or_default();
        if worlds.len() < plan::MOST && issuers.insert(issuer) {
            let mut world = subject.clone().into_world(world.clone());
            // A token without the time that it is to be judged at is told when it is judged.
            let _ = gather::set_clock(&args.clock, &mut world);
            worlds.push(world);
        }
    }
    worlds
}

/// The token that was judged.
fn compact(facts: &Facts) -> Option<&str> {
    facts.token().ok().map(|token| token.compact.expose())
}

/// The rules of topic template that say of its claims what those of a token's say.
const TEMPLATE_CLAIMS: [&str; 3] = [
    "template-audience-missing",
    "template-audience-mismatch",
    "template-claim-type",
];

/// What is judged: one token, claims, or the configuration alone.
#[derive(Clone)]
enum Subject {
    Token(Arc<Token>),
    Claims(Part, Option<Box<Template>>),
    Nothing,
}

impl Subject {
    fn into_world(self, mut world: World) -> World {
        let template;
        (world.token, world.claims, template) = match self {
            Self::Token(token) => (Some(token), None, None),
            Self::Claims(claims, template) => (None, Some(claims), template),
            Self::Nothing => (None, None, None),
        };
        world.templates = template.map(|template| Templates::of_paste(*template));
        world
    }

    /// What is asked of it: a template has fields besides its claims, which are judged as those of a token.
    fn scope(&self, scope: &Scope) -> Scope {
        let mut scope = scope.clone();
        if let Self::Claims(_, Some(_)) = self {
            scope.steps.push(Step::Template);
            let of_claims = TEMPLATE_CLAIMS.iter().map(|rule| (*rule).to_owned());
            scope.ignore.extend(of_claims);
        }
        scope
    }
}

fn subjects(paste: &Paste, all: bool) -> Vec<Subject> {
    match &paste.outcome {
        Outcome::Tokens(tokens) => {
            let most = if all { tokens.len() } else { 1 };
            tokens
                .iter()
                .take(most)
                .map(|found| Subject::Token(Arc::new(Token::read(found.token.expose()))))
                .collect()
        }
        Outcome::Claims(claims) => {
            let members = claims.template.as_ref();
            let template = members.and_then(|members| Template::read(members).ok().map(Box::new));
            vec![Subject::Claims(Part::of(claims.json.clone()), template)]
        }
        Outcome::Rejected(_) | Outcome::None => vec![Subject::Nothing],
    }
}

/// What was pasted, for the report.
pub fn summary(paste: &Paste, judged: Option<&str>) -> Input {
    let mut input = Input {
        notes: paste.notes.clone(),
        ..Input::default()
    };
    match &paste.outcome {
        Outcome::Tokens(tokens) => {
            input.outcome = if tokens.len() > 1 { "tokens" } else { "token" };
            let found = tokens
                .iter()
                .find(|found| Some(found.token.expose()) == judged)
                .or_else(|| tokens.first());
            if let Some(found) = found {
                input.carrier = Some(found.carrier.name());
                input.repairs = found
                    .repairs
                    .iter()
                    .map(|repair| repair.name().to_owned())
                    .collect();
            }
            input.tokens = tokens
                .iter()
                .map(|found| (fingerprint(found.token.expose()), found.carrier.name()))
                .collect();
        }
        Outcome::Claims(_) => input.outcome = "claims",
        Outcome::Rejected(rejection) => {
            input.outcome = "rejected";
            input.reason = Some(rejection.rule);
        }
        Outcome::None => input.outcome = "none",
    }
    input
}

/// A paste without a token: what it was instead, exit code 2.
pub fn reject(
    command: &'static str,
    paste: &Paste,
    hint: Option<String>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<u8> {
    let mut report = rejected(command, paste, style.width);
    report.notes.extend(hint);
    show(&report, style, out)?;
    Ok(crate::render::human::exit_code(report.exit))
}

fn rejected(command: &'static str, paste: &Paste, width: usize) -> Report {
    let mut report = crate::view::empty(command);
    report.exit = Exit::Unreadable;
    report.input = Some(summary(paste, None));
    if let Outcome::Rejected(rejection) = &paste.outcome {
        crate::view::reject(&mut report, rejection);
    }
    let lines = crate::view::error_lines(&paste.errors, "", width);
    report.body.extend(lines);
    report
}

fn error_lines(paste: &Paste, width: usize, out: &mut dyn Write) -> io::Result<()> {
    for line in crate::view::error_lines(&paste.errors, "", width) {
        writeln!(out, "{}", crate::escape::visible(&line).trim_end())?;
    }
    Ok(())
}
