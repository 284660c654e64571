//! What a rule is, and what it says when it fails.

use crate::escape::at_most;
use crate::facts::Facts;
use std::borrow::Cow;

/// One thing that can be wrong, with its words and its check side by side.
#[derive(Debug)]
pub struct Rule {
    /// Names what is wrong, in kebab case. A name is never reused.
    pub name: &'static str,
    /// The row of the check list that fails with this rule.
    pub step: Step,
    /// How bad it is, unless the finding says otherwise.
    pub severity: Severity,
    /// A fragment: lower case, no period.
    pub title: &'static str,
    /// Why it matters, in sentences.
    pub why: &'static str,
    /// What to do, in imperative sentences.
    pub fix: &'static str,
    /// The rows of the troubleshooting page that it answers.
    pub seed: &'static [Row],
    /// Judges the facts.
    pub check: fn(&Facts) -> Verdict,
}

/// Empty: passed. `Err`: skipped, with the reason.
pub type Verdict = Result<Vec<Finding>, Missing>;

/// The verdict of a rule whose thing is in order.
pub const PASSED: Verdict = Ok(Vec::new());

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing to mend.
    Info,
    /// Works, or may work, but not as people expect.
    Warning,
    /// Convex or Clerk refuses, or will.
    Error,
}

impl Severity {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A reason why a rule was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// No token was given.
    Token,
    /// No token and no claims were given.
    Claims,
    /// Unsigned claims have no header and no signature.
    Signature,
    /// No project folder was found.
    Project,
    /// No functions folder of Convex was found.
    Convex,
    /// Nothing names an issuer.
    Issuer,
    /// The network was not asked: `--offline`.
    Offline,
    /// An earlier fault hides it.
    Consequence,
    /// The keys of the issuer are not at hand.
    Keys,
    /// The configured value is not known in this folder.
    Value,
    /// Nobody asked for it on the command line.
    NotAsked,
    /// The installed version is not known.
    Version,
    /// No template was given or could be fetched.
    Template,
    /// The auth config is there, and could not be read.
    Unread,
    /// Neither an issuer nor a publishable key is set here.
    Settings,
    /// There is no auth config, and nothing that wants one.
    Config,
}

impl Missing {
    /// The reason in words, for a `skip` line.
    pub fn words(self) -> &'static str {
        match self {
            Self::Token => "no token given",
            Self::Claims => "no token and no claims given",
            Self::Signature => "unsigned claims: there is no signature to check",
            Self::Project => "no project folder here",
            Self::Convex => "no convex folder here",
            Self::Issuer => "nothing here names an issuer",
            Self::Offline => "the network was not asked (--offline)",
            Self::Consequence => "hidden by the problem above",
            Self::Keys => "the issuer's keys are not at hand",
            Self::Value => "the configured value is not known in this folder",
            Self::NotAsked => "not asked for",
            Self::Version => "the installed version is not known",
            Self::Template => "no template given",
            Self::Unread => "the auth config could not be read",
            Self::Settings => "no issuer and no publishable key here",
            Self::Config => "no auth config here",
        }
    }
}

/// The rows of the check list, in the order in which one depends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// What was pasted.
    Input,
    /// Env files and keys.
    Settings,
    /// `convex/auth.config.*`.
    Config,
    /// Installed packages.
    Versions,
    /// The deployment's own variables and providers.
    Deployment,
    /// The JWT template.
    Template,
    /// Segments, header, claim types.
    Form,
    /// `iss`.
    Issuer,
    /// Discovery and JWKS.
    Discovery,
    /// `aud`.
    Audience,
    /// Key and signature.
    Signature,
    /// Claims that matter to the app, not to the verdict.
    Claims,
    /// `exp`, `nbf`, `iat`.
    Time,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 13] = [
        Self::Input,
        Self::Settings,
        Self::Config,
        Self::Versions,
        Self::Deployment,
        Self::Template,
        Self::Form,
        Self::Issuer,
        Self::Discovery,
        Self::Audience,
        Self::Signature,
        Self::Claims,
        Self::Time,
    ];

    /// The id in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Settings => "settings",
            Self::Config => "config",
            Self::Versions => "versions",
            Self::Deployment => "deployment",
            Self::Template => "template",
            Self::Form => "form",
            Self::Issuer => "issuer",
            Self::Discovery => "discovery",
            Self::Audience => "audience",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Time => "time",
        }
    }
}

/// The rows of the page that the project started from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// Convex shows "Unauthorized".
    Unauthorized,
    /// The user does not appear in the users table.
    UserNotAppearing,
    /// The token expires too quickly.
    ExpiresTooQuickly,
    /// `convex/auth.config.js`.
    AuthConfig,
    /// The fields of the template's form.
    TemplateFields,
    /// `"aud": "convex"`.
    CustomClaims,
    /// A token or claims from Preview.
    Preview,
    /// `.env.local`, and the restart.
    Environment,
    /// Signing in, the console, the users table.
    Testing,
    /// After a change of the domain.
    DomainChange,
}

impl Row {
    /// The rows in the page's order, the troubleshooting table first.
    pub const ALL: [Self; 10] = [
        Self::Unauthorized,
        Self::UserNotAppearing,
        Self::ExpiresTooQuickly,
        Self::AuthConfig,
        Self::TemplateFields,
        Self::CustomClaims,
        Self::Preview,
        Self::Environment,
        Self::Testing,
        Self::DomainChange,
    ];

    /// The row's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::UserNotAppearing => "user-not-appearing",
            Self::ExpiresTooQuickly => "expires-too-quickly",
            Self::AuthConfig => "auth-config",
            Self::TemplateFields => "template-fields",
            Self::CustomClaims => "custom-claims",
            Self::Preview => "preview",
            Self::Environment => "environment",
            Self::Testing => "testing",
            Self::DomainChange => "domain-change",
        }
    }
}

/// One fault that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was seen, in one sentence without the final period.
    pub message: String,
    /// The title in this case, where it says more than the rule's.
    pub title: Option<String>,
    /// Where.
    pub place: Place,
    /// The value that was found.
    pub found: Option<Seen>,
    /// The value that would be right.
    pub expected: Option<Seen>,
    /// Evidence that stands beside it, a sentence each.
    pub notes: Vec<String>,
    /// The reason in this case, where it says more than the rule's.
    pub why: Option<String>,
    /// The remedy in this case, where it says more than the rule's.
    pub fix: Option<Fix>,
    /// The severity in this case, where it is not the rule's.
    pub severity: Option<Severity>,
}

/// A value with the label and the source that it is shown under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What it is: `token`, `expected`, `variable`.
    pub label: &'static str,
    /// The value, safe to show.
    pub value: String,
    /// Where it comes from: `CLERK_ISSUER_URL in .env.local:3`.
    pub source: Option<String>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fix {
    /// In a sentence.
    pub text: String,
    /// Commands or lines to paste.
    pub commands: Vec<String>,
}

/// Where a fault is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A JSON Pointer into the token: `/payload/aud`.
    Token(String),
    /// A JSON Pointer into the JWT template: `/claims/aud`.
    Template(String),
    /// A place in a file; line and column count from 1, in characters.
    File {
        /// Relative to the project, with `/`.
        path: String,
        /// The line, or 0 for the file as a whole.
        line: usize,
        /// The column.
        column: usize,
        /// How many characters are meant.
        width: usize,
    },
    /// A variable of the process environment, or an option of the command line.
    Variable(String),
    /// A URL.
    Url(String),
    /// Nothing in particular: something is absent.
    Nowhere,
}

impl Place {
    /// A JSON Pointer into the token.
    pub fn token(pointer: impl Into<String>) -> Self {
        Self::Token(pointer.into())
    }

    /// A whole file.
    pub fn file(path: impl Into<String>) -> Self {
        Self::File {
            path: path.into(),
            line: 0,
            column: 0,
            width: 0,
        }
    }

    /// The place in words: `.env.local:3`, `the token's /payload/aud`.
    pub fn words(&self) -> String {
        match self {
            Self::Token(pointer) => format!("{pointer} of the token"),
            Self::Template(pointer) => format!("{pointer} of the template"),
            Self::File { path, line: 0, .. } => path.clone(),
            Self::File { path, line, .. } => format!("{path}:{line}"),
            Self::Variable(name) => format!("the environment ({name})"),
            Self::Url(url) => url.clone(),
            Self::Nowhere => String::new(),
        }
    }
}

/// The most characters of a sentence or a value in a finding: what is longer is nothing that people compare.
const MOST: usize = 1000;

fn bounded(text: impl Into<String>) -> String {
    let text = text.into();
    match at_most(&text, MOST) {
        Cow::Owned(cut) => cut,
        Cow::Borrowed(_) => text,
    }
}

impl Finding {
    /// A finding with its place and its sentence.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
            message: bounded(message),
            title: None,
            place,
            found: None,
            expected: None,
            notes: Vec::new(),
            why: None,
            fix: None,
            severity: None,
        }
    }

    /// With the title in this case.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// With the value that was found.
    #[must_use]
    pub fn found(mut self, label: &'static str, value: impl Into<String>) -> Self {
        self.found = Some(Seen {
            label,
            value: bounded(value),
            source: None,
        });
        self
    }

    /// With the value that would be right, and where that is known from.
    #[must_use]
    pub fn expected(mut self, value: impl Into<String>, source: Option<String>) -> Self {
        self.expected = Some(Seen {
            label: "expected",
            value: bounded(value),
            source,
        });
        self
    }

    /// With a sentence of evidence.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(bounded(note));
        self
    }

    /// With the reason in this case.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// With the remedy in this case.
    #[must_use]
    pub fn fix(mut self, text: impl Into<String>, commands: Vec<String>) -> Self {
        self.fix = Some(Fix {
            text: text.into(),
            commands,
        });
        self
    }

    /// With a severity of its own.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// What it says, in every part.
    fn said(&mut self) -> impl Iterator<Item = &mut String> {
        let seen = self.found.iter_mut().chain(&mut self.expected);
        let fix = self.fix.iter_mut();
        [&mut self.message]
            .into_iter()
            .chain(&mut self.title)
            .chain(&mut self.notes)
            .chain(&mut self.why)
            .chain(seen.map(|seen| &mut seen.value))
            .chain(fix.flat_map(|fix| fix.commands.iter_mut().chain([&mut fix.text])))
    }

    /// Does something to every text of it, places and sources too.
    pub fn each_text(&mut self, with: fn(&mut String)) {
        self.said().for_each(with);
        let seen = self.found.iter_mut().chain(&mut self.expected);
        seen.filter_map(|seen| seen.source.as_mut()).for_each(with);
        match &mut self.place {
            Place::File { path: text, .. }
            | Place::Token(text)
            | Place::Template(text)
            | Place::Url(text)
            | Place::Variable(text) => with(text),
            Place::Nowhere => {}
        }
    }

    /// With every text of it rewritten. Two values that would look alike then are told apart as they stand.
    #[must_use]
    pub fn rewritten(mut self, with: fn(&str) -> String) -> Self {
        let values = |finding: &Self| {
            let value = |seen: &Option<Seen>| seen.as_ref().map(|seen| seen.value.clone());
            (value(&finding.found), value(&finding.expected))
        };
        let (found, expected) = values(&self);
        for text in self.said() {
            *text = with(text);
        }
        let (shown, wanted) = values(&self);
        if shown == wanted && found != expected {
            for (seen, value) in [(&mut self.found, found), (&mut self.expected, expected)] {
                if let (Some(seen), Some(value)) = (seen, value) {
                    seen.value = crate::escape::masked(&value);
                }
            }
        }
        self
    }

    /// As the only finding of a rule.
    pub fn only(self) -> Verdict {
        Ok(vec![self])
    }
}
