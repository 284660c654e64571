//! Everything that is known before the first rule is asked.
//!
//! A [`World`] is what `gather` and `fetch` saw, untouched. [`Facts`] are read from it by pure functions, so that a test can change one thing
//! in a healthy world and see what follows.

use crate::answer::Answers;
use crate::auth_config::AuthConfig;
use crate::clerk::{self, ClerkVerdict, Keys};
use crate::convex;
use crate::deployment::{Deployment, Probe};
use crate::fetch::Deadline;
use crate::package::Installed;
use crate::provider::Provider;
use crate::publishable_key::{self, PublishableKey};
use crate::rule::Missing;
use crate::setting::{self, Fault, same_issuer};
use crate::template::{Template, Templates};
use crate::token::{Kind, Part, Token};
use crate::trust::Trust;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was seen of the world.
#[derive(Clone, Default)]
pub struct World {
    /// The time to judge at, seconds since the epoch: the local clock's, or the issuer's where that one is proven wrong.
    pub now: i64,
    /// The local clock's time, where it is proven wrong and `now` is not it.
    pub local_now: Option<i64>,
    /// Whether `--at` or `--at-issue` was given: no other clock counts.
    pub time_given: bool,
    /// When the time for the network is over.
    pub deadline: Deadline,
    /// The token to be judged. It is read once, however often it is looked at.
    pub token: Option<Arc<Token>>,
    /// Claims without a signature.
    pub claims: Option<Part>,
    /// What the command line says.
    pub options: Options,
    /// The project.
    pub project: Option<Project>,
    /// What URLs answered.
    pub answers: Answers,
    /// The local clock minus the issuer's or the deployment's `Date`, in seconds: the least of what was seen.
    pub clock_offset: Option<f64>,
    /// The JWT templates at hand.
    pub templates: Option<Templates>,
    /// What the deployment said of itself.
    pub deployment: Option<Deployment>,
    /// What the deployment answered to the token.
    pub probe: Option<Probe>,
}

impl std::fmt::Debug for World {
    /// The token is not shown.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("World")
            .field("now", &self.now)
            .field("token", &self.token.is_some())
            .field("options", &self.options)
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

impl World {
    /// Judges at this time of the local clock.
    pub fn set_clock(&mut self, now: i64) {
        self.now = now;
        self.local_now = None;
    }

    /// A server's clock was seen: the local one is ahead of it by so many seconds.
    pub fn saw_clock(&mut self, ahead: f64) {
        let nearest = self
            .clock_offset
            .filter(|known| known.abs() <= ahead.abs())
            .unwrap_or(ahead);
        self.clock_offset = Some(nearest);
    }

    /// By how many seconds the local clock is ahead, where it is proven wrong. A date from before the token was issued is a cache's, and proves nothing.
    pub fn clock_skew(&self) -> Option<f64> {
        let ahead = self
            .clock_offset
            .filter(|offset| offset.abs() > MOST_SKEW)?;
        let issued = self
            .token
            .as_ref()
            .filter(|_| !self.time_given)
            .and_then(|token| token.payload.number("iat"));
        #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch")]
        let there = self.local_now.unwrap_or(self.now) as f64 - ahead.round();
        let is_before_issue = issued.is_some_and(|issued| issued > there + MOST_SKEW);
        (!is_before_issue).then_some(ahead)
    }

    /// Takes the time of the servers that were seen, where it proves the local clock wrong: Convex judges by a clock like theirs. A date that is days away is
    /// odd.
    pub fn correct_clock(&mut self) {
        let local = self.local_now.take().unwrap_or(self.now);
        self.now = local;
        let Some(ahead) = self
            .clock_skew()
            .filter(|ahead| !self.time_given && ahead.abs() < DAY)
        else {
            return;
        };
        #[expect(clippy::cast_possible_truncation, reason = "less than a day")]
        let ahead = ahead.round() as i64;
        self.now = local - ahead;
        self.local_now = Some(local);
    }
}

/// What two clocks may differ by, in seconds, before one is wrong: as much as Clerk forgives.
const MOST_SKEW: f64 = 5.0;
/// A day, in seconds.
const DAY: f64 = 86_400.0;

/// What the command line says, as far as rules look at it.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct Options {
    /// `--issuer`.
    pub issuer: Option<String>,
    /// `--audience`.
    pub audience: Option<String>,
    /// `--offline`.
    pub offline: bool,
    /// `--jwks FILE` was given: the keys are at hand, offline too.
    pub keys_given: bool,
    /// `--trust-token-issuer`.
    pub trust_token_issuer: bool,
    /// The keys are listed, whatever Convex makes of the issuer's discovery.
    pub lists_keys: bool,
    /// What Convex logs say of its providers, from a pasted error: `(domain, application id)`.
    pub live_providers: Vec<(String, Option<String>)>,
}

/// What was read of the project's folder.
#[derive(Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Project {
    /// The folder, as shown.
    pub root: String,
    /// Where the root stands in its repository: `web/`, or nothing.
    pub below: String,
    /// Whether there were more folders than were looked into.
    pub truncated: bool,
    /// Whether a functions folder of Convex was found.
    pub has_convex: bool,
    /// The variables that win, of every app.
    pub variables: Vec<Variable>,
    /// The text of each file read, by its path relative to the root.
    pub files: BTreeMap<String, String>,
    /// Env files that are for production alone, and were not read: the app is judged as in development.
    pub production_files: Vec<String>,
    /// Files that exist but could not be read, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// The folders of the apps that depend on Convex.
    pub convex_apps: Vec<String>,
    /// Whether an app depends on one of Clerk's packages.
    pub depends_on_clerk: bool,
    /// Whether an app signs users in with Clerk's React components, and so may ask for tokens by `ConvexProviderWithClerk`.
    pub uses_clerk_react: bool,
    /// The folder of the app whose installed version of convex is known, relative to the root; empty for the root.
    pub convex_app: String,
    /// The command that installs a package, by the lock file; empty for npm's.
    pub installer: &'static str,
    /// Env files that no tool can read anything in, with the reason.
    pub unusable: Vec<(String, &'static str)>,
    /// The auth configs that Convex reads; more than one is a fault.
    pub auth_configs: Vec<AuthConfig>,
    /// Files that look like an auth config, and that Convex does not read, with the reason.
    pub ignored_configs: Vec<(String, String)>,
    /// `authInfo` or `authProviders` in `convex.json`: path, line, key.
    pub convex_json_auth: Option<(String, usize, String)>,
    /// The functions folders, relative to the root: that of the app in which one stands first.
    pub functions: Vec<String>,
    /// Whether one stands in an app of the workspace with a functions folder of its own: no other is meant.
    pub own_functions: bool,
    /// Installed packages, with the file that says so.
    pub installed: Vec<(Installed, String)>,
    /// Clerk's keyless file, when there is one: path, and the instance's publishable key.
    pub keyless: Option<(String, Option<String>)>,
}

impl std::fmt::Debug for Project {
    /// The texts of files hold secrets, so they are named only.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Project")
            .field("root", &self.root)
            .field("files", &self.files.keys().collect::<Vec<_>>())
            .field("variables", &self.variables)
            .field("functions", &self.functions)
            .field("installed", &self.installed)
            .finish_non_exhaustive()
    }
}

/// A variable, as the app would see it.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The value. It may be a secret: it is shown only by those who know that it is not.
    pub value: String,
    /// Where the value stands.
    pub source: Source,
    /// Values of the same name that it hides.
    pub shadows: Vec<(Source, String)>,
    /// How other readers see the line, when they see it differently: dialect and value.
    pub dialects: Vec<(&'static str, Option<String>)>,
}

impl std::fmt::Debug for Variable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Variable")
            .field("name", &self.name)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In an env file.
    File {
        /// Relative to the project, with `/`.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The column of the value, from 1, in characters.
        column: usize,
    },
    /// In the process environment.
    Process,
}

impl Source {
    /// `.env.local:3`, or `the environment`.
    pub fn words(&self) -> String {
        match self {
            Self::File { path, line, .. } => format!("{path}:{line}"),
            Self::Process => "the process environment".to_owned(),
        }
    }

    /// The folder of the app that the value belongs to.
    pub fn folder(&self) -> &str {
        match self {
            Self::File { path, .. } => path.rsplit_once('/').map_or("", |(folder, _)| folder),
            Self::Process => "",
        }
    }
}

impl Variable {
    /// `NAME in .env.local:3`.
    pub fn words(&self) -> String {
        format!("{} in {}", self.name, self.source.words())
    }

    /// The place of the value.
    pub fn place(&self) -> crate::rule::Place {
        match &self.source {
            Source::File { path, line, column } => crate::rule::Place::File {
                path: path.clone(),
                line: *line,
                column: *column,
                width: self.value.chars().count(),
            },
            Source::Process => crate::rule::Place::Variable(self.name.clone()),
        }
    }

    /// The publishable key that it holds, when it has the name or the form of one.
    pub fn publishable_key(&self) -> Option<Result<PublishableKey, publishable_key::Fault>> {
        let named = setting::unprefixed(&self.name) == "CLERK_PUBLISHABLE_KEY";
        (named && !self.value.is_empty() && !setting::looks_secret(&self.value))
            .then(|| publishable_key::parse(&self.value))
    }
}

/// Everything that is known.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What was seen.
    pub world: World,
    /// Whom Convex trusts, and how we know.
    pub trust: Trust,
    /// What Convex would say of the token; `None` without a token, or without providers to judge by.
    pub convex: Option<convex::Verdict>,
    /// Where the auth config is missing: what Convex says of the token with no providers. All else is told by [`Self::convex`].
    pub without_config: Option<convex::Verdict>,
    /// What Clerk's `verifyToken` would say.
    pub clerk: Option<ClerkVerdict>,
    /// Without a token: what Convex's questions to each configured issuer came to, asked for a token that is otherwise in order.
    pub asked: Vec<(String, convex::Verdict)>,
}

impl Facts {
    /// Convex's outcome for the token.
    pub fn outcome(&self) -> Option<&convex::Outcome> {
        let verdict = self.without_config.as_ref().or(self.convex.as_ref());
        verdict.map(|verdict| &verdict.outcome)
    }

    /// Reads the world.
    pub fn read(world: World) -> Self {
        Self::unjudged(world).judged()
    }

    /// The same with the verdicts by what is known now.
    #[must_use]
    pub fn judged(mut self) -> Self {
        self.judge();
        self
    }

    /// Takes the verdicts by what is known now.
    pub fn judge(&mut self) {
        let facts = self;
        let (trust, world) = (&facts.trust, &facts.world);
        let token = world.token.as_ref().map(|token| token.compact.expose());
        facts.convex = match (token, &world.claims) {
            (Some(token), _) => Some(trust.judge(token, world)),
            (None, Some(claims)) => Some(trust.judge(&unsigned(claims, trust, world.now), world)),
            (None, None) => None,
        };
        facts.without_config = token.and_then(|token| trust.judge_without_config(token, world));
        if world.token.is_none() {
            facts.asked = trust.ask(world);
        }
        // Clerk's middleware runs on this machine, by its clock.
        let now = world.local_now.unwrap_or(world.now);
        facts.clerk = world.token.as_ref().map(|token| {
            if facts.is_genuine(token) {
                return clerk::verify(token, Keys::Genuine, now);
            }
            let set = trust.keys_for(token, world);
            let keys = set.as_deref().map_or(Keys::Absent, Keys::Set);
            clerk::verify(token, keys, now)
        });
    }

    /// Whether Convex's acceptance tells that the key with the token's key id, one of the issuer's, made the signature. No signature is checked twice.
    fn is_genuine(&self, token: &Token) -> bool {
        let accepted = self
            .convex
            .as_ref()
            .filter(|verdict| matches!(verdict.outcome, convex::Outcome::Accepted(_)));
        let provider = accepted
            .and_then(|verdict| verdict.provider)
            .and_then(|place| self.trust.providers().get(place));
        token.key_id().is_some() && matches!(provider, Some(Provider::Oidc { .. }))
    }

    /// The same without any verdict: what tells whom to ask.
    pub fn unjudged(world: World) -> Self {
        Self {
            trust: Trust::of(&world, world.token.as_deref()),
            world,
            convex: None,
            without_config: None,
            clerk: None,
            asked: Vec::new(),
        }
    }

    /// The token.
    pub fn token(&self) -> Result<&Token, Missing> {
        self.world.token.as_deref().ok_or(Missing::Token)
    }

    /// The claims, of a token or unsigned.
    pub fn claims(&self) -> Result<&Part, Missing> {
        match (&self.world.token, &self.world.claims) {
            (Some(token), _) if token.payload.fault.is_none() => Ok(&token.payload),
            (Some(_), _) => Err(Missing::Consequence),
            (None, Some(claims)) => Ok(claims),
            (None, None) => Err(Missing::Claims),
        }
    }

    /// What the deployment said of itself.
    pub fn deployment(&self) -> Result<&Deployment, Missing> {
        self.world.deployment.as_ref().ok_or(Missing::NotAsked)
    }

    /// The JWT templates at hand.
    pub fn templates(&self) -> Result<&Templates, Missing> {
        self.world.templates.as_ref().ok_or(Missing::Template)
    }

    /// The JWT template that is judged.
    pub fn template(&self) -> Result<&Template, Missing> {
        self.templates()?.chosen().ok_or(Missing::Consequence)
    }

    /// The project folder.
    pub fn project(&self) -> Result<&Project, Missing> {
        self.world.project.as_ref().ok_or(Missing::Project)
    }

    /// The project folder, when Convex is in it.
    pub fn convex_project(&self) -> Result<&Project, Missing> {
        let project = self.project()?;
        if project.has_convex {
            Ok(project)
        } else {
            Err(Missing::Convex)
        }
    }

    /// The reasons for which Convex would refuse the token, the first first.
    pub fn causes(&self) -> impl Iterator<Item = &convex::Cause> {
        let unsigned = self.world.token.is_none();
        self.convex
            .iter()
            .flat_map(reasons)
            .filter(move |cause| !unsigned || cause.is_of_claims())
    }

    /// Without a token: the key sets of the providers, as far as Convex can get them.
    pub fn published(&self) -> Vec<convex::Published> {
        if self.world.token.is_some() || self.world.claims.is_some() {
            return Vec::new();
        }
        let providers = self.trust.providers().iter();
        providers
            .filter_map(|provider| convex::published(provider, &self.world.answers))
            .collect()
    }

    /// How far the signature was checked.
    pub fn signature(&self) -> crate::pass::Signature {
        use crate::pass::Signature;
        let Some(token) = &self.world.token else {
            return if self.world.claims.is_some() {
                Signature::Unsigned
            } else {
                Signature::NoToken
            };
        };
        let bad = |cause: &convex::Cause| {
            use convex::Cause;
            matches!(
                cause,
                Cause::Signature
                    | Cause::KeyUnknown { .. }
                    | Cause::KeyAmbiguous
                    | Cause::KeyUnusable(_)
                    | Cause::KeyWeak(_)
                    | Cause::KeyIdMissing
                    | Cause::NoKeys
                    | Cause::Algorithm(_)
                    | Cause::SignatureEncoding
            )
        };
        let unasked = |cause: &convex::Cause| {
            use convex::Cause;
            matches!(
                cause,
                Cause::Unreachable { .. }
                    | Cause::Redirects { .. }
                    | Cause::Status { .. }
                    | Cause::ContentType { .. }
                    | Cause::Body { .. }
                    | Cause::DiscoveryIssuer { .. }
                    | Cause::JwksNotUrl(_)
                    | Cause::IssuerNotUrl
                    | Cause::Payload(_)
                    | Cause::ClaimTwice { .. }
                    | Cause::IssuerMissing
                    | Cause::Segments(_)
                    | Cause::Header(_)
                    | Cause::HeaderType { .. }
            )
        };
        if self.causes().any(bad) {
            Signature::Bad
        } else if self.causes().any(unasked)
            || self
                .convex
                .as_ref()
                .is_none_or(|verdict| verdict.lacks.is_some())
            || token.segments != 3
        {
            Signature::Unchecked
        } else {
            Signature::Good
        }
    }

    /// The kind of the token, or of one with these claims.
    pub fn kind(&self) -> Kind {
        match (&self.world.token, &self.world.claims) {
            (Some(token), _) => token.kind(),
            (None, Some(claims)) => Kind::of(&Part::default(), claims),
            (None, None) => Kind::Unknown,
        }
    }
}

/// A token of unsigned claims, to judge the claims by. What Clerk adds itself is added where it is absent, and a shortcode that stands alone,
/// whose value has a type of its own, becomes null.
fn unsigned(claims: &Part, trust: &Trust, now: i64) -> String {
    let mut members = claims.members.clone();
    for value in members.values_mut() {
        let alone = value.as_str().map(str::trim).is_some_and(|text| {
            text.starts_with("{{") && text.ends_with("}}") && text.matches("{{").count() == 1
        });
        if alone {
            *value = Value::Null;
        }
    }
    let issuer = trust.issuers().next().unwrap_or("https://clerk.invalid");
    let added = [
        ("iss", setting::comparable(issuer).into()),
        ("sub", "user".into()),
        ("iat", now.into()),
        ("exp", (now + 60).into()),
    ];
    for (name, value) in added {
        members.entry(name).or_insert(value);
    }
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.",
        part(json!({"alg": "RS256", "typ": "JWT"})),
        part(Value::Object(members))
    )
}

/// The reasons of a verdict, the first first.
pub fn reasons(verdict: &convex::Verdict) -> impl Iterator<Item = &convex::Cause> {
    let first = match &verdict.outcome {
        convex::Outcome::Refused(refusal) => Some(&refusal.cause),
        convex::Outcome::Accepted(_) | convex::Outcome::Unknown { .. } => None,
    };
    first.into_iter().chain(verdict.also.iter())
}

impl Project {
    /// The auth config that exists and could not be read, with the reason.
    pub fn unread_config(&self) -> Option<&(String, String)> {
        let is_config = |path: &String| self.auth_configs.iter().any(|config| config.path == *path);
        self.unreadable.iter().find(|(path, _)| is_config(path))
    }

    /// Whether an issuer or a publishable key is set here, rightly or not.
    pub fn has_settings(&self) -> bool {
        !self.issuer_variables().is_empty() || !self.publishable_keys().is_empty()
    }

    /// Whether there are functions here, or an auth config where Convex looks for neither, and no auth config that it reads.
    pub fn has_no_config(&self) -> bool {
        let has_functions = self.has_convex && !self.functions.is_empty();
        (has_functions || !self.ignored_configs.is_empty())
            && self.auth_configs.is_empty()
            && self.convex_json_auth.is_none()
    }

    /// The fault of an issuer's value. What looks like a placeholder is none where a production key names it, and a path may be the proxy's.
    pub fn issuer_fault(&self, issuer: &str) -> Option<Fault> {
        let is_keys = |key: &PublishableKey| {
            key.kind == publishable_key::Kind::Live && same_issuer(&key.issuer(), issuer)
        };
        setting::fault(issuer).filter(|fault| match fault {
            Fault::Placeholder => !self
                .publishable_keys()
                .iter()
                .any(|(_, key)| key.as_ref().is_ok_and(is_keys)),
            _ => !self.is_moved_issuer(issuer),
        })
    }

    /// Whether an issuer is the URL of the Frontend API proxy, which has a path, or the host of the satellite domain: `iss` follows them, and not the
    /// publishable key.
    pub fn is_moved_issuer(&self, issuer: &str) -> bool {
        self.variables.iter().any(|variable| {
            let value = &variable.value;
            match setting::unprefixed(&variable.name) {
                "CLERK_PROXY_URL" => value.starts_with("https://") && same_issuer(value, issuer),
                "CLERK_DOMAIN" => {
                    !value.is_empty() && same_issuer(&format!("https://clerk.{value}"), issuer)
                }
                _ => false,
            }
        })
    }

    /// The variable of this name that wins, the functions folder's app first.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }

    /// The variable of this name that counts beside a file: that of the file's own app, else the one that wins.
    pub fn variable_near(&self, name: &str, path: &str) -> Option<&Variable> {
        let own = self.variables.iter().filter(|variable| {
            let folder = variable.source.folder();
            variable.name == name && !folder.is_empty() && is_below(path, folder)
        });
        own.max_by_key(|variable| variable.source.folder().len())
            .or_else(|| self.variable(name))
    }

    /// Whether an app of the workspace has a functions folder of its own, and no auth config in it.
    pub fn lacks_config(&self, app: &str) -> bool {
        let own = self.functions.iter().find(|folder| is_below(folder, app));
        own.is_some_and(|own| {
            !self
                .auth_configs
                .iter()
                .any(|config| is_below(&config.path, own))
        })
    }

    /// Whether a variable could be meant for a functions folder: where there are several, one of another app is not.
    pub fn is_near(&self, variable: &Variable, path: &str) -> bool {
        let folder = variable.source.folder();
        self.functions.len() < 2 || folder.is_empty() || is_below(path, folder)
    }

    /// The issuer variables: those that auth.config reads for a Clerk provider, else the known names.
    pub fn issuer_variables(&self) -> Vec<&Variable> {
        let read = self.issuer_names_read();
        let parts = crate::trust::names_of_parts(&self.auth_configs);
        let wanted = |variable: &&Variable| {
            if read.is_empty() {
                setting::is_issuer_name(&variable.name) && !parts.contains(&variable.name)
            } else {
                read.contains(&variable.name)
            }
        };
        self.variables.iter().filter(wanted).collect()
    }

    /// The names that auth.config reads for a provider that could be Clerk's.
    pub fn issuer_names_read(&self) -> Vec<String> {
        crate::trust::clerk_names_read(&self.auth_configs)
    }

    /// The publishable keys, well formed or not, with their variables.
    pub fn publishable_keys(
        &self,
    ) -> Vec<(&Variable, Result<PublishableKey, publishable_key::Fault>)> {
        self.variables
            .iter()
            .filter_map(|variable| Some((variable, variable.publishable_key()?)))
            .collect()
    }

    /// The kind and name of the deployment that `CONVEX_DEPLOYMENT` names.
    pub fn deployment(&self) -> Option<(&Variable, &str, &str)> {
        let variable = self.variable("CONVEX_DEPLOYMENT")?;
        let value = variable.value.split('#').next().unwrap_or_default().trim();
        let (kind, name) = value.split_once(':')?;
        // A deploy key where only the name should be: what follows the bar is secret.
        let name = name.split('|').next().unwrap_or_default();
        Some((variable, kind, name))
    }
}

/// Whether a path lies in a folder, both relative to the project.
pub fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::Facts;
    use crate::rules::testing::{Healthy, NOW};

    #[test]
    fn a_clock_is_corrected_where_others_prove_it_wrong() {
        // The healthy token was issued 30 seconds before.
        let now = |seen: &[f64], time_given: bool| {
            let mut world = Healthy::new().world();
            world.time_given = time_given;
            for ahead in seen {
                world.saw_clock(*ahead);
            }
            world.correct_clock();
            world.correct_clock();
            (world.now - NOW, world.local_now.is_some())
        };
        assert_eq!(now(&[], false), (0, false));
        assert_eq!(now(&[20.4], false), (-20, true));
        assert_eq!(now(&[-300.0], false), (300, true));
        assert_eq!(now(&[-300.0], true), (0, false));
        // Within what is forgiven, or so by one of two.
        assert_eq!(now(&[4.9], false), (0, false));
        assert_eq!(now(&[-300.0, 2.0], false), (0, false));
        // A date of a cache, from before the token; and one of no clock at all.
        assert_eq!(now(&[300.0], false), (0, false));
        assert_eq!(now(&[-250e9], false), (0, false));
    }

    #[test]
    fn debug_shows_no_secret() {
        let world = Healthy::new().world();
        let token = world.token.as_deref().unwrap().compact.expose();
        let signature = token.rsplit('.').next().unwrap().to_owned();
        let shown = format!("{:?}", Facts::read(world));
        assert!(shown.contains("CLERK_SECRET_KEY"));
        assert!(!shown.contains("sk_test_Healthy") && !shown.contains(&signature));
    }
}
