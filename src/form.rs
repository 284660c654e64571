//! The JWT template as the dashboard's form, with a mark at each field. Pure.

use crate::facts::Facts;
use crate::report::{Reported, Status};
use crate::rule::{Place, Severity};
use crate::template::{DEFAULT_LIFETIME, DEFAULT_SKEW, Seconds, Template, pointer};
use crate::time::span;
use serde_json::Value;

/// The lines of the form.
pub fn lines(facts: &Facts, findings: &[Reported]) -> Vec<String> {
    let Ok(template) = facts.template() else {
        return Vec::new();
    };
    let mark = |places: &dyn Fn(&str) -> bool| status(findings, places).mark();
    let mut lines = vec![String::new()];
    let mut field = |label: &str, value: &str, mark: &str| {
        // A URL is copied whole, so one that is too long is not broken, but has a line of its own.
        if value.starts_with("http") && value.chars().count() > 51 {
            lines.push(format!("  {mark:<4}  {label}"));
            lines.push(format!("          {value}"));
        } else {
            lines.push(format!("  {mark:<4}  {label:<18}   {value}"));
        }
    };
    if !template.is_bare {
        field(
            "Name",
            template.name().unwrap_or("(none)"),
            mark(&|place| place == "/name"),
        );
        field(
            "Token lifetime",
            &seconds(&template.lifetime(), DEFAULT_LIFETIME),
            mark(&|place| place == "/lifetime"),
        );
        field(
            "Allowed clock skew",
            &seconds(&template.skew(), DEFAULT_SKEW),
            mark(&|place| place == "/allowed_clock_skew"),
        );
    }
    if let Some((issuer, mark)) = issuer(facts, findings) {
        field("Issuer", &issuer, mark);
        if let Some(urls) = crate::issuer::urls(&issuer) {
            field("JWKS Endpoint", &urls.jwks, mark);
        }
    }
    let instance = facts.world.templates.as_ref();
    if let Some(instance) = instance.and_then(|templates| templates.instance.as_ref())
        && !instance.key_ids.is_empty()
    {
        field("Key id", &instance.key_ids.join(", "), "");
    }
    if !template.is_bare {
        let key = if template.has_custom_key() {
            "on"
        } else {
            "off"
        };
        field(
            "Custom signing key",
            key,
            mark(&|place| place == "/custom_signing_key"),
        );
    }
    let absent = |place: &str| {
        place == "/claims/aud" && !template.claims.contains_key("aud") || place == "/claims"
    };
    field("Claims", "", mark(&absent));
    claims(template, findings, &mut lines);
    lines
}

fn claims(template: &Template, findings: &[Reported], lines: &mut Vec<String>) {
    lines.push("          {".to_owned());
    let last = template.claims.len().saturating_sub(1);
    for (index, (name, value)) in template.claims.iter().enumerate() {
        let own = pointer("/claims", name);
        let within = |place: &str| {
            place
                .strip_prefix(&own)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let status = status(findings, &within);
        let mark = if status == Status::Ok {
            ""
        } else {
            status.mark()
        };
        let value = serde_json::to_string_pretty(value).unwrap_or_default();
        let comma = if index == last { "" } else { "," };
        let text = format!("{}: {value}{comma}", Value::from(name.as_str()));
        for (row, line) in text.lines().enumerate() {
            let mark = if row == 0 { mark } else { "" };
            lines.push(format!("  {mark:<4}      {line}"));
        }
    }
    lines.push("          }".to_owned());
}

/// The worst finding at these places of the template.
fn status(findings: &[Reported], places: &dyn Fn(&str) -> bool) -> Status {
    findings
        .iter()
        .filter(|reported| {
            matches!(&reported.finding.place, Place::Template(pointer) if places(pointer))
        })
        .map(|reported| match reported.severity {
            Severity::Error => Status::Fail,
            Severity::Warning => Status::Warn,
            Severity::Info => Status::Ok,
        })
        .max_by_key(|status| *status as u8)
        .unwrap_or(Status::Ok)
}

/// The issuer that Clerk fills in: the instance's, else the configured one.
fn issuer(facts: &Facts, findings: &[Reported]) -> Option<(String, &'static str)> {
    let instance = facts.world.templates.as_ref()?.instance.as_ref();
    if let Some(issuer) = instance.and_then(|instance| instance.issuers.first()) {
        let differs = findings.iter().any(|reported| {
            matches!(
                reported.rule.name,
                "secret-key-mismatch" | "instance-mismatch"
            )
        });
        let mark = if differs { Status::Fail } else { Status::Ok };
        return Some((issuer.clone(), mark.mark()));
    }
    let entry = facts.trust.clerk_entry()?;
    let issuer = crate::setting::corrected(entry.issuer.as_deref()?)?;
    Some((issuer, ""))
}

fn seconds(seconds: &Seconds, default: u32) -> String {
    match seconds {
        Seconds::Default => format!("{default} seconds (Clerk's default)"),
        Seconds::Of(value) if *value >= 600.0 => format!("{value} seconds ({})", span(*value)),
        Seconds::Of(value) => format!("{value} seconds"),
        Seconds::Broken(value) => value.to_string(),
    }
}
