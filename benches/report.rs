//! What one run costs besides I/O: reading a token, the rules over everything that is known, and each rendering of the report.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark may panic, and reads its token"
)]

use clerkcheck::cli::{ConfigurationArgs, Format, NetworkArgs};
use clerkcheck::diagnose::{Scope, diagnose};
use clerkcheck::facts::{Facts, World};
use clerkcheck::render::{Style, render};
use clerkcheck::rule::Step;
use clerkcheck::token::Token;
use divan::counter::ItemsCount;
use std::path::Path;
use std::sync::Arc;

fn main() {
    divan::main();
}

fn session() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/session")
}

fn token() -> String {
    let text = std::fs::read_to_string(session().join("token.txt")).unwrap();
    text.trim().to_owned()
}

/// The project of the README's session, with its token.
fn world() -> World {
    let configuration = ConfigurationArgs {
        project: Some(session()),
        ..ConfigurationArgs::default()
    };
    let network = NetworkArgs {
        offline: true,
        ..NetworkArgs::default()
    };
    let mut world = clerkcheck::gather::world(&configuration, &network).unwrap();
    world.token = Some(Arc::new(Token::read(&token())));
    world.now = 1_767_225_619;
    world
}

fn scope() -> Scope {
    Scope {
        command: "check",
        steps: Step::ALL.to_vec(),
        ..Scope::default()
    }
}

#[divan::bench]
fn token_reading(bencher: divan::Bencher<'_, '_>) {
    let token = token();
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| Token::read(&token));
}

#[divan::bench]
fn facts_with_both_verdicts(bencher: divan::Bencher<'_, '_>) {
    let world = world();
    bencher
        .with_inputs(|| world.clone())
        .bench_local_values(Facts::read);
}

#[divan::bench]
fn rules(bencher: divan::Bencher<'_, '_>) {
    let facts = Facts::read(world());
    let scope = scope();
    bencher.bench_local(|| diagnose(&facts, &scope));
}

#[divan::bench(args = ["human", "json", "github", "html", "sarif"])]
fn rendering(bencher: divan::Bencher<'_, '_>, format: &str) {
    let facts = Facts::read(world());
    let report = diagnose(&facts, &scope());
    let format = match format {
        "json" => Format::Json,
        "github" => Format::Github,
        "html" => Format::Html,
        "sarif" => Format::Sarif,
        _ => Format::Human,
    };
    let style = Style {
        format,
        width: 80,
        quiet: false,
        verbose: false,
        ascii: false,
        links: false,
        block: false,
        compact: false,
    };
    bencher.bench_local(|| {
        let mut out = Vec::new();
        render(&report, style, &mut out).unwrap();
        out
    });
}
