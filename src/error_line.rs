//! Error lines of Convex, Clerk and the browser console: what they mean, and what they reveal.

/// A known error line that stands in a text.
#[derive(Debug)]
pub struct ErrorLine {
    /// What is known of it.
    pub known: &'static Known,
    /// Providers that Convex says it has: domain or issuer, and application id.
    providers: Vec<(String, Option<String>)>,
    /// The name that the line is about: a variable or a template.
    about: Option<String>,
}

/// What is known of an error line.
#[derive(Debug)]
pub struct Known {
    /// The part of the line by which it is recognised.
    pub pattern: &'static str,
    /// Who says it.
    pub who: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// The rules that look for its cause.
    pub rules: &'static [&'static str],
    /// What to do.
    pub fix: &'static str,
}

/// How much of a text is searched.
const LONGEST: usize = 1 << 20;

mod table;

impl ErrorLine {
    /// What the line reveals, as sentences.
    pub fn evidence(&self) -> Vec<String> {
        let mut evidence: Vec<String> = self
            .providers
            .iter()
            .map(|(domain, audience)| match audience {
                Some(audience) => {
                    format!("Convex is configured with {domain} and the application id {audience}.")
                }
                None => format!("Convex is configured with {domain}, without an application id."),
            })
            .collect();
        if let Some(name) = &self.about {
            evidence.push(format!("The line is about {name}."));
        }
        evidence
    }

    /// The providers that Convex has, where its long message lists them.
    pub fn providers(&self) -> &[(String, Option<String>)] {
        &self.providers
    }
}

/// The known error lines of a text, each once.
pub fn recognise(text: &str) -> Vec<ErrorLine> {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let mut lines: Vec<ErrorLine> = Vec::new();
    for known in &table::KNOWN {
        let Some(at) = text.find(known.pattern) else {
            continue;
        };
        // A longer pattern stands before a shorter one that is a part of it.
        if lines
            .iter()
            .any(|line| line.known.pattern.contains(known.pattern))
        {
            continue;
        }
        lines.push(ErrorLine {
            known,
            providers: if known.pattern.starts_with("No auth provider found") {
                providers(&text[at..])
            } else {
                Vec::new()
            },
            about: about(known.pattern, &text[at + known.pattern.len()..]),
        });
    }
    lines
}

/// `OIDC(domain=…, app_id=…)` and `CustomJWT(issuer=…, app_id=…)`.
fn providers(text: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let mut rest = text.split('\n').next().unwrap_or_default();
    while found.len() < 32 {
        let next = ["OIDC(domain=", "CustomJWT(issuer="]
            .iter()
            .filter_map(|start| rest.find(start).map(|at| at + start.len()))
            .min();
        let Some(inside) = next.and_then(|at| rest.get(at..)) else {
            break;
        };
        let Some((domain, behind)) = inside.split_once(", app_id=") else {
            break;
        };
        let Some((audience, behind)) = behind.split_once(')') else {
            break;
        };
        let audience = audience.trim_matches(['"', '\\']);
        found.push((
            domain.trim_matches(['"', '\\']).to_owned(),
            (audience != "none").then(|| audience.to_owned()),
        ));
        rest = behind;
    }
    found
}

/// The name behind a pattern that ends where a name begins.
fn about(pattern: &str, behind: &str) -> Option<String> {
    if !pattern.ends_with("name") && pattern != "Environment variable" {
        return None;
    }
    let name: String = behind
        .trim_start_matches([' ', ':', '"', '`'])
        .chars()
        .take(64)
        .take_while(|character| character.is_ascii_alphanumeric() || "_-".contains(*character))
        .collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{recognise, table};

    #[test]
    fn reads_the_configured_providers() {
        let lines = recognise(
            "No auth provider found matching the given token. Check that your JWT's issuer and audience match one of your configured \
             providers: [OIDC(domain=https://a.clerk.accounts.dev, app_id=convex), CustomJWT(issuer=https://b, app_id=none)]",
        );
        assert_eq!(lines.len(), 1);
        assert_eq!(
            lines[0].providers(),
            [
                (
                    "https://a.clerk.accounts.dev".to_owned(),
                    Some("convex".to_owned())
                ),
                ("https://b".to_owned(), None)
            ]
        );
    }

    #[test]
    fn names_only_rules_that_exist() {
        for known in &table::KNOWN {
            for rule in known.rules {
                assert!(crate::explain::rule(rule).is_some(), "{rule}");
            }
        }
    }
}
