//! Clerk's Backend API: what a secret key may read of its instance, and the one template that it may write (facts: Clerk, Backend API).

use super::api::{Owner, Trouble};
use crate::cli::NetworkArgs;
use crate::facts::{Facts, Project};
use crate::fetch::api::Verb;
use crate::secret::Secret;
use crate::template::{self, Instance, Template};
use serde_json::{Value, json};
use std::io::Write;
use url::Url;

/// Where Clerk's Backend API is.
pub const CLERK_API: &str = "https://api.clerk.com";
/// Templates in a page. Clerk takes 1 to 500.
const PAGE: usize = 100;
/// Pages that are read.
const PAGES: usize = 50;

/// A secret key, and where it stands.
pub struct SecretKey {
    /// The key.
    pub key: Secret,
    /// `CLERK_SECRET_KEY in .env.local:2`.
    pub source: String,
    /// Whether it is of a development instance.
    pub is_test: bool,
}

/// The secret key of a project; `None`: there is none. One that cannot be a secret key is a sentence.
pub fn secret_key(project: Option<&Project>) -> Option<Result<SecretKey, String>> {
    let variable = ["CLERK_SECRET_KEY", "NUXT_CLERK_SECRET_KEY"]
        .iter()
        .find_map(|name| project?.variable(name))
        .filter(|variable| !variable.value.trim().is_empty())?;
    let key = variable.value.trim();
    let source = variable.words();
    let what = if key.starts_with("sk_test_") || key.starts_with("test_") {
        return Some(Ok(SecretKey {
            key: Secret::new(key),
            source,
            is_test: true,
        }));
    } else if key.starts_with("sk_live_") || key.starts_with("live_") {
        return Some(Ok(SecretKey {
            key: Secret::new(key),
            source,
            is_test: false,
        }));
    } else if key.starts_with("pk_") {
        "a publishable key"
    } else if key.starts_with("ak_") {
        "an API key, which opens another API"
    } else {
        "not a Clerk secret key"
    };
    Some(Err(format!(
        "{source} is {what}; a secret key begins with sk_test_ or sk_live_ (https://dashboard.clerk.com/~/api-keys)"
    )))
}

/// The base URL of the Backend API that an option names, with or without `/v1`.
pub fn base(text: Option<&str>) -> Result<Url, String> {
    let text = text.unwrap_or(CLERK_API).trim();
    let bare = text.trim_end_matches('/').trim_end_matches("/v1");
    let url = Url::parse(&format!("{bare}/"))
        .map_err(|error| format!("--clerk-api: `{text}` is not a URL: {error}"))?;
    match url.scheme() {
        "https" | "http" => Ok(url),
        _ => Err(format!("--clerk-api: `{text}` is not an https URL")),
    }
}

/// The Backend API of one instance.
pub struct Clerk {
    owner: Owner,
    source: String,
}

impl Clerk {
    /// The way to it. Nothing is asked yet.
    pub fn new(
        base: &Url,
        secret: &SecretKey,
        network: &NetworkArgs,
        facts: &Facts,
    ) -> Result<Self, String> {
        let authorization = Secret::new(format!("Bearer {}", secret.key.expose()));
        Ok(Self {
            owner: Owner::new(base, authorization, network, facts)?,
            source: secret.source.clone(),
        })
    }

    /// The host, for people.
    pub fn host(&self) -> &str {
        self.owner.host()
    }

    /// What was asked, for `-v`.
    pub fn log(&self) -> &[crate::report::Detail] {
        &self.owner.log
    }

    /// Every template, in Clerk's order.
    pub fn templates(&mut self, err: &mut dyn Write) -> Result<Vec<Template>, Trouble> {
        let mut all: Vec<Template> = Vec::new();
        for _ in 0..PAGES {
            let path = format!(
                "v1/jwt_templates?limit={PAGE}&offset={}&paginated=true",
                all.len()
            );
            let page = self.owner.call(Verb::Get, &path, None, err)?;
            let total = page["total_count"].as_u64();
            let (list, _) = template::read(&page)
                .ok()
                .filter(|(_, is_list)| *is_list)
                .ok_or_else(|| {
                    Trouble::Body("the answer is no list of JWT templates".to_owned())
                })?;
            let count = list.len();
            all.extend(list);
            let is_last = match total {
                Some(total) => all.len() as u64 >= total,
                None => count < PAGE,
            };
            if count == 0 || is_last {
                break;
            }
        }
        Ok(all)
    }

    /// The instance of the secret key. What it does not say stays unknown; only a refused key ends the question.
    pub fn instance(&mut self, err: &mut dyn Write) -> Result<Instance, Trouble> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mut instance = Instance {
            secret: self.source.clone(),
            ..Instance::default()
        };
        let about = self.owner.call(Verb::Get, "v1/instance", None, err)?;
        instance.id = text(&about["id"]);
        instance.environment = text(&about["environment_type"]);
        if let Ok(domains) = self.owner.call(Verb::Get, "v1/domains", None, err) {
            let list = domains["data"].as_array().or_else(|| domains.as_array());
            instance.issuers = list
                .into_iter()
                .flatten()
                .filter_map(|domain| text(&domain["frontend_api_url"]))
                .map(|url| url.trim_end_matches('/').to_owned())
                .collect();
        }
        if let Ok(keys) = self.owner.call(Verb::Get, "v1/jwks", None, err) {
            instance.key_ids = keys["keys"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|key| text(&key["kid"]))
                .collect();
        }
        Ok(instance)
    }

    /// One template, as it is now.
    pub fn template(&mut self, id: &str, err: &mut dyn Write) -> Result<Template, Trouble> {
        let path = format!("v1/jwt_templates/{}", segment(id));
        one(&self.owner.call(Verb::Get, &path, None, err)?)
    }

    /// Makes a template.
    pub fn create(&mut self, wanted: &Template, err: &mut dyn Write) -> Result<Template, Trouble> {
        let body = Value::Object(wanted.body());
        one(&self
            .owner
            .call(Verb::Post, "v1/jwt_templates", Some(body), err)?)
    }

    /// Changes a template. Clerk wants it whole.
    pub fn change(
        &mut self,
        id: &str,
        wanted: &Template,
        err: &mut dyn Write,
    ) -> Result<Template, Trouble> {
        let path = format!("v1/jwt_templates/{}", segment(id));
        let body = Value::Object(wanted.body());
        one(&self.owner.call(Verb::Patch, &path, Some(body), err)?)
    }

    /// Creates a session for a user, in a development instance. The result is its id.
    pub fn create_session(&mut self, user: &str, err: &mut dyn Write) -> Result<String, Trouble> {
        let body = json!({"user_id": user});
        let session = self
            .owner
            .call(Verb::Post, "v1/sessions", Some(body), err)?;
        let id = session["id"].as_str().map(str::to_owned);
        id.ok_or_else(|| Trouble::Body("the new session has no id".to_owned()))
    }

    /// Mints a token of the template in a session.
    pub fn mint(
        &mut self,
        session: &str,
        name: &str,
        err: &mut dyn Write,
    ) -> Result<Secret, Trouble> {
        let path = format!("v1/sessions/{}/tokens/{}", segment(session), segment(name));
        let answer = self
            .owner
            .call_for_secret(Verb::Post, &path, Some(json!({})), err)?;
        let token = answer["jwt"].as_str().map(Secret::new);
        token.ok_or_else(|| Trouble::Body("the answer holds no token".to_owned()))
    }

    /// Begins the time for calls anew, after a person was asked.
    pub fn renew(&mut self) {
        self.owner.renew();
    }

    /// Ends a session. It has time of its own: what was made is taken back, however long the rest took.
    pub fn revoke(&mut self, session: &str, err: &mut dyn Write) -> Result<(), Trouble> {
        self.owner.renew();
        let path = format!("v1/sessions/{}/revoke", segment(session));
        self.owner.call(Verb::Post, &path, None, err).map(|_| ())
    }
}

fn one(value: &Value) -> Result<Template, Trouble> {
    let template = value
        .as_object()
        .and_then(|members| Template::read(members).ok());
    template
        .filter(|template| !template.is_bare)
        .ok_or_else(|| Trouble::Body("the answer is no JWT template".to_owned()))
}

/// A text as one segment of a path: no other path can be reached by an id.
fn segment(text: &str) -> String {
    let mut url = Url::parse("http://h/").ok();
    if let Some(url) = &mut url
        && let Ok(mut segments) = url.path_segments_mut()
    {
        segments.clear().push(text);
    }
    let path = url.map(|url| url.path().trim_start_matches('/').to_owned());
    path.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{base, segment};

    #[test]
    fn an_id_is_one_segment() {
        assert_eq!(segment("jtmp_1"), "jtmp_1");
        assert_eq!(segment("../users?x=1#y"), "..%2Fusers%3Fx=1%23y");
        assert_eq!(segment("con vex"), "con%20vex");
    }

    #[test]
    fn the_base_may_end_with_its_version() {
        for text in [
            "https://api.clerk.com",
            "https://api.clerk.com/",
            "https://api.clerk.com/v1",
            "https://api.clerk.com/v1/",
        ] {
            assert_eq!(base(Some(text)).unwrap().as_str(), "https://api.clerk.com/");
        }
        assert!(base(Some("api.clerk.com")).is_err() && base(Some("file:///x")).is_err());
    }
}
