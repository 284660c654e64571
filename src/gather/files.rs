//! The files of a project, read into what the rules look at.

use super::project::{self, FileState};
use crate::auth_config::{self, AuthConfig};
use crate::env_file::{Assignment, Dialect, EnvFile, Fault, Quote, Reading, resolve};
use crate::facts::{Project, Source, Variable};
use crate::package::{self, Asker, Copy, Installed, Version};
use crate::setting::is_sealed;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The packages whose version matters.
const PACKAGES: [&str; 6] = [
    "convex",
    "@clerk/backend",
    "@clerk/nextjs",
    "@clerk/clerk-react",
    "@clerk/react",
    "@clerk/expo",
];

/// Reads files of one project, and remembers which.
pub(super) struct Reader<'p> {
    root: PathBuf,
    process: &'p BTreeMap<String, String>,
    /// What was read.
    pub(super) project: Project,
}

impl<'p> Reader<'p> {
    /// For the project in this folder.
    pub(super) fn new(root: PathBuf, process: &'p BTreeMap<String, String>) -> Self {
        let project = Project {
            root: root.display().to_string(),
            ..Project::default()
        };
        Self {
            root,
            process,
            project,
        }
    }

    /// The path as people see it: relative to the project, with `/`.
    pub(super) fn shown(&self, path: &Path) -> String {
        project::relative(&self.root, path)
    }

    /// The bytes of a file, its text remembered for reports; `None` when it is absent or cannot be read.
    pub(super) fn bytes(&mut self, path: &Path) -> Option<(String, Vec<u8>)> {
        let shown = self.shown(path);
        match project::read_file(path) {
            FileState::Absent => None,
            FileState::Unreadable(why) => {
                self.project.unreadable.push((shown, why));
                None
            }
            FileState::Present(bytes) => {
                self.project.files.insert(shown.clone(), decoded(&bytes));
                Some((shown, bytes))
            }
        }
    }

    fn text(&mut self, path: &Path) -> Option<(String, String)> {
        let (shown, bytes) = self.bytes(path)?;
        Some((shown, decoded(&bytes)))
    }

    /// The variables of one app's env files, the strongest file first. The process environment beats them all.
    pub(super) fn variables(&mut self, files: &[EnvFile], tools: &[(Dialect, &'static str)]) {
        let environment = self.process;
        let process = |name: &str| environment.get(name).cloned();
        for file in files
            .iter()
            .filter(|file| file.faults.contains(&Fault::Utf16))
        {
            let why = "it is UTF-16, and no tool reads anything in it";
            self.project.unusable.push((file.path.clone(), why));
        }
        let readable: Vec<EnvFile> = files
            .iter()
            .filter(|file| !file.faults.contains(&Fault::Utf16))
            .cloned()
            .collect();
        let mut all = resolve(&readable, &process);
        // The strongest file first, each in its own order.
        all.sort_by_key(|resolved| {
            let (file, assignment) = resolved.winner;
            let rank = readable.iter().position(|other| other.path == file.path);
            (rank, assignment.line)
        });
        for resolved in all {
            let (file, assignment) = resolved.winner;
            let read = |file: &EnvFile, assignment: &Assignment| {
                let mut readings = tools.iter();
                readings
                    .find_map(|(dialect, _)| text(&file.reading(assignment, *dialect, &process)))
                    .filter(|value| !is_sealed(value))
            };
            // A line that no tool of the project reads is as good as absent, and so is one whose value is kept elsewhere.
            let Some(own) = read(file, assignment) else {
                continue;
            };
            let place = |file: &EnvFile, assignment: &Assignment| Source::File {
                path: file.path.clone(),
                line: assignment.value_line,
                column: assignment.column + usize::from(assignment.quote != Quote::None),
            };
            let mut shadows: Vec<(Source, String)> = resolved
                .shadowed
                .iter()
                .filter_map(|(file, assignment)| {
                    Some((place(file, assignment), read(file, assignment)?))
                })
                .collect();
            let source = place(file, assignment);
            let mut variable = Variable {
                name: resolved.name.to_owned(),
                dialects: differing(file, assignment, &own, tools, &process),
                value: own,
                source,
                shadows: Vec::new(),
            };
            if let Some(stronger) = process(resolved.name) {
                shadows.insert(0, (variable.source, variable.value));
                let before = self
                    .project
                    .variables
                    .iter_mut()
                    .find(|own| own.name == resolved.name && own.source == Source::Process);
                if let Some(before) = before {
                    before.shadows.append(&mut shadows);
                    continue;
                }
                variable.source = Source::Process;
                variable.value = stronger;
                variable.dialects = Vec::new();
            }
            variable.shadows = shadows;
            self.project.variables.push(variable);
        }
    }

    /// The variables that only the process environment has.
    pub(super) fn process(&mut self) {
        let read: Vec<String> = self
            .project
            .auth_configs
            .iter()
            .flat_map(|config| config.reads.iter().map(|read| read.name.clone()))
            .collect();
        for (name, value) in self.process {
            let ours = name.contains("CLERK") || name.contains("CONVEX") || read.contains(name);
            if ours && !name.starts_with("CLERKCHECK") && self.project.variable(name).is_none() {
                let (name, value) = (name.to_owned(), value.to_owned());
                self.project.variables.push(Variable {
                    name,
                    value,
                    source: Source::Process,
                    shadows: Vec::new(),
                    dialects: Vec::new(),
                });
            }
        }
    }

    /// The auth configs of the functions folders, or the one that the command line names.
    pub(super) fn auth_configs(
        &mut self,
        found: &project::Project,
        named: Option<&Path>,
    ) -> Result<(), String> {
        for folder in &found.functions {
            let shown = self.shown(&folder.path);
            self.project.functions.push(shown);
        }
        self.project.own_functions = found.own_functions;
        self.project.has_convex = !found.functions.is_empty() || named.is_some();
        let mut paths: Vec<PathBuf> = found
            .functions
            .iter()
            .flat_map(|folder| folder.auth_configs.iter().cloned())
            .collect();
        if let Some(named) = named {
            match project::read_file(named) {
                FileState::Present(_) => paths = vec![named.to_path_buf()],
                FileState::Absent => {
                    return Err(format!("--auth-config: {} does not exist", named.display()));
                }
                FileState::Unreadable(why) => {
                    return Err(format!(
                        "--auth-config: {} could not be read: {why}",
                        named.display()
                    ));
                }
            }
        }
        for path in paths {
            let Some((shown, bytes)) = self.bytes(&path) else {
                let own = self.shown(&path);
                let unread = self.project.unreadable.last();
                let unread = unread.filter(|(shown, _)| *shown == own);
                self.project
                    .auth_configs
                    .extend(unread.map(|(shown, why)| AuthConfig::unread(shown, why)));
                continue;
            };
            if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
                self.project.auth_configs.push(AuthConfig::utf16(&shown));
                continue;
            }
            let source = decoded(&bytes);
            let root = self.root.clone();
            let imported = RefCell::new(Vec::new());
            let config = auth_config::read(&shown, &source, &|importer, specifier| {
                let found = import(&root, importer, specifier)?;
                imported.borrow_mut().push(found.clone());
                Some(found)
            });
            self.project.files.extend(imported.into_inner());
            self.project.auth_configs.push(config);
        }
        for folder in &found.functions {
            for (path, why) in &folder.ignored {
                let shown = self.shown(path);
                self.project.ignored_configs.push((shown, why.clone()));
            }
        }
        for (path, why) in &found.ignored {
            let shown = self.shown(path);
            self.project.ignored_configs.push((shown, why.clone()));
        }
        Ok(())
    }

    /// Installed versions, `convex.json`, and Clerk's keyless file.
    pub(super) fn packages(&mut self, found: &project::Project) {
        for app in &found.apps {
            self.project.depends_on_clerk |= app.tools.clerk && app.tools.convex;
            self.project.uses_clerk_react |= app.tools.clerk_react;
            let folder = self.folder_of(app);
            // An app may reach Convex through a package of the workspace; then its URL stands here.
            let has_url = self.project.variables.iter().any(|variable| {
                crate::setting::unprefixed(&variable.name) == "CONVEX_URL"
                    && variable.source.folder() == folder
            });
            if app.tools.convex || has_url {
                self.project.convex_apps.push(folder);
            }
            if let Some(path) = &app.keyless
                && let FileState::Present(bytes) = project::read_file(path)
            {
                let key = package::keyless_publishable_key(&decoded(&bytes));
                self.project
                    .keyless
                    .get_or_insert((project::relative(&self.root, path), key));
            }
        }
        self.versions(found);
        for path in &found.convex_jsons {
            let Some((shown, text)) = self.text(path) else {
                continue;
            };
            let Some(read) = package::convex_json(&text) else {
                let why = "it is not a JSON object".to_owned();
                self.project.unreadable.push((shown, why));
                continue;
            };
            if let Some((line, key)) = read.auth {
                self.project
                    .convex_json_auth
                    .get_or_insert((shown, line, key));
            }
        }
    }

    /// Which versions are installed: those of the app with Clerk and Convex first, then of one with Convex. `node_modules` is asked before the lock
    /// files, as it is what runs; last an exact version in `package.json`.
    fn versions(&mut self, found: &project::Project) {
        let mut apps: Vec<&project::App> = found.apps.iter().collect();
        apps.sort_by_key(|app| (!(app.tools.clerk && app.tools.convex), !app.tools.convex));
        for app in &apps {
            let folders = app.path.ancestors();
            for folder in folders.take_while(|folder| folder.starts_with(&found.root)) {
                for name in PACKAGES {
                    let path = folder.join("node_modules").join(name).join("package.json");
                    let FileState::Present(bytes) = project::read_file(&path) else {
                        continue;
                    };
                    let version = package::installed_version(&decoded(&bytes));
                    self.installed(app, name, version, 0, self.shown(&path));
                }
            }
        }
        let locks: Vec<(&Path, Vec<Installed>)> = found
            .locks
            .iter()
            .filter_map(|path| Some((path.as_path(), self.lock(path)?)))
            .collect();
        for app in &apps {
            let manifest = app.package_json.as_deref().and_then(|path| {
                let FileState::Present(bytes) = project::read_file(path) else {
                    return None;
                };
                Some((path, package::package_json(&decoded(&bytes))?))
            });
            let range = |name: &str| {
                let (_, manifest) = manifest.as_ref()?;
                package::range(manifest, name).map(str::to_owned)
            };
            let own_name = manifest
                .as_ref()
                .and_then(|(_, manifest)| manifest["name"].as_str());
            for (path, rows) in &locks {
                let Some(folder) = path.parent().filter(|folder| app.path.starts_with(folder))
                else {
                    continue;
                };
                let below = project::relative(folder, &app.path);
                for name in PACKAGES {
                    let asker = Asker {
                        folder: if below == "." {
                            String::new()
                        } else {
                            below.clone()
                        },
                        name: own_name.map(str::to_owned),
                        range: range(name),
                    };
                    if let Some(row) = asker.choose(rows, name) {
                        self.installed(
                            app,
                            name,
                            Some(row.version.clone()),
                            row.line,
                            self.shown(path),
                        );
                    }
                }
            }
            if let Some((path, _)) = &manifest {
                for name in PACKAGES {
                    let version = range(name).and_then(|range| Version::exact(&range));
                    self.installed(app, name, version, 0, self.shown(path));
                }
            }
        }
    }

    /// What a lock file says of the packages whose version matters.
    fn lock(&mut self, path: &Path) -> Option<Vec<Installed>> {
        let name = path.file_name()?.to_str()?;
        self.project.installer = match name {
            "pnpm-lock.yaml" => "pnpm add",
            "yarn.lock" => "yarn add",
            "bun.lock" | "bun.lockb" => "bun add",
            _ => self.project.installer,
        };
        match project::read_lock(path) {
            FileState::Present(bytes) => {
                Some(package::versions_in_lock(name, &decoded(&bytes), &PACKAGES))
            }
            FileState::Absent => None,
            FileState::Unreadable(why) => {
                self.project.unreadable.push((self.shown(path), why));
                None
            }
        }
    }

    /// Keeps the version of a package that is told first.
    fn installed(
        &mut self,
        app: &project::App,
        name: &str,
        version: Option<Version>,
        line: usize,
        path: String,
    ) {
        let Some(version) = version else { return };
        let mut known = self.project.installed.iter();
        if !known.any(|(own, _)| own.name == name) {
            let installed = Installed {
                name: name.to_owned(),
                version,
                line,
                copy: Copy::Unknown,
            };
            self.project.installed.push((installed, path));
            if name == "convex" {
                self.project.convex_app = self.folder_of(app);
            }
        }
    }

    /// The folder of an app, relative to the root; empty for the root.
    fn folder_of(&self, app: &project::App) -> String {
        let folder = self.shown(&app.path);
        if folder == "." { String::new() } else { folder }
    }
}

/// The readers of an app's env files that the project uses, the app's own first.
pub(super) fn dialects(tools: project::Tools, convex: bool) -> Vec<(Dialect, &'static str)> {
    let mut all = Vec::new();
    if let Some(framework) = tools.framework {
        let name = if framework == Dialect::Next {
            "Next.js"
        } else {
            "Vite"
        };
        all.push((framework, name));
    }
    if convex || tools.convex || all.is_empty() {
        all.push((Dialect::Dotenv, "the Convex CLI"));
    }
    if tools.rust {
        all.push((Dialect::Dotenvy, "dotenvy (Rust)"));
    }
    all
}

/// The value of a reading, if it is one.
fn text(reading: &Reading) -> Option<String> {
    match reading {
        Reading::Value(value) => Some(value.expose().to_owned()),
        Reading::NotRead | Reading::Error | Reading::Undecided => None,
    }
}

/// How other readers see a line, where they see it differently from the one whose value counts.
fn differing(
    file: &EnvFile,
    assignment: &Assignment,
    own: &str,
    tools: &[(Dialect, &'static str)],
    process: &dyn Fn(&str) -> Option<String>,
) -> Vec<(&'static str, Option<String>)> {
    let mut differing = Vec::new();
    for (dialect, name) in tools {
        match file.reading(assignment, *dialect, process) {
            Reading::Value(value) if value.expose() == own => {}
            Reading::Value(value) => differing.push((*name, Some(value.expose().to_owned()))),
            Reading::NotRead | Reading::Error => differing.push((*name, None)),
            Reading::Undecided => {}
        }
    }
    differing
}

/// A file's text, whatever its encoding; what cannot be read is replaced.
fn decoded(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], order: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| order([pair[0], pair[1]]))
            .collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8_lossy(rest).into_owned(),
    }
}

/// The module that a relative import names; nothing outside the project is read.
fn import(root: &Path, importer: &str, specifier: &str) -> Option<(String, String)> {
    if !specifier.starts_with('.') {
        return None;
    }
    let mut path = root.join(importer);
    path.pop();
    for part in Path::new(specifier).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    if !path.starts_with(root) {
        return None;
    }
    let text = path.as_os_str().to_str()?.to_owned();
    let stem = text.strip_suffix(".js").unwrap_or(&text);
    let candidates = [
        text.clone(),
        format!("{stem}.ts"),
        format!("{text}.ts"),
        format!("{text}.tsx"),
        format!("{text}.js"),
        format!("{text}.mjs"),
        format!("{text}/index.ts"),
        format!("{text}/index.js"),
    ];
    candidates
        .iter()
        .find_map(|candidate| match project::read_file(Path::new(candidate)) {
            FileState::Present(bytes) => Some((
                project::relative(root, Path::new(candidate)),
                decoded(&bytes),
            )),
            FileState::Absent | FileState::Unreadable(_) => None,
        })
}
