//! `clerkcheck demo`: the main job against a built-in Clerk instance on loopback.

use super::check;
use crate::cli::{CheckArgs, DemoArgs, Format, Scenario};
use crate::gather;
use crate::interrupt;
use crate::loopback::Instance;
use serde_json::json;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use tempfile::TempDir;

/// Another instance, for the scenario in which the setting is wrong. Nobody is asked about it.
const ELSEWHERE: &str = "https://brave-lemur-7.clerk.accounts.dev";

const ALL: [Scenario; 4] = [
    Scenario::Healthy,
    Scenario::Unauthorized,
    Scenario::UserNotAppearing,
    Scenario::ExpiresTooQuickly,
];

/// Runs the command.
pub fn run(args: &DemoArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let several = args.scenario.is_none() && !args.serve;
    if let (true, Err(sentence)) = (
        several,
        super::is_single(args.look, "demo without a scenario"),
    ) {
        return super::fail(err, &sentence);
    }
    interrupt::install();
    let folder = TempDir::with_prefix("clerkcheck-demo-");
    let (instance, folder) = match Instance::start().and_then(|instance| Ok((instance, folder?))) {
        Ok(ready) => ready,
        Err(error) => return super::fail(err, &format!("the demo could not be set up: {error}")),
    };
    interrupt::remove_on_exit(folder.path().to_path_buf());
    if args.serve {
        return serve(instance, folder.path(), out);
    }
    if let Some(scenario) = args.scenario {
        let mut text = Vec::new();
        let code = play(&instance, folder.path(), scenario, args, &mut text, err)?;
        out.write_all(&text)?;
        return Ok(code);
    }
    let mut rows = Vec::new();
    for scenario in ALL {
        let mut text = Vec::new();
        let code = play(&instance, folder.path(), scenario, args, &mut text, err)?;
        let right = diagnosed(scenario, code, &String::from_utf8_lossy(&text));
        if args.look.format != Format::Json {
            writeln!(out, "=== {}: {}\n", name(scenario), story(scenario))?;
            out.write_all(&text)?;
            writeln!(out)?;
        }
        rows.push((scenario, code, right));
    }
    let all_right = rows.iter().all(|(_, _, right)| *right);
    if args.look.format == Format::Json {
        let scenarios: Vec<_> = rows.iter().map(|(scenario, code, right)| json!({"scenario": name(*scenario), "exit": code, "diagnosed": right})).collect();
        let exit = u8::from(!all_right);
        let object = json!({"schema": 1, "command": "demo", "version": env!("CARGO_PKG_VERSION"), "exit": exit, "scenarios": scenarios});
        writeln!(
            out,
            "{}",
            serde_json::to_string_pretty(&object).map_err(io::Error::other)?
        )?;
        return Ok(exit);
    }
    writeln!(out, "=== summary\n")?;
    for (scenario, code, right) in &rows {
        let word = if *right { "diagnosed" } else { "NOT DIAGNOSED" };
        writeln!(
            out,
            "  {word:<10} {:<20} exit {code}, expected {}",
            name(*scenario),
            expected(*scenario).0
        )?;
    }
    writeln!(out)?;
    if all_right {
        writeln!(
            out,
            "All {} scenarios were diagnosed as they should. Next: `clerkcheck` in your app.",
            rows.len()
        )?;
        Ok(0)
    } else {
        writeln!(
            out,
            "A scenario was not diagnosed as it should; please report it."
        )?;
        Ok(1)
    }
}

/// One scenario: the very output of `check` on it.
fn play(
    instance: &Instance,
    folder: &Path,
    scenario: Scenario,
    args: &DemoArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let trusted = if scenario == Scenario::Unauthorized {
        ELSEWHERE.to_owned()
    } else {
        instance.issuer()
    };
    project(folder, &trusted)?;
    let now = gather::now();
    let token = match scenario {
        Scenario::Healthy | Scenario::Unauthorized => instance.template_token(now, 60)?,
        Scenario::UserNotAppearing => instance.session_token(now)?,
        Scenario::ExpiresTooQuickly => instance.template_token(now - 300, 60)?,
    };
    let mut check = CheckArgs::default();
    check.input.token = Some(token);
    check.configuration.project = Some(folder.to_path_buf());
    check.network.trust_token_issuer = true;
    check.report.look = args.look;
    check::run(&check, out, err)
}

fn project(folder: &Path, issuer: &str) -> io::Result<()> {
    fs::create_dir_all(folder.join("convex"))?;
    fs::write(
        folder.join("package.json"),
        "{ \"name\": \"clerkcheck-demo\", \"private\": true }\n",
    )?;
    fs::write(
        folder.join(".env.local"),
        format!("CLERK_ISSUER_URL={issuer}\n"),
    )?;
    fs::write(
        folder.join("convex/auth.config.ts"),
        "export default {\n  providers: [\n    {\n      domain: process.env.CLERK_ISSUER_URL,\n      applicationID: \"convex\",\n    },\n  ],\n};\n",
    )
}

/// The exit code and the first words by which a scenario counts as diagnosed.
fn expected(scenario: Scenario) -> (u8, &'static str) {
    match scenario {
        Scenario::Healthy => (0, "accepted"),
        Scenario::Unauthorized => (1, "issuer-mismatch"),
        Scenario::UserNotAppearing => (1, "session-token-without-audience"),
        Scenario::ExpiresTooQuickly => (1, "expired"),
    }
}

fn diagnosed(scenario: Scenario, code: u8, report: &str) -> bool {
    let (exit, words) = expected(scenario);
    let words = if scenario == Scenario::Healthy {
        "Convex accepts this token."
    } else {
        words
    };
    code == exit
        && (report.contains(words)
            || scenario == Scenario::Healthy && report.contains("\"outcome\": \"accepted\""))
}

fn name(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Healthy => "healthy",
        Scenario::Unauthorized => "unauthorized",
        Scenario::UserNotAppearing => "user-not-appearing",
        Scenario::ExpiresTooQuickly => "expires-too-quickly",
    }
}

fn story(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Healthy => "everything agrees",
        Scenario::Unauthorized => "Convex shows \"Unauthorized\"",
        Scenario::UserNotAppearing => "the user does not appear in the users table",
        Scenario::ExpiresTooQuickly => "the token expires too quickly",
    }
}

/// Keeps the instance up, with a project folder and fresh tokens to try by hand.
fn serve(instance: Instance, folder: &Path, out: &mut dyn Write) -> io::Result<u8> {
    project(folder, &instance.issuer())?;
    let now = gather::now();
    let mut foreign = instance.template_claims(now, 3600);
    foreign["iss"] = json!(ELSEWHERE);
    let mut audience = instance.template_claims(now, 3600);
    audience["aud"] = json!("Convex");
    let tokens = [
        ("healthy.txt", instance.template_token(now, 3600)?),
        (
            "unauthorized.txt",
            instance.mint(&foreign, crate::loopback::TEMPLATE)?,
        ),
        ("user-not-appearing.txt", instance.session_token(now)?),
        (
            "expires-too-quickly.txt",
            instance.template_token(now - 300, 60)?,
        ),
        (
            "wrong-audience.txt",
            instance.mint(&audience, crate::loopback::TEMPLATE)?,
        ),
    ];
    writeln!(out, "A Clerk instance on loopback, until Ctrl-C.\n")?;
    writeln!(out, "  issuer   {}", instance.issuer())?;
    writeln!(out, "  project  {}\n", folder.display())?;
    for (name, token) in &tokens {
        fs::write(folder.join(name), format!("{token}\n"))?;
        writeln!(out, "{}\n{token}\n", name.trim_end_matches(".txt"))?;
    }
    writeln!(out, "Try:\n  cd {}", folder.display())?;
    for (name, _) in &tokens {
        writeln!(out, "  clerkcheck check {name}")?;
    }
    out.flush()?;
    instance.wait();
    Ok(0)
}
