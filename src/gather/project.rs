//! Finds the project around a folder: apps with their env files, Convex functions, lock files.
#![expect(clippy::disallowed_methods, reason = "gather reads the world")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Component, Path, PathBuf};

use super::walk::{self, Listing};
use crate::env_file::{self, Dialect, Tool};
use crate::package;

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

/// More mebibytes than this are not an env file or a configuration.
const LARGEST: u64 = 1;
/// The lock file of a large workspace has a few.
const LARGEST_LOCK: u64 = 16;

/// Reads a file of at most a mebibyte.
pub fn read_file(path: &Path) -> FileState {
    read_at_most(path, LARGEST)
}

/// Reads a lock file.
pub fn read_lock(path: &Path) -> FileState {
    read_at_most(path, LARGEST_LOCK)
}

fn read_at_most(path: &Path, mebibytes: u64) -> FileState {
    // A pipe or a device would wait for ever.
    match fs::metadata(path) {
        Ok(data) if !data.is_file() => return FileState::Unreadable("not a file".to_owned()),
        Ok(data) if data.len() > mebibytes << 20 => {
            return FileState::Unreadable(format!("larger than {mebibytes} MiB"));
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return FileState::Absent,
        Err(error) => return FileState::Unreadable(error.to_string()),
    }
    let mut bytes = Vec::new();
    match fs::File::open(path).and_then(|file| file.take(mebibytes << 20).read_to_end(&mut bytes)) {
        Ok(_) => FileState::Present(bytes),
        Err(error) => FileState::Unreadable(error.to_string()),
    }
}

/// A project on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The root of the workspace.
    pub root: PathBuf,
    /// Its apps: those with Convex functions first, then the one in which the search began, then the others by path.
    pub apps: Vec<App>,
    /// Its folders of Convex functions: that of the app in which the search began first, then by path.
    pub functions: Vec<FunctionsFolder>,
    /// Whether the app in which the search began is one of several and has a functions folder of its own.
    pub own_functions: bool,
    /// Its lock files.
    pub locks: Vec<PathBuf>,
    /// Its `convex.json` files.
    pub convex_jsons: Vec<PathBuf>,
    /// Files outside of any functions folder that look like an auth config and that Convex does not read, with the reason.
    pub ignored: Vec<(PathBuf, String)>,
    /// Whether the project has more folders than were looked into.
    pub truncated: bool,
}

/// A folder with a `package.json`, env files or Clerk's keyless file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// The folder.
    pub path: PathBuf,
    /// Its `package.json`.
    pub package_json: Option<PathBuf>,
    /// Its env files in development, the strongest first, as Next.js or Vite orders them; where there are none, those for production.
    pub env_files: Vec<PathBuf>,
    /// Env files that are for production alone, where `env_files` are for development.
    pub production_files: Vec<PathBuf>,
    /// Clerk's `.clerk/.tmp/keyless.json`.
    pub keyless: Option<PathBuf>,
    /// Whether it has a `node_modules`.
    pub node_modules: bool,
    /// What reads its env files.
    pub tools: Tools,
}

/// The tools of an app that read its env files, as far as they differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Tools {
    /// How the app's framework reads them: Next.js, or Vite and what is built on it.
    pub framework: Option<Dialect>,
    /// A `Cargo.toml` stands beside them.
    pub rust: bool,
    /// `convex` is a dependency.
    pub convex: bool,
    /// A package of Clerk is a dependency.
    pub clerk: bool,
    /// One of those that sign users in with React.
    pub clerk_react: bool,
}

/// A folder of Convex functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionsFolder {
    /// The folder.
    pub path: PathBuf,
    /// `auth.config.ts` and `auth.config.js`: two are an error of Convex.
    pub auth_configs: Vec<PathBuf>,
    /// Files in it that look like an auth config and that Convex does not read, with the reason.
    pub ignored: Vec<(PathBuf, String)>,
}

const LOCKS: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock",
    "bun.lockb",
];
/// The names that Convex reads.
const READ: &[&str] = &["auth.config.ts", "auth.config.js"];
/// The same with an ending that Convex does not read.
const NEAR: &[&str] = &[
    "auth.config.tsx",
    "auth.config.jsx",
    "auth.config.mjs",
    "auth.config.mts",
    "auth.config.cjs",
    "auth.config.cts",
    "auth.config.json",
];
/// Names that other libraries and helper files have as well.
const LOOSE: &[&str] = &[
    "authConfig.ts",
    "authConfig.js",
    "auth-config.ts",
    "auth-config.js",
];

/// Vite, and what brings it along.
const VITE: &[&str] = &[
    "vite",
    "@sveltejs/kit",
    "@tanstack/react-start",
    "@tanstack/solid-start",
    "@tanstack/start",
    "@react-router/dev",
    "astro",
];

type Folders = BTreeMap<PathBuf, Listing>;

/// Finds the project around a folder; never looks above the home folder.
pub fn find(start: &Path, home: Option<&Path>) -> Project {
    let start = walk::absolute(start);
    let (root, nearest) = walk::root(&start, home);
    let (mut folders, truncated) = walk::walk(&[&nearest, &root]);
    let paths = functions_paths(&mut folders, &root);
    let strangers = strangers(&folders, &root, &start, &paths);
    let is_stranger = |path: &Path| strangers.iter().any(|folder| path.starts_with(folder));
    folders.retain(|folder, _| !is_stranger(folder));
    let paths: Vec<PathBuf> = paths
        .into_iter()
        .filter(|path| !is_stranger(path))
        .collect();
    let own_app = nearest_package(&folders, &start);
    let mut functions: Vec<FunctionsFolder> = paths
        .iter()
        .map(|path| functions_folder(&folders, path))
        .collect();
    functions.sort_by_key(|found| own_app != nearest_package(&folders, &found.path));

    let holders: Vec<Option<&Path>> = functions
        .iter()
        .map(|found| nearest_package(&folders, &found.path))
        .collect();
    let mut apps: Vec<App> = folders
        .iter()
        .filter(|(folder, _)| !paths.iter().any(|path| is_inside(&folders, folder, path)))
        .filter_map(|(folder, listing)| app(folder, listing))
        .collect();
    apps.sort_by_key(|app| {
        let holder = holders
            .iter()
            .position(|holder| *holder == Some(app.path.as_path()));
        let other = own_app != Some(app.path.as_path());
        (holder.unwrap_or(holders.len()), other)
    });

    let files = |names: &[&str]| -> Vec<PathBuf> {
        folders
            .iter()
            .flat_map(|(folder, listing)| {
                names.iter().filter_map(|name| listing.path(folder, name))
            })
            .collect()
    };
    let own_functions = own_app.is_some_and(|own| {
        own != root
            && functions
                .iter()
                .any(|found| nearest_package(&folders, &found.path) == Some(own))
    });
    Project {
        apps,
        own_functions,
        locks: files(LOCKS),
        convex_jsons: files(&["convex.json"]),
        ignored: ignored_outside(&folders, &root, &functions),
        functions,
        root,
        truncated,
    }
}

/// A path below the root, with `/` on all platforms; `.` for the root itself.
pub fn relative(root: &Path, path: &Path) -> String {
    let Ok(inner) = path.strip_prefix(root) else {
        let text = path.to_string_lossy();
        return if cfg!(windows) {
            text.replace('\\', "/")
        } else {
            text.into_owned()
        };
    };
    let parts: Vec<_> = inner
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

/// The folder or the nearest one above with a `package.json` or a `convex.json`.
fn nearest_package<'a>(folders: &'a Folders, path: &Path) -> Option<&'a Path> {
    path.ancestors()
        .find_map(|folder| {
            folders
                .get_key_value(folder)
                .filter(|(_, l)| l.is_package())
        })
        .map(|(folder, _)| folder.as_path())
}

/// Whether a folder is a functions folder or below it. A functions folder that is a package itself is an app, too.
fn is_inside(folders: &Folders, folder: &Path, functions: &Path) -> bool {
    folder.starts_with(functions) && !folders.get(functions).is_some_and(Listing::is_package)
}

fn app(folder: &Path, listing: &Listing) -> Option<App> {
    let package_json = listing.path(folder, "package.json");
    let parsed = package_json
        .as_ref()
        .and_then(|_| walk::package_json(folder));
    let depends = |name: &str| {
        parsed
            .as_ref()
            .is_some_and(|found| package::depends_on(found, name))
    };
    let framework = if depends("next") {
        Some(Dialect::Next)
    } else {
        VITE.iter()
            .any(|name| depends(name))
            .then_some(Dialect::Vite)
    };
    let tools = Tools {
        framework,
        rust: listing.has("Cargo.toml"),
        convex: depends("convex"),
        clerk: parsed.as_ref().is_some_and(package::depends_on_clerk),
        clerk_react: parsed.as_ref().is_some_and(package::depends_on_clerk_react),
    };
    let present = |tool| -> Vec<PathBuf> {
        env_file::file_names(tool, framework == Some(Dialect::Vite))
            .iter()
            .filter_map(|name| listing.path(folder, name))
            .collect()
    };
    let mut env_files = present(Tool::Development);
    let mut production_files = present(Tool::Production);
    production_files.retain(|path| !env_files.contains(path));
    if env_files.is_empty() {
        env_files = std::mem::take(&mut production_files);
    }
    let keyless = folder.join(".clerk/.tmp/keyless.json");
    let keyless = (listing.has_folder(".clerk") && may_exist(&keyless)).then_some(keyless);
    (package_json.is_some() || !env_files.is_empty() || keyless.is_some()).then(|| App {
        path: folder.to_owned(),
        package_json,
        env_files,
        production_files,
        keyless,
        node_modules: listing.has_folder("node_modules"),
        tools,
    })
}

/// Whether something is at a path, or it cannot be known.
fn may_exist(path: &Path) -> bool {
    fs::metadata(path).map_or_else(
        |error| error.kind() != ErrorKind::NotFound,
        |data| data.is_file(),
    )
}

/// The folder that the `functions` of a folder's `convex.json` names, if it names one.
fn named_functions(folder: &Path, listing: &Listing) -> Option<PathBuf> {
    let path = listing.path(folder, "convex.json")?;
    let named = package::convex_json(&walk::text(&path)?)?.functions?;
    let mut joined = PathBuf::new();
    for part in folder
        .join(named.trim_end_matches(['/', '\\']))
        .components()
    {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                joined.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => joined.push(part),
        }
    }
    Some(joined)
}

/// All functions folders, by path: what `convex.json` names, else `convex` beside a `package.json`.
fn functions_paths(folders: &mut Folders, root: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for (folder, listing) in &*folders {
        if let Some(named) = named_functions(folder, listing) {
            if named.starts_with(root) && stays_inside(root, &named) {
                paths.push(named);
            }
            continue;
        }
        let inner = folder.join("convex");
        if may_hold_functions(folders, folder, root)
            && folders
                .get(&inner)
                .is_some_and(|found| is_convex(folder, listing, found))
        {
            paths.push(inner);
        }
    }
    paths.sort();
    paths.dedup();
    for path in &paths {
        if !folders.contains_key(path) {
            folders.insert(path.clone(), Listing::of(path));
        }
    }
    paths
}

/// The folders beside the members of a workspace that have functions, where a member has some too: examples and the like are projects of their own.
fn strangers(folders: &Folders, root: &Path, start: &Path, functions: &[PathBuf]) -> Vec<PathBuf> {
    let package = walk::package_json(root).unwrap_or_default();
    let pnpm = folders
        .get(root)
        .and_then(|listing| listing.path(root, "pnpm-workspace.yaml"))
        .and_then(|path| walk::text(&path))
        .unwrap_or_default();
    let mut globs = package::workspaces(&package);
    globs.extend(package::pnpm_workspaces(&pnpm));
    let first = |glob: &str| {
        glob.trim_start_matches("./")
            .split('/')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let members: Vec<String> = globs.iter().map(|glob| first(glob)).collect();
    let holders = functions.iter().filter_map(|path| {
        let inner = path.strip_prefix(root).ok()?;
        let name = inner.components().next()?.as_os_str();
        let is_member = path.parent() == Some(root)
            || start.starts_with(root.join(name))
            || members
                .iter()
                .any(|member| name == member.as_str() || member.contains('*'));
        Some((root.join(name), is_member))
    });
    let (members, strangers): (Vec<_>, Vec<_>) = holders.partition(|(_, is_member)| *is_member);
    if globs.is_empty() || members.is_empty() {
        return Vec::new();
    }
    strangers.into_iter().map(|(folder, _)| folder).collect()
}

/// A link may lead out of the project.
fn stays_inside(root: &Path, path: &Path) -> bool {
    match (fs::canonicalize(root), fs::canonicalize(path)) {
        (Ok(root), Ok(path)) => path.is_dir() && path.starts_with(root),
        _ => false,
    }
}

/// `src/lib/convex` is a folder of the app. Only where no package is in sight may `convex` be anywhere but in a `src`.
fn may_hold_functions(folders: &Folders, folder: &Path, root: &Path) -> bool {
    folder == root
        || folders.get(folder).is_some_and(Listing::is_package)
        || (nearest_package(folders, folder).is_none() && !folder.ends_with("src"))
}

/// Whether a folder `convex` holds functions.
fn is_convex(parent: &Path, beside: &Listing, listing: &Listing) -> bool {
    let read = READ.iter().chain(NEAR).any(|name| listing.has(name));
    let sure = listing.has_folder("_generated") || read;
    if listing.is_package() && (!sure || listing.has("convex.json") || listing.has_folder("convex"))
    {
        // A package that is called convex.
        return false;
    }
    // Of a folder that cannot be listed the reader says why.
    sure || listing.denied
        || listing.has_script
        || listing.has("tsconfig.json")
        || (beside.has("package.json")
            && walk::package_json(parent)
                .is_some_and(|found| package::depends_on(&found, "convex")))
}

fn functions_folder(folders: &Folders, path: &Path) -> FunctionsFolder {
    let listing = &folders[path];
    let mut auth_configs: Vec<PathBuf> = READ
        .iter()
        .filter_map(|name| listing.path(path, name))
        .collect();
    if listing.denied {
        // The reader will say why.
        auth_configs.extend(Some(path.join(READ[0])).filter(|config| may_exist(config)));
    }
    let read: String = auth_configs
        .iter()
        .filter_map(|config| walk::text(config))
        .collect();
    let mut ignored = Vec::new();
    for (folder, listing) in folders.range(path.to_owned()..) {
        if !folder.starts_with(path) {
            break;
        }
        let (names, reason) = if folder == path {
            (
                &[NEAR, LOOSE][..],
                "Convex reads only `auth.config.ts` and `auth.config.js`".to_owned(),
            )
        } else {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (
                &[READ, NEAR, LOOSE][..],
                format!(
                    "Convex reads it only directly in the functions folder, not in a folder below `{name}`"
                ),
            )
        };
        for name in names.iter().copied().flatten() {
            let Some(found) = listing.path(folder, name) else {
                continue;
            };
            let stem = name.rsplit_once('.').map_or(*name, |(stem, _)| stem);
            let imported = read.contains(&format!("/{stem}"));
            let sure = folder == path && NEAR.contains(name);
            if !imported && (sure || has_providers(&found)) {
                ignored.push((found, reason.clone()));
            }
        }
    }
    FunctionsFolder {
        path: path.to_owned(),
        auth_configs,
        ignored,
    }
}

/// Whether a file looks like Convex's auth config, and not like that of Auth.js, whose file has the same name.
fn has_providers(path: &Path) -> bool {
    walk::text(path).is_some_and(|text| {
        text.contains("providers")
            && (text.contains("applicationID") || text.contains("domain"))
            && !["next-auth", "NextAuth", "@auth/"]
                .iter()
                .any(|other| text.contains(other))
    })
}

fn ignored_outside(
    folders: &Folders,
    root: &Path,
    functions: &[FunctionsFolder],
) -> Vec<(PathBuf, String)> {
    let proper = functions.iter().any(|found| !found.auth_configs.is_empty());
    let mut ignored = Vec::new();
    for (folder, listing) in folders {
        if functions
            .iter()
            .any(|found| folder.starts_with(&found.path))
        {
            continue;
        }
        let app = nearest_package(folders, folder).unwrap_or(root);
        let other = functions
            .iter()
            .find(|found| nearest_package(folders, &found.path).unwrap_or(root) == app);
        let reason = if folder.ends_with("src/convex") {
            "Convex reads `src/convex` only when `convex.json` beside `package.json` has `\"functions\": \"src/convex/\"`".to_owned()
        } else if *folder == app.join("convex")
            && let Some(named) = folders
                .get(app)
                .and_then(|listing| named_functions(app, listing))
        {
            format!(
                "`convex.json` puts the functions into `{}`",
                relative(app, &named)
            )
        } else if (folder == app || folder == root) && !proper {
            let place =
                other.map_or_else(|| "convex".to_owned(), |other| relative(app, &other.path));
            format!("Convex reads it only in the functions folder, `{place}`")
        } else {
            continue;
        };
        let near = [READ, NEAR, LOOSE].into_iter().flatten();
        ignored.extend(
            near.filter_map(|name| listing.path(folder, name))
                .filter(|path| has_providers(path))
                .map(|path| (path, reason.clone())),
        );
    }
    ignored
}

#[cfg(test)]
mod tests {
    use super::{FileState, Project, find, read_file, relative};
    use std::fs;
    use std::path::Path;

    const CONFIG: &str =
        "export default { providers: [{ domain: 'https://x', applicationID: 'convex' }] };";

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    fn project(files: &[(&str, &str)], start: &str) -> (tempfile::TempDir, Project) {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), files);
        let found = find(
            &folder.path().join(start),
            Some(folder.path().parent().unwrap()),
        );
        (folder, found)
    }

    fn names<'a>(root: &Path, paths: impl IntoIterator<Item = &'a Path>) -> Vec<String> {
        paths.into_iter().map(|path| relative(root, path)).collect()
    }

    fn apps(found: &Project) -> Vec<String> {
        names(&found.root, found.apps.iter().map(|app| app.path.as_path()))
    }

    fn functions(found: &Project) -> Vec<String> {
        names(
            &found.root,
            found.functions.iter().map(|one| one.path.as_path()),
        )
    }

    fn configs(found: &Project) -> Vec<String> {
        let all = found.functions.iter().flat_map(|one| &one.auth_configs);
        names(&found.root, all.map(AsRef::as_ref))
    }

    /// All near misses, with what is outside of the functions folders first.
    fn ignored(found: &Project) -> Vec<String> {
        let inside = found.functions.iter().flat_map(|one| &one.ignored);
        let all = found.ignored.iter().chain(inside);
        names(&found.root, all.map(|(path, _)| path.as_path()))
    }

    const SINGLE: &[(&str, &str)] = &[
        (".git/HEAD", ""),
        (
            "package.json",
            r#"{"dependencies": {"next": "16", "vite": "8"}}"#,
        ),
        ("package-lock.json", "{}"),
        (".env.local", "A=1"),
        (".env", "A=1"),
        (".env.development", "A=1"),
        (".env.production", "A=1"),
        (".clerk/.tmp/keyless.json", "{}"),
        ("src/app/page.tsx", ""),
        ("src/lib/convex/client.ts", ""),
        ("convex/_generated/server.js", ""),
        ("convex/auth.config.ts", CONFIG),
        ("convex/tasks/get.ts", ""),
        ("node_modules/x/package.json", "{}"),
        (".next/package.json", "{}"),
        ("dist/convex/auth.config.ts", CONFIG),
    ];

    #[test]
    fn finds_a_project_from_anywhere_inside() {
        for start in [
            "",
            "src/app",
            "convex",
            "convex/tasks",
            "src/lib/convex",
            ".next",
            "src/app/page.tsx",
        ] {
            let (folder, found) = project(SINGLE, start);
            assert_eq!(found.root, folder.path(), "{start}");
            assert_eq!(apps(&found), ["."], "{start}");
            assert_eq!(functions(&found), ["convex"], "{start}");
            assert_eq!(configs(&found), ["convex/auth.config.ts"], "{start}");
            assert_eq!(ignored(&found), [""; 0], "{start}");
            let app = &found.apps[0];
            assert_eq!(
                names(&found.root, app.env_files.iter().map(AsRef::as_ref)),
                [".env.local", ".env.development", ".env"]
            );
            assert!(app.keyless.is_some() && app.node_modules && app.package_json.is_some());
            assert_eq!(found.locks.len(), 1);
            assert!(!found.truncated);
        }
    }

    #[test]
    fn orders_the_env_files_of_vite_as_vite_does() {
        let (_folder, found) = project(
            &[
                ("package.json", r#"{"devDependencies": {"vite": "8"}}"#),
                (".env.local", ""),
                (".env.development", ""),
            ],
            "",
        );
        let app = &found.apps[0];
        assert_eq!(
            names(&found.root, app.env_files.iter().map(AsRef::as_ref)),
            [".env.development", ".env.local"]
        );
    }

    const MONOREPO: &[(&str, &str)] = &[
        (
            "package.json",
            r#"{"workspaces": ["apps/*", "packages/*"]}"#,
        ),
        ("turbo.json", "{}"),
        ("bun.lock", "{}"),
        ("apps/admin/package.json", "{}"),
        ("apps/web/package.json", "{}"),
        ("apps/web/turbo.json", "{}"),
        ("apps/web/.env.local", "A=1"),
        ("apps/web/src/app/deep/er/page.tsx", ""),
        ("packages/backend/package.json", "{}"),
        ("packages/backend/.env.local", "A=1"),
        ("packages/backend/convex/schema.ts", ""),
        ("packages/backend/convex/auth.config.js", CONFIG),
        (
            "packages/convex/package.json",
            r#"{"name": "@repo/convex"}"#,
        ),
        ("packages/convex/tsconfig.json", "{}"),
    ];

    #[test]
    fn finds_a_monorepo_from_anywhere_inside() {
        for (start, order) in [
            ("", [".", "apps/admin", "apps/web"]),
            ("apps/web/src/app/deep/er", ["apps/web", ".", "apps/admin"]),
            ("packages/backend/convex", [".", "apps/admin", "apps/web"]),
        ] {
            let (folder, found) = project(MONOREPO, start);
            assert_eq!(found.root, folder.path(), "{start}");
            let all = apps(&found);
            assert_eq!(
                (&*all[0], &all[1..4]),
                ("packages/backend", &order.map(String::from)[..])
            );
            assert_eq!(all[4..], ["packages/convex"], "{start}");
            assert_eq!(functions(&found), ["packages/backend/convex"], "{start}");
            assert_eq!(configs(&found), ["packages/backend/convex/auth.config.js"]);
            assert_eq!(found.locks.len(), 1);
        }
    }

    #[test]
    fn stays_below_git_and_home() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        write(
            home,
            &[
                ("package.json", r#"{"workspaces": ["*"]}"#),
                ("code/turbo.json", "{}"),
                ("code/app/.git", "gitdir: x"),
                ("code/app/package.json", "{}"),
                ("notes/x.md", ""),
            ],
        );
        let found = |start: &str| find(&home.join(start), Some(home)).root;
        assert_eq!(found("code/app"), home.join("code/app"));
        assert_eq!(found("notes"), home.join("notes"));
        assert_eq!(found("code"), home.join("code"));
        assert_eq!(found(""), home);
        assert_eq!(
            found("code/app/../app"),
            fs::canonicalize(home.join("code/app")).unwrap()
        );
        assert_eq!(find(&home.join("none"), Some(home)).apps, []);
    }

    #[test]
    fn follows_convex_json() {
        let (_folder, found) = project(
            &[
                ("package.json", "{}"),
                ("convex.json", "{\n// c\n\"functions\": \"./src/convex/\"}"),
                ("src/convex/auth.config.ts", CONFIG),
                ("convex/auth.config.ts", CONFIG),
            ],
            "src/convex",
        );
        assert_eq!(configs(&found), ["src/convex/auth.config.ts"]);
        assert_eq!(ignored(&found), ["convex/auth.config.ts"]);
        assert!(found.ignored[0].1.contains("`src/convex`"));
        assert_eq!(found.convex_jsons.len(), 1);
        let (_folder, found) = project(
            &[
                ("package.json", "{}"),
                ("convex.json", r#"{"functions": "none"}"#),
                ("convex/auth.config.ts", CONFIG),
            ],
            "",
        );
        assert_eq!(ignored(&found), ["convex/auth.config.ts"]);
        let (_folder, found) = project(
            &[
                ("package.json", "{}"),
                ("convex.json", r#"{"functions": "../../etc"}"#),
            ],
            "",
        );
        assert_eq!(functions(&found), [""; 0]);
    }

    /// Files beside `package.json`, and the near misses among them.
    type Case = (
        &'static [(&'static str, &'static str)],
        &'static [&'static str],
    );

    #[test]
    fn names_near_misses() {
        let package = ("package.json", r#"{"dependencies": {"convex": "1"}}"#);
        let cases: &[Case] = &[
            (
                &[
                    ("src/convex/auth.config.ts", CONFIG),
                    ("src/convex/_generated/x.js", ""),
                ],
                &["src/convex/auth.config.ts"],
            ),
            (
                &[("convex/tasks.ts", ""), ("convex/auth.config.tsx", "")],
                &["convex/auth.config.tsx"],
            ),
            (
                &[("convex/authConfig.ts", CONFIG)],
                &["convex/authConfig.ts"],
            ),
            (&[("convex/authConfig.ts", "export const x = 1")], &[]),
            (
                &[("convex/auth/auth.config.ts", CONFIG)],
                &["convex/auth/auth.config.ts"],
            ),
            (
                &[("convex/tasks.ts", ""), ("auth.config.ts", CONFIG)],
                &["auth.config.ts"],
            ),
            (&[("auth-config.js", CONFIG)], &["auth-config.js"]),
            // Auth.js has a file of that name.
            (
                &[
                    ("convex/tasks.ts", ""),
                    ("auth.config.ts", "export default { providers: [GitHub] }"),
                ],
                &[],
            ),
            (
                &[(
                    "auth.config.ts",
                    "import 'next-auth'; providers; cookies: { domain }",
                )],
                &[],
            ),
            (
                &[
                    ("convex/auth.config.ts", CONFIG),
                    ("auth.config.ts", CONFIG),
                ],
                &[],
            ),
            // A part of the proper one.
            (
                &[
                    (
                        "convex/auth.config.ts",
                        "export { default } from './lib/authConfig'",
                    ),
                    ("convex/lib/authConfig.ts", CONFIG),
                ],
                &[],
            ),
            (
                &[
                    ("dist/auth.config.ts", CONFIG),
                    (".x/convex/auth.config.ts", CONFIG),
                    ("convex/tests.ts", ""),
                ],
                &[],
            ),
        ];
        for (files, expected) in cases {
            let mut all = vec![package];
            all.extend_from_slice(files);
            let (_folder, found) = project(&all, "");
            assert_eq!(ignored(&found), *expected, "{files:?}");
        }
    }

    #[test]
    fn a_folder_named_convex_needs_a_sign() {
        for (files, count) in [
            (&[("package.json", "{}"), ("convex/logo.png", "")][..], 0),
            (
                &[
                    ("package.json", r#"{"dependencies": {"convex": "1"}}"#),
                    ("convex/x.md", ""),
                ],
                1,
            ),
            (&[("package.json", "{}"), ("src/convex/index.ts", "")], 0),
            (&[("convex/index.ts", "")], 1),
        ] {
            let (_folder, found) = project(files, "");
            assert_eq!(found.functions.len(), count, "{files:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let (folder, _) = project(SINGLE, "");
        let root = folder.path();
        symlink(root, root.join("src/loop")).unwrap();
        symlink(root.join("convex"), root.join("src/convex")).unwrap();
        symlink("none", root.join(".env.development.local")).unwrap();
        fs::remove_file(root.join(".env")).unwrap();
        symlink(".env.production", root.join(".env")).unwrap();
        let lock = |path: &str, mode| {
            fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
        };
        lock(".env.local", 0);
        lock("convex", 0);
        let found = find(root, None);
        let state = read_file(&root.join(".env.local"));
        lock("convex", 0o755);
        assert_eq!(apps(&found), ["."]);
        assert_eq!(found.apps[0].env_files.len(), 3);
        assert_eq!(functions(&found), ["convex"]);
        assert_eq!(configs(&found), ["convex/auth.config.ts"]);
        // The superuser may read everything.
        assert!(matches!(
            state,
            FileState::Unreadable(_) | FileState::Present(_)
        ));
        assert_eq!(read_file(&root.join("none")), FileState::Absent);
        assert!(matches!(read_file(root), FileState::Unreadable(_)));
    }

    #[test]
    fn a_large_project_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, MONOREPO);
        for number in 0..2_100 {
            fs::create_dir(root.join(format!("apps/a{number}"))).unwrap();
        }
        let found = find(&root.join("apps/web/src"), None);
        assert!(found.truncated);
        // The app in which the search begins is never lost.
        assert!(apps(&found).contains(&"apps/web".to_owned()));
    }

    #[test]
    fn shows_paths_with_slashes() {
        let root = Path::new("/a/b");
        assert_eq!(relative(root, &root.join("c").join("d.ts")), "c/d.ts");
        assert_eq!(relative(root, root), ".");
        assert_eq!(relative(root, Path::new("/x")), "/x");
    }
}
