//! The committed completion scripts are the generated ones. `UPDATE=1` writes them.
#![expect(clippy::disallowed_methods, reason = "the test compares files")]

use clap_complete::Shell;
use clerkcheck::command::completions::script;
use std::fs;
use std::path::Path;

const FILES: [(Shell, &str); 5] = [
    (Shell::Bash, "clerkcheck.bash"),
    (Shell::Zsh, "_clerkcheck"),
    (Shell::Fish, "clerkcheck.fish"),
    (Shell::PowerShell, "_clerkcheck.ps1"),
    (Shell::Elvish, "clerkcheck.elv"),
];

#[test]
fn committed_scripts_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, name) in FILES {
        let path = folder.join(name);
        let generated = script(shell);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &generated).unwrap();
        }
        let committed = fs::read(&path).unwrap_or_default();
        assert!(
            committed == generated,
            "{name} is stale: run `UPDATE=1 cargo test --test completions`"
        );
    }
}
