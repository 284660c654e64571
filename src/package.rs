//! Readers of `package.json` and lock files: the framework, and which versions are installed.

use std::cmp::Ordering;

use serde_json::Value;

/// A version by semver; build metadata is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Major, minor, patch.
    pub numbers: [u64; 3],
    /// The text after `-`, if any.
    pub prerelease: Option<String>,
}

impl Version {
    /// Reads `1.2.3` or `1.2.3-canary.4`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().split('+').next()?;
        let (core, prerelease) = text
            .split_once('-')
            .map_or((text, None), |(core, rest)| (core, Some(rest.to_owned())));
        let mut parts = core.split('.').map(|part| part.parse().ok());
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(Self {
            numbers,
            prerelease,
        })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| match (&self.prerelease, &other.prerelease) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(left), Some(right)) => prerelease(left, right),
            })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Semver 11.4: numbers by value and below words, words by bytes, fewer parts below more.
fn prerelease(left: &str, right: &str) -> Ordering {
    let key = |part: &str| {
        part.parse::<u64>()
            .map_or((1, 0, part.to_owned()), |number| (0, number, String::new()))
    };
    left.split('.').map(key).cmp(right.split('.').map(key))
}

/// A package found in a lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The name of the package.
    pub name: String,
    /// Its version as written.
    pub version: String,
    /// The 1-based line that says so.
    pub line: usize,
}

/// The installed versions of the wanted packages, from the text of `package-lock.json`, `pnpm-lock.yaml`, `yarn.lock` or `bun.lock`.
/// Read line by line, so that a lock file with conflict markers is still read.
pub fn versions_in_lock(path_name: &str, text: &str, wanted: &[&str]) -> Vec<Installed> {
    let mut all: Vec<Installed> = Vec::new();
    let mut pending: Option<&str> = None;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        let mut found = None;
        if path_name.ends_with("pnpm-lock.yaml") {
            let key = trimmed.trim_start_matches(['\'', '"', '/']);
            found = wanted.iter().find_map(|name| {
                let rest = key.strip_prefix(name)?;
                let rest = rest.strip_prefix(['@', '/'])?;
                Some((*name, rest.split(['(', '_', ':', '\'', '"']).next()?))
            });
        } else if path_name.ends_with("bun.lock") {
            found = wanted.iter().find_map(|name| {
                let rest = trimmed
                    .strip_prefix('"')?
                    .strip_prefix(name)?
                    .strip_prefix("\": [\"")?;
                Some((
                    *name,
                    rest.strip_prefix(name)?
                        .strip_prefix('@')?
                        .split('"')
                        .next()?,
                ))
            });
        } else if path_name.ends_with("yarn.lock") {
            if !line.starts_with([' ', '\t']) && !trimmed.is_empty() {
                let key = trimmed.trim_start_matches('"');
                pending = wanted.iter().copied().find(|name| {
                    key.strip_prefix(name)
                        .is_some_and(|rest| rest.starts_with('@'))
                });
            } else if let Some(rest) = trimmed.strip_prefix("version") {
                found = pending
                    .take()
                    .map(|name| (name, rest.trim_matches([' ', ':', '"'])));
            }
        } else if path_name.ends_with("package-lock.json") {
            if let Some(key) = trimmed
                .strip_suffix("\": {")
                .and_then(|key| key.strip_prefix('"'))
            {
                let name = key.rsplit("node_modules/").next().unwrap_or(key);
                pending = wanted.iter().copied().find(|wanted| *wanted == name);
            } else if let Some(rest) = trimmed.strip_prefix("\"version\": \"") {
                found = pending
                    .take()
                    .map(|name| (name, rest.split('"').next().unwrap_or_default()));
            }
        }
        if let Some((name, version)) =
            found.filter(|(_, version)| Version::parse(version).is_some())
            && !all
                .iter()
                .any(|seen| seen.name == name && seen.version == version)
        {
            all.push(Installed {
                name: name.to_owned(),
                version: version.to_owned(),
                line: index + 1,
            });
        }
    }
    all
}

/// The prefix of public variables, by the order in which the Convex CLI looks at the dependencies; empty when there is none.
pub fn public_prefix(package: &Value) -> &'static str {
    let has = |name: &str| {
        ["dependencies", "devDependencies"]
            .iter()
            .any(|field| package[*field].get(name).is_some())
    };
    let rows = [
        ("react-scripts", "REACT_APP_"),
        ("next", "NEXT_PUBLIC_"),
        ("expo", "EXPO_PUBLIC_"),
        ("@sveltejs/kit", "PUBLIC_"),
        ("@tanstack/start", "VITE_"),
        ("vite", "VITE_"),
    ];
    rows.iter()
        .find(|(name, _)| has(name))
        .map_or("", |(_, prefix)| prefix)
}

/// The kind and the name of a `CONVEX_DEPLOYMENT` value: `dev:happy-animal-123 # team: t`.
pub fn deployment(value: &str) -> Option<(&str, &str)> {
    value
        .split('#')
        .next()?
        .trim()
        .split_once(':')
        .filter(|(kind, name)| !kind.is_empty() && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Version, deployment, public_prefix, versions_in_lock};

    #[test]
    fn orders_versions() {
        let order = [
            "1.0.0-alpha.2",
            "1.0.0-alpha.10",
            "1.0.0",
            "1.42.2",
            "2.0.0",
        ];
        assert!(
            order
                .iter()
                .map(|text| Version::parse(text).unwrap())
                .is_sorted()
        );
        assert_eq!(Version::parse("^1.2"), None);
    }

    #[test]
    fn reads_lock_files() {
        let rows = [
            (
                "package-lock.json",
                "{\n \"node_modules/convex\": {\n  \"version\": \"1.2.3\",\n",
            ),
            (
                "pnpm-lock.yaml",
                "packages:\n  convex@1.2.3(react@19.0.0):\n",
            ),
            ("pnpm-lock.yaml", "packages:\n  /convex/1.2.3:\n"),
            ("yarn.lock", "convex@^1.0.0:\n  version \"1.2.3\"\n"),
            ("yarn.lock", "\"convex@npm:^1.0.0\":\n  version: 1.2.3\n"),
            (
                "bun.lock",
                "    \"convex\": [\"convex@1.2.3\", \"\", {}],\n",
            ),
        ];
        for (name, text) in rows {
            let found = versions_in_lock(name, text, &["convex"]);
            assert_eq!(found.len(), 1, "{name}: {text}");
            assert_eq!(found[0].version, "1.2.3");
        }
    }

    #[test]
    fn reads_the_rest() {
        assert_eq!(
            public_prefix(
                &serde_json::json!({"dependencies": {"next": "16"}, "devDependencies": {"vite": "8"}})
            ),
            "NEXT_PUBLIC_"
        );
        assert_eq!(
            deployment("dev:happy-animal-123 # team: t"),
            Some(("dev", "happy-animal-123"))
        );
    }
}
