//! What Convex would refuse in an `auth.config`, or what does not do what it seems to.

use super::{Place, Reach};

/// A peculiarity of the file. Rules decide what it means for the set-up at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// The file is UTF-16: Convex's bundler reads nothing in it.
    Utf16,
    /// The file, or a module that it imports, cannot be parsed.
    SyntaxError {
        /// What the parser says.
        message: String,
        /// Where.
        place: Place,
    },
    /// There is no default export (cause 22).
    NoDefaultExport,
    /// The default export is no object, or has no `providers` (cause 22 and 37).
    NoProviders {
        /// The default export.
        place: Place,
    },
    /// `providers` is something else than a list (cause 22).
    ProvidersNotArray {
        /// The value.
        place: Place,
    },
    /// A fallback over a variable: reading an unset one fails the push, so the fallback only serves an empty value, or nobody (cause 14).
    FallbackDead {
        /// The whole expression, or the test of an `if`.
        place: Place,
        /// The variable.
        variable: String,
        /// How it is written.
        form: Form,
    },
    /// A choice by `NODE_ENV`, which is `"production"` on every deployment (cause 15).
    NodeEnvBranch {
        /// What is chosen by.
        place: Place,
        /// The test holds; `None` where a value is looked up by it.
        taken: Option<bool>,
    },
    /// A scheme is written before a variable, whose value may have one too (cause 29).
    SchemeDoubled {
        /// The text.
        place: Place,
        /// The variable.
        variable: String,
    },
    /// Convex refuses the push for this (cause 35).
    SideEffect {
        /// What is done.
        what: Effect,
        /// Where.
        place: Place,
        /// Whether it is carried out.
        reach: Reach,
    },
    /// An imported module reads a variable (cause 36).
    ImportedVariable {
        /// The variable.
        variable: String,
        /// Where.
        place: Place,
    },
    /// A relative import whose file was not found.
    ImportUnread {
        /// The specifier, as written.
        specifier: String,
        /// Where.
        place: Place,
    },
    /// A field that means `applicationID` but is spelled otherwise (cause 22).
    SpellingApplicationId {
        /// The name, as written.
        found: String,
        /// Where.
        place: Place,
    },
}

/// How a fallback is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `??` or `??=`.
    Nullish,
    /// `||` or `||=`.
    Or,
    /// `&&` or `&&=`.
    And,
    /// `? :`.
    Conditional,
    /// `if`.
    If,
    /// A default in a destructuring or of a parameter.
    Default,
}

/// What Convex does not let an `auth.config` do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The clock.
    Date,
    /// `Math.random` or `crypto`.
    Random,
    /// The network.
    Fetch,
    /// A timer.
    Timer,
    /// `import.meta`, which throws in Convex's isolate: "import.meta unsupported". Bundlers like Vite's give it variables.
    ImportMeta,
    /// `throw`.
    Throw,
}
