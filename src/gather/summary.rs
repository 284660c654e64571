//! The job summary of GitHub Actions: the one file that a report is written to, where the runner names it.
#![expect(clippy::disallowed_methods, reason = "gather reads the world")]

use std::fs::OpenOptions;
use std::io::Write as _;

/// Appends to the file that `GITHUB_STEP_SUMMARY` names, if it names one. The error is a sentence.
pub fn append(markdown: &str) -> Result<(), String> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(markdown.as_bytes()))
        .map_err(|error| format!("the job summary could not be written: {error}"))
}
