//! `$NAME`, `${NAME}` and `${NAME:-default}` as Next.js and Vite expand them.

/// Rounds after which a value that refers to itself is left as it is.
const ROUNDS: usize = 64;
/// Bytes after which a value that grows by itself is left as it is.
const LONGEST: usize = 1 << 16;

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

fn word(text: &str) -> usize {
    text.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_'))
        .unwrap_or(text.len())
}

/// The expansion of `@next/env`: the last `$` first; the process environment, the default, then the file. `None` when it never ends:
/// Next.js then runs out of stack and loads nothing of the file.
pub(super) fn next(value: &str, process: Lookup<'_>, file: Lookup<'_>) -> Option<String> {
    let mut text = value.to_owned();
    for _ in 0..ROUNDS {
        let last = text
            .match_indices('$')
            .map(|(at, _)| at)
            .rfind(|at| !text[..*at].ends_with('\\'));
        let Some((at, (name, default, length))) =
            last.and_then(|at| Some((at, reference(&text[at..])?)))
        else {
            return Some(text.replace(r"\$", "$"));
        };
        let found = process(name).filter(|found| !found.is_empty());
        let found = found.or_else(|| {
            default
                .filter(|text| !text.is_empty())
                .map(ToOwned::to_owned)
        });
        let found = found.or_else(|| file(name)).unwrap_or_default();
        text.replace_range(at..at + length, &found);
        if text.len() > LONGEST {
            break;
        }
    }
    None
}

/// All names that a value may refer to, and perhaps others.
pub(super) fn mentioned(value: &str) -> impl Iterator<Item = &str> {
    value.split('$').skip(1).flat_map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        // A name in braces may have any character but these.
        let braced = rest.split(['}', ':', '+', '-']).next().unwrap_or_default();
        [&rest[..word(rest)], braced]
    })
}

/// Name, default and length of the reference at the start of the text.
fn reference(text: &str) -> Option<(&str, Option<&str>, usize)> {
    let brace = usize::from(text[1..].starts_with('{'));
    let from = 1 + brace;
    let mut end = from + word(&text[from..]);
    let name = text.get(from..end).filter(|name| !name.is_empty())?;
    let default = text[end..]
        .strip_prefix(":-")
        .map(|rest| &rest[..rest.find(['}', '\\']).unwrap_or(rest.len())]);
    end += default.map_or(0, |default| default.len() + 2);
    end += usize::from(text[end..].starts_with('}'));
    Some((name, default, end))
}

/// The expansion of dotenv-expand, which Vite bundles: the first reference first, again until none is left.
pub(super) fn vite(value: &str, process: Lookup<'_>, file: Lookup<'_>) -> String {
    let mut text = value.to_owned();
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..ROUNDS {
        let Some((at, length, expression)) = first(&text) else {
            break;
        };
        seen.push(text.clone());
        let operator = [":+", "+", ":-", "-"]
            .iter()
            .filter_map(|sign| expression.find(sign).map(|at| (at, *sign)))
            .min_by_key(|(at, sign)| (*at, usize::MAX - sign.len()));
        let (name, sign, default) = operator.map_or((expression, "", ""), |(at, sign)| {
            (&expression[..at], sign, &expression[at + sign.len()..])
        });
        let value = process(name)
            .or_else(|| file(name))
            .filter(|value| !value.is_empty());
        let with = match (sign, value) {
            (":+" | "+", Some(_)) => default.to_owned(),
            (":+" | "+", None) => String::new(),
            (_, Some(value)) if !seen.contains(&value) => value,
            (_, _) => default.to_owned(),
        };
        let own = file(name);
        text.replace_range(at..at + length, &with);
        if own.as_deref() == Some(text.as_str()) || text.len() > LONGEST {
            break;
        }
    }
    text.replace(r"\$", "$")
}

fn first(text: &str) -> Option<(usize, usize, &str)> {
    text.match_indices('$')
        .filter(|(at, _)| !text[..*at].ends_with('\\'))
        .find_map(|(at, _)| {
            let rest = &text[at + 1..];
            if let Some(inner) = rest.strip_prefix('{') {
                let end = inner
                    .find(['{', '}'])
                    .filter(|end| *end > 0 && inner[*end..].starts_with('}'))?;
                return Some((at, end + 3, &inner[..end]));
            }
            let length = word(rest);
            (length > 0 && !rest.starts_with(|char: char| char.is_ascii_digit()))
                .then(|| (at, length + 1, &rest[..length]))
        })
}
