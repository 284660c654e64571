//! `--deployment` and `clerkcheck probe`, end to end, against a stand-in for a Convex deployment.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};
use support::app::Said;
use support::deployment::{Deployment, KEY, KEY_ID, now};
use support::tokens::{clerk_header, healthy_claims, other_signer, signer};
use tempfile::TempDir;

const OTHER: &str = "https://brave-lemur-7.clerk.accounts.dev";

/// A project of this deployment.
fn project(deployment: &Deployment) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let url = deployment.app.url();
    write(
        "package.json",
        r#"{"name":"app","dependencies":{"convex":"1.45.0"}}"#,
    );
    write(
        ".env.local",
        &format!(
            "CLERK_ISSUER_URL={}\nCONVEX_SELF_HOSTED_URL={url}\nCONVEX_SELF_HOSTED_ADMIN_KEY={KEY}\nVITE_CONVEX_URL={url}\n",
            deployment.issuer()
        ),
    );
    write(
        "convex/auth.config.ts",
        "export default {\n  providers: [{ domain: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }],\n};\n",
    );
    write("convex/schema.ts", "export default {};\n");
    folder
}

fn command(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = support::clerkcheck();
    command
        .current_dir(folder.path())
        .args(args)
        .stdin(Stdio::null());
    command
}

fn run(folder: &TempDir, args: &[&str]) -> Output {
    let output = command(folder, args).output().unwrap();
    for bytes in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(bytes);
        for secret in ["0123456789abcdefStandIn", "NeverFetched", "STRIPE", "eyJ"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    output
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn report(folder: &TempDir, args: &[&str]) -> Value {
    let output = run(folder, &[args, &["--format", "json"]].concat());
    assert!(!output.stdout.is_empty(), "{output:?}");
    support::json_report(&output.stdout)
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

fn token(deployment: &Deployment, change: impl FnOnce(&mut Value)) -> String {
    let now = now();
    let mut claims = healthy_claims(&deployment.issuer(), now - 5);
    change(&mut claims);
    signer().mint(&clerk_header(KEY_ID, now), &claims)
}

#[test]
fn a_healthy_deployment_agrees() {
    let deployment = Deployment::new();
    let folder = project(&deployment);
    for command in ["env", "check"] {
        let mut args = vec![command, "--deployment"];
        let own = token(&deployment, |_| {});
        if command == "check" {
            args.push(&own);
        }
        let found = report(&folder, &args);
        assert_eq!(
            (rules(&found), &found["exit"]),
            (vec![], &json!(0)),
            "{found:#}"
        );
        assert_eq!(
            found["deployment"]["variables"],
            json!([{"name": "CLERK_ISSUER_URL", "set": true}])
        );
        let shown = text(&run(&folder, &[&args[..], &["-v"]].concat()));
        assert!(
            shown.contains("ok    deployment 127.0.0.1: 1 provider, CLERK_ISSUER_URL set"),
            "{shown}"
        );
    }
    assert_eq!(deployment.tokens_seen(), 0);
}

#[test]
fn every_rule_of_the_files_and_the_deployment_is_found() {
    let provider = |domain: &str| vec![json!({"domain": domain, "applicationID": "convex"})];
    let unset = Deployment::new().change(|state| drop(state.variables.remove("CLERK_ISSUER_URL")));
    let differs = Deployment::new().change(|state| {
        state
            .variables
            .insert("CLERK_ISSUER_URL".to_owned(), OTHER.to_owned());
        state.providers = provider(OTHER);
    });
    let stale = Deployment::new().change(|state| state.providers = provider(OTHER));
    let none = Deployment::new().change(|state| state.providers = Vec::new());
    for (deployment, rule, words) in [
        (
            unset,
            "deployment-variable-unset",
            "npx convex env set CLERK_ISSUER_URL",
        ),
        (
            differs,
            "deployment-variable-differs",
            "set it on the deployment",
        ),
        (stale, "deployment-config-stale", "npx convex dev --once"),
        (none, "deployment-config-stale", "no provider"),
    ] {
        let folder = project(&deployment);
        let found = report(
            &folder,
            &[
                "env",
                "--deployment",
                "--timeout",
                "2",
                "--ignore",
                "issuer",
            ],
        );
        assert_eq!(
            (rules(&found), &found["exit"]),
            (vec![rule], &json!(1)),
            "{found:#}"
        );
        let shown = text(&run(
            &folder,
            &[
                "env",
                "--deployment",
                "--timeout",
                "2",
                "--ignore",
                "issuer",
            ],
        ));
        let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{words}: {shown}");
        // The token is refused by what the deployment has, and the cause is named once.
        if rule != "deployment-variable-unset" {
            let own = token(&deployment, |_| {});
            let found = report(&folder, &["check", &own, "--deployment", "--timeout", "2"]);
            assert_eq!(rules(&found), [rule], "{found:#}");
            assert_eq!(found["verdict"]["convex"]["code"], "NoAuthProvider");
        }
    }
}

#[test]
fn the_url_of_another_deployment_is_seen_without_asking() {
    let deployment = Deployment::new();
    let folder = project(&deployment);
    let env = |text: &str| {
        let text = format!("CLERK_ISSUER_URL={OTHER}\n{text}");
        std::fs::write(folder.path().join(".env.local"), text).unwrap();
        report(&folder, &["env", "--offline"])
    };
    let dev = "CONVEX_DEPLOYMENT=dev:happy-animal-123 # team: t\n";
    let found = env(&format!(
        "{dev}VITE_CONVEX_URL=https://other-animal-1.convex.cloud\n"
    ));
    assert_eq!(rules(&found), ["deployment-url-mismatch"]);
    let found = env("VITE_CONVEX_URL=https://happy-animal-123.convex.site\n");
    assert_eq!(rules(&found), ["deployment-url-mismatch"]);
    for healthy in [
        "VITE_CONVEX_URL=https://happy-animal-123.convex.cloud\n",
        "VITE_CONVEX_URL=https://happy-animal-123.eu-west-1.convex.cloud\n",
        "VITE_CONVEX_URL=https://api.example.com\n",
        "VITE_CONVEX_URL=http://127.0.0.1:3210\n",
    ] {
        assert!(
            rules(&env(&format!("{dev}{healthy}"))).is_empty(),
            "{healthy}"
        );
    }
}

#[test]
fn a_deployment_that_cannot_be_asked_is_exit_3() {
    for said in [
        Said::Json(403, json!({"code": "BadDeployKey", "message": "no"})),
        Said::Html(200),
        Said::Html(502),
        Said::CutOff,
        Said::Never,
        Said::To("https://example.com/".to_owned()),
        Said::Json(200, json!({"hello": 1})),
    ] {
        let deployment = Deployment::new()
            .say("GET /api/v1/list_environment_variables", said.clone())
            .say("POST /api/query", said.clone());
        let folder = project(&deployment);
        let found = report(
            &folder,
            &[
                "env",
                "--deployment",
                "--timeout",
                "0.5",
                "--ignore",
                "issuer",
            ],
        );
        assert_eq!(rules(&found), ["deployment-unreachable"], "{said:?}");
        assert_eq!(found["exit"], 3, "{said:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let output = run(&folder, &["env", "--deployment"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("CONVEX_DEPLOY_KEY") && said.contains("CONVEX_SELF_HOSTED_ADMIN_KEY"));
}

#[test]
fn a_probe_says_what_the_deployment_says() {
    let deployment = Deployment::new();
    let folder = project(&deployment);
    for way in [&[][..], &["--websocket"]] {
        let probe =
            |token: &str, args: &[&str]| report(&folder, &[&["probe", token], way, args].concat());
        let own = token(&deployment, |_| {});
        let found = probe(&own, &[]);
        assert_eq!(
            (rules(&found), &found["exit"]),
            (vec![], &json!(0)),
            "{found:#}"
        );
        assert_eq!(
            found["summary"],
            "The deployment at 127.0.0.1 accepts this token."
        );
        for (rule, code, broken) in [
            (
                "audience-mismatch",
                "NoAuthProvider",
                token(&deployment, |claims| claims["aud"] = json!("other")),
            ),
            (
                "expired",
                "Unauthenticated",
                token(&deployment, |claims| claims["exp"] = json!(now() - 500)),
            ),
            (
                "claim-type",
                "InvalidAuthHeader",
                token(&deployment, |claims| {
                    claims["email_verified"] = json!("true");
                }),
            ),
        ] {
            let found = probe(&broken, &[]);
            assert_eq!(
                (rules(&found), &found["exit"]),
                (vec![rule], &json!(1)),
                "{found:#}"
            );
            assert_eq!(found["deployment"]["outcome"], "refused");
            assert_eq!(found["verdict"]["convex"]["code"], code);
            if way.is_empty() {
                assert_eq!(found["deployment"]["code"], code);
            } else {
                let browser = found["deployment"]["browser"].as_str().unwrap();
                assert!(
                    browser.starts_with("Failed to authenticate: \""),
                    "{browser}"
                );
            }
        }
    }
    let output = run(&folder, &["probe", &token(&deployment, |_| {})]);
    assert!(text(&output).starts_with("The deployment at 127.0.0.1 accepts this token."));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains(&format!("sends the token to {}/", deployment.app.url())),
        "{said}"
    );
}

#[test]
fn a_probe_compares_with_our_own_verdict() {
    // The deployment has other providers than the files.
    let elsewhere = Deployment::new().change(|state| {
        state.providers = vec![json!({"domain": OTHER, "applicationID": "convex"})];
    });
    let found = report(&project(&elsewhere), &["probe", &token(&elsewhere, |_| {})]);
    assert_eq!(
        (rules(&found), &found["exit"]),
        (vec!["deployment-refuses"], &json!(1))
    );
    assert_eq!(found["findings"][0]["expected"], OTHER);
    // The files would refuse what it accepts.
    let generous = Deployment::new().change(|state| {
        let own = state.providers[0]["domain"].clone();
        state
            .providers
            .push(json!({"domain": own, "applicationID": "other"}));
    });
    let other = token(&generous, |claims| claims["aud"] = json!("other"));
    let found = report(&project(&generous), &["probe", &other]);
    assert_eq!(
        (rules(&found), &found["exit"]),
        (vec!["deployment-config-stale"], &json!(0))
    );
    // It says what nothing here explains.
    let odd = Deployment::new().say(
        "POST /api/query_batch",
        Said::Json(
            401,
            json!({"code": "InvalidAuthHeader", "message": "Could not decode token."}),
        ),
    );
    let found = report(&project(&odd), &["probe", &token(&odd, |_| {})]);
    assert_eq!(
        (rules(&found), &found["exit"]),
        (vec!["deployment-disagrees"], &json!(1))
    );
    let forged = Deployment::new().say(
        "POST /api/query_batch",
        Said::Json(200, json!({"results": []})),
    );
    let claims = healthy_claims(&forged.issuer(), now());
    let bad = other_signer().mint(&clerk_header(KEY_ID, now()), &claims);
    let found = report(&project(&forged), &["probe", &bad]);
    assert!(rules(&found).contains(&"deployment-disagrees"), "{found:#}");
}

#[test]
fn a_probe_without_an_answer_is_exit_3() {
    for said in [
        Said::Html(200),
        Said::Html(404),
        Said::Json(404, json!({"code": "DeploymentNotFound", "message": "no"})),
        Said::CutOff,
        Said::Never,
        Said::To("https://example.com/".to_owned()),
    ] {
        for way in [&[][..], &["--websocket"]] {
            let deployment = Deployment::new()
                .say("POST /api/query_batch", said.clone())
                .say("GET /api/1.45.0/sync", said.clone());
            let folder = project(&deployment);
            let own = token(&deployment, |_| {});
            let args = [&["probe", &own, "--timeout", "1.5"], way].concat();
            let found = report(&folder, &args);
            assert_eq!(
                rules(&found),
                ["deployment-unreachable"],
                "{said:?} {found:#}"
            );
            assert_eq!(found["exit"], 3, "{said:?}");
            assert!(deployment.tokens_seen() <= 1);
        }
    }
}

#[test]
fn a_socket_that_is_closed_shows_what_the_browser_does() {
    let deployment = Deployment::new();
    let folder = project(&deployment);
    let bare = token(&deployment, |claims| {
        let issuer = claims["iss"].as_str().unwrap().replace("http://", "");
        claims["iss"] = json!(issuer);
    });
    let found = report(&folder, &["probe", &bare, "--websocket", "--timeout", "2"]);
    assert_eq!(found["exit"], 1, "{found:#}");
}

#[test]
fn the_token_goes_to_the_named_deployment_alone() {
    let (named, other) = (Deployment::new(), Deployment::new());
    let folder = project(&other);
    let own = token(&named, |_| {});
    report(&folder, &["probe", &own, "--url", &named.app.url()]);
    assert_eq!((named.tokens_seen(), other.tokens_seen()), (1, 0));
    // Nor does it follow a redirect.
    let leads = Deployment::new().say("POST /api/query_batch", Said::To(other.app.url()));
    report(&project(&leads), &["probe", &own]);
    assert_eq!(other.tokens_seen(), 0);
    // Not over plain HTTP to elsewhere, and not when two are named.
    let output = run(&folder, &["probe", &own, "--url", "http://example.com"]);
    assert!(text(&output).contains("only https is asked"));
    std::fs::write(
        folder.path().join(".env.local"),
        "VITE_CONVEX_URL=https://a-1.convex.cloud\nCONVEX_URL=https://b-2.convex.cloud\n",
    )
    .unwrap();
    let output = run(&folder, &["probe", &own]);
    assert_eq!(output.status.code(), Some(2));
    // What is no token is sent nowhere.
    let output = run(&folder, &["probe", "hello", "--url", &named.app.url()]);
    assert_eq!((output.status.code(), named.tokens_seen()), (Some(2), 1));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130() {
    for (request, said, way) in [
        ("POST /api/query_batch", Said::Never, vec!["probe"]),
        (
            "GET /api/1.45.0/sync",
            Said::Never,
            vec!["probe", "--websocket"],
        ),
        (
            "GET /api/v1/list_environment_variables",
            Said::Never,
            vec!["check", "--deployment"],
        ),
    ] {
        let deployment = Deployment::new().say(request, said);
        let folder = project(&deployment);
        let own = token(&deployment, |_| {});
        let mut child = command(&folder, &way)
            .arg(&own)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !deployment
            .app
            .lines()
            .iter()
            .any(|line| line.starts_with(request))
        {
            std::thread::yield_now();
        }
        let kill = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{request}");
    }
}

#[test]
fn what_a_deployment_echoes_of_a_secret_is_not_shown() {
    let key = KEY.split_once('|').unwrap().1;
    let refused = |words: &str| Said::Json(401, json!({"code": "BadDeployKey", "message": words}));
    for said in [
        refused(KEY),
        refused(key),
        Said::Json(200, json!({"status": "error", "errorMessage": KEY})),
    ] {
        let deployment = Deployment::new()
            .say("GET /api/v1/list_environment_variables", said.clone())
            .say("POST /api/query", said);
        let folder = project(&deployment);
        for format in ["human", "json", "github", "html", "sarif"] {
            run(&folder, &["env", "--deployment", "-v", "--format", format]);
        }
    }
    let own = token(&Deployment::new(), |_| {});
    let signature = own.rsplit('.').next().unwrap();
    for words in [own.as_str(), signature, &signature[..40]] {
        let said = json!({"code": "Unauthenticated", "message": format!("bad: {words}")});
        let deployment = Deployment::new().say("POST /api/query_batch", Said::Json(401, said));
        let folder = project(&deployment);
        for format in ["human", "json", "github", "html", "sarif"] {
            let output = run(&folder, &["probe", &own, "-v", "--format", format]);
            let shown = String::from_utf8_lossy(&output.stdout);
            assert!(shown.contains("bad: "), "{shown}");
            assert!(!shown.contains(&signature[..40]), "{shown}");
        }
    }
}
