//! Many tokens, a line each: how a stream is cut into blocks, which tokens stand in one, and the line that each becomes. Pure.

use crate::cause;
use crate::convex::{Browser, Cache, Cause, Outcome, Question, base64url, judge_with};
use crate::escape;
use crate::facts::{Facts, Project};
use crate::paste;
use crate::token::{Digests, Token, hex};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Bytes of a block. A paste that fits into one is no stream.
pub const BLOCK: usize = 256 * 1024;
/// The longest line that is kept together.
const LONGEST: usize = 4 << 20;

/// A token of a block.
#[derive(Debug)]
pub struct Found<'a> {
    /// The compact token.
    pub token: Cow<'a, str>,
    /// What it is known by.
    pub digests: Digests,
    /// In what it stood.
    pub carrier: Cow<'static, str>,
    /// What was undone to read it.
    pub repairs: Vec<&'static str>,
}

impl<'a> Found<'a> {
    fn new(token: Cow<'a, str>, carrier: Cow<'static, str>, repairs: Vec<&'static str>) -> Self {
        Self {
            digests: Digests::of(&token),
            token,
            carrier,
            repairs,
        }
    }
}

/// What becomes of each token.
pub enum Job<'a> {
    /// Its content is shown.
    Decode,
    /// It is judged.
    Check {
        /// What is known besides the tokens.
        facts: &'a Facts,
        /// Whether the token's own `iat` is the clock.
        at_issue: bool,
    },
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One object.
    Json,
}

/// What a block came to.
#[derive(Debug, Default)]
pub struct Done {
    /// The lines.
    pub text: String,
    /// Tokens that were not seen before.
    pub tokens: usize,
    /// The highest exit code.
    pub exit: u8,
}

/// How much of a buffer is a block: up to its last line end, or, in a line that is too long, up to the last byte that is in no token. `None`: more
/// must be read first.
pub fn cut(buffer: &[u8]) -> Option<usize> {
    if let Some(end) = memchr::memrchr(b'\n', buffer) {
        return Some(end + 1);
    }
    if buffer.len() < LONGEST {
        return None;
    }
    let beyond = buffer
        .iter()
        .rposition(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')));
    Some(beyond.map_or(buffer.len(), |at| at + 1))
}

/// The tokens of a block, in their order. Lines whose tokens can be seen at once are taken as they are; what stands between them is read as any
/// paste is.
pub fn tokens(block: &[u8]) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let (mut start, mut rest) = (0, 0);
    for end in memchr::memchr_iter(b'\n', block).chain([block.len()]) {
        let line = block.get(start..end).unwrap_or_default().trim_ascii();
        let of_line = match bare(line) {
            Some(token) => Some(vec![Found::new(
                Cow::Borrowed(token),
                Cow::Borrowed("bare"),
                Vec::new(),
            )]),
            None => paste::line(line).map(|tokens| tokens.iter().map(owned).collect()),
        };
        if let Some(of_line) = of_line {
            pasted(block.get(rest..start).unwrap_or_default(), &mut found);
            found.extend(of_line);
            rest = (end + 1).min(block.len());
        }
        start = end + 1;
    }
    pasted(block.get(rest..).unwrap_or_default(), &mut found);
    found
}

/// A line that is a compact token.
fn bare(line: &[u8]) -> Option<&str> {
    // Without a way out in the middle the compiler looks at many bytes at once.
    let strange = line.iter().fold(0_u8, |strange, byte| {
        let fits = byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'_' | b'.');
        strange | u8::from(!fits)
    });
    if strange != 0 || !line.starts_with(b"eyJ") {
        return None;
    }
    // The first dot is near the start and the last near the end: only what lies between them is looked through.
    let first = memchr::memchr(b'.', line)?;
    let last = memchr::memrchr(b'.', line)?;
    let between = line.get(first + 1..last)?;
    if memchr::memchr(b'.', between).is_some() {
        return None;
    }
    std::str::from_utf8(line).ok()
}

fn pasted(bytes: &[u8], found: &mut Vec<Found<'_>>) {
    if memchr::memmem::find(bytes, b"ey").is_none() {
        return;
    }
    if let paste::Outcome::Tokens(tokens) = paste::read(bytes).outcome {
        found.extend(tokens.iter().map(owned));
    }
}

fn owned<'a>(one: &paste::Found) -> Found<'a> {
    let repairs = one.repairs.iter().map(|repair| repair.name()).collect();
    let token = one.token.expose().to_owned();
    Found::new(Cow::Owned(token), Cow::Owned(one.carrier.name()), repairs)
}

/// The lines of these tokens.
pub fn lines(tokens: &[Found<'_>], job: &Job<'_>, form: Form, cache: &mut Cache) -> Done {
    let mut done = Done {
        tokens: tokens.len(),
        text: String::with_capacity(tokens.iter().map(|found| found.token.len() + 256).sum()),
        ..Done::default()
    };
    for found in tokens {
        // Nothing can fail when a text is put together.
        let _ = match job {
            Job::Decode => decoded(found, form, &mut done),
            Job::Check { facts, at_issue } => {
                checked(found, facts, *at_issue, form, cache, &mut done)
            }
        };
    }
    if let Cow::Owned(hidden) = crate::secret::hide(&done.text) {
        done.text = hidden;
    }
    // What is written by us and by JSON has no other control characters.
    if !done.text.is_ascii() || memchr::memchr(0x7f, done.text.as_bytes()).is_some() {
        done.text = match form {
            Form::Json => escape::json(&done.text),
            Form::Text => done
                .text
                .lines()
                .map(|line| escape::visible(line) + "\n")
                .collect(),
        };
    }
    done
}

/// What every object begins with.
fn head(command: &str, exit: u8, summary: &str, found: &Found<'_>, text: &mut String) {
    // Names of JSON members and cookies are foreign text.
    let carrier = serde_json::to_string(&found.carrier).unwrap_or_default();
    let exit = [b'0' + exit];
    let exit = std::str::from_utf8(&exit).unwrap_or_default();
    // One after the other: the machinery of `write!` would cost as much as reading the claims.
    text.extend([
        r#"{"schema":1,"command":""#,
        command,
        concat!(
            r#"","version":""#,
            env!("CARGO_PKG_VERSION"),
            r#"","exit":"#
        ),
        exit,
        r#","summary":""#,
        summary,
        r#"","input":{"outcome":"token","carrier":"#,
        &carrier,
        r#","repairs":["#,
    ]);
    for (index, repair) in found.repairs.iter().enumerate() {
        text.extend([if index > 0 { ",\"" } else { "\"" }, repair, "\""]);
    }
    let print = hex(found.digests.whole.as_ref());
    text.extend([
        r#"],"tokens":[{"fingerprint":"sha256:"#,
        std::str::from_utf8(&print).unwrap_or_default(),
        r#"","carrier":"#,
        &carrier,
        "}]}",
    ]);
}

fn decoded(found: &Found<'_>, form: Form, done: &mut Done) -> std::fmt::Result {
    let mut parts = found.token.split('.').take(2).map(raw);
    let (header, claims) = (parts.next().flatten(), parts.next().flatten());
    let text = &mut done.text;
    match form {
        Form::Json => {
            head("decode", 0, "decoded", found, text);
            let object = |part: &Option<String>| part.clone().unwrap_or_else(|| "null".to_owned());
            writeln!(
                text,
                r#","header":{},"claims":{},"checks":[],"findings":[]}}"#,
                object(&header),
                object(&claims)
            )
        }
        Form::Text => writeln!(
            text,
            "{}  {}",
            short(found),
            claims.unwrap_or_else(|| "claims that cannot be read".to_owned())
        ),
    }
}

/// The JSON object of a segment on one line, as it was written.
fn raw(segment: &str) -> Option<String> {
    let text = String::from_utf8(base64url::strict(segment)?).ok()?;
    let is_object =
        serde_json::from_str::<&RawValue>(&text).is_ok_and(|value| value.get().starts_with('{'));
    if !is_object {
        return None;
    }
    // Between the members line ends may stand; a line of ours ends only once.
    if memchr::memchr3(b'\n', b'\r', b'\t', text.as_bytes()).is_some() {
        return serde_json::from_str::<Value>(&text)
            .ok()
            .map(|value| value.to_string());
    }
    Some(text)
}

fn checked(
    found: &Found<'_>,
    facts: &Facts,
    at_issue: bool,
    form: Form,
    cache: &mut Cache,
    done: &mut Done,
) -> std::fmt::Result {
    let now = if at_issue {
        issued(&found.token).unwrap_or(facts.world.now)
    } else {
        facts.world.now
    };
    let verdict = judge_with(
        &Question {
            token: &found.token,
            digests: Some(&found.digests),
            providers: if facts.trust.without_config {
                &[]
            } else {
                facts.trust.providers()
            },
            answers: &facts.world.answers,
            now,
            redacted: false,
        },
        cache,
    );
    let (word, exit, refusal) = match &verdict.outcome {
        Outcome::Accepted(_) if facts.trust.decided() => ("accepted", 0, None),
        Outcome::Refused(refusal) if facts.trust.refusal_counts(refusal) => {
            ("refused", 1, Some(refusal))
        }
        _ => ("unknown", 3, None),
    };
    done.exit = worse(done.exit, exit);
    let reason = refusal.map(|refusal| match &refusal.cause {
        Cause::IssuerUntrusted if facts.trust.without_config => lacking(facts),
        cause => reason(cause, &found.token),
    });
    let text = &mut done.text;
    match form {
        Form::Text => writeln!(
            text,
            "{word:<8}  {}  {}",
            short(found),
            reason.unwrap_or_default()
        ),
        Form::Json => {
            head("check", exit, word, found, text);
            text.extend([r#","verdict":{"convex":{"outcome":""#, word, "\""]);
            match refusal {
                Some(refusal) => write!(
                    text,
                    r#","code":"{}","message":{},"http_status":{},"browser":"{}""#,
                    refusal.code,
                    Value::from(said(&refusal.message)),
                    refusal.http_status,
                    match refusal.browser {
                        Browser::AuthError { .. } => "AuthError",
                        Browser::Close { .. } => "reconnects",
                    }
                )?,
                None => text
                    .push_str(r#","code":null,"message":null,"http_status":null,"browser":null"#),
            }
            text.push_str(r#"},"clerk":{"outcome":"unknown","reason":null}}"#);
            if let Some(reason) = reason {
                text.extend([r#","reason":""#, reason, "\""]);
            }
            text.push_str(",\"checks\":[],\"findings\":[]}\n");
            Ok(())
        }
    }
}

/// The rule that says why Convex finds no auth config.
fn lacking(facts: &Facts) -> &'static str {
    let is_ignored = |project: &Project| !project.ignored_configs.is_empty();
    if facts.project().is_ok_and(is_ignored) {
        "auth-config-ignored"
    } else {
        "auth-config-missing"
    }
}

/// Of two exit codes the one that says more: a refusal is certain, what could not be told comes before what is in order.
pub fn worse(one: u8, other: u8) -> u8 {
    match (one, other) {
        (1, _) | (_, 1) => 1,
        _ => one.max(other),
    }
}

/// Convex's sentence, as it may be shown around. Few have anything to hide, and there are many of them.
fn said(message: &str) -> Cow<'_, str> {
    if message.contains('@') {
        Cow::Owned(escape::discreet(message))
    } else {
        Cow::Borrowed(message)
    }
}

/// The rule that names the cause, without a look at the whole configuration.
fn reason(cause: &Cause, token: &str) -> &'static str {
    match cause {
        Cause::IssuerUntrusted => "issuer-mismatch",
        Cause::AudienceUntrusted => "audience-mismatch",
        Cause::AudienceExtra(_) => "audience-extra",
        Cause::AudienceMissing => match Token::read(token).kind() {
            crate::token::Kind::Session => "session-token-without-audience",
            _ => "audience-missing",
        },
        other => cause::named(other).unwrap_or("refused"),
    }
}

fn issued(token: &str) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "seconds since the epoch, out of range or not"
    )]
    Token::read(token)
        .payload
        .number("iat")
        .map(|seconds| seconds as i64)
}

/// The first digits of the fingerprint, as people compare them.
fn short(found: &Found<'_>) -> String {
    let digits = hex(found.digests.whole.as_ref()).into_iter().take(16);
    digits.map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Form, Job, cut, lines, tokens, worse};
    use crate::convex::Cache;
    use crate::escape;
    use crate::rules::testing::mint;
    use serde_json::{Value, json};

    #[test]
    fn blocks_end_where_no_token_is_cut() {
        assert_eq!(cut(b"a\nb\nc"), Some(4));
        assert_eq!(cut(b"abc"), None);
        let mut long = vec![b'"'];
        long.resize(16 * BLOCK, b'a');
        assert_eq!(cut(&long), Some(1));
        assert_eq!(cut(&vec![b'a'; 16 * BLOCK]), Some(16 * BLOCK));
    }

    #[test]
    fn tokens_of_a_block_are_found_in_any_dress() {
        let one = |subject: &str| {
            mint(
                &json!({"alg": "RS256"}),
                &json!({"sub": subject, "iss": "https://x.example", "exp": 1}),
            )
        };
        let (a, b, c) = (one("a"), one("b"), one("c"));
        let block =
            format!("{a}\r\nnothing\nAuthorization: Bearer {b}\n{{\"token\": \"{c}\"}}\n{a}");
        let found = tokens(block.as_bytes());
        let list: Vec<&str> = found.iter().map(|found| &*found.token).collect();
        assert_eq!(list.first(), Some(&a.as_str()));
        assert_eq!(list.last(), Some(&a.as_str()));
        assert!(list.contains(&b.as_str()) && list.contains(&c.as_str()));
        assert_eq!(list.len(), 4);
    }

    #[test]
    fn a_token_whose_header_begins_with_a_blank_is_not_lost_beside_others() {
        let plain = mint(
            &json!({"alg": "RS256"}),
            &json!({"sub": "a", "iss": "https://x.example", "exp": 1}),
        );
        let (_, rest) = plain.split_once('.').unwrap();
        // `{ "alg":"RS256"}`
        let blank = format!("eyAiYWxnIjoiUlMyNTYifQ.{rest}");
        for line in [
            format!("a={plain} b={blank}"),
            format!("a={blank} b={plain}"),
        ] {
            assert_eq!(tokens(line.as_bytes()).len(), 2, "{line}");
        }
    }

    /// Found by fuzzing: the name of a member with a line end in it began a line of its own.
    #[test]
    fn a_line_stays_one_whatever_the_carrier_is_called() {
        let token = mint(
            &json!({"alg": "RS256"}),
            &json!({"sub": "a", "iss": "https://x.example", "exp": 1}),
        );
        for name in ["a\nb", "a\\\"},\n{\\\"exit\\\":0", "\\x", "\u{202e}\u{7f}"] {
            let block = format!("{{\"{name}\": \"{token}\"}}");
            let found = tokens(block.as_bytes());
            assert_eq!(found.len(), 1, "{name:?}");
            let cache = &mut Cache::default();
            let done = lines(&found, &Job::Decode, Form::Json, cache);
            assert_eq!(done.text.lines().count(), 1, "{}", done.text);
            let line: Value = serde_json::from_str(&done.text).unwrap();
            assert_eq!(line["exit"], 0);
            assert!(!done.text.trim_end().contains(escape::is_hidden));
        }
    }

    #[test]
    fn a_refusal_is_worse_than_the_unknown() {
        assert_eq!((worse(0, 3), worse(3, 1), worse(1, 0)), (3, 1, 1));
    }
}
