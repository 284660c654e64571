//! A JWT template as Clerk's Backend API writes it, or its claims alone: what is in it, what tokens made of it would hold, and what would mend
//! it. Pure. The source of the bounds is Clerk's specification of `/jwt_templates`.

mod shortcode;

pub use shortcode::{Operand, Piece, Shortcode, Standing, is_volatile, standing};

use crate::escape::is_hidden;
use serde_json::{Map, Value, json};

/// The name that `ConvexProviderWithClerk` asks for.
pub const DEFAULT_NAME: &str = "convex";

/// Seconds that a token lives, where the template does not say.
pub const DEFAULT_LIFETIME: u32 = 60;

/// Seconds that `nbf` lies before the time of issue, where the template does not say.
pub const DEFAULT_SKEW: u32 = 5;

/// Claims that Clerk sets itself, and refuses in a template.
pub const RESERVED: [&str; 12] = [
    "azp", "exp", "fea", "fva", "iat", "iss", "jti", "nbf", "pla", "sid", "sub", "v",
];

/// What Clerk's own Convex preset puts into the standard claims.
const PRESET: [(&str, &str); 10] = [
    ("name", "{{user.full_name}}"),
    ("nickname", "{{user.username}}"),
    ("picture", "{{user.image_url}}"),
    ("given_name", "{{user.first_name}}"),
    ("family_name", "{{user.last_name}}"),
    ("email", "{{user.primary_email_address}}"),
    ("phone_number", "{{user.primary_phone_number}}"),
    ("email_verified", "{{user.email_verified}}"),
    ("phone_number_verified", "{{user.phone_number_verified}}"),
    ("updated_at", "{{user.updated_at}}"),
];

/// A template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The members of the object, but for its claims; none for claims alone.
    members: Map<String, Value>,
    /// The claims, shortcodes unresolved.
    pub claims: Map<String, Value>,
    /// Whether the claims came alone, without name and settings.
    pub is_bare: bool,
}

/// A setting in seconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Seconds {
    /// Not said, or null: Clerk's default holds.
    Default,
    /// Said.
    Of(f64),
    /// Said, but no number.
    Broken(Value),
}

/// Why a JSON value is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTemplate {
    /// Not an object and not a list of objects.
    Shape,
    /// It has the members of a template, but its claims are no object.
    Claims,
    /// Clerk's answer to a question that failed.
    Errors,
    /// Another well-known document.
    Other(&'static str),
}

impl NoTemplate {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Shape => "the JSON is neither an object nor a list of templates",
            Self::Claims => "the template's `claims` are not a JSON object",
            Self::Errors => "this is an answer of Clerk's that reports errors, not a template",
            Self::Other(what) => what,
        }
    }
}

/// Reads a template, a list of them, a page of a list, or claims. The second part says whether it was a list.
pub fn read(value: &Value) -> Result<(Vec<Template>, bool), NoTemplate> {
    let list = match value {
        Value::Array(items) => items,
        Value::Object(members) => match members.get("data") {
            Some(Value::Array(items)) if !members.contains_key("aud") => items,
            _ => return Ok((vec![Template::read(members)?], false)),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(NoTemplate::Shape);
        }
    };
    let templates = list.iter().map(|item| match item {
        Value::Object(members) => Template::read(members),
        _ => Err(NoTemplate::Shape),
    });
    Ok((templates.collect::<Result<_, _>>()?, true))
}

impl Template {
    /// Reads an object: a template, or claims.
    pub fn read(members: &Map<String, Value>) -> Result<Self, NoTemplate> {
        let is_template = members.get("object").and_then(Value::as_str) == Some("jwt_template")
            || members.contains_key("claims")
                && ["lifetime", "allowed_clock_skew", "name"]
                    .iter()
                    .any(|name| members.contains_key(*name));
        if is_template {
            let mut members = members.clone();
            let claims = match members.remove("claims") {
                Some(Value::Object(claims)) => claims,
                // As some tools print it: the source of the editor.
                Some(Value::String(source)) => {
                    serde_json::from_str(&source).map_err(|_| NoTemplate::Claims)?
                }
                _ => return Err(NoTemplate::Claims),
            };
            return Ok(Self {
                members,
                claims,
                is_bare: false,
            });
        }
        let says = |name: &str| members.contains_key(name);
        if members.get("errors").is_some_and(Value::is_array) {
            return Err(NoTemplate::Errors);
        }
        if says("keys") || says("kty") {
            return Err(NoTemplate::Other("this is a key set, not a template"));
        }
        if says("jwks_uri") {
            return Err(NoTemplate::Other(
                "this is a discovery document, not a template",
            ));
        }
        if says("jwt") || says("dependencies") || says("publishableKey") {
            return Err(NoTemplate::Other("this is no template and no claims"));
        }
        let claims = match members.get("claims") {
            Some(Value::Object(claims)) if members.len() == 1 => claims,
            _ => members,
        };
        Ok(Self {
            members: Map::new(),
            claims: claims.clone(),
            is_bare: true,
        })
    }

    /// Clerk's id, `jtmp_…`: a template that has one is saved.
    pub fn id(&self) -> Option<&str> {
        self.members.get("id")?.as_str()
    }

    /// The name.
    pub fn name(&self) -> Option<&str> {
        self.members.get("name")?.as_str()
    }

    /// `lifetime`.
    pub fn lifetime(&self) -> Seconds {
        self.seconds("lifetime")
    }

    /// `allowed_clock_skew`.
    pub fn skew(&self) -> Seconds {
        self.seconds("allowed_clock_skew")
    }

    /// Whether its tokens are signed with a key of the user's own.
    pub fn has_custom_key(&self) -> bool {
        self.members.get("custom_signing_key") == Some(&Value::Bool(true))
    }

    /// `signing_algorithm`.
    pub fn algorithm(&self) -> Option<&str> {
        self.members.get("signing_algorithm")?.as_str()
    }

    /// When it was changed last, as Clerk writes it.
    pub fn updated_at(&self) -> Option<&Value> {
        self.members.get("updated_at")
    }

    /// Whether these are claims of a token that was made already, not the source of a template.
    pub fn is_minted(&self) -> bool {
        self.is_bare
            && ["iat", "exp"]
                .iter()
                .any(|name| self.claims.get(*name).is_some_and(Value::is_number))
    }

    fn seconds(&self, name: &str) -> Seconds {
        match self.members.get(name) {
            None | Some(Value::Null) => Seconds::Default,
            Some(value) => value
                .as_f64()
                .map_or_else(|| Seconds::Broken(value.clone()), Seconds::Of),
        }
    }

    /// Every shortcode, with the JSON Pointer of the claim that it stands in.
    pub fn shortcodes(&self) -> Vec<(String, Shortcode)> {
        let mut found = Vec::new();
        for (name, value) in &self.claims {
            collect(value, &pointer("/claims", name), &mut found);
        }
        found
    }

    /// The claims of tokens made of it, one set for each way in which `||` can come out. What cannot be told is null.
    pub fn predicted(&self) -> Vec<Map<String, Value>> {
        let most = self
            .shortcodes()
            .iter()
            .map(|(_, code)| code.operands.len())
            .max()
            .unwrap_or(1);
        (0..most.max(1))
            .map(|choice| {
                self.claims
                    .iter()
                    .map(|(name, value)| (name.clone(), shortcode::predicted(value, choice)))
                    .collect()
            })
            .collect()
    }

    /// The template as the JSON report shows it: the members of Clerk's object, null where it does not say.
    pub fn view(&self) -> Value {
        let member = |name: &str| self.members.get(name).cloned().unwrap_or(Value::Null);
        json!({
            "id": member("id"),
            "name": member("name"),
            "lifetime": member("lifetime"),
            "allowed_clock_skew": member("allowed_clock_skew"),
            "custom_signing_key": member("custom_signing_key"),
            "signing_algorithm": member("signing_algorithm"),
            "claims": self.claims,
        })
    }

    /// The body of the request that makes or changes it: what Clerk lets a client say.
    pub fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        if let Some(name) = self.members.get("name") {
            body.insert("name".to_owned(), name.clone());
        }
        body.insert("claims".to_owned(), Value::Object(self.claims.clone()));
        for name in ["lifetime", "allowed_clock_skew", "custom_signing_key"] {
            if let Some(value) = self.members.get(name).filter(|value| !value.is_null()) {
                body.insert(name.to_owned(), value.clone());
            }
        }
        body
    }

    /// Whether two templates say the same, whenever they were changed.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.body() == other.body()
    }

    /// Whether everything that was sent is there.
    pub fn holds(&self, sent: &Self) -> bool {
        let own = self.body();
        sent.body()
            .iter()
            .all(|(name, value)| own.get(name) == Some(value))
    }

    /// The template with its errors mended, and what only a person can mend. `misfits` names the claims whose type does not fit.
    pub fn mended(
        &self,
        name: &str,
        audience: Option<&str>,
        misfits: &[String],
    ) -> (Self, Vec<String>) {
        let mut mended = self.clone();
        let mut left = Vec::new();
        mended.is_bare = false;
        mended.members.insert("name".to_owned(), name.into());
        if mended.has_custom_key() {
            for member in ["signing_algorithm", "signing_key"] {
                mended.members.remove(member);
            }
            mended
                .members
                .insert("custom_signing_key".to_owned(), false.into());
        }
        mended
            .claims
            .retain(|claim, _| !RESERVED.contains(&claim.as_str()));
        if let Some(audience) = audience
            && mended.claims.get("aud").and_then(Value::as_str) != Some(audience)
        {
            mended.claims.insert("aud".to_owned(), audience.into());
        }
        for claim in misfits.iter().filter(|claim| *claim != "aud") {
            match PRESET.iter().find(|(name, _)| name == claim) {
                Some((_, shortcode)) => {
                    mended.claims.insert(claim.clone(), (*shortcode).into());
                }
                None => left.push(claim.clone()),
            }
        }
        (mended, left)
    }

    /// A new template with nothing but what Convex needs.
    pub fn new(name: &str, audience: &str) -> Self {
        let members =
            json!({"name": name, "lifetime": DEFAULT_LIFETIME, "allowed_clock_skew": DEFAULT_SKEW});
        let claims = json!({"aud": audience});
        Self {
            members: members.as_object().cloned().unwrap_or_default(),
            claims: claims.as_object().cloned().unwrap_or_default(),
            is_bare: false,
        }
    }
}

/// The templates at hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Templates {
    /// The name that the app asks for.
    pub wanted: String,
    /// All that were seen, in Clerk's order.
    pub list: Vec<Template>,
    /// Whether these are all that there are.
    pub is_whole: bool,
    /// Where they come from, in words.
    pub source: String,
    /// The instance that they belong to, when it was asked.
    pub instance: Option<Instance>,
}

/// A Clerk instance, as its secret key shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instance {
    /// `ins_…`.
    pub id: Option<String>,
    /// `development` or `production`.
    pub environment: Option<String>,
    /// The issuers of its domains: the URLs of its Frontend API.
    pub issuers: Vec<String>,
    /// The key ids of its key set.
    pub key_ids: Vec<String>,
    /// Where the secret key stands, in words.
    pub secret: String,
}

impl Templates {
    /// The one that was pasted, where a project asks for `convex`.
    pub fn of_paste(template: Template) -> Self {
        Self {
            wanted: DEFAULT_NAME.to_owned(),
            list: vec![template],
            is_whole: false,
            source: "what was pasted".to_owned(),
            instance: None,
        }
    }

    /// The template of the wanted name; else one that nearly has it; of a paste that is no list, the only one.
    pub fn chosen(&self) -> Option<&Template> {
        let exact = self
            .list
            .iter()
            .find(|template| template.name() == Some(&self.wanted));
        let near = || {
            self.list.iter().find(|template| {
                template
                    .name()
                    .is_some_and(|name| is_near(name, &self.wanted))
            })
        };
        exact.or_else(near).or_else(|| {
            self.list
                .first()
                .filter(|_| !self.is_whole && self.list.len() == 1)
        })
    }

    /// Whether the session token is customised with this audience: the Convex integration, where the list shows it.
    pub fn integration(&self, audience: &str) -> bool {
        self.list.iter().any(|template| {
            template.name() == Some("__session")
                && template.claims.get("aud").and_then(Value::as_str) == Some(audience)
        })
    }
}

/// Whether a name was probably meant to be the wanted one.
fn is_near(name: &str, wanted: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|character| character.is_alphanumeric() && !is_hidden(*character))
            .flat_map(char::to_lowercase)
            .collect()
    };
    let (name, wanted) = (plain(name), plain(wanted));
    if wanted.is_empty() || name.is_empty() {
        return false;
    }
    let beside = |rest: Option<&str>| {
        rest.is_some_and(|rest| {
            [
                "", "template", "jwt", "token", "auth", "1", "2", "dev", "prod",
            ]
            .contains(&rest)
        })
    };
    beside(name.strip_prefix(&wanted))
        || beside(name.strip_suffix(&wanted))
        || wanted.len() >= 5 && strsim::damerau_levenshtein(&name, &wanted) <= 2
}

/// A JSON Pointer one member further (RFC 6901).
pub fn pointer(base: &str, name: &str) -> String {
    format!("{base}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn collect(value: &Value, place: &str, found: &mut Vec<(String, Shortcode)>) {
    match value {
        Value::String(text) => found.extend(shortcode::pieces(text).into_iter().filter_map(
            |piece| match piece {
                Piece::Code(code) => Some((place.to_owned(), code)),
                Piece::Text(_) => None,
            },
        )),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &format!("{place}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                collect(member, &pointer(place, name), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{NoTemplate, Seconds, Template, is_near, read};
    use serde_json::json;

    #[test]
    fn templates_lists_and_claims_are_told_apart() {
        let template = json!({"object": "jwt_template", "id": "jtmp_1", "name": "convex", "claims": {"aud": "convex"}, "lifetime": 60});
        let claims = json!({"aud": "convex"});
        for (value, count, is_list, is_bare) in [
            (template.clone(), 1, false, false),
            (json!([template, template]), 2, true, false),
            (
                json!({"data": [template], "total_count": 1}),
                1,
                true,
                false,
            ),
            (json!({"data": [], "total_count": 0}), 0, true, false),
            (claims.clone(), 1, false, true),
            (json!({"claims": claims}), 1, false, true),
            (json!({}), 1, false, true),
        ] {
            let (list, listed) = read(&value).unwrap();
            assert_eq!((list.len(), listed), (count, is_list), "{value}");
            assert!(list.iter().all(|template| template.is_bare == is_bare));
        }
        for (value, expected) in [
            (json!("convex"), NoTemplate::Shape),
            (json!([1]), NoTemplate::Shape),
            (json!({"name": "convex", "claims": 1}), NoTemplate::Claims),
            (json!({"errors": []}), NoTemplate::Errors),
        ] {
            assert_eq!(read(&value), Err(expected), "{value}");
        }
        assert!(matches!(
            read(&json!({"keys": []})),
            Err(NoTemplate::Other(_))
        ));
    }

    #[test]
    fn a_setting_is_absent_broken_or_present() {
        let with = |lifetime: serde_json::Value| {
            let object = json!({"name": "convex", "claims": {}, "lifetime": lifetime});
            Template::read(object.as_object().unwrap())
                .unwrap()
                .lifetime()
        };
        assert_eq!(with(json!(null)), Seconds::Default);
        assert_eq!(with(json!(60)), Seconds::Of(60.0));
        assert_eq!(with(json!("60")), Seconds::Broken(json!("60")));
    }

    #[test]
    fn near_misses_of_a_name() {
        for name in [
            "Convex",
            "convex ",
            "CONVEX",
            "con-vex",
            "convx",
            "covnex",
            "convex-template",
            "convex_jwt",
            "jwt-convex",
            "сonvex",
        ] {
            assert!(is_near(name, "convex"), "{name}");
        }
        for name in ["supabase", "hasura", "convex-internal-tools", "", "connect"] {
            assert!(!is_near(name, "convex"), "{name}");
        }
    }

    #[test]
    fn mending_keeps_what_is_right() {
        let object = json!({"object": "jwt_template", "id": "jtmp_1", "name": "Convex", "lifetime": 3600, "allowed_clock_skew": 5,
            "custom_signing_key": true, "signing_algorithm": "HS256",
            "claims": {"sub": "{{user.id}}", "role": "{{user.public_metadata.role}}", "email_verified": "true", "birthdate": 1}});
        let template = Template::read(object.as_object().unwrap()).unwrap();
        let misfits = ["email_verified".to_owned(), "birthdate".to_owned()];
        let (mended, left) = template.mended("convex", Some("convex"), &misfits);
        assert_eq!(left, ["birthdate"]);
        assert_eq!(
            serde_json::Value::Object(mended.body()),
            json!({"name": "convex", "lifetime": 3600, "allowed_clock_skew": 5, "custom_signing_key": false,
                "claims": {"role": "{{user.public_metadata.role}}", "email_verified": "{{user.email_verified}}", "birthdate": 1, "aud": "convex"}})
        );
    }
}
