//! The folders of a project: where its root is, and what matters in each folder below.
#![expect(clippy::disallowed_methods, reason = "gather reads the world")]

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::project::{FileState, read_file};
use crate::package;

/// Never looked into, as any folder whose name begins with a dot.
const SKIPPED: &[&str] = &["node_modules", "dist", "build", "out", "target", "coverage"];
/// Not looked into either, save where an app of that name is there.
const SKIPPED_BUT_APPS: &[&str] = &["vendor", "ios", "android"];
const DEEPEST: usize = 4;
const MOST_FOLDERS: usize = 2_000;
const MOST_ENTRIES: usize = 20_000;
const MOST_ANCESTORS: usize = 64;

/// What matters in one folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Names of files that may matter, whether or not they can be read.
    files: HashSet<String>,
    /// Names of folders, the skipped ones among them; links are left out, save `node_modules`.
    folders: Vec<PathBuf>,
    /// Whether a TypeScript or JavaScript file is here.
    pub(super) has_script: bool,
    /// Whether the folder exists and cannot be listed.
    pub(super) denied: bool,
    cut: bool,
}

impl Listing {
    /// Lists a folder once; a folder that cannot be listed is empty.
    pub(super) fn of(folder: &Path) -> Self {
        let mut listing = Self::default();
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                listing.denied =
                    !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
                return listing;
            }
        };
        for (count, entry) in entries.flatten().enumerate() {
            if count >= MOST_ENTRIES {
                listing.cut = true;
                break;
            }
            listing.add(&entry);
        }
        // Of one folder, so the text decides, and no path is taken apart.
        listing
            .folders
            .sort_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
        listing
    }

    fn add(&mut self, entry: &fs::DirEntry) {
        let name = entry.file_name();
        let Ok(kind) = entry.file_type() else { return };
        if kind.is_dir() || name == "node_modules" {
            self.folders.push(entry.path());
        } else if let Some(name) = name.to_str() {
            // A link to a folder is not followed, so there are no loops. A link that leads nowhere is no file.
            let is_file = kind.is_file()
                || matters(name)
                    && fs::metadata(entry.path()).map_or_else(
                        |error| error.kind() != ErrorKind::NotFound,
                        |data| !data.is_dir(),
                    );
            if is_file {
                let extension = Path::new(name).extension().and_then(OsStr::to_str);
                self.has_script |= matches!(extension, Some("ts" | "js"));
                if matters(name) {
                    self.files.insert(name.to_owned());
                }
            }
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.files.contains(name)
    }

    /// Whether a folder of that name is here.
    pub(super) fn has_folder(&self, name: &str) -> bool {
        self.folders
            .iter()
            .any(|folder| folder.file_name() == Some(OsStr::new(name)))
    }

    /// The path of a file here, if it exists.
    pub(super) fn path(&self, folder: &Path, name: &str) -> Option<PathBuf> {
        self.has(name).then(|| folder.join(name))
    }

    /// Whether an npm package or a Convex project begins here.
    pub(super) fn is_package(&self) -> bool {
        self.has("package.json") || self.has("convex.json")
    }
}

/// File names that anything looks for.
fn matters(name: &str) -> bool {
    name.starts_with(".env")
        || name.starts_with("auth.config.")
        || ["authConfig.", "auth-config."]
            .iter()
            .any(|start| name.starts_with(start))
        || name.contains("lock")
        || name == "npm-shrinkwrap.json"
        || [
            "package.json",
            "convex.json",
            "schema.ts",
            "tsconfig.json",
            "pnpm-workspace.yaml",
            "turbo.json",
            "nx.json",
            "lerna.json",
            "Cargo.toml",
        ]
        .contains(&name)
}

fn skipped(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.starts_with('.')
            || SKIPPED.contains(&&*name)
            || SKIPPED_BUT_APPS.contains(&&*name) && !folder.join("package.json").is_file()
    })
}

/// Whether a tool writes this folder: it may hold a `package.json` that is not the project's. Other folders with a dot may be projects.
fn generated(folder: &Path) -> bool {
    let names = [
        ".next",
        ".turbo",
        ".vercel",
        ".svelte-kit",
        ".expo",
        ".cache",
    ];
    folder
        .file_name()
        .and_then(OsStr::to_str)
        .is_some_and(|name| names.contains(&name) || SKIPPED.contains(&name))
}

/// Where to begin, as an absolute path without `..`.
pub(super) fn absolute(start: &Path) -> PathBuf {
    let dotted = start
        .components()
        .any(|part| matches!(part, Component::ParentDir));
    let path = if dotted {
        fs::canonicalize(start)
    } else {
        std::path::absolute(start)
    };
    let path = path.unwrap_or_else(|_| start.to_owned());
    match path.parent() {
        Some(parent) if path.is_file() => parent.to_owned(),
        _ => path,
    }
}

/// The highest folder up to the first with `.git` that marks a workspace; else the nearest package, then the nearest folder with a sign of a
/// project. Second, the nearest package.
pub(super) fn root(start: &Path, home: Option<&Path>) -> (PathBuf, PathBuf) {
    let real_home = home.and_then(|home| fs::canonicalize(home).ok());
    let is_top = |folder: &Path| {
        folder.parent().is_none()
            || home == Some(folder)
            || (real_home.is_some() && fs::canonicalize(folder).ok() == real_home)
    };
    let (mut workspace, mut package, mut weak) = (None, None, None);
    for folder in start.ancestors().take(MOST_ANCESTORS) {
        let top = is_top(folder);
        if top && folder != start {
            break;
        }
        let listing = Listing::of(folder);
        if marks_workspace(folder, &listing) {
            workspace = Some(folder);
        }
        if listing.is_package() && !generated(folder) {
            package = package.or(Some(folder));
        } else if listing.is_package()
            || listing.has_folder("convex")
            || listing.files.iter().any(|name| name.starts_with(".env"))
        {
            weak = weak.or(Some(folder));
        }
        // In a worktree it is a file.
        if top || fs::symlink_metadata(folder.join(".git")).is_ok() {
            break;
        }
    }
    let nearest = package.or(weak).unwrap_or(start);
    (workspace.unwrap_or(nearest).to_owned(), nearest.to_owned())
}

fn marks_workspace(folder: &Path, listing: &Listing) -> bool {
    ["pnpm-workspace.yaml", "turbo.json", "nx.json", "lerna.json"]
        .iter()
        .any(|name| listing.has(name))
        || (listing.has("package.json")
            && package_json(folder).is_some_and(|found| !package::workspaces(&found).is_empty()))
}

/// The `package.json` of a folder, if it can be read.
pub(super) fn package_json(folder: &Path) -> Option<serde_json::Value> {
    package::package_json(&text(&folder.join("package.json"))?)
}

/// The text of a file, if it can be read.
pub(super) fn text(path: &Path) -> Option<String> {
    match read_file(path) {
        FileState::Present(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        FileState::Absent | FileState::Unreadable(_) => None,
    }
}

/// All folders below the beginnings, breadth first, and whether some were left out for their number.
pub(super) fn walk(beginnings: &[&Path]) -> (BTreeMap<PathBuf, Listing>, bool) {
    let mut all = BTreeMap::new();
    let mut cut = false;
    let mut queue: VecDeque<(PathBuf, usize)> = beginnings
        .iter()
        .map(|folder| ((*folder).to_owned(), 0))
        .collect();
    while let Some((folder, depth)) = queue.pop_front() {
        if all.contains_key(&folder) {
            continue;
        }
        if all.len() >= MOST_FOLDERS {
            return (all, true);
        }
        let listing = Listing::of(&folder);
        cut |= listing.cut;
        if depth < DEEPEST {
            let inner = listing.folders.iter().filter(|inner| !skipped(inner));
            queue.extend(inner.map(|inner| (inner.clone(), depth + 1)));
        }
        all.insert(folder, listing);
    }
    (all, cut)
}
