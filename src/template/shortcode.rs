//! Clerk's shortcodes, `{{user.id}}`: what stands in a text, and of which type its value would be (Clerk's docs, JWT templates).

use serde_json::{Value, json};

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// What stands as it is.
    Text(String),
    /// What Clerk replaces.
    Code(Shortcode),
}

/// A shortcode.
#[derive(Debug, Clone, PartialEq)]
pub struct Shortcode {
    /// As it is written, braces included.
    pub written: String,
    /// What stands between `||`: the first that is neither null nor false is taken.
    pub operands: Vec<Operand>,
    /// Whether it ends with its braces.
    pub is_closed: bool,
}

/// One side of `||`.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A value of the user, the organization or the session.
    Path(String),
    /// A literal.
    Literal(Value),
}

/// What a path's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Flag,
    Seconds,
    Object,
    List,
    /// Whatever the app put there.
    Any,
}

/// The shortcodes that Clerk's docs and editor show.
const KNOWN: [(&str, Kind); 36] = [
    ("user.id", Kind::Text),
    ("user.external_id", Kind::Text),
    ("user.first_name", Kind::Text),
    ("user.last_name", Kind::Text),
    ("user.full_name", Kind::Text),
    ("user.username", Kind::Text),
    ("user.primary_email_address", Kind::Text),
    ("user.primary_phone_number", Kind::Text),
    ("user.primary_web3_wallet", Kind::Text),
    ("user.image_url", Kind::Text),
    ("user.profile_image_url", Kind::Text),
    ("user.email_verified", Kind::Flag),
    ("user.phone_number_verified", Kind::Flag),
    ("user.has_image", Kind::Flag),
    ("user.two_factor_enabled", Kind::Flag),
    ("user.created_at", Kind::Seconds),
    ("user.updated_at", Kind::Seconds),
    ("user.last_sign_in_at", Kind::Seconds),
    ("user.organizations", Kind::Object),
    ("user.public_metadata", Kind::Object),
    ("user.unsafe_metadata", Kind::Object),
    ("user.email_addresses", Kind::List),
    ("user.phone_numbers", Kind::List),
    ("org.id", Kind::Text),
    ("org.slug", Kind::Text),
    ("org.name", Kind::Text),
    ("org.role", Kind::Text),
    ("org.image_url", Kind::Text),
    ("org.has_image", Kind::Flag),
    ("org.public_metadata", Kind::Object),
    ("org_membership.role", Kind::Text),
    ("org_membership.permissions", Kind::Any),
    ("org_membership.public_metadata", Kind::Object),
    ("session.id", Kind::Text),
    ("session.actor", Kind::Object),
    ("session.reverification_id", Kind::Text),
];

/// Names that people write, and what they mean.
const MEANT: [(&str, &str); 12] = [
    ("user.email", "user.primary_email_address"),
    ("user.email_address", "user.primary_email_address"),
    ("user.phone", "user.primary_phone_number"),
    ("user.phone_number", "user.primary_phone_number"),
    ("user.name", "user.full_name"),
    ("user.avatar", "user.image_url"),
    ("user.avatar_url", "user.image_url"),
    ("user.picture", "user.image_url"),
    ("user.metadata", "user.public_metadata"),
    ("user.user_id", "user.id"),
    ("organization.id", "org.id"),
    ("organization.slug", "org.slug"),
];

/// How well a path is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Clerk's docs or editor show it.
    Known,
    /// Probably misspelt: the name that was meant.
    Misspelt(&'static str),
    /// Of no kind that Clerk has.
    Foreign,
    /// Under a known root, but in no list that is public.
    Unseen,
}

/// How well a path is known.
pub fn standing(path: &str) -> Standing {
    if kind(path).is_some() {
        return Standing::Known;
    }
    let snake = snake_case(path);
    if let Some((known, _)) = KNOWN.iter().find(|(known, _)| *known == snake) {
        return Standing::Misspelt(known);
    }
    if let Some((_, meant)) = MEANT.iter().find(|(name, _)| *name == snake) {
        return Standing::Misspelt(meant);
    }
    let length = snake.chars().count();
    let near = KNOWN
        .iter()
        .filter(|(known, _)| known.len().abs_diff(length) <= 2)
        .map(|(known, _)| (strsim::damerau_levenshtein(known, &snake), *known))
        .min();
    if let Some((distance, known)) = near
        && distance <= 2
        && snake.len() > 6
    {
        return Standing::Misspelt(known);
    }
    let root = snake.split('.').next().unwrap_or_default();
    if matches!(root, "user" | "org" | "org_membership" | "session") && snake.contains('.') {
        Standing::Unseen
    } else {
        Standing::Foreign
    }
}

/// Whether a path's value is new at each sign-in, or at each token.
pub fn is_volatile(path: &str) -> bool {
    matches!(
        path,
        "user.last_sign_in_at" | "user.last_active_at" | "session.last_active_at"
    )
}

fn kind(path: &str) -> Option<Kind> {
    if let Some((_, kind)) = KNOWN.iter().find(|(known, _)| *known == path) {
        return Some(*kind);
    }
    let inner = KNOWN.iter().any(|(known, kind)| {
        *kind == Kind::Object
            && path
                .strip_prefix(known)
                .is_some_and(|rest| rest.starts_with(['.', '[']))
    });
    inner.then_some(Kind::Any)
}

fn snake_case(path: &str) -> String {
    let mut text = String::new();
    for character in path.chars() {
        if character.is_ascii_uppercase() {
            if !text.ends_with(['.', '_']) && !text.is_empty() {
                text.push('_');
            }
            text.push(character.to_ascii_lowercase());
        } else {
            text.push(if character == '-' { '_' } else { character });
        }
    }
    text
}

/// What stands in a text.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        if start > 0 {
            pieces.push(Piece::Text(rest[..start].to_owned()));
        }
        let inner = &rest[start + 2..];
        let (code, behind, is_closed) = match inner.find("}}") {
            Some(end) => (&inner[..end], &inner[end + 2..], true),
            None => (inner, "", false),
        };
        let written = &rest[start..rest.len() - behind.len()];
        pieces.push(Piece::Code(Shortcode {
            written: written.to_owned(),
            operands: split(code).iter().map(|part| operand(part)).collect(),
            is_closed,
        }));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    pieces
}

/// More sides of `||` than this are not told apart: each is a set of claims that is judged.
const MOST_SIDES: usize = 16;

/// The sides of `||`, which may stand in quotes.
fn split(code: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    let bytes = code.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => quoted = !quoted,
            b'|' if !quoted && parts.len() + 1 < MOST_SIDES && bytes.get(at + 1) == Some(&b'|') => {
                parts.push(&code[start..at]);
                at += 1;
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(&code[start..]);
    parts
}

fn operand(text: &str) -> Operand {
    let text = text.trim();
    if let Some(inner) = text
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return Operand::Literal(inner.into());
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Bool(_) | Value::Number(_) | Value::Null)) => Operand::Literal(value),
        _ => Operand::Path(text.to_owned()),
    }
}

/// The value that a claim would have, as far as its type can be told; null where it cannot. Of the sides of `||` the given one is taken, or the last.
pub(super) fn predicted(value: &Value, choice: usize) -> Value {
    match value {
        Value::String(text) => {
            let pieces = pieces(text);
            let codes = pieces
                .iter()
                .filter(|piece| matches!(piece, Piece::Code(_)))
                .count();
            match pieces.as_slice() {
                _ if codes == 0 => value.clone(),
                [Piece::Code(code)] => alone(code, choice),
                _ if codes == 1
                    && pieces.iter().all(
                        |piece| !matches!(piece, Piece::Text(text) if !text.trim().is_empty()),
                    ) =>
                {
                    // Whether blanks beside it make it a text is not known.
                    Value::Null
                }
                _ => json!("a text that is put together of several parts"),
            }
        }
        Value::Array(items) => items.iter().map(|item| predicted(item, choice)).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| (name.clone(), predicted(member, choice)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn alone(code: &Shortcode, choice: usize) -> Value {
    let operand = code.operands.get(choice).or_else(|| code.operands.last());
    match operand {
        Some(Operand::Literal(value)) => value.clone(),
        Some(Operand::Path(path)) => match kind(path) {
            Some(Kind::Text) => json!("a text that Clerk takes from the user"),
            Some(Kind::Flag) => json!(true),
            Some(Kind::Seconds) => json!(1_767_225_600),
            Some(Kind::Object) => json!({}),
            Some(Kind::List) => json!([]),
            Some(Kind::Any) | None => Value::Null,
        },
        None => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::{Operand, Piece, Standing, pieces, predicted, standing};
    use serde_json::{Value, json};

    /// Each side is a set of claims that is judged: thousands of them kept the judge busy.
    #[test]
    fn not_every_side_is_told_apart() {
        let read = pieces(&format!("{{{{{}}}}}", "user.id||".repeat(60_000)));
        let [Piece::Code(code)] = read.as_slice() else {
            panic!("{} pieces", read.len());
        };
        assert_eq!(code.operands.len(), 16);
    }

    #[test]
    fn a_text_is_read_into_its_pieces() {
        let read = pieces("a {{user.id}}{{ user.username || 'x || y' || 3 }} b {{open");
        let codes: Vec<_> = read
            .iter()
            .filter_map(|piece| match piece {
                Piece::Code(code) => Some((code.operands.clone(), code.is_closed)),
                Piece::Text(_) => None,
            })
            .collect();
        let path = |text: &str| Operand::Path(text.to_owned());
        assert_eq!(
            codes,
            [
                (vec![path("user.id")], true),
                (
                    vec![
                        path("user.username"),
                        Operand::Literal(json!("x || y")),
                        Operand::Literal(json!(3))
                    ],
                    true
                ),
                (vec![path("open")], false),
            ]
        );
    }

    #[test]
    fn a_shortcode_alone_keeps_its_type() {
        let kind = |text: &str, choice: usize| predicted(&json!(text), choice);
        assert!(kind("{{user.email_verified}}", 0).is_boolean());
        assert!(kind("{{user.email_verified}}!", 0).is_string());
        assert!(kind("{{user.updated_at}}", 0).is_number());
        assert!(kind("{{user.public_metadata}}", 0).is_object());
        assert_eq!(kind("{{user.public_metadata.role}}", 0), Value::Null);
        assert_eq!(kind(" {{user.email_verified}} ", 0), Value::Null);
        assert_eq!(kind("{{user.email_verified || 'no'}}", 1), json!("no"));
        assert_eq!(kind("plain", 0), json!("plain"));
    }

    #[test]
    fn misspelt_names_are_told_from_unknown_ones() {
        for (path, expected) in [
            ("user.id", Standing::Known),
            ("user.public_metadata.role", Standing::Known),
            ("user.firstName", Standing::Misspelt("user.first_name")),
            (
                "user.emial_verified",
                Standing::Misspelt("user.email_verified"),
            ),
            (
                "user.email",
                Standing::Misspelt("user.primary_email_address"),
            ),
            ("user.locale", Standing::Unseen),
            ("exp", Standing::Foreign),
            ("", Standing::Foreign),
        ] {
            assert_eq!(standing(path), expected, "{path}");
        }
    }
}
