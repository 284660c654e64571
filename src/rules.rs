//! The rules, by topic, in the order in which they are asked.

mod claims;
mod config;
mod env;
mod input;
mod issuer;
mod keys;
mod time;
mod token;
mod versions;

use crate::rule::Rule;

/// The topics in order.
pub const TOPICS: &[(&str, &[Rule])] = &[
    ("input", input::RULES),
    ("env", env::RULES),
    ("config", config::RULES),
    ("versions", versions::RULES),
    ("token", token::RULES),
    ("claims", claims::RULES),
    ("issuer", issuer::RULES),
    ("keys", keys::RULES),
    ("time", time::RULES),
];

/// Names that were rules once. A name is never reused.
pub const RETIRED: &[&str] = &[];

/// Every rule with its topic.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Rule)> {
    TOPICS.iter().flat_map(|(topic, rules)| rules.iter().map(move |rule| (*topic, rule)))
}

/// Whether a name is a rule or a topic.
pub fn is_known(name: &str) -> bool {
    all().any(|(topic, rule)| topic == name || rule.name == name)
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::{RETIRED, all};
    use crate::rule::Row;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_in_kebab_case() {
        let mut seen = HashSet::new();
        for (_, rule) in all() {
            assert!(seen.insert(rule.name), "{} stands twice", rule.name);
            assert!(!RETIRED.contains(&rule.name), "{} was retired", rule.name);
            let kebab = |character: char| character.is_ascii_lowercase() || character == '-';
            assert!(rule.name.chars().all(kebab), "{}", rule.name);
        }
    }

    #[test]
    fn words_have_one_form() {
        for (_, rule) in all() {
            assert!(!rule.title.ends_with('.') && !rule.title.is_empty(), "{}: {}", rule.name, rule.title);
            assert!(!rule.title.starts_with(|first: char| first.is_ascii_uppercase()) || rule.title.starts_with("Convex") || rule.title.starts_with("Clerk"), "{}: {}", rule.name, rule.title);
            for text in [rule.why, rule.fix] {
                assert!(text.ends_with('.') && !text.contains("  "), "{}: {text}", rule.name);
            }
        }
    }

    #[test]
    fn every_row_of_the_page_is_answered() {
        for row in Row::ALL {
            assert!(!crate::explain::answers(row).is_empty() || matches!(row, Row::Preview | Row::Testing | Row::TemplateFields), "{row:?}");
        }
    }

    #[test]
    fn a_healthy_world_has_no_findings() {
        super::testing::assert_fails(&[], |_| {});
    }
}
