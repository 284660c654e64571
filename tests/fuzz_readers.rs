//! Readers and renderers on mutated input: none panics, hangs or lets a hidden character out. `tests/fuzz_paste.rs` does the same for pastes.
//! Bounded by its budget, so it is part of every run; a longer one is `FUZZ_SECONDS=3600 cargo test --release --test fuzz_readers`.
#![expect(clippy::disallowed_methods, reason = "a test reads its budget")]

use arbtest::arbitrary::{Result, Unstructured};
use clerkcheck::cli::Format;
use clerkcheck::diagnose::{Scope, diagnose};
use clerkcheck::facts::{Facts, Project, World};
use clerkcheck::render::{Style, render};
use clerkcheck::rule::Step;
use clerkcheck::template::{self, Templates};
use clerkcheck::token::Token;
use clerkcheck::{auth_config, convex, deployment, env_file, issuer, publishable_key, stream};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

fn budget() -> Duration {
    let seconds = std::env::var("FUZZ_SECONDS").ok();
    Duration::from_secs(seconds.and_then(|text| text.parse().ok()).unwrap_or(2))
}

/// A seed with bytes changed, cut, doubled, or joined with another.
fn mutated(data: &mut Unstructured<'_>, seeds: &[&str]) -> Result<Vec<u8>> {
    let mut bytes = data.choose(seeds)?.as_bytes().to_vec();
    for _ in 0..data.int_in_range(0..=8)? {
        let at = if bytes.is_empty() {
            0
        } else {
            data.int_in_range(0..=bytes.len() - 1)?
        };
        match data.int_in_range(0..=5)? {
            0 => bytes.insert(at, data.arbitrary()?),
            1 => bytes.truncate(at),
            2 => {
                let part = bytes.get(at..).unwrap_or_default().to_vec();
                bytes.extend(part);
            }
            3 => bytes
                .splice(at..at, data.choose(seeds)?.bytes())
                .for_each(drop),
            4 => {
                let odd = [
                    "\u{202e}",
                    "\u{1b}[2J",
                    "\r\n::error::x",
                    "\0",
                    "{{",
                    "}}",
                    "||",
                    "\\ud800",
                    "1e999",
                    "null",
                ];
                bytes
                    .splice(at..at, data.choose(&odd)?.bytes())
                    .for_each(drop);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = data.arbitrary()?;
                }
            }
        }
    }
    bytes.truncate(64 * 1024);
    Ok(bytes)
}

const ENV: [&str; 3] = [
    "CLERK_ISSUER_URL=https://cool-ocelot-25.clerk.accounts.dev\nA=\"x ${B}\" # c\nexport B='y'\n",
    "\u{feff}A=`1\n2`\r\nB=$A\nC=${A:-x}\n",
    "CONVEX_DEPLOYMENT=dev:happy-animal-123 # team: t\n",
];
const CONFIG: [&str; 3] = [
    "export default { providers: [{ domain: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }] };",
    "const x = process.env.A ?? `https://${process.env.B}`; export default { providers: process.env.C ? [{ type: \"customJwt\", issuer: x, jwks: x + \"/k\", algorithm: \"RS256\" }] : [] } satisfies AuthConfig;",
    "import { a } from \"./b\"; export default a;",
];
const JSON: [&str; 5] = [
    r#"{"object":"jwt_template","id":"jtmp_1","name":"convex","lifetime":60,"claims":{"aud":"convex","name":"{{user.full_name || 'x'}} y"}}"#,
    r#"{"keys":[{"kty":"RSA","kid":"ins_1","alg":"RS256","use":"sig","n":"AQAB","e":"AQAB"}]}"#,
    r#"{"issuer":"https://x.example","jwks_uri":"https://x.example/k"}"#,
    r#"{"environmentVariables":{"CLERK_ISSUER_URL":"https://x.example"}}"#,
    r#"{"status":"success","value":[{"domain":"https://x.example","applicationID":"convex","algorithm":"\"RS256\""}]}"#,
];
const TOKENS: [&str; 2] = [
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Imluc18xIn0.eyJpc3MiOiJodHRwczovL3guZXhhbXBsZSIsImF1ZCI6ImNvbnZleCIsInN1YiI6InUiLCJleHAiOjE3NjcyMjU2NjAsImlhdCI6MTc2NzIyNTYwMH0.AAAA",
    "eyJhbGciOiJub25lIn0.eyJhdWQiOlsiY29udmV4IiwieCJdLCJleHAiOiIxIn0.",
];

#[test]
fn env_files() {
    arbtest::arbtest(|data| {
        let bytes = mutated(data, &ENV)?;
        let file = env_file::read(".env", &bytes);
        let _ = env_file::resolve(&[file], &|name| (name == "B").then(|| "z".to_owned())).len();
        Ok(())
    })
    .budget(budget());
}

#[test]
fn auth_configs() {
    arbtest::arbtest(|data| {
        let bytes = mutated(data, &CONFIG)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let config = auth_config::read("convex/auth.config.ts", &text, &|_, _| None);
        let _ = config
            .entries_with(&|name| Some(format!("https://{name}.example")))
            .len();
        Ok(())
    })
    .budget(budget());
}

#[test]
fn documents_and_keys() {
    arbtest::arbtest(|data| {
        let bytes = mutated(data, &JSON)?;
        let _ = issuer::read_jwks(&bytes);
        let _ = publishable_key::parse(&String::from_utf8_lossy(&bytes));
        let _ = deployment::ProbeAnswer::read(401, &bytes);
        if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
            let _ = deployment::variables(&value, &["CLERK_ISSUER_URL".to_owned()]);
            let _ = deployment::providers(&value);
            let _ = convex::accept_config(&value);
        }
        Ok(())
    })
    .budget(budget());
}

#[test]
fn streams() {
    arbtest::arbtest(|data| {
        let bytes = mutated(data, &TOKENS)?;
        let _ = stream::cut(&bytes);
        let tokens = stream::tokens(&bytes);
        let mut cache = convex::Cache::default();
        for form in [stream::Form::Text, stream::Form::Json] {
            let done = stream::lines(&tokens, &stream::Job::Decode, form, &mut cache);
            assert_eq!(done.text.lines().count(), tokens.len());
            assert!(!done.text.contains(hidden), "{:?}", done.text);
        }
        Ok(())
    })
    .budget(budget());
}

fn hidden(character: char) -> bool {
    character != '\n' && clerkcheck::escape::is_hidden(character)
}

/// Everything at once: a project, a token, a template, all rules, every format.
#[test]
fn whole_reports() {
    arbtest::arbtest(|data| {
        let env = mutated(data, &ENV)?;
        let config = String::from_utf8_lossy(&mutated(data, &CONFIG)?).into_owned();
        let token = String::from_utf8_lossy(&mutated(data, &TOKENS)?).into_owned();
        let json = mutated(data, &JSON)?;
        let mut project = Project {
            root: "/home/ada/app".to_owned(),
            has_convex: true,
            ..Project::default()
        };
        project.auth_configs = vec![auth_config::read(
            "convex/auth.config.ts",
            &config,
            &|_, _| None,
        )];
        project
            .files
            .insert("convex/auth.config.ts".to_owned(), config);
        project.files.insert(
            ".env".to_owned(),
            String::from_utf8_lossy(&env).into_owned(),
        );
        let list = serde_json::from_slice::<Value>(&json)
            .ok()
            .and_then(|value| template::read(&value).ok());
        let world = World {
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
        };
        let facts = Facts::read(world);
        let mut report = diagnose(
            &facts,
            &Scope {
                command: "check",
                steps: Step::ALL.to_vec(),
                ..Scope::default()
            },
        );
        report.details = clerkcheck::view::details(&facts, true);
        report.body = clerkcheck::form::lines(&facts, &report.findings);
        for format in [
            Format::Human,
            Format::Json,
            Format::Github,
            Format::Html,
            Format::Sarif,
        ] {
            for (width, ascii) in [(80, false), (40, true)] {
                let style = Style {
                    format,
                    width,
                    quiet: false,
                    verbose: true,
                    ascii,
                    links: false,
                    block: false,
                    compact: false,
                };
                let mut out = Vec::new();
                render(&report, style, &mut out).unwrap();
                let text = String::from_utf8(out).unwrap();
                assert!(!text.contains(hidden), "{format:?}: {text:?}");
            }
        }
        Ok(())
    })
    .budget(budget());
}
