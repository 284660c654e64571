//! Compares our readings of env lines with what the real packages read (`tools/env-oracle`), and with the crate dotenvy.

use clerkcheck::env_file::{Dialect, Reading, read};

fn ours(text: &str, dialect: Dialect) -> Option<String> {
    let file = read(".env", text.as_bytes());
    match file.reading(file.last("A")?, dialect, &|_| None) {
        Reading::Value(value) => Some(value.expose().to_owned()),
        Reading::NotRead | Reading::Error | Reading::Undecided => None,
    }
}

#[test]
fn every_recorded_line_is_read_alike() {
    let rows: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("env_oracle.json")).unwrap();
    assert!(rows.len() >= 60);
    let mut wrong = Vec::new();
    for row in &rows {
        let text = row["text"].as_str().unwrap();
        for (dialect, key) in [
            (Dialect::Dotenv, "dotenv"),
            (Dialect::Next, "next"),
            (Dialect::Vite, "vite"),
        ] {
            let found = ours(text, dialect);
            if found.as_deref() != row[key].as_str() {
                wrong.push(format!(
                    "{key} {text:?}: ours {found:?}, theirs {}",
                    row[key]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
