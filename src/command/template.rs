//! `clerkcheck template`: is the JWT template right? Asked of Clerk with a secret key, or read from what was pasted.

use super::{fail, fix, mint, report_style, scope, show};
use crate::cli::{InputArgs, TemplateArgs};
use crate::diagnose::{Scope, diagnose};
use crate::facts::{Facts, World};
use crate::gather::api::Trouble;
use crate::gather::clerk_api::{self, Clerk, SecretKey};
use crate::gather::{self, input::Given};
use crate::paste::{self, Outcome};
use crate::render::Style;
use crate::report::{Exit, Headline, Report, Status, Tone};
use crate::rule::{Severity, Step};
use crate::template::{self, Template, Templates};
use serde_json::{Value, json};
use std::io::{self, Write};
use url::Url;

const STEPS: [Step; 2] = [Step::Settings, Step::Template];

/// What is asked besides the template's own rules, where Clerk is asked: whether the keys belong together.
const OF_KEYS: [&str; 3] = [
    "secret-key-mismatch",
    "instance-mismatch",
    "environments-mixed",
];

/// Runs the command.
pub fn run(args: &TemplateArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let mut scope = match scope("template", &STEPS, &args.report) {
        Ok(scope) => scope,
        Err(sentence) => return fail(err, &sentence),
    };
    let style = report_style(&args.report);
    let world = match gather::world(&args.configuration, &args.network) {
        Ok(world) => world,
        Err(sentence) => return fail(err, &sentence),
    };
    let given = match given(args, err) {
        Ok(given) => given,
        Err(sentence) => return fail(err, &sentence),
    };
    if let Some(bytes) = given {
        narrow(&mut scope, &[]);
        return pasted(args, world, &bytes, &scope, style, out, err);
    }
    narrow(&mut scope, &OF_KEYS);
    let secret = match clerk_api::secret_key(world.project.as_ref()) {
        Some(Ok(secret)) => secret,
        Some(Err(sentence)) => return fail(err, &sentence),
        None if args.fix => return fix::by_hand(args, world, &scope, style, out),
        None => {
            return fail(
                err,
                "nothing to check: set CLERK_SECRET_KEY (https://dashboard.clerk.com/~/api-keys) to ask Clerk for the template, or name a file \
                 with the template's JSON or its claims: clerkcheck template FILE",
            );
        }
    };
    if args.network.offline {
        return fail(
            err,
            "--offline asks nobody: name a file with the template's JSON or its claims: clerkcheck template FILE",
        );
    }
    let named = args.clerk_api.as_deref().filter(|url| !url.is_empty());
    let base = match clerk_api::base(named) {
        Ok(base) => base,
        Err(sentence) => return fail(err, &sentence),
    };
    crate::interrupt::install();
    asked(
        args,
        world,
        &Access { secret, base },
        &scope,
        style,
        out,
        err,
    )
}

/// The secret key, and where it is sent.
pub(super) struct Access {
    pub(super) secret: SecretKey,
    pub(super) base: Url,
}

/// Without a choice of the user's, the rules that are about the template.
fn narrow(scope: &mut Scope, besides: &[&str]) {
    if scope.select.is_empty() {
        scope.select = ["template"]
            .iter()
            .chain(besides)
            .map(|name| (*name).to_owned())
            .collect();
    }
}

/// What was pasted: a file, or standard input when it is named or is a pipe that holds something.
fn given(args: &TemplateArgs, err: &mut dyn Write) -> Result<Option<Vec<u8>>, String> {
    let read = |token: &str, err: &mut dyn Write| {
        // What is no JSON is the name of a file, with an ending or without.
        let is_text = token == "-" || token.trim_start().starts_with(['{', '[']);
        let input = InputArgs {
            token: is_text.then(|| token.to_owned()),
            token_file: (!is_text).then(|| token.into()),
            ..InputArgs::default()
        };
        match gather::input::read(&input, gather::input::NEEDED, err) {
            Ok(Given::Bytes(bytes)) => Ok(bytes),
            Ok(Given::Nothing) => Ok(Vec::new()),
            Err(unreadable) => Err(unreadable.0),
        }
    };
    match &args.file {
        Some(file) => read(file, err).map(Some),
        // Whoever says what is to be asked does not paste.
        None if args.clerk_api.is_some() || args.fix || args.mint.is_some() => Ok(None),
        None if gather::terminal::is_input() => Ok(None),
        None => {
            let bytes = read("-", err)?;
            Ok((!bytes.trim_ascii().is_empty()).then_some(bytes))
        }
    }
}

/// Judges what was pasted.
fn pasted(
    args: &TemplateArgs,
    mut world: World,
    bytes: &[u8],
    scope: &Scope,
    style: Style,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let (list, is_whole) = match read(bytes) {
        Ok(read) => read,
        Err(NotOne::Paste(paste)) => {
            return super::check::reject("template", &paste, None, style, out);
        }
        Err(NotOne::Sentence(sentence)) => return fail(err, &sentence),
    };
    world.templates = Some(Templates {
        wanted: args.name.clone(),
        list,
        is_whole,
        source: "what was pasted".to_owned(),
        instance: None,
    });
    let facts = Facts::read(world);
    let mut report = judge(&facts, scope);
    report.notes.push(
        "Only what was pasted was judged: which templates the instance has was not asked."
            .to_owned(),
    );
    if args.fix {
        fix::of_paste(&facts, &mut report);
    }
    show(&report, style, out)?;
    Ok(crate::render::human::exit_code(report.exit))
}

/// Why a paste is no template.
enum NotOne {
    /// It is something that the reader of pastes knows.
    Paste(Box<paste::Paste>),
    /// A sentence for standard error.
    Sentence(String),
}

fn read(bytes: &[u8]) -> Result<(Vec<Template>, bool), NotOne> {
    let text = paste::text(bytes);
    let why = match serde_json::from_str::<Value>(&text) {
        Ok(value) => match template::read(&value) {
            Ok(read) => return Ok(read),
            Err(no_template) => no_template.words().to_owned(),
        },
        Err(error) => format!("it is not JSON: {error}"),
    };
    let paste = paste::read(bytes);
    match paste.outcome {
        Outcome::Claims(claims) => {
            let template = Template::read(&claims.json)
                .map_err(|no_template| NotOne::Sentence(no_template.words().to_owned()))?;
            Ok((vec![template], false))
        }
        Outcome::Tokens(_) => Err(NotOne::Sentence(
            "this is a token, not a template: `clerkcheck check` judges it, `clerkcheck decode` shows it".to_owned(),
        )),
        // Something that is known, and is no template either.
        Outcome::Rejected(ref rejection)
            if why.starts_with("it is not JSON")
                && !matches!(rejection.rule, "token-segments" | "token-absent") =>
        {
            Err(NotOne::Paste(Box::new(paste)))
        }
        Outcome::Rejected(_) | Outcome::None => Err(NotOne::Sentence(format!(
            "no template to check: {why}. Paste the template's JSON, or its claims: {{ \"aud\": \"convex\" }}"
        ))),
    }
}

/// Asks Clerk, and judges what it says.
fn asked(
    args: &TemplateArgs,
    world: World,
    access: &Access,
    scope: &Scope,
    style: Style,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let facts = Facts::unjudged(world.clone());
    let mut clerk = match Clerk::new(&access.base, &access.secret, &args.network, &facts) {
        Ok(clerk) => clerk,
        Err(sentence) => return fail(err, &sentence),
    };
    let (world, unknown) = match gathered(args, world, &mut clerk, err) {
        Ok(gathered) => gathered,
        Err(trouble) => return stopped(&trouble, &clerk, None, style, out),
    };
    let facts = Facts::read(world);
    let mut report = judge(&facts, scope);
    report.details.extend_from_slice(clerk.log());
    if let Some(trouble) = unknown {
        // The template itself was judged. Nothing is written or made where it is not known whose instance it is.
        if args.fix || args.mint.is_some() {
            return stopped(&trouble, &clerk, None, style, out);
        }
        report.notes.push(format!(
            "Whose instance it is could not be asked: {}.",
            trouble.words()
        ));
        let settings = report
            .checks
            .iter_mut()
            .find(|check| check.step == Step::Settings && check.status == Status::Ok);
        if let Some(check) = settings {
            check.status = Status::Skip;
            check.summary = String::from("whose instance the secret key opens is not known");
        }
    }
    if let Some(who) = &args.mint
        && report
            .findings
            .iter()
            .all(|reported| !matches!(reported.rule.name, "template-absent" | "template-misnamed"))
    {
        return mint::run(args, who, &facts, access, &mut clerk, style, out, err);
    }
    if args.fix {
        match fix::run(args, &facts, report, &mut clerk, scope, err)? {
            Ok(mended) => report = mended,
            Err((trouble, note)) => return stopped(&trouble, &clerk, Some(note), style, out),
        }
    }
    show(&report, style, out)?;
    Ok(crate::render::human::exit_code(report.exit))
}

/// The world with the instance's templates, and why the instance itself is not known.
pub(super) fn gathered(
    args: &TemplateArgs,
    mut world: World,
    clerk: &mut Clerk,
    err: &mut dyn Write,
) -> Result<(World, Option<Trouble>), Trouble> {
    let list = clerk.templates(err)?;
    let (instance, unknown) = match clerk.instance(err) {
        Ok(instance) => (Some(instance), None),
        Err(trouble) => (None, Some(trouble)),
    };
    world.templates = Some(Templates {
        wanted: args.name.clone(),
        list,
        is_whole: true,
        source: clerk.host().to_owned(),
        instance,
    });
    Ok((world, unknown))
}

/// The report on the templates at hand.
pub(super) fn judge(facts: &Facts, scope: &Scope) -> Report {
    let mut report = diagnose(facts, scope);
    report.token = None;
    report.headline = headline(facts, &report);
    report.body = crate::form::lines(facts, &report.findings);
    report.chain = None;
    report.details = crate::view::details(facts, false);
    report.next = None;
    if let Ok(template) = facts.template() {
        report.parts.insert("template".into(), template.view());
        if template.is_minted() {
            report.notes.push(
                "These are claims of a token that was made already, not a template's source."
                    .to_owned(),
            );
        } else if template.is_bare {
            report.notes.push(
                "These are claims alone: name, lifetime, clock skew and signing key were not seen."
                    .to_owned(),
            );
        }
    } else {
        report.parts.insert("template".into(), Value::Null);
    }
    if let Ok(templates) = facts.templates() {
        if templates.is_whole {
            let names: Vec<&str> = templates.list.iter().filter_map(Template::name).collect();
            report.parts.insert("templates".into(), names.into());
        }
        if let Some(instance) = &templates.instance {
            report.parts.insert(
                "instance".into(),
                json!({"id": instance.id, "environment": instance.environment, "issuers": instance.issuers, "key_ids": instance.key_ids}),
            );
        }
        if templates.chosen().is_none()
            && templates.integration(&crate::rules::wanted_audience(facts))
        {
            report.notes.push(
                "No template of this name is needed: the session token itself is for Convex (the Convex integration is on)."
                    .to_owned(),
            );
        }
    }
    report
}

fn headline(facts: &Facts, report: &Report) -> Headline {
    let name = facts.template().ok().and_then(Template::name).map_or_else(
        || "these claims".to_owned(),
        |name| format!("the JWT template `{name}`"),
    );
    let Some(first) = report.findings.first() else {
        return Headline {
            sentence: format!("Nothing in {name} stands in Convex's way."),
            rule: None,
            tone: Tone::Good,
        };
    };
    let bare = facts.template().is_ok_and(|template| template.is_bare);
    let title = first
        .rule
        .title
        .replacen(
            "the template's claims ",
            if bare { "they " } else { "its claims " },
            1,
        )
        .replacen("the template's ", if bare { "their " } else { "its " }, 1)
        .replacen("the template ", "it ", 1)
        .replacen("of the template ", "", 1);
    // `--strict` makes it count, not refuse.
    let is_strict = first.severity != first.finding.severity.unwrap_or(first.rule.severity);
    let (sentence, tone) = match (first.rule.name, first.severity) {
        (_, Severity::Error) if is_strict => (
            format!("Convex takes tokens of {name}, but: {title}."),
            Tone::Bad,
        ),
        ("template-absent", Severity::Error) => (
            format!(
                "Clerk has no JWT template `{}` to make tokens for Convex.",
                facts
                    .world
                    .templates
                    .as_ref()
                    .map_or("convex", |templates| templates.wanted.as_str())
            ),
            Tone::Bad,
        ),
        ("template-misnamed", Severity::Error) => {
            (format!("The app does not find {name}: {title}."), Tone::Bad)
        }
        ("template-claim-reserved", Severity::Error) => {
            (format!("Clerk refuses {name}: {title}."), Tone::Bad)
        }
        (rule, Severity::Error) if OF_KEYS.contains(&rule) => (
            format!("The keys do not belong together: {title}."),
            Tone::Bad,
        ),
        (_, Severity::Error) => (
            format!("Convex refuses tokens of {name}: {title}."),
            Tone::Bad,
        ),
        (_, Severity::Warning | Severity::Info) => (
            format!("Convex takes tokens of {name}, but: {title}."),
            Tone::Unsure,
        ),
    };
    Headline {
        sentence,
        rule: Some(first.rule.name),
        tone,
    }
}

/// Clerk could not be asked, or would not answer.
pub(super) fn stopped(
    trouble: &Trouble,
    clerk: &Clerk,
    note: Option<String>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<u8> {
    let mut report = crate::view::empty("template");
    report.exit = Exit::Unchecked;
    report.details = clerk.log().to_vec();
    let host = clerk.host();
    let (begin, next) = match trouble.status() {
        Some(401) => (
            "Clerk refuses the secret key".to_owned(),
            "Take the secret key of this instance anew: https://dashboard.clerk.com/~/api-keys",
        ),
        Some(403) => (
            "Clerk does not let this secret key do that".to_owned(),
            "Take a secret key of the instance itself: https://dashboard.clerk.com/~/api-keys",
        ),
        Some(429) => (
            "Clerk asks for a pause".to_owned(),
            "The limit is per instance: 1,000 requests in 10 s in production, 100 in development. Run this again later.",
        ),
        Some(status) if status >= 500 => (
            "Clerk's Backend API fails".to_owned(),
            "https://status.clerk.com says whether others see it too.",
        ),
        Some(_) => (
            "Clerk refuses the request".to_owned(),
            "If the words do not say why, send them to Clerk's support with the trace id.",
        ),
        None => (
            format!("Could not ask {host}"),
            "Without it, paste the template: clerkcheck template FILE",
        ),
    };
    report.headline.sentence = format!("{begin}: {}.", trouble.words());
    report.notes.extend(note);
    report.notes.push(next.to_owned());
    show(&report, style, out)?;
    Ok(crate::render::human::exit_code(report.exit))
}
