//! A stand-in for a Convex deployment: its variables and providers for those who have its key, and its verdict on tokens, by HTTP and by the
//! sync WebSocket.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use clerkcheck::answer::{Answer, Answers, Response};
use clerkcheck::convex::{self, Browser, Outcome, Question};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};

use super::app::{App, Asked, Said};
use super::tokens::signer;

/// The admin key that it takes.
pub(crate) const KEY: &str = "stand-in|0123456789abcdefStandInStandIn";
/// The key id of its issuer.
pub(crate) const KEY_ID: &str = "ins_2vStandInStandInStandInStandI";

/// What it knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) providers: Vec<Value>,
    /// Said instead of what is asked, for requests that start so.
    pub(crate) instead: Vec<(String, Said)>,
}

/// The stand-in. It is the issuer of its tokens as well.
pub(crate) struct Deployment {
    pub(crate) app: App,
    state: Arc<Mutex<State>>,
    issuer: Arc<Mutex<String>>,
}

impl Deployment {
    /// A healthy one: the variable and the provider are its own issuer's.
    pub(crate) fn new() -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let issuer: Arc<Mutex<String>> = Arc::default();
        let (shared, own) = (Arc::clone(&state), Arc::clone(&issuer));
        let (of_socket, issuer_of_socket) = (Arc::clone(&state), Arc::clone(&issuer));
        let app = App::with_upgrade(
            move |asked| {
                let state = shared.lock().unwrap().clone();
                let issuer = own.lock().unwrap().clone();
                answer(&state, &issuer, asked)
            },
            move |asked, stream| {
                let state = of_socket.lock().unwrap().clone();
                let issuer = issuer_of_socket.lock().unwrap().clone();
                sync(&state, &issuer, asked, stream);
            },
        );
        let url = app.url();
        issuer.lock().unwrap().clone_from(&url);
        let deployment = Self { app, state, issuer };
        deployment.change(|state| {
            state
                .variables
                .insert("CLERK_ISSUER_URL".to_owned(), url.clone());
            state
                .variables
                .insert("STRIPE_KEY".to_owned(), "sk_live_NeverFetched".to_owned());
            state.providers = vec![json!({"domain": url, "applicationID": "convex"})];
        })
    }

    /// Changes what it knows.
    pub(crate) fn change(self, change: impl FnOnce(&mut State)) -> Self {
        change(&mut self.state.lock().unwrap());
        self
    }

    /// Says this instead, for requests that start so.
    pub(crate) fn say(self, request: &str, said: Said) -> Self {
        self.change(|state| state.instead.push((request.to_owned(), said)))
    }

    /// The issuer of its tokens.
    pub(crate) fn issuer(&self) -> String {
        self.issuer.lock().unwrap().clone()
    }

    /// The requests that carried a token.
    pub(crate) fn tokens_seen(&self) -> usize {
        self.app
            .seen()
            .iter()
            .filter(|asked| {
                asked
                    .header("authorization")
                    .is_some_and(|value| value.starts_with("Bearer ey"))
            })
            .count()
    }
}

/// Seconds since the epoch.
pub(crate) fn now() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the deployment has a clock of its own"
    )]
    let now = SystemTime::now();
    i64::try_from(now.duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn answer(state: &State, issuer: &str, asked: &Asked) -> Said {
    let line = format!("{} {}", asked.method, asked.path);
    if let Some((_, said)) = state
        .instead
        .iter()
        .find(|(start, _)| line.starts_with(start))
    {
        return said.clone();
    }
    let is_owner = asked.header("authorization") == Some(&format!("Convex {KEY}"));
    match line.as_str() {
        "GET /.well-known/openid-configuration" => Said::Json(
            200,
            json!({"issuer": issuer, "jwks_uri": format!("{issuer}/.well-known/jwks.json")}),
        ),
        "GET /.well-known/jwks.json" => Said::Json(
            200,
            serde_json::from_str(&signer().jwks_json(KEY_ID)).unwrap(),
        ),
        "GET /api/v1/list_environment_variables" if is_owner => {
            Said::Json(200, json!({"environmentVariables": state.variables}))
        }
        "POST /api/query" if is_owner => {
            assert_eq!(asked.json()["path"], "_system/frontend/listAuthProviders");
            Said::Json(200, json!({"status": "success", "value": state.providers}))
        }
        "GET /api/v1/list_environment_variables" | "POST /api/query" => Said::Json(
            403,
            json!({"code": "BadDeployKey", "message": "The provided deploy key was invalid for deployment"}),
        ),
        "POST /api/query_batch" => {
            assert_eq!(asked.json(), json!({"queries": []}));
            assert_eq!(asked.header("convex-client"), None);
            let token = asked
                .header("authorization")
                .and_then(|value| value.strip_prefix("Bearer "));
            match verdict(state, issuer, token.unwrap_or_default()) {
                Outcome::Accepted(_) => Said::Json(200, json!({"results": []})),
                Outcome::Refused(refusal) => Said::Json(
                    refusal.http_status,
                    json!({"code": refusal.code, "message": refusal.message}),
                ),
                Outcome::Unknown { .. } => Said::Html(500),
            }
        }
        "GET /api/1.45.0/sync" => Said::Upgrade,
        _ => Said::Json(404, json!({"code": "NotFound", "message": "nothing here"})),
    }
}

/// The verdict of the deployment's own providers.
fn verdict(state: &State, issuer: &str, token: &str) -> Outcome {
    let json = |value: Value| {
        Answer::Response(Response {
            status: 200,
            content_type: Some("application/json".to_owned()),
            body: value.to_string().into_bytes(),
            ..Response::default()
        })
    };
    let mut answers = Answers::default();
    let keys = format!("{issuer}/.well-known/jwks.json");
    answers.insert(
        format!("{issuer}/.well-known/openid-configuration"),
        json(json!({"issuer": issuer, "jwks_uri": keys})),
    );
    answers.insert(
        keys,
        json(serde_json::from_str(&signer().jwks_json(KEY_ID)).unwrap()),
    );
    let providers = convex::accept_config(&json!({"providers": state.providers})).unwrap();
    convex::judge(&Question {
        token,
        providers: &providers,
        answers: &answers,
        now: now(),
        digests: None,
        redacted: false,
    })
    .outcome
}

/// The sync protocol, as far as authentication goes.
fn sync(state: &State, issuer: &str, asked: &Asked, mut stream: TcpStream) {
    use std::io::Write as _;
    let key = asked.header("sec-websocket-key").unwrap_or_default();
    let accept = derive_accept_key(key.as_bytes());
    write!(
        stream,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .unwrap();
    let mut socket = WebSocket::from_raw_socket(stream, Role::Server, None);
    loop {
        let Ok(Message::Text(text)) = socket.read() else {
            return;
        };
        let message: Value = serde_json::from_str(&text).unwrap();
        if message["type"] != "Authenticate" {
            assert_eq!(message["type"], "Connect");
            // As many as a busy deployment may send before it comes to the token.
            for _ in 0..100 {
                let _ = socket.send(Message::text(json!({"type": "Ping"}).to_string()));
            }
            continue;
        }
        let token = message["value"].as_str().unwrap();
        match verdict(state, issuer, token) {
            Outcome::Accepted(_) => {
                let version = |identity: u64| json!({"querySet": 0, "identity": identity, "ts": "AAAAAAAAAAA="});
                let transition = json!({"type": "Transition", "startVersion": version(0), "endVersion": version(1), "modifications": []});
                let _ = socket.send(Message::text(transition.to_string()));
            }
            Outcome::Refused(refusal) => match refusal.browser {
                Browser::AuthError { .. } => {
                    let error = json!({"type": "AuthError", "error": refusal.message, "baseVersion": 0, "authUpdateAttempted": true});
                    let _ = socket.send(Message::text(error.to_string()));
                }
                Browser::Close { .. } => {
                    let frame = CloseFrame {
                        code: 1011.into(),
                        reason: refusal.code.into(),
                    };
                    let _ = socket.close(Some(frame));
                }
            },
            Outcome::Unknown { .. } => return,
        }
    }
}
