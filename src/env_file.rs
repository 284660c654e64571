//! A dotenv text → assignments with line and column, and how each dialect reads them.
//!
//! The grammar is that of dotenv 18, which Next.js bundles; it never touches the process environment. Every value is kept as a
//! [`Secret`], because nobody can tell by its name that a variable is not one.

mod dialect;
mod expand;
mod precedence;

pub use precedence::{Resolved, Tool, file_names, resolve};

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

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
    /// Where the last assignment of each name is.
    last: HashMap<String, usize>,
    /// Where the last assignment of each name is that Vite reads.
    last_vite: HashMap<String, usize>,
}

/// Reads an env file. Never fails: what is wrong is among the faults.
pub fn read(path: &str, bytes: &[u8]) -> EnvFile {
    let mut faults = Vec::new();
    let text = decode(bytes, &mut faults);
    let wide = faults.contains(&Fault::Utf16);
    let marked = wide || faults.contains(&Fault::ByteOrderMark);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut vite: HashMap<usize, dialect::Seen> = HashMap::new();
    if !wide {
        vite.extend(
            dialect::vite(&text)
                .into_iter()
                .map(|seen| (seen.equals, seen)),
        );
    }
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
            .remove(&found.equals)
            .filter(|seen| seen.name == name && !lost);
        assignments.push(Assignment {
            line,
            name_column,
            value_line: place.line,
            column: place.column(&text, found.value.start),
            quote: quote_of(raw),
            export: found.export,
            plain: Secret::new(dialect::unquote(raw)),
            vite: vite.map(|seen| Secret::new(seen.value)),
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
    let mut last = HashMap::new();
    let mut last_vite = HashMap::new();
    for (index, assignment) in assignments.iter().enumerate() {
        last.insert(assignment.name.clone(), index);
        if assignment.vite.is_some() {
            last_vite.insert(assignment.name.clone(), index);
        }
    }
    EnvFile {
        path: path.to_owned(),
        assignments,
        faults,
        last,
        last_vite,
    }
}

impl EnvFile {
    /// How a dialect reads one of this file's assignments, with no other file; `process` answers for the process environment.
    pub fn reading(
        &self,
        assignment: &Assignment,
        dialect: Dialect,
        process: &dyn Fn(&str) -> Option<String>,
    ) -> Reading {
        readings(std::slice::from_ref(self), 0, assignment, dialect, process)
    }

    /// The assignment that counts: JavaScript keeps the last of several.
    pub fn last(&self, name: &str) -> Option<&Assignment> {
        self.assignments.get(*self.last.get(name)?)
    }

    /// What Vite reads for a name, before expansion.
    fn written_for_vite(&self, name: &str) -> Option<&str> {
        let assignment = self.assignments.get(*self.last_vite.get(name)?)?;
        assignment.vite.as_ref().map(Secret::expose)
    }

    /// Whether no dialect reads anything here.
    fn is_wide(&self) -> bool {
        self.faults.contains(&Fault::Utf16)
    }
}

/// How a dialect reads an assignment of one of several files, which are given with the strongest first. A `$NAME` may stand in another file:
/// Next.js puts what it read of a stronger file into the process environment before it reads a weaker one, Vite joins all files first.
pub fn readings(
    files: &[EnvFile],
    file_index: usize,
    assignment: &Assignment,
    dialect: Dialect,
    process: &dyn Fn(&str) -> Option<String>,
) -> Reading {
    let Some(file) = files.get(file_index).filter(|file| !file.is_wide()) else {
        return Reading::NotRead;
    };
    match dialect {
        Dialect::Dotenv => Reading::Value(assignment.plain.clone()),
        Dialect::Next => next(&files[..file_index], file, assignment, process)
            .map_or(Reading::Error, |value| Reading::Value(Secret::new(value))),
        Dialect::Vite => assignment.vite.as_ref().map_or(Reading::NotRead, |value| {
            Reading::Value(Secret::new(vite(files, assignment, value, process)))
        }),
        Dialect::Dotenvy => assignment.dotenvy.clone(),
    }
}

/// What Vite makes of an assignment among all files: names are expanded file by file, the weakest first, and in the order of the alphabet, for
/// that is how Node hands them over. A name sees those before it expanded and those after it as they are written.
fn vite(
    files: &[EnvFile],
    assignment: &Assignment,
    value: &Secret,
    process: &dyn Fn(&str) -> Option<String>,
) -> String {
    fn place<'a>(files: &[EnvFile], name: &'a str) -> Option<(usize, &'a str)> {
        let weakest = files
            .iter()
            .rposition(|file| file.last_vite.contains_key(name))?;
        Some((files.len() - weakest, name))
    }
    let written = |name: &str| files.iter().find_map(|file| file.written_for_vite(name));
    // Only what the value may need: all names before it that are mentioned, and those that these mention.
    let mut needed = BTreeMap::new();
    let mut open = vec![(place(files, &assignment.name), value.expose())];
    while let Some((before, text)) = open.pop() {
        for name in expand::mentioned(text) {
            let at = place(files, name);
            if let Some(text) = written(name)
                && at < before
                && needed.insert(at, (name, text)).is_none()
            {
                open.push((at, text));
            }
        }
    }
    let mut expanded: HashMap<&str, String> = HashMap::new();
    for (name, text) in needed.values() {
        let text = expand::vite(text, process, &|name| {
            let done = expanded.get(name).cloned();
            done.or_else(|| written(name).map(ToOwned::to_owned))
        });
        expanded.insert(name, text);
    }
    expand::vite(value.expose(), process, &|name| {
        let done = expanded.get(name).cloned();
        done.or_else(|| written(name).map(ToOwned::to_owned))
    })
}

/// What Next.js makes of an assignment after the stronger files.
fn next(
    stronger: &[EnvFile],
    file: &EnvFile,
    assignment: &Assignment,
    process: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let environment = |name: &str| {
        process(name).or_else(|| {
            stronger
                .iter()
                .enumerate()
                .filter(|(_, file)| !file.is_wide())
                .find_map(|(index, file)| next(&stronger[..index], file, file.last(name)?, process))
        })
    };
    let own = |name: &str| file.last(name).map(|found| found.plain.expose().to_owned());
    expand::next(assignment.plain.expose(), &environment, &own)
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
        // Without a mark: every second byte of plain text is zero.
        [first, 0, _, 0, ..] if *first != 0 => {
            Some((bytes, u16::from_le_bytes as fn([u8; 2]) -> u16))
        }
        [0, second, 0, _, ..] if *second != 0 => {
            Some((bytes, u16::from_be_bytes as fn([u8; 2]) -> u16))
        }
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
    use super::{Dialect, Fault, Reading, read, readings};
    use crate::secret::Secret;

    fn value(text: &str, dialect: Dialect) -> Option<String> {
        let file = read(".env", text.as_bytes());
        match file.reading(file.last("A")?, dialect, &|_| None) {
            Reading::Value(value) => Some(value.expose().to_owned()),
            Reading::NotRead | Reading::Error | Reading::Undecided => None,
        }
    }

    /// A text, and what Next.js, Vite and dotenvy read for `A`.
    type Row = (
        &'static str,
        Option<&'static str>,
        Option<&'static str>,
        Option<&'static str>,
    );

    #[test]
    fn reads_the_measured_lines() {
        let rows: &[Row] = &[
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
    fn looks_names_up_in_the_other_files() {
        // Measured with `@next/env` 16 and Vite 8.
        let files = [
            read(".env.local", b"A=$B\nX=$Y\nY=${Z}l\nP=$Q\n"),
            read(
                ".env",
                b"B=fromenv\nC=$Y\nD=$B\nQ=q\nE=$L\nL=weak\nY=weakY\n",
            ),
        ];
        let value = |index: usize, name: &str, dialect| {
            let process = |name: &str| (name == "L").then(|| "proc".to_owned());
            let assignment = files[index].last(name).unwrap();
            match readings(&files, index, assignment, dialect, &process) {
                Reading::Value(value) => value.expose().to_owned(),
                Reading::NotRead | Reading::Error | Reading::Undecided => panic!("{name}"),
            }
        };
        for (index, name, next, vite) in [
            (0, "A", "", "fromenv"),
            (0, "X", "l", "l"),
            (0, "P", "", "q"),
            (1, "C", "l", "${Z}l"),
            (1, "D", "fromenv", "fromenv"),
            (1, "E", "proc", "proc"),
        ] {
            assert_eq!(value(index, name, Dialect::Next), next, "next {name}");
            assert_eq!(value(index, name, Dialect::Vite), vite, "vite {name}");
        }
        let file = read(".env", b"D=${Z}q\nC=$D/y\nX=$D\nF=1$G\nG=2$H\nH=3");
        for (name, vite) in [("C", "q/y"), ("X", "q"), ("F", "123"), ("D", "q")] {
            assert_eq!(
                file.reading(file.last(name).unwrap(), Dialect::Vite, &|_| None),
                Reading::Value(Secret::new(vite)),
                "{name}"
            );
        }
        let assignment = &files[0].assignments[0];
        assert_eq!(
            readings(&files, 9, assignment, Dialect::Next, &|_| None),
            Reading::NotRead
        );
    }

    #[test]
    fn reads_other_encodings_and_line_ends() {
        let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes).collect()
        };
        let text = "\u{feff}A=1\r\nB=\"é\"\r\n";
        for bytes in [wide(text, u16::to_le_bytes), wide(text, u16::to_be_bytes)] {
            let file = read(".env", &bytes);
            assert_eq!(file.faults, [Fault::Utf16]);
            let b = file.last("B").unwrap();
            assert_eq!((b.line, b.column, b.raw.expose()), (2, 3, "\"é\""));
            for dialect in [
                Dialect::Dotenv,
                Dialect::Next,
                Dialect::Vite,
                Dialect::Dotenvy,
            ] {
                assert_eq!(file.reading(b, dialect, &|_| None), Reading::NotRead);
            }
        }
        let marked = read(".env", text.as_bytes());
        assert_eq!(marked.faults, [Fault::ByteOrderMark]);
        let (a, b) = (marked.last("A").unwrap(), marked.last("B").unwrap());
        let one = Reading::Value(Secret::new("1"));
        let e = Reading::Value(Secret::new("é"));
        assert_eq!((a.line, a.name_column, a.column), (1, 1, 3));
        assert_eq!(marked.reading(a, Dialect::Next, &|_| None), one);
        assert_eq!(
            marked.reading(a, Dialect::Vite, &|_| None),
            Reading::NotRead
        );
        assert_eq!(
            marked.reading(a, Dialect::Dotenvy, &|_| None),
            Reading::Error
        );
        assert_eq!(marked.reading(b, Dialect::Vite, &|_| None), e);
        let mac = read(".env", b"A=1\rB=2\r");
        assert_eq!((mac.assignments.len(), mac.assignments[1].line), (2, 2));
        let latin = read(".env", b"A=caf\xe9\nB=2");
        assert_eq!(latin.faults, [Fault::NotUtf8]);
        assert_eq!(latin.assignments.len(), 2);
    }

    #[test]
    fn large_files_end() {
        // Each was read again and again from some place to the end.
        for text in [
            format!("A=\"{}\n", r#"\""#.repeat(200_000)),
            "A=$B\n".repeat(50_000),
            "A='\n".repeat(50_000),
            format!("A=\"{}", "\\\"\n".repeat(100_000)),
            format!("A=`x\n{}", "B=\"x\n".repeat(50_000)),
            format!("export{}A", "\n".repeat(200_000)),
        ] {
            let file = read(".env", text.as_bytes());
            for assignment in &file.assignments {
                drop(file.reading(assignment, Dialect::Next, &|_| None));
            }
        }
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
            drop(read(".env", &bytes));
            // Bytes alone seldom make an assignment.
            let parts = [
                "A", "B", "=", ":", " ", "\n", "\r", "\t", "'", "\"", "`", "\\", "$", "${", "}",
                ":-", "#", "export ", "é", "\u{feff}", "\u{a0}", "-", "+",
            ];
            let count = source.int_in_range(0..=60)?;
            let text = (0..count)
                .map(|_| source.choose(&parts).copied())
                .collect::<Result<String, _>>()?;
            let file = read(".env", text.as_bytes());
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
