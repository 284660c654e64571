//! The client's errors, told apart.

use std::error::Error;
use std::io;

use rustls::CertificateError;
use rustls::pki_types::{InvalidDnsNameError, UnixTime};

use super::names::NameError;
use crate::answer::Fault;

/// The fault behind an error of the client. No URL is in it: only the innermost cause is told. `stage` is what connecting waits for.
pub(super) fn fault(error: &reqwest::Error, stage: &str) -> Fault {
    let mut innermost = None;
    let mut reset = false;
    let mut link = error.source();
    while let Some(cause) = link {
        if let Some(name) = cause.downcast_ref::<NameError>() {
            return match name {
                NameError::Absent(why) => Fault::Unresolvable(why.clone()),
                NameError::Unasked(why) => Fault::Unreachable(why.clone()),
                NameError::Refused(why) => Fault::Forbidden(why.clone()),
            };
        }
        // The TLS library looks at the name before anyone looks it up.
        if wrapped::<InvalidDnsNameError>(cause).is_some() {
            return Fault::Unresolvable("the host is no name that DNS can hold".to_owned());
        }
        if let Some(tls) = wrapped::<rustls::Error>(cause) {
            return tls_fault(tls);
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            reset |= matches!(
                io.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
            );
        }
        innermost = Some(cause.to_string());
        link = cause.source();
    }
    let why = match innermost.as_deref() {
        None => "no cause was given".to_owned(),
        // The client does not tell the status.
        Some("tunnel error: unsuccessful") => {
            "the proxy on the way refuses to connect to this host".to_owned()
        }
        Some(why) => why.to_owned(),
    };
    if error.is_connect() && error.is_timeout() {
        Fault::TimedOut(stage.to_owned())
    } else if error.is_connect() || (reset && error.is_request()) {
        Fault::Unreachable(why)
    } else {
        Fault::Protocol(why)
    }
}

/// Whether a connection that was made ended before an answer began.
pub(super) fn is_dropped(error: &reqwest::Error) -> bool {
    if !error.is_request() || error.is_connect() || error.is_timeout() {
        return false;
    }
    let mut link = error.source();
    while let Some(cause) = link {
        let is_end = cause.downcast_ref::<io::Error>().is_some_and(|io| {
            matches!(
                io.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
            )
        });
        // The client's own error has no public kind.
        if is_end || cause.to_string() == "connection closed before message completed" {
            return true;
        }
        link = cause.source();
    }
    false
}

/// The error of this kind in a link of the chain. I/O errors wrap it, and skip it in their own chain.
fn wrapped<'a, E: Error + 'static>(cause: &'a (dyn Error + 'static)) -> Option<&'a E> {
    if let Some(found) = cause.downcast_ref::<E>() {
        return Some(found);
    }
    let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
    wrapped(inner)
}

/// Why there is no TLS client, in words; `why` is the innermost cause. Small container images have no root certificates.
pub(super) fn no_client(why: String) -> String {
    if why.contains("No CA certificates") {
        "this machine has no root certificates. On most Linux systems the package ca-certificates holds them; `--cacert FILE` names others"
            .to_owned()
    } else {
        why
    }
}

fn tls_fault(error: &rustls::Error) -> Fault {
    use rustls::AlertDescription as Alert;
    let words = match error {
        rustls::Error::InvalidCertificate(certificate) => {
            return Fault::Tls(certificate_words(certificate));
        }
        rustls::Error::InvalidMessage(_) => "the port does not speak TLS",
        rustls::Error::AlertReceived(Alert::ProtocolVersion)
        | rustls::Error::PeerIncompatible(_) => {
            "the server speaks no version of TLS that is safe: 1.2 and 1.3 are"
        }
        rustls::Error::AlertReceived(Alert::HandshakeFailure) => {
            "the server refuses the handshake: it takes no safe cipher of TLS 1.2 or 1.3, or wants a certificate of the client"
        }
        rustls::Error::AlertReceived(Alert::CertificateRequired) => {
            "the server wants a certificate of the client"
        }
        rustls::Error::AlertReceived(Alert::UnrecognisedName) => {
            "the server has no host of this name"
        }
        other => return Fault::Handshake(other.to_string()),
    };
    Fault::Handshake(words.to_owned())
}

fn certificate_words(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            "the certificate is signed by an authority that is not trusted here".to_owned()
        }
        CertificateError::BadSignature => {
            "the certificate is not signed by the authority of that name that is trusted here"
                .to_owned()
        }
        CertificateError::Expired => "the certificate has expired".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the certificate expired on {}", day(*not_after))
        }
        CertificateError::NotValidYet => "the certificate is not valid yet".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the certificate is not valid before {}", day(*not_before))
        }
        CertificateError::NotValidForName => "the certificate is for another name".to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented.iter().map(|name| dns_name(name)).collect();
            format!("the certificate is for another name: {}", names.join(", "))
        }
        CertificateError::Revoked => "the certificate is revoked".to_owned(),
        other => other.to_string(),
    }
}

fn day(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or_else(
            || "an impossible day".to_owned(),
            |time| time.strftime("%F").to_string(),
        )
}

/// The name in `DnsName("..")`, which is how the TLS library writes it.
fn dns_name(presented: &str) -> &str {
    presented
        .strip_prefix("DnsName(\"")
        .and_then(|rest| rest.strip_suffix("\")"))
        .unwrap_or(presented)
}

#[cfg(test)]
mod tests {
    use super::no_client;

    /// A test cannot take the roots from the machine that it runs on.
    #[test]
    fn a_machine_without_roots_is_told_what_to_install() {
        let words = "No CA certificates were loaded from the system".to_owned();
        assert!(no_client(words).contains("ca-certificates"));
        assert_eq!(no_client("other".to_owned()), "other");
    }
}
