//! What a token stands in, from the text around it.

use super::{Carrier, Repair};
use super::{json_path, repair};

/// How much is looked at before a token, and behind it.
const BEFORE: usize = 600;
const BEHIND: usize = 300;

/// What stands around a token.
#[derive(Debug)]
pub(super) struct Around {
    pub carrier: Carrier,
    pub repairs: Vec<Repair>,
    pub notes: Vec<&'static str>,
    /// Whether a diff takes the line away.
    pub is_removed: bool,
}

/// Quotes of all kinds, and the ticks of Markdown.
const QUOTES: &[char] = &[
    '"', '\'', '`', '‘', '’', '‚', '“', '”', '„', '«', '»', '‹', '›', '「', '」', '´', '＂', '＇',
];

/// What else stands directly at a token and is none of it.
const PUNCTUATION: &[char] = &[
    '(', ')', '<', '>', '[', ']', '{', '}', ';', ',', '.', ':', '!', '?', '|', '*',
];

/// Looks around the token from `start` to `end`.
pub(super) fn around(
    text: &str,
    start: usize,
    end: usize,
    json: Option<&json_path::Place>,
) -> Around {
    let (before, behind, undone) =
        repair::beside(tail(&text[..start], BEFORE), head(&text[end..], BEHIND));
    // JSON that is encoded as a whole shows itself only now.
    let decoded = (json.is_none() && !undone.is_empty())
        .then(|| json_path::in_line(&format!("{before}x"), before.len()))
        .flatten();
    let json = json.or(decoded.as_ref());
    let before = before.as_str();
    let mut found = Around {
        carrier: Carrier::Bare,
        repairs: undone,
        notes: Vec::new(),
        is_removed: is_removed(text, before, behind.as_str()),
    };
    let unpadded = behind.trim_start_matches('=');
    let padded = unpadded.len() < behind.len();
    let behind = if padded { unpadded } else { &behind };
    if padded {
        found.repairs.push(Repair::Padding);
        found.notes.extend(Repair::Padding.as_sent());
    }
    // The scheme, and what is before it.
    let mut left = peel(before);
    let mut schemes = 0;
    while let Some(rest) = strip_word(left, "bearer") {
        schemes += 1;
        left = peel(rest);
    }
    match schemes {
        0 => {}
        1 => found.repairs.push(Repair::Bearer),
        _ => {
            found.repairs.push(Repair::BearerDoubled);
            found.notes.push(
                "`Bearer` stands before the token twice: if the client sends it so, servers refuse it.",
            );
        }
    }
    found.carrier = carrier(
        text,
        before,
        left,
        behind,
        schemes > 0,
        json,
        &mut found.notes,
    );
    if schemes == 1 && before.trim_end().ends_with(':') {
        found
            .notes
            .push("The header has no colon behind `Bearer`: `Authorization: Bearer TOKEN`.");
    }
    if before.ends_with("\\\"") {
        found.repairs.push(Repair::JsonEscapes);
    }
    if matches!(
        found.carrier,
        Carrier::Bare
            | Carrier::Log
            | Carrier::Markdown
            | Carrier::Shell
            | Carrier::AuthorizationHeader
    ) {
        edges(before, behind, &mut found.repairs);
    }
    found
}

/// Whether the token's line begins with the minus sign of a diff.
fn is_removed(text: &str, before: &str, behind: &str) -> bool {
    let (above, line) = before.rsplit_once('\n').unwrap_or(("", before));
    let is_diff =
        || above.contains("\n+") || behind.contains("\n+") || head(text, 4096).contains("@@ ");
    line.starts_with('-') && !line.starts_with("-H") && !line.starts_with("--") && is_diff()
}

/// Quotes and punctuation directly at the token.
fn edges(before: &str, behind: &str, repairs: &mut Vec<Repair>) {
    let touching = [before.chars().next_back(), behind.chars().next()];
    for (characters, repair) in [(QUOTES, Repair::Quotes), (PUNCTUATION, Repair::Punctuation)] {
        if touching
            .iter()
            .flatten()
            .any(|character| characters.contains(character))
        {
            repairs.push(repair);
        }
    }
}

fn carrier(
    text: &str,
    before: &str,
    left: &str,
    behind: &str,
    scheme: bool,
    json: Option<&json_path::Place>,
    notes: &mut Vec<&'static str>,
) -> Carrier {
    let name = last_name(left);
    let beside = json
        .and_then(|place| place.beside.as_deref())
        .or_else(|| printed_cookie(name, before));
    let header = [Some(name), beside]
        .into_iter()
        .flatten()
        .find(|name| name.eq_ignore_ascii_case("authorization") || is_clerk_header(name));
    if let Some(header) = header.filter(|name| is_clerk_header(name)) {
        return Carrier::Header(header.to_ascii_lowercase());
    }
    let line = left.rsplit('\n').next().unwrap_or_default();
    let small = line.to_ascii_lowercase();
    if scheme || header.is_some() {
        return Carrier::AuthorizationHeader;
    }
    if is_authenticate(before, behind) {
        return Carrier::ConvexWebsocket;
    }
    if let Some(cookie) = cookie(name, beside, &small, json) {
        return cookie;
    }
    let chunk = before
        .rsplit(|character: char| character.is_whitespace() || QUOTES.contains(&character))
        .next()
        .unwrap_or_default();
    if chunk.contains("://") || (chunk.starts_with('/') && chunk.contains('?')) {
        notes.push("The token stands in a URL: URLs are kept in logs and histories.");
        return Carrier::Url;
    }
    if let Some(place) = json {
        return Carrier::Json(place.pointer.clone());
    }
    if chunk.ends_with('=') && (chunk.contains('&') || behind.starts_with('&')) {
        return Carrier::Form;
    }
    let whole = before.rsplit('\n').next().unwrap_or_default();
    line_carrier(text, before, whole, behind, notes)
}

/// What the token's own line says, when nothing nearer does.
fn line_carrier(
    text: &str,
    before: &str,
    line: &str,
    behind: &str,
    notes: &mut Vec<&'static str>,
) -> Carrier {
    let trimmed = line.trim_start();
    if (line.starts_with('+') || line.starts_with('-') && head(text, 4096).contains("@@"))
        && trimmed.len() > 1
    {
        notes.push("The token stands in a diff: if it was committed, others can read it.");
        return Carrier::Diff;
    }
    if line.ends_with('`') || before.contains("```") {
        return Carrier::Markdown;
    }
    if let Some(carrier) = assignment(trimmed) {
        return carrier;
    }
    let printed = [
        "<fulfilled>",
        "Promise {",
        "[[PromiseResult]]",
        "<resolved>",
    ];
    if printed.iter().any(|mark| before.contains(mark))
        || behind.trim_start().starts_with("(length")
        || ["> '", "< '", "> \"", "< \"", "› '"].contains(&trimmed)
    {
        return Carrier::Console;
    }
    let rest = behind.split('\n').next().unwrap_or_default();
    let decoration = |part: &str| {
        part.chars().all(|character| {
            character.is_whitespace()
                || QUOTES.contains(&character)
                || PUNCTUATION.contains(&character)
        })
    };
    if !decoration(line) || !decoration(rest) {
        if ["=>", "(", "{"].iter().any(|mark| line.contains(mark))
            && line.ends_with(['"', '\'', '`'])
        {
            return Carrier::Javascript;
        }
        return Carrier::Log;
    }
    if is_block_scalar(before) {
        return Carrier::Yaml;
    }
    let prompt = |line: &str| {
        ["$ ", "% ", "PS ", "❯ ", "➜ "]
            .iter()
            .any(|mark| line.starts_with(mark))
    };
    if before.lines().any(prompt) {
        return Carrier::Shell;
    }
    Carrier::Bare
}

/// `NAME=`, `name: `, `name = "`, `const name = '`, where that is all there is before the token.
fn assignment(line: &str) -> Option<Carrier> {
    let bare = line.trim_end_matches(['"', '\'', '`', ' ', '\t', '>', '|', '-', '\r']);
    let quoted = line.ends_with(['"', '\'', '`']);
    let identifier = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-.$".contains(&byte))
    };
    if let Some(target) = bare.strip_suffix('=') {
        let target_bare = target.trim_end();
        for keyword in ["const ", "let ", "var ", "export const ", "export default "] {
            if let Some(rest) = target_bare.strip_prefix(keyword) {
                return identifier(rest.split(':').next().unwrap_or_default().trim())
                    .then_some(Carrier::Javascript);
            }
        }
        for keyword in ["export ", "set ", "setx ", "$env:", "declare -x ", "ENV "] {
            if let Some(rest) = target_bare.strip_prefix(keyword) {
                return identifier(rest.trim_matches('"')).then_some(Carrier::Env);
            }
        }
        return identifier(target_bare.trim_matches('"')).then_some(
            // A variable of a shell, PHP or Perl is none of TOML.
            if target_bare.len() < target.len() && quoted && !target_bare.starts_with('$') {
                Carrier::Toml
            } else {
                Carrier::Env
            },
        );
    }
    let key = bare
        .strip_suffix(':')?
        .trim_start_matches("- ")
        .trim_matches(['"', '\'']);
    identifier(key).then_some(
        if line.trim_end().ends_with('\'') && line.starts_with(' ') {
            Carrier::Javascript
        } else {
            Carrier::Yaml
        },
    )
}

/// Whether the token begins the lines of a folded or literal scalar of YAML: `key: >-`, and a line end.
fn is_block_scalar(before: &str) -> bool {
    let Some((above, indent)) = before.rsplit_once('\n') else {
        return false;
    };
    let above = above.rsplit('\n').next().unwrap_or_default().trim_end();
    let key = above.trim_end_matches(|sign: char| "+-".contains(sign) || sign.is_ascii_digit());
    indent.starts_with([' ', '\t'])
        && indent.trim().is_empty()
        && key.ends_with(['>', '|'])
        && key.trim_end_matches(['>', '|']).trim_end().ends_with(':')
}

/// The name of a cookie of Clerk, where a console or a driver printed it before its value: `{ name: '__session', value: '…' }`.
fn printed_cookie<'a>(name: &str, before: &'a str) -> Option<&'a str> {
    let object = before.rsplit('{').next().filter(|_| name == "value")?;
    let from = object.find("'__session").or(object.find("\"__session"))? + 1;
    object[from..].split(['\'', '"']).next()
}

fn cookie(
    name: &str,
    beside: Option<&str>,
    line: &str,
    json: Option<&json_path::Place>,
) -> Option<Carrier> {
    let clerk = |name: &&str| {
        name.starts_with("__session") || name.starts_with("__clerk") || name.starts_with("__client")
    };
    let named = Some(name).filter(clerk).or(beside.filter(clerk));
    let line = line.trim_start_matches(['-', 'h', 'b', ' ', '\'', '"', '^', '+', '<', '>']);
    let set = line.starts_with("set-cookie")
        || beside.is_some_and(|name| name.eq_ignore_ascii_case("set-cookie"));
    if let Some(name) = named {
        let name = name.to_owned();
        // A field of JSON that is merely called so is one of JSON, except where cookies are listed.
        return Some(if set {
            Carrier::SetCookie(name)
        } else {
            Carrier::Cookie(name)
        });
    }
    if name.is_empty() || json.is_some() {
        return None;
    }
    if set {
        return Some(Carrier::SetCookie(name.to_owned()));
    }
    line.starts_with("cookie:")
        .then(|| Carrier::Cookie(name.to_owned()))
}

fn is_clerk_header(name: &str) -> bool {
    name.get(..8)
        .is_some_and(|start| start.eq_ignore_ascii_case("x-clerk-"))
}

/// Whether the text around is a message of Convex's WebSocket that carries a token.
fn is_authenticate(before: &str, behind: &str) -> bool {
    let near_before = before.rsplit('{').next().unwrap_or_default();
    let near_behind = behind.split('}').next().unwrap_or_default();
    // Another message, whole before the token or behind it, says nothing of it.
    [near_before, near_behind].iter().any(|part| {
        !part.contains(['{', '}']) && (part.contains("Authenticate") || part.contains("tokenType"))
    })
}

/// Without the quotes, blanks and signs between a name and its value.
fn peel(text: &str) -> &str {
    text.trim_end_matches(|character: char| {
        character.is_whitespace()
            || QUOTES.contains(&character)
            || matches!(character, ':' | '=' | '\\' | '^' | ',' | '>' | '|' | '+')
    })
}

fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(word.len())?;
    let rest = text.get(..at)?;
    (text.get(at..)?.eq_ignore_ascii_case(word)
        && !rest.ends_with(|character: char| character.is_ascii_alphanumeric()))
    .then_some(rest)
}

/// The name that a text ends with.
fn last_name(text: &str) -> &str {
    let at = text
        .rfind(|character: char| {
            !character.is_ascii_alphanumeric() && character != '-' && character != '_'
        })
        .map_or(0, |at| {
            at + text[at..].chars().next().map_or(1, char::len_utf8)
        });
    text.get(at..).unwrap_or_default()
}

/// The last bytes of a text, whole characters.
pub(super) fn tail(text: &str, most: usize) -> &str {
    let mut at = text.len().saturating_sub(most);
    while !text.is_char_boundary(at) {
        at += 1;
    }
    &text[at..]
}

/// The first bytes of a text, whole characters.
pub(super) fn head(text: &str, most: usize) -> &str {
    let mut at = text.len().min(most);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    &text[..at]
}
