//! `clerkcheck completions`.

use crate::cli::Cli;
use clap::CommandFactory as _;
use clap_complete::Shell;
use std::io::{self, Write};

/// Prints the completion script of a shell.
pub fn run(shell: Shell, out: &mut dyn Write) -> io::Result<u8> {
    out.write_all(&script(shell))?;
    Ok(0)
}

/// The completion script of a shell.
pub fn script(shell: Shell) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "clerkcheck", &mut text);
    text
}
