//! From a text to the tokens in it, by the quick scan, and by undoing encodings where that finds none.

use super::aim::{self, Aim};
use super::place::{around, head};
use super::scan::{Hit, Shape, is_der, is_refused_anyway, scan, surplus, whole};
use super::{Found, Repair, joined, json_path, parts, repair, shortened};
use crate::secret::Secret;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::memmem;

/// Tokens that were found, and what looked like one.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Readable tokens, in their order; the same one may stand twice.
    pub found: Vec<Found>,
    /// What is nearly a token.
    pub odd: Vec<(Shape, Secret)>,
    /// Worth saying.
    pub notes: Vec<String>,
}

/// The most tokens whose surroundings are looked at.
const MOST: usize = 1024;
/// The most whose JSON is followed, where the document as a whole is none.
const MOST_LINES: usize = 64;
/// The longest text in which encodings are undone; of a longer one, as much around each place that could be a token.
const WINDOW: usize = 64 << 10;
/// The most such places.
const MOST_WINDOWS: usize = 8;

/// Finds tokens.
pub(super) fn find(text: &str) -> Findings {
    let mut findings = quick(text, &[]);
    if findings.found.is_empty() {
        let mut undone = Findings::default();
        for window in windows(text) {
            undone = undo(window, 0);
            if !undone.found.is_empty() {
                break;
            }
        }
        if !undone.found.is_empty() {
            undone.odd.clear();
            return undone;
        }
        findings.odd.extend(undone.odd);
        accept_odd(&mut findings);
    }
    findings
}

/// A whole signature, but not one of its algorithm's usual keys, and nothing better: it is judged, and said.
fn accept_odd(findings: &mut Findings) {
    // Of a shortened copy it is not known what was signed.
    if findings
        .odd
        .iter()
        .any(|(shape, _)| *shape == Shape::Shortened)
    {
        return;
    }
    let acceptable = |shape: Shape, compact: &Secret| {
        shape == Shape::OddSignature
            && (surplus(compact.expose()).is_none() || is_refused_anyway(compact.expose()))
    };
    if let Some((_, compact)) = findings
        .odd
        .iter()
        .find(|(shape, compact)| acceptable(*shape, compact))
    {
        let signature = compact.expose().rsplit('.').next().unwrap_or_default();
        let length = signature.len();
        findings.notes.push(if is_der(signature) {
            "The signature is in DER form; a JWT's is not.".to_owned()
        } else {
            format!(
                "The signature has {length} characters, which no usual key of its algorithm makes."
            )
        });
        findings.found.push(Found {
            token: compact.clone(),
            carrier: super::Carrier::Bare,
            repairs: Vec::new(),
            is_removed: false,
            aim: Aim::Unknown,
        });
    }
}

/// What stands in the text as it is.
fn quick(text: &str, repairs: &[Repair]) -> Findings {
    let mut findings = Findings::default();
    let (whole, odd): (Vec<Hit>, Vec<Hit>) = scan(text)
        .into_iter()
        .partition(|hit| hit.shape == Shape::Signed);
    for hit in odd {
        let compact = text.get(hit.start..hit.end).unwrap_or_default();
        let shape = match hit.shape {
            Shape::OddSignature | Shape::BrokenClaims | Shape::BrokenHeader
                if shortened::around(text, &hit) =>
            {
                Shape::Shortened
            }
            other => other,
        };
        findings.odd.push((shape, Secret::new(compact)));
    }
    if whole.len() > MOST {
        findings.notes.push(format!(
            "There are more than {MOST} tokens; the first {MOST} are looked at."
        ));
    }
    named(
        text,
        &whole[..whole.len().min(MOST)],
        repairs,
        &mut findings,
    );
    findings
}

/// The tokens of a line of a log or of NDJSON, when each of them is whole and nothing has to be undone to see it: much quicker than [`find`], and
/// with the same result. `None`: the line wants a closer look.
pub(super) fn in_line(line: &str) -> Option<Vec<Found>> {
    let hits = whole(line)?;
    let mut findings = Findings::default();
    named(line, &hits, &[], &mut findings);
    Some(findings.found)
}

/// Each token with what it stands in.
fn named(text: &str, whole: &[Hit], repairs: &[Repair], findings: &mut Findings) {
    let offsets: Vec<usize> = whole.iter().map(|hit| hit.start).collect();
    let document = text.trim_start().starts_with(['{', '[']) && !offsets.is_empty();
    let mut places = if document {
        json_path::places(text, &offsets)
    } else {
        vec![None; offsets.len()]
    };
    for (place, offset) in places
        .iter_mut()
        .zip(&offsets)
        .take(MOST_LINES)
        .filter(|(place, _)| place.is_none())
    {
        *place = json_path::in_line(text, *offset);
    }
    for (hit, place) in whole.iter().zip(&places) {
        let around = around(text, hit.start, hit.end, place.as_ref());
        let mut repairs = repairs.to_vec();
        if hit.glued {
            repairs.push(glue(&text[..hit.start]));
        }
        repairs.extend(around.repairs);
        findings
            .notes
            .extend(around.notes.into_iter().map(str::to_owned));
        let aim = if whole.len() > 1 {
            aim::of(text, hit.start, &around.carrier, place.as_ref())
        } else {
            Aim::Unknown
        };
        findings.found.push(Found {
            token: Secret::new(text.get(hit.start..hit.end).unwrap_or_default()),
            carrier: around.carrier,
            repairs,
            is_removed: around.is_removed,
            aim,
        });
    }
    if !findings.found.is_empty() {
        findings.notes.extend(
            repairs
                .iter()
                .filter_map(|repair| repair.as_sent())
                .map(str::to_owned),
        );
    }
}

/// What letters directly before a token are the rest of.
fn glue(before: &str) -> Repair {
    let ends = |marks: &[&str]| marks.iter().any(|mark| before.ends_with(mark));
    if ends(&["\\n", "\\r", "\\t"]) {
        Repair::JsonEscapes
    } else if ends(&["%2520", "%253D", "%253d"]) {
        Repair::PercentEncodingTwice
    } else if ends(&["%20", "%3D", "%3d", "%22", "%27", "%0A", "%0a"]) {
        Repair::PercentEncoding
    } else {
        Repair::Glued
    }
}

/// The parts of a text that are worth more work.
fn windows(text: &str) -> Vec<&str> {
    if text.len() <= WINDOW {
        return vec![text];
    }
    let mut windows: Vec<&str> = Vec::new();
    let mut done = 0;
    for at in memmem::find_iter(text.as_bytes(), b"eyJ") {
        if at < done || windows.len() >= MOST_WINDOWS {
            continue;
        }
        let from = at - super::place::tail(&text[..at], 512).len();
        let window = head(&text[from..], WINDOW / 2);
        done = at + WINDOW / 2;
        windows.push(window);
    }
    windows
}

/// Undoes one encoding after the other, until there is a token.
fn undo(text: &str, depth: usize) -> Findings {
    let mut odd = Vec::new();
    let mut repairs: Vec<Repair> = Vec::new();
    let mut current = text.to_owned();
    let mut steps = repair::LADDER.iter();
    let mut changed = true;
    loop {
        if changed {
            if !repairs.is_empty() {
                let findings = quick(&current, &repairs);
                if !findings.found.is_empty() {
                    return findings;
                }
                odd.extend(findings.odd);
            }
            let findings = wrapped(&current, &repairs);
            if !findings.found.is_empty() {
                return findings;
            }
            odd.extend(findings.odd);
        }
        let Some(step) = steps.next() else { break };
        changed = false;
        if let Some((next, repair)) = step(&current) {
            current = next;
            repairs.push(repair);
            changed = true;
        }
    }
    if depth == 0
        && let Some((start, end, compact)) = parts::find(text)
    {
        let around = around(text, start, end, None);
        return Findings {
            found: vec![Found {
                token: Secret::new(compact),
                carrier: around.carrier,
                repairs: vec![Repair::Parts],
                is_removed: around.is_removed,
                aim: Aim::Unknown,
            }],
            ..Findings::default()
        };
    }
    if depth == 0
        && let Some(mut findings) = base64_of_whole(text)
    {
        for found in &mut findings.found {
            found.repairs.insert(0, Repair::Base64);
        }
        return findings;
    }
    Findings {
        odd,
        ..Findings::default()
    }
}

/// Tokens in pieces.
fn wrapped(text: &str, repairs: &[Repair]) -> Findings {
    let mut findings = Findings::default();
    for joined in joined::join(text) {
        let shape = scan(&joined.compact).first().map(|hit| hit.shape);
        match shape {
            Some(Shape::Signed) => {}
            Some(shape) => {
                findings.odd.push((shape, Secret::new(joined.compact)));
                continue;
            }
            None => continue,
        }
        let around = around(text, joined.start, joined.end, None);
        let mut repairs = repairs.to_vec();
        repairs.extend(joined.repairs);
        repairs.extend(around.repairs);
        findings
            .notes
            .extend(around.notes.into_iter().map(str::to_owned));
        findings.found.push(Found {
            token: Secret::new(joined.compact),
            carrier: around.carrier,
            repairs,
            is_removed: around.is_removed,
            aim: Aim::Unknown,
        });
    }
    findings
}

/// Base64 of a token, as Kubernetes shows secrets: `ZXlK` is `eyJ`, and `QmVhcmVyIGV5` is `Bearer ey`.
fn base64_of_whole(text: &str) -> Option<Findings> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let start = ["ZXlK", "QmVhcmVyIGV5"]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()?;
    let run: String = text[start..]
        .chars()
        .filter(|character| !character.is_whitespace())
        .take_while(|character| character.is_ascii_alphanumeric() || "+/-_=".contains(*character))
        .map(|character| match character {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    let plain = String::from_utf8(LENIENT.decode(run.trim_end_matches('=')).ok()?).ok()?;
    let findings = quick(&plain, &[]);
    if findings.found.is_empty() {
        let undone = undo(&plain, 1);
        return (!undone.found.is_empty()).then_some(undone);
    }
    Some(findings)
}
