//! Reads the world: files, the environment, the clock, and through `fetch` the network. The only room that does.
#![expect(clippy::disallowed_methods, reason = "gather reads the world")]

pub mod api;
pub mod clerk_api;
pub mod deployment;
mod files;
pub mod input;
pub mod project;
pub mod prompt;
pub mod summary;
pub mod terminal;
mod walk;

use crate::answer::{Answer, Fault, Response};
use crate::cli::{ClockArgs, ConfigurationArgs, NetworkArgs};
use crate::env_file::{self, EnvFile};
use crate::facts::{Facts, Options, Project, World};
use crate::fetch::{Arrived, Asking, Environment, FetchSetupError, Origin, Policy};
use crate::plan;
use crate::token::Part;
use crate::{convex, key_file, named_file};
use files::Reader;
use serde_json::json;
use std::collections::BTreeMap;
use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use url::Url;

/// The clock, seconds since the epoch.
pub fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    i64::try_from(since).unwrap_or(i64::MAX)
}

/// Waits a moment, before the project is looked at again.
pub fn pause() {
    std::thread::sleep(Duration::from_millis(300));
}

/// Judges the world at the time that is asked for, else at the local clock's.
pub fn set_clock(args: &ClockArgs, world: &mut World) -> Result<(), String> {
    let token = world.token.as_ref().map(|token| &token.payload);
    let now = clock_for(args, token.or(world.claims.as_ref()))?;
    world.time_given = args.at.is_some() || args.at_issue;
    world.set_clock(now);
    Ok(())
}

/// The time to judge these claims at.
pub fn clock_for(args: &ClockArgs, claims: Option<&Part>) -> Result<i64, String> {
    if let Some(at) = args.at {
        return Ok(at);
    }
    if args.at_issue {
        let issued = claims.and_then(|claims| claims.number("iat"));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "seconds since the epoch, out of range or not"
        )]
        return issued
            .map(|issued| issued as i64)
            .ok_or_else(|| "--at-issue: the token has no `iat`".to_owned());
    }
    Ok(now())
}

/// The world without token and network: options and project.
pub fn world(configuration: &ConfigurationArgs, network: &NetworkArgs) -> Result<World, String> {
    let process = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    world_with(configuration, network, &process)
}

/// Whether the folder and the issuer that the options name can be used at all: known before a token is asked for.
pub fn usable(configuration: &ConfigurationArgs) -> Result<(), String> {
    if let Some(folder) = &configuration.project
        && !folder.is_dir()
    {
        return Err(format!("--project: {} is not a folder", folder.display()));
    }
    if let Some(issuer) = &configuration.issuer {
        let provider = json!({"providers": [{"domain": issuer, "applicationID": "convex"}]});
        convex::accept_config(&provider).map_err(|refusal| {
            format!(
                "the issuer that was named is none that Convex takes: {}. Name one like https://happy-animal-12.clerk.accounts.dev",
                refusal.message
            )
        })?;
    }
    Ok(())
}

/// The same as [`world`] with this process environment.
pub fn world_with(
    configuration: &ConfigurationArgs,
    network: &NetworkArgs,
    process: &BTreeMap<String, String>,
) -> Result<World, String> {
    usable(configuration)?;
    let here = env::current_dir()
        .map_err(|error| format!("the current folder could not be read: {error}"))?;
    let start = match &configuration.project {
        Some(folder) => here.join(folder),
        None => here,
    };
    Ok(World {
        now: now(),
        options: Options {
            issuer: configuration.issuer.clone(),
            audience: configuration.audience.clone(),
            offline: network.offline,
            keys_given: network.jwks.is_some(),
            trust_token_issuer: network.trust_token_issuer,
            lists_keys: false,
            live_providers: Vec::new(),
        },
        project: read_project(&start, configuration, process)?,
        ..World::default()
    })
}

/// Judges the world by what the network answers, asked round by round, or by what the key files hold.
pub fn ask(world: World, network: &NetworkArgs, err: &mut dyn Write) -> Result<Facts, String> {
    let mut facts = Facts::unjudged(world);
    if !network.cacert.is_empty() {
        // Whether or not anything is asked over TLS: who names a file means one that can be used.
        crate::fetch::certificates(&policy(network, &facts)).map_err(|error| error.to_string())?;
    }
    if let Some(path) = &network.jwks {
        let keys = key_file::key_set(path, &read_bytes("--jwks", path)?)?;
        let discovery = network
            .discovery
            .as_deref()
            .map(|path| key_file::discovery(path, &read_bytes("--discovery", path)?))
            .transpose()?;
        give_keys(&mut facts, &keys, discovery.as_deref());
        return Ok(facts.judged());
    }
    if let Some(path) = &network.discovery {
        let document = key_file::discovery(path, &read_bytes("--discovery", path)?)?;
        for issuer in plan::issuers(&facts) {
            if let Some(urls) = crate::issuer::urls(&issuer) {
                facts
                    .world
                    .answers
                    .insert(urls.discovery, json_answer(document.clone()));
            }
        }
    }
    if network.offline {
        return Ok(facts.judged());
    }
    facts = facts.judged();
    if plan::needed(&facts).is_empty() {
        facts.world.correct_clock();
        return Ok(facts.judged());
    }
    let mut judged = [facts];
    ask_needed(&mut judged, network, err)?;
    let [facts] = judged;
    Ok(facts)
}

/// Asks for what the verdicts need, and says so on a terminal.
fn ask_needed(all: &mut [Facts], network: &NetworkArgs, err: &mut dyn Write) -> Result<(), String> {
    let needed = all
        .iter()
        .find_map(|facts| Some((facts, plan::needed(facts).into_iter().next()?)));
    let Some((facts, first)) = needed else {
        return Ok(());
    };
    crate::interrupt::install();
    let policy = policy(network, facts);
    let mut warnings = Vec::new();
    let waiting = Spinner::start(first.url.host_str().unwrap_or_default(), err);
    let asked = ask_issuers(all, &policy, &mut warnings);
    waiting.stop(err);
    for warning in &warnings {
        let _ = writeln!(err, "clerkcheck: {}", crate::escape::visible(warning));
    }
    asked
}

/// Asks for what several worlds need at the same time, so that one issuer that hangs takes no time from the others. The result is the first of them, with
/// what was answered.
pub fn ask_together(
    worlds: Vec<World>,
    network: &NetworkArgs,
    err: &mut dyn Write,
) -> Result<World, String> {
    let mut all: Vec<Facts> = worlds.into_iter().map(Facts::read).collect();
    let from_files = network.jwks.is_some() || network.discovery.is_some();
    if !(from_files || network.offline) {
        ask_needed(&mut all, network, err)?;
    }
    let first = all.into_iter().next();
    Ok(first.map(|facts| facts.world).unwrap_or_default())
}

/// How long a foreseen answer is waited for that nothing needs: it is mostly on its way.
const MOMENT: Duration = Duration::from_millis(300);

/// Asks until no verdict lacks anything that can be had. What is on its way then, and not needed, is given up.
fn ask_issuers(
    all: &mut [Facts],
    policy: &Policy,
    warnings: &mut Vec<String>,
) -> Result<(), String> {
    let mut asking = match Asking::new(policy) {
        Ok(asking) => asking,
        Err(error) => return Err(error.to_string()),
    };
    let (mut asked, mut ended): (Vec<Url>, Vec<Url>) = (Vec::new(), Vec::new());
    let mut foreseen: Vec<_> = all.iter().flat_map(plan::foreseen).collect();
    loop {
        let mut needed: Vec<_> = all.iter().flat_map(plan::needed).collect();
        // What ended without an answer for its URL will not bring one later.
        needed.retain(|request| !ended.contains(&request.url));
        for request in needed.iter().cloned().chain(foreseen.drain(..)) {
            if !asked.contains(&request.url) && asked.len() < plan::MOST {
                asked.push(request.url.clone());
                asking.ask(request);
            }
        }
        let welcomes = all.iter().any(plan::welcomes_keys);
        let patience = match (needed.is_empty(), welcomes) {
            (false, _) => None,
            (true, true) => Some(MOMENT),
            (true, false) => break,
        };
        let arrived = asking.next(patience).map_err(|error| error.to_string())?;
        let Some(arrived) = arrived else { break };
        ended.push(arrived.url.clone());
        for facts in &mut *all {
            record(&arrived, &mut facts.world)?;
            facts.world.correct_clock();
            facts.judge();
        }
    }
    warnings.extend(asking.warnings());
    Ok(())
}

/// Puts into the world what a request came to.
fn record(arrived: &Arrived, world: &mut World) -> Result<(), String> {
    let fetched = match &arrived.outcome {
        Ok(fetched) => fetched,
        Err(error @ FetchSetupError::Certificate { .. }) => return Err(error.to_string()),
        // Nothing could be asked from this machine: a fact about the URL, as a refused connection is.
        Err(error) => {
            let fault = match error {
                FetchSetupError::Client(why) => Fault::Tls(why.clone()),
                other => Fault::Unreachable(other.to_string()),
            };
            world
                .answers
                .insert(arrived.url.as_str(), Answer::Fault(fault));
            return Ok(());
        }
    };
    for (url, answer) in fetched.answers.iter() {
        world.answers.insert(url, answer.clone());
    }
    if let Some(clock) = fetched.clock {
        world.saw_clock(clock.offset());
    }
    Ok(())
}

/// The keys of `--jwks` stand at the URLs where Convex would look for those of the configured issuers.
fn give_keys(facts: &mut Facts, keys: &[u8], discovery: Option<&[u8]>) {
    let mut answers = std::mem::take(&mut facts.world.answers);
    let own = facts
        .claims()
        .ok()
        .and_then(|claims| claims.text("iss"))
        .map(str::to_owned);
    let trusted = own
        .as_deref()
        .filter(|own| !facts.trust.decided() || facts.trust.entry_for(own).is_some());
    let issuers = trusted
        .map(str::to_owned)
        .into_iter()
        .chain(facts.trust.issuers().map(crate::setting::comparable));
    for issuer in issuers {
        let Some(urls) = crate::issuer::urls(&issuer) else {
            continue;
        };
        // The token's own issuer comes first: the configured one may be written with a slash more.
        if answers.get(&urls.discovery).is_some() {
            continue;
        }
        let document = serde_json::json!({"issuer": issuer, "jwks_uri": urls.jwks})
            .to_string()
            .into_bytes();
        let document = discovery.map_or(document, <[u8]>::to_vec);
        let jwks_url = serde_json::from_slice::<serde_json::Value>(&document)
            .ok()
            .and_then(|document| document.get("jwks_uri")?.as_str().map(str::to_owned))
            .and_then(|url| Url::parse(&url).ok())
            .map_or(urls.jwks, |url| url.to_string());
        answers.insert(urls.discovery, json_answer(document));
        answers.insert(jwks_url, json_answer(keys.to_vec()));
    }
    for provider in facts.trust.providers() {
        if let crate::provider::Provider::CustomJwt { jwks, .. } = provider
            && let Ok(url) = Url::parse(jwks)
        {
            answers.insert(url.to_string(), json_answer(keys.to_vec()));
        }
    }
    facts.world.answers = answers;
}

fn json_answer(body: Vec<u8>) -> Answer {
    Answer::Response(Response {
        status: 200,
        content_type: Some("application/json".to_owned()),
        body,
        ..Response::default()
    })
}

fn read_bytes(option: &str, path: &Path) -> Result<Vec<u8>, String> {
    named_file::read(path)
        .map_err(|error| format!("{option}: {} could not be read: {error}", path.display()))
}

/// The policy for an API that the user named: as for issuers, and its host may be loopback.
fn policy_for(network: &NetworkArgs, facts: &Facts, base: &Url) -> Policy {
    let mut policy = policy(network, facts);
    policy.loopback.extend(Origin::of(base));
    policy
}

/// `--timeout`.
fn timeout(network: &NetworkArgs) -> Duration {
    Duration::from_secs_f64(network.timeout)
}

/// What is left of it for this run.
pub fn left(network: &NetworkArgs, facts: &Facts) -> Duration {
    let left = facts.world.deadline.left(timeout(network));
    left.max(Duration::from_millis(1))
}

fn policy(network: &NetworkArgs, facts: &Facts) -> Policy {
    let set = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    Policy {
        // The last of it goes to a request that then says that it ran out.
        timeout: left(network, facts),
        cacert: network.cacert.clone(),
        resolve: network.resolve.clone(),
        environment: Environment {
            ssl_cert_file: set("SSL_CERT_FILE"),
            ssl_cert_dir_is_set: set("SSL_CERT_DIR").is_some(),
            node_extra_ca_certs: set("NODE_EXTRA_CA_CERTS"),
        },
        ..Policy::default()
    }
}

/// The project around a folder, with everything that is read of it. `None`: there is none.
fn read_project(
    start: &Path,
    configuration: &ConfigurationArgs,
    process: &BTreeMap<String, String>,
) -> Result<Option<Project>, String> {
    let found = project::find(start, env::home_dir().as_deref());
    let mut reader = Reader::new(found.root.clone(), process);
    let mut apps: Vec<(Vec<PathBuf>, project::Tools)> = found
        .apps
        .iter()
        .map(|app| (app.env_files.clone(), app.tools))
        .collect();
    if !configuration.env_file.is_empty() {
        for path in &configuration.env_file {
            read_bytes("--env-file", path)?;
        }
        let tools = found.apps.first().map(|app| app.tools).unwrap_or_default();
        let paths = configuration.env_file.iter().map(|path| absolute(path));
        apps = vec![(paths.collect(), tools)];
    }
    let convex = !found.functions.is_empty();
    for (paths, tools) in apps {
        let files: Vec<EnvFile> = paths
            .iter()
            .filter_map(|path| reader.bytes(path))
            .map(|(shown, bytes)| env_file::read(&shown, &bytes))
            .collect();
        reader.variables(&files, &files::dialects(tools, convex));
    }
    let named = configuration.auth_config.as_deref().map(absolute);
    reader.auth_configs(&found, named.as_deref())?;
    reader.process();
    reader.packages(&found);
    if configuration.env_file.is_empty() {
        let files = found.apps.iter().flat_map(|app| &app.production_files);
        reader.project.production_files = files.map(|path| reader.shown(path)).collect();
    }
    let mut project = reader.project;
    project.truncated = found.truncated;
    project.below = below(&found.root, process);
    let nothing = project.files.is_empty()
        && project.unreadable.is_empty()
        && project.variables.is_empty()
        && project.functions.is_empty();
    Ok((!nothing).then_some(project))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Where the project stands in its repository, from which annotations count: `web/`, or nothing.
fn below(root: &Path, process: &BTreeMap<String, String>) -> String {
    let workspace = process.get("GITHUB_WORKSPACE").map(Path::new);
    let repository = workspace
        .filter(|workspace| !workspace.as_os_str().is_empty() && root.starts_with(workspace))
        .or_else(|| {
            root.ancestors()
                .find(|folder| std::fs::symlink_metadata(folder.join(".git")).is_ok())
        });
    match repository.map(|repository| project::relative(repository, root)) {
        Some(inner) if inner != "." => format!("{inner}/"),
        Some(_) | None => String::new(),
    }
}

/// Says on a terminal what is waited for, after 300 ms.
struct Spinner(Option<(std::sync::mpsc::Sender<()>, std::thread::JoinHandle<bool>)>);

impl Spinner {
    fn start(host: &str, err: &mut dyn Write) -> Self {
        if !terminal::has_progress() || err.flush().is_err() {
            return Self(None);
        }
        let host = host.to_owned();
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let waited = receiver.recv_timeout(Duration::from_millis(300));
            let shown = waited == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
            if shown {
                let line = format!("\rasking {} …", crate::escape::visible(&host));
                let _ = std::io::stderr().write_all(line.as_bytes());
                let _ = receiver.recv();
            }
            shown
        });
        Self(Some((sender, thread)))
    }

    fn stop(self, err: &mut dyn Write) {
        let Some((sender, thread)) = self.0 else {
            return;
        };
        drop(sender);
        if thread.join().unwrap_or(false) {
            let _ = write!(err, "\r{:60}\r", "");
            let _ = err.flush();
        }
    }
}
