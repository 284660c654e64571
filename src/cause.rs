//! From Convex's reasons to the rules that name them.

use crate::answer::Fault;
use crate::convex::{Cause, Document};
use crate::escape::without_credentials;
use crate::facts::Facts;
use crate::rule::{Finding, Place};
use crate::template::pointer;

/// The rule that names a reason among all of them. `None`: another rule looks at it by itself, or another reason hides it.
pub fn rule(cause: &Cause, facts: &Facts) -> Option<&'static str> {
    let hidden = match cause {
        Cause::AudienceExtra(_) => is_extra_to_none(facts),
        // Without a token a stand-in was judged, whose key nobody has; that is no finding.
        Cause::KeyUnknown { .. } => facts.token().is_err(),
        _ => is_beside_the_point(cause, facts),
    };
    named(cause).filter(|_| !hidden)
}

/// The rule that names a reason. `None`: the claims' own rules compare with the configuration, and name the setting.
pub fn named(cause: &Cause) -> Option<&'static str> {
    let of = |document: &Document, discovery: &'static str, jwks: &'static str| match document {
        Document::Discovery => discovery,
        Document::Jwks => jwks,
    };
    Some(match cause {
        Cause::Payload(_)
        | Cause::Segments(_)
        | Cause::Header(_)
        | Cause::HeaderType { .. }
        | Cause::SignatureEncoding => "token-unreadable",
        Cause::ClaimType { .. } => "claim-type",
        Cause::TimeOutOfRange { .. } => "timestamp-unit",
        Cause::ClaimTwice { .. } => "claim-duplicate",
        Cause::IssuerMissing => "issuer-missing",
        Cause::IssuerNotUrl => "issuer-without-scheme",
        Cause::Unreachable { fault, .. } => match fault {
            Fault::Unresolvable(_) => "issuer-unresolvable",
            Fault::Tls(_) | Fault::Handshake(_) => "issuer-tls",
            Fault::Unreachable(_)
            | Fault::TimedOut(_)
            | Fault::Protocol(_)
            | Fault::TooLarge
            | Fault::Compressed
            | Fault::Forbidden(_) => "issuer-unreachable",
        },
        Cause::Status {
            unknown_instance: true,
            ..
        } => "unknown-instance",
        Cause::Redirects { document, .. } | Cause::Status { document, .. } => {
            of(document, "discovery-status", "jwks-status")
        }
        Cause::ContentType { document, .. } | Cause::Body { document, .. } => {
            of(document, "discovery-body", "jwks-body")
        }
        Cause::DiscoveryIssuer { .. } => "discovery-issuer",
        Cause::JwksNotUrl(_) => "jwks-body",
        Cause::ClaimMissing("sub") => "subject-missing",
        Cause::ClaimMissing("iat") => "issued-at-missing",
        Cause::ClaimMissing(_) => "expiry-missing",
        Cause::Type(_) => "type-refused",
        Cause::ContentTypeHeader(_) => "content-type-present",
        Cause::Critical => "critical-header",
        Cause::Algorithm(_) => "algorithm-refused",
        Cause::AudienceExtra(_) => "audience-extra",
        Cause::NoKeys => "jwks-empty",
        Cause::KeyUnknown { key_id, known } if is_there(key_id.as_ref(), known) => "key-unusable",
        Cause::KeyUnknown { .. } => "key-unknown",
        Cause::KeyAmbiguous => "key-ambiguous",
        Cause::KeyUnusable(_) => "key-unusable",
        Cause::KeyWeak(_) => "key-weak",
        Cause::KeyIdMissing => "key-id-missing",
        Cause::Signature => "signature-invalid",
        Cause::Expired => "expired",
        Cause::NotYetValid => "not-yet-valid",
        Cause::IssuedInFuture => "issued-in-future",
        Cause::IssuerUntrusted | Cause::AudienceUntrusted | Cause::AudienceMissing => return None,
    })
}

/// Convex looks for the provider first: of an issuer that it does not trust it asks nothing, so what that issuer's documents say is no fault.
fn is_beside_the_point(cause: &Cause, facts: &Facts) -> bool {
    let of_documents = matches!(
        cause,
        Cause::IssuerNotUrl
            | Cause::Unreachable { .. }
            | Cause::Redirects { .. }
            | Cause::Status { .. }
            | Cause::ContentType { .. }
            | Cause::Body { .. }
            | Cause::DiscoveryIssuer { .. }
    );
    of_documents
        && facts.token().is_ok()
        && facts
            .causes()
            .any(|cause| matches!(cause, Cause::IssuerUntrusted))
}

/// An extra audience is a fault of its own only where the right one is there too.
fn is_extra_to_none(facts: &Facts) -> bool {
    facts.causes().any(|cause| {
        matches!(
            cause,
            Cause::IssuerUntrusted | Cause::AudienceUntrusted | Cause::AudienceMissing
        )
    })
}

/// A customJwt provider takes its own algorithm only (facts A4).
fn of_provider(finding: Finding, own: Option<&str>, facts: &Facts) -> Finding {
    let issuer = facts.claims().ok().and_then(|claims| claims.text("iss"));
    let entry = issuer.and_then(|issuer| facts.trust.entry_for(issuer));
    let wanted = entry.and_then(|entry| {
        let provider = entry.value.as_ref()?;
        let wanted = provider["algorithm"].as_str()?;
        (provider["type"] == "customJwt").then_some((wanted, entry.written.words()))
    });
    let Some((wanted, written)) = wanted else {
        return finding;
    };
    let finding = finding
        .title("the token is signed with another algorithm than its provider takes")
        .why(format!(
            "The provider in the auth config is a customJwt one, and takes {wanted} only. Clerk signs with RS256 unless the template has a custom \
             signing key."
        ));
    if own != Some("RS256") {
        return finding;
    }
    finding.fix(
        format!("Correct the provider at {written}, and push it with `npx convex dev`:"),
        vec!["algorithm: \"RS256\",".to_owned()],
    )
}

/// What a status says beyond that it is not 200: of many the document is there, and may come the next time.
fn refused(finding: Finding, document: Document, status: u16) -> Finding {
    let (title, fix) = match (document, status) {
        (Document::Discovery, 401 | 403) => (
            "the issuer does not give its discovery document",
            "Open the URL in a browser: what stands in front of the issuer, a firewall or a bot check, must let Convex's servers through.",
        ),
        (Document::Discovery, 429) => (
            "the issuer takes no more requests for now",
            "Wait a minute, and ask again. Convex asks from other addresses, and may have an answer meanwhile.",
        ),
        (Document::Discovery, 500..=599) => (
            "the issuer's server fails",
            "Ask again in a minute; for Clerk's own outages see status.clerk.com, for a proxy its log.",
        ),
        _ => return finding,
    };
    finding.title(title).fix(fix, Vec::new())
}

/// Where the key set without keys is: the file that was given, or the URL that was asked.
fn keys_place(facts: &Facts) -> Place {
    if facts.world.options.keys_given {
        return Place::Variable("--jwks".to_owned());
    }
    let of_asked = facts.asked.iter().map(|(_, verdict)| verdict);
    let asked = facts
        .convex
        .iter()
        .chain(of_asked)
        .filter(|verdict| crate::facts::reasons(verdict).any(|cause| *cause == Cause::NoKeys))
        .find_map(|verdict| verdict.asked.last().cloned());
    let own = || {
        let issuer = facts.claims().ok()?.text("iss")?;
        Some(crate::issuer::urls(issuer)?.jwks)
    };
    asked
        .or_else(own)
        .map_or(Place::Nowhere, |url| Place::Url(without_credentials(&url)))
}

/// Whether the key is there after all, and only does not count for this token.
fn is_there(key_id: Option<&String>, known: &[String]) -> bool {
    key_id.is_some_and(|key_id| known.contains(key_id))
}

/// Why a key of the token's key id does not count.
fn why_not(facts: &Facts, key_id: &str) -> Option<String> {
    let token = facts.token().ok()?;
    let body = facts.trust.keys_for(token, &facts.world)?;
    let keys = crate::issuer::read_jwks(&body).ok()?;
    let key = keys
        .iter()
        .find(|key| key.key_id.as_deref() == Some(key_id))?;
    Some(match &key.refused {
        Some(why) => why.to_string(),
        None => format!(
            "it is an {} key, and the token's `alg` is {}",
            key.key_type.as_deref().unwrap_or("unknown"),
            token.algorithm().unwrap_or("none")
        ),
    })
}

/// What is to be said of a fault that its rule does not say of all.
fn unreached(finding: Finding, fault: &Fault) -> Finding {
    let by_hand =
        "Fetch the document by other means, and give it with `--jwks FILE` or `--discovery FILE`.";
    match fault {
        Fault::Handshake(_) => finding
            .why("No certificate counted yet: the two sides did not agree on TLS itself.")
            .fix(
                "Make sure that the URL leads to the issuer's HTTPS port, and that TLS 1.2 or 1.3 is spoken there without a client's certificate.",
                Vec::new(),
            ),
        Fault::Forbidden(_) => finding
            .why("clerkcheck asks public addresses over https only, and nothing of this machine that you did not name. Convex may see something else there.")
            .fix(by_hand, Vec::new()),
        Fault::TooLarge | Fault::Compressed => finding
            .why("The issuer answers, but clerkcheck does not read this: bodies of up to 1 MiB, uncompressed as they were asked for. Convex may read it.")
            .fix(by_hand, Vec::new()),
        Fault::Unresolvable(_)
        | Fault::Unreachable(_)
        | Fault::Tls(_)
        | Fault::TimedOut(_)
        | Fault::Protocol(_) => finding,
    }
}

/// What a rule says of a reason to refuse the token.
pub fn finding(cause: &Cause, facts: &Facts) -> Finding {
    finding_of(cause, facts, None)
}

/// What a rule says of a reason; without a token, of one that holds for an issuer.
#[expect(clippy::too_many_lines, reason = "one line a reason")]
pub fn finding_of(cause: &Cause, facts: &Facts, issuer: Option<&str>) -> Finding {
    let at = |pointer: &str, message: String| Finding::new(Place::token(pointer), message);
    let url =
        |url: &str, message: String| Finding::new(Place::Url(without_credentials(url)), message);
    let named = |document: &Document| match document {
        Document::Discovery => "the discovery document",
        Document::Jwks => "the key set",
    };
    match cause {
        Cause::Payload(why) => at("/payload", why.clone()),
        Cause::Segments(count) => at("", format!("it has {count} parts, not three")),
        Cause::Header(why) => at("/header", why.clone()),
        Cause::SignatureEncoding => at(
            "/signature",
            "the signature is not base64url without padding".to_owned(),
        ),
        Cause::ClaimType {
            name,
            found,
            wanted,
        } => {
            let finding = at(
                &pointer("/payload", name),
                format!("`{name}` is {found}; Convex wants {wanted}"),
            );
            let fix = match name.as_str() {
                "iss" | "sub" | "exp" | "nbf" | "iat" | "jti" => {
                    "Clerk writes this claim itself, and rightly: make sure that this is a token of Clerk's, as `getToken` returns it."
                }
                _ if name.contains('#') => "Give the claim another name.",
                _ => return finding,
            };
            finding.fix(fix, Vec::new())
        }
        Cause::HeaderType { name, found } => at(
            &pointer("/header", name),
            format!("`{name}` in the header is {found}, not a string"),
        )
        .why("Convex reads the header before anything else of the signature; `alg`, `kid`, `typ` and `cty` must be strings there (RFC 7515, 4.1).")
        .fix(
            "Make the token with a string there. Clerk always does: make sure that this is a token of Clerk's.",
            Vec::new(),
        ),
        Cause::TimeOutOfRange { name } => {
            let value = facts
                .claims()
                .ok()
                .and_then(|claims| claims.members.get(name))
                .map(ToString::to_string)
                .unwrap_or_default();
            at(
                &pointer("/payload", name),
                format!("`{name}` is {value}, out of range"),
            )
        }
        Cause::ClaimTwice { name } => at(
            &pointer("/payload", name),
            format!("`{name}` stands more than once"),
        ),
        Cause::IssuerMissing => at("/payload/iss", "there is no `iss` claim".to_owned()),
        Cause::IssuerNotUrl => at("/payload/iss", "`iss` is no absolute URL: there is no `https://` before the host".to_owned()),
        Cause::Unreachable { url: of, fault, .. } => {
            unreached(url(of, crate::view::fault_words(fault)), fault)
        }
        Cause::Redirects { url: of, .. } => {
            url(of, "it is redirected more than ten times".to_owned())
        }
        Cause::Status {
            url: of,
            status,
            document,
            ..
        } => refused(
            url(of, format!("{} came with status {status}", named(document))),
            *document,
            *status,
        ),
        Cause::ContentType {
            url: of,
            found,
            document,
        } => url(of, format!("{} was sent as `{found}`", named(document))),
        Cause::Body {
            url: of,
            why,
            document,
        } => url(of, format!("{}: {why}", named(document))),
        Cause::DiscoveryIssuer { url: of, found } => {
            let own = facts.claims().ok().and_then(|claims| claims.text("iss"));
            let (whose, label, issuer) = match issuer {
                Some(asked) => ("the one that was asked", "asked", asked),
                None => ("the token's `iss`", "token", own.unwrap_or_default()),
            };
            url(of, format!("the document's `issuer` is not {whose}"))
                .found(label, without_credentials(issuer))
                .expected(without_credentials(found), None)
        }
        Cause::JwksNotUrl(text) => Finding::new(
            facts
                .claims()
                .ok()
                .and_then(|claims| facts.trust.entry_for(claims.text("iss")?))
                .map_or(Place::Nowhere, |entry| entry.place.clone()),
            format!("`jwks` is `{text}`, not an absolute URL"),
        ),
        Cause::ClaimMissing(name) => at(
            &pointer("/payload", name),
            format!("there is no `{name}` claim"),
        ),
        Cause::Type(kind) => at("/header/typ", format!("`typ` is `{kind}`")),
        Cause::ContentTypeHeader(kind) => at("/header/cty", format!("`cty` is `{kind}`")),
        Cause::Critical => at("/header/crit", "there is a `crit` parameter".to_owned()),
        Cause::Algorithm(own) => {
            let message = own.as_ref().map_or_else(
                || "there is no `alg`".to_owned(),
                |name| format!("`alg` is `{name}`"),
            );
            of_provider(at("/header/alg", message), own.as_deref(), facts)
        }
        Cause::AudienceExtra(extra) => at(
            "/payload/aud",
            format!("`{extra}` stands in `aud` besides the right one"),
        ),
        Cause::NoKeys => Finding::new(
            keys_place(facts),
            "the key set has no key for RS256 or EdDSA",
        ),
        Cause::KeyUnknown { key_id, known } if is_there(key_id.as_ref(), known) => {
            let key_id = key_id.as_deref().unwrap_or_default();
            let why = why_not(facts, key_id).map_or_else(String::new, |why| format!(": {why}"));
            at(
                "/header/kid",
                format!("the key {key_id} is in the set, but does not count for this token{why}"),
            )
        }
        Cause::KeyUnknown { key_id, known } => {
            let mut finding = at(
                "/header/kid",
                "no key of the issuer fits the token".to_owned(),
            );
            if let (Some(key_id), [only]) = (key_id, known.as_slice()) {
                finding = finding
                    .found("token", key_id.clone())
                    .expected(only.clone(), Some("the issuer's key".to_owned()));
            }
            finding
        }
        Cause::KeyAmbiguous => {
            let named = facts.token().is_ok_and(|token| token.key_id().is_some());
            let why = if named { "" } else { "there is no `kid`, and " };
            at(
                "/header/kid",
                format!("{why}more than one key of the issuer fits the token"),
            )
        }
        Cause::KeyUnusable(why) => at("/header/kid", why.clone()),
        Cause::KeyWeak(bits) => at("/header/kid", format!("the key has {bits} bits")),
        Cause::KeyIdMissing => at("/header/kid", "there is no `kid`".to_owned()),
        Cause::Signature => at(
            "/signature",
            "the signature does not fit the key".to_owned(),
        ),
        Cause::Expired => at("/payload/exp", "`exp` has passed".to_owned()),
        Cause::NotYetValid => at("/payload/nbf", "`nbf` lies ahead".to_owned()),
        Cause::IssuedInFuture => at("/payload/iat", "`iat` lies ahead".to_owned()),
        Cause::IssuerUntrusted => at("/payload/iss", "no provider has this issuer".to_owned()),
        Cause::AudienceUntrusted => at(
            "/payload/aud",
            "no provider of this issuer has this audience".to_owned(),
        ),
        Cause::AudienceMissing => at("/payload/aud", "there is no `aud` claim".to_owned()),
    }
}
