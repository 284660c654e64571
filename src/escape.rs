//! Foreign text on its way out: control, bidi and zero-width characters never reach a terminal, a program or GitHub as they are.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character could move the cursor, reorder the line or hide in it.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// For people: hidden characters are written as `\u{…}`, line ends and tabs as `\n`, `\r`, `\t`.
pub fn visible(text: &str) -> String {
    // Nearly every text is plain, and every report is made of them.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            hidden if is_hidden(hidden) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(hidden));
            }
            plain => out.push(plain),
        }
    }
    out
}

/// A text of that many characters at most; what is longer ends with an ellipsis.
pub fn at_most(text: &str, characters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// For programs: JSON text whose hidden characters are written as `\uXXXX`. In JSON they can stand nowhere but in strings.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) && character != '\n' {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// For plain terminals: signs of ours in ASCII, and other characters beyond it as `\u{…}`.
pub fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '…' => out.push_str("..."),
            '·' => out.push('-'),
            '→' => out.push_str("->"),
            '“' | '”' => out.push('"'),
            '‘' | '’' => out.push('\''),
            '≤' => out.push_str("<="),
            '≥' => out.push_str(">="),
            plain if plain.is_ascii() => out.push(plain),
            other => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(other));
            }
        }
    }
    out
}

/// For the message of a GitHub workflow command.
pub fn github_message(text: &str) -> String {
    visible(text).replace('%', "%25").replace("##[", "# #[")
}

/// For a property of a GitHub workflow command.
pub fn github_property(text: &str) -> String {
    github_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// A user id, an e-mail address or a name, shortened so that a report can be shown around: `user_2vAd…eAda`.
pub fn shorten(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let start = match text.find('_') {
        Some(index) if index < 8 => text[..=index].chars().count(),
        _ => 0,
    };
    let id: String = characters[..start].iter().collect();
    let rest = &characters[start..];
    if rest.len() > 10 {
        let head: String = rest[..4].iter().collect();
        let tail: String = rest[rest.len() - 4..].iter().collect();
        return format!("{id}{head}…{tail}");
    }
    match rest {
        [] => id,
        [first, ..] => format!("{id}{first}…"),
    }
}

/// A URL without the user name and password in it. One without a scheme counts as well, and so does one with a slash too few.
pub fn without_credentials(text: &str) -> String {
    let after = |colon: usize| {
        let rest = text[colon + 1..].trim_start_matches(['/', '\\']);
        text.len() - rest.len()
    };
    let slashed = |colon: &usize| after(*colon) > colon + 1;
    let start = text.find(':').filter(slashed).map_or(0, after);
    let rest = &text[start..];
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{}***@{}", &text[..start], &rest[at + 1..]),
        None => text.to_owned(),
    }
}

/// A sentence without the credentials of the URLs in it.
pub fn masked(text: &str) -> String {
    let ends = |character: char| {
        matches!(character, '/' | '?' | '#' | '"' | '`') || character.is_whitespace()
    };
    let mut parts = text.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (authority, rest) = part.split_at(part.find(ends).unwrap_or(part.len()));
        out.push_str("://");
        match authority.rsplit_once('@') {
            Some((_, host)) => out.extend(["***@", host]),
            None => out.push_str(authority),
        }
        out.push_str(rest);
    }
    out
}

/// A sentence that can be shown around: without credentials, and with the ids and e-mail addresses of people shortened.
pub fn discreet(text: &str) -> String {
    if memchr::memchr2(b'@', b'_', text.as_bytes()).is_none() {
        return text.to_owned();
    }
    let is_part = |character: char| character.is_alphanumeric() || "._%+-@".contains(character);
    let text = masked(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(is_part) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let word = &rest[..rest
            .find(|character| !is_part(character))
            .unwrap_or(rest.len())];
        let word = word.trim_end_matches('.');
        if is_personal(word) {
            out.push_str(&shorten(word));
        } else {
            out.push_str(word);
        }
        rest = &rest[word.len()..];
        let dots = rest.len() - rest.trim_start_matches('.').len();
        out.push_str(&rest[..dots]);
        rest = &rest[dots..];
    }
    out + rest
}

/// Whether a word is an id of Clerk's that stands for a person, a session or a company, or an e-mail address.
fn is_personal(word: &str) -> bool {
    let id = |prefix: &&str| {
        word.strip_prefix(*prefix).is_some_and(|rest| {
            rest.len() >= 16
                && rest
                    .chars()
                    .all(|character| character.is_ascii_alphanumeric())
        })
    };
    let of_domain = |domain: &str| {
        domain.rsplit_once('.').is_some_and(|(host, last)| {
            !host.is_empty() && last.len() > 1 && last.chars().all(char::is_alphabetic)
        })
    };
    let address = word
        .rsplit_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && of_domain(domain));
    address
        || ["user_", "sess_", "org_", "client_", "idn_", "mch_"]
            .iter()
            .any(id)
}

#[cfg(test)]
mod tests {
    use super::{
        discreet, github_message, github_property, json, masked, shorten, visible,
        without_credentials,
    };

    #[test]
    fn hidden_characters_become_visible() {
        assert_eq!(
            visible("a\u{1b}[31m\u{202e}b\u{200b}\n"),
            "a\\u{1b}[31m\\u{202e}b\\u{200b}\\n"
        );
        assert_eq!(
            json("\"\u{202e}\u{e0001}\"\n"),
            "\"\\u202e\\udb40\\udc01\"\n"
        );
    }

    #[test]
    fn workflow_commands_cannot_be_smuggled() {
        assert_eq!(github_message("50%\n::error::x"), "50%25\\n::error::x");
        assert_eq!(github_property("a:b,c"), "a%3Ab%2Cc");
    }

    #[test]
    fn ids_are_shortened() {
        assert_eq!(
            shorten("user_2vAdaLovelaceAdaLovelaceAdaeAda"),
            "user_2vAd…eAda"
        );
        assert_eq!(shorten("ada@example.com"), "ada@….com");
        assert_eq!(shorten("Ada"), "A…");
        assert_eq!(shorten("ü"), "ü…");
    }

    #[test]
    fn credentials_are_masked() {
        assert_eq!(
            without_credentials("https://ada:pw@x.dev/@a"),
            "https://***@x.dev/@a"
        );
        assert_eq!(
            without_credentials("https://x.dev/a@b"),
            "https://x.dev/a@b"
        );
        for (text, shown) in [
            ("ada:pw@x.dev", "***@x.dev"),
            ("https:/ada:pw@x.dev", "https:/***@x.dev"),
            ("https:ada:pw@x.dev", "***@x.dev"),
            ("https://ada:p w@x.dev", "https://***@x.dev"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
        assert_eq!(
            masked("`https://ada:pw@x.dev`, not http://b@y.dev/c; see https://z.dev, ada@z.dev"),
            "`https://***@x.dev`, not http://***@y.dev/c; see https://z.dev, ada@z.dev"
        );
    }

    #[test]
    fn people_are_not_shown_around() {
        assert_eq!(
            discreet("\"ada.lovelace@example.com\" is user_2vAdaLovelaceAdaLovelaceAdaeAda."),
            "\"ada.….com\" is user_2vAd…eAda."
        );
        let harmless = "@clerk/backend@3.16.9 and convex@1.33.1 of ins_2vHealthyHealthyHealthyHeal... https://cool-ocelot-25.clerk.accounts.dev";
        assert_eq!(discreet(harmless), harmless);
    }
}
