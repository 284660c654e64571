//! `--watch`: runs again when a file of the project changes, and counts the token's life down meanwhile.

use super::check::Judged;
use super::fail;
use crate::cli::{ConfigurationArgs, NetworkArgs};
use crate::escape::visible;
use crate::facts::Project;
use crate::gather;
use std::io::{self, Write};

/// What one run came to: its exit code, or a sentence for standard error.
type Ended = Result<Judged, String>;

/// Runs until it is interrupted, or until nobody reads any more.
pub(super) fn run(
    configuration: &ConfigurationArgs,
    network: &NetworkArgs,
    mut once: impl FnMut(&mut dyn Write, &mut dyn Write) -> io::Result<Ended>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Ended> {
    crate::interrupt::install();
    let shows = gather::terminal::has_progress();
    let mut before = snapshot(configuration, network);
    loop {
        let expires = match once(out, err)? {
            Ok(judged) => judged.expires,
            Err(sentence) => {
                fail(err, &sentence)?;
                None
            }
        };
        out.flush()?;
        let mut alive = expires.is_some_and(|expires| left(expires) > 0.0);
        let why = loop {
            if shows {
                write!(err, "\r{:<60}", waiting(expires))?;
                err.flush()?;
            }
            gather::pause();
            let now = snapshot(configuration, network);
            let changes = changes(before.as_ref(), now.as_ref());
            before = now;
            if !changes.is_empty() {
                break format!("Changed: {}.", changes.join(", "));
            }
            if alive && expires.is_some_and(|expires| left(expires) <= 0.0) {
                alive = false;
                break "The token ran out.".to_owned();
            }
        };
        if shows {
            write!(err, "\r{:60}\r", "")?;
        }
        writeln!(err, "{}", visible(&why))?;
        err.flush()?;
    }
}

/// Seconds until then.
fn left(expires: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch")]
    let now = gather::now() as f64;
    expires - now
}

fn waiting(expires: Option<f64>) -> String {
    let life = match expires.map(left) {
        Some(left) if left > 0.0 => format!("{} left. ", crate::time::span(left)),
        Some(_) | None => String::new(),
    };
    format!("{life}Watching the project; Ctrl-C ends.")
}

/// The project as it is now. One that cannot be read is none: the run itself says why.
fn snapshot(configuration: &ConfigurationArgs, network: &NetworkArgs) -> Option<Project> {
    gather::world(configuration, network).ok()?.project
}

/// The files that are new, gone or different, by their names.
fn changes(before: Option<&Project>, now: Option<&Project>) -> Vec<String> {
    let mut names = Vec::new();
    for (one, other) in [(before, now), (now, before)] {
        let Some(one) = one else { continue };
        for (name, text) in &one.files {
            let same = other.is_some_and(|other| other.files.get(name) == Some(text));
            if !same && !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::changes;
    use crate::facts::Project;

    fn project(files: &[(&str, &str)]) -> Project {
        Project {
            files: files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect(),
            ..Project::default()
        }
    }

    #[test]
    fn what_is_new_gone_or_different_is_named() {
        let before = project(&[(".env", "A=1"), (".env.local", "A=2")]);
        let now = project(&[(".env", "A=3"), ("convex/auth.config.ts", "")]);
        assert_eq!(
            changes(Some(&before), Some(&now)),
            [".env", ".env.local", "convex/auth.config.ts"]
        );
        assert!(changes(Some(&now), Some(&now)).is_empty());
        assert_eq!(changes(None, Some(&before)), [".env", ".env.local"]);
    }
}
