//! Lock files of npm, pnpm, Yarn and Bun: which versions are installed, and which line says so.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Version;

/// A package found in a lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The name of the package.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// The 1-based line that says so.
    pub line: usize,
}

/// The installed versions of the wanted packages, from the text of `package-lock.json`, `pnpm-lock.yaml`, `yarn.lock` or `bun.lock`, in
/// the order of the file, each once. A package of the workspace itself is not an installed one.
pub fn versions_in_lock(path_name: &str, text: &str, wanted: &[&str]) -> Vec<Installed> {
    let found = if path_name.ends_with("pnpm-lock.yaml") {
        pnpm(text, wanted)
    } else if path_name.ends_with("bun.lock") {
        bun(text, wanted)
    } else if path_name.ends_with("yarn.lock") {
        yarn(text, wanted)
    } else if path_name.ends_with("package-lock.json") || path_name.ends_with("shrinkwrap.json") {
        npm(text, wanted).unwrap_or_else(|| npm_by_lines(text, wanted))
    } else {
        Vec::new()
    };
    let mut all: Vec<Installed> = Vec::new();
    for (name, version, line) in found {
        if all.len() == MOST_VERSIONS {
            break;
        }
        let Some(version) = Version::parse(&version) else {
            continue;
        };
        if !all
            .iter()
            .any(|seen| seen.name == name && seen.version == version)
        {
            all.push(Installed {
                name: name.to_owned(),
                version,
                line,
            });
        }
    }
    all
}

/// More versions of a few packages than this are in no workspace.
const MOST_VERSIONS: usize = 256;

/// Name, version as written, line.
type Row<'a> = (&'a str, Cow<'a, str>, usize);

/// One entry of `packages` (versions 2 and 3) or `dependencies` (version 1).
#[derive(Deserialize)]
struct NpmEntry<'a> {
    #[serde(borrow)]
    version: Option<&'a RawValue>,
    /// Only where it is not the name of the folder.
    name: Option<String>,
    #[serde(borrow, default)]
    dependencies: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct NpmLock<'a> {
    #[serde(borrow)]
    packages: Option<BTreeMap<String, NpmEntry<'a>>>,
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
}

fn npm<'a>(text: &'a str, wanted: &[&'a str]) -> Option<Vec<Row<'a>>> {
    let lock: NpmLock<'a> = serde_json::from_str(text).ok()?;
    // Offset of the version, name, version.
    let mut found = Vec::new();
    if let Some(packages) = &lock.packages {
        for (path, entry) in packages {
            let Some((_, folder)) = path.rsplit_once("node_modules/") else {
                continue;
            };
            let name = entry.name.as_deref().unwrap_or(folder);
            found.extend(npm_row(text, wanted, name, entry));
        }
    } else if let Some(dependencies) = lock.dependencies {
        npm_tree(text, wanted, dependencies, &mut found);
    }
    found.sort_unstable_by_key(|(offset, ..)| *offset);
    let (mut line, mut at) = (1, 0);
    let rows = found.into_iter().map(|(offset, name, version)| {
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[at..offset]).count();
        at = offset;
        (name, Cow::Owned(version), line)
    });
    Some(rows.collect())
}

fn npm_row<'a>(
    text: &str,
    wanted: &[&'a str],
    name: &str,
    entry: &NpmEntry<'_>,
) -> Option<(usize, &'a str, String)> {
    let name = wanted.iter().find(|wanted| **wanted == name)?;
    let raw = entry.version?.get();
    // The raw value is a part of the text.
    let offset = (raw.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some((
        offset.min(text.len()),
        name,
        serde_json::from_str(raw).ok()?,
    ))
}

/// The tree of version 1, where an entry has its own `dependencies`. The parser stops at a depth of 128.
fn npm_tree<'a>(
    text: &'a str,
    wanted: &[&'a str],
    dependencies: &'a RawValue,
    found: &mut Vec<(usize, &'a str, String)>,
) {
    let entries: BTreeMap<String, NpmEntry<'a>> =
        serde_json::from_str(dependencies.get()).unwrap_or_default();
    for (name, entry) in &entries {
        found.extend(npm_row(text, wanted, name, entry));
        if let Some(inner) = entry.dependencies {
            npm_tree(text, wanted, inner, found);
        }
    }
}

/// The same of a file that is not JSON, for instance because of conflict markers.
fn npm_by_lines<'a>(text: &'a str, wanted: &[&'a str]) -> Vec<Row<'a>> {
    let mut all = Vec::new();
    let mut pending = None;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if let Some(key) = trimmed
            .strip_suffix("\": {")
            .and_then(|key| key.strip_prefix('"'))
        {
            let name = key.rsplit("node_modules/").next().unwrap_or(key);
            pending = wanted.iter().find(|wanted| **wanted == name);
        } else if let Some(rest) = trimmed.strip_prefix("\"version\": \"")
            && let Some(name) = pending.take()
        {
            let version = rest.split('"').next().unwrap_or_default();
            all.push((*name, version.into(), index + 1));
        }
    }
    all
}

/// Keys two blanks deep under `packages:` and `snapshots:`: `/convex/1.2.3_react@19.0.0` (5), `/convex@1.2.3(react@19.0.0)` (6),
/// `convex@1.2.3` (9).
fn pnpm<'a>(text: &'a str, wanted: &[&'a str]) -> Vec<Row<'a>> {
    let mut all = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        let Some(key) = line.strip_prefix("  ") else {
            if !line.trim().is_empty() {
                inside = ["packages:", "snapshots:"].contains(&line.trim_end());
            }
            continue;
        };
        if !inside || key.starts_with(' ') {
            continue;
        }
        let key = key.trim_start_matches(['\'', '"']).trim_start_matches('/');
        for name in wanted {
            if let Some(rest) = key
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(['@', '/']))
            {
                let version = rest.split(['(', '_', ':', '\'', '"']).next();
                all.push((*name, version.unwrap_or_default().into(), index + 1));
            }
        }
    }
    all
}

/// `convex@^1.0.0, convex@^1.2.0:` then `  version "1.2.3"` (classic); `"convex@npm:^1.0.0":` then `  version: 1.2.3` (berry).
fn yarn<'a>(text: &'a str, wanted: &[&'a str]) -> Vec<Row<'a>> {
    let mut all = Vec::new();
    let mut pending = None;
    for (index, line) in text.lines().enumerate() {
        if !line.starts_with([' ', '\t']) {
            let key = line.trim_start_matches('"');
            pending = wanted.iter().find(|name| {
                key.strip_prefix(**name)
                    .and_then(|rest| rest.strip_prefix('@'))
                    .is_some_and(|range| !range.starts_with("workspace:"))
            });
        } else if let Some(rest) = line
            .trim()
            .strip_prefix("version")
            .filter(|rest| rest.starts_with([' ', ':']))
            && let Some(name) = pending.take()
        {
            let version = rest.trim_matches([' ', ':', '"']);
            all.push((*name, version.into(), index + 1));
        }
    }
    all
}

/// One line a package: `"convex": ["convex@1.2.3", "", { … }, "sha512-…"],`; the key is a path where there are several versions.
fn bun<'a>(text: &'a str, wanted: &[&'a str]) -> Vec<Row<'a>> {
    let mut all = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((_, value)) = line.split_once("\": [\"") else {
            continue;
        };
        for name in wanted {
            if let Some(rest) = value
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('@'))
            {
                let version = rest.split('"').next().unwrap_or_default();
                all.push((*name, version.into(), index + 1));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::versions_in_lock;

    const WANTED: &[&str] = &["convex", "@clerk/backend", "@clerk/nextjs"];

    fn found(name: &str, text: &str) -> Vec<String> {
        versions_in_lock(name, text, WANTED)
            .into_iter()
            .map(|seen| format!("{}@{}:{}", seen.name, seen.version, seen.line))
            .collect()
    }

    #[test]
    fn npm_1() {
        let text = r#"{
  "name": "app",
  "version": "0.1.0",
  "lockfileVersion": 1,
  "requires": true,
  "dependencies": {
    "@clerk/nextjs": {
      "version": "4.29.9",
      "resolved": "https://registry.example/@clerk/nextjs/-/nextjs-4.29.9.tgz",
      "requires": { "@clerk/backend": "0.38.3" },
      "dependencies": {
        "@clerk/backend": {
          "version": "0.38.3"
        }
      }
    },
    "convex": {
      "version": "1.10.0",
      "requires": { "esbuild": "0.17.19" }
    },
    "convex-helpers": {
      "version": "0.1.30"
    }
  }
}"#;
        assert_eq!(
            found("package-lock.json", text),
            [
                "@clerk/nextjs@4.29.9:8",
                "@clerk/backend@0.38.3:13",
                "convex@1.10.0:18"
            ]
        );
    }

    #[test]
    fn npm_2_and_3() {
        let text = r#"{
  "name": "app",
  "lockfileVersion": 3,
  "packages": {
    "": {
      "name": "convex",
      "version": "0.1.0",
      "workspaces": ["packages/*"],
      "dependencies": { "convex": "^1.17.0" }
    },
    "node_modules/@clerk/backend": {
      "version": "1.15.0",
      "engines": { "node": ">=18" }
    },
    "node_modules/@clerk/nextjs/node_modules/@clerk/backend": {
      "version": "1.14.0"
    },
    "node_modules/backend": {
      "resolved": "packages/convex",
      "link": true
    },
    "node_modules/convex": {
      "version": "1.17.4",
      "license": "Apache-2.0"
    },
    "node_modules/old": {
      "name": "convex",
      "version": "1.2.0"
    },
    "packages/convex": {
      "name": "convex",
      "version": "0.0.0"
    }
  },
  "dependencies": {
    "convex": {
      "version": "1.17.4"
    }
  }
}"#;
        let expected = [
            "@clerk/backend@1.15.0:12",
            "@clerk/backend@1.14.0:16",
            "convex@1.17.4:23",
            "convex@1.2.0:28",
        ];
        assert_eq!(found("package-lock.json", text), expected);
        // A conflict: no JSON, so the lines must do; an alias is then not seen as such.
        let broken = text.replace(
            "    \"node_modules/convex\"",
            "<<<<<<< HEAD\n    \"node_modules/convex\"",
        );
        assert!(found("package-lock.json", &broken).contains(&"convex@1.17.4:24".to_owned()));
    }

    #[test]
    fn pnpm_5() {
        let text = "lockfileVersion: 5.4\n\nspecifiers:\n  convex: ^1.0.0\n\ndependencies:\n  convex: 1.0.0_react@18.2.0\n\npackages:\n\n  /@clerk/backend/0.38.3_react@18.2.0:\n    resolution: {integrity: sha512-x}\n    peerDependencies:\n      convex: '*'\n    dev: false\n\n  /convex-helpers/0.1.0:\n    dev: false\n\n  /convex/1.0.0_react@18.2.0:\n    resolution: {integrity: sha512-y}\n";
        assert_eq!(
            found("pnpm-lock.yaml", text),
            ["@clerk/backend@0.38.3:11", "convex@1.0.0:20"]
        );
    }

    #[test]
    fn pnpm_6() {
        let text = "lockfileVersion: '6.0'\n\nimporters:\n\n  packages/backend:\n    dependencies:\n      convex:\n        specifier: ^1.9.0\n        version: 1.9.1(react@18.2.0)\n\npackages:\n\n  /@clerk/nextjs@4.29.9(next@14.1.0)(react@18.2.0):\n    resolution: {integrity: sha512-x}\n    dependencies:\n      '@clerk/backend': 0.38.3\n\n  /convex@1.9.1(@clerk/clerk-react@4.30.7)(react@18.2.0):\n    dev: false\n";
        assert_eq!(
            found("apps/pnpm-lock.yaml", text),
            ["@clerk/nextjs@4.29.9:13", "convex@1.9.1:18"]
        );
    }

    #[test]
    fn pnpm_9() {
        let text = "lockfileVersion: '9.0'\n\noverrides:\n  convex@1.0.0: 1.1.0\n\nimporters:\n\n  .:\n    dependencies:\n      convex:\n        specifier: ^1.31.0\n        version: 1.31.2(react@19.2.0)\n\npackages:\n\n  '@clerk/backend@2.19.0':\n    resolution: {integrity: sha512-x}\n\n  convex@1.31.2:\n    resolution: {integrity: sha512-y}\n\nsnapshots:\n\n  '@clerk/backend@2.19.0(react@19.2.0)':\n    dependencies:\n      cookie: 1.0.2\n\n  convex@1.31.2(react@19.2.0):\n    dependencies:\n      esbuild: 0.25.4\n";
        assert_eq!(
            found("pnpm-lock.yaml", text),
            ["@clerk/backend@2.19.0:16", "convex@1.31.2:19"]
        );
    }

    #[test]
    fn yarn_classic() {
        let text = "# yarn lockfile v1\n\n\n\"@clerk/backend@0.38.3\":\n  version \"0.38.3\"\n  resolved \"https://registry.example/x\"\n  dependencies:\n    convex \"^1.0.0\"\n\nconvex-helpers@^0.1.0:\n  version \"0.1.2\"\n\nconvex@^1.0.0, convex@^1.9.0:\n  version \"1.9.1\"\n";
        assert_eq!(
            found("yarn.lock", text),
            ["@clerk/backend@0.38.3:5", "convex@1.9.1:14"]
        );
    }

    #[test]
    fn yarn_berry() {
        let text = "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"@clerk/backend@npm:^2.0.0\":\n  version: 2.19.0\n  resolution: \"@clerk/backend@npm:2.19.0\"\n\n\"@clerk/nextjs@workspace:packages/nextjs\":\n  version: 0.0.0-use.local\n  resolution: \"@clerk/nextjs@workspace:packages/nextjs\"\n\n\"convex@npm:^1.17.0, convex@npm:^1.31.0\":\n  version: 1.31.2\n";
        assert_eq!(
            found("yarn.lock", text),
            ["@clerk/backend@2.19.0:6", "convex@1.31.2:14"]
        );
    }

    #[test]
    fn bun_text() {
        let text = "{\n  \"lockfileVersion\": 1,\n  \"workspaces\": {\n    \"\": {\n      \"name\": \"app\",\n      \"dependencies\": {\n        \"convex\": \"^1.17.0\",\n      },\n    },\n  },\n  \"packages\": {\n    \"@clerk/backend\": [\"@clerk/backend@2.19.0\", \"\", { \"dependencies\": { \"convex\": \"^1.0.0\" } }, \"sha512-x\"],\n\n    \"@clerk/nextjs\": [\"@clerk/nextjs@workspace:packages/nextjs\"],\n\n    \"convex\": [\"convex@1.31.2\", \"\", { \"bin\": { \"convex\": \"bin/main.js\" } }, \"sha512-y\"],\n\n    \"old/convex\": [\"convex@1.2.0\", \"\", {}, \"sha512-z\"],\n  }\n}\n";
        assert_eq!(
            found("bun.lock", text),
            [
                "@clerk/backend@2.19.0:12",
                "convex@1.31.2:16",
                "convex@1.2.0:18"
            ]
        );
        assert!(found("bun.lockb", text).is_empty() && found("other.lock", text).is_empty());
    }
}
