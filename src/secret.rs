//! What is never shown: a string that hides itself, and a mask for sentences that repeat what somebody typed.

use std::fmt;
use std::io::{self, Write};
use zeroize::Zeroize as _;

/// A token, a key or a password: kept, compared and sent to its owner, never printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Call it only where the secret is used, never to show it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    /// What is no longer used is wiped; copies that libraries made of it are theirs.
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// What secrets of Clerk begin with; the letters behind it are the secret.
const PREFIXES: [&str; 11] = [
    "sk_live_", "sk_test_", "whsec_", "oat_", "oar_", "ak_", "mt_", "rt_", "sit_", "act_", "dvb_",
];
/// The fewest letters behind a prefix that make a secret, one of them a digit or a capital.
const SHORTEST: usize = 8;
/// The fewest letters of every kind in a row that nobody types as a name.
const RANDOM: usize = 32;

/// A sentence in which every token and secret ends after its first letters.
pub fn mask(sentence: &str) -> String {
    let mut masked = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while !rest.is_empty() {
        let end = rest.find(|sign| !in_run(sign)).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        let bare = run.trim_end_matches(['.', ':']);
        if let Some(shown) = secret_start(bare) {
            masked.push_str(&bare[..shown]);
            masked.push('…');
            masked.push_str(&run[bare.len()..]);
        } else {
            masked.push_str(run);
        }
        let next = behind.find(in_run).unwrap_or(behind.len());
        masked.push_str(&behind[..next]);
        rest = &behind[next..];
    }
    masked
}

/// What tokens and keys are written with, in either base64 and in URLs.
fn in_run(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || "+/=_-.%:|".contains(sign)
}

/// How much of a run may be shown, when a token or a secret stands in it.
fn secret_start(run: &str) -> Option<usize> {
    let random = run
        .split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_' && sign != '-')
        .find(|part| is_random(part))
        .map(|part| part.as_ptr() as usize - run.as_ptr() as usize + 4);
    known(run).into_iter().chain(random).min()
}

/// Where the secret letters of a token or key of Clerk or Convex begin.
fn known(text: &str) -> Option<usize> {
    let is_secret = |end: &usize| {
        let letters = text.bytes().skip(*end);
        let letters: Vec<u8> = letters
            .take_while(|sign| sign.is_ascii_alphanumeric() || b"+/-_".contains(sign))
            .collect();
        letters.len() >= SHORTEST
            && letters
                .iter()
                .any(|sign| sign.is_ascii_digit() || sign.is_ascii_uppercase())
    };
    let starts = PREFIXES.iter().chain(&["eyJ", "|"]);
    starts
        .filter_map(|start| {
            let mut ends = text.match_indices(start).map(|(at, _)| at + start.len());
            ends.find(is_secret)
        })
        .min()
}

/// Whether a token or key of Clerk or Convex stands in a text.
pub fn is_in(text: &str) -> bool {
    known(text).is_some()
}

fn is_random(part: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| part.as_bytes().iter().any(kind);
    part.len() >= RANDOM
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
}

/// A writer of sentences for people: each is masked as a whole.
#[derive(Debug)]
pub struct Masked<W>(pub W);

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    fn write_fmt(&mut self, sentence: fmt::Arguments<'_>) -> io::Result<()> {
        self.0.write_all(mask(&sentence.to_string()).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::{Masked, Secret, mask};
    use std::io::Write as _;

    #[test]
    fn masks_every_kind_and_nothing_else() {
        for (sentence, masked) in [
            (
                "no `eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln` found.",
                "no `eyJ…` found.",
            ),
            (
                "--jwks: ./eyJhbGciOi+/J9==: absent",
                "--jwks: ./eyJ…: absent",
            ),
            (
                "'CLERK_SECRET_KEY=sk_live_0123456789abcdef'",
                "'CLERK_SECRET_KEY=sk_live_…'",
            ),
            (
                "prod:happy-animal-123|eyJ2MiI6ImE=",
                "prod:happy-animal-123|…",
            ),
            (
                "\u{1b}[33moat_0123456789abcdef\u{1b}[0m",
                "\u{1b}[33moat_…\u{1b}[0m",
            ),
            (
                "hbGciOiJSUzI1NiIsImtpZCI6Imluc18ydkhp and `whsec_AbCdEfGh`",
                "hbGc… and `whsec_…`",
            ),
        ] {
            assert_eq!(mask(sentence), masked);
        }
        for plain in [
            "there is no rule or topic `issuer-mismach`. Did you mean `issuer-mismatch`?",
            "--env-file: /home/Grace/projects/my-app2/apps/web/.env.local could not be read",
            "https://cool-ocelot-25.clerk.accounts.dev/.well-known/openid-configuration: 404",
            "the template `eyJ`, the column `remark_identity`",
            "",
        ] {
            assert_eq!(mask(plain), plain);
        }
    }

    #[test]
    fn a_sentence_in_pieces_is_masked_as_one() {
        let mut out = Masked(Vec::new());
        let (first, second) = ("eyJhbGci", "OiJSUzI1NiJ9.x");
        writeln!(out, "{first}{second}").unwrap();
        assert_eq!(out.0, "eyJ…\n".as_bytes());
    }

    #[test]
    fn debug_hides_the_text() {
        assert_eq!(format!("{:?}", Secret::new("sk_test_x")), "Secret(…)");
    }
}
