//! Readers of `package.json`, `convex.json`, lock files and other JSON beside them: the framework, and which versions are installed.

mod lock;

pub use lock::{Asker, Copy, Installed, versions_in_lock};

use std::cmp::Ordering;
use std::fmt;

use serde::Deserialize;
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
    /// A release.
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self {
            numbers: [major, minor, patch],
            prerelease: None,
        }
    }

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

    /// The version that a range asks for, when it allows one only: `1.2.3`, and with what npm reads over, `=1.2.3` and `v1.2.3`.
    pub fn exact(range: &str) -> Option<Self> {
        let version = range.trim().trim_start_matches(['=', 'v', ' ', '\t']);
        let is_one = !version.contains(|sign: char| sign.is_whitespace() || sign == '|');
        is_one.then(|| Self::parse(version)).flatten()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(formatter, "{major}.{minor}.{patch}")?;
        self.prerelease
            .iter()
            .try_for_each(|text| write!(formatter, "-{text}"))
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

/// What is in a `package.json`; `None` when it is not JSON.
pub fn package_json(text: &str) -> Option<Value> {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()
}

/// Whether a `package.json` names a package among its dependencies of any kind.
pub fn depends_on(package: &Value, name: &str) -> bool {
    dependencies(package).any(|(own, _)| own == name)
}

/// Whether a `package.json` names one of Clerk's packages, or of the community's for it.
pub fn depends_on_clerk(package: &Value) -> bool {
    dependencies(package).any(|(name, _)| {
        name.starts_with("@clerk/") || matches!(name.as_str(), "svelte-clerk" | "vue-clerk")
    })
}

/// Clerk's packages with React components, which `ConvexProviderWithClerk` is used with.
const WITH_REACT: [&str; 11] = [
    "@clerk/chrome-extension",
    "@clerk/clerk-expo",
    "@clerk/clerk-react",
    "@clerk/elements",
    "@clerk/expo",
    "@clerk/nextjs",
    "@clerk/react",
    "@clerk/react-router",
    "@clerk/remix",
    "@clerk/tanstack-react-start",
    "@clerk/tanstack-start",
];

/// Whether a `package.json` names a package of Clerk that signs users in with React, where Convex's own provider asks for the token.
pub fn depends_on_clerk_react(package: &Value) -> bool {
    dependencies(package).any(|(name, _)| WITH_REACT.contains(&name.as_str()))
}

/// The range that a `package.json` asks for.
pub fn range<'p>(package: &'p Value, name: &str) -> Option<&'p str> {
    let mut all = dependencies(package);
    all.find_map(|(own, range)| range.as_str().filter(|_| own == name))
}

fn dependencies(package: &Value) -> impl Iterator<Item = (&String, &Value)> {
    ["dependencies", "devDependencies", "peerDependencies"]
        .into_iter()
        .filter_map(|field| package[field].as_object())
        .flatten()
}

/// The version in the text of `node_modules/NAME/package.json`.
pub fn installed_version(package_json_text: &str) -> Option<Version> {
    Version::parse(package_json(package_json_text)?.get("version")?.as_str()?)
}

/// The globs of `workspaces` in a `package.json`, in either of its two forms; empty when there are none.
pub fn workspaces(package: &Value) -> Vec<String> {
    let field = &package["workspaces"];
    let list = field.as_array().or_else(|| field["packages"].as_array());
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect()
}

/// The globs of `packages` in a `pnpm-workspace.yaml`: a list of lines, or one in brackets.
pub fn pnpm_workspaces(text: &str) -> Vec<String> {
    let mut lines = text
        .lines()
        .skip_while(|line| !line.starts_with("packages:"));
    let mut all = Vec::new();
    let first = lines
        .next()
        .and_then(|line| line.strip_prefix("packages:"))
        .unwrap_or_default();
    if let Some(list) = first.trim().strip_prefix('[') {
        all.extend(list.split(']').next().unwrap_or_default().split(','));
    } else {
        for line in lines {
            let trimmed = line.trim();
            if let Some(item) = trimmed.strip_prefix("- ") {
                all.push(item);
            } else if !trimmed.is_empty() && !trimmed.starts_with('#') {
                break;
            }
        }
    }
    all.into_iter()
        .map(|item| yaml_text(item.trim()))
        .filter(|item| !item.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

/// A YAML scalar of one line, without quotes and comment.
fn yaml_text(text: &str) -> &str {
    for quote in ['\'', '"'] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or_default();
        }
    }
    text.split(" #").next().unwrap_or_default().trim()
}

/// What matters of a `convex.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConvexJson {
    /// The folder of functions as written.
    pub functions: Option<String>,
    /// The 1-based line and the name of a key that looks as if it configured authentication: `authInfo`, unless it is empty, or one that Convex does
    /// not know.
    pub auth: Option<(usize, String)>,
}

/// Keys that people put into `convex.json` for providers; Convex reads only the first, and wants it gone.
const AUTH_KEYS: &[&str] = &["authInfo", "authProviders", "auth", "providers"];

/// Reads a `convex.json`, with comments and trailing commas; `None` when it is no JSON object.
pub fn convex_json(text: &str) -> Option<ConvexJson> {
    let plain = without_comments(text.trim_start_matches('\u{feff}'));
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(&plain) else {
        return None;
    };
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    let auth = AUTH_KEYS
        .iter()
        .find(|key| fields.get(**key).is_some_and(|value| !empty(value)));
    Some(ConvexJson {
        functions: fields
            .get("functions")
            .and_then(Value::as_str)
            .map(ToOwned::to_owned),
        auth: auth.map(|key| (line_of_key(&plain, key), (*key).to_owned())),
    })
}

/// The 1-based line of a key of the outermost object.
fn line_of_key(text: &str, key: &str) -> usize {
    let (mut depth, mut line, mut at) = (0_usize, 1, 0);
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'\n' => line += 1,
            b'"' => {
                let end = string_end(bytes, at);
                let named = text.get(at + 1..end - 1) == Some(key)
                    && text[end..].trim_start().starts_with(':');
                if depth == 1 && named {
                    return line;
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    1
}

/// The offset after the string that begins at `open`.
fn string_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The text with blanks for comments and for commas before a closing bracket; lines stay where they are.
fn without_comments(text: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    let mut at = 0;
    // The last comma after which nothing but blanks and comments was seen.
    let mut comma = None;
    while at < out.len() {
        let end = match out[at..] {
            [b'"', ..] => {
                comma = None;
                at = string_end(&out, at);
                continue;
            }
            [b'/', b'/', ..] => memchr::memchr(b'\n', &out[at..]).map_or(out.len(), |to| at + to),
            [b'/', b'*', ..] => {
                memchr::memmem::find(&out[at + 2..], b"*/").map_or(out.len(), |to| at + to + 4)
            }
            [b'}' | b']', ..] => {
                if let Some(comma) = comma.take() {
                    out[comma] = b' ';
                }
                at
            }
            [b',', ..] => {
                comma = Some(at);
                at
            }
            [other, ..] if !other.is_ascii_whitespace() => {
                comma = None;
                at
            }
            _ => at,
        };
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + 1);
    }
    // Whole characters are blanked, so this holds.
    String::from_utf8(out).unwrap_or_default()
}

/// The publishable key of Clerk's `keyless.json`. The secret key beside it is skipped by the parser and never held.
pub fn keyless_publishable_key(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Keyless {
        publishable_key: Option<String>,
    }
    serde_json::from_str::<Keyless>(text).ok()?.publishable_key
}

#[cfg(test)]
mod tests {
    use super::{
        ConvexJson, Version, convex_json, deployment, installed_version, keyless_publishable_key,
        pnpm_workspaces, public_prefix, workspaces,
    };
    use serde_json::json;

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
    fn a_range_of_one_version_is_exact() {
        for range in ["1.33.0", "=1.33.0", "v1.33.0", " 1.33.0\t", "= v1.33.0"] {
            assert_eq!(
                Version::exact(range),
                Some(Version::new(1, 33, 0)),
                "{range}"
            );
        }
        for range in [
            "^1.33.0",
            "~1.33.0",
            ">=1.33.0",
            "1.33",
            "1.33.0 - 1.40.0",
            "1.33.0-alpha.1 || 1.40.0",
            "latest",
            "*",
            "",
        ] {
            assert_eq!(Version::exact(range), None, "{range}");
        }
    }

    #[test]
    fn writes_versions() {
        assert_eq!(Version::new(1, 42, 2), Version::parse("1.42.2").unwrap());
        for text in ["1.42.2", "2.0.0-alpha.1"] {
            assert_eq!(Version::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            installed_version(r#"{"name": "convex", "version": "1.33.0+x"}"#),
            Some(Version::new(1, 33, 0))
        );
        assert_eq!(installed_version("{"), None);
    }

    #[test]
    fn reads_workspaces() {
        let plain = json!({"workspaces": ["apps/*", "packages/*"]});
        let named = json!({"workspaces": {"packages": ["apps/*", "packages/*"], "nohoist": []}});
        assert_eq!(workspaces(&plain), ["apps/*", "packages/*"]);
        assert_eq!(workspaces(&named), ["apps/*", "packages/*"]);
        assert!(workspaces(&json!({"name": "x"})).is_empty());
        let rows = [
            "packages:\n  - \"apps/*\"\n  - 'packages/*' # all\ncatalog:\n  - none\n",
            "# c\nonlyBuilt: true\npackages:\n\n- apps/*\n# c\n- packages/*   # all\n",
            "packages: ['apps/*', packages/*]\n",
        ];
        for text in rows {
            assert_eq!(pnpm_workspaces(text), ["apps/*", "packages/*"], "{text}");
        }
        assert!(pnpm_workspaces("catalog:\n  - x\n").is_empty());
    }

    #[test]
    fn reads_convex_json() {
        let text = r#"{
  // "authInfo": a comment, "über"
  "$schema": "https://example.com//schema.json", /* two
  lines */
  "functions": "src/convex/",
  "node": { "auth": "x", "externalPackages": ["*",], },
  "authInfo": [{ "domain": "https://x" }],
}"#;
        assert_eq!(
            convex_json(text),
            Some(ConvexJson {
                functions: Some("src/convex/".to_owned()),
                auth: Some((7, "authInfo".to_owned())),
            })
        );
        assert_eq!(
            convex_json("{\n\"authProviders\": [\"clerk\"]}").and_then(|found| found.auth),
            Some((2, "authProviders".to_owned()))
        );
        for quiet in [r#"{"authInfo": []}"#, "{}"] {
            assert_eq!(convex_json(quiet), Some(ConvexJson::default()), "{quiet}");
        }
        for broken in ["", "{\"functions\": 1", "[]"] {
            assert_eq!(convex_json(broken), None, "{broken}");
        }
    }

    #[test]
    fn reads_convex_json_of_any_shape() {
        arbtest::arbtest(|source| {
            let parts = [
                "{", "}", "\"", "\\", "/*", "*/", "//", ",", "]", "é", "\n", "a", ":",
            ];
            let count = source.int_in_range(0..=40)?;
            let text = (0..count)
                .map(|_| source.choose(&parts).copied())
                .collect::<Result<String, _>>()?;
            drop(convex_json(&text));
            drop(pnpm_workspaces(&text));
            Ok(())
        });
    }

    #[test]
    fn reads_only_the_publishable_key() {
        let text = r#"{"publishableKey": "pk_test_x", "secretKey": "sk_test_y", "claimUrl": "u"}"#;
        assert_eq!(keyless_publishable_key(text).as_deref(), Some("pk_test_x"));
        assert_eq!(keyless_publishable_key("{"), None);
    }

    #[test]
    fn reads_the_rest() {
        assert_eq!(
            public_prefix(
                &json!({"dependencies": {"next": "16"}, "devDependencies": {"vite": "8"}})
            ),
            "NEXT_PUBLIC_"
        );
        assert_eq!(
            deployment("dev:happy-animal-123 # team: t"),
            Some(("dev", "happy-animal-123"))
        );
    }
}
