//! What is never shown: a string that hides itself, and a mask for sentences that repeat what somebody typed.

use std::borrow::Cow;
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
const KEYS: [&str; 3] = ["sk_live_", "sk_test_", "whsec_"];
/// The same, where a word may begin so too.
const SHORT_KEYS: [&str; 8] = ["oat_", "oar_", "ak_", "mt_", "rt_", "sit_", "act_", "dvb_"];
/// What a deploy key of Convex begins with; the letters behind its bar are the secret.
const DEPLOY_KEYS: [&str; 4] = ["prod:", "dev:", "preview:", "project:"];
/// The fewest hexadecimal digits behind the bar of an admin key of a self-hosted or local deployment, whose name is free.
const HEX: usize = 40;
/// The fewest letters of a secret.
const SHORTEST: usize = 8;
/// The fewest letters of every kind in a row that nobody types as a name.
const RANDOM: usize = 32;
/// Endings of files whose name may stand behind a secret that a path has in it.
const ENDINGS: [&str; 9] = [
    ".json", ".txt", ".pem", ".crt", ".har", ".log", ".ts", ".js", ".local",
];

/// A secret in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where its kind is named: `sk_test_`, `eyJ`; of a deploy key, behind its bar.
    pub start: usize,
    /// Where the letters begin that nobody may see.
    pub letters: usize,
    /// The place behind them.
    pub end: usize,
}

/// The tokens, and keys of Clerk and Convex, in a text.
pub fn spans(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for at in memchr::memchr3_iter(b'_', b'|', b'J', bytes) {
        let head = text.get(..=at).unwrap_or_default();
        let letters = at + 1;
        let long = letters + run(&bytes[letters..], b"+/-_=");
        let has_mixed = bytes[letters..long]
            .iter()
            .any(|sign| sign.is_ascii_digit() || sign.is_ascii_uppercase());
        let key = |keys: &[&str]| {
            keys.iter()
                .find(|key| head.ends_with(**key))
                .map(|key| letters - key.len())
        };
        let span = match bytes[at] {
            b'_' => key(&KEYS)
                .or_else(|| {
                    let start = key(&SHORT_KEYS)?;
                    let is_word = text[..start]
                        .ends_with(|before: char| before.is_alphanumeric() || before == '_');
                    (has_mixed && !is_word).then_some(start)
                })
                .filter(|_| long - letters >= SHORTEST)
                .map(|start| (start, long)),
            b'|' => {
                let name = head.trim_end_matches('|');
                let start = name.len()
                    - name
                        .bytes()
                        .rev()
                        .take_while(|sign| sign.is_ascii_alphanumeric() || b":_-".contains(sign))
                        .count();
                let is_key = DEPLOY_KEYS
                    .iter()
                    .any(|kind| name[start..].starts_with(kind));
                let end = letters + run(&bytes[letters..], b"+/-_=.");
                let is_admin_key = !name[start..].is_empty()
                    && end - letters >= HEX
                    && bytes[letters..letters + HEX]
                        .iter()
                        .all(u8::is_ascii_hexdigit);
                (is_admin_key || is_key && end - letters >= SHORTEST).then_some((letters, end))
            }
            _ => {
                let end = letters + run(&bytes[letters..], b"-_.");
                let dots = memchr::memchr_iter(b'.', &bytes[letters..end]).count();
                (head.ends_with("eyJ") && dots >= 2).then(|| (letters - 3, end))
            }
        };
        if let Some((start, end)) = span {
            found.push(Span {
                start,
                letters,
                end,
            });
        }
    }
    found
}

/// How many letters and digits, and those signs, stand at the front.
fn run(bytes: &[u8], signs: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|sign| sign.is_ascii_alphanumeric() || signs.contains(sign))
        .count()
}

/// A text whose secrets end after the letters that name their kind.
pub fn hide(text: &str) -> Cow<'_, str> {
    let spans = spans(text);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        // One secret may hold the beginning of another.
        if span.letters >= done {
            out.push_str(&text[done..span.letters]);
            out.push('…');
        }
        done = done.max(span.end);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Whether a token or key of Clerk or Convex stands in a text.
pub fn is_in(text: &str) -> bool {
    !spans(text).is_empty()
}

/// A sentence that repeats what somebody typed: whatever could be a token or a secret, whole or in part, ends after its first letters.
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
            masked.push_str(file_name(&bare[shown..]));
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

/// How much of a run may be shown, when a token or a secret stands in it, or something as random as one.
fn secret_start(run: &str) -> Option<usize> {
    let is_letters = |letters: &str| {
        let letters = &letters[..self::run(letters.as_bytes(), b"+/-_")];
        letters.len() >= SHORTEST
            && letters
                .bytes()
                .any(|sign| sign.is_ascii_digit() || sign.is_ascii_uppercase())
    };
    // What was typed may be cut, so less tells than in a report.
    let typed = KEYS.iter().chain(&SHORT_KEYS).chain(&["eyJ", "|"]);
    let known = typed.filter_map(|start| {
        let mut ends = run.match_indices(start).map(|(at, _)| at + start.len());
        ends.find(|end| is_letters(&run[*end..]))
    });
    let random = run
        .split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_' && sign != '-')
        .find(|part| is_random(part))
        .map(|part| part.as_ptr() as usize - run.as_ptr() as usize + 4);
    known.chain(random).min()
}

/// The name of a file at the end of a path: in its folders something looked like a secret.
fn file_name(path: &str) -> &str {
    let Some(at) = path.rfind('/') else {
        return "";
    };
    let is_plain = |sign: char| sign.is_ascii_lowercase() || "._-".contains(sign);
    let is_file = ENDINGS.iter().any(|ending| path.ends_with(ending));
    if is_file && path[at + 1..].chars().all(is_plain) {
        &path[at..]
    } else {
        ""
    }
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
    use super::{Masked, Secret, hide, mask};
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
                "/srv/a_user_2vAdXmPq9kLmNoPqRsTuVweAda/jwks.json",
                "/srv/a_us…/jwks.json",
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
    fn hides_what_is_known_for_a_secret_and_nothing_else() {
        for (text, hidden) in [
            ("`aud` is \"sk_test_abcdefgh\".", "`aud` is \"sk_test_…\"."),
            (
                "convex sk_live_0123456789 whsec_Abcdefgh",
                "convex sk_live_… whsec_…",
            ),
            (
                "convex-self-hosted|0135d8598650f8f5cb0f30c34ec2e2bb62793bc28717c8eb6fb577996d50be5f4281b59181095065c5d0f86a2c31ddbe9b597ec62b47ded69782cd",
                "convex-self-hosted|…",
            ),
            ("x/prod:a-1|eyJ2MiI6ImE=, b", "x/prod:a-1|…, b"),
            ("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln!", "eyJ…!"),
            ("ak_0123456789abcdef", "ak_…"),
            ("sk_test_sk_test_abcdefgh", "sk_test_…"),
        ] {
            assert_eq!(hide(text), hidden);
        }
        for plain in [
            "ins_2vHealthyHealthyHealthyHeal and user_2vAdaLovelaceAdaLovelaceAda",
            "auth0|5f7c8ec7c33c6c004bbafe82, task_Force0000, sk_test_project",
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0",
            "https://cool-ocelot-25.clerk.accounts.dev/.well-known/jwks.json",
            "J.J.J|_",
            "|é_é|J",
        ] {
            assert_eq!(hide(plain), plain);
        }
    }

    #[test]
    fn what_was_hidden_once_has_nothing_to_hide() {
        arbtest::arbtest(|source| {
            let parts = [
                "sk_test_",
                "ak_",
                "eyJ",
                "|",
                "prod:",
                "J",
                "_",
                ".",
                "é",
                " ",
                "Abcdefgh1",
                "-",
                "/x.json",
            ];
            let count = source.int_in_range(0..=12)?;
            let text = (0..count)
                .map(|_| source.choose(&parts).copied())
                .collect::<Result<String, _>>()?;
            let hidden = hide(&text);
            assert_eq!(hide(&hidden), hidden, "{text}");
            let _ = mask(&text);
            Ok(())
        });
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
