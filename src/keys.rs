//! One signature against one key: the only room that knows the crypto libraries.

use crate::issuer::{Key, number};
use crate::token::Digests;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

/// Why a signature was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The key's numbers make no key; the text names what is wrong.
    Key(String),
    /// The RSA key has this many bits, which are not verified with.
    Size(usize),
    /// The signature is not the key's.
    Signature,
}

/// Checks a signature over the first two segments with an entry of a key set.
pub fn verify(
    algorithm: Algorithm,
    key: &Key,
    message: &str,
    signature: &[u8],
) -> Result<(), Fault> {
    let key = decoding_key(algorithm, key)?;
    match jsonwebtoken::crypto::verify(
        &URL_SAFE_NO_PAD.encode(signature),
        message.as_bytes(),
        &key,
        algorithm,
    ) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(Fault::Signature),
    }
}

/// A key that is parsed once for many signatures of one algorithm.
#[derive(Debug, Clone)]
pub struct Parsed(ParsedPublicKey);

impl Parsed {
    /// The key of an entry, for one of the algorithms of Convex's OIDC providers.
    pub fn of(algorithm: Algorithm, key: &Key) -> Result<Self, Fault> {
        let missing = |what: &str| Fault::Key(format!("{what} is missing"));
        let unusable = || Fault::Key("the numbers make no key".to_owned());
        let parsed = match algorithm {
            Algorithm::RS256 => {
                let n = number(&key.members, "n").ok_or_else(|| missing("RSA modulus `n`"))?;
                let e = number(&key.members, "e").ok_or_else(|| missing("RSA exponent `e`"))?;
                if let Some(bits) = key.bits.filter(|bits| !(2048..=8192).contains(bits)) {
                    return Err(Fault::Size(bits));
                }
                let (n, e) = (strip(&n), strip(&e));
                PublicKeyComponents { n, e }
                    .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
                    .map_err(|_| unusable())?
            }
            Algorithm::EdDSA => {
                if key.members.get("crv").and_then(Value::as_str) != Some("Ed25519") {
                    return Err(missing("the curve `crv` of Ed25519"));
                }
                let point = number(&key.members, "x").ok_or_else(|| missing("the point `x`"))?;
                ParsedPublicKey::new(&ED25519, point).map_err(|_| unusable())?
            }
            _ => return Err(Fault::Key("no provider takes this algorithm".to_owned())),
        };
        Ok(Self(parsed))
    }

    /// Checks a signature over the first two segments.
    pub fn verify(&self, message: &str, signature: &[u8]) -> Result<(), Fault> {
        self.0
            .verify_sig(message.as_bytes(), signature)
            .map_err(|_| Fault::Signature)
    }

    /// Checks an RS256 signature, whose message was hashed already.
    pub fn verify_digest(&self, digests: &Digests, signature: &[u8]) -> Result<(), Fault> {
        self.0
            .verify_digest_sig(&digests.signing_input, signature)
            .map_err(|_| Fault::Signature)
    }
}

/// The key of an entry. Only what the algorithm needs is read, so that an odd member elsewhere does no harm.
fn decoding_key(algorithm: Algorithm, key: &Key) -> Result<DecodingKey, Fault> {
    let missing = |what: &str| Fault::Key(format!("{what} is missing"));
    match algorithm {
        Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 => {
            let modulus = number(&key.members, "n").ok_or_else(|| missing("RSA modulus `n`"))?;
            let exponent = number(&key.members, "e").ok_or_else(|| missing("RSA exponent `e`"))?;
            if let Some(bits) = key.bits.filter(|bits| !(2048..=8192).contains(bits)) {
                return Err(Fault::Size(bits));
            }
            Ok(DecodingKey::from_rsa_raw_components(
                strip(&modulus),
                strip(&exponent),
            ))
        }
        Algorithm::EdDSA => {
            let point = number(&key.members, "x").ok_or_else(|| missing("the point `x`"))?;
            let point = URL_SAFE_NO_PAD.encode(point);
            DecodingKey::from_ed_components(&point).map_err(|error| Fault::Key(error.to_string()))
        }
        Algorithm::ES256 | Algorithm::ES384 => {
            let part = |name: &'static str| {
                number(&key.members, name)
                    .map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
                    .ok_or_else(|| missing("a coordinate"))
            };
            DecodingKey::from_ec_components(&part("x")?, &part("y")?)
                .map_err(|error| Fault::Key(error.to_string()))
        }
        _ => Err(Fault::Key("no provider takes this algorithm".to_owned())),
    }
}

/// A number without leading zeros.
fn strip(bytes: &[u8]) -> &[u8] {
    let start = bytes
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Fault, verify};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::Algorithm;

    /// RFC 7515, A.2.
    #[test]
    fn verifies_the_signature_of_the_rfc() {
        let keys = crate::issuer::read_jwks(br#"{"keys":[{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}]}"#).unwrap();
        let message = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = URL_SAFE_NO_PAD.decode("cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw").unwrap();
        assert_eq!(
            verify(Algorithm::RS256, &keys[0], message, &signature),
            Ok(())
        );
        assert_eq!(
            verify(Algorithm::RS256, &keys[0], &message[1..], &signature),
            Err(Fault::Signature)
        );
    }
}
