//! A dotenv text → assignments with line and column, and how each dialect reads them.
//!
//! The grammar is that of dotenv 18, which Next.js bundles; it never touches the process environment. Every value is kept as a
//! [`Secret`], because nobody can tell by its name that a variable is not one.

mod dialect;
mod expand;
mod precedence;

pub use precedence::{Resolved, Tool, file_names, resolve};

use std::borrow::Cow;

use crate::secret::Secret;

/// How a value is quoted in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// Bare.
    None,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
    /// `` `…` ``
    Backtick,
}

/// A program that reads env files in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// dotenv 18: the Convex CLI and most Node servers.
    Dotenv,
    /// `@next/env`: dotenv, then expansion, also in single quotes.
    Next,
    /// Vite 8: Node's `parseEnv`, then dotenv-expand.
    Vite,
    /// The crate `dotenvy`, for Rust backends.
    Dotenvy,
}

/// What a dialect makes of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It reads this value.
    Value(Secret),
    /// It does not see an assignment there.
    NotRead,
    /// It refuses the line.
    Error,
    /// It depends on the machine's environment, which this reader does not look at.
    Undecided,
}

/// What is wrong with a file as a whole or with one of its lines (1-based).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The bytes are neither UTF-8 nor UTF-16; they were read with replacement characters.
    NotUtf8,
    /// The file is UTF-16: no dialect reads anything in it.
    Utf16,
    /// The file begins with a byte order mark: Vite and dotenvy lose the first name.
    ByteOrderMark,
    /// A quote is opened on this line and not closed.
    Unterminated(usize),
}

/// One `NAME=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// The 1-based line of the name.
    pub line: usize,
    /// The 1-based column of the name, in characters.
    pub name_column: usize,
    /// The 1-based line of the value, usually that of the name.
    pub value_line: usize,
    /// The 1-based column of the value with its quote, in characters.
    pub column: usize,
    /// The value as written, with its quotes.
    pub raw: Secret,
    /// The whole line of the name, to show after hiding what is secret.
    pub line_text: Secret,
    /// How the value is quoted.
    pub quote: Quote,
    /// Whether `export` stands before the name.
    pub export: bool,
    /// The value before any expansion, as dotenv reads it.
    plain: Secret,
    /// The value before expansion, as Vite reads it.
    vite: Option<Secret>,
    /// What dotenvy makes of it.
    dotenvy: Reading,
}

/// An env file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFile {
    /// The path to show.
    pub path: String,
    /// In the order of the file, with duplicates.
    pub assignments: Vec<Assignment>,
    /// What is wrong with the file.
    pub faults: Vec<Fault>,
}

/// Reads an env file. Never fails: what is wrong is among the faults.
pub fn read(path: &str, bytes: &[u8]) -> EnvFile {
    let mut faults = Vec::new();
    let text = decode(bytes, &mut faults);
    let wide = faults.contains(&Fault::Utf16);
    let marked = wide || faults.contains(&Fault::ByteOrderMark);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let vite = if wide {
        Vec::new()
    } else {
        dialect::vite(&text)
    };
    let mut assignments = Vec::new();
    let mut place = Place {
        at: 0,
        line: 1,
        start: 0,
    };
    for found in dialect::dotenv(&text) {
        place.advance(&text, found.name.start);
        let name = text[found.name.clone()].to_owned();
        let (line, name_column) = (place.line, place.column(&text, found.name.start));
        let line_text = text[place.start..].split('\n').next().unwrap_or_default();
        if let Some(quote) = found.unterminated {
            faults.push(Fault::Unterminated(
                line + usize::from(quote > line_text.len() + place.start),
            ));
        }
        let first = assignments.is_empty();
        place.advance(&text, found.value.start);
        let raw = &text[found.value.clone()];
        let rest_end = text[found.value.end..]
            .find('\n')
            .map_or(text.len(), |offset| found.value.end + offset);
        // A mark before the first name becomes part of that name for these two.
        let lost = marked && first && line == 1;
        let vite = vite
            .iter()
            .find(|seen| seen.equals == found.equals && seen.name == name && !lost);
        assignments.push(Assignment {
            line,
            name_column,
            value_line: place.line,
            column: place.column(&text, found.value.start),
            quote: quote_of(raw),
            export: found.export,
            plain: Secret::new(dialect::unquote(raw)),
            vite: vite.map(|seen| Secret::new(seen.value.clone())),
            dotenvy: if lost || wide {
                Reading::Error
            } else {
                dialect::dotenvy(&text[found.start..rest_end], raw, &name)
            },
            raw: Secret::new(raw),
            line_text: Secret::new(line_text),
            name,
        });
    }
    EnvFile {
        path: path.to_owned(),
        assignments,
        faults,
    }
}

impl EnvFile {
    /// How a dialect reads one of this file's assignments; `process` answers for the process environment.
    pub fn reading(
        &self,
        assignment: &Assignment,
        dialect: Dialect,
        process: &dyn Fn(&str) -> Option<String>,
    ) -> Reading {
        if self.faults.contains(&Fault::Utf16) {
            return Reading::NotRead;
        }
        match dialect {
            Dialect::Dotenv => Reading::Value(assignment.plain.clone()),
            Dialect::Next => {
                let others =
                    |name: &str| self.last(name).map(|found| found.plain.expose().to_owned());
                expand::next(assignment.plain.expose(), process, &others)
                    .map_or(Reading::Error, |value| Reading::Value(Secret::new(value)))
            }
            Dialect::Vite => {
                let others = |name: &str| {
                    self.last(name)
                        .and_then(|found| found.vite.as_ref())
                        .map(|text| text.expose().to_owned())
                };
                match &assignment.vite {
                    Some(value) => {
                        Reading::Value(Secret::new(expand::vite(value.expose(), process, &others)))
                    }
                    None => Reading::NotRead,
                }
            }
            Dialect::Dotenvy => assignment.dotenvy.clone(),
        }
    }

    /// The assignment that counts: JavaScript keeps the last of several.
    pub fn last(&self, name: &str) -> Option<&Assignment> {
        self.assignments
            .iter()
            .rev()
            .find(|assignment| assignment.name == name)
    }
}

/// A walk over the text that counts lines once.
struct Place {
    at: usize,
    line: usize,
    start: usize,
}

impl Place {
    fn advance(&mut self, text: &str, to: usize) {
        for (offset, _) in text[self.at..to].match_indices('\n') {
            self.line += 1;
            self.start = self.at + offset + 1;
        }
        self.at = to;
    }

    fn column(&self, text: &str, at: usize) -> usize {
        text[self.start..at].chars().count() + 1
    }
}

fn quote_of(raw: &str) -> Quote {
    let mut chars = raw.chars();
    match (chars.next(), chars.next_back()) {
        (Some('\''), Some('\'')) => Quote::Single,
        (Some('"'), Some('"')) => Quote::Double,
        (Some('`'), Some('`')) => Quote::Backtick,
        _ => Quote::None,
    }
}

/// The text without its byte order mark.
fn decode(bytes: &[u8], faults: &mut Vec<Fault>) -> String {
    let wide = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((rest, u16::from_le_bytes as fn([u8; 2]) -> u16)),
        [0xfe, 0xff, rest @ ..] => Some((rest, u16::from_be_bytes as fn([u8; 2]) -> u16)),
        _ => None,
    };
    if let Some((rest, join)) = wide {
        faults.push(Fault::Utf16);
        let units: Vec<u16> = rest
            .chunks_exact(2)
            .map(|pair| join([pair[0], pair[1]]))
            .collect();
        return String::from_utf16_lossy(&units);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map_or(bytes, |rest| {
        faults.push(Fault::ByteOrderMark);
        rest
    });
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, Cow::Owned(_)) {
        faults.push(Fault::NotUtf8);
    }
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Fault, Reading, read};
    use crate::secret::Secret;

    fn value(text: &str, dialect: Dialect) -> Option<String> {
        let file = read(".env", text.as_bytes());
        match file.reading(file.last("A")?, dialect, &|_| None) {
            Reading::Value(value) => Some(value.expose().to_owned()),
            Reading::NotRead | Reading::Error | Reading::Undecided => None,
        }
    }

    #[test]
    fn reads_the_measured_lines() {
        let rows: &[(&str, Option<&str>, Option<&str>, Option<&str>)] = &[
            ("A=b#c", Some("b"), Some("b"), Some("b#c")),
            ("A=b c", Some("b c"), Some("b c"), None),
            ("A=`b c`", Some("b c"), Some("b c"), None),
            ("A=\"open\nB=2", Some("\"open"), Some("\"open"), None),
            ("A='pa$word'", Some("pa"), Some("pa"), Some("pa$word")),
            ("A=$B\nB=2", Some("2"), Some("2"), None),
            ("A=${X:-d}", Some("d"), Some("d"), None),
            ("A=x\\ny", Some("x\\ny"), Some("x\\ny"), Some("x\ny")),
            ("A: b", Some("b"), None, None),
            ("\u{feff}A=1", Some("1"), None, None),
            ("export\tA=1", Some("1"), None, Some("1")),
            ("A=C:\\dir", Some("C:\\dir"), Some("C:\\dir"), None),
            ("A='b'c", Some("'b'c"), Some("b"), Some("bc")),
            ("A=", Some(""), Some(""), Some("")),
            ("A=\"x\" # c\r\nB=1", Some("x"), Some("x"), Some("x")),
            ("A=\"a\\nb\"", Some("a\nb"), Some("a\nb"), Some("a\nb")),
            ("A==b", Some("=b"), Some("=b"), Some("=b")),
        ];
        for (text, next, vite, dotenvy) in rows {
            assert_eq!(
                value(text, Dialect::Next).as_deref(),
                *next,
                "next {text:?}"
            );
            assert_eq!(
                value(text, Dialect::Vite).as_deref(),
                *vite,
                "vite {text:?}"
            );
            assert_eq!(
                value(text, Dialect::Dotenvy).as_deref(),
                *dotenvy,
                "dotenvy {text:?}"
            );
        }
    }

    #[test]
    fn counts_lines_and_columns() {
        let file = read(".env", "# c\n\n  export A = 'x\ny'\nB=1\n".as_bytes());
        let [first, second] = file.assignments.as_slice() else {
            panic!("two")
        };
        assert_eq!(
            (first.line, first.name_column, first.column, first.export),
            (3, 10, 14, true)
        );
        assert_eq!((second.line, second.column), (5, 3));
    }

    #[test]
    fn debug_hides_values_and_faults_are_named() {
        let file = read(".env", b"CLERK_SECRET_KEY=sk_test_hidden");
        assert!(!format!("{file:?}").contains("hidden"));
        assert_eq!(file.assignments[0].raw, Secret::new("sk_test_hidden"));
        let wide = read(".env", b"\xff\xfeA\0=\0b\0");
        assert_eq!(
            (wide.faults.as_slice(), wide.assignments.len()),
            ([Fault::Utf16].as_slice(), 1)
        );
        assert_eq!(read(".env", b"A=\"x\n").faults, [Fault::Unterminated(1)]);
    }

    #[test]
    fn never_panics() {
        arbtest::arbtest(|source| {
            let bytes: Vec<u8> = source.arbitrary()?;
            let file = read(".env", &bytes);
            for assignment in &file.assignments {
                for dialect in [
                    Dialect::Dotenv,
                    Dialect::Next,
                    Dialect::Vite,
                    Dialect::Dotenvy,
                ] {
                    drop(file.reading(assignment, dialect, &|_| None));
                }
            }
            Ok(())
        });
    }
}
