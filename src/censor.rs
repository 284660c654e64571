//! What a peer says, without the secrets that it was sent and without what looks like one: an API may echo its request in an error.

use serde_json::Value;
use std::collections::HashSet;

/// What stands in the place of a secret.
pub const MASK: &str = "(a secret, not shown)";

/// So much of a secret in one piece is a part of it, and no accident.
const PART: usize = 16;
/// What is shorter is no secret, but would be found in many a word.
const LEAST: usize = 6;

/// Which secrets are taken out.
#[derive(Debug, Clone, Copy)]
pub struct Censor<'a> {
    /// Those that were sent. A scheme before one, like `Bearer`, is none.
    pub sent: &'a [&'a str],
    /// Whether what only looks like a secret is spared: where one is asked for.
    pub spares_unknown: bool,
}

impl Censor<'_> {
    /// A text without secrets; `None`: there is none in it.
    pub fn text(&self, text: &str) -> Option<String> {
        let mut hidden = vec![false; text.len()];
        for secret in self.sent {
            hide_parts(text, own_part(secret), &mut hidden);
        }
        if !self.spares_unknown {
            for span in crate::secret::spans(text) {
                hide(&mut hidden, span.start, span.end);
            }
        }
        if !hidden.contains(&true) {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        let mut before = false;
        for (place, character) in text.char_indices() {
            let now = hidden.get(place).copied().unwrap_or_default();
            match (before, now) {
                (_, false) => out.push(character),
                (false, true) => out.push_str(MASK),
                (true, true) => {}
            }
            before = now;
        }
        Some(out)
    }

    /// The same for every text of a JSON value; the result says whether there was one.
    pub fn json(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => match self.text(text) {
                Some(clean) => {
                    *text = clean;
                    true
                }
                None => false,
            },
            Value::Array(items) => items
                .iter_mut()
                .fold(false, |found, item| self.json(item) | found),
            Value::Object(members) => {
                let mut found = false;
                *members = std::mem::take(members)
                    .into_iter()
                    .map(|(name, mut member)| {
                        found |= self.json(&mut member);
                        let clean = self.text(&name);
                        found |= clean.is_some();
                        (clean.unwrap_or(name), member)
                    })
                    .collect();
                found
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// The same for a body: JSON, in which a text can be written in many ways, or any other text.
    pub fn body(&self, body: &mut Vec<u8>) {
        if let Ok(mut value) = serde_json::from_slice::<Value>(body) {
            if self.json(&mut value) {
                *body = value.to_string().into_bytes();
            }
        } else if let Some(clean) = self.text(&String::from_utf8_lossy(body)) {
            *body = clean.into_bytes();
        }
    }
}

/// The secret in a header's value: neither its scheme nor the name before the bar of a deploy key.
fn own_part(secret: &str) -> &str {
    let word = secret.rsplit(' ').next().unwrap_or_default();
    word.rsplit('|').next().unwrap_or_default()
}

fn hide(hidden: &mut [bool], from: usize, to: usize) {
    if let Some(part) = hidden.get_mut(from..to) {
        part.fill(true);
    }
}

/// Every part of a secret that is long enough to be one.
fn hide_parts(text: &str, secret: &str, hidden: &mut [bool]) {
    let size = secret.len().min(PART);
    if size < LEAST {
        return;
    }
    let parts: HashSet<&[u8]> = secret.as_bytes().windows(size).collect();
    for (place, part) in text.as_bytes().windows(size).enumerate() {
        if parts.contains(part) {
            hide(hidden, place, place + size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Censor, MASK};
    use serde_json::json;

    const KEY: &str = "Convex prod:happy-animal-123|0123456789abcdefghijKLMN";

    fn censor<'a>(sent: &'a [&'a str]) -> Censor<'a> {
        Censor {
            sent,
            spares_unknown: false,
        }
    }

    #[test]
    fn what_was_sent_is_taken_out_whole_or_in_part() {
        let text = |text: &str| censor(&[KEY]).text(text);
        let whole = "bad prod:happy-animal-123|0123456789abcdefghijKLMN!";
        assert_eq!(
            text(whole).unwrap(),
            format!("bad prod:happy-animal-123|{MASK}!")
        );
        assert_eq!(
            text("begins with 0123456789abcdefghij").unwrap(),
            format!("begins with {MASK}")
        );
        assert_eq!(text("the deployment happy-animal-123 is not there"), None);
        assert_eq!(text("0123456789abcde"), None);
        let ends = censor(&["Bearer eyJh.eyJp.c2lnbmF0dXJlLW9mLWEtdG9rZW4"]);
        assert_eq!(
            ends.text("sig c2lnbmF0dXJlLW9mLWEtdG9rZW4").unwrap(),
            format!("sig {MASK}")
        );
        assert_eq!(
            censor(&["short1"]).text("ü short1 ü").unwrap(),
            format!("ü {MASK} ü")
        );
        assert_eq!(censor(&["tiny", ""]).text("tiny"), None);
    }

    #[test]
    fn what_looks_like_a_secret_is_taken_out_too() {
        for (text, clean) in [
            ("key sk_live_abcdefghijkl.", "key MASK."),
            ("`dev:a-1|abcdefghij`", "`dev:a-1|MASK`"),
            ("got eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "got MASK"),
        ] {
            let found = censor(&[]).text(text);
            assert_eq!(found.unwrap(), clean.replace("MASK", MASK));
            let spares = Censor {
                sent: &[],
                spares_unknown: true,
            };
            assert_eq!(spares.text(text), None);
        }
        for text in [
            "sk_test_… and sk_live_",
            "task_force_one",
            "make_something_of_it",
            "project: a|b",
            "eyJhbGciOiJIUzI1NiJ9",
        ] {
            assert_eq!(censor(&[]).text(text), None, "{text}");
        }
    }

    #[test]
    fn no_way_of_writing_json_hides_one() {
        let mut body =
            br#"{"errors":[{"message":"0123456789abcdef\u0067hij"}],"0123456789abcdefg":1}"#
                .to_vec();
        censor(&[KEY]).body(&mut body);
        let clean: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(clean, json!({"errors": [{"message": MASK}], MASK: 1}));
        let mut plain = b"{\"a\": 1, \"b\":[]}".to_vec();
        censor(&[KEY]).body(&mut plain);
        assert_eq!(plain, b"{\"a\": 1, \"b\":[]}");
    }
}
