//! The shape of the command line.

use crate::fetch::Resolve;
use clap::builder::Resettable;
use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::env;
use std::ffi::OsString;
use std::ops::Deref;
use std::path::PathBuf;

/// The most columns that help is written in.
const MOST_COLUMNS: usize = 100;

/// A doctor for Clerk JWT set-ups: would Convex accept this token, and if not, which setting is wrong.
#[derive(Debug, Parser)]
#[command(
    name = "clerkcheck",
    version,
    max_term_width = MOST_COLUMNS,
    args_conflicts_with_subcommands = true,
    subcommand_precedence_over_arg = true,
    after_help = "Exit codes: 0 accepted, nothing found · 1 refused, or a finding · 2 usage, or no readable token\n\
                  3 could not check: the network or keys are missing · 130 interrupted\n\n\
                  A token goes nowhere except by `clerkcheck probe`. Not affiliated with Clerk or Convex."
)]
pub struct Cli {
    /// What to do; `check` when nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of `check`.
    #[command(flatten)]
    pub check: CheckArgs,
}

impl Cli {
    /// Reads this process's arguments. Where the first names a command, no other is described: its options are then the only ones that may follow.
    pub fn read() -> Result<Self, clap::Error> {
        let mut named = Named::command();
        let words = one_header(env::args_os());
        if words
            .get(1)
            .is_none_or(|word| named.find_subcommand(word).is_none())
        {
            return Self::try_parse_from(words);
        }
        let mut matches = named.try_get_matches_from_mut(words)?;
        let Named { command } =
            Named::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut named))?;
        Ok(Self {
            command: Some(command),
            check: CheckArgs::default(),
        })
    }
}

/// The words of a command line, a header or scheme in one with its value: `Bearer TOKEN` is copied as it stands, and quotes are forgotten.
fn one_header(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut goes_on = false;
    for word in words {
        let opens = ["bearer", "bearer:", "authorization:", "cookie:"]
            .iter()
            .any(|start| word.eq_ignore_ascii_case(start));
        let is_option = word.as_encoded_bytes().starts_with(b"-");
        match joined.last_mut().filter(|_| goes_on && !is_option) {
            Some(header) => {
                header.push(" ");
                header.push(word);
            }
            None => joined.push(word),
        }
        goes_on = opens;
    }
    joined
}

/// The command that a mistyped first word was probably meant to be.
pub fn meant(word: &str) -> Option<String> {
    // Three letters of a token are no command.
    let is_word = word.len() <= 14 && word.chars().all(|letter| letter.is_ascii_alphabetic());
    if !is_word || word.starts_with("eyJ") {
        return None;
    }
    let named = Named::command();
    let all = named.get_subcommands().map(clap::Command::get_name);
    let near = all.min_by_key(|name| strsim::damerau_levenshtein(name, word))?;
    let distance = strsim::damerau_levenshtein(near, word);
    (1..=2)
        .contains(&distance)
        .then(|| format!("Did you mean the command `clerkcheck {near}`?"))
}

/// The command line where a command is named.
#[derive(Debug, Parser)]
#[command(name = "clerkcheck", version, max_term_width = MOST_COLUMNS)]
struct Named {
    #[command(subcommand)]
    command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Would Convex accept this token? If not: which setting is wrong, and the command that mends it
    Check(Late<CheckArgs>),
    /// What is inside a token, offline, nothing judged
    Decode(Late<DecodeArgs>),
    /// Fetch discovery and JWKS as Convex does, and say whether Convex could use them
    Jwks(Late<JwksArgs>),
    /// Does the configuration agree with itself? No token and no secret needed
    Env(Late<EnvArgs>),
    /// Ask a Convex deployment for its verdict, and compare it with ours; the only command that sends the token anywhere
    Probe(Late<ProbeArgs>),
    /// Check a JWT template: that of the instance whose `CLERK_SECRET_KEY` is here, or a pasted one
    Template(Late<TemplateArgs>),
    /// What a rule, or an error line of Convex, Clerk or the browser means; alone, the troubleshooting table
    Explain(Late<ExplainArgs>),
    /// The main job against a built-in Clerk instance on loopback, no account needed
    Demo(Late<DemoArgs>),
    /// Print the JSON Schema of `--format json`
    Schema,
    /// Print a completion script
    Completions {
        /// The shell to complete in
        shell: clap_complete::Shell,
    },
}

/// Options of one command. They are described when it is asked for, so that no command waits for those of the others.
#[derive(Debug)]
pub struct Late<T>(Box<T>);

impl<T> Deref for Late<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Args> Args for Late<T> {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.defer(|command| keeping_words(command, T::augment_args))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        command.defer(|command| keeping_words(command, T::augment_args_for_update))
    }
}

/// Adds options to a command, whose own words would be those of the options' type otherwise.
fn keeping_words(
    command: clap::Command,
    augment: fn(clap::Command) -> clap::Command,
) -> clap::Command {
    let (about, long_about) = (
        command.get_about().cloned(),
        command.get_long_about().cloned(),
    );
    augment(command)
        .about(Resettable::from(about))
        .long_about(Resettable::from(long_about))
}

impl<T: Args> FromArgMatches for Late<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches_mut(matches).map(|args| Self(Box::new(args)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// Options of `check`.
#[derive(Debug, Args, Default)]
pub struct CheckArgs {
    /// Where the token comes from.
    #[command(flatten)]
    pub input: InputArgs,
    /// Judge every token of the paste, not only the best
    #[arg(long, help_heading = "Token")]
    pub all: bool,
    /// What it is compared with.
    #[command(flatten)]
    pub configuration: ConfigurationArgs,
    /// What the deployment says.
    #[command(flatten)]
    pub deployment: DeploymentArgs,
    /// Where keys come from.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// The clock.
    #[command(flatten)]
    pub clock: ClockArgs,
    /// What is reported, and how.
    #[command(flatten)]
    pub report: ReportArgs,
    /// Run again when an env file, the auth config or a package file changes; Ctrl-C ends it
    #[arg(long, help_heading = "Report")]
    pub watch: bool,
}

/// Where the token comes from.
#[derive(Debug, Clone, Args, Default)]
pub struct InputArgs {
    /// A token, the name of a file that holds one, or `-` for standard input
    #[arg(value_name = "TOKEN", allow_hyphen_values = false)]
    pub token: Option<String>,
    /// Read the token from this file
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "token",
        help_heading = "Token"
    )]
    pub token_file: Option<PathBuf>,
    /// Read the token from the clipboard
    #[arg(long, conflicts_with_all = ["token", "token_file"], help_heading = "Token")]
    pub clipboard: bool,
    /// Open claims that are shortened otherwise: ids, e-mail, names
    #[arg(long, help_heading = "Report")]
    pub show_claims: bool,
}

/// What the token is compared with.
#[derive(Debug, Clone, Args, Default)]
pub struct ConfigurationArgs {
    /// The project folder [default: found from the current folder upwards]
    #[arg(long, value_name = "DIR", help_heading = "Configuration")]
    pub project: Option<PathBuf>,
    /// Read these env files instead of the project's; the first wins
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    pub env_file: Vec<PathBuf>,
    /// The issuer that Convex trusts, instead of the configured one
    #[arg(long, value_name = "URL", help_heading = "Configuration")]
    pub issuer: Option<String>,
    /// The application id that `aud` must equal [default: of the matching provider, else convex]
    #[arg(long, value_name = "ID", value_parser = application_id, help_heading = "Configuration")]
    pub audience: Option<String>,
    /// The auth config, instead of the functions folder's
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    pub auth_config: Option<PathBuf>,
}

/// Where keys come from.
#[derive(Debug, Clone, Args)]
pub struct NetworkArgs {
    /// Read the key set from this file instead of the issuer
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub jwks: Option<PathBuf>,
    /// Read the discovery document from this file instead of the issuer
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub discovery: Option<PathBuf>,
    /// Ask nobody
    #[arg(long, help_heading = "Network")]
    pub offline: bool,
    /// Fetch keys from the token's own issuer, whatever it is
    #[arg(long, help_heading = "Network")]
    pub trust_token_issuer: bool,
    /// Seconds for all requests together
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds, help_heading = "Network")]
    pub timeout: f64,
    /// Trust the certificates of this PEM file too
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub cacert: Vec<PathBuf>,
    /// Connect to ADDR for HOST:PORT, as curl does
    #[arg(long, value_name = "HOST:PORT:ADDR", value_parser = Resolve::parse, help_heading = "Network")]
    pub resolve: Vec<Resolve>,
}

impl Default for NetworkArgs {
    fn default() -> Self {
        Self {
            jwks: None,
            discovery: None,
            offline: false,
            trust_token_issuer: false,
            timeout: 10.0,
            cacert: Vec::new(),
            resolve: Vec::new(),
        }
    }
}

/// The clock.
#[derive(Debug, Clone, Args, Default)]
pub struct ClockArgs {
    /// Judge as of this time: RFC 3339, or seconds since the epoch
    #[arg(
        long,
        value_name = "TIME",
        value_parser = crate::time::parse,
        conflicts_with = "at_issue",
        help_heading = "Clock"
    )]
    pub at: Option<i64>,
    /// Judge as of the moment the token was issued
    #[arg(long, help_heading = "Clock")]
    pub at_issue: bool,
}

/// The form of the report.
#[derive(Debug, Clone, Copy, Args, Default)]
pub struct LookArgs {
    /// The form of the report
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        help_heading = "Report"
    )]
    pub format: Format,
    /// Colours
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        help_heading = "Report"
    )]
    pub color: Color,
    /// No character beyond ASCII
    #[arg(long, help_heading = "Report")]
    pub ascii: bool,
}

/// What is reported, and how.
#[derive(Debug, Clone, Args, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct ReportArgs {
    /// The form of the report.
    #[command(flatten)]
    pub look: LookArgs,
    /// The least severity that makes the exit code 1
    #[arg(
        long,
        value_enum,
        value_name = "SEVERITY",
        default_value_t,
        help_heading = "Report"
    )]
    pub fail_on: FailOn,
    /// Treat every warning, and config-variable-unseen, as an error
    #[arg(long, help_heading = "Report")]
    pub strict: bool,
    /// Ask these rules or topics only
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "Report"
    )]
    pub select: Vec<String>,
    /// Leave these rules or topics out
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "Report"
    )]
    pub ignore: Vec<String>,
    /// The answer alone
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Report")]
    pub quiet: bool,
    /// A masked block to paste into a bug report, instead of the report
    #[arg(long, conflicts_with = "format", help_heading = "Report")]
    pub report: bool,
    /// Every file read, every variable used, every URL asked, and the identity that functions would see
    #[arg(short, long, help_heading = "Report")]
    pub verbose: bool,
}

/// Options of `decode`.
#[derive(Debug, Args)]
// It shows every claim anyway.
#[command(mut_arg("show_claims", |option| option.hide(true)))]
pub struct DecodeArgs {
    /// Where the token comes from.
    #[command(flatten)]
    pub input: InputArgs,
    /// Show every token of the paste, not only the best
    #[arg(long, help_heading = "Token")]
    pub all: bool,
    /// The clock.
    #[command(flatten)]
    pub clock: ClockArgs,
    /// The form of the report.
    #[command(flatten)]
    pub look: LookArgs,
    /// The answer alone
    #[arg(short, long, help_heading = "Report")]
    pub quiet: bool,
}

/// Options of `jwks`.
#[derive(Debug, Args)]
pub struct JwksArgs {
    /// The issuer [default: the configured one]
    pub issuer: Option<String>,
    /// What it is compared with.
    #[command(flatten)]
    pub configuration: ProjectArgs,
    /// Where keys come from.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// What is reported, and how.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Where the configuration is.
#[derive(Debug, Args, Default)]
pub struct ProjectArgs {
    /// The project folder [default: found from the current folder upwards]
    #[arg(long, value_name = "DIR", help_heading = "Configuration")]
    pub project: Option<PathBuf>,
    /// Read these env files instead of the project's; the first wins
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    pub env_file: Vec<PathBuf>,
}

/// Options of `env`.
#[derive(Debug, Args)]
pub struct EnvArgs {
    /// What is compared.
    #[command(flatten)]
    pub configuration: ConfigurationArgs,
    /// What the deployment says.
    #[command(flatten)]
    pub deployment: DeploymentArgs,
    /// Where keys come from.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// What is reported, and how.
    #[command(flatten)]
    pub report: ReportArgs,
    /// Run again when an env file, the auth config or a package file changes; Ctrl-C ends it
    #[arg(long, help_heading = "Report")]
    pub watch: bool,
}

/// Options of `probe`.
#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// Where the token comes from.
    #[command(flatten)]
    pub input: InputArgs,
    /// The deployment that the token is sent to [default: `CONVEX_URL`, with or without a framework's prefix]
    #[arg(long, value_name = "URL", help_heading = "Deployment")]
    pub url: Option<String>,
    /// Ask over the sync WebSocket, as a browser does
    #[arg(long, help_heading = "Deployment")]
    pub websocket: bool,
    /// What it is compared with.
    #[command(flatten)]
    pub configuration: ConfigurationArgs,
    /// Where keys come from.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// What is reported, and how.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Whether the deployment is asked what it uses.
#[derive(Debug, Clone, Args, Default)]
pub struct DeploymentArgs {
    /// Ask the deployment for its variables and providers too, with `CONVEX_DEPLOY_KEY` or a self-hosted admin key
    #[arg(long, help_heading = "Deployment")]
    pub deployment: bool,
    /// Where the deployment is [default: what the key names]
    #[arg(
        long,
        value_name = "URL",
        requires = "deployment",
        help_heading = "Deployment"
    )]
    pub url: Option<String>,
}

/// Options of `template`.
#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// A template, a list of them, or claims, as JSON: a file, or `-` for standard input
    pub file: Option<String>,
    /// The name that the app asks for
    #[arg(long, value_name = "NAME", default_value = crate::template::DEFAULT_NAME, help_heading = "Template")]
    pub name: String,
    /// Mend the template: show the change, ask, write it, read it back
    #[arg(long, help_heading = "Template")]
    pub fix: bool,
    /// Write the change of --fix without asking
    #[arg(long, requires = "fix", help_heading = "Template")]
    pub yes: bool,
    /// Make a token of the template for this user or session, and check it; development instances only
    #[arg(long, value_name = "USER_ID|SESSION_ID", conflicts_with_all = ["fix", "file"], help_heading = "Template")]
    pub mint: Option<String>,
    /// The base URL of Clerk's Backend API [default: `https://api.clerk.com`]
    #[arg(
        long,
        value_name = "URL",
        env = "CLERK_API_URL",
        hide_env = true,
        help_heading = "Network"
    )]
    pub clerk_api: Option<String>,
    /// What it is compared with.
    #[command(flatten)]
    pub configuration: ConfigurationArgs,
    /// How it is asked.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// What is reported, and how.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A rule, a row of the troubleshooting table, or an error line in quotes
    pub what: Vec<String>,
    /// The form of the report.
    #[command(flatten)]
    pub look: LookArgs,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// One scenario [default: all in turn]
    #[arg(value_enum)]
    pub scenario: Option<Scenario>,
    /// Keep the instance up and print its issuer, a project folder and fresh tokens
    #[arg(long, conflicts_with = "scenario")]
    pub serve: bool,
    /// The form of the report.
    #[command(flatten)]
    pub look: LookArgs,
}

/// The scenarios of `demo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Everything agrees
    Healthy,
    /// The token's issuer differs from `CLERK_ISSUER_URL`
    Unauthorized,
    /// The session token was sent instead of the template's
    UserNotAppearing,
    /// The token ran out
    ExpiresTooQuickly,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// One object for programs
    Json,
    /// Annotations for GitHub Actions, the human report in a group, and a job summary
    Github,
    /// One page without scripts, to attach to a bug report or a CI run
    Html,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal that wants it
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The least severity that makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FailOn {
    /// Errors
    #[default]
    Error,
    /// Errors and warnings
    Warning,
    /// Anything
    Info,
}

/// An application id is shown in reports: a token or a key in its place is refused.
fn application_id(text: &str) -> Result<String, String> {
    if crate::secret::is_in(text) {
        return Err(
            "this is a token or a key; an application id is `convex`, for instance".to_owned(),
        );
    }
    Ok(text.to_owned())
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 3600.0 => Ok(seconds),
        _ => Err("a number of seconds above 0, 3600 at most".to_owned()),
    }
}
