//! The configuration, as Convex checks it when it is pushed (facts A0).

use crate::provider::{CustomAlgorithm, Provider};
use serde_json::{Map, Value};
use url::Url;

/// Why Convex refuses a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigRefusal {
    /// Convex's code.
    pub code: &'static str,
    /// Convex's message.
    pub message: String,
    /// The provider that is wrong, by its place in the list, where one is.
    pub index: Option<usize>,
}

impl ConfigRefusal {
    /// The message as a push reports it: the code is then always `InvalidAuthConfig`.
    pub fn pushed(&self) -> String {
        format!("The pushed auth config is invalid: {}", self.message)
    }
}

const SCHEMA: &str = "AuthConfigNotMatchingSchemaError";
const PREFIX: &str = "auth config file must include a list of provider credentials: ";
const NO_VARIANT: &str = "data did not match any variant of untagged enum SerializedAuthInfo ";

/// Checks an evaluated configuration, `{"providers": [...]}`. One wrong provider refuses them all.
pub fn accept_config(config: &Value) -> Result<Vec<Provider>, ConfigRefusal> {
    let whole = |text: &str| ConfigRefusal {
        code: SCHEMA,
        message: format!("{PREFIX}{text}"),
        index: None,
    };
    let list = match config.get("providers") {
        Some(Value::Array(list)) => list,
        Some(Value::Object(_)) => return Err(whole("invalid type: map, expected a sequence ")),
        Some(Value::String(text)) => {
            return Err(whole(&format!(
                "invalid type: string \"{text}\", expected a sequence "
            )));
        }
        Some(Value::Null) => return Err(whole("invalid type: null, expected a sequence ")),
        Some(Value::Bool(value)) => {
            return Err(whole(&format!(
                "invalid type: boolean `{value}`, expected a sequence "
            )));
        }
        Some(Value::Number(number)) => {
            let kind = if number.is_f64() {
                "floating point"
            } else {
                "integer"
            };
            return Err(whole(&format!(
                "invalid type: {kind} `{number}`, expected a sequence "
            )));
        }
        None => return Err(whole("missing field `providers` ")),
    };
    for (index, entry) in list.iter().enumerate() {
        confusions(index, entry)?;
    }
    // All entries are read before the URL of the first is looked at.
    let read: Vec<Provider> = list
        .iter()
        .enumerate()
        .map(|(index, entry)| provider(index, entry))
        .collect::<Result<_, _>>()?;
    read.into_iter()
        .enumerate()
        .map(|(index, provider)| with_url(provider, index))
        .collect()
}

fn with_url(mut provider: Provider, index: usize) -> Result<Provider, ConfigRefusal> {
    let text = match &mut provider {
        Provider::Oidc { domain, .. } => domain,
        Provider::CustomJwt { issuer, .. } => issuer,
    };
    *text = url(text).map_err(|why| invalid_url(text, &why, index))?;
    Ok(provider)
}

/// What people often write instead, which Convex looks for before anything else.
fn confusions(index: usize, entry: &Value) -> Result<(), ConfigRefusal> {
    let Some(entry) = entry.as_object() else {
        return Ok(());
    };
    let wrong = |text: &str| {
        Err(ConfigRefusal {
            code: SCHEMA,
            message: format!("{PREFIX}Provider at index {index} {text}"),
            index: Some(index),
        })
    };
    if entry.contains_key("applicationId") || entry.contains_key("applicationid") {
        return wrong(
            "must have applicationID property spelled lowercase 'application', capital I, capital D.",
        );
    }
    // A `type` that is no text counts as none, and so does the text that Convex itself writes for none.
    let kind = entry
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("unknown");
    match kind {
        "customJwt" if entry.contains_key("domain") => {
            return wrong("is a customJwt so cannot have a 'domain' specified");
        }
        "oidc" | "unknown" if entry.contains_key("issuer") => {
            return wrong("is oidc so cannot have an 'issuer' specified.");
        }
        "customJwt" | "oidc" | "unknown" => {}
        _ => return wrong(&format!("has unexpected 'type' value '{kind}'")),
    }
    let shared = entry
        .get("issuer")
        .and_then(Value::as_str)
        .is_some_and(|issuer| {
            matches!(issuer, "https://api.workos.com" | "https://api.workos.com/")
        });
    if shared && !entry.contains_key("applicationID") {
        let message = format!(
            "This auth configuration appears potentially insecure: Provider at index {index} has an issuer that is shared among many applications, \
             so must to specify an ApplicationID to check against an `aud` field of a JWT."
        );
        return Err(ConfigRefusal {
            code: "InsecureConfiguration",
            message,
            index: Some(index),
        });
    }
    Ok(())
}

fn provider(index: usize, entry: &Value) -> Result<Provider, ConfigRefusal> {
    let misfit = || ConfigRefusal {
        code: SCHEMA,
        message: format!("{PREFIX}{NO_VARIANT}"),
        index: Some(index),
    };
    let entry = entry.as_object().ok_or_else(misfit)?;
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    if text("type").as_deref() != Some("customJwt") {
        let (Some(domain), Some(application_id)) = (text("domain"), text("applicationID")) else {
            return Err(misfit());
        };
        return Ok(Provider::Oidc {
            domain,
            application_id,
        });
    }
    let algorithm = match text("algorithm").as_deref() {
        Some("RS256") => CustomAlgorithm::Rs256,
        Some("ES256") => CustomAlgorithm::Es256,
        _ => return Err(misfit()),
    };
    let (Some(issuer), Some(jwks)) = (text("issuer"), text("jwks")) else {
        return Err(misfit());
    };
    let application_id = optional(entry, "applicationID").map_err(|()| misfit())?;
    Ok(Provider::CustomJwt {
        issuer,
        jwks,
        algorithm,
        application_id,
    })
}

fn optional(entry: &Map<String, Value>, name: &str) -> Result<Option<String>, ()> {
    match entry.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(()),
    }
}

fn invalid_url(url: &str, why: &str, index: usize) -> ConfigRefusal {
    ConfigRefusal {
        code: "InvalidProviderDomainUrl",
        message: format!("Invalid provider domain URL \"{url}\": {why}"),
        index: Some(index),
    }
}

/// A provider's domain or issuer: kept as written, with `https://` in front where there is no scheme.
fn url(text: &str) -> Result<String, String> {
    if text.starts_with('"') {
        return Err("starts with a double quote (\")".to_owned());
    }
    let has_scheme = text.find("://").is_some_and(|end| {
        end > 0
            && text[..end]
                .chars()
                .all(|character| character.is_alphanumeric() || character == '_')
    });
    let full = if has_scheme {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let parsed = Url::parse(&full).map_err(|error| error.to_string())?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err("scheme should be http or https".to_owned());
    }
    let host = parsed.host_str().unwrap_or_default();
    if !has_scheme && host != "localhost" && !has_top_level_domain(host) {
        return Err(
            "Does not look like a URL (must have a scheme or end with a top-level domain)"
                .to_owned(),
        );
    }
    Ok(full)
}

/// Names that look like a top-level domain and are none: the reserved ones (RFC 2606, RFC 6762, RFC 8375), those of private networks, and ends of
/// file names and of expressions that people write where a host belongs.
const NO_TOP_LEVEL_DOMAIN: [&str; 33] = [
    "alt",
    "arpanet",
    "config",
    "corp",
    "default",
    "domain",
    "env",
    "example",
    "home",
    "html",
    "internal",
    "intranet",
    "invalid",
    "issuer",
    "js",
    "json",
    "jsx",
    "key",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mjs",
    "onion",
    "private",
    "secret",
    "test",
    "tsx",
    "txt",
    "url",
    "value",
    "workgroup",
    "yaml",
];

/// Whether a host ends with a name that could be a top-level domain: two to 18 letters behind a dot. The list of real ones is long and grows; what
/// people mistake for a host (`undefined`, a variable's name, a key) has no dot at all, or ends with something else than letters.
fn has_top_level_domain(host: &str) -> bool {
    host.rsplit_once('.').is_some_and(|(_, last)| {
        let letters = last.chars().all(|character| character.is_ascii_lowercase());
        (letters && (2..=18).contains(&last.len()) || last.starts_with("xn--"))
            && !NO_TOP_LEVEL_DOMAIN.contains(&last)
    })
}
