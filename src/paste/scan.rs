//! Finds runs of token characters, in one pass over the text.

use crate::convex::base64url;
use crate::token::Token;
use memchr::memmem;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What a run of token characters is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Header, claims and a signature.
    Signed,
    /// The same, but the signature has a length that its algorithm never makes.
    OddSignature,
    /// Header and claims, and no signature.
    TwoParts,
    /// Five parts, with `enc` in the header.
    Encrypted,
    /// A header and claims, and more parts than there should be.
    TooManyParts,
    /// A header, and claims that cannot be read.
    BrokenClaims,
    /// Claims, and a header that cannot be read.
    BrokenHeader,
    /// One of those, with a mark where a part was left out.
    Shortened,
}

/// A run, by its place in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    /// Its first byte.
    pub start: usize,
    /// The byte behind it.
    pub end: usize,
    /// What it is.
    pub shape: Shape,
    /// Letters stood directly before it.
    pub glued: bool,
}

/// The most runs that are looked at closely and are no tokens.
const MOST_ODD: usize = 64;

/// Whether a byte may stand in a compact token.
pub(super) fn in_token(byte: u8) -> bool {
    in_segment(byte) || byte == b'.'
}

/// Whether a byte may stand between the dots.
pub(super) fn in_segment(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Every run that looks like a token, in their order.
pub(super) fn scan(text: &str) -> Vec<Hit> {
    let bytes = text.as_bytes();
    let mut hits = Vec::new();
    let mut odd = 0;
    let mut done = 0;
    for dot in memchr::memchr_iter(b'.', bytes) {
        if dot < done {
            continue;
        }
        let start = bytes[done..dot]
            .iter()
            .rposition(|byte| !in_token(*byte))
            .map_or(done, |at| done + at + 1);
        let end = bytes[dot..]
            .iter()
            .position(|byte| !in_token(*byte))
            .map_or(bytes.len(), |at| dot + at);
        done = end;
        if let Some(run) = text.get(start..end) {
            for mut hit in in_run(run) {
                hit.start += start;
                hit.end += start;
                if hit.shape != Shape::Signed {
                    odd += 1;
                    if odd > MOST_ODD {
                        continue;
                    }
                }
                hits.push(hit);
            }
        }
    }
    hits
}

/// Where `eyJ` stands in a line, with the run of token characters around it: each of them a signed token from its first to its last character, and
/// nothing between them that looks like one. `None`: it is not so, or there is none.
pub(super) fn whole(line: &str) -> Option<Vec<Hit>> {
    let bytes = line.as_bytes();
    let mut hits = Vec::new();
    let mut done = 0;
    for start in memmem::find_iter(bytes, b"eyJ") {
        if start < done {
            continue;
        }
        if start > done && in_token(bytes[start - 1]) {
            return None;
        }
        let end = bytes[start..]
            .iter()
            .position(|byte| !in_token(*byte))
            .map_or(bytes.len(), |at| start + at);
        if !is_signed(line.get(start..end)?) || !scan(line.get(done..start)?).is_empty() {
            return None;
        }
        hits.push(Hit {
            start,
            end,
            shape: Shape::Signed,
            glued: false,
        });
        done = end;
    }
    let alone = !hits.is_empty() && scan(line.get(done..)?).is_empty();
    alone.then_some(hits)
}

/// Whether a run is one signed token, and nothing that is to be told apart from one.
fn is_signed(run: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Algorithm<'a> {
        #[serde(borrow)]
        alg: Option<Cow<'a, str>>,
    }
    let mut parts = run.split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Some(header), Some(claims)) = (base64url::strict(header), base64url::strict(claims))
    else {
        return false;
    };
    let algorithm = serde_json::from_slice::<Algorithm<'_>>(&header)
        .ok()
        .and_then(|header| header.alg);
    algorithm.is_some_and(|algorithm| is_whole(&algorithm, signature.len()))
        && memmem::find(&claims, b"\"handshake\"").is_none()
        && std::str::from_utf8(&claims).is_ok_and(|claims| {
            serde_json::from_str::<&RawValue>(claims)
                .is_ok_and(|value| value.get().starts_with('{'))
        })
}

/// The tokens of one run of token characters.
fn in_run(run: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    // Nearly every run of a log is a name or a number: leave it at once.
    if memmem::find(run.as_bytes(), b"e").is_none() || run.len() < 12 {
        return hits;
    }
    // A whole token needs no closer look.
    if run.starts_with("ey") && is_signed(run) {
        hits.push(Hit {
            start: 0,
            end: run.len(),
            shape: Shape::Signed,
            glued: false,
        });
        return hits;
    }
    let mut parts: Vec<&str> = run.split('.').collect();
    let place = |part: &str| part.as_ptr() as usize - run.as_ptr() as usize;
    let mut index = 0;
    while index + 1 < parts.len() {
        if let [header, claims, _] = parts[index..]
            && is_other_json(header, claims)
        {
            hits.push(Hit {
                start: place(header),
                end: run.len(),
                shape: Shape::Signed,
                glued: false,
            });
            break;
        }
        let Some(head) = header_start(parts[index]) else {
            index += 1;
            continue;
        };
        let claims = parts[index + 1];
        let start = place(parts[index]) + head;
        // Parts behind the claims, up to the next empty one: a full stop ends a sentence, not a token.
        let signature = parts.get(index + 2).copied().unwrap_or_default();
        let mut last = index + 1;
        while last + 1 < parts.len() && !parts[last + 1].is_empty() && last < index + 5 {
            last += 1;
        }
        let token = Token::read(&run[start..place(claims) + claims.len()]);
        let header = token.header.fault.is_none();
        // Pasted twice: the next token begins where the signature is whole.
        let twice = signature_lengths(token.algorithm().unwrap_or_default())
            .iter()
            .find(|length| {
                signature
                    .get(**length..)
                    .is_some_and(|rest| rest.starts_with("eyJ"))
            });
        if let Some(length) = twice.filter(|_| header && token.payload.fault.is_none()) {
            let end = place(signature) + length;
            hits.push(Hit {
                start,
                end,
                shape: Shape::Signed,
                glued: head > 0,
            });
            parts[index + 2] = &run[end..end + signature.len() - length];
            index += 2;
            continue;
        }
        // An unsecured token ends with its second dot (RFC 7519, 6.1); of others the signature is missing there.
        let unsigned = last == index + 1
            && last + 1 < parts.len()
            && token.algorithm().is_some()
            && token.payload.fault.is_none();
        if unsigned {
            last += 1;
        }
        let shape = match (header, token.payload.fault.is_none(), last - index) {
            (true, _, 4) if token.header.members.contains_key("enc") => Shape::Encrypted,
            (true, true, 1) => Shape::TwoParts,
            (true, true, 2) => {
                if odd_signature(&token, signature) {
                    Shape::OddSignature
                } else {
                    Shape::Signed
                }
            }
            (true, true, _) => Shape::TooManyParts,
            (true, false, _) if !claims.is_empty() => Shape::BrokenClaims,
            (false, true, _) => Shape::BrokenHeader,
            _ => {
                index += 1;
                continue;
            }
        };
        hits.push(Hit {
            start,
            end: place(parts[last]) + parts[last].len(),
            shape,
            glued: head > 0,
        });
        index = last + 1;
    }
    hits
}

/// Whether claims stand behind a header that is JSON, and no object: the verdict can say so.
fn is_other_json(header: &str, claims: &str) -> bool {
    claims.starts_with("ey")
        && !header.starts_with('e')
        && base64url::strict(header)
            .is_some_and(|bytes| serde_json::from_slice::<&RawValue>(&bytes).is_ok())
        && Token::read(&format!("e30.{claims}."))
            .payload
            .fault
            .is_none()
}

/// Where in a part a header could start: a JSON object begins with `{`, which is `e` and one of a few letters in base64.
fn header_start(part: &str) -> Option<usize> {
    let bytes = part.as_bytes();
    if bytes.len() < 3 || bytes.len() > 64 << 10 {
        return None;
    }
    if bytes[0] == b'e' && matches!(bytes[1], b'w'..=b'z' | b'0'..=b'9' | b'-' | b'_') {
        return Some(0);
    }
    memmem::find(bytes, b"eyJ").or(Some(0)).filter(|at| {
        // Something that is no header at all can still be one with lost first characters.
        *at > 0 || bytes.len() >= 20
    })
}

/// The lengths that a signature of an algorithm has in base64url.
pub(super) fn signature_lengths(algorithm: &str) -> &'static [usize] {
    match algorithm {
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => &[342, 512, 683],
        "ES256" | "ES256K" | "Ed25519" | "HS512" => &[86],
        // Ed25519, and Ed448.
        "EdDSA" => &[86, 152],
        "ES384" => &[128],
        "ES512" => &[176],
        "HS256" => &[43],
        "HS384" => &[64],
        _ => &[],
    }
}

/// Whether a signature lacks characters, or has too many.
fn odd_signature(token: &Token, signature: &str) -> bool {
    let algorithm = token.algorithm().unwrap_or_default();
    !signature_lengths(algorithm).is_empty() && !is_whole(algorithm, signature.len())
}

/// Whether a signature of that many characters is one that a key of the algorithm makes: of RSA those of 1024 bits, and of 2048 to 8192 bits in steps
/// of 64.
fn is_whole(algorithm: &str, length: usize) -> bool {
    let characters = |bytes: usize| (bytes * 4).div_ceil(3);
    signature_lengths(algorithm).contains(&length)
        || algorithm.starts_with(['R', 'P'])
            && (length == characters(128)
                || (256..=1024)
                    .step_by(8)
                    .any(|bytes| characters(bytes) == length))
}

/// The lengths of whole signatures that other algorithms make.
const WHOLE: [usize; 4] = [64, 86, 128, 176];

/// How many characters an odd signature has too many or, below zero, too few. `None`: it is whole, but of another algorithm.
pub(super) fn surplus(compact: &str) -> Option<isize> {
    let token = Token::read(compact);
    let algorithm = token.algorithm()?;
    let lengths = signature_lengths(algorithm);
    let length = compact.rsplit('.').next()?.len();
    let least = lengths.iter().min()?;
    if is_whole(algorithm, length)
        || length > *least && (WHOLE.contains(&length) || is_whole("RS256", length))
    {
        return None;
    }
    lengths
        .iter()
        .map(|expected| length.cast_signed() - expected.cast_signed())
        .min_by_key(|surplus| surplus.abs())
}

/// Whether the verdict is the same whatever the signature's length: Convex refuses the algorithm before it looks at the signature, unless that is no
/// base64url at all (facts A1, 6 and 12). Of ES256, which customJwt providers take, a short signature was cut, and a longer one is in another form.
pub(super) fn is_refused_anyway(compact: &str) -> bool {
    let token = Token::read(compact);
    let signature = compact.rsplit('.').next().unwrap_or_default();
    let is_whole = signature.len() % 4 != 1;
    match token.algorithm() {
        Some("RS256" | "EdDSA") | None => false,
        Some("ES256") => is_whole && signature.len() > 86,
        Some(_) => is_whole,
    }
}

/// Whether a signature is a sequence of DER, as OpenSSL makes those of elliptic curves; a JWT's is two numbers alone (RFC 7518, 3.4).
pub(super) fn is_der(signature: &str) -> bool {
    match base64url::strict(signature).as_deref() {
        Some([0x30, length, rest @ ..]) => usize::from(*length) == rest.len(),
        _ => false,
    }
}

/// Whether the claims are those of Clerk's handshake.
pub(super) fn is_handshake(compact: &str) -> bool {
    let claims = compact.split('.').nth(1).and_then(base64url::strict);
    if claims.is_some_and(|claims| memmem::find(&claims, b"handshake").is_none()) {
        return false;
    }
    matches!(
        Token::read(compact).payload.members.get("handshake"),
        Some(Value::Array(_))
    )
}

#[cfg(test)]
mod tests {
    use super::{is_whole, surplus};

    #[test]
    fn signatures_are_whole_by_the_key_that_could_make_them() {
        // 1024, 2048, 2304, 3072, 4096, 6144 and 8192 bits.
        for length in [171, 342, 384, 512, 683, 1024, 1366] {
            assert!(is_whole("RS256", length) && is_whole("PS512", length));
        }
        for cut in [43, 172, 341, 346, 600, 1367] {
            assert!(!is_whole("RS256", cut), "{cut}");
        }
        assert!(is_whole("ES256", 86) && !is_whole("ES256", 342));
        let token = |length: usize| {
            format!(
                "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.{}",
                "A".repeat(length)
            )
        };
        assert_eq!(surplus(&token(338)), Some(-4));
        assert_eq!(surplus(&token(346)), Some(4));
        assert_eq!(surplus(&token(1024)), None);
    }
}
