//! Segments to bytes, as Convex reads them.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use std::sync::LazyLock;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use base64::engine::GeneralPurpose as Engine;
/// The widest registers that the machine has; elsewhere byte by byte.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::Simd as Engine;

const NO_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone);

static STRICT: LazyLock<Engine> = LazyLock::new(|| engine(NO_PADDING));
static LOOSE: LazyLock<Engine> =
    LazyLock::new(|| engine(NO_PADDING.with_decode_allow_trailing_bits(true)));

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn engine(config: GeneralPurposeConfig) -> Engine {
    Engine::url_safe(config)
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn engine(config: GeneralPurposeConfig) -> Engine {
    Engine::new(&base64::alphabet::URL_SAFE, config)
}

/// Decodes a segment; the bits behind the last byte must be zero (facts A1, step 1).
pub(crate) fn strict(segment: &str) -> Option<Vec<u8>> {
    STRICT.decode(segment).ok()
}

/// Decodes a segment without a look at the bits behind the last byte (facts A1, RSA).
pub(super) fn loose(segment: &str) -> Option<Vec<u8>> {
    LOOSE.decode(segment).ok()
}

#[cfg(test)]
mod tests {
    use super::{loose, strict};

    #[test]
    fn the_last_bits_are_looked_at_or_not() {
        assert_eq!(strict("AQAB").as_deref(), Some(&[1, 0, 1][..]));
        assert_eq!((strict("AB"), loose("AB")), (None, Some(vec![0])));
        let long = "-_".repeat(70) + "AB";
        assert_eq!(strict(&long), None);
        assert_eq!(loose(&long).map(|bytes| bytes.len()), Some(106));
        for broken in ["AQ==", "A", "A+", "A B", "AQAB\n"] {
            assert_eq!((strict(broken), loose(broken)), (None, None), "{broken:?}");
        }
    }
}
