//! The session in the README is the program's own output. `UPDATE=1` writes it.
#![expect(
    clippy::disallowed_methods,
    reason = "a test may panic, and reads the README"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

const BEGIN: &str = "<!-- session: written by `UPDATE=1 cargo test --test readme` -->\n";
const END: &str = "<!-- end of the session -->";
const LINE: &str = "clerkcheck check token.txt --offline --at 2026-01-01T00:00:19Z";

#[test]
fn the_session_is_what_the_program_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_clerkcheck"))
        .args(LINE.split(' ').skip(1))
        .current_dir(root.join("tests/session"))
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let session = format!("{BEGIN}\n```text\n$ {LINE}\n{text}```\n\n{END}");
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let start = readme.find(BEGIN).unwrap();
    let end = readme.find(END).unwrap() + END.len();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(
            &path,
            format!("{}{session}{}", &readme[..start], &readme[end..]),
        )
        .unwrap();
        return;
    }
    assert_eq!(readme[start..end], session);
}
