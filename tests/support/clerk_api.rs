//! A stand-in for Clerk's Backend API, and for the issuer of its instance: templates in pages, domains, keys, sessions, tokens; and every way to
//! fail.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::app::{App, Asked, Said};
use super::tokens::{clerk_header, signer};

/// The secret key that it takes.
pub(crate) const SECRET: &str = "sk_test_4fQ9xUu2LmB7cTzW1pKe8RjVn6YdHsGa";
/// Its instance, which is the key id too.
pub(crate) const INSTANCE: &str = "ins_2vStandInStandInStandInStandI";

/// What it knows.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) templates: Vec<Value>,
    /// Session to whether it is active.
    pub(crate) sessions: BTreeMap<String, bool>,
    pub(crate) environment: &'static str,
    /// The issuer of its domain; the stand-in's own when it is empty.
    pub(crate) issuer: String,
    /// A request that fails from the n-th time on: the start of `METHOD /path`, the times before, what is said.
    pub(crate) failure: Option<(String, usize, Said)>,
    /// Whether what failed was done all the same.
    pub(crate) done_all_the_same: bool,
    made: usize,
}

/// The stand-in.
pub(crate) struct ClerkApi {
    pub(crate) app: App,
    state: Arc<Mutex<State>>,
}

/// A template as Clerk shows it.
pub(crate) fn template(name: &str, claims: &Value) -> Value {
    json!({"object": "jwt_template", "id": format!("jtmp_{name}"), "name": name, "claims": claims, "lifetime": 60,
        "allowed_clock_skew": 5, "custom_signing_key": false, "signing_algorithm": "RS256", "created_at": 1, "updated_at": 1})
}

/// Clerk's body of an error.
pub(crate) fn error(code: &str, words: &str) -> Value {
    json!({"errors": [{"message": "short", "long_message": words, "code": code, "meta": {}}], "clerk_trace_id": "trace0123456789"})
}

impl ClerkApi {
    /// With these templates.
    pub(crate) fn new(templates: Vec<Value>) -> Self {
        let state = Arc::new(Mutex::new(State {
            templates,
            sessions: BTreeMap::new(),
            environment: "development",
            issuer: String::new(),
            failure: None,
            done_all_the_same: false,
            made: 0,
        }));
        let shared = Arc::clone(&state);
        let app = App::start(move |asked| shared.lock().unwrap().answer(asked));
        state.lock().unwrap().issuer = app.url();
        Self { app, state }
    }

    /// Changes what it knows.
    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) -> &Self {
        change(&mut self.state.lock().unwrap());
        self
    }

    /// A request that starts so fails, after it went well this often.
    pub(crate) fn fail(&self, request: &str, after: usize, said: Said) -> &Self {
        self.change(|state| state.failure = Some((request.to_owned(), after, said)))
    }

    /// What it knows now.
    pub(crate) fn state(&self) -> State {
        self.state.lock().unwrap().clone()
    }
}

impl State {
    fn answer(&mut self, asked: &Asked) -> Said {
        let line = format!("{} {}", asked.method, asked.path);
        if let Some((start, left, said)) = &mut self.failure
            && line.starts_with(start.as_str())
        {
            if *left == 0 {
                let said = said.clone();
                if self.done_all_the_same {
                    self.serve(asked);
                }
                if matches!(said, Said::Gone) {
                    self.failure = None;
                }
                return said;
            }
            *left -= 1;
        }
        self.serve(asked)
    }

    fn serve(&mut self, asked: &Asked) -> Said {
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        if parts.first() == Some(&".well-known") {
            return self.issuer(&parts);
        }
        if asked.header("authorization") != Some(&format!("Bearer {SECRET}")) {
            let words = "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.";
            return Said::Json(401, error("clerk_key_invalid", words));
        }
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["v1", "instance"]) => Said::Json(
                200,
                json!({"object": "instance", "id": INSTANCE, "environment_type": self.environment}),
            ),
            ("GET", ["v1", "domains"]) => Said::Json(
                200,
                json!({"data": [{"object": "domain", "id": "dmn_1", "frontend_api_url": self.issuer}], "total_count": 1}),
            ),
            ("GET", ["v1", "jwks"]) => Said::Json(200, keys()),
            ("GET", ["v1", "jwt_templates"]) => self.page(query),
            ("GET", ["v1", "jwt_templates", id]) => match self.find(id) {
                Some(index) => Said::Json(200, self.templates[index].clone()),
                None => absent("JWT template"),
            },
            ("POST", ["v1", "jwt_templates"]) => self.save(None, &asked.json()),
            ("PATCH", ["v1", "jwt_templates", id]) => match self.find(id) {
                Some(index) => self.save(Some(index), &asked.json()),
                None => absent("JWT template"),
            },
            ("POST", ["v1", "sessions"]) => {
                let user = asked.json();
                if user["user_id"] != "user_2vAdaLovelaceAdaLovelaceAda" {
                    return absent("user");
                }
                self.made += 1;
                let id = format!("sess_made{}", self.made);
                self.sessions.insert(id.clone(), true);
                Said::Json(
                    200,
                    json!({"object": "session", "id": id, "status": "active"}),
                )
            }
            ("POST", ["v1", "sessions", id, "revoke"]) => {
                self.sessions.insert((*id).to_owned(), false);
                Said::Json(
                    200,
                    json!({"object": "session", "id": id, "status": "revoked"}),
                )
            }
            ("POST", ["v1", "sessions", id, "tokens", name]) => self.mint(id, name),
            _ => absent("page"),
        }
    }

    fn issuer(&self, parts: &[&str]) -> Said {
        match parts {
            [_, "openid-configuration"] => Said::Json(
                200,
                json!({"issuer": self.issuer, "jwks_uri": format!("{}/.well-known/jwks.json", self.issuer)}),
            ),
            [_, "jwks.json"] => Said::Json(200, keys()),
            _ => absent("page"),
        }
    }

    fn find(&self, id: &str) -> Option<usize> {
        self.templates
            .iter()
            .position(|template| template["id"] == id)
    }

    fn page(&self, query: &str) -> Said {
        let number = |name: &str, default: usize| {
            query
                .split('&')
                .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
                .and_then(|text| text.parse().ok())
                .unwrap_or(default)
        };
        let (limit, offset) = (number("limit", 10), number("offset", 0));
        let data: Vec<Value> = self
            .templates
            .iter()
            .skip(offset)
            .take(limit)
            .cloned()
            .collect();
        if query.contains("paginated=true") {
            Said::Json(
                200,
                json!({"data": data, "total_count": self.templates.len()}),
            )
        } else {
            Said::Json(200, data.into())
        }
    }

    fn save(&mut self, index: Option<usize>, body: &Value) -> Said {
        let (Some(name), Some(claims)) = (body["name"].as_str(), body["claims"].as_object()) else {
            return Said::Json(
                422,
                error("form_param_missing", "name and claims must be included."),
            );
        };
        for reserved in [
            "azp", "exp", "iat", "iss", "jti", "nbf", "sub", "fva", "sid",
        ] {
            if claims.contains_key(reserved) {
                let words = format!("You can't use the reserved claim: '{reserved}'");
                return Said::Json(400, error("jwt_template_reserved_claim", &words));
            }
        }
        self.made += 1;
        let mut saved = match index {
            Some(index) => self.templates[index].clone(),
            None => template(name, &json!({})),
        };
        for member in [
            "name",
            "claims",
            "lifetime",
            "allowed_clock_skew",
            "custom_signing_key",
        ] {
            if let Some(value) = body.get(member) {
                saved[member] = value.clone();
            }
        }
        saved["updated_at"] = json!(1 + self.made);
        match index {
            Some(index) => self.templates[index] = saved.clone(),
            None => self.templates.push(saved.clone()),
        }
        Said::Json(200, saved)
    }

    fn mint(&self, session: &str, name: &str) -> Said {
        if self.sessions.get(session) != Some(&true) {
            return absent("session");
        }
        let Some(template) = self
            .templates
            .iter()
            .find(|template| template["name"] == name)
        else {
            let words = format!("No JWT template exists with name: {name}");
            return Said::Json(404, error("resource_not_found", &words));
        };
        #[expect(clippy::disallowed_methods, reason = "Clerk has a clock of its own")]
        let now = SystemTime::now();
        let now = now.duration_since(UNIX_EPOCH).unwrap().as_secs();
        let now = i64::try_from(now).unwrap();
        let mut claims = template["claims"].clone();
        claims["iss"] = json!(self.issuer);
        claims["sub"] = json!("user_2vAdaLovelaceAdaLovelaceAda");
        claims["iat"] = json!(now);
        claims["nbf"] = json!(now - template["allowed_clock_skew"].as_i64().unwrap());
        claims["exp"] = json!(now + template["lifetime"].as_i64().unwrap());
        let token = signer().mint(&clerk_header(INSTANCE, now), &claims);
        Said::Json(200, json!({"object": "token", "jwt": token}))
    }
}

fn keys() -> Value {
    serde_json::from_str(&signer().jwks_json(INSTANCE)).unwrap()
}

fn absent(what: &str) -> Said {
    Said::Json(
        404,
        error("resource_not_found", &format!("No {what} was found.")),
    )
}
