//! Whom Convex trusts: the providers, evaluated with what is known here, and how we know.

use crate::auth_config::{
    AuthConfig, Evaluated, EvaluatedEntry, Expr, Field, Plain, ProviderEntry, Providers,
};
use crate::convex::{self, ConfigRefusal, Question, Refusal, Verdict};
use crate::facts::{Project, Variable, World};
use crate::provider::Provider;
use crate::rule::Place;
use crate::setting::{comparable, is_clerk_development_host, is_loopback, shown, unprefixed};
use crate::token::Token;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// The application id that Convex's docs, Clerk's docs and the preset template use.
pub const DEFAULT_AUDIENCE: &str = "convex";

/// How the providers are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// `--issuer`.
    Option,
    /// The deployment's own providers (`--deployment`).
    Deployment,
    /// `convex/auth.config.*`.
    AuthConfig,
    /// An issuer variable, without an auth config.
    Variable,
    /// The publishable key alone.
    PublishableKey,
    /// Nothing names an issuer.
    Nothing,
}

/// One provider of the configuration.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its `domain` or `issuer`, with the values known here; `None` where it cannot be told.
    pub issuer: Option<String>,
    /// Where the issuer is known from, in words: `CLERK_ISSUER_URL in .env.local:3`.
    pub source: Option<String>,
    /// Where the issuer's value stands.
    pub place: Place,
    /// The variable that holds the issuer, when one does.
    pub variable: Option<String>,
    /// Its `applicationID`, when it can be told.
    pub application_id: Option<String>,
    /// Where the `applicationID` is known from, in words, when it is not assumed.
    pub application_id_source: Option<String>,
    /// The variable that holds the `applicationID`, when one does.
    pub application_id_variable: Option<String>,
    /// The provider as auth.config writes it, with the values known here.
    pub value: Option<Value>,
    /// Why the value is an assumption, when it is one.
    pub assumed: Option<String>,
    /// Whether the issuer is that of a publishable key, for want of another source: it cannot contradict one.
    pub from_key: bool,
    /// Where auth.config writes the provider.
    pub written: Place,
    /// The provider as the JSON report shows it.
    pub view: Value,
}

impl Entry {
    /// Whether its issuer is not known here, and no name says that it is another service's.
    pub fn may_be_clerks(&self) -> bool {
        let foreign = |name: &str| is_foreign_name(name) && !is_clerk_name(name);
        self.issuer.is_none() && !self.variable.as_deref().is_some_and(foreign)
    }

    /// Whether what is not known of it keeps us from telling if it is the provider of this issuer. That of another service trusts no Clerk instance.
    pub fn may_trust(&self, issuer: &str) -> bool {
        if self.issuer.is_some() {
            self.value.is_none() && self.is_for(issuer)
        } else {
            self.may_be_clerks() || !is_clerk_like(issuer)
        }
    }

    /// Whether it trusts this issuer, as Convex compares.
    fn is_for(&self, issuer: &str) -> bool {
        let own = self.issuer.as_deref();
        own.is_some_and(|own| comparable(own) == comparable(issuer))
    }
}

/// The providers, and how they are known.
#[derive(Debug, Clone)]
pub struct Trust {
    /// How.
    pub basis: Basis,
    /// In the order of the configuration.
    pub entries: Vec<Entry>,
    /// Each auth config with its providers: those of several functions folders are configurations of several deployments.
    pub configs: Vec<(String, Vec<Entry>)>,
    /// The auth config that `entries` come from.
    pub config: Option<String>,
    /// The providers that the token is judged by.
    providers: Vec<Provider>,
    /// Convex's refusal of the configuration, if it refuses it.
    pub refused: Option<ConfigRefusal>,
    /// Whether the token's own issuer had to stand in.
    stands_in: bool,
    /// Whether a provider that is not known here may be that of the token's issuer.
    open: bool,
    /// Whether the providers are those that a missing auth config should have.
    pub without_config: bool,
}

impl Trust {
    /// The providers for this world and this token.
    pub fn of(world: &World, token: Option<&Token>) -> Self {
        let audience = world.options.audience.clone();
        let own = token
            .map(|token| &token.payload)
            .or(world.claims.as_ref())
            .and_then(|claims| claims.text("iss"));
        let configs = configs(world);
        let stands_in_app = world
            .project
            .as_ref()
            .is_some_and(|project| project.own_functions);
        let chosen = chosen(&configs, own.filter(|_| !stands_in_app));
        let path = chosen.map(|(path, _)| path.clone());
        let (basis, mut entries) = entries(world, chosen.map(|(_, entries)| entries));
        if let Some(audience) = &audience {
            for entry in &mut entries {
                entry.application_id = Some(audience.clone());
                entry.application_id_source = Some("--audience".to_owned());
                entry.application_id_variable = None;
                if let Some(object) = entry.value.as_mut().and_then(Value::as_object_mut) {
                    object.insert("applicationID".to_owned(), audience.clone().into());
                }
            }
        }
        let without_config = matches!(basis, Basis::Variable | Basis::PublishableKey)
            && world.project.as_ref().is_some_and(Project::has_no_config);
        let config = json!({"providers": entries.iter().filter_map(|entry| entry.value.clone()).collect::<Vec<_>>()});
        let (mut providers, refused) = match convex::accept_config(&config) {
            Ok(providers) => (providers, None),
            Err(refusal) => (Vec::new(), Some(refusal)),
        };
        let open = entries.iter().any(|entry| match own {
            Some(issuer) => entry.may_trust(issuer),
            None => entry.value.is_none(),
        });
        let undecided = basis == Basis::Nothing || open || refused.is_some();
        // Nothing tells the issuer: the token's own stands in, so that its other faults can be seen. The verdict stays unknown.
        let own = token
            .and_then(|token| token.payload.text("iss"))
            .map(str::to_owned);
        let mut stands_in = false;
        if let (true, Some(own)) = (undecided, own)
            && !providers
                .iter()
                .any(|provider| comparable(issuer_of(provider)) == comparable(&own))
        {
            stands_in = true;
            providers.push(Provider::Oidc {
                domain: own,
                application_id: audience.unwrap_or_else(|| DEFAULT_AUDIENCE.to_owned()),
            });
        }
        Self {
            basis,
            entries,
            config: path.filter(|_| basis == Basis::AuthConfig),
            configs,
            providers,
            refused,
            open,
            stands_in,
            without_config,
        }
    }

    /// What Convex would say of a token.
    pub fn judge(&self, token: &str, world: &World) -> Verdict {
        judge(token, &self.providers, world)
    }

    /// The same where the auth config is missing: Convex has no providers at all.
    pub fn judge_without_config(&self, token: &str, world: &World) -> Option<Verdict> {
        self.without_config.then(|| judge(token, &[], world))
    }

    /// What Convex's questions to each configured issuer come to, for a token that is otherwise in order.
    pub fn ask(&self, world: &World) -> Vec<(String, Verdict)> {
        let mut asked = Vec::new();
        for provider in &self.providers {
            let issuer = comparable(issuer_of(provider));
            let audience = match provider {
                Provider::Oidc { application_id, .. } => Some(application_id.clone()),
                Provider::CustomJwt { application_id, .. } => application_id.clone(),
            };
            let token = stand_in_token(&issuer, audience.as_deref(), world.now);
            let verdict = judge(&token, std::slice::from_ref(provider), world);
            asked.push((issuer, verdict));
        }
        asked
    }

    /// The providers that the token is judged by.
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// Whether every provider is known, so that an acceptance is one.
    pub fn decided(&self) -> bool {
        !self.stands_in && self.basis != Basis::Nothing
    }

    /// Whether the configuration has a value that is not known here, and that could decide.
    pub fn undecided(&self) -> bool {
        self.open
    }

    /// Whether a refusal is Convex's, not one of our missing evidence.
    pub fn refusal_counts(&self, refusal: &Refusal) -> bool {
        // Where a publishable key stands in for the issuer, the deployment may well trust another.
        let is_assumed = self.stands_in
            || refusal.cause == convex::Cause::IssuerUntrusted
                && self.entries.iter().any(|entry| entry.from_key);
        !(refusal.cause.is_local_fault() || is_assumed && refusal.cause.depends_on_providers())
    }

    /// The entries that trust this issuer, as Convex compares.
    pub fn entries_for<'t>(&'t self, issuer: &'t str) -> impl Iterator<Item = &'t Entry> {
        self.entries.iter().filter(|entry| entry.is_for(issuer))
    }

    /// The entry that trusts this issuer, as Convex compares.
    pub fn entry_for(&self, issuer: &str) -> Option<&Entry> {
        entry_for(&self.entries, issuer)
    }

    /// Whether the providers of this issuer are known but for their application id.
    pub fn awaits_audience(&self, issuer: &str) -> bool {
        let mut own = self.entries_for(issuer).peekable();
        own.peek().is_some()
            && own.all(|entry| entry.value.is_none() && entry.application_id.is_none())
    }

    /// The entry that is, or could be, the Clerk instance: what a foreign issuer is compared with.
    pub fn clerk_entry(&self) -> Option<&Entry> {
        clerk_entry(&self.entries).or_else(|| {
            self.entries
                .iter()
                .find(|entry| entry.issuer.is_some())
                .filter(|_| self.basis != Basis::AuthConfig)
        })
    }

    /// The provider that the instance of an app's key is compared with, and `None` where one trusts the instance, or where a value is not known. Of
    /// several auth configs the one in the app's folder counts, else any.
    pub fn compared(&self, folder: &str, issuer: &str) -> Option<&Entry> {
        let trusts = |entries: &[Entry]| entry_for(entries, issuer).is_some();
        let own = self.configs.iter().find(|(path, _)| {
            let below = path.strip_prefix(folder);
            self.config.is_some()
                && !folder.is_empty()
                && below.is_some_and(|below| below.starts_with('/'))
        });
        let (entries, compared) = match own {
            Some((_, entries)) => (entries, clerk_entry(entries)),
            None if self.config.is_some()
                && self.configs.iter().any(|(_, entries)| trusts(entries)) =>
            {
                return None;
            }
            None => (&self.entries, self.clerk_entry()),
        };
        let unknown = entries.iter().any(|entry| entry.may_trust(issuer));
        compared.filter(|_| !unknown && !trusts(entries))
    }

    /// The URL of the keys of a token's issuer, when they were fetched: the body of the JWKS.
    pub fn keys_for(&self, token: &Token, world: &World) -> Option<Vec<u8>> {
        let issuer = token.payload.text("iss")?;
        let urls = crate::issuer::urls(issuer)?;
        let from_discovery = match world.answers.get(&urls.discovery) {
            Some(crate::answer::Answer::Response(response)) if response.status == 200 => {
                serde_json::from_slice::<Value>(&response.body)
                    .ok()
                    .and_then(|document| document.get("jwks_uri")?.as_str().map(str::to_owned))
            }
            _ => None,
        };
        let url = from_discovery
            .and_then(|url| Url::parse(&url).ok())
            .map_or(urls.jwks, |url| url.to_string());
        match world.answers.get(&url)? {
            crate::answer::Answer::Response(response) if response.status == 200 => {
                Some(response.body.clone())
            }
            crate::answer::Answer::Response(_) | crate::answer::Answer::Fault(_) => None,
        }
    }

    /// What the verdict rests on that is not written here.
    pub fn assumptions(&self) -> Vec<String> {
        let mut notes: Vec<String> = self
            .entries
            .iter()
            .filter_map(|entry| entry.assumed.clone())
            .collect();
        if let (Some(path), 2..) = (&self.config, self.folders()) {
            notes.push(format!(
                "{} functions folders are here, each of a deployment of its own: this is judged by {path}.",
                self.folders()
            ));
        }
        match self.basis {
            _ if self.without_config => notes.push(format!(
                "No convex/auth.config.* was found: the rest is judged as if it had one OIDC provider with the issuer that is set here and the \
                 audience `{}`.",
                self.assumed_audience()
            )),
            Basis::Variable => notes.push(format!(
                "No convex/auth.config.* was found: this assumes one OIDC provider with the configured issuer and the audience `{}`.",
                self.assumed_audience()
            )),
            Basis::PublishableKey => notes.push(
                "Nothing names the issuer but the publishable key: this assumes that Convex trusts the key's instance, with the audience \
                 `convex`."
                    .to_owned(),
            ),
            Basis::Nothing if self.stands_in => notes.push(
                "The rest is judged as if Convex trusted the token's own issuer. Name the issuer with --issuer URL, or run this in the project's folder."
                    .to_owned(),
            ),
            Basis::Option | Basis::Deployment | Basis::AuthConfig | Basis::Nothing => {}
        }
        notes
    }

    fn assumed_audience(&self) -> &str {
        let own = self.entries.first();
        own.and_then(|entry| entry.application_id.as_deref())
            .unwrap_or(DEFAULT_AUDIENCE)
    }

    /// How many functions folders have an auth config.
    fn folders(&self) -> usize {
        let folders = self.configs.iter().map(|(path, _)| path.rsplit_once('/'));
        let folders: BTreeSet<_> = folders
            .map(|parts| parts.map(|(folder, _)| folder))
            .collect();
        folders.len()
    }

    /// Issuers that may be asked for their keys: the configured ones.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.entries
            .iter()
            .filter_map(|entry| entry.issuer.as_deref())
    }
}

fn judge(token: &str, providers: &[Provider], world: &World) -> Verdict {
    convex::judge(&Question {
        token,
        providers,
        answers: &world.answers,
        now: world.now,
        digests: None,
        redacted: false,
    })
}

fn entry_for<'e>(entries: &'e [Entry], issuer: &str) -> Option<&'e Entry> {
    entries.iter().find(|entry| entry.is_for(issuer))
}

fn clerk_entry(entries: &[Entry]) -> Option<&Entry> {
    entries.iter().find(|entry| {
        entry.issuer.as_deref().is_some_and(is_clerk_like)
            || entry.variable.as_deref().is_some_and(is_clerk_name)
    })
}

fn issuer_of(provider: &Provider) -> &str {
    match provider {
        Provider::Oidc { domain, .. } => domain,
        Provider::CustomJwt { issuer, .. } => issuer,
    }
}

/// Whether an issuer looks like a Clerk instance, and not like another provider or the deployment itself.
pub fn is_clerk_like(issuer: &str) -> bool {
    let text = if issuer.contains("://") {
        issuer.to_owned()
    } else {
        format!("https://{issuer}")
    };
    let Ok(url) = Url::parse(&text) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    is_clerk_development_host(host)
        || is_loopback(host)
        || host.starts_with("clerk.")
        || host.contains(".clerk.")
        || host.contains("clerk")
        || host.ends_with(".lclclerk.com")
        || host.ends_with(".lcl.dev")
}

/// Whether a variable's name speaks of Clerk.
pub fn is_clerk_name(name: &str) -> bool {
    unprefixed(name).to_ascii_uppercase().contains("CLERK")
}

/// The variables that a field's value comes from, save those that only decide: first those that may be the value itself, then those of which it
/// is put together with other text.
fn sources(field: &Field) -> (Vec<&str>, Vec<&str>) {
    let sample = "https://whole.example";
    let value = |name: &str| {
        let value = if name == "NODE_ENV" {
            "production"
        } else {
            sample
        };
        Some(value.to_owned())
    };
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    for branch in field.value.branches() {
        let text = branch.evaluate(&value);
        let names = if text.text().is_none_or(|text| text == sample) {
            &mut whole
        } else {
            &mut parts
        };
        for name in branch.variables() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    parts.retain(|name| !whole.contains(name));
    (whole, parts)
}

/// The field that says who the issuer is.
fn issuer_field(entry: &ProviderEntry) -> Option<&Field> {
    entry.domain().or_else(|| entry.issuer())
}

/// Whether a provider reads this variable whose issuer is Clerk's, by its own text or by the name of a variable.
pub fn is_beside_clerk(config: &AuthConfig, name: &str) -> bool {
    let is_clerks = |field: &Field| {
        let written = field.value.evaluate(&|_| None);
        written.text().is_some_and(is_clerk_like)
            || field.value.variables().into_iter().any(is_clerk_name)
    };
    config.entries().iter().any(|entry| {
        let mut fields = entry.fields.iter();
        issuer_field(entry).is_some_and(is_clerks)
            && fields.any(|field| field.value.variables().contains(&name))
    })
}

/// The names that auth.config reads to put an issuer together: they hold a part of it only.
pub fn names_of_parts(configs: &[AuthConfig]) -> Vec<String> {
    let fields = configs
        .iter()
        .flat_map(AuthConfig::entries)
        .filter_map(issuer_field);
    fields
        .flat_map(|field| sources(field).1)
        .map(str::to_owned)
        .collect()
}

/// The names that auth.config reads for a provider's issuer and that could be Clerk's.
pub fn clerk_names_read(configs: &[AuthConfig]) -> Vec<String> {
    let parts = names_of_parts(configs);
    let mut names = Vec::new();
    for config in configs {
        for entry in config.entries() {
            let whole = issuer_field(entry).map_or_else(Vec::new, |field| sources(field).0);
            for name in whole.into_iter().map(str::to_owned) {
                if !names.contains(&name) && !parts.contains(&name) {
                    names.push(name);
                }
            }
        }
    }
    let clerk: Vec<String> = names
        .iter()
        .filter(|name| is_clerk_name(name))
        .cloned()
        .collect();
    // A variable of another provider is none of our business; a name that says nothing may be Clerk's.
    if clerk.is_empty() {
        names.retain(|name| !is_foreign_name(name));
        names
    } else {
        clerk
    }
}

/// Whether a variable's name speaks of another provider, or of the deployment itself.
pub fn is_foreign_name(name: &str) -> bool {
    let name = unprefixed(name);
    [
        "AUTH0",
        "WORKOS",
        "CONVEX_",
        "FIREBASE",
        "SUPABASE",
        "OKTA",
        "COGNITO",
        "KEYCLOAK",
        "STYTCH",
        "KINDE",
        "LOGTO",
        "DESCOPE",
        "ZITADEL",
        "BETTER_AUTH",
        "SITE_URL",
    ]
    .iter()
    .any(|other| name.contains(other))
}

/// Each auth config with its providers.
fn configs(world: &World) -> Vec<(String, Vec<Entry>)> {
    let Some(project) = &world.project else {
        return Vec::new();
    };
    let configs = project.auth_configs.iter();
    configs
        .map(|config| (config.path.clone(), from_config(config, project)))
        .collect()
}

/// The auth config that is judged by: the first that trusts the token's issuer, else the first.
fn chosen<'c>(
    configs: &'c [(String, Vec<Entry>)],
    issuer: Option<&str>,
) -> Option<&'c (String, Vec<Entry>)> {
    let trusting = issuer.and_then(|issuer| {
        configs
            .iter()
            .find(|(_, entries)| entry_for(entries, issuer).is_some())
    });
    trusting.or_else(|| configs.first())
}

fn entries(world: &World, config: Option<&Vec<Entry>>) -> (Basis, Vec<Entry>) {
    if let Some(issuer) = &world.options.issuer {
        let entry = simple(
            issuer.clone(),
            Some("--issuer".to_owned()),
            Place::Variable("--issuer".to_owned()),
            None,
        );
        return (Basis::Option, vec![entry]);
    }
    if let Some(deployment) = &world.deployment
        && let Ok(providers) = &deployment.providers
    {
        let source = format!("the deployment at {}", deployment.target.url);
        let entries = providers
            .iter()
            .map(|provider| of_deployment(provider, &source));
        return (Basis::Deployment, entries.collect());
    }
    let Some(project) = &world.project else {
        return live(world);
    };
    if let Some(entries) = config {
        return (Basis::AuthConfig, entries.clone());
    }
    if let Some(variable) = project
        .issuer_variables()
        .into_iter()
        .find(|variable| !variable.value.trim().is_empty())
    {
        return (
            Basis::Variable,
            vec![from_variable(variable, variable.value.clone())],
        );
    }
    for (variable, key) in project.publishable_keys() {
        if let Ok(key) = key {
            return (
                Basis::PublishableKey,
                vec![from_variable(variable, key.issuer())],
            );
        }
    }
    live(world)
}

/// What a pasted error line of Convex says of the live providers.
fn live(world: &World) -> (Basis, Vec<Entry>) {
    if world.options.live_providers.is_empty() {
        return (Basis::Nothing, Vec::new());
    }
    let source = "Convex's own error line";
    let entries = world
        .options
        .live_providers
        .iter()
        .map(|(domain, audience)| {
            let mut entry = simple(
                domain.clone(),
                Some(source.to_owned()),
                Place::Nowhere,
                None,
            );
            entry.application_id.clone_from(audience);
            entry
        });
    (Basis::Option, entries.collect())
}

/// A provider that the deployment itself listed.
fn of_deployment(provider: &Value, source: &str) -> Entry {
    let text = |name: &str| provider[name].as_str().map(str::to_owned);
    let issuer = text("domain").or_else(|| text("issuer"));
    Entry {
        issuer,
        source: Some(source.to_owned()),
        place: Place::Url(source.trim_start_matches("the deployment at ").to_owned()),
        variable: None,
        application_id: text("applicationID"),
        application_id_source: None,
        application_id_variable: None,
        value: Some(provider.clone()),
        assumed: None,
        from_key: false,
        written: Place::Nowhere,
        view: json!({"type": text("type").unwrap_or_else(|| "oidc".to_owned()), "domain": text("domain"), "application_id": text("applicationID"),
            "issuer": text("issuer"), "jwks": text("jwks"), "algorithm": text("algorithm"), "file": null, "line": null}),
    }
}

fn from_variable(variable: &Variable, issuer: String) -> Entry {
    simple(
        issuer,
        Some(variable.words()),
        variable.place(),
        Some(variable.name.clone()),
    )
}

fn simple(issuer: String, source: Option<String>, place: Place, variable: Option<String>) -> Entry {
    let value = json!({"domain": issuer, "applicationID": DEFAULT_AUDIENCE});
    let view = json!({"type": "oidc", "domain": shown(&issuer), "application_id": DEFAULT_AUDIENCE, "issuer": null, "jwks": null, "algorithm": null,
        "file": null, "line": null});
    Entry {
        issuer: Some(issuer),
        source,
        place,
        variable,
        application_id: Some(DEFAULT_AUDIENCE.to_owned()),
        application_id_source: None,
        application_id_variable: None,
        value: Some(value),
        assumed: None,
        from_key: false,
        written: Place::Nowhere,
        view,
    }
}

/// The providers of auth.config, with the values known here. A variable that is not in this folder lives on the deployment; what stands here
/// under another name, or the publishable key, says what was meant.
fn from_config(config: &AuthConfig, project: &Project) -> Vec<Entry> {
    let read = project.issuer_names_read();
    // Where one of several is here, the others are providers of their own: nothing here stands for them.
    let is_alone = read.iter().all(|name| project.variable(name).is_none());
    let stand_ins: BTreeMap<String, StandIn> = read
        .into_iter()
        .filter(|_| is_alone)
        .filter(|name| project.variable(name).is_none())
        .filter_map(|name| stand_in(&name, project, &config.path).map(|found| (name, found)))
        .collect();
    let value_of = |name: &str| {
        let own = project
            .variable_near(name, &config.path)
            .map(|variable| variable.value.clone());
        own.or_else(|| stand_ins.get(name).map(|found| found.value.clone()))
    };
    let mut entries: Vec<Entry> = config
        .entries_with(&value_of)
        .iter()
        .filter(|evaluated| evaluated.present != Some(false))
        .map(|evaluated| provider_entry(evaluated, project, &stand_ins, &value_of))
        .collect();
    if let Providers::Undecided { why, place, .. } = &config.providers {
        entries.push(Entry {
            issuer: None,
            source: None,
            place: file_place(place),
            variable: None,
            application_id: None,
            application_id_source: None,
            application_id_variable: None,
            value: None,
            assumed: Some(match project.unread_config() {
                Some((path, why)) => format!("{path} could not be read ({why}): its providers are not known."),
                None => format!("A part of {} cannot be told without running it ({why}); its providers are left out.", config.path),
            }),
            from_key: false,
            written: file_place(place),
            view: json!({"type": null, "domain": null, "application_id": null, "issuer": null, "jwks": null, "algorithm": null,
                "file": config.path, "line": place.line}),
        });
    }
    entries
}

/// What stands here for a variable that only the deployment has.
struct StandIn {
    value: String,
    words: String,
    place: Place,
    from_key: bool,
}

/// A place in auth.config as a finding's place.
pub fn file_place(place: &crate::auth_config::Place) -> Place {
    Place::File {
        path: place.path.clone(),
        line: place.line,
        column: place.column,
        width: place.end.saturating_sub(place.start),
    }
}

/// The variable that a field's value is: where the value is known, one of a side that comes to it; else the first.
fn source_of(
    field: &Field,
    value: Option<&str>,
    value_of: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let (whole, _) = sources(field);
    let name = match value {
        Some(value) => field
            .value
            .branches()
            .into_iter()
            .filter(|branch| branch.evaluate(value_of).text() == Some(value))
            .flat_map(Expr::variables)
            .find(|name| whole.contains(name)),
        None => whole.first().copied(),
    };
    name.map(str::to_owned)
}

fn provider_entry(
    evaluated: &EvaluatedEntry<'_>,
    project: &Project,
    stand_ins: &BTreeMap<String, StandIn>,
    value_of: &dyn Fn(&str) -> Option<String>,
) -> Entry {
    let entry = evaluated.entry;
    let text = |name: &str| {
        evaluated
            .value(name)
            .and_then(Evaluated::text)
            .map(str::to_owned)
    };
    let custom = text("type").as_deref() == Some("customJwt");
    let field = if custom {
        entry.issuer().or_else(|| entry.domain())
    } else {
        entry.domain().or_else(|| entry.issuer())
    };
    let issuer = field.and_then(|field| text(&field.name));
    let written = field.map_or_else(
        || file_place(&entry.place),
        |field| file_place(&field.place),
    );
    let variable = field.and_then(|field| source_of(field, issuer.as_deref(), value_of));
    let own = variable
        .as_deref()
        .and_then(|name| project.variable_near(name, &entry.place.path));
    let stand_in = variable
        .as_deref()
        .filter(|_| own.is_none())
        .and_then(|name| stand_ins.get(name).map(|found| (name, found)));
    let from_key = stand_in.is_some_and(|(_, found)| found.from_key);
    let (source, place, assumed) = match (own, stand_in, field) {
        (Some(variable), _, _) => (variable.words(), variable.place(), None),
        (None, Some((name, found)), _) => (
            found.words.clone(),
            found.place.clone(),
            Some(format!(
                "{name} lives on the Convex deployment and is not seen here: {} stands in for it.",
                found.words
            )),
        ),
        (None, None, Some(field)) => (
            format!("{} in {}", field.name, written.words()),
            written,
            None,
        ),
        (None, None, None) => (written.words(), written, None),
    };
    let audience = entry
        .fields
        .iter()
        .rfind(|field| field.name == "applicationID");
    let application_id_variable =
        audience.and_then(|field| source_of(field, text("applicationID").as_deref(), value_of));
    let application_id_source = audience.map(|field| {
        let own = application_id_variable
            .as_deref()
            .and_then(|name| project.variable_near(name, &entry.place.path));
        own.map_or_else(
            || format!("`applicationID` in {}", file_place(&field.place).words()),
            Variable::words,
        )
    });
    let (object, complete) = object(evaluated);
    let safe = |name: &str| text(name).map(|text| shown(&text));
    let view = json!({
        "type": text("type").unwrap_or_else(|| "oidc".to_owned()),
        "domain": safe("domain"),
        "application_id": safe("applicationID"),
        "issuer": safe("issuer"),
        "jwks": safe("jwks"),
        "algorithm": text("algorithm"),
        "file": entry.place.path,
        "line": entry.place.line,
    });
    Entry {
        source: issuer.is_some().then_some(source),
        issuer,
        place,
        variable,
        application_id: text("applicationID"),
        application_id_source,
        application_id_variable,
        value: complete.then_some(Value::Object(object)),
        assumed,
        from_key,
        written: file_place(&entry.place),
        view,
    }
}

/// An evaluated provider as an object, and whether all of it is known.
fn object(evaluated: &EvaluatedEntry<'_>) -> (Map<String, Value>, bool) {
    let mut object = Map::new();
    let mut complete = evaluated.present == Some(true);
    for (field, value) in evaluated.entry.fields.iter().zip(&evaluated.values) {
        match value {
            Evaluated::Known(Plain::Undefined) => {}
            Evaluated::Known(plain) => {
                object.insert(field.name.clone(), plain.to_json());
            }
            Evaluated::Unset(_) | Evaluated::Undecided { .. } => complete = false,
        }
    }
    (object, complete)
}

/// The providers that auth.config gives with these variables; `None` where they cannot be told.
pub fn providers_with(
    config: &AuthConfig,
    variables: &dyn Fn(&str) -> Option<String>,
) -> Option<Vec<Value>> {
    if !matches!(config.providers, Providers::Known(_)) {
        return None;
    }
    let entries = config.entries_with(variables);
    entries
        .iter()
        .filter(|evaluated| evaluated.present != Some(false))
        .map(|evaluated| match object(evaluated) {
            (object, true) => Some(Value::Object(object)),
            (_, false) => None,
        })
        .collect()
}

fn stand_in(name: &str, project: &Project, config: &str) -> Option<StandIn> {
    let other = project.variables.iter().find(|variable| {
        variable.name != name
            && project.is_near(variable, config)
            && crate::setting::is_issuer_name(&variable.name)
            && project.issuer_fault(&variable.value).is_none()
    });
    if let Some(variable) = other {
        return Some(StandIn {
            value: variable.value.clone(),
            words: variable.words(),
            place: variable.place(),
            from_key: false,
        });
    }
    project
        .publishable_keys()
        .into_iter()
        .filter(|(variable, _)| project.is_near(variable, config))
        .find_map(|(variable, key)| {
            let key = key.ok()?;
            Some(StandIn {
                value: key.issuer(),
                words: format!("the publishable key, {}", variable.words()),
                place: variable.place(),
                from_key: true,
            })
        })
}

/// A token in order but for its signature, to see what Convex's questions to an issuer come to.
fn stand_in_token(issuer: &str, audience: Option<&str>, now: i64) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({"alg": "RS256", "typ": "JWT"}));
    let claims =
        part(json!({"iss": issuer, "sub": "user", "aud": audience, "iat": now, "exp": now + 60}));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 256]))
}
