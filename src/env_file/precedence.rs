//! Which of several files wins a name (measured with `@next/env` 16 and Vite 8; the Convex CLI by its source).

use super::{Assignment, EnvFile};

/// A program with its own order of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `next dev`, `vite`.
    Development,
    /// `next build`, `vite build`.
    Production,
    /// `npx convex dev`: `.env.local`, then `.env`.
    ConvexCli,
}

/// The file names that a tool reads, the strongest first. (Vite puts `.env.MODE` before `.env.local`, as Next.js does not.)
pub fn file_names(tool: Tool, vite: bool) -> &'static [&'static str] {
    match (tool, vite) {
        (Tool::Development, false) => &[
            ".env.development.local",
            ".env.local",
            ".env.development",
            ".env",
        ],
        (Tool::Production, false) => &[
            ".env.production.local",
            ".env.local",
            ".env.production",
            ".env",
        ],
        (Tool::Development, true) => &[
            ".env.development.local",
            ".env.development",
            ".env.local",
            ".env",
        ],
        (Tool::Production, true) => &[
            ".env.production.local",
            ".env.production",
            ".env.local",
            ".env",
        ],
        (Tool::ConvexCli, _) => &[".env.local", ".env"],
    }
}

/// Which assignment of a name counts.
#[derive(Debug, Clone)]
pub struct Resolved<'a> {
    /// The variable.
    pub name: &'a str,
    /// The file and the assignment that win among the files.
    pub winner: (&'a EnvFile, &'a Assignment),
    /// The assignments that are not used, the strongest first.
    pub shadowed: Vec<(&'a EnvFile, &'a Assignment)>,
    /// Whether the process environment has the name, which beats all files.
    pub process: bool,
}

/// Resolves every name of the files, which are given with the strongest first.
pub fn resolve<'a>(
    files: &'a [EnvFile],
    process: &dyn Fn(&str) -> Option<String>,
) -> Vec<Resolved<'a>> {
    let mut all: Vec<Resolved<'a>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for file in files {
        for assignment in file.assignments.iter().rev() {
            if let Some(place) = places.get(assignment.name.as_str()) {
                let resolved: &mut Resolved<'a> = &mut all[*place];
                resolved.shadowed.push((file, assignment));
            } else {
                places.insert(assignment.name.as_str(), all.len());
                let process = process(&assignment.name).is_some();
                all.push(Resolved {
                    name: &assignment.name,
                    winner: (file, assignment),
                    shadowed: Vec::new(),
                    process,
                });
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::resolve;
    use crate::env_file::read;

    #[test]
    fn the_last_of_the_strongest_file_wins() {
        let files = [read(".env.local", b"A=1\nA=2"), read(".env", b"A=3\nB=4")];
        let all = resolve(&files, &|name| (name == "B").then(String::new));
        assert_eq!(
            (
                all[0].name,
                all[0].winner.1.line,
                all[0].shadowed.len(),
                all[0].process
            ),
            ("A", 2, 2, false)
        );
        assert_eq!((all[1].name, all[1].process), ("B", true));
    }
}
