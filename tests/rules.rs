//! The registry of rules, from outside: the table in the docs is fresh. `UPDATE=1` writes it.
#![expect(
    clippy::disallowed_methods,
    reason = "a test may panic, and reads the docs"
)]

use clerkcheck::rules;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

#[test]
fn the_table_in_the_docs_is_fresh() {
    let mut table = String::from(
        "# Rules\n\nWritten by `UPDATE=1 cargo test --test rules`. `clerkcheck explain RULE` says more.\n",
    );
    for (topic, own) in rules::TOPICS {
        write!(
            table,
            "\n## {topic}\n\n| rule | severity | what is wrong |\n| - | - | - |\n"
        )
        .unwrap();
        for rule in *own {
            writeln!(
                table,
                "| `{}` | {} | {} |",
                rule.name,
                rule.severity.word(),
                rule.title
            )
            .unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), table);
}
