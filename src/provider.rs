//! Convex's auth providers, as they stand after `convex/auth.config.*` was evaluated.

/// One entry of `providers`, accepted by Convex's own checks of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// An OpenID Connect provider: keys are found through discovery.
    Oidc {
        /// `domain`, as Convex keeps it: with a scheme, trailing slashes and blanks untouched.
        domain: String,
        /// `applicationID`: what `aud` must hold.
        application_id: String,
    },
    /// `type: "customJwt"`: keys are read from a fixed URL.
    CustomJwt {
        /// `issuer`.
        issuer: String,
        /// `jwks`: an `http(s)` or `data:` URL.
        jwks: String,
        /// `algorithm`.
        algorithm: CustomAlgorithm,
        /// `applicationID`; without one the audience is not looked at.
        application_id: Option<String>,
    },
}

/// The algorithms that a `customJwt` provider may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}
