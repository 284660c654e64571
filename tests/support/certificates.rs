//! A certificate authority of the tests' own, and what it signs.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;

/// The certificate that a server shows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leaf<'a> {
    /// For `*.clerk.accounts.dev`.
    Clerk,
    /// For these names.
    Names(&'a [&'a str]),
    /// For `*.clerk.accounts.dev`, and over.
    Expired,
    /// For `*.clerk.accounts.dev`, in a time to come.
    NotYetValid,
    /// For `*.clerk.accounts.dev`, signed by nobody else.
    SelfSigned,
}

/// An authority with a fresh key.
pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("Test authority")
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
            folder: TempDir::new().unwrap(),
        }
    }

    /// The authority's certificate in a file, which goes when the authority does.
    pub(crate) fn ca_file(&self) -> PathBuf {
        let path = self.folder.path().join("ca.pem");
        fs::write(&path, &self.pem).unwrap();
        path
    }

    /// What a server needs to show this leaf.
    pub(crate) fn config(&self, leaf: Leaf<'_>) -> Arc<ServerConfig> {
        let names = match leaf {
            Leaf::Names(names) => names,
            Leaf::Clerk | Leaf::Expired | Leaf::NotYetValid | Leaf::SelfSigned => {
                &["*.clerk.accounts.dev"]
            }
        };
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        let (from, to) = match leaf {
            Leaf::Expired => (2020, 2021),
            Leaf::NotYetValid => (2090, 2099),
            Leaf::Clerk | Leaf::Names(_) | Leaf::SelfSigned => (2020, 2099),
        };
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = match leaf {
            Leaf::SelfSigned => params.self_signed(&key),
            Leaf::Clerk | Leaf::Names(_) | Leaf::Expired | Leaf::NotYetValid => {
                params.signed_by(&key, &self.issuer)
            }
        };
        let chain: Vec<CertificateDer<'static>> = vec![certificate.unwrap().der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Arc::new(server(chain, key))
    }

    /// The same for a server that speaks HTTP/2 and nothing else.
    pub(crate) fn config_h2(&self) -> Arc<ServerConfig> {
        let mut config = ServerConfig::clone(&self.config(Leaf::Clerk));
        config.alpn_protocols = vec![b"h2".to_vec()];
        Arc::new(config)
    }
}

fn server(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}
