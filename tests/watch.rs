//! `--watch`: a run for each change of the project, until it is interrupted.
#![cfg(unix)]
#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

const CONFIG: &str = "export default { providers: [{ domain: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }] };";

#[test]
fn a_changed_env_file_is_judged_again() {
    let folder = tempfile::tempdir().unwrap();
    let env = folder.path().join(".env.local");
    std::fs::create_dir(folder.path().join("convex")).unwrap();
    std::fs::write(folder.path().join("package.json"), "{}").unwrap();
    std::fs::write(folder.path().join("convex/auth.config.ts"), CONFIG).unwrap();
    std::fs::write(
        &env,
        "CLERK_ISSUER_URL=https://cool-ocelot-25.clerk.accounts.dev\n",
    )
    .unwrap();
    let mut child = support::clerkcheck()
        .current_dir(folder.path())
        .args(["env", "--offline", "--watch", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["exit"], 0);
    // At once, as editors do, so that no half of it is seen.
    let new = folder.path().join("new");
    std::fs::write(&new, "CLERK_ISSUER_URL=\n").unwrap();
    std::fs::rename(&new, &env).unwrap();
    let second = next();
    assert_eq!(second["findings"][0]["rule"], "issuer-unset", "{second}");
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupted.unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    assert_eq!(
        String::from_utf8(ended.stderr).unwrap(),
        "Changed: .env.local.\n"
    );
}
