//! The command: parse, run, exit code. The only owner of standard output and standard error.

use clerkcheck::cli::Cli;
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut err = io::stderr();
    let result =
        clerkcheck::run(cli, &mut out, &mut err).and_then(|code| out.flush().map(|()| code));
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
