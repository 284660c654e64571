//! Which addresses may be connected to: pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::{Origin, Policy};

/// Why this address must not be connected to, or `None` when it may. `loopback` says that the user configured this host as loopback.
pub fn forbidden(address: IpAddr, loopback: bool) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address, loopback),
        IpAddr::V6(address) => forbidden_v6(address, loopback),
    }
}

fn forbidden_v4(address: Ipv4Addr, loopback: bool) -> Option<&'static str> {
    if address.is_loopback() {
        return (!loopback).then_some("a loopback address");
    }
    match address.octets() {
        [0, ..] => Some("an unspecified address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("a private address"),
        [169, 254, 169, 254] | [168, 63, 129, 16] | [192, 0, 0, 192] | [100, 100, 100, 200] => {
            Some("a cloud metadata address")
        }
        [169, 254, ..] => Some("a link-local address"),
        [100, 64..=127, ..] => Some("a carrier's private address"),
        [198, 18 | 19, ..] => Some("a benchmark address, used by some VPNs for fake DNS answers"),
        [224..=239, ..] => Some("a multicast address"),
        [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [240..=255, ..] => Some("a reserved address"),
        _ => None,
    }
}

fn forbidden_v6(address: Ipv6Addr, loopback: bool) -> Option<&'static str> {
    if address.is_loopback() {
        return (!loopback).then_some("a loopback address");
    }
    if address.is_unspecified() {
        return Some("an unspecified address");
    }
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        // Mapped, compatible, NAT64 and 6to4 addresses end at the IPv4 address inside them.
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            forbidden_v4(embedded(high, low), loopback)
        }
        [0x2002, high, low, ..] => forbidden_v4(embedded(high, low), false),
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254] => Some("a cloud metadata address"),
        [0xfc00..=0xfdff, ..] => Some("a private address"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        [0x2001, 0 | 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Some("a reserved address"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("a reserved address"),
    }
}

/// Whether a host can only mean this machine: `localhost`, names below it, and loopback addresses.
pub fn is_loopback_host(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return address.to_canonical().is_loopback();
    }
    let name = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether the user sent this URL's host and port to loopback: as a configured loopback issuer, or with `--resolve`.
pub(super) fn is_configured_loopback(url: &Url, policy: &Policy) -> bool {
    let Some(origin) = Origin::of(url) else {
        return false;
    };
    match policy.pin(url) {
        Some(pin) => pin.addr.to_canonical().is_loopback(),
        None => is_loopback_host(&origin.host) && policy.loopback.contains(&origin),
    }
}

/// Whether the policy lets us ask this URL at all; the error says why not. Names are checked again when they are resolved.
pub fn may_fetch(url: &Url, policy: &Policy) -> Result<(), String> {
    let loopback = is_configured_loopback(url, policy);
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => return Err("only https is asked, save on a configured loopback host".to_owned()),
        other => return Err(format!("only https is asked, and this is `{other}:`")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the URL holds credentials, and none are sent".to_owned());
    }
    let pinned = policy.pin(url).map(|pin| pin.addr);
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(name)) => {
            if pinned.is_none() && !loopback && is_loopback_host(name) {
                return Err(format!("{name} is loopback, and was not configured"));
            }
            None
        }
        None => return Err("the URL has no host".to_owned()),
    };
    for address in [literal, pinned].into_iter().flatten() {
        if let Some(reason) = forbidden(address, loopback) {
            return Err(format!("{address} is {reason}"));
        }
    }
    Ok(())
}

/// Whether a redirect from one URL to the other may be followed.
pub(super) fn may_redirect(from: &Url, to: &Url, policy: &Policy) -> Result<(), String> {
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err("a redirect from https to http is not followed".to_owned());
    }
    may_fetch(to, policy)?;
    if is_configured_loopback(to, policy) && !is_configured_loopback(from, policy) {
        return Err("a redirect from elsewhere to loopback is not followed".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::{Origin, Resolve};

    #[test]
    fn only_public_addresses_pass() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "169.254.169.254",
            "169.254.1.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:a00:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "fd00:ec2::254",
            "fc00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
        ] {
            let address = text.parse().unwrap();
            assert!(forbidden(address, false).is_some(), "{text} is let through");
        }
        for text in [
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.167.1.1",
            "2606:4700::1",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "::ffff:1.1.1.1",
        ] {
            let address = text.parse().unwrap();
            assert_eq!(forbidden(address, false), None, "{text} is refused");
        }
    }

    #[test]
    fn a_configured_loopback_opens_loopback_alone() {
        for text in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(forbidden(text.parse().unwrap(), true), None);
        }
        assert!(forbidden("10.0.0.1".parse().unwrap(), true).is_some());
        assert!(forbidden("169.254.169.254".parse().unwrap(), true).is_some());
    }

    #[test]
    fn loopback_hosts() {
        for host in [
            "localhost",
            "LOCALHOST.",
            "app.localhost",
            "127.0.0.1",
            "127.1.2.3",
            "[::1]",
            "::1",
        ] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in [
            "localhost.example",
            "notlocalhost",
            "1.1.1.1",
            "",
            "example.com",
        ] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }

    fn origin(host: &str, port: u16) -> Origin {
        Origin {
            host: host.to_owned(),
            port,
        }
    }

    fn asks(url: &str, policy: &Policy) -> Result<(), String> {
        may_fetch(&Url::parse(url).unwrap(), policy)
    }

    #[test]
    fn http_is_for_configured_loopback() {
        let bare = Policy::default();
        let configured = Policy {
            loopback: vec![origin("localhost", 1)],
            ..Policy::default()
        };
        assert!(asks("http://localhost:1/", &bare).is_err());
        assert!(asks("https://localhost:1/", &bare).is_err());
        assert!(asks("http://localhost:1/", &configured).is_ok());
        assert!(asks("http://localhost:2/", &configured).is_err());
        assert!(asks("http://127.0.0.1:1/", &configured).is_err());
        assert!(asks("http://example.com/", &configured).is_err());
        assert!(asks("https://example.com/", &bare).is_ok());
        assert!(asks("https://0x7f.1/", &bare).is_err());
        assert!(asks("https://2130706433/", &bare).is_err());
        assert!(asks("https://[::ffff:169.254.169.254]/", &bare).is_err());
        assert!(asks("ftp://example.com/", &bare).is_err());
        assert!(
            asks("https://user:hidden@example.com/", &bare)
                .is_err_and(|why| !why.contains("hidden"))
        );
    }

    #[test]
    fn a_public_host_in_the_loopback_list_gains_nothing() {
        let policy = Policy {
            loopback: vec![origin("example.com", 80)],
            ..Policy::default()
        };
        assert!(asks("http://example.com/", &policy).is_err());
    }

    #[test]
    fn resolve_counts_as_configured_on_its_port() {
        let pin = |addr: &str| Resolve {
            host: "x.test".to_owned(),
            port: 443,
            addr: addr.parse().unwrap(),
        };
        let policy = Policy {
            resolve: vec![pin("127.0.0.1")],
            ..Policy::default()
        };
        assert!(asks("https://x.test/", &policy).is_ok());
        assert!(asks("http://x.test:443/", &policy).is_ok());
        assert!(asks("http://x.test/", &policy).is_err());
        let policy = Policy {
            resolve: vec![pin("10.0.0.1")],
            ..Policy::default()
        };
        assert!(asks("https://x.test/", &policy).is_err());
    }

    #[test]
    fn redirects_lead_neither_down_nor_home() {
        let policy = Policy {
            loopback: vec![origin("localhost", 80), origin("localhost", 443)],
            ..Policy::default()
        };
        let goes = |from: &str, to: &str| {
            may_redirect(
                &Url::parse(from).unwrap(),
                &Url::parse(to).unwrap(),
                &policy,
            )
        };
        assert!(goes("https://a.test/", "https://b.test/").is_ok());
        assert!(goes("https://a.test/", "http://b.test/").is_err());
        assert!(goes("https://localhost/", "http://localhost/").is_err());
        assert!(goes("https://a.test/", "https://localhost/").is_err());
        assert!(goes("http://localhost/", "http://localhost/b").is_ok());
        assert!(goes("https://a.test/", "https://169.254.169.254/").is_err());
    }
}
