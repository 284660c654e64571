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
    /// The 1-based line that says so; 0 where the whole file does.
    pub line: usize,
    /// Which copy it is, where there are several.
    pub copy: Copy,
}

/// Who gets a copy of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copy {
    /// The code in this folder, relative to the lock file, and below; empty for the lock file's own.
    Folder(String),
    /// The package of the workspace with this name.
    Package(String),
    /// Those who ask for one of these ranges.
    Ranges(Vec<String>),
    /// The lock file does not say.
    Unknown,
}

/// Who asks for a package.
#[derive(Debug, Clone, Default)]
pub struct Asker {
    /// Its folder, relative to the lock file, with `/`; empty for the lock file's own.
    pub folder: String,
    /// The name in its `package.json`.
    pub name: Option<String>,
    /// The range in its `package.json`, as written.
    pub range: Option<String>,
}

impl Asker {
    /// The copy of a package that it gets; `None` where that cannot be told.
    pub fn choose<'i>(&self, all: &'i [Installed], name: &str) -> Option<&'i Installed> {
        let rows = || all.iter().filter(|row| row.name == name);
        let above = |folder: &str| {
            let rest = self.folder.strip_prefix(folder);
            folder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let named = rows().find(|row| {
            matches!(&row.copy, Copy::Package(package) if self.name.as_ref() == Some(package))
        });
        let nearest = || {
            rows()
                .filter_map(|row| match &row.copy {
                    Copy::Folder(folder) if above(folder) => Some((folder.len(), row)),
                    _ => None,
                })
                .max_by_key(|(length, _)| *length)
                .map(|(_, row)| row)
        };
        let ranged = || {
            let range = self.range.as_ref()?;
            rows().find(|row| matches!(&row.copy, Copy::Ranges(ranges) if ranges.contains(range)))
        };
        let only = || {
            let first = rows().next()?;
            rows()
                .all(|row| row.version == first.version)
                .then_some(first)
        };
        named.or_else(nearest).or_else(ranged).or_else(only)
    }
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
    for (name, version, line, copy) in found {
        if all.len() == MOST_VERSIONS {
            break;
        }
        let Some(version) = Version::parse(&version) else {
            continue;
        };
        let is_known = |seen: &Installed| {
            seen.name == name
                && seen.version == version
                && (copy == Copy::Unknown || copy == seen.copy)
        };
        if !all.iter().any(is_known) {
            all.push(Installed {
                name: name.to_owned(),
                version,
                line,
                copy,
            });
        }
    }
    all
}

/// More versions of a few packages than this are in no workspace.
const MOST_VERSIONS: usize = 256;

/// Name, version as written, line, copy.
type Row<'a> = (&'a str, Cow<'a, str>, usize, Copy);

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
            let Some((folder, name)) = path.rsplit_once("node_modules/") else {
                continue;
            };
            // Code asks for the name of the folder: an alias is another package to it.
            if entry.name.as_deref().is_some_and(|own| own != name) {
                continue;
            }
            let row = npm_row(text, wanted, name, entry);
            let copy = Copy::Folder(folder.trim_end_matches('/').to_owned());
            found.extend(row.map(|(offset, name, version)| (offset, name, version, copy)));
        }
    } else if let Some(dependencies) = lock.dependencies {
        npm_tree(text, wanted, dependencies, "", &mut found);
    }
    found.sort_unstable_by_key(|(offset, ..)| *offset);
    let (mut line, mut at) = (1, 0);
    let rows = found.into_iter().map(|(offset, name, version, copy)| {
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[at..offset]).count();
        at = offset;
        (name, Cow::Owned(version), line, copy)
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
    folder: &str,
    found: &mut Vec<(usize, &'a str, String, Copy)>,
) {
    let entries: BTreeMap<String, NpmEntry<'a>> =
        serde_json::from_str(dependencies.get()).unwrap_or_default();
    for (name, entry) in &entries {
        let row = npm_row(text, wanted, name, entry);
        let copy = Copy::Folder(folder.to_owned());
        found.extend(row.map(|(offset, name, version)| (offset, name, version, copy)));
        if let Some(inner) = entry.dependencies {
            npm_tree(text, wanted, inner, &format!("node_modules/{name}"), found);
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
            all.push((*name, version.into(), index + 1, Copy::Unknown));
        }
    }
    all
}

/// What each package of the workspace gets, under `importers:` or, where there is one package only, at the margin: `convex: 1.2.3_react@19.0.0`
/// (5), or `version: 1.2.3(react@19.0.0)` below the name. Then keys two blanks deep under `packages:` and `snapshots:`:
/// `/convex/1.2.3_react@19.0.0` (5), `/convex@1.2.3(react@19.0.0)` (6), `convex@1.2.3` (9).
fn pnpm<'a>(text: &'a str, wanted: &[&'a str]) -> Vec<Row<'a>> {
    let bare = |key: &'a str| key.trim_start_matches(['\'', '"']);
    let mut all = Vec::new();
    let (mut section, mut importer, mut pending) = ("", "", None);
    for (index, line) in text.lines().enumerate() {
        let mut push = |name, version: &'a str, copy| {
            let version = version.split(['(', '_', ':', '\'', '"']).next();
            all.push((name, version.unwrap_or_default().into(), index + 1, copy));
        };
        let Some(key) = line.strip_prefix("  ") else {
            if !line.trim().is_empty() {
                (section, importer, pending) = (line.trim_end().trim_end_matches(':'), "", None);
            }
            continue;
        };
        let is_deep = key.starts_with(' ');
        match section {
            "packages" | "snapshots" if !is_deep => {
                let key = bare(key).trim_start_matches('/');
                for name in wanted {
                    let rest = key.strip_prefix(name);
                    if let Some(rest) = rest.and_then(|rest| rest.strip_prefix(['@', '/'])) {
                        push(*name, rest, Copy::Unknown);
                    }
                }
            }
            "importers" if !is_deep => {
                importer = bare(key).trim_end_matches([':', '\'', '"']);
                importer = importer.trim_start_matches("./").trim_start_matches('.');
            }
            "importers" | "dependencies" | "devDependencies" | "optionalDependencies" => {
                let Some((key, value)) = key.trim().split_once(':') else {
                    continue;
                };
                let (key, value) = (bare(key).trim_end_matches(['\'', '"']), value.trim());
                let copy = || Copy::Folder(importer.to_owned());
                let value = value.trim_start_matches(['\'', '"']);
                match (wanted.iter().find(|name| **name == key), key, pending) {
                    (Some(name), ..) if value.is_empty() => pending = Some(*name),
                    (Some(name), ..) => push(*name, value, copy()),
                    (None, "specifier", _) => {}
                    (None, "version", Some(name)) => {
                        push(name, value, copy());
                        pending = None;
                    }
                    _ => pending = None,
                }
            }
            _ => {}
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
            pending = wanted.iter().find_map(|name| {
                let asked = line.trim_end_matches(':').split(',').map(|one| {
                    let range = one.trim().trim_matches('"').strip_prefix(name)?;
                    let range = range.strip_prefix('@')?;
                    Some(range.strip_prefix("npm:").unwrap_or(range).to_owned())
                });
                let ranges = asked.collect::<Option<Vec<String>>>()?;
                let foreign = ranges.iter().any(|range| range.starts_with("workspace:"));
                (!foreign).then_some((*name, ranges))
            });
        } else if let Some(rest) = line
            .trim()
            .strip_prefix("version")
            .filter(|rest| rest.starts_with([' ', ':']))
            && let Some((name, ranges)) = pending.take()
        {
            let version = rest.trim_matches([' ', ':', '"']);
            all.push((name, version.into(), index + 1, Copy::Ranges(ranges)));
        }
    }
    all
}

/// One line a package: `"convex": ["convex@1.2.3", "", { … }, "sha512-…"],`; the key is a path where there are several versions.
fn bun<'a>(text: &'a str, wanted: &[&'a str]) -> Vec<Row<'a>> {
    let mut all = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((key, value)) = line.split_once("\": [\"") else {
            continue;
        };
        let key = key.trim().trim_start_matches('"');
        for name in wanted {
            let rest = value.strip_prefix(name);
            // Code asks for the key: an alias is another package to it.
            let (Some(rest), Some(above)) = (
                rest.and_then(|rest| rest.strip_prefix('@')),
                key.strip_suffix(name),
            ) else {
                continue;
            };
            let copy = match above.strip_suffix('/') {
                None if above.is_empty() => Copy::Folder(String::new()),
                Some(package) => Copy::Package(package.to_owned()),
                None => continue,
            };
            let version = rest.split('"').next().unwrap_or_default();
            all.push((*name, version.into(), index + 1, copy));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{Asker, versions_in_lock};

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
        ];
        assert_eq!(found("package-lock.json", text), expected);
        // A conflict: no JSON, so the lines must do.
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
            ["convex@1.0.0:7", "@clerk/backend@0.38.3:11"]
        );
    }

    #[test]
    fn pnpm_6() {
        let text = "lockfileVersion: '6.0'\n\nimporters:\n\n  packages/backend:\n    dependencies:\n      convex:\n        specifier: ^1.9.0\n        version: 1.9.1(react@18.2.0)\n\npackages:\n\n  /@clerk/nextjs@4.29.9(next@14.1.0)(react@18.2.0):\n    resolution: {integrity: sha512-x}\n    dependencies:\n      '@clerk/backend': 0.38.3\n\n  /convex@1.9.1(@clerk/clerk-react@4.30.7)(react@18.2.0):\n    dev: false\n";
        assert_eq!(
            found("apps/pnpm-lock.yaml", text),
            ["convex@1.9.1:9", "@clerk/nextjs@4.29.9:13"]
        );
    }

    #[test]
    fn pnpm_9() {
        let text = "lockfileVersion: '9.0'\n\noverrides:\n  convex@1.0.0: 1.1.0\n\nimporters:\n\n  .:\n    dependencies:\n      convex:\n        specifier: ^1.31.0\n        version: 1.31.2(react@19.2.0)\n\npackages:\n\n  '@clerk/backend@2.19.0':\n    resolution: {integrity: sha512-x}\n\n  convex@1.31.2:\n    resolution: {integrity: sha512-y}\n\nsnapshots:\n\n  '@clerk/backend@2.19.0(react@19.2.0)':\n    dependencies:\n      cookie: 1.0.2\n\n  convex@1.31.2(react@19.2.0):\n    dependencies:\n      esbuild: 0.25.4\n";
        assert_eq!(
            found("pnpm-lock.yaml", text),
            ["convex@1.31.2:12", "@clerk/backend@2.19.0:16"]
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

    /// The version of convex that an asker gets.
    fn chosen(lock: &str, text: &str, folder: &str, range: &str) -> Option<String> {
        let asker = Asker {
            folder: folder.to_owned(),
            name: folder.rsplit('/').next().map(str::to_owned),
            range: Some(range.to_owned()),
        };
        let all = versions_in_lock(lock, text, WANTED);
        let chosen = asker.choose(&all, "convex");
        chosen.map(|installed| installed.version.to_string())
    }

    #[test]
    fn each_asker_gets_its_own_copy() {
        let npm = r#"{"packages": {
            "node_modules/convex": {"version": "1.45.0"},
            "node_modules/convex-old": {"name": "convex", "version": "1.2.0"},
            "apps/web/node_modules/convex": {"version": "1.33.0"},
            "node_modules/x/node_modules/convex": {"version": "1.10.0"}}}"#;
        let pnpm = "importers:\n\n  .:\n    dependencies:\n      convex:\n        specifier: ^1.45.0\n        version: 1.45.0(react@19.0.0)\n\n  apps/web:\n    dependencies:\n      convex:\n        specifier: 1.33.0\n        version: 1.33.0\n\npackages:\n\n  convex@1.33.0:\n    x: y\n\n  convex@1.45.0:\n    x: y\n";
        let yarn = "convex@1.33.0:\n  version \"1.33.0\"\n\nconvex@^1.40.0, convex@^1.42.2:\n  version \"1.45.0\"\n";
        let bun = "{\n    \"convex\": [\"convex@1.45.0\", \"\", {}, \"x\"],\n    \"convex-old\": [\"convex@1.2.0\", \"\", {}, \"x\"],\n    \"web/convex\": [\"convex@1.33.0\", \"\", {}, \"x\"],\n}\n";
        for (lock, text) in [
            ("package-lock.json", npm),
            ("pnpm-lock.yaml", pnpm),
            ("yarn.lock", yarn),
            ("bun.lock", bun),
        ] {
            let old = chosen(lock, text, "apps/web", "1.33.0");
            assert_eq!(old.as_deref(), Some("1.33.0"), "{lock}");
            let new = chosen(lock, text, "apps/webbing", "^1.42.2");
            assert_eq!(new.as_deref(), Some("1.45.0"), "{lock}");
        }
        assert_eq!(chosen("yarn.lock", yarn, "", "^1.1.0"), None);
    }
}
