//! Every observed verdict of Convex's verifier, through the library's public function. The folder's README describes the fields;
//! `CLERKCHECK_CONFORMANCE` names another folder.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and reads its cases"
)]

use clerkcheck::answer::{Answer, Answers, Fault, Response};
use clerkcheck::convex::{Browser, Outcome, Question, accept_config, judge};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

fn answers(world: &Value) -> Answers {
    let mut answers = Answers::default();
    for (url, seen) in world["responses"].as_object().unwrap() {
        let header = |name: &str| {
            let headers = seen["headers"].as_object()?;
            headers
                .iter()
                .find(|(own, _)| own.eq_ignore_ascii_case(name))
                .and_then(|(_, value)| value.as_str())
                .map(str::to_owned)
        };
        let answer = match seen.get("error") {
            Some(error) => Answer::Fault(Fault::Unreachable(error.to_string())),
            None => Answer::Response(Response {
                status: u16::try_from(seen["status"].as_u64().unwrap()).unwrap(),
                content_type: header("content-type"),
                location: header("location"),
                body: seen["body"]
                    .as_str()
                    .unwrap_or_default()
                    .as_bytes()
                    .to_vec(),
                ..Response::default()
            }),
        };
        let url = url::Url::parse(url).map_or_else(|_| url.clone(), String::from);
        answers.insert(url, answer);
    }
    answers
}

/// The verdict in the corpus's own form.
fn observed(case: &Value, world: &Value) -> Value {
    let providers = match accept_config(&case["config"]) {
        Ok(providers) => providers,
        Err(refusal) => {
            return json!({"accepted": false, "stage": "config", "code": refusal.code, "message": refusal.message, "http_status": null,
                "websocket": null, "fetched": null, "identity": null});
        }
    };
    let mut answers = answers(world);
    let verdict = loop {
        let verdict = judge(&Question {
            token: case["token"].as_str().unwrap(),
            providers: &providers,
            answers: &answers,
            now: case["now"].as_i64().unwrap(),
            digests: None,
            redacted: case["redact"].as_bool().unwrap(),
        });
        // A URL that the world does not have fails to connect.
        match &verdict.outcome {
            Outcome::Unknown { url } => answers.insert(
                url.clone(),
                Answer::Fault(Fault::Unreachable("absent".to_owned())),
            ),
            Outcome::Accepted(_) | Outcome::Refused(_) => break verdict,
        }
    };
    match verdict.outcome {
        Outcome::Accepted(identity) => {
            json!({"accepted": true, "stage": null, "code": null, "message": null, "http_status": null,
            "websocket": null, "fetched": verdict.asked, "identity": identity.members()})
        }
        Outcome::Refused(refusal) => {
            let websocket = match refusal.browser {
                Browser::AuthError { message } => {
                    json!({"type": "AuthError", "error": message, "authUpdateAttempted": true})
                }
                Browser::Close { reason } => json!({"type": "close", "reason": reason}),
            };
            json!({"accepted": false, "stage": "token", "code": refusal.code, "message": refusal.message, "http_status": refusal.http_status,
                "websocket": websocket, "fetched": verdict.asked, "identity": null})
        }
        Outcome::Unknown { .. } => unreachable!("the loop ends without it"),
    }
}

#[test]
fn verdicts_are_those_that_were_observed() {
    let folder = std::env::var_os("CLERKCHECK_CONFORMANCE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/convex"),
        PathBuf::from,
    );
    let lines = |name: &str| -> Vec<Value> {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let worlds: HashMap<String, Value> = lines("worlds.jsonl")
        .into_iter()
        .map(|world| (world["world"].as_str().unwrap().to_owned(), world))
        .collect();
    let cases = lines("cases.jsonl");
    let mut right = 0;
    for case in &cases {
        let found = observed(case, &worlds[case["world"].as_str().unwrap()]);
        let different: Vec<String> = found
            .as_object()
            .unwrap()
            .iter()
            .filter(|(field, value)| case["expect"][field.as_str()] != **value)
            .map(|(field, value)| {
                format!(
                    "  {field}: expected {}\n  {field}: found    {value}",
                    case["expect"][field.as_str()]
                )
            })
            .collect();
        if different.is_empty() {
            right += 1;
        } else {
            println!(
                "{}\n{}",
                case["case"].as_str().unwrap(),
                different.join("\n")
            );
        }
    }
    println!("conformance: {right}/{}", cases.len());
    assert!(right == cases.len() && right > 0);
}
