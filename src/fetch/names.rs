//! The resolver under the client: the address that is checked is the one that is connected to.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard;

/// Why a name gave no address to connect to.
#[derive(Debug)]
pub(super) enum NameError {
    /// It has none.
    Absent(String),
    /// It is the proxy's name, and has none.
    ProxyAbsent(String),
    /// All its addresses are forbidden.
    Refused(String),
}

impl fmt::Display for NameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(why) | Self::ProxyAbsent(why) | Self::Refused(why) => {
                formatter.write_str(why)
            }
        }
    }
}

impl Error for NameError {}

/// The names that are targets of ours. Any other name that the client asks for is its proxy's, which may be private.
pub(super) type Targets = Arc<Mutex<BTreeSet<String>>>;

/// Resolves as the system does, and drops the forbidden addresses.
pub(super) struct GuardedResolver {
    pub(super) targets: Targets,
    /// Loopback is allowed: the client serves only hosts that the user configured.
    pub(super) loopback: bool,
    /// The address of `--resolve`, in place of a lookup.
    pub(super) pinned: Option<IpAddr>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_ascii_lowercase();
        let guarded = self
            .targets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&host);
        let (loopback, pinned) = (self.loopback, self.pinned);
        Box::pin(async move {
            let found: Vec<SocketAddr> = match pinned {
                Some(address) => vec![SocketAddr::new(address, 0)],
                None => match tokio::net::lookup_host((host.as_str(), 0)).await {
                    Ok(found) => found.collect(),
                    Err(error) if guarded => {
                        return Err(NameError::Absent(error.to_string()).into());
                    }
                    Err(error) => {
                        let why = format!("the proxy's name {host} has no address: {error}");
                        return Err(NameError::ProxyAbsent(why).into());
                    }
                },
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
}
