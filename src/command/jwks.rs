//! `clerkcheck jwks`: discovery and keys, fetched as Convex does, and whether Convex could use them.

use super::{fail, report_style, scope, show};
use crate::answer::Answer;
use crate::cli::{ConfigurationArgs, JwksArgs};
use crate::convex::{Browser, Cause, Outcome, unusable};
use crate::diagnose::{Scope, diagnose};
use crate::escape::without_credentials;
use crate::facts::Facts;
use crate::gather;
use crate::issuer::{self, Key};
use crate::plan;
use crate::provider::Provider;
use crate::report::{Exit, Headline, Report, Tone};
use crate::rule::Step;
use crate::setting::same_issuer;
use serde_json::{Value, json};
use std::io::{self, Write};

const STEPS: [Step; 3] = [Step::Discovery, Step::Signature, Step::Time];

/// Runs the command.
pub fn run(args: &JwksArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let scope = match scope("jwks", &STEPS, &args.report) {
        Ok(scope) => scope,
        Err(sentence) => return fail(err, &sentence),
    };
    let style = report_style(&args.report);
    let configuration = ConfigurationArgs {
        project: args.configuration.project.clone(),
        env_file: args.configuration.env_file.clone(),
        issuer: args.issuer.as_deref().map(with_lower_scheme),
        ..ConfigurationArgs::default()
    };
    let mut world = match gather::world(&configuration, &args.network) {
        Ok(world) => world,
        Err(sentence) => return fail(err, &sentence),
    };
    world.options.lists_keys = true;
    let unjudged = Facts::unjudged(world.clone());
    let issuers = plan::issuers(&unjudged);
    let Some(issuer) = issuers.first().cloned() else {
        if let Some(report) = stray(&unjudged, &scope) {
            show(&report, style, out)?;
            return Ok(crate::render::human::exit_code(report.exit));
        }
        return fail(
            err,
            "no issuer to ask: name one (`clerkcheck jwks https://….clerk.accounts.dev`), or run this in a project that does",
        );
    };
    if issuers.len() > 1 && world.options.issuer.is_none() {
        world.options.issuer = Some(issuer.clone());
    }
    let facts = match gather::ask(world, &args.network, err) {
        Ok(facts) => facts,
        Err(sentence) => return fail(err, &sentence),
    };
    let mut report = diagnose(&facts, &scope);
    report.details = crate::view::details(&facts, false);
    describe(&facts, &issuer, &mut report);
    if let [_, others @ ..] = issuers.as_slice()
        && !others.is_empty()
    {
        let others: Vec<String> = others.iter().map(|url| without_credentials(url)).collect();
        report.notes.push(format!(
            "The configuration names other issuers too, which were not asked: clerkcheck jwks {}",
            others.join(" | ")
        ));
    }
    show(&report, style, out)?;
    Ok(crate::render::human::exit_code(report.exit))
}

/// The report on an issuer that cannot be asked, as characters in it do not belong.
fn stray(facts: &Facts, scope: &Scope) -> Option<Report> {
    const RULE: &str = "issuer-stray-character";
    let scope = Scope {
        steps: vec![Step::Settings],
        select: vec![RULE.to_owned()],
        ..scope.clone()
    };
    let report = diagnose(facts, &scope);
    (!report.findings.is_empty()).then_some(report)
}

/// A URL may be written in any case; Convex knows its scheme in small letters only.
fn with_lower_scheme(issuer: &str) -> String {
    match issuer.split_once("://") {
        Some((scheme, rest)) => format!("{}://{rest}", scheme.to_ascii_lowercase()),
        None => issuer.to_owned(),
    }
}

/// The most keys that are listed. An issuer has one, or a few while it changes them.
const MOST_LISTED: usize = 100;

/// A key, and why Convex cannot use it.
type Entry = (Key, Option<String>);

fn describe(facts: &Facts, issuer: &str, report: &mut Report) {
    let Some(jwks_url) = documents(facts, issuer, report) else {
        return;
    };
    let keys = entries(facts, issuer, &jwks_url);
    let listed = keys.get(..MOST_LISTED).unwrap_or(&keys);
    for (key, why) in listed {
        report.body.push(String::new());
        lines(key, why.as_deref(), &mut report.body);
    }
    if listed.len() < keys.len() {
        report.notes.push(format!(
            "The first {MOST_LISTED} of {} keys are listed.",
            keys.len()
        ));
    }
    report
        .parts
        .insert("keys".into(), listed.iter().map(view).collect());
    effect(facts, report);
    // The clock of this machine is none of the issuer's faults.
    let fault = report
        .findings
        .iter()
        .find(|reported| reported.rule.step != Step::Time);
    match fault {
        Some(fault) if report.exit == Exit::Findings => {
            report.headline.sentence = format!("Convex cannot use this issuer: {}.", fault.title());
        }
        Some(_) => {}
        None => {
            report.headline = headline(&keys);
            if keys.is_empty() {
                report.exit = Exit::Unchecked;
            }
        }
    }
}

/// The first line when no fault was found.
fn headline(keys: &[Entry]) -> Headline {
    let usable = keys.iter().filter(|(_, why)| why.is_none()).count();
    let (sentence, tone) = match (usable, keys.len()) {
        (_, 0) => (
            "Could not check the issuer: its documents are not at hand.".to_owned(),
            Tone::Unsure,
        ),
        // The rule that says so was not asked.
        (0, _) => (
            "Convex can use no key of this issuer.".to_owned(),
            Tone::Bad,
        ),
        (1, 1) => (
            "Convex can use this issuer: it publishes one key.".to_owned(),
            Tone::Good,
        ),
        (usable, all) => (
            format!("Convex can use this issuer: {usable} of its {all} keys."),
            Tone::Good,
        ),
    };
    Headline {
        sentence,
        rule: None,
        tone,
    }
}

/// Shows where the issuer's documents are. The result is the URL of the keys.
fn documents(facts: &Facts, issuer: &str, report: &mut Report) -> Option<String> {
    let urls = issuer::urls(issuer)?;
    let body = &mut report.body;
    body.push(String::new());
    line("issuer", &without_credentials(issuer), body);
    let custom = facts
        .trust
        .providers()
        .iter()
        .find_map(|provider| match provider {
            Provider::CustomJwt {
                issuer: own, jwks, ..
            } if same_issuer(own, issuer) => Some(jwks),
            Provider::CustomJwt { .. } | Provider::Oidc { .. } => None,
        });
    let jwks_url = if let Some(jwks) = custom {
        jwks.clone()
    } else {
        let url = without_credentials(&urls.discovery);
        line("discovery", &url, body);
        let document = answered(facts, &urls.discovery)
            .and_then(|body| serde_json::from_slice::<Value>(&body).ok())
            .unwrap_or_default();
        let view =
            json!({"url": url, "issuer": document["issuer"], "jwks_uri": document["jwks_uri"]});
        report.parts.insert("discovery".into(), view);
        plan::keys_url(facts, issuer).unwrap_or(urls.jwks)
    };
    let shown = if jwks_url.starts_with("data:") {
        "in the URL itself (data:)".to_owned()
    } else {
        without_credentials(&jwks_url)
    };
    line("keys", &shown, body);
    Some(jwks_url)
}

/// A URL behind its label. It is copied whole, so one that is too long is not broken, but has a line of its own.
fn line(label: &str, url: &str, body: &mut Vec<String>) {
    if url.chars().count() > 69 {
        body.push(label.to_owned());
        body.push(format!("  {url}"));
    } else {
        body.push(format!("{label:<9}  {url}"));
    }
}

/// The keys of the issuer, as Convex would use them; where it does not get as far, as they stand.
fn entries(facts: &Facts, issuer: &str, jwks_url: &str) -> Vec<Entry> {
    let mut sets = facts.published().into_iter();
    if let Some(set) = sets.find(|set| same_issuer(&set.issuer, issuer)) {
        let entry = |(key, why): (Key, Option<Cause>)| {
            let why = why.map(|why| unusable(&key, &why));
            (key, why)
        };
        return set.keys.into_iter().map(entry).collect();
    }
    let keys = answered(facts, jwks_url).and_then(|body| issuer::read_jwks(&body).ok());
    let entry = |key: Key| {
        let why = key.refused.as_ref().map(ToString::to_string);
        (key, why)
    };
    keys.into_iter().flatten().map(entry).collect()
}

/// What callers of Convex see while the issuer answers as it does.
fn effect(facts: &Facts, report: &mut Report) {
    for (_, verdict) in &facts.asked {
        let Outcome::Refused(refusal) = &verdict.outcome else {
            continue;
        };
        if refusal.code != "AuthProviderDiscoveryFailed" || refusal.cause.is_local_fault() {
            continue;
        }
        let (browser, words) = match refusal.browser {
            Browser::AuthError { .. } => ("AuthError", "the browser shows an error"),
            Browser::Close { .. } => (
                "reconnects",
                "the browser shows no error and reconnects for ever",
            ),
        };
        report.notes.push(format!(
            "Until this is mended Convex answers every token of the issuer with {} {}, and {words}.",
            refusal.http_status, refusal.code
        ));
        report.parts.insert(
            "effect".into(),
            json!({"code": refusal.code, "http_status": refusal.http_status, "browser": browser}),
        );
    }
}

fn answered(facts: &Facts, url: &str) -> Option<Vec<u8>> {
    match facts.world.answers.trail(url).answer? {
        Answer::Response(response) if response.status == 200 => Some(response.body.clone()),
        Answer::Response(_) | Answer::Fault(_) => None,
    }
}

fn lines(key: &Key, why: Option<&str>, body: &mut Vec<String>) {
    body.push(format!(
        "  kid         {}",
        key.key_id.as_deref().unwrap_or("(none)")
    ));
    let bits = key
        .bits
        .map(|bits| format!(", {bits} bits"))
        .unwrap_or_default();
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    body.push(format!(
        "  type        {}{bits}, use {}, alg {}",
        text(&key.key_type),
        text(&key.usage),
        text(&key.algorithm)
    ));
    if let Some(thumbprint) = key.thumbprint() {
        body.push(format!("  thumbprint  {thumbprint}"));
    }
    body.push(match why {
        None => "  Convex      can use it".to_owned(),
        Some(why) => format!("  Convex      cannot use it: {why}"),
    });
}

fn view((key, why): &Entry) -> Value {
    json!({"key_id": key.key_id, "type": key.key_type, "use": key.usage, "algorithm": key.algorithm, "bits": key.bits,
        "thumbprint": key.thumbprint(), "usable": why.is_none(), "reason": why})
}
