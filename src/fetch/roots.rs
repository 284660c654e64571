//! The certificates that are trusted besides the system's.
#![expect(
    clippy::disallowed_methods,
    reason = "certificates are read only when something is fetched"
)]

use std::fs;
use std::path::Path;

use reqwest::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::{FetchSetupError, Policy};

/// Where Linux and the BSDs keep their bundle; the first that can be read counts.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// The roots to add to the TLS library's own. A broken `--cacert` is an error; broken variables are ignored, as Node and OpenSSL do.
pub(super) fn extra(policy: &Policy) -> Result<Vec<Certificate>, FetchSetupError> {
    let mut found = Vec::new();
    for path in &policy.cacert {
        let broken = |why: String| FetchSetupError::Certificate {
            path: path.clone(),
            why,
        };
        let bytes = fs::read(path).map_err(|error| broken(error.to_string()))?;
        let roots = parse(&bytes);
        if roots.is_empty() {
            return Err(broken("it holds no certificate in PEM".to_owned()));
        }
        found.extend(roots);
    }
    let environment = &policy.environment;
    for path in [&environment.ssl_cert_file, &environment.node_extra_ca_certs]
        .into_iter()
        .flatten()
    {
        found.extend(read(path));
    }
    // On these systems the variables replace the system's roots inside the TLS library; we promise that they add to them.
    let replaced = environment.ssl_cert_file.is_some() || environment.ssl_cert_dir_is_set;
    if replaced && cfg!(all(unix, not(target_vendor = "apple"))) {
        found.extend(
            SYSTEM_BUNDLES
                .iter()
                .map(|path| read(Path::new(path)))
                .find(|roots| !roots.is_empty())
                .unwrap_or_default(),
        );
    }
    Ok(found)
}

fn read(path: &Path) -> Vec<Certificate> {
    fs::read(path)
        .map(|bytes| parse(&bytes))
        .unwrap_or_default()
}

/// The usable certificates in a PEM file. One odd root must not take the others with it, so each is tried alone.
fn parse(pem: &[u8]) -> Vec<Certificate> {
    CertificateDer::pem_slice_iter(pem)
        .filter_map(Result::ok)
        .filter(|der| RootCertStore::empty().add(der.clone()).is_ok())
        .filter_map(|der| Certificate::from_der(&der).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_left_out() {
        assert!(parse(b"").is_empty());
        assert!(
            parse(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_empty()
        );
    }

    #[test]
    fn a_missing_cacert_is_an_error_and_a_missing_variable_is_not() {
        let mut policy = Policy {
            cacert: vec!["/nonexistent/ca.pem".into()],
            ..Policy::default()
        };
        assert!(matches!(
            extra(&policy),
            Err(FetchSetupError::Certificate { .. })
        ));
        policy.cacert.clear();
        policy.environment.node_extra_ca_certs = Some("/nonexistent/ca.pem".into());
        assert!(extra(&policy).is_ok_and(|roots| roots.is_empty()));
    }
}
