//! The resolver under the client: the address that is checked is the one that is connected to.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard;

/// Why a name gave no address to connect to.
#[derive(Debug)]
pub(super) enum NameError {
    /// It has none.
    Absent(String),
    /// The lookup failed, or was one of the proxy's name: which says nothing of the issuer's.
    Unasked(String),
    /// All its addresses are forbidden.
    Refused(String),
}

impl fmt::Display for NameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(why) | Self::Unasked(why) | Self::Refused(why) => formatter.write_str(why),
        }
    }
}

impl Error for NameError {}

/// The names that the requests came across.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Targets of ours. Any other name that the client asks for is its proxy's, which may be private.
    targets: BTreeSet<String>,
    /// Looked up, and not answered.
    pending: BTreeSet<String>,
}

/// The names, as the resolver and its user share them.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedNames(Arc<Mutex<Names>>);

impl SharedNames {
    fn lock(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks a host as a target.
    pub(super) fn target(&self, host: &str) {
        self.lock().targets.insert(host.to_ascii_lowercase());
    }

    fn is_target(&self, host: &str) -> bool {
        self.lock().targets.contains(host)
    }

    /// What a connection to this host waits for, when it takes too long.
    pub(super) fn stage(&self, host: &str) -> &'static str {
        let names = self.lock();
        if names.pending.contains(&host.to_ascii_lowercase()) {
            "looking up the name"
        } else if names.pending.difference(&names.targets).next().is_some() {
            "looking up the proxy's name"
        } else {
            "connecting: TCP and TLS were not done in time"
        }
    }
}

/// Resolves as the system does, and drops the forbidden addresses.
pub(super) struct GuardedResolver {
    pub(super) names: SharedNames,
    /// Loopback is allowed: the client serves only hosts that the user configured.
    pub(super) loopback: bool,
    /// The address of `--resolve`, in place of a lookup.
    pub(super) pinned: Option<IpAddr>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_ascii_lowercase();
        let guarded = self.names.is_target(&host);
        let (loopback, pinned, names) = (self.loopback, self.pinned, self.names.clone());
        Box::pin(async move {
            let found = match pinned {
                Some(address) => vec![SocketAddr::new(address, 0)],
                None => look_up(&host, guarded, &names).await?,
            };
            let checked = if guarded {
                check(&found, loopback)?
            } else {
                found
            };
            Ok(Box::new(checked.into_iter()) as Addrs)
        })
    }
}

async fn look_up(
    host: &str,
    guarded: bool,
    names: &SharedNames,
) -> Result<Vec<SocketAddr>, NameError> {
    names.lock().pending.insert(host.to_owned());
    let found = tokio::net::lookup_host((host, 0)).await;
    // Not so when it was given up in between: then it stays pending, which tells the stage.
    names.lock().pending.remove(host);
    match found {
        Ok(found) => Ok(found.collect()),
        Err(error) if guarded && is_absent(&error) => Err(NameError::Absent(error.to_string())),
        Err(error) if guarded => Err(NameError::Unasked(format!(
            "the name could not be looked up: {error}"
        ))),
        Err(error) => Err(NameError::Unasked(format!(
            "the proxy's name {host} could not be looked up: {error}"
        ))),
    }
}

/// Whether the system says that a name has no address, and not merely that it could not find out. The standard library keeps the words of
/// `getaddrinfo` only, which are in English as long as nobody sets a locale; Windows has numbers.
fn is_absent(error: &io::Error) -> bool {
    const HOST_NOT_FOUND: i32 = 11001;
    const NO_DATA: i32 = 11004;
    if let Some(number) = error.raw_os_error() {
        return [HOST_NOT_FOUND, NO_DATA].contains(&number);
    }
    let words = error.to_string();
    // In this order: glibc and macOS, glibc, musl, musl; last a name that cannot be one.
    error.kind() == io::ErrorKind::InvalidInput
        || [
            "not known",
            "No address associated",
            "does not resolve",
            "no usable address",
        ]
        .iter()
        .any(|known| words.contains(known))
}

fn check(found: &[SocketAddr], loopback: bool) -> Result<Vec<SocketAddr>, NameError> {
    let mut refused = None;
    let mut allowed = Vec::new();
    for address in found {
        match guard::forbidden(address.ip(), loopback) {
            None => allowed.push(*address),
            Some(reason) => {
                refused = Some(format!("the name resolves to {}, {reason}", address.ip()));
            }
        }
    }
    match (allowed.is_empty(), refused) {
        (false, _) => Ok(allowed),
        (true, Some(why)) => Err(NameError::Refused(why)),
        (true, None) => Err(NameError::Absent("the name has no address".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_addresses_are_dropped() {
        let public: SocketAddr = "1.1.1.1:0".parse().unwrap();
        let private: SocketAddr = "10.0.0.1:0".parse().unwrap();
        assert_eq!(check(&[private, public], false).unwrap(), [public]);
        assert!(matches!(
            check(&[private], true),
            Err(NameError::Refused(_))
        ));
        assert!(matches!(check(&[], false), Err(NameError::Absent(_))));
    }

    #[test]
    fn what_a_name_resolves_to_is_checked_for_targets_and_not_for_a_proxy() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let resolver = |targets: &[&str]| {
            let names = SharedNames::default();
            for target in targets {
                names.target(target);
            }
            GuardedResolver {
                names,
                loopback: false,
                pinned: None,
            }
        };
        let resolve = |resolver: &GuardedResolver| {
            runtime.block_on(resolver.resolve("localhost".parse().unwrap()))
        };
        let Err(refused) = resolve(&resolver(&["LOCALHOST"])) else {
            panic!("it is let through");
        };
        assert!(matches!(
            refused.downcast_ref(),
            Some(NameError::Refused(why)) if why.contains("a loopback address")
        ));
        assert!(resolve(&resolver(&["other.test"])).is_ok());

        // A label that is too long: the system's resolver refuses it without asking anyone.
        let absent = format!("{}.invalid", "x".repeat(64));
        let Err(error) = runtime.block_on(resolver(&[&absent]).resolve(absent.parse().unwrap()))
        else {
            panic!("it has an address");
        };
        assert!(matches!(error.downcast_ref(), Some(NameError::Absent(_))));
    }

    #[test]
    fn a_name_without_an_address_is_told_from_a_lookup_that_failed() {
        let said = |words: &str| is_absent(&io::Error::other(words.to_owned()));
        let start = "failed to lookup address information: ";
        for words in [
            "Name or service not known",
            "No address associated with hostname",
            "nodename nor servname provided, or not known",
            "Name does not resolve",
        ] {
            assert!(said(&format!("{start}{words}")), "{words}");
        }
        for words in [
            "Temporary failure in name resolution",
            "Non-recoverable failure in name resolution",
            "Try again",
            "System error",
        ] {
            assert!(!said(&format!("{start}{words}")), "{words}");
        }
        assert!(is_absent(&io::Error::from_raw_os_error(11001)));
        assert!(!is_absent(&io::Error::from_raw_os_error(11002)));
    }

    #[test]
    fn the_stage_is_the_lookup_that_hangs() {
        let names = SharedNames::default();
        names.target("A.test");
        assert!(names.stage("a.test").starts_with("connecting"));
        names.lock().pending.insert("proxy.test".to_owned());
        assert_eq!(names.stage("a.test"), "looking up the proxy's name");
        names.lock().pending.insert("a.test".to_owned());
        assert_eq!(names.stage("a.test"), "looking up the name");
        names.target("b.test");
        names.lock().pending.remove("proxy.test");
        assert!(names.stage("b.test").starts_with("connecting"));
    }
}
