//! The registry of rules, from outside: the pages in the docs are fresh. `UPDATE=1` writes them.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test may panic, and reads the docs"
)]

use clerkcheck::{explain, rules};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Writes the file when that is asked for, and says whether it is as it should be.
fn is_fresh(path: &Path, text: &str) -> bool {
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::read_to_string(path).unwrap_or_default() == text
}

#[test]
fn the_pages_in_the_docs_are_fresh() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut table = String::from(
        "# Rules\n\nWritten by `UPDATE=1 cargo test --test rules`. `clerkcheck explain RULE` prints the same pages.\n",
    );
    let mut stale = Vec::new();
    for (topic, own) in rules::TOPICS {
        write!(
            table,
            "\n## {topic}\n\n| rule | severity | what is wrong |\n| - | - | - |\n"
        )
        .unwrap();
        for rule in own.iter().copied().flatten() {
            let (name, severity) = (rule.name, rule.severity.word());
            writeln!(
                table,
                "| [`{name}`](rules/{name}.md) | {severity} | {} |",
                rule.title
            )
            .unwrap();
            let page = explain::markdown(topic, rule);
            if !is_fresh(&docs.join(format!("rules/{name}.md")), &page) {
                stale.push(name);
            }
        }
    }
    assert!(stale.is_empty(), "{stale:?}");
    assert!(is_fresh(&docs.join("rules.md"), &table));
    // No page is left of a rule that is gone.
    let pages = fs::read_dir(docs.join("rules")).unwrap().count();
    assert_eq!(pages, rules::all().count());
}

#[test]
fn every_rule_of_the_contract_is_there() {
    for topic in [
        "input",
        "token",
        "claims",
        "time",
        "env",
        "config",
        "versions",
        "issuer",
        "keys",
        "deployment",
        "template",
    ] {
        assert!(
            rules::TOPICS
                .iter()
                .any(|(name, own)| *name == topic && !own.is_empty()),
            "{topic}"
        );
    }
}
