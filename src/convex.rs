//! What Convex's verifier answers for a token: pure, step by step, in its own order (facts A1 to A4).
//!
//! Every fault has its own [`Cause`]; Convex tells its callers one sentence for many of them. URLs are asked for by name: a verdict that needs an
//! answer that is not there is [`Outcome::Unknown`], with the URL.

pub(crate) mod base64url;
mod cache;
mod claim;
mod claims;
mod config;
mod custom;
mod discovery;
mod identity;
mod jwk;
mod oidc;
mod published;

pub use cache::Cache;
pub use config::{ConfigRefusal, accept_config};
pub use identity::Identity;
pub use published::{Published, published, unusable};

use crate::answer::{Answer, Answers, Fault, MAX_REDIRECTS, Response};
use crate::provider::Provider;
use crate::setting::same_issuer;
use crate::token::Digests;
use claims::{Kept, Payload};
use serde_json::{Map, Value};

/// What is to be judged, by what.
#[derive(Debug)]
pub struct Question<'a> {
    /// The compact token, as sent.
    pub token: &'a str,
    /// Its digests, where they are at hand.
    pub digests: Option<&'a Digests>,
    /// The providers, as Convex keeps them.
    pub providers: &'a [Provider],
    /// What URLs answered.
    pub answers: &'a Answers,
    /// Convex's clock, in whole seconds since the epoch.
    pub now: i64,
    /// Whether the deployment hides details from its callers (production).
    pub redacted: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Accepted, refused, or not to be told.
    pub outcome: Outcome,
    /// The provider that was chosen, by its place in the list.
    pub provider: Option<usize>,
    /// The URLs that were asked for, in order, redirects included.
    pub asked: Vec<String>,
    /// Faults behind the first one that would refuse the token too, as far as they can be told.
    pub also: Vec<Cause>,
    /// A URL whose answer would tell more of those.
    pub lacks: Option<String>,
}

/// The verdict.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The token is accepted, as this identity.
    Accepted(Identity),
    /// The token is refused.
    Refused(Refusal),
    /// The answer of this URL is needed.
    Unknown {
        /// The URL.
        url: String,
    },
}

/// What a caller gets for a refused token.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Convex's code.
    pub code: &'static str,
    /// Convex's message.
    pub message: String,
    /// The HTTP status.
    pub http_status: u16,
    /// What the sync socket does.
    pub browser: Browser,
    /// The fault.
    pub cause: Cause,
}

/// What the sync socket does with a refused token (facts B2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Browser {
    /// It sends `AuthError` with the message.
    AuthError {
        /// The message.
        message: String,
    },
    /// It closes without a word, and the client reconnects for ever.
    Close {
        /// The reason that the client sees.
        reason: &'static str,
    },
}

/// A document that Convex fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// The discovery document.
    Discovery,
    /// The key set.
    Jwks,
}

/// The faults, each told apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// The payload cannot be read at all: what is wrong with it.
    Payload(String),
    /// A claim has a type that Convex cannot read.
    ClaimType {
        /// The claim.
        name: String,
        /// What stands there, in words.
        found: String,
        /// What Convex wants, in words.
        wanted: &'static str,
    },
    /// A time is out of the range of any calendar.
    TimeOutOfRange {
        /// The claim.
        name: String,
    },
    /// A claim stands more than once.
    ClaimTwice {
        /// The claim.
        name: String,
    },
    /// There is no `iss`.
    IssuerMissing,
    /// No provider has this issuer.
    IssuerUntrusted,
    /// A provider has the issuer, but none of those has the audience.
    AudienceUntrusted,
    /// The token has no audience, and every provider of its issuer wants one.
    AudienceMissing,
    /// `iss` is no absolute URL.
    IssuerNotUrl,
    /// A document could not be fetched.
    Unreachable {
        /// Which.
        document: Document,
        /// The last URL.
        url: String,
        /// Why.
        fault: Fault,
    },
    /// More redirects than Convex follows.
    Redirects {
        /// Which document.
        document: Document,
        /// The first URL.
        url: String,
    },
    /// A document came with another status than 200.
    Status {
        /// Which.
        document: Document,
        /// The last URL.
        url: String,
        /// The status.
        status: u16,
        /// Clerk says that the host belongs to none of its instances.
        unknown_instance: bool,
    },
    /// A document came with the wrong `Content-Type`.
    ContentType {
        /// Which.
        document: Document,
        /// The last URL.
        url: String,
        /// As sent.
        found: String,
    },
    /// A document cannot be read.
    Body {
        /// Which.
        document: Document,
        /// The last URL.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The discovery document is for another issuer.
    DiscoveryIssuer {
        /// The URL of the document.
        url: String,
        /// Its `issuer`.
        found: String,
    },
    /// `jwks` of a customJwt provider is no URL.
    JwksNotUrl(String),
    /// There are not three segments.
    Segments(usize),
    /// The header cannot be read: what is wrong with it.
    Header(String),
    /// A parameter of the header has a type that Convex cannot read.
    HeaderType {
        /// The parameter.
        name: String,
        /// What stands there, in words.
        found: String,
    },
    /// The signature is not base64url.
    SignatureEncoding,
    /// A required claim is missing.
    ClaimMissing(&'static str),
    /// `typ` is not one of a JWT.
    Type(String),
    /// There is a `cty`.
    ContentTypeHeader(String),
    /// There is a `crit`.
    Critical,
    /// `alg` is not allowed, not known, or missing.
    Algorithm(Option<String>),
    /// There is an audience besides the provider's.
    AudienceExtra(String),
    /// The key set has no usable key at all.
    NoKeys,
    /// No eligible key has the token's key id.
    KeyUnknown {
        /// `kid`.
        key_id: Option<String>,
        /// The key ids that there are.
        known: Vec<String>,
    },
    /// More than one key is eligible.
    KeyAmbiguous,
    /// The key's numbers make no key.
    KeyUnusable(String),
    /// The RSA key is shorter or longer than Convex verifies with: its bits.
    KeyWeak(usize),
    /// The token has no key id, and the provider is a customJwt.
    KeyIdMissing,
    /// The signature is not the key's.
    Signature,
    /// The token ran out.
    Expired,
    /// `nbf` lies ahead, and the provider is a customJwt.
    NotYetValid,
    /// `iat` lies ahead, and the provider is a customJwt.
    IssuedInFuture,
}

impl Cause {
    /// Whether the fault lies in what could be reached from here, which says nothing of Convex.
    pub fn is_local_fault(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// Whether the fault lies in the claims themselves, signed or not, and not in their age.
    pub fn is_of_claims(&self) -> bool {
        matches!(
            self,
            Self::ClaimType { .. }
                | Self::ClaimTwice { .. }
                | Self::TimeOutOfRange { .. }
                | Self::IssuerNotUrl
                | Self::IssuerUntrusted
                | Self::AudienceUntrusted
                | Self::AudienceMissing
                | Self::AudienceExtra(_)
        )
    }

    /// Whether the fault refuses the token whatever the providers are and whatever their URLs answer.
    pub fn is_certain(&self) -> bool {
        matches!(
            self,
            Self::Payload(_)
                | Self::ClaimTwice { .. }
                | Self::TimeOutOfRange { .. }
                | Self::IssuerMissing
                | Self::Segments(_)
                | Self::Header(_)
                | Self::SignatureEncoding
                | Self::ClaimMissing("sub" | "exp")
                | Self::Expired
        )
    }

    /// Whether the fault hangs on the configuration of the providers.
    pub fn depends_on_providers(&self) -> bool {
        matches!(
            self,
            Self::IssuerUntrusted
                | Self::AudienceUntrusted
                | Self::AudienceMissing
                | Self::AudienceExtra(_)
        )
    }
}

const NOT_A_JWT: &str = "Could not parse JWT payload. Check that the token is a valid JWT format with three base64-encoded parts separated by dots.";
const NO_ISSUER: &str = "Missing issuer claim ('iss') in JWT payload. The JWT must include an 'iss' claim that matches one of your configured auth providers.";
const INTERNAL: &str = "Your request couldn't be completed. Try again later.";

/// Judges a token.
pub fn judge(question: &Question<'_>) -> Verdict {
    judge_with(question, &mut Cache::default())
}

/// Judges one token of many: what the issuer's documents came to is kept for the next.
pub fn judge_with(question: &Question<'_>, cache: &mut Cache) -> Verdict {
    let mut asked = Asked {
        answers: question.answers,
        urls: Vec::new(),
    };
    let unparsable = |causes| {
        refused_at_once(
            refuse("InvalidAuthHeader", NOT_A_JWT.to_owned(), 401),
            causes,
        )
    };
    let text = match claims::decoded(question.token) {
        Ok(text) => text,
        Err(causes) => return unparsable(causes),
    };
    let payload = match claims::payload(&text, Kept::Typed) {
        Ok(payload) => payload,
        Err(causes) => return unparsable(causes),
    };
    let Some(issuer) = payload.issuer() else {
        return refused_at_once(
            refuse("InvalidAuthHeader", NO_ISSUER.to_owned(), 401),
            vec![Cause::IssuerMissing],
        );
    };
    let position = question
        .providers
        .iter()
        .position(|provider| matches(provider, issuer, &payload));
    let Some(position) = position else {
        return unmatched(question, issuer, &payload, &mut asked, cache);
    };
    let Some(provider) = question.providers.get(position) else {
        return refused_at_once(
            refuse("InternalServerError", INTERNAL.to_owned(), 500),
            vec![Cause::IssuerNotUrl],
        );
    };
    let walk = match provider {
        Provider::Oidc { application_id, .. } => oidc::walk(
            question,
            issuer,
            &payload,
            application_id,
            &mut asked,
            cache,
        ),
        Provider::CustomJwt { .. } => custom::walk(question, &payload, provider, &mut asked),
    };
    walk.into_verdict(Some(position), asked.urls)
}

/// The faults of claims that a token would have, whoever signs it: their types, and for an OIDC provider those of the standard claims (facts A1, step
/// 1, and A2). What a token must have besides is not asked for.
pub fn claim_faults(claims: &Map<String, Value>, is_oidc: bool) -> Vec<Cause> {
    let text = Value::Object(claims.clone()).to_string();
    match claims::payload(&text, Kept::Typed) {
        Ok(payload) if is_oidc => {
            let mut causes = claims::typed(&payload);
            causes.retain(|cause| !matches!(cause, Cause::ClaimMissing(_)));
            causes
        }
        Ok(_) => Vec::new(),
        Err(causes) => causes,
    }
}

/// No provider matches: the verdict is made, but the rest of the token is looked at as if one did.
fn unmatched(
    question: &Question<'_>,
    issuer: &str,
    payload: &Payload<'_>,
    asked: &mut Asked<'_>,
    cache: &mut Cache,
) -> Verdict {
    let of_issuer = |provider: &&Provider| same_issuer(issuer_of(provider), issuer);
    let known = question.providers.iter().find(of_issuer);
    let cause = match known {
        None => Cause::IssuerUntrusted,
        Some(_) if payload.audiences().next().is_none() => Cause::AudienceMissing,
        Some(_) => Cause::AudienceUntrusted,
    };
    let message = "No auth provider found matching the given token";
    let list: Vec<String> = question.providers.iter().map(words).collect();
    let message = match (question.redacted, list.as_slice()) {
        (true, _) => message.to_owned(),
        (false, []) => format!("{message} (no providers configured). Check convex/auth.config.ts."),
        (false, list) => format!(
            "{message}. Check that your JWT's issuer and audience match one of your configured providers: [{}]",
            list.join(", ")
        ),
    };
    let refusal = refuse("NoAuthProvider", message, 401);
    let audience = payload.audiences().next().unwrap_or_default();
    let mut rest = match known {
        Some(provider @ Provider::CustomJwt { .. }) => {
            custom::walk(question, payload, provider, asked)
        }
        _ => oidc::walk(question, issuer, payload, audience, asked, cache),
    };
    rest.causes.insert(0, cause);
    rest.refusal = Some(refusal);
    let lacks = rest.lacks.take();
    Verdict {
        lacks,
        ..rest.into_verdict(None, Vec::new())
    }
}

fn refused_at_once(refusal: PartialRefusal, causes: Vec<Cause>) -> Verdict {
    Walk {
        causes,
        refusal: Some(refusal),
        lacks: None,
        identity: None,
    }
    .into_verdict(None, Vec::new())
}

/// Whether Convex picks this provider: issuer and audience (facts A1, Issuer and Audience).
fn matches(provider: &Provider, issuer: &str, payload: &Payload<'_>) -> bool {
    let audience = match provider {
        Provider::Oidc { application_id, .. } => Some(application_id),
        Provider::CustomJwt { application_id, .. } => application_id.as_ref(),
    };
    same_issuer(issuer_of(provider), issuer)
        && audience.is_none_or(|audience| payload.audiences().any(|own| own == audience))
}

fn issuer_of(provider: &Provider) -> &str {
    match provider {
        Provider::Oidc { domain, .. } => domain,
        Provider::CustomJwt { issuer, .. } => issuer,
    }
}

fn words(provider: &Provider) -> String {
    match provider {
        Provider::Oidc {
            domain,
            application_id,
        } => format!("OIDC(domain={domain}, app_id={application_id})"),
        Provider::CustomJwt {
            issuer,
            application_id,
            ..
        } => {
            format!(
                "CustomJWT(issuer={issuer}, app_id={})",
                application_id.as_deref().unwrap_or("none")
            )
        }
    }
}

/// What a walk through the steps of one provider came to.
#[derive(Debug, Default)]
struct Walk {
    /// The faults, in Convex's order.
    causes: Vec<Cause>,
    /// What the caller is told, set by the first fault.
    refusal: Option<PartialRefusal>,
    /// The URL without which it cannot go on.
    lacks: Option<String>,
    /// Who it is, when nothing is wrong.
    identity: Option<Identity>,
}

#[derive(Debug)]
struct PartialRefusal {
    code: &'static str,
    message: String,
    http_status: u16,
}

fn refuse(code: &'static str, message: String, http_status: u16) -> PartialRefusal {
    PartialRefusal {
        code,
        message,
        http_status,
    }
}

impl Walk {
    /// Notes a fault; what the caller is told is the first's.
    fn fail(&mut self, cause: Cause, refusal: impl FnOnce() -> PartialRefusal) {
        if self.refusal.is_none() && self.lacks.is_none() {
            self.refusal = Some(refusal());
        }
        self.causes.push(cause);
    }

    fn into_verdict(self, provider: Option<usize>, asked: Vec<String>) -> Verdict {
        let mut causes = self.causes.into_iter();
        let outcome = match (self.refusal, self.lacks.clone(), self.identity) {
            (Some(refusal), _, _) => match causes.next() {
                Some(cause) => Outcome::Refused(refusal.because(cause)),
                None => Outcome::Refused(
                    refusal.because(Cause::Payload("it cannot be read".to_owned())),
                ),
            },
            (None, Some(url), _) => Outcome::Unknown { url },
            (None, None, Some(identity)) => Outcome::Accepted(identity),
            (None, None, None) => Outcome::Refused(
                refuse("InternalServerError", INTERNAL.to_owned(), 500)
                    .because(Cause::IssuerNotUrl),
            ),
        };
        Verdict {
            outcome,
            provider,
            asked,
            also: causes.collect(),
            lacks: self.lacks,
        }
    }
}

impl PartialRefusal {
    fn because(self, cause: Cause) -> Refusal {
        // Only errors of these kinds are told to the socket; after others it closes (facts A3, B2).
        let browser = match self.http_status {
            400 | 401 | 403 => Browser::AuthError {
                message: self.message.clone(),
            },
            _ => Browser::Close { reason: self.code },
        };
        Refusal {
            code: self.code,
            message: self.message,
            http_status: self.http_status,
            browser,
            cause,
        }
    }
}

/// The answers, and which of them were asked for.
struct Asked<'a> {
    answers: &'a Answers,
    urls: Vec<String>,
}

/// What asking for a URL came to, redirects followed.
enum Got<'a> {
    Response { url: String, response: &'a Response },
    Fault { url: String, fault: &'a Fault },
    TooManyRedirects,
    Absent { url: String },
}

impl<'a> Asked<'a> {
    fn get(&mut self, url: &str) -> Got<'a> {
        // A URL is asked for as it is written, and found under its normal spelling.
        self.urls.push(url.to_owned());
        let mut url = url::Url::parse(url).map_or_else(|_| url.to_owned(), String::from);
        for hop in 0..=MAX_REDIRECTS {
            if hop > 0 {
                self.urls.push(url.clone());
            }
            match self.answers.get(&url) {
                None => return Got::Absent { url },
                Some(Answer::Fault(fault)) => return Got::Fault { url, fault },
                // A proxy that wants a password is no answer of the issuer.
                Some(Answer::Response(response)) if response.status == 407 => {
                    return Got::Fault { url, fault: &PROXY };
                }
                Some(Answer::Response(response)) => match response.redirects_to(&url) {
                    Some(next) => url = next,
                    None => return Got::Response { url, response },
                },
            }
        }
        Got::TooManyRedirects
    }
}

static PROXY: Fault = Fault::Unreachable(String::new());

/// `Content-Type` before the semicolon, compared as Convex does: no blanks forgiven, letters of either case.
fn is_type(found: &str, wanted: &[&str]) -> bool {
    let essence = found.split(';').next().unwrap_or_default();
    wanted
        .iter()
        .any(|wanted| essence.eq_ignore_ascii_case(wanted))
}
