//! A key set or a discovery document in a file of the user's. It is evidence of ours: Convex never sees it, so a file that cannot be read refuses
//! no token.

use crate::issuer;
use serde_json::Value;
use std::path::Path;

/// The text of a key set (`--jwks`), as its URL would have answered.
pub fn key_set(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let text = text(bytes);
    match issuer::read_jwks(&text) {
        Ok(_) => Ok(text),
        Err(why) => Err(unreadable("--jwks", path, "key set", &text, &why)),
    }
}

/// The text of a discovery document (`--discovery`).
pub fn discovery(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let text = text(bytes);
    let why = match serde_json::from_slice(&text) {
        Ok(Value::Object(_)) => return Ok(text),
        Ok(_) => "it is not a JSON object".to_owned(),
        Err(error) => format!("it is not JSON: {error}"),
    };
    Err(unreadable(
        "--discovery",
        path,
        "discovery document",
        &text,
        &why,
    ))
}

/// The bytes in UTF-8 and without a mark of their order: PowerShell's `>` writes UTF-16, and some editors the mark.
fn text(bytes: &[u8]) -> Vec<u8> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => return rest.to_vec(),
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        _ => return bytes.to_vec(),
    };
    let pairs = bytes.as_chunks().0.iter().skip(1);
    let units: Vec<u16> = pairs.map(|pair| unit(*pair)).collect();
    String::from_utf16_lossy(&units).into_bytes()
}

fn unreadable(option: &str, path: &Path, what: &str, text: &[u8], why: &str) -> String {
    let why = match text.trim_ascii_start() {
        [] => "it is empty",
        [b'<', ..] => "it is a web page",
        [b'-', ..] => "it is a key in PEM; a key set is JSON, {\"keys\": [...]}",
        _ => why,
    };
    format!("{option}: {} is no {what}: {why}", path.display())
}

#[cfg(test)]
mod tests {
    use super::{discovery, key_set};
    use std::path::Path;

    #[test]
    fn files_are_read_in_the_encodings_that_shells_write() {
        let set = "{\"keys\": []}";
        let wide = |unit: fn(u16) -> [u8; 2]| {
            let units = std::iter::once(0xFEFF).chain(set.encode_utf16());
            units.flat_map(unit).collect::<Vec<u8>>()
        };
        let marked = [b"\xEF\xBB\xBF", set.as_bytes()].concat();
        for bytes in [
            wide(u16::to_le_bytes),
            wide(u16::to_be_bytes),
            marked,
            set.into(),
        ] {
            let read = key_set(Path::new("k"), &bytes);
            assert_eq!(read.as_deref(), Ok(set.as_bytes()));
        }
    }

    #[test]
    fn what_is_no_key_set_is_said() {
        let why = |text: &str| key_set(Path::new("k.json"), text.as_bytes()).unwrap_err();
        assert_eq!(
            why("<html>"),
            "--jwks: k.json is no key set: it is a web page"
        );
        assert!(why("-----BEGIN").contains("PEM"));
        assert!(why("{\"kty\": \"RSA\"}").ends_with("there is no `keys`"));
        assert!(discovery(Path::new("d"), b"[]").is_err());
        assert!(discovery(Path::new("d"), b"{}").is_ok());
    }
}
