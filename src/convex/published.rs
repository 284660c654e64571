//! The keys of a provider, and which of them Convex could verify a token with: asked key by key, of the verifier itself.

use super::{
    Asked, Cache, Cause, Outcome, Question, Walk, custom, discovery, issuer_of, judge_with,
};
use crate::answer::Answers;
use crate::issuer::{self, Key, Unusable};
use crate::provider::{CustomAlgorithm, Provider};
use crate::setting::comparable;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The most keys that are tried, and not only looked at. An issuer has one, or a few while it changes them.
const MOST: usize = 100;

/// A key set, as a provider has it.
#[derive(Debug, Clone)]
pub struct Published {
    /// The provider's issuer.
    pub issuer: String,
    /// Where it was found at last.
    pub url: String,
    /// Its entries, each with the reason for which no token of it would be verified; `None`: it would.
    pub keys: Vec<(Key, Option<Cause>)>,
    /// Whether its provider is an OIDC one. A customJwt provider takes the first of the entries of a `kid`.
    is_oidc: bool,
}

impl Published {
    /// The entries that a token can be verified with.
    pub fn usable(&self) -> usize {
        self.keys.iter().filter(|(_, why)| why.is_none()).count()
    }

    /// A `kid` that stands more than once, so that Convex refuses every token of it, beside a key that it can use.
    pub fn twice(&self) -> Option<&str> {
        if self.usable() == 0 {
            return None;
        }
        self.keys
            .iter()
            .find(|(key, why)| matches!(why, Some(Cause::KeyAmbiguous)) && key.key_id.is_some())
            .filter(|_| self.is_oidc)
            .and_then(|(key, _)| key.key_id.as_deref())
    }

    /// Whether there would be such an entry, if it stood there once.
    pub fn is_ambiguous(&self) -> bool {
        self.usable() == 0
            && self
                .keys
                .iter()
                .any(|(_, why)| matches!(why, Some(Cause::KeyAmbiguous)))
    }
}

/// Why no token of a key would be verified, in words that begin with a pronoun for the key.
pub fn unusable(key: &Key, why: &Cause) -> String {
    match why {
        Cause::KeyAmbiguous => "another entry has the same `kid`".to_owned(),
        Cause::KeyWeak(bits) => Unusable::Size(*bits).to_string(),
        Cause::KeyUnusable(why) => why.clone(),
        Cause::KeyIdMissing => "it has no `kid`".to_owned(),
        _ => key.refused.as_ref().map_or_else(
            || "it is not for the provider's algorithm".to_owned(),
            ToString::to_string,
        ),
    }
}

/// The key set of a provider; `None`: Convex cannot get it or read it, or it was not fetched.
pub fn published(provider: &Provider, answers: &Answers) -> Option<Published> {
    let issuer = comparable(issuer_of(provider));
    let mut asked = Asked {
        answers,
        urls: Vec::new(),
    };
    let (mut cache, mut walk) = (Cache::default(), Walk::default());
    let keys = match provider {
        Provider::Oidc { .. } => discovery::keys(&issuer, &mut asked, &mut cache, &mut walk)?
            .list
            .clone(),
        Provider::CustomJwt { jwks, .. } => custom::keys(jwks, &mut asked, &mut walk)?
            .into_iter()
            .map(issuer::key)
            .collect(),
    };
    let mut tried = |key: &Key| {
        let token = stand_in(provider, &issuer, key);
        let question = Question {
            token: &token,
            providers: std::slice::from_ref(provider),
            answers,
            now: 0,
            digests: None,
            redacted: false,
        };
        match judge_with(&question, &mut cache).outcome {
            // Nobody has the key: its signature alone is wrong.
            Outcome::Refused(refusal) if refusal.cause != Cause::Signature => Some(refusal.cause),
            Outcome::Refused(_) | Outcome::Accepted(_) | Outcome::Unknown { .. } => None,
        }
    };
    let is_oidc = matches!(provider, Provider::Oidc { .. });
    let seen = |(index, key): (usize, &Key)| {
        // A token of such a key would be verified with another of its `kid`, if with any.
        let hidden = if is_oidc {
            key.refused.as_ref().map(|_| Cause::NoKeys)
        } else {
            let before = keys.get(..index.min(MOST)).unwrap_or_default();
            let is_second = before.iter().any(|other| other.key_id == key.key_id);
            is_second.then_some(Cause::KeyAmbiguous)
        };
        if index < MOST {
            tried(key).or(hidden)
        } else {
            hidden
        }
    };
    let causes: Vec<Option<Cause>> = keys.iter().enumerate().map(seen).collect();
    let url = asked.urls.pop().unwrap_or_else(|| "data:".to_owned());
    Some(Published {
        issuer,
        url,
        keys: keys.into_iter().zip(causes).collect(),
        is_oidc,
    })
}

/// A token in order but for its signature, as if this key had made it.
fn stand_in(provider: &Provider, issuer: &str, key: &Key) -> String {
    let (algorithm, audience) = match provider {
        Provider::Oidc { application_id, .. } if key.key_type.as_deref() == Some("OKP") => {
            ("EdDSA", Some(application_id))
        }
        Provider::Oidc { application_id, .. } => ("RS256", Some(application_id)),
        Provider::CustomJwt {
            algorithm,
            application_id,
            ..
        } => match algorithm {
            CustomAlgorithm::Rs256 => ("RS256", application_id.as_ref()),
            CustomAlgorithm::Es256 => ("ES256", application_id.as_ref()),
        },
    };
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({"alg": algorithm, "typ": "JWT", "kid": key.key_id}));
    let claims = part(json!({"iss": issuer, "sub": "user", "aud": audience, "iat": 0, "exp": 60}));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 256]))
}
