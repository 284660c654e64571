//! The command: parse, run, exit code. The only owner of standard output and standard error.

use clerkcheck::cli::Cli;
use clerkcheck::gather::terminal;
use clerkcheck::secret::Masked;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    // What is wrong on a command line may be a token or a secret: no sentence repeats it.
    let mut err = Masked(io::stderr());
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            let sentence = error.render();
            let _ = if terminal::has_colored_errors() {
                write!(err, "{}", sentence.ansi())
            } else {
                write!(err, "{sentence}")
            };
            let first = std::env::args_os()
                .nth(1)
                .and_then(|word| word.into_string().ok());
            if let Some(hint) = first.as_deref().and_then(clerkcheck::cli::meant) {
                let _ = writeln!(err, "{hint}");
            }
            return ExitCode::from(2);
        }
        Err(help) => return ended(help.print().map(|()| 0), &mut err),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let result =
        clerkcheck::run(cli, &mut out, &mut err).and_then(|code| out.flush().map(|()| code));
    ended(result, &mut err)
}

/// The exit code of what was written.
fn ended(result: io::Result<u8>, err: &mut dyn Write) -> ExitCode {
    match result {
        Ok(code) => ExitCode::from(code),
        // A reader that has seen enough is no failure; a full disk is.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(err, "clerkcheck: the report could not be written: {error}");
            ExitCode::from(2)
        }
    }
}
