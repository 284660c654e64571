//! Files that the user names: keys, certificates, env files.
#![expect(
    clippy::disallowed_methods,
    reason = "what gather and fetch are told to read"
)]

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

/// The most that is read of one, in bytes.
const MOST: u64 = 16 << 20;

/// Reads a file. It may be a pipe, but not without end: one that is larger than 16 MiB is an error.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        let why = format!("it is larger than {} MiB", MOST >> 20);
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}
