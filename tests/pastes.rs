//! Pastes of every form, read as people expect.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and reads its cases"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerkcheck::paste::{Found, Outcome, Paste, line, read};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pastes")
}

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

/// What is printed of a paste: everything but the tokens themselves.
fn printed(paste: &Paste) -> String {
    let mut printed = format!("{paste:?}\n{}", paste.notes.join("\n"));
    match &paste.outcome {
        Outcome::Tokens(tokens) => {
            for found in tokens {
                printed.push_str(&found.carrier.name());
                for repair in &found.repairs {
                    printed.push_str(repair.name());
                }
            }
        }
        Outcome::Rejected(rejection) => {
            printed.push_str(&rejection.say);
            printed.push_str(&rejection.next);
        }
        // Claims are shown on purpose.
        Outcome::Claims(_) => printed = paste.notes.join("\n"),
        Outcome::None => {}
    }
    for error in &paste.errors {
        printed.push_str(&error.evidence().join("\n"));
    }
    printed
}

#[test]
fn reads_every_form_as_expected() {
    let expected = expected();
    let mut wrong = Vec::new();
    for case in expected["cases"].as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let paste = read(&std::fs::read(folder().join(file)).unwrap());
        let want: Vec<&str> = match case["raw_token"].as_str() {
            Some(token) => vec![token],
            None => case["tokens"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| expected["tokens"][name.as_str().unwrap()].as_str().unwrap())
                .collect(),
        };
        let right = match (&paste.outcome, case["expect"].as_str().unwrap()) {
            (Outcome::Tokens(tokens), "token" | "tokens") => {
                tokens
                    .iter()
                    .map(|found| found.token.expose())
                    .collect::<Vec<_>>()
                    == want
            }
            (Outcome::Claims(_), "claims-only") | (Outcome::Rejected(_), "reject") => true,
            _ => false,
        };
        let line = match &paste.outcome {
            Outcome::Tokens(tokens) => tokens
                .iter()
                .map(|found| {
                    format!(
                        "{} {:?}",
                        found.carrier.name(),
                        found
                            .repairs
                            .iter()
                            .map(|repair| repair.name())
                            .collect::<Vec<_>>()
                    )
                })
                .collect::<Vec<_>>()
                .join(" + "),
            Outcome::Claims(claims) => format!("claims {:?}", claims.source),
            Outcome::Rejected(rejection) => format!("{}: {}", rejection.rule, rejection.say),
            Outcome::None => "none".to_owned(),
        };
        println!(
            "{} {file}: {line} {:?}",
            if right { "ok" } else { "WRONG" },
            paste.notes
        );
        if !right {
            wrong.push(format!("{file}: {line}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn repeats_no_secret() {
    let expected = expected();
    for case in expected["cases"].as_array().unwrap() {
        if case["contains_secret"] != true {
            continue;
        }
        let file = case["file"].as_str().unwrap();
        let bytes = std::fs::read(folder().join(file)).unwrap();
        let printed = printed(&read(&bytes));
        let text = String::from_utf8_lossy(&bytes);
        for run in text.split(|character: char| {
            !character.is_ascii_alphanumeric() && character != '-' && character != '_'
        }) {
            let secret = run.len() >= 24 || run.starts_with("eyJ") && run.len() > 3;
            assert!(
                !secret || !printed.contains(run),
                "{file} repeats a part of itself"
            );
        }
    }
}

/// Further forms around one token: the text, with `T` for the token, and the carrier.
const FORMS: [(&str, &str); 18] = [
    (
        "{\"log\":{\"entries\":[{\"request\":{\"headers\":[{\"name\":\"authorization\",\"value\":\"Bearer T\"}]}}]}}",
        "authorization-header",
    ),
    (
        "{\"headers\":[{\"name\":\"Authorization\",\"value\":\"T\"}]}",
        "authorization-header",
    ),
    (
        ":authority: x\nauthorization: Bearer T\n",
        "authorization-header",
    ),
    (
        "x-clerk-auth-token: T\nx-clerk-auth-status: signed-out\n",
        "header:x-clerk-auth-token",
    ),
    ("grant=a&token=T&b=1", "form"),
    ("TOKEN=T", "env"),
    ("export TOKEN=\"T\"", "env"),
    ("token = \"T\"", "toml"),
    ("token: T", "yaml"),
    ("jwt:\n  kept: >-\n    T\n", "yaml"),
    ("kept: |2\r\n    T\r\n", "yaml"),
    (
        "{&quot;auth&quot;:{&quot;jwt&quot;:&quot;T&quot;}}",
        "json:/auth/jwt",
    ),
    ("%7B%22jwt%22%3A%22T%22%7D", "json:/jwt"),
    (
        "Authorization%253A%2520Bearer%2520T",
        "authorization-header",
    ),
    ("const token = 'T';", "javascript"),
    (
        "{\"level\":30}\n{\"auth\":{\"jwt\":\"T\"}}\n",
        "json:/auth/jwt",
    ),
    (
        "{ name: '__session_abcdefgh', value: 'T' }",
        "cookie:__session_abcdefgh",
    ),
    (
        "Cookie: __client_uat=1; __session_abcdefgh=T",
        "cookie:__session_abcdefgh",
    ),
];

/// A line that can be read at once comes out as it does when it is read as a paste.
#[test]
fn reads_lines_as_pastes() {
    let expected = expected();
    let token = expected["tokens"]["main"].as_str().unwrap();
    let mut texts: Vec<Vec<u8>> = FORMS
        .iter()
        .map(|(form, _)| form.replace("TOKEN", "\u{1}").replace('T', token))
        .map(|text| text.replace('\u{1}', "TOKEN").into_bytes())
        .collect();
    for case in expected["cases"].as_array().unwrap() {
        texts.push(std::fs::read(folder().join(case["file"].as_str().unwrap())).unwrap());
    }
    let described = |found: &Found| {
        format!(
            "{} {} {:?}",
            found.token.expose(),
            found.carrier.name(),
            found.repairs
        )
    };
    let mut at_once = 0;
    for bytes in texts
        .iter()
        .flat_map(|text| text.split(|byte| *byte == b'\n'))
    {
        let Some(mine) = line(bytes) else { continue };
        at_once += 1;
        let Outcome::Tokens(theirs) = read(bytes).outcome else {
            panic!("{:?} has no token", String::from_utf8_lossy(bytes));
        };
        for found in &mine {
            let same = |other: &&Found| other.token.expose() == found.token.expose();
            assert!(theirs.iter().any(|other| same(&other)));
        }
        for found in &theirs {
            let found = described(found);
            assert!(mine.iter().any(|mine| described(mine) == found), "{found}");
        }
    }
    assert!(at_once > 40, "only {at_once} lines were read at once");
}

#[test]
fn reads_further_forms() {
    let expected = expected();
    let token = expected["tokens"]["main"].as_str().unwrap();
    let mut wrong = Vec::new();
    for (form, carrier) in FORMS {
        let paste = read(
            form.replace('T', "\u{1}")
                .replace("\u{1}OKEN", "TOKEN")
                .replace('\u{1}', token)
                .as_bytes(),
        );
        match &paste.outcome {
            Outcome::Tokens(tokens) => {
                let found = &tokens[0];
                if found.token.expose() != token || found.carrier.name() != carrier {
                    wrong.push(format!("{form}: {}", found.carrier.name()));
                }
            }
            other => wrong.push(format!("{form}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn says_what_a_repair_may_hide() {
    let expected = expected();
    let token = expected["tokens"]["main"].as_str().unwrap();
    let padded = format!("{token}==");
    let notes = read(padded.as_bytes()).notes.join(" ");
    assert!(notes.contains("Convex refuses it"), "{notes}");
    assert!(read(token.as_bytes()).notes.is_empty());
}

#[test]
fn an_unsecured_token_is_a_token() {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = part(r#"{"iss":"https://cool-ocelot-25.clerk.accounts.dev","sub":"user_1"}"#);
    for algorithm in ["none", "None", "NONE", "nOnE"] {
        let header = part(&format!(r#"{{"alg":"{algorithm}"}}"#));
        let outcome = read(format!("{header}.{claims}.").as_bytes()).outcome;
        assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
        let outcome = read(format!("{header}.{claims}").as_bytes()).outcome;
        assert!(matches!(outcome, Outcome::Claims(_)), "{outcome:?}");
    }
}

/// The rule by which a paste is refused.
fn refused(text: &str) -> &'static str {
    match read(text.as_bytes()).outcome {
        Outcome::Rejected(rejection) => rejection.rule,
        _ => "none",
    }
}

#[test]
fn a_cut_signature_is_not_judged() {
    let expected = expected();
    let token = expected["tokens"]["main"].as_str().unwrap();
    let unsigned = token.rfind('.').unwrap() + 1;
    // 171 characters are what a key of 1024 bits makes.
    for length in (0..342).filter(|length| *length != 171) {
        let cut = &token[..unsigned + length];
        assert_eq!(refused(cut), "token-truncated", "{length} characters");
    }
    let (start, end) = (&token[..token.len() - 80], &token[token.len() - 20..]);
    for text in [
        format!("{start}…"),
        format!("{start}...{end}"),
        format!("Authorization: Bearer {start}…{end}"),
        format!("{{\"jwt\":\"{start}\"}}"),
    ] {
        assert_eq!(refused(&text), "token-truncated", "{text}");
    }
    assert_eq!(refused(&format!("{token}Copy")), "token-mangled");
}

#[test]
fn a_shortened_copy_is_called_that() {
    let expected = expected();
    let token = expected["tokens"]["main"].as_str().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    for mark in [
        "...",
        "…",
        "⋯",
        "[...]",
        "[…]",
        "<snip>",
        "[snip]",
        "--snip--",
        "***",
        "•••",
        "<truncated>",
        "[REDACTED]",
        "[+300 chars]",
    ] {
        for (at, part) in parts.iter().enumerate() {
            let (start, end) = (&part[..part.len() / 3], &part[part.len() - 12..]);
            for cut in [format!("{start}{mark}{end}"), format!("{start}{mark}")] {
                let mut parts = parts.clone();
                parts[at] = &cut;
                let text = parts.join(".");
                assert_eq!(refused(&text), "token-truncated", "{text}");
                // Signed with what Convex does not take, it is shortened all the same.
                let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
                if at > 0 {
                    let text = text.replace(parts[0], &header);
                    assert_eq!(refused(&text), "token-truncated", "{text}");
                }
            }
        }
        for text in [
            format!("{}{mark}", &token[..20]),
            format!("token: {}{mark}{}", &token[..20], &token[token.len() - 8..]),
        ] {
            assert_eq!(refused(&text), "token-truncated", "{text}");
        }
    }
    let half = &token[..150];
    for text in [
        format!("{{ token: '{half}'... 733 more characters }}"),
        format!("'{}'... 833 more characters", &token[..50]),
        format!("{{\"token\":\"{half}\\u2026\"}}"),
        format!("{half} [truncated]"),
        format!("{half}\n...\n{}", &token[token.len() - 50..]),
    ] {
        assert_eq!(refused(&text), "token-truncated", "{text}");
    }
    // What ends a sentence shortens nothing.
    for text in [format!("It says: {token}..."), format!("\"{token}\"…")] {
        assert_eq!(refused(&text), "none", "{text}");
    }
}

#[test]
fn an_algorithm_that_convex_refuses_decides_alone() {
    let claims = URL_SAFE_NO_PAD.encode(r#"{"iss":"https://cool-ocelot-25.clerk.accounts.dev"}"#);
    let token = |algorithm: &str, signature: &[u8]| {
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{algorithm}"}}"#));
        format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    // As OpenSSL signs: a sequence of two numbers.
    let der = [&[0x30, 69, 2, 33, 0][..], &[1; 32], &[2, 32], &[1; 32]].concat();
    for (algorithm, signature) in [
        ("ES256", der.as_slice()),
        ("ES384", &der),
        ("ES256", &[1; 70]),
        ("EdDSA", &[1; 114]),
        ("Ed448", &[1; 114]),
        ("HS256", &[1; 20]),
        ("RS512", &[1; 300]),
        ("PS256", &[1; 100]),
    ] {
        let text = token(algorithm, signature);
        assert_eq!(refused(&text), "none", "{text}");
    }
    let notes = read(token("ES256", &der).as_bytes()).notes.join(" ");
    assert!(notes.contains("DER"), "{notes}");
    // What a provider may take is told apart from a cut copy of it.
    for algorithm in ["RS256", "EdDSA", "ES256"] {
        let text = token(algorithm, &[1; 50]);
        assert_eq!(refused(&text), "token-truncated", "{text}");
    }
}

#[test]
fn a_header_that_is_no_object_is_judged() {
    let expected = expected();
    let token = expected["tokens"]["main"].as_str().unwrap();
    let (_, rest) = token.split_once('.').unwrap();
    for header in [
        r#"["a"]"#,
        r#""abc""#,
        "null",
        "5",
        r#"["alg","RS256","kid","ins_2abcdefgh"]"#,
    ] {
        let text = format!("Bearer {}.{rest}", URL_SAFE_NO_PAD.encode(header));
        let Outcome::Tokens(tokens) = read(text.as_bytes()).outcome else {
            panic!("{header}: no token");
        };
        let fault = clerkcheck::token::Token::read(tokens[0].token.expose())
            .header
            .fault;
        assert_eq!(fault.as_deref(), Some("the header is not a JSON object"));
    }
}

#[test]
fn a_cookie_does_not_stand_for_a_broken_header() {
    let expected = expected();
    let token = expected["tokens"]["main"].as_str().unwrap();
    let cookie = format!("Cookie: __session={token}\n");
    let cut = &token[..token.len() / 2];
    for (sent, rule) in [
        ("Authorization: Bearer null\n", "token-null"),
        ("authorization:\nBearer undefined\n", "token-null"),
        ("Authorization: Bearer [object Promise]\n", "token-promise"),
        ("Authorization: Bearer \n", "token-absent"),
        (
            &format!("Authorization: Bearer {cut}…\n"),
            "token-truncated",
        ),
        (
            "curl -H 'authorization: Bearer null' \\\n -b '__client_uat=1' -H '",
            "token-null",
        ),
        (
            "{\"type\":\"Authenticate\",\"tokenType\":\"None\",\"baseVersion\":0}\n",
            "socket-without-token",
        ),
    ] {
        for text in [format!("{sent}{cookie}"), format!("{cookie}{sent}")] {
            let paste = read(text.as_bytes());
            assert!(
                paste.notes.join(" ").contains("Convex reads no cookies"),
                "{text}"
            );
            assert_eq!(refused(&text), rule, "{text}");
        }
    }
    let har = format!(
        "{{\"headers\":[{{\"name\":\"authorization\",\"value\":\"Bearer null\"}},{{\"name\":\"cookie\",\"value\":\"__session={token}\"}}]}}"
    );
    assert_eq!(refused(&har), "token-null");
    assert!(line(har.as_bytes()).is_none());
    // What is masked or put together in code says nothing of what was sent; a token that is no cookie's is judged.
    for text in [
        format!("Authorization: Bearer ***\n{cookie}"),
        format!("headers.Authorization = 'Bearer ' + token\n{cookie}"),
        format!("Authorization: Bearer null\n{token}"),
        format!("Authorization: Bearer null\nAuthorization: Bearer {token}\n{cookie}"),
    ] {
        assert_eq!(refused(&text), "none", "{text}");
    }
}

#[test]
fn the_token_in_use_is_judged() {
    let expected = expected();
    let (one, other) = (
        expected["tokens"]["main"].as_str().unwrap(),
        expected["tokens"]["session"].as_str().unwrap(),
    );
    for (text, carrier) in [
        (
            format!("diff --git a/x b/x\n-TOKEN={other}\n+TOKEN={one}\n"),
            "diff",
        ),
        (
            format!("@@ -1 +1 @@\n-Authorization: Bearer {other}\n+Authorization: Bearer {one}\n"),
            "authorization-header",
        ),
        (
            [other, one]
                .map(|token| {
                    format!(
                        "{{\"type\":\"Authenticate\",\"tokenType\":\"User\",\"value\":\"{token}\"}}"
                    )
                })
                .join("\n"),
            "convex-websocket",
        ),
        (
            format!("authorization=Bearer+{one}"),
            "authorization-header",
        ),
        (format!("$token = \"{one}\""), "env"),
    ] {
        let Outcome::Tokens(tokens) = read(text.as_bytes()).outcome else {
            panic!("{text}: no token");
        };
        assert!(tokens[0].token.expose() == one, "{text}");
        assert_eq!(tokens[0].carrier.name(), carrier, "{text}");
    }
}

#[test]
fn of_several_requests_that_to_convex_is_judged() {
    let expected = expected();
    let (one, other) = (
        expected["tokens"]["main"].as_str().unwrap(),
        expected["tokens"]["session"].as_str().unwrap(),
    );
    let own = ("https://api.example.com/orders", other);
    for convex in [
        "https://happy-animal-123.convex.cloud/api/query",
        "https://happy-animal-123.convex.site/hook",
        "http://127.0.0.1:3210/api/mutation",
    ] {
        let ways: [fn(&str, &str) -> String; 4] = [
            |url, token| format!("curl '{url}' -H 'authorization: Bearer {token}'"),
            |url, token| {
                format!(
                    "fetch(\"{url}\", {{\"headers\": {{\"authorization\": \"Bearer {token}\"}}}});"
                )
            },
            |url, token| {
                format!(
                    "Invoke-WebRequest -Uri \"{url}\" `\n-Headers @{{\"authorization\"=\"Bearer {token}\"}}"
                )
            },
            |url, token| {
                json!({"_initiator": {"url": "https://x.dev/a.js"}, "request": {"method": "GET", "url": url, "headers": [
                    {"name": "origin", "value": "https://x.dev"}, {"name": "authorization", "value": format!("Bearer {token}")}]}})
                .to_string()
            },
        ];
        for way in ways {
            let requests = [own, (convex, one)].map(|(url, token)| way(url, token));
            let text = if requests[0].starts_with('{') {
                format!("{{\"log\":{{\"entries\":[{}]}}}}", requests.join(","))
            } else {
                requests.join(" ;\n")
            };
            let Outcome::Tokens(tokens) = read(text.as_bytes()).outcome else {
                panic!("{text}: no token");
            };
            assert_eq!(tokens.len(), 2);
            assert!(tokens[0].token.expose() == one, "{text}");
        }
    }
    // What goes elsewhere stands back behind what Clerk answers, and behind the connection.
    let entry = |url: &str, more: Value| {
        let mut entry = json!({"request": {"url": url, "headers": []}});
        entry
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        entry
    };
    let header = json!([{"name": "Authorization", "value": format!("Bearer {other}")}]);
    let api = json!({"request": {"url": own.0, "headers": header}});
    let message = json!({"type": "Authenticate", "tokenType": "User", "value": one}).to_string();
    for theirs in [
        entry(
            "https://cool-ocelot-25.clerk.accounts.dev/v1/client/sessions/sess_1/tokens/convex",
            json!({"response": {"content": {"text": json!({"jwt": one}).to_string()}}}),
        ),
        entry(
            "wss://happy-animal-123.convex.cloud/api/1.45.0/sync",
            json!({"_webSocketMessages": [{"type": "send", "data": message}]}),
        ),
    ] {
        let text = json!({"log": {"entries": [api, theirs]}}).to_string();
        let Outcome::Tokens(tokens) = read(text.as_bytes()).outcome else {
            panic!("{text}: no token");
        };
        assert!(tokens[0].token.expose() == one, "{text}");
    }
}

#[test]
fn a_template_is_claims_and_more() {
    let template = |name: &str| {
        format!(
            "{{\"object\":\"jwt_template\",\"name\":\"{name}\",\"claims\":{{\"aud\":\"{name}\"}},\"lifetime\":60}}"
        )
    };
    let (one, other) = (template("convex"), template("other"));
    for text in [
        one.clone(),
        format!("[{one}]"),
        format!(" [{other}, {one}]\n"),
        format!("{{\"data\":[{other},{one}],\"total_count\":2}}"),
    ] {
        let Outcome::Claims(claims) = read(text.as_bytes()).outcome else {
            panic!("{text}: no claims");
        };
        assert_eq!(claims.json["aud"], "convex", "{text}");
        assert_eq!(claims.template.unwrap()["name"], "convex", "{text}");
    }
}

#[test]
fn reads_a_token_that_is_broken_up() {
    let expected = expected();
    let token = expected["tokens"]["main"].as_str().unwrap();
    let lines: Vec<&str> = token
        .as_bytes()
        .chunks(60)
        .map(|chunk| std::str::from_utf8(chunk).unwrap())
        .collect();
    let numbered = |form: fn(usize, &str) -> String| {
        let lines = lines.iter().enumerate();
        let lines: Vec<String> = lines.map(|(at, line)| form(at + 1, line)).collect();
        lines.join("\n")
    };
    let parts: Vec<&str> = token.split('.').collect();
    let wide: String = token
        .chars()
        .map(|sign| char::from_u32(u32::from(sign) + 0xFEE0).unwrap())
        .collect();
    for (text, repair) in [
        (lines.join("=\n"), "quoted-printable"),
        (
            format!("To: x=40example.com\r\n\r\n{}\r\n", lines.join("=\r\n")),
            "quoted-printable",
        ),
        (numbered(|at, line| format!("{at}: {line}")), "wrapping"),
        (numbered(|at, line| format!("{at}:{line}")), "wrapping"),
        (numbered(|at, line| format!("{at:>6}\t{line}")), "wrapping"),
        (numbered(|at, line| format!("{at:>3} │ {line}")), "wrapping"),
        (numbered(|at, line| format!("{at}. {line}")), "wrapping"),
        (numbered(|_, line| format!("│ {line} │")), "wrapping"),
        (numbered(|_, line| format!("| {line:<60} |")), "wrapping"),
        (numbered(|_, line| format!("{line}$")), "wrapping"),
        (lines.join("<wbr>"), "html-tags"),
        (
            format!(
                "<i class=\"a\">{}</i>.<i>{}</i>.<b>{}</b>",
                parts[0], parts[1], parts[2]
            ),
            "html-tags",
        ),
        (token.replace('.', "．"), "full-width"),
        (token.replace('.', "\u{2024}"), "full-width"),
        (wide, "full-width"),
        (lines.join("\u{3164}"), "zero-width"),
        (parts.join("\n"), "parts"),
        (
            format!(
                "header: {}\npayload: {}\nsignature: {}",
                parts[0], parts[1], parts[2]
            ),
            "parts",
        ),
        (
            format!(
                "{{\"protected\":\"{}\",\"payload\":\"{}\",\"signature\":\"{}\"}}",
                parts[0], parts[1], parts[2]
            ),
            "parts",
        ),
    ] {
        let Outcome::Tokens(tokens) = read(text.as_bytes()).outcome else {
            panic!("{text}: no token");
        };
        assert!(
            tokens.len() == 1 && tokens[0].token.expose() == token,
            "{text}"
        );
        let repairs: Vec<&str> = tokens[0]
            .repairs
            .iter()
            .map(|repair| repair.name())
            .collect();
        assert!(repairs.contains(&repair), "{text}: {repairs:?}");
    }
    for twice in [
        format!("{token}{token}"),
        format!("Bearer {token}{token}{token}"),
    ] {
        let Outcome::Tokens(tokens) = read(twice.as_bytes()).outcome else {
            panic!("no token");
        };
        assert!(tokens.len() == 1 && tokens[0].token.expose() == token);
    }
    // More parts than three are none of a token, wherever they end.
    assert_eq!(
        refused(&format!("{token}.{}", "A".repeat(80))),
        "token-segments"
    );
}

#[test]
fn escapes_of_markdown_are_undone() {
    let expected = expected();
    let token = expected["tokens"]["main"].as_str().unwrap();
    let Outcome::Tokens(tokens) = read(token.replace('_', "\\_").as_bytes()).outcome else {
        panic!("no token");
    };
    assert_eq!(tokens[0].token.expose(), token);
    assert_eq!(tokens[0].repairs[0].name(), "markdown-escapes");
}

/// Words and documents that are no token, and the rule that says so.
const REJECTED: &[(&str, &str)] = &[
    ("", "token-absent"),
    ("''", "token-absent"),
    ("null", "token-null"),
    ("[object Promise]", "token-promise"),
    ("Promise {<pending>}", "token-promise"),
    ("<token>", "token-placeholder"),
    ("$TOKEN", "token-placeholder"),
    (
        "{\"type\":\"Authenticate\",\"baseVersion\":0,\"tokenType\":\"None\"}",
        "socket-without-token",
    ),
    ("oat_0123456789abcdef", "token-opaque"),
    ("1713877200-c_2vCorpus", "token-opaque"),
    ("-----BEGIN PUBLIC KEY-----\nAAAA", "document-pasted"),
    (
        "{\"issuer\":\"https://x\",\"jwks_uri\":\"https://x/jwks\"}",
        "document-pasted",
    ),
    (
        "No auth provider found matching the given token",
        "error-pasted",
    ),
    ("eyJhbGciOi\u{2026}", "token-truncated"),
    ("{\"object\":\"token\",\"jwt\":null}", "token-null"),
    ("{ data: { token: undefined } }", "token-null"),
    ("{\"token\":\"\"}", "token-absent"),
    ("Cookie: __session=; __client_uat=0", "token-absent"),
    ("Promise {<rejected>: Error: Not Found}", "token-promise"),
    (
        "curl 'https://x.convex.cloud/api/query' -H 'Authorization: Bearer null' --data '{}'",
        "token-null",
    ),
    (
        "{\"headers\":[{\"name\":\"authorization\",\"value\":\"Bearer undefined\"}]}",
        "token-null",
    ),
    (
        "POST /api/query HTTP/1.1\r\nAuthorization: Bearer \r\nAccept: */*\r\n\r\n{}",
        "token-absent",
    ),
    (
        "fetch(url, { headers: { Authorization: 'Bearer <your token>' } })",
        "token-placeholder",
    ),
    (
        "{\"type\":\"Authenticate\",\"baseVersion\":0,\"tokenType\":\"User\",\"value\":null}",
        "token-null",
    ),
    ("Authorization: Bearer ***", "token-placeholder"),
    ("Authorization: Bearer [REDACTED]", "token-placeholder"),
    (
        "Bearer \u{2022}\u{2022}\u{2022}\u{2022}",
        "token-placeholder",
    ),
    (
        "{\"type\":\"Connect\",\"connectionCount\":0}",
        "socket-without-token",
    ),
    (
        "{\"tokenIdentifier\":\"https://x|user_1\",\"subject\":\"user_1\",\"email\":\"a@b.c\"}",
        "token-segments",
    ),
    ("Unauthorized", "error-pasted"),
    (
        "convex-self-hosted|0135d8598650f8f5cb0f30c34ec2e2bb62793bc28717c8eb6fb577996d50be5f4281b59181095065c5d0f86a2c31ddbe",
        "deploy-key-pasted",
    ),
];

#[test]
fn names_what_is_no_token() {
    let mut wrong = Vec::new();
    for &(text, rule) in REJECTED {
        match read(text.as_bytes()).outcome {
            Outcome::Rejected(rejection) if rejection.rule == rule => {}
            other => wrong.push(format!("{text}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let outcome = read(b"https://cool-ocelot-25.clerk.accounts.dev\n").outcome;
    assert!(
        matches!(&outcome, Outcome::Rejected(it) if it.say.contains("address") && it.next.contains("clerkcheck jwks")),
        "{outcome:?}"
    );
}
