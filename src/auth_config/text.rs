//! The methods of a text that configurations use, and a small matcher for the regular expressions in them.

use super::expr::Plain;

/// What `on.name(pattern?, ...arguments)` gives; `None` when it is not followed here.
pub(super) fn call(
    on: &str,
    name: &str,
    pattern: Option<(&str, &str)>,
    arguments: &[Plain],
) -> Option<Plain> {
    let texts: Option<Vec<&str>> = arguments
        .iter()
        .map(|argument| match argument {
            Plain::Text(text) => Some(text.as_str()),
            Plain::Undefined
            | Plain::Null
            | Plain::Bool(_)
            | Plain::Number(_)
            | Plain::Array(_)
            | Plain::Object(_) => None,
        })
        .collect();
    if let Some((pattern, flags)) = pattern {
        let [replacement] = texts?[..] else {
            return None;
        };
        return match name {
            "replace" | "replaceAll" => replace(on, pattern, flags, replacement).map(Plain::Text),
            _ => None,
        };
    }
    let text = |text: &str| Some(Plain::Text(text.to_owned()));
    // JavaScript's blanks are Unicode's and the byte order mark.
    let blank = |char: char| (char.is_whitespace() && char != '\u{85}') || char == '\u{feff}';
    match (name, texts.as_deref()) {
        ("trim", Some([])) => text(on.trim_matches(blank)),
        ("trimStart" | "trimLeft", Some([])) => text(on.trim_start_matches(blank)),
        ("trimEnd" | "trimRight", Some([])) => text(on.trim_end_matches(blank)),
        ("toString" | "valueOf", Some([])) => text(on),
        ("toLowerCase", Some([])) => text(&on.to_lowercase()),
        ("toUpperCase", Some([])) => text(&on.to_uppercase()),
        ("concat", Some(more)) => text(&format!("{on}{}", more.concat())),
        ("startsWith", Some([other])) => Some(Plain::Bool(on.starts_with(other))),
        ("endsWith", Some([other])) => Some(Plain::Bool(on.ends_with(other))),
        ("includes", Some([other])) => Some(Plain::Bool(on.contains(other))),
        ("replace", Some([from, to])) if !to.contains('$') => text(&on.replacen(from, to, 1)),
        ("replaceAll", Some([from, to])) if !to.contains('$') => text(&on.replace(from, to)),
        // Indices of JavaScript count UTF-16 units: the same as bytes only in ASCII.
        ("length", Some([])) if on.is_ascii() => u32::try_from(on.len())
            .ok()
            .map(|length| Plain::Number(f64::from(length))),
        ("slice" | "substring", None) if on.is_ascii() => {
            cut(on, name == "slice", arguments).map(|part| Plain::Text(part.to_owned()))
        }
        _ => None,
    }
}

fn cut<'t>(on: &'t str, from_end: bool, arguments: &[Plain]) -> Option<&'t str> {
    let length = i64::try_from(on.len()).ok()?;
    let index = |argument: Option<&Plain>, otherwise: i64| match argument {
        None => Some(otherwise),
        Some(Plain::Number(number)) if number.fract() == 0.0 && number.abs() < 1e6 => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a whole number below a million"
            )]
            let number = *number as i64;
            let number = if number < 0 && from_end {
                length + number
            } else {
                number
            };
            Some(number.clamp(0, length))
        }
        Some(_) => None,
    };
    if arguments.len() > 2 {
        return None;
    }
    let (start, end) = (
        index(arguments.first(), 0)?,
        index(arguments.get(1), length)?,
    );
    let (start, end) = if start > end && !from_end {
        (end, start)
    } else {
        (start, end.max(start))
    };
    on.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

/// One thing that a pattern asks for, and how often.
struct Atom {
    set: Set,
    least: usize,
    most: usize,
}

enum Set {
    Start,
    End,
    Any,
    /// Characters and ranges, or everything but them.
    Of(Vec<(char, char)>, bool),
}

/// A pattern without groups, alternatives and counts, or `None`.
fn compile(pattern: &str) -> Option<Vec<Atom>> {
    let mut atoms: Vec<Atom> = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(char) = rest.next() {
        let set = match char {
            '^' => Set::Start,
            '$' => Set::End,
            '.' => Set::Any,
            '[' => {
                let negated = rest.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                loop {
                    let from = match rest.next()? {
                        ']' => break,
                        '\\' => escape(rest.next()?)?,
                        char => vec![(char, char)],
                    };
                    match (from.as_slice(), rest.peek()) {
                        ([(from, same)], Some('-')) if from == same => {
                            rest.next();
                            match rest.next()? {
                                ']' => {
                                    ranges.extend([(*from, *from), ('-', '-')]);
                                    break;
                                }
                                '\\' => return None,
                                to => ranges.push((*from, to)),
                            }
                        }
                        _ => ranges.extend(from),
                    }
                }
                Set::Of(ranges, negated)
            }
            '\\' => Set::Of(escape(rest.next()?)?, false),
            '(' | ')' | '|' | '{' | '}' | '*' | '+' | '?' => return None,
            char => Set::Of(vec![(char, char)], false),
        };
        let (least, most) = match rest.peek() {
            Some('?') => (0, 1),
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            _ => (1, 1),
        };
        if (least, most) != (1, 1) {
            rest.next();
            if rest.peek() == Some(&'?') || matches!(set, Set::Start | Set::End) {
                return None;
            }
        }
        atoms.push(Atom { set, least, most });
    }
    (atoms.len() <= 64).then_some(atoms)
}

fn escape(char: char) -> Option<Vec<(char, char)>> {
    Some(match char {
        's' => vec![
            (' ', ' '),
            ('\t', '\r'),
            ('\u{a0}', '\u{a0}'),
            ('\u{feff}', '\u{feff}'),
            ('\u{2000}', '\u{200a}'),
            ('\u{2028}', '\u{2029}'),
        ],
        'd' => vec![('0', '9')],
        'w' => vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
        'n' => vec![('\n', '\n')],
        'r' => vec![('\r', '\r')],
        't' => vec![('\t', '\t')],
        char if char.is_ascii_alphanumeric() => return None,
        char => vec![(char, char)],
    })
}

struct Search<'t> {
    text: &'t [char],
    ignore_case: bool,
    steps: usize,
}

impl Search<'_> {
    /// Where a match that begins at `at` ends; the outer `None` when it takes too long.
    #[expect(
        clippy::option_option,
        reason = "no match, and no answer, are two things"
    )]
    fn end(&mut self, atoms: &[Atom], at: usize) -> Option<Option<usize>> {
        self.steps = self.steps.checked_sub(1)?;
        let Some((atom, rest)) = atoms.split_first() else {
            return Some(Some(at));
        };
        let anchored = match atom.set {
            Set::Start => Some(at == 0),
            Set::End => Some(at == self.text.len()),
            Set::Any | Set::Of(..) => None,
        };
        if let Some(holds) = anchored {
            return if holds {
                self.end(rest, at)
            } else {
                Some(None)
            };
        }
        let mut count = 0;
        while count < atom.most
            && self
                .text
                .get(at + count)
                .is_some_and(|char| self.holds(&atom.set, *char))
        {
            count += 1;
        }
        while count >= atom.least {
            if let Some(end) = self.end(rest, at + count)? {
                return Some(Some(end));
            }
            if count == 0 {
                break;
            }
            count -= 1;
        }
        Some(None)
    }

    fn holds(&self, set: &Set, char: char) -> bool {
        match set {
            Set::Start | Set::End => false,
            Set::Any => !matches!(char, '\n' | '\r' | '\u{2028}' | '\u{2029}'),
            Set::Of(ranges, negated) => {
                let within = |char: char| {
                    ranges
                        .iter()
                        .any(|(from, to)| (*from..=*to).contains(&char))
                };
                let found = within(char)
                    || (self.ignore_case
                        && (within(char.to_ascii_lowercase())
                            || within(char.to_ascii_uppercase())));
                found != *negated
            }
        }
    }
}

fn replace(on: &str, pattern: &str, flags: &str, replacement: &str) -> Option<String> {
    if !flags.chars().all(|flag| matches!(flag, 'g' | 'i' | 'u')) || replacement.contains('$') {
        return None;
    }
    let atoms = compile(pattern)?;
    let text: Vec<char> = on.chars().collect();
    let mut search = Search {
        text: &text,
        ignore_case: flags.contains('i'),
        steps: 100_000,
    };
    let mut result = String::new();
    let mut at = 0;
    while at <= text.len() {
        let end = search.end(&atoms, at)?;
        if let Some(end) = end {
            result.push_str(replacement);
            if end > at {
                at = end;
                if flags.contains('g') {
                    continue;
                }
                break;
            }
            if !flags.contains('g') {
                break;
            }
        }
        result.extend(text.get(at));
        at += 1;
    }
    result.extend(text.get(at..).unwrap_or_default());
    Some(result)
}
