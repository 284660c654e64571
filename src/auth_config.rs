//! Reads `convex/auth.config.{ts,js}` without running it: the providers, every variable read, and what Convex would stumble over.
//!
//! The source is parsed and its top level is followed symbolically. What hangs on variables becomes an [`Expr`] over them; what cannot be
//! followed is said to be undecided, with the place and the reason. Nothing is guessed.

mod call;
mod common;
mod evaluate;
mod expr;
mod literal;
mod member;
mod module;
mod odd;
mod operator;
mod parse;
mod place;
mod providers;
mod statement;
#[cfg(test)]
mod tests;
mod text;
mod value;

pub use self::expr::{Evaluated, Expr, Field, Item, Operator, Plain};
pub use self::odd::{Effect, Form, Oddity};
pub use self::place::Place;
pub use self::providers::{EvaluatedEntry, Opaque, ProviderEntry, Providers};

/// Answers for an import: the importer's path and the specifier as written give the path and the source of the module.
pub type Load<'l> = dyn Fn(&str, &str) -> Option<(String, String)> + 'l;

/// What one `auth.config` file says.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthConfig {
    /// The file, as its reader named it.
    pub path: String,
    /// The file's text.
    pub source: String,
    /// `providers` of the default export.
    pub providers: Providers,
    /// Every read of a variable that may be carried out, through imports too, in the order of evaluation.
    pub reads: Vec<VariableRead>,
    /// What Convex would refuse, or what does not do what it seems to.
    pub oddities: Vec<Oddity>,
    /// The whole list of providers.
    list: Option<Expr>,
}

impl AuthConfig {
    /// A file that exists and could not be read: nothing in it can be told.
    pub fn unread(path: &str, why: &str) -> Self {
        let why = format!("the file could not be read: {why}");
        Self::undecided(path, "", why, Vec::new())
    }

    /// A file in UTF-16, which Convex's bundler refuses, with a byte order mark or without.
    pub fn utf16(path: &str) -> Self {
        Self::undecided(path, "", "it is UTF-16".to_owned(), vec![Oddity::Utf16])
    }

    fn undecided(path: &str, source: &str, why: String, oddities: Vec<Oddity>) -> Self {
        Self {
            path: path.to_owned(),
            source: source.to_owned(),
            providers: Providers::Undecided {
                why,
                place: Place::new(path, source, 0, 0),
                known: Vec::new(),
            },
            reads: Vec::new(),
            oddities,
            list: None,
        }
    }
}

/// One read of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableRead {
    /// The variable.
    pub name: String,
    /// Where it is read.
    pub place: Place,
    /// The place is in a module that the file imports (cause 36 of `facts/failures.md`).
    pub imported: bool,
    /// Whether the read is carried out. Convex refuses the push when a carried-out read finds the variable unset (`facts/convex.md` B3).
    pub reach: Reach,
}

/// Whether a piece of code is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Each time.
    Always,
    /// It hangs on the value of a variable, or cannot be told.
    Sometimes,
    /// Never: it stands behind a `??` whose left side is a variable.
    Never,
}

/// Reads the source of one `auth.config`. Relative imports are resolved through `load`.
pub fn read(path: &str, source: &str, load: &Load<'_>) -> AuthConfig {
    module::read(path, source, load)
}

impl AuthConfig {
    /// The whole list of providers with these variables, as `Convex` would be given it.
    pub fn providers_with(&self, variables: &dyn Fn(&str) -> Option<String>) -> Evaluated {
        match (&self.list, &self.providers) {
            (Some(list), _) => list.evaluate(variables),
            (None, Providers::Undecided { why, place, .. }) => Evaluated::Undecided {
                why: why.clone(),
                place: Some(place.clone()),
            },
            (None, Providers::Known(_) | Providers::Missing) => Evaluated::Known(Plain::Undefined),
        }
    }
}
