//! What people would rather look at than read: the chain from the Clerk instance to the deployment, and the life of a token. Pure: what is to be
//! drawn, not how.

use crate::facts::Facts;
use crate::pass::Signature;
use crate::report::{Reported, Status, Verdicts, Word};
use crate::rule::{Severity, Step};
use crate::setting::comparable;
use crate::time::span;
use crate::trust::Basis;

/// From the Clerk instance to the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The links that are known of, in their order.
    pub links: Vec<Link>,
    /// How each link joins the next: one fewer than links.
    pub joints: Vec<Joint>,
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it is: `Clerk instance`, `token`, `auth.config`, `deployment`.
    pub name: &'static str,
    /// What it says, in short: the instance, or the deployment's name.
    pub value: String,
    /// What it says of the audience.
    pub audience: Option<String>,
}

/// How two links hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// They agree.
    Holds,
    /// They do not: the rule that says why.
    Broken(&'static str),
    /// It was not looked at, or could not be.
    Unknown,
}

impl Chain {
    /// The rules at the breaks, each once.
    pub fn breaks(&self) -> Vec<&'static str> {
        let mut rules = Vec::new();
        for joint in &self.joints {
            if let Joint::Broken(rule) = joint
                && !rules.contains(rule)
            {
                rules.push(*rule);
            }
        }
        rules
    }
}

/// Rules whose fault is that two links disagree, besides those of the steps issuer, audience and deployment.
const OF_LINKS: [&str; 5] = [
    "instance-mismatch",
    "environments-mixed",
    "provider-absent",
    "template-audience-mismatch",
    "template-audience-missing",
];

/// The chain, where at least two links of it are known.
pub fn chain(
    facts: &Facts,
    findings: &[Reported],
    deployment: Option<Status>,
    verdict: Option<&Verdicts>,
) -> Option<Chain> {
    let error = |wanted: &dyn Fn(&Reported) -> bool| {
        findings
            .iter()
            .find(|reported| reported.severity == Severity::Error && wanted(reported))
            .map(|reported| Joint::Broken(reported.rule.name))
    };
    let instance = instance(facts);
    let token = facts.claims().ok().map(|claims| {
        let audience = claims.members.get("aud").map(ToString::to_string);
        let audience = audience.unwrap_or_else(|| "no aud".to_owned());
        (claims.text("iss").map(str::to_owned), Some(audience))
    });
    let config = (facts.trust.basis != Basis::Nothing)
        .then(|| facts.trust.clerk_entry().or(facts.trust.entries.first()))
        .flatten();
    let mut chain = Chain {
        links: Vec::new(),
        joints: Vec::new(),
    };
    let mut push = |name, value: Option<&str>, audience: Option<String>, joint| {
        if !chain.links.is_empty() {
            chain.joints.push(joint);
        }
        let value = value.map_or_else(|| "?".to_owned(), short);
        chain.links.push(Link {
            name,
            value,
            audience,
        });
    };
    if let Some(instance) = &instance {
        push("Clerk instance", Some(instance), None, Joint::Unknown);
    }
    if let Some((issuer, audience)) = &token {
        let agrees = match (&instance, issuer) {
            (Some(instance), Some(issuer)) => comparable(instance) == comparable(issuer),
            _ => true,
        };
        let signed = |reported: &Reported| matches!(reported.topic, "keys" | "template");
        let joint = match facts.signature() {
            _ if !agrees => {
                error(&|reported| matches!(reported.rule.step, Step::Issuer | Step::Settings))
                    .unwrap_or(Joint::Unknown)
            }
            Signature::Good => Joint::Holds,
            Signature::Bad => error(&signed).unwrap_or(Joint::Unknown),
            _ => Joint::Unknown,
        };
        push("token", issuer.as_deref(), audience.clone(), joint);
    }
    if let Some(entry) = config {
        let name = match facts.trust.basis {
            Basis::AuthConfig => "auth.config",
            _ => "configuration",
        };
        let joint = match (&token, verdict.map(|verdict| verdict.convex.outcome)) {
            (Some(_), Some(Word::Accepted)) => Joint::Holds,
            (Some(_), _) => error(&|reported| {
                matches!(
                    reported.rule.step,
                    Step::Issuer | Step::Audience | Step::Config
                ) || OF_LINKS.contains(&reported.rule.name)
            })
            .unwrap_or(Joint::Unknown),
            (None, _) => match (&instance, &entry.issuer) {
                (Some(left), Some(right)) if comparable(left) == comparable(right) => Joint::Holds,
                _ => error(&|reported| matches!(reported.rule.step, Step::Settings | Step::Config))
                    .unwrap_or(Joint::Unknown),
            },
        };
        let audience = entry.application_id.as_ref().map(|id| format!("{id:?}"));
        push(name, entry.issuer.as_deref(), audience, joint);
    }
    let named = facts
        .project()
        .ok()
        .and_then(|project| project.deployment())
        .map(|(_, _, name)| name.to_owned());
    let seen = deployment.filter(|status| *status != Status::Skip);
    if named.is_some() || seen.is_some() {
        let joint = match seen {
            Some(Status::Ok) => Joint::Holds,
            Some(_) => error(&|reported| reported.topic == "deployment").unwrap_or(Joint::Unknown),
            None => Joint::Unknown,
        };
        push("deployment", named.as_deref(), None, joint);
    }
    (chain.links.len() >= 2).then_some(chain)
}

/// Whether the findings are about links that disagree, so that the chain shows more than words.
pub fn tells(findings: &[Reported]) -> bool {
    findings.iter().any(|reported| {
        reported.severity == Severity::Error
            && (matches!(
                reported.rule.step,
                Step::Issuer | Step::Audience | Step::Deployment
            ) || OF_LINKS.contains(&reported.rule.name))
    })
}

/// The issuer of the instance that the app signs in with: the publishable key's, else that of a genuine token.
fn instance(facts: &Facts) -> Option<String> {
    let key = facts.project().ok().and_then(|project| {
        project
            .publishable_keys()
            .into_iter()
            .find_map(|(_, key)| key.ok())
    });
    key.map(|key| key.issuer()).or_else(|| {
        let genuine = facts.signature() == Signature::Good;
        let issuer = facts.claims().ok().filter(|_| genuine)?.text("iss")?;
        Some(issuer.to_owned())
    })
}

/// An issuer in short: a development instance by its name, others by their host.
fn short(issuer: &str) -> String {
    let issuer = crate::setting::shown(issuer);
    let host = issuer.split_once("://").map_or(&*issuer, |(_, rest)| rest);
    let host = host.trim_end_matches('/');
    crate::publishable_key::instance_name(host).to_owned()
}

/// The life of a token.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeLine {
    /// `nbf`, `iat`, `exp` and `now`, as far as they are known, the earliest first.
    pub marks: Vec<Mark>,
}

/// A moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The claim, or `now`.
    pub name: &'static str,
    /// Seconds since the epoch.
    pub at: f64,
    /// The time since `iat`, in words: `+60 s`.
    pub words: String,
}

impl TimeLine {
    /// Where the marks stand on a line of this many columns, the first at 0: in proportion, and at least `gap` apart. What lies far from the
    /// rest stands at its end of the line.
    pub fn columns(&self, width: usize, gap: usize) -> Vec<usize> {
        let of_token = |mark: &&Mark| mark.name != "now";
        let first = self.marks.iter().find(of_token).map_or(0.0, |mark| mark.at);
        let last = self
            .marks
            .iter()
            .rfind(of_token)
            .map_or(first, |mark| mark.at);
        let life = (last - first).max(1.0);
        // As much beside the life as the life is long; what is farther stands at that end.
        let place = |at: f64| at.clamp(first - life, last + life);
        let start = self.marks.first().map_or(first, |mark| place(mark.at));
        let end = self.marks.last().map_or(last, |mark| place(mark.at));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "columns of a line, between 0 and its width"
        )]
        let mut columns: Vec<usize> = self
            .marks
            .iter()
            .map(|mark| ((place(mark.at) - start) / (end - start).max(1.0) * width as f64) as usize)
            .collect();
        for index in 1..columns.len() {
            columns[index] = columns[index].max(columns[index - 1] + gap);
        }
        let mut most = width.saturating_sub(gap);
        for column in columns.iter_mut().rev() {
            *column = (*column).min(most);
            most = column.saturating_sub(gap);
        }
        columns
    }
}

/// The life of the token that is judged; `None` without one, or without an expiry.
pub fn time_line(facts: &Facts) -> Option<TimeLine> {
    let token = facts.token().ok()?;
    let claims = &token.payload;
    let sane = |at: &f64| (0.0..1e11).contains(at);
    let issued = claims.number("iat").filter(sane)?;
    claims.number("exp").filter(sane)?;
    #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch")]
    let now = ("now", Some(facts.world.now as f64));
    let claim = |name| (name, claims.number(name));
    let mut marks: Vec<Mark> = [claim("nbf"), claim("iat"), now, claim("exp")]
        .into_iter()
        .filter_map(|(name, at)| {
            let at = at.filter(sane)?;
            let words = match at - issued {
                since if since < 0.0 => format!("-{}", span(-since)),
                since if since > 0.0 => format!("+{}", span(since)),
                since => span(since),
            };
            Some(Mark { name, at, words })
        })
        .collect();
    marks.sort_by(|left, right| left.at.total_cmp(&right.at));
    Some(TimeLine { marks })
}

#[cfg(test)]
mod tests {
    use super::{Joint, Mark, TimeLine};
    use crate::rules::testing::report;
    use serde_json::json;

    fn line(marks: &[(&'static str, f64)]) -> TimeLine {
        let marks = marks.iter().map(|(name, at)| Mark {
            name,
            at: *at,
            words: String::new(),
        });
        TimeLine {
            marks: marks.collect(),
        }
    }

    #[test]
    fn marks_stand_in_proportion_apart_and_inside() {
        let life = line(&[("nbf", -5.0), ("iat", 0.0), ("now", 30.0), ("exp", 60.0)]);
        assert_eq!(life.columns(65, 5), [0, 5, 35, 60]);
        let old = line(&[("nbf", -5.0), ("iat", 0.0), ("exp", 60.0), ("now", 1e9)]);
        assert_eq!(old.columns(130, 10), [0, 10, 65, 120]);
        let narrow = line(&[("nbf", 0.0), ("iat", 0.0), ("exp", 0.0), ("now", 0.0)]);
        assert_eq!(narrow.columns(36, 9), [0, 9, 18, 27]);
    }

    #[test]
    fn a_healthy_chain_holds_as_far_as_it_was_looked_at() {
        let chain = report(|_| {}).chain.unwrap();
        assert!(chain.breaks().is_empty(), "{chain:?}");
        assert_eq!(chain.joints[..2], [Joint::Holds, Joint::Holds]);
    }

    #[test]
    fn the_break_is_marked_at_its_link() {
        let chain = report(|world| world.claims["aud"] = json!("other"))
            .chain
            .unwrap();
        assert_eq!(chain.joints[0], Joint::Holds);
        assert_eq!(chain.joints[1], Joint::Broken("audience-mismatch"));
        let chain = report(|world| {
            world.claims["iss"] = json!("https://brave-lemur-7.clerk.accounts.dev");
        });
        assert_eq!(chain.chain.unwrap().breaks(), ["issuer-mismatch"]);
    }
}
