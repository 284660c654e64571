//! A project, a token and a template, through every rule into every format: no control character comes out. The parts are divided by lines of `%%`.
#![no_main]

use clerkcheck::auth_config;
use clerkcheck::cli::Format;
use clerkcheck::diagnose::{Scope, diagnose};
use clerkcheck::facts::{Facts, Project, World};
use clerkcheck::render::{Style, render};
use clerkcheck::rule::Step;
use clerkcheck::template::{self, Templates};
use clerkcheck::token::Token;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use std::sync::Arc;

fuzz_target!(|text: &str| {
    let mut parts = text.split("\n%%\n");
    let mut part = || parts.next().unwrap_or_default().to_owned();
    let (config, env, token, json) = (part(), part(), part(), part());
    let mut project = Project {
        root: "/home/ada/app".to_owned(),
        has_convex: true,
        ..Project::default()
    };
    project.auth_configs = vec![auth_config::read("convex/auth.config.ts", &config, &|_, _| None)];
    project.files.insert("convex/auth.config.ts".to_owned(), config);
    project.files.insert(".env".to_owned(), env);
    let list = serde_json::from_str::<Value>(&json).ok().and_then(|value| template::read(&value).ok());
    let facts = Facts::read(World {
        now: 1_767_225_610,
        token: Some(Arc::new(Token::read(&token))),
        project: Some(project),
        templates: list.map(|(list, is_whole)| Templates {
            wanted: "convex".to_owned(),
            list,
            is_whole,
            source: String::new(),
            instance: None,
        }),
        ..World::default()
    });
    let scope = Scope {
        command: "check",
        steps: Step::ALL.to_vec(),
        ..Scope::default()
    };
    let mut report = diagnose(&facts, &scope);
    report.details = clerkcheck::view::details(&facts, true);
    report.body = clerkcheck::form::lines(&facts, &report.findings);
    for format in [Format::Human, Format::Json, Format::Github, Format::Html, Format::Sarif] {
        let style = Style {
            format,
            width: 80,
            quiet: false,
            verbose: true,
            ascii: false,
            links: false,
            block: false,
            compact: false,
        };
        let mut out = Vec::new();
        render(&report, style, &mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert!(!shown.contains(|sign| sign != '\n' && clerkcheck::escape::is_hidden(sign)), "{shown:?}");
    }
});
