//! The certificates that are trusted besides the system's.

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

/// The certificates to trust besides the TLS library's own.
#[derive(Debug, Default)]
pub(super) struct Roots {
    pub(super) certificates: Vec<Certificate>,
    /// What was named and gave none.
    pub(super) warnings: Vec<String>,
}

/// Reads them all. A broken `--cacert` is an error; a broken variable is a warning, as Node and OpenSSL go on without it.
pub(super) fn extra(policy: &Policy) -> Result<Roots, FetchSetupError> {
    let mut roots = Roots {
        certificates: named(policy)?,
        warnings: Vec::new(),
    };
    let environment = &policy.environment;
    for (name, path) in [
        ("SSL_CERT_FILE", &environment.ssl_cert_file),
        ("NODE_EXTRA_CA_CERTS", &environment.node_extra_ca_certs),
    ] {
        let Some(path) = path else { continue };
        match read(path) {
            Ok(found) => roots.certificates.extend(found),
            Err(why) => roots.warnings.push(format!(
                "{name} names {}, which adds no certificate: {why}",
                path.display()
            )),
        }
    }
    // On these systems the variables replace the system's roots inside the TLS library; we promise that they add to them.
    let replaced = environment.ssl_cert_file.is_some() || environment.ssl_cert_dir_is_set;
    if replaced && cfg!(all(unix, not(target_vendor = "apple"))) {
        let system = SYSTEM_BUNDLES
            .iter()
            .find_map(|path| read(Path::new(path)).ok());
        roots.certificates.extend(system.unwrap_or_default());
    }
    Ok(roots)
}

/// Those of `--cacert`.
pub(super) fn named(policy: &Policy) -> Result<Vec<Certificate>, FetchSetupError> {
    let mut certificates = Vec::new();
    for path in &policy.cacert {
        let found = read(path).map_err(|why| FetchSetupError::Certificate {
            path: path.clone(),
            why,
        })?;
        certificates.extend(found);
    }
    Ok(certificates)
}

/// The usable certificates in a file, of which there is at least one.
fn read(path: &Path) -> Result<Vec<Certificate>, String> {
    let bytes = crate::named_file::read(path).map_err(|error| error.to_string())?;
    let found = parse(&bytes);
    if found.is_empty() {
        return Err("it holds no certificate in PEM".to_owned());
    }
    Ok(found)
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
    fn a_missing_cacert_is_an_error_and_a_missing_variable_a_warning() {
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
        let roots = extra(&policy).unwrap();
        assert!(roots.certificates.is_empty());
        assert_eq!(roots.warnings.len(), 1);
    }

    #[test]
    fn variables_that_replace_the_systems_roots_bring_them_back() {
        let bundle = SYSTEM_BUNDLES
            .iter()
            .find_map(|path| read(Path::new(path)).ok())
            .unwrap_or_default();
        let mut policy = Policy::default();
        policy.environment.ssl_cert_dir_is_set = true;
        let expected = if cfg!(all(unix, not(target_vendor = "apple"))) {
            bundle.len()
        } else {
            0
        };
        assert_eq!(extra(&policy).unwrap().certificates.len(), expected);
    }
}
