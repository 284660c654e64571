//! A Convex deployment: which one keys and variables mean, and what it said of itself and of a token. Pure (facts: Convex, B4 to B6).

use crate::escape::discreet;
use crate::facts::{Project, Source, Variable};
use crate::secret::Secret;
use crate::setting::unprefixed;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use url::Url;

/// Variables that Convex sets itself on each deployment.
pub const BUILT_IN: [&str; 3] = ["CONVEX_CLOUD_URL", "CONVEX_SITE_URL", "NODE_ENV"];

/// A deployment's address, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The base URL.
    pub url: Url,
    /// Where it is known from, in words.
    pub source: String,
    /// The name, for a deployment of Convex's cloud.
    pub name: Option<String>,
}

/// The right to look into a deployment.
#[derive(Debug)]
pub struct Access {
    /// Where.
    pub target: Target,
    /// The deploy key or admin key.
    pub key: Secret,
    /// Whether the key is of a production deployment.
    pub is_production: bool,
}

/// What was read of a deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// Where it is.
    pub target: Target,
    /// Whether it is a production deployment.
    pub is_production: bool,
    /// The variables that were looked for, with their values; `Err`: why they are not known.
    pub variables: Result<BTreeMap<String, Option<String>>, String>,
    /// The evaluated providers, as auth.config would write them; `Err`: why they are not known.
    pub providers: Result<Vec<Value>, String>,
}

/// What a deployment answered to a token.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Where it was sent.
    pub target: Target,
    /// The answer.
    pub answer: ProbeAnswer,
    /// Whether it was asked over the sync WebSocket.
    pub by_socket: bool,
    /// What a browser would show, where that is known.
    pub browser: Option<String>,
}

/// The answer to a token.
#[derive(Debug, Clone, PartialEq)]
pub enum ProbeAnswer {
    /// It was let through.
    Accepted,
    /// It was refused, for a reason that is about the token.
    Refused {
        /// Convex's code; over the WebSocket there is none.
        code: Option<String>,
        /// Convex's message.
        message: String,
        /// The HTTP status, if it came by HTTP.
        http_status: Option<u16>,
    },
    /// No answer that says anything of the token.
    Unknown(String),
}

/// Codes of refusals that are about the token.
const OF_TOKENS: [&str; 7] = [
    "NoAuthProvider",
    "InvalidAuthHeader",
    "InvalidHeaderFailure",
    "InvalidAdminKey",
    "AuthProviderDiscoveryFailed",
    "Unauthenticated",
    "InternalServerError",
];

impl ProbeAnswer {
    /// Reads the answer to `POST /api/query_batch` without queries.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let value = serde_json::from_slice::<Value>(body).unwrap_or_default();
        if status == 200 && value["results"].is_array() {
            return Self::Accepted;
        }
        let message = value["message"].as_str().unwrap_or_default();
        match value["code"].as_str() {
            Some(code) if OF_TOKENS.contains(&code) => Self::Refused {
                code: Some(code.to_owned()),
                message: message.to_owned(),
                http_status: Some(status),
            },
            Some(code) => Self::Unknown(format!("status {status}, {code}: {message}")),
            None => Self::Unknown(format!(
                "status {status}, and not what a Convex deployment answers: this may not be its URL"
            )),
        }
    }

    /// The word in reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused { .. } => "refused",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// The variables of `GET /api/v1/list_environment_variables` that are looked for. All others are dropped here, unread.
pub fn variables(
    value: &Value,
    wanted: &[String],
) -> Result<BTreeMap<String, Option<String>>, String> {
    let list = &value["environmentVariables"];
    let of = |name: &str| match list {
        Value::Object(members) => members.get(name),
        Value::Array(items) => items
            .iter()
            .find(|item| item["name"] == name)
            .map(|item| &item["value"]),
        _ => None,
    };
    if !(list.is_object() || list.is_array()) {
        return Err("the answer is no list of variables".to_owned());
    }
    let read = |name: &String| match of(name) {
        None => Ok((name.clone(), None)),
        Some(Value::String(text)) => Ok((name.clone(), Some(text.clone()))),
        Some(_) => Err(format!("the value of {name} is no text")),
    };
    wanted.iter().map(read).collect()
}

/// The providers of `_system/frontend/listAuthProviders`, as auth.config writes them.
pub fn providers(value: &Value) -> Result<Vec<Value>, String> {
    if value["status"] == "error" {
        let message = value["errorMessage"].as_str().unwrap_or_default();
        return Err(format!(
            "the deployment could not list its providers: {message}"
        ));
    }
    let list = value["value"]
        .as_array()
        .ok_or("the answer is no list of providers")?;
    Ok(list
        .iter()
        .map(|item| {
            let mut members = Map::new();
            for (name, member) in item.as_object().into_iter().flatten() {
                let member = match member {
                    Value::Null => continue,
                    // The algorithm comes with quotes of its own.
                    Value::String(text) if name == "algorithm" => text.trim_matches('"').into(),
                    other => other.clone(),
                };
                members.insert(name.clone(), member);
            }
            Value::Object(members)
        })
        .collect())
}

/// The right to look into a deployment, from the option and the project's variables; a sentence where something is missing.
pub fn access(project: Option<&Project>, url: Option<&str>) -> Result<Access, String> {
    let variable = |name: &str| {
        project
            .and_then(|project| project.variable(name))
            .filter(|variable| !variable.value.trim().is_empty())
    };
    let deploy_key = variable("CONVEX_DEPLOY_KEY").or_else(|| variable("CONVEX_DEPLOYMENT_TOKEN"));
    if let Some(key) = deploy_key {
        return of_deploy_key(project, key, url);
    }
    let Some(key) = variable("CONVEX_SELF_HOSTED_ADMIN_KEY") else {
        return Err(
            "--deployment needs a key to look into the deployment: set CONVEX_DEPLOY_KEY (dashboard, Settings, Deploy keys), or \
             CONVEX_SELF_HOSTED_URL and CONVEX_SELF_HOSTED_ADMIN_KEY"
                .to_owned(),
        );
    };
    let target = match (url, variable("CONVEX_SELF_HOSTED_URL")) {
        (Some(url), _) => of_option(url)?,
        (None, Some(own)) if key.source == Source::Process && own.source != Source::Process => {
            return Err(format!(
                "{} is from a file, and the key is not: say with --url that the key may be sent there",
                own.words()
            ));
        }
        (None, Some(own)) => Target {
            url: parse(&own.value, &own.words())?,
            source: own.words(),
            name: None,
        },
        (None, None) => {
            return Err(format!(
                "{} is set, but not CONVEX_SELF_HOSTED_URL: where is the deployment?",
                key.words()
            ));
        }
    };
    Ok(Access {
        target,
        key: Secret::new(key.value.trim()),
        is_production: false,
    })
}

fn of_deploy_key(
    project: Option<&Project>,
    key: &Variable,
    url: Option<&str>,
) -> Result<Access, String> {
    let value = key.value.trim();
    let no_key = || {
        format!(
            "{} is not a deploy key: it should be prod:name|…, dev:name|…, preview:team:project|… or project:team:project|…",
            key.words()
        )
    };
    let (head, _) = value.split_once('|').ok_or_else(no_key)?;
    let parts: Vec<&str> = head.split(':').collect();
    let own = match parts.as_slice() {
        ["prod" | "dev" | "preview", name] | [name] if is_name(name) => Some((*name).to_owned()),
        ["preview" | "project", _, _] => project
            .and_then(Project::deployment)
            .map(|(_, _, name)| name.to_owned())
            .filter(|name| is_name(name)),
        _ => return Err(no_key()),
    };
    let is_production = head.starts_with("prod:");
    let target = match (url, own) {
        (Some(url), name) => Target {
            name,
            ..of_option(url)?
        },
        (None, Some(name)) => of_name(project, &name, &key.words())?,
        (None, None) => {
            return Err(format!(
                "{} is a key for a whole project: name the deployment with CONVEX_DEPLOYMENT or --url",
                key.words()
            ));
        }
    };
    Ok(Access {
        target,
        key: Secret::new(value),
        is_production,
    })
}

/// A deployment of the cloud by its name: at the app's URL where that is the same deployment, in whichever region it is.
fn of_name(project: Option<&Project>, name: &str, source: &str) -> Result<Target, String> {
    let known = project
        .into_iter()
        .flat_map(url_variables)
        .find(|(_, url)| cloud_name(url).is_some_and(|own| own == name));
    let (url, source) = match known {
        Some((variable, url)) => (url, variable.words()),
        None => (
            parse(&format!("https://{name}.convex.cloud"), source)?,
            source.to_owned(),
        ),
    };
    Ok(Target {
        url,
        source,
        name: Some(name.to_owned()),
    })
}

/// The deployment that a token is sent to.
pub fn probe_target(project: Option<&Project>, url: Option<&str>) -> Result<Target, String> {
    if let Some(url) = url {
        return of_option(url);
    }
    let mut urls: Vec<(&Variable, Url)> = project.into_iter().flat_map(url_variables).collect();
    let own = project
        .and_then(|project| project.variable("CONVEX_SELF_HOSTED_URL"))
        .and_then(|variable| Some((variable, parse(&variable.value, "").ok()?)));
    urls.extend(own);
    let Some((variable, url)) = urls.first() else {
        return match project.and_then(Project::deployment) {
            Some((variable, "dev" | "prod" | "preview", name)) if is_name(name) => {
                of_name(project, name, &variable.words())
            }
            _ => Err(
                "no deployment to ask: name it with --url https://….convex.cloud, or set CONVEX_URL"
                    .to_owned(),
            ),
        };
    };
    if let Some((other, _)) = urls.iter().find(|(_, other)| other != url) {
        return Err(format!(
            "{} and {} name two deployments: say with --url which one the token goes to",
            variable.words(),
            other.words()
        ));
    }
    Ok(Target {
        url: url.clone(),
        source: variable.words(),
        name: cloud_name(url),
    })
}

/// The variables that hold the deployment's URL for the app, with or without a framework's prefix.
pub fn url_variables(project: &Project) -> Vec<(&Variable, Url)> {
    project
        .variables
        .iter()
        .filter(|variable| unprefixed(&variable.name) == "CONVEX_URL")
        .filter_map(|variable| Some((variable, parse(&variable.value, "").ok()?)))
        .collect()
}

/// The name of a deployment of the cloud: the first label of a host under convex.cloud.
pub fn cloud_name(url: &Url) -> Option<String> {
    let host = url.host_str()?.strip_suffix(".convex.cloud")?;
    host.split('.').next().map(str::to_owned)
}

/// A name can stand in a host, and leads nowhere else.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 63
        && name.chars().all(|character| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
        })
}

fn of_option(url: &str) -> Result<Target, String> {
    let url = parse(url, "--url")?;
    Ok(Target {
        name: cloud_name(&url),
        url,
        source: "--url".to_owned(),
    })
}

fn parse(text: &str, source: &str) -> Result<Url, String> {
    let fault = || {
        format!(
            "{source}: `{}` is not the URL of a deployment",
            crate::setting::shown(text)
        )
    };
    let url = Url::parse(text.trim()).map_err(|_| fault())?;
    if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
        return Err(fault());
    }
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    if !base.path().ends_with('/') {
        let path = format!("{}/", base.path());
        base.set_path(&path);
    }
    Ok(base)
}

impl Deployment {
    /// The deployment as the JSON report shows it. Values of variables are not shown: whether they are there is.
    pub fn view(&self) -> Value {
        let set = |variables: &BTreeMap<String, Option<String>>| {
            let list = variables
                .iter()
                .map(|(name, value)| json!({"name": name, "set": value.is_some()}));
            list.collect::<Value>()
        };
        json!({
            "url": crate::escape::without_credentials(self.target.url.as_str()),
            "source": self.target.source,
            "variables": self.variables.as_ref().ok().map(set),
            "providers": self.providers.as_ref().ok(),
        })
    }
}

impl Probe {
    /// The probe as the JSON report shows it.
    pub fn view(&self) -> Value {
        let (code, message, status) = match &self.answer {
            ProbeAnswer::Refused {
                code,
                message,
                http_status,
            } => (code.clone(), Some(message.clone()), *http_status),
            ProbeAnswer::Unknown(why) => (None, Some(why.clone()), None),
            ProbeAnswer::Accepted => (None, None, None),
        };
        json!({
            "url": crate::escape::without_credentials(self.target.url.as_str()),
            "source": self.target.source,
            "way": if self.by_socket { "websocket" } else { "http" },
            "outcome": self.answer.word(),
            "code": code,
            "message": message.as_deref().map(discreet),
            "http_status": status,
            "browser": self.browser.as_deref().map(discreet),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ProbeAnswer, access, probe_target, providers, variables};
    use crate::facts::{Project, Source, Variable};
    use serde_json::json;

    fn project(variables: &[(&str, &str)]) -> Project {
        let variables = variables.iter().map(|(name, value)| Variable {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            source: Source::Process,
            shadows: Vec::new(),
            dialects: Vec::new(),
        });
        Project {
            variables: variables.collect(),
            ..Project::default()
        }
    }

    #[test]
    fn a_key_names_its_deployment() {
        let url = |variables: &[(&str, &str)]| {
            access(Some(&project(variables)), None).map(|access| access.target.url.to_string())
        };
        let key = |value: &'static str| ("CONVEX_DEPLOY_KEY", value);
        let own = "https://happy-animal-123.convex.cloud/";
        assert_eq!(url(&[key("prod:happy-animal-123|abc")]).unwrap(), own);
        assert_eq!(url(&[key("dev:happy-animal-123|abc")]).unwrap(), own);
        let region = "https://happy-animal-123.eu-west-1.convex.cloud";
        assert_eq!(
            url(&[key("dev:happy-animal-123|abc"), ("VITE_CONVEX_URL", region)]).unwrap(),
            format!("{region}/")
        );
        assert_eq!(
            url(&[
                key("project:team:app|abc"),
                ("CONVEX_DEPLOYMENT", "dev:happy-animal-123 # team")
            ])
            .unwrap(),
            own
        );
        for wrong in [
            "prod:evil.example/x|abc",
            "prod:a@b|abc",
            "prod:happy-animal-123",
            "preview:team:app|abc",
            "hello",
        ] {
            assert!(url(&[key(wrong)]).is_err(), "{wrong}");
        }
        assert!(url(&[("CONVEX_SELF_HOSTED_ADMIN_KEY", "x|y")]).is_err());
        // No key goes to a deployment that the URL of the app does not name.
        assert_eq!(
            url(&[
                key("dev:happy-animal-123|abc"),
                ("CONVEX_URL", "https://evil.example")
            ])
            .unwrap(),
            own
        );
    }

    #[test]
    fn a_key_of_the_environment_does_not_follow_a_file() {
        let mut project = project(&[
            ("CONVEX_SELF_HOSTED_ADMIN_KEY", "x|y"),
            ("CONVEX_SELF_HOSTED_URL", "https://evil.example"),
        ]);
        project.variables[1].source = Source::File {
            path: ".env".to_owned(),
            line: 1,
            column: 1,
        };
        assert!(access(Some(&project), None).is_err());
        assert!(access(Some(&project), Some("https://mine.example")).is_ok());
    }

    #[test]
    fn a_token_goes_to_one_deployment() {
        let url = |variables: &[(&str, &str)]| {
            probe_target(Some(&project(variables)), None).map(|target| target.url.to_string())
        };
        let own = ("NEXT_PUBLIC_CONVEX_URL", "https://a-1.convex.cloud");
        assert_eq!(url(&[own]).unwrap(), "https://a-1.convex.cloud/");
        assert_eq!(
            url(&[own, ("CONVEX_URL", "https://a-1.convex.cloud/")]).unwrap(),
            "https://a-1.convex.cloud/"
        );
        assert!(url(&[own, ("CONVEX_URL", "https://b-2.convex.cloud")]).is_err());
        assert_eq!(
            url(&[("CONVEX_DEPLOYMENT", "dev:a-1")]).unwrap(),
            "https://a-1.convex.cloud/"
        );
        assert!(url(&[("CONVEX_DEPLOYMENT", "anonymous:a-1")]).is_err());
        assert!(url(&[]).is_err());
    }

    #[test]
    fn only_what_is_looked_for_is_kept() {
        let answer = json!({"environmentVariables": {"CLERK_ISSUER_URL": "https://x", "STRIPE_KEY": "sk_live_1"}});
        let wanted = ["CLERK_ISSUER_URL".to_owned(), "OTHER".to_owned()];
        let found = variables(&answer, &wanted).unwrap();
        assert_eq!(found["CLERK_ISSUER_URL"].as_deref(), Some("https://x"));
        assert_eq!(found["OTHER"], None);
        assert_eq!(found.len(), 2);
        assert!(variables(&json!({}), &wanted).is_err());
        assert!(variables(&json!({"environmentVariables": {"OTHER": 1}}), &wanted).is_err());
    }

    #[test]
    fn providers_lose_what_the_query_adds() {
        let answer = json!({"status": "success", "value": [
            {"domain": "https://x", "applicationID": "convex"},
            {"type": "customJwt", "issuer": "https://y", "jwks": "https://y/k", "algorithm": "\"RS256\"", "applicationID": null}]});
        assert_eq!(
            providers(&answer).unwrap(),
            [
                json!({"domain": "https://x", "applicationID": "convex"}),
                json!({"type": "customJwt", "issuer": "https://y", "jwks": "https://y/k", "algorithm": "RS256"})
            ]
        );
        assert!(providers(&json!({"status": "error", "errorMessage": "no"})).is_err());
        assert!(providers(&json!([])).is_err());
    }

    #[test]
    fn answers_are_told_apart() {
        let read = |status: u16, body: &str| ProbeAnswer::read(status, body.as_bytes());
        assert_eq!(read(200, r#"{"results":[]}"#), ProbeAnswer::Accepted);
        assert_eq!(
            read(401, r#"{"code":"NoAuthProvider","message":"m"}"#).word(),
            "refused"
        );
        for (status, body) in [
            (200, "<html>"),
            (200, "{}"),
            (404, r#"{"code":"DeploymentNotFound","message":"m"}"#),
            (503, "busy"),
        ] {
            assert_eq!(read(status, body).word(), "unknown", "{body}");
        }
    }
}
