//! `clerkcheck template`, end to end, against a stand-in for Clerk's Backend API.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use support::app::Said;
use support::clerk_api::{ClerkApi, INSTANCE, SECRET, error, template};
use tempfile::TempDir;

const USER: &str = "user_2vAdaLovelaceAdaLovelaceAda";

/// A project whose secret key and issuer are the stand-in's.
fn project(clerk: &ClerkApi) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let env = format!(
        "CLERK_SECRET_KEY={SECRET}\nCLERK_ISSUER_URL={}\n",
        clerk.state().issuer
    );
    std::fs::write(folder.path().join(".env.local"), env).unwrap();
    std::fs::write(folder.path().join("package.json"), "{\"name\":\"app\"}").unwrap();
    folder
}

fn command(clerk: &ClerkApi, folder: &TempDir, args: &[&str]) -> Command {
    let mut command = support::clerkcheck();
    command
        .current_dir(folder.path())
        .args(["template", "--clerk-api", &clerk.app.url()])
        .args(args)
        .stdin(Stdio::null());
    command
}

fn run(clerk: &ClerkApi, args: &[&str]) -> Output {
    let output = command(clerk, &project(clerk), args).output().unwrap();
    assert_no_secret(&output);
    output
}

#[track_caller]
fn assert_no_secret(output: &Output) {
    for bytes in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(bytes);
        for secret in ["4fQ9xUu2LmB7cTzW", "eyJ"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The JSON report.
fn report(clerk: &ClerkApi, args: &[&str]) -> Value {
    let output = run(clerk, &[args, &["--format", "json"]].concat());
    support::json_report(&output.stdout)
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

fn healthy() -> Value {
    template(
        "convex",
        &json!({"aud": "convex", "name": "{{user.full_name}}"}),
    )
}

#[test]
fn a_healthy_template_is_shown_as_its_form() {
    let output = run(&ClerkApi::new(vec![healthy()]), &[]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for line in [
        "Nothing in the JWT template `convex` stands in Convex's way.",
        "  ok    Name                 convex",
        "  ok    Token lifetime       60 seconds",
        "  ok    Allowed clock skew   5 seconds",
        "  ok    Custom signing key   off",
        "            \"aud\": \"convex\",",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }
}

#[test]
fn every_rule_of_the_topic_is_found_at_its_field() {
    let cases: [(&str, &str, Value, &str); 11] = [
        ("template-misnamed", "/name", json!("Convex"), "FAIL  Name"),
        (
            "template-audience-missing",
            "/claims",
            json!({}),
            "FAIL  Claims",
        ),
        (
            "template-audience-mismatch",
            "/claims/aud",
            json!("Convex"),
            "FAIL      \"aud\"",
        ),
        (
            "template-claim-reserved",
            "/claims/sub",
            json!("x"),
            "warn      \"sub\"",
        ),
        (
            "template-custom-key",
            "/custom_signing_key",
            json!(true),
            "FAIL  Custom signing key",
        ),
        (
            "template-lifetime",
            "/lifetime",
            json!(315_360_000),
            "warn  Token lifetime",
        ),
        (
            "template-skew",
            "/allowed_clock_skew",
            json!(0),
            "warn  Allowed clock skew",
        ),
        (
            "template-claim-type",
            "/claims/email_verified",
            json!("yes"),
            "FAIL      \"email_verified\"",
        ),
        (
            "template-shortcode-unknown",
            "/claims/mail",
            json!("{{user.email}}"),
            "warn      \"mail\"",
        ),
        (
            "template-claim-volatile",
            "/claims/seen",
            json!("{{user.last_sign_in_at}}"),
            "warn      \"seen\"",
        ),
        (
            "template-absent",
            "/name",
            json!("hasura"),
            "Clerk has no JWT template `convex`",
        ),
    ];
    for (rule, pointer, value, line) in cases {
        let mut one = healthy();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        one.pointer_mut(parent).unwrap()[member] = value;
        let clerk = ClerkApi::new(vec![one]);
        let found = report(&clerk, &[]);
        assert_eq!(rules(&found), [rule], "{found:#}");
        let shown = text(&run(&clerk, &[]));
        assert!(shown.contains(line), "{rule}: {line}\n{shown}");
        let github = text(&run(&clerk, &["--format", "github"]));
        assert!(github.contains(rule), "{github}");
    }
}

#[test]
fn all_pages_are_read() {
    let mut templates: Vec<Value> = (0..230)
        .map(|number| template(&format!("other{number}"), &json!({})))
        .collect();
    templates.push(healthy());
    let clerk = ClerkApi::new(templates);
    assert_eq!(report(&clerk, &[])["exit"], 0);
    let pages = clerk
        .app
        .lines()
        .iter()
        .filter(|line| line.contains("jwt_templates"))
        .count();
    assert_eq!(pages, 3);
}

#[test]
fn name_and_audience_can_be_said() {
    let clerk = ClerkApi::new(vec![template("mine", &json!({"aud": "api"}))]);
    let found = report(&clerk, &["--name", "mine", "--audience", "api"]);
    assert_eq!((rules(&found), &found["exit"]), (vec![], &json!(0)));
    let found = report(&clerk, &["--name", "mine"]);
    assert_eq!(rules(&found), ["template-audience-mismatch"]);
}

#[test]
fn the_instance_is_compared() {
    let clerk = ClerkApi::new(vec![healthy()]);
    let found = report(&clerk, &[]);
    assert_eq!(found["instance"]["id"], INSTANCE);
    let folder = project(&clerk);
    clerk.change(|state| state.issuer = "https://brave-lemur-7.clerk.accounts.dev".to_owned());
    let output = command(&clerk, &folder, &["--format", "json"])
        .output()
        .unwrap();
    let found: Value = support::json_report(&output.stdout);
    assert_eq!(rules(&found), ["secret-key-mismatch"], "{found:#}");
}

#[test]
fn what_clerk_says_is_told_in_words() {
    for (said, words) in [
        (
            Said::Json(401, error("clerk_key_invalid", "The key is invalid.")),
            "Clerk refuses the secret key: The key is invalid (status 401, clerk_key_invalid, trace id trace0123456789).",
        ),
        (
            Said::Json(403, error("forbidden", "Not yours.")),
            "Not yours (status 403, forbidden",
        ),
        (
            Said::Json(404, error("resource_not_found", "Nothing here.")),
            "Nothing here (status 404",
        ),
        (
            Said::Json(422, error("form_param_value_invalid", "No.")),
            "form_param_value_invalid",
        ),
        (
            Said::With(
                429,
                "Retry-After",
                "30".to_owned(),
                error("too_many_requests", "Slow."),
            ),
            "ask again in 30 s",
        ),
        (Said::Html(502), "status 502"),
        (Said::Html(200), "the answer is not JSON"),
        (
            Said::Json(200, json!({"hello": 1})),
            "no list of JWT templates",
        ),
        (Said::CutOff, "Could not ask 127.0.0.1"),
        (Said::To("https://example.com/".to_owned()), "status 307"),
        (Said::Never, "the time ran out"),
    ] {
        let clerk = ClerkApi::new(vec![healthy()]);
        clerk.fail("GET /v1/jwt_templates", 0, said);
        let output = run(&clerk, &["--timeout", "1", "-v"]);
        let shown = text(&output).replace('\n', " ");
        assert_eq!(output.status.code(), Some(3), "{words}: {shown}");
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

/// The template was judged; whose instance it is was not, and that is said.
#[test]
fn a_template_is_judged_without_its_instance() {
    for said in [Said::Html(500), Said::CutOff] {
        let clerk = ClerkApi::new(vec![healthy()]);
        clerk.fail("GET /v1/instance", 0, said);
        let found = report(&clerk, &[]);
        assert_eq!(found["exit"], 0, "{found:#}");
        let settings = &found["checks"][0];
        assert_eq!(
            (&settings["id"], &settings["status"]),
            (&json!("settings"), &json!("skip"))
        );
        assert!(found["notes"].to_string().contains("could not be asked"));
        let output = run(&clerk, &["--mint", USER]);
        assert_eq!(output.status.code(), Some(3), "nothing is made there");
    }
}

/// A server may close a connection just when it is used again. What only reads is asked once more; what makes something is not.
#[test]
fn a_connection_that_was_closed_is_made_anew_for_reading() {
    let clerk = ClerkApi::new(vec![healthy()]);
    clerk.fail("GET /v1/instance", 0, Said::Gone);
    let found = report(&clerk, &[]);
    assert_eq!(found["exit"], 0, "{found:#}");
    assert_eq!(found["instance"]["environment"], "development");
    let clerk = ClerkApi::new(vec![healthy()]);
    clerk.fail("POST /v1/sessions", 0, Said::Gone);
    assert_eq!(run(&clerk, &["--mint", USER]).status.code(), Some(3));
    let posts = clerk.app.lines();
    let posts = posts.iter().filter(|line| line.starts_with("POST "));
    assert_eq!(posts.count(), 1);
}

#[test]
fn mint_says_what_may_have_been_made() {
    for (said, words) in [
        (Said::CutOff, "A session may have been made"),
        (Said::Gone, "A session may have been made"),
        (Said::Html(502), "A session may have been made"),
        (
            Said::Json(422, error("form_param_value_invalid", "No.")),
            "No session was made.",
        ),
    ] {
        let clerk = ClerkApi::new(vec![healthy()]);
        clerk.fail("POST /v1/sessions", 0, said);
        let output = run(&clerk, &["--mint", USER]);
        let shown = text(&output);
        assert_eq!(output.status.code(), Some(3), "{shown}");
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn a_short_pause_is_waited_for_once() {
    let clerk = ClerkApi::new(vec![healthy()]);
    let said = Said::With(429, "Retry-After", "0".to_owned(), json!({}));
    clerk.fail("GET /v1/jwt_templates", 0, said);
    assert_eq!(report(&clerk, &[])["exit"], 3);
    assert_eq!(clerk.app.lines().len(), 2);
}

#[test]
fn a_key_of_another_kind_is_not_sent() {
    let clerk = ClerkApi::new(vec![healthy()]);
    for value in ["pk_test_abc", "ak_abc", "hello"] {
        let output = command(&clerk, &project(&clerk), &[])
            .env("CLERK_SECRET_KEY", value)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("a secret key begins with sk_test_"), "{said}");
    }
    assert!(clerk.app.seen().is_empty());
}

#[test]
fn without_a_secret_the_ways_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let output = support::clerkcheck()
        .current_dir(folder.path())
        .arg("template")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("CLERK_SECRET_KEY") && said.contains("clerkcheck template FILE"));
}

fn pasted(text: &str, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut child = support::clerkcheck()
        .current_dir(folder.path())
        .arg("template")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn what_is_pasted_is_judged_offline() {
    for (paste, code, words) in [
        (
            healthy().to_string(),
            0,
            "Nothing in the JWT template `convex`",
        ),
        (
            json!([healthy()]).to_string(),
            0,
            "Nothing in the JWT template `convex`",
        ),
        (
            json!({"data": [healthy()], "total_count": 1}).to_string(),
            0,
            "Nothing in the JWT template `convex`",
        ),
        (
            "{\"aud\": \"convex\"}".to_owned(),
            0,
            "These are claims alone",
        ),
        ("{ aud: 'convex', }".to_owned(), 0, "These are claims alone"),
        ("{}".to_owned(), 1, "they have no audience"),
        (
            "\u{feff}{\"aud\": \"Convex\"}\r\n".to_owned(),
            1,
            "their audience is not",
        ),
        (
            "{\"sub\": \"{{user.id}}\", \"aud\": \"convex\"}".to_owned(),
            1,
            "Clerk refuses",
        ),
        ("{\"keys\": []}".to_owned(), 2, "this is a key set"),
        (
            "sk_test_StandIn0123456789012345678901".to_owned(),
            2,
            "secret-pasted",
        ),
        ("hello".to_owned(), 2, ""),
        (
            format!(
                "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJjb252ZXgifQ.{}",
                "A".repeat(342)
            ),
            2,
            "this is a token",
        ),
    ] {
        let output = pasted(&paste, &[]);
        let all = text(&output) + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{paste}: {all}");
        assert!(all.contains(words), "{paste}: {words}: {all}");
        assert!(!all.contains("StandIn0123"), "{all}");
    }
}

#[test]
fn a_pasted_template_is_mended_by_hand() {
    let output = pasted(
        &template("Convex", &json!({"role": "it's {{org.role}}"})).to_string(),
        &["-", "--fix"],
    );
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    let line = r#"  clerk api /jwt_templates/jtmp_Convex -X PATCH -d '{"name":"convex","claims":{"role":"it'\''s {{org.role}}","aud":"convex"},"lifetime":60,"allowed_clock_skew":5,"custom_signing_key":false}'"#;
    assert!(shown.contains(line), "{shown}");
}

#[test]
fn without_a_secret_and_a_paste_the_template_is_made_by_hand() {
    let output = pasted("", &["--fix"]);
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(3), "{shown}");
    assert!(
        shown.contains("clerk api /jwt_templates -X POST -d"),
        "{shown}"
    );
}

fn broken() -> Value {
    let mut one = template(
        "Convex",
        &json!({"sub": "{{user.id}}", "aud": "other", "role": "{{org.role}}", "email_verified": "true"}),
    );
    one["custom_signing_key"] = json!(true);
    one["lifetime"] = json!(3600);
    one
}

/// The mended template: what is right stays.
fn assert_mended(state: &support::clerk_api::State) {
    assert_eq!(state.templates.len(), 1, "{state:?}");
    let one = &state.templates[0];
    let expected = json!({"role": "{{org.role}}", "aud": "convex", "email_verified": "{{user.email_verified}}"});
    assert_eq!(
        (&one["name"], &one["lifetime"], &one["custom_signing_key"]),
        (&json!("convex"), &json!(3600), &json!(false))
    );
    assert_eq!(one["claims"], expected);
}

#[test]
fn fix_shows_the_change_and_writes_only_with_yes() {
    let clerk = ClerkApi::new(vec![broken()]);
    let output = run(&clerk, &["--fix"]);
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    for line in [
        "  -   \"name\": \"Convex\",",
        "  +   \"name\": \"convex\",",
        "  -     \"sub\": \"{{user.id}}\",",
        "Nothing was changed: --yes writes this change.",
    ] {
        assert!(shown.lines().any(|own| own == line), "{line}\n{shown}");
    }
    assert_eq!(clerk.state().templates, [broken()]);
    assert!(
        clerk
            .app
            .lines()
            .iter()
            .all(|line| line.starts_with("GET "))
    );
    let output = run(&clerk, &["--fix", "--yes"]);
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(
        shown.starts_with("The JWT template `convex` is mended, and makes tokens for Convex."),
        "{shown}"
    );
    assert_mended(&clerk.state());
    let again = report(&clerk, &["--fix", "--yes"]);
    assert_eq!(again["fix"]["action"], "none");
}

#[test]
fn fix_makes_a_template_that_is_absent() {
    let clerk = ClerkApi::new(vec![template("hasura", &json!({}))]);
    let found = report(&clerk, &["--fix", "--yes"]);
    assert_eq!(
        (&found["exit"], &found["fix"]["done"]),
        (&json!(0), &json!(true))
    );
    let state = clerk.state();
    assert_eq!(state.templates.len(), 2);
    assert_eq!(
        (
            &state.templates[1]["claims"],
            &state.templates[1]["lifetime"]
        ),
        (&json!({"aud": "convex"}), &json!(60))
    );
}

#[test]
fn fix_leaves_it_right_or_untouched_whatever_fails() {
    let failures = || {
        [
            Said::Json(401, error("clerk_key_invalid", "No.")),
            Said::Json(422, error("form_param_value_invalid", "No.")),
            Said::Html(500),
            Said::CutOff,
            Said::Never,
        ]
    };
    // The n-th request fails, for each n there is.
    for (request, after) in [
        ("GET /v1/jwt_templates?", 0),
        ("GET /v1/instance", 0),
        ("GET /v1/jwt_templates/", 0),
        ("PATCH ", 0),
        ("GET /v1/jwt_templates?", 1),
        ("GET /v1/instance", 1),
    ] {
        // A refusal is not done; what breaks off may be.
        let both = failures().into_iter().flat_map(|said| {
            let may_be_done = !matches!(said, Said::Json(..));
            [(said.clone(), false), (said, may_be_done)]
        });
        for (said, done) in both {
            let clerk = ClerkApi::new(vec![broken()]);
            clerk.change(|state| state.done_all_the_same = done && request == "PATCH ");
            clerk.fail(request, after, said);
            let output = run(&clerk, &["--fix", "--yes", "--timeout", "1"]);
            let shown = text(&output);
            let state = clerk.state();
            let untouched = state.templates == [broken()];
            if !untouched {
                assert_mended(&state);
            }
            let code = output.status.code();
            assert!(
                code == Some(3) || code == Some(0) && !untouched,
                "{request}: {shown}"
            );
            if shown.contains("Nothing was changed.") {
                assert!(untouched, "{request}: {shown}");
            }
            if untouched && request != "GET /v1/jwt_templates?" && request != "GET /v1/instance" {
                assert!(shown.contains("Nothing was changed."), "{request}: {shown}");
            }
        }
    }
}

#[test]
fn fix_does_not_overwrite_what_another_wrote() {
    let clerk = ClerkApi::new(vec![broken()]);
    let mut other = broken();
    other["lifetime"] = json!(61);
    // What is read just before the write is another's.
    clerk.fail("GET /v1/jwt_templates/", 0, Said::Json(200, other));
    let output = run(&clerk, &["--fix", "--yes"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output).starts_with("The template was changed by someone else"));
    assert_eq!(clerk.state().templates, [broken()]);
}

#[test]
fn mint_checks_a_token_and_takes_the_session_back() {
    let clerk = ClerkApi::new(vec![healthy()]);
    let output = run(&clerk, &["--mint", USER]);
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.starts_with("Convex accepts this token."), "{shown}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("creates a session for user_2vAd…eAda"),
        "{said}"
    );
    let state = clerk.state();
    assert_eq!(
        state.sessions.into_iter().collect::<Vec<_>>(),
        [("sess_made1".to_owned(), false)]
    );
    // A check that fails takes it back as well, and so does a mint that fails.
    let clerk = ClerkApi::new(vec![template("convex", &json!({"aud": "other"}))]);
    assert_eq!(run(&clerk, &["--mint", USER]).status.code(), Some(1));
    assert!(clerk.state().sessions.values().all(|active| !active));
    let clerk = ClerkApi::new(vec![healthy()]);
    clerk.fail("POST /v1/sessions/sess_made1/tokens", 0, Said::Html(500));
    assert_eq!(run(&clerk, &["--mint", USER]).status.code(), Some(3));
    assert_eq!(clerk.state().sessions.get("sess_made1"), Some(&false));
}

#[test]
fn mint_uses_a_session_that_is_there_and_leaves_it() {
    let clerk = ClerkApi::new(vec![healthy()]);
    clerk.change(|state| state.sessions.extend([("sess_mine".to_owned(), true)]));
    let found = report(&clerk, &["--mint", "sess_mine"]);
    assert_eq!(
        (&found["exit"], &found["command"]),
        (&json!(0), &json!("check"))
    );
    assert_eq!(clerk.state().sessions.get("sess_mine"), Some(&true));
}

#[test]
fn mint_is_for_development_alone() {
    let clerk = ClerkApi::new(vec![healthy()]);
    clerk.change(|state| state.environment = "production");
    let output = run(&clerk, &["--mint", USER]);
    assert_eq!(output.status.code(), Some(2));
    let clerk = ClerkApi::new(vec![]);
    assert_eq!(
        rules(&report(&clerk, &["--mint", USER])),
        ["template-absent"]
    );
    let clerk = ClerkApi::new(vec![healthy()]);
    assert_eq!(
        run(&clerk, &["--mint", "ada@example.com"]).status.code(),
        Some(2)
    );
    assert!(
        !clerk
            .app
            .lines()
            .iter()
            .any(|line| line.starts_with("POST"))
    );
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130_and_leaves_nothing() {
    for (request, args) in [
        ("GET /v1/jwt_templates", vec!["--fix", "--yes"]),
        ("PATCH ", vec!["--fix", "--yes"]),
        ("POST /v1/sessions/sess_made1/tokens", vec!["--mint", USER]),
    ] {
        let one = if args.contains(&"--mint") {
            healthy()
        } else {
            broken()
        };
        let clerk = ClerkApi::new(vec![one.clone()]);
        clerk.fail(request, 0, Said::Never);
        let folder = project(&clerk);
        let mut child = command(&clerk, &folder, &args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !clerk
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
        let state = clerk.state();
        assert_eq!(state.templates, [one], "{request}");
        assert!(
            state.sessions.values().all(|active| !active),
            "{request}: {state:?}"
        );
    }
}

#[test]
fn what_clerk_echoes_of_the_secret_is_not_shown() {
    let error = |words: &str| json!({"errors": [{"message": words, "code": "bad_key"}]});
    for (request, said) in [
        ("GET /v1/jwt_templates", Said::Json(401, error(SECRET))),
        (
            "GET /v1/jwt_templates",
            Said::Json(401, error(&format!("it begins with {}", &SECRET[..30]))),
        ),
        (
            "GET /v1/jwt_templates",
            Said::Json(
                200,
                json!({"data": [template(SECRET, &json!({"aud": "convex"}))], "total_count": 1}),
            ),
        ),
        ("GET /v1/instance", Said::Json(500, error(SECRET))),
        ("GET /v1/jwt_templates", Said::To(format!("/{SECRET}"))),
    ] {
        let clerk = ClerkApi::new(vec![healthy()]);
        clerk.fail(request, 0, said);
        for format in ["human", "json", "github", "html", "sarif"] {
            let output = run(&clerk, &["-v", "--format", format]);
            assert!(!output.stdout.is_empty(), "{output:?}");
        }
    }
}

#[test]
fn what_holds_a_secret_is_not_written_back() {
    let secret = template("convex", &json!({"key": "sk_live_SomebodyElsesKey"}));
    let clerk = ClerkApi::new(vec![secret.clone()]);
    let shown = text(&run(&clerk, &["--fix", "--yes"]));
    assert!(!shown.contains("SomebodyElsesKey"), "{shown}");
    assert_eq!(clerk.state().templates, [secret]);
}
