//! Any bytes as a document that a server sends: discovery, keys, templates, variables, providers.
#![no_main]

use clerkcheck::{convex, deployment, issuer, publishable_key, template};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let _ = issuer::read_jwks(bytes);
    let _ = publishable_key::parse(&String::from_utf8_lossy(bytes));
    let _ = deployment::ProbeAnswer::read(401, bytes);
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        let _ = deployment::variables(&value, &["CLERK_ISSUER_URL".to_owned()]);
        let _ = deployment::providers(&value);
        let _ = convex::accept_config(&value);
        let _ = template::read(&value);
    }
});
