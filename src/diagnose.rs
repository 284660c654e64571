//! Asks the rules about the facts, and makes a report of what they say.

use crate::clerk::ClerkVerdict;
use crate::convex::{self, Browser};
use crate::escape::{discreet, masked, without_credentials};
use crate::facts::{Facts, Project};
use crate::report::{
    Check, ClerkSays, ConvexSays, Exit, Headline, Report, Reported, Status, Tone, Verdicts, Word,
};
use crate::rule::{Missing, Place, Severity, Step};
use crate::rules;
use crate::trust::Basis;
use serde_json::Map;
use std::collections::BTreeMap;
use url::Url;

/// What is asked, and what counts.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The command.
    pub command: &'static str,
    /// The steps that the command covers.
    pub steps: Vec<Step>,
    /// `--select`: rules or topics; empty for all.
    pub select: Vec<String>,
    /// `--ignore`: rules or topics.
    pub ignore: Vec<String>,
    /// `--strict`.
    pub strict: bool,
    /// The least severity that counts.
    pub fail_on: Option<Severity>,
    /// `--show-claims`.
    pub show_claims: bool,
}

impl Scope {
    /// How foreign text is shown: credentials never, people by `--show-claims` only.
    fn shown(&self) -> fn(&str) -> String {
        if self.show_claims { masked } else { discreet }
    }

    fn asks(&self, topic: &str, name: &str, step: Step) -> bool {
        let names = |list: &[String]| list.iter().any(|entry| entry == topic || entry == name);
        self.steps.contains(&step)
            && (self.select.is_empty() || names(&self.select))
            && !names(&self.ignore)
    }
}

/// Rules whose findings say that evidence could not be had, not that Convex refuses.
const WITHOUT_EVIDENCE: [&str; 3] = ["issuer-unresolvable", "issuer-unreachable", "issuer-tls"];

/// Rules of the time step that say nothing of the token's age.
const NO_AGE: [&str; 3] = ["timestamp-unit", "expiry-missing", "issued-at-missing"];

/// Rules that find no auth config where Convex looks for it.
const WITHOUT_CONFIG: [&str; 2] = ["auth-config-missing", "auth-config-ignored"];

/// Rules that find why the push of an auth config fails: what the deployment has in its place is not known here.
const PUSH_FAILS: [&str; 2] = ["auth-config-duplicate", "config-side-effect"];

/// Rules of keys that Convex never sees: what they find refuses no token.
const ASIDE: [&str; 4] = [
    "secret-exposed",
    "publishable-key-malformed",
    "secret-key-mismatch",
    "environments-mixed",
];

/// The most findings of one rule that are listed: who mends these will ask again.
const MOST_OF_A_RULE: usize = 32;
/// A line that is longer, in bytes, was not written by hand, and is not shown.
const LONGEST_LINE: usize = 4096;

/// What the rules say.
#[derive(Default)]
struct Asked {
    findings: Vec<Reported>,
    /// Of each rule that was asked whether it could tell.
    outcomes: BTreeMap<Step, Vec<Result<(), Missing>>>,
    /// Steps in which a rule that was not asked would have found something.
    left_out: Vec<Step>,
}

fn ask(facts: &Facts, scope: &Scope) -> Asked {
    let mut asked = Asked::default();
    for (topic, rule) in rules::all() {
        if !scope.asks(topic, rule.name, rule.step) {
            // What would have been found keeps its step from being in order.
            let tells = |finding: &crate::rule::Finding| {
                finding.severity.unwrap_or(rule.severity) > Severity::Info
            };
            if scope.steps.contains(&rule.step)
                && (rule.check)(facts).is_ok_and(|found| found.iter().any(tells))
            {
                asked.left_out.push(rule.step);
            }
            continue;
        }
        let entry = asked.outcomes.entry(rule.step).or_default();
        let judged = if rules::is_hidden_by_service(topic, rule, facts) {
            Err(Missing::Consequence)
        } else {
            (rule.check)(facts)
        };
        match judged {
            Ok(mut found) => {
                entry.push(Ok(()));
                let more = found.len().saturating_sub(MOST_OF_A_RULE);
                found.truncate(MOST_OF_A_RULE);
                if let (1.., Some(last)) = (more, found.last_mut()) {
                    last.notes
                        .push(format!("{more} more of this kind are not listed."));
                }
                for finding in found {
                    let finding = finding.rewritten(scope.shown());
                    let mut severity = finding.severity.unwrap_or(rule.severity);
                    if scope.strict
                        && (severity == Severity::Warning || rule.name == "config-variable-unseen")
                    {
                        severity = Severity::Error;
                    }
                    let line = source_line(facts, &finding.place);
                    asked.findings.push(Reported {
                        rule,
                        topic,
                        severity,
                        finding,
                        line,
                    });
                }
            }
            Err(missing) => entry.push(Err(missing)),
        }
    }
    asked
}

/// Judges the facts.
pub fn diagnose(facts: &Facts, scope: &Scope) -> Report {
    let Asked {
        mut findings,
        outcomes,
        left_out,
    } = ask(facts, scope);
    let mut verdict = facts
        .token()
        .ok()
        .filter(|_| scope.steps.contains(&Step::Form))
        .map(|_| verdicts(facts));
    let never_pushed = |reported: &Reported| PUSH_FAILS.contains(&reported.rule.name);
    if let Some(verdict) = &mut verdict
        && verdict.convex.outcome == Word::Accepted
        && findings.iter().any(never_pushed)
    {
        verdict.convex.outcome = Word::Unknown;
    }
    let refused = match &verdict {
        Some(verdict) => verdict.convex.outcome == Word::Refused,
        None => facts.world.claims.is_some() && refused_for_claims(facts),
    };
    let reasons: Vec<Option<&'static str>> = facts
        .causes()
        .filter(|_| refused)
        .map(|cause| crate::cause::rule(cause, facts))
        .collect();
    // Without an auth config Convex has nothing to compare the token with.
    let hides_all = facts.trust.without_config
        && match verdict {
            Some(_) => refused_for_providers(facts),
            None => facts.world.claims.is_some(),
        };
    findings.sort_by_key(|reported| {
        let is_cause = hides_all && WITHOUT_CONFIG.contains(&reported.rule.name);
        (!is_cause, rank(reported, refused, &reasons))
    });
    let checks = checks(facts, &findings, &outcomes, &left_out);
    let least = scope.fail_on.unwrap_or(Severity::Error);
    let headline = headline(facts, &findings, verdict.as_ref(), least);
    let exit = exit(facts, scope, &findings, verdict.as_ref());
    let deployment = checks
        .iter()
        .find(|check| check.step == Step::Deployment)
        .map(|check| check.status);
    let next = next(facts, scope, exit);
    let chain = crate::picture::chain(facts, &findings, deployment, verdict.as_ref());
    let mut report = Report {
        command: scope.command,
        exit,
        headline,
        input: None,
        token: facts
            .claims()
            .ok()
            .map(|claims| crate::view::glance(facts.token().ok(), claims, scope.show_claims)),
        verdict,
        checks,
        findings,
        notes: notes(facts, scope),
        below: facts
            .world
            .project
            .as_ref()
            .map(|project| project.below.clone())
            .unwrap_or_default(),
        details: Vec::new(),
        configuration: None,
        parts: Map::new(),
        body: Vec::new(),
        next,
        chain,
        time_line: crate::picture::time_line(facts),
    };
    show_around(&mut report, scope.shown());
    report
}

/// What others wrote, beside the findings, as it may be shown.
fn show_around(report: &mut Report, shown: fn(&str) -> String) {
    let said = report.verdict.iter_mut().flat_map(|verdict| {
        let messages = [&mut verdict.convex.message, &mut verdict.clerk.message];
        messages.into_iter().flatten()
    });
    let links = report.chain.iter_mut().flat_map(|chain| &mut chain.links);
    let texts = said
        .chain(report.checks.iter_mut().map(|check| &mut check.summary))
        .chain(links.flat_map(|link| link.audience.iter_mut().chain([&mut link.value])))
        .chain([&mut report.headline.sentence]);
    for text in texts {
        *text = shown(text);
    }
}

/// The order of findings: what refuses the token first, in the order in which Convex would find it, and the token's age last among errors.
fn rank(
    reported: &Reported,
    refused: bool,
    reasons: &[Option<&'static str>],
) -> (u8, u8, usize, Step) {
    let severity = match reported.severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Info => 2,
    };
    let place = reasons.iter().position(|name| {
        let by_kind = *name == Some("type-refused") && reported.rule.name == "oauth-token";
        *name == Some(reported.rule.name) || by_kind
    });
    let weight = match reported.rule.step {
        // What could not be had is not what refuses the token.
        Step::Discovery if refused && WITHOUT_EVIDENCE.contains(&reported.rule.name) => 5,
        Step::Time if !NO_AGE.contains(&reported.rule.name) => 4,
        _ if refused && ASIDE.contains(&reported.rule.name) => 3,
        Step::Form | Step::Issuer | Step::Discovery | Step::Audience | Step::Signature
            if refused =>
        {
            1
        }
        _ if place.is_some() => 1,
        _ => 2,
    };
    // Reasons that hang on the configuration have no name: they come before any document is fetched, and behind what keeps Convex from comparing.
    let place = match place {
        Some(0) => 0,
        None => 1,
        Some(place) => place + 1,
    };
    (severity, weight, place, reported.rule.step)
}

fn source_line(facts: &Facts, place: &Place) -> Option<String> {
    let Place::File { path, line, .. } = place else {
        return None;
    };
    let text = facts.world.project.as_ref()?.files.get(path)?;
    let line = text.lines().nth(line.checked_sub(1)?)?;
    if line.len() > LONGEST_LINE {
        return None;
    }
    // A line that holds a secret is not shown, whatever the finding says of it. In code a bar is an operator, elsewhere part of a deploy key.
    let is_code = path.contains("auth.config");
    let any = |parts: &[&str]| parts.iter().any(|part| line.contains(part));
    let holds_secret = masked(line) != line
        || any(&["sk_test_", "sk_live_", "whsec_", "ak_", "eyJ", "-----BEGIN"])
        || line.contains('|') && (!is_code || any(&["prod:", "dev:", "preview:", "project:"]));
    (!holds_secret).then(|| line.trim_end_matches('\r').to_owned())
}

fn exit(facts: &Facts, scope: &Scope, findings: &[Reported], verdict: Option<&Verdicts>) -> Exit {
    let least = scope.fail_on.unwrap_or(Severity::Error);
    let counts = |reported: &&Reported| reported.severity >= least;
    let proven = findings
        .iter()
        .filter(counts)
        .any(|reported| !WITHOUT_EVIDENCE.contains(&reported.rule.name));
    let outcome = verdict.map(|verdict| verdict.convex.outcome);
    if proven || outcome == Some(Word::Refused) {
        Exit::Findings
    } else if findings.iter().any(|reported| counts(&reported))
        || outcome == Some(Word::Unknown)
        || findings
            .iter()
            .any(|reported| reported.rule.name == "deployment-unreachable")
        || is_empty(facts)
        || (verdict.is_none()
            && facts
                .project()
                .is_ok_and(|project| project.unread_config().is_some()))
    {
        Exit::Unchecked
    } else {
        Exit::Clean
    }
}

/// The best step after this one.
fn next(facts: &Facts, scope: &Scope, exit: Exit) -> Option<&'static str> {
    let has_token = facts.token().is_ok();
    match (scope.command, exit) {
        ("check", Exit::Clean) if has_token => {
            Some("If the app sees no user all the same, ask the deployment: clerkcheck probe")
        }
        ("check", Exit::Clean) => Some("Paste a token for a verdict: clerkcheck check"),
        ("check", Exit::Findings) if has_token => {
            Some("Mend it, then paste a fresh token: clerkcheck check")
        }
        ("check", Exit::Findings) if facts.world.claims.is_some() => {
            Some("Mend it, then paste the claims again: clerkcheck check")
        }
        ("env" | "check", Exit::Findings) => {
            Some("Mend it with the report beside you: clerkcheck env --watch")
        }
        ("env", Exit::Clean) => Some("Judge a token by it: clerkcheck check"),
        (_, Exit::Unchecked)
            if facts.world.options.offline
                && facts
                    .project()
                    .is_ok_and(|project| project.unread_config().is_some()) =>
        {
            None
        }
        (_, Exit::Unchecked) if facts.trust.basis == Basis::Nothing => {
            Some("Name the issuer with --issuer URL, or run this in the project's folder.")
        }
        (_, Exit::Unchecked) if facts.world.options.offline && !facts.world.options.keys_given => {
            Some("Without --offline the issuer is asked for what is missing.")
        }
        _ => None,
    }
}

/// Whether there was nothing at all to check: a wrong folder must not look like a sound one.
fn is_empty(facts: &Facts) -> bool {
    facts.claims().is_err()
        && facts.token().is_err()
        && facts.world.templates.is_none()
        && facts.world.deployment.is_none()
        && facts.trust.basis == Basis::Nothing
        && facts.project().map_or(true, |project| {
            project.auth_configs.is_empty()
                && project.installed.is_empty()
                && !project.has_settings()
        })
}

fn headline(
    facts: &Facts,
    findings: &[Reported],
    verdict: Option<&Verdicts>,
    least: Severity,
) -> Headline {
    let first = findings.first();
    let rule = first.map(|reported| reported.rule.name);
    let error = first.filter(|reported| reported.severity == Severity::Error);
    let Some(verdict) = verdict else {
        return without_token(facts, findings);
    };
    match (verdict.convex.outcome, error) {
        (Word::Refused, Some(reported)) if reported.rule.name == "expired" => Headline {
            sentence: rules::expiry_headline(facts),
            rule,
            tone: Tone::Bad,
        },
        (Word::Refused, Some(reported)) if refused_for_age(facts) => Headline {
            sentence: format!(
                "This token has run out, and something else is wrong: {}.",
                reported.title()
            ),
            rule,
            tone: Tone::Bad,
        },
        (Word::Refused, Some(reported)) => {
            let because = match reported.rule.step {
                Step::Settings | Step::Config => " because of the configuration",
                _ => "",
            };
            Headline {
                sentence: format!(
                    "Convex refuses this token{because}: {}.",
                    reported.title_of_it()
                ),
                rule,
                tone: Tone::Bad,
            }
        }
        (Word::Refused, None) => {
            let message = verdict.convex.message.clone().unwrap_or_default();
            Headline {
                sentence: format!("Convex refuses this token: {message}"),
                rule: None,
                tone: Tone::Bad,
            }
        }
        (Word::Unknown, Some(reported)) if WITHOUT_EVIDENCE.contains(&reported.rule.name) => {
            Headline {
                sentence: format!("Could not check the whole token: {}.", reported.title()),
                rule,
                tone: Tone::Unsure,
            }
        }
        (Word::Unknown, Some(reported)) => Headline {
            sentence: format!(
                "Something is wrong before Convex sees the token: {}.",
                reported.title()
            ),
            rule,
            tone: Tone::Bad,
        },
        (Word::Unknown, None) => Headline {
            sentence: unknown_sentence(facts),
            rule: None,
            tone: Tone::Unsure,
        },
        (Word::Accepted, Some(reported)) => Headline {
            sentence: format!(
                "Convex accepts this token, but something else is wrong: {}.",
                reported.title()
            ),
            rule,
            tone: Tone::Bad,
        },
        (Word::Accepted, None) if first.is_some_and(|reported| reported.severity >= least) => {
            let title = first.map(Reported::title).unwrap_or_default();
            Headline {
                sentence: format!("Convex accepts this token, with a warning: {title}."),
                rule,
                tone: Tone::Unsure,
            }
        }
        (Word::Accepted, None) => Headline {
            sentence: "Convex accepts this token.".to_owned(),
            rule: None,
            tone: Tone::Good,
        },
    }
}

/// Whether a provider trusts the token's issuer, and what is not known is its application id.
fn audience_unknown(facts: &Facts) -> bool {
    facts.claims().is_ok_and(|claims| {
        facts
            .trust
            .awaits_audience(claims.text("iss").unwrap_or_default())
    })
}

fn unknown_sentence(facts: &Facts) -> String {
    if facts.trust.basis == Basis::Nothing {
        "Could not check the issuer: nothing here says which one Convex trusts.".to_owned()
    } else if audience_unknown(facts) {
        "Could not check the audience: the `applicationID` is not known in this folder.".to_owned()
    } else if facts.trust.undecided() {
        "Could not check the issuer: its value is not known in this folder.".to_owned()
    } else {
        "Could not check the signature: the issuer's keys are not at hand.".to_owned()
    }
}

/// Which of several issuers is meant, for the end of a sentence.
fn meant(facts: &Facts, reported: &Reported) -> String {
    match &reported.finding.place {
        Place::Url(url) if facts.asked.len() > 1 => Url::parse(url)
            .ok()
            .and_then(|url| url.host_str().map(|host| format!(" ({host})")))
            .unwrap_or_default(),
        _ => String::new(),
    }
}

fn without_token(facts: &Facts, findings: &[Reported]) -> Headline {
    let what = if facts.world.claims.is_some() {
        "These claims"
    } else {
        "The configuration"
    };
    let verb = if facts.world.claims.is_some() {
        "agree"
    } else {
        "agrees"
    };
    match findings.first() {
        Some(reported) if WITHOUT_EVIDENCE.contains(&reported.rule.name) => Headline {
            sentence: format!(
                "Could not check everything: {}{}.",
                reported.title(),
                meant(facts, reported)
            ),
            rule: Some(reported.rule.name),
            tone: Tone::Unsure,
        },
        Some(reported) if reported.severity == Severity::Error => Headline {
            sentence: if facts.world.claims.is_some() && refuses_claims(facts, reported) {
                format!(
                    "Convex would refuse a token with these claims: {}.",
                    reported.title_of_it()
                )
            } else if facts.world.claims.is_some() {
                format!(
                    "Something beside these claims is wrong: {}.",
                    reported.title()
                )
            } else {
                format!(
                    "The configuration is wrong: {}{}.",
                    reported.title(),
                    meant(facts, reported)
                )
            },
            rule: Some(reported.rule.name),
            tone: Tone::Bad,
        },
        Some(reported) if reported.severity == Severity::Warning => Headline {
            sentence: format!("{what} may work, with a warning: {}.", reported.title()),
            rule: Some(reported.rule.name),
            tone: Tone::Unsure,
        },
        _ if facts.world.claims.is_some() => Headline {
            sentence: if is_issuer_open(facts) {
                "Nothing in these claims stands in Convex's way; issuer and signature are unchecked."
            } else {
                "Nothing in these claims stands in Convex's way; the signature is unchecked."
            }
            .to_owned(),
            rule: None,
            tone: Tone::Good,
        },
        _ if is_empty(facts) => Headline {
            sentence: match facts.project() {
                Ok(_) => {
                    "Nothing to check: no auth config, no issuer and no publishable key is here."
                }
                Err(_) => "Nothing to check: there is no project here, and no issuer was given.",
            }
            .to_owned(),
            rule: None,
            tone: Tone::Unsure,
        },
        _ => match facts.project().ok().and_then(Project::unread_config) {
            Some((path, _)) => Headline {
                sentence: format!("Could not check everything: {path} could not be read."),
                rule: None,
                tone: Tone::Unsure,
            },
            None => Headline {
                sentence: format!("{what} {verb} with itself."),
                rule: None,
                tone: Tone::Good,
            },
        },
    }
}

/// Whether all that refuses the token is its age: Convex looks at it last.
fn refused_for_age(facts: &Facts) -> bool {
    matches!(facts.outcome(), Some(convex::Outcome::Refused(refusal)) if refusal.cause == convex::Cause::Expired)
}

/// Whether what was found refuses every token with the claims at hand, and is not merely wrong beside them.
fn refuses_claims(facts: &Facts, reported: &Reported) -> bool {
    // `--strict` makes it count, not refuse.
    let is_strict =
        reported.severity != reported.finding.severity.unwrap_or(reported.rule.severity);
    let at_fault = match reported.rule.step {
        _ if is_strict => false,
        Step::Form | Step::Issuer | Step::Discovery | Step::Audience | Step::Signature => true,
        Step::Time => reported.rule.name != "lifetime-short",
        _ => false,
    };
    at_fault || facts.trust.without_config || refused_for_claims(facts)
}

/// Whether the claims alone refuse a token: for what they are, or as none of the providers, all of them known, is theirs.
fn refused_for_claims(facts: &Facts) -> bool {
    let known = facts.trust.basis != Basis::Nothing
        && facts.trust.refused.is_none()
        && !facts.trust.undecided();
    facts
        .causes()
        .any(|cause| known || !cause.depends_on_providers())
}

/// Whether nothing here tells if Convex trusts the issuer of the claims.
fn is_issuer_open(facts: &Facts) -> bool {
    let issuer = facts.claims().ok().and_then(|claims| claims.text("iss"));
    issuer.is_some_and(|issuer| {
        facts.trust.basis == Basis::Nothing
            || facts.trust.undecided() && facts.trust.entry_for(issuer).is_none()
    })
}

/// Whether the token was refused because no provider is its own.
fn refused_for_providers(facts: &Facts) -> bool {
    matches!(facts.outcome(), Some(convex::Outcome::Refused(refusal)) if refusal.cause == convex::Cause::IssuerUntrusted)
}

fn verdicts(facts: &Facts) -> Verdicts {
    let unknown = ConvexSays {
        outcome: Word::Unknown,
        code: None,
        message: None,
        http_status: None,
        browser: None,
    };
    let convex = match facts.outcome() {
        Some(convex::Outcome::Accepted(_)) if facts.trust.decided() => ConvexSays {
            outcome: Word::Accepted,
            ..unknown
        },
        Some(convex::Outcome::Refused(refusal)) if facts.trust.refusal_counts(refusal) => {
            ConvexSays {
                outcome: Word::Refused,
                code: Some(refusal.code),
                message: Some(crate::secret::mask(&without_issuers_credentials(
                    &refusal.message,
                    facts,
                ))),
                http_status: Some(refusal.http_status),
                browser: Some(match refusal.browser {
                    Browser::AuthError { .. } => "AuthError",
                    Browser::Close { .. } => "reconnects",
                }),
            }
        }
        // Whatever could not be asked: a fault of the token itself refuses it all the same.
        _ if facts.causes().any(convex::Cause::is_certain) => ConvexSays {
            outcome: Word::Refused,
            ..unknown
        },
        _ => unknown,
    };
    let clerk = match &facts.clerk {
        Some(ClerkVerdict::Accepted) => ClerkSays {
            outcome: Word::Accepted,
            reason: None,
            message: None,
        },
        Some(ClerkVerdict::Refused { reason, message }) => ClerkSays {
            outcome: Word::Refused,
            reason: Some(reason),
            message: Some(message.clone()),
        },
        Some(ClerkVerdict::Unknown) | None => ClerkSays {
            outcome: Word::Unknown,
            reason: None,
            message: None,
        },
    };
    Verdicts { convex, clerk }
}

/// The token's issuer masked as a whole: in a sentence it is not told where a password with a blank in it begins.
fn without_issuers_credentials(message: &str, facts: &Facts) -> String {
    let issuer = facts.claims().ok().and_then(|claims| claims.text("iss"));
    match issuer.filter(|issuer| issuer.contains('@')) {
        Some(issuer) => message.replace(issuer, &without_credentials(issuer)),
        None => message.to_owned(),
    }
}

fn checks(
    facts: &Facts,
    findings: &[Reported],
    outcomes: &BTreeMap<Step, Vec<Result<(), Missing>>>,
    left_out: &[Step],
) -> Vec<Check> {
    let mut checks = Vec::new();
    for step in Step::ALL {
        let Some(results) = outcomes.get(&step) else {
            continue;
        };
        if step == Step::Input {
            continue;
        }
        let failed: Vec<&Reported> = findings
            .iter()
            .filter(|reported| reported.rule.step == step && reported.severity > Severity::Info)
            .collect();
        let mut rules: Vec<&'static str> = Vec::new();
        for reported in &failed {
            if !rules.contains(&reported.rule.name) {
                rules.push(reported.rule.name);
            }
        }
        let (status, summary) = if failed.is_empty() {
            let hidden = crate::pass::hidden(facts, step);
            if (step, hidden) == (Step::Deployment, Some(Missing::NotAsked)) {
                continue;
            }
            match hidden.or_else(|| {
                results
                    .iter()
                    .all(Result::is_err)
                    .then(|| results.iter().find_map(|result| result.err()))
                    .flatten()
            }) {
                _ if left_out.contains(&step) => (
                    Status::Skip,
                    "a rule that would tell was left out".to_owned(),
                ),
                Some(missing) => (Status::Skip, missing.words().to_owned()),
                None => (Status::Ok, crate::pass::words(facts, step)),
            }
        } else {
            let worst = failed
                .iter()
                .any(|reported| reported.severity == Severity::Error);
            let unsure = failed
                .iter()
                .all(|reported| WITHOUT_EVIDENCE.contains(&reported.rule.name));
            let status = if worst || unsure {
                Status::Fail
            } else {
                Status::Warn
            };
            (status, rules.join(", "))
        };
        if facts.token().is_err()
            && facts.world.claims.is_none()
            && status == Status::Skip
            && step > Step::Template
        {
            continue;
        }
        checks.push(Check {
            step,
            status,
            summary,
            rules,
        });
    }
    checks
}

fn notes(facts: &Facts, scope: &Scope) -> Vec<String> {
    let mut notes = facts.trust.assumptions();
    if let Ok(project) = facts.project() {
        // The providers' own sentence tells of an auth config.
        let unread = project
            .unreadable
            .iter()
            .filter(|unread| Some(*unread) != project.unread_config());
        notes.extend(unread.map(|(path, why)| {
            format!("{path} could not be read ({why}): nothing in it was looked at.")
        }));
    }
    if facts.project().is_ok_and(|project| project.truncated) {
        notes.push(
            "The project has more folders than were looked into; ask again in the app's own folder."
                .to_owned(),
        );
    }
    if scope.steps.contains(&Step::Discovery) {
        notes.extend(crate::view::redirects(facts));
    }
    if scope.command == "env" && facts.deployment().is_err() {
        notes.extend(deployment_note(facts));
    }
    if scope.command == "env"
        && let Some(path) = facts
            .project()
            .ok()
            .and_then(|project| project.production_files.first())
    {
        notes.push(format!(
            "{path} is for production and was not read: development is judged here. For production: clerkcheck env --env-file {path}"
        ));
    }
    if facts.world.claims.is_some() && facts.token().is_err() {
        let judged = if is_issuer_open(facts) {
            "audience and lifetime are judged, issuer and signature are unchecked"
        } else {
            "issuer, audience and lifetime are judged, the signature is unchecked"
        };
        notes.push(format!("These are claims without a signature: {judged}."));
    }
    notes
}

/// A value in an env file is not a value on the deployment: said once, with the command that shows the latter.
fn deployment_note(facts: &Facts) -> Option<String> {
    let project = facts.convex_project().ok()?;
    let read = project.issuer_names_read();
    let variable = read.iter().find_map(|name| project.variable(name))?;
    Some(format!(
        "`npx convex env get {}` shows the value that counts for Convex: its deployment's, not that of {}.",
        variable.name,
        variable.source.words()
    ))
}

#[cfg(test)]
mod tests {
    use crate::answer::{Answer, Response};
    use crate::rules::testing::{Healthy, ISSUER, NOW, report};
    use serde_json::json;

    type Fault = (&'static str, fn(&mut Healthy));

    /// In Convex's order.
    const FAULTS: [Fault; 9] = [
        ("timestamp-unit", |world| {
            world.claims["nbf"] = json!(NOW * 1_000_000);
        }),
        ("discovery-status", |world| {
            let gone = Answer::Response(Response {
                status: 404,
                ..Response::default()
            });
            world
                .answers
                .insert(format!("{ISSUER}/.well-known/openid-configuration"), gone);
        }),
        ("claim-type", |world| {
            world.claims["email_verified"] = json!("true");
        }),
        ("type-refused", |world| {
            world.header["typ"] = json!("JWS");
        }),
        ("content-type-present", |world| {
            world.header["cty"] = json!("JWT");
        }),
        ("critical-header", |world| {
            world.header["crit"] = json!(["exp"]);
        }),
        ("audience-extra", |world| {
            world.claims["aud"] = json!(["convex", "other"]);
        }),
        ("algorithm-refused", |world| {
            world.header["alg"] = json!("RS512");
        }),
        ("expired", |world| world.claims["exp"] = json!(NOW - 10)),
    ];

    #[test]
    fn the_headline_is_what_convex_finds_first_and_the_rest_is_listed() {
        for (index, (first, break_first)) in FAULTS.iter().enumerate() {
            for (second, break_second) in &FAULTS[index + 1..] {
                let report = report(|world| {
                    break_second(world);
                    break_first(world);
                });
                let names: Vec<&str> = report
                    .findings
                    .iter()
                    .map(|reported| reported.rule.name)
                    .collect();
                let place = |name: &str| names.iter().position(|own| *own == name);
                assert_eq!(
                    report.headline.rule,
                    Some(*first),
                    "{first}+{second}: {names:?}"
                );
                // What cannot be read hides what stands behind it.
                if *first != "timestamp-unit" {
                    assert!(place(first) < place(second), "{first}+{second}: {names:?}");
                }
            }
        }
    }

    /// The first line says of a fault that it refuses the token only where it does.
    #[test]
    fn what_is_wrong_beside_the_token_is_not_said_to_refuse_it() {
        type Edit = fn(&mut Healthy);
        let exposed: Edit = |world| {
            world.edit(
                ".env.local",
                "CLERK_SECRET_KEY",
                "NEXT_PUBLIC_CLERK_SECRET_KEY",
            );
        };
        let aged: Edit = |world| world.claims["exp"] = json!(NOW - 10);
        let other_audience: Edit = |world| world.claims["aud"] = json!("other");
        let no_provider: Edit = |world| {
            world.edit(
                "convex/auth.config.ts",
                "process.env.CLERK_ISSUER_URL",
                "\"https://x.auth0.com\"",
            );
        };
        let no_config: Edit = |world| {
            world.files.remove("convex/auth.config.ts");
        };
        let nothing: Edit = |_| {};
        let cases = [
            (
                nothing,
                ["Convex accepts", "Something beside these claims is wrong"],
                "secret-exposed",
            ),
            (
                aged,
                ["This token has run out, and", "Something beside"],
                "secret-exposed",
            ),
            (
                other_audience,
                ["Convex refuses", "Convex would refuse"],
                "audience-mismatch",
            ),
            (
                no_provider,
                ["Convex refuses", "Convex would refuse"],
                "provider-absent",
            ),
            (
                no_config,
                ["Convex refuses", "Convex would refuse"],
                "auth-config-missing",
            ),
        ];
        for (fault, sentences, rule) in cases {
            for (unsigned, sentence) in [false, true].into_iter().zip(sentences) {
                let report = report(|world| {
                    world.unsigned = unsigned;
                    exposed(world);
                    fault(world);
                });
                let headline = &report.headline;
                assert_eq!(headline.rule, Some(rule), "{}", headline.sentence);
                assert!(
                    headline.sentence.starts_with(sentence),
                    "{}",
                    headline.sentence
                );
            }
        }
    }

    #[test]
    fn claims_of_an_issuer_that_cannot_be_compared_are_told_so() {
        for (domain, unchecked) in [
            ("process.env.CLERK_ISSUER_URL", "; the signature is"),
            ("lookUp()", "; issuer and signature are"),
        ] {
            let report = report(|world| {
                world.unsigned = true;
                world.edit(
                    "convex/auth.config.ts",
                    "process.env.CLERK_ISSUER_URL",
                    domain,
                );
            });
            let sentence = &report.headline.sentence;
            assert!(sentence.contains(unchecked), "{sentence}");
        }
    }

    /// Its absence hides what Convex would compare it with, or stands in the way of the header's rules.
    #[test]
    fn what_is_missing_is_told_before_what_comes_later() {
        let without = |name: &str, break_second: fn(&mut Healthy)| {
            let report = report(|world| {
                break_second(world);
                world.claims.as_object_mut().unwrap().remove(name);
            });
            report.headline.rule
        };
        let other: fn(&mut Healthy) = |world| world.claims["aud"] = json!("other");
        assert_eq!(without("iss", other), Some("issuer-missing"));
        for (second, break_second) in FAULTS.into_iter().filter(|(name, _)| {
            matches!(
                *name,
                "type-refused" | "audience-extra" | "algorithm-refused"
            )
        }) {
            for (name, rule) in [("exp", "expiry-missing"), ("iat", "issued-at-missing")] {
                assert_eq!(without(name, break_second), Some(rule), "{second}");
            }
        }
    }
}
