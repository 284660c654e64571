//! `clerkcheck template --fix`: shows the change, asks, writes it with one call, reads it back, and judges again.

use super::show;
use super::template::{gathered, judge};
use crate::cli::TemplateArgs;
use crate::diagnose::Scope;
use crate::facts::{Facts, World};
use crate::gather::api::Trouble;
use crate::gather::clerk_api::Clerk;
use crate::gather::prompt;
use crate::render::Style;
use crate::report::{Exit, Report, Tone};
use crate::rule::Severity;
use crate::rules;
use crate::template::Template;
use colored::Colorize as _;
use serde_json::{Value, json};
use std::io::{self, Write};

/// What is to be written.
struct Change {
    /// The template as it is; none: it is made.
    before: Option<Template>,
    /// As it shall be.
    after: Template,
    /// Claims that only a person can mend.
    left: Vec<String>,
}

impl Change {
    /// The change that mends the templates at hand; `None`: there is nothing to change.
    fn of(facts: &Facts) -> Option<Self> {
        let templates = facts.templates().ok()?;
        let audience = rules::wanted_audience(facts);
        let Some(before) = templates.chosen() else {
            return Some(Self {
                before: None,
                after: Template::new(&templates.wanted, &audience),
                left: Vec::new(),
            });
        };
        let misfits: Vec<String> = rules::template_misfits(before, facts)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let wants = !rules::template_audience_fits(facts);
        let audience = wants.then_some(audience.as_str());
        let (after, left) = before.mended(&templates.wanted, audience, &misfits);
        (!after.says_the_same(before) || !left.is_empty()).then(|| Self {
            before: Some(before.clone()),
            after,
            left,
        })
    }

    fn is_empty(&self) -> bool {
        self.before
            .as_ref()
            .is_some_and(|before| before.says_the_same(&self.after))
    }

    /// Whether a secret was taken out of what was read, which must not be written.
    fn holds_mask(&self) -> bool {
        let body = Value::Object(self.after.body()).to_string();
        body.contains(crate::censor::MASK)
    }

    /// The lines of the change, each with its sign.
    fn diff(&self) -> Vec<String> {
        let text = |template: Option<&Template>| {
            template
                .map(|template| Value::Object(template.body()))
                .and_then(|body| serde_json::to_string_pretty(&body).ok())
                .unwrap_or_default()
        };
        let (before, after) = (text(self.before.as_ref()), text(Some(&self.after)));
        similar::TextDiff::from_lines(&before, &after)
            .iter_all_changes()
            .map(|change| format!("{} {}", change.tag(), change.value().trim_end_matches('\n')))
            .collect()
    }

    fn view(&self, done: bool) -> Value {
        let action = match &self.before {
            None => "create",
            Some(_) if self.is_empty() => "none",
            Some(_) => "change",
        };
        json!({"action": action, "done": done, "diff": self.diff(), "left": self.left})
    }

    /// The same change for Clerk's own command line.
    fn command(&self) -> String {
        let body = Value::Object(self.after.body()).to_string();
        let body = body.replace('\'', "'\\''");
        match self.before.as_ref().and_then(Template::id) {
            Some(id) => format!("clerk api /jwt_templates/{id} -X PATCH -d '{body}'"),
            None => format!("clerk api /jwt_templates -X POST -d '{body}'"),
        }
    }
}

/// Writes the change, if there is one and it is wanted. The report is on what is there afterwards; an error comes with what is known of the write.
pub(super) fn run(
    args: &TemplateArgs,
    facts: &Facts,
    mut report: Report,
    clerk: &mut Clerk,
    scope: &Scope,
    err: &mut dyn Write,
) -> io::Result<Result<Report, (Trouble, String)>> {
    let Some(change) = Change::of(facts).filter(|_| needs_fix(facts, &report)) else {
        report.notes.push("There is nothing to change.".to_owned());
        let none = json!({"action": "none", "done": false, "diff": [], "left": []});
        report.parts.insert("fix".into(), none);
        return Ok(Ok(report));
    };
    if change.is_empty() {
        say_left(&change, &mut report);
        report.parts.insert("fix".into(), change.view(false));
        return Ok(Ok(report));
    }
    if change.holds_mask() {
        report.notes.push(
            "The template holds what looks like a secret, which is not read here. To write it back without would change it: mend it in the dashboard."
                .to_owned(),
        );
        report.parts.insert("fix".into(), change.view(false));
        return Ok(Ok(report));
    }
    let asks = !args.yes && prompt::can_ask();
    if asks {
        for line in change.diff() {
            let shown = crate::escape::visible(&line);
            let painted = match line.as_bytes().first() {
                Some(b'-') => shown.red(),
                Some(b'+') => shown.green(),
                _ => shown.normal(),
            };
            writeln!(err, "  {painted}")?;
        }
    }
    let question = if change.before.is_some() {
        "Change the template?"
    } else {
        "Create the template?"
    };
    let agreed = args.yes || asks && prompt::confirm(question, err)?;
    clerk.renew();
    if !agreed {
        let note = if asks {
            "Nothing was changed."
        } else {
            "Nothing was changed: --yes writes this change."
        };
        report.notes.push(note.to_owned());
        if !asks {
            report.body.extend(lines(&change));
        }
        report.parts.insert("fix".into(), change.view(false));
        return Ok(Ok(report));
    }
    let written = write_change(&change, clerk, err);
    if matches!(written, Err(Failure::Changed)) {
        report.exit = Exit::Unchecked;
        report.headline.tone = Tone::Unsure;
        "The template was changed by someone else meanwhile, so nothing was written."
            .clone_into(&mut report.headline.sentence);
        report.headline.rule = None;
        report.parts.insert("fix".into(), change.view(false));
        return Ok(Ok(report));
    }
    let shown = if asks { Vec::new() } else { lines(&change) };
    Ok(
        settled(args, facts, &change, written, clerk, scope, err).map(|mut report| {
            report.body.splice(0..0, shown);
            report
        }),
    )
}

/// The report on what is there after a write, whatever the write said.
fn settled(
    args: &TemplateArgs,
    facts: &Facts,
    change: &Change,
    written: Result<(), Failure>,
    clerk: &mut Clerk,
    scope: &Scope,
    err: &mut dyn Write,
) -> Result<Report, (Trouble, String)> {
    let failed = match written {
        Err(Failure::Call(trouble)) => Some(trouble),
        Ok(()) | Err(Failure::Changed) => None,
    };
    let untouched = "Nothing was changed.".to_owned();
    if let Some(trouble) = failed.as_ref().filter(|trouble| !trouble.is_uncertain()) {
        return Err((trouble.clone(), untouched));
    }
    let world = World {
        templates: None,
        ..facts.world.clone()
    };
    // What became of a write is looked at, however long the write took.
    clerk.renew();
    let read_back = gathered(args, world, clerk, err).and_then(|(world, unknown)| match unknown {
        None => Ok(world),
        Some(trouble) => Err(trouble),
    });
    let world = read_back.map_err(|trouble| {
        let note = if failed.is_none() {
            "Clerk took the change, but it could not be read back. Run `clerkcheck template` again."
        } else {
            "Whether the change was made could not be seen: the template is as it was, or as shown. Run `clerkcheck template` again."
        };
        (trouble, note.to_owned())
    })?;
    let facts = Facts::read(world);
    let is_there = facts.template().is_ok_and(|now| now.holds(&change.after));
    if let (Some(trouble), false) = (failed, is_there) {
        return Err((trouble, untouched));
    }
    let mut report = judge(&facts, scope);
    report.details.extend_from_slice(clerk.log());
    if !is_there {
        report.notes.push(
            "Clerk took the change, but what is there now is not what was sent: look at the fields below."
                .to_owned(),
        );
    } else if report.exit == Exit::Clean {
        let done = if change.before.is_some() {
            "is mended"
        } else {
            "is made"
        };
        report.headline.sentence = format!(
            "The JWT template `{}` {done}, and makes tokens for Convex.",
            args.name
        );
    }
    say_left(change, &mut report);
    report.parts.insert("fix".into(), change.view(is_there));
    Ok(report)
}

/// Whether there is a fault that a change mends.
fn needs_fix(facts: &Facts, report: &Report) -> bool {
    let absent = facts.template().is_err();
    let found = report.findings.iter().any(|reported| {
        reported.topic == "template"
            && (reported.severity == Severity::Error
                || reported.rule.name == "template-claim-reserved")
    });
    found
        || absent
            && report
                .findings
                .iter()
                .any(|reported| reported.rule.name == "template-absent")
}

enum Failure {
    /// The template is not as it was when it was judged.
    Changed,
    Call(Trouble),
}

/// One call writes it. What is there is read just before, so that nobody's change is lost.
fn write_change(change: &Change, clerk: &mut Clerk, err: &mut dyn Write) -> Result<(), Failure> {
    let written = if let Some(before) = &change.before {
        let id = before.id().unwrap_or_default().to_owned();
        let now = clerk.template(&id, err).map_err(unsent)?;
        if !now.says_the_same(before) || now.updated_at() != before.updated_at() {
            return Err(Failure::Changed);
        }
        clerk.change(&id, &change.after, err)
    } else {
        let now = clerk.templates(err).map_err(unsent)?;
        if now
            .iter()
            .any(|template| template.name() == change.after.name())
        {
            return Err(Failure::Changed);
        }
        clerk.create(&change.after, err)
    };
    written.map(|_| ()).map_err(Failure::Call)
}

/// A fault before the write: nothing can have been written.
fn unsent(trouble: Trouble) -> Failure {
    Failure::Call(match trouble {
        Trouble::Refused(mut refused) if refused.status >= 500 => {
            refused.message = Some(refused.message.unwrap_or_default());
            Trouble::Setup(Trouble::Refused(refused).words())
        }
        Trouble::Fault(_) | Trouble::Body(_) => Trouble::Setup(trouble.words()),
        other => other,
    })
}

/// The change as lines of a report.
fn lines(change: &Change) -> Vec<String> {
    let title = if change.before.is_some() {
        "Change of the template:"
    } else {
        "Change: a new template"
    };
    let diff = change.diff().into_iter().map(|line| format!("  {line}"));
    [String::new(), title.to_owned()]
        .into_iter()
        .chain(diff)
        .collect()
}

fn say_left(change: &Change, report: &mut Report) {
    if !change.left.is_empty() {
        report.notes.push(format!(
            "Only you know what these claims shall hold: {}.",
            change.left.join(", ")
        ));
    }
}

/// The change of a pasted template: the JSON to paste, and the command of Clerk's own tool.
pub(super) fn of_paste(facts: &Facts, report: &mut Report) {
    let Some(change) = Change::of(facts).filter(|_| needs_fix(facts, report)) else {
        report.notes.push("There is nothing to change.".to_owned());
        return;
    };
    say_left(&change, report);
    by_hand_lines(&change, report);
    report.parts.insert("fix".into(), change.view(false));
}

fn by_hand_lines(change: &Change, report: &mut Report) {
    let claims = serde_json::to_string_pretty(&change.after.claims).unwrap_or_default();
    report.body.push(String::new());
    report
        .body
        .push("The claims to paste (https://dashboard.clerk.com/~/jwt-templates):".to_owned());
    report
        .body
        .extend(claims.lines().map(|line| format!("  {line}")));
    report.body.push(String::new());
    report
        .body
        .push("Or with Clerk's own command line:".to_owned());
    report.body.push(format!("  {}", change.command()));
}

/// Without a secret key and without a paste: a new template to make by hand.
pub(super) fn by_hand(
    args: &TemplateArgs,
    world: World,
    scope: &Scope,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<u8> {
    let facts = Facts::read(world);
    let change = Change {
        before: None,
        after: Template::new(&args.name, &rules::wanted_audience(&facts)),
        left: Vec::new(),
    };
    let mut report = crate::view::empty(scope.command);
    report.exit = Exit::Unchecked;
    report.headline.sentence = format!(
        "Without CLERK_SECRET_KEY the template could not be looked at; make `{}` by hand.",
        args.name
    );
    by_hand_lines(&change, &mut report);
    report.parts.insert("fix".into(), change.view(false));
    show(&report, style, out)?;
    Ok(crate::render::human::exit_code(report.exit))
}
