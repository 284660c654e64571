//! What one issuer's documents and one header came to, kept for the next token.

use super::oidc::Header;
use super::{Asked, Cause};
use crate::answer::{Answer, Response};
use crate::issuer::Key;
use crate::keys::{Fault, Parsed};
use crate::token::Digests;
use jsonwebtoken::Algorithm;
use std::sync::{Arc, OnceLock};

/// How many issuers are kept.
const ROADS: usize = 8;

/// What was read before, for judging many tokens: key sets, with their keys parsed, which are looked into only where every answer on the way is still
/// the same, and the last header, as those of one key are the same letter for letter. A verdict does not depend on it.
#[derive(Debug, Default)]
pub struct Cache {
    roads: Vec<Road>,
    header: Option<(String, Result<Header, Cause>)>,
}

/// The way to one issuer's keys.
#[derive(Debug)]
struct Road {
    issuer: String,
    /// Each URL: as it was asked for, in its normal spelling, and what it answered.
    hops: Vec<(String, String, Response)>,
    keys: Arc<Keys>,
}

/// A key set, its keys parsed when they are first used.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) list: Vec<Key>,
    parsed: Vec<OnceLock<Result<Parsed, Fault>>>,
}

impl Keys {
    pub(super) fn new(list: Vec<Key>) -> Self {
        Self {
            parsed: list.iter().map(|_| OnceLock::new()).collect(),
            list,
        }
    }

    /// Checks a signature with the key at a place in the list. A key has one type, and so one algorithm.
    pub(super) fn verify(
        &self,
        place: usize,
        algorithm: Algorithm,
        (message, digests): (&str, Option<&Digests>),
        signature: &[u8],
    ) -> Result<(), Cause> {
        let (Some(key), Some(parsed)) = (self.list.get(place), self.parsed.get(place)) else {
            return Err(Cause::NoKeys);
        };
        let parsed = parsed.get_or_init(|| Parsed::of(algorithm, key));
        let checked = match parsed {
            Ok(parsed) => match digests.filter(|_| algorithm == Algorithm::RS256) {
                Some(digests) => parsed.verify_digest(digests, signature),
                None => parsed.verify(message, signature),
            },
            Err(fault) => Err(fault.clone()),
        };
        checked.map_err(|fault| match fault {
            Fault::Key(why) => Cause::KeyUnusable(why),
            Fault::Size(bits) => Cause::KeyWeak(bits),
            Fault::Signature => Cause::Signature,
        })
    }
}

impl Cache {
    /// The header that a first segment holds.
    pub(super) fn header(
        &mut self,
        segment: &str,
        read: impl FnOnce(&str) -> Result<Header, Cause>,
    ) -> &Result<Header, Cause> {
        self.header.take_if(|(own, _)| own != segment);
        let known = || (segment.to_owned(), read(segment));
        &self.header.get_or_insert_with(known).1
    }

    /// The keys of an issuer, when every answer on the way to them is as it was.
    pub(super) fn known(&self, issuer: &str, asked: &mut Asked<'_>) -> Option<Arc<Keys>> {
        let road = self.roads.iter().find(|road| road.issuer == issuer)?;
        let same = road.hops.iter().all(|(_, url, before)| {
            matches!(asked.answers.get(url), Some(Answer::Response(now)) if now == before)
        });
        same.then(|| {
            asked
                .urls
                .extend(road.hops.iter().map(|(url, _, _)| url.clone()));
            Arc::clone(&road.keys)
        })
    }

    /// Keeps the keys of an issuer, and the way to them: the URLs that were asked for from a place on.
    pub(super) fn keep(&mut self, issuer: &str, asked: &Asked<'_>, from: usize, keys: &Arc<Keys>) {
        let mut hops = Vec::new();
        for url in asked.urls.get(from..).unwrap_or_default() {
            let normal = url::Url::parse(url).map_or_else(|_| url.clone(), String::from);
            let Some(Answer::Response(response)) = asked.answers.get(&normal) else {
                return;
            };
            hops.push((url.clone(), normal, response.clone()));
        }
        self.roads.retain(|road| road.issuer != issuer);
        if self.roads.len() == ROADS {
            self.roads.remove(0);
        }
        self.roads.push(Road {
            issuer: issuer.to_owned(),
            hops,
            keys: Arc::clone(keys),
        });
    }
}
