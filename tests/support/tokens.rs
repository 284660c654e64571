//! Tokens as Clerk signs them, and the keys to check them with.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// An RSA-2048 key.
pub(crate) struct Signer(KeyPair);

/// The key of the instance. Made once in a process.
pub(crate) fn signer() -> &'static Signer {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    SIGNER.get_or_init(Signer::new)
}

/// A key that no instance serves, for bad signatures.
pub(crate) fn other_signer() -> &'static Signer {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    SIGNER.get_or_init(Signer::new)
}

impl Signer {
    fn new() -> Self {
        Self(KeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    /// A set of this key alone, as Clerk writes it.
    pub(crate) fn jwks_json(&self, kid: &str) -> String {
        let public = self.0.public_key();
        let keys = json!({"keys": [{
            "use": "sig",
            "kty": "RSA",
            "kid": kid,
            "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        }]});
        keys.to_string()
    }

    /// Signs with RS256, whatever the header says.
    pub(crate) fn mint(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The header of a token from Clerk's JWT template, issued at `now`.
pub(crate) fn clerk_header(kid: &str, now: i64) -> Value {
    json!({"alg": "RS256", "cat": "cl_B7d4PD222AAA", "kid": kid, "oiat": now, "typ": "JWT"})
}

/// What the JWT template `convex` puts into a token at `now`; it lives for a minute.
pub(crate) fn healthy_claims(issuer: &str, now: i64) -> Value {
    json!({
        "aud": "convex",
        "azp": "http://localhost:3000",
        "email": "ada@example.com",
        "email_verified": true,
        "exp": now + 60,
        "iat": now,
        "iss": issuer,
        "jti": "5f1c3a9be02d47868a41",
        "name": "Ada Lovelace",
        "nbf": now - 5,
        "sub": "user_2vAdaLovelace0000000000eAda",
    })
}
