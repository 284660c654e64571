//! `clerkcheck schema`: the JSON Schema of `--format json`.

use std::io::{self, Write};

/// The schema, as it is committed.
pub const SCHEMA: &str = include_str!("../../docs/report.schema.json");

/// Prints the schema.
pub fn run(out: &mut dyn Write) -> io::Result<u8> {
    out.write_all(SCHEMA.as_bytes())?;
    Ok(0)
}
