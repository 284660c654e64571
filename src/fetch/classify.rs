//! The client's errors, told apart.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use super::names::NameError;
use crate::answer::Fault;

/// The fault behind an error of the client. No URL is in it: only the innermost cause is told.
pub(super) fn fault(error: &reqwest::Error) -> Fault {
    let mut innermost = None;
    let mut reset = false;
    let mut link = error.source();
    while let Some(cause) = link {
        if let Some(name) = cause.downcast_ref::<NameError>() {
            return match name {
                NameError::Absent(why) => Fault::Unresolvable(why.clone()),
                NameError::ProxyAbsent(why) => Fault::Unreachable(why.clone()),
                NameError::Refused(why) => Fault::Forbidden(why.clone()),
            };
        }
        if let Some(tls) = tls_error(cause) {
            return Fault::Tls(tls_words(tls));
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
    let why = innermost.unwrap_or_else(|| "no cause was given".to_owned());
    if error.is_connect() && error.is_timeout() {
        Fault::TimedOut("connecting: no name, TCP and TLS in time".to_owned())
    } else if error.is_connect() || (reset && error.is_request()) {
        Fault::Unreachable(why)
    } else {
        Fault::Protocol(why)
    }
}

/// The TLS error in a link of the chain. I/O errors wrap it, and skip it in their own chain.
fn tls_error<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        return Some(tls);
    }
    let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
    tls_error(inner)
}

fn tls_words(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(certificate) = error else {
        return error.to_string();
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a foreign enum that grows; its own words serve for the rest"
    )]
    match certificate {
        CertificateError::UnknownIssuer => {
            "the certificate is signed by an issuer that is not trusted here".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the certificate is not valid yet".to_owned()
        }
        CertificateError::NotValidForName => "the certificate is for another name".to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } => {
            format!(
                "the certificate is for another name: {}",
                presented.join(", ")
            )
        }
        CertificateError::Revoked => "the certificate is revoked".to_owned(),
        other => other.to_string(),
    }
}
