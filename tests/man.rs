//! The committed man pages are the generated ones. `UPDATE=1` writes them.
#![expect(clippy::disallowed_methods, reason = "the test compares files")]

use clap::CommandFactory as _;
use clap_mangen::Man;
use clerkcheck::cli::Cli;
use std::fs;
use std::path::Path;

#[test]
fn committed_pages_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let mut root = Cli::command();
    root.build();
    let mut pages = vec![("clerkcheck".to_owned(), root.clone())];
    for command in root
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        let name = format!("clerkcheck-{}", command.get_name());
        pages.push((
            name.clone(),
            command.clone().name(name.leak() as &'static str),
        ));
    }
    let mut stale = Vec::new();
    for (name, command) in &pages {
        let mut text = Vec::new();
        // The date of a build is no part of a page that is compared.
        Man::new(command.clone()).render(&mut text).unwrap();
        let path = folder.join(format!("{name}.1"));
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        if fs::read(&path).unwrap_or_default() != text {
            stale.push(name);
        }
    }
    assert!(
        stale.is_empty(),
        "{stale:?}: run `UPDATE=1 cargo test --test man`"
    );
    assert_eq!(fs::read_dir(&folder).unwrap().count(), pages.len());
}
