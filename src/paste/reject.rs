//! What a text without a token is. No secret of it is ever repeated.

use super::find::Findings;
use super::place::head;
use super::scan::{Shape, in_segment, surplus};
use super::{Rejection, absent, shortened};
use crate::error_line::ErrorLine;
use crate::publishable_key;
use crate::rule::Row;
use crate::token::Token;
use memchr::memmem;
use serde_json::Value;
use url::Url;

/// How much of a text is looked at for what it is.
const START: usize = 64 << 10;

pub(super) fn reject(rule: &'static str, say: impl Into<String>) -> Rejection {
    let fix = crate::explain::rule(rule).map_or("", |(_, rule)| rule.fix);
    Rejection {
        rule,
        say: say.into(),
        next: fix.to_owned(),
    }
}

/// The rejection of a handshake.
pub(super) fn handshake() -> Rejection {
    reject(
        "handshake-pasted",
        "a JWT whose payload is `handshake`: a list of cookies, the session's own among them",
    )
}

/// Secrets beside a token: a warning for each kind.
pub(super) fn beside(text: &str) -> Vec<String> {
    let mut notes = Vec::new();
    if secret_key(text).is_some() {
        notes.push(
            "A secret key stands beside the token: if this was shared anywhere, rotate the key in the Clerk dashboard."
                .to_owned(),
        );
    }
    if has_deploy_key(text) {
        notes.push(
            "A Convex deploy or admin key stands beside the token: if this was shared anywhere, delete the key in the Convex dashboard."
                .to_owned(),
        );
    }
    if memmem::find(text.as_bytes(), b"PRIVATE KEY-----").is_some() {
        notes.push(
            "A private key stands beside the token: if this was shared anywhere, replace it."
                .to_owned(),
        );
    }
    notes
}

/// What is certain without reading claims: secrets, documents, words.
pub(super) fn at_once(text: &str, findings: &Findings) -> Option<Rejection> {
    let start = head(text, START);
    let core = core(start);
    if start.trim().is_empty() || (core.is_empty() && text.len() <= 64) {
        let say = if text.is_empty() {
            "the paste is empty"
        } else {
            "there are only blanks or quotes"
        };
        return Some(reject("token-absent", say));
    }
    if let Some(kind) = secret_key(text) {
        return Some(reject("secret-pasted", kind));
    }
    if memmem::find(text.as_bytes(), b"PRIVATE KEY-----").is_some() {
        return Some(reject("secret-pasted", "a private key in PEM"));
    }
    if has_deploy_key(text) {
        return Some(reject(
            "deploy-key-pasted",
            "a key of a Convex deployment, by its form `NAME|SECRET`",
        ));
    }
    if let Some(rejection) = absent::word(core) {
        return Some(rejection);
    }
    if start.contains("[object Promise]")
        || start.contains("Promise {") && start.contains("pending")
    {
        return Some(reject("token-promise", "the console's print of a promise"));
    }
    if start.contains("tokenType") && squeeze(start).contains("\"tokenType\":\"None\"") {
        return Some(reject(
            "socket-without-token",
            "an Authenticate message with the token type None",
        ));
    }
    document(start).or_else(|| odd(findings))
}

/// What runs of token characters were that are no token.
fn odd(findings: &Findings) -> Option<Rejection> {
    for (shape, compact) in &findings.odd {
        let compact = compact.expose();
        let found = match shape {
            Shape::Encrypted => reject("token-encrypted", "five parts, with `enc` in the header"),
            Shape::TooManyParts => reject(
                "token-segments",
                format!(
                    "{} parts, where a token has three",
                    compact.split('.').count()
                ),
            ),
            Shape::OddSignature => {
                let length = compact.rsplit('.').next().map_or(0, str::len);
                match surplus(compact) {
                    Some(many) if many > 0 => reject(
                        "token-mangled",
                        format!("the signature has {length} characters, {many} too many"),
                    ),
                    Some(_) if length == 0 => reject(
                        "token-truncated",
                        "there is nothing behind the second dot: the signature was not copied",
                    ),
                    Some(few) => reject(
                        "token-truncated",
                        format!(
                            "the signature has {length} characters, {} too few: not all of it was copied",
                            -few
                        ),
                    ),
                    None => continue,
                }
            }
            Shape::BrokenHeader => reject(
                "token-truncated",
                "the claims can be read, but not the header: the first characters are missing or were changed",
            ),
            Shape::BrokenClaims if compact.split('.').count() == 2 => {
                reject("token-truncated", "the claims end in the middle")
            }
            Shape::BrokenClaims => reject(
                "token-mangled",
                "the header can be read, but the claims are no JSON object",
            ),
            Shape::Shortened => shortened::rejection(),
            Shape::Signed | Shape::TwoParts => continue,
        };
        return Some(found);
    }
    None
}

/// What remains: errors, shortened copies, lone parts, or none of all this.
pub(super) fn classify(text: &str, errors: &[ErrorLine]) -> Rejection {
    let start = head(text, START);
    if let Some(first) = errors.first() {
        return reject(
            "error-pasted",
            format!("an error line of {}, and no token", first.known.who),
        );
    }
    if let Some(rejection) = shortened::of_start(start) {
        return rejection;
    }
    let symptoms = [
        Row::Unauthorized,
        Row::UserNotAppearing,
        Row::ExpiresTooQuickly,
    ];
    if text.len() <= 200
        && let Some(trouble) = crate::explain::said(text)
        && symptoms.contains(&trouble.row)
    {
        let row = trouble.row.name();
        return Rejection {
            next: format!("{} More: `clerkcheck explain {row}`.", trouble.solution),
            ..reject(
                "error-pasted",
                format!("a row of the troubleshooting table: {}", trouble.problem),
            )
        };
    }
    if let Some(rejection) = absent::field(start) {
        return rejection;
    }
    if let Some(part) = lone_part(start) {
        return match Token::read(&format!("{part}.")).header.fault {
            None => reject(
                "token-segments",
                "a header alone, without claims and signature",
            ),
            Some(_) if part.len() >= 40 => reject(
                "token-truncated",
                "a single part that breaks off: there is no whole header in it",
            ),
            Some(_) => nothing(start),
        };
    }
    if let Some(rejection) = folded(start) {
        return rejection;
    }
    if let Some(rejection) = opaque(core(start)).or_else(|| {
        start
            .split(|character: char| character.is_whitespace() || "\"'`,;=()<>".contains(character))
            .find_map(opaque)
    }) {
        return rejection;
    }
    if let Some(rejection) = lost_start(start) {
        return rejection;
    }
    nothing(start)
}

fn nothing(text: &str) -> Rejection {
    let text = text.trim();
    let is_address = !text.contains(char::is_whitespace)
        && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !is_address {
        return reject("token-segments", "there is no token in this text");
    }
    Rejection {
        next: "Copy the token in the browser's console: `copy(await Clerk.session.getToken({ template: \"convex\" }))`. `clerkcheck jwks URL` asks an issuer for its keys.".to_owned(),
        ..reject("token-segments", "it is an address, and no token is in it")
    }
}

/// Two dots, but letters changed in case.
fn folded(text: &str) -> Option<Rejection> {
    let run = longest_run(text)?;
    let start = head(run, 3);
    (run.split('.').count() == 3
        && start.eq_ignore_ascii_case("eyj")
        && (start != "eyJ" || !run.bytes().any(|byte| byte.is_ascii_uppercase())))
    .then(|| {
        reject(
            "token-mangled",
            "the shape of a token, in letters of one case: capitals and small letters matter in it",
        )
    })
}

/// A run of three parts whose claims can nearly be read, or whose start is missing.
fn lost_start(text: &str) -> Option<Rejection> {
    let run = longest_run(text)?;
    let parts: Vec<&str> = run.split('.').collect();
    let long = parts.iter().filter(|part| part.len() >= 20).count();
    match parts.as_slice() {
        [_, claims, _]
            if Token::read(&format!("e30.{claims}."))
                .payload
                .fault
                .is_none() =>
        {
            Some(reject(
                "token-truncated",
                "the claims can be read, but not the header: the first characters are missing",
            ))
        }
        [claims, _]
            if Token::read(&format!("e30.{claims}."))
                .payload
                .fault
                .is_none() =>
        {
            Some(reject(
                "token-truncated",
                "claims and a signature: the header is missing",
            ))
        }
        [_, _, _] if long >= 2 => Some(reject(
            "token-mangled",
            "three parts as a token has, but header and claims are no JSON",
        )),
        [_, _] if long == 2 => Some(reject(
            "token-segments",
            "two parts, where a token has three",
        )),
        _ => None,
    }
}

/// The longest run of token characters.
fn longest_run(text: &str) -> Option<&str> {
    text.split(|character: char| {
        !character.is_ascii_alphanumeric() && !matches!(character, '-' | '_' | '.')
    })
    .max_by_key(|run| run.len())
    .filter(|run| run.len() >= 20)
}

/// A single part, without dots, that begins with `eyJ`.
pub(super) fn lone_part(text: &str) -> Option<String> {
    let start = head(text, START);
    let joined: String = core(start)
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect();
    let part = joined.trim_end_matches(['.', '=']);
    (part.starts_with("eyJ") && part.len() >= 12 && part.bytes().all(in_segment))
        .then(|| part.to_owned())
}

/// The text without what stands around a value: names, schemes, quotes, brackets.
fn core(text: &str) -> &str {
    let blank = |character: char| character.is_whitespace() || "\"'`‘’“”«»;,".contains(character);
    let mut core = text.trim_matches(blank);
    for _ in 0..6 {
        let before = core;
        for name in ["authorization", "bearer", "cookie", "token", "jwt", "value"] {
            if let Some(rest) = core
                .get(..name.len())
                .filter(|start| start.eq_ignore_ascii_case(name))
                .and_then(|_| core.get(name.len()..))
                && (rest.is_empty() && name != "token" && name != "jwt" && name != "value"
                    || rest.starts_with([' ', ':', '=', '\n', '\t', '\r']))
            {
                core = rest.trim_start_matches([' ', ':', '=', '\n', '\t', '\r']);
            }
        }
        for sign in ["-H", "$ ", "> ", "< "] {
            core = core.strip_prefix(sign).unwrap_or(core);
        }
        core = core.trim_matches(blank);
        if core == before {
            break;
        }
    }
    core
}

/// Ids and opaque tokens, by their first letters.
fn opaque(word: &str) -> Option<Rejection> {
    const KINDS: [(&str, &str); 22] = [
        ("sess_", "the id of a Clerk session"),
        ("user_", "the id of a Clerk user"),
        ("org_", "the id of a Clerk organization"),
        ("ins_", "the id of a Clerk instance"),
        ("client_", "the id of a Clerk client"),
        ("jtmp_", "the id of a Clerk JWT template"),
        ("dvb_", "a Clerk development browser's id"),
        ("oat_", "an opaque OAuth access token of Clerk"),
        ("oar_", "an OAuth refresh token of Clerk"),
        ("ak_", "a Clerk API key"),
        ("mt_", "an opaque machine token of Clerk"),
        ("mch_", "the id of a Clerk machine"),
        ("sit_", "a Clerk sign-in token"),
        ("act_", "a Clerk actor token"),
        ("ema_", "the id of an e-mail address"),
        ("idn_", "the id of an address at Clerk"),
        ("inv_", "the id of a Clerk invitation"),
        ("sign_in_token", "a Clerk sign-in token"),
        ("ticket_", "a Clerk ticket"),
        ("orginv_", "the id of a Clerk invitation"),
        ("dmn_", "the id of a Clerk domain"),
        ("rt_", "a Clerk refresh token"),
    ];
    if word.len() > 256 || word.contains(char::is_whitespace) {
        return None;
    }
    if let Some(key) = word.find("pk_live_").or_else(|| word.find("pk_test_")) {
        let key = &word[key..];
        let say = publishable_key::parse(key).map_or_else(
            |_| "a publishable key, though not a whole one".to_owned(),
            |key| format!("a publishable key, of the instance {}", key.issuer()),
        );
        return Some(reject("publishable-key-pasted", say));
    }
    for (start, kind) in KINDS {
        if word.strip_prefix(start).is_some_and(|rest| rest.len() >= 8) {
            return Some(reject("token-opaque", kind));
        }
    }
    if let Some((kind, name)) = word.split_once(':')
        && matches!(kind, "dev" | "prod" | "preview" | "local" | "anonymous")
        && name.contains('-')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        return Some(reject("token-opaque", "the name of a Convex deployment"));
    }
    // Clerk's testing token: seconds, `-c_`, an opaque rest.
    if let Some((seconds, rest)) = word.split_once("-c_")
        && seconds.len() >= 10
        && seconds.bytes().all(|byte| byte.is_ascii_digit())
        && !rest.is_empty()
    {
        return Some(reject("token-opaque", "a Clerk testing token"));
    }
    None
}

/// Documents about keys, by their form.
fn document(text: &str) -> Option<Rejection> {
    let trimmed = text.trim_start();
    let small = head(trimmed, 64).to_ascii_lowercase();
    if small.starts_with("<!doctype") || small.starts_with("<html") || small.starts_with("<?xml") {
        return Some(reject(
            "document-pasted",
            "a web page: the request was answered by a page, perhaps the sign-in page, instead of a token",
        ));
    }
    if text.contains("-----BEGIN ") {
        return Some(reject(
            "document-pasted",
            "a public key or certificate in PEM: give keys as a JWKS with `--jwks FILE`",
        ));
    }
    if !trimmed.starts_with('{') {
        return None;
    }
    if let Some(identity) = super::claims::object(trimmed)
        && identity.contains_key("tokenIdentifier")
        && !identity.contains_key("iss")
    {
        return Some(Rejection {
            next:
                "Nothing stands in its way there. To see what it lives on, copy the token itself: \
                   `copy(await Clerk.session.getToken({ template: \"convex\" }))`."
                    .to_owned(),
            ..reject(
                "token-segments",
                "what `ctx.auth.getUserIdentity()` gives: Convex accepted the token that it was made of",
            )
        });
    }
    let json: Value = serde_json::from_str(text).ok()?;
    let jwk = |value: &Value| value.get("kty").is_some();
    if json.get("keys").and_then(Value::as_array).is_some() || jwk(&json) {
        return Some(reject(
            "document-pasted",
            "a JWKS: give it with `--jwks FILE`",
        ));
    }
    if json.get("jwks_uri").is_some() {
        return Some(reject(
            "document-pasted",
            "a discovery document: give it with `--discovery FILE`",
        ));
    }
    None
}

/// A secret key of Clerk, or what else begins like one.
fn secret_key(text: &str) -> Option<&'static str> {
    for (start, kind) in [
        (
            "sk_live_",
            "a secret key of a production instance, by its first letters `sk_live_`",
        ),
        (
            "sk_test_",
            "a secret key of a development instance, by its first letters `sk_test_`",
        ),
        (
            "whsec_",
            "a webhook's signing secret, by its first letters `whsec_`",
        ),
    ] {
        let real = memmem::find_iter(text.as_bytes(), start.as_bytes()).any(|at| {
            text.as_bytes()
                .iter()
                .skip(at + start.len())
                .take_while(|byte| byte.is_ascii_alphanumeric())
                .count()
                >= 8
        });
        if real {
            return Some(kind);
        }
    }
    None
}

/// `prod:name|secret`, `project:…|…`, `Convex …|…`.
fn has_deploy_key(text: &str) -> bool {
    memchr::memchr_iter(b'|', text.as_bytes())
        .take(4096)
        .any(|at| {
            let name_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_:".contains(byte);
            let bytes = text.as_bytes();
            let secret = bytes[at + 1..]
                .iter()
                .take(4096)
                .take_while(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte))
                .count();
            let length = bytes[..at]
                .iter()
                .rev()
                .take(128)
                .take_while(|byte| name_byte(byte))
                .count();
            let name = text.get(at - length..at).unwrap_or_default();
            let kind = name.split(':').next().unwrap_or_default();
            // The admin key of a self-hosted or local deployment: its name is free.
            let is_hex = |count: usize| {
                let digits = bytes[at + 1..].iter().take(count);
                secret >= count && digits.filter(|byte| byte.is_ascii_hexdigit()).count() == count
            };
            let is_known = matches!(kind, "prod" | "dev" | "preview" | "project")
                && name.contains(':')
                || name.contains('-') && bytes[at + 1..].starts_with(b"ey")
                || name.contains('-')
                    && super::place::tail(&text[..at - length], 7).eq_ignore_ascii_case("convex ");
            secret >= 8 && is_known || !name.is_empty() && is_hex(40)
        })
        || memmem::find(text.as_bytes(), b"Authorization: Convex ")
            .or_else(|| memmem::find(text.as_bytes(), b"authorization: Convex "))
            .is_some()
}

pub(super) fn squeeze(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_whitespace() && *character != '\\')
        .collect()
}
