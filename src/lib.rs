//! A doctor for Clerk JWT set-ups, above all for Clerk with Convex.
//!
//! The way through: `gather` the world into `Facts`, ask every `Rule` about them, render the `Report`. Only `gather` and `fetch` see the
//! world; everything else is a pure function over facts.

pub mod answer;
pub mod auth_config;
pub mod bounded;
pub mod cause;
pub mod censor;
pub mod clerk;
pub mod cli;
pub mod command;
pub mod convex;
pub mod deployment;
pub mod diagnose;
pub mod env_file;
pub mod error_line;
pub mod escape;
pub mod explain;
pub mod facts;
pub mod fetch;
pub mod form;
pub mod gather;
pub mod interrupt;
pub mod issuer;
pub mod key_file;
pub mod keys;
pub mod loopback;
mod named_file;
pub mod package;
pub mod pass;
pub mod paste;
pub mod picture;
pub mod plan;
pub mod provider;
pub mod publishable_key;
pub mod render;
pub mod report;
pub mod rule;
pub mod rules;
pub mod secret;
pub mod setting;
pub mod stream;
pub mod template;
pub mod time;
pub mod token;
pub mod trust;
pub mod view;

use cli::{Cli, Command};
use std::io::{self, Write};

/// Runs a command: the report goes to `out`, progress and the tool's own errors to `err`. The result is the exit code.
pub fn run(cli: Cli, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    match cli.command {
        None => command::check::run(&cli.check, out, err),
        Some(Command::Check(args)) => command::check::run(&args, out, err),
        Some(Command::Decode(args)) => command::decode::run(&args, out, err),
        Some(Command::Jwks(args)) => command::jwks::run(&args, out, err),
        Some(Command::Env(args)) => command::env::run(&args, out, err),
        Some(Command::Probe(args)) => command::probe::run(&args, out, err),
        Some(Command::Template(args)) => command::template::run(&args, out, err),
        Some(Command::Explain(args)) => command::explain::run(&args, out, err),
        Some(Command::Demo(args)) => command::demo::run(&args, out, err),
        Some(Command::Schema) => command::schema::run(out),
        Some(Command::Completions { shell }) => command::completions::run(shell, out),
    }
}
