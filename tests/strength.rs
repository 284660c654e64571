//! What must never happen: a secret in an output, or an attack that is taken for a token.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use support::tokens::{clerk_header, healthy_claims, other_signer, signer};
use tempfile::TempDir;

const ISSUER: &str = "https://cool-ocelot-25.clerk.accounts.dev";
const NOW: i64 = 1_767_225_600;
const KEY_ID: &str = "ins_2vStrengthStrengthStrengthSt";

/// Judges the token of a folder by its keys, ten seconds after [`NOW`].
const CHECK: [&str; 8] = [
    "check",
    "token.txt",
    "--jwks",
    "keys.json",
    "--issuer",
    ISSUER,
    "--at",
    "1767225610",
];

/// What must stand in no output: of each secret a part that is long enough to be no accident.
const SECRETS: [(&str, &str); 8] = [
    (
        "CLERK_SECRET_KEY",
        "sk_test_SecretOfClerkSecretOfClerkSecretOf",
    ),
    (
        "CLERK_WEBHOOK_SECRET",
        "whsec_SecretOfTheWebhookSecretOfThe",
    ),
    (
        "CONVEX_DEPLOY_KEY",
        "dev:happy-animal-123|SecretOfTheDeployKey0123",
    ),
    (
        "CONVEX_SELF_HOSTED_ADMIN_KEY",
        "self|SecretOfTheAdminKey0123456789",
    ),
    (
        "CLERK_MACHINE_SECRET_KEY",
        "ak_SecretOfTheMachineSecretOfTheMachine",
    ),
    (
        "DATABASE_URL",
        "postgres://ada:SecretOfTheDatabase@db.example/x",
    ),
    ("STRIPE_SECRET_KEY", "sk_live_SecretOfStripeSecretOfStripe"),
    ("CLERK_JWT_KEY", "-----BEGIN PUBLIC KEY-----SecretOfThePem"),
];

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A project full of secrets, with faults beside them so that findings point at their lines.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut env = format!(
        "CLERK_ISSUER_URL={ISSUER}/.well-known/jwks.json\nNEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=pk_test_broken\n"
    );
    for (name, secret) in SECRETS {
        env.push_str(name);
        env.push('=');
        env.push_str(secret);
        env.push('\n');
    }
    // Under a public name, under an issuer's name, twice, and in a line that tools read differently.
    env.push_str("NEXT_PUBLIC_CLERK_SECRET_KEY=sk_live_SecretInPublicSecretInPublic\nVITE_CLERK_ISSUER_URL=sk_test_SecretAsIssuerSecretAsIssuer\n");
    env.push_str("CONVEX_DEPLOYMENT=dev:happy-animal-123|SecretInTheDeployment\nCLERK_DOMAIN='sk_test_SecretUnclosedSecret\n");
    write(folder.path(), ".env.local", &env);
    write(
        folder.path(),
        ".env",
        "CLERK_SECRET_KEY=sk_test_SecretThatIsShadowedSecret\n",
    );
    write(
        folder.path(),
        "package.json",
        r#"{"name":"app","dependencies":{"convex":"1.45.0","next":"16.0.0"}}"#,
    );
    write(
        folder.path(),
        "convex/auth.config.ts",
        "export default { providers: [{ domain: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }, { domain: \"sk_test_SecretInTheConfig\", applicationID: \"x\" }] };\n",
    );
    write(folder.path(), "keys.json", &signer().jwks_json(KEY_ID));
    write(folder.path(), "token.txt", &token(|_, _| {}));
    write(
        folder.path(),
        "bad.txt",
        &token(|_, claims| claims["aud"] = json!("sk_test_SecretInAClaimSecretInAClaim")),
    );
    for (index, (_, secret)) in SECRETS.iter().enumerate() {
        write(folder.path(), &format!("secret{index}.txt"), secret);
    }
    folder
}

fn token(change: impl FnOnce(&mut Value, &mut Value)) -> String {
    let (mut header, mut claims) = (clerk_header(KEY_ID, NOW), healthy_claims(ISSUER, NOW));
    change(&mut header, &mut claims);
    signer().mint(&header, &claims)
}

fn run(folder: &Path, args: &[&str]) -> Output {
    support::clerkcheck()
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Secrets in places where no secret belongs: names, claims, headers, providers, key ids, templates.
#[test]
fn a_secret_is_hidden_wherever_it_stands() {
    let secrets = [
        "sk_test_SecretOfClerkSecretOfClerkSecretOf",
        "whsec_SecretOfAWebhook0123456789",
        "prod:happy-animal-123|SecretOfConvex0123456789",
        "convex-self-hosted|0135d8598650f8f5cb0f30c34ec2e2bb62793bc28717c8eb6fb577996d50be5f",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJTZWNyZXRPZiJ9.SecretOfASignature",
    ];
    let config = |provider: &str| format!("export default {{ providers: [{provider}] }};\n");
    for secret in secrets {
        let folder = project();
        let claims = token(|header, claims| {
            header["kid"] = json!(secret);
            header["typ"] = json!(secret);
            claims["aud"] = json!([secret, "convex"]);
            claims["nbf"] = json!(secret);
            claims["sub"] = json!(secret);
            claims[secret] = json!({ secret: 1 });
        });
        let template =
            json!({"name": secret, "claims": {"aud": secret, "x": secret}, "lifetime": secret});
        for (path, text) in [
            ("odd.txt", claims),
            ("template.json", template.to_string()),
            ("convex.json", json!({"functions": secret}).to_string()),
            (
                "odd.json",
                json!({"keys": [{"kty": "RSA", "kid": secret, "alg": secret}]}).to_string(),
            ),
            (
                "discovery.json",
                json!({"issuer": secret, "jwks_uri": secret}).to_string(),
            ),
        ] {
            fs::write(folder.path().join(path), text).unwrap();
        }
        for provider in [
            format!("{{ domain: process.env.CLERK_ISSUER_URL, applicationID: {secret:?} }}"),
            format!("{{ domain: process.env[{secret:?}], applicationID: \"convex\" }}"),
            format!(
                "{{ type: {secret:?}, domain: \"https://x.dev/{secret}\", applicationID: \"convex\" }}"
            ),
            format!(
                "{{ type: \"customJwt\", issuer: {secret:?}, jwks: {secret:?}, algorithm: {secret:?} }}"
            ),
        ] {
            fs::write(
                folder.path().join("convex/auth.config.ts"),
                config(&provider),
            )
            .unwrap();
            for command in [
                "check token.txt --jwks keys.json -v",
                "check odd.txt --jwks odd.json --show-claims -v",
                "check odd.txt --jwks odd.json --discovery discovery.json --all",
                "env -v",
                "jwks --jwks odd.json --discovery discovery.json",
                "template template.json",
                "check template.json",
            ] {
                for format in ["human", "json", "github", "html", "sarif"] {
                    let args = format!("{command} --offline --at 1767225610 --format {format}");
                    let args: Vec<&str> = args.split(' ').filter(|arg| args_take(arg)).collect();
                    let args = if command.starts_with("check") {
                        args
                    } else {
                        without_time(&args)
                    };
                    assert_hidden(folder.path(), &args);
                }
            }
        }
        for format in ["human", "json", "github", "html", "sarif"] {
            assert_hidden(folder.path(), &["decode", "odd.txt", "--format", format]);
            assert_hidden(
                folder.path(),
                &["decode", "--all", "odd.txt", "--format", format],
            );
            let line = format!(
                "Environment variable {secret} is used in auth config file but its value was not set"
            );
            assert_hidden(folder.path(), &["explain", &line, "--format", format]);
        }
    }
}

/// `--at` is for tokens.
fn without_time<'a>(args: &[&'a str]) -> Vec<&'a str> {
    args.iter()
        .copied()
        .filter(|arg| !matches!(*arg, "--at" | "1767225610"))
        .collect()
}

fn assert_hidden(folder: &Path, args: &[&str]) {
    let output = run(folder, args);
    for bytes in [&output.stdout, &output.stderr] {
        let shown = String::from_utf8_lossy(bytes);
        // Line ends of folded words do not hide it either.
        let joined: String = shown.split_whitespace().collect();
        let leaks = ["SecretOf", "eyJpc3Mi", "0135d8598"]
            .iter()
            .any(|part| joined.contains(part));
        assert!(!leaks, "{args:?}: {shown}");
    }
}

#[test]
fn no_command_shows_a_secret_in_any_format() {
    let folder = project();
    let good = token(|_, _| {});
    let signature = good.rsplit('.').next().unwrap().to_owned();
    let offline = ["--offline", "--at", "1767225610"];
    let mut commands: Vec<Vec<String>> = vec![
        vec!["check", "token.txt", "--jwks", "keys.json"],
        vec![
            "check",
            "token.txt",
            "--jwks",
            "keys.json",
            "--show-claims",
            "-v",
        ],
        vec!["env", "-v"],
        vec!["jwks", "--jwks", "keys.json"],
        vec!["template", "secret0.txt"],
    ]
    .into_iter()
    .map(|args| {
        args.into_iter()
            .chain(offline.iter().copied().filter(|arg| args_take(arg)))
            .map(str::to_owned)
            .collect()
    })
    .collect();
    commands.push(["decode", "token.txt"].map(str::to_owned).to_vec());
    commands.push(
        ["explain", "sk_test_SecretOfClerkSecretOfClerkSecretOf"]
            .map(str::to_owned)
            .to_vec(),
    );
    for index in 0..SECRETS.len() {
        commands.push(
            [
                "check".to_owned(),
                format!("secret{index}.txt"),
                "--offline".to_owned(),
            ]
            .to_vec(),
        );
        commands.push(["decode".to_owned(), format!("secret{index}.txt")].to_vec());
    }
    for command in &commands {
        for format in ["human", "json", "github", "html", "sarif"] {
            let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
            args.extend(["--format", format]);
            let output = run(folder.path(), &args);
            assert!(
                output.status.code().is_some_and(|code| code <= 3),
                "{args:?}: {output:?}"
            );
            for bytes in [&output.stdout, &output.stderr] {
                let shown = String::from_utf8_lossy(bytes);
                assert!(
                    !shown.contains("eyJ") && !shown.contains(&signature),
                    "{args:?}: {shown}"
                );
                // The argument of `explain` is the user's own, and is not repeated either.
                let found = shown.find("Secret").filter(|at| {
                    let rest = &shown[*at..];
                    [
                        "SecretOf",
                        "SecretIn",
                        "SecretAs",
                        "SecretThat",
                        "SecretUnclosed",
                    ]
                    .iter()
                    .any(|start| rest.starts_with(start))
                });
                assert_eq!(found, None, "{args:?}: {shown}");
            }
        }
    }
}

/// `--at` is for commands with a clock; without a token it is left out.
fn args_take(arg: &str) -> bool {
    arg == "--offline"
}

#[test]
fn attacks_are_refused_for_what_they_are() {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let raw = |header: &str, claims: &str| {
        format!(
            "{}.{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims),
            URL_SAFE_NO_PAD.encode([7; 256])
        )
    };
    let claims = healthy_claims(ISSUER, NOW);
    let unsigned = |algorithm: &str| {
        format!(
            "{}.{}.",
            part(&json!({"alg": algorithm, "typ": "JWT", "kid": KEY_ID})),
            part(&claims)
        )
    };
    // HMAC with the public key as its secret: the classic confusion of algorithms.
    let confused = {
        let header = json!({"alg": "HS256", "typ": "JWT", "kid": KEY_ID});
        let message = format!("{}.{}", part(&header), part(&claims));
        let key = aws_lc_rs::hmac::Key::new(
            aws_lc_rs::hmac::HMAC_SHA256,
            signer().jwks_json(KEY_ID).as_bytes(),
        );
        let tag = aws_lc_rs::hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
    };
    // The forger's own key in the header.
    let own_key: Value = serde_json::from_str(&other_signer().jwks_json(KEY_ID)).unwrap();
    let mut embedded = clerk_header(KEY_ID, NOW);
    embedded["jwk"] = own_key["keys"][0].clone();
    embedded["jku"] = json!("https://evil.example/jwks.json");
    embedded["x5u"] = json!("https://evil.example/cert.pem");
    embedded["x5c"] = json!(["MIIB"]);
    let healthy = claims.to_string();
    let twice = healthy.replacen('{', "{\"iss\":\"https://evil.clerk.accounts.dev\",", 1);
    let deep = format!(
        "{{\"iss\":\"{ISSUER}\",\"x\":{}{}}}",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let huge = healthy.replace(&NOW.to_string(), "1e999");
    let nul = healthy.replace("convex", "convex\\u0000");
    let surrogate = healthy.replace("convex", "\\ud800");
    let homograph = healthy.replace("cool-ocelot", "c\u{43e}ol-ocelot");
    let header = clerk_header(KEY_ID, NOW).to_string();
    let path = clerk_header("../../etc/passwd' OR 1=1 --", NOW).to_string();
    for (name, token) in [
        ("none", unsigned("none")),
        ("None", unsigned("None")),
        ("NONE", unsigned("NONE")),
        ("nOnE", unsigned("nOnE")),
        ("hmac", confused),
        ("embedded", other_signer().mint(&embedded, &claims)),
        (
            "foreign key",
            other_signer().mint(&clerk_header(KEY_ID, NOW), &claims),
        ),
        ("path as kid", raw(&path, &healthy)),
        ("twice", raw(&header, &twice)),
        ("deep", raw(&header, &deep)),
        ("huge", raw(&header, &huge)),
        ("nul", raw(&header, &nul)),
        ("surrogate", raw(&header, &surrogate)),
        ("homograph", raw(&header, &homograph)),
        (
            "header deep",
            raw(
                &format!(
                    "{{\"alg\":\"RS256\",\"x\":{}{}}}",
                    "[".repeat(5000),
                    "]".repeat(5000)
                ),
                &healthy,
            ),
        ),
        ("header array", raw("[]", &healthy)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "keys.json", &signer().jwks_json(KEY_ID));
        write(folder.path(), "token.txt", &token);
        let output = run(folder.path(), &[&CHECK[..], &["--format", "json"]].concat());
        let code = output.status.code();
        assert!(matches!(code, Some(1..=3)), "{name}: {code:?}");
        let report = support::json_report(&output.stdout);
        assert_ne!(report["verdict"]["convex"]["outcome"], "accepted", "{name}");
        let human = run(
            folder.path(),
            &[&CHECK[..], &["--format", "human"]].concat(),
        );
        let shown = String::from_utf8(human.stdout).unwrap();
        assert!(
            !shown.contains(
                |character: char| character != '\n' && clerkcheck::escape::is_hidden(character)
            ),
            "{name}: {shown}"
        );
    }
}

#[test]
fn every_claim_may_be_hostile() {
    let evil = "\u{1b}]0;x\u{7}\u{1b}[2J\r\n::error::pwned\n##[error]x\u{202e}\u{200b}<script>|`@x";
    let mut hostile = json!({});
    for name in [
        "aud", "azp", "sub", "name", "email", "jti", "sid", "org_id", evil,
    ] {
        hostile[name] = json!(evil);
    }
    hostile["iss"] = json!(ISSUER);
    hostile["iat"] = json!(NOW);
    hostile["exp"] = json!(NOW + 60);
    let mut header = clerk_header(evil, NOW);
    header["typ"] = json!(evil);
    header["cty"] = json!(evil);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "keys.json", &signer().jwks_json(KEY_ID));
    write(
        folder.path(),
        "token.txt",
        &signer().mint(&header, &hostile),
    );
    let check = [&CHECK[..], &["--show-claims", "-v", "--format"]].concat();
    let decode = ["decode", "token.txt", "--format"];
    for args in [&check[..], &decode[..]] {
        for format in ["human", "json", "github", "html", "sarif"] {
            let output = run(folder.path(), &[args, &[format]].concat());
            let shown = String::from_utf8(output.stdout).unwrap();
            let hidden =
                |character: char| character != '\n' && clerkcheck::escape::is_hidden(character);
            assert!(!shown.contains(hidden), "{args:?} {format}: {shown:?}");
            if format == "github" {
                let commands = shown
                    .lines()
                    .filter(|line| line.trim_start().starts_with("::error"));
                assert!(
                    commands.clone().all(|line| line.contains("title=")),
                    "{shown}"
                );
                assert!(!shown.contains("##["), "{shown}");
            }
            if format == "html" {
                assert!(!shown.contains("<script"), "{shown}");
            }
        }
    }
}

/// Each shape made its reader look for a name among all names before it, so that a token of a few megabytes was judged for minutes.
#[test]
fn a_token_with_very_many_claims_is_judged_in_few_words() {
    let core = healthy_claims(ISSUER, NOW).to_string();
    let core = core.trim_matches(['{', '}']);
    let many = |claim: &dyn Fn(usize) -> String| {
        let claims: Vec<String> = (0..100_000).map(claim).collect();
        format!("{{{core},{}}}", claims.join(","))
    };
    let audience = |list: String| core.replacen("\"aud\":\"convex\"", &list, 1);
    let list: Vec<String> = (0..100_000).map(|at| format!("\"a{at}\"")).collect();
    for (claims, rule) in [
        (many(&|at| format!("\"c{at}\":1")), "signature-invalid"),
        (
            many(&|at| format!("\"c{}\":1", at / 2)),
            "signature-invalid",
        ),
        (
            many(&|at| format!("\"name#{at}\":\"x\"")),
            "signature-invalid",
        ),
        (many(&|at| format!("\"email#{at}\":\"x\"")), "claim-type"),
        (many(&|at| format!("\"sub#{at}\":1")), "claim-type"),
        (
            many(&|_| "\"iss\":\"https://x.example\"".to_owned()),
            "claim-duplicate",
        ),
        (
            format!("{{{}}}", audience(format!("\"aud\":[{}]", list.join(",")))),
            "audience-mismatch",
        ),
    ] {
        let folder = project();
        write(
            folder.path(),
            "token.txt",
            &format!(
                "{}.{}.{}",
                URL_SAFE_NO_PAD.encode(clerk_header(KEY_ID, NOW).to_string()),
                URL_SAFE_NO_PAD.encode(&claims),
                URL_SAFE_NO_PAD.encode([7; 256])
            ),
        );
        let output = run(folder.path(), &CHECK);
        let text = String::from_utf8(output.stdout).unwrap();
        let start = &claims[..120];
        assert_eq!(output.status.code(), Some(1), "{start}");
        assert!(
            text.lines().take(3).any(|line| line.ends_with(rule)),
            "{text:.400} {start}"
        );
        assert!(text.len() < 40_000, "{} bytes for {start}", text.len());
    }
}

#[test]
fn a_key_set_with_very_many_keys_is_listed_in_part() {
    let folder = project();
    let keys = format!("{{\"keys\":[{}]}}", vec!["{}"; 100_000].join(","));
    write(folder.path(), "keys.json", &keys);
    let output = run(
        folder.path(),
        &["jwks", ISSUER, "--jwks", "keys.json", "--format", "json"],
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["keys"].as_array().unwrap().len(), 100);
    assert_eq!(
        report["notes"],
        json!(["The first 100 of 100000 keys are listed."])
    );
    assert_eq!(report["findings"][0]["rule"], "jwks-empty");
}

#[test]
fn an_auth_config_of_one_huge_line_is_told_in_few_words() {
    let folder = project();
    let reads: String = (0..2_000).fold(String::new(), |text, at| {
        text + &format!("if(process.env.V{at}){{a=a+process.env.W{at}}}")
    });
    let config = format!(
        "let a=\"x\";{reads}export default {{providers:[{{domain:a,applicationID:\"convex\"}}]}}"
    );
    write(folder.path(), "convex/auth.config.ts", &config);
    let output = run(folder.path(), &["env", "--offline", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let fallbacks: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["rule"] == "fallback-dead")
        .collect();
    assert_eq!(fallbacks.len(), 32);
    let note = fallbacks[31]["notes"][0].as_str().unwrap();
    assert!(
        note.ends_with("more of this kind are not listed."),
        "{note}"
    );
    let text = String::from_utf8(run(folder.path(), &["env", "--offline"]).stdout).unwrap();
    assert!(text.len() < 60_000, "{} bytes", text.len());
    assert_eq!(text.matches("warn  config     fallback-dead\n").count(), 1);
}
