//! Finds the project around a folder: apps with their env files, Convex functions, lock files.
#![expect(clippy::disallowed_methods, reason = "gather reads the world")]

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// Nothing.
    Absent,
    /// Something that could not be read, with the reason.
    Unreadable(String),
    /// The content.
    Present(Vec<u8>),
}

/// More than this is not an env file or a configuration.
const LARGEST: u64 = 1 << 20;

/// Reads a file of at most a mebibyte.
pub fn read_file(path: &Path) -> FileState {
    // A pipe or a device would wait for ever.
    match fs::metadata(path) {
        Ok(data) if !data.is_file() => return FileState::Unreadable("not a file".to_owned()),
        Ok(data) if data.len() > LARGEST => {
            return FileState::Unreadable("larger than 1 MiB".to_owned());
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return FileState::Absent,
        Err(error) => return FileState::Unreadable(error.to_string()),
    }
    let mut bytes = Vec::new();
    match fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes)) {
        Ok(_) => FileState::Present(bytes),
        Err(error) => FileState::Unreadable(error.to_string()),
    }
}

/// A folder with a `package.json` or env files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppFolder {
    /// The folder.
    pub path: PathBuf,
    /// Its `package.json`.
    pub package_json: Option<PathBuf>,
    /// Its env files, the strongest first (development, as Next.js).
    pub env_files: Vec<PathBuf>,
    /// Clerk's `.clerk/.tmp/keyless.json`.
    pub keyless: Option<PathBuf>,
}

/// A folder of Convex functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionsFolder {
    /// The folder.
    pub path: PathBuf,
    /// `auth.config.ts` and `auth.config.js`: two are an error of Convex.
    pub auth_configs: Vec<PathBuf>,
    /// Files that look like an auth config and that Convex does not read.
    pub ignored: Vec<PathBuf>,
    /// The `convex.json` beside it.
    pub convex_json: Option<PathBuf>,
}

/// A project on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The root of the workspace.
    pub root: PathBuf,
    /// Its apps, the root among them.
    pub apps: Vec<AppFolder>,
    /// Its folders of Convex functions.
    pub functions: Vec<FunctionsFolder>,
    /// Its lock files.
    pub locks: Vec<PathBuf>,
}

const ENV: &[&str] = &[
    ".env.development.local",
    ".env.production.local",
    ".env.local",
    ".env.development",
    ".env.production",
    ".env",
];
const LOCKS: &[&str] = &[
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock",
    "bun.lockb",
];
const NEAR: &[&str] = &[
    "auth.config.tsx",
    "auth.config.mjs",
    "auth.config.mts",
    "auth.config.cjs",
    "authConfig.ts",
    "authConfig.js",
];
const SKIPPED: &[&str] = &["node_modules", "dist", "build", "target", "convex"];
const MOST_FOLDERS: usize = 512;
const DEEPEST: usize = 4;

/// Finds the project around a folder; never looks above the home folder.
pub fn find(start: &Path, home: Option<&Path>) -> Project {
    let root = root(start, home);
    let mut folders = vec![(root.clone(), 0)];
    let mut next = 0;
    while let Some((folder, depth)) = folders.get(next).cloned() {
        next += 1;
        if depth < DEEPEST && folders.len() < MOST_FOLDERS {
            let room = MOST_FOLDERS - folders.len();
            folders.extend(
                children(&folder)
                    .into_iter()
                    .take(room)
                    .map(|child| (child, depth + 1)),
            );
        }
    }
    let mut project = Project {
        root,
        apps: Vec::new(),
        functions: Vec::new(),
        locks: Vec::new(),
    };
    for (folder, _) in folders {
        let package_json = present(&folder, "package.json");
        let env_files: Vec<PathBuf> = ENV
            .iter()
            .filter_map(|name| present(&folder, name))
            .collect();
        let keyless = present(&folder, ".clerk/.tmp/keyless.json");
        project
            .locks
            .extend(LOCKS.iter().filter_map(|name| present(&folder, name)));
        project.functions.extend(functions(&folder));
        if package_json.is_some() || !env_files.is_empty() || keyless.is_some() {
            project.apps.push(AppFolder {
                path: folder,
                package_json,
                env_files,
                keyless,
            });
        }
    }
    project
}

fn present(folder: &Path, name: &str) -> Option<PathBuf> {
    let path = folder.join(name);
    path.is_file().then_some(path)
}

/// The highest folder that marks a workspace, up to the first with `.git`; else the first with a `package.json`; else the start.
fn root(start: &Path, home: Option<&Path>) -> PathBuf {
    let mut best = None;
    for folder in start.ancestors().take(32) {
        if Some(folder) == home && folder != start {
            break;
        }
        if folder.join(".git").exists() {
            return folder.to_owned();
        }
        let workspace = ["pnpm-workspace.yaml", "turbo.json"]
            .iter()
            .any(|name| present(folder, name).is_some());
        let named = ["package.json", "convex.json"]
            .iter()
            .any(|name| present(folder, name).is_some());
        let lists = named
            && matches!(read_file(&folder.join("package.json")), FileState::Present(bytes) if memchr::memmem::find(&bytes, b"\"workspaces\"").is_some());
        if workspace || lists || (named && best.is_none()) {
            best = Some(folder.to_owned());
        }
    }
    best.unwrap_or_else(|| start.to_owned())
}

/// Folders to look into, by name; links are not followed, so there are no loops.
fn children(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut all: Vec<PathBuf> = entries
        .flatten()
        .take(4096)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            entry
                .file_name()
                .to_str()
                .is_some_and(|name| !name.starts_with('.') && !SKIPPED.contains(&name))
        })
        .map(|entry| entry.path())
        .collect();
    all.sort();
    all
}

fn functions(app: &Path) -> Option<FunctionsFolder> {
    let convex_json = present(app, "convex.json");
    let named = convex_json
        .as_deref()
        .and_then(|path| match read_file(path) {
            FileState::Present(bytes) => serde_json::from_slice::<serde_json::Value>(&bytes)
                .ok()?
                .get("functions")?
                .as_str()
                .map(ToOwned::to_owned),
            FileState::Absent | FileState::Unreadable(_) => None,
        });
    let path = app.join(named.as_deref().unwrap_or("convex"));
    if !path.is_dir() {
        return None;
    }
    let auth_configs = ["auth.config.ts", "auth.config.js"]
        .iter()
        .filter_map(|name| present(&path, name))
        .collect();
    let mut ignored: Vec<PathBuf> = NEAR
        .iter()
        .filter_map(|name| present(&path, name))
        .collect();
    for wrong in [app.to_owned(), app.join("src/convex"), app.join("convex")] {
        if wrong != path.components().collect::<PathBuf>() {
            ignored.extend(
                ["auth.config.ts", "auth.config.js"]
                    .iter()
                    .filter_map(|name| present(&wrong, name)),
            );
        }
    }
    Some(FunctionsFolder {
        path,
        auth_configs,
        ignored,
        convex_json,
    })
}

#[cfg(test)]
mod tests {
    use super::{FileState, find, read_file};
    use std::fs;

    #[test]
    fn finds_a_monorepo_from_inside() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in ["apps/web/src", "packages/backend/convex", "node_modules/x"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        for path in [
            "pnpm-workspace.yaml",
            "pnpm-lock.yaml",
            "apps/web/package.json",
            "apps/web/.env.local",
            "node_modules/x/.env",
        ] {
            fs::write(root.join(path), "").unwrap();
        }
        fs::write(root.join("packages/backend/convex/auth.config.ts"), "").unwrap();
        fs::write(root.join("packages/backend/convex/auth.config.tsx"), "").unwrap();
        let project = find(&root.join("apps/web/src"), None);
        assert_eq!(project.root, root);
        assert_eq!(
            (
                project.apps.len(),
                project.apps[0].env_files.len(),
                project.locks.len()
            ),
            (1, 1, 1)
        );
        assert_eq!(
            (
                project.functions[0].auth_configs.len(),
                project.functions[0].ignored.len()
            ),
            (1, 1)
        );
        assert_eq!(read_file(&root.join("none")), FileState::Absent);
        assert!(matches!(read_file(root), FileState::Unreadable(_)));
    }
}
