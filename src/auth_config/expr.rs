//! Symbolic values: what an expression is, as far as the variables of the deployment decide it.

use std::fmt::Write as _;

use super::{Place, text};

/// More nodes than this in one value, and it is said to be undecided.
pub(super) const NODES: usize = 400;
/// A longer text is said to be undecided.
const TEXT: usize = 64 * 1024;

/// A symbolic value. The source was not run: what hangs on variables stays an expression over them.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// `undefined`.
    Undefined,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A variable of the deployment. Reading an unset one fails the push (`facts/convex.md` B3).
    Variable {
        /// Its name.
        name: String,
        /// Where it is read.
        place: Place,
    },
    /// A template string, `+` over texts, or `String(x)`: each part as a text, one behind the other.
    Concat(Vec<Self>),
    /// `left ?? right`, `left || right`, `left && right`.
    Fallback {
        /// Which of the three.
        op: Operator,
        /// What is looked at first.
        left: Box<Self>,
        /// What is taken otherwise.
        right: Box<Self>,
    },
    /// `test ? then : otherwise`, or an `if` with the same meaning.
    Conditional {
        /// What decides.
        test: Box<Self>,
        /// The value when it holds.
        then: Box<Self>,
        /// The value when it does not.
        otherwise: Box<Self>,
    },
    /// `left === right` (also `==`).
    Equal(Box<Self>, Box<Self>),
    /// `!value`.
    Not(Box<Self>),
    /// `typeof value`.
    Kind(Box<Self>),
    /// A method or property of a text: `trim`, `replace`, `startsWith`, `length` ...
    Method {
        /// The text.
        on: Box<Self>,
        /// The method's name.
        name: String,
        /// Its arguments.
        arguments: Vec<Self>,
    },
    /// A regular expression, as an argument of a method.
    Pattern {
        /// Its text, without the slashes.
        text: String,
        /// Its flags.
        flags: String,
    },
    /// A part of `new URL(of)`: `origin`, `href`, `host`, `hostname`, `protocol`, `pathname`.
    Url {
        /// The text that is parsed.
        of: Box<Self>,
        /// The name of the part.
        part: String,
    },
    /// A list.
    Array(Vec<Item>),
    /// An object, fields in their order.
    Object(Vec<Field>),
    /// It cannot be told without running the file.
    Undecided {
        /// Why, as a fragment.
        why: String,
        /// Where.
        place: Place,
    },
}

/// An entry of a list, and what must hold for it to be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The entry is there when this is truthy; `None`: always.
    pub when: Option<Expr>,
    /// The entry.
    pub value: Expr,
    /// Where it is written.
    pub place: Place,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name, as written.
    pub name: String,
    /// Where the name is written.
    pub name_place: Place,
    /// Where the value is written.
    pub place: Place,
    /// The value.
    pub value: Expr,
}

/// The operators that choose one of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `??`.
    Nullish,
    /// `||`.
    Or,
    /// `&&`.
    And,
}

/// A value without variables.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
    /// `undefined`.
    Undefined,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    Array(Vec<Self>),
    /// An object, fields in their order.
    Object(Vec<(String, Self)>),
}

/// What an expression comes to with the variables at hand.
#[derive(Debug, Clone, PartialEq)]
pub enum Evaluated {
    /// This value.
    Known(Plain),
    /// It hangs on these variables, whose values are not at hand.
    Unset(Vec<String>),
    /// It cannot be told without running the file.
    Undecided {
        /// Why, as a fragment.
        why: String,
        /// Where, when it is at one place.
        place: Option<Place>,
    },
}

impl Evaluated {
    /// The text, when it is known and a text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Known(Plain::Text(text)) => Some(text),
            Self::Known(_) | Self::Unset(_) | Self::Undecided { .. } => None,
        }
    }
}

impl Plain {
    /// As JSON; a field or an entry that is `undefined` is left out of an object, and `null` in a list.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Undefined | Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(value) => {
                serde_json::Number::from_f64(*value).map_or(Value::Null, Value::Number)
            }
            Self::Text(text) => Value::String(text.clone()),
            Self::Array(items) => items.iter().map(Self::to_json).collect(),
            Self::Object(fields) => Value::Object(
                fields
                    .iter()
                    .filter(|(_, value)| *value != Self::Undefined)
                    .map(|(name, value)| (name.clone(), value.to_json()))
                    .collect(),
            ),
        }
    }

    /// Whether JavaScript takes it for true.
    pub fn truthy(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(value) => *value != 0.0 && !value.is_nan(),
            Self::Text(text) => !text.is_empty(),
            Self::Array(_) | Self::Object(_) => true,
        }
    }

    /// As a template string would write it; lists and objects are not written.
    pub(super) fn written(&self) -> Option<String> {
        Some(match self {
            Self::Undefined => "undefined".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(value) if value.is_finite() && value.abs() < 1e15 => value.to_string(),
            Self::Text(text) => text.clone(),
            Self::Number(_) | Self::Array(_) | Self::Object(_) => return None,
        })
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Null | Self::Array(_) | Self::Object(_) => "object",
        }
    }

    fn into_expr(self) -> Option<Expr> {
        match self {
            Self::Undefined => Some(Expr::Undefined),
            Self::Null => Some(Expr::Null),
            Self::Bool(value) => Some(Expr::Bool(value)),
            Self::Number(value) => Some(Expr::Number(value)),
            Self::Text(text) => Some(Expr::Text(text)),
            Self::Array(_) | Self::Object(_) => None,
        }
    }
}

/// Why there is no value; the same as the last two variants of [`Evaluated`].
enum Stop {
    Unset(Vec<String>),
    Undecided(String, Option<Place>),
}

type Outcome<T = Plain> = Result<T, Stop>;

fn unclear<T>(why: &str) -> Outcome<T> {
    Err(Stop::Undecided(why.to_owned(), None))
}

impl Expr {
    /// The value with these variables. `variables` answers with the value on the deployment, or `None` when it is not known.
    pub fn evaluate(&self, variables: &dyn Fn(&str) -> Option<String>) -> Evaluated {
        match self.value(variables) {
            Ok(plain) => Evaluated::Known(plain),
            Err(Stop::Unset(names)) => Evaluated::Unset(names),
            Err(Stop::Undecided(why, place)) => Evaluated::Undecided { why, place },
        }
    }

    /// Every variable that the value may hang on, in the order of the source, each once.
    pub fn variables(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.visit(&mut |expr| {
            if let Self::Variable { name, .. } = expr
                && !names.contains(&name.as_str())
            {
                names.push(name.as_str());
            }
        });
        names
    }

    /// The values that it may come to, without what decides between them.
    pub fn branches(&self) -> Vec<&Self> {
        match self {
            Self::Conditional {
                then, otherwise, ..
            } => [then.branches(), otherwise.branches()].concat(),
            Self::Fallback {
                op: Operator::And,
                right,
                ..
            } => right.branches(),
            Self::Fallback { left, right, .. } => [left.branches(), right.branches()].concat(),
            _ => vec![self],
        }
    }

    fn visit<'e>(&'e self, seen: &mut dyn FnMut(&'e Self)) {
        seen(self);
        match self {
            Self::Undefined
            | Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Variable { .. }
            | Self::Pattern { .. }
            | Self::Undecided { .. } => {}
            Self::Concat(parts) => parts.iter().for_each(|part| part.visit(seen)),
            Self::Fallback { left, right, .. } | Self::Equal(left, right) => {
                left.visit(seen);
                right.visit(seen);
            }
            Self::Conditional {
                test,
                then,
                otherwise,
            } => [test, then, otherwise]
                .into_iter()
                .for_each(|part| part.visit(seen)),
            Self::Not(of) | Self::Kind(of) | Self::Url { of, .. } => of.visit(seen),
            Self::Method { on, arguments, .. } => {
                on.visit(seen);
                for part in arguments {
                    part.visit(seen);
                }
            }
            Self::Array(items) => {
                for item in items {
                    if let Some(when) = &item.when {
                        when.visit(seen);
                    }
                    item.value.visit(seen);
                }
            }
            Self::Object(fields) => fields.iter().for_each(|field| field.value.visit(seen)),
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind")]
    fn value(&self, variables: &dyn Fn(&str) -> Option<String>) -> Outcome {
        let text = |text: String| {
            if text.len() > TEXT {
                unclear("the text is too long")
            } else {
                Ok(Plain::Text(text))
            }
        };
        match self {
            Self::Undefined => Ok(Plain::Undefined),
            Self::Null => Ok(Plain::Null),
            Self::Bool(value) => Ok(Plain::Bool(*value)),
            Self::Number(value) => Ok(Plain::Number(*value)),
            Self::Text(value) => text(value.clone()),
            Self::Variable { name, .. } => variables(name)
                .map(Plain::Text)
                .ok_or_else(|| Stop::Unset(vec![name.clone()])),
            Self::Concat(parts) => {
                let mut whole = String::new();
                for part in all(parts.iter().map(|part| part.value(variables)))? {
                    match part.written() {
                        Some(part) if whole.len() <= TEXT => whole.push_str(&part),
                        _ => return unclear("a part of the text is not a text"),
                    }
                }
                text(whole)
            }
            Self::Fallback { op, left, right } => {
                let left = left.value(variables)?;
                let keep = match op {
                    Operator::Nullish => !matches!(left, Plain::Undefined | Plain::Null),
                    Operator::Or => left.truthy(),
                    Operator::And => !left.truthy(),
                };
                if keep {
                    Ok(left)
                } else {
                    right.value(variables)
                }
            }
            Self::Conditional {
                test,
                then,
                otherwise,
            } => {
                if test.value(variables)?.truthy() {
                    then.value(variables)
                } else {
                    otherwise.value(variables)
                }
            }
            Self::Equal(left, right) => {
                let sides = all([left.value(variables), right.value(variables)].into_iter())?;
                match sides.as_slice() {
                    [Plain::Array(_) | Plain::Object(_), _]
                    | [_, Plain::Array(_) | Plain::Object(_)] => {
                        unclear("objects are compared by identity")
                    }
                    [left, right] => Ok(Plain::Bool(left == right)),
                    _ => unclear("nothing to compare"),
                }
            }
            Self::Not(of) => Ok(Plain::Bool(!of.value(variables)?.truthy())),
            // A variable is a string or the push has failed.
            Self::Kind(of) if matches!(**of, Self::Variable { .. }) => {
                Ok(Plain::Text("string".to_owned()))
            }
            Self::Kind(of) => Ok(Plain::Text(of.value(variables)?.kind().to_owned())),
            Self::Method {
                on,
                name,
                arguments,
            } => {
                let Plain::Text(on) = on.value(variables)? else {
                    return unclear("a method of something that is not a text");
                };
                let pattern = match arguments.first() {
                    Some(Self::Pattern { text, flags }) => Some((text.as_str(), flags.as_str())),
                    _ => None,
                };
                let values = all(arguments
                    .iter()
                    .skip(usize::from(pattern.is_some()))
                    .map(|argument| argument.value(variables)))?;
                match text::call(&on, name, pattern, &values) {
                    Some(Plain::Text(whole)) => text(whole),
                    Some(value) => Ok(value),
                    None => unclear("this use of a text's method is not followed"),
                }
            }
            Self::Pattern { .. } => unclear("a regular expression as a value"),
            Self::Url { of, part } => {
                let Some(of) = of.value(variables)?.written() else {
                    return unclear("`new URL` of something that is not a text");
                };
                let Ok(url) = url::Url::parse(&of) else {
                    return unclear("`new URL` throws: the text is not a URL");
                };
                match url_part(&url, part) {
                    Some(part) => Ok(Plain::Text(part)),
                    None => unclear("this part of a URL is not followed"),
                }
            }
            Self::Array(items) => {
                let mut values = Vec::new();
                for item in items {
                    values.push(match &item.when {
                        Some(when) => match when.value(variables) {
                            Ok(when) if when.truthy() => item.value.value(variables).map(Some),
                            Ok(_) => Ok(None),
                            Err(stop) => Err(stop),
                        },
                        None => item.value.value(variables).map(Some),
                    });
                }
                Ok(Plain::Array(
                    all(values.into_iter())?.into_iter().flatten().collect(),
                ))
            }
            Self::Object(fields) => {
                let values = all(fields.iter().map(|field| field.value.value(variables)))?;
                Ok(Plain::Object(
                    fields
                        .iter()
                        .map(|field| field.name.clone())
                        .zip(values)
                        .collect(),
                ))
            }
            Self::Undecided { why, place } => {
                Err(Stop::Undecided(why.clone(), Some(place.clone())))
            }
        }
    }

    /// Writes the value down when no variable has a say in it, and gives it up when it has grown too large.
    pub(super) fn fold(self, place: &Place) -> Self {
        let mut nodes = 0;
        self.visit(&mut |_| nodes += 1);
        if nodes > NODES {
            return Self::Undecided {
                why: "the expression is too large".to_owned(),
                place: place.clone(),
            };
        }
        match self.value(&|_| None) {
            Ok(plain) => plain.into_expr().unwrap_or(self),
            Err(Stop::Unset(_)) => self,
            Err(Stop::Undecided(why, at)) => Self::Undecided {
                why,
                place: at.unwrap_or_else(|| place.clone()),
            },
        }
    }

    /// Whether it is true or false for every value of the variables.
    pub(super) fn decided(&self) -> Option<bool> {
        match self.value(&|_| None) {
            Ok(plain) => Some(plain.truthy()),
            Err(_) => None,
        }
    }
}

/// All values; variables that are not known are gathered over all of them, and what is undecided wins over them.
fn all<T>(values: impl Iterator<Item = Outcome<T>>) -> Outcome<Vec<T>> {
    let (mut known, mut unset) = (Vec::new(), Vec::new());
    for value in values {
        match value {
            Ok(value) => known.push(value),
            Err(Stop::Unset(names)) => {
                for name in names {
                    if !unset.contains(&name) {
                        unset.push(name);
                    }
                }
            }
            Err(stop @ Stop::Undecided(..)) => return Err(stop),
        }
    }
    if unset.is_empty() {
        Ok(known)
    } else {
        Err(Stop::Unset(unset))
    }
}

fn url_part(url: &url::Url, part: &str) -> Option<String> {
    let host = url.host_str().unwrap_or_default();
    Some(match part {
        "href" => url.to_string(),
        "origin" => url.origin().ascii_serialization(),
        "hostname" => host.to_owned(),
        "host" => {
            let mut host = host.to_owned();
            if let Some(port) = url.port() {
                write!(host, ":{port}").ok()?;
            }
            host
        }
        "protocol" => format!("{}:", url.scheme()),
        "pathname" => url.path().to_owned(),
        _ => return None,
    })
}
