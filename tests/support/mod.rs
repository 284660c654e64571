//! What tests of the network share: an issuer over TLS that stands for Clerk, a proxy, signed tokens, and the built binary.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod app;
pub(crate) mod certificates;
pub(crate) mod clerk_api;
pub(crate) mod deployment;
pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod tokens;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// A host of a Clerk development instance. The servers here have certificates for it.
pub(crate) const HOST: &str = "swift-otter-12.clerk.accounts.dev";

/// A JSON report, held against the committed schema.
#[track_caller]
pub(crate) fn json_report(bytes: &[u8]) -> Value {
    static SCHEMA: OnceLock<jsonschema::Validator> = OnceLock::new();
    let validator = SCHEMA.get_or_init(|| {
        let schema = serde_json::from_str(clerkcheck::command::schema::SCHEMA).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    });
    let report: Value = serde_json::from_slice(bytes).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&report)
        .map(|fault| format!("{} {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}\n{report:#}");
    report
}

/// The built binary, in an environment that holds only what a process needs, with an empty home.
pub(crate) fn clerkcheck() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clerkcheck"));
    command.env_clear();
    #[expect(
        clippy::disallowed_methods,
        reason = "the binary must be found and started"
    )]
    for name in ["PATH", "SystemRoot"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("HOME", home());
    command
}

/// A folder that stays empty: the target folder's, so that nothing is left behind elsewhere.
fn home() -> PathBuf {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("home");
    fs::create_dir_all(&home).unwrap();
    home
}
